/* SPDX-License-Identifier: MIT */
/* The Laplacian pyramid of a picture h x w x 3 (Burt and Adelson 1983), as NNST and STROTSS use it (Kolkin et al. 2022,
 * 2019): with
 *   x_0 = x, x_{i+1} = D(x_i), p_i = x_i - U(x_{i+1}), and at the coarsest level p_L = x_L,
 * the picture is x_i = p_i + U(x_{i+1}), down from x_L = p_L. D halves each edge (rounded down, at least 1) and U
 * enlarges again, both bilinear with half-pixel centres. Reconstruction is exact to rounding, whatever D and U are.
 * Nothing is clamped. One level: the picture itself. */
#ifndef SC_OPTIMISE_PYRAMID_H
#define SC_OPTIMISE_PYRAMID_H

#include "core/threads.h"

typedef struct sc_pyramid sc_pyramid;

typedef struct sc_level {
    int width, height;
    size_t offset; /* of its first value; level 0, the finest, stands first */
} sc_level;

enum { SC_MAX_LEVELS = 32 };

/* The levels of a picture of this size; returns how many. levels: at most so many (fewer when the picture has shrunk to
 * 1 x 1); 0 = as many as keep the long edge at 8 or more. width, height >= 1. */
int sc_pyramid_levels(int width, int height, int levels, sc_level level[SC_MAX_LEVELS]);
/* Bytes that sc_pyramid_create takes, with this many threads. */
size_t sc_pyramid_bytes(int width, int height, int levels, int threads);

/* wrap: resizes wrap round at the border, for pictures that tile. Caller frees; NULL on failure. The functions below
 * share its scratch, so only one may run at a time. */
int sc_pyramid_create(sc_pyramid **pyramid, int width, int height, int levels, bool wrap, sc_threads *threads,
                      sc_error *err);
void sc_pyramid_free(sc_pyramid *pyramid);

/* Borrowed; *count is the number of levels. */
const sc_level *sc_pyramid_level(const sc_pyramid *pyramid, int *count);
/* Coefficients in all, in floats. */
size_t sc_pyramid_count(const sc_pyramid *pyramid);

/* rgb (h x w x 3) -> coefficients. */
void sc_pyramid_decompose(const sc_pyramid *pyramid, const float *rgb, float *coefficients);
/* Coefficients -> rgb. */
void sc_pyramid_synthesise(const sc_pyramid *pyramid, const float *coefficients, float *rgb);
/* The adjoint of synthesise: from dL/d rgb to dL/d coefficients, by g_0 = dL/d rgb, g_{i+1} = U^T g_i, dL/dp_i = g_i.
 */
void sc_pyramid_pull_back(const sc_pyramid *pyramid, const float *rgb_gradient, float *gradient);

#endif
