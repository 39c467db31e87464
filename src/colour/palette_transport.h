/* SPDX-License-Identifier: MIT */
/* Moves a picture's colours to those of a palette (any picture; its areas say how much of each colour) by optimal
 * transport in OKLab. */
#ifndef SC_COLOUR_PALETTE_TRANSPORT_H
#define SC_COLOUR_PALETTE_TRANSPORT_H

#include "core/threads.h"
#include "media/image.h"

/* A palette of few flat colours: palette_swatches.h. Any other one: sliced optimal transport (Pitie, Kokaram, Dahyot
 * 2007, "Automated colour grading using colour distribution transfer"): in a dozen seeded random rotations in turn,
 * each coordinate is moved by the monotone map between the two distributions. Then grain and bands are taken out: the
 * change of colour is smoothed along the edges of the picture's lightness (of swatches, the new a and b). For a
 * painting before a run and for a result after it. palette may not be image itself; its transparent parts do not count.
 * wrap: image is a tile. On failure image is as it was. */
int sc_colour_to_palette(sc_threads *threads, sc_image *image, const sc_image *palette, bool wrap, sc_error *err);

#endif
