/* SPDX-License-Identifier: MIT */
/* JSON lines on stdout. See events.h. */
#include "events.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "stream_names.h"
#include "text.h"

static struct {
    const char *job; /* NULL: nothing is printed */
    bool failed;     /* an error has been told */
} events;

void events_begin(const char *job)
{
    events.job = job;
}

bool events_are_printed(void)
{
    return events.job;
}

static json_t *event(const char *kind)
{
    return must(json_pack("{s:s, s:s}", "event", kind, "job", events.job));
}

static void events_add_text(json_t *object, const char *key, const char *text)
{
    char *clean = text ? streams_shown(text_utf8(text)) : NULL;
    json_object_set_new(object, key, clean ? json_string(clean) : json_null());
    free(clean);
}

/* A sentence, in which options have dashes. */
static void add_message(json_t *object, const char *key, const char *text)
{
    char *flags = text ? text_flags(text_copy(text)) : NULL;
    events_add_text(object, key, flags);
    free(flags);
}

static void add_integer(json_t *object, const char *key, int64_t value)
{
    json_object_set_new(object, key, json_integer(value));
}

/* 0: it says nothing. */
static void events_add_size(json_t *object, const char *key, int64_t value)
{
    json_object_set_new(object, key, value > 0 ? json_integer(value) : json_null());
}

static void add_real(json_t *object, const char *key, double value)
{
    json_object_set_new(object, key, isfinite(value) ? json_real(value) : json_null());
}

/* Below 0: it says nothing. */
static void add_time(json_t *object, const char *key, double seconds)
{
    add_real(object, key, seconds >= 0 ? seconds : NAN);
}

static void events_emit(json_t *object)
{
    char *line = must(json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9)));
    puts(line);
    fflush(stdout);
    free(line);
    json_decref(object);
}

void events_start(const start_event *start)
{
    if (!events.job)
        return;
    json_t *object = event("start");
    events_add_text(object, "photo", start->photo);
    events_add_text(object, "output", start->output);
    events_add_size(object, "width", start->width);
    events_add_size(object, "height", start->height);
    events_add_size(object, "memory_bytes", start->memory_bytes);
    events_add_size(object, "free_bytes", start->free_bytes);
    events_add_size(object, "disk_bytes", start->disk_bytes);
    add_integer(object, "tile_edge", start->tile_edge);
    add_time(object, "time_s", start->time_s > 0 ? start->time_s : -1);
    events_emit(object);
}

void events_progress(const scumble_event *e, int picture, int pictures, double all_left_s)
{
    if (!events.job)
        return;
    json_t *object = event("progress"), *losses = must(json_object());
    events_add_text(object, "stage", e->stage);
    add_integer(object, "stage_number", e->stage_number);
    add_integer(object, "stages", e->stages);
    events_add_size(object, "size_px", e->size_px);
    add_integer(object, "done", e->done);
    events_add_size(object, "of", e->of);
    events_add_text(object, "unit", e->unit);
    for (int i = 0; i < e->loss_count; i++)
        add_real(losses, e->losses[i].name, e->losses[i].value);
    json_object_set_new(object, "losses", losses);
    add_time(object, "elapsed_s", e->elapsed_s);
    add_time(object, "eta_s", e->eta_s);
    add_message(object, "note", e->note);
    if (pictures > 1) {
        add_integer(object, "picture", picture);
        add_integer(object, "pictures", pictures);
        add_time(object, "all_eta_s", all_left_s);
    }
    events_emit(object);
}

void events_note(const char *message)
{
    if (!events.job)
        return;
    json_t *object = event("note");
    add_message(object, "message", message);
    events_emit(object);
}

void events_error(const char *message, const char *photo)
{
    if (!events.job)
        return;
    json_t *object = event("error");
    add_message(object, "message", message);
    events_add_text(object, "photo", photo);
    events_emit(object);
    events.failed = true;
}

void events_failed(const char *message)
{
    if (!events.failed)
        events_error(message, NULL);
}

void events_total(int pictures, double time_s)
{
    if (!events.job)
        return;
    json_t *object = event("total");
    add_integer(object, "pictures", pictures);
    add_real(object, "time_s", time_s);
    events_emit(object);
}

void events_done(const done_event *done)
{
    if (!events.job)
        return;
    json_t *object = event("done");
    events_add_text(object, "photo", done->photo);
    events_add_text(object, "output", done->output);
    events_add_text(object, "checkpoint", done->checkpoint);
    events_add_size(object, "width", done->width);
    events_add_size(object, "height", done->height);
    add_integer(object, "done", done->done);
    events_add_size(object, "of", done->of);
    events_add_text(object, "unit", done->unit);
    add_time(object, "elapsed_s", done->elapsed_s);
    json_object_set_new(object, "interrupted", json_boolean(done->interrupted));
    json_object_set_new(object, "result", done->result ? done->result : json_null());
    events_emit(object);
}
