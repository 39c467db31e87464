/* SPDX-License-Identifier: MIT */
/* The judge: runs the encoder, keeps the statistics of a photo and a painting, and compares pictures with them. See judge.h. */
#include "judge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "artefacts.h"
#include "core/file.h"
#include "measures.h"
#include "nets/registry.h"

enum { LAYERS = 8 };
static const char *const layer_names[LAYERS] = { "relu1_1", "relu1_2", "relu2_1", "relu2_2", "relu3_1", "relu3_2", "relu3_3", "relu3_4" };
const char *const judge_measure_names[JUDGE_MEASURES] = { "gram", "swd", "structure", "content", "detail", "border", "seam-x", "seam-y" };

/* What is kept of a layer. */
typedef struct layer_record {
    int index;
    bool deep;             /* of block 3 */
    double *directions;
    double *style_gram;
    measure_slices style_slices;
    double photo_rms;
    sc_tensor photo;       /* features, where deep */
} layer_record;

struct style_judge {
    sc_threads *threads;
    sc_encoder *encoder;
    char *description;
    layer_record layers[LAYERS];
    int layer_count;
    /* the network at one size */
    sc_graph *graph;
    sc_value input, values[LAYERS];
    int width, height;
    sc_tensor features[LAYERS]; /* of the picture that was extracted last; the graph's data */
    /* the photo and the painting */
    int picture_width, picture_height;
    double *photo_distances;    /* (MEASURE_POINTS, MEASURE_POINTS) */
    double style_detail, photo_border;
};

/* ---- features ---- */

static int plan_network(style_judge *judge, sc_error *err)
{
    int indices[LAYERS];
    for (int i = 0; i < judge->layer_count; i++)
        indices[i] = judge->layers[i].index;
    judge->input = sc_graph_input(judge->graph, "picture", (sc_shape){ 1, 3, judge->height, judge->width });
    int code = sc_encoder_build(judge->encoder, judge->graph, judge->input, NULL, indices, judge->layer_count, judge->values, err);
    for (int i = 0; i < judge->layer_count && !code; i++)
        sc_graph_keep(judge->graph, judge->values[i]);
    return code ? code : sc_graph_plan(judge->graph, err);
}

static int build_network(style_judge *judge, int width, int height, sc_error *err)
{
    if (judge->graph && judge->width == width && judge->height == height)
        return SCUMBLE_OK;
    sc_graph_destroy(judge->graph);
    judge->graph = NULL;
    int code = sc_graph_create(&judge->graph, &sc_backend_cpu, judge->threads, err);
    if (code)
        return code;
    judge->width = width;
    judge->height = height;
    code = plan_network(judge, err);
    for (int i = 0; i < judge->layer_count && !code; i++)
        judge->features[i] = (sc_tensor){ sc_graph_shape(judge->graph, judge->values[i]), sc_graph_data(judge->graph, judge->values[i]) };
    if (code) {
        sc_graph_destroy(judge->graph);
        judge->graph = NULL;
    }
    return code;
}

/* Runs the network: judge->features are valid until the next call. */
static int extract(style_judge *judge, const sc_image *image, sc_error *err)
{
    int code = build_network(judge, image->width, image->height, err);
    if (code)
        return code;
    memcpy(sc_graph_data(judge->graph, judge->input), image->rgb, (size_t)image->width * (size_t)image->height * 3 * sizeof(float));
    return sc_graph_run(judge->graph, err);
}

/* Hypercolumns take each layer over its rms on the photo and the root of its channels, so that layers weigh alike. */
static int self_similarity(const style_judge *judge, double **distances, sc_error *err)
{
    double scales[LAYERS];
    for (int i = 0; i < judge->layer_count; i++)
        scales[i] = 1 / fmax(judge->layers[i].photo_rms * sqrt(judge->features[i].shape.c), 1e-30);
    size_t bytes = sizeof(double) * MEASURE_POINTS * MEASURE_POINTS;
    *distances = malloc(bytes);
    return *distances ? measure_self_similarity(judge->threads, judge->features, scales, judge->layer_count, *distances, err)
                      : sc_fail_memory(err, bytes);
}

/* ---- open and close ---- */

static int open_encoder(sc_encoder **encoder, const char *name, sc_error *err)
{
    static const char shared[] = "../shared/models/vgg19-tfjs-conv1-to-conv3";
    char *data_dir = sc_default_data_dir();
    int code = sc_encoder_open(encoder, name ? name : "vgg19", data_dir, err);
    if (!name && code == SCUMBLE_ERR_NOT_FOUND) {
        sc_error first = *err;
        code = sc_encoder_open(encoder, shared, data_dir, err);
        if (code)
            *err = first;
    }
    free(data_dir);
    return code;
}

static int choose_layers(style_judge *judge, sc_error *err)
{
    char found[LAYERS * 9] = "";
    int deep = 0;
    for (int i = 0; i < LAYERS; i++) {
        sc_error ignored;
        int index = sc_encoder_find_layer(judge->encoder, layer_names[i], &ignored);
        if (index < 0)
            continue;
        layer_record *layer = &judge->layers[judge->layer_count++];
        layer->index = index;
        layer->deep = layer_names[i][4] == '3';
        deep += layer->deep;
        strcat(strcat(found, " "), layer_names[i]);
    }
    if (!deep)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "the encoder %s has none of the layers relu3_1 .. relu3_4; measuring needs VGG's layers",
                       sc_encoder_name(judge->encoder));
    judge->description = sc_format("%s (%.12s):%s", sc_encoder_name(judge->encoder), sc_encoder_sha256(judge->encoder), found);
    return judge->description ? SCUMBLE_OK : sc_fail_memory(err, sizeof found);
}

/* Directions for as many channels as the layers have, which a network for a small picture tells. */
static int make_directions(style_judge *judge, sc_error *err)
{
    int code = build_network(judge, 64, 64, err);
    for (int i = 0; i < judge->layer_count && !code; i++)
        code = measure_directions(judge->features[i].shape.c, i + 1, &judge->layers[i].directions, err);
    return code;
}

int judge_create(style_judge **created, const char *encoder, int threads, sc_error *err)
{
    *created = NULL;
    style_judge *judge = calloc(1, sizeof *judge);
    if (!judge)
        return sc_fail_memory(err, sizeof *judge);
    int code = sc_media_init(err);
    if (!code)
        code = sc_threads_create(&judge->threads, threads, err);
    if (!code)
        code = open_encoder(&judge->encoder, encoder, err);
    if (!code)
        code = choose_layers(judge, err);
    if (!code)
        code = make_directions(judge, err);
    if (code)
        judge_free(judge);
    else
        *created = judge;
    return code;
}

/* Forgets the photo and the painting. */
static void clear_pair(style_judge *judge)
{
    for (int i = 0; i < judge->layer_count; i++) {
        layer_record *layer = &judge->layers[i];
        free(layer->style_gram);
        layer->style_gram = NULL;
        measure_slices_free(&layer->style_slices);
        sc_tensor_free(&layer->photo);
    }
    free(judge->photo_distances);
    judge->photo_distances = NULL;
}

void judge_free(style_judge *judge)
{
    if (!judge)
        return;
    clear_pair(judge);
    for (int i = 0; i < LAYERS; i++)
        free(judge->layers[i].directions);
    free(judge->description);
    sc_graph_destroy(judge->graph);
    sc_encoder_free(judge->encoder);
    sc_threads_destroy(judge->threads);
    free(judge);
}

const char *judge_describe(const style_judge *judge)
{
    return judge->description;
}

/* ---- the photo and the painting ---- */

/* Of the picture that was extracted last. */
static int keep_style(style_judge *judge, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int i = 0; i < judge->layer_count && !code; i++) {
        layer_record *layer = &judge->layers[i];
        code = measure_gram(judge->threads, &judge->features[i], &layer->style_gram, err);
        if (!code)
            code = measure_slices_keep(judge->threads, &judge->features[i], layer->directions, &layer->style_slices, err);
    }
    return code;
}

/* Of the picture that was extracted last. */
static int keep_photo(style_judge *judge, sc_error *err)
{
    for (int i = 0; i < judge->layer_count; i++) {
        layer_record *layer = &judge->layers[i];
        const sc_tensor *features = &judge->features[i];
        layer->photo_rms = sqrt(measure_mean_square(features));
        int code = layer->deep ? sc_tensor_create(&layer->photo, features->shape, err) : SCUMBLE_OK;
        if (code)
            return code;
        if (layer->deep)
            memcpy(layer->photo.data, features->data, sc_shape_bytes(features->shape));
    }
    return self_similarity(judge, &judge->photo_distances, err);
}

int judge_resize_painting(const sc_image *painting, int long_edge, sc_image *resized, sc_error *err)
{
    int edge = painting->width > painting->height ? painting->width : painting->height;
    double scale = edge > long_edge ? (double)long_edge / edge : 1;
    int width = (int)fmax(1, round(painting->width * scale)), height = (int)fmax(1, round(painting->height * scale));
    if (width < 2 * ARTEFACT_FRAME || height < 2 * ARTEFACT_FRAME)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "at this size the painting is %d x %d; %d pixels or more are needed", width, height,
                       2 * ARTEFACT_FRAME);
    return sc_image_resize(painting, width, height, resized, err);
}

static int prepare_style(style_judge *judge, const sc_image *painting, int long_edge, sc_error *err)
{
    sc_image resized;
    int code = judge_resize_painting(painting, long_edge, &resized, err);
    if (code)
        return code;
    judge->style_detail = artefact_detail(&resized);
    code = extract(judge, &resized, err);
    if (!code)
        code = keep_style(judge, err);
    sc_image_free(&resized);
    return code;
}

static int prepare_photo(style_judge *judge, const sc_image *photo, int width, int height, sc_error *err)
{
    sc_image resized;
    int code = sc_image_resize(photo, width, height, &resized, err);
    if (code)
        return code;
    judge->photo_border = artefact_border(&resized);
    code = extract(judge, &resized, err);
    if (!code)
        code = keep_photo(judge, err);
    sc_image_free(&resized);
    return code;
}

int judge_prepare(style_judge *judge, const sc_image *photo, const sc_image *painting, int width, int height, sc_error *err)
{
    if (width < 4 * ARTEFACT_FRAME || height < 4 * ARTEFACT_FRAME)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "a picture of %d x %d is too small to measure; %d pixels or more are needed", width, height,
                       4 * ARTEFACT_FRAME);
    clear_pair(judge);
    judge->picture_width = width;
    judge->picture_height = height;
    int code = prepare_style(judge, painting, width > height ? width : height, err);
    return code ? code : prepare_photo(judge, photo, width, height, err);
}

/* ---- a picture ---- */

/* Of the picture that was extracted last. */
static int measure_style(const style_judge *judge, double *gram, double *swd, sc_error *err)
{
    int code = SCUMBLE_OK;
    *gram = *swd = 0;
    for (int i = 0; i < judge->layer_count && !code; i++) {
        const layer_record *layer = &judge->layers[i];
        const sc_tensor *features = &judge->features[i];
        double *own = NULL, distance;
        code = measure_gram(judge->threads, features, &own, err);
        if (!code)
            code = measure_slices_distance(judge->threads, features, layer->directions, &layer->style_slices, &distance, err);
        if (!code) {
            *gram += measure_gram_distance(own, layer->style_gram, features->shape.c) / judge->layer_count;
            *swd += distance / judge->layer_count;
        }
        free(own);
    }
    return code;
}

static int measure_structure(const style_judge *judge, double *structure, sc_error *err)
{
    double *distances;
    int code = self_similarity(judge, &distances, err);
    if (!code)
        *structure = measure_self_similarity_distance(distances, judge->photo_distances);
    free(distances);
    return code;
}

static double measure_content(const style_judge *judge)
{
    double sum = 0;
    int layers = 0;
    for (int i = 0; i < judge->layer_count; i++) {
        const layer_record *layer = &judge->layers[i];
        if (!layer->deep)
            continue;
        sum += measure_difference(&judge->features[i], &layer->photo) / fmax(layer->photo_rms * layer->photo_rms, 1e-30);
        layers++;
    }
    return sum / layers;
}

int judge_measure(style_judge *judge, const sc_image *picture, double values[JUDGE_MEASURES], sc_error *err)
{
    if (picture->width != judge->picture_width || picture->height != judge->picture_height)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "a picture of %d x %d was expected, not %d x %d", judge->picture_width, judge->picture_height,
                       picture->width, picture->height);
    int code = extract(judge, picture, err);
    if (!code)
        code = measure_style(judge, &values[JUDGE_GRAM], &values[JUDGE_SWD], err);
    if (!code)
        code = measure_structure(judge, &values[JUDGE_STRUCTURE], err);
    if (code)
        return code;
    values[JUDGE_CONTENT] = measure_content(judge);
    values[JUDGE_DETAIL] = artefact_detail(picture) / fmax(judge->style_detail, 1e-12);
    values[JUDGE_BORDER] = artefact_border(picture) / fmax(judge->photo_border, 0.5 / 255);
    values[JUDGE_SEAM_X] = artefact_seam(picture, true);
    values[JUDGE_SEAM_Y] = artefact_seam(picture, false);
    return SCUMBLE_OK;
}
