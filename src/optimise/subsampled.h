/* SPDX-License-Identifier: MIT */
/* A picture h x w x 3 as lightness at every pixel and colour at half the size, as JPEG and films have it (4:2:0):
 *   rgb = m / sqrt(3) + U(c) / 2,
 * with m (h x w) the channels' sum over sqrt(3), c (h/2 x w/2 x 3, edges rounded down, at least 1) what the channels
 * have beyond their mean, and U bilinear. The eye sees no finer colour, and an encoder's gradient is full of it: noise
 * of single pixels in hue, which no painting has. A picture without colour is m alone. */
#ifndef SC_OPTIMISE_SUBSAMPLED_H
#define SC_OPTIMISE_SUBSAMPLED_H

#include "core/threads.h"

typedef struct sc_subsampled sc_subsampled;

/* grey: m alone. wrap: U wraps round at the border. threads is borrowed. Caller frees; NULL on failure. The functions
 * below share its scratch, so only one may run at a time. SCUMBLE_ERR_ARGUMENT for edges below 1. */
int sc_subsampled_create(sc_subsampled **subsampled, int width, int height, bool grey, bool wrap, sc_threads *threads,
                         sc_error *err);
void sc_subsampled_free(sc_subsampled *subsampled);
/* Bytes that sc_subsampled_create takes, with this many threads. */
size_t sc_subsampled_bytes(int width, int height, bool grey, int threads);
/* Values: m, then c. */
size_t sc_subsampled_count(int width, int height, bool grey);
/* The size of c. */
void sc_subsampled_colour_size(int width, int height, int *colour_width, int *colour_height);

/* rgb -> values: finer colour is lost. */
void sc_subsampled_split(const sc_subsampled *subsampled, const float *rgb, float *values);
/* values -> rgb. */
void sc_subsampled_join(const sc_subsampled *subsampled, const float *values, float *rgb);
/* The adjoint of join: dL/d rgb -> dL/d values. */
void sc_subsampled_pull_back(const sc_subsampled *subsampled, const float *rgb_gradient, float *gradient);

#endif
