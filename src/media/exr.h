/* SPDX-License-Identifier: MIT */
/* OpenEXR: pictures in scene-linear light, read and written with OpenEXR's C library, OpenEXRCore, which exr*.c alone
 * see. Half, float and unsigned channels; scanlines and tiles (the largest level); of several parts the first flat one
 * that has colours; of several layers the one without a name, else the first with R, G and B. The picture is the
 * display window. Colours become sRGB by the file's chromaticities (BT.709 where it names none); they are divided by
 * alpha, and brought to 0..1 by the curve of light.h; what is negative, and what shines where alpha is low, is kept as
 * sc_image.beyond. Any bytes are safe. */
#ifndef SC_MEDIA_EXR_H
#define SC_MEDIA_EXR_H

#include "media/image_decode.h"

/* path: of the file that the data are, or NULL. `name` is how sentences call the file. On failure *image may hold
 * parts; free it. limits may be NULL. */
int sc_exr_load(const char *path, const uint8_t *data, size_t size_bytes, const char *name,
                const sc_image_limits *limits, const sc_decode_watch *watch, sc_image *image, sc_error *err);
/* From the header alone: the size, and bits, which are 32 of float and unsigned channels. */
int sc_exr_probe(const uint8_t *data, size_t size_bytes, const char *name, sc_image *header, bool *alpha,
                 sc_error *err);
/* As sc_xmp_read, of a whole file: its attribute "xmp", and its owner. */
char *sc_exr_read(const void *data, size_t size_bytes, sc_rights *rights, sc_details *details);
/* Writes to fd from its start: half (16) or float (32) channels; 0 = each as it was read, else half. Channels and
 * attributes of the picture's light are copied, the channels where the size is the same. packet: XMP, for the
 * attribute "xmp", or NULL. *broken becomes the errno of a write that failed. `path` is for sentences. */
int sc_exr_save(const sc_image *image, int bits, const char *packet, bool keep_place, const sc_threads *threads, int fd,
                const char *path, int *broken, sc_error *err);

#endif
