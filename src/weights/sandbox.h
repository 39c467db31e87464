/* SPDX-License-Identifier: MIT */
/* Runs a parser that is not to be trusted with hostile input (a large foreign library) in a forked child, which can do
 * nothing but compute and write to one pipe. Whatever the child does, the parent sees bytes, or their end.
 * fork() in a process with threads: the child uses memory from malloc, which glibc keeps usable, and its own locks; if a
 * lock of the library is held by another thread at that moment, the child hangs and the parent gives up after a while. */
#ifndef SC_WEIGHTS_SANDBOX_H
#define SC_WEIGHTS_SANDBOX_H

#include <sys/types.h>

#include "core/error.h"

typedef struct sc_sandbox {
    pid_t child;
    int input; /* the pipe's reading end */
} sc_sandbox;

/* Forks; the child runs work(context, output) and ends. memory_bytes and processor_s: what the child may use in all. */
int sc_sandbox_start(sc_sandbox *sandbox, void (*work)(void *context, int output), void *context, size_t memory_bytes,
                     unsigned processor_s, sc_error *err);
/* Reads exactly size bytes. Fails with a sentence if the child ends, crashes or is silent for a minute. */
int sc_sandbox_read(sc_sandbox *sandbox, void *bytes, size_t size, sc_error *err);
/* Kills the child if it still runs, and reaps it. */
void sc_sandbox_end(sc_sandbox *sandbox);

#endif
