/* SPDX-License-Identifier: MIT */
/* Shapes and tensors. A shape is always written (n, c, h, w) = NCHW, as the papers do; the float32 values lie in memory
 * channels last: n, then h, then w, then c fastest. One layout for everything: a picture's row band is one contiguous
 * block, the positions x channels matrix of a layer (for Gram matrices, linear maps, matching) is the tensor itself,
 * and every per-pixel operator vectorises over channels. Convolution weights are tensors of shape (out, in, kh, kw), so
 * they lie out, kh, kw, in. Vectors are (1, c, 1, 1); scalars are (1, 1, 1, 1); a matrix r x c is (r, c, 1, 1). */
#ifndef SC_TENSOR_TENSOR_H
#define SC_TENSOR_TENSOR_H

#include "core/memory.h"

typedef struct sc_shape {
    int n, c, h, w;
} sc_shape;

typedef struct sc_tensor {
    sc_shape shape;
    float *data; /* NULL where a tensor is only described */
} sc_tensor;

/* A part of a grid of rows and columns. */
typedef struct sc_rect {
    int top, left, height, width;
} sc_rect;

/* A shape's values may be at most 2^40; every extent at least 1. */
bool sc_shape_valid(sc_shape shape);
static inline bool sc_shape_equal(sc_shape a, sc_shape b)
{
    return a.n == b.n && a.c == b.c && a.h == b.h && a.w == b.w;
}
static inline size_t sc_shape_count(sc_shape s)
{
    return (size_t)s.n * (size_t)s.c * (size_t)s.h * (size_t)s.w;
}
static inline size_t sc_shape_bytes(sc_shape s)
{
    return sc_shape_count(s) * sizeof(float);
}
/* Offset of value (n, c, y, x) in a tensor's data. */
static inline size_t sc_offset(sc_shape s, int n, int c, int y, int x)
{
    return (((size_t)n * (size_t)s.h + (size_t)y) * (size_t)s.w + (size_t)x) * (size_t)s.c + (size_t)c;
}

/* 64-byte aligned data, zeroed, a big buffer (core/memory.h). Caller frees with sc_tensor_free, which also clears the
 * struct. */
int sc_tensor_create(sc_tensor *tensor, sc_shape shape, sc_error *err);
void sc_tensor_free(sc_tensor *tensor);
/* Between the outside order (n, c, h, w; w fastest) and a tensor's own. `nchw` holds sc_shape_count(shape) floats. */
void sc_tensor_from_nchw(sc_tensor *tensor, const float *nchw);
void sc_tensor_to_nchw(const sc_tensor *tensor, float *nchw);

#endif
