/* SPDX-License-Identifier: MIT */
/* A painter's file, made without the library: a small generator with strides and an instance norm, whose weights depend
 * on a seed. */
#ifndef TESTS_PAINTER_FIXTURE_H
#define TESTS_PAINTER_FIXTURE_H

#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char painter_program[] =
    "{\"channels\": 3, \"operations\": ["
    "{\"op\": \"conv2d\", \"inputs\": [-1, \"w1\"], \"stride\": [2, 2], \"padding\": [1, 1, 1, 1], \"mode\": "
    "\"reflect\"},"
    "{\"op\": \"instance_norm\", \"inputs\": [0, \"g\", \"z\"], \"epsilon\": 1e-5}, {\"op\": \"relu\", \"inputs\": "
    "[1]},"
    "{\"op\": \"resize_nearest\", \"inputs\": [2], \"factor\": 2},"
    "{\"op\": \"conv2d\", \"inputs\": [3, \"w2\", \"b\"], \"padding\": [1, 1, 1, 1], \"mode\": \"reflect\"}]}";

/* Adds a tensor of `count` values to the header, and its values behind the `size` before. Returns the size then. */
static inline size_t add_painter_tensor(json_t *header, float *values, size_t size, const char *name, json_t *shape,
                                        size_t count, float mean, float spread, int seed)
{
    json_t *entry = json_pack("{s:s, s:o, s:[I, I]}", "dtype", "F32", "shape", shape, "data_offsets",
                              (json_int_t)(4 * size), (json_int_t)(4 * (size + count)));
    json_object_set_new(header, name, entry);
    for (size_t i = 0; i < count; i++)
        values[size + i] = mean + spread * sinf((float)(i + 1) * 12.9898f * (float)(seed + 1));
    return size + count;
}

static inline bool write_painter(const char *path, const char *name, int seed)
{
    enum { CHANNELS = 8 };
    float values[2 * 27 * CHANNELS + 2 * CHANNELS + 3];
    json_t *header = json_pack("{s:{s:s, s:s, s:s, s:s, s:s}}", "__metadata__", "format", "scumble.painter/1", "name",
                               name, "licence", "MIT", "range", "1", "generator", painter_program);
    size_t size = add_painter_tensor(header, values, 0, "generator.b", json_pack("[i]", 3), 3, 0.5f, 0.1f, seed);
    size = add_painter_tensor(header, values, size, "generator.g", json_pack("[i]", CHANNELS), CHANNELS, 1, 0.2f,
                              seed + 1);
    size = add_painter_tensor(header, values, size, "generator.w1", json_pack("[i, i, i, i]", CHANNELS, 3, 3, 3),
                              27 * CHANNELS, 0, 0.5f, seed + 2);
    size = add_painter_tensor(header, values, size, "generator.w2", json_pack("[i, i, i, i]", 3, CHANNELS, 3, 3),
                              27 * CHANNELS, 0, 0.05f, seed + 3);
    size = add_painter_tensor(header, values, size, "generator.z", json_pack("[i]", CHANNELS), CHANNELS, 0, 0.2f,
                              seed + 4);
    char *text = json_dumps(header, JSON_COMPACT);
    uint64_t length = text ? strlen(text) : 0;
    FILE *file = fopen(path, "wb");
    bool good = text && file && fwrite(&length, sizeof length, 1, file) == 1 &&
                fwrite(text, 1, length, file) == length && fwrite(values, sizeof *values, size, file) == size;
    good = file && !fclose(file) && good;
    free(text);
    json_decref(header);
    return good;
}

#endif
