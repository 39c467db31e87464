/* SPDX-License-Identifier: MIT */
/* The guided filter by box sums. See guided_filter.h. */
#include "colour/guided_filter.h"

#include <stdlib.h>
#include <string.h>

#include "tensor/tensor.h"

enum { ROWS = 16, COLUMNS = 64 };

typedef struct box_job {
    const float *in;
    float *out;
    int width, height, radius;
    bool wrap;
} box_job;

/* The position that stands for i, or -1 for none. */
static int position(int i, int length, bool wrap)
{
    if (i >= 0 && i < length)
        return i;
    return wrap ? (i % length + length) % length : -1;
}

/* How many of i - radius .. i + radius there are. */
static int window(int i, int length, int radius, bool wrap)
{
    int begin = i - radius < 0 ? 0 : i - radius, end = i + radius + 1 > length ? length : i + radius + 1;
    return wrap ? 2 * radius + 1 : end - begin;
}

static void box_row(const float *in, float *out, int length, int radius, bool wrap)
{
    double sum = 0;
    for (int i = -radius; i < radius; i++) {
        int p = position(i, length, wrap);
        sum += p >= 0 ? in[p] : 0;
    }
    for (int i = 0; i < length; i++) {
        int enter = position(i + radius, length, wrap), leave = position(i - radius, length, wrap);
        sum += enter >= 0 ? in[enter] : 0;
        out[i] = (float)(sum / window(i, length, radius, wrap));
        sum -= leave >= 0 ? in[leave] : 0;
    }
}

static int box_rows(void *argument, int part, int thread)
{
    (void)thread;
    const box_job *j = argument;
    for (int y = part * ROWS; y < (part + 1) * ROWS && y < j->height; y++)
        box_row(j->in + (size_t)y * (size_t)j->width, j->out + (size_t)y * (size_t)j->width, j->width, j->radius,
                j->wrap);
    return 0;
}

/* sum += sign * row y of the strip */
static void guided_filter_add_row(double *sum, const box_job *j, int y, int x, int count, double sign)
{
    int p = position(y, j->height, j->wrap);
    if (p < 0)
        return;
    const float *in = j->in + (size_t)p * (size_t)j->width + x;
    for (int i = 0; i < count; i++)
        sum[i] += sign * in[i];
}

static int box_columns(void *argument, int part, int thread)
{
    (void)thread;
    const box_job *j = argument;
    int x = part * COLUMNS, count = j->width - x < COLUMNS ? j->width - x : COLUMNS;
    double sum[COLUMNS] = { 0 };
    for (int y = -j->radius; y < j->radius; y++)
        guided_filter_add_row(sum, j, y, x, count, 1);
    for (int y = 0; y < j->height; y++) {
        guided_filter_add_row(sum, j, y + j->radius, x, count, 1);
        float *out = j->out + (size_t)y * (size_t)j->width + x;
        double scale = 1.0 / window(y, j->height, j->radius, j->wrap);
        for (int i = 0; i < count; i++)
            out[i] = (float)(scale * sum[i]);
        guided_filter_add_row(sum, j, y - j->radius, x, count, -1);
    }
    return 0;
}

typedef struct filter {
    sc_threads *threads;
    int width, height, radius;
    float eps;
    bool wrap;
    const float *guide;
    float *plane;                 /* that is being filtered */
    float *mean, *variance;       /* of the guide, per window */
    float *slope, *offset, *rows; /* scratch */
} filter;

/* plane = its mean over each window. */
static void box(const filter *f, float *plane)
{
    box_job j = { plane, f->rows, f->width, f->height, 0, f->wrap };
    /* No window is larger than the picture. */
    int across = (f->width - 1) / 2, down = (f->height - 1) / 2;
    j.radius = f->radius < across || !f->wrap ? f->radius : across;
    sc_threads_run(f->threads, (f->height + ROWS - 1) / ROWS, box_rows, &j);
    j.in = f->rows;
    j.out = plane;
    j.radius = f->radius < down || !f->wrap ? f->radius : down;
    sc_threads_run(f->threads, (f->width + COLUMNS - 1) / COLUMNS, box_columns, &j);
}

static void start_guide(void *argument, size_t begin, size_t end)
{
    const filter *f = argument;
    for (size_t i = begin; i < end; i++) {
        f->mean[i] = f->guide[i];
        f->variance[i] = f->guide[i] * f->guide[i];
    }
}

static void centre_variance(void *argument, size_t begin, size_t end)
{
    const filter *f = argument;
    for (size_t i = begin; i < end; i++)
        f->variance[i] -= f->mean[i] * f->mean[i];
}

static void filter_guide(filter *f, size_t count)
{
    sc_threads_blocks(f->threads, count, start_guide, f);
    box(f, f->mean);
    box(f, f->variance);
    sc_threads_blocks(f->threads, count, centre_variance, f);
}

static void start_plane(void *argument, size_t begin, size_t end)
{
    const filter *f = argument;
    for (size_t i = begin; i < end; i++) {
        f->slope[i] = f->guide[i] * f->plane[i];
        f->offset[i] = f->plane[i];
    }
}

static void fit_line(void *argument, size_t begin, size_t end)
{
    const filter *f = argument;
    for (size_t i = begin; i < end; i++) {
        float covariance = f->slope[i] - f->mean[i] * f->offset[i];
        float variance = f->variance[i] > 0 ? f->variance[i] : 0;
        f->slope[i] = covariance / (variance + f->eps);
        f->offset[i] -= f->slope[i] * f->mean[i];
    }
}

static void guided_filter_draw_line(void *argument, size_t begin, size_t end)
{
    const filter *f = argument;
    for (size_t i = begin; i < end; i++)
        f->plane[i] = f->slope[i] * f->guide[i] + f->offset[i];
}

static void filter_plane(filter *f, float *plane, size_t count)
{
    f->plane = plane;
    sc_threads_blocks(f->threads, count, start_plane, f);
    box(f, f->slope);
    box(f, f->offset);
    sc_threads_blocks(f->threads, count, fit_line, f);
    box(f, f->slope);
    box(f, f->offset);
    sc_threads_blocks(f->threads, count, guided_filter_draw_line, f);
}

int sc_guided_filter(sc_threads *threads, const float *guide, float *const *planes, int count, int width, int height,
                     int radius, float eps, bool wrap, sc_error *err)
{
    size_t pixels = (size_t)width * (size_t)height;
    float *scratch = sc_big_alloc(5 * pixels * sizeof(float), err);
    if (!scratch)
        return err->code;
    filter f = {
        .threads = threads, .width = width, .height = height, .radius = radius, .eps = eps, .wrap = wrap, .guide = guide
    };
    f.mean = scratch;
    f.variance = scratch + pixels;
    f.slope = scratch + 2 * pixels;
    f.offset = scratch + 3 * pixels;
    f.rows = scratch + 4 * pixels;
    filter_guide(&f, pixels);
    for (int i = 0; i < count; i++)
        filter_plane(&f, planes[i], pixels);
    sc_big_free(scratch);
    return sc_threads_check(threads, err);
}
