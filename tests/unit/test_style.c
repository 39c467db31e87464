/* SPDX-License-Identifier: MIT */
/* Optimisers, scales, layer lists and whole transfers on small pictures. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/rng.h"
#include "optimise/optimizer.h"
#include "tensor/vector.h"

#include "engine_fixture.h"
#include "run_fixture.h"
#include "../deep.h"
#include "../device_fixture.h"

/* ---- optimisers ------------------------------------------------------------------------------------------------ */

/* Rosenbrock's valley in pairs, shifted so that the minimum lies at 0.5; not a number beyond `wall`. */
typedef struct valley {
    size_t count;
    double wall;
    int evaluations;
} valley;

static int rosenbrock(void *user, const float *x, float *gradient, double *f, sc_error *err)
{
    (void)err;
    valley *v = user;
    v->evaluations++;
    *f = 0;
    for (size_t i = 0; i + 1 < v->count; i += 2) {
        double a = x[i] + 0.5, b = x[i + 1] + 0.5;
        *f += 100 * (b - a * a) * (b - a * a) + (1 - a) * (1 - a);
        gradient[i] = (float)(-400 * a * (b - a * a) - 2 * (1 - a));
        gradient[i + 1] = (float)(200 * (b - a * a));
        if (x[i] > v->wall)
            *f = NAN;
    }
    return 0;
}

static sc_problem problem_of(valley *v)
{
    return (sc_problem){ .count = v->count, .threads = pool, .evaluate = rosenbrock, .user = v };
}

static int create_adam(sc_optimizer **optimizer, const sc_problem *problem, float *x, double learning_rate,
                       sc_error *err)
{
    sc_adam_options options = sc_adam_options_default();
    options.learning_rate = learning_rate;
    return sc_adam_create(optimizer, problem, x, &options, err);
}

static void lbfgs_finds_the_minimum(void **state)
{
    (void)state;
    sc_error err;
    valley v = { .count = 20, .wall = INFINITY };
    float x[20] = { 0 };
    sc_problem problem = problem_of(&v);
    sc_optimizer *optimizer;
    sc_step step = { 0 };
    assert_int_equal(sc_lbfgs_create(&optimizer, &problem, x, &err), 0);
    double last = INFINITY;
    for (int i = 0; i < 120; i++) {
        assert_int_equal(sc_optimizer_step(optimizer, &step, &err), 0);
        assert_true(step.f <= last); /* never worse */
        last = step.f;
    }
    assert_true(step.f < 1e-6);
    assert_true(v.evaluations < 200);
    sc_optimizer_free(optimizer);
}

static void lbfgs_steps_back_from_not_a_number(void **state)
{
    (void)state;
    sc_error err;
    valley v = { .count = 4, .wall = 0.2 }; /* the minimum itself lies behind the wall */
    float x[4] = { 0 };
    sc_problem problem = problem_of(&v);
    sc_optimizer *optimizer;
    assert_int_equal(sc_lbfgs_create(&optimizer, &problem, x, &err), 0);
    bool told = false;
    for (int i = 0; i < 60; i++) {
        sc_step step;
        int code = sc_optimizer_step(optimizer, &step, &err);
        assert_true(code == 0 || code == SCUMBLE_ERR_DIVERGED);
        assert_true(isfinite(step.f) && isfinite(x[0]) && x[0] <= 0.2f);
        told |= step.note != NULL;
        if (code)
            break;
    }
    assert_true(told);
    sc_optimizer_free(optimizer);
}

static void not_a_number_at_the_start_is_refused(void **state)
{
    (void)state;
    sc_error err;
    for (int adam = 0; adam < 2; adam++) {
        valley v = { .count = 4, .wall = -1 };
        float x[4] = { 0 };
        sc_problem problem = problem_of(&v);
        sc_optimizer *optimizer;
        sc_step step;
        assert_int_equal(adam ? create_adam(&optimizer, &problem, x, 0.01, &err) :
                                sc_lbfgs_create(&optimizer, &problem, x, &err),
                         0);
        assert_int_equal(sc_optimizer_step(optimizer, &step, &err), SCUMBLE_ERR_DIVERGED);
        assert_true(strstr(err.text, "not a number") != NULL);
        sc_optimizer_free(optimizer);
    }
}

static void adam_descends_and_rolls_back(void **state)
{
    (void)state;
    sc_error err;
    valley v = { .count = 4, .wall = 0.1 };
    float x[4] = { 0 };
    sc_problem problem = problem_of(&v);
    sc_optimizer *optimizer;
    sc_step step, first = { 0 };
    assert_int_equal(create_adam(&optimizer, &problem, x, 0.02, &err), 0);
    bool told = false;
    for (int i = 0; i < 300; i++) {
        int code = sc_optimizer_step(optimizer, &step, &err);
        if (code)
            break;
        if (i == 0)
            first = step;
        told |= step.note != NULL;
        assert_true(isfinite(sc_optimizer_result(optimizer)[0]));
    }
    assert_true(step.f < 0.5 * first.f);
    assert_true(told);
    sc_optimizer_free(optimizer);
}

/* Saved after k steps and loaded into a fresh optimiser, the next steps are the same bit for bit. */
static void check_state(bool adam)
{
    sc_error err;
    valley v = { .count = 10, .wall = INFINITY };
    float x[10] = { 0 }, y[10];
    sc_problem problem = problem_of(&v);
    sc_optimizer *one, *two;
    sc_step step;
    assert_int_equal(adam ? create_adam(&one, &problem, x, 0.01, &err) : sc_lbfgs_create(&one, &problem, x, &err), 0);
    for (int i = 0; i < 13; i++)
        assert_int_equal(sc_optimizer_step(one, &step, &err), 0);
    sc_weights *saved;
    assert_int_equal(sc_weights_create(&saved, &err), 0);
    assert_int_equal(sc_optimizer_save(one, saved, &err), 0);
    assert_int_equal(sc_weights_sort(saved, &err), 0);
    memcpy(y, x, sizeof y);
    assert_int_equal(adam ? create_adam(&two, &problem, y, 0.01, &err) : sc_lbfgs_create(&two, &problem, y, &err), 0);
    assert_int_equal(sc_optimizer_load(two, saved, &err), 0);
    for (int i = 0; i < 9; i++) {
        assert_int_equal(sc_optimizer_step(one, &step, &err), 0);
        assert_int_equal(sc_optimizer_step(two, &step, &err), 0);
    }
    assert_memory_equal(x, y, sizeof x);
    sc_weights_free(saved);
    sc_optimizer_free(one);
    sc_optimizer_free(two);
}

static void state_goes_on_bit_for_bit(void **state)
{
    (void)state;
    check_state(false);
    check_state(true);
}

/* At the minimum, to the last bit of f, steps cost nothing any more; and a loaded optimiser knows that it is there. */
static int bowl(void *user, const float *x, float *gradient, double *f, sc_error *err)
{
    (void)err;
    ++*(int *)user;
    *f = 1;
    for (int i = 0; i < 4; i++) {
        *f += ((double)x[i] - 0.3) * ((double)x[i] - 0.3);
        gradient[i] = 2 * (x[i] - 0.3f) + 1e-3f; /* wrong on purpose: at the minimum it still points somewhere */
    }
    return 0;
}

static void lbfgs_stops_at_the_minimum(void **state)
{
    (void)state;
    sc_error err;
    int evaluations = 0;
    float x[4] = { 0.3f, 0.3f, 0.3f, 0.3f };
    sc_problem problem = { .count = 4, .threads = pool, .evaluate = bowl, .user = &evaluations };
    sc_optimizer *optimizer, *loaded;
    sc_step step;
    assert_int_equal(sc_lbfgs_create(&optimizer, &problem, x, &err), 0);
    for (int i = 0; i < 40; i++)
        assert_int_equal(sc_optimizer_step(optimizer, &step, &err), 0);
    assert_true(step.f <= 1 + 1e-9);
    int before = evaluations;
    assert_int_equal(sc_optimizer_step(optimizer, &step, &err), 0);
    sc_weights *saved;
    assert_int_equal(sc_weights_create(&saved, &err), 0);
    assert_int_equal(sc_optimizer_save(optimizer, saved, &err), 0);
    assert_int_equal(sc_weights_sort(saved, &err), 0);
    assert_int_equal(sc_lbfgs_create(&loaded, &problem, x, &err), 0);
    assert_int_equal(sc_optimizer_load(loaded, saved, &err), 0);
    assert_int_equal(sc_optimizer_step(loaded, &step, &err), 0);
    assert_true(evaluations == before);
    sc_optimizer_changed(optimizer); /* one more start and search is enough to see that nothing has changed */
    for (int i = 0; i < 40; i++)
        assert_int_equal(sc_optimizer_step(optimizer, &step, &err), 0);
    assert_true(evaluations > before && evaluations <= before + 7);
    sc_weights_free(saved);
    sc_optimizer_free(optimizer);
    sc_optimizer_free(loaded);
}

/* A checkpoint holds the number of steps back too: the limit on them is the same for a resumed run. */
static void steps_back_are_remembered(void **state)
{
    (void)state;
    sc_error err;
    valley v = { .count = 4, .wall = 0.1 };
    float x[4] = { 0 }, y[4];
    sc_problem problem = problem_of(&v);
    sc_optimizer *one, *two;
    sc_step step;
    sc_weights *saved = NULL;
    assert_int_equal(create_adam(&one, &problem, x, 0.02, &err), 0);
    int steps = 0, left = 0, back = 0;
    for (; !sc_optimizer_step(one, &step, &err) && steps < 20000; steps++) {
        back += step.note != NULL;
        if (back == 6 && !saved) {
            assert_int_equal(sc_weights_create(&saved, &err), 0);
            assert_int_equal(sc_optimizer_save(one, saved, &err), 0);
            assert_int_equal(sc_weights_sort(saved, &err), 0);
            memcpy(y, x, sizeof y);
            assert_int_equal(create_adam(&two, &problem, y, 0.02, &err), 0);
            assert_int_equal(sc_optimizer_load(two, saved, &err),
                             0); /* now: the set borrows what the next step changes */
            left = -steps - 1;
        }
    }
    left += steps;
    assert_non_null(saved);
    int again = 0;
    while (!sc_optimizer_step(two, &step, &err) && again < 20000)
        again++;
    assert_int_equal(again, left);
    assert_memory_equal(x, y, sizeof x);
    sc_weights_free(saved);
    sc_optimizer_free(one);
    sc_optimizer_free(two);
}

/* A bowl whose place and height change, as with new matches. */
typedef struct moving_bowl {
    double centre, height;
    int evaluations;
} moving_bowl;

static int moving(void *user, const float *x, float *gradient, double *f, sc_error *err)
{
    (void)err;
    moving_bowl *b = user;
    b->evaluations++;
    *f = b->height;
    for (int i = 0; i < 4; i++) {
        double d = x[i] - b->centre;
        *f += (i + 1) * d * d;
        gradient[i] = (float)(2 * (i + 1) * d);
    }
    return 0;
}

/* The new function lies a thousand times higher: without being told, both optimisers would take each new value for a
 * failure. */
static void optimisers_follow_a_changed_function(void **state)
{
    (void)state;
    sc_error err;
    for (int adam = 0; adam < 2; adam++) {
        moving_bowl b = { .centre = 0.3, .height = 1 };
        float x[4] = { 0 }, before[4];
        sc_problem problem = { .count = 4, .threads = pool, .evaluate = moving, .user = &b };
        sc_optimizer *optimizer;
        sc_step step;
        assert_int_equal(adam ? create_adam(&optimizer, &problem, x, 0.02, &err) :
                                sc_lbfgs_create(&optimizer, &problem, x, &err),
                         0);
        for (int i = 0; i < 200; i++)
            assert_int_equal(sc_optimizer_step(optimizer, &step, &err), 0);
        assert_true(fabsf(x[0] - 0.3f) < 1e-3f && fabsf(x[3] - 0.3f) < 1e-3f);
        b.centre = 0.7;
        b.height = 1000;
        int evaluations = b.evaluations;
        memcpy(before, x, sizeof x);
        sc_optimizer_changed(optimizer);
        assert_memory_equal(before, x, sizeof x);
        for (int i = 0; i < 300; i++) {
            assert_int_equal(sc_optimizer_step(optimizer, &step, &err), 0);
            assert_null(step.note);
        }
        assert_true(b.evaluations > evaluations);
        assert_true(fabsf(x[0] - 0.7f) < 2e-3f && fabsf(x[3] - 0.7f) < 2e-3f && fabs(step.f - 1000) < 1e-4);
        sc_optimizer_free(optimizer);
    }
}

/* The best point is the new function's: a step back after a change goes there, not to the old one. */
static void adam_steps_back_to_the_new_best(void **state)
{
    (void)state;
    sc_error err;
    moving_bowl b = { .centre = 0.3, .height = 1e-3 };
    float x[4] = { 0 }, changed_at[4];
    sc_problem problem = { .count = 4, .threads = pool, .evaluate = moving, .user = &b };
    sc_optimizer *optimizer;
    sc_step step;
    assert_int_equal(create_adam(&optimizer, &problem, x, 0.02, &err), 0);
    for (int i = 0; i < 100; i++)
        assert_int_equal(sc_optimizer_step(optimizer, &step, &err), 0);
    sc_optimizer_changed(optimizer);
    b.height = 10;
    memcpy(changed_at, x, sizeof x);
    assert_int_equal(sc_optimizer_step(optimizer, &step, &err), 0);
    b.height = NAN;
    assert_int_equal(sc_optimizer_step(optimizer, &step, &err), 0);
    assert_non_null(step.note);
    assert_true(step.f > 9);
    assert_memory_equal(changed_at, x, sizeof x);
    sc_optimizer_free(optimizer);
}

/* With the moments and the step counter of another, an optimiser takes the same next steps. */
static void adam_takes_over_moments(void **state)
{
    (void)state;
    sc_error err;
    valley v = { .count = 10, .wall = INFINITY };
    float x[10] = { 0 }, y[10];
    sc_problem problem = problem_of(&v);
    sc_optimizer *one, *two, *lbfgs;
    sc_step step;
    sc_adam_moments from, to;
    assert_int_equal(create_adam(&one, &problem, x, 0.01, &err), 0);
    for (int i = 0; i < 13; i++)
        assert_int_equal(sc_optimizer_step(one, &step, &err), 0);
    memcpy(y, x, sizeof y);
    assert_int_equal(create_adam(&two, &problem, y, 0.01, &err), 0);
    assert_true(sc_adam_moments_of(one, &from) && sc_adam_moments_of(two, &to));
    assert_true(*from.steps == 13 && *to.steps == 0);
    memcpy(to.first, from.first, sizeof x);
    memcpy(to.second, from.second, sizeof x);
    *to.steps = *from.steps;
    for (int i = 0; i < 9; i++) {
        assert_int_equal(sc_optimizer_step(one, &step, &err), 0);
        assert_int_equal(sc_optimizer_step(two, &step, &err), 0);
    }
    assert_memory_equal(x, y, sizeof x);
    assert_int_equal(sc_lbfgs_create(&lbfgs, &problem, x, &err), 0);
    assert_false(sc_adam_moments_of(lbfgs, &from));
    assert_null(from.first);
    sc_optimizer_free(one);
    sc_optimizer_free(two);
    sc_optimizer_free(lbfgs);
}

/* Beyond 0..1 only without the clamp; no averaging: the result is the iterate itself. Options out of range are refused.
 */
static void adam_options(void **state)
{
    (void)state;
    sc_error err;
    for (int clamp = 0; clamp < 2; clamp++) {
        moving_bowl b = { .centre = 1.5, .height = 1 };
        float x[4] = { 0.9f, 0.9f, 0.9f, 0.9f };
        sc_problem problem = { .count = 4, .threads = pool, .evaluate = moving, .user = &b };
        sc_adam_options options = { .learning_rate = 0.05, .averaging = 0, .clamp = clamp };
        sc_optimizer *optimizer;
        sc_step step;
        assert_int_equal(sc_adam_create(&optimizer, &problem, x, &options, &err), 0);
        for (int i = 0; i < 200; i++) {
            assert_int_equal(sc_optimizer_step(optimizer, &step, &err), 0);
            assert_memory_equal(sc_optimizer_result(optimizer), x, sizeof x);
        }
        assert_true(fabsf(x[2] - (clamp ? 1 : 1.5f)) < 1e-3f);
        sc_optimizer_free(optimizer);
    }
    const sc_adam_options wrong[] = {
        { -0.1, 0.99, true }, { NAN, 0.99, true },  { INFINITY, 0.99, true },
        { 0.02, 1, true },    { 0.02, -0.1, true }, { 0.02, NAN, true },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        float x[4] = { 0 };
        sc_problem problem = { .count = 4, .threads = pool };
        sc_optimizer *optimizer;
        assert_int_equal(sc_adam_create(&optimizer, &problem, x, &wrong[i], &err), SCUMBLE_ERR_ARGUMENT);
        assert_null(optimizer);
    }
}

static void sums_do_not_depend_on_threads(void **state)
{
    (void)state;
    enum { COUNT = 1 << 20 };
    float *a = malloc(COUNT * sizeof *a);
    for (size_t i = 0; i < COUNT; i++)
        a[i] = sc_random_normal(4, i);
    sc_error err;
    double first = 0;
    for (int threads = 1; threads <= 5; threads += 2) {
        sc_threads *t;
        assert_int_equal(sc_threads_create(&t, threads, &err), 0);
        double sum = sc_vector_dot(t, a, a, COUNT - 7);
        assert_true(threads == 1 || sum == first);
        first = sum;
        sc_threads_destroy(t);
    }
    free(a);
}

/* ---- plans ----------- ----------------------------------------------------------------------------------------- */

static void scales_are_sane(void **state)
{
    (void)state;
    static const int sizes[][2] = { { 512, 341 }, { 1, 1 },         { 17, 31 }, { 4000, 16 },
                                    { 16, 4000 }, { 10000, 10000 }, { 96, 96 } };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int count = 0; count <= 16; count += 4)
            for (int iterations = 1; iterations < 400; iterations += 37) {
                sc_scales scales;
                sc_scale_rule rule = { .count = count,
                                       .iterations = iterations,
                                       .factor = iterations % 2 ? 2 : sqrt(2),
                                       .coarsest = SC_COARSEST,
                                       .step = 1 };
                sc_scales_plan(&scales, sizes[i][0], sizes[i][1], &rule);
                assert_in_range(scales.count, 1, SC_MAX_SCALES);
                int sum = 0;
                for (int k = 0; k < scales.count; k++) {
                    assert_true(scales.scale[k].width >= 1 && scales.scale[k].height >= 1 &&
                                scales.scale[k].iterations >= 1);
                    sum += scales.scale[k].iterations;
                }
                assert_int_equal(sum, iterations);
                assert_int_equal(scales.scale[scales.count - 1].width, sizes[i][0]);
                assert_int_equal(scales.scale[scales.count - 1].height, sizes[i][1]);
            }
    int width, height;
    sc_result_size(2468, 1714, 0, &width, &height);
    assert_true(width == 512 && height == 356);
    sc_result_size(17, 31, 0, &width, &height);
    assert_true(width == 17 && height == 31);
    sc_result_size(17, 31, -1, &width, &height);
    assert_true(width == 17 && height == 31);
    sc_result_size(10000, 1, 100, &width, &height);
    assert_true(width == 100 && height == 1);
}

/* A smooth picture with some noise; `hue` shifts its colours. */
static sc_image picture(int width, int height, uint64_t seed, float hue)
{
    sc_error err;
    sc_image image;
    assert_int_equal(sc_image_create(&image, width, height, false, &err), 0);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < 3; c++) {
                size_t i = ((size_t)y * (size_t)width + (size_t)x) * 3 + (size_t)c;
                float v = 0.5f +
                          0.3f * sinf(0.2f * (float)x * (1 + hue) + (float)c * hue * 2) * cosf(0.15f * (float)y) +
                          0.05f * sc_random_normal(seed, i);
                image.rgb[i] = fminf(1, fmaxf(0, v));
            }
    return image;
}

static void layer_lists(void **state)
{
    (void)state;
    sc_error err = { 0 };
    sc_layers layers;
    assert_int_equal(sc_layers_parse(&layers, lite, "relu1_1, relu4_1:0.25", "style_layers", &err), 0);
    assert_int_equal(layers.count, 2);
    assert_true(layers.weight[0] == 1 && layers.weight[1] == 0.25);
    static const char *const wrong[] = { "",
                                         ",",
                                         "relu1_1,",
                                         "relu1_1:",
                                         "relu1_1:x",
                                         "relu1_1:-1",
                                         "relu1_1:0",
                                         "relu1_1:nan",
                                         "relu1_1:inf",
                                         "relu1_1:1e300",
                                         "relu1_1,relu1_1",
                                         "nothing",
                                         "relu1_1:1:2",
                                         "relu9_9" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_true(sc_layers_parse(&layers, lite, wrong[i], "style_layers", &err) < 0);
        assert_true(strstr(err.text, "`style_layers`") != NULL);
    }
    assert_true(sc_layers_parse(&layers, lite, "rel4_1", "style_layers", &err) < 0);
    assert_true(strstr(err.text, "relu4_1") != NULL); /* the nearest name is offered */
}

/* ---- transfers ------------------------------------------------------------------------------------------------- */

static sc_style_options small_options(void)
{
    sc_style_options options = sc_style_options_default();
    options.iterations = 12;
    options.scales = 2;
    return options;
}

static easel *open_transfer(sc_threads *threads, const sc_style_options *options, const sc_image *style)
{
    sc_error err = { 0 };
    double weight = 1;
    sc_style_setup setup = {
        .device = device_on(&sc_kernels_host, threads),
        .threads = threads,
        .encoder = lite,
        .options = options,
        .styles = &style,
        .style_weights = &weight,
        .style_count = 1,
    };
    easel *transfer;
    if (easel_create(&transfer, &setup, &err))
        fail_msg("%s", err.text);
    return transfer;
}

static int paint(easel *transfer, const sc_image *photo, const char *identity, const sc_weights *resume, look_fn look,
                 void *user, sc_image *result, sc_error *err)
{
    return easel_paint(transfer, &(sc_subject){ .content = photo }, identity, resume, look, user, result, err);
}

/* Every term takes part in one of these. */
static const struct mixture {
    const char *content, *style;
} mixtures[] = {
    { "feature", "gram" },
    { "feature:0.5,structure", "w2:2,nnfm" },
    { "structure,detail:0.1", "neighbour,sliced:0.5" },
    { "feature", "cross-gram,histogram" },
};
enum { MIXTURES = sizeof mixtures / sizeof *mixtures };

static void paints_and_repeats_at_any_thread_count(void **state)
{
    (void)state;
    sc_error err = { 0 };
    static const int counts[] = { 1, 3, 8 };
    sc_image photo = picture(97, 61, 1, 0.2f), painting = picture(80, 64, 2, 0.8f);
    for (int m = 0; m < MIXTURES; m++) {
        sc_style_options options = small_options();
        sc_image first = { 0 };
        strcpy(options.content_terms, mixtures[m].content);
        strcpy(options.style_terms, mixtures[m].style);
        for (int i = 0; i < 3; i++) {
            sc_threads *t;
            assert_int_equal(sc_threads_create(&t, counts[i], &err), 0);
            easel *transfer = open_transfer(t, &options, &painting);
            sc_image result;
            assert_int_equal(paint(transfer, &photo, "id", NULL, NULL, NULL, &result, &err), 0);
            assert_true(result.width == 97 && result.height == 61);
            sc_losses losses = sc_run_losses(transfer->run);
            if (!(sc_loss_named(&losses, "style") < 0.9))
                fail_msg("%s: style loss %g", mixtures[m].style, sc_loss_named(&losses, "style"));
            if (i == 0)
                first = result;
            else {
                assert_memory_equal(first.rgb, result.rgb, 97 * 61 * 3 * sizeof(float));
                sc_image_free(&result);
            }
            easel_free(transfer);
            sc_threads_destroy(t);
        }
        sc_image_free(&first);
    }
    sc_image_free(&photo);
    sc_image_free(&painting);
}

static int stop_at(sc_run *run, void *user)
{
    return sc_run_position(run).iterations_done >= *(int *)user;
}

/* Its size was once 2^24 pixels wide if it said so, and the memory was asked for. */
static void a_checkpoint_decides_no_size(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        double value;
    } lies[] = { { "width", 16777216 }, { "height", 51 }, { "width", NAN }, { "height", 0 } };
    const char path[] = "test_style_size.checkpoint";
    sc_error err = { 0 };
    sc_image photo = picture(64, 50, 1, 0.2f), painting = picture(80, 64, 2, 0.8f), part;
    sc_style_options options = small_options();
    easel *transfer = open_transfer(pool, &options, &painting);
    int stop = 1;
    assert_int_equal(paint(transfer, &photo, "id", NULL, stop_at, &stop, &part, &err), SCUMBLE_ERR_CANCELLED);
    sc_image_free(&part);
    assert_int_equal(easel_save(transfer, path, &err), 0);
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        sc_weights *saved;
        uint64_t bits;
        memcpy(&bits, &lies[i].value, sizeof bits);
        assert_int_equal(sc_weights_load(NULL, &saved, path, &err), 0);
        for (int k = 0; k < saved->metadata_count; k++)
            if (!strcmp(saved->metadata[k].key, lies[i].key))
                snprintf(saved->metadata[k].value, 17, "%016llx", (unsigned long long)bits);
        assert_int_equal(paint(transfer, &photo, "id", saved, NULL, NULL, &part, &err), SCUMBLE_ERR_FORMAT);
        assert_non_null(strstr(err.text, "64 x 50"));
        sc_weights_free(saved);
    }
    remove(path);
    easel_free(transfer);
    sc_image_free(&painting);
    sc_image_free(&photo);
}

/* Stopped anywhere, saved, loaded by another transfer: the end is the same picture. */
static void resumes_to_the_same_picture(void **state)
{
    (void)state;
    sc_error err = { 0 };
    sc_image photo = picture(64, 50, 1, 0.2f), painting = picture(80, 64, 2, 0.8f), whole, part, rest;
    /* Half of them by Adam, stopped once; matches are found anew within a scale. */
    for (int kind = 0; kind < 2 * MIXTURES; kind++) {
        sc_style_options options = small_options();
        options.optimizer = kind % 2 ? SC_CHOSE_ADAM : SC_CHOSE_LBFGS;
        options.variable = kind % 4 == 3 ? SC_CHOSE_PYRAMID : SC_CHOSE_PIXELS;
        options.iterations = 28; /* 14 a scale: the thirteenth looks for matches anew */
        strcpy(options.content_terms, mixtures[kind / 2].content);
        strcpy(options.style_terms, mixtures[kind / 2].style);
        easel *transfer = open_transfer(pool, &options, &painting);
        assert_int_equal(paint(transfer, &photo, "id", NULL, NULL, NULL, &whole, &err), 0);
        for (int stop = kind % 2 && !deep() ? 13 : 1; stop < 28; stop += kind % 2 && !deep() ? 28 : 12) {
            assert_int_equal(paint(transfer, &photo, "id", NULL, stop_at, &stop, &part, &err), SCUMBLE_ERR_CANCELLED);
            assert_true(part.width == 64 && part.height == 50);
            sc_image_free(&part);
            const char path[] = "test_style.checkpoint";
            assert_int_equal(easel_save(transfer, path, &err), 0);
            sc_weights *saved;
            assert_int_equal(sc_weights_load(NULL, &saved, path, &err), 0);
            easel *other = open_transfer(pool, &options, &painting);
            assert_int_equal(paint(other, &photo, "another", saved, NULL, NULL, &rest, &err), SCUMBLE_ERR_ARGUMENT);
            assert_int_equal(paint(other, &photo, "id", saved, NULL, NULL, &rest, &err), 0);
            assert_memory_equal(whole.rgb, rest.rgb, 64 * 50 * 3 * sizeof(float));
            sc_image_free(&rest);
            easel_free(other);
            sc_weights_free(saved);
            remove(path);
        }
        sc_image_free(&whole);
        easel_free(transfer);
    }
    sc_image_free(&photo);
    sc_image_free(&painting);
}

/* Stopped by the callback of the very last iteration, the picture is the finished one; so is the picture of a
 * run that rests, which cannot go on or be saved. */
static void the_end_is_the_end(void **state)
{
    (void)state;
    sc_error err = { 0 };
    sc_image photo = picture(64, 50, 1, 0.2f), painting = picture(80, 64, 2, 0.8f), whole, part, now;
    const size_t bytes = 64 * 50 * 3 * sizeof(float);
    for (int adam = 0; adam < 2; adam++) {
        sc_style_options options = small_options();
        options.optimizer = adam ? SC_CHOSE_ADAM : SC_CHOSE_LBFGS;
        options.beta = 2000; /* drives values out of 0..1 */
        options.tv = 0;
        easel *transfer = open_transfer(pool, &options, &painting);
        assert_int_equal(paint(transfer, &photo, "id", NULL, NULL, NULL, &whole, &err), 0);
        assert_int_equal(sc_run_rest(transfer->run, &err), 0);
        assert_int_equal(sc_run_picture(transfer->run, &now, &err), 0);
        assert_memory_equal(whole.rgb, now.rgb, bytes);
        sc_image_free(&now);
        assert_int_equal(easel_save(transfer, "test_style.none", &err), SCUMBLE_ERR_ARGUMENT);
        assert_int_equal(sc_run_step(transfer->run, 0, &err), SCUMBLE_ERR_ARGUMENT);
        int stop = options.iterations;
        assert_int_equal(paint(transfer, &photo, "id", NULL, stop_at, &stop, &part, &err), SCUMBLE_ERR_CANCELLED);
        assert_memory_equal(whole.rgb, part.rgb, bytes);
        sc_image_free(&part);
        const char path[] = "test_style.last";
        assert_int_equal(easel_save(transfer, path, &err), 0);
        sc_weights *saved;
        assert_int_equal(sc_weights_load(NULL, &saved, path, &err), 0);
        remove(path);
        assert_int_equal(paint(transfer, &photo, "id", saved, NULL, NULL, &part, &err), 0);
        assert_memory_equal(whole.rgb, part.rgb, bytes);
        sc_image_free(&part);
        assert_int_equal(paint(transfer, &photo, "another", saved, NULL, NULL, &part, &err), SCUMBLE_ERR_ARGUMENT);
        assert_null(transfer->run);
        sc_weights_free(saved);
        sc_image_free(&whole);
        easel_free(transfer);
    }
    sc_image_free(&photo);
    sc_image_free(&painting);
}

static void every_size_and_mode_works(void **state)
{
    (void)state;
    static const int sizes[][2] = { { 1, 1 }, { 2, 3 }, { 17, 31 }, { 300, 5 }, { 5, 300 }, { 33, 64 } };
    sc_error err = { 0 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int mode = 0; mode < 4; mode++) {
            sc_image photo = picture(sizes[i][0], sizes[i][1], 1, 0.2f),
                     painting = picture(mode == 3 ? 1 : 40, mode == 3 ? 1 : 30, 2, 0.8f);
            sc_style_options options = small_options();
            options.iterations = 3;
            options.scales = 0;
            strcpy(options.colour, (const char *const[]){ "style", "luminance", "match", "photo" }[mode]);
            options.tileable = mode == 2;
            strcpy(options.init, mode == 0 ? "noise" : mode == 1 ? "style" : "content");
            easel *transfer = open_transfer(pool, &options, &painting);
            sc_image result;
            if (paint(transfer, &photo, "id", NULL, NULL, NULL, &result, &err))
                fail_msg("%d x %d, mode %d: %s", sizes[i][0], sizes[i][1], mode, err.text);
            assert_true(result.width == sizes[i][0] && result.height == sizes[i][1]);
            for (int k = 0; k < sizes[i][0] * sizes[i][1] * 3; k++)
                assert_true(result.rgb[k] >= 0 && result.rgb[k] <= 1);
            sc_image_free(&result);
            easel_free(transfer);
            sc_image_free(&photo);
            sc_image_free(&painting);
        }
}

static void memory_limits_choose_tiles(void **state)
{
    (void)state;
    sc_error err = { 0 };
    sc_image painting = picture(64, 64, 2, 0.8f);
    sc_style_options options = small_options();
    options.size = 1500;
    easel *transfer = open_transfer(pool, &options, &painting);
    sc_estimate free_choice, limited;
    assert_int_equal(
        sc_style_estimate(transfer->style, &(sc_subject){ .width = 600, .height = 400 }, NULL, &free_choice, &err), 0);
    easel_free(transfer);
    assert_int_equal(free_choice.width, 1500);
    assert_int_equal(free_choice.tile_edge, 0);
    options.max_memory_bytes = free_choice.memory_bytes * 6 / 10;
    transfer = open_transfer(pool, &options, &painting);
    assert_int_equal(
        sc_style_estimate(transfer->style, &(sc_subject){ .width = 600, .height = 400 }, NULL, &limited, &err), 0);
    assert_int_equal(limited.width, 1500);
    assert_true(limited.tile_edge > 0 && limited.memory_bytes <= options.max_memory_bytes);
    assert_true(limited.time_s > 0 &&
                free_choice.time_s > 0); /* by a measurement each: that tiles take more, test_tiling says */
    easel_free(transfer);
    /* A painting with more pixels than the result needs more than the result. */
    options.max_memory_bytes = 0;
    options.size = 700;
    sc_image large = picture(1200, 1200, 2, 0.8f);
    sc_estimate with[2];
    for (int i = 0; i < 2; i++) {
        transfer = open_transfer(pool, &options, i ? &large : &painting);
        assert_int_equal(
            sc_style_estimate(transfer->style, &(sc_subject){ .width = 600, .height = 6 }, NULL, &with[i], &err), 0);
        easel_free(transfer);
    }
    assert_true(with[1].memory_bytes - with[0].memory_bytes > (int64_t)64 << 20);
    sc_image_free(&large);
    options.max_memory_bytes = 1;
    transfer = open_transfer(pool, &options, &painting);
    assert_int_equal(
        sc_style_estimate(transfer->style, &(sc_subject){ .width = 600, .height = 400 }, NULL, &limited, &err),
        SCUMBLE_ERR_LIMIT);
    easel_free(transfer);
    sc_image_free(&painting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lbfgs_finds_the_minimum),
        cmocka_unit_test(lbfgs_steps_back_from_not_a_number),
        cmocka_unit_test(not_a_number_at_the_start_is_refused),
        cmocka_unit_test(adam_descends_and_rolls_back),
        cmocka_unit_test(lbfgs_stops_at_the_minimum),
        cmocka_unit_test(steps_back_are_remembered),
        cmocka_unit_test(optimisers_follow_a_changed_function),
        cmocka_unit_test(adam_steps_back_to_the_new_best),
        cmocka_unit_test(adam_takes_over_moments),
        cmocka_unit_test(adam_options),
        cmocka_unit_test(state_goes_on_bit_for_bit),
        cmocka_unit_test(sums_do_not_depend_on_threads),
        cmocka_unit_test(scales_are_sane),
        cmocka_unit_test(layer_lists),
        cmocka_unit_test(paints_and_repeats_at_any_thread_count),
        cmocka_unit_test(resumes_to_the_same_picture),
        cmocka_unit_test(a_checkpoint_decides_no_size),
        cmocka_unit_test(the_end_is_the_end),
        cmocka_unit_test(every_size_and_mode_works),
        cmocka_unit_test(memory_limits_choose_tiles),
    };
    return cmocka_run_group_tests_name("style", tests, set_up, tear_down);
}
