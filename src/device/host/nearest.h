/* SPDX-License-Identifier: MIT */
/* The nearest-key search's kernel; it reads and writes what the operator's own does. The node's state is the
 * instruction set. */
#ifndef SC_DEVICE_HOST_NEAREST_H
#define SC_DEVICE_HOST_NEAREST_H

#include "device/kernels.h"
#include "device/host/isa.h"

void sc_cpu_nearest_choose(const sc_cpu_isa *isa, sc_choice *choice);

#endif
