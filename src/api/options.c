/* SPDX-License-Identifier: MIT */
/* Options of all kinds, for the public API: objects of values by name. See options.h. */
#include "api/options.h"

#include <stdlib.h>
#include <string.h>

#include "api/context.h"

typedef struct kind_row {
    const sc_option_table *table;
    const char *of; /* what they are options of, and the kind's public name */
    const char *name;
} kind_row;

static const kind_row kinds[] = {
    [SCUMBLE_OPTIONS_STYLE] = { &sc_style_option_table, "a style", "SCUMBLE_OPTIONS_STYLE" },
    [SCUMBLE_OPTIONS_PAINT] = { &sc_paint_option_table, "a painter", "SCUMBLE_OPTIONS_PAINT" },
    [SCUMBLE_OPTIONS_TRAIN] = { &sc_train_option_table, "a training", "SCUMBLE_OPTIONS_TRAIN" },
    [SCUMBLE_OPTIONS_DISTIL] = { &sc_distil_option_table, "a distillation", "SCUMBLE_OPTIONS_DISTIL" },
    [SCUMBLE_OPTIONS_FILM] = { &sc_film_option_table, "a film", "SCUMBLE_OPTIONS_FILM" },
};

/* NULL: there is no such kind. */
static const kind_row *api_options_row_of(scumble_options_kind kind)
{
    return (unsigned)kind < sizeof kinds / sizeof *kinds ? &kinds[kind] : NULL;
}

static const sc_option_table *table_of(const scumble_options *options)
{
    return kinds[options->kind].table;
}

scumble_options sc_options_default(scumble_options_kind kind)
{
    scumble_options options = { .kind = kind };
    sc_option_table_default(kinds[kind].table, &options.style);
    return options;
}

int sc_options_take(scumble_options *own, const scumble_options *given, scumble_options_kind kind, sc_error *err)
{
    if (given && given->kind != kind)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "these are options of %s; make those of %s, with %s",
                       kinds[given->kind].of, kinds[kind].of, kinds[kind].name);
    *own = given ? *given : sc_options_default(kind);
    return SCUMBLE_OK;
}

const scumble_option_info *scumble_option_at(scumble_options_kind kind, int index)
{
    const kind_row *row = api_options_row_of(kind);
    return row && index >= 0 && index < row->table->count ? &row->table->infos[index] : NULL;
}

scumble_options *scumble_options_create(scumble_options_kind kind)
{
    scumble_options *options = api_options_row_of(kind) ? malloc(sizeof *options) : NULL;
    if (options)
        *options = sc_options_default(kind);
    return options;
}

scumble_options *scumble_options_copy(const scumble_options *options)
{
    scumble_options *copy = options ? malloc(sizeof *copy) : NULL;
    if (copy)
        *copy = *options;
    return copy;
}

void scumble_options_free(scumble_options **options)
{
    if (!options)
        return;
    free(*options);
    *options = NULL;
}

int scumble_options_set(scumble *s, scumble_options *options, const char *name, const char *value)
{
    if (!options || !name || !value)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    sc_option_table_set(table_of(options), &options->style, name, value, &err);
    return sc_report(s, &err);
}

int scumble_options_get(scumble *s, const scumble_options *options, const char *name, char *text, size_t size)
{
    if (!options || !name || !text)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    sc_option_table_get(table_of(options), &options->style, name, text, size, &err);
    return sc_report(s, &err);
}

int scumble_options_set_number(scumble *s, scumble_options *options, const char *name, double value)
{
    if (!options || !name)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    sc_option_table_set_number(table_of(options), &options->style, name, value, &err);
    return sc_report(s, &err);
}

int scumble_options_get_number(scumble *s, const scumble_options *options, const char *name, double *value)
{
    if (value)
        *value = 0;
    if (!options || !name || !value)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    sc_option_table_get_number(table_of(options), &options->style, name, value, &err);
    return sc_report(s, &err);
}
