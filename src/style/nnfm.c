/* SPDX-License-Identifier: MIT */
/* Style term: nearest neighbours layer by layer, at the layers' own size (the final pass of NNST, Kolkin et al. 2022; NNFM, Zhang et al. 2022 "ARF"):
 *   L_l = mean over sampled places i of cosd(x_i - mean x, s_j(i) - mean s),   j(i) = argmin_j of the same distance
 * It sharpens what the term `neighbour` laid down on its coarser grid. Some thousand places are looked at, on a grid that is shifted with every
 * new search; the painting's places are a fixed grid. Within a region places are drawn in proportion to their weights. */
#include <math.h>

#include "core/rng.h"
#include "style/region.h"
#include "style/term.h"

enum { MOST_PLACES = 4096, MOST_KEYS = 16384 };

/* Rows and columns of a grid of at most `most` places on h x w; *stride is the distance between them. */
static void grid_of(int h, int w, int most, int *rows, int *columns, int *stride)
{
    *stride = (int)ceil(sqrt((double)h * w / most));
    *stride = *stride < 1 ? 1 : *stride;
    for (;; ++*stride) { /* a line of pixels has no room to shrink in one direction */
        *rows = (h + *stride - 1) / *stride;
        *columns = (w + *stride - 1) / *stride;
        if ((double)*rows * *columns <= most)
            return;
    }
}

/* (row, column) of each place, shifted by dy and dx, round the border. */
static void write_grid(float *positions, int h, int w, int rows, int columns, int stride, int dy, int dx)
{
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < columns; x++) {
            *positions++ = (float)((y * stride + dy) % h);
            *positions++ = (float)((x * stride + dx) % w);
        }
}

static int statistics(const sc_term_view *view, sc_value *statistics)
{
    for (int i = 0; i < view->layers->count; i++) {
        sc_shape s = sc_graph_shape(view->graph, view->features[i]);
        int rows, columns, stride;
        sc_tensor positions;
        sc_error err;
        grid_of(s.h, s.w, MOST_KEYS, &rows, &columns, &stride);
        if (sc_tensor_create(&positions, (sc_shape){ 1, 2, 1, rows * columns }, &err))
            return i;
        if (view->weights)
            sc_region_draw(&view->weights[i], (size_t)rows * (size_t)columns, 0.5, positions.data);
        else
            write_grid(positions.data, s.h, s.w, rows, columns, stride, stride / 2 % s.h, stride / 2 % s.w);
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
        int rows, columns, stride;
        grid_of(s.h, s.w, MOST_PLACES, &rows, &columns, &stride);
        links->positions[i] = sc_graph_input(g, "positions", (sc_shape){ 1, 2, 1, rows * columns });
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
        float *positions = sc_graph_data(graph, links->positions[i]);
        int rows, columns, stride;
        grid_of(s.h, s.w, MOST_PLACES, &rows, &columns, &stride);
        if (links->weights[i] != SC_NO_VALUE) {
            sc_tensor weights = { { 1, 1, s.h, s.w }, sc_graph_data(graph, links->weights[i]) };
            sc_region_draw(&weights, (size_t)rows * (size_t)columns, (double)sc_random_uniform(round, (uint64_t)i), positions);
        } else {
            int dy = (int)(sc_random_bits(round, (uint64_t)i) % (uint64_t)stride), dx = (int)(sc_random_bits(round, (uint64_t)i + 1000) % (uint64_t)stride);
            write_grid(positions, s.h, s.w, rows, columns, stride, dy, dx);
        }
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
