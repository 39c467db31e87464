/* SPDX-License-Identifier: MIT */
/* relu and leaky relu. Backward needs one saved bit a value: whether x > 0. At 0 the gradient is that of the negative
 * side. */
#include "ops/helpers.h"

static float relu_slope_of(const sc_call *call)
{
    const sc_leaky_relu_attrs *a = call->attrs;
    return a->slope;
}

static uint8_t *signs_of_row(const sc_call *call, size_t row)
{
    return call->saved ? (uint8_t *)call->saved + row * sc_sign_bytes(sc_row_values(call->in[0]->shape)) : NULL;
}

static int forward_rows(const sc_call *call, int part, float slope)
{
    sc_shape s = call->in[0]->shape;
    sc_range rows = sc_part_range(sc_row_count(s), sc_row_parts(s), part);
    for (size_t r = rows.begin; r < rows.end; r++)
        sc_relu_row(sc_row(call->in[0], r), sc_row(call->out, r), sc_row_values(s), slope, signs_of_row(call, r));
    return SCUMBLE_OK;
}

static int backward_rows(const sc_call *call, int part, float slope)
{
    sc_shape s = call->in[0]->shape;
    sc_range rows = sc_part_range(sc_row_count(s), sc_row_parts(s), part);
    for (size_t r = rows.begin; call->in_gradient[0] && r < rows.end; r++)
        sc_relu_row_backward(sc_row(call->out_gradient, r), signs_of_row(call, r), sc_row(call->in_gradient[0], r),
                             sc_row_values(s), slope, call->accumulate[0]);
    return SCUMBLE_OK;
}

static int relu_forward(const sc_call *call, int part, int thread)
{
    (void)thread;
    return forward_rows(call, part, 0);
}

static int relu_backward(const sc_call *call, int part, int thread)
{
    (void)thread;
    return backward_rows(call, part, 0);
}

static int leaky_relu_forward(const sc_call *call, int part, int thread)
{
    (void)thread;
    return forward_rows(call, part, relu_slope_of(call));
}

static int leaky_relu_backward(const sc_call *call, int part, int thread)
{
    (void)thread;
    return backward_rows(call, part, relu_slope_of(call));
}

static size_t relu_saved(const sc_call *call, unsigned wanted)
{
    sc_shape s = call->in[0]->shape;
    return wanted & 1 ? sc_row_count(s) * sc_sign_bytes(sc_row_values(s)) : 0;
}

static int leaky_relu_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    const sc_leaky_relu_attrs *a = call->attrs;
    if (!isfinite(a->slope))
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "leaky_relu: the slope must be a number, not %g", (double)a->slope);
    return sc_infer_same(call, out, err);
}

static const sc_field leaky_relu_fields[] = {
    { "slope", SC_FIELD_FLOAT, offsetof(sc_leaky_relu_attrs, slope), 1 },
    { 0 },
};

const sc_op sc_op_relu = {
    .name = "relu",
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = sc_infer_same,
    .forward = { sc_input_row_parts, relu_forward, NULL, NULL },
    .backward = { sc_input_row_parts, relu_backward, NULL, NULL },
    .saved_bytes = relu_saved,
    .fields = sc_no_fields,
    .locality = SC_LOOKS_AT_ITSELF,
};

const sc_op sc_op_leaky_relu = {
    .name = "leaky_relu",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs_bytes = sizeof(sc_leaky_relu_attrs),
    .infer = leaky_relu_infer,
    .forward = { sc_input_row_parts, leaky_relu_forward, NULL, NULL },
    .backward = { sc_input_row_parts, leaky_relu_backward, NULL, NULL },
    .saved_bytes = relu_saved,
    .fields = leaky_relu_fields,
    .locality = SC_LOOKS_AT_ITSELF,
};
