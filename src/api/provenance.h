/* SPDX-License-Identifier: MIT */
/* What a recipe says for a picture's metadata. */
#ifndef SC_API_PROVENANCE_H
#define SC_API_PROVENANCE_H

#include <jansson.h>

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

#endif
