/* SPDX-License-Identifier: MIT */
/* What several operators share. See helpers.h. */
#include "ops/helpers.h"

const sc_field sc_no_fields[] = { { 0 } };

int sc_border_source(int position, int extent, sc_padding_mode mode)
{
    if (position >= 0 && position < extent)
        return position;
    switch (mode) {
    case SC_PAD_REPLICATE: return position < 0 ? 0 : extent - 1;
    case SC_PAD_REFLECT: return position < 0 ? -position : 2 * (extent - 1) - position;
    case SC_PAD_CIRCULAR: return position < 0 ? position + extent : position - extent;
    case SC_PAD_ZERO: break;
    }
    return -1;
}

void sc_relu_row(const float *x, float *y, size_t count, float slope, uint8_t *signs)
{
    if (signs)
        for (size_t i = 0; i < count; i += 8) {
            unsigned bits = 0;
            for (size_t j = 0; j < 8 && i + j < count; j++)
                bits |= (unsigned)!(x[i + j] <= 0) << j;
            signs[i / 8] = (uint8_t)bits;
        }
    if (slope == 0)
        for (size_t i = 0; i < count; i++)
            y[i] = x[i] <= 0 ? 0 : x[i];
    else
        for (size_t i = 0; i < count; i++)
            y[i] = x[i] <= 0 ? slope * x[i] : x[i];
}

/* Up to 8 values. A table of factors in place of a branch: signs are random, and mispredictions cost more than all
 * else. */
static inline void helpers_relu_backward(const float *from, unsigned bits, float *to, size_t count, float slope,
                                         bool accumulate)
{
    const float factors[2] = { slope, 1 };
    for (size_t j = 0; j < count; j++) {
        float value = from[j] * factors[bits >> j & 1];
        to[j] = accumulate ? to[j] + value : value;
    }
}

void sc_relu_row_backward(const float *from, const uint8_t *signs, float *to, size_t count, float slope,
                          bool accumulate)
{
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
        helpers_relu_backward(from + i, signs[i / 8], to + i, 8, slope, accumulate);
    if (i < count)
        helpers_relu_backward(from + i, signs[i / 8], to + i, count - i, slope, accumulate);
}

double sc_sum(const float *x, size_t count)
{
    double lanes[8] = { 0 }, sum = 0;
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
        for (int j = 0; j < 8; j++)
            lanes[j] += (double)x[i + (size_t)j];
    for (; i < count; i++)
        sum += (double)x[i];
    for (int j = 0; j < 8; j++)
        sum += lanes[j];
    return sum;
}

double sc_sum_products(const float *x, const float *y, size_t count)
{
    double lanes[8] = { 0 }, sum = 0;
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
        for (int j = 0; j < 8; j++)
            lanes[j] += (double)x[i + (size_t)j] * (double)y[i + (size_t)j];
    for (; i < count; i++)
        sum += (double)x[i] * (double)y[i];
    for (int j = 0; j < 8; j++)
        sum += lanes[j];
    return sum;
}

double sc_sum_partials(const double *values, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += values[i];
    return sum;
}

void sc_combine_rows(const double *partials, int parts, size_t count, float *to, bool accumulate)
{
    for (size_t i = 0; i < count; i++) {
        double sum = 0;
        for (int p = 0; p < parts; p++)
            sum += partials[(size_t)p * count + i];
        sc_write(to + i, (float)sum, accumulate);
    }
}

int sc_check_vector(const sc_call *call, int i, const char *op, const char *what, int c, sc_error *err)
{
    sc_shape s = call->in[i]->shape;
    if (sc_shape_equal(s, (sc_shape){ 1, c, 1, 1 }))
        return SCUMBLE_OK;
    return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                   "%s: the %s must be 1 x %d x 1 x 1, one value a channel, but it is %d x %d x %d x %d", op, what, c,
                   s.n, s.c, s.h, s.w);
}

int sc_check_target(const sc_call *call, const char *op, sc_error *err)
{
    sc_shape x = call->in[0]->shape, t = call->in[1]->shape;
    if (sc_shape_equal(x, t))
        return SCUMBLE_OK;
    return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "%s: the target is %d x %d x %d x %d, but the input is %d x %d x %d x %d",
                   op, t.n, t.c, t.h, t.w, x.n, x.c, x.h, x.w);
}

static bool padding_fits(int before, int after, int extent, sc_padding_mode mode)
{
    int most = sc_max_int(before, after);
    return mode == SC_PAD_REFLECT ? most < extent : mode == SC_PAD_CIRCULAR ? most <= extent : true;
}

int sc_check_padding(const char *op, sc_padding p, sc_shape x, sc_error *err)
{
    enum { LIMIT = 1 << 24 };
    if (p.top < 0 || p.bottom < 0 || p.left < 0 || p.right < 0)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "%s: padding must not be negative (top %d, bottom %d, left %d, right %d)", op, p.top, p.bottom,
                       p.left, p.right);
    if (p.top > LIMIT || p.bottom > LIMIT || p.left > LIMIT || p.right > LIMIT)
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "%s: padding may be at most %d pixels a side", op, (int)LIMIT);
    if (p.mode != SC_PAD_ZERO && p.mode != SC_PAD_REPLICATE && p.mode != SC_PAD_REFLECT && p.mode != SC_PAD_CIRCULAR)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "%s: padding mode %d does not exist", op, (int)p.mode);
    if (!padding_fits(p.top, p.bottom, x.h, p.mode) || !padding_fits(p.left, p.right, x.w, p.mode))
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "%s: %s padding (top %d, bottom %d, left %d, right %d) must be %s than the picture, which is %d "
                       "pixels high and %d wide",
                       op, p.mode == SC_PAD_REFLECT ? "reflect" : "circular", p.top, p.bottom, p.left, p.right,
                       p.mode == SC_PAD_REFLECT ? "smaller" : "no larger", x.h, x.w);
    return SCUMBLE_OK;
}

int sc_infer_result(const char *op, sc_shape shape, sc_shape *out, sc_error *err)
{
    if (!sc_shape_valid(shape))
        return sc_fail(err, SCUMBLE_ERR_LIMIT,
                       "%s: a result of %d x %d x %d x %d values is more than the limit of 2^40", op, shape.n, shape.c,
                       shape.h, shape.w);
    *out = shape;
    return SCUMBLE_OK;
}

int sc_infer_extents(const char *op, int64_t n, int64_t c, int64_t h, int64_t w, sc_shape *out, sc_error *err)
{
    if (n < 1 || c < 1 || h < 1 || w < 1 || n > INT_MAX || c > INT_MAX || h > INT_MAX || w > INT_MAX)
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "%s: a result of %lld x %lld x %lld x %lld cannot be made", op,
                       (long long)n, (long long)c, (long long)h, (long long)w);
    return sc_infer_result(op, (sc_shape){ (int)n, (int)c, (int)h, (int)w }, out, err);
}

int sc_output_row_parts(const sc_call *call)
{
    return sc_row_parts(call->out->shape);
}

int sc_input_row_parts(const sc_call *call)
{
    return sc_row_parts(call->in[0]->shape);
}

int sc_infer_same(const sc_call *call, sc_shape *out, sc_error *err)
{
    (void)err;
    *out = call->in[0]->shape;
    return SCUMBLE_OK;
}
