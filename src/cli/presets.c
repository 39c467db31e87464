/* SPDX-License-Identifier: MIT */
/* `scumble presets`: what --preset takes. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "commands.h"
#include "console.h"

/* Called with every option of a preset and its value. */
typedef void option_fn(const char *name, const char *value, void *user);

static void each_option(const scumble_preset_info *preset, option_fn *act, void *user)
{
    char *words = text_copy(preset->options), *rest = NULL;
    for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        char *value = strchr(word, '=');
        *value++ = 0;
        act(word, value, user);
    }
    free(words);
}

/* user: the columns that the line has so far. As many to a line as fit. */
static void print_flag(const char *name, const char *value, void *user)
{
    enum { INDENT = 11, COLUMNS = 100 };
    int *column = user, length = (int)(strlen("--") + strlen(name) + 1 + strlen(value));
    if (*column && *column + 1 + length > COLUMNS) {
        putchar('\n');
        *column = 0;
    }
    *column += printf("%*s--%s %s", *column ? 1 : INDENT, "", name, value);
}

/* user: an object. */
static void add_option(const char *name, const char *value, void *user)
{
    json_object_set_new(user, name, json_string(value));
}

static int cli_presets_print_list(void)
{
    const scumble_preset_info *preset;
    for (int i = 0; (preset = scumble_preset_at(i)); i++) {
        printf("%-10s %s\n", preset->name, preset->help);
        int column = 0;
        each_option(preset, print_flag, &column);
        putchar('\n');
    }
    return EXIT_DONE;
}

/* [{"name", "help", "options": {name: value}}] */
static int cli_presets_print_json(void)
{
    const scumble_preset_info *preset;
    json_t *list = json_array();
    for (int i = 0; (preset = scumble_preset_at(i)); i++) {
        json_t *options = json_object();
        each_option(preset, add_option, options);
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:o}", "name", preset->name, "help", preset->help, "options", options));
    }
    char *text = must(json_dumps(list, JSON_INDENT(1)));
    puts(text);
    free(text);
    json_decref(list);
    return EXIT_DONE;
}

int command_presets(int argc, char **argv)
{
    text_list words = { 0 };
    bool help = false, json = false;
    const binding bindings[] = { BIND("json", &json) };
    int status = arguments_parse(&presets_about, argc, argv, BINDINGS(bindings), NULL, &words, &help);
    if (!status && !help && words.count)
        status = console_usage("presets takes no name, but got '%s'; to paint with it: scumble stylize --preset %s ...",
                               words.items[0], words.items[0]);
    text_list_free(&words);
    return status || help ? status : json ? cli_presets_print_json() : cli_presets_print_list();
}
