/* SPDX-License-Identifier: MIT */
/* What the checkpoints of all trainings have in common: of which kind of training they are, an identity (a hash over
 * all that must not change when it goes on), the recipe to open it anew, and how far it was. The numbers of the
 * networks are added by train_checkpoint.c and distil_finish.c. */
#ifndef SC_TRAIN_CHECKPOINT_H
#define SC_TRAIN_CHECKPOINT_H

#include "weights/weights.h"

typedef enum sc_training { SC_TRAINING_PAINTER, SC_TRAINING_ENCODER } sc_training;

typedef struct sc_checkpoint {
    sc_training training;
    char identity[65];  /* a SHA-256, in hexadecimal */
    const char *recipe; /* borrowed; may be NULL for reading */
    int64_t steps;
    double elapsed_s;
} sc_checkpoint;

/* A new set with all of these in it. Close it with sc_checkpoint_write, unless this fails. */
int sc_checkpoint_begin(const sc_checkpoint *checkpoint, sc_weights **state, sc_error *err);
/* Writes the set to a file, unless `code`, of what was added to it, is an error, and frees it. Returns the first error.
 */
int sc_checkpoint_write(sc_weights *state, const char *path, int code, sc_error *err);

/* SCUMBLE_ERR_UNSUPPORTED for a checkpoint of the other training, SCUMBLE_ERR_FORMAT for anything else. */
int sc_checkpoint_check(const sc_weights *state, sc_training training, sc_error *err);
/* Steps and seconds of a checkpoint of this training and identity; with another identity it is refused, as made by
 * other `inputs` ("options or ..."). */
int sc_checkpoint_read(sc_checkpoint *checkpoint, const sc_weights *state, const char *inputs, sc_error *err);

#endif
