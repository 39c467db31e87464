/* SPDX-License-Identifier: MIT */
/* The help screens, made from the table of commands. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "options.h"

/* `scumble COMMAND --help`, on standard output. */
void help_print(const command_about *command);
/* `scumble --help`. */
void help_print_commands(FILE *out);

#endif
