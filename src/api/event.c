/* SPDX-License-Identifier: MIT */
/* Events of long jobs. See event.h. */
#include "api/event.h"

#include <stddef.h>

void sc_event_tell(sc_event *e, const scumble_event *told, const sc_losses *losses)
{
    e->told = *told;
    e->losses = losses ? *losses : (sc_losses){ .count = 0 };
    e->told.losses = e->losses.count ? e->losses.of : NULL;
    e->told.loss_count = e->losses.count;
}

scumble_event sc_event_of_stage(const char *job, const char *stage, const char *unit, int64_t done, int64_t of,
                                double elapsed_s)
{
    return (scumble_event){ .job = job,
                            .stage = stage,
                            .stage_number = 1,
                            .stages = 1,
                            .done = done,
                            .of = of,
                            .unit = unit,
                            .elapsed_s = elapsed_s,
                            .eta_s = sc_event_left_s(of ? (double)done / (double)of : 0, elapsed_s) };
}

double sc_event_left_s(double done, double elapsed_s)
{
    return done > 0 ? done < 1 ? elapsed_s * (1 - done) / done : 0 : -1;
}
