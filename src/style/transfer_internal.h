/* SPDX-License-Identifier: MIT */
/* What a transfer is made of; shared by transfer.c, estimate.c and checkpoint.c only. */
#ifndef SC_STYLE_TRANSFER_INTERNAL_H
#define SC_STYLE_TRANSFER_INTERNAL_H

#include "style/optimizer.h"
#include "style/targets.h"
#include "style/transfer.h"

/* Where a run stands: all that a checkpoint must hold, with x and the optimiser. */
typedef struct sc_position {
    int scale;            /* index */
    int iteration;        /* done at this scale */
    int iterations_done;  /* over all scales */
    double elapsed_s;     /* of earlier sessions of this run */
} sc_position;

struct sc_transfer {
    const sc_backend *backend;
    sc_threads *threads;
    scumble_options options;
    sc_objective_config config; /* with the layers as the options name them */
    sc_palette palette;
    sc_image *styles;      /* own copies of the pixels */
    const sc_image **style_pointers;
    double *style_weights; /* sum 1 */
    sc_image init;         /* empty unless the options name a file */
    char *description;
    int64_t base_bytes;    /* what the process held when the transfer was made */
    /* the run */
    sc_scales scales;
    sc_position position;
    sc_image x;            /* the optimised picture at the current scale */
    sc_image photo;        /* the content at the final size, for colour, alpha and what the output inherits */
    sc_optimizer *optimizer;
    sc_objective *objective;
    sc_losses losses, evaluated;
    char *identity;
};

/* checkpoint.c: puts the plan and the position back, and then, into an optimiser that the caller made, x and the state. */
int sc_transfer_restore_position(sc_transfer *transfer, const sc_weights *state, const char *identity, sc_error *err);
int sc_transfer_restore_picture(sc_transfer *transfer, const sc_weights *state, sc_error *err);

/* transfer.c */
int sc_transfer_make_optimizer(sc_transfer *transfer, sc_error *err);

#endif
