/* SPDX-License-Identifier: MIT */
/* The operators that match features (gather, sorted_match, unit_vectors, nearest) against plain loops: repeated
 * positions, ties, values that are not numbers, sizes on both sides of the kernels' blocks, and every instruction set.
 */
#include "op_driver.h"

#include <math.h>
#include <string.h>

#include "device/host/choices.h"

/* The number of the pixel, or -1 where there is none. */
static int place(const float *pair, sc_shape x)
{
    if (isnan(pair[0]) || isnan(pair[1]) || pair[0] < 0 || pair[1] < 0 || pair[0] >= (float)x.h ||
        pair[1] >= (float)x.w)
        return -1;
    return (int)floorf(pair[0]) * x.w + (int)floorf(pair[1]);
}

/* Sums in the order of the positions, as promised: the same bytes. */
static void check_gather(const op_case *c)
{
    sc_shape x = c->in[0].shape;
    size_t channels = (size_t)x.c, count = (size_t)c->in[1].shape.w;
    sc_tensor r = op_tensor_random((sc_shape){ 1, x.c, 1, (int)count }, 2), expected = op_tensor(x);
    for (unsigned accumulate = 0; accumulate < 2; accumulate++) {
        for (size_t i = 0; i < sc_shape_count(x); i++)
            expected.data[i] = accumulate ? 0.25f : 0;
        op_result result = op_run(
            c, &(op_options){ .wanted = 1, .accumulate = accumulate, .out_gradient = &r, .order = OP_BACKWARDS });
        for (size_t k = 0; k < count; k++)
            for (size_t i = 0; i < channels; i++) {
                int pixel = place(c->in[1].data + 2 * k, x);
                size_t from = (size_t)pixel * channels + i;
                assert_true(result.out.data[k * channels + i] == (pixel < 0 ? 0 : c->in[0].data[from]));
                if (pixel >= 0)
                    expected.data[from] += r.data[k * channels + i];
            }
        op_assert_same_bytes(&result.gradient[0], &expected, "gather", accumulate);
        op_result_free(&result);
    }
    sc_tensor_free(&r);
    sc_tensor_free(&expected);
}

static void test_gather(void **state)
{
    (void)state;
    enum { N = 15 };
    static const float positions[N][2] = {
        { 0, 0 },  { 6, 8 },         { 3, 4 },         { 3, 4 },   { 3.9f, 4.2f },
        { -5, 2 }, { 2, 1e30f },     { NAN, 3 },       { 3, NAN }, { INFINITY, -INFINITY },
        { 6, 8 },  { -0.5f, 8.99f }, { 6.99f, -0.0f }, { 7, 2 },   { 2, 9 }
    };
    op_case c = { .op = &sc_op_gather, .input_count = 2 };
    c.in[0] = op_tensor_random((sc_shape){ 1, 5, 7, 9 }, 1);
    c.in[1] = op_tensor((sc_shape){ 1, 2, 1, N });
    memcpy(c.in[1].data, positions, sizeof positions);
    check_gather(&c);
    op_case_free(&c);
}

/* What is gathered from the two halves of a picture adds up to what is gathered from the whole. */
static void test_gather_from_halves(void **state)
{
    (void)state;
    enum { C = 3, H = 7, CUT = 4, W = 5, N = 40 };
    op_case whole = { .op = &sc_op_gather, .input_count = 2 };
    whole.in[0] = op_tensor_random((sc_shape){ 1, C, H, W }, 1);
    whole.in[1] = op_tensor((sc_shape){ 1, 2, 1, N });
    for (int k = 0; k < N; k++) {
        whole.in[1].data[2 * k] = (float)(k * 3 % H);
        whole.in[1].data[2 * k + 1] = (float)(k * 7 % W);
    }
    op_result expected = op_run(&whole, &(op_options){ 0 });
    op_case part = whole;
    part.in[0] = (sc_tensor){ { 1, C, CUT, W }, whole.in[0].data };
    op_result top = op_run(&part, &(op_options){ 0 });
    part.in[0] = (sc_tensor){ { 1, C, H - CUT, W }, whole.in[0].data + CUT * W * C };
    for (int k = 0; k < N; k++)
        part.in[1].data[2 * k] -= CUT;
    op_result bottom = op_run(&part, &(op_options){ 0 });
    for (int i = 0; i < N * C; i++)
        assert_true(top.out.data[i] + bottom.out.data[i] == expected.out.data[i]);
    op_result_free(&expected);
    op_result_free(&top);
    op_result_free(&bottom);
    op_case_free(&whole);
}

/* Every pixel of a picture that is cut into parts, and a few of them again. */
static void test_gather_everything(void **state)
{
    (void)state;
    enum { H = 61, W = 50, N = H * W + 700 };
    op_case c = { .op = &sc_op_gather, .input_count = 2 };
    c.in[0] = op_tensor_random((sc_shape){ 1, 70, H, W }, 1);
    c.in[1] = op_tensor((sc_shape){ 1, 2, 1, N });
    for (int k = 0; k < N; k++) {
        c.in[1].data[2 * k] = (float)(k * 37 % (H * W) / W);
        c.in[1].data[2 * k + 1] = (float)(k * 37 % (H * W) % W);
    }
    check_gather(&c);
    op_case_free(&c);
}

/* --- sorted_match --- */

typedef struct ranked {
    float value;
    int position;
} ranked;

static int by_value(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    return x->value != y->value ? (x->value > y->value) - (x->value < y->value) : x->position - y->position;
}

/* The target's quantile function at share q of its k samples, by its definition. */
static double quantile(const float *samples, int stride, int k, double q)
{
    double at = fmin(fmax(q * k - 0.5, 0), k - 1);
    int low = (int)at, high = low + 1 < k ? low + 1 : low;
    return (double)samples[low * stride] +
           (at - low) * ((double)samples[high * stride] - (double)samples[low * stride]);
}

/* Returns the loss; difference[n][m]. */
static double match_plainly(const op_case *c, double *difference)
{
    int m = c->in[0].shape.c, n = c->in[0].shape.h * c->in[0].shape.w, k = c->in[1].shape.w;
    ranked *column = malloc((size_t)n * sizeof *column);
    assert_non_null(column);
    double sum = 0;
    for (int channel = 0; channel < m; channel++) {
        for (int i = 0; i < n; i++)
            column[i] = (ranked){ c->in[0].data[i * m + channel], i };
        qsort(column, (size_t)n, sizeof *column, by_value);
        for (int r = 0; r < n; r++) {
            double d = (double)column[r].value - quantile(c->in[1].data + channel, m, k, (r + 0.5) / n);
            difference[column[r].position * m + channel] = d;
            sum += d * d / ((double)m * n);
        }
    }
    free(column);
    return sum;
}

static void sort_columns(sc_tensor *t)
{
    int m = t->shape.c, k = t->shape.w;
    ranked *column = malloc((size_t)k * sizeof *column);
    assert_non_null(column);
    for (int channel = 0; channel < m; channel++) {
        for (int i = 0; i < k; i++)
            column[i] = (ranked){ t->data[i * m + channel], i };
        qsort(column, (size_t)k, sizeof *column, by_value);
        for (int i = 0; i < k; i++)
            t->data[i * m + channel] = column[i].value;
    }
    free(column);
}

/* Against the definition, on values with ties, with fewer and with more samples than positions; and they are
 * sorted_match's own targets: then the loss is 0. */
static void test_quantiles(void **state)
{
    (void)state;
    enum { M = 5, H = 7, W = 6, N = H * W };
    static const int counts[] = { 1, 13, N, 100 };
    for (size_t t = 0; t < sizeof counts / sizeof *counts; t++) {
        int count = counts[t];
        op_case c = { .op = &sc_op_quantiles, .input_count = 1, .attrs.quantiles = { count } };
        c.in[0] = op_tensor_random((sc_shape){ 1, M, H, W }, 3);
        for (int i = 0; i < N; i += 3)
            c.in[0].data[i * M] = 0.25f;
        op_result result = op_run(&c, &(op_options){ .threads = 2 });
        sc_tensor sorted = op_tensor((sc_shape){ 1, M, 1, N });
        memcpy(sorted.data, c.in[0].data, (size_t)(N * M) * sizeof(float));
        sort_columns(&sorted);
        for (int channel = 0; channel < M; channel++)
            for (int j = 0; j < count; j++)
                assert_true(fabs(result.out.data[j * M + channel] -
                                 quantile(sorted.data + channel, M, N, (j + 0.5) / count)) < 1e-6);
        if (count == N) {
            op_case match = { .op = &sc_op_sorted_match, .input_count = 2, .in = { c.in[0], result.out } };
            op_result loss = op_run(&match, &(op_options){ .threads = 1 });
            assert_true(loss.out.data[0] == 0);
            op_result_free(&loss);
        }
        sc_tensor_free(&sorted);
        op_result_free(&result);
        op_case_free(&c);
    }
}

static op_case match_case(int m, int h, int w, int k, uint64_t seed)
{
    op_case c = { .op = &sc_op_sorted_match, .input_count = 2 };
    c.in[0] = op_tensor_random((sc_shape){ 1, m, h, w }, seed);
    c.in[1] = op_tensor_random((sc_shape){ 1, m, 1, k }, seed + 1);
    sort_columns(&c.in[1]);
    return c;
}

static void check_match(op_case *c, uint64_t seed)
{
    size_t count = sc_shape_count(c->in[0].shape);
    double *difference = malloc(count * sizeof *difference), most = 1e-6;
    sc_tensor g = op_tensor((sc_shape){ 1, 1, 1, 1 });
    assert_non_null(difference);
    g.data[0] = 1.5f;
    double loss = match_plainly(c, difference);
    op_result result = op_run(c, &(op_options){ .wanted = 1, .out_gradient = &g, .threads = 3 });
    if (!(fabs((double)result.out.data[0] - loss) <= 1e-6 * fmax(loss, 1e-6)))
        fail_msg("seed %d: the loss is %g, not %g", (int)seed, (double)result.out.data[0], loss);
    for (size_t i = 0; i < count; i++)
        most = fmax(most, fabs(difference[i]));
    for (size_t i = 0; i < count; i++)
        if (!(fabs((double)result.gradient[0].data[i] * (double)count / 3 - difference[i]) <= 1e-6 * most))
            fail_msg("seed %d: the gradient of value %zu is %g, not %g", (int)seed, i,
                     (double)result.gradient[0].data[i], 3 * difference[i] / (double)count);
    op_result_free(&result);
    sc_tensor_free(&g);
    free(difference);
}

static void test_sorted_match(void **state)
{
    (void)state;
    static const int sizes[][4] = { { 1, 1, 1, 1 },       { 2, 1, 1, 5 },      { 3, 1, 7, 3 },
                                    { 5, 3, 1, 7 },       { 17, 8, 9, 72 },    { 40, 20, 25, 333 },
                                    { 130, 5, 41, 1000 }, { 3, 90, 70, 6300 }, { 2, 300, 250, 4001 } };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        op_case c = match_case(sizes[i][0], sizes[i][1], sizes[i][2], sizes[i][3], 10 * i);
        check_match(&c, 10 * i);
        float *x = c.in[0].data; /* all exponents, both signs, equal values, both zeros */
        for (size_t j = 0; j < sc_shape_count(c.in[0].shape); j++)
            x[j] = j % 5 == 0 ? 0.0f :
                   j % 5 == 1 ? -0.0f :
                   j % 5 == 2 ? roundf(x[j]) :
                                ldexpf(x[j], (int)(j % 160) - 146);
        check_match(&c, 10 * i + 1);
        op_case_free(&c);
    }
}

/* Values that are the target's in another order: nothing is left to do. */
static void test_permutation_matches(void **state)
{
    (void)state;
    op_case c = match_case(24, 31, 17, 31 * 17, 5);
    sc_tensor g = op_tensor_random((sc_shape){ 1, 1, 1, 1 }, 6);
    memcpy(c.in[1].data, c.in[0].data, sc_shape_bytes(c.in[0].shape));
    sort_columns(&c.in[1]);
    op_result result = op_run(&c, &(op_options){ .wanted = 1, .out_gradient = &g });
    assert_true(result.out.data[0] == 0);
    for (size_t i = 0; i < sc_shape_count(c.in[0].shape); i++)
        assert_true(result.gradient[0].data[i] == 0);
    op_result_free(&result);
    sc_tensor_free(&g);
    op_case_free(&c);
}

static void test_match_of_not_numbers(void **state)
{
    (void)state;
    op_case c = match_case(3, 20, 20, 99, 7);
    for (int i = 0; i < 400; i += 3)
        c.in[0].data[3 * i] = i % 2 ? NAN : -NAN;
    for (int i = 0; i < 400; i++)
        c.in[0].data[3 * i + 1] = NAN;
    sc_tensor g = op_tensor_random((sc_shape){ 1, 1, 1, 1 }, 6);
    op_result result = op_run(&c, &(op_options){ .wanted = 1, .out_gradient = &g });
    assert_true(isnan(result.out.data[0]));
    for (int i = 0; i < 400; i++) {
        assert_true(isnan(result.gradient[0].data[3 * i]) == (i % 3 == 0));
        assert_true(isnan(result.gradient[0].data[3 * i + 1]));
        assert_true(isfinite(result.gradient[0].data[3 * i + 2]));
    }
    op_result_free(&result);
    sc_tensor_free(&g);
    op_case_free(&c);
}

/* --- unit_vectors --- */

static void test_unit_vectors(void **state)
{
    (void)state;
    enum { C = 70, POSITIONS = 40 };
    op_case c = { .op = &sc_op_unit_vectors, .input_count = 2 };
    c.in[0] = op_tensor_random((sc_shape){ 1, C, 5, 8 }, 1);
    c.in[1] = op_tensor((sc_shape){ 1, C, 1, 1 });
    for (int i = 0; i < C; i++) { /* halves, which float sums keep */
        c.in[1].data[i] = (float)(i % 3) / 2;
        c.in[0].data[i] = c.in[1].data[i];                             /* a zero vector */
        c.in[0].data[C + i] = c.in[1].data[i] * (1 + (float)(i == 2)); /* one channel differs */
        c.in[0].data[2 * C + i] *= 1e30f;
    }
    op_result result = op_run(&c, &(op_options){ 0 });
    for (int p = 0; p < POSITIONS; p++) {
        double square = 0;
        const float *x = c.in[0].data + p * C, *out = result.out.data + p * C;
        for (int i = 0; i < C; i++)
            square += ((double)x[i] - (double)c.in[1].data[i]) * ((double)x[i] - (double)c.in[1].data[i]);
        for (int i = 0; i < C; i++) {
            double expected = square > 0 ? ((double)x[i] - (double)c.in[1].data[i]) / sqrt(square) : 0;
            assert_true(fabs((double)out[i] - expected) < 1e-6);
        }
    }
    assert_true(result.out.data[C + 2] == 1);
    op_result_free(&result);
    for (int i = 0; i < C; i++) { /* lengths whose inverse no float holds */
        c.in[1].data[i] = 0;
        c.in[0].data[i] = i == 4 ? 3e-42f : 0;
    }
    result = op_run(&c, &(op_options){ 0 });
    assert_true(result.out.data[4] == 1 && result.out.data[5] == 0);
    op_result_free(&result);
    op_case_free(&c);
}

/* --- nearest --- */

static void check_nearest(const op_case *c, const sc_kernels *backend)
{
    size_t channels = (size_t)c->in[0].shape.c;
    size_t queries = sc_shape_count(c->in[0].shape) / channels, keys = sc_shape_count(c->in[1].shape) / channels;
    op_result result = op_run(c, &(op_options){ .backend = backend, .threads = 3 });
    for (size_t q = 0; q < queries; q++) {
        float best = -INFINITY;
        size_t found = 0;
        for (size_t k = 0; k < keys; k++) {
            float score = 0;
            for (size_t i = 0; i < channels; i++)
                score += c->in[0].data[q * channels + i] * c->in[1].data[k * channels + i];
            score += c->input_count > 2 ? c->in[2].data[k] : 0;
            if (score > best) {
                best = score;
                found = k;
            }
        }
        if (result.out.data[2 * q] != (float)found || result.out.data[2 * q + 1] != best)
            fail_msg("query %zu of %zu, %zu keys, %zu channels: key %g with %g, not %zu with %g", q, queries, keys,
                     channels, (double)result.out.data[2 * q], (double)result.out.data[2 * q + 1], found, (double)best);
    }
    op_result_free(&result);
}

/* The host's kernel with each instruction set. */
static const sc_cpu_isa *tested;

static int choose(const sc_node_info *node, sc_choice *choice, sc_error *err)
{
    return sc_host_choose_nearest(node, tested, choice, err);
}

static void check_everywhere(const op_case *c)
{
    static const sc_kernels backend = { "tested", choose, NULL };
    check_nearest(c, &sc_kernels_reference);
    check_nearest(c, &sc_kernels_host);
    for (int i = 0; sc_cpu_isas[i]; i++)
        if (sc_cpu_isas[i]->available()) {
            tested = sc_cpu_isas[i];
            check_nearest(c, &backend);
        }
}

/* Small whole numbers: exact in any order of the sums, with many ties. */
static sc_tensor whole(int channels, int count, uint64_t seed)
{
    sc_tensor t = op_tensor_random((sc_shape){ 1, channels, 1, count }, seed);
    for (size_t i = 0; i < sc_shape_count(t.shape); i++)
        t.data[i] = roundf(t.data[i]);
    return t;
}

static void test_nearest(void **state)
{
    (void)state;
    static const int sizes[][3] = { { 1, 1, 1 },           { 3, 7, 70 },      { 16, 6, 64 },     { 5, 511, 63 },
                                    { 4, 300, 8192 + 77 }, { 40, 1037, 130 }, { 530, 100, 200 }, { 1024, 13, 65 } };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int bias = 0; bias < 2; bias++) {
            op_case c = { .op = &sc_op_nearest, .input_count = 2 + bias };
            c.in[0] = whole(sizes[i][0], sizes[i][1], 3 * i);
            c.in[1] = whole(sizes[i][0], sizes[i][2], 3 * i + 1);
            if (bias)
                c.in[2] = whole(1, sizes[i][2], 3 * i + 2);
            check_everywhere(&c);
            op_case_free(&c);
        }
}

/* NaN never wins; keys can be shut out; where nothing is left, it is key 0. */
static void test_nearest_of_not_numbers(void **state)
{
    (void)state;
    op_case c = { .op = &sc_op_nearest,
                  .input_count = 3,
                  .in = { whole(6, 50, 1), whole(6, 300, 2), whole(1, 300, 3) } };
    c.in[0].data[6 * 7] = NAN; /* a query of which nothing is known */
    for (int k = 0; k < 300; k++) {
        c.in[1].data[6 * k + k % 6] = k % 4 == 0 ? NAN : c.in[1].data[6 * k];
        c.in[2].data[k] = k % 3 == 0 || k > 200 ? -INFINITY : k % 7 == 0 ? NAN : c.in[2].data[k];
    }
    check_everywhere(&c);
    for (int k = 0; k < 300; k++)
        c.in[2].data[k] = -INFINITY;
    check_everywhere(&c);
    op_case_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_gather),
                                        cmocka_unit_test(test_gather_everything),
                                        cmocka_unit_test(test_gather_from_halves),
                                        cmocka_unit_test(test_sorted_match),
                                        cmocka_unit_test(test_quantiles),
                                        cmocka_unit_test(test_permutation_matches),
                                        cmocka_unit_test(test_match_of_not_numbers),
                                        cmocka_unit_test(test_unit_vectors),
                                        cmocka_unit_test(test_nearest),
                                        cmocka_unit_test(test_nearest_of_not_numbers) };
    return cmocka_run_group_tests_name("matching", tests, NULL, NULL);
}
