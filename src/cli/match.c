/* SPDX-License-Identifier: MIT */
/* `scumble match`: which paintings suit a photo, or which photos a painting; best first, with reasons. */
#define _GNU_SOURCE
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "commands.h"
#include "console.h"
#include "contact_sheet.h"
#include "events.h"
#include "outputs.h"
#include "inputs.h"
#include "paths.h"
#include "progress.h"
#include "streams.h"
#include "scumble/match.h"

enum { SHEET_MOST = 60, SHEET_COLUMNS = 6, SHEET_HEIGHT = 192 };

typedef struct candidate {
    const char *path;
    scumble_match match;
    char *measures; /* JSON, where it is wanted */
} candidate;

typedef struct matching {
    scumble *s;
    text_list words, pictures;
    const char *style, *sheet, *one; /* one: the picture that all others are matched with */
    char *painting;                  /* what `style` names */
    int64_t top, threads;
    int progress;
    bool json;
    progress_display display;
    scumble_descriptor *descriptor; /* of `one` */
    candidate *list;
    int count;
} matching;

/* ---- looking at pictures ---- */

static int fail_picture(const matching *m, int code, const char *path)
{
    const char *text = scumble_error_text(m->s);
    events_error(text, path);
    return console_failure(m->s, code, strstr(text, path) ? NULL : path);
}

static int look_at(matching *m, const char *path, scumble_descriptor **descriptor)
{
    int code = scumble_descriptor_load(m->s, path, descriptor);
    return code ? fail_picture(m, code, path) : 0;
}

static int add_candidate(matching *m, const char *path)
{
    scumble_descriptor *own;
    candidate added = { .path = path };
    int status = look_at(m, path, &own);
    if (status)
        return status;
    const scumble_descriptor *photo = m->style ? own : m->descriptor, *painting = m->style ? m->descriptor : own;
    int code = scumble_match_pair(m->s, photo, painting, &added.match);
    if (!code && (m->json || events_are_printed()))
        code = scumble_match_measures(m->s, photo, painting, &added.measures);
    scumble_descriptor_free(&own);
    if (code)
        return fail_picture(m, code, path);
    m->list[m->count++] = added;
    return 0;
}

static int cli_match_by_score(const void *a, const void *b)
{
    const candidate *p = a, *q = b;
    if (p->match.outcome != q->match.outcome)
        return p->match.outcome < q->match.outcome ? -1 : 1;
    return strcmp(p->path, q->path);
}

/* A picture that cannot be read is said, and the others are matched all the same. */
static int look_at_all(matching *m)
{
    int status = look_at(m, m->one, &m->descriptor), failed;
    if (status)
        return status;
    m->list = must(calloc((size_t)m->pictures.count + 1, sizeof *m->list));
    for (int i = 0; i < m->pictures.count; i++) {
        m->display.name = m->pictures.items[i];
        failed = add_candidate(m, m->pictures.items[i]);
        status = status ? status : failed;
        progress_show_measured(&m->display, "match", i + 1, m->pictures.count);
    }
    progress_end(&m->display);
    qsort(m->list, (size_t)m->count, sizeof *m->list, cli_match_by_score);
    if (m->top && m->count > m->top) {
        for (int i = (int)m->top; i < m->count; i++)
            scumble_text_free(&m->list[i].measures);
        m->count = (int)m->top;
    }
    return status;
}

/* ---- what is printed ---- */

/* The settings of the best pair; false when it cannot be read any more. */
static bool best_settings(matching *m, scumble_match_settings *settings)
{
    scumble_image *photo = NULL, *painting = NULL;
    bool good = !console_picture(m->s, m->style ? m->list[0].path : m->one, &photo) &&
                !console_picture(m->s, m->style ? m->one : m->list[0].path, &painting) &&
                !scumble_match_settings_of(m->s, photo, painting, settings);
    scumble_image_free(&photo);
    scumble_image_free(&painting);
    return good;
}

static json_t *settings_json(const scumble_match_settings *settings, bool with_scale)
{
    json_t *object = json_pack("{s:f, s:s}", "beta", settings->beta, "colour", settings->colour);
    if (with_scale)
        json_object_set_new(object, "style-scale", json_real(settings->style_scale));
    return object;
}

static json_t *candidate_json(const candidate *c)
{
    const scumble_match_reason *reason;
    json_t *why = json_object();
    for (int i = 0; (reason = scumble_match_reason_at(i)); i++)
        json_object_set_new(why, reason->name, json_real(c->match.reasons[i]));
    char *path = streams_shown(text_utf8(c->path));
    json_t *object = json_pack("{s:s, s:f, s:f, s:o, s:o, s:o}", "picture", path, "score", c->match.score, "outcome",
                               c->match.outcome, "reasons", why, "settings", settings_json(&c->match.settings, false),
                               "measures", json_loads(c->measures, 0, NULL));
    free(path);
    return object;
}

static json_t *all_json(matching *m)
{
    scumble_match_settings settings;
    json_t *list = json_array();
    for (int i = 0; i < m->count; i++)
        json_array_append_new(list, candidate_json(&m->list[i]));
    char *one = streams_shown(text_utf8(m->one));
    json_t *all = json_pack("{s:s, s:o}", m->style ? "style" : "photo", one, "pictures", list);
    if (m->count && best_settings(m, &settings))
        json_object_set_new(all, "settings_of_best", settings_json(&settings, true));
    free(one);
    return all;
}

static void cli_match_print_json(matching *m)
{
    json_t *all = all_json(m);
    char *text = must(json_dumps(all, JSON_INDENT(1) | JSON_REAL_PRECISION(6)));
    puts(text);
    free(text);
    json_decref(all);
}

/* The end (events.h), with what --json prints. */
static void cli_match_tell_end(matching *m)
{
    events_done(&(done_event){ .photo = m->style ? NULL : m->one,
                               .output = m->sheet,
                               .done = m->pictures.count,
                               .of = m->pictures.count,
                               .unit = "pictures",
                               .elapsed_s = progress_now_s() - m->display.began_s,
                               .result = all_json(m) });
}

/* "+ colours close to the photo's, - few of its places suit the photo's": what weighs most, of both signs where both
 * are there. */
static char *reasons_text(const scumble_match *match)
{
    int good = 0, bad = 0;
    for (int i = 1; scumble_match_reason_at(i); i++) {
        good = match->reasons[i] > match->reasons[good] ? i : good;
        bad = match->reasons[i] < match->reasons[bad] ? i : bad;
    }
    const double noticeable = 0.15;
    bool plus = match->reasons[good] > noticeable, minus = match->reasons[bad] < -noticeable;
    return text_format("%s%s%s%s%s", plus ? "+ " : "", plus ? scumble_match_reason_at(good)->good : "",
                       plus && minus ? ", " : "", minus ? "- " : "", minus ? scumble_match_reason_at(bad)->bad : "");
}

static void cli_match_print_table(matching *m)
{
    int widest = 7;
    for (int i = 0; i < m->count; i++) {
        int length = (int)strlen(m->list[i].path);
        widest = length > widest && length <= 40 ? length : widest;
    }
    printf("SCORE  %-*s  WHY\n", widest, m->style ? "PHOTO" : "PAINTING");
    for (int i = 0; i < m->count; i++) {
        char *why = reasons_text(&m->list[i].match), *path = console_safe(m->list[i].path);
        printf("%5.0f  %-*s  %s\n", m->list[i].match.score, widest, path, why);
        free(path);
        free(why);
    }
    scumble_match_settings settings;
    if (m->count && best_settings(m, &settings)) {
        const char *best = m->list[0].path;
        char *photo = text_quoted(m->style ? best : m->one), *painting = text_quoted(m->style ? m->one : best);
        char *safe_photo = console_safe(photo), *safe_painting = console_safe(painting);
        printf("\nThe best pair, with what suits it (or: --auto):\n  scumble stylize %s --style %s --beta %.2g "
               "--style-scale %.2g --colour %s -o out.png\n",
               safe_photo, safe_painting, settings.beta, settings.style_scale, settings.colour);
        free(safe_photo);
        free(safe_painting);
        free(photo);
        free(painting);
    }
}

/* ---- the sheet ---- */

static int cli_match_write_sheet(matching *m)
{
    int count = m->count < SHEET_MOST ? m->count : SHEET_MOST;
    sheet_picture *pictures = must(calloc((size_t)count + 1, sizeof *pictures));
    char **captions = must(calloc((size_t)count + 1, sizeof *captions));
    char *name = paths_name(m->one), *first = text_format("%s: %s", m->style ? "the painting" : "the photo", name);
    pictures[0] = (sheet_picture){ m->one, first };
    free(name);
    for (int i = 0; i < count; i++) {
        name = paths_name(m->list[i].path);
        captions[i] = text_format("%d. %s: %.0f", i + 1, name, m->list[i].match.score);
        free(name);
        pictures[i + 1] = (sheet_picture){ m->list[i].path, captions[i] };
    }
    contact_sheet sheet = { m->sheet,      pictures, count + 1, SHEET_HEIGHT,
                            SHEET_COLUMNS, 8,        0,         m->json || events_are_printed(),
                            NULL };
    int status = contact_sheet_write(m->s, &sheet);
    for (int i = 0; i < count; i++)
        free(captions[i]);
    free(captions);
    free(first);
    free(pictures);
    return status;
}

static int cli_match_check_sheet(const matching *m)
{
    if (!m->sheet)
        return 0;
    if (!scumble_image_writable(m->sheet))
        return console_usage(
            "--sheet is '%s', which has no ending of a format that scumble can write; use .png, .jpg, .webp or .tif",
            m->sheet);
    file_roles roles = { 0 };
    outputs_add(&roles, m->one, NULL);
    for (int i = 0; i < m->pictures.count; i++)
        outputs_add(&roles, m->pictures.items[i], NULL);
    outputs_add(&roles, m->sheet, "--sheet");
    int status = outputs_check_clashes(&roles);
    return status ? status : paths_check_output("--sheet", m->sheet);
}

static int run_match(matching *m)
{
    scumble_config config = { .size = sizeof config, .threads = (int)m->threads };
    arguments_reading(&config);
    if (m->progress == PROGRESS_JSON)
        events_begin("match");
    m->display = progress_begin(m->progress, NULL, 1, 1);
    int code = scumble_open(&m->s, &config), status = code ? console_failure(m->s, code, NULL) : 0;
    char **one = m->style ? &m->painting : &m->words.items[0];
    if (m->style)
        m->painting = text_copy(m->style);
    status = status ? status : streams_input(one);
    m->one = *one;
    for (int i = m->style ? 0 : 1; i < m->words.count && !status; i++)
        status = inputs_expand_sources(m->s, m->words.items[i], &m->pictures);
    if (!status)
        status = cli_match_check_sheet(m);
    if (status)
        return status;
    events_start(&(start_event){ .photo = m->style ? NULL : m->one, .output = m->sheet, .time_s = -1 });
    status = look_at_all(m);
    if (!m->count)
        return status;
    if (events_are_printed())
        ; /* comes with the end */
    else if (m->json)
        cli_match_print_json(m);
    else
        cli_match_print_table(m);
    int failed = m->sheet ? cli_match_write_sheet(m) : 0;
    if (events_are_printed() && !failed)
        cli_match_tell_end(m);
    return status ? status : failed;
}

int command_match(int argc, char **argv)
{
    matching m = { 0 };
    bool help = false;
    const binding bindings[] = { BIND("style", &m.style), BIND("top", &m.top),         BIND("json", &m.json),
                                 BIND("sheet", &m.sheet), BIND("threads", &m.threads), BIND("progress", &m.progress) };
    int status = arguments_parse(&match_about, argc, argv, BINDINGS(bindings), NULL, &m.words, &help);
    if (!status && !help && m.words.count < (m.style ? 1 : 2))
        status = m.style ? console_usage("there are no photos; give some: scumble match --style painting.jpg photos/") :
                           console_usage("there %s; give a photo and paintings: scumble match photo.jpg paintings/",
                                         m.words.count ? "are no paintings" : "is no photo");
    if (!status && !help) {
        status = run_match(&m);
    }
    for (int i = 0; i < m.count; i++)
        scumble_text_free(&m.list[i].measures);
    free(m.list);
    free(m.painting);
    scumble_descriptor_free(&m.descriptor);
    scumble_close(&m.s);
    text_list_free(&m.words);
    text_list_free(&m.pictures);
    return status;
}
