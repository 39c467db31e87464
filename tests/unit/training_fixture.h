/* SPDX-License-Identifier: MIT */
/* What the tests of trainings by the public interface share: a context, a folder with photos and a painting, and files
 * that are compared, damaged or not written for want of space. Only for programs that see what an application sees. */
#ifndef TESTS_TRAINING_FIXTURE_H
#define TESTS_TRAINING_FIXTURE_H

#define _GNU_SOURCE /* nftw */

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "options_fixture.h"

static char folder[64]; /* of the tests: painting.png, photos/ with three photos and a text that is none */
static scumble *s;

#define MUST(call)                                            \
    do {                                                      \
        if (call)                                             \
            fail_msg("%s: %s", #call, scumble_error_text(s)); \
    } while (0)

/* The path of a file of the tests; good for eight calls. */
static inline const char *path_in(const char *name)
{
    static char paths[8][256];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static inline void assert_fails(int code, int wanted, const char *words)
{
    if (code != wanted || !strstr(scumble_error_text(s), words))
        fail_msg("%d in place of %d, or '%s' is not in '%s'", code, wanted, words, scumble_error_text(s));
}

/* Waves, which another number makes other ones. The caller frees it. */
static inline scumble_image *picture(int width, int height, int number)
{
    float *rgb = malloc((size_t)width * (size_t)height * 3 * sizeof *rgb);
    scumble_image *image;
    for (int i = 0; i < 3 * width * height; i++) {
        int x = i / 3 % width, y = i / 3 / width;
        rgb[i] = 0.5f + 0.3f * sinf(0.11f * (float)(number + 1) * (float)x + (float)(i % 3)) * cosf(0.23f * (float)y) +
                 0.1f * (float)(((x * 7 + y * 13 + number * 5) >> 2) % 3 - 1);
    }
    MUST(scumble_image_create(s, width, height, rgb, NULL, &image));
    free(rgb);
    return image;
}

static inline void write_picture(const char *name, int width, int height, int number)
{
    scumble_image *image = picture(width, height, number);
    MUST(scumble_image_save(s, image, path_in(name), NULL));
    scumble_image_free(&image);
}

static inline void write_bytes(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(path_in(name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* The caller frees the bytes. */
static inline uint8_t *read_bytes(const char *name, size_t *size)
{
    FILE *file = fopen(path_in(name), "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*size);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

static inline bool is_there(const char *name)
{
    struct stat found;
    return !stat(path_in(name), &found);
}

static inline void assert_same_files(const char *a, const char *b)
{
    size_t sizes[2];
    uint8_t *bytes[2] = { read_bytes(a, &sizes[0]), read_bytes(b, &sizes[1]) };
    assert_int_equal(sizes[0], sizes[1]);
    assert_memory_equal(bytes[0], bytes[1], sizes[0]);
    free(bytes[0]);
    free(bytes[1]);
}

/* From now on no file may have more bytes, as on a full disk; 0 = as before. */
static inline void limit_files(size_t bytes)
{
    static struct rlimit before;
    struct rlimit now;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &now), 0);
    if (bytes) {
        before = now;
        now.rlim_cur = bytes;
        signal(SIGXFSZ, SIG_IGN);
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, bytes ? &now : &before), 0);
}

static inline int start(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/scumble-training-XXXXXX");
    if (!mkdtemp(folder) || mkdir(path_in("photos"), 0700) || mkdir(path_in("painters"), 0700))
        return -1;
    scumble_config config = { .size = sizeof config, .data_dir = folder, .threads = 2 };
    if (scumble_open(&s, &config))
        return -1;
    write_picture("painting.png", 96, 80, 7);
    write_picture("photos/a.png", 100, 90, 1);
    write_picture("photos/b.png", 90, 110, 2);
    write_picture("photos/c.png", 96, 96, 3);
    return 0;
}

static inline int remove_item(const char *name, const struct stat *status, int kind, struct FTW *where)
{
    (void)status, (void)kind, (void)where;
    return remove(name);
}

static inline int stop(void **state)
{
    (void)state;
    scumble_close(&s);
    return nftw(folder, remove_item, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
