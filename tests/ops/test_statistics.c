/* SPDX-License-Identifier: MIT */
/* The operators that compare statistics of features, on every backend: values and gradients known in closed form, and
 * inputs that hold nothing, too much, or what rounding has spoilt. */
#include "op_driver.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ops/matrix_root.h"

static const sc_kernels *const backends[] = { &sc_kernels_reference, &sc_kernels_host };
enum { BACKENDS = sizeof backends / sizeof *backends };

static void assert_near(double value, double expected, double tolerance, const char *what)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%s is %.9g, not %.9g", what, value, expected);
}

static sc_tensor ones(sc_shape shape)
{
    sc_tensor t = op_tensor(shape);
    for (size_t i = 0; i < sc_shape_count(shape); i++)
        t.data[i] = 1;
    return t;
}

/* Forward and backward with dL/d(out) = 1. */
static op_result run(const op_case *c, const sc_kernels *backend)
{
    sc_tensor gradient = ones(op_case_shape(c));
    op_result r = op_run(c, &(op_options){ .backend = backend, .wanted = op_case_all(c), .out_gradient = &gradient });
    sc_tensor_free(&gradient);
    return r;
}

/* Positions x channels, in memory order. */
static sc_tensor features(int positions, int channels, const float *values)
{
    sc_tensor t = op_tensor((sc_shape){ 1, channels, 1, positions });
    memcpy(t.data, values, sc_shape_bytes(t.shape));
    return t;
}

/* --- roots --- */

static double row_product(const float *a, const float *b, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

/* m = F^T F, F of `rank` rows. Caller frees. */
static sc_tensor matrix_of_rank(int c, int rank, uint64_t seed)
{
    sc_tensor f = op_tensor_random((sc_shape){ rank + 1, c, 1, 1 }, seed), m = op_tensor((sc_shape){ c, c, 1, 1 });
    for (int p = 0; p < rank; p++)
        for (int i = 0; i < c * c; i++)
            m.data[i] += f.data[p * c + i / c] * f.data[p * c + i % c];
    sc_tensor_free(&f);
    return m;
}

/* Rows are orthogonal, descending, of the sign that is promised, and eigenvectors: m R_k = |R_k|^2 R_k. */
static void check_rows(const sc_tensor *m, const float *root, int rows, double unit)
{
    int c = m->shape.c;
    for (int k = 0; k < rows; k++) {
        const float *row = root + k * c;
        double value = row_product(row, row, c);
        int largest = 0;
        assert_true(k == 0 || value <= row_product(row - c, row - c, c) * (1 + 1e-6));
        for (int other = 0; other < k; other++)
            assert_near(row_product(row, root + other * c, c), 0, 2e-6 * unit, "the product of two rows");
        for (int i = 0; i < c; i++) {
            largest = fabsf(row[i]) > fabsf(row[largest]) ? i : largest;
            assert_near(row_product(m->data + i * c, row, c), value * (double)row[i], 4e-6 * unit * sqrt(unit),
                        "an entry of m times a row");
        }
        assert_true(row[largest] >= 0);
    }
}

static void check_root(int c, int rank, uint64_t seed)
{
    sc_tensor m = matrix_of_rank(c, rank, seed), all = op_tensor(m.shape), some = op_tensor(m.shape);
    sc_error err = { 0 };
    int rows, few;
    double trace = 0, unit = rank + 1, share = 0.7 / c;
    for (int i = 0; i < c; i++)
        trace += (double)m.data[i * c + i];
    assert_int_equal(sc_truncated_root(m.data, c, 0, 2 * c, all.data, &rows, &err), SCUMBLE_OK);
    check_rows(&m, all.data, rows, unit);
    for (int i = 0; i < c * c; i++) {
        double square = 0;
        for (int k = 0; k < rows; k++)
            square += (double)all.data[k * c + i / c] * (double)all.data[k * c + i % c];
        assert_near(square, (double)m.data[i], 4e-6 * unit, "an entry of R^T R");
    }
    assert_int_equal(sc_truncated_root(m.data, c, share, c / 2 + 1, some.data, &few, &err), SCUMBLE_OK);
    assert_true(few >= 1 && few <= c / 2 + 1 && few <= rows);
    assert_memory_equal(some.data, all.data, (size_t)(few * c) * sizeof(float));
    for (int k = 1; k < rows && k < c / 2 + 1; k++)
        assert_true((row_product(all.data + k * c, all.data + k * c, c) >= share * trace) == (k < few));
    assert_int_equal(sc_truncated_root(m.data, c, share, c / 2 + 1, m.data, &rows, &err), SCUMBLE_OK);
    assert_int_equal(rows, few);
    assert_memory_equal(m.data, all.data, (size_t)(few * c) * sizeof(float));
    sc_tensor_free(&m), sc_tensor_free(&all), sc_tensor_free(&some);
}

static void test_roots(void **state)
{
    (void)state;
    static const int sizes[] = { 1, 2, 3, 7, 32, 90 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        check_root(sizes[i], 2 * sizes[i], i);
        check_root(sizes[i], (sizes[i] + 3) / 4, i + 100);
        check_root(sizes[i], 1, i + 200);
    }
}

static void assert_root(const float *m, int c, double share, int rows, const float *expected)
{
    sc_error err = { 0 };
    float root[9];
    int found;
    assert_int_equal(sc_truncated_root(m, c, share, c, root, &found, &err), SCUMBLE_OK);
    assert_int_equal(found, rows);
    for (int i = 0; i < rows * c; i++)
        assert_near((double)root[i], (double)expected[i], 1e-6 * fmax(1, fabs((double)expected[i])),
                    "an entry of a root");
}

/* Nothing, all eigenvalues equal, far apart, below 0 by rounding, no symmetry; and what has no root. */
static void test_special_roots(void **state)
{
    (void)state;
    static const float zero[9] = { 0 }, same[9] = { 4, 0, 0, 0, 4, 0, 0, 0, 4 },
                       apart[9] = { 4, 0, 0, 0, 1e20f, 0, 0, 0, 1e-20f };
    static const float apart_root[9] = { 0, 1e10f, 0, 2, 0, 0, 0, 0, 1e-10f }, negative[4] = { -1e-3f, 0, 0, 9 };
    static const float skew[4] = { 5, 0, 8, 5 }, skew_root[2] = { 2.1213203f, 2.1213203f };
    float broken[4] = { 1, 0, 0, 1 };
    int rows;
    sc_error err = { 0 };
    assert_root(zero, 3, 1e-4, 1, zero);
    assert_root(zero, 3, 0, 1, zero);
    assert_root(same, 3, 0.3, 3, (float[]){ 2, 0, 0, 0, 2, 0, 0, 0, 2 });
    assert_root(same, 3, 0.4, 1, (float[]){ 2, 0, 0 }); /* at least one row */
    assert_root(apart, 3, 0, 3, apart_root);
    assert_root(apart, 3, 1e-30, 2, apart_root);
    assert_root(negative, 2, 0, 1, (float[]){ 0, 3 });
    assert_root(skew, 2, 0.5, 1, skew_root);
    for (int i = 0; i < 2; i++) {
        broken[1] = i ? INFINITY : NAN;
        assert_int_equal(sc_truncated_root(broken, 2, 0, 2, broken, &rows, &err), SCUMBLE_ERR_ARGUMENT);
        assert_true(strlen(err.text) > 20);
    }
}

/* --- Wasserstein --- */

/* Zeros, but for the target's root of k rows, which is left for the caller to fill too. */
static op_case wasserstein_case(int c, int k)
{
    op_case w = { .op = &sc_op_wasserstein2, .input_count = 4 };
    w.in[0] = op_tensor((sc_shape){ c, c, 1, 1 });
    w.in[1] = op_tensor((sc_shape){ 1, c, 1, 1 });
    w.in[2] = op_tensor((sc_shape){ k, c, 1, 1 });
    w.in[3] = op_tensor(w.in[1].shape);
    return w;
}

/* (i, j) of Q diag(values) Q^T, Q = I - 2 v v^T, |v| = 1. */
static double rotated(const double *values, const double *v, int c, int i, int j)
{
    double energy = 0;
    for (int k = 0; k < c; k++)
        energy += v[k] * v[k] * values[k];
    return (i == j ? values[i] : 0) - 2 * v[i] * v[j] * (values[i] + values[j]) + 4 * v[i] * v[j] * energy;
}

enum { MOST_CHANNELS = 150 };

/* Two Gaussians whose covariances share their axes, with variances s and t along them, t on the first k only,
 * `strongest` times as large along the first: the distance is that of the deviations. */
static void check_shared_axes(int c, int k, double spread, double strongest, const sc_kernels *backend)
{
    double s[MOST_CHANNELS], t[MOST_CHANNELS], map[MOST_CHANNELS], v[MOST_CHANNELS], value = 0;
    op_case w = wasserstein_case(c, k);
    sc_tensor means = op_tensor_random((sc_shape){ 2, c, 1, 1 }, 5);
    for (int i = 0; i < c; i++) {
        s[i] = exp(spread * sin(3.1 * i + 1)) * (i ? 1 : strongest);
        t[i] = i < k ? exp(spread * cos(1.7 * i)) * (i ? 1 : strongest / 2) : 0;
        v[i] = c == 1 ? 1 : sqrt(1.0 / c) * (i % 3 ? 1 : -1);
        map[i] = sqrt(t[i] / s[i]);
        w.in[1].data[i] = means.data[i], w.in[3].data[i] = means.data[c + i];
        double between = (double)means.data[i] - (double)means.data[c + i];
        value += (between * between + pow(sqrt(s[i]) - sqrt(t[i]), 2)) / c;
    }
    sc_tensor slope = op_tensor(w.in[0].shape), mean_slope = op_tensor(w.in[1].shape);
    for (int i = 0; i < c; i++) {
        double moved = 0;
        for (int j = 0; j < c; j++) {
            w.in[0].data[i * c + j] = (float)(rotated(s, v, c, i, j) + (double)means.data[i] * (double)means.data[j]);
            slope.data[i * c + j] = (float)(((i == j) - rotated(map, v, c, i, j)) / c);
            moved += rotated(map, v, c, i, j) * (double)means.data[j];
            if (i < k)
                w.in[2].data[i * c + j] = (float)(sqrt(t[i]) * ((i == j) - 2 * v[i] * v[j]));
        }
        mean_slope.data[i] = (float)(2 * (moved - (double)means.data[c + i]) / c);
    }
    op_result r = run(&w, backend);
    assert_near((double)r.out.data[0], value, 2e-6 * (value + exp(spread) + strongest / c),
                "the distance along shared axes");
    double tolerance =
        2e-5 + 2e-6 * exp(spread) + 2e-7 * strongest; /* what is left of weak directions in G's single precision */
    op_assert_close(&r.gradient[0], &slope, tolerance, "gradient in the second moment", (uint64_t)c);
    op_assert_close(&r.gradient[1], &mean_slope, tolerance, "gradient in the mean", (uint64_t)c);
    op_result_free(&r);
    op_case_free(&w);
    sc_tensor_free(&means), sc_tensor_free(&slope), sc_tensor_free(&mean_slope);
}

static void test_shared_axes(void **state)
{
    (void)state;
    static const int sizes[] = { 1, 2, 5, 16, 63, 64, 65, 150 };
    for (int b = 0; b < BACKENDS; b++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
            for (int part = 1; part <= 3; part++) {
                int c = sizes[i], k = (c * part + 2) / 3;
                check_shared_axes(c, k, 0.2, 1, backends[b]);
                check_shared_axes(c, k, 1, 1, backends[b]);
                check_shared_axes(c, k, 4, 1, backends[b]);
                check_shared_axes(c, k, 1, 1e4, backends[b]);
            }
}

/* Features as a network makes them, positions x channels: positive, some channels dead, some dependent on each other.
 * Caller frees. */
static sc_tensor network_features(int positions, int c, uint64_t seed)
{
    sc_tensor f = op_tensor_random((sc_shape){ positions, c, 1, 1 }, seed);
    for (int p = 0; p < positions; p++)
        for (int i = 0; i < c; i++) {
            float *value = &f.data[p * c + i];
            if (i % 5 == 4)
                *value = 0.7f * f.data[p * c + i - 4] + 0.3f * f.data[p * c + i - 3];
            else if (i % 4 == 3 || *value < 0)
                *value = 0;
        }
    return f;
}

static void fill_moments(op_case *w, const sc_tensor *f)
{
    int positions = f->shape.n, c = f->shape.c;
    for (int i = 0; i < c; i++) {
        double mean = 0;
        for (int p = 0; p < positions; p++)
            mean += (double)f->data[p * c + i] / positions;
        w->in[1].data[i] = (float)mean;
        for (int j = 0; j < c; j++) {
            double sum = 0;
            for (int p = 0; p < positions; p++)
                sum += (double)f->data[p * c + i] * (double)f->data[p * c + j] / positions;
            w->in[0].data[i * c + j] = (float)sum;
        }
    }
}

/* The Gaussian of the moments that stand there becomes the target. */
static void fill_target(op_case *w, int c, double share, int most)
{
    sc_error err = { 0 };
    sc_tensor square = op_tensor(w->in[0].shape);
    for (int i = 0; i < c * c; i++)
        square.data[i] = w->in[0].data[i] - w->in[1].data[i / c] * w->in[1].data[i % c];
    assert_int_equal(sc_truncated_root(square.data, c, share, most, square.data, &square.shape.n, &err), SCUMBLE_OK);
    sc_tensor_free(&w->in[2]);
    w->in[2] = square;
    memcpy(w->in[3].data, w->in[1].data, sc_shape_bytes(w->in[1].shape));
}

/* Equal Gaussians: no distance; and no gradient in the directions that the target has. */
static void test_equal_gaussians(void **state)
{
    (void)state;
    for (int b = 0; b < BACKENDS; b++)
        for (int c = 1; c < 150; c = 2 * c + 3) {
            op_case w = wasserstein_case(c, c);
            sc_tensor f = network_features(300, c, 3);
            fill_moments(&w, &f);
            fill_target(&w, c, 1e-5, c);
            op_result r = run(&w, backends[b]);
            assert_near((double)r.out.data[0], 0, 2e-6, "the distance of a Gaussian from itself");
            for (int k = 0; k < w.in[2].shape.n; k++) {
                const float *row = w.in[2].data + k * c;
                for (int i = 0; i < c; i++)
                    assert_near(row_product(r.gradient[0].data + i * c, row, c) * c, 0, 2e-4,
                                "its gradient in the second moment, times c and R,");
                assert_near(row_product(r.gradient[1].data, row, c) * c, 0, 2e-4,
                            "its gradient in the mean, times c and R,");
            }
            op_result_free(&r);
            op_case_free(&w);
            sc_tensor_free(&f);
        }
}

/* L by another way: tr M^(1/2) is the sum of the singular values of (F - mu) R^T / sqrt N, F the features themselves,
 * in double. */
static double distance_of_features(const op_case *w, const sc_tensor *f)
{
    int n = f->shape.n, c = f->shape.c, k = w->in[2].shape.n;
    double moved[64 * 64] = { 0 }, square[64 * 64] = { 0 }, values[64], vectors[64 * 64], work[64],
                      mean[MOST_CHANNELS] = { 0 }, sum = 0;
    for (int i = 0; i < n * c; i++)
        mean[i % c] += (double)f->data[i] / n;
    for (int i = 0; i < n * c; i++) {
        double value = (double)f->data[i] - mean[i % c];
        sum += value * value / n;
        for (int r = 0; r < k; r++)
            moved[i / c * k + r] += value * (double)w->in[2].data[r * c + i % c] / sqrt(n);
    }
    for (int i = 0; i < n * n; i++)
        for (int r = 0; r < k; r++)
            square[i] += moved[i / n * k + r] * moved[i % n * k + r];
    assert_true(sc_symmetric_eigen(square, n, values, vectors, work));
    for (int i = 0; i < n; i++)
        sum -= 2 * sqrt(fmax(values[i], 0));
    for (int i = 0; i < c; i++)
        sum += pow(mean[i] - (double)w->in[3].data[i], 2);
    return (sum + row_product(w->in[2].data, w->in[2].data, k * c)) / c;
}

/* dL/dF = (F (D + D^T) + 1 d^T) / N, from D = dL/dG and d = dL/dmu. Caller frees. */
static sc_tensor gradient_of_features(const op_result *r, const sc_tensor *f)
{
    int n = f->shape.n, c = f->shape.c;
    sc_tensor gradient = op_tensor(f->shape);
    for (int p = 0; p < n; p++)
        for (int i = 0; i < c; i++) {
            double sum = (double)r->gradient[1].data[i];
            for (int j = 0; j < c; j++)
                sum += (double)f->data[p * c + j] *
                       ((double)r->gradient[0].data[i * c + j] + (double)r->gradient[0].data[j * c + i]);
            gradient.data[p * c + i] = (float)(sum / n);
        }
    return gradient;
}

/* Fewer positions than channels, and half as many rows as positions: the value is exact, and along its gradient, even
 * in small steps, it moves as the gradient says. */
static void check_few_positions(int positions, int c, const sc_kernels *backend)
{
    op_case w = wasserstein_case(c, c);
    sc_tensor painting = network_features(300, c, 4), f = network_features(positions, c, 3),
              base = network_features(positions, c, 3);
    fill_moments(&w, &painting);
    fill_target(&w, c, 1e-4, positions / 2);
    fill_moments(&w, &f);
    op_result r = run(&w, backend);
    double value = (double)r.out.data[0];
    assert_near(value, distance_of_features(&w, &f), 2e-6 * value, "the distance with few positions");
    sc_tensor gradient = gradient_of_features(&r, &f);
    double square = row_product(gradient.data, gradient.data, positions * c);
    op_result_free(&r);
    for (double step = 1e-2; step > 5e-4; step /= 3) { /* root mean square over all features, whose own is about 0.5 */
        double factor = step * sqrt(positions * c / square), sides[2];
        for (int side = 0; side < 2; side++) {
            for (int i = 0; i < positions * c; i++)
                f.data[i] = (float)((double)base.data[i] + (side ? -factor : factor) * (double)gradient.data[i]);
            fill_moments(&w, &f);
            r = run(&w, backend);
            sides[side] = (double)r.out.data[0];
            op_result_free(&r);
        }
        assert_near((sides[0] - sides[1]) / (2 * factor * square), 1, 0.01, "the slope along the gradient");
    }
    op_case_free(&w);
    sc_tensor_free(&painting), sc_tensor_free(&f), sc_tensor_free(&base), sc_tensor_free(&gradient);
}

static void test_few_positions(void **state)
{
    (void)state;
    for (int b = 0; b < BACKENDS; b++) {
        check_few_positions(24, 150, backends[b]);
        check_few_positions(40, 64, backends[b]);
        check_few_positions(3, 20, backends[b]);
    }
}

/* Features that are the same at all positions: what covariance rounding has left says nothing, and the gradient stays
 * finite. */
static void test_flat_features(void **state)
{
    (void)state;
    for (int b = 0; b < BACKENDS; b++)
        for (int c = 4; c < 150; c = 2 * c + 3) {
            op_case w = wasserstein_case(c, c);
            sc_tensor f = network_features(300, c, 4);
            fill_moments(&w, &f);
            fill_target(&w, c, 1e-4, c);
            for (int i = 0; i < 300 * c; i++)
                f.data[i] = 0.1f + f.data[i % c];
            fill_moments(&w, &f);
            double expected = row_product(w.in[2].data, w.in[2].data, w.in[2].shape.n * c) / c;
            for (int i = 0; i < c; i++)
                expected += pow((double)w.in[1].data[i] - (double)w.in[3].data[i], 2) / c;
            op_result r = run(&w, backends[b]);
            assert_near((double)r.out.data[0], expected, 2e-3 * expected, "the distance from a point");
            for (int i = 0; i < c * c; i++)
                assert_true(fabs((double)r.gradient[0].data[i]) < 1e5);
            op_result_free(&r);
            op_case_free(&w);
            sc_tensor_free(&f);
        }
}

static void assert_no_nan(const op_result *r, const char *what)
{
    const sc_tensor *tensors[] = { &r->out, &r->gradient[0], &r->gradient[1] };
    for (int k = 0; k < 3; k++)
        for (size_t i = 0; i < sc_shape_count(tensors[k]->shape); i++)
            if (isnan(tensors[k]->data[i]))
                fail_msg("%s: value %zu of result %d is not a number", what, i, k);
}

/* Matrices of zeros, of huge and of tiny values, which are no second moments. */
static void test_any_matrices(void **state)
{
    (void)state;
    static const float scales[] = { 0, 1, 1e-30f, 1e-12f, 1e12f, 1e30f };
    char what[100];
    for (int b = 0; b < BACKENDS; b++)
        for (int n = 0; n < 6 * 6 * 3; n++) {
            float g = scales[n % 6], a = scales[n / 6 % 6];
            op_case w = { .op = &sc_op_wasserstein2, .input_count = 4 };
            for (int i = 0; i < 4; i++) {
                w.in[i] = op_tensor_random(i % 2 ? (sc_shape){ 1, 20, 1, 1 } :
                                                   (sc_shape){ i ? 1 + n / 36 * 9 : 20, 20, 1, 1 },
                                           (uint64_t)(n + i));
                for (size_t j = 0; j < sc_shape_count(w.in[i].shape); j++)
                    w.in[i].data[j] *= i < 2 ? g : a;
            }
            op_result r = run(&w, backends[b]);
            snprintf(what, sizeof what, "%s, matrices of %g and %g, %d rows", backends[b]->name, (double)g, (double)a,
                     w.in[2].shape.n);
            assert_no_nan(&r, what);
            op_result_free(&r);
            op_case_free(&w);
        }
}

/* --- self-similarity --- */

static void test_self_similarity(void **state)
{
    (void)state;
    /* Four features: cosines 0, -1 (to the first), and nothing. */
    static const float values[8] = { 3, 0, 0, 0.01f, -7, 0, 0, 0 };
    static const double distance[4][4] = { { 0, 1, 2, 1 }, { 1, 0, 1, 1 }, { 2, 1, 0, 1 }, { 1, 1, 1, 0 } };
    for (int b = 0; b < BACKENDS; b++) {
        op_case k = { .op = &sc_op_self_similarity, .input_count = 1, .in = { features(4, 2, values) } };
        op_result r = run(&k, backends[b]);
        for (int j = 0; j < 4; j++) {
            double sum = distance[0][j] + distance[1][j] + distance[2][j] + distance[3][j];
            for (int i = 0; i < 4; i++)
                assert_near((double)r.out.data[4 * i + j], distance[i][j] / sum, 2e-4, "a similarity");
        }
        assert_true(r.gradient[0].data[6] == 0 && r.gradient[0].data[7] == 0);
        op_result_free(&r);
        op_case_free(&k);
    }
}

/* A picture that is the same all over differs nowhere, and rounding errors are not blown up. */
static void test_flat_self_similarity(void **state)
{
    (void)state;
    for (int b = 0; b < BACKENDS; b++) {
        op_case k = { .op = &sc_op_self_similarity, .input_count = 1, .in = { op_tensor((sc_shape){ 1, 37, 9, 20 }) } };
        sc_tensor g = op_tensor_random((sc_shape){ 180, 180, 1, 1 }, 2);
        for (int i = 0; i < 180 * 37; i++)
            k.in[0].data[i] = (float)(i % 37) * (1 + (float)(i / 37) / 180);
        op_result r = op_run(&k, &(op_options){ .backend = backends[b], .wanted = 1, .out_gradient = &g });
        for (int i = 0; i < 180 * 180; i++)
            assert_near((double)r.out.data[i], 0, 0.01 / 180, "a difference");
        for (int i = 0; i < 180 * 37; i++)
            assert_near((double)r.gradient[0].data[i], 0, 2e-3, "a gradient");
        op_result_free(&r);
        op_case_free(&k);
        sc_tensor_free(&g);
    }
}

/* --- distances and means --- */

static void test_cosine_distance(void **state)
{
    (void)state;
    static const float x[10] = { 1, 2, 1, 2, 1, 0, 0, 0, 3, 4 }, t[10] = { 2, 4, -1, -2, 0, 5, 1, 1, 0, 0 };
    for (int b = 0; b < BACKENDS; b++) { /* distances 0, 2, 1; then 1 twice for want of a direction */
        op_case k = { .op = &sc_op_cosine_distance, .input_count = 2, .in = { features(5, 2, x), features(5, 2, t) } };
        op_result r = run(&k, backends[b]);
        assert_near((double)r.out.data[0], 1, 1e-6, "the mean distance");
        static const float slope[10] = { 0, 0, 0, 0, 0, -0.2f, 0, 0, 0, 0 };
        for (int i = 0; i < 10; i++)
            assert_near((double)r.gradient[0].data[i], (double)slope[i], 1e-6, "a gradient");
        op_result_free(&r);
        op_case_free(&k);
    }
}

static void test_means(void **state)
{
    (void)state;
    static const float x[6] = { 1, -2, 4, 8, 1, 0 }, t[6] = { 1, 2, 3, 10, 0, 0 };
    static const float slope[6] = { 0, -1, 0.5f, -1, 0.5f, 0 };
    op_case k = { .op = &sc_op_huber,
                  .attrs = { .huber = { 2 } },
                  .input_count = 2,
                  .in = { features(3, 2, x), features(3, 2, t) } };
    op_result r = run(&k, NULL);
    assert_near((double)r.out.data[0], (3 + 0.25 + 1 + 0.25) / 6, 1e-6, "Huber's loss");
    for (int i = 0; i < 6; i++) {
        assert_near((double)r.gradient[0].data[i], (double)slope[i] / 6, 1e-7, "a gradient");
        assert_true(r.gradient[1].data[i] == -r.gradient[0].data[i]);
    }
    op_result_free(&r);
    k.op = &sc_op_channel_mean, k.input_count = 1, k.attrs.channel_mean.sum = false;
    r = run(&k, NULL);
    assert_near((double)r.out.data[0], 2, 1e-6, "the mean of channel 0");
    assert_near((double)r.out.data[1], 2, 1e-6, "the mean of channel 1");
    for (int i = 0; i < 6; i++)
        assert_near((double)r.gradient[0].data[i], 1.0 / 3, 1e-7, "a gradient");
    op_result_free(&r);
    k.attrs.channel_mean.sum = true;
    r = run(&k, NULL);
    assert_near((double)r.out.data[1], 6, 1e-6, "the sum of channel 1");
    assert_near((double)r.gradient[0].data[1], 1, 1e-7, "a gradient of the sum");
    op_result_free(&r);
    k.input_count = 2;
    op_case_free(&k);
}

/* The moments of W x + b, of those of x, against those of its values. */
static void test_mapped_moment(void **state)
{
    (void)state;
    enum { C = 5, K = 7, POSITIONS = 11 };
    op_case k = { .op = &sc_op_mapped_moment, .input_count = 4 };
    sc_tensor x = op_tensor_random((sc_shape){ POSITIONS, C, 1, 1 }, 3);
    k.in[0] = op_tensor((sc_shape){ C, C, 1, 1 });
    k.in[1] = op_tensor((sc_shape){ 1, C, 1, 1 });
    k.in[2] = op_tensor_random((sc_shape){ K, C, 1, 1 }, 4);
    k.in[3] = op_tensor_random((sc_shape){ 1, K, 1, 1 }, 5);
    double expected[K][K] = { { 0 } };
    for (int p = 0; p < POSITIONS; p++) {
        const float *from = x.data + p * C;
        double y[K];
        for (int i = 0; i < C; i++) {
            k.in[1].data[i] += from[i] / POSITIONS;
            for (int j = 0; j < C; j++)
                k.in[0].data[i * C + j] += from[i] * from[j] / POSITIONS;
        }
        for (int i = 0; i < K; i++) {
            y[i] = (double)k.in[3].data[i];
            for (int j = 0; j < C; j++)
                y[i] += (double)k.in[2].data[i * C + j] * (double)from[j];
        }
        for (int i = 0; i < K; i++)
            for (int j = 0; j < K; j++)
                expected[i][j] += y[i] * y[j] / POSITIONS;
    }
    op_result r = run(&k, NULL);
    for (int i = 0; i < K; i++)
        for (int j = 0; j < K; j++)
            assert_near((double)r.out.data[i * K + j], expected[i][j], 1e-5, "a second moment");
    op_result_free(&r);
    op_case_free(&k);
    sc_tensor_free(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roots),
        cmocka_unit_test(test_special_roots),
        cmocka_unit_test(test_shared_axes),
        cmocka_unit_test(test_equal_gaussians),
        cmocka_unit_test(test_few_positions),
        cmocka_unit_test(test_flat_features),
        cmocka_unit_test(test_any_matrices),
        cmocka_unit_test(test_self_similarity),
        cmocka_unit_test(test_flat_self_similarity),
        cmocka_unit_test(test_cosine_distance),
        cmocka_unit_test(test_means),
        cmocka_unit_test(test_mapped_moment),
    };
    return cmocka_run_group_tests_name("statistics", tests, NULL, NULL);
}
