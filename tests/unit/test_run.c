/* SPDX-License-Identifier: MIT */
/* Runs that are steered: what is set in mid-run, states that are gone on from, branches, targets that are kept. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "run/run_internal.h"

#include "../device_fixture.h"
#include "engine_fixture.h"
#include "picture_fixture.h"
#include "run_fixture.h"

enum { WIDTH = 40, HEIGHT = 30, BYTES = WIDTH * HEIGHT * 3 * (int)sizeof(float) };

/* What all of these paint with. */
typedef struct studio {
    sc_image photo, paintings[2], reference;
    sc_tensor masks[2], others[2], protect;
    const sc_tensor *places[2], *elsewhere[2];
    sc_style_options options;
    sc_style *style;
} studio;

static sc_tensor mask_of(int left, int right)
{
    sc_tensor mask;
    sc_error err;
    assert_int_equal(sc_tensor_create(&mask, (sc_shape){ 1, 1, HEIGHT, WIDTH }, &err), 0);
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        mask.data[i] = i % WIDTH >= left && i % WIDTH < right;
    return mask;
}

/* A style of the first `count` paintings, as s->options say, in place of the one that there was. */
static void make_style(studio *s, int count)
{
    sc_error err = { 0 };
    const sc_image *paintings[2] = { &s->paintings[0], &s->paintings[1] };
    sc_style_setup setup = { .device = device_on(&sc_kernels_host, pool),
                             .threads = pool,
                             .encoder = lite,
                             .options = &s->options,
                             .styles = paintings,
                             .style_weights = (const double[]){ 2, 1 },
                             .style_count = count };
    sc_style_free(s->style);
    if (sc_style_create(&s->style, &setup, &err))
        fail_msg("%s", err.text);
}

static void open_studio(studio *s, bool adam, const char *terms)
{
    *s = (studio){ .photo = picture(WIDTH, HEIGHT, 1, 0.2f),
                   .paintings = { picture(80, 64, 2, 0.8f), picture(70, 90, 3, 1.7f) },
                   .reference = picture(WIDTH, HEIGHT, 4, 1.1f),
                   .masks = { mask_of(0, 20), mask_of(20, 40) },
                   .others = { mask_of(0, 12), mask_of(8, 40) },
                   .protect = mask_of(12, 26) };
    for (int i = 0; i < 2; i++) {
        s->places[i] = &s->masks[i];
        s->elsewhere[i] = &s->others[i];
    }
    s->options = sc_style_options_default();
    s->options.iterations = 60;
    s->options.scales = 2;
    s->options.optimizer = adam ? SC_CHOSE_ADAM : SC_CHOSE_LBFGS;
    strcpy(s->options.style_terms, terms);
    make_style(s, 2);
}

static void close_studio(studio *s)
{
    sc_style_free(s->style);
    sc_image_free(&s->photo);
    sc_image_free(&s->reference);
    sc_tensor_free(&s->protect);
    for (int i = 0; i < 2; i++) {
        sc_image_free(&s->paintings[i]);
        sc_tensor_free(&s->masks[i]);
        sc_tensor_free(&s->others[i]);
    }
}

static sc_run *begin(studio *s, const sc_guides *guides, const sc_weights *state)
{
    sc_run *run;
    sc_error err = { 0 };
    sc_subject subject = { .content = &s->photo, .guides = *guides };
    if (sc_run_create(&run, s->style, &subject, "id", state, &err))
        fail_msg("%s", err.text);
    return run;
}

static void step_to(sc_run *run, int iterations)
{
    sc_error err = { 0 };
    while (sc_run_position(run).iterations_done < iterations)
        if (sc_run_step(run, 0, &err))
            fail_msg("%s", err.text);
}

static sc_weights *state_of(sc_run *run, bool by_file)
{
    sc_weights *state;
    sc_error err = { 0 };
    assert_int_equal(sc_run_save(run, "{}", &state, &err), 0);
    if (!by_file) {
        assert_int_equal(sc_weights_own(state, &err), 0);
        return state;
    }
    const char path[] = "test_run.checkpoint";
    assert_int_equal(sc_safetensors_write(NULL, state, path, false, &err), 0);
    sc_weights_free(state);
    assert_int_equal(sc_weights_load(NULL, &state, path, &err), 0);
    remove(path);
    return state;
}

static sc_image picture_of(sc_run *run)
{
    sc_image image;
    sc_error err = { 0 };
    assert_int_equal(sc_run_picture(run, &image, &err), 0);
    return image;
}

/* The number-th change. */
static void change(studio *s, sc_run *run, int number)
{
    sc_error err = { 0 };
    sc_guides guides = { .masks = s->elsewhere, .protect = &s->protect };
    int code = number == 0 ? sc_run_set_weight(run, "beta", 2, &err) :
               number == 1 ? sc_run_set_weight(run, "tv", 0.7, &err) :
               number == 2 ? sc_run_set_guides(run, &guides, json_pack("{s:s}", "masks", "others"), &err) :
               number == 3 ? sc_run_set_iterations(run, 70, &err) :
                             sc_run_set_iterations(run, 40, &err);
    if (code)
        fail_msg("%s", err.text);
}
enum { CHANGES = 5 };

/* A run that is changed at 30 is, to the byte, a branch of one that was not, made from its state at 30; and so is one
 * that is saved after the change and gone on with. */
static void a_branch_is_a_run_that_was_set(void **state)
{
    (void)state;
    for (int adam = 0; adam < 2; adam++)
        for (int number = 0; number < CHANGES; number += adam ? 2 : 1) {
            studio s;
            open_studio(&s, adam, number % 2 ? "gram" : "w2:2,nnfm");
            sc_guides guides = { .masks = s.places };
            sc_run *set = begin(&s, &guides, NULL);
            step_to(set, 30);
            sc_weights *at_30 = state_of(set, number % 2);
            change(&s, set, number);
            sc_weights *changed = state_of(set, !(number % 2));
            step_to(set, sc_run_iterations(set));
            assert_true(sc_run_done(set));

            sc_run *branch = begin(&s, &guides, at_30), *resumed = begin(&s, &guides, changed);
            change(&s, branch, number);
            assert_int_equal(sc_run_iterations(branch), sc_run_iterations(set));
            assert_int_equal(sc_run_iterations(resumed), sc_run_iterations(set));
            step_to(branch, sc_run_iterations(set));
            step_to(resumed, sc_run_iterations(set));
            sc_image a = picture_of(set), b = picture_of(branch), c = picture_of(resumed);
            if (memcmp(a.rgb, b.rgb, BYTES) || memcmp(a.rgb, c.rgb, BYTES))
                fail_msg("change %d, %s: not the same picture", number, adam ? "Adam" : "L-BFGS");
            assert_true(json_equal(sc_run_events(set), sc_run_events(branch)));
            assert_true(json_equal(sc_run_events(set), sc_run_events(resumed)));
            assert_int_equal(json_integer_value(json_object_get(json_array_get(sc_run_events(set), 0), "iteration")),
                             30);
            sc_image_free(&a);
            sc_image_free(&b);
            sc_image_free(&c);
            sc_run_free(set);
            sc_run_free(branch);
            sc_run_free(resumed);
            sc_weights_free(at_30);
            sc_weights_free(changed);
            close_studio(&s);
        }
}

/* A weight that is set moves the picture; set to what it was, it says no other loss. */
static void a_weight_counts_at_once(void **state)
{
    (void)state;
    studio s;
    sc_error err = { 0 };
    open_studio(&s, false, "gram");
    sc_run *plain = begin(&s, &(sc_guides){ 0 }, NULL), *set = begin(&s, &(sc_guides){ 0 }, NULL);
    step_to(plain, 20);
    step_to(set, 20);
    assert_int_equal(sc_run_set_weight(set, "beta", 0, &err), 0);
    assert_int_equal(sc_run_set_weight(set, "style", 0, &err), 0); /* by its own name, too */
    step_to(plain, 60);
    step_to(set, 60);
    sc_losses a = sc_run_losses(plain), b = sc_run_losses(set);
    assert_true(sc_loss_named(&b, "style") > 1.5 * sc_loss_named(&a, "style"));
    assert_true(sc_loss_named(&b, "content") < 0.7 * sc_loss_named(&a, "content"));
    assert_int_equal(sc_run_set_weight(set, "gamma", 1, &err), SCUMBLE_ERR_ARGUMENT);
    assert_non_null(strstr(err.text, "gamma"));
    assert_int_equal(sc_run_set_weight(set, "beta", -1, &err), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(sc_run_set_weight(set, "beta", NAN, &err), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(sc_run_set_iterations(set, 59, &err), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(json_array_size(sc_run_events(set)), 2);
    sc_run_free(plain);
    sc_run_free(set);
    close_studio(&s);
}

/* Other masks leave the paintings' targets as they are; a second run measures no painting. */
static void targets_are_kept(void **state)
{
    (void)state;
    studio s;
    sc_error err = { 0 };
    open_studio(&s, false, "gram");
    sc_run *run = begin(&s, &(sc_guides){ .masks = s.places }, NULL);
    step_to(run, 58);
    double measured = run->done.of[SC_WORK_MEASURED_PIXELS];
    int kept = s.style->cache.count;
    assert_int_equal(kept, 4); /* two paintings at two scales */
    assert_int_equal(sc_run_set_guides(run, &(sc_guides){ .masks = s.elsewhere }, json_null(), &err), 0);
    step_to(run, 60);
    assert_int_equal(s.style->cache.count, kept);
    assert_true(run->done.of[SC_WORK_MEASURED_PIXELS] - measured == 2 * WIDTH * HEIGHT); /* the photo, and what of it is
                                                                                            to stay legible */
    sc_run_free(run);
    run = begin(&s, &(sc_guides){ .masks = s.elsewhere, .protect = &s.protect }, NULL);
    step_to(run, 60);
    assert_int_equal(s.style->cache.count, kept);
    sc_run_free(run);
    run = begin(&s, &(sc_guides){ 0 }, NULL); /* blended they are others */
    step_to(run, 60);
    assert_int_equal(s.style->cache.count, kept + 2);
    sc_run_free(run);
    close_studio(&s);
}

/* A budget of time is several iterations; each step stands at a whole one. */
/* Cancelled after a scale was set up and before its first iteration. */
static void a_state_may_lie_before_the_first_iteration(void **state)
{
    (void)state;
    studio s;
    sc_error err = { 0 };
    open_studio(&s, false, "gram");
    sc_run *run = begin(&s, &(sc_guides){ 0 }, NULL);
    assert_int_equal(sc_run_make_ready(run, &err), 0);
    sc_weights *first = state_of(run, true);
    sc_run *branch = begin(&s, &(sc_guides){ 0 }, first);
    step_to(run, 6);
    step_to(branch, 6);
    sc_image a = picture_of(run), b = picture_of(branch);
    assert_memory_equal(a.rgb, b.rgb, BYTES);
    sc_image_free(&a);
    sc_image_free(&b);
    sc_run_free(run);
    sc_run_free(branch);
    sc_weights_free(first);
    close_studio(&s);
}

static void a_budget_holds_several_iterations(void **state)
{
    (void)state;
    studio s;
    sc_error err = { 0 };
    open_studio(&s, false, "gram");
    sc_run *run = begin(&s, &(sc_guides){ 0 }, NULL), *single = begin(&s, &(sc_guides){ 0 }, NULL);
    assert_int_equal(sc_run_step(run, 1e9, &err), 0);
    assert_true(sc_run_done(run));
    assert_int_equal(sc_run_step(run, 1e9, &err), 0); /* there is nothing to do */
    step_to(single, 60);
    sc_image a = picture_of(run), b = picture_of(single);
    assert_memory_equal(a.rgb, b.rgb, BYTES);
    sc_image_free(&a);
    sc_image_free(&b);
    sc_run_free(run);
    sc_run_free(single);
    close_studio(&s);
}

/* A picture to start from belongs to the run. */
static void a_start_belongs_to_the_run(void **state)
{
    (void)state;
    studio s;
    sc_error err = { 0 };
    open_studio(&s, false, "gram");
    sc_subject subject = { .content = &s.photo, .start = &s.reference };
    sc_run *run, *plain = begin(&s, &(sc_guides){ 0 }, NULL);
    assert_int_equal(sc_run_create(&run, s.style, &subject, "id", NULL, &err), 0);
    step_to(run, 60);
    step_to(plain, 60);
    sc_image a = picture_of(run), b = picture_of(plain);
    assert_true(memcmp(a.rgb, b.rgb, BYTES) != 0);
    sc_image_free(&a);
    sc_image_free(&b);
    sc_run_free(run);
    sc_run_free(plain);
    close_studio(&s);
}

/* Events and guides of a state may be anything. */
static void damaged_events_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "{",
        "{}",
        "[1]",
        "[{}]",
        "[{\"iteration\":1,\"set\":\"beta\"}]",
        "[{\"iteration\":1,\"set\":\"x\",\"to\":1}]",
        "[{\"iteration\":1,\"set\":\"beta\",\"to\":\"-1\"}]",
        "[{\"iteration\":1,\"set\":\"iterations\",\"to\":0}]",
        "[{\"iteration\":\"1\",\"set\":\"beta\",\"to\":\"1\"}]",
        "[{\"iteration\":1,\"set\":\"guides\",\"to\":{}}]",
    };
    studio s;
    sc_error err = { 0 };
    open_studio(&s, false, "gram");
    sc_run *run = begin(&s, &(sc_guides){ 0 }, NULL);
    step_to(run, 3);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        sc_weights *saved = state_of(run, false);
        sc_run *other;
        sc_subject subject = { .content = &s.photo };
        assert_int_equal(sc_weights_set_metadata(saved, "events", wrong[i], &err), 0);
        if (!sc_run_create(&other, s.style, &subject, "id", saved, &err))
            fail_msg("taken: %s", wrong[i]);
        assert_null(other);
        sc_weights_free(saved);
    }
    sc_run_free(run);
    close_studio(&s);
}

/* The picture is held to a reference where its mask lets it: the loss is what it says, its gradient is that of the
 * loss, and the picture comes nearer there alone. */
static void a_reference_holds_the_picture(void **state)
{
    (void)state;
    studio s;
    sc_error err = { 0 };
    open_studio(&s, false, "gram");
    sc_guides guides = { .reference = &s.reference, .reference_mask = &s.masks[0] };
    sc_run *run = begin(&s, &guides, NULL), *free_run = begin(&s, &(sc_guides){ 0 }, NULL);
    step_to(free_run, 60);
    step_to(run, 60);
    sc_image with = picture_of(run), without = picture_of(free_run);
    double apart[2][2] = { { 0 } }; /* [with, without][in the mask, beside it] */
    for (int i = 0; i < WIDTH * HEIGHT * 3; i++) {
        int beside = s.masks[0].data[i / 3] == 0;
        apart[0][beside] += pow(with.rgb[i] - s.reference.rgb[i], 2) / (WIDTH * HEIGHT * 3);
        apart[1][beside] += pow(without.rgb[i] - s.reference.rgb[i], 2) / (WIDTH * HEIGHT * 3);
    }
    assert_true(apart[0][0] < 0.2 * apart[1][0] && apart[0][1] > 0.7 * apart[1][1]);

    enum { COUNT = WIDTH * HEIGHT * 3 };
    static float x[COUNT], gradient[COUNT], ignored[COUNT], moved[COUNT];
    sc_losses at, up, down;
    double expected = 0, slope = 0;
    int group = sc_group_named(&run->plan.config, "temporal");
    sc_objective_set_weight(run->now->objective, group, 3e3);
    for (int i = 0; i < COUNT; i++) {
        x[i] = s.photo.rgb[i];
        expected += s.masks[0].data[i / 3] * pow(x[i] - s.reference.rgb[i], 2) / COUNT;
    }
    assert_int_equal(sc_objective_evaluate(run->now->objective, x, gradient, &at, &err), 0);
    assert_float_equal(sc_loss_named(&at, "temporal"), expected, 1e-5 * expected);
    for (int i = 0; i < COUNT; i++)
        slope += (double)gradient[i] * gradient[i];
    const double h = 1e-3 / sqrt(slope);
    for (int i = 0; i < COUNT; i++)
        moved[i] = x[i] + (float)(h * gradient[i]);
    assert_int_equal(sc_objective_evaluate(run->now->objective, moved, ignored, &up, &err), 0);
    for (int i = 0; i < COUNT; i++)
        moved[i] = x[i] - (float)(h * gradient[i]);
    assert_int_equal(sc_objective_evaluate(run->now->objective, moved, ignored, &down, &err), 0);
    assert_float_equal((sc_losses_total(&up) - sc_losses_total(&down)) / (2 * h) / slope, 1, 0.02);
    sc_image_free(&with);
    sc_image_free(&without);
    sc_run_free(run);
    sc_run_free(free_run);
    close_studio(&s);
}

/* ---- subject and paper ------------------------------------------------------------------------------------------ */

static double mean_of(const sc_image *image)
{
    double sum = 0;
    for (int i = 0; i < image->width * image->height * 3; i++)
        sum += image->rgb[i];
    return sum / (image->width * image->height * 3);
}

/* Thin lines on white paper. */
static void draw_on_paper(sc_image *painting, bool grey)
{
    for (int i = 0; i < painting->width * painting->height; i++) {
        int x = i % painting->width, y = i / painting->width;
        bool line = (x + 3 * y) % 23 == 0 || (2 * x + y) % 37 == 0;
        for (int c = 0; c < 3; c++)
            painting->rgb[3 * i + c] = line ? 0.1f : c == 2 && !grey ? 0.88f : 0.95f;
    }
}

/* Of a dark photo, with few iterations: paper is as white as the painting's from the start on, and what is painted with
 * grey paintings is grey to the last bit; with the photo's own colours and all of its pixels' neither is so. */
static void paper_stays_paper(void **state)
{
    (void)state;
    for (int grey = 0; grey < 2; grey++)
        for (int past = 0; past < 2; past++) {
            studio s;
            open_studio(&s, false, "w2:4,nnfm");
            draw_on_paper(&s.paintings[0], grey);
            for (int i = 0; i < WIDTH * HEIGHT * 3; i++)
                s.photo.rgb[i] *= 0.4f;
            s.options.iterations = 20;
            s.options.recolour = past ? 0 : 1;
            s.options.variable = past ? SC_CHOSE_PIXELS : SC_CHOSE_SUBSAMPLED;
            make_style(&s, 1);
            sc_run *run = begin(&s, &(sc_guides){ 0 }, NULL);
            step_to(run, 20);
            sc_image painted = picture_of(run);
            double darker = mean_of(&s.paintings[0]) - mean_of(&painted), colour = 0;
            for (int i = 0; i < WIDTH * HEIGHT; i++)
                colour = fmax(colour, fabs((double)painted.rgb[3 * i] - painted.rgb[3 * i + 2]));
            if (past)
                assert_true(darker > 0.2);
            else
                assert_true(fabs(darker) < 0.05);
            if (grey)
                assert_true(past ? colour > 0.02 : colour == 0);
            sc_image_free(&painted);
            sc_run_free(run);
            close_studio(&s);
        }
}

/* The deepest layer sees things: it is looked at when that is asked for, or when it is named. */
static void things_are_left_out(void **state)
{
    (void)state;
    static const struct {
        int objects;
        const char *layers;
        bool deepest;
    } cases[] = { { SC_CHOSE_AVOID, "", false },
                  { SC_CHOSE_KEEP, "", true },
                  { SC_CHOSE_AVOID, "relu2_1,relu5_1", true },
                  { SC_CHOSE_KEEP, "relu2_1", false } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        studio s;
        open_studio(&s, false, "w2:4,nnfm");
        s.options.objects = cases[i].objects;
        strcpy(s.options.style_layers, cases[i].layers);
        make_style(&s, 1);
        const char *style_line = strstr(sc_style_describe(s.style), "style");
        assert_non_null(style_line);
        assert_true((strstr(style_line, "relu5_1") != NULL) == cases[i].deepest);
        assert_non_null(strstr(style_line, "relu2_1"));
        close_studio(&s);
    }
}

/* What stands out in the photo is nearer to it with `legible`, in the features that it looks at. */
static void what_stands_out_is_held(void **state)
{
    (void)state;
    double loss[2];
    for (int held = 0; held < 2; held++) {
        studio s;
        open_studio(&s, false, "w2:4,nnfm");
        for (int i = 0; i < WIDTH * HEIGHT * 3; i++) {
            int x = i / 3 % WIDTH, y = i / 3 / WIDTH;
            s.photo.rgb[i] = x > 14 && x < 26 && y > 8 && y < 22 && (x % 4 == 0 || y % 6 == 0) ? 0.1f : 0.8f;
        }
        s.options.legible = held ? 1 : 1e-9;
        make_style(&s, 2);
        sc_run *run = begin(&s, &(sc_guides){ 0 }, NULL);
        step_to(run, 60);
        sc_losses losses = sc_run_losses(run);
        loss[held] = sc_loss_named(&losses, "legible");
        assert_true(sc_losses_total(&losses) > 0);
        sc_run_free(run);
        close_studio(&s);
    }
    assert_true(loss[1] > 0 && loss[1] < 0.85 * loss[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_branch_is_a_run_that_was_set),
        cmocka_unit_test(a_weight_counts_at_once),
        cmocka_unit_test(targets_are_kept),
        cmocka_unit_test(a_state_may_lie_before_the_first_iteration),
        cmocka_unit_test(a_budget_holds_several_iterations),
        cmocka_unit_test(a_start_belongs_to_the_run),
        cmocka_unit_test(damaged_events_are_refused),
        cmocka_unit_test(a_reference_holds_the_picture),
        cmocka_unit_test(paper_stays_paper),
        cmocka_unit_test(things_are_left_out),
        cmocka_unit_test(what_stands_out_is_held),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
