/* SPDX-License-Identifier: MIT */
/* What the result of a frame is likely to be: the results of frames 1, 2 and 4 before it, moved to where things are now
 * along the optical flow, and how far each place of that can be relied on (Ruder, Dosovitskiy, Brox 2016, "Artistic
 * Style Transfer for Videos", sections 4 and 5). Where several know a place, it is their mean: those further back have
 * been moved fewer times, so that paint neither drifts nor blurs. */
#ifndef SC_STEADY_GUESS_H
#define SC_STEADY_GUESS_H

#include "motion/flow.h"
#include "steady/past.h"

typedef struct sc_guess {
    sc_image
        picture; /* rgb NULL: nothing is known. Where nothing is known, the frame in the colours of what is around */
    /* height * width values 0..1 each, owned, big */
    float *trust;        /* how far each place is known */
    float *hold;         /* how far nothing has changed at all there, so that the paint can stay as it is */
    float *ripe;         /* how long it has been painted when this frame is done */
    double known;        /* the mean of trust */
    double pan_x, pan_y; /* how far most of it has moved since the frame before, right and down, in pixels */
} sc_guess;

/* frame: at the size of the results; luma: of it. back: how many frames are looked back at most. detail: of the flow to
 * the frame before. There must be a past. Caller frees with sc_guess_free; zeroed on failure. */
int sc_guess_make(sc_guess *guess, const sc_past *past, sc_threads *threads, const sc_image *frame, const float *luma,
                  int back, sc_flow_detail detail, sc_error *err);
/* Nothing is known: black, and no trust. */
int sc_guess_blank(sc_guess *guess, int width, int height, sc_error *err);
void sc_guess_free(sc_guess *guess);

#endif
