/* SPDX-License-Identifier: MIT */
/* The one parser of command lines: `--option value`, `--option=value`, `-o value`, `-ovalue`, `-q`; options and files
 * in any order; `--` ends the options. The table says what options there are (options.h). A wrong option gets the
 * nearest known one; every message names the option, the value and what would be right. */
#ifndef CLI_ARGUMENTS_H
#define CLI_ARGUMENTS_H

#include "options.h"
#include "text.h"
#include "scumble/scumble.h"

/* Where the value of an option goes; BIND knows what may stand there. */
typedef enum target_kind {
    TARGET_BOOL,  /* bool: an option without a value was given */
    TARGET_WHOLE, /* int64_t */
    TARGET_INDEX, /* int: which of the choices */
    TARGET_TEXT,  /* const char *: the last value, which is not empty */
    TARGET_LIST   /* text_list: every value */
} target_kind;

typedef struct binding {
    const char *name; /* of the option */
    target_kind kind;
    void *target;
} binding;

#define BIND(name, target)                                                                                               \
    {                                                                                                                    \
        name,                                                                                                          \
            _Generic((target), bool *: TARGET_BOOL, int64_t *: TARGET_WHOLE, int *: TARGET_INDEX,                      \
                     const char **: TARGET_TEXT, text_list *: TARGET_LIST),                                            \
            target \
    }
#define BINDINGS(array) array, sizeof(array) / sizeof *(array)

/* Parses argv[0 .. argc) (what follows the command's name). Every option of the command's own rows needs a binding;
 * those of the library are added to `options` as name, value, name, value, ... (NULL: there are none), and words that
 * are no options to `words`. With -h or --help the help is printed and *help set: the command has nothing more to do.
 * Options that every command has are known: -q silences the console (console.h); --no-clobber is paths_no_clobber;
 * arguments_reading has the others. Returns 0, or EXIT_USAGE after a message. */
int arguments_parse(const command_about *command, int argc, char **argv, const binding *bindings, int count,
                    text_list *options, text_list *words, bool *help);

/* What the last command line says of how pictures are read, into a context's configuration. */
void arguments_reading(scumble_config *config);

#endif
