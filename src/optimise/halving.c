/* SPDX-License-Identifier: MIT */
/* See halving.h. */
#include "optimise/halving.h"

enum { ADJOINT_TAPS = 5 /* at most: 5 pixels above 2 */ };

int sc_half(int edge)
{
    return edge > 1 ? edge / 2 : 1;
}

int sc_halving_create(sc_halving *halving, int width, int height, bool wrap, sc_error *err)
{
    const int from[2] = { height, width }, to[2] = { sc_half(height), sc_half(width) };
    int code = SCUMBLE_OK;
    for (int axis = 0; axis < 2 && !code; axis++) {
        code = sc_taps_bilinear(&halving->down[axis], from[axis], to[axis], wrap, err);
        if (!code)
            code = sc_taps_bilinear(&halving->up[axis], to[axis], from[axis], wrap, err);
        if (!code)
            code = sc_taps_transpose(&halving->gather[axis], &halving->up[axis], err);
    }
    return code;
}

void sc_halving_free(sc_halving *halving)
{
    for (int axis = 0; axis < 2; axis++) {
        sc_taps_free(&halving->down[axis]);
        sc_taps_free(&halving->up[axis]);
        sc_taps_free(&halving->gather[axis]);
    }
}

size_t sc_halving_bytes(int width, int height)
{
    size_t fine = (size_t)width + (size_t)height, coarse = (size_t)sc_half(width) + (size_t)sc_half(height);
    return (2 * fine + (2 + ADJOINT_TAPS) * coarse) * (sizeof(int) + sizeof(float));
}

void sc_halving_resample(sc_threads *threads, const sc_taps taps[2], float *scratch, const float *from,
                         const float *base, float scale, float *to)
{
    sc_resampling r = { .threads = threads, .rows = &taps[0], .columns = &taps[1], .scratch = scratch };
    sc_resample(&r, from, base, scale, to);
}
