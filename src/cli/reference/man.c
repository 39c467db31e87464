/* SPDX-License-Identifier: MIT */
/* Manual pages in the language of man(7), with two lines of source for each option. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/reference/reference.h"
#include "cli/text.h"

/* Text as roff: dashes are dashes, and no character is a command. */
static void print_text(const char *text)
{
    bool line_begins = true;
    for (const char *p = text; *p; p++) {
        if (line_begins && (*p == '.' || *p == '\''))
            fputs("\\&", stdout);
        line_begins = *p == '\n';
        if (*p == '-')
            fputs("\\-", stdout);
        else if (*p == '\\')
            fputs("\\e", stdout);
        else if (*p == '\'')
            fputs("\\(aq", stdout);
        else if (*p == '~')
            fputs("\\(ti", stdout);
        else
            putchar(*p);
    }
}

/* A sentence in which options are named as in `max_memory`: these become bold flags. */
static void print_sentence(const char *text)
{
    while (*text) {
        size_t plain = strcspn(text, "`"), name = text[plain] ? strcspn(text + plain + 1, "`") : 0;
        char *before = text_part(text, plain);
        print_text(before);
        free(before);
        text += plain;
        if (!name)
            break;
        char *flag = text_flags(text_part(text, name + 2));
        fputs("\\fB", stdout);
        print_text(flag);
        fputs("\\fR", stdout);
        free(flag);
        text += name + 2;
    }
}

/* Paragraphs that empty lines part. */
static void man_print_paragraphs(const char *text, const char *macro)
{
    while (*text) {
        const char *end = strstr(text, "\n\n");
        size_t length = end ? (size_t)(end - text) : strlen(text);
        char *part = text_part(text, length);
        puts(macro);
        print_sentence(part);
        putchar('\n');
        free(part);
        text += length + (end ? 2 : 0);
    }
}

/* What stands in the place of a value: capitals in italics, words as they are. */
static void print_argument(const char *argument)
{
    for (const char *p = argument; *p;) {
        size_t capitals = strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), rest = strcspn(p + capitals, "|[:/.") + capitals;
        char *word = text_part(p, capitals ? rest : strcspn(p, "|") + (p[strcspn(p, "|")] == '|'));
        if (capitals)
            fputs("\\fI", stdout);
        print_text(word);
        if (capitals)
            fputs("\\fR", stdout);
        p += strlen(word);
        while (capitals && *p && strchr("|[:/.]", *p))
            putchar(*p++);
        free(word);
    }
}

static void man_print_option(const command_option *option)
{
    fputs(".IP \"", stdout);
    if (option->letter)
        printf("\\fB\\-%c\\fR, ", option->letter);
    fputs("\\fB", stdout);
    char *flag = text_format("--%s", option->info.name);
    print_text(flag);
    free(flag);
    fputs("\\fR", stdout);
    if (option->info.argument) {
        putchar(' ');
        print_argument(option->info.argument);
    }
    puts("\" 4");
    char *facts = option_facts(option);
    char *text =
        text_format("%s%s.%s%s", option->info.help, facts, *option->info.manual ? " " : "", option->info.manual);
    print_sentence(text);
    putchar('\n');
    free(text);
    free(facts);
}

/* .SS for each group; those that every command has are in scumble.1. */
static void man_print_options(const command_option *options, int count, bool always)
{
    const char *last = "";
    for (int i = 0; i < count; i++) {
        const char *group = options[i].info.group;
        if (!strcmp(group, "Always") != always)
            continue;
        if (strcmp(group, last) != 0 && !always)
            printf(".SS \"%s\"\n", group);
        last = group;
        man_print_option(&options[i]);
    }
}

static void man_print_head(const char *name, const char *purpose)
{
    char *upper = text_copy(name);
    for (char *p = upper; *p; p++)
        *p = (char)toupper((unsigned char)*p);
    printf(".\\\" SPDX-License-Identifier: MIT\n.\\\" Made from the table of commands (src/cli/options.h).\n.TH \"");
    print_text(upper);
    printf("\" 1 \"\" \"scumble %s\" \"User Commands\"\n.SH NAME\n", scumble_version());
    print_text(name);
    fputs(" \\- ", stdout);
    print_text(purpose);
    putchar('\n');
    free(upper);
}

static void man_print_usage(const command_about *command)
{
    puts(".SH SYNOPSIS");
    const char *line = command->usage;
    do {
        size_t length = strcspn(line, "\n");
        char *rest = text_part(line, length);
        printf("%s\\fBscumble %s\\fR ", line == command->usage ? "" : ".br\n", command->name);
        print_text(rest);
        putchar('\n');
        free(rest);
        line += length + (line[length] == '\n');
    } while (*line);
}

static void man_print_examples(const command_about *command)
{
    if (!*command->examples)
        return;
    puts(".SH EXAMPLES\n.nf");
    for (const char *line = command->examples; *line;) {
        size_t length = strcspn(line, "\n");
        char *rest = text_part(line, length);
        printf("scumble %s ", command->name);
        print_text(rest);
        putchar('\n');
        free(rest);
        line += length + (line[length] == '\n');
    }
    puts(".fi");
}

void man_page(const command_about *command)
{
    int count;
    char *word = command_word(command, "-"), *name = text_format("scumble-%s", word);
    command_option *options = command_options(command, &count);
    man_print_head(name, command->purpose);
    man_print_usage(command);
    puts(".SH DESCRIPTION");
    print_sentence(command->about);
    putchar('\n');
    man_print_paragraphs(command->notes, ".PP");
    if (command->part_count) {
        puts(".SH OPTIONS");
        man_print_options(options, count, false);
        puts(".PP");
    }
    puts("Options that every command has, standard input and output in the place of pictures, the exit status, files "
         "and "
         "environment are described in\n.BR scumble (1).");
    man_print_examples(command);
    puts(".SH SEE ALSO\n.BR scumble (1)");
    free(options);
    free(name);
    free(word);
}

/* ---- the overview ---------------------------------------------------------------------------------------------- */

static void print_commands(void)
{
    int count;
    const command_about *const *commands = commands_list(&count);
    for (int i = 0; i < count; i++) {
        char *word = command_word(commands[i], "\\-");
        printf(".IP \"\\fBscumble\\-%s\\fR(1)\" 4\n", word);
        print_text(commands[i]->purpose);
        putchar('\n');
        free(word);
    }
}

int man_overview(const char *template_path)
{
    FILE *file = fopen(template_path, "r");
    if (!file) {
        perror(template_path);
        return 1;
    }
    int count;
    command_option *options = command_options(&guide_about, &count); /* a command without any of its own */
    char line[4096];
    while (fgets(line, sizeof line, file))
        if (!strcmp(line, "@COMMANDS@\n"))
            print_commands();
        else if (!strcmp(line, "@OPTIONS@\n"))
            man_print_options(options, count, true);
        else if (!strncmp(line, ".TH", 3))
            printf(".TH SCUMBLE 1 \"\" \"scumble %s\" \"User Commands\"\n", scumble_version());
        else
            fputs(line, stdout);
    fclose(file);
    free(options);
    return 0;
}
