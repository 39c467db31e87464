/* SPDX-License-Identifier: MIT */
/* See warp.h. */
#include "motion/warp.h"

#include <math.h>

#include "motion/level.h"

typedef struct warping {
    const sc_image *image;
    const sc_flow *flow;
    sc_image *to;
} warping;

/* Where a position lies between pixels: four of them, and Keys' weights. */
typedef struct taps {
    size_t at[4];
    float weight[4];
} taps;

static taps taps_at(float position, int count)
{
    position = sc_within(position, 0, (float)(count - 1));
    int first = (int)position;
    float t = position - (float)first;
    taps result = { .weight = { -0.5f * t * (1 - t) * (1 - t), 1 + t * t * (1.5f * t - 2.5f),
                                0.5f * t * (1 + t * (4 - 3 * t)), -0.5f * t * t * (1 - t) } };
    for (int i = 0; i < 4; i++) {
        int at = first - 1 + i;
        result.at[i] = (size_t)(at < 0 ? 0 : at >= count ? count - 1 : at);
    }
    return result;
}

/* Of a plane whose pixels lie `step` values apart. */
static float sample(const float *plane, size_t width, size_t step, const taps *x, const taps *y)
{
    float sum = 0, low = INFINITY, high = -INFINITY;
    for (int j = 0; j < 4; j++) {
        const float *row = plane + y->at[j] * width * step;
        float line = 0;
        for (int i = 0; i < 4; i++)
            line += x->weight[i] * row[x->at[i] * step];
        sum += y->weight[j] * line;
        for (int i = 1; i < 3 && (j == 1 || j == 2); i++) {
            float value = row[x->at[i] * step];
            low = value < low ? value : low;
            high = value > high ? value : high;
        }
    }
    return sc_within(sum, low, high);
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
            for (int c = 0; c < 3; c++)
                w->to->rgb[3 * i + (size_t)c] = sample(w->image->rgb + c, width, 3, &tx, &ty);
            if (w->image->alpha)
                w->to->alpha[i] = sample(w->image->alpha, width, 1, &tx, &ty);
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
