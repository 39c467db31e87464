/* SPDX-License-Identifier: MIT */
/* What is learnt: a program's parameters as one vector, with the gradients of a batch, Adam's moments (Kingma and Ba
 * 2015), averaged values (Karras et al. 2018, Yazici et al. 2019) and, for a discriminator, spectral norms (Miyato et
 * al. 2018): then its convolutions are W / sigma(W), with sigma by one step of power iteration in every step of
 * learning, and it is W that is learnt. */
#ifndef SC_TRAIN_LEARNER_H
#define SC_TRAIN_LEARNER_H

#include "nets/program/program.h"

typedef struct sc_learner {
    sc_program *program;   /* borrowed; its parameters are what graphs read */
    size_t count;          /* values, of all parameters one after the other: */
    float *values;         /* what is learnt, */
    float *gradient;       /* the sum of a batch, with respect to the program's parameters, */
    float *first, *second; /* Adam's moments, */
    float *average;        /* and the average of the values so far */
    float *singular; /* spectral: for each parameter its left singular vector, as many as it has outputs, one after the
                        other; else NULL */
    float *sigmas; /* spectral: the norms that the program was divided by; one for each parameter, 1 for those that are
                      no convolutions */
    size_t singular_count;
    int64_t steps; /* taken */
} sc_learner;

/* The values are the program's. Caller frees. */
int sc_learner_create(sc_learner **learner, sc_program *program, bool spectral, uint64_t seed, sc_error *err);
void sc_learner_free(sc_learner *learner);

/* gradient += weight * dL/d(parameters), after a run of a graph that was differentiated for all of them; values: of the
 * parameters in the graph. */
int sc_learner_collect(sc_learner *learner, sc_graph *graph, const sc_value *values, float weight, sc_error *err);

/* gradient = 0 */
void sc_learner_forget(sc_learner *learner);

typedef struct sc_learning {
    double rate;          /* of Adam's step */
    double first, second; /* decay of the moments: beta_1, beta_2 */
    double
        averaging; /* most decay of the averaged values; less in the first steps: min(averaging, (1 + t) / (10 + t)) */
    double clip;   /* gradients with a larger norm are shortened to this one (Pascanu et al. 2013); 0 = never */
} sc_learning;
/* One step along the gradient, which begins anew; the program has the new parameters. *norm: the gradient's Euclidean
 * norm, before it is shortened. False: it is not a number, and nothing has changed but that the gradient begins anew.
 */
bool sc_learner_step(sc_learner *learner, const sc_learning *how, double *norm);

/* The program's parameters become the averaged values, or what is learnt again. Not for spectral learners. */
void sc_learner_show_average(sc_learner *learner, bool average);

/* To and from a checkpoint, bit for bit, under names that begin with `prefix`. */
int sc_learner_save(const sc_learner *learner, const char *prefix, sc_weights *state, sc_error *err);
int sc_learner_load(sc_learner *learner, const char *prefix, const sc_weights *state, sc_error *err);

#endif
