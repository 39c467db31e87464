/* SPDX-License-Identifier: MIT */
/* The kernels of channel means, for whole groups of channels. The node's state is the instruction set. */
#ifndef SC_BACKEND_CPU_CHANNEL_MEAN_H
#define SC_BACKEND_CPU_CHANNEL_MEAN_H

#include "backend/backend.h"
#include "backend/cpu/isa.h"

bool sc_cpu_channel_mean_fits(const sc_call *call);
void sc_cpu_channel_mean_choose(const sc_cpu_isa *isa, sc_choice *choice);

#endif
