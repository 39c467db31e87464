/* SPDX-License-Identifier: MIT */
/* The two graphs of a training step beside the objective's: the generator's, from photo to picture and back, and the
 * discriminator's own. */
#ifndef SC_TRAIN_PARTS_H
#define SC_TRAIN_PARTS_H

#include "train/learner.h"

/* The generator at work on photos of one size. */
typedef struct sc_generator_graph {
    sc_graph *graph;
    sc_value photo, painted, slope; /* slope: an input, dL/d(painted) */
    sc_value *parameters;
} sc_generator_graph;

int sc_generator_graph_create(sc_generator_graph *g, const sc_program *generator, int edge, sc_device *device,
                              sc_error *err);
void sc_generator_graph_free(sc_generator_graph *g);
/* photo, painted: edge x edge x 3. */
int sc_generator_graph_paint(sc_generator_graph *g, const float *photo, float *painted, sc_error *err);
/* Adds to the learner weight times the gradient for the photo painted last, whose picture's loss has this slope (edge x
 * edge x 3). */
int sc_generator_graph_learn(sc_generator_graph *g, const float *slope, float weight, sc_learner *learner,
                             sc_error *err);

/* The discriminator's loss (train.h) for patches of features. */
typedef struct sc_contest {
    sc_graph *graph;
    sc_value features[3],
        loss; /* of what is real, what is generated, and photos (SC_NO_VALUE when these do not count) */
    sc_value *parameters;
} sc_contest;

/* photos: their share of what is to be rejected. */
int sc_contest_create(sc_contest *contest, const sc_program *discriminator, sc_shape features, double photos,
                      sc_device *device, sc_error *err);
void sc_contest_free(sc_contest *contest);
/* Write one of the three; then add weight times their gradient to the learner. *loss: L_D. */
enum { SC_REAL, SC_GENERATED, SC_PHOTO };
void sc_contest_show(sc_contest *contest, int which, const sc_tensor *features);
int sc_contest_learn(sc_contest *contest, float weight, sc_learner *learner, double *loss, sc_error *err);

#endif
