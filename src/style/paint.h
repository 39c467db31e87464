/* SPDX-License-Identifier: MIT */
/* Painting with a trained generator (nets/painter.h): one forward pass, any picture of at least 1 x 1 pixel, nothing resampled. Extents that the generator
 * cannot take are extended at the right and at the bottom by reflection, and cut again. A large picture is painted part by part (paint_tiles.h), which gives
 * the same but for rounding: there are no seams. */
#ifndef SC_STYLE_PAINT_H
#define SC_STYLE_PAINT_H

#include "media/image.h"
#include "nets/painter.h"

typedef struct sc_paint_options {
    double strength;          /* 0..1: from the photo to what was painted, blended in sRGB */
    bool keep_colours;        /* the result has the photo's a and b in OKLab, and its own lightness */
    int64_t max_memory_bytes; /* of the process; 0 = what is free */
    double tile_pixels;       /* 0; else parts are painted whose windows have at most so many pixels (for tests) */
    const sc_backend *backend;
    sc_threads *threads;
} sc_paint_options;

typedef struct sc_paint_cost {
    int64_t memory_bytes;    /* peak of the process, the photo included */
    int64_t temporary_bytes; /* of temporary files, for maps between the stages; 0 where all fits into memory */
    int tile_edge;           /* longer edge of the smallest tiles in pixels; 0: it is painted whole */
} sc_paint_cost;

/* Called with the share of the work that is done, 0..1; not 0: stop. */
typedef int (*sc_paint_progress)(double share, void *user);

/* What a picture of this size will take; SCUMBLE_ERR_LIMIT when it does not fit, even in tiles. A limit holds for big buffers from then on. photo_bytes: of
 * the photo, when it is not in memory yet. */
int sc_paint_estimate(const sc_painter *painter, int width, int height, const sc_paint_options *options, int64_t photo_bytes, sc_paint_cost *cost, sc_error *err);
/* *result is made anew, with the photo's size, alpha, bit depth and ICC profile; caller frees with sc_image_free. progress may be NULL. On failure *result is
 * zeroed; SCUMBLE_ERR_CANCELLED when progress stopped it. */
int sc_paint(const sc_painter *painter, const sc_image *photo, const sc_paint_options *options, sc_paint_progress progress, void *user, sc_image *result,
             sc_error *err);

#endif
