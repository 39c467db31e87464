/* SPDX-License-Identifier: MIT */
/* Loops over doubles, in every width of vectors that there is. */
#include "op_driver.h"

#include <math.h>
#include <string.h>

#include "core/rng.h"
#include "ops/doubles.h"

enum { DOUBLES = 7 * 40, DOUBLES_RESULTS = 2 + 4 * DOUBLES };

/* What all functions of `d` make of rows of n values: n <= 40. */
static void use_doubles(const sc_doubles *d, size_t n, double results[DOUBLES_RESULTS])
{
    double x[DOUBLES], y[DOUBLES], *to = results + 2;
    float b[DOUBLES];
    for (size_t i = 0; i < DOUBLES; i++) {
        x[i] = (double)sc_random_uniform(1, i) - 0.3;
        y[i] = (double)sc_random_uniform(2, i) / 3;
        b[i] = sc_random_uniform(3, i) - 0.5f;
    }
    memset(results, 0, DOUBLES_RESULTS * sizeof *results);
    results[0] = d->dot(x, y, n);
    d->multiply(x, 7, 5, b, n, to);
    d->add_scaled(x, 0.7, y, n);
    memcpy(to + DOUBLES, x, sizeof x);
    d->rotate(x, y, 0.6, 0.8, n);
    memcpy(to + 2 * DOUBLES, x, sizeof x);
    memcpy(to + 3 * DOUBLES, y, sizeof y);
    d->subtract_two(x, 0.2, y, 0.3, to, n);
    results[1] = d->dot(x, x, DOUBLES);
}

/* Every width of vectors gives the bytes of the plain one, of rows of any length. */
static void test_doubles(void **state)
{
    (void)state;
    int plain = 0;
    while (sc_doubles_all[plain + 1])
        plain++;
    for (int v = 0; v < plain; v++)
        for (size_t n = 0; n <= 40 && sc_doubles_all[v]->available(); n++) {
            double own[DOUBLES_RESULTS], expected[DOUBLES_RESULTS];
            use_doubles(sc_doubles_all[v], n, own);
            use_doubles(sc_doubles_all[plain], n, expected);
            assert_memory_equal(own, expected, sizeof own);
            double sum = 0;
            for (size_t i = 0; i < 5 && n > 3; i++) /* row 2, column 3 of the product */
                sum += ((double)sc_random_uniform(1, 10 + i) - 0.3) * (double)(sc_random_uniform(3, i * n + 3) - 0.5f);
            if (n > 3)
                assert_true(fabs(own[2 + 2 * n + 3] - sum) < 1e-12);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_doubles) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
