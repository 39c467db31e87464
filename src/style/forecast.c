/* SPDX-License-Identifier: MIT */
/* The work of a run. See forecast.h. What networks do is asked of the graphs (estimate.c); what stands beside them is
 * small, and counted in numbers and pixels that are gone over, as measured. */
#include <string.h>

#include "style/transfer_internal.h"

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
static double painting_pixels(const sc_transfer *t)
{
    double pixels = 0;
    for (int i = 0; i < t->paintings.count; i++)
        pixels += pixels_of(t->styles[i]->width, t->styles[i]->height);
    return pixels;
}

/* One iteration's arithmetic beside the objective. */
static double iteration_values(const sc_transfer *t, const sc_scale *scale)
{
    sc_variable_kind kind = t->options.variable == SCUMBLE_VARIABLE_PYRAMID ? SC_VARIABLE_PYRAMID : SC_VARIABLE_PIXELS;
    size_t count = sc_variable_count_of(kind, scale->width, scale->height, 0);
    double own =
        t->options.optimizer == SCUMBLE_ADAM ? sc_adam_values(count) : sc_lbfgs_values(count, scale->iterations);
    return own + sc_variable_values(kind, scale->width, scale->height, 0);
}

/* Pictures that are resized, filled and looked through when a scale begins; the content has width x height pixels,
 * before. */
static double set_up_pixels(const sc_transfer *t, bool texture, double content_pixels, const sc_scale *scale)
{
    double own = pixels_of(scale->width, scale->height);
    if (texture) /* noise to start from and to balance, both around the paintings' colour */
        return own + 2 * noise_pixels * own + 2 * painting_pixels(t);
    return content_pixels + 4 * own;
}

static bool is_photo_coloured(const sc_transfer *t)
{
    return t->paintings.colour == SC_COLOUR_PHOTO || t->paintings.colour == SC_COLOUR_LUMINANCE ||
           t->paintings.colour == SC_COLOUR_PALETTE;
}

static void add_scale(sc_forecast *f, const sc_transfer *t, int k, double content_pixels, const sc_need *n)
{
    const sc_scale *scale = &f->scales.scale[k];
    bool lbfgs = t->options.optimizer != SCUMBLE_ADAM;
    sc_work *set_up = &f->scale[k].set_up, *refresh = &f->scale[k].refresh, *iteration = &f->scale[k].iteration;
    *set_up = (sc_work){ .of = { [SC_WORK_PLANS] = n->plans,
                                 [SC_WORK_GRAPHS] = 1,
                                 [SC_WORK_PIXELS] = set_up_pixels(t, f->texture || f->plain, content_pixels, scale) } };
    sc_work_add(set_up, 1, &n->photo);
    if (!sc_targets_kept(&t->paintings, &t->config, scale, f->regions == t->paintings.count)) {
        sc_work_add(set_up, 1, &n->paintings);
        if (is_photo_coloured(t))
            set_up->of[SC_WORK_PIXELS] += colour_pixels * n->paintings.of[SC_WORK_MEASURED_PIXELS];
    }
    if (n->refreshes) {
        sc_work_add(refresh, 1, &n->pass);
        sc_work_add(refresh, 1, &n->search);
    }
    sc_work_add(set_up, 1, refresh);
    sc_work_add(set_up, 1, &n->pass); /* the balance */
    *iteration = n->evaluation;
    iteration->of[SC_WORK_VALUES] += iteration_values(t, scale);
    if (lbfgs) /* where it starts, and where it starts anew */
        sc_work_add(set_up, 1, &n->evaluation);
    if (lbfgs && n->refreshes)
        sc_work_add(refresh, 1, &n->evaluation);
}

int sc_forecast_make(sc_forecast *f, sc_transfer *t, const sc_scales *scales, int width, int height,
                     const sc_need *last, sc_error *err)
{
    bool texture = t->paintings.texture_edge != 0;
    double content = texture ? 0 : pixels_of(width, height), result = pixels_of(scales->width, scales->height);
    *f = (sc_forecast){
        .scales = *scales, .texture = texture, .plain = t->plain, .regions = texture ? 0 : t->expected_regions
    };
    int code = SCUMBLE_OK;
    for (int k = 0; k < scales->count && !code; k++) {
        sc_need n;
        bool known = last && k == scales->count - 1;
        code = known ? SCUMBLE_OK : sc_transfer_need(t, scales, k, &n, err);
        bool whole = scales->scale[k].width == scales->width && scales->scale[k].height == scales->height;
        if (!code)
            add_scale(f, t, k, whole || t->config.wrap ? 0 : content, known ? last : &n);
    }
    if (code) /* of no run */
        f->scales.count = 0;
    f->begin.of[SC_WORK_PIXELS] = content + 2 * result;
    f->end.of[SC_WORK_PIXELS] = 3 * result;
    if (t->paintings.colour == SC_COLOUR_LUMINANCE || t->paintings.colour == SC_COLOUR_MATCH ||
        t->paintings.colour == SC_COLOUR_PALETTE)
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

static bool is_current(const sc_transfer *t, const sc_scales *scales)
{
    const sc_forecast *f = &t->forecast;
    bool texture = t->paintings.texture_edge != 0;
    return f->scales.width == scales->width && f->scales.height == scales->height && f->scales.count == scales->count &&
           !memcmp(f->scales.scale, scales->scale, (size_t)scales->count * sizeof *scales->scale) &&
           f->texture == texture && f->plain == t->plain && f->regions == (texture ? 0 : t->expected_regions);
}

double sc_transfer_left_s(const sc_transfer *t, bool set_up)
{
    sc_work left = sc_forecast_left(&t->forecast, &t->position, sc_transfer_iterations(t), set_up);
    return sc_work_time(&left, t->speed_known ? &t->speed : &sc_speed_usual);
}

int sc_transfer_forecast(sc_transfer *t, int width, int height, sc_error *err)
{
    return is_current(t, &t->scales) ? SCUMBLE_OK :
                                       sc_forecast_make(&t->forecast, t, &t->scales, width, height, NULL, err);
}

int sc_transfer_estimate_time(sc_transfer *t, const sc_scales *scales, int width, int height, const sc_need *last,
                              const sc_position *from, scumble_estimate *estimate, sc_error *err)
{
    int code = sc_forecast_make(&t->forecast, t, scales, width, height, last, err);
    bool known = t->speed_known && t->speed_texture == t->forecast.texture;
    if (!code && !known)
        code = sc_speed_measure(&t->speed, t, &scales->scale[scales->count - 1], err);
    if (code)
        return code;
    t->speed_known = true;
    t->speed_texture = t->forecast.texture;
    sc_work run = sc_forecast_left(&t->forecast, from, sc_transfer_iterations(t), false);
    sc_work_add(&run, 1, &t->forecast.begin);
    estimate->time_s = t->pace * sc_work_time(&run, &t->speed);
    estimate->load_s = load_pixels * pixels_of(width, height) * t->speed.seconds[SC_WORK_PIXELS];
    estimate->save_s = save_pixels * pixels_of(scales->width, scales->height) * t->speed.seconds[SC_WORK_PIXELS];
    return SCUMBLE_OK;
}
