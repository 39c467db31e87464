/* SPDX-License-Identifier: MIT */
/* The large part of what terms do with a picture: from its pixels through the encoder's layers to the sums that terms
 * reduce them to, of the whole picture at once or tile by tile. What comes after (statistics, losses) works on those
 * sums alone.
 *
 * Tiles need a halo as wide as the deepest layer's reach. So a picture that is cut may be worked on in two stages: the
 * shallow part of the network on tiles with the small halo that it needs, giving besides its sums the whole picture's
 * map at a cut of the network; and the deep part on tiles of that map, larger ones, since its maps are smaller.
 * Backward it goes the other way, through the map's gradient. */
#ifndef SC_LOSS_BODY_H
#define SC_LOSS_BODY_H

#include "loss/config.h"

/* A term at work: on the whole picture, or in one region of it. */
typedef struct sc_use {
    const struct sc_term_choice *choice;
    const sc_tensor *region; /* or NULL; borrowed */
    double region_mean;
    const sc_statistics *targets; /* borrowed; NULL for an estimate */
    sc_term_state
        *state; /* NULL: statistics of a model are wanted, and local terms give maps; else they give their losses */
    int first_layer;              /* among the body's */
    int first_value, value_count; /* among all values */
} sc_use;

enum { SC_MAX_BODY_LAYERS = SC_MAX_GROUPS * SC_MAX_TERMS * SC_MAX_LAYERS };

/* A part of the network, on tiles. */
typedef struct sc_stage {
    sc_span span;
    sc_grid input; /* what windows are taken from: the picture, or the map at the cut */
    int channels;
    sc_tiles tiles; /* in pixels of the picture, in any stage */
} sc_stage;

enum { SC_MAX_STAGES = 2 };

typedef struct sc_body {
    const sc_objective_config *config; /* borrowed, as the lists */
    const sc_terms *lists[SC_MAX_GROUPS];
    int list_count;
    int height, width; /* of the picture */
    int layers[SC_MAX_BODY_LAYERS], layer_count;
    sc_grid grids[SC_MAX_BODY_LAYERS];
    sc_stage stages[SC_MAX_STAGES];
    int stage_count;
    sc_use *uses; /* freed with the body; states are not */
    int use_count;
    /* After sc_body_measure_values. */
    int value_count;
    sc_shape *shapes; /* of each value: of a map the whole */
    bool *maps;
    int *homes;                  /* the stage that gives it */
    sc_tensor map, map_gradient; /* at the cut; made when they are needed */
    sc_arena arena; /* of the tiles' graphs, from pass to pass: to have it cleared anew by the kernel for each would
                       take a tenth of the time */
} sc_body;

/* For a picture of height x width; the layers are those of the choices of `lists`, in their order, if they play a part.
 * Uses are added by sc_body_use. Free with sc_body_free. */
int sc_body_create(sc_body *body, const sc_objective_config *config, const sc_terms *const *lists, int list_count,
                   int height, int width, sc_error *err);
void sc_body_free(sc_body *body);
/* Is it worked on in parts? */
bool sc_body_is_tiled(const sc_body *body);
/* The uses have room for `most`. */
int sc_body_reserve(sc_body *body, int most, sc_error *err);
/* choice: one of the lists'. */
sc_use *sc_body_use(sc_body *body, const struct sc_term_choice *choice, const sc_tensor *region,
                    const sc_statistics *targets, sc_term_state *state);
/* Number and shapes of all values; before anything below. */
int sc_body_measure_values(sc_body *body, sc_error *err);

/* stages.c: lays out the stages for its layers, but for the second one's input grid. */
void sc_body_choose_stages(sc_body *body);
bool sc_stage_has(const sc_stage *stage, const sc_encoder *encoder, int layer);

/* The view of a use on the values, for statistics and losses. */
sc_term_view sc_body_view(const sc_body *body, const sc_use *use, sc_graph *graph);
/* Adds a body that is not tiled to a graph, image being the picture: values[value_count]. */
int sc_body_build(const sc_body *body, sc_graph *graph, sc_value image, sc_value *values, sc_error *err);

/* The values of the picture rgb, tile by tile: sums[value_count], which the caller made zeroed in their shapes. */
int sc_body_sum(sc_body *body, const float *rgb, sc_tensor *sums, sc_error *err);
/* gradient (as rgb) = d(sum over values of <value, slope>)/d(rgb), tile by tile, for the picture whose values were
 * summed last. */
int sc_body_gradient(sc_body *body, const float *rgb, const sc_tensor *slopes, float *gradient, sc_error *err);
/* Bytes that one tile needs at most, and the work of all of them: `forward_flops` of a walk over them forward, and
 * with_gradient `flops` of that and one more forward and backward. The largest tile of a stage stands for the others.
 */
int sc_body_estimate(const sc_body *body, bool with_gradient, size_t *memory_bytes, double *forward_flops,
                     double *flops, sc_error *err);
/* Graphs that a walk over all tiles makes. */
int sc_body_graphs(const sc_body *body);
/* Bytes of the map at the cut, a big buffer; its gradient is as large. */
size_t sc_body_map_bytes(const sc_body *body);

#endif
