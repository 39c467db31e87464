/* SPDX-License-Identifier: MIT */
/* A static graph of operators: built once for fixed shapes, differentiated, planned into one arena, run many times.
 *
 *     build          sc_graph_input / _parameter / _op / sc_graph_<operator> helpers
 *     differentiate  sc_graph_differentiate(g, loss, wrt, n)      at most once, before the plan
 *     plan           sc_graph_plan(g)      lifetimes -> places in the arena, kernels chosen by the device
 *     run            sc_graph_run(g)       forward (and backward, when differentiated)
 *
 * Building does not fail step by step: the first error is kept, later calls with the invalid value do nothing, and
 * sc_graph_plan reports it. A graph whose plan failed is only good for sc_graph_destroy. Not thread-safe; one graph
 * belongs to one thread at a time. */
#ifndef SC_GRAPH_GRAPH_H
#define SC_GRAPH_GRAPH_H

#include "device/device.h"
#include "core/threads.h"
#include "ops/ops.h"

typedef struct sc_graph sc_graph;
typedef int sc_value; /* a tensor of the graph; negative = invalid, after an error */
enum { SC_NO_VALUE = -1 };

/* The device is borrowed and must outlive the graph; NULL for a graph that only tells shapes. Caller frees with
 * sc_graph_destroy. */
int sc_graph_create(sc_graph **graph, sc_device *device, sc_error *err);
void sc_graph_destroy(sc_graph *graph);

/* A tensor whose data the caller writes (sc_graph_write); it begins as zeros and keeps its values between runs. */
sc_value sc_graph_input(sc_graph *graph, const char *name, sc_shape shape);
/* A tensor whose data is borrowed: the caller keeps it alive. changes: NULL when it never changes while the graph lives
 * (frozen: kernels may prepare it); else a number, borrowed too, that the caller raises whenever it has changed it
 * between runs. */
sc_value sc_graph_parameter(sc_graph *graph, const char *name, const sc_tensor *data, const unsigned *changes);
/* The output of an operator. attrs is copied. */
sc_value sc_graph_op(sc_graph *graph, const sc_op *op, const void *attrs, const sc_value *inputs, int input_count);
sc_shape sc_graph_shape(const sc_graph *graph, sc_value value); /* zeros for an invalid value */
/* 0, or the first error of building so far. */
int sc_graph_check(const sc_graph *graph, sc_error *err);

/* Keeps the data of `value` until the end of the run, so that it can be read after it. */
void sc_graph_keep(sc_graph *graph, sc_value value);
/* dLoss/dv for each v of wrt (inputs or parameters); loss is a scalar. */
int sc_graph_differentiate(sc_graph *graph, sc_value loss, const sc_value *wrt, int count, sc_error *err);

/* Memory for graphs of one device that come one after the other; it grows to the largest of them. Begins empty, and is
 * empty after sc_arena_free. */
typedef struct sc_arena {
    sc_device *device;
    void *memory;
    size_t size_bytes;
} sc_arena;
void sc_arena_free(sc_arena *arena);
/* Before the plan: takes its memory from `arena`, which outlives the graph and serves no other graph meanwhile. */
void sc_graph_use_arena(sc_graph *graph, sc_arena *arena);
int sc_graph_plan(sc_graph *graph, sc_error *err);
/* Bytes of the arena and of the states of kernels. Valid after the plan. Parameters are not counted. */
size_t sc_graph_memory_bytes(const sc_graph *graph);
/* Plans without allocating the arena: *memory_bytes is what sc_graph_memory_bytes would be, *flops the multiplications
 * and additions of one run (backward counted as once more). */
int sc_graph_estimate(sc_graph *graph, size_t *memory_bytes, double *flops, sc_error *err);

int sc_graph_run(sc_graph *graph, sc_error *err);
/* Its two halves, for values without gradients, or gradients after a look at the values. */
int sc_graph_run_forward(sc_graph *graph, sc_error *err);
int sc_graph_run_backward(sc_graph *graph, sc_error *err);

/* ---- in and out, after the plan ----
 * Where a graph's tensors lie is its own affair: what is outside copies values in and out between runs. */

/* Values [first, first + count) of an input. A failure of the device is told by the next run. */
void sc_graph_write(sc_graph *graph, sc_value input, size_t first, const float *from, size_t count);
/* All values of an input or of a kept value; of the gradient of one of differentiate's wrt values, after a run. */
int sc_graph_read(sc_graph *graph, sc_value value, float *to, sc_error *err);
int sc_graph_read_gradient(sc_graph *graph, sc_value value, float *to, sc_error *err);
/* The one value of a scalar; NaN when it cannot be had. */
float sc_graph_scalar(sc_graph *graph, sc_value value);

/* The same without a copy, where the graph's memory is the host's: memory as large as the value, to be filled (all of
 * it, whatever it holds) or looked at (and changed, which changes nothing else). It is lent until it is given back,
 * which is before the next run or the end of the graph. NULL on failure. */
typedef enum sc_loan { SC_LOAN_TO_FILL, SC_LOAN_TO_READ, SC_LOAN_OF_GRADIENT, SC_LOAN_KINDS } sc_loan;
float *sc_graph_lend(sc_graph *graph, sc_value value, sc_loan loan, sc_error *err);
void sc_graph_take_back(sc_graph *graph, sc_value value, sc_loan loan);

/* One call per operator (graph/operators.c). Zeroed attributes mean the usual (stride 1, no padding, ...). bias may be
 * SC_NO_VALUE. */
sc_value sc_graph_conv2d(sc_graph *g, sc_value x, sc_value weight, sc_value bias, sc_conv2d_attrs attrs);
sc_value sc_graph_relu(sc_graph *g, sc_value x);
sc_value sc_graph_max_pool2d(sc_graph *g, sc_value x, sc_pool2d_attrs attrs);
sc_value sc_graph_average_pool2d(sc_graph *g, sc_value x, sc_pool2d_attrs attrs);
sc_value sc_graph_batch_norm(sc_graph *g, sc_value x, sc_value mean, sc_value variance, sc_value gamma, sc_value beta,
                             float epsilon);
sc_value sc_graph_pad(sc_graph *g, sc_value x, sc_padding padding);
sc_value sc_graph_resize_bilinear(sc_graph *g, sc_value x, int height, int width, bool antialias);
sc_value sc_graph_resize_tile(sc_graph *g, sc_value x, int height, int width,
                              bool antialias); /* bilinear, of a picture that repeats */
sc_value sc_graph_resize_part(sc_graph *g, sc_value x,
                              sc_resize_attrs attrs); /* bilinear, x or the result being parts of what is mapped */
sc_value sc_graph_add(sc_graph *g, float alpha, sc_value a, float beta, sc_value b);
sc_value sc_graph_multiply(sc_graph *g, sc_value a, sc_value b);
sc_value sc_graph_concat(sc_graph *g, const sc_value *parts, int count);
sc_value sc_graph_slice(sc_graph *g, sc_value x, sc_slice_attrs attrs);
sc_value sc_graph_gram(sc_graph *g, sc_value x);
sc_value sc_graph_mean(sc_graph *g, sc_value x);
sc_value sc_graph_mean_square(sc_graph *g, sc_value x, sc_value target); /* target may be SC_NO_VALUE */
sc_value sc_graph_huber(sc_graph *g, sc_value x, sc_value target, float delta);
sc_value sc_graph_cosine_distance(sc_graph *g, sc_value x, sc_value target);
sc_value sc_graph_channel_mean(sc_graph *g, sc_value x);
sc_value sc_graph_self_similarity(sc_graph *g, sc_value x);
sc_value sc_graph_mapped_moment(sc_graph *g, sc_value moment, sc_value mean, sc_value weight, sc_value bias);
sc_value sc_graph_wasserstein2(sc_graph *g, sc_value moment, sc_value mean, sc_value target_root, sc_value target_mean);
sc_value sc_graph_quantiles(sc_graph *g, sc_value x, int count);
sc_value sc_graph_total_variation(sc_graph *g, sc_value x, bool circular);
sc_value sc_graph_gather(sc_graph *g, sc_value x, sc_value positions);
sc_value sc_graph_sorted_match(sc_graph *g, sc_value x, sc_value target);
sc_value sc_graph_unit_vectors(sc_graph *g, sc_value x, sc_value mean);
sc_value sc_graph_nearest(sc_graph *g, sc_value queries, sc_value keys, sc_value bias);
/* A frozen parameter that the graph owns: values are copied. */
sc_value sc_graph_constant(sc_graph *g, const char *name, const sc_tensor *values);

#endif
