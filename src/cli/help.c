/* SPDX-License-Identifier: MIT */
/* Help screens of at most 100 columns: the usage, a paragraph, the options in groups. See help.h. */
#include "help.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

enum { COLUMNS = 100, GROUP_COLUMNS = 11, FLAG_COLUMNS = 25, TEXT_COLUMN = GROUP_COLUMNS + FLAG_COLUMNS + 1 };

/* Words from column `column` on, further lines from column `indent` on; ends the line. */
static void help_print_wrapped(FILE *out, const char *text, int column, int indent)
{
    bool begun = false;
    while (*text) {
        int length = (int)strcspn(text, " ");
        if (begun && column + 1 + length > COLUMNS) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
            begun = false;
        }
        column += fprintf(out, "%s%.*s", begun ? " " : "", length, text);
        begun = true;
        text += length + (text[length] == ' ');
    }
    fputc('\n', out);
}

/* group: "" in place of that of the row above. */
static void help_print_option(const char *group, const command_option *option)
{
    char *flags = option_flags(option), *shown = option_default(option),
         *help = text_flags(text_format("%s%s", option->info.help, shown ? shown : ""));
    printf("%-*s%-*s", GROUP_COLUMNS, group, FLAG_COLUMNS, flags);
    if ((int)strlen(flags) < FLAG_COLUMNS + 1)
        putchar(' ');
    else
        printf("\n%*s", TEXT_COLUMN, "");
    help_print_wrapped(stdout, help, TEXT_COLUMN, TEXT_COLUMN);
    free(help);
    free(shown);
    free(flags);
}

/* "usage: scumble NAME A\n       scumble NAME B" */
static void help_print_usage(const command_about *command)
{
    const char *line = command->usage;
    do {
        int length = (int)strcspn(line, "\n");
        printf("%s scumble %s%s%.*s\n", line == command->usage ? "usage:" : "      ", command->name, length ? " " : "",
               length, line);
        line += length + (line[length] == '\n');
    } while (*line);
}

static void help_print_examples(const command_about *command)
{
    if (*command->examples)
        puts(strchr(command->examples, '\n') ? "\nExamples:" : "\nExample:");
    for (const char *line = command->examples; *line;) {
        int length = (int)strcspn(line, "\n");
        printf("  scumble %s %.*s\n", command->name, length, line);
        line += length + (line[length] == '\n');
    }
    char *page = text_replace(command->name, " ", "-");
    printf("\nMore of each option: man scumble-%s\n", page);
    free(page);
}

void help_print(const command_about *command)
{
    int count;
    command_option *options = command_options(command, &count);
    help_print_usage(command);
    putchar('\n');
    help_print_wrapped(stdout, command->about, 0, 0);
    putchar('\n');
    for (int i = 0; i < count; i++) {
        const char *group = options[i].info.group;
        help_print_option(i && !strcmp(group, options[i - 1].info.group) ? "" : group, &options[i]);
    }
    free(options);
    help_print_examples(command);
}

void help_print_commands(FILE *out)
{
    int count;
    const command_about *const *commands = commands_list(&count);
    fputs("usage: scumble COMMAND ...\n\n"
          "scumble paints one picture in the style of another (neural style transfer).\n\n",
          out);
    for (int i = 0; i < count; i++)
        fprintf(out, "  %-14s %s\n", commands[i]->name, commands[i]->purpose);
    fputs("\n  -h, --help     this text; scumble COMMAND --help shows a command's options\n"
          "  --version      the version\n\n"
          "A first picture:\n"
          "  scumble stylize photo.jpg --style painting.jpg -o out.png\n",
          out);
}
