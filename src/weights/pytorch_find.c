/* SPDX-License-Identifier: MIT */
/* Which tensors a PyTorch model holds, and under which names: the containers that the pickle built are walked, and a
 * wrapping such as {"state_dict": {...}, "epoch": 3} is taken off. No number is read here. Steps and depth are bounded,
 * for the containers may form cycles. */
#include "weights/pytorch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 32 };

/* ---- the table of storages ---- */

static int compare_keys(sc_pickle_text a, sc_pickle_text b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter ? memcmp(a.bytes, b.bytes, shorter) : 0;
    return order ? order : (a.length > b.length) - (a.length < b.length);
}

static int by_key(const void *a, const void *b)
{
    return compare_keys(((const sc_pytorch_storage *)a)->key, ((const sc_pytorch_storage *)b)->key);
}

sc_pytorch_storage *sc_pytorch_find_storage(const sc_pytorch_reader *r, sc_pickle_text key)
{
    sc_pytorch_storage wanted = { .key = key };
    if (!r->storage_count)
        return NULL;
    return bsearch(&wanted, r->storages, r->storage_count, sizeof wanted, by_key);
}

/* Every storage that the pickle mentions, each once. */
static int list_storages(sc_pytorch_reader *r)
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
            r->storages[used++] = (sc_pytorch_storage){ .key = sc_pytorch_at(r, v->as.storage.key)->as.text,
                                                        .number = v->as.storage.number,
                                                        .count = v->as.storage.count };
    }
    qsort(r->storages, count, sizeof *r->storages, by_key);
    for (uint32_t i = 0; i < count; i++) {
        sc_pytorch_storage *s = &r->storages[i], *last = unique ? &r->storages[unique - 1] : NULL;
        if (last && !by_key(last, s)) {
            if (last->number != s->number || last->count != s->count)
                return sc_fail(r->err, SCUMBLE_ERR_FORMAT, "storage '%.*s' is described in two ways that differ",
                               sc_pytorch_shown(s->key), s->key.bytes);
        } else
            r->storages[unique++] = *s;
    }
    r->storage_count = unique;
    return SCUMBLE_OK;
}

/* ---- the table of tensors ---- */

static bool is_container(const sc_pickle_value *v)
{
    return v->kind == SC_PICKLE_DICTIONARY || v->kind == SC_PICKLE_LIST || v->kind == SC_PICKLE_TUPLE;
}

static int take_step(sc_pytorch_reader *r, int depth)
{
    if (depth > MAX_DEPTH)
        return sc_fail(r->err, SCUMBLE_ERR_LIMIT, "containers are nested more than %d deep", MAX_DEPTH);
    if (!r->steps_left)
        return sc_fail(r->err, SCUMBLE_ERR_LIMIT, "the same containers are repeated too often");
    r->steps_left--;
    return SCUMBLE_OK;
}

static int holds_tensors(sc_pytorch_reader *r, sc_pickle_ref ref, int depth, bool *holds)
{
    const sc_pickle_value *v = sc_pytorch_at(r, ref);
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
static int unwrap(sc_pytorch_reader *r, sc_pickle_ref *root)
{
    for (int depth = 0; depth < MAX_DEPTH; depth++) {
        const sc_pickle_value *v = sc_pytorch_at(r, *root);
        sc_pickle_ref only = 0;
        if (v->kind != SC_PICKLE_DICTIONARY)
            return SCUMBLE_OK;
        for (uint32_t i = 1; i < v->as.items.count; i += 2) {
            bool holds = false;
            int code = holds_tensors(r, v->as.items.refs[i], 0, &holds);
            if (code)
                return code;
            if (holds && (only || sc_pytorch_at(r, v->as.items.refs[i])->kind != SC_PICKLE_DICTIONARY))
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

static int note_tensor(sc_pytorch_reader *r, sc_pickle_ref ref)
{
    sc_pickle_text key =
        sc_pytorch_at(r, sc_pytorch_at(r, sc_pytorch_at(r, ref)->as.tensor.storage)->as.storage.key)->as.text;
    if (r->tensor_count >= SC_MAX_TENSORS)
        return sc_fail(r->err, SCUMBLE_ERR_LIMIT, "the file holds more than %d tensors", SC_MAX_TENSORS);
    if (!(r->tensor_count & (r->tensor_count - 1))) { /* at powers of two */
        size_t bytes = (r->tensor_count ? 2 * (size_t)r->tensor_count : 1) * sizeof *r->tensors;
        sc_pytorch_found *larger = realloc(r->tensors, bytes);
        if (!larger)
            return sc_fail_memory(r->err, bytes);
        r->tensors = larger;
    }
    char *name = strdup(r->name[0] ? r->name : "tensor");
    if (!name)
        return sc_fail_memory(r->err, strlen(r->name));
    r->tensors[r->tensor_count++] = (sc_pytorch_found){
        .name = name, .ref = ref, .storage = (uint32_t)(sc_pytorch_find_storage(r, key) - r->storages)
    };
    return SCUMBLE_OK;
}

/* Appends a dictionary's key or a list's index to the name. *usable is false for keys that are no names. */
static int extend_name(sc_pytorch_reader *r, size_t length, const sc_pickle_value *container, uint32_t i, bool *usable)
{
    char number[24];
    sc_pickle_text part = { .bytes = number };
    const sc_pickle_value *key =
        container->kind == SC_PICKLE_DICTIONARY ? sc_pytorch_at(r, container->as.items.refs[i - 1]) : NULL;
    *usable = !key || key->kind == SC_PICKLE_TEXT || key->kind == SC_PICKLE_INTEGER;
    if (!*usable)
        return SCUMBLE_OK;
    if (key && key->kind == SC_PICKLE_TEXT)
        part = key->as.text;
    else
        part.length = (size_t)snprintf(number, sizeof number, "%" PRId64, key ? key->as.integer : (int64_t)i);
    if (part.length && memchr(part.bytes, 0, part.length))
        return sc_fail(r->err, SCUMBLE_ERR_FORMAT, "a tensor's name holds a NUL byte");
    if (part.length > SC_PYTORCH_MAX_NAME - 1 - length)
        return sc_fail(r->err, SCUMBLE_ERR_LIMIT, "the tensor name '%.60s%.*s...' is longer than %d bytes", r->name,
                       sc_pytorch_shown(part), part.bytes, SC_PYTORCH_MAX_NAME);
    if (length)
        r->name[length++] = '.';
    if (part.length)
        memcpy(r->name + length, part.bytes, part.length);
    r->name[length + part.length] = 0;
    return SCUMBLE_OK;
}

static int walk(sc_pytorch_reader *r, sc_pickle_ref ref, int depth)
{
    const sc_pickle_value *v = sc_pytorch_at(r, ref);
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
        const sc_pickle_value *item = sc_pytorch_at(r, v->as.items.refs[i]);
        bool usable = false;
        if (item->kind == SC_PICKLE_TENSOR || is_container(item))
            code = extend_name(r, length, v, i, &usable);
        if (!code && usable)
            code = walk(r, v->as.items.refs[i], depth + 1);
        r->name[length] = 0;
    }
    return code;
}

/* ---- both tables ---- */

int sc_pytorch_find_tensors(sc_pytorch_reader *r, size_t unpacked)
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
