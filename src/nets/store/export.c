/* SPDX-License-Identifier: MIT */
/* What leaves an encoder: its native form, its fingerprint, its description. */
#define _GNU_SOURCE
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nets/encoder/network.h"

/* A tensor of the encoder with the name that it has in a file. */
typedef struct named {
    char name[48];
    const sc_tensor *tensor;
} named;

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const named *)a)->name, ((const named *)b)->name);
}

static void add_named(named *list, int *count, const char *base, const char *variable, const sc_tensor *tensor)
{
    if (!tensor->data)
        return;
    snprintf(list[*count].name, sizeof list->name, "%s.%s", base, variable);
    list[(*count)++].tensor = tensor;
}

/* All tensors by name; list holds 4 * SC_MAX_NODES. */
static int list_tensors(const sc_encoder *encoder, named *list)
{
    int count = 0;
    for (int i = 0; i < encoder->node_count; i++) {
        const sc_net_node *node = &encoder->nodes[i];
        add_named(list, &count, node->tensor, "weight", &node->weight);
        add_named(list, &count, node->tensor, "bias", &node->bias);
        add_named(list, &count, node->tap_tensor, "weight", &node->tap_weight);
        add_named(list, &count, node->tap_tensor, "bias", &node->tap_bias);
    }
    qsort(list, (size_t)count, sizeof *list, compare_names);
    return count;
}

size_t sc_encoder_bytes(const sc_encoder *encoder)
{
    named list[4 * SC_MAX_NODES];
    size_t bytes = 0;
    for (int i = list_tensors(encoder, list); i-- > 0;)
        bytes += sc_shape_bytes(list[i].tensor->shape);
    return bytes;
}

/* Of mean, std, and every tensor's name and values (float32, little endian as on every machine that this runs on,
 * channels last). */
const char *sc_encoder_sha256(const sc_encoder *encoder)
{
    if (*encoder->sha256)
        return encoder->sha256;
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(sum, (const guchar *)encoder->mean, sizeof encoder->mean);
    g_checksum_update(sum, (const guchar *)encoder->std, sizeof encoder->std);
    named list[4 * SC_MAX_NODES];
    int count = list_tensors(encoder, list);
    for (int i = 0; i < count; i++) {
        g_checksum_update(sum, (const guchar *)list[i].name, (gssize)strlen(list[i].name));
        g_checksum_update(sum, (const guchar *)list[i].tensor->data, (gssize)sc_shape_bytes(list[i].tensor->shape));
    }
    memcpy(encoder->sha256, g_checksum_get_string(sum), 65);
    g_checksum_free(sum);
    return encoder->sha256;
}

/* ---- native form ---- */

static int store_export_add_tensor(sc_weights *weights, const named *item, sc_error *err)
{
    sc_shape s = item->tensor->shape;
    bool vector = s.n == 1 && s.h == 1 && s.w == 1;
    const int64_t kernel[4] = { s.n, s.c, s.h, s.w }, bias[1] = { s.c };
    float *values;
    int code = sc_weights_add(weights, item->name, vector ? bias : kernel, vector ? 1 : 4, &values, err);
    if (!code)
        sc_tensor_to_nchw(item->tensor, values);
    return code;
}

static int add_metadata(sc_weights *weights, const sc_encoder *encoder, sc_error *err)
{
    char mean[96], std[96];
    snprintf(mean, sizeof mean, "%.9g %.9g %.9g", (double)encoder->mean[0], (double)encoder->mean[1],
             (double)encoder->mean[2]);
    snprintf(std, sizeof std, "%.9g %.9g %.9g", (double)encoder->std[0], (double)encoder->std[1],
             (double)encoder->std[2]);
    const char *const pairs[][2] = {
        { "format", "scumble.encoder/1" },
        { "architecture", encoder->architecture->name },
        { "name", encoder->name },
        { "licence", encoder->licence },
        { "source", encoder->source },
        { "mean", mean },
        { "std", std },
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        int code = sc_weights_set_metadata(weights, pairs[i][0], pairs[i][1], err);
        if (code)
            return code;
    }
    return SCUMBLE_OK;
}

int sc_encoder_to_weights(const sc_encoder *encoder, sc_weights **weights, sc_error *err)
{
    int code = sc_weights_create(weights, err);
    if (code)
        return code;
    named list[4 * SC_MAX_NODES];
    int count = list_tensors(encoder, list);
    code = add_metadata(*weights, encoder, err);
    for (int i = 0; !code && i < count; i++)
        code = store_export_add_tensor(*weights, &list[i], err);
    if (!code)
        code = sc_weights_sort(*weights, err);
    if (code) {
        sc_weights_free(*weights);
        *weights = NULL;
    }
    return code;
}

/* ---- description ---- */

/* Pixels of the picture per position of the node's map. */
static void describe_layers(const sc_encoder *encoder, FILE *out)
{
    for (int i = 0; i < encoder->layer_count; i++) {
        const sc_net_node *node = &encoder->nodes[encoder->layers[i]];
        fprintf(out, "  %-14s %-14s %5d channels, 1/%-2d of the picture's size, for pictures of at least %d px%s\n",
                node->name, node->other_name, node->channels, sc_encoder_stride(encoder, i),
                sc_encoder_min_size(encoder, i), *node->tap_tensor ? ", tapped" : "");
    }
}

char *sc_encoder_describe(const sc_encoder *encoder)
{
    char *text = NULL, *summary = sc_layer_summary(encoder);
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    int convs = 0, present = 0;
    for (int i = 0; i < encoder->node_count; i++)
        if (encoder->nodes[i].kind == SC_NODE_CONV) {
            convs++;
            present += encoder->nodes[i].present;
        }
    if (out && summary) {
        fprintf(out, "%s: %s, %d of %d convolutions%s, %.1f MB as float32\n", encoder->name,
                encoder->architecture->title, present, convs, present < convs ? " (the file ends early)" : "",
                (double)sc_encoder_bytes(encoder) / 1e6);
        fprintf(out, "licence: %s\n", encoder->licence);
        if (*encoder->source)
            fprintf(out, "source: %s\n", encoder->source);
        fprintf(out, "picture: (RGB 0..1 - (%.4g, %.4g, %.4g)) / (%.4g, %.4g, %.4g)\n", (double)encoder->mean[0],
                (double)encoder->mean[1], (double)encoder->mean[2], (double)encoder->std[0], (double)encoder->std[1],
                (double)encoder->std[2]);
        fprintf(out, "style layers: %s\ncontent layers: %s\nlayers: %s\n", encoder->style_layers,
                encoder->content_layers, summary);
        if (*encoder->unused)
            fprintf(out, "not used: %s\n", encoder->unused);
        describe_layers(encoder, out);
    }
    bool whole = out && summary;
    if (out && fclose(out))
        whole = false;
    free(summary);
    if (!whole) {
        free(text);
        return NULL;
    }
    return text;
}
