/* SPDX-License-Identifier: MIT */
/* Photos to learn from: patches of the pictures of some folders, decoded ahead by a thread of its own. Which patch sample k is depends on the list of files and
 * (seed, k) alone: every epoch goes through all pictures in an order of its own, and patches are drawn anew. A picture that cannot be read is complained of
 * once, and its turn taken by the next one in the epoch's order. Some pictures are held out, to measure on. */
#ifndef SC_TRAIN_LOADER_H
#define SC_TRAIN_LOADER_H

#include "core/error.h"

typedef struct sc_loader sc_loader;

typedef struct sc_loader_options {
    const char *const *paths; /* files, and folders with all below them; borrowed for the call. Hidden files are left out, links to folders not followed */
    int path_count;
    int edge;                 /* of the patches, in pixels */
    uint64_t seed;
    uint64_t first_sample;    /* which sc_loader_next gives first */
    int held_out;             /* so many pictures, but at most an eighth of them; none of a single one, which then serves as its own measure */
} sc_loader_options;

/* SCUMBLE_ERR_NOT_FOUND where there is no picture. Caller closes, also while pictures are being decoded. */
int sc_loader_open(sc_loader **loader, const sc_loader_options *options, sc_error *err);
void sc_loader_close(sc_loader *loader);
/* Pictures in all. */
int64_t sc_loader_count(const sc_loader *loader);
/* The next sample: rgb, edge x edge x 3. An error only when no picture can be read. */
int sc_loader_next(sc_loader *loader, float *rgb, sc_error *err);
/* Patch i of what is held out. */
int sc_loader_held_out(sc_loader *loader, uint64_t i, float *rgb, sc_error *err);
/* "PATH: why it cannot be read", once for each; false when there is nothing new. Caller frees. */
bool sc_loader_take_complaint(sc_loader *loader, char **sentence);

#endif
