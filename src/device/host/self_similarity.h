/* SPDX-License-Identifier: MIT */
/* The kernels of self_similarity; they read and save what the operator's own do. */
#ifndef SC_DEVICE_HOST_SELF_SIMILARITY_H
#define SC_DEVICE_HOST_SELF_SIMILARITY_H

#include "ops/op.h"

extern const sc_kernel sc_cpu_self_similarity_forward, sc_cpu_self_similarity_backward;

#endif
