/* SPDX-License-Identifier: MIT */
/* Broadcasting of the second input, for add and multiply: b has extent 1 wherever it differs from a. Rows of b are
 * spread to whole rows of w * c values before use; the gradient of b sums such rows. */
#ifndef SC_OPS_BROADCAST_H
#define SC_OPS_BROADCAST_H

#include "ops/helpers.h"

int sc_broadcast_infer(const char *op, const sc_call *call, sc_shape *out, sc_error *err);
/* Whether b differs in shape from a. */
bool sc_broadcast_needed(const sc_call *call);
/* Row `row` of b at a's full width: within b if that is so, else spread into buffer (w * c values). */
const float *sc_broadcast_row(const sc_call *call, size_t row, float *buffer);
/* Bytes of such a buffer. */
size_t sc_broadcast_row_bytes(const sc_call *call);

/* The gradient of a broadcast b: sums of rows, in parts of their own, combined by sc_broadcast_sum_finish.
 * row_values gives row `row` of dLoss/d(b spread to a's shape): within a tensor, or in buffer. */
typedef const float *(*sc_broadcast_row_fn)(const sc_call *call, size_t row, float *buffer);
int sc_broadcast_sum_parts(const sc_call *call);
size_t sc_broadcast_sum_bytes(const sc_call *call); /* of the partial sums, a multiple of 64 */
void sc_broadcast_sum(const sc_call *call, int part, sc_broadcast_row_fn row_values, float *buffer, double *partials);
void sc_broadcast_sum_finish(const sc_call *call, const double *partials);

#endif
