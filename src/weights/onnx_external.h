/* SPDX-License-Identifier: MIT */
/* Values of an ONNX network that lie in a file beside it, as PyTorch writes them since 2.9: model.onnx and
 * model.onnx.data. Where they lie is as hostile as all else in the model: only plain names in the model's own folder
 * are opened. */
#ifndef SC_WEIGHTS_ONNX_EXTERNAL_H
#define SC_WEIGHTS_ONNX_EXTERNAL_H

#include "core/file.h"
#include "weights/onnx.h" /* circle: onnx.c, of which this is a part with a header */

/* Where a model's values may lie; begin with { .model = path }, end with sc_onnx_external_close. */
typedef struct sc_onnx_external {
    const char *model; /* the model's path, borrowed; NULL: it is no file and has no folder */
    char *name;        /* of the file that is open; NULL: none is */
    sc_mapped_file file;
    size_t taken; /* bytes read so far */
} sc_onnx_external;

/* Whether a tensor's values are elsewhere. */
bool sc_onnx_is_external(const sc_onnx_tensor *tensor);
/* Reads a tensor's `size_bytes` bytes, which become its raw_data: no others of the file are touched, and all tensors
 * together may take what an ONNX file can hold, 2 GiB. A sentence on failure, which names the tensor or the file. */
int sc_onnx_external_read(sc_onnx_external *external, sc_onnx_tensor *tensor, size_t size_bytes, sc_error *err);
void sc_onnx_external_close(sc_onnx_external *external);

#endif
