/* SPDX-License-Identifier: MIT */
/* Pictures from and to the memory of a program. See scumble/pixels.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/context.h"
#include "core/half.h"
#include "media/image_alpha.h"
#include "scumble/pixels.h"

/* ---- pixels ---------------------------------------------------------------------------------------------------- */

/* Where red, green, blue and alpha are in a pixel; -1: there is none. */
typedef struct layout {
    int count, red, green, blue, alpha, unused;
} layout;

static const layout layouts[] = {
    [SCUMBLE_CHANNELS_RGB] = { 3, 0, 1, 2, -1, -1 },       [SCUMBLE_CHANNELS_RGBA] = { 4, 0, 1, 2, 3, -1 },
    [SCUMBLE_CHANNELS_BGR] = { 3, 2, 1, 0, -1, -1 },       [SCUMBLE_CHANNELS_BGRA] = { 4, 2, 1, 0, 3, -1 },
    [SCUMBLE_CHANNELS_ARGB] = { 4, 1, 2, 3, 0, -1 },       [SCUMBLE_CHANNELS_RGBX] = { 4, 0, 1, 2, -1, 3 },
    [SCUMBLE_CHANNELS_BGRX] = { 4, 2, 1, 0, -1, 3 },       [SCUMBLE_CHANNELS_GREY] = { 1, 0, 0, 0, -1, -1 },
    [SCUMBLE_CHANNELS_GREY_ALPHA] = { 2, 0, 0, 0, 1, -1 },
};
static const size_t sample_bytes[] = { 1, 2, 2, 4 };
enum { LAYOUTS = sizeof layouts / sizeof *layouts, SAMPLES = sizeof sample_bytes / sizeof *sample_bytes };

static bool is_grey(int channels)
{
    return channels == SCUMBLE_CHANNELS_GREY || channels == SCUMBLE_CHANNELS_GREY_ALPHA;
}

static const char *wrong_with(const scumble_pixels *p)
{
    if (!p->data)
        return "there is no memory for the pixels: data is NULL";
    if (p->width < 1 || p->height < 1 || p->width > SC_MAX_EDGE || p->height > SC_MAX_EDGE)
        return "a picture needs a width and a height from 1 to 65535";
    if (p->sample < 0 || p->sample >= SAMPLES)
        return "the kind of the values is none of those that there are: take SCUMBLE_SAMPLE_U8, _U16, _HALF or _FLOAT";
    if (p->channels < 0 || p->channels >= LAYOUTS)
        return "the order of the channels is none of those that there are: take one of SCUMBLE_CHANNELS_...";
    long long least = (long long)p->width * layouts[p->channels].count * (long long)sample_bytes[p->sample];
    if (p->row_bytes && llabs(p->row_bytes) < least)
        return "row_bytes is less than a row of pixels takes";
    return NULL;
}

/* What a program gave, as this version knows it. */
static int pixels_take_pixels(scumble_pixels *own, const scumble_pixels *given, sc_error *err)
{
    if (SC_TAKE(own, given, scumble_pixels, channels, err))
        return err->code;
    const char *wrong = wrong_with(own);
    return wrong ? sc_fail(err, SCUMBLE_ERR_ARGUMENT, "%s", wrong) : SCUMBLE_OK;
}

/* The row's first value. */
static unsigned char *pixels_row_of(const scumble_pixels *p, int y)
{
    long long packed = (long long)p->width * layouts[p->channels].count * (long long)sample_bytes[p->sample];
    return (unsigned char *)p->data + (p->row_bytes ? p->row_bytes : packed) * y;
}

static float read_value(const unsigned char *at, int sample)
{
    uint16_t wide;
    float value;
    switch (sample) {
    case SCUMBLE_SAMPLE_U8: return (float)*at / 255.0f;
    case SCUMBLE_SAMPLE_U16: memcpy(&wide, at, sizeof wide); return (float)wide / 65535.0f;
    case SCUMBLE_SAMPLE_HALF: memcpy(&wide, at, sizeof wide); return sc_half_to_float(wide);
    default: memcpy(&value, at, sizeof value); return value;
    }
}

static void pixels_write_value(unsigned char *at, int sample, float value)
{
    uint16_t wide;
    switch (sample) {
    case SCUMBLE_SAMPLE_U8: *at = (unsigned char)lrintf(value * 255.0f); return;
    case SCUMBLE_SAMPLE_U16: wide = (uint16_t)lrintf(value * 65535.0f); break;
    case SCUMBLE_SAMPLE_HALF: wide = sc_float_to_half(value); break;
    default: memcpy(at, &value, sizeof value); return;
    }
    memcpy(at, &wide, sizeof wide);
}

/* False: it is not a number, or infinite. */
static bool pixels_take(const unsigned char *pixel, int channel, int sample, float *to)
{
    float value = read_value(pixel + (size_t)channel * sample_bytes[sample], sample);
    *to = value < 0 ? 0 : value > 1 ? 1 : value;
    return isfinite(value);
}

static bool read_row(const scumble_pixels *p, int y, sc_image *image)
{
    const layout *l = &layouts[p->channels];
    const unsigned char *row = pixels_row_of(p, y);
    bool good = true;
    for (int x = 0; x < p->width; x++) {
        const unsigned char *pixel = row + (size_t)x * (size_t)l->count * sample_bytes[p->sample];
        size_t at = (size_t)y * (size_t)p->width + (size_t)x;
        good &= pixels_take(pixel, l->red, p->sample, &image->rgb[3 * at]);
        good &= pixels_take(pixel, l->green, p->sample, &image->rgb[3 * at + 1]);
        good &= pixels_take(pixel, l->blue, p->sample, &image->rgb[3 * at + 2]);
        if (l->alpha >= 0)
            good &= pixels_take(pixel, l->alpha, p->sample, &image->alpha[at]);
    }
    return good;
}

static int pixels_read_pixels(sc_threads *threads, const scumble_pixels *p, sc_image *image, sc_error *err)
{
    int code = sc_image_create(image, p->width, p->height, layouts[p->channels].alpha >= 0, err);
    if (code)
        return code;
    bool good = true;
    for (int y = 0; y < p->height && !sc_threads_cancelled(threads); y++)
        good &= read_row(p, y, image);
    image->bits = p->sample == SCUMBLE_SAMPLE_U8 ? 8 : 16;
    if (sc_threads_check(threads, err))
        return err->code;
    return good ? sc_image_fill_hidden(threads, image, err) :
                  sc_fail(err, SCUMBLE_ERR_ARGUMENT, "the values of a picture must be finite numbers");
}

int scumble_image_from_pixels(scumble *s, const scumble_pixels *pixels, scumble_image **image)
{
    if (image)
        *image = NULL;
    if (!sc_is_open(s) || !pixels || !image)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    scumble_pixels own;
    sc_image made = { 0 };
    if (!pixels_take_pixels(&own, pixels, &err) && !pixels_read_pixels(s->threads, &own, &made, &err))
        sc_context_image(&made, NULL, image, &err);
    sc_image_free(&made);
    return sc_report(s, &err);
}

static void write_row(const scumble_pixels *p, int y, const sc_image *image)
{
    const layout *l = &layouts[p->channels];
    unsigned char *row = pixels_row_of(p, y);
    size_t bytes = sample_bytes[p->sample];
    for (int x = 0; x < p->width; x++) {
        unsigned char *pixel = row + (size_t)x * (size_t)l->count * bytes;
        size_t at = (size_t)y * (size_t)p->width + (size_t)x;
        const float *rgb = image->rgb + 3 * at;
        float grey = 0.299f * rgb[0] + 0.587f * rgb[1] + 0.114f * rgb[2];
        pixels_write_value(pixel + (size_t)l->red * bytes, p->sample, is_grey(p->channels) ? grey : rgb[0]);
        if (!is_grey(p->channels)) {
            pixels_write_value(pixel + (size_t)l->green * bytes, p->sample, rgb[1]);
            pixels_write_value(pixel + (size_t)l->blue * bytes, p->sample, rgb[2]);
        }
        if (l->alpha >= 0)
            pixels_write_value(pixel + (size_t)l->alpha * bytes, p->sample, image->alpha ? image->alpha[at] : 1);
        if (l->unused >= 0)
            pixels_write_value(pixel + (size_t)l->unused * bytes, p->sample, 1);
    }
}

int scumble_image_to_pixels(scumble *s, const scumble_image *image, const scumble_pixels *pixels)
{
    if (!sc_is_open(s) || !image || !pixels)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    scumble_pixels own;
    if (!pixels_take_pixels(&own, pixels, &err) &&
        (own.width != image->image.width || own.height != image->image.height))
        sc_fail(&err, SCUMBLE_ERR_ARGUMENT, "the memory is for %d x %d pixels, but the picture has %d x %d", own.width,
                own.height, image->image.width, image->image.height);
    for (int y = 0; !err.code && y < own.height && !sc_threads_cancelled(s->threads); y++)
        write_row(&own, y, &image->image);
    if (!err.code)
        sc_threads_check(s->threads, &err);
    return sc_report(s, &err);
}

/* ---- encoded files --------------------------------------------------------------------------------------------- */

/* A file in memory; its name is that of a descriptor. */
typedef struct memory_file {
    int descriptor;
    char name[40];
} memory_file;

static int pixels_open_file(memory_file *file, sc_error *err)
{
    file->descriptor = memfd_create("picture", MFD_CLOEXEC);
    snprintf(file->name, sizeof file->name, "/proc/self/fd/%d", file->descriptor);
    return file->descriptor >= 0 ? SCUMBLE_OK :
                                   sc_fail(err, SCUMBLE_ERR_IO, "no file in memory can be made: %s", strerror(errno));
}

static int pixels_write_file(const memory_file *file, const char *bytes, size_t size_bytes, sc_error *err)
{
    for (size_t done = 0; done < size_bytes;) {
        ssize_t count = write(file->descriptor, bytes + done, size_bytes - done);
        if (count < 0 && errno != EINTR)
            return sc_fail(err, SCUMBLE_ERR_IO, "a file in memory cannot be written: %s", strerror(errno));
        done += count > 0 ? (size_t)count : 0;
    }
    return SCUMBLE_OK;
}

static int pixels_read_file(const memory_file *file, void **bytes, size_t *size_bytes, sc_error *err)
{
    struct stat info;
    if (fstat(file->descriptor, &info))
        return sc_fail(err, SCUMBLE_ERR_IO, "a file in memory cannot be read: %s", strerror(errno));
    char *copy = malloc((size_t)info.st_size + 1);
    if (!copy)
        return sc_fail_memory(err, (size_t)info.st_size);
    for (off_t done = 0; done < info.st_size;) {
        ssize_t count = pread(file->descriptor, copy + done, (size_t)(info.st_size - done), done);
        if (count == 0 || (count < 0 && errno != EINTR)) {
            free(copy);
            return sc_fail(err, SCUMBLE_ERR_IO, "a file in memory cannot be read");
        }
        done += count > 0 ? count : 0;
    }
    *bytes = copy;
    *size_bytes = (size_t)info.st_size;
    return SCUMBLE_OK;
}

/* The sentence speaks of a picture in memory, not of a descriptor. */
static void name_memory(scumble *s, const char *name)
{
    char quoted[48], *at;
    snprintf(quoted, sizeof quoted, "'%s'", name);
    while ((at = strstr(s->error.text, quoted))) {
        static const char words[] = "the picture in memory";
        char rest[sizeof s->error.text];
        snprintf(rest, sizeof rest, "%s", at + strlen(quoted));
        snprintf(at, sizeof s->error.text - (size_t)(at - s->error.text), "%s%s", words, rest);
    }
}

int scumble_image_from_bytes(scumble *s, const void *bytes, size_t size_bytes, scumble_image **image)
{
    if (image)
        *image = NULL;
    if (!sc_is_open(s) || !bytes || !image)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    memory_file file;
    int code = pixels_open_file(&file, &err);
    if (!code)
        code = pixels_write_file(&file, bytes, size_bytes, &err);
    if (code)
        sc_report(s, &err);
    else if ((code = scumble_image_load(s, file.name, image)))
        name_memory(s, file.name);
    else { /* it is from no file that could be found again */
        free((*image)->path);
        (*image)->path = NULL;
    }
    if (file.descriptor >= 0)
        close(file.descriptor);
    return code;
}

int scumble_image_to_bytes(scumble *s, const scumble_image *image, const char *format,
                           const scumble_save_options *options, void **bytes, size_t *size_bytes)
{
    if (bytes)
        *bytes = NULL;
    if (size_bytes)
        *size_bytes = 0;
    if (!sc_is_open(s) || !image || !format || !bytes || !size_bytes)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    memory_file file;
    scumble_save_options own;
    if (SC_TAKE(&own, options, scumble_save_options, format, &err))
        return sc_report(s, &err);
    own.format = format;
    int code = pixels_open_file(&file, &err);
    if (!code && (code = scumble_image_save(s, image, file.name, &own))) {
        name_memory(s, file.name);
        close(file.descriptor);
        return code;
    }
    if (!code)
        code = pixels_read_file(&file, bytes, size_bytes, &err);
    if (file.descriptor >= 0)
        close(file.descriptor);
    return sc_report(s, &err);
}

void scumble_bytes_free(void **bytes)
{
    if (!bytes)
        return;
    free(*bytes);
    *bytes = NULL;
}
