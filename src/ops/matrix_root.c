/* SPDX-License-Identifier: MIT */
/* Symmetric eigen-decomposition: Householder reflections to a tridiagonal matrix, then implicit QR steps with
 * Wilkinson's shift (Golub and Van Loan, "Matrix Computations", 4th ed., algorithms 8.3.1 to 8.3.3). All inner loops
 * run along rows. Unlike iterations for roots, it is exact to rounding in directions that hold nothing. */
#include "ops/matrix_root.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ops/doubles.h"

enum { STEPS_PER_VALUE = 50 }; /* two are usual */
static const double NEGLIGIBLE = 1e-200;

/* x (count) becomes v of the reflection I - beta v v^T that takes it to (*head, 0, ...). Returns beta, 0 where nothing
 * is to be done: what is left of a matrix of low rank gets so small that its square's reciprocal overflows; in a matrix
 * whose largest value is 1 that is nothing. */
static double make_reflection(const sc_doubles *d, double *x, size_t count, double *head)
{
    double tail = d->dot(x + 1, x + 1, count - 1), first = x[0];
    *head = first;
    if (tail < NEGLIGIBLE)
        return 0;
    double norm = sqrt(first * first + tail);
    *head = first > 0 ? -norm : norm;
    x[0] = first - *head;
    return 2 / (x[0] * x[0] + tail);
}

/* The trailing matrix (rows and columns from `first` on) between two reflections: A -= v w^T + w v^T, w = beta A v -
 * beta^2 / 2 (v.A v) v. */
static void reflect_both_sides(const sc_doubles *d, double *a, size_t n, size_t first, const double *v, double beta,
                               double *w)
{
    size_t count = n - first;
    for (size_t i = 0; i < count; i++)
        w[i] = beta * d->dot(a + (first + i) * n + first, v, count);
    d->add_scaled(w, -0.5 * beta * d->dot(v, w, count), v, count);
    for (size_t i = 0; i < count; i++)
        d->subtract_two(a + (first + i) * n + first, v[i], w, w[i], v, count);
}

/* a becomes tridiagonal: diagonal (n) and beside (n - 1 used). Row k of a then holds the vector of reflection k from
 * column k + 1 on; the factors are left on a's diagonal. */
static void make_tridiagonal(const sc_doubles *d, double *a, size_t n, double *diagonal, double *beside, double *work)
{
    for (size_t k = 0; k + 1 < n; k++) {
        double *v = a + k * n + k + 1, beta = make_reflection(d, v, n - k - 1, &beside[k]);
        diagonal[k] = a[k * n + k];
        a[k * n + k] = beta;
        if (beta != 0)
            reflect_both_sides(d, a, n, k + 1, v, beta, work);
    }
    diagonal[n - 1] = a[n * n - 1];
}

/* vectors = the product of the reflections, the last one first: its rows are the tridiagonal matrix's basis. */
static void collect_reflections(const sc_doubles *d, const double *a, size_t n, double *vectors)
{
    memset(vectors, 0, n * n * sizeof *vectors);
    for (size_t i = 0; i < n; i++)
        vectors[i * n + i] = 1;
    for (size_t k = n - 1; k-- > 0;) {
        const double *v = a + k * n + k + 1;
        double beta = a[k * n + k];
        for (size_t i = k + 1; beta != 0 && i < n; i++) {
            double *row = vectors + i * n + k + 1;
            d->add_scaled(row, -beta * d->dot(row, v, n - k - 1), v, n - k - 1);
        }
    }
}

/* (x^2 + z^2)^(1/2). Values are at most 1, but for rounding; hypot takes four times as long, and is for what is small.
 */
static double length(double x, double z)
{
    double square = x * x + z * z;
    return square > NEGLIGIBLE ? sqrt(square) : hypot(x, z);
}

static double wilkinson_shift(double a, double b, double beside)
{
    double half = (a - b) / 2, root = length(half, beside);
    return b - beside * beside / (half + (half < 0 ? -root : root));
}

/* One implicit QR step on rows low .. high of the tridiagonal matrix. */
static void qr_step(const sc_doubles *doubles, double *d, double *e, size_t low, size_t high, double *vectors, size_t n)
{
    double x = d[low] - wilkinson_shift(d[high - 1], d[high], e[high - 1]), z = e[low];
    for (size_t k = low; k < high; k++) {
        double r = length(x, z), c = r > 0 ? x / r : 1, s = r > 0 ? z / r : 0;
        double a = d[k], b = e[k], g = d[k + 1];
        if (k > low)
            e[k - 1] = r;
        d[k] = c * c * a + 2 * c * s * b + s * s * g;
        d[k + 1] = s * s * a - 2 * c * s * b + c * c * g;
        e[k] = c * s * (g - a) + (c * c - s * s) * b;
        if (k + 1 < high) {
            x = e[k];
            z = s * e[k + 1];
            e[k + 1] *= c;
        }
        doubles->rotate(vectors + k * n, vectors + (k + 1) * n, c, s, n);
    }
}

bool sc_symmetric_eigen(double *a, int size, double *values, double *vectors, double *beside)
{
    const sc_doubles *doubles = sc_doubles_best();
    size_t n = (size_t)size, high = n - 1, steps = 0;
    double largest = 0;
    for (size_t i = 0; i < n * n; i++) {
        if (!isfinite(a[i]))
            return false;
        largest = fmax(largest, fabs(a[i]));
    }
    for (size_t i = 0; i < n * n && largest > 0; i++) /* so that no square overflows */
        a[i] /= largest;
    make_tridiagonal(doubles, a, n, values, beside, vectors);
    collect_reflections(doubles, a, n, vectors);
    while (high > 0) {
        size_t low = high;
        while (low > 0 && fabs(beside[low - 1]) > DBL_EPSILON * (1 + fabs(values[low - 1]) + fabs(values[low])))
            low--;
        if (low == high)
            high--;
        else if (steps++ < STEPS_PER_VALUE * n)
            qr_step(doubles, values, beside, low, high, vectors, n);
        else
            return false;
    }
    for (size_t i = 0; i < n; i++)
        values[i] *= largest;
    return true;
}

/* The largest value at `from` or after it changes places with values[from], and their vectors with it; the first of
 * equals. */
static void bring_largest(double *values, double *vectors, size_t from, size_t n)
{
    size_t largest = from;
    for (size_t k = from + 1; k < n; k++)
        if (values[k] > values[largest])
            largest = k;
    double value = values[from];
    values[from] = values[largest];
    values[largest] = value;
    for (size_t i = 0; i < n && largest != from; i++) {
        double *x = &vectors[from * n + i], *y = &vectors[largest * n + i], other = *x;
        *x = *y;
        *y = other;
    }
}

/* to = factor v or its negative: the entry of largest magnitude is positive, the first of equals. */
static void write_signed(const double *v, double factor, size_t n, float *to)
{
    size_t largest = 0;
    for (size_t i = 1; i < n; i++)
        if (fabs(v[i]) > fabs(v[largest]))
            largest = i;
    for (size_t i = 0; i < n; i++)
        to[i] = (float)((v[largest] < 0 ? -factor : factor) * v[i]);
}

int sc_truncated_root(const float *m, int c, double share, int most, float *root, int *rows, sc_error *err)
{
    size_t n = (size_t)c, count = n * n;
    double *a = malloc((2 * count + 2 * n) * sizeof *a), *vectors, *values, trace = 0;
    if (!a)
        return sc_fail_memory(err, (2 * count + 2 * n) * sizeof *a);
    vectors = a + count;
    values = vectors + count;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            a[i * n + j] = ((double)m[i * n + j] + (double)m[j * n + i]) / 2;
    for (size_t i = 0; i < n; i++)
        trace += a[i * n + i];
    if (!sc_symmetric_eigen(a, c, values, vectors, values + n)) {
        free(a);
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "the root of a matrix that is not finite was asked for");
    }
    for (*rows = 0; *rows < most && *rows < c; ++*rows) {
        size_t k = (size_t)*rows;
        bring_largest(values, vectors, k, n);
        if (k > 0 && !(values[k] > 0 && values[k] >= share * trace))
            break;
        write_signed(vectors + k * n, sqrt(fmax(values[k], 0)), n, root + k * n);
    }
    free(a);
    return SCUMBLE_OK;
}
