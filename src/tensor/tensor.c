/* SPDX-License-Identifier: MIT */
/* Tensors that own their memory, and the order of values. See tensor.h. */
#include "tensor/tensor.h"

bool sc_shape_valid(sc_shape s)
{
    if (s.n < 1 || s.c < 1 || s.h < 1 || s.w < 1)
        return false;
    unsigned long long count;
    return !__builtin_mul_overflow((unsigned long long)s.n * (unsigned)s.c, (unsigned long long)s.h * (unsigned)s.w,
                                   &count) &&
           count <= 1ull << 40;
}

int sc_tensor_create(sc_tensor *tensor, sc_shape shape, sc_error *err)
{
    *tensor = (sc_tensor){ .shape = shape };
    if (!sc_shape_valid(shape))
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "a tensor of %d x %d x %d x %d cannot be made", shape.n, shape.c,
                       shape.h, shape.w);
    tensor->data = sc_big_zeroed(sc_shape_bytes(shape), err);
    return tensor->data ? SCUMBLE_OK : err->code;
}

void sc_tensor_free(sc_tensor *tensor)
{
    sc_big_free(tensor->data);
    *tensor = (sc_tensor){ 0 };
}

void sc_tensor_from_nchw(sc_tensor *tensor, const float *nchw)
{
    sc_shape s = tensor->shape;
    for (int n = 0; n < s.n; n++)
        for (int c = 0; c < s.c; c++)
            for (int y = 0; y < s.h; y++)
                for (int x = 0; x < s.w; x++)
                    tensor->data[sc_offset(s, n, c, y, x)] = *nchw++;
}

void sc_tensor_to_nchw(const sc_tensor *tensor, float *nchw)
{
    sc_shape s = tensor->shape;
    for (int n = 0; n < s.n; n++)
        for (int c = 0; c < s.c; c++)
            for (int y = 0; y < s.h; y++)
                for (int x = 0; x < s.w; x++)
                    *nchw++ = tensor->data[sc_offset(s, n, c, y, x)];
}
