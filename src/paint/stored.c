/* SPDX-License-Identifier: MIT */
/* Rows of values, from a stored map and to it. See stored.h. */
#include "paint/stored.h"

#include <string.h>

/* Rows of values, from one place to another. */
typedef struct transport {
    const float *from;
    float *to;
    size_t from_row, to_row, count; /* values: from row to row, and that are copied */
    int rows, channels;
    const sc_stored_norm *through; /* NULL: as they are */
} transport;

enum { BAND = 32 };

static void stored_normalise(const sc_stored_norm *a, size_t channels, const float *restrict from, float *restrict to,
                             size_t count)
{
    for (size_t p = 0; p < count; p += channels)
        for (size_t i = 0; i < channels; i++) {
            float y = a->factor[i] * (from[p + i] - a->centre[i]) + a->shift[i];
            to[p + i] = a->relu && y <= 0 ? 0 : y;
        }
}

static int stored_band(void *argument, int part, int thread)
{
    (void)thread;
    const transport *c = argument;
    for (int y = part * BAND; y < c->rows && y < (part + 1) * BAND; y++) {
        const float *from = c->from + (size_t)y * c->from_row;
        float *to = c->to + (size_t)y * c->to_row;
        if (c->through)
            stored_normalise(c->through, (size_t)c->channels, from, to, c->count);
        else
            memcpy(to, from, c->count * sizeof *to);
    }
    return SCUMBLE_OK;
}

static void stored_copy(sc_threads *threads, transport *c)
{
    sc_threads_run(threads, (c->rows + BAND - 1) / BAND, stored_band, c);
}

static size_t stored_row(sc_shape whole)
{
    return (size_t)whole.w * (size_t)whole.c;
}

/* Where a position is in the map. */
static size_t stored_offset(sc_shape whole, int top, int left)
{
    return (size_t)top * stored_row(whole) + (size_t)left * (size_t)whole.c;
}

/* The position within one period. */
static int period_position(int i, int extent)
{
    return (i % extent + extent) % extent;
}

/* Piece by piece, where it goes on into the next periods. */
void sc_stored_read(sc_threads *threads, const float *map, sc_shape whole, const sc_rect *window,
                    const sc_stored_norm *through, float *to)
{
    size_t c = (size_t)whole.c, row = (size_t)window->width * c;
    sc_rect piece;
    for (int y = 0; y < window->height; y += piece.height) {
        piece.top = period_position(window->top + y, whole.h);
        piece.height = whole.h - piece.top < window->height - y ? whole.h - piece.top : window->height - y;
        for (int x = 0; x < window->width; x += piece.width) {
            piece.left = period_position(window->left + x, whole.w);
            piece.width = whole.w - piece.left < window->width - x ? whole.w - piece.left : window->width - x;
            stored_copy(threads, &(transport){ map + stored_offset(whole, piece.top, piece.left),
                                               to + (size_t)y * row + (size_t)x * c, stored_row(whole), row,
                                               (size_t)piece.width * c, piece.height, whole.c, through });
        }
    }
}

void sc_stored_write(sc_threads *threads, const float *from, size_t row_values, const sc_rect *part, sc_shape whole,
                     float *map)
{
    stored_copy(threads,
                &(transport){ from, map + stored_offset(whole, part->top, part->left), row_values, stored_row(whole),
                              (size_t)part->width * (size_t)whole.c, part->height, whole.c, NULL });
}
