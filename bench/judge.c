/* SPDX-License-Identifier: MIT */
/* The judge: runs the encoder, keeps the statistics of a photo and a painting, and compares pictures with them. See judge.h. */
#include "judge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "measure/artefacts.h"
#include "measure/features.h"
#include "measure/statistics.h"
#include "nets/registry.h"

enum { LAYERS = 8 };
static const char *const layer_names[LAYERS] = { "relu1_1", "relu1_2", "relu2_1", "relu2_2", "relu3_1", "relu3_2", "relu3_3", "relu3_4" };
const char *const judge_measure_names[JUDGE_MEASURES] = { "gram", "swd", "structure", "content", "detail", "border", "seam-x", "seam-y" };

/* What is kept of a layer. */
typedef struct layer_record {
    bool deep;             /* of block 3 */
    double *directions;
    double *style_gram;
    sc_measure_slices style_slices;
    double photo_rms;
    sc_tensor photo;       /* features, where deep */
} layer_record;

struct style_judge {
    sc_threads *threads;
    sc_encoder *encoder;
    char *description;
    layer_record layers[LAYERS];
    int layer_count;
    sc_features features;       /* of the picture that was looked at last */
    /* the photo and the painting */
    int picture_width, picture_height;
    double *photo_distances;    /* (SC_MEASURE_POINTS, SC_MEASURE_POINTS) */
    double style_detail, photo_border;
};

/* Hypercolumns take each layer over its rms on the photo and the root of its channels, so that layers weigh alike. */
static int self_similarity(const style_judge *judge, double **distances, sc_error *err)
{
    double scales[LAYERS];
    for (int i = 0; i < judge->layer_count; i++)
        scales[i] = 1 / fmax(judge->layers[i].photo_rms * sqrt(judge->features.maps[i].shape.c), 1e-30);
    size_t bytes = sizeof(double) * SC_MEASURE_POINTS * SC_MEASURE_POINTS;
    *distances = malloc(bytes);
    return *distances ? sc_measure_self_similarity(judge->threads, judge->features.maps, scales, judge->layer_count, *distances, err)
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
    judge->features = (sc_features){ .encoder = judge->encoder, .backend = &sc_backend_cpu, .threads = judge->threads };
    char found[LAYERS * 9] = "";
    int deep = 0;
    for (int i = 0; i < LAYERS; i++) {
        sc_error ignored;
        int index = sc_encoder_find_layer(judge->encoder, layer_names[i], &ignored);
        if (index < 0)
            continue;
        layer_record *layer = &judge->layers[judge->layer_count++];
        judge->features.layers[judge->features.count++] = index;
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

static int make_directions(style_judge *judge, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int i = 0; i < judge->layer_count && !code; i++)
        code = sc_measure_directions(sc_encoder_channels(judge->encoder, judge->features.layers[i]), i + 1, &judge->layers[i].directions, err);
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
        sc_measure_slices_free(&layer->style_slices);
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
    sc_features_free(&judge->features);
    sc_encoder_free(judge->encoder);
    sc_threads_destroy(judge->threads);
    free(judge);
}

const char *judge_describe(const style_judge *judge)
{
    return judge->description;
}

/* ---- the photo and the painting ---- */

/* Of the picture that was looked at last. */
static int keep_style(style_judge *judge, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int i = 0; i < judge->layer_count && !code; i++) {
        layer_record *layer = &judge->layers[i];
        code = sc_measure_gram(judge->threads, &judge->features.maps[i], &layer->style_gram, err);
        if (!code)
            code = sc_measure_slices_keep(judge->threads, &judge->features.maps[i], layer->directions, &layer->style_slices, err);
    }
    return code;
}

/* Of the picture that was looked at last. */
static int keep_photo(style_judge *judge, sc_error *err)
{
    for (int i = 0; i < judge->layer_count; i++) {
        layer_record *layer = &judge->layers[i];
        const sc_tensor *features = &judge->features.maps[i];
        layer->photo_rms = sqrt(sc_measure_mean_square(features));
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
    if (width < 2 * SC_ARTEFACT_FRAME || height < 2 * SC_ARTEFACT_FRAME)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "at this size the painting is %d x %d; %d pixels or more are needed", width, height,
                       2 * SC_ARTEFACT_FRAME);
    return sc_image_resize(painting, width, height, resized, err);
}

static int prepare_style(style_judge *judge, const sc_image *painting, int long_edge, sc_error *err)
{
    sc_image resized;
    int code = judge_resize_painting(painting, long_edge, &resized, err);
    if (code)
        return code;
    judge->style_detail = sc_artefact_detail(&resized);
    code = sc_features_look(&judge->features, &resized, err);
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
    judge->photo_border = sc_artefact_border(&resized);
    code = sc_features_look(&judge->features, &resized, err);
    if (!code)
        code = keep_photo(judge, err);
    sc_image_free(&resized);
    return code;
}

int judge_prepare(style_judge *judge, const sc_image *photo, const sc_image *painting, int width, int height, sc_error *err)
{
    if (width < 4 * SC_ARTEFACT_FRAME || height < 4 * SC_ARTEFACT_FRAME)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "a picture of %d x %d is too small to measure; %d pixels or more are needed", width, height,
                       4 * SC_ARTEFACT_FRAME);
    clear_pair(judge);
    judge->picture_width = width;
    judge->picture_height = height;
    int code = prepare_style(judge, painting, width > height ? width : height, err);
    return code ? code : prepare_photo(judge, photo, width, height, err);
}

/* ---- a picture ---- */

/* Of the picture that was looked at last. */
static int measure_style(const style_judge *judge, double *gram, double *swd, sc_error *err)
{
    int code = SCUMBLE_OK;
    *gram = *swd = 0;
    for (int i = 0; i < judge->layer_count && !code; i++) {
        const layer_record *layer = &judge->layers[i];
        const sc_tensor *features = &judge->features.maps[i];
        double *own = NULL, distance;
        code = sc_measure_gram(judge->threads, features, &own, err);
        if (!code)
            code = sc_measure_slices_distance(judge->threads, features, layer->directions, &layer->style_slices, &distance, err);
        if (!code) {
            *gram += sc_measure_gram_distance(own, layer->style_gram, features->shape.c) / judge->layer_count;
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
        *structure = sc_measure_self_similarity_distance(distances, judge->photo_distances);
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
        sum += sc_measure_difference(&judge->features.maps[i], &layer->photo) / fmax(layer->photo_rms * layer->photo_rms, 1e-30);
        layers++;
    }
    return sum / layers;
}

int judge_measure(style_judge *judge, const sc_image *picture, double values[JUDGE_MEASURES], sc_error *err)
{
    if (picture->width != judge->picture_width || picture->height != judge->picture_height)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "a picture of %d x %d was expected, not %d x %d", judge->picture_width, judge->picture_height,
                       picture->width, picture->height);
    int code = sc_features_look(&judge->features, picture, err);
    if (!code)
        code = measure_style(judge, &values[JUDGE_GRAM], &values[JUDGE_SWD], err);
    if (!code)
        code = measure_structure(judge, &values[JUDGE_STRUCTURE], err);
    if (code)
        return code;
    values[JUDGE_CONTENT] = measure_content(judge);
    values[JUDGE_DETAIL] = sc_artefact_detail(picture) / fmax(judge->style_detail, 1e-12);
    values[JUDGE_BORDER] = sc_artefact_border(picture) / fmax(judge->photo_border, 0.5 / 255);
    values[JUDGE_SEAM_X] = sc_artefact_seam(picture, true);
    values[JUDGE_SEAM_Y] = sc_artefact_seam(picture, false);
    return SCUMBLE_OK;
}
