/* SPDX-License-Identifier: MIT */
/* Luma as JPEG has it (ITU-R BT.601), of sRGB values as they are stored. */
#ifndef SC_MEASURE_LUMA_H
#define SC_MEASURE_LUMA_H

/* rgb: three values 0..1; 0..1. */
static inline double sc_luma(const float *rgb)
{
    return 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
}

#endif
