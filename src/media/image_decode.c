/* SPDX-License-Identifier: MIT */
/* From what a loader of libvips gives to a picture: meaning of the channels, conversion to sRGB, and the pixels.
 *
 * libvips decodes top to bottom in strips (sequential access), and the last step (store_row) turns integers into
 * floats, converts profiles, parts colour from alpha and applies the EXIF orientation while it stores, so besides the
 * picture itself only a strip or two are in memory. */
#include "media/image_decode.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/memory.h"
#include "core/threads.h"
#include "media/image_profile.h"

#define STRIP_ROWS 64

/* What is being read. */
typedef struct source {
    VipsImage *image; /* as the loader gives it; pixels are not decoded yet */
    sc_format_id format;
    const char *name; /* for sentences */
    const sc_decode_watch *watch;
} source;

/* ---- meaning of the channels ---- */

static bool is_float(const VipsImage *image)
{
    return image->BandFmt == VIPS_FORMAT_FLOAT || image->BandFmt == VIPS_FORMAT_DOUBLE;
}

/* How many of the channels are colour; the next one, if any, is alpha and the rest is ignored. */
int sc_image_colour_bands(const VipsImage *image)
{
    if (image->Type == VIPS_INTERPRETATION_CMYK && image->Bands >= 4)
        return 4;
    if (image->Type == VIPS_INTERPRETATION_B_W || image->Type == VIPS_INTERPRETATION_GREY16)
        return 1;
    return image->Bands >= 3 ? 3 : 1;
}

/* Colour spaces that libvips knows the way from; any other kind of image is taken as grey or RGB by its channels. */
static bool is_colour_space(const VipsImage *image)
{
    switch (image->Type) {
    case VIPS_INTERPRETATION_XYZ:
    case VIPS_INTERPRETATION_LAB:
    case VIPS_INTERPRETATION_LABQ:
    case VIPS_INTERPRETATION_LABS:
    case VIPS_INTERPRETATION_LCH:
    case VIPS_INTERPRETATION_CMC:
    case VIPS_INTERPRETATION_HSV:
    case VIPS_INTERPRETATION_YXY:
    case VIPS_INTERPRETATION_scRGB: return image->Bands >= 3;
    default: return false;
    }
}

/* ---- the pipeline ---- */

/* Integers become unsigned with 8 or 16 bits, floats 32 bits. */
static int simplify_format(VipsImage *in, VipsImage **out)
{
    switch (in->BandFmt) {
    case VIPS_FORMAT_UINT: return vips_cast(in, out, VIPS_FORMAT_USHORT, "shift", TRUE, NULL);
    case VIPS_FORMAT_CHAR: return vips_cast(in, out, VIPS_FORMAT_UCHAR, NULL);
    case VIPS_FORMAT_SHORT:
    case VIPS_FORMAT_INT: return vips_cast(in, out, VIPS_FORMAT_USHORT, NULL);
    case VIPS_FORMAT_DOUBLE: return vips_cast(in, out, VIPS_FORMAT_FLOAT, NULL);
    default: return vips_copy(in, out, NULL);
    }
}

/* The conversion that the channels need while they are stored, if any. A profile that is damaged or made for another
 * kind of picture is ignored, as every viewer does; CMYK without one is taken for the standard inks that libvips knows.
 */
static sc_profile *choose_profile(const VipsImage *in, int bands, bool deep, sc_image *image)
{
    const void *data;
    size_t size;
    sc_profile *profile = NULL;
    if (vips_image_get_typeof(in, VIPS_META_ICC_NAME) && !vips_image_get_blob(in, VIPS_META_ICC_NAME, &data, &size)) {
        profile = sc_profile_reader(data, size, bands, deep);
        if (profile && (image->icc = malloc(size))) {
            memcpy(image->icc, data, size);
            image->icc_bytes = size;
        }
    }
    VipsBlob *inks = NULL;
    if (!profile && bands == 4 && !vips_profile_load("cmyk", &inks, NULL) && inks) {
        data = vips_blob_get(inks, &size);
        profile = sc_profile_reader(data, size, bands, deep);
        vips_area_unref(VIPS_AREA(inks));
    }
    return profile;
}

/* Colour channels that are no integer grey, RGB or CMYK to 16-bit sRGB. */
static int convert_colour(VipsImage *in, VipsImage **out)
{
    if (is_colour_space(in))
        return vips_colourspace(in, out, VIPS_INTERPRETATION_RGB16, NULL);
    if (!is_float(in))
        return vips_copy(in, out, NULL);
    /* light without a colour space: linear, white = 1 */
    VipsObject *owner = VIPS_OBJECT(vips_image_new());
    VipsImage **t = (VipsImage **)vips_object_local_array(owner, 2), *three[3] = { in, in, in };
    int failed = in->Bands == 1 ? vips_bandjoin(three, &t[0], 3, NULL) : vips_copy(in, &t[0], NULL);
    failed = failed || vips_copy(t[0], &t[1], "interpretation", VIPS_INTERPRETATION_scRGB, NULL) ||
             vips_colourspace(t[1], out, VIPS_INTERPRETATION_RGB16, NULL);
    g_object_unref(owner);
    return failed;
}

/* Alpha to the same number of bits as the colours. */
static int convert_alpha(VipsImage *in, VipsImage **out, VipsBandFormat format)
{
    VipsObject *owner = VIPS_OBJECT(vips_image_new());
    VipsImage **t = (VipsImage **)vips_object_local_array(owner, 1);
    double scale = 1, offset = 0;
    if (is_float(in)) {
        scale = format == VIPS_FORMAT_UCHAR ? 255 : 65535;
        offset = 0.5;
    } else if (in->BandFmt == VIPS_FORMAT_UCHAR && format == VIPS_FORMAT_USHORT)
        scale = 257;
    int failed = in->BandFmt == format ?
                     vips_copy(in, out, NULL) :
                     vips_linear1(in, &t[0], scale, offset, NULL) || vips_cast(t[0], out, format, NULL);
    g_object_unref(owner);
    return failed;
}

/* The whole pipeline: *out has 1, 3 or 4 colour channels, then alpha if *alpha, 8 or 16 bits. */
static int build_pipeline(const source *in, VipsImage **out, bool *alpha)
{
    VipsObject *owner = VIPS_OBJECT(vips_image_new());
    VipsImage **t = (VipsImage **)vips_object_local_array(owner, 6);
    *alpha = false;
    int failed = vips_image_decode(in->image, &t[0]) || simplify_format(t[0], &t[1]);
    if (!failed) {
        int bands = sc_image_colour_bands(t[1]);
        *alpha = t[1]->Bands > bands;
        failed = vips_extract_band(t[1], &t[2], 0, "n", bands, NULL) || convert_colour(t[2], &t[3]);
        if (!failed && *alpha)
            failed = vips_extract_band(t[1], &t[4], bands, NULL) || convert_alpha(t[4], &t[5], t[3]->BandFmt) ||
                     vips_bandjoin2(t[3], t[5], out, NULL);
        else if (!failed)
            failed = vips_copy(t[3], out, NULL);
    }
    g_object_unref(owner);
    return failed;
}

/* ---- pixels ---- */

/* How pixels get from the pipeline to the picture. Pixel (x, y) of the file lies at origin + x * step_x + y * step_y
 * there. */
typedef struct placement {
    sc_image *image;
    int bands;           /* colour channels: 1, 3, or 4 (then there is a profile) */
    sc_profile *profile; /* NULL = they are sRGB */
    ptrdiff_t origin, step_x, step_y;
    atomic_bool beyond; /* a colour was met that sRGB does not have */
    float *scratch; /* scratch_floats per thread: the row's colours as libvips has them, those converted, what they have
                       beyond, room to convert */
    size_t scratch_floats;
    VipsRegion *region; /* the current strip */
    int top;
} placement;

/* EXIF orientations 1..8 of a file with w x h pixels. */
static void place(placement *p, int orientation, int w, int h)
{
    bool swap = orientation >= 5;
    bool flip_x =
        orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8; /* of the file's x axis */
    bool flip_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    ptrdiff_t step_x = swap ? h : 1, step_y = swap ? 1 : w;
    p->origin = (flip_x ? (w - 1) * step_x : 0) + (flip_y ? (h - 1) * step_y : 0);
    p->step_x = flip_x ? -step_x : step_x;
    p->step_y = flip_y ? -step_y : step_y;
}

/* Stores row y of the region, which is sRGB or grey with `stride` bands a pixel. */
static void store_plain(const placement *p, const void *row, bool deep, ptrdiff_t at, int width, int stride)
{
    const uint8_t *narrow = row;
    const uint16_t *wide = row;
    const int green = p->bands == 3 ? 1 : 0, blue = p->bands == 3 ? 2 : 0;
    for (int x = 0; x < width; x++, at += p->step_x, narrow += stride, wide += stride) {
        float *rgb = p->image->rgb + 3 * at;
        rgb[0] = deep ? (float)wide[0] / 65535.0f : (float)narrow[0] / 255.0f;
        rgb[1] = deep ? (float)wide[green] / 65535.0f : (float)narrow[green] / 255.0f;
        rgb[2] = deep ? (float)wide[blue] / 65535.0f : (float)narrow[blue] / 255.0f;
    }
}

/* The same through the profile, which wants the colours without alpha between them. */
static void store_converted(placement *p, const void *row, bool deep, ptrdiff_t at, int width, int stride,
                            float *scratch)
{
    const size_t value_bytes = deep ? 2 : 1, used = (size_t)p->bands * value_bytes, step = (size_t)stride * value_bytes;
    uint8_t *packed = (uint8_t *)(void *)scratch;
    float *rgb = scratch + 2 * (size_t)width, *beyond = rgb + 3 * (size_t)width, *room = beyond + 3 * (size_t)width;
    for (int x = 0; x < width; x++)
        memcpy(packed + (size_t)x * used, (const uint8_t *)row + (size_t)x * step, used);
    bool any = sc_profile_read(p->profile, packed, rgb, beyond, room, (size_t)width);
    if (any)
        p->beyond = true;
    for (int x = 0; x < width; x++, at += p->step_x) {
        memcpy(p->image->rgb + 3 * at, rgb + 3 * x, 3 * sizeof *rgb);
        if (any && p->image->beyond)
            memcpy(p->image->beyond + 3 * at, beyond + 3 * x, 3 * sizeof *beyond);
    }
}

/* One row of the strip; an sc_part_fn. */
static int image_decode_store_row(void *argument, int part, int thread)
{
    placement *p = argument;
    const VipsImage *from = p->region->im;
    const bool deep = from->BandFmt == VIPS_FORMAT_USHORT;
    const int y = p->top + part, width = from->Xsize, stride = from->Bands;
    const void *row = VIPS_REGION_ADDR(p->region, 0, y);
    ptrdiff_t at = p->origin + y * p->step_y;
    if (p->profile)
        store_converted(p, row, deep, at, width, stride, p->scratch + (size_t)thread * p->scratch_floats);
    else
        store_plain(p, row, deep, at, width, stride);
    if (p->image->alpha) {
        const uint8_t *narrow = (const uint8_t *)row + p->bands;
        const uint16_t *wide = (const uint16_t *)row + p->bands;
        for (int x = 0; x < width; x++, at += p->step_x, narrow += stride, wide += stride)
            p->image->alpha[at] = deep ? (float)*wide / 65535.0f : (float)*narrow / 255.0f;
    }
    return SCUMBLE_OK;
}

/* All rows of the strip, again when the first colours beyond sRGB are met: most pictures have none, and no room for
 * them. */
static int store_strip(placement *p, int rows, sc_threads *threads, sc_error *err)
{
    sc_image *image = p->image;
    sc_threads_run(threads, rows, image_decode_store_row, p);
    if (!p->beyond || image->beyond)
        return sc_threads_check(threads, err);
    image->beyond = sc_big_zeroed((size_t)image->width * (size_t)image->height * 3 * sizeof *image->beyond, err);
    if (!image->beyond)
        return err->code;
    sc_threads_run(threads, rows, image_decode_store_row, p);
    return sc_threads_check(threads, err);
}

/* Top to bottom, asked for by this thread alone. Not vips_sink_disc: when a loader fails in one of its workers, 8.14
 * now and then lets another one go on with a black area and reports success (seen with truncated Radiance files, 2 in
 * 100). The decoders work one row after the other anyway; the conversion of profiles, which is slow, has threads of its
 * own. */
static int pull_pixels(placement *p, const source *in, VipsImage *from, sc_threads *threads, sc_error *err)
{
    p->region = vips_region_new(from);
    int code = SCUMBLE_OK;
    for (p->top = 0; p->top < from->Ysize && !code; p->top += STRIP_ROWS) {
        VipsRect area = { 0, p->top, from->Xsize, VIPS_MIN(STRIP_ROWS, from->Ysize - p->top) };
        if (vips_region_prepare(p->region, &area))
            code = sc_fail_vips(err, SCUMBLE_ERR_FORMAT, "%s is damaged or cut short", in->name);
        if (!code)
            code = store_strip(p, area.height, threads, err);
        if (!code && p->top + STRIP_ROWS < from->Ysize)
            code = sc_decode_check(in->watch, in->name, err);
    }
    g_object_unref(p->region);
    return code;
}

/* Makes the picture's memory and fills it. */
static int image_decode_take_pixels(const source *in, VipsImage *out, placement *p, bool alpha, sc_error *err)
{
    int orientation = sc_image_orientation(in->image), w = out->Xsize, h = out->Ysize;
    bool swap = orientation >= 5;
    sc_image fresh;
    int code = sc_image_create(&fresh, swap ? h : w, swap ? w : h, alpha, err);
    if (code)
        return code;
    p->image->width = fresh.width;
    p->image->height = fresh.height;
    p->image->rgb = fresh.rgb;
    p->image->alpha = fresh.alpha;
    place(p, orientation, w, h);
    sc_threads *threads = p->profile ? in->watch->threads : NULL;
    p->scratch_floats = p->profile ? 12 * (size_t)w : 0; /* 2 w: at most 4 x 16 bits; 3 w; 3 w; 4 w */
    size_t floats = p->scratch_floats * (size_t)sc_threads_count(threads);
    p->scratch = malloc(floats * sizeof *p->scratch + 1);
    if (!p->scratch)
        code = sc_fail_memory(err, floats * sizeof *p->scratch);
    else
        code = pull_pixels(p, in, out, threads, err);
    free(p->scratch);
    return code;
}

int sc_decode_check(const sc_decode_watch *watch, const char *name, sc_error *err)
{
    if (sc_now_s() > watch->end_s)
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "%s takes too long to read; allow more seconds with `decode_timeout`",
                       name);
    return sc_threads_check(watch->threads, err);
}

int sc_image_decode(VipsImage *header, sc_format_id format, const char *name, const sc_decode_watch *watch,
                    sc_image *image, sc_error *err)
{
    const source whole = { .image = header, .format = format, .name = name, .watch = watch }, *in = &whole;
    VipsImage *out = NULL;
    bool alpha;
    if (build_pipeline(in, &out, &alpha))
        return sc_fail_vips(err, SCUMBLE_ERR_UNSUPPORTED, "the colours of %s cannot be converted to sRGB", in->name);
    const bool deep = out->BandFmt == VIPS_FORMAT_USHORT;
    placement p = { .image = image, .bands = out->Bands - alpha };
    image->bits = deep || out->BandFmt != VIPS_FORMAT_UCHAR ? 16 : 8;
    p.profile = choose_profile(in->image, p.bands, deep, image);
    int code;
    if ((!deep && image->bits == 16) || (p.bands == 4 && !p.profile))
        code =
            sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "%s has pixels of a kind that cannot be converted to sRGB", in->name);
    else
        code = image_decode_take_pixels(in, out, &p, alpha, err);
    sc_profile_free(p.profile);
    g_object_unref(out);
    return code;
}
