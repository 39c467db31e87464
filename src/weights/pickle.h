/* SPDX-License-Identifier: MIT */
/* A machine for Python's pickle format that builds plain containers and descriptions of tensors, and executes nothing:
 * the few names that PyTorch's own files need are known by heart, any other name in the file is refused.
 * All memory is bounded by a small multiple of the pickle's size. Values are numbers of slots in one table, so
 * containers that hold each other cannot leak; readers that walk the values must bound depth and steps, for the values
 * may form cycles. */
#ifndef SC_WEIGHTS_PICKLE_H
#define SC_WEIGHTS_PICKLE_H

#include <string.h>

#include "core/error.h"
#include "weights/numbers.h"

enum { SC_PICKLE_MAX_BYTES = 64 << 20 }; /* what lies beyond is not read */

typedef uint32_t sc_pickle_ref; /* index of a value; 0 is always None */

typedef enum sc_pickle_kind {
    SC_PICKLE_NONE,
    SC_PICKLE_BOOL,
    SC_PICKLE_INTEGER,
    SC_PICKLE_BIG_INTEGER, /* beyond int64; text: two's complement bytes, or decimal digits in protocols 0 and 1 */
    SC_PICKLE_REAL,
    SC_PICKLE_TEXT, /* str or bytes */
    SC_PICKLE_TUPLE,
    SC_PICKLE_LIST, /* also set */
    SC_PICKLE_DICTIONARY,
    SC_PICKLE_GLOBAL,
    SC_PICKLE_STORAGE,
    SC_PICKLE_TENSOR,
    SC_PICKLE_MARK
} sc_pickle_kind;

/* Text that lies in the pickle; no NUL at the end. */
typedef struct sc_pickle_text {
    const char *bytes;
    size_t length;
} sc_pickle_text;

/* The allow-list. */
typedef enum sc_pickle_global {
    SC_GLOBAL_ORDERED_DICT,
    SC_GLOBAL_REBUILD_TENSOR,
    SC_GLOBAL_REBUILD_TENSOR_V2,
    SC_GLOBAL_REBUILD_PARAMETER,
    SC_GLOBAL_SIZE,
    SC_GLOBAL_STORAGE_TYPE /* torch.FloatStorage, ...; the number type is in `number` */
} sc_pickle_global;

typedef struct sc_pickle_value {
    sc_pickle_kind kind;
    union {
        bool boolean;
        int64_t integer;
        double real;
        sc_pickle_text text;
        struct {
            sc_pickle_ref *refs; /* a dictionary's: key, value, key, value, ... */
            uint32_t count, capacity;
        } items;
        struct {
            sc_pickle_global id;
            sc_number number;
        } global;
        struct {
            sc_number number;
            sc_pickle_ref key;
            sc_pickle_ref view; /* None or (key, offset, count) */
            int64_t count;
        } storage;
        struct {
            sc_pickle_ref storage, sizes, strides; /* a storage and two tuples, members unchecked */
            int64_t offset;
        } tensor;
    } as;
} sc_pickle_value;

typedef struct sc_pickle {
    sc_pickle_value *values;
    uint32_t value_count, value_capacity;
    sc_pickle_ref root;
    size_t consumed; /* bytes up to and with STOP */
} sc_pickle;

/* Runs one pickle at the start of data, which must outlive *pickle. Free with sc_pickle_free, after failure too. */
int sc_pickle_run(sc_pickle *pickle, const uint8_t *data, size_t size_bytes, sc_error *err);
void sc_pickle_free(sc_pickle *pickle);

static inline const sc_pickle_value *sc_pickle_at(const sc_pickle *pickle, sc_pickle_ref ref)
{
    return &pickle->values[ref];
}

static inline bool sc_pickle_same(sc_pickle_text text, const char *known)
{
    return strlen(known) == text.length && !memcmp(text.bytes, known, text.length);
}

#endif
