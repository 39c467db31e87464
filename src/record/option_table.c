/* SPDX-License-Identifier: MIT */
/* Setting, getting and checking options by name. See option_table.h. */
#include "record/option_table.h"

#include <errno.h>
#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/nearest.h"
#include "core/spelling.h"

/* One option of a struct. */
typedef struct option {
    const scumble_option_info *info;
    char *field;
    size_t capacity; /* of the field */
} option;

static option option_at(const sc_option_table *table, const void *options, int index)
{
    const sc_option_field *f = &table->fields[index];
    return (option){ &table->infos[index], (char *)(uintptr_t)options + f->offset, f->capacity };
}

/* Its index, or -1. */
static int option_table_find(const sc_option_table *table, const char *name)
{
    for (int i = 0; i < table->count; i++)
        if (sc_same_spelling(table->infos[i].name, name))
            return i;
    return -1;
}

const char *sc_option_quoted(const char *name, char quoted[SC_OPTION_BYTES])
{
    snprintf(quoted, SC_OPTION_BYTES, "`%.*s`", SC_OPTION_BYTES - 3, name);
    g_strdelimit(quoted, "-", '_');
    return quoted;
}

static bool is_text(const option *o)
{
    scumble_option_kind kind = o->info->kind;
    return kind == SCUMBLE_OPTION_TEXT || kind == SCUMBLE_OPTION_TERMS || kind == SCUMBLE_OPTION_WORD;
}

static void store_int(const option *o, int64_t value)
{
    if (o->capacity == sizeof(int))
        memcpy(o->field, &(int){ (int)value }, sizeof(int));
    else
        memcpy(o->field, &value, sizeof value);
}

static int64_t load_int(const option *o)
{
    if (o->capacity == sizeof(int)) {
        int value;
        memcpy(&value, o->field, sizeof value);
        return value;
    }
    int64_t value;
    memcpy(&value, o->field, sizeof value);
    return value;
}

static int option_table_wrong(sc_error *err, const option *o, const char *value, const char *right)
{
    char name[SC_OPTION_BYTES];
    return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "%s: '%.80s' is not %s", sc_option_quoted(o->info->name, name), value,
                   right);
}

static int set_number(const option *o, const char *text, sc_error *err)
{
    char *end, right[128];
    const char *word = o->info->choices; /* for 0 */
    if (word && sc_same_spelling(word, text)) {
        memset(o->field, 0, o->capacity);
        return SCUMBLE_OK;
    }
    double value = g_ascii_strtod(text, &end);
    snprintf(right, sizeof right, "a%s number from %.10g to %.10g%s%s%s",
             o->info->kind == SCUMBLE_OPTION_WHOLE ? " whole" : "", o->info->lowest, o->info->highest,
             word ? " or '" : "", word ? word : "", word ? "'" : "");
    if (end == text || *end || !isfinite(value) || value < o->info->lowest || value > o->info->highest)
        return option_table_wrong(err, o, text, right);
    if (o->info->kind == SCUMBLE_OPTION_WHOLE && value != floor(value))
        return option_table_wrong(err, o, text, right);
    if (o->info->kind == SCUMBLE_OPTION_WHOLE)
        store_int(o, (int64_t)value);
    else
        memcpy(o->field, &value, sizeof value);
    return SCUMBLE_OK;
}

static int set_bytes(const option *o, const char *text, sc_error *err)
{
    static const char right[] = "a size such as 900M, 1.5G or 0";
    char *end;
    double value = g_ascii_strtod(text, &end);
    static const char units[] = "kmgt";
    const char *unit = *end ? strchr(units, g_ascii_tolower(*end)) : NULL;
    if (end == text || (*end && !unit))
        return option_table_wrong(err, o, text, right);
    if (unit) {
        value *= pow(1024, (double)(unit - units + 1));
        end++;
        if (g_ascii_strcasecmp(end, "ib") == 0 || g_ascii_strcasecmp(end, "b") == 0)
            end = (char *)"";
    }
    if (*end || !isfinite(value) || value < 0 || value > o->info->highest)
        return option_table_wrong(err, o, text, right);
    store_int(o, (int64_t)value);
    return SCUMBLE_OK;
}

static int set_duration(const option *o, const char *text, sc_error *err)
{
    char *end;
    double value = g_ascii_strtod(text, &end), unit = *end == 'h' ? 3600 : *end == 'm' ? 60 : 1;
    bool known = !*end || ((*end == 'h' || *end == 'm' || *end == 's') && !end[1]);
    if (end == text || !known || !(value >= 0 && value * unit <= o->info->highest))
        return option_table_wrong(err, o, text, "a time such as 90, 20m or 1.5h");
    memcpy(o->field, &(double){ value * unit }, sizeof(double));
    return SCUMBLE_OK;
}

/* The number of a choice; a negative code, with the choices and the nearest of them, when there is none of that name.
 */
static int find_choice(const option *o, const char *text, sc_error *err)
{
    char **choices = g_strsplit(o->info->choices, "|", -1), hint[SC_HINT_BYTES], name[SC_OPTION_BYTES];
    int found = -1, count = 0;
    for (; choices[count]; count++)
        if (sc_same_spelling(choices[count], text))
            found = count;
    sc_nearest_hint(text, (const char *const *)choices, count, hint);
    g_strfreev(choices);
    if (found < 0)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "%s: '%.80s' is not one of %s%s%s",
                       sc_option_quoted(o->info->name, name), text, o->info->choices,
                       o->info->kind == SCUMBLE_OPTION_WORD ? " or a file's name" : "", hint);
    return found;
}

static int set_choice(const option *o, const char *text, sc_error *err)
{
    int found = find_choice(o, text, err);
    if (found < 0)
        return found;
    store_int(o, found);
    return SCUMBLE_OK;
}

static int option_table_set_text(const option *o, const char *text, sc_error *err)
{
    char name[SC_OPTION_BYTES];
    if (strlen(text) >= o->capacity)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "%s: the value is longer than %zu characters",
                       sc_option_quoted(o->info->name, name), o->capacity - 1);
    memset(o->field, 0, o->capacity);
    memcpy(o->field, text, strlen(text));
    return SCUMBLE_OK;
}

/* What has neither a dot nor a slash is no file but a choice misspelt. */
static int set_word(const option *o, const char *text, sc_error *err)
{
    return strpbrk(text, "./") || find_choice(o, text, err) >= 0 ? option_table_set_text(o, text, err) :
                                                                   SCUMBLE_ERR_ARGUMENT;
}

static int set(const option *o, const char *text, sc_error *err)
{
    switch (o->info->kind) {
    case SCUMBLE_OPTION_TEXT:
    case SCUMBLE_OPTION_TERMS: return option_table_set_text(o, text, err);
    case SCUMBLE_OPTION_WORD: return set_word(o, text, err);
    case SCUMBLE_OPTION_AUTOMATIC:
        if (strcmp(text, "auto") == 0) {
            memcpy(o->field, &(double){ -1 }, sizeof(double));
            return SCUMBLE_OK;
        }
        return set_number(o, text, err);
    case SCUMBLE_OPTION_NUMBER:
    case SCUMBLE_OPTION_WHOLE: return set_number(o, text, err);
    case SCUMBLE_OPTION_SIZE: {
        char *end;
        bool full = strcmp(text, "full") == 0, automatic = strcmp(text, "auto") == 0;
        long value = full ? -1 : automatic ? 0 : strtol(text, &end, 10);
        if (!full && !automatic && (end == text || *end || value < o->info->lowest || value > o->info->highest))
            return option_table_wrong(err, o, text,
                                      "a number of pixels from 1 to 65535, 'auto', or 'full' for the photo's own size");
        store_int(o, value);
        return SCUMBLE_OK;
    }
    case SCUMBLE_OPTION_SEED: {
        char *end;
        errno = 0;
        uint64_t value = g_ascii_strtoull(text, &end, 10);
        if (!g_ascii_isdigit(*text) || *end || errno)
            return option_table_wrong(err, o, text, "a whole number from 0 to 18446744073709551615");
        store_int(o, (int64_t)value);
        return SCUMBLE_OK;
    }
    case SCUMBLE_OPTION_CHOICE:
    case SCUMBLE_OPTION_SWITCH: return set_choice(o, text, err);
    case SCUMBLE_OPTION_BYTES: return set_bytes(o, text, err);
    case SCUMBLE_OPTION_DURATION: return set_duration(o, text, err);
    }
    return SCUMBLE_OK;
}

void sc_option_table_default(const sc_option_table *table, void *options)
{
    sc_error err;
    memset(options, 0, table->size_bytes);
    for (int i = 0; i < table->count; i++) {
        option o = option_at(table, options, i);
        set(&o, o.info->default_text, &err);
    }
}

/* The option of that name, and the nearest name when there is none. */
static int find_option(const sc_option_table *table, const void *options, const char *name, option *found,
                       sc_error *err)
{
    const char *names[SC_MOST_OPTIONS];
    char hint[SC_HINT_BYTES];
    int index = option_table_find(table, name);
    *found = (option){ NULL, NULL, 0 };
    if (index >= 0) {
        *found = option_at(table, options, index);
        return SCUMBLE_OK;
    }
    for (int i = 0; i < table->count; i++)
        names[i] = table->infos[i].name;
    return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "there is no option '%.80s'%s", name,
                   sc_nearest_hint(name, names, table->count, hint));
}

int sc_option_table_set(const sc_option_table *table, void *options, const char *name, const char *value, sc_error *err)
{
    option o;
    if (find_option(table, options, name, &o, err))
        return err->code;
    for (const sc_former_word *f = table->former; f && f->name; f++)
        if (!strcmp(f->name, o.info->name) && !strcmp(f->word, value))
            value = f->now;
    return set(&o, value, err);
}

static int print_real(double value, char *text, size_t size)
{
    char digits[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(digits, sizeof digits, "%.9g", value);
    if (g_ascii_strtod(digits, NULL) != value)
        g_ascii_dtostr(digits, sizeof digits, value);
    return snprintf(text, size, "%s", digits);
}

static int print_choice(const option *o, int64_t value, char *text, size_t size)
{
    char **choices = g_strsplit(o->info->choices, "|", -1);
    bool known = value >= 0 && value < (int64_t)g_strv_length(choices);
    int used = known ? snprintf(text, size, "%s", choices[value]) : snprintf(text, size, "%lld", (long long)value);
    g_strfreev(choices);
    return used;
}

static bool is_word_for_zero(const option *o)
{
    double real = 1;
    if (o->info->kind == SCUMBLE_OPTION_NUMBER)
        memcpy(&real, o->field, sizeof real);
    else if (o->info->kind == SCUMBLE_OPTION_WHOLE)
        real = (double)load_int(o);
    return o->info->choices && real == 0;
}

/* As snprintf. */
static int print(const option *o, char *text, size_t size)
{
    double real;
    if (is_text(o))
        return snprintf(text, size, "%s", o->field);
    if (is_word_for_zero(o))
        return snprintf(text, size, "%s", o->info->choices);
    switch (o->info->kind) {
    case SCUMBLE_OPTION_NUMBER:
    case SCUMBLE_OPTION_AUTOMATIC:
    case SCUMBLE_OPTION_DURATION:
        memcpy(&real, o->field, sizeof real);
        return o->info->kind == SCUMBLE_OPTION_AUTOMATIC && real == -1 ? snprintf(text, size, "auto") :
                                                                         print_real(real, text, size);
    case SCUMBLE_OPTION_CHOICE:
    case SCUMBLE_OPTION_SWITCH: return print_choice(o, load_int(o), text, size);
    case SCUMBLE_OPTION_SEED: return snprintf(text, size, "%llu", (unsigned long long)load_int(o));
    default: break;
    }
    int64_t whole = load_int(o);
    if (o->info->kind == SCUMBLE_OPTION_SIZE && whole <= 0)
        return snprintf(text, size, whole < 0 ? "full" : "auto");
    return snprintf(text, size, "%lld", (long long)whole);
}

int sc_option_table_get(const sc_option_table *table, const void *options, const char *name, char *text, size_t size,
                        sc_error *err)
{
    option o;
    if (find_option(table, options, name, &o, err))
        return err->code;
    int used = print(&o, text, size);
    if (used < 0 || (size_t)used >= size)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "the value of '%s' does not fit %zu bytes", name, size);
    return SCUMBLE_OK;
}

/* ---- numbers --------------------------------------------------------------------------------------------------- */

static int fail_text(const option *o, sc_error *err)
{
    char name[SC_OPTION_BYTES];
    return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "%s: its value is a text, not a number",
                   sc_option_quoted(o->info->name, name));
}

/* The word that a number stands for; NULL: none. Caller frees with g_free. */
static char *choice_at(const option *o, double index)
{
    char **choices = g_strsplit(o->info->choices, "|", -1), *word = NULL;
    for (int i = 0; choices[i]; i++)
        if (index == i)
            word = g_strdup(choices[i]);
    g_strfreev(choices);
    return word;
}

static int set_index(const option *o, double value, sc_error *err)
{
    char *word = choice_at(o, value), name[SC_OPTION_BYTES];
    int code = word ? set(o, word, err) :
                      sc_fail(err, SCUMBLE_ERR_ARGUMENT, "%s: %g is not the number of one of %s, counted from 0",
                              sc_option_quoted(o->info->name, name), value, o->info->choices);
    g_free(word);
    return code;
}

int sc_option_table_set_number(const sc_option_table *table, void *options, const char *name, double value,
                               sc_error *err)
{
    option o;
    char digits[400]; /* of the largest number without an exponent */
    if (find_option(table, options, name, &o, err))
        return err->code;
    if (is_text(&o))
        return fail_text(&o, err);
    if (o.info->kind == SCUMBLE_OPTION_CHOICE || o.info->kind == SCUMBLE_OPTION_SWITCH)
        return set_index(&o, value, err);
    if (isfinite(value) && value == floor(value))
        snprintf(digits, sizeof digits, "%.0f", value + 0.0); /* not -0 */
    else
        g_ascii_dtostr(digits, sizeof digits, value);
    return set(&o, digits, err);
}

int sc_option_table_get_number(const sc_option_table *table, const void *options, const char *name, double *value,
                               sc_error *err)
{
    option o;
    if (find_option(table, options, name, &o, err))
        return err->code;
    switch (o.info->kind) {
    case SCUMBLE_OPTION_TEXT:
    case SCUMBLE_OPTION_TERMS:
    case SCUMBLE_OPTION_WORD: return fail_text(&o, err);
    case SCUMBLE_OPTION_NUMBER:
    case SCUMBLE_OPTION_AUTOMATIC:
    case SCUMBLE_OPTION_DURATION: memcpy(value, o.field, sizeof *value); break;
    case SCUMBLE_OPTION_SEED: *value = (double)(uint64_t)load_int(&o); break;
    default: *value = (double)load_int(&o);
    }
    return SCUMBLE_OK;
}

/* ---- records --------------------------------------------------------------------------------------------------- */

const char *sc_option_table_past(const sc_option_table *table, const char *name)
{
    for (const sc_past_option *p = table->past; p && p->name; p++)
        if (!strcmp(p->name, name))
            return p->value;
    return NULL;
}

void sc_option_table_set_past(const sc_option_table *table, const json_t *object, void *options)
{
    sc_error err;
    for (const sc_past_option *p = table->past; p && p->name; p++)
        if (!json_object_get(object, p->name))
            sc_option_table_set(table, options, p->name, p->value, &err);
}

json_t *sc_option_table_to_json(const sc_option_table *table, const void *options)
{
    json_t *object = json_object();
    for (int i = 0; i < table->count; i++) {
        char text[2048];
        sc_error err;
        const char *name = table->infos[i].name;
        if (!sc_option_table_get(table, options, name, text, sizeof text, &err))
            json_object_set_new(object, name, json_string(text));
    }
    return object;
}

int sc_option_table_from_json(const sc_option_table *table, const json_t *object, void *options, sc_error *err)
{
    const char *name;
    json_t *value;
    int code = SCUMBLE_OK;
    sc_option_table_set_past(table, object, options);
    json_object_foreach((json_t *)(uintptr_t)object, name, value) if (!code) code =
        json_is_string(value) ? sc_option_table_set(table, options, name, json_string_value(value), err) :
                                sc_fail(err, SCUMBLE_ERR_FORMAT, "the checkpoint's recipe is damaged");
    return code;
}

bool sc_option_table_is_choice(const sc_option_table *table, const char *name, const char *value)
{
    sc_error err;
    option o = { &table->infos[option_table_find(table, name)], NULL, 0 };
    return find_choice(&o, value, &err) >= 0;
}
