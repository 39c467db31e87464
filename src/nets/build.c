/* SPDX-License-Identifier: MIT */
/* Puts the part of an encoder that is needed into a graph; sizes of layers. See encoder.h.
 *
 * Borders. The picture is normalised before any padding, so a padded pixel is a pixel of the normalised picture. A padding override
 * replaces the mode of padded convolutions. Windows that the network does not pad ("valid", in InceptionV3) are padded too when the
 * override is not zero: a picture's outermost pixels lie in so few unpadded windows that they keep a pale frame about 15 pixels wide,
 * and in circular mode a map may have no border at all (that is what makes the result tile). */
#include <stdlib.h>
#include <string.h>

#include "nets/network.h"

typedef struct builder {
    const sc_encoder *encoder;
    sc_graph *graph;
    sc_value image;
    sc_encoder_options options;
    sc_value values[SC_MAX_NODES];
} builder;

static void mark_needed(const sc_encoder *encoder, int deepest, bool *needed)
{
    needed[deepest] = true;
    for (int i = deepest; i >= 0; i--)
        for (int k = 0; needed[i] && k < encoder->nodes[i].input_count; k++)
            if (encoder->nodes[i].inputs[k] != SC_IMAGE_NODE)
                needed[encoder->nodes[i].inputs[k]] = true;
}

/* ---- sizes ---- */

static int window_out(const sc_net_node *node, int extent, int size)
{
    int padding = node->same ? (size - 1) / 2 : 0;
    return extent + 2 * padding < size ? 0 : (extent + 2 * padding - size) / node->stride + 1;
}

int sc_encoder_channels(const sc_encoder *encoder, int layer)
{
    return encoder->nodes[encoder->layers[layer]].channels;
}

int sc_encoder_min_size(const sc_encoder *encoder, int layer)
{
    if (layer < 0 || layer >= encoder->layer_count)
        return 0;
    int deepest = encoder->layers[layer];
    bool needed[SC_MAX_NODES] = { false };
    mark_needed(encoder, deepest, needed);
    for (int edge = 1; edge < 1024; edge++) {
        int least[SC_MAX_NODES]; /* the shorter side of the map: windows may be oblong */
        for (int i = 0; i <= deepest; i++) {
            const sc_net_node *node = &encoder->nodes[i];
            int in = node->inputs[0] == SC_IMAGE_NODE ? edge : least[node->inputs[0]];
            int rows = node->kind == SC_NODE_CONCAT ? in : window_out(node, in, node->size_h);
            int columns = node->kind == SC_NODE_CONCAT ? in : window_out(node, in, node->size_w);
            least[i] = !needed[i] ? in : rows < columns ? rows : columns;
        }
        bool fits = true;
        for (int i = 0; i <= deepest; i++)
            fits = fits && (!needed[i] || least[i] >= 1);
        if (fits)
            return edge;
    }
    return 1024;
}

/* Of all nodes up to `node`: the pixels between positions, and how far a position sees. Windows without padding count as if they lay anywhere. */
static void see(const sc_encoder *encoder, int deepest, int *strides, int *reaches)
{
    for (int i = 0; i <= deepest; i++) {
        const sc_net_node *node = &encoder->nodes[i];
        int size = node->size_h > node->size_w ? node->size_h : node->size_w, stride = 1;
        reaches[i] = 0;
        for (int k = 0; k < node->input_count; k++) {
            int in = node->inputs[k], reach = in == SC_IMAGE_NODE ? 0 : reaches[in];
            stride = in == SC_IMAGE_NODE ? 1 : strides[in];
            if (node->kind != SC_NODE_CONCAT && size > node->stride)
                reach += (node->same ? (size - 1) / 2 : size - 1) * stride;
            reaches[i] = reach > reaches[i] ? reach : reaches[i];
        }
        strides[i] = stride * (node->kind == SC_NODE_CONCAT ? 1 : node->stride);
    }
}

int sc_encoder_stride(const sc_encoder *encoder, int layer)
{
    int strides[SC_MAX_NODES], reaches[SC_MAX_NODES], node = encoder->layers[layer];
    see(encoder, node, strides, reaches);
    return strides[node];
}

int sc_encoder_reach(const sc_encoder *encoder, int layer)
{
    int strides[SC_MAX_NODES], reaches[SC_MAX_NODES], node = encoder->layers[layer];
    see(encoder, node, strides, reaches);
    return reaches[node];
}

/* ---- nodes ---- */

static bool overridden(const builder *b)
{
    return b->options.override_padding && b->options.padding != SC_PAD_ZERO;
}

static bool circular(const builder *b)
{
    return overridden(b) && b->options.padding == SC_PAD_CIRCULAR;
}

/* Padding that keeps an odd window centred on each pixel of x. */
static sc_padding same_padding(const builder *b, const sc_net_node *node, sc_value x)
{
    int rows = (node->size_h - 1) / 2, columns = (node->size_w - 1) / 2;
    sc_padding_mode mode = b->options.override_padding ? b->options.padding : b->encoder->padding;
    sc_shape shape = sc_graph_shape(b->graph, x);
    /* a map smaller than its own border cannot be reflected or wrapped round */
    bool too_small = mode == SC_PAD_REFLECT ? rows >= shape.h || columns >= shape.w
                   : mode == SC_PAD_CIRCULAR ? rows > shape.h || columns > shape.w : false;
    return (sc_padding){ .top = rows, .bottom = rows, .left = columns, .right = columns, .mode = too_small ? SC_PAD_REPLICATE : mode };
}

static sc_value add_conv(const builder *b, const sc_net_node *node, sc_value x)
{
    sc_conv2d_attrs attrs = { .stride_h = node->stride, .stride_w = node->stride, .relu = true };
    if (node->same || overridden(b))
        attrs.padding = same_padding(b, node, x);
    sc_value weight = sc_graph_parameter(b->graph, node->tensor, &node->weight, true);
    sc_value bias = sc_graph_parameter(b->graph, node->tensor, &node->bias, true);
    return sc_graph_conv2d(b->graph, x, weight, bias, attrs);
}

static sc_value add_pool(const builder *b, const sc_net_node *node, sc_value x)
{
    sc_pool2d_attrs attrs = { .size_h = node->size_h, .size_w = node->size_w, .stride_h = node->stride, .stride_w = node->stride };
    bool overlaps = node->size_h > node->stride; /* 2x2 windows with stride 2 meet no border */
    if (overlaps && circular(b))
        x = sc_graph_pad(b->graph, x, same_padding(b, node, x));
    else if (node->same || (overlaps && overridden(b))) {
        attrs.top = attrs.bottom = (node->size_h - 1) / 2;
        attrs.left = attrs.right = (node->size_w - 1) / 2;
    }
    bool average = node->kind == SC_NODE_AVERAGE_POOL;
    if (!average && b->options.pooling == SC_POOLING_AVERAGE)
        average = true;
    else if (average && !node->same && b->options.pooling == SC_POOLING_MAX)
        average = false; /* Inception's 3x3 average with stride 1 is a smoothing of a branch, not a reduction: it stays */
    return average ? sc_graph_average_pool2d(b->graph, x, attrs) : sc_graph_max_pool2d(b->graph, x, attrs);
}

static sc_value add_node(const builder *b, const sc_net_node *node)
{
    sc_value inputs[SC_MAX_BRANCHES];
    for (int k = 0; k < node->input_count; k++)
        inputs[k] = node->inputs[k] == SC_IMAGE_NODE ? b->image : b->values[node->inputs[k]];
    switch (node->kind) {
    case SC_NODE_CONV: return add_conv(b, node, inputs[0]);
    case SC_NODE_CONCAT: return sc_graph_concat(b->graph, inputs, node->input_count);
    default: return add_pool(b, node, inputs[0]);
    }
}

bool sc_encoder_tap(const sc_encoder *encoder, int layer, const sc_tensor **weight, const sc_tensor **bias)
{
    const sc_net_node *node = &encoder->nodes[encoder->layers[layer]];
    *weight = &node->tap_weight;
    *bias = &node->tap_bias;
    return *node->tap_tensor;
}

static sc_value add_tap(const builder *b, const sc_net_node *node, sc_value x)
{
    sc_value weight = sc_graph_parameter(b->graph, node->tap_tensor, &node->tap_weight, true);
    sc_value bias = sc_graph_parameter(b->graph, node->tap_tensor, &node->tap_bias, true);
    return sc_graph_conv2d(b->graph, x, weight, bias, (sc_conv2d_attrs){ 0 });
}

/* (RGB - mean) / std */
static sc_value add_normalisation(const builder *b)
{
    const sc_encoder *e = b->encoder;
    if (!e->normalised)
        return b->image;
    return sc_graph_batch_norm(b->graph, b->image, sc_graph_parameter(b->graph, "mean", &e->norm_mean, true),
                               sc_graph_parameter(b->graph, "variance", &e->norm_variance, true),
                               sc_graph_parameter(b->graph, "gamma", &e->norm_gamma, true),
                               sc_graph_parameter(b->graph, "beta", &e->norm_beta, true), 0.0f);
}

/* ---- whole network ---- */

static int check_request(const sc_encoder *encoder, sc_shape image, const int *layers, int count, sc_error *err)
{
    if (image.c != 3)
        return sc_fail(err, SCUMBLE_ERR_INTERNAL, "an encoder reads pictures of 3 channels, not %d", image.c);
    int edge = image.h < image.w ? image.h : image.w;
    for (int i = 0; i < count; i++) {
        if (layers[i] < 0 || layers[i] >= encoder->layer_count)
            return sc_fail(err, SCUMBLE_ERR_INTERNAL, "%s has no layer number %d", encoder->name, layers[i]);
        int least = sc_encoder_min_size(encoder, layers[i]);
        if (edge < least)
            return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "a picture of %dx%d is too small for layer %s of %s, which needs %d pixels each way",
                           image.w, image.h, sc_encoder_layer_name(encoder, layers[i]), encoder->name, least);
    }
    return SCUMBLE_OK;
}

static int build(const sc_encoder *encoder, sc_graph *graph, sc_value image, const sc_encoder_options *options, const int *layers, int count,
                 bool taps, sc_value *features, sc_error *err)
{
    for (int i = 0; i < count; i++)
        features[i] = SC_NO_VALUE;
    int code = check_request(encoder, sc_graph_shape(graph, image), layers, count, err);
    if (code)
        return code;
    builder b = { .encoder = encoder, .graph = graph, .image = image };
    if (options)
        b.options = *options;
    b.image = add_normalisation(&b);
    bool needed[SC_MAX_NODES] = { false };
    for (int i = 0; i < count; i++)
        mark_needed(encoder, encoder->layers[layers[i]], needed);
    for (int i = 0; i < encoder->node_count; i++)
        b.values[i] = needed[i] ? add_node(&b, &encoder->nodes[i]) : SC_NO_VALUE;
    for (int i = 0; i < count; i++) {
        const sc_net_node *node = &encoder->nodes[encoder->layers[layers[i]]];
        for (int k = 0; k < i && features[i] == SC_NO_VALUE; k++)
            if (layers[k] == layers[i]) /* content and style may share a layer: one tap for both */
                features[i] = features[k];
        if (features[i] == SC_NO_VALUE)
            features[i] = taps && *node->tap_tensor ? add_tap(&b, node, b.values[encoder->layers[layers[i]]])
                                                    : b.values[encoder->layers[layers[i]]];
    }
    return SCUMBLE_OK;
}

int sc_encoder_build(const sc_encoder *encoder, sc_graph *graph, sc_value image, const sc_encoder_options *options, const int *layers, int count,
                     sc_value *features, sc_error *err)
{
    return build(encoder, graph, image, options, layers, count, true, features, err);
}

int sc_encoder_build_raw(const sc_encoder *encoder, sc_graph *graph, sc_value image, const sc_encoder_options *options, const int *layers, int count,
                         sc_value *features, sc_error *err)
{
    return build(encoder, graph, image, options, layers, count, false, features, err);
}
