/* SPDX-License-Identifier: MIT */
/* Pictures from and to the memory of a program: pixels as they lie there, whatever their kind, order and rows; and
 * encoded files.
 *
 *     scumble_pixels mine = { .size = sizeof mine, .data = buffer, .width = w, .height = h, .row_bytes = 4 * w,
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

/* Which channels a pixel has, in their order in memory. X is a channel that is ignored when it is read, and opaque when
 * it is written. */
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

/* Pixels in memory. Only the values themselves need to be aligned. */
typedef struct scumble_pixels {
    size_t size;       /* sizeof(scumble_pixels) */
    void *data;        /* the first value of the upper left pixel */
    int width, height; /* 1..65535 */
    int64_t row_bytes; /* from a row to the one below it; negative when the rows lie bottom up; 0 = one after the
                          other without a gap */
    int sample;        /* scumble_sample */
    int channels;      /* scumble_channels */
} scumble_pixels;

/* Makes a picture from these pixels, which are copied. Values outside 0..1 are clamped; infinities and what is not a
 * number are refused with SCUMBLE_ERR_ARGUMENT. The picture's bit depth is 8 for 8-bit values, and else 16. */
SCUMBLE_API int scumble_image_from_pixels(scumble *s, const scumble_pixels *pixels, scumble_image **image);
/* Writes the picture into the memory that pixels->data points to; width and height must be those of the picture. Values
 * are rounded to the nearest. Grey is the luma of ITU-R BT.601 (0.299 R + 0.587 G + 0.114 B). Without an alpha channel,
 * colours are written as they are. */
SCUMBLE_API int scumble_image_to_pixels(scumble *s, const scumble_image *image, const scumble_pixels *pixels);

/* Reads a picture from an encoded file in memory, in the formats of scumble_image_load. */
SCUMBLE_API int scumble_image_from_bytes(scumble *s, const void *bytes, size_t size_bytes, scumble_image **image);
/* Encodes a picture as scumble_image_save would write it, in memory. format: an extension, such as "png". options may
 * be NULL: all zero. The caller frees *bytes with scumble_bytes_free. */
SCUMBLE_API int scumble_image_to_bytes(scumble *s, const scumble_image *image, const char *format,
                                       const scumble_save_options *options, void **bytes, size_t *size_bytes);
/* Frees bytes that a function of the library gave, and sets the pointer to NULL; it accepts NULL. */
SCUMBLE_API void scumble_bytes_free(void **bytes);

#ifdef __cplusplus
}
#endif

#endif
