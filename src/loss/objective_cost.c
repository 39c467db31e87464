/* SPDX-License-Identifier: MIT */
/* What an objective takes, from its graphs, which are planned for it and never run. See objective.h. */
#include <stdlib.h>

#include "loss/objective_internal.h"

/* Multiplications and additions of the searches of a refresh. */
static double search_flops(const sc_objective *o, const sc_keys *keys)
{
    double flops = 0;
    for (int u = 0; u < o->body.use_count; u++) {
        const sc_use *use = &o->body.uses[u];
        const sc_objective_place *own = &o->places[u];
        for (int i = 0; i < SC_MAX_LAYERS && use->choice->term->refresh; i++) {
            sc_shape matches = o->states[u].matches[i].shape;
            double count = keys ? keys[own->region].count[own->term][i] : use->targets->tensors[i].shape.w;
            flops += o->states[u].matches[i].data ? 2.0 * matches.w * matches.c * count : 0;
        }
    }
    return flops;
}

static int cost_add_tiles(const sc_objective *o, sc_objective_cost *cost, sc_error *err)
{
    size_t tile_bytes;
    double forward_flops, flops;
    int code = sc_body_estimate(&o->body, true, &tile_bytes, &forward_flops, &flops, err), graphs;
    if (code)
        return code;
    graphs = sc_body_graphs(&o->body);
    cost->need.device += (int64_t)tile_bytes;
    cost->evaluation.of[SC_WORK_EVALUATION_FLOPS] += flops;
    cost->evaluation.of[SC_WORK_GRAPHS] = 2 * graphs;
    cost->pass.of[SC_WORK_PASS_FLOPS] += forward_flops;
    cost->pass.of[SC_WORK_GRAPHS] = graphs;
    return SCUMBLE_OK;
}

int sc_objective_estimate(sc_objective *o, const sc_keys *keys, sc_objective_cost *cost, sc_error *err)
{
    size_t graph_bytes;
    double flops;
    *cost = (sc_objective_cost){ 0 };
    int code = sc_graph_estimate(o->graph, &graph_bytes, &flops, err);
    if (code)
        return code;
    cost->need.device = (int64_t)graph_bytes;
    for (int u = 0; u < o->body.use_count; u++)
        cost->need.host += (int64_t)sc_term_state_bytes(&o->states[u]);
    cost->need.big = 2 * (int64_t)sc_body_map_bytes(&o->body); /* and its gradient */
    cost->evaluation = (sc_work){ .of = { [SC_WORK_EVALUATIONS] = 1, [SC_WORK_EVALUATION_FLOPS] = flops } };
    cost->pass = (sc_work){ .of = { [SC_WORK_PASSES] = 1, [SC_WORK_PASS_FLOPS] = flops / 2 } };
    cost->refreshes = sc_objective_refreshes(o);
    if (cost->refreshes)
        cost->search = (sc_work){ .of = { [SC_WORK_SEARCHES] = 1, [SC_WORK_SEARCH_FLOPS] = search_flops(o, keys) } };
    cost->tile_edge = sc_tiles_edge(&o->body.stages[0].tiles);
    return sc_body_is_tiled(&o->body) ? cost_add_tiles(o, cost, err) : SCUMBLE_OK;
}

/* Targets without statistics. regions: of the style's groups. */
static void forecast_targets(const sc_objective_config *config, sc_region_targets *regions, int count,
                             sc_objective_targets *targets)
{
    static sc_region_targets everywhere = { .share = 1 };
    *targets = (sc_objective_targets){ .forecast = true };
    for (int g = 0; g < config->group_count; g++) {
        bool style = config->groups[g].role == SC_ROLE_STYLE;
        targets->groups[g] = (struct sc_group_targets){ style ? count : 1, style ? regions : &everywhere };
    }
}

int sc_objective_foretell(const sc_objective_config *config, int height, int width, int regions, const sc_keys *keys,
                          sc_objective_cost *cost, sc_error *err)
{
    int count = regions ? regions : 1;
    sc_objective_targets targets;
    sc_objective *objective = NULL;
    sc_tensor weights = { { 1, 1, 1, 1 },
                          &(float){ 1 } }; /* one pixel stands for them all, however large the picture */
    sc_region_targets *of_style = calloc((size_t)count, sizeof *of_style);
    if (!of_style)
        return sc_fail_memory(err, (size_t)count * sizeof *of_style);
    for (int r = 0; r < count; r++)
        of_style[r] = (sc_region_targets){ .weights = regions ? &weights : NULL, .share = 1.0 / count };
    forecast_targets(config, of_style, count, &targets);
    int code = sc_objective_create(&objective, config, height, width, &targets, err);
    if (!code)
        code = sc_objective_estimate(objective, keys, cost, err);
    sc_objective_free(objective);
    free(of_style);
    return code;
}
