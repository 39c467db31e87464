/* SPDX-License-Identifier: MIT */
/* Putting programs together, and into graphs. See program.h. */
#include "nets/program/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

sc_program *sc_program_create(int channels)
{
    sc_program *p = calloc(1, sizeof *p);
    if (p)
        p->channels = channels;
    return p;
}

void sc_program_free(sc_program *program)
{
    if (!program)
        return;
    for (int i = 0; i < program->parameter_count; i++)
        sc_tensor_free(&program->parameters[i].value);
    free(program->parameters);
    free(program->operations);
    free(program);
}

/* Room for one more at `count` of an array that doubles. */
static void *program_grow(void *array, int count, size_t size, sc_error *err)
{
    if (count & (count - 1)) /* not a power of two: there is room */
        return array;
    size_t bytes = count ? 2 * (size_t)count * size : size; /* 1 is where it begins */
    void *larger = realloc(array, bytes);
    if (!larger)
        sc_fail_memory(err, bytes);
    return larger;
}

sc_operand sc_program_parameter(sc_program *program, const char *name, sc_shape shape, const float *values)
{
    int index = program->parameter_count;
    sc_error *err = &program->error;
    if (err->code)
        return SC_PROGRAM_INPUT;
    if (index == SC_MAX_PARAMETERS || strlen(name) >= SC_PARAMETER_NAME) {
        sc_fail(err, SCUMBLE_ERR_LIMIT,
                "a network has more than %d parameters, or one whose name is longer than %d letters", SC_MAX_PARAMETERS,
                SC_PARAMETER_NAME - 1);
        return SC_PROGRAM_INPUT;
    }
    struct sc_parameter *grown = program_grow(program->parameters, index, sizeof *grown, err);
    if (!grown)
        return SC_PROGRAM_INPUT;
    program->parameters = grown;
    struct sc_parameter *p = &grown[index];
    *p = (struct sc_parameter){ 0 };
    snprintf(p->name, sizeof p->name, "%s", name);
    if (sc_tensor_create(&p->value, shape, err))
        return SC_PROGRAM_INPUT;
    if (values)
        memcpy(p->value.data, values, sc_shape_bytes(shape));
    program->parameter_count++;
    return sc_parameter_operand(index);
}

sc_operand sc_program_add(sc_program *program, const sc_operation *operation)
{
    int index = program->operation_count;
    sc_error *err = &program->error;
    if (err->code)
        return SC_PROGRAM_INPUT;
    if (index == SC_MAX_OPERATIONS) {
        sc_fail(err, SCUMBLE_ERR_LIMIT, "a network has more than %d operations", SC_MAX_OPERATIONS);
        return SC_PROGRAM_INPUT;
    }
    sc_operation *grown = program_grow(program->operations, index, sizeof *grown, err);
    if (!grown)
        return SC_PROGRAM_INPUT;
    program->operations = grown;
    grown[index] = *operation;
    program->operation_count++;
    return index;
}

sc_operand sc_program_op(sc_program *program, const sc_op *op, const void *attrs, const sc_operand *inputs,
                         int input_count)
{
    sc_operation operation = { .op = op, .input_count = input_count };
    if (attrs)
        memcpy(&operation.attrs, attrs, op->attrs_bytes);
    memcpy(operation.inputs, inputs, (size_t)input_count * sizeof *inputs);
    return sc_program_add(program, &operation);
}

sc_operand sc_program_enlarge(sc_program *program, const sc_op *op, sc_operand x, int factor)
{
    return sc_program_add(program, &(sc_operation){ .op = op, .factor = factor, .inputs = { x }, .input_count = 1 });
}

int sc_program_check(const sc_program *program, int edge, sc_shape *result, sc_error *err)
{
    if (program->error.code) {
        *err = program->error;
        return err->code;
    }
    if (!program->operation_count)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the network has no operations");
    sc_shape *shapes = malloc((size_t)program->operation_count * sizeof *shapes);
    int code = shapes ? sc_program_shapes(program, edge, edge, shapes, err) :
                        sc_fail_memory(err, (size_t)program->operation_count * sizeof *shapes);
    if (!code && result)
        *result = shapes[program->operation_count - 1];
    free(shapes);
    return code;
}

int sc_program_find(const sc_program *program, const char *name)
{
    for (int i = 0; i < program->parameter_count; i++)
        if (!strcmp(program->parameters[i].name, name))
            return i;
    return -1;
}

double sc_operation_flops(const sc_operation *o, const sc_shape *inputs, sc_shape result)
{
    sc_tensor in[SC_MAX_INPUTS], out = { .shape = result };
    sc_call call = { .attrs = &o->attrs, .input_count = o->input_count, .out = &out };
    for (int i = 0; i < o->input_count; i++) {
        in[i] = (sc_tensor){ .shape = inputs[i] };
        call.in[i] = &in[i];
    }
    return o->op->flops ? o->op->flops(&call) : 0;
}

sc_reach sc_operation_reach(const sc_program *program, const sc_operation *o, bool vertical)
{
    sc_call call = { .attrs = &o->attrs, .input_count = o->input_count };
    for (int i = 0; i < o->input_count; i++)
        if (sc_operand_is_parameter(o->inputs[i]))
            call.in[i] = &program->parameters[sc_operand_parameter(o->inputs[i])].value;
    return o->op->reach ? o->op->reach(&call, vertical) : (sc_reach){ .stride = 1, .size = 1 };
}

int sc_program_step(const sc_program *program)
{
    enum { MOST = 4096 };
    int steps[SC_MAX_OPERATIONS], step = 1;
    for (int i = 0; i < program->operation_count; i++) {
        const sc_operation *o = &program->operations[i];
        int in = o->input_count && o->inputs[0] >= 0 ? steps[o->inputs[0]] : 1;
        sc_reach reach = sc_operation_reach(program, o, true);
        steps[i] = in * (reach.stride > 1 ? reach.stride : 1);
        int growth = reach.block ? reach.block : o->factor;
        if (growth > 1 && steps[i] % growth == 0)
            steps[i] /= growth;
        steps[i] = steps[i] < MOST ? steps[i] : MOST;
        step = steps[i] > step ? steps[i] : step;
    }
    return step;
}

int sc_program_hold(const sc_program *program, sc_holding *holding, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int i = 0; i < program->parameter_count && !code; i++)
        code = sc_holding_add(holding, &program->parameters[i].value, &program->changes, err);
    return code;
}

size_t sc_program_size(const sc_program *program)
{
    size_t count = 0;
    for (int i = 0; i < program->parameter_count; i++)
        count += sc_shape_count(program->parameters[i].value.shape);
    return count;
}

/* ---- into a graph ---------------------------------------------------------------------------------------------- */

static sc_value operand_value(const sc_program *program, sc_graph *graph, sc_operand operand, sc_value x,
                              const sc_value *results, bool frozen, sc_value *parameters)
{
    if (operand == SC_PROGRAM_INPUT)
        return x;
    if (!sc_operand_is_parameter(operand))
        return results[operand];
    int index = sc_operand_parameter(operand);
    const struct sc_parameter *p = &program->parameters[index];
    if (parameters[index] == SC_NO_VALUE)
        parameters[index] = sc_graph_parameter(graph, p->name, &p->value, frozen ? NULL : &program->changes);
    return parameters[index];
}

static sc_value add_operation(sc_graph *graph, const sc_operation *o, const sc_value *inputs)
{
    sc_operation_attrs attrs = o->attrs;
    if (o->factor) {
        sc_shape in = sc_graph_shape(graph, inputs[0]);
        if (in.h > INT32_MAX / o->factor || in.w > INT32_MAX / o->factor)
            return SC_NO_VALUE;
        attrs.resize.height = in.h * o->factor;
        attrs.resize.width = in.w * o->factor;
    }
    return sc_graph_op(graph, o->op, o->op->attrs_bytes ? &attrs : NULL, inputs, o->input_count);
}

static int build_operations(const sc_program *program, sc_graph *graph, sc_value x, bool frozen, sc_value *parameters,
                            sc_value *results, sc_error *err)
{
    for (int i = 0; i < program->operation_count; i++) {
        const sc_operation *o = &program->operations[i];
        sc_value inputs[SC_MAX_INPUTS];
        for (int k = 0; k < o->input_count; k++)
            inputs[k] = operand_value(program, graph, o->inputs[k], x, results, frozen, parameters);
        results[i] = add_operation(graph, o, inputs);
        if (results[i] == SC_NO_VALUE)
            return sc_graph_check(graph, err) ? err->code :
                                                sc_fail(err, SCUMBLE_ERR_LIMIT, "a network's result is too large");
    }
    return SCUMBLE_OK;
}

int sc_program_build_all(const sc_program *program, sc_graph *graph, sc_value x, bool frozen, sc_value *parameters,
                         sc_value *results, sc_error *err)
{
    size_t count = (size_t)program->parameter_count + 1;
    sc_value *own = parameters ? parameters : malloc(count * sizeof *own);
    if (!own)
        return sc_fail_memory(err, count * sizeof *own);
    for (int i = 0; i < program->parameter_count && !parameters; i++)
        own[i] = SC_NO_VALUE;
    int code = build_operations(program, graph, x, frozen, own, results, err);
    if (!parameters)
        free(own);
    return code;
}

int sc_program_build(const sc_program *program, sc_graph *graph, sc_value x, bool frozen, sc_value *parameters,
                     sc_value *result, sc_error *err)
{
    size_t count = (size_t)program->operation_count + 1;
    sc_value *results = malloc(count * sizeof *results);
    int code = results ? sc_program_build_all(program, graph, x, frozen, parameters, results, err) :
                         sc_fail_memory(err, count * sizeof *results);
    *result = code ? SC_NO_VALUE : results[program->operation_count - 1];
    free(results);
    return code;
}

int sc_program_shapes(const sc_program *program, int height, int width, sc_shape *results, sc_error *err)
{
    size_t count = (size_t)program->operation_count + 1;
    sc_graph *graph;
    int code = sc_graph_create(&graph, NULL, err);
    if (code)
        return code;
    sc_value *values = malloc(count * sizeof *values),
             x = sc_graph_input(graph, "picture", (sc_shape){ 1, program->channels, height, width });
    code = values ? sc_program_build_all(program, graph, x, true, NULL, values, err) :
                    sc_fail_memory(err, count * sizeof *values);
    for (int i = 0; i < program->operation_count && !code; i++)
        results[i] = sc_graph_shape(graph, values[i]);
    free(values);
    sc_graph_destroy(graph);
    return code;
}
