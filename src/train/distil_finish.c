/* SPDX-License-Identifier: MIT */
/* What a distiller leaves behind: an encoder, what that is worth, and checkpoints to go on from, which hold all numbers
 * bit for bit. See distil.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "optimise/optimizer.h"
#include "train/checkpoint.h"
#include "train/distiller.h"

/* Batches that the norms' statistics are measured on. */
enum { SETTLING_BATCHES = 16 };

/* ---- the encoder ----------------------------------------------------------------------------------------------- */

static int add_map(sc_tally *tally, sc_graph *graph, sc_value map, sc_error *err)
{
    sc_tensor lent = { sc_graph_shape(graph, map), sc_graph_lend(graph, map, SC_LOAN_TO_READ, err) };
    int code = lent.data ? sc_tally_add(tally, &lent, err) : err->code;
    if (lent.data)
        sc_graph_take_back(graph, map, SC_LOAN_TO_READ);
    return code;
}

static int run_settling(sc_distiller *d, sc_graph *graph, sc_value patches, const sc_value *results, sc_tally *tallies,
                        sc_error *err)
{
    sc_loader *loader;
    int code = sc_distiller_open_loader(d, SC_SEED_SETTLING, 0, &loader, err), batch = d->config.options.batch;
    for (int i = 0; i < SETTLING_BATCHES * batch && !code; i++) {
        code = sc_loader_next(loader, d->rgb, err);
        if (code)
            break;
        sc_distiller_change(d, SC_SEED_SETTLING_CHANGES, (uint64_t)i);
        size_t values = sc_distiller_patch_values(d);
        sc_graph_write(graph, patches, (size_t)(i % batch) * values, d->rgb, values);
        if (i % batch < batch - 1)
            continue;
        code = sc_graph_run(graph, err);
        for (int k = 0; k < d->student.conv_count && !code; k++)
            code = add_map(&tallies[k], graph, results[d->student.convs[k]], err);
    }
    sc_loader_close(loader);
    return code;
}

/* What the norms see: means and variances of the convolutions' results, over some batches. */
static int distil_finish_settle(sc_distiller *d, sc_tally *tallies, sc_error *err)
{
    sc_graph *graph;
    sc_value *results = NULL;
    int edge = d->config.options.edge, code = sc_graph_create(&graph, d->config.device, err);
    if (code)
        return code;
    sc_value patches = sc_graph_input(graph, "patches", (sc_shape){ d->config.options.batch, 3, edge, edge });
    code = sc_student_build(&d->student, graph, patches, false, NULL, &results, err);
    for (int k = 0; k < d->student.conv_count && !code; k++)
        sc_graph_keep(graph, results[d->student.convs[k]]);
    if (!code)
        code = sc_graph_plan(graph, err);
    if (!code)
        code = run_settling(d, graph, patches, results, tallies, err);
    free(results);
    sc_graph_destroy(graph);
    return code;
}

static int distil_finish_fold(sc_distiller *d, sc_student *folded, sc_error *err)
{
    sc_tally tallies[SC_STUDENT_CONVS] = { { 0 } };
    sc_student_statistics statistics[SC_STUDENT_CONVS];
    size_t channels = 0, used = 0;
    for (int k = 0; k < d->student.conv_count; k++)
        channels += 2 * (size_t)d->student.channels[k];
    double *values = malloc(channels * sizeof *values);
    int code = values ? distil_finish_settle(d, tallies, err) : sc_fail_memory(err, channels * sizeof *values);
    for (int k = 0; k < d->student.conv_count && !code; k++) {
        size_t own = (size_t)d->student.channels[k];
        statistics[k] = (sc_student_statistics){ values + used, values + used + own };
        used += 2 * own;
        for (int c = 0; c < d->student.channels[k]; c++) {
            statistics[k].mean[c] = sc_tally_mean(&tallies[k], c);
            statistics[k].variance[c] = sc_tally_variance(&tallies[k], c);
        }
    }
    if (!code)
        code = sc_student_fold(&d->student, statistics, folded, err);
    for (int k = 0; k < d->student.conv_count; k++)
        sc_tally_free(&tallies[k]);
    free(values);
    return code;
}

/* Sums of (A f + a - t)^2 / values, and of t for its variance. */
static int examine_patch(sc_distiller *d, sc_graph *graph, sc_value patch, const sc_value *taps, double *errors,
                         sc_tally *tallies, sc_error *err)
{
    sc_tensor features[SC_LITE_TAPPED];
    sc_graph_write(graph, patch, 0, d->rgb, sc_distiller_patch_values(d));
    int code = sc_graph_run(graph, err);
    if (!code)
        code = sc_teachers_look(&d->teachers, d->rgb, features, err);
    for (int k = 0; k < d->student.layer_count && !code; k++) {
        const float *predicted = sc_graph_lend(graph, taps[k], SC_LOAN_TO_READ, err);
        if (!predicted)
            return err->code;
        size_t count = sc_shape_count(features[k].shape);
        double sum = 0;
        for (size_t i = 0; i < count; i++) {
            double off = (double)predicted[i] - d->scales[k] * (double)features[k].data[i];
            sum += off * off;
        }
        sc_graph_take_back(graph, taps[k], SC_LOAN_TO_READ);
        errors[k] += sum / (double)count / SC_DISTIL_HELD_OUT;
        code = sc_tally_add(&tallies[k], &features[k], err);
    }
    return code;
}

/* On patches that are held out, as they are. */
static int examine(sc_distiller *d, const sc_student *folded, double unexplained[SC_LITE_TAPPED], sc_error *err)
{
    sc_tally tallies[SC_LITE_TAPPED] = { { 0 } };
    sc_graph *graph;
    sc_value *results = NULL, taps[SC_LITE_TAPPED];
    int edge = d->config.options.edge, code = sc_graph_create(&graph, d->config.device, err);
    if (code)
        return code;
    memset(unexplained, 0, SC_LITE_TAPPED * sizeof *unexplained);
    sc_value patch = sc_graph_input(graph, "patch", (sc_shape){ 1, 3, edge, edge });
    code = sc_student_build(folded, graph, patch, true, NULL, &results, err);
    for (int k = 0; k < folded->layer_count && !code; k++)
        sc_graph_keep(graph, taps[k] = results[folded->taps[k]]);
    if (!code)
        code = sc_graph_plan(graph, err);
    for (int i = 0; i < SC_DISTIL_HELD_OUT && !code; i++) {
        code = sc_loader_held_out(d->loader, (uint64_t)i, d->rgb, err);
        if (!code)
            code = examine_patch(d, graph, patch, taps, unexplained, tallies, err);
    }
    for (int k = 0; k < folded->layer_count; k++) {
        unexplained[k] /= code ? 1 : d->scales[k] * d->scales[k] * sc_tally_mean_variance(&tallies[k]);
        sc_tally_free(&tallies[k]);
    }
    free(results);
    sc_graph_destroy(graph);
    return code;
}

static int add_texts(sc_weights *weights, const sc_distil_texts *texts, sc_error *err)
{
    const char *const pairs[][2] = {
        { "format", "scumble.encoder/1" },
        { "architecture", "lite" },
        { "name", texts->name },
        { "licence", texts->licence },
        { "source", texts->source },
        { "recipe", texts->recipe },
        { "mean", "0 0 0" },
        { "std", "1 1 1" },
    };
    int code = SCUMBLE_OK;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs && !code; i++)
        if (pairs[i][1] && *pairs[i][1])
            code = sc_weights_set_metadata(weights, pairs[i][0], pairs[i][1], err);
    return code;
}

int sc_distiller_finish(sc_distiller *d, const sc_distil_texts *texts, sc_weights **weights,
                        double unexplained[SC_LITE_TAPPED], sc_error *err)
{
    sc_student folded = { 0 };
    *weights = NULL;
    int code = distil_finish_fold(d, &folded, err);
    if (!code)
        code = examine(d, &folded, unexplained, err);
    if (!code)
        code = sc_student_to_weights(&folded, weights, err);
    if (!code)
        code = add_texts(*weights, texts, err);
    sc_student_free(&folded);
    if (code) {
        sc_weights_free(*weights);
        *weights = NULL;
    }
    return code;
}

/* ---- checkpoints ----------------------------------------------------------------------------------------------- */

/* A hash over options and teachers: with others there is no going on. More pictures, or more steps, may come. */
static void distil_finish_identify(const sc_distiller *d, char hex[65])
{
    const sc_distil_options *o = &d->config.options;
    char text[4096];
    int used = snprintf(text, sizeof text, "%.17g %d %d %llu", o->rate, o->batch, o->edge, (unsigned long long)o->seed);
    for (int i = 0; i < d->teachers.count && used < (int)sizeof text - 80; i++)
        used +=
            snprintf(text + used, sizeof text - (size_t)used, " %s", sc_encoder_sha256(d->teachers.each[i].encoder));
    sc_sha256(NULL, text, (size_t)used, hex);
}

enum { SCALE_NAME = 32 };

/* Of a number of layer k: 0, its scale; 1, its variance. */
static void name_scale(int k, int which, char name[SCALE_NAME])
{
    snprintf(name, SCALE_NAME, "%s.%s", sc_lite_layers[k], which ? "variance" : "scale");
}

static int distil_finish_put_scales(const sc_distiller *d, sc_weights *state, sc_error *err)
{
    char name[SCALE_NAME];
    int code = SCUMBLE_OK;
    for (int i = 0; i < 2 * d->student.layer_count && !code; i++) {
        name_scale(i / 2, i % 2, name);
        code = sc_state_put_number(state, name, i % 2 ? d->variances[i / 2] : d->scales[i / 2], err);
    }
    return code;
}

/* Those of then: with more pictures they could differ. */
static int get_scales(sc_distiller *d, const sc_weights *state, sc_error *err)
{
    char name[SCALE_NAME];
    int code = SCUMBLE_OK;
    for (int i = 0; i < 2 * d->student.layer_count && !code; i++) {
        double *to = i % 2 ? &d->variances[i / 2] : &d->scales[i / 2];
        name_scale(i / 2, i % 2, name);
        code = sc_state_get_number(state, name, to, err);
        if (!code && !(*to > 0 && isfinite(*to)))
            code = sc_fail(err, SCUMBLE_ERR_FORMAT, "the checkpoint is damaged");
    }
    if (!code)
        sc_distiller_weigh_layers(d);
    return code;
}

int sc_distiller_save(const sc_distiller *d, const char *recipe, double elapsed_s, const char *path, sc_error *err)
{
    sc_checkpoint head = {
        .training = SC_TRAINING_ENCODER, .recipe = recipe, .steps = d->steps, .elapsed_s = elapsed_s
    };
    sc_weights *state;
    distil_finish_identify(d, head.identity);
    int code = sc_checkpoint_begin(&head, &state, err);
    if (code)
        return code;
    code = distil_finish_put_scales(d, state, err);
    if (!code)
        code = sc_learner_save(d->learner, "student", state, err);
    return sc_checkpoint_write(state, path, code, err);
}

int sc_distiller_load(sc_distiller *d, const sc_weights *state, double *elapsed_s, sc_error *err)
{
    sc_checkpoint head = { .training = SC_TRAINING_ENCODER };
    distil_finish_identify(d, head.identity);
    int code = sc_checkpoint_read(&head, state, "options or another teacher", err);
    *elapsed_s = head.elapsed_s;
    if (!code)
        code = get_scales(d, state, err);
    if (!code)
        code = sc_learner_load(d->learner, "student", state, err);
    if (code)
        return code;
    d->steps = head.steps;
    sc_loader_close(d->loader);
    d->loader = NULL;
    return sc_distiller_open_loader(d, SC_SEED_LOADER, (uint64_t)d->steps * (uint64_t)d->config.options.batch,
                                    &d->loader, err);
}
