/* SPDX-License-Identifier: MIT */
/* What the picture tests share: a folder of their own, small pictures, comparisons. For one test program each:
 * everything is static. */
#ifndef SC_TEST_IMAGE_FIXTURE_H
#define SC_TEST_IMAGE_FIXTURE_H

#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/rng.h"
#include "media/image_alpha.h"

#define UNUSED __attribute__((unused))

static char folder[256];
static sc_threads *file_threads; /* that load and save; NULL at first: the test alone */

UNUSED static void use_threads(int count)
{
    sc_error err = { 0 };
    sc_threads_destroy(file_threads);
    file_threads = NULL;
    if (count && sc_threads_create(&file_threads, count, &err))
        fail_msg("%s", err.text);
}

/* A name in the folder; valid until the 8th call after it. */
UNUSED static const char *in_folder(const char *name)
{
    static char paths[8][512];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

UNUSED static int count_files(void)
{
    DIR *dir = opendir(folder);
    int count = 0;
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        count += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
    closedir(dir);
    return count;
}

UNUSED static void clear_folder(void)
{
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            if (unlink(in_folder(entry->d_name)))
                rmdir(in_folder(entry->d_name));
    closedir(dir);
}

/* In programs with libvips of their own, which scumble leaves as it is: nothing is kept, for files change under their
 * names, and nothing is said. */
void vips_cache_set_max(int most) __attribute__((weak));

UNUSED static int make_folder(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    sc_error err = { 0 };
    snprintf(folder, sizeof folder, "%s/scumble-test-XXXXXX", base ? base : "/tmp");
    setenv("VIPS_WARNING", "no", 1);
    int failed = !mkdtemp(folder) || sc_media_init(&err);
    if (vips_cache_set_max)
        vips_cache_set_max(0);
    return failed;
}

UNUSED static int remove_folder(void **state)
{
    (void)state;
    clear_folder();
    return rmdir(folder);
}

UNUSED static void save(const sc_image *image, const char *path, const sc_image_save_options *options)
{
    sc_error err = { 0 };
    sc_image_save_options own = options ? *options : (sc_image_save_options){ 0 };
    own.threads = file_threads;
    if (sc_image_save(image, path, &own, &err))
        fail_msg("%s", err.text);
}

UNUSED static sc_image load(const char *path)
{
    sc_error err = { 0 };
    sc_image image;
    if (sc_image_load(&image, path, &(sc_image_limits){ .threads = file_threads }, &err))
        fail_msg("%s", err.text);
    return image;
}

/* A sentence: there, on one line, of printable characters. */
UNUSED static void assert_sentence(const sc_error *err, int code)
{
    assert_int_equal(err->code, code);
    assert_true(strlen(err->text) > 10);
    for (const char *p = err->text; *p; p++)
        assert_true((unsigned char)*p >= 0x20);
}

/* Loading fails with this code, a clean sentence and a zeroed picture. */
UNUSED static void assert_refused_with(const char *path, const sc_image_limits *limits, int code)
{
    sc_error err = { 0 };
    sc_image image;
    int got = sc_image_load(&image, path, limits, &err);
    if (got != code)
        fail_msg("%s gave %d (%s), not %d", path, got, err.text, code);
    assert_sentence(&err, code);
    assert_null(image.rgb);
    assert_null(image.alpha);
}

UNUSED static void assert_refused(const char *path, int code)
{
    assert_refused_with(path, NULL, code);
}

/* Noise whose values lie on the grid of 8 or 16 bits. */
UNUSED static sc_image noise(int width, int height, bool alpha, int bits, uint64_t seed)
{
    sc_error err = { 0 };
    sc_image image;
    assert_int_equal(sc_image_create(&image, width, height, alpha, &err), 0);
    unsigned most = bits == 16 ? 65535 : 255;
    size_t pixels = (size_t)width * (size_t)height;
    for (size_t i = 0; i < 3 * pixels; i++)
        image.rgb[i] = (float)(sc_random_bits(seed, i) % (most + 1)) / (float)most;
    for (size_t i = 0; alpha && i < pixels; i++)
        image.alpha[i] = (float)(sc_random_bits(seed + 1, i) % (most + 1)) / (float)most;
    image.bits = bits;
    assert_int_equal(sc_image_fill_hidden(NULL, &image, &err), 0);
    return image;
}

/* A smooth picture, for the lossy formats. */
UNUSED static sc_image smooth(int width, int height, bool alpha)
{
    sc_error err = { 0 };
    sc_image image;
    assert_int_equal(sc_image_create(&image, width, height, alpha, &err), 0);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            size_t i = (size_t)y * (size_t)width + (size_t)x;
            image.rgb[3 * i] = (float)x / (float)width;
            image.rgb[3 * i + 1] = (float)y / (float)height;
            image.rgb[3 * i + 2] = 0.5f + 0.4f * sinf(0.1f * (float)(x + y));
            if (alpha)
                image.alpha[i] = (float)(x * 255 / width) / 255.0f;
        }
    assert_int_equal(sc_image_fill_hidden(NULL, &image, &err), 0);
    return image;
}

/* Largest difference of the colours; fails when the sizes or the presence of alpha differ. */
UNUSED static double colour_difference(const sc_image *a, const sc_image *b)
{
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    assert_int_equal(a->alpha != NULL, b->alpha != NULL);
    double most = 0;
    for (size_t i = 0; i < 3 * (size_t)a->width * (size_t)a->height; i++)
        most = fmax(most, fabs((double)a->rgb[i] - b->rgb[i]));
    return most;
}

UNUSED static double alpha_difference(const sc_image *a, const sc_image *b)
{
    double most = 0;
    for (size_t i = 0; i < (size_t)a->width * (size_t)a->height; i++)
        most = fmax(most, fabs((double)a->alpha[i] - b->alpha[i]));
    return most;
}

UNUSED static void assert_same(const sc_image *a, const sc_image *b)
{
    assert_true(colour_difference(a, b) == 0);
    if (a->alpha)
        assert_true(alpha_difference(a, b) == 0);
}

UNUSED static void write_bytes(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* The whole file; caller frees. */
UNUSED static uint8_t *read_bytes(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *data = malloc(*size + 1);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, *size, file), *size);
    fclose(file);
    return data;
}

#endif
