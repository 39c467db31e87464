/* SPDX-License-Identifier: MIT */
/* What a frame sees of others: the optical flow to each of them, and how far it can be trusted. */
#ifndef SC_MOTION_SIGHT_H
#define SC_MOTION_SIGHT_H

#include "motion/flow.h"

enum { SC_SIGHTS_MOST = 3 };

typedef struct sc_sight {
    const float *luma; /* of the other frame, height * width values 0..1, borrowed */
    sc_flow_detail detail;
    sc_flow flow; /* from this frame to the other */
    float *trust; /* height * width values 0..1, big: sc_flow_trust */
} sc_sight;

/* Fills in flow and trust of at most SC_SIGHTS_MOST sights whose luma and detail are given, all else zero. luma: of
 * this frame. Flows are measured there and back, each on a thread of its own, which costs less than waiting for each
 * other at every step of each. Caller frees each with sc_sight_free, after a failure too. */
int sc_sights_look(sc_threads *threads, sc_sight *sights, int count, const float *luma, int width, int height,
                   sc_error *err);
void sc_sight_free(sc_sight *sight);

#endif
