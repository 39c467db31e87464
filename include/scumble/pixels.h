/* SPDX-License-Identifier: MIT */
/* Pictures from and to the memory of a program: pixels as they lie there, whatever their kind, order and rows; and
 * encoded files.
 *
 *     scumble_pixels mine = { .data = buffer, .width = w, .height = h, .row_bytes = 4 * w,
 *                             .sample = SCUMBLE_SAMPLE_U8, .channels = SCUMBLE_CHANNELS_BGRA };
 *     if (!scumble_image_from_pixels(s, &mine, &photo) && !scumble_stylize(s, photo, painting, NULL, &result))
 *         scumble_image_to_pixels(s, result, &mine);
 *
 * Values are those of sRGB, with its curve, and alpha is not multiplied into them. All functions return 0 or a negative
 * SCUMBLE_ERR_*. */
#ifndef SCUMBLE_PIXELS_H
#define SCUMBLE_PIXELS_H

#include "scumble/scumble.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a channel's value is, in the machine's own byte order. */
typedef enum scumble_sample {
    SCUMBLE_SAMPLE_U8,   /* 0..255 */
    SCUMBLE_SAMPLE_U16,  /* 0..65535 */
    SCUMBLE_SAMPLE_HALF, /* 0..1, IEEE 754 binary16 */
    SCUMBLE_SAMPLE_FLOAT /* 0..1, IEEE 754 binary32 */
} scumble_sample;

/* What the channels of a pixel are, in their order in memory. X is a channel that is not looked at; it is written as
 * opaque. */
typedef enum scumble_channels {
    SCUMBLE_CHANNELS_RGB,
    SCUMBLE_CHANNELS_RGBA,
    SCUMBLE_CHANNELS_BGR,
    SCUMBLE_CHANNELS_BGRA,
    SCUMBLE_CHANNELS_ARGB,
    SCUMBLE_CHANNELS_RGBX,
    SCUMBLE_CHANNELS_BGRX,
    SCUMBLE_CHANNELS_GREY,
    SCUMBLE_CHANNELS_GREY_ALPHA
} scumble_channels;

/* Pixels in memory. Nothing of it need be aligned but the values themselves. */
typedef struct scumble_pixels {
    void *data;          /* the first value of the upper left pixel */
    int width, height;   /* 1..65535 */
    long long row_bytes; /* from a row to the one below it; negative when the rows lie bottom up; 0 = one after the
                            other without a gap */
    int sample;          /* scumble_sample */
    int channels;        /* scumble_channels */
} scumble_pixels;

/* A picture of these pixels, which are only read (and copied). Values outside of 0..1 are clamped, not-a-numbers and
 * infinities refused with SCUMBLE_ERR_ARGUMENT. Its bit depth is 8 for 8-bit values and else 16. */
SCUMBLE_API int scumble_image_from_pixels(scumble *s, const scumble_pixels *pixels, scumble_image **image);
/* Writes the picture into the memory that pixels->data points to; width and height must be the picture's. Values are
 * rounded to the nearest; grey is the luma of ITU-R BT.601 (0.299 R + 0.587 G + 0.114 B). Channels without alpha get
 * the colours as they are. */
SCUMBLE_API int scumble_image_to_pixels(scumble *s, const scumble_image *image, const scumble_pixels *pixels);

/* The picture that an encoded file holds, in memory: as scumble_image_load, which says what formats there are. */
SCUMBLE_API int scumble_image_from_bytes(scumble *s, const void *bytes, size_t size_bytes, scumble_image **image);
/* An encoded file in memory, as scumble_image_save writes it; format is an extension, "png". options NULL: all zero.
 * The caller frees *bytes with scumble_bytes_free. */
SCUMBLE_API int scumble_image_to_bytes(scumble *s, const scumble_image *image, const char *format,
                                       const scumble_save_options *options, void **bytes, size_t *size_bytes);
/* Frees what a function of the library gave as bytes, and sets the pointer to NULL, which is accepted too. */
SCUMBLE_API void scumble_bytes_free(void **bytes);

#ifdef __cplusplus
}
#endif

#endif
