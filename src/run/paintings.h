/* SPDX-License-Identifier: MIT */
/* The paintings of a run at one scale: each at its size there and in the colours that it should have, measured, turned
 * too where that is wanted, blended with the others, kept for the next run. */
#ifndef SC_RUN_PAINTINGS_H
#define SC_RUN_PAINTINGS_H

#include <stdint.h>

#include "media/image.h"
#include "colour/colour_map.h"
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
    const sc_colour_moments *moments; /* of each, of what of it counts; not for SC_COLOUR_PALETTE */
    int count;
    double style_scale;
    int rotations; /* 1, or 4: terms that collect features also take them from the paintings turned by 90, 180 and 270
                      degrees */
    int texture_edge; /* long edge of the whole texture; 0 = a photo is painted */
    sc_colour_mode colour;
    const sc_image *colours;       /* the palette of SC_COLOUR_PALETTE */
    const sc_colour_map *recolour; /* what moves the photo's colours to theirs: for each of them where it goes, one for
                                      all where they have no masks; NULL: it keeps its own */
    sc_target_cache *cache;        /* NULL: nothing is kept */
} sc_paintings;
/* A hash of which painting it is and of what of it counts (or NULL). */
uint64_t sc_painting_key(int index, const sc_tensor *mask);

/* Size of a painting at a scale with this long edge: style_scale times the edge, never enlarged. For a texture it is
 * never enlarged in the result, and at all scales in the same proportion to it. */
void sc_style_size(const sc_paintings *paintings, int style, int edge, int *width, int *height);

/* config's layers are cut down to those that exist at this size (a 17 x 31 picture has no relu5_1); when none is left,
 * to the deepest layer that does. */
void sc_fit_layers(sc_objective_config *config, const sc_paintings *paintings, const sc_scale *scale);

/* What the picture is compared with in one region. */
typedef struct sc_painting_targets {
    const sc_statistics *statistics; /* one for each style term; in the cache, or */
    sc_statistics *fresh;            /* the same, the caller's to free (sc_statistics_free_all) */
    double measured_pixels;          /* the work that it was */
} sc_painting_targets;
/* by_style: each painting is a region of its own; else there is one, of all of them blended. config: with the layers
 * that fit. content: whose colours they take, if they do. */
int sc_paintings_measure(const sc_paintings *paintings, const sc_objective_config *config, bool by_style, int region,
                         int edge, const sc_image *content, sc_painting_targets *targets, sc_error *err);
/* Whether the targets of all regions are kept. */
bool sc_paintings_kept(const sc_paintings *paintings, const sc_objective_config *config, const sc_scale *scale,
                       bool by_style);

typedef struct sc_paintings_cost {
    sc_need measuring; /* of one after the other (a painting may have more pixels than the result), while the targets
                          grow; the work is that of all of them, made ready */
    sc_need targets;   /* as long as there are these */
    sc_need search;    /* for nearest neighbours: what is searched once more, as unit vectors */
} sc_paintings_cost;
/* At one scale, by tiles of config->tile_pixels. keys: of each painting's region, written; NULL: neither they nor the
 * work are wanted. */
int sc_paintings_estimate(const sc_paintings *paintings, const sc_objective_config *config, bool by_style,
                          const sc_scale *scale, sc_keys *keys, sc_paintings_cost *cost, sc_error *err);
/* The targets of all these scales that stay, for further runs. */
int sc_paintings_estimate_kept(const sc_paintings *paintings, const sc_objective_config *config, bool by_style,
                               const sc_scale *scales, int count, sc_need *need, sc_error *err);

#endif
