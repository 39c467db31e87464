/* SPDX-License-Identifier: MIT */
/* Squared 2-Wasserstein distance between two Gaussians, divided by the number c of channels (VinceMarron, "Style Transfer as Optimal Transport";
 * crowsonkb/style-transfer-pytorch). With second moment G and mean mu, S = G - mu mu^T + epsilon I, A the root of the target's S:
 *   L = (|mu - mu_s|^2 + tr A A + tr S - 2 tr (A S A)^(1/2)) / c
 *   dL/dS = (I - T) / c, T = A (A S A)^(-1/2) A (the transport map's matrix: T S T = A A),   since d tr M^(1/2) = tr (M^(-1/2) dM) / 2
 *   dL/dG = dL/dS,   dL/dmu = 2 (mu - mu_s) / c - 2 dL/dS mu.
 * G counts as (G + G^T) / 2; A must be symmetric. The target is constant. Saved: T (c, c).
 * This reference takes an eigen-decomposition of A S A in double precision. Its eigenvalues below LEAST times the largest are rounding errors and
 * count as that: T stays finite where nothing is known. Parts make S A; finish() does the rest. */
#include "ops/wasserstein2.h"
#include "ops/helpers.h"
#include "ops/matrix_root.h"

static const double least = 1e-14;

static size_t channels(const sc_call *call)
{
    return (size_t)call->in[SC_W2_MOMENT]->shape.c;
}

static int wasserstein2_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    const sc_wasserstein2_attrs *a = call->attrs;
    sc_shape g = call->in[SC_W2_MOMENT]->shape, root = call->in[SC_W2_ROOT]->shape;
    *out = (sc_shape){ 1, 1, 1, 1 };
    if (!(a->epsilon >= 0) || isinf(a->epsilon))
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "wasserstein2: epsilon must be a number from 0 up, not %g", (double)a->epsilon);
    if (!sc_shape_equal(g, (sc_shape){ g.c, g.c, 1, 1 }))
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "wasserstein2: the second moment must be c x c x 1 x 1, but it is %d x %d x %d x %d", g.n, g.c,
                       g.h, g.w);
    if (!sc_shape_equal(root, g))
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "wasserstein2: the target's root must be %d x %d x 1 x 1, but it is %d x %d x %d x %d", g.c, g.c,
                       root.n, root.c, root.h, root.w);
    int code = sc_check_vector(call, SC_W2_MEAN, "wasserstein2", "mean", g.c, err);
    return code ? code : sc_check_vector(call, SC_W2_TARGET_MEAN, "wasserstein2", "target's mean", g.c, err);
}

double sc_wasserstein2_covariance(const sc_call *call, size_t i, size_t j)
{
    const sc_wasserstein2_attrs *a = call->attrs;
    const float *g = call->in[SC_W2_MOMENT]->data, *mean = call->in[SC_W2_MEAN]->data;
    size_t c = channels(call);
    double moment = ((double)g[i * c + j] + (double)g[j * c + i]) / 2;
    return moment - (double)mean[i] * (double)mean[j] + (i == j ? (double)a->epsilon : 0);
}

float sc_wasserstein2_value(const sc_call *call, double nuclear)
{
    const float *mean = call->in[SC_W2_MEAN]->data, *target = call->in[SC_W2_TARGET_MEAN]->data, *root = call->in[SC_W2_ROOT]->data;
    size_t c = channels(call);
    double sum = sc_sum_products(root, root, c * c) - 2 * nuclear;
    for (size_t i = 0; i < c; i++) {
        double difference = (double)mean[i] - (double)target[i];
        sum += difference * difference + sc_wasserstein2_covariance(call, i, i);
    }
    return (float)(sum / (double)c);
}

void sc_wasserstein2_save(const sc_call *call, size_t i, size_t j, double value)
{
    float *saved = call->saved;
    if (saved)
        saved[i * channels(call) + j] = saved[j * channels(call) + i] = (float)fmin(fmax(value, -1e30), 1e30);
}

/* --- forward; scratch in doubles: S A, then M = A S A, later T (c, c); its eigenvectors (c, c); eigenvalues and two more vectors (c) --- */

static int forward_parts(const sc_call *call)
{
    size_t c = channels(call);
    return sc_part_count(c, c * c);
}

static size_t forward_scratch(const sc_call *call)
{
    size_t c = channels(call);
    return (3 * c * c + 3 * c) * sizeof(double);
}

/* row += factor a[k], the row k of A. */
static void add_root_row(const sc_call *call, size_t k, double factor, double *row)
{
    const float *a = call->in[SC_W2_ROOT]->data + k * channels(call);
    for (size_t j = 0; j < channels(call); j++)
        row[j] += factor * (double)a[j];
}

static int wasserstein2_forward(const sc_call *call, int part, int thread)
{
    (void)thread;
    size_t c = channels(call);
    sc_range rows = sc_part_range(c, forward_parts(call), part);
    for (size_t i = rows.begin; i < rows.end; i++) {
        double *row = (double *)call->scratch + i * c;
        memset(row, 0, c * sizeof *row);
        for (size_t k = 0; k < c; k++)
            add_root_row(call, k, sc_wasserstein2_covariance(call, i, k), row);
    }
    return SCUMBLE_OK;
}

/* m = A (S A), made exactly symmetric. */
static void multiply_by_root(const sc_call *call, const double *product, double *m)
{
    size_t c = channels(call);
    const float *a = call->in[SC_W2_ROOT]->data;
    memset(m, 0, c * c * sizeof *m);
    for (size_t i = 0; i < c; i++)
        for (size_t k = 0; k < c; k++)
            for (size_t j = 0; j < c; j++)
                m[i * c + j] += (double)a[i * c + k] * product[k * c + j];
    for (size_t i = 0; i < c; i++)
        for (size_t j = i + 1; j < c; j++)
            m[i * c + j] = m[j * c + i] = (m[i * c + j] + m[j * c + i]) / 2;
}

/* T = sum over k of (A v_k) (A v_k)^T / root_k; rows and t are working memory (c, c). */
static void save_transport(const sc_call *call, const double *vectors, const double *reciprocal_roots, double *rows, double *t)
{
    size_t c = channels(call);
    memset(rows, 0, c * c * sizeof *rows);
    for (size_t k = 0; k < c; k++)
        for (size_t i = 0; i < c; i++)
            add_root_row(call, i, vectors[k * c + i], rows + k * c);
    sc_sum_outer_products(rows, reciprocal_roots, (int)c, t);
    for (size_t i = 0; i < c; i++)
        for (size_t j = i; j < c; j++)
            sc_wasserstein2_save(call, i, j, t[i * c + j]);
}

static int wasserstein2_finish(const sc_call *call)
{
    size_t c = channels(call);
    double *product = call->scratch, *m = product + c * c, *vectors = m + c * c, *values = vectors + c * c, *reciprocal = values + c;
    double largest = 0, nuclear = 0;
    multiply_by_root(call, product, m);
    if (!sc_symmetric_eigen(m, (int)c, values, vectors, reciprocal + c)) { /* the input was not finite: neither is the result */
        call->out->data[0] = NAN;
        for (size_t i = 0; i < c * c; i++)
            sc_wasserstein2_save(call, i / c, i % c, 0);
        return SCUMBLE_OK;
    }
    for (size_t k = 0; k < c; k++)
        largest = fmax(largest, values[k]);
    for (size_t k = 0; k < c; k++) {
        double root = sqrt(fmax(values[k], least * largest));
        nuclear += sqrt(fmax(values[k], 0));
        reciprocal[k] = root > 0 ? 1 / root : 0;
    }
    call->out->data[0] = sc_wasserstein2_value(call, nuclear);
    if (call->saved)
        save_transport(call, vectors, reciprocal, product, m);
    return SCUMBLE_OK;
}

/* --- backward: a part owns rows of G and values of mu --- */

static int backward_parts(const sc_call *call)
{
    return sc_part_count(channels(call), channels(call));
}

static int wasserstein2_backward(const sc_call *call, int part, int thread)
{
    (void)thread;
    size_t c = channels(call);
    double factor = (double)call->out_gradient->data[0] / (double)c;
    sc_range rows = sc_part_range(c, backward_parts(call), part);
    for (size_t i = rows.begin; i < rows.end; i++) {
        const float *t = (const float *)call->saved + i * c;
        for (size_t j = 0; call->in_gradient[SC_W2_MOMENT] && j < c; j++)
            sc_write(call->in_gradient[SC_W2_MOMENT]->data + i * c + j, (float)(factor * ((i == j ? 1.0 : 0.0) - (double)t[j])),
                     call->accumulate[SC_W2_MOMENT]);
        if (!call->in_gradient[SC_W2_MEAN])
            continue;
        const float *mean = call->in[SC_W2_MEAN]->data, *target = call->in[SC_W2_TARGET_MEAN]->data;
        double slope = sc_sum_products(t, mean, c) - (double)target[i]; /* (mu - mu_s) - (I - T) mu */
        sc_write(call->in_gradient[SC_W2_MEAN]->data + i, (float)(2 * factor * slope), call->accumulate[SC_W2_MEAN]);
    }
    return SCUMBLE_OK;
}

static unsigned wasserstein2_reads(const sc_call *call, unsigned wanted)
{
    (void)call;
    return wanted >> SC_W2_MEAN & 1 ? SC_READS_INPUT_0 << SC_W2_MEAN | SC_READS_INPUT_0 << SC_W2_TARGET_MEAN : 0u;
}

static size_t wasserstein2_saved(const sc_call *call, unsigned wanted)
{
    return wanted ? sc_shape_bytes(call->in[SC_W2_MOMENT]->shape) : 0;
}

const sc_op sc_op_wasserstein2 = {
    .name = "wasserstein2", .min_inputs = 4, .max_inputs = 4, .attrs_bytes = sizeof(sc_wasserstein2_attrs), .infer = wasserstein2_infer,
    .forward = { forward_parts, wasserstein2_forward, wasserstein2_finish, forward_scratch },
    .backward = { backward_parts, wasserstein2_backward, NULL, NULL },
    .reads = wasserstein2_reads, .saved_bytes = wasserstein2_saved, .constants = 1u << SC_W2_ROOT | 1u << SC_W2_TARGET_MEAN,
};
