/* SPDX-License-Identifier: MIT */
/* Steered runs: a picture is painted step by step, and can be looked at, changed on the way, saved and branched.
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
 * A run borrows its transfer, which holds the paintings and options: close the run first. One thread at a time may use
 * a transfer and its runs. Several runs of a transfer may be open at once, to be stepped in turns. Pictures that are
 * given to a run may be freed at once: the run shares them. Unless a comment says otherwise, functions that return int
 * return 0 or a negative SCUMBLE_ERR_*; the sentence is that of the transfer's context.
 *
 * Everything that is set after the first step, or on a run that was restored, is an event. Checkpoints and the recipe
 * note it with the number of iterations that were done before, so that the recipe repeats the run to the byte. */
#ifndef SCUMBLE_RUN_H
#define SCUMBLE_RUN_H

#include "scumble/pixels.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct scumble_run scumble_run;

/* The run that scumble_transfer_run or _texture is stepping, so that their callback can set it; after them, the run
 * that they made last. It belongs to the transfer. NULL = there is none. */
SCUMBLE_API scumble_run *scumble_transfer_current(scumble_transfer *transfer);
/* A new run of this transfer, with the guides that the transfer has now. On failure *run is NULL. */
SCUMBLE_API int scumble_run_open(scumble_transfer *transfer, scumble_run **run);
SCUMBLE_API void scumble_run_close(scumble_run **run);

/* ---- before the first step ------------------------------------------------------------------------------------- */

/* What is painted: a photo, or a texture of width x height pixels, each 1..65535 (see scumble_transfer_run and
 * _texture). One of the two is needed. */
SCUMBLE_API int scumble_run_content(scumble_run *run, const scumble_image *content);
SCUMBLE_API int scumble_run_texture(scumble_run *run, int width, int height);
/* The picture to start from, of any size, in place of what the option init names; NULL = what it names. */
SCUMBLE_API int scumble_run_start(scumble_run *run, const scumble_image *start);
/* Goes on from a state that scumble_run_save or _save_bytes (or scumble_transfer_checkpoint) wrote. Set the content
 * first: it must be the same, and so must the paintings, the options (other than stop_after and max_memory_bytes) and
 * the guides with which the run began; guides that were set later are in the state. SCUMBLE_ERR_ARGUMENT, with a
 * sentence that names what differs. What is set from here on makes a branch. */
SCUMBLE_API int scumble_run_restore(scumble_run *run, const char *path);
SCUMBLE_API int scumble_run_restore_bytes(scumble_run *run, const void *state, size_t size_bytes);

/* ---- before it, or between steps ------------------------------------------------------------------------------- */

/* Sets `alpha`, `beta`, `tv` or `temporal` (the weight, 0..1e9, of the content, the style, the total variation or the
 * reference), or `iterations` (how many there are in all: from those that are done to 100000; additional ones go to the
 * largest scale). value is text, as for scumble_options_set. L-BFGS begins its history anew. */
SCUMBLE_API int scumble_run_set(scumble_run *run, const char *name, const char *value);
/* 1 when scumble_run_set takes this name, else 0. */
SCUMBLE_API int scumble_run_settable(const char *name);
/* Gives the run other guides (scumble_guides; copied); NULL = none. A texture takes none. */
SCUMBLE_API int scumble_run_guide(scumble_run *run, const scumble_guides *guides);
/* A picture of any size to which the result is held, as strongly as the lightness of mask says (NULL = everywhere). Its
 * weight is `temporal` (Ruder et al. 2016; 100 unless it is set). reference NULL = none. */
SCUMBLE_API int scumble_run_reference(scumble_run *run, const scumble_image *reference, const scumble_image *mask);

/* ---- steps ----------------------------------------------------------------------------------------------------- */

/* Takes one iteration, or as many as begin within budget_s seconds. When a scale begins, what it needs is made first,
 * which may take longer. When the run is done, nothing happens. On failure, and on SCUMBLE_ERR_CANCELLED
 * (scumble_cancel), the run stands at its last whole iteration: it can be looked at, saved, and stepped again. */
SCUMBLE_API int scumble_run_step(scumble_run *run, double budget_s);
/* 1 when all iterations are done, else 0. */
SCUMBLE_API int scumble_run_done(const scumble_run *run);
/* Where the run stands (event.h): its scale, the iterations over all scales, the losses of the last one (content: 0 =
 * the photo's features; style: 1 = as far from the painting as the photo is; tv: the mean squared difference of
 * neighbours; temporal: that from the reference), and a note about the last step. NULL before it has begun. Valid until
 * the next call with this run. */
SCUMBLE_API const scumble_event *scumble_run_progress(const scumble_run *run);
/* The picture as it is now, finished like a result. SCUMBLE_ERR_ARGUMENT before the first step. */
SCUMBLE_API int scumble_run_picture(scumble_run *run, scumble_image **picture);
/* The recipe as JSON, with the events so far. Valid until the next call with this run. */
SCUMBLE_API const char *scumble_run_recipe(scumble_run *run);

/* ---- states ---------------------------------------------------------------------------------------------------- */

/* Saves everything that is needed to go on, as a checkpoint that appears whole or not at all, or in memory, which the
 * caller frees with scumble_bytes_free (pixels.h). It takes about 72 bytes for each value of the picture with L-BFGS,
 * and 20 with Adam. */
SCUMBLE_API int scumble_run_save(scumble_run *run, const char *path);
SCUMBLE_API int scumble_run_save_bytes(scumble_run *run, void **state, size_t *size_bytes);

/* ---- events of recipes ----------------------------------------------------------------------------------------- */

/* The index-th event of a recipe: what was set to which value, after how many iterations. name and value are valid
 * until the next call with this context. SCUMBLE_ERR_NOT_FOUND beyond the last. SCUMBLE_ERR_UNSUPPORTED for an event
 * that only a program can repeat, because it needs pictures (guides, a reference); value is then its JSON. */
SCUMBLE_API int scumble_recipe_event(scumble *s, const char *json, int index, int *iteration, const char **name,
                                     const char **value);

#ifdef __cplusplus
}
#endif

#endif
