/* SPDX-License-Identifier: MIT */
/* scumble_cancel as a program sees it: what it ends, when it is over, and that a call which succeeds all the same has
 * given the right result, at whatever moment it comes. How long it takes is measured by bench/cancel.c. */
#define _GNU_SOURCE
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <scumble/compare.h>
#include <scumble/distil.h>
#include <scumble/match.h>
#include <scumble/painter.h>
#include <scumble/scumble.h>
#include <scumble/train.h>

#include "../deep.h"
#include "options_fixture.h"
#include "paint_fixture.h"

enum { WIDTH = 64, HEIGHT = 56 };

static scumble *s;
static scumble_image *photo, *painting;
static char folder[64];

static const char *in_folder(const char *name)
{
    static char path[4][128];
    static int next;
    next = (next + 1) % 4;
    snprintf(path[next], sizeof path[next], "%s/%s", folder, name);
    return path[next];
}

static void must(int code)
{
    if (code)
        fail_msg("%s", scumble_error_text(s));
}

/* Waves and some noise. */
static scumble_image *picture(int width, int height, int kind)
{
    float *rgb = malloc((size_t)width * (size_t)height * 3 * sizeof *rgb);
    unsigned noise = 7u + (unsigned)kind;
    for (int i = 0; i < width * height * 3; i++) {
        int x = i / 3 % width, y = i / 3 / width;
        noise = noise * 1664525u + 1013904223u;
        rgb[i] = 0.5f + 0.3f * sinf(0.3f * (float)(kind ? x + y : x) + (float)(i % 3 * kind)) * cosf(0.2f * (float)y) +
                 0.1f * (float)(noise >> 16) / 65536;
    }
    scumble_image *image;
    must(scumble_image_create(s, width, height, rgb, NULL, &image));
    free(rgb);
    return image;
}

static bool same(const scumble_image *a, const scumble_image *b)
{
    size_t values = (size_t)scumble_image_width(a) * (size_t)scumble_image_height(a) * 3;
    return scumble_image_width(a) == scumble_image_width(b) && scumble_image_height(a) == scumble_image_height(b) &&
           !memcmp(scumble_image_rgb(a), scumble_image_rgb(b), values * sizeof(float));
}

/* ---- moments ---------------------------------------------------------------------------------------------------- */

typedef struct later {
    double wait_s;
    atomic_bool quit;
} later;

static void *cancel_later(void *argument)
{
    later *l = argument;
    for (double waited_s = 0; waited_s < l->wait_s && !atomic_load(&l->quit); waited_s += 1e-4)
        nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
    if (!atomic_load(&l->quit))
        scumble_cancel(s);
    return NULL;
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Runs work again and again, cancelled at moments spread over what it takes; work returns a code, and checks what it
 * has when that is 0. */
static void cancel_at_moments(int (*work)(void), int moments)
{
    double start_s = now_s(), all_s;
    int cancelled = 0;
    moments = deep() ? moments : (moments + 1) / 2;
    assert_int_equal(work(), 0);
    all_s = now_s() - start_s;
    for (int i = 0; i < moments || (!cancelled && i < 10 * moments); i++) { /* on a busy machine they come late */
        start_s = now_s();
        later l = { .wait_s = all_s * fmod(0.5 + i * 0.6180339887498949, 1) };
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, cancel_later, &l), 0);
        int code = work();
        atomic_store(&l.quit, true);
        pthread_join(thread, NULL);
        if (code == SCUMBLE_ERR_CANCELLED)
            assert_true(*scumble_error_text(s));
        else
            must(code);
        cancelled += code == SCUMBLE_ERR_CANCELLED;
        all_s = code ? all_s : fmin(all_s, now_s() - start_s);
        scumble_cancel_clear(s);
    }
    assert_true(cancelled > 0);
}

/* ---- what it means ---------------------------------------------------------------------------------------------- */

static void test_the_next_call(void **state)
{
    (void)state;
    scumble_image *half = NULL;
    assert_int_equal(scumble_cancel_clear(s), 0);
    scumble_cancel(s); /* nothing is under way: the next call that has something to do */
    scumble_cancel(s);
    assert_int_equal(scumble_image_width(photo), WIDTH);
    assert_int_equal(scumble_image_resize(s, photo, WIDTH / 2, HEIGHT / 2, &half), SCUMBLE_ERR_CANCELLED);
    assert_null(half);
    assert_string_equal(scumble_error_text(s), "stopped by the caller");
    must(scumble_image_resize(s, photo, WIDTH / 2, HEIGHT / 2, &half)); /* and no other */
    scumble_image_free(&half);
    scumble_cancel(s);
    assert_int_equal(scumble_cancel_clear(s), 1);
    assert_int_equal(scumble_cancel_clear(s), 0);
    must(scumble_image_resize(s, photo, WIDTH / 2, HEIGHT / 2, &half));
    scumble_image_free(&half);
    scumble_cancel(NULL);
    assert_int_equal(scumble_cancel_clear(NULL), 0);
}

/* Another context goes on. */
static void test_another_context(void **state)
{
    (void)state;
    scumble *other;
    scumble_image *half = NULL;
    must(scumble_open(&other, NULL));
    scumble_cancel(s);
    assert_int_equal(scumble_image_resize(other, photo, WIDTH / 2, HEIGHT / 2, &half), 0);
    scumble_image_free(&half);
    assert_int_equal(scumble_cancel_clear(s), 1);
    scumble_close(&other);
}

/* ---- a run ------------------------------------------------------------------------------------------------------ */

/* With new matches in between. */
static scumble_options *run_options(void)
{
    scumble_options *o = STYLE_OPTIONS("iterations", "15", "scales", "1", "style-terms", "gram:1,neighbour:1");
    put(o, "size", WIDTH);
    return o;
}

static scumble_style *open_style(const scumble_options *options)
{
    scumble_style *t;
    must(scumble_style_open(s, &(scumble_painting){ .image = painting, .weight = 1 }, 1, options, &t));
    return t;
}

typedef struct watch {
    scumble_run *run;
    int cancel_at, seen;
} watch;

static int cancel_in_callback(const scumble_event *event, void *user)
{
    watch *w = user;
    w->seen = (int)event->done;
    if (event->done != w->cancel_at)
        return 0;
    scumble_image *now = NULL;
    must(scumble_run_picture(w->run, &now));
    scumble_image_free(&now);
    scumble_cancel(s);
    /* What the callback calls does not answer for the run. */
    assert_int_equal(scumble_run_picture(w->run, &now), SCUMBLE_ERR_CANCELLED);
    assert_null(now);
    return 0;
}

/* The picture so far and a checkpoint can be had, and the checkpoint goes on to the same bytes. */
static void test_after_a_run(void **state)
{
    (void)state;
    scumble_style *t = open_style(run_options());
    scumble_image *whole, *part = NULL, *now = NULL, *rest;
    must(paint_photo(t, photo, NULL, NULL, &whole));
    const int moments[] = { 1, 12, 15 };
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        watch w = { NULL, moments[i], 0 };
        must(open_run(t, NULL, photo, 0, 0, &w.run));
        assert_int_equal(scumble_run_finish(w.run, cancel_in_callback, &w, &part), SCUMBLE_ERR_CANCELLED);
        assert_null(part);
        assert_int_equal(w.seen, moments[i]);
        must(scumble_run_picture(w.run, &now));
        assert_int_equal(scumble_image_width(now), WIDTH);
        scumble_image_free(&now);
        must(scumble_run_save(w.run, in_folder("stopped.scumble")));
        scumble_run_close(&w.run);
        must(paint_rest(t, NULL, photo, in_folder("stopped.scumble"), &rest));
        assert_true(same(whole, rest));
        scumble_image_free(&rest);
    }
    scumble_image_free(&whole);
    scumble_style_close(&t);
}

static scumble_image *wanted;
static const scumble_options *wanted_options;
static int resumed;

/* From the start, or from a checkpoint that was written when it was cancelled. */
static int whole_run(void)
{
    scumble_style *t = NULL;
    scumble_image *result = NULL;
    int code = scumble_style_open(s, &(scumble_painting){ .image = painting, .weight = 1 }, 1, wanted_options, &t);
    scumble_run *run = NULL;
    if (!code)
        code = open_run(t, NULL, photo, 0, 0, &run);
    if (!code)
        code = scumble_run_finish(run, NULL, NULL, &result);
    if (!code && wanted)
        assert_true(same(result, wanted));
    if (code == SCUMBLE_ERR_CANCELLED && run && !scumble_run_save(run, in_folder("moment.scumble"))) {
        scumble_image *now, *rest;
        must(scumble_run_picture(run, &now));
        scumble_image_free(&now);
        must(paint_rest(t, NULL, photo, in_folder("moment.scumble"), &rest));
        assert_true(same(rest, wanted));
        scumble_image_free(&rest);
        resumed++;
    }
    scumble_image_free(&result);
    scumble_run_close(&run);
    scumble_style_close(&t);
    return code;
}

static void check_runs(const scumble_options *options, int moments)
{
    wanted_options = options;
    scumble_style *t = open_style(options);
    must(paint_photo(t, photo, NULL, NULL, &wanted));
    scumble_style_close(&t);
    resumed = 0;
    for (int i = 0; i < 8 && !resumed; i++)
        cancel_at_moments(whole_run, moments);
    assert_true(resumed > 0);
    scumble_image_free(&wanted);
}

static void test_runs(void **state)
{
    (void)state;
    scumble_options *o = run_options();
    check_runs(o, 7);
    put_text(o, "optimizer", "adam");
    put_text(o, "variable", "pyramid");
    put_text(o, "colour", "match");
    check_runs(o, 5);
}

/* ---- the other jobs --------------------------------------------------------------------------------------------- */

static int estimate(void)
{
    const scumble_options *o = STYLE_OPTIONS("size", "2000");
    scumble_style *t = NULL;
    scumble_run *run = NULL;
    const scumble_estimate *e = NULL;
    int code = scumble_style_open(s, &(scumble_painting){ .image = painting, .weight = 1 }, 1, o, &t);
    if (!code)
        code = scumble_run_open(t, &run);
    if (!code)
        code = scumble_run_estimate(run, WIDTH, HEIGHT, &e);
    assert_true(code ? !e : e->memory_bytes > 0);
    scumble_run_close(&run);
    scumble_style_close(&t);
    return code;
}

static int save_and_load(void)
{
    scumble_image *large = NULL, *again = NULL;
    int code = scumble_image_resize(s, photo, 6 * WIDTH, 6 * HEIGHT, &large);
    if (!code)
        code = scumble_image_save(s, large, in_folder("large.png"),
                                  &(scumble_save_options){ .size = sizeof(scumble_save_options), .bits = 16 });
    if (!code)
        code = scumble_image_load(s, in_folder("large.png"), &again);
    for (int i = 0; !code && i < 36 * WIDTH * HEIGHT * 3; i++)
        assert_true(fabsf(scumble_image_rgb(large)[i] - scumble_image_rgb(again)[i]) < 1e-4f);
    scumble_image_free(&large);
    scumble_image_free(&again);
    unlink(in_folder("large.png"));
    return code;
}

static int match(void)
{
    static scumble_match first;
    static bool known;
    scumble_descriptor *a = NULL, *b = NULL;
    scumble_match m = { 0 };
    int code = scumble_descriptor_create(s, photo, &a);
    if (!code)
        code = scumble_descriptor_create(s, painting, &b);
    if (!code)
        code = scumble_match_pair(s, a, b, &m);
    if (!code && !known)
        first = m;
    known |= !code;
    assert_true(code || m.score == first.score);
    scumble_descriptor_free(&a);
    scumble_descriptor_free(&b);
    return code;
}

static int compare(void)
{
    static double first[SCUMBLE_METRICS_MOST];
    static bool known;
    double values[SCUMBLE_METRICS_MOST];
    scumble_comparison *c = NULL;
    int code = scumble_comparison_open(s, "lite", photo, painting, &c);
    if (!code)
        code = scumble_comparison_measure(c, photo, values);
    if (!code && !known)
        memcpy(first, values, sizeof first);
    known |= !code;
    for (int i = 0; scumble_metric_at(i) && !code; i++)
        assert_true(values[i] == first[i] || (isnan(values[i]) && isnan(first[i])));
    scumble_comparison_close(&c);
    return code;
}

static int apply(void)
{
    static scumble_image *first;
    scumble_painter *p = NULL;
    scumble_image *result = NULL;
    const scumble_options *o = PAINT_OPTIONS("strength", "0.9", "colour", "luminance");
    int count, code = scumble_painters_list(s, &count);
    if (!code)
        code = scumble_painter_open(s, scumble_painter_at(s, 0)->name, &p);
    if (!code)
        code = scumble_painter_paint(p, photo, o, NULL, NULL, &result);
    assert_true(code || !first || same(first, result));
    if (!code && !first)
        first = result;
    else
        scumble_image_free(&result);
    scumble_painter_close(&p);
    return code;
}

static scumble_image *large_labels;
static scumble_run *guided;

/* Labels of large masks. */
static int guide(void)
{
    return scumble_run_guide(guided, GUIDES(.masks = (const scumble_image *const[]){ large_labels }, .mask_count = 1));
}

static void test_guides(void **state)
{
    (void)state;
    enum { EDGE = 1500 };
    float *rgb = malloc((size_t)EDGE * EDGE * 3 * sizeof *rgb);
    for (int i = 0; i < EDGE * EDGE * 3; i++)
        rgb[i] = i / 3 % EDGE < EDGE / 2 ? i % 3 == 0 : i % 3 == 2;
    must(scumble_image_create(s, EDGE, EDGE, rgb, NULL, &large_labels));
    free(rgb);
    scumble_style *style;
    const scumble_painting given = { .image = large_labels, .weight = 1, .mask = large_labels };
    must(scumble_style_open(s, &given, 1, NULL, &style));
    must(scumble_run_open(style, &guided));
    cancel_at_moments(guide, 6);
    scumble_run_close(&guided);
    scumble_style_close(&style);
    scumble_image_free(&large_labels);
}

static void test_other_jobs(void **state)
{
    (void)state;
    cancel_at_moments(estimate, 6);
    cancel_at_moments(save_and_load, 10);
    cancel_at_moments(match, 8);
    cancel_at_moments(compare, 8);
    cancel_at_moments(apply, 10);
}

/* ---- trainings: a step that was broken off is taken again -------------------------------------------------------- */

static void save_photos(void)
{
    for (int i = 0; i < 5; i++) {
        char name[32];
        scumble_image *image = picture(100 + i, 96, 2 + i);
        snprintf(name, sizeof name, "photo%d.png", i);
        must(scumble_image_save(s, image, in_folder(name), NULL));
        scumble_image_free(&image);
    }
}

static int train_step(void *trainer)
{
    return scumble_trainer_step(trainer);
}

static int train_done(void *trainer)
{
    return scumble_trainer_done(trainer);
}

static int distil_step(void *distiller)
{
    return scumble_distiller_step(distiller);
}

static int distil_done(void *distiller)
{
    return scumble_distiller_done(distiller);
}

/* Takes all steps, or: every fourth turn in peace, so that it comes to an end; the others are broken off, the second
 * one before it begins, the rest at moments spread over what the fastest step took. */
static void take_steps(void *job, int (*step)(void *), int (*done)(void *), bool often)
{
    int broken = 0;
    double step_s = 1;
    for (int i = 0; !done(job); i++) {
        bool disturbed = often && i % 4;
        later l = { .wait_s = step_s * fmod(i * 0.618, 1) };
        pthread_t thread;
        double start_s = now_s();
        if (disturbed && i == 1)
            scumble_cancel(s);
        if (disturbed)
            assert_int_equal(pthread_create(&thread, NULL, cancel_later, &l), 0);
        int code = step(job);
        if (disturbed) {
            atomic_store(&l.quit, true);
            pthread_join(thread, NULL);
        }
        scumble_cancel_clear(s);
        assert_true(!code || code == SCUMBLE_ERR_CANCELLED);
        step_s = code ? step_s : fmin(step_s, now_s() - start_s);
        broken += code != 0;
    }
    assert_int_equal(broken > 0, often);
}

enum { STEPS = 6 };

static void train(const char *path, bool often)
{
    scumble_options *o = TRAIN_OPTIONS("size", "small", "name", "tried", "encoder", "lite", "batch", "2", "crop", "64",
                                       "style-size", "64");
    scumble_trainer *t;
    put(o, "steps", STEPS);
    must(scumble_trainer_open(s, o, &(scumble_painting){ .image = painting, .weight = 1 }, 1,
                              (const char *[]){ folder }, 1, &t));
    take_steps(t, train_step, train_done, often);
    must(scumble_trainer_save(t, path));
    scumble_trainer_close(&t);
}

static void distil(const char *path, bool often)
{
    scumble_options *o = DISTIL_OPTIONS("name", "tried", "batch", "2", "crop", "64");
    scumble_distiller *d;
    put(o, "steps", STEPS);
    must(scumble_distiller_open(s, o, (const char *[]){ "lite" }, 1, (const char *[]){ folder }, 1, &d));
    take_steps(d, distil_step, distil_done, often);
    must(scumble_distiller_save(d, path, NULL));
    scumble_distiller_close(&d);
}

static void assert_same_file(const char *a, const char *b)
{
    char first[65], second[65];
    must(scumble_file_sha256(s, a, first));
    must(scumble_file_sha256(s, b, second));
    assert_string_equal(first, second);
}

static void test_trainings(void **state)
{
    (void)state;
    save_photos();
    train(in_folder("plain.scumble"), false);
    train(in_folder("often.scumble"), true);
    assert_same_file(in_folder("plain.scumble"), in_folder("often.scumble"));
    distil(in_folder("plain.safetensors"), false);
    distil(in_folder("often.safetensors"), true);
    assert_same_file(in_folder("plain.safetensors"), in_folder("often.safetensors"));
}

/* ----------------------------------------------------------------------------------------------------------------- */

static int start(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "test_cancel-XXXXXX");
    if (!mkdtemp(folder) ||
        scumble_open(&s, &(scumble_config){ .size = sizeof(scumble_config), .threads = 2, .data_dir = folder }))
        return 1;
    photo = picture(WIDTH, HEIGHT, 0);
    painting = picture(90, 100, 1);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    char command[128];
    scumble_image_free(&photo);
    scumble_image_free(&painting);
    scumble_close(&s);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_next_call), cmocka_unit_test(test_another_context),
        cmocka_unit_test(test_after_a_run),   cmocka_unit_test(test_runs),
        cmocka_unit_test(test_guides),        cmocka_unit_test(test_other_jobs),
        cmocka_unit_test(test_trainings),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
