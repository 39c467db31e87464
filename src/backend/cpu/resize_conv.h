/* SPDX-License-Identifier: MIT */
/* Fast kernels of the resize convolution. */
#ifndef SC_BACKEND_CPU_RESIZE_CONV_H
#define SC_BACKEND_CPU_RESIZE_CONV_H

#include "backend/backend.h"
#include "backend/cpu/isa.h"

void sc_cpu_resize_conv_choose(const sc_cpu_isa *isa, sc_choice *choice);

#endif
