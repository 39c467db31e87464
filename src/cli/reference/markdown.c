/* SPDX-License-Identifier: MIT */
/* doc/options.md: all commands and options in lines of at most 120 columns. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/reference/reference.h"
#include "cli/text.h"

enum { COLUMNS = 120 };

/* Words, wrapped; further lines begin with `indent` spaces. */
static void markdown_print_wrapped(const char *text, int indent)
{
    int column = 0;
    bool begun = false;
    while (*text) {
        int length = (int)strcspn(text, " ");
        if (begun && column + 1 + length > COLUMNS) {
            printf("\n%*s", indent, "");
            column = indent;
            begun = false;
        }
        column += printf("%s%.*s", begun ? " " : "", length, text);
        begun = true;
        text += length + (text[length] == ' ');
    }
    putchar('\n');
}

/* `max_memory` as `--max-memory`; a single dash as code; asterisks, which would make letters slant, as they
 * are. Takes `text` over. */
static char *marked(char *text)
{
    char *starred = text_replace(text, "*", "\\*"), *result = text_copy("");
    free(text);
    for (const char *p = starred; *p;) {
        size_t plain = strcspn(p, "`"), name = p[plain] ? strcspn(p + plain + 1, "`") + 2 : 0;
        char *flag = text_flags(text_part(p + plain, name)),
             *longer = text_format("%s%.*s%s%s%s", result, (int)plain, p, name ? "`" : "", flag, name ? "`" : "");
        free(flag);
        free(result);
        result = longer;
        p += plain + name;
    }
    free(starred);
    char *dashes = text_replace(result, " - ", " `-` ");
    free(result);
    return dashes;
}

static void markdown_print_paragraphs(const char *text)
{
    while (*text) {
        const char *end = strstr(text, "\n\n");
        size_t length = end ? (size_t)(end - text) : strlen(text);
        char *part = marked(text_part(text, length));
        markdown_print_wrapped(part, 0);
        putchar('\n');
        free(part);
        text += length + (end ? 2 : 0);
    }
}

static void markdown_print_option(const command_option *option)
{
    char *flags = option_flags(option), *facts = option_facts(option);
    char *text = marked(
             text_format("%s%s.%s%s", option->info.help, facts, *option->info.manual ? " " : "", option->info.manual)),
         *item = text_format("- `%s`: %s", flags, text);
    markdown_print_wrapped(item, 2);
    free(item);
    free(text);
    free(facts);
    free(flags);
}

static void markdown_print_options(const command_about *command, bool always)
{
    int count;
    command_option *options = command_options(command, &count);
    const char *last = "";
    for (int i = 0; i < count; i++) {
        const char *group = options[i].info.group;
        if (!strcmp(group, "Always") != always)
            continue;
        if (strcmp(group, last) != 0 && !always)
            printf("%s**%s**\n\n", *last ? "\n" : "", group);
        last = group;
        markdown_print_option(&options[i]);
    }
    if (*last)
        putchar('\n');
    free(options);
}

static void markdown_print_usage(const command_about *command)
{
    const char *line = command->usage;
    puts("```sh");
    do {
        int length = (int)strcspn(line, "\n");
        printf("scumble %s%s%.*s\n", command->name, length ? " " : "", length, line);
        line += length + (line[length] == '\n');
    } while (*line);
    puts("```\n");
}

void markdown_document(void)
{
    int count;
    const command_about *const *commands = commands_list(&count);
    puts("<!-- Made from the table of commands (src/cli/options.h): change that, then run `make reference`. -->\n"
         "# Commands and options\n\n"
         "What `scumble COMMAND --help` and the manual pages say, in one page. Options and files may come in any "
         "order; a\n"
         "value is given as `--option value` or `--option=value`, and `--` ends the options. In other languages than "
         "the\n"
         "shell's, options have the same names with underscores: `max_memory`.\n");
    for (int i = 0; i < count; i++) {
        char *anchor = command_word(commands[i], "-");
        printf("- [%s](#%s): %s\n", commands[i]->name, anchor, commands[i]->purpose);
        free(anchor);
    }
    puts("\n## every command\n");
    markdown_print_options(&guide_about, true);
    for (int i = 0; i < count; i++) {
        printf("## %s\n\n", commands[i]->name);
        markdown_print_usage(commands[i]);
        markdown_print_paragraphs(commands[i]->about);
        markdown_print_paragraphs(commands[i]->notes);
        markdown_print_options(commands[i], false);
    }
}
