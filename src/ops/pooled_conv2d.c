/* SPDX-License-Identifier: MIT */
/* A 3 x 3 convolution with ReLU and the maximum of 2 x 2 pixels after it, in one step, so that what is pooled is never
 * there: out(y, x, k) = scale max(0, max over i, j in {0, 1} of conv2d(2 y + i, 2 x + j, k)). graph/fuse.c makes it of
 * the operators where weights and bias are constants. Backends keep no map of the convolution's size; here it is in
 * scratch memory. Saved: a byte a value, the winner's number 2 i + j, or NONE where it is not above 0. */
#include "ops/helpers.h"

enum { NONE = 4 };

/* The convolution alone: a call of its own, whose result lies at the beginning of the scratch memory, its own scratch
 * behind it. */
typedef struct inner {
    sc_conv2d_attrs attrs;
    sc_tensor full;
    sc_call call;
} inner;

static size_t full_bytes(const inner *in)
{
    return sc_thread_stride(sc_shape_bytes(in->full.shape));
}

static int make_inner(const sc_call *call, inner *in, sc_error *err)
{
    const sc_pooled_conv2d_attrs *a = call->attrs;
    in->attrs = (sc_conv2d_attrs){ .padding = a->padding };
    in->full = (sc_tensor){ .data = call->scratch };
    in->call = *call;
    in->call.attrs = &in->attrs;
    in->call.saved = NULL;
    int code = sc_op_conv2d.infer(&in->call, &in->full.shape, err);
    in->call.out = &in->full;
    in->call.out_gradient = &in->full;
    in->call.scratch = call->scratch ? (char *)call->scratch + full_bytes(in) : NULL;
    return code;
}

static int pooled_conv2d_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    const sc_pooled_conv2d_attrs *a = call->attrs;
    sc_shape w = call->in[1]->shape;
    inner in;
    int code = make_inner(call, &in, err);
    if (code)
        return code;
    sc_shape full = in.full.shape;
    if (w.h != 3 || w.w != 3)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "pooled_conv2d: the kernel must be 3 x 3, not %d x %d", w.h, w.w);
    if (full.h < 2 || full.w < 2)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "pooled_conv2d: there are no 2 x 2 pixels to pool in %d x %d", full.h,
                       full.w);
    if (!(a->scale >= 0))
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "pooled_conv2d: the scale must not be below 0");
    return sc_infer_extents("pooled_conv2d", full.n, full.c, full.h / 2, full.w / 2, out, err);
}

static float pooled_conv2d_scale_of(const sc_call *call)
{
    const sc_pooled_conv2d_attrs *a = call->attrs;
    return a->scale == 0 ? 1 : a->scale;
}

/* When it is known to fit. */
static void set_inner(const sc_call *call, inner *in)
{
    sc_error err;
    make_inner(call, in, &err);
}

/* The four pixels under pixel i, of all pooled ones. */
static void find_window(const inner *in, sc_shape pooled, size_t i, float *pixels[4])
{
    sc_shape full = in->full.shape;
    size_t x = i % (size_t)pooled.w, y = i / (size_t)pooled.w % (size_t)pooled.h,
           n = i / ((size_t)pooled.w * (size_t)pooled.h);
    for (int k = 0; k < 4; k++)
        pixels[k] = in->full.data + sc_offset(full, (int)n, 0, (int)(2 * y) + k / 2, (int)(2 * x) + k % 2);
}

static size_t pooled_conv2d_pixel_count(sc_shape s)
{
    return sc_row_count(s) * (size_t)s.w;
}

static int pooled_conv2d_forward_parts(const sc_call *call)
{
    inner in;
    set_inner(call, &in);
    return sc_op_conv2d.forward.parts(&in.call);
}

static int convolve(const sc_call *call, int part, int thread)
{
    inner in;
    set_inner(call, &in);
    return sc_op_conv2d.forward.run(&in.call, part, thread);
}

static int pool(const sc_call *call)
{
    inner in;
    set_inner(call, &in);
    sc_shape o = call->out->shape;
    float *to = call->out->data;
    uint8_t *saved = call->saved;
    for (size_t i = 0; i < pooled_conv2d_pixel_count(o); i++) {
        float *pixels[4];
        find_window(&in, o, i, pixels);
        for (int c = 0; c < o.c; c++, to++) {
            uint8_t winner = 0;
            for (uint8_t k = 1; k < 4; k++)
                winner = pixels[k][c] > pixels[winner][c] || isnan(pixels[k][c]) ? k : winner;
            float most = pooled_conv2d_scale_of(call) * pixels[winner][c];
            *to = most <= 0 ? 0 : most;
            if (saved)
                *saved++ = most <= 0 ? NONE : winner;
        }
    }
    return SCUMBLE_OK;
}

/* In one part: the gradient has to be spread before any is used. */
static int pooled_conv2d_backward(const sc_call *call, int part, int thread)
{
    (void)part, (void)thread;
    if (!call->in_gradient[0])
        return SCUMBLE_OK;
    inner in;
    set_inner(call, &in);
    sc_shape o = call->out->shape;
    const float *from = call->out_gradient->data;
    const uint8_t *saved = call->saved;
    memset(in.full.data, 0, sc_shape_bytes(in.full.shape));
    for (size_t i = 0; i < pooled_conv2d_pixel_count(o); i++) {
        float *pixels[4];
        find_window(&in, o, i, pixels);
        for (int c = 0; c < o.c; c++, from++, saved++)
            if (*saved != NONE)
                pixels[*saved][c] = pooled_conv2d_scale_of(call) * *from;
    }
    int parts = sc_op_conv2d.backward.parts(&in.call), code = SCUMBLE_OK;
    for (int p = 0; p < parts && !code; p++)
        code = sc_op_conv2d.backward.run(&in.call, p, 0);
    return code;
}

static size_t pooled_conv2d_forward_scratch(const sc_call *call)
{
    inner in;
    set_inner(call, &in);
    return full_bytes(&in) + sc_op_conv2d.forward.scratch_bytes(&in.call);
}

static size_t pooled_conv2d_backward_scratch(const sc_call *call)
{
    inner in;
    set_inner(call, &in);
    return full_bytes(&in) + sc_op_conv2d.backward.scratch_bytes(&in.call);
}

static unsigned pooled_conv2d_reads(const sc_call *call, unsigned wanted)
{
    (void)call;
    return wanted & 1 ? SC_READS_INPUT_0 << 1 : 0;
}

static size_t pooled_conv2d_saved(const sc_call *call, unsigned wanted)
{
    return wanted & 1 ? sc_shape_count(call->out->shape) : 0;
}

static double pooled_conv2d_flops(const sc_call *call)
{
    return 4 * 2.0 * (double)sc_shape_count(call->out->shape) * 9 * call->in[0]->shape.c;
}

const sc_op sc_op_pooled_conv2d = {
    .name = "pooled_conv2d",
    .min_inputs = 2,
    .max_inputs = 3,
    .attrs_bytes = sizeof(sc_pooled_conv2d_attrs),
    .infer = pooled_conv2d_infer,
    .forward = { pooled_conv2d_forward_parts, convolve, pool, pooled_conv2d_forward_scratch },
    .backward = { NULL, pooled_conv2d_backward, NULL, pooled_conv2d_backward_scratch },
    .reads = pooled_conv2d_reads,
    .saved_bytes = pooled_conv2d_saved,
    .constants = 1u << 1 | 1u << 2,
    .flops = pooled_conv2d_flops,
};
