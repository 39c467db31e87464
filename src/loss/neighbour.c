/* SPDX-License-Identifier: MIT */
/* Style term: nearest neighbours (NNST, Kolkin et al. 2022, arXiv 2203.13215; NNFM, Zhang et al. 2022 "ARF"). Every
 * place of the picture is given the painting's feature that is most like its own, and the picture is optimised to have
 * it:
 *   T_i = S_j(i), j(i) = argmin_j cosd(S_j - mean S, Q_i - mean Q),   L = mean over i of cosd(T_i, x_i)
 * Features are hypercolumns: fine layers side by side on a grid of every fourth pixel, each divided by its root mean
 * square on the painting. The match is centred (which makes it use the whole painting), the loss is not. Matches are
 * found when the scale begins and again now and then; ties go to the first. Several paintings offer their features
 * together. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loss/term.h"

enum { GRID = 4, MOST_PLACES = 16384 };

/* Statistics: hypercolumns (1, d, 1, n). Targets: these, and the factor of each layer. */
enum { KEYS, SCALES };

/* The layers of the first three blocks, relu1_1 .. relu3_4; of a network without them, its own style layers. */
static int neighbour_layers(const sc_encoder *encoder, sc_layers *layers, sc_error *err)
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
    return sc_layers_parse(layers, encoder, *list ? list : sc_encoder_default_style_layers(encoder), "style-layers",
                           err);
}

static sc_grid places_of(const sc_term_view *view)
{
    return (sc_grid){ (view->tiles->height + GRID - 1) / GRID, (view->tiles->width + GRID - 1) / GRID, GRID };
}

static int neighbour_begin(const sc_term_view *view, sc_error *err)
{
    sc_grid grid = places_of(view);
    int d = 0, code = sc_places_begin(view, 0, &grid, MOST_PLACES, err);
    for (int i = 0; i < view->layers->count; i++)
        d += sc_encoder_channels(view->encoder, view->layers->index[i]);
    return code ? code :
                  sc_tensor_create(&view->state->matches[0], (sc_shape){ 1, d, 1, view->state->positions[0].shape.w },
                                   err);
}

static void neighbour_look(const sc_term_view *view, uint64_t round)
{
    sc_grid grid = places_of(view);
    sc_places_look(view, 0, &grid, MOST_PLACES, round);
}

/* One layer on the grid, divided by its scale where that is known. */
static sc_value on_grid(const sc_term_view *view, int layer)
{
    sc_grid grid = places_of(view), own = view->grids[layer];
    sc_value value = view->features[layer];
    if (own.height != grid.height || own.width != grid.width)
        value = sc_term_resize(view, value, &own, &grid, true);
    else
        value = sc_term_core(view, value, &own);
    value = sc_term_tap(view, layer, value);
    if (!view->state) /* statistics: the scales come of them */
        return value;
    return sc_graph_add(view->graph, view->targets ? view->targets->tensors[SCALES].data[layer] : 1, value, 0, value);
}

static int neighbour_reduce(const sc_term_view *view, sc_reduced *reduced)
{
    sc_grid grid = places_of(view);
    sc_value all = on_grid(view, 0);
    for (int first = 1; first < view->layers->count;
         first += SC_MAX_INPUTS - 1) { /* an operator has a limited number of inputs */
        sc_value parts[SC_MAX_INPUTS] = { all };
        int count = 1;
        for (int i = first; i < view->layers->count && count < SC_MAX_INPUTS; i++)
            parts[count++] = on_grid(view, i);
        all = sc_graph_concat(view->graph, parts, count);
    }
    reduced[KEYS].value = sc_places_sample(view, 0, all, &grid, true, MOST_PLACES);
    return 1;
}

/* ---- targets --------------------------------------------------------------------------------------------------- */

/* 1 / (root mean square of the layer's part of the keys * square root of its channels): every layer then weighs the
 * same. */
static float neighbour_scale_of(const sc_tensor *keys, int channel, int channels)
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

static int neighbour_prepare(sc_statistics *statistics, const sc_layers *layers, const sc_encoder *encoder,
                             sc_error *err)
{
    sc_tensor *keys = &statistics->tensors[KEYS];
    int code = sc_tensor_create(&statistics->tensors[SCALES], (sc_shape){ 1, layers->count, 1, 1 }, err);
    if (code)
        return code;
    statistics->count = 2;
    for (int i = 0, channel = 0; i < layers->count; i++) {
        int channels = sc_encoder_channels(encoder, layers->index[i]);
        float scale = statistics->tensors[SCALES].data[i] = neighbour_scale_of(keys, channel, channels);
        scale_layer(keys, channel, channels, scale);
        channel += channels;
    }
    return SCUMBLE_OK;
}

/* ---- the loss, and its matches --------------------------------------------------------------------------------- */

static int neighbour_losses(const sc_term_view *view, const sc_value *reduced, sc_value *losses)
{
    view->state->watched[0] = reduced[KEYS];
    sc_graph_keep(view->graph, reduced[KEYS]);
    losses[0] = sc_graph_cosine_distance(
        view->graph, reduced[KEYS],
        sc_graph_parameter(view->graph, "matches", &view->state->matches[0], &view->state->changes));
    return 1;
}

static int neighbour_refresh(const sc_term_view *view, sc_device *device, sc_error *err)
{
    return sc_term_match(view, 0, &view->targets->tensors[KEYS], device, err);
}

const sc_term sc_term_neighbour = {
    .name = "neighbour",
    .reads = SC_READS_LAYERS_TOGETHER,
    .blend = SC_BLEND_JOIN,
    .layers = neighbour_layers,
    .begin = neighbour_begin,
    .look = neighbour_look,
    .reduce = neighbour_reduce,
    .prepare = neighbour_prepare,
    .losses = neighbour_losses,
    .energy = sc_term_cosine_energy,
    .refresh = neighbour_refresh,
};
