/* SPDX-License-Identifier: MIT */
/* What the kernels by Winograd's minimal filtering share (winograd.c, winograd_weights.c, resize_conv.c): the
 * transformation of tiles. */
#ifndef SC_DEVICE_HOST_WINOGRAD_TILES_H
#define SC_DEVICE_HOST_WINOGRAD_TILES_H

#include "device/host/isa.h"
#include "device/kernels.h"

enum { SC_WINO_BLOCK = 128 }; /* the most channels of a block */

/* Pictures (n, h, w, c) of which each tile reads window x window pixels, the next one `step` pixels further on. */
typedef struct sc_wino_source {
    const sc_cpu_isa *isa;
    int n, h, w, c;
    const float *data;
    const uint16_t *bits; /* values whose bit is 0 count as 0; NULL = all count */
    float pool; /* not 0: `data` and `bits` are of the maxima of 2 x 2 pixels (conv_shape.h), times pool; a tile's
                   values go to the winners */
    sc_padding padding;         /* beyond it, too, there are zeros */
    int window;                 /* SC_WINO_INPUT: B^T d B; SC_WINO_TILE: A d A^T (isa.h) */
    int step, first_y, first_x; /* the first tile's first pixel */
    size_t tiles_h, tiles_w;    /* of a picture */
    size_t block, plane; /* channels of a block, a multiple of SC_GROUP, <= SC_WINO_BLOCK; floats from one of the 36
                            planes to the next */
} sc_wino_source;

/* A tile's picture, and its position in it, a multiple of step. */
typedef struct sc_wino_place {
    int n, y, x;
} sc_wino_place;
sc_wino_place sc_wino_tile(const sc_wino_source *source, size_t tile);
/* The tile after that one, without a division. */
static inline void sc_wino_advance(const sc_wino_source *source, sc_wino_place *at)
{
    at->x += source->step;
    if (at->x < (int)source->tiles_w * source->step)
        return;
    at->x = 0;
    at->y += source->step;
    if (at->y < (int)source->tiles_h * source->step)
        return;
    at->y = 0;
    at->n++;
}

/* v[36][tiles][block] of channels [c0, c0 + block), zeros beyond the last one. tile: scratch for SC_WINO_SCRATCH x
 * block floats. */
enum { SC_WINO_SCRATCH = 65 };
void sc_wino_transform(const sc_wino_source *source, sc_range tiles, size_t c0, float *v, float *tile);

/* taps[t][i][j]: weight t of input channel c + i and output channel k + j, from w (co, 3, 3, ci); zeros beyond the
 * channels. */
void sc_wino_taps(const sc_cpu_isa *isa, const float *w, size_t ci, size_t co, size_t c, size_t k,
                  float taps[9][SC_GROUP][SC_GROUP]);

#endif
