/* SPDX-License-Identifier: MIT */
/* How a photo and a painting would go together, from their descriptors: what they have in common and what not. */
#ifndef SC_MEASURE_COMPATIBILITY_H
#define SC_MEASURE_COMPATIBILITY_H

#include "measure/descriptor.h"

/* Measures of a pair. Distances are sliced Wasserstein-2 distances (Bonneel et al. 2015), squared, over the variance of the painting, as natural logarithms. */
typedef enum sc_affinity {
    SC_AFFINITY_RELU1_1,       /* distance of the features' distributions at relu1_1, */
    SC_AFFINITY_RELU2_1,
    SC_AFFINITY_RELU3_1,
    SC_AFFINITY_RELU4_1,
    SC_AFFINITY_PALETTE,       /* and of the colours', in OKLab */
    SC_AFFINITY_COVERED,       /* mean over the photo's hypercolumns of the cosine of the nearest in the painting: how well it can be painted (Kolkin et al. 2022) */
    SC_AFFINITY_USED,          /* 0..1: how many of the painting's places these are: exp(entropy) over all places */
    SC_AFFINITY_USABLE,        /* the reverse: mean over the painting's hypercolumns of the cosine of the nearest in the photo */
    SC_AFFINITY_SCALE,         /* octaves by which the painting's forms are coarser than the photo's */
    SC_AFFINITY_ORIENTATION,   /* 0..1: how much the directions of edges differ (total variation distance, mean over scales) */
    SC_AFFINITY_CONTRAST,      /* log of the painting's gradient over the photo's, mean over scales */
    SC_AFFINITY_UNEVENNESS,    /* log of the painting's own: its quarters differ */
    SC_AFFINITY_ENERGY1,       /* log of the painting's energy over the photo's, at relu1_1 */
    SC_AFFINITY_ENERGY2,
    SC_AFFINITY_ENERGY3,
    SC_AFFINITY_ENERGY4,
    SC_AFFINITY_VARIETY1,      /* log of the painting's variance over its energy, squared, at relu1_1 */
    SC_AFFINITY_VARIETY2,
    SC_AFFINITY_VARIETY3,
    SC_AFFINITY_VARIETY4,
    SC_AFFINITY_LIGHTNESS,     /* the painting's spread of lightness, in OKLab's units */
    SC_AFFINITY_CHROMA,        /* its mean chroma */
    SC_AFFINITY_PHOTO_DETAIL,  /* log of the photo's finest gradient over its coarsest */
    SC_AFFINITY_STYLE_DETAIL,  /* the same of the painting */
    SC_AFFINITIES
} sc_affinity;
extern const char *const sc_affinity_names[SC_AFFINITIES];

void sc_affinities(const sc_descriptor *photo, const sc_descriptor *painting, double values[SC_AFFINITIES]);

#endif
