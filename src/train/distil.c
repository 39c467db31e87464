/* SPDX-License-Identifier: MIT */
/* The distiller: what is made once, and a step. See distil.h; what comes of it is in distil_finish.c. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rng.h"
#include "train/distiller.h"

/* Patches that the teachers' scales are measured on. */
enum { SCALE_PATCHES = 32 };

/* Adam's rate rises over the first steps and falls along a cosine to a share of it. */
enum { WARM_UP_STEPS = 100 };
static const double last_rate = 0.02;
static const sc_learning learning = { .first = 0.9, .second = 0.999, .averaging = 0, .clip = 5 };

/* Steps in a row whose gradient is no number, before training is given up. */
enum { MOST_BAD_STEPS = 10 };

/* How patches are changed: contrast 1 +- this, about mid-grey; brightness +- this; noise of a deviation up to this,
 * mostly much less. */
static const double most_contrast = 0.3, most_brightness = 0.1, most_noise = 0.06;

static uint64_t distil_seed_of(const sc_distiller *d, int what)
{
    return d->config.options.seed * 16 + (uint64_t)what;
}

size_t sc_distiller_patch_values(const sc_distiller *d)
{
    return (size_t)d->config.options.edge * (size_t)d->config.options.edge * 3;
}

/* ---- patches --------------------------------------------------------------------------------------------------- */

int sc_distiller_open_loader(const sc_distiller *d, int seed, uint64_t first_sample, sc_loader **loader, sc_error *err)
{
    sc_loader_options options = { .paths = d->config.photos,
                                  .path_count = d->config.photo_path_count,
                                  .edge = d->config.options.edge,
                                  .seed = distil_seed_of(d, seed),
                                  .first_sample = first_sample,
                                  .held_out = SC_DISTIL_HELD_OUT,
                                  .threads = sc_threads_count(d->config.threads),
                                  .limits = d->config.limits };
    return sc_loader_open(loader, &options, err);
}

void sc_distiller_change(const sc_distiller *d, int seed, uint64_t sample)
{
    uint64_t own = sc_random_bits(distil_seed_of(d, seed), sample);
    double contrast = 1 + most_contrast * (2 * (double)sc_random_uniform(own, 0) - 1),
           brightness = most_brightness * (2 * (double)sc_random_uniform(own, 1) - 1);
    double drawn = (double)sc_random_uniform(own, 2), noise = most_noise * drawn * drawn * drawn;
    for (size_t i = 0; i < sc_distiller_patch_values(d); i++) {
        double value = ((double)d->rgb[i] - 0.5) * contrast + 0.5 + brightness +
                       noise * (double)sc_random_normal(own ^ SC_SEED_NOISE, i);
        d->rgb[i] = (float)fmin(1, fmax(0, value));
    }
}

/* ---- what is made once ----------------------------------------------------------------------------------------- */

/* The teachers' scales, and the taps' biases: the means of what is to be predicted. */
static int measure_teachers(sc_distiller *d, sc_tally tallies[SC_LITE_TAPPED], sc_error *err)
{
    sc_loader *loader;
    int code = sc_distiller_open_loader(d, SC_SEED_SETTLING, 0, &loader, err);
    for (int i = 0; i < SCALE_PATCHES && !code; i++) {
        sc_tensor features[SC_LITE_TAPPED];
        code = sc_loader_next(loader, d->rgb, err);
        if (!code) {
            sc_distiller_change(d, SC_SEED_SETTLING_CHANGES, (uint64_t)i);
            code = sc_teachers_look(&d->teachers, d->rgb, features, err);
        }
        for (int k = 0; k < d->teachers.layer_count && !code; k++)
            code = sc_tally_add(&tallies[k], &features[k], err);
    }
    sc_loader_close(loader);
    for (int k = 0; k < d->teachers.layer_count && !code; k++) {
        double square = sc_tally_mean_square(&tallies[k]), variance = sc_tally_mean_variance(&tallies[k]);
        if (!(square > 0 && variance > 1e-9 * square && isfinite(square)))
            return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                           "the teacher's layer %s says the same of all pictures: there is nothing to learn from it",
                           sc_lite_layers[k]);
        d->scales[k] = 1 / sqrt(square);
        d->variances[k] = variance / square;
    }
    return code;
}

static int make_student(sc_distiller *d, const sc_tally tallies[SC_LITE_TAPPED], sc_error *err)
{
    int channels[SC_LITE_TAPPED];
    for (int k = 0; k < d->teachers.layer_count; k++)
        channels[k] = d->teachers.shapes[k].c;
    int code =
        sc_student_create(&d->student, channels, d->teachers.layer_count, distil_seed_of(d, SC_SEED_STUDENT), err);
    for (int k = 0; k < d->teachers.layer_count && !code; k++) {
        char name[SC_PARAMETER_NAME];
        snprintf(name, sizeof name, "tap%s.bias", sc_lite_number(k));
        float *bias = d->student.program->parameters[sc_program_find(d->student.program, name)].value.data;
        for (int c = 0; c < channels[k]; c++)
            bias[c] = (float)(sc_tally_mean(&tallies[k], c) * d->scales[k]);
    }
    return code ? code : sc_learner_create(&d->learner, d->student.program, false, 0, err);
}

int sc_student_build(const sc_student *student, sc_graph *graph, sc_value patches, bool frozen, sc_value *parameters,
                     sc_value **results, sc_error *err)
{
    *results = malloc(((size_t)student->program->operation_count + 1) * sizeof **results);
    if (!*results)
        return sc_fail_memory(err, (size_t)student->program->operation_count * sizeof **results);
    return sc_program_build_all(student->program, graph, patches, frozen, parameters, *results, err);
}

static sc_value add_layer_loss(sc_distiller *d, int k, sc_value predicted)
{
    sc_lesson *l = &d->lesson;
    l->targets[k] = sc_graph_input(l->graph, "target", sc_graph_shape(l->graph, predicted));
    l->weights[k] = sc_graph_input(l->graph, "weight", (sc_shape){ 1, 1, 1, 1 });
    l->unexplained[k] =
        sc_graph_multiply(l->graph, sc_graph_mean_square(l->graph, predicted, l->targets[k]), l->weights[k]);
    sc_graph_keep(l->graph, l->unexplained[k]);
    return k ? sc_graph_add(l->graph, 1, l->loss, 1, l->unexplained[k]) : l->unexplained[k];
}

static int make_lesson(sc_distiller *d, sc_error *err)
{
    sc_lesson *l = &d->lesson;
    const sc_program *program = d->student.program;
    int edge = d->config.options.edge;
    sc_value *results = NULL;
    l->parameters = malloc(((size_t)program->parameter_count + 1) * sizeof *l->parameters);
    if (!l->parameters)
        return sc_fail_memory(err, (size_t)program->parameter_count * sizeof *l->parameters);
    for (int i = 0; i < program->parameter_count; i++)
        l->parameters[i] = SC_NO_VALUE;
    int code = sc_graph_create(&l->graph, d->config.device, err);
    if (!code) {
        l->patches = sc_graph_input(l->graph, "patches", (sc_shape){ d->config.options.batch, 3, edge, edge });
        code = sc_student_build(&d->student, l->graph, l->patches, false, l->parameters, &results, err);
    }
    for (int k = 0; k < d->student.layer_count && !code; k++)
        l->loss = add_layer_loss(d, k, results[d->student.taps[k]]);
    free(results);
    if (!code)
        code = sc_graph_differentiate(l->graph, l->loss, l->parameters, program->parameter_count, err);
    return code ? code : sc_graph_plan(l->graph, err);
}

void sc_distiller_weigh_layers(sc_distiller *d)
{
    for (int k = 0; k < d->student.layer_count; k++) {
        float weight = (float)(1 / d->variances[k]);
        sc_graph_write(d->lesson.graph, d->lesson.weights[k], 0, &weight, 1);
    }
}

static int distil_make_all(sc_distiller *d, const sc_encoder *const *encoders, sc_error *err)
{
    sc_tally tallies[SC_LITE_TAPPED] = { { 0 } };
    d->rgb = malloc(sc_distiller_patch_values(d) * sizeof *d->rgb);
    int code = d->rgb ? sc_distiller_open_loader(d, SC_SEED_LOADER, 0, &d->loader, err) :
                        sc_fail_memory(err, sc_distiller_patch_values(d) * sizeof *d->rgb);
    if (!code)
        code = sc_teachers_create(&d->teachers, encoders, d->config.teacher_count, d->config.options.edge,
                                  d->config.device, err);
    if (!code)
        code = measure_teachers(d, tallies, err);
    if (!code)
        code = make_student(d, tallies, err);
    if (!code)
        code = make_lesson(d, err);
    if (!code)
        sc_distiller_weigh_layers(d);
    for (int k = 0; k < SC_LITE_TAPPED; k++)
        sc_tally_free(&tallies[k]);
    return code;
}

int sc_distiller_create(sc_distiller **distiller, const sc_distil_config *config, sc_error *err)
{
    *distiller = NULL;
    sc_distiller *d = calloc(1, sizeof *d);
    if (!d)
        return sc_fail_memory(err, sizeof *d);
    d->config = *config;
    int code = distil_make_all(d, config->teachers, err);
    if (code)
        sc_distiller_free(d);
    else
        *distiller = d;
    return code;
}

void sc_distiller_free(sc_distiller *d)
{
    if (!d)
        return;
    sc_loader_close(d->loader);
    sc_teachers_free(&d->teachers);
    sc_graph_destroy(d->lesson.graph);
    free(d->lesson.parameters);
    sc_learner_free(d->learner);
    sc_student_free(&d->student);
    free(d->rgb);
    free(d);
}

/* ---- a step ---------------------------------------------------------------------------------------------------- */

static void scale_all(sc_tensor *features, double scale)
{
    float factor = (float)scale;
    for (size_t i = 0; i < sc_shape_count(features->shape); i++)
        features->data[i] *= factor;
}

/* Patch i of the batch, and what the teachers say of it. */
static int show_patch(sc_distiller *d, int i, sc_error *err)
{
    sc_tensor features[SC_LITE_TAPPED];
    int code = sc_loader_next(d->loader, d->rgb, err);
    if (code)
        return code;
    sc_distiller_change(d, SC_SEED_CHANGES, (uint64_t)d->steps * (uint64_t)d->config.options.batch + (uint64_t)i);
    size_t values = sc_distiller_patch_values(d);
    sc_graph_write(d->lesson.graph, d->lesson.patches, (size_t)i * values, d->rgb, values);
    code = sc_teachers_look(&d->teachers, d->rgb, features, err);
    for (int k = 0; k < d->student.layer_count && !code; k++) {
        values = sc_shape_count(features[k].shape);
        scale_all(&features[k], d->scales[k]);
        sc_graph_write(d->lesson.graph, d->lesson.targets[k], (size_t)i * values, features[k].data, values);
    }
    return code;
}

static double distil_rate_at(const sc_distiller *d, double progress)
{
    double rise = fmin(1, (double)(d->steps + 1) / WARM_UP_STEPS), x = fmin(1, fmax(0, progress));
    return d->config.options.rate * rise * (last_rate + (1 - last_rate) * 0.5 * (1 + cos(3.14159265358979 * x)));
}

static int learn(sc_distiller *d, double progress, const char **note, sc_error *err)
{
    sc_learning how = learning;
    double norm;
    how.rate = distil_rate_at(d, progress);
    int code = sc_learner_collect(d->learner, d->lesson.graph, d->lesson.parameters, 1, err);
    if (code)
        return code;
    bool good = sc_learner_step(d->learner, &how, &norm);
    d->bad_steps = good ? 0 : d->bad_steps + 1;
    if (!good)
        *note = "the gradient was not a number: this step was left out";
    return d->bad_steps < MOST_BAD_STEPS ?
               SCUMBLE_OK :
               sc_fail(err, SCUMBLE_ERR_DIVERGED,
                       "the gradient was not a number in %d steps in a row; go on from an earlier checkpoint, "
                       "or begin anew with a smaller `learning_rate`",
                       MOST_BAD_STEPS);
}

int sc_distiller_step(sc_distiller *d, double progress, sc_losses *losses, const char **note, sc_error *err)
{
    int code = SCUMBLE_OK;
    double total = 0;
    *losses = (sc_losses){ .count = 0 };
    *note = NULL;
    if (d->broken_off)
        sc_loader_seek(d->loader, (uint64_t)d->steps * (uint64_t)d->config.options.batch);
    for (int i = 0; i < d->config.options.batch && !code; i++)
        code = show_patch(d, i, err);
    if (!code)
        code = sc_graph_run(d->lesson.graph, err);
    d->broken_off = code != SCUMBLE_OK;
    for (int k = 0; k < d->student.layer_count && !code; k++) {
        double unexplained = (double)sc_graph_scalar(d->lesson.graph, d->lesson.unexplained[k]);
        sc_losses_add(losses, sc_lite_layers[k], unexplained);
        total += unexplained;
    }
    if (!code)
        sc_losses_add(losses, "total", total);
    if (!code)
        code = learn(d, progress, note, err);
    d->steps += !code;
    return code;
}

int64_t sc_distiller_steps(const sc_distiller *distiller)
{
    return distiller->steps;
}

int sc_distiller_layers(const sc_distiller *distiller)
{
    return distiller->student.layer_count;
}

int64_t sc_distiller_photos(const sc_distiller *distiller)
{
    return sc_loader_count(distiller->loader);
}

int64_t sc_distiller_parameters(const sc_distiller *distiller)
{
    return (int64_t)distiller->learner->count;
}

bool sc_distiller_take_complaint(sc_distiller *distiller, char **sentence)
{
    return sc_loader_take_complaint(distiller->loader, sentence);
}
