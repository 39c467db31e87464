/* SPDX-License-Identifier: MIT */
/* Huber's loss over all N values, with d = x - t: mean of d^2 / (2 delta) where |d| <= delta, of |d| - delta / 2
 * elsewhere; dx = g clamp(d / delta, -1, 1) / N, dt = -dx. Sums are kept in double precision: one per part, combined in
 * order. */
#include "ops/helpers.h"

static int value_parts(const sc_call *call)
{
    return sc_part_count(sc_shape_count(call->in[0]->shape), 1);
}

static sc_range huber_values_of_part(const sc_call *call, int part)
{
    return sc_part_range(sc_shape_count(call->in[0]->shape), value_parts(call), part);
}

static int huber_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    const sc_huber_attrs *a = call->attrs;
    *out = (sc_shape){ 1, 1, 1, 1 };
    if (!(isfinite(a->delta) && a->delta > 0))
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "huber: delta is to be a positive number");
    return sc_check_target(call, "huber", err);
}

static size_t huber_partials_scratch(const sc_call *call)
{
    return (size_t)value_parts(call) * sizeof(double);
}

static int huber_forward(const sc_call *call, int part, int thread)
{
    (void)thread;
    enum { CHUNK = 512 };
    float distance[CHUNK];
    const float *x = call->in[0]->data, *t = call->in[1]->data, delta = ((const sc_huber_attrs *)call->attrs)->delta;
    sc_range range = huber_values_of_part(call, part);
    double sum = 0;
    for (size_t i = range.begin, count; i < range.end; i += count) {
        count = range.end - i < CHUNK ? range.end - i : CHUNK;
        for (size_t j = 0; j < count; j++) {
            float d = fabsf(x[i + j] - t[i + j]), near = d < delta ? d : delta;
            distance[j] = d - near + near * near / (2 * delta);
        }
        sum += sc_sum(distance, count);
    }
    ((double *)call->scratch)[part] = sum;
    return SCUMBLE_OK;
}

static int huber_finish(const sc_call *call)
{
    double sum = sc_sum_partials(call->scratch, value_parts(call));
    call->out->data[0] = (float)(sum / (double)sc_shape_count(call->in[0]->shape));
    return SCUMBLE_OK;
}

static void write_slopes(const sc_call *call, int i, sc_range range, float factor)
{
    const float *x = call->in[0]->data, *t = call->in[1]->data;
    float *to = call->in_gradient[i]->data, delta = ((const sc_huber_attrs *)call->attrs)->delta;
    bool accumulate = call->accumulate[i];
    for (size_t j = range.begin; j < range.end; j++) {
        float d = x[j] - t[j], slope = factor * ((d > delta ? delta : d < -delta ? -delta : d) / delta);
        to[j] = accumulate ? to[j] + slope : slope;
    }
}

static int huber_backward(const sc_call *call, int part, int thread)
{
    (void)thread;
    sc_range range = huber_values_of_part(call, part);
    float factor = (float)((double)call->out_gradient->data[0] / (double)sc_shape_count(call->in[0]->shape));
    if (call->in_gradient[0])
        write_slopes(call, 0, range, factor);
    if (call->in_gradient[1])
        write_slopes(call, 1, range, -factor);
    return SCUMBLE_OK;
}

static unsigned huber_reads(const sc_call *call, unsigned wanted)
{
    (void)call;
    return wanted ? SC_READS_INPUT_0 | SC_READS_INPUT_0 << 1 : 0u;
}

const sc_op sc_op_huber = {
    .name = "huber",
    .min_inputs = 2,
    .max_inputs = 2,
    .attrs_bytes = sizeof(sc_huber_attrs),
    .infer = huber_infer,
    .forward = { value_parts, huber_forward, huber_finish, huber_partials_scratch },
    .backward = { value_parts, huber_backward, NULL, NULL },
    .reads = huber_reads,
};
