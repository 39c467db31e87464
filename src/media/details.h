/* SPDX-License-Identifier: MIT */
/* What a photo's metadata says of it that does no harm and is worth keeping: resolution, when and with what it was
 * taken, caption, keywords; and where, which is written only when asked for. One table names all that is kept, with its
 * place in EXIF, IPTC and XMP; what is not in it (thumbnails, maker notes, serial numbers, owners, unique identifiers,
 * ...) is dropped. Rights are rights.h's. All that is read here was written by others: nothing of it is trusted. */
#ifndef SC_MEDIA_DETAILS_H
#define SC_MEDIA_DETAILS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/tags.h"

typedef enum sc_detail {
    SC_DETAIL_ACROSS, /* dots per unit, as EXIF has them: 300/1 */
    SC_DETAIL_DOWN,
    SC_DETAIL_UNIT, /* 2: inch, 3: centimetre */
    SC_DETAIL_CAPTION,
    SC_DETAIL_TITLE,
    SC_DETAIL_HEADLINE,
    SC_DETAIL_KEYWORDS,
    SC_DETAIL_MAKE,
    SC_DETAIL_MODEL,
    SC_DETAIL_LENS_MAKE,
    SC_DETAIL_LENS_MODEL,
    SC_DETAIL_TAKEN,
    SC_DETAIL_TAKEN_ZONE, /* a zone follows its date */
    SC_DETAIL_DIGITISED,
    SC_DETAIL_DIGITISED_ZONE,
    SC_DETAIL_EXPOSURE_TIME,
    SC_DETAIL_F_NUMBER,
    SC_DETAIL_EXPOSURE_PROGRAM,
    SC_DETAIL_ISO,
    SC_DETAIL_EXPOSURE_BIAS,
    SC_DETAIL_METERING_MODE,
    SC_DETAIL_FLASH,
    SC_DETAIL_FOCAL_LENGTH,
    SC_DETAIL_FOCAL_LENGTH_35,
    SC_DETAIL_EXPOSURE_MODE,
    SC_DETAIL_WHITE_BALANCE,
    SC_DETAIL_LATITUDE, /* its letter follows an angle */
    SC_DETAIL_LATITUDE_LETTER,
    SC_DETAIL_LONGITUDE,
    SC_DETAIL_LONGITUDE_LETTER,
    SC_DETAIL_ALTITUDE,
    SC_DETAIL_ALTITUDE_REFERENCE,
    SC_DETAIL_COUNT
} sc_detail;

typedef enum sc_detail_kind {
    SC_DETAIL_TEXT,   /* one line */
    SC_DETAIL_LIST,   /* joined by "; " */
    SC_DETAIL_NUMBER, /* 4, 2.8 or 1/100 */
    SC_DETAIL_DATE,   /* 2024:12:31 23:59:59 */
    SC_DETAIL_ZONE,   /* +01:00 */
    SC_DETAIL_ANGLE,  /* degrees, minutes, seconds: 48/1 12/1 30/1 */
    SC_DETAIL_LETTER  /* N, S, E, W */
} sc_detail_kind;

typedef enum sc_xmp_form { SC_XMP_SIMPLE, SC_XMP_ALTERNATIVE, SC_XMP_BAG, SC_XMP_SEQUENCE } sc_xmp_form;

typedef struct sc_detail_info {
    sc_detail_kind kind;
    sc_directory directory;
    uint16_t tag;     /* of EXIF; 0 = it has none */
    const char *exif; /* what libexif calls it; NULL = not written as EXIF, or by the encoder itself */
    uint8_t iptc;     /* data set of record 2; 0 = none */
    const char *xmp;  /* "dc:title"; NULL = none, or part of what stands before it */
    sc_xmp_form form;
} sc_detail_info;

enum { SC_DETAIL_BYTES = 2004 }; /* a caption of IPTC, cut marks and the NUL */

/* Plain values, free to copy; {0} says nothing. Texts are valid UTF-8 on one line; "" = not said. */
typedef struct sc_details {
    char text[SC_DETAIL_COUNT][SC_DETAIL_BYTES];
} sc_details;

/* The table's row. */
const sc_detail_info *sc_detail_row(sc_detail detail);
/* Says where the picture was taken. */
bool sc_detail_is_place(sc_detail detail);
/* The declarations of all prefixes of the table's XMP names: ` xmlns:dc="..." ...`. */
extern const char sc_details_spaces[];

/* Notes a text of `size` bytes in any encoding, up to its first NUL. What is not of the detail's kind is left out; what
 * is there already stays, and lists grow by what they lack. */
void sc_details_add(sc_details *details, sc_detail detail, const void *text, size_t size);
/* The same of a text as XMP has it: dates, zones and angles are written differently there. */
void sc_details_add_xmp(sc_details *details, sc_detail detail, const char *text, size_t size);
/* The detail whose property has this name in Expat's form, "namespace local"; SC_DETAIL_COUNT for none. */
sc_detail sc_detail_of_xmp(const char *name);
/* As XMP has it, of SC_DETAIL_BYTES at most. False when there is nothing to say. */
bool sc_details_xmp_text(const sc_details *details, sc_detail detail, char text[SC_DETAIL_BYTES]);
void sc_details_from_iptc(sc_details *details, const void *data, size_t size);
void sc_details_from_tiff(sc_details *details, const void *data, size_t size);
bool sc_details_empty(const sc_details *details);

/* Dots per millimetre, across and down; false, and nothing is set, when they are not known or absurd. */
bool sc_details_resolution(const sc_details *details, double per_mm[2]);
/* Notes the resolution, whatever was said before. */
void sc_details_set_resolution(sc_details *details, const double per_mm[2]);

#endif
