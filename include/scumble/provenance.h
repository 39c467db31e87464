/* SPDX-License-Identifier: MIT */
/* Rights and provenance: what the metadata of inputs says of their rights, and where a picture that scumble made comes
 * from. In short:
 *
 *     const scumble_rights *rights;
 *     if (!scumble_rights_read(s, "painting.jpg", &rights) && rights->reserved)
 *         printf("painting.jpg %s: %s\n", rights->reserved, rights->summary);
 *
 * Recipes (scumble_run_recipe, scumble_painter_recipe) hold what the metadata of the inputs said. When
 * scumble_image_save gets a recipe, it also writes this as XMP that other programs read: IPTC's digital source type
 * "composite with trained algorithmic media", the sources with their SHA-256 and rights, the photo's creator and
 * rights, the network and its licence. doc/provenance.md lists the fields. All of this is what files say of themselves:
 * nothing is proven, and none of it is legal advice. The conventions are those of scumble.h. */
#ifndef SCUMBLE_PROVENANCE_H
#define SCUMBLE_PROVENANCE_H

#include "scumble/scumble.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a file says of its rights. Texts are UTF-8 on one line of at most 999 bytes, and "" when nothing is said. All of
 * it belongs to the context, until its next call that gives rights; fields may be added at its end. When several places
 * say something (XMP, IPTC, EXIF, PNG's texts), their texts are joined by "; ". */
typedef struct scumble_rights {
    const char *creator;     /* XMP dc:creator, IPTC By-line, EXIF Artist, PNG Author */
    const char *notice;      /* the copyright notice: XMP dc:rights, IPTC Copyright Notice, EXIF and PNG Copyright */
    const char *licence;     /* XMP xmpRights:UsageTerms, cc:license */
    const char *statement;   /* an address with the terms: XMP xmpRights:WebStatement */
    const char *credit;      /* XMP photoshop:Credit, IPTC Credit */
    const char *marked;      /* "True": under copyright; "False": in the public domain. XMP xmpRights:Marked */
    const char *data_mining; /* XMP plus:DataMining */
    const char *source_type; /* XMP Iptc4xmpExt:DigitalSourceType */
    const char *summary;     /* everything that concerns rights in one line of at most 399 bytes */
    /* how it reserves rights, as the end of a sentence ("reserves all rights"); NULL when it does not */
    const char *reserved;
} scumble_rights;

/* What the metadata of a picture says of its rights. Only the head of the file is read; pixels are not decoded. When
 * the file cannot be read, *rights has only "" and NULL.
 *
 * A picture reserves rights in four cases: when notice, licence or statement say "all rights reserved"; when they name
 * a Creative Commons licence that forbids derivatives (ND); when data mining is prohibited; and when they, or marked,
 * speak of rights and no text names open terms. Open are the public domain, CC0, "no known copyright restrictions", CC
 * BY and CC BY-SA, also for non-commercial use (NC), which the summary then says. This is a reading of words, in
 * English and of a few phrases in German and French. */
SCUMBLE_API int scumble_rights_read(scumble *s, const char *path, const scumble_rights **rights);
/* What a recipe, or the training of a painter (scumble_painter_info.training), says of the rights of its index-th style
 * or painting. *name: the name of its file without folders ("" = it was not a file), which belongs to the context too;
 * name may be NULL. SCUMBLE_ERR_NOT_FOUND past the last one. */
SCUMBLE_API int scumble_rights_of_style(scumble *s, const char *json, int index, const char **name,
                                        const scumble_rights **rights);

/* A copy of a recipe that records which permission its user has for the styles, in the user's own words (up to 2000
 * bytes of UTF-8). Free *permitted with scumble_text_free. */
SCUMBLE_API int scumble_recipe_permit(scumble *s, const char *json, const char *permission, char **permitted);

/* 1 when the name's ending is that of a format that can hold metadata; else 0. For the others (PPM, JPEG 2000), and
 * when a recipe is too long for JPEG, scumble_image_save writes the recipe to PATH.json beside the picture;
 * scumble_recipe_load and scumble_provenance_read look for it there. */
SCUMBLE_API int scumble_image_keeps_metadata(const char *path);

/* 1 when a picture says that scumble made it, by its recipe or by the mark of origin that stays when there is none. 0
 * when it does not say so, and when it is no picture. Only the head of the file is read. */
SCUMBLE_API int scumble_image_made_here(scumble *s, const char *path);

/* Everything that is known of a file (a picture, a recipe's JSON file, a checkpoint or a painter), compared with its
 * sources, as a JSON object with
 *   file
 *   rights: what its own metadata says, with `places`, where each part is said
 * and, if scumble made it,
 *   tool
 *   permission
 *   encoder or painter: name, licence, source, sha256
 *   sources, each with role (content, style, style mask, mask, protect, palette, start, painting, encoder, painter),
 *     name, path, sha256, weight, rights, and status: "matches" or "differs", with the `file` that it was compared
 *     with, or else "not given"
 *   unknown: files that were given and are none of the sources
 *   recipe
 * files: what the sources are compared with. A file belongs to the source of the same content, or else of the same
 * name. When count is 0, the sources are looked for at the recorded paths, from the working folder or beside the file.
 * *verified: 1 when no source differs and no file is unknown, else 0; verified may be NULL. Free *json with
 * scumble_text_free. */
SCUMBLE_API int scumble_provenance_read(scumble *s, const char *path, const char *const *files, int count, char **json,
                                        int *verified);

#ifdef __cplusplus
}
#endif
#endif
