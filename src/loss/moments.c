/* SPDX-License-Identifier: MIT */
/* Means and variances of channels. See moments.h. */
#include "loss/moments.h"

#include <stdlib.h>
#include <string.h>

#include "ops/op.h"

int sc_moments_create(sc_moments *moments, int channels, sc_error *err)
{
    *moments = (sc_moments){ .channels = channels, .means = calloc(2 * (size_t)channels, sizeof *moments->means) };
    return moments->means ? SCUMBLE_OK : sc_fail_memory(err, 2 * (size_t)channels * sizeof *moments->means);
}

void sc_moments_free(sc_moments *moments)
{
    free(moments->means);
    *moments = (sc_moments){ 0 };
}

/* A block of values that is cut into parts, and the moments of each: means, then squared deviations. */
typedef struct block {
    const float *values;
    int rows, columns, channels, parts;
    size_t row_values;
    double *parts_moments;
} block;

/* Twice over the rows of a part, which the caches hold. */
static int measure_part(void *argument, int part, int thread)
{
    (void)thread;
    const block *b = argument;
    size_t c = (size_t)b->channels;
    double *restrict mean = b->parts_moments + (size_t)part * 2 * c, *restrict squares = mean + c;
    sc_range rows = sc_part_range((size_t)b->rows, b->parts, part);
    double count = (double)(rows.end - rows.begin) * b->columns;
    memset(mean, 0, 2 * c * sizeof *mean);
    for (size_t y = rows.begin; y < rows.end; y++)
        for (size_t x = 0; x < (size_t)b->columns; x++) {
            const float *restrict v = b->values + y * b->row_values + x * c;
            for (size_t i = 0; i < c; i++)
                mean[i] += (double)v[i];
        }
    for (size_t i = 0; i < c; i++)
        mean[i] /= count;
    for (size_t y = rows.begin; y < rows.end; y++)
        for (size_t x = 0; x < (size_t)b->columns; x++) {
            const float *restrict v = b->values + y * b->row_values + x * c;
            for (size_t i = 0; i < c; i++)
                squares[i] += ((double)v[i] - mean[i]) * ((double)v[i] - mean[i]);
        }
    return SCUMBLE_OK;
}

static void moments_join(sc_moments *m, const double *means, double count)
{
    size_t c = (size_t)m->channels;
    const double *squares = means + c;
    double all = m->count + count;
    for (size_t i = 0; i < c; i++) {
        double difference = means[i] - m->means[i];
        m->means[i] += difference * (count / all);
        m->means[c + i] += squares[i] + difference * difference * (m->count * count / all);
    }
    m->count = all;
}

int sc_moments_add(sc_moments *moments, sc_threads *threads, const float *values, int rows, int columns,
                   size_t row_values, sc_error *err)
{
    size_t c = (size_t)moments->channels;
    block b = { values,     rows, columns, moments->channels, sc_part_count((size_t)rows, (size_t)columns * c),
                row_values, NULL };
    b.parts_moments = malloc((size_t)b.parts * 2 * c * sizeof(double));
    if (!b.parts_moments)
        return sc_fail_memory(err, (size_t)b.parts * 2 * c * sizeof(double));
    sc_threads_run(threads, b.parts, measure_part, &b);
    for (int p = 0; p < b.parts; p++) {
        sc_range own = sc_part_range((size_t)rows, b.parts, p);
        moments_join(moments, b.parts_moments + (size_t)p * 2 * c, (double)(own.end - own.begin) * columns);
    }
    free(b.parts_moments);
    return sc_threads_check(threads, err);
}

void sc_moments_finish(const sc_moments *moments, float *mean, float *variance)
{
    for (int i = 0; i < moments->channels; i++) {
        mean[i] = (float)moments->means[i];
        variance[i] = (float)(moments->means[moments->channels + i] / moments->count);
    }
}
