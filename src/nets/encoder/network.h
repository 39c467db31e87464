/* SPDX-License-Identifier: MIT */
/* Inside nets/: an encoder as a list of nodes (convolution + ReLU, pooling, concatenation) in network order, each
 * naming its inputs. The file of an architecture writes the list and finds each convolution's weights; everything else
 * (building graphs, sizes, names, export) is common and lives in encoder.c, build.c and names.c. */
#ifndef SC_NETS_ENCODER_NETWORK_H
#define SC_NETS_ENCODER_NETWORK_H

#include "nets/encoder/encoder.h" /* circle: encoder.c, of which this is the inside */

enum { SC_MAX_NODES = 136, SC_MAX_BRANCHES = 4, SC_IMAGE_NODE = -1 };

typedef enum sc_node_kind { SC_NODE_CONV, SC_NODE_MAX_POOL, SC_NODE_AVERAGE_POOL, SC_NODE_CONCAT } sc_node_kind;

typedef struct sc_net_node {
    sc_node_kind kind;
    int inputs[SC_MAX_BRANCHES], input_count; /* nodes before this one; SC_IMAGE_NODE = the normalised picture */
    int channels_in, channels;
    int size_h, size_w, stride;
    bool same;       /* padded by (size - 1) / 2 on every side, else only whole windows count ("valid") */
    bool present;    /* its weights and those below it are in the file */
    bool layer;      /* offered by name */
    char tensor[32]; /* convolutions: native tensors are <tensor>.weight and <tensor>.bias */
    char name[32], other_name[32];
    int torch_index;                /* position in torchvision's `features`, or -1 */
    sc_tensor weight;               /* (channels, channels_in, size_h, size_w) */
    sc_tensor bias;                 /* (1, channels, 1, 1) */
    char tap_tensor[40];            /* "" = none: the feature is the node's own value */
    sc_tensor tap_weight, tap_bias; /* (channels, channels, 1, 1), (1, channels, 1, 1) */
} sc_net_node;

typedef struct sc_architecture sc_architecture;

struct sc_encoder {
    const sc_architecture *architecture;
    sc_net_node nodes[SC_MAX_NODES];
    int node_count;
    int layers[SC_MAX_NODES], layer_count; /* nodes with weights that are offered by name */
    char *name, *licence, *source;
    float mean[3], std[3];                                     /* the network sees (RGB - mean) / std */
    sc_tensor norm_mean, norm_variance, norm_gamma, norm_beta; /* the same as a batch norm; (1, 3, 1, 1) */
    bool normalised;                                           /* false: mean 0, std 1, nothing to do */
    sc_padding_mode padding;                                   /* the model's own */
    char style_layers[128], content_layers[32];
    char *sha256; /* 65 bytes; "" until asked for */
    char *unused; /* what of its file nothing was made of: "2 tensors: 'a', 'b'"; "" when all of it was used */
};

struct sc_architecture {
    const char *name, *title; /* "vgg19", "VGG-19" */
    const char *const *style_layers,
        *const *content_layers; /* NULL-ended; every style layer, the first content layer, that is here */
    sc_padding_mode padding;
    double tv; /* default weight of the total variation */
    /* Do the names in this foreign set look like this network's? 0 = no; the architecture with the highest answer is
     * taken. */
    int (*recognise)(const sc_weights *weights);
    /* Writes the nodes. */
    void (*describe)(sc_encoder *encoder);
    /* Fills weight and bias of one convolution from a foreign file, or leaves them empty when they are not there. */
    int (*load_conv)(sc_encoder *encoder, sc_net_node *node, const sc_weights *weights, sc_error *err);
    /* After all convolutions of a foreign file: mean, std, order of channels. */
    int (*normalise)(sc_encoder *encoder, const sc_weights *weights, sc_error *err);
};
extern const sc_architecture sc_architecture_vgg16, sc_architecture_vgg19, sc_architecture_inception_v3,
    sc_architecture_lite;
extern const sc_architecture *const sc_architectures[];        /* ended by NULL */
const sc_architecture *sc_architecture_find(const char *name); /* NULL when there is none */

/* Adding nodes; each returns the index of the new one. */
int sc_net_conv(sc_encoder *encoder, int input, int channels, int size_h, int size_w, int stride, bool same,
                const char *tensor);
int sc_net_pool(sc_encoder *encoder, sc_node_kind kind, int input, int size, int stride, bool same);
int sc_net_concat(sc_encoder *encoder, const int *inputs, int count, const char *name);
/* VGG's topology: counts[b] convolutions of channels[b] channels in block b, blocks ended by a 2x2 max-pool. */
void sc_net_vgg(sc_encoder *encoder, const int *counts, const int *channels, int blocks);

/* Copies a tensor of a file into the engine's layout; `node` and the file's layout decide the order. The shape must be
 * (channels, channels_in, size_h, size_w): the error says what it is instead. */
int sc_net_set_weight(sc_tensor *tensor, const sc_encoder *encoder, const sc_net_node *node, const sc_weight *source,
                      sc_layout layout, sc_error *err);
int sc_net_set_bias(sc_tensor *tensor, const sc_encoder *encoder, const sc_net_node *node, const sc_weight *source,
                    sc_error *err);

/* "relu1_1..relu1_2, mixed0..mixed10": the layers that are here, runs of numbers shortened. Caller frees; NULL when out
 * of memory. */
char *sc_layer_summary(const sc_encoder *encoder);
/* A tensor's name without the folders and without ":0": "model/block1_conv1/kernel:0" has the parts "block1_conv1" and
 * "kernel". */
typedef struct sc_name_parts {
    char layer[64], variable[64];
} sc_name_parts;
sc_name_parts sc_split_name(const char *name);

#endif
