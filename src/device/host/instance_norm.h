/* SPDX-License-Identifier: MIT */
/* Fast kernels of instance normalisation, with or without a ReLU. */
#ifndef SC_DEVICE_HOST_INSTANCE_NORM_H
#define SC_DEVICE_HOST_INSTANCE_NORM_H

#include "device/kernels.h"
#include "device/host/isa.h"

void sc_cpu_instance_norm_choose(const sc_cpu_isa *isa, sc_choice *choice);

#endif
