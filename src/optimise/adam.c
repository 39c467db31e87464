/* SPDX-License-Identifier: MIT */
/* Adam (Kingma and Ba 2015) with betas 0.9 and 0.99 and, as options, values kept in 0..1 after each step and averaged
 * iterates with bias correction, as in crowsonkb/style-transfer-pytorch. When the loss is not a number or has grown a
 * hundredfold over the best, it rolls back to the best point, halves the step and clears the moments. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "optimise/optimizer.h"
#include "tensor/vector.h"
#include "tensor/tensor.h"

enum { MAX_ROLLBACKS = 12 };
static const double beta1 = 0.9, beta2 = 0.99, epsilon = 1e-8;

typedef struct adam {
    sc_optimizer base;
    sc_problem problem;
    float *x;
    float *block;
    float *gradient, *first, *second, *average, *best, *shown;
    double learning_rate, decay, best_f;
    bool clamp;
    double steps; /* since the moments were cleared */
    double averaged;
    int rollbacks; /* since the start of the scale */
    /* of the step in progress, and what is left to be done of it */
    float step_size, correction2;
    enum { NOTHING, KEEP_BEST, UPDATE, GO_BACK } taking;
    size_t updated; /* values */
} adam;

static void update_block(void *argument, size_t begin, size_t end)
{
    adam *o = argument;
    const float low = o->clamp ? 0 : -INFINITY, high = o->clamp ? 1 : INFINITY;
    const float keep = (float)o->decay, take = (float)(1 - o->decay);
    for (size_t i = begin; i < end; i++) {
        float g = o->gradient[i];
        o->first[i] = (float)beta1 * o->first[i] + (float)(1 - beta1) * g;
        o->second[i] = (float)beta2 * o->second[i] + (float)(1 - beta2) * g * g;
        float x = o->x[i] - o->step_size * o->first[i] / (sqrtf(o->second[i] * o->correction2) + (float)epsilon);
        o->x[i] = x < low ? low : x > high ? high : x;
        o->average[i] = keep * o->average[i] + take * o->x[i];
    }
}

static void go_back(adam *o)
{
    sc_threads *t = o->problem.threads;
    size_t n = o->problem.count;
    sc_vector_copy(t, o->x, o->best, n);
    sc_vector_clear(t, o->first, n);
    sc_vector_clear(t, o->second, n);
    sc_vector_clear(t, o->average, n);
    o->taking = sc_threads_cancelled(t) ? GO_BACK : NOTHING;
}

static void keep_best(adam *o)
{
    sc_vector_copy(o->problem.threads, o->best, o->x, o->problem.count);
    o->taking = sc_threads_cancelled(o->problem.threads) ? KEEP_BEST : UPDATE;
}

static void update(adam *o)
{
    o->updated = sc_threads_blocks_from(o->problem.threads, o->updated, o->problem.count, update_block, o);
    o->taking = o->updated < o->problem.count ? UPDATE : NOTHING;
}

/* The update goes on where it stopped; the others can be done again from their start. */
static void adam_settle(sc_optimizer *base)
{
    adam *o = (adam *)(void *)base;
    if (o->taking == GO_BACK)
        go_back(o);
    if (o->taking == KEEP_BEST)
        keep_best(o);
    if (o->taking == UPDATE)
        update(o);
}

static int roll_back(adam *o, sc_step *step, sc_error *err)
{
    o->taking = GO_BACK;
    adam_settle(&o->base);
    o->steps = o->averaged = 0;
    o->learning_rate *= 0.5;
    step->f = o->best_f;
    step->note = "the loss was not a number or grew without bound: stepped back, halved the step";
    if (++o->rollbacks > MAX_ROLLBACKS)
        return sc_fail(err, SCUMBLE_ERR_DIVERGED,
                       "the optimisation diverges, however short the step; try a smaller `beta` or `learning_rate`");
    return SCUMBLE_OK;
}

static int adam_step(sc_optimizer *base, sc_step *step, sc_error *err)
{
    adam *o = (adam *)(void *)base;
    double f;
    int code = o->problem.evaluate(o->problem.user, o->x, o->gradient, &f, err);
    if (code)
        return code;
    step->evaluations = 1;
    bool finite = sc_is_finite(o->problem.threads, f, o->gradient, o->problem.count);
    code = sc_threads_check(o->problem.threads, err);
    if (code)
        return code;
    if (!finite && !isfinite(o->best_f))
        return sc_fail(err, SCUMBLE_ERR_DIVERGED,
                       "the loss is not a number at the very start; check the model file and the weights of the terms");
    if (!finite || f > 100 * o->best_f)
        return roll_back(o, step, err);
    step->f = f;
    o->taking = f < o->best_f ? KEEP_BEST : UPDATE;
    o->best_f = f < o->best_f ? f : o->best_f;
    o->steps++;
    o->averaged++;
    o->step_size = (float)(o->learning_rate / (1 - pow(beta1, o->steps)));
    o->correction2 = (float)(1 / (1 - pow(beta2, o->steps)));
    o->updated = 0;
    adam_settle(base);
    return SCUMBLE_OK;
}

static const float *adam_result(sc_optimizer *base)
{
    adam *o = (adam *)(void *)base;
    if (o->averaged == 0)
        return o->x;
    sc_vector_combine(o->problem.threads, o->shown, 0, (float)(1 / (1 - pow(o->decay, o->averaged))), o->average,
                      o->problem.count);
    return o->shown;
}

static void adam_changed(sc_optimizer *base, bool wholly)
{
    (void)wholly;
    adam *o = (adam *)(void *)base;
    o->best_f = INFINITY;
    sc_vector_copy(o->problem.threads, o->best, o->x, o->problem.count);
}

static int adam_save(const sc_optimizer *base, sc_weights *state, sc_error *err)
{
    const adam *o = (const adam *)(const void *)base;
    size_t n = o->problem.count;
    int code = sc_state_put(state, "optimizer.first", o->first, n, err);
    if (!code)
        code = sc_state_put(state, "optimizer.second", o->second, n, err);
    if (!code)
        code = sc_state_put(state, "optimizer.average", o->average, n, err);
    if (!code)
        code = sc_state_put(state, "optimizer.best", o->best, n, err);
    if (!code)
        code = sc_state_put_number(state, "optimizer.learning_rate", o->learning_rate, err);
    if (!code)
        code = sc_state_put_number(state, "optimizer.best_f", o->best_f, err);
    if (!code)
        code = sc_state_put_number(state, "optimizer.steps", o->steps, err);
    if (!code)
        code = sc_state_put_number(state, "optimizer.averaged", o->averaged, err);
    if (!code)
        code = sc_state_put_number(state, "optimizer.rollbacks", o->rollbacks, err);
    return code;
}

static int adam_load(sc_optimizer *base, const sc_weights *state, sc_error *err)
{
    adam *o = (adam *)(void *)base;
    size_t n = o->problem.count;
    double rollbacks;
    int code = sc_state_get(state, "optimizer.first", o->first, n, err);
    if (!code)
        code = sc_state_get(state, "optimizer.second", o->second, n, err);
    if (!code)
        code = sc_state_get(state, "optimizer.average", o->average, n, err);
    if (!code)
        code = sc_state_get(state, "optimizer.best", o->best, n, err);
    if (!code)
        code = sc_state_get_number(state, "optimizer.learning_rate", &o->learning_rate, err);
    if (!code)
        code = sc_state_get_number(state, "optimizer.best_f", &o->best_f, err);
    if (!code)
        code = sc_state_get_number(state, "optimizer.steps", &o->steps, err);
    if (!code)
        code = sc_state_get_number(state, "optimizer.averaged", &o->averaged, err);
    if (!code)
        code = sc_state_get_number(state, "optimizer.rollbacks", &rollbacks, err);
    if (!code && !(rollbacks >= 0 && rollbacks <= MAX_ROLLBACKS))
        code = sc_fail(err, SCUMBLE_ERR_FORMAT, "the checkpoint's number of steps back does not fit");
    if (!code)
        o->rollbacks = (int)rollbacks;
    return code;
}

static void adam_free(sc_optimizer *base)
{
    adam *o = (adam *)(void *)base;
    sc_big_free(o->block);
    free(o);
}

static const sc_optimizer_class adam_class = { adam_step, adam_settle, adam_result, adam_changed,
                                               adam_save, adam_load,   adam_free };

static size_t block_bytes(size_t count)
{
    return 6 * count * sizeof(float);
}

/* The check, the copy of the best, the update (which takes roots). */
sc_need sc_adam_need(size_t count)
{
    return (sc_need){ .big = (int64_t)block_bytes(count), .work.of[SC_WORK_VALUES] = 20 * (double)count };
}

bool sc_adam_moments_of(sc_optimizer *base, sc_adam_moments *moments)
{
    *moments = (sc_adam_moments){ 0 };
    if (base->class != &adam_class)
        return false;
    adam *o = (adam *)(void *)base;
    adam_settle(base);
    *moments = (sc_adam_moments){ .first = o->first, .second = o->second, .steps = &o->steps };
    return true;
}

sc_adam_options sc_adam_options_default(void)
{
    return (sc_adam_options){ .learning_rate = 0.02, .averaging = 0.99, .clamp = true };
}

int sc_adam_create(sc_optimizer **optimizer, const sc_problem *problem, float *x, const sc_adam_options *options,
                   sc_error *err)
{
    *optimizer = NULL;
    size_t n = problem->count;
    if (!(options->learning_rate >= 0) || isinf(options->learning_rate))
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "Adam's learning rate must be a number above 0, or 0 for the usual one; got %g",
                       options->learning_rate);
    if (!(options->averaging >= 0 && options->averaging < 1))
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "the decay of the averaged iterate must be at least 0 and below 1; got %g", options->averaging);
    adam *o = calloc(1, sizeof *o);
    if (!o)
        return sc_fail_memory(err, sizeof *o);
    float *block = sc_big_zeroed(block_bytes(n), err);
    if (!block) {
        free(o);
        return err->code;
    }
    *o = (adam){
        .base = { &adam_class, problem->threads },
        .problem = *problem,
        .x = x,
        .block = block,
        .gradient = block,
        .first = block + n,
        .second = block + 2 * n,
        .average = block + 3 * n,
        .best = block + 4 * n,
        .shown = block + 5 * n,
        .learning_rate = options->learning_rate > 0 ? options->learning_rate : 0.02,
        .decay = options->averaging,
        .best_f = INFINITY,
        .clamp = options->clamp,
    };
    sc_vector_copy(problem->threads, o->best, x, n);
    *optimizer = &o->base;
    return SCUMBLE_OK;
}
