/* SPDX-License-Identifier: MIT */
/* Encoders: making one from a file's tensors. build.c puts it into a graph, names.c knows its layers, export.c writes
 * it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nets/encoder/network.h"

const sc_architecture *const sc_architectures[] = {
    &sc_architecture_lite, &sc_architecture_vgg16, &sc_architecture_vgg19, &sc_architecture_inception_v3, NULL,
};

const sc_architecture *sc_architecture_find(const char *name)
{
    for (int i = 0; name && sc_architectures[i]; i++)
        if (!strcmp(sc_architectures[i]->name, name))
            return sc_architectures[i];
    return NULL;
}

/* ---- nodes ---- */

static int encoder_add_node(sc_encoder *encoder, sc_net_node node)
{
    node.torch_index = -1;
    encoder->nodes[encoder->node_count] = node;
    return encoder->node_count++;
}

static int channels_of(const sc_encoder *encoder, int node)
{
    return node == SC_IMAGE_NODE ? 3 : encoder->nodes[node].channels;
}

int sc_net_conv(sc_encoder *encoder, int input, int channels, int size_h, int size_w, int stride, bool same,
                const char *tensor)
{
    sc_net_node node = { .kind = SC_NODE_CONV,
                         .inputs = { input },
                         .input_count = 1,
                         .channels_in = channels_of(encoder, input),
                         .channels = channels,
                         .size_h = size_h,
                         .size_w = size_w,
                         .stride = stride,
                         .same = same };
    snprintf(node.tensor, sizeof node.tensor, "%s", tensor);
    return encoder_add_node(encoder, node);
}

int sc_net_pool(sc_encoder *encoder, sc_node_kind kind, int input, int size, int stride, bool same)
{
    int channels = channels_of(encoder, input);
    return encoder_add_node(encoder, (sc_net_node){ .kind = kind,
                                                    .inputs = { input },
                                                    .input_count = 1,
                                                    .channels_in = channels,
                                                    .channels = channels,
                                                    .size_h = size,
                                                    .size_w = size,
                                                    .stride = stride,
                                                    .same = same });
}

int sc_net_concat(sc_encoder *encoder, const int *inputs, int count, const char *name)
{
    sc_net_node node = { .kind = SC_NODE_CONCAT, .input_count = count };
    for (int i = 0; i < count; i++) {
        node.inputs[i] = inputs[i];
        node.channels += channels_of(encoder, inputs[i]);
    }
    node.channels_in = node.channels;
    snprintf(node.name, sizeof node.name, "%s", name);
    return encoder_add_node(encoder, node);
}

/* ---- tensors ---- */

static int check_finite(const sc_weight *source, sc_error *err)
{
    for (size_t i = 0; i < source->count; i++)
        if (!isfinite(source->values[i]))
            return sc_fail(err, SCUMBLE_ERR_FORMAT, "'%s' holds a value that is not a number", source->name);
    return SCUMBLE_OK;
}

static int encoder_refuse_shape(const sc_encoder *encoder, const char *wanted, const sc_weight *source, sc_error *err)
{
    char shape[160] = "(";
    size_t used = 1;
    for (int i = 0; i < source->dimension_count && used < 130; i++)
        used += (size_t)snprintf(shape + used, sizeof shape - used, "%s%lld", i ? ", " : "",
                                 (long long)source->dimensions[i]);
    return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "this is not %s: '%.100s' has the shape %s), which should be %s",
                   encoder->architecture->title, source->name, shape, wanted);
}

static void copy_hwio(sc_tensor *tensor, const float *hwio)
{
    sc_shape s = tensor->shape; /* (out, in, kh, kw), so n = out and c = in */
    for (int y = 0; y < s.h; y++)
        for (int x = 0; x < s.w; x++)
            for (int in = 0; in < s.c; in++)
                for (int out = 0; out < s.n; out++)
                    tensor->data[sc_offset(s, out, in, y, x)] = *hwio++;
}

static int set_kernel(sc_tensor *tensor, const sc_encoder *encoder, sc_shape shape, const sc_weight *source,
                      sc_layout layout, sc_error *err)
{
    bool keras = layout == SC_LAYOUT_KERAS;
    const int64_t wanted[4] = { keras ? shape.h : shape.n, keras ? shape.w : shape.c, keras ? shape.c : shape.h,
                                keras ? shape.n : shape.w };
    if (source->dimension_count != 4 || memcmp(source->dimensions, wanted, sizeof wanted)) {
        char text[96];
        snprintf(text, sizeof text, "(%d, %d, %d, %d)", (int)wanted[0], (int)wanted[1], (int)wanted[2], (int)wanted[3]);
        return encoder_refuse_shape(encoder, text, source, err);
    }
    int code = check_finite(source, err);
    if (!code)
        code = sc_tensor_create(tensor, shape, err);
    if (!code && keras)
        copy_hwio(tensor, source->values);
    else if (!code)
        sc_tensor_from_nchw(tensor, source->values);
    return code;
}

int sc_net_set_weight(sc_tensor *tensor, const sc_encoder *encoder, const sc_net_node *node, const sc_weight *source,
                      sc_layout layout, sc_error *err)
{
    return set_kernel(tensor, encoder, (sc_shape){ node->channels, node->channels_in, node->size_h, node->size_w },
                      source, layout, err);
}

int sc_net_set_bias(sc_tensor *tensor, const sc_encoder *encoder, const sc_net_node *node, const sc_weight *source,
                    sc_error *err)
{
    if (source->count != (size_t)node->channels) {
        char text[32];
        snprintf(text, sizeof text, "(%d)", node->channels);
        return encoder_refuse_shape(encoder, text, source, err);
    }
    int code = check_finite(source, err);
    if (!code)
        code = sc_tensor_create(tensor, (sc_shape){ 1, node->channels, 1, 1 }, err);
    if (!code)
        memcpy(tensor->data, source->values, sc_shape_bytes(tensor->shape));
    return code;
}

/* ---- the native form ---- */

static bool encoder_is_native(const sc_weights *weights)
{
    const char *format = sc_weights_metadata(weights, "format");
    return format && !strcmp(format, "scumble.encoder/1");
}

static int encoder_find_pair(const sc_weights *weights, const char *tensor, const sc_weight **kernel,
                             const sc_weight **bias, sc_error *err)
{
    char name[48];
    snprintf(name, sizeof name, "%s.weight", tensor);
    *kernel = sc_weights_find(weights, name);
    snprintf(name, sizeof name, "%s.bias", tensor);
    *bias = sc_weights_find(weights, name);
    if (*kernel && !*bias)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the file has %s.weight but no %s.bias", tensor, tensor);
    sc_weights_use(weights, *kernel);
    sc_weights_use(weights, *bias);
    return SCUMBLE_OK;
}

static int load_native_conv(sc_encoder *encoder, sc_net_node *node, const sc_weights *weights, sc_error *err)
{
    const sc_weight *kernel, *bias;
    int code = encoder_find_pair(weights, node->tensor, &kernel, &bias, err);
    if (code || !kernel)
        return code;
    code = sc_net_set_weight(&node->weight, encoder, node, kernel, SC_LAYOUT_PYTORCH, err);
    return code ? code : sc_net_set_bias(&node->bias, encoder, node, bias, err);
}

static int load_tap(sc_encoder *encoder, sc_net_node *node, const sc_weights *weights, sc_error *err)
{
    const sc_weight *kernel, *bias;
    int code = encoder_find_pair(weights, node->tap_tensor, &kernel, &bias, err);
    if (!code && !kernel)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the file lacks %s.weight", node->tap_tensor);
    if (!code)
        code = set_kernel(&node->tap_weight, encoder, (sc_shape){ node->channels, node->channels, 1, 1 }, kernel,
                          SC_LAYOUT_PYTORCH, err);
    return code ? code : sc_net_set_bias(&node->tap_bias, encoder, node, bias, err);
}

/* "0.485 0.456 0.406", commas and brackets allowed. */
static bool read_three(const char *text, float three[3])
{
    for (int i = 0; i < 3; i++) {
        text += strspn(text, " ,[()\t");
        char *end;
        three[i] = strtof(text, &end);
        if (end == text || !isfinite(three[i]))
            return false;
        text = end;
    }
    return true;
}

static int load_native_picture(sc_encoder *encoder, const sc_weights *weights, sc_error *err)
{
    const char *mean = sc_weights_metadata(weights, "mean"), *std = sc_weights_metadata(weights, "std");
    if (!mean && !std)
        return encoder->architecture->normalise == sc_architecture_lite.normalise ?
                   encoder->architecture->normalise(encoder, weights, err) :
                   sc_fail(err, SCUMBLE_ERR_FORMAT,
                           "the model file lacks its picture's \"mean\" and \"std\"; import it again from its source");
    if (!mean || !std || !read_three(mean, encoder->mean) || !read_three(std, encoder->std))
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the model file's \"mean\" and \"std\" must be three numbers each");
    for (int c = 0; c < 3; c++)
        if (encoder->std[c] <= 1e-6f)
            return sc_fail(err, SCUMBLE_ERR_FORMAT, "the model file's \"std\" must be positive");
    return SCUMBLE_OK;
}

/* ---- from a file ---- */

/* The architecture whose names the file has most of; NULL when it has none of any. Up to conv3_3 VGG-16 and VGG-19
 * agree, and either serves: `asked` wins a draw, else the first. */
static const sc_architecture *recognise(const sc_weights *weights, const sc_architecture *asked)
{
    const sc_architecture *likely = NULL;
    int most = asked ? asked->recognise(weights) : 0;
    if (most)
        likely = asked;
    for (int i = 0; sc_architectures[i]; i++) {
        int count = sc_architectures[i]->recognise(weights);
        if (count > most) {
            most = count;
            likely = sc_architectures[i];
        }
    }
    return likely;
}

static int choose_architecture(const sc_architecture **chosen, const sc_weights *weights, const char *wanted,
                               sc_error *err)
{
    const sc_architecture *asked = sc_architecture_find(wanted), *native = NULL;
    if (wanted && !asked)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "'%.64s' is not an architecture that scumble knows; they are vgg16, vgg19, inception_v3, lite",
                       wanted);
    if (encoder_is_native(weights)) {
        native = sc_architecture_find(sc_weights_metadata(weights, "architecture"));
        if (!native && sc_architecture_lite.recognise(weights))
            native = &sc_architecture_lite; /* the training's own file describes its architecture in words */
        if (!native)
            return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                           "the model file does not name an architecture that this scumble knows");
    }
    const sc_architecture *likely = native ? native : recognise(weights, asked);
    if (asked && likely && asked != likely)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "the file holds %s, not %s", likely->title, asked->title);
    *chosen = asked ? asked : likely;
    if (!*chosen)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "not an encoder that scumble knows (vgg16, vgg19, inception_v3, lite): no layer name is familiar"
                       "%s%.64s%s",
                       weights->tensor_count ? "; the first tensor is called '" : "",
                       weights->tensor_count ? weights->tensors[0].name : "", weights->tensor_count ? "'" : "");
    return SCUMBLE_OK;
}

static bool inputs_present(const sc_encoder *encoder, const sc_net_node *node)
{
    for (int k = 0; k < node->input_count; k++)
        if (node->inputs[k] != SC_IMAGE_NODE && !encoder->nodes[node->inputs[k]].present)
            return false;
    return true;
}

/* A file may end early, but not have a hole: what lies behind one would be left out. */
static int refuse_hole(const sc_encoder *encoder, const sc_net_node *behind, sc_error *err)
{
    for (int i = 0; i < encoder->node_count; i++)
        if (encoder->nodes[i].kind == SC_NODE_CONV && !encoder->nodes[i].weight.data)
            return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                           "this is not the whole of %s: %s is missing, though %s, which comes after it, is there",
                           encoder->architecture->title, encoder->nodes[i].tensor, behind->tensor);
    return SCUMBLE_OK;
}

static int load_node(sc_encoder *encoder, sc_net_node *node, const sc_weights *weights, bool native, sc_error *err)
{
    bool connected = inputs_present(encoder, node);
    if (node->kind != SC_NODE_CONV) {
        node->present = connected;
        return SCUMBLE_OK;
    }
    int code = native ? load_native_conv(encoder, node, weights, err) :
                        encoder->architecture->load_conv(encoder, node, weights, err);
    if (!code && node->weight.data && !connected)
        return refuse_hole(encoder, node, err);
    node->present = node->weight.data;
    return !code && node->present && *node->tap_tensor ? load_tap(encoder, node, weights, err) : code;
}

static int load_nodes(sc_encoder *encoder, const sc_weights *weights, sc_error *err)
{
    bool native = encoder_is_native(weights) || !encoder->architecture->load_conv;
    int code = SCUMBLE_OK;
    for (int i = 0; i < encoder->node_count && !code; i++)
        code = load_node(encoder, &encoder->nodes[i], weights, native, err);
    if (code)
        return code;
    if (!encoder->nodes[0].present)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "this is not %s: the file has no first convolution (%s)",
                       encoder->architecture->title, encoder->nodes[0].tensor);
    return native ? load_native_picture(encoder, weights, err) :
                    encoder->architecture->normalise(encoder, weights, err);
}

static int prepare_picture(sc_encoder *encoder, sc_error *err)
{
    sc_tensor *const tensors[4] = { &encoder->norm_mean, &encoder->norm_variance, &encoder->norm_gamma,
                                    &encoder->norm_beta };
    for (int i = 0; i < 4; i++) {
        int code = sc_tensor_create(tensors[i], (sc_shape){ 1, 3, 1, 1 }, err);
        if (code)
            return code;
    }
    for (int c = 0; c < 3; c++) {
        encoder->norm_mean.data[c] = encoder->mean[c];
        encoder->norm_variance.data[c] = encoder->std[c] * encoder->std[c];
        encoder->norm_gamma.data[c] = 1.0f;
        encoder->normalised |= encoder->mean[c] != 0.0f || encoder->std[c] != 1.0f;
    }
    return SCUMBLE_OK;
}

static bool has_layer(const sc_encoder *encoder, const char *name)
{
    for (int i = 0; i < encoder->layer_count; i++)
        if (!strcmp(encoder->nodes[encoder->layers[i]].name, name))
            return true;
    return false;
}

static void encoder_list_layers(sc_encoder *encoder)
{
    for (int i = 0; i < encoder->node_count; i++)
        if (encoder->nodes[i].layer && encoder->nodes[i].present)
            encoder->layers[encoder->layer_count++] = i;
    size_t used = 0;
    for (const char *const *name = encoder->architecture->style_layers; *name; name++)
        if (has_layer(encoder, *name))
            used += (size_t)snprintf(encoder->style_layers + used, sizeof encoder->style_layers - used, "%s%s",
                                     used ? "," : "", *name);
    for (const char *const *name = encoder->architecture->content_layers; *name && !*encoder->content_layers; name++)
        if (has_layer(encoder, *name))
            snprintf(encoder->content_layers, sizeof encoder->content_layers, "%s", *name);
}

static char *metadata_or(const sc_weights *weights, const char *key, const char *otherwise)
{
    const char *value = sc_weights_metadata(weights, key);
    return strdup(value && *value ? value : otherwise);
}

static int create_encoder(sc_encoder **encoder, const sc_weights *weights, const sc_weights *file,
                          const char *architecture, sc_error *err)
{
    const sc_architecture *chosen;
    int code = choose_architecture(&chosen, weights, architecture, err);
    if (code)
        return code;
    sc_encoder *e = calloc(1, sizeof *e);
    if (!e)
        return sc_fail_memory(err, sizeof *e);
    e->architecture = chosen;
    e->padding = chosen->padding;
    chosen->describe(e);
    e->name = metadata_or(weights, "name", chosen->name);
    e->licence = metadata_or(weights, "licence", "unknown");
    e->source = metadata_or(weights, "source", "");
    e->sha256 = calloc(1, 65);
    if (!e->name || !e->licence || !e->source || !e->sha256)
        code = sc_fail_memory(err, 256);
    if (!code)
        code = load_nodes(e, weights, err);
    if (!code)
        code = prepare_picture(e, err);
    if (!code && !(e->unused = sc_weights_unused(file)))
        code = sc_fail_memory(err, 256);
    if (code) {
        sc_encoder_free(e);
        return code;
    }
    encoder_list_layers(e);
    *encoder = e;
    return SCUMBLE_OK;
}

int sc_encoder_create(sc_encoder **encoder, const sc_weights *weights, const char *architecture, sc_error *err)
{
    static const char *const anchors[] = { "tap1_1.weight", "features.0.weight", "conv1_1.weight", "conv11.weight",
                                           "2.weight" };
    sc_weights *part = NULL;
    int code = SCUMBLE_OK;
    *encoder = NULL;
    for (size_t i = 0; i < sizeof anchors / sizeof *anchors && !part && !code && !encoder_is_native(weights); i++)
        code = sc_weights_unwrap(&part, weights, anchors[i], err);
    if (!code)
        code = create_encoder(encoder, part ? part : weights, weights, architecture, err);
    sc_weights_free(part);
    return code;
}

void sc_encoder_free(sc_encoder *encoder)
{
    if (!encoder)
        return;
    for (int i = 0; i < encoder->node_count; i++) {
        sc_tensor_free(&encoder->nodes[i].weight);
        sc_tensor_free(&encoder->nodes[i].bias);
        sc_tensor_free(&encoder->nodes[i].tap_weight);
        sc_tensor_free(&encoder->nodes[i].tap_bias);
    }
    sc_tensor_free(&encoder->norm_mean);
    sc_tensor_free(&encoder->norm_variance);
    sc_tensor_free(&encoder->norm_gamma);
    sc_tensor_free(&encoder->norm_beta);
    free(encoder->name);
    free(encoder->licence);
    free(encoder->source);
    free(encoder->sha256);
    free(encoder->unused);
    free(encoder);
}

/* ---- facts ---- */

const char *sc_encoder_name(const sc_encoder *encoder)
{
    return encoder->name;
}

const char *sc_encoder_architecture(const sc_encoder *encoder)
{
    return encoder->architecture->name;
}

const char *sc_encoder_licence(const sc_encoder *encoder)
{
    return encoder->licence;
}

const char *sc_encoder_default_style_layers(const sc_encoder *encoder)
{
    return encoder->style_layers;
}

const char *sc_encoder_default_content_layers(const sc_encoder *encoder)
{
    return encoder->content_layers;
}
