/* SPDX-License-Identifier: MIT */
/* `scumble provenance`: what a file says of its rights and of where it comes from, compared with the files that it
 * names. The library makes the report (scumble_provenance_read); here it is printed for people. All texts in it may be
 * hostile: none reaches the terminal with its controls. */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "commands.h"
#include "console.h"
#include "streams.h"
#include "scumble/provenance.h"

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* "  label       text", unless there is none. */
static void cli_provenance_print_row(const char *label, const char *text)
{
    if (!*text)
        return;
    char *safe = console_safe(text);
    printf("  %-12s %s\n", label, safe);
    free(safe);
}

static void print_rights(const json_t *rights)
{
    static const char *const labels[][2] = { { "creator", "creator" },         { "notice", "notice" },
                                             { "licence", "licence" },         { "statement", "statement" },
                                             { "credit", "credit" },           { "marked", "marked" },
                                             { "data_mining", "data mining" }, { "source_type", "source type" } };
    const json_t *places = json_object_get(rights, "places");
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        const char *text = text_of(rights, labels[i][0]), *place = text_of(places, labels[i][0]);
        char *row = *place ? text_format("%s (%s)", text, place) : text_copy(text);
        cli_provenance_print_row(labels[i][1], row);
        free(row);
    }
}

static void print_network(const json_t *report, const char *kind)
{
    const json_t *network = json_object_get(report, kind);
    const char *licence = text_of(network, "licence"), *source = text_of(network, "source");
    char *row = text_format("%s%s%s%s%s", text_of(network, "name"), *licence ? "; licence: " : "", licence,
                            *source ? "; from: " : "", source);
    if (network)
        cli_provenance_print_row(kind, row);
    free(row);
}

static void print_source(const json_t *source)
{
    const char *name = text_of(source, "name"), *file = text_of(source, "file");
    char *row = text_format("%s: %s%s%s", *name ? name : "(not from a file)", text_of(source, "status"),
                            *file ? " " : "", file);
    cli_provenance_print_row(text_of(source, "role"), row);
    cli_provenance_print_row("  sha256", text_of(source, "sha256"));
    free(row);
    char *rights = text_copy("");
    const char *key;
    const json_t *value;
    json_object_foreach(json_object_get(source, "rights"), key, value)
    {
        char *longer = text_format("%s%s%s: %s", rights, *rights ? "; " : "", key,
                                   json_string_value(value) ? json_string_value(value) : "");
        free(rights);
        rights = longer;
    }
    cli_provenance_print_row("  rights", rights);
    free(rights);
}

static void print_report(const json_t *report)
{
    const json_t *sources = json_object_get(report, "sources"), *entry;
    char *file = console_safe(text_of(report, "file"));
    printf("%s\n", file);
    free(file);
    cli_provenance_print_row("made with", text_of(report, "tool"));
    print_network(report, "encoder");
    print_network(report, "painter");
    cli_provenance_print_row("permission", text_of(report, "permission"));
    print_rights(json_object_get(report, "rights"));
    if (json_array_size(sources))
        puts("sources");
    size_t i;
    json_array_foreach(sources, i, entry) print_source(entry);
    if (!sources && !json_object_get(report, "rights"))
        puts("  says nothing of rights, and scumble did not make it");
}

/* What did not fit, and the exit code. */
static int conclude_provenance(const json_t *report, int verified)
{
    const json_t *entry;
    size_t i;
    json_array_foreach(json_object_get(report, "sources"), i, entry) if (!strcmp(text_of(entry, "status"), "differs"))
        console_error("'%s' is not the %s that was recorded: its SHA-256 differs", text_of(entry, "file"),
                      text_of(entry, "role"));
    json_array_foreach(json_object_get(report, "unknown"), i, entry)
        console_error("'%s' is none of the sources", json_string_value(entry) ? json_string_value(entry) : "");
    return verified ? EXIT_DONE : EXIT_FAILED;
}

static int run_provenance(scumble *s, const text_list *words, bool json)
{
    char *text = NULL;
    int verified, code = scumble_provenance_read(s, words->items[0], (const char *const *)words->items + 1,
                                                 words->count - 1, &text, &verified);
    if (code)
        return console_failure(s, code, NULL);
    json_t *report = json_loads(text, 0, NULL);
    char *shown = streams_shown(text_copy(text));
    if (json)
        puts(shown);
    else
        print_report(report);
    int status = conclude_provenance(report, verified);
    json_decref(report);
    free(shown);
    scumble_text_free(&text);
    return status;
}

int command_provenance(int argc, char **argv)
{
    text_list words = { 0 };
    bool help = false, json = false;
    const binding bindings[] = { BIND("json", &json) };
    int status = arguments_parse(&provenance_about, argc, argv, BINDINGS(bindings), NULL, &words, &help);
    if (!status && !help && !words.count)
        status = console_usage("there is no file; give a picture: scumble provenance picture.png");
    for (int i = 0; i < words.count && !status && !help; i++)
        status = streams_input(&words.items[i]);
    if (!status && !help) {
        scumble *s = NULL;
        scumble_config config = { .size = sizeof config };
        arguments_reading(&config);
        int code = scumble_open(&s, &config);
        status = code ? console_failure(s, code, NULL) : run_provenance(s, &words, json);
        scumble_close(&s);
    }
    text_list_free(&words);
    return status;
}
