/* SPDX-License-Identifier: MIT */
/* Pictures moved along a flow. */
#ifndef SC_MOTION_WARP_H
#define SC_MOTION_WARP_H

#include "media/image.h"
#include "motion/flow.h"

/* *warped, made anew: at (x, y) the picture's colour, and alpha, at (x + u, y + v), by the cubic of Keys (1981), which
 * keeps detail over many frames, within the range of the nearest four pixels, so that edges get no halo. Beyond the
 * border: its nearest pixel. The flow has the picture's size. What is beyond sRGB, and metadata, stay behind. Caller
 * frees with sc_image_free; zeroed on failure. */
int sc_image_warp(sc_threads *threads, const sc_image *image, const sc_flow *flow, sc_image *warped, sc_error *err);

#endif
