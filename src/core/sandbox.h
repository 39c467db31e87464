/* SPDX-License-Identifier: MIT */
/* Runs a parser that is not to be trusted with hostile input (a large foreign library) in a forked child, which can do
 * nothing but compute and write to one pipe (or also read files). Whatever the child does, the parent sees bytes, or
 * their end. fork() in a process with threads: the child uses memory from malloc, which glibc keeps usable, and its own
 * locks; if a lock of the library is held by another thread at that moment, the child hangs and the parent gives up
 * after a while. */
#ifndef SC_CORE_SANDBOX_H
#define SC_CORE_SANDBOX_H

#include <sys/types.h>

#include "core/error.h"
#include "core/threads.h"

typedef struct sc_sandbox {
    pid_t child;
    int input; /* the pipe's reading end */
    unsigned silence_s;
    const sc_threads *threads;
} sc_sandbox;

typedef struct sc_sandbox_limits {
    size_t memory_bytes; /* what the child may use in all */
    unsigned processor_s;
    unsigned silence_s;        /* how long it may send nothing; 0 = a minute */
    bool files;                /* it may make any system call that we may (fonts are files, for example) */
    const sc_threads *threads; /* cancelled: we wait no longer; may be NULL */
} sc_sandbox_limits;

/* Forks; the child runs work(context, output) and ends. A process group of its own: a terminal's Ctrl-C is ours alone;
 * it ends with us. */
int sc_sandbox_start(sc_sandbox *sandbox, void (*work)(void *context, int output), void *context,
                     const sc_sandbox_limits *limits, sc_error *err);
/* Reads exactly size bytes. Fails with a sentence if the child ends or crashes; SCUMBLE_ERR_LIMIT: it was silent or
 * computed for too long; SCUMBLE_ERR_CANCELLED: by the threads. */
int sc_sandbox_read(sc_sandbox *sandbox, void *bytes, size_t size, sc_error *err);
/* Kills the child if it still runs, and reaps it. */
void sc_sandbox_end(sc_sandbox *sandbox);

#endif
