/* SPDX-License-Identifier: MIT */
/* Gaussians of features. See gaussian.h. */
#include "measure/gaussian.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ops/matrix_root.h"

void sc_gaussian_free(sc_gaussian *g)
{
    free(g->mean);
    *g = (sc_gaussian){ 0 };
}

/* Zeros; the covariance lies behind the mean. */
static int create_gaussian(sc_gaussian *g, int size, sc_error *err)
{
    size_t n = (size_t)size, bytes = (n + n * n) * sizeof(double);
    *g = (sc_gaussian){ .size = size, .mean = calloc(1, bytes) };
    if (!g->mean)
        return sc_fail_memory(err, bytes);
    g->covariance = g->mean + n;
    return SCUMBLE_OK;
}

enum { STRETCH = 1 << 14 }; /* positions between two looks at whether it is cancelled */

int sc_gaussian_fit(const sc_threads *threads, const sc_tensor *features, const double *gram, sc_gaussian *g,
                    sc_error *err)
{
    size_t c = (size_t)features->shape.c, positions = (size_t)features->shape.h * (size_t)features->shape.w;
    int code = create_gaussian(g, features->shape.c, err);
    if (code)
        return code;
    for (size_t p = 0; p < positions && (p % STRETCH || !sc_threads_cancelled(threads)); p++)
        for (size_t k = 0; k < c; k++)
            g->mean[k] += features->data[p * c + k];
    for (size_t k = 0; k < c; k++)
        g->mean[k] /= (double)positions;
    for (size_t i = 0; i < c; i++)
        for (size_t k = 0; k < c; k++)
            g->covariance[i * c + k] = gram[i * c + k] - g->mean[i] * g->mean[k];
    return sc_threads_check(threads, err);
}

/* ---- eigenvectors ---- */

typedef struct eigen {
    double *memory, *values, *vectors; /* values (n), vectors (n, n): row k is the unit eigenvector of values[k] */
} eigen;

/* Of a symmetric matrix (n, n), which is kept. Free eigen.memory, on success only. */
static int decompose(const double *matrix, int size, eigen *e, sc_error *err)
{
    size_t n = (size_t)size, bytes = (2 * n * n + 2 * n) * sizeof(double);
    double *copy = e->memory = malloc(bytes);
    if (!copy)
        return sc_fail_memory(err, bytes);
    e->vectors = copy + n * n;
    e->values = e->vectors + n * n;
    memcpy(copy, matrix, n * n * sizeof *copy);
    if (sc_symmetric_eigen(copy, size, e->values, e->vectors, e->values + n))
        return SCUMBLE_OK;
    free(e->memory);
    return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "the network's features of a picture are not finite");
}

/* The index of the largest of n values, which is then taken out. */
static size_t take_largest(double *values, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (values[i] > values[best])
            best = i;
    values[best] = -INFINITY;
    return best;
}

int sc_gaussian_basis(const sc_gaussian *a, const sc_gaussian *b, int rows, double **basis, sc_error *err)
{
    size_t n = (size_t)a->size, bytes = n * n * sizeof(double);
    eigen e;
    *basis = malloc(bytes); /* the sum first, then the directions */
    if (!*basis)
        return sc_fail_memory(err, bytes);
    for (size_t i = 0; i < n * n; i++)
        (*basis)[i] = (a->covariance[i] + b->covariance[i]) / 2;
    int code = decompose(*basis, a->size, &e, err);
    if (code) {
        free(*basis);
        *basis = NULL;
        return code;
    }
    for (int k = 0; k < rows; k++)
        memcpy(*basis + (size_t)k * n, e.vectors + take_largest(e.values, n) * n, n * sizeof(double));
    free(e.memory);
    return SCUMBLE_OK;
}

/* out (rows, rows) = B S B^T with B (rows, n), S (n, n) symmetric; beside (n). */
static void sandwich(const double *basis, size_t rows, const double *matrix, size_t n, double *out, double *beside)
{
    for (size_t i = 0; i < rows; i++) {
        memset(beside, 0, n * sizeof *beside);
        for (size_t j = 0; j < n; j++)
            for (size_t k = 0; k < n; k++)
                beside[k] += basis[i * n + j] * matrix[j * n + k];
        for (size_t r = 0; r <= i; r++) {
            double sum = 0;
            for (size_t k = 0; k < n; k++)
                sum += basis[r * n + k] * beside[k];
            out[i * rows + r] = out[r * rows + i] = sum;
        }
    }
}

int sc_gaussian_project(const sc_gaussian *from, const double *basis, int rows, sc_gaussian *g, sc_error *err)
{
    size_t n = (size_t)from->size;
    double *beside = malloc(n * sizeof *beside);
    int code = beside ? create_gaussian(g, rows, err) : sc_fail_memory(err, n * sizeof *beside);
    if (!code) {
        sandwich(basis, (size_t)rows, from->covariance, n, g->covariance, beside);
        for (size_t i = 0; i < (size_t)rows; i++)
            for (size_t k = 0; k < n; k++)
                g->mean[i] += basis[i * n + k] * from->mean[k];
    }
    free(beside);
    return code;
}

/* ---- distances ---- */

/* The lower triangle L of L L^T = matrix + floor I. */
static void cholesky(const double *matrix, double floor, size_t n, double *lower)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k <= i; k++) {
            double sum = matrix[i * n + k] + (i == k ? floor : 0);
            for (size_t j = 0; j < k; j++)
                sum -= lower[i * n + j] * lower[k * n + j];
            lower[i * n + k] = i == k ? sqrt(fmax(sum, floor * 1e-3)) : sum / lower[k * n + k];
        }
}

/* |L^-1 x|^2; x (n) is overwritten. Its first `zeros` values are zeros. */
static double solved_square(const double *lower, double *x, size_t n, size_t zeros)
{
    double square = 0;
    for (size_t i = zeros; i < n; i++) {
        for (size_t k = zeros; k < i; k++)
            x[i] -= lower[i * n + k] * x[k];
        x[i] /= lower[i * n + i];
        square += x[i] * x[i];
    }
    return square;
}

int sc_gaussian_divergence(const sc_gaussian *a, const sc_gaussian *b, double *divergence, sc_error *err)
{
    size_t n = (size_t)a->size, bytes = (2 * n * n + n) * sizeof(double);
    double *own = calloc(1, bytes), trace = 0, sum;
    if (!own)
        return sc_fail_memory(err, bytes);
    double *other = own + n * n, *column = other + n * n;
    for (size_t i = 0; i < n; i++)
        trace += b->covariance[i * n + i];
    double floor = fmax(SC_GAUSSIAN_FLOOR * trace / (double)n, 1e-20);
    cholesky(a->covariance, floor, n, own);
    cholesky(b->covariance, floor, n, other);
    for (size_t i = 0; i < n; i++)
        column[i] = b->mean[i] - a->mean[i];
    sum = solved_square(other, column, n, 0) - (double)n;
    for (size_t k = 0; k < n; k++) { /* tr(S_b^-1 S_a) = |L_b^-1 L_a|_F^2, column by column */
        for (size_t i = 0; i < n; i++)
            column[i] = i < k ? 0 : own[i * n + k];
        sum += solved_square(other, column, n, k) + 2 * log(other[k * n + k] / own[k * n + k]);
    }
    free(own);
    *divergence = fmax(sum / 2, 0);
    return SCUMBLE_OK;
}

int sc_gaussian_frechet(const sc_gaussian *a, const sc_gaussian *b, double *distance, sc_error *err)
{
    size_t n = (size_t)a->size, bytes = (n * n + n) * sizeof(double);
    eigen root, product;
    double *inner = malloc(bytes), sum = 0;
    if (!inner)
        return sc_fail_memory(err, bytes);
    int code = decompose(a->covariance, a->size, &root, err);
    if (!code) { /* S_a = R^T R: the eigenvalues of R S_b R^T are those of S_a S_b */
        for (size_t k = 0; k < n; k++)
            for (size_t i = 0; i < n; i++)
                root.vectors[k * n + i] *= sqrt(fmax(root.values[k], 0));
        sandwich(root.vectors, n, b->covariance, n, inner, inner + n * n);
        free(root.memory);
        code = decompose(inner, a->size, &product, err);
    }
    free(inner);
    if (code)
        return code;
    for (size_t k = 0; k < n; k++) {
        double difference = a->mean[k] - b->mean[k];
        sum += difference * difference + a->covariance[k * n + k] + b->covariance[k * n + k] -
               2 * sqrt(fmax(product.values[k], 0));
    }
    free(product.memory);
    *distance = fmax(sum, 0);
    return SCUMBLE_OK;
}
