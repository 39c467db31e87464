/* SPDX-License-Identifier: MIT */
/* Where tiles lie, and copying in and out of windows. See tile.h. */
#include "loss/tile.h"

#include <math.h>
#include <string.h>

static int round_up(int value, int step)
{
    return (value + step - 1) / step * step;
}

/* Most tiles along an axis. */
static int most_parts(const sc_tiles *t, int extent)
{
    int parts = round_up(extent, t->step) / round_up(SC_LEAST_TILE, t->step);
    return parts < 1 ? 1 : parts;
}

/* Along one axis: cores as equal as steps allow, windows that end at the picture's edges unless it repeats. */
static void cut_axis(const sc_tiles *t, int extent, int count, int k, int *begin, int *length, int *window_begin,
                     int *window_length)
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

/* Of the windows along an axis: the longest, and the sum (at most, when the picture is hardly larger than a halo). */
static double axis_windows(const sc_tiles *t, int extent, int count, double *longest)
{
    int steps = (extent + t->step - 1) / t->step, core = (steps + count - 1) / count * t->step;
    *longest = count == 1 ? extent : core + (count == 2 && !t->wrap ? 1.0 : 2.0) * t->halo;
    if (!t->wrap)
        *longest = fmin(*longest, extent);
    return count == 1 ? extent : fmin(extent + 2.0 * t->halo * (t->wrap ? count : count - 1), count * *longest);
}

/* Pixels of all windows, and of the largest. */
static double window_pixels(const sc_tiles *t, int rows, int columns, double *largest)
{
    double high, wide, sum = axis_windows(t, t->height, rows, &high) * axis_windows(t, t->width, columns, &wide);
    *largest = high * wide;
    return sum;
}

sc_tiles sc_tiles_cut(int height, int width, double most, int step, int halo, bool wrap)
{
    sc_tiles t = { height, width, 1, 1, step, round_up(halo, step), wrap };
    if (!most)
        return t;
    int all_rows = most_parts(&t, height), columns = most_parts(&t, width);
    t.rows = all_rows;
    t.columns = columns;
    double least = INFINITY, largest;
    for (int rows = 1; rows <= all_rows; rows++) { /* each with the fewest columns; more rows need no more of them */
        while (columns > 1 && (window_pixels(&t, rows, columns - 1, &largest), largest <= most))
            columns--;
        double sum = window_pixels(&t, rows, columns, &largest);
        if (largest <= most && sum < least) {
            least = sum;
            t.rows = rows;
            t.columns = columns;
        }
    }
    return t;
}

double sc_tiles_pixels(const sc_tiles *tiles)
{
    double largest;
    return window_pixels(tiles, tiles->rows, tiles->columns, &largest);
}

int sc_tiles_edge(const sc_tiles *tiles)
{
    int edge = 0;
    for (int i = 0; i < sc_tiles_count(tiles) && sc_tiles_count(tiles) > 1; i++) {
        sc_rect core = sc_tiles_get(tiles, i).core;
        int longer = core.height > core.width ? core.height : core.width;
        edge = longer > edge ? longer : edge;
    }
    return edge;
}

int sc_tiles_count(const sc_tiles *tiles)
{
    return tiles->rows * tiles->columns;
}

sc_tile sc_tiles_get(const sc_tiles *tiles, int index)
{
    sc_tile tile;
    cut_axis(tiles, tiles->height, tiles->rows, index / tiles->columns, &tile.core.top, &tile.core.height,
             &tile.window.top, &tile.window.height);
    cut_axis(tiles, tiles->width, tiles->columns, index % tiles->columns, &tile.core.left, &tile.core.width,
             &tile.window.left, &tile.window.width);
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

/* ---- copying --------------------------------------------------------------------------------------------------- */

/* Between a part of a map and the same part, packed. */
typedef struct transport {
    sc_rect part;
    const sc_grid *grid;
    size_t channels;
    const float *from;
    float *to;
    void (*row)(const struct transport *t, int y);
    int band; /* rows */
} transport;

static int run_band(void *argument, int part, int thread)
{
    (void)thread;
    const transport *t = argument;
    for (int y = part * t->band; y < t->part.height && y < (part + 1) * t->band; y++)
        t->row(t, y);
    return 0;
}

/* All rows. Several threads, for pages of a big buffer may have to come back; but where a window sees a row twice they
 * would meet in it. */
static void tile_carry(sc_threads *threads, transport *t)
{
    enum { BAND = 32 };
    bool twice = t->part.height > t->grid->height;
    t->band = twice || !threads ? t->part.height : BAND;
    if (!threads)
        run_band(t, 0, 0);
    else
        sc_threads_run(threads, (t->part.height + t->band - 1) / t->band, run_band, t);
}

/* Stretches of a window's row that are stretches of the map's row too. */
static int stretch(const transport *t, int x, size_t *column)
{
    *column = wrapped(t->part.left + x, t->grid->width);
    int in_map = t->grid->width - (int)*column, in_window = t->part.width - x;
    return in_map < in_window ? in_map : in_window;
}

static size_t tile_map_row(const transport *t, int y)
{
    return wrapped(t->part.top + y, t->grid->height) * (size_t)t->grid->width * t->channels;
}

static size_t packed_row(const transport *t, int y)
{
    return (size_t)y * (size_t)t->part.width * t->channels;
}

static void tile_read_row(const transport *t, int y)
{
    const float *from = t->from + tile_map_row(t, y);
    float *to = t->to + packed_row(t, y);
    size_t column;
    for (int x = 0, n; x < t->part.width; x += n) {
        n = stretch(t, x, &column);
        memcpy(to + (size_t)x * t->channels, from + column * t->channels, (size_t)n * t->channels * sizeof *to);
    }
}

static void tile_add_row(const transport *t, int y)
{
    const float *from = t->from + packed_row(t, y);
    float *to = t->to + tile_map_row(t, y);
    size_t column;
    for (int x = 0, n; x < t->part.width; x += n) {
        n = stretch(t, x, &column);
        for (size_t i = 0; i < (size_t)n * t->channels; i++)
            to[column * t->channels + i] += from[(size_t)x * t->channels + i];
    }
}

/* Of a core, which lies within the map. */
static void tile_write_row(const transport *t, int y)
{
    memcpy(t->to + tile_map_row(t, y) + (size_t)t->part.left * t->channels, t->from + packed_row(t, y),
           (size_t)t->part.width * t->channels * sizeof *t->to);
}

void sc_tiles_read(sc_threads *threads, const sc_tiles *tiles, const sc_tile *tile, const sc_grid *grid, int channels,
                   const float *map, float *window)
{
    tile_carry(threads, &(transport){ sc_tiles_window_on(tiles, tile, grid), grid, (size_t)channels, map, window,
                                      tile_read_row, 0 });
}

void sc_tiles_add(sc_threads *threads, const sc_tiles *tiles, const sc_tile *tile, const sc_grid *grid, int channels,
                  const float *window, float *map)
{
    tile_carry(threads, &(transport){ sc_tiles_window_on(tiles, tile, grid), grid, (size_t)channels, window, map,
                                      tile_add_row, 0 });
}

void sc_tiles_read_core(sc_threads *threads, const sc_tiles *tiles, const sc_tile *tile, const sc_grid *grid,
                        int channels, const float *map, float *core)
{
    tile_carry(threads, &(transport){ sc_tiles_core_on(tiles, tile, grid), grid, (size_t)channels, map, core,
                                      tile_read_row, 0 });
}

void sc_tiles_write_core(sc_threads *threads, const sc_tiles *tiles, const sc_tile *tile, const sc_grid *grid,
                         int channels, const float *core, float *map)
{
    tile_carry(threads, &(transport){ sc_tiles_core_on(tiles, tile, grid), grid, (size_t)channels, core, map,
                                      tile_write_row, 0 });
}
