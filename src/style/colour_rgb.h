/* SPDX-License-Identifier: MIT */
/* Colour of the inputs and of the result (Gatys et al. 2017, "Controlling Perceptual Factors in Neural Style Transfer", section 5).
 * All on sRGB values in 0..1, h * w * 3. */
#ifndef SC_STYLE_COLOUR_RGB_H
#define SC_STYLE_COLOUR_RGB_H

#include "media/image.h"

/* Luma of each pixel (ITU-R BT.601) in all three channels. */
void sc_colour_to_luma(sc_image *image);
/* Moves image's luma (after sc_colour_to_luma) to the mean and deviation of reference's. */
void sc_colour_match_luma(sc_image *image, const sc_image *reference);
/* result's luma with photo's chroma; the same size. */
void sc_colour_restore_chroma(sc_image *result, const sc_image *photo);
/* Moves image's colours to the mean and covariance of reference's by the Monge map A = S^-1/2 (S^1/2 R S^1/2)^1/2 S^-1/2,
 * the one that changes colours least (Pitie and Kokaram 2007). */
void sc_colour_match(sc_image *image, const sc_image *reference);

#endif
