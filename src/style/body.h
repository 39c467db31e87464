/* SPDX-License-Identifier: MIT */
/* The large part of what terms do with a picture: from its pixels through the encoder's layers to the sums that terms reduce them to, of the
 * whole picture at once or tile by tile. What comes after (statistics, losses) works on those sums alone. */
#ifndef SC_STYLE_BODY_H
#define SC_STYLE_BODY_H

#include "style/objective.h"

/* A term at work: on the whole picture, or in one region of it. */
typedef struct sc_use {
    const struct sc_term_choice *choice;
    const sc_tensor *region;       /* or NULL; borrowed */
    double region_mean;
    const sc_statistics *targets;  /* borrowed; NULL for an estimate */
    sc_term_state *state;          /* NULL: statistics of a model are wanted, and local terms give maps; else they give their losses */
    int first_layer;               /* of its choice, among all layers */
    int first_value, value_count;  /* among all values */
} sc_use;

enum { SC_MAX_BODY_LAYERS = 2 * SC_MAX_TERMS * SC_MAX_LAYERS };

typedef struct sc_body {
    const sc_objective_config *config; /* borrowed */
    sc_tiles tiles;
    int layers[SC_MAX_BODY_LAYERS], layer_count;
    sc_grid grids[SC_MAX_BODY_LAYERS];
    sc_use *uses;                      /* freed with the body; states are not */
    int use_count;
    bool tv;                           /* the last value is the total variation */
    /* After sc_body_measure_values. */
    int value_count;
    sc_shape *shapes;                  /* of each value: of a map the whole */
    bool *maps;
} sc_body;

/* For a picture of height x width; the layers are those of the choices of `lists`, in their order. Uses are added by sc_body_use. Free with sc_body_free. */
int sc_body_create(sc_body *body, const sc_objective_config *config, const sc_terms *const *lists, int list_count, int height, int width, sc_error *err);
void sc_body_free(sc_body *body);
/* `first_layer` as the choice's layers lie in those of the lists. The uses have room for `most`. */
int sc_body_reserve(sc_body *body, int most, sc_error *err);
sc_use *sc_body_use(sc_body *body, const struct sc_term_choice *choice, int first_layer, const sc_tensor *region, const sc_statistics *targets, sc_term_state *state);
/* Number and shapes of all values; before anything below. */
int sc_body_measure_values(sc_body *body, sc_error *err);

/* The view of a use on the values, for statistics and losses. */
sc_term_view sc_body_view(const sc_body *body, const sc_use *use, sc_graph *graph);
/* Adds the body for one tile to a graph, image being its window: values[value_count]. */
int sc_body_build(const sc_body *body, sc_graph *graph, sc_value image, int tile, sc_value *values, sc_error *err);

/* The values of the picture rgb, tile by tile: sums[value_count], which the caller made zeroed in their shapes. */
int sc_body_sum(const sc_body *body, const float *rgb, sc_tensor *sums, sc_error *err);
/* gradient (as rgb) = d(sum over values of <value, slope>)/d(rgb), tile by tile. */
int sc_body_gradient(const sc_body *body, const float *rgb, const sc_tensor *slopes, float *gradient, sc_error *err);
/* Bytes that one tile needs at most, and the work of all of them: once forward, and with_gradient once more forward and backward. The largest tile
 * stands for the others. */
int sc_body_estimate(const sc_body *body, bool with_gradient, size_t *memory_bytes, double *flops, sc_error *err);

#endif
