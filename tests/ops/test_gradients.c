/* SPDX-License-Identifier: MIT */
/* Gradients of every operator in every input against finite differences of sum(out r), r random; and accumulation. */
#include "op_driver.h"

#include <math.h>

#include "core/rng.h"

enum { CASES = 60, VALUES = 10 };

static double weighted_sum(const op_case *c, const sc_tensor *r)
{
    op_result result = op_run(c, &(op_options){ 0 });
    double sum = 0;
    for (size_t i = 0; i < sc_shape_count(r->shape); i++)
        sum += (double)result.out.data[i] * (double)r->data[i];
    op_result_free(&result);
    return sum;
}

static double slope(const op_case *c, float *value, float step, const sc_tensor *r)
{
    float before = *value, above = before + step, below = before - step;
    *value = above;
    double high = weighted_sum(c, r);
    *value = below;
    double low = weighted_sum(c, r);
    *value = before;
    return (high - low) / ((double)above - (double)below);
}

static double largest(const sc_tensor *t)
{
    double most = 1e-4;
    for (size_t i = 0; i < sc_shape_count(t->shape); i++)
        most = fmax(most, fabs((double)t->data[i]));
    return most;
}

static void check_input(op_case *c, int input, const sc_tensor *gradient, const sc_tensor *r, uint64_t seed)
{
    size_t count = sc_shape_count(c->in[input].shape);
    for (int k = 0; k < VALUES; k++) {
        size_t i = sc_random_bits(seed, (uint64_t)(100 + k)) % count;
        float *value = &c->in[input].data[i];
        double expected = (4 * slope(c, value, c->step, r) - slope(c, value, 2 * c->step, r)) / 3;
        if (!(fabs(expected - (double)gradient->data[i]) <= 2e-3 * largest(gradient)))
            fail_msg("%s, seed %llu, input %d: the gradient of value %zu is %.9g, but finite differences give %.9g",
                     c->op->name, (unsigned long long)seed, input, i, (double)gradient->data[i], expected);
    }
}

static void check_accumulation(const op_case *c, const op_result *plain, const sc_tensor *r, uint64_t seed)
{
    unsigned all = op_case_all(c);
    op_result added = op_run(c, &(op_options){ .wanted = all, .accumulate = all, .out_gradient = r });
    for (int i = 0; i < c->input_count; i++) {
        if (!(all >> i & 1))
            continue;
        for (size_t j = 0; j < sc_shape_count(c->in[i].shape); j++)
            added.gradient[i].data[j] -= 0.25f;
        sc_tensor difference = added.gradient[i];
        double most = largest(&plain->gradient[i]);
        op_assert_close(&difference, &plain->gradient[i], 1e-5 * (most + 1) / most * 2, c->op->name, seed);
    }
    op_result_free(&added);
}

/* Each gradient alone is what it is among the others: nothing is computed from what was not asked for. */
static void check_subsets(const op_case *c, const op_result *plain, const sc_tensor *r, uint64_t seed)
{
    for (int i = 0; i < c->input_count; i++) {
        if (!(op_case_all(c) >> i & 1))
            continue;
        op_result one = op_run(c, &(op_options){ .wanted = 1u << i, .out_gradient = r });
        op_assert_same_bytes(&one.gradient[i], &plain->gradient[i], c->op->name, seed);
        op_assert_same_bytes(&one.out, &plain->out, c->op->name, seed);
        op_result_free(&one);
    }
}

static void check_operator(const sc_op *op)
{
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        op_case c;
        op_case_random(&c, op, seed, false);
        if (op_case_relu(&c))
            *op_case_relu(&c) = false; /* kinks: test_fused_relu */
        sc_tensor r = op_tensor_random(op_case_shape(&c), seed + 7777);
        op_avoid_kinks(&c, &r);
        op_result result = op_run(&c, &(op_options){ .wanted = op_case_all(&c), .out_gradient = &r });
        for (int i = 0; i < c.input_count; i++)
            if (op_case_all(&c) >> i & 1)
                check_input(&c, i, &result.gradient[i], &r, seed);
        check_accumulation(&c, &result, &r, seed);
        check_subsets(&c, &result, &r, seed);
        op_result_free(&result);
        sc_tensor_free(&r);
        op_case_free(&c);
    }
}

static void test_all_operators(void **state)
{
    (void)state;
    for (int i = 0; sc_ops[i]; i++)
        if (sc_ops[i]->backward.run)
            check_operator(sc_ops[i]);
}

/* An operator with relu = the operator, values below 0 cut off, and their gradient with them. */
static void check_fused_relu(const sc_op *op, uint64_t seed)
{
    op_case c;
    op_case_random(&c, op, seed, false);
    sc_tensor r = op_tensor_random(op_case_shape(&c), seed + 7777);
    *op_case_relu(&c) = true;
    op_result fused = op_run(&c, &(op_options){ .wanted = op_case_all(&c), .out_gradient = &r });
    *op_case_relu(&c) = false;
    op_result plain = op_run(&c, &(op_options){ 0 });
    for (size_t i = 0; i < sc_shape_count(r.shape); i++) {
        assert_true(fused.out.data[i] == fmaxf(plain.out.data[i], 0));
        if (plain.out.data[i] <= 0)
            r.data[i] = 0;
    }
    op_result masked = op_run(&c, &(op_options){ .wanted = op_case_all(&c), .out_gradient = &r });
    for (int i = 0; i < c.input_count; i++)
        op_assert_close(&fused.gradient[i], &masked.gradient[i], 1e-6, op->name, seed);
    op_result_free(&fused);
    op_result_free(&plain);
    op_result_free(&masked);
    sc_tensor_free(&r);
    op_case_free(&c);
}

static void test_fused_relu(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        check_fused_relu(&sc_op_conv2d, seed);
        check_fused_relu(&sc_op_instance_norm, seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_all_operators), cmocka_unit_test(test_fused_relu) };
    return cmocka_run_group_tests_name("gradients", tests, NULL, NULL);
}
