/* SPDX-License-Identifier: MIT */
/* What a painted picture may suffer from, measured on its pixels alone: noise or blur, a frame, a seam. */
#ifndef SC_MEASURE_ARTEFACTS_H
#define SC_MEASURE_ARTEFACTS_H

#include "media/image.h"

enum { SC_ARTEFACT_FRAME = 8 }; /* pixels from the edge that are compared with as many next to them */

/* Mean squared 5-point Laplacian of the luma (JPEG's, 0..1); 3 x 3 pixels or more. */
double sc_artefact_detail(const sc_threads *threads, const sc_image *image);
/* How much the colour of the outer SC_ARTEFACT_FRAME pixels differs from that of the next ones: length of the
 * difference of mean Y'CbCr; of each side, so that a light one and a dark one opposite do not cancel, then the mean of
 * the four. Two frames in each direction or more. */
double sc_artefact_border(const sc_image *image);
/* Mean squared difference across the wrap-around, over the mean of that between neighbours inside; from right to left
 * when `across`, else from bottom to top. */
double sc_artefact_seam(const sc_threads *threads, const sc_image *image, bool across);

#endif
