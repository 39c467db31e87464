/* SPDX-License-Identifier: MIT */
/* Style term: nearest neighbours layer by layer, at the layers' own size (the final pass of NNST, Kolkin et al. 2022;
 * NNFM, Zhang et al. 2022 "ARF"):
 *   L_l = mean over sampled places i of cosd(x_i - mean x, s_j(i) - mean s),   j(i) = argmin_j of the same distance
 * It sharpens what the term `neighbour` laid down on its coarser grid. Some of the places are looked at, drawn anew
 * with every search; the painting's are drawn once. */
#include "loss/term.h"

enum { FEW_PLACES = 4096, MOST_PLACES = 32768, POSITIONS_A_PLACE = 64, MOST_KEYS = 16384 };

/* One in every 8 x 8 positions of a large picture: if they were fewer, each would pull so hard that it left a speck. */
static int places_on(const sc_grid *grid)
{
    double places = (double)grid->height * grid->width / POSITIONS_A_PLACE;
    return places < FEW_PLACES ? FEW_PLACES : places > MOST_PLACES ? MOST_PLACES : (int)places;
}

static int nnfm_begin(const sc_term_view *view, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int i = 0; i < view->layers->count && !code; i++) {
        code = sc_places_begin(view, i, &view->grids[i], places_on(&view->grids[i]), err);
        sc_shape matches = { 1, sc_encoder_channels(view->encoder, view->layers->index[i]), 1,
                             code ? 1 : view->state->positions[i].shape.w };
        if (!code)
            code = sc_tensor_create(&view->state->matches[i], matches, err);
    }
    return code;
}

static void nnfm_look(const sc_term_view *view, uint64_t round)
{
    for (int i = 0; i < view->layers->count; i++)
        sc_places_look(view, i, &view->grids[i], places_on(&view->grids[i]), round);
}

static int nnfm_reduce(const sc_term_view *view, sc_reduced *reduced)
{
    for (int i = 0; i < view->layers->count; i++)
        if (sc_term_sees(view, i))
            reduced[i].value = sc_places_sample(view, i, view->features[i], &view->grids[i], false, MOST_KEYS);
    return view->layers->count;
}

static int nnfm_statistics(const sc_term_view *view, const sc_value *reduced, int count, sc_value *statistics)
{
    for (int i = 0; i < count; i++)
        statistics[i] = sc_term_tap(view, i, reduced[i]);
    return count;
}

/* Keys less their mean. */
static int nnfm_prepare(sc_statistics *statistics, const sc_layers *layers, const sc_encoder *encoder, sc_error *err)
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

static int nnfm_losses(const sc_term_view *view, const sc_value *reduced, sc_value *losses)
{
    sc_graph *g = view->graph;
    for (int i = 0; i < view->layers->count; i++) {
        sc_value features = sc_term_tap(view, i, reduced[i]),
                 centred = sc_graph_add(g, 1, features, -1, sc_graph_channel_mean(g, features));
        sc_graph_keep(g, centred);
        view->state->watched[i] = centred;
        losses[i] = sc_graph_cosine_distance(
            g, centred, sc_graph_parameter(g, "matches", &view->state->matches[i], &view->state->changes));
    }
    return view->layers->count;
}

static int nnfm_refresh(const sc_term_view *view, sc_device *device, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int i = 0; i < view->layers->count && !code; i++)
        code = sc_term_match(view, i, &view->targets->tensors[i], device, err);
    return code;
}

const sc_term sc_term_nnfm = {
    .name = "nnfm",
    .blend = SC_BLEND_JOIN,
    .by_layer = true,
    .begin = nnfm_begin,
    .look = nnfm_look,
    .reduce = nnfm_reduce,
    .statistics = nnfm_statistics,
    .prepare = nnfm_prepare,
    .losses = nnfm_losses,
    .energy = sc_term_cosine_energy,
    .refresh = nnfm_refresh,
};
