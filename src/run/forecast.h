/* SPDX-License-Identifier: MIT */
/* The work of a run, put together from what its scales need, and its time. Shared by what shares plan.h
 * only. */
#ifndef SC_RUN_FORECAST_H
#define SC_RUN_FORECAST_H

#include "core/need.h"
#include "run/scales.h"

/* What a scale needs. */
typedef struct sc_scale_need {
    sc_need memory;                   /* at its peak; without work */
    int64_t bytes;                    /* the process's peak */
    double tile_pixels;               /* most pixels of a tile's window; 0 = it is not cut */
    int tile_edge;                    /* of its largest tile */
    int plans;                        /* how often that was asked for until the tiles fitted */
    bool refreshes;                   /* some targets follow the picture */
    sc_work evaluation, pass, search; /* of the objective: one with gradient, one without; the searches of a refresh */
    sc_work photo, paintings;         /* to measure them */
} sc_scale_need;

/* The work of a scale: once, for each iteration, for each refresh after the first. */
typedef struct sc_scale_forecast {
    sc_work set_up, iteration, refresh;
} sc_scale_forecast;

/* Of a run from its first scale to its last. */
typedef struct sc_forecast {
    sc_scales scales;
    bool texture;
    sc_scale_forecast scale[SC_MAX_SCALES];
    sc_work begin, end;
} sc_forecast;

/* Of a plan, from what its scales need. */
struct sc_plan;
void sc_forecast_make(sc_forecast *forecast, const struct sc_plan *plan, const sc_scale_need *needs);
/* What is left at a position, of `iterations` in all; its scale has been set up or is yet to be. */
sc_work sc_forecast_left(const sc_forecast *forecast, const sc_position *position, int iterations, bool set_up);

/* Seconds that a unit of each kind of work takes. */
typedef struct sc_speed {
    double seconds[SC_WORK_KINDS];
} sc_speed;

static inline double sc_work_time(const sc_work *work, const sc_speed *speed)
{
    double time_s = 0;
    for (int k = 0; k < SC_WORK_KINDS; k++)
        time_s += work->of[k] * speed->seconds[k];
    return time_s;
}

/* speed.c: speeds of a machine like any other, whose ratios will do where only what was done so far is compared with
 * what is left; and those of this one, by a small run of the same kind, which takes some tenths of a second. */
extern const sc_speed sc_speed_usual;
int sc_speed_measure(sc_speed *speed, const struct sc_plan *plan, sc_error *err);

#endif
