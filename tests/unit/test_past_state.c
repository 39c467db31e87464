/* SPDX-License-Identifier: MIT */
/* What a film's states hold is looked at when they are read: values that are no numbers, or far from those of pictures,
 * are refused, and would find no place outside a plane. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/memory.h"
#include "motion/flow.h"
#include "steady/blind.h"
#include "steady/past.h"

enum { W = 9, H = 5 };

static const float wild[] = { 0.5f, NAN, INFINITY, -INFINITY, FLT_MAX, -1e6f }; /* the first one is not */
enum { WILD = sizeof wild / sizeof *wild };

static float *filled(int count, float last)
{
    sc_error err = { 0 };
    float *values = sc_big_alloc((size_t)count * sizeof *values, &err);
    for (int i = 0; i < count; i++)
        values[i] = i + 1 < count ? 0.25f : last;
    return values;
}

static void test_shot(void **state)
{
    (void)state;
    for (int place = 0; place < 3; place++)
        for (int i = 0; i < WILD; i++) {
            sc_past past = { .most = 1 }, other = { .most = 1 };
            sc_error err = { 0 };
            sc_weights *saved;
            sc_image result = { .width = W, .height = H, .rgb = filled(3 * W * H, place == 2 ? wild[i] : 0) };
            assert_int_equal(sc_past_add(&past, filled(W * H, place == 0 ? wild[i] : 0),
                                         filled(W * H, place == 1 ? wild[i] : 0), &result, &err),
                             0);
            assert_int_equal(sc_weights_create(&saved, &err), 0);
            assert_int_equal(sc_past_save(&past, saved, &err), 0);
            assert_int_equal(sc_weights_sort(saved, &err), 0);
            assert_int_equal(sc_past_load(&other, saved, &err), i ? SCUMBLE_ERR_FORMAT : SCUMBLE_OK);
            sc_weights_free(saved);
            sc_past_forget(&past);
            sc_past_forget(&other);
            sc_big_free(result.rgb);
        }
}

static void test_steadier(void **state)
{
    (void)state;
    for (int place = 0; place < 2; place++)
        for (int i = 0; i < WILD; i++) {
            sc_blind other = { 0 },
                     blind = { .source = { .width = W, .height = H }, .result = { .width = W, .height = H } };
            sc_error err = { 0 };
            sc_weights *saved;
            blind.source.rgb = filled(3 * W * H, place == 0 ? wild[i] : 0);
            blind.result.rgb = filled(3 * W * H, place == 1 ? wild[i] : 0);
            assert_int_equal(sc_weights_create(&saved, &err), 0);
            assert_int_equal(sc_blind_save(&blind, saved, &err), 0);
            assert_int_equal(sc_weights_sort(saved, &err), 0);
            assert_int_equal(sc_blind_load(&other, saved, &err), i ? SCUMBLE_ERR_FORMAT : SCUMBLE_OK);
            sc_weights_free(saved);
            sc_blind_forget(&blind);
            sc_blind_forget(&other);
        }
}

static void test_nowhere(void **state)
{
    (void)state;
    float *plane = filled(W * H, 1);
    assert_true(sc_flow_sample(plane, W, H, NAN, NAN) == 0.25f);
    assert_true(sc_flow_sample(plane, W, H, INFINITY, INFINITY) == 1);
    assert_true(sc_flow_sample(plane, W, H, -INFINITY, NAN) == 0.25f);
    assert_true(sc_within(NAN, 0.5f, 2) == 0.5f && sc_within(1, 0.5f, 2) == 1 && sc_within(3, 0.5f, 2) == 2);
    sc_big_free(plane);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shot),
        cmocka_unit_test(test_steadier),
        cmocka_unit_test(test_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
