/* SPDX-License-Identifier: MIT */
/* A pool of worker threads that runs numbered, independent parts of a job.
 * The number of parts is the caller's and must depend on the problem alone, never on the number of threads:
 * then the same input gives the same bytes at any thread count. Parts are handed out dynamically. */
#ifndef SC_CORE_THREADS_H
#define SC_CORE_THREADS_H

#include "core/error.h"

typedef struct sc_threads sc_threads;

/* One part of a job. `thread` is 0 .. count-1 and is the index of this thread's own scratch.
 * Returns 0 or a negative SCUMBLE_ERR_*. */
typedef int (*sc_part_fn)(void *argument, int part, int thread);

/* count: threads in all, the calling one included; 0 = as many as the process may use (1..256). Caller frees. */
int sc_threads_create(sc_threads **threads, int count, sc_error *err);
void sc_threads_destroy(sc_threads *threads);
int sc_threads_count(const sc_threads *threads);
/* Number of processors that this process may use. */
int sc_threads_available(void);

/* Runs part 0 .. parts-1 and returns when all have ended: 0, or the code of the failed part with the lowest number.
 * Not reentrant: a part must not call it on the same pool. */
int sc_threads_run(sc_threads *threads, int parts, sc_part_fn part, void *argument);

#endif
