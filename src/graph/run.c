/* SPDX-License-Identifier: MIT */
/* The runner: every node's parts on the thread pool, forward in order, backward in the reverse order. */
#include "graph/internal.h"

typedef struct sc_job {
    const sc_kernel *kernel;
    const sc_call *call;
} sc_job;

static int run_part(void *argument, int part, int thread)
{
    const sc_job *job = argument;
    return job->kernel->run(job->call, part, thread);
}

static int run_kernel(sc_graph *g, const sc_kernel *kernel, const sc_call *call)
{
    sc_job job = { .kernel = kernel, .call = call };
    int code = sc_threads_run(g->threads, kernel->parts ? kernel->parts(call) : 1, run_part, &job);
    return code || !kernel->finish ? code : kernel->finish(call);
}

static int run_forward(sc_graph *g, const sc_node *node, const sc_call *call)
{
    int code = node->choice.before_forward ? run_kernel(g, node->choice.before_forward, call) : SCUMBLE_OK;
    return code ? code : run_kernel(g, node->forward, call);
}

static int run_backward(sc_graph *g, const sc_node *node)
{
    int code =
        node->choice.before_backward ? run_kernel(g, node->choice.before_backward, &node->backward_call) : SCUMBLE_OK;
    return code ? code : run_kernel(g, node->backward, &node->backward_call);
}

int sc_graph_run_forward(sc_graph *g, sc_error *err)
{
    if (!g->planned)
        return sc_fail(err, SCUMBLE_ERR_INTERNAL, "the graph has not been planned");
    for (int k = 0; k < g->order_count; k++) {
        sc_node *node = &g->nodes[g->order[k]];
        int code = run_forward(g, node, &node->forward_call);
        if (code)
            return sc_fail(err, code, "computing %s failed", node->op->name);
    }
    return SCUMBLE_OK;
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
    g->values[g->loss].gradient.data[0] = 1;
    for (int k = g->order_count - 1; k >= 0; k--) {
        sc_node *node = &g->nodes[g->order[k]];
        int code = node->wanted ? recompute(g, node, 2 * g->order_count - 1 - k) : 0;
        if (node->wanted && !code)
            code = run_backward(g, node);
        if (code)
            return sc_fail(err, code, "computing the gradient of %s failed", node->op->name);
    }
    return SCUMBLE_OK;
}

int sc_graph_run(sc_graph *g, sc_error *err)
{
    int code = sc_graph_run_forward(g, err);
    return code ? code : sc_graph_run_backward(g, err);
}
