/* SPDX-License-Identifier: MIT */
/* Cutting patches. See crops.h. */
#include "train/crops.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/rng.h"

/* ---- one patch ---------------------------------------------------------------------------------------------------- */

/* The numbers that sample k draws. */
enum { DRAWS = 8, DRAW_SCALE = 0, DRAW_LEFT, DRAW_TOP, DRAW_MIRROR, DRAW_PAINTING, DRAW_BRIGHTNESS, DRAW_CONTRAST };

static double draw(uint64_t seed, uint64_t sample, int what)
{
    return (double)sc_random_uniform(seed, sample * DRAWS + (uint64_t)what);
}

sc_crop sc_crop_draw(int width, int height, double shortest, uint64_t seed, uint64_t sample)
{
    int shorter = width < height ? width : height, edge = (int)round(shorter * (shortest + (1 - shortest) * draw(seed, sample, DRAW_SCALE)));
    edge = edge < 1 ? 1 : edge;
    return (sc_crop){ (int)((width - edge + 1) * draw(seed, sample, DRAW_LEFT)), (int)((height - edge + 1) * draw(seed, sample, DRAW_TOP)), edge,
                      draw(seed, sample, DRAW_MIRROR) < 0.5 };
}

/* Where a position beyond the edges is found when the picture is continued by its mirror images. */
static int reflect(int i, int extent)
{
    int period = 2 * extent - 2, r = period > 0 ? i % period : 0;
    r = r < 0 ? r + period : r;
    return r < extent ? r : period - r;
}

int sc_crop_cut(const sc_image *image, const sc_crop *crop, int edge, float *rgb, sc_error *err)
{
    sc_image part, resized;
    int code = sc_image_create(&part, crop->edge, crop->edge, false, err);
    if (code)
        return code;
    for (int y = 0; y < crop->edge; y++)
        for (int x = 0; x < crop->edge; x++) {
            int column = reflect(crop->left + (crop->mirrored ? crop->edge - 1 - x : x), image->width);
            size_t at = (size_t)reflect(crop->top + y, image->height) * (size_t)image->width + (size_t)column;
            float alpha = image->alpha ? image->alpha[at] : 1;
            for (size_t c = 0; c < 3; c++)
                part.rgb[((size_t)y * (size_t)crop->edge + (size_t)x) * 3 + c] = alpha * image->rgb[at * 3 + c] + (1 - alpha);
        }
    code = sc_image_resize(&part, edge, edge, &resized, err);
    if (!code) {
        memcpy(rgb, resized.rgb, (size_t)edge * (size_t)edge * 3 * sizeof *rgb);
        sc_image_free(&resized);
    }
    sc_image_free(&part);
    return code;
}

/* ---- of paintings ------------------------------------------------------------------------------------------------- */

enum { HOLD_OUT = 5, LEAST_EDGE = 32 }; /* a fifth */

struct sc_crops {
    const sc_image *paintings;
    const double *weights;
    int count, edge;
    uint64_t seed;
};

/* A part of a painting. */
typedef struct area {
    int left, top, width, height;
} area;

int sc_crops_create(sc_crops **crops, const sc_image *paintings, const double *weights, int count, int edge, uint64_t seed, sc_error *err)
{
    *crops = NULL;
    for (int i = 0; i < count; i++)
        if (paintings[i].width < LEAST_EDGE || paintings[i].height < LEAST_EDGE)
            return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "a painting of %d x %d pixels is too small to learn from; %d on both sides are the least", paintings[i].width,
                           paintings[i].height, LEAST_EDGE);
    sc_crops *c = malloc(sizeof *c);
    if (!c)
        return sc_fail_memory(err, sizeof *c);
    *c = (sc_crops){ paintings, weights, count, edge, seed };
    *crops = c;
    return SCUMBLE_OK;
}

void sc_crops_free(sc_crops *crops)
{
    free(crops);
}

static bool whole_paintings(const sc_crops *c)
{
    return c->count >= HOLD_OUT;
}

static bool is_held_out(const sc_crops *c, int painting)
{
    return whole_paintings(c) && painting % HOLD_OUT == HOLD_OUT - 1;
}

static int draw_painting(const sc_crops *c, double drawn, bool held_out)
{
    double sum = 0;
    int last = 0;
    for (int i = 0; i < c->count; i++)
        if (!whole_paintings(c) || is_held_out(c, i) == held_out)
            sum += c->weights[i];
    drawn *= sum;
    for (int i = 0; i < c->count; i++) {
        if (whole_paintings(c) && is_held_out(c, i) != held_out)
            continue;
        last = i;
        if (drawn < c->weights[i])
            return i;
        drawn -= c->weights[i];
    }
    return last;
}

static area area_of(const sc_crops *c, int painting, bool held_out)
{
    const sc_image *p = &c->paintings[painting];
    area all = { 0, 0, p->width, p->height };
    if (whole_paintings(c))
        return all;
    int *begin = p->width >= p->height ? &all.left : &all.top, *extent = p->width >= p->height ? &all.width : &all.height;
    int kept = *extent - *extent / HOLD_OUT;
    *begin = held_out ? kept : 0;
    *extent = held_out ? *extent - kept : kept;
    return all;
}

/* An area as a picture of its own, so that patches that are larger than it see its mirror images and nothing of the rest. */
static int cut_area(const sc_crops *c, int painting, const area *a, const sc_crop *crop, float *rgb, sc_error *err)
{
    const sc_image *p = &c->paintings[painting];
    sc_image part;
    int code = sc_image_create(&part, a->width, a->height, p->alpha != NULL, err);
    if (code)
        return code;
    for (int y = 0; y < a->height; y++) {
        size_t from = (size_t)(a->top + y) * (size_t)p->width + (size_t)a->left, to = (size_t)y * (size_t)a->width;
        memcpy(part.rgb + to * 3, p->rgb + from * 3, (size_t)a->width * 3 * sizeof *part.rgb);
        if (p->alpha)
            memcpy(part.alpha + to, p->alpha + from, (size_t)a->width * sizeof *part.alpha);
    }
    code = sc_crop_cut(&part, crop, c->edge, rgb, err);
    sc_image_free(&part);
    return code;
}

/* A patch of this edge anywhere in the area; centred in a direction in which it is larger. */
static sc_crop place(const area *a, int edge, double x, double y, bool mirrored)
{
    int free_x = a->width - edge, free_y = a->height - edge;
    return (sc_crop){ free_x < 0 ? free_x / 2 : (int)((free_x + 1) * x), free_y < 0 ? free_y / 2 : (int)((free_y + 1) * y), edge, mirrored };
}

int sc_crops_take(const sc_crops *c, uint64_t sample, float *rgb, sc_error *err)
{
    const double least = 0.7, most = 1.4, brightness = 0.04, contrast = 0.06;
    int painting = draw_painting(c, draw(c->seed, sample, DRAW_PAINTING), false);
    area a = area_of(c, painting, false);
    int edge = (int)round(c->edge * (least + (most - least) * draw(c->seed, sample, DRAW_SCALE)));
    sc_crop crop = place(&a, edge, draw(c->seed, sample, DRAW_LEFT), draw(c->seed, sample, DRAW_TOP), draw(c->seed, sample, DRAW_MIRROR) < 0.5);
    int code = cut_area(c, painting, &a, &crop, rgb, err);
    float gain = (float)(1 + contrast * (2 * draw(c->seed, sample, DRAW_CONTRAST) - 1)), offset = (float)(brightness * (2 * draw(c->seed, sample, DRAW_BRIGHTNESS) - 1));
    for (size_t i = 0; i < (size_t)c->edge * (size_t)c->edge * 3 && !code; i++)
        rgb[i] = fminf(1, fmaxf(0, 0.5f + gain * (rgb[i] - 0.5f) + offset));
    return code;
}

int sc_crops_take_held_out(const sc_crops *c, uint64_t sample, float *rgb, sc_error *err)
{
    uint64_t seed = ~c->seed; /* others than those to learn from */
    int painting = draw_painting(c, draw(seed, sample, DRAW_PAINTING), true);
    area a = area_of(c, painting, true);
    sc_crop crop = place(&a, c->edge, draw(seed, sample, DRAW_LEFT), draw(seed, sample, DRAW_TOP), false);
    return cut_area(c, painting, &a, &crop, rgb, err);
}
