/* SPDX-License-Identifier: MIT */
/* Tiles and taps for Winograd's minimal filtering. See winograd.h. */
#include "backend/cpu/winograd.h"

#include <string.h>

sc_wino_place sc_wino_tile(const sc_wino_source *s, size_t tile)
{
    size_t row = tile / s->tiles_w;
    return (sc_wino_place){ (int)(row / s->tiles_h), (int)(row % s->tiles_h) * s->step, (int)(tile % s->tiles_w) * s->step };
}

/* Collects the pixels of a tile at the border, or with a partly filled group: [window window][block], zeros elsewhere. */
static void gather(const sc_wino_source *s, sc_wino_place at, size_t c0, size_t count, float *tile, uint16_t *bits)
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

/* Of a tile's worth of new columns, the ones of the tile after the next: rows of a large map lie pages apart. */
static void prefetch(const sc_wino_source *s, const float *from)
{
    for (int y = 0; y < s->window; y++, from += (ptrdiff_t)s->w * s->c)
        for (int x = s->window + s->step; x < s->window + 2 * s->step; x++)
            SC_PREFETCH(from + x * s->c, s->block, 0);
}

void sc_wino_transform(const sc_wino_source *s, sc_range tiles, size_t c0, float *v, float *tile)
{
    size_t groups = s->block / SC_GROUP, count = (size_t)s->c - c0 < s->block ? (size_t)s->c - c0 : s->block;
    ptrdiff_t column = s->c, row = column * s->w, bit_column = (ptrdiff_t)sc_groups((size_t)s->c), bit_row = bit_column * s->w;
    void (*transform)(const float *, ptrdiff_t, ptrdiff_t, const uint16_t *, ptrdiff_t, ptrdiff_t, size_t, float *, size_t) =
        s->window == SC_WINO_INPUT ? s->isa->wino_input : s->isa->wino_gradient;
    sc_wino_place at = sc_wino_tile(s, tiles.begin);
    for (size_t t = tiles.begin; t < tiles.end; t++, v += s->block, sc_wino_advance(s, &at)) {
        int y = at.y + s->first_y, x = at.x + s->first_x;
        if (count == s->block && y >= 0 && x >= 0 && y + s->window <= s->h && x + s->window <= s->w) {
            size_t pixel = ((size_t)at.n * (size_t)s->h + (size_t)y) * (size_t)s->w + (size_t)x;
            const float *from = s->data + pixel * (size_t)s->c + c0;
            prefetch(s, from);
            transform(from, row, column, s->bits ? s->bits + pixel * (size_t)bit_column + c0 / SC_GROUP : NULL, bit_row, bit_column, groups, v, s->plane);
        } else {
            uint16_t bits[SC_WINO_POINTS * SC_WINO_BLOCK / SC_GROUP];
            gather(s, at, c0, count, tile, bits);
            transform(tile, s->window * (ptrdiff_t)s->block, (ptrdiff_t)s->block, s->bits ? bits : NULL, s->window * (ptrdiff_t)groups, (ptrdiff_t)groups,
                groups, v, s->plane);
        }
    }
}

void sc_wino_taps(const sc_cpu_isa *isa, const float *w, size_t ci, size_t co, size_t c, size_t k, float taps[9][SC_GROUP][SC_GROUP])
{
    size_t cs = c >= ci ? 0 : ci - c < SC_GROUP ? ci - c : SC_GROUP, ks = k >= co ? 0 : co - k < SC_GROUP ? co - k : SC_GROUP;
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
