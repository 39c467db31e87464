/* SPDX-License-Identifier: MIT */
/* ONNX operators that join maps and constants value by value, with ONNX's rules of spreading, and functions that are
 * put together from them. See import.h. */
#include "nets/onnx/import.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- constants ------------------------------------------------------------------------------------------------- */

/* A layout with dimensions of extent 1 before it, as many as make `count`. */
static sc_onnx_layout widened(const sc_onnx_layout *l, int count)
{
    sc_onnx_layout w = *l;
    int more = count > l->dimension_count ? count - l->dimension_count : 0;
    memset(w.counts, 0, sizeof w.counts);
    memcpy(w.counts + more, l->counts, (size_t)l->dimension_count * sizeof *l->counts);
    w.dimension_count += more;
    return w;
}

/* Which of a constant's values belongs to a channel of a map of this layout; -1: it is not the same at all positions.
 */
static int64_t index_of(const sc_onnx_layout *l, const int64_t *dimensions, int count, int64_t channel)
{
    int64_t index = 0;
    for (int k = 0; k < count; k++) {
        int d = l->dimension_count - count + k;
        int64_t own = 0;
        const sc_onnx_atom *a = sc_onnx_atoms(l, d);
        if (dimensions[k] != 1 && dimensions[k] != sc_onnx_extent(l, d))
            return -1;
        for (int i = 0; i < l->counts[d] && dimensions[k] != 1; i++) {
            if (a[i].axis != SC_ONNX_C)
                return -1;
            own = own * a[i].extent + channel / a[i].stride % a[i].extent;
        }
        index = index * dimensions[k] + own;
    }
    return index;
}

/* One value for each channel, in the order that the layout gives them. */
static int spread_constant(sc_onnx_importer *im, const sc_onnx_value *v, const sc_onnx_layout *l, int channels,
                           bool inverse, sc_operand *operand)
{
    int count;
    const int64_t *d = sc_onnx_dimensions(v, &count);
    float *values = malloc((size_t)channels * sizeof *values);
    if (!values)
        return sc_fail_memory(im->err, (size_t)channels * sizeof *values);
    int code = SCUMBLE_OK;
    for (int c = 0; c < channels && !code; c++) {
        int64_t at = index_of(l, d, count, c);
        if (at < 0)
            code =
                sc_fail(im->err, SCUMBLE_ERR_UNSUPPORTED,
                        "its constant '%.*s' is not one value, or one for each channel", (int)SC_ONNX_SHOWN, v->name);
        else
            values[c] = (float)(inverse ? 1 / sc_onnx_at(v, (size_t)at) : sc_onnx_at(v, (size_t)at));
    }
    if (!code)
        code = sc_onnx_made_parameter(im, v->name, (sc_shape){ 1, channels, 1, 1 }, values, operand);
    free(values);
    return code;
}

/* A constant that is the same at all positions, beside a map of this layout. */
static int channel_constant(sc_onnx_importer *im, const sc_onnx_value *v, const sc_onnx_layout *l, int channels,
                            bool inverse, sc_operand *operand)
{
    int count;
    const int64_t *d = sc_onnx_dimensions(v, &count);
    size_t values = sc_onnx_count(v);
    for (size_t i = 0; i < values && inverse; i++)
        if (sc_onnx_at(v, i) == 0)
            return sc_fail(im->err, SCUMBLE_ERR_FORMAT, "it divides by zero");
    int64_t own = count >= 3 ? d[count - 3] : 1; /* in the usual order */
    bool usual = l->dimension_count == 4 && sc_onnx_is_axis(l, 1, SC_ONNX_C, channels) && count <= 4;
    if (values == 1 || (usual && own == channels && values == (size_t)channels))
        return sc_onnx_parameter(im, v, (sc_shape){ 1, (int)values, 1, 1 }, inverse, operand);
    if (count > SC_MAX_DIMENSIONS || values > 1 << 20 || !values)
        return sc_fail(im->err, SCUMBLE_ERR_UNSUPPORTED,
                       "its constant '%.*s' is not one value, or one for each channel", (int)SC_ONNX_SHOWN, v->name);
    return spread_constant(im, v, l, channels, inverse, operand);
}

/* ---- two of them ----------------------------------------------------------------------------------------------- */

/* Whether every dimension of b is that of a, or 1. */
static bool arithmetic_holds(const sc_onnx_layout *a, const sc_onnx_layout *b)
{
    for (int d = 0; d < a->dimension_count; d++) {
        const sc_onnx_atom *p = sc_onnx_atoms(a, d), *q = sc_onnx_atoms(b, d);
        bool same = a->counts[d] == b->counts[d];
        for (int i = 0; i < a->counts[d] && same; i++)
            same = p[i].axis == q[i].axis && p[i].extent == q[i].extent && p[i].stride == q[i].stride;
        if (b->counts[d] && !same)
            return false;
    }
    return true;
}

/* One value beside a constant of several, along one dimension, becomes as many channels. l: the value's layout, as wide
 * as the constant; or more. */
static int spread_value(sc_onnx_importer *im, const sc_onnx_value *constant, sc_operand *operand, sc_onnx_layout *l)
{
    int count, found = -1;
    const int64_t *d = sc_onnx_dimensions(constant, &count);
    for (int k = 0; k < count; k++)
        if (d[k] != 1) {
            if (found >= 0 || d[k] < 1 || d[k] > 65536)
                return SCUMBLE_OK; /* which is refused then */
            found = k;
        }
    if (l->atom_count || found < 0)
        return SCUMBLE_OK;
    sc_onnx_value many = { .name = "", .kind = SC_ONNX_MAP, .operand = *operand };
    int code = sc_onnx_even_conv(im, &many, (int)d[found], 1, 1, 1);
    *operand = many.operand;
    l->atoms[l->atom_count++] = (sc_onnx_atom){ SC_ONNX_C, d[found], 1 };
    l->counts[l->dimension_count - count + found] = 1;
    return code;
}

int sc_onnx_binary(sc_onnx_importer *im, const sc_onnx_pair *pair, sc_onnx_value *a, sc_onnx_value *b,
                   sc_onnx_value *out)
{
    sc_onnx_value *v[2] = { a, b };
    sc_onnx_layout l[2] = { { 0 }, { 0 } };
    sc_operand operands[2];
    int counts[2], most = 0, code = SCUMBLE_OK;
    for (int i = 0; i < 2 && !code; i++) {
        if (sc_onnx_is_constant(v[i])) {
            sc_onnx_dimensions(v[i], &counts[i]);
        } else {
            code = sc_onnx_settle(im, v[i]);
            l[i] = sc_onnx_layout_of(im, v[i]);
            counts[i] = l[i].dimension_count;
            operands[i] = v[i]->operand;
        }
        most = counts[i] > most ? counts[i] : most;
    }
    if (code)
        return code;
    if (most > SC_MAX_DIMENSIONS)
        return sc_fail(im->err, SCUMBLE_ERR_UNSUPPORTED, "its inputs have more than %d dimensions", SC_MAX_DIMENSIONS);
    int first = sc_onnx_is_constant(a), constant = first ? 0 : sc_onnx_is_constant(b) ? 1 : -1;
    for (int i = 0; i < 2; i++)
        l[i] = widened(&l[i], most);
    sc_onnx_layout before = l[first];
    if (constant >= 0)
        code = spread_value(im, v[constant], &operands[first], &l[first]);
    if (!code && constant >= 0)
        code = channel_constant(im, v[constant], &l[first], sc_onnx_operand_shape(im, operands[first]).c,
                                constant == 1 && pair->divides, &operands[constant]);
    else if (!code && !arithmetic_holds(&l[0], &l[1]) && !arithmetic_holds(&l[first = 1], &l[0]))
        code = sc_fail(im->err, SCUMBLE_ERR_UNSUPPORTED,
                       "the dimensions of its two maps do not fit each other, as far as scumble follows them");
    if (code)
        return code;
    if (constant < 0 && first && pair->divides)
        return sc_fail(im->err, SCUMBLE_ERR_UNSUPPORTED, "it divides a map by a larger one");
    sc_operation o = { .op = pair->multiplies ? &sc_op_multiply : &sc_op_add,
                       .inputs = { operands[first], operands[!first] },
                       .input_count = 2 };
    if (!pair->multiplies)
        o.attrs.add = (sc_add_attrs){ pair->signs[first], pair->signs[!first] };
    sc_onnx_layout laid = l[first];
    bool plain =
        laid.dimension_count == 4 && !(v[first]->layout.dimension_count) && laid.atom_count == before.atom_count;
    code = sc_onnx_emit(im, &o, out);
    out->layout = plain ? (sc_onnx_layout){ 0 } : laid;
    return code;
}

static int one_operation(sc_onnx_importer *im, const sc_op *op, sc_onnx_value *x)
{
    return sc_onnx_emit(im, &(sc_operation){ .op = op, .inputs = { x->operand }, .input_count = 1 }, x);
}

static const sc_onnx_pair sum = { .signs = { 1, 1 } }, difference = { .signs = { 1, -1 } },
                          product = { .multiplies = true };

/* a op b, where one may be a constant, or a map that is spread over the other. */
static int import_arithmetic(const sc_onnx_call *c)
{
    sc_onnx_importer *im = c->im;
    sc_onnx_value *a = sc_onnx_input(c, 0), *b = sc_onnx_input(c, 1);
    const char *op = c->node->op_type;
    if (!a || !b)
        return sc_fail(im->err, SCUMBLE_ERR_FORMAT, "an input is missing");
    if (strcmp(op, "Div"))
        return sc_onnx_binary(im,
                              !strcmp(op, "Mul") ? &product :
                              !strcmp(op, "Sub") ? &difference :
                                                   &sum,
                              a, b, c->out);
    if (sc_onnx_is_constant(b))
        return sc_onnx_binary(im, &(sc_onnx_pair){ .multiplies = true, .divides = true }, a, b, c->out);
    sc_onnx_value inverse = *b;
    int code = sc_onnx_settle(im, b);
    inverse.operand = b->operand;
    inverse.clipped = false;
    inverse.padding = (sc_padding){ 0 };
    if (!code)
        code = one_operation(im, &sc_op_reciprocal, &inverse);
    return code ? code : sc_onnx_binary(im, &product, a, &inverse, c->out);
}

/* max(a, b) = b + relu(a - b), min(a, b) = b - relu(b - a) */
static int import_extreme(const sc_onnx_call *c)
{
    sc_onnx_importer *im = c->im;
    sc_onnx_value *a = sc_onnx_input(c, 0), *b = sc_onnx_input(c, 1), over = { .name = "" };
    bool max = !strcmp(c->node->op_type, "Max");
    if (c->in_count == 1)
        return sc_onnx_pass(c, a);
    if (c->in_count != 2 || !b)
        return sc_fail(im->err, SCUMBLE_ERR_UNSUPPORTED, "scumble compares two values, not %d", c->in_count);
    int code = sc_onnx_binary(im, &(sc_onnx_pair){ .signs = { max ? 1 : -1, max ? -1 : 1 } }, a, b, &over);
    if (!code)
        code = one_operation(im, &sc_op_relu, &over);
    return code ? code : sc_onnx_binary(im, max ? &sum : &difference, b, &over, c->out);
}

/* ---- functions that are put together --------------------------------------------------------------------------- */

/* What follows an operand, as a value of its own. */
static int arithmetic_copy_of(const sc_onnx_call *c, sc_onnx_value *x, double factor, sc_onnx_value *copy)
{
    *copy = (sc_onnx_value){ .name = "", .kind = SC_ONNX_MAP, .operand = x->operand, .layout = x->layout };
    sc_operation o = {
        .op = &sc_op_add, .attrs.add = { (float)factor, 0 }, .inputs = { x->operand, x->operand }, .input_count = 2
    };
    return factor == 1 ? SCUMBLE_OK : sc_onnx_emit(c->im, &o, copy);
}

static int end_with(const sc_onnx_call *c, const sc_onnx_value *x)
{
    return sc_onnx_pass(c, x);
}

/* relu(factor x) */
static int half_of(const sc_onnx_call *c, sc_onnx_value *x, double factor, sc_onnx_value *half)
{
    int code = arithmetic_copy_of(c, x, factor, half);
    return code ? code : one_operation(c->im, &sc_op_relu, half);
}

/* relu(x) - slope relu(-x) */
static int import_prelu(const sc_onnx_call *c)
{
    sc_onnx_value *x, *slope = sc_onnx_input(c, 1), above, below, scaled = { .name = "" };
    int code = sc_onnx_any_settled(c, 0, &x);
    if (!code && !slope)
        code = sc_fail(c->im->err, SCUMBLE_ERR_FORMAT, "its slope is missing");
    if (!code)
        code = half_of(c, x, 1, &above);
    if (!code)
        code = half_of(c, x, -1, &below);
    if (!code)
        code = sc_onnx_binary(c->im, &product, &below, slope, &scaled);
    return code ? code : sc_onnx_binary(c->im, &difference, &above, &scaled, c->out);
}

/* gamma (relu(x) + alpha (exp(-relu(-x)) - 1)) */
static int import_elu(const sc_onnx_call *c)
{
    sc_onnx_importer *im = c->im;
    bool selu = !strcmp(c->node->op_type, "Selu");
    double alpha = sc_onnx_attribute_float(c->node, "alpha", selu ? 1.67326319217681884765625 : 1);
    double gamma = selu ? sc_onnx_attribute_float(c->node, "gamma", 1.05070102214813232421875) : 1;
    sc_onnx_value *x, above, below;
    int code = sc_onnx_any_settled(c, 0, &x);
    if (!code)
        code = half_of(c, x, 1, &above);
    if (!code)
        code = half_of(c, x, -1, &below);
    if (!code)
        code = sc_onnx_scale(im, &below, -1, 0);
    if (!code)
        code = one_operation(im, &sc_op_exp, &below);
    if (!code)
        code = sc_onnx_scale(im, &below, alpha, -alpha);
    if (!code)
        code = sc_onnx_binary(im, &sum, &above, &below, c->out);
    return code ? code : sc_onnx_scale(im, c->out, gamma, 0);
}

/* Of x within 0..1: alpha x + beta; and, for HardSwish, times x. */
static int import_hard(const sc_onnx_call *c)
{
    sc_onnx_value *x, gate;
    bool swish = !strcmp(c->node->op_type, "HardSwish");
    double alpha = swish ? 1.0 / 6 : sc_onnx_attribute_float(c->node, "alpha", 0.2),
           beta = swish ? 0.5 : sc_onnx_attribute_float(c->node, "beta", 0.5);
    int code = sc_onnx_any_settled(c, 0, &x);
    if (!code)
        code = arithmetic_copy_of(c, x, 1, &gate);
    if (!code)
        code = sc_onnx_scale(c->im, &gate, alpha, beta);
    gate.clipped = true;
    gate.low = 0;
    gate.high = 1;
    if (code || !swish)
        return code ? code : end_with(c, &gate);
    return sc_onnx_binary(c->im, &product, x, &gate, c->out);
}

static int import_power(const sc_onnx_call *c)
{
    sc_onnx_importer *im = c->im;
    sc_onnx_value *x, y;
    double exponent;
    int code = sc_onnx_any_settled(c, 0, &x);
    if (!code)
        code = sc_onnx_limit(c, "exponent", 1, 1, &exponent);
    if (!code)
        code = arithmetic_copy_of(c, x, 1, &y);
    if (code)
        return code;
    if (exponent == 2)
        return sc_onnx_binary(im, &product, x, x, c->out);
    if (fabs(exponent) != 0.5 && fabs(exponent) != 1)
        return sc_fail(im->err, SCUMBLE_ERR_UNSUPPORTED, "scumble knows the powers 2, 1, 1/2, -1/2 and -1, not %g",
                       exponent);
    if (fabs(exponent) == 0.5)
        code = one_operation(im, &sc_op_square_root, &y);
    if (!code && exponent < 0)
        code = one_operation(im, &sc_op_reciprocal, &y);
    return code ? code : end_with(c, &y);
}

static int import_function(const sc_onnx_call *c)
{
    static const struct {
        const char *name;
        const sc_op *op;
    } known[] = { { "Exp", &sc_op_exp }, { "Sqrt", &sc_op_square_root }, { "Reciprocal", &sc_op_reciprocal } };
    sc_onnx_value *x, y;
    int i = 0, code = sc_onnx_any_settled(c, 0, &x);
    while (strcmp(known[i].name, c->node->op_type))
        i++;
    if (!code)
        code = arithmetic_copy_of(c, x, 1, &y);
    if (!code)
        code = one_operation(c->im, known[i].op, &y);
    return code ? code : end_with(c, &y);
}

/* -x, and |x| = relu(x) + relu(-x) */
static int import_sign(const sc_onnx_call *c)
{
    sc_onnx_value *x, above, below;
    bool absolute = !strcmp(c->node->op_type, "Abs");
    int code = sc_onnx_any_settled(c, 0, &x);
    if (!code)
        code = absolute ? half_of(c, x, -1, &below) : arithmetic_copy_of(c, x, -1, &below);
    if (!code && absolute)
        code = half_of(c, x, 1, &above);
    return code ? code : absolute ? sc_onnx_binary(c->im, &sum, &above, &below, c->out) : end_with(c, &below);
}

const sc_onnx_operator sc_onnx_arithmetic_operators[] = {
    { "Add", import_arithmetic },   { "Sub", import_arithmetic }, { "Mul", import_arithmetic },
    { "Div", import_arithmetic },   { "Max", import_extreme },    { "Min", import_extreme },
    { "PRelu", import_prelu },      { "Elu", import_elu },        { "Selu", import_elu },
    { "HardSigmoid", import_hard }, { "HardSwish", import_hard }, { "Pow", import_power },
    { "Exp", import_function },     { "Sqrt", import_function },  { "Reciprocal", import_function },
    { "Neg", import_sign },         { "Abs", import_sign },       { NULL, NULL },
};
