/* SPDX-License-Identifier: MIT */
/* A resize convolution (Odena et al. 2016): x enlarged twice by nearest neighbours, then a 3 x 3 convolution with a
 * border of one, in one step, so that the enlarged x is never there: out(y, x, k) = bias(k) + sum over ky, kx, c of
 * x(floor((y + ky - 1) / 2), floor((x + kx - 1) / 2), c) weight(k, ky, kx, c), then relu. Forward only: graph/fuse.c
 * makes it of the two operators where no gradient is wanted. */
#include "ops/helpers.h"

static int resize_conv2d_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    const sc_resize_conv2d_attrs *a = call->attrs;
    sc_shape x = call->in[0]->shape, w = call->in[1]->shape;
    if (w.h != 3 || w.w != 3 || w.c != x.c)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "resize_conv2d: the weight must be n x %d x 3 x 3, but it is %d x %d x %d x %d", x.c, w.n, w.c,
                       w.h, w.w);
    int code = sc_check_padding("resize_conv2d", (sc_padding){ .mode = a->padding }, x, err);
    if (!code && call->input_count > 2)
        code = sc_check_vector(call, 2, "resize_conv2d", "bias", w.n, err);
    return code ? code : sc_infer_extents("resize_conv2d", x.n, w.n, 2 * (int64_t)x.h, 2 * (int64_t)x.w, out, err);
}

/* The pixel of x under position (y, x) of the enlarged one; NULL in a border of zeros. */
static const float *resize_conv2d_source(const sc_call *call, int n, int y, int x)
{
    const sc_resize_conv2d_attrs *a = call->attrs;
    sc_shape s = call->in[0]->shape;
    y = sc_border_source(y, 2 * s.h, a->padding);
    x = sc_border_source(x, 2 * s.w, a->padding);
    return y < 0 || x < 0 ? NULL : call->in[0]->data + sc_offset(s, n, 0, y / 2, x / 2);
}

static void forward_pixel(const sc_call *call, int n, int y, int x, float *out)
{
    const sc_resize_conv2d_attrs *a = call->attrs;
    size_t channels = (size_t)call->in[0]->shape.c;
    const float *pixels[9], *weight = call->in[1]->data;
    for (int t = 0; t < 9; t++)
        pixels[t] = resize_conv2d_source(call, n, y + t / 3 - 1, x + t % 3 - 1);
    for (int k = 0; k < call->out->shape.c; k++) {
        float sum = call->input_count > 2 ? call->in[2]->data[k] : 0;
        for (int t = 0; t < 9; t++, weight += channels)
            for (size_t c = 0; pixels[t] && c < channels; c++)
                sum += pixels[t][c] * weight[c];
        out[k] = a->relu && sum <= 0 ? 0 : sum;
    }
}

static int resize_conv2d_forward(const sc_call *call, int part, int thread)
{
    (void)thread;
    sc_shape o = call->out->shape;
    sc_range rows = sc_part_range(sc_row_count(o), sc_row_parts(o), part);
    for (size_t r = rows.begin; r < rows.end; r++)
        for (int x = 0; x < o.w; x++)
            forward_pixel(call, (int)(r / (size_t)o.h), (int)(r % (size_t)o.h), x,
                          sc_row(call->out, r) + (size_t)x * (size_t)o.c);
    return SCUMBLE_OK;
}

static double resize_conv2d_flops(const sc_call *call)
{
    return 2.0 * (double)sc_shape_count(call->out->shape) * 9 * call->in[0]->shape.c;
}

const sc_op sc_op_resize_conv2d = {
    .name = "resize_conv2d",
    .min_inputs = 2,
    .max_inputs = 3,
    .attrs_bytes = sizeof(sc_resize_conv2d_attrs),
    .infer = resize_conv2d_infer,
    .forward = { sc_output_row_parts, resize_conv2d_forward, NULL, NULL },
    .flops = resize_conv2d_flops,
};
