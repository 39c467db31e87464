/* SPDX-License-Identifier: MIT */
/* Matching as an application sees it: descriptors of pictures and files, scores, settings, and wrong arguments. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "scumble/match.h"

#include "options_fixture.h"

enum { EDGE = 96 };
static scumble *s;
static char folder[256];
static scumble_image *photo, *painting;

static scumble_image *picture(double hue, int alpha)
{
    static float rgb[EDGE * EDGE * 3], clear[EDGE * EDGE];
    scumble_image *image;
    for (int i = 0; i < EDGE * EDGE * 3; i++)
        rgb[i] =
            (float)(0.5 + 0.4 * sin(0.13 * (i / 3 % EDGE) * (1 + hue) + i % 3) * cos(0.21 * (i / 3.0 / EDGE) + hue));
    for (int i = 0; i < EDGE * EDGE; i++)
        clear[i] = i < EDGE * EDGE / 2 ? 0 : 1;
    assert_int_equal(scumble_image_create(s, EDGE, EDGE, rgb, alpha ? clear : NULL, &image), 0);
    return image;
}

static int open_all(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/scumble-test-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(folder) || setenv("XDG_CACHE_HOME", folder, 1) || scumble_open(&s, NULL))
        return 1;
    photo = picture(0, 0);
    painting = picture(1, 0);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    char command[300];
    scumble_image_free(&photo);
    scumble_image_free(&painting);
    scumble_close(&s);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static scumble_descriptor *descriptor_of(const scumble_image *image)
{
    scumble_descriptor *d;
    assert_int_equal(scumble_descriptor_create(s, image, &d), 0);
    return d;
}

static void a_pair(void **state)
{
    (void)state;
    int count = 0;
    double sum = 0;
    scumble_match match;
    scumble_descriptor *a = descriptor_of(photo), *b = descriptor_of(painting);
    assert_int_equal(scumble_match_pair(s, a, b, &match), 0);
    assert_true(match.score > 0 && match.score < 100 && match.settings.beta >= 1 && match.settings.beta <= 32 &&
                match.settings.style_scale == 1);
    for (const scumble_match_reason *reason; (reason = scumble_match_reason_at(count)); count++) {
        sum += match.reasons[count];
        assert_true(*reason->name && *reason->good && *reason->bad);
    }
    assert_int_equal(count, SCUMBLE_MATCH_REASONS);
    assert_null(scumble_match_reason_at(-1));
    assert_true((sum > 0) == (match.score > 50));
    scumble_descriptor_free(&a);
    scumble_descriptor_free(&b);
    assert_null(a);
}

/* A file gives what its picture gives, the first time and the second, in this context and in another one. */
static void a_file(void **state)
{
    (void)state;
    char path[300], *of_picture, *of_file;
    snprintf(path, sizeof path, "%s/photo.png", folder);
    scumble_save_options options = { .size = sizeof options, .bits = 16 };
    scumble_image *saved;
    assert_int_equal(scumble_image_save(s, photo, path, &options), 0);
    assert_int_equal(scumble_image_load(s, path, &saved), 0);
    scumble_descriptor *a = descriptor_of(saved), *b = descriptor_of(painting), *file;
    assert_int_equal(scumble_match_measures(s, a, b, &of_picture), 0);
    for (int i = 0; i < 3; i++) {
        scumble *other = NULL;
        assert_int_equal(scumble_open(&other, NULL), 0);
        assert_int_equal(scumble_descriptor_load(i == 2 ? other : s, path, &file), 0);
        scumble_close(&other);
        assert_int_equal(scumble_match_measures(s, file, b, &of_file), 0);
        assert_string_equal(of_picture, of_file);
        scumble_text_free(&of_file);
        scumble_descriptor_free(&file);
    }
    json_t *json = json_loads(of_picture, 0, NULL);
    assert_int_equal(json_object_size(json), 24);
    json_decref(json);
    scumble_text_free(&of_picture);
    scumble_image_free(&saved);
    scumble_descriptor_free(&a);
    scumble_descriptor_free(&b);
    char base[320];
    snprintf(base, sizeof base, "%s/scumble/descriptors.sqlite", folder);
    assert_int_equal(access(base, R_OK), 0);
}

static void settings_that_can_be_set(void **state)
{
    (void)state;
    scumble_match_settings settings;
    scumble_options *options = STYLE_OPTIONS(NULL);
    scumble_image *clear = picture(0.5, 1);
    char text[32];
    assert_int_equal(scumble_match_settings_of(s, photo, clear, &settings), 0);
    snprintf(text, sizeof text, "%g", settings.beta);
    assert_int_equal(scumble_options_set(s, options, "beta", text), 0);
    snprintf(text, sizeof text, "%g", settings.style_scale);
    assert_int_equal(scumble_options_set(s, options, "style-scale", text), 0);
    assert_int_equal(scumble_options_set(s, options, "colour", settings.colour), 0);
    scumble_image_free(&clear);
}

static void misuse(void **state)
{
    (void)state;
    scumble_descriptor *d = descriptor_of(photo), *none = d;
    scumble_match match;
    scumble_match_settings settings;
    char *json = (char *)s;
    assert_int_equal(scumble_descriptor_load(s, NULL, &none), SCUMBLE_ERR_ARGUMENT);
    assert_null(none);
    assert_int_equal(scumble_descriptor_load(NULL, "x", &none), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_descriptor_load(s, "/nowhere/x.png", &none), SCUMBLE_ERR_NOT_FOUND);
    assert_non_null(strstr(scumble_error_text(s), "/nowhere/x.png"));
    assert_int_equal(scumble_descriptor_load(s, folder, &none) != 0, 1);
    assert_int_equal(scumble_descriptor_create(s, NULL, &none), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_match_pair(s, d, NULL, &match), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_match_measures(s, NULL, d, &json), SCUMBLE_ERR_ARGUMENT);
    assert_null(json);
    assert_int_equal(scumble_match_settings_of(s, photo, NULL, &settings), SCUMBLE_ERR_ARGUMENT);
    scumble_descriptor_free(&d);
    scumble_descriptor_free(&d);
    scumble_descriptor_free(NULL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pair),
        cmocka_unit_test(a_file),
        cmocka_unit_test(settings_that_can_be_set),
        cmocka_unit_test(misuse),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
