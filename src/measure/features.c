/* SPDX-License-Identifier: MIT */
/* Features of pictures. See features.h. */
#include "measure/features.h"

#include <string.h>

void sc_features_free(sc_features *features)
{
    sc_graph_destroy(features->graph);
    features->graph = NULL;
}

static int build(sc_features *f, int width, int height, sc_error *err)
{
    int code = sc_graph_create(&f->graph, f->backend, f->threads, err);
    if (code)
        return code;
    f->width = width;
    f->height = height;
    f->input = sc_graph_input(f->graph, "picture", (sc_shape){ 1, 3, height, width });
    code = sc_encoder_build(f->encoder, f->graph, f->input, NULL, f->layers, f->count, f->values, err);
    for (int i = 0; i < f->count && !code; i++)
        sc_graph_keep(f->graph, f->values[i]);
    if (!code)
        code = sc_graph_plan(f->graph, err);
    for (int i = 0; i < f->count && !code; i++)
        f->maps[i] = (sc_tensor){ sc_graph_shape(f->graph, f->values[i]), sc_graph_data(f->graph, f->values[i]) };
    return code;
}

int sc_features_look(sc_features *f, const sc_image *image, sc_error *err)
{
    int code = SCUMBLE_OK;
    if (!f->graph || f->width != image->width || f->height != image->height) {
        sc_features_free(f);
        code = build(f, image->width, image->height, err);
    }
    if (!code) {
        memcpy(sc_graph_data(f->graph, f->input), image->rgb, (size_t)image->width * (size_t)image->height * 3 * sizeof(float));
        code = sc_graph_run(f->graph, err);
    }
    if (code)
        sc_features_free(f);
    return code;
}
