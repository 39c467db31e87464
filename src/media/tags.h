/* SPDX-License-Identifier: MIT */
/* The structures in which pictures carry metadata, walked: directories of TIFF and EXIF, records of IPTC. What a tag
 * means is for rights.c and details.c. They take what is well-formed, stop at what is not, and read any bytes safely.
 */
#ifndef SC_MEDIA_TAGS_H
#define SC_MEDIA_TAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum sc_directory { SC_DIRECTORY_IMAGE, SC_DIRECTORY_EXIF, SC_DIRECTORY_GPS } sc_directory;
typedef enum sc_tag_type {
    SC_TAG_BYTE = 1,
    SC_TAG_ASCII = 2,
    SC_TAG_SHORT = 3,
    SC_TAG_LONG = 4,
    SC_TAG_RATIONAL = 5,
    SC_TAG_SIGNED_RATIONAL = 10
} sc_tag_type;

/* One tag of a directory; value has `size` bytes: all of its `count` values. */
typedef struct sc_tag {
    sc_directory directory;
    uint32_t tag, type, count;
    const uint8_t *value;
    size_t size;
    bool little; /* the order of bytes */
} sc_tag;

/* The first directory of a TIFF file, which is also what EXIF consists of (TIFF 6.0, section 2), then the EXIF and GPS
 * directories that it names (Exif 2.32, 4.6.3). An "Exif" head may stand before it. Of tags of the types above only. */
void sc_tags_walk(const void *data, size_t size, void (*visit)(void *user, const sc_tag *tag), void *user);
/* An IPTC IIM record list (IIM 4.2, chapter 3), bare or within Photoshop's image resources ("8BIM", resource 0x0404):
 * the data sets of record 2. */
void sc_iptc_walk(const void *data, size_t size, void (*visit)(void *user, int number, const void *text, size_t size),
                  void *user);
/* The unsigned number of 1 to 4 bytes. */
uint32_t sc_tag_number(const uint8_t *p, int bytes, bool little);

#endif
