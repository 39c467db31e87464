/* SPDX-License-Identifier: MIT */
/* Quantiles of x's values, channel by channel: sample j of count is the quantile function at (j + 1/2) / count, where
 * the value of rank r of the n = h w positions stands at (r + 1/2) / n; linear in between, constant beyond the ends.
 * These are the targets of sorted_match. Forward only. */
#include "ops/helpers.h"
#include "ops/sort.h"

static size_t quantiles_value_count(const sc_call *call)
{
    return (size_t)call->in[0]->shape.h * (size_t)call->in[0]->shape.w;
}

static int quantiles_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    const sc_quantiles_attrs *a = call->attrs;
    sc_shape x = call->in[0]->shape;
    if (x.n != 1)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "quantiles: takes the features of one picture, but the input holds %d", x.n);
    if (a->count < 1)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "quantiles: the number of samples must be at least 1, not %d",
                       a->count);
    if (quantiles_value_count(call) > INT_MAX)
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "quantiles: %zu positions are more than the limit of %d",
                       quantiles_value_count(call), INT_MAX);
    return sc_infer_result("quantiles", (sc_shape){ 1, x.c, 1, a->count }, out, err);
}

/* A part is a channel. */
static int quantiles_parts(const sc_call *call)
{
    return call->in[0]->shape.c;
}

static size_t quantiles_thread_bytes(const sc_call *call)
{
    return quantiles_value_count(call) * (2 * sizeof(uint64_t) + sizeof(float));
}

static size_t quantiles_scratch(const sc_call *call)
{
    return sc_threads_bytes(call, quantiles_thread_bytes(call));
}

static int quantiles_forward(const sc_call *call, int part, int thread)
{
    size_t n = quantiles_value_count(call), m = (size_t)call->in[0]->shape.c, count = (size_t)call->out->shape.w,
           channel = (size_t)part;
    uint64_t *pairs = sc_thread_scratch(call, thread, quantiles_thread_bytes(call));
    float *values = (float *)(void *)(pairs + 2 * n);
    for (size_t i = 0; i < n; i++)
        values[i] = call->in[0]->data[i * m + channel];
    const uint64_t *sorted = sc_sort(values, n, pairs, pairs + n);
    for (size_t j = 0; j < count; j++) {
        double at = fmin(fmax(((double)j + 0.5) * (double)n / (double)count - 0.5, 0), (double)(n - 1));
        size_t low = (size_t)at, high = low + 1 < n ? low + 1 : low;
        float a = values[(uint32_t)sorted[low]], b = values[(uint32_t)sorted[high]];
        call->out->data[j * m + channel] = a + (float)(at - (double)low) * (b - a);
    }
    return SCUMBLE_OK;
}

const sc_op sc_op_quantiles = {
    .name = "quantiles",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs_bytes = sizeof(sc_quantiles_attrs),
    .infer = quantiles_infer,
    .forward = { quantiles_parts, quantiles_forward, NULL, quantiles_scratch },
};
