/* SPDX-License-Identifier: MIT */
/* The half of reading that begins when a loader of libvips has given its image. For image_load.c. */
#ifndef SC_MEDIA_IMAGE_DECODE_H
#define SC_MEDIA_IMAGE_DECODE_H

#include "media/image_internal.h"
#include "media/vips_library.h"

/* How long decoding may go on. */
typedef struct sc_decode_watch {
    double end_s;        /* by sc_now_s() */
    sc_threads *threads; /* that convert, and that may be cancelled; may be NULL */
} sc_decode_watch;

/* How many of the channels are colour; the next one, if any, is alpha and the rest is ignored. */
int sc_image_colour_bands(const VipsImage *image);
/* SCUMBLE_ERR_LIMIT when time is up, SCUMBLE_ERR_CANCELLED when the threads are. `name` as below. */
int sc_decode_check(const sc_decode_watch *watch, const char *name, sc_error *err);
/* Decodes into *image: everything but the recipe. `name` is how sentences call the input. On failure *image may hold
 * parts; free it. */
int sc_image_decode(VipsImage *header, sc_format_id format, const char *name, const sc_decode_watch *watch,
                    sc_image *image, sc_error *err);

#endif
