/* SPDX-License-Identifier: MIT */
/* x + b, b (1, c, 1, 1). dx = dy; db = sum of dy over pictures and positions. */
#include "ops/helpers.h"

static int bias_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    *out = call->in[0]->shape;
    return sc_check_vector(call, 1, "bias", "bias", out->c, err);
}

static int bias_forward(const sc_call *call, int part, int thread)
{
    (void)thread;
    sc_shape s = call->out->shape;
    size_t c = (size_t)s.c, w = (size_t)s.w;
    const float *b = call->in[1]->data;
    sc_range rows = sc_part_range(sc_row_count(s), sc_row_parts(s), part);
    for (size_t p = rows.begin * w; p < rows.end * w; p++)
        for (size_t i = 0; i < c; i++)
            call->out->data[p * c + i] = call->in[0]->data[p * c + i] + b[i];
    return SCUMBLE_OK;
}

static size_t bias_backward_scratch(const sc_call *call)
{
    return call->in_gradient[1] ? (size_t)sc_row_parts(call->out->shape) * (size_t)call->out->shape.c * sizeof(double) :
                                  0;
}

static int bias_backward(const sc_call *call, int part, int thread)
{
    (void)thread;
    sc_shape s = call->out->shape;
    size_t c = (size_t)s.c, w = (size_t)s.w;
    const float *dy = call->out_gradient->data;
    sc_range rows = sc_part_range(sc_row_count(s), sc_row_parts(s), part);
    if (call->in_gradient[0])
        sc_write_values(sc_row(call->in_gradient[0], rows.begin), dy + rows.begin * w * c,
                        (rows.end - rows.begin) * w * c, call->accumulate[0]);
    if (!call->in_gradient[1])
        return SCUMBLE_OK;
    double *sums = (double *)call->scratch + (size_t)part * c;
    memset(sums, 0, c * sizeof *sums);
    for (size_t p = rows.begin * w; p < rows.end * w; p++)
        for (size_t i = 0; i < c; i++)
            sums[i] += (double)dy[p * c + i];
    return SCUMBLE_OK;
}

static int bias_finish(const sc_call *call)
{
    sc_shape s = call->out->shape;
    if (call->in_gradient[1])
        sc_combine_rows(call->scratch, sc_row_parts(s), (size_t)s.c, call->in_gradient[1]->data, call->accumulate[1]);
    return SCUMBLE_OK;
}

const sc_op sc_op_bias = {
    .name = "bias",
    .min_inputs = 2,
    .max_inputs = 2,
    .infer = bias_infer,
    .forward = { sc_output_row_parts, bias_forward, NULL, NULL },
    .backward = { sc_output_row_parts, bias_backward, bias_finish, bias_backward_scratch },
    .locality = SC_LOOKS_AT_ITSELF,
};
