/* SPDX-License-Identifier: MIT */
/* What the handles of films are made of. */
#ifndef SC_API_FILM_H
#define SC_API_FILM_H

#include "api/context.h"
#include "film/film.h"
#include "record/provenance.h"
#include "scumble/film.h"

struct scumble_film {
    scumble *s;
    sc_film *inner;
};

struct scumble_film_writer {
    scumble *s;
    sc_film_writer *inner;
    sc_said said; /* what its pictures say of their origin */
};

#endif
