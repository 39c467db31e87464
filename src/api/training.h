/* SPDX-License-Identifier: MIT */
/* What training painters (train.c) and distilling encoders (distil.c) have in common: copies of texts, how far a
 * training is, names, checkpoints. */
#ifndef SC_API_TRAINING_H
#define SC_API_TRAINING_H

#include "api/context.h"
#include "api/event.h"
#include "train/checkpoint.h"

/* Copies of texts. After a failure, too, *copies holds *copied of them; free them. */
int sc_texts_copy(const char *const *texts, int count, char ***copies, int *copied, sc_error *err);
void sc_texts_free(char **texts, int count);

/* 0..1: of all steps or, with time_s above 0, of the time, whichever is ahead. */
double sc_training_done(int64_t step, int64_t steps, double elapsed_s, double time_s);
/* Where a training stands: after `step` of `steps` steps, `done` (0..1) of it. */
void sc_training_tell(sc_event *event, const char *job, int64_t step, int64_t steps, double done, double elapsed_s,
                      const sc_losses *losses, const char *note);

/* What a recipe calls a photo, a folder of photos or a pattern: its last part, "photos" of "/home/me/photos/". Lasts as
 * long as path. */
const char *sc_training_input(const char *path);

/* "starry" of "painters/starry.scumble". */
void sc_training_name(const char *path, char name[64]);

/* Loads a checkpoint of this kind of training to go on from; steps and time_s are those of the call, looked at here. */
int sc_training_state(const sc_threads *threads, sc_weights **state, sc_training training, const char *checkpoint,
                      int64_t steps, double time_s, sc_error *err);

#endif
