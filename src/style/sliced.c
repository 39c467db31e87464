/* SPDX-License-Identifier: MIT */
/* Style terms that match whole distributions, by sorting. The features of a layer are projected on unit directions; for each, the sorted values
 * of the picture are compared with the painting's quantiles:
 *   L = mean over directions and ranks of (sort(v F)_r - q_v((r + 1/2) / N))^2
 * `sliced` takes random orthogonal directions: the sliced Wasserstein distance (Heitz et al. 2021, arXiv 2006.07229). `histogram` takes the
 * channels themselves: exact histogram matching of each (Risser et al. 2017; EFDM, Zhang et al. 2022). The directions are the same for all steps of a
 * scale, so that L-BFGS minimises one function. Several paintings are averaged as quantiles, which is their barycentre on each direction. */
#include <math.h>
#include <stdlib.h>

#include "core/rng.h"
#include "style/region.h"
#include "style/term.h"

enum { MOST_DIRECTIONS = 128, QUANTILES = 4096, MOST_SAMPLES = 16384 };

/* Rows of `directions` (count x c) become random and orthonormal (count <= c), by Gram and Schmidt. */
static void draw_directions(float *directions, int count, int c, uint64_t seed)
{
    for (int i = 0; i < count; i++) {
        float *v = directions + (size_t)i * (size_t)c;
        for (int k = 0; k < c; k++)
            v[k] = sc_random_normal(seed, (uint64_t)i * (uint64_t)c + (uint64_t)k);
        for (int pass = 0; pass < 2; pass++) /* twice is enough, in single precision */
            for (int j = 0; j < i; j++) {
                const float *u = directions + (size_t)j * (size_t)c;
                double dot = 0;
                for (int k = 0; k < c; k++)
                    dot += (double)u[k] * v[k];
                for (int k = 0; k < c; k++)
                    v[k] -= (float)dot * u[k];
            }
        double square = 0;
        for (int k = 0; k < c; k++)
            square += (double)v[k] * v[k];
        for (int k = 0; k < c; k++)
            v[k] *= (float)(1 / sqrt(square + 1e-30));
    }
}

/* The features projected: (1, directions, h, w). */
static sc_value project(const sc_term_view *view, sc_value feature, int layer)
{
    int c = sc_graph_shape(view->graph, feature).c, count = c < MOST_DIRECTIONS ? c : MOST_DIRECTIONS;
    sc_tensor directions;
    sc_error err;
    if (c < 1 || sc_tensor_create(&directions, (sc_shape){ count, c, 1, 1 }, &err))
        return SC_NO_VALUE;
    draw_directions(directions.data, count, c, view->seed + (uint64_t)layer);
    sc_value weight = sc_graph_constant(view->graph, "directions", &directions);
    sc_tensor_free(&directions);
    return sc_graph_conv2d(view->graph, feature, weight, SC_NO_VALUE, (sc_conv2d_attrs){ 0 });
}

static sc_value draw_positions(const sc_term_view *view, const sc_tensor *weights)
{
    size_t count = sc_shape_count(weights->shape), n = count < MOST_SAMPLES ? count : MOST_SAMPLES;
    sc_tensor positions;
    sc_error err;
    if (sc_tensor_create(&positions, (sc_shape){ 1, 2, 1, (int)n }, &err))
        return SC_NO_VALUE;
    sc_region_draw(weights, n, view->seed, positions.data);
    sc_value value = sc_graph_constant(view->graph, "positions", &positions);
    sc_tensor_free(&positions);
    return value;
}

static sc_value values_of(const sc_term_view *view, int layer, bool projected)
{
    sc_value feature = view->features[layer];
    if (view->weights)
        feature = sc_graph_gather(view->graph, feature, draw_positions(view, &view->weights[layer]));
    return projected ? project(view, feature, layer) : feature;
}

static int add_statistics(const sc_term_view *view, sc_value *statistics, bool projected)
{
    for (int i = 0; i < view->layers->count; i++)
        statistics[i] = sc_graph_quantiles(view->graph, values_of(view, i, projected), QUANTILES);
    return view->layers->count;
}

static int add_losses(const sc_term_view *view, sc_value *losses, bool projected)
{
    for (int i = 0; i < view->layers->count; i++) {
        sc_value values = values_of(view, i, projected), quantiles;
        if (view->targets)
            quantiles = sc_graph_constant(view->graph, "target", &view->targets->tensors[i]);
        else
            quantiles = sc_graph_input(view->graph, "target", (sc_shape){ 1, sc_graph_shape(view->graph, values).c, 1, QUANTILES });
        losses[i] = sc_graph_sorted_match(view->graph, values, quantiles);
    }
    return view->layers->count;
}

static int sliced_statistics(const sc_term_view *view, sc_value *statistics)
{
    return add_statistics(view, statistics, true);
}

static int sliced_losses(const sc_term_view *view, sc_value *losses)
{
    return add_losses(view, losses, true);
}

static int histogram_statistics(const sc_term_view *view, sc_value *statistics)
{
    return add_statistics(view, statistics, false);
}

static int histogram_losses(const sc_term_view *view, sc_value *losses)
{
    return add_losses(view, losses, false);
}

const sc_term sc_term_sliced = { .name = "sliced", .statistics = sliced_statistics, .losses = sliced_losses, .by_layer = true, .energy = sc_term_target_energy };
const sc_term sc_term_histogram = { .name = "histogram", .statistics = histogram_statistics, .losses = histogram_losses, .by_layer = true, .energy = sc_term_target_energy };
