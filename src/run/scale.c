/* SPDX-License-Identifier: MIT */
/* One scale of a run: the picture to start from, targets, objective, variable and optimiser, then the iterations. */
#include <stdlib.h>
#include <string.h>

#include "media/periodic.h"
#include "run/pixelwise.h"
#include "run/run_internal.h"
#include "run/weave.h"

static const float texture_noise = 0.1f;
/* What a seed other than 0 adds to a picture to start from, in colour units. At 256 pixels 0.15 moved few strokes, 0.35
 * now and then the main areas; with 0.25 the final loss was 1 to 3 % above the clean start's. */
static const float seed_noise = 0.25f;

static size_t values_of(const sc_image *image)
{
    return (size_t)image->width * (size_t)image->height * 3;
}

static const sc_style_options *options_of(const sc_run *r)
{
    return &r->plan.style->options;
}

static sc_threads *threads_of(const sc_run *r)
{
    return r->plan.style->threads;
}

void sc_run_forget_objective(sc_scale_work *w)
{
    sc_objective_free(w->objective);
    w->objective = NULL;
    sc_targets_free(&w->targets);
}

void sc_scale_work_free(sc_scale_work *w)
{
    if (!w)
        return;
    sc_run_forget_objective(w);
    sc_optimizer_free(w->optimizer);
    sc_variable_free(w->variable);
    if (w->values != w->x.rgb)
        sc_big_free(w->values);
    sc_big_free(w->gradient);
    sc_big_free(w->query);
    free(w->divisors);
    sc_image_free(&w->x);
    free(w);
}

int sc_run_resize(const sc_run *r, const sc_image *image, int width, int height, sc_image *out, sc_error *err)
{
    return (r->plan.config.wrap ? sc_image_resize_tile : sc_image_resize)(threads_of(r), image, width, height, out,
                                                                          err);
}

/* The optimiser's picture within 0..1, which L-BFGS and a pyramid may leave. */
void sc_run_take(const sc_scale_work *w, float *to)
{
    const float *result = sc_optimizer_result(w->optimizer);
    if (w->gradient) {
        sc_variable_to_picture(w->variable, result, to);
        result = to;
    }
    sc_pixelwise_clamp(threads_of(w->run), to, result, values_of(&w->x));
}

/* ---- where it starts ------------------------------------------------------------------------------------------- */

/* Gaussian noise around a colour. */
static void fill_noise(const sc_run *r, sc_image *image, const double colour[3], float deviation)
{
    sc_pixelwise_noise(threads_of(r), image->rgb, colour, deviation, options_of(r)->seed, values_of(image));
}

/* Of the paintings, as much of each as it weighs. */
static void mean_colour(const sc_run *r, double colour[3])
{
    const sc_paintings *paintings = &r->plan.paintings;
    colour[0] = colour[1] = colour[2] = 0;
    for (int s = 0; s < paintings->count; s++) {
        const sc_image *image = paintings->styles[s];
        double sum[3] = { 0 };
        for (size_t i = 0; i < values_of(image); i++)
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
        sc_pixelwise_shift(threads_of(r), x->rgb, smooth.rgb, NULL, values_of(x));
    sc_image_free(&smooth);
    sc_image_free(&coarse);
    return code;
}

static int start_noise(const sc_run *r, sc_image *x, bool texture, const sc_scale *scale, sc_error *err)
{
    double colour[3] = { 0.5, 0.5, 0.5 };
    if (texture)
        mean_colour(r, colour);
    int code = sc_image_create(x, scale->width, scale->height, false, err);
    if (!code) /* as wide as a photograph's values; a texture grows out of less */
        fill_noise(r, x, colour, texture ? texture_noise : 0.2f);
    return code;
}

static int start_picture(const sc_run *r, sc_scale_work *w, const sc_scale *scale, sc_error *err)
{
    const char *init = options_of(r)->init;
    bool given = r->subject.start != NULL, noise = !given && strcmp(init, "noise") == 0,
         content = !given && strcmp(init, "content") == 0, texture = !sc_run_has_content(r) && (noise || content);
    if (texture || noise)
        return start_noise(r, &w->x, texture, scale, err);
    const sc_image *source = given ? r->subject.start : content ? w->targets.content : r->plan.paintings.styles[0];
    bool wrap = r->plan.config.wrap, tiles = wrap && source == w->targets.content;
    int code = (tiles ? sc_image_resize_tile : sc_image_resize)(threads_of(r), source, scale->width, scale->height,
                                                                &w->x, err);
    sc_big_free(w->x.alpha);  /* the whole rectangle is painted; the result takes the photo's alpha */
    sc_big_free(w->x.beyond); /* and what no mask covers from the photo itself */
    w->x.alpha = w->x.beyond = NULL;
    if (!code && wrap && !tiles)
        code = sc_image_make_periodic(threads_of(r), &w->x, err);
    return code || !options_of(r)->seed ? code : disturb(r, &w->x, err);
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
        sc_pixelwise_shift(threads_of(r), larger->rgb, content->rgb, blurred.rgb, values_of(larger));
    sc_image_free(&small);
    sc_image_free(&blurred);
    return code;
}

/* The start of the next scale: the last scale's result, enlarged. When the run began with the photo, what enlarging
 * lost is put back from the photo: photo + enlarged (result - photo as it was at that scale). Fine detail is then
 * changed into the style rather than invented. */
static int next_picture(const sc_run *r, sc_scale_work *w, const sc_scale_work *last, const sc_scale *scale,
                        sc_error *err)
{
    sc_image result;
    int code = sc_image_create(&result, last->x.width, last->x.height, false, err);
    if (code)
        return code;
    sc_run_take(last, result.rgb);
    code = sc_run_resize(r, &result, scale->width, scale->height, &w->x, err);
    bool from_photo = !r->subject.start && strcmp(options_of(r)->init, "content") == 0;
    if (!code && sc_run_has_content(r) && from_photo)
        code = add_lost_detail(r, w->targets.content, last->x.width, last->x.height, &w->x, err);
    sc_image_free(&result);
    return code;
}

/* ---- variable and optimiser ------------------------------------------------------------------------------------ */

static int evaluate(void *user, const float *values, float *gradient, double *f, sc_error *err)
{
    sc_scale_work *w = user;
    const float *picture = w->gradient ? w->x.rgb : values;
    float *of_picture = w->gradient ? w->gradient : gradient;
    w->run->done.of[SC_WORK_EVALUATIONS]++;
    if (w->gradient)
        sc_variable_to_picture(w->variable, values, w->x.rgb);
    int code = sc_objective_evaluate(w->objective, picture, of_picture, &w->evaluated, err);
    if (!code && options_of(w->run)->grid != SC_CHOSE_STILL)
        sc_weave_remove(threads_of(w->run), of_picture, w->x.height, w->x.width);
    if (!code && w->gradient)
        sc_variable_pull_back(w->variable, w->gradient, gradient);
    *f = w->evaluated.total;
    return code;
}

static int make_variable(const sc_run *r, sc_scale_work *w, sc_error *err)
{
    bool pyramid = options_of(r)->variable == SC_CHOSE_PYRAMID;
    int code = sc_variable_create(&w->variable, pyramid ? SC_VARIABLE_PYRAMID : SC_VARIABLE_PIXELS, w->x.width,
                                  w->x.height, 0, r->plan.config.wrap, threads_of(r), err);
    if (code)
        return code;
    if (!pyramid) {
        w->values = w->x.rgb;
        return SCUMBLE_OK;
    }
    w->values = sc_big_alloc(sc_variable_count(w->variable) * sizeof *w->values, err);
    w->gradient = w->values ? sc_big_alloc(values_of(&w->x) * sizeof *w->gradient, err) : NULL;
    if (!w->gradient)
        return err->code;
    sc_variable_from_picture(w->variable, w->x.rgb, w->values);
    return SCUMBLE_OK;
}

/* What Adam learnt at the last scale, put into this scale's optimiser. */
static int carry_moments(const sc_scale_work *last, sc_scale_work *w, sc_error *err)
{
    sc_adam_moments from, to;
    if (!last || !sc_adam_moments_of(last->optimizer, &from) || !sc_adam_moments_of(w->optimizer, &to))
        return SCUMBLE_OK;
    int code = sc_variable_carry(last->variable, from.first, w->variable, to.first, 1, err);
    if (!code)
        code = sc_variable_carry(last->variable, from.second, w->variable, to.second, 2, err);
    *to.steps = *from.steps;
    return code;
}

static int make_optimizer(const sc_run *r, sc_scale_work *w, sc_error *err)
{
    sc_problem problem = {
        .count = sc_variable_count(w->variable), .threads = threads_of(r), .evaluate = evaluate, .user = w
    };
    if (options_of(r)->optimizer == SC_CHOSE_LBFGS)
        return sc_lbfgs_create(&w->optimizer, &problem, w->values, err);
    sc_adam_options options = sc_adam_options_default();
    options.learning_rate = options_of(r)->learning_rate;
    options.clamp = w->gradient == NULL;
    return sc_adam_create(&w->optimizer, &problem, w->values, &options, err);
}

/* ---- targets that follow the picture --------------------------------------------------------------------------- */

/* They are found when a scale begins, for a mixture of the photo and the picture (NNST's content preservation, Kolkin
 * et al. 2022), and again every few iterations, for the picture itself (NNFM, Zhang et al. 2022, at every one: which
 * costs more and looks no better). */
enum { REFRESH_EVERY = 12 };

int sc_last_refresh(int iterations)
{
    int last = iterations > 0 ? iterations - 1 : 0;
    return last - last % REFRESH_EVERY;
}

int sc_refreshes(int done, int iterations)
{
    return sc_last_refresh(done < iterations ? done + 1 : iterations) / REFRESH_EVERY;
}

uint64_t sc_run_round(const sc_run *r)
{
    int done = r->position.iteration, all = r->plan.scales.scale[r->position.scale].iterations;
    return options_of(r)->seed +
           (uint64_t)(r->position.iterations_done - done + sc_last_refresh(done < all ? done + 1 : all));
}

static int refresh(sc_run *r, sc_scale_work *w, sc_error *err)
{
    r->done.of[SC_WORK_PASSES]++;
    r->done.of[SC_WORK_SEARCHES]++;
    return sc_objective_refresh(w->objective, w->query, sc_run_round(r), err);
}

static int first_refresh(sc_run *r, sc_scale_work *w, const float *picture, sc_error *err)
{
    if (!sc_objective_refreshes(w->objective))
        return SCUMBLE_OK;
    size_t count = values_of(&w->x);
    if (!w->query)
        w->query = sc_big_alloc(count * sizeof *w->query, err);
    if (!w->query)
        return err->code;
    float share = sc_run_has_content(r) ? (float)options_of(r)->preserve : 0;
    sc_pixelwise_mix(threads_of(r), w->query, share, share > 0 ? w->targets.content->rgb : NULL, picture, count);
    return refresh(r, w, err);
}

int sc_run_refresh_now_and_then(sc_run *r, sc_error *err)
{
    sc_scale_work *w = r->now;
    const sc_scale *scale = &r->plan.scales.scale[r->position.scale];
    if (!w->query || r->position.iteration % REFRESH_EVERY != 0 || r->position.iteration == scale->iterations)
        return SCUMBLE_OK;
    w->refresh_due = true;
    sc_run_take(w, w->query);
    int code = refresh(r, w, err);
    if (!code)
        code = sc_threads_check(threads_of(r), err);
    w->refresh_due = code != SCUMBLE_OK;
    sc_optimizer_changed(w->optimizer);
    return code;
}

/* ---- the scale ------------------------------------------------------------------------------------------------- */

/* The photo; without a content the noise that it started from, at this size. */
static int balance(sc_run *r, sc_scale_work *w, sc_error *err)
{
    r->done.of[SC_WORK_PASSES]++;
    if (sc_run_has_content(r))
        return sc_objective_balance(w->objective, w->targets.content->rgb, err);
    sc_image noise;
    double colour[3];
    int code = sc_image_create(&noise, w->x.width, w->x.height, false, err);
    if (code)
        return code;
    mean_colour(r, colour);
    fill_noise(r, &noise, colour, texture_noise);
    code = sc_objective_balance(w->objective, noise.rgb, err);
    sc_image_free(&noise);
    return code;
}

static int note_divisors(sc_scale_work *w, sc_error *err)
{
    w->divisor_count = sc_objective_divisor_count(w->objective);
    size_t bytes = ((size_t)w->divisor_count + 1) * sizeof *w->divisors;
    free(w->divisors);
    w->divisors = malloc(bytes);
    if (!w->divisors)
        return sc_fail_memory(err, bytes);
    sc_objective_divisors(w->objective, w->divisors);
    return SCUMBLE_OK;
}

static const sc_scale *scale_at(const sc_run *r, int scale)
{
    return &r->plan.scales.scale[scale];
}

static int make_targets(sc_run *r, sc_scale_work *w, sc_objective_config *config, int scale, sc_error *err)
{
    const sc_scale *s = scale_at(r, scale);
    bool whole = r->photo.width == s->width && r->photo.height == s->height; /* then it need not be resized once more */
    const sc_image *given = r->subject.content, *content = given && (r->plan.config.wrap || whole) ? &r->photo : given;
    *config = r->plan.config;
    int code = sc_plan_choose_tiles(&r->plan, scale, &config->tile_pixels, err);
    if (!code)
        code = sc_targets_create(&w->targets, config, &r->plan.paintings, content, &r->subject.guides, s, err);
    r->done.of[SC_WORK_MEASURED_PIXELS] += code ? 0 : w->targets.measured_pixels;
    return code;
}

/* picture: what targets that follow it are first found for, mixed with the photo. */
static int make_objective(sc_run *r, sc_scale_work *w, const sc_objective_config *config, const float *picture,
                          sc_error *err)
{
    int code = sc_objective_create(&w->objective, config, w->x.height, w->x.width, &w->targets.all, err);
    if (!code)
        code = first_refresh(r, w, picture, err);
    if (!code)
        code = balance(r, w, err);
    if (!code)
        code = note_divisors(w, err);
    sc_targets_forget_photo(&w->targets);
    if (!code && !config->tile_pixels)
        sc_targets_forget_content(&w->targets);
    return code;
}

static int fill(sc_run *r, sc_scale_work *w, int scale, const sc_scale_work *last, sc_error *err)
{
    sc_objective_config config;
    int code = make_targets(r, w, &config, scale, err);
    if (!code)
        code = last ? next_picture(r, w, last, scale_at(r, scale), err) : start_picture(r, w, scale_at(r, scale), err);
    if (!code)
        code = make_objective(r, w, &config, w->x.rgb, err);
    if (!code)
        code = make_variable(r, w, err);
    if (!code)
        code = make_optimizer(r, w, err);
    if (!code && r->resume)
        code = sc_run_restore_work(r, w, r->resume, err);
    else if (!code)
        code = carry_moments(last, w, err);
    return code;
}

/* A scale at work. The position is that of its start, or of the state that is gone on from. */
static int create_work(sc_run *r, int scale, const sc_scale_work *last, sc_scale_work **work, sc_error *err)
{
    sc_position before = r->position;
    sc_scale_work *w = calloc(1, sizeof *w);
    *work = w;
    if (!w)
        return sc_fail_memory(err, sizeof *w);
    w->run = r;
    if (last)
        r->position = (sc_position){ scale, 0, before.iterations_done, before.elapsed_s };
    int code = fill(r, w, scale, last, err);
    if (!code)
        code = sc_threads_check(threads_of(r), err);
    if (code) {
        sc_scale_work_free(w);
        *work = NULL;
        r->position = before;
    }
    return code;
}

/* Other guides: the picture stays, targets and objective are others. */
static int make_anew(sc_run *r, sc_error *err)
{
    sc_scale_work *w = r->now;
    sc_objective_config config;
    sc_image picture;
    int code = sc_image_create(&picture, w->x.width, w->x.height, false, err);
    if (code)
        return code;
    sc_run_take(w, picture.rgb);
    code = make_targets(r, w, &config, r->position.scale, err);
    if (!code)
        code = make_objective(r, w, &config, picture.rgb, err);
    if (!code && w->query) { /* those were for the balance */
        sc_pixelwise_mix(threads_of(r), w->query, 0, NULL, picture.rgb, values_of(&picture));
        code = refresh(r, w, err);
    }
    if (!code)
        code = sc_threads_check(threads_of(r), err);
    sc_image_free(&picture);
    if (code)
        sc_run_forget_objective(w);
    w->guides_changed = code != SCUMBLE_OK;
    return code;
}

int sc_run_make_ready(sc_run *r, sc_error *err)
{
    sc_scale_work *next;
    int code = SCUMBLE_OK;
    if (!r->now) {
        code = create_work(r, r->position.scale, NULL, &r->now, err);
        if (!code) {
            bool resumed = r->resume != NULL;
            r->resume = NULL;
            if (resumed && r->position.iteration) /* at a plan's end it was not due, and may be now */
                code = sc_run_refresh_now_and_then(r, err);
        }
    }
    while (!code && r->position.iteration >= scale_at(r, r->position.scale)->iterations &&
           r->position.scale + 1 < r->plan.scales.count && !sc_run_done(r)) {
        sc_run_forget_objective(r->now);
        code = create_work(r, r->position.scale + 1, r->now, &next, err);
        if (code)
            return code;
        sc_scale_work_free(r->now);
        r->now = next;
    }
    if (!code && r->now->refresh_due)
        code = sc_run_refresh_now_and_then(r, err);
    return code || r->now->objective ? code : make_anew(r, err);
}

int sc_run_iterate(sc_run *r, sc_error *err)
{
    sc_step step;
    sc_scale_work *w = r->now;
    int code = sc_optimizer_step(w->optimizer, &step, err);
    if (code)
        return code;
    if (w->evaluated.total == step.f)
        r->losses = w->evaluated;
    r->note = step.note;
    r->position.iteration++;
    r->position.iterations_done++;
    return sc_run_refresh_now_and_then(r, err);
}
