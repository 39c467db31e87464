/* SPDX-License-Identifier: MIT */
/* Style term: nearest neighbours layer by layer, at the layers' own size (the final pass of NNST, Kolkin et al. 2022; NNFM, Zhang et al. 2022 "ARF"):
 *   L_l = mean over sampled places i of cosd(x_i - mean x, s_j(i) - mean s),   j(i) = argmin_j of the same distance
 * It sharpens what the term `neighbour` laid down on its coarser grid. Some thousand places are looked at, one drawn at random in each cell of a grid
 * and drawn anew with every search: the same place of every cell would leave the grid in flat areas as dots. The painting's are drawn once. Within
 * a region places are drawn in proportion to their weights. */
#include <math.h>

#include "core/rng.h"
#include "style/region.h"
#include "style/term.h"

enum { MOST_PLACES = 4096, MOST_KEYS = 16384 };

/* Rows and columns of square cells, at most `most` of them, that cover h x w. */
static void grid_of(sc_shape s, int most, int *rows, int *columns)
{
    int edge = (int)ceil(sqrt((double)s.h * s.w / most));
    for (edge = edge < 1 ? 1 : edge;; edge++) { /* a line of pixels has no room to shrink in one direction */
        *rows = (s.h + edge - 1) / edge;
        *columns = (s.w + edge - 1) / edge;
        if ((double)*rows * *columns <= most)
            return;
    }
}

/* How many places are looked at: the positions hold so many. */
static int places_of(sc_shape s, int most)
{
    int rows, columns;
    grid_of(s, most, &rows, &columns);
    return rows * columns;
}

/* (row, column) of one place in each cell, anywhere in it; with weights (1, 1, h, w) as many drawn in proportion to them. */
static void draw_places(sc_shape s, int most, const sc_tensor *weights, uint64_t seed, float *positions)
{
    int rows, columns;
    grid_of(s, most, &rows, &columns);
    if (weights) {
        sc_region_draw(weights, (size_t)rows * (size_t)columns, seed, positions);
        return;
    }
    for (int k = 0; k < rows * columns; k++) {
        positions[2 * k] = (float)floor((k / columns + (double)sc_random_uniform(seed, 2 * (uint64_t)k)) * s.h / rows);
        positions[2 * k + 1] = (float)floor((k % columns + (double)sc_random_uniform(seed, 2 * (uint64_t)k + 1)) * s.w / columns);
    }
}

static int statistics(const sc_term_view *view, sc_value *statistics)
{
    for (int i = 0; i < view->layers->count; i++) {
        sc_shape s = sc_graph_shape(view->graph, view->features[i]);
        sc_tensor positions;
        sc_error err;
        if (sc_tensor_create(&positions, (sc_shape){ 1, 2, 1, places_of(s, MOST_KEYS) }, &err))
            return i;
        draw_places(s, MOST_KEYS, view->weights ? &view->weights[i] : NULL, sc_random_bits(view->seed, (uint64_t)i), positions.data);
        statistics[i] = sc_graph_gather(view->graph, view->features[i], sc_graph_constant(view->graph, "positions", &positions));
        sc_tensor_free(&positions);
    }
    return view->layers->count;
}

/* Keys less their mean. */
static int prepare(sc_statistics *statistics, const sc_layers *layers, const sc_encoder *encoder, sc_error *err)
{
    (void)layers, (void)encoder, (void)err;
    for (int i = 0; i < statistics->count; i++) {
        sc_tensor *keys = &statistics->tensors[i];
        size_t d = (size_t)keys->shape.c, count = (size_t)keys->shape.h * (size_t)keys->shape.w;
        for (size_t k = 0; k < d; k++) {
            double sum = 0;
            for (size_t p = 0; p < count; p++)
                sum += keys->data[p * d + k];
            for (size_t p = 0; p < count; p++)
                keys->data[p * d + k] -= (float)(sum / (double)count);
        }
    }
    return SCUMBLE_OK;
}

static int losses(const sc_term_view *view, sc_value *losses)
{
    sc_graph *g = view->graph;
    sc_term_links *links = view->links;
    links->count = view->layers->count;
    for (int i = 0; i < links->count; i++) {
        sc_shape s = sc_graph_shape(g, view->features[i]);
        links->positions[i] = sc_graph_input(g, "positions", (sc_shape){ 1, 2, 1, places_of(s, MOST_PLACES) });
        sc_value places = sc_graph_gather(g, view->features[i], links->positions[i]);
        links->watched[i] = sc_graph_add(g, 1, places, -1, sc_graph_channel_mean(g, places));
        links->matched[i] = sc_graph_input(g, "matches", sc_graph_shape(g, places));
        links->pictures[i] = s;
        links->weights[i] = view->weights ? sc_graph_constant(g, "weights", &view->weights[i]) : SC_NO_VALUE;
        losses[i] = sc_graph_cosine_distance(g, links->watched[i], links->matched[i]);
    }
    return links->count;
}

static void look(const sc_term_links *links, sc_graph *graph, uint64_t round)
{
    for (int i = 0; i < links->count; i++) {
        sc_shape s = links->pictures[i];
        bool weighted = links->weights[i] != SC_NO_VALUE;
        sc_tensor weights = { { 1, 1, s.h, s.w }, weighted ? sc_graph_data(graph, links->weights[i]) : NULL };
        draw_places(s, MOST_PLACES, weighted ? &weights : NULL, sc_random_bits(round, (uint64_t)i), sc_graph_data(graph, links->positions[i]));
    }
}

static int refresh(const sc_term_links *links, sc_graph *graph, const sc_statistics *targets, const sc_backend *backend, sc_threads *threads,
                   sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int i = 0; i < links->count && !code; i++) {
        sc_tensor queries = { sc_graph_shape(graph, links->watched[i]), sc_graph_data(graph, links->watched[i]) };
        code = sc_nearest_keys(&queries, &targets->tensors[i], sc_graph_data(graph, links->matched[i]), backend, threads, err);
    }
    return code;
}

const sc_term sc_term_nnfm = {
    .name = "nnfm", .blend = SC_BLEND_JOIN, .statistics = statistics, .prepare = prepare, .losses = losses, .by_layer = true, .energy = sc_term_cosine_energy,
    .look = look, .refresh = refresh,
};
