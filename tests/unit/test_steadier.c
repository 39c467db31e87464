/* SPDX-License-Identifier: MIT */
/* Steadiers of the public API: flicker goes, states are gone on from, and what is refused. test_blind.c measures. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <scumble/film.h>

#include "public_fixture.h"

enum { WIDTH = 48, HEIGHT = 40, VALUES = WIDTH * HEIGHT * 3 };

/* A texture that stands still, lifted. */
static scumble_image *frame_of(float lift)
{
    float *rgb = malloc(VALUES * sizeof *rgb);
    scumble_image *image;
    for (int i = 0; i < VALUES; i++) {
        float x = (float)(i / 3 % WIDTH), y = (float)(i / 3 / WIDTH);
        rgb[i] = 0.5f + 0.2f * sinf(0.37f * x + (float)(i % 3)) * cosf(0.31f * y) + lift;
    }
    GOOD(scumble_image_create(s, WIDTH, HEIGHT, rgb, NULL, &image));
    free(rgb);
    return image;
}

static double mean(const scumble_image *image)
{
    double sum = 0;
    for (int i = 0; i < VALUES; i++)
        sum += scumble_image_rgb(image)[i];
    return sum / VALUES;
}

/* The mean of the result of a frame that is lifted; the source is not. */
static double next(scumble_steadier *steadier, float lift)
{
    scumble_image *painted = frame_of(lift), *source = frame_of(0), *result;
    GOOD(scumble_steadier_next(steadier, painted, source, &result));
    double value = mean(result);
    scumble_image_free(&painted);
    scumble_image_free(&source);
    scumble_image_free(&result);
    return value;
}

static void test_steadier(void **state)
{
    (void)state;
    char path[] = "/tmp/scumble-steadier-XXXXXX";
    scumble_steadier *one, *two;
    close(mkstemp(path));
    GOOD(scumble_steadier_open(s, NULL, &one));
    GOOD(scumble_steadier_open(s, NULL, &two));
    double first = next(one, 0.1f);
    assert_true(fabs(next(one, -0.1f) - first) < 0.001);
    GOOD(scumble_steadier_save(one, path));
    GOOD(scumble_steadier_restore(two, path));
    double third = next(one, 0.05f);
    assert_true(fabs(third - first) < 0.001);
    assert_true(next(two, 0.05f) == third);
    GOOD(scumble_steadier_begin(one)); /* a new shot: the frame stays as it is */
    assert_true(fabs(next(one, -0.1f) - (first - 0.2)) < 0.001);
    scumble_steadier_close(&one);
    scumble_steadier_close(&two);
    unlink(path);
}

static void test_strength(void **state)
{
    (void)state;
    char path[] = "/tmp/scumble-steadier-XXXXXX";
    scumble_options *options = scumble_options_create(SCUMBLE_OPTIONS_FILM);
    scumble_steadier *none, *other;
    close(mkstemp(path));
    GOOD(scumble_options_set_number(s, options, "steady", 0));
    GOOD(scumble_steadier_open(s, options, &none));
    double first = next(none, 0.1f);
    assert_true(fabs(next(none, -0.1f) - (first - 0.2)) < 0.001);
    GOOD(scumble_steadier_save(none, path));
    GOOD(scumble_steadier_open(s, NULL, &other));
    refused(scumble_steadier_restore(other, path), "steady=0, not steady=0.7");
    scumble_steadier_close(&none);
    scumble_steadier_close(&other);
    scumble_options_free(&options);
    unlink(path);
}

static void test_null(void **state)
{
    (void)state;
    scumble_steadier *steadier;
    scumble_image *picture = frame_of(0), *result;
    GOOD(scumble_steadier_open(s, NULL, &steadier));
    refused(scumble_steadier_next(steadier, picture, NULL, &result), "scumble_steadier_next");
    refused(scumble_steadier_save(steadier, NULL), "scumble_steadier_save");
    assert_int_equal(scumble_steadier_restore(steadier, "/nowhere/state"), SCUMBLE_ERR_NOT_FOUND);
    assert_int_equal(scumble_steadier_begin(NULL), SCUMBLE_ERR_ARGUMENT);
    scumble_steadier_close(&steadier);
    scumble_steadier_close(&steadier);
    scumble_image_free(&picture);
}

static int begin(void **state)
{
    (void)state;
    return scumble_open(&s, NULL);
}

static int end(void **state)
{
    (void)state;
    scumble_close(&s);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steadier),
        cmocka_unit_test(test_strength),
        cmocka_unit_test(test_null),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
