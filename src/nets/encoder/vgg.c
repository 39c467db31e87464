/* SPDX-License-Identifier: MIT */
/* VGG-16 and VGG-19 (Simonyan and Zisserman 2015), their convolutions: 3x3 with padding 1 and ReLU in five blocks, each
 * ended by a 2x2 max-pool. This file knows the names and the picture conventions of the files in which these networks
 * are found:
 *
 *   names                          where                                                  picture
 *   block1_conv1/kernel            Keras, TensorFlow.js                                   Caffe's
 *   conv1_1.weight, conv11.weight  ports of the Caffe model to PyTorch                    Caffe's
 *   2.weight, 5.weight, ...        vgg_normalised.pth (Gatys et al., Huang and Belongie)  Caffe's
 *   features.0.weight              torchvision; also older ports of the Caffe model       torchvision's, unless the
 * weights are Oxford's own
 *
 * Caffe's picture: BGR 0..255 minus (103.939, 116.779, 123.68). torchvision's: (RGB - (.485, .456, .406)) / (.229,
 * .224, .225). Native encoders always read RGB, so conv1_1's input channels are reversed for Caffe's. A features.N file
 * does not tell which of the two it is, and the weights of both have like magnitudes; but Oxford's two networks were
 * both started from the same smaller one and have nearly the same first biases, which nobody else's have. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nets/encoder/network.h"

/* ---- topology ---- */

void sc_net_vgg(sc_encoder *encoder, const int *counts, const int *channels, int blocks)
{
    int last = SC_IMAGE_NODE, convs = 0;
    for (int b = 0; b < blocks; b++) {
        if (b)
            last = sc_net_pool(encoder, SC_NODE_MAX_POOL, last, 2, 2, false);
        for (int k = 0; k < counts[b]; k++) {
            char tensor[32];
            snprintf(tensor, sizeof tensor, "conv%d_%d", b + 1, k + 1);
            last = sc_net_conv(encoder, last, channels[b], 3, 3, 1, true, tensor);
            sc_net_node *node = &encoder->nodes[last];
            snprintf(node->name, sizeof node->name, "relu%d_%d", b + 1, k + 1);
            snprintf(node->other_name, sizeof node->other_name, "block%d_conv%d", b + 1, k + 1);
            node->torch_index = 2 * convs++ + b;
            node->layer = true;
        }
    }
}

static const int vgg_channels[] = { 64, 128, 256, 512, 512 };

static void describe_vgg16(sc_encoder *encoder)
{
    sc_net_vgg(encoder, (const int[]){ 2, 2, 3, 3, 3 }, vgg_channels, 5);
}

static void describe_vgg19(sc_encoder *encoder)
{
    sc_net_vgg(encoder, (const int[]){ 2, 2, 4, 4, 4 }, vgg_channels, 5);
}

/* ---- names in foreign files ---- */

/* Does `name`, with the parts `p`, name a variable of the convolution? */
static bool names_conv(const char *name, const sc_name_parts *p, const sc_net_node *node)
{
    int block, k, index, used = 0;
    if (sscanf(node->tensor, "conv%d_%d", &block, &k) != 2)
        return false;
    char joined[32];
    snprintf(joined, sizeof joined, "conv%d%d", block, k);
    if (!strcmp(p->layer, node->other_name) || !strcmp(p->layer, node->tensor) || !strcmp(p->layer, joined))
        return true;
    if (sscanf(p->layer, "%d%n", &index, &used) != 1 || p->layer[used])
        return false;
    if (strstr(name, "features."))
        return index == node->torch_index;
    /* a bare sequence: a 1x1 convolution for the picture, then (pad, convolution, ReLU) for each and one place for each
     * pool */
    int convs_before = (node->torch_index - (block - 1)) / 2;
    return strchr(name, '.') == strrchr(name, '.') && index == 3 * convs_before + (block - 1) + 2;
}

static bool is_kernel(const char *variable)
{
    return !strcmp(variable, "weight") || !strncmp(variable, "kernel", 6) || strstr(variable, "_W");
}

static bool is_bias(const char *variable)
{
    return !strncmp(variable, "bias", 4) || strstr(variable, "_b");
}

static const sc_weight *vgg_find_variable(const sc_weights *weights, const sc_net_node *node,
                                          bool (*wanted)(const char *))
{
    for (int i = 0; i < weights->tensor_count; i++) {
        sc_name_parts parts = sc_split_name(weights->tensors[i].name);
        if (names_conv(weights->tensors[i].name, &parts, node) && wanted(parts.variable))
            return &weights->tensors[i];
    }
    return NULL;
}

/* How many convolutions, from the first, the file has under some name. */
static int count_convs(const sc_weights *weights, void (*describe)(sc_encoder *))
{
    sc_encoder *encoder = calloc(1, sizeof *encoder);
    if (!encoder)
        return 0;
    describe(encoder);
    int count = 0;
    for (int i = 0; i < encoder->node_count; i++)
        if (encoder->nodes[i].kind == SC_NODE_CONV) {
            if (!vgg_find_variable(weights, &encoder->nodes[i], is_kernel))
                break;
            count++;
        }
    free(encoder);
    return count;
}

static int recognise_vgg16(const sc_weights *weights)
{
    return count_convs(weights, describe_vgg16);
}

static int recognise_vgg19(const sc_weights *weights)
{
    return count_convs(weights, describe_vgg19);
}

static int vgg_load_conv(sc_encoder *encoder, sc_net_node *node, const sc_weights *weights, sc_error *err)
{
    const sc_weight *kernel = vgg_find_variable(weights, node, is_kernel),
                    *bias = vgg_find_variable(weights, node, is_bias);
    if (!kernel)
        return SCUMBLE_OK;
    if (sc_weights_find(weights, "features.1.running_mean"))
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "this is a VGG with batch normalisation, which scumble does not read; use the plain %s",
                       encoder->architecture->title);
    if (!bias)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the file has '%s' but no bias for %s", kernel->name, node->tensor);
    sc_weights_use(weights, kernel);
    sc_weights_use(weights, bias);
    int code = sc_net_set_weight(&node->weight, encoder, node, kernel, weights->layout, err);
    return code ? code : sc_net_set_bias(&node->bias, encoder, node, bias, err);
}

/* ---- the picture's convention ---- */

static bool is_oxford(const sc_tensor *bias)
{
    static const float first[8] = {
        0.7302f, 0.0649f, 0.0343f, 0.8260f, 0.2578f, 0.5487f, -0.0124f, 0.3479f
    }; /* VGG-19's conv1_1 */
    double sum = 0;
    for (int i = 0; i < 8; i++)
        sum += (bias->data[i] - first[i]) * (double)(bias->data[i] - first[i]);
    return sqrt(sum / 8) < 0.15; /* VGG-16's are 0.05 away; biases of another training are about 0.5 away */
}

static void reverse_channels(sc_tensor *weight) /* (64, 3, 3, 3) */
{
    for (size_t i = 0; i < sc_shape_count(weight->shape); i += 3) {
        float first = weight->data[i];
        weight->data[i] = weight->data[i + 2];
        weight->data[i + 2] = first;
    }
}

/* A leading 1x1 convolution must be the usual RGB 0..1 -> BGR 0..255: then Caffe's convention says the same. */
static int check_colour_map(const sc_weights *weights, sc_error *err)
{
    const sc_weight *map = sc_weights_find(weights, "0.weight");
    for (int i = 0; !map && i < weights->tensor_count; i++)
        if (!strcmp(sc_split_name(weights->tensors[i].name).layer, "conv0") && weights->tensors[i].dimension_count == 4)
            map = &weights->tensors[i];
    if (!map || map->count != 9)
        return SCUMBLE_OK;
    sc_weights_use(weights, map);
    for (int out = 0; out < 3; out++)
        for (int in = 0; in < 3; in++)
            if (fabsf(map->values[3 * out + in] - (in == 2 - out ? 255.0f : 0.0f)) > 0.5f)
                return sc_fail(
                    err, SCUMBLE_ERR_UNSUPPORTED,
                    "the file's first 1x1 convolution '%s' is not the usual change from RGB 0..1 to BGR 0..255",
                    map->name);
    return SCUMBLE_OK;
}

/* A convolution that has no place, as VGG-19's fourth of a block has none in VGG-16: then the ones behind it would be
 * put in wrong places. */
static int check_all_placed(const sc_encoder *encoder, const sc_weights *weights, sc_error *err)
{
    for (int i = sc_weights_next_unused(weights, 0); i >= 0; i = sc_weights_next_unused(weights, i + 1)) {
        const sc_weight *w = &weights->tensors[i];
        sc_name_parts parts = sc_split_name(w->name);
        int block, k;
        bool named = sscanf(parts.layer, "block%d_conv%d", &block, &k) == 2 ||
                     sscanf(parts.layer, "conv%d_%d", &block, &k) == 2 || !strncmp(w->name, "features.", 9);
        if (named && is_kernel(parts.variable) && w->dimension_count == 4)
            return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "this is not %s, which has no convolution '%.80s'",
                           encoder->architecture->title, w->name);
    }
    return SCUMBLE_OK;
}

static int normalise_vgg(sc_encoder *encoder, const sc_weights *weights, sc_error *err)
{
    if (check_all_placed(encoder, weights, err))
        return err->code;
    sc_net_node *first = &encoder->nodes[0];
    const sc_weight *kernel = vgg_find_variable(weights, first, is_kernel);
    if (strstr(kernel->name, "features.") && !is_oxford(&first->bias)) {
        memcpy(encoder->mean, (const float[3]){ 0.485f, 0.456f, 0.406f }, sizeof encoder->mean);
        memcpy(encoder->std, (const float[3]){ 0.229f, 0.224f, 0.225f }, sizeof encoder->std);
        return SCUMBLE_OK;
    }
    int code = check_colour_map(weights, err);
    if (code)
        return code;
    reverse_channels(&first->weight);
    const float mean[3] = { 123.68f, 116.779f, 103.939f };
    for (int c = 0; c < 3; c++) {
        encoder->mean[c] = mean[c] / 255.0f;
        encoder->std[c] = 1.0f / 255.0f;
    }
    return SCUMBLE_OK;
}

/* ---- the architectures ---- */

/* Gatys et al. 2016: style from the first convolution of each block, content from relu4_2. The others serve files that
 * end earlier. */
static const char *const style_layers[] = { "relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1", NULL };
static const char *const content_layers[] = { "relu4_2", "relu4_1", "relu3_3", "relu3_1",
                                              "relu2_2", "relu2_1", "relu1_1", NULL };

const sc_architecture sc_architecture_vgg16 = {
    .name = "vgg16",
    .title = "VGG-16",
    .style_layers = style_layers,
    .content_layers = content_layers,
    .tv = 3,
    .padding = SC_PAD_ZERO,
    .recognise = recognise_vgg16,
    .describe = describe_vgg16,
    .load_conv = vgg_load_conv,
    .normalise = normalise_vgg,
};
const sc_architecture sc_architecture_vgg19 = {
    .name = "vgg19",
    .title = "VGG-19",
    .style_layers = style_layers,
    .content_layers = content_layers,
    .tv = 3,
    .padding = SC_PAD_ZERO,
    .recognise = recognise_vgg19,
    .describe = describe_vgg19,
    .load_conv = vgg_load_conv,
    .normalise = normalise_vgg,
};
