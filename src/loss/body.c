/* SPDX-License-Identifier: MIT */
/* Features and sums of a picture or of one tile, as a graph. See body.h; walk.c goes over all tiles. What the first of
 * two stages gives to the second is one more value of its graphs, the end. */
#include "loss/body_internal.h"

#include <stdlib.h>
#include <string.h>

#include "loss/region.h"

/* ---- set-up ---------------------------------------------------------------------------------------------------- */

static bool plays_a_part(const struct sc_term_choice *choice)
{
    return choice->term->reads != SC_READS_PICTURE;
}

static void gather_layers(sc_body *body)
{
    for (int l = 0; l < body->list_count; l++)
        for (int t = 0; t < body->lists[l]->count; t++) {
            const struct sc_term_choice *choice = &body->lists[l]->choice[t];
            if (!plays_a_part(choice))
                continue;
            memcpy(body->layers + body->layer_count, choice->layers.index,
                   (size_t)choice->layers.count * sizeof *body->layers);
            body->layer_count += choice->layers.count;
        }
}

/* Where the layers of a choice begin. */
static int first_layer(const sc_body *body, const struct sc_term_choice *choice)
{
    int first = 0;
    for (int l = 0; l < body->list_count; l++)
        for (int t = 0; t < body->lists[l]->count; t++) {
            const struct sc_term_choice *other = &body->lists[l]->choice[t];
            if (other == choice)
                return first;
            first += plays_a_part(other) ? other->layers.count : 0;
        }
    return first;
}

/* Adds a stage's part of the network, from its input on. features: one for each layer, SC_NO_VALUE for those of other
 * stages. */
static int body_add_network(const sc_body *body, const sc_stage *stage, sc_graph *graph, sc_value input,
                            sc_value *features, sc_value *end, sc_error *err)
{
    const sc_objective_config *config = body->config;
    int layers[SC_MAX_BODY_LAYERS], count = 0;
    sc_value own[SC_MAX_BODY_LAYERS];
    for (int i = 0; i < body->layer_count; i++)
        if (sc_stage_has(stage, config->encoder, body->layers[i]))
            layers[count++] = body->layers[i];
    *end = SC_NO_VALUE;
    int code = count || stage->span.to != SC_NO_CUT ?
                   sc_encoder_build_span(config->encoder, graph, input, &config->encoder_options, stage->span, layers,
                                         count, own, end, err) :
                   SCUMBLE_OK;
    for (int i = 0, k = 0; i < body->layer_count; i++)
        features[i] = k < count && sc_stage_has(stage, config->encoder, body->layers[i]) ? own[k++] : SC_NO_VALUE;
    return code;
}

/* Grids of the layers, and of the second stage's input, from the shapes of a graph that is never run. */
static int find_grids(sc_body *body, sc_error *err)
{
    sc_graph *graph;
    int code = sc_graph_create(&graph, body->config->device, err);
    if (code)
        return code;
    sc_value input = sc_graph_input(graph, "image", (sc_shape){ 1, 3, body->height, body->width });
    for (int s = 0; s < body->stage_count && !code; s++) {
        sc_value features[SC_MAX_BODY_LAYERS], end;
        code = body_add_network(body, &body->stages[s], graph, input, features, &end, err);
        for (int i = 0; i < body->layer_count && !code; i++)
            if (features[i] != SC_NO_VALUE) {
                sc_shape shape = sc_graph_shape(graph, features[i]);
                body->grids[i] =
                    (sc_grid){ shape.h, shape.w, sc_encoder_stride(body->config->encoder, body->layers[i]) };
            }
        if (end != SC_NO_VALUE) {
            sc_shape shape = sc_graph_shape(graph, end);
            body->stages[s + 1].input =
                (sc_grid){ shape.h, shape.w, sc_encoder_cut(body->config->encoder, body->stages[s].span.to).stride };
        }
        input = end;
    }
    for (int i = 0; i < body->layer_count && !code; i++)
        if (!body->grids[i].stride) /* the graph had no memory for it */
            code = sc_fail_memory(err, sizeof *body->grids);
    sc_graph_destroy(graph);
    return code;
}

int sc_body_create(sc_body *body, const sc_objective_config *config, const sc_terms *const *lists, int list_count,
                   int height, int width, sc_error *err)
{
    *body = (sc_body){ .config = config, .list_count = list_count, .height = height, .width = width };
    memcpy(body->lists, lists, (size_t)list_count * sizeof *lists);
    gather_layers(body);
    sc_body_choose_stages(body);
    return find_grids(body, err);
}

void sc_body_free(sc_body *body)
{
    free(body->uses);
    free(body->shapes);
    free(body->maps);
    free(body->homes);
    sc_tensor_free(&body->map);
    sc_tensor_free(&body->map_gradient);
    sc_arena_free(&body->arena);
    *body = (sc_body){ 0 };
}

bool sc_body_is_tiled(const sc_body *body)
{
    return body->stage_count > 1 || sc_tiles_count(&body->stages[0].tiles) > 1;
}

int sc_body_reserve(sc_body *body, int most, sc_error *err)
{
    body->uses = calloc((size_t)most + 1, sizeof *body->uses);
    return body->uses ? SCUMBLE_OK : sc_fail_memory(err, (size_t)most * sizeof *body->uses);
}

sc_use *sc_body_use(sc_body *body, const struct sc_term_choice *choice, const sc_tensor *region,
                    const sc_statistics *targets, sc_term_state *state)
{
    sc_use *use = &body->uses[body->use_count++];
    *use = (sc_use){ .choice = choice,
                     .region = region,
                     .region_mean = region ? sc_region_share(region) : 1,
                     .targets = targets,
                     .state = state,
                     .first_layer = first_layer(body, choice) };
    return use;
}

sc_term_view sc_body_view(const sc_body *body, const sc_use *use, sc_graph *graph)
{
    return (sc_term_view){
        .graph = graph,
        .encoder = body->config->encoder,
        .layers = &use->choice->layers,
        .grids = body->grids + use->first_layer,
        .region = use->region,
        .region_mean = use->region_mean,
        .targets = use->targets,
        .state = use->state,
        .critic = body->config->critic,
        .seed = body->config->seed,
        .tiles = &body->stages[0].tiles,
    };
}

/* ---- one tile in a graph --------------------------------------------------------------------------------------- */

/* Has this stage values of the use? */
static bool takes_part(const sc_body *body, const sc_use *use, int stage)
{
    if (!plays_a_part(use->choice))
        return stage == 0;
    bool any = false;
    for (int i = 0; i < use->choice->layers.count; i++)
        any = any || sc_stage_has(&body->stages[stage], body->config->encoder, use->choice->layers.index[i]);
    return any;
}

/* Of one use; where they lie on a map its grid is told. */
static int add_values(const sc_term_view *view, const sc_term *term, sc_reduced *values)
{
    int count = term->reduce(view, values);
    if (!term->local || !view->state)
        return count;
    sc_value maps[SC_MAX_STATISTICS], losses[SC_MAX_STATISTICS];
    for (int i = 0; i < count; i++) {
        maps[i] = values[i].value;
        losses[i] = SC_NO_VALUE;
    }
    count = term->losses(view, maps, losses);
    for (int i = 0; i < count; i++)
        values[i] =
            (sc_reduced){ losses[i] == SC_NO_VALUE ? SC_NO_VALUE : sc_term_share(view, losses[i], &values[i].map),
                          { 0 } };
    return count;
}

int sc_tile_output_create(const sc_body *body, sc_tile_output *out, sc_error *err)
{
    size_t count = (size_t)body->use_count * SC_MAX_STATISTICS + 1;
    *out = (sc_tile_output){ malloc(count * sizeof *out->values), SC_NO_VALUE };
    for (size_t i = 0; i < count && out->values; i++)
        out->values[i] = (sc_reduced){ SC_NO_VALUE, { 0 } };
    return out->values ? SCUMBLE_OK : sc_fail_memory(err, count * sizeof *out->values);
}

sc_value sc_body_add_window(const sc_stage *stage, sc_graph *graph, int tile)
{
    sc_tile own = sc_tiles_get(&stage->tiles, tile);
    sc_rect window = sc_tiles_window_on(&stage->tiles, &own, &stage->input);
    return sc_graph_input(graph, "window", (sc_shape){ 1, stage->channels, window.height, window.width });
}

int sc_body_build_tile(const sc_body *body, int s, sc_graph *graph, sc_value window, int tile, sc_tile_output *out,
                       int *counts, sc_error *err)
{
    const sc_stage *stage = &body->stages[s];
    sc_value features[SC_MAX_BODY_LAYERS], end;
    sc_term_view view;
    sc_tile own = sc_tiles_get(&stage->tiles, tile);
    int code = body_add_network(body, stage, graph, window, features, &end, err);
    for (int u = 0; u < body->use_count && !code; u++) {
        const sc_use *use = &body->uses[u];
        if (!takes_part(body, use, s))
            continue;
        view = sc_body_view(body, use, graph);
        view.tiles = &stage->tiles;
        view.tile = own;
        view.image = s == 0 ? window : SC_NO_VALUE;
        view.features = features + use->first_layer;
        int count = add_values(&view, use->choice->term, out->values + use->first_value);
        if (counts)
            counts[u] = count;
    }
    if (end != SC_NO_VALUE && !code) {
        view = (sc_term_view){ .graph = graph, .tiles = &stage->tiles, .tile = own };
        out->end = sc_term_core(&view, end, &body->stages[s + 1].input);
    }
    return code;
}

int sc_body_build(const sc_body *body, sc_graph *graph, sc_value image, sc_value *values, sc_error *err)
{
    sc_tile_output out;
    int code = sc_tile_output_create(body, &out, err);
    if (!code)
        code = sc_body_build_tile(body, 0, graph, image, 0, &out, NULL, err);
    for (int i = 0; i < body->value_count && !code; i++)
        values[i] = out.values[i].value;
    free(out.values);
    return code;
}

/* ---- the values ------------------------------------------------------------------------------------------------ */

static void note_values(sc_body *body, int stage, sc_graph *graph, const sc_reduced *values)
{
    for (int i = 0; i < body->value_count; i++) {
        if (values[i].value == SC_NO_VALUE)
            continue;
        sc_shape shape = sc_graph_shape(graph, values[i].value);
        body->homes[i] = stage;
        body->maps[i] = values[i].map.stride > 0;
        body->shapes[i] = body->maps[i] ? (sc_shape){ 1, shape.c, values[i].map.height, values[i].map.width } : shape;
    }
}

static int measure_stage(sc_body *body, int stage, int *counts, sc_error *err)
{
    sc_graph *graph;
    sc_tile_output out;
    int code = sc_graph_create(&graph, body->config->device, err);
    if (code)
        return code;
    code = sc_tile_output_create(body, &out, err);
    if (!code)
        code = sc_body_build_tile(body, stage, graph, sc_body_add_window(&body->stages[stage], graph, 0), 0, &out,
                                  counts, err);
    if (!code)
        note_values(body, stage, graph, out.values);
    free(out.values);
    sc_graph_destroy(graph);
    return code;
}

/* Each use's values had room for as many as there can be; now they stand side by side. */
static void close_ranks(sc_body *body, const int *counts)
{
    int count = 0;
    for (int u = 0; u < body->use_count; u++) {
        int first = u * SC_MAX_STATISTICS, own = counts[u];
        for (int i = 0; i < own; i++, count++) {
            body->shapes[count] = body->shapes[first + i];
            body->maps[count] = body->maps[first + i];
            body->homes[count] = body->homes[first + i];
        }
        body->uses[u].first_value = count - own;
        body->uses[u].value_count = own;
    }
    body->value_count = count;
}

int sc_body_measure_values(sc_body *body, sc_error *err)
{
    body->value_count = body->use_count * SC_MAX_STATISTICS;
    size_t most = (size_t)body->value_count + 1;
    body->shapes = calloc(most, sizeof *body->shapes);
    body->maps = calloc(most, sizeof *body->maps);
    body->homes = calloc(most, sizeof *body->homes);
    int *counts = calloc((size_t)body->use_count + 1, sizeof *counts);
    int code = body->shapes && body->maps && body->homes && counts ? SCUMBLE_OK :
                                                                     sc_fail_memory(err, most * sizeof *body->shapes);
    for (int u = 0; u < body->use_count; u++)
        body->uses[u].first_value = u * SC_MAX_STATISTICS;
    for (int s = 0; s < body->stage_count && !code; s++)
        code = measure_stage(body, s, counts, err);
    if (!code)
        close_ranks(body, counts);
    for (int i = 0; i < body->value_count && !code; i++)
        if (!sc_shape_count(body->shapes[i])) /* as above */
            code = sc_fail_memory(err, sizeof *body->shapes);
    free(counts);
    return code;
}
