/* SPDX-License-Identifier: MIT */
/* Inside of the TensorFlow.js reader, apart from files: the same code reads from folders and from memory (fuzzing). */
#ifndef SC_WEIGHTS_TFJS_H
#define SC_WEIGHTS_TFJS_H

#include "core/file.h"
#include "weights/weights.h"

/* Gives the bytes of the shard with this (plain) file name; they are unmapped with sc_file_unmap if `unmap` is set, and
 * must live until the parse ends otherwise. */
typedef struct sc_tfjs_shards {
    int (*open)(void *context, const char *name, sc_mapped_file *bytes, sc_error *err);
    bool unmap;
    void *context;
} sc_tfjs_shards;

/* text: model.json, or JavaScript that wraps it (javascript: shards are JavaScript too). */
int sc_tfjs_parse(sc_weights **weights, const char *text, size_t length, bool javascript, const sc_tfjs_shards *shards,
                  sc_error *err);

/* "conv1/conv1/kernel:0" -> "conv1/kernel"; a weight whose name has no layer gets `layer`'s: "conv1_W_1:0" in layer
 * conv1 -> "conv1/kernel" (the short names of Keras 1). layer may be NULL. False if the name does not fit. */
bool sc_keras_name(char *name, size_t size, const char *layer, const char *weight);

#endif
