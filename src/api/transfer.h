/* SPDX-License-Identifier: MIT */
/* What a public transfer is made of; shared by transfer.c and guides.c only. */
#ifndef SC_API_TRANSFER_H
#define SC_API_TRANSFER_H

#include "api/recipe.h"

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

/* What scumble_transfer_guide was given, made ready for the runs. */
typedef struct sc_guide_set {
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

struct scumble_transfer {
    scumble *s;
    sc_style *style;
    sc_run *run; /* the last one; NULL = there is none */
    scumble_options options;
    const sc_encoder *encoder;
    sc_painting *paintings;
    int painting_count;
    sc_guide_set guides;
    sc_source content;
    sc_image start_picture;            /* that the option init names; empty: it is a word */
    sc_source palette, start;          /* the files that the options colour and init name; sha256 "": they are words */
    int texture_width, texture_height; /* of the last run; 0 = it had a content */
    sc_weights *resume;                /* for the next run */
    char *recipe;
    bool running; /* the callback may not start, resume, guide or close it */
};

/* transfer.c: notes where a picture is from. The caller frees kept->path. */
int sc_source_remember(sc_source *kept, const scumble_image *image, sc_error *err);

/* guides.c */
/* The regions for these paintings; guides NULL: none. On failure *set is empty. Caller frees with sc_guides_free. */
int sc_guides_make(sc_guide_set *set, const scumble_transfer *transfer, const scumble_guides *guides, sc_error *err);
void sc_guides_free(sc_guide_set *set);
/* There are masks, or something is protected. */
bool sc_guides_any(const sc_guide_set *set);
/* Refuses a photo of another shape than the masks'. */
int sc_guides_fit(const sc_guide_set *set, int width, int height, sc_error *err);
/* What is protected in this photo, found faces included; data NULL: nothing. Caller frees. */
int sc_guides_protect(sc_tensor *protect, const sc_guide_set *set, const sc_image *photo, sc_error *err);
/* Refuses a painting in which there is nothing to see; what it is called: the index-th, or its file. */
int sc_guides_check_painting(const scumble_image *painting, int index, sc_error *err);
/* Refuses a mask that does not belong to this painting: of another size, all black, or white only where the painting is
 * transparent. */
int sc_guides_check_style_mask(const scumble_style *style, int index, sc_error *err);

#endif
