/* SPDX-License-Identifier: MIT */
/* Linear maps between the colours of pictures, in OKLab. A variance gets 1e-5 added, so that flat pictures have a map,
 * and contrast grows at most fourfold in any direction, so that their noise stays unseen. */
#ifndef SC_COLOUR_COLOUR_MAP_H
#define SC_COLOUR_COLOUR_MAP_H

#include "colour/oklab.h"

/* Statistics of the colours of one or several pictures, in OKLab: index 0 is L, 1 is a, 2 is b. */
typedef struct sc_colour_moments {
    double mean[3], covariance[3][3];
    double low[3],
        high[3]; /* what all but one in 2000 pixels stay within, at either end; of several pictures, the widest */
} sc_colour_moments;

/* x -> matrix (x - from) + to */
typedef struct sc_colour_map {
    double matrix[3][3], from[3], to[3];
} sc_colour_map;

/* S^-1/2 (S^1/2 R S^1/2)^1/2 S^-1/2: mean and covariance S of one to those, R, of the other with the least change of
 * colours (Pitie and Kokaram 2007); of (a, b) alone, L left as it is, when chroma_only. */
sc_colour_map sc_colour_map_monge(const sc_colour_moments *from, const sc_colour_moments *to, bool chroma_only);
/* `share` (0..1) of the way from leaving colours as they are to the map. */
sc_colour_map sc_colour_map_fade(const sc_colour_map *map, double share);
/* Mean and deviation of L alone. */
sc_colour_map sc_colour_map_lightness(const sc_colour_moments *from, const sc_colour_moments *to);
/* Writes planes first .. 2 of `to`, which may be `from`. */
void sc_colour_map_apply(sc_threads *threads, const sc_colour_map *map, const sc_lab *from, sc_lab *to, int first);

#endif
