/* SPDX-License-Identifier: MIT */
/* Statistics of pictures, and the objective's graph. See objective.h. */
#include "style/objective.h"

#include <stdlib.h>
#include <string.h>

struct sc_objective {
    sc_graph *graph;
    sc_value image, content, style, tv, total;
    size_t count;
};

void sc_statistics_free(sc_statistics *statistics)
{
    for (int i = 0; i < statistics->count; i++)
        sc_tensor_free(&statistics->tensors[i]);
    statistics->count = 0;
}

int sc_statistics_add(sc_statistics *sum, double weight, const sc_statistics *other, sc_error *err)
{
    int code = SCUMBLE_OK;
    while (sum->count < other->count && !code) {
        code = sc_tensor_create(&sum->tensors[sum->count], other->tensors[sum->count].shape, err);
        sum->count += !code;
    }
    for (int i = 0; i < sum->count && !code; i++) {
        size_t count = sc_shape_count(sum->tensors[i].shape);
        for (size_t k = 0; k < count; k++)
            sum->tensors[i].data[k] += (float)weight * other->tensors[i].data[k];
    }
    return code;
}

/* The features of both lists, computed once: features[0 .. content_layers.count) and then those of the style layers. */
static int build_features(const sc_objective_config *config, sc_graph *graph, sc_value image, sc_value *features, sc_error *err)
{
    int layers[2 * SC_MAX_LAYERS];
    int contents = config->content_layers.count, styles = config->style_layers.count;
    memcpy(layers, config->content_layers.index, (size_t)contents * sizeof *layers);
    memcpy(layers + contents, config->style_layers.index, (size_t)styles * sizeof *layers);
    return sc_encoder_build(config->encoder, graph, image, &config->encoder_options, layers, contents + styles, features, err);
}

static int copy_out(sc_graph *graph, const sc_value *values, int count, sc_statistics *out, sc_error *err)
{
    *out = (sc_statistics){ 0 };
    for (int i = 0; i < count; i++) {
        int code = sc_tensor_create(&out->tensors[i], sc_graph_shape(graph, values[i]), err);
        if (code) {
            sc_statistics_free(out);
            return code;
        }
        out->count = i + 1;
        memcpy(out->tensors[i].data, sc_graph_data(graph, values[i]), sc_shape_bytes(out->tensors[i].shape));
    }
    return SCUMBLE_OK;
}

static void add_statistics(sc_graph *graph, const sc_term *term, const sc_value *features, int count, sc_value *statistics)
{
    for (int i = 0; i < count; i++) {
        statistics[i] = term->statistic(graph, features[i]);
        sc_graph_keep(graph, statistics[i]);
    }
}

/* The graph from the picture to the statistics of the first content_count content layers and style_count style layers: all or none. */
static int build_statistics(const sc_objective_config *config, sc_graph *graph, sc_value image, int content_count, int style_count,
                            sc_value *contents, sc_value *styles, sc_error *err)
{
    sc_value features[2 * SC_MAX_LAYERS];
    sc_objective_config only = *config;
    only.content_layers.count = content_count;
    only.style_layers.count = style_count;
    int code = build_features(&only, graph, image, features, err);
    if (code)
        return code;
    add_statistics(graph, config->content_term, features, content_count, contents);
    add_statistics(graph, config->style_term, features + content_count, style_count, styles);
    return SCUMBLE_OK;
}

static int measure(const sc_objective_config *config, sc_graph *graph, const float *rgb, sc_shape shape, sc_statistics *content,
                   sc_statistics *style, sc_error *err)
{
    sc_value image = sc_graph_input(graph, "image", shape);
    sc_value contents[SC_MAX_LAYERS], styles[SC_MAX_LAYERS];
    int content_count = content ? config->content_layers.count : 0, style_count = style ? config->style_layers.count : 0;
    int code = build_statistics(config, graph, image, content_count, style_count, contents, styles, err);
    if (!code)
        code = sc_graph_plan(graph, err);
    if (code)
        return code;
    memcpy(sc_graph_data(graph, image), rgb, sc_shape_bytes(shape));
    code = sc_graph_run(graph, err);
    if (!code && content)
        code = copy_out(graph, contents, content_count, content, err);
    if (!code && style)
        code = copy_out(graph, styles, style_count, style, err);
    return code;
}

int sc_statistics_measure(const sc_objective_config *config, const float *rgb, int height, int width, sc_statistics *content,
                          sc_statistics *style, sc_error *err)
{
    sc_statistics none = { 0 };
    if (content)
        *content = none;
    if (style)
        *style = none;
    sc_graph *graph;
    int code = sc_graph_create(&graph, config->backend, config->threads, err);
    if (code)
        return code;
    code = measure(config, graph, rgb, (sc_shape){ 1, 3, height, width }, content, style, err);
    sc_graph_destroy(graph);
    if (code && content)
        sc_statistics_free(content);
    if (code && style)
        sc_statistics_free(style);
    return code;
}

int sc_statistics_estimate(const sc_objective_config *config, int height, int width, size_t *memory_bytes, sc_error *err)
{
    sc_graph *graph;
    int code = sc_graph_create(&graph, config->backend, config->threads, err);
    if (code)
        return code;
    sc_value styles[SC_MAX_LAYERS], image = sc_graph_input(graph, "image", (sc_shape){ 1, 3, height, width });
    double flops;
    code = build_statistics(config, graph, image, 0, config->style_layers.count, NULL, styles, err);
    if (!code)
        code = sc_graph_estimate(graph, memory_bytes, &flops, err);
    sc_graph_destroy(graph);
    return code;
}

/* sum of weight_i / norm_i * loss_i, weights divided by their sum. Targets NULL (an estimate): blank ones of the right shape. */
static void add_term(sc_graph *graph, const sc_term *term, const sc_layers *layers, const sc_value *features, const sc_statistics *target,
                    const sc_statistics *own, sc_value *sum)
{
    double weight_sum = sc_layers_weight_sum(layers);
    *sum = SC_NO_VALUE;
    for (int i = 0; i < layers->count; i++) {
        sc_value constant;
        double norm = 1;
        if (target) {
            constant = sc_graph_constant(graph, "target", &target->tensors[i]);
            norm = term->norm(&target->tensors[i], own ? &own->tensors[i] : NULL);
        } else {
            /* An unused statistic only to learn its shape: pruned by the plan. */
            constant = sc_graph_input(graph, "target", sc_graph_shape(graph, term->statistic(graph, features[i])));
        }
        float scale = (float)(layers->weight[i] / weight_sum / norm);
        sc_value loss = term->loss(graph, features[i], constant);
        *sum = *sum == SC_NO_VALUE ? sc_graph_add(graph, scale, loss, 0, loss) : sc_graph_add(graph, 1, *sum, scale, loss);
    }
    sc_graph_keep(graph, *sum);
}

static int build(sc_objective *o, const sc_objective_config *config, sc_shape shape, const sc_statistics *target_content,
                 const sc_statistics *own_style, const sc_statistics *target_style, sc_error *err)
{
    sc_graph *g = o->graph;
    o->image = sc_graph_input(g, "image", shape);
    sc_value features[2 * SC_MAX_LAYERS];
    int contents = config->content_layers.count;
    int code = build_features(config, g, o->image, features, err);
    if (code)
        return code;
    add_term(g, config->content_term, &config->content_layers, features, target_content, NULL, &o->content);
    add_term(g, config->style_term, &config->style_layers, features + contents, target_style, own_style, &o->style);
    o->tv = sc_graph_total_variation(g, o->image, config->circular);
    sc_graph_keep(g, o->tv);
    o->total = sc_graph_add(g, (float)config->alpha, o->content, (float)config->beta, o->style);
    o->total = sc_graph_add(g, 1, o->total, (float)config->tv, o->tv);
    return sc_graph_differentiate(g, o->total, &o->image, 1, err);
}

int sc_objective_create(sc_objective **objective, const sc_objective_config *config, int height, int width, const sc_statistics *target_content,
                        const sc_statistics *own_style, const sc_statistics *target_style, sc_error *err)
{
    *objective = NULL;
    sc_objective *o = calloc(1, sizeof *o);
    if (!o)
        return sc_fail_memory(err, sizeof *o);
    o->count = (size_t)height * (size_t)width * 3;
    int code = sc_graph_create(&o->graph, config->backend, config->threads, err);
    if (!code)
        code = build(o, config, (sc_shape){ 1, 3, height, width }, target_content, own_style, target_style, err);
    if (!code && target_content)
        code = sc_graph_plan(o->graph, err);
    if (code) {
        sc_objective_free(o);
        return code;
    }
    *objective = o;
    return SCUMBLE_OK;
}

void sc_objective_free(sc_objective *objective)
{
    if (!objective)
        return;
    sc_graph_destroy(objective->graph);
    free(objective);
}

int sc_objective_evaluate(sc_objective *o, const float *x, float *gradient, sc_losses *losses, sc_error *err)
{
    memcpy(sc_graph_data(o->graph, o->image), x, o->count * sizeof *x);
    int code = sc_graph_run(o->graph, err);
    if (code)
        return code;
    memcpy(gradient, sc_graph_gradient(o->graph, o->image), o->count * sizeof *gradient);
    *losses = (sc_losses){
        .content = *sc_graph_data(o->graph, o->content),
        .style = *sc_graph_data(o->graph, o->style),
        .tv = *sc_graph_data(o->graph, o->tv),
        .total = *sc_graph_data(o->graph, o->total),
    };
    return SCUMBLE_OK;
}

int sc_objective_estimate(sc_objective *objective, size_t *memory_bytes, double *flops, sc_error *err)
{
    return sc_graph_estimate(objective->graph, memory_bytes, flops, err);
}
