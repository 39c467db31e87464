/* SPDX-License-Identifier: MIT */
/* Walks over the tiles of a body, and what they take. See body.h. A tile's graph is made when its turn comes and freed
 * after it: that takes milliseconds, and only one is in memory. */
#include <stdlib.h>

#include "loss/body_internal.h"
#include "tensor/vector.h"

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

static const sc_stage *walk_stage_of(const job *j)
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

static int walk_carry(const job *j, sc_graph *graph, const sc_tile *tile, const cargo *c, sc_error *err)
{
    float *lent = sc_graph_lend(graph, c->value, c->loan, err);
    if (!lent)
        return err->code;
    c->carry(j->body->config->threads, &walk_stage_of(j)->tiles, tile, c->grid, c->channels, c->from ? c->from : lent,
             c->to ? c->to : lent);
    sc_graph_take_back(graph, c->value, c->loan);
    return SCUMBLE_OK;
}

static int walk_add_sum(sc_graph *graph, sc_value value, float *sum, sc_error *err)
{
    const float *part = sc_graph_lend(graph, value, SC_LOAN_TO_READ, err);
    if (!part)
        return err->code;
    for (size_t k = 0; k < sc_shape_count(sc_graph_shape(graph, value)); k++)
        sum[k] += part[k];
    sc_graph_take_back(graph, value, SC_LOAN_TO_READ);
    return SCUMBLE_OK;
}

static int walk_collect(const job *j, sc_graph *graph, const sc_tile *tile, const sc_tile_output *out, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int i = 0; i < j->body->value_count && !code; i++) {
        const sc_reduced *own = &out->values[i];
        if (j->body->homes[i] != j->stage)
            continue;
        cargo map = { own->value, SC_LOAN_TO_READ, &own->map, sc_graph_shape(graph, own->value).c, sc_tiles_write_core,
                      NULL,       j->sums[i].data };
        code = j->body->maps[i] ? walk_carry(j, graph, tile, &map, err) :
                                  walk_add_sum(graph, own->value, j->sums[i].data, err);
    }
    cargo end = {
        out->end, SC_LOAN_TO_READ, &walk_stage_of(j)[1].input, walk_stage_of(j)[1].channels, sc_tiles_write_core,
        NULL,     j->end
    };
    return code || out->end == SC_NO_VALUE ? code : walk_carry(j, graph, tile, &end, err);
}

/* sum + <value, slope> */
static sc_value add_slope(sc_graph *graph, sc_value sum, sc_value value, sc_value slope)
{
    sc_value mean = sc_graph_mean(graph, sc_graph_multiply(graph, value, slope));
    float count = (float)sc_shape_count(sc_graph_shape(graph, slope));
    return sum == SC_NO_VALUE ? sc_graph_add(graph, count, mean, 0, mean) : sc_graph_add(graph, 1, sum, count, mean);
}

/* Of the values and of the end, whose slope is *end_slope: an input. */
static sc_value add_slopes(const job *j, sc_graph *graph, const sc_tile_output *out, sc_value *end_slope)
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

static void keep_output(const job *j, sc_graph *graph, const sc_tile_output *out)
{
    for (int i = 0; i < j->body->value_count; i++)
        if (j->body->homes[i] == j->stage)
            sc_graph_keep(graph, out->values[i].value);
    if (out->end != SC_NO_VALUE)
        sc_graph_keep(graph, out->end);
}

static int walk_run_tile(const job *j, sc_graph *graph, sc_value window, sc_value end_slope, int tile,
                         const sc_tile_output *out, sc_error *err)
{
    const sc_stage *stage = walk_stage_of(j);
    sc_tile own = sc_tiles_get(&stage->tiles, tile);
    cargo in = { window, SC_LOAN_TO_FILL, &stage->input, stage->channels, sc_tiles_read, j->input, NULL };
    cargo slope = { end_slope, SC_LOAN_TO_FILL, &stage[1].input, stage[1].channels, sc_tiles_read_core, j->end_slope,
                    NULL };
    cargo gradient = { window, SC_LOAN_OF_GRADIENT, &stage->input, stage->channels, sc_tiles_add, NULL, j->gradient };
    int code = sc_graph_plan(graph, err);
    if (!code)
        code = walk_carry(j, graph, &own, &in, err);
    if (!code && end_slope != SC_NO_VALUE)
        code = walk_carry(j, graph, &own, &slope, err);
    if (!code)
        code = sc_graph_run(graph, err);
    if (code)
        return code;
    code = j->backward ? walk_carry(j, graph, &own, &gradient, err) : walk_collect(j, graph, &own, out, err);
    return code ? code : sc_threads_check(j->body->config->threads, err);
}

static int build_tile(job *j, sc_graph *graph, int tile, sc_tile_output *out, sc_error *err)
{
    sc_value window = sc_body_add_window(walk_stage_of(j), graph, tile), end_slope = SC_NO_VALUE;
    int code = sc_body_build_tile(j->body, j->stage, graph, window, tile, out, NULL, err);
    if (code)
        return code;
    if (j->backward)
        code = sc_graph_differentiate(graph, add_slopes(j, graph, out, &end_slope), &window, 1, err);
    else
        keep_output(j, graph, out);
    if (code)
        return code;
    return j->estimate ? sc_graph_estimate(graph, &j->memory_bytes, &j->flops, err) :
                         walk_run_tile(j, graph, window, end_slope, tile, out, err);
}

static int do_tile(job *j, int tile, sc_error *err)
{
    sc_graph *graph;
    sc_tile_output out;
    int code = sc_graph_create(&graph, j->body->config->device, err);
    if (code)
        return code;
    if (j->arena)
        sc_graph_use_arena(graph, j->arena);
    code = sc_tile_output_create(j->body, &out, err);
    if (!code)
        code = build_tile(j, graph, tile, &out, err);
    free(out.values);
    sc_graph_destroy(graph);
    return code;
}

static int do_tiles(job *j, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int tile = 0; tile < sc_tiles_count(&walk_stage_of(j)->tiles) && !code; tile++)
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
