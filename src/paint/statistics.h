/* SPDX-License-Identifier: MIT */
/* Statistics of a shot. A painter's norms divide by what they measure of each picture, so that what enters the frame
 * changes the rest of it, and films pump. Measured once over some frames of a shot, as if these were parts of one huge
 * picture, and given to all of them, they make the painter a network without norms: the same thing is painted the same
 * way in every frame, in one pass (Wang et al. 2020, "Consistent Video Style Transfer via Relaxation and
 * Regularization"). */
#ifndef SC_PAINT_STATISTICS_H
#define SC_PAINT_STATISTICS_H

#include "paint/pass.h"

typedef struct sc_paint_statistics {
    int count; /* of passes: sizes at which a frame is painted, one after the other */
    sc_paint_known *passes;
} sc_paint_statistics;

/* Of count > 0 samples of one size; options: those with which frames of that size are to be painted (statistics is not
 * looked at; device and threads must live as long). Each pass is measured over all samples before these are painted
 * with it for the next one: all of them are in memory, as float pictures. Takes as long as it takes to paint each
 * sample three to five times. A network that cannot be painted by parts keeps the statistics of each frame. The same
 * bytes with any number of threads. Borrows the painter. On failure *statistics is NULL; caller frees. */
int sc_paint_statistics_create(sc_paint_statistics **statistics, const sc_painter *painter,
                               const sc_image *const *samples, int count, const sc_paint_options *options,
                               sc_paint_progress progress, void *user, sc_error *err);
void sc_paint_statistics_free(sc_paint_statistics *statistics); /* accepts NULL */

/* As tensors whose names begin with `prefix`, which sc_safetensors_write keeps exactly as float32. Back, for frames of
 * width x height: SCUMBLE_ERR_FORMAT where they are not those of this painter, size and options. */
int sc_paint_statistics_save(const sc_paint_statistics *statistics, const char *prefix, sc_weights *weights,
                             sc_error *err);
int sc_paint_statistics_load(sc_paint_statistics **statistics, const sc_painter *painter, int width, int height,
                             const sc_paint_options *options, const char *prefix, const sc_weights *weights,
                             sc_error *err);

#endif
