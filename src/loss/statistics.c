/* SPDX-License-Identifier: MIT */
/* Statistics of models: the photo's for content terms, the paintings' for style terms; blended, and made ready to be
 * targets. See objective.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "loss/body.h"
#include "loss/statistics.h"

/* ---- of one picture -------------------------------------------------------------------------------------------- */

static int create_body(sc_body *body, const sc_objective_config *config, const sc_terms *terms, int height, int width,
                       const sc_tensor *weights, sc_error *err)
{
    int code = sc_body_create(body, config, &terms, 1, height, width, err);
    if (!code)
        code = sc_body_reserve(body, terms->count, err);
    for (int t = 0; t < terms->count && !code; t++)
        sc_body_use(body, &terms->choice[t], weights, NULL, NULL);
    return code ? code : sc_body_measure_values(body, err);
}

/* What a term makes of the sums, in a graph of its own. */
static int make_statistics(const sc_body *body, const sc_use *use, sc_graph *graph, const sc_tensor *sums,
                           sc_statistics *out, sc_error *err)
{
    sc_value inputs[SC_MAX_STATISTICS], values[SC_MAX_STATISTICS];
    sc_term_view view = sc_body_view(body, use, graph);
    for (int i = 0; i < use->value_count; i++)
        inputs[i] = sc_graph_parameter(graph, "sum", &sums[i], NULL);
    int count = use->choice->term->statistics(&view, inputs, use->value_count, values);
    for (int i = 0; i < count; i++)
        sc_graph_keep(graph, values[i]);
    int code = sc_graph_plan(graph, err);
    if (!code)
        code = sc_graph_run(graph, err);
    for (int i = 0; i < count && !code; i++) {
        code = sc_tensor_create(&out->tensors[i], sc_graph_shape(graph, values[i]), err);
        if (!code)
            code = sc_graph_read(graph, values[i], out->tensors[i].data, err);
        out->count = code ? out->count : i + 1;
    }
    return code;
}

static int take_statistics(const sc_body *body, const sc_use *use, sc_tensor *sums, sc_statistics *out, sc_error *err)
{
    if (use->choice->term->statistics) {
        sc_graph *graph;
        int code = sc_graph_create(&graph, body->config->device, err);
        if (code)
            return code;
        code = make_statistics(body, use, graph, sums, out, err);
        sc_graph_destroy(graph);
        return code;
    }
    for (; out->count < use->value_count; out->count++) { /* they are handed over */
        out->tensors[out->count] = sums[out->count];
        sums[out->count].data = NULL;
    }
    return SCUMBLE_OK;
}

static int statistics_measure(sc_body *body, const float *rgb, sc_tensor *sums, sc_statistics *out, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int i = 0; i < body->value_count && !code; i++)
        code = sc_tensor_create(&sums[i], body->shapes[i], err);
    if (!code)
        code = sc_body_sum(body, rgb, sums, err);
    sc_arena_free(&body->arena); /* statistics may need as much */
    for (int u = 0; u < body->use_count && !code; u++)
        code = take_statistics(body, &body->uses[u], sums + body->uses[u].first_value, &out[u], err);
    return code;
}

int sc_statistics_measure(const sc_objective_config *config, const sc_terms *terms, const float *rgb, int height,
                          int width, const sc_tensor *weights, sc_statistics *out, sc_error *err)
{
    for (int t = 0; t < terms->count; t++)
        out[t] = (sc_statistics){ 0 };
    if (!terms->count)
        return SCUMBLE_OK;
    sc_body body;
    sc_tensor *sums = NULL;
    int code = create_body(&body, config, terms, height, width, weights, err);
    if (!code && !(sums = calloc((size_t)body.value_count + 1, sizeof *sums)))
        code = sc_fail_memory(err, (size_t)body.value_count * sizeof *sums);
    if (!code)
        code = statistics_measure(&body, rgb, sums, out, err);
    for (int i = 0; sums && i < body.value_count; i++)
        sc_tensor_free(&sums[i]);
    for (int t = 0; t < terms->count && code; t++)
        sc_statistics_free(&out[t]);
    free(sums);
    sc_body_free(&body);
    return code;
}

/* Tensor `index` of the term that is number `use`. */
static void add_cost(sc_statistics_cost *cost, const sc_term *term, int use, int index, sc_shape shape)
{
    bool joined = term->blend == SC_BLEND_JOIN;
    size_t bytes = sc_shape_bytes(shape);
    cost->keys.count[use][index] = joined ? (double)shape.h * shape.w : 0;
    *(joined ? &cost->joined_bytes : &cost->averaged_bytes) += bytes;
    if (joined && bytes > cost->largest_bytes)
        cost->largest_bytes = bytes;
}

/* What a use leaves, from the shapes of a graph that is never run. */
static int add_use_cost(const sc_body *body, int number, sc_statistics_cost *cost, sc_error *err)
{
    const sc_use *use = &body->uses[number];
    const sc_term *term = use->choice->term;
    const sc_shape *shapes = body->shapes + use->first_value;
    if (!term->statistics) {
        for (int i = 0; i < use->value_count; i++)
            add_cost(cost, term, number, i, shapes[i]);
        return SCUMBLE_OK;
    }
    sc_graph *graph;
    sc_value inputs[SC_MAX_STATISTICS], values[SC_MAX_STATISTICS];
    int code = sc_graph_create(&graph, body->config->device, err);
    if (code)
        return code;
    sc_term_view view = sc_body_view(body, use, graph);
    for (int i = 0; i < use->value_count; i++)
        inputs[i] = sc_graph_input(graph, "sum", shapes[i]);
    int count = term->statistics(&view, inputs, use->value_count, values);
    for (int i = 0; i < count; i++)
        add_cost(cost, term, number, i, sc_graph_shape(graph, values[i]));
    sc_graph_destroy(graph);
    return SCUMBLE_OK;
}

int sc_statistics_estimate(const sc_objective_config *config, const sc_terms *terms, int height, int width,
                           sc_statistics_cost *cost, sc_error *err)
{
    *cost = (sc_statistics_cost){ 0 };
    if (!terms->count)
        return SCUMBLE_OK;
    sc_body body;
    size_t tile_bytes;
    double pass_flops, flops;
    int code = create_body(&body, config, terms, height, width, NULL, err);
    if (!code)
        code = sc_body_estimate(&body, false, &tile_bytes, &pass_flops, &flops, err);
    if (!code)
        cost->need = (sc_need){ .device = (int64_t)tile_bytes,
                                .big = (int64_t)sc_body_map_bytes(&body),
                                .work.of = { [SC_WORK_MEASURED_PIXELS] = (double)height * width,
                                             [SC_WORK_MEASURE_FLOPS] = pass_flops,
                                             [SC_WORK_GRAPHS] = sc_body_graphs(&body) + terms->count } };
    for (int i = 0; i < body.value_count && !code; i++)
        cost->need.host += (int64_t)sc_shape_bytes(body.shapes[i]);
    for (int u = 0; u < body.use_count && !code; u++)
        code = add_use_cost(&body, u, cost, err);
    sc_body_free(&body);
    return code;
}

/* ---- of several ------------------------------------------------------------------------------------------------ */

/* Appends to sum (which may be empty) every position of other, or with share < 1 that part of them, evenly spread. */
static int statistics_join(sc_tensor *sum, double share, const sc_tensor *other, sc_error *err)
{
    size_t c = (size_t)other->shape.c, count = (size_t)other->shape.h * (size_t)other->shape.w;
    size_t before = sum->data ? (size_t)sum->shape.w : 0, kept = 0;
    sc_tensor both;
    int code = sc_tensor_create(
        &both, (sc_shape){ 1, other->shape.c, 1, (int)(before + (size_t)ceil((double)count * share)) }, err);
    if (code)
        return code;
    if (before)
        memcpy(both.data, sum->data, before * c * sizeof *both.data);
    for (size_t k = 0; k < count;
         k++) /* position k is kept when the running number of kept ones falls behind its share */
        if ((double)kept < (double)(k + 1) * share) {
            memcpy(both.data + (before + kept) * c, other->data + k * c, c * sizeof *both.data);
            kept++;
        }
    sc_tensor_free(sum);
    *sum = both;
    return SCUMBLE_OK;
}

static int average(sc_tensor *sum, double weight, const sc_tensor *other, sc_error *err)
{
    int code = sum->data ? SCUMBLE_OK : sc_tensor_create(sum, other->shape, err);
    for (size_t k = 0; k < sc_shape_count(other->shape) && !code; k++)
        sum->data[k] += (float)weight * other->data[k];
    return code;
}

int sc_statistics_blend(sc_statistics *sum, const sc_term *term, const sc_blend_weight *weight,
                        const sc_statistics *other, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int i = 0; i < other->count && !code; i++) {
        if (term->blend == SC_BLEND_JOIN)
            code = statistics_join(&sum->tensors[i], weight->of_heaviest, &other->tensors[i], err);
        else
            code = average(&sum->tensors[i], weight->of_all, &other->tensors[i], err);
        if (!code && sum->count == i)
            sum->count++;
    }
    return code;
}

int sc_statistics_prepare(const sc_objective_config *config, const sc_terms *terms, sc_statistics *statistics,
                          sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int t = 0; t < terms->count && !code; t++)
        if (terms->choice[t].term->prepare)
            code = terms->choice[t].term->prepare(&statistics[t], &terms->choice[t].layers, config->encoder, err);
    return code;
}
