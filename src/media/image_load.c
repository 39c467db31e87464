/* SPDX-License-Identifier: MIT */
/* Reading of pictures: open, choose the loader by signature, check the size by the header, convert to sRGB, stream the
 * pixels into the picture's own memory.
 *
 * libvips decodes top to bottom in strips (sequential access), and the last step (take_pixels) turns integers into floats,
 * parts colour from alpha and applies the EXIF orientation while it stores, so besides the picture itself only a few strips
 * are in memory. */
#define _GNU_SOURCE
#include "media/image_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vips/vips.h>

#include "core/file.h"

/* An input in the course of being read. */
typedef struct input {
    const char *path; /* NULL for memory */
    const void *data; /* NULL for a file */
    size_t size_bytes;
    char name[520];   /* for sentences */
    uint8_t head[SC_SNIFF_BYTES];
    size_t head_bytes;
    VipsSource *source;
    const sc_format_info *format;
    VipsImage *image; /* as the loader gives it; pixels are not decoded yet */
} input;

static void input_close(input *in)
{
    VIPS_UNREF(in->image);
    VIPS_UNREF(in->source);
}

static int open_file(input *in, const char *path, sc_error *err)
{
    *in = (input){ .path = path };
    g_snprintf(in->name, sizeof in->name, "'%.512s'", path);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* O_NONBLOCK: a pipe without a writer is refused, not waited for */
    if (fd < 0)
        return sc_fail_errno(err, errno, "open", path);
    struct stat info;
    int code = SCUMBLE_OK;
    ssize_t got = 0;
    if (fstat(fd, &info))
        code = sc_fail_errno(err, errno, "examine", path);
    else if (S_ISDIR(info.st_mode))
        code = sc_fail(err, SCUMBLE_ERR_IO, "%s is a folder, not a picture", in->name);
    else if (!S_ISREG(info.st_mode))
        code = sc_fail(err, SCUMBLE_ERR_IO, "%s is a device or pipe; a picture must be a file", in->name);
    else if ((got = pread(fd, in->head, sizeof in->head, 0)) < 0)
        code = sc_fail_errno(err, errno, "read", path);
    else if (!(in->source = vips_source_new_from_descriptor(fd)))
        code = sc_fail_vips(err, SCUMBLE_ERR_IO, "cannot read %s", in->name);
    in->head_bytes = got > 0 ? (size_t)got : 0;
    close(fd); /* the source has its own */
    return code;
}

static int open_memory(input *in, const void *data, size_t size_bytes, sc_error *err)
{
    *in = (input){ .name = "the picture in memory", .data = data, .size_bytes = size_bytes };
    in->head_bytes = size_bytes < sizeof in->head ? size_bytes : sizeof in->head;
    if (in->head_bytes)
        memcpy(in->head, data, in->head_bytes);
    if (size_bytes && !(in->source = vips_source_new_from_memory(data, size_bytes)))
        return sc_fail_vips(err, SCUMBLE_ERR_IO, "cannot read %s", in->name);
    return SCUMBLE_OK;
}

static int choose_format(input *in, sc_error *err)
{
    char list[256];
    sc_format_list_readable(list, sizeof list);
    in->format = sc_format_sniff(in->head, in->head_bytes);
    if (in->head_bytes == 0)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "%s is empty", in->name);
    if (!in->format)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "%s is not a picture in a format that can be read here (%s)", in->name, list);
    if (!sc_format_loads(in->format))
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "%s is %s, which this libvips cannot read (it reads %s)", in->name,
                       in->format->name, list);
    if (in->format->id == SC_FORMAT_EXR && !in->path)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "%s is OpenEXR, which can only be read from a file", in->name);
    return SCUMBLE_OK;
}

/* Opens the header with the one loader that fits. */
static int read_header(input *in, sc_error *err)
{
    int code = choose_format(in, err);
    if (code)
        return code;
    vips_error_clear();
    int failed;
    if (in->format->id == SC_FORMAT_EXR)
        failed = vips_call(in->format->load, in->path, &in->image, "access", VIPS_ACCESS_SEQUENTIAL,
                           "fail_on", VIPS_FAIL_ON_TRUNCATED, NULL);
    else
        failed = vips_call(in->format->load, in->source, &in->image, "access", VIPS_ACCESS_SEQUENTIAL,
                           "fail_on", VIPS_FAIL_ON_TRUNCATED, NULL);
    return failed ? sc_fail_vips(err, SCUMBLE_ERR_FORMAT, "%s is a damaged or unusual %s file", in->name, in->format->name)
                  : SCUMBLE_OK;
}

static int check_size(const input *in, const sc_image_limits *limits, sc_error *err)
{
    int64_t most = limits && limits->max_pixels > 0 ? limits->max_pixels : SC_IMAGE_MAX_PIXELS;
    int64_t pixels = (int64_t)in->image->Xsize * in->image->Ysize;
    if (pixels > most)
        return sc_fail(err, SCUMBLE_ERR_LIMIT,
                       "%s has %d x %d = %lld pixels, more than the limit of %lld; allow more with --max-pixels", in->name,
                       in->image->Xsize, in->image->Ysize, (long long)pixels, (long long)most);
    if (in->image->Bands > 8)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "%s has %d channels; at most 8 can be read", in->name, in->image->Bands);
    return SCUMBLE_OK;
}

/* ---- meaning of the channels ---- */

static bool is_float(const VipsImage *image)
{
    return image->BandFmt == VIPS_FORMAT_FLOAT || image->BandFmt == VIPS_FORMAT_DOUBLE;
}

/* How many of the channels are colour; the next one, if any, is alpha and the rest is ignored. */
static int colour_bands(const VipsImage *image)
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
    case VIPS_INTERPRETATION_scRGB:
        return image->Bands >= 3;
    default:
        return false;
    }
}

/* ---- ICC profiles ---- */

typedef enum profile_use { PROFILE_NONE, PROFILE_SRGB, PROFILE_CONVERT } profile_use;

/* Relative colorimetric with black point compensation is what painting programs do by default. 16 bits, so that the
 * conversion of an 8-bit picture is not rounded to 8 bits. `source` NULL = the embedded profile. */
static int convert_profile(VipsImage *in, VipsImage **out, const char *source, int depth)
{
    if (source)
        return vips_icc_transform(in, out, "srgb", "input_profile", source, "intent", VIPS_INTENT_RELATIVE,
                                  "black_point_compensation", TRUE, "depth", depth, NULL);
    return vips_icc_transform(in, out, "srgb", "embedded", TRUE, "intent", VIPS_INTENT_RELATIVE, "black_point_compensation",
                              TRUE, "depth", depth, NULL);
}

/* There are dozens of profiles that all mean sRGB. One is known by what it does: a grid of colours comes back unchanged. */
static profile_use try_rgb_profile(const void *profile, size_t size_bytes)
{
    enum { STEPS = 9, COUNT = STEPS * STEPS * STEPS };
    uint8_t grid[COUNT][3];
    for (int i = 0; i < COUNT; i++) {
        grid[i][0] = (uint8_t)(i % STEPS * 255 / (STEPS - 1));
        grid[i][1] = (uint8_t)(i / STEPS % STEPS * 255 / (STEPS - 1));
        grid[i][2] = (uint8_t)(i / STEPS / STEPS * 255 / (STEPS - 1));
    }
    VipsObject *owner = VIPS_OBJECT(vips_image_new());
    VipsImage **t = (VipsImage **)vips_object_local_array(owner, 3);
    profile_use use = PROFILE_NONE;
    uint8_t *result = NULL;
    size_t result_bytes = 0;
    t[0] = vips_image_new_from_memory(grid, sizeof grid, COUNT, 1, 3, VIPS_FORMAT_UCHAR);
    if (t[0] && !vips_copy(t[0], &t[1], "interpretation", VIPS_INTERPRETATION_sRGB, NULL)) {
        vips_image_set_blob_copy(t[1], VIPS_META_ICC_NAME, profile, size_bytes);
        if (!convert_profile(t[1], &t[2], NULL, 8))
            result = vips_image_write_to_memory(t[2], &result_bytes);
    }
    if (result && result_bytes == sizeof grid) {
        use = PROFILE_SRGB;
        for (size_t i = 0; i < sizeof grid; i++)
            if (abs(result[i] - (&grid[0][0])[i]) > 1)
                use = PROFILE_CONVERT;
    }
    g_free(result);
    g_object_unref(owner);
    vips_error_clear();
    return use;
}

/* What to do with the profile of an image with `bands` colour channels. A profile that is damaged or made for another kind
 * of picture is ignored, as every viewer does. */
static profile_use examine_profile(const VipsImage *image, int bands, const void **profile, size_t *size_bytes)
{
    const void *data;
    size_t size;
    *profile = NULL;
    *size_bytes = 0;
    if (!vips_image_get_typeof(image, VIPS_META_ICC_NAME) || vips_image_get_blob(image, VIPS_META_ICC_NAME, &data, &size))
        return PROFILE_NONE;
    const char *space = bands == 1 ? "GRAY" : bands == 4 ? "CMYK" : "RGB ";
    if (size < 128 || memcmp((const char *)data + 36, "acsp", 4) || memcmp((const char *)data + 16, space, 4))
        return PROFILE_NONE;
    profile_use use = bands == 3 ? try_rgb_profile(data, size) : PROFILE_CONVERT;
    if (use == PROFILE_CONVERT) {
        *profile = data;
        *size_bytes = size;
    }
    return use;
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

/* Colour channels (1, 3 or 4 of them) to sRGB with 8 or 16 bits; grey without a profile stays one channel. */
static int convert_colour(VipsImage *in, VipsImage **out, sc_image *image)
{
    VipsObject *owner = VIPS_OBJECT(vips_image_new());
    VipsImage **t = (VipsImage **)vips_object_local_array(owner, 4);
    bool deep = in->BandFmt != VIPS_FORMAT_UCHAR;
    const void *profile = NULL;
    size_t profile_bytes = 0;
    int failed;
    if (is_colour_space(in)) {
        failed = vips_colourspace(in, out, VIPS_INTERPRETATION_RGB16, NULL);
    } else if (is_float(in)) { /* light without a colour space: linear, white = 1 */
        VipsImage *three[3] = { in, in, in };
        failed = in->Bands == 1 ? vips_bandjoin(three, &t[0], 3, NULL) : vips_copy(in, &t[0], NULL);
        failed = failed || vips_copy(t[0], &t[1], "interpretation", VIPS_INTERPRETATION_scRGB, NULL) ||
                 vips_colourspace(t[1], out, VIPS_INTERPRETATION_RGB16, NULL);
    } else {
        VipsInterpretation kind = in->Bands == 4 ? VIPS_INTERPRETATION_CMYK
                                  : in->Bands == 3 ? (deep ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB)
                                                   : (deep ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W);
        failed = vips_copy(in, &t[0], "interpretation", kind, NULL);
        profile_use use = failed ? PROFILE_NONE : examine_profile(t[0], in->Bands, &profile, &profile_bytes);
        if (use == PROFILE_CONVERT && convert_profile(t[0], out, NULL, 16)) {
            vips_error_clear();
            use = PROFILE_NONE;
            profile_bytes = 0;
        }
        if (!failed && use != PROFILE_CONVERT)
            failed = in->Bands == 4 ? convert_profile(t[0], out, "cmyk", 16) : vips_copy(t[0], out, NULL);
    }
    if (!failed && profile_bytes && (image->icc = malloc(profile_bytes))) {
        memcpy(image->icc, profile, profile_bytes);
        image->icc_bytes = profile_bytes;
    }
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
    int failed = in->BandFmt == format
                     ? vips_copy(in, out, NULL)
                     : vips_linear1(in, &t[0], scale, offset, NULL) || vips_cast(t[0], out, format, NULL);
    g_object_unref(owner);
    return failed;
}

/* The whole conversion: *out has 1 or 3 colour channels, then alpha if *alpha, 8 or 16 bits. */
static int build_pipeline(const input *in, VipsImage **out, bool *alpha, sc_image *image)
{
    VipsObject *owner = VIPS_OBJECT(vips_image_new());
    VipsImage **t = (VipsImage **)vips_object_local_array(owner, 7);
    *alpha = false;
    int failed = vips_image_decode(in->image, &t[0]) || simplify_format(t[0], &t[1]);
    if (!failed) {
        int bands = colour_bands(t[1]);
        *alpha = t[1]->Bands > bands;
        image->bits = t[1]->BandFmt == VIPS_FORMAT_UCHAR ? 8 : 16;
        VipsImage *whole = t[1];
        if (in->format->id == SC_FORMAT_EXR && *alpha) { /* the one format whose loader leaves it premultiplied */
            failed = vips_unpremultiply(t[1], &t[2], "max_alpha", 1.0, NULL);
            whole = t[2];
        }
        failed = failed || vips_extract_band(whole, &t[3], 0, "n", bands, NULL) || convert_colour(t[3], &t[4], image);
        if (!failed && *alpha)
            failed = vips_extract_band(whole, &t[5], bands, NULL) || convert_alpha(t[5], &t[6], t[4]->BandFmt) ||
                     vips_bandjoin2(t[4], t[6], out, NULL);
        else if (!failed)
            failed = vips_copy(t[4], out, NULL);
    }
    g_object_unref(owner);
    return failed;
}

/* ---- pixels ---- */

/* Where pixel (x, y) of the file lies in the picture: origin + x * step_x + y * step_y, in pixels. */
typedef struct placement {
    sc_image *image;
    int bands; /* colour channels: 1 or 3 */
    ptrdiff_t origin, step_x, step_y;
} placement;

/* EXIF orientations 1..8 of a file with w x h pixels. */
static void place(placement *p, int orientation, int w, int h)
{
    bool swap = orientation >= 5;
    bool flip_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8; /* of the file's x axis */
    bool flip_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    ptrdiff_t step_x = swap ? h : 1, step_y = swap ? 1 : w;
    p->origin = (flip_x ? (w - 1) * step_x : 0) + (flip_y ? (h - 1) * step_y : 0);
    p->step_x = flip_x ? -step_x : step_x;
    p->step_y = flip_y ? -step_y : step_y;
}

static void store_pixel(sc_image *image, ptrdiff_t at, const float *value, int bands)
{
    float *rgb = image->rgb + 3 * at;
    rgb[0] = value[0];
    rgb[1] = bands == 3 ? value[1] : value[0];
    rgb[2] = bands == 3 ? value[2] : value[0];
    if (image->alpha)
        image->alpha[at] = value[bands];
}

/* libvips hands over finished areas here, one at a time. */
static int take_pixels(VipsRegion *region, VipsRect *area, void *argument)
{
    const placement *p = argument;
    const bool deep = region->im->BandFmt == VIPS_FORMAT_USHORT;
    const int bands = region->im->Bands;
    for (int y = area->top; y < area->top + area->height; y++) {
        const void *row = VIPS_REGION_ADDR(region, area->left, y);
        const uint8_t *narrow = row;
        const uint16_t *wide = row;
        ptrdiff_t at = p->origin + y * p->step_y + area->left * p->step_x;
        for (int x = 0; x < area->width; x++, at += p->step_x) {
            float value[4];
            for (int c = 0; c < bands; c++)
                value[c] = deep ? (float)*wide++ / 65535.0f : (float)*narrow++ / 255.0f;
            store_pixel(p->image, at, value, p->bands);
        }
    }
    return 0;
}

/* OpenEXR's loader always gives an alpha channel; it counts only where it says something. */
static void drop_opaque_alpha(sc_image *image)
{
    size_t pixels = (size_t)image->width * (size_t)image->height;
    for (size_t i = 0; i < pixels; i++)
        if (image->alpha[i] < 1.0f)
            return;
    free(image->alpha);
    image->alpha = NULL;
}

static int header_orientation(const input *in)
{
    int orientation = vips_image_get_orientation(in->image);
    return orientation >= 1 && orientation <= 8 ? orientation : 1;
}

static int decode(input *in, sc_image *image, sc_error *err)
{
    VipsImage *out = NULL;
    bool alpha;
    sc_image found = { 0 }; /* what the header tells: bits, icc */
    if (build_pipeline(in, &out, &alpha, &found)) {
        sc_image_free(&found);
        return sc_fail_vips(err, SCUMBLE_ERR_UNSUPPORTED, "the colours of %s cannot be converted to sRGB", in->name);
    }
    bool known = (out->BandFmt == VIPS_FORMAT_UCHAR || out->BandFmt == VIPS_FORMAT_USHORT) && out->Bands <= 4;
    int orientation = header_orientation(in), w = out->Xsize, h = out->Ysize;
    int code = known ? sc_image_create(image, orientation >= 5 ? h : w, orientation >= 5 ? w : h, alpha, err)
                     : sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "%s has pixels of an unknown kind", in->name);
    image->bits = found.bits;
    image->icc = found.icc;
    image->icc_bytes = found.icc_bytes;
    placement p = { .image = image, .bands = out->Bands - alpha };
    place(&p, orientation, w, h);
    if (!code && vips_sink_disc(out, take_pixels, &p))
        code = sc_fail_vips(err, SCUMBLE_ERR_FORMAT, "%s is damaged or cut short", in->name);
    if (!code && alpha && in->format->id == SC_FORMAT_EXR)
        drop_opaque_alpha(image);
    g_object_unref(out);
    return code;
}

/* For vips_image_map: stops at the first metadata field that holds a recipe. */
static void *find_recipe(VipsImage *image, const char *field, GValue *value, void *unused)
{
    (void)unused, (void)value;
    const void *packet;
    size_t size;
    bool candidate = !strcmp(field, VIPS_META_XMP_NAME) || g_str_has_prefix(field, "heif-mime-"); /* its name in HEIF files */
    if (!candidate || vips_image_get_blob(image, field, &packet, &size))
        return NULL;
    return sc_xmp_read(packet, size);
}

static void read_recipe(const input *in, sc_image *image)
{
    if (in->format->id != SC_FORMAT_JXL) {
        image->recipe = vips_image_map(in->image, find_recipe, NULL);
        return;
    }
    sc_mapped_file file = { .data = in->data, .size_bytes = in->size_bytes };
    sc_error ignored;
    if (in->path && sc_file_map(&file, in->path, &ignored))
        return;
    image->recipe = sc_jxl_recipe(file.data, file.size_bytes);
    if (in->path)
        sc_file_unmap(&file);
}

/* Reads an opened input and closes it. */
static int load(input *in, sc_image *image, const sc_image_limits *limits, sc_error *err)
{
    int code = read_header(in, err);
    if (!code)
        code = check_size(in, limits, err);
    if (!code)
        code = decode(in, image, err);
    if (!code)
        read_recipe(in, image);
    else
        sc_image_free(image);
    input_close(in);
    vips_error_clear();
    return code;
}

int sc_image_load(sc_image *image, const char *path, const sc_image_limits *limits, sc_error *err)
{
    *image = (sc_image){ 0 };
    int code = sc_media_init(err);
    if (code)
        return code;
    input in;
    code = open_file(&in, path, err);
    if (code) {
        input_close(&in);
        return code;
    }
    return load(&in, image, limits, err);
}

int sc_image_load_memory(sc_image *image, const void *data, size_t size_bytes, const sc_image_limits *limits, sc_error *err)
{
    *image = (sc_image){ 0 };
    int code = sc_media_init(err);
    if (code)
        return code;
    input in;
    code = open_memory(&in, data, size_bytes, err);
    if (code) {
        input_close(&in);
        return code;
    }
    return load(&in, image, limits, err);
}

int sc_image_probe(const char *path, int *width, int *height, int *bits, bool *alpha, sc_error *err)
{
    int code = sc_media_init(err);
    if (code)
        return code;
    input in;
    code = open_file(&in, path, err);
    if (!code)
        code = read_header(&in, err);
    if (!code) {
        bool swap = header_orientation(&in) >= 5;
        bool deep = in.image->BandFmt != VIPS_FORMAT_UCHAR || in.image->Coding != VIPS_CODING_NONE;
        if (width)
            *width = swap ? in.image->Ysize : in.image->Xsize;
        if (height)
            *height = swap ? in.image->Xsize : in.image->Ysize;
        if (bits)
            *bits = deep ? 16 : 8;
        if (alpha)
            *alpha = in.image->Coding == VIPS_CODING_NONE && in.image->Bands > colour_bands(in.image);
    }
    input_close(&in);
    return code;
}
