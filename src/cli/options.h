/* SPDX-License-Identifier: MIT */
/* The one table of commands and their options. From it come the parsing of command lines (arguments.h), the help
 * screens (help.h), and the manual pages, shell completions and reference document. Options of the library
 * are in the library's own tables (scumble_option_at), which the parts of a command name.
 *
 * Texts name options as in `max_memory`, as the library does; text_flags gives them their dashes. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>

#include "scumble/scumble.h"

/* How often an option may be given, and who reads it. */
typedef enum option_use {
    USE_ONCE,   /* the last one counts */
    USE_LIST,   /* every value counts */
    USE_COUNT,  /* once; a whole number with an optional factor k, M or G */
    USE_LIBRARY /* handed on by name and value: the library reads it */
} option_use;

/* What the shell completes a value with, beside the choices. */
typedef enum option_values {
    VALUES_NONE,
    VALUES_FILE,
    VALUES_FOLDER,
    VALUES_PRESET,  /* scumble_preset_at */
    VALUES_PAINTER, /* the painters that are here, and files */
    VALUES_MODEL    /* the networks that are here or can be downloaded, and files */
} option_values;

typedef struct command_option {
    scumble_option_info info; /* name "look-in" without dashes; group; ... default_text NULL or "" = none */
    char letter;              /* of -o; 0 = none */
    option_use use;
    option_values values;
} command_option;

/* Some options of a command: own rows, or (rows NULL) those of a kind of the library's that `takes` names (NULL = all).
 */
typedef struct command_part {
    const command_option *rows;
    int count;
    scumble_options_kind kind;
    bool (*takes)(const char *option);
} command_part;

typedef struct command_about {
    const char *name;       /* "stylize", "train encoder" */
    const char *purpose;    /* one line */
    const char *usage;      /* what follows the name; one line for each way to call it */
    const char *about;      /* a paragraph for help and manual */
    const char *notes;      /* further paragraphs for the manual, parted by empty lines; "" = none */
    const char *words;      /* first words to choose from, "list|info"; NULL = none */
    option_values operands; /* what completes the words that are no options, after those */
    const command_part *parts;
    int part_count;
    const char *examples; /* one a line, without "scumble" and the name; "" = none */
} command_about;

/* In the order in which help lists them. */
const command_about *const *commands_list(int *count);
/* By its name in British or American spelling; NULL: there is none. */
const command_about *command_find(const char *name);
/* All options of a command, those of every command last. Caller frees. */
command_option *command_options(const command_about *command, int *count);
/* "--look-in FOLDER", "-o, --output OUT". Caller frees. */
char *option_flags(const command_option *option);
/* The values that complete it, parted by '|': choices, words of the argument in lower case ("auto|full" of
 * "PX|auto|full"), presets; "" = none. Caller frees. */
char *option_choices(const command_option *option);
/* " (default: 512)": what it is when it is not given; NULL: there is nothing to say. Caller frees. */
char *option_default(const command_option *option);
bool option_takes_value(const command_option *option);

/* The tables of options_*.c. */
extern const command_about stylize_about, texture_about, apply_about, film_about, train_about, train_encoder_about,
    judge_about, match_about, guide_about, compare_about, presets_about, provenance_about, sheet_about, inspect_about,
    models_about;

#endif
