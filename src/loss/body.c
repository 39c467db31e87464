/* SPDX-License-Identifier: MIT */
/* Features and sums of a picture or its tiles. See body.h. A tile's graph is made when its turn comes and freed after
 * it: that takes milliseconds, and only one is in memory. What the first of two stages gives to the second is one more
 * value of its graphs, the end. */
#include "loss/body.h"

#include <stdlib.h>
#include <string.h>

#include "loss/region.h"
#include "tensor/vector.h"

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
static int add_network(const sc_body *body, const sc_stage *stage, sc_graph *graph, sc_value input, sc_value *features,
                       sc_value *end, sc_error *err)
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
        code = add_network(body, &body->stages[s], graph, input, features, &end, err);
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

/* What a tile's graph gives. */
typedef struct output {
    sc_reduced *values; /* all of the body's; SC_NO_VALUE where another stage gives them */
    sc_value end;       /* the core's part of the next stage's input */
} output;

static int create_output(const sc_body *body, output *out, sc_error *err)
{
    size_t count = (size_t)body->use_count * SC_MAX_STATISTICS + 1;
    *out = (output){ malloc(count * sizeof *out->values), SC_NO_VALUE };
    for (size_t i = 0; i < count && out->values; i++)
        out->values[i] = (sc_reduced){ SC_NO_VALUE, { 0 } };
    return out->values ? SCUMBLE_OK : sc_fail_memory(err, count * sizeof *out->values);
}

static sc_value add_window(const sc_stage *stage, sc_graph *graph, int tile)
{
    sc_tile own = sc_tiles_get(&stage->tiles, tile);
    sc_rect window = sc_tiles_window_on(&stage->tiles, &own, &stage->input);
    return sc_graph_input(graph, "window", (sc_shape){ 1, stage->channels, window.height, window.width });
}

/* counts: NULL, or room for how many values each use has. */
static int build(const sc_body *body, int s, sc_graph *graph, sc_value window, int tile, output *out, int *counts,
                 sc_error *err)
{
    const sc_stage *stage = &body->stages[s];
    sc_value features[SC_MAX_BODY_LAYERS], end;
    sc_term_view view;
    sc_tile own = sc_tiles_get(&stage->tiles, tile);
    int code = add_network(body, stage, graph, window, features, &end, err);
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
    output out;
    int code = create_output(body, &out, err);
    if (!code)
        code = build(body, 0, graph, image, 0, &out, NULL, err);
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
    output out;
    int code = sc_graph_create(&graph, body->config->device, err);
    if (code)
        return code;
    code = create_output(body, &out, err);
    if (!code)
        code = build(body, stage, graph, add_window(&body->stages[stage], graph, 0), 0, &out, counts, err);
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

/* ---- tile by tile ---------------------------------------------------------------------------------------------- */

/* All tiles of a stage. */
typedef struct job {
    const sc_body *body;
    int stage;
    const float *input;      /* the picture, or the map at the cut */
    sc_tensor *sums;         /* forward: what it gives, */
    float *end;              /* and the next stage's input */
    const sc_tensor *slopes; /* backward: of the values, */
    const float *end_slope;  /* and of the next stage's input */
    float *gradient;         /* of the input */
    bool backward;
    sc_arena *arena; /* of one tile after the other */
    bool estimate;   /* nothing is run: */
    size_t memory_bytes;
    double flops;
} job;

static const sc_stage *stage_of(const job *j)
{
    return &j->body->stages[j->stage];
}

/* What goes between a tile's value and a map on a grid: one of sc_tiles_read, _add, _read_core and _write_core. */
typedef struct cargo {
    sc_value value;
    sc_loan loan;
    const sc_grid *grid;
    int channels;
    void (*carry)(sc_threads *threads, const sc_tiles *tiles, const sc_tile *tile, const sc_grid *grid, int channels,
                  const float *from, float *to);
    const float *from; /* NULL: the value */
    float *to;         /* NULL: the value */
} cargo;

static int carry(const job *j, sc_graph *graph, const sc_tile *tile, const cargo *c, sc_error *err)
{
    float *lent = sc_graph_lend(graph, c->value, c->loan, err);
    if (!lent)
        return err->code;
    c->carry(j->body->config->threads, &stage_of(j)->tiles, tile, c->grid, c->channels, c->from ? c->from : lent,
             c->to ? c->to : lent);
    sc_graph_take_back(graph, c->value, c->loan);
    return SCUMBLE_OK;
}

static int add_sum(sc_graph *graph, sc_value value, float *sum, sc_error *err)
{
    const float *part = sc_graph_lend(graph, value, SC_LOAN_TO_READ, err);
    if (!part)
        return err->code;
    for (size_t k = 0; k < sc_shape_count(sc_graph_shape(graph, value)); k++)
        sum[k] += part[k];
    sc_graph_take_back(graph, value, SC_LOAN_TO_READ);
    return SCUMBLE_OK;
}

static int collect(const job *j, sc_graph *graph, const sc_tile *tile, const output *out, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int i = 0; i < j->body->value_count && !code; i++) {
        const sc_reduced *own = &out->values[i];
        if (j->body->homes[i] != j->stage)
            continue;
        cargo map = { own->value, SC_LOAN_TO_READ, &own->map, sc_graph_shape(graph, own->value).c, sc_tiles_write_core,
                      NULL,       j->sums[i].data };
        code = j->body->maps[i] ? carry(j, graph, tile, &map, err) : add_sum(graph, own->value, j->sums[i].data, err);
    }
    cargo end = { out->end, SC_LOAN_TO_READ, &stage_of(j)[1].input, stage_of(j)[1].channels, sc_tiles_write_core,
                  NULL,     j->end };
    return code || out->end == SC_NO_VALUE ? code : carry(j, graph, tile, &end, err);
}

/* sum + <value, slope> */
static sc_value add_slope(sc_graph *graph, sc_value sum, sc_value value, sc_value slope)
{
    sc_value mean = sc_graph_mean(graph, sc_graph_multiply(graph, value, slope));
    float count = (float)sc_shape_count(sc_graph_shape(graph, slope));
    return sum == SC_NO_VALUE ? sc_graph_add(graph, count, mean, 0, mean) : sc_graph_add(graph, 1, sum, count, mean);
}

/* Of the values and of the end, whose slope is *end_slope: an input. */
static sc_value add_slopes(const job *j, sc_graph *graph, const output *out, sc_value *end_slope)
{
    sc_value sum = SC_NO_VALUE;
    for (int i = 0; i < j->body->value_count; i++) {
        if (j->body->homes[i] != j->stage)
            continue;
        sc_value slope = j->slopes ? sc_graph_constant(graph, "slope", &j->slopes[i]) :
                                     sc_graph_input(graph, "slope", j->body->shapes[i]);
        sum = add_slope(graph, sum, out->values[i].value, slope);
    }
    *end_slope = SC_NO_VALUE;
    if (out->end != SC_NO_VALUE) {
        *end_slope = sc_graph_input(graph, "slope", sc_graph_shape(graph, out->end));
        sum = add_slope(graph, sum, out->end, *end_slope);
    }
    return sum;
}

static void keep_output(const job *j, sc_graph *graph, const output *out)
{
    for (int i = 0; i < j->body->value_count; i++)
        if (j->body->homes[i] == j->stage)
            sc_graph_keep(graph, out->values[i].value);
    if (out->end != SC_NO_VALUE)
        sc_graph_keep(graph, out->end);
}

static int run_tile(const job *j, sc_graph *graph, sc_value window, sc_value end_slope, int tile, const output *out,
                    sc_error *err)
{
    const sc_stage *stage = stage_of(j);
    sc_tile own = sc_tiles_get(&stage->tiles, tile);
    cargo in = { window, SC_LOAN_TO_FILL, &stage->input, stage->channels, sc_tiles_read, j->input, NULL };
    cargo slope = { end_slope, SC_LOAN_TO_FILL, &stage[1].input, stage[1].channels, sc_tiles_read_core, j->end_slope,
                    NULL };
    cargo gradient = { window, SC_LOAN_OF_GRADIENT, &stage->input, stage->channels, sc_tiles_add, NULL, j->gradient };
    int code = sc_graph_plan(graph, err);
    if (!code)
        code = carry(j, graph, &own, &in, err);
    if (!code && end_slope != SC_NO_VALUE)
        code = carry(j, graph, &own, &slope, err);
    if (!code)
        code = sc_graph_run(graph, err);
    if (code)
        return code;
    code = j->backward ? carry(j, graph, &own, &gradient, err) : collect(j, graph, &own, out, err);
    return code ? code : sc_threads_check(j->body->config->threads, err);
}

static int build_tile(job *j, sc_graph *graph, int tile, output *out, sc_error *err)
{
    sc_value window = add_window(stage_of(j), graph, tile), end_slope = SC_NO_VALUE;
    int code = build(j->body, j->stage, graph, window, tile, out, NULL, err);
    if (code)
        return code;
    if (j->backward)
        code = sc_graph_differentiate(graph, add_slopes(j, graph, out, &end_slope), &window, 1, err);
    else
        keep_output(j, graph, out);
    if (code)
        return code;
    return j->estimate ? sc_graph_estimate(graph, &j->memory_bytes, &j->flops, err) :
                         run_tile(j, graph, window, end_slope, tile, out, err);
}

static int do_tile(job *j, int tile, sc_error *err)
{
    sc_graph *graph;
    output out;
    int code = sc_graph_create(&graph, j->body->config->device, err);
    if (code)
        return code;
    if (j->arena)
        sc_graph_use_arena(graph, j->arena);
    code = create_output(j->body, &out, err);
    if (!code)
        code = build_tile(j, graph, tile, &out, err);
    free(out.values);
    sc_graph_destroy(graph);
    return code;
}

static int do_tiles(job *j, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int tile = 0; tile < sc_tiles_count(&stage_of(j)->tiles) && !code; tile++)
        code = do_tile(j, tile, err);
    return code;
}

/* The map at the cut, or its gradient, when there is a cut. */
static int make_map(const sc_body *body, sc_tensor *map, sc_error *err)
{
    const sc_stage *last = &body->stages[body->stage_count - 1];
    if (body->stage_count == 1 || map->data)
        return SCUMBLE_OK;
    return sc_tensor_create(map, (sc_shape){ 1, last->channels, last->input.height, last->input.width }, err);
}

int sc_body_sum(sc_body *body, const float *rgb, sc_tensor *sums, sc_error *err)
{
    int code = make_map(body, &body->map, err);
    for (int s = 0; s < body->stage_count && !code; s++) {
        job j = { .body = body,
                  .stage = s,
                  .input = s ? body->map.data : rgb,
                  .sums = sums,
                  .end = body->map.data,
                  .arena = &body->arena };
        code = do_tiles(&j, err);
    }
    return code;
}

int sc_body_gradient(sc_body *body, const float *rgb, const sc_tensor *slopes, float *gradient, sc_error *err)
{
    int code = make_map(body, &body->map_gradient, err);
    for (int s = body->stage_count - 1; s >= 0 && !code; s--) {
        const sc_stage *stage = &body->stages[s];
        job j = { .body = body,
                  .stage = s,
                  .input = s ? body->map.data : rgb,
                  .slopes = slopes,
                  .end_slope = body->map_gradient.data,
                  .gradient = s ? body->map_gradient.data : gradient,
                  .backward = true,
                  .arena = &body->arena };
        sc_vector_clear(body->config->threads, j.gradient,
                        (size_t)stage->input.height * (size_t)stage->input.width * (size_t)stage->channels);
        code = do_tiles(&j, err);
    }
    return code;
}

/* ---- what it takes --------------------------------------------------------------------------------------------- */

static int estimate_stage(const sc_body *body, int stage, bool with_gradient, size_t *memory_bytes,
                          double *forward_flops, double *flops, sc_error *err)
{
    const sc_tiles *tiles = &body->stages[stage].tiles;
    int largest = 0;
    double most = 0;
    for (int tile = 0; tile < sc_tiles_count(tiles); tile++) {
        sc_rect window = sc_tiles_get(tiles, tile).window;
        double own = (double)window.height * window.width;
        largest = own > most ? tile : largest;
        most = own > most ? own : most;
    }
    job forward = { .body = body, .stage = stage, .estimate = true }, both = forward;
    both.backward = true;
    int code = do_tile(&forward, largest, err);
    if (!code && with_gradient)
        code = do_tile(&both, largest, err);
    *memory_bytes = both.memory_bytes > forward.memory_bytes ? both.memory_bytes : forward.memory_bytes;
    *forward_flops = forward.flops * sc_tiles_pixels(tiles) / most;
    *flops = (forward.flops + both.flops) * sc_tiles_pixels(tiles) / most;
    return code;
}

int sc_body_estimate(const sc_body *body, bool with_gradient, size_t *memory_bytes, double *forward_flops,
                     double *flops, sc_error *err)
{
    int code = SCUMBLE_OK;
    *memory_bytes = 0;
    *forward_flops = *flops = 0;
    for (int s = 0; s < body->stage_count && !code; s++) {
        size_t own_bytes;
        double own_forward, own_flops;
        code = estimate_stage(body, s, with_gradient, &own_bytes, &own_forward, &own_flops, err);
        *memory_bytes = own_bytes > *memory_bytes ? own_bytes : *memory_bytes;
        *forward_flops += own_forward;
        *flops += own_flops;
    }
    return code;
}

int sc_body_graphs(const sc_body *body)
{
    int count = 0;
    for (int s = 0; s < body->stage_count; s++)
        count += sc_tiles_count(&body->stages[s].tiles);
    return count;
}

size_t sc_body_map_bytes(const sc_body *body)
{
    const sc_stage *last = &body->stages[body->stage_count - 1];
    return body->stage_count == 1 ?
               0 :
               sc_shape_bytes((sc_shape){ 1, last->channels, last->input.height, last->input.width });
}
