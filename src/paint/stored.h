/* SPDX-License-Identifier: MIT */
/* Windows of a map that is stored whole, between the stages of painting by tiles (stages.h). */
#ifndef SC_PAINT_STORED_H
#define SC_PAINT_STORED_H

#include "core/threads.h"
#include "tensor/tensor.h"

/* factor (x - centre) + shift for each channel, and its ReLU: a norm that is known. */
typedef struct sc_stored_norm {
    const float *factor, *centre, *shift;
    bool relu;
} sc_stored_norm;

/* A window of a map of this shape, which may go on into the next periods, packed into `to`. through: NULL: as it is. */
void sc_stored_read(sc_threads *threads, const float *map, sc_shape whole, const sc_rect *window,
                    const sc_stored_norm *through, float *to);
/* A part of the map; its rows begin row_values values after one another. */
void sc_stored_write(sc_threads *threads, const float *from, size_t row_values, const sc_rect *part, sc_shape whole,
                     float *map);

#endif
