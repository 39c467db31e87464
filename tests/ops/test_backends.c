/* SPDX-License-Identifier: MIT */
/* Every operator on every backend against the reference kernels, on the same random cases. Backends may round
 * differently. */
#include "op_driver.h"

#include "core/rng.h"

enum { SMALL_CASES = 60, LARGE_CASES = 8 };

static const sc_kernels *const backends[] = { &sc_kernels_reference, &sc_kernels_host };

static void compare(const op_case *c, const sc_kernels *backend, uint64_t seed)
{
    op_random random = { seed + 31337, 0 };
    unsigned all = (1u << c->input_count) - 1, wanted = (unsigned)op_pick(&random, 0, (int)all) & op_case_all(c),
             frozen = 0;
    if (op_pick(&random, 0, 1)) /* parameters that do not change: their gradients are not wanted then */
        frozen = all & ~1u, wanted &= ~frozen;
    sc_tensor r = op_tensor_random(op_case_shape(c), seed + 5);
    op_avoid_kinks(c, &r);
    op_options options = { .wanted = wanted,
                           .accumulate = (unsigned)op_pick(&random, 0, (int)all),
                           .out_gradient = &r };
    op_result expected = op_run(c, &options);
    options.backend = backend;
    options.frozen = frozen;
    options.threads = op_pick(&random, 1, 3);
    op_result result = op_run(c, &options);
    op_assert_close(&result.out, &expected.out, 2e-4, c->op->name, seed);
    for (int i = 0; i < c->input_count; i++)
        if (wanted >> i & 1)
            op_assert_close(&result.gradient[i], &expected.gradient[i], 2e-4, c->op->name, seed);
    op_result_free(&result);
    op_result_free(&expected);
    sc_tensor_free(&r);
}

static void check_backend(const sc_kernels *backend)
{
    for (int i = 0; sc_ops[i]; i++)
        for (uint64_t seed = 1; seed <= SMALL_CASES + LARGE_CASES; seed++) {
            op_case c;
            op_case_random(&c, sc_ops[i], seed + 1000, seed > SMALL_CASES);
            compare(&c, backend, seed + 1000);
            op_case_free(&c);
        }
}

static void test_backends(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++) {
        print_message("%s: %s\n", backends[i]->name, backends[i]->describe());
        check_backend(backends[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_backends) };
    return cmocka_run_group_tests_name("backends", tests, NULL, NULL);
}
