/* SPDX-License-Identifier: MIT */
/* Programs as ONNX networks. See onnx.h. Every result is a tensor with a name of its own, "v0", "v1", ...; nodes and
 * weights are written as they come. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nets/onnx/onnx.h"
#include "scumble/version.h"

enum { NAME = 128, OPERATORS = 13, OPERATORS_THAT_WRAP = 19, IR_VERSION = 7, IR_VERSION_THAT_WRAPS = 9 };

typedef struct text {
    char of[NAME];
} text;

typedef struct exporter {
    const sc_program *program;
    sc_onnx_writer writer;
    int count; /* of tensors named so far */
    bool wraps;
    bool *written[2]; /* parameters that are in the file: as weights, vectors having one dimension, and as maps, of four
                       */
    text results[SC_MAX_OPERATIONS];
    text picture; /* what the program sees */
} exporter;

/* ---- pieces ---------------------------------------------------------------------------------------------------- */

static text make_name(exporter *e)
{
    text name;
    snprintf(name.of, sizeof name.of, "v%d", e->count++);
    return name;
}

static void write_tensor(exporter *e, const char *name, int type, const int64_t *dimensions, int dimension_count,
                         const void *bytes, size_t size_bytes)
{
    sc_onnx_tensor tensor = SC_ONNX__TENSOR__INIT, *list = &tensor;
    ScOnnx__Graph part = SC_ONNX__GRAPH__INIT;
    tensor.name = (char *)(uintptr_t)name;
    tensor.has_data_type = true;
    tensor.data_type = type;
    tensor.n_dims = (size_t)dimension_count;
    tensor.dims = (int64_t *)(uintptr_t)dimensions;
    tensor.has_raw_data = true;
    tensor.raw_data =
        (ProtobufCBinaryData){ size_bytes, (uint8_t *)(uintptr_t)bytes }; /* as everywhere, little endian */
    part.n_initializer = 1;
    part.initializer = &list;
    sc_onnx_write(&e->writer, &part);
}

/* A list of numbers. */
static text write_integers(exporter *e, const int64_t *values, int count)
{
    text name = make_name(e);
    int64_t dimension = count;
    write_tensor(e, name.of, SC_ONNX_INT64, &dimension, 1, values, (size_t)count * sizeof *values);
    return name;
}

/* count 0: one number. */
static text write_floats(exporter *e, const float *values, int count)
{
    text name = make_name(e);
    int64_t dimension = count;
    write_tensor(e, name.of, SC_ONNX_FLOAT, &dimension, count > 0, values,
                 (size_t)(count ? count : 1) * sizeof *values);
    return name;
}

static sc_onnx_attribute integer(const char *name, int64_t value)
{
    sc_onnx_attribute a = SC_ONNX__ATTRIBUTE__INIT;
    a.name = (char *)(uintptr_t)name;
    a.has_type = a.has_i = true;
    a.type = SC_ONNX_KIND_INT;
    a.i = value;
    return a;
}

static sc_onnx_attribute onnx_export_integers(const char *name, const int64_t *values, int count)
{
    sc_onnx_attribute a = SC_ONNX__ATTRIBUTE__INIT;
    a.name = (char *)(uintptr_t)name;
    a.has_type = true;
    a.type = SC_ONNX_KIND_INTS;
    a.n_ints = (size_t)count;
    a.ints = (int64_t *)(uintptr_t)values;
    return a;
}

static sc_onnx_attribute onnx_export_number(const char *name, float value)
{
    sc_onnx_attribute a = SC_ONNX__ATTRIBUTE__INIT;
    a.name = (char *)(uintptr_t)name;
    a.has_type = a.has_f = true;
    a.type = SC_ONNX_KIND_FLOAT;
    a.f = value;
    return a;
}

static sc_onnx_attribute word(const char *name, const char *value)
{
    sc_onnx_attribute a = SC_ONNX__ATTRIBUTE__INIT;
    a.name = (char *)(uintptr_t)name;
    a.has_type = a.has_s = true;
    a.type = SC_ONNX_KIND_STRING;
    a.s = (ProtobufCBinaryData){ strlen(value), (uint8_t *)(uintptr_t)value };
    return a;
}

/* A node whose result is named `result`. */
static void write_named(exporter *e, const char *op, const text *inputs, int input_count,
                        const sc_onnx_attribute *attributes, int attribute_count, const char *result)
{
    enum { MOST = 8 };
    char *names[MOST], *output = (char *)(uintptr_t)result, title[NAME + 32];
    sc_onnx_attribute list[MOST], *pointers[MOST];
    sc_onnx_node node = SC_ONNX__NODE__INIT, *nodes = &node;
    ScOnnx__Graph part = SC_ONNX__GRAPH__INIT;
    for (int i = 0; i < input_count; i++)
        names[i] = (char *)(uintptr_t)inputs[i].of;
    for (int i = 0; i < attribute_count; i++) {
        list[i] = attributes[i];
        pointers[i] = &list[i];
    }
    snprintf(title, sizeof title, "%s_%s", op, result);
    node.op_type = (char *)(uintptr_t)op;
    node.name = title;
    node.n_input = (size_t)input_count;
    node.input = names;
    node.n_output = 1;
    node.output = &output;
    node.n_attribute = (size_t)attribute_count;
    node.attribute = pointers;
    part.n_node = 1;
    part.node = &nodes;
    sc_onnx_write(&e->writer, &part);
}

static text write_node(exporter *e, const char *op, const text *inputs, int input_count,
                       const sc_onnx_attribute *attributes, int attribute_count)
{
    text result = make_name(e);
    write_named(e, op, inputs, input_count, attributes, attribute_count, result.of);
    return result;
}

#define LIST(type, ...) (type[]){ __VA_ARGS__ }, (int)(sizeof((type[]){ __VA_ARGS__ }) / sizeof(type))

static text write_product(exporter *e, text x, float factor)
{
    return factor == 1 ? x : write_node(e, "Mul", LIST(text, x, write_floats(e, &factor, 0)), NULL, 0);
}

/* ---- parameters ------------------------------------------------------------------------------------------------ */

static text onnx_export_parameter(exporter *e, int index, bool map)
{
    const struct sc_parameter *p = &e->program->parameters[index];
    sc_shape s = p->value.shape;
    bool vector = !map && s.n == 1 && s.h == 1 && s.w == 1;
    const int64_t all[4] = { s.n, s.c, s.h, s.w };
    text name;
    snprintf(name.of, sizeof name.of, "%s/%s", map ? "maps" : "weights", p->name); /* never a "v1" */
    if (e->written[map][index])
        return name;
    e->written[map][index] = true;
    float *nchw = malloc(sc_shape_bytes(s));
    if (nchw) {
        sc_tensor_to_nchw(&p->value, nchw);
        write_tensor(e, name.of, SC_ONNX_FLOAT, vector ? all + 1 : all, vector ? 1 : 4, nchw, sc_shape_bytes(s));
    } else
        sc_fail_memory(&e->writer.error, sc_shape_bytes(s));
    free(nchw);
    return name;
}

/* What is computed with; a parameter's extents of 1 may be spread. */
static text onnx_export_operand(exporter *e, sc_operand of)
{
    if (of == SC_PROGRAM_INPUT)
        return e->picture;
    return sc_operand_is_parameter(of) ? onnx_export_parameter(e, sc_operand_parameter(of), true) : e->results[of];
}

/* What belongs to an operator of networks. */
static text weights(exporter *e, sc_operand of)
{
    if (sc_operand_is_parameter(of))
        return onnx_export_parameter(e, sc_operand_parameter(of), false);
    if (!e->writer.error.code)
        sc_fail(&e->writer.error, SCUMBLE_ERR_UNSUPPORTED,
                "a network that computes its weights from the picture cannot be written as ONNX");
    return (text){ "" };
}

/* ---- operations ------------------------------------------------------------------------------------------------ */

static int one_or(int value)
{
    return value ? value : 1; /* attributes of 0 stand for 1 */
}

static text write_pad(exporter *e, text x, const sc_padding *p)
{
    static const char *const modes[] = { [SC_PAD_ZERO] = "constant",
                                         [SC_PAD_REPLICATE] = "edge",
                                         [SC_PAD_REFLECT] = "reflect",
                                         [SC_PAD_CIRCULAR] = "wrap" };
    const int64_t pads[8] = { 0, 0, p->top, p->left, 0, 0, p->bottom, p->right };
    e->wraps = e->wraps || p->mode == SC_PAD_CIRCULAR;
    sc_onnx_attribute mode = word("mode", modes[p->mode]);
    return write_node(e, "Pad", LIST(text, x, write_integers(e, pads, 8)), &mode, 1);
}

static text write_conv(exporter *e, const sc_operation *o)
{
    const sc_conv2d_attrs *a = &o->attrs.conv2d;
    const sc_padding *p = &a->padding;
    bool zeros = p->mode == SC_PAD_ZERO;
    int64_t pads[4] = { p->top, p->left, p->bottom, p->right };
    int64_t strides[2] = { one_or(a->stride_h), one_or(a->stride_w) },
            dilations[2] = { one_or(a->dilation_h), one_or(a->dilation_w) };
    text inputs[3] = { onnx_export_operand(e, o->inputs[0]) };
    if (!zeros) {
        inputs[0] = write_pad(e, inputs[0], p);
        memset(pads, 0, sizeof pads);
    }
    for (int i = 1; i < o->input_count; i++)
        inputs[i] = weights(e, o->inputs[i]);
    if (e->writer.error.code)
        return inputs[0];
    sc_shape weight = e->program->parameters[sc_operand_parameter(o->inputs[1])].value.shape;
    if (weight.n == 1 && weight.h == 1 && weight.w == 1) /* four dimensions, though it looks like a vector */
        inputs[1] = onnx_export_operand(e, o->inputs[1]);
    const int64_t kernel[2] = { weight.h, weight.w };
    text y =
        write_node(e, "Conv", inputs, o->input_count,
                   LIST(sc_onnx_attribute, onnx_export_integers("kernel_shape", kernel, 2),
                        onnx_export_integers("strides", strides, 2), onnx_export_integers("dilations", dilations, 2),
                        onnx_export_integers("pads", pads, 4), integer("group", one_or(a->groups))));
    return a->relu ? write_node(e, "Relu", &y, 1, NULL, 0) : y;
}

static text write_norm(exporter *e, const sc_operation *o)
{
    static const int order[] = {
        0, 3, 4, 1, 2
    }; /* batch norm: x, mean, variance, gamma, beta here; x, gamma, beta, mean, variance there */
    bool batch = o->op == &sc_op_batch_norm;
    text inputs[5] = { onnx_export_operand(e, o->inputs[0]) };
    for (int i = 1; i < o->input_count; i++)
        inputs[i] = weights(e, o->inputs[batch ? order[i] : i]);
    sc_onnx_attribute epsilon = onnx_export_number("epsilon", o->attrs.norm.epsilon);
    return write_node(e, batch ? "BatchNormalization" : "InstanceNormalization", inputs, o->input_count, &epsilon, 1);
}

static text write_pool(exporter *e, const sc_operation *o)
{
    const sc_pool2d_attrs *a = &o->attrs.pool2d;
    bool max = o->op == &sc_op_max_pool2d;
    const int64_t kernel[2] = { a->size_h, a->size_w }, strides[2] = { a->stride_h, a->stride_w },
                  pads[4] = { a->top, a->left, a->bottom, a->right };
    text x = onnx_export_operand(e, o->inputs[0]);
    sc_onnx_attribute list[] = { onnx_export_integers("kernel_shape", kernel, 2),
                                 onnx_export_integers("strides", strides, 2), onnx_export_integers("pads", pads, 4),
                                 integer("ceil_mode", a->ceil_mode), integer("count_include_pad", a->include_padding) };
    text y = write_node(e, max ? "MaxPool" : "AveragePool", &x, 1, list, max ? 4 : 5);
    return write_product(e, y, a->scale == 0 ? 1 : a->scale);
}

static text write_add(exporter *e, const sc_operation *o)
{
    const sc_add_attrs *a = &o->attrs.add;
    text x = write_product(e, onnx_export_operand(e, o->inputs[0]), a->alpha);
    if (a->beta == 0)
        return x;
    text y = onnx_export_operand(e, o->inputs[1]);
    if (a->beta != -1)
        y = write_product(e, y, a->beta);
    return write_node(e, a->beta == -1 ? "Sub" : "Add", LIST(text, x, y), NULL, 0);
}

static text write_resize(exporter *e, const sc_operation *o)
{
    bool nearest = o->op == &sc_op_resize_nearest;
    const float scales[4] = { 1, 1, (float)o->factor, (float)o->factor };
    const char *positions = nearest ? "asymmetric" : o->attrs.resize.align_corners ? "align_corners" : "half_pixel";
    sc_onnx_attribute list[] = { word("mode", nearest ? "nearest" : "linear"),
                                 word("coordinate_transformation_mode", positions), word("nearest_mode", "floor") };
    text none = { "" }, x = onnx_export_operand(e, o->inputs[0]);
    return write_node(e, "Resize", LIST(text, x, none, write_floats(e, scales, 4)), list, nearest ? 3 : 2);
}

static text write_depth_to_space(exporter *e, const sc_operation *o)
{
    sc_onnx_attribute list[] = { integer("blocksize", o->attrs.depth_to_space.block),
                                 word("mode", o->attrs.depth_to_space.by_channel ? "CRD" : "DCR") };
    text x = onnx_export_operand(e, o->inputs[0]);
    return write_node(e, "DepthToSpace", &x, 1, list, 2);
}

static text write_crop(exporter *e, const sc_operation *o)
{
    const sc_crop_attrs *a = &o->attrs.crop;
    const int64_t starts[2] = { a->top, a->left },
                  ends[2] = { a->bottom ? -a->bottom : INT64_MAX, a->right ? -a->right : INT64_MAX },
                  axes[2] = { 2, 3 };
    return write_node(e, "Slice",
                      LIST(text, onnx_export_operand(e, o->inputs[0]), write_integers(e, starts, 2),
                           write_integers(e, ends, 2), write_integers(e, axes, 2)),
                      NULL, 0);
}

static text write_mean(exporter *e, const sc_operation *o)
{
    const int64_t axes[2] = { 2, 3 };
    text x = onnx_export_operand(e, o->inputs[0]);
    return o->attrs.channel_mean.sum ? write_node(e, "ReduceSum", LIST(text, x, write_integers(e, axes, 2)), NULL, 0) :
                                       write_node(e, "GlobalAveragePool", &x, 1, NULL, 0);
}

/* Those whose inputs and attributes are the same there. */
static text write_plain(exporter *e, const sc_operation *o)
{
    static const struct {
        const sc_op *op;
        const char *name;
    } known[] = {
        { &sc_op_relu, "Relu" },       { &sc_op_leaky_relu, "LeakyRelu" }, { &sc_op_tanh, "Tanh" },
        { &sc_op_sigmoid, "Sigmoid" }, { &sc_op_multiply, "Mul" },         { &sc_op_concat, "Concat" },
        { &sc_op_exp, "Exp" },         { &sc_op_square_root, "Sqrt" },     { &sc_op_reciprocal, "Reciprocal" }
    };
    size_t i = 0, count = sizeof known / sizeof *known;
    while (i < count && known[i].op != o->op)
        i++;
    if (i == count) {
        sc_fail(&e->writer.error, SCUMBLE_ERR_UNSUPPORTED,
                "a network with the operation '%s' cannot be written as ONNX", o->op->name);
        return (text){ "" };
    }
    text inputs[SC_MAX_INPUTS];
    for (int k = 0; k < o->input_count; k++)
        inputs[k] = onnx_export_operand(e, o->inputs[k]);
    sc_onnx_attribute attribute =
        o->op == &sc_op_concat ? integer("axis", 1) : onnx_export_number("alpha", o->attrs.leaky_relu.slope);
    return write_node(e, known[i].name, inputs, o->input_count, &attribute,
                      o->op == &sc_op_concat || o->op == &sc_op_leaky_relu);
}

static text write_operation(exporter *e, const sc_operation *o)
{
    if (o->op == &sc_op_conv2d)
        return write_conv(e, o);
    if (o->op == &sc_op_instance_norm || o->op == &sc_op_batch_norm)
        return write_norm(e, o);
    if (o->op == &sc_op_max_pool2d || o->op == &sc_op_average_pool2d)
        return write_pool(e, o);
    if (o->op == &sc_op_pad)
        return write_pad(e, onnx_export_operand(e, o->inputs[0]), &o->attrs.pad);
    if (o->op == &sc_op_add)
        return write_add(e, o);
    if (o->op == &sc_op_resize_nearest || o->op == &sc_op_resize_bilinear)
        return write_resize(e, o);
    if (o->op == &sc_op_depth_to_space)
        return write_depth_to_space(e, o);
    if (o->op == &sc_op_crop)
        return write_crop(e, o);
    if (o->op == &sc_op_channel_mean)
        return write_mean(e, o);
    return write_plain(e, o);
}

/* ---- both ends ------------------------------------------------------------------------------------------------- */

/* Height and width of the picture, while the network runs. */
static text write_extents(exporter *e, text picture)
{
    const int64_t which[2] = { 2, 3 };
    text shape = write_node(e, "Shape", &picture, 1, NULL, 0);
    sc_onnx_attribute axis = integer("axis", 0);
    return write_node(e, "Gather", LIST(text, shape, write_integers(e, which, 2)), &axis, 1);
}

/* Filled up to multiples of step by reflection, at the bottom and the right: by -extent mod step. */
static text write_filling(exporter *e, text picture, text extents, int64_t step)
{
    const int64_t before[6] = { 0 };
    text missing = write_node(
        e, "Mod", LIST(text, write_node(e, "Neg", &extents, 1, NULL, 0), write_integers(e, &step, 1)), NULL, 0);
    sc_onnx_attribute axis = integer("axis", 0), mode = word("mode", "reflect");
    text pads = write_node(e, "Concat", LIST(text, write_integers(e, before, 6), missing), &axis, 1);
    return write_node(e, "Pad", LIST(text, picture, pads), &mode, 1);
}

static text write_cut(exporter *e, text x, text extents)
{
    const int64_t starts[2] = { 0, 0 }, axes[2] = { 2, 3 };
    return write_node(e, "Slice", LIST(text, x, write_integers(e, starts, 2), extents, write_integers(e, axes, 2)),
                      NULL, 0);
}

/* A picture of free extents as the graph's input or output. */
static void onnx_export_write_value(exporter *e, const char *name, bool input)
{
    char height[] = "height", width[] = "width", *symbols[4] = { NULL, NULL, height, width };
    ScOnnx__Dimension dimensions[4], *list[4];
    ScOnnx__Shape shape = SC_ONNX__SHAPE__INIT;
    ScOnnx__TensorType tensor = SC_ONNX__TENSOR_TYPE__INIT;
    ScOnnx__Type type = SC_ONNX__TYPE__INIT;
    ScOnnx__Value value = SC_ONNX__VALUE__INIT, *values = &value;
    ScOnnx__Graph part = SC_ONNX__GRAPH__INIT;
    for (int i = 0; i < 4; i++) {
        dimensions[i] = (ScOnnx__Dimension)SC_ONNX__DIMENSION__INIT;
        dimensions[i].has_value = i < 2;
        dimensions[i].value = i ? 3 : 1;
        dimensions[i].symbol = symbols[i];
        list[i] = &dimensions[i];
    }
    shape.n_dim = 4;
    shape.dim = list;
    tensor.has_elem_type = true;
    tensor.elem_type = SC_ONNX_FLOAT;
    tensor.shape = &shape;
    type.tensor_type = &tensor;
    value.name = (char *)(uintptr_t)name;
    value.type = &type;
    part.n_input = input;
    part.n_output = !input;
    part.input = part.output = &values;
    sc_onnx_write(&e->writer, &part);
}

static void write_graph(exporter *e, double range)
{
    const sc_program *p = e->program;
    int64_t step = sc_program_step(p);
    ScOnnx__Graph head = SC_ONNX__GRAPH__INIT;
    char title[] = "painter";
    text picture = { "picture" }, extents = { "" }, limits[2];
    head.name = title;
    sc_onnx_write(&e->writer, &head);
    onnx_export_write_value(e, picture.of, true);
    onnx_export_write_value(e, "painted", false);
    if (step > 1)
        extents = write_extents(e, picture);
    e->picture = write_product(e, step > 1 ? write_filling(e, picture, extents, step) : picture, (float)range);
    for (int i = 0; i < p->operation_count && !e->writer.error.code; i++)
        e->results[i] = write_operation(e, &p->operations[i]);
    text y = write_product(e, e->results[p->operation_count - 1], (float)(1 / range));
    if (step > 1)
        y = write_cut(e, y, extents);
    for (int i = 0; i < 2; i++)
        limits[i] = write_floats(e, &(float){ (float)i }, 0);
    write_named(e, "Clip", LIST(text, y, limits[0], limits[1]), NULL, 0, "painted");
}

/* ---- the file -------------------------------------------------------------------------------------------------- */

static int finish_export(exporter *e, const sc_onnx_texts *texts, void **data, size_t *size_bytes, sc_error *err)
{
    static const char *const keys[] = { "name", "licence", "source", "recipe" };
    enum { COUNT = sizeof keys / sizeof *keys };
    const char *const values[COUNT] = { texts->name, texts->licence, texts->source, texts->recipe };
    char doc[] = "Paints a picture: RGB 0..1 in, RGB 0..1 out, (1, 3, height, width), at any height and width.";
    char producer[] = "scumble", version[] = SCUMBLE_VERSION, standard[] = "";
    ScOnnx__Text entries[COUNT], *list[COUNT];
    ScOnnx__OperatorSet operators = SC_ONNX__OPERATOR_SET__INIT, *sets = &operators;
    sc_onnx_model model = SC_ONNX__MODEL__INIT;
    operators.domain = standard;
    operators.has_version = model.has_ir_version = true;
    operators.version = e->wraps ? OPERATORS_THAT_WRAP : OPERATORS;
    model.ir_version = e->wraps ? IR_VERSION_THAT_WRAPS : IR_VERSION;
    model.producer_name = producer;
    model.producer_version = version;
    model.doc_string = doc;
    model.n_opset_import = 1;
    model.opset_import = &sets;
    model.metadata_props = list;
    for (int i = 0; i < COUNT; i++) {
        entries[i] = (ScOnnx__Text)SC_ONNX__TEXT__INIT;
        entries[i].key = (char *)(uintptr_t)keys[i];
        entries[i].value = (char *)(uintptr_t)values[i];
        if (values[i] && *values[i])
            list[model.n_metadata_props++] = &entries[i];
    }
    return sc_onnx_writer_close(&e->writer, &model, data, size_bytes, err);
}

int sc_program_to_onnx(const sc_program *program, double range, const sc_onnx_texts *texts, void **data,
                       size_t *size_bytes, sc_error *err)
{
    *data = NULL;
    *size_bytes = 0;
    size_t count = (size_t)program->parameter_count + 1;
    exporter *e = calloc(1, sizeof *e + 2 * count * sizeof *e->written[0]);
    if (!e)
        return sc_fail_memory(err, sizeof *e);
    e->program = program;
    e->written[0] = (bool *)(e + 1);
    e->written[1] = e->written[0] + count;
    int code = sc_onnx_writer_open(&e->writer, err);
    if (!code) {
        write_graph(e, range);
        code = finish_export(e, texts, data, size_bytes, err);
    }
    free(e);
    return code;
}
