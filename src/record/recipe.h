/* SPDX-License-Identifier: MIT */
/* Recipes: JSON that tells how a picture was made and is enough to make it again. */
#ifndef SC_RECORD_RECIPE_H
#define SC_RECORD_RECIPE_H

#include <jansson.h>

#include "record/options.h"
#include "run/run.h"

enum { SC_MOST_STYLES = 64 }; /* of a picture */

typedef struct sc_recipe_source {
    const char *path; /* NULL: not from a file */
    const char *sha256;
    double weight;
    const sc_rights *rights;
} sc_recipe_source;

typedef struct sc_recipe_facts {
    const sc_style_options *options;
    const sc_encoder *encoder;
    sc_recipe_source content;          /* sha256 "": it is no picture's, but a film's */
    int texture_width, texture_height; /* 0 = there is a content */
    const sc_recipe_source *styles;
    const sc_recipe_source *style_masks; /* of each style; sha256 "" where there is none */
    int style_count;
    const sc_recipe_source *masks;
    int mask_count;
    sc_recipe_source protect;        /* sha256 "": none */
    sc_recipe_source palette, start; /* the files that the options colour and init name; sha256 "": they are words */
    bool faces;
    sc_recipe_source reference, reference_mask; /* sha256 "": none */
    sc_tiling tiling;                           /* that was painted with */
    const json_t *events;                       /* of the run (sc_run_events), or NULL */
    const char *resumed;                        /* the recipe in the checkpoint that is gone on with, or NULL */
    /* after the run */
    sc_position stopped; /* where it ended before its end; iterations_done 0: it did not */
    int width, height;
    sc_losses losses;
    const char *computed_with;
} sc_recipe_facts;

/* What guides are in a recipe, and in the note of an event: masks, what is protected, whether faces are. NULL when out
 * of memory. */
json_t *sc_recipe_guides(const sc_recipe_facts *facts);
/* Caller frees. NULL when out of memory. */
char *sc_recipe_write(const sc_recipe_facts *facts);
/* What must be the same for a checkpoint to fit: a SHA-256 over options, encoder, content or a texture's size, styles
 * and guides. Caller frees. */
char *sc_recipe_identity(const sc_recipe_facts *facts);
/* The same as the version would have said it that wrote `resumed`. Caller frees. */
char *sc_recipe_identity_then(const sc_recipe_facts *facts);
/* An option that says how a run is made and not what is painted: it may differ when a checkpoint is gone on with. */
bool sc_recipe_is_of_run(const char *option);
/* In what the recipe `now` differs from `then`, as "`beta` was 6 and is 3, the photo is another one"; NULL where it
 * does in nothing that is known, or out of memory. subject: the photo and its masks count. Caller frees. */
char *sc_recipe_difference(const char *then, const char *now, bool subject);

/* recipe_read.c: the text of the recipe in a picture, a checkpoint or a file of its own. SCUMBLE_ERR_NOT_FOUND when
 * there is none. Caller frees *json. */
int sc_recipe_find(const char *path, char **json, sc_error *err);
/* A recipe of what can be painted, with at most SC_MOST_STYLES styles and masks; *recipe is the caller's. */
int sc_recipe_parse(const char *json, json_t **recipe, sc_error *err);
/* What it says of options, over those that there are. */
int sc_recipe_read_options(const json_t *recipe, sc_style_options *named, sc_error *err);

#endif
