/* SPDX-License-Identifier: MIT */
/* libvips as a reader of OpenEXR, for the one thing that OpenEXR's C library cannot do before 3.3: to undo DWA
 * compression. It has R, G, B and A alone. For exr_pixels.c. */
#ifndef SC_MEDIA_IMAGE_EXR_H
#define SC_MEDIA_IMAGE_EXR_H

#include "core/error.h"

/* Row y of the data window: width pixels of R, G, B and A, linear, premultiplied; A is 1 where there is none. */
typedef void sc_image_exr_row(void *user, int y, const float *rgba);
/* All rows of a file of this size. SCUMBLE_ERR_UNSUPPORTED when this libvips reads no OpenEXR. */
int sc_image_exr_read(const char *path, int width, int height, sc_image_exr_row *row, void *user, sc_error *err);

#endif
