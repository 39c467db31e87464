/* SPDX-License-Identifier: MIT */
/* Statistics of features. See statistics.h. Jobs for the thread pool are cut by channels, directions and points, never
 * by threads. */
#include "measure/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/rng.h"

enum {
    GRAM_ROWS = 8,       /* rows of a Gram matrix in a part */
    TOGETHER = 8,        /* directions in a part */
    POSITIONS = 1 << 12, /* between two looks at whether it is cancelled */
    STRETCH = 1 << 20,   /* values, likewise */
    TILE = 128,          /* points that are compared with a row of the grid at a time */
    RADIX_BITS = 11,
    RADIX = 1 << RADIX_BITS,
};

static size_t statistics_position_count(const sc_tensor *features)
{
    return (size_t)features->shape.h * (size_t)features->shape.w;
}

/* ---- Gram matrices ---- */

typedef struct gram_job {
    const float *features;
    size_t positions;
    int channels;
    double *gram; /* zeroed */
    const sc_threads *threads;
} gram_job;

static int gram_part(void *argument, int part, int thread)
{
    (void)thread;
    const gram_job *job = argument;
    int c = job->channels, first = part * GRAM_ROWS, rows = c - first < GRAM_ROWS ? c - first : GRAM_ROWS;
    double *gram = job->gram + (size_t)first * (size_t)c;
    for (size_t p = 0; p < job->positions && (p % POSITIONS || !sc_threads_cancelled(job->threads)); p++) {
        const float *f = job->features + p * (size_t)c;
        for (int i = 0; i < rows; i++) {
            double value = f[first + i], *row = gram + (size_t)i * (size_t)c;
            if (value != 0) /* after a ReLU many are */
                for (int k = 0; k < c; k++)
                    row[k] += value * f[k];
        }
    }
    for (size_t k = 0; k < (size_t)rows * (size_t)c; k++)
        gram[k] /= (double)job->positions;
    return SCUMBLE_OK;
}

int sc_measure_gram(sc_threads *threads, const sc_tensor *features, double **gram, sc_error *err)
{
    gram_job job = { .threads = threads,
                     .features = features->data,
                     .channels = features->shape.c,
                     .positions = statistics_position_count(features) };
    size_t count = (size_t)job.channels * (size_t)job.channels;
    *gram = job.gram = calloc(count, sizeof *job.gram);
    if (!job.gram)
        return sc_fail_memory(err, count * sizeof *job.gram);
    sc_threads_run(threads, (job.channels + GRAM_ROWS - 1) / GRAM_ROWS, gram_part, &job);
    return sc_threads_check(threads, err);
}

double sc_measure_gram_distance(const double *gram, const double *other, int channels)
{
    double difference = 0, energy = 0;
    for (size_t k = 0; k < (size_t)channels * (size_t)channels; k++) {
        difference += (gram[k] - other[k]) * (gram[k] - other[k]);
        energy += other[k] * other[k];
    }
    return difference / fmax(energy, 1e-30);
}

/* ---- sliced Wasserstein distance ---- */

int sc_measure_directions(int channels, int seed, double **directions, sc_error *err)
{
    size_t c = (size_t)channels, count = SC_MEASURE_DIRECTIONS * c;
    *directions = malloc(count * sizeof **directions);
    if (!*directions)
        return sc_fail_memory(err, count * sizeof **directions);
    for (size_t d = 0; d < SC_MEASURE_DIRECTIONS; d++) {
        double *first = *directions + d / TOGETHER * c * TOGETHER + d % TOGETHER, square = 0;
        for (size_t k = 0; k < c; k++) {
            double value = sc_random_normal((uint64_t)seed, d * c + k);
            first[k * TOGETHER] = value;
            square += value * value;
        }
        for (size_t k = 0; k < c; k++)
            first[k * TOGETHER] /= sqrt(square);
    }
    return SCUMBLE_OK;
}

/* Floats as whole numbers of the same order, and back. */
static uint32_t to_key(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

static float from_key(uint32_t key)
{
    uint32_t bits = key & 0x80000000u ? key & 0x7fffffffu : ~key;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Sorts keys; spare holds as many. The result is in spare, after three passes. */
static void radix_sort(uint32_t *keys, uint32_t *spare, size_t count)
{
    for (int shift = 0; shift < 32; shift += RADIX_BITS) {
        size_t starts[RADIX] = { 0 }, sum = 0;
        for (size_t i = 0; i < count; i++)
            starts[keys[i] >> shift & (RADIX - 1)]++;
        for (int b = 0; b < RADIX; b++) {
            size_t here = starts[b];
            starts[b] = sum;
            sum += here;
        }
        for (size_t i = 0; i < count; i++)
            spare[starts[keys[i] >> shift & (RADIX - 1)]++] = keys[i];
        uint32_t *swap = keys;
        keys = spare;
        spare = swap;
    }
}

typedef struct slice_job {
    const float *features;
    size_t positions;
    int channels;
    const double *directions;
    int direction_count;
    uint32_t *scratch;  /* (threads, TOGETHER + 1, positions) */
    float *sorted;      /* (direction_count, positions): keep the projections here, or NULL: compare them with */
    const float *other; /* (direction_count, other_positions) */
    size_t other_positions;
    double distance[SC_MEASURE_DIRECTIONS];
    const sc_threads *threads;
} slice_job;

/* keys (TOGETHER, positions) of the projections on directions TOGETHER * part and on. */
static void statistics_project(const slice_job *job, int part, uint32_t *keys)
{
    int c = job->channels;
    const double *directions = job->directions + (size_t)part * (size_t)c * TOGETHER;
    for (size_t p = 0; p < job->positions && (p % POSITIONS || !sc_threads_cancelled(job->threads)); p++) {
        const float *f = job->features + p * (size_t)c;
        double sums[TOGETHER] = { 0 };
        for (int k = 0; k < c; k++)
            for (int d = 0; d < TOGETHER; d++)
                sums[d] += directions[k * TOGETHER + d] * f[k];
        for (int d = 0; d < TOGETHER; d++)
            keys[(size_t)d * job->positions + p] = to_key((float)sums[d]);
    }
}

/* Squared Wasserstein-2 distance of two sorted samples: the integral over quantiles q of (a(q) - b(q))^2, exact for any
 * two sizes. */
static double wasserstein(const uint32_t *a, size_t a_count, const float *b, size_t b_count)
{
    double sum = 0;
    size_t i = 0, k = 0;
    uint64_t at = 0; /* quantiles in units of 1 / (a_count b_count) */
    while (i < a_count && k < b_count) {
        uint64_t a_end = (i + 1) * (uint64_t)b_count, b_end = (k + 1) * (uint64_t)a_count,
                 end = a_end < b_end ? a_end : b_end;
        double difference = (double)from_key(a[i]) - b[k];
        sum += difference * difference * (double)(end - at);
        at = end;
        i += a_end == end;
        k += b_end == end;
    }
    return sum / ((double)a_count * (double)b_count);
}

static int slice_part(void *argument, int part, int thread)
{
    slice_job *job = argument;
    size_t n = job->positions;
    uint32_t *keys = job->scratch + (size_t)thread * (TOGETHER + 1) * n, *spare = keys + TOGETHER * n;
    statistics_project(job, part, keys);
    for (int d = 0; d < TOGETHER && !sc_threads_cancelled(job->threads); d++) {
        size_t direction = (size_t)part * TOGETHER + (size_t)d;
        radix_sort(keys + (size_t)d * n, spare, n);
        if (job->sorted)
            for (size_t p = 0; p < n; p++)
                job->sorted[direction * n + p] = from_key(spare[p]);
        else
            job->distance[direction] =
                wasserstein(spare, n, job->other + direction * job->other_positions, job->other_positions);
    }
    return SCUMBLE_OK;
}

/* Projects, sorts, and does with it what the job says. */
static int run_slices(sc_threads *threads, const sc_tensor *features, const double *directions, slice_job *job,
                      sc_error *err)
{
    job->features = features->data;
    job->positions = statistics_position_count(features);
    job->channels = features->shape.c;
    job->directions = directions;
    job->threads = threads;
    size_t count = (size_t)sc_threads_count(threads) * (TOGETHER + 1) * job->positions;
    job->scratch = malloc(count * sizeof *job->scratch);
    if (!job->scratch)
        return sc_fail_memory(err, count * sizeof *job->scratch);
    sc_threads_run(threads, job->direction_count / TOGETHER, slice_part, job);
    free(job->scratch);
    return sc_threads_check(threads, err);
}

/* Mean over directions of the variance of the projections. */
static double projected_variance(const sc_threads *threads, const sc_measure_slices *slices)
{
    double sum = 0;
    size_t positions = slices->positions;
    for (size_t d = 0; d < (size_t)slices->directions && !sc_threads_cancelled(threads); d++) {
        const float *row = slices->sorted + d * positions;
        double mean = 0, square = 0;
        for (size_t p = 0; p < positions; p++)
            mean += row[p];
        mean /= (double)positions;
        for (size_t p = 0; p < positions; p++)
            square += (row[p] - mean) * (row[p] - mean);
        sum += square / (double)positions;
    }
    return sum / slices->directions;
}

void sc_measure_slices_free(sc_measure_slices *slices)
{
    free(slices->sorted);
    *slices = (sc_measure_slices){ 0 };
}

int sc_measure_slices_keep(sc_threads *threads, const sc_tensor *features, const double *directions, int count,
                           sc_measure_slices *slices, sc_error *err)
{
    *slices = (sc_measure_slices){ .directions = count, .positions = statistics_position_count(features) };
    size_t bytes = (size_t)count * slices->positions * sizeof(float);
    slices->sorted = malloc(bytes);
    if (!slices->sorted)
        return sc_fail_memory(err, bytes);
    slice_job job = { .sorted = slices->sorted, .direction_count = count };
    int code = run_slices(threads, features, directions, &job, err);
    if (!code) {
        slices->variance = projected_variance(threads, slices);
        code = sc_threads_check(threads, err); /* which may have ended it */
    }
    if (code)
        sc_measure_slices_free(slices);
    return code;
}

int sc_measure_slices_distance(sc_threads *threads, const sc_tensor *features, const double *directions,
                               const sc_measure_slices *other, double *distance, sc_error *err)
{
    slice_job job = { .other = other->sorted,
                      .other_positions = other->positions,
                      .direction_count = other->directions };
    int code = run_slices(threads, features, directions, &job, err);
    *distance = 0;
    for (int d = 0; d < other->directions && !code; d++)
        *distance += job.distance[d] / other->directions / fmax(other->variance, 1e-30);
    return code;
}

/* ---- self-similarity ---- */

/* Point g of `grid` along an axis of `extent` positions: `low` and low + 1 with weight `part` for the latter. */
static void grid_position(int g, int grid, int extent, int *low, int *high, double *part)
{
    double at = (g + 0.5) / grid * extent - 0.5;
    at = at < 0 ? 0 : at > extent - 1 ? extent - 1 : at;
    *low = (int)at;
    *high = *low + 1 < extent ? *low + 1 : *low;
    *part = at - *low;
}

void sc_measure_sample(const sc_tensor *features, int grid, double scale, double *columns)
{
    sc_shape s = features->shape;
    const float *data = features->data;
    int points = grid * grid;
    for (int point = 0; point < points; point++) {
        int y0, y1, x0, x1;
        double y_part, x_part;
        grid_position(point / grid, grid, s.h, &y0, &y1, &y_part);
        grid_position(point % grid, grid, s.w, &x0, &x1, &x_part);
        const float *corner[4] = { data + sc_offset(s, 0, 0, y0, x0), data + sc_offset(s, 0, 0, y0, x1),
                                   data + sc_offset(s, 0, 0, y1, x0), data + sc_offset(s, 0, 0, y1, x1) };
        for (int k = 0; k < s.c; k++) {
            double top = corner[0][k] + x_part * ((double)corner[1][k] - corner[0][k]);
            double bottom = corner[2][k] + x_part * ((double)corner[3][k] - corner[2][k]);
            columns[(size_t)k * (size_t)points + (size_t)point] = scale * (top + y_part * (bottom - top));
        }
    }
}

/* Divides each hypercolumn by its length. */
static void normalise_hypercolumns(double *columns, size_t length)
{
    static const double least = 1e-12;
    for (size_t point = 0; point < SC_MEASURE_POINTS; point++) {
        double square = 0;
        for (size_t k = 0; k < length; k++)
            square += columns[k * SC_MEASURE_POINTS + point] * columns[k * SC_MEASURE_POINTS + point];
        double factor = 1 / fmax(sqrt(square), least);
        for (size_t k = 0; k < length; k++)
            columns[k * SC_MEASURE_POINTS + point] *= factor;
    }
}

typedef struct compare_job {
    const double *columns; /* (length, SC_MEASURE_POINTS), unit vectors */
    size_t length;
    double *distances; /* (SC_MEASURE_POINTS, SC_MEASURE_POINTS) */
} compare_job;

/* The distances of the points of the grid's row `part` from all others. */
static int compare_part(void *argument, int part, int thread)
{
    (void)thread;
    const compare_job *job = argument;
    for (size_t tile = 0; tile < SC_MEASURE_POINTS; tile += TILE) {
        double cosines[SC_MEASURE_GRID][TILE] = { 0 };
        for (size_t k = 0; k < job->length; k++) {
            const double *row = job->columns + k * SC_MEASURE_POINTS, *own = row + (size_t)part * SC_MEASURE_GRID;
            for (int i = 0; i < SC_MEASURE_GRID; i++)
                for (int j = 0; j < TILE; j++)
                    cosines[i][j] += own[i] * row[tile + (size_t)j];
        }
        for (int i = 0; i < SC_MEASURE_GRID; i++)
            for (int j = 0; j < TILE; j++)
                job->distances[((size_t)part * SC_MEASURE_GRID + (size_t)i) * SC_MEASURE_POINTS + tile + (size_t)j] =
                    fmax(1 - cosines[i][j], 0);
    }
    return SCUMBLE_OK;
}

/* Makes each column sum to 1. (A picture of one colour has sums of nearly 0: its columns stay 0.) */
static void normalise_distances(double *distances)
{
    for (size_t j = 0; j < SC_MEASURE_POINTS; j++) {
        double sum = 0;
        for (size_t i = 0; i < SC_MEASURE_POINTS; i++)
            sum += distances[i * SC_MEASURE_POINTS + j];
        double factor = sum > 1e-9 ? 1 / sum : 0;
        for (size_t i = 0; i < SC_MEASURE_POINTS; i++)
            distances[i * SC_MEASURE_POINTS + j] *= factor;
    }
}

int sc_measure_self_similarity(sc_threads *threads, const sc_tensor *features, const double *scales, int count,
                               double *distances, sc_error *err)
{
    size_t length = 0;
    for (int i = 0; i < count; i++)
        length += (size_t)features[i].shape.c;
    double *columns = malloc(length * SC_MEASURE_POINTS * sizeof *columns), *at = columns;
    if (!columns)
        return sc_fail_memory(err, length * SC_MEASURE_POINTS * sizeof *columns);
    for (int i = 0; i < count; i++) {
        sc_measure_sample(&features[i], SC_MEASURE_GRID, scales[i], at);
        at += (size_t)features[i].shape.c * SC_MEASURE_POINTS;
    }
    normalise_hypercolumns(columns, length);
    compare_job job = { .columns = columns, .length = length, .distances = distances };
    sc_threads_run(threads, SC_MEASURE_GRID, compare_part, &job);
    free(columns);
    int code = sc_threads_check(threads, err);
    if (!code)
        normalise_distances(distances);
    return code;
}

double sc_measure_self_similarity_distance(const double *distances, const double *other)
{
    double sum = 0;
    for (size_t i = 0; i < (size_t)SC_MEASURE_POINTS * SC_MEASURE_POINTS; i++)
        sum += fabs(distances[i] - other[i]);
    return sum / SC_MEASURE_POINTS;
}

/* ---- content ---- */

double sc_measure_mean_square(const sc_threads *threads, const sc_tensor *features)
{
    size_t count = sc_shape_count(features->shape);
    double sum = 0;
    for (size_t begin = 0; begin < count && !sc_threads_cancelled(threads); begin += STRETCH)
        for (size_t i = begin; i < count && i < begin + STRETCH; i++)
            sum += (double)features->data[i] * features->data[i];
    return sum / (double)count;
}

double sc_measure_difference(const sc_threads *threads, const sc_tensor *features, const sc_tensor *other)
{
    size_t count = sc_shape_count(features->shape);
    double sum = 0;
    for (size_t begin = 0; begin < count && !sc_threads_cancelled(threads); begin += STRETCH)
        for (size_t i = begin; i < count && i < begin + STRETCH; i++)
            sum += ((double)features->data[i] - other->data[i]) * ((double)features->data[i] - other->data[i]);
    return sum / (double)count;
}
