/* SPDX-License-Identifier: MIT */
/* The planner: the order of the nodes, the kernels, the lifetime of every buffer, and its place in the arena.
 *
 * Order. Among the nodes that are ready the one with the smallest result runs first. So a loss term is computed as soon
 * as its layer exists, and, backward being the reverse, its gradient is added just before the layer's own gradient is
 * used: no large gradient waits for the rest of the network.
 *
 * Recomputing. A value that takes far more memory than what it is made of, and little work (a first convolution's), is
 * made a second time when the backward pass reads it.
 *
 * Places. Buffers sorted by size, the largest first, each at the lowest offset where no buffer that is alive at the
 * same time lies (greedy by size; Pisarchyk and Lee 2020, "Efficient Memory Management for Deep Neural Net Inference").
 */
#include <stdlib.h>
#include <string.h>

#include "graph/internal.h"

enum { ALIGNMENT = 64, RECOMPUTED_SIZE = 8, RECOMPUTED_FLOPS = 100 };

static void plan_mark_needed(sc_graph *g)
{
    bool any_target = g->loss != SC_NO_VALUE;
    for (int i = 0; i < g->value_count; i++)
        any_target |= g->values[i].keep;
    for (int n = 0; n < g->node_count; n++) {
        const sc_value_info *out = &g->values[g->nodes[n].out];
        g->nodes[n].needed = !g->nodes[n].fused && (!any_target || out->keep || g->nodes[n].out == g->loss);
    }
    for (int n = g->node_count - 1; n >= 0; n--)
        if (g->nodes[n].needed)
            for (int i = 0; i < g->nodes[n].input_count; i++) {
                int producer = g->values[g->nodes[n].inputs[i]].producer;
                if (producer >= 0)
                    g->nodes[producer].needed = true;
            }
}

static bool is_ready(const sc_graph *g, const bool *done, int n)
{
    for (int i = 0; i < g->nodes[n].input_count; i++) {
        int producer = g->values[g->nodes[n].inputs[i]].producer;
        if (producer >= 0 && !done[producer])
            return false;
    }
    return true;
}

static int choose_order(sc_graph *g, sc_error *err)
{
    plan_mark_needed(g);
    g->order = malloc(((size_t)g->node_count + 1) * sizeof *g->order);
    bool *done = calloc((size_t)g->node_count + 1, sizeof *done);
    if (!g->order || !done) {
        free(done);
        return sc_fail_memory(err, (size_t)g->node_count * sizeof *g->order);
    }
    for (;;) {
        int best = -1;
        size_t best_count = 0;
        for (int n = 0; n < g->node_count; n++) {
            if (!g->nodes[n].needed || done[n] || !is_ready(g, done, n))
                continue;
            size_t count = sc_shape_count(g->values[g->nodes[n].out].tensor.shape);
            if (best < 0 || count < best_count) {
                best = n;
                best_count = count;
            }
        }
        if (best < 0)
            break;
        done[best] = true;
        g->order[g->order_count++] = best;
    }
    free(done);
    return SCUMBLE_OK;
}

static int choose_kernels(sc_graph *g, sc_node *node, sc_error *err)
{
    sc_node_info info = sc_graph_describe(g, node);
    int code = g->device->kernels->choose(&info, &node->choice, err);
    if (code)
        return code;
    g->state_bytes += node->choice.state_bytes;
    for (int i = 0; i < node->choice.preparation_count; i++)
        g->state_bytes += node->choice.preparations[i].size_bytes;
    node->forward = node->choice.forward ? node->choice.forward : &node->op->forward;
    node->backward = node->choice.backward ? node->choice.backward : &node->op->backward;
    return SCUMBLE_OK;
}

/* The calls as the kernels will see them, still without data: enough for the questions of size. */
static void describe_calls(sc_graph *g, sc_node *node)
{
    sc_call call = { .attrs = node->attrs,
                     .input_count = node->input_count,
                     .out = &g->values[node->out].bare,
                     .thread_count = sc_threads_count(g->device->threads),
                     .state = node->choice.state };
    for (int i = 0; i < node->input_count; i++)
        call.in[i] = &g->values[node->inputs[i]].bare;
    node->forward_call = node->backward_call = call;
    node->backward_call.out_gradient = &g->values[node->out].bare;
    for (int i = 0; i < node->input_count; i++)
        if (node->wanted >> i & 1)
            node->backward_call.in_gradient[i] = &g->values[node->inputs[i]].bare;
}

static void plan_extend(sc_place *place, size_t size_bytes, int step)
{
    if (!place->size_bytes) {
        *place = (sc_place){ .size_bytes = (size_bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT,
                             .first = step,
                             .last = step };
        return;
    }
    if (step < place->first)
        place->first = step;
    if (step > place->last)
        place->last = step;
}

static void extend_data(sc_graph *g, sc_value v, int step)
{
    sc_value_info *value = &g->values[v];
    if (value->kind != SC_VALUE_PARAMETER)
        plan_extend(&value->data_place, sc_shape_bytes(value->tensor.shape), step);
}

static void forward_lifetimes(sc_graph *g, sc_node *node, int step)
{
    for (int i = 0; i < node->input_count; i++)
        extend_data(g, node->inputs[i], step);
    extend_data(g, node->out, step);
    size_t bytes = node->forward->scratch_bytes ? node->forward->scratch_bytes(&node->forward_call) : 0;
    if (bytes)
        plan_extend(&node->forward_scratch, bytes, step);
    size_t (*saved_bytes)(const sc_call *, unsigned) =
        node->choice.saved_bytes ? node->choice.saved_bytes : node->op->saved_bytes;
    bytes = node->wanted && saved_bytes ? saved_bytes(&node->forward_call, node->wanted) : 0;
    if (bytes)
        plan_extend(&node->saved, bytes, step);
}

/* The backward pass reads a value; the first to do so has it made again if that is how it is to be. */
static void read_backward(sc_graph *g, sc_value v, int step)
{
    sc_value_info *value = &g->values[v];
    if (!value->recomputed) {
        extend_data(g, v, step);
        return;
    }
    if (!value->again_place.size_bytes) {
        sc_node *producer = &g->nodes[value->producer];
        for (int i = 0; i < producer->input_count; i++)
            extend_data(g, producer->inputs[i], step);
        if (producer->forward_scratch.size_bytes)
            plan_extend(&producer->again_scratch, producer->forward_scratch.size_bytes, step);
    }
    plan_extend(&value->again_place, sc_shape_bytes(value->tensor.shape), step);
}

static void backward_lifetimes(sc_graph *g, sc_node *node, int step)
{
    unsigned (*reads)(const sc_call *, unsigned) = node->choice.reads ? node->choice.reads : node->op->reads;
    node->reads = reads ? reads(&node->forward_call, node->wanted) : 0;
    for (int i = 0; i < node->input_count; i++) {
        sc_value_info *input = &g->values[node->inputs[i]];
        if (node->reads & (unsigned)SC_READS_INPUT_0 << i)
            read_backward(g, node->inputs[i], step);
        if (node->wanted >> i & 1) {
            /* The first in backward order overwrites, the others add. */
            node->backward_call.accumulate[i] = input->gradient_place.size_bytes != 0;
            plan_extend(&input->gradient_place, sc_shape_bytes(input->tensor.shape), step);
        }
    }
    if (node->reads & SC_READS_OUTPUT)
        read_backward(g, node->out, step);
    plan_extend(&g->values[node->out].gradient_place, sc_shape_bytes(g->values[node->out].tensor.shape), step);
    size_t bytes = node->backward->scratch_bytes ? node->backward->scratch_bytes(&node->backward_call) : 0;
    if (bytes)
        plan_extend(&node->backward_scratch, bytes, step);
    if (node->saved.size_bytes)
        plan_extend(&node->saved, node->saved.size_bytes, step);
}

static double node_flops(const sc_node *node)
{
    return node->op->flops ? node->op->flops(&node->forward_call) : 0;
}

/* See above. Not what is looked at after the run, nor what is small. */
static void mark_recomputed(sc_graph *g)
{
    for (int k = 0; k < g->order_count; k++) {
        sc_node *node = &g->nodes[g->order[k]];
        sc_value_info *out = &g->values[node->out];
        size_t from = 0, to = sc_shape_count(out->tensor.shape);
        for (int i = 0; i < node->input_count; i++)
            if (g->values[node->inputs[i]].kind != SC_VALUE_PARAMETER)
                from += sc_shape_count(g->values[node->inputs[i]].tensor.shape);
        out->recomputed = node->op->again && !out->keep && to >= RECOMPUTED_SIZE * from &&
                          node_flops(node) <= RECOMPUTED_FLOPS * (double)to;
    }
}

static void find_lifetimes(sc_graph *g)
{
    int last_step = 2 * g->order_count;
    for (int k = 0; k < g->order_count; k++)
        forward_lifetimes(g, &g->nodes[g->order[k]], k);
    for (int k = g->order_count - 1; k >= 0; k--)
        if (g->nodes[g->order[k]].wanted)
            backward_lifetimes(g, &g->nodes[g->order[k]], last_step - 1 - k);
    for (int i = 0; i < g->value_count; i++) {
        sc_value_info *value = &g->values[i];
        if (value->kind == SC_VALUE_INPUT) { /* keeps its values between runs */
            extend_data(g, i, 0);
            extend_data(g, i, last_step);
        }
        if (value->keep && value->data_place.size_bytes)
            extend_data(g, i, last_step);
        if (value->wanted && value->gradient_place.size_bytes)
            plan_extend(&value->gradient_place, 1, last_step);
    }
    if (g->loss != SC_NO_VALUE) /* set to 1 before the first backward step */
        plan_extend(&g->values[g->loss].gradient_place, sizeof(float), g->order_count);
}

static int by_size(const void *a, const void *b)
{
    const sc_place *p = *(sc_place *const *)a, *q = *(sc_place *const *)b;
    if (p->size_bytes != q->size_bytes)
        return p->size_bytes < q->size_bytes ? 1 : -1;
    return p->first != q->first ? (p->first > q->first) - (p->first < q->first) :
                                  (p->last > q->last) - (p->last < q->last);
}

static int by_offset(const void *a, const void *b)
{
    const sc_place *p = *(sc_place *const *)a, *q = *(sc_place *const *)b;
    return (p->offset > q->offset) - (p->offset < q->offset);
}

/* The lowest offset at which `place` fits between those of `others` that are alive with it (`clash` is room for them).
 */
static size_t lowest_offset(const sc_place *place, sc_place *const *others, int count, sc_place **clash)
{
    int clashes = 0;
    for (int i = 0; i < count; i++)
        if (others[i]->first <= place->last && place->first <= others[i]->last)
            clash[clashes++] = others[i];
    qsort(clash, (size_t)clashes, sizeof *clash, by_offset);
    size_t offset = 0;
    for (int i = 0; i < clashes && clash[i]->offset < offset + place->size_bytes; i++) {
        size_t end = clash[i]->offset + clash[i]->size_bytes;
        if (end > offset)
            offset = end;
    }
    return offset;
}

static int collect_places(sc_graph *g, sc_place **places)
{
    int count = 0;
    for (int i = 0; i < g->value_count; i++) {
        places[count++] = &g->values[i].data_place;
        places[count++] = &g->values[i].gradient_place;
        places[count++] = &g->values[i].again_place;
    }
    for (int i = 0; i < g->node_count; i++) {
        places[count++] = &g->nodes[i].saved;
        places[count++] = &g->nodes[i].forward_scratch;
        places[count++] = &g->nodes[i].backward_scratch;
        places[count++] = &g->nodes[i].again_scratch;
    }
    int used = 0;
    for (int i = 0; i < count; i++)
        if (places[i]->size_bytes)
            places[used++] = places[i];
    return used;
}

static int assign_offsets(sc_graph *g, sc_error *err)
{
    size_t capacity = 3 * (size_t)g->value_count + 4 * (size_t)g->node_count + 1;
    sc_place **places = malloc(2 * capacity * sizeof *places);
    if (!places)
        return sc_fail_memory(err, 2 * capacity * sizeof *places);
    int count = collect_places(g, places);
    qsort(places, (size_t)count, sizeof *places, by_size);
    g->arena_bytes = 0;
    for (int i = 0; i < count; i++) {
        places[i]->offset = lowest_offset(places[i], places, i, places + capacity);
        size_t end = places[i]->offset + places[i]->size_bytes;
        if (end > g->arena_bytes)
            g->arena_bytes = end;
    }
    free(places);
    return SCUMBLE_OK;
}

int sc_graph_lay_out(sc_graph *g, sc_error *err)
{
    if (g->error.code) {
        *err = g->error;
        return err->code;
    }
    if (g->laid_out)
        return SCUMBLE_OK;
    if (!g->device)
        return sc_fail(err, SCUMBLE_ERR_INTERNAL, "a graph without a device only tells shapes");
    int code = sc_graph_fuse(g, err);
    if (!code)
        code = choose_order(g, err);
    for (int k = 0; k < g->order_count && !code; k++)
        code = choose_kernels(g, &g->nodes[g->order[k]], err);
    for (int k = 0; k < g->order_count && !code; k++)
        describe_calls(g, &g->nodes[g->order[k]]);
    if (!code) {
        mark_recomputed(g);
        find_lifetimes(g);
        code = assign_offsets(g, err);
    }
    if (code)
        g->error = *err; /* half laid out: never to be planned again */
    g->laid_out = !code;
    return code;
}

static float *at(const sc_graph *g, const sc_place *place)
{
    return place->size_bytes ? (float *)(void *)(g->arena + place->offset) : NULL;
}

/* What the backward pass reads of a value. */
static const sc_tensor *kept(const sc_value_info *value)
{
    return value->again_place.size_bytes ? &value->again : &value->tensor;
}

/* Gives the calls their data. */
static void bind(sc_graph *g, sc_node *node)
{
    sc_call *forward = &node->forward_call, *backward = &node->backward_call;
    for (int i = 0; i < node->input_count; i++) {
        sc_value_info *input = &g->values[node->inputs[i]];
        forward->in[i] = &input->tensor;
        if (node->reads & (unsigned)SC_READS_INPUT_0 << i)
            backward->in[i] = kept(input);
        if (node->wanted >> i & 1)
            backward->in_gradient[i] = &input->gradient;
    }
    sc_value_info *out = &g->values[node->out];
    forward->out = &out->tensor;
    if (node->reads & SC_READS_OUTPUT)
        backward->out = kept(out);
    backward->out_gradient = &out->gradient;
    forward->saved = backward->saved = at(g, &node->saved);
    forward->scratch = at(g, &node->forward_scratch);
    backward->scratch = at(g, &node->backward_scratch);
    node->again_call = *forward;
    node->again_call.out = &out->again;
    node->again_call.scratch = at(g, &node->again_scratch);
}

void sc_graph_use_arena(sc_graph *g, sc_arena *arena)
{
    g->shared = arena;
}

void sc_arena_free(sc_arena *arena)
{
    if (arena->memory)
        arena->device->kind->release(arena->device, arena->memory);
    *arena = (sc_arena){ 0 };
}

/* NULL when there is not enough. */
static void *take_arena(sc_graph *g)
{
    if (!g->shared)
        return g->device->kind->alloc(g->device, g->arena_bytes);
    if (g->shared->size_bytes < g->arena_bytes) {
        sc_arena_free(g->shared);
        g->shared->device = g->device;
        g->shared->memory = g->device->kind->alloc(g->device, g->arena_bytes);
        g->shared->size_bytes = g->shared->memory ? g->arena_bytes : 0;
    }
    return g->shared->memory;
}

/* Weights in the layouts that the node's kernels want. */
static int plan_prepare(sc_graph *g, sc_node *node, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int i = 0; i < node->choice.preparation_count && !code; i++) {
        const sc_preparation *p = &node->choice.preparations[i];
        void *memory;
        code = sc_device_prepare(g->device, g->values[node->inputs[p->input]].resident, p, &node->forward_call, i,
                                 &memory, err);
        node->forward_call.prepared[i] = node->backward_call.prepared[i] = node->again_call.prepared[i] = memory;
    }
    return code;
}

/* Inputs begin as zeros. */
static int clear_inputs(sc_graph *g, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int i = 0; i < g->value_count && !code; i++)
        if (g->values[i].kind == SC_VALUE_INPUT)
            code = g->device->kind->clear(g->device, g->values[i].tensor.data, sc_shape_bytes(g->values[i].bare.shape));
    return code ? sc_fail(err, code, "the device failed") : SCUMBLE_OK;
}

int sc_graph_plan(sc_graph *g, sc_error *err)
{
    int code = sc_graph_lay_out(g, err);
    if (code || g->planned)
        return code;
    if (!g->arena)
        g->arena = take_arena(g);
    if (!g->arena)
        return sc_fail_memory(err, g->arena_bytes);
    code = sc_graph_settle(g, err);
    for (int i = 0; i < g->value_count; i++) {
        sc_value_info *value = &g->values[i];
        if (value->kind != SC_VALUE_PARAMETER)
            value->tensor.data = at(g, &value->data_place);
        value->gradient.data = at(g, &value->gradient_place);
        value->again = (sc_tensor){ value->tensor.shape, at(g, &value->again_place) };
    }
    for (int k = 0; k < g->order_count; k++)
        bind(g, &g->nodes[g->order[k]]);
    if (!code)
        code = clear_inputs(g, err);
    for (int k = 0; k < g->order_count && !code; k++)
        code = plan_prepare(g, &g->nodes[g->order[k]], err);
    g->planned = !code;
    return code;
}

size_t sc_graph_memory_bytes(const sc_graph *g)
{
    return g->arena_bytes + g->state_bytes;
}

int sc_graph_estimate(sc_graph *g, size_t *memory_bytes, double *flops, sc_error *err)
{
    int code = sc_graph_lay_out(g, err);
    if (code)
        return code;
    *memory_bytes = sc_graph_memory_bytes(g);
    *flops = 0;
    for (int k = 0; k < g->order_count; k++) {
        const sc_node *node = &g->nodes[g->order[k]];
        *flops += node_flops(node) * (node->wanted ? 2 : 1);
    }
    return SCUMBLE_OK;
}
