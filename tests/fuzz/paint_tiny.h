/* SPDX-License-Identifier: MIT */
/* For fuzz targets: a painter at work on pictures so tiny that hundreds are painted a second, whole and in tiles,
 * judged, written and read again; or a sentence that says why not. */
#ifndef SC_TESTS_PAINT_TINY_H
#define SC_TESTS_PAINT_TINY_H

#include "fuzz.h"
#include "nets/onnx/onnx.h"
#include "nets/program/usage.h"
#include "paint/paint.h"
#include "measure/verdict.h"

/* What every run needs, between fuzz_set_up and fuzz_tear_down, or the end. */
static sc_threads *fuzz_threads;
static sc_device *fuzz_device;
static sc_encoder *fuzz_encoder;

static inline void fuzz_set_up(void)
{
    sc_error err = { 0 };
    if (sc_threads_create(&fuzz_threads, 1, &err) || sc_device_create_host(&fuzz_device, fuzz_threads, &err) ||
        sc_encoder_create_lite(&fuzz_encoder, &err))
        abort();
}

static inline void fuzz_tear_down(void)
{
    sc_encoder_free(fuzz_encoder);
    sc_device_destroy(fuzz_device);
    sc_threads_destroy(fuzz_threads);
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
    enum { MOST_WORK = 3000000, MOST_RESULTS = 300000 };
    sc_error err = { 0 };
    sc_shape *results = malloc(((size_t)program->operation_count + 1) * sizeof *results);
    double work, values;
    if (!results)
        abort();
    bool shaped = !sc_program_shapes(program, height, width, results, &err);
    if (shaped)
        sc_usage_cost(program, (sc_shape){ 1, program->channels, height, width }, results, &work, &values);
    free(results);
    return !shaped || (work < MOST_WORK && values < MOST_RESULTS);
}

/* Every value of the result is within 0..1: what is read beyond a buffer is often not. */
static inline void fuzz_paint(const sc_painter *painter, int width, int height, double tile_pixels, bool tileable)
{
    sc_error err = { 0 };
    sc_image photo, result;
    sc_paint_options options = {
        .tileable = tileable, .strength = 1, .tile_pixels = tile_pixels, .device = fuzz_device, .threads = fuzz_threads
    };
    int step = sc_program_step(painter->generator), most = step + (width > height ? width : height);
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

/* By its discriminator, where it has one for the features of lite's first layer. */
static inline void fuzz_judge(const sc_painter *painter, int width, int height)
{
    enum { CHANNELS = 32 };
    sc_error err = { 0 };
    sc_image picture;
    sc_verdict verdict;
    if (!painter->discriminator || painter->discriminator->channels != CHANNELS ||
        !fuzz_quick(painter->discriminator, height, width))
        return;
    sc_judge_config config = { .encoder = fuzz_encoder,
                               .layer = sc_encoder_find_layer(fuzz_encoder, "relu1_1", &err),
                               .discriminator = painter->discriminator,
                               .device = fuzz_device };
    fuzz_picture(&picture, width, height);
    int code = sc_verdict_on(&verdict, &config, &picture, width + height, &err);
    fuzz_check(code, &err);
    if (!code)
        sc_image_free(&verdict.map);
    sc_image_free(&picture);
}

/* As another file, and as an ONNX network and back. */
static inline void fuzz_rewrite(const sc_painter *painter)
{
    sc_error err = { 0 };
    sc_weights *weights;
    sc_painter *again;
    sc_onnx_model *model = NULL;
    sc_program *program = NULL;
    void *data = NULL;
    size_t size;
    double range;
    if (sc_painter_to_weights(painter, NULL, &weights, &err) || sc_painter_from_weights(&again, weights, &err))
        abort(); /* what was read is written such that it can be read */
    sc_painter_free(again);
    sc_weights_free(weights);
    int code = sc_program_to_onnx(painter->generator, painter->range, &(sc_onnx_texts){ 0 }, &data, &size, &err);
    fuzz_check(code, &err);
    if (!code && sc_onnx_parse(&model, data, size, &err))
        abort();
    if (!code)
        fuzz_check(sc_program_from_onnx(&program, &range, model, &err), &err);
    sc_program_free(program);
    sc_onnx_free(model);
    free(data);
}

#endif
