/* SPDX-License-Identifier: MIT */
/* One forward pass of a generator over a picture, at the picture's own extents: what paint.h paints with, at one size
 * or at several. Extents that the generator cannot take are extended at the right and at the bottom by reflection, and
 * cut again. A large picture is painted part by part (tiles.h), which gives the same but for rounding: there are
 * no seams. */
#ifndef SC_PAINT_PASS_H
#define SC_PAINT_PASS_H

#include "paint/paint.h" /* circle: paint.c, which paints by passes, with options and costs that they share */

/* The least extent from `extent` on that the generator takes as it is: of a picture that repeats both must be such. */
int sc_paint_fitting(const sc_painter *painter, int extent, int *fitting, sc_error *err);
/* As sc_paint_estimate, for one pass. */
int sc_paint_pass_estimate(const sc_painter *painter, int width, int height, const sc_paint_options *options,
                           int64_t photo_bytes, sc_paint_cost *cost, sc_error *err);
/* As sc_paint, but the result is 8 bits, opaque and unblended: strength, colours and sizes are not looked at. */
int sc_paint_pass(const sc_painter *painter, const sc_image *photo, const sc_paint_options *options,
                  sc_paint_progress progress, void *user, sc_image *result, sc_error *err);

#endif
