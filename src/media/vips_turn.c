/* SPDX-License-Identifier: MIT */
/* Turns: any number at a time, or one that is alone. See vips_turn.h. */
#define _GNU_SOURCE
#include "media/vips_turn.h"

#include <pthread.h>

#include "core/thread.h"
#include "media/vips_library.h"

enum { LOOK_MS = 10 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
/* under lock */
static int inside, waiting;     /* turns that are taken, and that want to be alone */
static bool taken;              /* somebody is alone */
static unsigned long count = 0; /* of turns so far */

/* Of this thread's turn. */
static _Thread_local struct {
    bool on, alone, crowded; /* taken; nobody else is let in; somebody was there when it began */
    unsigned long number;
    bool again; /* libvips' words were wanted, and were not its own */
} turn;

bool sc_vips_text_is_ours(void)
{
    if (!turn.on || turn.alone)
        return true;
    pthread_mutex_lock(&lock);
    bool ours = !turn.crowded && count == turn.number;
    pthread_mutex_unlock(&lock);
    turn.again |= !ours;
    return ours;
}

static void enter(void)
{
    pthread_mutex_lock(&lock);
    while (taken || waiting)
        pthread_cond_wait(&changed, &lock);
    turn.crowded = inside > 0;
    turn.number = ++count;
    inside++;
    pthread_mutex_unlock(&lock);
    if (!turn.crowded)
        vips_error_clear();
}

static void leave(void)
{
    pthread_mutex_lock(&lock);
    inside--;
    taken = false;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

/* Waits until nobody is inside, looking now and then whether it is cancelled, which wakes nobody. */
static int enter_alone(const sc_threads *threads, sc_error *err)
{
    int code = SCUMBLE_OK;
    pthread_mutex_lock(&lock);
    waiting++;
    while ((taken || inside) && !code) {
        sc_thread_wait(&changed, &lock, LOOK_MS);
        code = sc_threads_check(threads, err);
    }
    waiting--;
    if (!code) {
        taken = true;
        inside++;
        count++;
    } else
        pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    if (!code)
        vips_error_clear();
    return code;
}

int sc_vips_turn(const sc_threads *threads, sc_vips_work work, void *context, sc_error *err)
{
    if (turn.on)
        return work(context, err);
    enter();
    turn.on = true;
    turn.again = false;
    int code = work(context, err);
    turn.on = false;
    leave();
    if (!code || !turn.again || code == SCUMBLE_ERR_CANCELLED)
        return code;
    code = enter_alone(threads, err);
    if (code)
        return code;
    turn.on = turn.alone = true;
    *err = (sc_error){ 0 };
    code = work(context, err);
    turn.on = turn.alone = false;
    leave();
    return code;
}
