/* SPDX-License-Identifier: MIT */
/* Building: values and nodes, with their shapes checked as they are added. See graph.h. */
#include <stdlib.h>
#include <string.h>

#include "graph/internal.h"

int sc_graph_create(sc_graph **graph, sc_device *device, sc_error *err)
{
    *graph = calloc(1, sizeof **graph);
    if (!*graph)
        return sc_fail_memory(err, sizeof **graph);
    (*graph)->device = device;
    (*graph)->loss = SC_NO_VALUE;
    return SCUMBLE_OK;
}

void sc_graph_destroy(sc_graph *g)
{
    if (!g)
        return;
    for (int i = 0; i < g->node_count; i++) {
        if (g->nodes[i].choice.destroy)
            g->nodes[i].choice.destroy(g->nodes[i].choice.state);
        free(g->nodes[i].attrs);
    }
    for (int i = 0; i < g->value_count; i++) {
        free(g->values[i].name);
        for (int loan = 0; loan < SC_LOAN_KINDS; loan++)
            free(g->values[i].lent[loan]);
        sc_device_let_go(g->device, g->values[i].resident);
        if (g->values[i].owned)
            sc_tensor_free(&g->values[i].host);
    }
    free(g->nodes);
    free(g->values);
    free(g->order);
    if (!g->shared && g->arena)
        g->device->kind->release(g->device, g->arena);
    free(g);
}

/* Makes room for one more element; false (and the graph's error) when there is no memory. */
static bool build_grow(sc_graph *g, void **array, int count, int *capacity, size_t element_bytes)
{
    if (count < *capacity)
        return true;
    int larger = *capacity ? 2 * *capacity : 64;
    void *moved = realloc(*array, (size_t)larger * element_bytes);
    if (!moved) {
        sc_fail_memory(&g->error, (size_t)larger * element_bytes);
        return false;
    }
    *array = moved;
    *capacity = larger;
    return true;
}

static sc_value add_value(sc_graph *g, const char *name, sc_value_kind kind, sc_shape shape)
{
    if (g->error.code)
        return SC_NO_VALUE;
    if (!sc_shape_valid(shape)) {
        sc_fail(&g->error, SCUMBLE_ERR_LIMIT, "a tensor of %d x %d x %d x %d cannot be made", shape.n, shape.c, shape.h,
                shape.w);
        return SC_NO_VALUE;
    }
    if (!build_grow(g, (void **)&g->values, g->value_count, &g->value_capacity, sizeof *g->values))
        return SC_NO_VALUE;
    char *copy = NULL;
    if (name && !(copy = strdup(name))) {
        sc_fail_memory(&g->error, strlen(name));
        return SC_NO_VALUE;
    }
    g->values[g->value_count] = (sc_value_info){
        .name = copy,
        .kind = kind,
        .producer = -1,
        .tensor.shape = shape,
        .bare.shape = shape,
        .gradient.shape = shape,
    };
    return g->value_count++;
}

sc_value sc_graph_input(sc_graph *g, const char *name, sc_shape shape)
{
    return add_value(g, name, SC_VALUE_INPUT, shape);
}

sc_value sc_graph_parameter(sc_graph *g, const char *name, const sc_tensor *data, const unsigned *changes)
{
    sc_value value = add_value(g, name, SC_VALUE_PARAMETER, data->shape);
    if (value >= 0) {
        g->values[value].host = *data;
        g->values[value].changes = changes;
        g->values[value].frozen = !changes;
    }
    return value;
}

sc_value sc_graph_constant(sc_graph *g, const char *name, const sc_tensor *values)
{
    if (g->error.code)
        return SC_NO_VALUE;
    sc_tensor copy;
    if (sc_tensor_create(&copy, values->shape, &g->error))
        return SC_NO_VALUE;
    memcpy(copy.data, values->data, sc_shape_bytes(values->shape));
    sc_value value = sc_graph_parameter(g, name, &copy, NULL);
    if (value >= 0)
        g->values[value].owned = true;
    else
        sc_tensor_free(&copy);
    return value;
}

int sc_graph_check(const sc_graph *g, sc_error *err)
{
    if (g->error.code)
        *err = g->error;
    return g->error.code;
}

sc_value sc_graph_op(sc_graph *g, const sc_op *op, const void *attrs, const sc_value *inputs, int input_count)
{
    if (g->error.code)
        return SC_NO_VALUE;
    if (input_count < op->min_inputs || input_count > op->max_inputs) {
        sc_fail(&g->error, SCUMBLE_ERR_INTERNAL, "%s takes %d to %d inputs, not %d", op->name, op->min_inputs,
                op->max_inputs, input_count);
        return SC_NO_VALUE;
    }
    sc_call call = { .attrs = attrs, .input_count = input_count };
    for (int i = 0; i < input_count; i++) {
        if (inputs[i] < 0 || inputs[i] >= g->value_count) {
            sc_fail(&g->error, SCUMBLE_ERR_INTERNAL, "input %d of %s is not a value of this graph", i, op->name);
            return SC_NO_VALUE;
        }
        call.in[i] = &g->values[inputs[i]].bare;
    }
    sc_shape shape = { 0 };
    if (op->infer(&call, &shape, &g->error))
        return SC_NO_VALUE;
    if (!build_grow(g, (void **)&g->nodes, g->node_count, &g->node_capacity, sizeof *g->nodes))
        return SC_NO_VALUE;
    void *copy = NULL;
    if (op->attrs_bytes && !(copy = malloc(op->attrs_bytes))) {
        sc_fail_memory(&g->error, op->attrs_bytes);
        return SC_NO_VALUE;
    }
    if (copy)
        memcpy(copy, attrs, op->attrs_bytes);
    sc_value out = add_value(g, NULL, SC_VALUE_RESULT, shape);
    if (out < 0) {
        free(copy);
        return SC_NO_VALUE;
    }
    sc_node *node = &g->nodes[g->node_count];
    *node = (sc_node){ .op = op, .attrs = copy, .input_count = input_count, .out = out };
    memcpy(node->inputs, inputs, (size_t)input_count * sizeof *inputs);
    g->values[out].producer = g->node_count++;
    return out;
}

sc_shape sc_graph_shape(const sc_graph *g, sc_value value)
{
    return value >= 0 && value < g->value_count ? g->values[value].tensor.shape : (sc_shape){ 0 };
}

void sc_graph_keep(sc_graph *g, sc_value value)
{
    if (value >= 0 && value < g->value_count)
        g->values[value].keep = true;
}

sc_node_info sc_graph_describe(const sc_graph *g, const sc_node *node)
{
    sc_node_info info = {
        .op = node->op,
        .call = { .attrs = node->attrs,
                  .input_count = node->input_count,
                  .out = &g->values[node->out].bare,
                  .thread_count = sc_threads_count(g->device->threads) },
        .wanted = node->wanted,
    };
    for (int i = 0; i < node->input_count; i++) {
        info.call.in[i] = &g->values[node->inputs[i]].bare;
        info.frozen |= g->values[node->inputs[i]].frozen ? 1u << i : 0;
    }
    return info;
}
