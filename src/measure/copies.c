/* SPDX-License-Identifier: MIT */
/* Copies of a painting in a picture. See copies.h. */
#define _GNU_SOURCE
#include "measure/copies.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    POOLED = 2, /* positions of the layer along the edge of a cell */
    FAR = 4,    /* cells: places of the painting that are farther apart than this are different ones */
    TILE = 64,
};
/* Cosines, set on known copies, by looking at results (doc/metrics.md). */
static const float least_likeness = 0.55f, lead_over_painting = 0.12f, lead_over_photo = 0.1f, same = 0.9f,
                   of_best = 0.95f, of_bend = 0.01f;

static size_t cell_count(const sc_cells *cells)
{
    return (size_t)cells->height * (size_t)cells->width;
}

static void cells_free(sc_cells *cells)
{
    free(cells->columns);
    *cells = (sc_cells){ 0 };
}

void sc_copies_clear(sc_copies *copies)
{
    cells_free(&copies->painting);
    cells_free(&copies->photo);
    free(copies->mean);
    copies->mean = copies->scale = NULL;
}

void sc_copies_free(sc_copies *copies)
{
    sc_copies_clear(copies);
    sc_features_free(&copies->features);
}

/* ---- cells ---- */

/* Runs the encoder on the picture, `share` of its size. */
static int copies_look(sc_copies *c, const sc_image *image, double share, sc_error *err)
{
    const int least = 4 * POOLED; /* pixels, for one cell */
    sc_image small;
    int width = (int)fmax(least, round(image->width * share)), height = (int)fmax(least, round(image->height * share));
    if (width == image->width && height == image->height)
        return sc_features_look(&c->features, image, err);
    int code = sc_image_resize(c->threads, image, width, height, &small, err);
    if (code)
        return code;
    code = sc_features_look(&c->features, &small, err);
    sc_image_free(&small);
    return code;
}

static double share_of_edge(int long_edge)
{
    return long_edge > SC_COPIES_EDGE ? (double)SC_COPIES_EDGE / long_edge : 1;
}

/* Means of the features that were looked at last. */
static int pool_cells(const sc_copies *c, sc_cells *cells, sc_error *err)
{
    const sc_tensor *map = &c->features.maps[0];
    *cells = (sc_cells){ .height = map->shape.h / POOLED, .width = map->shape.w / POOLED, .channels = map->shape.c };
    size_t count = cell_count(cells), channels = (size_t)cells->channels, bytes = count * channels * sizeof(float);
    cells->columns = calloc(count * channels, sizeof(float));
    if (!cells->columns)
        return sc_fail_memory(err, bytes);
    for (int y = 0; y < cells->height * POOLED; y++)
        for (int x = 0; x < cells->width * POOLED; x++) {
            const float *from = map->data + ((size_t)y * (size_t)map->shape.w + (size_t)x) * channels;
            float *to = cells->columns + (size_t)(y / POOLED) * (size_t)cells->width + x / POOLED;
            for (size_t k = 0; k < channels; k++)
                to[k * count] += from[k] / (POOLED * POOLED);
        }
    return SCUMBLE_OK;
}

/* Mean and one over the deviation of each channel, to which a tenth of that of all is added: so that a channel that is
 * dead in the painting does not decide. */
static int keep_scales(sc_copies *c, sc_error *err)
{
    const sc_cells *cells = &c->painting;
    size_t count = cell_count(cells), channels = (size_t)cells->channels;
    double all = 0;
    c->mean = malloc(2 * channels * sizeof(float));
    if (!c->mean)
        return sc_fail_memory(err, 2 * channels * sizeof(float));
    c->scale = c->mean + channels;
    for (size_t k = 0; k < channels; k++) {
        const float *row = cells->columns + k * count;
        double sum = 0, squares = 0;
        for (size_t i = 0; i < count; i++)
            sum += (double)row[i];
        for (size_t i = 0; i < count; i++)
            squares += pow((double)row[i] - sum / (double)count, 2);
        c->mean[k] = (float)(sum / (double)count);
        c->scale[k] = (float)sqrt(squares / (double)count);
        all += squares / ((double)count * (double)channels);
    }
    for (size_t k = 0; k < channels; k++)
        c->scale[k] = 1 / fmaxf(c->scale[k] + 0.1f * (float)sqrt(all), 1e-12f);
    return SCUMBLE_OK;
}

static void normalise_cells(const sc_copies *c, sc_cells *cells)
{
    size_t count = cell_count(cells), channels = (size_t)cells->channels;
    for (size_t i = 0; i < count; i++) {
        double squares = 0;
        for (size_t k = 0; k < channels; k++) {
            float *value = &cells->columns[k * count + i];
            *value = (*value - c->mean[k]) * c->scale[k];
            squares += (double)*value * (double)*value;
        }
        for (size_t k = 0; k < channels; k++)
            cells->columns[k * count + i] *= (float)(1 / fmax(sqrt(squares), 1e-12));
    }
}

int sc_copies_keep_painting(sc_copies *copies, const sc_image *painting, int long_edge, sc_error *err)
{
    sc_copies_clear(copies);
    int code = copies_look(copies, painting, share_of_edge(long_edge), err);
    if (!code)
        code = pool_cells(copies, &copies->painting, err);
    if (!code)
        code = keep_scales(copies, err);
    if (!code)
        normalise_cells(copies, &copies->painting);
    return code;
}

static int cells_of_picture(sc_copies *c, const sc_image *picture, sc_cells *cells, sc_error *err)
{
    int code = copies_look(c, picture,
                           share_of_edge(picture->width > picture->height ? picture->width : picture->height), err);
    if (!code)
        code = pool_cells(c, cells, err);
    if (!code)
        normalise_cells(c, cells);
    return code;
}

int sc_copies_keep_photo(sc_copies *copies, const sc_image *photo, sc_error *err)
{
    return cells_of_picture(copies, photo, &copies->photo, err);
}

/* ---- likeness ---- */

/* Of a cell of the picture. */
typedef struct cell_match {
    int place;   /* the cell of the painting that it is most like */
    float like;  /* how much */
    float other; /* how much to what is elsewhere in the painting, at most */
    float photo; /* how much to the photo at this place */
} cell_match;

typedef struct search {
    const sc_cells *picture, *painting, *photo;
    float *cosines; /* (cells of the picture, cells of the painting) */
    cell_match *matches;
} search;

static int clamped(int i, int extent)
{
    return i < 0 ? 0 : i < extent ? i : extent - 1;
}

/* The cell beside cell `at`, or at the edge that one itself. */
static size_t beside(const sc_cells *cells, int at, int down, int right)
{
    return (size_t)clamped(at / cells->width + down, cells->height) * (size_t)cells->width +
           (size_t)clamped(at % cells->width + right, cells->width);
}

static int cosines_part(void *argument, int part, int thread)
{
    (void)thread;
    const search *s = argument;
    const size_t count = cell_count(s->picture), places = cell_count(s->painting), width = (size_t)s->picture->width;
    for (size_t i = (size_t)part * width; i < ((size_t)part + 1) * width; i++)
        for (size_t tile = 0; tile < places; tile += TILE) {
            const size_t length = places - tile < TILE ? places - tile : TILE;
            float sums[TILE] = { 0 };
            for (size_t k = 0; k < (size_t)s->picture->channels; k++) {
                const float own = s->picture->columns[k * count + i], *row = s->painting->columns + k * places + tile;
                for (size_t j = 0; j < length; j++)
                    sums[j] += own * row[j];
            }
            memcpy(s->cosines + i * places + tile, sums, length * sizeof *sums);
        }
    return SCUMBLE_OK;
}

/* Of cell i of the picture to cell j of the painting. */
static float likeness(const search *s, int i, int j)
{
    const size_t places = cell_count(s->painting);
    float sum = 0;
    for (int down = -1; down <= 1; down++)
        for (int right = -1; right <= 1; right++)
            sum += s->cosines[beside(s->picture, i, down, right) * places + beside(s->painting, j, down, right)];
    return sum / 9;
}

static float likeness_to_photo(const search *s, int i)
{
    const size_t count = cell_count(s->picture);
    float sum = 0;
    for (int down = -1; down <= 1; down++)
        for (int right = -1; right <= 1; right++) {
            size_t at = beside(s->picture, i, down, right);
            for (size_t k = 0; k < (size_t)s->picture->channels; k++)
                sum += s->picture->columns[k * count + at] * s->photo->columns[k * count + at];
        }
    return sum / 9;
}

static bool is_far(const sc_cells *cells, int a, int b)
{
    return abs(a / cells->width - b / cells->width) > FAR || abs(a % cells->width - b % cells->width) > FAR;
}

static int matches_part(void *argument, int part, int thread)
{
    (void)thread;
    const search *s = argument;
    const int places = (int)cell_count(s->painting), width = s->picture->width;
    for (int i = part * width; i < (part + 1) * width; i++) {
        cell_match *match = &s->matches[i];
        *match = (cell_match){ .like = -2, .photo = likeness_to_photo(s, i) };
        for (int j = 0; j < places; j++) {
            float like = likeness(s, i, j);
            if (like > match->like) {
                match->like = like;
                match->place = j;
            }
        }
        match->other = -1;
        for (int j = 0; j < places; j++)
            if (is_far(s->painting, j, match->place))
                match->other = fmaxf(match->other, likeness(s, i, j));
    }
    return SCUMBLE_OK;
}

/* ---- copies ---- */

static bool is_found(const cell_match *match)
{
    return match->like > least_likeness && match->like - match->other > lead_over_painting &&
           match->like - match->photo > lead_over_photo;
}

/* Copies that grow. */
typedef struct growth {
    const search *search;
    int *order; /* (cells of the picture): where copies may begin, best first; there are `begins` */
    int begins;
    int *owner, *place, *queue; /* (cells of the picture): the copy a cell is in, from 1, 0 = none; its cell of the
                                   painting; those whose neighbours wait */
    int *taken;                 /* (cells of the painting): the last copy that was taken from there */
} growth;

/* The cell of the painting that cell i is most like: that one step from `place`, or one beside it, which costs a
 * little. -1 when there is none. */
static int nearby(const search *s, int i, int place, int down, int right, float *like)
{
    const sc_cells *painting = s->painting;
    int found = -1, y = place / painting->width + down, x = place % painting->width + right;
    *like = -1;
    for (int v = y - 1; v <= y + 1; v++)
        for (int u = x - 1; u <= x + 1; u++) {
            if (v < 0 || u < 0 || v >= painting->height || u >= painting->width)
                continue;
            float value = likeness(s, i, v * painting->width + u) - (v == y && u == x ? 0 : of_bend);
            if (value > *like) {
                *like = value;
                found = v * painting->width + u;
            }
        }
    return found;
}

static bool joins(const growth *g, int i, int place, float like)
{
    const cell_match *match = &g->search->matches[i];
    return place >= 0 && like - match->photo > lead_over_photo && like >= of_best * match->like &&
           (like >= same || is_found(match));
}

/* Copy number `id` from cell `begin`; returns its size. */
static int grow_copy(growth *g, int begin, int id)
{
    static const int steps[4][2] = { { 0, 1 }, { 1, 0 }, { 0, -1 }, { -1, 0 } };
    const sc_cells *picture = g->search->picture;
    int count = 0, places = 0;
    g->queue[count++] = begin;
    g->owner[begin] = id;
    g->place[begin] = g->search->matches[begin].place;
    for (int k = 0; k < count; k++) {
        int at = g->queue[k], y = at / picture->width, x = at % picture->width;
        places += g->taken[g->place[at]] != id;
        g->taken[g->place[at]] = id;
        for (int n = 0; n < 4; n++) {
            int v = y + steps[n][0], u = x + steps[n][1], next = v * picture->width + u;
            if (v < 0 || u < 0 || v >= picture->height || u >= picture->width || g->owner[next])
                continue;
            float like;
            int place = nearby(g->search, next, g->place[at], steps[n][0], steps[n][1], &like);
            if (!joins(g, next, place, like))
                continue;
            g->owner[next] = id;
            g->place[next] = place;
            g->queue[count++] = next;
        }
    }
    return count < places ? count : places;
}

/* The clearest first. */
static int by_lead(const void *a, const void *b, void *argument)
{
    const cell_match *matches = argument;
    int i = *(const int *)a, k = *(const int *)b;
    float p = matches[i].like - fmaxf(matches[i].other, matches[i].photo),
          q = matches[k].like - fmaxf(matches[k].other, matches[k].photo);
    return p < q ? 1 : p > q ? -1 : i - k;
}

static int largest_copy(const search *s, int *largest, sc_error *err)
{
    const size_t count = cell_count(s->picture), places = cell_count(s->painting);
    int *memory = calloc(4 * count + places, sizeof *memory);
    if (!memory)
        return sc_fail_memory(err, (4 * count + places) * sizeof *memory);
    growth g = { .search = s,
                 .order = memory,
                 .owner = memory + count,
                 .place = memory + 2 * count,
                 .queue = memory + 3 * count,
                 .taken = memory + 4 * count };
    for (int i = 0; i < (int)count; i++)
        if (is_found(&s->matches[i]))
            g.order[g.begins++] = i;
    qsort_r(g.order, (size_t)g.begins, sizeof *g.order, by_lead, s->matches);
    *largest = 0;
    for (int k = 0; k < g.begins; k++) {
        int size = g.owner[g.order[k]] ? 0 : grow_copy(&g, g.order[k], k + 1);
        *largest = size > *largest ? size : *largest;
    }
    free(memory);
    return SCUMBLE_OK;
}

int sc_copies_largest(sc_copies *copies, const sc_image *picture, double *percent, sc_error *err)
{
    sc_cells cells = { 0 };
    int largest = 0, code = cells_of_picture(copies, picture, &cells, err);
    size_t count = cell_count(&cells), bytes = count * cell_count(&copies->painting) * sizeof(float);
    search s = { .picture = &cells, .painting = &copies->painting, .photo = &copies->photo };
    if (!code) {
        s.cosines = malloc(bytes);
        s.matches = malloc(count * sizeof *s.matches);
        code = s.cosines && s.matches ? SCUMBLE_OK : sc_fail_memory(err, bytes);
    }
    if (!code) {
        sc_threads_run(copies->threads, cells.height, cosines_part, &s);
        sc_threads_run(copies->threads, cells.height, matches_part, &s);
        code = sc_threads_check(copies->threads, err);
    }
    if (!code)
        code = largest_copy(&s, &largest, err);
    *percent = 100.0 * largest / (double)(count ? count : 1);
    free(s.cosines);
    free(s.matches);
    cells_free(&cells);
    return code;
}
