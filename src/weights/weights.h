/* SPDX-License-Identifier: MIT */
/* Named tensors and text metadata, as they stand in a model file: the one form that every reader produces.
 * Nothing here knows networks; nets/ maps names to layers. A model file is hostile until proven otherwise: readers
 * survive truncation, wild offsets, absurd shapes and random bytes, and the error says what is wrong with the file.
 *
 * Values are always float32 in the file's own order of dimensions (row-major, last dimension fastest), whatever the
 * file stored: float16, bfloat16, float64, integers are widened; quantised values are dequantised. */
#ifndef SC_WEIGHTS_WEIGHTS_H
#define SC_WEIGHTS_WEIGHTS_H

#include "core/threads.h"

enum { SC_MAX_DIMENSIONS = 8, SC_MAX_TENSORS = 65536 };

typedef struct sc_weight {
    char *name;
    int dimension_count; /* 0 = a scalar */
    int64_t dimensions[SC_MAX_DIMENSIONS];
    size_t count;  /* product of the dimensions */
    float *values; /* 64-byte aligned, a big buffer (core/memory.h), unless lent */
    bool lent;     /* the values are somebody else's */
} sc_weight;

typedef struct sc_metadata {
    char *key, *value; /* UTF-8 */
} sc_metadata;

typedef enum sc_layout { SC_LAYOUT_PYTORCH, SC_LAYOUT_KERAS } sc_layout; /* conv weights OIHW, or HWIO */

typedef struct sc_weights {
    sc_weight *tensors; /* sorted by name */
    int tensor_count;
    sc_metadata *metadata;
    int metadata_count;
    sc_layout layout;
    char *topology; /* Keras: the JSON {"model_config": {...}}, in TensorFlow.js maybe with more beside it; else NULL */
    const char *format;             /* "safetensors", "PyTorch zip", "PyTorch legacy", "TensorFlow.js", "Keras HDF5" */
    bool *used;                     /* of each tensor of a sorted set: something was made of it (sc_weights_use) */
    const struct sc_weights *whole; /* this is a part of it: its tensors of names that begin with `prefix` */
    char *prefix;
} sc_weights;

/* Reads any supported model: tells the format by the content (a TensorFlow.js model by its model.json, or a folder that
 * holds one; also the JavaScript-wrapped form model.min.js + group*-shard*of*.min.js). Caller frees with
 * sc_weights_free. threads: when they are cancelled, the reading of a safetensors or PyTorch file ends (here and
 * below). */
int sc_weights_load(const sc_threads *threads, sc_weights **weights, const char *path, sc_error *err);
void sc_weights_free(sc_weights *weights);

const sc_weight *sc_weights_find(const sc_weights *weights, const char *name); /* NULL when there is none */
const char *sc_weights_metadata(const sc_weights *weights, const char *key);   /* NULL when there is none */

/* Building a set, for the readers and for conversions. add takes ownership of nothing: name and dimensions are copied;
 * *values is the fresh, zeroed storage to fill. Names must be unique. Call sc_weights_sort when all are in. */
int sc_weights_create(sc_weights **weights, sc_error *err);
int sc_weights_add(sc_weights *weights, const char *name, const int64_t *dimensions, int dimension_count,
                   float **values, sc_error *err);
/* The same with values that stay the caller's, and must stay as they are while the set lives: nothing is copied. */
int sc_weights_lend(sc_weights *weights, const char *name, const int64_t *dimensions, int dimension_count,
                    const float *values, sc_error *err);
/* Makes copies of all that was lent. */
int sc_weights_own(sc_weights *weights, sc_error *err);
int sc_weights_set_metadata(sc_weights *weights, const char *key, const char *value, sc_error *err);
int sc_weights_sort(sc_weights *weights, sc_error *err); /* fails on duplicate names */

/* What others put around a network's names ("module.", "state_dict.", "params_ema."), taken off: the part of a sorted
 * set whose names go on behind such a prefix with the anchor, a name that the network is known by. Of several networks,
 * averaged weights ("ema") and generators go before others, "" before all. The values are the whole set's, which must
 * live as long; so are the metadata. NULL, and no error, when no name ends with the anchor. Caller frees. */
int sc_weights_unwrap(sc_weights **part, const sc_weights *whole, const char *anchor, sc_error *err);
/* Notes that something was made of a tensor of the set, or of the set that it is a part of; NULL is no tensor. */
void sc_weights_use(const sc_weights *weights, const sc_weight *tensor);
/* The next tensor from index `from` on that nothing was made of; -1: there is none. */
int sc_weights_next_unused(const sc_weights *weights, int from);
/* "3 tensors: 'a', 'b', 'c'": those that nothing was made of; "" when there are none. Caller frees; NULL when out of
 * memory. */
char *sc_weights_unused(const sc_weights *weights);

/* The readers, each on bytes in memory where the format allows it (for fuzzing too). */
int sc_safetensors_parse(const sc_threads *threads, sc_weights **weights, const void *data, size_t size_bytes,
                         sc_error *err);
/* Of a safetensors file only what its metadata say under this key; NULL when that is nothing. Caller frees. */
int sc_safetensors_text(char **text, const void *data, size_t size_bytes, const char *key, sc_error *err);
int sc_pytorch_parse(const sc_threads *threads, sc_weights **weights, const void *data, size_t size_bytes,
                     sc_error *err);                                     /* zip or legacy */
int sc_tfjs_load(sc_weights **weights, const char *path, sc_error *err); /* model.json, folder, or model.min.js */
int sc_keras_parse(sc_weights **weights, const void *data, size_t size_bytes, sc_error *err);

/* Writes safetensors (values as float32, or as float16 when half), atomically. threads, which may be NULL, are only
 * looked at whether they are cancelled. */
int sc_safetensors_write(const sc_threads *threads, const sc_weights *weights, const char *path, bool half,
                         sc_error *err);
/* The same, as float32, but not synced to the disk: a power cut may leave a part of it, which is refused when read. */
int sc_safetensors_write_unsynced(const sc_threads *threads, const sc_weights *weights, const char *path,
                                  sc_error *err);
/* The same in memory, as float32. Caller frees *bytes. */
int sc_safetensors_bytes(const sc_threads *threads, const sc_weights *weights, void **bytes, size_t *size_bytes,
                         sc_error *err);

#endif
