/* SPDX-License-Identifier: MIT */
/* Self-similarity of a picture's features (STROTSS, Kolkin et al. 2019, arXiv 1904.12785, eq. 7). With x_i the feature
 * at position i, n = h w:
 *   D_ij = 1 - x_i.x_j / (|x_i| |x_j|), D_ii = 0,   y_ij = D_ij / s_j,   s_j = sum over k of D_kj + n FLOOR.
 * A zero feature is unlike all others (D = 1) and has no gradient. The floor, SC_SELF_SIMILARITY_FLOOR of mean
 * distance, keeps pictures that are flat all over from being divided by rounding errors: their y is near 0. With g =
 * dL/dy and r_i = 1 / |x_i|:
 *   dL/dD_ij = h_ij = (g_ij - q_j) / s_j, q_j = sum over k of g_kj y_kj, h_ii = 0
 *   p_i = sum over j of (h_ij + h_ji) r_j x_j,   dL/dx_i = -r_i (p_i - x_i r_i^2 (x_i.p_i)).
 * Parts own columns of y forward, positions backward. Saved: s (n), then r (n). */
#include "ops/self_similarity.h"
#include "ops/helpers.h"

static size_t self_similarity_position_count(const sc_call *call)
{
    return (size_t)call->in[0]->shape.h * (size_t)call->in[0]->shape.w;
}

static int self_similarity_position_parts(const sc_call *call)
{
    size_t n = self_similarity_position_count(call), cost;
    return sc_part_count(n, sc_mul_size(n, (size_t)call->in[0]->shape.c, &cost) ? cost : SIZE_MAX);
}

static const float *feature(const sc_call *call, size_t i)
{
    size_t c = (size_t)call->in[0]->shape.c;
    return call->in[0]->data + i * c;
}

static int self_similarity_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    sc_shape x = call->in[0]->shape;
    if (x.n != 1)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "self_similarity: takes the features of one picture, but the input holds %d", x.n);
    int64_t n = (int64_t)x.h * x.w;
    return sc_infer_extents("self_similarity", n, n, 1, 1, out, err);
}

/* Scratch of a thread: r (n). */
static size_t self_similarity_forward_scratch(const sc_call *call)
{
    return sc_threads_bytes(call, self_similarity_position_count(call) * sizeof(double));
}

static void self_similarity_fill_reciprocal_norms(const sc_call *call, double *r)
{
    size_t c = (size_t)call->in[0]->shape.c;
    for (size_t i = 0; i < self_similarity_position_count(call); i++) {
        double square = sc_sum_products(feature(call, i), feature(call, i), c);
        r[i] = square > SC_SELF_SIMILARITY_LEAST ? 1 / sqrt(square) : 0;
    }
}

static int self_similarity_forward(const sc_call *call, int part, int thread)
{
    size_t n = self_similarity_position_count(call), c = (size_t)call->in[0]->shape.c;
    double *r = sc_thread_scratch(call, thread, n * sizeof(double));
    float *y = call->out->data, *saved = call->saved;
    self_similarity_fill_reciprocal_norms(call, r);
    sc_range columns = sc_part_range(n, self_similarity_position_parts(call), part);
    for (size_t j = columns.begin; j < columns.end; j++) {
        double sum = (double)n * SC_SELF_SIMILARITY_FLOOR;
        for (size_t i = 0; i < n; i++) {
            double distance = i == j ? 0 : 1 - r[i] * r[j] * sc_sum_products(feature(call, i), feature(call, j), c);
            sum += distance;
            y[i * n + j] = (float)distance;
        }
        for (size_t i = 0; i < n; i++)
            y[i * n + j] = (float)((double)y[i * n + j] / sum);
        if (saved) {
            saved[j] = (float)sum;
            saved[n + j] = (float)r[j];
        }
    }
    return SCUMBLE_OK;
}

/* Scratch of a thread: q (n), then p (c). */
static size_t self_similarity_backward_thread_bytes(const sc_call *call)
{
    return (self_similarity_position_count(call) + (size_t)call->in[0]->shape.c) * sizeof(double);
}

static size_t self_similarity_backward_scratch(const sc_call *call)
{
    return sc_threads_bytes(call, self_similarity_backward_thread_bytes(call));
}

static void self_similarity_fill_column_products(const sc_call *call, double *q)
{
    size_t n = self_similarity_position_count(call);
    memset(q, 0, n * sizeof *q);
    for (size_t k = 0; k < n; k++)
        for (size_t j = 0; j < n; j++)
            q[j] += (double)call->out_gradient->data[k * n + j] * (double)call->out->data[k * n + j];
}

/* p of position i (c). */
static void sum_neighbours(const sc_call *call, size_t i, const double *q, double *p)
{
    size_t n = self_similarity_position_count(call), c = (size_t)call->in[0]->shape.c;
    const float *s = call->saved, *r = s + n, *g = call->out_gradient->data;
    memset(p, 0, c * sizeof *p);
    for (size_t j = 0; j < n; j++) {
        if (j == i)
            continue;
        double h = ((double)g[i * n + j] - q[j]) / (double)s[j] + ((double)g[j * n + i] - q[i]) / (double)s[i];
        const float *x = feature(call, j);
        for (size_t k = 0; k < c; k++)
            p[k] += h * (double)r[j] * (double)x[k];
    }
}

static int self_similarity_backward(const sc_call *call, int part, int thread)
{
    size_t n = self_similarity_position_count(call), c = (size_t)call->in[0]->shape.c;
    const float *r = (const float *)call->saved + n;
    double *q = sc_thread_scratch(call, thread, self_similarity_backward_thread_bytes(call)), *p = q + n;
    if (!call->in_gradient[0])
        return SCUMBLE_OK;
    self_similarity_fill_column_products(call, q);
    sc_range positions = sc_part_range(n, self_similarity_position_parts(call), part);
    for (size_t i = positions.begin; i < positions.end; i++) {
        const float *x = feature(call, i);
        float *to = call->in_gradient[0]->data + i * c;
        double along = 0, reciprocal = (double)r[i];
        sum_neighbours(call, i, q, p);
        for (size_t k = 0; k < c; k++)
            along += (double)x[k] * p[k];
        along *= reciprocal * reciprocal;
        for (size_t k = 0; k < c; k++)
            sc_write(to + k, (float)(-reciprocal * (p[k] - (double)x[k] * along)), call->accumulate[0]);
    }
    return SCUMBLE_OK;
}

static unsigned self_similarity_reads(const sc_call *call, unsigned wanted)
{
    (void)call;
    return wanted & 1 ? SC_READS_INPUT_0 | SC_READS_OUTPUT : 0u;
}

static size_t self_similarity_saved(const sc_call *call, unsigned wanted)
{
    return wanted & 1 ? self_similarity_position_count(call) * 2 * sizeof(float) : 0;
}

static double self_similarity_flops(const sc_call *call)
{
    return 2.0 * (double)sc_shape_count(call->out->shape) * call->in[0]->shape.c;
}

const sc_op sc_op_self_similarity = {
    .name = "self_similarity",
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = self_similarity_infer,
    .forward = { self_similarity_position_parts, self_similarity_forward, NULL, self_similarity_forward_scratch },
    .backward = { self_similarity_position_parts, self_similarity_backward, NULL, self_similarity_backward_scratch },
    .reads = self_similarity_reads,
    .saved_bytes = self_similarity_saved,
    .flops = self_similarity_flops,
};
