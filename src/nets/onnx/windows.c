/* SPDX-License-Identifier: MIT */
/* ONNX operators whose windows move over maps: convolutions, transposed convolutions, pooling. See import.h. */
#include "nets/onnx/import.h"

#include <stdlib.h>
#include <string.h>

/* ---- windows --------------------------------------------------------------------------------------------------- */

/* Each [0] is vertical. */
typedef struct window {
    int size[2], stride[2], dilation[2];
    int before[2], after[2];
} window;

static int read_numbers(const sc_onnx_call *c, const char *name, int least, int *numbers, int count)
{
    const sc_onnx_attribute *a = sc_onnx_attribute_find(c->node, name);
    if (a && a->n_ints != (size_t)count)
        return sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED, "its '%s' are for %zu dimensions; scumble knows maps of 2",
                       name, a->n_ints * 2 / (size_t)count);
    for (int i = 0; a && i < count; i++) {
        if (a->ints[i] < least || a->ints[i] > SC_ONNX_MOST_EXTENT)
            return sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED, "its '%s' are not within %d..%d", name, least,
                           (int)SC_ONNX_MOST_EXTENT);
        numbers[i] = (int)a->ints[i];
    }
    return SCUMBLE_OK;
}

/* size: from the weights, or zeros: there is an attribute. */
static int windows_read_window(const sc_onnx_call *c, window *w)
{
    int pads[4] = { 0 };
    w->stride[0] = w->stride[1] = w->dilation[0] = w->dilation[1] = 1;
    int code = w->size[0] ? SCUMBLE_OK : read_numbers(c, "kernel_shape", 1, w->size, 2);
    if (!code)
        code = read_numbers(c, "strides", 1, w->stride, 2);
    if (!code)
        code = read_numbers(c, "dilations", 1, w->dilation, 2);
    if (!code)
        code = read_numbers(c, "pads", 0, pads, 4);
    if (!code && !w->size[0])
        code = sc_fail(c->im->err, SCUMBLE_ERR_FORMAT, "its 'kernel_shape' is missing");
    for (int i = 0; i < 2; i++) {
        w->before[i] = pads[i];
        w->after[i] = pads[i + 2];
    }
    return code;
}

/* From the window's first position to its last one. */
static int64_t windows_span(const window *w, int axis)
{
    return (int64_t)(w->size[axis] - 1) * w->dilation[axis] + 1;
}

/* Where the node wants it ("SAME"): the padding that is needed in all, half of it at each end. */
static void share_padding(const sc_onnx_call *c, window *w, int axis, int64_t needed)
{
    bool upper = sc_onnx_attribute_is(c->node, "auto_pad", "SAME_UPPER", ""),
         lower = sc_onnx_attribute_is(c->node, "auto_pad", "SAME_LOWER", "");
    needed = needed < 0 ? 0 : needed < SC_ONNX_MOST_EXTENT ? needed : SC_ONNX_MOST_EXTENT;
    if (upper || lower) {
        w->before[axis] = (int)(needed + lower) / 2;
        w->after[axis] = (int)(needed + upper) / 2;
    }
}

/* Of a window that moves over x. */
static int read_window_over(const sc_onnx_call *c, sc_shape x, window *w)
{
    int code = windows_read_window(c, w);
    for (int i = 0; i < 2 && !code; i++) {
        int64_t extent = i ? x.w : x.h, steps = (extent + w->stride[i] - 1) / w->stride[i];
        share_padding(c, w, i, (steps - 1) * w->stride[i] + windows_span(w, i) - extent);
    }
    return code;
}

/* ---- convolutions ---------------------------------------------------------------------------------------------- */

/* The weights' four dimensions, in the file's order. */
static int read_weights(const sc_onnx_call *c, sc_shape *shape)
{
    int count = 0;
    const sc_onnx_value *v = sc_onnx_input(c, 1);
    const int64_t *d = v && sc_onnx_is_constant(v) ? sc_onnx_dimensions(v, &count) : NULL;
    for (int i = 0; i < count; i++)
        if (d[i] < 1 || d[i] > 1 << 20)
            count = 0;
    if (count != 4)
        return sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED, "its weights are not a constant of 4 dimensions");
    *shape = (sc_shape){ (int)d[0], (int)d[1], (int)d[2], (int)d[3] };
    return SCUMBLE_OK;
}

static int read_groups(const sc_onnx_call *c, int *groups)
{
    int64_t number = sc_onnx_attribute_int(c->node, "group", 1);
    if (number < 1 || number > SC_ONNX_MOST_EXTENT)
        return sc_fail(c->im->err, SCUMBLE_ERR_FORMAT, "its number of groups is impossible");
    *groups = (int)number;
    return SCUMBLE_OK;
}

static int import_conv(const sc_onnx_call *c)
{
    sc_onnx_importer *im = c->im;
    sc_onnx_value *x;
    sc_shape weight;
    int groups = 1;
    int code = sc_onnx_map_input(c, 0, &x);
    if (!code)
        code = read_weights(c, &weight);
    if (!code)
        code = read_groups(c, &groups);
    if (code)
        return code;
    window w = { .size = { weight.h, weight.w } };
    code = read_window_over(c, sc_onnx_map_shape(im, x), &w);
    bool own = w.before[0] || w.before[1] || w.after[0] || w.after[1];
    if (!code && (own || x->clipped)) /* a padding of its own goes around the other one */
        code = sc_onnx_settle(im, x);
    if (code)
        return code;
    sc_operation o = { .op = &sc_op_conv2d, .inputs = { x->operand }, .input_count = 2 };
    o.attrs.conv2d = (sc_conv2d_attrs){
        .stride_h = w.stride[0],
        .stride_w = w.stride[1],
        .groups = groups > 1 ? groups : 0,
        .dilation_h = w.dilation[0] > 1 ? w.dilation[0] : 0,
        .dilation_w = w.dilation[1] > 1 ? w.dilation[1] : 0,
        .padding = own ? (sc_padding){ w.before[0], w.after[0], w.before[1], w.after[1], SC_PAD_ZERO } : x->padding,
    };
    code = sc_onnx_parameter(im, c->in[1], weight, false, &o.inputs[1]);
    if (!code && sc_onnx_input(c, 2)) {
        o.input_count = 3;
        code = sc_onnx_parameter(im, c->in[2], (sc_shape){ 1, weight.n, 1, 1 }, false, &o.inputs[2]);
    }
    return code ? code : sc_onnx_emit(im, &o, c->out);
}

/* ---- transposed convolutions --------------------------------------------------------------------------------------
 * With stride s, result o = s q + r (r < s: its phase) gets w(k) x(i) from every i and k with o + before = s i +
 * dilation k. So each phase is a plain convolution of x around q with the weights that it meets, j = i - q away, and
 * all of them together are one convolution with s^2 times as many channels, whose channels are then laid out as
 * positions (Shi et al. 2016, arXiv 1609.07009, "Is the deconvolution layer the same as a convolutional layer?"). */

enum { MOST_STRIDE = 16, MOST_WEIGHTS = 1 << 26 };

typedef struct transposed {
    window window;
    sc_shape from;      /* the file's weights: (in, out / groups, height, width) */
    int groups, stride; /* both ways */
    int first[2];       /* least j, <= 0 */
    sc_shape kernel;    /* of the plain convolution */
} transposed;

/* j of weight k in phase r; false: they do not meet. */
static bool meets(const transposed *t, int axis, int r, int k, int *j)
{
    int from = r + t->window.before[axis] - t->window.dilation[axis] * k;
    *j = from / t->stride;
    return from % t->stride == 0;
}

static void measure_kernel(transposed *t)
{
    int extents[2];
    for (int axis = 0; axis < 2; axis++) {
        int last = 0, j;
        t->first[axis] = 0;
        for (int k = 0; k < t->window.size[axis]; k++)
            for (int r = 0; r < t->stride; r++)
                if (meets(t, axis, r, k, &j)) {
                    t->first[axis] = j < t->first[axis] ? j : t->first[axis];
                    last = j > last ? j : last;
                }
        extents[axis] = last - t->first[axis] + 1;
    }
    t->kernel =
        (sc_shape){ t->from.c * t->groups * t->stride * t->stride, t->from.n / t->groups, extents[0], extents[1] };
}

static int read_transposed(const sc_onnx_call *c, sc_shape x, transposed *t)
{
    sc_error *err = c->im->err;
    window *w = &t->window;
    int more[2] = { 0 };
    int code = read_weights(c, &t->from);
    if (!code)
        code = read_groups(c, &t->groups);
    *w = (window){ .size = { t->from.h, t->from.w } };
    if (!code)
        code = windows_read_window(c, w);
    if (!code)
        code = read_numbers(c, "output_padding", 0, more, 2);
    if (code)
        return code;
    if (t->from.n % t->groups)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "its %d input channels are no multiple of its %d groups", t->from.n,
                       t->groups);
    if (t->from.n != x.c)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "its weights are for %d channels, but its input has %d", t->from.n,
                       x.c);
    if (w->stride[0] != w->stride[1] || w->stride[0] > MOST_STRIDE || sc_onnx_attribute_find(c->node, "output_shape"))
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "scumble enlarges by strides of 1 to %d, the same both ways, and not to a given size",
                       (int)MOST_STRIDE);
    t->stride = w->stride[0];
    for (int i = 0; i < 2; i++) {
        share_padding(c, w, i, windows_span(w, i) + more[i] - t->stride);
        int64_t in = i ? x.w : x.h,
                out = t->stride * (in - 1) + windows_span(w, i) + more[i] - w->before[i] - w->after[i];
        if (out != t->stride * in)
            return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                           "it makes %lld positions of %lld; scumble enlarges by the stride, to %lld", (long long)out,
                           (long long)in, (long long)(t->stride * in));
    }
    int64_t positions = windows_span(w, 0) * windows_span(w, 1),
            result = (int64_t)t->from.c * t->groups * t->stride * t->stride;
    if (positions > MOST_WEIGHTS || result > 1 << 20)
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "its weights are too many");
    measure_kernel(t);
    if (!sc_shape_valid(t->kernel) || sc_shape_count(t->kernel) > MOST_WEIGHTS)
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "its weights are too many");
    return SCUMBLE_OK;
}

/* The plain convolution's channel for one of the result's in phase (r, p). With groups, those of a group must lie next
 * to each other. */
static size_t channel_of(const transposed *t, int channel, int r, int p)
{
    size_t phases = (size_t)t->stride * (size_t)t->stride, phase = (size_t)(r * t->stride + p),
           channels = (size_t)(t->from.c * t->groups);
    return t->groups > 1 ? (size_t)channel * phases + phase : phase * channels + (size_t)channel;
}

/* The file's weight at (k, l) into the plain convolution's, all channels; of the phase in which it is met at (i, j). */
static void place_weight(const transposed *t, const sc_onnx_value *v, const int k[2], const int phase[2],
                         const int at[2], float *values)
{
    sc_shape s = t->kernel;
    size_t plane = (size_t)s.h * (size_t)s.w, from_plane = (size_t)t->from.h * (size_t)t->from.w;
    size_t to = (size_t)at[0] * (size_t)s.w + (size_t)at[1], from = (size_t)k[0] * (size_t)t->from.w + (size_t)k[1];
    for (int in = 0; in < t->from.n; in++)
        for (int out = 0; out < t->from.c; out++) {
            size_t channel = channel_of(t, in / s.c * t->from.c + out, phase[0], phase[1]);
            values[(channel * (size_t)s.c + (size_t)(in % s.c)) * plane + to] =
                (float)sc_onnx_at(v, ((size_t)in * (size_t)t->from.c + (size_t)out) * from_plane + from);
        }
}

static void place_weights(const transposed *t, const sc_onnx_value *v, float *values)
{
    int k[2], phase[2], j[2];
    for (k[0] = 0; k[0] < t->from.h; k[0]++)
        for (k[1] = 0; k[1] < t->from.w; k[1]++)
            for (phase[0] = 0; phase[0] < t->stride; phase[0]++)
                for (phase[1] = 0; phase[1] < t->stride; phase[1]++)
                    if (meets(t, 0, phase[0], k[0], &j[0]) && meets(t, 1, phase[1], k[1], &j[1]))
                        place_weight(t, v, k, phase, (const int[2]){ j[0] - t->first[0], j[1] - t->first[1] }, values);
}

static int transposed_weights(const sc_onnx_call *c, const transposed *t, sc_operand *operand)
{
    const sc_onnx_value *v = c->in[1];
    float *values = calloc(sc_shape_count(t->kernel), sizeof *values);
    if (!values)
        return sc_fail_memory(c->im->err, sc_shape_bytes(t->kernel));
    place_weights(t, v, values);
    int code = sc_onnx_made_parameter(c->im, v->name, t->kernel, values, operand);
    free(values);
    return code;
}

/* One bias for all phases of a channel. */
static int transposed_bias(const sc_onnx_call *c, const transposed *t, sc_operand *operand)
{
    const sc_onnx_value *v = c->in[2];
    int channels = t->from.c * t->groups;
    if (!sc_onnx_is_constant(v) || sc_onnx_count(v) != (size_t)channels)
        return sc_fail(c->im->err, SCUMBLE_ERR_FORMAT, "its bias is not a constant of %d values", channels);
    float *values = calloc((size_t)t->kernel.n, sizeof *values);
    if (!values)
        return sc_fail_memory(c->im->err, (size_t)t->kernel.n * sizeof *values);
    for (int i = 0; i < channels; i++)
        for (int phase = 0; phase < t->stride * t->stride; phase++)
            values[channel_of(t, i, phase / t->stride, phase % t->stride)] = (float)sc_onnx_at(v, (size_t)i);
    int code = sc_onnx_made_parameter(c->im, v->name, (sc_shape){ 1, t->kernel.n, 1, 1 }, values, operand);
    free(values);
    return code;
}

static int import_transposed(const sc_onnx_call *c)
{
    sc_onnx_value *x;
    transposed t;
    int code = sc_onnx_settled_input(c, 0, &x);
    if (!code)
        code = read_transposed(c, sc_onnx_map_shape(c->im, x), &t);
    if (code)
        return code;
    sc_operation o = { .op = &sc_op_conv2d, .inputs = { x->operand }, .input_count = sc_onnx_input(c, 2) ? 3 : 2 };
    o.attrs.conv2d = (sc_conv2d_attrs){ .stride_h = 1,
                                        .stride_w = 1,
                                        .groups = t.groups > 1 ? t.groups : 0,
                                        .padding = { -t.first[0], t.kernel.h - 1 + t.first[0], -t.first[1],
                                                     t.kernel.w - 1 + t.first[1], SC_PAD_ZERO } };
    code = transposed_weights(c, &t, &o.inputs[1]);
    if (!code && o.input_count == 3)
        code = transposed_bias(c, &t, &o.inputs[2]);
    if (!code)
        code = sc_onnx_emit(c->im, &o, c->out);
    if (code || t.stride == 1)
        return code;
    sc_operation lay = { .op = &sc_op_depth_to_space,
                         .attrs.depth_to_space = { t.stride, t.groups > 1 },
                         .inputs = { c->out->operand },
                         .input_count = 1 };
    return sc_onnx_emit(c->im, &lay, c->out);
}

/* ---- pooling --------------------------------------------------------------------------------------------------- */

static int import_pool(const sc_onnx_call *c)
{
    bool max = !strcmp(c->node->op_type, "MaxPool");
    sc_onnx_value *x;
    window w = { 0 };
    int code = sc_onnx_settled_input(c, 0, &x);
    if (!code)
        code = read_window_over(c, sc_onnx_map_shape(c->im, x), &w);
    if (!code && (w.dilation[0] != 1 || w.dilation[1] != 1))
        code = sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED, "scumble has no dilated pooling");
    if (code)
        return code;
    sc_operation o = { .op = max ? &sc_op_max_pool2d : &sc_op_average_pool2d,
                       .inputs = { x->operand },
                       .input_count = 1 };
    o.attrs.pool2d =
        (sc_pool2d_attrs){ .size_h = w.size[0],
                           .size_w = w.size[1],
                           .stride_h = w.stride[0],
                           .stride_w = w.stride[1],
                           .top = w.before[0],
                           .bottom = w.after[0],
                           .left = w.before[1],
                           .right = w.after[1],
                           .include_padding = !max && sc_onnx_attribute_int(c->node, "count_include_pad", 0),
                           .ceil_mode = sc_onnx_attribute_int(c->node, "ceil_mode", 0) != 0 };
    return sc_onnx_emit(c->im, &o, c->out);
}

/* ---- all of them ----------------------------------------------------------------------------------------------- */

const sc_onnx_operator sc_onnx_window_operators[] = {
    { "Conv", import_conv },
    { "ConvTranspose", import_transposed },
    { "MaxPool", import_pool },
    { "AveragePool", import_pool },
    { NULL, NULL },
};
