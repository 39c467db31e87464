/* SPDX-License-Identifier: MIT */
/* What a device computes with: kernels that replace an operator's reference kernels where it has something faster, and
 * pairs of operators that it does as one. The plain set (sc_kernels_reference) replaces none. */
#ifndef SC_DEVICE_KERNELS_H
#define SC_DEVICE_KERNELS_H

#include "ops/ops.h"

/* What is told about a node when a graph is planned. */
typedef struct sc_node_info {
    const sc_op *op;
    sc_call call;    /* attrs and shapes; data is NULL */
    unsigned frozen; /* bit i: input i is a parameter whose data never changes: it may be prepared */
    unsigned wanted; /* bit i: a gradient for input i is wanted; 0 = forward only */
} sc_node_info;

/* Layouts of a prepared input, where there are several for a kernel: copies that are owned, and whether two are the
 * same. */
typedef struct sc_layout_kind {
    void *(*copy)(const void *layout); /* NULL for want of memory */
    void (*release)(void *layout);
    bool (*same)(const void *a, const void *b);
} sc_layout_kind;

/* A frozen input in another layout: made before the first run, and shared by all nodes that want the same of this
 * input. */
typedef struct sc_preparation {
    int input;
    const sc_kernel *kernel; /* reads call->in[input] and the state, writes call->prepared[its number]; no scratch */
    size_t size_bytes;
    const void *layout; /* of the state; NULL when the kernel knows one only */
    const sc_layout_kind *kind;
} sc_preparation;

/* The kernels chosen for a node. Members that stay NULL leave the reference in place. */
typedef struct sc_choice {
    const sc_kernel *forward, *backward;
    /* Kernels that run, all parts and finish, before those, on the same call and in the same scratch memory (for which
     * only the others are asked). */
    const sc_kernel *before_forward, *before_backward;
    void *state; /* handed to the kernels as call->state */
    void (*destroy)(void *state);
    size_t state_bytes; /* memory held by state: counted into the graph's memory */
    sc_preparation preparations[SC_MAX_PREPARED];
    int preparation_count;
    /* These replace the op's own when set, since another algorithm may need other things. */
    unsigned (*reads)(const sc_call *call, unsigned wanted);
    size_t (*saved_bytes)(const sc_call *call, unsigned wanted);
} sc_choice;

/* Two operators in a row that a device does as one, where nobody else reads what is between them. */
typedef struct sc_fusion {
    const sc_op *first, *second, *fused;
    /* Whether it fits; then *attrs, as large as those of any operator, are those of `fused`. Its inputs are those of
     * the first one, then those of the second one but for the result of the first. */
    bool (*fits)(const sc_node_info *first, const sc_node_info *second, void *attrs);
} sc_fusion;

typedef struct sc_kernels {
    const char *name;
    /* Fills *choice (zeroed on entry) or leaves it as it is. Fails only for want of memory or when the device failed.
     * A choice is always for forward and backward together: they share `saved`. */
    int (*choose)(const sc_node_info *node, sc_choice *choice, sc_error *err);
    /* One line about the device and instruction set, e.g. "oneDNN 2.6.3, AVX-512". */
    const char *(*describe)(void);
    const sc_fusion
        *fusions; /* each is tried on all nodes, in this order; ended by one without operators. NULL = none */
} sc_kernels;

extern const sc_kernels sc_kernels_reference;
extern const sc_kernels sc_kernels_host;

#endif
