/* SPDX-License-Identifier: MIT */
/* The picture that a scale starts from: as the subject and the options say, or the last scale's result. */
#include <string.h>

#include "media/periodic.h"
#include "run/pixelwise.h"
#include "run/run_internal.h"

/* As wide as a photograph's values; a texture grows out of less. */
static const float photo_noise = 0.2f, texture_noise = 0.1f;
/* What a seed other than 0 adds to a picture to start from, in colour units. At 256 pixels 0.15 moved few strokes, 0.35
 * now and then the main areas; with 0.25 the final loss was 1 to 3 % above the clean start's. */
static const float seed_noise = 0.25f;

/* Gaussian noise around a colour. */
static void fill_noise(const sc_run *r, sc_image *image, const double colour[3], float deviation)
{
    sc_pixelwise_noise(sc_run_threads_of(r), image->rgb, colour, deviation, sc_run_options_of(r)->seed,
                       sc_run_values_of(image));
}

/* Of the paintings, as much of each as it weighs. */
static void mean_colour(const sc_run *r, double colour[3])
{
    const sc_paintings *paintings = &r->plan.paintings;
    colour[0] = colour[1] = colour[2] = 0;
    for (int s = 0; s < paintings->count; s++) {
        const sc_image *image = paintings->styles[s];
        double sum[3] = { 0 };
        for (size_t i = 0; i < sc_run_values_of(image); i++)
            sum[i % 3] += image->rgb[i];
        for (int c = 0; c < 3; c++)
            colour[c] += paintings->weights[s] * sum[c] / ((double)image->width * image->height);
    }
}

/* A start from a picture leaves nothing to chance. A seed lays smooth blotches over it, as large as a sixteenth of the
 * long edge, so that strokes and areas fall elsewhere: noise of single pixels is painted over, blotches of this size
 * survive the first iterations. */
static int disturb(const sc_run *r, sc_image *x, sc_error *err)
{
    int blotch = ((x->width > x->height ? x->width : x->height) + 15) / 16;
    sc_image coarse, smooth = { 0 };
    int code =
        sc_image_create(&coarse, (x->width + blotch - 1) / blotch, (x->height + blotch - 1) / blotch, false, err);
    if (!code) {
        fill_noise(r, &coarse, (const double[3]){ 0.5, 0.5, 0.5 }, seed_noise);
        code = sc_run_resize(r, &coarse, x->width, x->height, &smooth, err);
    }
    if (!code)
        sc_pixelwise_shift(sc_run_threads_of(r), x->rgb, smooth.rgb, NULL, sc_run_values_of(x));
    sc_image_free(&smooth);
    sc_image_free(&coarse);
    return code;
}

int sc_run_make_noise(const sc_run *r, int width, int height, sc_image *noise, sc_error *err)
{
    double colour[3];
    int code = sc_image_create(noise, width, height, false, err);
    if (code)
        return code;
    mean_colour(r, colour);
    fill_noise(r, noise, colour, texture_noise);
    return SCUMBLE_OK;
}

static int start_noise(const sc_run *r, sc_image *x, const sc_scale *scale, sc_error *err)
{
    int code = sc_image_create(x, scale->width, scale->height, false, err);
    if (!code)
        fill_noise(r, x, (const double[3]){ 0.5, 0.5, 0.5 }, photo_noise);
    return code;
}

int sc_run_start_picture(const sc_run *r, sc_scale_work *w, const sc_scale *scale, sc_error *err)
{
    const char *init = sc_run_options_of(r)->init;
    bool given = r->subject.start != NULL, noise = !given && strcmp(init, "noise") == 0,
         content = !given && strcmp(init, "content") == 0, texture = !sc_run_has_content(r) && (noise || content);
    if (texture)
        return sc_run_make_noise(r, scale->width, scale->height, &w->x, err);
    if (noise)
        return start_noise(r, &w->x, scale, err);
    const sc_image *source = given ? r->subject.start : content ? w->targets.content : r->plan.paintings.styles[0];
    bool wrap = r->plan.config.wrap, tiles = wrap && source == w->targets.content;
    int code = (tiles ? sc_image_resize_tile : sc_image_resize)(sc_run_threads_of(r), source, scale->width,
                                                                scale->height, &w->x, err);
    sc_big_free(w->x.alpha);  /* the whole rectangle is painted; the result takes the photo's alpha */
    sc_big_free(w->x.beyond); /* and what no mask covers from the photo itself */
    w->x.alpha = w->x.beyond = NULL;
    if (!code && wrap && !tiles)
        code = sc_image_make_periodic(sc_run_threads_of(r), &w->x, err);
    return code || !sc_run_options_of(r)->seed ? code : disturb(r, &w->x, err);
}

/* larger += content - content as it was at the last scale, of width x height. */
static int add_lost_detail(const sc_run *r, const sc_image *content, int width, int height, sc_image *larger,
                           sc_error *err)
{
    sc_image small = { 0 }, blurred = { 0 };
    int code = sc_run_resize(r, content, width, height, &small, err);
    if (!code)
        code = sc_run_resize(r, &small, larger->width, larger->height, &blurred, err);
    if (!code)
        sc_pixelwise_shift(sc_run_threads_of(r), larger->rgb, content->rgb, blurred.rgb, sc_run_values_of(larger));
    sc_image_free(&small);
    sc_image_free(&blurred);
    return code;
}

/* The start of the next scale: the last scale's result, enlarged. When the run began with the photo, what enlarging
 * lost is put back from the photo: photo + enlarged (result - photo as it was at that scale). Fine detail is then
 * changed into the style rather than invented. */
int sc_run_next_picture(const sc_run *r, sc_scale_work *w, const sc_scale_work *last, const sc_scale *scale,
                        sc_error *err)
{
    sc_image result;
    int code = sc_image_create(&result, last->x.width, last->x.height, false, err);
    if (code)
        return code;
    sc_run_take(last, result.rgb);
    code = sc_run_resize(r, &result, scale->width, scale->height, &w->x, err);
    if (!code && r->subject.sequel)
        code = add_lost_detail(r, r->subject.start, last->x.width, last->x.height, &w->x, err);
    bool from_photo = !r->subject.start && strcmp(sc_run_options_of(r)->init, "content") == 0;
    if (!code && sc_run_has_content(r) && from_photo)
        code = add_lost_detail(r, w->targets.content, last->x.width, last->x.height, &w->x, err);
    sc_image_free(&result);
    return code;
}

/* ---- what it takes --------------------------------------------------------------------------------------------- */

static double start_pixels_of(int width, int height)
{
    return (double)width * height;
}

/* Noise to start from and to balance, both around the paintings' colour; or the photo at this size, the last scale's
 * result, what it lost. */
sc_work sc_run_start_work(const sc_plan *p, const sc_scale *scale)
{
    double own = start_pixels_of(scale->width, scale->height), paintings = 0;
    for (int i = 0; i < p->paintings.count; i++)
        paintings += start_pixels_of(p->paintings.styles[i]->width, p->paintings.styles[i]->height);
    bool noise = sc_plan_is_texture(p) || p->plain;
    return (sc_work){ .of[SC_WORK_PIXELS] = noise ? own + 2 * SC_NOISE_PIXELS * own + 2 * paintings : 4 * own };
}
