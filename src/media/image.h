/* SPDX-License-Identifier: MIT */
/* Pictures in and out. The only users of libvips are the image*.c files beside this header.
 *
 * In memory a picture is sRGB (with its transfer curve), 3 channels, float32 in 0..1, rows top to bottom, values
 * RGBRGB... (the layout of a (1, 3, h, w) tensor), plus an optional alpha plane and what the output should inherit.
 * Pixels never pass through 8 bits when the source is deeper. What a wide profile has beyond sRGB is kept beside that,
 * for an output in that profile: networks and measures see 0..1. */
#ifndef SC_MEDIA_IMAGE_H
#define SC_MEDIA_IMAGE_H

#include <stdint.h>

#include "core/error.h"
#include "core/need.h"
#include "core/threads.h"
#include "media/details.h"
#include "media/light.h"
#include "media/rights.h"

typedef struct sc_image {
    int width, height;
    float *rgb; /* height * width * 3, owned, a big buffer (core/memory.h) */
    float *
        alpha; /* height * width in 0..1, straight (not premultiplied), owned, big; NULL = opaque. Colours that it hides
                  say nothing: reading and resizing put a continuation of the visible ones there (image_alpha.h) */
    float *beyond; /* height * width * 3, owned, big: rgb + beyond are the colours where sRGB does not have them, below
                      0 or above 1, by its curve made odd; 0 where it has them; NULL = everywhere */
    int bits;      /* 8 or 16: of the source (16 for anything deeper than 8) */
    void *icc;     /* the source's own profile, owned; NULL = none (or one that is sRGB in effect) */
    size_t icc_bytes;
    char sha256[65];     /* of the file that it was read from, 64 hex digits; "" = it was not */
    char *recipe;        /* text found in the metadata field for recipes, owned; NULL = none */
    char *note;          /* a sentence on what was unusual about the file, for the user; owned; NULL = nothing */
    sc_rights *rights;   /* what the metadata says of them, owned; NULL = nothing */
    sc_details *details; /* resolution, date, camera, caption ... from the metadata, owned; NULL = nothing */
    sc_light *light;     /* of an OpenEXR file: its curve, header and other channels; shared; NULL = it was none */
} sc_image;

typedef struct sc_image_limits {
    int64_t max_pixels;  /* refuse larger pictures; 0 = SC_IMAGE_MAX_PIXELS */
    bool vector;         /* read SVG and PDF too, in a child process */
    int decode_s;        /* how long reading may take; 0 = SC_IMAGE_DECODE_S, and a second for each megapixel */
    sc_threads *threads; /* that convert, and that may be cancelled; NULL = none but the caller */
    float light_most;    /* the brightest that the curve of scene light has (light.h); 0 = by the picture's own */
} sc_image_limits;
#define SC_IMAGE_MAX_PIXELS 400000000
#define SC_IMAGE_DECODE_S 120

/* Between them a context is open: then libvips' remarks go nowhere, where it is ours alone. end: whether it was the
 * last. */
void sc_media_begin(void);
bool sc_media_end(void);
/* Loads and starts libvips, once per process; where the program has not loaded it before, switches its operation cache
 * off and its remarks to silence. Thread-safe. What reads, writes, resizes or draws calls it. SCUMBLE_ERR_INTERNAL
 * without libvips. */
int sc_media_init(sc_error *err);

/* Reads PNG, JPEG, WebP, TIFF, GIF, HEIC, AVIF, JPEG XL, JPEG 2000, PPM/PFM, Radiance HDR and, if the limits
 * say so, SVG and PDF, as far as libvips was built with them; OpenEXR (exr.h), BMP and TGA. The bytes decide, not the
 * name. EXIF orientation applied; an ICC profile is converted to sRGB; CMYK, grey and palette accepted; animated
 * pictures and documents give their first frame or page. High dynamic range is clipped at white, but that of OpenEXR is
 * compressed so that it can be undone (light.h). A damaged or truncated file is an
 * error (but a JPEG that lacks its end marker alone is read, with a note), and so is one that takes too long (between
 * strips of rows; what is drawn in a child process at any moment). limits may be NULL.
 * On failure *image is zeroed. */
int sc_image_load(sc_image *image, const char *path, const sc_image_limits *limits, sc_error *err);
int sc_image_load_memory(sc_image *image, const void *data, size_t size_bytes, const sc_image_limits *limits,
                         sc_error *err);
/* Of an opaque picture of this size within sRGB; wide numbers, for estimates. */
static inline int64_t sc_image_bytes(int width, int height)
{
    return (int64_t)width * height * 3 * (int64_t)sizeof(float);
}
/* What a picture that is there takes. */
sc_need sc_image_need(const sc_image *image);
/* The work of reading and of writing a file, in pixels that are resized, for each of its pixels (a JPEG of 4 million
 * was read in 0.1 s, a PNG of 0.2 million written in 0.04). */
#define SC_IMAGE_LOAD_PIXELS 1.5
#define SC_IMAGE_SAVE_PIXELS 12
/* Frees what image owns and zeroes it; harmless on a zeroed one. */
void sc_image_free(sc_image *image);
/* Black (and transparent, where there is alpha), 8 bits. */
int sc_image_create(sc_image *image, int width, int height, bool alpha, sc_error *err);
/* Gives result, of the photo's size, what it inherits: alpha, bit depth, ICC profile, details, light; a recipe and
 * rights that it has are dropped. A note says when other channels are lost, for the photo has not its file's size. */
int sc_image_inherit(sc_threads *threads, sc_image *result, const sc_image *photo, sc_error *err);
/* Gives result, of the photo's size, what the photo has beyond sRGB where the photo is left: of pixel i the share 1 -
 * painted * coverage[i]. coverage NULL: 1 everywhere. */
int sc_image_keep_beyond(sc_threads *threads, sc_image *result, const sc_image *photo, float painted,
                         const float *coverage, sc_error *err);
/* Width and height as sc_image_load would give them, from the header only, however large; bits too, but of OpenEXR with
 * float channels 32. Any pointer may be NULL. */
int sc_image_probe(const char *path, const sc_image_limits *limits, int *width, int *height, int *bits, bool *alpha,
                   sc_error *err);
/* What the metadata says of rights, and the recipe in it (NULL = none; caller frees; the pointer may be NULL), from the
 * header only, however large. */
int sc_image_read_rights(const char *path, sc_rights *rights, char **recipe, sc_error *err);

typedef struct sc_image_save_options {
    /* 0: 16 when image->bits is 16 and the format can, else 8; 8; 16; 32 (refused where the format cannot). OpenEXR has
     * 16 (half) or 32 (float), and 0 means its source's, else 16. */
    int bits;
    int quality;   /* JPEG, WebP, HEIC, AVIF, JPEG XL, JPEG 2000: 1..100; 0 = 92; 100 = lossless in WebP, JXL and JP2 */
    bool keep_icc; /* convert back into image->icc, with what is beyond sRGB, and embed that, where it is an RGB
                      profile; else sRGB is embedded */
    bool keep_gps; /* write what image->details says of the place, too; all else that it says is written as far as the
                      format carries it */
    const char *recipe; /* text to store in the metadata (UTF-8); NULL = none. Where the format has none (see
                           sc_image_keeps_recipe), or too little room for it (JPEG, 64 kB), it is written to a file
                           beside the picture: see sc_image_sidecar */
    const sc_provenance *provenance; /* for the metadata too; NULL = none */
    const char *format;              /* an extension of those below; NULL = the name's */
    const sc_threads *threads;       /* as many encode, and they may be cancelled; NULL = none but the caller */
} sc_image_save_options;
/* The format follows the name's extension: png, jpg, webp, tif, avif, heic, jxl, jp2, exr, ppm. Written to a temporary
 * file and renamed (into a pipe, a device or a descriptor of this process it is written straight, once it is whole); on
 * failure nothing is left and an older file stays. Values are clamped to 0..1 and rounded to nearest, NaN is 0. Alpha
 * is blended over white only where the format has none. options may be NULL. */
int sc_image_save(const sc_image *image, const char *path, const sc_image_save_options *options, sc_error *err);
/* Where sc_image_save writes a recipe that the picture has no room for: path and ".json". Caller frees; NULL when out
 * of memory. */
char *sc_image_sidecar(const char *path);
/* Encodes as PNG in memory, with sc_image_save's defaults; caller frees *data with free(). */
int sc_image_encode_png(const sc_image *image, void **data, size_t *size_bytes, sc_error *err);

/* Antialiased resize (per axis: Lanczos 3 when shrinking, cubic when enlarging, a copy when equal), result clamped to
 * 0..1; alpha too, with colours weighted by it, and what is hidden filled; what is beyond sRGB, unbounded. *out is made
 * anew and inherits bits, icc, recipe, rights, light and details (the resolution, too: the same dots per inch). Same
 * bytes at any thread count. */
int sc_image_resize(sc_threads *threads, const sc_image *image, int width, int height, sc_image *out, sc_error *err);
/* The same for a picture that repeats: what lies beyond an edge is what lies within the opposite one. */
int sc_image_resize_tile(sc_threads *threads, const sc_image *image, int width, int height, sc_image *out,
                         sc_error *err);

/* One line of black text on transparent ground, `height` pixels high and as wide as its letters, in the system's font.
 * Only captions should depend on it. text: UTF-8. SCUMBLE_ERR_UNSUPPORTED without Pango or a font, or where there is
 * nothing to draw (blanks). */
int sc_image_text(sc_image *image, const char *text, int height, sc_error *err);

/* True when the extension names a format that this build can write / a format that this build can read. */
bool sc_image_writable(const char *path);
bool sc_image_readable_name(const char *path);
/* True when the extension names a format that is known at all; loads nothing. */
bool sc_image_known_name(const char *path);
/* True when the extension names a format whose files can carry a recipe (all but PPM and JPEG 2000). */
bool sc_image_keeps_recipe(const char *path);

#endif
