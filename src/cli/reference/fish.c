/* SPDX-License-Identifier: MIT */
/* The completion for fish. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/reference/reference.h"
#include "cli/text.h"

static const char head[] = "# Completion of scumble for fish, made from its table of options.\n"
                           "\n"
                           "# Whether the command is this one: \"stylize\", \"train encoder\", or none yet.\n"
                           "function __scumble_is\n"
                           "    set -l words (commandline -opc)\n"
                           "    set -l command $words[2]\n"
                           "    test \"$words[2] $words[3]\" = 'train encoder'; and set command 'train encoder'\n"
                           "    test \"$command\" = \"$argv\"\n"
                           "end\n"
                           "\n"
                           "function __scumble_count\n"
                           "    test (count (commandline -opc)) -eq $argv\n"
                           "end\n"
                           "\n"
                           "# A list of names: the last of them is completed.\n"
                           "function __scumble_terms\n"
                           "    set -l word (string replace -r '^--[a-z-]*=' '' -- (commandline -ct))\n"
                           "    set -l before (string replace -r '[^,]*$' '' -- $word)\n"
                           "    for term in $argv\n"
                           "        echo $before$term\n"
                           "    end\n"
                           "end\n"
                           "\n"
                           "function __scumble_painters\n"
                           "    scumble apply --list 2>/dev/null | string replace -r ' .*' ''\n"
                           "end\n"
                           "\n"
                           "function __scumble_models\n"
                           "    scumble models list 2>/dev/null | sed -n '2,$s/^\\([^ ][^ ]*\\).*/\\1/p'\n"
                           "end\n"
                           "\n"
                           "complete -c scumble -f\n";

/* As one word within single quotes; caller frees. */
static char *fish_quoted(const char *text)
{
    char *slashes = text_replace(text, "\\", "\\\\"), *result = text_replace(slashes, "'", "\\'");
    free(slashes);
    return result;
}

/* What follows -a, or "" ; caller frees. */
static char *candidates(const command_option *option)
{
    char *choices = option_choices(option), *words = text_replace(choices, "|", " ");
    char *result = option->info.kind == SCUMBLE_OPTION_TERMS ? text_format("(__scumble_terms %s)", words) :
                   option->values == VALUES_PAINTER          ? text_copy("(__scumble_painters)") :
                   option->values == VALUES_MODEL            ? text_copy("(__scumble_models)") :
                   option->values == VALUES_FOLDER           ? text_copy("(__fish_complete_directories)") :
                                                               text_copy(words);
    free(words);
    free(choices);
    return result;
}

static bool takes_files(option_values values)
{
    return values == VALUES_FILE || values == VALUES_PAINTER || values == VALUES_MODEL;
}

static void fish_print_option(const command_about *command, const command_option *option)
{
    char *plain = text_flags(text_copy(option->info.help)), *help = fish_quoted(plain), *words = candidates(option);
    printf("complete -c scumble -n '__scumble_is %s'", command->name);
    if (option->letter)
        printf(" -s %c", option->letter);
    printf(" -l %s", option->info.name);
    if (option_takes_value(option))
        printf(takes_files(option->values) ? " -r -F" : " -x");
    if (option_takes_value(option) && *words)
        printf(" -a '%s'", words);
    printf(" -d '%s'\n", help);
    free(words);
    free(help);
    free(plain);
}

static void fish_print_operands(const command_about *command)
{
    char *words = text_replace(command->words ? command->words : "", "|", " ");
    if (*words)
        printf("complete -c scumble -n '__scumble_is %s; and __scumble_count 2' -a '%s'\n", command->name, words);
    const char *later = *words && command->operands == VALUES_MODEL ? "; and not __scumble_count 2" : "";
    if (command->operands == VALUES_PAINTER || command->operands == VALUES_MODEL)
        printf("complete -c scumble -n '__scumble_is %s%s' -a '(%s)'\n", command->name, later,
               command->operands == VALUES_PAINTER ? "__scumble_painters" : "__scumble_models");
    if (takes_files(command->operands))
        printf("complete -c scumble -n '__scumble_is %s%s' -F\n", command->name, later);
    free(words);
}

void fish_completion(void)
{
    int count;
    const command_about *const *commands = commands_list(&count);
    fputs(head, stdout);
    for (int i = 0; i < count; i++)
        if (!strchr(commands[i]->name, ' ')) {
            char *purpose = fish_quoted(commands[i]->purpose);
            printf("complete -c scumble -n '__scumble_count 1' -a %s -d '%s'\n", commands[i]->name, purpose);
            free(purpose);
        }
    for (int i = 0; i < count; i++) {
        int option_count;
        command_option *options = command_options(commands[i], &option_count);
        fish_print_operands(commands[i]);
        for (int k = 0; k < option_count; k++)
            fish_print_option(commands[i], &options[k]);
        free(options);
    }
}
