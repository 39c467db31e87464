/* SPDX-License-Identifier: MIT */
/* sigmoid and tanh. Backward reads the output y: dx = dy y (1 - y), and dx = dy (1 - y^2). */
#include "ops/helpers.h"

static sc_range values_of_part(const sc_call *call, int part)
{
    sc_shape s = call->out->shape;
    sc_range rows = sc_part_range(sc_row_count(s), sc_row_parts(s), part);
    return (sc_range){ rows.begin * sc_row_values(s), rows.end * sc_row_values(s) };
}

static int sigmoid_forward(const sc_call *call, int part, int thread)
{
    (void)thread;
    sc_range range = values_of_part(call, part);
    for (size_t i = range.begin; i < range.end; i++)
        call->out->data[i] = 1.0f / (1.0f + expf(-call->in[0]->data[i]));
    return SCUMBLE_OK;
}

static int tanh_forward(const sc_call *call, int part, int thread)
{
    (void)thread;
    sc_range range = values_of_part(call, part);
    for (size_t i = range.begin; i < range.end; i++)
        call->out->data[i] = tanhf(call->in[0]->data[i]);
    return SCUMBLE_OK;
}

static int sigmoid_backward(const sc_call *call, int part, int thread)
{
    (void)thread;
    sc_range range = values_of_part(call, part);
    for (size_t i = range.begin; call->in_gradient[0] && i < range.end; i++) {
        float y = call->out->data[i];
        sc_write(call->in_gradient[0]->data + i, call->out_gradient->data[i] * y * (1 - y), call->accumulate[0]);
    }
    return SCUMBLE_OK;
}

static int tanh_backward(const sc_call *call, int part, int thread)
{
    (void)thread;
    sc_range range = values_of_part(call, part);
    for (size_t i = range.begin; call->in_gradient[0] && i < range.end; i++) {
        float y = call->out->data[i];
        sc_write(call->in_gradient[0]->data + i, call->out_gradient->data[i] * (1 - y * y), call->accumulate[0]);
    }
    return SCUMBLE_OK;
}

static unsigned reads_output(const sc_call *call, unsigned wanted)
{
    (void)call;
    return wanted & 1 ? SC_READS_OUTPUT : 0u;
}

const sc_op sc_op_sigmoid = {
    .name = "sigmoid", .min_inputs = 1, .max_inputs = 1, .infer = sc_infer_same,
    .forward = { sc_output_row_parts, sigmoid_forward, NULL, NULL },
    .backward = { sc_output_row_parts, sigmoid_backward, NULL, NULL },
    .reads = reads_output,
};

const sc_op sc_op_tanh = {
    .name = "tanh", .min_inputs = 1, .max_inputs = 1, .infer = sc_infer_same,
    .forward = { sc_output_row_parts, tanh_forward, NULL, NULL },
    .backward = { sc_output_row_parts, tanh_backward, NULL, NULL },
    .reads = reads_output,
};
