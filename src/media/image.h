/* SPDX-License-Identifier: MIT */
/* Pictures in and out. The only user of libvips is image.c.
 *
 * In memory a picture is sRGB (with its transfer curve), 3 channels, float32 in 0..1 (never clamped on the way in,
 * so that 16-bit survives), rows top to bottom, values RGBRGB... (the layout of a (1, 3, h, w) tensor), plus an optional
 * alpha plane and what the output should inherit. */
#ifndef SC_MEDIA_IMAGE_H
#define SC_MEDIA_IMAGE_H

#include "core/error.h"

typedef struct sc_image {
    int width, height;
    float *rgb;        /* height * width * 3, owned, 64-byte aligned */
    float *alpha;      /* height * width in 0..1, owned; NULL = opaque */
    int bits;          /* 8 or 16: of the source */
    void *icc;         /* the source's own profile, owned; NULL = none (or sRGB) */
    size_t icc_bytes;
    char *recipe;      /* text found in the metadata field for recipes; NULL = none */
} sc_image;

typedef struct sc_image_limits {
    int64_t max_pixels; /* refuse larger pictures; 0 = 400 million */
} sc_image_limits;

/* Called once per process before anything else here (thread-safe, repeated calls are harmless). */
int sc_media_init(sc_error *err);

/* Reads any format that libvips was built with. EXIF orientation applied; an ICC profile is converted to sRGB; CMYK, grey, palette
 * accepted; animated pictures give their first frame. */
int sc_image_load(sc_image *image, const char *path, const sc_image_limits *limits, sc_error *err);
int sc_image_load_memory(sc_image *image, const void *data, size_t size_bytes, const sc_image_limits *limits, sc_error *err);
void sc_image_free(sc_image *image);
int sc_image_create(sc_image *image, int width, int height, bool alpha, sc_error *err);
/* Width and height as sc_image_load would give them, from the header only. */
int sc_image_probe(const char *path, int *width, int *height, int *bits, bool *alpha, sc_error *err);

typedef struct sc_image_save_options {
    int bits;             /* 0: 16 when image->bits is 16 and the format can, else 8; 8; 16 */
    int quality;          /* JPEG, WebP, AVIF: 1..100; 0 = 92 */
    bool keep_icc;        /* convert back into image->icc and embed that; else sRGB is embedded */
    const char *recipe;   /* text to store in the metadata; NULL = none */
} sc_image_save_options;
/* The format follows the name's extension. Written to a temporary file and renamed. Alpha is dropped (blended over white) only where the format has none. */
int sc_image_save(const sc_image *image, const char *path, const sc_image_save_options *options, sc_error *err);
/* Encodes as PNG in memory; caller frees *data with free(). */
int sc_image_encode_png(const sc_image *image, void **data, size_t *size_bytes, sc_error *err);

/* Antialiased resize (Lanczos 3 when shrinking, cubic when enlarging); alpha too. *out is made anew. Same bytes at any thread count. */
int sc_image_resize(const sc_image *image, int width, int height, sc_image *out, sc_error *err);

/* True when the extension names a format that can be written / a file name looks like a picture that can be read. */
bool sc_image_writable(const char *path);
bool sc_image_readable_name(const char *path);

#endif
