/* SPDX-License-Identifier: MIT */
/* Rights and provenance: what the metadata of inputs says of their rights, and where a picture that scumble made comes
 * from. In short:
 *
 *     scumble_rights rights;
 *     if (!scumble_rights_read(s, "painting.jpg", &rights) && rights.reserved)
 *         printf("painting.jpg %s: %s\n", rights.reserved, rights.summary);
 *
 * Recipes (scumble_transfer_recipe, scumble_painter_recipe) hold what their pictures' metadata said, and
 * scumble_image_save writes it with them, as XMP that other programs read: IPTC's digital source type "composite with
 * trained algorithmic media", the sources with their SHA-256 and rights, the photo's creator and rights, the network
 * and its licence. doc/provenance.md lists the fields. All of it is what files say of themselves: nothing is proven,
 * and none of it is legal advice. The conventions are those of scumble.h. */
#ifndef SCUMBLE_PROVENANCE_H
#define SCUMBLE_PROVENANCE_H

#include "scumble/scumble.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Texts are UTF-8 on one line, at most 999 bytes, "" where nothing is said, and belong to the context until its next
 * call that fills in a scumble_rights. What several places say (XMP, IPTC, EXIF, PNG's texts) is joined by "; ". */
typedef struct scumble_rights {
    const char *creator;     /* XMP dc:creator, IPTC By-line, EXIF Artist, PNG Author */
    const char *notice;      /* of copyright: XMP dc:rights, IPTC Copyright Notice, EXIF and PNG Copyright */
    const char *licence;     /* XMP xmpRights:UsageTerms, cc:license */
    const char *statement;   /* an address: XMP xmpRights:WebStatement */
    const char *credit;      /* XMP photoshop:Credit, IPTC Credit */
    const char *marked;      /* "True": under copyright; "False": in the public domain. XMP xmpRights:Marked */
    const char *data_mining; /* XMP plus:DataMining */
    const char *source_type; /* XMP Iptc4xmpExt:DigitalSourceType */
    const char *summary;     /* all of rights in one line of at most 399 bytes */
    const char *reserved; /* why it reserves rights, as the end of a sentence ("reserves all rights"), or NULL when it
                             does not: see below */
} scumble_rights;

/* What a picture's metadata says, from the file's head: pixels are not decoded. *rights has "" and NULL on failure.
 *
 * It reserves rights when notice, licence or statement say "all rights reserved"; or name a Creative Commons licence
 * without derivatives (ND); or when data mining is prohibited; or when they, or marked, speak of rights and no text
 * names what is open: the public domain, CC0, "no known copyright restrictions", CC BY, BY-SA, and these for
 * non-commercial use (NC), which the summary says. It is a reading of words, in English and a few phrases of German and
 * French. */
SCUMBLE_API int scumble_rights_read(scumble *s, const char *path, scumble_rights *rights);
/* What a recipe says of its index-th style (of what its painter learnt from), or how a painter was trained
 * (scumble_painter_info.training) of the index-th painting. *name, unless name is NULL: its file's name without folders
 * ("" = not from a file), likewise the context's. SCUMBLE_ERR_NOT_FOUND past the end. */
SCUMBLE_API int scumble_rights_of_style(scumble *s, const char *json, int index, const char **name,
                                        scumble_rights *rights);

/* A copy of a recipe that says which permission its user has for the styles, in the user's words (up to 2000 bytes of
 * UTF-8). Free *permitted with scumble_text_free. */
SCUMBLE_API int scumble_recipe_permit(scumble *s, const char *json, const char *permission, char **permitted);

/* 1 when the name's ending is that of a format whose files can hold metadata. For others (PPM, JPEG 2000), and where a
 * recipe is too long for JPEG, scumble_image_save writes the recipe to a file beside the picture, PATH.json;
 * scumble_recipe_load and scumble_provenance_read look there. */
SCUMBLE_API int scumble_image_keeps_metadata(const char *path);

/* 1 when a picture says that scumble made it: by its recipe, or by the mark of origin that stays without one. From the
 * file's head. 0 when it does not, and for what is no picture. */
SCUMBLE_API int scumble_image_made_here(scumble *s, const char *path);

/* All that is known of a file (a picture, a recipe's JSON file, a checkpoint or a painter), compared with its sources,
 * as JSON:
 *   file; rights: of its own metadata, with `places`, where each is said;
 * and if scumble made it: tool; permission; encoder or painter: name, licence, source, sha256;
 *   sources: role (content, style, style mask, mask, protect, palette, start, painting, encoder, painter), name, path,
 * sha256, weight, rights; and
 *     status: "matches" or "differs", with `file`, when it was compared, else "not given";
 *   unknown: files that were given and are no source;
 *   recipe.
 * files: what to compare with, by content, or by name where no content fits; count 0: what is found at the recorded
 * paths, from the working folder or beside the file. *verified, unless NULL: 1 when nothing differs and none is
 * unknown. A picture that scumble did not make has file and rights alone. Free *json with scumble_text_free. */
SCUMBLE_API int scumble_provenance_read(scumble *s, const char *path, const char *const *files, int count, char **json,
                                        int *verified);

#ifdef __cplusplus
}
#endif
#endif
