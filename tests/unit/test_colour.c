/* SPDX-License-Identifier: MIT */
/* Colour in OKLab: the conversion against published and double precision values, the guided filter against its
 * definition, moments that are asked for and reached, palettes, and pictures at the edge of sense (one pixel, one
 * colour, grey). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/rng.h"
#include "colour/colour.h"
#include "colour/guided_filter.h"
#include "colour/palette_swatches.h"
#include "colour/palette_transport.h"

static sc_threads *pool;
static sc_error err;

static int set_up(void **state)
{
    (void)state;
    return sc_media_init(&err) || sc_threads_create(&pool, 2, &err);
}

static int tear_down(void **state)
{
    (void)state;
    sc_threads_destroy(pool);
    return 0;
}

/* ---- pictures -------------------------------------------------------------------------------------------------- */

static size_t pixels(const sc_image *image)
{
    return (size_t)image->width * (size_t)image->height;
}

/* Soft blobs around `middle` in sRGB, `reach` far, with a little grain; every seed has other hues. */
static sc_image picture(int width, int height, uint64_t seed, float middle, float reach)
{
    sc_image image;
    assert_int_equal(sc_image_create(&image, width, height, false, &err), 0);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < 3; c++) {
                uint64_t index = ((uint64_t)y * (uint64_t)width + (uint64_t)x) * 3 + (uint64_t)c;
                float phase = 6 * sc_random_uniform(seed, (uint64_t)c),
                      pace = 0.04f + 0.06f * sc_random_uniform(seed, 10 + (uint64_t)c);
                float v = middle + reach * (sinf(pace * (float)x + phase) * cosf(0.07f * (float)y + 2 * phase) +
                                            0.05f * sc_random_normal(seed + 50, index));
                image.rgb[index] = fminf(1, fmaxf(0, v));
            }
    return image;
}

static sc_image flat(int width, int height, float r, float g, float b)
{
    sc_image image;
    assert_int_equal(sc_image_create(&image, width, height, false, &err), 0);
    for (size_t i = 0; i < pixels(&image); i++)
        memcpy(image.rgb + 3 * i, (float[]){ r, g, b }, 3 * sizeof(float));
    return image;
}

static sc_image copy(const sc_image *image)
{
    sc_image twin;
    assert_int_equal(sc_image_create(&twin, image->width, image->height, false, &err), 0);
    memcpy(twin.rgb, image->rgb, 3 * pixels(image) * sizeof(float));
    return twin;
}

/* Equal fields of flat colours (0xRRGGBB), side by side. */
static sc_image swatches_of(const uint32_t *colours, int count)
{
    sc_image image;
    assert_int_equal(sc_image_create(&image, 20 * count, 10, false, &err), 0);
    for (size_t i = 0; i < pixels(&image); i++) {
        uint32_t colour = colours[i % (size_t)image.width / 20];
        for (int c = 0; c < 3; c++)
            image.rgb[3 * i + (size_t)c] = (float)(colour >> (16 - 8 * c) & 255) / 255;
    }
    return image;
}

static sc_lab lab_of(const sc_image *image)
{
    sc_lab lab;
    assert_int_equal(sc_lab_from_image(pool, image, &lab, &err), 0);
    return lab;
}

static sc_colour_moments moments_of(const sc_image *image)
{
    sc_colour_moments m;
    assert_int_equal(sc_colour_measure(pool, image, &m, &err), 0);
    return m;
}

static void assert_valid(const sc_image *image)
{
    for (size_t i = 0; i < 3 * pixels(image); i++)
        assert_true(image->rgb[i] >= 0 && image->rgb[i] <= 1); /* false for NaN */
}

/* ---- conversion ------------------------------------------------------------------------------------------------ */

/* Straight from the definitions, in double. */
static void reference_lab(const float rgb[3], double lab[3])
{
    static const double to_cone[3][3] = { { 0.4122214708, 0.5363325363, 0.0514459929 },
                                          { 0.2119034982, 0.6806995451, 0.1073969566 },
                                          { 0.0883024619, 0.2817188376, 0.6299787005 } };
    static const double to_lab[3][3] = { { 0.2104542553, 0.7936177850, -0.0040720468 },
                                         { 1.9779984951, -2.4285922050, 0.4505937099 },
                                         { 0.0259040371, 0.7827717662, -0.8086757660 } };
    double cone[3] = { 0 };
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++)
            cone[i] += to_cone[i][j] * (rgb[j] <= 0.04045f ? rgb[j] / 12.92 : pow((rgb[j] + 0.055) / 1.055, 2.4));
        cone[i] = cbrt(cone[i]);
    }
    for (int i = 0; i < 3; i++)
        lab[i] = to_lab[i][0] * cone[0] + to_lab[i][1] * cone[1] + to_lab[i][2] * cone[2];
}

static void published_values(void **state)
{
    (void)state;
    /* CSS Color 4 and its tests: oklab() of named colours, to five places. */
    static const struct {
        float rgb[3], lab[3];
    } known[] = {
        { { 1, 0, 0 }, { 0.62796f, 0.22486f, 0.12585f } },
        { { 0, 1, 0 }, { 0.86644f, -0.23389f, 0.17950f } },
        { { 0, 0, 1 }, { 0.45201f, -0.03246f, -0.31153f } },
        { { 1, 1, 1 }, { 1, 0, 0 } },
        { { 0, 0, 0 }, { 0, 0, 0 } },
        { { 0, 128 / 255.0f, 0 }, { 0.51975f, -0.14030f, 0.10768f } },
    };
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        float lab[3];
        sc_oklab_from_srgb(known[k].rgb, lab);
        for (int c = 0; c < 3; c++)
            assert_true(fabsf(lab[c] - known[k].lab[c]) < 2e-5f);
    }
}

static void round_trip(void **state)
{
    (void)state;
    double error = 0;
    /* All of a 33^3 grid, and near black, where the curve's straight part is. */
    for (int i = 0; i < 33 * 33 * 33; i++) {
        float scale = i % 7 ? 1 / 32.0f : 1 / 600.0f;
        float rgb[3] = { scale * (float)(i % 33), scale * (float)(i / 33 % 33), scale * (float)(i / 1089) }, lab[3],
              back[3];
        double exact[3];
        sc_oklab_from_srgb(rgb, lab);
        reference_lab(rgb, exact);
        sc_oklab_to_srgb(lab, back);
        for (int c = 0; c < 3; c++) {
            assert_true(fabs(lab[c] - exact[c]) < 1e-6);
            /* A channel near 0 beside bright ones is what float leaves of their difference: the worst case. */
            assert_true(fabsf(back[c] - rgb[c]) < 3e-5f);
            error += fabsf(back[c] - rgb[c]) / (3 * 33 * 33 * 33);
        }
    }
    assert_true(error < 2e-6);
}

static void bad_values_are_clamped(void **state)
{
    (void)state;
    float lab[3], rgb[3];
    sc_oklab_from_srgb((float[]){ NAN, -3, 7 }, lab);
    sc_oklab_to_srgb(lab, rgb);
    assert_true(fabsf(rgb[0]) < 1e-4f && fabsf(rgb[1]) < 1e-4f && fabsf(rgb[2] - 1) < 1e-4f);
    sc_oklab_to_srgb((float[]){ 1.7f, 0.1f, 0.2f }, rgb);
    assert_true(rgb[0] > 0.999f && rgb[1] > 0.999f && rgb[2] > 0.999f);
    sc_oklab_to_srgb((float[]){ -0.5f, 0.1f, 0.2f }, rgb);
    assert_true(rgb[0] < 1e-3f && rgb[1] < 1e-3f && rgb[2] < 1e-3f);
}

/* Outside sRGB: lightness and hue stay, chroma shrinks, and no further than it must. */
static void gamut(void **state)
{
    (void)state;
    int outside = 0;
    for (uint64_t k = 0; k < 5000; k++) {
        float l = 0.05f + 0.9f * sc_random_uniform(3, 3 * k), angle = 6.2831853f * sc_random_uniform(3, 3 * k + 1);
        float chroma = 0.5f * sc_random_uniform(3, 3 * k + 2), a = chroma * cosf(angle), b = chroma * sinf(angle),
              rgb[3], back[3];
        sc_oklab_to_srgb((float[]){ l, a, b }, rgb);
        assert_true(rgb[0] >= 0 && rgb[1] >= 0 && rgb[2] >= 0 && rgb[0] <= 1 && rgb[1] <= 1 && rgb[2] <= 1);
        sc_oklab_from_srgb(rgb, back);
        assert_true(fabsf(back[0] - l) < 2e-4f);
        assert_true(fabsf(back[1] * b - back[2] * a) < 2e-3f * chroma);
        float kept = hypotf(back[1], back[2]);
        assert_true(kept < chroma + 1e-4f);
        if (kept < 0.98f * chroma) {
            outside++;
            float edge = fminf(fminf(rgb[0], fminf(rgb[1], rgb[2])), 1 - fmaxf(rgb[0], fmaxf(rgb[1], rgb[2])));
            assert_true(edge < 5e-3f); /* at the border of sRGB */
        }
    }
    assert_true(outside > 1000);
}

/* ---- guided filter --------------------------------------------------------------------------------------------- */

/* Where window (x, y) + (dx, dy) reads, or -1. */
static int at(int x, int y, int width, int height, bool wrap)
{
    if (wrap)
        return (y + height) % height * width + (x + width) % width;
    return x < 0 || y < 0 || x >= width || y >= height ? -1 : y * width + x;
}

static double window_mean(const double *p, int x, int y, int width, int height, int radius, bool wrap)
{
    double sum = 0;
    int count = 0;
    for (int dy = -radius; dy <= radius; dy++)
        for (int dx = -radius; dx <= radius; dx++) {
            int i = at(x + dx, y + dy, width, height, wrap);
            sum += i < 0 ? 0 : p[i];
            count += i >= 0;
        }
    return sum / count;
}

static void guided_by_definition(const float *guide, const float *plane, double *out, int width, int height, int radius,
                                 double eps, bool wrap)
{
    double p[4][400], slope[400], offset[400];
    for (int i = 0; i < width * height; i++) {
        p[0][i] = guide[i], p[1][i] = plane[i];
        p[2][i] = (double)guide[i] * guide[i], p[3][i] = (double)guide[i] * plane[i];
    }
    for (int i = 0; i < width * height; i++) {
        double m[4];
        for (int k = 0; k < 4; k++)
            m[k] = window_mean(p[k], i % width, i / width, width, height, radius, wrap);
        slope[i] = (m[3] - m[0] * m[1]) / (m[2] - m[0] * m[0] + eps);
        offset[i] = m[1] - slope[i] * m[0];
    }
    for (int i = 0; i < width * height; i++)
        out[i] = window_mean(slope, i % width, i / width, width, height, radius, wrap) * guide[i] +
                 window_mean(offset, i % width, i / width, width, height, radius, wrap);
}

static void guided_filter(void **state)
{
    (void)state;
    enum { W = 20, H = 17 };
    float guide[W * H], plane[W * H];
    double expected[W * H];
    for (int wrap = 0; wrap < 2; wrap++)
        for (int radius = 1; radius < 6; radius++) {
            for (int i = 0; i < W * H; i++) {
                guide[i] = sc_random_uniform(1, (uint64_t)i) + (i % W > 10);
                plane[i] = sc_random_uniform(2, (uint64_t)i) - (i % W > 10);
            }
            guided_by_definition(guide, plane, expected, W, H, radius, 0.01, wrap);
            float *planes[] = { plane };
            assert_int_equal(sc_guided_filter(pool, guide, planes, 1, W, H, radius, 0.01f, wrap, &err), 0);
            for (int i = 0; i < W * H; i++)
                assert_true(fabs(plane[i] - expected[i]) < 1e-4);
        }
}

/* Noise goes, the border that the guide has stays sharp, and one that it lacks does not. */
static void smoothing_keeps_edges(void **state)
{
    (void)state;
    sc_lab lab;
    assert_int_equal(sc_lab_create(&lab, 64, 64, &err), 0);
    for (int i = 0; i < 64 * 64; i++) {
        lab.plane[0][i] = i % 64 < 32 ? 0.3f : 0.7f;
        lab.plane[1][i] = (i % 64 < 32 ? -0.1f : 0.1f) + 0.02f * sc_random_normal(4, (uint64_t)i);
        lab.plane[2][i] = i / 64 < 32 ? -0.1f : 0.1f;
    }
    assert_int_equal(sc_colour_smooth(pool, &lab, lab.plane + 1, 2, false, &err), 0);
    const float *a = lab.plane[1] + 20 * 64, *b = lab.plane[2] + 8;
    assert_true(a[33] - a[30] > 0.17f);
    assert_true(fabsf(a[20] + 0.1f) < 0.02f && fabsf(a[50] - 0.1f) < 0.02f);
    assert_true(b[32 * 64] - b[31 * 64] < 0.1f);
    sc_lab_free(&lab);
}

/* ---- moments --------------------------------------------------------------------------------------------------- */

static void measured_moments(void **state)
{
    (void)state;
    sc_image image = picture(90, 70, 1, 0.5f, 0.3f);
    sc_colour_moments m = moments_of(&image);
    double count = (double)pixels(&image), mean[3] = { 0 }, lab[3];
    for (size_t i = 0; i < pixels(&image); i++) {
        reference_lab(image.rgb + 3 * i, lab);
        for (int c = 0; c < 3; c++)
            mean[c] += lab[c] / count;
    }
    double covariance[3][3] = { { 0 } };
    for (size_t i = 0; i < pixels(&image); i++) {
        reference_lab(image.rgb + 3 * i, lab);
        for (int a = 0; a < 9; a++)
            covariance[a / 3][a % 3] += (lab[a / 3] - mean[a / 3]) * (lab[a % 3] - mean[a % 3]) / count;
    }
    for (int a = 0; a < 9; a++)
        assert_true(fabs(covariance[a / 3][a % 3] - m.covariance[a / 3][a % 3]) < 1e-6);
    sc_lab planes = lab_of(&image);
    for (int c = 0; c < 3; c++) {
        assert_true(fabs(mean[c] - m.mean[c]) < 1e-6);
        size_t below = 0, above = 0;
        for (size_t i = 0; i < pixels(&image); i++) {
            below += planes.plane[c][i] < m.low[c];
            above += planes.plane[c][i] > m.high[c];
        }
        assert_true(below <= 3 && above <= 3 && m.high[c] > m.low[c]); /* 0.05 % of 6300 */
    }
    sc_lab_free(&planes);
    sc_image_free(&image);
}

/* Two pictures seen as one: weights 3 : 1 are the moments of three copies beside one of the other. */
static void pooled_moments(void **state)
{
    (void)state;
    sc_image one = picture(40, 30, 1, 0.5f, 0.3f), other = picture(40, 30, 2, 0.4f, 0.2f), all;
    assert_int_equal(sc_image_create(&all, 40, 120, false, &err), 0);
    for (int k = 0; k < 4; k++)
        memcpy(all.rgb + (size_t)k * 3600, k < 3 ? one.rgb : other.rgb, 3600 * sizeof(float));
    sc_colour_moments each[2] = { moments_of(&one), moments_of(&other) }, expected = moments_of(&all), pooled;
    sc_colour_pool(&pooled, each, (double[]){ 6, 2 }, 2);
    for (int a = 0; a < 3; a++) {
        assert_true(fabs(pooled.mean[a] - expected.mean[a]) < 1e-6);
        assert_true(pooled.low[a] == fmin(each[0].low[a], each[1].low[a]) &&
                    pooled.high[a] == fmax(each[0].high[a], each[1].high[a]));
        for (int b = 0; b < 3; b++)
            assert_true(fabs(pooled.covariance[a][b] - expected.covariance[a][b]) < 1e-6);
    }
    sc_colour_pool(&pooled, each, (double[]){ 0, 2 }, 2);
    assert_true(fabs(pooled.mean[0] - each[1].mean[0]) < 1e-12 && pooled.high[1] == each[1].high[1]);
    sc_image_free(&one);
    sc_image_free(&other);
    sc_image_free(&all);
}

static void assert_near_moments(const sc_colour_moments *a, const sc_colour_moments *b, int first, double mean,
                                double covariance)
{
    for (int i = first; i < 3; i++) {
        assert_true(fabs(a->mean[i] - b->mean[i]) < mean);
        for (int j = first; j < 3; j++)
            assert_true(fabs(a->covariance[i][j] - b->covariance[i][j]) < covariance);
    }
}

static void moments_reached(void **state)
{
    (void)state;
    sc_image painting = picture(80, 60, 1, 0.5f, 0.3f), photo = picture(70, 50, 2, 0.5f, 0.15f);
    sc_colour_moments target = moments_of(&photo), before = moments_of(&painting);
    assert_true(fabs(before.covariance[0][0] - target.covariance[0][0]) > 1e-3);
    assert_int_equal(sc_colour_match_moments(pool, &painting, &target, &err), 0);
    sc_colour_moments after = moments_of(&painting);
    assert_near_moments(&after, &target, 0, 2e-3, 2e-4);
    /* A picture that has the moments stays. */
    sc_image twin = copy(&photo);
    assert_int_equal(sc_colour_match_moments(pool, &twin, &target, &err), 0);
    for (size_t i = 0; i < 3 * pixels(&twin); i++)
        assert_true(fabsf(twin.rgb[i] - photo.rgb[i]) < 1e-4f);
    sc_image_free(&twin);
    sc_image_free(&painting);
    sc_image_free(&photo);
}

/* ---- match ----------------------------------------------------------------------------------------------------- */

static void match_takes_hues_of_photo(void **state)
{
    (void)state;
    sc_image result = picture(96, 80, 1, 0.5f, 0.25f), photo = picture(96, 80, 2, 0.5f, 0.2f),
             painting = picture(60, 60, 3, 0.5f, 0.12f), before = copy(&result);
    sc_colour_moments target = moments_of(&painting);
    assert_int_equal(sc_colour_match_chroma(pool, &result, &photo, &target, false, &err), 0);
    sc_lab lab = lab_of(&result), old = lab_of(&before), hues = lab_of(&photo);
    sc_colour_moments after = moments_of(&result), own = moments_of(&photo);
    assert_near_moments(&after, &target, 1, 5e-3, 3e-4);
    double agreement = 0, from = 0, to = 0;
    for (size_t i = 0; i < sc_lab_count(&lab); i++) {
        float expected = fminf(fmaxf(old.plane[0][i], (float)target.low[0]), (float)target.high[0]);
        assert_true(fabsf(lab.plane[0][i] - expected) < 1e-3f);
        for (int c = 1; c < 3; c++) {
            assert_true(lab.plane[c][i] > target.low[c] - 2e-3 && lab.plane[c][i] < target.high[c] + 2e-3);
            double x = hues.plane[c][i] - own.mean[c], y = lab.plane[c][i] - after.mean[c];
            agreement += x * y, from += x * x, to += y * y;
        }
    }
    assert_true(agreement / sqrt(from * to) > 0.8); /* the Monge map turns hues as little as it can */
    sc_lab_free(&lab);
    sc_lab_free(&old);
    sc_lab_free(&hues);
    sc_image_free(&result);
    sc_image_free(&photo);
    sc_image_free(&painting);
    sc_image_free(&before);
}

static void match_with_grey(void **state)
{
    (void)state;
    sc_image result = picture(64, 48, 1, 0.5f, 0.2f), photo = picture(64, 48, 2, 0.5f, 0.2f),
             painting = picture(40, 40, 3, 0.6f, 0.2f);
    sc_image colourful = copy(&result), painting_grey = copy(&painting), photo_grey = copy(&photo);
    assert_int_equal(sc_colour_to_lightness(pool, &painting_grey, &err), 0);
    assert_int_equal(sc_colour_to_lightness(pool, &photo_grey, &err), 0);
    /* An engraving: the result becomes grey, with the engraving's tones. */
    sc_colour_moments target = moments_of(&painting_grey);
    assert_int_equal(sc_colour_match_chroma(pool, &result, &photo, &target, false, &err), 0);
    sc_colour_moments after = moments_of(&result);
    assert_near_moments(&after, &target, 0, 5e-3, 1e-3);
    assert_true(sqrt(after.covariance[1][1] + after.covariance[2][2]) < 0.008);
    /* A black and white photo: the hues are the result's own. */
    target = moments_of(&painting);
    assert_int_equal(sc_colour_match_chroma(pool, &colourful, &photo_grey, &target, false, &err), 0);
    after = moments_of(&colourful);
    assert_near_moments(&after, &target, 1, 1e-2, 1e-3);
    assert_true(after.covariance[1][1] > 0.5 * target.covariance[1][1]);
    sc_image_free(&result);
    sc_image_free(&colourful);
    sc_image_free(&photo);
    sc_image_free(&photo_grey);
    sc_image_free(&painting);
    sc_image_free(&painting_grey);
}

/* ---- luminance ------------------------------------------------------------------------------------------------- */

static void lightness_and_back(void **state)
{
    (void)state;
    sc_image photo = picture(70, 50, 1, 0.5f, 0.3f), grey = copy(&photo), painting = picture(50, 50, 2, 0.4f, 0.15f);
    assert_int_equal(sc_colour_to_lightness(pool, &grey, &err), 0);
    sc_lab colour = lab_of(&photo), plain = lab_of(&grey);
    for (size_t i = 0; i < pixels(&grey); i++) {
        const float *p = grey.rgb + 3 * i;
        assert_true(fabsf(p[0] - p[1]) < 2e-6f && fabsf(p[1] - p[2]) < 2e-6f);
        assert_true(fabsf(plain.plane[0][i] - colour.plane[0][i]) < 1e-5f);
    }
    /* Its own chroma gives the photo back. */
    assert_int_equal(sc_colour_take_chroma(pool, &grey, &photo, &err), 0);
    for (size_t i = 0; i < 3 * pixels(&grey); i++)
        assert_true(fabsf(grey.rgb[i] - photo.rgb[i]) < 5e-5f);
    sc_colour_moments target = moments_of(&photo);
    assert_int_equal(sc_colour_to_lightness(pool, &painting, &err), 0);
    assert_int_equal(sc_colour_match_lightness(pool, &painting, &target, &err), 0);
    sc_colour_moments after = moments_of(&painting);
    assert_true(fabs(after.mean[0] - target.mean[0]) < 3e-3 &&
                fabs(sqrt(after.covariance[0][0] / target.covariance[0][0]) - 1) < 0.03);
    assert_true(fabs(after.mean[1]) < 1e-4 && after.covariance[1][1] < 1e-8);
    sc_lab_free(&colour);
    sc_lab_free(&plain);
    sc_image_free(&photo);
    sc_image_free(&grey);
    sc_image_free(&painting);
}

/* Another lightness with the photo's chroma: lightness to the letter, chroma where sRGB has it. */
static void chroma_comes_back(void **state)
{
    (void)state;
    sc_image photo = picture(60, 40, 1, 0.5f, 0.5f), result = picture(60, 40, 2, 0.5f, 0.4f);
    assert_int_equal(sc_colour_to_lightness(pool, &result, &err), 0);
    sc_lab lightness = lab_of(&result), hues = lab_of(&photo);
    assert_int_equal(sc_colour_take_chroma(pool, &result, &photo, &err), 0);
    sc_lab lab = lab_of(&result);
    for (size_t i = 0; i < pixels(&result); i++) {
        float a = hues.plane[1][i], b = hues.plane[2][i], x = lab.plane[1][i], y = lab.plane[2][i];
        assert_true(fabsf(lab.plane[0][i] - lightness.plane[0][i]) < 1e-3f);
        assert_true(fabsf(a * y - b * x) < 2e-3f && a * x + b * y > -1e-4f && hypotf(x, y) < hypotf(a, b) + 1e-3f);
    }
    sc_lab_free(&lightness);
    sc_lab_free(&hues);
    sc_lab_free(&lab);
    sc_image_free(&photo);
    sc_image_free(&result);
}

/* ---- palettes -------------------------------------------------------------------------------------------------- */

/* Mean distance of a picture's colours to the nearest point of the segments between any two of the colours of a
 * palette. */
static double distance_to_blends(const sc_image *image, const uint32_t *colours, int count)
{
    sc_image swatches = swatches_of(colours, count);
    sc_lab lab = lab_of(image), s = lab_of(&swatches);
    double sum = 0;
    for (size_t i = 0; i < sc_lab_count(&lab); i++) {
        double best = 1e9;
        for (int k = 0; k < count; k++)
            for (int l = 0; l <= k; l++) {
                double along = 0, length = 1e-12, d[3], e[3], distance = 0;
                for (int c = 0; c < 3; c++) {
                    d[c] = lab.plane[c][i] - s.plane[c][20 * k], e[c] = s.plane[c][20 * l] - s.plane[c][20 * k];
                    along += d[c] * e[c], length += e[c] * e[c];
                }
                double t = fmin(1, fmax(0, along / length));
                for (int c = 0; c < 3; c++)
                    distance += (d[c] - t * e[c]) * (d[c] - t * e[c]);
                best = fmin(best, sqrt(distance));
            }
        sum += best / (double)sc_lab_count(&lab);
    }
    sc_lab_free(&lab);
    sc_lab_free(&s);
    sc_image_free(&swatches);
    return sum;
}

static double correlation(const float *x, const float *y, size_t count)
{
    double sx = 0, sy = 0, xx = 0, yy = 0, xy = 0, n = (double)count;
    for (size_t i = 0; i < count; i++) {
        sx += x[i] / n, sy += y[i] / n;
        xx += (double)x[i] * x[i] / n, yy += (double)y[i] * y[i] / n, xy += (double)x[i] * y[i] / n;
    }
    return (xy - sx * sy) / sqrt((xx - sx * sx) * (yy - sy * sy));
}

static double lightness_agreement(const sc_image *a, const sc_image *b)
{
    sc_lab x = lab_of(a), y = lab_of(b);
    double r = correlation(x.plane[0], y.plane[0], sc_lab_count(&x));
    sc_lab_free(&x);
    sc_lab_free(&y);
    return r;
}

static void swatches_found(void **state)
{
    (void)state;
    static const uint32_t colours[] = { 0x0b1f3a, 0xe63946, 0xf1faee, 0xa8dadc, 0x457b9d };
    sc_image palette = swatches_of(colours, 5), painting = picture(80, 60, 1, 0.5f, 0.4f);
    for (size_t i = 0; i < 3 * pixels(&palette); i++) /* as JPEG leaves them */
        palette.rgb[i] = fminf(1, fmaxf(0, palette.rgb[i] + 0.004f * sc_random_normal(1, i)));
    sc_lab lab = lab_of(&palette), rich = lab_of(&painting);
    sc_swatches found;
    assert_true(sc_swatches_find(&found, &lab));
    assert_int_equal(found.count, 5);
    for (int k = 0; k < 5; k++) {
        assert_true(fabs(found.share[k] - 0.2) < 0.01);
        double nearest = 1;
        for (int l = 0; l < 5; l++) {
            float rgb[3], x[3];
            for (int c = 0; c < 3; c++)
                rgb[c] = (float)(colours[l] >> (16 - 8 * c) & 255) / 255;
            sc_oklab_from_srgb(rgb, x);
            nearest = fmin(
                nearest, hypot(hypot(x[0] - found.colour[k][0], x[1] - found.colour[k][1]), x[2] - found.colour[k][2]));
        }
        assert_true(nearest < 0.01);
    }
    assert_false(sc_swatches_find(&found, &rich));
    sc_lab_free(&lab);
    sc_lab_free(&rich);
    sc_image_free(&palette);
    sc_image_free(&painting);
}

static void swatch_palettes(void **state)
{
    (void)state;
    static const struct {
        int count;
        uint32_t colours[6];
    } palettes[] = {
        { 5, { 0x0b1f3a, 0xe63946, 0xf1faee, 0xa8dadc, 0x457b9d } },
        { 4, { 0x2b1d0e, 0xc8553d, 0xf28f3b, 0xffd5c2 } },
        { 3, { 0xd00000, 0xffba08, 0x032b43 } },
        { 6, { 0x264653, 0x2a9d8f, 0xe9c46a, 0xf4a261, 0xe76f51, 0xffffff } },
        { 2, { 0x000000, 0xffffff } },
    };
    for (size_t k = 0; k < sizeof palettes / sizeof *palettes; k++) {
        sc_image image = picture(128, 96, 4, 0.5f, 0.4f), before = copy(&image),
                 palette = swatches_of(palettes[k].colours, palettes[k].count);
        assert_int_equal(sc_colour_to_palette(pool, &image, &palette, false, &err), 0);
        double was = distance_to_blends(&before, palettes[k].colours, palettes[k].count),
               is = distance_to_blends(&image, palettes[k].colours, palettes[k].count);
        assert_true(is < 0.02 && is < 0.5 * was);
        assert_true(lightness_agreement(&image, &before) > 0.75); /* readable */
        sc_image_free(&image);
        sc_image_free(&before);
        sc_image_free(&palette);
    }
}

/* One colour, or two of the same lightness: tints and shades of them, not a flat field. */
static void palette_without_contrast(void **state)
{
    (void)state;
    static const uint32_t colours[] = { 0x2a9d8f, 0xcf7f4f };
    for (int count = 1; count <= 2; count++) {
        sc_image image = picture(96, 96, 5, 0.5f, 0.3f), before = copy(&image), palette = swatches_of(colours, count);
        assert_int_equal(sc_colour_to_palette(pool, &image, &palette, false, &err), 0);
        sc_colour_moments was = moments_of(&before), is = moments_of(&image), wanted = moments_of(&palette);
        assert_true(is.covariance[0][0] > 0.3 * was.covariance[0][0]);
        assert_true(lightness_agreement(&image, &before) > 0.9);
        assert_true(fabs(is.mean[1] - wanted.mean[1]) < 0.03 && fabs(is.mean[2] - wanted.mean[2]) < 0.03);
        sc_image_free(&image);
        sc_image_free(&before);
        sc_image_free(&palette);
    }
}

/* A picture as palette: its whole distribution, shown by moments and by quantiles in a direction that is no axis. */
static void picture_palette(void **state)
{
    (void)state;
    sc_image image = picture(128, 96, 6, 0.5f, 0.2f), before = copy(&image), palette = picture(100, 100, 7, 0.5f, 0.3f);
    assert_int_equal(sc_colour_to_palette(pool, &image, &palette, false, &err), 0);
    sc_colour_moments is = moments_of(&image), wanted = moments_of(&palette);
    assert_near_moments(&is, &wanted, 0, 0.01, 2e-3);
    for (int c = 0; c < 3; c++)
        assert_true(fabs(is.low[c] - wanted.low[c]) < 0.06 && fabs(is.high[c] - wanted.high[c]) < 0.06);
    assert_true(lightness_agreement(&image, &before) > 0.7);
    sc_image_free(&image);
    sc_image_free(&before);
    sc_image_free(&palette);
}

/* What is transparent in a palette is no colour of it. */
static void transparent_palette(void **state)
{
    (void)state;
    static const uint32_t colours[] = { 0xd00000, 0xffba08, 0x032b43 };
    sc_image whole = swatches_of(colours, 3), part, one = picture(60, 60, 8, 0.5f, 0.3f), other = copy(&one);
    assert_int_equal(sc_image_create(&part, 60, 20, true, &err), 0); /* half of it black and transparent */
    memcpy(part.rgb, whole.rgb, 600 * 3 * sizeof(float));
    for (int i = 0; i < 600; i++)
        part.alpha[i] = 1;
    assert_int_equal(sc_colour_to_palette(pool, &one, &whole, false, &err), 0);
    assert_int_equal(sc_colour_to_palette(pool, &other, &part, false, &err), 0);
    assert_memory_equal(one.rgb, other.rgb, 3 * pixels(&one) * sizeof(float));
    sc_image_free(&whole);
    sc_image_free(&part);
    sc_image_free(&one);
    sc_image_free(&other);
}

/* ---- everything ------------------------------------------------------------------------------------------------ */

enum { STEPS = 8 };

/* One of all steps on image, with other as its partner. */
static void step(sc_threads *threads, int which, sc_image *image, const sc_image *other, bool wrap)
{
    static const uint32_t colours[] = { 0xd00000, 0xffba08, 0x032b43 };
    sc_colour_moments target;
    assert_int_equal(sc_colour_measure(threads, other, &target, &err), 0);
    sc_image swatches = swatches_of(colours, 3), painting = picture(40, 40, 9, 0.4f, 0.3f), partner;
    assert_int_equal(sc_image_resize(threads, other, image->width, image->height, &partner, &err), 0);
    int code = which == 0 ? sc_colour_match_moments(threads, image, &target, &err) :
               which == 1 ? sc_colour_match_chroma(threads, image, &partner, &target, wrap, &err) :
               which == 2 ? sc_colour_to_lightness(threads, image, &err) :
               which == 3 ? sc_colour_match_lightness(threads, image, &target, &err) :
               which == 4 ? sc_colour_take_chroma(threads, image, &partner, &err) :
               which == 5 ? sc_colour_to_palette(threads, image, other, wrap, &err) :
               which == 6 ? sc_colour_to_palette(threads, image, &swatches, wrap, &err) :
                            sc_colour_to_palette(threads, image, &painting, wrap, &err);
    assert_int_equal(code, 0);
    sc_image_free(&swatches);
    sc_image_free(&painting);
    sc_image_free(&partner);
}

static void same_bytes_at_any_thread_count(void **state)
{
    (void)state;
    /* Large enough for samples that leave pixels out, and many blocks. */
    sc_image image = picture(613, 431, 1, 0.5f, 0.4f), other = picture(300, 200, 2, 0.5f, 0.4f);
    static const int counts[] = { 1, 2, 5 };
    for (int which = 0; which < STEPS; which++) {
        sc_image result[3];
        for (int k = 0; k < 3; k++) {
            sc_threads *threads;
            assert_int_equal(sc_threads_create(&threads, counts[k], &err), 0);
            result[k] = copy(&image);
            step(threads, which, &result[k], &other, which % 2);
            sc_threads_destroy(threads);
        }
        for (int k = 1; k < 3; k++)
            assert_memory_equal(result[0].rgb, result[k].rgb, 3 * pixels(&image) * sizeof(float));
        assert_true(memcmp(result[0].rgb, image.rgb, 3 * pixels(&image) * sizeof(float)) != 0);
        for (int k = 0; k < 3; k++)
            sc_image_free(&result[k]);
    }
    sc_image_free(&image);
    sc_image_free(&other);
}

static void strange_pictures(void **state)
{
    (void)state;
    static const int sizes[][2] = { { 1, 1 }, { 1, 37 }, { 41, 1 }, { 2, 2 }, { 7, 5 } };
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int which = 0; which < STEPS; which++)
            for (int kind = 0; kind < 6; kind++) {
                int w = sizes[s][0], h = sizes[s][1];
                sc_image image =
                    kind < 3 ? picture(w, h, 1, 0.5f, 0.5f) : flat(w, h, kind == 4, kind == 4, kind == 4 ? 1 : 0.3f);
                sc_image other = kind % 3 == 0 ? picture(9, 9, 2, 0.5f, 0.5f) : flat(w, h, kind % 3 == 1, 0, 0);
                step(pool, which, &image, &other, kind % 2);
                assert_valid(&image);
                sc_image_free(&image);
                sc_image_free(&other);
            }
}

/* One colour in, one colour out, whatever is done. */
static void flat_stays_flat(void **state)
{
    (void)state;
    sc_image other = flat(32, 32, 0.2f, 0.5f, 0.7f), painting = picture(50, 40, 2, 0.5f, 0.4f);
    for (int which = 0; which < STEPS; which++) {
        sc_image image = flat(48, 32, 0.6f, 0.3f, 0.2f);
        step(pool, which, &image, which == 1 || which == 4 ? &other : &painting, true);
        for (size_t i = 3; i < 3 * pixels(&image); i++)
            assert_true(fabsf(image.rgb[i] - image.rgb[i % 3]) < 1e-3f);
        sc_image_free(&image);
    }
    sc_image_free(&other);
    sc_image_free(&painting);
}

/* A tile that is shifted around gives the result shifted around. Palettes see the same colours in another order, hence
 * the slack. */
static void tiles_wrap(void **state)
{
    (void)state;
    for (int which = 0; which < STEPS; which++) {
        sc_image image = picture(60, 44, 1, 0.5f, 0.3f), other = picture(60, 44, 2, 0.5f, 0.3f),
                 images[2] = { copy(&image), copy(&image) }, others[2] = { copy(&other), copy(&other) };
        for (int y = 0; y < 44; y++)
            for (int x = 0; x < 60; x++) {
                size_t to = (size_t)(y * 60 + x) * 3, from = (size_t)((y + 13) % 44 * 60 + (x + 29) % 60) * 3;
                memcpy(images[1].rgb + to, image.rgb + from, 3 * sizeof(float));
                memcpy(others[1].rgb + to, other.rgb + from, 3 * sizeof(float));
            }
        step(pool, which, &images[0], &others[0], true);
        step(pool, which, &images[1], &others[1], true);
        for (int y = 0; y < 44; y++)
            for (int x = 0; x < 60; x++)
                for (int c = 0; c < 3; c++) {
                    float a = images[1].rgb[(y * 60 + x) * 3 + c],
                          b = images[0].rgb[((y + 13) % 44 * 60 + (x + 29) % 60) * 3 + c];
                    assert_true(fabsf(a - b) < 2e-3f);
                }
        for (int k = 0; k < 2; k++) {
            sc_image_free(&images[k]);
            sc_image_free(&others[k]);
        }
        sc_image_free(&image);
        sc_image_free(&other);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_values),
        cmocka_unit_test(round_trip),
        cmocka_unit_test(bad_values_are_clamped),
        cmocka_unit_test(gamut),
        cmocka_unit_test(guided_filter),
        cmocka_unit_test(smoothing_keeps_edges),
        cmocka_unit_test(measured_moments),
        cmocka_unit_test(pooled_moments),
        cmocka_unit_test(moments_reached),
        cmocka_unit_test(match_takes_hues_of_photo),
        cmocka_unit_test(match_with_grey),
        cmocka_unit_test(lightness_and_back),
        cmocka_unit_test(chroma_comes_back),
        cmocka_unit_test(swatches_found),
        cmocka_unit_test(swatch_palettes),
        cmocka_unit_test(palette_without_contrast),
        cmocka_unit_test(picture_palette),
        cmocka_unit_test(transparent_palette),
        cmocka_unit_test(same_bytes_at_any_thread_count),
        cmocka_unit_test(strange_pictures),
        cmocka_unit_test(flat_stays_flat),
        cmocka_unit_test(tiles_wrap),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
