/* SPDX-License-Identifier: MIT */
/* See film_keeper.h. */
#define _GNU_SOURCE
#include "film_keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "paths.h"
#include "text.h"

enum { MOST_FILES = 64 }; /* that wait */

typedef struct keeper_file {
    int fd; /* below 0: none */
    char *path;
} keeper_file;

struct film_keeper {
    char *folder;
    int journal;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* under lock */
    int files[MOST_FILES], count; /* descriptors */
    keeper_file state;            /* that waits */
    char *kept;                   /* the state that is on the disk */
    bool busy, ends, hurries;     /* hurries: no state is waited for */
    int failure;
};

static int keeper_sync(int fd)
{
    int failed = fd >= 0 && fdatasync(fd) ? errno : 0;
    if (fd >= 0)
        close(fd);
    return failed;
}

/* What waits, taken over; without the lock held. */
static int keeper_round(film_keeper *k, const int *files, int count, const keeper_file *state)
{
    int failed = 0;
    for (int i = 0; i < count; i++) {
        int code = keeper_sync(files[i]);
        failed = failed ? failed : code;
    }
    int code = keeper_sync(state->fd);
    failed = failed ? failed : code;
    if (!failed && fdatasync(k->journal))
        failed = errno;
    if (!failed && !paths_sync_folder(k->folder))
        failed = errno;
    return failed;
}

static void *keeper_main(void *user)
{
    film_keeper *k = user;
    pthread_mutex_lock(&k->lock);
    for (;;) {
        while (!k->hurries && !k->state.path && !k->ends)
            pthread_cond_wait(&k->changed, &k->lock);
        if (k->ends)
            break;
        int files[MOST_FILES], count = k->count;
        memcpy(files, k->files, sizeof files);
        keeper_file state = k->state;
        k->count = 0;
        k->hurries = false;
        k->state = (keeper_file){ -1, NULL };
        k->busy = true;
        pthread_cond_broadcast(&k->changed);
        pthread_mutex_unlock(&k->lock);
        int failed = keeper_round(k, files, count, &state);
        if (!failed && state.path && k->kept && strcmp(k->kept, state.path))
            unlink(k->kept);
        pthread_mutex_lock(&k->lock);
        if (!failed && state.path) {
            free(k->kept);
            k->kept = state.path;
        } else
            free(state.path);
        k->failure = k->failure ? k->failure : failed;
        k->busy = false;
        pthread_cond_broadcast(&k->changed);
    }
    pthread_mutex_unlock(&k->lock);
    return NULL;
}

film_keeper *film_keeper_start(const char *folder, int journal)
{
    film_keeper *k = must(calloc(1, sizeof *k));
    k->folder = text_copy(folder);
    k->journal = journal;
    k->state.fd = -1;
    pthread_mutex_init(&k->lock, NULL);
    pthread_cond_init(&k->changed, NULL);
    sigset_t all, old;
    sigfillset(&all); /* signals are for the thread that paints */
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int failed = pthread_create(&k->thread, NULL, keeper_main, k);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (!failed)
        return k;
    free(k->folder);
    free(k);
    errno = failed;
    return NULL;
}

/* A descriptor of it; below 0, with the failure kept, when there is none. With the lock held. */
static int keeper_open(film_keeper *k, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && !k->failure)
        k->failure = errno;
    return fd;
}

/* Until at most so many files wait. With the lock held. */
static void keeper_hurry(film_keeper *k, int most)
{
    while (k->count > most) {
        k->hurries = true;
        pthread_cond_broadcast(&k->changed);
        pthread_cond_wait(&k->changed, &k->lock);
    }
}

void film_keeper_add(film_keeper *k, const char *path)
{
    pthread_mutex_lock(&k->lock);
    keeper_hurry(k, MOST_FILES - 1);
    int fd = keeper_open(k, path);
    if (fd >= 0)
        k->files[k->count++] = fd;
    pthread_mutex_unlock(&k->lock);
}

void film_keeper_state(film_keeper *k, const char *path, const char *before)
{
    pthread_mutex_lock(&k->lock);
    if (!k->kept && !k->busy && before)
        k->kept = text_copy(before);
    if (k->state.path) { /* it never needed to be on the disk */
        if (strcmp(k->state.path, path))
            unlink(k->state.path);
        free(k->state.path);
        if (k->state.fd >= 0)
            close(k->state.fd);
    }
    k->state = (keeper_file){ keeper_open(k, path), text_copy(path) };
    pthread_cond_broadcast(&k->changed);
    pthread_mutex_unlock(&k->lock);
}

int film_keeper_wait(film_keeper *k)
{
    pthread_mutex_lock(&k->lock);
    keeper_hurry(k, 0);
    while (k->busy || k->state.path)
        pthread_cond_wait(&k->changed, &k->lock);
    int failure = k->failure;
    pthread_mutex_unlock(&k->lock);
    return failure;
}

int film_keeper_failure(film_keeper *k)
{
    pthread_mutex_lock(&k->lock);
    int failure = k->failure;
    pthread_mutex_unlock(&k->lock);
    return failure;
}

void film_keeper_end(film_keeper **keeper)
{
    film_keeper *k = *keeper;
    if (!k)
        return;
    *keeper = NULL;
    pthread_mutex_lock(&k->lock);
    k->ends = true;
    pthread_cond_broadcast(&k->changed);
    pthread_mutex_unlock(&k->lock);
    pthread_join(k->thread, NULL);
    for (int i = 0; i < k->count; i++)
        close(k->files[i]);
    if (k->state.fd >= 0)
        close(k->state.fd);
    free(k->state.path);
    free(k->kept);
    pthread_cond_destroy(&k->changed);
    pthread_mutex_destroy(&k->lock);
    free(k->folder);
    free(k);
}
