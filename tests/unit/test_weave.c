/* SPDX-License-Identifier: MIT */
/* What is taken out of a gradient lest the network's grid leaves a weave (style/weave.h): all that repeats within an
 * area, and nothing else. Whether pictures are then without it is for tests/cli/weave.sh. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/rng.h"
#include "run/weave.h"

/* Areas that fit, some that are wider and higher than others and no multiples of 4, one alone. */
static const struct {
    int height, width;
} sizes[] = { { 72, 96 }, { 101, 67 }, { 24, 47 }, { 49, 25 }, { 16, 30 } };
enum { SIZES = sizeof sizes / sizeof *sizes, MOST = 101 * 96 * 3 };

static sc_threads *pool, *alone;

static size_t count_of(int i)
{
    return (size_t)sizes[i].height * (size_t)sizes[i].width * 3;
}

static void remove_weave(sc_threads *threads, int i, float *gradient)
{
    sc_weave_remove(threads, gradient, sizes[i].height, sizes[i].width);
}

static void fill(float *values, size_t count, uint64_t seed)
{
    for (size_t i = 0; i < count; i++)
        values[i] = sc_random_normal(seed, i);
}

static double product(const float *a, const float *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)a[i] * b[i];
    return sum;
}

/* Any pattern of 4 x 4 pixels, a checkerboard and stripes among them, becomes its mean. */
static void a_weave_is_gone(void **state)
{
    (void)state;
    static float gradient[MOST];
    for (int i = 0; i < SIZES; i++)
        for (int kind = 0; kind < 3; kind++) {
            for (int y = 0; y < sizes[i].height; y++)
                for (int x = 0; x < sizes[i].width; x++)
                    for (int c = 0; c < 3; c++) {
                        float own = kind == 0 ? (float)((x + y) % 2) :
                                    kind == 1 ? (float)(y % 4 < 2) :
                                                sc_random_normal(7, (uint64_t)((y % 4 * 4 + x % 4) * 3 + c));
                        gradient[(y * sizes[i].width + x) * 3 + c] = own + (float)c;
                    }
            remove_weave(pool, i, gradient);
            for (int y = 1; y < 16; y++) /* within the first area */
                for (int x = 0; x < 24 * 3; x++)
                    assert_float_equal(gradient[y * sizes[i].width * 3 + x], gradient[x % 3], 1e-5);
        }
}

/* P P g = P g; <a, P b> = <P a, b>; and what is even stays. */
static void it_is_an_orthogonal_projection(void **state)
{
    (void)state;
    static float a[MOST], b[MOST], of_a[MOST], of_b[MOST], again[MOST];
    for (int i = 0; i < SIZES; i++) {
        size_t count = count_of(i), bytes = count * sizeof *a;
        fill(a, count, 1);
        fill(b, count, 2);
        memcpy(of_a, a, bytes);
        memcpy(of_b, b, bytes);
        remove_weave(pool, i, of_a);
        remove_weave(pool, i, of_b);
        assert_float_equal(product(a, of_b, count), product(of_a, b, count), 1e-3);
        memcpy(again, of_a, bytes);
        remove_weave(pool, i, again);
        for (size_t k = 0; k < count; k++)
            assert_float_equal(again[k], of_a[k], 1e-6);
        double left = product(of_a, of_a, count) / product(a, a, count);
        assert_true(left > 0.94 && left < 0.99); /* of noise: 1 - 15 / 576 where areas are small */
        for (size_t k = 0; k < count; k++)
            again[k] = 0.3f;
        remove_weave(pool, i, again);
        for (size_t k = 0; k < count; k++)
            assert_float_equal(again[k], 0.3f, 1e-6);
    }
}

static void threads_do_not_matter(void **state)
{
    (void)state;
    static float a[MOST], b[MOST];
    for (int i = 0; i < SIZES; i++) {
        fill(a, count_of(i), 3);
        memcpy(b, a, count_of(i) * sizeof *a);
        remove_weave(pool, i, a);
        remove_weave(alone, i, b);
        assert_memory_equal(a, b, count_of(i) * sizeof *a);
    }
}

static void small_pictures_stay(void **state)
{
    (void)state;
    static const struct {
        int height, width;
    } small[] = { { 1, 1 }, { 15, 15 }, { 15, 100 }, { 1, 400 }, { 60, 2 } };
    float a[15 * 100 * 3], b[15 * 100 * 3];
    for (size_t i = 0; i < sizeof small / sizeof *small; i++) {
        size_t count = (size_t)(small[i].height * small[i].width * 3);
        fill(a, count, 4);
        memcpy(b, a, count * sizeof *a);
        sc_weave_remove(pool, a, small[i].height, small[i].width);
        assert_memory_equal(a, b, count * sizeof *a);
    }
}

static int open_all(void **state)
{
    (void)state;
    sc_error err;
    return sc_threads_create(&pool, 3, &err) || sc_threads_create(&alone, 1, &err);
}

static int close_all(void **state)
{
    (void)state;
    sc_threads_destroy(pool);
    sc_threads_destroy(alone);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_weave_is_gone),
        cmocka_unit_test(it_is_an_orthogonal_projection),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(small_pictures_stay),
    };
    return cmocka_run_group_tests_name("weave", tests, open_all, close_all);
}
