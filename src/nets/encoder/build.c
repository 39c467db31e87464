/* SPDX-License-Identifier: MIT */
/* Puts the part of an encoder that is needed into a graph; sizes of layers. See encoder.h.
 *
 * Borders. The picture is normalised before any padding, so a padded pixel is a pixel of the normalised picture. A
 * padding override replaces the mode of padded convolutions. Windows that the network does not pad ("valid", in
 * InceptionV3) are padded too when the override is not zero: a picture's outermost pixels lie in so few unpadded
 * windows that they keep a pale frame about 15 pixels wide, and in circular mode a map may have no border at all (that
 * is what makes the result tile).
 *
 * Cuts. A network may also be built in two spans, up to a node and from its value on, when no path leads past that
 * node. */
#include <stdlib.h>
#include <string.h>

#include "nets/encoder/network.h"

typedef struct builder {
    const sc_encoder *encoder;
    sc_graph *graph;
    sc_value image; /* normalised; of a span that begins at a cut there is none */
    sc_encoder_options options;
    sc_value values[SC_MAX_NODES];
} builder;

static void encoder_build_mark_needed(const sc_encoder *encoder, int deepest, bool *needed)
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
    encoder_build_mark_needed(encoder, deepest, needed);
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

/* Of all nodes up to `node`: the pixels between positions, and how far a position sees. Windows without padding count
 * as if they lay anywhere. */
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

/* ---- cuts ---- */

/* No node beyond it reads one before it. */
static bool all_paths_meet(const sc_encoder *encoder, int node)
{
    for (int i = node + 1; i < encoder->node_count; i++)
        for (int k = 0; k < encoder->nodes[i].input_count; k++)
            if (encoder->nodes[i].inputs[k] < node)
                return false;
    return true;
}

int sc_encoder_next_cut(const sc_encoder *encoder, int cut)
{
    int strides[SC_MAX_NODES], reaches[SC_MAX_NODES];
    see(encoder, encoder->node_count - 1, strides, reaches);
    int stride = cut == SC_NO_CUT ? 1 : strides[cut];
    for (int i = cut + 1; i < encoder->node_count; i++) {
        const sc_net_node *node = &encoder->nodes[i];
        if (!node->same && (node->size_h > node->stride || node->size_w > node->stride))
            return SC_NO_CUT;
        if (strides[i] > stride && all_paths_meet(encoder, i))
            return i;
    }
    return SC_NO_CUT;
}

sc_cut_node sc_encoder_cut(const sc_encoder *encoder, int cut)
{
    int strides[SC_MAX_NODES], reaches[SC_MAX_NODES];
    see(encoder, cut, strides, reaches);
    return (sc_cut_node){ encoder->nodes[cut].channels, strides[cut], reaches[cut] };
}

bool sc_encoder_lies_beyond(const sc_encoder *encoder, int layer, int cut)
{
    return encoder->layers[layer] > cut;
}

/* What the span's end and the layers need, also of the nodes before its begin. Returns one more than the last of them.
 */
static int mark_span(const sc_encoder *encoder, sc_span span, const int *layers, int count, bool *needed)
{
    if (span.to != SC_NO_CUT)
        encoder_build_mark_needed(encoder, span.to, needed);
    for (int i = 0; i < count; i++)
        encoder_build_mark_needed(encoder, encoder->layers[layers[i]], needed);
    int end = encoder->node_count;
    while (end > 0 && !needed[end - 1])
        end--;
    return end;
}

sc_load sc_encoder_load(const sc_encoder *encoder, sc_span span, const int *layers, int count)
{
    int strides[SC_MAX_NODES], reaches[SC_MAX_NODES];
    bool needed[SC_MAX_NODES] = { false }, kept[SC_MAX_NODES] = { false };
    sc_load load = { 0 };
    double largest = 0;
    int end = mark_span(encoder, span, layers, count, needed);
    see(encoder, end - 1, strides, reaches);
    for (int i = 0; i < count;
         i++) /* a first convolution's features are made again in place of keeping them (graph/plan.c) */
        kept[encoder->layers[layers[i]]] = encoder->nodes[encoder->layers[layers[i]]].inputs[0] != SC_IMAGE_NODE;
    for (int i = span.from + 1; i < end; i++) {
        const sc_net_node *node = &encoder->nodes[i];
        if (!needed[i])
            continue;
        double values = node->channels / ((double)strides[i] * strides[i]);
        load.work += node->kind == SC_NODE_CONV ? values * node->channels_in * node->size_h * node->size_w : 0;
        load.width += kept[i] ? values : 0;
        largest = values > largest ? values : largest;
    }
    load.width += largest;
    return load;
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
    bool too_small = mode == SC_PAD_REFLECT  ? rows >= shape.h || columns >= shape.w :
                     mode == SC_PAD_CIRCULAR ? rows > shape.h || columns > shape.w :
                                               false;
    return (sc_padding){
        .top = rows, .bottom = rows, .left = columns, .right = columns, .mode = too_small ? SC_PAD_REPLICATE : mode
    };
}

static sc_value encoder_build_add_conv(const builder *b, const sc_net_node *node, sc_value x)
{
    sc_conv2d_attrs attrs = { .stride_h = node->stride, .stride_w = node->stride, .relu = true };
    if (node->same || overridden(b))
        attrs.padding = same_padding(b, node, x);
    sc_value weight = sc_graph_parameter(b->graph, node->tensor, &node->weight, NULL);
    sc_value bias = sc_graph_parameter(b->graph, node->tensor, &node->bias, NULL);
    return sc_graph_conv2d(b->graph, x, weight, bias, attrs);
}

static sc_value add_pool(const builder *b, const sc_net_node *node, sc_value x)
{
    sc_pool2d_attrs attrs = {
        .size_h = node->size_h, .size_w = node->size_w, .stride_h = node->stride, .stride_w = node->stride
    };
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
        average =
            false; /* Inception's 3x3 average with stride 1 is a smoothing of a branch, not a reduction: it stays */
    return average ? sc_graph_average_pool2d(b->graph, x, attrs) : sc_graph_max_pool2d(b->graph, x, attrs);
}

static sc_value encoder_build_add_node(const builder *b, const sc_net_node *node)
{
    sc_value inputs[SC_MAX_BRANCHES];
    for (int k = 0; k < node->input_count; k++)
        inputs[k] = node->inputs[k] == SC_IMAGE_NODE ? b->image : b->values[node->inputs[k]];
    switch (node->kind) {
    case SC_NODE_CONV: return encoder_build_add_conv(b, node, inputs[0]);
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
    sc_value weight = sc_graph_parameter(b->graph, node->tap_tensor, &node->tap_weight, NULL);
    sc_value bias = sc_graph_parameter(b->graph, node->tap_tensor, &node->tap_bias, NULL);
    return sc_graph_conv2d(b->graph, x, weight, bias, (sc_conv2d_attrs){ 0 });
}

/* (RGB - mean) / std */
static sc_value add_normalisation(const builder *b)
{
    const sc_encoder *e = b->encoder;
    if (!e->normalised)
        return b->image;
    return sc_graph_batch_norm(b->graph, b->image, sc_graph_parameter(b->graph, "mean", &e->norm_mean, NULL),
                               sc_graph_parameter(b->graph, "variance", &e->norm_variance, NULL),
                               sc_graph_parameter(b->graph, "gamma", &e->norm_gamma, NULL),
                               sc_graph_parameter(b->graph, "beta", &e->norm_beta, NULL), 0.0f);
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
            return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                           "a picture of %dx%d is too small for layer %s of %s, which needs %d pixels each way",
                           image.w, image.h, sc_encoder_layer_name(encoder, layers[i]), encoder->name, least);
    }
    return SCUMBLE_OK;
}

static int build_nodes(const sc_encoder *encoder, sc_graph *graph, sc_value x, const sc_encoder_options *options,
                       sc_span span, const int *layers, int count, bool taps, sc_value *features, sc_value *end,
                       sc_error *err)
{
    for (int i = 0; i < count; i++)
        features[i] = SC_NO_VALUE;
    int code =
        span.from == SC_NO_CUT ? check_request(encoder, sc_graph_shape(graph, x), layers, count, err) : SCUMBLE_OK;
    if (code)
        return code;
    builder b = { .encoder = encoder, .graph = graph, .image = x };
    if (options)
        b.options = *options;
    if (span.from == SC_NO_CUT)
        b.image = add_normalisation(&b);
    else
        b.values[span.from] = x;
    bool needed[SC_MAX_NODES] = { false };
    mark_span(encoder, span, layers, count, needed);
    for (int i = span.from + 1; i < encoder->node_count; i++)
        b.values[i] = needed[i] ? encoder_build_add_node(&b, &encoder->nodes[i]) : SC_NO_VALUE;
    for (int i = 0; i < count; i++) {
        const sc_net_node *node = &encoder->nodes[encoder->layers[layers[i]]];
        for (int k = 0; k < i && features[i] == SC_NO_VALUE; k++)
            if (layers[k] == layers[i]) /* content and style may share a layer: one tap for both */
                features[i] = features[k];
        if (features[i] == SC_NO_VALUE)
            features[i] = taps && *node->tap_tensor ? add_tap(&b, node, b.values[encoder->layers[layers[i]]]) :
                                                      b.values[encoder->layers[layers[i]]];
    }
    *end = span.to == SC_NO_CUT ? SC_NO_VALUE : b.values[span.to];
    return SCUMBLE_OK;
}

static const sc_span whole = { SC_NO_CUT, SC_NO_CUT };

int sc_encoder_build(const sc_encoder *encoder, sc_graph *graph, sc_value image, const sc_encoder_options *options,
                     const int *layers, int count, sc_value *features, sc_error *err)
{
    sc_value end;
    return build_nodes(encoder, graph, image, options, whole, layers, count, true, features, &end, err);
}

int sc_encoder_build_raw(const sc_encoder *encoder, sc_graph *graph, sc_value image, const sc_encoder_options *options,
                         const int *layers, int count, sc_value *features, sc_error *err)
{
    sc_value end;
    return build_nodes(encoder, graph, image, options, whole, layers, count, false, features, &end, err);
}

int sc_encoder_build_span(const sc_encoder *encoder, sc_graph *graph, sc_value x, const sc_encoder_options *options,
                          sc_span span, const int *layers, int count, sc_value *features, sc_value *end, sc_error *err)
{
    return build_nodes(encoder, graph, x, options, span, layers, count, false, features, end, err);
}

int sc_encoder_hold(const sc_encoder *e, sc_holding *holding, sc_error *err)
{
    const sc_tensor *norm[] = { &e->norm_mean, &e->norm_variance, &e->norm_gamma, &e->norm_beta };
    int code = SCUMBLE_OK;
    for (int i = 0; i < e->node_count && !code; i++) {
        const sc_net_node *n = &e->nodes[i];
        const sc_tensor *own[] = { &n->weight, &n->bias, &n->tap_weight, &n->tap_bias };
        for (size_t k = 0; k < sizeof own / sizeof *own && !code; k++)
            code = own[k]->data ? sc_holding_add(holding, own[k], NULL, err) : SCUMBLE_OK;
    }
    for (size_t k = 0; k < sizeof norm / sizeof *norm && !code; k++)
        code = norm[k]->data ? sc_holding_add(holding, norm[k], NULL, err) : SCUMBLE_OK;
    return code;
}
