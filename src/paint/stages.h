/* SPDX-License-Identifier: MIT */
/* What is computed in which order when a program paints a picture part by part. An instance norm needs the statistics
 * of the whole map in front of it, so the program is gone through in stages: each looks at all parts of the picture,
 * and measures the maps whose own norms are known by then; the last one paints. A map that later stages need is stored,
 * or made again from what is stored, whichever is less work. */
#ifndef SC_PAINT_STAGES_H
#define SC_PAINT_STAGES_H

#include "paint/canvas.h"

typedef struct sc_paint_stage {
    bool *given;  /* of each map: it is read from where it was stored; or it is a known norm of such a map, or the ReLU
                     of that, made while reading. The  picture always is */
    bool *stored; /* it is put together, for later stages */
    bool *measured; /* its means and variances are taken */
} sc_paint_stage;

typedef struct sc_paint_stages {
    sc_paint_stage *stage;
    int count;
    int *last;            /* of each map that is stored: the last stage that reads it */
    int64_t stored_bytes; /* the most that is stored at a time */
    int64_t small_bytes;  /* of it, what is too small for big buffers (core/memory.h) and so stays in memory */
} sc_paint_stages;

/* room_bytes: the most that may be stored at a time; with less room more is made again. Free with sc_paint_stages_free,
 * also after a failure. */
int sc_paint_stages_create(sc_paint_stages *stages, const sc_canvas *canvas, int64_t room_bytes, sc_error *err);
void sc_paint_stages_free(sc_paint_stages *stages);

#endif
