/* SPDX-License-Identifier: MIT */
/* The work of a run, added up, and its time. See forecast.h. What networks do is asked of the graphs (estimate.c); what
 * stands beside them is small, and counted in numbers and pixels that are gone over, as measured. */
#include "run/plan.h"

static int fewer(int a, int b)
{
    return a < b ? a : b;
}

void sc_forecast_make(sc_forecast *f, const sc_plan *p, const sc_scale_need *needs)
{
    *f = (sc_forecast){
        .scales = p->scales, .texture = sc_plan_is_texture(p), .begin = sc_run_need(p).work, .end = sc_run_end_work(p)
    };
    for (int k = 0; k < p->scales.count; k++)
        sc_scale_work_foretell(p, &p->scales.scale[k], &needs[k], &f->scale[k]);
}

sc_work sc_forecast_left(const sc_forecast *f, const sc_position *position, int iterations, bool set_up)
{
    sc_work work = f->end;
    int left = iterations - position->iterations_done;
    for (int k = position->scale; k < f->scales.count && left > 0; k++) {
        int own = f->scales.scale[k].iterations, done = k == position->scale ? position->iteration : 0,
            here = fewer(left, own - done);
        if (k > position->scale || !set_up)
            sc_work_add(&work, 1, &f->scale[k].set_up);
        sc_work_add(&work, here, &f->scale[k].iteration);
        sc_work_add(&work, sc_refreshes(done + here, own) - sc_refreshes(done, own), &f->scale[k].refresh);
        left -= here;
    }
    return work;
}

/* ---- time ------------------------------------------------------------------------------------------------------ */

double sc_plan_left_s(const sc_plan *p, const sc_position *position, int iterations, bool set_up)
{
    const sc_style *style = p->style;
    sc_work left = sc_forecast_left(&style->forecast, position, iterations, set_up);
    return sc_work_time(&left, style->speed_known ? &style->speed : &sc_speed_usual);
}

int sc_plan_estimate_time(const sc_plan *p, const sc_position *from, sc_estimate *estimate, sc_error *err)
{
    sc_style *style = p->style;
    bool known = style->speed_known && style->speed_texture == style->forecast.texture;
    sc_speed measured = style->speed;
    int code = known ? SCUMBLE_OK : sc_speed_measure(&measured, p, err);
    if (code)
        return code;
    style->speed = measured;
    style->speed_known = true;
    style->speed_texture = style->forecast.texture;
    sc_work run = sc_forecast_left(&style->forecast, from, sc_plan_iterations(style), false);
    sc_work_add(&run, 1, &style->forecast.begin);
    double pixel_s = style->speed.seconds[SC_WORK_PIXELS];
    estimate->time_s = style->pace * sc_work_time(&run, &style->speed);
    estimate->load_s = SC_IMAGE_LOAD_PIXELS * (double)p->content_width * p->content_height * pixel_s;
    estimate->save_s = SC_IMAGE_SAVE_PIXELS * (double)p->scales.width * p->scales.height * pixel_s;
    return SCUMBLE_OK;
}
