/* SPDX-License-Identifier: MIT */
/* The Gram matrix's kernels; they read what the operator's own do and save nothing. The node's state is the instruction
 * set. */
#ifndef SC_DEVICE_HOST_GRAM_H
#define SC_DEVICE_HOST_GRAM_H

#include "device/kernels.h"
#include "device/host/isa.h"

void sc_cpu_gram_choose(const sc_cpu_isa *isa, sc_choice *choice);

#endif
