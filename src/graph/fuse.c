/* SPDX-License-Identifier: MIT */
/* Fusion: two nodes between which nobody else looks become one, where the device does both at once (kernels.h). */
#include <stdlib.h>
#include <string.h>

#include "graph/internal.h"

static int fuse_count_users(const sc_graph *g, sc_value v)
{
    int users = 0;
    for (int n = 0; n < g->node_count; n++)
        for (int i = 0; i < g->nodes[n].input_count; i++)
            users += g->nodes[n].inputs[i] == v;
    return users;
}

/* The node that makes input 0 of `node`, which alone reads it; NULL when there is none. */
static sc_node *only_producer(sc_graph *g, const sc_node *node)
{
    const sc_value_info *value = &g->values[node->inputs[0]];
    bool alone = value->producer >= 0 && !value->keep && fuse_count_users(g, node->inputs[0]) == 1;
    return alone ? &g->nodes[value->producer] : NULL;
}

/* Both become one, which stands where the one with more inputs stood. */
static void merge(sc_graph *g, sc_node *first, sc_node *second, const sc_op *op, void *attrs)
{
    sc_node *stays = first->input_count >= second->input_count ? first : second,
            *goes = stays == first ? second : first;
    sc_value inputs[SC_MAX_INPUTS];
    unsigned wanted = first->wanted;
    int count = first->input_count;
    memcpy(inputs, first->inputs, (size_t)count * sizeof *inputs);
    for (int i = 1; i < second->input_count; i++, count++) {
        inputs[count] = second->inputs[i];
        wanted |= (second->wanted >> i & 1u) << count;
    }
    free(stays->attrs);
    stays->op = op;
    stays->attrs = attrs;
    stays->input_count = count;
    stays->wanted = wanted;
    stays->out = second->out;
    memcpy(stays->inputs, inputs, (size_t)count * sizeof *inputs);
    g->values[stays->out].producer = (int)(stays - g->nodes);
    goes->fused = true;
}

static int try_fusion(sc_graph *g, const sc_fusion *fusion, sc_node *second, sc_error *err)
{
    sc_node *first = only_producer(g, second);
    if (!first || first->op != fusion->first || first->input_count + second->input_count - 1 > SC_MAX_INPUTS)
        return SCUMBLE_OK;
    sc_node_info before = sc_graph_describe(g, first), after = sc_graph_describe(g, second);
    void *attrs = calloc(1, fusion->fused->attrs_bytes + 1);
    if (!attrs)
        return sc_fail_memory(err, fusion->fused->attrs_bytes);
    if (fusion->fits(&before, &after, attrs))
        merge(g, first, second, fusion->fused, attrs);
    else
        free(attrs);
    return SCUMBLE_OK;
}

int sc_graph_fuse(sc_graph *g, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (const sc_fusion *f = g->device->kernels->fusions; f && f->first && !code; f++)
        for (int n = 0; n < g->node_count && !code; n++)
            if (!g->nodes[n].fused && g->nodes[n].op == f->second)
                code = try_fusion(g, f, &g->nodes[n], err);
    return code;
}
