/* SPDX-License-Identifier: MIT */
/* Encoders against stored activations, losses and gradients, on every backend. */
#include "golden.h"
#include "nets/store/painter.h"
#include "../graph_fixture.h"
#include "../device_fixture.h"

static const sc_kernels *const backends[] = { &sc_kernels_reference, &sc_kernels_host };
enum { BACKENDS = sizeof backends / sizeof *backends };

static sc_threads *threads;

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

static void write_input(sc_graph *graph, sc_value input, const sc_tensor *tensor)
{
    graph_write(graph, input, tensor->data);
}

/* One activation to check: the golden tensor's name, the layer, and whether the tap or the plain output is meant. */
typedef struct activation {
    const char *golden, *layer;
    bool raw;
} activation;

static void check_activations(const char *network, const sc_encoder *encoder, const sc_encoder_options *options,
                              const sc_weights *golden, const char *input_name, const activation *list, int count)
{
    sc_tensor picture = golden_tensor(golden, input_name);
    for (int b = 0; b < BACKENDS; b++) {
        sc_graph *graph;
        sc_value features[32];
        MUST(sc_graph_create(&graph, device_on(backends[b], threads), &err));
        sc_value input = sc_graph_input(graph, "picture", picture.shape);
        for (int i = 0; i < count; i++) { /* one build for each, as the list mixes taps and plain outputs */
            int layer = sc_encoder_find_layer(encoder, list[i].layer, &err);
            if (layer < 0)
                fail_msg("%s", err.text);
            MUST((list[i].raw ? sc_encoder_build_raw : sc_encoder_build)(encoder, graph, input, options, &layer, 1,
                                                                         &features[i], &err));
            sc_graph_keep(graph, features[i]);
        }
        MUST(sc_graph_plan(graph, &err));
        write_input(graph, input, &picture);
        MUST(sc_graph_run(graph, &err));
        for (int i = 0; i < count; i++) {
            sc_tensor wanted = golden_tensor(golden, list[i].golden);
            check(network, backends[b], list[i].golden,
                  relative_error(graph_values(graph, features[i]), sc_graph_shape(graph, features[i]), &wanted), 1e-3);
            sc_tensor_free(&wanted);
        }
        sc_graph_destroy(graph);
    }
    sc_tensor_free(&picture);
}

/* ---- lite ---- */

static void lite_activations(void **state)
{
    (void)state;
    sc_weights *golden = shared_weights("golden/lite-encoder.safetensors");
    static const activation list[] = {
        { "relu1_1", "relu1_1", true }, { "relu2_1", "relu2_1", true }, { "relu3_1", "relu3_1", true },
        { "relu3_4", "relu3_4", true }, { "relu4_1", "relu4_1", true }, { "relu5_1", "relu5_1", true },
        { "tap1_1", "relu1_1", false }, { "tap2_1", "relu2_1", false }, { "tap3_1", "relu3_1", false },
        { "tap3_4", "relu3_4", false }, { "tap4_1", "relu4_1", false }, { "tap5_1", "relu5_1", false },
    };
    sc_encoder *encoder;
    MUST(sc_encoder_create_lite(&encoder, &err));
    check_activations("lite", encoder, NULL, golden, "input", list, sizeof list / sizeof *list);
    sc_encoder_free(encoder);
    sc_weights_free(golden);
}

/* ---- VGG-19 ---- */

static sc_encoder *open_vgg19(void)
{
    sc_weights *weights = shared_weights("models/vgg19-tfjs-conv1-to-conv3/model.json");
    sc_encoder *encoder;
    MUST(sc_encoder_create(&encoder, weights, NULL, &err));
    assert_string_equal(sc_encoder_architecture(encoder), "vgg19");
    sc_weights_free(weights);
    return encoder;
}

static double number(const sc_weights *golden, const char *key)
{
    const char *text = sc_weights_metadata(golden, key);
    assert_non_null(text);
    return strtod(text, NULL);
}

typedef struct objective {
    sc_graph *graph;
    sc_value x, content, style, tv, total;
} objective;

enum { STYLES = 3 };
static const char *const style_names[STYLES] = { "block1_conv1", "block2_conv1", "block3_conv1" };

/* The feature of `content_layer` of a picture, and its Grams; both are checked against nothing here: the losses tell.
 */
static void features_of(const sc_encoder *encoder, const sc_encoder_options *options, const sc_kernels *backend,
                        const sc_tensor *picture, const char *content_layer, sc_tensor *content,
                        sc_tensor grams[STYLES])
{
    sc_graph *graph;
    MUST(sc_graph_create(&graph, device_on(backend, threads), &err));
    sc_value input = sc_graph_input(graph, "picture", picture->shape), features[1 + STYLES], wanted[1 + STYLES];
    int layers[1 + STYLES] = { sc_encoder_find_layer(encoder, content_layer, &err) };
    for (int i = 0; i < STYLES; i++)
        layers[1 + i] = sc_encoder_find_layer(encoder, style_names[i], &err);
    MUST(sc_encoder_build(encoder, graph, input, options, layers, 1 + STYLES, features, &err));
    for (int i = 0; i <= STYLES; i++) {
        wanted[i] = i ? sc_graph_gram(graph, features[i]) : features[0];
        sc_graph_keep(graph, wanted[i]);
    }
    MUST(sc_graph_plan(graph, &err));
    write_input(graph, input, picture);
    MUST(sc_graph_run(graph, &err));
    for (int i = 0; i <= STYLES; i++) {
        sc_tensor *target = i ? &grams[i - 1] : content;
        MUST(sc_tensor_create(target, sc_graph_shape(graph, wanted[i]), &err));
        memcpy(target->data, graph_values(graph, wanted[i]), sc_shape_bytes(target->shape));
    }
    sc_graph_destroy(graph);
}

static objective build_objective(const sc_encoder *encoder, const sc_encoder_options *options,
                                 const sc_kernels *backend, const sc_weights *golden, sc_shape shape,
                                 const sc_tensor *content, const sc_tensor grams[STYLES])
{
    objective o;
    MUST(sc_graph_create(&o.graph, device_on(backend, threads), &err));
    sc_graph *g = o.graph;
    o.x = sc_graph_input(g, "x", shape);
    int layers[1 + STYLES] = { sc_encoder_find_layer(encoder, sc_weights_metadata(golden, "content_layer"), &err) };
    for (int i = 0; i < STYLES; i++)
        layers[1 + i] = sc_encoder_find_layer(encoder, style_names[i], &err);
    sc_value features[1 + STYLES];
    MUST(sc_encoder_build(encoder, g, o.x, options, layers, 1 + STYLES, features, &err));
    o.content = sc_graph_mean_square(g, features[0], sc_graph_parameter(g, "content", content, NULL));
    for (int i = 0; i < STYLES; i++) {
        sc_value term =
            sc_graph_mean_square(g, sc_graph_gram(g, features[1 + i]), sc_graph_parameter(g, "gram", &grams[i], NULL));
        o.style =
            i ? sc_graph_add(g, 1.0f, o.style, 1.0f / STYLES, term) : sc_graph_add(g, 1.0f / STYLES, term, 0.0f, term);
    }
    o.tv = sc_graph_total_variation(g, o.x, false);
    sc_value weighted =
        sc_graph_add(g, (float)number(golden, "alpha"), o.content, (float)number(golden, "beta"), o.style);
    o.total = sc_graph_add(g, 1.0f, weighted, (float)number(golden, "tv_weight"), o.tv);
    sc_value terms[] = { o.content, o.style, o.tv, o.total };
    for (int i = 0; i < 4; i++)
        sc_graph_keep(g, terms[i]);
    MUST(sc_graph_differentiate(g, o.total, &o.x, 1, &err));
    MUST(sc_graph_plan(g, &err));
    return o;
}

static void check_loss(const char *network, const sc_kernels *backend, objective *o, sc_value value,
                       const sc_weights *golden, const char *name)
{
    double wanted = sc_weights_find(golden, name)->values[0], got = sc_graph_scalar(o->graph, value);
    check(network, backend, name, fabs(got - wanted) / fabs(wanted), 1e-4);
}

static void check_objective(const char *network, const sc_encoder *encoder, const sc_encoder_options *options,
                            const sc_kernels *backend, const sc_weights *golden)
{
    sc_tensor photo = golden_tensor(golden, "content"), painting = golden_tensor(golden, "style"),
              x = golden_tensor(golden, "x");
    sc_tensor content, other_content, grams[STYLES], other_grams[STYLES], gradient = golden_tensor(golden, "grad_x");
    const char *layer = sc_weights_metadata(golden, "content_layer");
    features_of(encoder, options, backend, &photo, layer, &content, other_grams);
    features_of(encoder, options, backend, &painting, layer, &other_content, grams);
    for (int i = 0; i < STYLES; i++) {
        char name[64];
        snprintf(name, sizeof name, "style.gram.%s", style_names[i]);
        sc_tensor wanted = golden_tensor(golden, name);
        check(network, backend, name, relative_error(grams[i].data, grams[i].shape, &wanted), 1e-3);
        sc_tensor_free(&wanted);
    }
    objective o = build_objective(encoder, options, backend, golden, x.shape, &content, grams);
    write_input(o.graph, o.x, &x);
    MUST(sc_graph_run(o.graph, &err));
    check_loss(network, backend, &o, o.content, golden, "loss_content");
    check_loss(network, backend, &o, o.style, golden, "loss_style");
    check_loss(network, backend, &o, o.tv, golden, "loss_tv");
    check_loss(network, backend, &o, o.total, golden, "loss_total");
    check(network, backend, "grad_x (norm)",
          relative_norm(graph_gradient(o.graph, o.x), gradient.data, sc_shape_count(x.shape)), 1e-3);
    sc_graph_destroy(o.graph);
    sc_tensor *all[] = { &photo, &painting, &x, &content, &other_content, &gradient };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        sc_tensor_free(all[i]);
    for (int i = 0; i < STYLES; i++) {
        sc_tensor_free(&grams[i]);
        sc_tensor_free(&other_grams[i]);
    }
}

static void check_vgg19(const char *network, const char *file, sc_encoder_options options)
{
    static const activation list[] = {
        { "content.block1_conv1", "block1_conv1", false }, { "content.block1_conv2", "relu1_2", false },
        { "content.block2_conv2", "conv2_2", false },      { "content.block3_conv1", "features.10", false },
        { "content.block3_conv4", "block3_conv4", false },
    };
    sc_weights *golden = shared_weights(file);
    sc_encoder *encoder = open_vgg19();
    check_activations(network, encoder, &options, golden, "content", list, sizeof list / sizeof *list);
    for (int b = 0; b < BACKENDS; b++)
        check_objective(network, encoder, &options, backends[b], golden);
    sc_encoder_free(encoder);
    sc_weights_free(golden);
}

static void vgg19_max(void **state)
{
    (void)state;
    check_vgg19("vgg19 max", "golden/vgg19-maxpool.safetensors", (sc_encoder_options){ .pooling = SC_POOLING_MODEL });
}

static void vgg19_average(void **state)
{
    (void)state;
    check_vgg19("vgg19 average", "golden/vgg19-avgpool.safetensors",
                (sc_encoder_options){ .pooling = SC_POOLING_AVERAGE });
}

/* The native form of an encoder is the encoder: same fingerprint, same layers, same activations. */
static void native_form(void **state)
{
    (void)state;
    static const activation list[] = { { "content.block3_conv4", "relu3_4", false } };
    sc_weights *golden = shared_weights("golden/vgg19-maxpool.safetensors"), *native;
    sc_encoder *encoder = open_vgg19(), *again;
    MUST(sc_encoder_to_weights(encoder, &native, &err));
    MUST(sc_encoder_create(&again, native, NULL, &err));
    assert_string_equal(sc_encoder_sha256(again), sc_encoder_sha256(encoder));
    assert_int_equal(sc_encoder_layer_count(again), 8);
    assert_string_equal(sc_encoder_default_style_layers(again), "relu1_1,relu2_1,relu3_1");
    check_activations("vgg19 native", again, NULL, golden, "content", list, 1);
    sc_encoder_free(again);
    sc_encoder_free(encoder);
    sc_weights_free(native);
    sc_weights_free(golden);
}

/* ---- InceptionV3 ---- */

static void inception_v3(void **state)
{
    (void)state;
    static const activation list[] = {
        { "activation_1", "activation_1", false },
        { "activation_3", "conv2d_3", false },
        { "activation_5", "activation_5", false },
        { "mixed0", "mixed0", false },
        { "mixed2", "mixed2", false },
        { "mixed4", "mixed4", false },
        { "mixed7", "mixed7", false },
    };
    sc_weights *golden = shared_weights("golden/inception_v3.safetensors"), *weights;
    const char *data = TEST_DATA, *model = TEST_DATA "/nsfwjs/package/dist/models/inception_v3";
    char *command = sc_format("sh '%s/scripts/fetch-test-data.sh' '%s'", SOURCE_ROOT, data);
    if (system(command)) {
        print_message("[  SKIPPED ] the npm package nsfwjs@4.3.0 cannot be had\n");
        free(command);
        sc_weights_free(golden);
        skip();
    }
    free(command);
    sc_encoder *encoder;
    MUST(sc_weights_load(NULL, &weights, model, &err));
    MUST(sc_encoder_create(&encoder, weights, NULL, &err));
    sc_weights_free(weights);
    assert_string_equal(sc_encoder_architecture(encoder), "inception_v3");
    assert_int_equal(sc_encoder_layer_count(encoder), 94 + 11);
    check_activations("inception_v3", encoder, NULL, golden, "input", list, sizeof list / sizeof *list);
    sc_encoder_free(encoder);
    sc_weights_free(golden);
}

/* ---- generators ---- */

/* The published "candy" generator, RGB 0..255; what it gives is up to some 300, and may differ by a thousandth of 255.
 */
static void check_candy(const sc_program *generator, const sc_kernels *backend, const sc_weights *golden)
{
    sc_tensor picture = golden_tensor(golden, "input"), wanted = golden_tensor(golden, "output");
    sc_graph *graph;
    sc_value output;
    MUST(sc_graph_create(&graph, device_on(backend, threads), &err));
    sc_value input = sc_graph_input(graph, "picture", picture.shape);
    MUST(sc_program_build(generator, graph, input, true, NULL, &output, &err));
    sc_graph_keep(graph, output);
    MUST(sc_graph_plan(graph, &err));
    write_input(graph, input, &picture);
    MUST(sc_graph_run(graph, &err));
    const float *values = graph_values(graph, output);
    check("candy", backend, "output", relative_error(values, sc_graph_shape(graph, output), &wanted), 1e-3);
    for (size_t i = 0; i < sc_shape_count(wanted.shape); i++)
        if (fabsf(values[i] - wanted.data[i]) > 0.255f)
            fail_msg("candy: value %zu is %g in place of %g", i, (double)values[i], (double)wanted.data[i]);
    sc_graph_destroy(graph);
    sc_tensor_free(&picture);
    sc_tensor_free(&wanted);
}

/* The same network in two formats is the same program. */
static void candy(void **state)
{
    (void)state;
    sc_weights *golden = shared_weights("golden/candy.safetensors");
    char *paths[2] = { shared_path("models/candy.pth"), shared_path("models/candy.onnx") }, *texts[2];
    for (int i = 0; i < 2; i++) {
        sc_painter *painter;
        MUST(sc_painter_load(&painter, paths[i], &err));
        assert_true(painter->range == 255 && !painter->discriminator && sc_program_step(painter->generator) == 4);
        texts[i] = sc_program_to_json(painter->generator);
        for (int b = 0; b < BACKENDS; b++)
            check_candy(painter->generator, backends[b], golden);
        sc_painter_free(painter);
    }
    assert_string_equal(texts[0], texts[1]);
    for (int i = 0; i < 2; i++) {
        free(paths[i]);
        free(texts[i]);
    }
    sc_weights_free(golden);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(lite_activations), cmocka_unit_test(vgg19_max),    cmocka_unit_test(vgg19_average),
        cmocka_unit_test(native_form),      cmocka_unit_test(inception_v3), cmocka_unit_test(candy),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
