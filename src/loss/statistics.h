/* SPDX-License-Identifier: MIT */
/* What terms know of a picture, and how it becomes what a painted one is compared with: measured, blended with that of
 * others, prepared. */
#ifndef SC_LOSS_STATISTICS_H
#define SC_LOSS_STATISTICS_H

#include "core/need.h"
#include "loss/config.h"

/* The statistics of the picture rgb (h x w x 3) for each of `terms`: out[t], made ready to be targets by
 * sc_targets_prepare. weights: how much each pixel counts (1, 1, h, w), or NULL. On failure nothing is left in out. */
int sc_statistics_measure(const sc_objective_config *config, const sc_terms *terms, const float *rgb, int height,
                          int width, const sc_tensor *weights, sc_statistics *out, sc_error *err);
/* What a painting weighs among several: of all together, and of the heaviest of them. */
typedef struct sc_blend_weight {
    double of_all, of_heaviest;
} sc_blend_weight;
/* sum += of_all * other; or, for terms that join, positions of other are appended, all of the heaviest painting's and
 * of the others' as many as they weigh beside it. sum begins zeroed. */
int sc_statistics_blend(sc_statistics *sum, const sc_term *term, const sc_blend_weight *weight,
                        const sc_statistics *other, sc_error *err);
/* After blending: from statistics to targets, for each of `terms`. */
int sc_statistics_prepare(const sc_objective_config *config, const sc_terms *terms, sc_statistics *statistics,
                          sc_error *err);
/* Positions that style terms which join have to offer, of all paintings of a region. */
typedef struct sc_keys {
    double count[SC_MAX_TERMS][SC_MAX_STATISTICS]; /* of each tensor of the term's statistics */
} sc_keys;
/* What the statistics of a picture take. */
typedef struct sc_statistics_cost {
    sc_need need;          /* while they are measured, the results included */
    size_t averaged_bytes; /* the results of terms that average, */
    size_t joined_bytes;   /* of those that join, */
    size_t largest_bytes;  /* and of these the largest tensor: what is searched at a time */
    sc_keys keys;          /* what those that join offer to a search */
} sc_statistics_cost;
/* For a picture of this size and `terms`. */
int sc_statistics_estimate(const sc_objective_config *config, const sc_terms *terms, int height, int width,
                           sc_statistics_cost *cost, sc_error *err);

#endif
