/* SPDX-License-Identifier: MIT */
/* Eigen-decomposition of symmetric matrices, in double precision, and the roots that come from it. */
#ifndef SC_OPS_MATRIX_ROOT_H
#define SC_OPS_MATRIX_ROOT_H

#include "core/error.h"

/* The truncated root R (*rows x c) of a symmetric matrix m (c x c) without negative eigenvalues: R^T R is m without its
 * weakest directions. Row k is sqrt(lambda_k) v_k^T for the eigenvalues lambda_k, in descending order, that are at
 * least `share` (>= 0) of the trace; at most `most` (>= 1) rows and at least 1, so a zero matrix has one row of zeros.
 * Any first rows are a truncation again. The entry of largest magnitude of a row is positive. m counts as (m + m^T) /
 * 2, its eigenvalues below 0 as 0. root has room for min(most, c) x c values; it may be m. Errors: SCUMBLE_ERR_MEMORY
 * (16 c^2 bytes are needed), SCUMBLE_ERR_ARGUMENT when m is not finite. About c^3 1e-9 s. */
int sc_truncated_root(const float *m, int c, double share, int most, float *root, int *rows, sc_error *err);

/* Eigen-decomposition of a symmetric matrix a (n x n), which is overwritten: row k of `vectors` (n x n) becomes the
 * unit eigenvector of values[k] (n; in no order). work: n. False when a holds values that are not finite. About n^3
 * 1e-9 s. */
bool sc_symmetric_eigen(double *a, int n, double *values, double *vectors, double *work);

#endif
