/* SPDX-License-Identifier: MIT */
/* Keras .h5 files, our own process's half: looks at the superblock, starts the child that uses libhdf5 (keras_hdf5.c)
 * and builds the set from what it sends, trusting nothing: lengths, shapes and totals are checked here again. libhdf5
 * is C code that damaged files are known to crash, and to send into endless loops; what remains is that such a file
 * costs a child process, and a few seconds of its time in the latter case. */
#include "weights/keras.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/sandbox.h"
#include "weights/numbers.h"
#include "weights/tfjs.h"

typedef struct receiver {
    int (*read)(void *context, void *bytes, size_t size, sc_error *err);
    void *context;
    size_t values_left, text_left;
    sc_error *err;
} receiver;

static int receive_text(receiver *r, char **text, uint32_t length, size_t limit)
{
    *text = NULL;
    if (length > limit || length > r->text_left)
        return sc_fail(r->err, SCUMBLE_ERR_LIMIT, "a text in the file is %u bytes long, which is beyond the limit",
                       length);
    r->text_left -= length;
    char *buffer = malloc((size_t)length + 1);
    if (!buffer)
        return sc_fail_memory(r->err, length);
    int code = r->read(r->context, buffer, length, r->err);
    if (!code && memchr(buffer, 0, length))
        code = sc_fail(r->err, SCUMBLE_ERR_FORMAT, "a text in the file holds a NUL byte");
    if (code) {
        free(buffer);
        return code;
    }
    buffer[length] = 0;
    *text = buffer;
    return SCUMBLE_OK;
}

static int receive_tensor(receiver *r, sc_weights *weights, const sc_keras_record *record, const char *layer,
                          const char *weight)
{
    char name[SC_KERAS_MAX_NAME + 1];
    size_t count = 1;
    float *values;
    if (record->dimension_count < 0 || record->dimension_count > SC_MAX_DIMENSIONS)
        return sc_fail(r->err, SCUMBLE_ERR_LIMIT, "weight '%.200s' has %d dimensions; at most %d are supported", weight,
                       record->dimension_count, SC_MAX_DIMENSIONS);
    for (int i = 0; i < record->dimension_count; i++)
        if (record->dimensions[i] < 0 || !sc_mul_size(count, (size_t)record->dimensions[i], &count))
            return sc_fail(r->err, SCUMBLE_ERR_LIMIT, "the dimensions of weight '%.200s' are too large to multiply",
                           weight);
    if (count > r->values_left)
        return sc_fail(r->err, SCUMBLE_ERR_LIMIT,
                       "weight '%.200s' would have %zu values, more than a file of this size can hold", weight, count);
    r->values_left -= count;
    if (!sc_keras_name(name, sizeof name, layer, weight))
        return sc_fail(r->err, SCUMBLE_ERR_LIMIT, "the weight name '%.60s...' is too long", weight);
    int code = sc_weights_add(weights, name, record->dimensions, record->dimension_count, &values, r->err);
    return code ? code : r->read(r->context, values, count * sizeof *values, r->err);
}

/* The model_config, in the same form as TensorFlow.js has it: {"model_config": {...}}. */
static int receive_topology(receiver *r, sc_weights *weights, const char *text)
{
    json_error_t problem;
    json_t *config = json_loads(text, JSON_REJECT_DUPLICATES, &problem);
    if (!config)
        return sc_fail(r->err, SCUMBLE_ERR_FORMAT, "the model_config is not valid JSON: %.160s", problem.text);
    json_t *whole = json_pack("{s:o}", "model_config", config);
    char *joined = whole ? json_dumps(whole, JSON_COMPACT) : NULL;
    json_decref(whole);
    if (!joined)
        return sc_fail_memory(r->err, strlen(text));
    free(weights->topology);
    weights->topology = joined;
    return SCUMBLE_OK;
}

static int receive_record(receiver *r, sc_weights *weights, bool *done)
{
    sc_keras_record record;
    char *first = NULL, *second = NULL;
    int code = r->read(r->context, &record, sizeof record, r->err);
    if (code)
        return code;
    code = receive_text(r, &first, record.first_length,
                        record.kind == SC_KERAS_TENSOR ? SC_KERAS_MAX_NAME : SC_KERAS_MAX_TEXT);
    if (!code)
        code = receive_text(r, &second, record.second_length, SC_KERAS_MAX_NAME);
    if (!code)
        switch (record.kind) {
        case SC_KERAS_DONE: *done = true; break;
        case SC_KERAS_ERROR:
            code = sc_fail(r->err,
                           record.code < 0 && record.code >= SCUMBLE_ERR_INTERNAL ? record.code : SCUMBLE_ERR_FORMAT,
                           "%.900s", first[0] ? first : "the file is damaged");
            break;
        case SC_KERAS_METADATA: code = sc_weights_set_metadata(weights, first, second, r->err); break;
        case SC_KERAS_TOPOLOGY: code = receive_topology(r, weights, first); break;
        case SC_KERAS_TENSOR: code = receive_tensor(r, weights, &record, first, second); break;
        default: code = sc_fail(r->err, SCUMBLE_ERR_FORMAT, "the file is damaged: reading it gave nonsense");
        }
    free(first);
    free(second);
    return code;
}

int sc_keras_receive(sc_weights **weights, size_t file_bytes,
                     int (*read)(void *context, void *bytes, size_t size, sc_error *err), void *context, sc_error *err)
{
    receiver r = { .read = read, .context = context, .err = err };
    r.values_left = sc_keras_value_limit(file_bytes);
    r.text_left = 2 * (size_t)SC_KERAS_MAX_TEXT;
    sc_weights *set = NULL;
    bool done = false;
    int code = sc_weights_create(&set, err);
    while (!code && !done)
        code = receive_record(&r, set, &done);
    if (!code)
        code = sc_weights_sort(set, err);
    if (!code && !set->tensor_count)
        code = sc_fail(err, SCUMBLE_ERR_FORMAT, "the file holds no weights");
    if (code) {
        sc_weights_free(set);
        return code;
    }
    set->format = "Keras HDF5";
    set->layout = SC_LAYOUT_KERAS;
    *weights = set;
    return SCUMBLE_OK;
}

/* The superblock's own idea of the file's size must be right, and its sizes those that every 64-bit writer uses. */
static int check_superblock(const uint8_t *p, size_t size, sc_error *err)
{
    static const uint8_t signature[8] = { 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n' };
    if (size < 96 || memcmp(p, signature, sizeof signature))
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "this is not a complete HDF5 file");
    uint8_t version = p[8];
    if (version > 3)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "the HDF5 superblock is of version %d; 0 to 3 are known", version);
    const uint8_t *sizes = version < 2 ? p + 13 : p + 9;
    size_t base_at = version == 0 ? 24 : version == 1 ? 28 : 12;
    if (sizes[0] != 8 || sizes[1] != 8 || sc_read_u64(p + base_at) != 0)
        return sc_fail(
            err, SCUMBLE_ERR_UNSUPPORTED,
            "the HDF5 file uses %d-byte addresses, or begins within another file; 8-byte ones from 0 are supported",
            sizes[0]);
    uint64_t end = sc_read_u64(p + base_at + 16);
    if (end != size)
        return sc_fail(err, SCUMBLE_ERR_FORMAT,
                       "the HDF5 file says that it has %llu bytes, but it has %zu: it is incomplete or damaged",
                       (unsigned long long)end, size);
    return SCUMBLE_OK;
}

static int read_sandbox(void *context, void *bytes, size_t size, sc_error *err)
{
    return sc_sandbox_read(context, bytes, size, err);
}

int sc_keras_parse(sc_weights **weights, const void *data, size_t size_bytes, sc_error *err)
{
    *weights = NULL;
    int code = check_superblock(data, size_bytes, err);
    if (code)
        return code;
    sc_keras_bytes image = { .data = data, .size = size_bytes };
    /* One tensor at a time, libhdf5's own tables, and a spare. */
    size_t memory = sc_keras_value_limit(size_bytes) * sizeof(float) + ((size_t)256 << 20);
    sc_sandbox sandbox;
    sc_sandbox_limits limits = {
        .memory_bytes = memory, .processor_s = 2 + (unsigned)(size_bytes >> 24)
    }; /* a second for 16 MiB; whole models take a tenth of that */
    code = sc_sandbox_start(&sandbox, sc_keras_extract, &image, &limits, err);
    if (code)
        return code;
    code = sc_keras_receive(weights, size_bytes, read_sandbox, &sandbox, err);
    sc_sandbox_end(&sandbox);
    return code;
}
