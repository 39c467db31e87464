/* SPDX-License-Identifier: MIT */
/* Fast kernels of the resize convolution. */
#ifndef SC_DEVICE_HOST_RESIZE_CONV_H
#define SC_DEVICE_HOST_RESIZE_CONV_H

#include "device/kernels.h"
#include "device/host/isa.h"

void sc_cpu_resize_conv_choose(const sc_cpu_isa *isa, sc_choice *choice);

#endif
