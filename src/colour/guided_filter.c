/* SPDX-License-Identifier: MIT */
/* The guided filter by box sums. See guided_filter.h. */
#include "colour/guided_filter.h"

#include <stdlib.h>
#include <string.h>

#include "media/box_filter.h"
#include "tensor/tensor.h"

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
    sc_box_filter(f->threads, plane, f->rows, f->width, f->height, f->radius, f->wrap);
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
