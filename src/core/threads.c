/* SPDX-License-Identifier: MIT */
/* The worker pool on POSIX threads. See threads.h. Jobs follow each other within microseconds, and waking a thread
 * takes tens of them: so who has nothing to do looks out for a moment before it sleeps, unless there are more threads
 * than processors. */
#define _GNU_SOURCE
#include "core/threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/thread.h"

enum { LOOKS = 1000 }; /* some 20 to 40 microseconds */

typedef struct worker {
    sc_threads *pool;
    pthread_t id;
    int index;
} worker;

/* What cancels it; pools beside each other share one. */
typedef struct stop {
    atomic_bool cancelled;
    atomic_int holds;
} stop;

struct sc_threads {
    int count;
    stop own, *stop; /* its own, or another pool's */
    int started;     /* workers that run; thread 0 is the caller */
    worker *workers;
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    int looks; /* 0 = sleep at once */
    /* under lock; looked at without */
    atomic_ulong job; /* counts the jobs; a worker that sees a new number joins in */
    atomic_bool quit;
    atomic_int running;
    /* the current job, under lock */
    sc_part_fn part;
    void *argument;
    int parts, next;
    int failed_part, failed_code;
};

int sc_threads_available(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set))
        return 1;
    int count = CPU_COUNT(&set);
    return count < 1 ? 1 : count > 256 ? 256 : count;
}

/* Takes parts until none is left, or it is cancelled. Called and returns with the lock held. */
static void take_parts(sc_threads *pool, int thread)
{
    while (pool->next < pool->parts && !sc_threads_cancelled(pool)) {
        int part = pool->next++;
        sc_part_fn run = pool->part;
        void *argument = pool->argument;
        pool->running++;
        pthread_mutex_unlock(&pool->lock);
        int code = run(argument, part, thread);
        sc_big_pace();
        pthread_mutex_lock(&pool->lock);
        pool->running--;
        if (code && (pool->failed_code == 0 || part < pool->failed_part)) {
            pool->failed_code = code;
            pool->failed_part = part;
        }
    }
}

static void relax(void)
{
#if defined __x86_64__
    __builtin_ia32_pause();
#elif defined __aarch64__
    __asm__ volatile("yield");
#endif
}

/* With the lock held, which is given up meanwhile. */
static void look_for_job(sc_threads *pool, unsigned long seen)
{
    pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < pool->looks && atomic_load(&pool->job) == seen && !atomic_load(&pool->quit); i++)
        relax();
    pthread_mutex_lock(&pool->lock);
}

static void look_for_end(sc_threads *pool)
{
    pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < pool->looks && atomic_load(&pool->running) > 0; i++)
        relax();
    pthread_mutex_lock(&pool->lock);
}

static void *worker_main(void *argument)
{
    worker *self = argument;
    sc_threads *pool = self->pool;
    unsigned long seen = 0;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        if (!pool->quit && pool->job == seen)
            look_for_job(pool, seen);
        while (!pool->quit && pool->job == seen)
            pthread_cond_wait(&pool->work, &pool->lock);
        if (pool->quit)
            break;
        seen = pool->job;
        take_parts(pool, self->index);
        if (pool->running == 0)
            pthread_cond_signal(&pool->done);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

int sc_threads_create_beside(sc_threads **threads, const sc_threads *with, int count, sc_error *err)
{
    int code = sc_threads_create(threads, count, err);
    if (!code && with)
        (*threads)->stop = with->stop;
    return code;
}

int sc_threads_create(sc_threads **threads, int count, sc_error *err)
{
    *threads = NULL;
    if (count == 0)
        count = sc_threads_available();
    if (count < 1 || count > 256)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "the number of threads must be from 1 to 256, or 0 for all; got %d",
                       count);
    sc_threads *pool = calloc(1, sizeof *pool);
    worker *workers = calloc((size_t)count, sizeof *workers);
    if (!pool || !workers) {
        free(pool);
        free(workers);
        return sc_fail_memory(err, sizeof *pool + (size_t)count * sizeof *workers);
    }
    pool->count = count;
    pool->stop = &pool->own;
    pool->looks = count <= sc_threads_available() ? LOOKS : 0;
    pool->workers = workers;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    pthread_cond_init(&pool->done, NULL);
    int failed = 0;
    for (int i = 1; i < count && !failed; i++) {
        workers[i] = (worker){ .pool = pool, .index = i };
        failed = sc_thread_start(&workers[i].id, NULL, worker_main, &workers[i]);
        pool->started += !failed;
    }
    if (failed) {
        sc_threads_destroy(pool);
        return sc_fail(err, SCUMBLE_ERR_MEMORY, "cannot start %d threads; try fewer `threads`", count);
    }
    *threads = pool;
    return SCUMBLE_OK;
}

void sc_threads_destroy(sc_threads *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->quit = true;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    for (int i = 1; i <= pool->started; i++)
        pthread_join(pool->workers[i].id, NULL);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
    free(pool->workers);
    free(pool);
}

int sc_threads_count(const sc_threads *pool)
{
    return pool ? pool->count : 1;
}

/* ---- cancelling ------------------------------------------------------------------------------------------------ */

void sc_threads_cancel(sc_threads *pool)
{
    atomic_store(&pool->stop->cancelled, true);
}

void sc_threads_revive(sc_threads *pool)
{
    atomic_store(&pool->stop->cancelled, false);
}

bool sc_threads_cancelled(const sc_threads *pool)
{
    return pool && atomic_load_explicit(&pool->stop->cancelled, memory_order_relaxed) &&
           !atomic_load(&pool->stop->holds);
}

int sc_threads_check(const sc_threads *pool, sc_error *err)
{
    return sc_threads_cancelled(pool) ? sc_fail(err, SCUMBLE_ERR_CANCELLED, "stopped by the caller") : SCUMBLE_OK;
}

void sc_threads_hold(sc_threads *pool)
{
    if (pool)
        atomic_fetch_add(&pool->stop->holds, 1);
}

void sc_threads_let_go(sc_threads *pool)
{
    if (pool)
        atomic_fetch_sub(&pool->stop->holds, 1);
}

/* ---- jobs ------------------------------------------------------------------------------------------------------ */

/* On the calling thread alone. Returns the first part that was not run. */
static int run_alone(sc_threads *pool, int first, int parts, sc_part_fn part, void *argument, int *failed)
{
    int i = first;
    for (; i < parts && !sc_threads_cancelled(pool); i++) {
        int code = part(argument, i, 0);
        sc_big_pace();
        if (code && !*failed)
            *failed = code;
    }
    return i;
}

static int run_together(sc_threads *pool, int first, int parts, sc_part_fn part, void *argument, int *failed)
{
    pthread_mutex_lock(&pool->lock);
    pool->part = part;
    pool->argument = argument;
    pool->parts = parts;
    pool->next = first;
    pool->failed_code = 0;
    pool->job++;
    pthread_cond_broadcast(&pool->work);
    take_parts(pool, 0);
    if (pool->running > 0)
        look_for_end(pool);
    while (pool->running > 0)
        pthread_cond_wait(&pool->done, &pool->lock);
    int next = pool->next;
    pool->parts = 0; /* a worker that wakes up late finds nothing, even when the pool has been revived */
    *failed = pool->failed_code;
    pthread_mutex_unlock(&pool->lock);
    return next;
}

static int run(sc_threads *pool, int first, int parts, sc_part_fn part, void *argument, int *failed)
{
    bool alone = !pool || pool->count == 1 || parts - first <= 1;
    *failed = SCUMBLE_OK;
    return (alone ? run_alone : run_together)(pool, first, parts, part, argument, failed);
}

int sc_threads_run(sc_threads *pool, int parts, sc_part_fn part, void *argument)
{
    int failed, next = run(pool, 0, parts, part, argument, &failed);
    return failed ? failed : next < parts ? SCUMBLE_ERR_CANCELLED : SCUMBLE_OK;
}

/* ---- blocks ---------------------------------------------------------------------------------------------------- */

enum { BLOCK = 1 << 16 };

typedef struct blocks {
    sc_block_fn fn;
    void *argument;
    size_t count, block;
} blocks;

/* BLOCK values, or more when there would be more blocks than SC_MAX_BLOCKS. */
size_t sc_threads_block(size_t count)
{
    size_t block = (count + SC_MAX_BLOCKS - 1) / SC_MAX_BLOCKS;
    return block < BLOCK ? BLOCK : block;
}

static int run_block(void *argument, int part, int thread)
{
    (void)thread;
    const blocks *b = argument;
    size_t begin = (size_t)part * b->block, end = begin + b->block;
    b->fn(b->argument, begin, end < b->count ? end : b->count);
    return SCUMBLE_OK;
}

size_t sc_threads_blocks_from(sc_threads *threads, size_t from, size_t count, sc_block_fn fn, void *argument)
{
    blocks b = { .fn = fn, .argument = argument, .count = count, .block = sc_threads_block(count) };
    int failed, parts = (int)((count + b.block - 1) / b.block);
    size_t reached = (size_t)run(threads, (int)(from / b.block), parts, run_block, &b, &failed) * b.block;
    return reached < count ? reached : count;
}

int sc_threads_blocks(sc_threads *threads, size_t count, sc_block_fn fn, void *argument)
{
    return sc_threads_blocks_from(threads, 0, count, fn, argument) < count ? SCUMBLE_ERR_CANCELLED : SCUMBLE_OK;
}
