/* SPDX-License-Identifier: MIT */
/* How kernels cut their work into parts, and add up what the parts found. */
#ifndef SC_DEVICE_HOST_PARTS_H
#define SC_DEVICE_HOST_PARTS_H

#include "device/kernels.h"

/* Units [begin, end) of part `part` when `count` units are cut into `parts`: equal up to one. */
static inline sc_range sc_cut(size_t count, size_t parts, size_t part)
{
    return (sc_range){ count * part / parts, count * (part + 1) / parts };
}
static inline size_t sc_align64(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}
/* to (+)= the sum of `parts` rows of `count` values, `stride` apart, in order. For finish(). */
void sc_combine_partials(const float *partials, size_t stride, size_t parts, size_t count, float *to, bool accumulate);

#endif
