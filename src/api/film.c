/* SPDX-License-Identifier: MIT */
/* Films of the public API: checks what the caller gave, and passes it on. */
#include "api/film.h"

#include <stdlib.h>

#include "api/event.h"
#include "core/clock.h"
#include "film/sequence.h"
#include "record/provenance.h"

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

int scumble_film_at(scumble_film *film, const char *moment, int64_t *number)
{
    if (!film || !moment || !number)
        return sc_null(film ? film->s : NULL, __func__);
    sc_error err = { 0 };
    sc_film_at(film->inner, moment, number, &err);
    return sc_report(film->s, &err);
}

int scumble_film_pattern(const char *path, size_t *begin, size_t *length)
{
    size_t own[2];
    return path && sc_sequence_find(path, begin ? begin : &own[0], length ? length : &own[1]);
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
    scumble_event told = sc_event_of_stage("film", "shots", "frames", done, of, sc_now_s() - l->begun_s);
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

/* ---- writing --------------------------------------------------------------------------------------------------- */

static int take_output(scumble_film_output *own, const scumble_film_output *output, sc_error *err)
{
    if (!SC_TAKE(own, output, scumble_film_output, as, err) && !output)
        own->crf = -1;
    return err->code;
}

int scumble_film_create(scumble_film *film, const char *path, const scumble_film_output *output,
                        scumble_film_writer **writer)
{
    if (writer)
        *writer = NULL;
    if (!film || !path || !writer)
        return sc_null(film ? film->s : NULL, __func__);
    sc_error err = { 0 };
    scumble_film_output own;
    if (take_output(&own, output, &err))
        return sc_report(film->s, &err);
    scumble_film_writer *made = calloc(1, sizeof *made);
    if (!made) {
        sc_fail_memory(&err, sizeof *made);
        return sc_report(film->s, &err);
    }
    made->s = film->s;
    char *comment = own.recipe ? sc_said_sentence(own.recipe) : NULL;
    const bool said = own.recipe && sc_said_read(&made->said, own.recipe);
    if (sc_film_writer_create(&made->inner, film->inner, path, &own, comment, said ? &made->said.provenance : NULL,
                              &err))
        scumble_film_discard(&made);
    *writer = made;
    free(comment);
    return sc_report(film->s, &err);
}

static void release_image(void *user)
{
    scumble_image *image = user;
    scumble_image_free(&image);
}

int scumble_film_write(scumble_film_writer *writer, const scumble_image *image, const scumble_frame *frame)
{
    if (!writer || !image || !frame)
        return sc_null(writer ? writer->s : NULL, __func__);
    sc_error err = { 0 };
    sc_film_writer_write(writer->inner, &image->image, frame, release_image, sc_image_share(image), &err);
    return sc_report(writer->s, &err);
}

int scumble_film_finish(scumble_film_writer **writer)
{
    if (!writer || !*writer)
        return sc_null(NULL, __func__);
    sc_error err = { 0 };
    scumble *s = (*writer)->s;
    sc_film_writer_finish((*writer)->inner, &err);
    scumble_film_discard(writer);
    return sc_report(s, &err);
}

void scumble_film_discard(scumble_film_writer **writer)
{
    if (!writer || !*writer)
        return;
    sc_film_writer_discard((*writer)->inner);
    sc_said_free(&(*writer)->said);
    free(*writer);
    *writer = NULL;
}

const char *scumble_film_writer_notes(const scumble_film_writer *writer)
{
    return writer ? sc_film_writer_notes(writer->inner) : "";
}

int scumble_film_join(scumble_film *film, const char *const *parts, int count, const scumble_frame *frames,
                      int64_t frame_count, const char *path, const scumble_film_output *output)
{
    if (!film || !path || !parts || !sc_texts_all_there(parts, count))
        return sc_null(film ? film->s : NULL, __func__);
    sc_error err = { 0 };
    scumble_film_output own;
    if (take_output(&own, output, &err))
        return sc_report(film->s, &err);
    own.part = 0;
    char *comment = own.recipe ? sc_said_sentence(own.recipe) : NULL, *notes = NULL;
    sc_film_join(film->inner, parts, count, frames, frame_count, path, &own, comment, &notes, &err);
    free(comment);
    free(notes);
    return sc_report(film->s, &err);
}
