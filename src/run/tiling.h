/* SPDX-License-Identifier: MIT */
/* Which tiles the scales of a run are cut into, as a text for options, recipes and states: so that a picture can be
 * repeated to the byte wherever other tiles would be chosen. "auto", or for each scale its size and how many pixels a
 * tile's window has at most, 0 where it is not cut: "240x180:0,480x360:83521". */
#ifndef SC_RUN_TILING_H
#define SC_RUN_TILING_H

#include "core/error.h"
#include "run/scales.h"

enum { SC_TILING_TEXT = 512 }; /* room for the longest one */

typedef struct sc_tiling {
    int count; /* 0: "auto" */
    struct {
        int width, height;
        double pixels; /* whole numbers */
    } of[SC_MAX_SCALES];
} sc_tiling;

/* SCUMBLE_ERR_ARGUMENT and a sentence that names `tiles`. */
int sc_tiling_parse(sc_tiling *tiling, const char *text, sc_error *err);
void sc_tiling_write(const sc_tiling *tiling, char text[SC_TILING_TEXT]);
/* Whether it says anything of a scale of this size; then what. */
bool sc_tiling_find(const sc_tiling *tiling, const sc_scale *scale, double *pixels);
/* Adds what another one says of sizes of which it says nothing. Where there is no room for that it becomes the other.
 */
void sc_tiling_add(sc_tiling *tiling, const sc_tiling *other);

#endif
