/* SPDX-License-Identifier: MIT */
/* Looking inside an encoder: feature maps and Gram matrices as pictures. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "api/context.h"
#include "graph/graph.h"

/* The features of one layer, (1, c, h, w) after its ReLU, or their Gram matrix (c, c, 1, 1); the caller frees. */
static int compute(scumble *s, const char *name, const sc_image *image, const char *layer, bool gram, sc_tensor *out,
                   sc_error *err)
{
    *out = (sc_tensor){ 0 };
    const sc_encoder *encoder;
    int code = sc_context_encoder(s, name, &encoder, err);
    if (code)
        return code;
    int index = sc_encoder_find_layer(encoder, layer, err);
    if (index < 0)
        return index;
    sc_graph *graph;
    code = sc_graph_create(&graph, s->device, err);
    if (code)
        return code;
    sc_encoder_options options = { .override_padding = true, .padding = SC_PAD_REPLICATE };
    sc_shape shape = { 1, 3, image->height, image->width };
    sc_value picture = sc_graph_input(graph, "image", shape), feature = SC_NO_VALUE;
    code = sc_encoder_build_raw(encoder, graph, picture, &options, &index, 1, &feature, err);
    if (!code && gram)
        feature = sc_graph_gram(graph, feature);
    sc_graph_keep(graph, feature);
    if (!code)
        code = sc_graph_plan(graph, err);
    if (!code) {
        sc_graph_write(graph, picture, 0, image->rgb, sc_shape_count(shape));
        code = sc_graph_run(graph, err);
    }
    if (!code)
        code = sc_tensor_create(out, sc_graph_shape(graph, feature), err);
    if (!code)
        code = sc_graph_read(graph, feature, out->data, err);
    sc_graph_destroy(graph);
    return code;
}

typedef struct strength {
    double energy;
    float highest;
    int channel;
} strength;

static int by_energy(const void *a, const void *b)
{
    const strength *p = a, *q = b;
    if (p->energy != q->energy)
        return p->energy < q->energy ? 1 : -1;
    return p->channel - q->channel;
}

static strength *rank_channels(const sc_tensor *features)
{
    sc_shape f = features->shape;
    strength *ranks = calloc((size_t)f.c, sizeof *ranks);
    for (int c = 0; c < f.c && ranks; c++) {
        ranks[c].channel = c;
        for (size_t i = 0; i < (size_t)f.h * (size_t)f.w; i++) {
            float v = features->data[i * (size_t)f.c + (size_t)c];
            ranks[c].energy += (double)v * v;
            ranks[c].highest = fmaxf(ranks[c].highest, v);
        }
    }
    if (ranks)
        qsort(ranks, (size_t)f.c, sizeof *ranks, by_energy);
    return ranks;
}

static void draw_map(sc_image *sheet, int left, int top, const sc_tensor *features, const strength *which, int zoom)
{
    sc_shape f = features->shape;
    float scale = which->highest > 0 ? 1 / which->highest : 0;
    for (int y = 0; y < f.h * zoom; y++)
        for (int x = 0; x < f.w * zoom; x++) {
            float v = features->data[sc_offset(f, 0, which->channel, y / zoom, x / zoom)] * scale;
            float *p = sheet->rgb + 3 * ((size_t)(top + y) * (size_t)sheet->width + (size_t)(left + x));
            p[0] = p[1] = p[2] = sqrtf(v < 0 ? 0 : v);
        }
}

static int draw_sheet(const sc_tensor *features, int maps, sc_image *sheet, sc_error *err)
{
    enum { GAP = 2, SMALL = 96 };
    sc_shape f = features->shape;
    if (maps > f.c)
        maps = f.c;
    int longest = f.h > f.w ? f.h : f.w, zoom = longest < SMALL ? SMALL / longest : 1;
    int columns = (int)fmin(maps, ceil(sqrt((double)maps * f.h / f.w)));
    int rows = (maps + columns - 1) / columns;
    int width = columns * (f.w * zoom + GAP) + GAP, height = rows * (f.h * zoom + GAP) + GAP;
    strength *ranks = rank_channels(features);
    if (!ranks)
        return sc_fail_memory(err, (size_t)f.c * sizeof *ranks);
    int code = sc_image_create(sheet, width, height, false, err);
    for (size_t i = 0; i < (size_t)width * (size_t)height * 3 && !code; i++)
        sheet->rgb[i] = 0.15f;
    for (int i = 0; i < maps && !code; i++)
        draw_map(sheet, GAP + i % columns * (f.w * zoom + GAP), GAP + i / columns * (f.h * zoom + GAP), features,
                 &ranks[i], zoom);
    free(ranks);
    return code;
}

int scumble_inspect_features(scumble *s, const char *encoder, const scumble_image *image, const char *layer, int maps,
                             scumble_image **sheet)
{
    if (sheet)
        *sheet = NULL;
    if (!sc_is_open(s) || !encoder || !image || !layer || !sheet)
        return sc_null(s, __func__);
    if (maps < 1)
        return sc_misuse(s, "the number of feature maps must be at least 1");
    sc_error err = { 0 };
    sc_tensor features;
    sc_image drawn;
    if (!compute(s, encoder, &image->image, layer, false, &features, &err) &&
        !draw_sheet(&features, maps, &drawn, &err))
        sc_context_image(&drawn, NULL, sheet, &err);
    sc_tensor_free(&features);
    return sc_report(s, &err);
}

int scumble_inspect_gram(scumble *s, const char *encoder, const scumble_image *image, const char *layer,
                         scumble_image **matrix)
{
    if (matrix)
        *matrix = NULL;
    if (!sc_is_open(s) || !encoder || !image || !layer || !matrix)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    sc_tensor gram;
    sc_image drawn;
    if (!compute(s, encoder, &image->image, layer, true, &gram, &err)) {
        int channels = gram.shape.n;
        float highest = 1e-20f;
        for (size_t i = 0; i < sc_shape_count(gram.shape); i++)
            highest = fmaxf(highest, gram.data[i]);
        if (!sc_image_create(&drawn, channels, channels, false, &err)) {
            for (size_t i = 0; i < sc_shape_count(gram.shape); i++)
                drawn.rgb[3 * i] = drawn.rgb[3 * i + 1] = drawn.rgb[3 * i + 2] =
                    sqrtf(fmaxf(0, gram.data[i]) / highest);
            sc_context_image(&drawn, NULL, matrix, &err);
        }
    }
    sc_tensor_free(&gram);
    return sc_report(s, &err);
}
