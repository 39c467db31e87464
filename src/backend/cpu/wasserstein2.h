/* SPDX-License-Identifier: MIT */
/* The forward kernel of wasserstein2; it reads and saves what the operator's own does, whose backward kernel follows. */
#ifndef SC_BACKEND_CPU_WASSERSTEIN2_H
#define SC_BACKEND_CPU_WASSERSTEIN2_H

#include "ops/op.h"

extern const sc_kernel sc_cpu_wasserstein2_forward;

#endif
