/* SPDX-License-Identifier: MIT */
/* Resampling of pictures, separable: rows first (width), then columns (height).
 *
 * Each output value is sum_i k((i + 1/2) / s - centre / s) p_i / sum_i k(...), i over the source positions under the
 * kernel, where s = max(1, source extent / output extent) widens the kernel when shrinking (this is what antialiases),
 * and kernels that reach over the edge are cut there and renormalised, or go on at the opposite edge of a picture that
 * repeats. Lanczos 3 when shrinking, Catmull-Rom cubic when enlarging. Weights are computed per output position in
 * double, so that the result is the same at any number of threads and symmetric under mirroring up to rounding;
 * libvips' own resize has neither property (positions are accumulated per tile and rounded to 1/64 pixel). With alpha,
 * colours are weighted by it, and what is transparent is filled anew (image_alpha.h). */
#include "media/image_alpha.h"
#include "media/image_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/threads.h"
#include "tensor/tensor.h"

#define ROWS_PER_PART 16

/* For each output position: `count` weights from source position `first`, which go on at 0 after the last one. */
typedef struct taps {
    int most; /* row length of weights */
    int *first, *count;
    float *weights; /* (out, most) */
} taps;

static double lanczos3(double x)
{
    const double pi = 3.14159265358979323846;
    x = fabs(x);
    if (x >= 3)
        return 0;
    return x < 1e-8 ? 1 : 3 * sin(pi * x) * sin(pi * x / 3) / (pi * pi * x * x);
}

/* Keys 1981 with a = -1/2. */
static double cubic(double x)
{
    x = fabs(x);
    return x >= 2 ? 0 : x < 1 ? (1.5 * x - 2.5) * x * x + 1 : ((-0.5 * x + 2.5) * x - 4) * x + 2;
}

static void taps_free(taps *t)
{
    free(t->first);
    free(t->count);
    free(t->weights);
}

/* One row of weights; returns how many, and where it starts. */
static int fill_taps(float *weights, int *first, int in, int out, bool wrap, int position)
{
    double ratio = (double)in / out, stretch = ratio > 1 ? ratio : 1;
    double (*kernel)(double) = in == out ? NULL : ratio > 1 ? lanczos3 : cubic;
    if (!kernel) {
        *first = position;
        weights[0] = 1;
        return 1;
    }
    double support = (ratio > 1 ? 3 : 2) * stretch, centre = (position + 0.5) * ratio;
    int begin = (int)floor(centre - support), end = (int)ceil(centre + support);
    if (!wrap) {
        begin = begin > 0 ? begin : 0;
        end = end < in ? end : in;
    }
    int count =
        end - begin < in ? end - begin : in; /* a kernel wider than a repeating picture meets its pixels again */
    double sum = 0;
    for (int i = begin; i < end; i++)
        sum += kernel((i + 0.5 - centre) / stretch);
    memset(weights, 0, (size_t)count * sizeof *weights);
    for (int i = begin; i < end; i++)
        weights[(i - begin) % in] += (float)(kernel((i + 0.5 - centre) / stretch) / sum);
    *first = (begin % in + in) % in;
    return count;
}

static int taps_create(taps *t, int in, int out, bool wrap, sc_error *err)
{
    double stretch = fmax(1, (double)in / out);
    int most = (int)(2 * 3 * stretch) + 3;
    *t = (taps){ .most = most < in ? most : in };
    size_t bytes = (size_t)out * (size_t)t->most * sizeof(float);
    t->first = malloc((size_t)out * sizeof *t->first);
    t->count = malloc((size_t)out * sizeof *t->count);
    t->weights = malloc(bytes);
    if (!t->first || !t->count || !t->weights) {
        taps_free(t);
        *t = (taps){ 0 };
        return sc_fail_memory(err, bytes);
    }
    for (int i = 0; i < out; i++)
        t->count[i] = fill_taps(t->weights + (size_t)i * (size_t)t->most, &t->first[i], in, out, wrap, i);
    return SCUMBLE_OK;
}

typedef struct resize_job {
    const sc_image *in;
    sc_image *out;
    int channels; /* 3, or 4 with alpha; colours are premultiplied then */
    bool wrap;
    bool unbounded; /* values are not clamped to 0..1 */
    taps across, down;
    float *middle;  /* (in->height, out->width, channels) */
    float *scratch; /* a source row, then an output row, per thread */
    size_t scratch_floats;
} resize_job;

static int rows_of_part(int part, int rows, int *first)
{
    *first = part * ROWS_PER_PART;
    return *first + ROWS_PER_PART < rows ? *first + ROWS_PER_PART : rows;
}

static void premultiply_row(const sc_image *in, int y, float *row)
{
    const float *rgb = in->rgb + (size_t)y * (size_t)in->width * 3, *alpha = in->alpha + (size_t)y * (size_t)in->width;
    for (int x = 0; x < in->width; x++) {
        for (int c = 0; c < 3; c++)
            row[4 * x + c] = rgb[3 * x + c] * alpha[x];
        row[4 * x + 3] = alpha[x];
    }
}

static int resize_rows(void *argument, int part, int thread)
{
    const resize_job *job = argument;
    const int width = job->out->width;
    const size_t channels = (size_t)job->channels;
    float *scratch = job->scratch + (size_t)thread * job->scratch_floats;
    int first, end = rows_of_part(part, job->in->height, &first);
    for (int y = first; y < end; y++) {
        const float *row = job->in->rgb + (size_t)y * (size_t)job->in->width * 3;
        float *to = job->middle + (size_t)y * (size_t)width * channels;
        if (channels == 4) {
            premultiply_row(job->in, y, scratch);
            row = scratch;
        }
        for (int x = 0; x < width; x++, to += channels) {
            const float *from = row + (size_t)job->across.first[x] * channels;
            const float *weight = job->across.weights + (size_t)x * (size_t)job->across.most;
            const int before_end = job->in->width - job->across.first[x];
            float sum[4] = { 0 };
            for (int i = 0; i < job->across.count[x]; i++, from += channels) {
                if (i == before_end)
                    from = row;
                for (size_t c = 0; c < channels; c++)
                    sum[c] += weight[i] * from[c];
            }
            memcpy(to, sum, channels * sizeof *to);
        }
    }
    return SCUMBLE_OK;
}

static float clamp01(float v)
{
    return v > 0 ? (v < 1 ? v : 1) : 0;
}

static float bounded(const resize_job *job, float v)
{
    return job->unbounded ? v : clamp01(v);
}

static void image_resize_store_row(const resize_job *job, int y, const float *row)
{
    const sc_image *out = job->out;
    float *rgb = out->rgb + (size_t)y * (size_t)out->width * 3;
    if (job->channels == 3) {
        for (int i = 0; i < 3 * out->width; i++)
            rgb[i] = bounded(job, row[i]);
        return;
    }
    float *alpha = out->alpha + (size_t)y * (size_t)out->width;
    for (int x = 0; x < out->width; x++) {
        float a = row[4 * x + 3];
        for (int c = 0; c < 3; c++)
            rgb[3 * x + c] = a > 1e-6f ? bounded(job, row[4 * x + c] / a) : 0;
        alpha[x] = clamp01(a);
    }
}

static int resize_columns(void *argument, int part, int thread)
{
    const resize_job *job = argument;
    const size_t length = (size_t)job->out->width * (size_t)job->channels;
    float *row = job->scratch + (size_t)thread * job->scratch_floats;
    int first, end = rows_of_part(part, job->out->height, &first);
    for (int y = first; y < end; y++) {
        const float *weight = job->down.weights + (size_t)y * (size_t)job->down.most;
        memset(row, 0, length * sizeof *row);
        for (int i = 0; i < job->down.count[y]; i++) {
            const float *from = job->middle + (size_t)((job->down.first[y] + i) % job->in->height) * length;
            for (size_t k = 0; k < length; k++)
                row[k] += weight[i] * from[k];
        }
        image_resize_store_row(job, y, row);
    }
    return SCUMBLE_OK;
}

static int parts_of(int rows)
{
    return (rows + ROWS_PER_PART - 1) / ROWS_PER_PART;
}

static int run_resize(resize_job *job, sc_threads *threads, sc_error *err)
{
    const sc_image *in = job->in, *out = job->out;
    size_t channels = (size_t)job->channels, middle_floats = (size_t)in->height * (size_t)out->width * channels;
    job->scratch_floats = (size_t)(in->width > out->width ? in->width : out->width) * channels;
    size_t scratch_floats = job->scratch_floats * (size_t)sc_threads_count(threads);
    job->middle = sc_big_alloc(middle_floats * sizeof(float), err);
    job->scratch = job->middle ? sc_big_alloc(scratch_floats * sizeof(float), err) : NULL;
    int code = job->scratch ? SCUMBLE_OK : err->code;
    if (!code)
        code = taps_create(&job->across, in->width, out->width, job->wrap, err);
    if (!code)
        code = taps_create(&job->down, in->height, out->height, job->wrap, err);
    if (!code) {
        sc_threads_run(threads, parts_of(in->height), resize_rows, job);
        sc_threads_run(threads, parts_of(out->height), resize_columns, job);
        code = sc_threads_check(threads, err);
    }
    taps_free(&job->across);
    taps_free(&job->down);
    sc_big_free(job->middle);
    sc_big_free(job->scratch);
    return code;
}

/* bits, icc, recipe, rights, light and details. */
static int inherit(const sc_image *in, sc_image *out, sc_error *err)
{
    out->bits = in->bits;
    out->light = sc_light_share(in->light);
    if (in->icc && !(out->icc = malloc(in->icc_bytes)))
        return sc_fail_memory(err, in->icc_bytes);
    if (in->icc)
        memcpy(out->icc, in->icc, in->icc_bytes);
    out->icc_bytes = in->icc_bytes;
    if (in->recipe && !(out->recipe = strdup(in->recipe)))
        return sc_fail_memory(err, strlen(in->recipe));
    if (in->rights && !(out->rights = malloc(sizeof *out->rights)))
        return sc_fail_memory(err, sizeof *out->rights);
    if (in->rights)
        *out->rights = *in->rights;
    return sc_image_copy_details(in, out, err);
}

/* What is beyond sRGB. */
static int resize_beyond(const resize_job *colours, sc_threads *threads, sc_error *err)
{
    sc_image from = *colours->in, to = *colours->out;
    from.rgb = from.beyond;
    to.rgb = colours->out->beyond;
    resize_job job = {
        .in = &from, .out = &to, .channels = colours->channels, .wrap = colours->wrap, .unbounded = true
    };
    return run_resize(&job, threads, err);
}

static int image_resize(sc_threads *threads, const sc_image *image, int width, int height, bool wrap, sc_image *out,
                        sc_error *err)
{
    *out = (sc_image){ 0 };
    int code = sc_image_create(out, width, height, image->alpha != NULL, err);
    if (!code)
        code = inherit(image, out, err);
    if (!code && image->beyond &&
        !(out->beyond = sc_big_alloc((size_t)width * (size_t)height * 3 * sizeof *out->beyond, err)))
        code = err->code;
    if (!code && width == image->width && height == image->height) {
        code = sc_image_copy_pixels(threads, image, out, err);
        if (code)
            sc_image_free(out);
        return code;
    }
    if (!code) {
        resize_job job = { .in = image, .out = out, .channels = image->alpha ? 4 : 3, .wrap = wrap };
        code = run_resize(&job, threads, err);
        if (!code && image->beyond)
            code = resize_beyond(&job, threads, err);
    }
    if (!code)
        code = sc_image_fill_hidden(threads, out, err);
    if (code)
        sc_image_free(out);
    return code;
}

int sc_image_resize(sc_threads *threads, const sc_image *image, int width, int height, sc_image *out, sc_error *err)
{
    return image_resize(threads, image, width, height, false, out, err);
}

int sc_image_resize_tile(sc_threads *threads, const sc_image *image, int width, int height, sc_image *out,
                         sc_error *err)
{
    return image_resize(threads, image, width, height, true, out, err);
}
