/* SPDX-License-Identifier: MIT */
/* What the image*.c files share: the table of formats, libvips' error text, the metadata packet. */
#ifndef SC_MEDIA_IMAGE_INTERNAL_H
#define SC_MEDIA_IMAGE_INTERNAL_H

#include "media/image.h"

typedef enum sc_format_id {
    SC_FORMAT_PNG,
    SC_FORMAT_JPEG,
    SC_FORMAT_WEBP,
    SC_FORMAT_TIFF,
    SC_FORMAT_AVIF,
    SC_FORMAT_HEIC,
    SC_FORMAT_JXL,
    SC_FORMAT_JP2,
    SC_FORMAT_PPM,
    SC_FORMAT_GIF,
    SC_FORMAT_HDR,
    SC_FORMAT_EXR,
    SC_FORMAT_SVG,
    SC_FORMAT_PDF,
    SC_FORMAT_BMP,
    SC_FORMAT_TGA,
    SC_FORMAT_COUNT
} sc_format_id;

typedef struct sc_format_info {
    sc_format_id id;
    const char *name;       /* as in a sentence: "PNG" */
    const char *extensions; /* "jpg jpeg", lower case; the first is the usual one */
    const char *load;       /* libvips operation that reads from a source; NULL: image_bitmap.h or exr.h reads it */
    const char *save; /* libvips operation that writes to a target; NULL = not written, but exr.h writes OpenEXR */
    int max_side;     /* what the file format can hold */
    bool alpha, deep, metadata; /* when writing: can it hold alpha, 16 bits a channel, an XMP packet */
    bool vector;                /* a program rather than pixels: may compute for ever */
} sc_format_info;

#define SC_SNIFF_BYTES 1024
/* The format that the first bytes of a file show; NULL when unknown. */
const sc_format_info *sc_format_sniff(const uint8_t *head, size_t size_bytes);
/* TGA has no signature: a file is taken for one when its head can be one, and its name (path, may be NULL) or its last
 * bytes say so. NULL when it is none. */
const sc_format_info *sc_format_sniff_tga(const uint8_t *head, size_t size_bytes, const char *path, bool footer);
/* What a file is that is known and not read: "a Photoshop document (PSD)"; NULL when that is unknown too. */
const char *sc_format_foreign(const uint8_t *head, size_t size_bytes);
/* The format that the extension of a path names; NULL when unknown. */
const sc_format_info *sc_format_of_name(const char *path);
/* Whether this build of libvips has the operation. */
bool sc_format_loads(const sc_format_info *format);
bool sc_format_saves(const sc_format_info *format);
/* "png, jpg, ..." of what can be written / "PNG, JPEG, ..." of what can be read. */
void sc_format_list_writable(char *text, size_t size);
void sc_format_list_readable(char *text, size_t size);

/* Fails with "<formatted>: <libvips' error text on one line>", and clears that text. code is replaced by
 * SCUMBLE_ERR_MEMORY when the text says so. */
int sc_fail_vips(sc_error *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* An XMP packet whose property scumble:recipe is the text, that says where the picture comes from, and the photo's
 * details (where it was taken only with keep_place); any of the three may be NULL. Caller frees; NULL when out of
 * memory. */
char *sc_xmp_write(const char *recipe, const sc_provenance *provenance, const sc_details *details, bool keep_place);
/* What the packet, of at most 8 MiB, says of rights is added to *rights, and its details to *details, which may be
 * NULL. Returns the recipe in it; NULL when there is none (or no memory). Caller frees. */
char *sc_xmp_read(const void *packet, size_t size_bytes, sc_rights *rights, sc_details *details);
/* JPEG XL: the head of a file that carries the packet, made once the encoder's first bytes are known. The file is this
 * head, then the encoder's bytes from *skip on. Caller frees; NULL when out of memory. */
uint8_t *sc_jxl_head(const void *encoded, size_t encoded_bytes, const char *packet, size_t *head_bytes, size_t *skip);
/* As sc_xmp_read, of a whole JPEG XL file with its XMP and EXIF. */
char *sc_jxl_read(const void *data, size_t size_bytes, sc_rights *rights, sc_details *details);
/* Whether a whole JPEG file has an end marker behind its header (libjpeg makes up what is missing in the last rows). */
bool sc_jpeg_complete(const void *data, size_t size_bytes);
/* Whether the head of a PPM (PGM, PFM ...) names a width and a height that can be. */
bool sc_ppm_has_size(const uint8_t *head, size_t size_bytes);

/* EXIF orientation, 1..8. */
struct _VipsImage;
int sc_image_orientation(struct _VipsImage *image);
/* details becomes image's (libvips') resolution, where it has one, in the picture's upright position. */
void sc_details_settle(sc_details *details, struct _VipsImage *image);
/* Sets the fields of which libvips makes EXIF: the colour space, and the details (NULL = none). */
void sc_details_to_vips(const sc_details *details, bool keep_place, bool srgb, struct _VipsImage *out);
/* rgb, and alpha and what is beyond where `from` has them; `to` has room for all that. */
int sc_image_copy_pixels(sc_threads *threads, const sc_image *from, sc_image *to, sc_error *err);
/* Gives `to` a copy of from's details, in place of its own. */
int sc_image_copy_details(const sc_image *from, sc_image *to, sc_error *err);

#endif
