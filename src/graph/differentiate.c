/* SPDX-License-Identifier: MIT */
/* Reverse-mode differentiation: marks which values lie between the wanted ones and the loss, and thereby which
 * gradients each node must compute. No nodes are added: backward runs the forward order the other way. */
#include <stdlib.h>

#include "graph/internal.h"

static bool is_constant(const sc_node *node, int input)
{
    return node->op->constants >> input & 1;
}

/* Marks what the loss depends on, other than through constants. Nodes stand in topological order, since inputs exist
 * before their users. */
static void mark_ancestors(const sc_graph *g, sc_value loss, bool *ancestor)
{
    for (int i = 0; i < g->value_count; i++)
        ancestor[i] = i == loss;
    for (int n = g->node_count - 1; n >= 0; n--)
        if (ancestor[g->nodes[n].out])
            for (int i = 0; i < g->nodes[n].input_count; i++)
                if (!is_constant(&g->nodes[n], i))
                    ancestor[g->nodes[n].inputs[i]] = true;
}

int sc_graph_differentiate(sc_graph *g, sc_value loss, const sc_value *wrt, int count, sc_error *err)
{
    if (g->error.code) {
        *err = g->error;
        return err->code;
    }
    if (g->loss != SC_NO_VALUE || g->laid_out)
        return sc_fail(err, SCUMBLE_ERR_INTERNAL, "a graph is differentiated once, before it is planned");
    sc_shape shape = sc_graph_shape(g, loss);
    if (sc_shape_count(shape) != 1)
        return sc_fail(err, SCUMBLE_ERR_INTERNAL, "the loss must be a scalar, not %d x %d x %d x %d", shape.n, shape.c,
                       shape.h, shape.w);
    bool *ancestor = sc_aligned_alloc((size_t)g->value_count * sizeof *ancestor);
    if (!ancestor)
        return sc_fail_memory(err, (size_t)g->value_count);
    mark_ancestors(g, loss, ancestor);
    for (int i = 0; i < count; i++) {
        if (wrt[i] < 0 || wrt[i] >= g->value_count || g->values[wrt[i]].kind == SC_VALUE_RESULT || !ancestor[wrt[i]]) {
            free(ancestor);
            return sc_fail(err, SCUMBLE_ERR_INTERNAL, "the loss does not depend on value %d, or it is not an input", i);
        }
        g->values[wrt[i]].wanted = g->values[wrt[i]].has_gradient = true;
    }
    int code = SCUMBLE_OK;
    for (int n = 0; n < g->node_count && !code; n++) {
        sc_node *node = &g->nodes[n];
        if (!ancestor[node->out])
            continue;
        for (int i = 0; i < node->input_count; i++)
            if (g->values[node->inputs[i]].has_gradient && !is_constant(node, i))
                node->wanted |= 1u << i;
        if (node->wanted && !node->op->backward.run)
            code = sc_fail(err, SCUMBLE_ERR_INTERNAL, "%s cannot be differentiated", node->op->name);
        g->values[node->out].has_gradient = node->wanted != 0;
    }
    free(ancestor);
    g->loss = loss;
    sc_graph_keep(g, loss);
    return code;
}
