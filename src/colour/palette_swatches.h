/* SPDX-License-Identifier: MIT */
/* Palettes of a few flat colours (brand colours, swatches). To split a picture into exact shares of five colours tears
 * flat areas apart and turns grain into confetti; so a picture is moved to such a palette by entropic transport
 * instead: each colour goes to a blend of the swatches, mostly to one of them. */
#ifndef SC_COLOUR_PALETTE_SWATCHES_H
#define SC_COLOUR_PALETTE_SWATCHES_H

#include "colour/oklab.h"

enum { SC_MOST_SWATCHES = 16 };

typedef struct sc_swatches {
    int count;                         /* the largest first */
    float colour[SC_MOST_SWATCHES][3]; /* OKLab */
    double share[SC_MOST_SWATCHES];    /* of the area that swatches cover; sums to 1 */
} sc_swatches;

/* True, and the swatches, when at most SC_MOST_SWATCHES colours cover 95 % of the palette (what softened borders and
 * JPEG do to swatches is allowed for). */
bool sc_swatches_find(sc_swatches *swatches, const sc_lab *palette);

/* Moves each colour x of lab to sum_k w_k s_k over the swatches s_k, w = softmax_k(h_k - |T x - s_k|^2 / (2 e^2)).
 *
 * T brings mean and deviation of each coordinate, taken from `sample` (which stands for lab), to the palette's, with
 * bounded gain. e is 0.35 of the distance between neighbouring swatches. The heights solve h_k = log(share_k / used_k):
 * unbalanced entropic optimal transport (Chizat et al. 2018, "Scaling Algorithms for Unbalanced Optimal Transport"),
 * which keeps to the shares as far as the picture's colours suggest. The map that these weights make is the gradient of
 * a convex function, so what is lighter stays lighter and no smooth area gets an edge. A palette with little or no
 * contrast of lightness gives tints and shades of its colours: the picture's own lightness is mixed in. */
void sc_swatches_apply(sc_threads *threads, const sc_swatches *swatches, const sc_lab *sample, sc_lab *lab);

#endif
