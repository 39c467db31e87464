/* SPDX-License-Identifier: MIT */
/* Roots of symmetric matrices by eigen-decomposition, in double precision: for targets, which are made once, and for reference kernels. */
#ifndef SC_OPS_MATRIX_ROOT_H
#define SC_OPS_MATRIX_ROOT_H

#include "core/error.h"

/* root (c x c) = (m + epsilon I)^(1/2) of a symmetric matrix m (c x c) without negative eigenvalues, rows next to each other. What rounding has
 * taken from these is put back: m counts as (m + m^T) / 2, its eigenvalues below 0 as 0. epsilon >= 0. root may be m.
 * Errors: SCUMBLE_ERR_MEMORY (24 c^2 bytes are needed), SCUMBLE_ERR_ARGUMENT when m or epsilon is not finite. About c^3 1e-9 s. */
int sc_symmetric_root(const float *m, float epsilon, int c, float *root, sc_error *err);

/* Eigen-decomposition of a symmetric matrix a (n x n), which is overwritten: row k of `vectors` (n x n) becomes the unit
 * eigenvector of values[k] (n; in no order). work: n. False when a holds values that are not finite. */
bool sc_symmetric_eigen(double *a, int n, double *values, double *vectors, double *work);
/* The upper triangle of out (n x n) = sum over k of factor[k] v_k v_k^T, v_k the rows of v (n x n). */
void sc_sum_outer_products(const double *v, const double *factor, int n, double *out);

#endif
