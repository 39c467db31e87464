/* SPDX-License-Identifier: MIT */
/* Features of pictures. See features.h. */
#include "measure/features.h"

#include <math.h>
#include <string.h>

#include "media/image_alpha.h"

static void give_back(sc_features *f)
{
    for (int i = 0; i < f->count; i++)
        if (f->maps[i].data)
            sc_graph_take_back(f->graph, f->values[i], SC_LOAN_TO_READ);
    for (int i = 0; i < f->count; i++)
        f->maps[i].data = NULL;
}

void sc_features_free(sc_features *features)
{
    give_back(features);
    sc_graph_destroy(features->graph);
    features->graph = NULL;
}

static int build_features(sc_features *f, int width, int height, sc_error *err)
{
    int code = sc_graph_create(&f->graph, f->device, err);
    if (code)
        return code;
    f->width = width;
    f->height = height;
    f->input = sc_graph_input(f->graph, "picture", (sc_shape){ 1, 3, height, width });
    code = sc_encoder_build(f->encoder, f->graph, f->input, NULL, f->layers, f->count, f->values, err);
    for (int i = 0; i < f->count && !code; i++)
        sc_graph_keep(f->graph, f->values[i]);
    return code ? code : sc_graph_plan(f->graph, err);
}

static int features_look(sc_features *f, const sc_image *image, sc_error *err)
{
    sc_graph_write(f->graph, f->input, 0, image->rgb, (size_t)image->width * (size_t)image->height * 3);
    int code = sc_graph_run(f->graph, err);
    for (int i = 0; i < f->count && !code; i++) {
        f->maps[i] = (sc_tensor){ sc_graph_shape(f->graph, f->values[i]),
                                  sc_graph_lend(f->graph, f->values[i], SC_LOAN_TO_READ, err) };
        code = f->maps[i].data ? SCUMBLE_OK : err->code;
    }
    return code;
}

int sc_features_look(sc_features *f, const sc_image *image, sc_error *err)
{
    int code = SCUMBLE_OK;
    give_back(f);
    if (!f->graph || f->width != image->width || f->height != image->height) {
        sc_features_free(f);
        code = build_features(f, image->width, image->height, err);
    }
    if (!code)
        code = features_look(f, image, err);
    if (code)
        sc_features_free(f);
    return code;
}

/* Whether at least half of the image's pixels under position (y, x) of a grid can be seen. */
static bool is_visible(const sc_image *image, const sc_shape *grid, int y, int x)
{
    int top = (int)((int64_t)y * image->height / grid->h), left = (int)((int64_t)x * image->width / grid->w);
    int bottom = (int)(((int64_t)y + 1) * image->height / grid->h),
        right = (int)(((int64_t)x + 1) * image->width / grid->w);
    double sum = 0;
    int count = 0;
    for (int v = top; v < bottom || v == top; v++)
        for (int u = left; u < right || u == left; u++, count++)
            sum += (double)image->alpha[(size_t)v * (size_t)image->width + (size_t)u];
    return sum >= 0.5 * count;
}

static size_t count_visible(const sc_tensor *map, const sc_image *image)
{
    size_t count = 0;
    for (int y = 0; y < map->shape.h; y++)
        for (int x = 0; x < map->shape.w; x++)
            count += is_visible(image, &map->shape, y, x);
    return count;
}

void sc_visible_only(sc_tensor *map, const sc_image *image)
{
    const size_t count = image->alpha ? count_visible(map, image) : 0, channels = (size_t)map->shape.c;
    if (!count || count == (size_t)map->shape.h * (size_t)map->shape.w)
        return;
    float *from = map->data, *to = map->data;
    for (int y = 0; y < map->shape.h; y++)
        for (int x = 0; x < map->shape.w; x++, from += channels)
            if (is_visible(image, &map->shape, y, x)) {
                memmove(to, from, channels * sizeof *to);
                to += channels;
            }
    map->shape.w = (int)sqrt((double)count);
    map->shape.h = (int)(count / (size_t)map->shape.w);
}

void sc_features_forget_hidden(sc_features *f, const sc_image *image)
{
    for (int i = 0; i < f->count && !sc_image_is_opaque(image); i++)
        sc_visible_only(&f->maps[i], image);
}
