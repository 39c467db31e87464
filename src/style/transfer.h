/* SPDX-License-Identifier: MIT */
/* A transfer: styles and options prepared once, then any number of content pictures painted coarse to fine.
 * Gatys, Ecker, Bethge 2016, "Image Style Transfer Using Convolutional Neural Networks". */
#ifndef SC_STYLE_TRANSFER_H
#define SC_STYLE_TRANSFER_H

#include "media/image.h"
#include "nets/encoder.h"
#include "style/scales.h"
#include "style/targets.h"

typedef struct sc_transfer sc_transfer;

/* What a transfer needs; all but the options and the arrays of pointers and weights is borrowed and must outlive it. */
typedef struct sc_transfer_setup {
    const sc_backend *backend;
    sc_threads *threads;
    const sc_encoder *encoder;
    const scumble_options *options; /* checked; copied */
    const sc_image *const *styles;
    const double *style_weights;         /* > 0 */
    const sc_tensor *const *style_masks; /* regions: what of each painting counts; an entry, or all, may be NULL */
    int style_count;
    const sc_image *init;    /* when options->init names a file; else NULL */
    const sc_image *colours; /* when options->colour does */
} sc_transfer_setup;

int sc_transfer_create(sc_transfer **transfer, const sc_transfer_setup *setup, sc_error *err);
void sc_transfer_free(sc_transfer *transfer);

/* The scales for a content picture of this size, or of a texture of exactly this size. */
void sc_transfer_plan(sc_transfer *transfer, bool texture, int width, int height, sc_scales *scales);
/* Of a memory limit, one part in so many is for what is as large as the picture; the rest is for the networks. */
enum { SC_PICTURES_SHARE = 8 };
/* From now on estimates are for runs with guides like these (NULL: without), of which only is looked at what there
 * is. Nothing is kept. */
void sc_transfer_expect(sc_transfer *transfer, const sc_guides *guides);
/* Of a content picture of this size, or of a texture; resume: of what is left after that checkpoint, or NULL.
 * SCUMBLE_ERR_LIMIT when it will not fit, even in tiles, and *estimate has time 0. */
int sc_transfer_estimate(sc_transfer *transfer, bool texture, int width, int height, const sc_weights *resume,
                         scumble_estimate *estimate, sc_error *err);

/* Where a run stands: all that a checkpoint must hold, with x and the optimiser. */
typedef struct sc_position {
    int scale;           /* index */
    int iteration;       /* done at this scale */
    int iterations_done; /* over all scales */
    double elapsed_s;    /* of earlier sessions of this run */
} sc_position;

/* One picture to be painted. Everything is borrowed for the run. */
typedef struct sc_subject {
    const sc_image *content; /* NULL: a texture of width x height without any content */
    int width, height;       /* of a texture; else not looked at */
    sc_guides guides;
    const char *identity;     /* stands for content, guides, styles, encoder and options in checkpoints */
    const sc_weights *resume; /* or NULL */
} sc_subject;

/* Paints, up to the iteration that options.stop_after names. *result is set on success and on SCUMBLE_ERR_CANCELLED;
 * the caller frees it with sc_image_free. */
int sc_transfer_run(sc_transfer *transfer, const sc_subject *subject, scumble_progress_fn progress, void *user,
                    sc_image *result, sc_error *err);
/* The picture as it is now, at the size of the result: during a run (from the callback), after one that was cancelled
 * (the same bytes as its result), or after one that ended well. Caller frees with sc_image_free. */
int sc_transfer_snapshot(sc_transfer *transfer, sc_image *image, sc_error *err);
/* During a run (from the callback) or after one that was cancelled. */
int sc_transfer_checkpoint(sc_transfer *transfer, const char *path, const char *recipe, sc_error *err);
/* Where the last run is, or ended. */
sc_position sc_transfer_position(const sc_transfer *transfer);
/* Of the last iteration. */
sc_losses sc_transfer_losses(const sc_transfer *transfer);
/* As they were given, but that tv is the encoder's default where that was asked for. Borrowed. */
const scumble_options *sc_transfer_options(const sc_transfer *transfer);
/* Layers and weights, one line each. Borrowed. */
const char *sc_transfer_describe(const sc_transfer *transfer);

/* Bytes that the process could still take: free memory, limits of the process and of its control group. */
int64_t sc_free_memory_bytes(void);
/* What it holds now. */
int64_t sc_process_bytes(void);

#endif
