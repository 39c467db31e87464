/* SPDX-License-Identifier: MIT */
/* lite: scumble's own small encoder, embedded (models/lite/README.md). VGG-19's topology to relu5_1 with fewer
 * channels, and on eight layers a tap: a 1x1 map after which distances between features are those of the VGG-19
 * features that the layer predicts. Only tapped layers are offered: the others lie between what was trained to mean
 * something. */
#include <stdio.h>
#include <string.h>

#include "nets/encoder/lite.h"
#include "nets/encoder/network.h"

extern const uint8_t sc_lite_data[], sc_lite_data_end[];

const int sc_lite_convs[] = { 2, 2, 4, 4, 1 }, sc_lite_channels[] = { 32, 64, 128, 256, 256 };
const char *const sc_lite_layers[] = { "relu1_1", "relu2_1", "relu2_2", "relu3_1",
                                       "relu3_2", "relu3_4", "relu4_1", "relu5_1" };

static void describe_lite(sc_encoder *encoder)
{
    sc_net_vgg(encoder, sc_lite_convs, sc_lite_channels, SC_LITE_BLOCKS);
    for (int i = 0; i < encoder->node_count; i++) {
        sc_net_node *node = &encoder->nodes[i];
        node->layer = false;
        node->torch_index = -1;
        for (int k = 0; node->kind == SC_NODE_CONV && k < SC_LITE_TAPPED; k++)
            if (!strcmp(node->tensor + strlen("conv"), sc_lite_number(k))) {
                snprintf(node->tap_tensor, sizeof node->tap_tensor, "tap%s", sc_lite_number(k));
                node->layer = true;
            }
    }
}

static int recognise_lite(const sc_weights *weights)
{
    return sc_weights_find(weights, "tap1_1.weight") ? 1000 : 0;
}

static int normalise_lite(sc_encoder *encoder, const sc_weights *weights, sc_error *err)
{
    (void)weights, (void)err;
    for (int c = 0; c < 3; c++) {
        encoder->mean[c] = 0.0f; /* folded into the weights */
        encoder->std[c] = 1.0f;
    }
    return SCUMBLE_OK;
}

int sc_encoder_create_lite(sc_encoder **encoder, sc_error *err)
{
    *encoder = NULL;
    sc_weights *weights = NULL;
    int code = sc_safetensors_parse(NULL, &weights, sc_lite_data, (size_t)(sc_lite_data_end - sc_lite_data), err);
    if (!code) /* the file's own words leave out the teacher */
        code = sc_weights_set_metadata(weights, "licence", SC_LITE_LICENCE, err);
    if (!code)
        code = sc_encoder_create(encoder, weights, "lite", err);
    sc_weights_free(weights);
    return code;
}

static const char *const style_layers[] = { "relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1", NULL };
static const char *const content_layers[] = { "relu3_4", "relu4_1", "relu3_1", "relu2_1", "relu1_1", NULL };

const sc_architecture sc_architecture_lite = {
    .name = "lite",
    .title = "lite",
    .style_layers = style_layers,
    .content_layers = content_layers,
    .tv = 3,
    .padding = SC_PAD_REPLICATE,
    .recognise = recognise_lite,
    .describe = describe_lite,
    .normalise = normalise_lite,
};
