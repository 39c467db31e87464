/* SPDX-License-Identifier: MIT */
/* See shift.h. */
#include "paint/shift.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { REACH = 4, TAPS = 2 * REACH, SHIFT_BAND = 16 }; /* pixels to each side; rows of a part */
static const double least_shift = 1.0 / 256;

static double shift_rest(double shift)
{
    double rest = shift - round(shift);
    return fabs(rest) < least_shift ? 0 : rest;
}

static int shift_on_grid(double shift, int step)
{
    double begin = -round(shift);
    return (int)(begin - step * floor(begin / step));
}

sc_paint_shift sc_paint_shift_of(double x, double y, int step)
{
    return (sc_paint_shift){ shift_on_grid(x, step), shift_on_grid(y, step), shift_rest(x), shift_rest(y) };
}

/* ---- by parts of a pixel --------------------------------------------------------------------------------------- */

static double shift_sinc(double x)
{
    const double pi = 3.14159265358979323846;
    return fabs(x) < 1e-9 ? 1 : sin(pi * x) / (pi * x);
}

/* Tap k is for pixel p + first + k. */
typedef struct taps {
    int first;
    float weight[TAPS];
} taps;

static taps taps_of(double shift)
{
    taps t = { .first = (int)floor(shift) - REACH + 1 };
    double weights[TAPS], sum = 0;
    for (int k = 0; k < TAPS; k++) {
        double x = t.first + k - shift;
        weights[k] = fabs(x) < REACH ? shift_sinc(x) * shift_sinc(x / REACH) : 0;
        sum += weights[k];
    }
    for (int k = 0; k < TAPS; k++)
        t.weight[k] = (float)(weights[k] / sum);
    return t;
}

typedef struct translation {
    const sc_image *from;
    sc_image *to;
    taps across, down;
    float *rows; /* of each thread one, with a border of TAPS pixels */
    size_t row_values;
} translation;

static int shift_within(int i, int extent)
{
    return i < 0 ? 0 : i < extent ? i : extent - 1;
}

/* One row: down the columns, then along the row, whose ends are repeated. */
static void translate_row(const translation *t, int y, float *row)
{
    size_t values = (size_t)t->from->width * 3;
    float *own = row + TAPS * 3, *to = t->to->rgb + (size_t)y * values;
    memset(own, 0, values * sizeof *own);
    for (int k = 0; k < TAPS; k++) {
        const float *from = t->from->rgb + (size_t)shift_within(y + t->down.first + k, t->from->height) * values;
        for (size_t i = 0; i < values; i++)
            own[i] += t->down.weight[k] * from[i];
    }
    for (int i = 0; i < TAPS * 3; i++) {
        row[i] = own[i % 3];
        own[values + (size_t)i] = own[values - 3 + (size_t)(i % 3)];
    }
    memset(to, 0, values * sizeof *to);
    for (int k = 0; k < TAPS; k++) {
        const float *from = own + 3 * (t->across.first + k);
        for (size_t i = 0; i < values; i++)
            to[i] += t->across.weight[k] * from[i];
    }
    for (size_t i = 0; i < values; i++)
        to[i] = to[i] > 0 ? to[i] < 1 ? to[i] : 1 : 0;
}

static int translate_band(void *argument, int part, int thread)
{
    const translation *t = argument;
    for (int y = part * SHIFT_BAND; y < t->from->height && y < (part + 1) * SHIFT_BAND; y++)
        translate_row(t, y, t->rows + (size_t)thread * t->row_values);
    return SCUMBLE_OK;
}

int sc_paint_translate(sc_threads *threads, const sc_image *image, double x, double y, sc_image *moved, sc_error *err)
{
    size_t count = threads ? (size_t)sc_threads_count(threads) : 1, row = ((size_t)image->width + 2 * TAPS) * 3;
    translation t = { .from = image,
                      .to = moved,
                      .across = taps_of(x),
                      .down = taps_of(y),
                      .rows = malloc(count * row * sizeof(float)),
                      .row_values = row };
    *moved = (sc_image){ 0 };
    int code = t.rows ? sc_image_create(moved, image->width, image->height, false, err) :
                        sc_fail_memory(err, count * row * sizeof(float));
    if (!code)
        sc_threads_run(threads, (image->height + SHIFT_BAND - 1) / SHIFT_BAND, translate_band, &t);
    free(t.rows);
    return code;
}
