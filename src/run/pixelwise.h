/* SPDX-License-Identifier: MIT */
/* What is done to each value of a picture by itself, on the pool: a picture of any size may be cancelled within it, and
 * is of no use then. `count`: values, three of a pixel. */
#ifndef SC_RUN_PIXELWISE_H
#define SC_RUN_PIXELWISE_H

#include "core/threads.h"

/* to = from within 0..1; both may be the same. */
void sc_pixelwise_clamp(sc_threads *threads, float *to, const float *from, size_t count);
/* to = to + plus - minus within 0..1; minus NULL: 1/2. */
void sc_pixelwise_shift(sc_threads *threads, float *to, const float *plus, const float *minus, size_t count);
/* to = share a + (1 - share) b; share 0: b, and a may be NULL. */
void sc_pixelwise_mix(sc_threads *threads, float *to, float share, const float *a, const float *b, size_t count);
/* The work of noise, in pixels that are resized, for each pixel. */
enum { SC_NOISE_PIXELS = 4 };
/* Gaussian noise around a colour, within 0..1; value i depends on (seed, i) alone. */
void sc_pixelwise_noise(sc_threads *threads, float *to, const double colour[3], float deviation, uint64_t seed,
                        size_t count);
/* to = min(1, to + other) */
void sc_pixelwise_join(sc_threads *threads, float *to, const float *other, size_t count);
/* to = photo + coverage (to - photo), with a coverage for each pixel. */
void sc_pixelwise_uncover(sc_threads *threads, float *to, const float *photo, const float *coverage, size_t count);

#endif
