/* SPDX-License-Identifier: MIT */
/* What the public API tells of long jobs: the event and the losses that it points to, in one place. */
#ifndef SC_API_EVENT_H
#define SC_API_EVENT_H

#include "loss/losses.h"

typedef struct sc_event {
    scumble_event told;
    sc_losses losses;
} sc_event;

/* Fills in the event: `told`, but for its losses, which are copied from `losses` (NULL: none). */
void sc_event_tell(sc_event *event, const scumble_event *told, const sc_losses *losses);
/* Of a job with one stage; of: 0 = nobody knows. */
scumble_event sc_event_of_stage(const char *job, const char *stage, const char *unit, int64_t done, int64_t of,
                                double elapsed_s);
/* Seconds that are left when the share `done` (0..1) took elapsed_s; -1 = not known. */
double sc_event_left_s(double done, double elapsed_s);

#endif
