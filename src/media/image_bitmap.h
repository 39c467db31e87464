/* SPDX-License-Identifier: MIT */
/* The readers of BMP and TGA, which libvips has only through ImageMagick. Bytes in, 8-bit RGBA out; any bytes are safe,
 * and memory is taken only when the file holds enough for the size it names. For image_load.c, and within it. */
#ifndef SC_MEDIA_IMAGE_BITMAP_H
#define SC_MEDIA_IMAGE_BITMAP_H

#include "media/image_internal.h"
#include "media/vips_library.h"

/* What a header says. */
typedef struct sc_bitmap {
    int width, height; /* 1..SC_BITMAP_MAX_SIDE */
    bool alpha;        /* there is an alpha channel; of pixels that were read: and it is not 0 everywhere */
} sc_bitmap;

enum { SC_BITMAP_MAX_SIDE = 10000000 }; /* libvips' limit */

/* The header, and, unless rgba is NULL, the pixels: width * height * 4 bytes, rows from the top, alpha not
 * premultiplied (255 where there is none). Free them with sc_big_free. `name` is how sentences call the file. */
int sc_bmp_read(const uint8_t *file, size_t size_bytes, const char *name, sc_bitmap *bitmap, uint8_t **rgba,
                sc_error *err);
int sc_tga_read(const uint8_t *file, size_t size_bytes, const char *name, sc_bitmap *bitmap, uint8_t **rgba,
                sc_error *err);

/* TGA has no signature: whether the head (18 bytes) can be one, and whether the last 26 bytes of a file are the footer
 * of TGA 2.0. */
enum { SC_TGA_FOOTER_BYTES = 26 };
bool sc_tga_plausible(const uint8_t *head, size_t size_bytes);
bool sc_tga_footer(const uint8_t *tail, size_t size_bytes);
/* The author that the extension area of TGA 2.0 names. */
void sc_tga_rights(sc_rights *rights, const uint8_t *file, size_t size_bytes);

/* The file as an image of libvips: without pixels (pixels NULL), or over *pixels, which must outlive it and is freed
 * with sc_big_free. */
int sc_bitmap_open(sc_format_id id, const uint8_t *file, size_t size_bytes, const char *name, VipsImage **image,
                   uint8_t **pixels, sc_error *err);

/* ---- for the two readers ---- */

static inline uint32_t sc_le16(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static inline uint32_t sc_le32(const uint8_t *p)
{
    return sc_le16(p) | sc_le16(p + 2) << 16;
}

/* A value of 0..most as 0..255, rounded. most > 0. */
static inline uint8_t sc_bitmap_scale(uint32_t value, uint32_t most)
{
    return (uint8_t)(((uint64_t)value * 255 + most / 2) / most);
}

/* Fails unless both sides are possible; then they are in *bitmap. */
int sc_bitmap_size(sc_bitmap *bitmap, int64_t width, int64_t height, const char *name, const char *kind, sc_error *err);
/* Alpha that is 0 everywhere says nothing: it becomes opaque, and bitmap->alpha false. */
void sc_bitmap_settle_alpha(sc_bitmap *bitmap, uint8_t *rgba);

#endif
