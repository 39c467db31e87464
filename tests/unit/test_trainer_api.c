/* SPDX-License-Identifier: MIT */
/* Trainers as an application sees them: only train.h and the shared library. Options by name, misuse, a training and
 * what it tells, its files, no space, hostile checkpoints, going on to the same bytes; and the painter that comes of
 * it: judged, exported, imported. */
#include "training_fixture.h"
#include "event_fixture.h"

#include <scumble/painter.h>
#include <scumble/train.h>

static scumble_options *tiny(int64_t steps)
{
    scumble_options *o =
        TRAIN_OPTIONS("encoder", "lite", "size", "small", "batch", "1", "crop", "64", "style-size", "64", "seed", "3");
    put(o, "steps", (double)steps);
    return o;
}

/* Trains on the folder's photos in the style of painting.png. */
static scumble_trainer *open_tiny(const scumble_options *options)
{
    scumble_image *painting;
    scumble_trainer *trainer;
    MUST(scumble_image_load(s, path_in("painting.png"), &painting));
    MUST(scumble_trainer_open(s, options, &(scumble_painting){ .image = painting, .weight = 2 }, 1,
                              (const char *[]){ path_in("photos") }, 1, &trainer));
    scumble_image_free(&painting); /* it was copied */
    return trainer;
}

static void take_steps(scumble_trainer *trainer, int count)
{
    for (int i = 0; i < count; i++)
        MUST(scumble_trainer_step(trainer));
}

static void options_by_name(void **state)
{
    (void)state;
    scumble_options *defaults = TRAIN_OPTIONS(NULL), *o = TRAIN_OPTIONS(NULL);
    char text[1024];
    for (int i = 0; scumble_option_at(SCUMBLE_OPTIONS_TRAIN, i); i++) {
        const char *name = scumble_option_at(SCUMBLE_OPTIONS_TRAIN, i)->name;
        MUST(scumble_options_get(s, defaults, name, text, sizeof text));
        MUST(scumble_options_set(s, o, name, text));
    }
    assert_same_options(o, defaults, SCUMBLE_OPTIONS_TRAIN);
    MUST(scumble_options_set(s, o, "steps", "17"));
    MUST(scumble_options_set(s, o, "time", "2m"));
    assert_true(value_of(o, "steps") == 17 && value_of(o, "time") == 120);
    assert_string_equal(text_of(o, "steps"), "17");
    static const char *const wrong[][3] = {
        { "steps", "0", "steps" },    { "crop", "63", "crop" },
        { "beta", "nan", "beta" },    { "batch", "65", "batch" },
        { "size", "huge", "medium" }, { "learning-rate", "2", "learning_rate" },
        { "seed", "-1", "seed" },     { "discriminator", "maybe", "discriminator" },
        { "stesp", "1", "stesp" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_fails(scumble_options_set(s, o, wrong[i][0], wrong[i][1]), SCUMBLE_ERR_ARGUMENT, wrong[i][2]);
    assert_true(value_of(o, "steps") == 17 && value_of(o, "batch") == value_of(defaults, "batch"));
}

/* Opening with one thing wrong: it fails, says `words`, and leaves NULL. */
static void refused(const scumble_options *o, const scumble_painting *styles, int style_count,
                    const char *const *photos, int photo_count, int code, const char *words)
{
    scumble_trainer *trainer = (scumble_trainer *)&folder;
    assert_fails(scumble_trainer_open(s, o, styles, style_count, photos, photo_count, &trainer), code, words);
    assert_null(trainer);
}

static void wrong_openings(void **state)
{
    (void)state;
    const scumble_options *good = tiny(2);
    scumble_options *o;
    scumble_image *painting = picture(96, 80, 7), *speck = picture(20, 20, 7);
    const scumble_painting given = { .image = painting, .weight = 1 };
    const char *photos[] = { path_in("photos") }, *none[] = { path_in("none") }, *null[] = { NULL };
    const char *text[] = { path_in("note.txt") };
    scumble_trainer *trainer;
    refused(STYLE_OPTIONS(NULL), &given, 1, photos, 1, SCUMBLE_ERR_ARGUMENT,
            "these are options of a style; make those of a training, with SCUMBLE_OPTIONS_TRAIN");
    refused(good, NULL, 1, photos, 1, SCUMBLE_ERR_ARGUMENT, "NULL");
    refused(good, &given, 1, NULL, 1, SCUMBLE_ERR_ARGUMENT, "NULL");
    refused(good, &given, 1, null, 1, SCUMBLE_ERR_ARGUMENT, "NULL");
    refused(good, &given, 0, photos, 1, SCUMBLE_ERR_ARGUMENT, "no painting");
    refused(good, &given, 1, photos, 0, SCUMBLE_ERR_ARGUMENT, "no photos");
    refused(good, &(scumble_painting){ .weight = 1 }, 1, photos, 1, SCUMBLE_ERR_ARGUMENT, "painting is NULL");
    static const double weights[] = { 0, -1, NAN, INFINITY, 2e9 };
    for (size_t i = 0; i < sizeof weights / sizeof *weights; i++)
        refused(good, &(scumble_painting){ .image = painting, .weight = weights[i] }, 1, photos, 1,
                SCUMBLE_ERR_ARGUMENT, "weight");
    refused(good, &(scumble_painting){ .image = speck, .weight = 1 }, 1, photos, 1, SCUMBLE_ERR_UNSUPPORTED, "20");
    refused(good, &given, 1, none, 1, SCUMBLE_ERR_NOT_FOUND, "none");
    write_bytes("note.txt", "no picture", 10);
    refused(good, &given, 1, text, 1, SCUMBLE_ERR_FORMAT, "note.txt");
    static const struct {
        const char *name, *value;
        int code;
        const char *words;
    } wrong[] = {
        { "crop", "72", SCUMBLE_ERR_ARGUMENT, "`crop`: 72 is not a multiple of 16" },
        { "encoder", "lita", SCUMBLE_ERR_NOT_FOUND, "lite" },
        { "style-terms", "nnfm", SCUMBLE_ERR_ARGUMENT, "follows one picture" },
        { "style-layers", "relu9_1", SCUMBLE_ERR_NOT_FOUND, "relu9_1" },
        { "critic-layer", "relu9_1", SCUMBLE_ERR_NOT_FOUND, "critic_layer" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        o = tiny(2);
        put_text(o, wrong[i].name, wrong[i].value);
        refused(o, &given, 1, photos, 1, wrong[i].code, wrong[i].words);
    }
    assert_fails(scumble_trainer_open(s, good, &given, 1, photos, 1, NULL), SCUMBLE_ERR_ARGUMENT, "NULL");
    assert_int_equal(scumble_trainer_open(NULL, good, &given, 1, photos, 1, &trainer), SCUMBLE_ERR_ARGUMENT);
    scumble_image_free(&painting);
    scumble_image_free(&speck);
}

/* Without a trainer, or without what a function needs. */
static void misuse(void **state)
{
    (void)state;
    scumble_options *o = tiny(1);
    scumble_trainer *none = NULL, *trainer = open_tiny(o);
    scumble_image *photos = NULL, *painted = NULL;
    int64_t count = 1, parameters = 1;
    assert_int_equal(scumble_trainer_step(NULL), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_trainer_permit(NULL, "me"), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_trainer_sample(NULL, &photos, &painted, NULL), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_trainer_save(NULL, path_in("x")), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_trainer_checkpoint(NULL, path_in("x")), SCUMBLE_ERR_ARGUMENT);
    assert_null(scumble_trainer_progress(NULL));
    assert_int_equal(scumble_trainer_done(NULL), 1);
    assert_null(scumble_trainer_complaint(NULL));
    assert_string_equal(scumble_trainer_recipe(NULL), "");
    assert_null(scumble_trainer_options(NULL));
    scumble_trainer_facts(NULL, &count, &parameters);
    assert_true(count == 0 && parameters == 0);
    scumble_trainer_facts(trainer, NULL, NULL);
    assert_fails(scumble_trainer_permit(trainer, NULL), SCUMBLE_ERR_ARGUMENT, "NULL");
    assert_fails(scumble_trainer_save(trainer, NULL), SCUMBLE_ERR_ARGUMENT, "NULL");
    assert_fails(scumble_trainer_checkpoint(trainer, NULL), SCUMBLE_ERR_ARGUMENT, "NULL");
    assert_int_equal(scumble_trainer_progress(trainer)->done, 0);
    scumble_trainer_close(NULL);
    scumble_trainer_close(&none);
    scumble_trainer_close(&trainer);
    assert_null(trainer);
    scumble_trainer_close(&trainer);
}

static void a_training(void **state)
{
    (void)state;
    scumble_options *o = tiny(3);
    write_bytes("photos/broken.png", "\x89PNG\r\n\x1a\n", 8);
    scumble_trainer *trainer = open_tiny(o);
    int64_t photos, parameters;
    scumble_trainer_facts(trainer, &photos, &parameters);
    assert_true(photos >= 3 && photos <= 4 && parameters > 10000);
    assert_true(value_of(scumble_trainer_options(trainer), "tv") >= 0 &&
                value_of(scumble_trainer_options(trainer), "steps") == 3);
    assert_non_null(strstr(scumble_trainer_recipe(trainer), "\"steps\":\"3\""));
    assert_null(strstr(scumble_trainer_recipe(trainer), folder)); /* the painter tells names, not paths */
    assert_fails(scumble_trainer_permit(trainer, ""), SCUMBLE_ERR_ARGUMENT, "permission");
    MUST(scumble_trainer_permit(trainer, "the painter's heirs"));
    assert_non_null(strstr(scumble_trainer_recipe(trainer), "the painter's heirs"));
    assert_fails(scumble_trainer_permit(trainer, "another"), SCUMBLE_ERR_FORMAT, "permission");
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(scumble_trainer_done(trainer), 0);
        MUST(scumble_trainer_step(trainer));
        const scumble_event *e = scumble_trainer_progress(trainer);
        check_event(e, "train", "steps", "steps");
        assert_true(e->done == i && e->of == 3 && e->elapsed_s > 0 && e->eta_s >= 0 && e->loss_count == 6);
        assert_true(loss_in(e, "content") > 0 && loss_in(e, "style") > 0 && loss_in(e, "tv") > 0);
        assert_true(loss_in(e, "discriminator") > 0 && isfinite(loss_in(e, "adversarial")));
        double total = value_of(o, "alpha") * loss_in(e, "content") + value_of(o, "beta") * loss_in(e, "style") +
                       value_of(o, "gamma") * loss_in(e, "adversarial") +
                       value_of(scumble_trainer_options(trainer), "tv") * loss_in(e, "tv");
        assert_float_equal(loss_in(e, "total"), total, 1e-4 * fabs(total) + 1e-6);
    }
    assert_int_equal(scumble_trainer_done(trainer), 1);
    int complaints = 0;
    for (const char *text; (text = scumble_trainer_complaint(trainer)); complaints++)
        assert_non_null(strstr(text, "broken.png"));
    assert_int_equal(complaints, 1);
    scumble_image *shown, *painted;
    double auc = -1;
    MUST(scumble_trainer_sample(trainer, &shown, &painted, &auc));
    assert_true(auc >= 0 && auc <= 1);
    assert_true(scumble_image_width(shown) == scumble_image_width(painted) && scumble_image_height(shown) == 64);
    assert_memory_not_equal(scumble_image_rgb(shown), scumble_image_rgb(painted), 1000);
    scumble_image_free(&shown);
    scumble_image_free(&painted);
    MUST(scumble_trainer_sample(trainer, NULL, NULL, NULL));
    scumble_trainer_close(&trainer);
    remove(path_in("photos/broken.png"));
}

static void time_ends_it(void **state)
{
    (void)state;
    scumble_options *o = tiny(1000000);
    put(o, "time", 1e-3);
    scumble_trainer *trainer = open_tiny(o);
    take_steps(trainer, 1);
    assert_int_equal(scumble_trainer_done(trainer), 1);
    scumble_trainer_close(&trainer);
}

/* A training that stops after two of four steps, and goes on in another context with another number of threads: the
 * same painter, to the byte. What was permitted stays. */
static void goes_on_to_the_same_bytes(void **state)
{
    (void)state;
    scumble_options *o = tiny(4);
    put_text(o, "name", "Tiny"); /* not that of the file */
    scumble_trainer *whole = open_tiny(o), *part = open_tiny(o), *rest;
    take_steps(whole, 4);
    MUST(scumble_trainer_save(whole, path_in("whole.scumble")));
    scumble_trainer_close(&whole);
    take_steps(part, 2);
    MUST(scumble_trainer_checkpoint(part, path_in("part.checkpoint")));
    MUST(scumble_trainer_permit(part, "a museum"));
    MUST(scumble_trainer_checkpoint(part, path_in("permitted.checkpoint")));
    scumble_trainer_close(&part);
    scumble *first = s;
    MUST(scumble_open(&s, &(scumble_config){ .size = sizeof(scumble_config), .data_dir = folder, .threads = 1 }));
    MUST(scumble_trainer_resume(s, path_in("part.checkpoint"), 0, 0, &rest));
    check_event(scumble_trainer_progress(rest), "train", "steps", "steps");
    assert_true(scumble_trainer_progress(rest)->done == 2 && scumble_trainer_progress(rest)->of == 4);
    assert_true(scumble_trainer_progress(rest)->elapsed_s > 0 && scumble_trainer_progress(rest)->loss_count == 0);
    take_steps(rest, 2);
    assert_int_equal(scumble_trainer_done(rest), 1);
    MUST(scumble_trainer_save(rest, path_in("rest.scumble")));
    assert_same_files("whole.scumble", "rest.scumble");
    scumble_trainer_close(&rest);
    scumble_close(&s);
    s = first;
    /* With more steps than it began with. */
    MUST(scumble_trainer_resume(s, path_in("permitted.checkpoint"), 9, 60, &rest));
    assert_non_null(strstr(scumble_trainer_recipe(rest), "a museum"));
    assert_true(value_of(scumble_trainer_options(rest), "steps") == 9 &&
                value_of(scumble_trainer_options(rest), "time") == 60);
    scumble_trainer_close(&rest);
}

static void no_resume(const char *name, int64_t steps, double time_s, int code, const char *words)
{
    scumble_trainer *trainer = (scumble_trainer *)&folder;
    assert_fails(scumble_trainer_resume(s, path_in(name), steps, time_s, &trainer), code, words);
    assert_null(trainer);
}

/* What is no checkpoint, one that was cut or changed, one whose painting is another or gone. */
static void hostile_checkpoints(void **state)
{
    (void)state;
    scumble_trainer *trainer;
    size_t size;
    uint8_t *bytes = read_bytes("part.checkpoint", &size);
    no_resume("none.checkpoint", 0, 0, SCUMBLE_ERR_NOT_FOUND, "none.checkpoint");
    no_resume("photos/a.png", 0, 0, SCUMBLE_ERR_FORMAT, "a.png");
    no_resume("whole.scumble", 0, 0, SCUMBLE_ERR_FORMAT, "whole.scumble");
    no_resume("part.checkpoint", -1, 0, SCUMBLE_ERR_ARGUMENT, "1e9");
    no_resume("part.checkpoint", 2000000000, 0, SCUMBLE_ERR_ARGUMENT, "1e9");
    no_resume("part.checkpoint", 0, -1, SCUMBLE_ERR_ARGUMENT, "1e9");
    no_resume("part.checkpoint", 0, NAN, SCUMBLE_ERR_ARGUMENT, "1e9");
    for (size_t cut = 0; cut < size; cut += cut < 64 ? 7 : size / 9) {
        write_bytes("cut.checkpoint", bytes, cut);
        no_resume("cut.checkpoint", 0, 0, SCUMBLE_ERR_FORMAT, "cut.checkpoint");
    }
    /* One byte of the header at a time: refused with a sentence, or a training like others. */
    for (size_t at = 8; at < 4000; at += 97) {
        bytes[at] ^= 0x15;
        write_bytes("changed.checkpoint", bytes, size);
        int code = scumble_trainer_resume(s, path_in("changed.checkpoint"), 0, 0, &trainer);
        assert_true(code ? !trainer && strlen(scumble_error_text(s)) > 20 : trainer != NULL);
        scumble_trainer_close(&trainer);
        bytes[at] ^= 0x15;
    }
    free(bytes);
    write_picture("painting.png", 96, 80, 8);
    no_resume("part.checkpoint", 0, 0, SCUMBLE_ERR_ARGUMENT, "painting");
    remove(path_in("painting.png"));
    no_resume("part.checkpoint", 0, 0, SCUMBLE_ERR_NOT_FOUND, "painting.png");
    write_picture("painting.png", 96, 80, 7);
    assert_fails(scumble_trainer_resume(s, NULL, 0, 0, &trainer), SCUMBLE_ERR_ARGUMENT, "NULL");
    assert_fails(scumble_trainer_resume(s, path_in("part.checkpoint"), 0, 0, NULL), SCUMBLE_ERR_ARGUMENT, "NULL");
    assert_int_equal(scumble_trainer_resume(NULL, path_in("part.checkpoint"), 0, 0, &trainer), SCUMBLE_ERR_ARGUMENT);
}

/* A folder that is not there, a full disk: a sentence, no file, an older one as it was, and the training goes on. */
static void files_that_cannot_be_written(void **state)
{
    (void)state;
    scumble_options *o = tiny(2);
    scumble_trainer *trainer = open_tiny(o);
    take_steps(trainer, 1);
    assert_fails(scumble_trainer_save(trainer, path_in("none/x.scumble")), SCUMBLE_ERR_NOT_FOUND, "none");
    assert_fails(scumble_trainer_checkpoint(trainer, path_in("none/x.checkpoint")), SCUMBLE_ERR_NOT_FOUND, "none");
    MUST(scumble_trainer_checkpoint(trainer, path_in("old.checkpoint")));
    MUST(scumble_trainer_checkpoint(trainer, path_in("kept.checkpoint")));
    limit_files(5000);
    int codes[2] = { scumble_trainer_save(trainer, path_in("full.scumble")), 0 };
    codes[1] = scumble_trainer_checkpoint(trainer, path_in("old.checkpoint"));
    limit_files(0);
    assert_true(codes[0] == SCUMBLE_ERR_NO_SPACE && codes[1] == SCUMBLE_ERR_NO_SPACE);
    assert_non_null(strstr(scumble_error_text(s), "old.checkpoint"));
    assert_false(is_there("full.scumble"));
    assert_same_files("old.checkpoint", "kept.checkpoint");
    take_steps(trainer, 1);
    MUST(scumble_trainer_save(trainer, path_in("full.scumble")));
    scumble_trainer_close(&trainer);
}

static void a_judgement(void **state)
{
    (void)state;
    scumble_painter *painter, *without;
    scumble_image *photo = picture(120, 90, 4), *speck = picture(20, 20, 4), *map = NULL;
    scumble_verdict verdict = { .score = NAN }, smaller;
    MUST(scumble_painter_open(s, path_in("whole.scumble"), &painter));
    const scumble_painter_info *about = scumble_painter_about(painter);
    assert_true(about->can_judge && about->learnt_size == 64);
    assert_string_equal(about->name, "Tiny");
    MUST(scumble_painter_judge(painter, photo, 0, &verdict, &map));
    assert_true(isfinite(verdict.score) && verdict.share >= 0 && verdict.share <= 1);
    assert_int_equal(scumble_image_width(map), 64);
    scumble_image_free(&map);
    MUST(scumble_painter_judge(painter, photo, 120, &smaller, NULL));
    assert_true(smaller.score != verdict.score);
    assert_fails(scumble_painter_judge(painter, NULL, 0, &verdict, &map), SCUMBLE_ERR_ARGUMENT, "NULL");
    assert_fails(scumble_painter_judge(painter, photo, 0, NULL, &map), SCUMBLE_ERR_ARGUMENT, "NULL");
    assert_fails(scumble_painter_judge(painter, photo, -1, &verdict, &map), SCUMBLE_ERR_ARGUMENT, "65535");
    assert_fails(scumble_painter_judge(painter, photo, 65536, &verdict, &map), SCUMBLE_ERR_ARGUMENT, "65535");
    assert_fails(scumble_painter_judge(painter, speck, 0, &verdict, &map), SCUMBLE_ERR_UNSUPPORTED, "32");
    assert_int_equal(scumble_painter_judge(NULL, photo, 0, &verdict, &map), SCUMBLE_ERR_ARGUMENT);
    assert_null(map);
    MUST(scumble_painter_open(s, path_in("painters/passed-on.onnx"), &without));
    assert_fails(scumble_painter_judge(without, photo, 0, &verdict, &map), SCUMBLE_ERR_UNSUPPORTED, "no discriminator");
    scumble_painter_close(&without);
    scumble_painter_close(&painter);
    scumble_image_free(&photo);
    scumble_image_free(&speck);
}

static scumble_image *painted_by(scumble_painter *painter)
{
    scumble_image *photo = picture(64, 64, 5), *result;
    MUST(scumble_painter_paint(painter, photo, NULL, NULL, NULL, &result));
    scumble_image_free(&photo);
    return result;
}

static double distance(const scumble_image *a, const scumble_image *b)
{
    double most = 0;
    for (int i = 0; i < 3 * 64 * 64; i++)
        most = fmax(most, fabs((double)scumble_image_rgb(a)[i] - (double)scumble_image_rgb(b)[i]));
    return most;
}

/* Exported, opened as a network of others, as it is and with other pixels, and kept by a name. */
static void passed_on(void **state)
{
    (void)state;
    const char *onnx = path_in("painters/passed-on.onnx");
    const scumble_network_pixels told = { .size = sizeof told, .range = SCUMBLE_RANGE_0_1 },
                                 blue = { .size = sizeof blue, .range = SCUMBLE_RANGE_0_1, .bgr = 1 };
    scumble_painter *own, *read, *kept, *other;
    assert_fails(scumble_painter_export_onnx(s, NULL, onnx), SCUMBLE_ERR_ARGUMENT, "NULL");
    assert_fails(scumble_painter_export_onnx(s, "nobody", onnx), SCUMBLE_ERR_NOT_FOUND, "nobody");
    assert_fails(scumble_painter_export_onnx(s, path_in("whole.scumble"), path_in("none/x.onnx")),
                 SCUMBLE_ERR_NOT_FOUND, "none");
    limit_files(5000);
    int code = scumble_painter_export_onnx(s, path_in("whole.scumble"), onnx);
    limit_files(0);
    assert_int_equal(code, SCUMBLE_ERR_NO_SPACE);
    assert_false(is_there("painters/passed-on.onnx"));
    MUST(scumble_painter_export_onnx(s, path_in("whole.scumble"), onnx));
    MUST(scumble_painter_open(s, path_in("whole.scumble"), &own));
    MUST(scumble_painter_open_as(s, onnx, &told, &read));
    MUST(scumble_painter_open_as(s, onnx, &blue, &other));
    assert_true(scumble_painter_about(other)->bgr && !scumble_painter_about(read)->bgr);
    assert_false(scumble_painter_about(read)->can_judge);
    MUST(scumble_painter_import(s, onnx, &told, "Passed_on-1.0", "CC0"));
    MUST(scumble_painter_open(s, "Passed_on-1.0", &kept));
    assert_string_equal(scumble_painter_about(kept)->licence, "CC0");
    scumble_image *pictures[4] = { painted_by(own), painted_by(read), painted_by(kept), painted_by(other) };
    assert_true(distance(pictures[0], pictures[1]) < 1e-3);
    assert_true(distance(pictures[1], pictures[2]) < 1e-6);
    assert_true(distance(pictures[1], pictures[3]) > 1e-3);
    for (int i = 0; i < 4; i++)
        scumble_image_free(&pictures[i]);
    scumble_painter_close(&own);
    scumble_painter_close(&read);
    scumble_painter_close(&kept);
    scumble_painter_close(&other);
    assert_fails(scumble_painter_import(s, onnx, &told, "a/b", NULL), SCUMBLE_ERR_ARGUMENT, "a/b");
    assert_fails(scumble_painter_import(s, path_in("none.onnx"), NULL, NULL, NULL), SCUMBLE_ERR_NOT_FOUND, "none.onnx");
    assert_fails(scumble_painter_import(s, path_in("whole.scumble"), &told, "x", NULL), SCUMBLE_ERR_UNSUPPORTED,
                 "whole.scumble");
}

int main(void)
{
    /* In this order: later ones use the files of earlier ones. */
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_by_name),
        cmocka_unit_test(wrong_openings),
        cmocka_unit_test(misuse),
        cmocka_unit_test(a_training),
        cmocka_unit_test(time_ends_it),
        cmocka_unit_test(goes_on_to_the_same_bytes),
        cmocka_unit_test(hostile_checkpoints),
        cmocka_unit_test(files_that_cannot_be_written),
        cmocka_unit_test(passed_on),
        cmocka_unit_test(a_judgement),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
