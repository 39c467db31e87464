/* SPDX-License-Identifier: MIT */
/* Cuts between shots. See cuts.h. */
#include "motion/cuts.h"

#include <math.h>

#include "core/memory.h"
#include "motion/luma.h"

static const double sudden = 10; /* per cent */

int sc_cuts_see(sc_cuts *cuts, const float *rgb, int width, int height, bool *cut, sc_error *err)
{
    size_t pixels = (size_t)width * (size_t)height;
    bool same = cuts->luma && cuts->width == width && cuts->height == height;
    if (!same) {
        sc_cuts_free(cuts);
        *cuts = (sc_cuts){ .luma = sc_big_alloc(pixels * sizeof(float), err), .width = width, .height = height };
        if (!cuts->luma)
            return err->code;
    }
    double sum = 0;
    for (size_t y = 0; y < (size_t)height; y++) { /* a sum for each row, so that rounding does not add up */
        float row = 0;
        for (size_t i = y * (size_t)width; i < (y + 1) * (size_t)width; i++) {
            float luma = sc_motion_luma(rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]);
            row += same ? fabsf(luma - cuts->luma[i]) : 0;
            cuts->luma[i] = luma;
        }
        sum += (double)row;
    }
    double difference = 100 * sum / (double)pixels;
    *cut = !same || fmin(difference, fabs(difference - cuts->difference)) >= sudden;
    cuts->difference = difference;
    return SCUMBLE_OK;
}

void sc_cuts_free(sc_cuts *cuts)
{
    sc_big_free(cuts->luma);
    *cuts = (sc_cuts){ .luma = NULL };
}
