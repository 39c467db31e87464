/* SPDX-License-Identifier: MIT */
/* The Wasserstein distance of Gaussians by matrix products; formulas in ops/wasserstein2.c. A root of M = A S A is not taken: in single precision it
 * would lose all eigenvalues below 1e-7 of the largest. With S = R^T R (Cholesky) and U the orthogonal polar factor of K = R A,
 *   tr M^(1/2) = <U, K> = <R, U A>,   T = A M^(-1/2) A = R^(-1) U A,
 * which needs singular values of K only, the square roots of those. U = lim X, X_0 = K / |K|, by Newton-Schulz steps
 *   X <- X (alpha / 2) (3 I - alpha^2 X^T X),
 * alpha stretching the least singular value as much as can be (Chen and Chow 2014, "A stable scaling of Newton-Schulz for improving the sign
 * function computation of a Hermitian matrix", whose bound on alpha keeps the largest ones accurate). The number of steps follows from
 * epsilon. One step needs the last one's result, so all is one part. */
#include "backend/cpu/wasserstein2.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "backend/cpu/conv.h"
#include "backend/cpu/onednn.h"
#include "ops/wasserstein2.h"

enum { BAND = 64, MOST_STEPS = 24 };
static const double most_alpha = 1.69770248526; /* Chen and Chow's bound */
static const double least_singular = 1e-6;      /* of the largest: what is below is rounding */
static const double least_square = 1e-30;       /* K below its root counts as zero */

/* Matrices (c, c) in scratch. S and A are divided by their largest entries, so that nothing overflows. */
typedef struct work {
    size_t c;
    int thread;
    float *factor;             /* S, then R: upper triangle */
    float *x, *other, *square; /* X; its successor and short-lived things; X^T X */
    double scale, root_scale;  /* the largest entries */
} work;

static size_t matrix_bytes(const sc_call *call)
{
    size_t c = (size_t)call->in[SC_W2_MOMENT]->shape.c;
    return sc_align64(c * c * sizeof(float));
}

static size_t forward_scratch(const sc_call *call)
{
    return 4 * matrix_bytes(call);
}

static work work_of(const sc_call *call, int thread)
{
    work w = { .c = (size_t)call->in[SC_W2_MOMENT]->shape.c, .thread = thread, .factor = call->scratch };
    size_t stride = matrix_bytes(call) / sizeof(float);
    w.x = w.factor + stride;
    w.other = w.x + stride;
    w.square = w.other + stride;
    const float *root = call->in[SC_W2_ROOT]->data;
    for (size_t i = 0; i < w.c; i++)
        for (size_t j = i; j < w.c; j++)
            w.scale = fmax(w.scale, fabs(sc_wasserstein2_covariance(call, i, j)));
    for (size_t i = 0; i < w.c * w.c; i++)
        w.root_scale = fmax(w.root_scale, fabs((double)root[i]));
    return w;
}

static void fill_covariance(const sc_call *call, const work *w)
{
    double scale = 1 / w->scale;
    for (size_t i = 0; i < w->c; i++) {
        for (size_t j = 0; j < i; j++)
            w->factor[i * w->c + j] = 0;
        for (size_t j = i; j < w->c; j++)
            w->factor[i * w->c + j] = (float)(scale * sc_wasserstein2_covariance(call, i, j));
    }
}

static void fill_root(const sc_call *call, const work *w, float *to)
{
    const float *root = call->in[SC_W2_ROOT]->data;
    double scale = 1 / w->root_scale;
    for (size_t i = 0; i < w->c * w->c; i++)
        to[i] = (float)(scale * (double)root[i]);
}

/* --- R --- */

/* Row k of R from row k of what is left of S (columns from k on), whose entries are at most 1. The pivot is kept so large that no entry of R
 * exceeds 1 (Gill, Murray and Wright, "Practical Optimization", 4.4.2.2), which changes nothing unless rounding has made S indefinite. */
static void scale_row(float *row, size_t count)
{
    float beside = 0;
    for (size_t i = 1; i < count; i++)
        beside = fmaxf(beside, fabsf(row[i]));
    float pivot = fmaxf(fmaxf(row[0], beside * beside), FLT_EPSILON), reciprocal = 1 / sqrtf(pivot);
    row[0] = sqrtf(pivot);
    for (size_t i = 1; i < count; i++)
        row[i] *= reciprocal;
}

static int factorise(const work *w)
{
    size_t c = w->c;
    for (size_t j = 0; j < c; j += BAND) {
        size_t rows = c - j < BAND ? c - j : BAND;
        float *band = w->factor + j * c, *products = w->other;
        if (j) {
            int code = sc_cpu_gemm(true, false, rows, c - j, j, w->factor + j, c, w->factor + j, c, false, products, c, w->thread);
            if (code)
                return code;
        }
        for (size_t k = 0; k < rows; k++) {
            float *row = band + k * c + j;
            for (size_t i = k; j && i < c - j; i++)
                row[i] -= products[k * c + i];
            for (size_t above = 0; above < k; above++) {
                const float *factor = band + above * c + j;
                for (size_t i = k; i < c - j; i++)
                    row[i] -= factor[k] * factor[i];
            }
            scale_row(row + k, c - j - k);
        }
    }
    return SCUMBLE_OK;
}

/* to = R b, b (c, c). */
static int multiply_by_factor(const work *w, const float *b, float *to)
{
    int code = SCUMBLE_OK;
    for (size_t i = 0; i < w->c && !code; i += BAND) {
        size_t rows = w->c - i < BAND ? w->c - i : BAND;
        code = sc_cpu_gemm(false, false, rows, w->c, w->c - i, w->factor + i * w->c + i, w->c, b + i * w->c, w->c, false, to + i * w->c, w->c,
            w->thread);
    }
    return code;
}

/* b = R^(-1) b, b (c, c), by bands of rows from the last one up. */
static int solve(const work *w, float *b)
{
    size_t c = w->c;
    for (size_t i = (c - 1) / BAND * BAND;; i -= BAND) {
        size_t rows = c - i < BAND ? c - i : BAND, below = i + rows;
        float *band = b + i * c, *products = w->square;
        if (below < c) {
            int code = sc_cpu_gemm(false, false, rows, c, c - below, w->factor + i * c + below, c, b + below * c, c, false, products, c, w->thread);
            if (code)
                return code;
            for (size_t k = 0; k < rows * c; k++)
                band[k] -= products[k];
        }
        for (size_t k = rows; k-- > 0;) {
            const float *factor = w->factor + (i + k) * c + i;
            float *row = band + k * c;
            for (size_t j = k + 1; j < rows; j++)
                for (size_t p = 0; p < c; p++)
                    row[p] -= factor[j] * band[j * c + p];
            for (size_t p = 0; p < c; p++)
                row[p] /= factor[k];
        }
        if (!i)
            return SCUMBLE_OK;
    }
}

/* --- U --- */

/* The lower triangle from the upper one, in tiles: columns of a large matrix are slow to write. */
static void mirror(float *m, size_t c)
{
    const sc_cpu_isa *isa = sc_cpu_isa_best();
    for (size_t i = 0; i < c; i += SC_GROUP)
        for (size_t j = i; j < c; j += SC_GROUP) {
            if (i != j && c - j >= SC_GROUP) {
                isa->transpose(m + i * c + j, c, m + j * c + i, c);
                continue;
            }
            for (size_t y = i; y < c && y < i + SC_GROUP; y++)
                for (size_t x = j > y ? j : y + 1; x < c && x < j + SC_GROUP; x++)
                    m[x * c + y] = m[y * c + x];
        }
}

/* square = X^T X. */
static int make_square(const work *w)
{
    size_t c = w->c;
    int code = SCUMBLE_OK;
    for (size_t i = 0; i < c && !code; i += BAND) {
        size_t rows = c - i < BAND ? c - i : BAND;
        code = sc_cpu_gemm(true, false, rows, c - i, c, w->x + i, c, w->x + i, c, false, w->square + i * c + i, c, w->thread);
    }
    mirror(w->square, c);
    return code;
}

/* X and X^T X as if X had been divided by a bound on its largest singular value, which is returned; 0 when X is zero. */
static double normalise(const work *w)
{
    double energy = 0;
    for (size_t i = 0; i < w->c * w->c; i++)
        energy += (double)w->square[i] * (double)w->square[i];
    double square = sqrt(energy); /* of X^T X, as a vector: at least the square of |X| */
    if (square <= least_square)
        return 0;
    for (size_t i = 0; i < w->c * w->c; i++) {
        w->square[i] = (float)((double)w->square[i] / square);
        w->x[i] = (float)((double)w->x[i] / sqrt(square));
    }
    return sqrt(square);
}

/* One step; X^T X is at hand. */
static int improve(work *w, double alpha)
{
    float *polynomial = w->square, factor = (float)(-alpha * alpha * alpha / 2), *old = w->x;
    for (size_t i = 0; i < w->c * w->c; i++)
        polynomial[i] *= factor;
    for (size_t i = 0; i < w->c; i++)
        polynomial[i * w->c + i] += (float)(1.5 * alpha);
    int code = sc_cpu_gemm(false, false, w->c, w->c, w->c, old, w->c, polynomial, w->c, false, w->other, w->c, w->thread);
    w->x = w->other;
    w->other = old;
    return code;
}

/* x, which holds K, becomes U; *norm = 0 when K is zero. */
static int take_polar_factor(const sc_call *call, work *w, double *norm)
{
    const sc_wasserstein2_attrs *attrs = call->attrs;
    int code = make_square(w);
    *norm = code ? 0 : normalise(w);
    if (*norm == 0)
        return code;
    /* S and A A are at least epsilon I, so K's singular values are at least epsilon. */
    double low = (double)attrs->epsilon / (*norm * w->root_scale * sqrt(w->scale));
    low = fmin(fmax(low, least_singular), 1);
    for (int step = 0; step < MOST_STEPS && !code && low < 1 - 1e-7; step++) {
        double alpha = fmin(sqrt(3 / (1 + low + low * low)), most_alpha);
        code = step ? make_square(w) : SCUMBLE_OK;
        code = code ? code : improve(w, alpha);
        low = alpha * low * (3 - alpha * alpha * low * low) / 2;
    }
    return code;
}

static double inner_product(const float *a, const float *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

static void save_transport(const sc_call *call, const float *t, size_t c, double factor)
{
    for (size_t i = 0; call->saved && i < c; i++)
        for (size_t j = i; j < c; j++)
            sc_wasserstein2_save(call, i, j, t ? factor * ((double)t[i * c + j] + (double)t[j * c + i]) / 2 : 0);
}

static int forward_run(const sc_call *call, int part, int thread)
{
    (void)part;
    work w = work_of(call, thread);
    size_t c = w.c;
    double norm = 0;
    int code = SCUMBLE_OK;
    if (w.scale > 0 && w.root_scale > 0) {
        fill_covariance(call, &w);
        code = factorise(&w);
        fill_root(call, &w, w.square);
        code = code ? code : multiply_by_factor(&w, w.square, w.x);
        code = code ? code : take_polar_factor(call, &w, &norm);
    }
    if (norm == 0) { /* S or A is zero, or they have nothing in common */
        call->out->data[0] = sc_wasserstein2_value(call, 0);
        save_transport(call, NULL, c, 0);
        return code;
    }
    fill_root(call, &w, w.square);
    code = code ? code : sc_cpu_gemm(false, false, c, c, c, w.x, c, w.square, c, false, w.other, c, thread);
    call->out->data[0] = sc_wasserstein2_value(call, w.root_scale * sqrt(w.scale) * inner_product(w.factor, w.other, c * c));
    if (!code && call->saved)
        code = solve(&w, w.other);
    save_transport(call, w.other, c, w.root_scale / sqrt(w.scale));
    return code;
}

const sc_kernel sc_cpu_wasserstein2_forward = { NULL, forward_run, NULL, forward_scratch };
