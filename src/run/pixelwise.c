/* SPDX-License-Identifier: MIT */
/* One block function for each. See pixelwise.h. */
#include "run/pixelwise.h"

#include "core/rng.h"

typedef struct job {
    float *to;
    const float *a, *b;
    float share;
    const double *colour;
    uint64_t seed;
} job;

static float pixelwise_within(float v)
{
    return v < 0 ? 0 : v > 1 ? 1 : v;
}

static void pixelwise_clamp(void *argument, size_t begin, size_t end)
{
    const job *j = argument;
    for (size_t i = begin; i < end; i++)
        j->to[i] = pixelwise_within(j->a[i]);
}

void sc_pixelwise_clamp(sc_threads *threads, float *to, const float *from, size_t count)
{
    sc_threads_blocks(threads, count, pixelwise_clamp, &(job){ .to = to, .a = from });
}

static void shift(void *argument, size_t begin, size_t end)
{
    const job *j = argument;
    for (size_t i = begin; i < end; i++)
        j->to[i] = pixelwise_within(j->to[i] + j->a[i] - (j->b ? j->b[i] : 0.5f));
}

void sc_pixelwise_shift(sc_threads *threads, float *to, const float *plus, const float *minus, size_t count)
{
    sc_threads_blocks(threads, count, shift, &(job){ .to = to, .a = plus, .b = minus });
}

static void pixelwise_mix(void *argument, size_t begin, size_t end)
{
    const job *j = argument;
    for (size_t i = begin; i < end; i++)
        j->to[i] = j->share > 0 ? j->share * j->a[i] + (1 - j->share) * j->b[i] : j->b[i];
}

void sc_pixelwise_mix(sc_threads *threads, float *to, float share, const float *a, const float *b, size_t count)
{
    sc_threads_blocks(threads, count, pixelwise_mix, &(job){ .to = to, .a = a, .b = b, .share = share });
}

static void noise(void *argument, size_t begin, size_t end)
{
    const job *j = argument;
    for (size_t i = begin; i < end; i++)
        j->to[i] = pixelwise_within((float)j->colour[i % 3] + j->share * sc_random_normal(j->seed, i));
}

void sc_pixelwise_noise(sc_threads *threads, float *to, const double colour[3], float deviation, uint64_t seed,
                        size_t count)
{
    sc_threads_blocks(threads, count, noise, &(job){ .to = to, .share = deviation, .colour = colour, .seed = seed });
}

static void pixelwise_join(void *argument, size_t begin, size_t end)
{
    const job *j = argument;
    for (size_t i = begin; i < end; i++) {
        float sum = j->to[i] + j->a[i];
        j->to[i] = sum > 1 ? 1 : sum;
    }
}

void sc_pixelwise_join(sc_threads *threads, float *to, const float *other, size_t count)
{
    sc_threads_blocks(threads, count, pixelwise_join, &(job){ .to = to, .a = other });
}

static void uncover(void *argument, size_t begin, size_t end)
{
    const job *j = argument;
    for (size_t i = begin; i < end; i++)
        j->to[i] = j->a[i] + j->b[i / 3] * (j->to[i] - j->a[i]);
}

void sc_pixelwise_uncover(sc_threads *threads, float *to, const float *photo, const float *coverage, size_t count)
{
    sc_threads_blocks(threads, count, uncover, &(job){ .to = to, .a = photo, .b = coverage });
}
