/* SPDX-License-Identifier: MIT */
/* Descriptors of pictures, the measures of pairs, the model on top, and the cache. Each measure is tried on pictures
 * that differ in what it measures. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/file.h"
#include "measure/compatibility.h"
#include "measure/descriptor_cache.h"
#include "picture_fixture.h"

static sc_threads *pool;
static sc_encoder *encoder;
static sc_describer *describer;
static char folder[] = "/tmp/scumble-match-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    sc_error err;
    return sc_media_init(&err) || sc_threads_create(&pool, 2, &err) || sc_encoder_create_lite(&encoder, &err) ||
           sc_describer_create(&describer, encoder, pool, &err) || !mkdtemp(folder);
}

static int tear_down(void **state)
{
    (void)state;
    sc_describer_free(describer);
    sc_encoder_free(encoder);
    sc_threads_destroy(pool);
    char *command = sc_format("rm -rf %s", folder);
    int code = system(command);
    free(command);
    return code;
}

static sc_descriptor *described(sc_image *image, int edge)
{
    sc_error err;
    sc_descriptor *d = malloc(sizeof *d);
    assert_non_null(d);
    assert_int_equal(sc_describe(describer, image, edge, d, &err), 0);
    sc_image_free(image);
    return d;
}

/* Waves of `length` pixels in the direction (dx, dy), grey, and a little noise, so that there is something at every
 * scale. */
static sc_image waves(int edge, double length, double dx, double dy)
{
    sc_image image = picture(edge, edge, 1, 0);
    for (int y = 0; y < edge; y++)
        for (int x = 0; x < edge; x++)
            for (int c = 0; c < 3; c++)
                image.rgb[((size_t)y * (size_t)edge + (size_t)x) * 3 + (size_t)c] =
                    (float)(0.5 + 0.4 * sin(6.2831853 * (dx * x + dy * y) / length)) +
                    0.05f * (sc_random_uniform(1, (uint64_t)(y * edge + x)) - 0.5f);
    return image;
}

static double measure(const sc_descriptor *photo, const sc_descriptor *painting, sc_affinity which)
{
    double values[SC_AFFINITIES];
    sc_affinities(photo, painting, values);
    for (int i = 0; i < SC_AFFINITIES; i++)
        assert_true(isfinite(values[i]));
    return values[which];
}

static void the_same_picture(void **state)
{
    (void)state;
    sc_image image = picture(200, 150, 3, 0);
    sc_descriptor *d = described(&image, 256);
    for (int i = SC_AFFINITY_RELU1_1; i <= SC_AFFINITY_PALETTE; i++)
        assert_true(measure(d, d, i) < -15);
    assert_true(fabs(measure(d, d, SC_AFFINITY_COVERED) - 1) < 1e-5 &&
                fabs(measure(d, d, SC_AFFINITY_USABLE) - 1) < 1e-5);
    assert_true(measure(d, d, SC_AFFINITY_USED) > 0.98);
    assert_true(measure(d, d, SC_AFFINITY_SCALE) == 0 && measure(d, d, SC_AFFINITY_ORIENTATION) == 0 &&
                measure(d, d, SC_AFFINITY_CONTRAST) == 0);
    free(d);
}

static void same_bytes_at_any_thread_count(void **state)
{
    (void)state;
    sc_descriptor first;
    for (int threads = 1; threads <= 3; threads++) {
        sc_error err;
        sc_threads *own;
        sc_describer *maker;
        sc_descriptor d;
        sc_image image = picture(300, 170, 5, 0.5f);
        assert_int_equal(sc_threads_create(&own, threads, &err), 0);
        assert_int_equal(sc_describer_create(&maker, encoder, own, &err), 0);
        assert_int_equal(sc_describe(maker, &image, 256, &d, &err), 0);
        if (threads == 1)
            first = d;
        assert_memory_equal(&d, &first, sizeof d);
        sc_image_free(&image);
        sc_describer_free(maker);
        sc_threads_destroy(own);
    }
}

static void directions_and_scales(void **state)
{
    (void)state;
    sc_image images[] = { waves(192, 8, 1, 0), waves(192, 8, 0, 1), waves(192, 24, 1, 0), waves(192, 9, 1, 0) };
    sc_descriptor *across = described(&images[0], 256), *down = described(&images[1], 256),
                  *coarse = described(&images[2], 256), *like = described(&images[3], 256);
    assert_true(measure(across, down, SC_AFFINITY_ORIENTATION) > 0.35);
    assert_true(measure(across, like, SC_AFFINITY_ORIENTATION) < 0.7 * measure(across, down, SC_AFFINITY_ORIENTATION));
    assert_true(measure(across, coarse, SC_AFFINITY_SCALE) > 0.5 && measure(coarse, across, SC_AFFINITY_SCALE) < -0.5);
    assert_true(measure(across, coarse, SC_AFFINITY_STYLE_DETAIL) < measure(across, across, SC_AFFINITY_STYLE_DETAIL));
    free(across), free(down), free(coarse), free(like);
}

static void colours_alone(void **state)
{
    (void)state;
    sc_image plain = picture(128, 128, 7, 0), red = picture(128, 128, 7, 0), faint = picture(128, 128, 7, 0);
    for (size_t i = 0; i < 128 * 128; i++) {
        red.rgb[3 * i + 2] *= 0.2f;
        float grey = (faint.rgb[3 * i] + faint.rgb[3 * i + 1] + faint.rgb[3 * i + 2]) / 3;
        for (int c = 0; c < 3; c++)
            faint.rgb[3 * i + (size_t)c] = grey;
    }
    sc_descriptor *a = described(&plain, 256), *b = described(&red, 256), *c = described(&faint, 256);
    assert_true(measure(a, b, SC_AFFINITY_PALETTE) > measure(a, a, SC_AFFINITY_PALETTE) + 5);
    assert_true(c->chroma < 0.005f && a->chroma > 0.03f);
    free(a), free(b), free(c);
}

/* Two halves of different texture differ from the whole; one texture does not. */
static void unevenness(void **state)
{
    (void)state;
    sc_image even = waves(192, 8, 1, 0), uneven = waves(192, 8, 1, 0), other = waves(192, 20, 0, 1);
    memcpy(uneven.rgb, other.rgb, (size_t)192 * 96 * 3 * sizeof(float));
    sc_image_free(&other);
    sc_descriptor *a = described(&even, 256), *b = described(&uneven, 256);
    assert_true(b->unevenness > 5 * a->unevenness);
    free(a), free(b);
}

static void any_size(void **state)
{
    (void)state;
    static const int sizes[][2] = { { 1, 1 }, { 3, 500 }, { 2000, 31 }, { 257, 255 } };
    sc_image base = picture(100, 100, 9, 0);
    sc_descriptor *other = described(&base, 256);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        sc_image image = picture(sizes[i][0], sizes[i][1], 4, 0);
        sc_descriptor *d = described(&image, 256);
        sc_compatibility c;
        sc_compatibility_of(d, other, &c);
        assert_true(c.score >= 0 && c.score <= 100 && c.beta >= 1 && c.beta <= 32 && isfinite(c.outcome));
        sc_compatibility_of(other, d, &c);
        assert_true(c.score >= 0 && c.score <= 100);
        free(d);
    }
    free(other);
}

/* The reasons add up to the score, and a better outcome is a higher one. */
static void reasons(void **state)
{
    (void)state;
    sc_image images[] = { picture(200, 150, 3, 0), picture(180, 150, 5, 1), waves(192, 8, 1, 0) };
    sc_descriptor *d[3];
    sc_compatibility c[2];
    for (int i = 0; i < 3; i++)
        d[i] = described(&images[i], 256);
    for (int i = 0; i < 2; i++) {
        double sum = 0;
        sc_compatibility_of(d[0], d[i + 1], &c[i]);
        for (int k = 0; k < SC_REASONS; k++)
            sum += c[i].reasons[k];
        assert_true(fabs(50 * erfc(-sum / sqrt(2)) - c[i].score) < 1e-9);
    }
    assert_true((c[0].outcome < c[1].outcome) == (c[0].score > c[1].score) && c[0].outcome != c[1].outcome);
    for (int i = 0; i < 3; i++)
        free(d[i]);
}

/* ---- the cache ---- */

static sc_descriptor_cache *open_cache(const char *name, int64_t bytes)
{
    sc_descriptor_cache *cache;
    sc_error err;
    char *path = sc_format("%s/%s", folder, name);
    assert_int_equal(sc_descriptor_cache_open(&cache, path, bytes, &err), 0);
    free(path);
    return cache;
}

static void kept(void **state)
{
    (void)state;
    sc_image image = picture(64, 64, 2, 0);
    sc_descriptor *d = described(&image, 256), found;
    sc_descriptor_cache *cache = open_cache("deep/er/kept.sqlite", 1 << 30);
    assert_false(sc_descriptor_cache_find(cache, "one", &found));
    sc_descriptor_cache_put(cache, "one", d);
    sc_descriptor_cache_close(cache);
    cache = open_cache("deep/er/kept.sqlite", 1 << 30);
    assert_true(sc_descriptor_cache_find(cache, "one", &found));
    assert_memory_equal(&found, d, sizeof found);
    assert_false(sc_descriptor_cache_find(cache, "two", &found));
    sc_descriptor_cache_close(cache);
    free(d);
}

static void bounded(void **state)
{
    (void)state;
    sc_descriptor d = { 0 }, found;
    sc_descriptor_cache *cache = open_cache("bounded.sqlite", 10 * (int64_t)sizeof d);
    int there = 0;
    for (int i = 0; i < 25; i++) {
        char key[16];
        snprintf(key, sizeof key, "key %d", i);
        sc_descriptor_cache_put(cache, key, &d);
    }
    for (int i = 0; i < 25; i++) {
        char key[16];
        snprintf(key, sizeof key, "key %d", i);
        there += sc_descriptor_cache_find(cache, key, &found);
    }
    assert_in_range(there, 7, 10);
    sc_descriptor_cache_close(cache);
}

static void hashes_follow_the_file(void **state)
{
    (void)state;
    sc_error err;
    char first[65], again[65], right[65], *path = sc_format("%s/file", folder);
    sc_descriptor_cache *cache = open_cache("hashes.sqlite", 1 << 20);
    assert_int_equal(sc_file_write(path, "one", 3, &err), 0);
    const struct timespec old[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };
    assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
    assert_int_equal(sc_descriptor_cache_hash(NULL, cache, path, first, &err), 0);
    assert_int_equal(sc_descriptor_cache_hash(NULL, cache, path, again, &err), 0);
    sc_sha256(NULL, "one", 3, right);
    assert_string_equal(first, right);
    assert_string_equal(again, right);
    assert_int_equal(sc_file_write(path, "two", 3, &err), 0);
    assert_int_equal(sc_descriptor_cache_hash(NULL, cache, path, again, &err), 0);
    sc_sha256(NULL, "two", 3, right);
    assert_string_equal(again, right);
    assert_int_not_equal(sc_descriptor_cache_hash(NULL, cache, "/nowhere/at/all", again, &err), 0);
    sc_descriptor_cache_close(cache);
    free(path);
}

static void a_truncated_base(void **state)
{
    (void)state;
    sc_descriptor d = { .chroma = 0.5f }, found;
    char *path = sc_format("%s/cut.sqlite", folder);
    sc_descriptor_cache *cache = open_cache("cut.sqlite", 1 << 30);
    for (int i = 0; i < 4; i++) {
        char key[2] = { (char)('a' + i), 0 };
        sc_descriptor_cache_put(cache, key, &d);
    }
    sc_descriptor_cache_close(cache);
    assert_int_equal(truncate(path, 20000), 0);
    cache = open_cache("cut.sqlite", 1 << 30);
    for (int i = 0; i < 4; i++) {
        char key[2] = { (char)('a' + i), 0 };
        if (sc_descriptor_cache_find(cache, key, &found))
            assert_memory_equal(&found, &d, sizeof d);
        sc_descriptor_cache_put(cache, key, &d);
    }
    sc_descriptor_cache_close(cache);
    free(path);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_picture),
        cmocka_unit_test(same_bytes_at_any_thread_count),
        cmocka_unit_test(directions_and_scales),
        cmocka_unit_test(colours_alone),
        cmocka_unit_test(unevenness),
        cmocka_unit_test(any_size),
        cmocka_unit_test(reasons),
        cmocka_unit_test(kept),
        cmocka_unit_test(bounded),
        cmocka_unit_test(hashes_follow_the_file),
        cmocka_unit_test(a_truncated_base),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
