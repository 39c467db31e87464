/* SPDX-License-Identifier: MIT */
/* Patterns that repeat with the pixel grid every 2, 4 or 8 pixels, as strided layers of a network leave them (Odena,
 * Dumoulin and Olah 2016, "Deconvolution and Checkerboard Artifacts"). */
#ifndef SC_MEASURE_CHECKERBOARD_H
#define SC_MEASURE_CHECKERBOARD_H

#include "media/image.h"

enum {
    SC_CHECKERBOARD_LEAST = 96
}; /* pixels of an edge: below, the neighbours of one frequency of the grid are the next one */

/* How far the spectrum of the luma stands out at the frequencies (i/8, j/8) of the grid: power there over that of the
 * frequencies beside, the larger mean of those in the row and those in the column; mean over those of period 2, of 4
 * and of 8, then over the three. About 1 in what knows nothing of the grid; it grows with the pattern's energy and with
 * the number of pixels. SC_CHECKERBOARD_LEAST pixels or more each way. SCUMBLE_ERR_MEMORY. */
int sc_artefact_checkerboard(const sc_threads *threads, const sc_image *image, double *peaks, sc_error *err);

#endif
