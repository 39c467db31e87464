/* SPDX-License-Identifier: MIT */
/* Runs. See run.h: scale.c makes and iterates a scale, state.c saves and restores. */
#include "run/run.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/memory.h"
#include "core/process.h"
#include "colour/palette_transport.h"
#include "media/periodic.h"
#include "run/pixelwise.h"
#include "loss/region.h"
#include "run/run_internal.h"
#include "run/saliency.h"

/* ---- the picture ----------------------------------------------------------------------------------------------- */

/* How much of each pixel is painted: the masks together, at most all of it. */
static int make_coverage(sc_run *r, sc_error *err)
{
    const sc_guides *guides = &r->subject.guides;
    sc_tensor_free(&r->coverage);
    if (!guides->masks)
        return SCUMBLE_OK;
    int code = sc_tensor_create(&r->coverage, (sc_shape){ 1, 1, r->photo.height, r->photo.width }, err);
    for (int i = 0; i < r->plan.paintings.count && !code; i++) {
        sc_tensor region;
        code =
            sc_region_resize(r->plan.style->threads, &region, guides->masks[i], r->photo.height, r->photo.width, err);
        if (code)
            break;
        sc_pixelwise_join(r->plan.style->threads, r->coverage.data, region.data, sc_shape_count(region.shape));
        sc_tensor_free(&region);
        code = sc_threads_check(r->plan.style->threads, err);
    }
    return code;
}

/* What no mask covers stays the photo. */
static void uncover_photo(const sc_run *r, sc_image *result)
{
    if (r->coverage.data)
        sc_pixelwise_uncover(r->plan.style->threads, result->rgb, r->photo.rgb, r->coverage.data,
                             3 * sc_shape_count(r->coverage.shape));
}

static int set_colours(sc_run *r, sc_image *result, sc_error *err)
{
    switch (r->plan.paintings.colour) {
    case SC_COLOUR_LUMINANCE: return sc_colour_take_chroma(r->plan.style->threads, result, &r->photo, err);
    case SC_COLOUR_MATCH:
        return sc_colour_match_chroma(r->plan.style->threads, result, &r->photo, &r->plan.moments, r->plan.config.wrap,
                                      err);
    case SC_COLOUR_PALETTE:
        return sc_colour_to_palette(r->plan.style->threads, result, &r->plan.style->colours, r->plan.config.wrap, err);
    case SC_COLOUR_STYLE:
    case SC_COLOUR_PHOTO: break;
    }
    return SCUMBLE_OK;
}

/* The picture at the size of the result, in the colours asked for, with alpha and what else the output inherits. */
static int run_end(sc_run *r, const sc_image *x, sc_image *result, sc_error *err)
{
    int code = sc_run_resize(r, x, r->photo.width, r->photo.height, result, err);
    if (code)
        return code;
    code = set_colours(r, result, err);
    if (!code) {
        uncover_photo(r, result);
        code = sc_image_keep_beyond(r->plan.style->threads, result, &r->photo, 1, r->coverage.data, err);
    }
    if (!code)
        code = sc_image_inherit(r->plan.style->threads, result, &r->photo, err);
    if (code)
        sc_image_free(result);
    return code;
}

int sc_run_picture(sc_run *r, sc_image *picture, sc_error *err)
{
    if (r->result.rgb)
        return run_end(r, &r->result, picture, err);
    if (!r->now)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "there is no picture yet: the run has made no step");
    sc_image now;
    int code = sc_image_create(&now, r->now->x.width, r->now->x.height, false, err);
    if (code)
        return code;
    sc_run_take(r->now, now.rgb);
    code = run_end(r, &now, picture, err);
    sc_image_free(&now);
    return code;
}

const sc_tensor *sc_run_coverage(const sc_run *r)
{
    return &r->coverage;
}

bool sc_run_has_picture(const sc_run *r)
{
    return r->now || r->result.rgb;
}

int sc_run_rest(sc_run *r, sc_error *err)
{
    if (!r->now)
        return SCUMBLE_OK;
    sc_run_take(r->now, r->now->x.rgb); /* which can be done again */
    int code = sc_threads_check(r->plan.style->threads, err);
    if (code)
        return code;
    r->result = r->now->x;
    if (r->now->values == r->now->x.rgb)
        r->now->values = NULL;
    r->now->x = (sc_image){ 0 };
    sc_scale_work_free(r->now);
    r->now = NULL;
    return SCUMBLE_OK;
}

/* ---- beginning and end ----------------------------------------------------------------------------------------- */

static void *run_copy_of(const void *data, size_t size_bytes)
{
    void *copy = data ? malloc(size_bytes) : NULL;
    return copy ? memcpy(copy, data, size_bytes) : NULL;
}

/* In place of the photo: what a texture inherits is the first painting's. */
static int make_blank(sc_run *r, sc_error *err)
{
    const sc_image *first = r->plan.paintings.styles[0];
    int code = sc_image_create(&r->photo, r->plan.scales.width, r->plan.scales.height, false, err);
    r->photo.bits = first->bits;
    r->photo.icc = run_copy_of(first->icc, first->icc_bytes);
    r->photo.icc_bytes = r->photo.icc ? first->icc_bytes : 0;
    return !code && first->icc && !r->photo.icc ? sc_fail_memory(err, first->icc_bytes) : code;
}

/* What the process holds beside what a run counts is no reason to cut otherwise, but to be told of. */
static void remark_memory(sc_run *r, const sc_scale_need *last)
{
    const sc_plan *p = &r->plan;
    const double mib = 1048576;
    const int64_t leftovers = 64 << 20; /* of runs before this one, that the C library keeps */
    sc_need there = sc_style_need(p->style);
    sc_need_add(&there, &p->photo);
    sc_need_add(&there, &p->guides);
    sc_big_release(); /* how much of big buffers is resident at a moment is chance */
    int64_t limit = p->style->options.max_memory_bytes, others = sc_process_bytes() - sc_need_small(&there) - there.big;
    if (p->unfit)
        snprintf(r->remark, sizeof r->remark,
                 "the tiles that were asked for do not fit into %.0f MiB: others are taken, which round otherwise",
                 (double)p->limit_bytes / mib);
    else if (limit && others > leftovers && last->bytes + others > limit + limit / 4)
        snprintf(r->remark, sizeof r->remark,
                 "the program holds %.0f MiB of its own, which `max_memory` does not count", (double)others / mib);
}

static int choose_tiles(sc_run *r, sc_error *err)
{
    sc_scale_need needs[SC_MAX_SCALES];
    int code = sc_plan_cut(&r->plan, needs, err);
    if (code)
        return code;
    sc_forecast_make(&r->plan.style->forecast, &r->plan, needs);
    if (!*r->remark)
        remark_memory(r, &needs[r->plan.scales.count - 1]);
    return SCUMBLE_OK;
}

/* The plan, and the photo at the final size. */
static int begin(sc_run *r, sc_error *err)
{
    const sc_image *content = r->subject.content;
    sc_colour_mode colour = r->plan.paintings.colour;
    int code = SCUMBLE_OK;
    if (!content && colour != SC_COLOUR_STYLE && colour != SC_COLOUR_PALETTE)
        return sc_fail(
            err, SCUMBLE_ERR_ARGUMENT,
            "a texture has the painting's colours or a palette's: there is no photo whose colours it could take");
    if (r->resume)
        code = sc_run_restore(r, r->resume, err);
    if (!code)
        code = content ? sc_image_resize(r->plan.style->threads, content, r->plan.scales.width, r->plan.scales.height,
                                         &r->photo, err) :
                         make_blank(r, err);
    if (!code && content && r->plan.config.wrap)
        code = sc_image_make_periodic(r->plan.style->threads, &r->photo, err);
    if (code)
        return code;
    sc_run_find_content(r);
    code = sc_run_find_recolouring(r, err);
    if (!code && r->plan.guided.legible)
        code = sc_saliency(r->plan.style->threads, &r->photo, r->plan.config.wrap, &r->saliency, err);
    if (code)
        return code;
    sc_run_remark_masks(r);
    code = make_coverage(r, err);
    return code ? code : choose_tiles(r, err);
}

sc_need sc_run_need(const sc_plan *p)
{
    int width = p->scales.width, height = p->scales.height;
    int64_t picture = sc_image_bytes(width, height), coverage = p->guided.masks ? picture / 3 : 0;
    return (sc_need){ .big = picture + coverage,
                      .work.of[SC_WORK_PIXELS] =
                          (double)p->content_width * p->content_height + 2 * (double)width * height };
}

sc_work sc_run_end_work(const sc_plan *p)
{
    sc_colour_mode colour = p->paintings.colour;
    bool recoloured = colour != SC_COLOUR_STYLE && colour != SC_COLOUR_PHOTO;
    return (sc_work){ .of[SC_WORK_PIXELS] =
                          (double)p->scales.width * p->scales.height * (recoloured ? 3 + SC_COLOUR_STEP_PIXELS : 3) };
}

int sc_run_create(sc_run **run, sc_style *style, const sc_subject *subject, const char *identity,
                  const sc_weights *resume, sc_error *err)
{
    *run = NULL;
    sc_run *r = calloc(1, sizeof *r);
    if (!r)
        return sc_fail_memory(err, sizeof *r);
    double start_s = sc_now_s();
    r->subject = *subject;
    r->subject.texture = !subject->content;
    r->resume = resume;
    r->iterations = subject->sequel ? subject->sequel : sc_plan_iterations(style);
    r->events = json_array();
    r->identity = strdup(identity);
    int code = r->events && r->identity ? SCUMBLE_OK : sc_fail_memory(err, strlen(identity));
    if (!code)
        code = sc_plan_create(&r->plan, style, &r->subject, err);
    if (!code)
        code = begin(r, err);
    if (code) {
        sc_run_free(r);
        return code;
    }
    r->all_s = sc_plan_left_s(&r->plan, &r->position, r->iterations, false);
    r->spent_s = sc_now_s() - start_s;
    r->position.elapsed_s += r->spent_s;
    *run = r;
    return SCUMBLE_OK;
}

void sc_run_free(sc_run *r)
{
    if (!r)
        return;
    sc_scale_work_free(r->now);
    sc_image_free(&r->result);
    sc_image_free(&r->photo);
    free(r->recolour);
    sc_tensor_free(&r->saliency);
    sc_tensor_free(&r->coverage);
    sc_kept_guides_free(r->kept_guides);
    json_decref(r->events);
    sc_plan_free(&r->plan);
    free(r->identity);
    free(r);
}

/* ---- steps ----------------------------------------------------------------------------------------------------- */

static int step_for(sc_run *r, double budget_s, sc_error *err)
{
    double start_s = sc_now_s();
    int code;
    do {
        code = sc_run_make_ready(r, err);
        if (!code && !sc_run_done(r))
            code = sc_run_iterate(r, err);
    } while (!code && !sc_run_done(r) && sc_now_s() - start_s < budget_s);
    return code;
}

int sc_run_step(sc_run *r, double budget_s, sc_error *err)
{
    if (r->result.rgb)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "this run has ended: begin another one");
    double start_s = sc_now_s();
    r->note = NULL;
    int code = step_for(r, budget_s, err);
    double took_s = sc_now_s() - start_s;
    r->spent_s += took_s;
    r->position.elapsed_s += took_s;
    if (!code && !r->note && *r->remark && !r->told) { /* said once */
        r->note = r->remark;
        r->told = true;
    }
    if (!code && sc_run_done(r) && r->plan.style->speed_known && r->all_s > 0) /* of this machine's own speed */
        r->plan.style->pace = r->spent_s / r->all_s;
    return code;
}

bool sc_run_done(const sc_run *r)
{
    return r->position.iterations_done >= r->iterations;
}

sc_position sc_run_position(const sc_run *r)
{
    return r->position;
}

int sc_run_iterations(const sc_run *r)
{
    return r->iterations;
}

const sc_scales *sc_run_scales(const sc_run *r)
{
    return &r->plan.scales;
}

sc_losses sc_run_losses(const sc_run *r)
{
    return r->losses;
}

void sc_run_tiling(const sc_run *r, sc_tiling *tiling)
{
    sc_plan_tiling(&r->plan, false, tiling);
}

void sc_run_cuts(const sc_run *r, sc_tiling *tiling)
{
    sc_plan_tiling(&r->plan, true, tiling);
}

const char *sc_run_note(const sc_run *r)
{
    return r->note;
}

/* As was foretold, at the pace of what has been done. */
double sc_run_left_s(const sc_run *r)
{
    double left_s = sc_plan_left_s(&r->plan, &r->position, r->iterations, r->now != NULL), done_s = r->all_s - left_s;
    if (sc_run_done(r))
        return 0;
    return left_s * (done_s > 0 ? r->spent_s / done_s : r->plan.style->pace);
}

/* ---- setting --------------------------------------------------------------------------------------------------- */

const json_t *sc_run_events(const sc_run *r)
{
    return r->events;
}

static int note_event(sc_run *r, const char *name, json_t *to, sc_error *err)
{
    json_t *event = json_pack("{s:i, s:s, s:o}", "iteration", r->position.iterations_done, "set", name, "to", to);
    return event && !json_array_append_new(r->events, event) ? SCUMBLE_OK : sc_fail_memory(err, 256);
}

/* The number as a text that reads back as the same one. */
static json_t *number_json(double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    for (int digits = 6; digits <= 17; digits++) {
        char format[8];
        snprintf(format, sizeof format, "%%.%dg", digits);
        g_ascii_formatd(text, sizeof text, format, value);
        if (g_ascii_strtod(text, NULL) == value)
            break;
    }
    return json_string(text);
}

double sc_run_event_number(const json_t *value)
{
    return json_is_string(value) ? g_ascii_strtod(json_string_value(value), NULL) : json_number_value(value);
}

int sc_run_apply_weight(sc_run *r, const char *name, double weight, sc_error *err)
{
    int group = sc_group_named(&r->plan.config, name);
    if (group < 0)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "there is no weight '%.40s' that could be set", name);
    if (!(weight >= 0 && weight <= SC_MAX_WEIGHT))
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "`%s`: a weight must be a number from 0 to 1e9", name);
    r->plan.config.groups[group].weight = weight;
    if (r->now && r->now->objective)
        sc_objective_set_weight(r->now->objective, group, weight);
    if (r->now)
        sc_optimizer_restart(r->now->optimizer);
    return SCUMBLE_OK;
}

int sc_run_set_weight(sc_run *r, const char *name, double weight, sc_error *err)
{
    int code = r->resume ? sc_run_make_ready(r, err) : SCUMBLE_OK; /* before what is to be noted after it */
    if (!code)
        code = sc_run_apply_weight(r, name, weight, err);
    return code ? code : note_event(r, name, number_json(weight), err);
}

int sc_run_set_iterations(sc_run *r, int iterations, sc_error *err)
{
    if (iterations < r->position.iterations_done || iterations < 1 || iterations > 100000)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "`iterations` must be from %d, which are done, to 100000",
                       r->position.iterations_done);
    int code = r->resume ? sc_run_make_ready(r, err) : SCUMBLE_OK;
    if (!code)
        code = note_event(r, "iterations", json_integer(iterations), err);
    if (code)
        return code;
    bool at_end = r->now && r->position.scale == r->plan.scales.count - 1 &&
                  r->position.iteration == r->plan.scales.scale[r->position.scale].iterations;
    r->iterations = iterations;
    sc_plan_scales(&r->plan, r->plan.scales.width, r->plan.scales.height, iterations);
    return at_end && !sc_run_done(r) ? sc_run_refresh_now_and_then(r, err) : SCUMBLE_OK;
}

const sc_guides *sc_run_guides(const sc_run *r)
{
    return &r->subject.guides;
}

int sc_run_set_guides(sc_run *r, const sc_guides *guides, json_t *note, sc_error *err)
{
    sc_guides old = r->subject.guides;
    int code = r->resume ? sc_run_make_ready(r, err) : SCUMBLE_OK;
    if (!code)
        code = sc_plan_guide(&r->plan, guides, err);
    if (code) {
        json_decref(note);
        return code;
    }
    r->subject.guides = *guides;
    code = make_coverage(r, err);
    if (!code)
        code = sc_run_find_recolouring(r, err);
    if (!code)
        code = note_event(r, "guides", note, err);
    else
        json_decref(note);
    if (code) {
        sc_error other;
        r->subject.guides = old;
        sc_plan_guide(&r->plan, &old, &other);
        return code;
    }
    if (r->now) {
        sc_run_forget_objective(r->now);
        r->now->guides_changed = true;
        sc_optimizer_restart(r->now->optimizer);
    }
    return SCUMBLE_OK;
}
