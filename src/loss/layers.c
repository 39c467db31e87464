/* SPDX-License-Identifier: MIT */
/* Parsing of layer lists. See layers.h. */
#include "loss/layers.h"

#include <glib.h>
#include <string.h>

static int layers_parse_one(sc_layers *layers, const sc_encoder *encoder, const char *text, const char *option,
                            sc_error *err)
{
    char name[64];
    size_t length = strcspn(text, ":");
    if (length == 0 || length >= sizeof name)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "`%s` has an empty or overlong layer name; write NAME or NAME:WEIGHT, separated by commas",
                       option);
    memcpy(name, text, length);
    name[length] = 0;
    double weight = 1;
    if (text[length] == ':') {
        char *end;
        weight = g_ascii_strtod(text + length + 1, &end);
        if (end == text + length + 1 || *end || !(weight > 0 && weight <= SC_MAX_WEIGHT))
            return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                           "`%s`: '%.40s' is not a weight for %s; a positive number up to %.0f is needed", option,
                           text + length + 1, name, SC_MAX_WEIGHT);
    }
    int index = sc_encoder_find_layer(encoder, name, err);
    if (index < 0)
        return sc_error_prefix(err, "`%s`", option);
    for (int i = 0; i < layers->count; i++)
        if (layers->index[i] == index)
            return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "`%s` names the layer %s twice", option, name);
    if (layers->count == SC_MAX_LAYERS)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "`%s` names more than %d layers", option, SC_MAX_LAYERS);
    layers->index[layers->count] = index;
    layers->weight[layers->count++] = weight;
    return SCUMBLE_OK;
}

int sc_layers_parse(sc_layers *layers, const sc_encoder *encoder, const char *text, const char *option, sc_error *err)
{
    layers->count = 0;
    char **parts = g_strsplit(text, ",", -1);
    int code = *parts ? SCUMBLE_OK : sc_fail(err, SCUMBLE_ERR_ARGUMENT, "`%s` names no layer", option);
    for (char **part = parts; *part && !code; part++)
        code = layers_parse_one(layers, encoder, g_strstrip(*part), option, err);
    g_strfreev(parts);
    return code;
}

void sc_layers_keep(sc_layers *layers, int first, int count)
{
    if (first < 0 || first >= layers->count)
        return;
    layers->count = layers->count - first < count ? layers->count - first : count;
    memmove(layers->index, layers->index + first, (size_t)layers->count * sizeof *layers->index);
    memmove(layers->weight, layers->weight + first, (size_t)layers->count * sizeof *layers->weight);
}

double sc_layers_weight_sum(const sc_layers *layers)
{
    double sum = 0;
    for (int i = 0; i < layers->count; i++)
        sum += layers->weight[i];
    return sum;
}
