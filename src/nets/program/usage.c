/* SPDX-License-Identifier: MIT */
/* Whether a program is fit for what it is used for. See usage.h. */
#include "nets/program/usage.h"

#include <math.h>
#include <stdlib.h>

enum { EDGE = 64 };
/* For each position of the input, or of one of EDGE x EDGE where it is smaller. Published painters take up to 3 million
 * and 2000. */
static const double most_work = 3e7, most_values = 1 << 15;

static const char *usage_name_of(sc_usage usage)
{
    return usage == SC_TO_PAINT ? "network" : "discriminator";
}

static int check_values(const sc_program *program, sc_error *err)
{
    for (int i = 0; i < program->parameter_count; i++) {
        const struct sc_parameter *p = &program->parameters[i];
        for (size_t k = 0; k < sc_shape_count(p->value.shape); k++)
            if (!isfinite(p->value.data[k]))
                return sc_fail(err, SCUMBLE_ERR_FORMAT, "'%s' holds a value that is not a number", p->name);
    }
    return SCUMBLE_OK;
}

static sc_shape usage_shape_of(const sc_program *program, sc_operand operand, sc_shape input, const sc_shape *results)
{
    return operand == SC_PROGRAM_INPUT      ? input :
           sc_operand_is_parameter(operand) ? program->parameters[sc_operand_parameter(operand)].value.shape :
                                              results[operand];
}

static double usage_work_of(const sc_program *program, int operation, sc_shape input, const sc_shape *results)
{
    const sc_operation *o = &program->operations[operation];
    double out = (double)sc_shape_count(results[operation]);
    if (o->op == &sc_op_max_pool2d || o->op == &sc_op_average_pool2d)
        return out * o->attrs.pool2d.size_h * o->attrs.pool2d.size_w;
    sc_shape inputs[SC_MAX_INPUTS];
    for (int k = 0; k < o->input_count; k++)
        inputs[k] = usage_shape_of(program, o->inputs[k], input, results);
    double flops = sc_operation_flops(o, inputs, results[operation]);
    return flops > 0 ? flops : out;
}

void sc_usage_cost(const sc_program *program, sc_shape input, const sc_shape *results, double *work, double *values)
{
    *work = *values = 0;
    for (int i = 0; i < program->operation_count; i++) {
        *work += usage_work_of(program, i, input, results);
        *values += (double)sc_shape_count(results[i]);
    }
}

static int check_cost(const sc_program *program, sc_usage usage, sc_shape input, const sc_shape *results, sc_error *err)
{
    double work, values, least = EDGE * EDGE, positions = fmax(least, (double)input.h * input.w);
    sc_usage_cost(program, input, results, &work, &values);
    if (work <= most_work * positions && values <= most_values * positions)
        return SCUMBLE_OK;
    return sc_fail(err, SCUMBLE_ERR_LIMIT,
                   "the %s would take %.0f operations and %.0f values for each of %d x %d positions; more than %.0f "
                   "and %.0f are refused",
                   usage_name_of(usage), work / positions, values / positions, input.w, input.h, most_work,
                   most_values);
}

/* A painting is as large as its picture; every patch of a picture has one score. */
static int check_result(sc_usage usage, sc_shape input, sc_shape result, sc_error *err)
{
    bool extents =
        usage == SC_TO_PAINT ? result.h == input.h && result.w == input.w : result.h <= input.h && result.w <= input.w;
    if (extents && result.n == 1 && result.c == (usage == SC_TO_PAINT ? 3 : 1))
        return SCUMBLE_OK;
    if (usage == SC_TO_PAINT)
        return sc_fail(
            err, SCUMBLE_ERR_UNSUPPORTED,
            "the network makes %d channels of %d x %d of a picture of %d x %d, not a picture of the same size",
            result.n * result.c, result.w, result.h, input.w, input.h);
    return sc_fail(
        err, SCUMBLE_ERR_FORMAT,
        "the discriminator gives %d values for each of %d x %d patches of %d x %d features, not one for each patch",
        result.n * result.c, result.w, result.h, input.w, input.h);
}

int sc_usage_check_shapes(const sc_program *program, sc_usage usage, sc_shape input, const sc_shape *results,
                          sc_error *err)
{
    if (!program->operation_count)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the %s has no operations", usage_name_of(usage));
    if (usage == SC_TO_PAINT && input.c != 3)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "the network takes %d channels, not pictures of 3", input.c);
    int code = check_result(usage, input, results[program->operation_count - 1], err);
    return code ? code : check_cost(program, usage, input, results, err);
}

static int check_extents(const sc_program *program, sc_usage usage, int height, int width, sc_shape *results,
                         sc_error *err)
{
    int code = sc_program_shapes(program, height, width, results, err);
    return code ?
               code :
               sc_usage_check_shapes(program, usage, (sc_shape){ 1, program->channels, height, width }, results, err);
}

/* One size, and what fits another one too: a constant with extents of its own, or an operation that counts from one
 * edge, may fit a single size by chance. */
int sc_usage_check(const sc_program *program, sc_usage usage, sc_error *err)
{
    sc_error why = { 0 };
    if (program->error.code) {
        *err = program->error;
        return err->code;
    }
    int step = sc_program_step(program), edge = (EDGE + step - 1) / step * step;
    sc_shape *results = malloc(((size_t)program->operation_count + 1) * sizeof *results);
    int code = results ? check_extents(program, usage, edge, edge, results, err) :
                         sc_fail_memory(err, (size_t)program->operation_count * sizeof *results);
    for (int i = 0; i < 2 && !code; i++) {
        int height = i ? edge : edge + step, width = i ? 2 * edge : edge + 3 * step;
        code = check_extents(program, usage, height, width, results, &why);
        if (code)
            sc_fail(err, code, "the %s fits pictures of one size, %d x %d, but not of %d x %d: %s",
                    usage_name_of(usage), edge, edge, width, height, why.text);
    }
    free(results);
    return code ? code : check_values(program, err);
}

int sc_usage_build(const sc_program *program, sc_usage usage, sc_graph *graph, sc_value x, bool frozen,
                   sc_value *parameters, sc_value *result, sc_error *err)
{
    size_t count = (size_t)program->operation_count + 1;
    sc_value *values = malloc(count * sizeof *values);
    sc_shape *shapes = malloc(count * sizeof *shapes);
    *result = SC_NO_VALUE;
    int code = values && shapes ? sc_program_build_all(program, graph, x, frozen, parameters, values, err) :
                                  sc_fail_memory(err, count * sizeof *shapes);
    for (int i = 0; i < program->operation_count && !code; i++)
        shapes[i] = sc_graph_shape(graph, values[i]);
    if (!code)
        code = sc_usage_check_shapes(program, usage, sc_graph_shape(graph, x), shapes, err);
    if (!code)
        *result = values[program->operation_count - 1];
    free(values);
    free(shapes);
    return code;
}
