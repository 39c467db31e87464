/* SPDX-License-Identifier: MIT */
/* Painting tile by tile, stage after stage (stages.h), within bounded memory. Each stage has tiles of its own;
 * each tile's graph is made when its turn comes and freed after it. Maps that are stored are big buffers
 * (core/memory.h). */
#ifndef SC_PAINT_TILES_H
#define SC_PAINT_TILES_H

#include "paint/stages.h"
#include "loss/tile.h"

typedef struct sc_paint_tiles {
    sc_canvas canvas;
    sc_paint_stages stages;
    sc_device *device;
    sc_threads *threads;
    sc_tiles *tiles;      /* of each stage */
    double *flops;        /* of each stage, all tiles */
    size_t network_bytes; /* the most that a tile's graph takes */
} sc_paint_tiles;

/* For a picture of height x width, multiples of the program's step. device and program are borrowed. wrap:
 * the picture repeats, and windows that are read may reach beyond its edges, into the next one. room_bytes: for stored
 * maps. SCUMBLE_ERR_UNSUPPORTED when the program cannot be painted by parts. On failure *tiles is zeroed. */
int sc_paint_tiles_create(sc_paint_tiles *tiles, const sc_program *program, sc_device *device, int height, int width,
                          bool wrap, int64_t room_bytes, sc_error *err);
void sc_paint_tiles_free(sc_paint_tiles *tiles);
/* Cuts each stage into the largest tiles whose graph takes no more than network_bytes, or into the smallest that there
 * are: tiles->network_bytes is what they take. */
int sc_paint_tiles_fit(sc_paint_tiles *tiles, int64_t network_bytes, sc_error *err);
/* Cuts each stage into tiles whose windows have at most so many pixels. */
int sc_paint_tiles_cut(sc_paint_tiles *tiles, double pixels, sc_error *err);
/* The longer edge of a tile, in pixels, in the stage with the smallest. */
int sc_paint_tiles_edge(const sc_paint_tiles *tiles);

/* The ends: a window of the picture is read, a part of the result (whose rows begin row_values after one another) is
 * written; both as the program has them. */
typedef struct sc_paint_ends {
    void (*read)(void *user, const sc_window *window, float *to);
    void (*write)(void *user, const sc_window *part, const float *from, size_t row_values);
    int (*progress)(void *user, double share); /* of the work that is done; not 0: stop, with SCUMBLE_ERR_CANCELLED */
    void *user;
} sc_paint_ends;
int sc_paint_tiles_run(sc_paint_tiles *tiles, const sc_paint_ends *ends, sc_error *err);
/* Measures what the norms of tiles->canvas look at, over several pictures as if they were tiles of one, each with ends
 * of its own; paints nothing. What is stored is stored of each. */
int sc_paint_tiles_measure(sc_paint_tiles *tiles, const sc_paint_ends *ends, int pictures, sc_error *err);

#endif
