/* SPDX-License-Identifier: MIT */
/* Threads of the library's own that do one thing beside the caller, such as to read ahead. Those that share out a
 * computation are threads.h. */
#ifndef SC_CORE_THREAD_H
#define SC_CORE_THREAD_H

#include <pthread.h>

/* Starts one with all signals blocked: they belong to the application's own threads. attributes may be NULL. Returns 0,
 * or an errno. */
int sc_thread_start(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument);
/* With the lock held, which is given up meanwhile: waits until something changes, but not for longer than so many
 * milliseconds (< 1000), for being cancelled wakes nobody. */
void sc_thread_wait(pthread_cond_t *changed, pthread_mutex_t *lock, int most_ms);

#endif
