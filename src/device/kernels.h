/* SPDX-License-Identifier: MIT */
/* A backend: a set of kernels that replace an operator's reference kernels where it has something faster.
 * The reference backend (sc_backend_reference) replaces none. */
#ifndef SC_DEVICE_KERNELS_H
#define SC_DEVICE_KERNELS_H

#include "ops/ops.h"

/* What a backend is told about a node when a graph is planned. */
typedef struct sc_node_info {
    const sc_op *op;
    sc_call call;    /* attrs and shapes; data is NULL except for frozen inputs */
    unsigned frozen; /* bit i: input i is a parameter whose data never changes (call.in[i]->data is set) */
    unsigned wanted; /* bit i: a gradient for input i is wanted; 0 = forward only */
} sc_node_info;

/* The kernels chosen for a node. Members that stay NULL leave the reference in place. */
typedef struct sc_choice {
    const sc_kernel *forward, *backward;
    /* Kernels that run, all parts and finish, before those, on the same call and in the same scratch memory (for which
     * only the others are asked). */
    const sc_kernel *before_forward, *before_backward;
    void *state; /* handed to the kernels as call->state */
    void (*destroy)(void *state);
    size_t state_bytes; /* memory held by state: counted into the graph's memory */
    /* These replace the op's own when set, since another algorithm may need other things. */
    unsigned (*reads)(const sc_call *call, unsigned wanted);
    size_t (*saved_bytes)(const sc_call *call, unsigned wanted);
} sc_choice;

typedef struct sc_backend {
    const char *name;
    /* Fills *choice (zeroed on entry) or leaves it as it is. Fails only for want of memory or when the device failed.
     * A choice is always for forward and backward together: they share `saved`. */
    int (*choose)(const sc_node_info *node, sc_choice *choice, sc_error *err);
    /* One line about the device and instruction set, e.g. "oneDNN 2.6.3, AVX-512". */
    const char *(*describe)(void);
} sc_backend;

extern const sc_backend sc_backend_reference;
extern const sc_backend sc_backend_cpu;

#endif
