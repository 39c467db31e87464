/* SPDX-License-Identifier: MIT */
/* Exact tiling: losses and gradient of a picture that is looked at tile by tile are those of the picture looked at
 * whole. */
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
#include "loss/body.h"
#include "loss/groups.h"
#include "loss/region.h"
#include "run/targets.h"
#include "engine_fixture.h"
#include "picture_fixture.h"
#include "../deep.h"
#include "../device_fixture.h"

/* White on the left, in columns from `begin`, soft over 40 pixels. */
static sc_tensor ramp(int width, int height, int begin)
{
    sc_tensor region;
    sc_error err;
    assert_int_equal(sc_tensor_create(&region, (sc_shape){ 1, 1, height, width }, &err), 0);
    for (int i = 0; i < width * height; i++)
        region.data[i] = fmaxf(0, fminf(1, (float)(begin + 40 - i % width) / 40));
    return region;
}

typedef struct setting {
    const char *content, *style, *layers; /* "" = each term's own */
    int width, height, window;            /* edge of a square tile with its surroundings */
    int stages;                           /* that this makes; 0 = any number */
    bool wrap, masks, protect;
    bool reference; /* the picture is held to another one, in a mask */
    bool deep; /* the layers see far, through many maxima and signs, some of which rounding may flip: check_gradient */
} setting;

static sc_objective_config config_of(const setting *s, int window)
{
    sc_error err = { 0 };
    sc_objective_config config = {
        .encoder = lite,
        .device = device_on(&sc_kernels_host, pool),
        .threads = pool,
        .seed = 7,
        .wrap = s->wrap,
        .tile_pixels = (double)window * window,
        .encoder_options = { .override_padding = true, .padding = s->wrap ? SC_PAD_CIRCULAR : SC_PAD_REPLICATE },
    };
    sc_terms of_content = { 0 }, of_style;
    if ((*s->content && sc_terms_parse(&of_content, SC_ROLE_CONTENT, lite, s->content, "content-terms", s->layers,
                                       "content-layers", &err)) ||
        sc_terms_parse(&of_style, SC_ROLE_STYLE, lite, s->style, "style-terms", s->layers, "style-layers", &err))
        fail_msg("%s", err.text);
    sc_groups_add(&config, "content", 1, &of_content);
    sc_groups_add(&config, "style", 3, &of_style);
    if (s->reference)
        sc_groups_add(&config, "temporal", 5, NULL);
    sc_groups_add(&config, "tv", 0.5, NULL);
    return config;
}

/* The stages are as many as the setting says, each of several tiles. */
static void check_stages(const setting *s)
{
    sc_objective_config config = config_of(s, s->window);
    const sc_terms *lists[2] = { sc_terms_of(&config, SC_ROLE_CONTENT), sc_terms_of(&config, SC_ROLE_STYLE) };
    sc_body body;
    sc_error err;
    assert_int_equal(sc_body_create(&body, &config, lists, 2, s->height, s->width, &err), 0);
    assert_true(sc_body_is_tiled(&body));
    for (int i = 0; i < s->stages; i++)
        assert_true(body.stage_count == s->stages && sc_tiles_count(&body.stages[i].tiles) > 1);
    sc_body_free(&body);
}

/* Losses, gradient and, for terms with targets that follow the picture, the matches are those of one way to look; and
 * what is said that it takes. */
static void evaluate(const setting *s, int window, sc_losses *losses, float *gradient, sc_objective_cost *cost)
{
    sc_error err = { 0 };
    sc_objective_config config = config_of(s, window);
    sc_image photo = picture(s->width, s->height, 1, 0.2f), x = picture(s->width, s->height, 4, 0.9f);
    sc_image paintings[2] = { picture(s->width, s->height - 20, 2, 0.8f), picture(170, 210, 3, 1.7f) };
    sc_tensor masks[2] = { ramp(s->width, s->height, s->width / 2), ramp(s->width, s->height, s->width / 3) },
              protect = ramp(s->width, s->height, 60);
    const sc_image *styles[2] = { &paintings[0], &paintings[1] };
    const sc_tensor *places[2] = { &masks[0], &masks[1] };
    sc_paintings palette = { .styles = styles,
                             .weights = (const double[]){ 0.6, 0.4 },
                             .count = 2,
                             .style_scale = 1,
                             .rotations = 1,
                             .colour = SC_COLOUR_STYLE };
    sc_guides guides = { .masks = s->masks ? places : NULL,
                         .protect = s->protect ? &protect : NULL,
                         .reference = s->reference ? &paintings[1] : NULL,
                         .reference_mask = &masks[0] };
    sc_scale scale = { s->width, s->height, 1 };
    sc_targets targets;
    sc_objective *objective = NULL;
    if (sc_targets_create(&targets, &config, &palette, *s->content ? &photo : NULL, &guides, &scale, &err) ||
        sc_objective_create(&objective, &config, s->height, s->width, &targets.all, &err))
        fail_msg("%s: %s", s->style, err.text);
    assert_int_equal(sc_objective_estimate(objective, NULL, cost, &err), 0);
    if (sc_objective_refreshes(objective))
        assert_int_equal(sc_objective_refresh(objective, x.rgb, 3, &err), 0);
    if (sc_objective_balance(objective, photo.rgb, &err) ||
        sc_objective_evaluate(objective, x.rgb, gradient, losses, &err))
        fail_msg("%s: %s", s->style, err.text);
    sc_objective_free(objective);
    sc_targets_free(&targets);
    sc_image_free(&photo);
    sc_image_free(&x);
    sc_tensor_free(&protect);
    for (int i = 0; i < 2; i++) {
        sc_image_free(&paintings[i]);
        sc_tensor_free(&masks[i]);
    }
}

static void check_close(const setting *s, const char *what, double whole, double tiled)
{
    if (!(fabs(tiled - whole) <= (s->deep ? 1e-4 : 2e-6) * fabs(whole) + 1e-9))
        fail_msg("%s, %s: %s is %.9g by tiles, %.9g whole", s->style, s->content, what, tiled, whole);
}

static int ascending(const void *a, const void *b)
{
    double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

/* Rounding makes another maximum win here and there, or another sign, which changes the gradient of the pixels that a
 * deep position sees. So of deep layers the difference may be larger in a fiftieth of the values, but not by much; in
 * all others it is that of rounding. */
static void check_gradient(const setting *s, const float *whole, const float *tiled, size_t count)
{
    double *squares = malloc(count * sizeof *squares), norm = 0, most = 0, rest = 0;
    for (size_t i = 0; i < count; i++) {
        squares[i] = pow((double)tiled[i] - (double)whole[i], 2);
        norm += pow((double)whole[i], 2);
    }
    qsort(squares, count, sizeof *squares, ascending);
    for (size_t i = 0; i < count; i++)
        *(i < count - count / 50 ? &rest : &most) += squares[i];
    free(squares);
    double all = sqrt((rest + most) / norm), trimmed = sqrt(rest / norm);
    if (!(norm > 0) || !(trimmed <= 1e-4) || !(all <= (s->deep ? 5e-3 : 1e-5)))
        fail_msg("%s, %s, %s%s%s: the gradient differs by %.2g of its norm, without the largest fiftieth by %.2g",
                 s->style, s->content, s->masks ? "masks " : "", s->protect ? "protect " : "", s->wrap ? "wrap" : "",
                 all, trimmed);
}

static void check(const setting *s)
{
    check_stages(s);
    size_t count = (size_t)s->width * (size_t)s->height * 3;
    float *gradients[2] = { malloc(count * sizeof(float)), malloc(count * sizeof(float)) };
    sc_losses losses[2];
    sc_objective_cost costs[2];
    for (int tiled = 0; tiled < 2; tiled++)
        evaluate(s, tiled ? s->window : 0, &losses[tiled], gradients[tiled], &costs[tiled]);
    assert_true(!costs[0].tile_edge && costs[1].tile_edge > 0 &&
                costs[1].evaluation.of[SC_WORK_EVALUATION_FLOPS] > costs[0].evaluation.of[SC_WORK_EVALUATION_FLOPS]);
    check_close(s, "the content loss", sc_loss_named(&losses[0], "content"), sc_loss_named(&losses[1], "content"));
    check_close(s, "the style loss", sc_loss_named(&losses[0], "style"), sc_loss_named(&losses[1], "style"));
    check_close(s, "the temporal loss", sc_loss_named(&losses[0], "temporal"), sc_loss_named(&losses[1], "temporal"));
    assert_true((sc_loss_named(&losses[0], "temporal") > 0) == s->reference);
    check_close(s, "the total variation", sc_loss_named(&losses[0], "tv"), sc_loss_named(&losses[1], "tv"));
    check_gradient(s, gradients[0], gradients[1], count);
    free(gradients[0]);
    free(gradients[1]);
}

static const char *const styles[] = { "gram",      "cross-gram", "w2",   "sliced",
                                      "histogram", "neighbour",  "nnfm", "w2,sliced:0.5,neighbour,nnfm" };
static const char *const contents[] = { "feature", "structure", "detail", "feature:0.5,structure,detail:0.1" };
enum { STYLES = sizeof styles / sizeof *styles, CONTENTS = sizeof contents / sizeof *contents };
static const char shallow[] = "relu1_1,relu2_1,relu3_1"; /* windows much smaller than the picture */

/* Sizes that no stride divides; tiles of several shapes. */
static void every_term(void **state)
{
    (void)state;
    for (int i = 0; i < STYLES; i++)
        check(&(setting){ contents[i % CONTENTS], styles[i], shallow, .width = 155, .height = 123, .window = 80 });
    check(&(setting){ contents[CONTENTS - 1], styles[STYLES - 1], shallow, .width = 123, .height = 155, .window = 88 });
}

static void regions(void **state)
{
    (void)state;
    for (int i = 0; i < STYLES; i++)
        check(&(setting){ contents[i % CONTENTS], styles[i], shallow, .width = 155, .height = 123, .window = 88,
                          .masks = i % 2, .protect = true, .reference = i == 1 });
}

static void what_repeats(void **state)
{
    (void)state;
    for (int i = 0; i < STYLES; i++)
        check(&(setting){ i % 2 ? "" : contents[i % CONTENTS], styles[i], shallow, .width = 160, .height = 128,
                          .window = 96, .wrap = true, .reference = true });
    check(&(setting){ "feature", "w2,nnfm", shallow, .width = 208, .height = 32, .window = 60,
                      .wrap = true }); /* one row of tiles */
}

/* Pictures on which both stages have several tiles. */
static void two_stages(void **state)
{
    (void)state;
    static const char last[] = "relu4_1,relu5_1", all[] = "relu1_1,relu3_1,relu4_1,relu5_1";
    check(&(setting){ "feature:0.5,structure", "gram,nnfm", "", .width = 415, .height = 301, .window = 128, .stages = 2,
                      .masks = true, .protect = true, .deep = true });
    check(&(setting){ "feature,detail:0.1", "histogram", all, .width = 301, .height = 400, .window = 128, .stages = 2,
                      .masks = true, .deep = true });
    check(&(setting){ "structure", "gram,sliced", all, .width = 416, .height = 304, .window = 128, .stages = 2,
                      .wrap = true, .deep = true });
    if (!deep())
        return;
    check(&(setting){ "feature:0.5,structure", "w2:4,nnfm", "", .width = 415, .height = 301, .window = 128, .stages = 2,
                      .deep = true });
    check(&(setting){ "detail", "gram", last, .width = 415, .height = 301, .window = 128, .stages = 2, .deep = true });
}

/* A term that joins layers keeps them in one stage; when they are shallow ones, others may go to the second. */
static void joined_layers(void **state)
{
    (void)state;
    check(&(setting){ "feature", "cross-gram", "", .width = 333, .height = 281, .window = 260, .stages = 1,
                      .deep = true });
    check(&(setting){ "feature", "neighbour", "relu1_1,relu4_1", .width = 333, .height = 281, .window = 200,
                      .stages = 1, .deep = true });
    check(&(setting){ "structure", "neighbour,nnfm", "", .width = 663, .height = 421, .window = 128, .stages = 2,
                      .deep = true });
}

/* ---- cuts ------------------------------------------------------------------------------------------------------ */

typedef struct cut {
    int height, width, window, step, halo;
    bool wrap;
} cut;

/* Every pixel lies in one core, begins are multiples of the step, and windows go as far as the halo or the picture. */
static void check_cut(const cut *c, const sc_tiles *tiles)
{
    static int seen[40000];
    memset(seen, 0, sizeof seen);
    for (int i = 0; i < sc_tiles_count(tiles); i++) {
        sc_tile tile = sc_tiles_get(tiles, i);
        assert_int_equal(tile.core.top % c->step, 0);
        assert_int_equal(tile.core.left % c->step, 0);
        assert_true(tile.core.height > 0 && tile.core.width > 0);
        assert_true(tile.window.top <= tile.core.top && tile.window.left <= tile.core.left);
        bool reaches = tile.window.left + tile.window.width >= tile.core.left + tile.core.width + c->halo;
        assert_true(reaches || tile.window.left + tile.window.width == c->width);
        for (int y = tile.core.top; y < tile.core.top + tile.core.height; y++)
            for (int x = tile.core.left; x < tile.core.left + tile.core.width; x++)
                seen[y * c->width + x]++;
    }
    for (int i = 0; i < c->height * c->width; i++)
        assert_int_equal(seen[i], 1);
}

static double window_sum(const sc_tiles *tiles, double *largest)
{
    double sum = 0;
    *largest = 0;
    for (int i = 0; i < sc_tiles_count(tiles); i++) {
        sc_tile tile = sc_tiles_get(tiles, i);
        double pixels = (double)tile.window.height * tile.window.width;
        *largest = fmax(*largest, pixels);
        sum += pixels;
    }
    return sum;
}

/* No other number of rows and columns has windows as small and fewer pixels in all. */
static void cuts_are_the_best(void **state)
{
    (void)state;
    static const cut cuts[] = {
        { 157, 203, 130, 16, 30, false }, { 100, 7, 48, 16, 16, false }, { 33, 1000, 100, 32, 60, false },
        { 160, 208, 150, 16, 32, true },  { 31, 17, 0, 16, 16, true },   { 190, 200, 170, 16, 32, false },
    };
    for (size_t k = 0; k < sizeof cuts / sizeof *cuts; k++) {
        const cut *c = &cuts[k];
        double most = (double)c->window * c->window, largest, largest_other;
        sc_tiles tiles = sc_tiles_cut(c->height, c->width, most, c->step, c->halo, c->wrap);
        check_cut(c, &tiles);
        double sum = window_sum(&tiles, &largest);
        assert_true(!most || largest <= most);
        sc_tiles other = tiles;
        for (other.rows = 1; most && other.rows * SC_LEAST_TILE < c->height + c->step; other.rows++)
            for (other.columns = 1; other.columns * SC_LEAST_TILE < c->width + c->step; other.columns++)
                if (other.rows != tiles.rows || other.columns != tiles.columns)
                    assert_true(window_sum(&other, &largest_other) >= sum || largest_other > most);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_are_the_best), cmocka_unit_test(every_term), cmocka_unit_test(regions),
        cmocka_unit_test(what_repeats),      cmocka_unit_test(two_stages), cmocka_unit_test(joined_layers),
    };
    return cmocka_run_group_tests_name("tiling", tests, set_up, tear_down);
}
