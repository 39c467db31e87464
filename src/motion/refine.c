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

enum { OUTER = 5, INNER = 5, PLANES = 15 };
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
    float *du, *dv;                   /* the change so far */
    float *a11, *a12, *a22, *b1, *b2; /* the linear equations' data part */
    float *smooth;                    /* the weight of smoothness */
    float *ixz, *iyz, *mean;          /* slopes of iz; the mean of both */
    int colour;                       /* of this half step */
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
        r->du[i] = r->dv[i] = 0;
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
        float ix = r->ix[i], iy = r->iy[i], iz = r->iz[i], du = r->du[i], dv = r->dv[i];
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
        float ux = slope_x(r->flow->u, l, x, y) + slope_x(r->du, l, x, y),
              uy = slope_y(r->flow->u, l, x, y) + slope_y(r->du, l, x, y),
              vx = slope_x(r->flow->v, l, x, y) + slope_x(r->dv, l, x, y),
              vy = slope_y(r->flow->v, l, x, y) + slope_y(r->dv, l, x, y);
        r->smooth[i] = 0.5f * ALPHA / sqrtf(ux * ux + uy * uy + vx * vx + vy * vy + EPSILON2);
    }
    return SCUMBLE_OK;
}

/* The pixels of one colour of a chessboard; all neighbours have the other. */
static int relax_rows(void *argument, int part, int thread)
{
    (void)thread;
    refinement *r = argument;
    const sc_motion_level *l = r->level;
    const float *u = r->flow->u, *v = r->flow->v;
    for (int y = part * SC_MOTION_ROWS; y < (part + 1) * SC_MOTION_ROWS && y < l->height; y++)
        for (int x = (y + r->colour) & 1; x < l->width; x += 2) {
            size_t i = (size_t)y * (size_t)l->width + (size_t)x, near[4];
            int count = 0;
            if (x > 0)
                near[count++] = i - 1;
            if (x < l->width - 1)
                near[count++] = i + 1;
            if (y > 0)
                near[count++] = i - (size_t)l->width;
            if (y < l->height - 1)
                near[count++] = i + (size_t)l->width;
            float weights = 0, pull_u = 0, pull_v = 0;
            for (int k = 0; k < count; k++) {
                float w = 0.5f * (r->smooth[i] + r->smooth[near[k]]);
                weights += w;
                pull_u += w * (u[near[k]] + r->du[near[k]] - u[i]);
                pull_v += w * (v[near[k]] + r->dv[near[k]] - v[i]);
            }
            float new_u = (r->b1[i] - r->a12[i] * r->dv[i] + pull_u) / (r->a11[i] + weights + 1e-9f);
            r->du[i] += OMEGA * (new_u - r->du[i]);
            float new_v = (r->b2[i] - r->a12[i] * r->du[i] + pull_v) / (r->a22[i] + weights + 1e-9f);
            r->dv[i] += OMEGA * (new_v - r->dv[i]);
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
        r->flow->u[i] += r->du[i];
        r->flow->v[i] += r->dv[i];
    }
    return SCUMBLE_OK;
}

int sc_motion_refine(sc_threads *threads, const sc_motion_level *level, sc_flow *flow, sc_error *err)
{
    size_t pixels = (size_t)level->width * (size_t)level->height;
    float *memory = sc_big_alloc(PLANES * pixels * sizeof(float), err), *plane[PLANES];
    if (!memory)
        return err->code;
    for (int k = 0; k < PLANES; k++)
        plane[k] = memory + (size_t)k * pixels;
    refinement r = { level,    flow,     plane[0], plane[1],  plane[2],  plane[3],  plane[4],  plane[5],  plane[6],
                     plane[7], plane[8], plane[9], plane[10], plane[11], plane[12], plane[13], plane[14], 0 };
    const int parts = sc_motion_parts(level->height);
    int code = sc_threads_run(threads, parts, warp_rows, &r);
    if (!code)
        code = sc_threads_run(threads, parts, slope_rows, &r);
    for (int outer = 0; outer < OUTER && !code; outer++) {
        code = sc_threads_run(threads, parts, weigh_rows, &r);
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
