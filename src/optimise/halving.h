/* SPDX-License-Identifier: MIT */
/* A picture's edges halved (rounded down, at least 1), and back: bilinear maps along rows and columns for the variables
 * that hold a picture in more sizes than one. */
#ifndef SC_OPTIMISE_HALVING_H
#define SC_OPTIMISE_HALVING_H

#include "tensor/resample.h"

/* Index 0 is along rows of pixels (heights), 1 along columns (widths). */
typedef struct sc_halving {
    sc_taps down[2], up[2], gather[2]; /* gather: the adjoint of up */
} sc_halving;

int sc_half(int edge);
/* For pictures of width x height. wrap: it wraps round at the border. Free with sc_halving_free, harmless on a zeroed
 * one, and after a failure. */
int sc_halving_create(sc_halving *halving, int width, int height, bool wrap, sc_error *err);
void sc_halving_free(sc_halving *halving);
/* Bytes of its tables. */
size_t sc_halving_bytes(int width, int height);
/* to = (base, or 0 where it is NULL) + scale * (from, by down, up or gather); scratch: of sc_resample. */
void sc_halving_resample(sc_threads *threads, const sc_taps taps[2], float *scratch, const float *from,
                         const float *base, float scale, float *to);

#endif
