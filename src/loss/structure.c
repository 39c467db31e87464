/* SPDX-License-Identifier: MIT */
/* Content term: self-similarity (STROTSS, Kolkin et al. 2019, arXiv 1904.12785). What counts is not which features
 * stand where, but which places look alike: D_ij = 1 - cos(F_i, F_j), each column divided by its sum, L = mean |D -
 * D_photo|. Structure is kept while colours and textures may change altogether. The places are the cells of a grid of
 * about 400, each the mean of the features in it, so that every position takes part in every step; fine structure is
 * held at the coarse scales, where a cell is a few pixels. With weights w of the cells a pair counts as w_i w_j. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "loss/region.h"
#include "loss/term.h"

enum { MOST_CELLS = 400 };

/* |d| is a parabola below this share of the mean of D: at the photo itself, where a run may start, the corner would
 * stop every descent. */
static const float rounded = 0.1f;

/* The two deepest of the encoder's style layers. Shallower ones see little more than colour and brightness, and hold
 * the cells of a flat area so much alike that what the style varies can only repeat from cell to cell: dimples in
 * skies. */
static int structure_layers(const sc_encoder *encoder, sc_layers *layers, sc_error *err)
{
    enum { KEPT = 2 };
    int code = sc_layers_parse(layers, encoder, sc_encoder_default_style_layers(encoder), "content-layers", err);
    if (!code)
        sc_layers_keep(layers, layers->count - KEPT, KEPT);
    return code;
}

/* Cells as square as can be. */
static sc_grid structure_cells_of(const sc_grid *grid)
{
    double count = (double)grid->height * grid->width;
    if (count <= MOST_CELLS)
        return *grid;
    double shrink = sqrt(MOST_CELLS / count);
    int height = (int)fmax(1, floor(grid->height * shrink)), width = (int)fmax(1, floor(grid->width * shrink));
    height = height * width <= MOST_CELLS ? height :
             width < MOST_CELLS           ? MOST_CELLS / width :
                                            1; /* a line of pixels has no room to shrink in one direction */
    width = height * width <= MOST_CELLS ? width : MOST_CELLS / height;
    return (sc_grid){ height, width, 0 };
}

static int structure_reduce(const sc_term_view *view, sc_reduced *reduced)
{
    for (int i = 0; i < view->layers->count; i++) {
        if (!sc_term_sees(view, i))
            continue;
        sc_grid cells = structure_cells_of(&view->grids[i]);
        reduced[i].value = sc_term_resize_share(view, view->features[i], &view->grids[i], &cells, true);
    }
    return view->layers->count;
}

static int structure_statistics(const sc_term_view *view, const sc_value *reduced, int count, sc_value *statistics)
{
    for (int i = 0; i < count; i++)
        statistics[i] = sc_graph_self_similarity(view->graph, sc_term_tap(view, i, reduced[i]));
    return count;
}

/* (n, n, 1, 1): how much each pair of cells counts. */
static sc_value pair_weights(const sc_term_view *view, sc_grid grid)
{
    sc_tensor cells, pairs;
    sc_error err;
    int n = grid.height * grid.width;
    if (sc_region_weights(&cells, view->region, view->region_mean, grid.height, grid.width,
                          (sc_rect){ 0, 0, grid.height, grid.width }, &err))
        return SC_NO_VALUE;
    sc_value value = SC_NO_VALUE;
    if (!sc_tensor_create(&pairs, (sc_shape){ n, n, 1, 1 }, &err)) {
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                pairs.data[(size_t)i * (size_t)n + (size_t)j] = cells.data[i] * cells.data[j];
        value = sc_graph_constant(view->graph, "pair weights", &pairs);
        sc_tensor_free(&pairs);
    }
    sc_tensor_free(&cells);
    return value;
}

static int structure_losses(const sc_term_view *view, const sc_value *reduced, sc_value *losses)
{
    for (int i = 0; i < view->layers->count; i++) {
        sc_value own = sc_graph_self_similarity(view->graph, sc_term_tap(view, i, reduced[i])),
                 target = sc_term_target(view, i, NULL, own);
        if (view->region) {
            sc_value weights = pair_weights(view, structure_cells_of(&view->grids[i]));
            own = sc_graph_multiply(view->graph, own, weights);
            target = sc_graph_multiply(view->graph, target, weights);
        }
        sc_grid cells = structure_cells_of(&view->grids[i]);
        losses[i] = sc_graph_huber(view->graph, own, target, rounded / (float)(cells.height * cells.width));
    }
    return view->layers->count;
}

/* The distance to a picture in which all places differ alike. */
static double structure_energy(const sc_statistics *targets, int loss)
{
    const sc_tensor *d = &targets->tensors[loss];
    size_t count = sc_shape_count(d->shape);
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += fabs(d->data[i] - 1.0 / d->shape.c);
    return sum / (double)count;
}

const sc_term sc_term_structure = { .name = "structure",
                                    .by_layer = true,
                                    .layers = structure_layers,
                                    .reduce = structure_reduce,
                                    .statistics = structure_statistics,
                                    .losses = structure_losses,
                                    .energy = structure_energy };
