/* SPDX-License-Identifier: MIT */
/* Regions: how much each position of a picture counts, at the picture's size and on the grids of its features (Gatys et
 * al. 2017, "Controlling Perceptual Factors", section 4: guidance channels). A region is a tensor (1, 1, height, width)
 * of values in 0..1. */
#ifndef SC_LOSS_REGION_H
#define SC_LOSS_REGION_H

#include "core/threads.h"
#include "media/image.h"
#include "tensor/tensor.h"

/* The lightness (BT.601) of a mask picture times its alpha, area averages when it shrinks. Caller frees. */
int sc_region_from_image(sc_threads *threads, sc_tensor *region, const sc_image *mask, int height, int width,
                         sc_error *err);
/* The region at another size: area averages. Caller frees. */
int sc_region_resize(sc_threads *threads, sc_tensor *to, const sc_tensor *region, int height, int width, sc_error *err);
/* The part `part` of the same region on a grid of height x width (area averages), divided by `mean`, which is that of
 * the region: the whole grid then has mean 1. Where nothing counts: all zero. Caller frees. */
int sc_region_weights(sc_tensor *weights, const sc_tensor *region, double mean, int height, int width, sc_rect part,
                      sc_error *err);
/* n positions (row, column) drawn in proportion to their weights, in order of rows: the k-th is where the running sum
 * of weights passes (k + u_k) / n of it all, u_k random in 0..1; the same ones for the same seed. */
void sc_region_draw(const sc_tensor *weights, size_t n, uint64_t seed, float *positions);
/* The mean of a region: the part of the picture that it covers. */
double sc_region_share(const sc_tensor *region);

#endif
