/* SPDX-License-Identifier: MIT */
/* See guess.h. */
#include "steady/guess.h"

#include <math.h>

#include "core/memory.h"
#include "media/image_alpha.h"
#include "motion/pan.h"
#include "motion/sight.h"
#include "motion/warp.h"

/* A place whose brightness has changed by this much is trusted by 1/e: flow that leads elsewhere is found out, grain is
 * not. */
#define CHANGED 0.10f
/* Paint stays as it is where brightness changes by less than this, and motion is less than so many pixels. */
#define STILL 0.008f
#define STILL_PIXELS 0.1f
/* Of a place that was uncovered, what each frame adds until it is as good as any. */
#define RIPENS 0.15f

static size_t guess_pixels(const sc_image *image)
{
    return (size_t)image->width * (size_t)image->height;
}

/* ---- one frame of the past ------------------------------------------------------------------------------------- */

typedef struct joining {
    const sc_sight *sight;
    const sc_image *warped; /* its result */
    const float *luma;
    const sc_past_frame *past;
    sc_guess *guess;
    bool first; /* the frame just before */
} joining;

/* exp(-x); 0 where that is nothing to speak of: expf takes long over what is too small for it. */
static float guess_fade(float x)
{
    return x < 40 ? expf(-x) : 0;
}

/* Adds what this frame knows: sums, divided in the end. */
static void join_block(void *argument, size_t begin, size_t end)
{
    const joining *j = argument;
    const sc_flow *f = &j->sight->flow;
    sc_guess *g = j->guess;
    const size_t width = (size_t)f->width;
    size_t row = begin / width, column = begin % width;
    for (size_t i = begin; i < end; i++) {
        float x = (float)column + f->u[i], y = (float)row + f->v[i];
        if (++column == width)
            column = 0, row++;
        float change = fabsf(j->luma[i] - sc_flow_sample(j->past->luma, f->width, f->height, x, y)),
              trust = j->sight->trust[i] * guess_fade(change * change / (CHANGED * CHANGED)),
              ripe = sc_flow_sample(j->past->ripe, f->width, f->height, x, y);
        if (j->first) {
            float moved = f->u[i] * f->u[i] + f->v[i] * f->v[i];
            g->hold[i] =
                trust * ripe * guess_fade(change * change / (STILL * STILL) + moved / (STILL_PIXELS * STILL_PIXELS));
        }
        g->trust[i] += trust;
        g->ripe[i] += trust * ripe;
        for (size_t c = 3 * i; c < 3 * i + 3; c++)
            g->picture.rgb[c] += trust * j->warped->rgb[c];
    }
}

static void divide_block(void *argument, size_t begin, size_t end)
{
    sc_guess *g = argument;
    for (size_t i = begin; i < end; i++) {
        float sum = g->trust[i], divisor = fmaxf(sum, 1e-6f);
        for (size_t c = 3 * i; c < 3 * i + 3; c++)
            g->picture.rgb[c] = fminf(g->picture.rgb[c] / divisor, 1);
        float ripe = g->ripe[i] / divisor;
        g->trust[i] = fminf(sum, 1);
        g->ripe[i] = fminf(g->trust[i] * ripe + RIPENS, 1);
    }
}

/* ---- what nobody knows ----------------------------------------------------------------------------------------- */

typedef struct filling {
    sc_guess *guess;
    const sc_image *frame;
    sc_image *change; /* from frame to guess: 0..1 for -1..1, with alpha where it is known */
} filling;

static void take_change_block(void *argument, size_t begin, size_t end)
{
    const filling *f = argument;
    for (size_t i = begin; i < end; i++) {
        f->change->alpha[i] = f->guess->trust[i] > 0.5f ? 1 : 0;
        for (size_t c = 3 * i; c < 3 * i + 3; c++)
            f->change->rgb[c] = 0.5f + 0.5f * (f->guess->picture.rgb[c] - f->frame->rgb[c]);
    }
}

static void put_change_block(void *argument, size_t begin, size_t end)
{
    const filling *f = argument;
    sc_guess *g = f->guess;
    for (size_t i = begin; i < end; i++)
        for (size_t c = 3 * i; c < 3 * i + 3; c++) {
            float filled = sc_within(f->frame->rgb[c] + 2 * f->change->rgb[c] - 1, 0, 1);
            g->picture.rgb[c] = filled + g->trust[i] * (g->picture.rgb[c] - filled);
        }
}

/* Where nothing is known: the frame, changed as its surroundings are. */
static int guess_fill(sc_guess *guess, sc_threads *threads, const sc_image *frame, sc_error *err)
{
    sc_image change = { 0 };
    int code = sc_image_create(&change, frame->width, frame->height, true, err);
    if (code)
        return code;
    filling f = { guess, frame, &change };
    sc_threads_blocks(threads, guess_pixels(frame), take_change_block, &f);
    code = sc_image_fill_hidden(threads, &change, err);
    if (!code)
        sc_threads_blocks(threads, guess_pixels(frame), put_change_block, &f);
    sc_image_free(&change);
    return code;
}

/* ---- the guess ------------------------------------------------------------------------------------------------- */

void sc_guess_free(sc_guess *guess)
{
    sc_image_free(&guess->picture);
    sc_big_free(guess->trust);
    sc_big_free(guess->hold);
    sc_big_free(guess->ripe);
    *guess = (sc_guess){ 0 };
}

int sc_guess_blank(sc_guess *guess, int width, int height, sc_error *err)
{
    *guess = (sc_guess){ 0 };
    int code = sc_image_create(&guess->picture, width, height, false, err);
    float **planes[] = { &guess->trust, &guess->hold, &guess->ripe };
    for (size_t i = 0; i < sizeof planes / sizeof *planes && !code; i++) {
        *planes[i] = sc_big_zeroed((size_t)width * (size_t)height * sizeof(float), err);
        code = *planes[i] ? SCUMBLE_OK : err->code;
    }
    return code;
}

/* What a frame before knows; the first one tells how most of it moved. */
static int guess_join(joining *j, sc_threads *threads, sc_error *err)
{
    sc_image warped;
    sc_guess *g = j->guess;
    double x, y; /* the flow says where things were */
    int code = sc_image_warp(threads, &j->past->result, &j->sight->flow, &warped, err);
    j->warped = &warped;
    if (!code)
        sc_threads_blocks(threads, guess_pixels(&warped), join_block, j);
    sc_image_free(&warped);
    if (!code && j->first && !(code = sc_flow_pan(&j->sight->flow, j->sight->trust, &x, &y, err)))
        g->pan_x = -x, g->pan_y = -y;
    return code;
}

int sc_guess_make(sc_guess *guess, const sc_past *past, sc_threads *threads, const sc_image *frame, const float *luma,
                  int back, sc_flow_detail detail, sc_error *err)
{
    size_t pixels = guess_pixels(frame);
    sc_sight sights[SC_SIGHTS_MOST] = { { .luma = NULL } };
    const sc_past_frame *then[SC_SIGHTS_MOST];
    int code = sc_guess_blank(guess, frame->width, frame->height, err), count = 0;
    for (int age = 1; age <= past->count && age <= back && count < SC_SIGHTS_MOST; age *= 2) {
        then[count] = &past->frames[age - 1];
        sights[count].luma = then[count]->luma;
        sights[count++].detail = age == 1 ? detail : SC_FLOW_FAST;
    }
    if (!code)
        code = sc_sights_look(threads, sights, count, luma, frame->width, frame->height, err);
    for (int k = 0; k < count && !code; k++)
        code = guess_join(&(joining){ &sights[k], NULL, luma, then[k], guess, k == 0 }, threads, err);
    for (int k = 0; k < count; k++)
        sc_sight_free(&sights[k]);
    if (!code)
        sc_threads_blocks(threads, pixels, divide_block, guess);
    if (!code)
        code = guess_fill(guess, threads, frame, err);
    for (size_t i = 0; i < pixels && !code; i++)
        guess->known += guess->trust[i] / (double)pixels;
    if (!code)
        code = sc_threads_check(threads, err);
    if (code)
        sc_guess_free(guess);
    return code;
}
