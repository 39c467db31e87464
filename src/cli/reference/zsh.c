/* SPDX-License-Identifier: MIT */
/* The completion for zsh, by its own _arguments. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/reference/reference.h"
#include "cli/text.h"

static const char head[] =
    "#compdef scumble\n"
    "# Completion of scumble for zsh, made from its table of options.\n"
    "\n"
    "# Words, or files.\n"
    "_scumble_any() {\n"
    "    _alternative \"words:value:($*)\" 'files:file:_files'\n"
    "}\n"
    "\n"
    "_scumble_painters() {\n"
    "    _scumble_any ${(f)\"$(scumble apply --list 2>/dev/null | cut -d ' ' -f 1)\"}\n"
    "}\n"
    "\n"
    "_scumble_models() {\n"
    "    _scumble_any ${(f)\"$(scumble models list 2>/dev/null | sed -n '2,$s/^\\([^ ][^ ]*\\).*/\\1/p')\"}\n"
    "}\n"
    "\n"
    "_scumble() {\n"
    "    local command=$words[2]\n"
    "    local -a commands arguments\n"
    "    if (( CURRENT == 2 )); then\n"
    "        commands=(\n";

static const char tail[] = "    esac\n"
                           "    (( $#arguments )) && _arguments -S : $arguments\n"
                           "}\n"
                           "\n"
                           "_scumble \"$@\"\n";

/* Within single quotes, with what means something to _arguments made plain. Caller frees. */
static char *zsh_quoted(const char *text, const char *specials)
{
    char *result = text_replace(text, "'", "'\\''");
    for (const char *p = specials; *p; p++) {
        char what[2] = { *p, 0 }, with[3] = { '\\', *p, 0 };
        char *next = text_replace(result, what, with);
        free(result);
        result = next;
    }
    return result;
}

static char *zsh_spaced(const char *words)
{
    return text_replace(words, "|", " ");
}

static const char *values_action(option_values values)
{
    switch (values) {
    case VALUES_FILE: return "_files";
    case VALUES_FOLDER: return "_files -/";
    case VALUES_PAINTER: return "_scumble_painters";
    case VALUES_MODEL: return "_scumble_models";
    default: return " ";
    }
}

/* ":PX:(auto full)" */
static void print_value(const command_option *option)
{
    char *message = zsh_quoted(option->info.argument ? option->info.argument : "value", ":[]");
    char *choices = option_choices(option), *words = zsh_spaced(choices);
    printf(":%s:", message);
    if (option->info.kind == SCUMBLE_OPTION_TERMS)
        printf("_values -s , term %s", words);
    else if (*words && option->values == VALUES_FILE)
        printf("_scumble_any %s", words);
    else if (*words && option->values != VALUES_MODEL)
        printf("(%s)", words);
    else
        fputs(values_action(option->values), stdout);
    free(words);
    free(choices);
    free(message);
}

/* One word for _arguments: '--size=[long edge]:PX:(auto full)'. */
static void zsh_print_option(const command_option *option)
{
    bool value = option_takes_value(option);
    char *plain = text_flags(text_copy(option->info.help)), *help = zsh_quoted(plain, ":[]");
    if (option->letter)
        printf("            '(-%c --%s)'{-%c%s,--%s%s}'", option->letter, option->info.name, option->letter,
               value ? "+" : "", option->info.name, value ? "=" : "");
    else
        printf("            '%s--%s%s", option->use == USE_LIST ? "*" : "", option->info.name, value ? "=" : "");
    printf("[%s]", help);
    if (value)
        print_value(option);
    puts("'");
    free(help);
    free(plain);
}

static void print_command(const command_about *command)
{
    int count;
    command_option *options = command_options(command, &count);
    printf("    '%s')\n        arguments=(\n", command->name);
    for (int i = 0; i < count; i++)
        zsh_print_option(&options[i]);
    char *words = zsh_spaced(command->words ? command->words : "");
    if (*words && command->operands == VALUES_FILE)
        printf("            '1:what:_scumble_any %s'\n", words);
    else if (*words)
        printf("            '1:what:(%s)'\n", words);
    if (command->operands != VALUES_NONE)
        printf("            '*:file:%s'\n", values_action(command->operands));
    puts("        )\n        ;;");
    free(words);
    free(options);
}

void zsh_completion(void)
{
    int count;
    const command_about *const *commands = commands_list(&count);
    fputs(head, stdout);
    for (int i = 0; i < count; i++)
        if (!strchr(commands[i]->name, ' ')) {
            char *purpose = zsh_quoted(commands[i]->purpose, "");
            printf("            '%s:%s'\n", commands[i]->name, purpose);
            free(purpose);
        }
    puts("        )\n"
         "        _describe command commands\n"
         "        return\n"
         "    fi\n"
         "    if [[ $command == train && $words[3] == encoder && $CURRENT -gt 3 ]]; then\n"
         "        command='train encoder'\n"
         "        shift words\n"
         "        (( CURRENT-- ))\n"
         "    fi\n"
         "    shift words\n"
         "    (( CURRENT-- ))\n"
         "    case $command in");
    for (int i = 0; i < count; i++)
        print_command(commands[i]);
    fputs(tail, stdout);
}
