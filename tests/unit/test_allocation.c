/* SPDX-License-Identifier: MIT */
/* What happens when memory runs out: the n-th allocation that our own code makes is refused, for n = 1, 2, ..., through a whole transfer.
 * Each run must end with an error and its sentence, or succeed; under the address sanitizer nothing may leak.
 * malloc and its kin are wrapped at link time, so only calls from our own code are counted: the libraries that it stands
 * on (GLib first of all) end the process when memory is short. */
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
#include "style/transfer.h"

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

static int stop_at_three(const scumble_progress *progress, void *user)
{
    (void)user;
    return progress->iteration == 3;
}

/* Everything that a transfer does: encoder, styles, estimate, run, stop, checkpoint, resume. */
static int whole_job(const sc_image *photo, const sc_image *painting, sc_error *err)
{
    sc_threads *threads = NULL;
    sc_encoder *encoder = NULL;
    sc_transfer *transfer = NULL;
    sc_weights *saved = NULL;
    sc_image result = { 0 };
    double weight = 1;
    scumble_estimate estimate;
    scumble_options options = scumble_options_default();
    options.iterations = 5;
    options.scales = 2;
    options.tileable = 1; /* with the steps that only tiles take */
    int code = sc_threads_create(&threads, 2, err);
    if (!code)
        code = sc_encoder_create_lite(&encoder, err);
    sc_transfer_setup setup = {
        .backend = &sc_backend_cpu, .threads = threads, .encoder = encoder, .options = &options, .styles = &painting, .style_weights = &weight, .style_count = 1,
    };
    sc_subject subject = { .content = photo, .identity = "id" };
    if (!code)
        code = sc_transfer_create(&transfer, &setup, err);
    if (!code)
        code = sc_transfer_estimate(transfer, false, photo->width, photo->height, &estimate, err);
    if (!code)
        code = sc_transfer_run(transfer, &subject, stop_at_three, NULL, &result, err);
    if (code == SCUMBLE_ERR_CANCELLED) {
        sc_image_free(&result);
        code = sc_transfer_checkpoint(transfer, "test_allocation.checkpoint", "{}", err);
        if (!code)
            code = sc_weights_load(&saved, "test_allocation.checkpoint", err);
        subject.resume = saved;
        if (!code)
            code = sc_transfer_run(transfer, &subject, NULL, NULL, &result, err);
    }
    sc_image_free(&result);
    sc_weights_free(saved);
    sc_transfer_free(transfer);
    sc_encoder_free(encoder);
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

static void every_refusal_is_survived(void **state)
{
    (void)state;
    sc_error err = { 0 };
    assert_int_equal(sc_media_init(&err), 0);
    sc_image photo = picture(36, 32, 1), painting = picture(32, 32, 2);
    assert_int_equal(whole_job(&photo, &painting, &err), 0);
    int failures = 0;
    /* One after the other at first, where set-up is; then in growing steps. */
    for (long n = 1;; n += 1 + n / 40) {
        err = (sc_error){ 0 };
        atomic_store(&until_refusal, n);
        int code = whole_job(&photo, &painting, &err);
        bool reached = atomic_load(&until_refusal) <= 0;
        atomic_store(&until_refusal, 0);
        if (!reached)
            break;
        failures += code != 0;
        if (code && (err.code != code || strlen(err.text) < 10))
            fail_msg("allocation %ld: code %d, but the sentence is '%s' (%d)", n, code, err.text, err.code);
    }
    assert_true(failures > 100);
    remove("test_allocation.checkpoint");
    sc_image_free(&photo);
    sc_image_free(&painting);
}

/* A plan that failed for want of memory fails again, or is whole; never half a plan that runs. */
static void a_failed_plan_is_not_run(void **state)
{
    (void)state;
    sc_error err = { 0 };
    sc_threads *threads;
    assert_int_equal(sc_threads_create(&threads, 1, &err), 0);
    int failures = 0;
    for (long n = 1; n < 12; n++) {
        sc_graph *g;
        sc_shape shape = { 1, 4, 8, 8 };
        assert_int_equal(sc_graph_create(&g, &sc_backend_cpu, threads, &err), 0);
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
    sc_threads_destroy(threads);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_refusal_is_survived), cmocka_unit_test(a_failed_plan_is_not_run) };
    return cmocka_run_group_tests_name("allocation", tests, NULL, NULL);
}
