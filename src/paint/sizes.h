/* SPDX-License-Identifier: MIT */
/* Painting from coarse to fine: at which sizes, and what is painted at each. */
#ifndef SC_PAINT_SIZES_H
#define SC_PAINT_SIZES_H

#include "paint/pass.h"

enum { SC_PAINT_MOST_SIZES = 18 };

typedef struct sc_paint_size {
    int width, height;
} sc_paint_size;

typedef struct sc_paint_sizes {
    sc_paint_size result;
    int count;
    sc_paint_size at[SC_PAINT_MOST_SIZES]; /* coarse to fine; the last one is the result's, or larger */
} sc_paint_sizes;

/* Evenly from the first size up to the result's, at most doubled from one to the next. width, height: of the photo. */
int sc_paint_sizes_plan(sc_paint_sizes *sizes, const sc_painter *painter, const sc_paint_options *options, int width,
                        int height, sc_error *err);

static inline bool sc_paint_is_of(const sc_image *image, sc_paint_size size)
{
    return image->width == size.width && image->height == size.height;
}

/* Resized, as what repeats where that is asked for. */
int sc_paint_resize(const sc_paint_options *options, const sc_image *image, sc_paint_size to, sc_image *out,
                    sc_error *err);
/* A photo rarely tiles: the painter would paint along its jumps from edge to edge. */
int sc_paint_make_periodic(const sc_paint_options *options, const sc_image *photo, sc_image *periodic, sc_error *err);

typedef struct sc_paint_work {
    const sc_painter *painter;
    const sc_paint_options *options;
    const sc_image *photo;
    int width; /* of the result */
    sc_paint_progress progress;
    void *user;
    double done, own, all; /* pixels: painted, of the pass in hand, of all */
} sc_paint_work;

/* The share of the pass in hand that is done, as a share of all. user: the work. */
int sc_paint_report(double share, void *user);
/* What the generator sees at this size; *made is owned and empty where that is the photo itself. painted: at the size
 * before, or empty. */
int sc_paint_input(const sc_paint_work *work, const sc_image *painted, sc_paint_size at, sc_image *made, sc_error *err);
/* *painted becomes what is painted at this size. known: NULL: with the picture's own statistics. */
int sc_paint_at(sc_paint_work *work, const sc_paint_known *known, sc_paint_size at, sc_image *painted, sc_error *err);

#endif
