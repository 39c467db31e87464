/* SPDX-License-Identifier: MIT */
/* Writers: a sink that takes frames on a thread of its own, beside the caller. See film.h. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/thread.h"
#include "film/film.h"

enum { MOST_BEHIND = 4, BEHIND_BYTES = 256 << 20, WAIT_MS = 50 };

typedef struct behind {
    const sc_image *image;
    scumble_frame frame;
    void (*release)(void *user);
    void *user;
} behind;

struct sc_film_writer {
    sc_film_sink *sink;
    sc_film_order order; /* its texts are the caller's, and used up */
    bool any;            /* a frame was given */
    scumble_frame last;
    /* the thread that writes */
    pthread_t thread;
    bool running;
    atomic_bool stop;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* under lock while it is running */
    behind queue[MOST_BEHIND];
    int head, count, room;
    bool no_more;
    sc_error failure;
};

/* ---- the thread ------------------------------------------------------------------------------------------------ */

static void *write_behind(void *user)
{
    sc_film_writer *w = user;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (!w->count && !w->no_more && !w->stop)
            pthread_cond_wait(&w->changed, &w->lock);
        if (!w->count || w->stop)
            break;
        behind next = w->queue[w->head];
        bool failed = w->failure.code;
        sc_error err = { 0 };
        pthread_mutex_unlock(&w->lock);
        if (!failed)
            w->sink->kind->write(w->sink, next.image, &next.frame, &err);
        next.release(next.user);
        pthread_mutex_lock(&w->lock);
        w->head = (w->head + 1) % MOST_BEHIND;
        w->count--;
        if (err.code)
            w->failure = err;
        pthread_cond_broadcast(&w->changed);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static int start_writing(sc_film_writer *w, sc_error *err)
{
    int failed = sc_thread_start(&w->thread, NULL, write_behind, w);
    w->running = !failed;
    return failed ? sc_fail(err, SCUMBLE_ERR_MEMORY, "cannot start a thread that writes the film") : SCUMBLE_OK;
}

static void end_thread(sc_film_writer *w, bool stop)
{
    if (!w->running)
        return;
    pthread_mutex_lock(&w->lock);
    w->no_more = true;
    w->stop = stop;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    w->running = false;
    for (; w->count; w->count--, w->head = (w->head + 1) % MOST_BEHIND)
        w->queue[w->head].release(w->queue[w->head].user);
}

/* Waits until the queue has room (or is empty), or the caller is cancelled. With the lock held. */
static int wait_for_room(sc_film_writer *w, int most, sc_error *err)
{
    while (w->count > most && !w->failure.code) { /* a cancel wakes nobody */
        sc_thread_wait(&w->changed, &w->lock, WAIT_MS);
        if (sc_threads_check(w->order.threads, err))
            return err->code;
    }
    if (w->failure.code)
        *err = w->failure;
    return err->code;
}

/* ---- orders ---------------------------------------------------------------------------------------------------- */

/* What an output is, with all that was left to the film. */
static int complete_order(sc_film_order *order, sc_film *film, const char *path, const scumble_film_output *output,
                          const char *comment, sc_error *err)
{
    const scumble_film_info *info = sc_film_about(film);
    const sc_image_limits *limits = sc_film_limits(film);
    *order = (sc_film_order){ .film = film, .path = path, .output = *output, .comment = comment };
    order->threads = limits->threads;
    scumble_film_output *own = &order->output;
    if (!own->width != !own->height || own->width < 0 || own->height < 0 || own->width > 65535 || own->height > 65535)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "a film's width and height are from 1 to 65535, or both 0; got %d x %d", own->width,
                       own->height);
    own->width = own->width ? own->width : info->width;
    own->height = own->height ? own->height : info->height;
    if (own->part && !own->as)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "a part of a film needs the name of the whole (`as`)");
    if (own->bitrate < 0)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "`bitrate`: it must be positive");
    return SCUMBLE_OK;
}

int sc_film_writer_create(sc_film_writer **writer, sc_film *film, const char *path, const scumble_film_output *output,
                          const char *comment, const sc_provenance *provenance, sc_error *err)
{
    *writer = NULL;
    sc_film_writer *w = calloc(1, sizeof *w);
    if (!w)
        return sc_fail_memory(err, sizeof *w);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
    int code = complete_order(&w->order, film, path, output, comment, err);
    w->order.stop = &w->stop;
    w->order.provenance = provenance;
    if (!code) {
        int64_t bytes = sc_image_bytes(w->order.output.width, w->order.output.height);
        w->room = (int)(BEHIND_BYTES / bytes);
        w->room = w->room < 1 ? 1 : w->room > MOST_BEHIND ? MOST_BEHIND : w->room;
        code = sc_film_sink_of(output->part ? output->as : path)->create(&w->sink, &w->order, err);
    }
    if (!code)
        code = start_writing(w, err);
    if (code)
        sc_film_writer_discard(w);
    else
        *writer = w;
    return code;
}

/* ---- frames ---------------------------------------------------------------------------------------------------- */

static int check_frame(sc_film_writer *w, const sc_image *image, const scumble_frame *frame, sc_error *err)
{
    const scumble_film_output *output = &w->order.output;
    if (image->width != output->width || image->height != output->height)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "the film is of %d x %d pixels, and this frame of %d x %d",
                       output->width, output->height, image->width, image->height);
    if (frame->time_num < 1 || frame->time_den < 1)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "the time of a frame is in units of %d/%d seconds, which is none",
                       frame->time_num, frame->time_den);
    if (w->any && frame->time_num == w->last.time_num && frame->time_den == w->last.time_den &&
        frame->time <= w->last.time)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "frames are written in the order of time: %lld does not come after %lld", (long long)frame->time,
                       (long long)w->last.time);
    return SCUMBLE_OK;
}

int sc_film_writer_write(sc_film_writer *w, const sc_image *image, const scumble_frame *frame,
                         void (*release)(void *user), void *user, sc_error *err)
{
    int code = sc_threads_check(w->order.threads, err);
    if (!code)
        code = check_frame(w, image, frame, err);
    if (!code) {
        pthread_mutex_lock(&w->lock);
        code = wait_for_room(w, w->room - 1, err);
        if (!code) {
            w->queue[(w->head + w->count++) % MOST_BEHIND] =
                (behind){ .image = image, .frame = *frame, .release = release, .user = user };
            w->any = true;
            w->last = *frame;
            pthread_cond_broadcast(&w->changed);
        }
        pthread_mutex_unlock(&w->lock);
    }
    if (code)
        release(user);
    return code;
}

int sc_film_writer_finish(sc_film_writer *w, sc_error *err)
{
    pthread_mutex_lock(&w->lock);
    int code = wait_for_room(w, 0, err);
    pthread_mutex_unlock(&w->lock);
    end_thread(w, code != SCUMBLE_OK);
    if (!code && w->failure.code) {
        *err = w->failure;
        code = err->code;
    }
    if (!code && !w->any)
        code = sc_fail(err, SCUMBLE_ERR_ARGUMENT, "a film needs at least one frame");
    if (!code)
        code = w->sink->kind->finish(w->sink, err);
    return code;
}

void sc_film_writer_discard(sc_film_writer *w)
{
    if (!w)
        return;
    end_thread(w, true);
    if (w->sink)
        w->sink->kind->discard(w->sink);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

const char *sc_film_writer_notes(const sc_film_writer *w)
{
    return w->sink->notes ? w->sink->notes : "";
}

/* ---- joining --------------------------------------------------------------------------------------------------- */

/* When the frames of the film are shown. Caller frees. */
static int look_through(sc_film *film, scumble_frame **frames, int64_t *count, sc_error *err)
{
    int64_t room = 0;
    int code = sc_film_seek(film, 0, err);
    while (!code) {
        sc_image image;
        scumble_frame frame;
        code = sc_film_read(film, &image, &frame, err);
        if (code || !image.rgb)
            break;
        sc_image_free(&image);
        if (*count == room) {
            room = room ? 2 * room : 1024;
            scumble_frame *more = realloc(*frames, (size_t)room * sizeof *more);
            if (!more)
                return sc_fail_memory(err, (size_t)room * sizeof *more);
            *frames = more;
        }
        (*frames)[(*count)++] = frame;
    }
    return code;
}

int sc_film_join(sc_film *film, const char *const *parts, int count, const scumble_frame *frames, int64_t frame_count,
                 const char *path, const scumble_film_output *output, const char *comment, char **notes, sc_error *err)
{
    sc_film_order order;
    scumble_frame *own = NULL;
    *notes = NULL;
    if (complete_order(&order, film, path, output, comment, err))
        return err->code;
    const sc_film_sink_kind *kind = sc_film_sink_of(path);
    if (!kind->join || count < 1)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       count < 1 ? "there are no parts to join" :
                                   "'%s' is written picture by picture: it has no parts to join",
                       path);
    int code = SCUMBLE_OK;
    if (!frames) {
        frame_count = 0;
        code = look_through(film, &own, &frame_count, err);
    }
    if (!code)
        code = kind->join(&order, parts, count, frames ? frames : own, frame_count, notes, err);
    free(own);
    return code;
}
