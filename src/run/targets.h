/* SPDX-License-Identifier: MIT */
/* What the picture is compared with at one scale: the photo at that size, the paintings at theirs, and their
 * statistics, by regions. */
#ifndef SC_RUN_TARGETS_H
#define SC_RUN_TARGETS_H

#include <stdint.h>

#include "media/image.h"
#include "loss/objective.h"
#include "run/scales.h"

typedef enum sc_colour_mode {
    SC_COLOUR_STYLE,
    SC_COLOUR_PHOTO,
    SC_COLOUR_LUMINANCE,
    SC_COLOUR_MATCH,
    SC_COLOUR_PALETTE
} sc_colour_mode;

/* Targets of paintings that do not depend on the photo, kept from run to run. Begins zeroed. */
typedef struct sc_target_cache {
    struct sc_kept_targets {
        int edge, texture_edge; /* of the scale, and of sc_paintings */
        uint64_t key;           /* of the paintings, as they are blended and masked */
        sc_terms terms;
        sc_statistics *statistics; /* one for each term */
    } * kept;
    int count;
} sc_target_cache;
void sc_target_cache_free(sc_target_cache *cache);

/* The paintings as a run looks at them. Everything is borrowed. */
typedef struct sc_paintings {
    const sc_image *const *styles;
    const sc_tensor *const
        *masks;            /* of each painting: what of it counts, a region; an entry, or the whole, may be NULL */
    const double *weights; /* sum 1 */
    const uint64_t *keys;  /* of each painting with its mask (sc_painting_key): what targets are kept by */
    int count;
    double style_scale;
    int rotations; /* 1, or 4: terms that collect features also take them from the paintings turned by 90, 180 and 270
                      degrees */
    int texture_edge; /* long edge of the whole texture; 0 = a photo is painted */
    sc_colour_mode colour;
    const sc_image *colours; /* the palette of SC_COLOUR_PALETTE */
    sc_target_cache *cache;  /* NULL: nothing is kept */
} sc_paintings;
/* A hash of which painting it is and of what of it counts (or NULL). */
uint64_t sc_painting_key(int index, const sc_tensor *mask);

/* Size of a painting at a scale with this long edge: style_scale times the edge, never enlarged. For a texture it is
 * never enlarged in the result, and at all scales in the same proportion to it. */
void sc_style_size(const sc_paintings *paintings, int style, int edge, int *width, int *height);

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
    const sc_image *reference;       /* what terms of role reference hold the picture to, of any size; NULL = nothing */
    const sc_tensor *reference_mask; /* where; NULL = everywhere */
} sc_guides;

typedef struct sc_targets {
    const sc_image
        *content; /* at this scale; lightness only when colour is luminance. `resized`, or the photo itself, borrowed */
    sc_image resized;
    sc_statistics content_targets[SC_MAX_TERMS];
    sc_tensor protect, content_weights; /* empty when nothing is protected */
    sc_region_targets content_region;
    sc_statistics reference_targets[SC_MAX_TERMS];
    sc_tensor reference_weights; /* empty: everywhere */
    sc_region_targets reference_region;
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
/* Whether the paintings' targets at a scale are kept: each is a region of its own, or all are one. */
bool sc_targets_kept(const sc_paintings *paintings, const sc_objective_config *config, const sc_scale *scale,
                     bool by_style);
/* That cut, alone. */
void sc_fit_layers(sc_objective_config *config, const sc_paintings *paintings, const sc_scale *scale);

#endif
