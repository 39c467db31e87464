/* SPDX-License-Identifier: MIT */
/* Descriptors of pictures. See descriptor.h. Distributions are measured at SAMPLE x SAMPLE positions at most. */
#include "measure/descriptor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/rng.h"
#include "media/image_alpha.h"
#include "measure/statistics.h"
#include "colour/oklab.h"

enum { SAMPLE = 64, PALETTE_SEED = 77, COLUMN_SEED = 78, LAYERS = SC_DESCRIPTOR_LAYERS };

const char *const sc_descriptor_layers[LAYERS] = { "relu1_1", "relu2_1", "relu3_1", "relu4_1" };

struct sc_describer {
    sc_threads *threads;
    sc_device *device;
    sc_features features;
    double *directions[LAYERS], *palette_directions;
    float *projection; /* (channels of all layers, SC_DESCRIPTOR_COLUMN) */
    int channels;
};

void sc_describer_free(sc_describer *d)
{
    if (!d)
        return;
    for (int i = 0; i < LAYERS; i++)
        free(d->directions[i]);
    free(d->palette_directions);
    free(d->projection);
    sc_features_free(&d->features);
    sc_device_destroy(d->device);
    free(d);
}

static int prepare_descriptor(sc_describer *d, const sc_encoder *encoder, sc_error *err)
{
    for (int i = 0; i < LAYERS; i++) {
        int layer = sc_encoder_find_layer(encoder, sc_descriptor_layers[i], err);
        if (layer < 0)
            return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                           "the encoder %s has no layer %s, which comparing pictures needs", sc_encoder_name(encoder),
                           sc_descriptor_layers[i]);
        d->features.layers[d->features.count++] = layer;
        d->channels += sc_encoder_channels(encoder, layer);
        int code = sc_measure_directions(sc_encoder_channels(encoder, layer), i + 1, &d->directions[i], err);
        if (code)
            return code;
    }
    int code = sc_measure_directions(3, PALETTE_SEED, &d->palette_directions, err);
    if (code)
        return code;
    size_t count = (size_t)d->channels * SC_DESCRIPTOR_COLUMN;
    d->projection = malloc(count * sizeof *d->projection);
    if (!d->projection)
        return sc_fail_memory(err, count * sizeof *d->projection);
    for (size_t i = 0; i < count; i++)
        d->projection[i] = sc_random_normal(COLUMN_SEED, i);
    return SCUMBLE_OK;
}

int sc_describer_create(sc_describer **describer, const sc_encoder *encoder, sc_threads *threads, sc_error *err)
{
    *describer = NULL;
    sc_describer *d = calloc(1, sizeof *d);
    if (!d)
        return sc_fail_memory(err, sizeof *d);
    d->threads = threads;
    int code = sc_device_create_host(&d->device, threads, err);
    d->features = (sc_features){ .encoder = encoder, .device = d->device };
    if (!code)
        code = prepare_descriptor(d, encoder, err);
    if (code)
        sc_describer_free(d);
    else
        *describer = d;
    return code;
}

/* ---- distributions ---- */

/* At most SAMPLE x SAMPLE positions, spread over the map. */
static int sample_positions(const sc_tensor *map, sc_tensor *sample, sc_error *err)
{
    sc_shape s = map->shape;
    int h = s.h < SAMPLE ? s.h : SAMPLE, w = s.w < SAMPLE ? s.w : SAMPLE;
    int code = sc_tensor_create(sample, (sc_shape){ 1, s.c, h, w }, err);
    for (int y = 0; y < h && !code; y++)
        for (int x = 0; x < w; x++)
            memcpy(sample->data + sc_offset(sample->shape, 0, 0, y, x),
                   map->data + sc_offset(s, 0, 0, (2 * y + 1) * s.h / (2 * h), (2 * x + 1) * s.w / (2 * w)),
                   (size_t)s.c * sizeof(float));
    return code;
}

static int quantiles(sc_describer *d, const sc_tensor *sample, const double *directions, sc_quantiles *out,
                     sc_error *err)
{
    sc_measure_slices slices;
    int code = sc_measure_slices_keep(d->threads, sample, directions, SC_DESCRIPTOR_DIRECTIONS, &slices, err);
    if (code)
        return code;
    out->variance = (float)slices.variance;
    for (int direction = 0; direction < SC_DESCRIPTOR_DIRECTIONS; direction++)
        for (int k = 0; k < SC_DESCRIPTOR_QUANTILES; k++) {
            const float *row = slices.sorted + (size_t)direction * slices.positions;
            double at = (k + 0.5) / SC_DESCRIPTOR_QUANTILES * (double)slices.positions - 0.5;
            size_t low = at > 0 ? (size_t)at : 0, high = low + 1 < slices.positions ? low + 1 : low;
            out->values[direction][k] =
                (float)(row[low] + (at > (double)low ? at - (double)low : 0) * ((double)row[high] - row[low]));
        }
    sc_measure_slices_free(&slices);
    return code;
}

/* Mean over the quarters of the distance to the whole. */
static int measure_unevenness(sc_describer *d, const sc_tensor *sample, const double *directions, float *unevenness,
                              sc_error *err)
{
    sc_shape s = sample->shape;
    sc_shape q = { 1, s.c, s.h > 1 ? s.h / 2 : 1, s.w > 1 ? s.w / 2 : 1 };
    sc_measure_slices whole;
    sc_tensor quarter = { 0 };
    double sum = 0, distance = 0;
    int code = sc_measure_slices_keep(d->threads, sample, directions, SC_DESCRIPTOR_DIRECTIONS, &whole, err);
    if (code)
        return code;
    code = sc_tensor_create(&quarter, q, err);
    for (int i = 0; i < 4 && !code; i++) {
        int top = i / 2 * (s.h - q.h), left = i % 2 * (s.w - q.w);
        for (int y = 0; y < q.h; y++)
            memcpy(quarter.data + sc_offset(q, 0, 0, y, 0), sample->data + sc_offset(s, 0, 0, top + y, left),
                   (size_t)q.w * (size_t)q.c * sizeof(float));
        code = sc_measure_slices_distance(d->threads, &quarter, directions, &whole, &distance, err);
        sum += distance / 4;
    }
    *unevenness = (float)sum;
    sc_tensor_free(&quarter);
    sc_measure_slices_free(&whole);
    return code;
}

static int descriptor_describe_layers(sc_describer *d, sc_descriptor *out, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int i = 0; i < LAYERS && !code; i++) {
        sc_tensor sample = { 0 };
        out->energy[i] = (float)sqrt(sc_measure_mean_square(d->threads, &d->features.maps[i]));
        code = sample_positions(&d->features.maps[i], &sample, err);
        if (!code)
            code = quantiles(d, &sample, d->directions[i], &out->layers[i], err);
        if (!code && i == 2)
            code = measure_unevenness(d, &sample, d->directions[i], &out->unevenness, err);
        sc_tensor_free(&sample);
    }
    return code;
}

/* ---- hypercolumns ---- */

/* columns (channels, SC_DESCRIPTOR_POINTS): makes every row's mean 0, and the mean square of all 1. */
static void standardise(double *columns, int channels)
{
    double square = 0;
    for (int k = 0; k < channels; k++) {
        double *row = columns + (size_t)k * SC_DESCRIPTOR_POINTS, mean = 0;
        for (int i = 0; i < SC_DESCRIPTOR_POINTS; i++)
            mean += row[i] / SC_DESCRIPTOR_POINTS;
        for (int i = 0; i < SC_DESCRIPTOR_POINTS; i++) {
            row[i] -= mean;
            square += row[i] * row[i];
        }
    }
    double factor = 1 / sqrt(fmax(square / SC_DESCRIPTOR_POINTS, 1e-20));
    for (size_t i = 0; i < (size_t)channels * SC_DESCRIPTOR_POINTS; i++)
        columns[i] *= factor;
}

static void descriptor_project(const double *columns, int channels, const float *projection, sc_descriptor *out)
{
    for (int i = 0; i < SC_DESCRIPTOR_POINTS; i++) {
        double sums[SC_DESCRIPTOR_COLUMN] = { 0 }, square = 0;
        for (int k = 0; k < channels; k++)
            for (int j = 0; j < SC_DESCRIPTOR_COLUMN; j++)
                sums[j] += columns[(size_t)k * SC_DESCRIPTOR_POINTS + (size_t)i] *
                           projection[(size_t)k * SC_DESCRIPTOR_COLUMN + (size_t)j];
        for (int j = 0; j < SC_DESCRIPTOR_COLUMN; j++)
            square += sums[j] * sums[j];
        for (int j = 0; j < SC_DESCRIPTOR_COLUMN; j++)
            out->columns[i][j] = (float)(sums[j] / sqrt(fmax(square, 1e-20)));
    }
}

static int describe_columns(sc_describer *d, sc_descriptor *out, sc_error *err)
{
    size_t count = (size_t)d->channels * SC_DESCRIPTOR_POINTS;
    double *columns = malloc(count * sizeof *columns), *at = columns;
    if (!columns)
        return sc_fail_memory(err, count * sizeof *columns);
    for (int i = 0; i < LAYERS; i++) {
        const sc_tensor *map = &d->features.maps[i];
        sc_measure_sample(map, SC_DESCRIPTOR_GRID, 1, at);
        standardise(at, map->shape.c);
        at += (size_t)map->shape.c * SC_DESCRIPTOR_POINTS;
    }
    descriptor_project(columns, d->channels, d->projection, out);
    free(columns);
    return SCUMBLE_OK;
}

/* ---- lightness and colour ---- */

/* Half the size, by means of 2 x 2 values, in place. */
static void halve(float *plane, int *width, int *height)
{
    int w = *width / 2, h = *height / 2;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            const float *from = plane + (size_t)(2 * y) * (size_t)*width + 2 * x;
            plane[(size_t)y * (size_t)w + (size_t)x] = (from[0] + from[1] + from[*width] + from[*width + 1]) / 4;
        }
    *width = w;
    *height = h;
}

static void describe_gradient(const float *plane, int width, int height, float *gradient,
                              float orientations[SC_DESCRIPTOR_ORIENTATIONS])
{
    const double half_turn = 3.14159265358979323846;
    double total = 0, bins[SC_DESCRIPTOR_ORIENTATIONS] = { 0 };
    for (int y = 1; y + 1 < height; y++)
        for (int x = 1; x + 1 < width; x++) {
            const float *at = plane + (size_t)y * (size_t)width + x;
            double gx = ((double)at[1] - at[-1]) / 2, gy = ((double)at[width] - at[-width]) / 2,
                   square = gx * gx + gy * gy;
            double angle = atan2(gy, gx) / half_turn * SC_DESCRIPTOR_ORIENTATIONS + 2 * SC_DESCRIPTOR_ORIENTATIONS;
            int low = (int)angle;
            bins[low % SC_DESCRIPTOR_ORIENTATIONS] += square * (1 - (angle - low));
            bins[(low + 1) % SC_DESCRIPTOR_ORIENTATIONS] += square * (angle - low);
            total += square;
        }
    double count = fmax((double)(width - 2) * (height - 2), 1);
    *gradient = (float)sqrt(total / count);
    for (int i = 0; i < SC_DESCRIPTOR_ORIENTATIONS; i++)
        orientations[i] = (float)(total > 1e-12 * count ? bins[i] / total : 1.0 / SC_DESCRIPTOR_ORIENTATIONS);
}

static int describe_palette(sc_describer *d, const sc_image *image, const sc_lab *lab, sc_descriptor *out,
                            sc_error *err)
{
    sc_tensor colours;
    int code = sc_tensor_create(&colours, (sc_shape){ 1, 3, lab->height, lab->width }, err);
    if (code)
        return code;
    double mean = 0, square = 0, chroma = 0;
    for (size_t i = 0; i < sc_lab_count(lab); i++)
        for (int k = 0; k < 3; k++)
            colours.data[3 * i + (size_t)k] = lab->plane[k][i];
    sc_visible_only(&colours, image);
    size_t count = (size_t)colours.shape.h * (size_t)colours.shape.w;
    for (size_t i = 0; i < count; i++) {
        const float *at = colours.data + 3 * i;
        mean += at[0] / (double)count;
        square += (double)at[0] * at[0] / (double)count;
        chroma += hypot(at[1], at[2]) / (double)count;
    }
    out->lightness_spread = (float)sqrt(fmax(square - mean * mean, 0));
    out->chroma = (float)chroma;
    sc_tensor sample = { 0 };
    code = sample_positions(&colours, &sample, err);
    if (!code)
        code = quantiles(d, &sample, d->palette_directions, &out->palette, err);
    sc_tensor_free(&sample);
    sc_tensor_free(&colours);
    return code;
}

static int describe_pixels(sc_describer *d, const sc_image *image, sc_descriptor *out, sc_error *err)
{
    sc_lab lab;
    int code = sc_lab_from_image(d->threads, image, &lab, err);
    if (code)
        return code;
    code = describe_palette(d, image, &lab, out, err);
    int width = lab.width, height = lab.height;
    for (int level = 0; level < SC_DESCRIPTOR_LEVELS; level++) {
        describe_gradient(lab.plane[0], width, height, &out->gradient[level], out->orientations[level]);
        halve(lab.plane[0], &width, &height);
    }
    sc_lab_free(&lab);
    return code;
}

/* ---- a picture ---- */

int sc_describe(sc_describer *d, const sc_image *image, int long_edge, sc_descriptor *descriptor, sc_error *err)
{
    int longer = image->width > image->height ? image->width : image->height;
    double scale = longer > long_edge ? (double)long_edge / longer : 1;
    int width = (int)round(image->width * scale), height = (int)round(image->height * scale);
    sc_image small;
    if (sc_image_is_invisible(image))
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "the picture is wholly transparent: there is nothing in it to be matched");
    int code = sc_image_resize(d->threads, image, width < SC_DESCRIPTOR_LEAST ? SC_DESCRIPTOR_LEAST : width,
                               height < SC_DESCRIPTOR_LEAST ? SC_DESCRIPTOR_LEAST : height, &small, err);
    if (code)
        return code;
    *descriptor = (sc_descriptor){ 0 };
    code = sc_features_look(&d->features, &small, err);
    if (!code)
        code = describe_columns(d, descriptor, err);
    sc_features_forget_hidden(&d->features, &small);
    if (!code)
        code = descriptor_describe_layers(d, descriptor, err);
    if (!code)
        code = describe_pixels(d, &small, descriptor, err);
    sc_image_free(&small);
    return code;
}
