/* SPDX-License-Identifier: MIT */
/* The spectrum at the grid's frequencies and beside them, by the definition: these few do not need a fast transform.
 * See checkerboard.h. */
#include "measure/checkerboard.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/luma.h"

enum {
    PERIOD = 8,
    HALF = PERIOD / 2 +
           1,    /* of the frequencies across: the spectrum of a real signal repeats itself, turned by 180 degrees */
    NEAREST = 3, /* in units of 1 / extent; nearer ones get some of the peak, by the window */
    FARTHEST = 8,
    BESIDE = 2 * (FARTHEST - NEAREST + 1),
    GROUP = 1 + BESIDE, /* a frequency of the grid, and those beside it */
    ACROSS = HALF * GROUP,
    DOWN = PERIOD * GROUP,
};

/* Of member i of a group: the distance from its first, in units of 1 / extent. */
static int checkerboard_distance(int i)
{
    int half = BESIDE / 2;
    return i == 0 ? 0 : i <= half ? NEAREST + i - 1 : -(NEAREST + i - half - 1);
}

/* waves (count, 2): cosine and sine at position x, times a Hann window over the extent. */
static void fill_waves(double *waves, int count, int x, int extent)
{
    double window = 0.5 - 0.5 * cos(2 * M_PI * (x + 0.5) / extent);
    for (int i = 0; i < count; i++) {
        double phase =
            2 * M_PI *
            fmod((double)(i / GROUP) / PERIOD * x + (double)checkerboard_distance(i % GROUP) / extent * x, 1);
        waves[2 * i] = window * cos(phase);
        waves[2 * i + 1] = window * sin(phase);
    }
}

/* power (DOWN, ACROSS), with room for twice as many. waves (width, ACROSS, 2). */
static void transform(const sc_threads *threads, const sc_image *image, const double *waves, double *power)
{
    static const size_t values = 2 * ACROSS * DOWN;
    size_t width = (size_t)image->width;
    double *sums = power; /* (DOWN, ACROSS, 2) until the end */
    memset(sums, 0, values * sizeof *sums);
    for (int y = 0; y < image->height && !sc_threads_cancelled(threads); y++) {
        double of_row[2 * ACROSS] = { 0 }, down[2 * DOWN];
        for (size_t x = 0; x < width; x++) {
            double luma = sc_luma(image->rgb + ((size_t)y * width + x) * 3);
            for (int i = 0; i < 2 * ACROSS; i++)
                of_row[i] += luma * waves[x * 2 * ACROSS + (size_t)i];
        }
        fill_waves(down, DOWN, y, image->height);
        for (int j = 0; j < DOWN; j++)
            for (int i = 0; i < ACROSS; i++) {
                double *sum = sums + 2 * ((size_t)j * ACROSS + (size_t)i), re = of_row[2 * i], im = of_row[2 * i + 1];
                sum[0] += re * down[2 * j] - im * down[2 * j + 1];
                sum[1] += re * down[2 * j + 1] + im * down[2 * j];
            }
    }
    for (size_t i = 0; i < values / 2; i++)
        power[i] = sums[2 * i] * sums[2 * i] + sums[2 * i + 1] * sums[2 * i + 1];
}

/* Of the grid's frequency (i, j): its power over that beside it. */
static double prominence(const double *power, int i, int j)
{
    const double *centre = power + (size_t)j * GROUP * ACROSS + (size_t)i * GROUP;
    double across = 0, down = 0;
    for (int k = 1; k < GROUP; k++) {
        across += centre[k] / BESIDE;
        down += centre[(size_t)k * ACROSS] / BESIDE;
    }
    return *centre / fmax(fmax(across, down), 1e-12);
}

/* Mean over the frequencies of each period, 2, 4 and 8, then of the three. */
static double mean_prominence(const double *power)
{
    double sums[3] = { 0 };
    int counts[3] = { 0 };
    for (int i = 0; i < HALF; i++)
        for (int j = 0; j < PERIOD; j++) {
            bool own_opposite = i % (PERIOD / 2) == 0; /* then (i, -j) says the same as (i, j) */
            if ((i == 0 && j == 0) || (own_opposite && j >= HALF))
                continue;
            int period = (i | j) % 2 ? 2 : (i | j) % 4 ? 1 : 0;
            sums[period] += prominence(power, i, j);
            counts[period]++;
        }
    return (sums[0] / counts[0] + sums[1] / counts[1] + sums[2] / counts[2]) / 3;
}

int sc_artefact_checkerboard(const sc_threads *threads, const sc_image *image, double *peaks, sc_error *err)
{
    size_t width = (size_t)image->width, count = 2 * ACROSS * (width + DOWN);
    double *waves = malloc(count * sizeof *waves), *power = waves + 2 * ACROSS * width;
    if (!waves)
        return sc_fail_memory(err, count * sizeof *waves);
    for (int x = 0; x < image->width; x++)
        fill_waves(waves + (size_t)x * 2 * ACROSS, ACROSS, x, image->width);
    transform(threads, image, waves, power);
    *peaks = mean_prominence(power);
    free(waves);
    return sc_threads_check(threads, err);
}
