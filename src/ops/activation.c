/* SPDX-License-Identifier: MIT */
/* sigmoid, tanh, exp, square root and reciprocal of each value. Backward reads the output y: dx = dy times y (1 - y), 1
 * - y^2, y, 1 / (2 y), -y^2. */
#include "ops/helpers.h"

static sc_range activation_values_of_part(const sc_call *call, int part)
{
    sc_shape s = call->out->shape;
    sc_range rows = sc_part_range(sc_row_count(s), sc_row_parts(s), part);
    return (sc_range){ rows.begin * sc_row_values(s), rows.end * sc_row_values(s) };
}

/* Forward and backward of one function: `value` of x, `slope` from y. */
#define FUNCTION(name_, value, slope)                                                                           \
    static int name_##_forward(const sc_call *call, int part, int thread)                                       \
    {                                                                                                           \
        (void)thread;                                                                                           \
        sc_range range = activation_values_of_part(call, part);                                                 \
        for (size_t i = range.begin; i < range.end; i++) {                                                      \
            float x = call->in[0]->data[i];                                                                     \
            call->out->data[i] = value;                                                                         \
        }                                                                                                       \
        return SCUMBLE_OK;                                                                                      \
    }                                                                                                           \
    static int name_##_backward(const sc_call *call, int part, int thread)                                      \
    {                                                                                                           \
        (void)thread;                                                                                           \
        sc_range range = activation_values_of_part(call, part);                                                 \
        for (size_t i = range.begin; call->in_gradient[0] && i < range.end; i++) {                              \
            float y = call->out->data[i];                                                                       \
            sc_write(call->in_gradient[0]->data + i, call->out_gradient->data[i] * slope, call->accumulate[0]); \
        }                                                                                                       \
        return SCUMBLE_OK;                                                                                      \
    }                                                                                                           \
    const sc_op sc_op_##name_ = {                                                                               \
        .name = #name_,                                                                                         \
        .min_inputs = 1,                                                                                        \
        .max_inputs = 1,                                                                                        \
        .infer = sc_infer_same,                                                                                 \
        .forward = { sc_output_row_parts, name_##_forward, NULL, NULL },                                        \
        .backward = { sc_output_row_parts, name_##_backward, NULL, NULL },                                      \
        .reads = reads_output,                                                                                  \
        .locality = SC_LOOKS_AT_ITSELF,                                                                         \
        .fields = sc_no_fields,                                                                                 \
    };

static unsigned reads_output(const sc_call *call, unsigned wanted)
{
    (void)call;
    return wanted & 1 ? SC_READS_OUTPUT : 0u;
}

FUNCTION(sigmoid, 1.0f / (1.0f + expf(-x)), y *(1 - y))
FUNCTION(tanh, tanhf(x), (1 - y * y))
FUNCTION(exp, expf(x), y)
FUNCTION(square_root, sqrtf(x), 0.5f / y)
FUNCTION(reciprocal, 1.0f / x, (-y * y))
