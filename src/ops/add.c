/* SPDX-License-Identifier: MIT */
/* alpha a + beta b, b broadcast. da = alpha dy; db = beta dy, summed over what b was spread to. */
#include "ops/broadcast.h"

static int add_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    const sc_add_attrs *a = call->attrs;
    if (!isfinite(a->alpha) || !isfinite(a->beta))
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "add: the factors must be numbers, not %g and %g", (double)a->alpha,
                       (double)a->beta);
    return sc_broadcast_infer("add", call, out, err);
}

static size_t add_forward_scratch(const sc_call *call)
{
    return sc_broadcast_needed(call) ? sc_threads_bytes(call, sc_broadcast_row_bytes(call)) : 0;
}

static int add_forward(const sc_call *call, int part, int thread)
{
    const sc_add_attrs *attrs = call->attrs;
    sc_shape s = call->out->shape;
    float alpha = attrs->alpha, beta = attrs->beta;
    float *buffer = sc_broadcast_needed(call) ? sc_thread_scratch(call, thread, sc_broadcast_row_bytes(call)) : NULL;
    sc_range rows = sc_part_range(sc_row_count(s), sc_row_parts(s), part);
    for (size_t r = rows.begin; r < rows.end; r++) {
        const float *a = sc_row(call->in[0], r), *b = sc_broadcast_row(call, r, buffer);
        float *out = sc_row(call->out, r);
        for (size_t i = 0; i < sc_row_values(s); i++)
            out[i] = alpha * a[i] + beta * b[i];
    }
    return SCUMBLE_OK;
}

static bool add_sums(const sc_call *call)
{
    return call->in_gradient[1] && sc_broadcast_needed(call);
}

static int add_backward_parts(const sc_call *call)
{
    return sc_output_row_parts(call) + (add_sums(call) ? sc_broadcast_sum_parts(call) : 0);
}

static size_t add_backward_scratch(const sc_call *call)
{
    return add_sums(call) ? sc_broadcast_sum_bytes(call) + sc_threads_bytes(call, sc_broadcast_row_bytes(call)) : 0;
}

static void write_scaled(const sc_call *call, int i, sc_range rows, float factor)
{
    size_t values = sc_row_values(call->out->shape);
    const float *dy = call->out_gradient->data;
    float *to = call->in_gradient[i]->data;
    for (size_t j = rows.begin * values; j < rows.end * values; j++)
        to[j] = call->accumulate[i] ? to[j] + factor * dy[j] : factor * dy[j];
}

static const float *scaled_row(const sc_call *call, size_t row, float *buffer)
{
    const sc_add_attrs *attrs = call->attrs;
    const float *dy = sc_row(call->out_gradient, row);
    if (attrs->beta == 1)
        return dy;
    for (size_t i = 0; i < sc_row_values(call->out->shape); i++)
        buffer[i] = attrs->beta * dy[i];
    return buffer;
}

static int add_backward(const sc_call *call, int part, int thread)
{
    const sc_add_attrs *attrs = call->attrs;
    int row_parts = sc_output_row_parts(call);
    if (part >= row_parts) {
        float *buffer =
            sc_thread_scratch_behind(call, sc_broadcast_sum_bytes(call), thread, sc_broadcast_row_bytes(call));
        sc_broadcast_sum(call, part - row_parts, scaled_row, buffer, call->scratch);
        return SCUMBLE_OK;
    }
    sc_range rows = sc_part_range(sc_row_count(call->out->shape), row_parts, part);
    if (call->in_gradient[0])
        write_scaled(call, 0, rows, attrs->alpha);
    if (call->in_gradient[1] && !add_sums(call))
        write_scaled(call, 1, rows, attrs->beta);
    return SCUMBLE_OK;
}

static int add_finish(const sc_call *call)
{
    if (add_sums(call))
        sc_broadcast_sum_finish(call, call->scratch);
    return SCUMBLE_OK;
}

static const sc_field add_fields[] = {
    { "factors", SC_FIELD_FLOAT, offsetof(sc_add_attrs, alpha), 2 },
    { 0 },
};

const sc_op sc_op_add = {
    .name = "add",
    .min_inputs = 2,
    .max_inputs = 2,
    .attrs_bytes = sizeof(sc_add_attrs),
    .infer = add_infer,
    .forward = { sc_output_row_parts, add_forward, NULL, add_forward_scratch },
    .backward = { add_backward_parts, add_backward, add_finish, add_backward_scratch },
    .fields = add_fields,
    .locality = SC_LOOKS_AT_ITSELF,
};
