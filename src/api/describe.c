/* SPDX-License-Identifier: MIT */
/* What a model is, an encoder, a painter or any other file of weights, as text and as JSON. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/painter.h"
#include "core/file.h"
#include "core/nearest.h"

/* One of the first two, or neither; the weights in any case. */
typedef struct subject {
    sc_encoder *encoder;
    sc_painter *painter;
    sc_painter_origin origin; /* the painter's */
    sc_weights *weights;
    sc_error no_encoder, no_painter; /* why it is none */
} subject;

static void close_subject(subject *o)
{
    sc_weights_free(o->weights);
    sc_encoder_free(o->encoder);
    sc_painter_free(o->painter);
    free(o->origin.path);
}

/* ---- opening --------------------------------------------------------------------------------------------------- */

/* Nobody has it: what could have been meant. */
static int describe_refuse_name(const scumble *s, const char *name, sc_error *err)
{
    enum { MOST = 512 };
    sc_model_list models = { 0 };
    sc_painter_list painters = { 0 };
    const char *names[MOST];
    char hint[SC_HINT_BYTES];
    int count = 0, code = sc_models_list(s->data_dir, &models, err);
    if (!code)
        code = sc_painters_list(s->data_dir, &painters, err);
    for (int i = 0; !code && i < models.count && count < MOST; i++)
        names[count++] = models.entries[i].name;
    for (int i = 0; !code && i < painters.count && count < MOST; i++)
        names[count++] = painters.entries[i].name;
    if (!code)
        code = sc_fail(err, SCUMBLE_ERR_NOT_FOUND,
                       "there is no encoder, painter or model file called '%.200s'%s; `scumble models list` shows the "
                       "encoders, `scumble apply --list` the painters",
                       name, sc_nearest_hint(name, names, count, hint));
    sc_model_list_free(&models);
    sc_painter_list_free(&painters);
    return code;
}

static bool is_other_kind(int code)
{
    return code == SCUMBLE_ERR_UNSUPPORTED || code == SCUMBLE_ERR_FORMAT || code == SCUMBLE_ERR_NOT_FOUND;
}

static int open_subject(const scumble *s, const char *name, subject *o, sc_error *err)
{
    int code = sc_encoder_open(s->threads, &o->encoder, name, s->data_dir, &o->no_encoder);
    if (!code)
        return sc_encoder_to_weights(o->encoder, &o->weights, err);
    *err = o->no_encoder;
    if (!is_other_kind(code))
        return code;
    code = sc_painter_open(&o->painter, &o->origin, name, s->data_dir, &o->no_painter);
    if (!code)
        return sc_painter_to_weights(o->painter, NULL, &o->weights, err);
    if (code != SCUMBLE_ERR_NOT_FOUND)
        *err = o->no_painter;
    else if (o->no_encoder.code == SCUMBLE_ERR_NOT_FOUND && !strchr(name, '/') && !sc_catalogue_find(name))
        return describe_refuse_name(s, name, err);
    /* A file that is neither can still be looked into. */
    sc_error ignored;
    bool file = is_other_kind(code) && strpbrk(name, "/.");
    return file && !sc_weights_load(s->threads, &o->weights, name, &ignored) ? SCUMBLE_OK : err->code;
}

/* ---- as JSON --------------------------------------------------------------------------------------------------- */

/* null for what is not known, and for what is no UTF-8. */
static json_t *text_or_null(const char *text)
{
    json_t *value = text && *text ? json_string(text) : NULL;
    return value ? value : json_null();
}

/* How many there are of each operation, in the order of their first. */
static json_t *count_operations(const sc_program *program)
{
    json_t *counts = json_object();
    for (int i = 0; i < program->operation_count; i++) {
        const char *name = program->operations[i].op->name;
        json_object_set_new(counts, name, json_integer(1 + json_integer_value(json_object_get(counts, name))));
    }
    return counts;
}

static json_t *painter_json(const subject *o)
{
    const sc_painter *p = o->painter;
    char range[32];
    json_t *training = p->recipe ? json_loads(p->recipe, 0, NULL) : NULL, *paintings = sc_training_paintings(p->recipe);
    const char *trained_with = json_string_value(json_object_get(json_object_get(training, "encoder"), "name"));
    json_t *judge = !p->discriminator ?
                        json_null() :
                        json_pack("{s:I, s:o, s:o, s:o}", "values", (json_int_t)sc_program_size(p->discriminator),
                                  "encoder", text_or_null(p->encoder), "encoder_sha256",
                                  text_or_null(p->encoder_sha256), "layer", text_or_null(p->layer));
    json_t *facts = json_pack(
        "{s:s, s:o, s:o, s:b, s:o, s:I, s:s, s:o, s:o, s:s, s:b, s:s, s:I, s:i, s:i, s:o, s:o, s:o, s:o, s:o}", "kind",
        "painter", "name", text_or_null(p->name), "form", text_or_null(p->form), "built_in", !o->origin.path, "path",
        text_or_null(o->origin.path), "size_bytes", (json_int_t)o->origin.size_bytes, "sha256", o->origin.sha256,
        "licence", text_or_null(p->licence), "source", text_or_null(p->source), "range", sc_painter_range(p, range),
        "range_is_guess", p->guessed, "channels", "RGB", "values", (json_int_t)sc_program_size(p->generator), "step",
        sc_program_step(p->generator), "learnt_size", p->size, "operations", count_operations(p->generator),
        "discriminator", judge, "encoder", text_or_null(trained_with ? trained_with : p->encoder), "paintings",
        paintings ? paintings : json_null(), "unused", text_or_null(p->unused));
    json_decref(training);
    return facts;
}

static size_t count_values(const sc_weights *weights)
{
    size_t values = 0;
    for (int i = 0; i < weights->tensor_count; i++)
        values += weights->tensors[i].count;
    return values;
}

static json_t *encoder_json(const subject *o)
{
    const sc_encoder *e = o->encoder;
    json_t *layers = json_array();
    for (int i = 0; i < sc_encoder_layer_count(e); i++)
        json_array_append_new(layers, json_string(sc_encoder_layer_name(e, i)));
    return json_pack("{s:s, s:o, s:s, s:o, s:s, s:I, s:o, s:s, s:s}", "kind", "encoder", "name",
                     text_or_null(sc_encoder_name(e)), "architecture", sc_encoder_architecture(e), "licence",
                     text_or_null(sc_encoder_licence(e)), "sha256", sc_encoder_sha256(e), "values",
                     (json_int_t)count_values(o->weights), "layers", layers, "style_layers",
                     sc_encoder_default_style_layers(e), "content_layers", sc_encoder_default_content_layers(e));
}

static json_t *weights_json(const subject *o)
{
    json_t *metadata = json_object();
    for (int i = 0; i < o->weights->metadata_count; i++)
        json_object_set_new(metadata, o->weights->metadata[i].key, json_string(o->weights->metadata[i].value));
    return json_pack("{s:s, s:s, s:o, s:I, s:o, s:o}", "kind", "weights", "form", o->weights->format, "metadata",
                     metadata, "values", (json_int_t)count_values(o->weights), "no_encoder",
                     text_or_null(o->no_encoder.text), "no_painter", text_or_null(o->no_painter.text));
}

static json_t *tensors_json(const sc_weights *weights)
{
    json_t *tensors = json_array();
    for (int i = 0; i < weights->tensor_count; i++) {
        const sc_weight *tensor = &weights->tensors[i];
        json_t *shape = json_array();
        for (int d = 0; d < tensor->dimension_count; d++)
            json_array_append_new(shape, json_integer(tensor->dimensions[d]));
        json_array_append_new(tensors, json_pack("{s:o, s:o}", "name", text_or_null(tensor->name), "shape", shape));
    }
    return tensors;
}

int scumble_model_json(scumble *s, const char *name_or_path, int every_tensor, char **json)
{
    if (json)
        *json = NULL;
    if (!sc_is_open(s) || !name_or_path || !json)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    subject o = { 0 };
    if (!open_subject(s, name_or_path, &o, &err)) {
        err = (sc_error){ 0 };
        json_t *facts = o.encoder ? encoder_json(&o) : o.painter ? painter_json(&o) : weights_json(&o);
        if (every_tensor)
            json_object_set_new(facts, "tensors", tensors_json(o.weights));
        *json = json_dumps(facts, JSON_INDENT(1));
        json_decref(facts);
        if (!*json)
            sc_fail_memory(&err, 4096);
    }
    close_subject(&o);
    return sc_report(s, &err);
}

/* ---- as text --------------------------------------------------------------------------------------------------- */

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

/* What is not known has no line. */
static void append_known(char **text, const char *what, const char *value)
{
    if (value && *value)
        append(text, "%s: %s\n", what, value);
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
    append(text, "tensors: %d, %.2f million values\n", weights->tensor_count, (double)count_values(weights) / 1e6);
    int shown = every_tensor || weights->tensor_count <= FEW ? weights->tensor_count : FEW;
    for (int i = 0; i < shown; i++)
        append_tensor(text, &weights->tensors[i]);
    if (shown < weights->tensor_count)
        append(text, "  ... and %d more (`tensors` shows them)\n", weights->tensor_count - shown);
}

static void describe_network(char **text, const char *what, const sc_program *program)
{
    json_t *counts = count_operations(program), *count;
    const char *name;
    bool first = true;
    append(text, "%s: %zu values; ", what, sc_program_size(program));
    json_object_foreach(counts, name, count)
    {
        append(text, "%s%lld %s", first ? "" : ", ", (long long)json_integer_value(count), name);
        first = false;
    }
    append(text, "\n");
    json_decref(counts);
}

static void describe_training(char **text, const sc_painter *p)
{
    json_t *training = p->recipe ? json_loads(p->recipe, 0, NULL) : NULL, *paintings = sc_training_paintings(p->recipe),
           *painting;
    size_t i;
    append_known(text, "trained with",
                 json_string_value(json_object_get(json_object_get(training, "encoder"), "name")));
    json_array_foreach(paintings, i, painting)
        append(text, "%s%s%s", i ? ", " : "paintings: ", json_string_value(json_object_get(painting, "name")),
               i + 1 < json_array_size(paintings) ? "" : "\n");
    json_decref(training);
    json_decref(paintings);
}

static void describe_painter(char **text, const subject *o)
{
    const sc_painter *p = o->painter;
    char range[32];
    append(text, "%s: a painter, %s%s, %.2f MB\n", p->name, o->origin.path ? p->form : "part of scumble",
           o->origin.path ? " file" : "", (double)o->origin.size_bytes / 1e6);
    append_known(text, "file", o->origin.path);
    append(text, "sha256: %s\n", o->origin.sha256);
    append(text, "licence: %s\n", *p->licence ? p->licence : "unknown");
    append_known(text, "source", p->source);
    append(text, "picture: RGB, %s%s\n", sc_painter_range(p, range),
           p->guessed ? " (a guess, by trying: the file does not say)" : "");
    append(text, "learnt at: %d pixels\n", p->size);
    describe_network(text, "network", p->generator);
    if (p->discriminator) {
        describe_network(text, "discriminator", p->discriminator);
        append(text, "  it sees %s of %s\n", *p->layer ? p->layer : "an unknown layer",
               *p->encoder ? p->encoder : "an unknown encoder");
    } else
        append(text, "discriminator: none, so that `scumble judge` cannot use it\n");
    describe_training(text, p);
    append_known(text, "not used of the file", p->unused);
}

static void describe_text(char **text, const subject *o)
{
    if (o->encoder) {
        char *layers = sc_encoder_describe(o->encoder);
        append(text, "%s\n", layers ? layers : "");
        free(layers);
    } else if (o->painter)
        describe_painter(text, o);
    else {
        append(text, "not usable as an encoder: %s\n", o->no_encoder.text);
        append(text, "not usable as a painter: %s\n", o->no_painter.text);
        describe_metadata(text, o->weights);
    }
}

int scumble_model_describe(scumble *s, const char *name_or_path, int every_tensor, char **text)
{
    if (text)
        *text = NULL;
    if (!sc_is_open(s) || !name_or_path || !text)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    subject o = { 0 };
    if (!open_subject(s, name_or_path, &o, &err)) {
        err = (sc_error){ 0 };
        *text = sc_format("%s", "");
        describe_text(text, &o);
        describe_tensors(text, o.weights, every_tensor);
        if (!*text)
            sc_fail_memory(&err, 4096);
    }
    close_subject(&o);
    return sc_report(s, &err);
}
