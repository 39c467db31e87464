/* SPDX-License-Identifier: MIT */
/* Models of the public API. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/context.h"
#include "core/file.h"

int scumble_models_list(scumble *s, const scumble_model_info **models, int *count)
{
    if (models)
        *models = NULL;
    if (count)
        *count = 0;
    if (!sc_is_open(s) || !models || !count)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    sc_model_list_free(&s->models);
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
            .name = entry->name, .architecture = entry->architecture, .licence = entry->licence, .source = entry->source,
            .note = entry->note, .path = entry->path, .size_bytes = entry->size_bytes,
        };
    }
    *models = s->model_infos;
    *count = s->models.count;
    return SCUMBLE_OK;
}

int scumble_model_import(scumble *s, const char *path, const char *architecture, const char *name, const char *licence, char **report)
{
    if (report)
        *report = NULL;
    if (!sc_is_open(s) || !path)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    char *text = NULL;
    if (!sc_model_import(path, architecture, name, licence, s->data_dir, &text, &err))
        sc_context_forget_encoders(s);
    if (report)
        *report = text;
    else
        free(text);
    return sc_report(s, &err);
}

int scumble_model_pull(scumble *s, const char *name, scumble_download_fn progress, void *user)
{
    if (!sc_is_open(s) || !name)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    if (!sc_model_pull(name, s->data_dir, progress, user, &err))
        sc_context_forget_encoders(s);
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

/* A text in the making; a NULL text stays NULL (no memory). */
__attribute__((format(printf, 2, 3))) static void append(char **text, const char *format, ...)
{
    char *line = NULL;
    va_list args;
    va_start(args, format);
    if (!*text || vasprintf(&line, format, args) < 0)
        line = NULL;
    va_end(args);
    char *longer = line ? sc_format("%s%s", *text, line) : NULL;
    free(line);
    free(*text);
    *text = longer;
}

static void append_tensor(char **text, const sc_weight *tensor)
{
    append(text, "  %-48.200s", tensor->name);
    for (int d = 0; d < tensor->dimension_count; d++)
        append(text, "%s%lld", d ? " x " : " ", (long long)tensor->dimensions[d]);
    append(text, "%s\n", tensor->dimension_count ? "" : " scalar");
}

static void describe_metadata(char **text, const sc_weights *weights)
{
    enum { SHOWN = 300 };
    append(text, "file: %s\n", weights->format);
    for (int i = 0; i < weights->metadata_count; i++)
        append(text, "%.60s: %.*s\n", weights->metadata[i].key, (int)SHOWN, weights->metadata[i].value);
}

static void describe_tensors(char **text, const sc_weights *weights, int every_tensor)
{
    enum { FEW = 6 };
    size_t values = 0;
    for (int i = 0; i < weights->tensor_count; i++)
        values += weights->tensors[i].count;
    append(text, "tensors: %d, %.2f million values\n", weights->tensor_count, (double)values / 1e6);
    int shown = every_tensor || weights->tensor_count <= FEW ? weights->tensor_count : FEW;
    for (int i = 0; i < shown; i++)
        append_tensor(text, &weights->tensors[i]);
    if (shown < weights->tensor_count)
        append(text, "  ... and %d more (--tensors shows them)\n", weights->tensor_count - shown);
}

int scumble_model_describe(scumble *s, const char *name_or_path, int every_tensor, char **text)
{
    if (text)
        *text = NULL;
    if (!sc_is_open(s) || !name_or_path || !text)
        return sc_null(s, __func__);
    *text = sc_format("%s", "");
    sc_error err = { 0 };
    sc_encoder *encoder = NULL;
    sc_weights *weights = NULL;
    int code = sc_encoder_open(&encoder, name_or_path, s->data_dir, &err);
    /* A file that is not an encoder can still be looked into. */
    bool is_file = code && (code == SCUMBLE_ERR_UNSUPPORTED || code == SCUMBLE_ERR_FORMAT || code == SCUMBLE_ERR_NOT_FOUND) &&
                   (strchr(name_or_path, '/') || strchr(name_or_path, '.'));
    if (!code && !(code = sc_encoder_to_weights(encoder, &weights, &err))) {
        char *layers = sc_encoder_describe(encoder);
        append(text, "%s\n", layers ? layers : "");
        free(layers);
        describe_tensors(text, weights, every_tensor);
    } else if (is_file) {
        sc_error not_an_encoder = err;
        code = sc_weights_load(&weights, name_or_path, &err);
        if (!code) {
            append(text, "not usable as an encoder: %s\n", not_an_encoder.text);
            describe_metadata(text, weights);
            describe_tensors(text, weights, every_tensor);
        }
    }
    if (!code && !*text)
        code = sc_fail_memory(&err, 4096);
    if (code)
        scumble_text_free(text);
    else
        err.code = SCUMBLE_OK;
    sc_weights_free(weights);
    sc_encoder_free(encoder);
    return sc_report(s, &err);
}
