/* SPDX-License-Identifier: MIT */
/* Distillers as an application sees them: only distil.h and the shared library. Options by name, misuse, a distilling
 * and what it tells, its encoder at work, no space, hostile checkpoints, going on to the same bytes. */
#include "training_fixture.h"
#include "event_fixture.h"

#include "paint_fixture.h"

#include <scumble/distil.h>

static scumble_options *tiny(int64_t steps)
{
    scumble_options *o = DISTIL_OPTIONS("batch", "2", "crop", "32", "seed", "3", "name", "tiny");
    put(o, "steps", (double)steps);
    return o;
}

static scumble_distiller *open_tiny(const scumble_options *options)
{
    scumble_distiller *distiller;
    MUST(scumble_distiller_open(s, options, (const char *[]){ "lite" }, 1, (const char *[]){ path_in("photos") }, 1,
                                &distiller));
    return distiller;
}

static void take_steps(scumble_distiller *distiller, int count)
{
    for (int i = 0; i < count; i++)
        MUST(scumble_distiller_step(distiller));
}

static void options_by_name(void **state)
{
    (void)state;
    scumble_options *defaults = DISTIL_OPTIONS(NULL), *o = DISTIL_OPTIONS(NULL);
    char text[1024];
    for (int i = 0; scumble_option_at(SCUMBLE_OPTIONS_DISTIL, i); i++) {
        const char *name = scumble_option_at(SCUMBLE_OPTIONS_DISTIL, i)->name;
        MUST(scumble_options_get(s, defaults, name, text, sizeof text));
        MUST(scumble_options_set(s, o, name, text));
    }
    assert_same_options(o, defaults, SCUMBLE_OPTIONS_DISTIL);
    MUST(scumble_options_set(s, o, "time", "2m"));
    assert_true(value_of(o, "time") == 120);
    static const char *const wrong[][3] = { { "steps", "0", "steps" },
                                            { "crop", "31", "crop" },
                                            { "batch", "1", "batch" },
                                            { "learning-rate", "nan", "learning_rate" },
                                            { "stesp", "1", "stesp" } };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_fails(scumble_options_set(s, o, wrong[i][0], wrong[i][1]), SCUMBLE_ERR_ARGUMENT, wrong[i][2]);
}

static void refused(const scumble_options *o, const char *const *teachers, int teacher_count, const char *const *photos,
                    int photo_count, int code, const char *words)
{
    scumble_distiller *distiller = (scumble_distiller *)&folder;
    assert_fails(scumble_distiller_open(s, o, teachers, teacher_count, photos, photo_count, &distiller), code, words);
    assert_null(distiller);
}

static void wrong_openings(void **state)
{
    (void)state;
    const scumble_options *good = tiny(2);
    scumble_options *o = tiny(2);
    scumble_distiller *distiller;
    const char *lite[] = { "lite" }, *lita[] = { "lita" }, *photos[] = { path_in("photos") },
               *none[] = { path_in("none") }, *null[] = { NULL };
    refused(PAINT_OPTIONS(NULL), lite, 1, photos, 1, SCUMBLE_ERR_ARGUMENT,
            "these are options of a painter; make those of a distillation, with SCUMBLE_OPTIONS_DISTIL");
    refused(good, NULL, 1, photos, 1, SCUMBLE_ERR_ARGUMENT, "NULL");
    refused(good, lite, 1, NULL, 1, SCUMBLE_ERR_ARGUMENT, "NULL");
    refused(good, null, 1, photos, 1, SCUMBLE_ERR_ARGUMENT, "NULL");
    refused(good, lite, 1, null, 1, SCUMBLE_ERR_ARGUMENT, "NULL");
    refused(good, lite, 0, photos, 1, SCUMBLE_ERR_ARGUMENT, "no encoder");
    refused(good, lite, 1, photos, 0, SCUMBLE_ERR_ARGUMENT, "no pictures");
    refused(good, lita, 1, photos, 1, SCUMBLE_ERR_NOT_FOUND, "lite");
    refused(good, lite, 1, none, 1, SCUMBLE_ERR_NOT_FOUND, "none");
    put(o, "crop", 40);
    refused(o, lite, 1, photos, 1, SCUMBLE_ERR_ARGUMENT, "`crop`: 40 is not a multiple of 16");
    assert_fails(scumble_distiller_open(s, good, lite, 1, photos, 1, NULL), SCUMBLE_ERR_ARGUMENT, "NULL");
    assert_int_equal(scumble_distiller_open(NULL, good, lite, 1, photos, 1, &distiller), SCUMBLE_ERR_ARGUMENT);
}

static void misuse(void **state)
{
    (void)state;
    scumble_options *o = tiny(1);
    scumble_distiller *none = NULL, *distiller = open_tiny(o);
    int64_t photos = 1, parameters = 1;
    assert_int_equal(scumble_distiller_step(NULL), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_distiller_save(NULL, path_in("x"), NULL), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_distiller_checkpoint(NULL, path_in("x")), SCUMBLE_ERR_ARGUMENT);
    assert_null(scumble_distiller_progress(NULL));
    assert_int_equal(scumble_distiller_done(NULL), 1);
    assert_int_equal(scumble_distiller_layers(NULL, NULL), 0);
    assert_null(scumble_distiller_complaint(NULL));
    scumble_distiller_facts(NULL, &photos, &parameters);
    assert_true(photos == 0 && parameters == 0);
    scumble_distiller_facts(distiller, NULL, NULL);
    assert_fails(scumble_distiller_save(distiller, NULL, NULL), SCUMBLE_ERR_ARGUMENT, "NULL");
    assert_fails(scumble_distiller_checkpoint(distiller, NULL), SCUMBLE_ERR_ARGUMENT, "NULL");
    scumble_distiller_close(NULL);
    scumble_distiller_close(&none);
    scumble_distiller_close(&distiller);
    assert_null(distiller);
    scumble_distiller_close(&distiller);
}

static void a_distilling(void **state)
{
    (void)state;
    scumble_options *o = tiny(6);
    write_bytes("photos/broken.png", "\x89PNG\r\n\x1a\n", 8);
    write_bytes("photos/broken-too.png", "\x89PNG\r\n\x1a\n", 8); /* for one of them may be held out */
    scumble_distiller *distiller = open_tiny(o);
    const char *names[SCUMBLE_DISTIL_LAYERS];
    int64_t photos, parameters;
    scumble_distiller_facts(distiller, &photos, &parameters);
    assert_true(photos >= 4 && photos <= 5 && parameters > 10000);
    assert_int_equal(scumble_distiller_layers(distiller, names), SCUMBLE_DISTIL_LAYERS);
    assert_string_equal(names[0], "relu1_1");
    for (int i = 1; i <= 6; i++) {
        assert_int_equal(scumble_distiller_done(distiller), 0);
        MUST(scumble_distiller_step(distiller));
        const scumble_event *e = scumble_distiller_progress(distiller);
        check_event(e, "distil", "steps", "steps");
        assert_true(e->done == i && e->of == 6 && e->elapsed_s > 0 && e->loss_count == SCUMBLE_DISTIL_LAYERS + 1);
        double sum = 0;
        for (int k = 0; k < SCUMBLE_DISTIL_LAYERS; k++) {
            assert_true(loss_in(e, names[k]) > 0 && loss_in(e, names[k]) < 100);
            sum += loss_in(e, names[k]);
        }
        assert_true(fabs(sum - loss_in(e, "total")) < 1e-6 * sum);
    }
    assert_int_equal(scumble_distiller_done(distiller), 1);
    int complaints = 0;
    for (const char *text; (text = scumble_distiller_complaint(distiller)); complaints++)
        assert_non_null(strstr(text, "/broken"));
    assert_in_range(complaints, 1, 2);
    scumble_distiller_close(&distiller);
    remove(path_in("photos/broken.png"));
    remove(path_in("photos/broken-too.png"));
    put(o, "steps", 1000000);
    put(o, "time", 1e-3);
    distiller = open_tiny(o);
    take_steps(distiller, 1);
    assert_int_equal(scumble_distiller_done(distiller), 1);
    scumble_distiller_close(&distiller);
}

/* As in test_trainer_api.c; and what comes of it paints. */
static void goes_on_to_the_same_bytes(void **state)
{
    (void)state;
    scumble_options *o = tiny(4);
    scumble_distiller *whole = open_tiny(o), *part = open_tiny(o), *rest;
    double unexplained[2][SCUMBLE_DISTIL_LAYERS];
    take_steps(whole, 4);
    MUST(scumble_distiller_save(whole, path_in("whole.safetensors"), unexplained[0]));
    scumble_distiller_close(&whole);
    take_steps(part, 2);
    MUST(scumble_distiller_checkpoint(part, path_in("part.checkpoint")));
    scumble_distiller_close(&part);
    scumble *first = s;
    MUST(scumble_open(&s, &(scumble_config){ .size = sizeof(scumble_config), .data_dir = folder, .threads = 1 }));
    MUST(scumble_distiller_resume(s, path_in("part.checkpoint"), 0, 0, &rest));
    check_event(scumble_distiller_progress(rest), "distil", "steps", "steps");
    assert_true(scumble_distiller_progress(rest)->done == 2 && scumble_distiller_progress(rest)->of == 4);
    assert_true(scumble_distiller_progress(rest)->elapsed_s > 0 && scumble_distiller_progress(rest)->loss_count == 0);
    take_steps(rest, 2);
    assert_int_equal(scumble_distiller_done(rest), 1);
    MUST(scumble_distiller_save(rest, path_in("rest.safetensors"), unexplained[1]));
    assert_memory_equal(unexplained[0], unexplained[1], sizeof unexplained[0]);
    assert_same_files("whole.safetensors", "rest.safetensors");
    scumble_distiller_close(&rest);
    scumble_close(&s);
    s = first;
    const scumble_options *options = STYLE_OPTIONS("encoder", path_in("whole.safetensors"), "iterations", "2");
    scumble_image *photo = picture(48, 48, 1), *result;
    scumble_style *style;
    MUST(scumble_style_open(s, &(scumble_painting){ .image = photo, .weight = 1 }, 1, options, &style));
    MUST(paint_photo(style, photo, NULL, NULL, &result));
    scumble_style_close(&style);
    scumble_image_free(&photo);
    scumble_image_free(&result);
}

static void no_resume(const char *name, int64_t steps, double time_s, int code, const char *words)
{
    scumble_distiller *distiller = (scumble_distiller *)&folder;
    assert_fails(scumble_distiller_resume(s, path_in(name), steps, time_s, &distiller), code, words);
    assert_null(distiller);
}

static void hostile_checkpoints(void **state)
{
    (void)state;
    scumble_distiller *distiller;
    size_t size;
    uint8_t *bytes = read_bytes("part.checkpoint", &size);
    no_resume("none.checkpoint", 0, 0, SCUMBLE_ERR_NOT_FOUND, "none.checkpoint");
    no_resume("photos/a.png", 0, 0, SCUMBLE_ERR_FORMAT, "a.png");
    no_resume("whole.safetensors", 0, 0, SCUMBLE_ERR_FORMAT, "whole.safetensors");
    no_resume("part.checkpoint", -1, 0, SCUMBLE_ERR_ARGUMENT, "1e9");
    no_resume("part.checkpoint", 0, NAN, SCUMBLE_ERR_ARGUMENT, "1e9");
    for (size_t cut = 0; cut < size; cut += cut < 64 ? 7 : size / 5) {
        write_bytes("cut.checkpoint", bytes, cut);
        no_resume("cut.checkpoint", 0, 0, SCUMBLE_ERR_FORMAT, "cut.checkpoint");
    }
    for (size_t at = 8; at < 1500; at += 251) {
        bytes[at] ^= 0x15;
        write_bytes("changed.checkpoint", bytes, size);
        int code = scumble_distiller_resume(s, path_in("changed.checkpoint"), 0, 0, &distiller);
        assert_true(code ? !distiller && strlen(scumble_error_text(s)) > 20 : distiller != NULL);
        scumble_distiller_close(&distiller);
        bytes[at] ^= 0x15;
    }
    free(bytes);
    assert_fails(scumble_distiller_resume(s, NULL, 0, 0, &distiller), SCUMBLE_ERR_ARGUMENT, "NULL");
    assert_fails(scumble_distiller_resume(s, path_in("part.checkpoint"), 0, 0, NULL), SCUMBLE_ERR_ARGUMENT, "NULL");
    assert_int_equal(scumble_distiller_resume(NULL, path_in("part.checkpoint"), 0, 0, &distiller),
                     SCUMBLE_ERR_ARGUMENT);
}

/* A teacher that is another by now, and files that cannot be written. */
static void what_changed_or_is_full(void **state)
{
    (void)state;
    scumble_options *o = tiny(2);
    scumble_distiller *distiller;
    size_t size;
    uint8_t *bytes = read_bytes("whole.safetensors", &size);
    MUST(scumble_distiller_open(s, o, (const char *[]){ path_in("whole.safetensors") }, 1,
                                (const char *[]){ path_in("photos/a.png"), path_in("photos/b.png") }, 2, &distiller));
    take_steps(distiller, 1);
    assert_fails(scumble_distiller_save(distiller, path_in("none/x.safetensors"), NULL), SCUMBLE_ERR_NOT_FOUND, "none");
    assert_fails(scumble_distiller_checkpoint(distiller, path_in("none/x")), SCUMBLE_ERR_NOT_FOUND, "none");
    MUST(scumble_distiller_checkpoint(distiller, path_in("old.checkpoint")));
    MUST(scumble_distiller_checkpoint(distiller, path_in("kept.checkpoint")));
    limit_files(5000);
    int codes[2] = { scumble_distiller_save(distiller, path_in("full.safetensors"), NULL), 0 };
    codes[1] = scumble_distiller_checkpoint(distiller, path_in("old.checkpoint"));
    limit_files(0);
    assert_true(codes[0] == SCUMBLE_ERR_NO_SPACE && codes[1] == SCUMBLE_ERR_NO_SPACE);
    assert_non_null(strstr(scumble_error_text(s), "old.checkpoint"));
    assert_false(is_there("full.safetensors"));
    assert_same_files("old.checkpoint", "kept.checkpoint");
    take_steps(distiller, 1);
    scumble_distiller_close(&distiller);
    bytes[size - 3] ^= 1; /* of a weight */
    write_bytes("whole.safetensors", bytes, size);
    free(bytes);
    scumble *first = s;
    MUST(scumble_open(&s, &(scumble_config){ .size = sizeof(scumble_config), .data_dir = folder, .threads = 2 }));
    no_resume("old.checkpoint", 0, 0, SCUMBLE_ERR_ARGUMENT, "another teacher");
    scumble_close(&s);
    s = first;
}

int main(void)
{
    /* In this order: later ones use the files of earlier ones. */
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_by_name),
        cmocka_unit_test(wrong_openings),
        cmocka_unit_test(misuse),
        cmocka_unit_test(a_distilling),
        cmocka_unit_test(goes_on_to_the_same_bytes),
        cmocka_unit_test(hostile_checkpoints),
        cmocka_unit_test(what_changed_or_is_full),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
