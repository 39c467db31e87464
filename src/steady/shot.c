/* SPDX-License-Identifier: MIT */
/* See shot.h. */
#include "steady/shot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "colour/colour.h"
#include "motion/luma.h"
#include "paint/statistics.h"
#include "steady/blend.h"

enum { COLOURS = 12 }; /* mean and covariance */

struct sc_shot {
    sc_shot_setup setup;
    sc_past past;
    int64_t frame;         /* that comes next */
    const double *weights; /* of the style's paintings; NULL: its own */
    const sc_image *lean;  /* that the next frame leans on, by */
    double lean_share;
    bool follows;                    /* frames that an artist painted */
    sc_paint_options paint;          /* of the painter, shifted as the last frame was, with */
    sc_paint_statistics *statistics; /* of the shot; NULL: of its first frame, which has not come yet */
    int width, height;               /* of the frames that they are of */
    bool coloured;                   /* in a style: a frame has come, whose colours are */
    float colours[COLOURS];
    sc_tiling tiling; /* of a style, as frames were cut before; a painter's is paint.graph_bytes */
};

int sc_shot_create(sc_shot **shot, const sc_shot_setup *setup, sc_error *err)
{
    *shot = calloc(1, sizeof **shot);
    if (!*shot)
        return sc_fail_memory(err, sizeof **shot);
    (*shot)->setup = *setup;
    (*shot)->past.most = setup->style ? SC_PAST_FRAMES : 1; /* what paint drifts by, a painter mends at once */
    if (setup->painter)
        (*shot)->paint = *setup->paint;
    return SCUMBLE_OK;
}

static void shot_forget_past(sc_shot *shot)
{
    sc_past_forget(&shot->past);
    shot->follows = false;
}

static void shot_forget(sc_shot *shot)
{
    shot_forget_past(shot);
    sc_paint_statistics_free(shot->statistics);
    shot->statistics = NULL;
    shot->paint.statistics = NULL;
    shot->paint.shift_x = shot->paint.shift_y = 0;
    shot->frame = 0;
    shot->coloured = false;
}

void sc_shot_free(sc_shot *shot)
{
    if (!shot)
        return;
    shot_forget(shot);
    free(shot);
}

void sc_shot_weigh(sc_shot *shot, const double *weights)
{
    shot->weights = weights;
}

void sc_shot_lean(sc_shot *shot, const sc_image *picture, double share)
{
    shot->lean = picture;
    shot->lean_share = share;
}

/* ---- tiles ----------------------------------------------------------------------------------------------------- */

static const char shot_graphs[] = "graphs:"; /* before the bytes of a painter's */

void sc_shot_tiles(const sc_shot *shot, char text[SC_SHOT_TILES_TEXT])
{
    *text = 0;
    if (shot->paint.graph_bytes)
        snprintf(text, SC_SHOT_TILES_TEXT, "%s%lld", shot_graphs, (long long)shot->paint.graph_bytes);
    else if (shot->tiling.count)
        sc_tiling_write(&shot->tiling, text);
}

int sc_shot_set_tiles(sc_shot *shot, const char *text, sc_error *err)
{
    size_t begins = strlen(shot_graphs);
    long long bytes = 0;
    if (shot->setup.style)
        return sc_tiling_parse(&shot->tiling, text, err);
    if (strncmp(text, shot_graphs, begins) || sscanf(text + begins, "%lld", &bytes) != 1 || bytes < 1)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "'%.60s' does not say how a painter's frames are cut", text);
    shot->paint.graph_bytes = bytes;
    return SCUMBLE_OK;
}

/* By what is free now, unless that is chosen already. */
static int shot_choose_graphs(sc_shot *shot, const sc_image *frame, sc_error *err)
{
    int64_t bytes = shot->paint.graph_bytes;
    int code = bytes ? SCUMBLE_OK :
                       sc_paint_graph_room(shot->setup.painter, frame->width, frame->height, &shot->paint, &bytes, err);
    if (!code)
        shot->paint.graph_bytes = bytes;
    return code;
}

/* ---- statistics ------------------------------------------------------------------------------------------------ */

static int shot_measure(sc_shot *shot, const sc_image *const *samples, int count, sc_error *err)
{
    int code = shot_choose_graphs(shot, samples[0], err);
    if (!code)
        code = sc_paint_statistics_create(&shot->statistics, shot->setup.painter, samples, count, &shot->paint, NULL,
                                          NULL, err);
    shot->paint.statistics = shot->statistics;
    shot->width = samples[0]->width;
    shot->height = samples[0]->height;
    return code;
}

int sc_shot_begin(sc_shot *shot, const sc_image *const *samples, int count, sc_error *err)
{
    shot_forget(shot);
    int code = count && shot->setup.steady > 0 ? shot_measure(shot, samples, count, err) : SCUMBLE_OK;
    if (!code)
        shot->lean = NULL;
    return code;
}

/* One frame, while it is painted. */
typedef struct shot_work {
    sc_shot *shot;
    const sc_image *frame;
    const sc_guides *guides;
    sc_shot_progress progress;
    void *user;
    float *luma;    /* of the frame at the size of the result */
    sc_guess guess; /* picture.rgb NULL: nothing is known */
    sc_image *result;
} shot_work;

/* ---- in a style ------------------------------------------------------------------------------------------------ */

static int shot_step_through(shot_work *w, sc_run *run, sc_error *err)
{
    int code = SCUMBLE_OK;
    while (!code && !sc_run_done(run)) {
        code = sc_run_step(run, 0, err);
        sc_losses losses = sc_run_losses(run);
        if (!code && w->progress &&
            w->progress(w->user, sc_run_position(run).iterations_done, sc_run_iterations(run), &losses))
            code = sc_fail(err, SCUMBLE_ERR_CANCELLED, "stopped within a frame");
    }
    return code;
}

/* Of the term `temporal`: 70 at 0.7, which keeps three quarters of the flicker away and lets strokes be; 3000 at 1. */
static double shot_hold_weight(const sc_shot *shot)
{
    double steady = shot->setup.steady;
    return 30 * steady / (1.01 - steady);
}

/* What no mask covers is this frame's own, and no paint that a later frame could hold. */
static int shot_uncover(shot_work *w, const sc_tensor *coverage, sc_error *err)
{
    if (!coverage->data)
        return SCUMBLE_OK;
    sc_guess *g = &w->guess;
    const size_t pixels = sc_shape_count(coverage->shape);
    const bool first = !g->ripe;
    if (first && !(g->ripe = sc_big_alloc(pixels * sizeof *g->ripe, err)))
        return err->code;
    for (size_t i = 0; i < pixels; i++) {
        g->ripe[i] = coverage->data[i] * (first ? 1 : g->ripe[i]);
        if (!first)
            g->hold[i] *= coverage->data[i];
    }
    return SCUMBLE_OK;
}

/* The colours that frames are recoloured by: those of the shot's first one, so that the light stays when what is seen
 * changes. */
static int shot_find_colours(sc_shot *shot, const sc_image *frame, sc_colour_moments *moments, sc_error *err)
{
    int code = shot->coloured ? SCUMBLE_OK : sc_colour_measure(shot->setup.threads, frame, moments, err);
    for (int i = 0; i < COLOURS && !code; i++) {
        double *value = i < 3 ? &moments->mean[i] : &moments->covariance[i / 3 - 1][i % 3];
        if (!shot->coloured)
            shot->colours[i] = (float)*value;
        *value = shot->colours[i];
    }
    shot->coloured |= !code;
    return code;
}

static int shot_paint_in_style(shot_work *w, sc_error *err)
{
    sc_shot *shot = w->shot;
    bool goes_on = w->guess.picture.rgb != NULL;
    size_t pixels = (size_t)w->guess.picture.width * (size_t)w->guess.picture.height;
    sc_subject subject = { .content = w->frame, .weights = shot->weights };
    if (w->guides)
        subject.guides = *w->guides;
    sc_tensor trust = { { 1, 1, w->guess.picture.height, w->guess.picture.width }, w->guess.trust };
    for (size_t i = 0; i < pixels; i++) /* what was just uncovered is not held: it is still to become a painting */
        w->guess.trust[i] *= w->guess.ripe[i];
    if (goes_on) {
        subject.start = &w->guess.picture;
        subject.sequel_scales = 2;
        subject.sequel = shot->setup.iterations;
        subject.round = shot->frame;
        subject.guides.reference = &w->guess.picture;
        subject.guides.reference_mask = &trust;
    }
    if (shot->tiling.count)
        subject.tiling = &shot->tiling;
    sc_run *run;
    sc_tiling cuts;
    sc_colour_moments moments;
    int code = shot->setup.steady > 0 ? shot_find_colours(shot, w->frame, &moments, err) : SCUMBLE_OK;
    if (code)
        return code;
    subject.moments = shot->setup.steady > 0 ? &moments : NULL;
    code = sc_run_create(&run, shot->setup.style, &subject, "", NULL, err);
    if (!code && goes_on)
        code = sc_run_set_weight(run, "temporal", shot_hold_weight(shot), err);
    if (!code)
        code = shot_step_through(w, run, err);
    if (!code)
        code = sc_run_picture(run, w->result, err);
    if (!code) {
        sc_run_cuts(run, &cuts);
        sc_tiling_add(&shot->tiling, &cuts);
    }
    if (!code)
        code = shot_uncover(w, sc_run_coverage(run), err);
    sc_run_free(run);
    return code;
}

/* ---- by a painter ---------------------------------------------------------------------------------------------- */

enum { PAINTER_PARTS = 1000 };

static int shot_tell_share(double share, void *user)
{
    const shot_work *w = user;
    return w->progress ? w->progress(w->user, (int64_t)(share * PAINTER_PARTS), PAINTER_PARTS, NULL) : 0;
}

/* Where strokes lie in this frame: a shot that begins anew begins with 0. */
static sc_paint_options shot_shifted(const shot_work *w)
{
    sc_paint_options options = w->shot->paint;
    options.shift_x = w->guess.picture.rgb ? options.shift_x + w->guess.pan_x : 0;
    options.shift_y = w->guess.picture.rgb ? options.shift_y + w->guess.pan_y : 0;
    return options;
}

static int shot_paint_by_painter(shot_work *w, sc_error *err)
{
    sc_shot *shot = w->shot;
    int code = shot_choose_graphs(shot, w->frame, err);
    if (shot->statistics && (shot->width != w->frame->width || shot->height != w->frame->height))
        shot_forget(shot);
    if (!code && !shot->statistics && shot->setup.steady > 0)
        code = shot_measure(shot, &w->frame, 1, err);
    sc_paint_options options = shot_shifted(w);
    return code ? code : sc_paint(shot->setup.painter, w->frame, &options, shot_tell_share, w, w->result, err);
}

/* ---- what is known, blended in --------------------------------------------------------------------------------- */

/* An optimised frame was held to it already. A painter knows nothing of what an artist painted: its share is small. */
static float shot_share(const sc_shot *shot)
{
    float steady = (float)shot->setup.steady;
    return shot->setup.style ? 0 : shot->follows ? 0.85f + 0.15f * steady : 0.8f * steady;
}

/* ---- a frame --------------------------------------------------------------------------------------------------- */

static void shot_result_size(const sc_shot *shot, const sc_image *frame, int *width, int *height)
{
    int size = shot->setup.style       ? sc_style_used_options(shot->setup.style)->size :
               shot->setup.paint->size ? shot->setup.paint->size :
                                         -1;
    sc_result_size(frame->width, frame->height, size, width, height);
}

/* Frames of which less is known than this begin a shot of their own: a cut, a flash, a fade. */
#define LEAST_KNOWN 0.25

/* Where the frame leans on another result of it. */
static int shot_lean_guess(shot_work *w, sc_error *err)
{
    sc_shot *shot = w->shot;
    const sc_image *lean = shot->lean;
    bool known = w->guess.picture.rgb != NULL;
    int code = known ? SCUMBLE_OK : sc_guess_blank(&w->guess, lean->width, lean->height, err);
    if (code)
        return code;
    float share = known ? (float)shot->lean_share : 1;
    sc_guess *g = &w->guess;
    for (size_t i = 0; i < (size_t)lean->width * (size_t)lean->height; i++) {
        /* what the frames before do not know is taken from there alone */
        float own = share + (1 - share) * (1 - g->trust[i]);
        for (size_t c = 3 * i; c < 3 * i + 3; c++)
            g->picture.rgb[c] += own * (lean->rgb[c] - g->picture.rgb[c]);
        g->trust[i] += own * (1 - g->trust[i]);
        g->ripe[i] += own * (1 - g->ripe[i]);
        g->hold[i] *= 1 - own;
    }
    return SCUMBLE_OK;
}

/* What is known of the frame at the size of the result. */
static int shot_guess(shot_work *w, const sc_image *frame, sc_error *err)
{
    sc_shot *shot = w->shot;
    const sc_image *last = &shot->past.frames[0].result;
    int code = sc_image_luma(shot->setup.threads, frame, &w->luma, err);
    if (shot->past.count && (last->width != frame->width || last->height != frame->height))
        shot_forget_past(shot);
    if (!code && shot->past.count && shot->setup.steady > 0)
        code = sc_guess_make(&w->guess, &shot->past, shot->setup.threads, frame, w->luma, shot->past.most,
                             shot->setup.style ? SC_FLOW_FINE : SC_FLOW_FAST, err);
    if (!code && w->guess.known < LEAST_KNOWN) {
        sc_guess_free(&w->guess);
        shot_forget_past(shot);
    }
    if (code || !shot->lean)
        return code;
    if (shot->lean->width != frame->width || shot->lean->height != frame->height)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "what a frame leans on is %d x %d pixels, and its result is %d x %d",
                       shot->lean->width, shot->lean->height, frame->width, frame->height);
    return shot_lean_guess(w, err);
}

static int shot_look_back(shot_work *w, sc_error *err)
{
    int width, height;
    shot_result_size(w->shot, w->frame, &width, &height);
    if (width == w->frame->width && height == w->frame->height)
        return shot_guess(w, w->frame, err);
    sc_image small;
    int code = sc_image_resize(w->shot->setup.threads, w->frame, width, height, &small, err);
    if (!code)
        code = shot_guess(w, &small, err);
    sc_image_free(&small);
    return code;
}

/* Later frames look back to it. */
static int shot_remember(shot_work *w, sc_error *err)
{
    size_t pixels = (size_t)w->result->width * (size_t)w->result->height;
    float *luma = w->luma, *ripe = w->guess.ripe;
    sc_paint_options options = shot_shifted(w);
    w->luma = w->guess.ripe = NULL;
    if (!ripe) { /* a first frame is painted everywhere */
        ripe = sc_big_alloc(pixels * sizeof *ripe, err);
        if (!ripe) {
            sc_big_free(luma);
            return err->code;
        }
        for (size_t i = 0; i < pixels; i++)
            ripe[i] = 1;
    }
    int code = sc_past_add(&w->shot->past, luma, ripe, w->result, err);
    w->shot->frame += !code;
    if (!code)
        w->shot->paint = options;
    return code;
}

int sc_shot_paint(sc_shot *shot, const sc_image *frame, const sc_guides *guides, sc_shot_progress progress, void *user,
                  sc_image *result, sc_error *err)
{
    shot_work w = {
        .shot = shot, .frame = frame, .guides = guides, .progress = progress, .user = user, .result = result
    };
    *result = (sc_image){ 0 };
    int code = shot_look_back(&w, err);
    if (!code)
        code = shot->setup.style ? shot_paint_in_style(&w, err) : shot_paint_by_painter(&w, err);
    if (!code && w.guess.picture.rgb)
        code = sc_blend_known(result, &w.guess, shot_share(shot), shot->setup.threads, err);
    if (!code)
        code = sc_threads_check(shot->setup.threads, err);
    if (!code)
        code = shot_remember(&w, err);
    if (code)
        sc_image_free(result);
    else
        shot->lean = NULL;
    sc_big_free(w.luma);
    sc_guess_free(&w.guess);
    return code;
}

int sc_shot_stand(sc_shot *shot, const sc_image *frame, const sc_image *painted, sc_error *err)
{
    sc_image result = { 0 }, small = { 0 };
    shot_work w = { .shot = shot, .frame = frame, .result = &result };
    int width, height;
    shot_result_size(shot, frame, &width, &height);
    if (shot->past.count &&
        (shot->past.frames[0].result.width != width || shot->past.frames[0].result.height != height))
        sc_past_forget(&shot->past);
    shot->follows = true;
    int code = sc_image_resize(shot->setup.threads, painted, width, height, &result, err);
    if (!code)
        code = sc_image_resize(shot->setup.threads, frame, width, height, &small, err);
    if (!code)
        code = sc_image_luma(shot->setup.threads, &small, &w.luma, err);
    if (!code)
        code = sc_threads_check(shot->setup.threads, err);
    if (!code)
        code = shot_remember(&w, err);
    if (!code)
        shot->lean = NULL;
    sc_big_free(w.luma);
    sc_image_free(&small);
    sc_image_free(&result);
    return code;
}

/* ---- states ---------------------------------------------------------------------------------------------------- */

int sc_shot_save(const sc_shot *shot, sc_weights *state, sc_error *err)
{
    char tiles[SC_SHOT_TILES_TEXT];
    sc_shot_tiles(shot, tiles);
    int code = *tiles ? sc_weights_set_metadata(state, "shot.tiles", tiles, err) : SCUMBLE_OK;
    if (!code)
        code = sc_state_put_number(state, "shot.frame", (double)shot->frame, err);
    if (!code && shot->follows)
        code = sc_state_put_number(state, "shot.follows", 1, err);
    if (!code && shot->statistics)
        code = sc_state_put_number(state, "shot.width", shot->width, err);
    if (!code && shot->statistics)
        code = sc_state_put_number(state, "shot.height", shot->height, err);
    if (!code && shot->statistics)
        code = sc_state_put_number(state, "shot.shift_x", shot->paint.shift_x, err);
    if (!code && shot->statistics)
        code = sc_state_put_number(state, "shot.shift_y", shot->paint.shift_y, err);
    if (!code && shot->statistics)
        code = sc_paint_statistics_save(shot->statistics, "statistics.", state, err);
    if (!code && shot->coloured)
        code = sc_state_put(state, "shot.colours", shot->colours, COLOURS, err);
    return code ? code : sc_past_save(&shot->past, state, err);
}

static int shot_load_statistics(sc_shot *shot, const sc_weights *state, sc_error *err)
{
    double width, height;
    int code = sc_state_get_number(state, "shot.width", &width, err);
    if (!code)
        code = sc_state_get_number(state, "shot.height", &height, err);
    if (!code && !(width >= 1 && width <= SC_PAINT_MAX_EDGE && height >= 1 && height <= SC_PAINT_MAX_EDGE))
        code = sc_fail(err, SCUMBLE_ERR_FORMAT, "the size of its frames is damaged");
    if (!code)
        code = sc_state_get_number(state, "shot.shift_x", &shot->paint.shift_x, err);
    if (!code)
        code = sc_state_get_number(state, "shot.shift_y", &shot->paint.shift_y, err);
    if (!code && !(fabs(shot->paint.shift_x) < 1e9 && fabs(shot->paint.shift_y) < 1e9))
        code = sc_fail(err, SCUMBLE_ERR_FORMAT, "where its strokes lie is damaged");
    if (code)
        return code;
    shot->width = (int)width;
    shot->height = (int)height;
    code = sc_paint_statistics_load(&shot->statistics, shot->setup.painter, shot->width, shot->height, &shot->paint,
                                    "statistics.", state, err);
    shot->paint.statistics = shot->statistics;
    return code;
}

int sc_shot_load(sc_shot *shot, const sc_weights *state, sc_error *err)
{
    double frame = 0;
    shot_forget(shot);
    int code = sc_state_get_number(state, "shot.frame", &frame, err);
    if (!code && !(frame >= 0 && frame < 9e15))
        code = sc_fail(err, SCUMBLE_ERR_FORMAT, "the number of its frame is damaged");
    const char *tiles = code ? NULL : sc_weights_metadata(state, "shot.tiles");
    if (tiles && sc_shot_set_tiles(shot, tiles, err))
        code = sc_fail(err, SCUMBLE_ERR_FORMAT, "how its frames are cut is damaged");
    if (!code && sc_weights_metadata(state, "shot.width"))
        code = shot_load_statistics(shot, state, err);
    if (!code && sc_weights_find(state, "shot.colours")) {
        code = sc_state_get(state, "shot.colours", shot->colours, COLOURS, err);
        shot->coloured = !code;
    }
    if (!code)
        code = sc_past_load(&shot->past, state, err);
    if (code)
        shot_forget(shot);
    else {
        shot->lean = NULL;
        shot->frame = (int64_t)frame;
        shot->follows = sc_weights_metadata(state, "shot.follows") != NULL;
    }
    return code;
}
