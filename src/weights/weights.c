/* SPDX-License-Identifier: MIT */
/* The set of named tensors that every reader builds. See weights.h.
 * Readers check that a file really holds a tensor's bytes before they add it: sc_weights_add trusts the size. */
#include "weights/weights.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

enum { MAX_NAME_BYTES = 1024, MAX_METADATA = 4096 };

int sc_weights_create(sc_weights **weights, sc_error *err)
{
    *weights = calloc(1, sizeof **weights);
    if (!*weights)
        return sc_fail_memory(err, sizeof **weights);
    (*weights)->format = "";
    return SCUMBLE_OK;
}

void sc_weights_free(sc_weights *weights)
{
    if (!weights)
        return;
    for (int i = 0; i < weights->tensor_count; i++) {
        free(weights->tensors[i].name);
        if (!weights->tensors[i].lent)
            sc_big_free(weights->tensors[i].values);
    }
    for (int i = 0; i < weights->metadata_count; i++) {
        free(weights->metadata[i].key);
        free(weights->metadata[i].value);
    }
    free(weights->tensors);
    free(weights->metadata);
    free(weights->topology);
    free(weights->used);
    free(weights->prefix);
    free(weights);
}

/* Makes room for one more of `count` items: the array's capacity is the next power of two, so it moves only at those.
 */
static int weights_grow(void **items, int count, size_t item_bytes, sc_error *err)
{
    if (count & (count - 1))
        return SCUMBLE_OK;
    size_t bytes = (count ? 2 * (size_t)count : 1) * item_bytes;
    void *larger = realloc(*items, bytes);
    if (!larger)
        return sc_fail_memory(err, bytes);
    *items = larger;
    return SCUMBLE_OK;
}

static int tensor_bytes(size_t *count, size_t *bytes, const char *name, const int64_t *dimensions, int dimension_count,
                        sc_error *err)
{
    *count = *bytes = 0;
    if (dimension_count < 0 || dimension_count > SC_MAX_DIMENSIONS)
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "tensor '%.200s' has %d dimensions; at most %d are supported", name,
                       dimension_count, SC_MAX_DIMENSIONS);
    *count = 1;
    for (int i = 0; i < dimension_count; i++) {
        if (dimensions[i] < 0)
            return sc_fail(err, SCUMBLE_ERR_FORMAT, "tensor '%.200s' has the negative dimension %lld", name,
                           (long long)dimensions[i]);
        if (!sc_mul_size(*count, (size_t)dimensions[i], count))
            return sc_fail(err, SCUMBLE_ERR_LIMIT, "the dimensions of tensor '%.200s' are too large to multiply", name);
    }
    if (!sc_mul_size(*count, sizeof(float), bytes) || *bytes > (size_t)1 << 40)
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "tensor '%.200s' would have %zu values, which is beyond any limit", name,
                       *count);
    return SCUMBLE_OK;
}

/* values NULL: makes room for them. */
static int weights_append(sc_weights *weights, const char *name, const int64_t *dimensions, int dimension_count,
                          float *values, sc_error *err)
{
    if (strlen(name) > MAX_NAME_BYTES)
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "the tensor name '%.60s...' is longer than %d bytes", name,
                       MAX_NAME_BYTES);
    if (weights->tensor_count >= SC_MAX_TENSORS)
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "the file holds more than %d tensors", SC_MAX_TENSORS);
    sc_weight tensor = { .dimension_count = dimension_count, .values = values, .lent = values != NULL };
    size_t bytes;
    int code = tensor_bytes(&tensor.count, &bytes, name, dimensions, dimension_count, err);
    if (!code)
        code = weights_grow((void **)&weights->tensors, weights->tensor_count, sizeof tensor, err);
    if (code)
        return code;
    if (dimension_count)
        memcpy(tensor.dimensions, dimensions, (size_t)dimension_count * sizeof *dimensions);
    tensor.name = strdup(name);
    if (!tensor.name)
        return sc_fail_memory(err, strlen(name));
    if (!values && !(tensor.values = sc_big_zeroed(bytes, err))) {
        free(tensor.name);
        return err->code;
    }
    weights->tensors[weights->tensor_count++] = tensor;
    return SCUMBLE_OK;
}

int sc_weights_add(sc_weights *weights, const char *name, const int64_t *dimensions, int dimension_count,
                   float **values, sc_error *err)
{
    int code = weights_append(weights, name, dimensions, dimension_count, NULL, err);
    *values = code ? NULL : weights->tensors[weights->tensor_count - 1].values;
    return code;
}

int sc_weights_lend(sc_weights *weights, const char *name, const int64_t *dimensions, int dimension_count,
                    const float *values, sc_error *err)
{
    return weights_append(weights, name, dimensions, dimension_count, (float *)(uintptr_t)values, err);
}

int sc_weights_own(sc_weights *weights, sc_error *err)
{
    for (int i = 0; i < weights->tensor_count; i++) {
        sc_weight *t = &weights->tensors[i];
        if (!t->lent)
            continue;
        float *copy = sc_big_alloc((t->count ? t->count : 1) * sizeof *copy, err);
        if (!copy)
            return err->code;
        memcpy(copy, t->values, t->count * sizeof *copy);
        t->values = copy;
        t->lent = false;
    }
    return SCUMBLE_OK;
}

int sc_weights_set_metadata(sc_weights *weights, const char *key, const char *value, sc_error *err)
{
    char *copy = strdup(value);
    if (!copy)
        return sc_fail_memory(err, strlen(value));
    for (int i = 0; i < weights->metadata_count; i++)
        if (!strcmp(weights->metadata[i].key, key)) {
            free(weights->metadata[i].value);
            weights->metadata[i].value = copy;
            return SCUMBLE_OK;
        }
    int code = SCUMBLE_OK;
    char *key_copy = strdup(key);
    if (weights->metadata_count >= MAX_METADATA)
        code = sc_fail(err, SCUMBLE_ERR_LIMIT, "the file holds more than %d metadata entries", MAX_METADATA);
    else if (!key_copy)
        code = sc_fail_memory(err, strlen(key));
    else
        code = weights_grow((void **)&weights->metadata, weights->metadata_count, sizeof *weights->metadata, err);
    if (code) {
        free(copy);
        free(key_copy);
        return code;
    }
    weights->metadata[weights->metadata_count++] = (sc_metadata){ .key = key_copy, .value = copy };
    return SCUMBLE_OK;
}

static int weights_by_name(const void *a, const void *b)
{
    return strcmp(((const sc_weight *)a)->name, ((const sc_weight *)b)->name);
}

int sc_weights_sort(sc_weights *weights, sc_error *err)
{
    if (weights->tensor_count)
        qsort(weights->tensors, (size_t)weights->tensor_count, sizeof *weights->tensors, weights_by_name);
    for (int i = 1; i < weights->tensor_count; i++)
        if (!weights_by_name(&weights->tensors[i - 1], &weights->tensors[i]))
            return sc_fail(err, SCUMBLE_ERR_FORMAT, "two tensors are named '%.200s'", weights->tensors[i].name);
    free(weights->used);
    weights->used = calloc((size_t)weights->tensor_count + 1, sizeof *weights->used);
    return weights->used ? SCUMBLE_OK : sc_fail_memory(err, (size_t)weights->tensor_count);
}

const sc_weight *sc_weights_find(const sc_weights *weights, const char *name)
{
    sc_weight key = { .name = (char *)(uintptr_t)name };
    if (!weights->tensor_count)
        return NULL;
    return bsearch(&key, weights->tensors, (size_t)weights->tensor_count, sizeof key, weights_by_name);
}

const char *sc_weights_metadata(const sc_weights *weights, const char *key)
{
    for (int i = 0; i < weights->metadata_count; i++)
        if (!strcmp(weights->metadata[i].key, key))
            return weights->metadata[i].value;
    return weights->whole ? sc_weights_metadata(weights->whole, key) : NULL;
}
