/* SPDX-License-Identifier: MIT */
/* JSON lines on stdout. See events.h. */
#include "events.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "streams.h"
#include "text.h"

static json_t *event(const char *kind)
{
    json_t *object = must(json_object());
    json_object_set_new(object, "event", json_string(kind));
    return object;
}

static void add_text(json_t *object, const char *key, const char *text)
{
    if (!text)
        return;
    char *clean = streams_shown(text_utf8(text));
    json_object_set_new(object, key, json_string(clean));
    free(clean);
}

static void add_integer(json_t *object, const char *key, int64_t value)
{
    json_object_set_new(object, key, json_integer(value));
}

static void add_real(json_t *object, const char *key, double value)
{
    json_object_set_new(object, key, isfinite(value) ? json_real(value) : json_null());
}

static void emit(json_t *object)
{
    char *line = must(json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9)));
    puts(line);
    fflush(stdout);
    free(line);
    json_decref(object);
}

void events_start(const char *photo, const char *output, const scumble_estimate *estimate)
{
    json_t *object = event("start");
    add_text(object, "photo", photo);
    add_text(object, "output", output);
    add_integer(object, "width", estimate->width);
    add_integer(object, "height", estimate->height);
    add_integer(object, "memory_bytes", estimate->memory_bytes);
    add_integer(object, "free_bytes", estimate->free_bytes);
    add_integer(object, "tile_edge", estimate->tile_edge);
    add_real(object, "time_s", estimate->time_s);
    emit(object);
}

void events_progress(const scumble_progress *progress, int picture, int pictures, double all_left_s)
{
    json_t *object = event("progress");
    add_integer(object, "scale", progress->scale);
    add_integer(object, "scales", progress->scales);
    add_integer(object, "scale_px", progress->scale_px);
    add_integer(object, "iteration", progress->iteration);
    add_integer(object, "iterations", progress->iterations);
    add_real(object, "content", progress->content);
    add_real(object, "style", progress->style);
    add_real(object, "tv", progress->tv);
    add_real(object, "total", progress->total);
    add_real(object, "elapsed_s", progress->elapsed_s);
    add_real(object, "eta_s", progress->eta_s);
    if (pictures > 1) {
        add_integer(object, "picture", picture);
        add_integer(object, "pictures", pictures);
        add_real(object, "all_eta_s", all_left_s < 0 ? NAN : all_left_s);
    }
    emit(object);
}

void events_training(const scumble_train_progress *progress)
{
    json_t *object = event("progress");
    add_integer(object, "iteration", progress->step);
    add_integer(object, "iterations", progress->steps);
    add_real(object, "content", progress->content);
    add_real(object, "style", progress->style);
    add_real(object, "adversarial", progress->adversarial);
    add_real(object, "tv", progress->tv);
    add_real(object, "total", progress->total);
    add_real(object, "discriminator", progress->discriminator);
    add_real(object, "elapsed_s", progress->elapsed_s);
    add_real(object, "eta_s", progress->left_s);
    emit(object);
}

void events_distillation(const scumble_distil_progress *progress, const char *const *names, int count)
{
    json_t *object = event("progress"), *shares = must(json_object());
    add_integer(object, "iteration", progress->step);
    add_integer(object, "iterations", progress->steps);
    for (int i = 0; i < count; i++)
        add_real(shares, names[i], progress->unexplained[i]);
    json_object_set_new(object, "unexplained", shares);
    add_real(object, "total", progress->total);
    add_real(object, "elapsed_s", progress->elapsed_s);
    add_real(object, "eta_s", progress->left_s);
    emit(object);
}

void events_total(int pictures, double time_s)
{
    json_t *object = event("total");
    add_integer(object, "pictures", pictures);
    add_real(object, "time_s", time_s);
    emit(object);
}

void events_note(const char *message)
{
    json_t *object = event("note");
    add_text(object, "message", message);
    emit(object);
}

void events_error(const char *message, const char *photo)
{
    json_t *object = event("error");
    add_text(object, "message", message);
    add_text(object, "photo", photo);
    emit(object);
}

void events_done(const done_event *done)
{
    json_t *object = event("done");
    add_text(object, "photo", done->photo);
    add_text(object, "output", done->output);
    add_text(object, "checkpoint", done->checkpoint);
    add_integer(object, "width", done->width);
    add_integer(object, "height", done->height);
    add_integer(object, "iterations", done->iterations);
    add_real(object, "elapsed_s", done->elapsed_s);
    json_object_set_new(object, "interrupted", json_boolean(done->interrupted));
    emit(object);
}
