/* SPDX-License-Identifier: MIT */
/* The box filter. */
#ifndef SC_MEDIA_BOX_FILTER_H
#define SC_MEDIA_BOX_FILTER_H

#include <stdbool.h>

#include "core/threads.h"

/* Each value of the plane (height * width) becomes the mean of the box of 2 radius + 1 around it, as far as that lies
 * in the plane; wrap: the plane repeats. scratch: as large. Of no use when the threads were cancelled. */
void sc_box_filter(sc_threads *threads, float *plane, float *scratch, int width, int height, int radius, bool wrap);

#endif
