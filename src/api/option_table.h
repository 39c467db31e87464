/* SPDX-License-Identifier: MIT */
/* Tables of options: fields of a struct by name, as flags, recipes and checkpoints write them, with ranges, defaults
 * and help. options.c has that of transfers, train_options.c that of trainings. */
#ifndef SC_API_OPTION_TABLE_H
#define SC_API_OPTION_TABLE_H

#include <jansson.h>
#include <stddef.h>

#include "core/error.h"
#include "scumble/scumble.h"

/* AUTOMATIC: a number, or "auto" = -1. WORD: a choice that is kept as text, or the name of a file. SIZE: whole, or
 * "auto" = 0, or "full" = -1. SWITCH: "no" = 0 or "yes" = 1. DURATION: seconds, as 90, 20m or 1.5h. */
typedef enum sc_option_kind {
    TEXT,
    WORD,
    NUMBER,
    AUTOMATIC,
    WHOLE,
    SEED,
    CHOICE,
    SWITCH,
    SIZE,
    BYTES,
    DURATION
} sc_option_kind;

typedef struct sc_option {
    const char *name;
    sc_option_kind kind;
    size_t offset, capacity; /* of the field */
    double lowest, highest;
    const char *default_text, *choices; /* choices: "a|b|c", the values of an enum, in order */
} sc_option;

/* An entry of a list of options, X(name, group, argument, help, kind, field, lowest, highest, default, choices), as the
 * public information and as a row. */
#define SC_OPTION_INFO(name, group, argument, help, ...) { name, group, argument, help },
#define SC_OPTION_ROW(type, name, kind, field, lowest, highest, default_text, choices) \
    { name, kind, offsetof(type, field), sizeof((type *)NULL)->field, lowest, highest, default_text, choices },

/* What was done before there was such an option. A recipe or a checkpoint names all options of its time: one that it
 * does not name had this value. */
typedef struct sc_past_option {
    const char *name, *value;
} sc_past_option;

enum { SC_MOST_OPTIONS = 64 };
typedef struct sc_option_table {
    const sc_option *rows;
    int count;                  /* at most SC_MOST_OPTIONS */
    const sc_past_option *past; /* of options that came after version 0.1.0, ended by a name that is NULL; or NULL */
} sc_option_table;

/* options: the struct that the table describes. */
void sc_option_table_default(const sc_option_table *table, void *options);
int sc_option_table_set(const sc_option_table *table, void *options, const char *name, const char *value,
                        sc_error *err);
int sc_option_table_get(const sc_option_table *table, const void *options, const char *name, char *text, size_t size,
                        sc_error *err);
/* A struct filled by hand is checked by the same rules as text; copy: one of the same type, to be written to. */
int sc_option_table_check(const sc_option_table *table, const void *options, void *copy, sc_error *err);
/* The value of an option before it existed; NULL when it is as old as version 0.1.0. */
const char *sc_option_table_past(const sc_option_table *table, const char *name);
/* Sets the options that came later than `object`, the options of a record, was written. */
void sc_option_table_set_past(const sc_option_table *table, const json_t *object, void *options);
/* All options by name, as text, for a recipe; a new object. And back, with set_past, over what is in `options`. */
json_t *sc_option_table_to_json(const sc_option_table *table, const void *options);
int sc_option_table_from_json(const sc_option_table *table, const json_t *object, void *options, sc_error *err);
bool sc_option_table_is_choice(const sc_option_table *table, const char *name, const char *value);

#endif
