/* SPDX-License-Identifier: MIT */
/* `scumble models`: the networks that are here or can be had: list, describe, import from a file, download; and
 * painters for other software. */
#define _GNU_SOURCE
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "commands.h"
#include "console.h"
#include "events.h"
#include "interrupt.h"
#include "outputs.h"
#include "paths.h"
#include "pixels.h"
#include "progress.h"
#include "scumble/painter.h"

typedef struct models_job {
    const char *arch, *name, *licence, *onnx;
    pixel_settings pixels;
    int progress;
    bool json, tensors;
    scumble *s;
} models_job;

/* ---- list ---- */

static const char *or_dash(const char *text)
{
    return text && *text ? text : "-";
}

static int widest(const scumble *s, size_t offset, const char *title)
{
    int width = (int)strlen(title);
    const scumble_model_info *info;
    for (int i = 0; (info = scumble_model_at(s, i)); i++) {
        const char *text;
        memcpy(&text, (const char *)info + offset, sizeof text);
        int length = (int)strlen(or_dash(text));
        width = length > width ? length : width;
    }
    return width;
}

static int list_models(models_job *m)
{
    int count, code = scumble_models_list(m->s, &count);
    if (code)
        return console_failure(m->s, code, NULL);
    int name = widest(m->s, offsetof(scumble_model_info, name), "NAME");
    int arch = widest(m->s, offsetof(scumble_model_info, architecture), "ARCHITECTURE");
    int licence = widest(m->s, offsetof(scumble_model_info, licence), "LICENCE");
    printf("%-*s  %-9s  %-*s  %9s  %-*s  %s\n", name, "NAME", "HERE", arch, "ARCHITECTURE", "SIZE", licence, "LICENCE",
           "FROM");
    for (int i = 0; i < count; i++) {
        const scumble_model_info *info = scumble_model_at(m->s, i);
        char size[32] = "-";
        if (info->size_bytes > 0)
            text_size(info->size_bytes, size);
        printf("%-*s  %-9s  %-*s  %9s  %-*s  %s\n", name, or_dash(info->name),
               !info->path          ? "no" :
               info->path[0] == '(' ? "built in" :
                                      "yes",
               arch, or_dash(info->architecture), size, licence, or_dash(info->licence), or_dash(info->source));
        if (info->note && *info->note)
            printf("%-*s  %s\n", name, "", info->note);
        if (info->path && info->path[0] != '(')
            printf("%-*s  %s\n", name, "", info->path);
    }
    return 0;
}

/* [{"name", "architecture", "here", "built_in", "path", "size_bytes", "licence", "source", "note"}]; null: not known,
 * or not there. */
static int list_json(models_job *m)
{
    int count, code = scumble_models_list(m->s, &count);
    if (code)
        return console_failure(m->s, code, NULL);
    json_t *all = json_array();
    for (int i = 0; i < count; i++) {
        const scumble_model_info *info = scumble_model_at(m->s, i);
        bool built_in = info->path && info->path[0] == '(';
        char *path = info->path && !built_in ? text_utf8(info->path) : NULL;
        json_array_append_new(all, json_pack("{s:s?, s:s?, s:b, s:b, s:s?, s:I, s:s?, s:s?, s:s?}", "name", info->name,
                                             "architecture", info->architecture, "here", info->path != NULL, "built_in",
                                             built_in, "path", path, "size_bytes", (json_int_t)info->size_bytes,
                                             "licence", info->licence, "source", info->source, "note", info->note));
        free(path);
    }
    char *text = must(json_dumps(all, JSON_INDENT(1)));
    puts(text);
    free(text);
    json_decref(all);
    return 0;
}

/* ---- info, import, pull ---- */

/* Files are of strangers: what would move a terminal's cursor is not passed on. */
static int say_text(char **text)
{
    char *shown = text_flags(text_copy(*text ? *text : ""));
    size_t length = strlen(shown);
    for (size_t i = 0; i < length; i++)
        if (((unsigned char)shown[i] < ' ' && shown[i] != '\n') || shown[i] == '\x7f')
            shown[i] = '?';
    if (length)
        printf("%s%s", shown, shown[length - 1] == '\n' ? "" : "\n");
    free(shown);
    scumble_text_free(text);
    return 0;
}

static int show_model(models_job *m, const char *model)
{
    char *text = NULL;
    int code = m->json ? scumble_model_json(m->s, model, m->tensors, &text) :
                         scumble_model_describe(m->s, model, m->tensors, &text);
    return code ? console_failure(m->s, code, NULL) : say_text(&text);
}

/* --no-clobber: `name`, which is there as `path` (NULL or "(embedded)": it is no file), is not the one that is to be
 * written. */
static int check_other(const char *name, const char *there, const char *path)
{
    if (!path || path[0] == '(' || strcmp(there, name))
        return 0;
    console_error("'%s' is there already and stays, because --no-clobber is given; choose another --name", name);
    return EXIT_FAILED;
}

/* No model, or no painter, of this name is there, where --no-clobber says so. */
static int cli_models_check_free(models_job *m, const char *name, bool painter)
{
    int count = 0, status = 0;
    if (!paths_no_clobber())
        return 0;
    int code = painter ? scumble_painters_list(m->s, &count) : scumble_models_list(m->s, &count);
    for (int i = 0; !code && !status && i < count; i++)
        status = painter ? check_other(name, scumble_painter_at(m->s, i)->name, scumble_painter_at(m->s, i)->path) :
                           check_other(name, scumble_model_at(m->s, i)->name, scumble_model_at(m->s, i)->path);
    return code ? console_failure(m->s, code, NULL) : status;
}

static int import_painter(models_job *m, const char *file)
{
    scumble_network_pixels pixels = pixels_of(&m->pixels);
    char *name = m->name ? text_copy(m->name) : paths_name(file);
    int status = cli_models_check_free(m, name, true);
    int code = status ? 0 : scumble_painter_import(m->s, file, &pixels, name, m->licence);
    if (!code && !status)
        console_info("imported; use it with: scumble apply %s photo.jpg", name);
    free(name);
    return code ? console_failure(m->s, code, NULL) : status;
}

static int import_model(models_job *m, const char *file)
{
    char *report = NULL;
    if (!strcmp(m->arch, "painter"))
        return import_painter(m, file);
    int status = cli_models_check_free(m, m->name ? m->name : m->arch, false);
    if (status)
        return status;
    int code = scumble_model_import(m->s, file, m->arch, m->name, m->licence, &report);
    if (code)
        return console_failure(m->s, code, NULL);
    if (console_is_quiet())
        scumble_text_free(&report);
    else
        say_text(&report);
    console_info("imported; use it with --encoder %s", m->name ? m->name : m->arch);
    return 0;
}

typedef struct download {
    progress_display display;
    scumble_event last;
} download;

static int on_download(const scumble_event *event, void *user)
{
    download *d = user;
    d->last = *event;
    progress_show(&d->display, event);
    return interrupt_signal();
}

static void tell_download(const download *d, bool interrupted)
{
    events_done(&(done_event){ .output = d->display.name,
                               .done = d->last.done,
                               .of = d->last.of,
                               .unit = "bytes",
                               .elapsed_s = progress_now_s() - d->display.began_s,
                               .interrupted = interrupted });
}

static int pull_model(models_job *m, const char *name)
{
    if (m->progress == PROGRESS_JSON)
        events_begin("pull");
    int status = cli_models_check_free(m, name, false);
    if (status)
        return status;
    download d = { progress_begin(m->progress, name, 1, 1), { .done = 0 } };
    events_start(&(start_event){ .output = name, .time_s = -1 });
    interrupt_hold(true);
    interrupt_cancels(m->s);
    int code = scumble_model_pull(m->s, name, on_download, &d);
    interrupt_cancels(NULL);
    progress_end(&d.display);
    interrupt_hold(false);
    if (code == SCUMBLE_ERR_CANCELLED && interrupt_signal()) {
        tell_download(&d, true);
        console_info("stopped; what has arrived is kept: scumble models pull %s goes on", name);
        return EXIT_SIGNAL + interrupt_signal();
    }
    if (code)
        return console_failure(m->s, code, NULL);
    console_info("%s is ready; use it with --encoder %s", name, name);
    tell_download(&d, false);
    return 0;
}

/* ---- export ---- */

static int export_painter(models_job *m, const char *painter)
{
    file_roles roles = { 0 };
    outputs_add(&roles, paths_exists(painter) ? painter : NULL, NULL);
    outputs_add(&roles, m->onnx, "--onnx");
    int status = outputs_check_clashes(&roles);
    if (!status)
        status = paths_check_output("--onnx", m->onnx);
    if (status)
        return status;
    int code = scumble_painter_export_onnx(m->s, painter, m->onnx);
    if (code)
        return console_failure(m->s, code, NULL);
    console_info("wrote %s: (1, 3, height, width), RGB 0..1, 'picture' in, 'painted' out", m->onnx);
    return 0;
}

/* ---- dispatch ---- */

enum { LIST, INFO, IMPORT, PULL, EXPORT, VERBS };
static const char *const verbs[VERBS] = { "list", "info", "import", "pull", "export" };
static const char *const operands[VERBS] = { NULL, "a model's name or file", "a model file", "a model's name",
                                             "a painter" };

static int find_verb(const char *word)
{
    int verb = 0;
    while (verb < VERBS && strcmp(verbs[verb], word))
        verb++;
    return verb;
}

static int check_models(const models_job *m, int verb, const text_list *words)
{
    char hint[128];
    if (verb == VERBS)
        return console_usage("there is no 'models %s'%s; it is list, info, import, pull or export", words->items[0],
                             text_did_you_mean(words->items[0], verbs, VERBS, hint));
    int wanted = operands[verb] ? 2 : 1;
    if (words->count < wanted)
        return console_usage("'models %s' needs %s", verbs[verb], operands[verb]);
    if (words->count > wanted)
        return console_usage("'models %s' takes %s, but got '%s' too", verbs[verb],
                             wanted == 1 ? "no name" : "one name", words->items[wanted]);
    if (verb == IMPORT && !m->arch)
        return console_usage("'models import' needs --arch: vgg16, vgg19, inception_v3, lite or painter");
    if ((m->pixels.range || m->pixels.channels) && (verb != IMPORT || strcmp(m->arch, "painter")))
        return console_usage("--%s belongs to 'models import FILE --arch painter'",
                             m->pixels.range ? "range" : "channels");
    if (verb != IMPORT && (m->arch || m->name || m->licence))
        return console_usage("--%s belongs to 'models import'", m->arch ? "arch" : m->name ? "name" : "licence");
    if (verb == EXPORT && !m->onnx)
        return console_usage("'models export' needs --onnx: the file to write");
    if (verb != EXPORT && m->onnx)
        return console_usage("--onnx belongs to 'models export'");
    if (verb != LIST && verb != INFO && m->json)
        return console_usage("--json belongs to 'models list' and 'models info'");
    if (verb != PULL && m->progress != PROGRESS_AUTO)
        return console_usage("--progress belongs to 'models pull'");
    if (verb != INFO && m->tensors)
        return console_usage("--tensors belongs to 'models info'");
    return 0;
}

static int run_models(models_job *m, int verb, const char *operand)
{
    scumble_config config = { .size = sizeof config };
    arguments_reading(&config);
    int code = scumble_open(&m->s, &config);
    if (code)
        return console_failure(m->s, code, NULL);
    switch (verb) {
    case LIST: return m->json ? list_json(m) : list_models(m);
    case INFO: return show_model(m, operand);
    case IMPORT: return import_model(m, operand);
    case EXPORT: return export_painter(m, operand);
    default: interrupt_watch(); return pull_model(m, operand);
    }
}

int command_models(int argc, char **argv)
{
    models_job m = { 0 };
    text_list words = { 0 };
    bool help = false;
    const binding bindings[] = { BIND("arch", &m.arch),         BIND("name", &m.name),   BIND("licence", &m.licence),
                                 BIND("onnx", &m.onnx),         BIND("json", &m.json),   BIND("tensors", &m.tensors),
                                 BIND("progress", &m.progress), PIXEL_BINDINGS(m.pixels) };
    int status = arguments_parse(&models_about, argc, argv, BINDINGS(bindings), NULL, &words, &help);
    if (!status && !help && !words.count)
        status = console_usage("say what to do with models: list, info, import, pull or export");
    int verb = words.count ? find_verb(words.items[0]) : LIST;
    if (!status && !help)
        status = check_models(&m, verb, &words);
    if (!status)
        status = help ? EXIT_DONE : run_models(&m, verb, words.count > 1 ? words.items[1] : NULL);
    scumble_close(&m.s);
    text_list_free(&words);
    return status;
}
