/* SPDX-License-Identifier: MIT */
/* What stands out in a photo: small things on quiet ground, and not grain, large areas or their shading. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/rng.h"
#include "run/saliency.h"

enum { WIDTH = 180, HEIGHT = 120 };

static sc_threads *pools[2];

static int set_up(void **state)
{
    (void)state;
    sc_error err;
    return sc_threads_create(&pools[0], 1, &err) || sc_threads_create(&pools[1], 3, &err);
}

static int tear_down(void **state)
{
    (void)state;
    sc_threads_destroy(pools[0]);
    sc_threads_destroy(pools[1]);
    return 0;
}

static sc_image plain(int width, int height, float value)
{
    sc_image image;
    sc_error err;
    assert_int_equal(sc_image_create(&image, width, height, false, &err), 0);
    for (int i = 0; i < width * height * 3; i++)
        image.rgb[i] = value;
    return image;
}

static void fill(sc_image *image, int left, int top, int width, int height, float value)
{
    for (int y = top; y < top + height; y++)
        for (int x = left; x < left + width; x++)
            for (int c = 0; c < 3; c++)
                image->rgb[3 * (y * image->width + x) + c] = value;
}

static sc_tensor saliency_of(const sc_image *image, bool wrap)
{
    sc_tensor map, other;
    sc_error err = { 0 };
    assert_int_equal(sc_saliency(pools[0], image, wrap, &map, &err), 0);
    assert_int_equal(sc_saliency(pools[1], image, wrap, &other, &err), 0);
    assert_memory_equal(map.data, other.data, sc_shape_bytes(map.shape));
    sc_tensor_free(&other);
    for (size_t i = 0; i < sc_shape_count(map.shape); i++)
        assert_true(map.data[i] >= 0 && map.data[i] <= 1);
    return map;
}

static double mean_within(const sc_tensor *map, int left, int top, int width, int height)
{
    double sum = 0;
    for (int y = top; y < top + height; y++)
        for (int x = left; x < left + width; x++)
            sum += map->data[y * map->shape.w + x];
    return sum / (width * height);
}

/* Bars of 3 pixels, as of an E, on quiet ground that is shaded from side to side. */
static void letters_stand_out(void **state)
{
    (void)state;
    sc_image image = plain(WIDTH, HEIGHT, 0.8f);
    for (int i = 0; i < WIDTH * HEIGHT * 3; i++)
        image.rgb[i] -= 0.3f * (float)(i / 3 % WIDTH) / WIDTH;
    fill(&image, 60, 50, 3, 20, 0.1f);
    for (int bar = 0; bar < 3; bar++)
        fill(&image, 60, 50 + 8 * bar, 12, 3, 0.1f);
    sc_tensor map = saliency_of(&image, false);
    assert_true(mean_within(&map, 60, 50, 12, 19) > 0.7);
    assert_true(mean_within(&map, 0, 0, WIDTH, 30) < 0.001);
    assert_true(mean_within(&map, 120, 0, 60, HEIGHT) < 0.001);
    sc_image_free(&image);
    sc_tensor_free(&map);
}

/* The same bars count less where all around is as rough; grain by itself does not. */
static void grain_does_not(void **state)
{
    (void)state;
    sc_image image = plain(WIDTH, HEIGHT, 0.5f);
    for (int i = 0; i < WIDTH * HEIGHT * 3; i++)
        image.rgb[i] += 0.15f * sc_random_normal(3, (uint64_t)i / 3);
    sc_tensor map = saliency_of(&image, false);
    assert_true(mean_within(&map, 0, 0, WIDTH, HEIGHT) < 0.1);
    sc_tensor_free(&map);
    sc_image_free(&image);
    image = plain(WIDTH, HEIGHT, 0.5f);
    map = saliency_of(&image, false);
    assert_true(mean_within(&map, 0, 0, WIDTH, HEIGHT) == 0);
    sc_tensor_free(&map);
    sc_image_free(&image);
}

/* Of whatever picture the map can be taken as weights, whose roots are numbers. */
static void maps_are_weights(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 6; seed++) {
        sc_image image = plain(500, 300, 0.6f);
        for (uint64_t k = 0; k < 30; k++) {
            int width = 2 + (int)(40 * sc_random_uniform(seed, 5 * k)),
                height = 2 + (int)(40 * sc_random_uniform(seed, 5 * k + 1));
            fill(&image, (int)((float)(500 - width) * sc_random_uniform(seed, 5 * k + 2)),
                 (int)((float)(300 - height) * sc_random_uniform(seed, 5 * k + 3)), width, height,
                 sc_random_uniform(seed, 5 * k + 4));
        }
        sc_tensor map = saliency_of(&image, false);
        sc_tensor_free(&map);
        sc_image_free(&image);
    }
}

/* A thing that lies across the border of a tile is one thing. */
static void tiles_have_no_border(void **state)
{
    (void)state;
    sc_image middle = plain(96, 96, 0.7f), across = plain(96, 96, 0.7f);
    fill(&middle, 40, 40, 8, 8, 0.2f);
    for (int y = 0; y < 96; y++)
        for (int x = 0; x < 96; x++)
            memcpy(across.rgb + 3 * (y * 96 + x), middle.rgb + 3 * ((y + 44) % 96 * 96 + (x + 44) % 96),
                   3 * sizeof(float));
    sc_tensor one = saliency_of(&middle, true), other = saliency_of(&across, true);
    for (int y = 0; y < 96; y++)
        for (int x = 0; x < 96; x++)
            assert_true(fabsf(other.data[y * 96 + x] - one.data[(y + 44) % 96 * 96 + (x + 44) % 96]) < 1e-4f);
    sc_image_free(&middle);
    sc_image_free(&across);
    sc_tensor_free(&one);
    sc_tensor_free(&other);
}

/* Of a large photo it is found at 512 pixels; of one of a single pixel there is nothing. */
static void any_size_works(void **state)
{
    (void)state;
    static const int sizes[][4] = { { 1, 1, 1, 1 }, { 3, 700, 2, 512 }, { 1024, 512, 512, 256 }, { 17, 5, 17, 5 } };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        sc_image image = plain(sizes[i][0], sizes[i][1], 0.4f);
        sc_tensor map = saliency_of(&image, false);
        assert_int_equal(map.shape.w, sizes[i][2]);
        assert_int_equal(map.shape.h, sizes[i][3]);
        sc_image_free(&image);
        sc_tensor_free(&map);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_stand_out),    cmocka_unit_test(grain_does_not), cmocka_unit_test(maps_are_weights),
        cmocka_unit_test(tiles_have_no_border), cmocka_unit_test(any_size_works),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
