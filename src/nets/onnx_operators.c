/* SPDX-License-Identifier: MIT */
/* ONNX operators that take maps value by value or channel by channel: norms, activations, arithmetic. See onnx_import.h. Attributes and rules are those of the
 * public operator descriptions, of all versions: what was an attribute once is an input later. */
#include "nets/onnx_import.h"

#include <math.h>
#include <string.h>

/* ---- norms and activations ---------------------------------------------------------------------------------------- */

static int import_norm(const sc_onnx_call *c)
{
    static const int instance[] = { 1, 2 }, batch[] = { 3, 4, 1, 2 }; /* inputs of the node, in the order of the operation's */
    bool is_batch = !strcmp(c->node->op_type, "BatchNormalization");
    const int *order = is_batch ? batch : instance;
    sc_onnx_value *x;
    if (is_batch && sc_onnx_attribute_int(c->node, "training_mode", 0))
        return sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED, "it is in training mode; export the network for inference");
    int code = sc_onnx_settled_input(c, 0, &x);
    if (code)
        return code;
    sc_operation o = { .op = is_batch ? &sc_op_batch_norm : &sc_op_instance_norm, .inputs = { x->operand }, .input_count = is_batch ? 5 : 3 };
    o.attrs.norm.epsilon = (float)sc_onnx_attribute_float(c->node, "epsilon", 1e-5);
    int channels = sc_onnx_operand_shape(c->im, x->operand).c;
    for (int i = 1; i < o.input_count && !code; i++)
        code = sc_onnx_parameter(c->im, sc_onnx_input(c, order[i - 1]), (sc_shape){ 1, channels, 1, 1 }, false, &o.inputs[i]);
    return code ? code : sc_onnx_emit(c->im, &o, c->out);
}

static int import_activation(const sc_onnx_call *c)
{
    static const struct {
        const char *name;
        const sc_op *op;
    } known[] = { { "Relu", &sc_op_relu }, { "LeakyRelu", &sc_op_leaky_relu }, { "Tanh", &sc_op_tanh }, { "Sigmoid", &sc_op_sigmoid } };
    sc_onnx_value *x;
    int code = sc_onnx_settled_input(c, 0, &x), i = 0;
    if (code)
        return code;
    while (strcmp(known[i].name, c->node->op_type))
        i++;
    sc_operation o = { .op = known[i].op, .inputs = { x->operand }, .input_count = 1 };
    if (o.op == &sc_op_leaky_relu)
        o.attrs.leaky_relu.slope = (float)sc_onnx_attribute_float(c->node, "alpha", 0.01);
    return sc_onnx_emit(c->im, &o, c->out);
}

static int import_clip(const sc_onnx_call *c)
{
    sc_onnx_value *x;
    double low = 0, high = 0;
    int code = sc_onnx_settled_input(c, 0, &x);
    if (!code)
        code = sc_onnx_limit(c, "min", 1, -INFINITY, &low);
    if (!code)
        code = sc_onnx_limit(c, "max", 2, INFINITY, &high);
    if (!code && !(low <= high))
        code = sc_fail(c->im->err, SCUMBLE_ERR_FORMAT, "its limits are the wrong way round");
    if (code)
        return code;
    sc_onnx_pass(c, x);
    c->out->clipped = true;
    c->out->low = low;
    c->out->high = high;
    return SCUMBLE_OK;
}

/* ---- arithmetic --------------------------------------------------------------------------------------------------- */

/* A constant that is the same at all positions, as a parameter. */
static int channel_constant(const sc_onnx_call *c, const sc_onnx_value *v, bool inverse, sc_operand *operand)
{
    int count;
    const int64_t *d = sc_onnx_dimensions(v, &count);
    int64_t channels = count >= 3 ? d[count - 3] : 1;
    if (count > 4 || sc_onnx_count(v) != (size_t)channels || channels < 1 || channels > 1 << 20)
        return sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED, "its constant '%.*s' is not one value, or one for each channel", (int)SC_ONNX_SHOWN, v->name);
    for (size_t i = 0; i < (size_t)channels && inverse; i++)
        if (sc_onnx_at(v, i) == 0)
            return sc_fail(c->im->err, SCUMBLE_ERR_FORMAT, "it divides by zero");
    return sc_onnx_parameter(c->im, v, (sc_shape){ 1, (int)channels, 1, 1 }, inverse, operand);
}

/* a op b, where one may be a constant, or a map that is spread over the other. The operation's first input has the result's shape. */
static int import_arithmetic(const sc_onnx_call *c)
{
    sc_onnx_importer *im = c->im;
    sc_onnx_value *v[2] = { sc_onnx_input(c, 0), sc_onnx_input(c, 1) };
    bool divides = !strcmp(c->node->op_type, "Div"), multiplies = !strcmp(c->node->op_type, "Mul") || divides;
    if (!v[0] || !v[1])
        return sc_fail(im->err, SCUMBLE_ERR_FORMAT, "an input is missing");
    if (divides && !sc_onnx_is_constant(v[1]))
        return sc_fail(im->err, SCUMBLE_ERR_UNSUPPORTED, "scumble divides by constants alone");
    sc_operand operands[2];
    int code = SCUMBLE_OK;
    for (int i = 0; i < 2 && !code; i++) {
        code = sc_onnx_is_constant(v[i]) ? channel_constant(c, v[i], divides, &operands[i]) : sc_onnx_settle(im, v[i]);
        operands[i] = sc_onnx_is_constant(v[i]) ? operands[i] : v[i]->operand;
    }
    if (code)
        return code;
    float signs[2] = { 1, strcmp(c->node->op_type, "Sub") ? 1 : -1 };
    sc_shape a = sc_onnx_operand_shape(im, operands[0]), b = sc_onnx_operand_shape(im, operands[1]);
    int first = sc_onnx_is_constant(v[0]) || (!sc_onnx_is_constant(v[1]) && sc_shape_count(a) < sc_shape_count(b));
    sc_operation o = { .op = multiplies ? &sc_op_multiply : &sc_op_add, .inputs = { operands[first], operands[!first] }, .input_count = 2 };
    if (!multiplies)
        o.attrs.add = (sc_add_attrs){ signs[first], signs[!first] };
    return sc_onnx_emit(im, &o, c->out);
}

static int import_concat(const sc_onnx_call *c)
{
    sc_operation o = { .op = &sc_op_concat, .input_count = c->in_count };
    int64_t axis = sc_onnx_attribute_int(c->node, "axis", 1);
    if (c->in_count > SC_MAX_INPUTS || (axis != 1 && axis != -3))
        return sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED, "scumble joins up to %d maps along their channels", SC_MAX_INPUTS);
    int code = SCUMBLE_OK;
    for (int i = 0; i < c->in_count && !code; i++) {
        sc_onnx_value *x;
        code = sc_onnx_settled_input(c, i, &x);
        o.inputs[i] = code ? 0 : x->operand;
    }
    return code ? code : sc_onnx_emit(c->im, &o, c->out);
}

/* ---- all of them -------------------------------------------------------------------------------------------------- */

const sc_onnx_operator sc_onnx_operators[] = {
    { "Relu", import_activation }, { "LeakyRelu", import_activation },      { "Tanh", import_activation }, { "Sigmoid", import_activation },
    { "Add", import_arithmetic },  { "Sub", import_arithmetic },            { "Mul", import_arithmetic }, { "Div", import_arithmetic },
    { "Clip", import_clip },       { "InstanceNormalization", import_norm }, { "BatchNormalization", import_norm }, { "Concat", import_concat },
    { NULL, NULL },
};
