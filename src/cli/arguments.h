/* SPDX-License-Identifier: MIT */
/* The one parser of command lines: `--flag value`, `--flag=value`, `-o value`, `-ovalue`, `-q`; flags and files in any
 * order; `--` ends the flags. A wrong flag gets the nearest known one; every message names the flag, the value and what
 * would be right. */
#ifndef CLI_ARGUMENTS_H
#define CLI_ARGUMENTS_H

#include "scumble/scumble.h"
#include "text.h"

typedef enum flag_kind {
    FLAG_SWITCH,  /* bool *: no value */
    FLAG_TEXT,    /* const char **: a value that is not empty; the last one counts */
    FLAG_INTEGER, /* int64_t *: a whole number from `least` to `most` */
    FLAG_COUNT,   /* int64_t *: likewise, with an optional factor k, M or G */
    FLAG_CHOICE,  /* int *: index of the value in `argument`, whose words are separated by '|' */
    FLAG_LIST,    /* text_list *: every value is added */
    FLAG_OPTION,  /* text_list *: name and value are added; the library judges them. Without an `argument` it is a
                     switch: the value  is "yes", or what follows in --flag=value */
} flag_kind;

typedef struct flag {
    const char *name; /* without the dashes */
    char letter;      /* 0 = none */
    flag_kind kind;
    const char *argument; /* what the value is called: "FILE"; NULL for a switch */
    void *target;
    int64_t least, most;
} flag;

/* Parses argv[0 .. argc) (what follows the subcommand's name). Words that are no flags are added to `words`.
 * -h and --help are always known and set *help; so are -q and --quiet, which silence the console (console.h), and
 * --allow-vector and --decode-timeout (arguments_reading). Returns 0, or EXIT_USAGE after a message. */
int arguments_parse(const char *command, int argc, char **argv, const flag *flags, int count, text_list *words,
                    bool *help);

/* What the last command line says of how pictures are read, into a context's configuration. */
void arguments_reading(scumble_config *config);

/* One row of a help screen: the group is printed when it differs from the row before (NULL restarts). */
void help_row(const char *group, const char *flags, const char *text);
/* Those of arguments_reading, and the end. */
void help_reading(void);

#endif
