/* SPDX-License-Identifier: MIT */
/* See pan.h. */
#include "motion/pan.h"

#include <math.h>
#include <stdlib.h>

enum { EVERY = 4 };               /* pixels, in both directions: as good as all of them */
static const double still = 0.03; /* pixels: flow of frames that differ by grain alone is less */

static int pan_ascending(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static float pan_median(float *values, size_t count)
{
    qsort(values, count, sizeof *values, pan_ascending);
    return values[count / 2];
}

/* The trusted values of one axis; returns how many. */
static size_t pan_gather(const sc_flow *flow, const float *trust, const float *axis, float *values)
{
    size_t count = 0;
    for (int y = EVERY / 2; y < flow->height; y += EVERY)
        for (int x = EVERY / 2; x < flow->width; x += EVERY) {
            size_t i = (size_t)y * (size_t)flow->width + (size_t)x;
            if (trust[i] > 0.5f)
                values[count++] = axis[i];
        }
    return count;
}

/* Of what moves as (u, v) does. */
static void pan_refine(const sc_flow *flow, const float *trust, float u, float v, double *x, double *y)
{
    size_t all = 0, with = 0;
    double sums[2] = { 0 };
    for (int row = EVERY / 2; row < flow->height; row += EVERY)
        for (int column = EVERY / 2; column < flow->width; column += EVERY) {
            size_t i = (size_t)row * (size_t)flow->width + (size_t)column;
            all++;
            if (!(trust[i] > 0.5f) || hypotf(flow->u[i] - u, flow->v[i] - v) > 1)
                continue;
            with++;
            sums[0] += (double)flow->u[i];
            sums[1] += (double)flow->v[i];
        }
    if (3 * with < all || hypot(sums[0], sums[1]) < still * (double)with)
        return;
    *x = sums[0] / (double)with;
    *y = sums[1] / (double)with;
}

int sc_flow_pan(const sc_flow *flow, const float *trust, double *x, double *y, sc_error *err)
{
    size_t most = ((size_t)flow->width / EVERY + 1) * ((size_t)flow->height / EVERY + 1);
    float *values = malloc(most * sizeof *values);
    *x = *y = 0;
    if (!values)
        return sc_fail_memory(err, most * sizeof *values);
    size_t count = pan_gather(flow, trust, flow->u, values);
    if (count) {
        float u = pan_median(values, count);
        pan_gather(flow, trust, flow->v, values);
        pan_refine(flow, trust, u, pan_median(values, count), x, y);
    }
    free(values);
    return SCUMBLE_OK;
}
