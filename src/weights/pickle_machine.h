/* SPDX-License-Identifier: MIT */
/* Inside the pickle reader: the machine that pickle.c (opcodes) and pickle_globals.c (names and calls) work on.
 * Everything is checked here: a pop never takes a mark, nothing grows beyond the limits, nothing is read beyond the
 * end. Functions that return int give 0 or a negative code, and then the sentence is in the machine's sc_error. */
#ifndef SC_WEIGHTS_PICKLE_MACHINE_H
#define SC_WEIGHTS_PICKLE_MACHINE_H

#include "weights/pickle.h" /* circle: pickle.c, of which this is the inside */

typedef struct sc_machine {
    sc_pickle *pickle; /* the values made so far */
    const uint8_t *data;
    size_t size, at;
    sc_pickle_ref *stack;
    uint32_t depth, stack_capacity;
    sc_pickle_ref *memo; /* UINT32_MAX: never put */
    uint32_t memo_count, memo_capacity, memo_next;
    size_t copied; /* items that OrderedDict calls have copied */
    bool stopped;
    sc_error *err;
} sc_machine;

int sc_machine_damaged(sc_machine *m, const char *what); /* SCUMBLE_ERR_FORMAT: what is wrong, and at which byte */

/* Values. Pointers to them hold until the next new one. */
int sc_machine_new_value(sc_machine *m, sc_pickle_value value, sc_pickle_ref *ref);
int sc_machine_append(sc_machine *m, sc_pickle_ref container, const sc_pickle_ref *refs, uint32_t count);

/* The stack. */
int sc_machine_push(sc_machine *m, sc_pickle_ref ref);
int sc_machine_pop(sc_machine *m, sc_pickle_ref *ref);
int sc_machine_find_mark(sc_machine *m, uint32_t *first); /* the position after the topmost mark */

/* The memo: puts the top of the stack, gets onto it. */
int sc_machine_put(sc_machine *m, uint64_t index);
int sc_machine_get(sc_machine *m, uint64_t index);

/* The input. */
const uint8_t *sc_machine_take(sc_machine *m, size_t count);               /* NULL: it ends before */
int sc_machine_take_number(sc_machine *m, size_t bytes, uint64_t *number); /* little-endian, 1 to 8 bytes */
int sc_machine_take_line(sc_machine *m, sc_pickle_text *line);             /* without its end */

/* The opcodes that are in pickle_globals.c. */
int sc_machine_global_lines(sc_machine *m, bool refuse); /* GLOBAL; INST, which is refused */
int sc_machine_stack_global(sc_machine *m);
int sc_machine_reduce(sc_machine *m);
int sc_machine_build(sc_machine *m);
int sc_machine_persistent(sc_machine *m); /* BINPERSID */
int sc_machine_new_object(sc_machine *m);

static inline sc_pickle_value *sc_machine_value_at(sc_machine *m, sc_pickle_ref ref)
{
    return &m->pickle->values[ref];
}

static inline bool sc_machine_is_kind(sc_machine *m, sc_pickle_ref ref, sc_pickle_kind kind)
{
    return sc_machine_value_at(m, ref)->kind == kind;
}

static inline int sc_machine_push_value(sc_machine *m, sc_pickle_value value)
{
    sc_pickle_ref ref = 0;
    int code = sc_machine_new_value(m, value, &ref);
    return code ? code : sc_machine_push(m, ref);
}

#endif
