/* SPDX-License-Identifier: MIT */
/* What happens when memory runs out: the n-th allocation that our own code makes is refused, for n = 1, 2, ..., through
 * a whole transfer, and through painting with a trained network, and through a comparison. Each run must end with an
 * error and its sentence, or succeed; under the address sanitizer nothing may leak. malloc and its kin are wrapped at
 * link time, so only calls from our own code are counted: the libraries that it stands on (GLib first of all) end the
 * process when memory is short. */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/rng.h"
#include "core/memory.h"
#include "measure/comparison.h"
#include "paint/statistics.h"

#include "run_fixture.h"
#include "../deep.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

static atomic_long until_refusal; /* 0 = never */

static bool refused(void)
{
    if (atomic_load(&until_refusal) == 0 || atomic_fetch_sub(&until_refusal, 1) != 1)
        return false;
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return refused() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return refused() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return refused() ? NULL : __real_realloc(old, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return refused() ? NULL : __real_aligned_alloc(alignment, size);
}

static int stop_at_three(sc_run *run, void *user)
{
    (void)user;
    return sc_run_position(run).iterations_done == 3;
}

/* Everything that a transfer does: encoder, styles, estimate, run, stop, checkpoint, resume. */
static int whole_job(const sc_image *photo, const sc_image *painting, sc_error *err)
{
    sc_threads *threads = NULL;
    sc_device *device = NULL;
    sc_encoder *encoder = NULL;
    easel *transfer = NULL;
    sc_weights *saved = NULL;
    sc_image result = { 0 };
    double weight = 1;
    sc_estimate estimate;
    sc_style_options options = sc_style_options_default();
    options.iterations = 5;
    options.scales = 2;
    options.tileable = 1; /* with the steps that only tiles take */
    int code = sc_threads_create(&threads, 2, err);
    if (!code)
        code = sc_device_create_host(&device, threads, err);
    if (!code)
        code = sc_encoder_create_lite(&encoder, err);
    sc_style_setup setup = {
        .device = device,
        .threads = threads,
        .encoder = encoder,
        .options = &options,
        .styles = &painting,
        .style_weights = &weight,
        .style_count = 1,
    };
    sc_subject subject = { .content = photo };
    if (!code)
        code = easel_create(&transfer, &setup, err);
    if (!code)
        code = sc_style_estimate(transfer->style, &subject, NULL, &estimate, err);
    if (!code)
        code = easel_paint(transfer, &subject, "id", NULL, stop_at_three, NULL, &result, err);
    if (code == SCUMBLE_ERR_CANCELLED) {
        sc_image_free(&result);
        code = easel_save(transfer, "test_allocation.checkpoint", err);
        if (!code)
            code = sc_weights_load(NULL, &saved, "test_allocation.checkpoint", err);
        if (!code)
            code = easel_paint(transfer, &subject, "id", saved, NULL, NULL, &result, err);
    }
    sc_image_free(&result);
    sc_weights_free(saved);
    easel_free(transfer);
    sc_encoder_free(encoder);
    sc_device_destroy(device);
    sc_threads_destroy(threads);
    return code;
}

static sc_operand add_conv(sc_program *p, sc_operand x, const char *name, int in, int out, int stride)
{
    sc_operand inputs[2] = { x, sc_program_parameter(p, name, (sc_shape){ out, in, 3, 3 }, NULL) };
    for (size_t i = 0; !p->error.code && i < (size_t)(9 * in * out); i++)
        p->parameters[sc_operand_parameter(inputs[1])].value.data[i] = sc_random_normal(1, i);
    sc_conv2d_attrs attrs = { .stride_h = stride, .stride_w = stride, .padding = { 1, 1, 1, 1, SC_PAD_REFLECT } };
    return sc_program_op(p, &sc_op_conv2d, &attrs, inputs, 2);
}

static sc_operand add_norm(sc_program *p, sc_operand x, const char *name, int channels)
{
    sc_operand vector = sc_program_parameter(p, name, (sc_shape){ 1, channels, 1, 1 }, NULL);
    return sc_program_op(p, &sc_op_instance_norm, &(sc_norm_attrs){ .epsilon = 1e-5f },
                         (sc_operand[]){ x, vector, vector }, 3);
}

/* A painter is made, and paints whole and by tiles, as a picture and as a frame of a shot. */
static int painting_job(const sc_image *photo, const sc_image *painting, sc_error *err)
{
    (void)painting;
    sc_threads *threads = NULL;
    sc_device *device = NULL;
    sc_painter *painter = NULL;
    sc_image result = { 0 };
    int code = sc_threads_create(&threads, 2, err);
    if (!code)
        code = sc_device_create_host(&device, threads, err);
    sc_program *program = code ? NULL : sc_program_create(3);
    if (!code && !program)
        code = sc_fail_memory(err, sizeof *program);
    if (!code) {
        sc_operand x = add_norm(program, add_conv(program, SC_PROGRAM_INPUT, "a", 3, 4, 2), "b", 4);
        x = add_norm(program, add_conv(program, x, "c", 4, 4, 1), "d", 4);
        add_conv(program, sc_program_enlarge(program, &sc_op_resize_nearest, x, 2), "e", 4, 3, 1);
        code = sc_painter_create(&painter, program, NULL, &(sc_painter){ .range = 1 }, err);
    }
    for (int tiled = 0; tiled < 2 && !code; tiled++) {
        sc_paint_options options = { .strength = 0.5,
                                     .keep_colours = true,
                                     .tile_pixels = tiled ? 80 * 80 : 0,
                                     .device = device,
                                     .threads = threads };
        sc_paint_statistics *statistics = NULL;
        code = sc_paint(painter, photo, &options, NULL, NULL, &result, err);
        sc_image_free(&result);
        if (!code)
            code = sc_paint_statistics_create(&statistics, painter, &photo, 1, &options, NULL, NULL, err);
        options.statistics = statistics;
        if (!code)
            code = sc_paint(painter, photo, &options, NULL, NULL, &result, err);
        sc_image_free(&result);
        sc_paint_statistics_free(statistics);
    }
    sc_painter_free(painter);
    sc_device_destroy(device);
    sc_threads_destroy(threads);
    sc_big_limit(0);
    return code;
}

/* lite measures the photo as a result. */
static int comparing_job(const sc_image *photo, const sc_image *painting, sc_error *err)
{
    sc_threads *threads = NULL;
    sc_device *device = NULL;
    sc_encoder *encoder = NULL;
    sc_comparison *comparison = NULL;
    sc_image control = { 0 };
    double values[SC_METRIC_COUNT];
    int code = sc_threads_create(&threads, 2, err);
    if (!code)
        code = sc_device_create_host(&device, threads, err);
    if (!code)
        code = sc_encoder_create_lite(&encoder, err);
    sc_comparison_config config = { .encoder = encoder, .device = device, .threads = threads };
    if (!code)
        code = sc_comparison_create(&comparison, &config, err);
    if (!code)
        code = sc_comparison_prepare(comparison, photo, painting, photo->width, photo->height, err);
    if (!code)
        code = sc_comparison_painting(threads, painting, photo->width, photo->height, &control, err);
    if (!code)
        code = sc_comparison_measure(comparison, &control, values, err);
    sc_image_free(&control);
    sc_comparison_free(comparison);
    sc_encoder_free(encoder);
    sc_device_destroy(device);
    sc_threads_destroy(threads);
    return code;
}

static sc_image picture(int width, int height, uint64_t seed)
{
    sc_error err;
    sc_image image;
    assert_int_equal(sc_image_create(&image, width, height, false, &err), 0);
    for (size_t i = 0; i < (size_t)width * (size_t)height * 3; i++)
        image.rgb[i] = sc_random_uniform(seed, i);
    return image;
}

/* Returns how many runs have failed. */
static int survive(int (*job)(const sc_image *photo, const sc_image *painting, sc_error *err), int width)
{
    sc_error err = { 0 };
    assert_int_equal(sc_media_init(&err), 0);
    sc_image photo = picture(width, 32, 1), painting = picture(32, 32, 2);
    assert_int_equal(job(&photo, &painting, &err), 0);
    int failures = 0;
    /* One after the other at first, where set-up is; then in growing steps. */
    for (long n = 1;; n += 1 + n / (deep() ? 40 : 20)) {
        err = (sc_error){ 0 };
        atomic_store(&until_refusal, n);
        int code = job(&photo, &painting, &err);
        bool reached = atomic_load(&until_refusal) <= 0;
        atomic_store(&until_refusal, 0);
        if (!reached)
            break;
        failures += code != 0;
        if (code && (err.code != code || strlen(err.text) < 10))
            fail_msg("allocation %ld: code %d, but the sentence is '%s' (%d)", n, code, err.text, err.code);
    }
    sc_image_free(&photo);
    sc_image_free(&painting);
    return failures;
}

static void every_refusal_is_survived(void **state)
{
    (void)state;
    assert_true(survive(whole_job, 36) > 60);
    remove("test_allocation.checkpoint");
}

static void painting_survives_too(void **state)
{
    (void)state;
    assert_true(survive(painting_job, 140) > 60);
}

static void comparing_survives_too(void **state)
{
    (void)state;
    assert_true(survive(comparing_job, 36) > 30);
}

/* A plan that failed for want of memory fails again, or is whole; never half a plan that runs. */
static void a_failed_plan_is_not_run(void **state)
{
    (void)state;
    sc_error err = { 0 };
    sc_threads *threads;
    sc_device *device;
    assert_int_equal(sc_threads_create(&threads, 1, &err), 0);
    assert_int_equal(sc_device_create_host(&device, threads, &err), 0);
    int failures = 0;
    for (long n = 1; n < 12; n++) {
        sc_graph *g;
        sc_shape shape = { 1, 4, 8, 8 };
        assert_int_equal(sc_graph_create(&g, device, &err), 0);
        sc_value x = sc_graph_input(g, "x", shape), loss = sc_graph_mean_square(g, sc_graph_relu(g, x), SC_NO_VALUE);
        assert_int_equal(sc_graph_differentiate(g, loss, &x, 1, &err), 0);
        atomic_store(&until_refusal, n);
        int code = sc_graph_plan(g, &err);
        atomic_store(&until_refusal, 0);
        failures += code != 0;
        int again = sc_graph_plan(g, &err);
        assert_true(again == 0 || again == code);
        assert_int_equal(sc_graph_run(g, &err) == 0, again == 0);
        sc_graph_destroy(g);
    }
    assert_true(failures > 1);
    sc_device_destroy(device);
    sc_threads_destroy(threads);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_refusal_is_survived),
                                        cmocka_unit_test(painting_survives_too),
                                        cmocka_unit_test(comparing_survives_too),
                                        cmocka_unit_test(a_failed_plan_is_not_run) };
    return cmocka_run_group_tests_name("allocation", tests, NULL, NULL);
}
