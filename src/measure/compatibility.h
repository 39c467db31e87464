/* SPDX-License-Identifier: MIT */
/* How a photo and a painting would go together, from their descriptors: what they have in common and what not. */
#ifndef SC_MEASURE_COMPATIBILITY_H
#define SC_MEASURE_COMPATIBILITY_H

#include "measure/descriptor.h"

/* Measures of a pair. Distances are sliced Wasserstein-2 distances (Bonneel et al. 2015), squared, over the variance of
 * the painting, as natural logarithms. */
typedef enum sc_affinity {
    SC_AFFINITY_RELU1_1, /* distance of the features' distributions at relu1_1, */
    SC_AFFINITY_RELU2_1,
    SC_AFFINITY_RELU3_1,
    SC_AFFINITY_RELU4_1,
    SC_AFFINITY_PALETTE, /* and of the colours', in OKLab */
    SC_AFFINITY_COVERED, /* mean over the photo's hypercolumns of the cosine of the nearest in the painting: how well it
                            can be painted (Kolkin et al. 2022) */
    SC_AFFINITY_USED,    /* 0..1: how many of the painting's places these are: exp(entropy) over all places */
    SC_AFFINITY_USABLE,  /* the reverse: mean over the painting's hypercolumns of the cosine of the nearest in the photo
                          */
    SC_AFFINITY_SCALE,   /* octaves by which the painting's forms are coarser than the photo's */
    SC_AFFINITY_ORIENTATION, /* 0..1: how much the directions of edges differ (total variation distance, mean over
                                scales, weighted by gradients) */
    SC_AFFINITY_CONTRAST,    /* log of the painting's gradient over the photo's, mean over scales */
    SC_AFFINITY_UNEVENNESS,  /* log of the painting's own: its quarters differ */
    SC_AFFINITY_ENERGY1,     /* log of the painting's energy over the photo's, at relu1_1 */
    SC_AFFINITY_ENERGY2,
    SC_AFFINITY_ENERGY3,
    SC_AFFINITY_ENERGY4,
    SC_AFFINITY_VARIETY1, /* log of the painting's variance over its energy, squared, at relu1_1 */
    SC_AFFINITY_VARIETY2,
    SC_AFFINITY_VARIETY3,
    SC_AFFINITY_VARIETY4,
    SC_AFFINITY_LIGHTNESS,    /* the painting's spread of lightness, in OKLab's units */
    SC_AFFINITY_CHROMA,       /* its mean chroma */
    SC_AFFINITY_PHOTO_DETAIL, /* log of the photo's finest gradient over its coarsest */
    SC_AFFINITY_STYLE_DETAIL, /* the same of the painting */
    SC_AFFINITIES
} sc_affinity;
void sc_affinities(const sc_descriptor *photo, const sc_descriptor *painting, double values[SC_AFFINITIES]);

/* What the measures tell, in groups. */
typedef enum sc_reason {
    SC_REASON_FEATURES,     /* how near the features of both are in distribution */
    SC_REASON_COUNTERPARTS, /* how much of each finds its like in the other */
    SC_REASON_TEXTURE,      /* scale, directions and contrast of texture */
    SC_REASON_COLOURS,
    SC_REASON_PAINTING, /* what the painting alone makes easy or hard */
    SC_REASONS
} sc_reason;

/* The model: outcome = mean + sum over measures of weight (value - mean) / deviation, a ridge regression on half of the
 * pairs that were painted and measured (doc/match.md); likewise the logarithm of beta. */
typedef struct sc_affinity_info {
    const char *name;
    double mean, deviation;
    double outcome, log_beta; /* weights */
    sc_reason reason;
} sc_affinity_info;
extern const sc_affinity_info sc_affinity_infos[SC_AFFINITIES];

typedef struct sc_compatibility {
    double affinities[SC_AFFINITIES];
    double outcome; /* foretold: log of the sliced Wasserstein distance from the painting's features, over their
                       variance, that the default method reaches where the picture has kept as much of the photo's
                       structure as usual */
    double score;   /* 0..100: how many of 100 pairs should come out worse */
    double reasons[SC_REASONS]; /* what of that is due to what, in standard deviations: above 0 = better than usual */
    double beta;                /* 1..32: the weight of the style with which the usual structure should be kept */
} sc_compatibility;

void sc_compatibility_of(const sc_descriptor *photo, const sc_descriptor *painting, sc_compatibility *result);

#endif
