/* SPDX-License-Identifier: MIT */
/* What there is to do, in units of kinds of work that differ in speed. Each part of a run says what it needs, the
 * forecast adds it up, and times how long a unit takes here that is a time. The run counts what it does in the same
 * way. */
#ifndef SC_RUN_WORK_H
#define SC_RUN_WORK_H

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

/* Seconds that a unit of each kind takes. */
typedef struct sc_speed {
    double seconds[SC_WORK_KINDS];
} sc_speed;

/* sum += factor * work */
static inline void sc_work_add(sc_work *sum, double factor, const sc_work *work)
{
    for (int k = 0; k < SC_WORK_KINDS; k++)
        sum->of[k] += factor * work->of[k];
}

static inline double sc_work_time(const sc_work *work, const sc_speed *speed)
{
    double time_s = 0;
    for (int k = 0; k < SC_WORK_KINDS; k++)
        time_s += work->of[k] * speed->seconds[k];
    return time_s;
}

#endif
