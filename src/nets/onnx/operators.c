/* SPDX-License-Identifier: MIT */
/* ONNX operators that take maps value by value or channel by channel: norms, activations, concatenation. See
 * import.h. Attributes and rules are those of the public operator descriptions, of all versions: what was an
 * attribute once is an input later. */
#include "nets/onnx/import.h"

#include <math.h>
#include <string.h>

/* ---- norms and activations ------------------------------------------------------------------------------------- */

/* A map whose channels are laid out in groups before an instance norm: (1, groups, all the rest), as PyTorch writes its
 * group norm. */
static bool is_grouped(const sc_onnx_call *c, const sc_onnx_value *x)
{
    sc_onnx_layout l = sc_onnx_layout_of(c->im, x);
    int channels = sc_onnx_operand_shape(c->im, x->operand).c, outer = l.counts[1];
    const sc_onnx_atom *a = sc_onnx_atoms(&l, 1);
    if (l.dimension_count < 3 || l.counts[0] || outer > 1 ||
        (outer && (a->axis != SC_ONNX_C || a->stride != channels / a->extent)))
        return false;
    int repeats = 0;
    for (int i = 0; i < l.atom_count; i++)
        repeats += l.atoms[i].axis == SC_ONNX_REPEAT;
    return !repeats && sc_onnx_extent(&l, 1) < channels;
}

static int import_grouped(const sc_onnx_call *c, sc_onnx_value *x)
{
    sc_onnx_layout l = sc_onnx_layout_of(c->im, x);
    sc_onnx_value plain = { .name = "", .kind = SC_ONNX_MAP, .operand = x->operand };
    int code = sc_onnx_scaled_group_norm(c, &plain, (int)sc_onnx_extent(&l, 1), c->out);
    c->out->layout = l;
    return code;
}

static int import_norm(const sc_onnx_call *c)
{
    static const int instance[] = { 1, 2 },
                     batch[] = { 3, 4, 1, 2 }; /* inputs of the node, in the order of the operation's */
    bool is_batch = !strcmp(c->node->op_type, "BatchNormalization");
    const int *order = is_batch ? batch : instance;
    sc_onnx_value *x;
    if (is_batch && sc_onnx_attribute_int(c->node, "training_mode", 0))
        return sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED, "it is in training mode; export the network for inference");
    int code = sc_onnx_any_settled(c, 0, &x);
    if (code)
        return code;
    if (!is_batch && is_grouped(c, x))
        return import_grouped(c, x);
    code = sc_onnx_plain(c->im, x);
    if (code)
        return code;
    sc_operation o = { .op = is_batch ? &sc_op_batch_norm : &sc_op_instance_norm,
                       .inputs = { x->operand },
                       .input_count = is_batch ? 5 : 3 };
    o.attrs.norm.epsilon = (float)sc_onnx_attribute_float(c->node, "epsilon", 1e-5);
    int channels = sc_onnx_operand_shape(c->im, x->operand).c;
    for (int i = 1; i < o.input_count && !code; i++)
        code = sc_onnx_parameter(c->im, sc_onnx_input(c, order[i - 1]), (sc_shape){ 1, channels, 1, 1 }, false,
                                 &o.inputs[i]);
    return code ? code : sc_onnx_emit(c->im, &o, c->out);
}

static int import_activation(const sc_onnx_call *c)
{
    static const struct {
        const char *name;
        const sc_op *op;
    } known[] = { { "Relu", &sc_op_relu },
                  { "LeakyRelu", &sc_op_leaky_relu },
                  { "Tanh", &sc_op_tanh },
                  { "Sigmoid", &sc_op_sigmoid } };
    sc_onnx_value *x;
    int code = sc_onnx_any_settled(c, 0, &x), i = 0;
    if (code)
        return code;
    while (strcmp(known[i].name, c->node->op_type))
        i++;
    sc_operation o = { .op = known[i].op, .inputs = { x->operand }, .input_count = 1 };
    if (o.op == &sc_op_leaky_relu)
        o.attrs.leaky_relu.slope = (float)sc_onnx_attribute_float(c->node, "alpha", 0.01);
    c->out->layout = x->layout;
    return sc_onnx_emit(c->im, &o, c->out);
}

static int import_clip(const sc_onnx_call *c)
{
    sc_onnx_value *x;
    double low = 0, high = 0;
    int code = sc_onnx_any_settled(c, 0, &x);
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

static int import_concat(const sc_onnx_call *c)
{
    sc_operation o = { .op = &sc_op_concat, .input_count = c->in_count };
    int64_t axis = sc_onnx_attribute_int(c->node, "axis", 1);
    if (c->in_count > SC_MAX_INPUTS)
        return sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED, "scumble joins up to %d maps along their channels",
                       SC_MAX_INPUTS);
    int code = SCUMBLE_OK, channels = 0, dimension = 0;
    sc_onnx_layout first = { 0 };
    for (int i = 0; i < c->in_count && !code; i++) {
        sc_onnx_value *x;
        code = sc_onnx_any_settled(c, i, &x);
        if (code)
            return code;
        sc_onnx_layout l = sc_onnx_layout_of(c->im, x);
        int own = sc_onnx_operand_shape(c->im, x->operand).c;
        dimension = (int)(axis < 0 ? axis + l.dimension_count : axis);
        bool fits =
            axis >= -l.dimension_count && axis < l.dimension_count && sc_onnx_is_axis(&l, dimension, SC_ONNX_C, own);
        for (int d = 0; d < l.dimension_count && fits && i; d++) /* the others as in the first */
            fits = d == dimension ||
                   (l.counts[d] == first.counts[d] && !memcmp(sc_onnx_atoms(&l, d), sc_onnx_atoms(&first, d),
                                                              (size_t)l.counts[d] * sizeof(sc_onnx_atom)));
        if (!fits)
            return sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED, "scumble joins up to %d maps along their channels",
                           SC_MAX_INPUTS);
        first = i ? first : l;
        channels += own;
        o.inputs[i] = x->operand;
    }
    if (!code)
        code = sc_onnx_emit(c->im, &o, c->out);
    sc_onnx_layout joined = { .dimension_count = first.dimension_count };
    for (int d = 0; d < first.dimension_count; d++) {
        const sc_onnx_atom *a = sc_onnx_atoms(&first, d);
        joined.counts[d] = d == dimension ? channels > 1 : first.counts[d];
        for (int i = 0; i < joined.counts[d]; i++)
            joined.atoms[joined.atom_count++] = d == dimension ? (sc_onnx_atom){ SC_ONNX_C, channels, 1 } : a[i];
    }
    c->out->layout = joined;
    return code;
}

/* ---- all of them ----------------------------------------------------------------------------------------------- */

const sc_onnx_operator sc_onnx_operators[] = {
    { "Relu", import_activation },
    { "LeakyRelu", import_activation },
    { "Tanh", import_activation },
    { "Sigmoid", import_activation },
    { "Clip", import_clip },
    { "InstanceNormalization", import_norm },
    { "BatchNormalization", import_norm },
    { "Concat", import_concat },
    { NULL, NULL },
};
