/* SPDX-License-Identifier: MIT */
/* The mean of each channel over the positions of one picture: y_c = sum over p of x_pc / N, dx_pc = g_c / N, N = h w;
 * with sum, N = 1. Forward sums blocks of positions in double precision, combined in order by finish(). */
#include "ops/helpers.h"

static size_t channel_mean_position_count(const sc_call *call)
{
    return (size_t)call->in[0]->shape.h * (size_t)call->in[0]->shape.w;
}

/* N */
static double channel_mean_divisor(const sc_call *call)
{
    const sc_channel_mean_attrs *attrs = call->attrs;
    return attrs->sum ? 1 : (double)channel_mean_position_count(call);
}

static int channel_mean_parts(const sc_call *call)
{
    return sc_part_count(channel_mean_position_count(call), (size_t)call->in[0]->shape.c);
}

static int channel_mean_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    sc_shape x = call->in[0]->shape;
    if (x.n != 1)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "channel_mean: takes the features of one picture, but the input holds %d", x.n);
    *out = (sc_shape){ 1, x.c, 1, 1 };
    return SCUMBLE_OK;
}

/* Sums of each part (parts, c). */
static size_t channel_mean_scratch(const sc_call *call)
{
    return (size_t)channel_mean_parts(call) * (size_t)call->in[0]->shape.c * sizeof(double);
}

static int channel_mean_forward(const sc_call *call, int part, int thread)
{
    (void)thread;
    size_t channels = (size_t)call->in[0]->shape.c;
    double *restrict sums = (double *)call->scratch + (size_t)part * channels;
    sc_range positions = sc_part_range(channel_mean_position_count(call), channel_mean_parts(call), part);
    memset(sums, 0, channels * sizeof *sums);
    for (size_t p = positions.begin; p < positions.end; p++) {
        const float *restrict x = call->in[0]->data + p * channels;
        for (size_t c = 0; c < channels; c++)
            sums[c] += (double)x[c];
    }
    return SCUMBLE_OK;
}

static int channel_mean_finish(const sc_call *call)
{
    size_t channels = (size_t)call->in[0]->shape.c;
    const double *partials = call->scratch;
    for (size_t c = 0; c < channels; c++) {
        double sum = 0;
        for (size_t p = 0; p < (size_t)channel_mean_parts(call); p++)
            sum += partials[p * channels + c];
        call->out->data[c] = (float)(sum / channel_mean_divisor(call));
    }
    return SCUMBLE_OK;
}

static int channel_mean_backward(const sc_call *call, int part, int thread)
{
    (void)thread;
    size_t channels = (size_t)call->in[0]->shape.c;
    const float *restrict g = call->out_gradient->data;
    float factor = (float)(1 / channel_mean_divisor(call));
    sc_range positions = sc_part_range(channel_mean_position_count(call), channel_mean_parts(call), part);
    for (size_t p = positions.begin; call->in_gradient[0] && p < positions.end; p++) {
        float *restrict to = call->in_gradient[0]->data + p * channels;
        for (size_t c = 0; c < channels; c++)
            to[c] = call->accumulate[0] ? to[c] + factor * g[c] : factor * g[c];
    }
    return SCUMBLE_OK;
}

static const sc_field channel_mean_fields[] = {
    { "sum", SC_FIELD_FLAG, offsetof(sc_channel_mean_attrs, sum), 1 },
    { 0 },
};

const sc_op sc_op_channel_mean = {
    .name = "channel_mean",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs_bytes = sizeof(sc_channel_mean_attrs),
    .infer = channel_mean_infer,
    .forward = { channel_mean_parts, channel_mean_forward, channel_mean_finish, channel_mean_scratch },
    .backward = { channel_mean_parts, channel_mean_backward, NULL, NULL },
    .fields = channel_mean_fields,
    .locality = SC_LOOKS_FOR_A_MEAN,
};
