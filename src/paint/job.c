/* SPDX-License-Identifier: MIT */
/* See job.h. */
#include "paint/job.h"

#include <stdlib.h>

/* ---- sizes ----------------------------------------------------------------------------------------------------- */

int sc_paint_extend(const sc_program *program, int extent, int *extended, sc_error *err)
{
    enum { MOST = 4096 };
    int step = sc_program_step(program), least = step;
    sc_shape shape = { 0 };
    sc_error why = { 0 };
    while (sc_program_check(program, least, &shape, &why) || shape.h != least || shape.w != least) {
        least += step;
        if (why.code == SCUMBLE_ERR_MEMORY)
            return sc_fail(err, why.code, "%s", why.text);
        if (least > MOST)
            return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                           "the network makes no picture of the size that it is given, up to %d x %d pixels", MOST,
                           MOST);
    }
    *extended = (extent + step - 1) / step * step;
    *extended = *extended < least ? least : *extended;
    return SCUMBLE_OK;
}

int sc_paint_job_begin(sc_paint_job *e, const sc_painter *painter, const sc_paint_options *options, int width,
                       int height, sc_error *err)
{
    *e = (sc_paint_job){
        .painter = painter, .program = painter->generator, .options = options, .width = width, .height = height
    };
    int code = sc_paint_extend(painter->generator, width, &e->extended_width, err);
    if (!code)
        code = sc_paint_extend(painter->generator, height, &e->extended_height, err);
    if (!code && options->tileable && (e->extended_width != width || e->extended_height != height))
        code = sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "a picture of %d x %d pixels that repeats cannot be painted: its edges must be multiples of %d",
                       width, height, sc_program_step(painter->generator));
    return code;
}

int sc_paint_job_place(sc_paint_job *e, const sc_paint_shift *shift, sc_error *err)
{
    e->left = shift->left;
    e->top = shift->top;
    int code =
        e->left ? sc_paint_extend(e->painter->generator, e->width + e->left, &e->extended_width, err) : SCUMBLE_OK;
    return code || !e->top ? code :
                             sc_paint_extend(e->painter->generator, e->height + e->top, &e->extended_height, err);
}

/* ---- the generator's ends -------------------------------------------------------------------------------------- */

/* The pixel that stands for one beyond the edge: the picture is reflected at its edges again and again. */
static int mirrored(int i, int extent)
{
    int period = 2 * (extent - 1), r = period ? abs(i) % period : 0;
    return r < extent ? r : period - r;
}

/* The pixel that stands for one beyond the edge of a picture that repeats. */
static int repeated(int i, int extent)
{
    return (i % extent + extent) % extent;
}

typedef struct reading {
    const sc_paint_job *e;
    const sc_window *window;
    float *to;
} reading;

typedef struct writing {
    const sc_paint_job *e;
    const sc_window *part;
    const float *from;
    size_t row_values;
} writing;

enum { BAND = 32 }; /* rows */

static int read_band(void *argument, int part, int thread)
{
    (void)thread;
    const reading *r = argument;
    const sc_image *photo = r->e->photo;
    float range = (float)r->e->painter->range;
    int (*inside)(int, int) = r->e->options->tileable ? repeated : mirrored;
    for (int y = part * BAND; y < r->window->height && y < (part + 1) * BAND; y++) {
        const float *row =
            photo->rgb + (size_t)inside(r->window->top + y - r->e->top, photo->height) * (size_t)photo->width * 3;
        float *to = r->to + (size_t)y * (size_t)r->window->width * 3;
        for (int x = 0; x < r->window->width; x++, to += 3) {
            const float *pixel = row + (size_t)inside(r->window->left + x - r->e->left, photo->width) * 3;
            for (int c = 0; c < 3; c++)
                to[c] = pixel[c] * range;
        }
    }
    return SCUMBLE_OK;
}

/* What of a part lies in the picture. */
static int write_band(void *argument, int part, int thread)
{
    (void)thread;
    const writing *w = argument;
    const sc_image *result = w->e->result;
    float factor = (float)(1 / w->e->painter->range);
    int left = w->part->left - w->e->left, top = w->part->top - w->e->top, first = left < 0 ? -left : 0,
        last = left + w->part->width < result->width ? w->part->width : result->width - left;
    for (int y = part * BAND; y < w->part->height && y < (part + 1) * BAND; y++) {
        if (top + y < 0 || top + y >= result->height)
            continue;
        const float *from = w->from + (size_t)y * w->row_values;
        float *to = result->rgb + (size_t)(top + y) * (size_t)result->width * 3;
        for (int x = 3 * first; x < 3 * last; x++) {
            float value = from[x] * factor;
            to[3 * left + x] = value > 0 ? value < 1 ? value : 1 : 0; /* and 0 for what is not a number */
        }
    }
    return SCUMBLE_OK;
}

static int band_count(int rows)
{
    return (rows + BAND - 1) / BAND;
}

void sc_paint_job_read(void *user, const sc_window *window, float *to)
{
    const sc_paint_job *e = user;
    sc_threads_run(e->options->threads, band_count(window->height), read_band, &(reading){ e, window, to });
}

void sc_paint_job_write(void *user, const sc_window *part, const float *from, size_t row_values)
{
    const sc_paint_job *e = user;
    sc_threads_run(e->options->threads, band_count(part->height), write_band, &(writing){ e, part, from, row_values });
}

int sc_paint_job_tell(void *user, double share)
{
    const sc_paint_job *e = user;
    return e->progress ? e->progress(share, e->user) : 0;
}
