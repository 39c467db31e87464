/* SPDX-License-Identifier: MIT */
/* Transparency: colours that nobody sees. They may be anything in a file, so nothing may depend on them: whatever makes
 * a picture with alpha (reading, resizing, the public interface) lets its colours go on from what is visible into what
 * is not. */
#ifndef SC_MEDIA_IMAGE_ALPHA_H
#define SC_MEDIA_IMAGE_ALPHA_H

#include "media/image.h"
#include "tensor/tensor.h"

/* Where alpha is 0 the colours become a smooth continuation of those around, weighted by alpha; elsewhere they stay,
 * and so does alpha. What is transparent everywhere becomes mid grey. The same bytes whatever the hidden colours were.
 * Only fails for want of memory. */
int sc_image_fill_hidden(sc_threads *threads, sc_image *image, sc_error *err);
/* Whether all of it is opaque, with or without an alpha plane / whether there is nothing to see in it at all. */
bool sc_image_is_opaque(const sc_image *image);
bool sc_image_is_invisible(const sc_image *image);
/* Multiplies weights of positions, (1, 1, height, width) of the picture in 0..1, by the picture's alpha; weights
 * without data are made first, all 1. What is opaque leaves them as they are (maybe without data). Caller frees. */
int sc_image_weigh_visible(sc_tensor *weights, const sc_image *image, sc_error *err);

#endif
