/* SPDX-License-Identifier: MIT */
/* The work that is foretold is the work that is done: evaluations, passes, searches and measured pixels are counted in
 * runs, and the arithmetic of each is asked of the objective at work. No clock is looked at: a busy machine changes
 * nothing. */
#include <malloc.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/memory.h"
#include "run/run_internal.h"

#include "engine_fixture.h"
#include "picture_fixture.h"
#include "run_fixture.h"
#include "../device_fixture.h"

/* A way to paint. */
typedef struct setting {
    const char *content, *style;
    int width, height, scales, iterations;
    int paintings, rotations;
    bool adam, pyramid, masks, texture, plain, photo_colours, again;
    double share; /* of the memory that the picture would take whole, when it is to be cut */
    int stop_after;
} setting;

static const setting settings[] = {
    { "feature:0.5,structure:1.5", "w2:4,nnfm", 64, 44, 2, 40, .paintings = 1, .again = true },
    { "feature:0.5,structure:1.5", "w2:4,nnfm", 96, 64, 3, 4, .paintings = 1 },
    { "feature", "gram", 80, 60, 2, 14, .paintings = 1 },
    { "structure,detail:0.1", "gram,neighbour", 64, 48, 2, 27, .paintings = 1, .rotations = 1 },
    { "feature", "sliced,histogram", 48, 48, 1, 13, .paintings = 2, .adam = true, .pyramid = true, .again = true },
    { "feature,structure", "gram,nnfm", 64, 44, 2, 8, .paintings = 2, .masks = true, .rotations = 1 },
    { "feature,structure", "gram,nnfm", 64, 44, 2, 26, .paintings = 1, .adam = true, .stop_after = 13 },
    { "feature,structure", "gram,nnfm", 64, 44, 2, 4, .paintings = 2, .photo_colours = true, .again = true },
    { "feature,structure", "gram,nnfm", 64, 44, 2, 20, .paintings = 1, .texture = true },
    { "feature,structure", "gram,nnfm", 64, 44, 2, 20, .paintings = 1, .plain = true },
    { "feature,structure", "gram,nnfm", 480, 320, 1, 1, .paintings = 1, .share = 0.93 },
};

typedef struct watch {
    const setting *s;
    sc_work all;
    int seen; /* scales */
} watch;

static void check(const setting *s, const char *what, double foretold, double found, double most_off)
{
    if (!(fabs(foretold - found) <= most_off))
        fail_msg("%s; %s, %d x %d%s: %s: %.10g foretold, %.10g found", s->content, s->style, s->width, s->height,
                 s->texture ? ", a texture" :
                 s->plain   ? ", plain" :
                              "",
                 what, foretold, found);
}

/* The arithmetic of the objective at work, and that what is done and what is left are all. */
static int look(sc_run *run, void *user)
{
    watch *w = user;
    const sc_objective *objective = run->now->objective;
    const sc_forecast *forecast = &run->plan.style->forecast;
    sc_objective_cost cost;
    sc_error err;
    const setting *s = w->s;
    int k = run->position.scale;
    double tolerance =
        strstr(s->style, "w2") ? 0.3 : 1e-6; /* how many rows a root of a matrix has depends on painting and masks */
    if (k >= w->seen) {
        w->seen = k + 1;
        assert_int_equal(sc_objective_estimate(run->now->objective, NULL, &cost, &err), 0);
        const sc_work *evaluation = &forecast->scale[k].iteration, *refresh = &forecast->scale[k].refresh;
        double flops = cost.evaluation.of[SC_WORK_EVALUATION_FLOPS], pass_flops = cost.pass.of[SC_WORK_PASS_FLOPS];
        check(s, "flops of an evaluation", evaluation->of[SC_WORK_EVALUATION_FLOPS], flops, tolerance * flops);
        check(s, "graphs of an evaluation", evaluation->of[SC_WORK_GRAPHS], cost.evaluation.of[SC_WORK_GRAPHS], 0);
        assert_true((cost.pass.of[SC_WORK_GRAPHS] > 0) == (s->share > 0 && k == s->scales - 1));
        if (sc_objective_refreshes(objective)) {
            double searched = cost.search.of[SC_WORK_SEARCH_FLOPS];
            check(s, "flops of a pass", refresh->of[SC_WORK_PASS_FLOPS], pass_flops, tolerance * pass_flops);
            check(s, "flops of the searches", refresh->of[SC_WORK_SEARCH_FLOPS], searched, 0);
            assert_true((searched > 0) == (strstr(s->style, "nnfm") || strstr(s->style, "neighbour")));
        }
    }
    sc_work left = sc_forecast_left(forecast, &run->position, run->iterations, true);
    check(s, "searches done and left", w->all.of[SC_WORK_SEARCHES],
          run->done.of[SC_WORK_SEARCHES] + left.of[SC_WORK_SEARCHES], 0);
    check(s, "passes done and left", w->all.of[SC_WORK_PASSES], run->done.of[SC_WORK_PASSES] + left.of[SC_WORK_PASSES],
          0);
    check(s, "pixels measured and left", w->all.of[SC_WORK_MEASURED_PIXELS],
          run->done.of[SC_WORK_MEASURED_PIXELS] + left.of[SC_WORK_MEASURED_PIXELS], 0);
    assert_true(sc_run_left_s(run) >= 0 && isfinite(sc_run_left_s(run)));
    return 0;
}

static sc_image flat(int width, int height)
{
    sc_image image;
    sc_error err;
    assert_int_equal(sc_image_create(&image, width, height, false, &err), 0);
    for (int i = 0; i < width * height * 3; i++)
        image.rgb[i] = 0.4f;
    return image;
}

static sc_style_options options_of(const setting *s)
{
    sc_style_options options = sc_style_options_default();
    strcpy(options.content_terms, s->content);
    strcpy(options.style_terms, s->style);
    strcpy(options.colour, s->photo_colours ? "photo" : "style");
    options.scales = s->scales;
    options.iterations = s->iterations;
    options.stop_after = s->stop_after;
    options.rotations = s->rotations;
    options.optimizer = s->adam ? SC_CHOSE_ADAM : SC_CHOSE_LBFGS;
    options.variable = s->pyramid ? SC_CHOSE_PYRAMID : SC_CHOSE_PIXELS;
    return options;
}

static easel *open_transfer(const setting *s, const sc_style_options *options, const sc_image *const *paintings)
{
    sc_error err = { 0 };
    sc_style_setup setup = { .device = device_on(&sc_kernels_host, pool),
                             .threads = pool,
                             .encoder = lite,
                             .options = options,
                             .styles = paintings,
                             .style_weights = (const double[]){ 2, 1 },
                             .style_count = s->paintings };
    easel *transfer;
    assert_int_equal(easel_create(&transfer, &setup, &err), 0);
    transfer->style->speed_known = true; /* it is work that is looked at, and any speed will do */
    transfer->style->speed_texture = s->texture;
    transfer->style->speed = sc_speed_usual;
    return transfer;
}

/* Paints, and compares what was counted with what was foretold. */
static void run(const setting *s, easel *t, const sc_subject *subject)
{
    sc_error err = { 0 };
    sc_image result;
    watch w = { .s = s,
                .all =
                    sc_forecast_left(&t->style->forecast, &(sc_position){ 0 }, sc_plan_iterations(t->style), false) };
    sc_forecast before = t->style->forecast;
    if (easel_paint(t, subject, "id", NULL, look, &w, &result, &err))
        fail_msg("%s; %s: %s", s->content, s->style, err.text);
    sc_image_free(&result);
    assert_memory_equal(&before.scale[0], &t->style->forecast.scale[0], sizeof before.scale[0]);
    check(s, "measured pixels", w.all.of[SC_WORK_MEASURED_PIXELS], t->run->done.of[SC_WORK_MEASURED_PIXELS], 0);
    check(s, "searches", w.all.of[SC_WORK_SEARCHES], t->run->done.of[SC_WORK_SEARCHES], 0);
    check(s, "passes", w.all.of[SC_WORK_PASSES], t->run->done.of[SC_WORK_PASSES], 0);
    double evaluations = w.all.of[SC_WORK_EVALUATIONS]; /* L-BFGS may reject a step now and then */
    check(s, "evaluations", evaluations, t->run->done.of[SC_WORK_EVALUATIONS], s->adam ? 0 : 1 + 0.1 * evaluations);
    assert_true(t->run->done.of[SC_WORK_EVALUATIONS] >= evaluations);
}

/* White on one half. */
static sc_tensor half(bool left)
{
    sc_tensor mask;
    sc_error err;
    assert_int_equal(sc_tensor_create(&mask, (sc_shape){ 1, 1, 30, 40 }, &err), 0);
    for (int i = 0; i < 1200; i++)
        mask.data[i] = (i % 40 < 20) == left;
    return mask;
}

/* By the forecast that the estimate left; of a plain photo it is made when the run sees it. */
static void paint(const setting *s)
{
    sc_error err = { 0 };
    sc_image photo = s->plain ? flat(s->width + 9, s->height + 6) : picture(s->width + 9, s->height + 6, 1, 0.2f);
    sc_image paintings[2] = { picture(120, 90, 2, 0.8f), picture(70, 110, 3, 1.7f) };
    const sc_image *styles[2] = { &paintings[0], &paintings[1] };
    sc_tensor masks[2] = { half(true), half(false) };
    const sc_tensor *places[2] = { &masks[0], &masks[1] };
    sc_guides guides = { .masks = s->masks ? places : NULL };
    sc_style_options options = options_of(s);
    options.size = s->width;
    sc_estimate estimate;
    sc_subject sized = { .width = s->texture ? s->width : photo.width,
                         .height = s->texture ? s->height : photo.height,
                         .texture = s->texture,
                         .guides = guides };
    easel *t = open_transfer(s, &options, styles);
    assert_int_equal(sc_style_estimate(t->style, &sized, NULL, &estimate, &err), 0);
    if (s->share > 0) {
        sc_need there = sc_style_need(t->style);
        int64_t base = sc_need_small(&there);
        options.max_memory_bytes = base + (int64_t)(s->share * (double)(estimate.memory_bytes - base));
        easel_free(t);
        t = open_transfer(s, &options, styles);
        if (sc_style_estimate(t->style, &sized, NULL, &estimate, &err))
            fail_msg("%s", err.text);
    }
    assert_true(estimate.time_s > 0 && (estimate.load_s > 0) == !s->texture && estimate.save_s > 0);
    if (s->plain) { /* as the run will find it */
        sc_plan plan;
        sc_scale_need needs[SC_MAX_SCALES];
        assert_int_equal(sc_plan_create(&plan, t->style, &sized, &err), 0);
        sc_plan_forget_content(&plan);
        assert_int_equal(sc_plan_cut(&plan, needs, &err), 0);
        sc_forecast_make(&t->style->forecast, &plan, needs);
        sc_plan_free(&plan);
    }
    sc_subject subject = {
        .content = s->texture ? NULL : &photo, .width = s->width, .height = s->height, .guides = guides
    };
    run(s, t, &subject);
    if (s->again) { /* what of the paintings is kept is not measured again */
        assert_int_equal(sc_style_estimate(t->style, &sized, NULL, &estimate, &err), 0);
        run(s, t, &subject);
    }
    easel_free(t);
    sc_image_free(&photo);
    for (int i = 0; i < 2; i++) {
        sc_image_free(&paintings[i]);
        sc_tensor_free(&masks[i]);
    }
}

static void foretells_what_is_done(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        paint(&settings[i]);
}

/* The start is foretold, too, and a few iterations are not mostly iterations. */
static void counts_the_start(void **state)
{
    (void)state;
    sc_error err = { 0 };
    sc_image painting = picture(300, 200, 2, 0.8f);
    const sc_image *styles[1] = { &painting };
    double few_s[2];
    for (int i = 0; i < 2; i++) {
        setting s = settings[0];
        s.iterations = i ? 400 : 4;
        sc_style_options options = options_of(&s);
        options.size = 256;
        easel *t = open_transfer(&s, &options, styles);
        sc_plan plan;
        sc_scale_need needs[SC_MAX_SCALES];
        sc_forecast forecast;
        assert_int_equal(sc_plan_create(&plan, t->style, &(sc_subject){ .width = 256, .height = 170 }, &err), 0);
        assert_int_equal(sc_plan_cut(&plan, needs, &err), 0);
        sc_forecast_make(&forecast, &plan, needs);
        sc_work all = sc_forecast_left(&forecast, &(sc_position){ 0 }, s.iterations, false), set_up = { { 0 } };
        for (int k = 0; k < plan.scales.count; k++)
            sc_work_add(&set_up, 1, &forecast.scale[k].set_up);
        sc_plan_free(&plan);
        few_s[i] = sc_work_time(&set_up, &sc_speed_usual) / sc_work_time(&all, &sc_speed_usual);
        easel_free(t);
    }
    assert_true(few_s[0] > 0.4 && few_s[1] < 0.05);
    sc_image_free(&painting);
}

static int stop(sc_run *run, void *user)
{
    (void)user;
    return sc_run_position(run).iterations_done == 9;
}

/* Of a run that is resumed what is left is foretold. */
static void foretells_the_rest(void **state)
{
    (void)state;
    const char path[] = "test_forecast.checkpoint";
    sc_error err = { 0 };
    const setting s = { "feature", "gram", 48, 32, 1, 12, .paintings = 1 };
    sc_image photo = picture(48, 32, 1, 0.2f), painting = picture(48, 32, 2, 0.8f), result;
    const sc_image *styles[1] = { &painting };
    sc_style_options options = options_of(&s);
    easel *t = open_transfer(&s, &options, styles);
    sc_estimate whole, rest;
    assert_int_equal(sc_style_estimate(t->style, &(sc_subject){ .width = 48, .height = 32 }, NULL, &whole, &err), 0);
    sc_subject subject = { .content = &photo };
    assert_int_equal(easel_paint(t, &subject, "id", NULL, stop, NULL, &result, &err), SCUMBLE_ERR_CANCELLED);
    sc_image_free(&result);
    assert_int_equal(easel_save(t, path, &err), 0);
    sc_weights *saved;
    assert_int_equal(sc_weights_load(NULL, &saved, path, &err), 0);
    sc_target_cache_free(&t->style->cache); /* as another process would: nothing is kept */
    assert_int_equal(sc_style_estimate(t->style, &(sc_subject){ .width = 48, .height = 32 }, saved, &rest, &err), 0);
    sc_work left = sc_forecast_left(&t->style->forecast, &(sc_position){ 0, 9, 9, 0 }, 12, false);
    sc_work_add(&left, 1, &t->style->forecast.begin);
    assert_true(rest.time_s == sc_work_time(&left, &sc_speed_usual) && rest.time_s < whole.time_s);
    check(&s, "evaluations of the rest", left.of[SC_WORK_EVALUATIONS], 4, 0); /* L-BFGS begins with one */
    sc_weights_free(saved);
    remove(path);
    easel_free(t);
    sc_image_free(&photo);
    sc_image_free(&painting);
}

/* The pace is that beside this machine's own speed: a run before that was measured says nothing of it. */
static void keeps_the_pace(void **state)
{
    (void)state;
    sc_error err = { 0 };
    const setting s = { "feature", "gram", 48, 32, 1, 2, .paintings = 1 };
    sc_image photo = picture(48, 32, 1, 0.2f), painting = picture(48, 32, 2, 0.8f), result;
    const sc_image *styles[1] = { &painting };
    sc_style_options options = options_of(&s);
    sc_subject subject = { .content = &photo };
    for (int known = 0; known < 2; known++) {
        easel *t = open_transfer(&s, &options, styles);
        t->style->speed_known = known;
        assert_int_equal(easel_paint(t, &subject, "id", NULL, NULL, NULL, &result, &err), 0);
        assert_true((t->style->pace == 1) == !known);
        sc_image_free(&result);
        easel_free(t);
    }
    sc_image_free(&photo);
    sc_image_free(&painting);
}

/* ---- memory ---------------------------------------------------------------------------------------------------- */

static double held(void)
{
    struct mallinfo2 now = mallinfo2();
    return (double)now.uordblks + (double)now.hblkhd;
}

/* What the run holds in its last iteration, beside what there was before it. */
typedef struct memory_watch {
    double before, most;
} memory_watch;

static int weigh(sc_run *run, void *user)
{
    memory_watch *w = user;
    w->most = fmax(w->most, held() - w->before);
    (void)run;
    return 0;
}

/* What the parts of a scale say that they need is what they take: without what is needed for a moment alone. */
static void holds_what_it_needs(void **state)
{
    (void)state;
    sc_error err = { 0 };
    static const setting ways[] = {
        { "feature:0.5,structure:1.5", "w2:4,nnfm", 320, 220, 1, 9, .paintings = 1 },
        { "feature,detail:0.1", "gram", 320, 220, 1, 9, .paintings = 2, .masks = true },
        { "feature", "gram,neighbour", 256, 170, 1, 9, .paintings = 2, .rotations = 1, .adam = true, .pyramid = true },
        { "feature", "gram", 256, 256, 1, 9, .paintings = 1, .texture = true },
    };
    if (held() <= 0) /* another allocator's */
        skip();
    sc_big_limit(0); /* which would make files of big buffers */
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        const setting *s = &ways[i];
        sc_image photo = picture(s->width, s->height, 1, 0.2f), result;
        sc_image paintings[2] = { picture(300, 240, 2, 0.8f), picture(180, 260, 3, 1.7f) };
        const sc_image *styles[2] = { &paintings[0], &paintings[1] };
        sc_tensor west = half(true), east = half(false);
        const sc_tensor *places[2] = { &west, &east };
        sc_style_options options = options_of(s);
        options.size = s->width;
        easel *t = open_transfer(s, &options, styles);
        sc_subject subject = { .content = s->texture ? NULL : &photo,
                               .width = s->width,
                               .height = s->height,
                               .texture = s->texture,
                               .guides = { .masks = s->masks ? places : NULL } };
        sc_plan plan;
        sc_scale_need needs[SC_MAX_SCALES];
        assert_int_equal(sc_plan_create(&plan, t->style, &subject, &err), 0);
        assert_int_equal(sc_plan_cut(&plan, needs, &err), 0);
        sc_plan_free(&plan);
        memory_watch w = { .before = held() };
        if (easel_paint(t, &subject, "id", NULL, weigh, &w, &result, &err))
            fail_msg("%s", err.text);
        double foretold = (double)(needs[0].memory.host + needs[0].memory.device + needs[0].memory.big);
        check(s, "bytes held", foretold, w.most, 0.1 * w.most);
        sc_image_free(&result);
        easel_free(t);
        sc_image_free(&photo);
        sc_image_free(&paintings[0]);
        sc_image_free(&paintings[1]);
        sc_tensor_free(&west);
        sc_tensor_free(&east);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(foretells_what_is_done), cmocka_unit_test(counts_the_start),
                                        cmocka_unit_test(foretells_the_rest), cmocka_unit_test(keeps_the_pace),
                                        cmocka_unit_test(holds_what_it_needs) };
    return cmocka_run_group_tests_name("forecast", tests, set_up, tear_down);
}
