/* SPDX-License-Identifier: MIT */
/* The trace of the network's grid. Strides give each pixel a place in the windows of the poolings, and pixels of one
 * place the same pull: in flat areas that adds up to a pattern of 2 and 4 pixels, a weave, which costs the style
 * nothing and shows. So no step may make one: what repeats all over an area is taken out of the picture's gradient. */
#ifndef SC_RUN_WEAVE_H
#define SC_RUN_WEAVE_H

#include "core/threads.h"

/* On a gradient (h x w x 3), in place. The picture is cut into areas of 24 x 24 pixels, those at the right and lower
 * edges up to 47; in each, the mean of all pixels with the same row and the same column modulo 4 becomes that of the
 * whole area, channel by channel. That is an orthogonal projection, which takes away 1 direction in 38: an optimiser
 * that goes only along what it is shown descends as if there were no others. (Areas of 32 leave more of the weave at
 * coarse scales.) A smaller picture is one area; with an edge of less than 16 pixels it stays as it is, for a place
 * would be too few pixels to tell a weave from what is painted. */
void sc_weave_remove(sc_threads *threads, float *gradient, int height, int width);

#endif
