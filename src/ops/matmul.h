/* SPDX-License-Identifier: MIT */
/* A small register-blocked matrix product in plain C, shared by conv2d, linear and gram. */
#ifndef SC_OPS_MATMUL_H
#define SC_OPS_MATMUL_H

#include <stddef.h>

/* Element (i, j) is data[i * row + j * column]: a transpose is an exchange of the two strides. */
typedef struct sc_matrix {
    const float *data;
    size_t row, column;
} sc_matrix;

/* c (m x n, rows c_row apart) += a (m x k) b (k x n). Sums run over at most 256 terms in registers before they are added to
 * c, which keeps long sums accurate. c must not overlap a or b. */
void sc_matmul_add(int m, int n, int k, sc_matrix a, sc_matrix b, float *c, size_t c_row);

#endif
