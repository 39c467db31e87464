/* SPDX-License-Identifier: MIT */
/* Structural similarity (Wang, Bovik, Sheikh and Simoncelli 2004, "Image Quality Assessment: From Error Visibility to
 * Structural Similarity"). */
#ifndef SC_MEASURE_SSIM_H
#define SC_MEASURE_SSIM_H

#include "media/image.h"

enum { SC_SSIM_WINDOW = 11 };

/* Mean over all places of the window (an 11 x 11 Gaussian of sigma 1.5 that lies inside the picture) of
 *     (2 m_a m_b + C1) (2 s_ab + C2) / ((m_a^2 + m_b^2 + C1) (s_a^2 + s_b^2 + C2)),   C1 = 0.01^2, C2 = 0.03^2,
 * with the means m, variances s^2 and the covariance s_ab of the lumas in it; -1 .. 1, 1 = the same. Pictures of the
 * same size, of SC_SSIM_WINDOW pixels or more; their own resolution, which is the paper's formula without the shrinking
 * that its authors' program has. SCUMBLE_ERR_MEMORY. */
int sc_ssim(const sc_threads *threads, const sc_image *a, const sc_image *b, double *ssim, sc_error *err);

#endif
