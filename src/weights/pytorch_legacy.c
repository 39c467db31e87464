/* SPDX-License-Identifier: MIT */
/* PyTorch's legacy form (before 1.6): five pickles (magic number, protocol, system, object, list of storage keys), then
 * each storage as an int64 count and its numbers. Nothing is copied: storages point into the file. */
#include "weights/pytorch.h"

#include <inttypes.h>
#include <string.h>

static bool is_magic(const sc_pickle_value *v)
{
    static const char bytes[] = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", digits[] = "119547037146038801333356L";
    if (v->kind != SC_PICKLE_BIG_INTEGER)
        return false;
    size_t length = v->as.text.length;
    return (length == sizeof bytes - 1 && !memcmp(v->as.text.bytes, bytes, length)) ||
           (length == sizeof digits - 1 && !memcmp(v->as.text.bytes, digits, length));
}

static int read_magic(sc_pytorch_reader *r, const uint8_t *data, size_t size, size_t *used)
{
    sc_pickle p;
    int code = sc_pickle_run(&p, data, size, r->err);
    if (!code) {
        if (!is_magic(sc_pickle_at(&p, p.root)))
            code =
                sc_fail(r->err, SCUMBLE_ERR_FORMAT, "this pickle is not a PyTorch model: the magic number is missing");
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
static int read_system(sc_pytorch_reader *r, const uint8_t *data, size_t size, size_t *used)
{
    sc_pickle p;
    int code = sc_pickle_run(&p, data + *used, size - *used, r->err);
    const sc_pickle_value *system = code ? NULL : sc_pickle_at(&p, p.root);
    if (!code && system->kind != SC_PICKLE_DICTIONARY)
        code = sc_fail(r->err, SCUMBLE_ERR_FORMAT, "the description of the writing system is missing");
    for (uint32_t i = 0; !code && i < system->as.items.count; i += 2) {
        const sc_pickle_value *key = sc_pickle_at(&p, system->as.items.refs[i]);
        const sc_pickle_value *value = sc_pickle_at(&p, system->as.items.refs[i + 1]);
        if (key->kind == SC_PICKLE_TEXT && key->as.text.length == 13 &&
            !memcmp(key->as.text.bytes, "little_endian", 13))
            r->big_endian = value->kind == SC_PICKLE_BOOL && !value->as.boolean;
    }
    *used += p.consumed;
    sc_pickle_free(&p);
    return code;
}

static int place_storage(sc_pytorch_reader *r, const sc_pickle_value *key, const uint8_t *data, size_t size,
                         size_t *used)
{
    sc_pytorch_storage *s = key->kind == SC_PICKLE_TEXT ? sc_pytorch_find_storage(r, key->as.text) : NULL;
    if (!s)
        return sc_fail(r->err, SCUMBLE_ERR_FORMAT, "the file stores numbers that no tensor describes");
    if (s->bytes)
        return sc_fail(r->err, SCUMBLE_ERR_FORMAT, "storage '%.*s' is there twice", sc_pytorch_shown(s->key),
                       s->key.bytes);
    if (size - *used < 8)
        return sc_fail(r->err, SCUMBLE_ERR_FORMAT, "the file ends before storage '%.*s'", sc_pytorch_shown(s->key),
                       s->key.bytes);
    uint64_t count = sc_read_u64(data + *used);
    if (r->big_endian)
        count = __builtin_bswap64(count);
    *used += 8;
    size_t bytes;
    if (count != (uint64_t)s->count)
        return sc_fail(r->err, SCUMBLE_ERR_FORMAT, "storage '%.*s' should hold %" PRId64 " numbers, but says %" PRIu64,
                       sc_pytorch_shown(s->key), s->key.bytes, s->count, count);
    if (!sc_mul_size((size_t)count, sc_number_size(s->number), &bytes) || bytes > size - *used)
        return sc_fail(r->err, SCUMBLE_ERR_FORMAT,
                       "storage '%.*s' of %" PRIu64 " numbers reaches beyond the end of the file: it is incomplete",
                       sc_pytorch_shown(s->key), s->key.bytes, count);
    s->bytes = data + *used;
    *used += bytes;
    return SCUMBLE_OK;
}

static int place_storages(sc_pytorch_reader *r, const uint8_t *data, size_t size, size_t used)
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
            code = sc_fail(r->err, SCUMBLE_ERR_FORMAT, "storage '%.*s' is not in the file",
                           sc_pytorch_shown(r->storages[i].key), r->storages[i].key.bytes);
    return code;
}

int sc_pytorch_read_legacy(sc_pytorch_reader *r, sc_weights *weights, const uint8_t *data, size_t size)
{
    size_t used = 0;
    int code = read_magic(r, data, size, &used);
    if (!code)
        code = read_system(r, data, size, &used);
    if (!code)
        code = sc_pickle_run(&r->pickle, data + used, size - used, r->err);
    if (!code)
        code = sc_pytorch_find_tensors(r, size);
    if (!code)
        code = place_storages(r, data, size, used + r->pickle.consumed);
    if (!code)
        code = sc_pytorch_add_tensors(r, weights);
    weights->format = "PyTorch legacy";
    return code;
}
