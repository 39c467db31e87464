/* SPDX-License-Identifier: MIT */
/* What stands out. See saliency.h. */
#include "run/saliency.h"

#include <math.h>
#include <string.h>

#include "colour/oklab.h"
#include "core/memory.h"
#include "media/box_filter.h"

enum { LONG_EDGE = 512, CENTRE = 2 /* box of the surroundings / box of the centre */, WIDE = 10, SMOOTH = 2 };
static const int radii[] = { 1, 2, 4 }; /* of the centres' boxes, in pixels at that size */

/* In OKLab: what adds to the surroundings' contrast, and the contrast from which on all is visible. Between low and
 * high a place begins to count. Chosen by looking at faces, lettering, fences, feathers and leaves. */
static const float quiet = 0.012f, visible = 0.03f, low = 0.7f, high = 1.6f;

/* Planes of one size. */
typedef struct work {
    sc_threads *threads;
    sc_lab lab;
    float *centre, *around, *band, *wide, *scratch;
    float *map;
    bool wrap;
} work;

static size_t saliency_count(const work *w)
{
    return sc_lab_count(&w->lab);
}

/* Twice, which is nearly round. */
static void saliency_blur(const work *w, float *plane, int radius)
{
    for (int i = 0; i < 2; i++)
        sc_box_filter(w->threads, plane, w->scratch, w->lab.width, w->lab.height, radius, w->wrap);
}

static void saliency_add_difference(void *argument, size_t begin, size_t end)
{
    const work *w = argument;
    for (size_t i = begin; i < end; i++)
        w->band[i] += (w->centre[i] - w->around[i]) * (w->centre[i] - w->around[i]);
}

static void keep_largest(void *argument, size_t begin, size_t end)
{
    const work *w = argument;
    for (size_t i = begin; i < end; i++) {
        float own = sqrtf(fmaxf(w->band[i], 0)), others = sqrtf(fmaxf(w->wide[i], 0));
        w->map[i] = fmaxf(w->map[i], own / (others + quiet) * fminf(1, own / visible));
    }
}

static void saliency_threshold(void *argument, size_t begin, size_t end)
{
    const work *w = argument;
    for (size_t i = begin; i < end; i++) {
        float x = fminf(fmaxf((w->map[i] - low) / (high - low), 0), 1);
        w->map[i] = x * x * (3 - 2 * x);
    }
}

/* Running sums leave a little less than 0, whose root is no number. */
static void saliency_clamp(void *argument, size_t begin, size_t end)
{
    const work *w = argument;
    for (size_t i = begin; i < end; i++)
        w->map[i] = fminf(fmaxf(w->map[i], 0), 1);
}

static void add_size(work *w, int radius)
{
    size_t bytes = saliency_count(w) * sizeof(float);
    memset(w->band, 0, bytes);
    for (int c = 0; c < 3; c++) {
        memcpy(w->centre, w->lab.plane[c], bytes);
        memcpy(w->around, w->lab.plane[c], bytes);
        saliency_blur(w, w->centre, radius);
        saliency_blur(w, w->around, CENTRE * radius);
        sc_threads_blocks(w->threads, saliency_count(w), saliency_add_difference, w);
    }
    memcpy(w->wide, w->band, bytes);
    saliency_blur(w, w->band, CENTRE * radius);
    saliency_blur(w, w->wide, WIDE * radius);
    sc_threads_blocks(w->threads, saliency_count(w), keep_largest, w);
}

static int saliency_find(work *w, sc_tensor *region, sc_error *err)
{
    enum { PLANES = 5 };
    float **planes[PLANES] = { &w->centre, &w->around, &w->band, &w->wide, &w->scratch };
    size_t count = saliency_count(w);
    int code = sc_tensor_create(region, (sc_shape){ 1, 1, w->lab.height, w->lab.width }, err);
    if (code)
        return code;
    float *block = sc_big_alloc(PLANES * count * sizeof *block, err);
    if (!block) {
        sc_tensor_free(region);
        return err->code;
    }
    for (size_t k = 0; k < PLANES; k++)
        *planes[k] = block + k * count;
    w->map = region->data;
    for (size_t k = 0; k < sizeof radii / sizeof *radii; k++)
        add_size(w, radii[k]);
    sc_threads_blocks(w->threads, count, saliency_threshold, w);
    saliency_blur(w, w->map, SMOOTH);
    sc_threads_blocks(w->threads, count, saliency_clamp, w);
    sc_big_free(block);
    code = sc_threads_check(w->threads, err);
    if (code)
        sc_tensor_free(region);
    return code;
}

int sc_saliency(sc_threads *threads, const sc_image *photo, bool wrap, sc_tensor *region, sc_error *err)
{
    int edge = photo->width > photo->height ? photo->width : photo->height, width = photo->width,
        height = photo->height;
    sc_image smaller = { 0 };
    int code = SCUMBLE_OK;
    if (edge > LONG_EDGE) {
        width = (int)lround(fmax(1, (double)width * LONG_EDGE / edge));
        height = (int)lround(fmax(1, (double)height * LONG_EDGE / edge));
        code = (wrap ? sc_image_resize_tile : sc_image_resize)(threads, photo, width, height, &smaller, err);
    }
    work w = { .threads = threads, .wrap = wrap };
    if (!code)
        code = sc_lab_from_image(threads, edge > LONG_EDGE ? &smaller : photo, &w.lab, err);
    if (!code) {
        code = saliency_find(&w, region, err);
        sc_lab_free(&w.lab);
    }
    sc_image_free(&smaller);
    return code;
}
