/* SPDX-License-Identifier: MIT */
/* How near a picture is to a painting's style, how much of a photo's content it kept, and what artefacts it has: the
 * metrics of `scumble compare`.
 *
 * The features are the encoder's; everything that is made from them here has its own loops, in double precision, and
 * nothing of src/loss, so that a mistake in a loss cannot hide in its measure. The same numbers at any number of
 * threads. What a picture should be compared with has its size: the photo exactly, the painting by the long edge, never
 * enlarged. What is transparent counts as white.
 *
 * Layers: relu1_1, relu1_2, relu2_1, relu2_2, relu3_1 .. relu3_4, those of them that the encoder has. Below, F is a
 * layer's features (N positions x C channels) and a mean over layers weighs them alike. */
#ifndef SC_MEASURE_COMPARISON_H
#define SC_MEASURE_COMPARISON_H

#include "measure/controls.h"
#include "nets/encoder/encoder.h"
#include "scumble/compare.h"

typedef enum sc_metric {
    /* Content: the photo's own are 0, 1 and 0. */
    SC_METRIC_STRUCTURE, /* STROTSS' l_c (Kolkin et al. 2019): (1/n) sum_ij |D_ij - D^photo_ij|, D = cosine distances of
                          * hypercolumns at n = 32 x 32 fixed positions, columns normalised to sum 1; 0 .. 2. Colours
                          * may change freely, shapes may not */
    SC_METRIC_SSIM,      /* of the lumas (ssim.h); higher is nearer */
    SC_METRIC_CONTENT, /* |F - F_photo|^2 / |F_photo|^2, mean over the layers of block 3: what plain content losses look
                          at */
    /* Style: statistics of features, against the painting's. */
    SC_METRIC_EFFECTIVENESS, /* E of Yeh et al. 2020: 0.7468 E_1 + 0.2557 E_2 + 2.3768 E_3 for relu1_1, relu2_1,
                              * relu3_1, E_l = -ln KL(picture || painting) of Gaussians of the features along 32, 48 and
                              * 128 directions; KL counts as 0.001 at least. Higher is nearer */
    SC_METRIC_GRAM,          /* |G - G_s|_F^2 / |G_s|_F^2, G = F^T F / N (Gatys et al. 2016); mean over layers */
    SC_METRIC_SWD,   /* sliced Wasserstein-2, squared (Heitz et al. 2021): mean over 128 fixed directions of the squared
                      * distance of the sorted   projections, over the mean variance of the painting's projections; mean
                      * over layers */
    SC_METRIC_SIFID, /* SIFID (Shaham et al. 2019): squared Frechet distance of Gaussians of InceptionV3's features
                        before its second pooling */
    /* Artefacts. */
    SC_METRIC_COPY,   /* area of the largest contiguous copy of a part of the painting, in percent of the picture's
                       * (copies.h) */
    SC_METRIC_DETAIL, /* mean squared 5-point Laplacian of the luma over the painting's: 1 = as fine as the painting,
                         above = noise, below = blur */
    SC_METRIC_BORDER, /* colour of the outer 8 pixels against the next 8 (length of the difference of mean Y'CbCr, mean
                       * over the four sides) over the photo's, which counts at least half an 8-bit step: a frame shows
                       * as a large number */
    SC_METRIC_CHECKERBOARD, /* peaks of the spectrum at the frequencies of the pixel grid (checkerboard.h) */
    SC_METRIC_SEAM_X, /* squared difference across the wrap-around from right to left, over the mean of that between
                         horizontal neighbours inside: */
    SC_METRIC_SEAM_Y, /* about 1 when the picture tiles; _Y from bottom to top */
    SC_METRIC_COUNT
} sc_metric;
extern const scumble_metric_info sc_metrics[SC_METRIC_COUNT]; /* metrics.c */

/* All borrowed, for as long as the comparison lives. */
typedef struct sc_comparison_config {
    const sc_encoder *encoder;
    const sc_encoder *inception; /* for SIFID; NULL = it is not measured */
    sc_device *device;
    sc_threads *threads;
} sc_comparison_config;

/* What measures, and what is kept of one photo and painting at one size. */
typedef struct sc_comparison sc_comparison;

/* Encoders with none of the layers, or none of block 3, are refused. Caller frees with sc_comparison_free. */
int sc_comparison_create(sc_comparison **created, const sc_comparison_config *config, sc_error *err);
void sc_comparison_free(sc_comparison *comparison);
/* One line: the encoder's name, hash and layers. Borrowed. */
const char *sc_comparison_describe(const sc_comparison *comparison);

/* Takes a photo and a painting as the measure of pictures of width x height. The pictures may be freed afterwards.
 * SCUMBLE_ERR_ARGUMENT when something is too small. */
int sc_comparison_prepare(sc_comparison *comparison, const sc_image *photo, const sc_image *painting, int width,
                          int height, sc_error *err);
/* All metrics of a picture that has the prepared size; NAN for those that cannot be measured. */
int sc_comparison_measure(sc_comparison *comparison, const sc_image *picture, double values[SC_METRIC_COUNT],
                          sc_error *err);

#endif
