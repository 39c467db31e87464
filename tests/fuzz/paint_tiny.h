/* SPDX-License-Identifier: MIT */
/* For fuzz targets: a painter at work on pictures so tiny that thousands are painted a second, whole and in tiles; or a sentence that says why not. */
#ifndef SC_TESTS_PAINT_TINY_H
#define SC_TESTS_PAINT_TINY_H

#include "fuzz.h"
#include "nets/usage.h"
#include "style/paint.h"

static inline sc_threads *fuzz_threads(void)
{
    static sc_threads *threads;
    sc_error err = { 0 };
    if (!threads && sc_threads_create(&threads, 1, &err))
        abort();
    return threads;
}

/* A sentence where there is a code, and none where there is none. */
static inline void fuzz_check(int code, const sc_error *err)
{
    if (code && (err->code != code || !err->text[0]))
        abort();
}

static inline void fuzz_picture(sc_image *image, int width, int height)
{
    sc_error err = { 0 };
    if (sc_image_create(image, width, height, false, &err))
        abort();
    for (size_t i = 0; i < (size_t)width * (size_t)height * 3; i++)
        image->rgb[i] = (float)(i * 7919 % 256) / 255;
}

/* Whether it is quick: what is refused for its cost is tested elsewhere, and what is not may still take seconds. */
static inline bool fuzz_quick(const sc_program *program, int height, int width)
{
    enum { MOST_WORK = 20000000, MOST_VALUES = 2000000 };
    sc_error err = { 0 };
    sc_shape *results = malloc(((size_t)program->operation_count + 1) * sizeof *results);
    double work, values;
    if (!results)
        abort();
    bool shaped = !sc_program_shapes(program, height, width, results, &err);
    if (shaped)
        sc_usage_cost(program, (sc_shape){ 1, program->channels, height, width }, results, &work, &values);
    free(results);
    return !shaped || (work < MOST_WORK && values < MOST_VALUES);
}

/* Every value of the result is within 0..1: what is read beyond a buffer is often not. */
static inline void fuzz_paint(const sc_painter *painter, int width, int height, double tile_pixels, bool tileable)
{
    sc_error err = { 0 };
    sc_image photo, result;
    sc_paint_options options = { .tileable = tileable, .strength = 1, .tile_pixels = tile_pixels, .backend = &sc_backend_cpu, .threads = fuzz_threads() };
    int step = sc_program_step(painter->generator), most = 64 + step + (width > height ? width : height);
    if (most > 160 || !fuzz_quick(painter->generator, most, most))
        return;
    fuzz_picture(&photo, width, height);
    int code = sc_paint(painter, &photo, &options, NULL, NULL, &result, &err);
    fuzz_check(code, &err);
    if (code ? result.rgb != NULL : result.width != width || result.height != height)
        abort();
    for (size_t i = 0; !code && i < (size_t)width * (size_t)height * 3; i++)
        if (!(result.rgb[i] >= 0 && result.rgb[i] <= 1))
            abort();
    sc_image_free(&result);
    sc_image_free(&photo);
}

#endif
