/* SPDX-License-Identifier: MIT */
/* ONNX files: the public format for networks as graphs of operators. Here a file becomes a checked tree of messages
 * (onnx.proto, by protobuf-c), and back; what the operators mean is for nets/onnx/import.c and export.c. The only
 * user of protobuf-c. A file is hostile until proven otherwise: memory is bounded by a small multiple of the file,
 * nesting by the messages themselves. */
#ifndef SC_WEIGHTS_ONNX_H
#define SC_WEIGHTS_ONNX_H

#include <stdio.h>

#include "weights/onnx.pb-c.h"
#include "weights/weights.h"

typedef ScOnnx__Model sc_onnx_model;
typedef ScOnnx__Node sc_onnx_node;
typedef ScOnnx__Attribute sc_onnx_attribute;
typedef ScOnnx__Tensor sc_onnx_tensor;

/* The format's numbers. */
enum {
    SC_ONNX_FLOAT = 1,
    SC_ONNX_UINT8,
    SC_ONNX_INT8,
    SC_ONNX_INT32 = 6,
    SC_ONNX_INT64,
    SC_ONNX_BOOL = 9,
    SC_ONNX_FLOAT16,
    SC_ONNX_DOUBLE,
    SC_ONNX_BFLOAT16 = 16
};
enum {
    SC_ONNX_KIND_FLOAT = 1,
    SC_ONNX_KIND_INT,
    SC_ONNX_KIND_STRING,
    SC_ONNX_KIND_TENSOR,
    SC_ONNX_KIND_FLOATS = 6,
    SC_ONNX_KIND_INTS
};

/* Whether bytes look like an ONNX file. It has no magic number: this goes by the version that it begins with and the
 * field after it. */
bool sc_onnx_recognise(const void *data, size_t size_bytes);
/* What is in the tree then: a graph; names of all attributes, initializers, inputs and outputs, operators of all nodes;
 * tensors of types that are named above, at most SC_MAX_DIMENSIONS dimensions, and as many values as their dimensions
 * say; operator set 7 or later. Caller frees with sc_onnx_free. */
int sc_onnx_parse(sc_onnx_model **model, const void *data, size_t size_bytes, sc_error *err);
/* The same of the file at `path`: values may lie in files beside it (onnx_external.h), and are read in. Bytes alone
 * have none beside them. */
int sc_onnx_parse_beside(sc_onnx_model **model, const void *data, size_t size_bytes, const char *path, sc_error *err);
void sc_onnx_free(sc_onnx_model *model);

/* A node's attribute: NULL, or `usual`, when it has none of that name. */
const sc_onnx_attribute *sc_onnx_attribute_find(const sc_onnx_node *node, const char *name);
int64_t sc_onnx_attribute_int(const sc_onnx_node *node, const char *name, int64_t usual);
double sc_onnx_attribute_float(const sc_onnx_node *node, const char *name, double usual);
/* Whether the text is `text`. */
bool sc_onnx_attribute_is(const sc_onnx_node *node, const char *name, const char *text, const char *usual);

/* Of a tensor that sc_onnx_parse has let through. */
size_t sc_onnx_tensor_count(const sc_onnx_tensor *tensor);
double sc_onnx_tensor_value(const sc_onnx_tensor *tensor, size_t index);
bool sc_onnx_tensor_is_integer(const sc_onnx_tensor *tensor);

/* Writing, piece by piece, as messages of one kind that follow each other are one message: so nothing has to be held
 * but the bytes. The first error is kept. */
typedef struct sc_onnx_writer {
    FILE *stream;
    char *graph; /* its bytes */
    size_t size_bytes;
    sc_error error;
} sc_onnx_writer;

/* After a failure there is nothing to close. */
int sc_onnx_writer_open(sc_onnx_writer *writer, sc_error *err);
/* Adds what `part` holds, something at least, to the graph. */
void sc_onnx_write(sc_onnx_writer *writer, const ScOnnx__Graph *part);
/* The whole file: `rest` is the model without its graph. Frees the writer's memory in any case; *data is the caller's
 * to free, NULL after an error, this one's or an earlier one's. */
int sc_onnx_writer_close(sc_onnx_writer *writer, const sc_onnx_model *rest, void **data, size_t *size_bytes,
                         sc_error *err);

#endif
