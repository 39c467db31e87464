/* SPDX-License-Identifier: MIT */
/* The motion that most of a frame has: that of the camera, as a rule. */
#ifndef SC_MOTION_PAN_H
#define SC_MOTION_PAN_H

#include "motion/flow.h"

/* (*x, *y): where most of the frame is found in the other one, further right and down, in pixels: the median of what is
 * trusted (height * width values 0..1, more than a half), and then the mean of what moves as that does within a pixel.
 * 0 where less than a third of the frame does, and of a camera that stands still. */
int sc_flow_pan(const sc_flow *flow, const float *trust, double *x, double *y, sc_error *err);

#endif
