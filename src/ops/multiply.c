/* SPDX-License-Identifier: MIT */
/* a b, b broadcast. da = dy b; db = dy a, summed over what b was spread to. */
#include "ops/broadcast.h"

static int multiply_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    return sc_broadcast_infer("multiply", call, out, err);
}

static size_t multiply_forward_scratch(const sc_call *call)
{
    return sc_broadcast_needed(call) ? sc_threads_bytes(call, sc_broadcast_row_bytes(call)) : 0;
}

static int multiply_forward(const sc_call *call, int part, int thread)
{
    sc_shape s = call->out->shape;
    float *buffer = sc_broadcast_needed(call) ? sc_thread_scratch(call, thread, sc_broadcast_row_bytes(call)) : NULL;
    sc_range rows = sc_part_range(sc_row_count(s), sc_row_parts(s), part);
    for (size_t r = rows.begin; r < rows.end; r++) {
        const float *a = sc_row(call->in[0], r), *b = sc_broadcast_row(call, r, buffer);
        float *out = sc_row(call->out, r);
        for (size_t i = 0; i < sc_row_values(s); i++)
            out[i] = a[i] * b[i];
    }
    return SCUMBLE_OK;
}

static bool multiply_sums(const sc_call *call)
{
    return call->in_gradient[1] && sc_broadcast_needed(call);
}

static int multiply_backward_parts(const sc_call *call)
{
    return sc_output_row_parts(call) + (multiply_sums(call) ? sc_broadcast_sum_parts(call) : 0);
}

static size_t multiply_partials_bytes(const sc_call *call)
{
    return multiply_sums(call) ? sc_broadcast_sum_bytes(call) : 0;
}

static size_t multiply_backward_scratch(const sc_call *call)
{
    return multiply_partials_bytes(call) + sc_threads_bytes(call, sc_broadcast_row_bytes(call));
}

static const float *product_row(const sc_call *call, size_t row, float *buffer)
{
    const float *dy = sc_row(call->out_gradient, row), *a = sc_row(call->in[0], row);
    for (size_t i = 0; i < sc_row_values(call->out->shape); i++)
        buffer[i] = dy[i] * a[i];
    return buffer;
}

static void multiply_write_product(const float *dy, const float *factor, float *to, size_t count, bool accumulate)
{
    for (size_t i = 0; i < count; i++)
        to[i] = accumulate ? to[i] + dy[i] * factor[i] : dy[i] * factor[i];
}

static int multiply_backward(const sc_call *call, int part, int thread)
{
    int row_parts = sc_output_row_parts(call);
    sc_shape s = call->out->shape;
    float *buffer = sc_thread_scratch_behind(call, multiply_partials_bytes(call), thread, sc_broadcast_row_bytes(call));
    if (part >= row_parts) {
        sc_broadcast_sum(call, part - row_parts, product_row, buffer, call->scratch);
        return SCUMBLE_OK;
    }
    sc_range rows = sc_part_range(sc_row_count(s), row_parts, part);
    for (size_t r = rows.begin; r < rows.end; r++) {
        const float *dy = sc_row(call->out_gradient, r);
        if (call->in_gradient[0])
            multiply_write_product(dy, sc_broadcast_row(call, r, buffer), sc_row(call->in_gradient[0], r),
                                   sc_row_values(s), call->accumulate[0]);
        if (call->in_gradient[1] && !multiply_sums(call))
            multiply_write_product(dy, sc_row(call->in[0], r), sc_row(call->in_gradient[1], r), sc_row_values(s),
                                   call->accumulate[1]);
    }
    return SCUMBLE_OK;
}

static int multiply_finish(const sc_call *call)
{
    if (multiply_sums(call))
        sc_broadcast_sum_finish(call, call->scratch);
    return SCUMBLE_OK;
}

static unsigned multiply_reads(const sc_call *call, unsigned wanted)
{
    (void)call;
    return (wanted & 1 ? SC_READS_INPUT_0 << 1 : 0u) | (wanted & 2 ? SC_READS_INPUT_0 : 0u);
}

const sc_op sc_op_multiply = {
    .name = "multiply",
    .min_inputs = 2,
    .max_inputs = 2,
    .infer = multiply_infer,
    .forward = { sc_output_row_parts, multiply_forward, NULL, multiply_forward_scratch },
    .backward = { multiply_backward_parts, multiply_backward, multiply_finish, multiply_backward_scratch },
    .reads = multiply_reads,
    .fields = sc_no_fields,
    .locality = SC_LOOKS_AT_ITSELF,
};
