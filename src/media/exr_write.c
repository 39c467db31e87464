/* SPDX-License-Identifier: MIT */
/* Writing of OpenEXR; see exr.h. The header of the source is read again from the bytes that were kept of it, so that
 * its attributes go from library to library with their types, unless they say what is not true any more. */
#define _GNU_SOURCE
#include "media/exr.h"
#include "media/exr_file.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/half.h"
#include "media/light.h"

/* A channel of the file to be. */
typedef struct channel {
    char name[260];
    exr_pixel_type_t type;
    int colour;           /* SC_EXR_RED ...; -1: it is copied from plane */
    const uint8_t *plane; /* height * width values */
    uint8_t linear;       /* a hint for lossy compression, passed on */
} channel;

typedef struct writing {
    const sc_image *image;
    const sc_light *light; /* NULL = the picture has none */
    bool same;             /* it has the light's size */
    int bits;
    bool keep_place;
    const char *packet;
    const sc_threads *threads;
    int fd, broken;
    sc_exr_file source;
    exr_context_t context;
    int part;
    channel *channels;
    int count;
    uint8_t *rows; /* of a chunk: one block of lines for each channel that is a colour */
    int lines;     /* of a chunk */
    sc_light_curve curve;
    double matrix[9];
    bool converts;
} writing;

static size_t type_bytes(exr_pixel_type_t type)
{
    return type == EXR_PIXEL_HALF ? 2 : 4;
}

/* ---- channels -------------------------------------------------------------------------------------------------- */

static exr_pixel_type_t colour_type(const writing *w, exr_pixel_type_t own)
{
    if (w->bits)
        return w->bits == 32 ? EXR_PIXEL_FLOAT : EXR_PIXEL_HALF;
    return own == EXR_PIXEL_HALF ? EXR_PIXEL_HALF : EXR_PIXEL_FLOAT;
}

static void add_colour(writing *w, int colour, exr_pixel_type_t own)
{
    channel *c = &w->channels[w->count++];
    *c = (channel){ .type = colour_type(w, own), .colour = colour };
    snprintf(c->name, sizeof c->name, "%s%c", w->light ? w->light->layer : "", "RGBA"[colour]);
}

/* Those of the source, then the colours that it lacks. */
static int list_outputs(writing *w, sc_error *err)
{
    const exr_attr_chlist_t *source = NULL;
    const size_t pixels = (size_t)w->image->width * (size_t)w->image->height;
    exr_pixel_type_t own = EXR_PIXEL_HALF;
    bool there[SC_EXR_COLOURS] = { false };
    size_t at = 0;
    if (w->light)
        exr_get_channels(w->source.context, w->light->part, &source);
    w->channels = calloc((size_t)(source ? source->num_channels : 0) + SC_EXR_COLOURS, sizeof *w->channels);
    if (!w->channels)
        return sc_fail_memory(err, 0);
    for (int i = 0; source && i < source->num_channels; i++) {
        const exr_attr_chlist_entry_t *from = &source->entries[i];
        int colour = w->light->grey ? -1 : sc_exr_colour(from->name.str, w->light->layer);
        if (w->light->grey && !strcmp(from->name.str, "Y")) {
            own = from->pixel_type;
            continue;
        }
        if (w->light->grey && !strcmp(from->name.str, "A"))
            colour = SC_EXR_ALPHA;
        if (colour >= 0) {
            there[colour] = true;
            own = from->pixel_type;
            add_colour(w, colour, own);
        } else if (w->same && w->light->others) {
            channel *c = &w->channels[w->count++];
            *c = (channel){ .type = from->pixel_type, .colour = -1, .plane = w->light->others + at };
            c->linear = from->p_linear;
            snprintf(c->name, sizeof c->name, "%s", from->name.str);
            at += pixels * type_bytes(from->pixel_type);
        }
    }
    for (int colour = 0; colour < SC_EXR_COLOURS; colour++)
        if (!there[colour] && (colour != SC_EXR_ALPHA || w->image->alpha))
            add_colour(w, colour, own);
    return SCUMBLE_OK;
}

/* ---- attributes ------------------------------------------------------------------------------------------------ */

/* What the library or this file writes itself, or is not true of the painted picture: a thumbnail, tiles. */
static bool is_left(const writing *w, const char *name)
{
    static const char *const left[] = { "channels",
                                        "compression",
                                        "dataWindow",
                                        "displayWindow",
                                        "lineOrder",
                                        "pixelAspectRatio",
                                        "screenWindowCenter",
                                        "screenWindowWidth",
                                        "type",
                                        "name",
                                        "version",
                                        "chunkCount",
                                        "tiles",
                                        "preview",
                                        "maxSamplesPerPixel",
                                        "xmp",
                                        "dwaCompressionLevel",
                                        "multiView" };
    static const char *const place[] = { "latitude", "longitude", "altitude" };
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        if (!strcmp(name, left[i]) && (i + 1 < sizeof left / sizeof *left || !w->same)) /* multiView names channels */
            return true;
    for (size_t i = 0; i < sizeof place / sizeof *place; i++)
        if (!w->keep_place && !strcmp(name, place[i]))
            return true;
    return false;
}

static exr_result_t copy_vector(writing *w, const exr_attribute_t *a)
{
    const exr_attr_string_vector_t *v = a->stringvector;
    const char **texts = calloc((size_t)v->n_strings + 1, sizeof *texts);
    if (!texts)
        return EXR_ERR_OUT_OF_MEMORY;
    for (int i = 0; i < v->n_strings; i++)
        texts[i] = v->strings[i].str;
    exr_result_t failed = exr_attr_set_string_vector(w->context, w->part, a->name, v->n_strings, texts);
    free(texts);
    return failed;
}

static exr_result_t copy_attribute(writing *w, const exr_attribute_t *a)
{
#define VALUE(KIND, kind, field) \
    case EXR_ATTR_##KIND: return exr_attr_set_##kind(w->context, w->part, a->name, a->field)
    switch (a->type) {
        VALUE(BOX2I, box2i, box2i);
        VALUE(BOX2F, box2f, box2f);
        VALUE(CHROMATICITIES, chromaticities, chromaticities);
        VALUE(DOUBLE, double, d);
        VALUE(FLOAT, float, f);
        VALUE(INT, int, i);
        VALUE(KEYCODE, keycode, keycode);
        VALUE(M33F, m33f, m33f);
        VALUE(M33D, m33d, m33d);
        VALUE(M44F, m44f, m44f);
        VALUE(M44D, m44d, m44d);
        VALUE(RATIONAL, rational, rational);
        VALUE(STRING, string, string->str);
        VALUE(TIMECODE, timecode, timecode);
        VALUE(V2I, v2i, v2i);
        VALUE(V2F, v2f, v2f);
        VALUE(V2D, v2d, v2d);
        VALUE(V3I, v3i, v3i);
        VALUE(V3F, v3f, v3f);
        VALUE(V3D, v3d, v3d);
    case EXR_ATTR_ENVMAP: return exr_attr_set_envmap(w->context, w->part, a->name, (exr_envmap_t)a->uc);
    case EXR_ATTR_FLOAT_VECTOR:
        return exr_attr_set_float_vector(w->context, w->part, a->name, a->floatvector->length, a->floatvector->arr);
    case EXR_ATTR_STRING_VECTOR: return copy_vector(w, a);
    case EXR_ATTR_OPAQUE:
        if (!a->name[0] || !a->type_name[0]) /* as above */
            return EXR_ERR_SUCCESS;
        return exr_attr_set_user(w->context, w->part, a->name, a->type_name, a->opaque->size, a->opaque->packed_data);
    default: return EXR_ERR_SUCCESS; /* a second list of channels and the like */
    }
#undef VALUE
}

static exr_result_t copy_attributes(writing *w)
{
    int32_t count = 0;
    const exr_attribute_t *a;
    exr_result_t failed = exr_get_attribute_count(w->source.context, w->light->part, &count);
    for (int32_t i = 0; i < count && !failed; i++) {
        failed = exr_get_attribute_by_index(w->source.context, w->light->part, EXR_ATTR_LIST_FILE_ORDER, i, &a);
        if (!failed && !is_left(w, a->name))
            failed = copy_attribute(w, a);
    }
    return failed;
}

/* That of the source, where this library writes it: it has no encoder for DWA. */
static exr_compression_t exr_choose_compression(const writing *w)
{
    exr_compression_t own = EXR_COMPRESSION_ZIP;
    if (w->light && exr_get_compression(w->source.context, w->light->part, &own))
        own = EXR_COMPRESSION_ZIP;
    return own > EXR_COMPRESSION_B44A ? EXR_COMPRESSION_ZIP : own;
}

static exr_result_t set_required(writing *w)
{
    exr_attr_box2i_t box = { .max = { .x = w->image->width - 1, .y = w->image->height - 1 } };
    exr_attr_v2f_t centre = { .x = 0, .y = 0 };
    float ratio = 1, width = 1;
    if (w->light) {
        exr_get_pixel_aspect_ratio(w->source.context, w->light->part, &ratio);
        exr_get_screen_window_center(w->source.context, w->light->part, &centre);
        exr_get_screen_window_width(w->source.context, w->light->part, &width);
        if (w->same)
            exr_get_display_window(w->source.context, w->light->part, &box);
    }
    return exr_initialize_required_attr(w->context, w->part, &box, &box, ratio, &centre, width,
                                        EXR_LINEORDER_INCREASING_Y, exr_choose_compression(w));
}

enum { SHORT_NAME = 31 }; /* characters of attributes, their types and channels, unless the file says otherwise */

/* Some files do not say so: the library reads them, and when it is to write such a name it reads at NULL. */
static bool has_long_names(const writing *w)
{
    int32_t count = 0;
    const exr_attribute_t *a;
    bool longer = w->light && w->light->header_bytes > 6 && w->light->header[5] & 4; /* bit 10 of the version */
    if (w->light && exr_get_attribute_count(w->source.context, w->light->part, &count))
        return true;
    for (int32_t i = 0; i < count && !longer; i++)
        longer = exr_get_attribute_by_index(w->source.context, w->light->part, EXR_ATTR_LIST_FILE_ORDER, i, &a) ||
                 strlen(a->name) > SHORT_NAME || strlen(a->type_name) > SHORT_NAME;
    for (int i = 0; i < w->count && !longer; i++)
        longer = strlen(w->channels[i].name) > SHORT_NAME;
    return longer;
}

static exr_result_t write_header(writing *w)
{
    static const exr_attr_chromaticities_t bt709 = { 0.64f, 0.33f, 0.3f, 0.6f, 0.15f, 0.06f, 0.3127f, 0.329f };
    const char *name = NULL;
    if (w->light)
        exr_get_name(w->source.context, w->light->part, &name);
    exr_result_t failed = exr_set_longname_support(w->context, has_long_names(w));
    if (!failed)
        failed = exr_add_part(w->context, name, EXR_STORAGE_SCANLINE, &w->part);
    if (!failed)
        failed = set_required(w);
    for (int i = 0; i < w->count && !failed; i++)
        failed = exr_add_channel(w->context, w->part, w->channels[i].name, w->channels[i].type,
                                 w->channels[i].linear ? EXR_PERCEPTUALLY_LINEAR : EXR_PERCEPTUALLY_LOGARITHMIC, 1, 1);
    if (!failed)
        failed =
            w->light ? copy_attributes(w) : exr_attr_set_chromaticities(w->context, w->part, "chromaticities", &bt709);
    if (!failed && w->packet)
        failed = exr_attr_set_string(w->context, w->part, "xmp", w->packet);
    if (!failed)
        failed = exr_write_header(w->context);
    return failed ? failed : exr_get_scanlines_per_chunk(w->context, w->part, &w->lines);
}

/* ---- pixels ---------------------------------------------------------------------------------------------------- */

/* R, G, B and A of pixel i, linear, multiplied by alpha, by the file's primaries. */
static void light_of(const writing *w, size_t i, float value[SC_EXR_COLOURS])
{
    const sc_image *image = w->image;
    float linear[3];
    value[SC_EXR_ALPHA] = image->alpha ? image->alpha[i] : 1;
    for (size_t c = 0; c < 3; c++)
        linear[c] = sc_light_decode(&w->curve, image->rgb[3 * i + c] + (image->beyond ? image->beyond[3 * i + c] : 0));
    for (int c = 0; c < 3; c++)
        value[c] = value[SC_EXR_ALPHA] * (!w->converts ? linear[c] :
                                                         (float)(w->matrix[3 * c] * (double)linear[0] +
                                                                 w->matrix[3 * c + 1] * (double)linear[1] +
                                                                 w->matrix[3 * c + 2] * (double)linear[2]));
}

static void put_value(uint8_t *at, exr_pixel_type_t type, float value)
{
    value = value > -INFINITY ? value : 0; /* what is no number too */
    if (type == EXR_PIXEL_HALF) {
        uint16_t half = sc_float_to_half(fminf(fmaxf(value, -65504), 65504));
        memcpy(at, &half, sizeof half);
    } else
        memcpy(at, &value, sizeof value);
}

/* Fills the rows of the colours from line `top` on. */
static void fill_rows(writing *w, int top, int lines)
{
    const size_t width = (size_t)w->image->width, block = width * (size_t)w->lines * 4;
    for (size_t i = 0, count = width * (size_t)lines; i < count; i++) {
        float value[SC_EXR_COLOURS];
        light_of(w, (size_t)top * width + i, value);
        for (int k = 0; k < w->count; k++) {
            const channel *c = &w->channels[k];
            if (c->colour >= 0)
                put_value(w->rows + (size_t)c->colour * block + i * type_bytes(c->type), c->type, value[c->colour]);
        }
    }
}

static const channel *channel_called(const writing *w, const char *name)
{
    for (int i = 0; i < w->count; i++)
        if (!strcmp(w->channels[i].name, name))
            return &w->channels[i];
    return NULL;
}

static exr_result_t write_chunk(writing *w, exr_encode_pipeline_t *p, int top, int first_y)
{
    const size_t width = (size_t)w->image->width, block = width * (size_t)w->lines * 4;
    exr_chunk_info_t info = { 0 };
    exr_result_t failed = exr_write_scanline_chunk_info(w->context, w->part, first_y + top, &info);
    if (!failed)
        failed = top ? exr_encoding_update(w->context, w->part, &info, p) :
                       exr_encoding_initialize(w->context, w->part, &info, p);
    if (failed)
        return failed;
    fill_rows(w, top, info.height);
    for (int i = 0; i < p->channel_count; i++) {
        exr_coding_channel_info_t *to = &p->channels[i];
        const channel *c = channel_called(w, to->channel_name);
        to->user_pixel_stride = to->user_bytes_per_element;
        to->user_line_stride = to->user_bytes_per_element * w->image->width;
        to->encode_from_ptr =
            c->colour >= 0 ? w->rows + (size_t)c->colour * block : c->plane + (size_t)top * width * type_bytes(c->type);
    }
    failed = exr_encoding_choose_default_routines(w->context, w->part, p);
    return failed ? failed : exr_encoding_run(w->context, w->part, p);
}

static exr_result_t write_chunks(writing *w)
{
    exr_encode_pipeline_t pipeline = EXR_ENCODE_PIPELINE_INITIALIZER;
    exr_attr_box2i_t box;
    exr_result_t failed = exr_get_data_window(w->context, w->part, &box);
    w->rows = malloc((size_t)w->image->width * (size_t)w->lines * 4 * SC_EXR_COLOURS);
    if (!w->rows)
        return EXR_ERR_OUT_OF_MEMORY;
    for (int top = 0; top < w->image->height && !failed; top += w->lines)
        failed = sc_threads_cancelled(w->threads) ? EXR_ERR_UNKNOWN : write_chunk(w, &pipeline, top, box.min.y);
    exr_encoding_destroy(w->context, &pipeline);
    return failed;
}

/* ---- the file -------------------------------------------------------------------------------------------------- */

static int64_t exr_write_bytes(exr_const_context_t context, void *user, const void *buffer, uint64_t size,
                               uint64_t offset, exr_stream_error_func_ptr_t fail)
{
    (void)context, (void)fail;
    writing *w = user;
    const char *next = buffer;
    for (uint64_t left = size; left;) {
        ssize_t n = pwrite(w->fd, next, (size_t)left, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            w->broken = n ? errno : EIO;
            return -1;
        }
        next += n;
        left -= (uint64_t)n;
        offset += (uint64_t)n;
    }
    return (int64_t)size;
}

/* The light's header, and what follows from it. */
static int open_source(writing *w, const char *path, sc_error *err)
{
    double unused[9];
    if (!w->light)
        return SCUMBLE_OK;
    w->curve = sc_light_curve_of(w->light->most);
    int code = sc_exr_open(&w->source, w->light->header, w->light->header_bytes, path, err);
    if (!code)
        w->converts = sc_exr_primaries(w->source.context, w->light->part, unused, w->matrix);
    return code;
}

static int exr_write_file(writing *w, const char *path, sc_error *err)
{
    exr_context_initializer_t how = EXR_DEFAULT_CONTEXT_INITIALIZER;
    how.error_handler_fn = sc_exr_hush;
    how.user_data = w;
    how.write_fn = exr_write_bytes;
    exr_result_t failed = exr_start_write(&w->context, path, EXR_WRITE_FILE_DIRECTLY, &how);
    if (!failed)
        failed = write_header(w);
    if (!failed)
        failed = write_chunks(w);
    exr_result_t ended = w->context ? exr_finish(&w->context) : EXR_ERR_SUCCESS;
    failed = failed ? failed : ended;
    if (failed == EXR_ERR_OUT_OF_MEMORY)
        return sc_fail_memory(err, 0);
    return failed ? sc_fail(err, SCUMBLE_ERR_IO, "cannot write '%s' as OpenEXR: %s", path,
                            exr_get_default_error_message(failed)) :
                    SCUMBLE_OK;
}

int sc_exr_save(const sc_image *image, int bits, const char *packet, bool keep_place, const sc_threads *threads, int fd,
                const char *path, int *broken, sc_error *err)
{
    writing w = { .image = image,
                  .light = image->light,
                  .bits = bits,
                  .keep_place = keep_place,
                  .packet = packet,
                  .threads = threads,
                  .fd = fd };
    w.same = w.light && w.light->width == image->width && w.light->height == image->height;
    int code = open_source(&w, path, err);
    if (!code)
        code = list_outputs(&w, err);
    if (!code)
        code = exr_write_file(&w, path, err);
    sc_exr_close(&w.source);
    free(w.channels);
    free(w.rows);
    *broken = w.broken;
    return code;
}
