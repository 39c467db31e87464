/* SPDX-License-Identifier: MIT */
/* On the remote device (remote_fixture.h) pictures are painted as on the host, byte for byte: a default run, one by
 * tiles in two stages, a painter by tiles. And weights are brought there once, however many graphs there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nets/encoder/network.h"
#include "loss/groups.h"
#include "paint/paint.h"
#include "run/targets.h"
#include "picture_fixture.h"
#include "run_fixture.h"
#include "program_fixture.h"
#include "../device_fixture.h"
#include "../remote_fixture.h"

static sc_encoder *lite;
static const sc_device_kind *const kinds[2] = { &sc_device_host, &remote_kind };

/* lite's weights stay on the device of this kind; the caller ends the holding. */
static sc_holding hold_lite(const sc_device_kind *kind)
{
    fixture_kind = kind;
    sc_holding held = { .device = device_on(&sc_kernels_host, pool) };
    MUST(sc_encoder_hold(lite, &held, &err));
    return held;
}

/* How often lite's weights were brought to the remote device: all of those that are in use once, since it was asked
 * last. */
static void check_uploads(void)
{
    int used = 0;
    for (int i = 0; i < lite->node_count; i++) {
        const sc_tensor *own[] = { &lite->nodes[i].weight, &lite->nodes[i].bias, &lite->nodes[i].tap_weight };
        for (int k = 0; k < 3; k++) {
            int count = own[k]->data ? remote_count_uploads(own[k]->data) : 0;
            assert_in_range(count, 0, 1);
            used += count;
        }
    }
    assert_true(used > 10);
    remote.upload_count = 0;
}

static void check_same(const sc_image *a, const sc_image *b)
{
    assert_true(a->width == b->width && a->height == b->height);
    assert_memory_equal(a->rgb, b->rgb, (size_t)a->width * (size_t)a->height * 3 * sizeof *a->rgb);
}

/* The default options, but for fewer iterations: two scales, searches for neighbours, measures of the paintings. */
static void a_default_run(void **state)
{
    (void)state;
    sc_image photo = picture(128, 96, 1, 0.2f), painting = picture(120, 100, 2, 0.8f), results[2];
    const sc_image *style = &painting;
    sc_style_options options = sc_style_options_default();
    options.iterations = 14;
    options.scales = 2;
    for (int i = 0; i < 2; i++) {
        sc_holding held = hold_lite(kinds[i]);
        sc_style_setup setup = { .device = held.device,
                                 .threads = pool,
                                 .encoder = lite,
                                 .options = &options,
                                 .styles = &style,
                                 .style_weights = (const double[]){ 1 },
                                 .style_count = 1 };
        easel *e;
        MUST(easel_create(&e, &setup, &err));
        MUST(easel_paint(e, &(sc_subject){ .content = &photo }, "", NULL, NULL, NULL, &results[i], &err));
        easel_free(e);
        sc_holding_end(&held);
    }
    check_same(&results[0], &results[1]);
    assert_true(remote.kernels > 1000);
    check_uploads();
    sc_image_free(&results[0]);
    sc_image_free(&results[1]);
    sc_image_free(&photo);
    sc_image_free(&painting);
}

/* Some steps down the slope of the default terms, of a picture that is cut into tiles, in two stages. */
static void descend(sc_device *device, const sc_image *photo, const sc_image *painting, float *x, float *gradient)
{
    size_t count = (size_t)photo->width * (size_t)photo->height * 3;
    sc_objective_config config = { .encoder = lite,
                                   .device = device,
                                   .threads = pool,
                                   .seed = 7,
                                   .tile_pixels = 128 * 128,
                                   .encoder_options = { .override_padding = true, .padding = SC_PAD_REPLICATE } };
    sc_terms content, style;
    MUST(sc_terms_parse(&content, SC_ROLE_CONTENT, lite, "feature:0.5,structure", "content-terms", "", "content-layers",
                        &err));
    MUST(sc_terms_parse(&style, SC_ROLE_STYLE, lite, "w2:4,nnfm", "style-terms", "", "style-layers", &err));
    sc_groups_add(&config, "content", 1, &content);
    sc_groups_add(&config, "style", 3, &style);
    sc_groups_add(&config, "tv", 0.5, NULL);
    sc_paintings paintings = { .styles = &painting,
                               .weights = (const double[]){ 1 },
                               .count = 1,
                               .style_scale = 1,
                               .rotations = 1,
                               .colour = SC_COLOUR_STYLE };
    sc_scale scale = { photo->width, photo->height, 1 };
    sc_targets targets;
    sc_objective *objective;
    sc_objective_cost cost;
    sc_losses losses;
    MUST(sc_targets_create(&targets, &config, &paintings, photo, &(sc_guides){ 0 }, &scale, &err));
    MUST(sc_objective_create(&objective, &config, photo->height, photo->width, &targets.all, &err));
    MUST(sc_objective_estimate(objective, NULL, &cost, &err));
    assert_true(cost.pass.of[SC_WORK_GRAPHS] > 8 && cost.need.big > 0);
    MUST(sc_objective_balance(objective, photo->rgb, &err));
    memcpy(x, photo->rgb, count * sizeof *x);
    for (int step = 0; step < 2; step++) {
        MUST(sc_objective_refresh(objective, x, (uint64_t)step, &err));
        MUST(sc_objective_evaluate(objective, x, gradient, &losses, &err));
        for (size_t k = 0; k < count; k++)
            x[k] -= 20 * gradient[k];
    }
    sc_objective_free(objective);
    sc_targets_free(&targets);
}

static void by_tiles(void **state)
{
    (void)state;
    sc_image photo = picture(300, 221, 1, 0.2f), painting = picture(200, 160, 2, 0.8f);
    size_t count = (size_t)300 * 221 * 3;
    float *x = malloc(4 * count * sizeof *x);
    for (int i = 0; i < 2; i++) {
        sc_holding held = hold_lite(kinds[i]);
        descend(held.device, &photo, &painting, x + (size_t)i * 2 * count, x + ((size_t)i * 2 + 1) * count);
        sc_holding_end(&held);
    }
    assert_memory_equal(x, x + 2 * count, 2 * count * sizeof *x);
    check_uploads();
    free(x);
    sc_image_free(&photo);
    sc_image_free(&painting);
}

/* With convolutions of all kinds, those whose weights are prepared among them, and norms over the whole picture. */
static void a_painter_by_tiles(void **state)
{
    (void)state;
    sc_program *program = small_generator(2, 3);
    sc_painter *painter = painter_of(program, NULL);
    sc_image photo = picture(200, 150, 5, 0.4f), results[2];
    for (int i = 0; i < 2; i++) {
        fixture_kind = kinds[i];
        sc_paint_options options = {
            .strength = 1, .tile_pixels = 110 * 110, .device = device_on(&sc_kernels_host, pool), .threads = pool
        };
        MUST(sc_paint(painter, &photo, &options, NULL, NULL, &results[i], &err));
    }
    check_same(&results[0], &results[1]);
    int used = 0; /* some are wanted on the host alone: norms become maps per channel */
    for (int i = 0; i < painter->generator->parameter_count; i++) {
        int count = remote_count_uploads(painter->generator->parameters[i].value.data);
        assert_in_range(count, 0, 1);
        used += count;
    }
    assert_true(used > 10);
    remote.upload_count = 0;
    sc_image_free(&results[0]);
    sc_image_free(&results[1]);
    sc_image_free(&photo);
    sc_painter_free(painter);
}

static int set_up(void **state)
{
    return sc_media_init(&err) || start_pool(state) || sc_encoder_create_lite(&lite, &err);
}

/* All of its memory was given back. */
static int tear_down(void **state)
{
    sc_encoder_free(lite);
    return stop_pool(state) || remote.block_count;
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_default_run), cmocka_unit_test(by_tiles),
                                        cmocka_unit_test(a_painter_by_tiles) };
    return cmocka_run_group_tests_name("remote", tests, set_up, tear_down);
}
