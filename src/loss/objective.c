/* SPDX-License-Identifier: MIT */
/* The objective's graph. See objective.h. A picture that fits is one graph, from pixels to total. One that is cut into
 * tiles has a graph of its sums only, the head; every evaluation goes over the tiles twice: forward, to make the sums,
 * and with the head's gradient of them forward and backward, to make the picture's (features of all tiles at once would
 * be what does not fit). */
#include "loss/objective_internal.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_LOSSES = SC_MAX_STATISTICS };

static double weight_sum(const sc_terms *terms)
{
    double sum = 0;
    for (int t = 0; t < terms->count; t++)
        sum += terms->choice[t].weight;
    return sum;
}

/* The uses of a group in one region. */
static void add_uses(sc_objective *o, int group, int number, const sc_region_targets *region)
{
    const sc_terms *terms = &o->config.groups[group].terms;
    for (int t = 0; t < terms->count; t++) {
        int u = o->body.use_count;
        o->places[u] =
            (sc_objective_place){ group, number, t, region->share * terms->choice[t].weight / weight_sum(terms) };
        sc_body_use(&o->body, &terms->choice[t], region->weights, region->statistics ? &region->statistics[t] : NULL,
                    &o->states[u]);
    }
}

static int reserve_uses(sc_objective *o, const struct sc_group_targets *targets, sc_error *err)
{
    size_t most = 1;
    for (int g = 0; g < o->config.group_count; g++)
        most += (size_t)targets[g].region_count * (size_t)o->config.groups[g].terms.count;
    o->states = calloc(most, sizeof *o->states);
    o->places = calloc(most, sizeof *o->places);
    o->parts = calloc(most * MAX_LOSSES, sizeof *o->parts);
    if (!o->states || !o->places || !o->parts)
        return sc_fail_memory(err, most * MAX_LOSSES * sizeof *o->parts);
    return sc_body_reserve(&o->body, (int)most, err);
}

static int add_all_uses(sc_objective *o, const struct sc_group_targets *targets, sc_error *err)
{
    int code = reserve_uses(o, targets, err);
    for (int g = 0; g < o->config.group_count && !code; g++)
        for (int r = 0; r < targets[g].region_count; r++)
            add_uses(o, g, r, &targets[g].regions[r]);
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
        sc_objective_part *p = &o->parts[o->part_count++];
        *p = (sc_objective_part){ .loss = term->local ? own[i] : losses[i],
                                  .group = o->places[u].group,
                                  .use = use,
                                  .index = i,
                                  .weight = o->places[u].weight * (term->by_layer ? layers->weight[i] : 1) / sum,
                                  .divisor = SC_NO_VALUE,
                                  .energy = term->energy && use->targets ? term->energy(use->targets, i) : 1 };
        if (term->energy)
            p->divisor = sc_graph_input(o->graph, "divisor", (sc_shape){ 1, 1, 1, 1 });
        sc_graph_keep(o->graph, p->loss);
    }
}

/* sum over a group's parts of weight * loss * divisor */
static sc_value objective_add_sum(sc_objective *o, int group)
{
    sc_value sum = SC_NO_VALUE;
    for (int i = 0; i < o->part_count; i++) {
        const sc_objective_part *p = &o->parts[i];
        if (p->group != group)
            continue;
        sc_value balanced = p->divisor == SC_NO_VALUE ? p->loss : sc_graph_multiply(o->graph, p->loss, p->divisor);
        sum = sum == SC_NO_VALUE ? sc_graph_add(o->graph, (float)p->weight, balanced, 0, balanced) :
                                   sc_graph_add(o->graph, 1, sum, (float)p->weight, balanced);
    }
    if (sum != SC_NO_VALUE)
        sc_graph_keep(o->graph, sum);
    return sum;
}

/* The discriminator learns from them. */
static void keep_critic_features(sc_objective *o)
{
    for (int u = 0; u < o->body.use_count; u++)
        if (o->body.uses[u].choice->term == &sc_term_adversarial)
            sc_graph_keep(o->graph, o->values[o->body.uses[u].first_value]);
}

/* The last group first, as it always was: floats do not add up to the same in another order. */
static void add_total(sc_objective *o)
{
    sc_graph *g = o->graph;
    int count = o->config.group_count;
    for (int u = 0; u < o->body.use_count; u++)
        add_parts(o, u);
    for (int k = 0; k < count; k++)
        o->losses[k] = objective_add_sum(o, k);
    keep_critic_features(o);
    o->total = SC_NO_VALUE;
    for (int k = 0; k < count; k++) {
        int i = (k + count - 1) % count;
        o->weights[i] = SC_NO_VALUE;
        if (o->losses[i] == SC_NO_VALUE)
            continue;
        o->weights[i] = sc_graph_input(g, "weight", (sc_shape){ 1, 1, 1, 1 });
        sc_value weighted = sc_graph_multiply(g, o->losses[i], o->weights[i]);
        o->total = o->total == SC_NO_VALUE ? weighted : sc_graph_add(g, 1, o->total, 1, weighted);
    }
    sc_graph_keep(g, o->total);
}

static int objective_build(sc_objective *o, sc_error *err)
{
    sc_body *body = &o->body;
    int count = body->value_count;
    o->values = calloc((size_t)count, sizeof *o->values);
    if (!o->values)
        return sc_fail_memory(err, (size_t)count * sizeof *o->values);
    if (sc_body_is_tiled(&o->body)) {
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

void sc_objective_write(sc_objective *o, sc_value input, float number)
{
    sc_graph_write(o->graph, input, 0, &number, 1);
}

void sc_objective_set_divisor(sc_objective *o, sc_objective_part *p, double value)
{
    if (p->divisor != SC_NO_VALUE)
        sc_objective_write(o, p->divisor, (float)(1 / (value + 1e-20)));
}

void sc_objective_set_weight(sc_objective *o, int group, double weight)
{
    if (o->weights[group] != SC_NO_VALUE)
        sc_objective_write(o, o->weights[group], (float)weight);
}

static int objective_plan(sc_objective *o, sc_error *err)
{
    size_t count = (size_t)o->body.value_count;
    int code = sc_graph_plan(o->graph, err);
    if (code)
        return code;
    for (int i = 0; i < o->part_count; i++)
        sc_objective_set_divisor(o, &o->parts[i], o->parts[i].energy);
    for (int g = 0; g < o->config.group_count; g++)
        sc_objective_set_weight(o, g, o->config.groups[g].weight);
    if (!sc_body_is_tiled(&o->body))
        return SCUMBLE_OK;
    o->sums = calloc(count, sizeof *o->sums);
    o->slopes = calloc(count, sizeof *o->slopes);
    if (!o->sums || !o->slopes)
        return sc_fail_memory(err, count * sizeof *o->sums);
    for (size_t i = 0; i < count; i++)
        o->sums[i].shape = o->slopes[i].shape = o->body.shapes[i];
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
    sc_region_targets everywhere = { .share = 1 };
    struct sc_group_targets by_group[SC_MAX_GROUPS];
    const sc_terms *lists[SC_MAX_GROUPS];
    for (int g = 0; g < config->group_count; g++) {
        sc_loss_group *group = &o->config.groups[g];
        by_group[g] = group->role == SC_ROLE_OWN ? (struct sc_group_targets){ 1, &everywhere } : targets->groups[g];
        if (!by_group[g].region_count)
            group->terms.count = 0;
        lists[g] = &group->terms;
    }
    int code = sc_body_create(&o->body, &o->config, lists, config->group_count, height, width, err);
    if (!code && config->critic && sc_body_is_tiled(&o->body))
        code = sc_fail(err, SCUMBLE_ERR_INTERNAL, "a critic looks at whole pictures");
    if (!code)
        code = add_all_uses(o, by_group, err);
    if (!code)
        code = sc_graph_create(&o->graph, config->device, err);
    if (!code)
        code = objective_build(o, err);
    if (!code && !targets->forecast)
        code = objective_plan(o, err);
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
    free(objective->places);
    free(objective->values);
    free(objective->sums);
    free(objective->slopes);
    free(objective->parts);
    free(objective);
}
