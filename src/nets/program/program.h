/* SPDX-License-Identifier: MIT */
/* A network from tensor to tensor as data: a list of operations with their parameters. It is what a generator and a
 * discriminator are (generator.c, discriminator.c), whether trained here or read from a public file, and what is
 * trained, run and exported. An sc_program knows no extents: they come with the tensor that it is built for. */
#ifndef SC_NETS_PROGRAM_PROGRAM_H
#define SC_NETS_PROGRAM_PROGRAM_H

#include "graph/graph.h"
#include "weights/weights.h"

/* What an operation reads: the result of an earlier one (its index, >= 0), the program's input, or a parameter. */
typedef int sc_operand;
enum { SC_PROGRAM_INPUT = -1 };
static inline sc_operand sc_parameter_operand(int parameter)
{
    return -2 - parameter;
}
static inline bool sc_operand_is_parameter(sc_operand operand)
{
    return operand <= -2;
}
static inline int sc_operand_parameter(sc_operand operand)
{
    return -2 - operand;
}

enum { SC_MAX_OPERATIONS = 1024, SC_MAX_PARAMETERS = 4096, SC_PARAMETER_NAME = 96 };

typedef union sc_operation_attrs {
    sc_conv2d_attrs conv2d;
    sc_norm_attrs norm; /* instance_norm, batch_norm; `batch` is for training and not kept in JSON */
    sc_leaky_relu_attrs leaky_relu;
    sc_pool2d_attrs pool2d;
    sc_padding pad;
    sc_add_attrs add;
    sc_resize_attrs resize; /* height and width are `factor` times the input's */
    sc_slice_attrs slice;
    sc_depth_to_space_attrs depth_to_space;
    sc_crop_attrs crop;
    sc_channel_mean_attrs channel_mean;
} sc_operation_attrs;

typedef struct sc_operation {
    const sc_op *op;
    sc_operation_attrs attrs;
    int factor; /* resize_nearest, resize_bilinear: how many times as large the result is */
    sc_operand inputs[SC_MAX_INPUTS];
    int input_count;
} sc_operation;

typedef struct sc_program {
    int channels;             /* of the input */
    sc_operation *operations; /* the last one gives the result */
    int operation_count;
    struct sc_parameter {
        char name[SC_PARAMETER_NAME];
        sc_tensor value;
    } * parameters;
    int parameter_count;
    unsigned changes; /* raised by who changes parameters while graphs have them (sc_graph_parameter) */
    sc_error error;   /* the first one while it is put together */
} sc_program;

/* Empty; NULL when there is no memory. Caller frees. */
sc_program *sc_program_create(int channels);
void sc_program_free(sc_program *program);

/* Putting together. Nothing fails step by step: the first error is kept, and sc_program_check reports it. */
/* values: in the engine's layout, copied; NULL = zeros. */
sc_operand sc_program_parameter(sc_program *program, const char *name, sc_shape shape, const float *values);
/* attrs: op's own, or NULL for zeros. */
sc_operand sc_program_op(sc_program *program, const sc_op *op, const void *attrs, const sc_operand *inputs,
                         int input_count);
sc_operand sc_program_add(sc_program *program, const sc_operation *operation);
/* op: sc_op_resize_nearest or _bilinear. */
sc_operand sc_program_enlarge(sc_program *program, const sc_op *op, sc_operand x, int factor);
/* What is done to the picture before a program of 3 channels, and to its result: factor x + constant, and with swap red
 * for blue. */
typedef struct sc_program_ends {
    double before[2], after[2];
    bool swap;
} sc_program_ends;
int sc_program_set_ends(sc_program *program, const sc_program_ends *ends, sc_error *err);
/* Whether it is whole and its shapes fit, for an input of edge x edge positions. result may be NULL. */
int sc_program_check(const sc_program *program, int edge, sc_shape *result, sc_error *err);
/* The shape of each operation's result, for an input of height x width positions. results: operation_count of them. */
int sc_program_shapes(const sc_program *program, int height, int width, sc_shape *results, sc_error *err);

/* Index of a parameter, or -1. */
int sc_program_find(const sc_program *program, const char *name);
/* Positions that the extents of the input should be a multiple of, so that the result has the same extents: the product
 * of the strides. */
int sc_program_step(const sc_program *program);
/* Where an operation's result looks along one axis: the operator's reach, or for other localities its own position. */
sc_reach sc_operation_reach(const sc_program *program, const sc_operation *operation, bool vertical);
/* Its multiplications and additions, as the operator says, for inputs and a result of these shapes; 0 where it says
 * nothing. */
double sc_operation_flops(const sc_operation *operation, const sc_shape *inputs, sc_shape result);
/* Its parameters, once a graph has brought them there, stay on the device until the holding ends: which is before the
 * program does. */
int sc_program_hold(const sc_program *program, sc_holding *holding, sc_error *err);
/* Values in all parameters. */
size_t sc_program_size(const sc_program *program);

/* Adds it to a graph. frozen: the parameters do not change while the graph lives. `parameters`: NULL, or the graph's
 * values of all parameters, from an earlier call (several uses may share them) or SC_NO_VALUE, in which case they are
 * added and written here. */
int sc_program_build(const sc_program *program, sc_graph *graph, sc_value x, bool frozen, sc_value *parameters,
                     sc_value *result, sc_error *err);

/* The same with the results of all operations, in their order: operation_count of them. */
int sc_program_build_all(const sc_program *program, sc_graph *graph, sc_value x, bool frozen, sc_value *parameters,
                         sc_value *results, sc_error *err);

/* As text: JSON with operations, attributes and the names of the parameters; caller frees, NULL when out of memory. And
 * back: the parameters come from `weights`, whose names begin with `prefix`, in PyTorch's order of dimensions. Nothing
 * in text or weights is trusted. */
char *sc_program_to_json(const sc_program *program);
int sc_program_from_json(sc_program **program, const char *json, const sc_weights *weights, const char *prefix,
                         sc_error *err);
/* Adds all parameters to `weights`, with that prefix. values: one after the other, or NULL for the program's own. */
int sc_program_to_weights(const sc_program *program, const char *prefix, const float *values, sc_weights *weights,
                          sc_error *err);

#endif
