/* SPDX-License-Identifier: MIT */
/* Training: learning, the objective with a critic, steps, checkpoints. Photos and patches have a test of their own. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/rng.h"
#include "nets/program/generator.h"
#include "train/trainer.h"
#include "../device_fixture.h"
#include "../remote_fixture.h"

static sc_error err;
static char folder[] = "/tmp/scumble-train-XXXXXX";
static sc_encoder *encoder;
static sc_threads *threads;

#define MUST(call)                               \
    do {                                         \
        if (call)                                \
            fail_msg("%s: %s", #call, err.text); \
    } while (0)

/* ---- pictures -------------------------------------------------------------------------------------------------- */

static sc_image picture(int width, int height, int number)
{
    sc_image image;
    MUST(sc_image_create(&image, width, height, false, &err));
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < 3; c++)
                image.rgb[((size_t)y * (size_t)width + (size_t)x) * 3 + (size_t)c] =
                    (float)(0.5 + 0.25 * sin(0.07 * (number + 2) * x + c) +
                            0.2 * cos(0.05 * (number + 1) * y - number));
    return image;
}

static void write_picture(const char *name, int width, int height, int number)
{
    char path[256];
    sc_image image = picture(width, height, number);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    MUST(sc_image_save(&image, path, NULL, &err));
    sc_image_free(&image);
}

static void write_text(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    MUST(sc_file_write(path, text, strlen(text), &err));
}

static int make_folder(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return mkdir(path, 0777);
}

/* photos/ holds six pictures and a broken one. */
static int start(void **state)
{
    (void)state;
    if (!mkdtemp(folder) || make_folder("photos"))
        return -1;
    for (int i = 0; i < 6; i++) {
        char name[64];
        snprintf(name, sizeof name, "photos/%d.png", i);
        write_picture(name, 90 + 7 * i, 120 - 5 * i, i);
    }
    write_text("photos/a-broken.png", "\x89PNG\r\n\x1a\n and no more");
    return sc_threads_create(&threads, 2, &err) || sc_encoder_create_lite(&encoder, &err);
}

static int remove_item(const char *name, const struct stat *s, int kind, struct FTW *where)
{
    (void)s, (void)kind, (void)where;
    return remove(name);
}

static int stop(void **state)
{
    (void)state;
    sc_encoder_free(encoder);
    sc_threads_destroy(threads);
    return nftw(folder, remove_item, 16, FTW_DEPTH | FTW_PHYS);
}

enum { EDGE = 64, VALUES = EDGE * EDGE * 3 };

/* ---- learning -------------------------------------------------------------------------------------------------- */

/* A discriminator small enough to differentiate by hand. */
static sc_program *tiny_discriminator(uint64_t seed)
{
    sc_program *p = sc_program_create(4);
    sc_shape shapes[2] = { { 6, 4, 3, 3 }, { 1, 6, 1, 1 } };
    sc_operand x = SC_PROGRAM_INPUT;
    for (int i = 0; i < 2; i++) {
        char weight[16], bias[16];
        float values[6 * 4 * 9], zeros[6] = { 0.1f, -0.2f, 0.05f, 0, 0.3f, -0.1f };
        for (size_t k = 0; k < sc_shape_count(shapes[i]); k++)
            values[k] = 0.4f * sc_random_normal(seed + (uint64_t)i, k);
        snprintf(weight, sizeof weight, "conv%d.weight", i);
        snprintf(bias, sizeof bias, "conv%d.bias", i);
        sc_operand inputs[3] = { x, sc_program_parameter(p, weight, shapes[i], values),
                                 sc_program_parameter(p, bias, (sc_shape){ 1, shapes[i].n, 1, 1 }, zeros) };
        x = sc_program_op(p, &sc_op_conv2d, NULL, inputs, 3);
        if (i == 0)
            x = sc_program_op(p, &sc_op_tanh, NULL, &x, 1);
    }
    MUST(sc_program_check(p, 8, NULL, &err));
    return p;
}

static void fill(sc_tensor *t, uint64_t seed)
{
    for (size_t i = 0; i < sc_shape_count(t->shape); i++)
        t->data[i] = sc_random_normal(seed, i);
}

/* Power iteration finds the largest singular value, and the parameters are divided by it. */
static void spectral_norms(void **state)
{
    (void)state;
    sc_program *p = tiny_discriminator(3);
    sc_learner *l;
    MUST(sc_learner_create(&l, p, true, 1, &err));
    const float *w = p->parameters[0].value.data; /* 6 x 36 */
    double v[36], u[6], sigma = 0;
    for (int i = 0; i < 36; i++)
        v[i] = 1 + i % 5;
    for (int k = 0; k < 500; k++) {
        double norm = 0;
        for (int r = 0; r < 6; r++) {
            u[r] = 0;
            for (int c = 0; c < 36; c++)
                u[r] += (double)w[r * 36 + c] * v[c];
            norm += u[r] * u[r];
        }
        sigma = sqrt(norm);
        double length = 0;
        for (int c = 0; c < 36; c++) {
            v[c] = 0;
            for (int r = 0; r < 6; r++)
                v[c] += (double)w[r * 36 + c] * u[r] / sigma;
            length += v[c] * v[c];
        }
        for (int c = 0; c < 36; c++)
            v[c] /= sqrt(length);
    }
    assert_float_equal(sigma, 1, 0.02);
    assert_true(l->sigmas[1] == 1); /* a bias */
    sc_learner_free(l);
    sc_program_free(p);
}

/* Three lists of features that a discriminator can tell apart. */
static void show_features(sc_contest *contest, sc_shape shape)
{
    for (int i = 0; i < 3; i++) {
        sc_tensor features;
        MUST(sc_tensor_create(&features, shape, &err));
        fill(&features, 40 + (uint64_t)i);
        for (size_t k = 0; k < sc_shape_count(shape); k++)
            features.data[k] += i == SC_REAL && k % 4 == 1 ? 1 : 0;
        sc_contest_show(contest, i, &features);
        sc_tensor_free(&features);
    }
}

/* L_D when value k of the first convolution is moved, behind the norm; gradient: what a step would go along, unless
 * NULL. */
static double loss_behind_the_norm(size_t k, float moved, float *gradient)
{
    sc_program *p = tiny_discriminator(5);
    sc_learner *l;
    sc_contest contest;
    double loss, norm;
    p->parameters[0].value.data[k] += moved;
    MUST(sc_learner_create(&l, p, true, 1, &err));
    MUST(
        sc_contest_create(&contest, p, (sc_shape){ 1, 4, 8, 8 }, 0.5, device_on(&sc_kernels_reference, threads), &err));
    show_features(&contest, (sc_shape){ 1, 4, 8, 8 });
    MUST(sc_contest_learn(&contest, 1, l, &loss, &err));
    if (gradient) {
        assert_true(sc_learner_step(l, &(sc_learning){ 0.01, 0, 0.9, 0.9, 0 },
                                    &norm)); /* without memory the first moment is the gradient */
        *gradient = l->first[k];
    }
    sc_contest_free(&contest);
    sc_learner_free(l);
    sc_program_free(p);
    return loss;
}

static void the_gradient_behind_the_norm(void **state)
{
    (void)state;
    const float h = 4e-3f;
    for (size_t k = 3; k < 216; k += 31) {
        float gradient;
        loss_behind_the_norm(k, 0, &gradient);
        assert_float_equal(
            gradient, (loss_behind_the_norm(k, h, NULL) - loss_behind_the_norm(k, -h, NULL)) / (2 * (double)h), 2e-3);
    }
}

static void the_contest_teaches(void **state)
{
    (void)state;
    sc_program *p = tiny_discriminator(5);
    sc_learner *l;
    sc_contest contest;
    double first = 0, last = 0, norm;
    MUST(sc_learner_create(&l, p, true, 1, &err));
    MUST(
        sc_contest_create(&contest, p, (sc_shape){ 1, 4, 8, 8 }, 0.5, device_on(&sc_kernels_reference, threads), &err));
    show_features(&contest, (sc_shape){ 1, 4, 8, 8 });
    MUST(sc_contest_learn(&contest, 1, l, &first, &err));
    for (int k = 0; k < 60; k++) {
        assert_true(sc_learner_step(l, &(sc_learning){ 0.02, 0.5, 0.99, 0.9, 0 }, &norm));
        MUST(sc_contest_learn(&contest, 1, l, &last, &err));
    }
    assert_true(last < 0.8 * first);
    assert_int_equal(l->steps, 60);
    sc_contest_free(&contest);
    sc_learner_free(l);
    sc_program_free(p);
}

/* The gradient of the parameters by finite differences, for the hinge loss as it stands in the graph. */
static void the_contests_gradient(void **state)
{
    (void)state;
    sc_program *p = tiny_discriminator(9);
    sc_learner *l;
    sc_contest contest;
    sc_shape shape = { 1, 4, 8, 8 };
    double loss, up, down;
    MUST(sc_learner_create(&l, p, false, 1, &err));
    MUST(sc_contest_create(&contest, p, shape, 0.3, device_on(&sc_kernels_reference, threads), &err));
    for (int i = 0; i < 3; i++) {
        sc_tensor own;
        MUST(sc_tensor_create(&own, shape, &err));
        fill(&own, 50 + (uint64_t)i);
        sc_contest_show(&contest, i, &own);
        sc_tensor_free(&own);
    }
    MUST(sc_contest_learn(&contest, 1, l, &loss, &err));
    float *gradient = malloc(l->count * sizeof *gradient);
    memcpy(gradient, l->gradient, l->count * sizeof *gradient);
    for (size_t k = 0; k < 216; k += 23) {
        float *w = &p->parameters[0].value.data[k], kept = *w;
        *w = kept + 1e-3f;
        MUST(sc_contest_learn(&contest, 0, l, &up, &err));
        *w = kept - 1e-3f;
        MUST(sc_contest_learn(&contest, 0, l, &down, &err));
        *w = kept;
        assert_float_equal(gradient[k], (up - down) / 2e-3, 2e-3);
    }
    free(gradient);
    sc_contest_free(&contest);
    sc_learner_free(l);
    sc_program_free(p);
}

/* What is not a number changes nothing. */
static void a_bad_gradient_is_left_out(void **state)
{
    (void)state;
    sc_program *p = tiny_discriminator(3);
    sc_learner *l;
    double norm;
    MUST(sc_learner_create(&l, p, false, 0, &err));
    float before = l->values[0];
    l->gradient[3] = NAN;
    assert_false(sc_learner_step(l, &(sc_learning){ 0.1, 0.9, 0.999, 0.9, 0 }, &norm));
    assert_true(l->values[0] == before && l->gradient[3] == 0 && l->steps == 0);
    sc_learner_free(l);
    sc_program_free(p);
}

/* ---- the trainer ----------------------------------------------------------------------------------------------- */

typedef struct setting {
    bool discriminator, each;
    double steady;
    const char *content, *style;
} setting;

/* Of a small training; the photos' names live as long as the process. */
static sc_trainer *open_trainer(const setting *s, sc_threads *own)
{
    static char photos[256];
    static const char *const paths[1] = { photos };
    const double weights[2] = { 0.4, 0.6 };
    sc_image paintings[2] = { picture(150, 110, 11), picture(130, 140, 12) };
    const sc_image *const borrowed[2] = { &paintings[0], &paintings[1] };
    snprintf(photos, sizeof photos, "%s/photos", folder);
    sc_train_config config = {
        .options = { "small", 1, 10, 0.5, 3, 0.5, s->discriminator, s->each, 1e-3, 2, EDGE, 128, 7, s->steady },
        .encoder = encoder,
        .device = device_on(&sc_kernels_host, own),
        .threads = own,
        .paintings = borrowed,
        .weights = weights,
        .painting_count = 2,
        .photos = paths,
        .photo_path_count = 1,
    };
    MUST(sc_terms_parse(&config.content, SC_ROLE_CONTENT, encoder, s->content, "content-terms", "relu3_1",
                        "content-layers", &err));
    MUST(sc_terms_parse(&config.style, SC_ROLE_STYLE, encoder, s->style, "style-terms", "relu1_1,relu2_1,relu3_1",
                        "style-layers", &err));
    config.layer = sc_encoder_find_layer(encoder, "relu2_1", &err);
    sc_trainer *trainer;
    MUST(sc_trainer_create(&trainer, &config, &err));
    for (int i = 0; i < 2; i++)
        sc_image_free(&paintings[i]);
    return trainer;
}

static sc_losses run_steps(sc_trainer *t, int count)
{
    sc_losses losses = { 0 };
    const char *note;
    for (int i = 0; i < count; i++) {
        MUST(sc_trainer_step(t, 0.1, &losses, &note, &err));
        assert_null(note);
    }
    return losses;
}

static void losses_fall(void **state)
{
    (void)state;
    static const setting settings[] = {
        { true, false, 0, "feature", "gram" },
        { true, true, 0, "feature,structure", "w2" },
        { false, false, 20, "detail:0.1,feature", "sliced" },
    };
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        sc_trainer *t = open_trainer(&settings[i], threads);
        sc_losses first = run_steps(t, 1), later = run_steps(t, 24);
        double contest = sc_loss_named(&later, "discriminator");
        assert_true(sc_loss_named(&later, "style") < sc_loss_named(&first, "style") &&
                    isfinite(sc_losses_total(&later)));
        assert_int_equal(later.count, settings[i].discriminator ? 6 : 5);
        assert_true(settings[i].steady > 0 ? sc_loss_named(&later, "steady") > 0 : !sc_loss_named(&later, "steady"));
        assert_string_equal(later.of[later.count - 1].name, "total");
        assert_true(settings[i].discriminator ? contest > 0 && contest < sc_loss_named(&first, "discriminator") :
                                                contest == 0);
        assert_int_equal(sc_trainer_steps(t), 25);
        sc_trainer_free(t);
    }
}

/* dL_total/dy of the objective with a critic, by finite differences. */
static void a_critics_gradient(void **state)
{
    (void)state;
    sc_trainer *t = open_trainer(&(setting){ true, false, 0, "feature", "gram" }, threads);
    float x[VALUES], gradient[VALUES], ignored[VALUES];
    sc_losses losses, up, down;
    for (int i = 0; i < VALUES; i++)
        x[i] = sc_random_uniform(2, (uint64_t)i);
    MUST(sc_objective_evaluate(t->objectives[0], x, gradient, &losses, &err));
    assert_float_equal(sc_losses_total(&losses),
                       sc_loss_named(&losses, "content") + 10 * sc_loss_named(&losses, "style") +
                           0.5 * sc_loss_named(&losses, "adversarial") + 3 * sc_loss_named(&losses, "tv"),
                       1e-4);
    double scale = 0;
    for (int i = 0; i < VALUES; i++)
        scale = fmax(scale, fabs((double)gradient[i]));
    for (int k = 0; k < 6; k++) {
        /* along a direction in which many values change, since one alone drowns in rounding */
        double slope = 0, length = 0;
        float moved[VALUES];
        for (int sign = -1; sign <= 1; sign += 2) {
            for (int i = 0; i < VALUES; i++) {
                float d = sc_random_normal(20 + (uint64_t)k, (uint64_t)i) * (i / 192 % 6 == k);
                moved[i] = x[i] + (float)sign * 2e-3f * d;
                slope += sign > 0 ? (double)d * gradient[i] : 0;
                length += sign > 0 ? (double)d * d : 0;
            }
            MUST(sc_objective_evaluate(t->objectives[0], moved, ignored, sign > 0 ? &up : &down, &err));
        }
        assert_float_equal(slope, (sc_losses_total(&up) - sc_losses_total(&down)) / 4e-3, 0.03 * scale * sqrt(length));
    }
    sc_trainer_free(t);
}

/* Values of both networks. */
static void check_equal(const sc_trainer *a, const sc_trainer *b)
{
    assert_int_equal(sc_trainer_steps(a), sc_trainer_steps(b));
    assert_memory_equal(a->generator->values, b->generator->values, a->generator->count * sizeof(float));
    assert_memory_equal(a->generator->average, b->generator->average, a->generator->count * sizeof(float));
    assert_memory_equal(a->discriminator->values, b->discriminator->values, a->discriminator->count * sizeof(float));
}

/* Two networks that learn, and targets that change, on a device whose memory the host cannot touch. */
static void same_bytes_on_the_remote_device(void **state)
{
    (void)state;
    setting s = { true, false, 0, "feature,structure", "w2" };
    sc_trainer *t = open_trainer(&s, threads);
    sc_losses here = run_steps(t, 2);
    fixture_kind = &remote_kind;
    sc_trainer *far = open_trainer(&s, threads);
    fixture_kind = &sc_device_host;
    sc_losses there = run_steps(far, 2);
    assert_memory_equal(&here, &there, sizeof here);
    check_equal(t, far);
    assert_true(remote.kernels > 100);
    sc_trainer_free(t);
    sc_trainer_free(far);
    assert_int_equal(remote.block_count, 0);
}

static void same_bytes_at_any_thread_count(void **state)
{
    (void)state;
    sc_threads *other;
    setting s = { true, false, 20, "feature", "gram" };
    sc_trainer *t = open_trainer(&s, threads);
    run_steps(t, 3);
    static const int counts[] = { 1, 3 };
    for (int i = 0; i < 2; i++) {
        MUST(sc_threads_create(&other, counts[i], &err));
        sc_trainer *u = open_trainer(&s, other);
        run_steps(u, 3);
        check_equal(t, u);
        sc_trainer_free(u);
        sc_threads_destroy(other);
    }
    sc_trainer_free(t);
}

static void goes_on_bit_for_bit(void **state)
{
    (void)state;
    char path[256];
    double elapsed_s, auc;
    sc_image photos[SC_TRAIN_SAMPLES], painted[SC_TRAIN_SAMPLES];
    int count;
    snprintf(path, sizeof path, "%s/checkpoint", folder);
    setting s = { true, false, 20, "feature", "gram" }, without = { false, false, 20, "feature", "gram" },
            restless = { true, false, 0, "feature", "gram" };
    sc_trainer *t = open_trainer(&s, threads), *u = open_trainer(&s, threads), *v = open_trainer(&without, threads),
               *w = open_trainer(&restless, threads);
    run_steps(t, 3);
    MUST(sc_trainer_save(t, "{}", 12.5, path, &err));
    MUST(sc_trainer_sample(t, photos, painted, &count, &auc, &err)); /* changes nothing */
    assert_true(count >= 1 && auc >= 0 && auc <= 1 && photos[0].width == EDGE && painted[0].height == EDGE);
    for (int i = 0; i < count; i++) {
        sc_image_free(&photos[i]);
        sc_image_free(&painted[i]);
    }
    run_steps(t, 2);
    sc_weights *kept;
    MUST(sc_weights_load(NULL, &kept, path, &err));
    MUST(sc_trainer_load(u, kept, &elapsed_s, &err));
    assert_true(elapsed_s == 12.5);
    run_steps(u, 2);
    check_equal(t, u);
    assert_int_equal(sc_trainer_load(v, kept, &elapsed_s, &err), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(sc_trainer_load(w, kept, &elapsed_s, &err), SCUMBLE_ERR_ARGUMENT);
    sc_weights_free(kept);
    sc_trainer_free(t);
    sc_trainer_free(u);
    sc_trainer_free(v);
    sc_trainer_free(w);
}

static void a_failed_checkpoint_stops_nothing(void **state)
{
    (void)state;
    sc_trainer *t = open_trainer(&(setting){ true, false, 0, "feature", "gram" }, threads);
    run_steps(t, 1);
    assert_int_not_equal(sc_trainer_save(t, "{}", 0, "/proc/nowhere/checkpoint", &err), 0);
    assert_true(*err.text);
    run_steps(t, 1);
    sc_trainer_free(t);
}

static void a_painter_is_saved(void **state)
{
    (void)state;
    char path[256];
    sc_painter *painter;
    snprintf(path, sizeof path, "%s/tiny.scumble", folder);
    sc_trainer *t = open_trainer(&(setting){ true, false, 0, "feature", "gram" }, threads);
    run_steps(t, 2);
    MUST(
        sc_trainer_save_painter(t, &(sc_painter){ .name = "tiny", .encoder = "lite", .layer = "relu2_1" }, path, &err));
    MUST(sc_painter_load(&painter, path, &err));
    assert_string_equal(painter->name, "tiny");
    assert_true(painter->discriminator && painter->range == 1);
    float own = painter->generator->parameters[0].value.data[5];
    assert_float_equal(own, t->generator->average[5], 1e-3);
    sc_painter_free(painter);
    sc_trainer_free(t);
}

/* ---- steadiness ------------------------------------------------------------------------------------------------ */

static sc_steady *open_steady(sc_program **program)
{
    sc_steady *s;
    MUST(sc_generator_create(program, &(sc_generator_shape){ .channels = 4, .blocks = 1, .end = 3 }, 3, &err));
    MUST(sc_steady_create(&s, *program, EDGE, 9, device_on(&sc_kernels_host, threads), &err));
    return s;
}

static void close_steady(sc_steady *s, sc_program *program)
{
    sc_steady_free(s);
    sc_program_free(program);
}

/* Every second sample is moved by whole pixels; noise is little, and what moves is the whole picture. */
static void a_second_frame(void **state)
{
    (void)state;
    sc_program *program;
    sc_steady *s = open_steady(&program);
    sc_image photo = picture(EDGE, EDGE, 1);
    int whole = 0, noisy = 0;
    for (uint64_t sample = 0; sample < 40; sample++) {
        double most = 0, bend = 0;
        sc_steady_move(s, sample, photo.rgb);
        for (int i = 0; i < EDGE * EDGE; i++) {
            int x = i % EDGE + (int)s->u[0], y = i / EDGE + (int)s->v[0];
            bend = fmax(bend, fabs((double)s->u[i] - (double)s->u[0]) + fabs((double)s->v[i] - (double)s->v[0]));
            for (int c = 0; c < 3 && x >= 0 && y >= 0 && x < EDGE && y < EDGE; c++)
                most = fmax(most, fabs((double)s->second[3 * i + c] - (double)photo.rgb[3 * (y * EDGE + x) + c]));
        }
        assert_true(bend < 12 && fabs((double)s->u[0]) < 18);
        whole += bend == 0;
        if (bend == 0)
            assert_true(s->u[0] == floorf(s->u[0]) && fabs((double)s->u[0]) <= 10 && most < 0.04);
        noisy += bend == 0 && most > 0.01;
    }
    assert_true(whole > 12 && whole < 28 && noisy > 3);
    sc_image_free(&photo);
    close_steady(s, program);
}

/* Some are darker, some flatter, none brighter; the same sample always in the same way. */
static void exposures(void **state)
{
    (void)state;
    sc_program *program;
    sc_steady *s = open_steady(&program);
    int dark = 0, flat = 0, same = 0;
    for (uint64_t sample = 0; sample < 100; sample++) {
        sc_image photo = picture(EDGE, EDGE, 1), once = picture(EDGE, EDGE, 1), again = picture(EDGE, EDGE, 1);
        double own[2] = { 0 }, before[2] = { 0 };
        bool changed = sc_steady_expose(s, sample, once.rgb);
        assert_true(changed == (memcmp(once.rgb, photo.rgb, VALUES * sizeof(float)) != 0));
        sc_steady_expose(s, sample, again.rgb);
        assert_memory_equal(once.rgb, again.rgb, VALUES * sizeof(float));
        for (int i = 0; i < VALUES; i++) {
            own[0] += (double)once.rgb[i] / VALUES;
            own[1] += (double)once.rgb[i] * (double)once.rgb[i] / VALUES;
            before[0] += (double)photo.rgb[i] / VALUES;
            before[1] += (double)photo.rgb[i] * (double)photo.rgb[i] / VALUES;
        }
        double contrast = sqrt((own[1] - own[0] * own[0]) / (before[1] - before[0] * before[0]));
        assert_true(own[0] < 1.0001 * before[0]);
        dark += own[0] < 0.75 * before[0];
        flat += own[0] > 0.9 * before[0] && contrast < 0.75;
        same += !changed;
        sc_image_free(&photo), sc_image_free(&once), sc_image_free(&again);
    }
    assert_true(dark > 5 && flat > 5 && same > 60);
    close_steady(s, program);
}

/* Both slopes along random directions, by differences; and that nothing is asked where the second frame shows what the
 * first did not. */
static void slopes_of_steadiness(void **state)
{
    (void)state;
    static float painted[VALUES], slope[VALUES], moved[VALUES], kept[VALUES], ignored[VALUES];
    const float weight = 3, h = 1e-3f;
    sc_program *program;
    sc_steady *s = open_steady(&program);
    sc_image photo = picture(EDGE, EDGE, 2);
    for (uint64_t sample = 0; sample < 6; sample++) {
        sc_steady_move(s, sample, photo.rgb);
        for (int i = 0; i < VALUES; i++) {
            painted[i] = sc_random_uniform(2 + sample, (uint64_t)i);
            kept[i] = s->painted[i] = sc_random_uniform(60 + sample, (uint64_t)i);
            slope[i] = 1;
        }
        sc_steady_compare(s, painted, weight, slope);
        double expected = 0, losses[2];
        for (int i = 0; i < VALUES; i++)
            expected += ((double)slope[i] - 1) * (double)sc_random_normal(7, (uint64_t)i) +
                        (double)s->slope[i] * (double)sc_random_normal(8, (uint64_t)i);
        for (int k = 0; k < 2; k++) {
            for (int i = 0; i < VALUES; i++) {
                moved[i] = painted[i] + (k ? h : -h) * sc_random_normal(7, (uint64_t)i);
                s->painted[i] = kept[i] + (k ? h : -h) * sc_random_normal(8, (uint64_t)i);
            }
            losses[k] = sc_steady_compare(s, moved, weight, ignored);
        }
        assert_float_equal(expected, (double)weight * (losses[1] - losses[0]) / (2 * (double)h), 2e-3);
    }
    sc_image_free(&photo);
    close_steady(s, program);
}

/* Steps along it alone make it less. */
static void steadiness_is_learnt(void **state)
{
    (void)state;
    static float painted[VALUES], slope[VALUES];
    sc_program *program;
    sc_learner *l;
    sc_generator_graph graph;
    sc_steady *s = open_steady(&program);
    sc_image photo = picture(EDGE, EDGE, 2);
    double loss = 0, first = 0, norm;
    MUST(sc_learner_create(&l, program, false, 0, &err));
    MUST(sc_generator_graph_create(&graph, program, EDGE, device_on(&sc_kernels_host, threads), &err));
    for (int k = 0; k < 30; k++) {
        memset(slope, 0, sizeof slope);
        MUST(sc_generator_graph_paint(&graph, photo.rgb, painted, &err));
        MUST(sc_steady_learn(s, 3, photo.rgb, painted, 1, 1, slope, l, &loss, &err));
        MUST(sc_generator_graph_learn(&graph, slope, 1, l, &err));
        assert_true(sc_learner_step(l, &(sc_learning){ 1e-3, 0.9, 0.999, 0.9, 0 }, &norm));
        first = k ? first : loss;
    }
    assert_true(loss < 0.6 * first);
    sc_generator_graph_free(&graph);
    sc_learner_free(l);
    sc_image_free(&photo);
    close_steady(s, program);
}

/* ---- the curve ------------------------------------------------------------------------------------------------- */

static void area_under_the_curve(void **state)
{
    (void)state;
    float high[] = { 3, 1, 2 }, low[] = { 0, -1 }, same[] = { 1, 1 }, ones[] = { 1, 1, 1 }, mixed[] = { 0.5f, 2.5f };
    assert_true(sc_auc(high, 3, low, 2) == 1);
    assert_true(sc_auc(low, 2, high, 3) == 0);
    assert_true(sc_auc(same, 2, ones, 3) == 0.5);
    assert_float_equal(sc_auc(high, 3, mixed, 2), 4.0 / 6, 1e-9); /* 1 > 0.5, 2 > 0.5, 3 > both */
    assert_true(sc_auc(high, 0, low, 2) == 0.5);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(spectral_norms),
        cmocka_unit_test(the_gradient_behind_the_norm),
        cmocka_unit_test(the_contest_teaches),
        cmocka_unit_test(the_contests_gradient),
        cmocka_unit_test(a_bad_gradient_is_left_out),
        cmocka_unit_test(losses_fall),
        cmocka_unit_test(a_critics_gradient),
        cmocka_unit_test(same_bytes_on_the_remote_device),
        cmocka_unit_test(same_bytes_at_any_thread_count),
        cmocka_unit_test(goes_on_bit_for_bit),
        cmocka_unit_test(a_failed_checkpoint_stops_nothing),
        cmocka_unit_test(a_painter_is_saved),
        cmocka_unit_test(a_second_frame),
        cmocka_unit_test(exposures),
        cmocka_unit_test(slopes_of_steadiness),
        cmocka_unit_test(steadiness_is_learnt),
        cmocka_unit_test(area_under_the_curve),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
