/* SPDX-License-Identifier: MIT */
/* Where a flow can be trusted. With f the flow and b the other frame's, read where f leads:
 *
 *     hidden:  |f + b|^2 >= 0.01 (|f|^2 + |b|^2) + 0.5, or f leads out of the frame
 *     border:  |grad u|^2 + |grad v|^2 > 0.01 |f|^2 + 0.002
 *
 * (Sundaram, Brox, Keutzer 2010, section 3.2). Then a Gaussian of 0.8 pixels, with hidden pixels far below 0 and cut
 * off there afterwards, so that only what is well away from them counts (Ruder, Dosovitskiy, Brox 2016). */
#include <math.h>

#include "core/memory.h"
#include "motion/level.h"

enum { RADIUS = 2, PIECE = 256 };
#define SIGMA 0.8
#define HIDDEN (-1.0f)

typedef struct trusting {
    const sc_flow *flow, *back;
    const float *from;
    float *to;
    float kernel[2 * RADIUS + 1];
} trusting;

static float of_pixel(const trusting *t, int x, int y)
{
    const sc_flow *f = t->flow;
    const int w = f->width, h = f->height;
    size_t i = (size_t)y * (size_t)w + (size_t)x;
    float u = f->u[i], v = f->v[i], to_x = (float)x + u, to_y = (float)y + v;
    if (!(to_x >= 0 && to_y >= 0 && to_x <= (float)(w - 1) && to_y <= (float)(h - 1)))
        return HIDDEN;
    float bu = sc_flow_sample(t->back->u, w, h, to_x, to_y), bv = sc_flow_sample(t->back->v, w, h, to_x, to_y);
    float length = u * u + v * v;
    if ((u + bu) * (u + bu) + (v + bv) * (v + bv) >= 0.01f * (length + bu * bu + bv * bv) + 0.5f)
        return HIDDEN;
    size_t left = i - (size_t)x + (size_t)sc_motion_clamp(x - 1, w),
           right = i - (size_t)x + (size_t)sc_motion_clamp(x + 1, w),
           above = (size_t)sc_motion_clamp(y - 1, h) * (size_t)w + (size_t)x,
           below = (size_t)sc_motion_clamp(y + 1, h) * (size_t)w + (size_t)x;
    float ux = 0.5f * (f->u[right] - f->u[left]), uy = 0.5f * (f->u[below] - f->u[above]),
          vx = 0.5f * (f->v[right] - f->v[left]), vy = 0.5f * (f->v[below] - f->v[above]);
    return ux * ux + uy * uy + vx * vx + vy * vy > 0.01f * length + 0.002f ? 0 : 1;
}

static int trust_rows(void *argument, int part, int thread)
{
    (void)thread;
    const trusting *t = argument;
    for (int y = part * SC_MOTION_ROWS; y < (part + 1) * SC_MOTION_ROWS && y < t->flow->height; y++)
        for (int x = 0; x < t->flow->width; x++)
            t->to[(size_t)y * (size_t)t->flow->width + (size_t)x] = of_pixel(t, x, y);
    return SCUMBLE_OK;
}

/* First down, then across, a part of a row at a time. */
static void smooth_piece(const trusting *t, int y, int first, int count)
{
    const int w = t->flow->width, h = t->flow->height;
    float down[PIECE + 2 * RADIUS] = { 0 }, *to = t->to + (size_t)y * (size_t)w + first;
    for (int j = -RADIUS; j <= RADIUS; j++) {
        const float *row = t->from + (size_t)sc_motion_clamp(y + j, h) * (size_t)w, share = t->kernel[j + RADIUS];
        const int begin = first ? -RADIUS : 0, end = w - first < count + RADIUS ? w - first : count + RADIUS;
        for (int x = begin; x < end; x++)
            down[x + RADIUS] += share * row[first + x];
        for (int x = -RADIUS; x < begin; x++)
            down[x + RADIUS] += share * row[0];
        for (int x = end; x < count + RADIUS; x++)
            down[x + RADIUS] += share * row[w - 1];
    }
    for (int x = 0; x < count; x++) {
        float sum = 0;
        for (int i = 0; i <= 2 * RADIUS; i++)
            sum += t->kernel[i] * down[x + i];
        to[x] = sc_within(sum, 0, 1);
    }
}

static int smooth_rows(void *argument, int part, int thread)
{
    (void)thread;
    const trusting *t = argument;
    const int w = t->flow->width;
    for (int y = part * SC_MOTION_ROWS; y < (part + 1) * SC_MOTION_ROWS && y < t->flow->height; y++)
        for (int x = 0; x < w; x += PIECE)
            smooth_piece(t, y, x, x + PIECE < w ? PIECE : w - x);
    return SCUMBLE_OK;
}

int sc_flow_trust(sc_threads *threads, const sc_flow *flow, const sc_flow *back, float **trust, sc_error *err)
{
    size_t bytes = (size_t)flow->width * (size_t)flow->height * sizeof(float);
    trusting t = { .flow = flow, .back = back };
    double sum = 0;
    for (int i = -RADIUS; i <= RADIUS; i++)
        sum += exp(-i * i / (2 * SIGMA * SIGMA));
    for (int i = -RADIUS; i <= RADIUS; i++)
        t.kernel[i + RADIUS] = (float)(exp(-i * i / (2 * SIGMA * SIGMA)) / sum);
    *trust = sc_big_alloc(bytes, err);
    float *sharp = *trust ? sc_big_alloc(bytes, err) : NULL;
    int code = sharp ? SCUMBLE_OK : err->code;
    t.to = sharp;
    if (!code)
        code = sc_threads_run(threads, sc_motion_parts(flow->height), trust_rows, &t);
    t.from = sharp, t.to = *trust;
    if (!code)
        code = sc_threads_run(threads, sc_motion_parts(flow->height), smooth_rows, &t);
    if (!code || code == SCUMBLE_ERR_CANCELLED) /* which comes without its sentence */
        code = sc_threads_check(threads, err);
    sc_big_free(sharp);
    if (code) {
        sc_big_free(*trust);
        *trust = NULL;
    }
    return code;
}
