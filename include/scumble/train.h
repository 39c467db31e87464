/* SPDX-License-Identifier: MIT */
/* Training of a generator that paints any photo in the style of some paintings in one pass (Johnson et al. 2016). It
 * learns against a discriminator, which judges whether patches are real (Goodfellow et al. 2014; Li and Wand 2016). In
 * short:
 *
 *     scumble_options *options = scumble_options_create(SCUMBLE_OPTIONS_TRAIN);
 *     scumble_trainer *trainer = NULL;
 *     int code = scumble_options_set_number(s, options, "steps", 2000);
 *     if (!code)
 *         code = scumble_trainer_open(s, options, paintings, 1, (const char *[]){ "photos/" }, 1, &trainer);
 *     while (!code && !scumble_trainer_done(trainer))
 *         code = scumble_trainer_step(trainer);
 *     if (!code)
 *         code = scumble_trainer_save(trainer, "starry.scumble");
 *     scumble_trainer_close(&trainer);
 *     scumble_options_free(&options);
 *
 * The conventions are those of scumble.h. A trainer borrows its context and belongs to the same thread. The result has
 * the same bytes with any number of threads, for the same options, files and seed. */
#ifndef SCUMBLE_TRAIN_H
#define SCUMBLE_TRAIN_H

#include "scumble/scumble.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct scumble_trainer scumble_trainer;

/* options: of kind SCUMBLE_OPTIONS_TRAIN; NULL = defaults. paintings: copied; their masks are
 * ignored. photos: files and folders, which are read while the training goes on. */
SCUMBLE_API int scumble_trainer_open(scumble *s, const scumble_options *options, const scumble_painting *paintings,
                                     int painting_count, const char *const *photos, int photo_count,
                                     scumble_trainer **trainer);
/* Goes on from a checkpoint; the result has the same bytes as if the training had never been interrupted. Paintings and
 * photos are read from where they were. steps, time_s: those of the whole training; 0 = as before. SCUMBLE_ERR_ARGUMENT
 * when a painting has changed. */
SCUMBLE_API int scumble_trainer_resume(scumble *s, const char *checkpoint, int64_t steps, double time_s,
                                       scumble_trainer **trainer);
SCUMBLE_API void scumble_trainer_close(scumble_trainer **trainer);
/* 1 when all steps were taken, or the time is over; else 0. */
SCUMBLE_API int scumble_trainer_done(const scumble_trainer *trainer);
/* Adds "permission" to the recipe that the painter and its checkpoints carry: a text of 1 to 2000 bytes of UTF-8 that
 * says who permits learning from the paintings (scumble_recipe_permit in provenance.h). SCUMBLE_ERR_FORMAT when there
 * is one already. */
SCUMBLE_API int scumble_trainer_permit(scumble_trainer *trainer, const char *permission);
/* Takes one step. SCUMBLE_ERR_DIVERGED when the training has failed (gradients that are not numbers, or pictures of one
 * colour for 20 steps): what is left then is the last checkpoint. */
SCUMBLE_API int scumble_trainer_step(scumble_trainer *trainer);
/* Where the training stands (event.h): its steps, and the losses of the last one. They are those of the generator,
 * after that of the discriminator when there is one. NULL for NULL. Valid until the next step. */
SCUMBLE_API const scumble_event *scumble_trainer_progress(const scumble_trainer *trainer);
/* The next sentence about a photo that could not be read; there is one for each such photo. NULL when there is none.
 * Valid until the next call. */
SCUMBLE_API const char *scumble_trainer_complaint(scumble_trainer *trainer);
/* *photos: some photos that are not learnt from, side by side. *painted: what the generator makes of them, with its
 * weights averaged over the steps. Either pointer may be NULL. *auc: how well the discriminator tells patches of the
 * paintings that were held out from patches of these pictures, from 0.5 (not at all) to 1. */
SCUMBLE_API int scumble_trainer_sample(scumble_trainer *trainer, scumble_image **photos, scumble_image **painted,
                                       double *auc);
/* When the pictures of the last few steps all had one colour, the next two functions write nothing, leave an older file
 * as it is, and return SCUMBLE_ERR_DIVERGED. */
/* Writes the painter, with averaged weights, for scumble_painter_open. */
SCUMBLE_API int scumble_trainer_save(scumble_trainer *trainer, const char *path);
/* Writes everything that is needed to go on. */
SCUMBLE_API int scumble_trainer_checkpoint(scumble_trainer *trainer, const char *path);
/* How the painter is trained, as JSON: options, paintings, photos. Valid until the trainer is closed. */
SCUMBLE_API const char *scumble_trainer_recipe(const scumble_trainer *trainer);
/* Its options; a tv of "auto" is replaced by the weight that it stands for. Valid until the trainer is closed. */
SCUMBLE_API const scumble_options *scumble_trainer_options(const scumble_trainer *trainer);
/* The number of photos, and the number of values that the generator learns. Either pointer may be NULL. */
SCUMBLE_API void scumble_trainer_facts(const scumble_trainer *trainer, int64_t *photos, int64_t *parameters);

#ifdef __cplusplus
}
#endif
#endif
