/* SPDX-License-Identifier: MIT */
/* One forward pass of a generator over a picture, at the picture's own extents: what paint.h paints with, at one size
 * or at several. Extents that the generator cannot take are extended at the right and at the bottom by reflection, and
 * cut again. A large picture is painted part by part (tiles.h), which gives the same but for rounding: there are
 * no seams. */
#ifndef SC_PAINT_PASS_H
#define SC_PAINT_PASS_H

#include "paint/canvas.h"
#include "paint/paint.h" /* circle: paint.c, which paints by passes, with options and costs that they share */

/* The least extent from `extent` on that the generator takes as it is: of a picture that repeats both must be such. */
int sc_paint_fitting(const sc_painter *painter, int extent, int *fitting, sc_error *err);
/* As sc_paint_estimate, for one pass. */
int sc_paint_pass_estimate(const sc_painter *painter, int width, int height, const sc_paint_options *options,
                           int64_t photo_bytes, sc_paint_cost *cost, sc_error *err);
/* A pass over pictures of one size with norms that are known before. Begins zeroed; free with sc_paint_known_free, also
 * after a failure. */
typedef struct sc_paint_known {
    int width, height;   /* of the pictures */
    sc_canvas canvas;    /* its norms; count 0: the network cannot be painted by parts, and norms are each picture's */
    sc_program *program; /* without norms (fixed.h), owned; NULL: the painter's own */
    sc_holding held;     /* its parameters, as they were prepared */
} sc_paint_known;
/* Makes the canvas; its norms are to be measured, or written. */
int sc_paint_known_begin(sc_paint_known *known, const sc_painter *painter, int width, int height,
                         const sc_paint_options *options, sc_error *err);
/* Over all pictures together, which have the size. */
int sc_paint_known_measure(sc_paint_known *known, const sc_painter *painter, const sc_image *const *pictures, int count,
                           const sc_paint_options *options, sc_paint_progress progress, void *user, sc_error *err);
/* Makes the program, when all norms are there. */
int sc_paint_known_end(sc_paint_known *known, sc_device *device, sc_error *err);
void sc_paint_known_free(sc_paint_known *known);

/* As sc_paint, but the result is 8 bits, opaque and unblended: strength, colours and sizes are not looked at. known:
 * NULL: with the picture's own statistics. scale: pixels of this pass for one of the result, for what has moved. */
int sc_paint_pass(const sc_painter *painter, const sc_paint_known *known, const sc_image *photo, double scale,
                  const sc_paint_options *options, sc_paint_progress progress, void *user, sc_image *result,
                  sc_error *err);

#endif
