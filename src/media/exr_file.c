/* SPDX-License-Identifier: MIT */
/* OpenEXR files in memory, and their primaries. See exr_file.h. */
#include "media/exr_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_OF_ALL_PARTS = 16 * SC_EXR_MOST_CHANNELS }; /* channels */

/* -1: not known, for the headers alone are there. */
static int64_t exr_file_bytes(exr_const_context_t context, void *user)
{
    (void)context;
    const sc_exr_file *file = user;
    return file->size_bytes > file->header_bytes ? (int64_t)file->size_bytes : -1;
}

/* Headers are read in blocks, of which the last one may be longer than the file; of pixels all must be there. */
static int64_t exr_file_take(exr_const_context_t context, void *user, void *buffer, uint64_t size, uint64_t offset,
                             exr_stream_error_func_ptr_t fail)
{
    (void)context, (void)fail;
    const sc_exr_file *file = user;
    if (offset >= file->size_bytes || (offset >= file->header_bytes && size > file->size_bytes - offset))
        return offset < file->header_bytes ? 0 : -1;
    size_t left = file->size_bytes - (size_t)offset, taken = size < left ? (size_t)size : left;
    memcpy(buffer, file->data + offset, taken);
    return (int64_t)taken;
}

/* Steps over a text and its NUL. False: the file ends before that. */
static bool skip_text(const sc_exr_file *file, size_t *at)
{
    const uint8_t *end = *at < file->size_bytes ? memchr(file->data + *at, 0, file->size_bytes - *at) : NULL;
    if (end)
        *at = (size_t)(end - file->data) + 1;
    return end;
}

/* Of a list of `bytes`: names, 16 bytes behind each, and an empty name. */
static int64_t count_channels(const uint8_t *list, size_t bytes)
{
    int64_t count = 0;
    for (size_t at = 0; at < bytes && list[at]; count++) {
        const uint8_t *end = memchr(list + at, 0, bytes - at);
        if (!end || (size_t)(list + bytes - end) < 17)
            break;
        at = (size_t)(end - list) + 17;
    }
    return count;
}

/* Finds the end of the headers: attributes (name, type, size, value) up to an empty name, for each part, and where
 * there may be several, an empty part. False: it does not lie in the file. *most: channels in one list; *all: in all
 * lists. */
static bool find_header_end(sc_exr_file *file, int64_t *most, int64_t *all)
{
    const uint8_t *data = file->data;
    const bool several = file->size_bytes > 8 && data[5] & 16; /* bit 12 of the version */
    size_t at = 8;
    do {
        while (at < file->size_bytes && data[at]) {
            if (!skip_text(file, &at))
                return false;
            const char *type = (const char *)data + at;
            if (!skip_text(file, &at) || file->size_bytes - at < 4)
                return false;
            const uint32_t size = (uint32_t)data[at] | (uint32_t)data[at + 1] << 8 | (uint32_t)data[at + 2] << 16 |
                                  (uint32_t)data[at + 3] << 24;
            at += 4;
            if (size > file->size_bytes - at)
                return false;
            const int64_t count = strcmp(type, "chlist") ? 0 : count_channels(data + at, size);
            *most = count > *most ? count : *most;
            *all += count;
            at += size;
        }
        at++;
    } while (several && at < file->size_bytes && data[at]);
    file->header_bytes = at + several;
    return file->header_bytes <= file->size_bytes;
}

void sc_exr_hush(exr_const_context_t context, exr_result_t code, const char *message)
{
    (void)context, (void)code, (void)message;
}

/* The library takes memory for what a header says that it holds, however much, before it looks for it. What a header
 * really holds needs less than this; 0 = no limit. Of the thread, for an allocator is told nothing else. */
static _Thread_local size_t most_bytes;

static void *exr_file_alloc(size_t bytes)
{
    return most_bytes && bytes > most_bytes ? NULL : malloc(bytes);
}

int sc_exr_open(sc_exr_file *file, const uint8_t *data, size_t size_bytes, const char *name, sc_error *err)
{
    *file = (sc_exr_file){ .data = data, .size_bytes = size_bytes };
    int64_t most = 0, all = 0;
    if (!find_header_end(file, &most, &all))
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "%s is damaged or cut short in its header", name);
    if (most > SC_EXR_MOST_CHANNELS || all > MOST_OF_ALL_PARTS)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "%s has %lld channels; at most %d can be read%s", name,
                       (long long)(most > SC_EXR_MOST_CHANNELS ? most : all),
                       most > SC_EXR_MOST_CHANNELS ? SC_EXR_MOST_CHANNELS : MOST_OF_ALL_PARTS,
                       most > SC_EXR_MOST_CHANNELS ? "" : " in all its parts");
    exr_context_initializer_t how = EXR_DEFAULT_CONTEXT_INITIALIZER;
    how.error_handler_fn = sc_exr_hush;
    how.user_data = file;
    how.read_fn = exr_file_take;
    how.size_fn = exr_file_bytes;
    how.alloc_fn = exr_file_alloc;
    how.free_fn = free;
    how.flags = EXR_CONTEXT_FLAG_SILENT_HEADER_PARSE | EXR_CONTEXT_FLAG_DISABLE_CHUNK_RECONSTRUCTION;
    exr_context_t context = NULL;
    most_bytes = 16 * file->header_bytes + 65536;
    exr_result_t failed = exr_start_read(&context, name, &how);
    most_bytes = 0;
    file->context = context;
    if (failed)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "%s is a damaged or unusual OpenEXR file: %s", name,
                       exr_get_default_error_message(failed));
    return SCUMBLE_OK;
}

void sc_exr_close(sc_exr_file *file)
{
    if (file->context)
        exr_finish(&file->context);
    *file = (sc_exr_file){ 0 };
}

int sc_exr_colour(const char *channel, const char *layer)
{
    static const char letters[] = "RGBA";
    size_t length = strlen(layer);
    if (strncmp(channel, layer, length) || !channel[length] || channel[length + 1])
        return -1;
    const char *found = strchr(letters, channel[length]);
    return found ? (int)(found - letters) : -1;
}

const char *sc_exr_compression_name(exr_compression_t compression)
{
    static const char *const names[] = { "none", "rle", "zips", "zip", "piz", "pxr24", "b44", "b44a", "dwaa", "dwab" };
    return (size_t)compression < sizeof names / sizeof *names ? names[compression] : "of an unknown kind";
}

/* ---- primaries ------------------------------------------------------------------------------------------------- */

static void multiply_3x3(const double a[9], const double b[9], double product[9])
{
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++)
            product[3 * i + k] = a[3 * i] * b[k] + a[3 * i + 1] * b[3 + k] + a[3 * i + 2] * b[6 + k];
}

static bool exr_invert(const double m[9], double inverse[9])
{
    double cofactor[9];
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) {
            int a = (i + 1) % 3, b = (i + 2) % 3, c = (k + 1) % 3, d = (k + 2) % 3;
            cofactor[3 * i + k] = m[3 * a + c] * m[3 * b + d] - m[3 * a + d] * m[3 * b + c];
        }
    double determinant = m[0] * cofactor[0] + m[1] * cofactor[1] + m[2] * cofactor[2];
    if (!(fabs(determinant) > 1e-6))
        return false;
    for (int i = 0; i < 9; i++)
        inverse[i] = cofactor[i % 3 * 3 + i / 3] / determinant;
    return true;
}

static void transform_light(const double m[9], const double in[3], double out[3])
{
    for (int i = 0; i < 3; i++)
        out[i] = m[3 * i] * in[0] + m[3 * i + 1] * in[1] + m[3 * i + 2] * in[2];
}

/* RGB to XYZ, white having Y = 1 (SMPTE RP 177). */
static bool to_xyz(const exr_attr_chromaticities_t *c, double m[9], double white[3])
{
    const float x[4] = { c->red_x, c->green_x, c->blue_x, c->white_x };
    const float y[4] = { c->red_y, c->green_y, c->blue_y, c->white_y };
    double primaries[9], inverse[9], scale[3];
    for (int i = 0; i < 4; i++)
        if (!(fabsf(x[i]) <= 4 && fabsf(y[i]) <= 4 && fabsf(y[i]) > 1e-4f))
            return false;
    for (int i = 0; i < 3; i++) {
        primaries[i] = (double)x[i];
        primaries[3 + i] = (double)y[i];
        primaries[6 + i] = 1 - (double)x[i] - (double)y[i];
    }
    white[0] = (double)x[3] / (double)y[3];
    white[1] = 1;
    white[2] = (1 - (double)x[3] - (double)y[3]) / (double)y[3];
    if (!exr_invert(primaries, inverse))
        return false;
    transform_light(inverse, white, scale);
    for (int i = 0; i < 9; i++)
        m[i] = primaries[i] * scale[i % 3];
    return true;
}

/* From one white to another, in XYZ. */
static bool adapt(const double from[3], const double to[3], double m[9])
{
    static const double bradford[9] = { 0.8951, 0.2664, -0.1614, -0.7502, 1.7135, 0.0367, 0.0389, -0.0685, 1.0296 };
    double back[9], a[3], b[3], scaled[9];
    exr_invert(bradford, back);
    transform_light(bradford, from, a);
    transform_light(bradford, to, b);
    for (int i = 0; i < 9; i++) {
        if (!(fabs(a[i / 3]) > 1e-4))
            return false;
        scaled[i] = bradford[i] * (b[i / 3] / a[i / 3]);
    }
    multiply_3x3(back, scaled, m);
    return true;
}

bool sc_exr_primaries(exr_const_context_t context, int part, double to_srgb[9], double from_srgb[9])
{
    static const exr_attr_chromaticities_t bt709 = { 0.64f, 0.33f, 0.3f, 0.6f, 0.15f, 0.06f, 0.3127f, 0.329f };
    exr_attr_chromaticities_t own;
    double ours[9], white[3], theirs[9], their_white[3], xyz[9], adapted[9], back[9];
    if (exr_attr_get_chromaticities(context, part, "chromaticities", &own))
        return false;
    const float *a = &own.red_x, *b = &bt709.red_x;
    bool same = true;
    for (int i = 0; i < 8; i++)
        same = same && fabsf(a[i] - b[i]) < 1e-3f;
    if (same || !to_xyz(&bt709, ours, white) || !to_xyz(&own, theirs, their_white) ||
        !adapt(their_white, white, adapted) || !exr_invert(ours, back))
        return false;
    multiply_3x3(adapted, theirs, xyz);
    multiply_3x3(back, xyz, to_srgb);
    return exr_invert(to_srgb, from_srgb);
}
