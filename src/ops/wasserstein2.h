/* SPDX-License-Identifier: MIT */
/* What every backend's kernels of wasserstein2 agree on; formulas in wasserstein2.c. */
#ifndef SC_OPS_WASSERSTEIN2_H
#define SC_OPS_WASSERSTEIN2_H

#include "ops/op.h"

enum { SC_W2_MOMENT, SC_W2_MEAN, SC_W2_ROOT, SC_W2_TARGET_MEAN };

/* S_ij = (G_ij + G_ji) / 2 - mu_i mu_j + (i = j) epsilon. */
double sc_wasserstein2_covariance(const sc_call *call, size_t i, size_t j);
/* The value from `nuclear` = tr (A S A)^(1/2). */
float sc_wasserstein2_value(const sc_call *call, double nuclear);
/* Entry (i, j) and (j, i) of T = A (A S A)^(-1/2) A, which is what forward saves for backward (c x c floats). Kept within +-1e30, so that sums over
 * it are finite. Nothing is done when no backward pass follows. */
void sc_wasserstein2_save(const sc_call *call, size_t i, size_t j, double value);

#endif
