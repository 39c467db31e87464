/* SPDX-License-Identifier: MIT */
/* Films of the public API: checks what the caller gave, and passes it on. */
#include "api/film.h"

#include <stdlib.h>

#include "api/event.h"
#include "core/clock.h"
#include "film/sequence.h"

/* ---- reading --------------------------------------------------------------------------------------------------- */

int scumble_film_open(scumble *s, const char *path, const scumble_film_input *input, scumble_film **film)
{
    if (film)
        *film = NULL;
    if (!sc_is_open(s) || !path || !film)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    scumble_film_input own;
    if (SC_TAKE(&own, input, scumble_film_input, rate_den, &err))
        return sc_report(s, &err);
    scumble_film *made = calloc(1, sizeof *made);
    sc_image_limits limits = s->limits;
    limits.threads = s->threads;
    if (!made)
        sc_fail_memory(&err, sizeof *made);
    else if (!sc_film_open(&made->inner, path, &own, &limits, &err)) {
        made->s = s;
        *film = made;
        made = NULL;
    }
    free(made);
    return sc_report(s, &err);
}

void scumble_film_close(scumble_film **film)
{
    if (!film || !*film)
        return;
    sc_film_close((*film)->inner);
    free(*film);
    *film = NULL;
}

const scumble_film_info *scumble_film_about(const scumble_film *film)
{
    return film ? sc_film_about(film->inner) : NULL;
}

int scumble_film_read(scumble_film *film, scumble_image **image, scumble_frame *frame)
{
    if (image)
        *image = NULL;
    if (!film || !image || !frame)
        return sc_null(film ? film->s : NULL, __func__);
    sc_error err = { 0 };
    sc_image read;
    if (!sc_film_read(film->inner, &read, frame, &err) && read.rgb)
        sc_context_image(&read, NULL, image, &err);
    return sc_report(film->s, &err);
}

int scumble_film_seek(scumble_film *film, int64_t number)
{
    if (!film)
        return sc_null(NULL, __func__);
    sc_error err = { 0 };
    sc_film_seek(film->inner, number, &err);
    return sc_report(film->s, &err);
}

int scumble_film_frame_path(scumble_film *film, const char *path, int64_t number, char **file)
{
    if (file)
        *file = NULL;
    if (!film || !path || !file)
        return sc_null(film ? film->s : NULL, __func__);
    sc_error err = { 0 };
    sc_sequence_frame_path(film->inner, path, number, file, &err);
    return sc_report(film->s, &err);
}

/* Who is told of the frames that were looked at. */
typedef struct listener {
    scumble_event_fn progress;
    void *user;
    sc_event event;
    double begun_s;
} listener;

static bool tell_frames(int64_t done, int64_t of, void *user)
{
    listener *l = user;
    double elapsed_s = sc_now_s() - l->begun_s;
    scumble_event told = { .job = "film",
                           .stage = "shots",
                           .stage_number = 1,
                           .stages = 1,
                           .done = done,
                           .of = of,
                           .unit = "frames",
                           .elapsed_s = elapsed_s,
                           .eta_s = of ? sc_event_left_s((double)done / (double)of, elapsed_s) : -1 };
    sc_event_tell(&l->event, &told, NULL);
    return !l->progress || !l->progress(&l->event.told, l->user);
}

int scumble_film_shots(scumble_film *film, scumble_event_fn progress, void *user, const int64_t **firsts, int *count)
{
    if (firsts)
        *firsts = NULL;
    if (!film || !firsts || !count)
        return sc_null(film ? film->s : NULL, __func__);
    sc_error err = { 0 };
    listener l = { .progress = progress, .user = user, .begun_s = sc_now_s() };
    film->s->calling_back++;
    sc_film_shots(film->inner, tell_frames, &l, firsts, count, &err);
    film->s->calling_back--;
    return sc_report(film->s, &err);
}
