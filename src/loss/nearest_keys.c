/* SPDX-License-Identifier: MIT */
/* The search for nearest neighbours between two sets of features, in a graph of its own. See term.h. */
#include <string.h>

#include "loss/term.h"

/* Both sides centred on their own mean, made unit vectors, compared. */
static int nearest_keys_compare(sc_graph *g, const sc_tensor *queries, const sc_tensor *keys, sc_value *nearest,
                                sc_error *err)
{
    sc_value sides[2] = { sc_graph_parameter(g, "queries", queries, NULL), sc_graph_parameter(g, "keys", keys, NULL) };
    for (int i = 0; i < 2; i++)
        sides[i] = sc_graph_unit_vectors(g, sides[i], sc_graph_channel_mean(g, sides[i]));
    *nearest = sc_graph_nearest(g, sides[0], sides[1], SC_NO_VALUE);
    sc_graph_keep(g, *nearest);
    int code = sc_graph_plan(g, err);
    return code ? code : sc_graph_run(g, err);
}

int sc_nearest_keys(const sc_tensor *queries, const sc_tensor *keys, float *to, sc_device *device, sc_error *err)
{
    sc_graph *g;
    sc_value nearest;
    int code = sc_graph_create(&g, device, err);
    if (code)
        return code;
    code = nearest_keys_compare(g, queries, keys, &nearest, err);
    size_t d = (size_t)keys->shape.c, count = (size_t)queries->shape.h * (size_t)queries->shape.w;
    const float *found =
        code ? NULL : sc_graph_lend(g, nearest, SC_LOAN_TO_READ, err); /* (index, score) of each query */
    for (size_t i = 0; i < count && found; i++)
        memcpy(to + i * d, keys->data + (size_t)found[2 * i] * d, d * sizeof *to);
    if (found)
        sc_graph_take_back(g, nearest, SC_LOAN_TO_READ);
    else
        code = err->code;
    sc_graph_destroy(g);
    return code;
}

int sc_term_match(const sc_term_view *view, int i, const sc_tensor *keys, sc_device *device, sc_error *err)
{
    sc_term_state *state = view->state;
    sc_value watched = state->watched[i];
    sc_tensor queries = { sc_graph_shape(view->graph, watched),
                          sc_graph_lend(view->graph, watched, SC_LOAN_TO_READ, err) };
    if (!queries.data)
        return err->code;
    int code = sc_nearest_keys(&queries, keys, state->matches[i].data, device, err);
    sc_graph_take_back(view->graph, watched, SC_LOAN_TO_READ);
    state->changes++;
    return code;
}
