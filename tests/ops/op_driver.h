/* SPDX-License-Identifier: MIT */
/* Runs one operator's kernels directly, without a graph, on random or given inputs: for the tests of operators and of
 * backends. Memory that a kernel may not rely on is poisoned with NaN, sizes are exact, and data that `reads` did not
 * ask for is NULL. */
#ifndef TESTS_OPS_OP_DRIVER_H
#define TESTS_OPS_OP_DRIVER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "device/kernels.h"

typedef union op_attrs {
    sc_conv2d_attrs conv2d;
    sc_pooled_conv2d_attrs pooled_conv2d;
    sc_leaky_relu_attrs leaky_relu;
    sc_pool2d_attrs pool2d;
    sc_norm_attrs norm;
    sc_resize_attrs resize;
    sc_resize_conv2d_attrs resize_conv2d;
    sc_padding pad;
    sc_add_attrs add;
    sc_slice_attrs slice;
    sc_depth_to_space_attrs depth_to_space;
    sc_crop_attrs crop;
    sc_channel_mean_attrs channel_mean;
    sc_gram_attrs gram;
    sc_huber_attrs huber;
    sc_tv_attrs tv;
    sc_quantiles_attrs quantiles;
} op_attrs;

/* An operator with its inputs. Owns the inputs' data. */
typedef struct op_case {
    const sc_op *op;
    op_attrs attrs;
    int input_count;
    sc_tensor in[SC_MAX_INPUTS];
    float step; /* for finite differences: such that they are accurate, and no kink is crossed */
} op_case;

typedef enum op_order { OP_FORWARDS, OP_BACKWARDS, OP_TWICE } op_order; /* OP_TWICE: all parts, then all again */

typedef struct op_options {
    const sc_kernels *backend; /* NULL = reference */
    unsigned wanted;           /* gradients to compute; 0 = forward only */
    unsigned accumulate;       /* gradients to add to what is there (which is 0.25 everywhere) */
    unsigned frozen;           /* inputs that the backend may prepare */
    int threads;               /* 0 = 1 */
    op_order order;
    const sc_tensor *out_gradient; /* needed when wanted is not 0 */
} op_options;

typedef struct op_result {
    sc_tensor out;
    sc_tensor gradient[SC_MAX_INPUTS];
    int forward_parts, backward_parts;
} op_result;

/* Numbers for random cases: uniform integers in [low, high]. */
typedef struct op_random {
    uint64_t seed, index;
} op_random;
int op_pick(op_random *r, int low, int high);

/* A valid random case. large: enough values for several parts. Free with op_case_free. */
void op_case_random(op_case *c, const sc_op *op, uint64_t seed, bool large);
void op_case_free(op_case *c);
/* What infer says about it. */
sc_shape op_case_shape(const op_case *c);
/* The case's attribute that asks for a fused relu; NULL when the operator has none. */
bool *op_case_relu(op_case *c);
/* Where a fused relu or maximum is so close to a kink that rounding, or a step of finite differences, decides, no
 * gradient comes in: r is 0 there. */
void op_avoid_kinks(const op_case *c, sc_tensor *r);
unsigned op_case_all(const op_case *c); /* a bit for each input that is differentiable */

sc_tensor op_tensor(sc_shape shape);
sc_tensor op_tensor_random(sc_shape shape, uint64_t seed);
/* Fails the current test when anything goes wrong. Free with op_result_free. */
op_result op_run(const op_case *c, const op_options *options);
void op_result_free(op_result *r);

/* Fails unless |a - b| <= tolerance * (largest |b|, or 1e-6 if that is more) everywhere. */
void op_assert_close(const sc_tensor *a, const sc_tensor *b, double tolerance, const char *what, uint64_t seed);
void op_assert_same_bytes(const sc_tensor *a, const sc_tensor *b, const char *what, uint64_t seed);

#endif
