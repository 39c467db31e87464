/* SPDX-License-Identifier: MIT */
/* Copies of a painting in pictures (measure/copies.h): those that the test makes are found with about their area, and
 * what is no copy is not. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "measure/comparison.h"
#include "picture_fixture.h"
#include "../device_fixture.h"

enum { W = 256, H = 160, RADIUS = 44 };

static sc_error err;

#define MUST(call)                               \
    do {                                         \
        if (call)                                \
            fail_msg("%s: %s", #call, err.text); \
    } while (0)

/* Waves, with noise. */
static sc_image ground(int width, int height, uint64_t seed, float turn, float red)
{
    sc_image image = picture(width, height, seed, 0.1f);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            float *rgb = image.rgb + ((size_t)y * (size_t)width + (size_t)x) * 3,
                  wave = sinf(0.4f * ((float)x * cosf(turn) + (float)y * sinf(turn)) + (float)seed);
            for (int k = 0; k < 3; k++)
                rgb[k] = 0.4f * (rgb[k] - 0.5f) + 0.45f + 0.2f * wave + (k == 0 ? red : 0);
        }
    return image;
}

/* A thing of rings and bars that stands nowhere else, in two colours, of this radius around (x, y). */
static void draw_thing(sc_image *image, double x, double y, double radius, const float colours[2][3])
{
    for (int v = 0; v < image->height; v++)
        for (int u = 0; u < image->width; u++) {
            double right = 40 * (u - x) / radius, down = 40 * (v - y) / radius,
                   eye = hypot(fabs(right) - 16, down + 12);
            bool dark = (eye > 6 && eye < 10) || eye < 3 || (fabs(right) < 20 && fabs(down - 20) < 4) ||
                        (fabs(right) < 2 && down > -6 && down < 12) || hypot(right, down) > 36;
            if (hypot(right, down) < 40)
                memcpy(image->rgb + ((size_t)v * (size_t)image->width + (size_t)u) * 3, colours[dark],
                       sizeof colours[0]);
        }
}

static double copy_in(sc_comparison *comparison, const sc_image *image)
{
    double values[SC_METRIC_COUNT];
    MUST(sc_comparison_measure(comparison, image, values, &err));
    return values[SC_METRIC_COPY];
}

static double copy_of_thing(sc_comparison *comparison, const sc_image *on, double radius, const float colours[2][3])
{
    sc_image image;
    MUST(sc_image_resize(NULL, on, on->width, on->height, &image, &err));
    draw_thing(&image, 180, 90, radius, colours);
    double value = copy_in(comparison, &image);
    sc_image_free(&image);
    return value;
}

static void assert_about(double percent, double radius)
{
    double area = 100 * M_PI * radius * radius / (W * H);
    if (percent < 0.4 * area || percent > 1.2 * area)
        fail_msg("%g %% for a copy of %g %%", percent, area);
}

/* A thing of the painting is found in another picture with about its area, also smaller, larger and in colours a little
 * different; not the painting's ground, not what stands in the photo, not another thing. */
static void copies_are_found(void **state)
{
    (void)state;
    static const float colours[2][3] = { { 0.9f, 0.8f, 0.5f }, { 0.1f, 0.1f, 0.3f } },
                       others[2][3] = { { 0.8f, 0.8f, 0.6f }, { 0.2f, 0.1f, 0.3f } };
    sc_threads *pool;
    sc_encoder *encoder;
    sc_comparison *comparison;
    MUST(sc_threads_create(&pool, 2, &err));
    MUST(sc_encoder_create_lite(&encoder, &err));
    sc_comparison_config config = { .encoder = encoder, .device = device_on(&sc_kernels_host, pool), .threads = pool };
    MUST(sc_comparison_create(&comparison, &config, &err));
    sc_image painting = ground(W, H, 3, 0.5f, 0.2f), photo = ground(W, H, 4, 2.2f, 0),
             result = ground(W, H, 5, 1.2f, 0.1f), with;
    draw_thing(&painting, 70, 80, RADIUS, colours);
    MUST(sc_comparison_prepare(comparison, &photo, &painting, W, H, &err));
    const sc_image *grounds[2] = { &photo, &result };
    for (int i = 0; i < 2; i++) {
        assert_about(copy_of_thing(comparison, grounds[i], RADIUS, colours), RADIUS);
        assert_about(copy_of_thing(comparison, grounds[i], RADIUS, others), RADIUS);
        assert_about(copy_of_thing(comparison, grounds[i], 0.8 * RADIUS, colours), 0.8 * RADIUS);
        assert_about(copy_of_thing(comparison, grounds[i], 1.25 * RADIUS, colours), 1.25 * RADIUS);
    }
    assert_float_equal(copy_in(comparison, &photo), 0, 0);
    assert_true(copy_in(comparison, &result) < 0.5);
    assert_true(copy_in(comparison, &painting) > 95);
    MUST(sc_image_resize(NULL, &photo, W, H, &with, &err)); /* what stands in the photo is no copy */
    draw_thing(&with, 180, 90, RADIUS, colours);
    MUST(sc_comparison_prepare(comparison, &with, &painting, W, H, &err));
    assert_true(copy_of_thing(comparison, &result, RADIUS, others) < 0.5);
    sc_image_free(&painting), sc_image_free(&photo), sc_image_free(&result), sc_image_free(&with);
    sc_comparison_free(comparison);
    sc_encoder_free(encoder);
    sc_threads_destroy(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
