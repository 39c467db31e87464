/* SPDX-License-Identifier: MIT */
/* What an input says of its rights, as recipes keep it. */
#ifndef SC_RECORD_RIGHTS_JSON_H
#define SC_RECORD_RIGHTS_JSON_H

#include <jansson.h>

#include "media/rights.h"

/* An object of the texts that are there; NULL when none is (or no memory). */
json_t *sc_rights_to_json(const sc_rights *rights);
/* The reverse, for JSON from anywhere: what is no text is left out, and every text is cleaned again. */
void sc_rights_from_json(sc_rights *rights, const json_t *object);

#endif
