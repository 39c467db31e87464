/* SPDX-License-Identifier: MIT */
/* Colour of the inputs and of the result, in OKLab (oklab.h): which colours a result has is decided by a step of its
 * own, since the features of an encoder leave it open and the optimisation gets it muddy.
 *
 *   photo      before: paintings to the photo's moments (sc_colour_match_moments)
 *   match      after: the photo's hues as the paintings would have them (sc_colour_match_chroma)
 *   luminance  before: all grey (sc_colour_to_lightness), paintings to the photo's tones (sc_colour_match_lightness);
 *              after: the photo's chroma (sc_colour_take_chroma)
 *   palette    before or after: palette_transport.h
 *
 * Pictures are changed in place; alpha and all else stays. Any can fail for want of memory, and then leaves its picture
 * as it was. */
#ifndef SC_COLOUR_COLOUR_H
#define SC_COLOUR_COLOUR_H

#include "media/image.h"
#include "colour/colour_map.h"

/* The work of a step, in pixels that are resized, for each pixel whose colour is changed. */
enum { SC_COLOUR_STEP_PIXELS = 4 };

/* From 2^18 pixels at most, spread over the picture; transparent ones do not count. */
int sc_colour_measure(sc_threads *threads, const sc_image *image, sc_colour_moments *moments, sc_error *err);
/* The same of the part where counts (height * width of image, 0..1; NULL = all) is at least 1/2. */
int sc_colour_measure_part(sc_threads *threads, const sc_image *image, const float *counts, sc_colour_moments *moments,
                           sc_error *err);
/* The moments of pictures that are seen in proportion to weights (count values >= 0, not all 0). */
void sc_colour_pool(sc_colour_moments *pooled, const sc_colour_moments *moments, const double *weights, int count);

/* Moves image's colours to target's mean and covariance by the Monge map S^-1/2 (S^1/2 R S^1/2)^1/2 S^-1/2, the one
 * that changes colours least (Pitie and Kokaram 2007). Contrast grows at most fourfold, so noise in a flat picture
 * stays unseen. */
int sc_colour_match_moments(sc_threads *threads, sc_image *image, const sc_colour_moments *target, sc_error *err);
/* Moves image's colours by the map. */
int sc_colour_move(sc_threads *threads, sc_image *image, const sc_colour_map *map, sc_error *err);
/* There is no colour in the pictures: less than 8 bits show. */
bool sc_colour_is_grey(const sc_colour_moments *moments);

/* The colour step of Kolkin et al. 2022 (NNST): result keeps its lightness, within the paintings' range; its a and b
 * become the photo's, moved to the paintings' mean and covariance by the Monge map of (a, b), smoothed along the edges
 * of the lightness and kept within the paintings' range. photo has result's size. When the paintings are nearly grey,
 * result's colours are moved to their moments instead; when the photo is, result's own a and b stand for the photo's.
 * wrap: the result is a tile. */
int sc_colour_match_chroma(sc_threads *threads, sc_image *result, const sc_image *photo,
                           const sc_colour_moments *paintings, bool wrap, sc_error *err);

/* The grey picture with image's lightness L. */
int sc_colour_to_lightness(sc_threads *threads, sc_image *image, sc_error *err);
/* Moves L linearly to target's mean and deviation (Gatys et al. 2017, section 5), at most fourfold; a and b stay. */
int sc_colour_match_lightness(sc_threads *threads, sc_image *image, const sc_colour_moments *target, sc_error *err);
/* result's lightness with photo's a and b, as far as sRGB has them; the same size. */
int sc_colour_take_chroma(sc_threads *threads, sc_image *result, const sc_image *photo, sc_error *err);

/* Smooths planes of lab's size (changes of colour, or colours) along the edges of its lightness, so that grain and
 * bands of a colour transfer go and borders stay. wrap: the picture is a tile. */
int sc_colour_smooth(sc_threads *threads, const sc_lab *lab, float *const *planes, int count, bool wrap, sc_error *err);

#endif
