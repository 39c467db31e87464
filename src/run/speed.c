/* SPDX-License-Identifier: MIT */
/* How fast this machine is at the kinds of work of a run: two small ones are tried, of the run's own terms and network,
 * with a picture that is photo and painting at once. What a pass through the networks takes is nearly a straight line
 * over its arithmetic, so two sizes tell what it takes at any. */
#include <math.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/memory.h"
#include "run/plan.h"
#include "tensor/vector.h"

/* Of two cores with AVX-512. */
const sc_speed sc_speed_usual = { .seconds = {
                                      [SC_WORK_EVALUATIONS] = 6.5e-3,
                                      [SC_WORK_EVALUATION_FLOPS] = 2.6e-12,
                                      [SC_WORK_PASSES] = 3.3e-3,
                                      [SC_WORK_PASS_FLOPS] = 2.4e-12,
                                      [SC_WORK_SEARCH_FLOPS] = 4e-12,
                                      [SC_WORK_MEASURE_FLOPS] = 3.5e-12,
                                      [SC_WORK_PREPARED] = 2.4e-2,
                                      [SC_WORK_GRAPHS] = 1.3e-3,
                                      [SC_WORK_PLANS] = 2.6e-3,
                                      [SC_WORK_VALUES] = 1e-10,
                                      [SC_WORK_PIXELS] = 1e-8,
                                  } };

/* The long edges of the two; a picture that is no larger is tried at its own size alone; where an evaluation of the
 * larger would take longer than this, the smaller must do. */
enum { LARGER = 112, RATIO = 3, SPOT = 8 };
static const double longest_s = 0.6, most_search_flops = 8e9;
/* Maps of small pictures leave processors idle: arithmetic that is added to a larger one takes so much of what it takes
 * between these two (two cores, default terms: 3.4 s per 10^12 between 37 and 112 pixels, 2.1 between 112 and 512). */
static const double beyond = 0.62;

/* A size that was tried. */
typedef struct trial {
    double flops, evaluation_s, pass_flops, pass_s, search_flops, search_s, measure_flops, measure_s, prepare_s,
        graph_s;
} trial;

static void free_all(sc_statistics *statistics)
{
    for (int i = 0; i < SC_MAX_TERMS; i++)
        sc_statistics_free(&statistics[i]);
}

/* One painting's targets, as a run makes them. */
static int measure_targets(trial *r, const sc_objective_config *config, const sc_image *picture, sc_statistics *style,
                           sc_statistics *content, sc_error *err)
{
    sc_statistics_cost cost;
    double start_s = sc_now_s();
    int code = sc_statistics_measure(config, sc_terms_of(config, SC_ROLE_STYLE), picture->rgb, picture->height,
                                     picture->width, NULL, style, err);
    double measured_s = sc_now_s();
    if (!code)
        code = sc_statistics_prepare(config, sc_terms_of(config, SC_ROLE_STYLE), style, err);
    r->measure_s = measured_s - start_s;
    r->prepare_s = sc_now_s() - measured_s;
    if (!code)
        code = sc_statistics_estimate(config, sc_terms_of(config, SC_ROLE_STYLE), picture->height, picture->width,
                                      &cost, err);
    r->measure_flops = code ? 0 : cost.need.work.of[SC_WORK_MEASURE_FLOPS];
    if (!code)
        code = sc_statistics_measure(config, sc_terms_of(config, SC_ROLE_CONTENT), picture->rgb, picture->height,
                                     picture->width, NULL, content, err);
    return code ? code : sc_statistics_prepare(config, sc_terms_of(config, SC_ROLE_CONTENT), content, err);
}

/* After one that warms up, the shorter of two: other programs may have come between. */
static int time_objective(trial *r, sc_objective *objective, const sc_image *picture, float *gradient, sc_error *err)
{
    sc_losses losses;
    sc_objective_cost cost = { 0 };
    int code = sc_objective_estimate(objective, NULL, &cost, err);
    r->flops = cost.evaluation.of[SC_WORK_EVALUATION_FLOPS];
    r->pass_flops = cost.pass.of[SC_WORK_PASS_FLOPS];
    r->search_flops = cost.search.of[SC_WORK_SEARCH_FLOPS];
    if (!code)
        code = sc_objective_evaluate(objective, picture->rgb, gradient, &losses, err);
    r->evaluation_s = INFINITY;
    for (int i = 0; i < 2 && !code; i++) {
        double start_s = sc_now_s();
        code = sc_objective_evaluate(objective, picture->rgb, gradient, &losses, err);
        r->evaluation_s = fmin(r->evaluation_s, sc_now_s() - start_s);
    }
    double start_s = sc_now_s();
    if (!code)
        code = sc_objective_balance(objective, picture->rgb, err);
    r->pass_s = sc_now_s() - start_s;
    return code;
}

/* Of all searches, unless they are large. */
static int time_search(trial *r, sc_objective *objective, const sc_image *picture, sc_error *err)
{
    double flops = r->search_flops;
    r->search_flops = 0;
    if (!sc_objective_refreshes(objective) || flops > most_search_flops)
        return SCUMBLE_OK;
    double start_s = sc_now_s();
    int code = sc_objective_refresh(objective, picture->rgb, 0, err);
    r->search_s = fmax(0, sc_now_s() - start_s - r->pass_s);
    r->search_flops = flops;
    return code;
}

static int try_with(trial *r, const sc_objective_config *config, const sc_image *picture, sc_statistics *style,
                    sc_statistics *content, float *gradient, sc_error *err)
{
    sc_region_targets of_style = { .statistics = style, .share = 1 },
                      of_content = { .statistics = content, .share = 1 };
    sc_objective_targets targets = { .forecast = false };
    for (int g = 0; g < config->group_count; g++)
        if (config->groups[g].role == SC_ROLE_STYLE || config->groups[g].role == SC_ROLE_CONTENT)
            targets.groups[g] =
                (struct sc_group_targets){ 1, config->groups[g].role == SC_ROLE_STYLE ? &of_style : &of_content };
    sc_objective *objective = NULL;
    int code = measure_targets(r, config, picture, style, content, err);
    double start_s = sc_now_s();
    if (!code)
        code = sc_objective_create(&objective, config, picture->height, picture->width, &targets, err);
    r->graph_s = sc_now_s() - start_s;
    if (!code)
        code = time_objective(r, objective, picture, gradient, err);
    if (!code)
        code = time_search(r, objective, picture, err);
    sc_objective_free(objective);
    return code;
}

static int try_size(trial *r, const sc_plan *p, const sc_image *picture, sc_error *err)
{
    const sc_image *styles[1] = { picture };
    sc_paintings paintings = { .styles = styles, .count = 1, .style_scale = 1 };
    sc_scale scale = { picture->width, picture->height, 1 };
    sc_objective_config config = p->config;
    sc_statistics style[SC_MAX_TERMS] = { { 0 } }, content[SC_MAX_TERMS] = { { 0 } };
    size_t bytes = (size_t)picture->width * (size_t)picture->height * 3 * sizeof(float);
    float *gradient = sc_aligned_alloc(bytes);
    *r = (trial){ 0 };
    sc_fit_layers(&config, &paintings, &scale);
    int code = gradient ? try_with(r, &config, picture, style, content, gradient, err) : sc_fail_memory(err, bytes);
    free_all(style);
    free_all(content);
    free(gradient);
    return code;
}

/* The line for pictures larger than both: from the larger one on, less steep than between the two. Where time does not
 * rise with the arithmetic, the usual line as much steeper as the larger says. On entry the usual one. */
static void speed_fit(double small_flops, double small_s, double flops, double time_s, double *each_s, double *flop_s)
{
    double slope = flops > small_flops ? beyond * (time_s - small_s) / (flops - small_flops) : -1,
           factor = time_s / (*each_s + *flop_s * flops);
    bool rises = slope > 0 && time_s > slope * flops;
    *flop_s = rises ? slope : factor * *flop_s;
    *each_s = rises ? time_s - slope * flops : factor * *each_s;
}

/* Vectors beyond the nearest cache, as those of optimisers are. */
static int time_values(const sc_plan *p, double *value_s, sc_error *err)
{
    enum { COUNT = 1 << 20, TIMES = 3 };
    float *values = sc_aligned_alloc(2 * COUNT * sizeof *values);
    if (!values)
        return sc_fail_memory(err, 2 * COUNT * sizeof *values);
    sc_vector_clear(p->style->threads, values, 2 * COUNT);
    double start_s = sc_now_s();
    for (int i = 0; i < TIMES; i++)
        sc_vector_combine(p->style->threads, values, 1, 0.5f, values + COUNT, COUNT);
    *value_s = (sc_now_s() - start_s) / (3.0 * TIMES * COUNT);
    free(values);
    return SCUMBLE_OK;
}

static int edge_of(int edge, double factor)
{
    return edge * factor < 1 ? 1 : (int)lround(edge * factor);
}

/* Soft spots, about as a photo is: in noise alone, sorting takes longer and matrices have full rank. */
static int make_picture(sc_threads *threads, sc_image *picture, int width, int height, sc_error *err)
{
    sc_image noise;
    int code = sc_image_create(&noise, width / SPOT + 1, height / SPOT + 1, false, err);
    for (size_t i = 0; !code && i < (size_t)noise.width * (size_t)noise.height * 3; i++)
        noise.rgb[i] = (float)(i * 2654435761u % 1024u) / 1024;
    if (!code)
        code = sc_image_resize(threads, &noise, width, height, picture, err);
    sc_image_free(&noise);
    return code;
}

/* Of the larger picture, into the smaller, which is made. */
static int time_pixels(sc_threads *threads, const sc_image *larger, sc_image *smaller, double *pixel_s, sc_error *err)
{
    int code = SCUMBLE_OK;
    *pixel_s = INFINITY;
    for (int i = 0; i < 3 && !code; i++) {
        sc_image_free(smaller);
        double start_s = sc_now_s();
        code = sc_image_resize(threads, larger, edge_of(larger->width, 1.0 / RATIO),
                               edge_of(larger->height, 1.0 / RATIO), smaller, err);
        *pixel_s = fmin(*pixel_s, (sc_now_s() - start_s) / ((double)larger->width * larger->height));
    }
    return code;
}

static void speeds_of(sc_speed *speed, const trial *small, const trial *large)
{
    double *s = speed->seconds;
    const trial *searched = large->search_flops ? large : small;
    speed_fit(small->flops, small->evaluation_s, large->flops, large->evaluation_s, &s[SC_WORK_EVALUATIONS],
              &s[SC_WORK_EVALUATION_FLOPS]);
    speed_fit(small->pass_flops, small->pass_s, large->pass_flops, large->pass_s, &s[SC_WORK_PASSES],
              &s[SC_WORK_PASS_FLOPS]);
    s[SC_WORK_MEASURE_FLOPS] = large->measure_s / fmax(1, large->measure_flops) * s[SC_WORK_PASS_FLOPS] *
                               large->pass_flops / fmax(1e-9, large->pass_s); /* as much less */
    if (searched->search_flops > 0) /* else there is none, or it was too large to be tried */
        s[SC_WORK_SEARCH_FLOPS] = beyond * searched->search_s / searched->search_flops;
    s[SC_WORK_PREPARED] = large->prepare_s;
    s[SC_WORK_GRAPHS] = fmin(small->graph_s, large->graph_s);
    s[SC_WORK_PLANS] = 2 * s[SC_WORK_GRAPHS]; /* of about as many graphs, without their memory */
}

int sc_speed_measure(sc_speed *speed, const sc_plan *p, sc_error *err)
{
    const sc_scale *largest = &p->scales.scale[p->scales.count - 1];
    int edge = largest->width > largest->height ? largest->width : largest->height;
    double factor = fmin(1, (double)LARGER / edge);
    sc_image larger, smaller = { 0 };
    trial small = { 0 }, large;
    *speed = sc_speed_usual;
    int code = make_picture(p->style->threads, &larger, edge_of(largest->width, factor),
                            edge_of(largest->height, factor), err);
    if (code)
        return code;
    code = time_pixels(p->style->threads, &larger, &smaller, &speed->seconds[SC_WORK_PIXELS], err);
    if (!code && factor < 1)
        code = try_size(&small, p, &smaller, err);
    large = small;
    if (!code && small.evaluation_s * RATIO * RATIO < longest_s)
        code = try_size(&large, p, &larger, err);
    if (factor == 1)
        small = large;
    if (!code)
        code = time_values(p, &speed->seconds[SC_WORK_VALUES], err);
    if (!code)
        code = sc_threads_check(p->style->threads, err);
    if (!code)
        speeds_of(speed, &small, &large);
    sc_image_free(&larger);
    sc_image_free(&smaller);
    return code;
}
