/* SPDX-License-Identifier: MIT */
/* Runs that are steered: one picture painted step by step, looked at, set otherwise on the way, saved, branched.
 *
 *     scumble_run *run, *branch;
 *     if (!scumble_run_open(transfer, &run) && !scumble_run_content(run, photo)) {
 *         while (!scumble_run_done(run) && !scumble_run_step(run, 0.1)) {
 *             scumble_run_picture(run, &preview);   // show it, then scumble_image_free
 *             if (more_style)
 *                 scumble_run_set(run, "beta", "12");
 *         }
 *         scumble_run_save(run, "half.checkpoint");
 *     }
 *     scumble_run_close(&run);
 *
 * A run borrows its transfer, which holds the paintings and options: close it first. One thread at a time uses a
 * transfer and its runs; several runs of a transfer may be open, and are stepped one after the other. Pictures that are
 * given may be freed at once: the run shares them. All functions that return int return 0 or a negative SCUMBLE_ERR_*,
 * unless said otherwise; the sentence is that of the transfer's context.
 *
 * What is set after the first step, or on a run that was restored, is an event: it is noted with the iterations that
 * were done before it, in checkpoints and in the recipe, so that the recipe repeats the run to the byte. */
#ifndef SCUMBLE_RUN_H
#define SCUMBLE_RUN_H

#include "scumble/scumble.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct scumble_run scumble_run;

/* The run that scumble_transfer_run or _texture is stepping, for its callback, which may set it; or else the one that
 * they made last, which belongs to the transfer. NULL = there is none. */
SCUMBLE_API scumble_run *scumble_transfer_current(scumble_transfer *transfer);
/* A run of this transfer, guided as it is now. On failure *run is NULL. */
SCUMBLE_API int scumble_run_open(scumble_transfer *transfer, scumble_run **run);
SCUMBLE_API void scumble_run_close(scumble_run **run);

/* ---- before the first step ------------------------------------------------------------------------------------- */

/* What is painted: a photo, or a texture of width x height pixels, each 1..65535 (see scumble_transfer_run and
 * _texture). One of the two is needed. */
SCUMBLE_API int scumble_run_content(scumble_run *run, const scumble_image *content);
SCUMBLE_API int scumble_run_texture(scumble_run *run, int width, int height);
/* The picture to start from, of any size, in place of what the option init says; NULL = what it says. */
SCUMBLE_API int scumble_run_start(scumble_run *run, const scumble_image *start);
/* Goes on from a state that scumble_run_save or _save_bytes (or scumble_transfer_checkpoint) wrote: after the content,
 * which must be the same, as must paintings, options (but stop_after and max_memory_bytes) and the guides that the run
 * began with; those that were set on the way are in the state. SCUMBLE_ERR_ARGUMENT, with a sentence that names what
 * differs. What is set from here on makes a branch. */
SCUMBLE_API int scumble_run_restore(scumble_run *run, const char *path);
SCUMBLE_API int scumble_run_restore_bytes(scumble_run *run, const void *state, size_t size_bytes);

/* ---- before it, or between steps ------------------------------------------------------------------------------- */

/* Sets `alpha`, `beta`, `tv` or `temporal` (a weight, 0..1e9: of the content, the style, the total variation, the
 * reference) or `iterations` (how many there are in all, from those that are done to 100000; more go to the largest
 * scale). value is text, as for scumble_options_set. L-BFGS begins its history anew. */
SCUMBLE_API int scumble_run_set(scumble_run *run, const char *name, const char *value);
/* 1 when scumble_run_set takes this name, else 0. */
SCUMBLE_API int scumble_run_settable(const char *name);
/* Other guides (scumble_guides; copied); NULL = none. Not for a texture. */
SCUMBLE_API int scumble_run_guide(scumble_run *run, const scumble_guides *guides);
/* A picture that the result is held to, where the lightness of mask says so (NULL = everywhere); the weight is
 * `temporal` (Ruder et al. 2016; 100 unless it is set). reference NULL = none. The reference may have any size. */
SCUMBLE_API int scumble_run_reference(scumble_run *run, const scumble_image *reference, const scumble_image *mask);

/* ---- steps ----------------------------------------------------------------------------------------------------- */

/* One iteration, or as many as begin within budget_s seconds; what a scale needs is made first when one begins, which
 * may take longer. Nothing is done when the run is done. On failure, and on SCUMBLE_ERR_CANCELLED (scumble_cancel), the
 * run stands at its last whole iteration: it can be looked at, saved, and stepped again. */
SCUMBLE_API int scumble_run_step(scumble_run *run, double budget_s);
/* 1 when all iterations are done, else 0. */
SCUMBLE_API int scumble_run_done(const scumble_run *run);
/* Where it stands; progress->note is a sentence about the last step, or NULL, and valid until the next. */
SCUMBLE_API int scumble_run_progress(const scumble_run *run, scumble_progress *progress);
/* The index-th loss of the last iteration, unweighted: "content", "style", "temporal", "tv", as far as the run has
 * them, and in the end "total", the weighted sum. Either pointer may be NULL. SCUMBLE_ERR_NOT_FOUND beyond the last.
 * *name is static. */
SCUMBLE_API int scumble_run_loss(const scumble_run *run, int index, const char **name, double *value);
/* The picture as it is now, as the result would be. SCUMBLE_ERR_ARGUMENT before the first step. */
SCUMBLE_API int scumble_run_picture(scumble_run *run, scumble_image **picture);
/* The recipe as JSON, with the events so far. Valid until the next call with this run. */
SCUMBLE_API const char *scumble_run_recipe(scumble_run *run);

/* ---- states ---------------------------------------------------------------------------------------------------- */

/* All that is needed to go on, as a checkpoint that appears whole or not at all; or in memory, which the caller frees
 * with scumble_bytes_free. About 72 bytes for each value of the picture with L-BFGS, 20 with Adam. */
SCUMBLE_API int scumble_run_save(scumble_run *run, const char *path);
SCUMBLE_API int scumble_run_save_bytes(scumble_run *run, void **state, size_t *size_bytes);
SCUMBLE_API void scumble_bytes_free(void **bytes);

/* ---- events of recipes ----------------------------------------------------------------------------------------- */

/* The index-th event of a recipe: what was set to which value after how many iterations. name and value are valid until
 * the next call with this context. SCUMBLE_ERR_NOT_FOUND beyond the last; SCUMBLE_ERR_UNSUPPORTED for an event that
 * only a program can repeat, for it has the pictures (guides, a reference): value is then its JSON. */
SCUMBLE_API int scumble_recipe_event(scumble *s, const char *json, int index, int *iteration, const char **name,
                                     const char **value);

#ifdef __cplusplus
}
#endif

#endif
