/* SPDX-License-Identifier: MIT */
/* Tiles and taps for Winograd's minimal filtering. See winograd_tiles.h. */
#include "device/host/winograd_tiles.h"
#include "device/host/border.h"

#include <string.h>

sc_wino_place sc_wino_tile(const sc_wino_source *s, size_t tile)
{
    size_t row = tile / s->tiles_w;
    return (sc_wino_place){ (int)(row / s->tiles_h), (int)(row % s->tiles_h) * s->step,
                            (int)(tile % s->tiles_w) * s->step };
}

/* Collects the pixels of a tile at the border, or with a partly filled group: [window window][block], zeros elsewhere.
 */
static void winograd_tiles_gather(const sc_wino_source *s, sc_wino_place at, size_t c0, size_t count, float *tile,
                                  uint16_t *bits)
{
    size_t groups = s->block / SC_GROUP, c_groups = sc_groups((size_t)s->c);
    const sc_padding *pad = &s->padding;
    for (int i = 0; i < s->window * s->window; i++, tile += s->block, bits += groups) {
        int y = sc_pad_source(at.y + s->first_y + i / s->window, s->h, pad->top, pad->bottom, pad->mode);
        int x = sc_pad_source(at.x + s->first_x + i % s->window, s->w, pad->left, pad->right, pad->mode);
        if (y < 0 || x < 0) {
            memset(tile, 0, s->block * sizeof(float));
            memset(bits, 0, groups * sizeof *bits);
            continue;
        }
        size_t pixel = ((size_t)at.n * (size_t)s->h + (size_t)y) * (size_t)s->w + (size_t)x;
        memcpy(tile, s->data + pixel * (size_t)s->c + c0, count * sizeof(float));
        memset(tile + count, 0, (s->block - count) * sizeof(float));
        if (s->bits)
            memcpy(bits, s->bits + pixel * c_groups + c0 / SC_GROUP, sc_groups(count) * sizeof *bits);
    }
}

/* The 2 x 2 pixels that pixel (y, x) of a pooled picture stands for, rows 8 blocks apart: its value where the winner
 * is, else 0. */
static void spread_maximum(const sc_wino_source *s, int n, int y, int x, size_t c0, size_t count, float *value,
                           float *to)
{
    int h = s->h / 2, w = s->w / 2;
    size_t groups = s->block / SC_GROUP, row = 8 * s->block, all = sc_groups((size_t)s->c), used = sc_groups(count);
    if (y < 0 || x < 0 || y >= h || x >= w) {
        memset(to, 0, 2 * s->block * sizeof *to);
        memset(to + row, 0, 2 * s->block * sizeof *to);
        return;
    }
    size_t pixel = ((size_t)n * (size_t)h + (size_t)y) * (size_t)w + (size_t)x;
    const uint16_t *winners = s->bits + pixel * all * 3, *positive = winners + 2 * all;
    uint16_t own[2 * SC_WINO_BLOCK / SC_GROUP] = { 0 };
    memcpy(own, winners + 2 * c0 / SC_GROUP, 2 * used * sizeof *own);
    s->isa->mask(value, s->data + pixel * (size_t)s->c + c0, positive + c0 / SC_GROUP, 1, count);
    memset(value + count, 0, (s->block - count) * sizeof *value);
    s->isa->max_pool_gradient(value, own, groups, s->pool, false, to, (ptrdiff_t)row);
}

/* The tile's window, unpooled: its place in tile[8][8][block], whose first pixel is an even one. */
static const float *unpool(const sc_wino_source *s, sc_wino_place at, size_t c0, size_t count, float *tile)
{
    int top = at.y + s->first_y, left = at.x + s->first_x, odd_y = top & 1, odd_x = left & 1;
    for (int y = 0; y < odd_y + s->window; y += 2)
        for (int x = 0; x < odd_x + s->window; x += 2)
            spread_maximum(s, at.n, (top - odd_y + y) / 2, (left - odd_x + x) / 2, c0, count, tile + 64 * s->block,
                           tile + (size_t)(8 * y + x) * s->block);
    return tile + (size_t)(8 * odd_y + odd_x) * s->block;
}

/* Of a tile's worth of new columns, the ones of the tile after the next: rows of a large map lie pages apart. */
static void tile_prefetch(const sc_wino_source *s, const float *from)
{
    for (int y = 0; y < s->window; y++, from += (ptrdiff_t)s->w * s->c)
        for (int x = s->window + s->step; x < s->window + 2 * s->step; x++)
            SC_PREFETCH(from + x * s->c, s->block, 0);
}

void sc_wino_transform(const sc_wino_source *s, sc_range tiles, size_t c0, float *v, float *tile)
{
    size_t groups = s->block / SC_GROUP, count = (size_t)s->c - c0 < s->block ? (size_t)s->c - c0 : s->block;
    ptrdiff_t column = s->c, row = column * s->w, bit_column = (ptrdiff_t)sc_groups((size_t)s->c),
              bit_row = bit_column * s->w;
    void (*transform)(const float *, ptrdiff_t, ptrdiff_t, const uint16_t *, ptrdiff_t, ptrdiff_t, size_t, float *,
                      size_t) = s->window == SC_WINO_INPUT ? s->isa->wino_input : s->isa->wino_gradient;
    sc_wino_place at = sc_wino_tile(s, tiles.begin);
    for (size_t t = tiles.begin; t < tiles.end; t++, v += s->block, sc_wino_advance(s, &at)) {
        int y = at.y + s->first_y, x = at.x + s->first_x;
        if (s->pool) {
            ptrdiff_t pixel = (ptrdiff_t)s->block;
            transform(unpool(s, at, c0, count, tile), 8 * pixel, pixel, NULL, 0, 0, groups, v, s->plane);
        } else if (count == s->block && y >= 0 && x >= 0 && y + s->window <= s->h && x + s->window <= s->w) {
            size_t pixel = ((size_t)at.n * (size_t)s->h + (size_t)y) * (size_t)s->w + (size_t)x;
            const float *from = s->data + pixel * (size_t)s->c + c0;
            tile_prefetch(s, from);
            transform(from, row, column, s->bits ? s->bits + pixel * (size_t)bit_column + c0 / SC_GROUP : NULL, bit_row,
                      bit_column, groups, v, s->plane);
        } else {
            uint16_t bits[SC_WINO_POINTS * SC_WINO_BLOCK / SC_GROUP];
            winograd_tiles_gather(s, at, c0, count, tile, bits);
            transform(tile, s->window * (ptrdiff_t)s->block, (ptrdiff_t)s->block, s->bits ? bits : NULL,
                      s->window * (ptrdiff_t)groups, (ptrdiff_t)groups, groups, v, s->plane);
        }
    }
}

void sc_wino_taps(const sc_cpu_isa *isa, const float *w, size_t ci, size_t co, size_t c, size_t k,
                  float taps[9][SC_GROUP][SC_GROUP])
{
    size_t cs = c >= ci           ? 0 :
                ci - c < SC_GROUP ? ci - c :
                                    SC_GROUP,
           ks = k >= co           ? 0 :
                co - k < SC_GROUP ? co - k :
                                    SC_GROUP;
    bool whole = cs == SC_GROUP && ks == SC_GROUP;
    if (!whole)
        memset(taps, 0, 9 * sizeof *taps);
    for (size_t t = 0; t < 9; t++)
        if (whole)
            isa->transpose(w + (k * 9 + t) * ci + c, 9 * ci, taps[t][0], SC_GROUP);
        else
            for (size_t j = 0; j < ks; j++)
                for (size_t i = 0; i < cs; i++)
                    taps[t][i][j] = w[((k + j) * 9 + t) * ci + c + i];
}
