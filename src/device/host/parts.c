/* SPDX-License-Identifier: MIT */
/* See parts.h. */
#include "device/host/parts.h"

#include <string.h>

void sc_combine_partials(const float *partials, size_t stride, size_t parts, size_t count, float *to, bool accumulate)
{
    if (!accumulate)
        memset(to, 0, count * sizeof(float));
    for (size_t p = 0; p < parts; p++, partials += stride)
        for (size_t i = 0; i < count; i++)
            to[i] += partials[i];
}
