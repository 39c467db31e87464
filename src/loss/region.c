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

/* The part of a grid of height x width, divided by `by`. */
static int resize_part(sc_tensor *to, const sc_tensor *region, int height, int width, sc_rect part, double by,
                       sc_error *err)
{
    int code = sc_tensor_create(to, (sc_shape){ 1, 1, part.height, part.width }, err);
    if (code)
        return code;
    double rows = (double)region->shape.h / height, columns = (double)region->shape.w / width;
    float *value = to->data;
    for (int y = part.top; y < part.top + part.height; y++)
        for (int x = part.left; x < part.left + part.width; x++)
            *value++ = (float)(cell_mean(region, y * rows, (y + 1) * rows, x * columns, (x + 1) * columns) / by);
    return SCUMBLE_OK;
}

int sc_region_resize(sc_tensor *to, const sc_tensor *region, int height, int width, sc_error *err)
{
    return resize_part(to, region, height, width, (sc_rect){ 0, 0, height, width }, 1, err);
}

int sc_region_from_image(sc_tensor *region, const sc_image *mask, int height, int width, sc_error *err)
{
    sc_tensor own;
    int code = sc_tensor_create(&own, (sc_shape){ 1, 1, mask->height, mask->width }, err);
    if (code)
        return code;
    for (size_t i = 0; i < sc_shape_count(own.shape); i++) {
        const float *p = mask->rgb + 3 * i;
        float value = (0.299f * p[0] + 0.587f * p[1] + 0.114f * p[2]) * (mask->alpha ? mask->alpha[i] : 1);
        own.data[i] = value < 0 ? 0 : value > 1 ? 1 : value;
    }
    code = sc_region_resize(region, &own, height, width, err);
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
    return resize_part(weights, region, height, width, part, mean > 0 ? mean : 1, err);
}
