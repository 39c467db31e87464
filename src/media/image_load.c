/* SPDX-License-Identifier: MIT */
/* Reading of pictures: open, choose the loader by signature, check the size by the header, read the metadata. The
 * pixels are image_decode.c's part. */
#define _GNU_SOURCE
#include "media/image_alpha.h"
#include "media/image_bitmap.h"
#include "media/exr.h"
#include "media/image_decode.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/file.h"
#include "core/memory.h"
#include "media/image_mend.h"
#include "media/image_vector.h"
#include "media/vips_turn.h"

/* An input in the course of being read. */
typedef struct input {
    const char *path;    /* NULL for memory */
    sc_mapped_file file; /* all its bytes: the file is opened once, whatever is read of it */
    char name[520];      /* for sentences */
    uint8_t head[SC_SNIFF_BYTES];
    size_t head_bytes;
    bool tga_footer;
    VipsSource *source;
    const sc_format_info *format;
    VipsImage *image; /* as the loader gives it; pixels are not decoded yet */
    void *mended;     /* the file with what it lacked, owned; NULL = it lacks nothing */
    uint8_t *pixels;  /* what image lies over, when our own reader has read them */
} input;

static void input_close(input *in)
{
    VIPS_UNREF(in->image);
    VIPS_UNREF(in->source);
    free(in->mended);
    in->mended = NULL;
    if (in->path)
        sc_file_unmap(&in->file);
    sc_big_free(in->pixels);
    in->pixels = NULL;
}

/* What the format is told by. */
static void look_at_ends(input *in)
{
    const sc_mapped_file *file = &in->file;
    in->head_bytes = file->size_bytes < sizeof in->head ? file->size_bytes : sizeof in->head;
    if (in->head_bytes)
        memcpy(in->head, file->data, in->head_bytes);
    in->tga_footer = sc_tga_footer(file->data, file->size_bytes);
}

static int image_load_open_file(input *in, const char *path, sc_error *err)
{
    *in = (input){ .path = path };
    g_snprintf(in->name, sizeof in->name, "'%.512s'", path);
    int fd = open(path, O_RDONLY | O_CLOEXEC |
                            O_NONBLOCK); /* O_NONBLOCK: a pipe without a writer is refused, not waited for */
    if (fd < 0)
        return sc_fail_errno(err, errno, "open", path);
    struct stat info;
    int code = SCUMBLE_OK;
    if (fstat(fd, &info))
        code = sc_fail_errno(err, errno, "examine", path);
    else if (S_ISDIR(info.st_mode))
        code = sc_fail(err, SCUMBLE_ERR_IO, "%s is a folder, not a picture", in->name);
    else if (!S_ISREG(info.st_mode))
        code = sc_fail(err, SCUMBLE_ERR_IO, "%s is a device or pipe; a picture must be a file", in->name);
    else
        code = sc_file_map_open(&in->file, fd, path, err);
    if (!code && !(in->source = vips_source_new_from_descriptor(fd)))
        code = sc_fail_vips(err, SCUMBLE_ERR_IO, "cannot read %s", in->name);
    close(fd); /* the source has its own */
    if (!code)
        look_at_ends(in);
    return code;
}

static int open_memory(input *in, const void *data, size_t size_bytes, sc_error *err)
{
    *in = (input){ .name = "the picture in memory", .file = { .data = data, .size_bytes = size_bytes } };
    look_at_ends(in);
    if (size_bytes && !(in->source = vips_source_new_from_memory(data, size_bytes)))
        return sc_fail_vips(err, SCUMBLE_ERR_IO, "cannot read %s", in->name);
    return SCUMBLE_OK;
}

static int recognise_format(input *in, sc_error *err)
{
    char list[256];
    sc_format_list_readable(list, sizeof list);
    in->format = sc_format_sniff(in->head, in->head_bytes);
    if (in->head_bytes == 0)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "%s is empty", in->name);
    if (!in->format)
        in->format = sc_format_sniff_tga(in->head, in->head_bytes, in->path, in->tga_footer);
    const char *foreign = in->format ? NULL : sc_format_foreign(in->head, in->head_bytes);
    if (foreign)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "%s is %s, which is not read here; convert it to PNG or TIFF",
                       in->name, foreign);
    if (!in->format)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "%s is not a picture in a format that can be read here (%s)", in->name,
                       list);
    if (!sc_format_loads(in->format))
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "%s is %s, which this libvips cannot read (it reads %s)", in->name,
                       in->format->name, list);
    if (in->format->id == SC_FORMAT_PPM && !sc_ppm_has_size(in->head, in->head_bytes))
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "%s is a damaged PPM file: its size is missing", in->name);
    return SCUMBLE_OK;
}

static int image_load_choose_format(input *in, const sc_image_limits *limits, sc_error *err)
{
    int code = recognise_format(in, err);
    if (!code && in->format->vector && !(limits && limits->vector))
        code = sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "%s is %s, a drawing that can compute without end; convert it to PNG, or, if you trust it, add "
                       "`allow_vector`",
                       in->name, in->format->name);
    return code;
}

/* By our own reader: the header, or the whole picture. */
static int read_own(input *in, uint8_t **pixels, sc_error *err)
{
    VIPS_UNREF(in->image);
    return sc_bitmap_open(in->format->id, in->file.data, in->file.size_bytes, in->name, &in->image, pixels, err);
}

/* Opens the header with the one loader that fits. */
static int image_load_read_header(input *in, sc_error *err)
{
    vips_error_clear();
    if (!in->format->load)
        return read_own(in, NULL, err);
    int failed = vips_call(in->format->load, in->source, &in->image, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                           in->mended ? VIPS_FAIL_ON_WARNING : VIPS_FAIL_ON_TRUNCATED, NULL);
    return failed ?
               sc_fail_vips(err, SCUMBLE_ERR_FORMAT, "%s is a damaged or unusual %s file", in->name, in->format->name) :
               SCUMBLE_OK;
}

static int image_load_check_size(const input *in, const sc_image_limits *limits, sc_error *err)
{
    int64_t most = limits && limits->max_pixels > 0 ? limits->max_pixels : SC_IMAGE_MAX_PIXELS;
    int64_t pixels = (int64_t)in->image->Xsize * in->image->Ysize;
    if (pixels > most)
        return sc_fail(err, SCUMBLE_ERR_LIMIT,
                       "%s has %d x %d = %lld pixels, more than the limit of %lld; allow more with `max_pixels`",
                       in->name, in->image->Xsize, in->image->Ysize, (long long)pixels, (long long)most);
    if (in->image->Bands > 8)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "%s has %d channels; at most 8 can be read", in->name,
                       in->image->Bands);
    return SCUMBLE_OK;
}

/* ---- metadata -------------------------------------------------------------------------------------------------- */

typedef struct metadata {
    sc_rights rights;
    sc_details *details; /* NULL = not asked for */
    char *recipe;        /* NULL = none */
} metadata;

/* A text chunk of PNG, "png-comment-<n>-<key>". */
static void read_chunk(VipsImage *image, const char *field, metadata *found)
{
    const char *key = strchr(field + strlen("png-comment-"), '-'), *text;
    if (!key || vips_image_get_string(image, field, &text))
        return;
    sc_right right = !strcmp(key, "-Copyright") ? SC_RIGHT_NOTICE :
                     !strcmp(key, "-Author")    ? SC_RIGHT_CREATOR :
                                                  SC_RIGHT_COUNT;
    sc_detail detail = !strcmp(key, "-Title")       ? SC_DETAIL_TITLE :
                       !strcmp(key, "-Description") ? SC_DETAIL_CAPTION :
                                                      SC_DETAIL_COUNT;
    if (right != SC_RIGHT_COUNT)
        sc_rights_add(&found->rights, right, SC_RIGHTS_TEXT, text, strlen(text));
    if (found->details && detail != SC_DETAIL_COUNT)
        sc_details_add(found->details, detail, text, strlen(text));
}

static void read_tags(metadata *found, const void *data, size_t size)
{
    sc_rights_from_tiff(&found->rights, data, size);
    if (found->details)
        sc_details_from_tiff(found->details, data, size);
}

/* For vips_image_map. */
static void *read_field(VipsImage *image, const char *field, GValue *value, void *user)
{
    (void)value;
    metadata *found = user;
    const void *data;
    size_t size;
    if (g_str_has_prefix(field, "png-comment-"))
        read_chunk(image, field, found);
    bool xmp = !strcmp(field, VIPS_META_XMP_NAME) || g_str_has_prefix(field, "heif-mime-"); /* its name in HEIF files */
    bool exif = !strcmp(field, VIPS_META_EXIF_NAME),
         iptc = !strcmp(field, VIPS_META_IPTC_NAME) || !strcmp(field, VIPS_META_PHOTOSHOP_NAME);
    if ((!xmp && !exif && !iptc) || vips_image_get_blob(image, field, &data, &size))
        return NULL;
    if (exif)
        read_tags(found, data, size);
    else if (iptc) {
        sc_rights_from_iptc(&found->rights, data, size);
        if (found->details)
            sc_details_from_iptc(found->details, data, size);
    } else {
        char *recipe = sc_xmp_read(data, size, &found->rights, found->details);
        if (found->recipe)
            free(recipe);
        else
            found->recipe = recipe;
    }
    return NULL;
}

/* Into *found, which may have room for details: what libvips reads, and what lies in the file itself where it does not:
 * the metadata of JPEG XL, the tags of TIFF, the author in TGA. */
static void image_load_read_metadata(const input *in, metadata *found)
{
    const sc_mapped_file *file = &in->file;
    if (in->format->id == SC_FORMAT_TGA)
        sc_tga_rights(&found->rights, file->data, file->size_bytes);
    else if (in->format->id == SC_FORMAT_JXL)
        found->recipe = sc_jxl_read(file->data, file->size_bytes, &found->rights, found->details);
    else if (in->format->id == SC_FORMAT_TIFF)
        read_tags(found, file->data, file->size_bytes);
    else if (in->format->id == SC_FORMAT_EXR)
        found->recipe = sc_exr_read(file->data, file->size_bytes, &found->rights, found->details);
    if (in->image)
        vips_image_map(in->image, read_field, found);
}

/* The same, into the picture. */
static int keep_metadata(const input *in, sc_image *image, sc_error *err)
{
    metadata found = { .details = calloc(1, sizeof *found.details) };
    if (!found.details)
        return sc_fail_memory(err, sizeof *found.details);
    image_load_read_metadata(in, &found);
    image->recipe = found.recipe;
    if (in->image)
        sc_details_settle(found.details, in->image);
    if (sc_details_empty(found.details))
        free(found.details);
    else
        image->details = found.details;
    if (sc_rights_empty(&found.rights))
        return SCUMBLE_OK;
    image->rights = malloc(sizeof *image->rights);
    if (!image->rights)
        return sc_fail_memory(err, sizeof *image->rights);
    *image->rights = found.rights;
    return SCUMBLE_OK;
}

/* JPEG data without an end marker gets one; what is cut elsewhere is found out by the loader then. */
static int mend_end(input *in, sc_error *err)
{
    const sc_mapped_file *file = &in->file;
    if (sc_jpeg_complete(file->data, file->size_bytes))
        return SCUMBLE_OK;
    if (!sc_mend_has_scans(file->data, file->size_bytes))
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "%s is cut short", in->name);
    int code = sc_mend_jpeg(file->data, file->size_bytes, &in->mended, err);
    VIPS_UNREF(in->source);
    if (!code && !(in->source = vips_source_new_from_memory(in->mended, file->size_bytes + 2)))
        code = sc_fail_vips(err, SCUMBLE_ERR_IO, "cannot read %s", in->name);
    return code;
}

/* Floating-point TIFF whose values are codes; the header is opened again, for the pixels can be read once only. */
static int mend_codes(input *in, char **note, sc_error *err)
{
    int bands = sc_image_colour_bands(in->image);
    bool is_float = in->image->BandFmt == VIPS_FORMAT_FLOAT || in->image->BandFmt == VIPS_FORMAT_DOUBLE;
    double range = is_float && in->image->Bands <= 4 ? sc_mend_code_range(in->image, bands) : 0;
    VipsImage *mended = NULL;
    if (!is_float)
        return SCUMBLE_OK;
    VIPS_UNREF(in->image);
    vips_error_clear();
    int code = image_load_read_header(in, err);
    if (code || range == 0)
        return code;
    if (sc_mend_codes(in->image, bands, range, &mended))
        return sc_fail_vips(err, SCUMBLE_ERR_UNSUPPORTED, "the values of %s cannot be converted", in->name);
    g_object_unref(in->image);
    in->image = mended;
    *note = sc_format("%s has floating-point values up to %g; they are taken for colours of 0 to %g", in->name, range,
                      range);
    return SCUMBLE_OK;
}

/* What a reader should know of the file. */
static char *remark(const input *in)
{
    int pages = 0;
    bool several =
        vips_image_get_typeof(in->image, "n-pages") && !vips_image_get_int(in->image, "n-pages", &pages) && pages > 1;
    bool animated = in->format->id == SC_FORMAT_GIF || in->format->id == SC_FORMAT_WEBP;
    if (in->mended)
        return sc_format("%s lacks the end marker of JPEG, and nothing else", in->name);
    if (several && (animated || in->format->id == SC_FORMAT_TIFF))
        return sc_format("%s has %d %s; the first is taken", in->name, pages, animated ? "frames" : "pages");
    return NULL;
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

/* The loader looks for warnings before it gives rows, so those of the last ones are only in libvips' text. */
static int check_warnings(const input *in, sc_error *err)
{
    if (!sc_vips_text_is_ours())
        return sc_fail_vips(err, SCUMBLE_ERR_FORMAT, "%s is cut short", in->name);
    char *text = vips_error_buffer_copy();
    bool clean = !text || !*text;
    g_free(text);
    return clean ? SCUMBLE_OK : sc_fail_vips(err, SCUMBLE_ERR_FORMAT, "%s is cut short", in->name);
}

/* An input whose format is known; for the child too. */
typedef struct request {
    input *in;
    const sc_image_limits *limits; /* may be NULL */
    double begun_s;
} request;

static sc_decode_watch watch_of(const request *r, double pixels)
{
    const sc_image_limits *limits = r->limits;
    double seconds = limits && limits->decode_s > 0 ? limits->decode_s : SC_IMAGE_DECODE_S + 1e-6 * pixels;
    return (sc_decode_watch){ .end_s = r->begun_s + seconds, .threads = limits ? limits->threads : NULL };
}

static int load_exr(const request *r, sc_image *image, sc_error *err)
{
    const input *in = r->in;
    bool alpha;
    int code = sc_exr_probe(in->file.data, in->file.size_bytes, in->name, image, &alpha, err);
    if (code)
        return code;
    sc_decode_watch watch = watch_of(r, (double)image->width * image->height);
    return sc_exr_load(in->path, in->file.data, in->file.size_bytes, in->name, r->limits, &watch, image, err);
}

static int load_pixels(void *context, sc_image *image, sc_error *err)
{
    const request *r = context;
    input *in = r->in;
    if (in->format->id == SC_FORMAT_EXR)
        return load_exr(r, image, err);
    char *note = NULL;
    int code = in->format->id == SC_FORMAT_JPEG ? mend_end(in, err) : SCUMBLE_OK;
    if (!code)
        code = image_load_read_header(in, err);
    if (!code)
        code = image_load_check_size(in, r->limits, err);
    if (!code && !in->format->load)
        code = read_own(in, &in->pixels, err);
    if (!code && in->format->id == SC_FORMAT_TIFF)
        code = mend_codes(in, &note, err);
    image->note = code || note ? note : remark(in);
    if (code)
        return code;
    sc_decode_watch watch = watch_of(r, (double)in->image->Xsize * in->image->Ysize);
    code = sc_image_decode(in->image, in->format->id, in->name, &watch, image, err);
    return code || !in->mended ? code : check_warnings(in, err);
}

/* Reads an opened input and closes it. */
static int image_load_picture(input *in, sc_image *image, const sc_image_limits *limits, sc_error *err)
{
    request r = { in, limits, sc_now_s() };
    sc_threads *threads = limits ? limits->threads : NULL;
    int code = image_load_choose_format(in, limits, err);
    if (!code && in->format->vector)
        code = sc_vector_run(load_pixels, &r, in->name, limits, image, err);
    else if (!code)
        code = load_pixels(&r, image, err);
    if (!code && !in->format->vector)
        code = keep_metadata(in, image, err);
    if (!code)
        code = sc_image_fill_hidden(threads, image, err);
    if (!code && in->path) {
        sc_sha256(threads, in->file.data, in->file.size_bytes, image->sha256);
        code = sc_threads_check(threads, err);
    }
    if (code)
        sc_image_free(image);
    input_close(in);
    vips_error_clear();
    return code;
}

/* What is asked for: path, or data. */
typedef struct wish {
    const char *path;
    const void *data;
    size_t size_bytes;
    const sc_image_limits *limits;
    sc_image *image;
} wish;

static int load_wish(void *context, sc_error *err)
{
    const wish *w = context;
    input in;
    *w->image = (sc_image){ 0 };
    int code = w->path ? image_load_open_file(&in, w->path, err) : open_memory(&in, w->data, w->size_bytes, err);
    if (code) {
        input_close(&in);
        return code;
    }
    return image_load_picture(&in, w->image, w->limits, err);
}

static int take_turn(wish *w, sc_error *err)
{
    *w->image = (sc_image){ 0 };
    int code = sc_media_init(err);
    return code ? code : sc_vips_turn(w->limits ? w->limits->threads : NULL, load_wish, w, err);
}

int sc_image_load(sc_image *image, const char *path, const sc_image_limits *limits, sc_error *err)
{
    return take_turn(&(wish){ .path = path, .limits = limits, .image = image }, err);
}

int sc_image_load_memory(sc_image *image, const void *data, size_t size_bytes, const sc_image_limits *limits,
                         sc_error *err)
{
    return take_turn(&(wish){ .data = data, .size_bytes = size_bytes, .limits = limits, .image = image }, err);
}

/* Size and depth. */
static int load_header(void *context, sc_image *image, sc_error *err)
{
    input *in = ((const request *)context)->in;
    int code = image_load_read_header(in, err);
    if (code)
        return code;
    bool swap = sc_image_orientation(in->image) >= 5;
    bool deep = in->image->BandFmt != VIPS_FORMAT_UCHAR || in->image->Coding != VIPS_CODING_NONE;
    *image = (sc_image){ .width = swap ? in->image->Ysize : in->image->Xsize,
                         .height = swap ? in->image->Xsize : in->image->Ysize,
                         .bits = deep ? 16 : 8 };
    return SCUMBLE_OK;
}

typedef struct probing {
    const char *path;
    const sc_image_limits *limits;
    sc_image header;
    bool alpha;
} probing;

static int probe_header(void *context, sc_error *err)
{
    probing *p = context;
    input in;
    request r = { .in = &in, .limits = p->limits };
    p->header = (sc_image){ 0 };
    int code = image_load_open_file(&in, p->path, err);
    if (!code)
        code = image_load_choose_format(&in, p->limits, err);
    if (!code && in.format->id == SC_FORMAT_EXR) {
        code = sc_exr_probe(in.file.data, in.file.size_bytes, in.name, &p->header, &p->alpha, err);
        input_close(&in);
        return code;
    }
    if (!code)
        code = in.format->vector ? sc_vector_run(load_header, &r, in.name, p->limits, &p->header, err) :
                                   load_header(&r, &p->header, err);
    p->alpha = !code && (in.format->vector || /* drawings have nothing behind them */
                         (in.image->Coding == VIPS_CODING_NONE && in.image->Bands > sc_image_colour_bands(in.image)));
    input_close(&in);
    return code;
}

int sc_image_probe(const char *path, const sc_image_limits *limits, int *width, int *height, int *bits, bool *alpha,
                   sc_error *err)
{
    probing p = { .path = path, .limits = limits };
    int code = sc_media_init(err);
    if (!code)
        code = sc_vips_turn(limits ? limits->threads : NULL, probe_header, &p, err);
    if (code)
        return code;
    if (width)
        *width = p.header.width;
    if (height)
        *height = p.header.height;
    if (bits)
        *bits = p.header.bits;
    if (alpha)
        *alpha = p.alpha;
    return SCUMBLE_OK;
}

typedef struct finding {
    const char *path;
    metadata found;
} finding;

static int find_metadata(void *context, sc_error *err)
{
    finding *f = context;
    input in;
    free(f->found.recipe);
    f->found = (metadata){ 0 };
    int code = image_load_open_file(&in, f->path, err);
    if (!code)
        code = recognise_format(&in, err);
    bool has_any = !code && !in.format->vector;
    if (has_any && in.format->id != SC_FORMAT_EXR)
        code = image_load_read_header(&in, err);
    if (has_any && !code)
        image_load_read_metadata(&in, &f->found);
    input_close(&in);
    vips_error_clear();
    return code;
}

int sc_image_read_rights(const char *path, sc_rights *rights, char **recipe, sc_error *err)
{
    finding f = { .path = path };
    int code = sc_media_init(err);
    if (!code)
        code = sc_vips_turn(NULL, find_metadata, &f, err);
    *rights = f.found.rights;
    if (recipe)
        *recipe = f.found.recipe;
    else
        free(f.found.recipe);
    return code;
}
