/* SPDX-License-Identifier: MIT */
/* Style terms that match whole distributions, by sorting. The features of a layer are projected on unit directions; for
 * each, the sorted values of the picture are compared with the painting's quantiles:
 *   L = mean over directions and ranks of (sort(v F)_r - q_v((r + 1/2) / N))^2
 * `sliced` takes random orthogonal directions: the sliced Wasserstein distance (Heitz et al. 2021, arXiv 2006.07229).
 * `histogram` takes the channels themselves: exact histogram matching of each (Risser et al. 2017; EFDM, Zhang et al.
 * 2022). The directions are the same for all steps of a scale, so that L-BFGS minimises one function. Several paintings
 * are averaged as quantiles, which is their barycentre on each direction. */
#include <math.h>
#include <stdlib.h>

#include "core/rng.h"
#include "loss/term.h"

enum { MOST_DIRECTIONS = 128, QUANTILES = 4096, MOST_SAMPLES = 262144, MOST_IN_REGION = 16384 };

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
static sc_value sliced_project(const sc_term_view *view, sc_value feature, int layer)
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

/* ---- samples --------------------------------------------------------------------------------------------------- */

static int most_samples(const sc_term_view *view)
{
    return view->region ? MOST_IN_REGION : MOST_SAMPLES;
}

/* Every position counts the same, and they are all here. */
static bool takes_all(const sc_term_view *view, const sc_grid *grid)
{
    return !view->region && (double)grid->height * grid->width <= MOST_SAMPLES && sc_tiles_count(view->tiles) == 1;
}

static int sliced_begin(const sc_term_view *view, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int i = 0; i < view->layers->count && !code; i++)
        if (!takes_all(view, &view->grids[i]))
            code = sc_places_begin(view, i, &view->grids[i], most_samples(view), err);
    return code;
}

static void sliced_look(const sc_term_view *view, uint64_t round)
{
    for (int i = 0; i < view->layers->count; i++)
        if (!takes_all(view, &view->grids[i]))
            sc_places_look(view, i, &view->grids[i], most_samples(view), round);
}

static int sliced_reduce(const sc_term_view *view, sc_reduced *reduced)
{
    for (int i = 0; i < view->layers->count; i++)
        if (sc_term_sees(view, i))
            reduced[i].value =
                takes_all(view, &view->grids[i]) ?
                    view->features[i] :
                    sc_places_sample(view, i, view->features[i], &view->grids[i], false, most_samples(view));
    return view->layers->count;
}

/* ---- the two terms --------------------------------------------------------------------------------------------- */

static int sliced_statistics(const sc_term_view *view, const sc_value *reduced, int count, sc_value *statistics)
{
    for (int i = 0; i < count; i++)
        statistics[i] =
            sc_graph_quantiles(view->graph, sliced_project(view, sc_term_tap(view, i, reduced[i]), i), QUANTILES);
    return count;
}

static int histogram_statistics(const sc_term_view *view, const sc_value *reduced, int count, sc_value *statistics)
{
    for (int i = 0; i < count; i++)
        statistics[i] = sc_graph_quantiles(view->graph, sc_term_tap(view, i, reduced[i]), QUANTILES);
    return count;
}

static sc_value match(const sc_term_view *view, int i, sc_value values)
{
    sc_value quantiles;
    if (view->targets)
        quantiles = sc_term_target(view, i, NULL, SC_NO_VALUE);
    else
        quantiles =
            sc_graph_input(view->graph, "target", (sc_shape){ 1, sc_graph_shape(view->graph, values).c, 1, QUANTILES });
    return sc_graph_sorted_match(view->graph, values, quantiles);
}

static int sliced_losses(const sc_term_view *view, const sc_value *reduced, sc_value *losses)
{
    for (int i = 0; i < view->layers->count; i++)
        losses[i] = match(view, i, sliced_project(view, sc_term_tap(view, i, reduced[i]), i));
    return view->layers->count;
}

static int histogram_losses(const sc_term_view *view, const sc_value *reduced, sc_value *losses)
{
    for (int i = 0; i < view->layers->count; i++)
        losses[i] = match(view, i, sc_term_tap(view, i, reduced[i]));
    return view->layers->count;
}

const sc_term sc_term_sliced = {
    .name = "sliced",
    .by_layer = true,
    .begin = sliced_begin,
    .look = sliced_look,
    .reduce = sliced_reduce,
    .statistics = sliced_statistics,
    .losses = sliced_losses,
    .energy = sc_term_target_energy,
};
const sc_term sc_term_histogram = {
    .name = "histogram",
    .by_layer = true,
    .begin = sliced_begin,
    .look = sliced_look,
    .reduce = sliced_reduce,
    .statistics = histogram_statistics,
    .losses = histogram_losses,
    .energy = sc_term_target_energy,
};
