/* SPDX-License-Identifier: MIT */
/* The objective at one scale: L_total = alpha L_content + beta L_style + tv L_tv (Gatys et al. 2016, eq. 7, with total variation), as a graph with the
 * picture as its input. L_content and L_style are weighted means over layers of terms (term.h). */
#ifndef SC_STYLE_OBJECTIVE_H
#define SC_STYLE_OBJECTIVE_H

#include "nets/encoder.h"
#include "style/layers.h"
#include "style/term.h"

/* What stays the same at all scales. Everything is borrowed. */
typedef struct sc_objective_config {
    const sc_encoder *encoder;
    sc_encoder_options encoder_options;
    const sc_backend *backend;
    sc_threads *threads;
    const sc_term *content_term, *style_term;
    sc_layers content_layers, style_layers;
    double alpha, beta, tv;
    bool circular; /* total variation wraps round */
} sc_objective_config;

/* Statistics of one picture, for each of a list of layers. */
typedef struct sc_statistics {
    int count;
    sc_tensor tensors[SC_MAX_LAYERS];
} sc_statistics;
void sc_statistics_free(sc_statistics *statistics);
/* sum += weight * other; an empty sum takes the shapes of other. */
int sc_statistics_add(sc_statistics *sum, double weight, const sc_statistics *other, sc_error *err);
/* The statistics of the picture rgb (h x w x 3): either or both of the lists may be NULL. */
int sc_statistics_measure(const sc_objective_config *config, const float *rgb, int height, int width, sc_statistics *content,
                          sc_statistics *style, sc_error *err);

/* Bytes of the graph that sc_statistics_measure makes for the style layers of a picture of this size. */
int sc_statistics_estimate(const sc_objective_config *config, int height, int width, size_t *memory_bytes, sc_error *err);

typedef struct sc_losses {
    double content, style, tv, total;
} sc_losses;

typedef struct sc_objective sc_objective;

/* target_content, own_style: the photo's statistics; target_style: the painting's. All borrowed for the call.
 * With NULL statistics the objective is only good for an estimate. */
int sc_objective_create(sc_objective **objective, const sc_objective_config *config, int height, int width, const sc_statistics *target_content,
                        const sc_statistics *own_style, const sc_statistics *target_style, sc_error *err);
void sc_objective_free(sc_objective *objective);
/* Losses at x, and dL_total/dx; both h x w x 3. */
int sc_objective_evaluate(sc_objective *objective, const float *x, float *gradient, sc_losses *losses, sc_error *err);
int sc_objective_estimate(sc_objective *objective, size_t *memory_bytes, double *flops, sc_error *err);

#endif
