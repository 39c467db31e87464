/* SPDX-License-Identifier: MIT */
/* Where tiles lie, and copying in and out of windows. See tile.h. */
#include "style/tile.h"

#include <string.h>

static int round_up(int value, int step)
{
    return (value + step - 1) / step * step;
}

static int tiles_along(int extent, int edge)
{
    return edge ? (extent + edge - 1) / edge : 1;
}

sc_tiles sc_tiles_cut(int height, int width, int edge, int step, int halo, bool wrap)
{
    edge = edge ? round_up(edge, step) : 0;
    return (sc_tiles){ height, width, tiles_along(height, edge), tiles_along(width, edge), edge, step, round_up(halo, step), wrap };
}

int sc_tiles_count(const sc_tiles *tiles)
{
    return tiles->rows * tiles->columns;
}

/* Along one axis: cores as equal as steps allow, windows that end at the picture's edges unless it repeats. */
static void cut_axis(const sc_tiles *t, int extent, int count, int k, int *begin, int *length, int *window_begin, int *window_length)
{
    int steps = (extent + t->step - 1) / t->step;
    int end = k + 1 == count ? extent : (int)((int64_t)steps * (k + 1) / count) * t->step;
    *begin = (int)((int64_t)steps * k / count) * t->step;
    *length = end - *begin;
    int first = *begin - t->halo, last = end + t->halo;
    if (!t->wrap || count == 1) {
        first = first < 0 || count == 1 ? 0 : first;
        last = last > extent || count == 1 ? extent : last;
    }
    *window_begin = first;
    *window_length = last - first;
}

sc_tile sc_tiles_get(const sc_tiles *tiles, int index)
{
    sc_tile tile;
    cut_axis(tiles, tiles->height, tiles->rows, index / tiles->columns, &tile.core.top, &tile.core.height, &tile.window.top, &tile.window.height);
    cut_axis(tiles, tiles->width, tiles->columns, index % tiles->columns, &tile.core.left, &tile.core.width, &tile.window.left, &tile.window.width);
    return tile;
}

/* Positions from `begin` to `end`, in pixels; the last ones of a picture may be narrower than a stride, or missing. */
static void on_axis(int begin, int length, int extent, int positions, int stride, int *first, int *count)
{
    int end = begin + length;
    *first = begin / stride;
    *count = (end == extent ? positions : end / stride) - *first;
}

sc_rect sc_tiles_core_on(const sc_tiles *tiles, const sc_tile *tile, const sc_grid *grid)
{
    sc_rect r;
    on_axis(tile->core.top, tile->core.height, tiles->height, grid->height, grid->stride, &r.top, &r.height);
    on_axis(tile->core.left, tile->core.width, tiles->width, grid->width, grid->stride, &r.left, &r.width);
    return r;
}

sc_rect sc_tiles_window_on(const sc_tiles *tiles, const sc_tile *tile, const sc_grid *grid)
{
    sc_rect r;
    on_axis(tile->window.top, tile->window.height, tiles->height, grid->height, grid->stride, &r.top, &r.height);
    on_axis(tile->window.left, tile->window.width, tiles->width, grid->width, grid->stride, &r.left, &r.width);
    return r;
}

static size_t wrapped(int i, int extent)
{
    int r = i % extent;
    return (size_t)(r < 0 ? r + extent : r);
}

/* Stretches of a window's row that are stretches of the picture's row too: calls with offsets in values. */
static int stretch(const sc_tiles *t, const sc_tile *tile, int x, int *column)
{
    *column = (int)wrapped(tile->window.left + x, t->width);
    int in_picture = t->width - *column, in_window = tile->window.width - x;
    return in_picture < in_window ? in_picture : in_window;
}

void sc_tiles_read(const sc_tiles *t, const sc_tile *tile, const float *picture, int channels, float *window)
{
    size_t c = (size_t)channels;
    for (int y = 0; y < tile->window.height; y++) {
        const float *row = picture + wrapped(tile->window.top + y, t->height) * (size_t)t->width * c;
        float *to = window + (size_t)y * (size_t)tile->window.width * c;
        for (int x = 0, column, n; x < tile->window.width; x += n) {
            n = stretch(t, tile, x, &column);
            memcpy(to + (size_t)x * c, row + (size_t)column * c, (size_t)n * c * sizeof *to);
        }
    }
}

void sc_tiles_add(const sc_tiles *t, const sc_tile *tile, const float *window, int channels, float *picture)
{
    size_t c = (size_t)channels;
    for (int y = 0; y < tile->window.height; y++) {
        float *row = picture + wrapped(tile->window.top + y, t->height) * (size_t)t->width * c;
        const float *from = window + (size_t)y * (size_t)tile->window.width * c;
        for (int x = 0, column, n; x < tile->window.width; x += n) {
            n = stretch(t, tile, x, &column);
            for (size_t i = 0; i < (size_t)n * c; i++)
                row[(size_t)column * c + i] += from[(size_t)x * c + i];
        }
    }
}
