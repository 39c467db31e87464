/* SPDX-License-Identifier: MIT */
/* Statistics of pictures, and the objective's graph. See objective.h. */
#include "style/objective.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "style/region.h"

enum { MAX_LOSSES = SC_MAX_STATISTICS };

/* One scalar of the objective: a term's loss at one layer, in one region. */
typedef struct part {
    sc_value loss, divisor; /* divisor: an input that holds 1 / what the loss is divided by */
    double weight;          /* of all content, or of all style: they sum to 1, with guides to how much there is of it */
    double energy;          /* of its target */
    bool style;
} part;

/* Terms whose targets follow the picture. */
typedef struct follower {
    const sc_term *term;
    const sc_statistics *targets;
    sc_term_links links;
} follower;

struct sc_objective {
    sc_graph *graph;
    const sc_backend *backend;
    sc_threads *threads;
    sc_value image, content, style, tv, total;
    size_t count;
    part *parts;
    int part_count;
    follower *followers;
    int follower_count;
};

/* ---- terms in a graph --------------------------------------------------------------------------------------------- */

/* The features of all layers of all terms in order, computed once. Caller frees *features. */
static int build_features(const sc_objective_config *config, const sc_terms *const *lists, int list_count, sc_graph *graph, sc_value image,
                          sc_value **features, sc_error *err)
{
    int count = 0;
    int layers[2 * SC_MAX_TERMS * SC_MAX_LAYERS];
    for (int l = 0; l < list_count; l++)
        for (int t = 0; t < lists[l]->count; t++) {
            const sc_layers *own = &lists[l]->choice[t].layers;
            memcpy(layers + count, own->index, (size_t)own->count * sizeof *layers);
            count += own->count;
        }
    *features = calloc((size_t)count + 1, sizeof **features);
    if (!*features)
        return sc_fail_memory(err, (size_t)count * sizeof **features);
    int code = sc_encoder_build(config->encoder, graph, image, &config->encoder_options, layers, count, *features, err);
    if (code) {
        free(*features);
        *features = NULL;
    }
    return code;
}

/* `weights` of a picture on the grid of each layer. Caller frees each. */
static int make_weights(const sc_graph *graph, const sc_value *features, int count, const sc_tensor *weights, sc_tensor *on_layers, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int i = 0; i < count && !code; i++) {
        sc_shape shape = sc_graph_shape(graph, features[i]);
        code = sc_region_weights(&on_layers[i], weights, shape.h, shape.w, err);
    }
    return code;
}

/* Fills the view of one term and calls use(term, view, argument). */
static int with_view(const sc_objective_config *config, const struct sc_term_choice *choice, sc_graph *graph, sc_value image, const sc_value *features,
                     const sc_tensor *weights, sc_term_view *view, int (*use)(const sc_term *, sc_term_view *, void *), void *argument, sc_error *err)
{
    sc_tensor on_layers[SC_MAX_LAYERS] = { { .data = NULL } };
    int code = weights ? make_weights(graph, features, choice->layers.count, weights, on_layers, err) : SCUMBLE_OK;
    view->graph = graph;
    view->encoder = config->encoder;
    view->image = image;
    view->layers = &choice->layers;
    view->features = features;
    view->region = weights;
    view->weights = weights ? on_layers : NULL;
    view->seed = config->seed;
    view->wrap = config->wrap;
    if (!code)
        code = use(choice->term, view, argument);
    for (int i = 0; i < SC_MAX_LAYERS; i++)
        sc_tensor_free(&on_layers[i]);
    return code;
}

/* ---- statistics --------------------------------------------------------------------------------------------------- */

typedef struct measured {
    int counts[SC_MAX_TERMS];
    sc_value values[SC_MAX_TERMS][SC_MAX_STATISTICS];
    int term; /* the one that is being added */
} measured;

static int add_statistics(const sc_term *term, sc_term_view *view, void *argument)
{
    measured *m = argument;
    sc_value *values = m->values[m->term];
    m->counts[m->term] = term->statistics(view, values);
    for (int i = 0; i < m->counts[m->term]; i++)
        sc_graph_keep(view->graph, values[i]);
    return SCUMBLE_OK;
}

static int build_statistics(const sc_objective_config *config, const sc_terms *terms, sc_graph *graph, sc_value image, const sc_tensor *weights,
                            measured *m, sc_error *err)
{
    sc_value *features;
    int code = build_features(config, &terms, 1, graph, image, &features, err);
    const sc_value *own = features;
    for (m->term = 0; m->term < terms->count && !code; m->term++) {
        const struct sc_term_choice *choice = &terms->choice[m->term];
        sc_term_view view = { .graph = graph };
        code = with_view(config, choice, graph, image, own, weights, &view, add_statistics, m, err);
        own += choice->layers.count;
    }
    free(features);
    return code;
}

static int copy_out(sc_graph *graph, const sc_value *values, int count, sc_statistics *out, sc_error *err)
{
    for (int i = 0; i < count; i++) {
        int code = sc_tensor_create(&out->tensors[i], sc_graph_shape(graph, values[i]), err);
        if (code)
            return code;
        out->count = i + 1;
        memcpy(out->tensors[i].data, sc_graph_data(graph, values[i]), sc_shape_bytes(out->tensors[i].shape));
    }
    return SCUMBLE_OK;
}

static int measure(const sc_objective_config *config, const sc_terms *terms, sc_graph *graph, const float *rgb, sc_shape shape, const sc_tensor *weights,
                   sc_statistics *out, sc_error *err)
{
    sc_value image = sc_graph_input(graph, "image", shape);
    measured m;
    int code = build_statistics(config, terms, graph, image, weights, &m, err);
    if (!code)
        code = sc_graph_plan(graph, err);
    if (code)
        return code;
    memcpy(sc_graph_data(graph, image), rgb, sc_shape_bytes(shape));
    code = sc_graph_run(graph, err);
    for (int t = 0; t < terms->count && !code; t++)
        code = copy_out(graph, m.values[t], m.counts[t], &out[t], err);
    return code;
}

int sc_statistics_measure(const sc_objective_config *config, const sc_terms *terms, const float *rgb, int height, int width, const sc_tensor *weights,
                          sc_statistics *out, sc_error *err)
{
    for (int t = 0; t < terms->count; t++)
        out[t] = (sc_statistics){ 0 };
    if (!terms->count)
        return SCUMBLE_OK;
    sc_graph *graph;
    int code = sc_graph_create(&graph, config->backend, config->threads, err);
    if (code)
        return code;
    code = measure(config, terms, graph, rgb, (sc_shape){ 1, 3, height, width }, weights, out, err);
    sc_graph_destroy(graph);
    for (int t = 0; t < terms->count && code; t++)
        sc_statistics_free(&out[t]);
    return code;
}

/* Appends to sum (which may be empty) every position of other, or with share < 1 that part of them, evenly spread. */
static int join(sc_tensor *sum, double share, const sc_tensor *other, sc_error *err)
{
    size_t c = (size_t)other->shape.c, count = (size_t)other->shape.h * (size_t)other->shape.w;
    size_t before = sum->data ? (size_t)sum->shape.w : 0, kept = 0;
    sc_tensor both;
    int code = sc_tensor_create(&both, (sc_shape){ 1, other->shape.c, 1, (int)(before + (size_t)ceil((double)count * share)) }, err);
    if (code)
        return code;
    if (before)
        memcpy(both.data, sum->data, before * c * sizeof *both.data);
    for (size_t k = 0; k < count; k++) /* position k is kept when the running number of kept ones falls behind its share */
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

int sc_statistics_blend(sc_statistics *sum, const sc_term *term, const sc_blend_weight *weight, const sc_statistics *other, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int i = 0; i < other->count && !code; i++) {
        if (term->blend == SC_BLEND_JOIN)
            code = join(&sum->tensors[i], weight->of_heaviest, &other->tensors[i], err);
        else
            code = average(&sum->tensors[i], weight->of_all, &other->tensors[i], err);
        if (!code && sum->count == i)
            sum->count++;
    }
    return code;
}

int sc_statistics_prepare(const sc_objective_config *config, const sc_terms *terms, sc_statistics *statistics, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int t = 0; t < terms->count && !code; t++)
        if (terms->choice[t].term->prepare)
            code = terms->choice[t].term->prepare(&statistics[t], &terms->choice[t].layers, config->encoder, err);
    return code;
}

static void add_cost(sc_statistics_cost *cost, const sc_term *term, size_t bytes)
{
    bool joined = term->blend == SC_BLEND_JOIN;
    cost->graph_bytes += bytes;
    *(joined ? &cost->joined_bytes : &cost->averaged_bytes) += bytes;
    if (joined && bytes > cost->largest_bytes)
        cost->largest_bytes = bytes;
}

int sc_statistics_estimate(const sc_objective_config *config, int height, int width, sc_statistics_cost *cost, sc_error *err)
{
    *cost = (sc_statistics_cost){ 0 };
    sc_graph *graph;
    int code = sc_graph_create(&graph, config->backend, config->threads, err);
    if (code)
        return code;
    sc_value image = sc_graph_input(graph, "image", (sc_shape){ 1, 3, height, width });
    measured m;
    double flops;
    code = build_statistics(config, &config->style, graph, image, NULL, &m, err);
    if (!code)
        code = sc_graph_estimate(graph, &cost->graph_bytes, &flops, err);
    for (int t = 0; t < config->style.count && !code; t++)
        for (int i = 0; i < m.counts[t]; i++)
            add_cost(cost, config->style.choice[t].term, sc_shape_bytes(sc_graph_shape(graph, m.values[t][i])));
    sc_graph_destroy(graph);
    return code;
}

/* ---- the objective ------------------------------------------------------------------------------------------------ */

/* What add_losses is told of the term that it adds. */
typedef struct addition {
    sc_objective *objective;
    double weight; /* of the term in its region */
    bool style;
} addition;

static void add_follower(sc_objective *o, const sc_term *term, const sc_statistics *targets, sc_term_links links)
{
    if (term->refresh)
        o->followers[o->follower_count++] = (follower){ term, targets, links };
}

static int add_losses(const sc_term *term, sc_term_view *view, void *argument)
{
    const addition *a = argument;
    sc_objective *o = a->objective;
    sc_value losses[MAX_LOSSES];
    sc_term_links links = { 0 };
    view->links = &links;
    int count = term->losses(view, losses);
    double weight_sum = 0;
    for (int i = 0; i < count; i++)
        weight_sum += term->by_layer ? view->layers->weight[i] : 1;
    for (int i = 0; i < count; i++) {
        part *p = &o->parts[o->part_count++];
        *p = (part){ .loss = losses[i], .style = a->style, .weight = a->weight * (term->by_layer ? view->layers->weight[i] : 1) / weight_sum };
        p->divisor = sc_graph_input(o->graph, "divisor", (sc_shape){ 1, 1, 1, 1 });
        p->energy = view->targets ? term->energy(view->targets, i) : 1;
        sc_graph_keep(o->graph, p->loss);
    }
    for (int i = 0; i < links.count; i++)
        sc_graph_keep(o->graph, links.watched[i]);
    add_follower(o, term, view->targets, links);
    return SCUMBLE_OK;
}

static int add_terms(sc_objective *o, const sc_objective_config *config, const sc_terms *terms, const sc_value *features, const sc_statistics *targets,
                     const sc_tensor *weights, double share, bool style, sc_error *err)
{
    double weight_sum = 0;
    for (int t = 0; t < terms->count; t++)
        weight_sum += terms->choice[t].weight;
    int code = SCUMBLE_OK;
    for (int t = 0; t < terms->count && !code; t++) {
        sc_term_view view = { .targets = targets ? &targets[t] : NULL };
        addition a = { o, share * terms->choice[t].weight / weight_sum, style };
        code = with_view(config, &terms->choice[t], o->graph, o->image, features, weights, &view, add_losses, &a, err);
        features += terms->choice[t].layers.count;
    }
    return code;
}

/* sum over parts of weight * loss * divisor */
static sc_value add_sum(sc_objective *o, bool style)
{
    sc_value sum = SC_NO_VALUE;
    for (int i = 0; i < o->part_count; i++) {
        const part *p = &o->parts[i];
        if (p->style != style)
            continue;
        sc_value balanced = sc_graph_multiply(o->graph, p->loss, p->divisor);
        sum = sum == SC_NO_VALUE ? sc_graph_add(o->graph, (float)p->weight, balanced, 0, balanced) : sc_graph_add(o->graph, 1, sum, (float)p->weight, balanced);
    }
    if (sum != SC_NO_VALUE)
        sc_graph_keep(o->graph, sum);
    return sum;
}

static int build_parts(sc_objective *o, const sc_objective_config *config, const sc_objective_targets *targets, sc_error *err)
{
    const sc_terms *lists[2] = { &config->content, &config->style };
    sc_value *features;
    int code = build_features(config, lists, 2, o->graph, o->image, &features, err);
    if (code)
        return code;
    const sc_value *style_features = features;
    for (int t = 0; t < config->content.count; t++)
        style_features += config->content.choice[t].layers.count;
    double content_share = targets->content_weights ? targets->content_share : 1;
    code = add_terms(o, config, &config->content, features, targets->content, targets->content_weights, content_share, false, err);
    for (int r = 0; r < targets->region_count && !code; r++) {
        const struct sc_region_targets *region = &targets->regions[r];
        code = add_terms(o, config, &config->style, style_features, region->style, region->weights, region->share, true, err);
    }
    free(features);
    return code;
}

static int build(sc_objective *o, const sc_objective_config *config, sc_shape shape, const sc_objective_targets *targets, sc_error *err)
{
    sc_graph *g = o->graph;
    o->image = sc_graph_input(g, "image", shape);
    int code = build_parts(o, config, targets, err);
    if (code)
        return code;
    o->content = add_sum(o, false);
    o->style = add_sum(o, true);
    o->tv = sc_graph_total_variation(g, o->image, config->wrap);
    sc_graph_keep(g, o->tv);
    o->total = sc_graph_add(g, (float)config->tv, o->tv, 0, o->tv);
    if (o->content != SC_NO_VALUE)
        o->total = sc_graph_add(g, 1, o->total, (float)config->alpha, o->content);
    if (o->style != SC_NO_VALUE)
        o->total = sc_graph_add(g, 1, o->total, (float)config->beta, o->style);
    sc_graph_keep(g, o->total);
    return sc_graph_differentiate(g, o->total, &o->image, 1, err);
}

static void set_divisor(sc_objective *o, part *p, double value)
{
    *sc_graph_data(o->graph, p->divisor) = (float)(1 / (value + 1e-20));
}

int sc_objective_create(sc_objective **objective, const sc_objective_config *config, int height, int width, const sc_objective_targets *targets,
                        sc_error *err)
{
    *objective = NULL;
    size_t regions = (size_t)targets->region_count;
    sc_objective *o = calloc(1, sizeof *o);
    if (!o)
        return sc_fail_memory(err, sizeof *o);
    o->backend = config->backend;
    o->threads = config->threads;
    o->count = (size_t)height * (size_t)width * 3;
    o->parts = calloc((regions + 1) * SC_MAX_TERMS * MAX_LOSSES, sizeof *o->parts);
    o->followers = calloc((regions + 1) * SC_MAX_TERMS, sizeof *o->followers);
    int code = o->parts && o->followers ? SCUMBLE_OK : sc_fail_memory(err, regions * SC_MAX_TERMS * MAX_LOSSES * sizeof *o->parts);
    if (!code)
        code = sc_graph_create(&o->graph, config->backend, config->threads, err);
    if (!code)
        code = build(o, config, (sc_shape){ 1, 3, height, width }, targets, err);
    if (!code && !targets->forecast)
        code = sc_graph_plan(o->graph, err);
    if (code) {
        sc_objective_free(o);
        return code;
    }
    for (int i = 0; i < o->part_count && !targets->forecast; i++)
        set_divisor(o, &o->parts[i], o->parts[i].energy);
    *objective = o;
    return SCUMBLE_OK;
}

void sc_objective_free(sc_objective *objective)
{
    if (!objective)
        return;
    sc_graph_destroy(objective->graph);
    free(objective->parts);
    free(objective->followers);
    free(objective);
}

static int run_at(sc_objective *o, const float *x, sc_error *err)
{
    memcpy(sc_graph_data(o->graph, o->image), x, o->count * sizeof *x);
    return sc_graph_run(o->graph, err);
}

int sc_objective_balance(sc_objective *o, const float *reference, sc_error *err)
{
    int code = run_at(o, reference, err);
    for (int i = 0; i < o->part_count && !code; i++) {
        part *p = &o->parts[i];
        if (p->style)
            set_divisor(o, p, *sc_graph_data(o->graph, p->loss) + 0.01 * p->energy);
    }
    return code;
}

int sc_objective_loss_count(const sc_objective *objective)
{
    return objective->part_count;
}

void sc_objective_divisors(const sc_objective *o, float *divisors)
{
    for (int i = 0; i < o->part_count; i++)
        divisors[i] = *sc_graph_data(o->graph, o->parts[i].divisor);
}

void sc_objective_set_divisors(sc_objective *o, const float *divisors)
{
    for (int i = 0; i < o->part_count; i++)
        *sc_graph_data(o->graph, o->parts[i].divisor) = divisors[i];
}

bool sc_objective_refreshes(const sc_objective *objective)
{
    return objective->follower_count > 0;
}

int sc_objective_refresh(sc_objective *o, const float *picture, uint64_t round, sc_error *err)
{
    for (int i = 0; i < o->follower_count; i++)
        if (o->followers[i].term->look)
            o->followers[i].term->look(&o->followers[i].links, o->graph, round);
    int code = run_at(o, picture, err);
    for (int i = 0; i < o->follower_count && !code; i++) {
        const follower *f = &o->followers[i];
        code = f->term->refresh(&f->links, o->graph, f->targets, o->backend, o->threads, err);
    }
    return code;
}

static double loss_of(sc_objective *o, sc_value value)
{
    return value == SC_NO_VALUE ? 0 : (double)*sc_graph_data(o->graph, value);
}

int sc_objective_evaluate(sc_objective *o, const float *x, float *gradient, sc_losses *losses, sc_error *err)
{
    int code = run_at(o, x, err);
    if (code)
        return code;
    memcpy(gradient, sc_graph_gradient(o->graph, o->image), o->count * sizeof *gradient);
    *losses = (sc_losses){
        .content = loss_of(o, o->content), .style = loss_of(o, o->style), .tv = loss_of(o, o->tv), .total = loss_of(o, o->total),
    };
    return SCUMBLE_OK;
}

int sc_objective_estimate(sc_objective *objective, size_t *memory_bytes, double *flops, sc_error *err)
{
    return sc_graph_estimate(objective->graph, memory_bytes, flops, err);
}
