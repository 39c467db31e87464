/* SPDX-License-Identifier: MIT */
/* The program that writes what reference.h names. It is used while scumble is built and is not installed. */
#include <stdio.h>
#include <string.h>

#include "cli/reference/reference.h"

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    const command_about *command = !strcmp(what, "man") && argc == 3 ? command_find(argv[2]) : NULL;
    if (command)
        man_page(command);
    else if (!strcmp(what, "overview") && argc == 3)
        return man_overview(argv[2]);
    else if (!strcmp(what, "markdown"))
        markdown_document();
    else if (!strcmp(what, "bash"))
        bash_completion();
    else if (!strcmp(what, "zsh"))
        zsh_completion();
    else if (!strcmp(what, "fish"))
        fish_completion();
    else {
        fputs("usage: scumble-reference man COMMAND | overview TEMPLATE | markdown | bash | zsh | fish\n", stderr);
        return 2;
    }
    return 0;
}
