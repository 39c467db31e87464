/* SPDX-License-Identifier: MIT */
/* Writing of pictures. libvips pulls rows out of the float picture through generate_pixels, which rounds them, so no
 * second copy of the picture is made; the encoder's bytes go through on_write into a temporary file of ours, so a full
 * disc is known by its errno and not by libvips' words for it. */
#define _GNU_SOURCE
#include "media/exr.h"
#include "media/image_internal.h"
#include "media/vips_library.h"
#include "media/vips_turn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "media/image_profile.h"

#define QUALITY_DEFAULT 92
/* An APP1 segment of JPEG holds 65533 bytes, and libvips drops a longer packet without a word. */
#define JPEG_PACKET_MAX 65000

/* Tables made for the picture save a few per cent of the file, but libjpeg keeps all coefficients for them: 6 bytes a
 * pixel. */
#define JPEG_OPTIMIZE_PIXELS 33554432.0

/* ---- pixels ---- */

/* Rounds to nearest, halves up; NaN and what lies below 0 become 0. */
static unsigned quantise(float value, unsigned most)
{
    return !(value > 0) ? 0 : value >= 1 ? most : (unsigned)((double)value * most + 0.5);
}

typedef struct pixel_source {
    const sc_image *image;
    sc_profile *profile; /* to convert into; NULL = stay sRGB */
    bool deep;
    bool alpha;                /* to be written */
    bool blend;                /* over white: there is alpha, and no room for it */
    const sc_threads *threads; /* cancelled: no more rows */
} pixel_source;

/* RGB of `count` pixels from pixel i on, as they are to be written. */
static void prepare_colours(const pixel_source *from, size_t i, size_t count, float *rgb)
{
    const float *beyond = from->profile ? from->image->beyond : NULL; /* sRGB has no room for it */
    memcpy(rgb, from->image->rgb + 3 * i, 3 * count * sizeof *rgb);
    for (size_t k = 0; beyond && k < 3 * count; k++)
        rgb[k] += beyond[3 * i + k];
    for (size_t k = 0; from->blend && k < 3 * count; k++)
        rgb[k] = 1 + from->image->alpha[i + k / 3] * (rgb[k] - 1);
    if (from->profile)
        sc_profile_write(from->profile, rgb, count);
}

enum { RUN = 256 }; /* pixels that are worked on together */

static void write_run(const pixel_source *from, size_t i, size_t count, void *out)
{
    float rgb[3 * RUN];
    uint8_t *narrow = out;
    uint16_t *wide = out;
    prepare_colours(from, i, count, rgb);
    for (size_t x = 0; x < count; x++) {
        float value[4] = { rgb[3 * x], rgb[3 * x + 1], rgb[3 * x + 2], from->alpha ? from->image->alpha[i + x] : 0 };
        for (int c = 0; c < 3 + from->alpha; c++)
            if (from->deep)
                *wide++ = (uint16_t)quantise(value[c], 65535);
            else
                *narrow++ = (uint8_t)quantise(value[c], 255);
    }
}

static int generate_pixels(VipsRegion *out, void *sequence, void *argument, void *unused, gboolean *stop)
{
    (void)sequence, (void)unused, (void)stop;
    const pixel_source *from = argument;
    const VipsRect *r = &out->valid;
    if (sc_threads_cancelled(from->threads))
        return -1;
    for (int y = r->top; y < r->top + r->height; y++)
        for (int x = 0; x < r->width; x += RUN) {
            size_t at = (size_t)y * (size_t)from->image->width + (size_t)(r->left + x);
            write_run(from, at, (size_t)VIPS_MIN(RUN, r->width - x), VIPS_REGION_ADDR(out, r->left + x, y));
        }
    return 0;
}

/* An image whose pixels are made when libvips asks. `from` must outlive it. */
static VipsImage *image_from(const pixel_source *from)
{
    VipsImage *out = vips_image_new();
    int bands = from->alpha ? 4 : 3;
    VipsInterpretation kind = from->deep ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB;
    double per_mm[2] = { 72 / 25.4, 72 / 25.4 };
    if (from->image->details)
        sc_details_resolution(from->image->details, per_mm);
    vips_image_init_fields(out, from->image->width, from->image->height, bands,
                           from->deep ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR, VIPS_CODING_NONE, kind, per_mm[0],
                           per_mm[1]);
    if (vips_image_pipelinev(out, VIPS_DEMAND_STYLE_THINSTRIP, NULL) ||
        vips_image_generate(out, NULL, generate_pixels, NULL, (void *)(uintptr_t)from, NULL))
        VIPS_UNREF(out);
    return out;
}

static int attach_srgb(VipsImage *image)
{
    VipsBlob *blob = NULL;
    if (vips_profile_load("srgb", &blob, NULL) || !blob)
        return -1;
    size_t size;
    const void *data = vips_blob_get(blob, &size);
    vips_image_set_blob_copy(image, VIPS_META_ICC_NAME, data, size);
    vips_area_unref(VIPS_AREA(blob));
    return 0;
}

/* Everything about one saving. */
typedef struct job {
    const sc_format_info *format;
    int bits, quality;
    bool keep_gps;
    const sc_threads *threads;
    char *packet;        /* XMP with the recipe; NULL = none */
    bool left_out;       /* the recipe: there is no room for it */
    pixel_source pixels; /* must live as long as the image that is made from it */
} job;

/* The image to encode, with its profile; none of libvips for OpenEXR. */
static int build_output(job *j, const sc_image *image, bool keep_icc, VipsImage **out)
{
    j->pixels = (pixel_source){ .image = image,
                                .deep = j->bits == 16,
                                .alpha = image->alpha && j->format->alpha,
                                .threads = j->threads,
                                .blend = image->alpha && !j->format->alpha };
    if (j->format->id == SC_FORMAT_EXR)
        return 0;
    if (keep_icc && image->icc)
        j->pixels.profile = sc_profile_writer(image->icc, image->icc_bytes);
    *out = image_from(&j->pixels);
    if (!*out)
        return -1;
    vips_image_set_int(*out, VIPS_META_CONCURRENCY, sc_threads_count(j->threads));
    sc_details_to_vips(image->details, j->keep_gps, !j->pixels.profile, *out);
    if (!j->pixels.profile)
        return attach_srgb(*out);
    vips_image_set_blob_copy(*out, VIPS_META_ICC_NAME, image->icc, image->icc_bytes);
    return 0;
}

/* ---- encoders ---- */

static int encode(const job *j, VipsImage *image, VipsTarget *target)
{
    const char *save = j->format->save;
    int q = j->quality;
    gboolean lossless = q == 100;
    VipsForeignSubsample subsample = q >= 90 ? VIPS_FOREIGN_SUBSAMPLE_OFF : VIPS_FOREIGN_SUBSAMPLE_ON;
    double raw_bytes = (double)image->Xsize * image->Ysize * image->Bands * (j->bits / 8.0);
    gboolean optimize = (double)image->Xsize * image->Ysize <= JPEG_OPTIMIZE_PIXELS;
    switch (j->format->id) {
    case SC_FORMAT_JPEG:
        return vips_call(save, image, target, "Q", q, "optimize_coding", optimize, "subsample_mode", subsample, NULL);
    case SC_FORMAT_WEBP: return vips_call(save, image, target, "Q", q, "lossless", lossless, NULL);
    case SC_FORMAT_TIFF:
        return vips_call(save, image, target, "compression", VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE, "predictor",
                         VIPS_FOREIGN_TIFF_PREDICTOR_HORIZONTAL, "bigtiff", raw_bytes > 3.5e9, NULL);
    case SC_FORMAT_AVIF:
        return vips_call(save, image, target, "Q", q, "compression", VIPS_FOREIGN_HEIF_COMPRESSION_AV1, "bitdepth", 8,
                         "subsample_mode", subsample, NULL);
    case SC_FORMAT_HEIC:
        return vips_call(save, image, target, "Q", q, "compression", VIPS_FOREIGN_HEIF_COMPRESSION_HEVC, "bitdepth", 8,
                         "subsample_mode", subsample, NULL);
    case SC_FORMAT_JXL: return vips_call(save, image, target, "Q", q, "lossless", lossless, NULL);
    case SC_FORMAT_JP2:
        return vips_call(save, image, target, "Q", q, "lossless", lossless, "subsample_mode", subsample, NULL);
    default: return vips_call(save, image, target, NULL);
    }
}

/* ---- the file ---- */

typedef struct file_target {
    int fd;
    int failed;             /* errno of the first failure */
    bool hide_failure;      /* from an encoder that cannot take it; what follows is thrown away */
    const char *jxl_packet; /* to be put before the first bytes; NULL = nothing (more) to put */
} file_target;

static void image_save_write_all(file_target *file, const void *data, size_t size_bytes)
{
    const char *next = data;
    while (size_bytes && !file->failed) {
        ssize_t n = write(file->fd, next, size_bytes);
        if (n >= 0) {
            next += n;
            size_bytes -= (size_t)n;
        } else if (errno != EINTR)
            file->failed = errno;
    }
}

static gint64 on_write(VipsTargetCustom *target, const void *data, gint64 length, gpointer user)
{
    (void)target;
    file_target *file = user;
    size_t skip = 0;
    if (file->jxl_packet) {
        size_t head_bytes;
        uint8_t *head = sc_jxl_head(data, (size_t)length, file->jxl_packet, &head_bytes, &skip);
        file->jxl_packet = NULL;
        if (head)
            image_save_write_all(file, head, head_bytes);
        else
            file->failed = ENOMEM;
        free(head);
    }
    image_save_write_all(file, (const char *)data + skip, (size_t)length - skip);
    return file->failed && !file->hide_failure ? -1 : length;
}

static gint64 on_read(VipsTargetCustom *target, void *data, gint64 length, gpointer user)
{
    (void)target;
    const file_target *file = user;
    return read(file->fd, data, (size_t)length);
}

static gint64 on_seek(VipsTargetCustom *target, gint64 offset, int whence, gpointer user)
{
    (void)target;
    const file_target *file = user;
    return lseek(file->fd, offset, whence);
}

/* sc_exr_save says what went wrong but with the file, and that in file->failed. */
static int encode_to_file(const job *j, VipsImage *image, const char *path, file_target *file, sc_error *err)
{
    if (j->format->id == SC_FORMAT_EXR)
        return sc_exr_save(j->pixels.image, j->bits, j->packet, j->keep_gps, j->threads, file->fd, path, &file->failed,
                           err);
    VipsTargetCustom *target = vips_target_custom_new();
    g_signal_connect(target, "write", G_CALLBACK(on_write), file);
    g_signal_connect(target, "read", G_CALLBACK(on_read),
                     file); /* read and seek: TIFF goes back to link its directory */
    g_signal_connect(target, "seek", G_CALLBACK(on_seek), file);
    int failed = encode(j, image, VIPS_TARGET(target));
    g_object_unref(target);
    return failed && !file->failed ?
               sc_fail_vips(err, SCUMBLE_ERR_IO, "cannot write '%s' as %s", path, j->format->name) :
               SCUMBLE_OK;
}

/* Into a pipe or device: first into memory, for TIFF goes back in what is written, and so that nothing half made is
 * sent. */
static int write_stream(const job *j, VipsImage *image, const char *path, file_target *file, sc_error *err)
{
    file->fd = memfd_create("picture", MFD_CLOEXEC);
    if (file->fd < 0)
        return sc_fail_errno(err, errno, "write", path);
    int code = encode_to_file(j, image, path, file, err);
    if (file->failed)
        code = sc_fail_errno(err, file->failed, "write", path);
    else if (!code)
        code = sc_stream_write(j->threads, path, file->fd, err);
    close(file->fd);
    return code;
}

static int image_save_write_file(const job *j, VipsImage *image, const char *path, file_target *file, sc_error *err)
{
    struct stat info;
    if (!stat(path, &info) && S_ISDIR(info.st_mode))
        return sc_fail(err, SCUMBLE_ERR_IO, "cannot write '%s': it is a folder", path);
    char *temporary = sc_temporary_name(path);
    if (!temporary)
        return sc_fail_memory(err, strlen(path));
    file->fd = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    int code = file->fd < 0 ? sc_fail_errno(err, errno, "write", path) : SCUMBLE_OK;
    if (!code) {
        code = encode_to_file(j, image, path, file, err);
        if (close(file->fd) && !file->failed)
            file->failed = errno;
        if (file->failed)
            code = sc_fail_errno(err, file->failed, "write", path);
        if (code)
            unlink(temporary);
        else
            code = sc_file_replace(j->threads, temporary, path, err);
    }
    free(temporary);
    return code;
}

static int write_picture(const job *j, VipsImage *image, const char *path, sc_error *err)
{
    file_target file = { .hide_failure = j->format->id == SC_FORMAT_JP2, /* OpenJPEG 2.5 tries again for ever */
                         .jxl_packet = j->format->id == SC_FORMAT_JXL ? j->packet : NULL };
    return (sc_file_is_stream(path) ? write_stream : image_save_write_file)(j, image, path, &file, err);
}

static int image_save_choose_format(job *j, const sc_image *image, const char *path,
                                    const sc_image_save_options *options, sc_error *err)
{
    char name[32];
    g_snprintf(name, sizeof name, "x.%.28s", options->format ? options->format : "");
    j->format = sc_format_of_name(options->format ? name : path);
    if (!j->format || !sc_format_saves(j->format)) {
        char list[160];
        sc_format_list_writable(list, sizeof list);
        if (options->format)
            return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "cannot write '%s' as '%.28s'; the format must be one of %s",
                           path, options->format, list);
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "cannot write '%s': the name must end in one of %s", path, list);
    }
    if (image->width > j->format->max_side || image->height > j->format->max_side)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "cannot write '%s': %s holds at most %d pixels a side, and this is %d x %d; "
                       "use PNG or TIFF",
                       path, j->format->name, j->format->max_side, image->width, image->height);
    j->quality = options->quality ? options->quality : QUALITY_DEFAULT;
    if (j->quality < 1 || j->quality > 100)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "the quality must be from 1 to 100, not %d", options->quality);
    const bool light = j->format->id == SC_FORMAT_EXR;
    if (options->bits != 0 && options->bits != 8 && options->bits != 16 && options->bits != 32)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "a channel has 8, 16 or 32 bits, not %d", options->bits);
    if (options->bits == 8 && light)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "cannot write '%s': OpenEXR holds 16 or 32 bits a channel, not 8",
                       path);
    if (options->bits == 32 && !light)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "cannot write '%s': %s holds at most %d bits a channel; use OpenEXR for 32", path,
                       j->format->name, j->format->deep ? 16 : 8);
    if (options->bits == 16 && !j->format->deep)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "cannot write '%s': %s holds 8 bits a channel; use PNG or TIFF for 16", path, j->format->name);
    j->bits = options->bits || light ? options->bits : image->bits == 16 && j->format->deep ? 16 : 8;
    return SCUMBLE_OK;
}

/* j->packet becomes one with the recipe, where that fits; else with provenance and details alone; else none. */
static int make_packet(job *j, const sc_details *details, const sc_image_save_options *options, sc_error *err)
{
    const char *recipe = options->recipe;
    size_t most = j->format->id == SC_FORMAT_JPEG ? JPEG_PACKET_MAX : SIZE_MAX;
    j->left_out = recipe && !j->format->metadata;
    if (!j->format->metadata || (!recipe && !options->provenance && !details))
        return SCUMBLE_OK;
    j->packet = sc_xmp_write(recipe, options->provenance, details, j->keep_gps);
    if (j->packet && recipe && strlen(j->packet) > most) {
        free(j->packet);
        j->packet = sc_xmp_write(NULL, options->provenance, details, j->keep_gps);
        j->left_out = true;
    }
    if (!j->packet)
        return sc_fail_memory(err, recipe ? strlen(recipe) : 0);
    if (strlen(j->packet) > most) {
        free(j->packet);
        j->packet = NULL;
    }
    return SCUMBLE_OK;
}

char *sc_image_sidecar(const char *path)
{
    return sc_format("%s.json", path);
}

static int write_sidecar(const char *path, const char *recipe, sc_error *err)
{
    char *name = sc_image_sidecar(path);
    int code = name ? sc_file_write(name, recipe, strlen(recipe), err) : sc_fail_memory(err, strlen(path));
    free(name);
    return code;
}

typedef struct saving {
    const sc_image *image;
    const char *path;
    const sc_image_save_options *options;
} saving;

static int save_picture(void *context, sc_error *err)
{
    const saving *s = context;
    const sc_image *image = s->image;
    const char *path = s->path;
    const sc_image_save_options *options = s->options;
    job j = { .keep_gps = options->keep_gps, .threads = options->threads };
    VipsImage *out = NULL;
    int code = image_save_choose_format(&j, image, path, options, err);
    if (code)
        return code;
    vips_error_clear();
    if (build_output(&j, image, options->keep_icc, &out))
        code = sc_fail_vips(err, SCUMBLE_ERR_INTERNAL, "cannot prepare the pixels of '%s'", path);
    if (!code)
        code = make_packet(&j, image->details, options, err);
    if (!code && out && j.packet && j.format->id != SC_FORMAT_JXL) /* that of JPEG XL is put in by on_write */
        vips_image_set_blob_copy(out, VIPS_META_XMP_NAME, j.packet, strlen(j.packet));
    if (!code)
        code = write_picture(&j, out, path, err);
    if (code && sc_threads_cancelled(j.threads))
        code = sc_threads_check(j.threads, err);
    if (!code && j.left_out && !sc_file_is_stream(path))
        code = write_sidecar(path, options->recipe, err);
    VIPS_UNREF(out);
    sc_profile_free(j.pixels.profile);
    free(j.packet);
    vips_error_clear();
    return code;
}

int sc_image_save(const sc_image *image, const char *path, const sc_image_save_options *options, sc_error *err)
{
    static const sc_image_save_options defaults = { 0 };
    saving s = { image, path, options ? options : &defaults };
    int code = sc_media_init(err);
    return code ? code : sc_vips_turn(s.options->threads, save_picture, &s, err);
}

typedef struct encoding {
    const sc_image *image;
    void **data;
    size_t *size_bytes;
} encoding;

static int encode_png(void *context, sc_error *err)
{
    const encoding *e = context;
    const sc_image *image = e->image;
    void **data = e->data;
    size_t *size_bytes = e->size_bytes;
    int code = SCUMBLE_OK;
    job j = { .bits = image->bits == 16 ? 16 : 8, .format = sc_format_of_name("memory.png") };
    VipsImage *out = NULL;
    vips_error_clear();
    if (build_output(&j, image, false, &out) || vips_pngsave_buffer(out, data, size_bytes, NULL))
        code = sc_fail_vips(err, SCUMBLE_ERR_INTERNAL, "cannot encode a PNG");
    VIPS_UNREF(out);
    return code;
}

int sc_image_encode_png(const sc_image *image, void **data, size_t *size_bytes, sc_error *err)
{
    *data = NULL;
    *size_bytes = 0;
    int code = sc_media_init(err);
    return code ? code : sc_vips_turn(NULL, encode_png, &(encoding){ image, data, size_bytes }, err);
}
