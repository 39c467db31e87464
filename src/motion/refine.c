/* SPDX-License-Identifier: MIT */
/* The flow by an energy (Brox, Bruhn, Papenberg, Weickert 2004, "High Accuracy Optical Flow Estimation Based on a
 * Theory for Warping"; each equation divided by its slopes as Zimmer et al. 2011 do): with D = sqrt(x^2 + 0.001^2),
 *
 *     E(u, v) = delta D(brightness) + gamma D(gradient) + alpha D(|grad u|, |grad v|)
 *
 * where brightness and gradients of the other frame are straight lines around the flow that there was. D's weights are
 * held for a while (OUTER times), and the linear equations that remain are solved by red-black successive
 * over-relaxation, whose half steps do not depend on the order.
 *
 * All that is done more than once is done on planes in which the pixels of each colour of the chessboard lie side by
 * side, so that a compiler can do several at once: pixel x of row y, of colour c, is number x / 2 of that row and
 * colour, and x is odd where y + c is. Its neighbours have the other colour. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "motion/level.h"

enum { OUTER = 5, INNER = 5 };
#define ALPHA 20.0f
#define GAMMA 10.0f
#define DELTA 5.0f
#define OMEGA 1.6f
#define EPSILON2 1e-6f
#define ZETA2 4.0f /* slopes below two steps of grey are grain */

/* Planes of rows with a value of padding at both ends, and a row of it above and below. */
enum { MEAN, CHANGE, SLOPE_X, SLOPE_Y, PICTURES }; /* of both frames, their difference; slopes of the mean */
enum {                                             /* in two colours */
       U,
       V,   /* the flow */
       B_U, /* b_u u + b_v v + b is the difference of brightness; of the gradient, too */
       B_V,
       B,
       GX_U,
       GX_V,
       GX,
       GY_U,
       GY_V,
       GY,
       A11, /* the linear equations' data part; then one over the sum of a pixel's weights */
       A12,
       A22,
       B1,
       B2,
       SMOOTH, /* the weight of smoothness; between a pixel and the next one, and the one below: */
       ACROSS,
       DOWN,
       PLANES
};

typedef struct refinement {
    const sc_motion_level *level;
    sc_flow *flow;
    size_t row, half; /* values of a row of the pictures, and of one colour, with padding */
    float *picture[PICTURES], *plane[PLANES];
    int colour; /* of this half step */
} refinement;

static float *picture_row(const refinement *r, int picture, int y)
{
    return r->picture[picture] + (size_t)(y + 1) * r->row + 1;
}
static float *colour_row(const refinement *r, int plane, int colour, int y)
{
    return r->plane[plane] + ((size_t)colour * ((size_t)r->level->height + 2) + (size_t)(y + 1)) * r->half + 1;
}
/* The first x of this row and colour; and how many there are. */
static int colour_first(int colour, int y)
{
    return (y + colour) & 1;
}
static int colour_count(const refinement *r, int colour, int y)
{
    return (r->level->width + 1 - colour_first(colour, y)) / 2;
}

/* ---- what is known of the pictures ----------------------------------------------------------------------------- */

static int warp_rows(void *argument, int part, int thread)
{
    (void)thread;
    const refinement *r = argument;
    const sc_motion_level *l = r->level;
    for (int y = part * SC_MOTION_ROWS; y < (part + 1) * SC_MOTION_ROWS && y < l->height; y++) {
        const float *from = l->from + (size_t)y * (size_t)l->width, *u = r->flow->u + (from - l->from),
                    *v = r->flow->v + (from - l->from);
        float *mean = picture_row(r, MEAN, y), *change = picture_row(r, CHANGE, y);
        for (int x = 0; x < l->width; x++) {
            float warped = sc_flow_sample(l->to, l->width, l->height, (float)x + u[x], (float)y + v[x]);
            mean[x] = 0.5f * (warped + from[x]);
            change[x] = warped - from[x];
        }
    }
    return SCUMBLE_OK;
}

/* Beyond the border is the nearest pixel: all that slopes of this row look at. */
static void picture_pad(const refinement *r, int picture, int y)
{
    const int width = r->level->width;
    float *row = picture_row(r, picture, y);
    row[-1] = row[0], row[width] = row[width - 1];
    if (y == 0)
        memcpy(picture_row(r, picture, -1), row, (size_t)width * sizeof *row);
    if (y == r->level->height - 1)
        memcpy(picture_row(r, picture, y + 1), row, (size_t)width * sizeof *row);
}

static int slope_rows(void *argument, int part, int thread)
{
    (void)thread;
    const refinement *r = argument;
    for (int y = part * SC_MOTION_ROWS; y < (part + 1) * SC_MOTION_ROWS && y < r->level->height; y++) {
        picture_pad(r, MEAN, y);
        const float *mean = picture_row(r, MEAN, y), *above = mean - r->row, *below = mean + r->row;
        float *restrict ix = picture_row(r, SLOPE_X, y), *restrict iy = picture_row(r, SLOPE_Y, y);
        for (int x = 0; x < r->level->width; x++) {
            ix[x] = 0.5f * (mean[x + 1] - mean[x - 1]);
            iy[x] = 0.5f * (below[x] - above[x]);
        }
    }
    return SCUMBLE_OK;
}

/* Half the difference of the neighbours. */
static float slope_x(const float *at)
{
    return 0.5f * (at[1] - at[-1]);
}
static float slope_y(const float *at, size_t row)
{
    return 0.5f * (at[row] - *(at - row));
}

/* A straight line along (x, y), whose value is z where the flow is (u, v): divided by its slope. */
static void line_put(const refinement *r, int plane, int colour, int y, int k, const float line[3], float u, float v)
{
    float scale = 1 / sqrtf(line[0] * line[0] + line[1] * line[1] + ZETA2);
    colour_row(r, plane, colour, y)[k] = scale * line[0];
    colour_row(r, plane + 1, colour, y)[k] = scale * line[1];
    colour_row(r, plane + 2, colour, y)[k] = scale * (line[2] - line[0] * u - line[1] * v);
}

static int line_rows(void *argument, int part, int thread)
{
    (void)thread;
    const refinement *r = argument;
    for (int y = part * SC_MOTION_ROWS; y < (part + 1) * SC_MOTION_ROWS && y < r->level->height; y++) {
        for (int p = CHANGE; p < PICTURES; p++)
            picture_pad(r, p, y);
        const float *iz = picture_row(r, CHANGE, y), *ix = picture_row(r, SLOPE_X, y), *iy = picture_row(r, SLOPE_Y, y);
        for (int x = 0; x < r->level->width; x++) {
            const int colour = (x + y) & 1, k = x / 2;
            size_t i = (size_t)y * (size_t)r->level->width + (size_t)x;
            float u = r->flow->u[i], v = r->flow->v[i], ixy = slope_y(ix + x, r->row);
            colour_row(r, U, colour, y)[k] = u;
            colour_row(r, V, colour, y)[k] = v;
            line_put(r, B_U, colour, y, k, (const float[]){ ix[x], iy[x], iz[x] }, u, v);
            line_put(r, GX_U, colour, y, k, (const float[]){ slope_x(ix + x), ixy, slope_x(iz + x) }, u, v);
            line_put(r, GY_U, colour, y, k, (const float[]){ ixy, slope_y(iy + x, r->row), slope_y(iz + x, r->row) }, u,
                     v);
        }
    }
    return SCUMBLE_OK;
}

/* ---- the equations --------------------------------------------------------------------------------------------- */

/* As picture_pad does: what lies beyond has the other colour. */
static void flow_pad(const refinement *r, int plane, int colour, int y)
{
    const int other = 1 - colour, last = r->level->width - 1;
    float *row = colour_row(r, plane, colour, y), *beside = colour_row(r, plane, other, y);
    if (!colour_first(colour, y))
        beside[-1] = row[0];
    if ((last & 1) == colour_first(colour, y))
        beside[(last + 1) / 2] = row[last / 2];
    size_t bytes = (size_t)colour_count(r, colour, y) * sizeof *row;
    if (y == 0)
        memcpy(colour_row(r, plane, other, -1), row, bytes);
    if (y == r->level->height - 1)
        memcpy(colour_row(r, plane, other, y + 1), row, bytes);
}

/* The data part, by the flow so far. */
static void weigh_data(const refinement *r, int colour, int y)
{
    const float *restrict u = colour_row(r, U, colour, y), *restrict v = colour_row(r, V, colour, y),
                          *restrict bu = colour_row(r, B_U, colour, y), *restrict bv = colour_row(r, B_V, colour, y),
                          *restrict b = colour_row(r, B, colour, y), *restrict xu = colour_row(r, GX_U, colour, y),
                          *restrict xv = colour_row(r, GX_V, colour, y), *restrict gx = colour_row(r, GX, colour, y),
                          *restrict yu = colour_row(r, GY_U, colour, y), *restrict yv = colour_row(r, GY_V, colour, y),
                          *restrict gy = colour_row(r, GY, colour, y);
    float *restrict a11 = colour_row(r, A11, colour, y), *restrict a12 = colour_row(r, A12, colour, y),
                    *restrict a22 = colour_row(r, A22, colour, y), *restrict b1 = colour_row(r, B1, colour, y),
                    *restrict b2 = colour_row(r, B2, colour, y);
    const int count = colour_count(r, colour, y);
#pragma omp simd
    for (int k = 0; k < count; k++) {
        float now = b[k] + bu[k] * u[k] + bv[k] * v[k], now_x = gx[k] + xu[k] * u[k] + xv[k] * v[k],
              now_y = gy[k] + yu[k] * u[k] + yv[k] * v[k];
        float bright = 0.5f * DELTA / sqrtf(now * now + EPSILON2),
              slope = 0.5f * GAMMA / sqrtf(now_x * now_x + now_y * now_y + EPSILON2);
        a11[k] = bright * bu[k] * bu[k] + slope * (xu[k] * xu[k] + yu[k] * yu[k]);
        a12[k] = bright * bu[k] * bv[k] + slope * (xu[k] * xv[k] + yu[k] * yv[k]);
        a22[k] = bright * bv[k] * bv[k] + slope * (xv[k] * xv[k] + yv[k] * yv[k]);
        b1[k] = -bright * bu[k] * b[k] - slope * (xu[k] * gx[k] + yu[k] * gy[k]);
        b2[k] = -bright * bv[k] * b[k] - slope * (xv[k] * gx[k] + yv[k] * gy[k]);
    }
}

static void weigh_smooth(const refinement *r, int colour, int y)
{
    const int first = colour_first(colour, y), other = 1 - colour, count = colour_count(r, colour, y);
    const float *u = colour_row(r, U, other, y), *v = colour_row(r, V, other, y), *u_left = u - 1 + first,
                *v_left = v - 1 + first, *u_above = u - r->half, *v_above = v - r->half, *u_below = u + r->half,
                *v_below = v + r->half;
    float *restrict smooth = colour_row(r, SMOOTH, colour, y);
    for (int k = 0; k < count; k++) {
        float ux = u_left[k + 1] - u_left[k], uy = u_below[k] - u_above[k], vx = v_left[k + 1] - v_left[k],
              vy = v_below[k] - v_above[k];
        smooth[k] = 0.5f * ALPHA / sqrtf(0.25f * (ux * ux + uy * uy + vx * vx + vy * vy) + EPSILON2);
    }
}

static int weigh_rows(void *argument, int part, int thread)
{
    (void)thread;
    const refinement *r = argument;
    for (int y = part * SC_MOTION_ROWS; y < (part + 1) * SC_MOTION_ROWS && y < r->level->height; y++)
        for (int pass = 0; pass < 2; pass++)
            for (int colour = 0; colour < 2; colour++)
                if (!pass) {
                    flow_pad(r, U, colour, y);
                    flow_pad(r, V, colour, y);
                } else {
                    weigh_data(r, colour, y);
                    weigh_smooth(r, colour, y);
                }
    return SCUMBLE_OK;
}

/* Weights between neighbours: none beyond the border. */
static int join_rows(void *argument, int part, int thread)
{
    (void)thread;
    const refinement *r = argument;
    const sc_motion_level *l = r->level;
    for (int y = part * SC_MOTION_ROWS; y < (part + 1) * SC_MOTION_ROWS && y < l->height; y++)
        for (int colour = 0; colour < 2; colour++) {
            const int first = colour_first(colour, y), count = colour_count(r, colour, y);
            const float *own = colour_row(r, SMOOTH, colour, y), *other = colour_row(r, SMOOTH, 1 - colour, y),
                        *right = other + first, *below = other + r->half;
            float *restrict across = colour_row(r, ACROSS, colour, y), *restrict down = colour_row(r, DOWN, colour, y);
            for (int k = 0; k < count; k++)
                across[k] = 0.5f * (own[k] + right[k]);
            for (int k = 0; k < count && y < l->height - 1; k++)
                down[k] = 0.5f * (own[k] + below[k]);
            if (((l->width - 1) & 1) == first)
                across[count - 1] = 0;
        }
    return SCUMBLE_OK;
}

/* What of the equations stays as it is while they are solved. */
static int bind_rows(void *argument, int part, int thread)
{
    (void)thread;
    const refinement *r = argument;
    for (int y = part * SC_MOTION_ROWS; y < (part + 1) * SC_MOTION_ROWS && y < r->level->height; y++)
        for (int colour = 0; colour < 2; colour++) {
            const int count = colour_count(r, colour, y);
            const float *right = colour_row(r, ACROSS, colour, y), *below = colour_row(r, DOWN, colour, y),
                        *left = colour_row(r, ACROSS, 1 - colour, y) - 1 + colour_first(colour, y),
                        *above = colour_row(r, DOWN, 1 - colour, y - 1);
            float *restrict a11 = colour_row(r, A11, colour, y), *restrict a22 = colour_row(r, A22, colour, y);
            for (int k = 0; k < count; k++) {
                float sum = left[k] + right[k] + above[k] + below[k];
                a11[k] = OMEGA / (a11[k] + sum + 1e-9f);
                a22[k] = OMEGA / (a22[k] + sum + 1e-9f);
            }
        }
    return SCUMBLE_OK;
}

/* ---- their solution -------------------------------------------------------------------------------------------- */

static void relax_row(const refinement *r, int colour, int y)
{
    const int first = colour_first(colour, y), other = 1 - colour, count = colour_count(r, colour, y);
    const float *restrict right = colour_row(r, ACROSS, colour, y), *restrict below = colour_row(r, DOWN, colour, y),
                          *restrict left = colour_row(r, ACROSS, other, y) - 1 + first,
                          *restrict above = colour_row(r, DOWN, other, y - 1),
                          *restrict divide_u = colour_row(r, A11, colour, y),
                          *restrict divide_v = colour_row(r, A22, colour, y),
                          *restrict a12 = colour_row(r, A12, colour, y), *restrict b1 = colour_row(r, B1, colour, y),
                          *restrict b2 = colour_row(r, B2, colour, y), *restrict beside_u = colour_row(r, U, other, y),
                          *restrict beside_v = colour_row(r, V, other, y);
    float *restrict u = colour_row(r, U, colour, y), *restrict v = colour_row(r, V, colour, y);
    const size_t row = r->half;
#pragma omp simd
    for (int k = 0; k < count; k++) {
        float from_u = left[k] * beside_u[k - 1 + first] + right[k] * beside_u[k + first] +
                       above[k] * *(beside_u + k - row) + below[k] * beside_u[(size_t)k + row],
              from_v = left[k] * beside_v[k - 1 + first] + right[k] * beside_v[k + first] +
                       above[k] * *(beside_v + k - row) + below[k] * beside_v[(size_t)k + row];
        u[k] = (1 - OMEGA) * u[k] + divide_u[k] * (b1[k] - a12[k] * v[k] + from_u);
        v[k] = (1 - OMEGA) * v[k] + divide_v[k] * (b2[k] - a12[k] * u[k] + from_v);
    }
}

static int relax_rows(void *argument, int part, int thread)
{
    (void)thread;
    const refinement *r = argument;
    for (int y = part * SC_MOTION_ROWS; y < (part + 1) * SC_MOTION_ROWS && y < r->level->height; y++)
        relax_row(r, r->colour, y);
    return SCUMBLE_OK;
}

static int flow_rows(void *argument, int part, int thread)
{
    (void)thread;
    const refinement *r = argument;
    for (int y = part * SC_MOTION_ROWS; y < (part + 1) * SC_MOTION_ROWS && y < r->level->height; y++)
        for (int colour = 0; colour < 2; colour++) {
            size_t i = (size_t)y * (size_t)r->level->width + (size_t)colour_first(colour, y);
            const float *u = colour_row(r, U, colour, y), *v = colour_row(r, V, colour, y);
            for (int k = 0; k < colour_count(r, colour, y); k++)
                r->flow->u[i + 2 * (size_t)k] = u[k], r->flow->v[i + 2 * (size_t)k] = v[k];
        }
    return SCUMBLE_OK;
}

int sc_motion_refine(sc_threads *threads, const sc_motion_level *level, sc_flow *flow, sc_error *err)
{
    refinement r = {
        .level = level, .flow = flow, .row = (size_t)level->width + 2, .half = (size_t)(level->width + 1) / 2 + 2
    };
    size_t rows = (size_t)level->height + 2, all = rows * (PICTURES * r.row + 2 * PLANES * r.half);
    float *memory = sc_big_zeroed(all * sizeof *memory, err), *next = memory;
    if (!memory)
        return err->code;
    for (int k = 0; k < PICTURES; k++, next += rows * r.row)
        r.picture[k] = next;
    for (int k = 0; k < PLANES; k++, next += 2 * rows * r.half)
        r.plane[k] = next;
    static const sc_part_fn before[] = { warp_rows, slope_rows, line_rows },
                            outer[] = { weigh_rows, join_rows, bind_rows };
    enum { BEFORE = sizeof before / sizeof *before, EACH = sizeof outer / sizeof *outer };
    const int parts = sc_motion_parts(level->height);
    int code = SCUMBLE_OK;
    for (int k = 0; k < BEFORE && !code; k++)
        code = sc_threads_run(threads, parts, before[k], &r);
    for (int k = 0; k < OUTER && !code; k++) {
        for (int i = 0; i < EACH && !code; i++)
            code = sc_threads_run(threads, parts, outer[i], &r);
        for (int inner = 0; inner < 2 * INNER && !code; inner++) {
            r.colour = inner & 1;
            code = sc_threads_run(threads, parts, relax_rows, &r);
        }
    }
    if (!code)
        code = sc_threads_run(threads, parts, flow_rows, &r);
    sc_big_free(memory);
    return code;
}
