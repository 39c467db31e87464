/* SPDX-License-Identifier: MIT */
/* The constants of an ONNX network, and what its nodes compute from them: extents, paddings, factors. Exporters write
 * such things as chains of nodes, which have their results at once when all that they read is known. Small tensors
 * alone: weights are not computed with. */
#ifndef SC_NETS_ONNX_FOLD_H
#define SC_NETS_ONNX_FOLD_H

#include "weights/onnx.h"

enum { SC_ONNX_MOST_FOLDED = 65536 }; /* values of a constant */

/* Values lie in the file's order, the last dimension fastest. */
typedef struct sc_onnx_constant {
    bool integer;
    int dimension_count;
    int64_t dimensions[SC_MAX_DIMENSIONS];
    size_t count;
    double values[];
} sc_onnx_constant;

/* Zeros; NULL, and a sentence, when there are too many or there is no memory. Caller frees with free(), here and below.
 */
sc_onnx_constant *sc_onnx_constant_create(bool integer, const int64_t *dimensions, int dimension_count, sc_error *err);
sc_onnx_constant *sc_onnx_constant_from_tensor(const sc_onnx_tensor *tensor, sc_error *err);
/* As a whole number, within +-2^62. */
int64_t sc_onnx_constant_int(const sc_onnx_constant *constant, size_t index);
/* What a list says: an attribute's integers, or the constant that newer operators read in its place. False: neither is
 * there, or more than `most`. */
bool sc_onnx_list(const sc_onnx_node *node, const char *name, const sc_onnx_constant *input, int64_t *values, int most,
                  int *count);

/* The node's first result. inputs: NULL where one is left out. NULL, and a sentence, when the operator is not one that
 * is computed here, or it cannot be computed. */
sc_onnx_constant *sc_onnx_fold(const sc_onnx_node *node, const sc_onnx_constant *const *inputs, int input_count,
                               sc_error *err);

#endif
