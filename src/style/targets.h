/* SPDX-License-Identifier: MIT */
/* What the picture is compared with at one scale: the photo at that size, the paintings at theirs, and their statistics. */
#ifndef SC_STYLE_TARGETS_H
#define SC_STYLE_TARGETS_H

#include "media/image.h"
#include "style/objective.h"
#include "style/scales.h"

/* The paintings, with the statistics that can be kept from picture to picture. */
typedef struct sc_palette {
    const sc_image *const *styles; /* borrowed */
    const double *weights;         /* sum 1; borrowed */
    int count;
    double style_scale;
    scumble_colour colour;
    struct {
        int edge;          /* of the scale */
        sc_layers layers;
        sc_statistics statistics;
    } kept[SC_MAX_SCALES];
    int kept_count;
} sc_palette;
void sc_palette_free(sc_palette *palette);

/* Size of a painting at a scale with this long edge: never enlarged. */
void sc_style_size(const sc_palette *palette, int style, int edge, int *width, int *height);

typedef struct sc_targets {
    sc_image content;             /* at this scale; luma only when colour is luminance */
    sc_statistics content_target; /* of the content layers */
    sc_statistics own_style;      /* the photo's statistics of the style layers */
    const sc_statistics *style;   /* blended over the paintings */
    sc_statistics fresh;          /* where style lies when it is not kept in the palette */
} sc_targets;
void sc_targets_free(sc_targets *targets);

/* config->content_layers and ->style_layers are first cut down to those that exist at this size (a 17 x 31 picture has no
 * relu5_1); when none is left, to the deepest layer that does. */
int sc_targets_create(sc_targets *targets, sc_objective_config *config, sc_palette *palette, const sc_image *content, const sc_scale *scale,
                      sc_error *err);
/* That cut, alone. */
void sc_fit_layers(sc_objective_config *config, const sc_palette *palette, const sc_scale *scale);

#endif
