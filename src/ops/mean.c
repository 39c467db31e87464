/* SPDX-License-Identifier: MIT */
/* mean(x), and mean(x^2) or mean((x - t)^2). Sums are kept in double precision: one per part, combined in order.
 * mean: dx = g / N.   mean_square: dx = 2 g (x - t) / N, dt = -dx. */
#include "ops/helpers.h"

static sc_range mean_values_of_part(const sc_call *call, int part)
{
    sc_shape s = call->in[0]->shape;
    sc_range rows = sc_part_range(sc_row_count(s), sc_row_parts(s), part);
    return (sc_range){ rows.begin * sc_row_values(s), rows.end * sc_row_values(s) };
}

static int scalar_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    (void)call, (void)err;
    *out = (sc_shape){ 1, 1, 1, 1 };
    return SCUMBLE_OK;
}

static size_t mean_partials_scratch(const sc_call *call)
{
    return (size_t)sc_input_row_parts(call) * sizeof(double);
}

static int mean_finish(const sc_call *call)
{
    double sum = sc_sum_partials(call->scratch, sc_input_row_parts(call));
    call->out->data[0] = (float)(sum / (double)sc_shape_count(call->in[0]->shape));
    return SCUMBLE_OK;
}

static int mean_forward(const sc_call *call, int part, int thread)
{
    (void)thread;
    sc_range range = mean_values_of_part(call, part);
    ((double *)call->scratch)[part] = sc_sum(call->in[0]->data + range.begin, range.end - range.begin);
    return SCUMBLE_OK;
}

static int mean_backward(const sc_call *call, int part, int thread)
{
    (void)thread;
    sc_range range = mean_values_of_part(call, part);
    float value = (float)((double)call->out_gradient->data[0] / (double)sc_shape_count(call->in[0]->shape));
    for (size_t i = range.begin; call->in_gradient[0] && i < range.end; i++)
        sc_write(call->in_gradient[0]->data + i, value, call->accumulate[0]);
    return SCUMBLE_OK;
}

static int mean_square_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    int code = call->input_count > 1 ? sc_check_target(call, "mean_square", err) : SCUMBLE_OK;
    return code ? code : scalar_infer(call, out, err);
}

static int mean_square_forward(const sc_call *call, int part, int thread)
{
    (void)thread;
    enum { CHUNK = 512 };
    float difference[CHUNK];
    const float *x = call->in[0]->data, *t = call->input_count > 1 ? call->in[1]->data : NULL;
    sc_range range = mean_values_of_part(call, part);
    double sum = 0;
    for (size_t i = range.begin, count; i < range.end; i += count) {
        count = range.end - i < CHUNK ? range.end - i : CHUNK;
        for (size_t j = 0; t && j < count; j++)
            difference[j] = x[i + j] - t[i + j];
        sum += t ? sc_sum_products(difference, difference, count) : sc_sum_products(x + i, x + i, count);
    }
    ((double *)call->scratch)[part] = sum;
    return SCUMBLE_OK;
}

static void write_difference(const sc_call *call, int i, sc_range range, float factor)
{
    const float *x = call->in[0]->data, *t = call->input_count > 1 ? call->in[1]->data : NULL;
    float *to = call->in_gradient[i]->data;
    if (call->accumulate[i])
        for (size_t j = range.begin; j < range.end; j++)
            to[j] += factor * (t ? x[j] - t[j] : x[j]);
    else
        for (size_t j = range.begin; j < range.end; j++)
            to[j] = factor * (t ? x[j] - t[j] : x[j]);
}

static int mean_square_backward(const sc_call *call, int part, int thread)
{
    (void)thread;
    sc_range range = mean_values_of_part(call, part);
    float factor = (float)(2 * (double)call->out_gradient->data[0] / (double)sc_shape_count(call->in[0]->shape));
    if (call->in_gradient[0])
        write_difference(call, 0, range, factor);
    if (call->input_count > 1 && call->in_gradient[1])
        write_difference(call, 1, range, -factor);
    return SCUMBLE_OK;
}

static unsigned reads_inputs(const sc_call *call, unsigned wanted)
{
    return !wanted ? 0u : call->input_count > 1 ? SC_READS_INPUT_0 | SC_READS_INPUT_0 << 1 : SC_READS_INPUT_0;
}

const sc_op sc_op_mean = {
    .name = "mean",
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = scalar_infer,
    .forward = { sc_input_row_parts, mean_forward, mean_finish, mean_partials_scratch },
    .backward = { sc_input_row_parts, mean_backward, NULL, NULL },
};

const sc_op sc_op_mean_square = {
    .name = "mean_square",
    .min_inputs = 1,
    .max_inputs = 2,
    .infer = mean_square_infer,
    .forward = { sc_input_row_parts, mean_square_forward, mean_finish, mean_partials_scratch },
    .backward = { sc_input_row_parts, mean_square_backward, NULL, NULL },
    .reads = reads_inputs,
};
