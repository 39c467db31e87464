/* SPDX-License-Identifier: MIT */
/* The tensors of a PyTorch model as float32: each is a strided view of a storage, checked against it, then gathered. */
#include "weights/pytorch.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- the view ---- */

typedef struct view {
    int dimension_count;
    int64_t sizes[SC_MAX_DIMENSIONS], strides[SC_MAX_DIMENSIONS];
    int64_t offset; /* all in numbers */
    size_t count;
} view;

static int pytorch_tensors_integers(const sc_pytorch_reader *r, sc_pickle_ref tuple, int64_t *numbers, int count)
{
    const sc_pickle_value *v = sc_pytorch_at(r, tuple);
    if (v->as.items.count != (uint32_t)count)
        return -1;
    for (int i = 0; i < count; i++) {
        const sc_pickle_value *number = sc_pytorch_at(r, v->as.items.refs[i]);
        if (number->kind != SC_PICKLE_INTEGER || number->as.integer < 0)
            return -1;
        numbers[i] = number->as.integer;
    }
    return 0;
}

/* A storage that is a part of another one (legacy only): its range within that. */
static int storage_range(const sc_pytorch_reader *r, const sc_pickle_value *s, int64_t *first, int64_t *count)
{
    const sc_pickle_value *part = sc_pytorch_at(r, s->as.storage.view);
    int64_t numbers[2] = { 0 };
    *first = 0;
    *count = s->as.storage.count;
    if (part->kind == SC_PICKLE_NONE)
        return 0;
    if (part->kind != SC_PICKLE_TUPLE || part->as.items.count != 3)
        return -1;
    for (int i = 0; i < 2; i++) {
        const sc_pickle_value *number = sc_pytorch_at(r, part->as.items.refs[i + 1]);
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
static int check_extent(const sc_pytorch_reader *r, const view *w, const char *name, int64_t storage_count)
{
    int64_t last = w->offset;
    bool overflow = false;
    for (int i = 0; i < w->dimension_count && w->count; i++) {
        int64_t reach = 0;
        overflow |= __builtin_mul_overflow(w->sizes[i] - 1, w->strides[i], &reach);
        overflow |= __builtin_add_overflow(last, reach, &last);
    }
    if (overflow || (w->count && last >= storage_count) || w->offset > storage_count)
        return sc_fail(r->err, SCUMBLE_ERR_FORMAT,
                       "tensor '%.200s' reaches to number %" PRId64 " of a storage that holds %" PRId64, name,
                       overflow ? INT64_MAX : last, storage_count);
    return SCUMBLE_OK;
}

static int make_view(const sc_pytorch_reader *r, const sc_pytorch_found *t, view *w)
{
    const sc_pickle_value *v = sc_pytorch_at(r, t->ref);
    const sc_pickle_value *s = sc_pytorch_at(r, v->as.tensor.storage);
    uint32_t dimension_count = sc_pytorch_at(r, v->as.tensor.sizes)->as.items.count;
    if (dimension_count > SC_MAX_DIMENSIONS)
        return sc_fail(r->err, SCUMBLE_ERR_LIMIT, "tensor '%.200s' has %u dimensions; at most %d are supported",
                       t->name, dimension_count, SC_MAX_DIMENSIONS);
    *w = (view){ .dimension_count = (int)dimension_count, .offset = v->as.tensor.offset, .count = 1 };
    int64_t first = 0, count = 0;
    if (w->offset < 0 || pytorch_tensors_integers(r, v->as.tensor.sizes, w->sizes, w->dimension_count) ||
        pytorch_tensors_integers(r, v->as.tensor.strides, w->strides, w->dimension_count))
        return sc_fail(r->err, SCUMBLE_ERR_FORMAT,
                       "the offset, sizes or strides of tensor '%.200s' are not whole numbers from 0 up", t->name);
    if (storage_range(r, s, &first, &count))
        return sc_fail(r->err, SCUMBLE_ERR_FORMAT, "tensor '%.200s' lies in an impossible part of its storage",
                       t->name);
    for (int i = 0; i < w->dimension_count; i++)
        if (!sc_mul_size(w->count, (size_t)w->sizes[i], &w->count))
            return sc_fail(r->err, SCUMBLE_ERR_LIMIT, "the dimensions of tensor '%.200s' are too large to multiply",
                           t->name);
    int code = check_extent(r, w, t->name, count);
    w->offset += first;
    return code;
}

/* Copies in the order of the dimensions, row by row of the last one. */
static void gather(float *values, const view *w, const sc_pytorch_storage *s, bool big_endian)
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
        sc_number_widen(values + k * row, base + (size_t)from * number_bytes, row, (size_t)w->strides[rank - 1],
                        s->number, big_endian);
        for (int i = rank - 2; i >= 0 && ++index[i] == w->sizes[i]; i--)
            index[i] = 0;
    }
}

static int pytorch_tensors_add_tensor(sc_pytorch_reader *r, sc_weights *weights, const sc_pytorch_found *t)
{
    view w;
    float *values = NULL;
    int code = sc_threads_check(r->threads, r->err);
    if (!code)
        code = make_view(r, t, &w);
    if (code)
        return code;
    if (w.count > r->values_left)
        return sc_fail(r->err, SCUMBLE_ERR_LIMIT,
                       "tensor '%.200s' would have %zu values, more than a file of this size can hold", t->name,
                       w.count);
    r->values_left -= w.count;
    code = sc_weights_add(weights, t->name, w.sizes, w.dimension_count, &values, r->err);
    if (!code && w.count)
        gather(values, &w, &r->storages[t->storage], r->big_endian);
    return code;
}

/* ---- all of them ---- */

static int by_storage(const void *a, const void *b)
{
    const sc_pytorch_found *x = a, *y = b;
    return (x->storage > y->storage) - (x->storage < y->storage);
}

/* Fills the set; in the zip form one storage is in memory at a time. */
int sc_pytorch_add_tensors(sc_pytorch_reader *r, sc_weights *weights)
{
    int code = SCUMBLE_OK;
    if (r->tensor_count)
        qsort(r->tensors, (size_t)r->tensor_count, sizeof *r->tensors, by_storage);
    for (int i = 0; i < r->tensor_count && !code;) {
        sc_pytorch_storage *s = &r->storages[r->tensors[i].storage];
        uint8_t *owned = NULL;
        if (r->archive)
            code = sc_pytorch_load_storage(r, s, &owned);
        for (uint32_t current = r->tensors[i].storage; i < r->tensor_count && r->tensors[i].storage == current && !code;
             i++)
            code = pytorch_tensors_add_tensor(r, weights, &r->tensors[i]);
        free(owned);
    }
    return code ? code : sc_weights_sort(weights, r->err);
}
