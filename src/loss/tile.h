/* SPDX-License-Identifier: MIT */
/* Exact tiling. A picture is cut into tiles; each is looked at through a window that is larger by a halo as wide as the
 * features' receptive field, so that the features of its core are those of the whole picture. Sums over positions (Gram
 * matrices, means, samples) are then sums over cores, and the gradient of the picture is the sum of the windows'
 * gradients. At the picture's edges windows end where the picture does, and padding happens as it would. */
#ifndef SC_LOSS_TILE_H
#define SC_LOSS_TILE_H

#include "core/threads.h"
#include "tensor/tensor.h"

enum { SC_LEAST_TILE = 64 }; /* smaller ones would be nearly all halo */

/* In pixels of the picture; begins are multiples of the cut's step. */
typedef struct sc_tile {
    sc_rect core;   /* what it answers for: the cores of all tiles are the picture */
    sc_rect window; /* the core and its surroundings; of a picture that repeats it may reach beyond the edges */
} sc_tile;

/* A grid over the whole picture: of the features of a layer, say. A position is `stride` pixels wide. */
typedef struct sc_grid {
    int height, width, stride;
} sc_grid;

typedef struct sc_tiles {
    int height, width; /* of the picture */
    int rows, columns;
    int step, halo;
    bool wrap;
} sc_tiles;

/* Of all ways to cut it so that no window has more than `most` pixels (0: there is one, the whole picture) the one
 * whose windows have the fewest together; as small as can be when there is no such way. step: what the begins are
 * multiples of (the product of the strides); the halo is rounded to it. */
sc_tiles sc_tiles_cut(int height, int width, double most, int step, int halo, bool wrap);
sc_tile sc_tiles_get(const sc_tiles *tiles, int index);
int sc_tiles_count(const sc_tiles *tiles);
/* Pixels of all windows. */
double sc_tiles_pixels(const sc_tiles *tiles);
/* The longer edge of the largest core; 0 when there is one tile. */
int sc_tiles_edge(const sc_tiles *tiles);

/* The part of the grid that belongs to a core, and to a window. */
sc_rect sc_tiles_core_on(const sc_tiles *tiles, const sc_tile *tile, const sc_grid *grid);
sc_rect sc_tiles_window_on(const sc_tiles *tiles, const sc_tile *tile, const sc_grid *grid);

/* Of a map (h x w x channels) on a grid and its part in a window or core, packed: window = map there, map += window
 * there; core = map, map = core. threads: NULL for the calling one alone. */
void sc_tiles_read(sc_threads *threads, const sc_tiles *tiles, const sc_tile *tile, const sc_grid *grid, int channels,
                   const float *map, float *window);
void sc_tiles_add(sc_threads *threads, const sc_tiles *tiles, const sc_tile *tile, const sc_grid *grid, int channels,
                  const float *window, float *map);
void sc_tiles_read_core(sc_threads *threads, const sc_tiles *tiles, const sc_tile *tile, const sc_grid *grid,
                        int channels, const float *map, float *core);
void sc_tiles_write_core(sc_threads *threads, const sc_tiles *tiles, const sc_tile *tile, const sc_grid *grid,
                         int channels, const float *core, float *map);

#endif
