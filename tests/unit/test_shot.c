/* SPDX-License-Identifier: MIT */
/* Shots of the public API: frames follow those before, stand still where nothing changes, and go on from a state. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include <scumble/film.h>

#include "options_fixture.h"
#include "public_fixture.h"

enum { WIDTH = 64, HEIGHT = 48, VALUES = WIDTH * HEIGHT * 3, FRAMES = 4 };

static scumble_style *style;
static scumble_painter *painter;

/* A smooth texture, looked at from `x` pixels further to the left. */
static scumble_image *frame_at(float x)
{
    float *rgb = malloc(VALUES * sizeof *rgb);
    for (int i = 0; i < VALUES; i++) {
        float u = (float)(i / 3 % WIDTH) + x, v = (float)(i / 3 / WIDTH), c = (float)(i % 3);
        rgb[i] = 0.5f + 0.2f * sinf(0.37f * u + c) * cosf(0.31f * v) + 0.15f * sinf(0.9f * u - 0.7f * v) +
                 0.1f * cosf(0.23f * (u + 2 * v) + 2 * c);
    }
    scumble_image *image;
    if (scumble_image_create(s, WIDTH, HEIGHT, rgb, NULL, &image))
        fail_msg("%s", scumble_error_text(s));
    free(rgb);
    return image;
}

/* Other forms in other colours. */
static scumble_image *make_painting(void)
{
    float *rgb = malloc(VALUES * sizeof *rgb);
    scumble_image *image;
    for (int i = 0; i < VALUES; i++) {
        int x = i / 3 % WIDTH, y = i / 3 / WIDTH, c = i % 3;
        rgb[i] = 0.4f + (c ? 0.15f : 0.3f) * sinf(0.8f * (float)y + 2 * sinf(0.2f * (float)x)) - 0.1f * (float)c;
    }
    int code = scumble_image_create(s, WIDTH, HEIGHT, rgb, NULL, &image);
    free(rgb);
    return code ? NULL : image;
}

static int open_all(void **state)
{
    (void)state;
    if (scumble_open(&s, &(scumble_config){ .size = sizeof(scumble_config), .threads = 2 }))
        return -1;
    scumble_image *painting = make_painting();
    int code = scumble_style_open(s, &(scumble_painting){ painting, 1, NULL }, 1,
                                  STYLE_OPTIONS("iterations", "8", "scales", "1"), &style);
    scumble_image_free(&painting);
    return code || scumble_painter_open(s, "starry", &painter);
}

static int close_all(void **state)
{
    (void)state;
    scumble_style_close(&style);
    scumble_painter_close(&painter);
    scumble_close(&s);
    return 0;
}

static scumble_shot *open_shot(bool painted, const char *steady)
{
    scumble_options *options = scumble_options_create(SCUMBLE_OPTIONS_FILM);
    put_text(options, "steady", steady);
    put_text(options, "frame_iterations", "3");
    scumble_shot *shot;
    int code =
        painted ? scumble_shot_open_painter(painter, NULL, options, &shot) : scumble_shot_open(style, options, &shot);
    if (code)
        fail_msg("%s", scumble_error_text(s));
    scumble_options_free(&options);
    return shot;
}

static scumble_image *paint(scumble_shot *shot, float x)
{
    scumble_image *frame = frame_at(x), *result;
    if (scumble_shot_paint(shot, frame, NULL, NULL, NULL, &result))
        fail_msg("%s", scumble_error_text(s));
    scumble_image_free(&frame);
    assert_int_equal(scumble_image_width(result), WIDTH);
    return result;
}

static bool same(const scumble_image *a, const scumble_image *b)
{
    return !memcmp(scumble_image_rgb(a), scumble_image_rgb(b), VALUES * sizeof(float));
}

/* Root mean square of what differs when b, `pixels` further to the left, is laid over a; a margin is left out. */
static double moved_difference(const scumble_image *a, const scumble_image *b, int pixels)
{
    double sum = 0;
    int count = 0;
    for (int y = 4; y < HEIGHT - 4; y++)
        for (int i = 24; i < 3 * (WIDTH - 8); i++, count++) {
            double d = scumble_image_rgb(a)[y * WIDTH * 3 + i + 3 * pixels] - scumble_image_rgb(b)[y * WIDTH * 3 + i];
            sum += d * d;
        }
    return sqrt(sum / count);
}

/* ---- what is still stands still; what moves takes its paint along ---------------------------------------------- */

static void check_still(bool painted)
{
    scumble_shot *shot = open_shot(painted, "0.5");
    scumble_image *last = NULL;
    for (int t = 0; t < FRAMES; t++) {
        scumble_image *now = paint(shot, 0);
        float most = 0;
        for (int i = 0; last && i < VALUES; i++)
            most = fmaxf(most, fabsf(scumble_image_rgb(now)[i] - scumble_image_rgb(last)[i]));
        if (t > 2 && !(most <= 1.0f / 255))
            fail_msg("frame %d of a still shot differs by %g", t, (double)most);
        scumble_image_free(&last);
        last = now;
    }
    scumble_image_free(&last);
    scumble_shot_close(&shot);
}

static void still_shots_stand_still(void **state)
{
    (void)state;
    check_still(false);
    check_still(true);
}

/* Of a pan by so many pixels a frame. */
static double flicker_of(bool painted, const char *steady, int pixels)
{
    scumble_shot *shot = open_shot(painted, steady);
    double sum = 0;
    scumble_image *last = paint(shot, 0);
    for (int t = 1; t < 3; t++) {
        scumble_image *now = paint(shot, (float)(pixels * t));
        sum += moved_difference(last, now, pixels);
        scumble_image_free(&last);
        last = now;
    }
    scumble_image_free(&last);
    scumble_shot_close(&shot);
    return sum / 2;
}

static void paint_moves_along(void **state)
{
    (void)state;
    double alone = flicker_of(false, "0", 2), steady = flicker_of(false, "0.9", 2);
    if (!(steady < 0.5 * alone))
        fail_msg("alone %g, steady %g", alone, steady);
}

/* A painter's too, and not because they are blended with those before: a tenth of that is little. */
static void strokes_go_with_the_camera(void **state)
{
    (void)state;
    double alone = flicker_of(true, "0", 3), steady = flicker_of(true, "0.1", 3);
    if (!(steady < 0.5 * alone))
        fail_msg("alone %g, steady %g", alone, steady);
}

/* A frame that an artist painted: black on the left, white on the right of what moves. */
static scumble_image *key_at(float x)
{
    float *rgb = malloc(VALUES * sizeof *rgb);
    for (int i = 0; i < VALUES; i++)
        rgb[i] = (float)(i / 3 % WIDTH) + x < WIDTH / 2 ? 0 : 1;
    scumble_image *image;
    GOOD(scumble_image_create(s, WIDTH, HEIGHT, rgb, NULL, &image));
    free(rgb);
    return image;
}

/* ---- states, cancelling, wrong calls --------------------------------------------------------------------------- */

/* stood: the first frame was painted by an artist. */
static void check_restored(bool painted, bool stood)
{
    scumble_shot *one = open_shot(painted, "0.7"), *other = open_shot(painted, "0.7");
    if (stood) {
        scumble_image *frame = frame_at(-2), *key = key_at(-2);
        GOOD(scumble_shot_stand(one, frame, key));
        scumble_image_free(&frame), scumble_image_free(&key);
    }
    for (int t = 0; t < 2; t++) {
        scumble_image *result = paint(one, 2 * (float)t);
        scumble_image_free(&result);
    }
    assert_int_equal(scumble_shot_save(one, "test_shot.state"), 0);
    struct stat info;
    assert_int_equal(stat("test_shot.state", &info), 0);
    assert_true(!painted || info.st_size < 30 * WIDTH * HEIGHT); /* of one frame, with the statistics: 20 a frame */
    if (scumble_shot_restore(other, "test_shot.state"))
        fail_msg("%s", scumble_error_text(s));
    for (int t = 2; t < 4; t++) {
        scumble_image *a = paint(one, 2 * (float)t), *b = paint(other, 2 * (float)t);
        assert_true(same(a, b));
        scumble_image_free(&a);
        scumble_image_free(&b);
    }
    scumble_shot_close(&other);
    other = open_shot(painted, "0.6");
    assert_int_equal(scumble_shot_restore(other, "test_shot.state"), SCUMBLE_ERR_ARGUMENT);
    assert_non_null(strstr(scumble_error_text(s), "another film"));
    scumble_shot_close(&other);
    other = open_shot(!painted, "0.7");
    assert_int_equal(scumble_shot_restore(other, "test_shot.state"), SCUMBLE_ERR_ARGUMENT);
    scumble_shot_close(&other);
    scumble_shot_close(&one);
    remove("test_shot.state");
}

static void shots_go_on_from_states(void **state)
{
    (void)state;
    check_restored(false, false);
    check_restored(true, false);
    check_restored(true, true);
}

static int stop_at_once(const scumble_event *event, void *user)
{
    assert_string_equal(event->job, "film");
    return ++*(int *)user == 2;
}

static void a_stopped_frame_is_painted_again(void **state)
{
    (void)state;
    scumble_shot *one = open_shot(false, "0.7"), *other = open_shot(false, "0.7");
    scumble_image *a = paint(one, 0), *b = paint(other, 0), *frame = frame_at(2), *result;
    int calls = 0;
    scumble_image_free(&a), scumble_image_free(&b);
    assert_int_equal(scumble_shot_paint(one, frame, NULL, stop_at_once, &calls, &result), SCUMBLE_ERR_CANCELLED);
    assert_null(result);
    a = paint(one, 2), b = paint(other, 2);
    assert_true(same(a, b));
    scumble_image_free(&a), scumble_image_free(&b), scumble_image_free(&frame);
    scumble_shot_close(&one);
    scumble_shot_close(&other);
}

static void shots_begin_anew(void **state)
{
    (void)state;
    scumble_shot *shot = open_shot(false, "0.7");
    scumble_image *a = paint(shot, 0), *b = paint(shot, 2), *c, *sample = frame_at(0);
    scumble_image_free(&b);
    assert_int_equal(scumble_shot_begin(shot, NULL, 0), 0);
    c = paint(shot, 0);
    assert_true(same(a, c));
    scumble_image_free(&a), scumble_image_free(&c);
    assert_int_equal(scumble_shot_begin(shot, (const scumble_image *const[]){ sample }, 1), SCUMBLE_ERR_ARGUMENT);
    scumble_shot_close(&shot);
    shot = open_shot(true, "0.7");
    a = paint(shot, 0);
    assert_int_equal(scumble_shot_begin(shot, (const scumble_image *const[]){ sample }, 1), 0);
    b = paint(shot, 0); /* the statistics of this frame, too */
    assert_true(same(a, b));
    scumble_guides guides = { .size = sizeof guides };
    assert_int_equal(scumble_shot_paint(shot, sample, &guides, NULL, NULL, &c), SCUMBLE_ERR_ARGUMENT);
    assert_non_null(strstr(scumble_shot_recipe(shot), "starry"));
    scumble_image_free(&a), scumble_image_free(&b), scumble_image_free(&sample);
    scumble_shot_close(&shot);
}

static double mean_of(const scumble_image *image)
{
    double sum = 0;
    for (int i = 0; i < VALUES; i++)
        sum += scumble_image_rgb(image)[i] / VALUES;
    return sum;
}

static void frames_follow_what_was_painted(void **state)
{
    (void)state;
    scumble_shot *shot = open_shot(false, "0.9");
    scumble_image *frame = frame_at(0), *key = key_at(0), *then = key_at(4), *narrow;
    GOOD(scumble_shot_stand(shot, frame, key));
    scumble_image_free(&frame);
    scumble_image *follows = paint(shot, 2), *next = paint(shot, 4);
    if (!(moved_difference(key, follows, 2) < 0.15 && moved_difference(then, next, 0) < 0.2))
        fail_msg("%g and %g from the key", moved_difference(key, follows, 2), moved_difference(then, next, 0));
    GOOD(scumble_image_resize(s, key, WIDTH / 2, HEIGHT, &narrow));
    frame = frame_at(0);
    refused(scumble_shot_stand(shot, frame, narrow), "shape");
    scumble_image_free(&frame), scumble_image_free(&narrow), scumble_image_free(&then);
    scumble_image_free(&follows), scumble_image_free(&next), scumble_image_free(&key);
    scumble_shot_close(&shot);
}

/* A painter, which has a look of its own: in the fifth frame there is still more of the artist's. */
static void painters_follow_what_was_painted(void **state)
{
    (void)state;
    scumble_shot *shot = open_shot(true, "0.7"), *alone = open_shot(true, "0.7");
    scumble_image *frame = frame_at(0), *key = key_at(0), *result = NULL, *own = NULL;
    GOOD(scumble_shot_stand(shot, frame, key));
    for (int t = 1; t < 6; t++) {
        scumble_image_free(&result), scumble_image_free(&own);
        result = paint(shot, (float)t);
        own = paint(alone, (float)t);
    }
    double near = moved_difference(key, result, 5), far = moved_difference(key, own, 5);
    if (!(near < 0.5 * far))
        fail_msg("%g from what was painted, %g alone", near, far);
    scumble_image_free(&frame), scumble_image_free(&key), scumble_image_free(&result), scumble_image_free(&own);
    scumble_shot_close(&shot);
    scumble_shot_close(&alone);
}

static void frames_lean_on_another_result(void **state)
{
    (void)state;
    double mean[3];
    for (int k = 0; k < 3; k++) {
        scumble_shot *shot = open_shot(false, "0.9");
        scumble_image *frame = frame_at(0), *black = key_at(-WIDTH), *white = key_at(WIDTH);
        GOOD(scumble_shot_stand(shot, frame, black));
        GOOD(scumble_shot_lean(shot, white, 0.5 * k));
        refused(scumble_shot_lean(shot, white, 1.5), "from 0 to 1");
        scumble_image *result = paint(shot, 1);
        mean[k] = mean_of(result);
        scumble_image_free(&result), scumble_image_free(&frame);
        scumble_image_free(&black), scumble_image_free(&white);
        scumble_shot_close(&shot);
    }
    if (!(mean[0] < 0.3 && mean[1] > mean[0] + 0.2 && mean[2] > mean[1] + 0.2))
        fail_msg("means %g, %g, %g", mean[0], mean[1], mean[2]);
}

/* It is the next frame's: another one, or another shot, is not led by it. */
static void what_it_leaned_on_is_forgotten(void **state)
{
    (void)state;
    scumble_image *frame = frame_at(0), *black = key_at(-WIDTH), *white = key_at(WIDTH), *results[3];
    for (int k = 0; k < 3; k++) {
        scumble_shot *shot = open_shot(false, "0.9");
        if (k == 1)
            GOOD(scumble_shot_lean(shot, white, 1));
        if (k == 2) {
            GOOD(scumble_shot_lean(shot, white, 1));
            GOOD(scumble_shot_begin(shot, NULL, 0));
        }
        GOOD(scumble_shot_stand(shot, frame, black));
        results[k] = paint(shot, 1);
        scumble_shot_close(&shot);
    }
    assert_true(same(results[0], results[1]));
    assert_true(same(results[0], results[2]));
    scumble_image_free(&frame), scumble_image_free(&black), scumble_image_free(&white);
    for (int k = 0; k < 3; k++)
        scumble_image_free(&results[k]);
    scumble_shot *shot = open_shot(false, "0.9");
    results[0] = paint(shot, 0);
    scumble_shot_close(&shot);
    shot = open_shot(false, "0.9");
    white = key_at(WIDTH);
    GOOD(scumble_shot_lean(shot, white, 1));
    GOOD(scumble_shot_begin(shot, NULL, 0));
    scumble_image_free(&white);
    results[1] = paint(shot, 0);
    assert_true(same(results[0], results[1]));
    scumble_image_free(&results[0]), scumble_image_free(&results[1]);
    scumble_shot_close(&shot);
}

/* How frames are cut goes from shot to shot. */
static void shots_cut_alike(void **state)
{
    (void)state;
    for (int painted = 0; painted < 2; painted++) {
        scumble_shot *shot = open_shot(painted, "0.5");
        assert_string_equal(scumble_shot_tiles(shot), "");
        scumble_image *result = paint(shot, 0);
        scumble_image_free(&result);
        char tiles[64];
        snprintf(tiles, sizeof tiles, "%s", scumble_shot_tiles(shot));
        assert_true(painted ? !strncmp(tiles, "graphs:", 7) : !strcmp(tiles, "64x48:0"));
        GOOD(scumble_shot_begin(shot, NULL, 0));
        assert_string_equal(scumble_shot_tiles(shot), tiles);
        GOOD(scumble_shot_set_tiles(shot, painted ? "graphs:1" : "64x48:1024"));
        scumble_image *cut = paint(shot, 0);
        assert_string_equal(scumble_shot_tiles(shot), painted ? "graphs:1" : "64x48:1024");
        GOOD(scumble_shot_save(shot, "tiles.state"));
        scumble_shot_close(&shot);
        shot = open_shot(painted, "0.5");
        GOOD(scumble_shot_restore(shot, "tiles.state"));
        assert_string_equal(scumble_shot_tiles(shot), painted ? "graphs:1" : "64x48:1024");
        refused(scumble_shot_set_tiles(shot, "wide"), painted ? "does not say how" : "`tiles` is 'wide'");
        scumble_image_free(&cut);
        scumble_shot_close(&shot);
        remove("tiles.state");
    }
}

/* Of two paintings that differ in lightness, by weight: each alone, and both. */
static void styles_change_by_weight(void **state)
{
    (void)state;
    scumble_image *paintings[2];
    float mean[3];
    scumble_style *both;
    for (int k = 0; k < 2; k++) {
        float rgb[32 * 32 * 3];
        for (int i = 0; i < 32 * 32 * 3; i++)
            rgb[i] = (k ? 0.15f : 0.75f) + 0.1f * sinf(0.4f * (float)(i / 3 % 32) + 0.3f * (float)(i / 96));
        GOOD(scumble_image_create(s, 32, 32, rgb, NULL, &paintings[k]));
    }
    GOOD(scumble_style_open(s, (const scumble_painting[]){ { paintings[0], 1, NULL }, { paintings[1], 1, NULL } }, 2,
                            STYLE_OPTIONS("iterations", "12", "scales", "1", "beta", "100"), &both));
    static const double weights[3][2] = { { 1, 0 }, { 0.5, 0.5 }, { 0, 3 } };
    for (int k = 0; k < 3; k++) {
        scumble_shot *shot;
        scumble_image *frame = frame_at(0), *result;
        GOOD(scumble_shot_open(both, NULL, &shot));
        refused(scumble_shot_weigh(shot, (const double[]){ 0, 0 }, 2), "not all 0");
        refused(scumble_shot_weigh(shot, weights[k], 1), "one weight for each");
        GOOD(scumble_shot_weigh(shot, weights[k], 2));
        GOOD(scumble_shot_paint(shot, frame, NULL, NULL, NULL, &result));
        mean[k] = 0;
        for (int i = 0; i < VALUES; i++)
            mean[k] += scumble_image_rgb(result)[i] / VALUES;
        scumble_image_free(&frame), scumble_image_free(&result);
        scumble_shot_close(&shot);
    }
    if (!(mean[0] > mean[1] + 0.01f && mean[1] > mean[2] + 0.01f))
        fail_msg("means %g, %g, %g", (double)mean[0], (double)mean[1], (double)mean[2]);
    scumble_style_close(&both);
    scumble_image_free(&paintings[0]), scumble_image_free(&paintings[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(still_shots_stand_still),          cmocka_unit_test(paint_moves_along),
        cmocka_unit_test(strokes_go_with_the_camera),       cmocka_unit_test(shots_go_on_from_states),
        cmocka_unit_test(a_stopped_frame_is_painted_again), cmocka_unit_test(shots_begin_anew),
        cmocka_unit_test(styles_change_by_weight),          cmocka_unit_test(frames_follow_what_was_painted),
        cmocka_unit_test(frames_lean_on_another_result),    cmocka_unit_test(painters_follow_what_was_painted),
        cmocka_unit_test(what_it_leaned_on_is_forgotten),   cmocka_unit_test(shots_cut_alike),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
