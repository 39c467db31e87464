/* SPDX-License-Identifier: MIT */
/* See thread.h. */
#include "core/thread.h"

#include <signal.h>
#include <time.h>

int sc_thread_start(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int failed = pthread_create(thread, attributes, run, argument);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return failed;
}

void sc_thread_wait(pthread_cond_t *changed, pthread_mutex_t *lock, int most_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += most_ms * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(changed, lock, &until);
}
