/* SPDX-License-Identifier: MIT */
/* Fusion: a ReLU that nobody else looks in front of becomes part of the convolution or the instance norm before it. That saves a pass over the values
 * forward and another one backward. */
#include "graph/internal.h"

static int count_users(const sc_graph *g, sc_value v)
{
    int users = 0;
    for (int n = 0; n < g->node_count; n++)
        for (int i = 0; i < g->nodes[n].input_count; i++)
            users += g->nodes[n].inputs[i] == v;
    return users;
}

/* The attribute that gives a node a ReLU of its own; NULL when it can have none. */
static bool *relu_of(sc_node *node)
{
    if (node->op == &sc_op_conv2d)
        return &((sc_conv2d_attrs *)node->attrs)->relu;
    return node->op == &sc_op_instance_norm ? &((sc_norm_attrs *)node->attrs)->relu : NULL;
}

void sc_graph_fuse(sc_graph *g)
{
    for (int n = 0; n < g->node_count; n++) {
        sc_node *node = &g->nodes[n];
        const sc_value_info *before = node->op == &sc_op_relu ? &g->values[node->inputs[0]] : NULL;
        sc_node *producer = before && before->producer >= 0 && !before->keep ? &g->nodes[before->producer] : NULL;
        bool *relu = producer && count_users(g, node->inputs[0]) == 1 ? relu_of(producer) : NULL;
        if (!relu)
            continue;
        *relu = true;
        producer->out = node->out;
        g->values[node->out].producer = before->producer;
        node->fused = true;
    }
}
