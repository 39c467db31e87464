/* SPDX-License-Identifier: MIT */
/* Samples of a trainer: photos that it does not learn from, what it makes of them, and how well its discriminator tells
 * them apart. See train.h. */
#include <stdlib.h>
#include <string.h>

#include "train/trainer.h"

static int copy_image(const float *rgb, int edge, sc_image *image, sc_error *err)
{
    int code = sc_image_create(image, edge, edge, false, err);
    for (size_t i = 0; i < (size_t)edge * (size_t)edge * 3 && !code; i++)
        image->rgb[i] = rgb[i] < 0 ? 0 : rgb[i] > 1 ? 1 : rgb[i];
    return code;
}

/* Appends a picture's scores to a list that has room for them. */
static int add_scores(sc_trainer *t, const float *rgb, float *list, size_t *count, sc_error *err)
{
    sc_tensor scores;
    int code = sc_judge_look(t->judge, rgb, NULL, &scores, err);
    if (code)
        return code;
    memcpy(list + *count, scores.data, sc_shape_bytes(scores.shape));
    *count += sc_shape_count(scores.shape);
    return SCUMBLE_OK;
}

static int measure_auc(sc_trainer *t, const sc_image *painted, int count, double *auc, sc_error *err)
{
    enum { PATCHES = 8 };
    size_t most = sc_trainer_values(t) * PATCHES, real_count = 0, painted_count = 0; /* scores are fewer than pixels */
    float *real = malloc(most * sizeof *real), *generated = malloc(most * sizeof *generated);
    int code = real && generated ? SCUMBLE_OK : sc_fail_memory(err, most * sizeof *real);
    for (int i = 0; i < PATCHES && !code; i++) {
        code = sc_crops_take_held_out(t->crops, (uint64_t)i, t->rgb, err);
        if (!code)
            code = add_scores(t, t->rgb, real, &real_count, err);
    }
    for (int i = 0; i < count && !code; i++)
        code = add_scores(t, painted[i].rgb, generated, &painted_count, err);
    if (!code)
        *auc = sc_auc(real, real_count, generated, painted_count);
    free(real);
    free(generated);
    return code;
}

static int paint_samples(sc_trainer *t, sc_image *photos, sc_image *painted, int *count, sc_error *err)
{
    int code = SCUMBLE_OK, edge = t->config.options.edge;
    for (int i = 0; i < SC_TRAIN_SAMPLES && !code; i++) {
        code = sc_loader_held_out(t->loader, (uint64_t)i, t->rgb, err);
        if (!code)
            code = copy_image(t->rgb, edge, &photos[i], err);
        if (!code)
            code = sc_generator_graph_paint(&t->generator_graph, t->rgb, t->painted, err);
        if (!code)
            code = copy_image(t->painted, edge, &painted[i], err);
        *count = i + 1;
    }
    return code;
}

int sc_trainer_sample(sc_trainer *t, sc_image photos[SC_TRAIN_SAMPLES], sc_image painted[SC_TRAIN_SAMPLES], int *count,
                      double *auc, sc_error *err)
{
    *count = 0;
    *auc = 0.5;
    for (int i = 0; i < SC_TRAIN_SAMPLES; i++)
        photos[i] = painted[i] = (sc_image){ 0 };
    sc_learner_show_average(t->generator, true);
    int code = paint_samples(t, photos, painted, count, err);
    sc_learner_show_average(t->generator, false);
    if (!code && t->discriminator)
        code = measure_auc(t, painted, *count, auc, err);
    for (int i = 0; i < SC_TRAIN_SAMPLES && code; i++) {
        sc_image_free(&photos[i]);
        sc_image_free(&painted[i]);
    }
    return code;
}
