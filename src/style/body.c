/* SPDX-License-Identifier: MIT */
/* Features and sums of a picture or its tiles. See body.h. A tile's graph is made when its turn comes and freed after it: that takes milliseconds, and
 * only one is in memory. */
#include "style/body.h"

#include <stdlib.h>
#include <string.h>

#include "style/region.h"

/* ---- set-up ------------------------------------------------------------------------------------------------------- */

static int lowest_common_multiple(int a, int b)
{
    int x = a, y = b;
    while (y) {
        int rest = x % y;
        x = y;
        y = rest;
    }
    return a / x * b;
}

/* Begins of tiles are multiples of the strides (and of 16, for pooled pixels); a window shows what a position beside the core sees. */
static void find_step_and_halo(const sc_body *body, int *step, int *halo)
{
    const sc_encoder *encoder = body->config->encoder;
    *step = *halo = 16;
    for (int i = 0; i < body->layer_count; i++) {
        int stride = sc_encoder_stride(encoder, body->layers[i]), reach = sc_encoder_reach(encoder, body->layers[i]) + stride;
        *step = lowest_common_multiple(*step, stride);
        *halo = reach > *halo ? reach : *halo;
    }
}

/* From the shapes of a graph that is never run. */
static int find_grids(sc_body *body, int height, int width, sc_error *err)
{
    sc_graph *graph;
    sc_value features[SC_MAX_BODY_LAYERS];
    const sc_objective_config *config = body->config;
    int code = sc_graph_create(&graph, config->backend, config->threads, err);
    if (code)
        return code;
    sc_value image = sc_graph_input(graph, "image", (sc_shape){ 1, 3, height, width });
    code = sc_encoder_build(config->encoder, graph, image, &config->encoder_options, body->layers, body->layer_count, features, err);
    for (int i = 0; i < body->layer_count && !code; i++) {
        sc_shape shape = sc_graph_shape(graph, features[i]);
        body->grids[i] = (sc_grid){ shape.h, shape.w, sc_encoder_stride(config->encoder, body->layers[i]) };
    }
    sc_graph_destroy(graph);
    return code;
}

int sc_body_create(sc_body *body, const sc_objective_config *config, const sc_terms *const *lists, int list_count, int height, int width, sc_error *err)
{
    *body = (sc_body){ .config = config };
    for (int l = 0; l < list_count; l++)
        for (int t = 0; t < lists[l]->count; t++) {
            const sc_layers *own = &lists[l]->choice[t].layers;
            memcpy(body->layers + body->layer_count, own->index, (size_t)own->count * sizeof *body->layers);
            body->layer_count += own->count;
        }
    int step, halo;
    find_step_and_halo(body, &step, &halo);
    body->tiles = sc_tiles_cut(height, width, config->tile_edge, step, halo, config->wrap);
    return body->layer_count ? find_grids(body, height, width, err) : SCUMBLE_OK;
}

void sc_body_free(sc_body *body)
{
    free(body->uses);
    free(body->shapes);
    free(body->maps);
    *body = (sc_body){ 0 };
}

int sc_body_reserve(sc_body *body, int most, sc_error *err)
{
    body->uses = calloc((size_t)most + 1, sizeof *body->uses);
    return body->uses ? SCUMBLE_OK : sc_fail_memory(err, (size_t)most * sizeof *body->uses);
}

sc_use *sc_body_use(sc_body *body, const struct sc_term_choice *choice, int first_layer, const sc_tensor *region, const sc_statistics *targets,
                    sc_term_state *state)
{
    sc_use *use = &body->uses[body->use_count++];
    *use = (sc_use){ .choice = choice, .region = region, .region_mean = region ? sc_region_share(region) : 1, .targets = targets, .state = state,
                     .first_layer = first_layer };
    return use;
}

sc_term_view sc_body_view(const sc_body *body, const sc_use *use, sc_graph *graph)
{
    return (sc_term_view){
        .graph = graph, .encoder = body->config->encoder, .layers = &use->choice->layers, .grids = body->grids + use->first_layer, .region = use->region,
        .region_mean = use->region_mean, .targets = use->targets, .state = use->state, .seed = body->config->seed, .tiles = &body->tiles,
    };
}

/* ---- one tile in a graph ------------------------------------------------------------------------------------------ */

/* Mean squared difference between the core's pixels and their neighbours below (or to the right), of all of the picture's: the core's share. */
static sc_value add_differences(const sc_body *body, sc_graph *graph, sc_value image, const sc_tile *tile, bool below)
{
    const sc_tiles *t = &body->tiles;
    int extent = below ? t->height : t->width, own = below ? tile->core.height : tile->core.width;
    int begin = below ? tile->core.top : tile->core.left, parts = below ? t->rows : t->columns;
    int pairs = t->wrap ? extent : extent - 1;
    int count = begin + own == extent && !t->wrap ? own - 1 : own;
    if (count < 1)
        return SC_NO_VALUE;
    if (t->wrap && parts == 1) /* its own neighbour */
        image = sc_graph_pad(graph, image, (sc_padding){ .bottom = below, .right = !below, .mode = SC_PAD_CIRCULAR });
    sc_slice_attrs here = { 0, 3, tile->core.top - tile->window.top, below ? count : tile->core.height, tile->core.left - tile->window.left,
                            below ? tile->core.width : count };
    sc_slice_attrs there = here;
    *(below ? &there.top : &there.left) += 1;
    sc_value mean = sc_graph_mean_square(graph, sc_graph_slice(graph, image, there), sc_graph_slice(graph, image, here));
    double across = below ? (double)tile->core.width / t->width : (double)tile->core.height / t->height;
    return sc_graph_add(graph, (float)(across * count / pairs), mean, 0, mean);
}

static sc_value add_total_variation(const sc_body *body, sc_graph *graph, sc_value image, const sc_tile *tile)
{
    if (sc_tiles_count(&body->tiles) == 1)
        return sc_graph_total_variation(graph, image, body->tiles.wrap);
    sc_value right = add_differences(body, graph, image, tile, false), below = add_differences(body, graph, image, tile, true);
    return right == SC_NO_VALUE ? below : below == SC_NO_VALUE ? right : sc_graph_add(graph, 1, right, 1, below);
}

/* Of one use; where they lie on a map its grid is told. */
static int add_values(const sc_term_view *view, const sc_term *term, sc_reduced *values)
{
    for (int i = 0; i < SC_MAX_STATISTICS; i++)
        values[i] = (sc_reduced){ SC_NO_VALUE, { 0 } };
    int count = term->reduce(view, values);
    if (!term->local || !view->state)
        return count;
    sc_value maps[SC_MAX_STATISTICS], losses[SC_MAX_STATISTICS];
    for (int i = 0; i < count; i++)
        maps[i] = values[i].value;
    count = term->losses(view, maps, losses);
    for (int i = 0; i < count; i++)
        values[i] = (sc_reduced){ sc_term_share(view, losses[i], &values[i].map), { 0 } };
    return count;
}

/* values: NULL, or room for all; counts each use's. */
static int build(const sc_body *body, sc_graph *graph, sc_value image, int tile, sc_reduced *values, int *counts, sc_error *err)
{
    const sc_objective_config *config = body->config;
    sc_value features[SC_MAX_BODY_LAYERS];
    sc_tile own = sc_tiles_get(&body->tiles, tile);
    int code = SCUMBLE_OK, count = 0;
    if (body->layer_count)
        code = sc_encoder_build_raw(config->encoder, graph, image, &config->encoder_options, body->layers, body->layer_count, features, err);
    for (int u = 0; u < body->use_count && !code; u++) {
        const sc_use *use = &body->uses[u];
        sc_term_view view = sc_body_view(body, use, graph);
        view.tile = own;
        view.image = image;
        view.features = features + use->first_layer;
        counts[u] = add_values(&view, use->choice->term, values + count);
        count += counts[u];
    }
    if (body->tv && !code)
        values[count++] = (sc_reduced){ add_total_variation(body, graph, image, &own), { 0 } };
    return code ? code : count;
}

static size_t most_values(const sc_body *body)
{
    return ((size_t)body->use_count + 1) * SC_MAX_STATISTICS;
}

static int build_tile(const sc_body *body, sc_graph *graph, sc_value image, int tile, sc_reduced *values, sc_error *err)
{
    int *counts = malloc(((size_t)body->use_count + 1) * sizeof *counts);
    int count = counts ? build(body, graph, image, tile, values, counts, err) : sc_fail_memory(err, (size_t)body->use_count * sizeof *counts);
    free(counts);
    return count < 0 ? count : SCUMBLE_OK;
}

int sc_body_build(const sc_body *body, sc_graph *graph, sc_value image, int tile, sc_value *values, sc_error *err)
{
    sc_reduced *reduced = malloc(most_values(body) * sizeof *reduced);
    int code = reduced ? build_tile(body, graph, image, tile, reduced, err) : sc_fail_memory(err, most_values(body) * sizeof *reduced);
    for (int i = 0; i < body->value_count && !code; i++)
        values[i] = reduced[i].value;
    free(reduced);
    return code;
}

static sc_value add_window(const sc_body *body, sc_graph *graph, int tile)
{
    sc_tile own = sc_tiles_get(&body->tiles, tile);
    return sc_graph_input(graph, "image", (sc_shape){ 1, 3, own.window.height, own.window.width });
}

static int note_values(sc_body *body, sc_graph *graph, const sc_reduced *values, const int *counts, sc_error *err)
{
    int count = 0;
    for (int u = 0; u < body->use_count; u++) {
        body->uses[u].first_value = count;
        body->uses[u].value_count = counts[u];
        count += counts[u];
    }
    count += body->tv;
    body->value_count = count;
    body->shapes = calloc((size_t)count + 1, sizeof *body->shapes);
    body->maps = calloc((size_t)count + 1, sizeof *body->maps);
    if (!body->shapes || !body->maps)
        return sc_fail_memory(err, (size_t)count * sizeof *body->shapes);
    for (int i = 0; i < count; i++) {
        body->shapes[i] = sc_graph_shape(graph, values[i].value);
        body->maps[i] = values[i].map.stride > 0;
        if (body->maps[i])
            body->shapes[i] = (sc_shape){ 1, body->shapes[i].c, values[i].map.height, values[i].map.width };
    }
    return SCUMBLE_OK;
}

int sc_body_measure_values(sc_body *body, sc_error *err)
{
    sc_graph *graph;
    int code = sc_graph_create(&graph, body->config->backend, body->config->threads, err);
    if (code)
        return code;
    sc_reduced *values = malloc(most_values(body) * sizeof *values);
    int *counts = calloc((size_t)body->use_count + 1, sizeof *counts);
    code = values && counts ? SCUMBLE_OK : sc_fail_memory(err, most_values(body) * sizeof *values);
    if (!code) {
        int count = build(body, graph, add_window(body, graph, 0), 0, values, counts, err);
        code = count < 0 ? count : note_values(body, graph, values, counts, err);
    }
    free(values);
    free(counts);
    sc_graph_destroy(graph);
    return code;
}

/* ---- tile by tile ------------------------------------------------------------------------------------------------- */

/* A tile's part of a map goes to its place. */
static void place(const sc_body *body, int tile, const sc_tensor *part, sc_grid grid, sc_tensor *map)
{
    sc_tile own = sc_tiles_get(&body->tiles, tile);
    sc_rect core = sc_tiles_core_on(&body->tiles, &own, &grid);
    size_t c = (size_t)map->shape.c, row = (size_t)core.width * c;
    for (int y = 0; y < core.height; y++)
        memcpy(map->data + ((size_t)(core.top + y) * (size_t)grid.width + (size_t)core.left) * c, part->data + (size_t)y * row, row * sizeof *map->data);
}

static void collect(const sc_body *body, sc_graph *graph, int tile, const sc_reduced *values, sc_tensor *sums)
{
    for (int i = 0; i < body->value_count; i++) {
        sc_tensor part = { sc_graph_shape(graph, values[i].value), sc_graph_data(graph, values[i].value) };
        if (body->maps[i])
            place(body, tile, &part, values[i].map, &sums[i]);
        else
            for (size_t k = 0; k < sc_shape_count(part.shape); k++)
                sums[i].data[k] += part.data[k];
    }
}

typedef struct job {
    const sc_body *body;
    const float *rgb;
    sc_tensor *sums;         /* forward */
    const sc_tensor *slopes; /* backward */
    float *gradient;
    bool backward;
    sc_arena arena;          /* of one tile after the other */
    bool estimate;           /* nothing is run: */
    size_t memory_bytes;
    double flops;
} job;

/* sum over values of <value, slope> */
static sc_value add_slopes(const job *j, sc_graph *graph, const sc_reduced *values)
{
    sc_value sum = SC_NO_VALUE;
    for (int i = 0; i < j->body->value_count; i++) {
        sc_shape shape = j->body->shapes[i];
        sc_value slope = j->slopes ? sc_graph_constant(graph, "slope", &j->slopes[i]) : sc_graph_input(graph, "slope", shape);
        sc_value mean = sc_graph_mean(graph, sc_graph_multiply(graph, values[i].value, slope));
        float count = (float)sc_shape_count(shape);
        sum = sum == SC_NO_VALUE ? sc_graph_add(graph, count, mean, 0, mean) : sc_graph_add(graph, 1, sum, count, mean);
    }
    return sum;
}

static int finish_tile(job *j, sc_graph *graph, sc_value image, int tile, const sc_reduced *values, sc_error *err)
{
    const sc_body *body = j->body;
    sc_tile own = sc_tiles_get(&body->tiles, tile);
    if (j->estimate)
        return sc_graph_estimate(graph, &j->memory_bytes, &j->flops, err);
    int code = sc_graph_plan(graph, err);
    if (code)
        return code;
    sc_tiles_read(&body->tiles, &own, j->rgb, 3, sc_graph_data(graph, image));
    code = sc_graph_run(graph, err);
    if (!code && j->backward)
        sc_tiles_add(&body->tiles, &own, sc_graph_gradient(graph, image), 3, j->gradient);
    else if (!code)
        collect(body, graph, tile, values, j->sums);
    return code;
}

static int do_tile(job *j, int tile, sc_error *err)
{
    const sc_body *body = j->body;
    sc_graph *graph;
    int code = sc_graph_create(&graph, body->config->backend, body->config->threads, err);
    if (code)
        return code;
    sc_graph_use_arena(graph, &j->arena);
    sc_value image = add_window(body, graph, tile);
    sc_reduced *values = malloc(most_values(body) * sizeof *values);
    code = values ? build_tile(body, graph, image, tile, values, err) : sc_fail_memory(err, most_values(body) * sizeof *values);
    if (!code && j->backward)
        code = sc_graph_differentiate(graph, add_slopes(j, graph, values), &image, 1, err);
    for (int i = 0; i < body->value_count && !code && !j->backward; i++)
        sc_graph_keep(graph, values[i].value);
    if (!code)
        code = finish_tile(j, graph, image, tile, values, err);
    free(values);
    sc_graph_destroy(graph);
    return code;
}

static int do_tiles(job *j, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int tile = 0; tile < sc_tiles_count(&j->body->tiles) && !code; tile++)
        code = do_tile(j, tile, err);
    free(j->arena.memory);
    return code;
}

int sc_body_sum(const sc_body *body, const float *rgb, sc_tensor *sums, sc_error *err)
{
    job j = { .body = body, .rgb = rgb, .sums = sums };
    return do_tiles(&j, err);
}

int sc_body_gradient(const sc_body *body, const float *rgb, const sc_tensor *slopes, float *gradient, sc_error *err)
{
    job j = { .body = body, .rgb = rgb, .slopes = slopes, .gradient = gradient, .backward = true };
    memset(gradient, 0, (size_t)body->tiles.height * (size_t)body->tiles.width * 3 * sizeof *gradient);
    return do_tiles(&j, err);
}

int sc_body_estimate(const sc_body *body, bool with_gradient, size_t *memory_bytes, double *flops, sc_error *err)
{
    int largest = 0;
    double pixels = 0, most = 0;
    for (int tile = 0; tile < sc_tiles_count(&body->tiles); tile++) {
        sc_rect window = sc_tiles_get(&body->tiles, tile).window;
        double own = (double)window.height * window.width;
        pixels += own;
        largest = own > most ? tile : largest;
        most = own > most ? own : most;
    }
    job forward = { .body = body, .estimate = true }, both = { .body = body, .estimate = true, .backward = true };
    int code = do_tile(&forward, largest, err);
    if (!code && with_gradient)
        code = do_tile(&both, largest, err);
    *memory_bytes = both.memory_bytes > forward.memory_bytes ? both.memory_bytes : forward.memory_bytes;
    *flops = (forward.flops + both.flops) * pixels / most;
    return code;
}
