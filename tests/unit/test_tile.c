/* SPDX-License-Identifier: MIT */
/* Pictures that repeat: the periodic component, resizes round the torus, and seams of what was painted; textures of any
 * size. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/rng.h"
#include "scumble/scumble.h"
#include "media/periodic.h"
#include "run/scales.h"
#include "../deep.h"

#include "options_fixture.h"
#include "paint_fixture.h"

enum { SIDE = 64 };

static size_t values_of(const sc_image *image)
{
    return (size_t)image->width * (size_t)image->height * 3;
}

static float at(const sc_image *image, int x, int y, int c)
{
    x = (x % image->width + image->width) % image->width;
    y = (y % image->height + image->height) % image->height;
    return image->rgb[((size_t)y * (size_t)image->width + (size_t)x) * 3 + (size_t)c];
}

/* A ramp, brighter to the right and far brighter at the bottom, with some noise: nothing fits at its borders. Within
 * 0.25..0.75. */
static sc_image ramp(int width, int height)
{
    sc_image image;
    sc_error err;
    assert_int_equal(sc_image_create(&image, width, height, false, &err), 0);
    for (size_t i = 0; i < values_of(&image); i++) {
        size_t x = i / 3 % (size_t)width, y = i / 3 / (size_t)width;
        image.rgb[i] = 0.27f + 0.1f * (float)x / (float)width + 0.3f * (float)y / (float)height +
                       0.06f * (float)(sc_random_normal(5, i) > 0);
    }
    return image;
}

/* ---- the periodic component ------------------------------------------------------------------------------------ */

/* Moisan's definition: on the torus p has the Laplacian that u has within its borders; and the same mean. */
static void periodic_solves_poisson(void **state)
{
    (void)state;
    static const int sizes[][2] = { { 1, 1 }, { 1, 9 }, { 8, 1 }, { 2, 3 }, { 31, 17 }, { 64, 48 }, { 101, 77 } };
    sc_error err;
    sc_threads *threads;
    assert_int_equal(sc_threads_create(&threads, 2, &err), 0);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        int width = sizes[s][0], height = sizes[s][1];
        sc_image u = ramp(width, height), p = ramp(width, height);
        assert_int_equal(sc_image_make_periodic(threads, &p, &err), 0);
        double mean = 0;
        for (size_t i = 0; i < values_of(&u); i++)
            mean += (double)p.rgb[i] - u.rgb[i];
        assert_true(fabs(mean) < 1e-5 * (double)values_of(&u));
        for (int i = 0; i < width * height * 3; i++) {
            int c = i % 3, x = i / 3 % width, y = i / 3 / width;
            double inside = (x ? at(&u, x - 1, y, c) - at(&u, x, y, c) : 0) +
                            (x + 1 < width ? at(&u, x + 1, y, c) - at(&u, x, y, c) : 0) +
                            (y ? at(&u, x, y - 1, c) - at(&u, x, y, c) : 0) +
                            (y + 1 < height ? at(&u, x, y + 1, c) - at(&u, x, y, c) : 0);
            double torus = at(&p, x - 1, y, c) + at(&p, x + 1, y, c) + at(&p, x, y - 1, c) + at(&p, x, y + 1, c) -
                           4 * at(&p, x, y, c);
            if (fabs(inside - torus) > 2e-5)
                fail_msg("%d x %d: the Laplacian at (%d, %d) is %g, should be %g", width, height, x, y, torus, inside);
        }
        sc_image_free(&u);
        sc_image_free(&p);
    }
    sc_threads_destroy(threads);
}

static void periodic_has_the_same_bytes(void **state)
{
    (void)state;
    sc_error err;
    sc_image first = ramp(70, 45);
    for (int count = 1; count <= 5; count += 2) {
        sc_threads *threads;
        sc_image p = ramp(70, 45);
        assert_int_equal(sc_threads_create(&threads, count, &err), 0);
        assert_int_equal(sc_image_make_periodic(threads, count == 1 ? &first : &p, &err), 0);
        assert_true(count == 1 || memcmp(first.rgb, p.rgb, values_of(&p) * sizeof *p.rgb) == 0);
        sc_threads_destroy(threads);
        sc_image_free(&p);
    }
    sc_image_free(&first);
}

/* ---- resizing -------------------------------------------------------------------------------------------------- */

static sc_image shifted(const sc_image *image, int dx, int dy)
{
    sc_image moved;
    sc_error err;
    assert_int_equal(sc_image_create(&moved, image->width, image->height, false, &err), 0);
    for (int i = 0; i < image->width * image->height * 3; i++)
        moved.rgb[i] = at(image, i / 3 % image->width - dx, i / 3 / image->width - dy, i % 3);
    return moved;
}

static void expect_equal(const sc_image *a, const sc_image *b, double tolerance)
{
    for (size_t i = 0; i < values_of(a); i++)
        if (fabs((double)a->rgb[i] - b->rgb[i]) > tolerance)
            fail_msg("value %zu of %d x %d: %g and %g", i, a->width, a->height, (double)a->rgb[i], (double)b->rgb[i]);
}

/* A torus has no place of its own: moved by whole pixels of both sizes, the resized picture only moves. */
static void resizes_move_along(void **state)
{
    (void)state;
    static const int sizes[][5] = { /* from, to, and a step that is whole in both */
                                    { 24, 16, 48, 32, 1 }, { 24, 16, 12, 8, 2 }, { 20, 30, 14, 21, 10 },
                                    { 12, 12, 20, 20, 3 }, { 3, 2, 9, 6, 1 },    { 8, 8, 1, 1, 8 },
                                    { 16, 6, 2, 1, 8 }
    };
    sc_error err;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        int step = sizes[s][4], to_step = step * sizes[s][2] / sizes[s][0];
        sc_image image = ramp(sizes[s][0], sizes[s][1]), moved = shifted(&image, step, 0), small, small_moved;
        assert_int_equal(sc_image_resize_tile(NULL, &image, sizes[s][2], sizes[s][3], &small, &err), 0);
        assert_int_equal(sc_image_resize_tile(NULL, &moved, sizes[s][2], sizes[s][3], &small_moved, &err), 0);
        sc_image expected = shifted(&small, to_step, 0);
        expect_equal(&small_moved, &expected, 1e-6);
        sc_image_free(&image), sc_image_free(&moved), sc_image_free(&small), sc_image_free(&small_moved),
            sc_image_free(&expected);
    }
}

/* Far from the border, both resizes are the same. */
static void resizes_agree_inside(void **state)
{
    (void)state;
    sc_error err;
    sc_image image = ramp(60, 60), plain, tile;
    assert_int_equal(sc_image_resize(NULL, &image, 40, 90, &plain, &err), 0);
    assert_int_equal(sc_image_resize_tile(NULL, &image, 40, 90, &tile, &err), 0);
    double border = 0;
    for (int y = 0; y < 90; y++)
        for (int x = 0; x < 40; x++)
            for (int c = 0; c < 3; c++) {
                double difference = fabs((double)at(&plain, x, y, c) - at(&tile, x, y, c));
                if (x >= 5 && x < 35 && y >= 5 && y < 85)
                    assert_true(difference == 0);
                border = difference > border ? difference : border;
            }
    assert_true(border > 0.01);
    sc_image_free(&image), sc_image_free(&plain), sc_image_free(&tile);
}

/* ---- painting -------------------------------------------------------------------------------------------------- */

static scumble *s;

/* Slanting stripes of several colours and widths. */
static scumble_image *stripes(int width, int height)
{
    float *rgb = malloc((size_t)width * (size_t)height * 3 * sizeof *rgb);
    assert_non_null(rgb);
    for (int i = 0; i < width * height * 3; i++) {
        double x = i / 3 % width, y = (double)(i / 3) / width;
        rgb[i] = (float)(0.5 + 0.3 * sin(0.45 * x + 0.25 * y + i % 3) + 0.15 * sin(0.9 * y - 0.2 * x));
    }
    scumble_image *image;
    assert_int_equal(scumble_image_create(s, width, height, rgb, NULL, &image), 0);
    free(rgb);
    return image;
}

static scumble_image *photo_of(const sc_image *image)
{
    scumble_image *photo;
    assert_int_equal(scumble_image_create(s, image->width, image->height, image->rgb, NULL, &photo), 0);
    return photo;
}

static double line_energy(const scumble_image *image, bool across, int line)
{
    int width = scumble_image_width(image), height = scumble_image_height(image), lines = across ? width : height,
        length = across ? height : width;
    const float *rgb = scumble_image_rgb(image);
    double sum = 0;
    line = (line % lines + lines) % lines;
    for (int i = 0; i < length * 3; i++) {
        int along = i / 3, next = (line + 1) % lines;
        size_t here = across ? (size_t)(along * width + line) : (size_t)(line * width + along);
        size_t there = across ? (size_t)(along * width + next) : (size_t)(next * width + along);
        double d = (double)rgb[there * 3 + (size_t)i % 3] - rgb[here * 3 + (size_t)i % 3];
        sum += d * d;
    }
    return sum;
}

/* Squared differences across the border, and what they would be without a seam: their mean across the lines that are 4,
 * 8, 12 and 16 away on either side. (Pooling leaves a faint grid: lines that are not a multiple of 4 away have up to a
 * fifth less. So do scales that are no halvings, as those of sizes that are no multiples of 32 are: a grid of other
 * steps.) */
typedef struct seams {
    double across, near;
} seams;

static seams seam_of(const scumble_image *image, bool across)
{
    seams sum = { line_energy(image, across, -1), 0 };
    for (int i = 4; i <= 16; i += 4)
        sum.near += (line_energy(image, across, i - 1) + line_energy(image, across, -i - 1)) / 8;
    return sum;
}

/* Of both borders. */
static double seam_ratio(const scumble_image *image)
{
    seams x = seam_of(image, true), y = seam_of(image, false);
    return (x.across + y.across) / (x.near + y.near);
}

static scumble_image *paint(const scumble_image *photo, const scumble_options *options, int width, int height)
{
    scumble_image *painting = stripes(80, 60), *result;
    scumble_painting given = { .image = painting, .weight = 1 };
    scumble_style *style;
    assert_int_equal(scumble_style_open(s, &given, 1, options, &style), 0);
    int code = photo ? paint_photo(style, photo, NULL, NULL, &result) :
                       paint_texture(style, width, height, NULL, NULL, &result);
    if (code)
        fail_msg("%s", scumble_error_text(s));
    scumble_style_close(&style);
    scumble_image_free(&painting);
    return result;
}

static scumble_options *options_with(const char *style_terms, int iterations)
{
    scumble_options *options = STYLE_OPTIONS(NULL);
    if (style_terms)
        put_text(options, "style-terms", style_terms);
    put(options, "iterations", iterations);
    return options;
}

/* Of many pictures only some are painted with the deep layers too, which take most of the time. */
static void mostly_shallow(scumble_options *options, int i)
{
    if (deep() || i % 6 == 0)
        return;
    put_text(options, "content-layers", "relu3_1");
    put_text(options, "style-layers", "relu1_1,relu2_1,relu3_1");
}

/* A single picture may have an edge of its own at the border; together they may not. */
static void expect_tile(const scumble_image *image, const char *what, seams *sum)
{
    for (int across = 0; across < 2; across++) {
        seams own = seam_of(image, across);
        if (own.across > 3 * own.near)
            fail_msg("%s: across the border in %c the picture changes %.2f times as much as near it", what,
                     across ? 'x' : 'y', own.across / own.near);
        sum->across += own.across;
        sum->near += own.near;
    }
}

static void expect_no_seam(seams sum)
{
    print_message("seam energy over that of lines near: %.3f\n", sum.across / sum.near);
    if (sum.across > 1.05 * sum.near)
        fail_msg("seams have %.3f times the energy of the lines near them", sum.across / sum.near);
}

static void textures_tile(void **state)
{
    (void)state;
    static const char *const terms[] = { NULL, "gram", "cross-gram", "neighbour" };
    seams sum = { 0 };
    for (int i = 0; i < 12; i++) {
        scumble_options *options = options_with(terms[i % 4], 20);
        put(options, "tileable", 1);
        put(options, "scales", 1 + i / 4 % 2); /* the second is painted on what was enlarged round the torus */
        put_text(options, "optimizer", i == 5 ? "adam" : "lbfgs");
        put_text(options, "variable", i == 5 ? "pyramid" : "pixels");
        scumble_image *result = paint(NULL, options, SIDE, i >= 8 ? 41 : SIDE);
        expect_tile(result, text_of(options, "style-terms"), &sum);
        scumble_image_free(&result);
    }
    scumble_image *control = paint(NULL, options_with("gram", 30), 48, 48); /* the measure finds seams where they are */
    print_message("without --tileable: %.1f\n", seam_ratio(control));
    assert_true(seam_ratio(control) > 3);
    scumble_image_free(&control);
}

/* One picture's ratio scatters by a fifth; that of so many by a fiftieth. */
static void textures_tile_on_average(void **state)
{
    (void)state;
    seams sum = { 0 };
    for (int i = 0; i < 60; i++) {
        scumble_options *options = options_with(i % 2 ? "gram" : "w2", 15);
        put(options, "tileable", 1);
        put(options, "seed", i);
        mostly_shallow(options, i / 2);
        scumble_image *result = paint(NULL, options, 48, 48);
        expect_tile(result, text_of(options, "style-terms"), &sum);
        scumble_image_free(&result);
    }
    expect_no_seam(sum);
}

/* From nearly black above to nearly white below. */
static scumble_image *steep_photo(int width, int height)
{
    sc_image image = ramp(width, height);
    for (size_t i = 0; i < values_of(&image); i++)
        image.rgb[i] = 2.5f * (image.rgb[i] - 0.27f);
    scumble_image *photo = photo_of(&image);
    sc_image_free(&image);
    return photo;
}

static void photos_tile(void **state)
{
    (void)state;
    scumble_image *photo = steep_photo(SIDE, SIDE);
    seams sum = { 0 };
    static const char *const inits[] = { "content", "noise", "style" };
    scumble_options *options = STYLE_OPTIONS(NULL);
    for (int i = 0; i < 6; i++) {
        put(options, "iterations", 30);
        put(options, "scales", 1 + i / 3);
        put(options, "tileable", 1);
        put_text(options, "init", inits[i % 3]);
        scumble_image *result = paint(photo, options, 0, 0);
        expect_tile(result, text_of(options, "init"), &sum);
        scumble_image_free(&result);
    }
    put(options, "tileable", 0);
    scumble_image *control = paint(photo, options, 0, 0);
    print_message("without --tileable: %.1f\n", seam_ratio(control));
    assert_true(seam_ratio(control) > 3);
    scumble_image_free(&control);
    scumble_image_free(&photo);
}

static void photos_tile_on_average(void **state)
{
    (void)state;
    scumble_image *photo = steep_photo(48, 48);
    seams sum = { 0 };
    for (int i = 0; i < 60; i++) {
        scumble_options *options = options_with("gram", 15);
        put_text(options, "content-terms", "feature");
        put_text(options, "init", i % 2 ? "noise" : "content");
        put(options, "beta", 2 + 0.5 * i); /* the photo is well to be seen, and its borders with it */
        put(options, "style-scale", 0.5 + 0.02 * i);
        put(options, "seed", i);
        put(options, "tileable", 1);
        mostly_shallow(options, i / 2);
        scumble_image *result = paint(photo, options, 0, 0);
        expect_tile(result, text_of(options, "init"), &sum);
        scumble_image_free(&result);
    }
    expect_no_seam(sum);
    scumble_image_free(&photo);
}

static void textures_of_any_size(void **state)
{
    (void)state;
    static const int sizes[][2] = { { 1, 1 }, { 2, 3 }, { 17, 31 }, { 400, 5 }, { 5, 400 }, { 130, 33 } };
    static const char *const terms[] = {
        "gram", "w2", "sliced,histogram", "cross-gram", "neighbour", "gram,neighbour"
    };
    for (int i = 0; i < 6; i++)
        for (int tileable = 0; tileable < 2; tileable++) {
            scumble_options *options = options_with(terms[i], 4);
            put(options, "tileable", tileable);
            scumble_image *result = paint(NULL, options, sizes[i][0], sizes[i][1]);
            assert_true(scumble_image_width(result) == sizes[i][0] && scumble_image_height(result) == sizes[i][1]);
            for (int k = 0; k < sizes[i][0] * sizes[i][1] * 3; k++)
                assert_true(scumble_image_rgb(result)[k] >= 0 && scumble_image_rgb(result)[k] <= 1);
            scumble_image_free(&result);
        }
}

static void refusals(void **state)
{
    (void)state;
    static const int sizes[][2] = { { 0, 5 }, { 5, 0 }, { -1, 5 }, { 65536, 5 }, { 5, 65536 } };
    scumble_image *painting = stripes(40, 30), *result;
    scumble_painting given = { .image = painting, .weight = 1 };
    scumble_options *options = STYLE_OPTIONS(NULL);
    scumble_style *style;
    const scumble_estimate *estimate;
    scumble_run *run;
    assert_int_equal(scumble_style_open(s, &given, 1, options, &style), 0);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        assert_int_equal(paint_texture(style, sizes[i][0], sizes[i][1], NULL, NULL, &result), SCUMBLE_ERR_ARGUMENT);
        assert_non_null(strstr(scumble_error_text(s), "1 to 65535"));
        assert_null(result);
    }
    assert_int_equal(open_run(style, NULL, NULL, 65535, 65535, &run), 0);
    assert_int_equal(scumble_run_estimate(run, 0, 0, &estimate), SCUMBLE_ERR_LIMIT);
    assert_non_null(strstr(scumble_error_text(s), "65535 x 65535"));
    assert_int_equal(scumble_run_texture(run, 60, 40), 0);
    assert_int_equal(scumble_run_estimate(run, 0, 0, &estimate), 0);
    assert_true(estimate->width == 60 && estimate->height == 40 && estimate->memory_bytes > 0);
    scumble_run_close(&run);
    scumble_style_close(&style);
    put_text(options, "colour", "match");
    assert_int_equal(scumble_style_open(s, &given, 1, options, &style), 0);
    assert_int_equal(paint_texture(style, 20, 20, NULL, NULL, &result), SCUMBLE_ERR_ARGUMENT);
    assert_non_null(strstr(scumble_error_text(s), "photo"));
    scumble_style_close(&style);
    scumble_image_free(&painting);
}

/* A style paints photos and textures in turn, and each as if it were alone. */
static void textures_and_photos_in_turn(void **state)
{
    (void)state;
    sc_image image = ramp(SIDE, 48);
    scumble_image *photo = photo_of(&image), *painting = stripes(50, 40), *results[4];
    scumble_painting given = { .image = painting, .weight = 1 };
    scumble_options *options = options_with("gram", 5);
    scumble_style *style;
    assert_int_equal(scumble_style_open(s, &given, 1, options, &style), 0);
    for (int i = 0; i < 4; i++) {
        scumble_run *run;
        int width, height;
        assert_int_equal(open_run(style, NULL, i % 2 ? photo : NULL, SIDE, 48, &run), 0);
        assert_int_equal(scumble_run_finish(run, NULL, NULL, &results[i]), 0);
        int code = scumble_recipe_texture(s, scumble_run_recipe(run), &width, &height);
        scumble_run_close(&run);
        assert_int_equal(code, i % 2 ? SCUMBLE_ERR_NOT_FOUND : 0);
        assert_true(width == (i % 2 ? 0 : SIDE) && height == (i % 2 ? 0 : 48));
    }
    for (int i = 0; i < 2; i++)
        assert_memory_equal(scumble_image_rgb(results[i]), scumble_image_rgb(results[i + 2]),
                            SIDE * 48 * 3 * sizeof(float));
    for (int i = 0; i < 4; i++)
        scumble_image_free(&results[i]);
    scumble_style_close(&style);
    scumble_image_free(&painting);
    scumble_image_free(&photo);
    sc_image_free(&image);
}

/* What recipes called it before. */
static void old_recipes(void **state)
{
    (void)state;
    scumble_options *options = STYLE_OPTIONS(NULL);
    assert_int_equal(scumble_recipe_options(
                         s, "{\"recipe\": 1, \"options\": {\"padding\": \"circular\", \"seed\": \"7\"}}", options),
                     0);
    assert_true(value_of(options, "tileable") == 1 && value_of(options, "seed") == 7);
    assert_string_equal(text_of(options, "padding"), "replicate");
    assert_int_equal(scumble_options_set(s, options, "padding", "circular"), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_options_set_number(s, options, "tileable", 2), SCUMBLE_ERR_ARGUMENT);
}

static void scales_of_tiles(void **state)
{
    (void)state;
    static const int sizes[][2] = { { 1, 1 }, { 17, 31 }, { 512, 300 }, { 1000, 1000 }, { 2000, 16 } };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        sc_scales scales;
        sc_scale_rule rule = { .iterations = 100, .coarsest = SC_TEXTURE_COARSEST, .step = SC_TILE_STEP };
        sc_scales_plan(&scales, sizes[i][0], sizes[i][1], &rule);
        assert_true(scales.width == sizes[i][0] && scales.height == sizes[i][1]);
        for (int k = 0; k < scales.count; k++)
            assert_true(scales.scale[k].width % SC_TILE_STEP == 0 && scales.scale[k].height % SC_TILE_STEP == 0);
        const sc_scale *last = &scales.scale[scales.count - 1];
        assert_in_range(last->width, sizes[i][0], sizes[i][0] + SC_TILE_STEP - 1);
        assert_in_range(last->height, sizes[i][1], sizes[i][1] + SC_TILE_STEP - 1);
    }
}

static int open_context(void **state)
{
    (void)state;
    return scumble_open(&s, NULL);
}

static int close_context(void **state)
{
    (void)state;
    scumble_close(&s);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(periodic_solves_poisson),
        cmocka_unit_test(periodic_has_the_same_bytes),
        cmocka_unit_test(resizes_move_along),
        cmocka_unit_test(resizes_agree_inside),
        cmocka_unit_test(textures_tile),
        cmocka_unit_test(textures_tile_on_average),
        cmocka_unit_test(photos_tile),
        cmocka_unit_test(photos_tile_on_average),
        cmocka_unit_test(textures_of_any_size),
        cmocka_unit_test(refusals),
        cmocka_unit_test(textures_and_photos_in_turn),
        cmocka_unit_test(old_recipes),
        cmocka_unit_test(scales_of_tiles),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
