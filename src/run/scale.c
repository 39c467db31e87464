/* SPDX-License-Identifier: MIT */
/* One scale of a run: targets, objective, variable and optimiser, then the iterations; and what that takes. */
#include <stdlib.h>
#include <string.h>

#include "core/process.h"
#include "run/pixelwise.h"
#include "run/run_internal.h"
#include "run/weave.h"

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
    return (r->plan.config.wrap ? sc_image_resize_tile : sc_image_resize)(sc_run_threads_of(r), image, width, height,
                                                                          out, err);
}

/* The optimiser's picture within 0..1, which L-BFGS and a pyramid may leave. */
void sc_run_take(const sc_scale_work *w, float *to)
{
    const float *result = sc_optimizer_result(w->optimizer);
    if (w->gradient) {
        sc_variable_to_picture(w->variable, result, to);
        result = to;
    }
    sc_pixelwise_clamp(sc_run_threads_of(w->run), to, result, sc_run_values_of(&w->x));
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
    if (!code && sc_run_options_of(w->run)->grid != SC_CHOSE_STILL)
        sc_weave_remove(sc_run_threads_of(w->run), of_picture, w->x.height, w->x.width);
    if (!code && w->gradient)
        sc_variable_pull_back(w->variable, w->gradient, gradient);
    *f = sc_losses_total(&w->evaluated);
    return code;
}

static int make_variable(const sc_run *r, sc_scale_work *w, sc_error *err)
{
    sc_variable_kind kind = sc_plan_variable(&r->plan);
    int code = sc_variable_create(&w->variable, kind, w->x.width, w->x.height, 0, r->plan.config.wrap,
                                  sc_run_threads_of(r), err);
    if (code)
        return code;
    if (kind == SC_VARIABLE_PIXELS) {
        w->values = w->x.rgb;
        return SCUMBLE_OK;
    }
    w->values = sc_big_alloc(sc_variable_count(w->variable) * sizeof *w->values, err);
    w->gradient = w->values ? sc_big_alloc(sc_run_values_of(&w->x) * sizeof *w->gradient, err) : NULL;
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
        .count = sc_variable_count(w->variable), .threads = sc_run_threads_of(r), .evaluate = evaluate, .user = w
    };
    if (sc_run_options_of(r)->optimizer == SC_CHOSE_LBFGS)
        return sc_lbfgs_create(&w->optimizer, &problem, w->values, err);
    sc_adam_options options = sc_adam_options_default();
    options.learning_rate = sc_run_options_of(r)->learning_rate;
    options.clamp = w->gradient == NULL;
    return sc_adam_create(&w->optimizer, &problem, w->values, &options, err);
}

/* x, and the photo at this size or, later, the picture that targets follow. */
sc_need sc_scale_work_need(const sc_plan *p, const sc_scale *scale, int iterations)
{
    const sc_style_options *o = &p->style->options;
    sc_variable_kind kind = sc_plan_variable(p);
    size_t count = sc_variable_count_of(kind, scale->width, scale->height, 0);
    int64_t picture = sc_image_bytes(scale->width, scale->height);
    sc_need need = o->optimizer == SC_CHOSE_ADAM ? sc_adam_need(count) : sc_lbfgs_need(count, iterations),
            variable = sc_variable_need(kind, scale->width, scale->height, 0, sc_threads_count(p->style->threads));
    sc_need_add(&need, &variable);
    need.big += 2 * picture + (kind == SC_VARIABLE_PIXELS ? 0 : (int64_t)(count * sizeof(float)) + picture);
    return need;
}

/* ---- targets that follow the picture --------------------------------------------------------------------------- */

/* They are found when a scale begins, for a mixture of the photo and the picture (NNST's content preservation, Kolkin
 * et al. 2022), and again every few iterations, for the picture itself (NNFM, Zhang et al. 2022, at every one: which
 * costs more and looks no better). */
enum { REFRESH_EVERY = 12, SEQUEL_ROUNDS = 1 << 20 };

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
    return sc_run_options_of(r)->seed + (uint64_t)r->subject.round * SEQUEL_ROUNDS +
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
    size_t count = sc_run_values_of(&w->x);
    if (!w->query)
        w->query = sc_big_alloc(count * sizeof *w->query, err);
    if (!w->query)
        return err->code;
    float share = sc_run_has_content(r) && !r->subject.sequel ? (float)sc_run_options_of(r)->preserve : 0;
    sc_pixelwise_mix(sc_run_threads_of(r), w->query, share, share > 0 ? w->targets.content->rgb : NULL, picture, count);
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
        code = sc_threads_check(sc_run_threads_of(r), err);
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
    int code = sc_run_make_noise(r, w->x.width, w->x.height, &noise, err);
    if (code)
        return code;
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
    sc_guides guides = r->subject.guides;
    guides.legible = r->saliency.data ? &r->saliency : NULL;
    config->tile_pixels = r->plan.tile_pixels[scale];
    if (config->tile_pixels > 0)
        sc_big_limit((size_t)(r->plan.limit_bytes / SC_PICTURES_SHARE));
    int code = sc_targets_create(&w->targets, config, &r->plan.paintings, content, &guides, s, err);
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

static int scale_fill(sc_run *r, sc_scale_work *w, int scale, const sc_scale_work *last, sc_error *err)
{
    sc_objective_config config;
    int code = make_targets(r, w, &config, scale, err);
    if (!code)
        code = last ? sc_run_next_picture(r, w, last, scale_at(r, scale), err) :
                      sc_run_start_picture(r, w, scale_at(r, scale), err);
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
    int code = scale_fill(r, w, scale, last, err);
    if (!code)
        code = sc_threads_check(sc_run_threads_of(r), err);
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
        sc_pixelwise_mix(sc_run_threads_of(r), w->query, 0, NULL, picture.rgb, sc_run_values_of(&picture));
        code = refresh(r, w, err);
    }
    if (!code)
        code = sc_threads_check(sc_run_threads_of(r), err);
    sc_image_free(&picture);
    if (code)
        sc_run_forget_objective(w);
    w->guides_changed = code != SCUMBLE_OK;
    return code;
}

/* What make_targets resizes: the photo as it was given, unless it is at this size already. */
static double content_pixels(const sc_plan *p, const sc_scale *scale)
{
    bool whole = scale->width == p->scales.width && scale->height == p->scales.height;
    return whole || p->config.wrap || p->plain ? 0 : (double)p->content_width * p->content_height;
}

void sc_scale_work_foretell(const sc_plan *p, const sc_scale *scale, const sc_scale_need *n, sc_scale_forecast *f)
{
    bool lbfgs = p->style->options.optimizer == SC_CHOSE_LBFGS;
    sc_work beside = sc_scale_work_need(p, scale, scale->iterations).work, start = sc_run_start_work(p, scale);
    *f = (sc_scale_forecast){ .iteration = n->evaluation };
    sc_work_add(&f->iteration, 1, &beside);
    if (n->refreshes) {
        sc_work_add(&f->refresh, 1, &n->pass);
        sc_work_add(&f->refresh, 1, &n->search);
    }
    f->set_up.of[SC_WORK_PLANS] = n->plans;
    f->set_up.of[SC_WORK_GRAPHS] = 1;
    f->set_up.of[SC_WORK_PIXELS] = content_pixels(p, scale);
    sc_work_add(&f->set_up, 1, &start);
    sc_work_add(&f->set_up, 1, &n->photo);
    if (!sc_paintings_kept(&p->paintings, &p->config, scale, p->guided.masks))
        sc_work_add(&f->set_up, 1, &n->paintings);
    sc_work_add(&f->set_up, 1, &f->refresh);
    sc_work_add(&f->set_up, 1, &n->pass); /* the balance */
    if (lbfgs)                            /* where it starts, and where it starts anew */
        sc_work_add(&f->set_up, 1, &n->evaluation);
    if (lbfgs && n->refreshes)
        sc_work_add(&f->refresh, 1, &n->evaluation);
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
    if (sc_losses_total(&w->evaluated) == step.f)
        r->losses = w->evaluated;
    r->note = step.note;
    r->position.iteration++;
    r->position.iterations_done++;
    return sc_run_refresh_now_and_then(r, err);
}
