/* SPDX-License-Identifier: MIT */
/* ONNX operators on the extents of maps: padding, enlarging, and those that leave a map as it is. See import.h. */
#include "nets/onnx/import.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FACTOR = 64 };

/* ---- borders --------------------------------------------------------------------------------------------------- */

static int pad_mode(const sc_onnx_call *c, sc_padding_mode *mode)
{
    static const struct {
        const char *name;
        sc_padding_mode mode;
    } known[] = { { "constant", SC_PAD_ZERO },
                  { "reflect", SC_PAD_REFLECT },
                  { "edge", SC_PAD_REPLICATE },
                  { "wrap", SC_PAD_CIRCULAR } };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (sc_onnx_attribute_is(c->node, "mode", known[i].name, "constant")) {
            *mode = known[i].mode;
            return SCUMBLE_OK;
        }
    return sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED, "scumble does not know how it fills the border");
}

/* pads: before each axis, then after each. */
static int place_padding(const sc_onnx_call *c, const sc_onnx_layout *l, sc_shape s, const int64_t *pads, int count,
                         const int64_t *axes, int axis_count, sc_padding *padding)
{
    int *sides[2][SC_MAX_DIMENSIONS] = { { NULL }, { NULL } };
    int axis_total = axis_count ? axis_count : l->dimension_count;
    bool usual = l->dimension_count == 4 && sc_onnx_is_axis(l, 1, SC_ONNX_C, s.c);
    for (int d = 0; d < l->dimension_count; d++) {
        bool rows = usual ? d == 2 : sc_onnx_is_axis(l, d, SC_ONNX_H, s.h) && s.h > 1,
             columns = usual ? d == 3 : sc_onnx_is_axis(l, d, SC_ONNX_W, s.w) && s.w > 1;
        sides[0][d] = rows ? &padding->top : columns ? &padding->left : NULL;
        sides[1][d] = rows ? &padding->bottom : columns ? &padding->right : NULL;
    }
    if (count != 2 * axis_total)
        return sc_fail(c->im->err, SCUMBLE_ERR_FORMAT, "its 'pads' are %d numbers, not %d", count, 2 * axis_total);
    for (int i = 0; i < count; i++) {
        int64_t axis = axis_count ? axes[i % axis_total] : i % axis_total;
        axis += axis < 0 ? l->dimension_count : 0;
        int *side = axis >= 0 && axis < l->dimension_count ? sides[i / axis_total][axis] : NULL;
        if (pads[i] < -SC_ONNX_MOST_EXTENT || (pads[i] < 0 && !side) || pads[i] > (side ? SC_ONNX_MOST_EXTENT : 0))
            return sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED,
                           "it pads something else than rows and columns, or too much");
        if (side)
            *side = (int)pads[i];
    }
    return SCUMBLE_OK;
}

static int none_below(int value)
{
    return value > 0 ? value : 0;
}

/* Negative borders cut: what is padded is x less that. */
static int cut_borders(const sc_onnx_call *c, sc_onnx_value *x, sc_padding *p)
{
    sc_operation o = { .op = &sc_op_crop,
                       .attrs.crop = { none_below(-p->top), none_below(-p->bottom), none_below(-p->left),
                                       none_below(-p->right) },
                       .inputs = { x->operand },
                       .input_count = 1 };
    *p = (sc_padding){ none_below(p->top), none_below(p->bottom), none_below(p->left), none_below(p->right), p->mode };
    return o.attrs.crop.top || o.attrs.crop.bottom || o.attrs.crop.left || o.attrs.crop.right ?
               sc_onnx_emit(c->im, &o, x) :
               SCUMBLE_OK;
}

/* The extents of rows and columns in a layout that is not the usual one. */
static void follow_borders(const sc_onnx_importer *im, sc_shape before, sc_onnx_value *x)
{
    sc_shape s = sc_onnx_operand_shape(im, x->operand);
    for (int i = 0; i < x->layout.atom_count; i++) {
        sc_onnx_atom *a = &x->layout.atoms[i];
        a->extent = a->axis == SC_ONNX_H && a->extent == before.h ? s.h :
                    a->axis == SC_ONNX_W && a->extent == before.w ? s.w :
                                                                    a->extent;
    }
}

static int import_pad(const sc_onnx_call *c)
{
    int64_t pads[2 * SC_MAX_DIMENSIONS], axes[SC_MAX_DIMENSIONS];
    int count, axis_count;
    sc_onnx_value *x;
    double filling = 0;
    sc_padding padding = { 0 };
    int code = sc_onnx_any_settled(c, 0, &x);
    if (!code)
        code = sc_onnx_numbers(c, "pads", 1, pads, 2 * SC_MAX_DIMENSIONS, &count);
    if (!code)
        code = sc_onnx_limit(c, "value", 2, 0, &filling);
    if (!code)
        code = sc_onnx_numbers(c, "axes", 3, axes, SC_MAX_DIMENSIONS, &axis_count);
    if (!code)
        code = pad_mode(c, &padding.mode);
    if (code)
        return code;
    sc_onnx_layout l = sc_onnx_layout_of(c->im, x);
    sc_shape s = sc_onnx_operand_shape(c->im, x->operand);
    code = place_padding(c, &l, s, pads, count, axes, axis_count, &padding);
    if (code)
        return code;
    bool fills = padding.mode == SC_PAD_ZERO && filling != 0; /* x - filling has a border of zeros */
    sc_onnx_pass(c, x);
    code = cut_borders(c, c->out, &padding);
    if (!code && fills)
        code = sc_onnx_scale(c->im, c->out, 1, -filling);
    c->out->padding = padding;
    if (!code && (fills || c->out->layout.dimension_count))
        code = sc_onnx_settle(c->im, c->out);
    if (!code && fills)
        code = sc_onnx_scale(c->im, c->out, 1, filling);
    if (!code)
        follow_borders(c->im, s, c->out);
    return code;
}

static int import_identity(const sc_onnx_call *c)
{
    sc_onnx_value *x;
    return sc_onnx_any_input(c, 0, &x) ? c->im->err->code : sc_onnx_pass(c, x);
}

/* Whole numbers at the end, as of pictures in bytes, are left as they are: who stores the picture rounds it. */
static int import_rounding(const sc_onnx_call *c)
{
    int64_t to = sc_onnx_attribute_int(c->node, "to", SC_ONNX_FLOAT);
    bool cast = !strcmp(c->node->op_type, "Cast"),
         is_float = to == SC_ONNX_FLOAT || to == SC_ONNX_FLOAT16 || to == SC_ONNX_BFLOAT16 || to == SC_ONNX_DOUBLE;
    if (!(cast && is_float) && !c->out->last)
        return sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED,
                       "it makes whole numbers of a map, and the network goes on from there");
    return import_identity(c);
}

/* ---- enlarging ------------------------------------------------------------------------------------------------- */

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
    if (sc_onnx_attribute_is(c->node, rule, "half_pixel", usual) ||
        (sc_onnx_attribute_is(c->node, rule, "pytorch_half_pixel", usual) && a->out > 1))
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

/* Weights of the positions -2..2 around q for the result at factor q + r: linear or Keys' cubic (1981) between them. */
static void weigh(double at, bool cubic, double a, double weights[5])
{
    int below = (int)floor(at);
    for (int k = 0; k < 5; k++) {
        double d = fabs(at - (k - 2));
        if (!cubic)
            weights[k] = k - 2 == below || k - 2 == below + 1 ? 1 - d : 0;
        else
            weights[k] = d <= 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 :
                         d < 2  ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a :
                                  0;
    }
}

/* Enlarging by any rule that weighs neighbours the same everywhere: a convolution of each channel by itself makes the
 * positions of a block as channels, which are laid out then. What lies beyond the edges is the edge again. */
static int enlarge_written(const sc_onnx_call *c, const sc_onnx_value *x, bool asymmetric, const resize_axis *axis,
                           int factor)
{
    enum { REACH = 2, SIZE = 2 * REACH + 1, MOST = 1 << 22 };
    sc_onnx_importer *im = c->im;
    int channels = sc_onnx_operand_shape(im, x->operand).c, count = factor * factor;
    bool cubic = sc_onnx_attribute_is(c->node, "mode", "cubic", "nearest");
    double a = sc_onnx_attribute_float(c->node, "cubic_coeff_a", -0.75), rows[SIZE], columns[SIZE];
    size_t all = (size_t)channels * (size_t)count * SIZE * SIZE;
    if (all > MOST || sc_onnx_attribute_int(c->node, "exclude_outside", 0) ||
        sc_onnx_attribute_int(c->node, "antialias", 0))
        return sc_fail(im->err, SCUMBLE_ERR_UNSUPPORTED, "scumble does not enlarge by its rule for positions");
    float *values = malloc(all * sizeof *values), *to = values;
    if (!values)
        return sc_fail_memory(im->err, all * sizeof *values);
    resize_axis exact = { axis->in, axis->out, factor };
    for (int i = 0; i < channels * count; i++) {
        weigh(source_of(c, asymmetric, &exact, i % count / factor), cubic, a, rows);
        weigh(source_of(c, asymmetric, &exact, i % factor), cubic, a, columns);
        for (int k = 0; k < SIZE * SIZE; k++)
            *to++ = (float)(rows[k / SIZE] * columns[k % SIZE]);
    }
    sc_operation o = { .op = &sc_op_conv2d, .inputs = { x->operand }, .input_count = 2 };
    o.attrs.conv2d = (sc_conv2d_attrs){ .groups = channels > 1 ? channels : 0,
                                        .padding = { REACH, REACH, REACH, REACH, SC_PAD_REPLICATE } };
    int code = sc_onnx_made_parameter(im, "", (sc_shape){ channels * count, 1, SIZE, SIZE }, values, &o.inputs[1]);
    free(values);
    if (!code)
        code = sc_onnx_emit(im, &o, c->out);
    sc_operation lay = { .op = &sc_op_depth_to_space,
                         .attrs.depth_to_space = { factor, true },
                         .inputs = { c->out->operand },
                         .input_count = 1 };
    return code ? code : sc_onnx_emit(im, &lay, c->out);
}

static int extents_enlarge(const sc_onnx_call *c, const sc_onnx_value *x, bool asymmetric, const resize_axis axes[2])
{
    int64_t factor = axes[0].out / axes[0].in;
    bool nearest = sc_onnx_attribute_is(c->node, "mode", "nearest", "nearest");
    bool linear = sc_onnx_attribute_is(c->node, "mode", "linear", "nearest") ||
                  sc_onnx_attribute_is(c->node, "mode", "bilinear", "nearest");
    const char *usual = asymmetric ? "asymmetric" : "half_pixel", *rule = "coordinate_transformation_mode";
    bool corners = sc_onnx_attribute_is(c->node, rule, "align_corners", usual);
    bool centres = sc_onnx_attribute_is(c->node, rule, "half_pixel", usual) ||
                   sc_onnx_attribute_is(c->node, rule, "pytorch_half_pixel", usual);
    if (factor < 1 || factor > MOST_FACTOR || axes[0].out != factor * axes[0].in || axes[1].out != factor * axes[1].in)
        return sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED,
                       "it makes %lld x %lld of %lld x %lld; scumble enlarges by 2, 3, ..., %d, the same both ways",
                       (long long)axes[1].out, (long long)axes[0].out, (long long)axes[1].in, (long long)axes[0].in,
                       (int)MOST_FACTOR);
    bool cubic = sc_onnx_attribute_is(c->node, "mode", "cubic", "nearest"),
         shifted = sc_onnx_attribute_is(c->node, rule, "asymmetric", usual);
    if (factor > 1 && ((cubic && !corners) || (linear && shifted)) && (centres || shifted))
        return enlarge_written(c, x, asymmetric, &axes[0], (int)factor);
    bool fits =
        nearest ? nearest_is_ours(c, asymmetric, &axes[0], factor) && nearest_is_ours(c, asymmetric, &axes[1], factor) :
                  linear && (corners || centres);
    if (!fits)
        return sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED, "scumble does not enlarge by its rule for positions");
    if (factor == 1)
        return sc_onnx_pass(c, x);
    sc_operation o = { .op = nearest ? &sc_op_resize_nearest : &sc_op_resize_bilinear,
                       .factor = (int)factor,
                       .inputs = { x->operand },
                       .input_count = 1 };
    o.attrs.resize.align_corners = !nearest && corners;
    return sc_onnx_emit(c->im, &o, c->out);
}

/* The scales of all four dimensions, as an attribute, an input, or by the sizes that are wanted. */
static int read_scales(const sc_onnx_call *c, sc_shape s, double scales[4])
{
    const sc_onnx_attribute *a = sc_onnx_attribute_find(c->node, "scales");
    bool old = c->in_count <= 2;
    const sc_onnx_constant *given = sc_onnx_small(c->im, sc_onnx_input(c, old ? 1 : 2)),
                           *sizes = sc_onnx_small(c->im, sc_onnx_input(c, 3));
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
        double value = a       ? (double)a->floats[i] :
                       by_size ? sizes->values[i] / (double)own[first + i] :
                                 given->values[i];
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
    return extents_enlarge(c, x, c->in_count <= 2, axes);
}

static int import_depth_to_space(const sc_onnx_call *c)
{
    sc_onnx_value *x;
    int64_t block = sc_onnx_attribute_int(c->node, "blocksize", 0);
    bool by_channel = sc_onnx_attribute_is(c->node, "mode", "CRD", "DCR");
    int code = sc_onnx_settled_input(c, 0, &x);
    if (!code &&
        (block < 1 || block > MOST_FACTOR || !(by_channel || sc_onnx_attribute_is(c->node, "mode", "DCR", "DCR"))))
        code = sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED,
                       "scumble lays out blocks of 1 to %d positions, as DCR or CRD", (int)MOST_FACTOR);
    if (code)
        return code;
    return sc_onnx_emit(c->im,
                        &(sc_operation){ .op = &sc_op_depth_to_space,
                                         .attrs.depth_to_space = { (int)block, by_channel },
                                         .inputs = { x->operand },
                                         .input_count = 1 },
                        c->out);
}

/* ---- all of them ----------------------------------------------------------------------------------------------- */

const sc_onnx_operator sc_onnx_extent_operators[] = {
    { "Pad", import_pad },
    { "Resize", import_resize },
    { "Upsample", import_resize },
    { "Cast", import_rounding },
    { "Round", import_rounding },
    { "Floor", import_rounding },
    { "Identity", import_identity },
    { "Dropout", import_identity },
    { "DepthToSpace", import_depth_to_space },
    { NULL, NULL },
};
