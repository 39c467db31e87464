/* SPDX-License-Identifier: MIT */
/* Cutting patches. See crops.h. */
#include "train/crops.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/rng.h"

/* ---- one patch ------------------------------------------------------------------------------------------------- */

/* The numbers that sample k draws. */
enum { DRAWS = 8, DRAW_SCALE = 0, DRAW_LEFT, DRAW_TOP, DRAW_MIRROR, DRAW_PAINTING, DRAW_BRIGHTNESS, DRAW_CONTRAST };

static double crops_draw(uint64_t seed, uint64_t sample, int what)
{
    return (double)sc_random_uniform(seed, sample * DRAWS + (uint64_t)what);
}

sc_crop sc_crop_draw(int width, int height, int least, uint64_t seed, uint64_t sample)
{
    int most = width < height ? width : height;
    double from = fmax(least, 0.5 * most);
    int edge = (int)round(from + (most - from) * crops_draw(seed, sample, DRAW_SCALE));
    return (sc_crop){ (int)((width - edge + 1) * crops_draw(seed, sample, DRAW_LEFT)),
                      (int)((height - edge + 1) * crops_draw(seed, sample, DRAW_TOP)), edge,
                      crops_draw(seed, sample, DRAW_MIRROR) < 0.5 };
}

/* A part of a picture. */
typedef struct area {
    int left, top, width, height;
} area;

/* Where a position beyond the edges is found when the picture is continued by its mirror images. */
static int crops_reflect(int i, int extent)
{
    if (i >= 0 && i < extent)
        return i;
    int period = 2 * extent - 2, r = period > 0 ? i % period : 0;
    r = r < 0 ? r + period : r;
    return r < extent ? r : period - r;
}

/* A patch of a part of a picture, as if there were nothing else. */
static int crops_cut(const sc_image *image, const area *part, const sc_crop *crop, int edge, float *rgb, sc_error *err)
{
    sc_image patch, resized;
    int code = sc_image_create(&patch, crop->edge, crop->edge, false, err);
    if (code)
        return code;
    for (int y = 0; y < crop->edge; y++) {
        size_t row = (size_t)(part->top + crops_reflect(crop->top + y, part->height)) * (size_t)image->width;
        float *to = patch.rgb + (size_t)y * (size_t)crop->edge * 3;
        for (int x = 0; x < crop->edge; x++, to += 3) {
            int column = crop->left + (crop->mirrored ? crop->edge - 1 - x : x);
            memcpy(to, image->rgb + 3 * (row + (size_t)(part->left + crops_reflect(column, part->width))),
                   3 * sizeof *to);
        }
    }
    code = sc_image_resize(NULL, &patch, edge, edge, &resized, err);
    sc_image_free(&patch);
    if (code)
        return code;
    memcpy(rgb, resized.rgb, (size_t)edge * (size_t)edge * 3 * sizeof *rgb);
    sc_image_free(&resized);
    return SCUMBLE_OK;
}

int sc_crop_cut(const sc_image *image, const sc_crop *crop, int edge, float *rgb, sc_error *err)
{
    return crops_cut(image, &(area){ 0, 0, image->width, image->height }, crop, edge, rgb, err);
}

/* ---- of paintings ---------------------------------------------------------------------------------------------- */

enum { HOLD_OUT = 5, LEAST_EDGE = 32 }; /* a fifth */

struct sc_crops {
    const sc_image *paintings;
    const double *weights;
    int count, edge;
    uint64_t seed;
};

int sc_crops_create(sc_crops **crops, const sc_image *paintings, const double *weights, int count, int edge,
                    uint64_t seed, sc_error *err)
{
    *crops = NULL;
    for (int i = 0; i < count; i++)
        if (paintings[i].width < LEAST_EDGE || paintings[i].height < LEAST_EDGE)
            return sc_fail(
                err, SCUMBLE_ERR_UNSUPPORTED,
                "a painting of %d x %d pixels is too small to learn from: at least %d pixels on both sides are needed",
                paintings[i].width, paintings[i].height, LEAST_EDGE);
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

/* Whether a painting has a part to learn from, or to measure on. */
static bool serves(const sc_crops *c, int painting, bool held_out)
{
    return !whole_paintings(c) || (painting % HOLD_OUT == HOLD_OUT - 1) == held_out;
}

/* drawn: 0..1. */
static int draw_painting(const sc_crops *c, double drawn, bool held_out)
{
    double sum = 0;
    int chosen = 0;
    for (int i = 0; i < c->count; i++)
        sum += serves(c, i, held_out) ? c->weights[i] : 0;
    drawn *= sum;
    for (int i = 0; i < c->count && drawn >= 0; i++)
        if (serves(c, i, held_out)) {
            chosen = i;
            drawn -= c->weights[i];
        }
    return chosen;
}

static area area_of(const sc_crops *c, int painting, bool held_out)
{
    const sc_image *p = &c->paintings[painting];
    area all = { 0, 0, p->width, p->height };
    if (whole_paintings(c))
        return all;
    int *begin = p->width >= p->height ? &all.left : &all.top,
        *extent = p->width >= p->height ? &all.width : &all.height;
    int kept = *extent - *extent / HOLD_OUT;
    *begin = held_out ? kept : 0;
    *extent = held_out ? *extent - kept : kept;
    return all;
}

/* A patch of this edge anywhere in the area; centred in a direction in which it is larger. */
static sc_crop crops_place(const area *a, int edge, double x, double y, bool mirrored)
{
    int free_x = a->width - edge, free_y = a->height - edge;
    return (sc_crop){ free_x < 0 ? free_x / 2 : (int)((free_x + 1) * x),
                      free_y < 0 ? free_y / 2 : (int)((free_y + 1) * y), edge, mirrored };
}

/* How much of a patch can be seen: 0..1. */
static double visible_share(const sc_image *image, const area *part, const sc_crop *crop)
{
    int step = (crop->edge + 31) / 32, count = 0;
    double sum = 0;
    for (int y = 0; y < crop->edge && image->alpha; y += step)
        for (int x = 0; x < crop->edge; x += step, count++) {
            size_t row = (size_t)(part->top + crops_reflect(crop->top + y, part->height)),
                   column = (size_t)(part->left + crops_reflect(crop->left + x, part->width));
            sum += (double)image->alpha[row * (size_t)image->width + column];
        }
    return count ? sum / count : 1;
}

/* The first of a few drawn patches that shows (nearly) nothing but painting, or else that which shows most. least,
 * most: of the edge, 1 = that of the patches. */
static sc_crop crops_choose(const sc_crops *c, int painting, const area *a, uint64_t seed, uint64_t sample,
                            double least, double most, bool mirror)
{
    enum { ATTEMPTS = 16 };
    const double enough = 0.98;
    sc_crop best = { 0 };
    double best_share = -1;
    for (int attempt = 0; attempt < ATTEMPTS && best_share < enough; attempt++, seed += 0x9e3779b97f4a7c15) {
        int edge = (int)round(c->edge * (least + (most - least) * crops_draw(seed, sample, DRAW_SCALE)));
        sc_crop crop = crops_place(a, edge, crops_draw(seed, sample, DRAW_LEFT), crops_draw(seed, sample, DRAW_TOP),
                                   mirror && crops_draw(seed, sample, DRAW_MIRROR) < 0.5);
        double share = visible_share(&c->paintings[painting], a, &crop);
        if (share > best_share) {
            best = crop;
            best_share = share;
        }
    }
    return best;
}

int sc_crops_take(const sc_crops *c, uint64_t sample, float *rgb, sc_error *err)
{
    const double least = 0.7, most = 1.4, brightness = 0.04, contrast = 0.06;
    int painting = draw_painting(c, crops_draw(c->seed, sample, DRAW_PAINTING), false);
    area a = area_of(c, painting, false);
    sc_crop crop = crops_choose(c, painting, &a, c->seed, sample, least, most, true);
    int code = crops_cut(&c->paintings[painting], &a, &crop, c->edge, rgb, err);
    float gain = (float)(1 + contrast * (2 * crops_draw(c->seed, sample, DRAW_CONTRAST) - 1)),
          offset = (float)(brightness * (2 * crops_draw(c->seed, sample, DRAW_BRIGHTNESS) - 1));
    for (size_t i = 0; i < (size_t)c->edge * (size_t)c->edge * 3 && !code; i++)
        rgb[i] = fminf(1, fmaxf(0, 0.5f + gain * (rgb[i] - 0.5f) + offset));
    return code;
}

int sc_crops_take_held_out(const sc_crops *c, uint64_t sample, float *rgb, sc_error *err)
{
    uint64_t seed = ~c->seed; /* others than those to learn from */
    int painting = draw_painting(c, crops_draw(seed, sample, DRAW_PAINTING), true);
    area a = area_of(c, painting, true);
    sc_crop crop = crops_choose(c, painting, &a, seed, sample, 1, 1, false);
    return crops_cut(&c->paintings[painting], &a, &crop, c->edge, rgb, err);
}
