/* SPDX-License-Identifier: MIT */
/* Encoders: pretrained networks whose layers serve as content and style features. An sc_encoder is the weights in the
 * engine's layout plus the list of layers; sc_encoder_build puts the layers that are needed into a graph.
 *
 * Native form (what import writes and load reads): safetensors with metadata "format" = "scumble.encoder/1",
 * "architecture" = vgg16 | vgg19 | inception_v3 | lite, "name", "licence", "source", "mean" and "std" (three numbers
 * each: the network sees (RGB - mean) / std with RGB in 0..1), tensor names conv1_1.weight (out, in, 3, 3),
 * conv1_1.bias, ... */
#ifndef SC_NETS_ENCODER_ENCODER_H
#define SC_NETS_ENCODER_ENCODER_H

#include "graph/graph.h"
#include "weights/weights.h"

typedef struct sc_encoder sc_encoder;

typedef struct sc_encoder_options {
    bool override_padding; /* use `padding` in place of the model's own mode (not zero: also where the model does not
                              pad) */
    sc_padding_mode padding;
    enum { SC_POOLING_MODEL, SC_POOLING_MAX, SC_POOLING_AVERAGE } pooling;
} sc_encoder_options;

/* From a set of weights in native or foreign form (architecture NULL = read it from the metadata or recognise it by the
 * names). The set may be freed afterwards. Networks whose last layers are missing load with the layers that they have.
 */
int sc_encoder_create(sc_encoder **encoder, const sc_weights *weights, const char *architecture, sc_error *err);
/* The embedded `lite`. */
#define SC_LITE_LICENCE "MIT (distilled from VGG-19, CC BY 4.0)"
int sc_encoder_create_lite(sc_encoder **encoder, sc_error *err);
void sc_encoder_free(sc_encoder *encoder);
/* Its weights, once a graph has brought them there, stay on the device until the holding ends: which is before the
 * encoder does. */
int sc_encoder_hold(const sc_encoder *encoder, sc_holding *holding, sc_error *err);

const char *sc_encoder_name(const sc_encoder *encoder); /* "vgg19" */
const char *sc_encoder_architecture(const sc_encoder *encoder);
const char *sc_encoder_licence(const sc_encoder *encoder);
const char *sc_encoder_sha256(const sc_encoder *encoder); /* of all values in name order: identifies it in recipes */
size_t sc_encoder_bytes(const sc_encoder *encoder);

/* Layers in network order. Several names may mean one layer (relu1_1 = block1_conv1; conv1_1 is the value before ReLU
 * only where it exists: here conv1_1 is accepted as a synonym of relu1_1, since the classic tools tap the ReLU output).
 * For lite, relu4_1 in a loss means its tap. */
int sc_encoder_layer_count(const sc_encoder *encoder);
const char *sc_encoder_layer_name(const sc_encoder *encoder, int layer);
const char *sc_encoder_layer_other_name(const sc_encoder *encoder, int layer); /* "" when there is none */
/* Index of the layer called `name`, or SCUMBLE_ERR_NOT_FOUND with a sentence that offers the nearest name and says
 * which layers exist. */
int sc_encoder_find_layer(const sc_encoder *encoder, const char *name, sc_error *err);
/* "relu1_1,relu2_1,..." / "relu4_1:1,..." with weights: defaults that fit the layers that are present. */
const char *sc_encoder_default_style_layers(const sc_encoder *encoder);
const char *sc_encoder_default_content_layers(const sc_encoder *encoder);
/* The weight of total variation that suits it: more where strides leave a grid in the gradient. */
double sc_encoder_default_tv(const sc_encoder *encoder);
int sc_encoder_channels(const sc_encoder *encoder, int layer);
/* Pixels of the picture between neighbouring positions of `layer`. */
int sc_encoder_stride(const sc_encoder *encoder, int layer);
/* How many pixels beyond its own stride x stride ones a position of `layer` sees, in the direction in which it sees
 * most. */
int sc_encoder_reach(const sc_encoder *encoder, int layer);
/* Smallest picture edge for which `layer` still has at least one position. */
int sc_encoder_min_size(const sc_encoder *encoder, int layer);

/* The linear map W x + b that makes features of the layer's values, W (c, c, 1, 1), b (1, c, 1, 1), the encoder's own;
 * false: they are the features. */
bool sc_encoder_tap(const sc_encoder *encoder, int layer, const sc_tensor **weight, const sc_tensor **bias);

/* Adds the network up to the deepest of `layers` to the graph; image is a (1, 3, h, w) value, RGB in 0..1. features[i]
 * is the value of layers[i] (an index): for lite the tap (sc_encoder_tap) of the ReLU output. */
int sc_encoder_build(const sc_encoder *encoder, sc_graph *graph, sc_value image, const sc_encoder_options *options,
                     const int *layers, int count, sc_value *features, sc_error *err);
/* The same without the taps. */
int sc_encoder_build_raw(const sc_encoder *encoder, sc_graph *graph, sc_value image, const sc_encoder_options *options,
                         const int *layers, int count, sc_value *features, sc_error *err);

/* Cuts: nodes where all paths to the deeper layers meet, so that these can be built from the node's value alone; the
 * first such node of every stride, in VGG the poolings. None lies beyond overlapping windows without padding, which
 * lose positions at the borders: InceptionV3 has none. A number names each; SC_NO_CUT stands for the picture before the
 * network and for its open end. */
enum { SC_NO_CUT = -1 };
typedef struct sc_cut_node {
    int channels, stride, reach; /* of the node's value, as a layer's */
} sc_cut_node;
/* The next deeper cut, of SC_NO_CUT the first; SC_NO_CUT when there is none. */
int sc_encoder_next_cut(const sc_encoder *encoder, int cut);
sc_cut_node sc_encoder_cut(const sc_encoder *encoder, int cut);
bool sc_encoder_lies_beyond(const sc_encoder *encoder, int layer, int cut);

/* What lies between two cuts. */
typedef struct sc_span {
    int from, to;
} sc_span;
/* sc_encoder_build_raw from x, the value at span.from, on, to layers that lie beyond it; and the value at span.to:
 * *end. */
int sc_encoder_build_span(const sc_encoder *encoder, sc_graph *graph, sc_value x, const sc_encoder_options *options,
                          sc_span span, const int *layers, int count, sc_value *features, sc_value *end, sc_error *err);
typedef struct sc_load {
    double work;  /* multiplications, */
    double width; /* and values in memory at once, more or less: of the layers, and of the largest map; both for each
                     pixel of the picture */
} sc_load;
/* Of a span that is built up to these layers and its end. */
sc_load sc_encoder_load(const sc_encoder *encoder, sc_span span, const int *layers, int count);

/* The native form of the encoder's weights, for import. Caller frees with sc_weights_free. */
int sc_encoder_to_weights(const sc_encoder *encoder, sc_weights **weights, sc_error *err);
/* A readable list: layers with sizes, what is missing. Caller frees. */
char *sc_encoder_describe(const sc_encoder *encoder);

#endif
