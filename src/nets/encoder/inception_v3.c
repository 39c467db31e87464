/* SPDX-License-Identifier: MIT */
/* InceptionV3 (Szegedy et al. 2016) in Keras' topology: 94 convolutions without bias, each with batch normalisation (no
 * gamma, epsilon 0.001) and ReLU, in eleven modules mixed0..mixed10. Reads Keras and TensorFlow.js files, whose layers
 * are numbered in order of creation from 1, from nothing ("conv2d", "conv2d_1"), or from wherever the session stood:
 * the position is the number's distance from the least. Batch normalisation is folded into weight and bias. Picture:
 * RGB 0..1 -> 2x - 1. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nets/encoder/network.h"

/* ---- topology: as keras.applications.inception_v3 creates it ---- */

static int conv(sc_encoder *e, int input, int channels, int size_h, int size_w, int stride, bool same)
{
    int number = 1;
    for (int i = 0; i < e->node_count; i++)
        number += e->nodes[i].kind == SC_NODE_CONV;
    char tensor[32];
    snprintf(tensor, sizeof tensor, "conv2d_%d", number);
    int index = sc_net_conv(e, input, channels, size_h, size_w, stride, same, tensor);
    sc_net_node *node = &e->nodes[index];
    snprintf(node->name, sizeof node->name, "activation_%d", number);
    snprintf(node->other_name, sizeof node->other_name, "conv2d_%d", number);
    node->layer = true;
    return index;
}

static int unit(sc_encoder *e, int input, int channels, int size_h, int size_w)
{
    return conv(e, input, channels, size_h, size_w, 1, true);
}

static int pooled(sc_encoder *e, int input, int channels)
{
    return unit(e, sc_net_pool(e, SC_NODE_AVERAGE_POOL, input, 3, 1, true), channels, 1, 1);
}

static int inception_v3_join(sc_encoder *e, int module, const int *branches, int count)
{
    char name[32];
    snprintf(name, sizeof name, "mixed%d", module);
    int index = sc_net_concat(e, branches, count, name);
    e->nodes[index].layer = true;
    return index;
}

static int module_a(sc_encoder *e, int module, int x, int pool_channels) /* 35x35 for a picture of 299x299 */
{
    int one = unit(e, x, 64, 1, 1);
    int five = unit(e, unit(e, x, 48, 1, 1), 64, 5, 5);
    int twice = unit(e, unit(e, unit(e, x, 64, 1, 1), 96, 3, 3), 96, 3, 3);
    return inception_v3_join(e, module, (const int[]){ one, five, twice, pooled(e, x, pool_channels) }, 4);
}

static int reduction_a(sc_encoder *e, int module, int x)
{
    int three = conv(e, x, 384, 3, 3, 2, false);
    int twice = conv(e, unit(e, unit(e, x, 64, 1, 1), 96, 3, 3), 96, 3, 3, 2, false);
    return inception_v3_join(e, module, (const int[]){ three, twice, sc_net_pool(e, SC_NODE_MAX_POOL, x, 3, 2, false) },
                             3);
}

static int module_b(sc_encoder *e, int module, int x, int inner) /* 17x17 */
{
    int one = unit(e, x, 192, 1, 1);
    int seven = unit(e, unit(e, unit(e, x, inner, 1, 1), inner, 1, 7), 192, 7, 1);
    int twice = unit(e, unit(e, unit(e, x, inner, 1, 1), inner, 7, 1), inner, 1, 7);
    twice = unit(e, unit(e, twice, inner, 7, 1), 192, 1, 7);
    return inception_v3_join(e, module, (const int[]){ one, seven, twice, pooled(e, x, 192) }, 4);
}

static int reduction_b(sc_encoder *e, int module, int x)
{
    int three = conv(e, unit(e, x, 192, 1, 1), 320, 3, 3, 2, false);
    int seven = unit(e, unit(e, unit(e, x, 192, 1, 1), 192, 1, 7), 192, 7, 1);
    seven = conv(e, seven, 192, 3, 3, 2, false);
    return inception_v3_join(e, module, (const int[]){ three, seven, sc_net_pool(e, SC_NODE_MAX_POOL, x, 3, 2, false) },
                             3);
}

static int split_concat(sc_encoder *e, int x)
{
    int wide = unit(e, x, 384, 1, 3), high = unit(e, x, 384, 3, 1);
    return sc_net_concat(e, (const int[]){ wide, high }, 2, "");
}

static int module_c(sc_encoder *e, int module, int x) /* 8x8 */
{
    int one = unit(e, x, 320, 1, 1);
    int three = split_concat(e, unit(e, x, 384, 1, 1));
    int twice = split_concat(e, unit(e, unit(e, x, 448, 1, 1), 384, 3, 3));
    return inception_v3_join(e, module, (const int[]){ one, three, twice, pooled(e, x, 192) }, 4);
}

static void describe_inception(sc_encoder *e)
{
    int x = conv(e, SC_IMAGE_NODE, 32, 3, 3, 2, false);
    x = conv(e, x, 32, 3, 3, 1, false);
    x = unit(e, x, 64, 3, 3);
    x = sc_net_pool(e, SC_NODE_MAX_POOL, x, 3, 2, false);
    x = conv(e, x, 80, 1, 1, 1, false);
    x = conv(e, x, 192, 3, 3, 1, false);
    x = sc_net_pool(e, SC_NODE_MAX_POOL, x, 3, 2, false);
    x = module_a(e, 0, x, 32);
    x = module_a(e, 1, x, 64);
    x = module_a(e, 2, x, 64);
    x = reduction_a(e, 3, x);
    x = module_b(e, 4, x, 128);
    x = module_b(e, 5, x, 160);
    x = module_b(e, 6, x, 160);
    x = module_b(e, 7, x, 192);
    x = reduction_b(e, 8, x);
    x = module_c(e, 9, x);
    module_c(e, 10, x);
}

/* ---- names in foreign files ---- */

/* "conv2d" -> 0, "conv2d_7" -> 7 for kind "conv2d"; -1 for other layers. */
static int layer_number(const char *layer, const char *kind)
{
    size_t length = strlen(kind);
    int number, used = 0;
    if (strncmp(layer, kind, length))
        return -1;
    if (!layer[length])
        return 0;
    return sscanf(layer + length, "_%6d%n", &number, &used) == 1 && !layer[length + (size_t)used] ? number : -1;
}

/* The variable of the layer of this kind at `position` (from 0), or NULL. */
static const sc_weight *inception_v3_find_variable(const sc_weights *weights, const char *kind, int position,
                                                   const char *variable)
{
    int least = -1;
    for (int i = 0; i < weights->tensor_count; i++) {
        int number = layer_number(sc_split_name(weights->tensors[i].name).layer, kind);
        if (number >= 0 && (least < 0 || number < least))
            least = number;
    }
    for (int i = 0; least >= 0 && i < weights->tensor_count; i++) {
        sc_name_parts parts = sc_split_name(weights->tensors[i].name);
        if (layer_number(parts.layer, kind) == least + position && !strcmp(parts.variable, variable))
            return &weights->tensors[i];
    }
    return NULL;
}

static int recognise_inception(const sc_weights *weights)
{
    return inception_v3_find_variable(weights, "conv2d", 0, "kernel") &&
           inception_v3_find_variable(weights, "batch_normalization", 0, "moving_mean");
}

/* ---- weights ---- */

/* conv then beta + gamma (y - mean) / sqrt(variance + epsilon)  =  conv with weight * scale, and bias * scale + beta -
 * mean * scale */
static int inception_v3_fold(sc_net_node *node, const sc_weight *mean, const sc_weight *variance,
                             const sc_weight *gamma, const sc_weight *beta, sc_error *err)
{
    size_t channels = (size_t)node->channels, per_channel = sc_shape_count(node->weight.shape) / channels;
    for (size_t c = 0; c < channels; c++) {
        float scale = (gamma ? gamma->values[c] : 1.0f) / sqrtf(variance->values[c] + 1e-3f);
        float bias = node->bias.data[c] * scale + (beta ? beta->values[c] : 0.0f) - mean->values[c] * scale;
        if (!isfinite(scale) || !isfinite(bias))
            return sc_fail(err, SCUMBLE_ERR_FORMAT, "the batch normalisation of %s holds values that make no sense",
                           node->tensor);
        for (size_t i = 0; i < per_channel; i++)
            node->weight.data[c * per_channel + i] *= scale;
        node->bias.data[c] = bias;
    }
    return SCUMBLE_OK;
}

static int inception_v3_load_conv(sc_encoder *encoder, sc_net_node *node, const sc_weights *weights, sc_error *err)
{
    int position = atoi(node->tensor + strlen("conv2d_")) - 1;
    const sc_weight *kernel = inception_v3_find_variable(weights, "conv2d", position, "kernel");
    if (!kernel)
        return SCUMBLE_OK;
    const sc_weight *bias = inception_v3_find_variable(weights, "conv2d", position, "bias"), *norm[4];
    static const char *const variables[4] = { "moving_mean", "moving_variance", "gamma", "beta" };
    for (int i = 0; i < 4; i++) {
        norm[i] = inception_v3_find_variable(weights, "batch_normalization", position, variables[i]);
        if (norm[i] && norm[i]->count != (size_t)node->channels)
            return sc_fail(err, SCUMBLE_ERR_FORMAT, "'%s' has %zu values, but InceptionV3 has %d there", norm[i]->name,
                           norm[i]->count, node->channels);
        sc_weights_use(weights, norm[i]);
    }
    if (!norm[0] || !norm[1])
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the file has '%s' but no batch normalisation for it", kernel->name);
    sc_weights_use(weights, kernel);
    sc_weights_use(weights, bias);
    int code = sc_net_set_weight(&node->weight, encoder, node, kernel, weights->layout, err);
    if (!code && bias)
        code = sc_net_set_bias(&node->bias, encoder, node, bias, err);
    else if (!code)
        code = sc_tensor_create(&node->bias, (sc_shape){ 1, node->channels, 1, 1 }, err);
    return code ? code : inception_v3_fold(node, norm[0], norm[1], norm[2], norm[3], err);
}

static int normalise_inception(sc_encoder *encoder, const sc_weights *weights, sc_error *err)
{
    (void)weights, (void)err;
    for (int c = 0; c < 3; c++)
        encoder->mean[c] = encoder->std[c] = 0.5f;
    return SCUMBLE_OK;
}

static const char *const style_layers[] = { "activation_1", "activation_3", "activation_5", "mixed0", "mixed2", NULL };
static const char *const content_layers[] = { "mixed0", "activation_5", "activation_3", "activation_1", NULL };

const sc_architecture sc_architecture_inception_v3 = {
    .name = "inception_v3",
    .title = "InceptionV3",
    .style_layers = style_layers,
    .content_layers = content_layers,
    .tv = 30,
    .padding = SC_PAD_ZERO,
    .recognise = recognise_inception,
    .describe = describe_inception,
    .load_conv = inception_v3_load_conv,
    .normalise = normalise_inception,
};
