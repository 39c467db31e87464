/* SPDX-License-Identifier: MIT */
/* The operators that compare statistics of features, on every backend: values and gradients known in closed form, and inputs
 * that hold nothing, too much, or what rounding has spoilt. */
#include "op_driver.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ops/matrix_root.h"

static const sc_backend *const backends[] = { &sc_backend_reference, &sc_backend_cpu };
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
static op_result run(const op_case *c, const sc_backend *backend)
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

static void check_root(int c, int rank, float epsilon, uint64_t seed)
{
    sc_tensor f = op_tensor_random((sc_shape){ rank + 1, c, 1, 1 }, seed), m = op_tensor((sc_shape){ c, c, 1, 1 }), root = op_tensor(m.shape);
    sc_error err = { 0 };
    for (int p = 0; p < rank; p++)
        for (int i = 0; i < c * c; i++)
            m.data[i] += f.data[p * c + i / c] * f.data[p * c + i % c];
    assert_int_equal(sc_symmetric_root(m.data, epsilon, c, root.data, &err), SCUMBLE_OK);
    for (int i = 0; i < c; i++)
        for (int j = 0; j < c; j++) {
            double square = 0;
            for (int k = 0; k < c; k++)
                square += (double)root.data[i * c + k] * (double)root.data[k * c + j];
            double expected = (double)m.data[i * c + j] + (i == j ? (double)epsilon : 0);
            assert_near(square, expected, 2e-6 * (rank + (double)epsilon), "an entry of the root's square");
            assert_true(root.data[i * c + j] == root.data[j * c + i]);
        }
    assert_int_equal(sc_symmetric_root(m.data, epsilon, c, m.data, &err), SCUMBLE_OK);
    op_assert_same_bytes(&m, &root, "root in place", seed);
    sc_tensor_free(&f), sc_tensor_free(&m), sc_tensor_free(&root);
}

static void test_roots(void **state)
{
    (void)state;
    static const int sizes[] = { 1, 2, 3, 7, 32, 90 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        check_root(sizes[i], 2 * sizes[i], 0.1f, i);
        check_root(sizes[i], (sizes[i] + 3) / 4, 1e-3f, i + 100);
        check_root(sizes[i], 1, 0, i + 200);
        check_root(sizes[i], 0, 1, i + 300);
    }
}

/* All eigenvalues equal, far apart, below 0 by rounding; and what has no root. */
static void test_special_roots(void **state)
{
    (void)state;
    sc_error err = { 0 };
    float root[9], same[9] = { 4, 0, 0, 0, 4, 0, 0, 0, 4 }, apart[9] = { 1e20f, 0, 0, 0, 4, 0, 0, 0, 1e-20f }, negative[4] = { -1e-3f, 0, 0, 9 };
    assert_int_equal(sc_symmetric_root(same, 0, 3, root, &err), SCUMBLE_OK);
    assert_near((double)root[4], 2, 1e-6, "the root of 4");
    assert_int_equal(sc_symmetric_root(apart, 0, 3, root, &err), SCUMBLE_OK);
    assert_near((double)root[0], 1e10, 1e4, "the root of 1e20");
    assert_int_equal(sc_symmetric_root(negative, 0.25f, 2, root, &err), SCUMBLE_OK);
    assert_near((double)root[0], 0.5, 1e-6, "the root of epsilon");
    assert_near((double)root[3], sqrt(9.25), 1e-6, "the root of 9.25");
    same[1] = NAN;
    assert_int_equal(sc_symmetric_root(same, 0, 3, root, &err), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(sc_symmetric_root(apart, -1, 3, root, &err), SCUMBLE_ERR_ARGUMENT);
    assert_true(strlen(err.text) > 20);
}

/* --- Wasserstein --- */

static op_case wasserstein_case(int c, float epsilon)
{
    op_case k = { .op = &sc_op_wasserstein2, .attrs.wasserstein2 = { epsilon }, .input_count = 4 };
    k.in[0] = op_tensor((sc_shape){ c, c, 1, 1 });
    k.in[1] = op_tensor((sc_shape){ 1, c, 1, 1 });
    k.in[2] = op_tensor(k.in[0].shape);
    k.in[3] = op_tensor(k.in[1].shape);
    return k;
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

/* Two Gaussians whose covariances share their axes, with variances s and t along them, `strongest` times as
 * large along the first: the distance is that of the deviations. */
static void check_shared_axes(int c, double spread, double strongest, double epsilon, const sc_backend *backend)
{
    double s[MOST_CHANNELS], t[MOST_CHANNELS], roots[MOST_CHANNELS], map[MOST_CHANNELS], v[MOST_CHANNELS], value = 0;
    op_case k = wasserstein_case(c, (float)epsilon);
    sc_tensor means = op_tensor_random((sc_shape){ 2, c, 1, 1 }, 5);
    for (int i = 0; i < c; i++) {
        s[i] = exp(spread * sin(3.1 * i + 1)), t[i] = exp(spread * cos(1.7 * i));
        s[i] *= i ? 1 : strongest, t[i] *= i ? 1 : strongest / 2;
        v[i] = c == 1 ? 1 : sqrt(1.0 / c) * (i % 3 ? 1 : -1);
        roots[i] = sqrt(t[i] + epsilon), map[i] = roots[i] / sqrt(s[i] + epsilon);
        k.in[1].data[i] = means.data[i], k.in[3].data[i] = means.data[c + i];
        double between = (double)means.data[i] - (double)means.data[c + i];
        value += (between * between + pow(sqrt(s[i] + epsilon) - roots[i], 2)) / c;
    }
    sc_tensor slope = op_tensor(k.in[0].shape), mean_slope = op_tensor(k.in[1].shape);
    for (int i = 0; i < c; i++) {
        double moved = 0;
        for (int j = 0; j < c; j++) {
            k.in[0].data[i * c + j] = (float)(rotated(s, v, c, i, j) + (double)means.data[i] * (double)means.data[j]);
            k.in[2].data[i * c + j] = (float)rotated(roots, v, c, i, j);
            slope.data[i * c + j] = (float)(((i == j) - rotated(map, v, c, i, j)) / c);
            moved += rotated(map, v, c, i, j) * (double)means.data[j];
        }
        mean_slope.data[i] = (float)(2 * (moved - (double)means.data[c + i]) / c);
    }
    op_result r = run(&k, backend);
    assert_near((double)r.out.data[0], value, 1e-5 * (value + exp(spread) + strongest / c), "the distance along shared axes");
    double tolerance = 2e-4 + 2e-7 * strongest; /* what is left of weak directions in G's single precision */
    op_assert_close(&r.gradient[0], &slope, tolerance, "gradient in the second moment", (uint64_t)c);
    op_assert_close(&r.gradient[1], &mean_slope, tolerance, "gradient in the mean", (uint64_t)c);
    op_result_free(&r);
    op_case_free(&k);
    sc_tensor_free(&means), sc_tensor_free(&slope), sc_tensor_free(&mean_slope);
}

static void test_shared_axes(void **state)
{
    (void)state;
    static const int sizes[] = { 1, 2, 5, 16, 63, 64, 65, 150 };
    for (int b = 0; b < BACKENDS; b++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            check_shared_axes(sizes[i], 0.2, 1, 0.5, backends[b]);
            check_shared_axes(sizes[i], 0.2, 1, 1e-9, backends[b]); /* nothing known about the least singular value */
            check_shared_axes(sizes[i], 1, 1, 0.5, backends[b]);
            check_shared_axes(sizes[i], 4, 1, 0.5, backends[b]);
            check_shared_axes(sizes[i], 1, 1e4, 1e-9, backends[b]);
        }
}

/* G and mu of features as a network makes them: positive, some channels dead, some dependent on each other. */
static void fill_moments(op_case *k, int c, uint64_t seed)
{
    sc_tensor f = op_tensor_random((sc_shape){ 300, c, 1, 1 }, seed);
    for (int p = 0; p < 300; p++)
        for (int i = 0; i < c; i++) {
            float *value = &f.data[p * c + i];
            if (i % 5 == 4)
                *value = 0.7f * f.data[p * c + i - 4] + 0.3f * f.data[p * c + i - 3];
            else if (i % 4 == 3 || *value < 0)
                *value = 0;
        }
    for (int i = 0; i < c; i++) {
        double mean = 0;
        for (int p = 0; p < 300; p++)
            mean += (double)f.data[p * c + i] / 300;
        k->in[1].data[i] = (float)mean;
        for (int j = 0; j < c; j++) {
            double sum = 0;
            for (int p = 0; p < 300; p++)
                sum += (double)f.data[p * c + i] * (double)f.data[p * c + j] / 300;
            k->in[0].data[i * c + j] = (float)sum;
        }
    }
    sc_tensor_free(&f);
}

static void fill_target(op_case *k, int c)
{
    sc_error err = { 0 };
    for (int i = 0; i < c; i++)
        for (int j = 0; j < c; j++)
            k->in[2].data[i * c + j] = k->in[0].data[i * c + j] - k->in[1].data[i] * k->in[1].data[j];
    assert_int_equal(sc_symmetric_root(k->in[2].data, k->attrs.wasserstein2.epsilon, c, k->in[2].data, &err), SCUMBLE_OK);
    memcpy(k->in[3].data, k->in[1].data, sc_shape_bytes(k->in[1].shape));
}

/* Equal Gaussians: no distance, no gradient, even where they are flat. */
static void test_equal_gaussians(void **state)
{
    (void)state;
    for (int b = 0; b < BACKENDS; b++)
        for (int c = 1; c < 150; c = 2 * c + 3) {
            op_case k = wasserstein_case(c, 1e-3f);
            fill_moments(&k, c, 3);
            fill_target(&k, c);
            op_result r = run(&k, backends[b]);
            assert_near((double)r.out.data[0], 0, 2e-6, "the distance of a Gaussian from itself");
            for (int i = 0; i < c * c; i++)
                assert_near((double)r.gradient[0].data[i] * c, 0, 2e-3, "its gradient in the second moment, times c,");
            for (int i = 0; i < c; i++)
                assert_near((double)r.gradient[1].data[i] * c, 0, 2e-3, "its gradient in the mean, times c,");
            op_result_free(&r);
            op_case_free(&k);
        }
}

/* Different Gaussians with dead channels: what single precision makes of it is what double precision does. */
static void test_flat_gaussians(void **state)
{
    (void)state;
    for (int c = 4; c < 150; c = 2 * c + 3) {
        op_case k = wasserstein_case(c, 1e-4f);
        fill_moments(&k, c, 3);
        fill_target(&k, c);
        fill_moments(&k, c, 4);
        op_result r = run(&k, &sc_backend_cpu), expected = run(&k, &sc_backend_reference);
        op_assert_close(&r.out, &expected.out, 1e-4, "distance", (uint64_t)c);
        op_assert_close(&r.gradient[0], &expected.gradient[0], 2e-3, "gradient in the second moment", (uint64_t)c);
        op_assert_close(&r.gradient[1], &expected.gradient[1], 2e-3, "gradient in the mean", (uint64_t)c);
        op_result_free(&r), op_result_free(&expected);
        op_case_free(&k);
    }
}

/* So little is added that rounding makes S indefinite: the distance is still right, and the gradient stays finite. */
static void test_indefinite_gaussians(void **state)
{
    (void)state;
    for (int c = 4; c < 150; c = 2 * c + 3) {
        op_case k = wasserstein_case(c, 1e-12f);
        fill_moments(&k, c, 3);
        fill_target(&k, c);
        fill_moments(&k, c, 4);
        op_result r = run(&k, &sc_backend_cpu), expected = run(&k, &sc_backend_reference);
        op_assert_close(&r.out, &expected.out, 2e-3, "distance", (uint64_t)c);
        for (int i = 0; i < c * c; i++)
            assert_true(fabs((double)r.gradient[0].data[i]) < 1e4);
        op_result_free(&r), op_result_free(&expected);
        op_case_free(&k);
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

/* Matrices of zeros, of huge and of tiny values, and some that are no second moments at all. */
static void test_any_matrices(void **state)
{
    (void)state;
    static const float scales[] = { 0, 1, 1e-30f, 1e-12f, 1e12f, 1e30f }, epsilons[] = { 0, 1e-4f, 1e20f };
    char what[100];
    for (int b = 0; b < BACKENDS; b++)
        for (int n = 0; n < 6 * 6 * 3; n++) {
            float g = scales[n % 6], a = scales[n / 6 % 6];
            op_case k = wasserstein_case(20, epsilons[n / 36]);
            for (int i = 0; i < 4; i++) {
                sc_tensor_free(&k.in[i]);
                k.in[i] = op_tensor_random(i % 2 ? (sc_shape){ 1, 20, 1, 1 } : (sc_shape){ 20, 20, 1, 1 }, (uint64_t)(n + i));
                for (size_t j = 0; j < sc_shape_count(k.in[i].shape); j++)
                    k.in[i].data[j] *= i < 2 ? g : a;
            }
            op_result r = run(&k, backends[b]);
            snprintf(what, sizeof what, "%s, matrices of %g and %g, epsilon %g", backends[b]->name, (double)g, (double)a, (double)epsilons[n / 36]);
            assert_no_nan(&r, what);
            op_result_free(&r);
            op_case_free(&k);
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
    static const float sign[6] = { 0, -1, 1, -1, 1, 0 };
    op_case k = { .op = &sc_op_mean_absolute, .input_count = 2, .in = { features(3, 2, x), features(3, 2, t) } };
    op_result r = run(&k, NULL);
    assert_near((double)r.out.data[0], 8.0 / 6, 1e-6, "the mean absolute difference");
    for (int i = 0; i < 6; i++) {
        assert_near((double)r.gradient[0].data[i], (double)sign[i] / 6, 1e-7, "a gradient");
        assert_true(r.gradient[1].data[i] == -r.gradient[0].data[i]);
    }
    op_result_free(&r);
    k.op = &sc_op_channel_mean, k.input_count = 1;
    r = run(&k, NULL);
    assert_near((double)r.out.data[0], 2, 1e-6, "the mean of channel 0");
    assert_near((double)r.out.data[1], 2, 1e-6, "the mean of channel 1");
    for (int i = 0; i < 6; i++)
        assert_near((double)r.gradient[0].data[i], 1.0 / 3, 1e-7, "a gradient");
    op_result_free(&r);
    k.input_count = 2;
    op_case_free(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roots), cmocka_unit_test(test_special_roots), cmocka_unit_test(test_shared_axes),
        cmocka_unit_test(test_equal_gaussians), cmocka_unit_test(test_flat_gaussians), cmocka_unit_test(test_indefinite_gaussians),
        cmocka_unit_test(test_any_matrices),
        cmocka_unit_test(test_self_similarity), cmocka_unit_test(test_flat_self_similarity), cmocka_unit_test(test_cosine_distance),
        cmocka_unit_test(test_means),
    };
    return cmocka_run_group_tests_name("statistics", tests, NULL, NULL);
}
