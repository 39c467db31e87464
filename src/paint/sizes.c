/* SPDX-License-Identifier: MIT */
/* Painting from coarse to fine. See paint.h.
 *
 * With x the photo and y what was painted at the size before, both at this size, p = G((x + y) / 2) what the generator
 * makes of their middle, and low() what the size before holds of a picture: y' = y + k (p - low(p)). Resizing is
 * linear, so that is k p + up(y_before - k down(p)), which takes one picture less. */
#include "paint/sizes.h"

#include <math.h>

#include "media/periodic.h"
#include "run/scales.h"

static const double detail = 0.8; /* k; 1 brings out the grain of generators that weave */
static const double near_enough =
    1.189; /* a quarter of an octave: strokes may be larger or smaller by so much before a size of their own pays */

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

static int paint_add_size(sc_paint_sizes *s, const sc_painter *painter, const sc_paint_options *options, double scale,
                          sc_error *err)
{
    sc_paint_size *e = &s->at[s->count++];
    *e = (sc_paint_size){ paint_longer(1, (int)lround(s->result.width * scale)),
                          paint_longer(1, (int)lround(s->result.height * scale)) };
    if (!options->tileable)
        return SCUMBLE_OK;
    int code = sc_paint_fitting(painter, e->width, &e->width, err);
    return code ? code : sc_paint_fitting(painter, e->height, &e->height, err);
}

int sc_paint_sizes_plan(sc_paint_sizes *s, const sc_painter *painter, const sc_paint_options *options, int width,
                        int height, sc_error *err)
{
    *s = (sc_paint_sizes){ 0 };
    sc_result_size(width, height, options->size ? options->size : -1, &s->result.width, &s->result.height);
    int edge = paint_longer(s->result.width, s->result.height), code = SCUMBLE_OK;
    double first = first_edge(painter, options, paint_longer(width, height), edge);
    int steps = edge > first ? (int)ceil(log2(edge / first)) : 0;
    for (int i = 0; i <= steps && !code; i++)
        code =
            paint_add_size(s, painter, options,
                           i && i == steps ? 1 : first / edge * pow(edge / first, steps ? (double)i / steps : 0), err);
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

int sc_paint_resize(const sc_paint_options *options, const sc_image *image, sc_paint_size to, sc_image *out,
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

int sc_paint_make_periodic(const sc_paint_options *options, const sc_image *photo, sc_image *periodic, sc_error *err)
{
    int code = sc_image_resize(options->threads, photo, photo->width, photo->height, periodic, err);
    return code ? code : sc_image_make_periodic(options->threads, periodic, err);
}

/* ---- sizes ----------------------------------------------------------------------------------------------------- */

int sc_paint_report(double share, void *user)
{
    const sc_paint_work *w = user;
    return w->progress ? w->progress(fmin(1, (w->done + share * w->own) / w->all), w->user) : 0;
}

/* From the second size on the middle between the photo and what was painted. */
int sc_paint_input(const sc_paint_work *w, const sc_image *painted, sc_paint_size at, sc_image *made, sc_error *err)
{
    sc_image photo = opaque(w->photo), up = { 0 };
    *made = (sc_image){ 0 };
    if (!painted->rgb && sc_paint_is_of(w->photo, at))
        return SCUMBLE_OK;
    int code = sc_paint_resize(w->options, &photo, at, made, err);
    if (code || !painted->rgb)
        return code;
    code = sc_paint_resize(w->options, painted, at, &up, err);
    if (!code)
        paint_mix(w->options->threads, made, 0.5f, &up, 0.5f, 0);
    sc_image_free(&up);
    return code;
}

/* finer = k finer + up(painted - k down(finer)); in between moved into 0..1, where pictures are. painted is used up. */
static int add_detail(const sc_paint_work *w, sc_image *painted, sc_image *finer, sc_error *err)
{
    const float k = (float)detail;
    sc_image down = { 0 }, up = { 0 };
    int code = sc_paint_resize(w->options, finer, (sc_paint_size){ painted->width, painted->height }, &down, err);
    if (!code)
        paint_mix(w->options->threads, painted, 1 / (1 + k), &down, -k / (1 + k), k / (1 + k));
    sc_image_free(&down);
    if (!code)
        code = sc_paint_resize(w->options, painted, (sc_paint_size){ finer->width, finer->height }, &up, err);
    if (!code)
        paint_mix(w->options->threads, finer, k, &up, 1 + k, -k);
    sc_image_free(&up);
    return code;
}

int sc_paint_at(sc_paint_work *w, const sc_paint_known *known, sc_paint_size at, sc_image *painted, sc_error *err)
{
    sc_image input = { 0 }, made = { 0 };
    int code = sc_paint_input(w, painted, at, &input, err);
    w->own = (double)at.width * at.height;
    if (!code)
        code = sc_paint_pass(w->painter, known, input.rgb ? &input : w->photo, (double)at.width / w->width, w->options,
                             sc_paint_report, w, &made, err);
    w->done += w->own;
    sc_image_free(&input);
    if (!code && painted->rgb)
        code = add_detail(w, painted, &made, err);
    sc_image_free(painted);
    *painted = made;
    return code;
}
