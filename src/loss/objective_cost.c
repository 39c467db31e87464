/* SPDX-License-Identifier: MIT */
/* What an objective takes. See objective.h. */
#include "loss/objective_internal.h"

int sc_objective_estimate(sc_objective *o, sc_objective_cost *cost, sc_error *err)
{
    *cost = (sc_objective_cost){ .tile_edge = sc_tiles_edge(&o->body.stages[0].tiles),
                                 .map_bytes = 2 * sc_body_map_bytes(&o->body) };
    int code = sc_graph_estimate(o->graph, &cost->network_bytes, &cost->flops, err);
    for (int u = 0; u < o->body.use_count && !code; u++)
        cost->network_bytes += sc_term_state_bytes(&o->states[u]);
    cost->pass_flops = cost->flops / 2;
    if (code || !sc_body_is_tiled(&o->body))
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
