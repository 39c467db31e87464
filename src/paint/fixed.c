/* SPDX-License-Identifier: MIT */
/* Norms into convolutions. See fixed.h. With mean m, variance v and y = gamma (x - m) / sqrt(v + epsilon) + beta behind
 * a convolution x = W p + b, f = gamma / sqrt(v + epsilon):  y = (f W) p + f (b - m) + beta. */
#include "paint/fixed.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct fixing {
    const sc_canvas *canvas;
    const sc_program *from;
    sc_program *to;
    bool *still;            /* of each operation: it is made of means and parameters alone */
    int *norm;              /* of each operation: the norm that becomes part of this convolution, or -1 */
    sc_operand *now;        /* of each operation: its result in `to` */
    sc_operand *parameters; /* of each parameter: itself there; SC_PROGRAM_INPUT: not yet */
    sc_tensor *values;      /* of each operation that is still, where others look at it */
} fixing;

/* ---- what is still --------------------------------------------------------------------------------------------- */

static bool fixed_is_constant(const fixing *f, sc_operand operand)
{
    return sc_operand_is_parameter(operand) || (operand >= 0 && f->still[operand]);
}

static void find_still(const fixing *f)
{
    for (int i = 0; i < f->from->operation_count; i++) {
        const sc_operation *o = &f->from->operations[i];
        f->still[i] = true;
        for (int k = 0; k < o->input_count; k++)
            f->still[i] = f->still[i] && fixed_is_constant(f, o->inputs[k]);
        f->still[i] = f->still[i] || o->op->locality == SC_LOOKS_FOR_A_MEAN;
    }
}

/* Of what is still: whether an operation that is not looks at it. */
static bool is_looked_at(const fixing *f, int operation)
{
    for (int i = operation + 1; i < f->from->operation_count; i++)
        for (int k = 0; k < f->from->operations[i].input_count; k++)
            if (!f->still[i] && f->from->operations[i].inputs[k] == operation)
                return true;
    return false;
}

/* Runs what is still, in a graph of its own. */
static int run_still(const fixing *f, sc_device *device, const bool *given, const sc_window *windows, sc_value *values,
                     sc_error *err)
{
    sc_graph *graph;
    int code = sc_graph_create(&graph, device, err);
    if (code)
        return code;
    code = sc_canvas_build(f->canvas, given, windows, graph, values, err);
    for (int i = 0; i < f->from->operation_count && !code; i++)
        if (f->values[i].data)
            sc_graph_keep(graph, values[i + 1]);
    if (!code)
        code = sc_graph_plan(graph, err);
    if (!code)
        code = sc_graph_run_forward(graph, err);
    for (int i = 0; i < f->from->operation_count && !code; i++)
        if (f->values[i].data)
            code = sc_graph_read(graph, values[i + 1], f->values[i].data, err);
    sc_graph_destroy(graph);
    return code;
}

static int find_values(const fixing *f, sc_device *device, sc_error *err)
{
    size_t count = (size_t)f->canvas->count;
    bool *given = calloc(count, sizeof *given), any = false;
    sc_window *windows = calloc(count, sizeof *windows);
    sc_value *values = calloc(count, sizeof *values);
    int code = given && windows && values ? SCUMBLE_OK : sc_fail_memory(err, count * sizeof *windows);
    for (int i = 0; i < f->from->operation_count && !code; i++) {
        sc_shape shape = f->canvas->shapes[i + 1];
        if (!f->still[i] || !is_looked_at(f, i))
            continue;
        any = true;
        windows[i + 1] = (sc_window){ 0, 0, shape.h, shape.w };
        code = sc_tensor_create(&f->values[i], shape, err);
    }
    if (!code && any) {
        given[0] = true;
        values[0] = SC_NO_VALUE;
        sc_canvas_follow(f->canvas, given, windows);
        code = run_still(f, device, given, windows, values, err);
    }
    free(given);
    free(windows);
    free(values);
    return code;
}

/* ---- norms ----------------------------------------------------------------------------------------------------- */

static int fixed_users(const fixing *f, int operation)
{
    int users = 0;
    for (int i = operation + 1; i < f->from->operation_count; i++)
        for (int k = 0; k < f->from->operations[i].input_count; k++)
            users += f->from->operations[i].inputs[k] == operation;
    return users;
}

/* Behind a convolution that nobody else looks at. */
static bool joins_convolution(const fixing *f, const sc_operation *norm)
{
    if (norm->op != &sc_op_instance_norm || norm->inputs[0] < 0 || !fixed_is_constant(f, norm->inputs[1]) ||
        !fixed_is_constant(f, norm->inputs[2]))
        return false;
    const sc_operation *conv = &f->from->operations[norm->inputs[0]];
    return conv->op == &sc_op_conv2d && !f->still[norm->inputs[0]] && !conv->attrs.conv2d.relu &&
           sc_operand_is_parameter(conv->inputs[1]) &&
           (conv->input_count < 3 || fixed_is_constant(f, conv->inputs[2])) && fixed_users(f, norm->inputs[0]) == 1;
}

static void find_joins(const fixing *f)
{
    for (int i = 0; i < f->from->operation_count; i++) {
        f->norm[i] = -1;
        if (!f->still[i] && joins_convolution(f, &f->from->operations[i]))
            f->norm[f->from->operations[i].inputs[0]] = i;
    }
}

static const sc_tensor *constant(const fixing *f, sc_operand operand)
{
    return sc_operand_is_parameter(operand) ? &f->from->parameters[sc_operand_parameter(operand)].value :
                                              &f->values[operand];
}

static sc_operand fixed_parameter(const fixing *f, const sc_tensor *value)
{
    char name[SC_PARAMETER_NAME];
    snprintf(name, sizeof name, "p%d", f->to->parameter_count);
    return sc_program_parameter(f->to, name, value->shape, value->data);
}

/* An operand there. */
static sc_operand fixed_operand(const fixing *f, sc_operand operand)
{
    if (operand == SC_PROGRAM_INPUT)
        return operand;
    sc_operand *there =
        sc_operand_is_parameter(operand) ? &f->parameters[sc_operand_parameter(operand)] : &f->now[operand];
    if (fixed_is_constant(f, operand) && *there == SC_PROGRAM_INPUT)
        *there = fixed_parameter(f, constant(f, operand));
    return *there;
}

static sc_operand add_convolution(const fixing *f, int index)
{
    const sc_operation *norm = &f->from->operations[f->norm[index]];
    const sc_canvas_norm *known = &f->canvas->norms[index + 1];
    const float *gamma = constant(f, norm->inputs[1])->data, *beta = constant(f, norm->inputs[2])->data;
    sc_operation conv = f->from->operations[index];
    const sc_tensor *weights = constant(f, conv.inputs[1]),
                    *bias = conv.input_count < 3 ? NULL : constant(f, conv.inputs[2]);
    int channels = weights->shape.n;
    size_t own = sc_shape_count(weights->shape) / (size_t)channels;
    sc_operand to = fixed_parameter(f, weights),
               constants = fixed_parameter(f, &(sc_tensor){ { 1, channels, 1, 1 }, NULL });
    if (f->to->error.code)
        return SC_PROGRAM_INPUT;
    float *w = f->to->parameters[sc_operand_parameter(to)].value.data,
          *b = f->to->parameters[sc_operand_parameter(constants)].value.data;
    for (int n = 0; n < channels; n++) {
        double factor = (double)gamma[n] / sqrt((double)known->variance.data[n] + (double)norm->attrs.norm.epsilon);
        for (size_t k = 0; k < own; k++)
            w[(size_t)n * own + k] = (float)(factor * (double)w[(size_t)n * own + k]);
        b[n] = (float)(factor * ((bias ? (double)bias->data[n] : 0) - (double)known->mean.data[n]) + (double)beta[n]);
    }
    sc_operand inputs[3] = { fixed_operand(f, conv.inputs[0]), to, constants };
    conv.attrs.conv2d.relu = norm->attrs.norm.relu;
    return sc_program_op(f->to, conv.op, &conv.attrs.conv2d, inputs, 3);
}

/* A norm that stands alone; the mean is taken away first, as in canvas.c. */
static sc_operand fixed_add_norm(const fixing *f, const sc_operation *norm)
{
    const sc_canvas_norm *known = &f->canvas->norms[sc_map_of(norm->inputs[0])];
    sc_operand x = fixed_operand(f, norm->inputs[0]), mean = fixed_parameter(f, &known->mean);
    x = sc_program_op(f->to, &sc_op_add, &(sc_add_attrs){ 1, -1 }, (sc_operand[]){ x, mean }, 2);
    sc_operand inputs[5] = { x, fixed_parameter(f, &known->zero), fixed_parameter(f, &known->variance),
                             fixed_operand(f, norm->inputs[1]), fixed_operand(f, norm->inputs[2]) };
    x = sc_program_op(f->to, &sc_op_batch_norm, &(sc_norm_attrs){ .epsilon = norm->attrs.norm.epsilon }, inputs, 5);
    return norm->attrs.norm.relu ? sc_program_op(f->to, &sc_op_relu, NULL, &x, 1) : x;
}

static sc_operand fixed_add(const fixing *f, int index)
{
    sc_operation o = f->from->operations[index];
    if (f->norm[index] >= 0)
        return add_convolution(f, index);
    if (o.op == &sc_op_instance_norm)
        return o.inputs[0] >= 0 && f->norm[o.inputs[0]] == index ? f->now[o.inputs[0]] : fixed_add_norm(f, &o);
    for (int k = 0; k < o.input_count; k++)
        o.inputs[k] = fixed_operand(f, o.inputs[k]);
    return sc_program_add(f->to, &o);
}

/* ---- all of it ------------------------------------------------------------------------------------------------- */

static int fixed_make(const fixing *f, sc_device *device, sc_error *err)
{
    int count = f->from->operation_count;
    for (int i = 0; i < f->from->parameter_count; i++)
        f->parameters[i] = SC_PROGRAM_INPUT;
    find_still(f);
    find_joins(f);
    int code = find_values(f, device, err);
    for (int i = 0; i < count && !code; i++)
        f->now[i] = f->still[i] ? SC_PROGRAM_INPUT : fixed_add(f, i);
    if (!code && fixed_operand(f, count - 1) != f->to->operation_count - 1) { /* the last one gives the result */
        sc_operand x = fixed_operand(f, count - 1);
        sc_program_op(f->to, &sc_op_add, &(sc_add_attrs){ 1, 0 }, (sc_operand[]){ x, x }, 2);
    }
    if (!code && f->to->error.code) {
        *err = f->to->error;
        code = err->code;
    }
    return code;
}

int sc_canvas_fix(const sc_canvas *canvas, sc_device *device, sc_program **fixed, sc_error *err)
{
    const sc_program *from = canvas->program;
    size_t count = (size_t)from->operation_count, numbers = 2 * count + (size_t)from->parameter_count;
    int *list = calloc(numbers + 1, sizeof *list);
    fixing f = { .canvas = canvas,
                 .from = from,
                 .to = sc_program_create(from->channels),
                 .still = calloc(count, sizeof *f.still),
                 .norm = list,
                 .now = list + count,
                 .parameters = list + 2 * count,
                 .values = calloc(count, sizeof *f.values) };
    int code =
        list && f.to && f.still && f.values ? fixed_make(&f, device, err) : sc_fail_memory(err, numbers * sizeof *list);
    for (size_t i = 0; i < count && f.values; i++)
        sc_tensor_free(&f.values[i]);
    free(list);
    free(f.still);
    free(f.values);
    if (code)
        sc_program_free(f.to);
    *fixed = code ? NULL : f.to;
    return code;
}
