/* SPDX-License-Identifier: MIT */
/* SSIM, a row of windows at a time: moments are weighted down the columns first, then along the row. See ssim.h. */
#include "measure/ssim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/luma.h"

enum { MOMENTS = 5 }; /* a, b, a^2, b^2, a b */

static void gaussian_window(double window[SC_SSIM_WINDOW])
{
    double sum = 0;
    for (int i = 0; i < SC_SSIM_WINDOW; i++) {
        double x = (i - SC_SSIM_WINDOW / 2) / 1.5;
        window[i] = exp(-x * x / 2);
        sum += window[i];
    }
    for (int i = 0; i < SC_SSIM_WINDOW; i++)
        window[i] /= sum;
}

/* columns (width, MOMENTS): of the windows whose first row is y, weighted down the columns. */
static void weigh_columns(const sc_image *a, const sc_image *b, int y, const double *window, double *columns)
{
    size_t width = (size_t)a->width;
    memset(columns, 0, width * MOMENTS * sizeof *columns);
    for (int i = 0; i < SC_SSIM_WINDOW; i++) {
        const float *p = a->rgb + (size_t)(y + i) * width * 3, *q = b->rgb + (size_t)(y + i) * width * 3;
        for (size_t x = 0; x < width; x++) {
            double s = sc_luma(p + 3 * x), t = sc_luma(q + 3 * x), *sums = columns + x * MOMENTS;
            const double own[MOMENTS] = { s, t, s * s, t * t, s * t };
            for (int m = 0; m < MOMENTS; m++)
                sums[m] += window[i] * own[m];
        }
    }
}

/* Of one window, whose columns begin here. */
static double similarity(const double *columns, const double *window)
{
    static const double c1 = 0.01 * 0.01, c2 = 0.03 * 0.03;
    double sums[MOMENTS] = { 0 };
    for (int i = 0; i < SC_SSIM_WINDOW; i++)
        for (int m = 0; m < MOMENTS; m++)
            sums[m] += window[i] * columns[i * MOMENTS + m];
    double a = sums[0], b = sums[1], variances = sums[2] - a * a + sums[3] - b * b, covariance = sums[4] - a * b;
    return (2 * a * b + c1) * (2 * covariance + c2) / ((a * a + b * b + c1) * (variances + c2));
}

int sc_ssim(const sc_threads *threads, const sc_image *a, const sc_image *b, double *ssim, sc_error *err)
{
    size_t bytes = (size_t)a->width * MOMENTS * sizeof(double);
    double window[SC_SSIM_WINDOW], sum = 0, *columns = malloc(bytes);
    if (!columns)
        return sc_fail_memory(err, bytes);
    gaussian_window(window);
    int across = a->width - SC_SSIM_WINDOW + 1, down = a->height - SC_SSIM_WINDOW + 1;
    for (int y = 0; y < down && !sc_threads_cancelled(threads); y++) {
        weigh_columns(a, b, y, window, columns);
        for (int x = 0; x < across; x++)
            sum += similarity(columns + (size_t)x * MOMENTS, window);
    }
    free(columns);
    *ssim = sum / ((double)across * down);
    return sc_threads_check(threads, err);
}
