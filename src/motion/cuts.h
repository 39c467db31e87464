/* SPDX-License-Identifier: MIT */
/* Cuts between shots, frame by frame, as FFmpeg's scdet finds them: by brightness. With d(t) the mean absolute
 * difference of luma (ITU-R BT.709) from the frame before, in per cent, frame t begins a shot where
 * min(d(t), |d(t) - d(t - 1)|) >= 10: a sudden difference, not one that goes on as in a fast pan. */
#ifndef SC_MOTION_CUTS_H
#define SC_MOTION_CUTS_H

#include "core/error.h"

/* All zero: before the first frame. */
typedef struct sc_cuts {
    float *luma; /* of the last frame, height * width */
    int width, height;
    double difference; /* d of the last frame */
} sc_cuts;

/* The next frame, height * width * 3 values in 0..1. *cut: a shot begins with it; so does one with the first frame of
 * all, and with one of another size. Only fails for want of memory. */
int sc_cuts_see(sc_cuts *cuts, const float *rgb, int width, int height, bool *cut, sc_error *err);
void sc_cuts_free(sc_cuts *cuts);

#endif
