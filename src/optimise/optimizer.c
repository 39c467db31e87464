/* SPDX-License-Identifier: MIT */
/* What the optimisers share: dispatch, and state in named tensors. See optimizer.h. */
#include "optimise/optimizer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensor/vector.h"

void sc_optimizer_free(sc_optimizer *optimizer)
{
    if (optimizer)
        optimizer->class->free(optimizer);
}

int sc_optimizer_step(sc_optimizer *optimizer, sc_step *step, sc_error *err)
{
    *step = (sc_step){ 0 };
    optimizer->class->settle(optimizer);
    int code = sc_threads_check(optimizer->threads, err);
    return code ? code : optimizer->class->step(optimizer, step, err);
}

const float *sc_optimizer_result(sc_optimizer *optimizer)
{
    optimizer->class->settle(optimizer);
    return optimizer->class->result(optimizer);
}

void sc_optimizer_changed(sc_optimizer *optimizer)
{
    optimizer->class->settle(optimizer);
    optimizer->class->changed(optimizer, false);
}

void sc_optimizer_restart(sc_optimizer *optimizer)
{
    optimizer->class->settle(optimizer);
    optimizer->class->changed(optimizer, true);
}

int sc_optimizer_save(sc_optimizer *optimizer, sc_weights *state, sc_error *err)
{
    optimizer->class->settle(optimizer);
    int code = sc_threads_check(optimizer->threads, err);
    return code ? code : optimizer->class->save(optimizer, state, err);
}

int sc_optimizer_load(sc_optimizer *optimizer, const sc_weights *state, sc_error *err)
{
    return optimizer->class->load(optimizer, state, err);
}

int sc_state_put(sc_weights *state, const char *name, const float *values, size_t count, sc_error *err)
{
    return sc_weights_lend(state, name, &(int64_t){ (int64_t)count }, 1, values, err);
}

int sc_state_get(const sc_weights *state, const char *name, float *values, size_t count, sc_error *err)
{
    const sc_weight *found = sc_weights_find(state, name);
    if (!found || found->count != count)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the checkpoint has no '%s' of %zu values", name, count);
    memcpy(values, found->values, count * sizeof *values);
    return SCUMBLE_OK;
}

/* Hexadecimal floating point: exact, and independent of the locale in everything but the point, which %a takes from it;
 * so the bits are written instead. */
int sc_state_put_number(sc_weights *state, const char *name, double value, sc_error *err)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    char text[32];
    snprintf(text, sizeof text, "%016llx", (unsigned long long)bits);
    return sc_weights_set_metadata(state, name, text, err);
}

int sc_state_get_number(const sc_weights *state, const char *name, double *value, sc_error *err)
{
    const char *text = sc_weights_metadata(state, name);
    char *end = NULL;
    uint64_t bits = text ? strtoull(text, &end, 16) : 0;
    if (!text || end != text + 16 || *end)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the checkpoint has no number '%s'", name);
    memcpy(value, &bits, sizeof bits);
    return SCUMBLE_OK;
}

bool sc_is_finite(sc_threads *threads, double f, const float *gradient, size_t count)
{
    return isfinite(f) && isfinite(sc_vector_dot(threads, gradient, gradient, count));
}
