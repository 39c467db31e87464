/* SPDX-License-Identifier: MIT */
/* Distilling encoders: folding, factoring, learning, checkpoints. The teacher is the embedded encoder, cut after its
 * second block to be quick. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/rng.h"
#include "media/image.h"
#include "train/distiller.h"
#include "../graph_fixture.h"
#include "../device_fixture.h"
#include "../remote_fixture.h"

static sc_error err;
static char folder[] = "/tmp/scumble-distil-XXXXXX";
static sc_encoder *teacher, *whole; /* with three layers, and with all eight */
static sc_threads *threads;

#define MUST(call)                               \
    do {                                         \
        if (call)                                \
            fail_msg("%s: %s", #call, err.text); \
    } while (0)

enum { EDGE = 32, BATCH = 3, LAYERS = 3 };

/* ---- what there is to learn from ------------------------------------------------------------------------------- */

static void write_picture(int width, int height, int number)
{
    char path[256];
    sc_image image;
    MUST(sc_image_create(&image, width, height, false, &err));
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < 3; c++)
                image.rgb[((size_t)y * (size_t)width + (size_t)x) * 3 + (size_t)c] =
                    (float)(0.5 + 0.25 * sin(0.2 * (number + 2) * x + c) + 0.2 * cos(0.15 * (number + 1) * y - number) +
                            0.1 * ((x / 5 + y / 7) % 2));
    snprintf(path, sizeof path, "%s/%d.png", folder, number);
    MUST(sc_image_save(&image, path, NULL, &err));
    sc_image_free(&image);
}

static bool within_two_blocks(const char *name)
{
    return strchr("12", name[strcspn(name, "123456789")]);
}

/* The encoder without what lies behind its second block. */
static sc_encoder *cut(const sc_encoder *encoder)
{
    sc_weights *all, *some;
    sc_encoder *own;
    MUST(sc_encoder_to_weights(encoder, &all, &err));
    MUST(sc_weights_create(&some, &err));
    for (int i = 0; i < all->tensor_count; i++) {
        const sc_weight *w = &all->tensors[i];
        if (within_two_blocks(w->name))
            MUST(sc_weights_lend(some, w->name, w->dimensions, w->dimension_count, w->values, &err));
    }
    MUST(sc_weights_sort(some, &err));
    MUST(sc_encoder_create(&own, some, "lite", &err));
    sc_weights_free(some);
    sc_weights_free(all);
    return own;
}

static int start(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    for (int i = 0; i < 6; i++)
        write_picture(70 + 7 * i, 90 - 5 * i, i);
    if (sc_threads_create(&threads, 2, &err) || sc_encoder_create_lite(&whole, &err))
        return -1;
    teacher = cut(whole);
    return 0;
}

static int remove_item(const char *name, const struct stat *s, int kind, struct FTW *where)
{
    (void)s, (void)kind, (void)where;
    return remove(name);
}

static int stop(void **state)
{
    (void)state;
    sc_encoder_free(teacher);
    sc_encoder_free(whole);
    sc_threads_destroy(threads);
    return nftw(folder, remove_item, 16, FTW_DEPTH | FTW_PHYS);
}

static void fill(float *values, size_t count, float mean, float deviation, uint64_t seed)
{
    for (size_t i = 0; i < count; i++)
        values[i] = mean + deviation * sc_random_normal(seed, i);
}

/* ---- factoring ------------------------------------------------------------------------------------------------- */

/* R^T R = A^T A, so |R x| = |A x|; and R^T Q^T b = A^T b, so products with b are kept, too. */
static void triangles_keep_distances(void **state)
{
    (void)state;
    static const size_t sizes[][2] = { { 7, 5 }, { 5, 5 }, { 1, 1 }, { 40, 12 } };
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t rows = sizes[s][0], columns = sizes[s][1];
        double a[480], r[480], b[40], moved[40];
        for (size_t i = 0; i < rows * columns; i++)
            r[i] = a[i] = s == 0 && i / rows == 2 ? 0 : (double)sc_random_normal(s, i); /* with a column of zeros */
        for (size_t i = 0; i < rows; i++)
            moved[i] = b[i] = (double)sc_random_normal(s + 9, i);
        sc_triangulate(r, moved, rows, columns);
        for (size_t j = 0; j < columns; j++) {
            double before = 0, after = 0;
            for (size_t i = 0; i < rows; i++) {
                assert_true(i <= j || r[j * rows + i] == 0);
                before += a[j * rows + i] * b[i];
                after += r[j * rows + i] * moved[i];
            }
            assert_float_equal(before, after, 1e-10);
            for (size_t k = 0; k < columns; k++) {
                before = after = 0;
                for (size_t i = 0; i < rows; i++) {
                    before += a[j * rows + i] * a[k * rows + i];
                    after += r[j * rows + i] * r[k * rows + i];
                }
                assert_float_equal(before, after, 1e-10);
            }
        }
    }
}

/* ---- folding --------------------------------------------------------------------------------------------------- */

/* The student with fixed statistics in its norms: its values behind the ReLUs of the tapped layers, and A f + a. */
static void build_fixed(const sc_student *s, const sc_student_statistics *statistics, sc_graph *graph, sc_value x,
                        sc_value *relus, sc_value *taps)
{
    sc_value results[64];
    int conv = 0, layer = 0;
    for (int i = 0; i < s->program->operation_count; i++) {
        const sc_operation *o = &s->program->operations[i];
        sc_value inputs[5];
        int count = o->input_count;
        for (int k = 0; k < count; k++)
            inputs[k] = o->inputs[k] == SC_PROGRAM_INPUT ?
                            x :
                        !sc_operand_is_parameter(o->inputs[k]) ?
                            results[o->inputs[k]] :
                            sc_graph_parameter(graph, "p",
                                               &s->program->parameters[sc_operand_parameter(o->inputs[k])].value, NULL);
        if (o->op == &sc_op_instance_norm) {
            sc_tensor mean, variance;
            sc_shape shape = { 1, s->channels[conv], 1, 1 };
            MUST(sc_tensor_create(&mean, shape, &err));
            MUST(sc_tensor_create(&variance, shape, &err));
            for (int c = 0; c < shape.c; c++) {
                mean.data[c] = (float)statistics[conv].mean[c];
                variance.data[c] = (float)statistics[conv].variance[c];
            }
            results[i] = sc_graph_batch_norm(graph, inputs[0], sc_graph_constant(graph, "m", &mean),
                                             sc_graph_constant(graph, "v", &variance), inputs[1], inputs[2],
                                             o->attrs.norm.epsilon);
            sc_tensor_free(&mean);
            sc_tensor_free(&variance);
            conv++;
        } else
            results[i] = sc_graph_op(graph, o->op, o->op->attrs_bytes ? &o->attrs : NULL, inputs, count);
        if (layer < s->layer_count && i == s->taps[layer]) {
            taps[layer] = results[i];
            relus[layer++] = inputs[0];
        }
    }
}

static void randomise(const sc_student *s, sc_student_statistics *statistics, double *room)
{
    for (int i = 0; i < s->program->parameter_count; i++) {
        struct sc_parameter *p = &s->program->parameters[i];
        if (!strncmp(p->name, "norm", 4) || strstr(p->name, ".bias"))
            fill(p->value.data, sc_shape_count(p->value.shape), strstr(p->name, ".weight") ? 1 : 0, 0.3f,
                 70 + (uint64_t)i);
    }
    for (int k = 0; k < s->conv_count; k++) {
        statistics[k] = (sc_student_statistics){ room, room + s->channels[k] };
        room += 2 * s->channels[k];
        for (int c = 0; c < s->channels[k]; c++) {
            statistics[k].mean[c] = 0.2 * (double)sc_random_normal(30 + (uint64_t)k, (uint64_t)c);
            statistics[k].variance[c] = 0.5 + (double)sc_random_uniform(50 + (uint64_t)k, (uint64_t)c);
        }
    }
}

static void check_near(const float *a, const float *b, size_t count, double tolerance)
{
    double largest = 1e-6;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)a[i]));
    for (size_t i = 0; i < count; i++)
        assert_float_equal(a[i], b[i], tolerance * largest);
}

/* Squared distance between the two pictures of a batch. */
static double distance(const float *values, size_t each)
{
    double sum = 0;
    for (size_t i = 0; i < each; i++)
        sum += ((double)values[i] - (double)values[i + each]) * ((double)values[i] - (double)values[i + each]);
    return sum;
}

/* The encoder that leaves is the network that learnt: its layers are the same, and its taps keep the distances between
 * what is predicted. */
static void folding_changes_nothing(void **state)
{
    (void)state;
    enum { ALL = 6 };
    const int channels[ALL] = { 64, 128, 40, 256, 100, 128 }; /* also fewer than the student's own */
    sc_student s, folded;
    sc_student_statistics statistics[SC_STUDENT_CONVS];
    sc_weights *weights;
    sc_encoder *encoder;
    sc_graph *graph;
    sc_value relus[ALL], taps[ALL], own_relus[ALL], own_taps[ALL];
    double *room = malloc(4096 * sizeof *room);
    MUST(sc_student_create(&s, channels, ALL, 4, &err));
    assert_int_equal(s.conv_count, 8);
    randomise(&s, statistics, room);
    MUST(sc_student_fold(&s, statistics, &folded, &err));
    MUST(sc_student_to_weights(&folded, &weights, &err));
    MUST(sc_encoder_create(&encoder, weights, "lite", &err));
    assert_int_equal(sc_encoder_layer_count(encoder), ALL);
    MUST(sc_graph_create(&graph, device_on(&sc_kernels_host, threads), &err));
    sc_value x = sc_graph_input(graph, "x", (sc_shape){ 2, 3, EDGE, EDGE });
    build_fixed(&s, statistics, graph, x, relus, taps);
    MUST(sc_encoder_build(encoder, graph, x, NULL, (const int[]){ 0, 1, 2, 3, 4, 5 }, ALL, own_taps, &err));
    MUST(sc_encoder_build_raw(encoder, graph, x, NULL, (const int[]){ 0, 1, 2, 3, 4, 5 }, ALL, own_relus, &err));
    for (int i = 0; i < ALL; i++) {
        sc_graph_keep(graph, relus[i]), sc_graph_keep(graph, taps[i]);
        sc_graph_keep(graph, own_relus[i]), sc_graph_keep(graph, own_taps[i]);
    }
    MUST(sc_graph_plan(graph, &err));
    float *patches = graph_values(graph, x);
    fill(patches, 2 * EDGE * EDGE * 3, 0.5f, 0.25f, 2);
    graph_write(graph, x, patches);
    MUST(sc_graph_run(graph, &err));
    for (int i = 0; i < ALL; i++) {
        size_t each = sc_shape_count(sc_graph_shape(graph, relus[i])) / 2,
               tapped = sc_shape_count(sc_graph_shape(graph, taps[i])) / 2;
        check_near(graph_values(graph, relus[i]), graph_values(graph, own_relus[i]), 2 * each, 2e-5);
        double predicted = distance(graph_values(graph, taps[i]), tapped),
               own = distance(graph_values(graph, own_taps[i]), each);
        assert_true(predicted > 1);
        assert_float_equal(own, predicted, 1e-4 * predicted);
    }
    sc_graph_destroy(graph);
    sc_encoder_free(encoder);
    sc_weights_free(weights);
    sc_student_free(&folded);
    sc_student_free(&s);
    free(room);
}

/* ---- learning -------------------------------------------------------------------------------------------------- */

static void long_gradients_are_shortened(void **state)
{
    (void)state;
    sc_student s;
    sc_learner *l;
    double norm;
    MUST(sc_student_create(&s, (const int[]){ 64 }, 1, 4, &err));
    MUST(sc_learner_create(&l, s.program, false, 0, &err));
    for (int round = 0; round < 2; round++) {
        float length = round ? 0.5f : 20;
        l->gradient[3] = 0.6f * length;
        l->gradient[7] = -0.8f * length;
        assert_true(sc_learner_step(l, &(sc_learning){ .rate = 1e-3, .first = 0, .second = 0.9, .clip = 5 },
                                    &norm)); /* the first moment is the gradient */
        assert_float_equal(norm, length, 1e-5);
        assert_float_equal(l->first[7], round ? -0.4 : -4, 1e-5);
    }
    sc_learner_free(l);
    sc_student_free(&s);
}

static sc_distiller *open_distiller(const sc_encoder *const *teachers, int count, sc_threads *own, uint64_t seed)
{
    static const char *const paths[1] = { folder };
    sc_distiller *d;
    sc_distil_config config = { .options = { 2e-3, BATCH, EDGE, seed },
                                .teachers = teachers,
                                .teacher_count = count,
                                .device = device_on(&sc_kernels_host, own),
                                .threads = own,
                                .photos = paths,
                                .photo_path_count = 1 };
    MUST(sc_distiller_create(&d, &config, &err));
    return d;
}

static sc_losses run_steps(sc_distiller *d, int count)
{
    sc_losses losses = { .count = 0 };
    const char *note;
    for (int i = 0; i < count; i++) {
        MUST(sc_distiller_step(d, 0.1, &losses, &note, &err));
        assert_null(note);
    }
    return losses;
}

/* On a device whose memory the host cannot touch; the encoder that comes of it, too. */
static void same_bytes_on_the_remote_device(void **state)
{
    (void)state;
    const sc_encoder *const teachers[1] = { teacher };
    sc_weights *weights[2];
    double unexplained[2][SC_LITE_TAPPED];
    sc_distiller *d[2];
    for (int i = 0; i < 2; i++) {
        fixture_kind = i ? &remote_kind : &sc_device_host;
        d[i] = open_distiller(teachers, 1, threads, 1);
        run_steps(d[i], 2);
        MUST(sc_distiller_finish(d[i], &(sc_distil_texts){ "mine", "MIT", "tests", "{}" }, &weights[i], unexplained[i],
                                 &err));
    }
    fixture_kind = &sc_device_host;
    assert_memory_equal(d[0]->learner->values, d[1]->learner->values, d[0]->learner->count * sizeof(float));
    assert_memory_equal(unexplained[0], unexplained[1], (size_t)sc_distiller_layers(d[0]) * sizeof **unexplained);
    for (int i = 0; i < 2; i++) {
        sc_weights_free(weights[i]);
        sc_distiller_free(d[i]);
    }
    assert_true(remote.kernels > 100);
    assert_int_equal(remote.block_count, 0);
}

static void losses_fall(void **state)
{
    (void)state;
    sc_weights *weights;
    sc_encoder *encoder;
    double unexplained[SC_LITE_TAPPED];
    const sc_encoder *const teachers[1] = { teacher };
    sc_distiller *d = open_distiller(teachers, 1, threads, 1);
    assert_int_equal(sc_distiller_layers(d), LAYERS);
    assert_int_equal(sc_distiller_photos(d), 6);
    sc_losses first = run_steps(d, 1), last = run_steps(d, 59);
    assert_true(sc_losses_total(&first) > 0.5 * LAYERS &&
                sc_losses_total(&first) < 2 * LAYERS); /* about what the means alone explain: nothing */
    double sum = 0;
    for (int k = 0; k < LAYERS; k++) {
        assert_string_equal(last.of[k].name, sc_lite_layers[k]);
        assert_true(last.of[k].value < 0.7 * first.of[k].value);
        sum += last.of[k].value;
    }
    assert_float_equal(sc_losses_total(&last), sum, 1e-5);
    float before = d->learner->values[100];
    MUST(sc_distiller_finish(d, &(sc_distil_texts){ "mine", "MIT", "tests", "{}" }, &weights, unexplained, &err));
    assert_true(d->learner->values[100] == before && sc_distiller_steps(d) == 60);
    for (int k = 0; k < LAYERS; k++) /* of pictures that it has not seen, with fixed statistics */
        assert_true(unexplained[k] > 0 && unexplained[k] < 0.8);
    MUST(sc_encoder_create(&encoder, weights, NULL, &err));
    assert_string_equal(sc_encoder_name(encoder), "mine");
    assert_string_equal(sc_encoder_architecture(encoder), "lite");
    assert_int_equal(sc_encoder_layer_count(encoder), LAYERS);
    sc_encoder_free(encoder);
    sc_weights_free(weights);
    sc_distiller_free(d);
}

/* The gradient of the lesson's loss with respect to parameters in front of several norms, by differences. */
static void the_lessons_gradient(void **state)
{
    (void)state;
    const sc_encoder *const teachers[1] = { teacher };
    sc_distiller *d = open_distiller(teachers, 1, threads, 1);
    run_steps(d, 1);
    sc_lesson *l = &d->lesson;
    static const char *const names[] = { "conv1_1.weight", "norm1_2.weight", "norm2_1.bias", "conv2_2.weight",
                                         "tap2_1.weight" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int index = sc_program_find(d->student.program, names[i]);
        sc_tensor *value = &d->student.program->parameters[index].value;
        size_t count = sc_shape_count(value->shape);
        MUST(sc_graph_run(l->graph, &err));
        float *gradient = malloc(count * sizeof *gradient), *kept = malloc(count * sizeof *kept), own = 2e-3f;
        memcpy(gradient, graph_gradient(l->graph, l->parameters[index]), count * sizeof *gradient);
        memcpy(kept, value->data, count * sizeof *kept);
        double slope = 0, length = 0, losses[2];
        for (size_t k = 0; k < count; k++)
            length += (double)gradient[k] * (double)gradient[k];
        length = sqrt(length);
        for (int side = 0; side < 2; side++) { /* along the gradient, where the slope is its length */
            for (size_t k = 0; k < count; k++)
                value->data[k] = kept[k] + (side ? own : -own) * gradient[k] / (float)length;
            d->student.program->changes++;
            MUST(sc_graph_run(l->graph, &err));
            losses[side] = 0;
            for (int k = 0; k < LAYERS; k++)
                losses[side] += (double)sc_graph_scalar(l->graph, l->unexplained[k]);
        }
        slope = (losses[1] - losses[0]) / (2 * (double)own);
        assert_true(length > 1e-3);
        assert_float_equal(slope, length, 0.03 * length + 1e-3);
        memcpy(value->data, kept, count * sizeof *kept);
        d->student.program->changes++;
        free(gradient);
        free(kept);
    }
    sc_distiller_free(d);
}

/* Layers that the first teacher lacks come from the second. */
static void several_teachers(void **state)
{
    (void)state;
    const sc_encoder *const teachers[2] = { teacher, whole };
    sc_distiller *d = open_distiller(teachers, 2, threads, 1);
    assert_int_equal(sc_distiller_layers(d), SC_LITE_TAPPED);
    assert_int_equal(d->teachers.each[0].count, LAYERS);
    assert_int_equal(d->teachers.each[1].count, SC_LITE_TAPPED - LAYERS);
    sc_losses losses = run_steps(d, 1);
    assert_true(isfinite(sc_losses_total(&losses)));
    sc_distiller_free(d);
}

static void check_equal(const sc_distiller *a, const sc_distiller *b)
{
    assert_int_equal(a->steps, b->steps);
    assert_memory_equal(a->learner->values, b->learner->values, a->learner->count * sizeof(float));
    assert_memory_equal(a->learner->second, b->learner->second, a->learner->count * sizeof(float));
}

static void same_bytes_at_any_thread_count(void **state)
{
    (void)state;
    static const int counts[] = { 1, 3 };
    const sc_encoder *const teachers[1] = { teacher };
    sc_distil_texts texts = { "mine", "MIT", "tests", "{}" };
    sc_weights *weights[2];
    double unexplained[2][SC_LITE_TAPPED];
    sc_distiller *d = open_distiller(teachers, 1, threads, 5), *other_seed = open_distiller(teachers, 1, threads, 6);
    run_steps(d, 3);
    assert_memory_not_equal(d->learner->values, other_seed->learner->values, 100);
    MUST(sc_distiller_finish(d, &texts, &weights[0], unexplained[0], &err));
    for (int i = 0; i < 2; i++) {
        sc_threads *other;
        MUST(sc_threads_create(&other, counts[i], &err));
        sc_distiller *u = open_distiller(teachers, 1, other, 5);
        run_steps(u, 3);
        check_equal(d, u);
        MUST(sc_distiller_finish(u, &texts, &weights[1], unexplained[1], &err));
        for (int k = 0; k < weights[0]->tensor_count; k++)
            assert_memory_equal(weights[0]->tensors[k].values, weights[1]->tensors[k].values,
                                weights[0]->tensors[k].count * sizeof(float));
        assert_memory_equal(unexplained[0], unexplained[1], LAYERS * sizeof(double));
        sc_weights_free(weights[1]);
        sc_distiller_free(u);
        sc_threads_destroy(other);
    }
    sc_weights_free(weights[0]);
    sc_distiller_free(other_seed);
    sc_distiller_free(d);
}

static void goes_on_bit_for_bit(void **state)
{
    (void)state;
    char path[256];
    double elapsed_s;
    sc_weights *kept;
    const sc_encoder *const teachers[2] = { teacher, whole };
    snprintf(path, sizeof path, "%s/checkpoint", folder);
    sc_distiller *d = open_distiller(teachers, 1, threads, 5), *u = open_distiller(teachers, 1, threads, 5),
                 *v = open_distiller(teachers, 1, threads, 6);
    sc_distiller *w = open_distiller(teachers, 2, threads, 5);
    run_steps(d, 3);
    MUST(sc_distiller_save(d, "{}", 12.5, path, &err));
    run_steps(d, 2);
    MUST(sc_weights_load(NULL, &kept, path, &err));
    u->variances[0] = 7; /* the checkpoint's count */
    MUST(sc_distiller_load(u, kept, &elapsed_s, &err));
    assert_true(elapsed_s == 12.5 && u->variances[0] == d->variances[0]);
    run_steps(u, 2);
    check_equal(d, u);
    assert_int_equal(sc_distiller_load(v, kept, &elapsed_s, &err), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(sc_distiller_load(w, kept, &elapsed_s, &err), SCUMBLE_ERR_ARGUMENT);
    sc_weights_free(kept);
    MUST(sc_weights_create(&kept, &err));
    assert_int_equal(sc_distiller_load(u, kept, &elapsed_s, &err), SCUMBLE_ERR_FORMAT);
    assert_int_not_equal(sc_distiller_save(d, "{}", 0, "/proc/nowhere/checkpoint", &err), 0);
    sc_weights_free(kept);
    sc_distiller_free(d);
    sc_distiller_free(u);
    sc_distiller_free(v);
    sc_distiller_free(w);
}

static void what_is_no_number_is_left_out(void **state)
{
    (void)state;
    const sc_encoder *const teachers[1] = { teacher };
    sc_distiller *d = open_distiller(teachers, 1, threads, 5);
    sc_losses losses;
    const char *note;
    run_steps(d, 1);
    float before = d->learner->values[0], *weight = &d->student.program->parameters[0].value.data[0];
    *weight = NAN;
    for (int i = 0; i < 9; i++) {
        MUST(sc_distiller_step(d, 0.1, &losses, &note, &err));
        assert_non_null(note);
    }
    assert_true(d->learner->values[0] == before && d->learner->steps == 1);
    assert_int_equal(sc_distiller_step(d, 0.1, &losses, &note, &err), SCUMBLE_ERR_DIVERGED);
    *weight = before;
    run_steps(d, 1);
    assert_int_equal(d->learner->steps, 2);
    sc_distiller_free(d);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(triangles_keep_distances),
        cmocka_unit_test(folding_changes_nothing),
        cmocka_unit_test(long_gradients_are_shortened),
        cmocka_unit_test(same_bytes_on_the_remote_device),
        cmocka_unit_test(losses_fall),
        cmocka_unit_test(the_lessons_gradient),
        cmocka_unit_test(several_teachers),
        cmocka_unit_test(same_bytes_at_any_thread_count),
        cmocka_unit_test(goes_on_bit_for_bit),
        cmocka_unit_test(what_is_no_number_is_left_out),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
