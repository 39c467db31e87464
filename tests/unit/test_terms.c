/* SPDX-License-Identifier: MIT */
/* The terms of the objective, each alone and together: gradients by finite differences, balance, regions, textures and
 * tiny pictures. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "device/kernels.h"
#include "core/rng.h"
#include "loss/region.h"
#include "loss/groups.h"
#include "run/targets.h"
#include "engine_fixture.h"
#include "picture_fixture.h"
#include "../graph_fixture.h"
#include "../device_fixture.h"

enum { WIDTH = 40, HEIGHT = 32, VALUES = WIDTH * HEIGHT * 3 };

static sc_tensor half_mask(int width, int height, bool left)
{
    sc_tensor region;
    sc_error err;
    assert_int_equal(sc_tensor_create(&region, (sc_shape){ 1, 1, height, width }, &err), 0);
    for (int i = 0; i < width * height; i++)
        region.data[i] = (i % width < width / 2) == left ? 1 : 0;
    return region;
}

static sc_objective_config configure(const char *content, const char *style)
{
    sc_objective_config config = {
        .encoder = lite,
        .device = device_on(&sc_kernels_host, pool),
        .threads = pool,
        .seed = 7,
        .encoder_options = { .override_padding = true, .padding = SC_PAD_REPLICATE },
    };
    sc_error err = { 0 };
    sc_terms of_content = { 0 }, of_style;
    if (*content &&
        sc_terms_parse(&of_content, SC_ROLE_CONTENT, lite, content, "content-terms", "", "content-layers", &err))
        fail_msg("%s", err.text);
    if (sc_terms_parse(&of_style, SC_ROLE_STYLE, lite, style, "style-terms", "", "style-layers", &err))
        fail_msg("%s", err.text);
    sc_groups_add(&config, "content", 1, &of_content);
    sc_groups_add(&config, "style", 3, &of_style);
    sc_groups_add(&config, "tv", 0.5, NULL);
    return config;
}

typedef struct scene {
    sc_objective_config config;
    sc_image photo, paintings[2];
    sc_tensor masks[2], protect;
    const sc_image *styles[2];
    const sc_tensor *places[2];
    sc_paintings palette;
    sc_targets targets;
    sc_objective *objective;
} scene;

static const double halves[2] = { 0.5, 0.5 };

/* An objective for a photo and two paintings, refreshed and balanced; with masks: one painting left, the other right.
 */
static void set_scene(scene *s, const char *content, const char *style, bool masks, bool protect)
{
    sc_error err = { 0 };
    *s = (scene){ .config = configure(content, style),
                  .photo = picture(WIDTH, HEIGHT, 1, 0.2f),
                  .paintings = { picture(48, 36, 2, 0.8f), picture(50, 40, 3, 1.7f) } };
    for (int i = 0; i < 2; i++) {
        s->masks[i] = half_mask(WIDTH, HEIGHT, i == 0);
        s->styles[i] = &s->paintings[i];
        s->places[i] = &s->masks[i];
    }
    s->protect = half_mask(WIDTH, HEIGHT, false);
    s->palette = (sc_paintings){
        .styles = s->styles, .weights = halves, .count = 2, .style_scale = 1, .rotations = 1, .colour = SC_COLOUR_STYLE
    };
    sc_guides guides = { .masks = masks ? s->places : NULL, .protect = protect ? &s->protect : NULL };
    sc_scale scale = { WIDTH, HEIGHT, 1 };
    const sc_image *photo = *content ? &s->photo : NULL;
    if (sc_targets_create(&s->targets, &s->config, &s->palette, photo, &guides, &scale, &err) ||
        sc_objective_create(&s->objective, &s->config, HEIGHT, WIDTH, &s->targets.all, &err))
        fail_msg("%s %s: %s", content, style, err.text);
    if (sc_objective_refreshes(s->objective))
        assert_int_equal(sc_objective_refresh(s->objective, s->photo.rgb, 0, &err), 0);
    assert_int_equal(sc_objective_balance(s->objective, s->photo.rgb, &err), 0);
}

static void end_scene(scene *s)
{
    sc_objective_free(s->objective);
    sc_targets_free(&s->targets);
    sc_image_free(&s->photo);
    sc_tensor_free(&s->protect);
    for (int i = 0; i < 2; i++) {
        sc_image_free(&s->paintings[i]);
        sc_tensor_free(&s->masks[i]);
    }
}

/* The derivative along the gradient, from both sides. */
static void check_gradient(scene *s, const char *name, double tolerance)
{
    static float gradient[VALUES], moved[VALUES], other[VALUES];
    sc_error err;
    sc_image x = picture(WIDTH, HEIGHT, 5, 0.5f);
    sc_losses losses, sides[2];
    assert_int_equal(sc_objective_evaluate(s->objective, x.rgb, gradient, &losses, &err), 0);
    double sum =
        sc_loss_named(&losses, "content") + 3 * sc_loss_named(&losses, "style") + 0.5 * sc_loss_named(&losses, "tv");
    if (fabs(sum - sc_losses_total(&losses)) > 1e-4 * sc_losses_total(&losses))
        fail_msg("%s: total %g is not the sum %g", name, sc_losses_total(&losses), sum);
    double square = 0;
    for (size_t i = 0; i < VALUES; i++)
        square += (double)gradient[i] * gradient[i];
    double step = 0.01 / sqrt(square);
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < VALUES; i++)
            moved[i] = x.rgb[i] + (side ? -1.f : 1.f) * gradient[i] * (float)step;
        assert_int_equal(sc_objective_evaluate(s->objective, moved, other, &sides[side], &err), 0);
    }
    double slope = (sc_losses_total(&sides[0]) - sc_losses_total(&sides[1])) / (2 * step);
    if (!(square > 0) || fabs(slope / square - 1) > tolerance)
        fail_msg("%s: slope %g, gradient says %g", name, slope, square);
    sc_image_free(&x);
}

static const char *const styles[] = { "gram",      "cross-gram", "w2",   "sliced",
                                      "histogram", "neighbour",  "nnfm", "w2,sliced:0.5,neighbour" };
static const char *const contents[] = { "feature", "structure", "detail", "feature:0.5,structure,detail:0.1" };
enum { STYLES = sizeof styles / sizeof *styles, CONTENTS = sizeof contents / sizeof *contents };

static void gradients(void **state)
{
    (void)state;
    for (int i = 0; i < STYLES; i++)
        for (int masks = 0; masks < 2; masks++) {
            scene s;
            set_scene(&s, "feature", styles[i], masks, masks);
            check_gradient(&s, styles[i], 0.03);
            end_scene(&s);
        }
    for (int i = 0; i < CONTENTS; i++) {
        scene s;
        set_scene(&s, contents[i], "gram", false, i % 2);
        check_gradient(&s, contents[i], 0.03);
        end_scene(&s);
    }
}

/* The photo itself has content loss 0 and style loss 1 (and a little less, for the target's energy in the divisor). */
static void balanced_at_the_photo(void **state)
{
    (void)state;
    for (int i = 0; i < STYLES; i++) {
        scene s;
        set_scene(&s, contents[i % CONTENTS], styles[i], false, false);
        static float gradient[VALUES];
        sc_losses losses;
        sc_error err;
        assert_int_equal(sc_objective_evaluate(s.objective, s.photo.rgb, gradient, &losses, &err), 0);
        if (!(sc_loss_named(&losses, "content") < 1e-5) ||
            !(sc_loss_named(&losses, "style") > 0.8 && sc_loss_named(&losses, "style") <= 1.0001))
            fail_msg("%s, %s: content %g, style %g", contents[i % CONTENTS], styles[i],
                     sc_loss_named(&losses, "content"), sc_loss_named(&losses, "style"));
        end_scene(&s);
    }
}

/* A flat picture is as far from the photo as a content loss goes: about 1. */
static void content_losses_of_a_flat_picture(void **state)
{
    (void)state;
    for (int i = 0; i < CONTENTS; i++) {
        scene s;
        set_scene(&s, contents[i], "gram", false, false);
        static float gradient[VALUES], flat[VALUES];
        for (size_t k = 0; k < VALUES; k++)
            flat[k] = 0.5f;
        sc_losses losses;
        sc_error err;
        assert_int_equal(sc_objective_evaluate(s.objective, flat, gradient, &losses, &err), 0);
        if (!(sc_loss_named(&losses, "content") > 0.15 && sc_loss_named(&losses, "content") < 3))
            fail_msg("%s: %g", contents[i], sc_loss_named(&losses, "content"));
        end_scene(&s);
    }
}

/* Content loss of the photo with noise on one half. */
static double content_loss(const scene *s, bool left)
{
    static float noisy[VALUES], gradient[VALUES];
    for (size_t i = 0; i < VALUES; i++)
        noisy[i] =
            s->photo.rgb[i] + ((i / 3 % WIDTH < WIDTH / 2) == left ? 0.3f * (sc_random_uniform(5, i) - 0.5f) : 0);
    sc_losses losses;
    sc_error err;
    assert_int_equal(sc_objective_evaluate(s->objective, noisy, gradient, &losses, &err), 0);
    return sc_loss_named(&losses, "content");
}

/* In every content term, what is protected (the right half) counts more than the rest. */
static void what_is_protected_counts_more(void **state)
{
    (void)state;
    for (int i = 0; i < CONTENTS; i++) {
        double right_to_left[2];
        for (int protect = 0; protect < 2; protect++) {
            scene s;
            set_scene(&s, contents[i], "gram", false, protect);
            right_to_left[protect] = content_loss(&s, false) / content_loss(&s, true);
            end_scene(&s);
        }
        if (!(right_to_left[1] > 1.03 * right_to_left[0])) /* deep layers see both halves everywhere */
            fail_msg("%s: %g times as much, and %g when it is protected", contents[i], right_to_left[0],
                     right_to_left[1]);
    }
}

/* A mask that is black everywhere takes its painting out altogether: the losses and the gradient are the same as with
 * another painting there. */
static void an_empty_region_leaves_no_trace(void **state)
{
    (void)state;
    static float gradients[2][VALUES];
    for (int i = 0; i < STYLES; i++) {
        for (int other = 0; other < 2; other++) {
            sc_error err = { 0 };
            scene s = { .config = configure("feature", styles[i]),
                        .photo = picture(WIDTH, HEIGHT, 1, 0.2f),
                        .paintings = { picture(48, 36, 2, 0.8f),
                                       picture(50, 40, other ? 3 : 9, other ? 1.7f : 0.4f) } };
            sc_tensor white = half_mask(WIDTH, HEIGHT, true), black = half_mask(WIDTH, HEIGHT, true);
            for (size_t k = 0; k < WIDTH * HEIGHT; k++) {
                white.data[k] = 1;
                black.data[k] = 0;
            }
            const sc_image *paintings[2] = { &s.paintings[0], &s.paintings[1] };
            const sc_tensor *places[2] = { &white, &black };
            s.palette = (sc_paintings){ .styles = paintings,
                                        .weights = halves,
                                        .count = 2,
                                        .style_scale = 1,
                                        .rotations = 1,
                                        .colour = SC_COLOUR_STYLE };
            sc_guides guides = { .masks = places };
            sc_scale scale = { WIDTH, HEIGHT, 1 };
            assert_int_equal(sc_targets_create(&s.targets, &s.config, &s.palette, &s.photo, &guides, &scale, &err), 0);
            assert_int_equal(sc_objective_create(&s.objective, &s.config, HEIGHT, WIDTH, &s.targets.all, &err), 0);
            if (sc_objective_refreshes(s.objective))
                assert_int_equal(sc_objective_refresh(s.objective, s.photo.rgb, 0, &err), 0);
            assert_int_equal(sc_objective_balance(s.objective, s.photo.rgb, &err), 0);
            sc_losses losses;
            assert_int_equal(sc_objective_evaluate(s.objective, s.photo.rgb, gradients[other], &losses, &err), 0);
            sc_tensor_free(&white);
            sc_tensor_free(&black);
            end_scene(&s);
        }
        assert_memory_equal(gradients[0], gradients[1], sizeof gradients[0]);
    }
}

/* A painting's mask hides what it leaves out: repainting the hidden half changes nothing (away from the border, which
 * features overlap). */
static void a_masked_painting_shows_its_part_alone(void **state)
{
    (void)state;
    sc_objective_config config = configure("", "gram,w2,histogram");
    sc_image whole = picture(64, 32, 2, 0.8f), repainted = picture(64, 32, 2, 0.8f);
    sc_tensor weights = half_mask(64, 32, true);
    for (int y = 0; y < 32; y++)
        for (int x = 32; x < 64; x++)
            for (int c = 0; c < 3; c++)
                repainted.rgb[(y * 64 + x) * 3 + c] = (float)((x + y + c) % 2);
    for (int i = 0; i < 64 * 32; i++) /* only columns that no feature of relu1_1 connects with the repainted ones */
        weights.data[i] = i % 64 < 30 ? 1 : 0;
    sc_error err;
    for (int t = 0; t < config.groups[1].terms.count; t++)
        assert_int_equal(
            sc_layers_parse(&config.groups[1].terms.choice[t].layers, lite, "relu1_1", "style-layers", &err), 0);
    sc_statistics a[SC_MAX_TERMS], b[SC_MAX_TERMS], c[SC_MAX_TERMS];
    assert_int_equal(sc_statistics_measure(&config, &config.groups[1].terms, whole.rgb, 32, 64, &weights, a, &err), 0);
    assert_int_equal(sc_statistics_measure(&config, &config.groups[1].terms, repainted.rgb, 32, 64, &weights, b, &err),
                     0);
    assert_int_equal(sc_statistics_measure(&config, &config.groups[1].terms, repainted.rgb, 32, 64, NULL, c, &err), 0);
    for (int t = 0; t < config.groups[1].terms.count; t++) {
        assert_memory_equal(a[t].tensors[0].data, b[t].tensors[0].data, sc_shape_bytes(a[t].tensors[0].shape));
        assert_true(sc_mean_square_of(&a[t].tensors[0], &c[t].tensors[0]) > 1e-6);
        sc_statistics_free(&a[t]);
        sc_statistics_free(&b[t]);
        sc_statistics_free(&c[t]);
    }
    sc_tensor_free(&weights);
    sc_image_free(&whole);
    sc_image_free(&repainted);
}

/* Every style term leaves alone what its mask does not cover: with one layer of small reach, pixels far from the mask
 * have no gradient. */
static void what_no_mask_covers_has_no_gradient(void **state)
{
    (void)state;
    for (int i = 0; i < STYLES - 1; i++) { /* the last is a mixture of the others */
        sc_error err = { 0 };
        scene s = { .config = configure("", styles[i]),
                    .photo = picture(WIDTH, HEIGHT, 1, 0.2f),
                    .paintings = { picture(48, 36, 2, 0.8f), picture(50, 40, 3, 1.7f) } };
        sc_tensor left = half_mask(WIDTH, HEIGHT, true);
        const sc_image *paintings[1] = { &s.paintings[0] };
        const sc_tensor *places[1] = { &left };
        s.config.groups[2].weight = 0;
        for (int t = 0; t < s.config.groups[1].terms.count; t++)
            assert_int_equal(sc_layers_parse(&s.config.groups[1].terms.choice[t].layers, lite, "relu1_1,relu2_1",
                                             "style-layers", &err),
                             0);
        s.palette = (sc_paintings){ .styles = paintings,
                                    .weights = (double[]){ 1 },
                                    .count = 1,
                                    .style_scale = 1,
                                    .rotations = 1,
                                    .colour = SC_COLOUR_STYLE };
        sc_guides guides = { .masks = places };
        sc_scale scale = { WIDTH, HEIGHT, 1 };
        assert_int_equal(sc_targets_create(&s.targets, &s.config, &s.palette, NULL, &guides, &scale, &err), 0);
        assert_int_equal(sc_objective_create(&s.objective, &s.config, HEIGHT, WIDTH, &s.targets.all, &err), 0);
        if (sc_objective_refreshes(s.objective))
            assert_int_equal(sc_objective_refresh(s.objective, s.photo.rgb, 0, &err), 0);
        assert_int_equal(sc_objective_balance(s.objective, s.photo.rgb, &err), 0);
        static float gradient[VALUES];
        sc_losses losses;
        assert_int_equal(sc_objective_evaluate(s.objective, s.photo.rgb, gradient, &losses, &err), 0);
        double inside = 0;
        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < WIDTH; x++)
                for (int c = 0; c < 3; c++) {
                    float g = gradient[(y * WIDTH + x) * 3 + c];
                    if (x < WIDTH / 2)
                        inside += (double)g * g;
                    else if (x >= WIDTH / 2 + 12 && fabsf(g) > 1e-12f)
                        fail_msg("%s: a gradient of %g at column %d, outside the mask", styles[i], (double)g, x);
                }
        assert_true(inside > 0);
        sc_tensor_free(&left);
        end_scene(&s);
    }
}

/* Uniform masks are no masks. */
static void full_masks_change_nothing(void **state)
{
    (void)state;
    sc_objective_config config = configure("", "gram,cross-gram,w2");
    sc_image painting = picture(48, 36, 2, 0.8f);
    sc_tensor ones;
    sc_error err;
    assert_int_equal(sc_tensor_create(&ones, (sc_shape){ 1, 1, 36, 48 }, &err), 0);
    for (int i = 0; i < 48 * 36; i++)
        ones.data[i] = 0.5f;
    sc_statistics a[SC_MAX_TERMS], b[SC_MAX_TERMS];
    assert_int_equal(sc_statistics_measure(&config, &config.groups[1].terms, painting.rgb, 36, 48, NULL, a, &err), 0);
    assert_int_equal(sc_statistics_measure(&config, &config.groups[1].terms, painting.rgb, 36, 48, &ones, b, &err), 0);
    for (int t = 0; t < config.groups[1].terms.count; t++) {
        for (int i = 0; i < a[t].count; i++)
            assert_true(sc_mean_square_of(&a[t].tensors[i], &b[t].tensors[i]) <=
                        1e-8 * sc_mean_square_of(&a[t].tensors[i], NULL));
        sc_statistics_free(&a[t]);
        sc_statistics_free(&b[t]);
    }
    sc_tensor_free(&ones);
    sc_image_free(&painting);
}

/* Every term at sizes from 1 x 1 on: a graph can be built and run, and gives numbers. */
static void tiny_pictures(void **state)
{
    (void)state;
    static const int sizes[][2] = { { 1, 1 }, { 17, 31 }, { 3, 200 }, { 33, 5 } };
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
        for (int i = 0; i < STYLES; i++) {
            sc_error err = { 0 };
            sc_objective_config config = configure(contents[i % CONTENTS], styles[i]);
            sc_image photo = picture(sizes[k][0], sizes[k][1], 1, 0.2f), painting = picture(24, 40, 2, 0.9f);
            const sc_image *paintings[1] = { &painting };
            sc_paintings palette = { .styles = paintings,
                                     .weights = (double[]){ 1 },
                                     .count = 1,
                                     .style_scale = 1,
                                     .rotations = 1,
                                     .colour = SC_COLOUR_STYLE };
            sc_targets targets;
            sc_objective *objective = NULL;
            sc_scale scale = { sizes[k][0], sizes[k][1], 1 };
            if (sc_targets_create(&targets, &config, &palette, &photo, &(sc_guides){ 0 }, &scale, &err) ||
                sc_objective_create(&objective, &config, scale.height, scale.width, &targets.all, &err))
                fail_msg("%dx%d %s: %s", sizes[k][0], sizes[k][1], styles[i], err.text);
            if (sc_objective_refreshes(objective))
                assert_int_equal(sc_objective_refresh(objective, photo.rgb, 0, &err), 0);
            assert_int_equal(sc_objective_balance(objective, photo.rgb, &err), 0);
            float *gradient = malloc((size_t)scale.width * (size_t)scale.height * 3 * sizeof *gradient);
            sc_losses losses;
            assert_int_equal(sc_objective_evaluate(objective, photo.rgb, gradient, &losses, &err), 0);
            if (!isfinite(sc_losses_total(&losses)))
                fail_msg("%dx%d %s: the loss is %g", sizes[k][0], sizes[k][1], styles[i], sc_losses_total(&losses));
            for (int n = 0; n < scale.width * scale.height * 3; n++)
                assert_true(isfinite(gradient[n]));
            free(gradient);
            sc_objective_free(objective);
            sc_targets_free(&targets);
            sc_image_free(&photo);
            sc_image_free(&painting);
        }
}

/* With rotations neighbours are found in the painting turned as well: a picture that is the painting turned has its
 * features exactly. */
static void rotations_are_found(void **state)
{
    (void)state;
    sc_image painting = picture(40, 40, 2, 0.8f), turned = picture(40, 40, 2, 0.8f);
    for (int y = 0; y < 40; y++)
        for (int x = 0; x < 40; x++)
            memcpy(turned.rgb + ((39 - x) * 40 + y) * 3, painting.rgb + (y * 40 + x) * 3, 3 * sizeof(float));
    const sc_image *paintings[1] = { &painting };
    double losses_of[2];
    for (int four = 0; four < 2; four++) {
        sc_error err = { 0 };
        sc_objective_config config = configure("", "neighbour");
        sc_paintings palette = { .styles = paintings,
                                 .weights = (double[]){ 1 },
                                 .count = 1,
                                 .style_scale = 1,
                                 .rotations = four ? 4 : 1,
                                 .colour = SC_COLOUR_STYLE };
        sc_targets targets;
        sc_objective *objective;
        sc_scale scale = { 40, 40, 1 };
        assert_int_equal(sc_targets_create(&targets, &config, &palette, NULL, &(sc_guides){ 0 }, &scale, &err), 0);
        assert_int_equal(sc_objective_create(&objective, &config, 40, 40, &targets.all, &err), 0);
        assert_int_equal(sc_objective_refresh(objective, turned.rgb, 0, &err), 0);
        static float gradient[40 * 40 * 3];
        sc_losses losses;
        assert_int_equal(sc_objective_evaluate(objective, turned.rgb, gradient, &losses, &err), 0);
        losses_of[four] = sc_loss_named(&losses, "style");
        sc_objective_free(objective);
        sc_targets_free(&targets);
    }
    assert_true(losses_of[1] < 1e-5 && losses_of[0] > 0.01);
    sc_image_free(&painting);
    sc_image_free(&turned);
}

static void wrong_terms_are_refused(void **state)
{
    (void)state;
    static const struct {
        sc_role role;
        const char *text, *says;
    } cases[] = {
        { SC_ROLE_STYLE, "grams", "there is no term 'grams'" },
        { SC_ROLE_STYLE, "feature", "there is no term 'feature'" },
        { SC_ROLE_CONTENT, "w2", "there is no term 'w2'" },
        { SC_ROLE_STYLE, "w2:0", "'0' is not a weight" },
        { SC_ROLE_STYLE, "w2:x", "'x' is not a weight" },
        { SC_ROLE_STYLE, "w2,w2", "twice" },
        { SC_ROLE_STYLE, "", "names no term" },
        { SC_ROLE_STYLE, "w2,,gram", "there is no term ''" },
        { SC_ROLE_CONTENT, "feature:nan", "'nan' is not" },
        { SC_ROLE_CONTENT, "feature:1e10", "'1e10' is not a weight" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sc_terms terms;
        sc_error err = { 0 };
        int code = sc_terms_parse(&terms, cases[i].role, lite, cases[i].text, "terms", "", "layers", &err);
        if (code != SCUMBLE_ERR_ARGUMENT || !strstr(err.text, cases[i].says))
            fail_msg("'%s': %d '%s'", cases[i].text, code, err.text);
    }
}

/* ---- sampled places -------------------------------------------------------------------------------------------- */

enum { TALL = 97, WIDE = 96, CELLS_DOWN = 49, CELLS_ACROSS = 48, PLACES = CELLS_DOWN * CELLS_ACROSS };

/* The places that are looked at on a grid of TALL x WIDE in this round: PLACES (row, column). */
static void look(const sc_tensor *weights, uint64_t round, float places[2 * PLACES])
{
    sc_error err = { 0 };
    sc_term_state state = { .positions[0] = { .data = NULL } };
    sc_grid grid = { TALL, WIDE, 1 };
    sc_term_view view = { .state = &state, .region = weights, .region_mean = weights ? sc_region_share(weights) : 1 };
    if (sc_places_begin(&view, 0, &grid, 4096, &err))
        fail_msg("%s", err.text);
    assert_int_equal(state.positions[0].shape.w, PLACES);
    sc_places_look(&view, 0, &grid, 4096, round);
    memcpy(places, state.positions[0].data, 2 * PLACES * sizeof *places);
    sc_term_state_free(&state);
}

/* One in every cell, at each of its four points about as often, and elsewhere in the next round: what is looked at at
 * one point of all cells shows as a grid in the picture. */
static void places_make_no_grid(void **state)
{
    (void)state;
    static float places[2 * PLACES], again[2 * PLACES], other[2 * PLACES];
    look(NULL, 12, places);
    look(NULL, 12, again);
    look(NULL, 24, other);
    assert_memory_equal(places, again, sizeof places);
    int points[4] = { 0 }, moved = 0;
    for (int k = 0; k < PLACES; k++) {
        double row = (double)(k / CELLS_ACROSS) * TALL / CELLS_DOWN;
        int y = (int)places[2 * k], x = (int)places[2 * k + 1], column = k % CELLS_ACROSS * 2;
        if (y < (int)row || y >= row + (double)TALL / CELLS_DOWN || y >= TALL || x < column || x > column + 1)
            fail_msg("place %d at row %d, column %d is outside its cell", k, y, x);
        points[y % 2 * 2 + x % 2]++;
        moved += places[2 * k] != other[2 * k] || places[2 * k + 1] != other[2 * k + 1];
    }
    for (int i = 0; i < 4; i++)
        if (points[i] < PLACES / 5 || points[i] > PLACES * 3 / 10)
            fail_msg("%d of %d places stand at point %d of their cells", points[i], (int)PLACES, i);
    assert_true(moved > PLACES / 2);
}

static void places_in_a_region_make_no_grid(void **state)
{
    (void)state;
    static float places[2 * PLACES];
    sc_tensor weights = half_mask(WIDE, TALL, false);
    look(&weights, 12, places);
    int steps[4] = { 0 }; /* by how many columns from one place to the next in a row: 2, were they all alike */
    for (int k = 0; k < PLACES; k++) {
        if (places[2 * k + 1] < (float)(WIDE / 2))
            fail_msg("place %d in column %g is outside the region", k, (double)places[2 * k + 1]);
        if (k > 0 && places[2 * k] == places[2 * k - 2]) {
            int step = (int)(places[2 * k + 1] - places[2 * k - 1]);
            assert_in_range(step, 0, 4);
            steps[step < 3 ? step : 3]++;
        }
    }
    assert_true(steps[1] > PLACES / 10 && steps[2] > PLACES / 10 && steps[3] > PLACES / 10);
    sc_tensor_free(&weights);
}

/* Moments and samples that were taken before lite's taps are those of its features. The map of relu1_1 is large enough
 * for that; relu5_1's is not. */
static void taps_may_come_last(void **state)
{
    (void)state;
    sc_objective_config config = configure("", "gram,w2");
    sc_image x = picture(WIDTH, HEIGHT, 4, 0.6f);
    sc_statistics statistics[2];
    sc_graph *graph;
    sc_error err = { 0 };
    assert_int_equal(
        sc_statistics_measure(&config, &config.groups[1].terms, x.rgb, HEIGHT, WIDTH, NULL, statistics, &err), 0);
    assert_int_equal(sc_graph_create(&graph, device_on(&sc_kernels_host, pool), &err), 0);
    const sc_layers *layers = &config.groups[1].terms.choice[0].layers;
    sc_value image = sc_graph_input(graph, "image", (sc_shape){ 1, 3, HEIGHT, WIDTH }), features[SC_MAX_LAYERS],
             expected[2][SC_MAX_LAYERS];
    assert_int_equal(
        sc_encoder_build(lite, graph, image, &config.encoder_options, layers->index, layers->count, features, &err), 0);
    for (int i = 0; i < layers->count; i++) {
        expected[0][i] = sc_graph_gram(graph, features[i]);
        expected[1][i] = sc_graph_channel_mean(graph, features[i]);
        sc_graph_keep(graph, expected[0][i]);
        sc_graph_keep(graph, expected[1][i]);
    }
    assert_int_equal(sc_graph_plan(graph, &err), 0);
    graph_write(graph, image, x.rgb);
    assert_int_equal(sc_graph_run(graph, &err), 0);
    for (int i = 0; i < layers->count; i++) {
        const sc_tensor *found[3] = { &statistics[0].tensors[i], &statistics[1].tensors[2 * i],
                                      &statistics[1].tensors[2 * i + 1] };
        for (int k = 0; k < 3; k++) {
            sc_tensor own = { sc_graph_shape(graph, expected[k == 2][i]), graph_values(graph, expected[k == 2][i]) };
            assert_true(sc_shape_equal(found[k]->shape, own.shape));
            if (!(sc_mean_square_of(found[k], &own) <= 1e-10 * sc_mean_square_of(&own, NULL)))
                fail_msg("layer %d: statistic %d differs by %g", i, k,
                         sqrt(sc_mean_square_of(found[k], &own) / sc_mean_square_of(&own, NULL)));
        }
    }
    sc_graph_destroy(graph);
    sc_statistics_free(&statistics[0]);
    sc_statistics_free(&statistics[1]);
    sc_image_free(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients),
        cmocka_unit_test(balanced_at_the_photo),
        cmocka_unit_test(content_losses_of_a_flat_picture),
        cmocka_unit_test(an_empty_region_leaves_no_trace),
        cmocka_unit_test(a_masked_painting_shows_its_part_alone),
        cmocka_unit_test(what_is_protected_counts_more),
        cmocka_unit_test(what_no_mask_covers_has_no_gradient),
        cmocka_unit_test(full_masks_change_nothing),
        cmocka_unit_test(tiny_pictures),
        cmocka_unit_test(rotations_are_found),
        cmocka_unit_test(wrong_terms_are_refused),
        cmocka_unit_test(places_make_no_grid),
        cmocka_unit_test(places_in_a_region_make_no_grid),
        cmocka_unit_test(taps_may_come_last),
    };
    return cmocka_run_group_tests_name("terms", tests, set_up, tear_down);
}
