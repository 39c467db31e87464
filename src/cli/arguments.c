/* SPDX-License-Identifier: MIT */
/* The parser of command lines. See arguments.h. */
#define _GNU_SOURCE
#include "arguments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "paths.h"

/* One command line being read. */
typedef struct reader {
    const char *command;
    char **next, **end;
    const flag *flags;
    int count;
} reader;

static const flag help_flag = { .name = "help", .letter = 'h', .kind = FLAG_SWITCH },
                  quiet_flag = { .name = "quiet", .letter = 'q', .kind = FLAG_SWITCH },
                  keep_flag = { .name = "no-clobber", .kind = FLAG_SWITCH };

/* How pictures are read, in every command. */
static bool allow_vector;
static int64_t decode_s;
static const flag vector_flag = { .name = "allow-vector", .kind = FLAG_SWITCH, .target = &allow_vector },
                  timeout_flag = { .name = "decode-timeout",
                                   .kind = FLAG_INTEGER,
                                   .argument = "SECONDS",
                                   .target = &decode_s,
                                   .least = 1,
                                   .most = 1000000 };
static const flag *const everywhere[] = { &help_flag, &quiet_flag, &keep_flag, &vector_flag, &timeout_flag };
enum { EVERYWHERE = sizeof everywhere / sizeof *everywhere };

void arguments_reading(scumble_config *config)
{
    config->allow_vector = allow_vector;
    config->decode_s = (int)decode_s;
}

static const flag *find_name(const reader *r, const char *name, size_t length)
{
    const flag *found = NULL;
    char *word = text_part(name, length);
    for (int i = 0; i < EVERYWHERE && !found; i++)
        if (!strcmp(everywhere[i]->name, word))
            found = everywhere[i];
    for (int i = 0; i < r->count && !found; i++)
        if (scumble_same_name(r->flags[i].name, word))
            found = &r->flags[i];
    free(word);
    return found;
}

static const flag *find_letter(const reader *r, char letter)
{
    if (letter == 'h')
        return &help_flag;
    if (letter == 'q')
        return &quiet_flag;
    for (int i = 0; i < r->count; i++)
        if (r->flags[i].letter == letter)
            return &r->flags[i];
    return NULL;
}

static int unknown_flag(const reader *r, const char *name, size_t length)
{
    char *word = text_part(name, length), hint[128];
    const char **names = must(calloc((size_t)r->count + EVERYWHERE, sizeof *names));
    for (int i = 0; i < r->count; i++)
        names[i] = r->flags[i].name;
    for (int i = 0; i < EVERYWHERE; i++)
        names[r->count + i] = everywhere[i]->name;
    const char *nearest = scumble_nearest(word, names, r->count + EVERYWHERE);
    snprintf(hint, sizeof hint, nearest ? " (did you mean --%s?)" : "; scumble %s --help lists them",
             nearest ? nearest : r->command);
    int status = console_usage("unknown flag --%s%s", word, hint);
    free(names);
    free(word);
    return status;
}

static int choose(const flag *f, const char *value)
{
    int index = 0;
    for (const char *word = f->argument; *word; index++) {
        size_t length = strcspn(word, "|");
        char *choice = text_part(word, length);
        bool found = scumble_same_name(choice, value);
        free(choice);
        if (found) {
            *(int *)f->target = index;
            return 0;
        }
        word += length + (word[length] == '|');
    }
    return console_usage("--%s is '%s'; it must be one of %s", f->name, value, f->argument);
}

static int read_number(const flag *f, const char *value)
{
    int64_t number = 0;
    bool is_number = f->kind == FLAG_COUNT ? text_count(value, &number) : text_integer(value, &number);
    if (!is_number || number < f->least || number > f->most)
        return console_usage("--%s is '%s'; it must be a whole number from %lld to %lld", f->name, value,
                             (long long)f->least, (long long)f->most);
    *(int64_t *)f->target = number;
    return 0;
}

static int take(const flag *f, const char *value)
{
    if (!*value)
        return console_usage("--%s is empty; it needs a value: --%s %s", f->name, f->name,
                             f->argument ? f->argument : "yes|no");
    switch (f->kind) {
    case FLAG_SWITCH: break;
    case FLAG_TEXT: *(const char **)f->target = value; break;
    case FLAG_INTEGER:
    case FLAG_COUNT: return read_number(f, value);
    case FLAG_CHOICE: return choose(f, value);
    case FLAG_OPTION:
        text_list_add(f->target, text_copy(f->name));
        text_list_add(f->target, text_copy(value));
        break;
    case FLAG_LIST: text_list_add(f->target, text_copy(value)); break;
    }
    return 0;
}

/* A following word that looks like a flag is no value: "-o -q" is a mistake more often than a file called "-q". */
static bool looks_like_flag(const char *word)
{
    return word[0] == '-' && word[1] && !strchr("0123456789.", word[1]) && strcasecmp(word, "-inf") &&
           strcasecmp(word, "-nan");
}

static int take_next(reader *r, const flag *f)
{
    if (r->next == r->end)
        return console_usage("--%s needs a value: --%s %s", f->name, f->name, f->argument);
    if (looks_like_flag(*r->next))
        return console_usage("--%s needs a value, but '%s' follows (if that is the value: --%s=%s)", f->name, *r->next,
                             f->name, *r->next);
    return take(f, *r->next++);
}

static int set_switch(const flag *f, bool *help)
{
    if (f == &quiet_flag)
        console_set_quiet(true);
    else if (f == &keep_flag)
        paths_set_no_clobber(true);
    else
        *(f == &help_flag ? help : (bool *)f->target) = true;
    return 0;
}

static int read_long(reader *r, const char *word, bool *help)
{
    size_t length = strcspn(word, "=");
    const flag *f = find_name(r, word, length);
    if (!f)
        return unknown_flag(r, word, length);
    if (f->kind == FLAG_SWITCH && word[length])
        return console_usage("--%s takes no value, but got '%s'", f->name, word + length + 1);
    if (f->kind == FLAG_SWITCH)
        return set_switch(f, help);
    if (f->kind == FLAG_OPTION && !f->argument && !word[length])
        return take(f, "yes");
    return word[length] ? take(f, word + length + 1) : take_next(r, f);
}

/* "-qv", "-o FILE", "-oFILE" */
static int read_short(reader *r, const char *word, bool *help)
{
    for (const char *letters = word; *letters; letters++) {
        const flag *f = find_letter(r, *letters);
        if (!f && word[1]) /* "-size": a dash is missing */
            return console_usage("unknown flag -%s (long flags take two dashes: --%s)", word, word);
        if (!f)
            return console_usage("unknown flag -%c; scumble %s --help lists them", *letters, r->command);
        if (f->kind != FLAG_SWITCH)
            return letters[1] ? take(f, letters + 1 + (letters[1] == '=')) : take_next(r, f);
        set_switch(f, help);
    }
    return 0;
}

int arguments_parse(const char *command, int argc, char **argv, const flag *flags, int count, text_list *words,
                    bool *help)
{
    reader r = { command, argv, argv + argc, flags, count };
    bool flags_ended = false;
    while (r.next < r.end) {
        const char *word = *r.next++;
        int status = 0;
        if (!flags_ended && !strcmp(word, "--"))
            flags_ended = true;
        else if (!flags_ended && word[0] == '-' && word[1] == '-')
            status = read_long(&r, word + 2, help);
        else if (!flags_ended && word[0] == '-' && word[1])
            status = read_short(&r, word + 1, help);
        else if (!*word)
            status = console_usage("an empty argument ('') is no file; leave it out");
        else
            text_list_add(words, text_copy(word));
        if (status)
            return status;
        if (*help)
            return 0;
    }
    return 0;
}

enum { GROUP_COLUMNS = 10, FLAG_COLUMNS = 31, HELP_COLUMNS = 100 };

void help_row(const char *group, const char *flags, const char *text)
{
    static const char *last;
    bool same = last && group && !strcmp(last, group);
    last = group;
    if (!group)
        return;
    int room = HELP_COLUMNS - GROUP_COLUMNS - 2 - (strlen(flags) > FLAG_COLUMNS ? (int)strlen(flags) : FLAG_COLUMNS);
    printf("%-*s%-*s  %.*s\n", GROUP_COLUMNS, same ? "" : group, FLAG_COLUMNS, flags, room, text);
}

void help_reading(void)
{
    help_row("Run", "--allow-vector  --decode-timeout S", "read SVG and PDF too; give up after S seconds");
    help_row(NULL, NULL, NULL);
}
