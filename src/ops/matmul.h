/* SPDX-License-Identifier: MIT */
/* A small register-blocked matrix product in plain C, shared by conv2d, linear and gram. */
#ifndef SC_OPS_MATMUL_H
#define SC_OPS_MATMUL_H

#include <stdbool.h>
#include <stddef.h>

/* Element (i, j) is data[i * row + j * column]: a transpose is an exchange of the two strides. */
typedef struct sc_matrix {
    const float *data;
    size_t row, column;
} sc_matrix;

/* c (m x n, rows c_row apart) += a (m x k) b (k x n). Sums run over at most 256 terms in registers before they are
 * added to c, which keeps long sums accurate. c must not overlap a or b. */
void sc_matmul_add(int m, int n, int k, sc_matrix a, sc_matrix b, float *c, size_t c_row);

/* A faster one, which a device may give an operator that says so as its node's state: c (m x n) = or += a b, either of
 * them transposed, rows lda, ldb and ldc apart, on the calling thread; `with` is the device's. */
typedef struct sc_products {
    void (*multiply)(const void *with, bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, const float *a,
                     size_t lda, const float *b, size_t ldb, bool accumulate, float *c, size_t ldc);
    const void *with;
} sc_products;

#endif
