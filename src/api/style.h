/* SPDX-License-Identifier: MIT */
/* What public styles and their runs are made of; shared by style.c, guides.c and run*.c. */
#ifndef SC_API_STYLE_H
#define SC_API_STYLE_H

#include "api/event.h"
#include "api/context.h"
#include "api/options.h"
#include "record/recipe.h"
#include "scumble/run.h"

/* Where a picture came from, for the recipe. */
typedef struct sc_source {
    char *path; /* NULL: not from a file */
    char sha256[65];
    sc_rights rights;
} sc_source;

/* A painting as it was given. */
typedef struct sc_painting {
    sc_image image, mask; /* copies; mask.rgb NULL: all of the painting counts */
    sc_source source, mask_source;
    double weight;
} sc_painting;

/* A painting, or the part of it that one colour marks, and where it goes. */
typedef struct sc_marked {
    int painting;
    sc_tensor counts; /* the region of the painting; data NULL: all of it */
    sc_tensor place;  /* the region of the photo, no larger than the result; data NULL: there are no masks */
} sc_marked;

/* What guides are, made ready for the runs that share them. */
typedef struct sc_guide_set {
    int shared;        /* by so many besides its first owner */
    int width, height; /* of the first mask: photos of this shape are what they are for; 0: any */
    sc_marked *marked; /* without guides: one for each painting */
    sc_piece *pieces;  /* the same, as a run takes them */
    int piece_count;
    const sc_tensor **places; /* of the pieces; NULL without masks */
    sc_tensor protect;        /* data NULL: nothing */
    bool faces;
    sc_source *mask_sources, protect_source;
    int mask_count; /* as given */
} sc_guide_set;

struct scumble_style {
    scumble *s;
    sc_style *inner;
    scumble_options options, used; /* as given; with the weight that a tv of -1 stands for */
    const sc_encoder *encoder;
    sc_painting *paintings;
    int painting_count;
    sc_guide_set *guides;     /* of a run without any */
    sc_image start_picture;   /* that the option init names; empty: it is a word */
    sc_source palette, start; /* the files that the options colour and init name; sha256 "": they are words */
};

struct scumble_run {
    scumble_style *style;
    scumble_image *content, *start, *reference;
    int texture_width, texture_height; /* 0 = there is a content, or nothing yet */
    sc_source content_source, start_source;
    sc_source reference_now, reference_mask_now;       /* sha256 "": none */
    sc_source reference_source, reference_mask_source; /* the same as the run began */
    sc_guide_set *first, *guides;                      /* as it began, and now */
    sc_tensor protect, reference_mask;                 /* that the guides have now */
    sc_weights *state;                                 /* to go on from, until that is done */
    sc_run *run;                                       /* NULL: it has not begun */
    sc_event *event;                                   /* of scumble_run_progress */
    scumble_estimate estimate;                         /* the last one */
    bool finishing;                                    /* the callback may not step it */
    char *recipe;                                      /* the last one */
};

/* style.c: notes where a picture is from. The caller frees kept->path. */
int sc_source_remember(scumble *s, sc_source *kept, const scumble_image *image, sc_error *err);

/* run.c: begins the run, if it has not. */
int sc_api_run_begin(scumble_run *run, sc_error *err);

/* run_facts.c: what recipes tell of a run. */
/* The recipe as it is now, with what has come of it or without; and its identity. NULL when out of memory. Caller
 * frees. */
char *sc_api_run_recipe(const scumble_run *run, bool with_result);
char *sc_api_run_identity(const scumble_run *run);
/* Whether the state that the run is to go on from is of this run, as far as is known: with its subject or without. With
 * it, the state gets the name that the run has now. */
int sc_api_check_state(scumble_run *run, bool subject, sc_error *err);
/* What a recipe says of a source. */
sc_recipe_source sc_source_fact(const sc_source *source, double weight);
/* Of masks, what is protected and faces; masks: room for them. */
void sc_guide_facts(const sc_guide_set *set, sc_recipe_source masks[SC_MOST_STYLES], sc_recipe_facts *facts);

/* run_guides.c: what a run takes of guides; what is protected is found in its photo. */
sc_guides sc_guides_of(const sc_guide_set *set);
/* Those that the run has now, with its reference. */
sc_guides sc_guides_now(const scumble_run *run);
/* The sentence for a texture that is given any. */
extern const char sc_no_guides[];

/* guides.c */
/* What a program gave (NULL: none), as this version knows it; a code when that cannot be, after its sentence. */
int sc_guides_take(scumble *s, scumble_guides *own, const scumble_guides *given, const char *function);
/* The regions for these paintings; guides NULL: none. On failure *set is NULL. Caller frees with sc_guides_free. */
int sc_guides_make(sc_guide_set **set, const scumble_style *style, const scumble_guides *guides, sc_error *err);
void sc_guides_free(sc_guide_set *set);
/* The same once more, to be freed once more. */
sc_guide_set *sc_guides_share(sc_guide_set *set);
/* There are masks, or something is protected. */
bool sc_guides_any(const sc_guide_set *set);
/* Refuses a photo of another shape than the masks'. */
int sc_guides_fit(const sc_guide_set *set, int width, int height, sc_error *err);
/* What is protected in this photo, found faces included; data NULL: nothing. Caller frees. */
int sc_guides_protect(sc_threads *threads, sc_tensor *protect, const sc_guide_set *set, const sc_image *photo,
                      sc_error *err);
/* Refuses a painting in which there is nothing to see; what it is called: the index-th, or its file. */
int sc_guides_check_painting(const scumble_image *painting, int index, sc_error *err);
/* Refuses a mask that does not belong to this painting: of another size, all black, or white only where the painting is
 * transparent. */
int sc_guides_check_style_mask(sc_threads *threads, const scumble_painting *given, int index, sc_error *err);

#endif
