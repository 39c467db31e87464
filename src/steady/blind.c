/* SPDX-License-Identifier: MIT */
/* See blind.h. What is solved for is the correction D = O - P, three channels at once:
 *
 *     (L + w) D = w (W(O_(t-1)) - P),    (L D)_p = sum over the neighbours q of p in the frame of D_p - D_q,
 *
 * by conjugate gradients with the diagonal as preconditioner. Sums are added up by fixed parts, in their order. */
#include "steady/blind.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "motion/flow.h"
#include "motion/luma.h"
#include "motion/warp.h"
#include "steady/past.h"

enum { ROWS = 16, RIM = 2, STEPS_MOST = 5000 };
static const double alike = 0.05, least_weight = 1e-4;

void sc_blind_forget(sc_blind *blind)
{
    sc_image_free(&blind->source);
    sc_image_free(&blind->result);
}

/* ---- the equations --------------------------------------------------------------------------------------------- */

typedef struct blind_system {
    int width, height;
    sc_threads *threads;
    float *weight;                                /* height * width */
    float *correction, *residual, *search, *step; /* height * width * 3; step: the matrix times search */
    double *sums;                                 /* (parts) */
    float factor;
} blind_system;

static int blind_parts(int height)
{
    return (height + ROWS - 1) / ROWS;
}

/* How many neighbours a pixel has, and its weight. */
static float blind_diagonal(const blind_system *s, int x, int y)
{
    return (float)((x > 0) + (x < s->width - 1) + (y > 0) + (y < s->height - 1)) +
           s->weight[(size_t)y * (size_t)s->width + (size_t)x];
}

/* step = A search; sums: search . step */
static int blind_multiply(void *argument, int part, int thread)
{
    (void)thread;
    const blind_system *s = argument;
    const ptrdiff_t row = 3 * (ptrdiff_t)s->width;
    double sum = 0;
    for (int y = part * ROWS; y < (part + 1) * ROWS && y < s->height; y++)
        for (int x = 0; x < s->width; x++) {
            const float *p = s->search + (ptrdiff_t)y * row + 3 * x;
            float *to = s->step + (ptrdiff_t)y * row + 3 * x, diagonal = blind_diagonal(s, x, y);
            for (int c = 0; c < 3; c++, p++) {
                float around = (x > 0 ? p[-3] : 0) + (x < s->width - 1 ? p[3] : 0) + (y > 0 ? p[-row] : 0) +
                               (y < s->height - 1 ? p[row] : 0);
                to[c] = diagonal * *p - around;
                sum += (double)*p * (double)to[c];
            }
        }
    s->sums[part] = sum;
    return SCUMBLE_OK;
}

/* correction += factor * search, residual -= factor * step; sums: residual . residual / diagonal */
static int blind_advance(void *argument, int part, int thread)
{
    (void)thread;
    const blind_system *s = argument;
    double sum = 0;
    for (int y = part * ROWS; y < (part + 1) * ROWS && y < s->height; y++)
        for (int x = 0; x < s->width; x++) {
            const size_t first = 3 * ((size_t)y * (size_t)s->width + (size_t)x);
            const float diagonal = blind_diagonal(s, x, y);
            for (size_t i = first; i < first + 3; i++) {
                s->correction[i] += s->factor * s->search[i];
                s->residual[i] -= s->factor * s->step[i];
                sum += (double)s->residual[i] * (double)(s->residual[i] / diagonal);
            }
        }
    s->sums[part] = sum;
    return SCUMBLE_OK;
}

/* search = residual / diagonal + factor * search */
static int blind_turn(void *argument, int part, int thread)
{
    (void)thread;
    const blind_system *s = argument;
    for (int y = part * ROWS; y < (part + 1) * ROWS && y < s->height; y++)
        for (int x = 0; x < s->width; x++) {
            const size_t first = 3 * ((size_t)y * (size_t)s->width + (size_t)x);
            const float diagonal = blind_diagonal(s, x, y);
            for (size_t i = first; i < first + 3; i++)
                s->search[i] = s->residual[i] / diagonal + s->factor * s->search[i];
        }
    return SCUMBLE_OK;
}

/* sum: of all parts, or NULL. */
static int blind_run(blind_system *s, sc_part_fn rows, float factor, double *sum, sc_error *err)
{
    s->factor = factor;
    if (sc_threads_run(s->threads, blind_parts(s->height), rows, s))
        return sc_threads_check(s->threads, err);
    if (sum)
        *sum = 0;
    for (int part = 0; sum && part < blind_parts(s->height); part++)
        *sum += s->sums[part];
    return SCUMBLE_OK;
}

/* From correction 0, with the right side in residual, and search and step 0. */
static int blind_solve(blind_system *s, int *steps, sc_error *err)
{
    double size = 0, begun, curve = 0;
    int code = blind_run(s, blind_advance, 0, &size, err); /* 0 of a step: the residual's size */
    if (!code)
        code = blind_run(s, blind_turn, 0, NULL, err);
    begun = size;
    for (*steps = 0; !code && *steps < STEPS_MOST && size > SC_BLIND_RESIDUAL * SC_BLIND_RESIDUAL * begun; ++*steps) {
        double before = size;
        code = blind_run(s, blind_multiply, 0, &curve, err);
        if (!code)
            code = blind_run(s, blind_advance, (float)(before / curve), &size, err);
        if (!code)
            code = blind_run(s, blind_turn, (float)(size / before), NULL, err);
    }
    return code;
}

/* ---- a frame --------------------------------------------------------------------------------------------------- */

/* From the frame to the one before, and what was there. */
typedef struct blind_past {
    sc_flow flow;
    sc_image source, result; /* moved */
    const sc_image *painted, *now;
    double lambda;
    blind_system *system;
} blind_past;

/* Weights, and the right side. */
static int blind_weigh(void *argument, int part, int thread)
{
    (void)thread;
    const blind_past *p = argument;
    const blind_system *s = p->system;
    for (int y = part * ROWS; y < (part + 1) * ROWS && y < s->height; y++)
        for (int x = 0; x < s->width; x++) {
            const size_t i = (size_t)y * (size_t)s->width + (size_t)x;
            const float u = (float)x + p->flow.u[i], v = (float)y + p->flow.v[i];
            double change = 0;
            for (size_t k = 3 * i; k < 3 * i + 3; k++) {
                double difference = (double)p->now->rgb[k] - (double)p->source.rgb[k];
                change += difference * difference;
            }
            double weight = exp(-change / (2 * alike * alike));
            const bool inside =
                u >= RIM && v >= RIM && u <= (float)(s->width - 1 - RIM) && v <= (float)(s->height - 1 - RIM);
            s->weight[i] = inside && weight >= least_weight ? (float)(p->lambda * weight) : 0;
            for (size_t k = 3 * i; k < 3 * i + 3; k++)
                s->residual[k] = s->weight[i] * (p->result.rgb[k] - p->painted->rgb[k]);
        }
    return SCUMBLE_OK;
}

static int blind_look(blind_past *p, const sc_blind *blind, sc_threads *threads, sc_error *err)
{
    float *now = NULL, *then = NULL;
    const int width = p->now->width, height = p->now->height;
    int code = sc_image_luma(threads, p->now, &now, err);
    if (!code)
        code = sc_image_luma(threads, &blind->source, &then, err);
    if (!code)
        code = sc_flow_measure(threads, now, then, width, height, SC_FLOW_FINE, &p->flow, err);
    if (!code)
        code = sc_image_warp(threads, &blind->source, &p->flow, &p->source, err);
    if (!code)
        code = sc_image_warp(threads, &blind->result, &p->flow, &p->result, err);
    sc_big_free(now);
    sc_big_free(then);
    return code;
}

static void blind_free_system(blind_system *s)
{
    float *owned[] = { s->weight, s->correction, s->residual, s->search, s->step };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        sc_big_free(owned[i]);
    free(s->sums);
}

static int blind_make_system(blind_system *s, sc_error *err)
{
    const size_t pixels = (size_t)s->width * (size_t)s->height, parts = (size_t)blind_parts(s->height);
    float **vectors[] = { &s->correction, &s->residual, &s->search, &s->step };
    s->sums = calloc(parts, sizeof *s->sums);
    if (!s->sums)
        return sc_fail_memory(err, parts * sizeof *s->sums);
    if (!(s->weight = sc_big_alloc(pixels * sizeof(float), err)))
        return err->code;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        if (!(*vectors[i] = sc_big_zeroed(3 * pixels * sizeof(float), err)))
            return err->code;
    return SCUMBLE_OK;
}

typedef struct blind_adding {
    const float *correction;
    float *rgb;
} blind_adding;

static void blind_add(void *argument, size_t begin, size_t end)
{
    const blind_adding *a = argument;
    for (size_t i = begin; i < end; i++)
        a->rgb[i] = fminf(fmaxf(a->rgb[i] + a->correction[i], 0), 1);
}

/* What brings the result nearer to the one before. */
static int blind_correct(const sc_blind *blind, sc_threads *threads, double lambda, const sc_image *now,
                         sc_image *result, int *steps, sc_error *err)
{
    blind_system system = { .width = now->width, .height = now->height, .threads = threads };
    blind_past past = { .painted = result, .now = now, .lambda = lambda, .system = &system };
    int code = blind_look(&past, blind, threads, err);
    if (!code)
        code = blind_make_system(&system, err);
    if (!code && sc_threads_run(threads, blind_parts(now->height), blind_weigh, &past))
        code = sc_threads_check(threads, err);
    if (!code)
        code = blind_solve(&system, steps, err);
    blind_adding adding = { system.correction, result->rgb };
    if (!code && sc_threads_blocks(threads, 3 * (size_t)now->width * (size_t)now->height, blind_add, &adding))
        code = sc_threads_check(threads, err);
    blind_free_system(&system);
    sc_flow_free(&past.flow);
    sc_image_free(&past.source);
    sc_image_free(&past.result);
    return code;
}

/* Colours alone. */
static int blind_copy(sc_image *copy, const sc_image *image, sc_error *err)
{
    int code = sc_image_create(copy, image->width, image->height, false, err);
    if (!code)
        memcpy(copy->rgb, image->rgb, 3 * (size_t)image->width * (size_t)image->height * sizeof *image->rgb);
    return code;
}

int sc_blind_next(sc_blind *blind, sc_threads *threads, double lambda, const sc_image *painted, const sc_image *source,
                  sc_image *result, int *steps, sc_error *err)
{
    const int width = painted->width, height = painted->height;
    sc_blind now = { 0 };
    int taken = 0;
    *result = (sc_image){ .rgb = NULL };
    if (blind->result.rgb && (blind->result.width != width || blind->result.height != height))
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "the frames of a shot must have one size: this one has %d x %d pixels, not %d x %d", width,
                       height, blind->result.width, blind->result.height);
    int code = sc_image_resize(threads, source, width, height, &now.source, err);
    if (!code)
        code = blind_copy(result, painted, err);
    if (!code && blind->result.rgb)
        code = blind_correct(blind, threads, lambda, &now.source, result, &taken, err);
    if (!code)
        code = blind_copy(&now.result, result, err);
    if (!code)
        code = sc_image_inherit(threads, result, painted, err);
    if (!code)
        code = sc_threads_check(threads, err);
    if (code) {
        sc_blind_forget(&now);
        sc_image_free(result);
        return code;
    }
    sc_blind_forget(blind);
    *blind = now;
    if (steps)
        *steps = taken;
    return SCUMBLE_OK;
}

/* ---- states ---------------------------------------------------------------------------------------------------- */

int sc_blind_save(const sc_blind *blind, sc_weights *state, sc_error *err)
{
    const int64_t size[] = { blind->result.height, blind->result.width, 3 };
    if (!blind->result.rgb)
        return SCUMBLE_OK;
    int code = sc_weights_lend(state, "past.source", size, 3, blind->source.rgb, err);
    return code ? code : sc_weights_lend(state, "past.result", size, 3, blind->result.rgb, err);
}

int sc_blind_load(sc_blind *blind, const sc_weights *state, sc_error *err)
{
    const sc_weight *source = sc_weights_find(state, "past.source"), *result = sc_weights_find(state, "past.result");
    sc_blind_forget(blind);
    if (!source && !result)
        return SCUMBLE_OK;
    if (!source || !result || source->dimension_count != 3 || result->dimension_count != 3 || !source->count ||
        memcmp(source->dimensions, result->dimensions, 3 * sizeof *source->dimensions) || source->dimensions[2] != 3 ||
        source->dimensions[0] > INT32_MAX || source->dimensions[1] > INT32_MAX || !sc_past_sound(source) ||
        !sc_past_sound(result))
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "what it says of the frame before is damaged");
    sc_image images[] = { { .width = (int)source->dimensions[1], .height = (int)source->dimensions[0] }, { 0 } };
    images[1] = images[0];
    images[0].rgb = source->values, images[1].rgb = result->values;
    int code = blind_copy(&blind->source, &images[0], err);
    if (!code)
        code = blind_copy(&blind->result, &images[1], err);
    if (code)
        sc_blind_forget(blind);
    return code;
}
