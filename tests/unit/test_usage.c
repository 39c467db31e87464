/* SPDX-License-Identifier: MIT */
/* Programs that are no painters or no judges though they are valid: refused when they are loaded and when they are
 * built, before anything is read or written beyond a buffer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nets/program/usage.h"
#include "measure/judge.h"
#include "paint/paint.h"
#include "paint/tiles.h"
#include "measure/verdict.h"
#include "program_fixture.h"
#include "../device_fixture.h"

static sc_encoder *encoder;

static int start(void **state)
{
    return start_pool(state) || sc_encoder_create_lite(&encoder, &err);
}

static int stop(void **state)
{
    sc_encoder_free(encoder);
    return stop_pool(state);
}

static void add(sc_weights *weights, const char *name, int64_t n, int64_t c, int64_t h, int64_t w)
{
    float *values;
    MUST(sc_weights_add(weights, name, (int64_t[]){ n, c, h, w }, 4, &values, &err));
    for (int64_t i = 0; i < n * c * h * w; i++)
        values[i] = 0.1f;
}

/* The program of these operations, with parameters of several shapes at hand. */
static sc_program *program_of(int channels, const char *operations)
{
    char json[1024];
    sc_weights *weights;
    sc_program *program;
    MUST(sc_weights_create(&weights, &err));
    add(weights, "square", 1, 3, 64, 64); /* a picture of one size */
    add(weights, "many", 50, 32, 4, 4);   /* fifty of them */
    add(weights, "column", 1, 3, 64, 1);
    add(weights, "one", 1, 32, 1, 1);
    add(weights, "three", 3, 3, 1, 1);
    MUST(sc_weights_sort(weights, &err));
    snprintf(json, sizeof json, "{\"channels\": %d, \"operations\": [%s]}", channels, operations);
    MUST(sc_program_from_json(&program, json, weights, "", &err));
    sc_weights_free(weights);
    return program;
}

#define OP(name, inputs) "{\"op\": \"" name "\", \"inputs\": [" inputs "]}"

/* Each makes the right picture at 64 x 64, or at squares only; and something else, or nothing, at other extents. */
static const char *const no_painters[] = {
    OP("relu", "\"square\""),
    OP("add", "-1, \"square\""),
    OP("multiply", "-1, \"column\""),
    "{\"op\": \"pad\", \"inputs\": [-1], \"padding\": [0, 1, 0, 1]}," OP("conv2d", "0, \"three\""),
    "{\"op\": \"resize_nearest\", \"inputs\": [-1], \"factor\": 2}",
    "{\"op\": \"max_pool2d\", \"inputs\": [-1], \"size\": [8, 8], \"stride\": [8, 8]},{\"op\": \"resize_nearest\", "
    "\"inputs\": [0], \"factor\": 4}",
    OP("conv2d", "\"square\", \"three\""),
    OP("concat", "-1, -1"),
};

static void what_fits_one_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof no_painters / sizeof *no_painters; i++) {
        sc_painter *painter;
        sc_program *program = program_of(3, no_painters[i]);
        if (!sc_painter_create(&painter, program, NULL, &(sc_painter){ .range = 1 }, &err))
            fail_msg("accepted: %s", no_painters[i]);
        assert_null(painter);
        assert_true(*err.text);
    }
}

/* Whoever builds one, past the check of files, is stopped all the same: whole and in tiles. */
static void what_is_built_is_checked(void **state)
{
    (void)state;
    sc_image photo, result;
    MUST(sc_image_create(&photo, 200, 72, false, &err));
    for (size_t i = 0; i < sizeof no_painters / sizeof *no_painters; i++)
        for (int tiled = 0; tiled < 2; tiled++) {
            sc_program *program = program_of(3, no_painters[i]);
            sc_painter painter = { .range = 1, .generator = program, .name = (char[]){ "x" } };
            sc_paint_options options = { .strength = 1,
                                         .tile_pixels = tiled ? 4096 : 0,
                                         .device = device_on(&sc_kernels_host, pool),
                                         .threads = pool };
            sc_paint_tiles tiles;
            if (!sc_paint(&painter, &photo, &options, NULL, NULL, &result, &err))
                fail_msg("painted: %s", no_painters[i]);
            assert_null(result.rgb);
            if (!sc_paint_tiles_create(&tiles, program, device_on(&sc_kernels_host, pool), 72, 200, false, 1 << 28,
                                       &err))
                fail_msg("cut into tiles: %s", no_painters[i]);
            sc_program_free(program);
        }
    sc_image_free(&photo);
}

/* Fifty maps of scores, one for each channel, larger than what is judged: scores are written into a picture of their
 * extents. */
static const char *const no_judges[] = {
    OP("conv2d", "\"many\", \"one\""),
    OP("relu", "-1"),
    "{\"op\": \"conv2d\", \"inputs\": [-1, \"one\"]},{\"op\": \"resize_nearest\", \"inputs\": [0], \"factor\": 2}",
    "{\"op\": \"conv2d\", \"inputs\": [-1, \"one\"], \"padding\": [9, 9, 9, 9]}",
};

static void what_judges_nothing(void **state)
{
    (void)state;
    sc_image picture;
    sc_judge_config config = { .encoder = encoder,
                               .layer = sc_encoder_find_layer(encoder, "relu1_1", &err),
                               .device = device_on(&sc_kernels_host, pool) };
    MUST(sc_image_create(&picture, 40, 36, false, &err));
    for (size_t i = 0; i < sizeof no_judges / sizeof *no_judges; i++) {
        sc_verdict verdict;
        sc_painter *painter;
        sc_program *judge = program_of(32, no_judges[i]);
        config.discriminator = judge;
        if (!sc_verdict_on(&verdict, &config, &picture, 40, &err))
            fail_msg("judged: %s", no_judges[i]);
        assert_non_null(strstr(err.text, "discriminator"));
        if (!sc_painter_create(&painter, program_of(3, OP("relu", "-1")), judge,
                               &(sc_painter){ .range = 1, .layer = (char[]){ "relu1_1" } }, &err))
            fail_msg("accepted: %s", no_judges[i]);
    }
    sc_image_free(&picture);
}

/* A small file that would take all memory, or all day. */
static void what_takes_too_much(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"op\": \"resize_nearest\", \"inputs\": [-1], \"factor\": 64},{\"op\": \"resize_nearest\", \"inputs\": [0], "
        "\"factor\": 8},"
        "{\"op\": \"max_pool2d\", \"inputs\": [1], \"size\": [2, 2], \"stride\": [512, 512]}",
        "{\"op\": \"pad\", \"inputs\": [-1], \"padding\": [60000, 60000, 60000, 60000]},{\"op\": \"average_pool2d\", "
        "\"inputs\": [0], \"size\": [60001, 60001], \"stride\": [1, 1]},"
        "{\"op\": \"average_pool2d\", \"inputs\": [1], \"size\": [60001, 60001], \"stride\": [1, 1]}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        sc_painter *painter;
        assert_int_equal(sc_painter_create(&painter, program_of(3, texts[i]), NULL, &(sc_painter){ .range = 1 }, &err),
                         SCUMBLE_ERR_LIMIT);
        assert_non_null(strstr(err.text, "operations"));
    }
}

/* The painters that are part of the library take far less than what is refused. */
static void room_for_real_painters(void **state)
{
    (void)state;
    sc_painter *painter;
    MUST(sc_painter_load(&painter, SCUMBLE_SOURCE_ROOT "/models/painters/starry.scumble", &err));
    sc_shape *results = malloc((size_t)painter->generator->operation_count * sizeof *results);
    double work, values;
    MUST(sc_program_shapes(painter->generator, 128, 128, results, &err));
    sc_usage_cost(painter->generator, (sc_shape){ 1, 3, 128, 128 }, results, &work, &values);
    assert_in_range((int)(work / (128 * 128)), 10000, 1000000);
    assert_in_range((int)(values / (128 * 128)), 50, 1000);
    free(results);
    sc_painter_free(painter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_one_size),     cmocka_unit_test(what_is_built_is_checked),
        cmocka_unit_test(what_judges_nothing),    cmocka_unit_test(what_takes_too_much),
        cmocka_unit_test(room_for_real_painters),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
