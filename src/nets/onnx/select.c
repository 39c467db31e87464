/* SPDX-License-Identifier: MIT */
/* ONNX operators that take a part of a map: some of its channels, in any order, or rows and columns without those at
 * the edges. See import.h. */
#include "nets/onnx/import.h"

#include <stdlib.h>
#include <string.h>

/* The channels first, first + step, ...: a 1 x 1 convolution with ones and zeros. */
static int pick_channels(sc_onnx_importer *im, const sc_onnx_value *x, const int *which, int count, sc_onnx_value *out)
{
    enum { MOST = 1 << 22 };
    int channels = sc_onnx_operand_shape(im, x->operand).c;
    sc_operation o = { .op = &sc_op_conv2d, .inputs = { x->operand }, .input_count = 2 };
    if (count < 1 || (int64_t)count * channels > MOST)
        return sc_fail(im->err, SCUMBLE_ERR_UNSUPPORTED, "it takes %d of %d channels", count, channels);
    float *values = calloc((size_t)count * (size_t)channels, sizeof *values);
    if (!values)
        return sc_fail_memory(im->err, (size_t)count * (size_t)channels * sizeof *values);
    for (int i = 0; i < count; i++)
        values[(size_t)i * (size_t)channels + (size_t)which[i]] = 1;
    int code = sc_onnx_made_parameter(im, "", (sc_shape){ count, channels, 1, 1 }, values, &o.inputs[1]);
    free(values);
    return code ? code : sc_onnx_emit(im, &o, out);
}

/* The dimension that is all channels; -1: there is none. */
static int channel_dimension(const sc_onnx_importer *im, const sc_onnx_value *x, const sc_onnx_layout *l)
{
    int channels = sc_onnx_operand_shape(im, x->operand).c, found = -1;
    for (int d = 0; d < l->dimension_count; d++)
        if (channels > 1 && sc_onnx_is_axis(l, d, SC_ONNX_C, channels))
            found = d;
    return found;
}

/* Puts out's channels, of which there are `count` now, in the place of the old ones. scalar: the dimension goes. */
static void place_channels(const sc_onnx_layout *l, int dimension, int count, bool scalar, sc_onnx_layout *result)
{
    sc_onnx_layout r = { 0 };
    const sc_onnx_atom *a = l->atoms;
    for (int d = 0; d < l->dimension_count; a += l->counts[d], d++) {
        bool own = d == dimension;
        if (own && scalar)
            continue;
        r.counts[r.dimension_count] = own ? count > 1 : l->counts[d];
        for (int i = 0; i < r.counts[r.dimension_count]; i++)
            r.atoms[r.atom_count++] = own ? (sc_onnx_atom){ SC_ONNX_C, count, 1 } : a[i];
        r.dimension_count++;
    }
    *result = r;
}

static int import_gather(const sc_onnx_call *c)
{
    enum { MOST = 4096 };
    sc_onnx_importer *im = c->im;
    sc_onnx_value *x;
    int which[MOST], code = sc_onnx_any_settled(c, 0, &x);
    const sc_onnx_constant *at = code ? NULL : sc_onnx_small(im, sc_onnx_input(c, 1));
    if (code || im->err->code)
        return im->err->code;
    sc_onnx_layout l = sc_onnx_layout_of(im, x);
    int64_t axis = sc_onnx_attribute_int(c->node, "axis", 0);
    axis += axis < 0 ? l.dimension_count : 0;
    int channels = sc_onnx_operand_shape(im, x->operand).c;
    if (!at || at->dimension_count > 1 || at->count > MOST || axis != channel_dimension(im, x, &l))
        return sc_fail(im->err, SCUMBLE_ERR_UNSUPPORTED, "scumble picks channels of a map, by a constant list");
    for (size_t i = 0; i < at->count; i++) {
        int64_t index = sc_onnx_constant_int(at, i);
        index += index < 0 ? channels : 0;
        if (index < 0 || index >= channels)
            return sc_fail(im->err, SCUMBLE_ERR_FORMAT, "an index is beyond the end");
        which[i] = (int)index;
    }
    code = pick_channels(im, x, which, (int)at->count, c->out);
    place_channels(&l, (int)axis, (int)at->count, !at->dimension_count, &c->out->layout);
    return code;
}

/* start, end and step of a slice as they meet an extent; false: there is nothing between. */
static bool clamp_slice(int64_t *start, int64_t *end, int64_t step, int64_t extent, int *count)
{
    const int64_t low = step > 0 ? 0 : -1, high = step > 0 ? extent : extent - 1;
    *start += *start < 0 ? extent : 0;
    *end += *end < 0 ? extent : 0; /* the least end of a step back, -2^63, stays before the beginning */
    *start = *start < 0 ? 0 : *start > high ? high : *start;
    *end = *end < low ? low : *end > high ? high : *end;
    int64_t way = step > 0 ? *end - *start : *start - *end, stride = step > 0 ? step : -step;
    *count = step == 0 || step == INT64_MIN || way <= 0 ? 0 : (int)((way - 1) / stride + 1);
    return *count > 0;
}

/* One axis of a slice. */
static int slice_axis(const sc_onnx_call *c, sc_onnx_value *x, int dimension, int64_t start, int64_t end, int64_t step)
{
    sc_onnx_importer *im = c->im;
    sc_onnx_layout l = sc_onnx_layout_of(im, x);
    int64_t extent = sc_onnx_extent(&l, dimension);
    sc_shape s = sc_onnx_operand_shape(im, x->operand);
    int count, which[4096];
    if (!clamp_slice(&start, &end, step, extent, &count))
        return sc_fail(im->err, SCUMBLE_ERR_FORMAT, "it leaves nothing of a map");
    if (count == extent && step == 1)
        return SCUMBLE_OK;
    sc_operation o = { .op = &sc_op_crop, .inputs = { x->operand }, .input_count = 1 };
    bool rows = sc_onnx_is_axis(&l, dimension, SC_ONNX_H, s.h),
         columns = sc_onnx_is_axis(&l, dimension, SC_ONNX_W, s.w);
    if (dimension == channel_dimension(im, x, &l) && count <= 4096) {
        for (int i = 0; i < count; i++)
            which[i] = (int)(start + i * step);
        int code = pick_channels(im, x, which, count, x);
        place_channels(&l, dimension, count, false, &x->layout);
        return code;
    }
    if (step != 1 || !(rows || columns) || start > SC_ONNX_MOST_EXTENT || extent - end > SC_ONNX_MOST_EXTENT)
        return sc_fail(im->err, SCUMBLE_ERR_UNSUPPORTED,
                       "it cuts a part out of a map that is not at its edges, or leaves positions out");
    if (rows)
        o.attrs.crop = (sc_crop_attrs){ .top = (int)start, .bottom = (int)(extent - end) };
    else
        o.attrs.crop = (sc_crop_attrs){ .left = (int)start, .right = (int)(extent - end) };
    sc_onnx_layout cut = l;
    cut.atoms[sc_onnx_atoms(&l, dimension) - l.atoms].extent = count;
    int code = sc_onnx_emit(im, &o, x);
    x->layout = count > 1 ? cut : (sc_onnx_layout){ 0 };
    return code || count > 1 ? code : sc_fail(im->err, SCUMBLE_ERR_UNSUPPORTED, "it leaves one row or column of a map");
}

static int import_slice(const sc_onnx_call *c)
{
    sc_onnx_importer *im = c->im;
    sc_onnx_value *x;
    int64_t starts[SC_MAX_DIMENSIONS], ends[SC_MAX_DIMENSIONS], axes[SC_MAX_DIMENSIONS], steps[SC_MAX_DIMENSIONS];
    int count = 0, end_count = 0, axis_count = 0, step_count = 0, code = sc_onnx_any_settled(c, 0, &x);
    if (!code)
        code = sc_onnx_numbers(c, "starts", 1, starts, SC_MAX_DIMENSIONS, &count);
    if (!code)
        code = sc_onnx_numbers(c, "ends", 2, ends, SC_MAX_DIMENSIONS, &end_count);
    if (!code)
        code = sc_onnx_numbers(c, "axes", 3, axes, SC_MAX_DIMENSIONS, &axis_count);
    if (!code)
        code = sc_onnx_numbers(c, "steps", 4, steps, SC_MAX_DIMENSIONS, &step_count);
    if (!code && (count != end_count || (axis_count && axis_count != count) || (step_count && step_count != count)))
        code = sc_fail(im->err, SCUMBLE_ERR_FORMAT, "its starts, ends, axes or steps are wrong");
    if (code)
        return code;
    sc_onnx_value y = { .name = "", .kind = SC_ONNX_MAP, .operand = x->operand, .layout = x->layout };
    int dimensions = sc_onnx_layout_of(im, &y).dimension_count;
    for (int i = 0; i < count && !code; i++) {
        int64_t axis = axis_count ? axes[i] : i;
        axis += axis < 0 ? dimensions : 0;
        if (axis < 0 || axis >= dimensions)
            return sc_fail(im->err, SCUMBLE_ERR_FORMAT, "its axes are wrong");
        code = slice_axis(c, &y, (int)axis, starts[i], ends[i], step_count ? steps[i] : 1);
    }
    return code ? code : sc_onnx_pass(c, &y);
}

const sc_onnx_operator sc_onnx_select_operators[] = { { "Gather", import_gather },
                                                      { "Slice", import_slice },
                                                      { NULL, NULL } };
