/* SPDX-License-Identifier: MIT */
/* Runs of the public API, as an application sees them: stepped, set, guided, saved, branched; what recipes keep. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <scumble/run.h>

#include "event_fixture.h"
#include "options_fixture.h"
#include "paint_fixture.h"
#include "public_fixture.h"

enum { WIDTH = 40, HEIGHT = 32, BYTES = WIDTH * HEIGHT * 3 * (int)sizeof(float) };

static scumble_image *photo, *paintings[2], *left, *right;
static scumble_style *style;

/* Waves whose direction and colours depend on `kind`. */
static scumble_image *picture(int width, int height, int kind)
{
    float *rgb = malloc((size_t)width * (size_t)height * 3 * sizeof *rgb);
    for (int i = 0; i < width * height * 3; i++) {
        float x = (float)(i / 3 % width), y = (float)(i / 3 / width), c = (float)(i % 3);
        rgb[i] = 0.5f + 0.4f * sinf(0.3f * (kind ? x + y : x) + c * (float)kind) * cosf(0.2f * y);
    }
    scumble_image *image;
    if (scumble_image_create(s, width, height, rgb, NULL, &image))
        fail_msg("%s", scumble_error_text(s));
    free(rgb);
    return image;
}

static scumble_image *half(bool right_half)
{
    float *rgb = malloc(BYTES);
    for (int i = 0; i < WIDTH * HEIGHT * 3; i++)
        rgb[i] = (i / 3 % WIDTH >= WIDTH / 2) == right_half;
    scumble_image *image;
    assert_int_equal(scumble_image_create(s, WIDTH, HEIGHT, rgb, NULL, &image), 0);
    free(rgb);
    return image;
}

static int open_all(void **state)
{
    (void)state;
    scumble_config config = { .size = sizeof config, .threads = 2, .data_dir = "test_run_api.data" };
    const scumble_options *options = STYLE_OPTIONS("iterations", "24", "scales", "2");
    if (scumble_open(&s, &config))
        return -1;
    photo = picture(WIDTH, HEIGHT, 0);
    paintings[0] = picture(44, 40, 1);
    paintings[1] = picture(40, 48, 2);
    left = half(false);
    right = half(true);
    scumble_painting styles[2] = { { .image = paintings[0], .weight = 2 }, { .image = paintings[1], .weight = 1 } };
    return scumble_style_open(s, styles, 2, options, &style);
}

static int close_all(void **state)
{
    (void)state;
    scumble_style_close(&style);
    scumble_image_free(&photo);
    scumble_image_free(&paintings[0]);
    scumble_image_free(&paintings[1]);
    scumble_image_free(&left);
    scumble_image_free(&right);
    scumble_close(&s);
    return 0;
}

/* The picture that is given is gone at once: the run has its own share of it. */
static scumble_run *begin(void)
{
    scumble_run *run;
    scumble_image *own = picture(WIDTH, HEIGHT, 0);
    GOOD(scumble_run_open(style, &run));
    GOOD(scumble_run_content(run, own));
    scumble_image_free(&own);
    return run;
}

static void step_to(scumble_run *run, int iteration)
{
    do
        GOOD(scumble_run_step(run, 0));
    while (scumble_run_progress(run)->done < iteration);
}

static void same_picture(scumble_run *a, scumble_run *b, bool same)
{
    scumble_image *x, *y;
    GOOD(scumble_run_picture(a, &x));
    GOOD(scumble_run_picture(b, &y));
    assert_true(scumble_image_width(x) == WIDTH && scumble_image_height(x) == HEIGHT);
    assert_true((memcmp(scumble_image_rgb(x), scumble_image_rgb(y), BYTES) == 0) == same);
    scumble_image_free(&x);
    scumble_image_free(&y);
}

static void steps_are_a_run(void **state)
{
    (void)state;
    scumble_run *run = begin();
    scumble_image *result, *stepped;
    assert_int_equal(scumble_run_done(run), 0);
    assert_null(scumble_run_progress(run));
    assert_null(scumble_run_progress(NULL));
    refused(scumble_run_picture(run, &result), "no picture yet");
    step_to(run, 24);
    assert_int_equal(scumble_run_done(run), 1);
    GOOD(scumble_run_step(run, 0));
    GOOD(scumble_run_picture(run, &stepped));
    GOOD(paint_photo(style, photo, NULL, NULL, &result));
    assert_memory_equal(scumble_image_rgb(result), scumble_image_rgb(stepped), BYTES);
    const scumble_event *e = scumble_run_progress(run);
    double total = loss_in(e, "content") + 6 * loss_in(e, "style") + 0.5 * loss_in(e, "legible") + 3 * loss_in(e, "tv");
    assert_int_equal(e->loss_count, 5);
    assert_true(e->done == 24 && e->of == 24 && e->stage_number == e->stages && e->size_px == WIDTH && e->eta_s == 0);
    assert_float_equal(loss_in(e, "total"), total, 1e-4 * total);
    scumble_image_free(&result);
    scumble_image_free(&stepped);
    scumble_run_close(&run);
    assert_null(run);
}

/* In the callback of a run in one call: what a steered loop does. */
static int change_at_12(const scumble_event *event, void *user)
{
    if (event->done == 12) {
        GOOD(scumble_run_set(user, "beta", "1.5"));
        GOOD(scumble_run_guide(user, GUIDES(.protect = left)));
    }
    return 0;
}

static void a_callback_may_change_its_run(void **state)
{
    (void)state;
    scumble_run *run = begin(), *stepped = begin();
    scumble_image *result, *other;
    GOOD(scumble_run_finish(run, change_at_12, run, &result));
    step_to(stepped, 12);
    GOOD(scumble_run_set(stepped, "beta", "1.5"));
    GOOD(scumble_run_guide(stepped, GUIDES(.protect = left)));
    GOOD(scumble_run_finish(stepped, NULL, NULL, &other));
    assert_memory_equal(scumble_image_rgb(result), scumble_image_rgb(other), BYTES);
    assert_string_equal(scumble_run_recipe(run), scumble_run_recipe(stepped));
    scumble_image_free(&result);
    scumble_image_free(&other);
    scumble_run_close(&run);
    scumble_run_close(&stepped);
}

/* By bytes in memory or by a file, with other weights, guides or lengths. */
static void branches(void **state)
{
    (void)state;
    const scumble_image *masks[2] = { left, right };
    scumble_guides guides = { .size = sizeof guides, .masks = masks, .mask_count = 2, .protect = left };
    for (int kind = 0; kind < 4; kind++) {
        scumble_run *run = begin(), *branch = begin();
        void *bytes;
        size_t size;
        step_to(run, 12);
        GOOD(scumble_run_save_bytes(run, &bytes, &size));
        GOOD(scumble_run_save(run, "test_run_api.checkpoint"));
        GOOD(kind % 2 ? scumble_run_restore_bytes(branch, bytes, size) :
                        scumble_run_restore(branch, "test_run_api.checkpoint"));
        scumble_bytes_free(&bytes);
        assert_null(bytes);
        for (int i = 0; i < 2; i++) {
            scumble_run *one = i ? branch : run;
            GOOD(kind == 0 ? scumble_run_set(one, "beta", "1.5") :
                 kind == 1 ? scumble_run_guide(one, &guides) :
                 kind == 2 ? scumble_run_set(one, "iterations", "16") :
                             scumble_run_reference(one, paintings[1], right));
            step_to(one, kind == 2 ? 16 : 24);
            assert_int_equal(scumble_run_done(one), 1);
        }
        same_picture(run, branch, true);
        assert_string_equal(scumble_run_recipe(run), scumble_run_recipe(branch));
        scumble_run_close(&run);
        scumble_run_close(&branch);
    }
    remove("test_run_api.checkpoint");
}

/* Guides that a state has brought along stay when only the reference is set, in the run and in its note. */
static void a_reference_leaves_guides_alone(void **state)
{
    (void)state;
    const scumble_image *masks[2] = { left, right };
    scumble_guides guides = { .size = sizeof guides, .masks = masks, .mask_count = 2 };
    scumble_run *run = begin(), *resumed = begin();
    void *bytes;
    size_t size;
    step_to(run, 4);
    GOOD(scumble_run_guide(run, &guides));
    step_to(run, 6);
    GOOD(scumble_run_save_bytes(run, &bytes, &size));
    GOOD(scumble_run_restore_bytes(resumed, bytes, size));
    scumble_bytes_free(&bytes);
    GOOD(scumble_run_reference(run, paintings[0], NULL));
    GOOD(scumble_run_reference(resumed, paintings[0], NULL));
    step_to(run, 12);
    step_to(resumed, 12);
    same_picture(run, resumed, true);
    assert_string_equal(scumble_run_recipe(run), scumble_run_recipe(resumed));
    int iteration;
    const char *name, *value;
    assert_int_equal(scumble_recipe_event(s, scumble_run_recipe(run), 1, &iteration, &name, &value),
                     SCUMBLE_ERR_UNSUPPORTED);
    assert_true(iteration == 6 && strstr(value, "\"masks\"") && strstr(value, "\"reference\""));
    scumble_run_close(&run);
    scumble_run_close(&resumed);
}

static void recipes_keep_events(void **state)
{
    (void)state;
    scumble_run *run = begin();
    int iteration;
    const char *name, *value;
    GOOD(scumble_run_reference(run, paintings[0], NULL)); /* before the first step: no event */
    step_to(run, 5);
    GOOD(scumble_run_set(run, "tv", "0.3"));
    GOOD(scumble_run_set(run, "temporal", "10"));
    step_to(run, 7);
    GOOD(scumble_run_guide(run, &(scumble_guides){ .size = sizeof(scumble_guides), .protect = left }));
    char *recipe = strdup(scumble_run_recipe(run));
    assert_non_null(strstr(recipe, "\"reference\""));
    GOOD(scumble_recipe_event(s, recipe, 0, &iteration, &name, &value));
    assert_true(iteration == 5 && !strcmp(name, "tv") && !strcmp(value, "0.3"));
    GOOD(scumble_recipe_event(s, recipe, 1, &iteration, &name, &value));
    assert_true(iteration == 5 && !strcmp(name, "temporal") && !strcmp(value, "10"));
    assert_int_equal(scumble_recipe_event(s, recipe, 2, &iteration, &name, &value), SCUMBLE_ERR_UNSUPPORTED);
    assert_true(iteration == 7 && !strcmp(name, "guides") && strstr(value, "\"protect\""));
    assert_int_equal(scumble_recipe_event(s, recipe, 3, &iteration, &name, &value), SCUMBLE_ERR_NOT_FOUND);
    free(recipe);
    scumble_run_close(&run);
}

static void starts_and_textures(void **state)
{
    (void)state;
    scumble_run *plain = begin(), *started = begin(), *texture;
    GOOD(scumble_run_start(started, paintings[1]));
    step_to(plain, 6);
    step_to(started, 6);
    same_picture(plain, started, false);
    GOOD(scumble_run_open(style, &texture));
    GOOD(scumble_run_texture(texture, WIDTH, HEIGHT));
    step_to(texture, 6);
    check_event(scumble_run_progress(texture), "texture", "scale", "iterations");
    check_event(scumble_run_progress(plain), "stylize", "scale", "iterations");
    assert_int_equal(scumble_run_progress(texture)->loss_count, 3); /* no content */
    refused(scumble_run_guide(texture, &(scumble_guides){ .size = sizeof(scumble_guides), .protect = left }),
            "a texture takes no masks");
    scumble_run_close(&plain);
    scumble_run_close(&started);
    scumble_run_close(&texture);
}

static void misuse_is_refused(void **state)
{
    (void)state;
    scumble_run *run;
    scumble_image *image;
    void *bytes;
    size_t size;
    GOOD(scumble_run_open(style, &run));
    refused(scumble_run_step(run, 0), "nothing to paint");
    refused(scumble_run_set(run, "beta", "1"), "nothing to paint");
    refused(scumble_run_texture(run, 0, 5), "from 1 to 65535");
    refused(scumble_run_save_bytes(run, &bytes, &size), "has not begun");
    assert_true(!bytes && !size);
    GOOD(scumble_run_content(run, photo));
    assert_int_equal(scumble_run_restore(run, "no such file"), SCUMBLE_ERR_NOT_FOUND);
    assert_int_equal(scumble_run_restore_bytes(run, "junk", 4), SCUMBLE_ERR_FORMAT);
    refused(scumble_run_set(run, "beta", "much"), "is not a number");
    refused(scumble_run_set(run, "beta", "-1"), "from 0 to 1e9");
    refused(scumble_run_set(run, "gamma", "1"), "gamma");
    refused(scumble_run_set(run, "iterations", "3.5"), "whole number");
    step_to(run, 2);
    refused(scumble_run_set(run, "iterations", "1"), "are done");
    refused(scumble_run_content(run, photo), "has begun");
    refused(scumble_run_texture(run, 9, 9), "has begun");
    refused(scumble_run_start(run, photo), "has begun");
    refused(scumble_run_restore(run, "x"), "has begun");
    refused(scumble_run_guide(run, &(scumble_guides){ .size = sizeof(scumble_guides), .masks = NULL, .mask_count = 2 }),
            "NULL");
    scumble_run *none = run;
    refused(scumble_run_open(NULL, &none), "");
    assert_null(none);
    assert_int_equal(scumble_run_settable("beta"), 1);
    assert_int_equal(scumble_run_settable("adversarial"), 0);
    assert_int_equal(scumble_run_settable(NULL), 0);
    assert_int_equal(scumble_run_picture(NULL, &image), SCUMBLE_ERR_ARGUMENT);
    assert_string_equal(scumble_run_recipe(NULL), "");
    scumble_run_close(&run);
    scumble_run_close(NULL);
    scumble_bytes_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_a_run),
        cmocka_unit_test(branches),
        cmocka_unit_test(a_callback_may_change_its_run),
        cmocka_unit_test(recipes_keep_events),
        cmocka_unit_test(a_reference_leaves_guides_alone),
        cmocka_unit_test(starts_and_textures),
        cmocka_unit_test(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
