/* SPDX-License-Identifier: MIT */
/* Masks as weights of positions. See region.h. */
#include "loss/region.h"

#include <math.h>

#include "core/rng.h"

/* Mean over the cell [y0, y1) x [x0, x1), in pixels and parts of pixels. */
static double cell_mean(const sc_tensor *region, double y0, double y1, double x0, double x1)
{
    int height = region->shape.h, width = region->shape.w;
    double sum = 0, area = 0;
    for (int y = (int)y0; y < height && y < y1; y++) {
        double rows = fmin(y + 1, y1) - fmax(y, y0);
        for (int x = (int)x0; x < width && x < x1; x++) {
            double part = rows * (fmin(x + 1, x1) - fmax(x, x0));
            sum += part * region->data[(size_t)y * (size_t)width + (size_t)x];
            area += part;
        }
    }
    return area > 0 ? sum / area : 0;
}

/* A part of a grid, taken row by row. */
typedef struct resizing {
    const sc_tensor *region;
    double rows, columns; /* of the region, in a cell */
    sc_rect part;
    double by; /* it is divided by this */
    float *to;
} resizing;

static int resize_row(void *argument, int row, int thread)
{
    (void)thread;
    const resizing *r = argument;
    float *to = r->to + (size_t)row * (size_t)r->part.width;
    int y = r->part.top + row;
    for (int i = 0; i < r->part.width; i++) {
        int x = r->part.left + i;
        to[i] =
            (float)(cell_mean(r->region, y * r->rows, (y + 1) * r->rows, x * r->columns, (x + 1) * r->columns) / r->by);
    }
    return SCUMBLE_OK;
}

/* The part of a grid of height x width, divided by `by`. */
static int resize_part(sc_threads *threads, sc_tensor *to, const sc_tensor *region, int height, int width, sc_rect part,
                       double by, sc_error *err)
{
    int code = sc_tensor_create(to, (sc_shape){ 1, 1, part.height, part.width }, err);
    if (code)
        return code;
    resizing r = { .region = region,
                   .rows = (double)region->shape.h / height,
                   .columns = (double)region->shape.w / width,
                   .part = part,
                   .by = by,
                   .to = to->data };
    sc_threads_run(threads, part.height, resize_row, &r);
    code = sc_threads_check(threads, err);
    if (code)
        sc_tensor_free(to);
    return code;
}

int sc_region_resize(sc_threads *threads, sc_tensor *to, const sc_tensor *region, int height, int width, sc_error *err)
{
    return resize_part(threads, to, region, height, width, (sc_rect){ 0, 0, height, width }, 1, err);
}

/* What the lightness of a mask is taken from and written to. */
typedef struct lightening {
    const sc_image *mask;
    float *to;
} lightening;

static int take_row(void *argument, int row, int thread)
{
    (void)thread;
    const lightening *l = argument;
    size_t width = (size_t)l->mask->width, first = (size_t)row * width;
    for (size_t i = first; i < first + width; i++) {
        const float *p = l->mask->rgb + 3 * i;
        float value = (0.299f * p[0] + 0.587f * p[1] + 0.114f * p[2]) * (l->mask->alpha ? l->mask->alpha[i] : 1);
        l->to[i] = value < 0 ? 0 : value > 1 ? 1 : value;
    }
    return SCUMBLE_OK;
}

int sc_region_from_image(sc_threads *threads, sc_tensor *region, const sc_image *mask, int height, int width,
                         sc_error *err)
{
    sc_tensor own;
    int code = sc_tensor_create(&own, (sc_shape){ 1, 1, mask->height, mask->width }, err);
    if (code)
        return code;
    sc_threads_run(threads, mask->height, take_row, &(lightening){ mask, own.data });
    code = sc_region_resize(threads, region, &own, height, width, err);
    sc_tensor_free(&own);
    return code;
}

void sc_region_draw(const sc_tensor *weights, size_t n, uint64_t seed, float *positions)
{
    size_t count = sc_shape_count(weights->shape), width = (size_t)weights->shape.w;
    double total = 0, sum = 0;
    for (size_t i = 0; i < count; i++)
        total += weights->data[i];
    for (size_t i = 0, k = 0; i < count && k < n; i++) {
        sum += weights->data[i];
        for (; k < n && (sum * (double)n > ((double)k + (double)sc_random_uniform(seed, k)) * total || i + 1 == count);
             k++) {
            positions[2 * k] = (float)(i / width);
            positions[2 * k + 1] = (float)(i % width);
        }
    }
}

double sc_region_share(const sc_tensor *region)
{
    size_t count = sc_shape_count(region->shape);
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += region->data[i];
    return sum / (double)count;
}

int sc_region_weights(sc_tensor *weights, const sc_tensor *region, double mean, int height, int width, sc_rect part,
                      sc_error *err)
{
    return resize_part(NULL, weights, region, height, width, part, mean > 0 ? mean : 1, err);
}
