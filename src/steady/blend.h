/* SPDX-License-Identifier: MIT */
/* What is known of a frame, blended into what was painted. */
#ifndef SC_STEADY_BLEND_H
#define SC_STEADY_BLEND_H

#include "steady/guess.h"

/* picture, of the guess' size, becomes share of what is known where it moves, and all of it where nothing moves or
 * changes. A mean of two pictures is smoother than each: so the light's detail is made as strong again as it was
 * painted, place by place. Fails for want of memory, or when cancelled; the picture is of no use then. */
int sc_blend_known(sc_image *picture, const sc_guess *guess, float share, sc_threads *threads, sc_error *err);

#endif
