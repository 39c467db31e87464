/* SPDX-License-Identifier: MIT */
/* Tables of taps, and what applies them: rows first into one row of scratch a thread, then that row's columns. See
 * resample.h. */
#include "tensor/resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tensor/tensor.h"

enum { PART_VALUES = 1 << 14 }; /* values of a result that one part makes, about */

static int resample_create(sc_taps *taps, int inputs, int outputs, int width, sc_error *err)
{
    size_t count = (size_t)outputs * (size_t)width;
    *taps = (sc_taps){ .inputs = inputs, .outputs = outputs, .width = width };
    taps->index = calloc(count, sizeof *taps->index);
    taps->weight = calloc(count, sizeof *taps->weight);
    if (taps->index && taps->weight)
        return SCUMBLE_OK;
    sc_taps_free(taps);
    return sc_fail_memory(err, count * (sizeof *taps->index + sizeof *taps->weight));
}

void sc_taps_free(sc_taps *taps)
{
    free(taps->index);
    free(taps->weight);
    *taps = (sc_taps){ 0 };
}

static int inside(int i, int count, bool wrap)
{
    if (wrap)
        return (i % count + count) % count;
    return i < 0 ? 0 : i < count ? i : count - 1;
}

int sc_taps_bilinear(sc_taps *taps, int inputs, int outputs, bool wrap, sc_error *err)
{
    int code = resample_create(taps, inputs, outputs, 2, err);
    for (int o = 0; o < outputs && !code; o++) {
        double position = (o + 0.5) * inputs / outputs - 0.5, before = floor(position);
        int *index = taps->index + 2 * (size_t)o;
        float *weight = taps->weight + 2 * (size_t)o;
        index[0] = inside((int)before, inputs, wrap);
        index[1] = inside((int)before + 1, inputs, wrap);
        weight[1] = index[0] == index[1] ? 0 : (float)(position - before); /* at a border: 1 and 0, exactly */
        weight[0] = 1 - weight[1];
    }
    return code;
}

int sc_taps_transpose(sc_taps *taps, const sc_taps *of, sc_error *err)
{
    *taps = (sc_taps){ 0 };
    int *used = calloc((size_t)of->inputs, sizeof *used);
    if (!used)
        return sc_fail_memory(err, (size_t)of->inputs * sizeof *used);
    size_t count = (size_t)of->outputs * (size_t)of->width;
    int width = 1;
    for (size_t i = 0; i < count; i++)
        if (of->weight[i] != 0 && ++used[of->index[i]] > width)
            width = used[of->index[i]];
    int code = resample_create(taps, of->outputs, of->inputs, width, err);
    memset(used, 0, (size_t)of->inputs * sizeof *used);
    for (size_t i = 0; i < count && !code; i++) /* by rising output: the order in which a gradient is added up */
        if (of->weight[i] != 0) {
            size_t at = (size_t)of->index[i] * (size_t)width + (size_t)used[of->index[i]]++;
            taps->index[at] = (int)(i / (size_t)of->width);
            taps->weight[at] = of->weight[i];
        }
    free(used);
    return code;
}

/* Rows of scratch on cache lines of their own; 4 floats more than needed, for loads of whole vectors. */
static size_t scratch_stride(int width)
{
    return ((size_t)width * 3 + 4 + 15) / 16 * 16;
}

size_t sc_resample_scratch(int width, int threads)
{
    return scratch_stride(width) * (size_t)threads;
}

typedef struct job {
    const sc_resampling *r;
    const float *from, *base;
    float *to;
    float scale;
    int part_rows;
} job;

/* One row of `count` values: the taps of output row y over the rows of `from`. */
static void combine_rows(const sc_taps *taps, int y, const float *from, size_t count, float *restrict row)
{
    const int *index = taps->index + (size_t)y * (size_t)taps->width;
    const float *weight = taps->weight + (size_t)y * (size_t)taps->width;
    const float *a = from + (size_t)index[0] * count;
    float u = weight[0];
    int k = 1;
    if (taps->width == 1)
        for (size_t i = 0; i < count; i++)
            row[i] = u * a[i];
    else {
        const float *b = from + (size_t)index[k] * count;
        float v = weight[k++];
        for (size_t i = 0; i < count; i++)
            row[i] = u * a[i] + v * b[i];
    }
    for (; k < taps->width; k++) {
        a = from + (size_t)index[k] * count;
        u = weight[k];
        if (u != 0)
            for (size_t i = 0; i < count; i++)
                row[i] += u * a[i];
    }
}

/* A pixel and the float after it; the fourth lane is never used. */
typedef float pixel __attribute__((vector_size(16)));

static inline pixel resample_load(const float *from)
{
    pixel p;
    memcpy(&p, from, sizeof p);
    return p;
}

/* `width` is a constant where this is expanded. */
static inline __attribute__((always_inline)) void combine_columns(const sc_taps *taps, int width, const float *row,
                                                                  const float *base, float scale, float *to)
{
    const int *index = taps->index;
    const float *weight = taps->weight;
    for (size_t x = 0; x < (size_t)taps->outputs; x++, index += width, weight += width) {
        pixel sum = weight[0] * resample_load(row + 3 * (size_t)index[0]);
        for (int k = 1; k < width; k++)
            sum += weight[k] * resample_load(row + 3 * (size_t)index[k]);
        for (size_t c = 0; c < 3; c++)
            to[3 * x + c] = base ? base[3 * x + c] + scale * sum[c] : scale * sum[c];
    }
}

static void columns(const sc_taps *taps, const float *row, const float *base, float scale, float *to)
{
    switch (taps->width) {
    case 1: combine_columns(taps, 1, row, base, scale, to); break;
    case 2: combine_columns(taps, 2, row, base, scale, to); break;
    case 3: combine_columns(taps, 3, row, base, scale, to); break;
    case 4: combine_columns(taps, 4, row, base, scale, to); break;
    default: combine_columns(taps, taps->width, row, base, scale, to);
    }
}

static int resample_part(void *argument, int part, int thread)
{
    const job *j = argument;
    const sc_resampling *r = j->r;
    float *row = r->scratch + (size_t)thread * scratch_stride(r->columns->inputs);
    size_t from_count = (size_t)r->columns->inputs * 3, to_count = (size_t)r->columns->outputs * 3;
    int begin = part * j->part_rows, left = r->rows->outputs - begin,
        end = begin + (left < j->part_rows ? left : j->part_rows);
    memset(row + from_count, 0, 4 * sizeof *row); /* read with the last pixel */
    for (int y = begin; y < end; y++) {
        size_t at = (size_t)y * to_count;
        combine_rows(r->rows, y, j->from, from_count, row);
        columns(r->columns, row, j->base ? j->base + at : NULL, j->scale, j->to + at);
    }
    return 0;
}

void sc_resample(const sc_resampling *r, const float *from, const float *base, float scale, float *to)
{
    int part_rows = PART_VALUES / (3 * (r->columns->outputs < PART_VALUES / 3 ? r->columns->outputs : PART_VALUES / 3));
    job j = { .r = r, .from = from, .base = base, .to = to, .scale = scale, .part_rows = part_rows };
    int rows = r->rows->outputs;
    sc_threads_run(r->threads, rows / part_rows + (rows % part_rows != 0), resample_part, &j);
}
