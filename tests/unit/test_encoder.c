/* SPDX-License-Identifier: MIT */
/* Encoders: names and picture conventions of foreign files, truncated and damaged files, sizes, borders. Weights are
 * made up. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rng.h"
#include "nets/encoder/encoder.h"
#include "../graph_fixture.h"
#include "../device_fixture.h"

static sc_error err;
static sc_threads *threads;

#define MUST(call)                               \
    do {                                         \
        if (call)                                \
            fail_msg("%s: %s", #call, err.text); \
    } while (0)

static int start(void **state)
{
    (void)state;
    return sc_threads_create(&threads, 0, &err);
}

static int stop(void **state)
{
    (void)state;
    sc_threads_destroy(threads);
    return 0;
}

/* ---- made-up files ---- */

static sc_weights *new_set(sc_layout layout)
{
    sc_weights *weights;
    MUST(sc_weights_create(&weights, &err));
    weights->layout = layout;
    return weights;
}

/* Normal values of this deviation (plus an offset); dimensions end at the first 0. */
static float *add(sc_weights *weights, const char *name, float offset, float deviation, int d0, int d1, int d2, int d3)
{
    const int64_t dimensions[4] = { d0, d1, d2, d3 };
    int count = d1 ? 4 : 1;
    float *values;
    MUST(sc_weights_add(weights, name, dimensions, count, &values, &err));
    size_t total = (size_t)d0 * (d1 ? (size_t)d1 * (size_t)d2 * (size_t)d3 : 1);
    uint64_t seed = 7;
    for (const char *c = name; *c; c++)
        seed = 31 * seed + (uint64_t)*c;
    for (size_t i = 0; i < total; i++)
        values[i] = offset + deviation * sc_random_normal(seed, i);
    return values;
}

/* Sorts, makes the encoder, frees the set. */
static int create(sc_encoder **encoder, sc_weights *weights, const char *architecture)
{
    MUST(sc_weights_sort(weights, &err));
    int code = sc_encoder_create(encoder, weights, architecture, &err);
    sc_weights_free(weights);
    return code;
}

static void refuse(sc_weights *weights, const char *architecture, int wanted, const char *words)
{
    sc_encoder *encoder;
    int code = create(&encoder, weights, architecture);
    if (code != wanted || !strstr(err.text, words))
        fail_msg("code %d (not %d), '%s' expected in: %s", code, wanted, words, err.text);
    assert_null(encoder);
}

static const float oxford[8] = { 0.7302f, 0.0649f, 0.0343f, 0.8260f, 0.2578f, 0.5487f, -0.0124f, 0.3479f };

/* One convolution, PyTorch's order, under `name`.weight and .bias; its weight (0, c, 0, 0) is c + 1. */
static sc_weights *one_conv(const char *name, bool of_oxford)
{
    sc_weights *weights = new_set(SC_LAYOUT_PYTORCH);
    char full[64];
    snprintf(full, sizeof full, "%s.weight", name);
    float *kernel = add(weights, full, 0, 0.2f, 64, 3, 3, 3);
    for (int c = 0; c < 3; c++)
        kernel[9 * c] = (float)c + 1;
    snprintf(full, sizeof full, "%s.bias", name);
    float *bias = add(weights, full, 0, 0.5f, 64, 0, 0, 0);
    if (of_oxford)
        memcpy(bias, oxford, sizeof oxford);
    return weights;
}

/* Which convention was found? Then the first weight's channels are as given, or reversed. */
static void expect_convention(sc_weights *weights, bool caffe)
{
    sc_encoder *encoder;
    sc_weights *native;
    MUST(create(&encoder, weights, NULL));
    MUST(sc_encoder_to_weights(encoder, &native, &err));
    const float *kernel = sc_weights_find(native, "conv1_1.weight")->values;
    for (int c = 0; c < 3; c++)
        assert_true(kernel[9 * c] == (float)(caffe ? 3 - c : c + 1));
    float mean = strtof(sc_weights_metadata(native, "mean"), NULL),
          std = strtof(sc_weights_metadata(native, "std"), NULL);
    assert_true(fabsf(mean - (caffe ? 123.68f / 255 : 0.485f)) < 1e-6f);
    assert_true(fabsf(std - (caffe ? 1.0f / 255 : 0.229f)) < 1e-6f);
    sc_weights_free(native);
    sc_encoder_free(encoder);
}

static void picture_conventions(void **state)
{
    (void)state;
    expect_convention(one_conv("features.0", false), false);
    expect_convention(one_conv("module.features.0", false), false);
    expect_convention(one_conv("features.0", true), true);
    expect_convention(one_conv("conv1_1", false), true);
    expect_convention(one_conv("vgg.conv11", false), true);
}

static void normalised_sequence(void **state)
{
    (void)state;
    static const float map[9] = { 0, 0, 255, 0, 255, 0, 255, 0, 0 };
    for (int good = 0; good < 2; good++) {
        sc_weights *weights = one_conv("2", false);
        float *values = add(weights, "0.weight", 0, 0, 3, 3, 1, 1);
        memcpy(values, map, sizeof map);
        add(weights, "0.bias", -110, 0, 3, 0, 0, 0);
        add(weights, "5.weight", 0, 0.1f, 64, 64, 3, 3);
        add(weights, "5.bias", 0, 0.1f, 64, 0, 0, 0);
        if (good)
            expect_convention(weights, true);
        else {
            values[0] = 3;
            refuse(weights, NULL, SCUMBLE_ERR_UNSUPPORTED, "BGR 0..255");
        }
    }
}

static void keras_order(void **state)
{
    (void)state;
    sc_weights *weights = new_set(SC_LAYOUT_KERAS), *native;
    float *hwio = add(weights, "block1_conv1/block1_conv1_W_1:0", 0, 0.2f, 3, 3, 3, 64);
    float wanted = hwio[((1 * 3 + 2) * 3 + 0) * 64 + 5]; /* y 1, x 2, in 0 (blue), out 5 */
    add(weights, "block1_conv1/block1_conv1_b_1:0", 0, 0.2f, 64, 0, 0, 0);
    sc_encoder *encoder;
    MUST(create(&encoder, weights, "vgg16"));
    assert_string_equal(sc_encoder_architecture(encoder), "vgg16");
    MUST(sc_encoder_to_weights(encoder, &native, &err));
    assert_true(sc_weights_find(native, "conv1_1.weight")->values[((5 * 3 + 2) * 3 + 1) * 3 + 2] == wanted);
    sc_weights_free(native);
    sc_encoder_free(encoder);
}

/* ---- damaged and strange files ---- */

static void refusals(void **state)
{
    (void)state;
    refuse(new_set(SC_LAYOUT_PYTORCH), NULL, SCUMBLE_ERR_UNSUPPORTED, "no layer name is familiar");
    refuse(new_set(SC_LAYOUT_PYTORCH), "vgg19", SCUMBLE_ERR_UNSUPPORTED, "no first convolution");
    refuse(one_conv("features.0", false), "vgg11", SCUMBLE_ERR_ARGUMENT, "vgg16, vgg19");
    sc_weights *weights = one_conv("features.0", false);
    add(weights, "features.1.running_mean", 0, 1, 64, 0, 0, 0);
    refuse(weights, "vgg19", SCUMBLE_ERR_UNSUPPORTED, "batch normalisation");
    weights = new_set(SC_LAYOUT_PYTORCH);
    add(weights, "conv1_1.weight", 0, 1, 64, 3, 3, 3);
    refuse(weights, NULL, SCUMBLE_ERR_FORMAT, "no bias");
    weights = new_set(SC_LAYOUT_PYTORCH);
    add(weights, "conv1_1.weight", 0, 1, 64, 3, 3, 3)[5] = NAN;
    add(weights, "conv1_1.bias", 0, 1, 64, 0, 0, 0);
    refuse(weights, NULL, SCUMBLE_ERR_FORMAT, "not a number");
    weights = new_set(SC_LAYOUT_PYTORCH);
    add(weights, "conv1_1.weight", 0, 1, 16, 3, 3, 3);
    add(weights, "conv1_1.bias", 0, 1, 16, 0, 0, 0);
    refuse(weights, NULL, SCUMBLE_ERR_UNSUPPORTED, "(16, 3, 3, 3), which should be (64, 3, 3, 3)");
    weights = new_set(SC_LAYOUT_PYTORCH);
    add(weights, "conv1_1.weight", 0, 1, 64, 0, 0, 0);
    add(weights, "conv1_1.bias", 0, 1, 64, 0, 0, 0);
    refuse(weights, NULL, SCUMBLE_ERR_UNSUPPORTED, "this is not");
}

static void native_refusals(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        /* mean, std, words */
        { "0 0 0", NULL, "three numbers" },      { NULL, NULL, "lacks" },
        { "0 0", "1 1 1", "three numbers" },     { "0 0 0", "1 0 1", "positive" },
        { "0 0 0", "nan 1 1", "three numbers" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sc_weights *weights = one_conv("conv1_1", false);
        MUST(sc_weights_set_metadata(weights, "format", "scumble.encoder/1", &err));
        MUST(sc_weights_set_metadata(weights, "architecture", "vgg19", &err));
        if (cases[i][0])
            MUST(sc_weights_set_metadata(weights, "mean", cases[i][0], &err));
        if (cases[i][1])
            MUST(sc_weights_set_metadata(weights, "std", cases[i][1], &err));
        refuse(weights, NULL, SCUMBLE_ERR_FORMAT, cases[i][2]);
    }
    sc_weights *weights = one_conv("conv1_1", false);
    MUST(sc_weights_set_metadata(weights, "format", "scumble.encoder/1", &err));
    MUST(sc_weights_set_metadata(weights, "architecture", "vgg99", &err));
    refuse(weights, NULL, SCUMBLE_ERR_UNSUPPORTED, "does not name an architecture");
}

/* ---- InceptionV3 ---- */

/* The first five convolutions, numbered from `first` (0 = none on the first). */
static sc_weights *inception_stem(int first)
{
    static const int shapes[5][4] = {
        { 3, 3, 3, 32 }, { 3, 3, 32, 32 }, { 3, 3, 32, 64 }, { 1, 1, 64, 80 }, { 3, 3, 80, 192 }
    };
    sc_weights *weights = new_set(SC_LAYOUT_KERAS);
    for (int i = 0; i < 5; i++) {
        char suffix[16] = "", name[64];
        if (first + i)
            snprintf(suffix, sizeof suffix, "_%d", first + i);
        snprintf(name, sizeof name, "conv2d%s/kernel:0", suffix);
        add(weights, name, 0, 0.1f, shapes[i][0], shapes[i][1], shapes[i][2], shapes[i][3]);
        static const char *const variables[3] = { "beta", "moving_mean", "moving_variance" };
        for (int k = 0; k < 3; k++) {
            snprintf(name, sizeof name, "batch_normalization%s/%s:0", suffix, variables[k]);
            add(weights, name, k == 2 ? 1.0f : 0.0f, k == 2 ? 0.0f : 0.1f, shapes[i][3], 0, 0, 0);
        }
    }
    return weights;
}

static void inception_numbering(void **state)
{
    (void)state;
    static const int firsts[] = { 1, 0, 8, 95 };
    for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++) {
        sc_encoder *encoder;
        MUST(create(&encoder, inception_stem(firsts[i]), NULL));
        assert_string_equal(sc_encoder_architecture(encoder), "inception_v3");
        assert_int_equal(sc_encoder_layer_count(encoder), 5);
        assert_string_equal(sc_encoder_default_style_layers(encoder), "activation_1,activation_3,activation_5");
        assert_string_equal(sc_encoder_default_content_layers(encoder), "activation_5");
        assert_int_equal(sc_encoder_min_size(encoder, 0), 3);
        sc_encoder_free(encoder);
    }
}

/* ---- sizes and borders ---- */

static void sizes(void **state)
{
    (void)state;
    sc_encoder *encoder;
    MUST(sc_encoder_create_lite(&encoder, &err));
    static const int wanted[] = { 1, 2, 2, 4, 4, 4, 8, 16 };
    for (int i = 0; i < 8; i++)
        assert_int_equal(sc_encoder_min_size(encoder, i), wanted[i]);
    sc_graph *graph;
    sc_value feature;
    int deepest = 7;
    MUST(sc_graph_create(&graph, device_on(&sc_kernels_reference, threads), &err));
    sc_value image = sc_graph_input(graph, "picture", (sc_shape){ 1, 3, 40, 15 });
    assert_int_equal(sc_encoder_build(encoder, graph, image, NULL, &deepest, 1, &feature, &err), SCUMBLE_ERR_ARGUMENT);
    assert_non_null(strstr(err.text, "too small for layer relu5_1 of lite, which needs 16 pixels"));
    sc_graph_destroy(graph);
    sc_encoder_free(encoder);
}

/* The features of layers 0 to 7 of lite on one picture, built in one span or in two: all their values, one after the
 * other. Caller frees. */
static float *run_spans(const sc_encoder *encoder, int cut, size_t *count)
{
    enum { LAYERS = 8 };
    sc_graph *graph;
    sc_value features[LAYERS], end;
    int layers[LAYERS], shallow = 0;
    for (int i = 0; i < LAYERS; i++) {
        layers[i] = i;
        shallow += !sc_encoder_lies_beyond(encoder, i, cut);
    }
    MUST(sc_graph_create(&graph, device_on(&sc_kernels_host, threads), &err));
    sc_value image = sc_graph_input(graph, "picture", (sc_shape){ 1, 3, 45, 38 });
    if (cut == SC_NO_CUT)
        MUST(sc_encoder_build_raw(encoder, graph, image, NULL, layers, LAYERS, features, &err));
    else {
        MUST(sc_encoder_build_span(encoder, graph, image, NULL, (sc_span){ SC_NO_CUT, cut }, layers, shallow, features,
                                   &end, &err));
        assert_int_equal(sc_graph_shape(graph, end).c, sc_encoder_cut(encoder, cut).channels);
        assert_int_equal(sc_graph_shape(graph, end).w, 38 / sc_encoder_cut(encoder, cut).stride);
        MUST(sc_encoder_build_span(encoder, graph, end, NULL, (sc_span){ cut, SC_NO_CUT }, layers + shallow,
                                   LAYERS - shallow, features + shallow, &end, &err));
        assert_int_equal(end, SC_NO_VALUE);
    }
    *count = 0;
    for (int i = 0; i < LAYERS; i++) {
        sc_graph_keep(graph, features[i]);
        *count += sc_shape_count(sc_graph_shape(graph, features[i]));
    }
    MUST(sc_graph_plan(graph, &err));
    float *picture = graph_values(graph, image);
    for (size_t i = 0; i < 45 * 38 * 3; i++)
        picture[i] = sc_random_uniform(3, i);
    graph_write(graph, image, picture);
    MUST(sc_graph_run(graph, &err));
    float *values = malloc(*count * sizeof *values), *next = values;
    for (int i = 0; i < LAYERS; i++) {
        size_t own = sc_shape_count(sc_graph_shape(graph, features[i]));
        memcpy(next, graph_values(graph, features[i]), own * sizeof *next);
        next += own;
    }
    sc_graph_destroy(graph);
    return values;
}

/* lite's cuts are its poolings; from there on the rest of the network can be built, and the work of both parts is that
 * of all. */
static void cuts(void **state)
{
    (void)state;
    sc_encoder *encoder;
    static const sc_cut_node wanted[] = { { 32, 2, 2 }, { 64, 4, 6 }, { 128, 8, 22 }, { 256, 16, 54 } };
    int found = 0, deepest = 7;
    size_t count, parted;
    MUST(sc_encoder_create_lite(&encoder, &err));
    sc_load all = sc_encoder_load(encoder, (sc_span){ SC_NO_CUT, SC_NO_CUT }, &deepest, 1);
    assert_true(all.width == 32 + 1); /* conv1_1, and relu5_1: 256 channels at 16 x 16 */
    float *whole = run_spans(encoder, SC_NO_CUT, &count);
    for (int cut = sc_encoder_next_cut(encoder, SC_NO_CUT); cut != SC_NO_CUT; cut = sc_encoder_next_cut(encoder, cut)) {
        sc_cut_node own = sc_encoder_cut(encoder, cut);
        assert_true(found < 4);
        assert_memory_equal(&own, &wanted[found++], sizeof own);
        sc_load shallow = sc_encoder_load(encoder, (sc_span){ SC_NO_CUT, cut }, NULL, 0),
                deep = sc_encoder_load(encoder, (sc_span){ cut, SC_NO_CUT }, &deepest, 1);
        assert_true(fabs(shallow.work + deep.work - all.work) < 1e-6 * all.work);
        float *parts = run_spans(encoder, cut, &parted);
        assert_int_equal(count, parted);
        assert_memory_equal(whole, parts, count * sizeof *whole);
        free(parts);
    }
    assert_int_equal(found, 4);
    free(whole);
    sc_encoder_free(encoder);
    MUST(create(&encoder, inception_stem(1), NULL));
    assert_int_equal(sc_encoder_next_cut(encoder, SC_NO_CUT), SC_NO_CUT);
    sc_encoder_free(encoder);
}

/* Runs `layer` on a picture of size x size pixels, whose columns are shifted round by `shift`. Caller frees. */
static float *run_shifted(const sc_encoder *encoder, sc_encoder_options options, int layer, int size, int shift,
                          sc_shape *shape)
{
    sc_graph *graph;
    sc_value feature;
    MUST(sc_graph_create(&graph, device_on(&sc_kernels_host, threads), &err));
    sc_shape s = { 1, 3, size, size };
    sc_value image = sc_graph_input(graph, "picture", s);
    MUST(sc_encoder_build(encoder, graph, image, &options, &layer, 1, &feature, &err));
    sc_graph_keep(graph, feature);
    MUST(sc_graph_plan(graph, &err));
    float *data = graph_values(graph, image);
    for (int y = 0; y < size; y++)
        for (int x = 0; x < size; x++)
            for (int c = 0; c < 3; c++)
                data[sc_offset(s, 0, c, y, (x + shift) % size)] =
                    sc_random_uniform(3, (uint64_t)((y * size + x) * 3 + c));
    graph_write(graph, image, data);
    MUST(sc_graph_run(graph, &err));
    *shape = sc_graph_shape(graph, feature);
    float *copy = malloc(sc_shape_bytes(*shape));
    memcpy(copy, graph_values(graph, feature), sc_shape_bytes(*shape));
    sc_graph_destroy(graph);
    return copy;
}

/* In circular mode a shifted picture has shifted features, all of them: there is no border. */
static void check_circular(const sc_encoder *encoder, int layer, int size, sc_encoder_options options)
{
    sc_shape s, t;
    options.override_padding = true;
    options.padding = SC_PAD_CIRCULAR;
    float *plain = run_shifted(encoder, options, layer, size, 0, &s),
          *shifted = run_shifted(encoder, options, layer, size, size / 2, &t);
    assert_true(sc_shape_equal(s, t) && s.w % 2 == 0);
    double worst = 0, largest = 0;
    for (int y = 0; y < s.h; y++)
        for (int x = 0; x < s.w; x++)
            for (int c = 0; c < s.c; c++) {
                double a = plain[sc_offset(s, 0, c, y, x)], b = shifted[sc_offset(s, 0, c, y, (x + s.w / 2) % s.w)];
                worst = fmax(worst, fabs(a - b));
                largest = fmax(largest, fabs(a));
            }
    if (worst > 1e-4 * largest)
        fail_msg("%s, %s: %g of %g", sc_encoder_name(encoder), sc_encoder_layer_name(encoder, layer), worst, largest);
    free(plain);
    free(shifted);
}

static void circular_has_no_border(void **state)
{
    (void)state;
    sc_encoder *encoder;
    MUST(sc_encoder_create_lite(&encoder, &err));
    for (int layer = 0; layer < sc_encoder_layer_count(encoder); layer++)
        check_circular(encoder, layer, 64, (sc_encoder_options){ 0 });
    check_circular(encoder, 7, 64, (sc_encoder_options){ .pooling = SC_POOLING_AVERAGE });
    sc_encoder_free(encoder);
    MUST(create(&encoder, inception_stem(1), NULL));
    for (int layer = 0; layer < sc_encoder_layer_count(encoder); layer++) {
        check_circular(encoder, layer, 64, (sc_encoder_options){ 0 });
        check_circular(encoder, layer, 64, (sc_encoder_options){ .pooling = SC_POOLING_AVERAGE });
    }
    sc_encoder_free(encoder);
}

/* Under an override other than zero no window is left unpadded: a map has every stride'th position. */
static void override_pads_all(void **state)
{
    (void)state;
    static const int wanted[2][5] = { { 31, 29, 29, 14, 12 }, { 32, 32, 32, 16, 16 } };
    sc_encoder *encoder;
    MUST(create(&encoder, inception_stem(1), NULL));
    for (int replicate = 0; replicate < 2; replicate++)
        for (int layer = 0; layer < 5; layer++) {
            sc_shape shape;
            sc_encoder_options options = { .override_padding = true,
                                           .padding = replicate ? SC_PAD_REPLICATE : SC_PAD_ZERO };
            free(run_shifted(encoder, options, layer, 64, 0, &shape));
            assert_int_equal(shape.w, wanted[replicate][layer]);
        }
    sc_encoder_free(encoder);
}

/* Every padding mode works down to the smallest picture. */
static void small_pictures(void **state)
{
    (void)state;
    sc_encoder *encoder;
    MUST(sc_encoder_create_lite(&encoder, &err));
    for (int mode = SC_PAD_ZERO; mode <= SC_PAD_CIRCULAR; mode++) {
        sc_shape shape;
        free(run_shifted(encoder, (sc_encoder_options){ .override_padding = true, .padding = (sc_padding_mode)mode }, 7,
                         16, 0, &shape));
        assert_true(shape.h == 1 && shape.w == 1 && shape.c == 256);
    }
    sc_encoder_free(encoder);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(picture_conventions),
        cmocka_unit_test(normalised_sequence),
        cmocka_unit_test(keras_order),
        cmocka_unit_test(refusals),
        cmocka_unit_test(native_refusals),
        cmocka_unit_test(inception_numbering),
        cmocka_unit_test(sizes),
        cmocka_unit_test(cuts),
        cmocka_unit_test(circular_has_no_border),
        cmocka_unit_test(override_pads_all),
        cmocka_unit_test(small_pictures),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
