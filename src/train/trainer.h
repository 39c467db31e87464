/* SPDX-License-Identifier: MIT */
/* Inside train/: the trainer itself. */
#ifndef SC_TRAIN_TRAINER_H
#define SC_TRAIN_TRAINER_H

#include "measure/judge.h"
#include "train/crops.h"
#include "train/parts.h"
#include "train/steady.h"
#include "train/train.h" /* circle: train.c, of which this is the inside */

struct sc_trainer {
    sc_train_config config;
    sc_objective_config objective_config;
    sc_loader *loader;
    /* of the style */
    sc_image *paintings;       /* as large as they are learnt from */
    double *weights;           /* of each */
    sc_statistics *style;      /* targets: of each objective, for each term */
    sc_objective **objectives; /* one, or one for each painting */
    int objective_count;
    sc_statistics content[SC_MAX_TERMS]; /* of the photo that is looked at */
    /* the generator */
    sc_program *generator_program;
    sc_learner *generator;
    sc_generator_graph generator_graph;
    sc_steady *steady; /* NULL: it may flicker */
    sc_crops *crops;   /* of the paintings */
    /* the discriminator; all empty without one */
    sc_program *discriminator_program;
    sc_critic critic;
    sc_learner *discriminator;
    sc_contest contest;
    sc_judge *judge;
    /* where it is */
    int64_t steps;
    int bad_steps, blank_steps;
    bool broken_off;  /* the last step, within its batch */
    double deviation; /* of the pictures painted in this step, at most; below 0 when all photos were of one colour */
    float *rgb, *photo, *painted, *gradient; /* edge x edge x 3 */
    sc_tensor seen;                          /* what the critic saw of the picture; empty without one */
};

/* SCUMBLE_ERR_DIVERGED when the last few pictures were all of one colour: then nothing that was learnt is worth
 * keeping. */
int sc_trainer_check(const sc_trainer *trainer, sc_error *err);
/* Of a picture of the patches' edge: edge x edge x 3. */
size_t sc_trainer_values(const sc_trainer *trainer);
int sc_trainer_seek(sc_trainer *trainer, int64_t steps, sc_error *err);

#endif
