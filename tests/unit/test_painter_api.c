/* SPDX-License-Identifier: MIT */
/* Painters as an application sees them: only painter.h and the shared library. Names and files, misuse, options,
 * recipes, stopping, estimates. */
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <scumble/painter.h>

#include "event_fixture.h"
#include "../painter_fixture.h"
#include "options_fixture.h"

enum { WIDTH = 45, HEIGHT = 38, VALUES = WIDTH * HEIGHT * 3 };

static char folder[64]; /* of the tests, and in it the data directory's `painters` */
static scumble *s;

#define MUST(call)                                            \
    do {                                                      \
        if (call)                                             \
            fail_msg("%s: %s", #call, scumble_error_text(s)); \
    } while (0)

static char *path_in(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int start(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/scumble-painters-XXXXXX");
    if (!mkdtemp(folder) || mkdir(path_in("painters"), 0700))
        return -1;
    scumble_config config = { .size = sizeof config, .data_dir = folder, .threads = 2 };
    bool made = write_painter(path_in("painters/wave.scumble"), "wave", 1) &&
                write_painter(path_in("painters/.hidden.scumble"), "hidden", 2) &&
                write_painter(path_in("painters/other.txt"), "other", 2) &&
                write_painter(path_in("scream.scumble"), "The Scream", 3);
    return !made || scumble_open(&s, &config);
}

static int stop(void **state)
{
    (void)state;
    static const char *const names[] = { "painters/wave.scumble",
                                         "painters/.hidden.scumble",
                                         "painters/other.txt",
                                         "scream.scumble",
                                         "broken.scumble",
                                         "out.png",
                                         "painters" };
    scumble_close(&s);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        remove(path_in(names[i]));
    return rmdir(folder);
}

static scumble_image *picture(int width, int height)
{
    float *rgb = malloc((size_t)width * (size_t)height * 3 * sizeof *rgb);
    scumble_image *image;
    for (int i = 0; i < 3 * width * height; i++)
        rgb[i] =
            0.5f + 0.4f * sinf(0.3f * (float)(i / 3 % width) + (float)(i % 3)) * cosf(0.2f * (float)(i / 3 / width));
    MUST(scumble_image_create(s, width, height, rgb, NULL, &image));
    free(rgb);
    return image;
}

static void names_and_files(void **state)
{
    (void)state;
    int count;
    scumble_painter *painter;
    MUST(scumble_painters_list(s, &count));
    const scumble_painter_info *wave = NULL;
    for (int i = 0; i < count; i++) {
        const scumble_painter_info *info = scumble_painter_at(s, i);
        assert_string_not_equal(info->name, "hidden");
        assert_string_not_equal(info->name, "other");
        wave = strcmp(info->name, "wave") ? wave : info;
    }
    assert_true(!scumble_painter_at(s, count) && !scumble_painter_at(s, -1) && !scumble_painter_at(NULL, 0));
    assert_non_null(wave);
    assert_string_equal(wave->path, path_in("painters/wave.scumble"));
    assert_string_equal(wave->licence, "MIT");
    assert_true(wave->size_bytes > 1000);
    MUST(scumble_painter_open(s, "wave", &painter));
    char hex[65];
    MUST(scumble_file_sha256(s, path_in("painters/wave.scumble"), hex));
    assert_string_equal(scumble_painter_about(painter)->sha256, hex);
    assert_string_equal(scumble_painter_about(painter)->name, "wave");
    scumble_painter_close(&painter);
    assert_null(painter);
    MUST(scumble_painter_open(s, path_in("scream.scumble"), &painter));
    assert_string_equal(scumble_painter_about(painter)->name, "The Scream");
    assert_string_equal(scumble_painter_about(painter)->path, path_in("scream.scumble"));
    scumble_painter_close(&painter);
}

static void assert_fails(int code, int wanted, const char *words)
{
    assert_int_equal(code, wanted);
    if (!strstr(scumble_error_text(s), words))
        fail_msg("'%s' is not in '%s'", words, scumble_error_text(s));
}

static void wrong_names(void **state)
{
    (void)state;
    scumble_painter *painter;
    assert_fails(scumble_painter_open(s, "wavy", &painter), SCUMBLE_ERR_NOT_FOUND,
                 "no painter or file called 'wavy' (did you mean 'wave'?)");
    assert_null(painter);
    assert_fails(scumble_painter_open(s, "", &painter), SCUMBLE_ERR_ARGUMENT, "empty");
    assert_fails(scumble_painter_open(s, "./none.pth", &painter), SCUMBLE_ERR_NOT_FOUND, "none.pth");
    FILE *file = fopen(path_in("broken.scumble"), "wb");
    fputs("no painter", file);
    fclose(file);
    assert_fails(scumble_painter_open(s, path_in("broken.scumble"), &painter), SCUMBLE_ERR_FORMAT, "broken.scumble");
    char here[512];
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(folder), 0);
    assert_fails(scumble_painter_open(s, "scraem.scumble", &painter), SCUMBLE_ERR_NOT_FOUND,
                 "did you mean 'scream.scumble'?");
    MUST(scumble_painter_open(s, "scream.scumble", &painter));
    scumble_painter_close(&painter);
    assert_int_equal(chdir(here), 0);
}

static scumble_image *paint(const scumble_image *photo, const scumble_options *options)
{
    scumble_painter *painter;
    scumble_image *result;
    MUST(scumble_painter_open(s, "wave", &painter));
    MUST(scumble_painter_paint(painter, photo, options, NULL, NULL, &result));
    scumble_painter_close(&painter);
    return result;
}

static void options_count(void **state)
{
    (void)state;
    scumble_image *photo = picture(WIDTH, HEIGHT), *plain = paint(photo, NULL), *half, *coloured;
    half = paint(photo, PAINT_OPTIONS("strength", "0.5"));
    coloured = paint(photo, PAINT_OPTIONS("colour", "luminance"));
    assert_true(scumble_image_width(plain) == WIDTH && scumble_image_height(plain) == HEIGHT);
    double moved = 0, other = 0;
    for (int i = 0; i < VALUES; i++) {
        float from = scumble_image_rgb(photo)[i], to = scumble_image_rgb(plain)[i];
        assert_true(fabsf(scumble_image_rgb(half)[i] - (from + to) / 2) < 1e-6f);
        moved += fabs((double)(to - from)) / VALUES;
        other += fabs((double)(scumble_image_rgb(coloured)[i] - to)) / VALUES;
    }
    assert_true(moved > 0.01 && other > 0.01);
    scumble_image_free(&photo);
    scumble_image_free(&plain);
    scumble_image_free(&half);
    scumble_image_free(&coloured);
}

static void recipes(void **state)
{
    (void)state;
    scumble_image *photo = picture(WIDTH, HEIGHT), *result;
    scumble_painter *painter;
    const scumble_options *options = PAINT_OPTIONS("strength", "0.75");
    MUST(scumble_painter_open(s, "wave", &painter));
    assert_string_equal(scumble_painter_recipe(painter), "");
    MUST(scumble_painter_paint(painter, photo, options, NULL, NULL, &result));
    json_t *recipe = json_loads(scumble_painter_recipe(painter), 0, NULL), *of = json_object_get(recipe, "painter"),
           *set = json_object_get(recipe, "options");
    assert_string_equal(json_string_value(json_object_get(of, "name")), "wave");
    assert_string_equal(json_string_value(json_object_get(of, "sha256")), scumble_painter_about(painter)->sha256);
    assert_string_equal(json_string_value(json_object_get(set, "colour")), "style");
    assert_true(json_real_value(json_object_get(set, "strength")) == 0.75);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(recipe, "result"), "width")), WIDTH);
    json_decref(recipe);
    char *json, *out = strdup(path_in("out.png"));
    scumble_save_options save = { .size = sizeof save, .recipe = scumble_painter_recipe(painter) };
    MUST(scumble_image_save(s, result, out, &save));
    MUST(scumble_recipe_load(s, out, &json));
    assert_string_equal(json, scumble_painter_recipe(painter));
    assert_fails(scumble_recipe_options(s, json, STYLE_OPTIONS(NULL)), SCUMBLE_ERR_UNSUPPORTED, "scumble apply");
    scumble_text_free(&json);
    free(out);
    scumble_image_free(&photo);
    scumble_image_free(&result);
    scumble_painter_close(&painter);
}

static void misuse(void **state)
{
    (void)state;
    scumble_image *photo = picture(WIDTH, HEIGHT), *result = photo;
    scumble_painter *painter = NULL;
    const scumble_paint_estimate *estimate;
    assert_fails(scumble_painter_open(s, NULL, &painter), SCUMBLE_ERR_ARGUMENT, "scumble_painter_open: NULL");
    assert_fails(scumble_painter_open_as(s, NULL, NULL, &painter), SCUMBLE_ERR_ARGUMENT,
                 "scumble_painter_open_as: NULL");
    assert_fails(scumble_painter_open_as(s, "wave",
                                         &(scumble_network_pixels){ .size = sizeof(scumble_network_pixels),
                                                                    .range = (scumble_network_range)7 },
                                         &painter),
                 SCUMBLE_ERR_ARGUMENT, "one of scumble_network_range");
    assert_fails(scumble_painter_open_as(
                     s, "wave",
                     &(scumble_network_pixels){ .size = sizeof(scumble_network_pixels), .range = SCUMBLE_RANGE_SIGNED },
                     &painter),
                 SCUMBLE_ERR_UNSUPPORTED, "'wave': a painter of scumble says itself");
    assert_null(painter);
    assert_fails(scumble_painter_import(s, NULL, NULL, NULL, NULL), SCUMBLE_ERR_ARGUMENT,
                 "scumble_painter_import: NULL");
    assert_fails(scumble_painter_open(s, "wave", NULL), SCUMBLE_ERR_ARGUMENT, "NULL");
    assert_int_equal(scumble_painter_open(NULL, "wave", &painter), SCUMBLE_ERR_ARGUMENT);
    assert_fails(scumble_painters_list(s, NULL), SCUMBLE_ERR_ARGUMENT, "NULL");
    assert_int_equal(scumble_painter_paint(NULL, photo, NULL, NULL, NULL, &result), SCUMBLE_ERR_ARGUMENT);
    assert_null(result);
    MUST(scumble_painter_open(s, "wave", &painter));
    assert_fails(scumble_painter_paint(painter, NULL, NULL, NULL, NULL, &result), SCUMBLE_ERR_ARGUMENT, "NULL");
    assert_fails(scumble_painter_paint(painter, photo, NULL, NULL, NULL, NULL), SCUMBLE_ERR_ARGUMENT, "NULL");
    assert_fails(scumble_painter_estimate(painter, 9, 9, NULL, NULL), SCUMBLE_ERR_ARGUMENT, "NULL");
    assert_fails(scumble_painter_estimate(painter, 0, 9, NULL, &estimate), SCUMBLE_ERR_ARGUMENT, "65535");
    assert_fails(scumble_painter_estimate(painter, 9, 65536, NULL, &estimate), SCUMBLE_ERR_ARGUMENT, "65535");
    assert_null(estimate);
    assert_fails(scumble_painter_paint(painter, photo, STYLE_OPTIONS(NULL), NULL, NULL, &result), SCUMBLE_ERR_ARGUMENT,
                 "these are options of a style; make those of a painter, with SCUMBLE_OPTIONS_PAINT");
    assert_fails(scumble_painter_estimate(painter, 9, 9, TRAIN_OPTIONS(NULL), &estimate), SCUMBLE_ERR_ARGUMENT,
                 "these are options of a training;");
    assert_string_equal(scumble_painter_recipe(NULL), "");
    assert_null(scumble_painter_about(NULL));
    scumble_painter_close(NULL);
    scumble_painter_close(&painter);
    scumble_painter_close(&painter);
    scumble_image_free(&photo);
}

typedef struct watch {
    scumble_painter *painter;
    const scumble_image *photo;
    int calls, stop_after;
    int64_t done, all;
} watch;

static int on_progress(const scumble_event *event, void *user)
{
    watch *w = user;
    scumble_image *result;
    const scumble_paint_estimate *estimate;
    check_event(event, "apply", "paint", "pixels");
    assert_true(event->done >= w->done && event->loss_count == 0 && event->eta_s >= 0);
    assert_int_equal(event->size_px, scumble_image_width(w->photo));
    assert_int_equal(scumble_painter_paint(w->painter, w->photo, NULL, NULL, NULL, &result), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_painter_estimate(w->painter, 9, 9, NULL, &estimate), SCUMBLE_ERR_ARGUMENT);
    w->done = event->done;
    w->all = event->of;
    return ++w->calls == w->stop_after;
}

/* Whole, and in tiles. */
static void progress_and_stopping(void **state)
{
    (void)state;
    static const int edges[] = { 100, 2400 };
    for (int i = 0; i < 2; i++) {
        scumble_image *photo = picture(edges[i], edges[i]), *result;
        scumble_painter *painter;
        scumble_options *options = PAINT_OPTIONS("style-scale", "learnt"); /* one pass */
        const scumble_paint_estimate *estimate;
        double limit_bytes = 0;
        MUST(scumble_painter_open(s, "wave", &painter));
        MUST(scumble_painter_estimate(painter, edges[i], edges[i], options, &estimate));
        assert_int_equal(estimate->tile_edge, 0);
        if (i)
            limit_bytes = floor((double)estimate->memory_bytes * 3 / 5);
        put(options, "max-memory", limit_bytes);
        MUST(scumble_painter_estimate(painter, edges[i], edges[i], options, &estimate));
        assert_true(i ? estimate->tile_edge > 0 && (double)estimate->memory_bytes <= limit_bytes :
                        estimate->tile_edge == 0);
        watch w = { .painter = painter, .photo = photo };
        MUST(scumble_painter_paint(painter, photo, options, on_progress, &w, &result));
        assert_true(w.all == (int64_t)edges[i] * edges[i] && w.done > w.all - w.all / 1000 &&
                    (i ? w.calls > 2 : w.calls == 1));
        scumble_image_free(&result);
        put(options, "max-memory", limit_bytes + (i ? 40 << 20 : 0)); /* the C library keeps some of what was freed */
        watch stopped = { .painter = painter, .photo = photo, .stop_after = 1 };
        assert_fails(scumble_painter_paint(painter, photo, options, on_progress, &stopped, &result),
                     SCUMBLE_ERR_CANCELLED, "stopped");
        assert_null(result);
        scumble_painter_close(&painter);
        scumble_image_free(&photo);
    }
}

static void what_does_not_fit(void **state)
{
    (void)state;
    scumble_painter *painter;
    const scumble_options *options = PAINT_OPTIONS("max-memory", "1M");
    const scumble_paint_estimate *estimate = NULL;
    MUST(scumble_painter_open(s, "wave", &painter));
    assert_fails(scumble_painter_estimate(painter, 4000, 3000, options, &estimate), SCUMBLE_ERR_LIMIT,
                 "4000 x 3000 pixels need at least");
    assert_true(estimate && estimate->width == 4000 && estimate->memory_bytes > 1 << 20); /* what it would take */
    scumble_painter_close(&painter);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_files),   cmocka_unit_test(wrong_names), cmocka_unit_test(options_count),
        cmocka_unit_test(recipes),           cmocka_unit_test(misuse),      cmocka_unit_test(progress_and_stopping),
        cmocka_unit_test(what_does_not_fit),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
