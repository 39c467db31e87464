/* SPDX-License-Identifier: MIT */
/* What public options are made of: one type for all kinds. */
#ifndef SC_API_OPTIONS_H
#define SC_API_OPTIONS_H

#include "record/options.h"

struct scumble_options {
    scumble_options_kind kind;
    union {
        sc_style_options style;
        sc_paint_settings paint;
        sc_train_settings train;
        sc_distil_settings distil;
        sc_film_settings film;
    };
};

/* The defaults of a kind. */
scumble_options sc_options_default(scumble_options_kind kind);
/* A copy of what a program gave for this kind; NULL: defaults. SCUMBLE_ERR_ARGUMENT when they are of another kind. */
int sc_options_take(scumble_options *own, const scumble_options *given, scumble_options_kind kind, sc_error *err);

#endif
