/* SPDX-License-Identifier: MIT */
/* The runner: every node's kernels on the device, forward in order, backward in the reverse order. */
#include "graph/internal.h"

/* `before` may be NULL. */
static int run_submit(sc_graph *g, const sc_kernel *before, const sc_kernel *kernel, const sc_call *call)
{
    const sc_device_kind *kind = g->device->kind;
    int code = before ? kind->submit(g->device, before, call) : SCUMBLE_OK;
    return code ? code : kind->submit(g->device, kernel, call);
}

static int fail(const sc_graph *g, int code, const char *what, const sc_node *node, sc_error *err)
{
    return code == SCUMBLE_ERR_CANCELLED ? sc_threads_check(g->device->threads, err) :
                                           sc_fail(err, code, "computing %s%s failed", what, node->op->name);
}

static int run_forward(sc_graph *g, const sc_node *node, const sc_call *call)
{
    return run_submit(g, node->choice.before_forward, node->forward, call);
}

static int run_backward(sc_graph *g, const sc_node *node)
{
    return run_submit(g, node->choice.before_backward, node->backward, &node->backward_call);
}

static int run_finish(sc_graph *g, sc_error *err)
{
    int code = g->device->kind->finish(g->device);
    return code ? sc_fail(err, code, "the device failed") : SCUMBLE_OK;
}

int sc_graph_run_forward(sc_graph *g, sc_error *err)
{
    if (!g->planned)
        return sc_fail(err, SCUMBLE_ERR_INTERNAL, "the graph has not been planned");
    int code = sc_graph_check(g, err);
    if (!code)
        code = sc_graph_settle(g, err);
    if (code)
        return code;
    for (int k = 0; k < g->order_count; k++) {
        sc_node *node = &g->nodes[g->order[k]];
        code = run_forward(g, node, &node->forward_call);
        if (code)
            return fail(g, code, "", node, err);
    }
    return run_finish(g, err);
}

/* What this node's backward pass is the first to read, and nobody kept. */
static int recompute(sc_graph *g, sc_node *node, int step)
{
    for (int i = 0; i <= node->input_count; i++) {
        sc_value v = i < node->input_count ? node->inputs[i] : node->out;
        const sc_value_info *value = &g->values[v];
        if (!value->again_place.size_bytes || value->again_place.first != step)
            continue;
        sc_node *producer = &g->nodes[value->producer];
        int code = run_forward(g, producer, &producer->again_call);
        if (code)
            return code;
    }
    return 0;
}

int sc_graph_run_backward(sc_graph *g, sc_error *err)
{
    if (g->loss == SC_NO_VALUE)
        return SCUMBLE_OK;
    const float one = 1;
    int code = g->device->kind->upload(g->device, g->values[g->loss].gradient.data, &one, sizeof one);
    if (code)
        return sc_fail(err, code, "the device failed");
    for (int k = g->order_count - 1; k >= 0; k--) {
        sc_node *node = &g->nodes[g->order[k]];
        code = node->wanted ? recompute(g, node, 2 * g->order_count - 1 - k) : 0;
        if (node->wanted && !code)
            code = run_backward(g, node);
        if (code)
            return fail(g, code, "the gradient of ", node, err);
    }
    return run_finish(g, err);
}

int sc_graph_run(sc_graph *g, sc_error *err)
{
    int code = sc_graph_run_forward(g, err);
    return code ? code : sc_graph_run_backward(g, err);
}
