/* SPDX-License-Identifier: MIT */
/* What a recipe says for a picture's metadata. */
#ifndef SC_RECORD_PROVENANCE_H
#define SC_RECORD_PROVENANCE_H

#include <jansson.h>

#include "core/threads.h"
#include "media/rights.h"

/* The files that a recipe of any kind names: an array of objects with role, name (without folders), path, sha256,
 * weight, rights, as far as the recipe has them. */
json_t *sc_recipe_sources(const json_t *recipe);

/* What sc_image_save wants to know, from a recipe's text. */
typedef struct sc_said {
    sc_provenance provenance; /* its texts belong to the recipe */
    json_t *recipe, *sources;
    sc_origin *origins;
    char tool[80];
} sc_said;
/* False when the text is no recipe (or there is no memory): then *said is empty. Release with sc_said_free. */
bool sc_said_read(sc_said *said, const char *recipe);
void sc_said_free(sc_said *said);

/* What a recipe says of origin in one sentence, for metadata that hold a comment and no more (films): tool, IPTC's
 * digital source type, sources with their rights, network, permission. Caller frees; NULL when the text is no recipe.
 */
char *sc_said_sentence(const char *recipe);

/* Whether JSON is a recipe of some kind: of a picture, of a painter's picture, or of a training. */
bool sc_recipe_is_any(const json_t *recipe);
/* A text of an object; "" where there is none. */
const char *sc_recipe_text(const json_t *object, const char *key);
/* The file of a source that a recipe names: its path, as recipes had it before 0.2, its name, or, of a network, its
 * file. "" where it has none. */
const char *sc_recipe_file(const json_t *file, bool network);

/* What is known of a file's origin, as JSON (doc/provenance.md), each of its sources compared with `files` or, when
 * there are none, with what lies where it was recorded. *well: none differs, and no file is a stranger. Caller frees
 * *json. */
int sc_provenance_report(const sc_threads *threads, const char *path, const char *const *files, int count, char **json,
                         bool *well, sc_error *err);

#endif
