/* SPDX-License-Identifier: MIT */
/* Means over the places of a grid, area by area. See weave.h. */
#include "run/weave.h"

#include <stddef.h>

enum {
    PERIOD = 4,
    AREA = 24,
    LEAST = 16,
    PLACES = PERIOD * 3 /* of a row: its places and their channels run in step with its values */
};

typedef struct picture {
    float *values;
    int height, width, rows, columns; /* of areas */
} picture;

/* Adds a row's values up, place by place; and takes from each what its place is to lose. */
static void weave_add_row(const float *values, size_t count, double sums[PLACES])
{
    size_t i = 0;
    for (; i + PLACES <= count; i += PLACES)
        for (int k = 0; k < PLACES; k++)
            sums[k] += values[i + (size_t)k];
    for (int k = 0; i < count; i++, k++)
        sums[k] += values[i];
}

static void subtract_row(float *values, size_t count, const float less[PLACES])
{
    size_t i = 0;
    for (; i + PLACES <= count; i += PLACES)
        for (int k = 0; k < PLACES; k++)
            values[i + (size_t)k] -= less[k];
    for (int k = 0; i < count; i++, k++)
        values[i] -= less[k];
}

/* How many of `extent` positions have this place. */
static int places(int extent, int place)
{
    return (extent - place + PERIOD - 1) / PERIOD;
}

/* From sums of places to what they have more than the area. */
static void deviations(int height, int width, double sums[PERIOD][PLACES], float less[PERIOD][PLACES])
{
    double all[3] = { 0 };
    for (int y = 0; y < PERIOD; y++)
        for (int k = 0; k < PLACES; k++)
            all[k % 3] += sums[y][k];
    for (int y = 0; y < PERIOD; y++)
        for (int k = 0; k < PLACES; k++)
            less[y][k] = (float)(sums[y][k] / ((double)places(height, y) * places(width, k / 3)) -
                                 all[k % 3] / ((double)height * width));
}

/* The areas of a row of areas. */
static int even_out(void *argument, int part, int thread)
{
    (void)thread;
    const picture *p = argument;
    int top = part * AREA, bottom = part + 1 == p->rows ? p->height : top + AREA;
    for (int i = 0; i < p->columns; i++) {
        int left = i * AREA, right = i + 1 == p->columns ? p->width : left + AREA;
        size_t count = (size_t)(right - left) * 3;
        double sums[PERIOD][PLACES] = { 0 };
        float less[PERIOD][PLACES];
        for (int y = top; y < bottom; y++)
            weave_add_row(p->values + ((size_t)y * (size_t)p->width + (size_t)left) * 3, count, sums[y % PERIOD]);
        deviations(bottom - top, right - left, sums, less);
        for (int y = top; y < bottom; y++)
            subtract_row(p->values + ((size_t)y * (size_t)p->width + (size_t)left) * 3, count, less[y % PERIOD]);
    }
    return 0;
}

void sc_weave_remove(sc_threads *threads, float *gradient, int height, int width)
{
    if (height < LEAST || width < LEAST)
        return;
    picture p = { gradient, height, width, height < AREA ? 1 : height / AREA, width < AREA ? 1 : width / AREA };
    sc_threads_run(threads, p.rows, even_out, &p);
}
