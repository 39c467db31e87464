/* SPDX-License-Identifier: MIT */
/* The smooth component s solves Poisson's equation on the torus, with the jumps of u across the borders as its charges:
 *   Delta s = v1 + v2,   v1(x, 0) = -v1(x, h - 1) = J(x) = u(x, h - 1) - u(x, 0), 0 elsewhere,   v2 likewise across the
 * left and right border (Moisan 2011, eq. 11). It is the sum of a solution for v1 and one for v2, and each is a Fourier
 * series along its border whose coefficients are known in closed form: frequency k of s1 in row y is that of J times
 *   g_k(y) = sinh(t (y - m)) / (sinh(t m) + sinh(t (m + 1))),   m = (h - 1) / 2, cosh t = 2 - cos(2 pi k / w);   (y -
 * m) / h for k = 0, for which s(y - 1) - 2 s(y) + s(y + 1) = (2 - 2 cos(2 pi k / w)) s(y) within, and the charges are
 * met at both ends. Away from the border only low frequencies are left of it, so a row adds up few: about w^2 log h
 * operations in all, and no solver.
 *   g_k is odd about the middle: the rows of one half are those of the other with the sign turned. */
#include "media/periodic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tensor/tensor.h"

static const double negligible = 1e-5; /* of the jump: a 25th of a step of 8 bits */

/* One pair of opposite borders: `length` pixels along them, `depth` lines from one to the other. */
typedef struct borders {
    float *rgb;
    int length, depth;
    size_t step, stride;  /* from pixel to pixel along a line, and from line to line, in values */
    float *cosine, *sine; /* of 2 pi i / length, i < length; one allocation */
    double *exponent;     /* t of each frequency, 0 .. length / 2 */
    float (*series)[6];   /* of the jump: a cosine of each channel, then a sine of each */
    float (*sums)[6];     /* for each thread: the even and the odd part of a line, length / 2 + 1 pixels */
} borders;

static int frequencies(const borders *b)
{
    return b->length / 2 + 1;
}

static void borders_free(borders *b)
{
    free(b->cosine);
    free(b->exponent);
    free(b->series);
    free(b->sums);
}

/* ---- the jump as a series -------------------------------------------------------------------------------------- */

static void fill_tables(borders *b)
{
    const double turn = 2 * 3.14159265358979323846;
    for (int i = 0; i < b->length; i++) {
        b->cosine[i] = (float)cos(turn * i / b->length);
        b->sine[i] = (float)sin(turn * i / b->length);
    }
    for (int k = 0; k < frequencies(b); k++) {
        double e = 1 - cos(turn * k / b->length);
        b->exponent[k] = log1p(e + sqrt(e * (e + 2)));
    }
}

/* Parts are frequencies. */
static int find_frequency(void *argument, int k, int thread)
{
    (void)thread;
    borders *b = argument;
    double sums[6] = { 0 };
    for (int x = 0, angle = 0; x < b->length; x++) {
        const float *first = b->rgb + (size_t)x * b->step, *last = first + (size_t)(b->depth - 1) * b->stride;
        for (int c = 0; c < 3; c++) {
            double jump = (double)last[c] - (double)first[c];
            sums[c] += jump * b->cosine[angle];
            sums[c + 3] += jump * b->sine[angle];
        }
        angle = angle + k < b->length ? angle + k : angle + k - b->length;
    }
    double share = (k == 0 || 2 * k == b->length ? 1.0 : 2.0) / b->length;
    for (int i = 0; i < 6; i++)
        b->series[k][i] = (float)(share * sums[i]);
    return SCUMBLE_OK;
}

static int borders_create(borders *b, sc_threads *threads, sc_error *err)
{
    size_t count = (size_t)frequencies(b), threads_count = (size_t)sc_threads_count(threads);
    b->cosine = malloc(2 * (size_t)b->length * sizeof *b->cosine);
    b->sine = b->cosine ? b->cosine + b->length : NULL;
    b->exponent = malloc(count * sizeof *b->exponent);
    b->series = malloc(count * sizeof *b->series);
    b->sums = malloc(count * threads_count * sizeof *b->sums);
    if (!b->cosine || !b->exponent || !b->series || !b->sums)
        return sc_fail_memory(err, count * threads_count * sizeof *b->sums);
    fill_tables(b);
    sc_threads_run(threads, (int)count, find_frequency, b);
    return SCUMBLE_OK;
}

/* ---- s, taken away --------------------------------------------------------------------------------------------- */

/* -g_k(y) for a line in the first half: positive, and falls with k. */
static double share_of(const borders *b, int k, int y)
{
    double t = b->exponent[k], m = 0.5 * (b->depth - 1), up = m - y;
    if (k == 0)
        return up / b->depth;
    return (exp(t * (up - m - 1)) - exp(-t * (up + m + 1))) /
           (1 + exp(-t) - exp(-t * (2 * m + 1)) - exp(-2 * t * (m + 1)));
}

/* Adds one frequency to the even and odd parts; x and length - x have the same cosine and opposite sines. */
static void add_frequency(const borders *b, int k, float share, float (*sums)[6])
{
    float series[6];
    for (int i = 0; i < 6; i++)
        series[i] = share * b->series[k][i];
    for (int x = 0, angle = 0; x <= b->length / 2; x++) {
        float cosine = b->cosine[angle], sine = b->sine[angle];
        for (int c = 0; c < 3; c++) {
            sums[x][c] += series[c] * cosine;
            sums[x][c + 3] += series[c + 3] * sine;
        }
        angle = angle + k < b->length ? angle + k : angle + k - b->length;
    }
}

/* Parts are pairs of lines, as far from the one border as from the other. */
static int take_away(void *argument, int y, int thread)
{
    borders *b = argument;
    float(*sums)[6] = b->sums + (size_t)thread * (size_t)frequencies(b);
    memset(sums, 0, (size_t)frequencies(b) * sizeof *sums);
    for (int k = 0; k < frequencies(b); k++) {
        double share = share_of(b, k, y);
        if (k && share < negligible)
            break;
        add_frequency(b, k, (float)share, sums);
    }
    float *line = b->rgb + (size_t)y * b->stride, *opposite = b->rgb + (size_t)(b->depth - 1 - y) * b->stride;
    for (int x = 0; x < b->length; x++) {
        const float *sum = sums[x <= b->length / 2 ? x : b->length - x];
        float sign = x <= b->length / 2 ? 1 : -1;
        for (size_t c = 0; c < 3; c++) {
            line[(size_t)x * b->step + c] += sum[c] + sign * sum[c + 3];
            opposite[(size_t)x * b->step + c] -= sum[c] + sign * sum[c + 3];
        }
    }
    return SCUMBLE_OK;
}

/* height * width * 3 values. */
static int periodic_make_periodic(sc_threads *threads, float *rgb, int width, int height, sc_error *err)
{
    size_t row = (size_t)width * 3;
    borders across = { .rgb = rgb, .length = width, .depth = height, .step = 3, .stride = row };
    borders down = { .rgb = rgb, .length = height, .depth = width, .step = row, .stride = 3 };
    int code = borders_create(&across, threads, err);
    if (!code)
        code = borders_create(&down, threads, err); /* both jumps are u's own */
    if (!code) {
        sc_threads_run(threads, height / 2, take_away, &across);
        sc_threads_run(threads, width / 2, take_away, &down);
        code = sc_threads_check(threads, err);
    }
    borders_free(&across);
    borders_free(&down);
    return code;
}

static void periodic_clamp(void *rgb, size_t begin, size_t end)
{
    float *values = rgb;
    for (size_t i = begin; i < end; i++)
        values[i] = values[i] > 0 ? (values[i] < 1 ? values[i] : 1) : 0;
}

int sc_image_make_periodic(sc_threads *threads, sc_image *image, sc_error *err)
{
    int code = periodic_make_periodic(threads, image->rgb, image->width, image->height, err);
    if (!code)
        sc_threads_blocks(threads, (size_t)image->width * (size_t)image->height * 3, periodic_clamp, image->rgb);
    return !code && image->beyond ? periodic_make_periodic(threads, image->beyond, image->width, image->height, err) :
                                    code;
}
