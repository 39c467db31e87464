/* SPDX-License-Identifier: MIT */
/* Long vectors in fixed blocks. See vector.h. */
#include "tensor/vector.h"

#include <string.h>

typedef struct dot_job {
    const float *a, *b;
    size_t block;
    double partial[SC_MAX_BLOCKS];
} dot_job;

static void dot_block(void *argument, size_t begin, size_t end)
{
    dot_job *j = argument;
    double lane[8] = { 0 };
    size_t i = begin;
    for (; i + 8 <= end; i += 8)
        for (int k = 0; k < 8; k++)
            lane[k] += (double)j->a[i + (size_t)k] * j->b[i + (size_t)k];
    for (; i < end; i++)
        lane[0] += (double)j->a[i] * j->b[i];
    j->partial[begin / j->block] =
        ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

double sc_vector_dot(sc_threads *threads, const float *a, const float *b, size_t count)
{
    dot_job j = { .a = a, .b = b, .block = sc_threads_block(count) };
    sc_threads_blocks(threads, count, dot_block, &j);
    double sum = 0;
    for (size_t i = 0; i * j.block < count; i++)
        sum += j.partial[i];
    return sum;
}

typedef struct combine_job {
    float *y;
    const float *x, *z;
    float beta, alpha;
} combine_job;

static void combine_block(void *argument, size_t begin, size_t end)
{
    const combine_job *j = argument;
    if (j->beta == 0)
        for (size_t i = begin; i < end; i++)
            j->y[i] = j->alpha * j->x[i];
    else
        for (size_t i = begin; i < end; i++)
            j->y[i] = j->beta * j->y[i] + j->alpha * j->x[i];
}

static void vector_copy_block(void *argument, size_t begin, size_t end)
{
    const combine_job *j = argument;
    memcpy(j->y + begin, j->x + begin, (end - begin) * sizeof *j->y);
}

void sc_vector_copy(sc_threads *threads, float *to, const float *from, size_t count)
{
    combine_job j = { .y = to, .x = from };
    sc_threads_blocks(threads, count, vector_copy_block, &j);
}

void sc_vector_combine(sc_threads *threads, float *y, float beta, float alpha, const float *x, size_t count)
{
    combine_job j = { .y = y, .x = x, .beta = beta, .alpha = alpha };
    sc_threads_blocks(threads, count, combine_block, &j);
}

static void clear_block(void *argument, size_t begin, size_t end)
{
    const combine_job *j = argument;
    memset(j->y + begin, 0, (end - begin) * sizeof *j->y);
}

void sc_vector_clear(sc_threads *threads, float *x, size_t count)
{
    combine_job j = { .y = x };
    sc_threads_blocks(threads, count, clear_block, &j);
}

static void subtract_block(void *argument, size_t begin, size_t end)
{
    const combine_job *j = argument;
    for (size_t i = begin; i < end; i++)
        j->y[i] = j->x[i] - j->z[i];
}

void sc_vector_subtract(sc_threads *threads, float *d, const float *a, const float *b, size_t count)
{
    combine_job j = { .y = d, .x = a, .z = b };
    sc_threads_blocks(threads, count, subtract_block, &j);
}
