/* SPDX-License-Identifier: MIT */
/* Dense inverse search (Kroeger, Timofte, Dai, Van Gool 2016, "Fast Optical Flow using Dense Inverse Search"): each
 * patch of one frame is moved by Gauss-Newton steps, whose Hessian needs the patch alone, until it fits the other frame
 * best; differences of brightness as a whole do not count. Neighbours' flows are tried, too, first from the upper left,
 * then from the lower right, within stripes of patches of a fixed height. */
#include <math.h>

#include "core/memory.h"
#include "motion/level.h"

enum { EDGE = 8, VALUES = EDGE * EDGE, STRIDE = 4, STRIPE = 8, STEPS = 8 };
#define FARTHEST 8.0f /* pixels that a patch may move from where it began, at one level */

typedef struct search {
    const sc_motion_level *level;
    const sc_flow *begin;
    sc_flow *field;
    int across, down; /* patches */
    float *u, *v;     /* of each patch */
    float *gx, *gy;   /* slopes of `from` */
} search;

/* Its values, and their slopes, lie in planes of the level's width. */
typedef struct patch {
    int x, y;
    const float *from, *gx, *gy;
    float sum_x, sum_y, inverse[3]; /* sums of the slopes; inverse of the Hessian: xx, xy, yy */
} patch;

static int patch_place(int i, int extent)
{
    return i * STRIDE < extent - EDGE ? i * STRIDE : extent - EDGE;
}

/* Sums over a patch are sums of each of its columns first: those do not wait for each other. */
static float column_sum(const float columns[EDGE])
{
    return ((columns[0] + columns[4]) + (columns[2] + columns[6])) +
           ((columns[1] + columns[5]) + (columns[3] + columns[7]));
}

/* Scharr's operator, whose smoothing keeps noise out. */
static float scharr(float before, float at, float after)
{
    return (3 * before + 10 * at + 3 * after) / 32;
}

static int slopes_rows(void *argument, int part, int thread)
{
    (void)thread;
    const search *s = argument;
    const sc_motion_level *l = s->level;
    const int width = l->width;
    for (int y = part * SC_MOTION_ROWS; y < (part + 1) * SC_MOTION_ROWS && y < l->height; y++) {
        size_t at = (size_t)y * (size_t)width;
        const float *row = l->from + at, *above = l->from + (size_t)sc_motion_clamp(y - 1, l->height) * (size_t)width,
                    *below = l->from + (size_t)sc_motion_clamp(y + 1, l->height) * (size_t)width;
        float *gx = s->gx + at, *gy = s->gy + at;
        for (int x = 0; x < width; x += width - 1) {
            int left = sc_motion_clamp(x - 1, width), right = sc_motion_clamp(x + 1, width);
            gx[x] = scharr(above[right] - above[left], row[right] - row[left], below[right] - below[left]);
            gy[x] = scharr(below[left] - above[left], below[x] - above[x], below[right] - above[right]);
        }
#pragma omp simd
        for (int x = 1; x < width - 1; x++) {
            gx[x] = scharr(above[x + 1] - above[x - 1], row[x + 1] - row[x - 1], below[x + 1] - below[x - 1]);
            gy[x] = scharr(below[x - 1] - above[x - 1], below[x] - above[x], below[x + 1] - above[x + 1]);
        }
    }
    return SCUMBLE_OK;
}

static void take_patch(const search *s, int x0, int y0, patch *p)
{
    const size_t width = (size_t)s->level->width, at = (size_t)y0 * width + (size_t)x0;
    *p = (patch){ .x = x0, .y = y0, .from = s->level->from + at, .gx = s->gx + at, .gy = s->gy + at };
    float x[EDGE] = { 0 }, y[EDGE] = { 0 }, x2[EDGE] = { 0 }, xy2[EDGE] = { 0 }, y2[EDGE] = { 0 };
    const float *gx = p->gx, *gy = p->gy;
    for (int row = 0; row < EDGE; row++, gx += width, gy += width)
#pragma omp simd
        for (int i = 0; i < EDGE; i++) {
            x[i] += gx[i], y[i] += gy[i];
            x2[i] += gx[i] * gx[i], xy2[i] += gx[i] * gy[i], y2[i] += gy[i] * gy[i];
        }
    p->sum_x = column_sum(x), p->sum_y = column_sum(y);
    float xx = column_sum(x2) - p->sum_x * p->sum_x / VALUES, xy = column_sum(xy2) - p->sum_x * p->sum_y / VALUES,
          yy = column_sum(y2) - p->sum_y * p->sum_y / VALUES;
    float most = 0.01f * (xx + yy) + 1e-3f; /* a flat patch, or an edge alone, does not run away along itself */
    xx += most, yy += most;
    float determinant = xx * yy - xy * xy;
    p->inverse[0] = yy / determinant, p->inverse[1] = -xy / determinant, p->inverse[2] = xx / determinant;
}

/* The differences of one row of a patch, which has its values at (left, top) in the other frame. */
static void row_differences(const sc_motion_level *l, const float *from, float left, float top, float d[EDGE])
{
    int x0 = (int)floorf(left), y0 = (int)floorf(top);
    if (x0 >= 0 && y0 >= 0 && x0 + EDGE < l->width && y0 + 1 < l->height) {
        float fx = left - (float)x0, fy = top - (float)y0, a = (1 - fx) * (1 - fy), b = fx * (1 - fy),
              c = (1 - fx) * fy, e = fx * fy;
        const float *row = l->to + (size_t)y0 * (size_t)l->width + (size_t)x0, *next = row + l->width;
        for (int x = 0; x < EDGE; x++)
            d[x] = a * row[x] + b * row[x + 1] + c * next[x] + e * next[x + 1] - from[x];
    } else
        for (int x = 0; x < EDGE; x++)
            d[x] = sc_flow_sample(l->to, l->width, l->height, left + (float)x, top) - from[x];
}

/* The differences at this flow; the sum of their squares, less that of their mean. */
static float differences(const sc_motion_level *l, const patch *p, float u, float v, float d[VALUES])
{
    float left = (float)p->x + u, top = (float)p->y + v, sum[EDGE] = { 0 }, squares[EDGE] = { 0 };
    const float *from = p->from;
    int x0 = (int)floorf(left), y0 = (int)floorf(top);
    if (x0 >= 0 && y0 >= 0 && x0 + EDGE < l->width && y0 + EDGE < l->height) {
        float fx = left - (float)x0, fy = top - (float)y0, a = (1 - fx) * (1 - fy), b = fx * (1 - fy),
              c = (1 - fx) * fy, e = fx * fy;
        const float *row = l->to + (size_t)y0 * (size_t)l->width + (size_t)x0, *next = row + l->width;
        for (int y = 0; y < EDGE; y++, row += l->width, next += l->width, from += l->width)
#pragma omp simd
            for (int x = 0; x < EDGE; x++)
                d[y * EDGE + x] = a * row[x] + b * row[x + 1] + c * next[x] + e * next[x + 1] - from[x];
    } else
        for (int y = 0; y < EDGE; y++, from += l->width)
            row_differences(l, from, left, top + (float)y, d + y * EDGE);
    for (int y = 0; y < EDGE; y++)
#pragma omp simd
        for (int x = 0; x < EDGE; x++) {
            sum[x] += d[y * EDGE + x];
            squares[x] += d[y * EDGE + x] * d[y * EDGE + x];
        }
    float all = column_sum(sum);
    return column_sum(squares) - all * all / VALUES;
}

/* Whether (u, v) fits better than what is best so far; then it is the best. */
static void try_flow(const search *s, const patch *p, float u, float v, float *best, float at[2])
{
    float d[VALUES], cost = differences(s->level, p, u, v, d);
    if (cost < *best) {
        *best = cost;
        at[0] = u, at[1] = v;
    }
}

static void descend(const search *s, const patch *p, float *best, float at[2])
{
    float d[VALUES], u = at[0], v = at[1];
    differences(s->level, p, u, v, d);
    for (int step = 0; step < STEPS; step++) {
        float xs[EDGE] = { 0 }, ys[EDGE] = { 0 }, sums[EDGE] = { 0 };
        const float *gx = p->gx, *gy = p->gy;
        for (int row = 0; row < EDGE; row++, gx += s->level->width, gy += s->level->width)
#pragma omp simd
            for (int i = 0; i < EDGE; i++) {
                xs[i] += d[row * EDGE + i] * gx[i];
                ys[i] += d[row * EDGE + i] * gy[i];
                sums[i] += d[row * EDGE + i];
            }
        float sum = column_sum(sums), x = column_sum(xs) - sum * p->sum_x / VALUES,
              y = column_sum(ys) - sum * p->sum_y / VALUES;
        u -= p->inverse[0] * x + p->inverse[1] * y;
        v -= p->inverse[1] * x + p->inverse[2] * y;
        float cost = differences(s->level, p, u, v, d);
        if (!(cost < *best) || fabsf(u - at[0]) > FARTHEST || fabsf(v - at[1]) > FARTHEST)
            return;
        *best = cost;
        at[0] = u, at[1] = v;
    }
}

/* One patch; step: -1 when its neighbours before it are done, 1 when those after it are. */
static void move_patch(const search *s, int i, int j, int first, int last, int step)
{
    patch p;
    take_patch(s, patch_place(i, s->level->width), patch_place(j, s->level->height), &p);
    size_t own = (size_t)j * (size_t)s->across + (size_t)i;
    size_t middle = (size_t)(p.y + EDGE / 2) * (size_t)s->level->width + (size_t)(p.x + EDGE / 2);
    float best = INFINITY, at[2] = { 0 };
    if (step > 0) /* the second time */
        try_flow(s, &p, s->u[own], s->v[own], &best, at);
    else {
        try_flow(s, &p, s->begin->u[middle], s->begin->v[middle], &best, at);
        try_flow(s, &p, 0, 0, &best, at);
    }
    if (i + step >= 0 && i + step < s->across)
        try_flow(s, &p, s->u[own + (size_t)(ptrdiff_t)step], s->v[own + (size_t)(ptrdiff_t)step], &best, at);
    if (j + step >= first && j + step < last) {
        size_t other = (size_t)(j + step) * (size_t)s->across + (size_t)i;
        try_flow(s, &p, s->u[other], s->v[other], &best, at);
    }
    descend(s, &p, &best, at);
    s->u[own] = at[0], s->v[own] = at[1];
}

static int search_stripe(void *argument, int part, int thread)
{
    (void)thread;
    const search *s = argument;
    int first = part * STRIPE, last = first + STRIPE < s->down ? first + STRIPE : s->down;
    for (int j = first; j < last; j++)
        for (int i = 0; i < s->across; i++)
            move_patch(s, i, j, first, last, -1);
    for (int j = last - 1; j >= first; j--)
        for (int i = s->across - 1; i >= 0; i--)
            move_patch(s, i, j, first, last, 1);
    return SCUMBLE_OK;
}

/* The mean of the flows of the patches that cover a pixel, by how well each fits there. A part of a row at a time. */
enum { PIECE = 256 };

/* Adds what a patch says of its pixels first..last-1 of row y: weights, and flows by them. */
static void spread_patch(const search *s, int i, int x0, int y, int first, int last, float sums[3][PIECE])
{
    const sc_motion_level *l = s->level;
    float d[EDGE], u = s->u[i], v = s->v[i];
    row_differences(l, l->from + (size_t)y * (size_t)l->width + x0, (float)x0 + u, (float)y + v, d);
    for (int x = 0; x < EDGE; x++) {
        float size = fabsf(d[x]);
        d[x] = 1 / (size > 1 ? size : 1);
    }
    for (int x = x0 < first ? first - x0 : 0; x < EDGE && x0 + x < last; x++) {
        sums[0][x0 + x - first] += d[x];
        sums[1][x0 + x - first] += d[x] * u;
        sums[2][x0 + x - first] += d[x] * v;
    }
}

static void spread_piece(const search *s, int y, int first, int last)
{
    const sc_motion_level *l = s->level;
    float sums[3][PIECE] = { { 0 } }, *u = s->field->u + (size_t)y * (size_t)l->width + first,
          *v = s->field->v + (size_t)y * (size_t)l->width + first;
    int left = first < EDGE ? 0 : (first - EDGE + STRIDE) / STRIDE, top = y < EDGE ? 0 : (y - EDGE + STRIDE) / STRIDE;
    for (int j = top; j < s->down && patch_place(j, l->height) <= y; j++)
        for (int i = left; i < s->across && patch_place(i, l->width) < last; i++)
            spread_patch(s, j * s->across + i, patch_place(i, l->width), y, first, last, sums);
    for (int x = 0; x < last - first; x++) {
        u[x] = sums[1][x] / sums[0][x];
        v[x] = sums[2][x] / sums[0][x];
    }
}

static int spread_rows(void *argument, int part, int thread)
{
    (void)thread;
    const search *s = argument;
    const int width = s->level->width;
    for (int y = part * SC_MOTION_ROWS; y < (part + 1) * SC_MOTION_ROWS && y < s->level->height; y++)
        for (int x = 0; x < width; x += PIECE)
            spread_piece(s, y, x, x + PIECE < width ? x + PIECE : width);
    return SCUMBLE_OK;
}

int sc_motion_search(sc_threads *threads, const sc_motion_level *level, sc_flow *flow, sc_error *err)
{
    if (level->width < EDGE || level->height < EDGE)
        return SCUMBLE_OK;
    search s = { .level = level,
                 .begin = flow,
                 .across = (level->width - EDGE + STRIDE - 1) / STRIDE + 1,
                 .down = (level->height - EDGE + STRIDE - 1) / STRIDE + 1,
                 .field = flow };
    size_t count = (size_t)s.across * (size_t)s.down, pixels = (size_t)level->width * (size_t)level->height;
    s.u = sc_big_alloc(2 * (count + pixels) * sizeof *s.u, err);
    if (!s.u)
        return err->code;
    s.v = s.u + count, s.gx = s.v + count, s.gy = s.gx + pixels;
    int code = sc_threads_run(threads, sc_motion_parts(level->height), slopes_rows, &s);
    if (!code)
        code = sc_threads_run(threads, (s.down + STRIPE - 1) / STRIPE, search_stripe, &s);
    if (!code)
        code = sc_threads_run(threads, sc_motion_parts(level->height), spread_rows, &s);
    sc_big_free(s.u);
    return code;
}
