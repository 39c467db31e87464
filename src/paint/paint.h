/* SPDX-License-Identifier: MIT */
/* Painting with a trained generator (nets/store/painter.h), any picture of at least 1 x 1 pixel. A generator's strokes
 * are as many pixels wide as those that it learnt, which on a large picture are hairlines. So a large one is painted
 * coarse to fine: first at the size where strokes have the share of the picture that they had in training, then at
 * sizes up to twice as large as the one before, each time on the middle between the photo and what was painted, of
 * which only the detail is taken that the size before could not hold. The strokes stay, and get edges and grain of
 * their own at the final size. */
#ifndef SC_PAINT_PAINT_H
#define SC_PAINT_PAINT_H

#include "media/image.h"
#include "nets/store/painter.h"

enum { SC_PAINT_MAX_EDGE = 65535 }; /* at which a picture is painted */

typedef struct sc_paint_options {
    int size;           /* long edge of the result; 0: the photo's own */
    double style_scale; /* > 0: strokes that are so many times as large a share of the picture as in training; 0: as
                           many pixels as in training */
    bool tileable;      /* the result repeats without seams */
    double strength;    /* 0..1: from the photo to what was painted, blended in sRGB */
    bool keep_colours;  /* the result has the photo's a and b in OKLab, and its own lightness */
    int64_t max_memory_bytes; /* of the process; 0 = what is free */
    /* 0, or the most that a graph may take, whatever memory is free: of a film, whose frames are to be cut alike. From
     * sc_paint_graph_room */
    int64_t graph_bytes;
    /* of a shot, by which its frames are painted (paint/statistics.h); NULL: each picture by its own */
    const struct sc_paint_statistics *statistics;
    /* How far what is seen has moved since the shot began, right and down, in pixels of the result: the strokes go with
     * it (paint/shift.h). Not where the result repeats */
    double shift_x, shift_y;
    double tile_pixels; /* 0; else parts are painted whose windows have at most so many pixels (for tests) */
    sc_device *device;
    sc_threads *threads;
} sc_paint_options;

typedef struct sc_paint_cost {
    int64_t memory_bytes;    /* peak of the process, the photo included */
    int64_t temporary_bytes; /* of temporary files, for maps between the stages; 0 where all fits into memory */
    int tile_edge;           /* longer edge of the smallest tiles in pixels; 0: it is painted whole */
    int width, height;       /* of the result */
    int first_edge;          /* longer edge at which it is painted first; the result's own when that is the only time */
} sc_paint_cost;

/* Called with the share of the work that is done, 0..1; not 0: stop. */
typedef int (*sc_paint_progress)(double share, void *user);

/* What a picture of this size will take; SCUMBLE_ERR_LIMIT when it does not fit, even in tiles. A limit holds for big
 * buffers from then on. photo_bytes: of the photo, when it is not in memory yet. */
int sc_paint_estimate(const sc_painter *painter, int width, int height, const sc_paint_options *options,
                      int64_t photo_bytes, sc_paint_cost *cost, sc_error *err);
/* For options->graph_bytes: what there is for pictures of this size, by the memory that is free now, or the limit.
 * SCUMBLE_ERR_LIMIT as above. */
int sc_paint_graph_room(const sc_painter *painter, int width, int height, const sc_paint_options *options,
                        int64_t *graph_bytes, sc_error *err);
/* *result is made anew, with the photo's alpha, bit depth, ICC profile and share of what is beyond sRGB; caller frees
 * with sc_image_free. progress may be NULL. On failure *result is zeroed; SCUMBLE_ERR_CANCELLED when progress stopped
 * it. */
int sc_paint(const sc_painter *painter, const sc_image *photo, const sc_paint_options *options,
             sc_paint_progress progress, void *user, sc_image *result, sc_error *err);

#endif
