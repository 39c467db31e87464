/* SPDX-License-Identifier: MIT */
/* Painting at one size or from coarse to fine, and what is done with the result. See paint.h. */
#include <math.h>
#include <string.h>

#include "colour/colour.h"
#include "paint/sizes.h"
#include "paint/statistics.h"

int sc_paint_estimate(const sc_painter *painter, int width, int height, const sc_paint_options *options,
                      int64_t photo_bytes, sc_paint_cost *cost, sc_error *err)
{
    sc_paint_sizes s;
    *cost = (sc_paint_cost){ 0 };
    int code = sc_paint_sizes_plan(&s, painter, options, width, height, err);
    if (code)
        return code;
    sc_paint_size last = s.at[s.count - 1];
    int64_t pass_bytes = (int64_t)last.width * last.height * 3 * (int64_t)sizeof(float);
    bool copied = s.count > 1 || last.width != width ||
                  last.height != height; /* the generator sees another picture than the photo, and one is kept */
    int64_t copies_bytes = (copied ? pass_bytes + pass_bytes / 4 : 0) +
                           (options->tileable ? (int64_t)width * height * 3 * (int64_t)sizeof(float) : 0);
    code = sc_paint_pass_estimate(painter, last.width, last.height, options, photo_bytes + copies_bytes, cost, err);
    cost->width = s.result.width;
    cost->height = s.result.height;
    cost->first_edge = s.at[0].width > s.at[0].height ? s.at[0].width : s.at[0].height;
    return code;
}

/* ---- after it -------------------------------------------------------------------------------------------------- */

/* Band by band, so that large pictures take little memory. */
static int keep_colours(sc_threads *threads, const sc_image *photo, sc_image *result, sc_error *err)
{
    enum { PIXELS = 1 << 22 };
    int rows = PIXELS / photo->width + 1, code = SCUMBLE_OK;
    for (int y = 0; y < photo->height && !code; y += rows) {
        size_t first = (size_t)y * (size_t)photo->width * 3;
        int own = photo->height - y < rows ? photo->height - y : rows;
        sc_image from = { .width = photo->width, .height = own, .rgb = photo->rgb + first },
                 to = { .width = photo->width, .height = own, .rgb = result->rgb + first };
        code = sc_colour_take_chroma(threads, &to, &from, err);
    }
    return code;
}

/* to = from + share (to - from) */
typedef struct blending {
    const float *from;
    float *to, share;
} blending;

static void blend_block(void *argument, size_t begin, size_t end)
{
    const blending *b = argument;
    for (size_t i = begin; i < end; i++)
        b->to[i] = b->from[i] + b->share * (b->to[i] - b->from[i]);
}

static void blend(sc_threads *threads, const sc_image *photo, double strength, sc_image *result)
{
    sc_threads_blocks(threads, (size_t)photo->width * (size_t)photo->height * 3, blend_block,
                      &(blending){ photo->rgb, result->rgb, (float)strength });
}

static int paint_finish(const sc_image *photo, const sc_paint_options *options, sc_image *result, sc_error *err)
{
    int code = options->keep_colours ? keep_colours(options->threads, photo, result, err) : SCUMBLE_OK;
    if (!code && options->strength < 1)
        blend(options->threads, photo, options->strength, result);
    if (!code)
        code = sc_image_keep_beyond(options->threads, result, photo, (float)options->strength, NULL, err);
    return code ? code : sc_image_inherit(options->threads, result, photo, err);
}

/* What was painted, and the photo, at the result's size. */
static int fit_result(const sc_paint_work *w, sc_paint_size at, sc_image *result, sc_error *err)
{
    sc_image fitted = { 0 };
    int code = SCUMBLE_OK;
    if (!sc_paint_is_of(result, at)) {
        code = sc_paint_resize(w->options, result, at, &fitted, err);
        sc_image_free(result);
        *result = fitted;
    }
    if (code || sc_paint_is_of(w->photo, at))
        return code ? code : paint_finish(w->photo, w->options, result, err);
    sc_image photo = { 0 };
    code = sc_paint_resize(w->options, w->photo, at, &photo, err);
    if (!code)
        code = paint_finish(&photo, w->options, result, err);
    sc_image_free(&photo);
    return code;
}

static int paint_fits(const sc_paint_sizes *s, const sc_paint_statistics *shot, sc_error *err)
{
    bool fits = s->count == shot->count;
    for (int i = 0; i < s->count && fits; i++)
        fits = s->at[i].width == shot->passes[i].width && s->at[i].height == shot->passes[i].height;
    return fits ? SCUMBLE_OK :
                  sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                          "a picture of %d x %d pixels cannot be painted with statistics of pictures of another size",
                          s->result.width, s->result.height);
}

int sc_paint(const sc_painter *painter, const sc_image *photo, const sc_paint_options *options,
             sc_paint_progress progress, void *user, sc_image *result, sc_error *err)
{
    sc_paint_sizes s = { 0 };
    sc_image periodic = { 0 };
    sc_paint_work w = { .painter = painter,
                        .options = options,
                        .photo = options->tileable ? &periodic : photo,
                        .progress = progress,
                        .user = user };
    const sc_paint_statistics *shot = options->statistics;
    *result = (sc_image){ 0 };
    int code = options->tileable ? sc_paint_make_periodic(options, photo, &periodic, err) : SCUMBLE_OK;
    if (!code)
        code = sc_paint_sizes_plan(&s, painter, options, photo->width, photo->height, err);
    if (!code && shot)
        code = paint_fits(&s, shot, err);
    w.width = s.result.width;
    for (int i = 0; i < s.count; i++)
        w.all += (double)s.at[i].width * s.at[i].height;
    for (int i = 0; i < s.count && !code; i++)
        code = sc_paint_at(&w, shot ? &shot->passes[i] : NULL, s.at[i], result, err);
    if (!code)
        code = fit_result(&w, s.result, result, err);
    if (!code)
        code = sc_threads_check(options->threads, err);
    sc_image_free(&periodic);
    if (code)
        sc_image_free(result);
    return code;
}
