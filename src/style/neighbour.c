/* SPDX-License-Identifier: MIT */
/* Style term: nearest neighbours (NNST, Kolkin et al. 2022, arXiv 2203.13215; NNFM, Zhang et al. 2022 "ARF"). Every place of the picture is given
 * the painting's feature that is most like its own, and the picture is optimised to have it:
 *   T_i = S_j(i), j(i) = argmin_j cosd(S_j - mean S, Q_i - mean Q),   L = mean over i of cosd(T_i, x_i)
 * Features are hypercolumns: fine layers side by side on a grid of every fourth pixel, each divided by its root mean square on the painting. The
 * match is centred (which makes it use the whole painting), the loss is not. Matches are found when the scale begins and again now and then; ties go
 * to the first. Several paintings offer their features together. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "style/term.h"

enum { GRID = 4 };

/* Statistics: hypercolumns (1, d, h, w) and weights (1, 1, h, w). Targets: those that count (1, d, 1, n), and the factor of each layer. */
enum { KEYS, KEY_WEIGHTS, SCALES = KEY_WEIGHTS };

/* The layers of the first three blocks, relu1_1 .. relu3_4; of a network without them, its own style layers. */
static int layers(const sc_encoder *encoder, sc_layers *layers, sc_error *err)
{
    char list[512] = "";
    for (int i = 0; i < sc_encoder_layer_count(encoder); i++) {
        const char *name = sc_encoder_layer_name(encoder, i);
        int block = 0;
        if (sscanf(name, "relu%d_", &block) == 1 && block <= 3 && strlen(list) + strlen(name) + 2 < sizeof list) {
            strcat(list, *list ? "," : "");
            strcat(list, name);
        }
    }
    return sc_layers_parse(layers, encoder, *list ? list : sc_encoder_default_style_layers(encoder), "style-layers", err);
}

static int up(int pixels)
{
    return (pixels + GRID - 1) / GRID;
}

/* One layer on the grid, divided by its scale where that is known. */
static sc_value on_grid(const sc_term_view *view, int layer)
{
    sc_shape picture = sc_graph_shape(view->graph, view->image), own = sc_graph_shape(view->graph, view->features[layer]);
    sc_value value = view->features[layer];
    if (own.h != up(picture.h) || own.w != up(picture.w))
        value = sc_term_resize(view, value, up(picture.h), up(picture.w), true);
    if (!view->links) /* statistics: the scales come of them */
        return value;
    return sc_graph_add(view->graph, view->targets ? view->targets->tensors[SCALES].data[layer] : 1, value, 0, value);
}

static sc_value hypercolumns(const sc_term_view *view)
{
    sc_value all = on_grid(view, 0);
    for (int first = 1; first < view->layers->count; first += SC_MAX_INPUTS - 1) { /* an operator has a limited number of inputs */
        sc_value parts[SC_MAX_INPUTS] = { all };
        int count = 1;
        for (int i = first; i < view->layers->count && count < SC_MAX_INPUTS; i++)
            parts[count++] = on_grid(view, i);
        all = sc_graph_concat(view->graph, parts, count);
    }
    return all;
}

/* Hypercolumns, and how much each counts. */
static int statistics(const sc_term_view *view, sc_value *statistics)
{
    sc_shape picture = sc_graph_shape(view->graph, view->image);
    sc_shape grid = { 1, 1, up(picture.h), up(picture.w) };
    statistics[KEYS] = hypercolumns(view);
    if (view->weights) {
        statistics[KEY_WEIGHTS] = sc_graph_constant(view->graph, "weights", &view->weights[0]);
        statistics[KEY_WEIGHTS] = sc_term_resize(view, statistics[KEY_WEIGHTS], grid.h, grid.w, true);
        return 2;
    }
    sc_tensor ones;
    sc_error err;
    if (sc_tensor_create(&ones, grid, &err))
        return 0;
    for (size_t i = 0; i < sc_shape_count(grid); i++)
        ones.data[i] = 1;
    statistics[KEY_WEIGHTS] = sc_graph_constant(view->graph, "weights", &ones);
    sc_tensor_free(&ones);
    return 2;
}

/* ---- targets ------------------------------------------------------------------------------------------------------ */

static float largest(const sc_tensor *weights)
{
    float most = 0;
    for (size_t i = 0; i < sc_shape_count(weights->shape); i++)
        most = weights->data[i] > most ? weights->data[i] : most;
    return most;
}

/* Keeps the features of positions that count at least half of the most; all when none counts. */
static void drop_unwanted(sc_tensor *keys, const sc_tensor *weights)
{
    size_t count = sc_shape_count(weights->shape), d = (size_t)keys->shape.c, kept = 0;
    float least = 0.5f * largest(weights);
    for (size_t i = 0; i < count; i++)
        if (weights->data[i] >= least)
            memmove(keys->data + kept++ * d, keys->data + i * d, d * sizeof *keys->data);
    keys->shape = (sc_shape){ 1, (int)d, 1, (int)kept };
}

/* 1 / (root mean square of the layer's part of the keys * square root of its channels): every layer then weighs the same. */
static float scale_of(const sc_tensor *keys, int channel, int channels)
{
    size_t count = (size_t)keys->shape.w;
    double square = 0;
    for (size_t i = 0; i < count; i++)
        for (int k = 0; k < channels; k++) {
            double v = keys->data[i * (size_t)keys->shape.c + (size_t)(channel + k)];
            square += v * v;
        }
    return (float)(1 / sqrt(square / (double)count + 1e-20)); /* the sum over channels already holds their number */
}

static void scale_layer(sc_tensor *keys, int channel, int channels, float scale)
{
    for (size_t i = 0; i < (size_t)keys->shape.w; i++)
        for (int k = 0; k < channels; k++)
            keys->data[i * (size_t)keys->shape.c + (size_t)(channel + k)] *= scale;
}

static int prepare(sc_statistics *statistics, const sc_layers *layers, const sc_encoder *encoder, sc_error *err)
{
    sc_tensor *keys = &statistics->tensors[KEYS];
    drop_unwanted(keys, &statistics->tensors[KEY_WEIGHTS]);
    sc_tensor_free(&statistics->tensors[KEY_WEIGHTS]);
    statistics->count = 1;
    int code = sc_tensor_create(&statistics->tensors[SCALES], (sc_shape){ 1, layers->count, 1, 1 }, err);
    if (code)
        return code;
    statistics->count = 2;
    for (int i = 0, channel = 0; i < layers->count; i++) {
        int channels = sc_encoder_channels(encoder, layers->index[i]);
        float scale = statistics->tensors[SCALES].data[i] = scale_of(keys, channel, channels);
        scale_layer(keys, channel, channels, scale);
        channel += channels;
    }
    return SCUMBLE_OK;
}

/* ---- the loss, and its matches ------------------------------------------------------------------------------------ */

/* The hypercolumns of the region: of the places that count at least half of the most. */
static sc_value inside(const sc_term_view *view, sc_value all)
{
    sc_shape grid = sc_graph_shape(view->graph, all);
    const sc_tensor *weights = &view->weights[0];
    sc_tensor positions;
    sc_error err;
    if (sc_shape_count(grid) == 0 || sc_tensor_create(&positions, (sc_shape){ 1, 2, 1, grid.h * grid.w }, &err))
        return SC_NO_VALUE;
    float least = 0.5f * largest(weights);
    int count = 0;
    for (int y = 0; y < grid.h; y++)
        for (int x = 0; x < grid.w; x++)
            if (weights->data[(size_t)(y * weights->shape.h / grid.h) * (size_t)weights->shape.w + (size_t)(x * weights->shape.w / grid.w)] >= least) {
                positions.data[2 * count] = (float)y;
                positions.data[2 * count++ + 1] = (float)x;
            }
    positions.shape.w = count ? count : 1; /* a region smaller than a place: the first place stands for it */
    sc_value value = sc_graph_gather(view->graph, all, sc_graph_constant(view->graph, "positions", &positions));
    sc_tensor_free(&positions);
    return value;
}

static int losses(const sc_term_view *view, sc_value *losses)
{
    sc_value features = hypercolumns(view);
    if (view->weights)
        features = inside(view, features);
    view->links->count = 1;
    view->links->watched[0] = features;
    view->links->matched[0] = sc_graph_input(view->graph, "matches", sc_graph_shape(view->graph, features));
    losses[0] = sc_graph_cosine_distance(view->graph, features, view->links->matched[0]);
    return 1;
}

static int refresh(const sc_term_links *links, sc_graph *graph, const sc_statistics *targets, const sc_backend *backend, sc_threads *threads,
                   sc_error *err)
{
    sc_tensor queries = { sc_graph_shape(graph, links->watched[0]), sc_graph_data(graph, links->watched[0]) };
    return sc_nearest_keys(&queries, &targets->tensors[KEYS], sc_graph_data(graph, links->matched[0]), backend, threads, err);
}

const sc_term sc_term_neighbour = {
    .name = "neighbour", .blend = SC_BLEND_JOIN, .layers = layers, .statistics = statistics, .prepare = prepare, .losses = losses,
    .energy = sc_term_cosine_energy, .refresh = refresh,
};
