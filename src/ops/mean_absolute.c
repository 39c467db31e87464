/* SPDX-License-Identifier: MIT */
/* mean |x - t| over all N values: dx = g sign(x - t) / N, dt = -dx; 0 where x = t. Sums are kept in double precision: one per part,
 * combined in order. */
#include "ops/helpers.h"

static int value_parts(const sc_call *call)
{
    return sc_part_count(sc_shape_count(call->in[0]->shape), 1);
}

static sc_range values_of_part(const sc_call *call, int part)
{
    return sc_part_range(sc_shape_count(call->in[0]->shape), value_parts(call), part);
}

static int mean_absolute_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    *out = (sc_shape){ 1, 1, 1, 1 };
    return sc_check_target(call, "mean_absolute", err);
}

static size_t partials_scratch(const sc_call *call)
{
    return (size_t)value_parts(call) * sizeof(double);
}

static int mean_absolute_forward(const sc_call *call, int part, int thread)
{
    (void)thread;
    enum { CHUNK = 512 };
    float distance[CHUNK];
    const float *x = call->in[0]->data, *t = call->in[1]->data;
    sc_range range = values_of_part(call, part);
    double sum = 0;
    for (size_t i = range.begin, count; i < range.end; i += count) {
        count = range.end - i < CHUNK ? range.end - i : CHUNK;
        for (size_t j = 0; j < count; j++)
            distance[j] = fabsf(x[i + j] - t[i + j]);
        sum += sc_sum(distance, count);
    }
    ((double *)call->scratch)[part] = sum;
    return SCUMBLE_OK;
}

static int mean_absolute_finish(const sc_call *call)
{
    double sum = sc_sum_partials(call->scratch, value_parts(call));
    call->out->data[0] = (float)(sum / (double)sc_shape_count(call->in[0]->shape));
    return SCUMBLE_OK;
}

static void write_signs(const sc_call *call, int i, sc_range range, float factor)
{
    const float *x = call->in[0]->data, *t = call->in[1]->data;
    float *to = call->in_gradient[i]->data;
    bool accumulate = call->accumulate[i];
    for (size_t j = range.begin; j < range.end; j++) {
        float slope = x[j] > t[j] ? factor : x[j] < t[j] ? -factor : 0.0f;
        to[j] = accumulate ? to[j] + slope : slope;
    }
}

static int mean_absolute_backward(const sc_call *call, int part, int thread)
{
    (void)thread;
    sc_range range = values_of_part(call, part);
    float factor = (float)((double)call->out_gradient->data[0] / (double)sc_shape_count(call->in[0]->shape));
    if (call->in_gradient[0])
        write_signs(call, 0, range, factor);
    if (call->in_gradient[1])
        write_signs(call, 1, range, -factor);
    return SCUMBLE_OK;
}

static unsigned mean_absolute_reads(const sc_call *call, unsigned wanted)
{
    (void)call;
    return wanted ? SC_READS_INPUT_0 | SC_READS_INPUT_0 << 1 : 0u;
}

const sc_op sc_op_mean_absolute = {
    .name = "mean_absolute", .min_inputs = 2, .max_inputs = 2, .infer = mean_absolute_infer,
    .forward = { value_parts, mean_absolute_forward, mean_absolute_finish, partials_scratch },
    .backward = { value_parts, mean_absolute_backward, NULL, NULL },
    .reads = mean_absolute_reads,
};
