/* SPDX-License-Identifier: MIT */
/* Guides: label masks taken apart; masks, protection and faces through the public API: what they do to the picture,
 * what is refused, and what recipes and checkpoints keep of them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "api/style.h"
#include "core/rng.h"
#include "loss/region.h"
#include "scumble/scumble.h"
#include "run/labels.h"

#include "options_fixture.h"
#include "paint_fixture.h"

enum { WIDTH = 48, HEIGHT = 40, PIXELS = WIDTH * HEIGHT };

/* ---- pictures -------------------------------------------------------------------------------------------------- */

static scumble *s;

static int open_context(void **state)
{
    (void)state;
    scumble_config config = { .size = sizeof config, .threads = 2, .data_dir = "test_guides.data" };
    return scumble_open(&s, &config);
}

static int close_context(void **state)
{
    (void)state;
    scumble_close(&s);
    return 0;
}

static scumble_image *make(int width, int height, const float *rgb, const float *alpha)
{
    scumble_image *image;
    if (scumble_image_create(s, width, height, rgb, alpha, &image))
        fail_msg("%s", scumble_error_text(s));
    return image;
}

/* Stripes whose width and colours depend on `kind`: 0 a soft photo, 1 fine and warm, 2 broad and cold. */
static scumble_image *picture(int width, int height, int kind)
{
    static const float colours[3][3] = { { 0.5f, 0.5f, 0.5f }, { 0.8f, 0.4f, 0.1f }, { 0.1f, 0.3f, 0.8f } };
    float *rgb = malloc((size_t)width * (size_t)height * 3 * sizeof *rgb);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            float wave = kind == 0 ? sinf(0.2f * (float)x) * cosf(0.15f * (float)y) :
                         kind == 1 ? sinf(1.6f * (float)(x + y)) :
                                     sinf(0.5f * (float)(x - 2 * y));
            for (int c = 0; c < 3; c++)
                rgb[(y * width + x) * 3 + c] = colours[kind][c] + 0.2f * wave;
        }
    scumble_image *image = make(width, height, rgb, NULL);
    free(rgb);
    return image;
}

/* left, right: the colours of the halves as 0xrrggbb. */
static scumble_image *halves(int width, int height, unsigned left, unsigned right)
{
    float *rgb = malloc((size_t)width * (size_t)height * 3 * sizeof *rgb);
    for (int i = 0; i < width * height; i++)
        for (int c = 0; c < 3; c++)
            rgb[3 * i + c] = (float)((i % width < width / 2 ? left : right) >> (16 - 8 * c) & 255) / 255;
    scumble_image *image = make(width, height, rgb, NULL);
    free(rgb);
    return image;
}

/* The columns [from, to) of a picture. */
static scumble_image *columns(const scumble_image *image, int from, int to)
{
    int width = scumble_image_width(image), height = scumble_image_height(image);
    float *rgb = malloc((size_t)(to - from) * (size_t)height * 3 * sizeof *rgb);
    for (int y = 0; y < height; y++)
        memcpy(rgb + (size_t)y * (size_t)(to - from) * 3,
               scumble_image_rgb(image) + ((size_t)y * (size_t)width + (size_t)from) * 3,
               (size_t)(to - from) * 3 * sizeof *rgb);
    scumble_image *part = make(to - from, height, rgb, NULL);
    free(rgb);
    return part;
}

static double mean_square(const scumble_image *a, const scumble_image *b)
{
    size_t count = (size_t)scumble_image_width(a) * (size_t)scumble_image_height(a) * 3;
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += pow(scumble_image_rgb(a)[i] - scumble_image_rgb(b)[i], 2);
    return sum / (double)count;
}

/* Between the Gram matrices, as scumble_inspect_gram shows them. */
static double gram_distance(const scumble_image *a, const scumble_image *b)
{
    scumble_image *first, *second;
    assert_int_equal(scumble_inspect_gram(s, "lite", a, "relu2_1", &first), 0);
    assert_int_equal(scumble_inspect_gram(s, "lite", b, "relu2_1", &second), 0);
    double distance = mean_square(first, second);
    scumble_image_free(&first);
    scumble_image_free(&second);
    return distance;
}

/* ---- transfers ------------------------------------------------------------------------------------------------- */

/* With features alone for the content, since structure ties the places of so small a picture to each other, and much
 * style. */
static const scumble_options *quick(int iterations)
{
    scumble_options *options = STYLE_OPTIONS("content-terms", "feature", "beta", "30", "scales", "1");
    put(options, "iterations", iterations);
    return options;
}

typedef struct scene {
    scumble_image *photo, *paintings[2];
    scumble_painting styles[2];
} scene;

static scene new_scene(void)
{
    scene new = { picture(WIDTH, HEIGHT, 0), { picture(44, 36, 1), picture(40, 48, 2) }, { { 0 } } };
    for (int i = 0; i < 2; i++)
        new.styles[i] = (scumble_painting){ .image = new.paintings[i], .weight = 1 };
    return new;
}

static void end_scene(scene *old)
{
    scumble_image_free(&old->photo);
    scumble_image_free(&old->paintings[0]);
    scumble_image_free(&old->paintings[1]);
}

static scumble_style *open_style(const scumble_painting *styles, int count, int iterations)
{
    const scumble_options *options = quick(iterations);
    scumble_style *style;
    if (scumble_style_open(s, styles, count, options, &style))
        fail_msg("%s", scumble_error_text(s));
    return style;
}

static scumble_image *paint(const scene *with, int count, int iterations, const scumble_guides *guides)
{
    scumble_style *style = open_style(with->styles, count, iterations);
    scumble_image *result = NULL;
    scumble_run *run;
    if (open_run(style, guides, with->photo, 0, 0, &run) || scumble_run_finish(run, NULL, NULL, &result))
        fail_msg("%s", scumble_error_text(s));
    scumble_run_close(&run);
    scumble_style_close(&style);
    return result;
}

static void assert_says(int code, int expected, const char *words)
{
    assert_int_equal(code, expected);
    if (!strstr(scumble_error_text(s), words))
        fail_msg("'%s' is not in '%s'", words, scumble_error_text(s));
}

static void assert_refused(int code, const char *words)
{
    assert_says(code, SCUMBLE_ERR_ARGUMENT, words);
}

/* Pictures that are good for themselves but do not go together. */
static void assert_unfit(int code, const char *words)
{
    assert_says(code, SCUMBLE_ERR_UNSUPPORTED, words);
}

/* ---- labels ---------------------------------------------------------------------------------------------------- */

/* Red, blue and purple bands and a black one, with noise as of JPEG, and edges one pixel wide whose colour is nearest
 * to purple, but which lie between red and blue. */
static void labels_are_found_in_spite_of_noise(void **state)
{
    (void)state;
    enum { SIDE = 80, BAND = SIDE / 4 };
    static const int bands[4][3] = { { 255, 0, 0 }, { 0, 0, 255 }, { 128, 0, 128 }, { 0, 0, 0 } };
    static float rgb[SIDE * SIDE * 3];
    static uint8_t map[SIDE * SIDE];
    sc_image mask = { .width = SIDE, .height = SIDE, .rgb = rgb };
    for (int i = 0; i < SIDE * SIDE; i++)
        for (int c = 0; c < 3; c++) {
            int value = i % SIDE == BAND ? (int[]){ 170, 0, 85 }[c] : bands[i % SIDE / BAND][c];
            rgb[3 * i + c] = (float)value / 255 + 0.04f * (2 * sc_random_uniform(1, (uint64_t)(3 * i + c)) - 1);
        }
    sc_error err;
    sc_labels labels;
    assert_int_equal(sc_labels_find(NULL, &labels, &mask, &err), 0);
    assert_int_equal(labels.count, 3);
    assert_int_equal(sc_labels_assign(NULL, &labels, &mask, map, &err), 0);
    int of[4] = { sc_labels_match(&labels, (uint8_t[]){ 255, 0, 0 }),
                  sc_labels_match(&labels, (uint8_t[]){ 0, 0, 255 }),
                  sc_labels_match(&labels, (uint8_t[]){ 128, 0, 128 }), labels.count };
    for (int i = 0; i < 3; i++)
        assert_true(of[i] >= 0 && of[i] != of[(i + 1) % 3]);
    assert_int_equal(sc_labels_match(&labels, (uint8_t[]){ 0, 255, 0 }), -1);
    assert_int_equal(sc_labels_match(&labels, (uint8_t[]){ 0, 0, 0 }), -1);
    for (int i = 0; i < SIDE * SIDE; i++)
        assert_int_equal(map[i], i % SIDE == BAND ? of[0] : of[i % SIDE / BAND]);
    assert_true(sc_labels_has_colour(NULL, &mask));
    for (int i = 0; i < SIDE * SIDE; i++)
        rgb[3 * i + 1] = rgb[3 * i + 2] = rgb[3 * i];
    assert_false(sc_labels_has_colour(NULL, &mask));
}

static void too_many_colours_are_no_labels(void **state)
{
    (void)state;
    enum { TILE = 6, ROW = 9, SIDE = TILE * ROW };
    static float rgb[SIDE * SIDE * 3];
    sc_image mask = { .width = SIDE, .height = SIDE, .rgb = rgb };
    for (int i = 0; i < SIDE * SIDE; i++) {
        int colour = i / SIDE / TILE * ROW + i % SIDE / TILE; /* 81 of them, 50 levels apart */
        rgb[3 * i] = (float)(colour % 5 * 50 + 55) / 255;
        rgb[3 * i + 1] = (float)(colour / 5 % 5 * 50) / 255;
        rgb[3 * i + 2] = (float)(colour / 25 * 50) / 255;
    }
    sc_error err;
    sc_labels labels;
    assert_int_equal(sc_labels_find(NULL, &labels, &mask, &err), SCUMBLE_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "more than 64 colours"));
}

/* A photograph of fine grain, say; but a black mask is one that paints nothing. */
static void without_flat_areas_there_are_no_labels(void **state)
{
    (void)state;
    enum { SIDE = 32 };
    static float rgb[SIDE * SIDE * 3];
    sc_image mask = { .width = SIDE, .height = SIDE, .rgb = rgb };
    sc_error err;
    sc_labels labels;
    assert_int_equal(sc_labels_find(NULL, &labels, &mask, &err), 0);
    assert_int_equal(labels.count, 0);
    for (int i = 0; i < SIDE * SIDE; i++)
        rgb[3 * i] = (float)((i + i / SIDE) % 2);
    assert_int_equal(sc_labels_find(NULL, &labels, &mask, &err), SCUMBLE_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "no flat colours"));
}

/* A pool that is cancelled ends each of them, and nothing is left. */
static void a_cancel_ends_masks_and_labels(void **state)
{
    (void)state;
    enum { SIDE = 64 };
    static float rgb[SIDE * SIDE * 3];
    static uint8_t map[SIDE * SIDE];
    sc_image mask = { .width = SIDE, .height = SIDE, .rgb = rgb };
    sc_error err;
    sc_threads *pool;
    sc_tensor region, small;
    sc_labels labels;
    assert_int_equal(sc_threads_create(&pool, 2, &err), 0);
    assert_int_equal(sc_region_from_image(pool, &region, &mask, SIDE, SIDE, &err), 0);
    assert_int_equal(sc_labels_find(pool, &labels, &mask, &err), 0);
    sc_threads_cancel(pool);
    assert_int_equal(sc_region_resize(pool, &small, &region, SIDE / 2, SIDE / 2, &err), SCUMBLE_ERR_CANCELLED);
    assert_null(small.data);
    assert_int_equal(sc_region_from_image(pool, &small, &mask, SIDE, SIDE, &err), SCUMBLE_ERR_CANCELLED);
    assert_null(small.data);
    assert_int_equal(sc_labels_find(pool, &labels, &mask, &err), SCUMBLE_ERR_CANCELLED);
    assert_int_equal(sc_labels_assign(pool, &labels, &mask, map, &err), SCUMBLE_ERR_CANCELLED);
    assert_int_equal(sc_labels_region(pool, &small, map, 0, SIDE, SIDE, &err), SCUMBLE_ERR_CANCELLED);
    assert_null(small.data);
    sc_tensor_free(&region);
    sc_threads_destroy(pool);
}

/* ---- what masks do --------------------------------------------------------------------------------------------- */

static void each_half_resembles_its_painting(void **state)
{
    (void)state;
    scene sc = new_scene();
    scumble_image *masks[2] = { halves(WIDTH, HEIGHT, 0xffffff, 0), halves(WIDTH, HEIGHT, 0, 0xffffff) };
    for (int swap = 0; swap < 2; swap++) {
        const scumble_image *order[2] = { masks[swap], masks[!swap] };
        scumble_image *result = paint(&sc, 2, 40, GUIDES(.masks = order, .mask_count = 2));
        for (int half = 0; half < 2; half++) {
            scumble_image *part = columns(result, half * WIDTH / 2, (half + 1) * WIDTH / 2);
            int own = half ^ swap;
            assert_true(gram_distance(part, sc.paintings[own]) < 0.7 * gram_distance(part, sc.paintings[!own]));
            scumble_image_free(&part);
        }
        scumble_image_free(&result);
    }
    scumble_image_free(&masks[0]);
    scumble_image_free(&masks[1]);
    end_scene(&sc);
}

static void what_no_mask_covers_stays(void **state)
{
    (void)state;
    scene sc = new_scene();
    scumble_image *left = halves(WIDTH, HEIGHT, 0xffffff, 0), *black = halves(WIDTH, HEIGHT, 0, 0);
    const scumble_image *only_left = left, *nowhere = black;
    scumble_image *result = paint(&sc, 1, 5, GUIDES(.masks = &only_left, .mask_count = 1));
    const float *photo = scumble_image_rgb(sc.photo), *painted = scumble_image_rgb(result);
    for (int y = 0; y < HEIGHT; y++) {
        const size_t row = (size_t)y * WIDTH * 3, half = WIDTH / 2 * 3;
        assert_memory_equal(painted + row + half, photo + row + half, half * sizeof *photo);
        assert_memory_not_equal(painted + row, photo + row, half * sizeof *photo);
    }
    scumble_image_free(&result);
    result = paint(&sc, 1, 3, GUIDES(.masks = &nowhere, .mask_count = 1));
    assert_memory_equal(scumble_image_rgb(result), photo, PIXELS * 3 * sizeof *photo);
    scumble_image_free(&result);
    scumble_image_free(&left);
    scumble_image_free(&black);
    end_scene(&sc);
}

static void a_style_that_goes_nowhere_leaves_no_trace(void **state)
{
    (void)state;
    scene sc = new_scene();
    scumble_image *left = halves(WIDTH, HEIGHT, 0xffffff, 0), *black = halves(WIDTH, HEIGHT, 0, 0);
    const scumble_image *masks[2] = { left, black };
    scumble_image *one = paint(&sc, 1, 6, GUIDES(.masks = masks, .mask_count = 1));
    scumble_image *two = paint(&sc, 2, 6, GUIDES(.masks = masks, .mask_count = 2));
    assert_memory_equal(scumble_image_rgb(one), scumble_image_rgb(two), PIXELS * 3 * sizeof(float));
    scumble_image_free(&one);
    scumble_image_free(&two);
    scumble_image_free(&left);
    scumble_image_free(&black);
    end_scene(&sc);
}

/* One painting given twice, both masks white, is that painting once: where masks overlap, a position counts once. */
static void overlapping_masks_share(void **state)
{
    (void)state;
    scene sc = new_scene();
    scumble_image *white = halves(WIDTH, HEIGHT, 0xffffff, 0xffffff);
    const scumble_image *masks[2] = { white, white };
    scumble_image *one = paint(&sc, 1, 3, GUIDES(.masks = masks, .mask_count = 1));
    scumble_image *unmasked = paint(&sc, 1, 3, NULL);
    sc.styles[1] = (scumble_painting){ .image = sc.paintings[0], .weight = 5 };
    scumble_image *twice = paint(&sc, 2, 3, GUIDES(.masks = masks, .mask_count = 2));
    assert_true(mean_square(one, twice) < 1e-8 * mean_square(one, sc.photo) + 1e-10);
    assert_true(mean_square(one, unmasked) < 1e-8 * mean_square(one, sc.photo) + 1e-10);
    scumble_image_free(&one);
    scumble_image_free(&twice);
    scumble_image_free(&unmasked);
    scumble_image_free(&white);
    end_scene(&sc);
}

/* Transparent is black; alpha weakens. */
static void alpha_counts(void **state)
{
    (void)state;
    scene sc = new_scene();
    static float white[PIXELS * 3], alpha[PIXELS];
    for (int i = 0; i < PIXELS; i++) {
        white[3 * i] = white[3 * i + 1] = white[3 * i + 2] = 1;
        alpha[i] = i % WIDTH < WIDTH / 2;
    }
    scumble_image *left = halves(WIDTH, HEIGHT, 0xffffff, 0), *transparent = make(WIDTH, HEIGHT, white, alpha);
    const scumble_image *first = left, *second = transparent;
    scumble_image *a = paint(&sc, 1, 3, GUIDES(.masks = &first, .mask_count = 1));
    scumble_image *b = paint(&sc, 1, 3, GUIDES(.masks = &second, .mask_count = 1));
    assert_memory_equal(scumble_image_rgb(a), scumble_image_rgb(b), PIXELS * 3 * sizeof(float));
    scumble_image_free(&a);
    scumble_image_free(&b);
    scumble_image_free(&left);
    scumble_image_free(&transparent);
    end_scene(&sc);
}

/* A painting of two halves, of which the mask leaves one, paints as that half does. */
static void style_masks_choose_a_part(void **state)
{
    (void)state;
    scene sc = new_scene();
    enum { HALF = 24 }; /* together as wide as the photo, lest they are made smaller */
    static float rgb[2 * HALF * HEIGHT * 3];
    scumble_image *warm = picture(HALF, HEIGHT, 1), *cold = picture(HALF, HEIGHT, 2);
    for (int y = 0; y < HEIGHT; y++)
        for (int half = 0; half < 2; half++)
            memcpy(rgb + (y * 2 + half) * HALF * 3, scumble_image_rgb(half ? cold : warm) + y * HALF * 3,
                   HALF * 3 * sizeof *rgb);
    scumble_image *both = make(2 * HALF, HEIGHT, rgb, NULL);
    for (int half = 0; half < 2; half++) {
        scumble_image *mask = halves(2 * HALF, HEIGHT, half ? 0 : 0xffffff, half ? 0xffffff : 0);
        sc.styles[0] = (scumble_painting){ .image = both, .weight = 1, .mask = mask };
        scumble_image *result = paint(&sc, 1, 40, NULL);
        double to_warm = gram_distance(result, warm), to_cold = gram_distance(result, cold);
        assert_true(half ? to_cold < 0.7 * to_warm : to_warm < 0.7 * to_cold);
        scumble_image_free(&result);
        scumble_image_free(&mask);
    }
    scumble_image_free(&warm);
    scumble_image_free(&cold);
    scumble_image_free(&both);
    end_scene(&sc);
}

/* Colours of one mask do what a grey mask for each does. */
static void labels_are_masks(void **state)
{
    (void)state;
    scene sc = new_scene();
    scumble_image *labels = halves(WIDTH, HEIGHT, 0xff0000, 0x0000ff), *red = halves(44, 36, 0xf80408, 0xff0000),
                  *blue = halves(40, 48, 0x0000ff, 0x0000ff);
    scumble_image *left = halves(WIDTH, HEIGHT, 0xffffff, 0), *right = halves(WIDTH, HEIGHT, 0, 0xffffff);
    const scumble_image *grey[2] = { left, right }, *one = labels;
    scumble_image *expected = paint(&sc, 2, 4, GUIDES(.masks = grey, .mask_count = 2));
    sc.styles[0].mask = red;
    sc.styles[1].mask = blue;
    scumble_image *result = paint(&sc, 2, 4, GUIDES(.masks = &one, .mask_count = 1));
    assert_true(mean_square(result, expected) < 1e-4 * mean_square(result, sc.photo));
    scumble_image_free(&result);
    /* One painting with two colours for its parts; black stays the photo. */
    scumble_image *parts = halves(44, 36, 0xff0000, 0x0000ff), *half = halves(WIDTH, HEIGHT, 0, 0x0000ff);
    sc.styles[0].mask = parts;
    one = half;
    result = paint(&sc, 1, 4, GUIDES(.masks = &one, .mask_count = 1));
    const float *photo = scumble_image_rgb(sc.photo), *painted = scumble_image_rgb(result);
    assert_memory_equal(painted, photo, WIDTH / 2 * 3 * sizeof *photo);
    assert_memory_not_equal(painted + WIDTH / 2 * 3, photo + WIDTH / 2 * 3, WIDTH / 2 * 3 * sizeof *photo);
    scumble_image *all[] = { result, expected, labels, red, blue, left, right, parts, half };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        scumble_image_free(&all[i]);
    end_scene(&sc);
}

static void what_is_protected_stays_closer(void **state)
{
    (void)state;
    scene sc = new_scene();
    scumble_image *mask = halves(WIDTH, HEIGHT, 0xffffff, 0);
    scumble_image *free_one = paint(&sc, 1, 30, NULL), *guarded = paint(&sc, 1, 30, GUIDES(.protect = mask));
    double change[2][2];
    for (int half = 0; half < 2; half++) {
        scumble_image *of[3] = { columns(sc.photo, half * WIDTH / 2, (half + 1) * WIDTH / 2),
                                 columns(free_one, half * WIDTH / 2, (half + 1) * WIDTH / 2),
                                 columns(guarded, half * WIDTH / 2, (half + 1) * WIDTH / 2) };
        change[half][0] = mean_square(of[0], of[1]);
        change[half][1] = mean_square(of[0], of[2]);
        for (int i = 0; i < 3; i++)
            scumble_image_free(&of[i]);
    }
    assert_true(change[0][1] < 0.95 * change[0][0] && change[0][1] > 0.02 * change[0][0]); /* closer, yet painted */
    assert_true(change[1][1] > 0.5 * change[1][0]); /* the rest is painted much as before */
    scumble_image_free(&free_one);
    scumble_image_free(&guarded);
    scumble_image_free(&mask);
    end_scene(&sc);
}

static void faces_are_looked_for(void **state)
{
    (void)state;
    scene sc = new_scene();
    scumble_image *mask;
    int count = -1, code = scumble_faces_mask(s, sc.photo, &mask, &count);
    assert_int_equal(count, 0);
    scumble_style *style = open_style(sc.styles, 1, 3);
    scumble_run *run;
    assert_int_equal(scumble_run_open(style, &run), 0);
    if (code == SCUMBLE_ERR_UNSUPPORTED) {
        assert_null(mask);
        assert_non_null(strstr(scumble_error_text(s), "no face detector"));
        assert_int_equal(scumble_run_guide(run, GUIDES(.faces = 1)), SCUMBLE_ERR_UNSUPPORTED);
        assert_non_null(strstr(scumble_error_text(s), "no face detector"));
    } else { /* no face: the picture is the one without guides */
        assert_int_equal(code, 0);
        assert_true(scumble_image_width(mask) == WIDTH && scumble_image_rgb(mask)[0] == 0);
        scumble_image *expected = paint(&sc, 1, 3, NULL), *result = paint(&sc, 1, 3, GUIDES(.faces = 1));
        assert_memory_equal(scumble_image_rgb(expected), scumble_image_rgb(result), PIXELS * 3 * sizeof(float));
        scumble_image_free(&expected);
        scumble_image_free(&result);
        scumble_image_free(&mask);
    }
    scumble_run_close(&run);
    scumble_style_close(&style);
    end_scene(&sc);
}

/* ---- refusals -------------------------------------------------------------------------------------------------- */

/* Of one shape, but for edges that were rounded to whole pixels. */
static void masks_of_another_size_fit(void **state)
{
    (void)state;
    assert_true(scumble_mask_fits(48, 32, 48, 32) && scumble_mask_fits(96, 64, 48, 32) &&
                scumble_mask_fits(24, 16, 48, 32));
    assert_true(scumble_mask_fits(401, 300, 4000, 3000) && scumble_mask_fits(1000, 667, 6000, 4000) &&
                scumble_mask_fits(6000, 4000, 100, 67));
    assert_false(scumble_mask_fits(404, 300, 4000, 3000) || scumble_mask_fits(32, 48, 48, 32) ||
                 scumble_mask_fits(44, 36, 48, 32));
    assert_false(scumble_mask_fits(0, 0, 0, 0) || scumble_mask_fits(-48, -32, 48, 32) ||
                 scumble_mask_fits(1, INT32_MAX, INT32_MAX, 1));
}

static void wrong_style_masks_are_refused(void **state)
{
    (void)state;
    scene sc = new_scene();
    scumble_image *small = halves(20, 20, 0xffffff, 0), *black = halves(44, 36, 0, 0);
    scumble_style *style;
    sc.styles[0].mask = small;
    assert_unfit(scumble_style_open(s, sc.styles, 2, NULL, &style), "20 x 20 pixels, but its painting is 44 x 36");
    assert_null(style);
    sc.styles[0].mask = black;
    assert_unfit(scumble_style_open(s, sc.styles, 2, NULL, &style), "black everywhere");
    scumble_image_free(&small);
    scumble_image_free(&black);
    end_scene(&sc);
}

static void wrong_guides_are_refused(void **state)
{
    (void)state;
    scene sc = new_scene();
    scumble_image *mask = halves(WIDTH, HEIGHT, 0xff0000, 0x00ff00), *other = halves(50, 40, 0xffffff, 0),
                  *red = halves(44, 36, 0xff0000, 0), *result;
    const scumble_image *masks[4] = { mask, mask, mask, mask }, *mixed[2] = { mask, other }, *none[2] = { mask, NULL };
    scumble_style *style = open_style(sc.styles, 2, 3);
    scumble_run *run;
    const scumble_estimate *estimate;
    assert_int_equal(scumble_run_open(style, &run), 0);
    assert_refused(scumble_run_guide(NULL, NULL), "");
    assert_refused(scumble_run_guide(run, GUIDES(.mask_count = 2)), "NULL");
    assert_refused(scumble_run_guide(run, GUIDES(.masks = none, .mask_count = 2)), "NULL");
    assert_refused(scumble_run_guide(run, GUIDES(.masks = masks, .mask_count = -1)), "negative");
    assert_refused(scumble_run_guide(run, GUIDES(.masks = masks, .mask_count = 1)), "1 mask for 2 styles");
    assert_refused(scumble_run_guide(run, GUIDES(.masks = masks, .mask_count = 3)), "3 masks for 2 styles");
    assert_unfit(scumble_run_guide(run, GUIDES(.masks = mixed, .mask_count = 2)), "mask 2 is 50 x 40");
    assert_unfit(scumble_run_guide(run, GUIDES(.masks = masks, .mask_count = 2, .protect = other)),
                 "the mask of protected areas is 50 x 40");
    assert_int_equal(scumble_run_guide(run, GUIDES(.protect = other)), 0);
    assert_unfit(scumble_run_content(run, sc.photo), "50 x 40 pixels, but the photo is 48 x 40");
    assert_unfit(scumble_run_estimate(run, WIDTH, HEIGHT, &estimate), "50 x 40 pixels, but the photo is 48 x 40");
    assert_null(estimate);
    assert_refused(scumble_run_texture(run, 64, 64), "takes no masks");
    /* What failed has changed nothing; NULL takes the guides away. */
    assert_refused(scumble_run_guide(run, GUIDES(.masks = masks, .mask_count = 3)), "3 masks");
    assert_unfit(scumble_run_content(run, sc.photo), "50 x 40 pixels");
    assert_int_equal(scumble_run_guide(run, NULL), 0);
    assert_int_equal(scumble_run_content(run, sc.photo), 0);
    assert_int_equal(scumble_run_finish(run, NULL, NULL, &result), 0);
    scumble_image_free(&result);
    scumble_run_close(&run);
    scumble_style_close(&style);
    sc.styles[0].mask = red;
    style = open_style(sc.styles, 2, 3);
    assert_int_equal(scumble_run_open(style, &run), 0);
    assert_unfit(scumble_run_guide(run, GUIDES(.masks = masks, .mask_count = 1)),
                 "no style mask has the colour #00ff00");
    scumble_run_close(&run);
    scumble_style_close(&style);
    scumble_image_free(&mask);
    scumble_image_free(&other);
    scumble_image_free(&red);
    end_scene(&sc);
}

static void estimates_count_regions(void **state)
{
    (void)state;
    enum { LARGE_WIDTH = 300, LARGE_HEIGHT = 200 };
    scene sc = new_scene();
    scumble_image *left = halves(LARGE_WIDTH, LARGE_HEIGHT, 0xffffff, 0),
                  *right = halves(LARGE_WIDTH, LARGE_HEIGHT, 0, 0xffffff);
    const scumble_image *masks[2] = { left, right };
    scumble_style *style = open_style(sc.styles, 2, 3);
    scumble_run *run;
    const scumble_estimate *with;
    sc_estimate without;
    assert_int_equal(scumble_run_open(style, &run), 0);
    assert_int_equal(scumble_run_guide(run, GUIDES(.masks = masks, .mask_count = 2)), 0);
    assert_int_equal(scumble_run_estimate(run, LARGE_WIDTH, LARGE_HEIGHT, &with), 0);
    sc_error err; /* guiding with NULL would also measure anew what the process holds */
    sc_subject unguided = { .width = LARGE_WIDTH, .height = LARGE_HEIGHT };
    assert_int_equal(sc_style_estimate(style->inner, &unguided, NULL, &without, &err), 0);
    assert_true(with->memory_bytes - without.memory_bytes >
                (int64_t)LARGE_WIDTH * LARGE_HEIGHT * 64 * (int64_t)sizeof(float)); /* relu1_1 weighted */
    scumble_run_close(&run);
    scumble_style_close(&style);
    scumble_image_free(&left);
    scumble_image_free(&right);
    end_scene(&sc);
}

/* ---- recipes and checkpoints ----------------------------------------------------------------------------------- */

static scumble_image *saved(scumble_image *image, const char *path)
{
    scumble_image *loaded;
    assert_int_equal(scumble_image_save(s, image, path, NULL), 0);
    assert_int_equal(scumble_image_load(s, path, &loaded), 0);
    scumble_image_free(&image);
    return loaded;
}

static void recipes_name_the_masks(void **state)
{
    (void)state;
    scene sc = new_scene();
    scumble_image *left = saved(halves(WIDTH, HEIGHT, 0xffffff, 0), "test_guides.left.png"),
                  *right = halves(WIDTH, HEIGHT, 0, 0xffffff);
    scumble_image *part = saved(halves(40, 48, 0xffffff, 0), "test_guides.part.png");
    const scumble_image *masks[2] = { left, right };
    sc.styles[1].mask = part;
    scumble_style *style = open_style(sc.styles, 2, 2);
    scumble_image *result;
    scumble_recipe_file file;
    char hex[65];
    scumble_run *run;
    assert_int_equal(open_run(style, GUIDES(.masks = masks, .mask_count = 2, .protect = left), sc.photo, 0, 0, &run),
                     0);
    assert_int_equal(scumble_run_finish(run, NULL, NULL, &result), 0);
    const char *json = scumble_run_recipe(run);
    assert_int_equal(scumble_file_sha256(s, "test_guides.left.png", hex), 0);
    assert_int_equal(scumble_recipe_guide(s, json, SCUMBLE_GUIDE_MASK, 0, &file), 0);
    assert_string_equal(file.path, "test_guides.left.png");
    assert_string_equal(file.sha256, hex);
    assert_int_equal(scumble_recipe_guide(s, json, SCUMBLE_GUIDE_PROTECT, 0, &file), 0);
    assert_string_equal(file.sha256, hex);
    assert_int_equal(scumble_recipe_guide(s, json, SCUMBLE_GUIDE_STYLE_MASK, 1, &file), 0);
    assert_string_equal(file.path, "test_guides.part.png");
    assert_int_equal(scumble_recipe_guide(s, json, SCUMBLE_GUIDE_MASK, 1, &file),
                     SCUMBLE_ERR_NOT_FOUND); /* not from a file */
    assert_true(!file.path && strlen(file.sha256) == 64);
    assert_int_equal(scumble_recipe_guide(s, json, SCUMBLE_GUIDE_MASK, 2, &file), SCUMBLE_ERR_NOT_FOUND);
    assert_int_equal(scumble_recipe_guide(s, json, SCUMBLE_GUIDE_MASK, -1, &file), SCUMBLE_ERR_NOT_FOUND);
    assert_int_equal(scumble_recipe_guide(s, json, SCUMBLE_GUIDE_STYLE_MASK, 0, &file), SCUMBLE_ERR_NOT_FOUND);
    assert_true(!file.path && !file.sha256);
    assert_int_equal(scumble_recipe_faces(json), 0);
    assert_int_equal(scumble_recipe_faces("{\"recipe\": 1, \"faces\": true}"), 1);
    assert_int_equal(scumble_recipe_faces(NULL), 0);
    scumble_run_close(&run);
    scumble_style_close(&style);
    scumble_image *all[] = { result, left, right, part };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        scumble_image_free(&all[i]);
    unlink("test_guides.left.png");
    unlink("test_guides.part.png");
    end_scene(&sc);
}

/* Stops the run, which is also its user, after 3 iterations. */
static int stop_with_checkpoint(const scumble_event *event, void *user)
{
    if (event->done != 3)
        return 0;
    assert_int_equal(scumble_run_save(user, "test_guides.checkpoint"), 0);
    return 1;
}

static void checkpoints_belong_to_their_guides(void **state)
{
    (void)state;
    scene sc = new_scene();
    scumble_image *left = halves(WIDTH, HEIGHT, 0xffffff, 0), *right = halves(WIDTH, HEIGHT, 0, 0xffffff), *result;
    const scumble_image *masks[2] = { left, right }, *swapped[2] = { right, left };
    const scumble_guides *guides = GUIDES(.masks = masks, .mask_count = 2, .protect = left);
    const scumble_guides *const wrong[] = { GUIDES(.masks = masks, .mask_count = 2),
                                            GUIDES(.masks = swapped, .mask_count = 2, .protect = left),
                                            GUIDES(.protect = left) };
    scumble_image *whole = paint(&sc, 2, 6, guides);
    scumble_style *style = open_style(sc.styles, 2, 6);
    scumble_run *run;
    assert_int_equal(open_run(style, guides, sc.photo, 0, 0, &run), 0);
    assert_int_equal(scumble_run_finish(run, stop_with_checkpoint, run, &result), SCUMBLE_ERR_CANCELLED);
    scumble_image_free(&result);
    scumble_run_close(&run);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_refused(paint_rest(style, wrong[i], sc.photo, "test_guides.checkpoint", &result), "another run");
    assert_int_equal(paint_rest(style, guides, sc.photo, "test_guides.checkpoint", &result), 0);
    assert_memory_equal(scumble_image_rgb(result), scumble_image_rgb(whole), PIXELS * 3 * sizeof(float));
    scumble_style_close(&style);
    scumble_image *all[] = { result, whole, left, right };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        scumble_image_free(&all[i]);
    unlink("test_guides.checkpoint");
    end_scene(&sc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_found_in_spite_of_noise),
        cmocka_unit_test(too_many_colours_are_no_labels),
        cmocka_unit_test(a_cancel_ends_masks_and_labels),
        cmocka_unit_test(without_flat_areas_there_are_no_labels),
        cmocka_unit_test(each_half_resembles_its_painting),
        cmocka_unit_test(what_no_mask_covers_stays),
        cmocka_unit_test(a_style_that_goes_nowhere_leaves_no_trace),
        cmocka_unit_test(overlapping_masks_share),
        cmocka_unit_test(alpha_counts),
        cmocka_unit_test(style_masks_choose_a_part),
        cmocka_unit_test(labels_are_masks),
        cmocka_unit_test(what_is_protected_stays_closer),
        cmocka_unit_test(faces_are_looked_for),
        cmocka_unit_test(masks_of_another_size_fit),
        cmocka_unit_test(wrong_style_masks_are_refused),
        cmocka_unit_test(wrong_guides_are_refused),
        cmocka_unit_test(estimates_count_regions),
        cmocka_unit_test(recipes_name_the_masks),
        cmocka_unit_test(checkpoints_belong_to_their_guides),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
