/* SPDX-License-Identifier: MIT */
/* Inside the reader of ONNX networks (onnx.h). Every named tensor of the graph becomes a value: a map, which depends on
 * the picture, or a constant. Nodes that read constants alone are computed (fold.c), those that read maps become
 * operations of a program (operators.c, windows.c, extents.c), and only those that the result needs are
 * looked at. Functions that can fail return 0 or the importer's error, a sentence that goes on from the operator's
 * name. */
#ifndef SC_NETS_ONNX_IMPORT_H
#define SC_NETS_ONNX_IMPORT_H

#include "nets/onnx/onnx.h"
#include "nets/onnx/fold.h"

enum {
    SC_ONNX_MOST_INPUTS = 64,
    SC_ONNX_MOST_EXTENT = 1 << 16,
    SC_ONNX_SHOWN = 80 /* letters of a name in a sentence */
};

typedef enum sc_onnx_kind { SC_ONNX_UNMADE, SC_ONNX_MAP, SC_ONNX_CONSTANT, SC_ONNX_STORED } sc_onnx_kind;

/* How the dimensions that the network gives a map lie on the map's own axes (layout.c). Each is made of atoms, the
 * most significant first: a stretch of an axis with `extent` steps of `stride` channels, rows or columns; or a repeat
 * of what is there. All atoms but repeats together are all of the map. A dimension of extent 1 has none.
 * dimension_count 0 stands for the usual (1, channels, height, width). */
typedef enum sc_onnx_axis { SC_ONNX_C, SC_ONNX_H, SC_ONNX_W, SC_ONNX_REPEAT } sc_onnx_axis;
enum { SC_ONNX_MOST_ATOMS = 12 };
typedef struct sc_onnx_atom {
    sc_onnx_axis axis;
    int64_t extent, stride;
} sc_onnx_atom;
typedef struct sc_onnx_layout {
    int dimension_count, atom_count;
    int counts[SC_MAX_DIMENSIONS]; /* of each dimension's atoms */
    sc_onnx_atom atoms[SC_ONNX_MOST_ATOMS + 2];
} sc_onnx_layout;

typedef struct sc_onnx_value {
    const char *name;
    sc_onnx_kind kind;
    bool needed;        /* by the result */
    bool last;          /* nothing is computed behind it: rounding it is left to who stores the picture */
    sc_operand operand; /* a map */
    sc_onnx_layout layout;
    sc_padding padding;         /* still to be put around the map: a convolution takes it over */
    bool clipped;               /* the map is still to be clipped to low..high: the last clip says the range instead */
    double low, high;           /* may be infinite */
    sc_onnx_constant *constant; /* owned; of stored values it is made when it is computed with */
    const sc_onnx_tensor *stored;       /* in the file: usually weights */
    const struct sc_onnx_value *origin; /* a stored one under another name; NULL: itself */
} sc_onnx_value;

typedef struct sc_onnx_importer {
    const ScOnnx__Graph *graph;
    sc_program *program;
    sc_shape picture;
    int64_t batch;                      /* what the file calls the number of pictures; it is one here */
    sc_shape shapes[SC_MAX_OPERATIONS]; /* of the operations' results */
    struct {
        const sc_onnx_value *from; /* NULL: a number that is not in the file */
        bool inverse;
    } parameters[SC_MAX_PARAMETERS]; /* what the program's are made of, so that one that is used twice is shared */
    sc_onnx_value *values;           /* sorted by name */
    size_t value_count;
    size_t folded; /* values computed so far */
    sc_error *err;
} sc_onnx_importer;

/* One node at work. */
typedef struct sc_onnx_call {
    sc_onnx_importer *im;
    const sc_onnx_node *node;
    sc_onnx_value *in[SC_ONNX_MOST_INPUTS]; /* NULL: left out */
    int in_count;
    sc_onnx_value *out;
} sc_onnx_call;

/* ---- values (values.c) ---- */

/* NULL when there is none. values: sorted by name. */
sc_onnx_value *sc_onnx_find(sc_onnx_value *values, size_t count, const char *name);
void sc_onnx_sort(sc_onnx_value *values, size_t count);
bool sc_onnx_is_constant(const sc_onnx_value *v);
/* Of a constant: how many values, one of them, its dimensions. */
size_t sc_onnx_count(const sc_onnx_value *v);
double sc_onnx_at(const sc_onnx_value *v, size_t i);
const int64_t *sc_onnx_dimensions(const sc_onnx_value *v, int *count);
/* The i-th input, or NULL; -1 is none. */
sc_onnx_value *sc_onnx_input(const sc_onnx_call *c, int index);
/* To compute with; NULL when it is left out, and, with an error, when it is a map or too large. */
const sc_onnx_constant *sc_onnx_small(sc_onnx_importer *im, sc_onnx_value *v);
/* The numbers of an attribute, or of the i-th input in its place; count 0 when both are left out. */
int sc_onnx_numbers(const sc_onnx_call *c, const char *name, int index, int64_t *values, int most, int *count);
/* One number likewise. */
int sc_onnx_limit(const sc_onnx_call *c, const char *name, int index, double usual, double *limit);

/* ---- operations (values.c) ---- */

/* Adds the operation and makes `out` its result. */
int sc_onnx_emit(sc_onnx_importer *im, const sc_operation *o, sc_onnx_value *out);
/* A constant as a parameter of the program, of this shape. inverse: 1 over each value. */
int sc_onnx_parameter(sc_onnx_importer *im, const sc_onnx_value *v, sc_shape shape, bool inverse, sc_operand *operand);
/* The same of values that are computed from the file's, in the order (n, c, h, w). */
int sc_onnx_made_parameter(sc_onnx_importer *im, const char *name, sc_shape shape, const float *values,
                           sc_operand *operand);
/* x becomes factor x + constant. */
int sc_onnx_scale(sc_onnx_importer *im, sc_onnx_value *x, double factor, double constant);
/* The result is the input as it is. */
int sc_onnx_pass(const sc_onnx_call *c, const sc_onnx_value *x);
/* The i-th input, which must be a map: of any layout, or made a plain (1, channels, height, width); settled: with
 * nothing still to be done to it. */
int sc_onnx_any_input(const sc_onnx_call *c, int index, sc_onnx_value **x);
int sc_onnx_any_settled(const sc_onnx_call *c, int index, sc_onnx_value **x);
int sc_onnx_map_input(const sc_onnx_call *c, int index, sc_onnx_value **x);
int sc_onnx_settled_input(const sc_onnx_call *c, int index, sc_onnx_value **x);
/* Makes what is still to be done to a map an operation. */
int sc_onnx_settle(sc_onnx_importer *im, sc_onnx_value *x);
sc_shape sc_onnx_operand_shape(const sc_onnx_importer *im, sc_operand operand);
/* With what is still to be put around it. */
sc_shape sc_onnx_map_shape(const sc_onnx_importer *im, const sc_onnx_value *x);

/* ---- layouts (layout.c) ---- */

sc_onnx_layout sc_onnx_layout_of(const sc_onnx_importer *im, const sc_onnx_value *x);
const sc_onnx_atom *sc_onnx_atoms(const sc_onnx_layout *l, int dimension);
int64_t sc_onnx_extent(const sc_onnx_layout *l, int dimension);
/* The same values in other dimensions; false: a dimension would not be made of whole atoms. extents >= 1. */
bool sc_onnx_layout_reshape(const sc_onnx_layout *l, const int64_t *extents, int count, sc_onnx_layout *result);
void sc_onnx_layout_transpose(const sc_onnx_layout *l, const int *order, sc_onnx_layout *result);
/* A dimension of extent 1 becomes a repeat. */
bool sc_onnx_layout_repeat(sc_onnx_layout *l, int dimension, int64_t extent);
/* Whether the dimension is the whole of an axis of this extent, in order. */
bool sc_onnx_is_axis(const sc_onnx_layout *l, int dimension, sc_onnx_axis axis, int64_t extent);
/* Makes the map one of the usual layout, by an operation where it has to be; SCUMBLE_ERR_UNSUPPORTED where none does
 * that. */
int sc_onnx_plain(sc_onnx_importer *im, sc_onnx_value *x);

/* ---- what operators are put together from ---- */

/* signs[0] a + signs[1] b, or a b, or a / b where b is a constant; spread over each other by ONNX's rules. One at least
 * is a map; out keeps its name. */
typedef struct sc_onnx_pair {
    float signs[2];
    bool multiplies, divides;
} sc_onnx_pair;
int sc_onnx_binary(sc_onnx_importer *im, const sc_onnx_pair *pair, sc_onnx_value *a, sc_onnx_value *b,
                   sc_onnx_value *out);
/* x through a 1 x 1 convolution whose weights, (out, in / groups), are all one value. */
int sc_onnx_even_conv(sc_onnx_importer *im, sc_onnx_value *x, int out, int in, int groups, float weight);
/* (x - mean) / sqrt(variance + epsilon) over positions and the channels of each group, of a plain map; and with the
 * node's scale and shift, inputs 1 and 2. */
int sc_onnx_group_norm(sc_onnx_importer *im, const sc_onnx_value *x, int groups, double epsilon, sc_onnx_value *out);
int sc_onnx_scaled_group_norm(const sc_onnx_call *c, const sc_onnx_value *x, int groups, sc_onnx_value *out);

/* ---- operators ---- */

typedef struct sc_onnx_operator {
    const char *name;
    int (*import)(const sc_onnx_call *c); /* the first input is there */
} sc_onnx_operator;
/* The lists end with a NULL name. */
extern const sc_onnx_operator sc_onnx_operators[], sc_onnx_window_operators[], sc_onnx_extent_operators[],
    sc_onnx_layout_operators[], sc_onnx_arithmetic_operators[], sc_onnx_reduce_operators[], sc_onnx_select_operators[];

#endif
