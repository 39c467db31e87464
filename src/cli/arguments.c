/* SPDX-License-Identifier: MIT */
/* The parser of command lines. See arguments.h. */
#define _GNU_SOURCE
#include "arguments.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "help.h"
#include "paths.h"

/* One command line being read. */
typedef struct reader {
    const command_about *command;
    char **next, **end;
    command_option *options;
    const binding **bindings; /* of each option; NULL: the library's */
    int count;
    text_list *library; /* name, value, ... */
} reader;

/* What every command has. */
static struct {
    bool allow_vector, no_clobber, quiet, help;
    int64_t decode_s;
} always;
static const binding always_bindings[] = {
    BIND("allow-vector", &always.allow_vector),
    BIND("decode-timeout", &always.decode_s),
    BIND("no-clobber", &always.no_clobber),
    BIND("quiet", &always.quiet),
    BIND("help", &always.help),
};

void arguments_reading(scumble_config *config)
{
    config->allow_vector = always.allow_vector;
    config->decode_s = (int)always.decode_s;
}

/* ---- options and where their values go ------------------------------------------------------------------------- */

static const binding *find_binding(const binding *bindings, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(bindings[i].name, name))
            return &bindings[i];
    return NULL;
}

static target_kind target_of(const command_option *option)
{
    switch (option->info.kind) {
    case SCUMBLE_OPTION_SWITCH: return TARGET_BOOL;
    case SCUMBLE_OPTION_WHOLE: return TARGET_WHOLE;
    case SCUMBLE_OPTION_CHOICE: return TARGET_INDEX;
    default: return option->use == USE_LIST ? TARGET_LIST : TARGET_TEXT;
    }
}

static void open_reader(reader *r, const binding *bindings, int count)
{
    r->options = command_options(r->command, &r->count);
    r->bindings = must(calloc((size_t)r->count, sizeof *r->bindings));
    for (int i = 0; i < r->count; i++) {
        const char *name = r->options[i].info.name;
        const binding *b = find_binding(bindings, (size_t)count, name);
        if (!b)
            b = find_binding(always_bindings, sizeof always_bindings / sizeof *always_bindings, name);
        assert(r->options[i].use == USE_LIBRARY ? r->library && !b : b && b->kind == target_of(&r->options[i]));
        r->bindings[i] = b;
    }
}

/* Index of an option, or -1. */
static int find_name(const reader *r, const char *name, size_t length)
{
    int found = -1;
    char *word = text_part(name, length);
    for (int i = 0; i < r->count && found < 0; i++)
        if (scumble_same_name(r->options[i].info.name, word))
            found = i;
    free(word);
    return found;
}

static int find_letter(const reader *r, char letter)
{
    for (int i = 0; i < r->count; i++)
        if (r->options[i].letter == letter)
            return i;
    return -1;
}

static int unknown_option(const reader *r, const char *name, size_t length)
{
    char *word = text_part(name, length), hint[128];
    const char **names = must(calloc((size_t)r->count, sizeof *names));
    for (int i = 0; i < r->count; i++)
        names[i] = r->options[i].info.name;
    const char *nearest = scumble_nearest(word, names, r->count);
    snprintf(hint, sizeof hint, nearest ? " (did you mean --%s?)" : "; scumble %s --help lists them",
             nearest ? nearest : r->command->name);
    int status = console_usage("unknown option --%s%s", word, hint);
    free(names);
    free(word);
    return status;
}

/* ---- values ---------------------------------------------------------------------------------------------------- */

static int arguments_choose(const scumble_option_info *info, const char *value, int *target)
{
    int index = 0;
    for (const char *word = info->choices; *word; index++) {
        size_t length = strcspn(word, "|");
        char *choice = text_part(word, length);
        bool found = scumble_same_name(choice, value);
        free(choice);
        if (found) {
            *target = index;
            return 0;
        }
        word += length + (word[length] == '|');
    }
    return console_usage("--%s is '%s'; it must be one of %s", info->name, value, info->argument);
}

static int arguments_read_number(const command_option *option, const char *value, int64_t *target)
{
    const scumble_option_info *info = &option->info;
    int64_t number = 0;
    bool is_number = option->use == USE_COUNT ? text_count(value, &number) : text_integer(value, &number);
    if (!is_number || (double)number < info->lowest || (double)number > info->highest)
        return console_usage("--%s is '%s'; it must be a whole number from %.0f to %.0f", info->name, value,
                             info->lowest, info->highest);
    *target = number;
    return 0;
}

/* What an option's value may look like: "--tileable" takes yes|no, though it needs none. */
static const char *shown_argument(const command_option *option)
{
    return option->info.argument ? option->info.argument : "yes|no";
}

static int arguments_take(const reader *r, int index, const char *value)
{
    const command_option *option = &r->options[index];
    const binding *b = r->bindings[index];
    if (!*value)
        return console_usage("--%s is empty; it needs a value: --%s %s", option->info.name, option->info.name,
                             shown_argument(option));
    if (option->use == USE_LIBRARY) {
        text_list_add(r->library, text_copy(option->info.name));
        text_list_add(r->library, text_copy(value));
        return 0;
    }
    switch (b->kind) {
    case TARGET_BOOL: break;
    case TARGET_TEXT: *(const char **)b->target = value; break;
    case TARGET_WHOLE: return arguments_read_number(option, value, b->target);
    case TARGET_INDEX: return arguments_choose(&option->info, value, b->target);
    case TARGET_LIST: text_list_add(b->target, text_copy(value)); break;
    }
    return 0;
}

/* A following word that looks like an option is no value: "-o -q" is a mistake more often than a file called "-q". */
static bool looks_like_option(const char *word)
{
    return word[0] == '-' && word[1] && !strchr("0123456789.", word[1]) && strcasecmp(word, "-inf") &&
           strcasecmp(word, "-nan");
}

static int take_next(reader *r, int index)
{
    const scumble_option_info *info = &r->options[index].info;
    if (r->next == r->end)
        return console_usage("--%s needs a value: --%s %s", info->name, info->name, info->argument);
    if (looks_like_option(*r->next))
        return console_usage("--%s needs a value, but '%s' follows (if that is the value: --%s=%s)", info->name,
                             *r->next, info->name, *r->next);
    return arguments_take(r, index, *r->next++);
}

/* ---- words ----------------------------------------------------------------------------------------------------- */

static bool is_library_switch(const command_option *option)
{
    return option->use == USE_LIBRARY && !option_takes_value(option);
}

static int read_long(reader *r, const char *word)
{
    size_t length = strcspn(word, "=");
    int index = find_name(r, word, length);
    if (index < 0)
        return unknown_option(r, word, length);
    const command_option *option = &r->options[index];
    const char *value = word[length] ? word + length + 1 : NULL;
    if (is_library_switch(option))
        return arguments_take(r, index, value ? value : "yes");
    if (option_takes_value(option))
        return value ? arguments_take(r, index, value) : take_next(r, index);
    if (value)
        return console_usage("--%s takes no value, but got '%s'", option->info.name, value);
    *(bool *)r->bindings[index]->target = true;
    return 0;
}

/* "-qv", "-o FILE", "-oFILE" */
static int read_short(reader *r, const char *word)
{
    for (const char *letters = word; *letters; letters++) {
        int index = find_letter(r, *letters);
        if (index < 0 && word[1]) /* "-size": a dash is missing */
            return console_usage("unknown option -%s (long options take two dashes: --%s)", word, word);
        if (index < 0)
            return console_usage("unknown option -%c; scumble %s --help lists them", *letters, r->command->name);
        if (option_takes_value(&r->options[index]))
            return letters[1] ? arguments_take(r, index, letters + 1 + (letters[1] == '=')) : take_next(r, index);
        *(bool *)r->bindings[index]->target = true;
    }
    return 0;
}

static int read_words(reader *r, text_list *words)
{
    bool options_ended = false;
    int status = 0;
    while (r->next < r->end && !status && !always.help) {
        const char *word = *r->next++;
        if (!options_ended && !strcmp(word, "--"))
            options_ended = true;
        else if (!options_ended && word[0] == '-' && word[1] == '-')
            status = read_long(r, word + 2);
        else if (!options_ended && word[0] == '-' && word[1])
            status = read_short(r, word + 1);
        else if (!*word)
            status = console_usage("an empty argument ('') is no file; leave it out");
        else
            text_list_add(words, text_copy(word));
    }
    return status;
}

int arguments_parse(const command_about *command, int argc, char **argv, const binding *bindings, int count,
                    text_list *options, text_list *words, bool *help)
{
    reader r = { .command = command, .next = argv, .end = argv + argc, .library = options };
    open_reader(&r, bindings, count);
    int status = read_words(&r, words);
    free(r.options);
    free(r.bindings);
    console_set_quiet(always.quiet);
    paths_set_no_clobber(always.no_clobber);
    *help = !status && always.help;
    if (*help)
        help_print(command);
    return status;
}
