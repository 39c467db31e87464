/* SPDX-License-Identifier: MIT */
/* See guess.h. */
#include "steady/guess.h"

#include <math.h>

#include "core/memory.h"
#include "media/image_alpha.h"
#include "motion/pan.h"
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

enum { MOST_SIGHTS = 3 }; /* of frames 1, 2 and 4 before */

typedef struct sight {
    const sc_past_frame *then;
    sc_flow_detail detail;
    sc_flow flow, back;
    sc_image warped;
    float *trust;
} sight;

static void sight_free(sight *s)
{
    sc_flow_free(&s->flow);
    sc_flow_free(&s->back);
    sc_image_free(&s->warped);
    sc_big_free(s->trust);
}

/* Flows of all sights, there and back: each on a thread of its own, which costs less than waiting for each other at
 * every step of each. */
typedef struct measuring {
    sight *sights;
    const float *luma;
    sc_threads *threads;
    sc_error errors[2 * MOST_SIGHTS];
} measuring;

static int guess_measure_part(void *argument, int part, int thread)
{
    (void)thread;
    measuring *m = argument;
    sight *s = &m->sights[part / 2];
    const int width = s->then->result.width, height = s->then->result.height;
    bool back = part % 2;
    const float *from = back ? s->then->luma : m->luma, *to = back ? m->luma : s->then->luma;
    sc_error *err = &m->errors[part];
    sc_threads *own;
    int code = sc_threads_create_beside(&own, m->threads, 1, err);
    if (!code)
        code = sc_flow_measure(own, from, to, width, height, s->detail, back ? &s->back : &s->flow, err);
    sc_threads_destroy(own);
    return code;
}

static int guess_measure(sight *sights, int count, sc_threads *threads, const float *luma, sc_error *err)
{
    measuring m = { .sights = sights, .luma = luma, .threads = threads };
    sc_threads_run(threads, 2 * count, guess_measure_part, &m);
    for (int i = 0; i < 2 * count && !err->code; i++)
        if (m.errors[i].code)
            *err = m.errors[i];
    return err->code ? err->code : sc_threads_check(threads, err);
}

static int guess_look(sight *s, sc_threads *threads, sc_error *err)
{
    int code = sc_flow_trust(threads, &s->flow, &s->back, &s->trust, err);
    return code ? code : sc_image_warp(threads, &s->then->result, &s->flow, &s->warped, err);
}

typedef struct joining {
    const sight *sight;
    const float *luma;
    const sc_past_frame *past;
    sc_guess *guess;
    bool first; /* the frame just before */
} joining;

/* Adds what this frame knows: sums, divided in the end. */
static void join_block(void *argument, size_t begin, size_t end)
{
    const joining *j = argument;
    const sc_flow *f = &j->sight->flow;
    sc_guess *g = j->guess;
    for (size_t i = begin; i < end; i++) {
        float x = (float)(i % (size_t)f->width) + f->u[i], y = (float)(i / (size_t)f->width) + f->v[i];
        float change = fabsf(j->luma[i] - sc_flow_sample(j->past->luma, f->width, f->height, x, y)),
              trust = j->sight->trust[i] * expf(-change * change / (CHANGED * CHANGED)),
              ripe = sc_flow_sample(j->past->ripe, f->width, f->height, x, y);
        if (j->first) {
            float moved = f->u[i] * f->u[i] + f->v[i] * f->v[i];
            g->hold[i] =
                trust * ripe * expf(-change * change / (STILL * STILL) - moved / (STILL_PIXELS * STILL_PIXELS));
        }
        g->trust[i] += trust;
        g->ripe[i] += trust * ripe;
        for (size_t c = 3 * i; c < 3 * i + 3; c++)
            g->picture.rgb[c] += trust * j->sight->warped.rgb[c];
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

/* The flow says where things were. */
static int guess_pan(sc_guess *guess, const sight *s, sc_error *err)
{
    double x, y;
    int code = sc_flow_pan(&s->flow, s->trust, &x, &y, err);
    guess->pan_x = -x;
    guess->pan_y = -y;
    return code;
}

int sc_guess_make(sc_guess *guess, const sc_past *past, sc_threads *threads, const sc_image *frame, const float *luma,
                  int back, sc_flow_detail detail, sc_error *err)
{
    size_t pixels = guess_pixels(frame);
    sight sights[MOST_SIGHTS] = { { .then = NULL } };
    int code = sc_guess_blank(guess, frame->width, frame->height, err), count = 0;
    for (int age = 1; age <= past->count && age <= back && count < MOST_SIGHTS; age *= 2)
        sights[count++] = (sight){ .then = &past->frames[age - 1], .detail = age == 1 ? detail : SC_FLOW_FAST };
    if (!code)
        code = guess_measure(sights, count, threads, luma, err);
    for (int k = 0; k < count && !code; k++) {
        sight *s = &sights[k];
        code = guess_look(s, threads, err);
        if (!code)
            sc_threads_blocks(threads, pixels, join_block, &(joining){ s, luma, s->then, guess, k == 0 });
        if (!code && k == 0)
            code = guess_pan(guess, s, err);
    }
    for (int k = 0; k < count; k++)
        sight_free(&sights[k]);
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
