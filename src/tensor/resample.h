/* SPDX-License-Identifier: MIT */
/* Separable linear maps between pictures h x w x 3 (interleaved floats): bilinear resizes and their adjoints. A map
 * along one axis is a table of taps; its adjoint is the transposed table, so that gradients gather too, and every row
 * of a result is made by one part in a fixed order: the same bytes at any thread count. Not for resizing photos:
 * nothing is antialiased (media does that). */
#ifndef SC_TENSOR_RESAMPLE_H
#define SC_TENSOR_RESAMPLE_H

#include "core/threads.h"

/* result[o] = sum over k < width of weight[o * width + k] * source[index[o * width + k]]; outputs with fewer taps are
 * filled up with weight 0. */
typedef struct sc_taps {
    int inputs, outputs;
    int width;
    int *index;
    float *weight;
} sc_taps;

/* Bilinear with half-pixel centres (PyTorch's align_corners=False, no antialias): output o reads around (o + 0.5)
 * inputs / outputs - 0.5. Beyond the border: the nearest pixel, or with `wrap` the opposite side. Free with
 * sc_taps_free, harmless on a zeroed one. */
int sc_taps_bilinear(sc_taps *taps, int inputs, int outputs, bool wrap, sc_error *err);
/* The adjoint: inputs and outputs swapped. */
int sc_taps_transpose(sc_taps *taps, const sc_taps *of, sc_error *err);
void sc_taps_free(sc_taps *taps);

typedef struct sc_resampling {
    sc_threads *threads;           /* borrowed */
    const sc_taps *rows, *columns; /* vertical: h_from -> h_to; horizontal: w_from -> w_to */
    float *scratch;                /* sc_resample_scratch(w_from, number of threads) floats */
} sc_resampling;

size_t sc_resample_scratch(int width, int threads);
/* to = (base, or 0 where it is NULL) + scale * (from, resampled). base may be to; from may be neither. */
void sc_resample(const sc_resampling *r, const float *from, const float *base, float scale, float *to);

#endif
