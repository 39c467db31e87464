/* SPDX-License-Identifier: MIT */
/* Means of boxes by running sums. See box_filter.h. */
#include "media/box_filter.h"

#include <stddef.h>

enum { ROWS = 16, COLUMNS = 64, TOGETHER = 4 };

typedef struct box_job {
    const float *in;
    float *out;
    int width, height, radius;
    bool wrap;
} box_job;

/* The position that stands for i, or -1 for none. */
static int box_position(int i, int length, bool wrap)
{
    if (i >= 0 && i < length)
        return i;
    return wrap ? (i % length + length) % length : -1;
}

/* How many of i - radius .. i + radius there are. */
static int box_window(int i, int length, int radius, bool wrap)
{
    int begin = i - radius < 0 ? 0 : i - radius, end = i + radius + 1 > length ? length : i + radius + 1;
    return wrap ? 2 * radius + 1 : end - begin;
}

/* Some rows at once: their sums do not wait for each other. */
static void box_some_rows(const box_job *j, int y, int count)
{
    const int length = j->width, radius = j->radius;
    const float *in[TOGETHER];
    float *out[TOGETHER];
    double sum[TOGETHER] = { 0 };
    for (int r = 0; r < TOGETHER; r++) { /* those that are not there are the last one again */
        size_t at = (size_t)(y + (r < count ? r : count - 1)) * (size_t)length;
        in[r] = j->in + at, out[r] = j->out + at;
    }
    for (int i = -radius; i < radius; i++) {
        int p = box_position(i, length, j->wrap);
        for (int r = 0; r < TOGETHER && p >= 0; r++)
            sum[r] += in[r][p];
    }
    const double whole = 1.0 / (2 * radius + 1);
    for (int i = 0; i < length; i++) {
        const bool inside = i >= radius && i + radius < length;
        int enter = inside ? i + radius : box_position(i + radius, length, j->wrap),
            leave = inside ? i - radius : box_position(i - radius, length, j->wrap);
        double scale = inside ? whole : 1.0 / box_window(i, length, radius, j->wrap);
        for (int r = 0; r < TOGETHER; r++) {
            sum[r] += enter >= 0 ? in[r][enter] : 0;
            out[r][i] = (float)(scale * sum[r]);
            sum[r] -= leave >= 0 ? in[r][leave] : 0;
        }
    }
}

static int box_rows(void *argument, int part, int thread)
{
    (void)thread;
    const box_job *j = argument;
    const int end = (part + 1) * ROWS < j->height ? (part + 1) * ROWS : j->height;
    for (int y = part * ROWS; y < end; y += TOGETHER)
        box_some_rows(j, y, end - y < TOGETHER ? end - y : TOGETHER);
    return 0;
}

/* sum += sign * row y of the strip */
static void box_filter_add_row(double *sum, const box_job *j, int y, int x, int count, double sign)
{
    int p = box_position(y, j->height, j->wrap);
    if (p < 0)
        return;
    const float *in = j->in + (size_t)p * (size_t)j->width + x;
    for (int i = 0; i < count; i++)
        sum[i] += sign * in[i];
}

static int box_columns(void *argument, int part, int thread)
{
    (void)thread;
    const box_job *j = argument;
    int x = part * COLUMNS, count = j->width - x < COLUMNS ? j->width - x : COLUMNS;
    double sum[COLUMNS] = { 0 };
    for (int y = -j->radius; y < j->radius; y++)
        box_filter_add_row(sum, j, y, x, count, 1);
    for (int y = 0; y < j->height; y++) {
        box_filter_add_row(sum, j, y + j->radius, x, count, 1);
        float *out = j->out + (size_t)y * (size_t)j->width + x;
        double scale = 1.0 / box_window(y, j->height, j->radius, j->wrap);
        for (int i = 0; i < count; i++)
            out[i] = (float)(scale * sum[i]);
        box_filter_add_row(sum, j, y - j->radius, x, count, -1);
    }
    return 0;
}

void sc_box_filter(sc_threads *threads, float *plane, float *scratch, int width, int height, int radius, bool wrap)
{
    /* No window is larger than a plane that repeats. */
    int across = wrap && radius > (width - 1) / 2 ? (width - 1) / 2 : radius,
        down = wrap && radius > (height - 1) / 2 ? (height - 1) / 2 : radius;
    box_job rows = { plane, scratch, width, height, across, wrap },
            columns = { scratch, plane, width, height, down, wrap };
    sc_threads_run(threads, (height + ROWS - 1) / ROWS, box_rows, &rows);
    sc_threads_run(threads, (width + COLUMNS - 1) / COLUMNS, box_columns, &columns);
}
