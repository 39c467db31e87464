/* SPDX-License-Identifier: MIT */
/* What a part of a job needs: memory, and work. Each part says it itself, beside the code that takes it; an estimate
 * adds and searches, and knows no part's insides. Work is counted in units of kinds that differ in speed: times how
 * long a unit takes here it is a time. A run counts what it does in the same way. */
#ifndef SC_CORE_NEED_H
#define SC_CORE_NEED_H

#include <stdint.h>

typedef enum sc_work_kind {
    SC_WORK_EVALUATIONS,      /* of the objective, with its gradient: what each takes whatever its size, */
    SC_WORK_EVALUATION_FLOPS, /* and by the arithmetic of its graphs */
    SC_WORK_PASSES,           /* of the objective without gradient, to balance or to refresh it; likewise */
    SC_WORK_PASS_FLOPS,
    SC_WORK_SEARCHES,        /* for nearest neighbours, all of a refresh: counted only; they take the time of */
    SC_WORK_SEARCH_FLOPS,    /* these */
    SC_WORK_MEASURED_PIXELS, /* of photo and paintings, whose statistics are targets: counted only; it takes the time of
                              */
    SC_WORK_MEASURE_FLOPS,   /* these, in memory that is new */
    SC_WORK_PREPARED,        /* targets that are made ready: of a region, all terms */
    SC_WORK_GRAPHS,          /* that are built and planned */
    SC_WORK_PLANS,           /* of the memory that a scale needs */
    SC_WORK_VALUES,          /* that simple loops read or write: the optimiser's, the variable's */
    SC_WORK_PIXELS,          /* of pictures that are resized, made or looked through */
    SC_WORK_KINDS
} sc_work_kind;

typedef struct sc_work {
    double of[SC_WORK_KINDS];
} sc_work;

/* sum += factor * work */
static inline void sc_work_add(sc_work *sum, double factor, const sc_work *work)
{
    for (int k = 0; k < SC_WORK_KINDS; k++)
        sum->of[k] += factor * work->of[k];
}

/* Bytes, as long as the part is there; and the work that it is. */
typedef struct sc_need {
    int64_t host; /* in ordinary memory */
    int64_t big;  /* in big buffers (core/memory.h), as large as the picture: temporary files where there is a limit */
    int64_t device;    /* on the device: graphs. Where it shares the host's memory, there */
    int64_t temporary; /* on top of all that, for a moment of it */
    sc_work work;
} sc_need;

/* What stays in memory whatever the limit. */
static inline int64_t sc_need_small(const sc_need *need)
{
    return need->host + need->device + need->temporary;
}

/* Both at the same time: sum += need. */
static inline void sc_need_add(sc_need *sum, const sc_need *need)
{
    sum->host += need->host;
    sum->big += need->big;
    sum->device += need->device;
    sum->temporary = need->temporary > sum->temporary ? need->temporary : sum->temporary;
    sc_work_add(&sum->work, 1, &need->work);
}

/* One after the other: the memory of the larger one, and the work of both. */
static inline sc_need sc_need_in_turn(const sc_need *first, const sc_need *second)
{
    sc_need sum = sc_need_small(first) > sc_need_small(second) ? *first : *second;
    sum.big = first->big > second->big ? first->big : second->big;
    sum.work = first->work;
    sc_work_add(&sum.work, 1, &second->work);
    return sum;
}

#endif
