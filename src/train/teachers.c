/* SPDX-License-Identifier: MIT */
/* Teachers and measures. See teachers.h. */
#include "train/teachers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- measures -------------------------------------------------------------------------------------------------- */

int sc_tally_add(sc_tally *t, const sc_tensor *features, sc_error *err)
{
    size_t c = (size_t)features->shape.c, positions = sc_shape_count(features->shape) / c;
    if (!t->sum) {
        t->channels = features->shape.c;
        t->sum = calloc(2 * c, sizeof *t->sum);
        if (!t->sum)
            return sc_fail_memory(err, 2 * c * sizeof *t->sum);
        t->squares = t->sum + c;
    }
    for (size_t p = 0; p < positions; p++)
        for (size_t i = 0; i < c; i++) {
            double value = (double)features->data[p * c + i];
            t->sum[i] += value;
            t->squares[i] += value * value;
        }
    t->count += (double)positions;
    return SCUMBLE_OK;
}

void sc_tally_free(sc_tally *tally)
{
    free(tally->sum);
    *tally = (sc_tally){ 0 };
}

double sc_tally_mean(const sc_tally *t, int c)
{
    return t->sum[c] / t->count;
}

double sc_tally_variance(const sc_tally *t, int c)
{
    double mean = sc_tally_mean(t, c), variance = t->squares[c] / t->count - mean * mean;
    return variance > 0 ? variance : 0;
}

double sc_tally_mean_square(const sc_tally *t)
{
    double sum = 0;
    for (int c = 0; c < t->channels; c++)
        sum += t->squares[c] / t->count;
    return sum / t->channels;
}

double sc_tally_mean_variance(const sc_tally *t)
{
    double sum = 0;
    for (int c = 0; c < t->channels; c++)
        sum += sc_tally_variance(t, c);
    return sum / t->channels;
}

/* ---- teachers -------------------------------------------------------------------------------------------------- */

static int find_layer(const sc_encoder *encoder, int layer)
{
    sc_error ignored = { 0 };
    return sc_encoder_find_layer(encoder, sc_lite_layers[layer], &ignored);
}

static int first_with(const sc_encoder *const *encoders, int count, int layer)
{
    for (int i = 0; i < count; i++)
        if (find_layer(encoders[i], layer) >= 0)
            return i;
    return -1;
}

static int build_teacher(sc_teachers *all, int number, const sc_encoder *encoder, int edge, sc_device *device,
                         sc_error *err)
{
    sc_teacher *t = &all->each[number];
    int own[SC_LITE_TAPPED];
    sc_encoder_options options = { .override_padding = true, .padding = SC_PAD_REPLICATE };
    for (int i = 0; i < t->count; i++)
        own[i] = find_layer(encoder, t->layers[i]);
    int code = sc_graph_create(&t->graph, device, err);
    if (code)
        return code;
    t->image = sc_graph_input(t->graph, "patch", (sc_shape){ 1, 3, edge, edge });
    code = sc_encoder_build(encoder, t->graph, t->image, &options, own, t->count, t->features, err);
    for (int i = 0; i < t->count && !code; i++) {
        sc_graph_keep(t->graph, t->features[i]);
        all->shapes[t->layers[i]] = sc_graph_shape(t->graph, t->features[i]);
        code = sc_tensor_create(&all->seen[t->layers[i]], all->shapes[t->layers[i]], err);
    }
    return code ? code : sc_graph_plan(t->graph, err);
}

int sc_teachers_create(sc_teachers *all, const sc_encoder *const *encoders, int count, int edge, sc_device *device,
                       sc_error *err)
{
    *all = (sc_teachers){ .each = calloc((size_t)count, sizeof *all->each), .count = count };
    if (!all->each)
        return sc_fail_memory(err, (size_t)count * sizeof *all->each);
    for (int who; all->layer_count < SC_LITE_TAPPED && (who = first_with(encoders, count, all->layer_count)) >= 0;
         all->layer_count++)
        all->each[who].layers[all->each[who].count++] = all->layer_count;
    if (!all->layer_count)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "%s has no layer relu1_1 to learn from; a teacher is vgg16, vgg19, lite, or a file of these",
                       sc_encoder_name(encoders[0]));
    int code = SCUMBLE_OK;
    for (int i = 0; i < count && !code; i++) {
        all->each[i].encoder = encoders[i];
        if (all->each[i].count)
            code = build_teacher(all, i, encoders[i], edge, device, err);
    }
    return code;
}

void sc_teachers_free(sc_teachers *teachers)
{
    for (int i = 0; teachers->each && i < teachers->count; i++)
        sc_graph_destroy(teachers->each[i].graph);
    for (int k = 0; k < SC_LITE_TAPPED; k++)
        sc_tensor_free(&teachers->seen[k]);
    free(teachers->each);
    *teachers = (sc_teachers){ 0 };
}

int sc_teachers_look(sc_teachers *all, const float *rgb, sc_tensor features[SC_LITE_TAPPED], sc_error *err)
{
    for (int i = 0; i < all->count; i++) {
        sc_teacher *t = &all->each[i];
        if (!t->count)
            continue;
        sc_graph_write(t->graph, t->image, 0, rgb, sc_shape_count(sc_graph_shape(t->graph, t->image)));
        int code = sc_graph_run(t->graph, err);
        for (int k = 0; k < t->count && !code; k++) {
            features[t->layers[k]] = all->seen[t->layers[k]];
            code = sc_graph_read(t->graph, t->features[k], all->seen[t->layers[k]].data, err);
        }
        if (code)
            return code;
    }
    return SCUMBLE_OK;
}
