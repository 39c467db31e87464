/* SPDX-License-Identifier: MIT */
/* Inside motion/: one level of the pyramid, and what is done on it. Rows are the parts of all jobs, ROWS a part. */
#ifndef SC_MOTION_LEVEL_H
#define SC_MOTION_LEVEL_H

#include <math.h>

#include "motion/flow.h"

enum { SC_MOTION_ROWS = 16 };
static inline int sc_motion_parts(int height)
{
    return (height + SC_MOTION_ROWS - 1) / SC_MOTION_ROWS;
}

typedef struct sc_motion_level {
    int width, height;
    float *from, *to; /* luma 0..255 */
} sc_motion_level;

static inline int sc_motion_clamp(int i, int count)
{
    return i < 0 ? 0 : i >= count ? count - 1 : i;
}

/* `image`, of width x height values, at (x, y); beyond the border its nearest pixel. */
static inline float sc_motion_at(const float *image, int width, int height, float x, float y)
{
    x = fminf(fmaxf(x, 0), (float)(width - 1)), y = fminf(fmaxf(y, 0), (float)(height - 1));
    int left = (int)x, top = (int)y, right = sc_motion_clamp(left + 1, width), below = sc_motion_clamp(top + 1, height);
    float fx = x - (float)left, fy = y - (float)top;
    const float *a = image + (size_t)top * (size_t)width, *b = image + (size_t)below * (size_t)width;
    float upper = a[left] + fx * (a[right] - a[left]), lower = b[left] + fx * (b[right] - b[left]);
    return upper + fy * (lower - upper);
}

/* search.c: the flow of the level's patches, begun from `flow` (of this level), as a field into `flow`. A picture with
 * an edge below 8 pixels has no patches and keeps it. */
int sc_motion_search(sc_threads *threads, const sc_motion_level *level, sc_flow *flow, sc_error *err);
/* refine.c: `flow` by the energy. */
int sc_motion_refine(sc_threads *threads, const sc_motion_level *level, sc_flow *flow, sc_error *err);

#endif
