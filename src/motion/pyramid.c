/* SPDX-License-Identifier: MIT */
/* A flow is measured from coarse to fine, in a pyramid. See flow.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "motion/level.h"

enum { MOST_LEVELS = 16, COARSEST_EDGE = 24, PIECE = 256 /* of a row, at a time */ };

/* ---- pictures of half the size ---- */

typedef struct resizing {
    const float *from;
    float *to;
    int width, height, to_width, to_height; /* of from; of to */
    float scale;                            /* of values */
} resizing;

/* Weights 1, 2, 1 both ways: values between smooth pixels are nearly what a line between them says, where those of
 * sharp ones would draw the flow towards whole pixels. */
static int smooth_frame_rows(void *argument, int part, int thread)
{
    (void)thread;
    const resizing *j = argument;
    for (int y = part * SC_MOTION_ROWS; y < (part + 1) * SC_MOTION_ROWS && y < j->height; y++) {
        const float *row = j->from + (size_t)y * (size_t)j->width,
                    *above = j->from + (size_t)sc_motion_clamp(y - 1, j->height) * (size_t)j->width,
                    *below = j->from + (size_t)sc_motion_clamp(y + 1, j->height) * (size_t)j->width;
        float *to = j->to + (size_t)y * (size_t)j->width, down[PIECE + 2];
        for (int first = 0; first < j->width; first += PIECE) {
            const int count = first + PIECE < j->width ? PIECE : j->width - first;
            for (int x = -1; x < count + 1; x++) {
                int at = sc_motion_clamp(first + x, j->width);
                down[x + 1] = j->scale / 16 * (above[at] + 2 * row[at] + below[at]);
            }
            for (int x = 0; x < count; x++)
                to[first + x] = down[x] + 2 * down[x + 1] + down[x + 2];
        }
    }
    return SCUMBLE_OK;
}

/* Means of 2 x 2 pixels. */
static int halve_rows(void *argument, int part, int thread)
{
    (void)thread;
    const resizing *j = argument;
    for (int y = part * SC_MOTION_ROWS; y < (part + 1) * SC_MOTION_ROWS && y < j->to_height; y++) {
        const float *a = j->from + (size_t)(2 * y) * (size_t)j->width,
                    *b = j->from + (size_t)sc_motion_clamp(2 * y + 1, j->height) * (size_t)j->width;
        float *to = j->to + (size_t)y * (size_t)j->to_width;
        for (int x = 0; x < j->to_width; x++) {
            int right = sc_motion_clamp(2 * x + 1, j->width);
            to[x] = 0.25f * (a[2 * x] + a[right] + b[2 * x] + b[right]);
        }
    }
    return SCUMBLE_OK;
}

/* A field of half the size, whose values double with it, by straight lines between them: each new value lies a quarter
 * of the way from one to the next. */

static void enlarge_piece(const resizing *j, int y, int first, int last)
{
    const int above = sc_motion_clamp(y & 1 ? y / 2 : y / 2 - 1, j->height),
              below = sc_motion_clamp(y & 1 ? y / 2 + 1 : y / 2, j->height);
    const float *a = j->from + (size_t)above * (size_t)j->width, *b = j->from + (size_t)below * (size_t)j->width,
                share = y & 1 ? 0.25f : 0.75f;
    float between[PIECE + 2], *to = j->to + (size_t)y * (size_t)j->to_width;
    for (int x = first - 1; x < last + 1; x++) {
        int at = sc_motion_clamp(x, j->width);
        between[x - first + 1] = j->scale * (a[at] + share * (b[at] - a[at]));
    }
    const int pairs = 2 * last <= j->to_width ? last : last - 1;
    for (int x = first; x < pairs; x++) {
        const float *at = between + x - first + 1;
        to[2 * x] = at[0] + 0.25f * (at[-1] - at[0]);
        to[2 * x + 1] = at[0] + 0.25f * (at[1] - at[0]);
    }
    if (pairs < last) {
        const float *at = between + pairs - first + 1;
        to[2 * pairs] = at[0] + 0.25f * (at[-1] - at[0]);
    }
}

static int enlarge_rows(void *argument, int part, int thread)
{
    (void)thread;
    const resizing *j = argument;
    for (int y = part * SC_MOTION_ROWS; y < (part + 1) * SC_MOTION_ROWS && y < j->to_height; y++)
        for (int x = 0; x < j->width; x += PIECE)
            enlarge_piece(j, y, x, x + PIECE < j->width ? x + PIECE : j->width);
    return SCUMBLE_OK;
}

static int enlarge(sc_threads *threads, sc_flow *flow, int width, int height, sc_error *err)
{
    sc_flow larger;
    int code = sc_flow_create(&larger, width, height, err);
    const float *from[2] = { flow->u, flow->v };
    float *to[2] = { larger.u, larger.v };
    for (int i = 0; i < 2 && !code; i++)
        code = sc_threads_run(threads, sc_motion_parts(height), enlarge_rows,
                              &(resizing){ from[i], to[i], flow->width, flow->height, width, height, 2 });
    sc_flow_free(flow);
    *flow = larger;
    return code;
}

typedef struct pyramid {
    int levels, finest; /* the flow is measured down to this one */
    sc_motion_level level[MOST_LEVELS];
} pyramid;

static void pyramid_free(pyramid *p)
{
    for (int k = 0; k < p->levels; k++) {
        sc_big_free(p->level[k].from);
        sc_big_free(p->level[k].to);
    }
}

static int pyramid_add(pyramid *p, int width, int height, sc_error *err)
{
    size_t bytes = (size_t)width * (size_t)height * sizeof(float);
    sc_motion_level *l = &p->level[p->levels++];
    *l = (sc_motion_level){ width, height, sc_big_alloc(bytes, err), NULL };
    l->to = l->from ? sc_big_alloc(bytes, err) : NULL;
    return l->to ? SCUMBLE_OK : err->code;
}

static int pyramid_create(sc_threads *threads, pyramid *p, const float *const frames[2], int width, int height,
                          sc_flow_detail detail, sc_error *err)
{
    *p = (pyramid){ 0 };
    int code = pyramid_add(p, width, height, err);
    float *smooth[2] = { p->level[0].from, p->level[0].to };
    for (int i = 0; i < 2 && !code; i++)
        code = sc_threads_run(threads, sc_motion_parts(height), smooth_frame_rows,
                              &(resizing){ frames[i], smooth[i], width, height, width, height, 255 });
    while (!code && p->levels < MOST_LEVELS) {
        const sc_motion_level *last = &p->level[p->levels - 1];
        int w = (last->width + 1) / 2, h = (last->height + 1) / 2;
        if (w < COARSEST_EDGE && h < COARSEST_EDGE)
            break;
        code = pyramid_add(p, w, h, err);
        sc_motion_level *l = &p->level[p->levels - 1];
        const float *from[2] = { last->from, last->to };
        float *to[2] = { l->from, l->to };
        for (int i = 0; i < 2 && !code; i++)
            code = sc_threads_run(threads, sc_motion_parts(h), halve_rows,
                                  &(resizing){ from[i], to[i], last->width, last->height, w, h, 1 });
    }
    while (!code && p->finest < p->levels - 1 &&
           (int64_t)p->level[p->finest].width * p->level[p->finest].height > detail)
        p->finest++;
    return code;
}

int sc_flow_measure(sc_threads *threads, const float *from, const float *to, int width, int height,
                    sc_flow_detail detail, sc_flow *flow, sc_error *err)
{
    pyramid p;
    *flow = (sc_flow){ 0 };
    int code = pyramid_create(threads, &p, (const float *const[2]){ from, to }, width, height, detail, err);
    for (int k = p.levels - 1; k >= 0 && !code; k--) {
        const sc_motion_level *l = &p.level[k];
        code =
            flow->u ? enlarge(threads, flow, l->width, l->height, err) : sc_flow_create(flow, l->width, l->height, err);
        if (!code && k >= p.finest)
            code = sc_motion_search(threads, l, flow, err);
        if (!code && k >= p.finest)
            code = sc_motion_refine(threads, l, flow, err);
    }
    if (!code || code == SCUMBLE_ERR_CANCELLED) /* which comes without its sentence */
        code = sc_threads_check(threads, err);
    if (code)
        sc_flow_free(flow);
    pyramid_free(&p);
    return code;
}
