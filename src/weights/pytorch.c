/* SPDX-License-Identifier: MIT */
/* PyTorch's .pth and .pt files: the containers around the pickle (pickle.c), and the tensors that it describes.
 * Zip form (since 1.6): <name>/data.pkl, <name>/data/<key> per storage, optionally <name>/byteorder.
 * Legacy form: five pickles (magic number, protocol, system, object, list of storage keys), then each storage as an int64
 * count and its numbers. Both end in the same table of storages, of which the tensors are strided views. */
#include "weights/weights.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#include "weights/numbers.h"
#include "weights/pickle.h"

enum { MAX_NAME = 1024, MAX_DEPTH = 32, MAX_PICKLE_BYTES = 64 << 20 };

typedef struct text_view {
    const char *bytes;
    size_t length;
} text_view;

typedef struct storage {
    text_view key;
    sc_number number;
    int64_t count;        /* numbers, as the pickle says */
    const uint8_t *bytes; /* legacy: in the file; zip: NULL until loaded */
} storage;

typedef struct found_tensor {
    char *name;
    sc_pickle_ref ref;
    uint32_t storage;
} found_tensor;

typedef struct reader {
    sc_pickle pickle;
    bool big_endian;
    storage *storages; /* sorted by key */
    uint32_t storage_count;
    found_tensor *tensors;
    int tensor_count;
    size_t steps_left;  /* of the walk through the containers, which may form cycles */
    size_t values_left; /* float32 values that a file of this size may plausibly yield */
    char name[MAX_NAME + 1];
    zip_t *archive; /* NULL: legacy */
    char prefix[MAX_NAME + 1];
    sc_error *err;
} reader;

static const sc_pickle_value *at(const reader *r, sc_pickle_ref ref)
{
    return sc_pickle_at(&r->pickle, ref);
}

/* ---- the table of storages ---- */

static int compare_keys(text_view a, text_view b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter ? memcmp(a.bytes, b.bytes, shorter) : 0;
    return order ? order : (a.length > b.length) - (a.length < b.length);
}

static int by_key(const void *a, const void *b)
{
    return compare_keys(((const storage *)a)->key, ((const storage *)b)->key);
}

static text_view text_of(const sc_pickle_value *v)
{
    return (text_view){ .bytes = v->as.text.bytes, .length = v->as.text.length };
}

static storage *find_storage(const reader *r, text_view key)
{
    storage wanted = { .key = key };
    if (!r->storage_count)
        return NULL;
    return bsearch(&wanted, r->storages, r->storage_count, sizeof wanted, by_key);
}

static int shown(text_view text)
{
    return text.length < 100 ? (int)text.length : 100;
}

/* Every storage that the pickle mentions, each once. */
static int list_storages(reader *r)
{
    uint32_t count = 0, unique = 0;
    for (uint32_t i = 0; i < r->pickle.value_count; i++)
        count += r->pickle.values[i].kind == SC_PICKLE_STORAGE;
    r->storages = calloc((size_t)count + 1, sizeof *r->storages);
    if (!r->storages)
        return sc_fail_memory(r->err, count * sizeof *r->storages);
    for (uint32_t i = 0, used = 0; i < r->pickle.value_count; i++) {
        const sc_pickle_value *v = &r->pickle.values[i];
        if (v->kind == SC_PICKLE_STORAGE)
            r->storages[used++] = (storage){ .key = text_of(at(r, v->as.storage.key)), .number = v->as.storage.number,
                                             .count = v->as.storage.count };
    }
    qsort(r->storages, count, sizeof *r->storages, by_key);
    for (uint32_t i = 0; i < count; i++) {
        storage *s = &r->storages[i], *last = unique ? &r->storages[unique - 1] : NULL;
        if (last && !by_key(last, s)) {
            if (last->number != s->number || last->count != s->count)
                return sc_fail(r->err, SCUMBLE_ERR_FORMAT, "storage '%.*s' is described in two ways that differ", shown(s->key),
                               s->key.bytes);
        } else
            r->storages[unique++] = *s;
    }
    r->storage_count = unique;
    return SCUMBLE_OK;
}

/* ---- finding the tensors in the containers ---- */

static bool is_container(const sc_pickle_value *v)
{
    return v->kind == SC_PICKLE_DICTIONARY || v->kind == SC_PICKLE_LIST || v->kind == SC_PICKLE_TUPLE;
}

static int take_step(reader *r, int depth)
{
    if (depth > MAX_DEPTH)
        return sc_fail(r->err, SCUMBLE_ERR_LIMIT, "containers are nested more than %d deep", MAX_DEPTH);
    if (!r->steps_left)
        return sc_fail(r->err, SCUMBLE_ERR_LIMIT, "the same containers are repeated too often");
    r->steps_left--;
    return SCUMBLE_OK;
}

static int holds_tensors(reader *r, sc_pickle_ref ref, int depth, bool *holds)
{
    const sc_pickle_value *v = at(r, ref);
    int code = take_step(r, depth);
    if (!code && v->kind == SC_PICKLE_TENSOR)
        *holds = true;
    uint32_t step = v->kind == SC_PICKLE_DICTIONARY ? 2 : 1;
    if (is_container(v))
        for (uint32_t i = step - 1; i < v->as.items.count && !*holds && !code; i += step)
            code = holds_tensors(r, v->as.items.refs[i], depth + 1, holds);
    return code;
}

/* {"state_dict": {...}, "epoch": 3} -> the inner dictionary, if nothing beside it holds tensors. */
static int unwrap(reader *r, sc_pickle_ref *root)
{
    for (int depth = 0; depth < MAX_DEPTH; depth++) {
        const sc_pickle_value *v = at(r, *root);
        sc_pickle_ref only = 0;
        if (v->kind != SC_PICKLE_DICTIONARY)
            return SCUMBLE_OK;
        for (uint32_t i = 1; i < v->as.items.count; i += 2) {
            bool holds = false;
            int code = holds_tensors(r, v->as.items.refs[i], 0, &holds);
            if (code)
                return code;
            if (holds && (only || at(r, v->as.items.refs[i])->kind != SC_PICKLE_DICTIONARY))
                return SCUMBLE_OK;
            if (holds)
                only = v->as.items.refs[i];
        }
        if (!only)
            return SCUMBLE_OK;
        *root = only;
    }
    return SCUMBLE_OK;
}

static int note_tensor(reader *r, sc_pickle_ref ref)
{
    text_view key = text_of(at(r, at(r, at(r, ref)->as.tensor.storage)->as.storage.key));
    if (r->tensor_count >= SC_MAX_TENSORS)
        return sc_fail(r->err, SCUMBLE_ERR_LIMIT, "the file holds more than %d tensors", SC_MAX_TENSORS);
    if (!(r->tensor_count & (r->tensor_count - 1))) { /* at powers of two */
        size_t bytes = (r->tensor_count ? 2 * (size_t)r->tensor_count : 1) * sizeof *r->tensors;
        found_tensor *larger = realloc(r->tensors, bytes);
        if (!larger)
            return sc_fail_memory(r->err, bytes);
        r->tensors = larger;
    }
    char *name = strdup(r->name[0] ? r->name : "tensor");
    if (!name)
        return sc_fail_memory(r->err, strlen(r->name));
    r->tensors[r->tensor_count++] =
        (found_tensor){ .name = name, .ref = ref, .storage = (uint32_t)(find_storage(r, key) - r->storages) };
    return SCUMBLE_OK;
}

/* Appends a dictionary's key or a list's index to the name. *usable is false for keys that are no names. */
static int extend_name(reader *r, size_t length, const sc_pickle_value *container, uint32_t i, bool *usable)
{
    char number[24];
    text_view part = { .bytes = number };
    const sc_pickle_value *key = container->kind == SC_PICKLE_DICTIONARY ? at(r, container->as.items.refs[i - 1]) : NULL;
    *usable = !key || key->kind == SC_PICKLE_TEXT || key->kind == SC_PICKLE_INTEGER;
    if (!*usable)
        return SCUMBLE_OK;
    if (key && key->kind == SC_PICKLE_TEXT)
        part = text_of(key);
    else
        part.length = (size_t)snprintf(number, sizeof number, "%" PRId64, key ? key->as.integer : (int64_t)i);
    if (part.length && memchr(part.bytes, 0, part.length))
        return sc_fail(r->err, SCUMBLE_ERR_FORMAT, "a tensor's name holds a NUL byte");
    if (part.length > MAX_NAME - 1 - length)
        return sc_fail(r->err, SCUMBLE_ERR_LIMIT, "the tensor name '%.60s%.*s...' is longer than %d bytes", r->name, shown(part),
                       part.bytes, MAX_NAME);
    if (length)
        r->name[length++] = '.';
    if (part.length)
        memcpy(r->name + length, part.bytes, part.length);
    r->name[length + part.length] = 0;
    return SCUMBLE_OK;
}

static int walk(reader *r, sc_pickle_ref ref, int depth)
{
    const sc_pickle_value *v = at(r, ref);
    int code = take_step(r, depth);
    if (code)
        return code;
    if (v->kind == SC_PICKLE_TENSOR)
        return note_tensor(r, ref);
    if (!is_container(v))
        return SCUMBLE_OK;
    size_t length = strlen(r->name);
    uint32_t step = v->kind == SC_PICKLE_DICTIONARY ? 2 : 1;
    for (uint32_t i = step - 1; i < v->as.items.count && !code; i += step) {
        const sc_pickle_value *item = at(r, v->as.items.refs[i]);
        bool usable = false;
        if (item->kind == SC_PICKLE_TENSOR || is_container(item))
            code = extend_name(r, length, v, i, &usable);
        if (!code && usable)
            code = walk(r, v->as.items.refs[i], depth + 1);
        r->name[length] = 0;
    }
    return code;
}

/* ---- one tensor ---- */

typedef struct view {
    int dimension_count;
    int64_t sizes[SC_MAX_DIMENSIONS], strides[SC_MAX_DIMENSIONS];
    int64_t offset; /* all in numbers */
    size_t count;
} view;

static int integers(const reader *r, sc_pickle_ref tuple, int64_t *numbers, int count)
{
    const sc_pickle_value *v = at(r, tuple);
    if (v->as.items.count != (uint32_t)count)
        return -1;
    for (int i = 0; i < count; i++) {
        const sc_pickle_value *number = at(r, v->as.items.refs[i]);
        if (number->kind != SC_PICKLE_INTEGER || number->as.integer < 0)
            return -1;
        numbers[i] = number->as.integer;
    }
    return 0;
}

/* A storage that is a part of another one (legacy only): its range within that. */
static int storage_range(const reader *r, const sc_pickle_value *s, int64_t *first, int64_t *count)
{
    const sc_pickle_value *part = at(r, s->as.storage.view);
    int64_t numbers[2];
    *first = 0;
    *count = s->as.storage.count;
    if (part->kind == SC_PICKLE_NONE)
        return 0;
    if (part->kind != SC_PICKLE_TUPLE || part->as.items.count != 3)
        return -1;
    for (int i = 0; i < 2; i++) {
        const sc_pickle_value *number = at(r, part->as.items.refs[i + 1]);
        if (number->kind != SC_PICKLE_INTEGER || number->as.integer < 0)
            return -1;
        numbers[i] = number->as.integer;
    }
    if (numbers[0] > *count || numbers[1] > *count - numbers[0])
        return -1;
    *first = numbers[0];
    *count = numbers[1];
    return 0;
}

/* The highest number that the view reads must lie in the storage. */
static int check_extent(const reader *r, const view *w, const char *name, int64_t storage_count)
{
    int64_t last = w->offset;
    bool overflow = false;
    for (int i = 0; i < w->dimension_count && w->count; i++) {
        int64_t reach;
        overflow |= __builtin_mul_overflow(w->sizes[i] - 1, w->strides[i], &reach);
        overflow |= __builtin_add_overflow(last, reach, &last);
    }
    if (overflow || (w->count && last >= storage_count) || w->offset > storage_count)
        return sc_fail(r->err, SCUMBLE_ERR_FORMAT, "tensor '%.200s' reaches to number %" PRId64 " of a storage that holds %" PRId64, name,
                       overflow ? INT64_MAX : last, storage_count);
    return SCUMBLE_OK;
}

static int make_view(const reader *r, const found_tensor *t, view *w)
{
    const sc_pickle_value *v = at(r, t->ref);
    const sc_pickle_value *s = at(r, v->as.tensor.storage);
    uint32_t dimension_count = at(r, v->as.tensor.sizes)->as.items.count;
    if (dimension_count > SC_MAX_DIMENSIONS)
        return sc_fail(r->err, SCUMBLE_ERR_LIMIT, "tensor '%.200s' has %u dimensions; at most %d are supported", t->name, dimension_count,
                       SC_MAX_DIMENSIONS);
    *w = (view){ .dimension_count = (int)dimension_count, .offset = v->as.tensor.offset, .count = 1 };
    int64_t first, count;
    if (w->offset < 0 || integers(r, v->as.tensor.sizes, w->sizes, w->dimension_count) ||
        integers(r, v->as.tensor.strides, w->strides, w->dimension_count))
        return sc_fail(r->err, SCUMBLE_ERR_FORMAT, "the offset, sizes or strides of tensor '%.200s' are not whole numbers from 0 up", t->name);
    if (storage_range(r, s, &first, &count))
        return sc_fail(r->err, SCUMBLE_ERR_FORMAT, "tensor '%.200s' lies in an impossible part of its storage", t->name);
    for (int i = 0; i < w->dimension_count; i++)
        if (!sc_mul_size(w->count, (size_t)w->sizes[i], &w->count))
            return sc_fail(r->err, SCUMBLE_ERR_LIMIT, "the dimensions of tensor '%.200s' are too large to multiply", t->name);
    int code = check_extent(r, w, t->name, count);
    w->offset += first;
    return code;
}

/* Copies in the order of the dimensions, row by row of the last one. */
static void gather(float *values, const view *w, const storage *s, bool big_endian)
{
    size_t number_bytes = sc_number_size(s->number);
    int rank = w->dimension_count;
    int64_t expected = 1, index[SC_MAX_DIMENSIONS] = { 0 };
    bool contiguous = true;
    for (int i = rank - 1; i >= 0; i--) {
        contiguous &= w->sizes[i] == 1 || w->strides[i] == expected;
        expected *= w->sizes[i];
    }
    const uint8_t *base = s->bytes + (size_t)w->offset * number_bytes;
    if (contiguous) {
        sc_number_widen(values, base, w->count, 1, s->number, big_endian);
        return;
    }
    size_t row = (size_t)w->sizes[rank - 1], rows = w->count / row;
    for (size_t k = 0; k < rows; k++) {
        int64_t from = 0;
        for (int i = 0; i < rank - 1; i++)
            from += index[i] * w->strides[i];
        sc_number_widen(values + k * row, base + (size_t)from * number_bytes, row, (size_t)w->strides[rank - 1], s->number, big_endian);
        for (int i = rank - 2; i >= 0 && ++index[i] == w->sizes[i]; i--)
            index[i] = 0;
    }
}

static int add_tensor(reader *r, sc_weights *weights, const found_tensor *t)
{
    view w;
    float *values;
    int code = make_view(r, t, &w);
    if (code)
        return code;
    if (w.count > r->values_left)
        return sc_fail(r->err, SCUMBLE_ERR_LIMIT, "tensor '%.200s' would have %zu values, more than a file of this size can hold", t->name,
                       w.count);
    r->values_left -= w.count;
    code = sc_weights_add(weights, t->name, w.sizes, w.dimension_count, &values, r->err);
    if (!code && w.count)
        gather(values, &w, &r->storages[t->storage], r->big_endian);
    return code;
}

/* ---- the zip form ---- */

static int zip_failure(const reader *r, const char *name, zip_error_t *error)
{
    return sc_fail(r->err, SCUMBLE_ERR_FORMAT, "the archive's member '%.200s' cannot be unpacked: %.100s", name, zip_error_strerror(error));
}

/* Unpacks a whole member, checksum included. *bytes is the caller's to free. */
static int read_member(const reader *r, const char *name, size_t limit, uint8_t **bytes, size_t *size)
{
    *bytes = NULL;
    zip_stat_t info;
    zip_stat_init(&info);
    if (zip_stat(r->archive, name, ZIP_FL_ENC_RAW, &info))
        return sc_fail(r->err, SCUMBLE_ERR_FORMAT, "the archive has no member '%.200s'", name);
    if (!(info.valid & ZIP_STAT_SIZE) || info.size > limit)
        return sc_fail(r->err, SCUMBLE_ERR_LIMIT, "the archive's member '%.200s' is said to unpack to %llu bytes; at most %zu are plausible",
                       name, (unsigned long long)info.size, limit);
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
        code = sc_fail(r->err, SCUMBLE_ERR_FORMAT, "the archive's member '%.200s' should unpack to %llu bytes, but gave %lld", name,
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
static int examine_archive(reader *r, size_t file_bytes, size_t *unpacked)
{
    zip_int64_t count = zip_get_num_entries(r->archive, 0);
    bool found = false;
    *unpacked = 0;
    for (zip_int64_t i = 0; i < count; i++) {
        zip_stat_t info;
        zip_stat_init(&info);
        if (zip_stat_index(r->archive, (zip_uint64_t)i, ZIP_FL_ENC_RAW, &info) || !(info.valid & ZIP_STAT_SIZE) || !info.name)
            return sc_fail(r->err, SCUMBLE_ERR_FORMAT, "member %lld of the archive cannot be examined", (long long)i);
        if (info.size > SIZE_MAX / 64 - *unpacked)
            return sc_fail(r->err, SCUMBLE_ERR_LIMIT, "the archive's members are too large");
        *unpacked += (size_t)info.size;
        size_t length = strlen(info.name);
        if (!found && length >= 8 && length <= MAX_NAME && !strcmp(info.name + length - 8, "data.pkl") &&
            (length == 8 || info.name[length - 9] == '/')) {
            found = true;
            memcpy(r->prefix, info.name, length - 8);
            r->prefix[length - 8] = 0;
        }
    }
    if (!found)
        return sc_fail(r->err, SCUMBLE_ERR_FORMAT, "this zip archive is not a PyTorch model: it has no data.pkl");
    if (*unpacked / 16 > file_bytes + (1 << 20))
        return sc_fail(r->err, SCUMBLE_ERR_LIMIT, "the archive of %zu bytes is said to unpack to %zu, which is not plausible", file_bytes,
                       *unpacked);
    return SCUMBLE_OK;
}

static int read_byte_order(reader *r)
{
    char name[MAX_NAME + 16];
    uint8_t *text;
    size_t size;
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

static int load_storage(reader *r, storage *s, uint8_t **owned)
{
    char name[MAX_NAME + 128];
    size_t size, needed;
    if (s->key.length > 64 || (s->key.length && memchr(s->key.bytes, 0, s->key.length)))
        return sc_fail(r->err, SCUMBLE_ERR_FORMAT, "the storage key '%.*s' is not a number", shown(s->key), s->key.bytes);
    snprintf(name, sizeof name, "%sdata/%.*s", r->prefix, shown(s->key), s->key.bytes);
    if (!sc_mul_size((size_t)s->count, sc_number_size(s->number), &needed))
        return sc_fail(r->err, SCUMBLE_ERR_FORMAT, "storage '%.*s' cannot hold %" PRId64 " numbers", shown(s->key), s->key.bytes, s->count);
    int code = read_member(r, name, SIZE_MAX / 2, owned, &size);
    if (!code && size < needed) {
        code = sc_fail(r->err, SCUMBLE_ERR_FORMAT, "storage '%.*s' should hold %zu bytes, but has %zu", shown(s->key), s->key.bytes, needed,
                       size);
        free(*owned);
        *owned = NULL;
    }
    s->bytes = *owned;
    return code;
}

static int by_storage(const void *a, const void *b)
{
    const found_tensor *x = a, *y = b;
    return (x->storage > y->storage) - (x->storage < y->storage);
}

/* Fills the set; in the zip form one storage is in memory at a time. */
static int add_tensors(reader *r, sc_weights *weights)
{
    int code = SCUMBLE_OK;
    if (r->tensor_count)
        qsort(r->tensors, (size_t)r->tensor_count, sizeof *r->tensors, by_storage);
    for (int i = 0; i < r->tensor_count && !code;) {
        storage *s = &r->storages[r->tensors[i].storage];
        uint8_t *owned = NULL;
        if (r->archive)
            code = load_storage(r, s, &owned);
        for (uint32_t current = r->tensors[i].storage; i < r->tensor_count && r->tensors[i].storage == current && !code; i++)
            code = add_tensor(r, weights, &r->tensors[i]);
        free(owned);
    }
    return code ? code : sc_weights_sort(weights, r->err);
}

static int find_tensors(reader *r, size_t unpacked)
{
    int code = list_storages(r);
    sc_pickle_ref root = r->pickle.root;
    r->steps_left = 8 * (size_t)r->pickle.value_count + 64;
    r->values_left = 2 * unpacked + 65536;
    if (!code)
        code = unwrap(r, &root);
    if (!code)
        code = walk(r, root, 0);
    if (!code && !r->tensor_count)
        code = sc_fail(r->err, SCUMBLE_ERR_FORMAT, "the file holds no tensors");
    return code;
}

static int read_zip(reader *r, sc_weights *weights, const void *data, size_t size_bytes)
{
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(data, size_bytes, 0, &error);
    if (source)
        r->archive = zip_open_from_source(source, ZIP_RDONLY, &error);
    if (!r->archive) {
        int code = sc_fail(r->err, SCUMBLE_ERR_FORMAT, "the zip archive cannot be opened (is it complete?): %.100s", zip_error_strerror(&error));
        if (source)
            zip_source_free(source);
        zip_error_fini(&error);
        return code;
    }
    zip_error_fini(&error);
    char name[MAX_NAME + 16];
    uint8_t *pickle = NULL;
    size_t unpacked, pickle_bytes = 0;
    int code = examine_archive(r, size_bytes, &unpacked);
    snprintf(name, sizeof name, "%sdata.pkl", r->prefix);
    if (!code)
        code = read_byte_order(r);
    if (!code)
        code = read_member(r, name, MAX_PICKLE_BYTES, &pickle, &pickle_bytes);
    if (!code)
        code = sc_pickle_run(&r->pickle, pickle, pickle_bytes, r->err);
    if (!code)
        code = find_tensors(r, unpacked);
    if (!code)
        code = add_tensors(r, weights);
    free(pickle);
    zip_discard(r->archive);
    weights->format = "PyTorch zip";
    return code;
}

/* ---- the legacy form ---- */

static bool is_magic(const sc_pickle_value *v)
{
    static const char bytes[] = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", digits[] = "119547037146038801333356L";
    if (v->kind != SC_PICKLE_BIG_INTEGER)
        return false;
    size_t length = v->as.text.length;
    return (length == sizeof bytes - 1 && !memcmp(v->as.text.bytes, bytes, length)) ||
           (length == sizeof digits - 1 && !memcmp(v->as.text.bytes, digits, length));
}

static int read_magic(reader *r, const uint8_t *data, size_t size, size_t *used)
{
    sc_pickle p;
    int code = sc_pickle_run(&p, data, size, r->err);
    if (!code) {
        if (!is_magic(sc_pickle_at(&p, p.root)))
            code = sc_fail(r->err, SCUMBLE_ERR_FORMAT, "this pickle is not a PyTorch model: the magic number is missing");
    }
    *used += p.consumed;
    sc_pickle_free(&p);
    if (code)
        return code;
    code = sc_pickle_run(&p, data + *used, size - *used, r->err);
    if (!code) {
        const sc_pickle_value *v = sc_pickle_at(&p, p.root);
        if (v->kind != SC_PICKLE_INTEGER || v->as.integer != 1001)
            code = sc_fail(r->err, SCUMBLE_ERR_UNSUPPORTED, "this legacy PyTorch file is of another version than 1001");
    }
    *used += p.consumed;
    sc_pickle_free(&p);
    return code;
}

/* {'protocol_version': 1001, 'little_endian': True, 'type_sizes': {...}} */
static int read_system(reader *r, const uint8_t *data, size_t size, size_t *used)
{
    sc_pickle p;
    int code = sc_pickle_run(&p, data + *used, size - *used, r->err);
    const sc_pickle_value *system = code ? NULL : sc_pickle_at(&p, p.root);
    if (!code && system->kind != SC_PICKLE_DICTIONARY)
        code = sc_fail(r->err, SCUMBLE_ERR_FORMAT, "the description of the writing system is missing");
    for (uint32_t i = 0; !code && i < system->as.items.count; i += 2) {
        const sc_pickle_value *key = sc_pickle_at(&p, system->as.items.refs[i]);
        const sc_pickle_value *value = sc_pickle_at(&p, system->as.items.refs[i + 1]);
        if (key->kind == SC_PICKLE_TEXT && key->as.text.length == 13 && !memcmp(key->as.text.bytes, "little_endian", 13))
            r->big_endian = value->kind == SC_PICKLE_BOOL && !value->as.boolean;
    }
    *used += p.consumed;
    sc_pickle_free(&p);
    return code;
}

static int place_storage(reader *r, const sc_pickle_value *key, const uint8_t *data, size_t size, size_t *used)
{
    storage *s = key->kind == SC_PICKLE_TEXT ? find_storage(r, text_of(key)) : NULL;
    if (!s)
        return sc_fail(r->err, SCUMBLE_ERR_FORMAT, "the file stores numbers that no tensor describes");
    if (s->bytes)
        return sc_fail(r->err, SCUMBLE_ERR_FORMAT, "storage '%.*s' is there twice", shown(s->key), s->key.bytes);
    if (size - *used < 8)
        return sc_fail(r->err, SCUMBLE_ERR_FORMAT, "the file ends before storage '%.*s'", shown(s->key), s->key.bytes);
    uint64_t count = sc_read_u64(data + *used);
    if (r->big_endian)
        count = __builtin_bswap64(count);
    *used += 8;
    size_t bytes;
    if (count != (uint64_t)s->count)
        return sc_fail(r->err, SCUMBLE_ERR_FORMAT, "storage '%.*s' should hold %" PRId64 " numbers, but says %" PRIu64, shown(s->key),
                       s->key.bytes, s->count, count);
    if (!sc_mul_size((size_t)count, sc_number_size(s->number), &bytes) || bytes > size - *used)
        return sc_fail(r->err, SCUMBLE_ERR_FORMAT, "storage '%.*s' of %" PRIu64 " numbers reaches beyond the end of the file: it is incomplete",
                       shown(s->key), s->key.bytes, count);
    s->bytes = data + *used;
    *used += bytes;
    return SCUMBLE_OK;
}

static int place_storages(reader *r, const uint8_t *data, size_t size, size_t used)
{
    sc_pickle keys;
    int code = sc_pickle_run(&keys, data + used, size - used, r->err);
    used += keys.consumed;
    const sc_pickle_value *list = code ? NULL : sc_pickle_at(&keys, keys.root);
    if (!code && list->kind != SC_PICKLE_LIST)
        code = sc_fail(r->err, SCUMBLE_ERR_FORMAT, "the list of storages is missing");
    for (uint32_t i = 0; !code && i < list->as.items.count; i++)
        code = place_storage(r, sc_pickle_at(&keys, list->as.items.refs[i]), data, size, &used);
    sc_pickle_free(&keys);
    for (uint32_t i = 0; i < r->storage_count && !code; i++)
        if (!r->storages[i].bytes)
            code = sc_fail(r->err, SCUMBLE_ERR_FORMAT, "storage '%.*s' is not in the file", shown(r->storages[i].key), r->storages[i].key.bytes);
    return code;
}

static int read_legacy(reader *r, sc_weights *weights, const uint8_t *data, size_t size)
{
    size_t used = 0;
    int code = read_magic(r, data, size, &used);
    if (!code)
        code = read_system(r, data, size, &used);
    if (!code)
        code = sc_pickle_run(&r->pickle, data + used, size - used, r->err);
    if (!code)
        code = find_tensors(r, size);
    if (!code)
        code = place_storages(r, data, size, used + r->pickle.consumed);
    if (!code)
        code = add_tensors(r, weights);
    weights->format = "PyTorch legacy";
    return code;
}

int sc_pytorch_parse(sc_weights **weights, const void *data, size_t size_bytes, sc_error *err)
{
    *weights = NULL;
    if (size_bytes < 4)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "a PyTorch model has more than %zu bytes", size_bytes);
    reader *r = calloc(1, sizeof *r);
    sc_weights *set = NULL;
    if (!r)
        return sc_fail_memory(err, sizeof *r);
    r->err = err;
    int code = sc_weights_create(&set, err);
    if (!code && !memcmp(data, "PK", 2))
        code = read_zip(r, set, data, size_bytes);
    else if (!code)
        code = read_legacy(r, set, data, size_bytes);
    for (int i = 0; i < r->tensor_count; i++)
        free(r->tensors[i].name);
    free(r->tensors);
    free(r->storages);
    sc_pickle_free(&r->pickle);
    free(r);
    if (code) {
        sc_weights_free(set);
        return code;
    }
    *weights = set;
    return SCUMBLE_OK;
}
