/* SPDX-License-Identifier: MIT */
/* The pairs of operators that the host does as one, with its fast kernels and its plain ones. */
#ifndef SC_DEVICE_FUSIONS_H
#define SC_DEVICE_FUSIONS_H

#include "device/kernels.h"

extern const sc_fusion sc_host_fusions[];

#endif
