/* SPDX-License-Identifier: MIT */
/* Label masks taken apart. See labels.h. */
#include "run/labels.h"

#include <stdlib.h>
#include <string.h>

/* Colours are counted in cells of this many levels; a cell is smaller than the tolerance, so that a colour whose noise
 * lies on both sides of a border between cells is put together again. */
enum { CELL = 16, CELLS = 256 / CELL, ALL_CELLS = CELLS * CELLS * CELLS };
/* Flat areas smaller than this part of the picture are no labels. */
enum { SMALLEST = 2000 };
/* Pixels on each side in which a pixel without a label looks for one. */
enum { REACH = 2 };

typedef struct cell {
    int index;
    int64_t count, sum[3];
} cell;

static void colour_at(const sc_image *mask, int y, int x, uint8_t rgb[3])
{
    size_t i = (size_t)y * (size_t)mask->width + (size_t)x;
    float alpha = mask->alpha ? mask->alpha[i] : 1;
    for (int c = 0; c < 3; c++) {
        float value = 255 * mask->rgb[3 * i + (size_t)c] * alpha + 0.5f;
        rgb[c] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
    }
}

/* The largest difference of a channel. */
static int labels_distance(const uint8_t a[3], const uint8_t b[3])
{
    int most = 0;
    for (int c = 0; c < 3; c++)
        most = abs(a[c] - b[c]) > most ? abs(a[c] - b[c]) : most;
    return most;
}

bool sc_labels_has_colour(const sc_threads *threads, const sc_image *mask)
{
    for (int y = 0; y < mask->height && !sc_threads_cancelled(threads); y++)
        for (int x = 0; x < mask->width; x++) {
            uint8_t rgb[3];
            colour_at(mask, y, x, rgb);
            if (abs(rgb[0] - rgb[1]) > SC_LABEL_TOLERANCE || abs(rgb[1] - rgb[2]) > SC_LABEL_TOLERANCE ||
                abs(rgb[0] - rgb[2]) > SC_LABEL_TOLERANCE)
                return true;
        }
    return false;
}

/* Its neighbours have the same colour, about: the pixel does not lie on an edge. */
static bool is_flat(const sc_image *mask, int y, int x, const uint8_t rgb[3])
{
    for (int v = y > 0 ? y - 1 : 0; v <= y + 1 && v < mask->height; v++)
        for (int u = x > 0 ? x - 1 : 0; u <= x + 1 && u < mask->width; u++) {
            uint8_t other[3];
            colour_at(mask, v, u, other);
            if (labels_distance(rgb, other) > SC_LABEL_TOLERANCE)
                return false;
        }
    return true;
}

static void count_flat(const sc_threads *threads, cell *cells, const sc_image *mask)
{
    for (int i = 0; i < ALL_CELLS; i++)
        cells[i].index = i;
    for (int y = 0; y < mask->height && !sc_threads_cancelled(threads); y++)
        for (int x = 0; x < mask->width; x++) {
            uint8_t rgb[3];
            colour_at(mask, y, x, rgb);
            if (!is_flat(mask, y, x, rgb))
                continue;
            cell *own = &cells[(rgb[0] / CELL * CELLS + rgb[1] / CELL) * CELLS + rgb[2] / CELL];
            own->count++;
            for (int c = 0; c < 3; c++)
                own->sum[c] += rgb[c];
        }
}

/* The fullest first; a fixed order for equal ones. */
static int compare_cells(const void *a, const void *b)
{
    const cell *first = a, *second = b;
    if (first->count != second->count)
        return first->count > second->count ? -1 : 1;
    return first->index - second->index;
}

static int pick(sc_labels *labels, const cell *cells, double pixels, sc_error *err)
{
    static const uint8_t black[3] = { 0 };
    for (int i = 0; i < ALL_CELLS && (double)cells[i].count * SMALLEST >= pixels && cells[i].count; i++) {
        uint8_t rgb[3];
        for (int c = 0; c < 3; c++)
            rgb[c] = (uint8_t)((cells[i].sum[c] + cells[i].count / 2) / cells[i].count);
        int known = sc_labels_match(labels, rgb);
        if (known >= 0)
            labels->share[known] += (double)cells[i].count / pixels;
        if (known >= 0 || labels_distance(rgb, black) <= SC_LABEL_TOLERANCE)
            continue;
        if (labels->count == SC_MAX_LABELS)
            return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                           "it has more than %d colours; a picture of labels has a few flat ones", SC_MAX_LABELS);
        labels->share[labels->count] = (double)cells[i].count / pixels;
        memcpy(labels->rgb[labels->count++], rgb, sizeof rgb);
    }
    return SCUMBLE_OK;
}

static bool labels_is_black(const sc_threads *threads, const sc_image *mask)
{
    static const uint8_t black[3] = { 0 };
    for (int y = 0; y < mask->height && !sc_threads_cancelled(threads); y++)
        for (int x = 0; x < mask->width; x++) {
            uint8_t rgb[3];
            colour_at(mask, y, x, rgb);
            if (labels_distance(rgb, black) > SC_LABEL_TOLERANCE)
                return false;
        }
    return true;
}

int sc_labels_find(const sc_threads *threads, sc_labels *labels, const sc_image *mask, sc_error *err)
{
    *labels = (sc_labels){ 0 };
    cell *cells = calloc(ALL_CELLS, sizeof *cells);
    if (!cells)
        return sc_fail_memory(err, ALL_CELLS * sizeof *cells);
    count_flat(threads, cells, mask);
    qsort(cells, ALL_CELLS, sizeof *cells, compare_cells);
    int code = sc_threads_check(threads, err);
    if (!code)
        code = pick(labels, cells, (double)mask->width * mask->height, err);
    free(cells);
    if (!code && !labels->count && !labels_is_black(threads, mask))
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "it has no flat colours; a picture of labels has a few");
    return code;
}

/* The nearest of the labels for which allowed[label] holds (allowed NULL: all; the last is black), and how far it is.
 */
static int nearest(const sc_labels *labels, const bool *allowed, const uint8_t rgb[3], int *how_far)
{
    static const uint8_t black[3] = { 0 };
    int best = -1;
    *how_far = 256;
    for (int i = 0; i <= labels->count; i++) {
        int far = labels_distance(rgb, i < labels->count ? labels->rgb[i] : black);
        if ((!allowed || allowed[i]) && far < *how_far) {
            best = i;
            *how_far = far;
        }
    }
    return best;
}

int sc_labels_match(const sc_labels *labels, const uint8_t rgb[3])
{
    int how_far, best = nearest(labels, NULL, rgb, &how_far);
    return how_far <= SC_LABEL_TOLERANCE && best < labels->count ? best : -1;
}

/* A guess is written with the bit GUESSED, so that it is not taken for certain by the pixels after it. */
enum { GUESSED = 128, UNDECIDED = 255 };

/* The most similar of the labels that were certain around a pixel; of all labels where none was. */
static int guess(const sc_labels *labels, const sc_image *mask, const uint8_t *certain, int y, int x)
{
    bool around[SC_MAX_LABELS + 1] = { false }, any = false;
    for (int v = y > REACH ? y - REACH : 0; v <= y + REACH && v < mask->height; v++)
        for (int u = x > REACH ? x - REACH : 0; u <= x + REACH && u < mask->width; u++) {
            uint8_t label = certain[(size_t)v * (size_t)mask->width + (size_t)u];
            if (label < GUESSED)
                around[label] = any = true;
        }
    uint8_t rgb[3];
    int how_far;
    colour_at(mask, y, x, rgb);
    return nearest(labels, any ? around : NULL, rgb, &how_far);
}

int sc_labels_assign(const sc_threads *threads, const sc_labels *labels, const sc_image *mask, uint8_t *map,
                     sc_error *err)
{
    size_t width = (size_t)mask->width;
    for (int y = 0; y < mask->height && !sc_threads_cancelled(threads); y++)
        for (int x = 0; x < mask->width; x++) {
            uint8_t rgb[3];
            int how_far;
            colour_at(mask, y, x, rgb);
            int label = nearest(labels, NULL, rgb, &how_far);
            map[(size_t)y * width + (size_t)x] = how_far <= SC_LABEL_TOLERANCE ? (uint8_t)label : UNDECIDED;
        }
    for (int y = 0; y < mask->height && !sc_threads_cancelled(threads); y++)
        for (int x = 0; x < mask->width; x++)
            if (map[(size_t)y * width + (size_t)x] == UNDECIDED)
                map[(size_t)y * width + (size_t)x] = (uint8_t)(guess(labels, mask, map, y, x) | GUESSED);
    for (size_t i = 0; i < width * (size_t)mask->height; i++)
        map[i] &= (uint8_t)~GUESSED;
    return sc_threads_check(threads, err);
}

int sc_labels_region(const sc_threads *threads, sc_tensor *region, const uint8_t *map, int label, int height, int width,
                     sc_error *err)
{
    int code = sc_tensor_create(region, (sc_shape){ 1, 1, height, width }, err);
    for (size_t y = 0; !code && y < (size_t)height && !sc_threads_cancelled(threads); y++)
        for (size_t i = y * (size_t)width; i < (y + 1) * (size_t)width; i++)
            region->data[i] = map[i] == label ? 1 : 0;
    if (!code && (code = sc_threads_check(threads, err)))
        sc_tensor_free(region);
    return code;
}
