/* SPDX-License-Identifier: MIT */
/* Comparisons: runs the encoder, keeps the statistics of a photo and a painting, and compares pictures with them. See
 * comparison.h. */
#include "measure/comparison.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "measure/artefacts.h"
#include "measure/checkerboard.h"
#include "measure/copies.h"
#include "measure/features.h"
#include "measure/gaussian.h"
#include "measure/ssim.h"
#include "measure/statistics.h"
#include "media/image_alpha.h"

/* The layers, and what effectiveness makes of them: directions (0: nothing) and weight. */
enum { LAYERS = 8, EFFECTIVE = 3 };
static const struct {
    const char *name;
    int directions;
    double weight;
} layer_table[LAYERS] = {
    { "relu1_1", 32, 0.7468 },  { "relu1_2", 0, 0 }, { "relu2_1", 48, 0.2557 }, { "relu2_2", 0, 0 },
    { "relu3_1", 128, 2.3768 }, { "relu3_2", 0, 0 }, { "relu3_3", 0, 0 },       { "relu3_4", 0, 0 },
};
/* Distances of Gaussians below this are those of two cuts of one painting, and their logarithm would say more than
 * there is to say. */
static const double least_divergence = 1e-3;
static const char stem_layer[] = "activation_5"; /* before the second pooling, as in SinGAN's text */

/* What is kept of a layer. */
typedef struct layer_record {
    bool deep;                /* of block 3 */
    int effective_directions; /* of effectiveness; 0 = it does not look at this layer */
    double effective_weight;
    double *directions; /* of slices */
    double *style_gram;
    sc_measure_slices style_slices;
    double photo_rms;
    sc_tensor photo;   /* features, where deep */
    double *basis;     /* (effective_directions, C) */
    sc_gaussian style; /* of all channels, and then along the basis */
} layer_record;

struct sc_comparison {
    sc_comparison_config config;
    char *description;
    layer_record layers[LAYERS];
    int layer_count;
    int effective_count;  /* of layers that effectiveness looks at: EFFECTIVE, or it cannot be measured */
    sc_features features; /* of the picture that was looked at last */
    sc_features stem;     /* likewise, InceptionV3's; without an encoder: none */
    sc_copies copies;     /* by the deepest layer */
    sc_gaussian stem_style;
    /* the photo and the painting */
    int picture_width, picture_height;
    double *photo_distances; /* (SC_MEASURE_POINTS, SC_MEASURE_POINTS) */
    sc_image photo;
    double style_detail, photo_border;
};

/* Hypercolumns take each layer over its rms on the photo and the root of its channels, so that layers weigh alike. */
static int self_similarity(const sc_comparison *c, double **distances, sc_error *err)
{
    double scales[LAYERS];
    for (int i = 0; i < c->layer_count; i++)
        scales[i] = 1 / fmax(c->layers[i].photo_rms * sqrt(c->features.maps[i].shape.c), 1e-30);
    size_t bytes = sizeof(double) * SC_MEASURE_POINTS * SC_MEASURE_POINTS;
    *distances = malloc(bytes);
    return *distances ? sc_measure_self_similarity(c->config.threads, c->features.maps, scales, c->layer_count,
                                                   *distances, err) :
                        sc_fail_memory(err, bytes);
}

/* ---- open and close ---- */

static int choose_layers(sc_comparison *c, sc_error *err)
{
    c->features = (sc_features){ .encoder = c->config.encoder, .device = c->config.device };
    char found[LAYERS * 9] = "";
    int deep = 0;
    for (int i = 0; i < LAYERS; i++) {
        sc_error ignored;
        const char *name = layer_table[i].name;
        int index = sc_encoder_find_layer(c->config.encoder, name, &ignored);
        if (index < 0)
            continue;
        layer_record *layer = &c->layers[c->layer_count++];
        c->features.layers[c->features.count++] = index;
        int channels = sc_encoder_channels(c->config.encoder, index);
        layer->deep = name[4] == '3';
        deep += layer->deep;
        layer->effective_directions = layer_table[i].directions < channels ? layer_table[i].directions : channels;
        layer->effective_weight = layer_table[i].weight;
        c->effective_count += layer->effective_directions > 0;
        strcat(strcat(found, " "), name);
    }
    if (!deep)
        return sc_fail(
            err, SCUMBLE_ERR_ARGUMENT,
            "the encoder %s has none of the layers relu3_1 .. relu3_4; comparing needs layers as vgg19 and lite "
            "have them",
            sc_encoder_name(c->config.encoder));
    c->description =
        sc_format("%s (%.12s):%s", sc_encoder_name(c->config.encoder), sc_encoder_sha256(c->config.encoder), found);
    return c->description ? SCUMBLE_OK : sc_fail_memory(err, sizeof found);
}

static int make_directions(sc_comparison *c, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int i = 0; i < c->layer_count && !code; i++)
        code = sc_measure_directions(sc_encoder_channels(c->config.encoder, c->features.layers[i]), i + 1,
                                     &c->layers[i].directions, err);
    return code;
}

static void choose_layer_of_copies(sc_comparison *c)
{
    c->copies = (sc_copies){ .features = { .encoder = c->config.encoder,
                                           .device = c->config.device,
                                           .layers = { c->features.layers[c->layer_count - 1] },
                                           .count = 1 },
                             .threads = c->config.threads };
}

static int choose_stem(sc_comparison *c, sc_error *err)
{
    if (!c->config.inception)
        return SCUMBLE_OK;
    int index = sc_encoder_find_layer(c->config.inception, stem_layer, err);
    if (index < 0)
        return index;
    c->stem =
        (sc_features){ .encoder = c->config.inception, .device = c->config.device, .layers = { index }, .count = 1 };
    return SCUMBLE_OK;
}

int sc_comparison_create(sc_comparison **created, const sc_comparison_config *config, sc_error *err)
{
    *created = NULL;
    sc_comparison *c = calloc(1, sizeof *c);
    if (!c)
        return sc_fail_memory(err, sizeof *c);
    c->config = *config;
    int code = choose_layers(c, err);
    if (!code)
        code = make_directions(c, err);
    if (!code)
        code = choose_stem(c, err);
    if (!code)
        choose_layer_of_copies(c);
    if (code)
        sc_comparison_free(c);
    else
        *created = c;
    return code;
}

/* Forgets the photo and the painting. */
static void clear_pair(sc_comparison *c)
{
    for (int i = 0; i < c->layer_count; i++) {
        layer_record *layer = &c->layers[i];
        free(layer->style_gram);
        layer->style_gram = NULL;
        sc_measure_slices_free(&layer->style_slices);
        sc_tensor_free(&layer->photo);
        free(layer->basis);
        layer->basis = NULL;
        sc_gaussian_free(&layer->style);
    }
    sc_gaussian_free(&c->stem_style);
    sc_copies_clear(&c->copies);
    sc_image_free(&c->photo);
    free(c->photo_distances);
    c->photo_distances = NULL;
}

void sc_comparison_free(sc_comparison *c)
{
    if (!c)
        return;
    clear_pair(c);
    for (int i = 0; i < LAYERS; i++)
        free(c->layers[i].directions);
    free(c->description);
    sc_features_free(&c->features);
    sc_features_free(&c->stem);
    sc_copies_free(&c->copies);
    free(c);
}

const char *sc_comparison_describe(const sc_comparison *c)
{
    return c->description;
}

/* ---- the photo and the painting ---- */

/* The Gaussian of the stem's features of a picture. */
static int look_at_stem(sc_comparison *c, const sc_image *image, sc_gaussian *g, sc_error *err)
{
    double *gram = NULL;
    int code = sc_features_look(&c->stem, image, err);
    sc_features_forget_hidden(&c->stem, image);
    if (!code)
        code = sc_measure_gram(c->config.threads, &c->stem.maps[0], &gram, err);
    if (!code)
        code = sc_gaussian_fit(c->config.threads, &c->stem.maps[0], gram, g, err);
    free(gram);
    return code;
}

/* Of the picture that was looked at last. */
static int keep_style(sc_comparison *c, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int i = 0; i < c->layer_count && !code; i++) {
        layer_record *layer = &c->layers[i];
        const sc_tensor *features = &c->features.maps[i];
        code = sc_measure_gram(c->config.threads, features, &layer->style_gram, err);
        if (!code)
            code = sc_measure_slices_keep(c->config.threads, features, layer->directions, SC_MEASURE_DIRECTIONS,
                                          &layer->style_slices, err);
        if (!code && layer->effective_directions)
            code = sc_gaussian_fit(c->config.threads, features, layer->style_gram, &layer->style, err);
    }
    return code;
}

/* The directions of effectiveness, from the painting and the photo that was looked at last; the painting along them. */
static int keep_basis(sc_comparison *c, layer_record *layer, const sc_tensor *features, sc_error *err)
{
    sc_gaussian photo = { 0 }, along = { 0 };
    double *gram = NULL;
    int code = sc_measure_gram(c->config.threads, features, &gram, err);
    if (!code)
        code = sc_gaussian_fit(c->config.threads, features, gram, &photo, err);
    if (!code)
        code = sc_gaussian_basis(&photo, &layer->style, layer->effective_directions, &layer->basis, err);
    if (!code)
        code = sc_gaussian_project(&layer->style, layer->basis, layer->effective_directions, &along, err);
    if (!code) {
        sc_gaussian_free(&layer->style);
        layer->style = along;
    }
    sc_gaussian_free(&photo);
    free(gram);
    return code;
}

/* Of the picture that was looked at last. */
static int keep_photo(sc_comparison *c, sc_error *err)
{
    for (int i = 0; i < c->layer_count; i++) {
        layer_record *layer = &c->layers[i];
        const sc_tensor *features = &c->features.maps[i];
        layer->photo_rms = sqrt(sc_measure_mean_square(c->config.threads, features));
        int code = layer->deep ? sc_tensor_create(&layer->photo, features->shape, err) : SCUMBLE_OK;
        if (!code && layer->deep)
            memcpy(layer->photo.data, features->data, sc_shape_bytes(features->shape));
        if (!code && layer->effective_directions)
            code = keep_basis(c, layer, features, err);
        if (code)
            return code;
    }
    return self_similarity(c, &c->photo_distances, err);
}

static int prepare_style(sc_comparison *c, const sc_image *painting, int long_edge, sc_error *err)
{
    sc_image resized;
    int code = sc_comparison_resize_painting(c->config.threads, painting, long_edge, &resized, err);
    if (code)
        return code;
    c->style_detail = sc_artefact_detail(c->config.threads, &resized);
    code = sc_features_look(&c->features, &resized, err);
    if (!code) {
        sc_features_forget_hidden(&c->features, &resized);
        code = keep_style(c, err);
    }
    if (!code && c->config.inception)
        code = look_at_stem(c, &resized, &c->stem_style, err);
    if (!code)
        code = sc_copies_keep_painting(&c->copies, &resized, long_edge, err);
    sc_image_free(&resized);
    return code;
}

static int prepare_photo(sc_comparison *c, const sc_image *photo, int width, int height, sc_error *err)
{
    int code = sc_image_resize(c->config.threads, photo, width, height, &c->photo, err);
    if (code)
        return code;
    c->photo_border = sc_artefact_border(&c->photo);
    code = sc_copies_keep_photo(&c->copies, &c->photo, err);
    if (!code)
        code = sc_features_look(&c->features, &c->photo, err);
    return code ? code : keep_photo(c, err);
}

int sc_comparison_prepare(sc_comparison *c, const sc_image *photo, const sc_image *painting, int width, int height,
                          sc_error *err)
{
    int code = sc_comparison_check_size(width, height, err);
    clear_pair(c);
    c->picture_width = c->picture_height = 0;
    if (!code)
        code = prepare_style(c, painting, width > height ? width : height, err);
    if (!code)
        code = prepare_photo(c, photo, width, height, err);
    if (!code) {
        c->picture_width = width;
        c->picture_height = height;
    }
    return code;
}

/* ---- a picture ---- */

/* KL(picture || painting) of the Gaussians of a layer. */
static int measure_divergence(const sc_comparison *c, const layer_record *layer, const sc_tensor *features,
                              const double *gram, double *divergence, sc_error *err)
{
    sc_gaussian own = { 0 }, along = { 0 };
    int code = sc_gaussian_fit(c->config.threads, features, gram, &own, err);
    if (!code)
        code = sc_gaussian_project(&own, layer->basis, layer->effective_directions, &along, err);
    if (!code)
        code = sc_gaussian_divergence(&along, &layer->style, divergence, err);
    sc_gaussian_free(&own);
    sc_gaussian_free(&along);
    return code;
}

/* Adds a layer's part to effectiveness, gram and swd, of the picture that was looked at last. */
static int measure_layer(const sc_comparison *c, int i, double *values, sc_error *err)
{
    const layer_record *layer = &c->layers[i];
    const sc_tensor *features = &c->features.maps[i];
    double *own = NULL, distance = 0, divergence = 0;
    int code = sc_measure_gram(c->config.threads, features, &own, err);
    if (!code)
        code = sc_measure_slices_distance(c->config.threads, features, layer->directions, &layer->style_slices,
                                          &distance, err);
    if (!code && layer->effective_directions)
        code = measure_divergence(c, layer, features, own, &divergence, err);
    if (!code) {
        values[SC_METRIC_GRAM] += sc_measure_gram_distance(own, layer->style_gram, features->shape.c) / c->layer_count;
        values[SC_METRIC_SWD] += distance / c->layer_count;
        if (layer->effective_directions)
            values[SC_METRIC_EFFECTIVENESS] -= layer->effective_weight * log(fmax(divergence, least_divergence));
    }
    free(own);
    return code;
}

static int comparison_measure_style(sc_comparison *c, const sc_image *picture, double *values, sc_error *err)
{
    int code = SCUMBLE_OK;
    values[SC_METRIC_GRAM] = values[SC_METRIC_SWD] = 0;
    values[SC_METRIC_EFFECTIVENESS] = c->effective_count == EFFECTIVE ? 0 : NAN;
    values[SC_METRIC_SIFID] = NAN;
    for (int i = 0; i < c->layer_count && !code; i++)
        code = measure_layer(c, i, values, err);
    if (code || !c->config.inception)
        return code;
    sc_gaussian own = { 0 };
    code = look_at_stem(c, picture, &own, err);
    if (!code)
        code = sc_gaussian_frechet(&own, &c->stem_style, &values[SC_METRIC_SIFID], err);
    sc_gaussian_free(&own);
    return code;
}

static double feature_distance(const sc_comparison *c)
{
    double sum = 0;
    int layers = 0;
    for (int i = 0; i < c->layer_count; i++) {
        const layer_record *layer = &c->layers[i];
        if (!layer->deep)
            continue;
        sum += sc_measure_difference(c->config.threads, &c->features.maps[i], &layer->photo) /
               fmax(layer->photo_rms * layer->photo_rms, 1e-30);
        layers++;
    }
    return sum / layers;
}

static int comparison_measure_content(sc_comparison *c, const sc_image *picture, double *values, sc_error *err)
{
    double *distances;
    int code = self_similarity(c, &distances, err);
    if (!code)
        values[SC_METRIC_STRUCTURE] = sc_measure_self_similarity_distance(distances, c->photo_distances);
    free(distances);
    values[SC_METRIC_CONTENT] = feature_distance(c);
    return code ? code : sc_ssim(c->config.threads, picture, &c->photo, &values[SC_METRIC_SSIM], err);
}

/* Whether each edge of the picture has this length. */
static bool has_edges(const sc_image *picture, int least)
{
    return picture->width >= least && picture->height >= least;
}

static int measure_artefacts(sc_comparison *c, const sc_image *picture, double *values, sc_error *err)
{
    int code = SCUMBLE_OK;
    values[SC_METRIC_DETAIL] = sc_artefact_detail(c->config.threads, picture) / fmax(c->style_detail, 1e-12);
    values[SC_METRIC_BORDER] = sc_artefact_border(picture) / fmax(c->photo_border, 0.5 / 255);
    values[SC_METRIC_SEAM_X] = sc_artefact_seam(c->config.threads, picture, true);
    values[SC_METRIC_SEAM_Y] = sc_artefact_seam(c->config.threads, picture, false);
    values[SC_METRIC_COPY] = values[SC_METRIC_CHECKERBOARD] = NAN;
    if (has_edges(picture, SC_COPIES_LEAST))
        code = sc_copies_largest(&c->copies, picture, &values[SC_METRIC_COPY], err);
    if (!code && has_edges(picture, SC_CHECKERBOARD_LEAST))
        code = sc_artefact_checkerboard(c->config.threads, picture, &values[SC_METRIC_CHECKERBOARD], err);
    return code ? code : sc_threads_check(c->config.threads, err); /* which may have ended one of the sums */
}

int sc_comparison_measure(sc_comparison *c, const sc_image *picture, double values[SC_METRIC_COUNT], sc_error *err)
{
    if (picture->width != c->picture_width || picture->height != c->picture_height)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "a picture of %d x %d was expected, not %d x %d", c->picture_width,
                       c->picture_height, picture->width, picture->height);
    int code = sc_features_look(&c->features, picture, err);
    if (!code)
        code = comparison_measure_content(c, picture, values, err);
    if (!code) {
        sc_features_forget_hidden(&c->features, picture);
        code = comparison_measure_style(c, picture, values, err);
    }
    return code ? code : measure_artefacts(c, picture, values, err);
}
