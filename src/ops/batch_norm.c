/* SPDX-License-Identifier: MIT */
/* Batch normalisation with given statistics (as at inference): y = a x + b per channel, with a = gamma / sqrt(variance
 * + epsilon) and b = beta - a mean. With S = sum of dy and T = sum of dy (x - mean) over pictures and positions, and r
 * = 1 / sqrt(variance + epsilon):
 *   dx = a dy, dgamma = r T, dbeta = S, dmean = -a S, dvariance = -a r^2 T / 2. */
#include "ops/helpers.h"

enum { X, MEAN, VARIANCE, GAMMA, BETA };

static double reciprocal_deviation(const sc_call *call, size_t c)
{
    const sc_norm_attrs *a = call->attrs;
    return 1 / sqrt((double)call->in[VARIANCE]->data[c] + (double)a->epsilon);
}

static int batch_norm_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    static const char *const names[] = { "input", "mean", "variance", "gamma", "beta" };
    const sc_norm_attrs *a = call->attrs;
    if (!(a->epsilon >= 0) || isinf(a->epsilon))
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "batch_norm: epsilon must be a number from 0 up, not %g",
                       (double)a->epsilon);
    if (a->relu)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "batch_norm: a relu can be fused into conv2d and instance_norm only");
    for (int i = MEAN; i <= BETA; i++) {
        int code = sc_check_vector(call, i, "batch_norm", names[i], call->in[X]->shape.c, err);
        if (code)
            return code;
    }
    *out = call->in[X]->shape;
    return SCUMBLE_OK;
}

/* Each thread computes a and b of all channels once per part. */
static size_t coefficient_bytes(const sc_call *call)
{
    return 2 * (size_t)call->in[X]->shape.c * sizeof(float);
}

static size_t batch_norm_forward_scratch(const sc_call *call)
{
    return sc_threads_bytes(call, coefficient_bytes(call));
}

static int batch_norm_forward(const sc_call *call, int part, int thread)
{
    sc_shape s = call->in[X]->shape;
    size_t channels = (size_t)s.c, w = (size_t)s.w;
    float *a = sc_thread_scratch(call, thread, coefficient_bytes(call)), *b = a + channels;
    for (size_t c = 0; c < channels; c++) {
        double factor = (double)call->in[GAMMA]->data[c] * reciprocal_deviation(call, c);
        a[c] = (float)factor;
        b[c] = (float)((double)call->in[BETA]->data[c] - factor * (double)call->in[MEAN]->data[c]);
    }
    sc_range rows = sc_part_range(sc_row_count(s), sc_row_parts(s), part);
    for (size_t p = rows.begin * w; p < rows.end * w; p++) {
        const float *restrict x = call->in[X]->data + p * channels;
        float *restrict y = call->out->data + p * channels;
        for (size_t c = 0; c < channels; c++)
            y[c] = a[c] * x[c] + b[c];
    }
    return SCUMBLE_OK;
}

static bool sums_wanted(const sc_call *call)
{
    return call->in_gradient[MEAN] || call->in_gradient[VARIANCE] || call->in_gradient[GAMMA] ||
           call->in_gradient[BETA];
}

static bool batch_norm_products_wanted(const sc_call *call)
{
    return call->in_gradient[VARIANCE] || call->in_gradient[GAMMA];
}

/* Scratch: S and T of each part, side by side (parts, 2, c); then the coefficients of each thread. */
static size_t batch_norm_sums_bytes(const sc_call *call)
{
    sc_shape s = call->in[X]->shape;
    return sums_wanted(call) ? sc_thread_stride((size_t)sc_row_parts(s) * 2 * (size_t)s.c * sizeof(double)) : 0;
}

static size_t batch_norm_backward_scratch(const sc_call *call)
{
    return batch_norm_sums_bytes(call) + sc_threads_bytes(call, coefficient_bytes(call));
}

static void batch_norm_sum_rows(const sc_call *call, sc_range rows, double *sums)
{
    sc_shape s = call->in[X]->shape;
    size_t channels = (size_t)s.c, w = (size_t)s.w;
    double *products = sums + channels;
    memset(sums, 0, 2 * channels * sizeof *sums);
    for (size_t p = rows.begin * w; p < rows.end * w; p++) {
        const float *dy = call->out_gradient->data + p * channels;
        for (size_t c = 0; c < channels; c++)
            sums[c] += (double)dy[c];
        if (!batch_norm_products_wanted(call))
            continue;
        const float *x = call->in[X]->data + p * channels, *mean = call->in[MEAN]->data;
        for (size_t c = 0; c < channels; c++)
            products[c] += (double)dy[c] * ((double)x[c] - (double)mean[c]);
    }
}

static int batch_norm_backward(const sc_call *call, int part, int thread)
{
    sc_shape s = call->in[X]->shape;
    size_t channels = (size_t)s.c, w = (size_t)s.w;
    sc_range rows = sc_part_range(sc_row_count(s), sc_row_parts(s), part);
    if (sums_wanted(call))
        batch_norm_sum_rows(call, rows, (double *)call->scratch + (size_t)part * 2 * channels);
    if (!call->in_gradient[X])
        return SCUMBLE_OK;
    float *a = sc_thread_scratch_behind(call, batch_norm_sums_bytes(call), thread, coefficient_bytes(call));
    for (size_t c = 0; c < channels; c++)
        a[c] = (float)((double)call->in[GAMMA]->data[c] * reciprocal_deviation(call, c));
    for (size_t p = rows.begin * w; p < rows.end * w; p++) {
        const float *restrict dy = call->out_gradient->data + p * channels;
        float *restrict dx = call->in_gradient[X]->data + p * channels;
        for (size_t c = 0; c < channels; c++)
            dx[c] = call->accumulate[X] ? dx[c] + a[c] * dy[c] : a[c] * dy[c];
    }
    return SCUMBLE_OK;
}

static void write_wanted(const sc_call *call, int i, size_t c, double value)
{
    if (call->in_gradient[i])
        sc_write(call->in_gradient[i]->data + c, (float)value, call->accumulate[i]);
}

static int batch_norm_finish(const sc_call *call)
{
    if (!sums_wanted(call))
        return SCUMBLE_OK;
    size_t channels = (size_t)call->in[X]->shape.c;
    int parts = sc_row_parts(call->in[X]->shape);
    for (size_t c = 0; c < channels; c++) {
        double sum = 0, product = 0;
        for (int p = 0; p < parts; p++) {
            const double *sums = (const double *)call->scratch + (size_t)p * 2 * channels;
            sum += sums[c];
            product += sums[channels + c];
        }
        write_wanted(call, BETA, c, sum);
        if (!call->in_gradient[MEAN] && !batch_norm_products_wanted(call))
            continue;
        double r = reciprocal_deviation(call, c);
        write_wanted(call, GAMMA, c, r * product);
        if (!call->in_gradient[MEAN] && !call->in_gradient[VARIANCE])
            continue;
        double factor = (double)call->in[GAMMA]->data[c] * r;
        write_wanted(call, MEAN, c, -factor * sum);
        write_wanted(call, VARIANCE, c, -0.5 * factor * r * r * product);
    }
    return SCUMBLE_OK;
}

static unsigned batch_norm_reads(const sc_call *call, unsigned wanted)
{
    (void)call;
    unsigned reads = 0;
    if (wanted & (1u << X | 1u << MEAN | 1u << VARIANCE))
        reads |= SC_READS_INPUT_0 << GAMMA | SC_READS_INPUT_0 << VARIANCE;
    if (wanted & (1u << GAMMA | 1u << VARIANCE))
        reads |= SC_READS_INPUT_0 << X | SC_READS_INPUT_0 << MEAN | SC_READS_INPUT_0 << VARIANCE;
    return reads;
}

static const sc_field batch_norm_fields[] = {
    { "epsilon", SC_FIELD_FLOAT, offsetof(sc_norm_attrs, epsilon), 1 },
    { 0 },
};

const sc_op sc_op_batch_norm = {
    .name = "batch_norm",
    .min_inputs = 5,
    .max_inputs = 5,
    .attrs_bytes = sizeof(sc_norm_attrs),
    .infer = batch_norm_infer,
    .forward = { sc_output_row_parts, batch_norm_forward, NULL, batch_norm_forward_scratch },
    .backward = { sc_input_row_parts, batch_norm_backward, batch_norm_finish, batch_norm_backward_scratch },
    .reads = batch_norm_reads,
    .fields = batch_norm_fields,
    .locality = SC_LOOKS_AT_ITSELF,
};
