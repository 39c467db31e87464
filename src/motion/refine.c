/* SPDX-License-Identifier: MIT */
/* The flow by an energy (Brox, Bruhn, Papenberg, Weickert 2004, "High Accuracy Optical Flow Estimation Based on a
 * Theory for Warping"; each equation divided by its slopes as Zimmer et al. 2011 do): with D = sqrt(x^2 + 0.001^2),
 *
 *     E(u, v) = delta D(brightness) + gamma D(gradient) + alpha D(|grad u|, |grad v|)
 *
 * over changes (du, dv) of the flow: D's weights are held for a while (OUTER times), and the linear equations that
 * remain are solved by red-black successive over-relaxation, whose half steps do not depend on the order. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "motion/level.h"

enum { OUTER = 5, INNER = 5, PLANES = 13, PADDED = 8 };
#define ALPHA 20.0f
#define GAMMA 10.0f
#define DELTA 5.0f
#define OMEGA 1.6f
#define EPSILON2 1e-6f
#define ZETA2 4.0f /* slopes below two steps of grey are grain */

typedef struct refinement {
    const sc_motion_level *level;
    sc_flow *flow;
    float *warped;                    /* `to`, seen through the flow */
    float *ix, *iy, *iz;              /* slopes of the mean of both, and their difference */
    float *ixz, *iyz, *mean;          /* slopes of iz; the mean of both */
    float *a11, *a12, *a22, *b1, *b2; /* the linear equations' data part */
    float *smooth;                    /* the weight of smoothness */
    /* with a column of zeros behind each row, and a row of them above and below (pad): */
    float *du, *dv;             /* the change so far */
    float *across, *down;       /* the weights between a pixel and the next one, or the one below */
    float *pull_u, *pull_v;     /* of the flow as it is */
    float *divide_u, *divide_v; /* one over the sum of a pixel's weights */
    int colour;                 /* of this half step */
} refinement;

/* Half the difference of the neighbours. */
static float slope_x(const float *plane, const sc_motion_level *l, int x, int y)
{
    const float *row = plane + (size_t)y * (size_t)l->width;
    return 0.5f * (row[sc_motion_clamp(x + 1, l->width)] - row[sc_motion_clamp(x - 1, l->width)]);
}
static float slope_y(const float *plane, const sc_motion_level *l, int x, int y)
{
    return 0.5f * (plane[(size_t)sc_motion_clamp(y + 1, l->height) * (size_t)l->width + (size_t)x] -
                   plane[(size_t)sc_motion_clamp(y - 1, l->height) * (size_t)l->width + (size_t)x]);
}

/* Where pixel (x, y) is in a padded plane. */
static size_t pad(const sc_motion_level *l, int x, int y)
{
    return (size_t)(y + 1) * ((size_t)l->width + 1) + (size_t)x;
}
static size_t padded_count(const sc_motion_level *l)
{
    return ((size_t)l->height + 2) * ((size_t)l->width + 1);
}
/* The same slopes of the flow with its change. */
static float changed_slope(const float *flow, const float *change, const sc_motion_level *l, const int before[2],
                           const int after[2])
{
    const size_t width = (size_t)l->width;
    return 0.5f *
           (flow[(size_t)after[1] * width + (size_t)after[0]] - flow[(size_t)before[1] * width + (size_t)before[0]] +
            change[pad(l, after[0], after[1])] - change[pad(l, before[0], before[1])]);
}

#define EACH_PIXEL(r, part)                                                                               \
    for (int y = (part)*SC_MOTION_ROWS; y < ((part) + 1) * SC_MOTION_ROWS && y < (r)->level->height; y++) \
        for (int x = 0; x < (r)->level->width; x++)

static int warp_rows(void *argument, int part, int thread)
{
    (void)thread;
    refinement *r = argument;
    const sc_motion_level *l = r->level;
    EACH_PIXEL(r, part)
    {
        size_t i = (size_t)y * (size_t)l->width + (size_t)x;
        r->warped[i] = sc_flow_sample(l->to, l->width, l->height, (float)x + r->flow->u[i], (float)y + r->flow->v[i]);
        r->mean[i] = 0.5f * (r->warped[i] + l->from[i]);
        r->iz[i] = r->warped[i] - l->from[i];
    }
    return SCUMBLE_OK;
}

static int slope_rows(void *argument, int part, int thread)
{
    (void)thread;
    refinement *r = argument;
    EACH_PIXEL(r, part)
    {
        size_t i = (size_t)y * (size_t)r->level->width + (size_t)x;
        r->ix[i] = slope_x(r->mean, r->level, x, y);
        r->iy[i] = slope_y(r->mean, r->level, x, y);
        r->ixz[i] = slope_x(r->iz, r->level, x, y);
        r->iyz[i] = slope_y(r->iz, r->level, x, y);
    }
    return SCUMBLE_OK;
}

/* The equations at the change so far. */
static int weigh_rows(void *argument, int part, int thread)
{
    (void)thread;
    refinement *r = argument;
    const sc_motion_level *l = r->level;
    EACH_PIXEL(r, part)
    {
        size_t i = (size_t)y * (size_t)l->width + (size_t)x;
        float ix = r->ix[i], iy = r->iy[i], iz = r->iz[i], du = r->du[pad(l, x, y)], dv = r->dv[pad(l, x, y)];
        float norm = 1 / (ix * ix + iy * iy + ZETA2), now = iz + ix * du + iy * dv;
        float weight = 0.5f * DELTA * norm / sqrtf(now * now * norm + EPSILON2);
        float a11 = weight * ix * ix, a12 = weight * ix * iy, a22 = weight * iy * iy, b1 = -weight * iz * ix,
              b2 = -weight * iz * iy;
        float ixx = slope_x(r->ix, l, x, y), ixy = slope_y(r->ix, l, x, y), iyy = slope_y(r->iy, l, x, y);
        float ixz = r->ixz[i], iyz = r->iyz[i], norm_x = 1 / (ixx * ixx + ixy * ixy + ZETA2),
              norm_y = 1 / (ixy * ixy + iyy * iyy + ZETA2);
        float now_x = ixz + ixx * du + ixy * dv, now_y = iyz + ixy * du + iyy * dv;
        weight = 0.5f * GAMMA / sqrtf(now_x * now_x * norm_x + now_y * now_y * norm_y + EPSILON2);
        r->a11[i] = a11 + weight * (ixx * ixx * norm_x + ixy * ixy * norm_y);
        r->a12[i] = a12 + weight * (ixx * ixy * norm_x + ixy * iyy * norm_y);
        r->a22[i] = a22 + weight * (ixy * ixy * norm_x + iyy * iyy * norm_y);
        r->b1[i] = b1 - weight * (ixx * ixz * norm_x + ixy * iyz * norm_y);
        r->b2[i] = b2 - weight * (ixy * ixz * norm_x + iyy * iyz * norm_y);
        const int left[2] = { sc_motion_clamp(x - 1, l->width), y }, right[2] = { sc_motion_clamp(x + 1, l->width), y },
                  above[2] = { x, sc_motion_clamp(y - 1, l->height) },
                  below[2] = { x, sc_motion_clamp(y + 1, l->height) };
        float ux = changed_slope(r->flow->u, r->du, l, left, right),
              uy = changed_slope(r->flow->u, r->du, l, above, below),
              vx = changed_slope(r->flow->v, r->dv, l, left, right),
              vy = changed_slope(r->flow->v, r->dv, l, above, below);
        r->smooth[i] = 0.5f * ALPHA / sqrtf(ux * ux + uy * uy + vx * vx + vy * vy + EPSILON2);
    }
    return SCUMBLE_OK;
}

/* Weights between neighbours: none beyond the border. */
static int join_rows(void *argument, int part, int thread)
{
    (void)thread;
    refinement *r = argument;
    const sc_motion_level *l = r->level;
    EACH_PIXEL(r, part)
    {
        size_t i = (size_t)y * (size_t)l->width + (size_t)x, p = pad(l, x, y);
        r->across[p] = x < l->width - 1 ? 0.5f * (r->smooth[i] + r->smooth[i + 1]) : 0;
        r->down[p] = y < l->height - 1 ? 0.5f * (r->smooth[i] + r->smooth[i + (size_t)l->width]) : 0;
    }
    return SCUMBLE_OK;
}

/* What of the equations stays as it is while they are solved. */
static int bind_rows(void *argument, int part, int thread)
{
    (void)thread;
    refinement *r = argument;
    const sc_motion_level *l = r->level;
    const size_t stride = (size_t)l->width + 1;
    EACH_PIXEL(r, part)
    {
        size_t i = (size_t)y * (size_t)l->width + (size_t)x, p = pad(l, x, y);
        const size_t near[4] = { i - (size_t)(x > 0), i + (size_t)(x < l->width - 1), y > 0 ? i - (size_t)l->width : i,
                                 y < l->height - 1 ? i + (size_t)l->width : i };
        const float weight[4] = { x > 0 ? r->across[p - 1] : 0, r->across[p], r->down[p - stride], r->down[p] };
        float sum = 0, pull_u = r->b1[i], pull_v = r->b2[i];
        for (int k = 0; k < 4; k++) {
            sum += weight[k];
            pull_u += weight[k] * (r->flow->u[near[k]] - r->flow->u[i]);
            pull_v += weight[k] * (r->flow->v[near[k]] - r->flow->v[i]);
        }
        r->pull_u[p] = pull_u, r->pull_v[p] = pull_v;
        r->divide_u[p] = OMEGA / (r->a11[i] + sum + 1e-9f), r->divide_v[p] = OMEGA / (r->a22[i] + sum + 1e-9f);
    }
    return SCUMBLE_OK;
}

/* The pixels of one colour of a chessboard; all neighbours have the other. */
static int relax_rows(void *argument, int part, int thread)
{
    (void)thread;
    refinement *r = argument;
    const sc_motion_level *l = r->level;
    const size_t stride = (size_t)l->width + 1;
    for (int y = part * SC_MOTION_ROWS; y < (part + 1) * SC_MOTION_ROWS && y < l->height; y++) {
        const size_t row = pad(l, 0, y);
        float *du = r->du + row, *dv = r->dv + row;
        const float *across = r->across + row, *down = r->down + row, *above = down - stride,
                    *a12 = r->a12 + (size_t)y * (size_t)l->width;
        for (int x = (y + r->colour) & 1; x < l->width; x += 2) {
            float from_u = across[x - 1] * du[x - 1] + across[x] * du[x + 1] +
                           above[x] * r->du[row + (size_t)x - stride] + down[x] * r->du[row + (size_t)x + stride],
                  from_v = across[x - 1] * dv[x - 1] + across[x] * dv[x + 1] +
                           above[x] * r->dv[row + (size_t)x - stride] + down[x] * r->dv[row + (size_t)x + stride];
            du[x] = (1 - OMEGA) * du[x] +
                    r->divide_u[row + (size_t)x] * (r->pull_u[row + (size_t)x] - a12[x] * dv[x] + from_u);
            dv[x] = (1 - OMEGA) * dv[x] +
                    r->divide_v[row + (size_t)x] * (r->pull_v[row + (size_t)x] - a12[x] * du[x] + from_v);
        }
    }
    return SCUMBLE_OK;
}

static int refine_add_rows(void *argument, int part, int thread)
{
    (void)thread;
    refinement *r = argument;
    EACH_PIXEL(r, part)
    {
        size_t i = (size_t)y * (size_t)r->level->width + (size_t)x;
        r->flow->u[i] += r->du[pad(r->level, x, y)];
        r->flow->v[i] += r->dv[pad(r->level, x, y)];
    }
    return SCUMBLE_OK;
}

int sc_motion_refine(sc_threads *threads, const sc_motion_level *level, sc_flow *flow, sc_error *err)
{
    size_t pixels = (size_t)level->width * (size_t)level->height, padded = padded_count(level);
    float *memory = sc_big_zeroed((PLANES * pixels + PADDED * padded) * sizeof(float), err), *plane[PLANES + PADDED];
    if (!memory)
        return err->code;
    for (size_t k = 0; k < PLANES + PADDED; k++)
        plane[k] = memory + (k < PLANES ? k * pixels : PLANES * pixels + (k - PLANES) * padded);
    refinement r = { level,     flow,      plane[0],  plane[1],  plane[2],  plane[3],  plane[4],  plane[5],
                     plane[6],  plane[7],  plane[8],  plane[9],  plane[10], plane[11], plane[12], plane[13],
                     plane[14], plane[15], plane[16], plane[17], plane[18], plane[19], plane[20], 0 };
    const int parts = sc_motion_parts(level->height);
    int code = sc_threads_run(threads, parts, warp_rows, &r);
    if (!code)
        code = sc_threads_run(threads, parts, slope_rows, &r);
    for (int outer = 0; outer < OUTER && !code; outer++) {
        code = sc_threads_run(threads, parts, weigh_rows, &r);
        if (!code)
            code = sc_threads_run(threads, parts, join_rows, &r);
        if (!code)
            code = sc_threads_run(threads, parts, bind_rows, &r);
        for (int inner = 0; inner < 2 * INNER && !code; inner++) {
            r.colour = inner & 1;
            code = sc_threads_run(threads, parts, relax_rows, &r);
        }
    }
    if (!code)
        code = sc_threads_run(threads, parts, refine_add_rows, &r);
    sc_big_free(memory);
    return code;
}
