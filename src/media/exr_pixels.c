/* SPDX-License-Identifier: MIT */
/* The pixels of OpenEXR; see exr.h. Chunks (blocks of lines, or tiles) are decoded by several threads, each into a
 * buffer of its own and from there into the picture, in linear light and divided by alpha. Only then is it known how
 * bright the picture is, and the curve is applied. */
#include "media/exr_reading.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/memory.h"
#include "media/image_exr.h"
#include "media/light.h"
#include "tensor/tensor.h"

/* Pixels that cover less say nothing of how bright the picture is: divided by alpha, a glow has any brightness. */
static const float covering = 1 / 16.0f;

static size_t channel_bytes(const sc_exr_reading *r, int channel)
{
    return r->channels->entries[channel].pixel_type == EXR_PIXEL_HALF ? 2 : 4;
}

/* Where the other channels are kept. */
static int make_planes(sc_exr_reading *r, sc_error *err)
{
    sc_light *light = r->light;
    size_t pixels = (size_t)r->width * (size_t)r->height;
    for (int i = 0; i < r->channels->num_channels; i++) {
        size_t bytes = sc_exr_is_colour(r, i) ? 0 : channel_bytes(r, i), plane;
        r->place[i] = r->others_bytes;
        if (!sc_mul_size(pixels, bytes, &plane) || plane > SIZE_MAX / 2 - r->others_bytes)
            return sc_fail(err, SCUMBLE_ERR_LIMIT, "the channels of %s are more than memory can hold", r->name);
        r->others_bytes += plane;
    }
    light->others_bytes = r->others_bytes;
    light->others = r->others_bytes ? sc_big_zeroed(r->others_bytes, err) : NULL;
    return r->others_bytes && !light->others ? err->code : SCUMBLE_OK;
}

/* Neither infinities nor what is no number; the largest half stands for what is infinite, or meant so: renderers write
 * the largest float where nothing was hit. */
static float bounded_light(double value)
{
    return fabs(value) < 1e30 ? (float)value : isnan(value) ? 0 : copysignf(65504, (float)copysign(1, value));
}

/* One pixel at `at` of the picture, of linear premultiplied values. */
static void put_pixel(sc_exr_reading *r, size_t at, const float value[SC_EXR_COLOURS])
{
    float rgb[3], alpha = 1;
    sc_image *image = r->image;
    if (image->alpha) {
        alpha = bounded_light(value[SC_EXR_ALPHA]);
        alpha = alpha < 0 ? 0 : alpha > 1 ? 1 : alpha;
        image->alpha[at] = alpha;
    }
    for (int c = 0; c < 3; c++) {
        rgb[c] = bounded_light(value[c]);
        if (alpha <= 0 && rgb[c] > 1e-4f)
            r->glows = true;
        rgb[c] = alpha > 0 ? bounded_light(rgb[c] / alpha) : 0;
    }
    for (int c = 0; c < 3; c++)
        image->rgb[3 * at + (size_t)c] =
            !r->converts ? rgb[c] :
                           bounded_light(r->matrix[3 * c] * (double)rgb[0] + r->matrix[3 * c + 1] * (double)rgb[1] +
                                         r->matrix[3 * c + 2] * (double)rgb[2]);
}

/* A decoded chunk, whose first pixel is (left, top) in the display window's coordinates, into picture and planes. */
static void put_chunk(sc_exr_reading *r, const sc_exr_bench *b, int64_t left, int64_t top, int width, int height)
{
    const exr_coding_channel_info_t *channels = b->pipeline.channels;
    const int64_t from = left < 0 ? -left : 0, end = left + width > r->width ? r->width - left : width;
    for (int y = 0; y < height; y++) {
        if (top + y < 0 || top + y >= r->height || from >= end)
            continue;
        const size_t row = (size_t)(top + y) * (size_t)r->width, at = row + (size_t)(left + from);
        const size_t first = (size_t)y * (size_t)width + (size_t)from, count = (size_t)(end - from);
        const float *colours[SC_EXR_COLOURS];
        for (int c = 0; c < SC_EXR_COLOURS; c++)
            colours[c] =
                r->colour[c] < 0 ? NULL : (const float *)(const void *)channels[r->colour[c]].decode_to_ptr + first;
        for (size_t x = 0; x < count; x++) {
            float value[SC_EXR_COLOURS];
            for (int c = 0; c < SC_EXR_COLOURS; c++)
                value[c] = colours[c] ? colours[c][x] : 1;
            put_pixel(r, at + x, value);
        }
        for (int i = 0; i < r->channels->num_channels; i++) {
            const size_t bytes = channel_bytes(r, i);
            if (!sc_exr_is_colour(r, i))
                memcpy(r->light->others + r->place[i] + at * bytes, channels[i].decode_to_ptr + first * bytes,
                       count * bytes);
        }
    }
}

/* Where the chunk's channels are to be decoded: colours as floats, others as they are. */
static exr_result_t lay_out_chunk(const sc_exr_reading *r, sc_exr_bench *b, const exr_chunk_info_t *info)
{
    const size_t pixels = (size_t)info->width * (size_t)info->height;
    exr_decode_pipeline_t *p = &b->pipeline;
    size_t size = 0;
    for (int i = 0; i < p->channel_count; i++)
        size += pixels * 4;
    if (size > b->size_bytes) {
        free(b->bytes);
        b->bytes = malloc(size);
        b->size_bytes = b->bytes ? size : 0;
    }
    if (!b->bytes)
        return EXR_ERR_OUT_OF_MEMORY;
    for (int i = 0; i < p->channel_count; i++) {
        exr_coding_channel_info_t *c = &p->channels[i];
        if (sc_exr_is_colour(r, i)) {
            c->user_data_type = EXR_PIXEL_FLOAT;
            c->user_bytes_per_element = 4;
        }
        c->user_pixel_stride = c->user_bytes_per_element;
        c->user_line_stride = c->user_bytes_per_element * info->width;
        c->decode_to_ptr = b->bytes + (size_t)i * pixels * 4;
    }
    return EXR_ERR_SUCCESS;
}

static exr_result_t decode_chunk(const sc_exr_reading *r, sc_exr_bench *b, const exr_chunk_info_t *info)
{
    exr_result_t failed = b->begun ? exr_decoding_update(r->file.context, r->part, info, &b->pipeline) :
                                     exr_decoding_initialize(r->file.context, r->part, info, &b->pipeline);
    b->begun = b->begun || !failed;
    if (!failed && b->pipeline.channel_count != r->channels->num_channels)
        failed = EXR_ERR_CORRUPT_CHUNK;
    if (!failed)
        failed = lay_out_chunk(r, b, info);
    if (!failed)
        failed = exr_decoding_choose_default_routines(r->file.context, r->part, &b->pipeline);
    return failed ? failed : exr_decoding_run(r->file.context, r->part, &b->pipeline);
}

/* An sc_part_fn. */
static int decode_part(void *argument, int part, int thread)
{
    sc_exr_reading *r = argument;
    exr_chunk_info_t info = { 0 };
    exr_result_t failed;
    const int column = r->tiled ? part % r->across : 0, row = r->tiled ? part / r->across : part;
    const int step = r->tiled ? r->tile_height : r->lines;
    if (sc_now_s() > r->watch->end_s)
        return SCUMBLE_ERR_LIMIT;
    if (r->tiled)
        failed = exr_read_tile_chunk_info(r->file.context, r->part, column, row, 0, 0, &info);
    else
        failed = exr_read_scanline_chunk_info(r->file.context, r->part, r->data.min.y + row * step, &info);
    const int left = r->tiled ? column * r->tile_width : 0, top = row * step;
    if (!failed &&
        (info.width < 1 || info.height < 1 || info.width > r->data_width - left || info.height > r->data_height - top))
        failed = EXR_ERR_CORRUPT_CHUNK;
    if (!failed)
        failed = decode_chunk(r, &r->benches[thread], &info);
    if (failed)
        return failed == EXR_ERR_OUT_OF_MEMORY           ? SCUMBLE_ERR_MEMORY :
               failed == EXR_ERR_FEATURE_NOT_IMPLEMENTED ? SCUMBLE_ERR_UNSUPPORTED :
                                                           SCUMBLE_ERR_FORMAT;
    put_chunk(r, &r->benches[thread], (int64_t)r->data.min.x + left - r->display.min.x,
              (int64_t)r->data.min.y + top - r->display.min.y, info.width, info.height);
    return SCUMBLE_OK;
}

/* How many chunks the largest level has; 0 = that makes no sense. */
static int count_chunks(sc_exr_reading *r)
{
    if (!r->tiled) {
        if (exr_get_scanlines_per_chunk(r->file.context, r->part, &r->lines) || r->lines < 1)
            return 0;
        return (r->data_height - 1) / r->lines + 1;
    }
    if (exr_get_tile_sizes(r->file.context, r->part, 0, 0, &r->tile_width, &r->tile_height) || r->tile_width < 1 ||
        r->tile_height < 1)
        return 0;
    r->across = (r->data_width - 1) / r->tile_width + 1;
    int64_t chunks = (int64_t)r->across * ((r->data_height - 1) / r->tile_height + 1);
    return chunks > INT32_MAX ? 0 : (int)chunks;
}

static int say_failure(const sc_exr_reading *r, int code, sc_error *err)
{
    exr_compression_t compression = EXR_COMPRESSION_LAST_TYPE;
    exr_get_compression(r->file.context, r->part, &compression);
    switch (code) {
    case SCUMBLE_ERR_MEMORY: return sc_fail_memory(err, 0);
    case SCUMBLE_ERR_LIMIT: return sc_decode_check(r->watch, r->name, err);
    case SCUMBLE_ERR_CANCELLED: return sc_threads_check(r->watch->threads, err);
    case SCUMBLE_ERR_UNSUPPORTED:
        return sc_fail(err, code,
                       "%s is compressed by %s, which this OpenEXR cannot undo; convert it to zip or piz compression",
                       r->name, sc_exr_compression_name(compression));
    default: return sc_fail(err, SCUMBLE_ERR_FORMAT, "%s is damaged or cut short", r->name);
    }
}

static void put_row(void *user, int y, const float *rgba)
{
    sc_exr_reading *r = user;
    const int64_t left = (int64_t)r->data.min.x - r->display.min.x, top = (int64_t)r->data.min.y - r->display.min.y + y;
    if (top < 0 || top >= r->height)
        return;
    for (int x = 0; x < r->data_width; x++)
        if (left + x >= 0 && left + x < r->width)
            put_pixel(r, (size_t)top * (size_t)r->width + (size_t)(left + x), rgba + 4 * (size_t)x);
}

/* DWA, which OpenEXR's C library before 3.3 cannot undo: by libvips, which has colours alone. */
static int read_dwa(sc_exr_reading *r)
{
    exr_compression_t compression;
    sc_error why;
    if (!r->path || r->part || *r->layer || r->grey || exr_get_compression(r->file.context, r->part, &compression) ||
        (compression != EXR_COMPRESSION_DWAA && compression != EXR_COMPRESSION_DWAB))
        return SCUMBLE_ERR_UNSUPPORTED;
    int code = sc_image_exr_read(r->path, r->data_width, r->data_height, put_row, r, &why);
    if (code)
        return code;
    r->colours_alone = r->light->others;
    sc_big_free(r->light->others);
    r->light->others = NULL;
    r->light->others_bytes = 0;
    return SCUMBLE_OK;
}

static int decode_parts(sc_exr_reading *r, sc_error *err)
{
    sc_threads *threads = r->watch->threads;
    const int chunks = count_chunks(r);
    if (!chunks)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "%s is a damaged OpenEXR file: its tiles make no sense", r->name);
    r->benches = calloc((size_t)sc_threads_count(threads), sizeof *r->benches);
    if (!r->benches)
        return sc_fail_memory(err, sizeof *r->benches);
    int code = sc_threads_run(threads, chunks, decode_part, r);
    for (int i = 0; i < sc_threads_count(threads); i++) {
        if (r->benches[i].begun)
            exr_decoding_destroy(r->file.context, &r->benches[i].pipeline);
        free(r->benches[i].bytes);
    }
    free(r->benches);
    if (code == SCUMBLE_ERR_UNSUPPORTED && !read_dwa(r))
        return SCUMBLE_OK;
    return code ? say_failure(r, code, err) : SCUMBLE_OK;
}

/* ---- light to colours ------------------------------------------------------------------------------------------ */

/* Of the pixels that cover, and the least value of all. Most of what is below 0 comes from rounding. */
static float brightest(const sc_image *image, float asked, bool *beyond)
{
    float most = 0, least = 0, highest = 0;
    for (size_t i = 0, pixels = (size_t)image->width * (size_t)image->height; i < pixels; i++) {
        const float *rgb = image->rgb + 3 * i, top = fmaxf(rgb[0], fmaxf(rgb[1], rgb[2]));
        least = fminf(least, fminf(rgb[0], fminf(rgb[1], rgb[2])));
        highest = fmaxf(highest, top);
        if (!image->alpha || image->alpha[i] >= covering)
            most = fmaxf(most, top);
    }
    most = asked > 0 ? asked : sc_light_most(most);
    *beyond = least < -1e-6f || highest > most;
    return most;
}

static void encode_block(void *argument, size_t begin, size_t end)
{
    const sc_exr_reading *r = argument;
    float *rgb = r->image->rgb, *beyond = r->image->beyond;
    for (size_t i = begin; i < end; i++) {
        float value = sc_light_encode(&r->curve, rgb[i]);
        rgb[i] = value > 0 ? (value < 1 ? value : 1) : 0;
        if (beyond)
            beyond[i] = value - rgb[i];
    }
}

static int apply_curve(sc_exr_reading *r, sc_error *err)
{
    sc_image *image = r->image;
    const size_t values = (size_t)image->width * (size_t)image->height * 3;
    bool beyond;
    r->light->most = brightest(image, r->most, &beyond);
    r->curve = sc_light_curve_of(r->light->most);
    if (beyond && !(image->beyond = sc_big_zeroed(values * sizeof *image->beyond, err)))
        return err->code;
    sc_threads_blocks(r->watch->threads, values, encode_block, r);
    return sc_threads_check(r->watch->threads, err);
}

/* Alpha that is 1 everywhere says nothing. */
static void drop_full_alpha(sc_image *image)
{
    for (size_t i = 0, pixels = (size_t)image->width * (size_t)image->height; i < pixels; i++)
        if (image->alpha[i] < 1)
            return;
    sc_big_free(image->alpha);
    image->alpha = NULL;
}

int sc_exr_read_pixels(sc_exr_reading *r, sc_error *err)
{
    double back[9];
    r->converts = sc_exr_primaries(r->file.context, r->part, r->matrix, back);
    int code = make_planes(r, err);
    if (!code)
        code = decode_parts(r, err);
    if (!code && r->image->alpha)
        drop_full_alpha(r->image);
    return code ? code : apply_curve(r, err);
}
