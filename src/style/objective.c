/* SPDX-License-Identifier: MIT */
/* The objective's graph. See objective.h. A picture that fits is one graph, from pixels to total. One that is cut into
 * tiles has a graph of its sums only, the head; every evaluation goes over the tiles twice: forward, to make the sums,
 * and with the head's gradient of them forward and backward, to make the picture's (features of all tiles at once would
 * be what does not fit). */
#include "style/objective.h"

#include <stdlib.h>
#include <string.h>

#include "style/body.h"
#include "style/region.h"

enum { MAX_LOSSES = SC_MAX_STATISTICS };

/* One scalar of the objective: a term's loss at one layer, in one region. */
typedef struct part {
    sc_value loss, divisor; /* divisor: an input that holds 1 / what the loss is divided by */
    double weight;          /* of all content, or of all style: they sum to 1, with guides to how much there is of it */
    double energy;          /* of its target */
    enum { PART_CONTENT, PART_STYLE, PART_ADVERSARIAL } kind;
    const sc_use *use; /* whose loss `index` it is */
    int index;
} part;

struct sc_objective {
    sc_objective_config config;
    sc_terms adversary; /* the adversarial term, when there is a critic */
    sc_body body;
    sc_graph *graph;  /* all, or the head */
    sc_value image;   /* all */
    sc_value *values; /* what the body gives: in the head inputs */
    sc_tensor *sums;  /* head: views of the inputs' data, and of their gradients */
    sc_tensor *slopes;
    sc_value content, style, adversarial, tv, total;
    part *parts;
    int part_count;
    sc_term_state *states; /* of each use of the body */
    double *weights;       /* of each use */
};

static bool is_tiled(const sc_objective *o)
{
    return sc_body_is_tiled(&o->body);
}

static int kind_of(const sc_objective *o, int use)
{
    return use < o->config.content.count                ? PART_CONTENT :
           use < o->body.use_count - o->adversary.count ? PART_STYLE :
                                                          PART_ADVERSARIAL;
}

/* ---- building -------------------------------------------------------------------------------------------------- */

static double weight_sum(const sc_terms *terms)
{
    double sum = 0;
    for (int t = 0; t < terms->count; t++)
        sum += terms->choice[t].weight;
    return sum;
}

/* The uses of a list of terms in one region (or everywhere), with what each of them weighs. */
static void add_uses(sc_objective *o, const sc_terms *terms, const sc_tensor *region, const sc_statistics *targets,
                     double share)
{
    for (int t = 0; t < terms->count; t++) {
        int u = o->body.use_count;
        o->weights[u] = share * terms->choice[t].weight / weight_sum(terms);
        sc_body_use(&o->body, &terms->choice[t], region, targets ? &targets[t] : NULL, &o->states[u]);
    }
}

static int add_all_uses(sc_objective *o, const sc_objective_targets *targets, sc_error *err)
{
    const sc_terms *content = &o->config.content, *style = &o->config.style;
    int most = content->count + targets->region_count * style->count + o->adversary.count;
    o->states = calloc((size_t)most + 1, sizeof *o->states);
    o->weights = calloc((size_t)most + 1, sizeof *o->weights);
    o->parts = calloc((size_t)most * MAX_LOSSES + 1, sizeof *o->parts);
    if (!o->states || !o->weights || !o->parts)
        return sc_fail_memory(err, (size_t)most * MAX_LOSSES * sizeof *o->parts);
    int code = sc_body_reserve(&o->body, most, err);
    if (code)
        return code;
    add_uses(o, content, targets->content_weights, targets->content,
             targets->content_weights ? targets->content_share : 1);
    for (int r = 0; r < targets->region_count; r++) {
        const struct sc_region_targets *region = &targets->regions[r];
        add_uses(o, style, region->weights, region->style, region->share);
    }
    add_uses(o, &o->adversary, NULL, NULL, 1);
    o->body.tv = true;
    for (int u = 0; u < o->body.use_count && !code; u++) {
        sc_term_view view = sc_body_view(&o->body, &o->body.uses[u], NULL);
        if (o->body.uses[u].choice->term->begin)
            code = o->body.uses[u].choice->term->begin(&view, err);
    }
    return code ? code : sc_body_measure_values(&o->body, err);
}

static void add_parts(sc_objective *o, int u)
{
    const sc_use *use = &o->body.uses[u];
    const sc_term *term = use->choice->term;
    const sc_layers *layers = &use->choice->layers;
    sc_value losses[MAX_LOSSES];
    sc_term_view view = sc_body_view(&o->body, use, o->graph);
    const sc_value *own = o->values + use->first_value;
    int count = term->local ? use->value_count : term->losses(&view, own, losses);
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += term->by_layer ? layers->weight[i] : 1;
    for (int i = 0; i < count; i++) {
        part *p = &o->parts[o->part_count++];
        *p = (part){ .loss = term->local ? own[i] : losses[i],
                     .kind = kind_of(o, u),
                     .use = use,
                     .index = i,
                     .weight = o->weights[u] * (term->by_layer ? layers->weight[i] : 1) / sum };
        p->divisor = sc_graph_input(o->graph, "divisor", (sc_shape){ 1, 1, 1, 1 });
        p->energy = use->targets ? term->energy(use->targets, i) : 1;
        sc_graph_keep(o->graph, p->loss);
    }
}

/* sum over parts of weight * loss * divisor */
static sc_value add_sum(sc_objective *o, int kind)
{
    sc_value sum = SC_NO_VALUE;
    for (int i = 0; i < o->part_count; i++) {
        const part *p = &o->parts[i];
        if ((int)p->kind != kind)
            continue;
        sc_value balanced = sc_graph_multiply(o->graph, p->loss, p->divisor);
        sum = sum == SC_NO_VALUE ? sc_graph_add(o->graph, (float)p->weight, balanced, 0, balanced) :
                                   sc_graph_add(o->graph, 1, sum, (float)p->weight, balanced);
    }
    if (sum != SC_NO_VALUE)
        sc_graph_keep(o->graph, sum);
    return sum;
}

static void add_total(sc_objective *o)
{
    sc_graph *g = o->graph;
    for (int u = 0; u < o->body.use_count; u++)
        add_parts(o, u);
    o->content = add_sum(o, PART_CONTENT);
    o->style = add_sum(o, PART_STYLE);
    o->adversarial = add_sum(o, PART_ADVERSARIAL);
    for (int u = 0; u < o->body.use_count; u++)
        if (kind_of(o, u) == PART_ADVERSARIAL) /* the discriminator learns from them */
            sc_graph_keep(g, o->values[o->body.uses[u].first_value]);
    o->tv = o->values[o->body.value_count - 1];
    sc_graph_keep(g, o->tv);
    o->total = sc_graph_add(g, (float)o->config.tv, o->tv, 0, o->tv);
    if (o->content != SC_NO_VALUE)
        o->total = sc_graph_add(g, 1, o->total, (float)o->config.alpha, o->content);
    if (o->style != SC_NO_VALUE)
        o->total = sc_graph_add(g, 1, o->total, (float)o->config.beta, o->style);
    if (o->adversarial != SC_NO_VALUE)
        o->total = sc_graph_add(g, 1, o->total, (float)o->config.gamma, o->adversarial);
    sc_graph_keep(g, o->total);
}

static int build(sc_objective *o, sc_error *err)
{
    sc_body *body = &o->body;
    int count = body->value_count;
    o->values = calloc((size_t)count, sizeof *o->values);
    if (!o->values)
        return sc_fail_memory(err, (size_t)count * sizeof *o->values);
    if (is_tiled(o)) {
        for (int i = 0; i < count; i++)
            o->values[i] = sc_graph_input(o->graph, "sum", body->shapes[i]);
        add_total(o);
        return sc_graph_differentiate(o->graph, o->total, o->values, count, err);
    }
    o->image = sc_graph_input(o->graph, "image", (sc_shape){ 1, 3, body->height, body->width });
    int code = sc_body_build(body, o->graph, o->image, o->values, err);
    if (code)
        return code;
    add_total(o);
    return sc_graph_differentiate(o->graph, o->total, &o->image, 1, err);
}

static void set_divisor(sc_objective *o, part *p, double value)
{
    *sc_graph_data(o->graph, p->divisor) = (float)(1 / (value + 1e-20));
}

static int plan(sc_objective *o, sc_error *err)
{
    size_t count = (size_t)o->body.value_count;
    int code = sc_graph_plan(o->graph, err);
    if (code)
        return code;
    for (int i = 0; i < o->part_count; i++)
        set_divisor(o, &o->parts[i], o->parts[i].energy);
    if (!is_tiled(o))
        return SCUMBLE_OK;
    o->sums = calloc(count, sizeof *o->sums);
    o->slopes = calloc(count, sizeof *o->slopes);
    if (!o->sums || !o->slopes)
        return sc_fail_memory(err, count * sizeof *o->sums);
    for (size_t i = 0; i < count; i++) {
        o->sums[i] = (sc_tensor){ o->body.shapes[i], sc_graph_data(o->graph, o->values[i]) };
        o->slopes[i] = (sc_tensor){ o->body.shapes[i], sc_graph_gradient(o->graph, o->values[i]) };
    }
    return SCUMBLE_OK;
}

int sc_objective_create(sc_objective **objective, const sc_objective_config *config, int height, int width,
                        const sc_objective_targets *targets, sc_error *err)
{
    *objective = NULL;
    sc_objective *o = calloc(1, sizeof *o);
    if (!o)
        return sc_fail_memory(err, sizeof *o);
    o->config = *config;
    if (config->critic)
        o->adversary = (sc_terms){ 1, { { &sc_term_adversarial, 1, { 1, { config->critic->layer }, { 1 } } } } };
    const sc_terms *lists[SC_MAX_LISTS] = { &o->config.content, &o->config.style, &o->adversary };
    int code = sc_body_create(&o->body, &o->config, lists, SC_MAX_LISTS, height, width, err);
    if (!code && config->critic && is_tiled(o))
        code = sc_fail(err, SCUMBLE_ERR_INTERNAL, "a critic looks at whole pictures");
    if (!code)
        code = add_all_uses(o, targets, err);
    if (!code)
        code = sc_graph_create(&o->graph, config->backend, config->threads, err);
    if (!code)
        code = build(o, err);
    if (!code && !targets->forecast)
        code = plan(o, err);
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
    for (int u = 0; u < objective->body.use_count; u++)
        sc_term_state_free(&objective->states[u]);
    sc_body_free(&objective->body);
    free(objective->states);
    free(objective->weights);
    free(objective->values);
    free(objective->sums);
    free(objective->slopes);
    free(objective->parts);
    free(objective);
}

/* ---- running --------------------------------------------------------------------------------------------------- */

static size_t image_values(const sc_objective *o)
{
    return (size_t)o->body.height * (size_t)o->body.width * 3;
}

/* The losses at x. */
static int run_forward(sc_objective *o, const float *x, sc_error *err)
{
    if (!is_tiled(o)) {
        memcpy(sc_graph_data(o->graph, o->image), x, image_values(o) * sizeof *x);
        return sc_graph_run_forward(o->graph, err);
    }
    for (int i = 0; i < o->body.value_count; i++)
        memset(o->sums[i].data, 0, sc_shape_bytes(o->sums[i].shape));
    int code = sc_body_sum(&o->body, x, o->sums, err);
    return code ? code : sc_graph_run_forward(o->graph, err);
}

int sc_objective_balance(sc_objective *o, const float *reference, sc_error *err)
{
    int code = run_forward(o, reference, err);
    for (int i = 0; i < o->part_count && !code; i++) {
        part *p = &o->parts[i];
        if (p->kind == PART_STYLE)
            set_divisor(o, p, *sc_graph_data(o->graph, p->loss) + 0.01 * p->energy);
    }
    return code;
}

void sc_objective_content_changed(sc_objective *o)
{
    for (int i = 0; i < o->part_count; i++) {
        part *p = &o->parts[i];
        if (p->kind == PART_CONTENT) {
            p->energy = p->use->choice->term->energy(p->use->targets, p->index);
            set_divisor(o, p, p->energy);
        }
    }
}

sc_tensor sc_objective_critic_features(const sc_objective *o)
{
    sc_value features = o->values[o->body.uses[o->body.use_count - 1].first_value];
    return (sc_tensor){ sc_graph_shape(o->graph, features), sc_graph_data(o->graph, features) };
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

bool sc_objective_refreshes(const sc_objective *o)
{
    for (int u = 0; u < o->body.use_count; u++)
        if (o->body.uses[u].choice->term->refresh || o->body.uses[u].choice->term->look)
            return true;
    return false;
}

int sc_objective_refresh(sc_objective *o, const float *picture, uint64_t round, sc_error *err)
{
    for (int u = 0; u < o->body.use_count; u++) {
        sc_term_view view = sc_body_view(&o->body, &o->body.uses[u], o->graph);
        if (o->body.uses[u].choice->term->look)
            o->body.uses[u].choice->term->look(&view, round);
    }
    int code = run_forward(o, picture, err);
    for (int u = 0; u < o->body.use_count && !code; u++) {
        sc_term_view view = sc_body_view(&o->body, &o->body.uses[u], o->graph);
        if (o->body.uses[u].choice->term->refresh)
            code = o->body.uses[u].choice->term->refresh(&view, o->config.backend, o->config.threads, err);
    }
    return code;
}

static double loss_of(sc_objective *o, sc_value value)
{
    return value == SC_NO_VALUE ? 0 : (double)*sc_graph_data(o->graph, value);
}

int sc_objective_evaluate(sc_objective *o, const float *x, float *gradient, sc_losses *losses, sc_error *err)
{
    int code = run_forward(o, x, err);
    if (!code)
        code = sc_graph_run_backward(o->graph, err);
    if (!code && is_tiled(o))
        code = sc_body_gradient(&o->body, x, o->slopes, gradient, err);
    else if (!code)
        memcpy(gradient, sc_graph_gradient(o->graph, o->image), image_values(o) * sizeof *gradient);
    if (code)
        return code;
    *losses = (sc_losses){
        .content = loss_of(o, o->content),
        .style = loss_of(o, o->style),
        .tv = loss_of(o, o->tv),
        .total = loss_of(o, o->total),
        .adversarial = loss_of(o, o->adversarial),
    };
    return SCUMBLE_OK;
}

int sc_objective_estimate(sc_objective *o, sc_objective_cost *cost, sc_error *err)
{
    *cost = (sc_objective_cost){ .tile_edge = sc_tiles_edge(&o->body.stages[0].tiles),
                                 .map_bytes = 2 * sc_body_map_bytes(&o->body) };
    int code = sc_graph_estimate(o->graph, &cost->network_bytes, &cost->flops, err);
    for (int u = 0; u < o->body.use_count && !code; u++)
        cost->network_bytes += sc_term_state_bytes(&o->states[u]);
    cost->pass_flops = cost->flops / 2;
    if (code || !is_tiled(o))
        return code;
    size_t tile_bytes;
    double forward_flops, tile_flops;
    code = sc_body_estimate(&o->body, true, &tile_bytes, &forward_flops, &tile_flops, err);
    cost->network_bytes += tile_bytes;
    cost->flops += tile_flops;
    cost->pass_flops += forward_flops;
    cost->pass_graphs = sc_body_graphs(&o->body);
    return code;
}

double sc_objective_search_flops(const sc_objective *o, const sc_keys *keys)
{
    double flops = 0;
    for (int u = o->config.content.count; u < o->body.use_count - o->adversary.count; u++) {
        const sc_use *use = &o->body.uses[u];
        int region = (u - o->config.content.count) / o->config.style.count,
            term = (u - o->config.content.count) % o->config.style.count;
        for (int i = 0; i < SC_MAX_LAYERS && use->choice->term->refresh; i++) {
            sc_shape matches = o->states[u].matches[i].shape;
            double count = keys ? keys[region].count[term][i] : use->targets->tensors[i].shape.w;
            flops += o->states[u].matches[i].data ? 2.0 * matches.w * matches.c * count : 0;
        }
    }
    return flops;
}
