/* SPDX-License-Identifier: MIT */
/* Dense optical flow between two frames: where each pixel of one is found in the other. From coarse to fine: patches
 * are moved to where they fit best (dense inverse search, Kroeger et al. 2016), become a field by a robust average, and
 * the field is refined by minimising an energy (brightness and gradients stay, the field is smooth but for edges; Brox
 * et al. 2004). The same bytes at any number of threads. */
#ifndef SC_MOTION_FLOW_H
#define SC_MOTION_FLOW_H

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

/* from, to: luma 0..1, height * width, at least 1 x 1. *flow is made anew; caller frees. On failure it is zeroed. */
int sc_flow_measure(sc_threads *threads, const float *from, const float *to, int width, int height, sc_flow *flow,
                    sc_error *err);

/* How far the flow of a frame can be trusted: height * width values from 0 (what was hidden in the other frame, has
 * left it, or lies at the border of a motion) to 1, a little smoothed so that the trusted side gives way. back: the
 * flow of the other frame to this one. Caller frees with sc_big_free. (Sundaram et al. 2010, with the constants of
 * Ruder et al. 2016.) */
int sc_flow_trust(sc_threads *threads, const sc_flow *flow, const sc_flow *back, float **trust, sc_error *err);

#endif
