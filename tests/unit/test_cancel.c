/* SPDX-License-Identifier: MIT */
/* Cancelling inside the library: what a pool leaves out, and that optimisers stand where they stood or have taken their
 * step, at whatever moment it comes. The public side is in test_cancel_api.c. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "core/rng.h"
#include "core/threads.h"
#include "optimise/optimizer.h"
#include "tensor/vector.h"

static sc_threads *make_pool(int count)
{
    sc_threads *pool;
    sc_error err;
    assert_int_equal(sc_threads_create(&pool, count, &err), 0);
    return pool;
}

/* ---- a pool ----------------------------------------------------------------------------------------------------- */

enum { PARTS = 1000 };

typedef struct counting {
    sc_threads *pool;
    int cancel_at;
    atomic_int run[PARTS], runs;
} counting;

static int count_part(void *argument, int part, int thread)
{
    (void)thread;
    counting *c = argument;
    atomic_fetch_add(&c->run[part], 1);
    atomic_fetch_add(&c->runs, 1);
    if (part == c->cancel_at)
        sc_threads_cancel(c->pool);
    return 0;
}

static void test_no_further_parts(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 4; threads++) {
        counting c = { .pool = make_pool(threads), .cancel_at = 20 };
        sc_error err = { 0 };
        assert_int_equal(sc_threads_run(c.pool, PARTS, count_part, &c), SCUMBLE_ERR_CANCELLED);
        /* Those that had begun are done, one for each other thread at most beyond it; and no part after one that was
         * left out. */
        assert_in_range(atomic_load(&c.runs), 21, 21 + 2 * threads);
        for (int i = 0; i < PARTS; i++)
            assert_int_equal(atomic_load(&c.run[i]), i < atomic_load(&c.runs));
        assert_int_equal(sc_threads_run(c.pool, 1, count_part, &c), SCUMBLE_ERR_CANCELLED);
        assert_int_equal(sc_threads_check(c.pool, &err), SCUMBLE_ERR_CANCELLED);
        assert_true(*err.text);
        sc_threads_revive(c.pool);
        c.cancel_at = -1;
        assert_int_equal(sc_threads_run(c.pool, PARTS, count_part, &c), 0);
        assert_int_equal(sc_threads_check(c.pool, &err), 0);
        for (int i = 0; i < PARTS; i++)
            assert_int_equal(atomic_load(&c.run[i]), 1 + (atomic_load(&c.run[i]) > 1));
        sc_threads_destroy(c.pool);
    }
    counting alone = { .cancel_at = -1 };
    assert_int_equal(sc_threads_run(NULL, PARTS, count_part, &alone), 0);
    assert_int_equal(sc_threads_count(NULL), 1);
    assert_int_equal(atomic_load(&alone.runs), PARTS);
}

static void test_held_and_beside(void **state)
{
    (void)state;
    sc_error err;
    counting c = { .pool = make_pool(2), .cancel_at = -1 };
    sc_threads *beside;
    assert_int_equal(sc_threads_create_beside(&beside, c.pool, 1, &err), 0);
    sc_threads_cancel(c.pool);
    assert_int_equal(sc_threads_run(beside, PARTS, count_part, &c), SCUMBLE_ERR_CANCELLED);
    assert_int_equal(atomic_load(&c.runs), 0);
    sc_threads_hold(c.pool);
    assert_int_equal(sc_threads_run(c.pool, PARTS, count_part, &c), 0);
    assert_false(sc_threads_cancelled(beside));
    sc_threads_let_go(c.pool);
    assert_true(sc_threads_cancelled(beside));
    sc_threads_revive(c.pool);
    assert_false(sc_threads_cancelled(beside));
    sc_threads_destroy(beside);
    sc_threads_destroy(c.pool);
}

typedef struct adding {
    sc_threads *pool;
    float *values;
    size_t cancel_at;
} adding;

static void add_one(void *argument, size_t begin, size_t end)
{
    adding *a = argument;
    for (size_t i = begin; i < end; i++) {
        a->values[i] += 1;
        if (i == a->cancel_at)
            sc_threads_cancel(a->pool);
    }
}

/* A change in place is finished later, each value once. */
static void test_blocks_go_on(void **state)
{
    (void)state;
    enum { COUNT = 3000001 };
    adding a = { .pool = make_pool(3), .values = calloc(COUNT, sizeof *a.values) };
    size_t at = 0, stops = 0;
    for (; at < COUNT; stops++) {
        a.cancel_at = at + 200000;
        sc_threads_revive(a.pool);
        size_t reached = sc_threads_blocks_from(a.pool, at, COUNT, add_one, &a);
        assert_true(reached > at && (reached == COUNT || reached % sc_threads_block(COUNT) == 0));
        for (size_t i = at; i < COUNT; i++)
            assert_true(a.values[i] == (i < reached ? 1 : 0));
        at = reached;
    }
    assert_in_range(stops, 4, 15);
    free(a.values);
    sc_threads_destroy(a.pool);
}

/* ---- optimisers ------------------------------------------------------------------------------------------------- */

enum { VALUES = 150000, STEPS = 14 };

/* f = sum of a_i (x_i - b_i)^2; it is not a number at the first evaluation of one step, so that Adam and L-BFGS step
 * back. */
typedef struct valley {
    sc_threads *pool;
    int step, tries, bad_step;
    float *a, *b;
} valley;

typedef struct slope {
    const valley *v;
    const float *x;
    float *gradient;
} slope;

static void slope_block(void *argument, size_t begin, size_t end)
{
    const slope *s = argument;
    for (size_t i = begin; i < end; i++)
        s->gradient[i] = 2 * s->v->a[i] * (s->x[i] - s->v->b[i]);
}

static int evaluate(void *user, const float *x, float *gradient, double *f, sc_error *err)
{
    valley *v = user;
    sc_threads_blocks(v->pool, VALUES, slope_block, &(slope){ v, x, gradient });
    int code = sc_threads_check(v->pool, err);
    if (code)
        return code;
    *f = sc_vector_dot(v->pool, gradient, gradient, VALUES);
    if (v->tries++ == 0 && v->step == v->bad_step)
        *f = NAN;
    return SCUMBLE_OK;
}

static void fill(float *values, uint64_t seed, float low, float high)
{
    for (size_t i = 0; i < VALUES; i++)
        values[i] = low + (high - low) * sc_random_uniform(seed, i);
}

static sc_optimizer *make(const valley *v, bool adam, float *x)
{
    sc_optimizer *o;
    sc_error err;
    sc_problem problem = { .count = VALUES, .threads = v->pool, .evaluate = evaluate, .user = (void *)(uintptr_t)v };
    sc_adam_options options = sc_adam_options_default();
    assert_int_equal(adam ? sc_adam_create(&o, &problem, x, &options, &err) : sc_lbfgs_create(&o, &problem, x, &err),
                     0);
    return o;
}

/* Cancels again and again, at moments that are spread over a step. */
typedef struct nuisance {
    sc_threads *pool;
    atomic_bool quit;
} nuisance;

static void *cancel_often(void *argument)
{
    nuisance *n = argument;
    for (uint64_t i = 0; !atomic_load(&n->quit); i++) {
        nanosleep(&(struct timespec){ .tv_nsec = (long)(1.2e6 * sc_random_uniform(3, i)) }, NULL);
        sc_threads_cancel(n->pool);
    }
    return NULL;
}

/* The state goes through a checkpoint. */
static sc_optimizer *through_checkpoint(const valley *v, bool adam, sc_optimizer *o, float *x)
{
    sc_weights *saved;
    sc_error err;
    assert_int_equal(sc_weights_create(&saved, &err), 0);
    while (sc_optimizer_save(o, saved, &err)) {
        assert_int_equal(err.code, SCUMBLE_ERR_CANCELLED);
        sc_threads_revive(v->pool);
    }
    assert_int_equal(sc_weights_sort(saved, &err), 0);
    sc_threads_hold(v->pool); /* what is copied here is the test's own */
    sc_optimizer *fresh = make(v, adam, x);
    assert_int_equal(sc_optimizer_load(fresh, saved, &err), 0);
    sc_threads_let_go(v->pool);
    sc_weights_free(saved);
    sc_optimizer_free(o);
    return fresh;
}

/* The result after all steps; often: whatever comes between. Returns how many steps were broken off. */
static int minimise(valley *v, bool adam, bool often, float *result)
{
    float *x = malloc(VALUES * sizeof *x);
    fill(x, 9, 0, 1);
    sc_optimizer *o = make(v, adam, x);
    nuisance n = { .pool = v->pool };
    pthread_t thread;
    sc_error err;
    int broken = 0;
    if (often)
        assert_int_equal(pthread_create(&thread, NULL, cancel_often, &n), 0);
    for (int done = 0; done < STEPS;) {
        sc_step step;
        v->step = done;
        v->tries = 0;
        int code = sc_optimizer_step(o, &step, &err);
        assert_true(!code || code == SCUMBLE_ERR_CANCELLED);
        broken += code != 0;
        sc_threads_revive(v->pool);
        done += !code;
        if (often && !code && done % 5 == 0)
            o = through_checkpoint(v, adam, o, x);
    }
    if (often) {
        atomic_store(&n.quit, true);
        pthread_join(thread, NULL);
    }
    sc_threads_revive(v->pool);
    memcpy(result, sc_optimizer_result(o), VALUES * sizeof *result);
    sc_optimizer_free(o);
    free(x);
    return broken;
}

static void check_optimizer(bool adam)
{
    valley v = {
        .pool = make_pool(2), .bad_step = 7, .a = malloc(VALUES * sizeof *v.a), .b = malloc(VALUES * sizeof *v.b)
    };
    float *plain = malloc(VALUES * sizeof *plain), *often = malloc(VALUES * sizeof *often);
    fill(v.a, 1, 0.1f, 3);
    fill(v.b, 2, 0, 1);
    minimise(&v, adam, false, plain);
    int broken = 0;
    for (int turn = 0; turn < 60 && (turn < 6 || broken < 40); turn++) {
        broken += minimise(&v, adam, true, often);
        assert_memory_equal(plain, often, VALUES * sizeof *plain);
    }
    assert_true(broken > 20);
    free(plain);
    free(often);
    free(v.a);
    free(v.b);
    sc_threads_destroy(v.pool);
}

static void test_lbfgs(void **state)
{
    (void)state;
    check_optimizer(false);
}

static void test_adam(void **state)
{
    (void)state;
    check_optimizer(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_further_parts),
        cmocka_unit_test(test_held_and_beside),
        cmocka_unit_test(test_blocks_go_on),
        cmocka_unit_test(test_lbfgs),
        cmocka_unit_test(test_adam),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
