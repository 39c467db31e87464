/* SPDX-License-Identifier: MIT */
/* Squared 2-Wasserstein distance between two Gaussians, divided by the number c of channels (VinceMarron, "Style
 * Transfer as Optimal Transport"; crowsonkb/style-transfer-pytorch). With second moment G and mean mu, S = G - mu mu^T;
 * the target's covariance is R^T R, R of k <= c rows:
 *   L = (|mu - mu_s|^2 + |R|_F^2 + tr S - 2 tr M^(1/2)) / c,   M = R S R^T (k x k: the eigenvalues of R^T R S that are
 * not 0)
 *   dL/dS = (I - T) / c, T = R^T M^(-1/2) R (the transport map's matrix: T S T = R^T R),   since d tr M^(1/2) = tr
 * (M^(-1/2) dM) / 2
 *   dL/dG = dL/dS,   dL/dmu = 2 (mu - mu_s) / c - 2 dL/dS mu.
 * G counts as (G + G^T) / 2. The target is constant. As long as S knows more directions than R has rows, M has full
 * rank, and its root is smooth: this is why R is rectangular. Everything is in double precision: M's condition is the
 * product of those of S and R^T R, and its root is taken by eigen-decomposition, M = V^T diag(m) V. Saved: P =
 * diag(m)^(-1/4) V R (k x c), T = P^T P. Eigenvalues below LEAST times tr R G R^T are less than G's rounding and count
 * as that in T, which stays moderate where S holds nothing. Parts make R G; finish() the rest. */
#include "ops/doubles.h"
#include "ops/helpers.h"
#include "ops/matrix_root.h"

enum { MOMENT, MEAN, ROOT, TARGET_MEAN };
enum { ROWS = 4 }; /* that a product makes at once (ops/doubles.h) */
static const double least = 1e-12;
static const float most = 1e15f; /* a value of P: sums of squares are finite */

static size_t wasserstein2_channels(const sc_call *call)
{
    return (size_t)call->in[ROOT]->shape.c;
}

static size_t rank(const sc_call *call)
{
    return (size_t)call->in[ROOT]->shape.n;
}

static int wasserstein2_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    sc_shape g = call->in[MOMENT]->shape, root = call->in[ROOT]->shape;
    *out = (sc_shape){ 1, 1, 1, 1 };
    if (!sc_shape_equal(g, (sc_shape){ g.c, g.c, 1, 1 }))
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "wasserstein2: the second moment must be c x c x 1 x 1, but it is %d x %d x %d x %d", g.n, g.c,
                       g.h, g.w);
    if (root.n > g.c || !sc_shape_equal(root, (sc_shape){ root.n, g.c, 1, 1 }))
        return sc_fail(
            err, SCUMBLE_ERR_ARGUMENT,
            "wasserstein2: the target's root must be k x %d x 1 x 1, k at most %d, but it is %d x %d x %d x %d", g.c,
            g.c, root.n, root.c, root.h, root.w);
    int code = sc_check_vector(call, MEAN, "wasserstein2", "mean", g.c, err);
    return code ? code : sc_check_vector(call, TARGET_MEAN, "wasserstein2", "target's mean", g.c, err);
}

/* --- forward; parts own ROWS rows of R each --- */

typedef struct work {
    double *product;                 /* (k, c): R G, later V R */
    double *wide;                    /* (k, c): R in double */
    double *m, *vectors;             /* (k, k) */
    double *values, *means, *beside; /* (k): M's eigenvalues; R mu; for the decomposition */
    float *transposed;               /* (c, k): R^T */
} work;

static size_t wasserstein2_forward_scratch(const sc_call *call)
{
    size_t c = wasserstein2_channels(call), k = rank(call);
    return (2 * k * c + 2 * k * k + 3 * k) * sizeof(double) + c * k * sizeof(float);
}

static work wasserstein2_work_of(const sc_call *call)
{
    size_t c = wasserstein2_channels(call), k = rank(call);
    work w = { .product = call->scratch };
    w.wide = w.product + k * c;
    w.m = w.wide + k * c;
    w.vectors = w.m + k * k;
    w.values = w.vectors + k * k;
    w.means = w.values + k;
    w.beside = w.means + k;
    w.transposed = (float *)(w.beside + k);
    return w;
}

static size_t wasserstein2_block_count(size_t rows)
{
    return (rows + ROWS - 1) / ROWS;
}

static int wasserstein2_forward_parts(const sc_call *call)
{
    return sc_part_count(wasserstein2_block_count(rank(call)),
                         ROWS * wasserstein2_channels(call) * wasserstein2_channels(call));
}

static int wasserstein2_forward(const sc_call *call, int part, int thread)
{
    (void)thread;
    work w = wasserstein2_work_of(call);
    size_t c = wasserstein2_channels(call), k = rank(call);
    const float *r = call->in[ROOT]->data;
    sc_range blocks = sc_part_range(wasserstein2_block_count(k), wasserstein2_forward_parts(call), part);
    size_t begin = blocks.begin * ROWS, end = blocks.end * ROWS < k ? blocks.end * ROWS : k;
    for (size_t i = begin; i < end; i++) {
        w.means[i] = sc_sum_products(r + i * c, call->in[MEAN]->data, c);
        for (size_t j = 0; j < c; j++) {
            w.wide[i * c + j] = (double)r[i * c + j];
            w.transposed[j * k + i] = r[i * c + j];
        }
    }
    sc_doubles_best()->multiply(w.wide + begin * c, end - begin, c, call->in[MOMENT]->data, c, w.product + begin * c);
    return SCUMBLE_OK;
}

/* M = R G R^T - (R mu)(R mu)^T, made symmetric: G then counts as (G + G^T) / 2. Returns tr R G R^T. */
static double fill_m(const sc_call *call, const work *w)
{
    size_t k = rank(call);
    double trace = 0;
    sc_doubles_best()->multiply(w->product, k, wasserstein2_channels(call), w->transposed, k, w->m);
    for (size_t i = 0; i < k; i++)
        trace += w->m[i * k + i];
    for (size_t i = 0; i < k; i++)
        for (size_t j = i; j < k; j++)
            w->m[i * k + j] = w->m[j * k + i] = (w->m[i * k + j] + w->m[j * k + i]) / 2 - w->means[i] * w->means[j];
    return trace;
}

/* P, the rows of V R times the eigenvalues to the power of -1/4. */
static void save_factor(const sc_call *call, const work *w, double floor)
{
    size_t c = wasserstein2_channels(call), k = rank(call);
    sc_doubles_best()->multiply(w->vectors, k, k, call->in[ROOT]->data, c, w->product);
    for (size_t i = 0; i < k; i++) {
        double value = fmax(w->values[i], floor), factor = value > 0 ? 1 / sqrt(sqrt(value)) : 0;
        for (size_t j = 0; j < c; j++)
            ((float *)call->saved)[i * c + j] = (float)fmin(fmax(factor * w->product[i * c + j], -most), most);
    }
}

/* L from nuclear = tr M^(1/2). */
static double wasserstein2_distance(const sc_call *call, double nuclear)
{
    const float *g = call->in[MOMENT]->data, *mean = call->in[MEAN]->data, *target = call->in[TARGET_MEAN]->data,
                *r = call->in[ROOT]->data;
    size_t c = wasserstein2_channels(call);
    double sum = sc_sum_products(r, r, rank(call) * c) - 2 * nuclear;
    for (size_t i = 0; i < c; i++) {
        double own = (double)mean[i], difference = own - (double)target[i];
        sum += difference * difference + (double)g[i * c + i] - own * own;
    }
    return sum / (double)c;
}

static int wasserstein2_finish(const sc_call *call)
{
    work w = wasserstein2_work_of(call);
    double nuclear = 0, trace = fill_m(call, &w);
    if (!sc_symmetric_eigen(w.m, (int)rank(call), w.values, w.vectors,
                            w.beside)) { /* the input was not finite: neither is the result */
        call->out->data[0] = NAN;
        if (call->saved)
            memset(call->saved, 0, sc_shape_bytes(call->in[ROOT]->shape));
        return SCUMBLE_OK;
    }
    for (size_t i = 0; i < rank(call); i++)
        nuclear += sqrt(fmax(w.values[i], 0));
    call->out->data[0] = (float)wasserstein2_distance(call, nuclear);
    if (call->saved)
        save_factor(call, &w, least * trace);
    return SCUMBLE_OK;
}

/* --- backward; parts own ROWS rows of T each, so of G, and values of mu --- */

static size_t wasserstein2_thread_bytes(const sc_call *call)
{
    return ROWS * (wasserstein2_channels(call) + rank(call)) * sizeof(double);
}

static size_t wasserstein2_backward_scratch(const sc_call *call)
{
    return (size_t)call->thread_count * sc_thread_stride(wasserstein2_thread_bytes(call));
}

static int wasserstein2_backward_parts(const sc_call *call)
{
    return sc_part_count(wasserstein2_block_count(wasserstein2_channels(call)),
                         ROWS * wasserstein2_channels(call) * rank(call));
}

/* Row i of T gives row i of G's gradient and value i of mu's. */
static void wasserstein2_write_row(const sc_call *call, size_t i, const double *t)
{
    size_t c = wasserstein2_channels(call);
    double factor = (double)call->out_gradient->data[0] / (double)c;
    for (size_t j = 0; call->in_gradient[MOMENT] && j < c; j++)
        sc_write(call->in_gradient[MOMENT]->data + i * c + j, (float)(factor * ((i == j ? 1.0 : 0.0) - t[j])),
                 call->accumulate[MOMENT]);
    if (call->in_gradient[MEAN]) { /* (mu - mu_s) - (I - T) mu */
        double moved = 0;
        for (size_t j = 0; j < c; j++)
            moved += t[j] * (double)call->in[MEAN]->data[j];
        sc_write(call->in_gradient[MEAN]->data + i,
                 (float)(2 * factor * (moved - (double)call->in[TARGET_MEAN]->data[i])), call->accumulate[MEAN]);
    }
}

static int wasserstein2_backward(const sc_call *call, int part, int thread)
{
    size_t c = wasserstein2_channels(call), k = rank(call);
    const float *p = call->saved;
    double *columns = sc_thread_scratch(call, thread, wasserstein2_thread_bytes(call)), *t = columns + ROWS * k;
    sc_range blocks = sc_part_range(wasserstein2_block_count(c), wasserstein2_backward_parts(call), part);
    for (size_t first = blocks.begin * ROWS; first < blocks.end * ROWS && first < c; first += ROWS) {
        size_t rows = first + ROWS < c ? ROWS : c - first;
        for (size_t i = 0; i < rows; i++)
            for (size_t j = 0; j < k; j++)
                columns[i * k + j] = (double)p[j * c + first + i];
        sc_doubles_best()->multiply(columns, rows, k, p, c, t);
        for (size_t i = 0; i < rows; i++)
            wasserstein2_write_row(call, first + i, t + i * c);
    }
    return SCUMBLE_OK;
}

static unsigned wasserstein2_reads(const sc_call *call, unsigned wanted)
{
    (void)call;
    return wanted >> MEAN & 1 ? SC_READS_INPUT_0 << MEAN | SC_READS_INPUT_0 << TARGET_MEAN : 0u;
}

static size_t wasserstein2_saved(const sc_call *call, unsigned wanted)
{
    return wanted ? sc_shape_bytes(call->in[ROOT]->shape) : 0;
}

/* In double precision and plain C: each counts as 8. */
static double wasserstein2_flops(const sc_call *call)
{
    double c = call->in[0]->shape.n, k = call->in[ROOT]->shape.n;
    return 8 * (2 * k * c * c + 2 * k * k * c + 10 * k * k * k);
}

const sc_op sc_op_wasserstein2 = {
    .name = "wasserstein2",
    .min_inputs = 4,
    .max_inputs = 4,
    .infer = wasserstein2_infer,
    .forward = { wasserstein2_forward_parts, wasserstein2_forward, wasserstein2_finish, wasserstein2_forward_scratch },
    .backward = { wasserstein2_backward_parts, wasserstein2_backward, NULL, wasserstein2_backward_scratch },
    .reads = wasserstein2_reads,
    .saved_bytes = wasserstein2_saved,
    .constants = 1u << ROOT | 1u << TARGET_MEAN,
    .flops = wasserstein2_flops,
};
