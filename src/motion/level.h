/* SPDX-License-Identifier: MIT */
/* Inside motion/: one level of the pyramid, and what is done on it. Rows are the parts of all jobs, ROWS a part. */
#ifndef SC_MOTION_LEVEL_H
#define SC_MOTION_LEVEL_H

#include "motion/flow.h"

enum { SC_MOTION_ROWS = 16 };
static inline int sc_motion_parts(int height)
{
    return (height + SC_MOTION_ROWS - 1) / SC_MOTION_ROWS;
}

typedef struct sc_motion_level {
    int width, height;
    float *from, *to; /* luma 0..255 */
} sc_motion_level;

/* search.c: the flow of the level's patches, begun from `flow` (of this level), as a field into `flow`. A picture with
 * an edge below 8 pixels has no patches and keeps it. */
int sc_motion_search(sc_threads *threads, const sc_motion_level *level, sc_flow *flow, sc_error *err);
/* refine.c: `flow` by the energy. */
int sc_motion_refine(sc_threads *threads, const sc_motion_level *level, sc_flow *flow, sc_error *err);

#endif
