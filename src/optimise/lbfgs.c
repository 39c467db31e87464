/* SPDX-License-Identifier: MIT */
/* L-BFGS (Nocedal 1980; Nocedal and Wright 2006, algorithm 7.4) with a backtracking line search on the Armijo
 * condition. The full step is tried first and is nearly always taken, so an iteration costs one evaluation; the
 * curvature condition is replaced by skipping pairs with s.y <= 0. When no step lowers f, or f is not a number, the
 * memory is dropped and the next try is a short step along the gradient. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "optimise/optimizer.h"
#include "tensor/vector.h"
#include "tensor/tensor.h"

/* Pairs of vectors that are remembered. Of pictures from 4096 x 4096 on fewer, so that they have room on a disk; it
 * depends on nothing but the size. */
enum { MEMORY = 8, LARGE_MEMORY = 4, LARGE_COUNT = 3 << 24, MAX_TRIES = 6, MAX_RESETS = 8 };
static const double armijo = 1e-4, first_step = 0.01;

typedef struct lbfgs {
    sc_optimizer base;
    sc_problem problem;
    float *x;
    float *block; /* everything below, in one piece */
    float *gradient, *direction, *x_new, *gradient_new;
    float *s[MEMORY], *y[MEMORY]; /* s = x_new - x, y = gradient_new - gradient; oldest first */
    double rho[MEMORY];           /* 1 / s.y */
    int pairs, most_pairs;
    bool evaluated; /* f and gradient belong to x */
    double f;
    enum { NOTHING, PAIR, MOVE } taking; /* what is left to be done of an accepted step */
    double first_step;                   /* length of the first step, in root mean square units of x */
    int resets;                          /* in a row */
} lbfgs;

/* d = -H g by the two-loop recursion. */
static void find_direction(lbfgs *o)
{
    sc_threads *t = o->problem.threads;
    size_t n = o->problem.count;
    double alpha[MEMORY];
    sc_vector_combine(t, o->direction, 0, -1, o->gradient, n);
    for (int i = o->pairs - 1; i >= 0; i--) {
        alpha[i] = o->rho[i] * sc_vector_dot(t, o->s[i], o->direction, n);
        sc_vector_combine(t, o->direction, 1, (float)-alpha[i], o->y[i], n);
    }
    if (o->pairs) {
        int last = o->pairs - 1;
        double gamma = 1 / (o->rho[last] * sc_vector_dot(t, o->y[last], o->y[last], n));
        sc_vector_combine(t, o->direction, 0, (float)gamma, o->direction, n);
    }
    for (int i = 0; i < o->pairs; i++) {
        double beta = o->rho[i] * sc_vector_dot(t, o->y[i], o->direction, n);
        sc_vector_combine(t, o->direction, 1, (float)(alpha[i] - beta), o->s[i], n);
    }
}

static void lbfgs_make_room(lbfgs *o)
{
    if (o->pairs < o->most_pairs)
        return;
    float *s = o->s[0], *y = o->y[0]; /* the oldest pair's storage becomes the newest's */
    size_t kept = (size_t)o->most_pairs - 1;
    memmove(o->s, o->s + 1, kept * sizeof *o->s);
    memmove(o->y, o->y + 1, kept * sizeof *o->y);
    memmove(o->rho, o->rho + 1, kept * sizeof *o->rho);
    o->s[kept] = s;
    o->y[kept] = y;
    o->pairs--;
}

static void remember(lbfgs *o)
{
    sc_threads *t = o->problem.threads;
    size_t n = o->problem.count;
    float *s = o->s[o->pairs], *y = o->y[o->pairs];
    sc_vector_subtract(t, s, o->x_new, o->x, n);
    sc_vector_subtract(t, y, o->gradient_new, o->gradient, n);
    double sy = sc_vector_dot(t, s, y, n);
    double yy = sc_vector_dot(t, y, y, n);
    if (sc_threads_cancelled(t))
        return;
    if (sy > 1e-10 * yy && isfinite(1 / sy))
        o->rho[o->pairs++] = 1 / sy;
    o->taking = MOVE;
}

static void move(lbfgs *o)
{
    sc_vector_copy(o->problem.threads, o->x, o->x_new, o->problem.count);
    if (sc_threads_cancelled(o->problem.threads))
        return;
    float *swap = o->gradient;
    o->gradient = o->gradient_new;
    o->gradient_new = swap;
    o->taking = NOTHING;
}

/* What both of these do can be done again from its start. */
static void lbfgs_settle(sc_optimizer *base)
{
    lbfgs *o = (lbfgs *)(void *)base;
    if (o->taking == PAIR)
        remember(o);
    if (o->taking == MOVE)
        move(o);
}

static void lbfgs_take(lbfgs *o, double f)
{
    o->f = f;
    lbfgs_make_room(o);
    o->taking = PAIR;
    lbfgs_settle(&o->base);
}

/* Tries x + t d, then shorter t. *accepted tells whether one was taken. */
static int lbfgs_search(lbfgs *o, double slope, double t, sc_step *step, bool *accepted, bool *not_a_number,
                        sc_error *err)
{
    size_t n = o->problem.count;
    *accepted = false;
    for (int k = 0; k < MAX_TRIES && !*accepted; k++) {
        sc_vector_copy(o->problem.threads, o->x_new, o->x, n);
        sc_vector_combine(o->problem.threads, o->x_new, 1, (float)t, o->direction, n);
        double f;
        int code = o->problem.evaluate(o->problem.user, o->x_new, o->gradient_new, &f, err);
        if (code)
            return code;
        step->evaluations++;
        bool finite = sc_is_finite(o->problem.threads, f, o->gradient_new, n);
        code = sc_threads_check(o->problem.threads, err);
        if (code)
            return code;
        if (!finite) {
            *not_a_number = true;
            t *= 0.1;
            continue;
        }
        *accepted =
            f < o->f && f <= o->f + armijo * t * slope; /* the latter alone would take a step that moves nothing */
        if (*accepted) {
            lbfgs_take(o, f);
            break;
        }
        /* The minimum of the parabola through f, slope and the new value, kept within 0.1 .. 0.5 of t. */
        double best = -slope * t * t / (2 * (f - o->f - slope * t));
        t = best < 0.1 * t ? 0.1 * t : best > 0.5 * t ? 0.5 * t : best;
    }
    return SCUMBLE_OK;
}

static int evaluate_start(lbfgs *o, sc_step *step, sc_error *err)
{
    int code = o->problem.evaluate(o->problem.user, o->x, o->gradient, &o->f, err);
    if (code)
        return code;
    step->evaluations++;
    bool finite = sc_is_finite(o->problem.threads, o->f, o->gradient, o->problem.count);
    code = sc_threads_check(o->problem.threads, err);
    if (code)
        return code;
    if (!finite)
        return sc_fail(err, SCUMBLE_ERR_DIVERGED,
                       "the loss is not a number at the very start; check the model file and the weights of the terms");
    o->evaluated = true;
    return SCUMBLE_OK;
}

static int lbfgs_step(sc_optimizer *base, sc_step *step, sc_error *err)
{
    lbfgs *o = (lbfgs *)(void *)base;
    size_t n = o->problem.count;
    int code = o->evaluated ? SCUMBLE_OK : evaluate_start(o, step, err);
    if (code)
        return code;
    step->f = o->f;
    if (o->resets == MAX_RESETS) /* no step lowers f, however short: this is a minimum, as far as floats can tell */
        return SCUMBLE_OK;
    find_direction(o);
    double slope = sc_vector_dot(o->problem.threads, o->gradient, o->direction, n);
    if (!(slope < 0) && o->pairs && !sc_threads_cancelled(o->problem.threads)) {
        o->pairs = 0;
        find_direction(o);
        slope = sc_vector_dot(o->problem.threads, o->gradient, o->direction, n);
    }
    code = sc_threads_check(o->problem.threads, err);
    if (code)
        return code;
    if (!(slope < 0)) /* the gradient is zero: nothing left to do */
        return SCUMBLE_OK;
    double t = o->pairs ? 1 : o->first_step * sqrt((double)n / -slope);
    bool accepted, not_a_number = false;
    code = lbfgs_search(o, slope, t, step, &accepted, &not_a_number, err);
    if (code)
        return code;
    step->f = o->f;
    if (accepted) {
        o->resets = 0;
        if (not_a_number)
            step->note = "the loss was not a number: stepped back, went on with a shorter step";
        return SCUMBLE_OK;
    }
    o->pairs = 0;
    o->first_step *= 0.1;
    step->note = not_a_number ? "the loss was not a number: stepped back, went on with a shorter step" : NULL;
    if (++o->resets == MAX_RESETS && not_a_number)
        return sc_fail(err, SCUMBLE_ERR_DIVERGED,
                       "the loss is not a number around this picture, however short the step; try a smaller `beta` or "
                       "`optimizer` adam");
    return SCUMBLE_OK;
}

static const float *lbfgs_result(sc_optimizer *base)
{
    return ((lbfgs *)(void *)base)->x;
}

/* The memory of the curvature stays: the new function is much like the old, and a direction made with it descends all
 * the same. Where no step lowered the old one, hardly one will lower this: a single try tells. */
static void lbfgs_changed(sc_optimizer *base, bool wholly)
{
    lbfgs *o = (lbfgs *)(void *)base;
    o->evaluated = false;
    o->pairs = wholly ? 0 : o->pairs;
    o->resets = o->resets == MAX_RESETS ? MAX_RESETS - 1 : 0;
    o->first_step = first_step;
}

static int lbfgs_save(const sc_optimizer *base, sc_weights *state, sc_error *err)
{
    const lbfgs *o = (const lbfgs *)(const void *)base;
    char name[32];
    int code = sc_state_put_number(state, "optimizer.pairs", o->pairs, err);
    if (!code)
        code = sc_state_put_number(state, "optimizer.f", o->f, err);
    if (!code)
        code = sc_state_put_number(state, "optimizer.first_step", o->first_step, err);
    if (!code)
        code = sc_state_put_number(state, "optimizer.evaluated", o->evaluated, err);
    if (!code)
        code = sc_state_put_number(state, "optimizer.resets", o->resets, err);
    if (!code)
        code = sc_state_put(state, "optimizer.gradient", o->gradient, o->problem.count, err);
    for (int i = 0; i < o->pairs && !code; i++) {
        snprintf(name, sizeof name, "optimizer.s%d", i);
        code = sc_state_put(state, name, o->s[i], o->problem.count, err);
        snprintf(name, sizeof name, "optimizer.y%d", i);
        if (!code)
            code = sc_state_put(state, name, o->y[i], o->problem.count, err);
        snprintf(name, sizeof name, "optimizer.rho%d", i);
        if (!code)
            code = sc_state_put_number(state, name, o->rho[i], err);
    }
    return code;
}

static int lbfgs_load(sc_optimizer *base, const sc_weights *state, sc_error *err)
{
    lbfgs *o = (lbfgs *)(void *)base;
    char name[32];
    double pairs, evaluated, resets;
    int code = sc_state_get_number(state, "optimizer.pairs", &pairs, err);
    if (!code)
        code = sc_state_get_number(state, "optimizer.f", &o->f, err);
    if (!code)
        code = sc_state_get_number(state, "optimizer.first_step", &o->first_step, err);
    if (!code)
        code = sc_state_get_number(state, "optimizer.evaluated", &evaluated, err);
    if (!code)
        code = sc_state_get_number(state, "optimizer.resets", &resets, err);
    if (!code)
        code = sc_state_get(state, "optimizer.gradient", o->gradient, o->problem.count, err);
    if (!code && (!(pairs >= 0 && pairs <= o->most_pairs) || !(resets >= 0 && resets <= MAX_RESETS)))
        code = sc_fail(err, SCUMBLE_ERR_FORMAT, "the checkpoint's L-BFGS memory does not fit");
    if (code)
        return code;
    o->taking = NOTHING;
    o->pairs = (int)pairs;
    o->evaluated = evaluated != 0;
    o->resets = (int)resets;
    for (int i = 0; i < o->pairs && !code; i++) {
        snprintf(name, sizeof name, "optimizer.s%d", i);
        code = sc_state_get(state, name, o->s[i], o->problem.count, err);
        snprintf(name, sizeof name, "optimizer.y%d", i);
        if (!code)
            code = sc_state_get(state, name, o->y[i], o->problem.count, err);
        snprintf(name, sizeof name, "optimizer.rho%d", i);
        if (!code)
            code = sc_state_get_number(state, name, &o->rho[i], err);
    }
    return code;
}

static void lbfgs_free(sc_optimizer *base)
{
    lbfgs *o = (lbfgs *)(void *)base;
    sc_big_free(o->block);
    free(o);
}

static const sc_optimizer_class lbfgs_class = { lbfgs_step, lbfgs_settle, lbfgs_result, lbfgs_changed,
                                                lbfgs_save, lbfgs_load,   lbfgs_free };

static int most_pairs(size_t count)
{
    return count < LARGE_COUNT ? MEMORY : LARGE_MEMORY;
}

static size_t bytes_with(size_t count, int pairs)
{
    return (4 + 2 * (size_t)pairs) * count * sizeof(float);
}

/* For each pair two products and two sums; beside them the direction's start and scale, the step, its check, and the
 * new pair. */
sc_need sc_lbfgs_need(size_t count, int iterations)
{
    int most = most_pairs(count);
    double pairs = 0;
    for (int i = 0; i < iterations; i++)
        pairs += (double)(i < most ? i : most) / iterations;
    return (sc_need){ .big = (int64_t)bytes_with(count, iterations < most ? iterations : most),
                      .work.of[SC_WORK_VALUES] = (26 + 10 * pairs) * (double)count };
}

int sc_lbfgs_create(sc_optimizer **optimizer, const sc_problem *problem, float *x, sc_error *err)
{
    *optimizer = NULL;
    size_t n = problem->count;
    lbfgs *o = calloc(1, sizeof *o);
    if (!o)
        return sc_fail_memory(err, sizeof *o);
    float *block = sc_big_alloc(bytes_with(n, most_pairs(n)), err);
    if (!block) {
        free(o);
        return err->code;
    }
    o->base = (sc_optimizer){ &lbfgs_class, problem->threads };
    o->problem = *problem;
    o->x = x;
    o->block = block;
    o->gradient = block;
    o->direction = block + n;
    o->x_new = block + 2 * n;
    o->gradient_new = block + 3 * n;
    o->most_pairs = most_pairs(n);
    for (int i = 0; i < o->most_pairs; i++) {
        o->s[i] = block + (4 + 2 * (size_t)i) * n;
        o->y[i] = block + (5 + 2 * (size_t)i) * n;
    }
    o->first_step = first_step;
    *optimizer = &o->base;
    return SCUMBLE_OK;
}
