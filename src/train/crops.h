/* SPDX-License-Identifier: MIT */
/* Patches of pictures for training: cut out, mirrored, resized; and those of the paintings, which are what the
 * discriminator takes for real. Which patch sample k is depends on (seed, k) alone. */
#ifndef SC_TRAIN_CROPS_H
#define SC_TRAIN_CROPS_H

#include "media/image.h"

/* Where a patch lies. */
typedef struct sc_crop {
    int left, top, edge; /* in pixels of the picture; beyond its edges lie its mirror images */
    bool mirrored;       /* left and right are exchanged */
} sc_crop;

/* A square of half to all of the shorter side, but of `least` pixels at least, anywhere in the picture. least: 1 to the
 * shorter side. */
sc_crop sc_crop_draw(int width, int height, int least, uint64_t seed, uint64_t sample);
/* The patch, resized to edge x edge, what is transparent as it was filled (media/image_alpha.h): rgb, edge x edge x 3.
 */
int sc_crop_cut(const sc_image *image, const sc_crop *crop, int edge, float *rgb, sc_error *err);

/* Patches of paintings. A part of them is held out, to measure on: the right-hand fifth of every painting (or the lower
 * one, when it is higher than wide), or with five and more paintings every fifth of these. Patches that are larger than
 * the part they come from are filled up with its mirror images. */
typedef struct sc_crops sc_crops;

/* paintings: at the size at which they are learnt from; at least 32 pixels on both sides, else SCUMBLE_ERR_UNSUPPORTED.
 * weights: above 0, of any sum. Both are borrowed until sc_crops_free. Caller frees. */
int sc_crops_create(sc_crops **crops, const sc_image *paintings, const double *weights, int count, int edge,
                    uint64_t seed, sc_error *err);
void sc_crops_free(sc_crops *crops);
/* Patch `sample` to learn from: a painting drawn by its weight, anywhere in what is not held out, 0.7 to 1.4 times the
 * edge, mirrored or not, a little brighter or darker and with a little more or less contrast; where a painting is
 * transparent in part, one that shows as little of that as can be found. rgb: edge x edge x 3, in 0..1. */
int sc_crops_take(const sc_crops *crops, uint64_t sample, float *rgb, sc_error *err);
/* One of what is held out, as it is. */
int sc_crops_take_held_out(const sc_crops *crops, uint64_t sample, float *rgb, sc_error *err);

#endif
