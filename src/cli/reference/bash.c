/* SPDX-License-Identifier: MIT */
/* The completion for bash. It needs nothing of the package bash-completion. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/reference/reference.h"
#include "cli/text.h"

static const char head[] =
    "# Completion of scumble for bash, made from its table of options.\n"
    "_scumble() {\n"
    "    local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} first=2 at=$COMP_CWORD option=''\n"
    "    local words='' terms='' options='' files='' folders='' names=''\n"
    "    COMPREPLY=()\n"
    "    [[ $command == train && ${COMP_WORDS[2]} == encoder && $COMP_CWORD -gt 2 ]] && command='train encoder' "
    "first=3\n"
    "    # Bash parts words at : and =. Where does this value begin, and which option is it of?\n"
    "    [[ $word == [:=] ]] && word=''\n"
    "    while [[ $at -gt 2 && (${COMP_WORDS[at]} == [:=] || ${COMP_WORDS[at-1]} == :) ]]; do\n"
    "        [[ ${COMP_WORDS[at]} == '=' || ${COMP_WORDS[at-1]} == '=' ]] && break\n"
    "        at=$((at - 1))\n"
    "    done\n"
    "    option=${COMP_WORDS[at-1]}\n"
    "    [[ ${COMP_WORDS[at]} == '=' ]] || { [[ $option == '=' ]] && option=${COMP_WORDS[at-2]}; }\n";

static const char tail[] =
    "    if [[ -n $terms ]]; then # a list: the last of its names is completed\n"
    "        local before=''\n"
    "        [[ $word == *,* ]] && before=${word%,*},\n"
    "        mapfile -t COMPREPLY < <(compgen -P \"$before\" -W \"$terms\" -- \"${word##*,}\")\n"
    "        compopt -o nospace 2>/dev/null\n"
    "        return\n"
    "    fi\n"
    "    [[ $names == painters ]] && words=\"$words $(scumble apply --list 2>/dev/null | cut -d ' ' -f 1)\"\n"
    "    [[ $names == models ]] && words=\"$words $(scumble models list 2>/dev/null | sed -n '2,$s/^\\([^ ][^ "
    "]*\\).*/\\1/p')\"\n"
    "    mapfile -t COMPREPLY < <(\n"
    "        compgen -W \"$words\" -- \"$word\" | sort -u\n"
    "        [[ -n $files ]] && compgen -f -- \"$word\"\n"
    "        [[ -n $folders ]] && compgen -d -- \"$word\"\n"
    "    )\n"
    "    [[ -n $files$folders ]] && compopt -o filenames 2>/dev/null\n"
    "}\n"
    "complete -F _scumble scumble\n";

/* "a|b" as "a b"; caller frees. */
static char *bash_spaced(const char *words)
{
    return text_replace(words, "|", " ");
}

static const char *values_code(option_values values)
{
    switch (values) {
    case VALUES_FILE: return " files=yes";
    case VALUES_FOLDER: return " folders=yes";
    case VALUES_PAINTER: return " names=painters files=yes";
    case VALUES_MODEL: return " names=models files=yes";
    default: return "";
    }
}

/* A case for each option with a value: "stylize/--size") words='auto full' ;; */
static void print_values(const command_about *command, const command_option *options, int count)
{
    for (int i = 0; i < count; i++) {
        if (!option_takes_value(&options[i]))
            continue;
        char *choices = option_choices(&options[i]), *words = bash_spaced(choices);
        printf("    '%s/--%s'", command->name, options[i].info.name);
        if (options[i].letter)
            printf(" | '%s/-%c'", command->name, options[i].letter);
        printf(") %s='%s'%s ;;\n", options[i].info.kind == SCUMBLE_OPTION_TERMS ? "terms" : "words", words,
               values_code(options[i].values));
        free(words);
        free(choices);
    }
}

static void bash_print_operands(const command_about *command, const command_option *options, int count)
{
    printf("    '%s/'*)\n        options='", command->name);
    for (int i = 0; i < count; i++)
        printf("%s--%s", i ? " " : "", options[i].info.name);
    char *words = bash_spaced(command->words ? command->words : "");
    printf("'%s\n", values_code(command->operands));
    if (*words)
        printf("        [[ $COMP_CWORD -eq $first ]] && words='%s'%s\n", words,
               command->operands == VALUES_MODEL ? " names='' files=''" : "");
    puts("        ;;");
    free(words);
}

void bash_completion(void)
{
    int count;
    const command_about *const *commands = commands_list(&count);
    fputs(head, stdout);
    fputs("    if [[ $COMP_CWORD -eq 1 ]]; then\n        mapfile -t COMPREPLY < <(compgen -W '", stdout);
    for (int i = 0; i < count; i++)
        if (!strchr(commands[i]->name, ' '))
            printf("%s ", commands[i]->name);
    puts("help --help --version' -- \"$word\")\n        return\n    fi\n    case \"$command/$option\" in");
    for (int i = 0; i < count; i++) {
        int option_count;
        command_option *options = command_options(commands[i], &option_count);
        print_values(commands[i], options, option_count);
        bash_print_operands(commands[i], options, option_count);
        free(options);
    }
    puts("    esac\n    [[ $word == -* ]] && words=$options files='' folders='' names=''");
    fputs(tail, stdout);
}
