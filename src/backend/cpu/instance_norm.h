/* SPDX-License-Identifier: MIT */
/* Fast kernels of instance normalisation, with or without a ReLU. */
#ifndef SC_BACKEND_CPU_INSTANCE_NORM_H
#define SC_BACKEND_CPU_INSTANCE_NORM_H

#include "backend/backend.h"
#include "backend/cpu/isa.h"

void sc_cpu_instance_norm_choose(const sc_cpu_isa *isa, sc_choice *choice);

#endif
