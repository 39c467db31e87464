/* SPDX-License-Identifier: MIT */
/* The half of reading that begins when a loader of libvips has given its image. For image_load.c. */
#ifndef SC_MEDIA_IMAGE_DECODE_H
#define SC_MEDIA_IMAGE_DECODE_H


#include "media/image_internal.h"
#include "media/vips_library.h"

/* EXIF orientation, 1..8. */
int sc_image_orientation(VipsImage *image);
/* How many of the channels are colour; the next one, if any, is alpha and the rest is ignored. */
int sc_image_colour_bands(const VipsImage *image);
/* Decodes into *image: everything but the recipe. `name` is how sentences call the input. On failure *image may hold parts;
 * free it. */
int sc_image_decode(VipsImage *header, sc_format_id format, const char *name, sc_image *image, sc_error *err);

#endif
