/* SPDX-License-Identifier: MIT */
/* Dense optical flow between two frames: where each pixel of one is found in the other. From coarse to fine: patches
 * are moved to where they fit best (dense inverse search, Kroeger et al. 2016), become a field by a robust average, and
 * the field is refined by minimising an energy (brightness and gradients stay, the field is smooth but for edges; Brox
 * et al. 2004). The same bytes at any number of threads. */
#ifndef SC_MOTION_FLOW_H
#define SC_MOTION_FLOW_H

#include <math.h>

#include "core/threads.h"

/* Pixel (x, y) of one frame is (x + u, y + v) in the other; in pixels. */
typedef struct sc_flow {
    int width, height;
    float *u, *v; /* height * width, owned, big buffers */
} sc_flow;

/* Zeros. */
int sc_flow_create(sc_flow *flow, int width, int height, sc_error *err);
/* Harmless on a zeroed one. */
void sc_flow_free(sc_flow *flow);

/* Down to which level of the pyramid a flow is measured: the largest one of at most so many pixels. */
typedef enum sc_flow_detail {
    SC_FLOW_FAST = 1 << 17, /* half the size for 512 x 288: some 100 a second and processor, with a little more error */
    SC_FLOW_FINE = 1 << 22, /* the frame's own size, up to four million pixels */
} sc_flow_detail;

/* from, to: luma 0..1, height * width, at least 1 x 1. *flow is made anew; caller frees. On failure it is zeroed. */
int sc_flow_measure(sc_threads *threads, const float *from, const float *to, int width, int height,
                    sc_flow_detail detail, sc_flow *flow, sc_error *err);

/* How far the flow of a frame can be trusted: height * width values from 0 (what was hidden in the other frame, has
 * left it, or lies at the border of a motion) to 1, a little smoothed so that the trusted side gives way. back: the
 * flow of the other frame to this one. Caller frees with sc_big_free. (Sundaram et al. 2010, with the constants of
 * Ruder et al. 2016.) */
int sc_flow_trust(sc_threads *threads, const sc_flow *flow, const sc_flow *back, float **trust, sc_error *err);

/* v within low..high; low for what is not a number. (fminf and fmaxf are calls.) */
static inline float sc_within(float v, float low, float high)
{
    float least = v > low ? v : low;
    return least < high ? least : high;
}

static inline int sc_motion_clamp(int i, int count)
{
    return i < 0 ? 0 : i >= count ? count - 1 : i;
}

/* `plane`, of width x height values, at (x, y); beyond the border its nearest pixel. */
static inline float sc_flow_sample(const float *plane, int width, int height, float x, float y)
{
    x = sc_within(x, 0, (float)(width - 1)), y = sc_within(y, 0, (float)(height - 1));
    int left = (int)x, top = (int)y, right = sc_motion_clamp(left + 1, width), below = sc_motion_clamp(top + 1, height);
    float fx = x - (float)left, fy = y - (float)top;
    const float *a = plane + (size_t)top * (size_t)width, *b = plane + (size_t)below * (size_t)width;
    float upper = a[left] + fx * (a[right] - a[left]), lower = b[left] + fx * (b[right] - b[left]);
    return upper + fy * (lower - upper);
}

#endif
