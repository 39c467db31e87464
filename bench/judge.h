/* SPDX-License-Identifier: MIT */
/* How near a picture is to a painting's style, how much of a photo's structure it kept, and what artefacts it has.
 *
 * The features are the encoder's; everything that is made from them here has its own loops, in double precision, and nothing of src/style,
 * so that a mistake in a loss cannot hide in its measure. The same numbers at any number of threads. What a picture should be compared
 * with has its size: the photo exactly, the painting by the long edge.
 *
 * Layers: relu1_1, relu1_2, relu2_1, relu2_2, relu3_1 .. relu3_4, those of them that the encoder has. Below, F is a layer's features
 * (N positions x C channels) and a mean over layers weighs them alike. */
#ifndef BENCH_JUDGE_H
#define BENCH_JUDGE_H

#include "media/image.h"

enum {
    /* Style: 0 = the painting's own statistics; lower is nearer. The painting is measured at the picture's long edge, never enlarged. */
    JUDGE_GRAM,      /* |G - G_s|_F^2 / |G_s|_F^2, G = F^T F / N (Gatys et al. 2016); mean over layers */
    JUDGE_SWD,       /* sliced Wasserstein-2, squared (Heitz et al. 2021): mean over 128 fixed directions of the squared distance of the sorted
                      * projections, over the mean variance of the painting's projections; mean over layers */
    /* Structure: 0 = the photo's own; lower is nearer. The photo is measured at the picture's size. */
    JUDGE_STRUCTURE, /* STROTSS' l_c (Kolkin et al. 2019): (1/n) sum_ij |D_ij - D^photo_ij|, D = cosine distances of hypercolumns at n = 32 x 32
                      * fixed positions, columns normalised to sum 1; 0 .. 2. Colours may change freely, shapes may not */
    JUDGE_CONTENT,   /* |F - F_photo|^2 / |F_photo|^2, mean over the layers of block 3: what plain content losses look at */
    /* Artefacts. */
    JUDGE_DETAIL,    /* mean squared 5-point Laplacian of the luma over the painting's: 1 = as fine as the painting, above = noise, below = blur */
    JUDGE_BORDER,    /* colour of the outer 8 pixels against the next 8 (length of the difference of mean Y'CbCr, mean over the four sides) over
                      * the photo's, which counts at least half an 8-bit step: a frame shows as a large number */
    JUDGE_SEAM_X,    /* squared difference across the wrap-around from right to left, over the mean of that between horizontal neighbours inside: */
    JUDGE_SEAM_Y,    /* about 1 when the picture tiles; _Y from bottom to top */
    JUDGE_MEASURES
};
extern const char *const judge_measure_names[JUDGE_MEASURES];

/* Encoder, threads, and what is kept of one photo and painting at one size. */
typedef struct style_judge style_judge;

/* `encoder` is a name or path as sc_encoder_open takes it, or NULL: the data directory's vgg19, else the developers' copy in
 * ../shared/models. threads 0 = all processors. Encoders with none of the layers, or none of block 3, are refused. Caller frees with judge_free. */
int judge_create(style_judge **created, const char *encoder, int threads, sc_error *err);
void judge_free(style_judge *judge);
/* One line: the encoder's name, hash and layers. Borrowed. */
const char *judge_describe(const style_judge *judge);

/* Takes a photo and a painting as the measure of pictures of width x height (32 or more each). The pictures may be freed afterwards. */
int judge_prepare(style_judge *judge, const sc_image *photo, const sc_image *painting, int width, int height, sc_error *err);
/* The painting as it is compared with pictures of this long edge: that long itself, never enlarged. Free *resized with sc_image_free. */
int judge_resize_painting(const sc_image *painting, int long_edge, sc_image *resized, sc_error *err);
/* All measures of a picture that has the prepared size. */
int judge_measure(style_judge *judge, const sc_image *picture, double values[JUDGE_MEASURES], sc_error *err);

#endif
