/* SPDX-License-Identifier: MIT */
/* The interface of an operator: its shape rule, and plain-C reference kernels for forward and backward. One operator
 * per file; ops.h lists them. A device may replace the kernels of a node by faster ones (device/kernels.h); the
 * graph (graph/graph.h) allocates, orders and runs.
 *
 * A kernel is cut into numbered, independent parts, whose number depends on shapes and attributes alone (never on the
 * number of threads): that makes every operator parallel and every result the same bytes at any thread count.
 * Reductions write one partial result per part into scratch and combine them, in order, in finish(). */
#ifndef SC_OPS_OP_H
#define SC_OPS_OP_H

#include <stddef.h>

#include "core/error.h"
#include "tensor/tensor.h"

enum { SC_MAX_INPUTS = 8, SC_MAX_PREPARED = 2 };

/* Everything a kernel sees of one node in one run. */
typedef struct sc_call {
    const void *attrs;
    int input_count;
    const sc_tensor *in[SC_MAX_INPUTS];          /* backward: .data is NULL unless the op's `reads` asked for it */
    const sc_tensor *out;                        /* forward: write here; backward: as for in */
    const sc_tensor *out_gradient;               /* backward: dLoss/d(out) */
    const sc_tensor *in_gradient[SC_MAX_INPUTS]; /* backward: write here; NULL where not wanted */
    bool accumulate[SC_MAX_INPUTS];              /* backward: add to in_gradient[i] in place of overwriting it */
    void *saved;      /* what forward leaves for backward (saved_bytes); NULL when no backward pass will follow */
    void *scratch;    /* scratch_bytes(call, threads) bytes, 64-byte aligned, only within this kernel */
    int thread_count; /* for kernels that give each thread its own scratch */
    void *state;      /* what the choice of kernels keeps for this node, else NULL */
    void *prepared[SC_MAX_PREPARED]; /* inputs that were made ready once (device/kernels.h) */
} sc_call;

typedef struct sc_kernel {
    int (*parts)(const sc_call *call);                     /* NULL = 1 */
    int (*run)(const sc_call *call, int part, int thread); /* 0 or a negative SCUMBLE_ERR_* */
    int (*finish)(const sc_call *call);                    /* after all parts, on one thread; NULL = nothing */
    size_t (*scratch_bytes)(const sc_call *call);          /* NULL = 0; tensors have shapes, no data, here */
} sc_kernel;

/* What the backward kernel reads besides out_gradient and saved, as a set of bits. */
enum {
    SC_READS_INPUT_0 = 1, /* SC_READS_INPUT_0 << i: the data of input i */
    SC_READS_OUTPUT = 1 << SC_MAX_INPUTS,
};

/* How a border is filled. */
typedef enum sc_padding_mode { SC_PAD_ZERO, SC_PAD_REPLICATE, SC_PAD_REFLECT, SC_PAD_CIRCULAR } sc_padding_mode;
typedef struct sc_padding {
    int top, bottom, left, right; /* pixels, >= 0 (reflect: < extent; circular: <= extent) */
    sc_padding_mode mode;
} sc_padding;

/* Where in a picture a position of the result looks. */
typedef enum sc_locality {
    SC_LOOKS_EVERYWHERE, /* or there are no positions */
    SC_LOOKS_AT_ITSELF,  /* at the same position of each input (and, of a norm, at its statistics); an input of a single
                            position stands for all */
    SC_LOOKS_AROUND,     /* at positions of input 0 that `reach` tells */
    SC_LOOKS_SMALLER,    /* at what is around the position of input 0, of which the result is an enlargement */
    SC_LOOKS_FOR_A_MEAN, /* everywhere; what it gives is the same everywhere */
} sc_locality;

/* Along one axis: position o looks at stride o - before and the size - 1 next ones; or, where block is not 0, at
 * o / block. Beyond the edges `mode` says what is there. */
typedef struct sc_reach {
    int stride, before, size, block;
    sc_padding_mode mode;
} sc_reach;

/* A part of an operator's result, made from a part of its input 0. Positions are those of the whole pictures. */
typedef struct sc_op_part {
    sc_shape in, out;                         /* the whole ones; only extents count */
    int in_top, in_left, in_height, in_width; /* the part of the input */
    int top, left, height, width;             /* of the result */
    sc_padding border; /* what is seen beyond the picture: nothing where the part ends within it */
    bool wrap;         /* the pictures repeat */
} sc_op_part;

/* An attribute in files: `count` numbers in a row in the attributes' struct. */
typedef enum sc_field_kind { SC_FIELD_INT, SC_FIELD_FLOAT, SC_FIELD_FLAG, SC_FIELD_PADDING } sc_field_kind;
typedef struct sc_field {
    const char *name;
    sc_field_kind kind;
    size_t offset;
    int count;
} sc_field;

typedef struct sc_op {
    const char *name;
    int min_inputs, max_inputs;
    size_t attrs_bytes; /* size of its attribute struct, which the graph copies; 0 = none */
    /* The shape of the output from the shapes of the inputs, or a sentence that says what does not fit. */
    int (*infer)(const sc_call *call, sc_shape *out, sc_error *err);
    sc_kernel forward;
    sc_kernel backward; /* run == NULL: not differentiable */
    /* Which values backward needs when the gradients of the inputs in `wanted` (bit i = input i) are asked for. NULL =
     * none. */
    unsigned (*reads)(const sc_call *call, unsigned wanted);
    /* Bytes that forward leaves in `saved`. NULL = none. `wanted` as in reads. */
    size_t (*saved_bytes)(const sc_call *call, unsigned wanted);
    sc_locality locality;
    /* With SC_LOOKS_AROUND; call: attributes, and the shapes of parameters, NULL for other inputs. */
    sc_reach (*reach)(const sc_call *call, bool vertical);
    /* The attributes for a part, from those for the whole picture. NULL: they are the same. */
    void (*fit)(void *attrs, const sc_op_part *part);
    bool again; /* its result may be made again for backward, where that is cheaper than to keep it */
    /* Multiplications and additions of forward, for shapes (call->out too) without data. NULL = nothing that weighs. */
    double (*flops)(const sc_call *call);
    /* Its attributes in the files of networks, ended by one without a name. NULL = it is not part of such networks. */
    const sc_field *fields;
    unsigned constants; /* bit i: input i is taken as a constant (a target): no gradient flows into it, and none is ever
                           wanted */
} sc_op;

/* Fixed cuts for parts: rows of the output (n * h of them), about `grain` values each, at most 256 parts. */
typedef struct sc_range {
    size_t begin, end;
} sc_range;
/* The number of parts for `count` units of `unit_cost` values each: count * unit_cost / 32768, within 1..min(count,
 * 256). */
int sc_part_count(size_t count, size_t unit_cost);
/* The units of part `part` of `parts`. */
sc_range sc_part_range(size_t count, int parts, int part);

#endif
