/* SPDX-License-Identifier: MIT */
/* Softmax over channels: y = exp(x - max) / sum exp(x - max). Backward reads y: dx = y (dy - sum dy y). */
#include "ops/helpers.h"

static int softmax_forward(const sc_call *call, int part, int thread)
{
    (void)thread;
    sc_shape s = call->out->shape;
    size_t channels = (size_t)s.c, w = (size_t)s.w;
    sc_range rows = sc_part_range(sc_row_count(s), sc_row_parts(s), part);
    for (size_t p = rows.begin * w; p < rows.end * w; p++) {
        const float *x = call->in[0]->data + p * channels;
        float *y = call->out->data + p * channels, most = x[0];
        for (size_t c = 1; c < channels; c++)
            most = x[c] > most ? x[c] : most;
        for (size_t c = 0; c < channels; c++)
            y[c] = expf(x[c] - most);
        float scale = (float)(1 / sc_sum(y, channels));
        for (size_t c = 0; c < channels; c++)
            y[c] *= scale;
    }
    return SCUMBLE_OK;
}

static int softmax_backward(const sc_call *call, int part, int thread)
{
    (void)thread;
    sc_shape s = call->out->shape;
    size_t channels = (size_t)s.c, w = (size_t)s.w;
    sc_range rows = sc_part_range(sc_row_count(s), sc_row_parts(s), part);
    for (size_t p = rows.begin * w; call->in_gradient[0] && p < rows.end * w; p++) {
        const float *y = call->out->data + p * channels, *dy = call->out_gradient->data + p * channels;
        float *dx = call->in_gradient[0]->data + p * channels, mean = (float)sc_sum_products(y, dy, channels);
        for (size_t c = 0; c < channels; c++)
            sc_write(dx + c, y[c] * (dy[c] - mean), call->accumulate[0]);
    }
    return SCUMBLE_OK;
}

static unsigned softmax_reads(const sc_call *call, unsigned wanted)
{
    (void)call;
    return wanted & 1 ? SC_READS_OUTPUT : 0u;
}

const sc_op sc_op_softmax = {
    .name = "softmax",
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = sc_infer_same,
    .forward = { sc_output_row_parts, softmax_forward, NULL, NULL },
    .backward = { sc_output_row_parts, softmax_backward, NULL, NULL },
    .reads = softmax_reads,
};
