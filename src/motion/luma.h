/* SPDX-License-Identifier: MIT */
/* Luma (ITU-R BT.709) of sRGB values as they are stored: what motion is measured by. */
#ifndef SC_MOTION_LUMA_H
#define SC_MOTION_LUMA_H

#include "media/image.h"

/* 0..1 each. */
static inline float sc_motion_luma(float red, float green, float blue)
{
    return 0.2126f * red + 0.7152f * green + 0.0722f * blue;
}

/* Of a picture: height * width values 0..1. Caller frees with sc_big_free; NULL on failure. */
int sc_image_luma(sc_threads *threads, const sc_image *image, float **luma, sc_error *err);

#endif
