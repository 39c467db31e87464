/* SPDX-License-Identifier: MIT */
/* What a picture's metadata says of rights: collected from XMP, IPTC, EXIF and the texts of PNG, each text cleaned and
 * bounded, and judged. And what scumble says of a picture that it made, for the XMP packet. All that is read here was
 * written by others: nothing of it is trusted. */
#ifndef SC_MEDIA_RIGHTS_H
#define SC_MEDIA_RIGHTS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum sc_right {
    SC_RIGHT_CREATOR,     /* XMP dc:creator, IPTC By-line, EXIF Artist, PNG and TGA Author */
    SC_RIGHT_NOTICE,      /* XMP dc:rights, IPTC Copyright Notice, EXIF and PNG Copyright, owner of OpenEXR */
    SC_RIGHT_LICENCE,     /* XMP xmpRights:UsageTerms, cc:license */
    SC_RIGHT_STATEMENT,   /* XMP xmpRights:WebStatement */
    SC_RIGHT_CREDIT,      /* XMP photoshop:Credit, IPTC Credit */
    SC_RIGHT_MARKED,      /* XMP xmpRights:Marked: "True" or "False" */
    SC_RIGHT_DATA_MINING, /* XMP plus:DataMining, a term of PLUS' vocabulary */
    SC_RIGHT_SOURCE_TYPE, /* XMP Iptc4xmpExt:DigitalSourceType, a term of IPTC's vocabulary */
    SC_RIGHT_COUNT
} sc_right;

enum { SC_RIGHT_BYTES = 1000, SC_SUMMARY_BYTES = 400 }; /* with the NUL */

typedef enum sc_rights_place {
    SC_RIGHTS_XMP = 1,
    SC_RIGHTS_IPTC = 2,
    SC_RIGHTS_EXIF = 4,
    SC_RIGHTS_TEXT = 8,
    SC_RIGHTS_EXR = 16
} sc_rights_place;

/* Plain values, free to copy; {0} says nothing. Texts are valid UTF-8 on one line, without control characters; "" = not
 * said. */
typedef struct sc_rights {
    char text[SC_RIGHT_COUNT][SC_RIGHT_BYTES];
    unsigned char places[SC_RIGHT_COUNT]; /* where it is said: SC_RIGHTS_... */
    bool made_here;                       /* no right: XMP xmp:CreatorTool names scumble */
} sc_rights;

/* "creator", "notice", ...: as in JSON. */
const char *sc_right_name(sc_right right);
/* Notes a text of `size` bytes in any encoding, up to its first NUL: UTF-8, or else taken for Latin-1. Blank texts, and
 * those that are there already, are left out; others are appended to what is there, so that no place hides what another
 * says. What does not fit is cut, and "…" tells of it. */
void sc_rights_add(sc_rights *rights, sc_right right, sc_rights_place place, const void *text, size_t size);
/* The cleaning alone: of `size` bytes in any encoding, valid UTF-8 on one line in out (`room` bytes with the NUL),
 * without control characters, blanks joined and trimmed, with "…" where it is cut. */
void sc_rights_clean(const char *text, size_t size, char *out, size_t room);
/* Nothing is said. */
bool sc_rights_empty(const sc_rights *rights);

/* Whether the texts reserve rights that making and using a picture in this style would touch; why, as the end of a
 * sentence that begins with the picture, or NULL. It looks at the notice, the licence and the web statement, in
 * capitals or not:
 * - "All rights reserved" does, whatever else is said; so does a Creative Commons licence without derivatives (ND), and
 * a prohibition of data
 *   mining;
 * - the public domain, CC0, "no known copyright restrictions" and CC BY or BY-SA, with NC or without, do not (see
 * sc_rights_noncommercial);
 * - only of a text that is whole: what is cut may end otherwise;
 * - xmpRights:Marked True, and any other notice, licence or statement, do: a text that is not known to be open is not.
 * A creator or a credit alone
 *   reserves nothing. It is a reading of words, not of the law. */
const char *sc_rights_reserved(const sc_rights *rights);
/* A Creative Commons licence for non-commercial use is named. */
bool sc_rights_noncommercial(const sc_rights *rights);
/* All on one line, cut to what fits: "© 2020 A. Painter; by A. Painter; CC BY 4.0". "" when nothing is said of rights.
 */
void sc_rights_summary(const sc_rights *rights, char line[SC_SUMMARY_BYTES]);

/* The readers. See tags.h for what they read. */
void sc_rights_from_iptc(sc_rights *rights, const void *data, size_t size);
/* Artist and Copyright. */
void sc_rights_from_tiff(sc_rights *rights, const void *data, size_t size);

/* One file that a picture was made from. */
typedef struct sc_origin {
    const char *role, *name, *sha256; /* "style", "scream.jpg", 64 hex digits or "" */
    sc_rights rights;
} sc_origin;

/* Of what is made here. IPTC's vocabulary, as of 2024-09-17: "Edited using Generative AI", before that "Composite with
 * Trained Algorithmic Media". */
#define SC_SOURCE_TYPE "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"

/* What the XMP packet of a picture that was made here says, next to its recipe. Borrowed; NULL = not known. */
typedef struct sc_provenance {
    const char *tool;         /* "scumble 0.1.0" */
    const char *network_kind; /* "encoder" or "painter": how the next four are called */
    const char *network, *network_licence, *network_source, *network_sha256;
    const char *permission;   /* what the user said of the permission to use a style */
    const sc_origin *origins; /* the first whose role is "content" hands its rights on */
    int origin_count;
} sc_provenance;

#endif
