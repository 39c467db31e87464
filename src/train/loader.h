/* SPDX-License-Identifier: MIT */
/* Photos to learn from: patches of the pictures of some folders, decoded ahead by threads of its own. Sample k depends
 * on the list of files and (seed, k) alone, not on what was read before or by how many threads: every epoch goes
 * through all pictures in an order of its own, and patches are drawn anew. A picture that cannot be read, or is too
 * small, is complained of once, and its turn taken by the next readable one in the epoch's order. Some pictures are
 * held out, to measure on; where none of these, or none of the others, can be read, both are the same. */
#ifndef SC_TRAIN_LOADER_H
#define SC_TRAIN_LOADER_H

#include "media/image.h"

typedef struct sc_loader sc_loader;

typedef struct sc_loader_options {
    const char *const *paths; /* files, and folders with all below them; borrowed for the call. In folders, files whose
                                 names are no picture's and hidden ones are left out, and links to folders are not
                                 followed. What is named twice counts once */
    int path_count;
    int edge; /* of the patches, in pixels. Nothing is enlarged to more than twice its size: a picture has at least half
                 of that on both sides */
    uint64_t seed;
    uint64_t first_sample; /* which sc_loader_next gives first */
    int held_out; /* so many pictures, but at most an eighth of them (one of less than 16); none of a single one, which
                     then serves as its own measure */
    sc_image_limits limits; /* of the pictures; its threads decode nothing, but when they are cancelled so is this */
    int threads;            /* that decode; 0 = 1. At most 8, which is also how many samples are decoded ahead */
} sc_loader_options;

/* SCUMBLE_ERR_NOT_FOUND where there is no picture. Caller closes, also while pictures are being decoded. */
int sc_loader_open(sc_loader **loader, const sc_loader_options *options, sc_error *err);
void sc_loader_close(sc_loader *loader);
/* Pictures in all, by their names. */
int64_t sc_loader_count(const sc_loader *loader);
/* The next sample: rgb, edge x edge x 3: a square of half to all of the shorter side, anywhere, mirrored or not, what
 * is transparent filled. Fails when no picture can be read, or when memory is short, and then again and again. */
int sc_loader_next(sc_loader *loader, float *rgb, sc_error *err);
/* Sample number `sample` is the next one that is given. */
void sc_loader_seek(sc_loader *loader, uint64_t sample);
/* Patch i of what is held out: first the middles of all its pictures, then patches as above. */
int sc_loader_held_out(sc_loader *loader, uint64_t i, float *rgb, sc_error *err);
/* Why a picture or a folder, which the sentence names, is left out; once for each; false when there is nothing new.
 * Caller frees. */
bool sc_loader_take_complaint(sc_loader *loader, char **sentence);

#endif
