/* SPDX-License-Identifier: MIT */
/* Dense inverse search (Kroeger, Timofte, Dai, Van Gool 2016, "Fast Optical Flow using Dense Inverse Search"): each
 * patch of one frame is moved by Gauss-Newton steps, whose Hessian needs the patch alone, until it fits the other frame
 * best; differences of brightness as a whole do not count. Neighbours' flows are tried, too, first from the upper left,
 * then from the lower right, within stripes of patches of a fixed height. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "motion/level.h"

enum { EDGE = 8, VALUES = EDGE * EDGE, STRIDE = 4, STRIPE = 8, STEPS = 8 };
#define FARTHEST 8.0f /* pixels that a patch may move from where it began, at one level */

typedef struct patch {
    int x, y;
    float from[VALUES], gx[VALUES], gy[VALUES]; /* values, and their slopes */
    float sum_x, sum_y, inverse[3];             /* sums of the slopes; inverse of the Hessian: xx, xy, yy */
} patch;

typedef struct search {
    const sc_motion_level *level;
    const sc_flow *begin;
    sc_flow *field;
    int across, down; /* patches */
    float *u, *v;     /* of each patch */
} search;

static int patch_place(int i, int extent)
{
    return i * STRIDE < extent - EDGE ? i * STRIDE : extent - EDGE;
}

/* Slopes by Scharr's operator, whose smoothing keeps noise out. */
static void take_patch(const sc_motion_level *l, int x0, int y0, patch *p)
{
    *p = (patch){ .x = x0, .y = y0 };
    float xx = 0, xy = 0, yy = 0;
    for (int i = 0; i < VALUES; i++) {
        int x = x0 + i % EDGE, y = y0 + i / EDGE, left = sc_motion_clamp(x - 1, l->width),
            right = sc_motion_clamp(x + 1, l->width);
        const float *row = l->from + (size_t)y * (size_t)l->width,
                    *above = l->from + (size_t)sc_motion_clamp(y - 1, l->height) * (size_t)l->width,
                    *below = l->from + (size_t)sc_motion_clamp(y + 1, l->height) * (size_t)l->width;
        p->from[i] = row[x];
        float gx = (3 * (above[right] - above[left]) + 10 * (row[right] - row[left]) +
                    3 * (below[right] - below[left])) /
                   32,
              gy = (3 * (below[left] - above[left]) + 10 * (below[x] - above[x]) + 3 * (below[right] - above[right])) /
                   32;
        p->gx[i] = gx, p->gy[i] = gy;
        p->sum_x += gx, p->sum_y += gy;
        xx += gx * gx, xy += gx * gy, yy += gy * gy;
    }
    xx -= p->sum_x * p->sum_x / VALUES, xy -= p->sum_x * p->sum_y / VALUES, yy -= p->sum_y * p->sum_y / VALUES;
    float most = 0.01f * (xx + yy) + 1e-3f; /* a flat patch, or an edge alone, does not run away along itself */
    xx += most, yy += most;
    float determinant = xx * yy - xy * xy;
    p->inverse[0] = yy / determinant, p->inverse[1] = -xy / determinant, p->inverse[2] = xx / determinant;
}

/* The differences at this flow; the sum of their squares, less that of their mean. */
static float differences(const sc_motion_level *l, const patch *p, float u, float v, float d[VALUES])
{
    float left = (float)p->x + u, top = (float)p->y + v, sum = 0, squares = 0;
    int x0 = (int)floorf(left), y0 = (int)floorf(top);
    if (x0 >= 0 && y0 >= 0 && x0 + EDGE < l->width && y0 + EDGE < l->height) {
        float fx = left - (float)x0, fy = top - (float)y0, a = (1 - fx) * (1 - fy), b = fx * (1 - fy),
              c = (1 - fx) * fy, e = fx * fy;
        const float *row = l->to + (size_t)y0 * (size_t)l->width + (size_t)x0;
        for (int y = 0; y < EDGE; y++, row += l->width)
            for (int x = 0; x < EDGE; x++)
                d[y * EDGE + x] = a * row[x] + b * row[x + 1] + c * row[x + l->width] + e * row[x + l->width + 1] -
                                  p->from[y * EDGE + x];
    } else
        for (int i = 0; i < VALUES; i++)
            d[i] = sc_flow_sample(l->to, l->width, l->height, left + (float)(i % EDGE), top + (float)(i / EDGE)) -
                   p->from[i];
    for (int i = 0; i < VALUES; i++) {
        sum += d[i];
        squares += d[i] * d[i];
    }
    return squares - sum * sum / VALUES;
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
        float x = 0, y = 0, sum = 0;
        for (int i = 0; i < VALUES; i++) {
            x += d[i] * p->gx[i];
            y += d[i] * p->gy[i];
            sum += d[i];
        }
        x -= sum * p->sum_x / VALUES, y -= sum * p->sum_y / VALUES;
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
    take_patch(s->level, patch_place(i, s->level->width), patch_place(j, s->level->height), &p);
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

/* The mean of the flows of the patches that cover a pixel, by how well each fits there. */
static int spread_rows(void *argument, int part, int thread)
{
    (void)thread;
    const search *s = argument;
    const sc_motion_level *l = s->level;
    for (int y = part * SC_MOTION_ROWS; y < (part + 1) * SC_MOTION_ROWS && y < l->height; y++)
        for (int x = 0; x < l->width; x++) {
            size_t at = (size_t)y * (size_t)l->width + (size_t)x;
            float u = 0, v = 0, sum = 0;
            for (int j = y < EDGE ? 0 : (y - EDGE + STRIDE) / STRIDE; j < s->down && patch_place(j, l->height) <= y;
                 j++)
                for (int i = x < EDGE ? 0 : (x - EDGE + STRIDE) / STRIDE;
                     i < s->across && patch_place(i, l->width) <= x; i++) {
                    size_t p = (size_t)j * (size_t)s->across + (size_t)i;
                    float d = sc_flow_sample(l->to, l->width, l->height, (float)x + s->u[p], (float)y + s->v[p]) -
                              l->from[at];
                    float weight = 1 / fmaxf(1, fabsf(d));
                    u += weight * s->u[p], v += weight * s->v[p], sum += weight;
                }
            s->field->u[at] = u / sum, s->field->v[at] = v / sum;
        }
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
    size_t count = (size_t)s.across * (size_t)s.down;
    s.u = malloc(count * sizeof *s.u);
    s.v = malloc(count * sizeof *s.v);
    int code = s.u && s.v ? SCUMBLE_OK : sc_fail_memory(err, 2 * count * sizeof *s.u);
    if (!code)
        code = sc_threads_run(threads, (s.down + STRIPE - 1) / STRIPE, search_stripe, &s);
    if (!code)
        code = sc_threads_run(threads, sc_motion_parts(level->height), spread_rows, &s);
    free(s.u);
    free(s.v);
    return code;
}
