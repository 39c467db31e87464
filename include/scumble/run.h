/* SPDX-License-Identifier: MIT */
/* Runs: one picture painted in a style, at a stretch or step by step. A run can be looked at, changed on the way, saved
 * and branched.
 *
 *     scumble_run *run = NULL;
 *     if (!scumble_run_open(style, &run) && !scumble_run_content(run, photo)) {
 *         while (!scumble_run_done(run) && !scumble_run_step(run, 0.1)) {
 *             scumble_run_picture(run, &preview);   // show it, then scumble_image_free
 *             if (more_style)
 *                 scumble_run_set(run, "beta", "12");
 *         }
 *         scumble_run_save(run, "half.checkpoint");
 *     }
 *     scumble_run_close(&run);
 *
 * The loop in one call is scumble_run_finish. A run borrows its style: close the run first. One thread at a time may
 * use a style and its runs. Several runs of a style may be open at once, to be stepped in turns. Pictures that are
 * given to a run may be freed at once: the run shares them. Unless a comment says otherwise, functions that return int
 * return 0 or a negative SCUMBLE_ERR_*; the sentence is that of the style's context.
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

/* A new run of this style, of nothing yet, and without guides. */
SCUMBLE_API int scumble_run_open(scumble_style *style, scumble_run **run);
SCUMBLE_API void scumble_run_close(scumble_run **run);

/* ---- before the first step ------------------------------------------------------------------------------------- */

/* What is painted: a photo, or a texture of width x height pixels, each 1..65535. One of the two is needed.
 * A photo is painted from small to large (Gatys, Ecker, Bethge 2016, "Image Style Transfer Using Convolutional Neural
 * Networks"); the result has its alpha, bit depth, ICC profile, resolution and details (date, camera, caption, ...). A
 * texture comes from the paintings alone (Gatys, Ecker, Bethge 2015, "Texture Synthesis Using Convolutional Neural
 * Networks"). It starts from noise (init noise or content) or from what init names, and what concerns a photo (the
 * content's terms and layers, size) is ignored. style_scale is then the long edge of the paintings relative to that of
 * the texture; a smaller painting keeps its own size, so that its strokes are as large as in the painting.
 * SCUMBLE_ERR_ARGUMENT for a texture when there are guides, or, at its first step, when colour is neither `style` nor a
 * palette. SCUMBLE_ERR_UNSUPPORTED for a photo that has not the shape of the run's masks. */
SCUMBLE_API int scumble_run_content(scumble_run *run, const scumble_image *content);
SCUMBLE_API int scumble_run_texture(scumble_run *run, int width, int height);
/* The picture to start from, of any size, in place of what the option init names; NULL = what it names. */
SCUMBLE_API int scumble_run_start(scumble_run *run, const scumble_image *start);
/* Goes on from a state that scumble_run_save or _save_bytes wrote; the run ends with the same picture as one that was
 * never interrupted. The paintings and the options (other than stop_after and max_memory) must be those of the state,
 * and so must the content and the guides with which the run began; guides that were set later are in the state. When
 * the content is not set yet, it is compared at the first step. SCUMBLE_ERR_ARGUMENT, with a sentence that names what
 * differs. What is set from here on makes a branch. */
SCUMBLE_API int scumble_run_restore(scumble_run *run, const char *path);
SCUMBLE_API int scumble_run_restore_bytes(scumble_run *run, const void *state, size_t size_bytes);

/* What a run will take. Made by the library; fields may be added at its end. */
typedef struct scumble_estimate {
    int width, height; /* of the result in pixels */
    /* the most memory that it will take, with the program and its libraries, encoder, paintings and content; not what
     * else the program holds, which a limit does not count either */
    int64_t memory_bytes;
    double
        time_s; /* of the run, or of what is left of one that was restored: on this machine, from a short measurement */
    /* memory that the process can still take, as the machine, its control group and its limits allow */
    int64_t free_bytes;
    int tile_edge; /* edge of the tiles in pixels into which the picture is cut so that it fits; 0 = it is not cut */
    /* beside the run: to read a photo of this size from its file, and to write the result to one, about */
    double load_s, save_s;
} scumble_estimate;
/* What the run will take. width, height: 0 and 0 = with its content, or as the texture that was set; or those of a
 * photo that is not loaded yet. It takes some tenths of a second, and up to a few seconds for very large pictures.
 * SCUMBLE_ERR_LIMIT, with advice, when the run does not fit even in tiles, or when there is no room for temporary
 * files; *estimate is then what it would take, but for the time. NULL on other failures. Valid until the next estimate
 * of this run. */
SCUMBLE_API int scumble_run_estimate(scumble_run *run, int width, int height, const scumble_estimate **estimate);

/* ---- before it, or between steps ------------------------------------------------------------------------------- */

/* Sets `alpha`, `beta`, `tv` or `temporal` (the weight, 0..1e9, of the content, the style, the total variation or the
 * reference), or `iterations` (how many there are in all: from those that are done to 100000; additional ones go to the
 * largest scale). value is text, as for scumble_options_set. L-BFGS begins its history anew. */
SCUMBLE_API int scumble_run_set(scumble_run *run, const char *name, const char *value);
/* 1 when scumble_run_set takes this name, else 0. */
SCUMBLE_API int scumble_run_settable(const char *name);

/* Where the paintings go. A mask is a picture of which lightness times alpha counts: white = fully, black = not at all.
 * All masks have the shape of the content (scumble_mask_fits). */
typedef struct scumble_guides {
    size_t size; /* sizeof(scumble_guides) */
    /* the k-th says where the k-th painting goes. What no mask covers stays the photo; where masks overlap, their
     * paintings share the place by weight. */
    const scumble_image *const *masks;
    /* 0 = every painting goes everywhere; or the number of paintings; or 1: a picture of labels (see below) */
    int mask_count;
    const scumble_image *protect; /* a mask of what stays closer to the photo; NULL = nothing */
    int faces;                    /* non-zero: the faces in the content are protected too (scumble_faces_mask) */
} scumble_guides;
/* Gives the run guides in place of those that it has. guides: copied; NULL = none. A texture takes none. A single mask
 * is a picture of labels when there are several paintings, or when it has colours and the paintings have masks: what
 * has one colour in it is painted with what has that colour in the masks of the paintings (colours may differ by 24 of
 * 255 in a channel). Black stays the photo. A colour that no painting's mask has, as smoothed edges have them, counts
 * as the most similar label around it. SCUMBLE_ERR_ARGUMENT: the number of masks is neither 0 nor 1 nor that of the
 * paintings. SCUMBLE_ERR_UNSUPPORTED: the masks have different shapes, or another one than the content; there is a
 * colour that no painting's mask has; there are more than 64 pairs of a colour and a painting; faces are to be
 * protected, and there is no detector. On failure everything stays as it was. */
SCUMBLE_API int scumble_run_guide(scumble_run *run, const scumble_guides *guides);
/* 1 when a mask serves a picture, else 0; all sizes in pixels. They must have the same shape, but for the rounding of
 * the smaller one's edges to whole pixels. A mask of another size is resized to that of the picture. */
SCUMBLE_API int scumble_mask_fits(int mask_width, int mask_height, int width, int height);
/* *mask: a picture of the same size, white on faces, black away from them, with a smooth rim between. *count: how many
 * faces there are; upright ones of at least about 8 % of the width are found. Either pointer may be NULL.
 * SCUMBLE_ERR_UNSUPPORTED when the optional module with the detector is missing. */
SCUMBLE_API int scumble_faces_mask(scumble *s, const scumble_image *image, scumble_image **mask, int *count);
/* A picture of any size to which the result is held, as strongly as the lightness of mask says (NULL = everywhere). Its
 * weight is `temporal` (Ruder et al. 2016; 100 unless it is set). reference NULL = none. */
SCUMBLE_API int scumble_run_reference(scumble_run *run, const scumble_image *reference, const scumble_image *mask);

/* ---- steps ----------------------------------------------------------------------------------------------------- */

/* Takes one iteration, or as many as begin within budget_s seconds. When a scale begins, what it needs is made first,
 * which may take longer. When the run is done, nothing happens. On failure, and on SCUMBLE_ERR_CANCELLED
 * (scumble_cancel), the run stands at its last whole iteration: it can be looked at, saved, and stepped again.
 * SCUMBLE_ERR_DIVERGED: the loss is not a number, however short the step. */
SCUMBLE_API int scumble_run_step(scumble_run *run, double budget_s);
/* Takes all steps that are left, and gives the picture. progress, or NULL, is called after every iteration, with what
 * scumble_run_progress tells, on this thread; non-zero stops, even after the last iteration. It may look at the run,
 * set, guide and save it, but not step, finish or close it. When progress stopped it (SCUMBLE_ERR_CANCELLED), *result
 * is the picture so far, at the size of the result, and the run can go on; after scumble_cancel *result is NULL, for an
 * answer at once. When all iterations are done, what would be needed to go on is freed: such a run can be looked at,
 * but neither saved nor set. */
SCUMBLE_API int scumble_run_finish(scumble_run *run, scumble_event_fn progress, void *user, scumble_image **result);
/* 1 when all iterations are done, else 0. */
SCUMBLE_API int scumble_run_done(const scumble_run *run);
/* Where the run stands (event.h): its scale, the iterations over all scales, the losses of the last one (content: 0 =
 * the photo's features; style: 1 = as far from the painting as the photo is; tv: the mean squared difference of
 * neighbours; temporal: that from the reference), and a note about the last step. NULL before it has begun. Valid until
 * the next call with this run. */
SCUMBLE_API const scumble_event *scumble_run_progress(const scumble_run *run);
/* The picture as it is now, finished like a result. SCUMBLE_ERR_ARGUMENT before the first step. */
SCUMBLE_API int scumble_run_picture(scumble_run *run, scumble_image **picture);
/* The recipe as JSON: options, versions, inputs with SHA-256, the events so far, the last losses. "" before the run has
 * begun. Valid until the next call with this run. */
SCUMBLE_API const char *scumble_run_recipe(scumble_run *run);

/* ---- states ---------------------------------------------------------------------------------------------------- */

/* Saves everything that is needed to go on, as a checkpoint (a safetensors file that appears whole or not at all), or
 * in memory, which the caller frees with scumble_bytes_free (pixels.h). It takes about 72 bytes for each value of the
 * picture with L-BFGS (40 from 4096 x 4096 on), and 20 with Adam. */
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
