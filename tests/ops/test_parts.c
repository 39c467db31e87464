/* SPDX-License-Identifier: MIT */
/* Parts are independent: any order, any number of threads, and a second run of each give the same bytes. What is saved
 * for backward does not change the output, and a forward pass alone needs none of it. */
#include "op_driver.h"
#include "../deep.h"

static void assert_same(const op_case *c, const op_result *a, const op_result *b, uint64_t seed)
{
    op_assert_same_bytes(&a->out, &b->out, c->op->name, seed);
    for (int i = 0; i < c->input_count; i++)
        op_assert_same_bytes(&a->gradient[i], &b->gradient[i], c->op->name, seed);
}

static void run_and_compare(const op_case *c, const op_options *options, const op_result *expected, uint64_t seed)
{
    op_result result = op_run(c, options);
    assert_same(c, &result, expected, seed);
    op_result_free(&result);
}

/* Returns the most parts seen. */
static int check_case(const op_case *c, uint64_t seed)
{
    unsigned all = op_case_all(c);
    sc_tensor r = op_tensor_random(op_case_shape(c), seed + 99);
    op_result expected = op_run(c, &(op_options){ .wanted = all, .out_gradient = &r });
    int parts = expected.forward_parts > expected.backward_parts ? expected.forward_parts : expected.backward_parts;
    run_and_compare(c, &(op_options){ .wanted = all, .out_gradient = &r, .threads = 5 }, &expected, seed);
    run_and_compare(c, &(op_options){ .wanted = all, .out_gradient = &r, .order = OP_BACKWARDS, .threads = 3 },
                    &expected, seed);
    run_and_compare(c, &(op_options){ .wanted = all, .out_gradient = &r, .order = OP_TWICE }, &expected, seed);
    op_result forward = op_run(c, &(op_options){ .threads = 2 });
    op_assert_same_bytes(&forward.out, &expected.out, c->op->name, seed);
    op_result_free(&forward);
    op_result backwards =
        op_run(c, &(op_options){ .wanted = all, .accumulate = all, .out_gradient = &r, .order = OP_BACKWARDS });
    run_and_compare(c, &(op_options){ .wanted = all, .accumulate = all, .out_gradient = &r, .threads = 4 }, &backwards,
                    seed);
    op_result_free(&backwards);
    op_result_free(&expected);
    sc_tensor_free(&r);
    return parts;
}

static void test_parts_are_independent(void **state)
{
    (void)state;
    for (int i = 0; sc_ops[i]; i++) {
        int most = 0;
        for (uint64_t seed = 1; seed <= (deep() ? 12 : 3); seed++) {
            op_case c;
            op_case_random(&c, sc_ops[i], seed, true);
            int parts = check_case(&c, seed);
            most = parts > most ? parts : most;
            op_case_free(&c);
        }
        if (most < 2)
            fail_msg("no case of %s had more than one part", sc_ops[i]->name);
    }
}

static void test_cuts_cover_everything(void **state)
{
    (void)state;
    assert_int_equal(sc_part_count(1, 1), 1);
    assert_int_equal(sc_part_count(10, 32768), 10);
    assert_int_equal(sc_part_count(100000, 100000), 256);
    assert_int_equal(sc_part_count(SIZE_MAX, SIZE_MAX), 256);
    for (size_t count = 1; count < 600; count += 7)
        for (int parts = 1; parts <= 256 && (size_t)parts <= count; parts++) {
            size_t next = 0;
            for (int p = 0; p < parts; p++) {
                sc_range range = sc_part_range(count, parts, p);
                assert_int_equal(range.begin, next);
                assert_true(range.end > range.begin);
                next = range.end;
            }
            assert_int_equal(next, count);
        }
}

/* Two inputs of an element-wise operator may be one tensor: its two gradients then add up. */
static void test_same_tensor_twice(void **state)
{
    (void)state;
    static const sc_op *const ops[] = { &sc_op_add, &sc_op_multiply, &sc_op_concat };
    sc_shape shape = { 2, 24, 50, 50 };
    for (int k = 0; k < 3; k++) {
        sc_tensor x = op_tensor_random(shape, 3), gradient = op_tensor(shape);
        sc_add_attrs attrs = { 1, 1 };
        sc_call call = { .attrs = &attrs, .input_count = 2, .in = { &x, &x }, .thread_count = 1 };
        sc_error err = { 0 };
        sc_shape out_shape;
        assert_int_equal(ops[k]->infer(&call, &out_shape, &err), SCUMBLE_OK);
        sc_tensor r = op_tensor_random(out_shape, 4);
        call.out = &r, call.out_gradient = &r;
        call.in_gradient[0] = call.in_gradient[1] = &gradient;
        call.accumulate[1] = true;
        const sc_kernel *kernel = &ops[k]->backward;
        void *scratch = kernel->scratch_bytes ? sc_aligned_alloc(kernel->scratch_bytes(&call)) : NULL;
        call.scratch = scratch;
        for (int p = kernel->parts(&call) - 1; p >= 0; p--)
            assert_int_equal(kernel->run(&call, p, 0), SCUMBLE_OK);
        for (size_t i = 0; i < sc_shape_count(shape); i++) {
            size_t pixel = i / (size_t)shape.c, c = i % (size_t)shape.c, first = pixel * 2 * (size_t)shape.c + c;
            float expected = k == 0 ? 2 * r.data[i] :
                             k == 1 ? 2 * r.data[i] * x.data[i] :
                                      r.data[first] + r.data[first + (size_t)shape.c];
            assert_float_equal(gradient.data[i], expected, 1e-5);
        }
        free(scratch);
        sc_tensor_free(&x);
        sc_tensor_free(&gradient);
        sc_tensor_free(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_parts_are_independent),
                                        cmocka_unit_test(test_cuts_cover_everything),
                                        cmocka_unit_test(test_same_tensor_twice) };
    return cmocka_run_group_tests_name("parts", tests, NULL, NULL);
}
