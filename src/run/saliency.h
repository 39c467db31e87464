/* SPDX-License-Identifier: MIT */
/* Where a photo's fine structure is what one recognises it by: letters, the eyes and mouth of a face, spokes and bars,
 * the outline of a small figure. It is what stands out from its surroundings: center-surround differences of lightness
 * and colour at three sizes (Itti, Koch, Niebur 1998, "A Model of Saliency-Based Visual Attention"), each divided by
 * what the surroundings hold of the same size, so that foliage and grain, which are alike all over, do not count. */
#ifndef SC_RUN_SALIENCY_H
#define SC_RUN_SALIENCY_H

#include "media/image.h"
#include "tensor/tensor.h"

/* *region: (1, 1, h, w), 0..1, of the photo or, when that is larger, of the photo at 512 pixels; caller frees. wrap:
 * the photo is a tile. */
int sc_saliency(sc_threads *threads, const sc_image *photo, bool wrap, sc_tensor *region, sc_error *err);

#endif
