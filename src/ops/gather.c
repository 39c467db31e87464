/* SPDX-License-Identifier: MIT */
/* Single positions of a picture: out[k] = x[row_k, column_k], the pairs (row, column) being data that may change
 * between runs. A pair names the pixel that it lies in: fractions are dropped. A pair outside the picture, or not of
 * numbers, reads 0: so what is gathered from disjoint parts of a picture, each with positions relative to it, adds up
 * to what is gathered from the whole. Backward: dx[row_k, column_k] += dy[k]. Positions may repeat: each part owns a
 * stretch of x's pixels and looks at all positions in their order, so that sums have one order whatever the number of
 * threads. */
#include "ops/helpers.h"

#define NOWHERE SIZE_MAX /* the number of no pixel */

enum { MOST_EXTENT = 1 << 24, MOST_BACKWARD_PARTS = 64 };

static size_t gather_position_count(const sc_call *call)
{
    return (size_t)call->in[1]->shape.w;
}

static size_t gather_pixel_count(const sc_call *call)
{
    return (size_t)call->in[0]->shape.h * (size_t)call->in[0]->shape.w;
}

static int gather_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    sc_shape x = call->in[0]->shape, p = call->in[1]->shape;
    if (x.n != 1)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "gather: takes positions of one picture, but the input holds %d",
                       x.n);
    if (x.h > MOST_EXTENT || x.w > MOST_EXTENT)
        return sc_fail(err, SCUMBLE_ERR_LIMIT,
                       "gather: a picture of %d x %d pixels is too large: float positions reach to %d", x.w, x.h,
                       (int)MOST_EXTENT);
    if (p.n != 1 || p.c != 2 || p.h != 1)
        return sc_fail(
            err, SCUMBLE_ERR_ARGUMENT,
            "gather: the positions must be 1 x 2 x 1 x n, a row and a column each, but they are %d x %d x %d x %d", p.n,
            p.c, p.h, p.w);
    return sc_infer_result("gather", (sc_shape){ 1, x.c, 1, p.w }, out, err);
}

static bool lies_within(float position, int extent)
{
    return position >= 0 && position < (float)extent; /* NaN does not */
}

static size_t pixel_at(const float *pair, sc_shape x)
{
    return lies_within(pair[0], x.h) && lies_within(pair[1], x.w) ? (size_t)pair[0] * (size_t)x.w + (size_t)pair[1] :
                                                                    NOWHERE;
}

static int gather_forward_parts(const sc_call *call)
{
    return sc_part_count(gather_position_count(call), (size_t)call->in[0]->shape.c);
}

/* Leaves the pixels' numbers for backward. */
static int gather_forward(const sc_call *call, int part, int thread)
{
    (void)thread;
    sc_shape x = call->in[0]->shape;
    size_t c = (size_t)x.c, *pixels = call->saved;
    sc_range own = sc_part_range(gather_position_count(call), gather_forward_parts(call), part);
    for (size_t k = own.begin; k < own.end; k++) {
        size_t pixel = pixel_at(call->in[1]->data + 2 * k, x);
        if (pixel == NOWHERE)
            memset(call->out->data + k * c, 0, c * sizeof(float));
        else
            memcpy(call->out->data + k * c, call->in[0]->data + pixel * c, c * sizeof(float));
        if (pixels)
            pixels[k] = pixel;
    }
    return SCUMBLE_OK;
}

static size_t gather_saved(const sc_call *call, unsigned wanted)
{
    return wanted & 1 ? gather_position_count(call) * sizeof(size_t) : 0;
}

static int gather_backward_parts(const sc_call *call)
{
    return sc_min_int(MOST_BACKWARD_PARTS, sc_part_count(gather_pixel_count(call), (size_t)call->in[0]->shape.c));
}

static int gather_backward(const sc_call *call, int part, int thread)
{
    (void)thread;
    if (!call->in_gradient[0])
        return SCUMBLE_OK;
    size_t c = (size_t)call->in[0]->shape.c;
    const size_t *pixels = call->saved;
    sc_range own = sc_part_range(gather_pixel_count(call), gather_backward_parts(call), part);
    if (!call->accumulate[0])
        memset(call->in_gradient[0]->data + own.begin * c, 0, (own.end - own.begin) * c * sizeof(float));
    for (size_t k = 0; k < gather_position_count(call); k++)
        if (pixels[k] >= own.begin && pixels[k] < own.end)
            sc_write_values(call->in_gradient[0]->data + pixels[k] * c, call->out_gradient->data + k * c, c, true);
    return SCUMBLE_OK;
}

const sc_op sc_op_gather = {
    .name = "gather",
    .min_inputs = 2,
    .max_inputs = 2,
    .infer = gather_infer,
    .forward = { gather_forward_parts, gather_forward, NULL, NULL },
    .backward = { gather_backward_parts, gather_backward, NULL, NULL },
    .saved_bytes = gather_saved,
    .constants = 2,
};
