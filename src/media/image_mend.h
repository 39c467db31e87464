/* SPDX-License-Identifier: MIT */
/* Files that are not quite what their format says, and still whole. For image_load.c. */
#ifndef SC_MEDIA_IMAGE_MEND_H
#define SC_MEDIA_IMAGE_MEND_H

#include "media/image_internal.h"
#include "media/vips_library.h"

/* Whether progressive JPEG data has scans for every bit of every coefficient, the last one maybe cut: a file that ends
 * between two scans decodes without a warning, and is blurred. True for other JPEG data. */
bool sc_mend_has_scans(const void *data, size_t size_bytes);
/* A copy of JPEG data with an end marker behind it. libjpeg meets that too early, and warns, where more than the marker
 * is missing. Caller frees. */
int sc_mend_jpeg(const void *data, size_t size_bytes, void **mended, sc_error *err);
/* Whether the colours (the first `bands` channels) of a floating-point picture are codes: 255 or 65535, what white is;
 * 0: they are light, with white at 1. Reads all pixels. */
double sc_mend_code_range(VipsImage *image, int bands);
/* Such codes as 16-bit sRGB or grey, alpha in the same range. As libvips' operations: not 0 on failure; caller unrefs
 * *mended. */
int sc_mend_codes(VipsImage *image, int bands, double range, VipsImage **mended);

#endif
