/* SPDX-License-Identifier: MIT */
/* The safetensors format: 8 bytes of header length (little-endian), a JSON header that maps each name to dtype, shape
 * and the range of its bytes, then the bytes. https://github.com/huggingface/safetensors. As the reference
 * implementation does, the reader insists that the ranges cover the data exactly: no gap, no overlap, nothing after the
 * last. A set in the Keras layout keeps that, and its topology, in the metadata entries "scumble.layout" and
 * "scumble.topology". */
#include "weights/weights.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/half.h"
#include "weights/numbers.h"

enum { MAX_HEADER_BYTES = 16 << 20, WRITE_CHUNK = 16384 };
static const char layout_key[] = "scumble.layout", topology_key[] = "scumble.topology";

typedef struct entry {
    const char *name; /* borrowed from the header */
    sc_number type;
    int dimension_count;
    int64_t dimensions[SC_MAX_DIMENSIONS];
    uint64_t begin, end; /* in the data */
} entry;

static bool number_type(const char *name, sc_number *type)
{
    static const struct {
        const char *name;
        sc_number type;
    } types[] = {
        { "F32", SC_NUMBER_F32 },   { "F16", SC_NUMBER_F16 }, { "BF16", SC_NUMBER_BF16 }, { "F64", SC_NUMBER_F64 },
        { "I8", SC_NUMBER_I8 },     { "I16", SC_NUMBER_I16 }, { "I32", SC_NUMBER_I32 },   { "I64", SC_NUMBER_I64 },
        { "U8", SC_NUMBER_U8 },     { "U16", SC_NUMBER_U16 }, { "U32", SC_NUMBER_U32 },   { "U64", SC_NUMBER_U64 },
        { "BOOL", SC_NUMBER_BOOL },
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (!strcmp(types[i].name, name)) {
            *type = types[i].type;
            return true;
        }
    return false;
}

static int read_shape(entry *e, const json_t *shape, size_t *bytes, sc_error *err)
{
    *bytes = 0;
    if (!json_is_array(shape))
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the header gives no shape for tensor '%.200s'", e->name);
    size_t count = json_array_size(shape);
    if (count > SC_MAX_DIMENSIONS)
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "tensor '%.200s' has %zu dimensions; at most %d are supported", e->name,
                       count, SC_MAX_DIMENSIONS);
    e->dimension_count = (int)count;
    *bytes = sc_number_size(e->type);
    for (size_t i = 0; i < count; i++) {
        const json_t *extent = json_array_get(shape, i);
        e->dimensions[i] = json_integer_value(extent);
        if (!json_is_integer(extent) || e->dimensions[i] < 0)
            return sc_fail(err, SCUMBLE_ERR_FORMAT, "dimension %zu of tensor '%.200s' is not a whole number from 0 up",
                           i, e->name);
        if (!sc_mul_size(*bytes, (size_t)e->dimensions[i], bytes))
            return sc_fail(err, SCUMBLE_ERR_LIMIT, "the dimensions of tensor '%.200s' are too large to multiply",
                           e->name);
    }
    return SCUMBLE_OK;
}

static int read_range(entry *e, const json_t *range, size_t bytes, sc_error *err)
{
    const json_t *begin = json_array_get(range, 0), *end = json_array_get(range, 1);
    if (json_array_size(range) != 2 || !json_is_integer(begin) || !json_is_integer(end))
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the data_offsets of tensor '%.200s' are not two whole numbers",
                       e->name);
    long long first = json_integer_value(begin), last = json_integer_value(end);
    if (first < 0 || last < first)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the data of tensor '%.200s' are said to run from byte %lld to %lld",
                       e->name, first, last);
    e->begin = (uint64_t)first;
    e->end = (uint64_t)last;
    if (e->end - e->begin != bytes)
        return sc_fail(err, SCUMBLE_ERR_FORMAT,
                       "the shape of tensor '%.200s' needs %zu bytes, but the header gives it %llu", e->name, bytes,
                       (unsigned long long)(e->end - e->begin));
    return SCUMBLE_OK;
}

static int read_entry(entry *e, const char *name, const json_t *description, sc_error *err)
{
    *e = (entry){ .name = name };
    const char *type = json_string_value(json_object_get(description, "dtype"));
    if (!type)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the header gives no dtype for tensor '%.200s'", name);
    if (!number_type(type, &e->type))
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "tensor '%.200s' is stored as '%.40s', which scumble does not read", name, type);
    size_t bytes;
    int code = read_shape(e, json_object_get(description, "shape"), &bytes, err);
    return code ? code : read_range(e, json_object_get(description, "data_offsets"), bytes, err);
}

static int safetensors_read_metadata(sc_weights *weights, json_t *metadata, sc_error *err)
{
    if (!json_is_object(metadata))
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "__metadata__ in the header is not an object");
    const char *key;
    json_t *value;
    json_object_foreach(metadata, key, value)
    {
        if (!json_is_string(value))
            return sc_fail(err, SCUMBLE_ERR_FORMAT, "metadata entry '%.100s' is not a text", key);
        const char *text = json_string_value(value);
        if (!strcmp(key, layout_key)) {
            if (strcmp(text, "keras"))
                return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "the layout '%.40s' is not known; 'keras' is", text);
            weights->layout = SC_LAYOUT_KERAS;
        } else if (!strcmp(key, topology_key)) {
            weights->topology = strdup(text);
            if (!weights->topology)
                return sc_fail_memory(err, strlen(text));
        } else {
            int code = sc_weights_set_metadata(weights, key, text, err);
            if (code)
                return code;
        }
    }
    return SCUMBLE_OK;
}

static int by_begin(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end); /* empty ones first */
}

/* The ranges, sorted, must be one after another from 0 to the end of the data. */
static int check_ranges(const entry *entries, size_t count, uint64_t data_bytes, sc_error *err)
{
    uint64_t at = 0;
    for (size_t i = 0; i < count; i++) {
        if (entries[i].end > data_bytes)
            return sc_fail(err, SCUMBLE_ERR_FORMAT,
                           "the header says that tensor '%.200s' ends at byte %llu of the data, but the file has %llu: "
                           "it is incomplete",
                           entries[i].name, (unsigned long long)entries[i].end, (unsigned long long)data_bytes);
        if (entries[i].begin != at)
            return sc_fail(err, SCUMBLE_ERR_FORMAT,
                           "tensor '%.200s' begins at byte %llu of the data, where byte %llu is due: %s",
                           entries[i].name, (unsigned long long)entries[i].begin, (unsigned long long)at,
                           entries[i].begin < at ? "two tensors overlap" : "there is a gap");
        at = entries[i].end;
    }
    if (at != data_bytes)
        return sc_fail(err, SCUMBLE_ERR_FORMAT,
                       "the header says that the data of %zu tensors end at byte %llu, but the file has %llu", count,
                       (unsigned long long)at, (unsigned long long)data_bytes);
    return SCUMBLE_OK;
}

/* A checkpoint may hold many gigabytes: between stretches of so many values a cancel is looked at. */
enum { STRETCH = 1 << 20 };

static int add_tensors(const sc_threads *threads, sc_weights *weights, const entry *entries, size_t count,
                       const uint8_t *data, sc_error *err)
{
    for (size_t i = 0; i < count; i++) {
        const entry *e = &entries[i];
        float *values;
        int code = sc_weights_add(weights, e->name, e->dimensions, e->dimension_count, &values, err);
        size_t size = sc_number_size(e->type), value_count = (size_t)(e->end - e->begin) / size;
        for (size_t k = 0; k < value_count && !code; k += STRETCH) {
            size_t left = value_count - k;
            sc_number_widen(values + k, data + e->begin + k * size, left < STRETCH ? left : STRETCH, 1, e->type, false);
            code = sc_threads_check(threads, err);
        }
        if (code)
            return code;
    }
    return sc_weights_sort(weights, err);
}

static int safetensors_read_header(const sc_threads *threads, sc_weights *weights, json_t *header, const uint8_t *data,
                                   size_t data_bytes, sc_error *err)
{
    size_t count = json_object_size(header), used = 0;
    if (count > SC_MAX_TENSORS)
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "the header lists %zu entries; at most %d are supported", count,
                       SC_MAX_TENSORS);
    entry *entries = calloc(count + 1, sizeof *entries);
    if (!entries)
        return sc_fail_memory(err, count * sizeof *entries);
    int code = SCUMBLE_OK;
    const char *key;
    json_t *value;
    json_object_foreach(header, key, value)
    {
        if (strcmp(key, "__metadata__"))
            code = read_entry(&entries[used++], key, value, err);
        else
            code = safetensors_read_metadata(weights, value, err);
        if (code)
            break;
    }
    if (!code) {
        qsort(entries, used, sizeof *entries, by_begin);
        code = check_ranges(entries, used, data_bytes, err);
    }
    if (!code)
        code = add_tensors(threads, weights, entries, used, data, err);
    free(entries);
    return code;
}

/* The header, and where the data begin. Caller frees with json_decref. */
static int parse_header(json_t **header, size_t *begin, const uint8_t *bytes, size_t size_bytes, sc_error *err)
{
    *header = NULL;
    if (size_bytes < 10)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "a safetensors file has at least 10 bytes; this one has %zu",
                       size_bytes);
    uint64_t length = sc_read_u64(bytes);
    if (length > size_bytes - 8)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the header is said to be %llu bytes long, but only %zu follow",
                       (unsigned long long)length, size_bytes - 8);
    if (length > MAX_HEADER_BYTES)
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "the header is %llu bytes long; at most %d are supported",
                       (unsigned long long)length, MAX_HEADER_BYTES);
    json_error_t problem;
    *header = json_loadb((const char *)bytes + 8, (size_t)length, JSON_REJECT_DUPLICATES, &problem);
    if (!*header)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the header is not valid JSON: %.160s (at byte %d)", problem.text,
                       problem.position);
    *begin = 8 + (size_t)length;
    return SCUMBLE_OK;
}

int sc_safetensors_parse(const sc_threads *threads, sc_weights **weights, const void *data, size_t size_bytes,
                         sc_error *err)
{
    *weights = NULL;
    json_t *header;
    size_t begin;
    sc_weights *set = NULL;
    int code = parse_header(&header, &begin, data, size_bytes, err);
    if (code)
        return code;
    if (!json_is_object(header))
        code = sc_fail(err, SCUMBLE_ERR_FORMAT, "the header is JSON, but not an object that maps names to tensors");
    if (!code)
        code = sc_weights_create(&set, err);
    if (!code)
        code = safetensors_read_header(threads, set, header, (const uint8_t *)data + begin, size_bytes - begin, err);
    json_decref(header);
    if (code) {
        sc_weights_free(set);
        return code;
    }
    set->format = "safetensors";
    *weights = set;
    return SCUMBLE_OK;
}

int sc_safetensors_text(char **text, const void *data, size_t size_bytes, const char *key, sc_error *err)
{
    *text = NULL;
    json_t *header;
    size_t begin;
    int code = parse_header(&header, &begin, data, size_bytes, err);
    if (code)
        return code;
    const char *value = json_string_value(json_object_get(json_object_get(header, "__metadata__"), key));
    if (value && !(*text = strdup(value)))
        code = sc_fail_memory(err, strlen(value));
    json_decref(header);
    return code;
}

/* ---- writing ---- */

static json_t *metadata_json(const sc_weights *weights)
{
    json_t *metadata = json_object();
    bool failed = !metadata;
    for (int i = 0; i < weights->metadata_count; i++)
        failed |= json_object_set_new(metadata, weights->metadata[i].key, json_string(weights->metadata[i].value)) != 0;
    if (weights->layout == SC_LAYOUT_KERAS)
        failed |= json_object_set_new(metadata, layout_key, json_string("keras")) != 0;
    if (weights->topology)
        failed |= json_object_set_new(metadata, topology_key, json_string(weights->topology)) != 0;
    if (failed) {
        json_decref(metadata);
        return NULL;
    }
    return metadata;
}

static json_t *tensor_json(const sc_weight *tensor, bool half, size_t begin, size_t end)
{
    json_t *shape = json_array();
    for (int i = 0; i < tensor->dimension_count; i++)
        json_array_append_new(shape, json_integer(tensor->dimensions[i]));
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", half ? "F16" : "F32", "shape", shape, "data_offsets",
                     (json_int_t)begin, (json_int_t)end);
}

/* The header as text, padded with spaces to a multiple of 8 so that the data are aligned. Caller frees. */
static char *header_text(const sc_weights *weights, bool half, size_t *length)
{
    json_t *header = json_object(), *metadata = metadata_json(weights);
    bool failed = !header || !metadata;
    if (!failed && json_object_size(metadata))
        failed = json_object_set(header, "__metadata__", metadata) != 0;
    json_decref(metadata);
    size_t at = 0;
    for (int i = 0; i < weights->tensor_count && !failed; i++) {
        const sc_weight *tensor = &weights->tensors[i];
        size_t end = at + tensor->count * (half ? 2 : 4);
        failed = json_object_set_new(header, tensor->name, tensor_json(tensor, half, at, end)) != 0;
        at = end;
    }
    char *text = failed ? NULL : json_dumps(header, JSON_COMPACT);
    json_decref(header);
    if (!text)
        return NULL;
    size_t used = strlen(text);
    *length = (used + 7) / 8 * 8;
    char *padded = malloc(*length + 1);
    if (padded) {
        memset(padded, ' ', *length);
        memcpy(padded, text, used);
    }
    free(text);
    return padded;
}

/* Values as little-endian bytes, chunk by chunk. */
static bool write_values(const sc_threads *threads, FILE *stream, const float *values, size_t count, bool half)
{
    uint8_t chunk[4 * WRITE_CHUNK];
    while (count && !sc_threads_cancelled(threads)) {
        size_t n = count < WRITE_CHUNK ? count : WRITE_CHUNK, size = half ? 2 : 4;
        for (size_t i = 0; i < n; i++) {
            uint32_t bits = half ? sc_float_to_half(values[i]) : sc_float_bits(values[i]);
            for (size_t b = 0; b < size; b++)
                chunk[i * size + b] = (uint8_t)(bits >> 8 * b);
        }
        if (fwrite(chunk, size, n, stream) != n)
            return false;
        values += n;
        count -= n;
    }
    return true;
}

static int check_halves(const sc_weights *weights, sc_error *err)
{
    for (int i = 0; i < weights->tensor_count; i++)
        for (size_t k = 0; k < weights->tensors[i].count; k++) {
            float value = weights->tensors[i].values[k];
            uint32_t magnitude = sc_float_bits(value) & 0x7fffffffu;
            if (magnitude < 0x7f800000u && (sc_float_to_half(value) & 0x7fffu) == 0x7c00u)
                return sc_fail(err, SCUMBLE_ERR_LIMIT,
                               "value %g of tensor '%.200s' does not fit float16; write float32 instead", (double)value,
                               weights->tensors[i].name);
        }
    return SCUMBLE_OK;
}

/* A failed write leaves the stream's error mark. */
static int safetensors_write_all(const sc_threads *threads, FILE *stream, const sc_weights *weights, bool half,
                                 sc_error *err)
{
    size_t length = 0;
    char *text = header_text(weights, half, &length);
    if (!text)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "the names or metadata cannot be written as JSON: not all are valid UTF-8");
    uint8_t prefix[8];
    for (size_t i = 0; i < 8; i++)
        prefix[i] = (uint8_t)((uint64_t)length >> 8 * i);
    bool written = fwrite(prefix, 1, 8, stream) == 8 && fwrite(text, 1, length, stream) == length;
    free(text);
    for (int i = 0; i < weights->tensor_count && written; i++)
        written = write_values(threads, stream, weights->tensors[i].values, weights->tensors[i].count, half);
    return SCUMBLE_OK;
}

static int safetensors_write(const sc_threads *threads, const sc_weights *weights, const char *path, bool half,
                             bool synced, sc_error *err)
{
    sc_output output;
    int code = half ? check_halves(weights, err) : SCUMBLE_OK;
    if (!code)
        code = sc_output_open(&output, path, err);
    if (code)
        return code;
    code = safetensors_write_all(threads, output.stream, weights, half, err);
    if (!code)
        return synced ? sc_output_commit(&output, threads, err) : sc_output_name(&output, err);
    sc_output_discard(&output);
    return code;
}

int sc_safetensors_write(const sc_threads *threads, const sc_weights *weights, const char *path, bool half,
                         sc_error *err)
{
    return safetensors_write(threads, weights, path, half, true, err);
}

int sc_safetensors_write_unsynced(const sc_threads *threads, const sc_weights *weights, const char *path, sc_error *err)
{
    return safetensors_write(threads, weights, path, false, false, err);
}

int sc_safetensors_bytes(const sc_threads *threads, const sc_weights *weights, void **bytes, size_t *size_bytes,
                         sc_error *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    int code = stream ? safetensors_write_all(threads, stream, weights, false, err) : sc_fail_memory(err, 4096);
    bool whole = stream && !ferror(stream);
    if (stream && fclose(stream))
        whole = false;
    if (!code)
        code = sc_threads_check(threads, err);
    if (!code && !whole)
        code = sc_fail_memory(err, size);
    if (code)
        free(text);
    *bytes = code ? NULL : text;
    *size_bytes = code ? 0 : size;
    return code;
}
