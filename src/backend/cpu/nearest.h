/* SPDX-License-Identifier: MIT */
/* The nearest-key search's kernel; it reads and writes what the operator's own does. The node's state is the
 * instruction set. */
#ifndef SC_BACKEND_CPU_NEAREST_H
#define SC_BACKEND_CPU_NEAREST_H

#include "backend/backend.h"
#include "backend/cpu/isa.h"

void sc_cpu_nearest_choose(const sc_cpu_isa *isa, sc_choice *choice);

#endif
