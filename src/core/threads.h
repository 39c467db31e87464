/* SPDX-License-Identifier: MIT */
/* A pool of worker threads that runs numbered, independent parts of a job.
 * The number of parts is the caller's and must depend on the problem alone, never on the number of threads:
 * then the same input gives the same bytes at any thread count. Parts are handed out dynamically.
 *
 * A pool can be cancelled from any thread: then it starts no further part, so that a job of any size ends when the
 * parts in hand do. It stays cancelled until it is revived, and only whoever began the whole work does that: so what
 * looks at the flag after a job knows whether the job's results are whole, however many functions without a code lie
 * between. Nobody may keep a result, or change a state that outlives the work, before that look.
 *
 * Where a pool is asked for, NULL stands for the calling thread alone, which nobody cancels. */
#ifndef SC_CORE_THREADS_H
#define SC_CORE_THREADS_H

#include "core/error.h"

typedef struct sc_threads sc_threads;

/* One part of a job. `thread` is 0 .. count-1 and is the index of this thread's own scratch.
 * Returns 0 or a negative SCUMBLE_ERR_*. */
typedef int (*sc_part_fn)(void *argument, int part, int thread);

/* count: threads in all, the calling one included; 0 = as many as the process may use (1..256). Caller frees. */
int sc_threads_create(sc_threads **threads, int count, sc_error *err);
/* A pool of its own for another thread, that is cancelled, held and revived with `with`, which must outlive it. */
int sc_threads_create_beside(sc_threads **threads, const sc_threads *with, int count, sc_error *err);
void sc_threads_destroy(sc_threads *threads);
int sc_threads_count(const sc_threads *threads);
/* Number of processors that this process may use. */
int sc_threads_available(void);

/* Runs part 0 .. parts-1 and returns when all have ended: 0, or the code of the failed part with the lowest number, or
 * SCUMBLE_ERR_CANCELLED when parts were left out. Not reentrant: a part must not call it on the same pool. */
int sc_threads_run(sc_threads *threads, int parts, sc_part_fn part, void *argument);

/* Long arrays in fixed blocks: fn on [begin, end) of 0 .. count, each of sc_threads_block(count) values but for the
 * last. A block is small, so that of big buffers (core/memory.h) little is touched between two looks at what is
 * resident. */
typedef void (*sc_block_fn)(void *argument, size_t begin, size_t end);
enum { SC_MAX_BLOCKS = 4096 };
size_t sc_threads_block(size_t count);
/* 0, or SCUMBLE_ERR_CANCELLED when blocks were left out. */
int sc_threads_blocks(sc_threads *threads, size_t count, sc_block_fn fn, void *argument);
/* The same from value `from` on, which is 0 or what it returned: how far it came, which is `count` unless it was
 * cancelled. All before that has been done, and nothing from there on. */
size_t sc_threads_blocks_from(sc_threads *threads, size_t from, size_t count, sc_block_fn fn, void *argument);

/* From any thread, and from a signal handler. */
void sc_threads_cancel(sc_threads *threads);
void sc_threads_revive(sc_threads *threads);
bool sc_threads_cancelled(const sc_threads *threads);
/* 0, or when it is cancelled SCUMBLE_ERR_CANCELLED with its sentence. */
int sc_threads_check(const sc_threads *threads, sc_error *err);
/* Between hold and let go nothing sees that it is cancelled: for a short change of a state that must be whole. */
void sc_threads_hold(sc_threads *threads);
void sc_threads_let_go(sc_threads *threads);

#endif
