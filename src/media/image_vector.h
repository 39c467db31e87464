/* SPDX-License-Identifier: MIT */
/* Pictures that are programs (SVG, PDF) are drawn in a child process: libraries that draw them cannot be interrupted,
 * and a few bytes can keep them busy for ever. */
#ifndef SC_MEDIA_IMAGE_VECTOR_H
#define SC_MEDIA_IMAGE_VECTOR_H

#include "media/image.h"

/* What the child does: loads *image, with or without pixels (rgb NULL: just the size). */
typedef int sc_vector_load(void *context, sc_image *image, sc_error *err);

/* Runs load in a child, which may read files (fonts), and takes over size, bit depth and pixels. name: for sentences.
 * SCUMBLE_ERR_LIMIT when it takes too long, SCUMBLE_ERR_CANCELLED when limits->threads are cancelled. limits may be
 * NULL. On failure *image is zeroed. */
int sc_vector_run(sc_vector_load *load, void *context, const char *name, const sc_image_limits *limits, sc_image *image,
                  sc_error *err);

#endif
