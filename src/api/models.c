/* SPDX-License-Identifier: MIT */
/* Models of the public API. */
#include <stdlib.h>

#include "api/context.h"
#include "api/event.h"
#include "core/clock.h"
#include "core/file.h"

int scumble_models_list(scumble *s, int *count)
{
    if (count)
        *count = 0;
    if (!sc_is_open(s) || !count)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    sc_model_list_free(&s->models);
    s->model_count = 0;
    if (sc_models_list(s->data_dir, &s->models, &err))
        return sc_report(s, &err);
    free(s->model_infos);
    s->model_infos = calloc((size_t)s->models.count + 1, sizeof *s->model_infos);
    if (!s->model_infos) {
        sc_fail_memory(&err, sizeof *s->model_infos);
        return sc_report(s, &err);
    }
    for (int i = 0; i < s->models.count; i++) {
        const sc_model_entry *entry = &s->models.entries[i];
        s->model_infos[i] = (scumble_model_info){
            .name = entry->name,
            .architecture = entry->architecture,
            .licence = entry->licence,
            .source = entry->source,
            .note = entry->note,
            .path = entry->path,
            .size_bytes = entry->size_bytes,
        };
    }
    *count = s->model_count = s->models.count;
    return SCUMBLE_OK;
}

const scumble_model_info *scumble_model_at(const scumble *s, int index)
{
    return s && index >= 0 && index < s->model_count ? &s->model_infos[index] : NULL;
}

int scumble_model_import(scumble *s, const char *path, const char *architecture, const char *name, const char *licence,
                         char **report)
{
    if (report)
        *report = NULL;
    if (!sc_is_open(s) || !path)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    char *text = NULL;
    if (!sc_model_import(s->threads, path, architecture, name, licence, s->data_dir, &text, &err))
        sc_context_forget_encoders(s);
    if (report)
        *report = text;
    else
        free(text);
    return sc_report(s, &err);
}

/* Whom a download is told to. */
typedef struct listener {
    scumble_event_fn progress;
    void *user;
    double started_s;
} listener;

static int api_models_tell(int64_t done_bytes, int64_t total_bytes, void *user)
{
    const listener *l = user;
    scumble_event now =
        sc_event_of_stage("pull", "download", "bytes", done_bytes, total_bytes, sc_now_s() - l->started_s);
    return l->progress(&now, l->user);
}

int scumble_model_pull(scumble *s, const char *name, scumble_event_fn progress, void *user)
{
    if (!sc_is_open(s) || !name)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    s->calling_back++;
    listener l = { progress, user, sc_now_s() };
    if (!sc_model_pull(s->threads, name, s->data_dir, progress ? api_models_tell : NULL, &l, &err))
        sc_context_forget_encoders(s);
    s->calling_back--;
    return sc_report(s, &err);
}

int scumble_model_layers(scumble *s, const char *name_or_path, char **names)
{
    if (names)
        *names = NULL;
    if (!sc_is_open(s) || !name_or_path || !names)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    const sc_encoder *encoder;
    if (sc_context_encoder(s, name_or_path, &encoder, &err))
        return sc_report(s, &err);
    char *text = sc_format("%s", "");
    for (int i = 0; i < sc_encoder_layer_count(encoder) && text; i++) {
        char *longer = sc_format("%s%s%s", text, i ? " " : "", sc_encoder_layer_name(encoder, i));
        free(text);
        text = longer;
    }
    if (!text)
        sc_fail_memory(&err, 1024);
    *names = text;
    return sc_report(s, &err);
}
