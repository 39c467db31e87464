/* SPDX-License-Identifier: MIT */
/* One scale of a run: the picture to start from, targets, objective, variable and optimiser, then the iterations. */
#include <stdlib.h>
#include <string.h>

#include "core/rng.h"
#include "style/periodic.h"
#include "style/transfer_internal.h"
#include "style/weave.h"

static const float texture_noise = 0.1f;
/* What a seed other than 0 adds to a picture to start from, in colour units. At 256 pixels 0.15 moved few strokes, 0.35
 * now and then the main areas; with 0.25 the final loss was 1 to 3 % above the clean start's. */
static const float seed_noise = 0.25f;

static size_t values_of(const sc_image *image)
{
    return (size_t)image->width * (size_t)image->height * 3;
}

void sc_transfer_end_scale(sc_transfer *t)
{
    sc_objective_free(t->objective);
    sc_targets_free(&t->targets);
    sc_optimizer_free(t->optimizer);
    sc_variable_free(t->variable);
    if (t->values != t->x.rgb)
        sc_big_free(t->values);
    sc_big_free(t->gradient);
    sc_big_free(t->query);
    t->objective = NULL;
    t->optimizer = NULL;
    t->variable = NULL;
    t->values = t->gradient = t->query = NULL;
}

int sc_transfer_resize(const sc_transfer *t, const sc_image *image, int width, int height, sc_image *out, sc_error *err)
{
    return (t->config.wrap ? sc_image_resize_tile : sc_image_resize)(image, width, height, out, err);
}

/* ---- where it starts ------------------------------------------------------------------------------------------- */

/* Gaussian noise around a colour. */
static void fill_noise(sc_image *image, const double colour[3], float deviation, uint64_t seed)
{
    for (size_t i = 0; i < values_of(image); i++) {
        float v = (float)colour[i % 3] + deviation * sc_random_normal(seed, i);
        image->rgb[i] = v < 0 ? 0 : v > 1 ? 1 : v;
    }
}

/* Of the paintings, as much of each as it weighs. */
static void mean_colour(const sc_transfer *t, double colour[3])
{
    colour[0] = colour[1] = colour[2] = 0;
    for (int s = 0; s < t->paintings.count; s++) {
        const sc_image *image = t->styles[s];
        double sum[3] = { 0 };
        for (size_t i = 0; i < values_of(image); i++)
            sum[i % 3] += image->rgb[i];
        for (int c = 0; c < 3; c++)
            colour[c] += t->style_weights[s] * sum[c] / ((double)image->width * image->height);
    }
}

/* A start from a picture leaves nothing to chance. A seed lays smooth blotches over it, as large as a sixteenth of the
 * long edge, so that strokes and areas fall elsewhere: noise of single pixels is painted over, blotches of this size
 * survive the first iterations. */
static int disturb(sc_transfer *t, sc_error *err)
{
    int blotch = ((t->x.width > t->x.height ? t->x.width : t->x.height) + 15) / 16;
    sc_image coarse, smooth = { 0 };
    int code =
        sc_image_create(&coarse, (t->x.width + blotch - 1) / blotch, (t->x.height + blotch - 1) / blotch, false, err);
    if (!code) {
        fill_noise(&coarse, (const double[3]){ 0.5, 0.5, 0.5 }, seed_noise, t->options.seed);
        code = sc_transfer_resize(t, &coarse, t->x.width, t->x.height, &smooth, err);
    }
    for (size_t i = 0; i < values_of(&t->x) && !code; i++) {
        float v = t->x.rgb[i] + smooth.rgb[i] - 0.5f;
        t->x.rgb[i] = v < 0 ? 0 : v > 1 ? 1 : v;
    }
    sc_image_free(&smooth);
    sc_image_free(&coarse);
    return code;
}

static int start_picture(sc_transfer *t, const sc_scale *scale, sc_error *err)
{
    const char *init = t->options.init;
    bool noise = strcmp(init, "noise") == 0,
         texture = !sc_transfer_has_content(t) && (noise || strcmp(init, "content") == 0);
    if (texture || noise) {
        double colour[3] = { 0.5, 0.5, 0.5 };
        if (texture)
            mean_colour(t, colour);
        int code = sc_image_create(&t->x, scale->width, scale->height, false, err);
        if (!code) /* as wide as a photograph's values; a texture grows out of less */
            fill_noise(&t->x, colour, texture ? texture_noise : 0.2f, t->options.seed);
        return code;
    }
    const sc_image *source = strcmp(init, "content") == 0 ? t->targets.content :
                             strcmp(init, "style") == 0   ? t->styles[0] :
                                                            &t->init;
    bool tiles = t->config.wrap && source == t->targets.content;
    int code = (tiles ? sc_image_resize_tile : sc_image_resize)(source, scale->width, scale->height, &t->x, err);
    sc_big_free(t->x.alpha);  /* the whole rectangle is painted; the result takes the photo's alpha */
    sc_big_free(t->x.beyond); /* and what no mask covers from the photo itself */
    t->x.alpha = t->x.beyond = NULL;
    if (!code && t->config.wrap && !tiles)
        code = sc_image_make_periodic(t->threads, &t->x, err);
    return code || !t->options.seed ? code : disturb(t, err);
}

/* The start of the next scale: the last scale's result, enlarged. When the run began with the photo, what enlarging
 * lost is put back from the photo: photo + enlarged (result - photo as it was at that scale). Fine detail is then
 * changed into the style rather than invented. */
static int next_picture(sc_transfer *t, const sc_scale *scale, sc_error *err)
{
    const sc_image *content = t->targets.content;
    sc_image larger, small = { 0 }, blurred = { 0 };
    int code = sc_transfer_resize(t, &t->x, scale->width, scale->height, &larger, err);
    if (code)
        return code;
    if (sc_transfer_has_content(t) && strcmp(t->options.init, "content") == 0) {
        code = sc_transfer_resize(t, content, t->x.width, t->x.height, &small, err);
        if (!code)
            code = sc_transfer_resize(t, &small, scale->width, scale->height, &blurred, err);
        for (size_t i = 0; i < values_of(&larger) && !code; i++) {
            float v = larger.rgb[i] + content->rgb[i] - blurred.rgb[i];
            larger.rgb[i] = v < 0 ? 0 : v > 1 ? 1 : v;
        }
        sc_image_free(&small);
        sc_image_free(&blurred);
    }
    if (code) {
        sc_image_free(&larger);
        return code;
    }
    sc_image_free(&t->x);
    t->x = larger;
    return SCUMBLE_OK;
}

/* ---- variable and optimiser ------------------------------------------------------------------------------------ */

static int evaluate(void *user, const float *values, float *gradient, double *f, sc_error *err)
{
    sc_transfer *t = user;
    const float *picture = t->gradient ? t->x.rgb : values;
    float *of_picture = t->gradient ? t->gradient : gradient;
    t->done.of[SC_WORK_EVALUATIONS]++;
    if (t->gradient)
        sc_variable_to_picture(t->variable, values, t->x.rgb);
    int code = sc_objective_evaluate(t->objective, picture, of_picture, &t->evaluated, err);
    if (!code && t->options.grid != SCUMBLE_GRID_STILL)
        sc_weave_remove(t->threads, of_picture, t->x.height, t->x.width);
    if (!code && t->gradient)
        sc_variable_pull_back(t->variable, t->gradient, gradient);
    *f = t->evaluated.total;
    return code;
}

static int make_variable(sc_transfer *t, sc_error *err)
{
    bool pyramid = t->options.variable == SCUMBLE_VARIABLE_PYRAMID;
    int code = sc_variable_create(&t->variable, pyramid ? SC_VARIABLE_PYRAMID : SC_VARIABLE_PIXELS, t->x.width,
                                  t->x.height, 0, t->config.wrap, t->threads, err);
    if (code)
        return code;
    t->values = t->x.rgb;
    if (!pyramid)
        return SCUMBLE_OK;
    t->values = sc_big_alloc(sc_variable_count(t->variable) * sizeof *t->values, err);
    t->gradient = t->values ? sc_big_alloc(values_of(&t->x) * sizeof *t->gradient, err) : NULL;
    if (!t->gradient)
        return err->code;
    sc_variable_from_picture(t->variable, t->x.rgb, t->values);
    return SCUMBLE_OK;
}

/* What Adam learnt at the last scale, put into this scale's optimiser. */
static int carry_moments(sc_transfer *t, const sc_variable *last_variable, sc_optimizer *last, sc_error *err)
{
    sc_adam_moments from, to;
    if (!last || !sc_adam_moments_of(last, &from) || !sc_adam_moments_of(t->optimizer, &to))
        return SCUMBLE_OK;
    int code = sc_variable_carry(last_variable, from.first, t->variable, to.first, 1, err);
    if (!code)
        code = sc_variable_carry(last_variable, from.second, t->variable, to.second, 2, err);
    *to.steps = *from.steps;
    return code;
}

static int make_optimizer(sc_transfer *t, sc_error *err)
{
    sc_problem problem = {
        .count = sc_variable_count(t->variable), .threads = t->threads, .evaluate = evaluate, .user = t
    };
    if (t->options.optimizer == SCUMBLE_LBFGS)
        return sc_lbfgs_create(&t->optimizer, &problem, t->values, err);
    sc_adam_options options = sc_adam_options_default();
    options.learning_rate = t->options.learning_rate;
    options.clamp = t->gradient == NULL;
    return sc_adam_create(&t->optimizer, &problem, t->values, &options, err);
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

uint64_t sc_transfer_round(const sc_transfer *t)
{
    int done = t->position.iteration, all = t->scales.scale[t->position.scale].iterations;
    return t->options.seed +
           (uint64_t)(t->position.iterations_done - done + sc_last_refresh(done < all ? done + 1 : all));
}

static int refresh(sc_transfer *t, sc_error *err)
{
    t->done.of[SC_WORK_PASSES]++;
    t->done.of[SC_WORK_SEARCHES]++;
    return sc_objective_refresh(t->objective, t->query, sc_transfer_round(t), err);
}

static int first_refresh(sc_transfer *t, sc_error *err)
{
    if (!sc_objective_refreshes(t->objective))
        return SCUMBLE_OK;
    size_t count = values_of(&t->x);
    t->query = sc_big_alloc(count * sizeof *t->query, err);
    if (!t->query)
        return err->code;
    float share = sc_transfer_has_content(t) ? (float)t->options.preserve : 0;
    for (size_t i = 0; i < count; i++)
        t->query[i] = share > 0 ? share * t->targets.content->rgb[i] + (1 - share) * t->x.rgb[i] : t->x.rgb[i];
    return refresh(t, err);
}

int sc_transfer_refresh_now_and_then(sc_transfer *t, sc_error *err)
{
    const sc_scale *scale = &t->scales.scale[t->position.scale];
    if (!t->query || t->position.iteration % REFRESH_EVERY != 0 || t->position.iteration == scale->iterations)
        return SCUMBLE_OK;
    sc_transfer_take(t, t->query);
    int code = refresh(t, err);
    sc_optimizer_changed(t->optimizer);
    return code;
}

/* ---- the scale ------------------------------------------------------------------------------------------------- */

/* The photo; without a content the noise that it started from, at this size. */
static int balance(sc_transfer *t, sc_error *err)
{
    t->done.of[SC_WORK_PASSES]++;
    if (sc_transfer_has_content(t))
        return sc_objective_balance(t->objective, t->targets.content->rgb, err);
    sc_image noise;
    double colour[3];
    int code = sc_image_create(&noise, t->x.width, t->x.height, false, err);
    if (code)
        return code;
    mean_colour(t, colour);
    fill_noise(&noise, colour, texture_noise, t->options.seed);
    code = sc_objective_balance(t->objective, noise.rgb, err);
    sc_image_free(&noise);
    return code;
}

static int make_objective(sc_transfer *t, const sc_objective_config *config, sc_error *err)
{
    int code = sc_objective_create(&t->objective, config, t->x.height, t->x.width, &t->targets.all, err);
    if (!code)
        code = first_refresh(t, err);
    if (!code)
        code = balance(t, err);
    sc_targets_forget_photo(&t->targets);
    if (!code && !config->tile_pixels)
        sc_targets_forget_content(&t->targets);
    return code;
}

static int set_up(sc_transfer *t, const sc_weights *resume, sc_error *err)
{
    const sc_scale *scale = &t->scales.scale[t->position.scale];
    bool whole =
        t->photo.width == scale->width && t->photo.height == scale->height; /* then it need not be resized once more */
    const sc_image *content = t->subject->content && (t->config.wrap || whole) ? &t->photo : t->subject->content;
    sc_objective_config config = t->config;
    if (!sc_transfer_has_content(t))
        sc_groups_drop(&config, SC_ROLE_CONTENT);
    int code = sc_transfer_choose_tiles(t, scale, &config.tile_pixels, err);
    if (code)
        return code;
    sc_variable *last_variable = t->variable;
    sc_optimizer *last = t->optimizer;
    t->variable = NULL; /* kept only until their moments have been carried over */
    t->optimizer = NULL;
    sc_transfer_end_scale(t);
    code = sc_targets_create(&t->targets, &config, &t->paintings, content, &t->subject->guides, scale, err);
    t->done.of[SC_WORK_MEASURED_PIXELS] += t->targets.measured_pixels;
    if (!code)
        code = t->x.rgb ? next_picture(t, scale, err) : start_picture(t, scale, err);
    if (!code)
        code = make_objective(t, &config, err);
    if (!code)
        code = make_variable(t, err);
    if (!code)
        code = make_optimizer(t, err);
    if (!code && resume)
        code = sc_transfer_restore_picture(t, resume, err);
    else if (!code)
        code = carry_moments(t, last_variable, last, err);
    sc_optimizer_free(last);
    sc_variable_free(last_variable);
    return code;
}

int sc_transfer_run_scale(sc_transfer *t, const sc_weights *resume,
                          int (*report)(sc_transfer *transfer, void *run, const char *note), void *run, sc_error *err)
{
    const sc_scale *scale = &t->scales.scale[t->position.scale];
    int code = set_up(t, resume, err);
    while (!code && t->position.iteration < scale->iterations) {
        sc_step step;
        code = sc_optimizer_step(t->optimizer, &step, err);
        if (code)
            break;
        if (t->evaluated.total == step.f)
            t->losses = t->evaluated;
        t->position.iteration++;
        t->position.iterations_done++;
        code = sc_transfer_refresh_now_and_then(t, err);
        if (!code && report(t, run, step.note))
            return sc_fail(err, SCUMBLE_ERR_CANCELLED, "stopped after %d of %d iterations", t->position.iterations_done,
                           sc_transfer_iterations(t));
    }
    return code;
}
