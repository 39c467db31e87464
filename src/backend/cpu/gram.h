/* SPDX-License-Identifier: MIT */
/* The Gram matrix's kernels; they read what the operator's own do and save nothing. */
#ifndef SC_BACKEND_CPU_GRAM_H
#define SC_BACKEND_CPU_GRAM_H

#include "ops/op.h"

extern const sc_kernel sc_cpu_gram_forward, sc_cpu_gram_backward;

#endif
