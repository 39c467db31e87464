/* SPDX-License-Identifier: MIT */
/* Distilling an encoder of one's own: a small network of the architecture `lite` learns, on a folder of pictures, to
 * predict the features of one or more other encoders. Its file serves as an encoder everywhere. In short:
 *
 *     scumble_distiller *distiller;
 *     int code = scumble_distiller_open(s, NULL, (const char *[]){ "vgg19" }, 1,
 *                                      (const char *[]){ "photos/" }, 1, &distiller);
 *     while (!code && !scumble_distiller_done(distiller))
 *         code = scumble_distiller_step(distiller);
 *     if (!code)
 *         code = scumble_distiller_save(distiller, "mine.safetensors", NULL);
 *     scumble_distiller_close(&distiller);
 *
 * The conventions are those of scumble.h. A distiller borrows its context and belongs to the same thread. The result
 * has the same bytes with any number of threads, for the same options, files and seed. */
#ifndef SCUMBLE_DISTIL_H
#define SCUMBLE_DISTIL_H

#include "scumble/scumble.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { SCUMBLE_DISTIL_LAYERS = 8 };
typedef struct scumble_distiller scumble_distiller;

/* options: of kind SCUMBLE_OPTIONS_DISTIL; NULL = defaults. teachers: encoders by name or file. Each layer of `lite` is
 * learnt from the first teacher that has it, and learning ends before the first layer that no teacher has. photos:
 * pictures and folders of pictures, which are read while the training goes on. */
SCUMBLE_API int scumble_distiller_open(scumble *s, const scumble_options *options, const char *const *teachers,
                                       int teacher_count, const char *const *photos, int photo_count,
                                       scumble_distiller **distiller);
/* Goes on from a checkpoint; the result has the same bytes as if the training had never been interrupted. Teachers and
 * pictures are read from where they were. steps, time_s: those of the whole training; 0 = as before.
 * SCUMBLE_ERR_ARGUMENT when a teacher has changed. */
SCUMBLE_API int scumble_distiller_resume(scumble *s, const char *checkpoint, int64_t steps, double time_s,
                                         scumble_distiller **distiller);
SCUMBLE_API void scumble_distiller_close(scumble_distiller **distiller);
/* 1 when all steps were taken, or the time is over; else 0. */
SCUMBLE_API int scumble_distiller_done(const scumble_distiller *distiller);
/* Takes one step. SCUMBLE_ERR_DIVERGED when the training has failed: what is left then is the last checkpoint. */
SCUMBLE_API int scumble_distiller_step(scumble_distiller *distiller);
/* Where it stands (event.h): its steps, and the losses of the last one. That of a layer is the share of the variance of
 * the teacher's features that remains unexplained in the batch; the total is the sum of these shares. NULL for NULL.
 * Valid until the next step. */
SCUMBLE_API const scumble_event *scumble_distiller_progress(const scumble_distiller *distiller);
/* The next sentence about a picture that could not be read; there is one for each such picture. NULL when there is
 * none. Valid until the next call. */
SCUMBLE_API const char *scumble_distiller_complaint(scumble_distiller *distiller);
/* Writes the encoder. unexplained: SCUMBLE_DISTIL_LAYERS values as in the losses, but measured on pictures that were
 * held out; it may be NULL. */
SCUMBLE_API int scumble_distiller_save(scumble_distiller *distiller, const char *path, double *unexplained);
/* Writes everything that is needed to go on. */
SCUMBLE_API int scumble_distiller_checkpoint(scumble_distiller *distiller, const char *path);
/* How many layers are learnt. names: NULL, or room for SCUMBLE_DISTIL_LAYERS names, which stay valid. */
SCUMBLE_API int scumble_distiller_layers(const scumble_distiller *distiller, const char **names);
/* The number of pictures, and the number of values that are learnt. Either pointer may be NULL. */
SCUMBLE_API void scumble_distiller_facts(const scumble_distiller *distiller, int64_t *photos, int64_t *parameters);

#ifdef __cplusplus
}
#endif
#endif
