/* SPDX-License-Identifier: MIT */
/* The public API as an application sees it: only scumble.h and the shared library. Misuse, options, recipes, when
 * snapshots and checkpoints are allowed, cancelling at the ends, two contexts at once, estimates. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <scumble/distil.h>
#include <scumble/painter.h>
#include <scumble/pixels.h>
#include <scumble/scumble.h>

#include "event_fixture.h"
#include "options_fixture.h"
#include "paint_fixture.h"

enum { WIDTH = 48, HEIGHT = 40, VALUES = WIDTH * HEIGHT * 3 };

static scumble *open_context(int threads)
{
    scumble *s;
    scumble_config config = { .size = sizeof config, .threads = threads, .data_dir = "test_api.data" };
    if (scumble_open(&s, &config))
        fail_msg("%s", scumble_error_text(s));
    return s;
}

/* Waves whose direction and colours depend on `kind`. */
static scumble_image *picture(scumble *s, int width, int height, int kind)
{
    float *rgb = malloc((size_t)width * (size_t)height * 3 * sizeof *rgb);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < 3; c++)
                rgb[(y * width + x) * 3 + c] =
                    0.5f +
                    0.4f * sinf(0.3f * (float)(kind ? x + y : x) + (float)c * (float)kind) * cosf(0.2f * (float)y);
    scumble_image *image;
    if (scumble_image_create(s, width, height, rgb, NULL, &image))
        fail_msg("%s", scumble_error_text(s));
    free(rgb);
    return image;
}

static scumble_options *quick_options(void)
{
    return STYLE_OPTIONS("iterations", "6", "scales", "2");
}

static scumble_style *open_style(scumble *s, const scumble_options *options)
{
    scumble_image *painting = picture(s, 40, 40, 1);
    scumble_painting given = { .image = painting, .weight = 1 };
    scumble_style *style;
    if (scumble_style_open(s, &given, 1, options, &style))
        fail_msg("%s", scumble_error_text(s));
    scumble_image_free(&painting);
    return style;
}

/* The call failed as misuse, and the sentence holds `words`. */
static void assert_refused(scumble *s, int code, const char *words)
{
    assert_int_equal(code, SCUMBLE_ERR_ARGUMENT);
    if (!strstr(scumble_error_text(s), words))
        fail_msg("'%s' is not in '%s'", words, scumble_error_text(s));
}

/* ---- misuse ---------------------------------------------------------------------------------------------------- */

static void null_is_refused(void **state)
{
    (void)state;
    scumble *s = open_context(1);
    scumble_image *image = NULL, *photo = picture(s, 8, 8, 0);
    scumble_options *options = STYLE_OPTIONS(NULL);
    scumble_style *style = NULL;
    scumble_run *run = NULL;
    scumble_recipe_file file;
    float rgb[3] = { 0 };
    char *text = NULL, hex[65];
    assert_int_equal(scumble_open(NULL, NULL), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_image_load(NULL, "x.png", &image), SCUMBLE_ERR_ARGUMENT);
    assert_refused(s, scumble_image_load(s, NULL, &image), "scumble_image_load: NULL");
    assert_refused(s, scumble_image_load(s, "x.png", NULL), "scumble_image_load: NULL");
    assert_refused(s, scumble_image_create(s, 1, 1, NULL, NULL, &image), "NULL");
    assert_refused(s, scumble_image_create(s, 1, 1, rgb, NULL, NULL), "NULL");
    assert_refused(s, scumble_image_probe(s, NULL, NULL, NULL), "NULL");
    assert_refused(s, scumble_image_resize(s, NULL, 2, 2, &image), "NULL");
    assert_refused(s, scumble_image_text(s, NULL, 20, &image), "NULL");
    assert_refused(s, scumble_image_text(s, "x", 20, NULL), "NULL");
    assert_refused(s, scumble_image_save(s, NULL, "x.png", NULL), "NULL");
    assert_refused(s, scumble_image_save(s, photo, NULL, NULL), "NULL");
    assert_refused(s, scumble_options_set(s, NULL, "size", "9"), "NULL");
    assert_refused(s, scumble_options_get(s, NULL, "size", hex, sizeof hex), "NULL");
    assert_refused(s, scumble_options_get(s, options, "size", NULL, 0), "NULL");
    assert_refused(s, scumble_options_set(s, options, "size", NULL), "NULL");
    assert_refused(s, scumble_options_get(s, options, NULL, hex, sizeof hex), "NULL");
    assert_refused(s, scumble_options_preset(s, options, NULL), "NULL");
    assert_refused(s, scumble_options_preset(s, NULL, "draft"), "NULL");
    assert_refused(s, scumble_style_open(s, NULL, 1, NULL, &style), "NULL");
    assert_int_equal(scumble_run_open(NULL, &run), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_run_finish(NULL, NULL, NULL, &image), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_run_estimate(NULL, 1, 1, NULL), SCUMBLE_ERR_ARGUMENT);
    assert_refused(s, scumble_stylize(s, NULL, photo, NULL, &image), "NULL");
    assert_refused(s, scumble_stylize(s, photo, NULL, NULL, &image), "NULL");
    assert_refused(s, scumble_recipe_load(s, NULL, &text), "NULL");
    assert_refused(s, scumble_recipe_options(s, NULL, options), "NULL");
    assert_refused(s, scumble_recipe_input(s, NULL, 0, &file), "NULL");
    assert_refused(s, scumble_file_sha256(s, NULL, hex), "NULL");
    assert_refused(s, scumble_models_list(s, NULL), "NULL");
    assert_refused(s, scumble_model_describe(s, NULL, 0, &text), "NULL");
    assert_refused(s, scumble_model_import(s, NULL, NULL, NULL, NULL, &text), "NULL");
    assert_refused(s, scumble_model_pull(s, NULL, NULL, NULL), "NULL");
    assert_refused(s, scumble_painter_export_onnx(s, NULL, "x.onnx"), "NULL");
    assert_refused(s, scumble_painter_export_onnx(s, "x.scumble", NULL), "NULL");
    assert_int_equal(scumble_painter_export_onnx(s, "gone.scumble", "x.onnx"), SCUMBLE_ERR_NOT_FOUND);
    assert_refused(s, scumble_model_layers(s, NULL, &text), "NULL");
    assert_refused(s, scumble_inspect_features(s, "lite", NULL, "relu1_1", 4, &image), "NULL");
    assert_refused(s, scumble_inspect_gram(s, "lite", photo, NULL, &image), "NULL");
    assert_null(image);
    assert_null(style);
    assert_null(text);
    assert_string_equal(scumble_error_text(NULL), "");
    assert_string_equal(scumble_run_recipe(NULL), "");
    assert_string_equal(scumble_style_describe(NULL), "");
    assert_null(scumble_style_options(NULL));
    assert_string_equal(scumble_describe(NULL), "");
    assert_int_equal(scumble_image_width(NULL), 0);
    assert_null(scumble_image_rgb(NULL));
    scumble_image_free(NULL);
    scumble_image_free(&image);
    scumble_style_close(NULL);
    scumble_style_close(&style);
    scumble_text_free(NULL);
    scumble_text_free(&text);
    scumble_close(NULL);
    scumble_image_free(&photo);
    scumble_close(&s);
    assert_null(s);
    scumble_close(&s);
}

static void versions(void **state)
{
    (void)state;
    char text[32];
    snprintf(text, sizeof text, "%d.%d.%d", SCUMBLE_VERSION_MAJOR, SCUMBLE_VERSION_MINOR, SCUMBLE_VERSION_PATCH);
    assert_string_equal(text, SCUMBLE_VERSION);
    assert_string_equal(text, scumble_version());
    assert_int_equal(scumble_version_number(), SCUMBLE_VERSION_NUMBER);
    assert_true(SCUMBLE_VERSION_NUMBER >= 200 && SCUMBLE_VERSION_NUMBER / 10000 == SCUMBLE_VERSION_MAJOR);
}

/* What a program fills in says its size: of an older version, of a newer one, and none at all. */
static void structs_say_their_size(void **state)
{
    (void)state;
    static const size_t wrong[] = { 0, 8, sizeof(scumble_config) - sizeof(char *) };
    scumble *s = NULL;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int code = scumble_open(&s, &(scumble_config){ .size = wrong[i], .threads = 1 });
        assert_refused(s, code, "scumble_config: its field size must be sizeof(scumble_config)");
        scumble_close(&s);
    }
    struct {
        scumble_config known;
        char later[64]; /* of a version to come */
    } newer = { .known = { .size = sizeof newer, .threads = 3, .data_dir = "test_api.data" } };
    memset(newer.later, 7, sizeof newer.later);
    assert_int_equal(scumble_open(&s, &newer.known), 0);
    assert_non_null(strstr(scumble_describe(s), "3 threads"));
    scumble_image *photo = picture(s, 8, 8, 0), *image = NULL;
    scumble_style *style = open_style(s, STYLE_OPTIONS("iterations", "1"));
    scumble_painter *painter = NULL;
    scumble_run *run;
    assert_int_equal(scumble_run_open(style, &run), 0);
    void *bytes;
    size_t size;
    unsigned char memory[8 * 8 * 3];
    scumble_pixels pixels = { .data = memory, .width = 8, .height = 8 };
    assert_refused(s, scumble_image_save(s, photo, "x.png", &(scumble_save_options){ .bits = 8 }),
                   "scumble_save_options: its field size");
    assert_refused(s, scumble_image_to_bytes(s, photo, "png", &(scumble_save_options){ .size = 4 }, &bytes, &size),
                   "scumble_save_options: its field size");
    assert_refused(s, scumble_run_guide(run, &(scumble_guides){ .faces = 0 }), "scumble_guides: its field size");
    assert_refused(s, scumble_image_from_pixels(s, &pixels, &image), "scumble_pixels: its field size");
    assert_refused(s, scumble_image_to_pixels(s, photo, &pixels), "scumble_pixels: its field size");
    assert_refused(s, scumble_painter_open_as(s, "x", &(scumble_network_pixels){ .bgr = 1 }, &painter),
                   "scumble_network_pixels: its field size");
    pixels.size = sizeof pixels;
    assert_int_equal(scumble_image_to_pixels(s, photo, &pixels), 0);
    pixels.size += 100;
    assert_int_equal(scumble_image_from_pixels(s, &pixels, &image), 0);
    scumble_image_free(&image);
    scumble_image_free(&photo);
    scumble_run_close(&run);
    scumble_style_close(&style);
    scumble_close(&s);
}

static void bad_configurations_are_refused(void **state)
{
    (void)state;
    static const struct {
        scumble_config config;
        const char *words;
    } wrong[] = {
        { { sizeof(scumble_config), .threads = -1 }, "from 1 to 256" },
        { { sizeof(scumble_config), .threads = 257 }, "from 1 to 256" },
        { { sizeof(scumble_config), .max_pixels = -1 }, "limit of pixels" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        scumble *s = NULL;
        scumble_image *image;
        scumble_style *style;
        scumble_painting given = { .weight = 1 };
        int code = scumble_open(&s, &wrong[i].config); /* before s is read: arguments have no order */
        assert_refused(s, code, wrong[i].words);
        /* What is called in spite of it fails with the same sentence. */
        assert_refused(s, scumble_image_load(s, "x.png", &image), wrong[i].words);
        assert_refused(s, scumble_style_open(s, &given, 1, NULL, &style), wrong[i].words);
        scumble_close(&s);
    }
    scumble *s = open_context(256);
    assert_non_null(strstr(scumble_describe(s), "256 threads"));
    scumble_close(&s);
}

static void wrong_arguments_are_refused(void **state)
{
    (void)state;
    scumble *s = open_context(1);
    scumble_image *photo = picture(s, 8, 8, 0), *image = photo;
    const float bad[3] = { 0, NAN, 0 }, outside[3] = { -1, 0.5f, 2 }, good[3] = { 0 }, no_alpha = INFINITY;
    assert_refused(s, scumble_image_create(s, 0, 1, good, NULL, &image), "from 1 to 65535");
    assert_null(image);
    assert_refused(s, scumble_image_create(s, 1, 65536, good, NULL, &image), "from 1 to 65535");
    assert_refused(s, scumble_image_create(s, 1, 1, bad, NULL, &image), "finite");
    assert_refused(s, scumble_image_create(s, 1, 1, good, &no_alpha, &image), "finite");
    assert_int_equal(scumble_image_create(s, 1, 1, outside, NULL, &image), 0);
    assert_true(scumble_image_rgb(image)[0] == 0 && scumble_image_rgb(image)[1] == 0.5f &&
                scumble_image_rgb(image)[2] == 1);
    scumble_image_free(&image);
    assert_refused(s, scumble_image_resize(s, photo, 5, 0, &image), "from 1 to 65535");
    assert_refused(s, scumble_inspect_features(s, "lite", photo, "relu1_1", 0, &image), "at least 1");
    static const double weights[] = { 0, -1, NAN, INFINITY, 1e300 };
    scumble_style *style;
    for (size_t i = 0; i < sizeof weights / sizeof *weights; i++) {
        scumble_painting given = { .image = photo, .weight = weights[i] };
        assert_refused(s, scumble_style_open(s, &given, 1, NULL, &style), "positive number");
        assert_null(style);
    }
    scumble_painting given = { .image = photo, .weight = 1 };
    assert_refused(s, scumble_style_open(s, &given, 0, NULL, &style), "from 1 to 64");
    assert_refused(s, scumble_style_open(s, &given, 65, NULL, &style), "from 1 to 64");
    assert_refused(s, scumble_style_open(s, &given, 1, PAINT_OPTIONS(NULL), &style),
                   "these are options of a painter; make those of a style, with SCUMBLE_OPTIONS_STYLE");
    scumble_image_free(&photo);
    scumble_close(&s);
}

/* ---- options --------------------------------------------------------------------------------------------------- */

static void options_round_trip(void **state)
{
    (void)state;
    static const char *const values[][3] = {
        /* name, text given, text back (NULL: the same) */
        { "size", "65535", NULL },
        { "size", "full", NULL },
        { "size", "auto", NULL },
        { "iterations", "100000", NULL },
        { "stop-after", "100000", NULL },
        { "scales", "16", NULL },
        { "init", "some file.png", NULL },
        { "seed", "18446744073709551615", NULL },
        { "max-memory", "1.5G", "1610612736" },
        { "max-memory", "900M", "943718400" },
        { "tiles", "512x342:0,1024x683:250000", NULL },
        { "alpha", "0.1", NULL },
        { "beta", "0.12345678901234567", NULL },
        { "tv", "auto", NULL },
        { "tv", "0", NULL },
        { "content-layers", "relu3_1:0.5,relu4_1", NULL },
        { "style-layers", "", NULL },
        { "style-scale", "0.05", NULL },
        { "colour", "match", NULL },
        { "encoder", "/models/a b.pth", NULL },
        { "pooling", "average", NULL },
        { "grid", "still", NULL },
        { "padding", "reflect", NULL },
        { "tileable", "yes", NULL },
        { "optimizer", "adam", NULL },
        { "learning-rate", "0.003", NULL },
        { "variable", "pyramid", NULL },
        { "preserve", "0.75", NULL },
        { "scale-factor", "1.5", NULL },
        { "rotations", "yes", NULL },
        { "content-terms", "structure:2,detail:0.1", NULL },
        { "style-terms", "w2,sliced:0.5", NULL },
        { "legible", "0.25", NULL },
        { "recolour", "0.75", NULL },
        { "style-objects", "keep", NULL },
        { "tiles", "320x240:0,640x480:40000", NULL },
    };
    scumble *s = open_context(1);
    const scumble_option_info *info;
    for (int i = 0; (info = scumble_option_at(SCUMBLE_OPTIONS_STYLE, i)); i++) {
        scumble_options *options = STYLE_OPTIONS(NULL), *copy = STYLE_OPTIONS(NULL);
        char text[1100], again[1100];
        bool tried = false;
        for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
            if (strcmp(values[k][0], info->name) != 0)
                continue;
            tried = true;
            assert_int_equal(scumble_options_set(s, options, info->name, values[k][1]), 0);
            assert_int_equal(scumble_options_get(s, options, info->name, text, sizeof text), 0);
            double given = strtod(values[k][1], NULL); /* digits may differ, the number not */
            if (strcmp(text, values[k][2] ? values[k][2] : values[k][1]) != 0 &&
                (given == 0 || strtod(text, NULL) != given))
                fail_msg("%s: %s came back as %s", info->name, values[k][1], text);
            assert_int_equal(scumble_options_set(s, copy, info->name, text), 0);
            assert_int_equal(scumble_options_get(s, copy, info->name, again, sizeof again), 0);
            assert_string_equal(text, again);
            assert_same_options(options, copy, SCUMBLE_OPTIONS_STYLE);
            assert_int_equal(scumble_options_get(s, options, info->name, text, 0), SCUMBLE_ERR_ARGUMENT);
        }
        if (!tried)
            fail_msg("the option %s has no value in this test", info->name);
        assert_true(*info->group && (!info->argument || *info->argument) && *info->help && !strchr(info->help, '\n'));
    }
    scumble_close(&s);
}

static void wrong_options_are_explained(void **state)
{
    (void)state;
    static const char *const wrong[][3] = {
        /* name, value, what the sentence must hold */
        { "siez", "100", "did you mean 'size'" },
        { "size", "0", "'full'" },
        { "size", "99999", "'full'" },
        { "size", "9x", "9x" },
        { "iterations", "0", "from 1 to 100000" },
        { "iterations", "1.5", "whole number" },
        { "scales", "17", "from 0 to 16" },
        { "seed", "-1", "whole number" },
        { "seed", " -1", "whole number" },
        { "seed", "18446744073709551616", "whole number" },
        { "max-memory", "2X", "900M" },
        { "max-memory", "nan", "900M" },
        { "alpha", "nan", "a number from" },
        { "beta", "1e10", "a number from" },
        { "tv", "-0.5", "a number from" },
        { "style-scale", "0", "a number from 0.05 to 8" },
        { "colour", "lumi", "did you mean 'luminance'" },
        { "optimizer", "sgd", "lbfgs|adam" },
        { "learning-rate", "inf", "a number from" },
        { "padding", "", "replicate" },
    };
    scumble *s = open_context(1);
    scumble_options *options = STYLE_OPTIONS(NULL);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_refused(s, scumble_options_set(s, options, wrong[i][0], wrong[i][1]), wrong[i][2]);
    char *longer = calloc(2000, 1);
    memset(longer, 'x', 1024);
    assert_refused(s, scumble_options_set(s, options, "encoder", longer), "1023 characters");
    free(longer);
    assert_same_options(options, STYLE_OPTIONS(NULL), SCUMBLE_OPTIONS_STYLE);
    scumble_close(&s);
}

/* Every preset does what its text says: the values it names, and no others. */
static void presets_set_what_they_name(void **state)
{
    (void)state;
    static const char *const names[] = { "painterly", "faithful", "full", "classic", "draft" };
    scumble *s = open_context(1);
    int count = 0;
    for (const scumble_preset_info *preset; (preset = scumble_preset_at(count)); count++) {
        assert_string_equal(preset->name, names[count]);
        assert_true(*preset->help && !strchr(preset->help, '\n') && strlen(preset->name) + strlen(preset->help) < 90);
        /* seed: what no preset names; beta: what some do */
        scumble_options *by_preset = STYLE_OPTIONS("seed", "77", "beta", "19"),
                        *by_flags = STYLE_OPTIONS("seed", "77", "beta", "19");
        assert_int_equal(scumble_options_preset(s, by_preset, preset->name), 0);
        char *words = strdup(preset->options), *rest = words;
        int values = 0;
        for (char *name; (name = strtok_r(rest, " ", &rest)); values++) {
            char *value = strchr(name, '=');
            assert_true(value && value > name);
            *value++ = 0;
            assert_int_equal(scumble_options_set(s, by_flags, name, value), 0);
        }
        free(words);
        assert_true(values >= 2);
        assert_same_options(by_preset, by_flags, SCUMBLE_OPTIONS_STYLE);
        scumble_style *style = open_style(s, by_preset); /* terms are judged only here */
        scumble_style_close(&style);
    }
    assert_int_equal(count, sizeof names / sizeof *names);
    assert_null(scumble_preset_at(-1));
    scumble_options *draft = STYLE_OPTIONS("size", "100");
    assert_int_equal(scumble_options_preset(NULL, draft, "draft"), 0);
    assert_true(value_of(draft, "size") == 100); /* smaller already */
    put_text(draft, "size", "full");
    assert_int_equal(scumble_options_preset(NULL, draft, "draft"), 0);
    assert_true(value_of(draft, "size") == 256);
    assert_refused(s, scumble_options_preset(s, draft, "paintery"),
                   "did you mean 'painterly'?); there are painterly, faithful,");
    assert_refused(s, scumble_options_preset(s, draft, ""), "there is no preset ''");
    assert_true(value_of(draft, "size") == 256);
    scumble_close(&s);
}

static void captions(void **state)
{
    (void)state;
    scumble *s = open_context(1);
    scumble_image *text = NULL, *longer = NULL;
    assert_refused(s, scumble_image_text(s, "x", 3, &text), "from 4 to 1000");
    assert_refused(s, scumble_image_text(s, "", 20, &text), "one line of UTF-8");
    assert_refused(s, scumble_image_text(s, "bad \xff", 20, &text), "one line of UTF-8");
    assert_refused(s, scumble_image_text(s, "a\nb", 20, &text), "one line of UTF-8");
    int code = scumble_image_text(s, "<seed> & 1", 20, &text);
    if (code == SCUMBLE_ERR_UNSUPPORTED) { /* no font here: then it has to say so */
        assert_non_null(strstr(scumble_error_text(s), "font"));
        scumble_close(&s);
        return;
    }
    assert_int_equal(code, 0);
    assert_int_equal(scumble_image_height(text), 20);
    assert_true(scumble_image_width(text) > 20 && scumble_image_width(text) < 400);
    float ink = 0, colour = 0;
    for (int i = 0; i < 20 * scumble_image_width(text); i++) {
        ink += scumble_image_alpha(text)[i];
        colour += scumble_image_rgb(text)[3 * i];
    }
    assert_true(ink > 20 && ink < 10 * (float)scumble_image_width(text) && colour == 0);
    assert_int_equal(scumble_image_text(s, "<seed> & 1 and more", 20, &longer), 0);
    assert_true(scumble_image_width(longer) > scumble_image_width(text));
    scumble_image_free(&text);
    assert_int_equal(scumble_image_text(s, "   ", 20, &text), SCUMBLE_ERR_UNSUPPORTED);
    assert_null(text);
    scumble_image_free(&longer);
    scumble_close(&s);
}

/* ---- runs ------------------------------------------------------------------------------------------------------ */

typedef struct watch {
    scumble *s;
    scumble_run *run;
    int stop_at; /* iteration; 0 = never */
    int calls;
    const char *checkpoint;  /* written when stopping; or NULL */
    scumble_image *snapshot; /* taken at the last call */
} watch;

static int on_progress(const scumble_event *event, void *user)
{
    watch *w = user;
    w->calls++;
    check_event(event, "stylize", "scale", "iterations");
    assert_int_equal(event->done, w->calls);
    assert_true(event->of == 6 && event->size_px > 0 && isfinite(loss_in(event, "total")));
    scumble_image *nested;
    assert_refused(w->s, scumble_run_step(w->run, 0), "being finished");
    assert_refused(w->s, scumble_run_finish(w->run, NULL, NULL, &nested), "being finished");
    assert_null(nested);
    assert_refused(w->s, scumble_run_restore(w->run, "x.checkpoint"), "has begun");
    scumble_image_free(&w->snapshot);
    assert_int_equal(scumble_run_picture(w->run, &w->snapshot), 0);
    bool stop = w->calls == w->stop_at;
    if (stop && w->checkpoint)
        assert_int_equal(scumble_run_save(w->run, w->checkpoint), 0);
    return stop;
}

static void assert_same_pixels(const scumble_image *a, const scumble_image *b)
{
    assert_true(scumble_image_width(a) == scumble_image_width(b) && scumble_image_height(a) == scumble_image_height(b));
    assert_memory_equal(scumble_image_rgb(a), scumble_image_rgb(b),
                        (size_t)scumble_image_width(a) * (size_t)scumble_image_height(a) * 3 * sizeof(float));
}

static void cancels_at_both_ends(void **state)
{
    (void)state;
    scumble *s = open_context(2);
    const scumble_options *options = quick_options();
    scumble_image *photo = picture(s, WIDTH, HEIGHT, 0), *whole, *part, *rest;
    scumble_style *style = open_style(s, options);
    assert_int_equal(paint_photo(style, photo, NULL, NULL, &whole), 0);
    const int stops[] = { 1, 4, 5, 6 }; /* the first; about where the scale changes; the last */
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
        watch w = { .s = s, .stop_at = stops[i], .checkpoint = "test_api.checkpoint" };
        assert_int_equal(open_run(style, NULL, photo, 0, 0, &w.run), 0);
        assert_int_equal(scumble_run_finish(w.run, on_progress, &w, &part), SCUMBLE_ERR_CANCELLED);
        assert_int_equal(w.calls, stops[i]);
        assert_non_null(strstr(scumble_error_text(s), "of 6 iterations"));
        assert_same_pixels(part, w.snapshot);
        for (int k = 0; k < VALUES; k++)
            assert_true(scumble_image_rgb(part)[k] >= 0 && scumble_image_rgb(part)[k] <= 1);
        if (stops[i] == 6)
            assert_same_pixels(part, whole);
        /* The run itself, and one of another style from the checkpoint, go on to the same end. */
        assert_int_equal(scumble_run_finish(w.run, NULL, NULL, &rest), 0);
        assert_same_pixels(rest, whole);
        scumble_image_free(&rest);
        scumble_run_close(&w.run);
        scumble_style *other = open_style(s, options);
        assert_int_equal(paint_rest(other, NULL, photo, "test_api.checkpoint", &rest), 0);
        assert_same_pixels(rest, whole);
        scumble_image_free(&rest);
        scumble_style_close(&other);
        scumble_image_free(&part);
        scumble_image_free(&w.snapshot);
    }
    remove("test_api.checkpoint");
    scumble_image_free(&whole);
    scumble_image_free(&photo);
    scumble_style_close(&style);
    scumble_close(&s);
}

static void pictures_and_states_outside_of_steps(void **state)
{
    (void)state;
    scumble *s = open_context(2);
    const scumble_options *options = quick_options();
    scumble_image *photo = picture(s, WIDTH, HEIGHT, 0), *result, *now;
    scumble_style *style = open_style(s, options);
    scumble_run *run;
    assert_int_equal(scumble_run_open(style, &run), 0);
    assert_string_equal(scumble_run_recipe(run), "");
    assert_refused(s, scumble_run_picture(run, &now), "no picture yet");
    assert_refused(s, scumble_run_save(run, "test_api.none"), "nothing to save yet");
    assert_refused(s, scumble_run_finish(run, NULL, NULL, &result), "there is nothing to paint");
    assert_int_equal(scumble_run_content(run, photo), 0);
    assert_int_equal(scumble_run_finish(run, NULL, NULL, &result), 0);
    assert_int_equal(scumble_run_picture(run, &now), 0);
    assert_same_pixels(result, now);
    assert_refused(s, scumble_run_save(run, "test_api.none"), "no run to save");
    scumble_image_free(&now);
    scumble_image_free(&result);
    scumble_run_close(&run);
    /* Stopped: the checkpoint can still be written, but not where it cannot. */
    watch w = { .s = s, .stop_at = 2 };
    assert_int_equal(open_run(style, NULL, photo, 0, 0, &w.run), 0);
    assert_int_equal(scumble_run_finish(w.run, on_progress, &w, &result), SCUMBLE_ERR_CANCELLED);
    assert_int_equal(scumble_run_save(w.run, "test_api.no_such_folder/x"), SCUMBLE_ERR_NOT_FOUND);
    assert_int_equal(scumble_run_save(w.run, "test_api.cancelled"), 0);
    scumble_run_close(&w.run);
    scumble_image_free(&w.snapshot);
    scumble_image_free(&result);
    /* It fits neither another photo (the same values in another shape), known before or after, nor other options. */
    scumble_image *turned = NULL;
    assert_int_equal(scumble_image_create(s, HEIGHT, WIDTH, scumble_image_rgb(photo), NULL, &turned), 0);
    assert_refused(s, paint_rest(style, NULL, turned, "test_api.cancelled", &result),
                   "'test_api.cancelled' cannot be resumed: the checkpoint belongs to another run: the photo");
    assert_int_equal(scumble_run_open(style, &run), 0);
    assert_int_equal(scumble_run_restore(run, "test_api.cancelled"), 0);
    assert_int_equal(scumble_run_content(run, turned), 0);
    assert_refused(s, scumble_run_finish(run, NULL, NULL, &result), "another run: the photo");
    assert_null(result);
    scumble_image_free(&turned);
    scumble_run_close(&run);
    scumble_options *others = quick_options();
    put(others, "beta", 12);
    scumble_style *other = open_style(s, others);
    assert_int_equal(scumble_run_open(other, &run), 0);
    assert_refused(s, scumble_run_restore(run, "test_api.cancelled"), "another run: `beta` was ");
    assert_int_equal(scumble_run_restore(run, "test_api.no_such_file"), SCUMBLE_ERR_NOT_FOUND);
    scumble_run_close(&run);
    scumble_style_close(&other);
    remove("test_api.cancelled");
    scumble_image_free(&photo);
    scumble_style_close(&style);
    scumble_close(&s);
}

/* Several paintings, in every colour mode; of their weights only the ratio matters. */
static void several_styles(void **state)
{
    (void)state;
    scumble *s = open_context(2);
    scumble_image *photo = picture(s, WIDTH, HEIGHT, 0), *one = picture(s, 40, 30, 1), *two = picture(s, 30, 44, 2),
                  *result, *scaled;
    static const char *const colours[] = { "style", "photo", "luminance", "match" };
    for (int colour = 0; colour < 4; colour++) {
        scumble_options *options = quick_options();
        put_text(options, "colour", colours[colour]);
        const scumble_painting styles[2] = { { one, 1, NULL }, { two, 3, NULL } },
                               larger[2] = { { one, 256, NULL }, { two, 768, NULL } };
        scumble_style *style;
        assert_int_equal(scumble_style_open(s, styles, 2, options, &style), 0);
        assert_int_equal(paint_photo(style, photo, NULL, NULL, &result), 0);
        scumble_style_close(&style);
        assert_int_equal(scumble_style_open(s, larger, 2, options, &style), 0);
        assert_int_equal(paint_photo(style, photo, NULL, NULL, &scaled), 0);
        scumble_style_close(&style);
        assert_same_pixels(result, scaled);
        scumble_image_free(&result);
        scumble_image_free(&scaled);
    }
    scumble_image_free(&photo);
    scumble_image_free(&one);
    scumble_image_free(&two);
    scumble_close(&s);
}

/* ---- recipes --------------------------------------------------------------------------------------------------- */

static void recipes_round_trip(void **state)
{
    (void)state;
    scumble *s = open_context(2);
    scumble_image *photo = picture(s, WIDTH, HEIGHT, 0), *painting = picture(s, 40, 40, 1), *result;
    assert_int_equal(scumble_image_save(s, painting, "test_api.painting.png", NULL), 0);
    scumble_image_free(&painting);
    assert_int_equal(scumble_image_load(s, "test_api.painting.png", &painting), 0);
    scumble_options *options = quick_options();
    put(options, "beta", 7.123456789012345);
    put_text(options, "style-layers", "relu1_1,relu2_1:0.3");
    const double weight = 1.0 / 3;
    const scumble_painting given = { .image = painting, .weight = weight };
    scumble_style *style;
    assert_int_equal(scumble_style_open(s, &given, 1, options, &style), 0);
    scumble_run *run;
    assert_int_equal(open_run(style, NULL, photo, 0, 0, &run), 0);
    assert_int_equal(scumble_run_finish(run, NULL, NULL, &result), 0);
    const scumble_save_options save = { .size = sizeof save, .recipe = scumble_run_recipe(run) };
    assert_int_equal(scumble_image_save(s, result, "test_api.result.png", &save), 0);
    scumble_run_close(&run);
    char *json, hex[65];
    assert_int_equal(scumble_recipe_load(s, "test_api.result.png", &json), 0);
    scumble_options *again = STYLE_OPTIONS(NULL);
    assert_int_equal(scumble_recipe_options(s, json, again), 0);
    assert_same_options(again, options, SCUMBLE_OPTIONS_STYLE);
    assert_refused(s, scumble_recipe_options(s, json, TRAIN_OPTIONS(NULL)), "these are options of a training;");
    scumble_recipe_file file;
    assert_int_equal(scumble_recipe_input(s, json, 0, &file),
                     SCUMBLE_ERR_NOT_FOUND); /* the photo did not come from a file */
    assert_true(!file.path && file.sha256 && strlen(file.sha256) == 64);
    assert_int_equal(scumble_recipe_input(s, json, 1, &file), 0);
    assert_string_equal(file.path, "test_api.painting.png");
    assert_true(file.weight == weight);
    assert_int_equal(scumble_file_sha256(s, "test_api.painting.png", hex), 0);
    assert_string_equal(file.sha256, hex);
    assert_int_equal(scumble_recipe_input(s, json, 2, &file), SCUMBLE_ERR_NOT_FOUND);
    assert_true(!file.path && !file.sha256);
    assert_int_equal(scumble_recipe_input(s, json, -1, &file), SCUMBLE_ERR_NOT_FOUND);
    scumble_text_free(&json);
    assert_null(json);
    /* Wrong ones; the options stay as they were. */
    assert_int_equal(scumble_recipe_options(s, "{", again), SCUMBLE_ERR_FORMAT);
    assert_int_equal(scumble_recipe_options(s, "{\"recipe\": 2}", again), SCUMBLE_ERR_FORMAT);
    assert_int_equal(
        scumble_recipe_options(s, "{\"recipe\": 1, \"options\": {\"alpha\": \"3\", \"beta\": \"x\"}}", again),
        SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_recipe_options(s, "{\"recipe\": 1, \"options\": {\"alpha\": 3}}", again),
                     SCUMBLE_ERR_FORMAT);
    assert_same_options(again, options, SCUMBLE_OPTIONS_STYLE);
    assert_int_equal(scumble_recipe_load(s, "test_api.painting.png", &json), SCUMBLE_ERR_NOT_FOUND);
    assert_null(json);
    remove("test_api.painting.png");
    remove("test_api.result.png");
    scumble_image_free(&result);
    scumble_image_free(&painting);
    scumble_image_free(&photo);
    scumble_style_close(&style);
    scumble_close(&s);
}

/* Another seed gives another picture from every start, and the same seed the same bytes at any number of threads. */
static void seeds(void **state)
{
    (void)state;
    static const char *const starts[] = { "content", "style", "noise" };
    static float pixels[5][VALUES];
    for (int k = 0; k < 3; k++) {
        for (int i = 0; i < 5; i++) { /* seeds 0, 1, 2, and again 0, 1 */
            scumble *s = open_context(i < 3 ? 1 : 3);
            scumble_options *options = quick_options();
            put(options, "seed", i % 3);
            put_text(options, "init", starts[k]);
            scumble_style *style = open_style(s, options);
            scumble_image *photo = picture(s, WIDTH, HEIGHT, 0), *result;
            assert_int_equal(paint_photo(style, photo, NULL, NULL, &result), 0);
            memcpy(pixels[i], scumble_image_rgb(result), sizeof pixels[i]);
            scumble_image_free(&photo);
            scumble_image_free(&result);
            scumble_style_close(&style);
            scumble_close(&s);
        }
        for (int i = 0; i < 3; i++) {
            double difference = 0;
            for (int v = 0; v < VALUES; v++)
                difference += fabs(pixels[i][v] - pixels[(i + 1) % 3][v]) / VALUES;
            if (!(difference > 0.005)) /* not a rounding error: what the eye can see */
                fail_msg("from %s, seeds %d and %d differ by %g", starts[k], i, (i + 1) % 3, difference);
        }
        assert_memory_equal(pixels[0], pixels[3], sizeof pixels[0]);
        assert_memory_equal(pixels[1], pixels[4], sizeof pixels[1]);
    }
}

/* ---- contexts, estimates --------------------------------------------------------------------------------------- */

static void *paint_alone(void *user)
{
    float *pixels = user;
    scumble *s = NULL;
    scumble_image *photo = NULL, *result = NULL;
    const scumble_config config = { .size = sizeof config, .threads = 2 };
    scumble_options *options = scumble_options_create(SCUMBLE_OPTIONS_STYLE); /* of this thread */
    scumble_style *style = NULL;
    put(options, "iterations", 6);
    put(options, "scales", 2);
    if (!scumble_open(&s, &config)) {
        photo = picture(s, WIDTH, HEIGHT, 0);
        style = open_style(s, options);
        if (!paint_photo(style, photo, NULL, NULL, &result))
            memcpy(pixels, scumble_image_rgb(result), VALUES * sizeof *pixels);
    }
    scumble_style_close(&style);
    scumble_image_free(&photo);
    scumble_image_free(&result);
    scumble_options_free(&options);
    scumble_close(&s);
    return NULL;
}

static void contexts_are_independent(void **state)
{
    (void)state;
    static float pixels[3][VALUES];
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, paint_alone, pixels[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    paint_alone(pixels[2]);
    assert_true(pixels[2][0] != 0 || pixels[2][VALUES / 2] != 0);
    assert_memory_equal(pixels[0], pixels[2], sizeof pixels[0]);
    assert_memory_equal(pixels[1], pixels[2], sizeof pixels[1]);
}

/* Of distillers, what needs no training: options, and what is refused. */
static void distillers(void **state)
{
    (void)state;
    scumble *s = open_context(1);
    scumble_options *options = DISTIL_OPTIONS(NULL);
    scumble_distiller *d = NULL;
    const char *const teachers[] = { "lite", NULL }, *const photos[] = { "/nowhere" };
    assert_true(value_of(options, "steps") == 2750 && value_of(options, "batch") == 8 &&
                value_of(options, "crop") == 128 && value_of(options, "learning-rate") == 2e-3);
    assert_int_equal(scumble_options_set(s, options, "batch", "1"), SCUMBLE_ERR_ARGUMENT);
    assert_non_null(strstr(scumble_error_text(s), "batch"));
    assert_int_equal(scumble_distiller_open(NULL, options, teachers, 1, photos, 1, &d), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_distiller_open(s, options, teachers, 2, photos, 1, &d), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_distiller_open(s, options, teachers, 0, photos, 1, &d), SCUMBLE_ERR_ARGUMENT);
    assert_non_null(strstr(scumble_error_text(s), "no encoder to learn from"));
    assert_int_equal(scumble_distiller_open(s, options, teachers, 1, photos, 0, &d), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_distiller_open(s, options, teachers, 1, photos, 1, &d), SCUMBLE_ERR_NOT_FOUND);
    put(options, "crop", 40);
    assert_int_equal(scumble_distiller_open(s, options, teachers, 1, photos, 1, &d), SCUMBLE_ERR_ARGUMENT);
    assert_non_null(strstr(scumble_error_text(s), "multiple of 16"));
    assert_int_equal(scumble_distiller_resume(s, "/nowhere", -1, 0, &d), SCUMBLE_ERR_ARGUMENT);
    assert_int_not_equal(scumble_distiller_resume(s, "/nowhere", 0, 0, &d), 0);
    assert_null(d);
    assert_int_equal(scumble_distiller_step(NULL), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_distiller_save(NULL, "x", NULL), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_distiller_checkpoint(NULL, "x"), SCUMBLE_ERR_ARGUMENT);
    assert_true(scumble_distiller_done(NULL) && !scumble_distiller_progress(NULL) &&
                !scumble_distiller_layers(NULL, NULL) && !scumble_distiller_complaint(NULL));
    scumble_distiller_close(&d);
    scumble_distiller_close(NULL);
    scumble_close(&s);
}

/* What a run of a photo of this size takes, with these options. */
static scumble_estimate estimate_of(scumble *s, const scumble_options *options, int width, int height, int wanted)
{
    scumble_style *style = open_style(s, options);
    scumble_run *run;
    const scumble_estimate *found;
    assert_int_equal(scumble_run_open(style, &run), 0);
    assert_int_equal(scumble_run_estimate(run, width, height, &found), wanted);
    scumble_estimate copy = *found;
    scumble_run_close(&run);
    scumble_style_close(&style);
    return copy;
}

static void estimates(void **state)
{
    (void)state;
    scumble *s = open_context(2);
    scumble_options *options = STYLE_OPTIONS(NULL);
    scumble_style *style = open_style(s, options);
    scumble_image *photo = picture(s, 300, 200, 0);
    scumble_run *run;
    const scumble_estimate *found;
    scumble_estimate small, large;
    assert_int_equal(scumble_run_open(style, &run), 0);
    assert_refused(s, scumble_run_estimate(run, 0, 9, &found), "must be positive");
    assert_refused(s, scumble_run_estimate(run, 0, 0, &found), "there is nothing to estimate");
    assert_null(found);
    assert_int_equal(scumble_run_estimate(run, 300, 200, &found), 0);
    small = *found;
    assert_true(small.width == 300 && small.height == 200 && small.memory_bytes > 0 &&
                small.free_bytes > small.memory_bytes && small.time_s > 0);
    assert_int_equal(scumble_run_content(run, photo), 0);
    assert_int_equal(scumble_run_estimate(run, 0, 0, &found), 0); /* of its own photo */
    assert_true(found->width == 300 && found->height == 200 && found->memory_bytes == small.memory_bytes);
    assert_int_equal(scumble_run_estimate(run, 3000, 2000, &found), 0); /* 512 at most, unless asked for */
    assert_true(found->width == 512 && found->height == 341 && found->memory_bytes > small.memory_bytes);
    scumble_run_close(&run);
    scumble_image_free(&photo);
    scumble_style_close(&style);
    put_text(options, "size", "full");
    /* Far beyond any disk: sizes of 64 bits all the way, and advice of a size that would do. */
    large = estimate_of(s, options, 65535, 65535, SCUMBLE_ERR_LIMIT);
    assert_true(large.width == 65535 && large.height == 65535 && large.tile_edge > 0 && isfinite(large.time_s));
    assert_non_null(strstr(scumble_error_text(s), "try `size` "));
    put_text(options, "max-memory", "400M");
    large = estimate_of(s, options, 3000, 2000, 0);
    assert_true(large.width == 3000 && large.tile_edge > 0 && large.memory_bytes <= (int64_t)400 << 20);
    scumble_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(null_is_refused),
        cmocka_unit_test(versions),
        cmocka_unit_test(structs_say_their_size),
        cmocka_unit_test(bad_configurations_are_refused),
        cmocka_unit_test(wrong_arguments_are_refused),
        cmocka_unit_test(options_round_trip),
        cmocka_unit_test(wrong_options_are_explained),
        cmocka_unit_test(presets_set_what_they_name),
        cmocka_unit_test(captions),
        cmocka_unit_test(cancels_at_both_ends),
        cmocka_unit_test(pictures_and_states_outside_of_steps),
        cmocka_unit_test(several_styles),
        cmocka_unit_test(recipes_round_trip),
        cmocka_unit_test(seeds),
        cmocka_unit_test(contexts_are_independent),
        cmocka_unit_test(distillers),
        cmocka_unit_test(estimates),
    };
    return cmocka_run_group_tests_name("api", tests, NULL, NULL);
}
