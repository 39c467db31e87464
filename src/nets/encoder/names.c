/* SPDX-License-Identifier: MIT */
/* Names: the parts of a tensor's name in a foreign file, and the names of layers. */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/nearest.h"
#include "nets/encoder/network.h"

static void copy_part(char part[64], const char *begin, const char *end)
{
    size_t length = (size_t)(end - begin);
    if (length > 63)
        length = 63;
    memcpy(part, begin, length);
    part[length] = 0;
}

sc_name_parts sc_split_name(const char *name)
{
    sc_name_parts parts = { { 0 }, { 0 } };
    char separator = strchr(name, '/') ? '/' : '.';
    const char *end = strchrnul(name, ':');
    const char *last = memrchr(name, separator, (size_t)(end - name));
    if (!last) {
        copy_part(parts.variable, name, end);
        return parts;
    }
    const char *before = memrchr(name, separator, (size_t)(last - name));
    copy_part(parts.variable, last + 1, end);
    copy_part(parts.layer, before ? before + 1 : name, last);
    return parts;
}

/* ---- layers ---- */

double sc_encoder_default_tv(const sc_encoder *encoder)
{
    return encoder->architecture->tv;
}

int sc_encoder_layer_count(const sc_encoder *encoder)
{
    return encoder->layer_count;
}

static const sc_net_node *layer_node(const sc_encoder *encoder, int layer)
{
    return layer >= 0 && layer < encoder->layer_count ? &encoder->nodes[encoder->layers[layer]] : NULL;
}

const char *sc_encoder_layer_name(const sc_encoder *encoder, int layer)
{
    const sc_net_node *node = layer_node(encoder, layer);
    return node ? node->name : "";
}

const char *sc_encoder_layer_other_name(const sc_encoder *encoder, int layer)
{
    const sc_net_node *node = layer_node(encoder, layer);
    return node ? node->other_name : "";
}

static bool is_called(const sc_net_node *node, const char *name)
{
    int index, used = 0;
    if (!strcasecmp(name, node->name) || (*node->other_name && !strcasecmp(name, node->other_name)) ||
        (*node->tensor && !strcasecmp(name, node->tensor)))
        return true;
    /* torchvision counts the convolution and its ReLU separately; both mean the ReLU's output here */
    return node->torch_index >= 0 && sscanf(name, "features.%d%n", &index, &used) == 1 && !name[used] &&
           (index == node->torch_index || index == node->torch_index + 1);
}

/* "relu" + number -> the prefix's length and the number; -1 when the name does not end in digits. */
static int trailing_number(const char *name, size_t *prefix)
{
    size_t length = strlen(name), digits = 0;
    while (digits < length && digits < 6 && isdigit((unsigned char)name[length - digits - 1]))
        digits++;
    *prefix = length - digits;
    return digits ? atoi(name + *prefix) : -1;
}

/* Index of the layer called prefix + number, or -1. */
static int numbered_layer(const sc_encoder *encoder, const char *name, size_t prefix, int number)
{
    char wanted[48];
    snprintf(wanted, sizeof wanted, "%.*s%d", (int)prefix, name, number);
    for (int i = 0; i < encoder->layer_count; i++)
        if (!strcmp(sc_encoder_layer_name(encoder, i), wanted))
            return i;
    return -1;
}

char *sc_layer_summary(const sc_encoder *encoder)
{
    char *text = calloc(1, (size_t)encoder->layer_count * 52 + 1), *end = text;
    bool done[SC_MAX_NODES] = { false };
    for (int i = 0; text && i < encoder->layer_count; i++) {
        if (done[i])
            continue;
        const char *name = sc_encoder_layer_name(encoder, i);
        size_t prefix;
        int number = trailing_number(name, &prefix), last = i, length = 1;
        for (int next; number >= 0 && (next = numbered_layer(encoder, name, prefix, number + length)) >= 0; length++) {
            done[next] = true;
            last = next;
        }
        end += sprintf(end, "%s%s", end == text ? "" : ", ", name);
        if (length > 1)
            end += sprintf(end, "%s%s", length > 2 ? ".." : ", ", sc_encoder_layer_name(encoder, last));
    }
    return text;
}

int sc_encoder_find_layer(const sc_encoder *encoder, const char *name, sc_error *err)
{
    const char *names[2 * SC_MAX_NODES];
    int count = 0;
    for (int i = 0; i < encoder->layer_count; i++) {
        const sc_net_node *node = layer_node(encoder, i);
        if (is_called(node, name))
            return i;
        names[count++] = node->name;
        if (*node->other_name)
            names[count++] = node->other_name;
    }
    char hint[SC_HINT_BYTES], *summary = sc_layer_summary(encoder);
    int code = sc_fail(err, SCUMBLE_ERR_NOT_FOUND, "%s has no layer '%.64s'%s; its layers are %s", encoder->name, name,
                       sc_nearest_hint(name, names, count, hint), summary ? summary : "many");
    free(summary);
    return code;
}
