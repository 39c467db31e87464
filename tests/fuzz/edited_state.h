/* SPDX-License-Identifier: MIT */
/* For fuzz targets that go on from states: a valid state, edited as orders say. A tensor is left out, or has another
 * shape or other values, a number is another one. */
#ifndef SC_TESTS_EDITED_STATE_H
#define SC_TESTS_EDITED_STATE_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "optimise/optimizer.h"
#include "orders.h"
#include "weights/weights.h"

enum { MOST_EDITS = 8 };

#define MUST(call)   \
    do {             \
        if (call)    \
            abort(); \
    } while (0)

static inline double special(orders *o)
{
    const double all[] = {
        0, 1, 2, 3, -1, 0.5, NAN, INFINITY, -INFINITY, 1e15, 1e300, 4e9, 16777216, 24, 20, 21, 1e-300
    };
    return all[orders_next(o, (int)(sizeof all / sizeof *all))];
}

enum { LEAVE, DROP, RESIZE, FILL };
typedef struct change {
    int what, tensor; /* of a tensor, or a number where it is LEAVE */
    int metadata;
    double value;
} change;

static inline void put_tensor(sc_weights *to, const sc_weight *from, int what, double value)
{
    sc_error err = { 0 };
    float *values;
    int64_t count = (int64_t)from->count;
    if (what == DROP)
        return;
    if (what == RESIZE)
        count = value >= 1 && value < 100 ? (int64_t)value : count + (value > 0 ? 1 : -1);
    if (count < 1)
        count = 1;
    if (what == LEAVE) {
        MUST(sc_weights_lend(to, from->name, from->dimensions, from->dimension_count, from->values, &err));
        return;
    }
    MUST(sc_weights_add(to, from->name, &count, 1, &values, &err));
    for (int64_t i = 0; i < count; i++)
        values[i] = what == FILL ? (float)value : i < (int64_t)from->count ? from->values[i] : 0;
}

/* Numbers are kept as the 16 hexadecimal digits of their bits; format, identity and recipe stay. */
static inline void put_metadata(sc_weights *to, const sc_metadata *from, bool changed, double value)
{
    sc_error err = { 0 };
    bool number = strlen(from->value) == 16 && strcmp(from->key, "identity");
    if (changed && number)
        MUST(sc_state_put_number(to, from->key, value, &err));
    else
        MUST(sc_weights_set_metadata(to, from->key, from->value, &err));
}

static inline sc_weights *changed(const sc_weights *state, orders *o)
{
    change all[MOST_EDITS];
    int count = 0;
    sc_weights *to;
    sc_error err = { 0 };
    for (; count < MOST_EDITS && o->size; count++) {
        all[count] = (change){ .what = orders_next(o, 6), .metadata = -1 };
        int place = orders_next(o, 256);
        all[count].tensor = place % state->tensor_count;
        all[count].value = special(o);
        if (state->metadata_count && (all[count].what > FILL || all[count].what == LEAVE)) {
            all[count].metadata = place % state->metadata_count;
            all[count].tensor = -1;
        }
    }
    MUST(sc_weights_create(&to, &err));
    for (int i = 0; i < state->metadata_count; i++) {
        int found = -1;
        for (int k = 0; k < count; k++)
            found = all[k].metadata == i ? k : found;
        put_metadata(to, &state->metadata[i], found >= 0, found >= 0 ? all[found].value : 0);
    }
    for (int i = 0; i < state->tensor_count; i++) {
        int found = -1;
        for (int k = 0; k < count; k++)
            found = all[k].tensor == i ? k : found;
        put_tensor(to, &state->tensors[i], found >= 0 ? all[found].what : LEAVE, found >= 0 ? all[found].value : 0);
    }
    MUST(sc_weights_sort(to, &err));
    return to;
}

#endif
