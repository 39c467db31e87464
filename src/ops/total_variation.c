/* SPDX-License-Identifier: MIT */
/* Total variation: the mean of squared differences between horizontal neighbours plus that between vertical ones. A
 * picture one pixel wide (or high) has none of the one kind. circular: the last column (row) is also a neighbour of the
 * first.
 *   d/dx(y, x) = 2 g / Nh (x - left - (right - x)) + 2 g / Nv (x - above - (below - x)), terms without a neighbour left
 * out. */
#include "ops/helpers.h"

static bool is_circular(const sc_call *call)
{
    const sc_tv_attrs *a = call->attrs;
    return a->circular;
}

static int tv_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    (void)call, (void)err;
    *out = (sc_shape){ 1, 1, 1, 1 };
    return SCUMBLE_OK;
}

/* The number of horizontal and vertical differences; 0 when there is no neighbour. */
static double horizontal_count(const sc_call *call)
{
    sc_shape s = call->in[0]->shape;
    return (double)s.n * s.c * s.h * (is_circular(call) ? s.w : s.w - 1);
}

static double vertical_count(const sc_call *call)
{
    sc_shape s = call->in[0]->shape;
    return (double)s.n * s.c * (is_circular(call) ? s.h : s.h - 1) * s.w;
}

static size_t tv_scratch(const sc_call *call)
{
    return (size_t)sc_input_row_parts(call) * 2 * sizeof(double);
}

static double sum_squared_differences(const float *a, const float *b, size_t count)
{
    enum { CHUNK = 512 };
    float difference[CHUNK];
    double sum = 0;
    for (size_t i = 0, n; i < count; i += n) {
        n = count - i < CHUNK ? count - i : CHUNK;
        for (size_t j = 0; j < n; j++)
            difference[j] = b[i + j] - a[i + j];
        sum += sc_sum_products(difference, difference, n);
    }
    return sum;
}

/* The row below row r, NULL when there is none. */
static const float *row_below(const sc_call *call, size_t r)
{
    size_t h = (size_t)call->in[0]->shape.h, y = r % h;
    if (y + 1 < h)
        return sc_row(call->in[0], r + 1);
    return is_circular(call) ? sc_row(call->in[0], r - y) : NULL;
}

static const float *row_above(const sc_call *call, size_t r)
{
    size_t h = (size_t)call->in[0]->shape.h, y = r % h;
    if (y)
        return sc_row(call->in[0], r - 1);
    return is_circular(call) ? sc_row(call->in[0], r + h - 1) : NULL;
}

static int tv_forward(const sc_call *call, int part, int thread)
{
    (void)thread;
    sc_shape s = call->in[0]->shape;
    size_t values = sc_row_values(s), c = (size_t)s.c;
    double horizontal = 0, vertical = 0;
    sc_range rows = sc_part_range(sc_row_count(s), sc_row_parts(s), part);
    for (size_t r = rows.begin; r < rows.end; r++) {
        const float *row = sc_row(call->in[0], r), *below = row_below(call, r);
        horizontal += sum_squared_differences(row, row + c, values - c);
        if (is_circular(call))
            horizontal += sum_squared_differences(row + values - c, row, c);
        if (below)
            vertical += sum_squared_differences(row, below, values);
    }
    double *partials = call->scratch;
    partials[2 * part] = horizontal;
    partials[2 * part + 1] = vertical;
    return SCUMBLE_OK;
}

static int tv_finish(const sc_call *call)
{
    const double *partials = call->scratch;
    double horizontal = 0, vertical = 0, result = 0;
    for (int p = 0; p < sc_input_row_parts(call); p++) {
        horizontal += partials[2 * p];
        vertical += partials[2 * p + 1];
    }
    if (horizontal_count(call) > 0)
        result += horizontal / horizontal_count(call);
    if (vertical_count(call) > 0)
        result += vertical / vertical_count(call);
    call->out->data[0] = (float)result;
    return SCUMBLE_OK;
}

/* to += factor (a - b) */
static void add_difference(float *to, const float *a, const float *b, size_t count, float factor)
{
    for (size_t i = 0; i < count; i++)
        to[i] += factor * (a[i] - b[i]);
}

static int tv_backward(const sc_call *call, int part, int thread)
{
    (void)thread;
    sc_shape s = call->in[0]->shape;
    size_t values = sc_row_values(s), c = (size_t)s.c;
    double g = 2 * (double)call->out_gradient->data[0];
    float fh = horizontal_count(call) > 0 ? (float)(g / horizontal_count(call)) : 0;
    float fv = vertical_count(call) > 0 ? (float)(g / vertical_count(call)) : 0;
    sc_range rows = sc_part_range(sc_row_count(s), sc_row_parts(s), part);
    for (size_t r = rows.begin; call->in_gradient[0] && r < rows.end; r++) {
        const float *row = sc_row(call->in[0], r), *below = row_below(call, r), *above = row_above(call, r);
        float *to = sc_row(call->in_gradient[0], r);
        if (!call->accumulate[0])
            memset(to, 0, values * sizeof *to);
        add_difference(to, row, row + c, values - c, fh);
        add_difference(to + c, row + c, row, values - c, fh);
        if (is_circular(call)) {
            add_difference(to, row, row + values - c, c, fh);
            add_difference(to + values - c, row + values - c, row, c, fh);
        }
        if (below)
            add_difference(to, row, below, values, fv);
        if (above)
            add_difference(to, row, above, values, fv);
    }
    return SCUMBLE_OK;
}

static unsigned tv_reads(const sc_call *call, unsigned wanted)
{
    (void)call;
    return wanted & 1 ? SC_READS_INPUT_0 : 0u;
}

const sc_op sc_op_total_variation = {
    .name = "total_variation",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs_bytes = sizeof(sc_tv_attrs),
    .infer = tv_infer,
    .forward = { sc_input_row_parts, tv_forward, tv_finish, tv_scratch },
    .backward = { sc_input_row_parts, tv_backward, NULL, NULL },
    .reads = tv_reads,
};
