/* SPDX-License-Identifier: MIT */
/* Exact tiling: losses and gradient of a picture that is looked at tile by tile are those of the picture looked at whole. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/backend.h"
#include "core/rng.h"
#include "style/region.h"
#include "style/targets.h"
#include "picture_fixture.h"

static sc_threads *pool;
static sc_encoder *lite;

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
    int width, height, tile_edge;
    bool wrap, masks, protect;
    double tolerance; /* of the gradient, as part of its norm; 0 = 1e-5 */
} setting;

/* Losses, gradient and, for terms with targets that follow the picture, the matches are those of one way to look. */
static void evaluate(const setting *s, int tile_edge, sc_losses *losses, float *gradient)
{
    sc_error err = { 0 };
    sc_objective_config config = {
        .encoder = lite, .backend = &sc_backend_cpu, .threads = pool, .alpha = 1, .beta = 3, .tv = 0.5, .seed = 7, .wrap = s->wrap, .tile_edge = tile_edge,
        .encoder_options = { .override_padding = true, .padding = s->wrap ? SC_PAD_CIRCULAR : SC_PAD_REPLICATE },
    };
    if ((*s->content && sc_terms_parse(&config.content, SC_ROLE_CONTENT, lite, s->content, "content-terms", s->layers, "content-layers", &err)) ||
        sc_terms_parse(&config.style, SC_ROLE_STYLE, lite, s->style, "style-terms", s->layers, "style-layers", &err))
        fail_msg("%s", err.text);
    sc_image photo = picture(s->width, s->height, 1, 0.2f), x = picture(s->width, s->height, 4, 0.9f);
    sc_image paintings[2] = { picture(s->width, s->height - 20, 2, 0.8f), picture(170, 210, 3, 1.7f) };
    sc_tensor masks[2] = { ramp(s->width, s->height, s->width / 2), ramp(s->width, s->height, s->width / 3) }, protect = ramp(s->width, s->height, 60);
    const sc_image *styles[2] = { &paintings[0], &paintings[1] };
    const sc_tensor *places[2] = { &masks[0], &masks[1] };
    sc_palette palette = { .styles = styles, .weights = (const double[]){ 0.6, 0.4 }, .count = 2, .style_scale = 1, .rotations = 1, .colour = SC_COLOUR_STYLE };
    sc_guides guides = { .masks = s->masks ? places : NULL, .protect = s->protect ? &protect : NULL };
    sc_scale scale = { s->width, s->height, 1 };
    sc_targets targets;
    sc_objective *objective;
    if (sc_targets_create(&targets, &config, &palette, *s->content ? &photo : NULL, &guides, &scale, &err) ||
        sc_objective_create(&objective, &config, s->height, s->width, &targets.all, &err))
        fail_msg("%s: %s", s->style, err.text);
    if (sc_objective_refreshes(objective))
        assert_int_equal(sc_objective_refresh(objective, x.rgb, 3, &err), 0);
    if (sc_objective_balance(objective, photo.rgb, &err) || sc_objective_evaluate(objective, x.rgb, gradient, losses, &err))
        fail_msg("%s: %s", s->style, err.text);
    sc_objective_free(objective);
    sc_targets_free(&targets);
    sc_palette_free(&palette);
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
    if (!(fabs(tiled - whole) <= 2e-6 * fabs(whole) + 1e-9))
        fail_msg("%s, %s: %s is %.9g by tiles, %.9g whole", s->style, s->content, what, tiled, whole);
}

static void check(const setting *s)
{
    size_t count = (size_t)s->width * (size_t)s->height * 3;
    float *gradients[2] = { malloc(count * sizeof(float)), malloc(count * sizeof(float)) };
    sc_losses losses[2];
    for (int tiled = 0; tiled < 2; tiled++)
        evaluate(s, tiled ? s->tile_edge : 0, &losses[tiled], gradients[tiled]);
    check_close(s, "the content loss", losses[0].content, losses[1].content);
    check_close(s, "the style loss", losses[0].style, losses[1].style);
    check_close(s, "the total variation", losses[0].tv, losses[1].tv);
    double difference = 0, norm = 0;
    for (size_t i = 0; i < count; i++) {
        difference += pow((double)gradients[1][i] - (double)gradients[0][i], 2);
        norm += pow((double)gradients[0][i], 2);
    }
    double tolerance = s->tolerance > 0 ? s->tolerance : 1e-5;
    if (!(difference <= tolerance * tolerance * norm) || !(norm > 0))
        fail_msg("%s, %s, %s%s%s: the gradient differs by %.2g of its norm", s->style, s->content, s->masks ? "masks " : "", s->protect ? "protect " : "",
                 s->wrap ? "wrap" : "", sqrt(difference / norm));
    free(gradients[0]);
    free(gradients[1]);
}

static const char *const styles[] = { "gram", "cross-gram", "w2", "sliced", "histogram", "neighbour", "nnfm", "w2,sliced:0.5,neighbour,nnfm" };
static const char *const contents[] = { "feature", "structure", "detail", "feature:0.5,structure,detail:0.1" };
enum { STYLES = sizeof styles / sizeof *styles, CONTENTS = sizeof contents / sizeof *contents };
static const char shallow[] = "relu1_1,relu2_1,relu3_1"; /* windows much smaller than the picture */

/* Sizes that no stride divides; tiles of several shapes. */
static void every_term(void **state)
{
    (void)state;
    for (int i = 0; i < STYLES; i++)
        check(&(setting){ contents[i % CONTENTS], styles[i], shallow, .width = 203, .height = 157, .tile_edge = 48 });
    check(&(setting){ contents[CONTENTS - 1], styles[STYLES - 1], shallow, .width = 157, .height = 203, .tile_edge = 64 });
}

static void regions(void **state)
{
    (void)state;
    for (int i = 0; i < STYLES; i++)
        check(&(setting){ contents[i % CONTENTS], styles[i], shallow, .width = 203, .height = 157, .tile_edge = 64, .masks = i % 2, .protect = true });
}

static void what_repeats(void **state)
{
    (void)state;
    for (int i = 0; i < STYLES; i++)
        check(&(setting){ i % 2 ? "" : contents[i % CONTENTS], styles[i], shallow, .width = 208, .height = 160, .tile_edge = 64, .wrap = true });
    check(&(setting){ "feature", "w2,nnfm", shallow, .width = 208, .height = 32, .tile_edge = 48, .wrap = true }); /* one row of tiles */
}

static void deep_layers(void **state)
{
    (void)state;
    check(&(setting){ "feature:0.5,structure", "w2:4,nnfm", "", .width = 333, .height = 281, .tile_edge = 96, .tolerance = 1e-4 }); /* 1.8e-5: roots of small eigenvalues */
    check(&(setting){ "feature", "gram", "", .width = 400, .height = 60, .tile_edge = 64 });
}

/* ---- cuts --------------------------------------------------------------------------------------------------------- */

/* Every pixel lies in one core, begins are multiples of the step, and windows go as far as the halo or the picture. */
static void cuts_cover_the_picture(void **state)
{
    (void)state;
    static const struct { int height, width, edge, step, halo; bool wrap; } cuts[] = {
        { 157, 203, 48, 16, 30, false }, { 100, 7, 16, 16, 16, false }, { 33, 1000, 100, 32, 70, false }, { 160, 208, 64, 16, 32, true }, { 31, 17, 0, 16, 16, true },
    };
    for (size_t k = 0; k < sizeof cuts / sizeof *cuts; k++) {
        sc_tiles tiles = sc_tiles_cut(cuts[k].height, cuts[k].width, cuts[k].edge, cuts[k].step, cuts[k].halo, cuts[k].wrap);
        static int seen[40000];
        memset(seen, 0, sizeof seen);
        for (int i = 0; i < sc_tiles_count(&tiles); i++) {
            sc_tile tile = sc_tiles_get(&tiles, i);
            assert_int_equal(tile.core.top % cuts[k].step, 0);
            assert_int_equal(tile.core.left % cuts[k].step, 0);
            assert_true(tile.core.height > 0 && tile.core.width > 0);
            assert_true(tile.window.top <= tile.core.top && tile.window.left <= tile.core.left);
            bool reaches = tile.window.left + tile.window.width >= tile.core.left + tile.core.width + cuts[k].halo;
            assert_true(reaches || tile.window.left + tile.window.width == cuts[k].width);
            for (int y = tile.core.top; y < tile.core.top + tile.core.height; y++)
                for (int x = tile.core.left; x < tile.core.left + tile.core.width; x++)
                    seen[y * cuts[k].width + x]++;
        }
        for (int i = 0; i < cuts[k].height * cuts[k].width; i++)
            assert_int_equal(seen[i], 1);
    }
}

static int open_all(void **state)
{
    (void)state;
    sc_error err;
    return sc_threads_create(&pool, 2, &err) || sc_encoder_create_lite(&lite, &err);
}

static int close_all(void **state)
{
    (void)state;
    sc_encoder_free(lite);
    sc_threads_destroy(pool);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_cover_the_picture), cmocka_unit_test(every_term), cmocka_unit_test(regions), cmocka_unit_test(what_repeats),
        cmocka_unit_test(deep_layers),
    };
    return cmocka_run_group_tests_name("tiling", tests, open_all, close_all);
}
