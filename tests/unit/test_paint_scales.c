/* SPDX-License-Identifier: MIT */
/* Painting at other sizes than the picture's: at which size strokes are painted, that they keep their share, extents,
 * alpha, tiles, threads, pictures that repeat; and where a painter's size is written. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nets/store/painters.h"
#include "paint/paint.h"
#include "picture_fixture.h"
#include "program_fixture.h"
#include "../device_fixture.h"

enum { LEARNT = 96 };

static sc_painter *make_painter(const sc_painter *texts)
{
    return painter_of(generator_of((sc_generator_shape){ .channels = 8, .blocks = 2, .end = 5 }, 3), texts);
}

/* A painter that has learnt something, as if it had learnt it at LEARNT pixels. */
static sc_painter *open_wave(void)
{
    sc_painter *painter;
    sc_painter_origin origin;
    MUST(sc_painter_open(&painter, &origin, "wave", NULL, &err));
    painter->size = LEARNT;
    free(origin.path);
    return painter;
}

static sc_paint_options options_of(int size, double style_scale, bool tileable)
{
    return (sc_paint_options){ .size = size,
                               .style_scale = style_scale,
                               .tileable = tileable,
                               .strength = 1,
                               .device = device_on(&sc_kernels_host, pool),
                               .threads = pool };
}

static sc_image paint(const sc_painter *painter, const sc_image *photo, sc_paint_options options)
{
    sc_image result;
    MUST(sc_paint(painter, photo, &options, NULL, NULL, &result, &err));
    return result;
}

static double difference(const sc_image *a, const sc_image *b)
{
    double sum = 0;
    size_t count = (size_t)a->width * (size_t)a->height * 3;
    assert_true(a->width == b->width && a->height == b->height);
    for (size_t i = 0; i < count; i++)
        sum += fabs((double)a->rgb[i] - (double)b->rgb[i]);
    return sum / (double)count;
}

static void check_first(const sc_painter *painter, int photo_edge, int size, double style_scale, int first, int edge)
{
    sc_paint_cost cost;
    sc_paint_options options = options_of(size, style_scale, false);
    MUST(sc_paint_estimate(painter, photo_edge, photo_edge / 2, &options, 0, &cost, &err));
    assert_int_equal(cost.first_edge, first);
    assert_true(cost.width == edge && cost.height == (edge + 1) / 2 && cost.memory_bytes > 0);
}

static void first_sizes(void **state)
{
    (void)state;
    sc_painter *painter = make_painter(&(sc_painter){ .range = 1, .size = LEARNT });
    check_first(painter, 800, 0, 1, LEARNT, 800); /* strokes as in training */
    check_first(painter, 800, 0, 2, LEARNT / 2, 800);
    check_first(painter, 800, 0, 0.5, 2 * LEARNT, 800);
    check_first(painter, 800, 0, 0, 800, 800); /* their pixels */
    check_first(painter, 800, 400, 1, LEARNT, 400);
    check_first(painter, 800, 40, 1, LEARNT, 40); /* a small copy of the same */
    check_first(painter, 40, 0, 1, 40, 40);       /* a small photo is taken as it is, */
    check_first(painter, 40, 0, 0.5, 80, 40);     /* unless told */
    check_first(painter, 104, 0, 1, 104, 104);    /* nearly the learnt size */
    check_first(painter, 40, 200, 1, LEARNT, 200);
    sc_painter_free(painter);
}

/* Shrunk to the size that the painter learnt at, a large painting is the one that is painted there. */
static void strokes_keep_their_share(void **state)
{
    (void)state;
    sc_painter *painter = open_wave();
    sc_image photo = picture(6 * LEARNT, 4 * LEARNT, 4, 0.4f), small, shrunk[2];
    MUST(sc_image_resize(NULL, &photo, LEARNT, 2 * LEARNT / 3, &small, &err));
    sc_image expected = paint(painter, &small, options_of(0, 0, false));
    for (int learnt_pixels = 0; learnt_pixels < 2; learnt_pixels++) {
        sc_image large = paint(painter, &photo, options_of(0, learnt_pixels ? 0 : 1, false));
        MUST(sc_image_resize(NULL, &large, LEARNT, 2 * LEARNT / 3, &shrunk[learnt_pixels], &err));
        sc_image_free(&large);
    }
    double share = difference(&shrunk[0], &expected), pixels = difference(&shrunk[1], &expected);
    if (!(share < 0.3 * pixels))
        fail_msg("strokes that keep their share differ by %g, those that keep their pixels by %g", share, pixels);
    sc_image_free(&photo), sc_image_free(&small), sc_image_free(&expected), sc_image_free(&shrunk[0]),
        sc_image_free(&shrunk[1]);
    sc_painter_free(painter);
}

static void extents_and_alpha(void **state)
{
    (void)state;
    static const int sizes[][3] = { { 1, 1, 0 },     { 3, 5, 0 },       { 5, 3, 64 },   { 300, 2, 0 },
                                    { 301, 203, 0 }, { 301, 203, 107 }, { 40, 40, 333 } };
    sc_painter *painter = make_painter(&(sc_painter){ .range = 1, .size = LEARNT });
    for (size_t i = 0; i < 2 * sizeof sizes / sizeof *sizes; i++) {
        int width = sizes[i / 2][0], height = sizes[i / 2][1], size = sizes[i / 2][2],
            edge = width > height ? width : height;
        sc_image photo = picture(width, height, i, 0.4f), plain = photo;
        MUST(sc_image_create(&photo, width, height, true, &err));
        memcpy(photo.rgb, plain.rgb, (size_t)width * (size_t)height * 3 * sizeof(float));
        for (int k = 0; k < width * height; k++)
            photo.alpha[k] = 1;
        sc_image result = paint(painter, &photo, options_of(size, 1, i % 2));
        size = size ? size : edge;
        assert_int_equal(result.width, fmax(1, lround((double)width * size / edge)));
        assert_int_equal(result.height, fmax(1, lround((double)height * size / edge)));
        assert_non_null(result.alpha);
        for (int k = 0; k < result.width * result.height; k++)
            assert_true(fabsf(result.alpha[k] - 1) < 1e-5f);
        sc_image_free(&photo), sc_image_free(&plain), sc_image_free(&result);
    }
    sc_painter_free(painter);
}

static void tiles_and_threads(void **state)
{
    (void)state;
    sc_painter *painter = make_painter(&(sc_painter){ .range = 1, .size = LEARNT });
    sc_image photo = picture(420, 300, 5, 0.4f);
    for (int tileable = 0; tileable < 2; tileable++) {
        sc_paint_options options = options_of(0, 1, tileable);
        sc_image first = paint(painter, &photo, options);
        MUST(sc_threads_create(&options.threads, 5, &err));
        sc_image threads = paint(painter, &photo, options);
        assert_memory_equal(first.rgb, threads.rgb, 420 * 300 * 3 * sizeof(float));
        options.tile_pixels = 130 * 130;
        sc_image tiles = paint(painter, &photo, options);
        assert_true(difference(&first, &tiles) < 1e-5);
        sc_threads_destroy(options.threads);
        sc_image_free(&first), sc_image_free(&threads), sc_image_free(&tiles);
    }
    sc_image_free(&photo);
    sc_painter_free(painter);
}

/* The step from the last column to the first, over those inside. */
static double seam(const sc_image *image)
{
    double steps[2] = { 0 };
    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < image->width; x++)
            for (int c = 0; c < 3; c++) {
                const float *row = image->rgb + (size_t)y * (size_t)image->width * 3;
                int next = (x + 1) % image->width;
                steps[next == 0] += fabs((double)row[3 * next + c] - (double)row[3 * x + c]);
            }
    return steps[1] / steps[0] * (image->width - 1);
}

static void seams(void **state)
{
    (void)state;
    sc_painter *painter = open_wave();
    sc_image photo = picture(402, 301, 5, 0.4f);
    for (int y = 0; y < photo.height; y++) /* dark on the left, light on the right */
        for (int x = 0; x < 3 * photo.width; x++)
            photo.rgb[y * 3 * photo.width + x] =
                0.3f * photo.rgb[y * 3 * photo.width + x] + 0.7f * (float)x / (float)(3 * photo.width);
    for (int learnt_pixels = 0; learnt_pixels < 2; learnt_pixels++) {
        sc_image plain = paint(painter, &photo, options_of(0, learnt_pixels ? 0 : 1, false)),
                 tile = paint(painter, &photo, options_of(0, learnt_pixels ? 0 : 1, true));
        if (!(seam(&tile) < 1.5 && seam(&plain) > 3))
            fail_msg("seams of %g, and %g of what should not tile", seam(&tile), seam(&plain));
        sc_image_free(&plain), sc_image_free(&tile);
    }
    sc_image_free(&photo);
    sc_painter_free(painter);
}

static void check_size(const sc_painter *texts, int size)
{
    sc_painter *painter = make_painter(texts), *read;
    sc_weights *weights;
    assert_int_equal(painter->size, size);
    MUST(sc_painter_to_weights(painter, NULL, &weights, &err));
    MUST(sc_painter_from_weights(&read, weights, &err));
    assert_int_equal(read->size, size);
    sc_weights_free(weights);
    sc_painter_free(read);
    sc_painter_free(painter);
}

static void size_of_a_painter(void **state)
{
    (void)state;
    char recipe[] = "{\"options\": {\"style-size\": \"320\"}}", wrong[] = "{\"options\": {\"style-size\": \"-3\"}}";
    check_size(&(sc_painter){ .range = 1, .size = 256 }, 256);
    check_size(&(sc_painter){ .range = 1, .recipe = recipe }, 320);
    check_size(&(sc_painter){ .range = 1, .recipe = wrong }, SC_PAINTER_SIZE);
    check_size(&(sc_painter){ .range = 1 }, SC_PAINTER_SIZE);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_sizes),
        cmocka_unit_test(strokes_keep_their_share),
        cmocka_unit_test(extents_and_alpha),
        cmocka_unit_test(tiles_and_threads),
        cmocka_unit_test(seams),
        cmocka_unit_test(size_of_a_painter),
    };
    return cmocka_run_group_tests(tests, start_pool, stop_pool);
}
