/* SPDX-License-Identifier: MIT */
/* Colours that are hidden behind alpha 0: how they are filled, that they never matter, and that what is transparent of
 * a painting is no style. The whole program is tests/cli/alpha.sh's part. */
#include "image_fixture.h"
#include "options_fixture.h"
#include "paint_fixture.h"
#include "scumble/scumble.h"
#include "train/crops.h"

static sc_error err;

/* A disc that can be seen, partly at its rim; `hidden` is the colour around it. */
static sc_image disc(int width, int height, float hidden)
{
    sc_image image = smooth(width, height, true);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            float from = hypotf((float)x - 0.5f * (float)width, (float)y - 0.4f * (float)height),
                  alpha = 0.3f * (float)width - from;
            int i = y * width + x;
            image.alpha[i] = alpha < 0 ? 0 : alpha > 1 ? 1 : alpha;
            for (int c = 0; c < 3 && image.alpha[i] == 0; c++)
                image.rgb[3 * i + c] = hidden;
        }
    return image;
}

static void test_fill(void **state)
{
    (void)state;
    static const int sizes[][2] = { { 1, 1 }, { 2, 1 }, { 1, 7 }, { 33, 20 }, { 64, 64 }, { 129, 65 } };
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        sc_image dark = disc(sizes[s][0], sizes[s][1], 0), light = disc(sizes[s][0], sizes[s][1], 1),
                 was = disc(sizes[s][0], sizes[s][1], 0);
        assert_int_equal(sc_image_fill_hidden(NULL, &dark, &err), 0);
        assert_int_equal(sc_image_fill_hidden(NULL, &light, &err), 0);
        assert_same(&dark, &light);
        for (int i = 0; i < was.width * was.height; i++)
            for (int c = 0; c < 3 && was.alpha[i] > 0; c++)
                assert_true(dark.rgb[3 * i + c] == was.rgb[3 * i + c]);
        sc_image_free(&dark), sc_image_free(&light), sc_image_free(&was);
    }
}

/* The fill has no colour that is not around it, and no step larger than the picture's own. */
static void test_fill_is_smooth(void **state)
{
    (void)state;
    sc_image image;
    assert_int_equal(sc_image_create(&image, 128, 96, true, &err), 0);
    for (int i = 0; i < 128 * 96; i++) {
        image.alpha[i] = i % 128 < 10 || i % 128 >= 118;
        for (int c = 0; c < 3; c++)
            image.rgb[3 * i + c] = i % 128 < 10 ? 0.25f : 0.75f;
    }
    assert_int_equal(sc_image_fill_hidden(NULL, &image, &err), 0);
    for (int y = 0; y < 96; y++)
        for (int x = 0; x < 127; x++) {
            const float *p = image.rgb + 3 * (y * 128 + x);
            assert_true(p[0] >= 0.25f && p[0] <= 0.75f);
            assert_true(fabsf(p[3] - p[0]) < 0.05f);
        }
    sc_image_free(&image);
}

static void test_nothing_to_see(void **state)
{
    (void)state;
    sc_image image = noise(9, 5, true, 8, 1);
    memset(image.alpha, 0, 45 * sizeof *image.alpha);
    assert_true(sc_image_is_invisible(&image) && !sc_image_is_opaque(&image));
    assert_int_equal(sc_image_fill_hidden(NULL, &image, &err), 0);
    for (int i = 0; i < 3 * 45; i++)
        assert_true(image.rgb[i] == 0.5f);
    sc_image_free(&image);
    image = noise(9, 5, false, 8, 1);
    assert_true(sc_image_is_opaque(&image) && !sc_image_is_invisible(&image));
    sc_image_free(&image);
}

static void test_resize(void **state)
{
    (void)state;
    static const int sizes[][2] = { { 64, 64 }, { 200, 150 }, { 31, 17 }, { 5, 3 } };
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        sc_image dark = disc(64, 64, 0), light = disc(64, 64, 1), a, b;
        assert_int_equal(sc_image_resize(NULL, &dark, sizes[s][0], sizes[s][1], &a, &err), 0);
        assert_int_equal(sc_image_resize(NULL, &light, sizes[s][0], sizes[s][1], &b, &err), 0);
        if (sizes[s][0] != 64) /* a copy is a copy */
            assert_same(&a, &b);
        sc_image_free(&dark), sc_image_free(&light), sc_image_free(&a), sc_image_free(&b);
    }
}

static void test_crops(void **state)
{
    (void)state;
    enum { EDGE = 32 };
    static float rgb[EDGE * EDGE * 3];
    sc_image painting;
    const double weight = 1;
    assert_int_equal(sc_image_create(&painting, 300, 200, true, &err),
                     0); /* black; red is what is hidden: three quarters */
    for (int i = 0; i < 300 * 200; i++) {
        painting.alpha[i] = i % 300 < 75;
        painting.rgb[3 * i] = i % 300 < 75 ? 0 : 1;
    }
    sc_crops *crops;
    assert_int_equal(sc_crops_create(&crops, &painting, &weight, 1, EDGE, 7, &err), 0);
    double red = 0;
    for (uint64_t k = 0; k < 50; k++) {
        assert_int_equal(sc_crops_take(crops, k, rgb, &err), 0);
        for (int i = 0; i < EDGE * EDGE; i++)
            red += rgb[3 * i] > 0.5f;
    }
    assert_true(red / (50.0 * EDGE * EDGE) < 0.1);
    sc_crops_free(crops);
    sc_image_free(&painting);
}

/* ---- the public interface ---- */

static scumble *s;
#define GOOD(call)                                            \
    do {                                                      \
        if (call)                                             \
            fail_msg("%s: %s", #call, scumble_error_text(s)); \
    } while (0)

static scumble_image *create(const sc_image *image, bool alpha)
{
    scumble_image *made;
    GOOD(scumble_image_create(s, image->width, image->height, image->rgb, alpha ? image->alpha : NULL, &made));
    return made;
}

static scumble_image *paint(const scumble_image *photo, const scumble_image *painting, const scumble_image *mask)
{
    /* the paintings keep their size */
    const scumble_options *options = STYLE_OPTIONS("size", "64", "iterations", "3", "scales", "1");
    scumble_painting given = { .image = painting, .weight = 1, .mask = mask };
    scumble_style *style;
    scumble_image *result;
    GOOD(scumble_style_open(s, &given, 1, options, &style));
    GOOD(paint_photo(style, photo, NULL, NULL, &result));
    scumble_style_close(&style);
    return result;
}

/* A cut-out is what the same picture without holes is with its alpha as a mask. */
static void test_no_style(void **state)
{
    (void)state;
    GOOD(scumble_open(&s, NULL));
    sc_image cut = disc(64, 64, 0), plain = smooth(64, 40, false), shape;
    assert_int_equal(sc_image_fill_hidden(NULL, &cut, &err), 0);
    assert_int_equal(sc_image_create(&shape, 64, 64, false, &err), 0);
    for (int i = 0; i < 3 * 64 * 64; i++)
        shape.rgb[i] = cut.alpha[i / 3] < 0.5f ? 0 : 1;
    for (int i = 0; i < 64 * 64; i++)
        cut.alpha[i] = shape.rgb[3 * i];
    scumble_image *photo = create(&plain, false), *clear = create(&cut, true), *filled, *mask = create(&shape, false);
    cut.alpha = memcpy(cut.alpha, scumble_image_alpha(clear), 64 * 64 * sizeof(float));
    memcpy(cut.rgb, scumble_image_rgb(clear), 3 * 64 * 64 * sizeof(float));
    filled = create(&cut, false);
    scumble_image *a = paint(photo, clear, NULL), *b = paint(photo, filled, mask), *c = paint(photo, filled, NULL);
    assert_memory_equal(scumble_image_rgb(a), scumble_image_rgb(b), 3 * 64 * 40 * sizeof(float));
    assert_memory_not_equal(scumble_image_rgb(a), scumble_image_rgb(c), 3 * 64 * 40 * sizeof(float));
    scumble_image_free(&photo), scumble_image_free(&clear), scumble_image_free(&filled), scumble_image_free(&mask);
    scumble_image_free(&a), scumble_image_free(&b), scumble_image_free(&c);
    sc_image_free(&cut), sc_image_free(&plain), sc_image_free(&shape);
    scumble_close(&s);
}

static void test_refused(void **state)
{
    (void)state;
    GOOD(scumble_open(&s, NULL));
    sc_image nothing = smooth(64, 64, true), shape = smooth(64, 64, false), half = smooth(64, 64, true);
    for (int i = 0; i < 64 * 64; i++) {
        nothing.alpha[i] = 0;
        half.alpha[i] = i % 64 < 32;
        for (int c = 0; c < 3; c++)
            shape.rgb[3 * i + c] = i % 64 >= 32;
    }
    scumble_image *a = create(&nothing, true), *b = create(&half, true), *mask = create(&shape, false);
    scumble_style *style;
    scumble_painting given = { .image = a, .weight = 1 };
    assert_int_equal(scumble_style_open(s, &given, 1, NULL, &style), SCUMBLE_ERR_UNSUPPORTED);
    assert_non_null(strstr(scumble_error_text(s), "painting 1 is wholly transparent"));
    given = (scumble_painting){ .image = b, .weight = 1, .mask = mask };
    assert_int_equal(scumble_style_open(s, &given, 1, NULL, &style), SCUMBLE_ERR_UNSUPPORTED);
    assert_non_null(strstr(scumble_error_text(s), "white only where its painting is transparent"));
    scumble_image *small; /* a mask of another size is fitted first */
    GOOD(scumble_image_resize(s, mask, 24, 24, &small));
    given.mask = small;
    assert_int_equal(scumble_style_open(s, &given, 1, NULL, &style), 0);
    scumble_style_close(&style);
    scumble_image_free(&small);
    scumble_image_free(&a), scumble_image_free(&b), scumble_image_free(&mask);
    sc_image_free(&nothing), sc_image_free(&shape), sc_image_free(&half);
    scumble_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fill),    cmocka_unit_test(test_fill_is_smooth), cmocka_unit_test(test_nothing_to_see),
        cmocka_unit_test(test_resize),  cmocka_unit_test(test_crops),          cmocka_unit_test(test_no_style),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
