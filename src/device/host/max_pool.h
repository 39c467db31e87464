/* SPDX-License-Identifier: MIT */
/* Fast kernels of max pooling, for the shapes that sc_cpu_max_pool_fits names. */
#ifndef SC_DEVICE_HOST_MAX_POOL_H
#define SC_DEVICE_HOST_MAX_POOL_H

#include "ops/ops.h"

bool sc_cpu_max_pool_fits(const sc_call *call);
size_t sc_cpu_max_pool_saved(const sc_call *call, unsigned wanted);
extern const sc_kernel sc_cpu_max_pool_forward, sc_cpu_max_pool_backward;

#endif
