/* SPDX-License-Identifier: MIT */
/* What several operators share: rows, borders, sign bits, sums, and checks of shapes. Only for src/ops.
 *
 * The contract that all kernels here rely on: call->out holds the inferred shape in every kernel function, in reads and
 * in saved_bytes; in_gradient[i] is set (its shape at least) exactly when the gradient of input i is wanted; the
 * buffers of one call do not overlap, except that two inputs, and their gradients, may be the same tensor in
 * element-wise operators. */
#ifndef SC_OPS_HELPERS_H
#define SC_OPS_HELPERS_H

#include <limits.h>
#include <math.h>
#include <string.h>

#include "ops/ops.h"

/* Of an operator without attributes, where files of networks may have it. */
extern const sc_field sc_no_fields[];

/* Row (n, y) of a tensor, numbered n * h + y: w * c values next to each other. The unit of most cuts into parts. */
static inline size_t sc_row_count(sc_shape s)
{
    return (size_t)s.n * (size_t)s.h;
}
static inline size_t sc_row_values(sc_shape s)
{
    return (size_t)s.w * (size_t)s.c;
}
static inline float *sc_row(const sc_tensor *t, size_t row)
{
    return t->data + row * sc_row_values(t->shape);
}
static inline int sc_row_parts(sc_shape s)
{
    return sc_part_count(sc_row_count(s), sc_row_values(s));
}

static inline int sc_max_int(int a, int b)
{
    return a > b ? a : b;
}
static inline int sc_min_int(int a, int b)
{
    return a < b ? a : b;
}

/* Scratch of one thread, when each has `size_bytes`. */
static inline size_t sc_thread_stride(size_t size_bytes)
{
    return (size_bytes + 63) / 64 * 64;
}
static inline void *sc_thread_scratch(const sc_call *call, int thread, size_t size_bytes)
{
    return size_bytes ? (char *)call->scratch + (size_t)thread * sc_thread_stride(size_bytes) :
                        NULL; /* of none there is no place */
}
/* The same behind `shared_bytes`, which all threads share. */
static inline void *sc_thread_scratch_behind(const sc_call *call, size_t shared_bytes, int thread, size_t size_bytes)
{
    char *own = sc_thread_scratch(call, thread, size_bytes);
    return own ? own + shared_bytes : NULL;
}
static inline size_t sc_threads_bytes(const sc_call *call, size_t size_bytes)
{
    return (size_t)sc_max_int(call->thread_count, 1) * sc_thread_stride(size_bytes);
}

/* to = from, or to += from. */
static inline void sc_write_values(float *to, const float *from, size_t count, bool accumulate)
{
    if (accumulate)
        for (size_t i = 0; i < count; i++)
            to[i] += from[i];
    else
        memmove(to, from, count * sizeof *to);
}
static inline void sc_write(float *to, float value, bool accumulate)
{
    *to = accumulate ? *to + value : value;
}

/* The position inside [0, extent) that a padded position stands for; -1 where it is a zero. */
int sc_border_source(int position, int extent, sc_padding_mode mode);

/* Bytes of one sign bit a value for rows of `values`: each row begins with a byte of its own. */
static inline size_t sc_sign_bytes(size_t values)
{
    return (values + 7) / 8;
}
/* y = x <= 0 ? slope x : x; NaN passes. Bit i of signs (unless NULL) tells whether x[i] passed. x may be y. */
void sc_relu_row(const float *x, float *y, size_t count, float slope, uint8_t *signs);
/* to = bit ? from : slope from, or adds that. from may be to. */
void sc_relu_row_backward(const float *from, const uint8_t *signs, float *to, size_t count, float slope,
                          bool accumulate);

/* Sums in double precision. */
double sc_sum(const float *x, size_t count);
double sc_sum_products(const float *x, const float *y, size_t count);
/* The sum of values[0 .. count), in order: for partial results. */
double sc_sum_partials(const double *values, int count);
/* Adds `parts` rows of `count` doubles, in order, into to (or onto it). For finish() of sums over positions. */
void sc_combine_rows(const double *partials, int parts, size_t count, float *to, bool accumulate);

/* Input i must be (1, c, 1, 1); `what` names it. */
int sc_check_vector(const sc_call *call, int i, const char *op, const char *what, int c, sc_error *err);
/* Input 1, a target, must have the shape of input 0. */
int sc_check_target(const sc_call *call, const char *op, sc_error *err);
/* Every padding between 0 and a limit of 2^24, and fit for the mode. */
int sc_check_padding(const char *op, sc_padding padding, sc_shape x, sc_error *err);
/* Takes `shape` as the result of infer, or says that it is too large. */
int sc_infer_result(const char *op, sc_shape shape, sc_shape *out, sc_error *err);
/* The same, the extents as wide integers; an extent below 1 or above INT_MAX is refused. */
int sc_infer_extents(const char *op, int64_t n, int64_t c, int64_t h, int64_t w, sc_shape *out, sc_error *err);

/* parts() for kernels whose unit is the row of the output or of input 0. */
int sc_output_row_parts(const sc_call *call);
int sc_input_row_parts(const sc_call *call);
/* infer() for outputs of input 0's shape. */
int sc_infer_same(const sc_call *call, sc_shape *out, sc_error *err);

#endif
