/* SPDX-License-Identifier: MIT */
/* The operators that are computed in blocks (conv2d, linear, gram), on inputs larger than a block, against their
 * formulas written as plain loops in double precision, forward and backward. */
#include "op_driver.h"

#include <string.h>

enum { CASES = 5 };

/* Sums in double precision, one array for the output and one for each gradient. */
typedef struct formula {
    double *out, *gradient[3];
} formula;

static double *zeros(size_t count)
{
    double *values = calloc(count, sizeof *values);
    assert_non_null(values);
    return values;
}

static void compare(const sc_tensor *result, const double *expected, double tolerance, const char *what, uint64_t seed)
{
    sc_tensor want = op_tensor(result->shape);
    for (size_t i = 0; i < sc_shape_count(want.shape); i++)
        want.data[i] = (float)expected[i];
    op_assert_close(result, &want, tolerance, what, seed);
    sc_tensor_free(&want);
}

static int border(int p, int extent, sc_padding_mode mode)
{
    if (p >= 0 && p < extent)
        return p;
    switch (mode) {
    case SC_PAD_REPLICATE: return p < 0 ? 0 : extent - 1;
    case SC_PAD_REFLECT: return p < 0 ? -p : 2 * extent - 2 - p;
    case SC_PAD_CIRCULAR: return (p + extent) % extent;
    default: return -1;
    }
}

/* One output value: its sum, and its share of the gradients. */
static void conv2d_value(const op_case *c, const sc_tensor *r, formula *f, int n, int co, int oy, int ox)
{
    const sc_conv2d_attrs *a = &c->attrs.conv2d;
    sc_shape x = c->in[0].shape, w = c->in[1].shape;
    int groups = a->groups ? a->groups : 1, stride_h = a->stride_h ? a->stride_h : 1,
        stride_w = a->stride_w ? a->stride_w : 1;
    int dilation_h = a->dilation_h ? a->dilation_h : 1, dilation_w = a->dilation_w ? a->dilation_w : 1;
    size_t o = sc_offset(r->shape, n, co, oy, ox);
    double g = (double)r->data[o], sum = c->input_count > 2 ? (double)c->in[2].data[co] : 0;
    for (int ky = 0; ky < w.h; ky++)
        for (int kx = 0; kx < w.w; kx++) {
            int y = border(oy * stride_h - a->padding.top + ky * dilation_h, x.h, a->padding.mode);
            int column = border(ox * stride_w - a->padding.left + kx * dilation_w, x.w, a->padding.mode);
            for (int ci = 0; y >= 0 && column >= 0 && ci < w.c; ci++) {
                size_t i = sc_offset(x, n, co / (w.n / groups) * w.c + ci, y, column), k = sc_offset(w, co, ci, ky, kx);
                sum += (double)c->in[0].data[i] * (double)c->in[1].data[k];
                f->gradient[0][i] += g * (double)c->in[1].data[k];
                f->gradient[1][k] += g * (double)c->in[0].data[i];
            }
        }
    f->out[o] = sum;
    if (c->input_count > 2)
        f->gradient[2][co] += g;
}

static void conv2d_formula(const op_case *c, const sc_tensor *r, formula *f)
{
    for (int n = 0; n < r->shape.n; n++)
        for (int co = 0; co < r->shape.c; co++)
            for (int y = 0; y < r->shape.h; y++)
                for (int x = 0; x < r->shape.w; x++)
                    conv2d_value(c, r, f, n, co, y, x);
}

static void linear_formula(const op_case *c, const sc_tensor *r, formula *f)
{
    size_t d = (size_t)c->in[1].shape.c, k = (size_t)r->shape.c;
    for (size_t n = 0; n < (size_t)r->shape.n; n++)
        for (size_t j = 0; j < k; j++) {
            double g = (double)r->data[n * k + j];
            f->out[n * k + j] = c->input_count > 2 ? (double)c->in[2].data[j] : 0;
            for (size_t i = 0; i < d; i++) {
                f->out[n * k + j] += (double)c->in[0].data[n * d + i] * (double)c->in[1].data[j * d + i];
                f->gradient[0][n * d + i] += g * (double)c->in[1].data[j * d + i];
                f->gradient[1][j * d + i] += g * (double)c->in[0].data[n * d + i];
            }
            if (c->input_count > 2)
                f->gradient[2][j] += g;
        }
}

static void gram_formula(const op_case *c, const sc_tensor *r, formula *f)
{
    size_t channels = (size_t)c->in[0].shape.c, positions = sc_shape_count(c->in[0].shape) / channels;
    double shift = (double)c->attrs.gram.shift, count = (double)positions;
    for (size_t p = 0; p < positions; p++)
        for (size_t i = 0; i < channels; i++)
            for (size_t j = 0; j < channels; j++) {
                double a = (double)c->in[0].data[p * channels + i] + shift,
                       b = (double)c->in[0].data[p * channels + j] + shift;
                f->out[i * channels + j] += a * b / count;
                f->gradient[0][p * channels + i] += (double)r->data[i * channels + j] * b / count;
                f->gradient[0][p * channels + j] += (double)r->data[i * channels + j] * a / count;
            }
}

static void check(const op_case *c, void (*evaluate)(const op_case *, const sc_tensor *, formula *), uint64_t seed)
{
    sc_tensor r = op_tensor_random(op_case_shape(c), seed);
    formula f = { .out = zeros(sc_shape_count(r.shape)) };
    for (int i = 0; i < c->input_count; i++)
        f.gradient[i] = zeros(sc_shape_count(c->in[i].shape));
    evaluate(c, &r, &f);
    op_result result = op_run(c, &(op_options){ .wanted = op_case_all(c), .out_gradient = &r });
    compare(&result.out, f.out, 3e-6, c->op->name, seed);
    for (int i = 0; i < c->input_count; i++) {
        compare(&result.gradient[i], f.gradient[i], 3e-6, c->op->name, seed);
        free(f.gradient[i]);
    }
    free(f.out);
    op_result_free(&result);
    sc_tensor_free(&r);
}

static void check_random(const sc_op *op, void (*evaluate)(const op_case *, const sc_tensor *, formula *))
{
    for (uint64_t seed = 1; seed <= 4 * CASES; seed++) {
        op_case c;
        op_case_random(&c, op, seed, seed > 3 * CASES);
        if (op == &sc_op_conv2d)
            c.attrs.conv2d.relu = false;
        check(&c, evaluate, seed);
        op_case_free(&c);
    }
}

static void test_conv2d(void **state)
{
    (void)state;
    check_random(&sc_op_conv2d, conv2d_formula);
}

/* Sums longer than a block of the matrix product, and rows wider than a tile. */
static void test_deep_conv2d(void **state)
{
    (void)state;
    op_case c = { .op = &sc_op_conv2d, .input_count = 3 };
    c.attrs.conv2d.padding = (sc_padding){ 1, 1, 1, 1, SC_PAD_REFLECT };
    c.in[0] = op_tensor_random((sc_shape){ 1, 70, 3, 150 }, 1);
    c.in[1] = op_tensor_random((sc_shape){ 37, 70, 3, 3 }, 2);
    c.in[2] = op_tensor_random((sc_shape){ 1, 37, 1, 1 }, 3);
    check(&c, conv2d_formula, 0);
    op_case_free(&c);
}

static void test_linear(void **state)
{
    (void)state;
    check_random(&sc_op_linear, linear_formula);
}

static void test_gram(void **state)
{
    (void)state;
    check_random(&sc_op_gram, gram_formula);
}

/* y(x), and its slope for a gradient of 1. */
static void test_functions(void **state)
{
    (void)state;
    static const struct {
        const sc_op *op;
        float x;
        double y, slope;
    } cases[] = {
        { &sc_op_exp, 1.5f, 4.4816890703, 4.4816890703 },  { &sc_op_exp, -2, 0.1353352832, 0.1353352832 },
        { &sc_op_square_root, 2.25f, 1.5, 1.0 / 3 },       { &sc_op_reciprocal, -4, -0.25, -0.0625 },
        { &sc_op_tanh, 0.5f, 0.4621171573, 0.7864477330 }, { &sc_op_sigmoid, 2, 0.8807970780, 0.1049935854 }
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        op_case c = { .op = cases[i].op, .input_count = 1 };
        c.in[0] = op_tensor((sc_shape){ 1, 1, 1, 1 });
        c.in[0].data[0] = cases[i].x;
        sc_tensor one = op_tensor(c.in[0].shape);
        one.data[0] = 1;
        op_result r = op_run(&c, &(op_options){ .wanted = 1, .out_gradient = &one });
        compare(&r.out, &cases[i].y, 1e-6, cases[i].op->name, i);
        compare(&r.gradient[0], &cases[i].slope, 1e-6, "its slope", i);
        op_result_free(&r);
        sc_tensor_free(&one);
        op_case_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_functions), cmocka_unit_test(test_conv2d),
                                        cmocka_unit_test(test_deep_conv2d), cmocka_unit_test(test_linear),
                                        cmocka_unit_test(test_gram) };
    return cmocka_run_group_tests_name("formulas", tests, NULL, NULL);
}
