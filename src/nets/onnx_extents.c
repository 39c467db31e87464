/* SPDX-License-Identifier: MIT */
/* ONNX operators on the extents of maps: padding, enlarging, and those that must leave a map as it is. See onnx_import.h. */
#include "nets/onnx_import.h"

#include <math.h>
#include <string.h>

enum { MOST_FACTOR = 64 };

/* ---- extents ------------------------------------------------------------------------------------------------------ */

static int import_shape(const sc_onnx_call *c)
{
    sc_onnx_value *x;
    if (sc_onnx_map_input(c, 0, &x))
        return c->im->err->code;
    sc_shape s = sc_onnx_map_shape(c->im, x);
    const int64_t extents[4] = { s.n, s.c, s.h, s.w };
    int64_t start = sc_onnx_attribute_int(c->node, "start", 0), end = sc_onnx_attribute_int(c->node, "end", 4);
    start = start < 0 ? start + 4 : start;
    end = end < 0 ? end + 4 : end;
    start = start < 0 ? 0 : start < 4 ? start : 4;
    end = end < start ? start : end < 4 ? end : 4;
    c->out->constant = sc_onnx_constant_create(true, (const int64_t[]){ end - start }, 1, c->im->err);
    for (int64_t i = start; i < end && c->out->constant; i++)
        c->out->constant->values[i - start] = (double)extents[i];
    c->out->kind = SC_ONNX_CONSTANT;
    return c->im->err->code;
}

static int pad_mode(const sc_onnx_call *c, sc_padding_mode *mode)
{
    static const struct {
        const char *name;
        sc_padding_mode mode;
    } known[] = { { "constant", SC_PAD_ZERO }, { "reflect", SC_PAD_REFLECT }, { "edge", SC_PAD_REPLICATE }, { "wrap", SC_PAD_CIRCULAR } };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (sc_onnx_attribute_is(c->node, "mode", known[i].name, "constant")) {
            *mode = known[i].mode;
            return SCUMBLE_OK;
        }
    return sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED, "scumble does not know how it fills the border");
}

/* pads: before each axis, then after each. */
static int place_padding(const sc_onnx_call *c, const int64_t *pads, int count, const int64_t *axes, int axis_count, sc_padding *padding)
{
    int *sides[2][4] = { { NULL, NULL, &padding->top, &padding->left }, { NULL, NULL, &padding->bottom, &padding->right } };
    int axis_total = axis_count ? axis_count : 4;
    if (count != 2 * axis_total)
        return sc_fail(c->im->err, SCUMBLE_ERR_FORMAT, "its 'pads' are %d numbers, not %d", count, 2 * axis_total);
    for (int i = 0; i < count; i++) {
        int64_t axis = axis_count ? axes[i % axis_total] : i % axis_total;
        axis += axis < 0 ? 4 : 0;
        int *side = axis >= 0 && axis < 4 ? sides[i / axis_total][axis] : NULL;
        if (pads[i] < 0)
            return sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED, "it cuts its input; scumble's networks keep all of it");
        if (pads[i] > (side ? SC_ONNX_MOST_EXTENT : 0))
            return sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED, "it pads something else than rows and columns, or too much");
        if (side)
            *side = (int)pads[i];
    }
    return SCUMBLE_OK;
}

static int import_pad(const sc_onnx_call *c)
{
    int64_t pads[2 * SC_MAX_DIMENSIONS], axes[SC_MAX_DIMENSIONS];
    int count, axis_count;
    sc_onnx_value *x;
    double filling = 0;
    sc_padding padding = { 0 };
    int code = sc_onnx_settled_input(c, 0, &x);
    if (!code)
        code = sc_onnx_numbers(c, "pads", 1, pads, 2 * SC_MAX_DIMENSIONS, &count);
    if (!code)
        code = sc_onnx_limit(c, "value", 2, 0, &filling);
    if (!code)
        code = sc_onnx_numbers(c, "axes", 3, axes, SC_MAX_DIMENSIONS, &axis_count);
    if (!code)
        code = pad_mode(c, &padding.mode);
    if (!code && padding.mode == SC_PAD_ZERO && filling != 0)
        code = sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED, "it pads with %g; scumble pads with zeros, or with what is there", filling);
    if (!code)
        code = place_padding(c, pads, count, axes, axis_count, &padding);
    if (code)
        return code;
    sc_onnx_pass(c, x);
    c->out->padding = padding;
    return SCUMBLE_OK;
}

/* What changes nothing may be there: exporters cut maps to the size that they have. */
static int import_reshape(const sc_onnx_call *c)
{
    sc_onnx_value *x;
    if (sc_onnx_map_input(c, 0, &x))
        return c->im->err->code;
    sc_shape s = sc_onnx_map_shape(c->im, x);
    const int64_t own[4] = { s.n, s.c, s.h, s.w };
    int64_t wanted[SC_MAX_DIMENSIONS];
    int count, open = 0;
    int code = sc_onnx_numbers(c, "shape", 1, wanted, SC_MAX_DIMENSIONS, &count);
    bool same = count == 4;
    for (int i = 0; i < 4 && same; i++) {
        open += wanted[i] == -1;
        same = wanted[i] == own[i] || wanted[i] == -1 || wanted[i] == 0;
    }
    if (!code && (!same || open > 1))
        code = sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED, "scumble keeps maps in their four dimensions");
    return code ? code : sc_onnx_pass(c, x);
}

static int import_slice(const sc_onnx_call *c)
{
    sc_onnx_value *x;
    if (sc_onnx_map_input(c, 0, &x))
        return c->im->err->code;
    sc_shape s = sc_onnx_map_shape(c->im, x);
    const int64_t own[4] = { s.n, s.c, s.h, s.w };
    int64_t starts[4], ends[4], axes[4], steps[4];
    int count = 0, end_count = 0, axis_count = 0, step_count = 0;
    int code = sc_onnx_numbers(c, "starts", 1, starts, 4, &count);
    if (!code)
        code = sc_onnx_numbers(c, "ends", 2, ends, 4, &end_count);
    if (!code)
        code = sc_onnx_numbers(c, "axes", 3, axes, 4, &axis_count);
    if (!code)
        code = sc_onnx_numbers(c, "steps", 4, steps, 4, &step_count);
    bool whole = count == end_count && (!axis_count || axis_count == count) && (!step_count || step_count == count);
    for (int i = 0; i < count && whole && !code; i++) {
        int64_t axis = axis_count ? axes[i] : i;
        axis += axis < 0 ? 4 : 0;
        whole = axis >= 0 && axis < 4 && starts[i] == 0 && ends[i] >= own[axis] && (!step_count || steps[i] == 1);
    }
    if (!code && !whole)
        code = sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED, "it cuts a part out of a map, which scumble's networks do not");
    return code ? code : sc_onnx_pass(c, x);
}

static int import_identity(const sc_onnx_call *c)
{
    sc_onnx_value *x;
    int64_t to = sc_onnx_attribute_int(c->node, "to", SC_ONNX_FLOAT); /* of a cast */
    if (to != SC_ONNX_FLOAT && to != SC_ONNX_FLOAT16 && to != SC_ONNX_BFLOAT16 && to != SC_ONNX_DOUBLE)
        return sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED, "it makes whole numbers of a map");
    return sc_onnx_map_input(c, 0, &x) ? c->im->err->code : sc_onnx_pass(c, x);
}

/* ---- enlarging ---------------------------------------------------------------------------------------------------- */

/* One axis of a Resize. */
typedef struct resize_axis {
    int64_t in, out;
    double scale;
} resize_axis;

/* Where output i lies in the input, by the operator's rule; NaN for rules that are not known. */
static double source_of(const sc_onnx_call *c, bool asymmetric, const resize_axis *a, int64_t i)
{
    const char *usual = asymmetric ? "asymmetric" : "half_pixel", *rule = "coordinate_transformation_mode";
    double at = (double)i;
    if (sc_onnx_attribute_is(c->node, rule, "asymmetric", usual))
        return at / a->scale;
    if (sc_onnx_attribute_is(c->node, rule, "half_pixel", usual) || (sc_onnx_attribute_is(c->node, rule, "pytorch_half_pixel", usual) && a->out > 1))
        return (at + 0.5) / a->scale - 0.5;
    if (sc_onnx_attribute_is(c->node, rule, "align_corners", usual))
        return a->out > 1 ? at * (double)(a->in - 1) / (double)(a->out - 1) : 0;
    return NAN;
}

static double round_source(const sc_onnx_call *c, bool asymmetric, double x)
{
    const char *usual = asymmetric ? "floor" : "round_prefer_floor", *rule = "nearest_mode";
    if (sc_onnx_attribute_is(c->node, rule, "floor", usual))
        return floor(x);
    if (sc_onnx_attribute_is(c->node, rule, "ceil", usual))
        return ceil(x);
    return sc_onnx_attribute_is(c->node, rule, "round_prefer_ceil", usual) ? floor(x + 0.5) : ceil(x - 0.5);
}

/* Whether every output takes the input that ours takes, i / factor. */
static bool nearest_is_ours(const sc_onnx_call *c, bool asymmetric, const resize_axis *a, int64_t factor)
{
    for (int64_t i = 0; i < a->out; i++) {
        double at = round_source(c, asymmetric, source_of(c, asymmetric, a, i));
        at = at < 0 ? 0 : at > (double)(a->in - 1) ? (double)(a->in - 1) : at;
        if (!(at == (double)(i / factor)))
            return false;
    }
    return true;
}

static int enlarge(const sc_onnx_call *c, const sc_onnx_value *x, bool asymmetric, const resize_axis axes[2])
{
    int64_t factor = axes[0].out / axes[0].in;
    bool nearest = sc_onnx_attribute_is(c->node, "mode", "nearest", "nearest");
    bool linear = sc_onnx_attribute_is(c->node, "mode", "linear", "nearest") || sc_onnx_attribute_is(c->node, "mode", "bilinear", "nearest");
    const char *usual = asymmetric ? "asymmetric" : "half_pixel", *rule = "coordinate_transformation_mode";
    bool corners = sc_onnx_attribute_is(c->node, rule, "align_corners", usual);
    bool centres = sc_onnx_attribute_is(c->node, rule, "half_pixel", usual) || sc_onnx_attribute_is(c->node, rule, "pytorch_half_pixel", usual);
    if (factor < 1 || factor > MOST_FACTOR || axes[0].out != factor * axes[0].in || axes[1].out != factor * axes[1].in)
        return sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED, "it makes %lld x %lld of %lld x %lld; scumble enlarges by 2, 3, ..., %d, the same both ways",
                       (long long)axes[1].out, (long long)axes[0].out, (long long)axes[1].in, (long long)axes[0].in, (int)MOST_FACTOR);
    bool fits = nearest ? nearest_is_ours(c, asymmetric, &axes[0], factor) && nearest_is_ours(c, asymmetric, &axes[1], factor) : linear && (corners || centres);
    if (!fits)
        return sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED, "scumble does not enlarge by its rule for positions");
    if (factor == 1)
        return sc_onnx_pass(c, x);
    sc_operation o = { .op = nearest ? &sc_op_resize_nearest : &sc_op_resize_bilinear, .factor = (int)factor, .inputs = { x->operand }, .input_count = 1 };
    o.attrs.resize.align_corners = !nearest && corners;
    return sc_onnx_emit(c->im, &o, c->out);
}

/* The scales of all four dimensions, as an attribute, an input, or by the sizes that are wanted. */
static int read_scales(const sc_onnx_call *c, sc_shape s, double scales[4])
{
    const sc_onnx_attribute *a = sc_onnx_attribute_find(c->node, "scales");
    bool old = c->in_count <= 2;
    const sc_onnx_constant *given = sc_onnx_small(c->im, sc_onnx_input(c, old ? 1 : 2)), *sizes = sc_onnx_small(c->im, sc_onnx_input(c, 3));
    const int64_t own[4] = { s.n, s.c, s.h, s.w };
    bool by_size = sizes && sizes->count;
    size_t count = a ? a->n_floats : by_size ? sizes->count : given ? given->count : 0, first = 4 - count;
    if (c->im->err->code)
        return c->im->err->code;
    const sc_onnx_attribute *axes = sc_onnx_attribute_find(c->node, "axes");
    bool two = axes && axes->n_ints == 2 && axes->ints[0] == 2 && axes->ints[1] == 3 && count == 2;
    if (!two && (count != 4 || axes))
        return sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED, "its scales are not constants for four dimensions");
    scales[0] = scales[1] = 1;
    for (size_t i = 0; i < count; i++) {
        double value = a ? (double)a->floats[i] : by_size ? sizes->values[i] / (double)own[first + i] : given->values[i];
        if (!(value > 0 && value < SC_ONNX_MOST_EXTENT) || (first + i < 2 && value != 1))
            return sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED, "its scales are impossible");
        scales[first + i] = value;
    }
    return SCUMBLE_OK;
}

/* Resize of version 10 and Upsample have two inputs at most, and one rule. */
static int import_resize(const sc_onnx_call *c)
{
    double scales[4];
    sc_onnx_value *x;
    int code = sc_onnx_settled_input(c, 0, &x);
    if (code)
        return code;
    sc_shape s = sc_onnx_map_shape(c->im, x);
    code = read_scales(c, s, scales);
    if (!code && !sc_onnx_attribute_is(c->node, "keep_aspect_ratio_policy", "stretch", "stretch"))
        code = sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED, "scumble does not know its rule for sizes");
    if (code)
        return code;
    const double slack = 1e-4; /* of a scale that was computed in float */
    resize_axis axes[2] = { { .in = s.h, .scale = scales[2] }, { .in = s.w, .scale = scales[3] } };
    for (int i = 0; i < 2; i++)
        axes[i].out = (int64_t)floor((double)axes[i].in * axes[i].scale + slack);
    return enlarge(c, x, c->in_count <= 2, axes);
}

static int import_depth_to_space(const sc_onnx_call *c)
{
    sc_onnx_value *x;
    int64_t block = sc_onnx_attribute_int(c->node, "blocksize", 0);
    bool by_channel = sc_onnx_attribute_is(c->node, "mode", "CRD", "DCR");
    int code = sc_onnx_settled_input(c, 0, &x);
    if (!code && (block < 1 || block > MOST_FACTOR || !(by_channel || sc_onnx_attribute_is(c->node, "mode", "DCR", "DCR"))))
        code = sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED, "scumble lays out blocks of 1 to %d positions, as DCR or CRD", (int)MOST_FACTOR);
    if (code)
        return code;
    return sc_onnx_emit(c->im, &(sc_operation){ .op = &sc_op_depth_to_space, .attrs.depth_to_space = { (int)block, by_channel }, .inputs = { x->operand }, .input_count = 1 }, c->out);
}

/* ---- all of them -------------------------------------------------------------------------------------------------- */

const sc_onnx_operator sc_onnx_extent_operators[] = {
    { "Shape", import_shape }, { "Pad", import_pad },   { "Resize", import_resize },     { "Upsample", import_resize },   { "Reshape", import_reshape },
    { "Slice", import_slice }, { "Cast", import_identity }, { "Identity", import_identity }, { "Dropout", import_identity },
    { "DepthToSpace", import_depth_to_space }, { NULL, NULL },
};
