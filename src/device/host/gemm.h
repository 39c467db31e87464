/* SPDX-License-Identifier: MIT */
/* Matrix products of any extents on the microkernel (isa->multiply), and how its right-hand side is packed. */
#ifndef SC_DEVICE_HOST_GEMM_H
#define SC_DEVICE_HOST_GEMM_H

#include "device/host/isa.h"

/* c (m x n) = op(a) op(b) [+ c], row-major, rows lda, ldb, ldc floats apart; op is the transposition where asked. On
 * the calling thread, within 80 KiB of its stack. */
void sc_cpu_gemm(const sc_cpu_isa *isa, bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k,
                 const float *a, size_t lda, const float *b, size_t ldb, bool accumulate, float *c, size_t ldc);

/* op(b) (depth x columns), rows ldb floats apart, as isa->multiply reads it: in panels, the columns filled up with
 * zeros to `filled`, a multiple of SC_GROUP. */
void sc_cpu_pack_right(const sc_cpu_isa *isa, bool transpose, size_t depth, size_t columns, size_t filled,
                       const float *b, size_t ldb, float *panels);

#endif
