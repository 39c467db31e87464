/* SPDX-License-Identifier: MIT */
/* Fast kernels of the ReLU operator. */
#ifndef SC_DEVICE_HOST_RELU_H
#define SC_DEVICE_HOST_RELU_H

#include "ops/op.h"

size_t sc_cpu_relu_saved(const sc_call *call, unsigned wanted);
extern const sc_kernel sc_cpu_leaky_relu_forward, sc_cpu_leaky_relu_backward;
extern const sc_kernel sc_cpu_relu_forward, sc_cpu_relu_backward;

#endif
