/* SPDX-License-Identifier: MIT */
/* The kernels of channel means, for whole groups of channels. The node's state is the instruction set. */
#ifndef SC_DEVICE_HOST_CHANNEL_MEAN_H
#define SC_DEVICE_HOST_CHANNEL_MEAN_H

#include "device/kernels.h"
#include "device/host/isa.h"

bool sc_cpu_channel_mean_fits(const sc_call *call);
void sc_cpu_channel_mean_choose(const sc_cpu_isa *isa, sc_choice *choice);

#endif
