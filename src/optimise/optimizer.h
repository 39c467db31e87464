/* SPDX-License-Identifier: MIT */
/* Optimisers behind one interface: minimise f(x) one iteration at a time, survive values that are not numbers, and
 * save and restore their whole state, so that an interrupted run can go on bit for bit. */
#ifndef SC_OPTIMISE_OPTIMIZER_H
#define SC_OPTIMISE_OPTIMIZER_H

#include "core/need.h"
#include "core/threads.h"
#include "weights/weights.h"

typedef struct sc_optimizer sc_optimizer;

/* f and its gradient at x (count values each). */
typedef int (*sc_evaluate_fn)(void *user, const float *x, float *gradient, double *f, sc_error *err);

typedef struct sc_problem {
    size_t count;
    sc_threads *threads; /* borrowed */
    sc_evaluate_fn evaluate;
    void *user;
} sc_problem;

typedef struct sc_step {
    double f; /* L-BFGS: at the new x; Adam: at the x that the step started from */
    int evaluations;
    const char *note; /* what the user should know ("not a number: ..."), or NULL */
} sc_step;

typedef struct sc_adam_options {
    double learning_rate; /* in x's units; 0 = 0.02 */
    double averaging;     /* decay of the averaged iterate, 0 <= averaging < 1; 0 = the result is the last iterate */
    bool clamp;           /* keep x within 0..1 after each step: for pixels, not for a pyramid's coefficients */
} sc_adam_options;
/* 0.02, 0.99, true: as crowsonkb/style-transfer-pytorch has them. */
sc_adam_options sc_adam_options_default(void);

/* x is borrowed: the starting point, and after each step the current one. Free with sc_optimizer_free. Options out of
 * range are refused (SCUMBLE_ERR_ARGUMENT); *optimizer is NULL on failure. */
int sc_lbfgs_create(sc_optimizer **optimizer, const sc_problem *problem, float *x, sc_error *err);
int sc_adam_create(sc_optimizer **optimizer, const sc_problem *problem, float *x, const sc_adam_options *options,
                   sc_error *err);
void sc_optimizer_free(sc_optimizer *optimizer);

/* One iteration. SCUMBLE_ERR_CANCELLED when the threads are before a step was chosen: all is then as it was. When they
 * are after that, the step is done, and what is left of moving is made up for by the next call, whichever it is.
 * SCUMBLE_ERR_DIVERGED when no step back helps any more; x is then the best point known. At a minimum
 * (to the last bit of f) it does nothing, and succeeds. */
int sc_optimizer_step(sc_optimizer *optimizer, sc_step *step, sc_error *err);
/* The picture to show or keep: x itself, or Adam's averaged iterate. Borrowed, valid until the next step. Of no use
 * when the threads are cancelled. */
const float *sc_optimizer_result(sc_optimizer *optimizer);
/* The function to be minimised is another one from here on (new matches, new directions), so its earlier values cannot
 * be compared with those to come. L-BFGS forgets f and gradient and keeps its memory of the curvature; Adam keeps its
 * moments and forgets the best point. x stays. */
void sc_optimizer_changed(sc_optimizer *optimizer);

/* The same after a change that is no small one (other weights, other guides): L-BFGS forgets the curvature, too. */
void sc_optimizer_restart(sc_optimizer *optimizer);

/* Adam's memory of the gradient, to be read, or to be filled before the first step with what an optimiser of a smaller
 * picture has learnt (sc_variable_carry). Borrowed from the optimiser: `count` values each, as its problem has. */
typedef struct sc_adam_moments {
    float *first, *second; /* running means of gradient and gradient^2 before bias correction; second >= 0 */
    double *steps;         /* that they were gathered in; what the bias correction goes by */
} sc_adam_moments;
/* False, and *moments cleared, when the optimiser is not Adam. */
bool sc_adam_moments_of(sc_optimizer *optimizer, sc_adam_moments *moments);
/* What an optimiser of this size holds, and the work of an iteration beside its evaluations; of L-BFGS after so many
 * iterations, each of which adds to its history until that is full, and on their average. L-BFGS evaluates once more
 * where it starts, and where the function has changed. */
sc_need sc_lbfgs_need(size_t count, int iterations);
sc_need sc_adam_need(size_t count);

/* Adds all state but x to a set ("optimizer.*"), which borrows the values until the next step, or takes it from one.
 * Load fails when it does not fit. */
int sc_optimizer_save(sc_optimizer *optimizer, sc_weights *state, sc_error *err);
int sc_optimizer_load(sc_optimizer *optimizer, const sc_weights *state, sc_error *err);

/* For the implementations: what stands at the start of each. */
typedef struct sc_optimizer_class {
    int (*step)(sc_optimizer *, sc_step *, sc_error *);
    void (*settle)(sc_optimizer *); /* does what is left of a step, if anything; called before all others */
    const float *(*result)(sc_optimizer *);
    void (*changed)(sc_optimizer *, bool wholly);
    int (*save)(const sc_optimizer *, sc_weights *, sc_error *);
    int (*load)(sc_optimizer *, const sc_weights *, sc_error *);
    void (*free)(sc_optimizer *);
} sc_optimizer_class;
struct sc_optimizer {
    const sc_optimizer_class *class;
    sc_threads *threads;
};

/* Helpers of both. Values that are put are lent (sc_weights_lend). */
int sc_state_put(sc_weights *state, const char *name, const float *values, size_t count, sc_error *err);
int sc_state_get(const sc_weights *state, const char *name, float *values, size_t count, sc_error *err);
int sc_state_put_number(sc_weights *state, const char *name, double value, sc_error *err);
int sc_state_get_number(const sc_weights *state, const char *name, double *value, sc_error *err);
/* f is a number and no gradient value is infinite or not a number. */
bool sc_is_finite(sc_threads *threads, double f, const float *gradient, size_t count);

#endif
