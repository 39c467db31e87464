/* SPDX-License-Identifier: MIT */
/* The part of oneDNN that the host uses; onednn*.c are the only files that see dnnl.h. oneDNN is built with OpenMP
 * and would cut work by the number of threads; every call here runs on the calling thread alone. */
#ifndef SC_DEVICE_HOST_ONEDNN_H
#define SC_DEVICE_HOST_ONEDNN_H

#include "device/host/conv_shape.h"
#include "ops/matmul.h"

/* Adds oneDNN's engines to those that `state` lacks, where oneDNN has them, and to the choice what they want prepared.
 * Fails for want of memory only. */
int sc_onednn_conv_create(const sc_node_info *node, sc_conv_state *state, sc_choice *choice, sc_error *err);
void sc_onednn_conv_destroy(sc_onednn_conv *conv); /* NULL is harmless */

/* c (m x n) = op(a) op(b) [+ c], row-major, rows lda, ldb, ldc floats apart; op is the transposition where asked.
 * On the calling thread (`thread` as in sc_kernel.run: 0 is the application's own, whose OpenMP setting is put back).
 */
int sc_cpu_gemm(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, const float *a, size_t lda,
                const float *b, size_t ldb, bool accumulate, float *c, size_t ldc, int thread);

#endif
