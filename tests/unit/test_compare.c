/* SPDX-License-Identifier: MIT */
/* Comparisons: every metric against values that are known or worked out another way, its direction, and the order of
 * the controls; then the public functions: what they refuse, transparency, sizes, threads. Photographs are looked for
 * in $SCUMBLE_SHARED/images, or ../shared/images beside the source, and vgg19 and inception_v3 in the data directory;
 * what needs them skips without them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "measure/artefacts.h"
#include "measure/checkerboard.h"
#include "measure/comparison.h"
#include "measure/gaussian.h"
#include "measure/luma.h"
#include "measure/ssim.h"
#include "measure/statistics.h"
#include "ops/matrix_root.h"
#include "picture_fixture.h"
#include "scumble/compare.h"

static sc_error err;

#define MUST(call)                               \
    do {                                         \
        if (call)                                \
            fail_msg("%s: %s", #call, err.text); \
    } while (0)

static sc_image flat(int width, int height, float level)
{
    sc_image image;
    MUST(sc_image_create(&image, width, height, false, &err));
    for (size_t i = 0; i < (size_t)width * (size_t)height * 3; i++)
        image.rgb[i] = level;
    return image;
}

static sc_image copy(const sc_image *image)
{
    sc_image out;
    MUST(sc_image_resize(NULL, image, image->width, image->height, &out, &err));
    return out;
}

static void add_noise(sc_image *image, float amplitude)
{
    for (size_t i = 0; i < (size_t)image->width * (size_t)image->height * 3; i++)
        image->rgb[i] += amplitude * (sc_random_uniform(99, i) - 0.5f);
}

/* ---- SSIM ---- */

/* By the definition: a window of 121 weights at (x, y). */
static double ssim_at(const sc_image *a, const sc_image *b, int x, int y)
{
    double weights = 0, m[5] = { 0 };
    for (int i = 0; i < 11; i++)
        for (int k = 0; k < 11; k++) {
            double w = exp(-((i - 5) * (i - 5) + (k - 5) * (k - 5)) / (2 * 1.5 * 1.5));
            size_t at = ((size_t)(y + i) * (size_t)a->width + (size_t)(x + k)) * 3;
            double p = 0.299 * a->rgb[at] + 0.587 * a->rgb[at + 1] + 0.114 * a->rgb[at + 2];
            double q = 0.299 * b->rgb[at] + 0.587 * b->rgb[at + 1] + 0.114 * b->rgb[at + 2];
            weights += w;
            m[0] += w * p, m[1] += w * q, m[2] += w * p * p, m[3] += w * q * q, m[4] += w * p * q;
        }
    for (int i = 0; i < 5; i++)
        m[i] /= weights;
    double va = m[2] - m[0] * m[0], vb = m[3] - m[1] * m[1], cov = m[4] - m[0] * m[1];
    return (2 * m[0] * m[1] + 1e-4) * (2 * cov + 9e-4) / ((m[0] * m[0] + m[1] * m[1] + 1e-4) * (va + vb + 9e-4));
}

static void ssim_is_its_definition(void **state)
{
    (void)state;
    sc_image a = picture(17, 14, 1, 0.1f), b = picture(17, 14, 2, 0.5f), grey = flat(17, 14, 0.5f),
             lighter = flat(17, 14, 0.6f);
    double value, expected = 0;
    MUST(sc_ssim(NULL, &a, &b, &value, &err));
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 7; x++)
            expected += ssim_at(&a, &b, x, y) / 28;
    assert_float_equal(value, expected, 1e-9);
    MUST(sc_ssim(NULL, &a, &a, &value, &err));
    assert_float_equal(value, 1, 1e-9);
    MUST(sc_ssim(NULL, &grey, &lighter, &value, &err));
    assert_float_equal(value, (2 * 0.5 * 0.6 + 1e-4) / (0.25 + 0.36 + 1e-4), 1e-6);
    for (size_t i = 0; i < 17 * 14 * 3; i++)
        b.rgb[i] = 1 - a.rgb[i];
    MUST(sc_ssim(NULL, &a, &b, &value, &err));
    assert_true(value < -0.5);
    sc_image_free(&a), sc_image_free(&b), sc_image_free(&grey), sc_image_free(&lighter);
}

static void noise_costs_ssim(void **state)
{
    (void)state;
    sc_image a = picture(40, 33, 1, 0.1f);
    double last = 1, value;
    for (float amplitude = 0.05f; amplitude < 0.5f; amplitude *= 2) {
        sc_image b = copy(&a);
        add_noise(&b, amplitude);
        MUST(sc_ssim(NULL, &a, &b, &value, &err));
        assert_true(value < last - 0.01);
        last = value;
        sc_image_free(&b);
    }
    sc_image_free(&a);
}

/* ---- Gaussians ---- */

enum { CHANNELS = 3, POSITIONS = 400 };

static double random_value(uint64_t seed, int i)
{
    return sc_random_normal(seed, (uint64_t)i);
}

/* Features that mix normal numbers, and so have a full covariance. */
static sc_gaussian fitted(uint64_t seed, double scale, double shift)
{
    sc_tensor features;
    double *gram;
    sc_gaussian g;
    MUST(sc_tensor_create(&features, (sc_shape){ 1, CHANNELS, 20, 20 }, &err));
    for (int p = 0; p < POSITIONS; p++) {
        double x = random_value(seed, 3 * p), y = random_value(seed, 3 * p + 1), z = random_value(seed, 3 * p + 2);
        features.data[CHANNELS * p] = (float)(shift + scale * x);
        features.data[CHANNELS * p + 1] = (float)(scale * (x + 0.5 * y));
        features.data[CHANNELS * p + 2] = (float)(scale * (0.3 * z - y));
    }
    sc_threads *pool;
    MUST(sc_threads_create(&pool, 2, &err));
    MUST(sc_measure_gram(pool, &features, &gram, &err));
    MUST(sc_gaussian_fit(NULL, &features, gram, &g, &err));
    for (int i = 0; i < CHANNELS; i++) { /* by the definition */
        double mean[2] = { 0 }, product = 0;
        int k = (i + 1) % CHANNELS;
        for (int p = 0; p < POSITIONS; p++) {
            mean[0] += features.data[CHANNELS * p + i] / POSITIONS;
            mean[1] += features.data[CHANNELS * p + k] / POSITIONS;
        }
        for (int p = 0; p < POSITIONS; p++)
            product +=
                (features.data[CHANNELS * p + i] - mean[0]) * (features.data[CHANNELS * p + k] - mean[1]) / POSITIONS;
        assert_float_equal(g.mean[i], mean[0], 1e-6);
        assert_float_equal(g.covariance[i * CHANNELS + k], product, 1e-6);
    }
    free(gram);
    sc_tensor_free(&features);
    sc_threads_destroy(pool);
    return g;
}

static sc_gaussian diagonal(const double mean[2], const double variance[2])
{
    sc_gaussian g = { .size = 2, .mean = calloc(6, sizeof(double)) };
    assert_non_null(g.mean);
    g.covariance = g.mean + 2;
    for (int i = 0; i < 2; i++) {
        g.mean[i] = mean[i];
        g.covariance[3 * i] = variance[i];
    }
    return g;
}

/* Values whose squares are about the least number: so much is left of matrices of low rank, which pictures of one
 * colour have. */
static void eigenvectors_of_what_is_nearly_nothing(void **state)
{
    (void)state;
    for (int power = -140; power > -310; power -= 10) {
        double tiny = pow(10, power), a[16] = { 1, 0, tiny, tiny, 0, 1, 0, 0, tiny, 0, 1, tiny, tiny, 0, tiny, 1 },
               values[4], vectors[16], work[8];
        assert_true(sc_symmetric_eigen(a, 4, values, vectors, work));
        for (int i = 0; i < 4; i++)
            assert_true(fabs(values[i] - 1) < 1e-12);
        for (int i = 0; i < 16; i++)
            assert_true(fabs(vectors[i]) <= 1 + 1e-12);
    }
}

static void divergence_is_that_of_the_textbook(void **state)
{
    (void)state;
    sc_gaussian a = diagonal((double[]){ 1, -2 }, (double[]){ 0.5, 3 }),
                b = diagonal((double[]){ 0, -1 }, (double[]){ 2, 1 });
    double value, floor = SC_GAUSSIAN_FLOOR * 1.5, expected = 0;
    MUST(sc_gaussian_divergence(&a, &b, &value, &err));
    for (int i = 0; i < 2; i++) {
        double own = a.covariance[3 * i] + floor, other = b.covariance[3 * i] + floor;
        expected += (own / other + 1 / other - 1 + log(other / own)) / 2; /* the means differ by 1 */
    }
    assert_float_equal(value, expected, 1e-12);
    MUST(sc_gaussian_divergence(&a, &a, &value, &err));
    assert_float_equal(value, 0, 1e-12);
    a.covariance[3] = 0; /* and where a direction has no variance at all */
    MUST(sc_gaussian_divergence(&a, &b, &value, &err));
    assert_true(isfinite(value) && value > expected);
    sc_gaussian_free(&a), sc_gaussian_free(&b);
}

static void a_turned_basis_changes_no_divergence(void **state)
{
    (void)state;
    sc_gaussian a = fitted(1, 1, 0), b = fitted(2, 1.5, 1), turned[2];
    double *basis, value, again;
    MUST(sc_gaussian_basis(&a, &b, CHANNELS, &basis, &err));
    for (int i = 0; i < CHANNELS; i++)
        for (int k = 0; k < CHANNELS; k++) {
            double product = 0;
            for (int c = 0; c < CHANNELS; c++)
                product += basis[i * CHANNELS + c] * basis[k * CHANNELS + c];
            assert_float_equal(product, i == k, 1e-12);
        }
    MUST(sc_gaussian_project(&a, basis, CHANNELS, &turned[0], &err));
    MUST(sc_gaussian_project(&b, basis, CHANNELS, &turned[1], &err));
    for (int i = 0; i + 1 < CHANNELS; i++) /* the widest first */
        assert_true(turned[0].covariance[i * 4] + turned[1].covariance[i * 4] >
                    turned[0].covariance[i * 4 + 4] + turned[1].covariance[i * 4 + 4]);
    MUST(sc_gaussian_divergence(&a, &b, &value, &err));
    MUST(sc_gaussian_divergence(&turned[0], &turned[1], &again, &err));
    assert_true(value > 0.1);
    assert_float_equal(value, again, 1e-9);
    MUST(sc_gaussian_frechet(&a, &b, &value, &err));
    MUST(sc_gaussian_frechet(&turned[0], &turned[1], &again, &err));
    assert_float_equal(value, again, 1e-9);
    free(basis);
    sc_gaussian_free(&a), sc_gaussian_free(&b), sc_gaussian_free(&turned[0]), sc_gaussian_free(&turned[1]);
}

static void frechet_distance_is_known_for_two_channels(void **state)
{
    (void)state;
    sc_gaussian a = diagonal((double[]){ 1, 0 }, (double[]){ 4, 1 }),
                b = diagonal((double[]){ 0, 2 }, (double[]){ 1, 9 });
    double value;
    MUST(sc_gaussian_frechet(&a, &b, &value, &err));
    assert_float_equal(value, 1 + 4 + (2 - 1) * (2 - 1) + (3 - 1) * (3 - 1), 1e-12);
    b.covariance[1] = b.covariance[2] = 2; /* do not commute: tr (AB)^1/2 = sqrt(tr AB + 2 sqrt(det AB)) for 2 x 2 */
    MUST(sc_gaussian_frechet(&a, &b, &value, &err));
    assert_float_equal(value, 5 + 5 + 10 - 2 * sqrt(4 * 1 + 1 * 9 + 2 * sqrt(4 * (9 - 4))), 1e-12);
    MUST(sc_gaussian_frechet(&b, &b, &value, &err));
    assert_float_equal(value, 0, 1e-12);
    sc_gaussian_free(&a), sc_gaussian_free(&b);
}

/* ---- Gram, sliced Wasserstein, self-similarity ---- */

static void style_distances_follow_the_features(void **state)
{
    (void)state;
    enum { C = 4 };
    sc_threads *pool;
    sc_tensor features, moved;
    double *directions, *gram, *other, distance[3];
    sc_measure_slices slices;
    MUST(sc_threads_create(&pool, 2, &err));
    MUST(sc_tensor_create(&features, (sc_shape){ 1, C, 12, 15 }, &err));
    MUST(sc_tensor_create(&moved, (sc_shape){ 1, C, 12, 15 }, &err));
    for (int i = 0; i < 12 * 15 * C; i++)
        features.data[i] = (float)random_value(5, i);
    MUST(sc_measure_directions(C, 1, &directions, &err));
    MUST(sc_measure_slices_keep(pool, &features, directions, SC_MEASURE_DIRECTIONS, &slices, &err));
    MUST(sc_measure_gram(pool, &features, &gram, &err));
    for (int step = 0; step < 3; step++) { /* all positions moved by (step, 0, 0, 0): each slice moves by its share,
                                              whose square is 1 / C on average */
        for (int i = 0; i < 12 * 15 * C; i++)
            moved.data[i] = features.data[i] + (float)(i % C == 0 ? step : 0);
        MUST(sc_measure_slices_distance(pool, &moved, directions, &slices, &distance[step], &err));
        MUST(sc_measure_gram(pool, &moved, &other, &err));
        double expected = 0, energy = 0; /* by the definition */
        for (int i = 0; i < C * C; i++) {
            double sum = 0;
            for (int p = 0; p < 12 * 15; p++)
                sum += (double)moved.data[p * C + i / C] * moved.data[p * C + i % C] / (12 * 15);
            assert_float_equal(other[i], sum, 1e-9);
            expected += (sum - gram[i]) * (sum - gram[i]);
            energy += gram[i] * gram[i];
        }
        assert_float_equal(sc_measure_gram_distance(other, gram, C), expected / energy, 1e-9);
        free(other);
    }
    assert_float_equal(distance[0], 0, 1e-12);
    assert_in_range((int)(1000 * distance[1] * slices.variance), 1000 / C / 2, 2000 / C);
    assert_float_equal(distance[2], 4 * distance[1], 1e-5);
    sc_measure_slices_free(&slices);
    free(gram), free(directions);
    sc_tensor_free(&features), sc_tensor_free(&moved);
    sc_threads_destroy(pool);
}

/* ---- artefacts ---- */

static void grid(sc_image *image, int period, int offset, float amplitude)
{
    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < image->width; x++)
            for (int k = 0; k < 3; k++)
                image->rgb[((size_t)y * (size_t)image->width + (size_t)x) * 3 + (size_t)k] +=
                    (x + offset) % period < period / 2 && (y + offset) % period < period / 2 ? amplitude : 0;
}

static double checkerboard(const sc_image *image)
{
    double value = NAN;
    MUST(sc_artefact_checkerboard(NULL, image, &value, &err));
    return value;
}

static void checkerboards_are_found(void **state)
{
    (void)state;
    const int sizes[][2] = { { 96, 96 }, { 203, 131 }, { 256, 192 } };
    for (int s = 0; s < 3; s++)
        for (uint64_t seed = 1; seed < 5; seed++) {
            sc_image image = picture(sizes[s][0], sizes[s][1], seed, 0.2f);
            double plain = checkerboard(&image), last = 0;
            assert_true(plain > 0.2 && plain < 2.5);
            for (int period = 2; period <= 8; period *= 2) {
                sc_image with = copy(&image);
                grid(&with, period, (int)seed, 0.12f);
                double value = checkerboard(&with);
                assert_true(value > 5 && value > 3 * plain);
                sc_image_free(&with);
            }
            for (float amplitude = 0.1f; amplitude < 0.5f; amplitude *= 2) {
                sc_image with = copy(&image);
                grid(&with, 2, 0, amplitude);
                double value = checkerboard(&with);
                assert_true(value > 2 * last);
                last = value;
                sc_image_free(&with);
            }
            sc_image_free(&image);
        }
    sc_image image = flat(100, 100, 0.3f);
    assert_true(checkerboard(&image) < 1);
    sc_image_free(&image);
}

static void other_periods_are_no_checkerboards(void **state)
{
    (void)state;
    for (int period = 3; period <= 7; period += 2) {
        sc_image image = picture(210, 210, 3, 0.2f);
        grid(&image, period, 0, 0.1f);
        assert_true(checkerboard(&image) < 2.5);
        sc_image_free(&image);
    }
}

static void detail_border_and_seams(void **state)
{
    (void)state;
    sc_image image = picture(64, 48, 1, 0.1f), noisy = copy(&image), framed = copy(&image), grey = flat(64, 48, 0.5f);
    add_noise(&noisy, 0.5f);
    assert_true(sc_artefact_detail(NULL, &noisy) > 2 * sc_artefact_detail(NULL, &image));
    assert_true(sc_artefact_detail(NULL, &grey) < 1e-12);
    for (int y = 0; y < 48; y++)
        for (int x = 0; x < 64; x++)
            if (x < 8 || y < 8 || x >= 56 || y >= 40)
                for (int k = 0; k < 3; k++)
                    framed.rgb[(y * 64 + x) * 3 + k] = 1;
    assert_true(sc_artefact_border(&framed) > 5 * sc_artefact_border(&image));
    assert_float_equal(sc_artefact_border(&grey), 0, 1e-9);
    for (int y = 0; y < 48; y++)
        for (int x = 0; x < 64; x++)
            for (int k = 0; k < 3; k++)
                grey.rgb[(y * 64 + x) * 3 + k] =
                    0.5f + 0.4f * sinf(2 * (float)M_PI * (float)x / 64) + 0.002f * (float)y;
    assert_true(sc_artefact_seam(NULL, &grey, true) < 2.5 && sc_artefact_seam(NULL, &grey, false) > 50);
    sc_image_free(&image), sc_image_free(&noisy), sc_image_free(&framed), sc_image_free(&grey);
}

/* ---- controls ---- */

static scumble *s;

#define GOOD(call)                                            \
    do {                                                      \
        if (call)                                             \
            fail_msg("%s: %s", #call, scumble_error_text(s)); \
    } while (0)

static int start(void **state)
{
    (void)state;
    return scumble_open(&s, NULL);
}

static int stop(void **state)
{
    (void)state;
    scumble_close(&s);
    return 0;
}

/* Stripes that turn and bend, or blobs: so that pictures have a style. */
static scumble_image *drawn(int width, int height, int kind)
{
    float *rgb = malloc((size_t)width * (size_t)height * 3 * sizeof *rgb);
    scumble_image *image;
    for (int y = 0, i = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < 3; c++, i++) {
                float u = (float)x / (float)width, v = (float)y / (float)height,
                      wave = sinf((kind % 2 ? 90 : 25) * (u * (float)(kind + 1) + v * v) + (float)(c * kind));
                float blob = hypotf(u - 0.4f, v - 0.6f) < 0.25f ? 0.3f : 0;
                rgb[i] = kind < 2 ? 0.3f + 0.5f * v + blob * (float)(1 - c) + 0.05f * wave :
                                    0.5f + 0.4f * wave * cosf(20 * v * (float)(c + 1));
            }
    GOOD(scumble_image_create(s, width, height, rgb, NULL, &image));
    free(rgb);
    return image;
}

/* The photo unchanged is best in content and worst in style, the painting itself the reverse, by every metric; and the
 * content of a picture that is half one and half the other lies between. */
static void check_controls(const char *encoder, const scumble_image *photo, const scumble_image *painting, int width,
                           int height, bool need_sifid)
{
    scumble_comparison *comparison;
    scumble_image *controls[2], *half;
    double values[3][SCUMBLE_METRICS_MOST];
    GOOD(scumble_comparison_open(s, encoder, photo, painting, &comparison));
    assert_true(!need_sifid || scumble_comparison_has_sifid(comparison));
    assert_non_null(strstr(scumble_comparison_describe(comparison), encoder));
    assert_int_equal(scumble_comparison_calibrated(comparison), !strcmp(encoder, "vgg19"));
    for (int i = 0; i < 2; i++)
        GOOD(scumble_comparison_control(comparison, (scumble_control)i, width, height, &controls[i]));
    float *rgb = malloc((size_t)width * (size_t)height * 3 * sizeof *rgb);
    for (int i = 0; i < width * height * 3; i++)
        rgb[i] = (scumble_image_rgb(controls[0])[i] + scumble_image_rgb(controls[1])[i]) / 2;
    GOOD(scumble_image_create(s, width, height, rgb, NULL, &half));
    const scumble_image *pictures[3] = { controls[0], half, controls[1] };
    for (int i = 0; i < 3; i++)
        GOOD(scumble_comparison_measure(comparison, pictures[i], values[i]));
    const scumble_metric_info *metric;
    for (int m = 0; (metric = scumble_metric_at(m)); m++) {
        double sign = metric->direction == SCUMBLE_METRIC_HIGHER ? -1 : 1, a = sign * values[0][m],
               b = sign * values[1][m], c = sign * values[2][m];
        bool in_order = metric->group == SCUMBLE_METRIC_CONTENT ? a < b && b < c :
                        metric->group == SCUMBLE_METRIC_STYLE   ? a > c :
                                                                  true;
        bool missing = !strcmp(metric->name, "sifid") && !scumble_comparison_has_sifid(comparison);
        if (missing ? !isnan(a) : !in_order || !isfinite(a + b + c))
            fail_msg("%s by %s: photo %g, half %g, painting %g", metric->name, encoder, values[0][m], values[1][m],
                     values[2][m]);
    }
    assert_float_equal(values[0][0], 0, 1e-9);
    assert_float_equal(values[0][1], 1, 1e-9);
    assert_float_equal(values[0][2], 0, 1e-9);
    scumble_image_free(&controls[0]), scumble_image_free(&controls[1]), scumble_image_free(&half);
    free(rgb);
    scumble_comparison_close(&comparison);
}

static void controls_are_in_order(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        scumble_image *photo = drawn(150, 110, kind % 2), *painting = drawn(120, 140, 2 + kind / 2);
        check_controls("lite", photo, painting, 144, 106, false);
        scumble_image_free(&photo), scumble_image_free(&painting);
    }
}

static void shared_pairs(const char *encoder, bool need_sifid)
{
    static const char *const pairs[][2] = {
        { "content/kodak-23.png", "style/van-gogh-starry-night.jpg" },
        { "photos/189003.jpg", "style/matisse-woman-with-hat.jpg" },
        { "photos/24063.jpg", "style/hokusai-great-wave.jpg" },
        { "content/kodak-20.png", "style/munch-the-scream.jpg" },
        { "photos/314016.jpg", "style/kandinsky-composition-vii.jpg" },
        { "content/kodak-19.png", "style/turner-shipwreck.jpg" },
    };
    const char *shared = getenv("SCUMBLE_SHARED");
    for (int i = 0; i < 6; i++) {
        char path[2][4096];
        scumble_image *images[2];
        for (int k = 0; k < 2; k++) {
            snprintf(path[k], sizeof path[k], "%s/images/%s", shared ? shared : SCUMBLE_SOURCE_ROOT "/../shared",
                     pairs[i][k]);
            if (access(path[k], R_OK)) {
                print_message("skipped: there is no %s\n", path[k]);
                skip();
            }
        }
        for (int k = 0; k < 2; k++)
            GOOD(scumble_image_load(s, path[k], &images[k]));
        int width = scumble_image_width(images[0]), height = scumble_image_height(images[0]),
            edge = width > height ? width : height;
        check_controls(encoder, images[0], images[1], width * 192 / edge, height * 192 / edge, need_sifid);
        scumble_image_free(&images[0]), scumble_image_free(&images[1]);
    }
}

static void controls_of_photographs_are_in_order(void **state)
{
    (void)state;
    shared_pairs("lite", false);
}

static bool is_installed(const char *name)
{
    int count;
    GOOD(scumble_models_list(s, &count));
    for (int i = 0; i < count; i++)
        if (!strcmp(scumble_model_at(s, i)->name, name) && scumble_model_at(s, i)->path)
            return true;
    assert_null(scumble_model_at(s, count));
    print_message("skipped: %s is not installed\n", name);
    return false;
}

static void controls_by_vgg19_are_in_order(void **state)
{
    (void)state;
    if (!is_installed("vgg19"))
        skip();
    shared_pairs("vgg19", is_installed("inception_v3"));
}

/* ---- the public functions ---- */

static void the_table_is_complete(void **state)
{
    (void)state;
    int count = 0, group = 0;
    for (const scumble_metric_info *metric; (metric = scumble_metric_at(count)); count++) {
        assert_true(metric->name[0] && metric->help[0] && (int)metric->group >= group);
        group = (int)metric->group;
        for (int k = 0; k < count; k++)
            assert_string_not_equal(metric->name, scumble_metric_at(k)->name);
    }
    assert_in_range(count, 1, SCUMBLE_METRICS_MOST);
    assert_int_equal(group, SCUMBLE_METRIC_ARTEFACT);
    assert_null(scumble_metric_at(-1));
}

static void assert_sentence(int code, int expected, const char *part)
{
    assert_int_equal(code, expected);
    if (!strstr(scumble_error_text(s), part))
        fail_msg("'%s' does not say '%s'", scumble_error_text(s), part);
}

static void what_cannot_be_measured_is_refused(void **state)
{
    (void)state;
    scumble_image *photo = drawn(64, 48, 0), *painting = drawn(60, 60, 2), *dot = drawn(1, 1, 0),
                  *thin = drawn(400, 31, 0), *strip = drawn(300, 10, 2), *control;
    scumble_comparison *comparison;
    double values[SCUMBLE_METRICS_MOST];
    assert_sentence(scumble_comparison_open(s, "nothing", photo, painting, &comparison), SCUMBLE_ERR_NOT_FOUND,
                    "nothing");
    assert_null(comparison);
    assert_int_equal(scumble_comparison_open(s, "lite", NULL, painting, &comparison), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_comparison_open(s, "lite", photo, painting, NULL), SCUMBLE_ERR_ARGUMENT);
    if (is_installed("inception_v3"))
        assert_sentence(scumble_comparison_open(s, "inception_v3", photo, painting, &comparison), SCUMBLE_ERR_ARGUMENT,
                        "relu3_1");
    GOOD(scumble_comparison_open(s, "lite", photo, painting, &comparison));
    assert_sentence(scumble_comparison_measure(comparison, dot, values), SCUMBLE_ERR_ARGUMENT, "1 x 1 is too small");
    assert_sentence(scumble_comparison_measure(comparison, thin, values), SCUMBLE_ERR_ARGUMENT,
                    "400 x 31 is too small");
    assert_sentence(scumble_comparison_control(comparison, SCUMBLE_CONTROL_PHOTO, 31, 40, &control),
                    SCUMBLE_ERR_ARGUMENT, "too small");
    assert_null(control);
    assert_int_equal(scumble_comparison_control(comparison, SCUMBLE_CONTROL_PHOTO, 0, 40, &control),
                     SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_comparison_measure(comparison, NULL, values), SCUMBLE_ERR_ARGUMENT);
    GOOD(scumble_comparison_measure(comparison, photo, values)); /* and goes on after all that */
    scumble_comparison_close(&comparison);
    GOOD(scumble_comparison_open(s, "lite", photo, strip, &comparison));
    assert_sentence(scumble_comparison_measure(comparison, photo, values), SCUMBLE_ERR_ARGUMENT,
                    "the painting is 64 x 2");
    scumble_comparison_close(&comparison);
    GOOD(scumble_comparison_open(s, "lite", dot, painting, &comparison)); /* a photo of a pixel is a plain ground */
    GOOD(scumble_comparison_measure(comparison, photo, values));
    assert_true(isfinite(values[0]) && isfinite(values[1]) && isfinite(values[2]));
    scumble_comparison_close(&comparison);
    scumble_comparison_close(&comparison);
    scumble_image_free(&photo), scumble_image_free(&painting), scumble_image_free(&dot), scumble_image_free(&thin),
        scumble_image_free(&strip);
}

/* What is transparent is as its surroundings, and no style. */
static void transparent_is_left_out(void **state)
{
    (void)state;
    enum { W = 64, H = 48 };
    static float rgb[W * H * 3], alpha[W * H];
    scumble_image *photo = drawn(W, H, 0), *painting = drawn(60, 60, 2), *clear, *white;
    scumble_comparison *comparison;
    double values[2][SCUMBLE_METRICS_MOST];
    for (int i = 0; i < W * H; i++) {
        alpha[i] = i % W < 20 ? 0 : 1; /* what was hidden is dark in one, white in the other */
        for (int k = 0; k < 3; k++)
            rgb[3 * i + k] = i % W < 20 ? 0.2f : scumble_image_rgb(photo)[3 * i + k];
    }
    GOOD(scumble_image_create(s, W, H, rgb, alpha, &clear));
    for (int i = 0; i < W * H * 3; i++)
        rgb[i] = i / 3 % W < 20 ? 1 : rgb[i];
    GOOD(scumble_image_create(s, W, H, rgb, alpha, &white));
    GOOD(scumble_comparison_open(s, "lite", photo, painting, &comparison));
    GOOD(scumble_comparison_measure(comparison, clear, values[0]));
    GOOD(scumble_comparison_measure(comparison, white, values[1]));
    for (int i = 0; i < 6; i++)
        assert_true(values[0][i] == values[1][i] || (isnan(values[0][i]) && isnan(values[1][i])));
    scumble_comparison_close(&comparison);
    scumble_image_free(&photo), scumble_image_free(&painting), scumble_image_free(&clear), scumble_image_free(&white);
}

static void threads_and_sizes_change_nothing(void **state)
{
    (void)state;
    int count = 0;
    while (scumble_metric_at(count))
        count++;
    double values[3][SCUMBLE_METRICS_MOST], other[SCUMBLE_METRICS_MOST];
    for (int i = 0; i < 3; i++) {
        scumble *own;
        scumble_comparison *comparison;
        scumble_config config = { .size = sizeof config, .threads = i + 1 };
        scumble_image *photo = drawn(130, 100, 1), *painting = drawn(90, 120, 3), *result = drawn(120, 99, 2),
                      *small = drawn(70, 50, 2);
        GOOD(scumble_open(&own, &config));
        GOOD(scumble_comparison_open(own, "lite", photo, painting, &comparison));
        if (i == 2) /* another size in between */
            GOOD(scumble_comparison_measure(comparison, small, other));
        GOOD(scumble_comparison_measure(comparison, result, values[i]));
        scumble_comparison_close(&comparison);
        scumble_close(&own);
        scumble_image_free(&photo), scumble_image_free(&painting), scumble_image_free(&result),
            scumble_image_free(&small);
    }
    assert_memory_equal(values[0], values[1], (size_t)count * sizeof(double));
    assert_memory_equal(values[0], values[2], (size_t)count * sizeof(double));
    assert_true(isnan(other[SC_METRIC_CHECKERBOARD]) && isfinite(values[0][SC_METRIC_CHECKERBOARD]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ssim_is_its_definition),
        cmocka_unit_test(noise_costs_ssim),
        cmocka_unit_test(eigenvectors_of_what_is_nearly_nothing),
        cmocka_unit_test(divergence_is_that_of_the_textbook),
        cmocka_unit_test(a_turned_basis_changes_no_divergence),
        cmocka_unit_test(frechet_distance_is_known_for_two_channels),
        cmocka_unit_test(style_distances_follow_the_features),
        cmocka_unit_test(checkerboards_are_found),
        cmocka_unit_test(other_periods_are_no_checkerboards),
        cmocka_unit_test(detail_border_and_seams),
        cmocka_unit_test(controls_are_in_order),
        cmocka_unit_test(controls_of_photographs_are_in_order),
        cmocka_unit_test(controls_by_vgg19_are_in_order),
        cmocka_unit_test(the_table_is_complete),
        cmocka_unit_test(what_cannot_be_measured_is_refused),
        cmocka_unit_test(transparent_is_left_out),
        cmocka_unit_test(threads_and_sizes_change_nothing),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
