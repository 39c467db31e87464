/* SPDX-License-Identifier: MIT */
/* What a graph is made of; shared by the files of this folder only. */
#ifndef SC_GRAPH_INTERNAL_H
#define SC_GRAPH_INTERNAL_H

#include "graph/graph.h"

typedef enum sc_value_kind { SC_VALUE_INPUT, SC_VALUE_PARAMETER, SC_VALUE_RESULT } sc_value_kind;

/* A stretch of the arena: alive from step `first` to step `last`, both included. */
typedef struct sc_place {
    size_t size_bytes; /* 0 = no place */
    size_t offset;
    int first, last;
} sc_place;

typedef struct sc_value_info {
    char *name; /* inputs and parameters; NULL for results */
    sc_value_kind kind;
    int producer; /* node, or -1 */
    bool frozen, keep;
    const unsigned *changes;    /* parameter: of what it borrows; NULL = it never changes */
    sc_tensor host;             /* parameter: what it borrows, */
    bool owned;                 /* or the graph's copy; */
    sc_resident *resident;      /* and that on the device, after the plan */
    float *lent[SC_LOAN_KINDS]; /* staging memory, while it is lent */
    bool wanted;                /* one of differentiate's wrt */
    bool has_gradient;          /* lies between wrt and the loss */
    sc_tensor tensor;           /* data is set by the plan */
    sc_tensor bare;             /* the same shape, without data */
    sc_tensor gradient;
    sc_place data_place, gradient_place;
    bool recomputed; /* not kept for the backward pass, but made again for it, here: */
    sc_tensor again;
    sc_place again_place;
} sc_value_info;

typedef struct sc_node {
    const sc_op *op;
    void *attrs;
    sc_value inputs[SC_MAX_INPUTS];
    int input_count;
    sc_value out;
    bool fused;       /* computed by another node */
    bool needed;      /* contributes to the loss or to a kept value */
    unsigned wanted;  /* bit i: the gradient of input i is computed */
    unsigned reads;   /* what the backward kernel reads */
    sc_choice choice; /* of the device */
    const sc_kernel *forward, *backward;
    sc_place saved, forward_scratch, backward_scratch, again_scratch;
    sc_call forward_call, backward_call, again_call;
} sc_node;

struct sc_graph {
    sc_device *device; /* NULL: only shapes are asked for */
    sc_error error;    /* the first one met while building, or while values were written */
    sc_value_info *values;
    int value_count, value_capacity;
    sc_node *nodes;
    int node_count, node_capacity;
    sc_value loss; /* SC_NO_VALUE before differentiate */
    /* the plan */
    int *order; /* nodes in forward order; backward goes the other way */
    int order_count;
    bool laid_out, planned;
    uint8_t *arena;   /* memory of the device */
    sc_arena *shared; /* whose memory that is, or NULL */
    size_t arena_bytes, state_bytes;
};

/* fuse.c: what two nodes do in turn and the device can do at once becomes one. Before the order is chosen. */
int sc_graph_fuse(sc_graph *graph, sc_error *err);
/* plan.c: what a device is told of a node. */
sc_node_info sc_graph_describe(const sc_graph *graph, const sc_node *node);
/* exchange.c: parameters lie on the device, as their owners left them. */
int sc_graph_settle(sc_graph *graph, sc_error *err);
/* plan.c, for the runner and the estimate: order, kernels, lifetimes and offsets, without the arena. */
int sc_graph_lay_out(sc_graph *graph, sc_error *err);

#endif
