/* SPDX-License-Identifier: MIT */
/* The list of commands, and what every command has. See options.h. */
#include "options.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "option_rows.h"
#include "text.h"

static const command_about *const commands[] = {
    &stylize_about,    &apply_about,   &film_about,  &train_about,   &train_encoder_about,
    &match_about,      &guide_about,   &judge_about, &compare_about, &texture_about,
    &provenance_about, &presets_about, &sheet_about, &inspect_about, &models_about,
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static const command_option everywhere[] = {
    SWITCH("allow-vector", 0, "Always", "read SVG and PDF too",
           "They are programs that can compute without end, and are drawn in a process of their own."),
    WHOLE("decode-timeout", "Always", "SECONDS", 1, 1000000, NULL, "how long a picture may take to be read",
          "Without this option that is 120 seconds, and one more for each megapixel."),
    SWITCH("no-clobber", 0, "Always", "never replace a file",
           "A file that is there already is named, and nothing is done."),
    SWITCH("quiet", 'q', "Always", "say errors only", "What was asked for, such as a table, is still printed."),
    SWITCH("help", 'h', "Always", "show this text", ""),
};
enum { EVERYWHERE = sizeof everywhere / sizeof *everywhere };

const command_about *const *commands_list(int *count)
{
    *count = COMMANDS;
    return commands;
}

const command_about *command_find(const char *name)
{
    for (int i = 0; i < COMMANDS; i++)
        if (scumble_same_name(commands[i]->name, name))
            return commands[i];
    return NULL;
}

/* A growing list. */
typedef struct rows {
    command_option *items;
    int count;
} rows;

static void cli_options_add(rows *r, const command_option *option)
{
    r->items = must(realloc(r->items, sizeof *r->items * ((size_t)r->count + 1)));
    r->items[r->count++] = *option;
}

static void add_library(rows *r, const command_part *part)
{
    const scumble_option_info *info;
    for (int i = 0; (info = scumble_option_at(part->kind, i)); i++) {
        bool file = info->argument && strstr(info->argument, "FILE");
        command_option option = { *info, 0, USE_LIBRARY, file ? VALUES_FILE : VALUES_NONE };
        if (!strcmp(info->name, "encoder"))
            option.values = VALUES_MODEL;
        if (!part->takes || part->takes(info->name))
            cli_options_add(r, &option);
    }
}

command_option *command_options(const command_about *command, int *count)
{
    rows r = { 0 };
    for (int i = 0; i < command->part_count; i++) {
        const command_part *part = &command->parts[i];
        for (int k = 0; k < part->count; k++)
            cli_options_add(&r, &part->rows[k]);
        if (!part->rows)
            add_library(&r, part);
    }
    for (int i = 0; i < EVERYWHERE; i++)
        cli_options_add(&r, &everywhere[i]);
    *count = r.count;
    return r.items;
}

bool option_takes_value(const command_option *option)
{
    return option->info.kind != SCUMBLE_OPTION_SWITCH;
}

char *option_flags(const command_option *option)
{
    char letter[8] = { '-', option->letter, ',', ' ', 0 };
    const char *argument = option->info.argument;
    return text_format("%s--%s%s%s", option->letter ? letter : "", option->info.name, argument ? " " : "",
                       argument ? argument : "");
}

/* Takes `list` over. */
static char *cli_options_join(char *list, const char *word, size_t length)
{
    char *longer = text_format("%s%s%.*s", list, *list ? "|" : "", (int)length, word);
    free(list);
    return longer;
}

char *option_choices(const command_option *option)
{
    char *list = text_copy(option->info.choices ? option->info.choices : "");
    const scumble_preset_info *preset;
    for (int i = 0; option->values == VALUES_PRESET && (preset = scumble_preset_at(i)); i++)
        list = cli_options_join(list, preset->name, strlen(preset->name));
    if (*list || option->info.kind == SCUMBLE_OPTION_SWITCH || !option->info.argument)
        return list;
    for (const char *word = option->info.argument; *word;) {
        size_t length = strcspn(word, "|");
        if (islower((unsigned char)*word) && strspn(word, "abcdefghijklmnopqrstuvwxyz") == length)
            list = cli_options_join(list, word, length);
        word += length + (word[length] == '|');
    }
    return list;
}

char *option_default(const command_option *option)
{
    const char *text = option->info.default_text;
    return option->info.kind == SCUMBLE_OPTION_SWITCH || !text || !*text ? NULL : text_format(" (default: %s)", text);
}
