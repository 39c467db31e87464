/* SPDX-License-Identifier: MIT */
/* Between the two halves of the Keras reader: the half that uses libhdf5, in a child process (keras_hdf5.c), writes
 * records to a pipe; the half in our own process (keras.c) trusts none of them. All integers as the machine stores
 * them. */
#ifndef SC_WEIGHTS_KERAS_H
#define SC_WEIGHTS_KERAS_H

#include "weights/weights.h"

typedef enum sc_keras_record_kind {
    SC_KERAS_DONE,
    SC_KERAS_ERROR,    /* first text: the sentence; code */
    SC_KERAS_METADATA, /* first text: key, second: value */
    SC_KERAS_TOPOLOGY, /* first text: the model_config itself, as the attribute has it */
    SC_KERAS_TENSOR    /* first text: layer, second: name in the file; then the float32 values follow */
} sc_keras_record_kind;

typedef struct sc_keras_record {
    uint32_t kind;
    int32_t code;
    uint32_t first_length, second_length; /* texts follow the record, without NUL */
    int32_t dimension_count;
    uint32_t reserved;
    int64_t dimensions[SC_MAX_DIMENSIONS];
} sc_keras_record;

enum { SC_KERAS_MAX_TEXT = 32 << 20, SC_KERAS_MAX_NAME = 1024 };

typedef struct sc_keras_bytes {
    const void *data;
    size_t size;
} sc_keras_bytes;

/* How many float32 values a file of so many bytes may plausibly hold (deflate, and single-byte integers). */
static inline size_t sc_keras_value_limit(size_t file_bytes)
{
    return 16 * file_bytes + (1 << 20);
}

/* In the child: reads the file image in *context (an sc_keras_bytes) and writes records to `output`. */
void sc_keras_extract(void *context, int output);

/* Builds a set from a stream of records; read gives exactly `size` bytes or fails. For sc_keras_parse and its fuzzer.
 */
int sc_keras_receive(sc_weights **weights, size_t file_bytes,
                     int (*read)(void *context, void *bytes, size_t size, sc_error *err), void *context, sc_error *err);

#endif
