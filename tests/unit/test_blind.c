/* SPDX-License-Identifier: MIT */
/* Flicker is taken out of painted films whose flicker is known; their detail stays, and so do they where the source is
 * another; the same bytes with any number of threads, and after going on from a state. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "picture_fixture.h"
#include "steady/blind.h"

enum { W = 120, H = 80, FRAMES = 8, VALUES = 3 * W * H };

/* Of a larger picture, from column x on. */
static sc_image cut_out(uint64_t seed, int x)
{
    sc_image whole = picture(W + 40, H, seed, 0), image;
    sc_error err = { 0 };
    assert_int_equal(sc_image_create(&image, W, H, false, &err), 0);
    for (int y = 0; y < H; y++)
        memcpy(image.rgb + 3 * y * W, whole.rgb + 3 * (y * (W + 40) + x), 3 * W * sizeof(float));
    sc_image_free(&whole);
    return image;
}

/* Frame t of a painted film whose brightness flickers, by a lift and by a gain, another one in each channel. */
static sc_image flickering(int t, int speed)
{
    sc_image image = cut_out(7, speed * t);
    for (int i = 0; i < VALUES; i++) {
        double lift = 0.06 * sin(2.1 * t + i % 3), gain = 1 + 0.04 * cos(1.7 * t);
        image.rgb[i] = (float)(0.5 + gain * 0.5 * ((double)image.rgb[i] - 0.5) + lift);
    }
    return image;
}

static double mean(const sc_image *image)
{
    double sum = 0;
    for (int i = 0; i < VALUES; i++)
        sum += image->rgb[i];
    return sum / VALUES;
}

/* Of the differences of horizontal neighbours in one from those in the other: root of the mean square, over that of
 * `b`. */
static double lost_detail(const sc_image *a, const sc_image *b)
{
    double lost = 0, all = 0;
    for (int y = 0; y < H; y++)
        for (int i = 3 * y * W; i < 3 * (y * W + W - 1); i++) {
            double da = (double)a->rgb[i + 3] - (double)a->rgb[i], db = (double)b->rgb[i + 3] - (double)b->rgb[i];
            lost += (da - db) * (da - db), all += db * db;
        }
    return sqrt(lost / all);
}

static double deviation(const double *values, int count)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < count; i++)
        sum += values[i], squares += values[i] * values[i];
    return sqrt(fmax(squares / count - sum / count * sum / count, 0));
}

/* A film of FRAMES frames. restore: in the middle, from a state. last: the last result. */
static void steady(int threads, int speed, bool restore, double *before, double *after, double *lost, sc_image *last)
{
    sc_error err = { 0 };
    sc_threads *pool;
    sc_blind blind = { 0 };
    double means[2][FRAMES];
    *lost = 0;
    *last = (sc_image){ .rgb = NULL };
    assert_int_equal(sc_threads_create(&pool, threads, &err), 0);
    for (int t = 0; t < FRAMES; t++) {
        sc_image source = cut_out(3, speed * t), painted = flickering(t, speed);
        int steps;
        sc_image_free(last);
        if (sc_blind_next(&blind, pool, 1, &painted, &source, last, &steps, &err))
            fail_msg("%s", err.text);
        assert_in_range(steps, t ? 1 : 0, 60);
        means[0][t] = mean(&painted), means[1][t] = mean(last);
        *lost = fmax(*lost, lost_detail(last, &painted));
        sc_image_free(&source);
        sc_image_free(&painted);
        if (restore && t == FRAMES / 2) {
            sc_weights *state;
            sc_blind other = { 0 };
            assert_int_equal(sc_weights_create(&state, &err), 0);
            assert_int_equal(sc_blind_save(&blind, state, &err), 0);
            assert_int_equal(sc_weights_sort(state, &err), 0);
            assert_int_equal(sc_blind_load(&other, state, &err), 0);
            sc_weights_free(state);
            sc_blind_forget(&blind);
            blind = other;
        }
    }
    *before = deviation(means[0], FRAMES), *after = deviation(means[1], FRAMES);
    sc_blind_forget(&blind);
    sc_threads_destroy(pool);
}

static void test_flicker(void **state)
{
    (void)state;
    double before, after, lost;
    sc_image last;
    for (int speed = 0; speed <= 2; speed += 2) {
        steady(2, speed, false, &before, &after, &lost, &last);
        print_message("speed %d: %.5f becomes %.5f, of the detail %.4f is lost\n", speed, before, after, lost);
        assert_true(after < before / 10);
        assert_true(lost < 0.05);
        sc_image_free(&last);
    }
}

/* Where the source is another picture, the painted frame stays as it is. */
static void test_other(void **state)
{
    (void)state;
    sc_error err = { 0 };
    sc_blind blind = { 0 };
    sc_image result;
    for (int t = 0; t < 2; t++) {
        sc_image source = cut_out(3, 0), painted = flickering(t, 0);
        for (int i = 0; i < VALUES; i++)
            source.rgb[i] = t ? 1 : 0;
        assert_int_equal(sc_blind_next(&blind, NULL, 1, &painted, &source, &result, NULL, &err), 0);
        assert_memory_equal(result.rgb, painted.rgb, VALUES * sizeof(float));
        sc_image_free(&source);
        sc_image_free(&painted);
        sc_image_free(&result);
    }
    sc_blind_forget(&blind);
}

static void test_same(void **state)
{
    (void)state;
    double before, after, lost;
    sc_image one, three, restored;
    steady(1, 2, false, &before, &after, &lost, &one);
    steady(3, 2, false, &before, &after, &lost, &three);
    steady(2, 2, true, &before, &after, &lost, &restored);
    assert_memory_equal(one.rgb, three.rgb, VALUES * sizeof(float));
    assert_memory_equal(one.rgb, restored.rgb, VALUES * sizeof(float));
    sc_image_free(&one);
    sc_image_free(&three);
    sc_image_free(&restored);
}

static void test_refused(void **state)
{
    (void)state;
    sc_error err = { 0 };
    sc_blind blind = { 0 };
    sc_image painted = flickering(0, 0), small, result;
    assert_int_equal(sc_image_resize(NULL, &painted, 40, 30, &small, &err), 0);
    assert_int_equal(sc_blind_next(&blind, NULL, 1, &painted, &small, &result, NULL, &err), 0); /* another source */
    sc_image_free(&result);
    assert_int_equal(sc_blind_next(&blind, NULL, 1, &small, &painted, &result, NULL, &err), SCUMBLE_ERR_ARGUMENT);
    assert_non_null(strstr(err.text, "40 x 30"));
    assert_null(result.rgb);
    sc_blind_forget(&blind);
    assert_int_equal(sc_blind_next(&blind, NULL, 1, &small, &painted, &result, NULL, &err), 0); /* a new shot */
    sc_image_free(&result);
    sc_blind_forget(&blind);
    sc_image_free(&painted);
    sc_image_free(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flicker),
        cmocka_unit_test(test_other),
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
