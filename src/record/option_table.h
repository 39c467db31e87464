/* SPDX-License-Identifier: MIT */
/* Tables of options: fields of a struct by name, as flags, recipes and checkpoints write them, with ranges, defaults
 * and help. style_options.c, paint_options.c, train_options.c, distil_options.c and film_options.c have
 * one each. */
#ifndef SC_RECORD_OPTION_TABLE_H
#define SC_RECORD_OPTION_TABLE_H

#include <jansson.h>
#include <stddef.h>

#include "core/error.h"
#include "scumble/scumble.h"

typedef struct sc_option_field {
    size_t offset, capacity;
} sc_option_field;

/* An entry of a list of options, X(name, group, argument, kind, field, lowest, highest, default, choices, help,
 * manual), as the public information and as a field of its struct. */
#define SC_OPTION_INFO(name, group, argument, kind, field, lowest, highest, default_text, choices, help, manual) \
    { name, group, argument, help, manual, SCUMBLE_OPTION_##kind, lowest, highest, default_text, choices },
#define SC_OPTION_FIELD(type, field) { offsetof(type, field), sizeof((type *)NULL)->field },
#define SC_OPTION_COUNT(infos) ((int)(sizeof(infos) / sizeof *(infos)))

/* The names of the terms, for the tables; tests/unit/test_options.c holds them against those that there are. */
#define SC_CONTENT_TERMS "feature|structure|detail"
#define SC_TRAINING_TERMS "gram|cross-gram|w2|sliced|histogram"
#define SC_STYLE_TERMS SC_TRAINING_TERMS "|neighbour|nnfm"

/* What was done before there was such an option. A recipe or a checkpoint names all options of its time: one that it
 * does not name had this value. */
typedef struct sc_past_option {
    const char *name, *value;
} sc_past_option;

/* What a choice was called once; it is still taken. */
typedef struct sc_former_word {
    const char *name, *word, *now;
} sc_former_word;

enum { SC_MOST_OPTIONS = 64 };
typedef struct sc_option_table {
    const scumble_option_info *infos;
    const sc_option_field *fields;
    int count;         /* at most SC_MOST_OPTIONS */
    size_t size_bytes; /* of the struct */
    /* Both ended by a name that is NULL, or NULL. past: of options that came after version 0.1.0. */
    const sc_past_option *past;
    const sc_former_word *former;
} sc_option_table;

/* How sentences name an option: "max-memory" as "`max_memory`", which the program shows as --max-memory. */
enum { SC_OPTION_BYTES = 64 };
const char *sc_option_quoted(const char *name, char quoted[SC_OPTION_BYTES]);

/* options: the struct that the table describes. */
void sc_option_table_default(const sc_option_table *table, void *options);
int sc_option_table_set(const sc_option_table *table, void *options, const char *name, const char *value,
                        sc_error *err);
int sc_option_table_get(const sc_option_table *table, const void *options, const char *name, char *text, size_t size,
                        sc_error *err);
/* The same with numbers, as scumble_options_set_number and _get_number. */
int sc_option_table_set_number(const sc_option_table *table, void *options, const char *name, double value,
                               sc_error *err);
int sc_option_table_get_number(const sc_option_table *table, const void *options, const char *name, double *value,
                               sc_error *err);
/* The value of an option before it existed; NULL when it is as old as version 0.1.0. */
const char *sc_option_table_past(const sc_option_table *table, const char *name);
/* Sets the options that came later than `object`, the options of a record, was written. */
void sc_option_table_set_past(const sc_option_table *table, const json_t *object, void *options);
/* All options by name, as text, for a recipe; a new object. And back, with set_past, over what is in `options`. */
json_t *sc_option_table_to_json(const sc_option_table *table, const void *options);
int sc_option_table_from_json(const sc_option_table *table, const json_t *object, void *options, sc_error *err);
bool sc_option_table_is_choice(const sc_option_table *table, const char *name, const char *value);

#endif
