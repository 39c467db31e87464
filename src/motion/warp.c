/* SPDX-License-Identifier: MIT */
/* See warp.h. */
#include "motion/warp.h"

#include <string.h>

#include "motion/level.h"

typedef struct warping {
    const sc_image *image;
    const sc_flow *flow;
    sc_image *to;
} warping;

/* Where a position lies between pixels: four of them, from `first` on, and Keys' weights. */
typedef struct taps {
    int first;
    float weight[4];
} taps;

static inline taps taps_at(float position, int count)
{
    position = sc_within(position, 0, (float)(count - 1));
    int before = (int)position;
    float t = position - (float)before;
    return (taps){ before - 1,
                   { -0.5f * t * (1 - t) * (1 - t), 1 + t * t * (1.5f * t - 2.5f), 0.5f * t * (1 + t * (4 - 3 * t)),
                     -0.5f * t * t * (1 - t) } };
}

enum { LANES = 4 };

/* Of four rows of four pixels, each of up to LANES values, that lie `step` values apart: all values at once. More than
 * a pixel has are read, and of no use. */
static inline void warp_sample(const float *const rows[4], size_t step, const taps *x, const taps *y, float to[LANES])
{
    float low[LANES], high[LANES];
    for (int c = 0; c < LANES; c++) {
        float a = rows[1][step + (size_t)c], b = rows[1][2 * step + (size_t)c], d = rows[2][step + (size_t)c],
              e = rows[2][2 * step + (size_t)c];
        float least = a < b ? a : b, less = d < e ? d : e, most = a > b ? a : b, more = d > e ? d : e;
        low[c] = least < less ? least : less, high[c] = most > more ? most : more;
    }
    for (int c = 0; c < LANES; c++) {
        float sum = 0;
        for (int j = 0; j < 4; j++)
            sum += y->weight[j] *
                   (x->weight[0] * rows[j][c] + x->weight[1] * rows[j][step + (size_t)c] +
                    x->weight[2] * rows[j][2 * step + (size_t)c] + x->weight[3] * rows[j][3 * step + (size_t)c]);
        sum = sum > low[c] ? sum : low[c];
        to[c] = sum < high[c] ? sum : high[c];
    }
}

/* At one place of an image whose pixels have `channels` values; beyond its border are the nearest pixels. */
static void warp_at(const sc_image *image, const float *values, size_t channels, const taps *x, const taps *y,
                    float *to)
{
    const size_t width = (size_t)image->width;
    float near[4][4 * LANES], all[LANES];
    const float *rows[4];
    const bool inside = x->first >= 0 && x->first + 3 + LANES <= image->width;
    if (!inside)
        memset(near, 0, sizeof near);
    for (int j = 0; j < 4; j++) {
        const float *row = values + (size_t)sc_motion_clamp(y->first + j, image->height) * width * channels;
        rows[j] = inside ? row + (size_t)x->first * channels : near[j];
        for (int i = 0; i < 4 && !inside; i++)
            memcpy(near[j] + (size_t)i * channels, row + (size_t)sc_motion_clamp(x->first + i, image->width) * channels,
                   channels * sizeof *row);
    }
    warp_sample(rows, channels, x, y, all);
    memcpy(to, all, channels * sizeof *to);
}

static int warp_image_rows(void *argument, int part, int thread)
{
    (void)thread;
    const warping *w = argument;
    const size_t width = (size_t)w->image->width;
    for (int y = part * SC_MOTION_ROWS; y < (part + 1) * SC_MOTION_ROWS && y < w->image->height; y++)
        for (int x = 0; x < w->image->width; x++) {
            size_t i = (size_t)y * width + (size_t)x;
            taps tx = taps_at((float)x + w->flow->u[i], w->image->width),
                 ty = taps_at((float)y + w->flow->v[i], w->image->height);
            warp_at(w->image, w->image->rgb, 3, &tx, &ty, w->to->rgb + 3 * i);
            if (w->image->alpha)
                warp_at(w->image, w->image->alpha, 1, &tx, &ty, w->to->alpha + i);
        }
    return SCUMBLE_OK;
}

int sc_image_warp(sc_threads *threads, const sc_image *image, const sc_flow *flow, sc_image *warped, sc_error *err)
{
    int code = sc_image_create(warped, image->width, image->height, image->alpha != NULL, err);
    if (code)
        return code;
    warped->bits = image->bits;
    if (!sc_threads_run(threads, sc_motion_parts(image->height), warp_image_rows, &(warping){ image, flow, warped }))
        return SCUMBLE_OK;
    sc_image_free(warped);
    return sc_threads_check(threads, err);
}
