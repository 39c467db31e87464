/* SPDX-License-Identifier: MIT */
/* The discriminator's forward pass, and the measure of how well it separates. See judge.h. */
#include "measure/judge.h"

#include <stdlib.h>
#include <string.h>

#include "nets/program/usage.h"

struct sc_judge {
    sc_graph *graph;
    sc_value image, features, scores;
    sc_tensor seen, found; /* features and scores of the last look; scores only with a discriminator */
};

static int judge_build(sc_judge *j, const sc_judge_config *config, int height, int width, sc_error *err)
{
    j->image = sc_graph_input(j->graph, "image", (sc_shape){ 1, 3, height, width });
    int code = sc_encoder_build(config->encoder, j->graph, j->image, &config->encoder_options, &config->layer, 1,
                                &j->features, err);
    j->scores = SC_NO_VALUE;
    if (!code && config->discriminator)
        code = sc_usage_build(config->discriminator, SC_TO_JUDGE, j->graph, j->features, false, NULL, &j->scores, err);
    if (code)
        return code;
    sc_graph_keep(j->graph, j->features);
    code = sc_tensor_create(&j->seen, sc_graph_shape(j->graph, j->features), err);
    if (!code && j->scores != SC_NO_VALUE) {
        sc_graph_keep(j->graph, j->scores);
        code = sc_tensor_create(&j->found, sc_graph_shape(j->graph, j->scores), err);
    }
    return code ? code : sc_graph_plan(j->graph, err);
}

int sc_judge_create(sc_judge **judge, const sc_judge_config *config, int height, int width, sc_error *err)
{
    *judge = NULL;
    sc_judge *j = calloc(1, sizeof *j);
    if (!j)
        return sc_fail_memory(err, sizeof *j);
    int code = sc_graph_create(&j->graph, config->device, err);
    if (!code)
        code = judge_build(j, config, height, width, err);
    if (code)
        sc_judge_free(j);
    else
        *judge = j;
    return code;
}

void sc_judge_free(sc_judge *judge)
{
    if (!judge)
        return;
    sc_graph_destroy(judge->graph);
    sc_tensor_free(&judge->seen);
    sc_tensor_free(&judge->found);
    free(judge);
}

int sc_judge_look(sc_judge *j, const float *rgb, sc_tensor *features, sc_tensor *scores, sc_error *err)
{
    sc_graph_write(j->graph, j->image, 0, rgb, sc_shape_count(sc_graph_shape(j->graph, j->image)));
    int code = sc_graph_run(j->graph, err);
    if (!code && features) {
        *features = j->seen;
        code = sc_graph_read(j->graph, j->features, j->seen.data, err);
    }
    if (!code && scores) {
        *scores = j->found;
        code = j->found.data ? sc_graph_read(j->graph, j->scores, j->found.data, err) : SCUMBLE_OK;
    }
    return code;
}

/* ---- the area under the curve ---------------------------------------------------------------------------------- */

static int judge_ascending(const void *a, const void *b)
{
    float p = *(const float *)a, q = *(const float *)b;
    return (p > q) - (p < q);
}

double sc_auc(float *positive, size_t positive_count, float *negative, size_t negative_count)
{
    if (!positive_count || !negative_count)
        return 0.5;
    qsort(positive, positive_count, sizeof *positive, judge_ascending);
    qsort(negative, negative_count, sizeof *negative, judge_ascending);
    double won = 0;
    for (size_t i = 0, below = 0, not_above = 0; i < positive_count; i++) {
        while (below < negative_count && negative[below] < positive[i])
            below++;
        while (not_above < negative_count && negative[not_above] <= positive[i])
            not_above++;
        won += 0.5 * ((double)below + (double)not_above);
    }
    return won / ((double)positive_count * (double)negative_count);
}
