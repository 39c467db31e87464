/* SPDX-License-Identifier: MIT */
/* Painting at one size or from coarse to fine, and what is done with the result. See paint.h.
 *
 * With x the photo and y what was painted at the size before, both at this size, p = G((x + y) / 2) what the generator
 * makes of their middle, and low() what the size before holds of a picture: y' = y + k (p - low(p)). Resizing is
 * linear, so that is k p + up(y_before - k down(p)), which takes one picture less. */
#include <math.h>
#include <string.h>

#include "colour/colour.h"
#include "paint/pass.h"
#include "media/periodic.h"
#include "run/scales.h"

static const double detail = 0.8; /* k; 1 brings out the grain of generators that weave */
static const double near_enough =
    1.189; /* a quarter of an octave: strokes may be larger or smaller by so much before a size of their own pays */
enum { MOST_SIZES = 18 };

typedef struct sizes {
    int width, height; /* of the result */
    int count;
    struct extents {
        int width, height;
    } at[MOST_SIZES]; /* coarse to fine; the last one is the result's, or larger */
} sizes;

static int paint_longer(int a, int b)
{
    return a > b ? a : b;
}

/* The long edge at which strokes have their share: a small picture is taken as it is. */
static double first_edge(const sc_painter *painter, const sc_paint_options *options, int photo_edge, int edge)
{
    if (options->style_scale <= 0)
        return edge;
    int most = paint_longer(photo_edge, edge);
    double first = (painter->size < most ? painter->size : most) / options->style_scale;
    first = first < 1 ? 1 : first > SC_PAINT_MAX_EDGE ? SC_PAINT_MAX_EDGE : first;
    return first > edge * near_enough || edge > first * near_enough ? first : edge;
}

static int paint_add_size(sizes *s, const sc_painter *painter, const sc_paint_options *options, double scale,
                          sc_error *err)
{
    struct extents *e = &s->at[s->count++];
    *e = (struct extents){ paint_longer(1, (int)lround(s->width * scale)),
                           paint_longer(1, (int)lround(s->height * scale)) };
    if (!options->tileable)
        return SCUMBLE_OK;
    int code = sc_paint_fitting(painter, e->width, &e->width, err);
    return code ? code : sc_paint_fitting(painter, e->height, &e->height, err);
}

/* Evenly from the first size up to the result's, at most doubled from one to the next. */
static int paint_plan(sizes *s, const sc_painter *painter, const sc_paint_options *options, int width, int height,
                      sc_error *err)
{
    *s = (sizes){ 0 };
    sc_result_size(width, height, options->size ? options->size : -1, &s->width, &s->height);
    int edge = paint_longer(s->width, s->height), code = SCUMBLE_OK;
    double first = first_edge(painter, options, paint_longer(width, height), edge);
    int steps = edge > first ? (int)ceil(log2(edge / first)) : 0;
    for (int i = 0; i <= steps && !code; i++)
        code =
            paint_add_size(s, painter, options,
                           i && i == steps ? 1 : first / edge * pow(edge / first, steps ? (double)i / steps : 0), err);
    return code;
}

int sc_paint_estimate(const sc_painter *painter, int width, int height, const sc_paint_options *options,
                      int64_t photo_bytes, sc_paint_cost *cost, sc_error *err)
{
    sizes s;
    *cost = (sc_paint_cost){ 0 };
    int code = paint_plan(&s, painter, options, width, height, err);
    if (code)
        return code;
    struct extents last = s.at[s.count - 1];
    int64_t pass_bytes = (int64_t)last.width * last.height * 3 * (int64_t)sizeof(float);
    bool copied = s.count > 1 || last.width != width ||
                  last.height != height; /* the generator sees another picture than the photo, and one is kept */
    int64_t copies_bytes = (copied ? pass_bytes + pass_bytes / 4 : 0) +
                           (options->tileable ? (int64_t)width * height * 3 * (int64_t)sizeof(float) : 0);
    code = sc_paint_pass_estimate(painter, last.width, last.height, options, photo_bytes + copies_bytes, cost, err);
    cost->width = s.width;
    cost->height = s.height;
    cost->first_edge = paint_longer(s.at[0].width, s.at[0].height);
    return code;
}

/* ---- pictures -------------------------------------------------------------------------------------------------- */

/* to = a to + b from + c, within 0..1 */
typedef struct mixing {
    const float *from;
    float *to, a, b, c;
} mixing;

static void mix_block(void *argument, size_t begin, size_t end)
{
    const mixing *m = argument;
    for (size_t i = begin; i < end; i++) {
        float value = m->a * m->to[i] + m->b * m->from[i] + m->c;
        m->to[i] = value > 0 ? value < 1 ? value : 1 : 0;
    }
}

static void paint_mix(sc_threads *threads, sc_image *to, float a, const sc_image *from, float b, float c)
{
    sc_threads_blocks(threads, (size_t)to->width * (size_t)to->height * 3, mix_block,
                      &(mixing){ from->rgb, to->rgb, a, b, c });
}

static int paint_resize(const sc_paint_options *options, const sc_image *image, struct extents to, sc_image *out,
                        sc_error *err)
{
    return options->tileable ? sc_image_resize_tile(options->threads, image, to.width, to.height, out, err) :
                               sc_image_resize(options->threads, image, to.width, to.height, out, err);
}

/* The colours alone; borrowed. */
static sc_image opaque(const sc_image *image)
{
    return (sc_image){ .width = image->width, .height = image->height, .rgb = image->rgb, .bits = 8 };
}

static bool is_of(const sc_image *image, struct extents e)
{
    return image->width == e.width && image->height == e.height;
}

/* ---- sizes ----------------------------------------------------------------------------------------------------- */

typedef struct work {
    const sc_painter *painter;
    const sc_paint_options *options;
    const sc_image *photo;
    sc_paint_progress progress;
    void *user;
    double done, own, all; /* pixels: painted, of the pass in hand, of all */
} work;

static int paint_report(double share, void *user)
{
    const work *w = user;
    return w->progress ? w->progress(fmin(1, (w->done + share * w->own) / w->all), w->user) : 0;
}

/* The photo at this size; from the second one on the middle between it and what was painted. */
static int make_input(const work *w, const sc_image *painted, struct extents at, sc_image *input, sc_error *err)
{
    sc_image photo = opaque(w->photo), up = { 0 };
    int code = paint_resize(w->options, &photo, at, input, err);
    if (code || !painted->rgb)
        return code;
    code = paint_resize(w->options, painted, at, &up, err);
    if (!code)
        paint_mix(w->options->threads, input, 0.5f, &up, 0.5f, 0);
    sc_image_free(&up);
    return code;
}

/* finer = k finer + up(painted - k down(finer)); in between moved into 0..1, where pictures are. painted is used up. */
static int add_detail(const work *w, sc_image *painted, sc_image *finer, sc_error *err)
{
    const float k = (float)detail;
    sc_image down = { 0 }, up = { 0 };
    int code = paint_resize(w->options, finer, (struct extents){ painted->width, painted->height }, &down, err);
    if (!code)
        paint_mix(w->options->threads, painted, 1 / (1 + k), &down, -k / (1 + k), k / (1 + k));
    sc_image_free(&down);
    if (!code)
        code = paint_resize(w->options, painted, (struct extents){ finer->width, finer->height }, &up, err);
    if (!code)
        paint_mix(w->options->threads, finer, k, &up, 1 + k, -k);
    sc_image_free(&up);
    return code;
}

/* *painted becomes what is painted at this size. */
static int paint_at(work *w, struct extents at, sc_image *painted, sc_error *err)
{
    sc_image input = { 0 }, made = { 0 };
    bool as_it_is = !painted->rgb && is_of(w->photo, at);
    int code = as_it_is ? SCUMBLE_OK : make_input(w, painted, at, &input, err);
    w->own = (double)at.width * at.height;
    if (!code)
        code = sc_paint_pass(w->painter, as_it_is ? w->photo : &input, w->options, paint_report, w, &made, err);
    w->done += w->own;
    sc_image_free(&input);
    if (!code && painted->rgb)
        code = add_detail(w, painted, &made, err);
    sc_image_free(painted);
    *painted = made;
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

static void blend_block(void *argument, size_t begin, size_t end)
{
    const mixing *m = argument;
    for (size_t i = begin; i < end; i++)
        m->to[i] = m->from[i] + m->a * (m->to[i] - m->from[i]);
}

static void blend(sc_threads *threads, const sc_image *photo, double strength, sc_image *result)
{
    sc_threads_blocks(threads, (size_t)photo->width * (size_t)photo->height * 3, blend_block,
                      &(mixing){ .from = photo->rgb, .to = result->rgb, .a = (float)strength });
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
static int fit_result(const work *w, struct extents at, sc_image *result, sc_error *err)
{
    sc_image fitted = { 0 };
    int code = SCUMBLE_OK;
    if (!is_of(result, at)) {
        code = paint_resize(w->options, result, at, &fitted, err);
        sc_image_free(result);
        *result = fitted;
    }
    if (code || is_of(w->photo, at))
        return code ? code : paint_finish(w->photo, w->options, result, err);
    sc_image photo = { 0 };
    code = paint_resize(w->options, w->photo, at, &photo, err);
    if (!code)
        code = paint_finish(&photo, w->options, result, err);
    sc_image_free(&photo);
    return code;
}

/* A photo rarely tiles: the painter would paint along its jumps from edge to edge. */
static int paint_make_periodic(const sc_paint_options *options, const sc_image *photo, sc_image *periodic,
                               sc_error *err)
{
    int code = sc_image_resize(options->threads, photo, photo->width, photo->height, periodic, err);
    return code ? code : sc_image_make_periodic(options->threads, periodic, err);
}

int sc_paint(const sc_painter *painter, const sc_image *photo, const sc_paint_options *options,
             sc_paint_progress progress, void *user, sc_image *result, sc_error *err)
{
    sizes s = { 0 };
    sc_image periodic = { 0 };
    work w = { .painter = painter,
               .options = options,
               .photo = options->tileable ? &periodic : photo,
               .progress = progress,
               .user = user };
    *result = (sc_image){ 0 };
    int code = options->tileable ? paint_make_periodic(options, photo, &periodic, err) : SCUMBLE_OK;
    if (!code)
        code = paint_plan(&s, painter, options, photo->width, photo->height, err);
    for (int i = 0; i < s.count; i++)
        w.all += (double)s.at[i].width * s.at[i].height;
    for (int i = 0; i < s.count && !code; i++)
        code = paint_at(&w, s.at[i], result, err);
    if (!code)
        code = fit_result(&w, (struct extents){ s.width, s.height }, result, err);
    if (!code)
        code = sc_threads_check(options->threads, err);
    sc_image_free(&periodic);
    if (code)
        sc_image_free(result);
    return code;
}
