/* SPDX-License-Identifier: MIT */
/* The work of a run. See forecast.h. What networks do is asked of the graphs (estimate.c); what stands beside them is
 * small, and counted in numbers and pixels that are gone over, as measured. */
#include <string.h>

#include "optimise/optimizer.h"
#include "run/plan.h"
#include "optimise/variable.h"

/* Noise for a pixel takes as long as so many pixels that are resized; likewise a pixel of a picture whose colours are
 * changed. */
static const double noise_pixels = 4, colour_pixels = 4;

static int fewer(int a, int b)
{
    return a < b ? a : b;
}

static double pixels_of(int width, int height)
{
    return (double)width * height;
}

/* All paintings looked through once. */
static double painting_pixels(const sc_plan *p)
{
    double pixels = 0;
    for (int i = 0; i < p->paintings.count; i++)
        pixels += pixels_of(p->paintings.styles[i]->width, p->paintings.styles[i]->height);
    return pixels;
}

/* One iteration's arithmetic beside the objective. */
static double iteration_values(const sc_plan *p, const sc_scale *scale)
{
    sc_variable_kind kind = p->style->options.variable == SC_CHOSE_PYRAMID ? SC_VARIABLE_PYRAMID : SC_VARIABLE_PIXELS;
    size_t count = sc_variable_count_of(kind, scale->width, scale->height, 0);
    double own = p->style->options.optimizer == SC_CHOSE_ADAM ? sc_adam_values(count) :
                                                                sc_lbfgs_values(count, scale->iterations);
    return own + sc_variable_values(kind, scale->width, scale->height, 0);
}

/* Pictures that are resized, filled and looked through when a scale begins; the content has width x height pixels,
 * before. */
static double set_up_pixels(const sc_plan *p, bool texture, double content_pixels, const sc_scale *scale)
{
    double own = pixels_of(scale->width, scale->height);
    if (texture) /* noise to start from and to balance, both around the paintings' colour */
        return own + 2 * noise_pixels * own + 2 * painting_pixels(p);
    return content_pixels + 4 * own;
}

static bool is_photo_coloured(const sc_plan *p)
{
    return p->paintings.colour == SC_COLOUR_PHOTO || p->paintings.colour == SC_COLOUR_LUMINANCE ||
           p->paintings.colour == SC_COLOUR_PALETTE;
}

static void add_scale(sc_forecast *f, const sc_plan *p, int k, double content_pixels, const sc_need *n)
{
    const sc_scale *scale = &f->scales.scale[k];
    bool lbfgs = p->style->options.optimizer != SC_CHOSE_ADAM;
    sc_work *set_up = &f->scale[k].set_up, *refresh = &f->scale[k].refresh, *iteration = &f->scale[k].iteration;
    *set_up = (sc_work){ .of = { [SC_WORK_PLANS] = n->plans,
                                 [SC_WORK_GRAPHS] = 1,
                                 [SC_WORK_PIXELS] = set_up_pixels(p, f->texture || f->plain, content_pixels, scale) } };
    sc_work_add(set_up, 1, &n->photo);
    if (!sc_targets_kept(&p->paintings, &p->config, scale, f->regions == p->paintings.count)) {
        sc_work_add(set_up, 1, &n->paintings);
        if (is_photo_coloured(p))
            set_up->of[SC_WORK_PIXELS] += colour_pixels * n->paintings.of[SC_WORK_MEASURED_PIXELS];
    }
    if (n->refreshes) {
        sc_work_add(refresh, 1, &n->pass);
        sc_work_add(refresh, 1, &n->search);
    }
    sc_work_add(set_up, 1, refresh);
    sc_work_add(set_up, 1, &n->pass); /* the balance */
    *iteration = n->evaluation;
    iteration->of[SC_WORK_VALUES] += iteration_values(p, scale);
    if (lbfgs) /* where it starts, and where it starts anew */
        sc_work_add(set_up, 1, &n->evaluation);
    if (lbfgs && n->refreshes)
        sc_work_add(refresh, 1, &n->evaluation);
}

int sc_forecast_make(sc_forecast *f, const sc_plan *p, const sc_need *last, sc_error *err)
{
    const sc_scales *scales = &p->scales;
    double content = pixels_of(p->content_width, p->content_height), result = pixels_of(scales->width, scales->height);
    *f = (sc_forecast){ .scales = *scales, .texture = sc_plan_is_texture(p), .plain = p->plain, .regions = p->regions };
    int code = SCUMBLE_OK;
    for (int k = 0; k < scales->count && !code; k++) {
        sc_need n;
        bool known = last && k == scales->count - 1;
        code = known ? SCUMBLE_OK : sc_plan_need(p, k, &n, err);
        bool whole = scales->scale[k].width == scales->width && scales->scale[k].height == scales->height;
        if (!code)
            add_scale(f, p, k, whole || p->config.wrap ? 0 : content, known ? last : &n);
    }
    if (code) /* of no run */
        f->scales.count = 0;
    f->begin.of[SC_WORK_PIXELS] = content + 2 * result;
    f->end.of[SC_WORK_PIXELS] = 3 * result;
    if (p->paintings.colour == SC_COLOUR_LUMINANCE || p->paintings.colour == SC_COLOUR_MATCH ||
        p->paintings.colour == SC_COLOUR_PALETTE)
        f->end.of[SC_WORK_PIXELS] += colour_pixels * result;
    return code;
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

/* Decoding and encoding, in pixels that are resized (a JPEG of 4 million pixels was read in 0.1 s, a PNG of 0.2 million
 * written in 0.04). */
static const double load_pixels = 1.5, save_pixels = 12;

static bool is_current(const sc_plan *p)
{
    const sc_forecast *f = &p->style->forecast;
    const sc_scales *scales = &p->scales;
    return f->scales.width == scales->width && f->scales.height == scales->height && f->scales.count == scales->count &&
           !memcmp(f->scales.scale, scales->scale, (size_t)scales->count * sizeof *scales->scale) &&
           f->texture == sc_plan_is_texture(p) && f->plain == p->plain && f->regions == p->regions;
}

double sc_plan_left_s(const sc_plan *p, const sc_position *position, int iterations, bool set_up)
{
    const sc_style *style = p->style;
    sc_work left = sc_forecast_left(&style->forecast, position, iterations, set_up);
    return sc_work_time(&left, style->speed_known ? &style->speed : &sc_speed_usual);
}

int sc_plan_forecast(const sc_plan *p, sc_error *err)
{
    return is_current(p) ? SCUMBLE_OK : sc_forecast_make(&p->style->forecast, p, NULL, err);
}

int sc_plan_estimate_time(const sc_plan *p, const sc_need *last, const sc_position *from, scumble_estimate *estimate,
                          sc_error *err)
{
    sc_style *style = p->style;
    int code = sc_forecast_make(&style->forecast, p, last, err);
    bool known = style->speed_known && style->speed_texture == style->forecast.texture;
    sc_speed measured = style->speed;
    if (!code && !known)
        code = sc_speed_measure(&measured, p, err);
    if (code)
        return code;
    style->speed = measured;
    style->speed_known = true;
    style->speed_texture = style->forecast.texture;
    sc_work run = sc_forecast_left(&style->forecast, from, sc_plan_iterations(style), false);
    sc_work_add(&run, 1, &style->forecast.begin);
    double pixel_s = style->speed.seconds[SC_WORK_PIXELS];
    estimate->time_s = style->pace * sc_work_time(&run, &style->speed);
    estimate->load_s = load_pixels * pixels_of(p->content_width, p->content_height) * pixel_s;
    estimate->save_s = save_pixels * pixels_of(p->scales.width, p->scales.height) * pixel_s;
    return SCUMBLE_OK;
}
