/* SPDX-License-Identifier: MIT */
/* What the picture is compared with at one scale: the photo at that size, the paintings at theirs, and their
 * statistics, by regions. */
#ifndef SC_RUN_TARGETS_H
#define SC_RUN_TARGETS_H

#include "run/paintings.h"

/* A painting, or the part of it that counts. */
typedef struct sc_piece {
    int painting;            /* of the style */
    const sc_tensor *counts; /* a region of it, or NULL = all */
} sc_piece;

/* What is painted where. Everything is borrowed. */
typedef struct sc_guides {
    const sc_piece *pieces; /* NULL: each painting of the style, as it was given */
    int piece_count;
    const sc_tensor *const *masks;   /* one for each piece: where it goes; NULL = all of them everywhere. Where several
                                        overlap they share the place as the paintings' weights say */
    const sc_tensor *protect;        /* what stays closer to the photo; or NULL */
    const sc_tensor *legible;        /* where fine structure is to stay legible; NULL = nowhere */
    const sc_image *reference;       /* what terms of role reference hold the picture to, of any size; NULL = nothing */
    const sc_tensor *reference_mask; /* where; NULL = everywhere */
} sc_guides;

/* Which guides there are: what is known of them before there are pictures. */
typedef struct sc_guided {
    bool masks, protect, legible, reference;
} sc_guided;
/* Regions of the style, of so many paintings; 0 = one, everywhere alike. */
static inline int sc_guided_regions(const sc_guided *guided, int paintings)
{
    return guided->masks ? paintings : guided->protect;
}

/* What a picture says where a map lets it. */
typedef struct sc_masked_targets {
    sc_statistics statistics[SC_MAX_TERMS];
    sc_tensor weights; /* empty: everywhere */
    sc_region_targets region;
} sc_masked_targets;

typedef struct sc_targets {
    const sc_image *content; /* at this scale, recoloured; lightness only when colour is luminance. `resized`, or the
                                photo itself, borrowed */
    sc_image resized;
    sc_statistics content_targets[SC_MAX_TERMS];
    sc_tensor protect, content_weights; /* empty when nothing is protected */
    sc_region_targets content_region;
    sc_masked_targets legible, reference;
    sc_tensor *weights; /* of each region, when there are masks or something is protected */
    sc_region_targets *regions;
    int region_count;
    sc_statistics **fresh; /* of each region: style targets that are not kept in the cache; else NULL */
    int fresh_terms;
    sc_objective_targets all; /* the above, for sc_objective_create */
    double measured_pixels;   /* of photo and paintings: the work that it was */
} sc_targets;
void sc_targets_free(sc_targets *targets);
/* Frees what is only needed to begin: the photo; the targets of the content, which an objective that looks at a whole
 * picture has copied. */
void sc_targets_forget_photo(sc_targets *targets);
void sc_targets_forget_content(sc_targets *targets);

/* config's layers are first cut down to those that exist at this size (a 17 x 31 picture has no relu5_1); when none is
 * left, to the deepest layer that does. content NULL: a texture. */
int sc_targets_create(sc_targets *targets, sc_objective_config *config, const sc_paintings *paintings,
                      const sc_image *content, const sc_guides *guides, const sc_scale *scale, sc_error *err);

/* What that takes. */
typedef struct sc_targets_cost {
    sc_paintings_cost paintings;
    sc_need photo;   /* while it is measured, and the work */
    sc_need regions; /* where they lie, */
    sc_need maps;    /* and targets that are as large as the picture: both as long as the scale lasts */
} sc_targets_cost;
/* keys: as for sc_paintings_estimate. */
int sc_targets_estimate(const sc_objective_config *config, const sc_paintings *paintings, const sc_guided *guided,
                        const sc_scale *scale, sc_keys *keys, sc_targets_cost *cost, sc_error *err);

#endif
