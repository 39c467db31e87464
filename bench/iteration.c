/* SPDX-License-Identifier: MIT */
/* One iteration of style transfer: losses and the gradient with respect to the picture. Prints JSON: median time and
 * peak memory. Usage: iteration vgg19|lite EDGE THREADS RUNS [TILE [classic|default]]: TILE is the edge of a square
 * window, 0 = the whole picture at once. VGG-19 gets random weights of the right variance: time and memory do not
 * depend on them. */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "core/clock.h"
#include "core/rng.h"
#include "loss/groups.h"
#include "run/targets.h"
#include "../tests/device_fixture.h"

static void check(int code, const sc_error *err)
{
    if (code) {
        fprintf(stderr, "iteration: %s\n", err->text);
        exit(1);
    }
}

/* VGG-19 up to conv5_1 in PyTorch's names, as much as the losses need. */
static sc_encoder *random_vgg19(void)
{
    static const int channels[] = { 64, 64, 128, 128, 256, 256, 256, 256, 512, 512, 512, 512, 512 };
    static const int index[] = { 0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28 };
    sc_error err;
    sc_weights *weights;
    check(sc_weights_create(&weights, &err), &err);
    int in = 3;
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        char name[40];
        float *values;
        int64_t shape[4] = { channels[i], in, 3, 3 };
        snprintf(name, sizeof name, "features.%d.weight", index[i]);
        check(sc_weights_add(weights, name, shape, 4, &values, &err), &err);
        size_t count = (size_t)channels[i] * (size_t)in * 9;
        float deviation = sqrtf(2.0f / (float)(in * 9));
        for (size_t k = 0; k < count; k++)
            values[k] = deviation * sc_random_normal(i, k);
        snprintf(name, sizeof name, "features.%d.bias", index[i]);
        check(sc_weights_add(weights, name, shape, 1, &values, &err), &err);
        in = channels[i];
    }
    check(sc_weights_sort(weights, &err), &err);
    sc_encoder *encoder;
    check(sc_encoder_create(&encoder, weights, "vgg19", &err), &err);
    sc_weights_free(weights);
    return encoder;
}

static int by_value(const void *a, const void *b)
{
    double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

int main(int argc, char **argv)
{
    if (argc < 5 || argc > 7) {
        fprintf(stderr, "usage: iteration vgg19|lite EDGE THREADS RUNS [TILE [classic|default]]\n");
        return 2;
    }
    int edge = atoi(argv[2]), runs = atoi(argv[4]);
    bool classic = argc < 7 || strcmp(argv[6], "default") != 0;
    sc_error err;
    sc_threads *threads;
    sc_encoder *encoder;
    check(sc_threads_create(&threads, atoi(argv[3]), &err), &err);
    bool vgg = strcmp(argv[1], "vgg19") == 0;
    if (vgg)
        encoder = random_vgg19();
    else
        check(sc_encoder_create_lite(&encoder, &err), &err);
    sc_objective_config config = {
        .encoder = encoder,
        .device = device_on(&sc_kernels_host, threads),
        .threads = threads,
        .tile_pixels = argc > 5 ? pow(atof(argv[5]), 2) : 0,
        .encoder_options = { .override_padding = true, .padding = SC_PAD_REPLICATE },
    };
    const char *content_layers = !classic ? "" :
                                 vgg      ? "relu4_2" :
                                            "relu4_1",
               *style_layers = classic ? "relu1_1,relu2_1,relu3_1,relu4_1,relu5_1" : "";
    sc_terms content, style;
    check(sc_terms_parse(&content, SC_ROLE_CONTENT, encoder, classic ? "feature" : "feature:0.5,structure:1.5",
                         "content-terms", content_layers, "content-layers", &err),
          &err);
    check(sc_terms_parse(&style, SC_ROLE_STYLE, encoder, classic ? "gram" : "w2:4,nnfm", "style-terms", style_layers,
                         "style-layers", &err),
          &err);
    sc_groups_add(&config, "content", 1, &content);
    sc_groups_add(&config, "style", 100, &style);
    sc_groups_add(&config, "tv", 0, NULL);

    sc_image picture;
    check(sc_image_create(&picture, edge, edge, false, &err), &err);
    size_t count = (size_t)edge * (size_t)edge * 3;
    float *gradient = malloc(count * sizeof *gradient);
    for (size_t i = 0; i < count; i++)
        picture.rgb[i] = sc_random_uniform(1, i);
    const sc_image *styles[1] = { &picture };
    sc_paintings palette = { .styles = styles,
                             .weights = (double[]){ 1 },
                             .count = 1,
                             .style_scale = 1,
                             .rotations = 1,
                             .colour = SC_COLOUR_STYLE };
    sc_scale scale = { edge, edge, 1 };
    sc_targets targets;
    check(sc_targets_create(&targets, &config, &palette, &picture, &(sc_guides){ 0 }, &scale, &err), &err);
    sc_objective *objective;
    check(sc_objective_create(&objective, &config, edge, edge, &targets.all, &err), &err);
    sc_objective_cost cost;
    double times[256];
    check(sc_objective_estimate(objective, NULL, &cost, &err), &err);
    for (int i = -1; i < runs && i < 256; i++) { /* the first is not counted */
        sc_losses losses;
        double start = sc_now_s();
        check(sc_objective_evaluate(objective, picture.rgb, gradient, &losses, &err), &err);
        if (i >= 0)
            times[i] = sc_now_s() - start;
    }
    qsort(times, (size_t)runs, sizeof *times, by_value);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"median_s\": %.4f, \"min_s\": %.4f, \"max_s\": %.4f, \"peak_mib\": %.0f, \"planned_mib\": %.0f, "
           "\"gflop\": %.1f}\n",
           times[runs / 2], times[0], times[runs - 1], (double)usage.ru_maxrss / 1024,
           (double)(sc_need_small(&cost.need) + cost.need.big) / 1048576,
           cost.evaluation.of[SC_WORK_EVALUATION_FLOPS] / 1e9);
    sc_objective_free(objective);
    sc_targets_free(&targets);
    sc_encoder_free(encoder);
    sc_threads_destroy(threads);
    sc_image_free(&picture);
    free(gradient);
    return 0;
}
