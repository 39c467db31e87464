/* SPDX-License-Identifier: MIT */
/* Frames of a scene that moves. A network that halves its maps paints other strokes when a picture is moved by one
 * pixel: it is the same again only after as many as its step, four in most. So the network's grid goes with the scene:
 * by whole pixels the picture begins elsewhere on it, and what remains, at most half a pixel, is taken from the picture
 * before it is painted and given back to what was painted, by Lanczos' windowed sinc of eight pixels. */
#ifndef SC_PAINT_SHIFT_H
#define SC_PAINT_SHIFT_H

#include "media/image.h"

typedef struct sc_paint_shift {
    int left, top; /* where the picture begins on the grid: 0 to step - 1 */
    double x, y;   /* how far the scene is from whole pixels: -0.5 to 0.5 */
} sc_paint_shift;

/* Of a scene that has moved by (x, y) pixels. */
sc_paint_shift sc_paint_shift_of(double x, double y, int step);
/* *moved at p: the picture's colour at p + (x, y), which are -1 to 1, within 0..1; beyond the edges they are repeated.
 * *moved is made anew: 8 bits, without alpha. The same bytes with any number of threads. Caller frees. */
int sc_paint_translate(sc_threads *threads, const sc_image *image, double x, double y, sc_image *moved, sc_error *err);

#endif
