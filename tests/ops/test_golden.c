/* SPDX-License-Identifier: MIT */
/* Outputs and gradients against values that PyTorch computed (make_golden.py). */
#include "op_driver.h"

#include <math.h>

typedef struct golden_case {
    const char *name;
    const sc_op *op;
    op_attrs attrs;
    int input_count;
    sc_shape shapes[SC_MAX_INPUTS];
    size_t expected; /* index into golden_values: the output, then the gradient of each input */
} golden_case;

#include "golden.h"

/* The values of make_golden.py's values(shape, i). */
static sc_tensor make_values(sc_shape shape, int i)
{
    size_t count = sc_shape_count(shape);
    float *nchw = malloc(count * sizeof *nchw);
    assert_non_null(nchw);
    for (size_t k = 0; k < count; k++)
        nchw[k] = (float)((int)((k * k * 7 + k * 37 + (size_t)(i + 1) * 53) % 101) - 50) / 25;
    sc_tensor tensor = op_tensor(shape);
    sc_tensor_from_nchw(&tensor, nchw);
    free(nchw);
    return tensor;
}

static size_t compare(const sc_tensor *result, size_t expected, const char *name)
{
    sc_tensor want = op_tensor(result->shape);
    sc_tensor_from_nchw(&want, golden_values + expected);
    op_assert_close(result, &want, 2e-5, name, 0);
    sc_tensor_free(&want);
    return expected + sc_shape_count(result->shape);
}

static void check(const golden_case *g)
{
    op_case c = { .op = g->op, .attrs = g->attrs, .input_count = g->input_count };
    for (int i = 0; i < g->input_count; i++)
        c.in[i] = make_values(g->shapes[i], i);
    if (g->op == &sc_op_batch_norm)
        for (int i = 0; i < c.in[2].shape.c; i++)
            c.in[2].data[i] = fabsf(c.in[2].data[i]) + 0.5f;
    sc_tensor r = make_values(op_case_shape(&c), 9);
    unsigned wanted = op_case_all(&c) & ~(g->op == &sc_op_batch_norm ? 4u : 0u);
    op_result result = op_run(&c, &(op_options){ .wanted = wanted, .out_gradient = &r });
    size_t expected = compare(&result.out, g->expected, g->name);
    for (int i = 0; i < c.input_count; i++) {
        if (wanted >> i & 1)
            compare(&result.gradient[i], expected, g->name);
        expected += sc_shape_count(c.in[i].shape);
    }
    op_result_free(&result);
    sc_tensor_free(&r);
    op_case_free(&c);
}

static void test_golden(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof golden_cases / sizeof *golden_cases; i++)
        check(&golden_cases[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_golden) };
    return cmocka_run_group_tests_name("golden", tests, NULL, NULL);
}
