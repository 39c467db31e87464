/* SPDX-License-Identifier: MIT */
/* PyTorch's zip form (since 1.6): <name>/data.pkl, <name>/data/<key> per storage, optionally <name>/byteorder.
 * The only user of libzip. What a member is said to unpack to is held against what is plausible before it is unpacked.
 */
#include "weights/pytorch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

static int zip_failure(const sc_pytorch_reader *r, const char *name, zip_error_t *error)
{
    return sc_fail(r->err, SCUMBLE_ERR_FORMAT, "the archive's member '%.200s' cannot be unpacked: %.100s", name,
                   zip_error_strerror(error));
}

/* Unpacks a whole member, checksum included. *bytes is the caller's to free. */
static int read_member(const sc_pytorch_reader *r, const char *name, size_t limit, uint8_t **bytes, size_t *size)
{
    *bytes = NULL;
    zip_stat_t info;
    zip_stat_init(&info);
    if (zip_stat(r->archive, name, ZIP_FL_ENC_RAW, &info))
        return sc_fail(r->err, SCUMBLE_ERR_FORMAT, "the archive has no member '%.200s'", name);
    if (!(info.valid & ZIP_STAT_SIZE) || info.size > limit)
        return sc_fail(r->err, SCUMBLE_ERR_LIMIT,
                       "the archive's member '%.200s' is said to unpack to %llu bytes; at most %zu are plausible", name,
                       (unsigned long long)info.size, limit);
    zip_file_t *member = zip_fopen(r->archive, name, ZIP_FL_ENC_RAW);
    if (!member)
        return zip_failure(r, name, zip_get_error(r->archive));
    uint8_t *buffer = malloc((size_t)info.size + 1);
    if (!buffer) {
        zip_fclose(member);
        return sc_fail_memory(r->err, (size_t)info.size);
    }
    /* One byte more than there should be: only at the end does libzip compare the checksum. */
    zip_int64_t got = 0, n;
    while ((n = zip_fread(member, buffer + got, (zip_uint64_t)((zip_int64_t)info.size + 1 - got))) > 0 &&
           (got += n) <= (zip_int64_t)info.size)
        ;
    int code = SCUMBLE_OK;
    if (n < 0)
        code = zip_failure(r, name, zip_file_get_error(member));
    else if (got != (zip_int64_t)info.size)
        code = sc_fail(r->err, SCUMBLE_ERR_FORMAT,
                       "the archive's member '%.200s' should unpack to %llu bytes, but gave %lld", name,
                       (unsigned long long)info.size, (long long)got);
    zip_fclose(member);
    if (code) {
        free(buffer);
        return code;
    }
    *bytes = buffer;
    *size = (size_t)info.size;
    return SCUMBLE_OK;
}

/* The folder that holds data.pkl, and the size of all members together. */
static int examine_archive(sc_pytorch_reader *r, size_t file_bytes, size_t *unpacked)
{
    zip_int64_t count = zip_get_num_entries(r->archive, 0);
    bool found = false;
    *unpacked = 0;
    for (zip_int64_t i = 0; i < count; i++) {
        zip_stat_t info;
        zip_stat_init(&info);
        if (zip_stat_index(r->archive, (zip_uint64_t)i, ZIP_FL_ENC_RAW, &info) || !(info.valid & ZIP_STAT_SIZE) ||
            !info.name)
            return sc_fail(r->err, SCUMBLE_ERR_FORMAT, "member %lld of the archive cannot be examined", (long long)i);
        if (info.size > SIZE_MAX / 64 - *unpacked)
            return sc_fail(r->err, SCUMBLE_ERR_LIMIT, "the archive's members are too large");
        *unpacked += (size_t)info.size;
        size_t length = strlen(info.name);
        if (!found && length >= 8 && length <= SC_PYTORCH_MAX_NAME && !strcmp(info.name + length - 8, "data.pkl") &&
            (length == 8 || info.name[length - 9] == '/')) {
            found = true;
            memcpy(r->prefix, info.name, length - 8);
            r->prefix[length - 8] = 0;
        }
    }
    if (!found)
        return sc_fail(r->err, SCUMBLE_ERR_FORMAT, "this zip archive is not a PyTorch model: it has no data.pkl");
    if (*unpacked / 16 > file_bytes + (1 << 20))
        return sc_fail(r->err, SCUMBLE_ERR_LIMIT,
                       "the archive of %zu bytes is said to unpack to %zu, which is not plausible", file_bytes,
                       *unpacked);
    return SCUMBLE_OK;
}

static int read_byte_order(sc_pytorch_reader *r)
{
    char name[SC_PYTORCH_MAX_NAME + 16];
    uint8_t *text = NULL;
    size_t size = 0;
    snprintf(name, sizeof name, "%sbyteorder", r->prefix);
    if (zip_name_locate(r->archive, name, ZIP_FL_ENC_RAW) < 0)
        return SCUMBLE_OK;
    int code = read_member(r, name, 64, &text, &size);
    if (code)
        return code;
    if (size == 3 && !memcmp(text, "big", 3))
        r->big_endian = true;
    else if (size != 6 || memcmp(text, "little", 6))
        code = sc_fail(r->err, SCUMBLE_ERR_FORMAT, "the byte order is neither 'little' nor 'big'");
    free(text);
    return code;
}

/* Sets s->bytes, for as long as *owned lives. */
int sc_pytorch_load_storage(sc_pytorch_reader *r, sc_pytorch_storage *s, uint8_t **owned)
{
    char name[SC_PYTORCH_MAX_NAME + 128];
    size_t size = 0, needed = 0;
    if (s->key.length > 64 || (s->key.length && memchr(s->key.bytes, 0, s->key.length)))
        return sc_fail(r->err, SCUMBLE_ERR_FORMAT, "the storage key '%.*s' is not a number", sc_pytorch_shown(s->key),
                       s->key.bytes);
    snprintf(name, sizeof name, "%sdata/%.*s", r->prefix, sc_pytorch_shown(s->key), s->key.bytes);
    if (!sc_mul_size((size_t)s->count, sc_number_size(s->number), &needed))
        return sc_fail(r->err, SCUMBLE_ERR_FORMAT, "storage '%.*s' cannot hold %" PRId64 " numbers",
                       sc_pytorch_shown(s->key), s->key.bytes, s->count);
    int code = read_member(r, name, SIZE_MAX / 2, owned, &size);
    if (!code && size < needed) {
        code = sc_fail(r->err, SCUMBLE_ERR_FORMAT, "storage '%.*s' should hold %zu bytes, but has %zu",
                       sc_pytorch_shown(s->key), s->key.bytes, needed, size);
        free(*owned);
        *owned = NULL;
    }
    s->bytes = *owned;
    return code;
}

int sc_pytorch_read_zip(sc_pytorch_reader *r, sc_weights *weights, const void *data, size_t size_bytes)
{
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(data, size_bytes, 0, &error);
    if (source)
        r->archive = zip_open_from_source(source, ZIP_RDONLY, &error);
    if (!r->archive) {
        int code = sc_fail(r->err, SCUMBLE_ERR_FORMAT, "the zip archive cannot be opened (is it complete?): %.100s",
                           zip_error_strerror(&error));
        if (source)
            zip_source_free(source);
        zip_error_fini(&error);
        return code;
    }
    zip_error_fini(&error);
    char name[SC_PYTORCH_MAX_NAME + 16];
    uint8_t *pickle = NULL;
    size_t unpacked = 0, pickle_bytes = 0;
    int code = examine_archive(r, size_bytes, &unpacked);
    snprintf(name, sizeof name, "%sdata.pkl", r->prefix);
    if (!code)
        code = read_byte_order(r);
    if (!code)
        code = read_member(r, name, SC_PICKLE_MAX_BYTES, &pickle, &pickle_bytes);
    if (!code)
        code = sc_pickle_run(&r->pickle, pickle, pickle_bytes, r->err);
    if (!code)
        code = sc_pytorch_find_tensors(r, unpacked);
    if (!code)
        code = sc_pytorch_add_tensors(r, weights);
    free(pickle);
    zip_discard(r->archive);
    weights->format = "PyTorch zip";
    return code;
}
