/* SPDX-License-Identifier: MIT */
/* FFmpeg's frames to pictures and back, in float: any format of 8 to 16 bits, or float RGB, that lies in memory.
 *
 * Chroma of half the width or height is made larger and smaller by pairs of filters of which the second undoes the
 * first (biorthogonal ones), so that a frame that was not painted comes out as it came in. Values between the levels of
 * a format, and colours outside RGB, are rounded and clamped to 0..1. */
#ifndef SC_FILM_FFMPEG_PIXELS_H
#define SC_FILM_FFMPEG_PIXELS_H

#include "film/ffmpeg_library.h"
#include "media/image.h"

/* How the values of a frame are to be understood. */
typedef struct sc_coding {
    enum AVColorSpace matrix; /* of YCbCr */
    bool full;                /* 0..255, not 16..235 */
    enum AVChromaLocation place;
    enum AVColorPrimaries primaries; /* wide ones (BT.2020, P3) are converted when they are read */
} sc_coding;

/* By the frame's tags, and where it has none by its size; *guessed (may be NULL): the matrix was. */
sc_coding sc_coding_of(const AVFrame *frame, bool *guessed);
/* What a matrix is called that is taken for another one; NULL: it is known. */
const char *sc_coding_unread(enum AVColorSpace matrix);
bool sc_coding_is_wide(enum AVColorPrimaries primaries);
/* Whether frames of this format can be read and written here. */
bool sc_pixels_known(enum AVPixelFormat format);
/* Bits of a channel; 32 = float. */
int sc_pixels_bits(enum AVPixelFormat format);
bool sc_pixels_alpha(enum AVPixelFormat format);

/* *image is made anew, as it is stored: not turned. */
int sc_pixels_read(const AVFrame *frame, const sc_coding *coding, sc_image *image, sc_error *err);
/* frame: of the picture's size, with a format and buffers. What has no alpha is opaque. */
int sc_pixels_write(AVFrame *frame, const sc_coding *coding, const sc_image *image, sc_error *err);

#endif
