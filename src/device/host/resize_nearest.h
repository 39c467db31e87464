/* SPDX-License-Identifier: MIT */
/* Fast kernels of resize_nearest, for the shapes that sc_cpu_resize_nearest_fits names: twice as many rows and columns.
 */
#ifndef SC_DEVICE_HOST_RESIZE_NEAREST_H
#define SC_DEVICE_HOST_RESIZE_NEAREST_H

#include "ops/ops.h"

bool sc_cpu_resize_nearest_fits(const sc_call *call);
extern const sc_kernel sc_cpu_resize_nearest_forward, sc_cpu_resize_nearest_backward;

#endif
