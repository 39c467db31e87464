/* SPDX-License-Identifier: MIT */
/* Lightness and half the colour. See subsampled.h. */
#include "optimise/subsampled.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "optimise/halving.h"
#include "tensor/tensor.h"

static const float colour_scale = 0.5f; /* so that a step of c moves rgb about as far as one of m */

struct sc_subsampled {
    sc_threads *threads; /* borrowed */
    int width, height, colour_width, colour_height;
    bool grey;
    sc_halving halving;
    float *scratch; /* of sc_resample */
};

void sc_subsampled_colour_size(int width, int height, int *colour_width, int *colour_height)
{
    *colour_width = sc_half(width);
    *colour_height = sc_half(height);
}

static size_t subsampled_pixels(int width, int height)
{
    return (size_t)width * (size_t)height;
}

static size_t subsampled_colours(int width, int height)
{
    return 3 * subsampled_pixels(sc_half(width), sc_half(height));
}

size_t sc_subsampled_count(int width, int height, bool grey)
{
    return subsampled_pixels(width, height) + (grey ? 0 : subsampled_colours(width, height));
}

size_t sc_subsampled_bytes(int width, int height, bool grey, int threads)
{
    size_t colour = sc_resample_scratch(width, threads) * sizeof(float) + sc_halving_bytes(width, height);
    return sizeof(sc_subsampled) + (grey ? 0 : colour);
}

int sc_subsampled_create(sc_subsampled **subsampled, int width, int height, bool grey, bool wrap, sc_threads *threads,
                         sc_error *err)
{
    *subsampled = NULL;
    if (!sc_shape_valid((sc_shape){ 1, 3, height, width }))
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "a picture of %d x %d pixels cannot be painted: each edge must be at least 1, and the area not "
                       "absurd",
                       width, height);
    sc_subsampled *s = calloc(1, sizeof *s);
    if (!s)
        return sc_fail_memory(err, sizeof *s);
    *s = (sc_subsampled){ .threads = threads, .width = width, .height = height, .grey = grey };
    sc_subsampled_colour_size(width, height, &s->colour_width, &s->colour_height);
    int code = grey ? SCUMBLE_OK : sc_halving_create(&s->halving, width, height, wrap, err);
    if (!code && !grey) {
        s->scratch = sc_big_alloc(sc_resample_scratch(width, sc_threads_count(threads)) * sizeof(float), err);
        code = s->scratch ? SCUMBLE_OK : err->code;
    }
    if (code) {
        sc_subsampled_free(s);
        return code;
    }
    *subsampled = s;
    return SCUMBLE_OK;
}

void sc_subsampled_free(sc_subsampled *s)
{
    if (!s)
        return;
    sc_halving_free(&s->halving);
    sc_big_free(s->scratch);
    free(s);
}

/* ---- pixels ----------------------------------------------------------------------------------------------------- */

typedef struct pixels {
    float *lightness, *rgb;
    const float *from;
} pixels;

/* m = (r + g + b) / sqrt(3), which is also the adjoint of m / sqrt(3) in every channel. */
static void gather_lightness(void *argument, size_t begin, size_t end)
{
    const pixels *p = argument;
    const float share = 1 / sqrtf(3);
    for (size_t i = begin; i < end; i++)
        p->lightness[i] = (p->from[3 * i] + p->from[3 * i + 1] + p->from[3 * i + 2]) * share;
}

static void add_lightness(void *argument, size_t begin, size_t end)
{
    const pixels *p = argument;
    const float share = 1 / sqrtf(3);
    for (size_t i = begin; i < end; i++)
        for (size_t c = 0; c < 3; c++)
            p->rgb[3 * i + c] += p->from[i] * share;
}

static void spread_lightness(void *argument, size_t begin, size_t end)
{
    const pixels *p = argument;
    const float share = 1 / sqrtf(3);
    for (size_t i = begin; i < end; i++)
        p->rgb[3 * i] = p->rgb[3 * i + 1] = p->rgb[3 * i + 2] = p->from[i] * share;
}

static void subtract_mean(void *argument, size_t begin, size_t end)
{
    const pixels *p = argument;
    for (size_t i = begin; i < end; i++) {
        float *rgb = p->rgb + 3 * i, mean = (rgb[0] + rgb[1] + rgb[2]) / 3;
        for (size_t c = 0; c < 3; c++)
            rgb[c] -= mean;
    }
}

/* m by its adjoint, c by taps and without its mean: from a picture, and from a gradient. */
static void take_apart(const sc_subsampled *s, const sc_taps taps[2], float scale, const float *rgb, float *values)
{
    pixels fine = { .lightness = values, .from = rgb };
    sc_threads_blocks(s->threads, subsampled_pixels(s->width, s->height), gather_lightness, &fine);
    if (s->grey)
        return;
    pixels coarse = { .rgb = values + subsampled_pixels(s->width, s->height) };
    sc_halving_resample(s->threads, taps, s->scratch, rgb, NULL, scale, coarse.rgb);
    sc_threads_blocks(s->threads, subsampled_pixels(s->colour_width, s->colour_height), subtract_mean, &coarse);
}

void sc_subsampled_split(const sc_subsampled *s, const float *rgb, float *values)
{
    take_apart(s, s->halving.down, 1 / colour_scale, rgb, values);
}

void sc_subsampled_pull_back(const sc_subsampled *s, const float *rgb_gradient, float *gradient)
{
    take_apart(s, s->halving.gather, colour_scale, rgb_gradient, gradient);
}

void sc_subsampled_join(const sc_subsampled *s, const float *values, float *rgb)
{
    size_t count = subsampled_pixels(s->width, s->height);
    pixels fine = { .rgb = rgb, .from = values };
    if (!s->grey)
        sc_halving_resample(s->threads, s->halving.up, s->scratch, values + count, NULL, colour_scale, rgb);
    sc_threads_blocks(s->threads, count, s->grey ? spread_lightness : add_lightness, &fine);
}
