/* SPDX-License-Identifier: MIT */
/* ONNX operators on whole maps: means and sums over positions or channels, softmax, products with matrices, and norms
 * of groups of channels. See import.h. */
#include "nets/onnx/import.h"

#include <stdlib.h>
#include <string.h>

static const sc_onnx_pair product = { .multiplies = true }, difference = { .signs = { 1, -1 } };

int sc_onnx_even_conv(sc_onnx_importer *im, sc_onnx_value *x, int out, int in, int groups, float weight)
{
    sc_operation o = {
        .op = &sc_op_conv2d, .attrs.conv2d.groups = groups > 1 ? groups : 0, .inputs = { x->operand }, .input_count = 2
    };
    float *values = malloc((size_t)out * (size_t)(in / groups) * sizeof *values);
    if (!values)
        return sc_fail_memory(im->err, (size_t)in * sizeof *values);
    for (size_t i = 0; i < (size_t)out * (size_t)(in / groups); i++)
        values[i] = weight;
    int code = sc_onnx_made_parameter(im, "", (sc_shape){ out, in / groups, 1, 1 }, values, &o.inputs[1]);
    free(values);
    return code ? code : sc_onnx_emit(im, &o, x);
}

/* ---- means and sums -------------------------------------------------------------------------------------------- */

/* A bit for each axis of the map, and whether it is reduced as a whole. */
static bool reduced_axes(const sc_onnx_layout *l, unsigned dimensions, unsigned *axes)
{
    unsigned kept = 0;
    const sc_onnx_atom *a = l->atoms;
    *axes = 0;
    for (int d = 0; d < l->dimension_count; d++)
        for (int i = 0; i < l->counts[d]; i++, a++)
            *(dimensions >> d & 1 ? axes : &kept) |= 1u << a->axis;
    return !(*axes & kept) && !(*axes >> SC_ONNX_REPEAT);
}

/* Over positions, channels, or both: x stays the caller's, out is the result with dimensions of extent 1 in their
 * place. */
static int reduce(sc_onnx_importer *im, const sc_onnx_value *x, unsigned axes, bool adds, sc_onnx_value *out)
{
    sc_shape s = sc_onnx_operand_shape(im, x->operand);
    bool rows = axes >> SC_ONNX_H & 1 || s.h == 1, columns = axes >> SC_ONNX_W & 1 || s.w == 1;
    int code = SCUMBLE_OK;
    if ((axes & (1u << SC_ONNX_H | 1u << SC_ONNX_W)) && !(rows && columns))
        return sc_fail(im->err, SCUMBLE_ERR_UNSUPPORTED,
                       "it takes means of rows or of columns; scumble takes them of all positions, or of channels");
    sc_onnx_value y = { .name = "", .kind = SC_ONNX_MAP, .operand = x->operand };
    if (axes & (1u << SC_ONNX_H | 1u << SC_ONNX_W))
        code = sc_onnx_emit(
            im,
            &(sc_operation){
                .op = &sc_op_channel_mean, .attrs.channel_mean.sum = adds, .inputs = { y.operand }, .input_count = 1 },
            &y);
    if (!code && axes >> SC_ONNX_C & 1)
        code = sc_onnx_even_conv(im, &y, 1, s.c, 1, adds ? 1 : 1 / (float)s.c);
    out->kind = SC_ONNX_MAP;
    out->operand = y.operand;
    return code;
}

/* The layout without the atoms of these dimensions; and, unless they are kept, without the dimensions. */
static sc_onnx_layout without(const sc_onnx_layout *l, unsigned dimensions, bool keep)
{
    sc_onnx_layout r = { 0 };
    const sc_onnx_atom *a = l->atoms;
    for (int d = 0; d < l->dimension_count; a += l->counts[d], d++) {
        bool gone = dimensions >> d & 1;
        if (gone && !keep)
            continue;
        r.counts[r.dimension_count++] = gone ? 0 : l->counts[d];
        for (int i = 0; i < l->counts[d] && !gone; i++)
            r.atoms[r.atom_count++] = a[i];
    }
    return r;
}

static int import_reduce(const sc_onnx_call *c)
{
    sc_onnx_importer *im = c->im;
    sc_onnx_value *x;
    int64_t list[SC_MAX_DIMENSIONS];
    unsigned dimensions = 0, axes;
    bool pool = !strcmp(c->node->op_type, "GlobalAveragePool"),
         keep = pool || sc_onnx_attribute_int(c->node, "keepdims", 1);
    int count = 0, code = sc_onnx_any_settled(c, 0, &x);
    if (!code && !pool)
        code = sc_onnx_numbers(c, "axes", 1, list, SC_MAX_DIMENSIONS, &count);
    if (code)
        return code;
    sc_onnx_layout l = sc_onnx_layout_of(im, x);
    if (!count && sc_onnx_attribute_int(c->node, "noop_with_empty_axes", 0))
        return sc_onnx_pass(c, x);
    for (int d = pool ? 2 : 0; d < l.dimension_count && !count; d++)
        dimensions |= 1u << d;
    for (int i = 0; i < count; i++) {
        int64_t d = list[i] + (list[i] < 0 ? l.dimension_count : 0);
        if (d < 0 || d >= l.dimension_count)
            return sc_fail(im->err, SCUMBLE_ERR_FORMAT, "its axes are wrong");
        dimensions |= 1u << d;
    }
    if (!reduced_axes(&l, dimensions, &axes))
        return sc_fail(im->err, SCUMBLE_ERR_UNSUPPORTED,
                       "it takes means of parts of an axis; scumble takes them of all positions, or of all channels");
    code = reduce(im, x, axes, !strcmp(c->node->op_type, "ReduceSum"), c->out);
    c->out->layout = without(&l, dimensions, keep);
    return code || c->out->layout.dimension_count ? code :
                                                    sc_fail(im->err, SCUMBLE_ERR_UNSUPPORTED, "it leaves no dimension");
}

/* exp(x - m) / sum exp(x - m), m the mean, which takes the place of the largest value: enough to keep it within float's
 * range. */
static int import_softmax(const sc_onnx_call *c)
{
    sc_onnx_importer *im = c->im;
    sc_onnx_value *x, mean = { .name = "" }, y = { .name = "" }, total = { .name = "" };
    unsigned axes;
    int code = sc_onnx_any_settled(c, 0, &x);
    if (code)
        return code;
    sc_onnx_layout l = sc_onnx_layout_of(im, x);
    int64_t d = sc_onnx_attribute_int(c->node, "axis", -1);
    d += d < 0 ? l.dimension_count : 0;
    if (d < 0 || d >= l.dimension_count || !reduced_axes(&l, 1u << d, &axes))
        return sc_fail(im->err, SCUMBLE_ERR_UNSUPPORTED, "its axis is not all positions, or all channels");
    code = reduce(im, x, axes, false, &mean);
    mean.layout = total.layout = without(&l, 1u << d, true);
    if (!code)
        code = sc_onnx_binary(im, &difference, x, &mean, &y);
    if (!code)
        code = sc_onnx_emit(im, &(sc_operation){ .op = &sc_op_exp, .inputs = { y.operand }, .input_count = 1 }, &y);
    if (!code)
        code = reduce(im, &y, axes, true, &total);
    if (!code)
        code = sc_onnx_emit(
            im, &(sc_operation){ .op = &sc_op_reciprocal, .inputs = { total.operand }, .input_count = 1 }, &total);
    return code ? code : sc_onnx_binary(im, &product, &y, &total, c->out);
}

/* ---- matrices -------------------------------------------------------------------------------------------------- */

/* (..., c) times a constant (c, k): a 1 x 1 convolution. */
static int import_matmul(const sc_onnx_call *c)
{
    sc_onnx_importer *im = c->im;
    sc_onnx_value *x;
    const sc_onnx_value *w = sc_onnx_input(c, 1);
    int n = 0, code = sc_onnx_any_settled(c, 0, &x);
    if (code)
        return code;
    sc_onnx_layout l = sc_onnx_layout_of(im, x);
    const int64_t *d = w && sc_onnx_is_constant(w) ? sc_onnx_dimensions(w, &n) : NULL;
    int channels = sc_onnx_operand_shape(im, x->operand).c;
    bool fits = n >= 2 && d[n - 2] == channels && d[n - 1] > 1 && d[n - 1] <= 65536 &&
                sc_onnx_count(w) == (size_t)(d[n - 2] * d[n - 1]);
    if (!fits || !sc_onnx_is_axis(&l, l.dimension_count - 1, SC_ONNX_C, channels) || channels == 1)
        return sc_fail(im->err, SCUMBLE_ERR_UNSUPPORTED,
                       "scumble multiplies the channels of a map, as its last dimension, by a constant matrix");
    int out = (int)d[n - 1];
    float *values = malloc((size_t)out * (size_t)channels * sizeof *values);
    if (!values)
        return sc_fail_memory(im->err, (size_t)out * (size_t)channels * sizeof *values);
    for (int k = 0; k < out; k++)
        for (int i = 0; i < channels; i++)
            values[(size_t)k * (size_t)channels + (size_t)i] =
                (float)sc_onnx_at(w, (size_t)i * (size_t)out + (size_t)k);
    sc_operation o = { .op = &sc_op_conv2d, .inputs = { x->operand }, .input_count = 2 };
    code = sc_onnx_made_parameter(im, w->name, (sc_shape){ out, channels, 1, 1 }, values, &o.inputs[1]);
    free(values);
    if (!code)
        code = sc_onnx_emit(im, &o, c->out);
    l.atoms[l.atom_count - 1].extent = out;
    c->out->layout = l;
    return code;
}

/* ---- norms of groups ------------------------------------------------------------------------------------------- */

/* The means of groups of channels of (1, c, 1, 1), each as often as its group has channels; one group stays one value,
 * which spreads. */
static int group_means(sc_onnx_importer *im, sc_onnx_value *x, int channels, int groups)
{
    int code = sc_onnx_even_conv(im, x, groups, channels, groups, (float)groups / (float)channels);
    return code || groups == 1 ? code : sc_onnx_even_conv(im, x, channels, groups, groups, 1);
}

int sc_onnx_group_norm(sc_onnx_importer *im, const sc_onnx_value *x, int groups, double epsilon, sc_onnx_value *out)
{
    int channels = sc_onnx_operand_shape(im, x->operand).c;
    sc_operation mean_of = { .op = &sc_op_channel_mean, .inputs = { x->operand }, .input_count = 1 };
    sc_onnx_value centred = { .name = "", .kind = SC_ONNX_MAP, .operand = x->operand }, whole = centred,
                  mean = { .name = "" }, variance = { .name = "" };
    if (groups < 1 || channels % groups)
        return sc_fail(im->err, SCUMBLE_ERR_FORMAT, "its %d channels do not make %d groups", channels, groups);
    int code = sc_onnx_emit(im, &mean_of, &mean);
    if (!code)
        code = group_means(im, &mean, channels, groups);
    if (!code)
        code = sc_onnx_binary(im, &difference, &whole, &mean, &centred);
    if (!code)
        code = sc_onnx_binary(im, &product, &centred, &centred, &variance);
    mean_of.inputs[0] = variance.operand;
    if (!code)
        code = sc_onnx_emit(im, &mean_of, &variance);
    if (!code)
        code = group_means(im, &variance, channels, groups);
    if (!code)
        code = sc_onnx_scale(im, &variance, 1, epsilon);
    const sc_op *const root[] = { &sc_op_square_root, &sc_op_reciprocal };
    for (int i = 0; i < 2 && !code; i++)
        code = sc_onnx_emit(im, &(sc_operation){ .op = root[i], .inputs = { variance.operand }, .input_count = 1 },
                            &variance);
    return code ? code : sc_onnx_binary(im, &product, &centred, &variance, out);
}

/* Scale and shift are one for each channel, in older versions one for each group. */
static int group_vector(const sc_onnx_call *c, int index, int channels, int groups, sc_operand *operand)
{
    const sc_onnx_value *v = sc_onnx_input(c, index);
    if (!v || !sc_onnx_is_constant(v) || (sc_onnx_count(v) != (size_t)channels && sc_onnx_count(v) != (size_t)groups))
        return sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED, "its scale or shift is not a constant of %d values",
                       channels);
    if (sc_onnx_count(v) == (size_t)channels)
        return sc_onnx_parameter(c->im, v, (sc_shape){ 1, channels, 1, 1 }, false, operand);
    float *values = malloc((size_t)channels * sizeof *values);
    if (!values)
        return sc_fail_memory(c->im->err, (size_t)channels * sizeof *values);
    for (int i = 0; i < channels; i++)
        values[i] = (float)sc_onnx_at(v, (size_t)(i / (channels / groups)));
    int code = sc_onnx_made_parameter(c->im, v->name, (sc_shape){ 1, channels, 1, 1 }, values, operand);
    free(values);
    return code;
}

int sc_onnx_scaled_group_norm(const sc_onnx_call *c, const sc_onnx_value *x, int groups, sc_onnx_value *out)
{
    sc_onnx_importer *im = c->im;
    int channels = sc_onnx_operand_shape(im, x->operand).c;
    int code = sc_onnx_group_norm(im, x, groups, sc_onnx_attribute_float(c->node, "epsilon", 1e-5), out);
    for (int i = 1; i < 3 && !code; i++) {
        sc_operation o = { .op = i == 1 ? &sc_op_multiply : &sc_op_add, .inputs = { out->operand }, .input_count = 2 };
        if (i == 2)
            o.attrs.add = (sc_add_attrs){ 1, 1 };
        code = group_vector(c, i, channels, groups, &o.inputs[1]);
        if (!code)
            code = sc_onnx_emit(im, &o, out);
    }
    return code;
}

static int import_group_norm(const sc_onnx_call *c)
{
    sc_onnx_value *x;
    int64_t groups = sc_onnx_attribute_int(c->node, "num_groups", 0);
    int code = sc_onnx_settled_input(c, 0, &x);
    return code ? code : sc_onnx_scaled_group_norm(c, x, groups > 0 && groups < 65536 ? (int)groups : 0, c->out);
}

/* ---- all of them ----------------------------------------------------------------------------------------------- */

const sc_onnx_operator sc_onnx_reduce_operators[] = {
    { "ReduceMean", import_reduce },
    { "ReduceSum", import_reduce },
    { "GlobalAveragePool", import_reduce },
    { "Softmax", import_softmax },
    { "MatMul", import_matmul },
    { "GroupNormalization", import_group_norm },
    { NULL, NULL },
};
