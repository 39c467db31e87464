/* SPDX-License-Identifier: MIT */
/* Setting, getting and checking options by name. See option_table.h. */
#include "api/option_table.h"

#include <errno.h>
#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/nearest.h"
#include "core/spelling.h"

static const sc_option *find(const sc_option_table *table, const char *name)
{
    for (int i = 0; i < table->count; i++)
        if (sc_same_spelling(table->rows[i].name, name))
            return &table->rows[i];
    return NULL;
}

static void store_int(void *options, const sc_option *o, int64_t value)
{
    char *field = (char *)options + o->offset;
    if (o->capacity == sizeof(int))
        memcpy(field, &(int){ (int)value }, sizeof(int));
    else
        memcpy(field, &value, sizeof value);
}

static int64_t load_int(const void *options, const sc_option *o)
{
    const char *field = (const char *)options + o->offset;
    if (o->capacity == sizeof(int)) {
        int value;
        memcpy(&value, field, sizeof value);
        return value;
    }
    int64_t value;
    memcpy(&value, field, sizeof value);
    return value;
}

static int wrong(sc_error *err, const sc_option *o, const char *value, const char *right)
{
    return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "--%s: '%.80s' is not %s", o->name, value, right);
}

static int set_number(const sc_option *o, void *options, const char *text, sc_error *err)
{
    char *end, right[96];
    double value = g_ascii_strtod(text, &end);
    snprintf(right, sizeof right, "a%s number from %.10g to %.10g", o->kind == WHOLE ? " whole" : "", o->lowest,
             o->highest);
    if (end == text || *end || !isfinite(value) || value < o->lowest || value > o->highest)
        return wrong(err, o, text, right);
    if (o->kind == WHOLE && value != floor(value))
        return wrong(err, o, text, right);
    if (o->kind == WHOLE)
        store_int(options, o, (int64_t)value);
    else
        memcpy((char *)options + o->offset, &value, sizeof value);
    return SCUMBLE_OK;
}

static int set_bytes(const sc_option *o, void *options, const char *text, sc_error *err)
{
    static const char right[] = "a size such as 900M, 1.5G or 0";
    char *end;
    double value = g_ascii_strtod(text, &end);
    static const char units[] = "kmgt";
    const char *unit = *end ? strchr(units, g_ascii_tolower(*end)) : NULL;
    if (end == text || (*end && !unit))
        return wrong(err, o, text, right);
    if (unit) {
        value *= pow(1024, (double)(unit - units + 1));
        end++;
        if (g_ascii_strcasecmp(end, "ib") == 0 || g_ascii_strcasecmp(end, "b") == 0)
            end = (char *)"";
    }
    if (*end || !isfinite(value) || value < 0 || value > o->highest)
        return wrong(err, o, text, right);
    store_int(options, o, (int64_t)value);
    return SCUMBLE_OK;
}

static int set_duration(const sc_option *o, void *options, const char *text, sc_error *err)
{
    char *end;
    double value = g_ascii_strtod(text, &end), unit = *end == 'h' ? 3600 : *end == 'm' ? 60 : 1;
    bool known = !*end || ((*end == 'h' || *end == 'm' || *end == 's') && !end[1]);
    if (end == text || !known || !(value >= 0 && value * unit <= o->highest))
        return wrong(err, o, text, "a time such as 90, 20m or 1.5h");
    memcpy((char *)options + o->offset, &(double){ value * unit }, sizeof(double));
    return SCUMBLE_OK;
}

/* The number of a choice; a negative code, with the choices and the nearest of them, when there is none of that name.
 */
static int find_choice(const sc_option *o, const char *text, sc_error *err)
{
    char **choices = g_strsplit(o->choices, "|", -1), hint[SC_HINT_BYTES];
    int found = -1, count = 0;
    for (; choices[count]; count++)
        if (sc_same_spelling(choices[count], text))
            found = count;
    sc_nearest_hint(text, (const char *const *)choices, count, hint);
    g_strfreev(choices);
    if (found < 0)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "--%s: '%.80s' is not one of %s%s%s", o->name, text, o->choices,
                       o->kind == WORD ? " or a file's name" : "", hint);
    return found;
}

static int set_choice(const sc_option *o, void *options, const char *text, sc_error *err)
{
    int found = find_choice(o, text, err);
    if (found < 0)
        return found;
    store_int(options, o, found);
    return SCUMBLE_OK;
}

static int set_text(const sc_option *o, void *options, const char *text, sc_error *err)
{
    if (strlen(text) >= o->capacity)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "--%s: the value is longer than %zu characters", o->name,
                       o->capacity - 1);
    memset((char *)options + o->offset, 0, o->capacity);
    memcpy((char *)options + o->offset, text, strlen(text));
    return SCUMBLE_OK;
}

/* What has neither a dot nor a slash is no file but a choice misspelt. */
static int set_word(const sc_option *o, void *options, const char *text, sc_error *err)
{
    return strpbrk(text, "./") || find_choice(o, text, err) >= 0 ? set_text(o, options, text, err) :
                                                                   SCUMBLE_ERR_ARGUMENT;
}

static int set(const sc_option *o, void *options, const char *text, sc_error *err)
{
    switch (o->kind) {
    case TEXT: return set_text(o, options, text, err);
    case WORD: return set_word(o, options, text, err);
    case AUTOMATIC:
        if (strcmp(text, "auto") == 0) {
            memcpy((char *)options + o->offset, &(double){ -1 }, sizeof(double));
            return SCUMBLE_OK;
        }
        return set_number(o, options, text, err);
    case NUMBER:
    case WHOLE: return set_number(o, options, text, err);
    case SIZE: {
        char *end;
        bool full = strcmp(text, "full") == 0, automatic = strcmp(text, "auto") == 0;
        long value = full ? -1 : automatic ? 0 : strtol(text, &end, 10);
        if (!full && !automatic && (end == text || *end || value < o->lowest || value > o->highest))
            return wrong(err, o, text,
                         "a number of pixels from 1 to 65535, 'auto', or 'full' for the photo's own size");
        store_int(options, o, value);
        return SCUMBLE_OK;
    }
    case SEED: {
        char *end;
        errno = 0;
        uint64_t value = g_ascii_strtoull(text, &end, 10);
        if (!g_ascii_isdigit(*text) || *end || errno)
            return wrong(err, o, text, "a whole number from 0 to 18446744073709551615");
        store_int(options, o, (int64_t)value);
        return SCUMBLE_OK;
    }
    case CHOICE:
    case SWITCH: return set_choice(o, options, text, err);
    case BYTES: return set_bytes(o, options, text, err);
    case DURATION: return set_duration(o, options, text, err);
    }
    return SCUMBLE_OK;
}

void sc_option_table_default(const sc_option_table *table, void *options)
{
    sc_error err;
    for (int i = 0; i < table->count; i++)
        set(&table->rows[i], options, table->rows[i].default_text, &err);
}

int sc_option_table_set(const sc_option_table *table, void *options, const char *name, const char *value, sc_error *err)
{
    const sc_option *o = find(table, name);
    if (o)
        return set(o, options, value, err);
    const char *names[SC_MOST_OPTIONS];
    for (int i = 0; i < table->count; i++)
        names[i] = table->rows[i].name;
    char hint[SC_HINT_BYTES];
    return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "there is no option '%.80s'%s", name,
                   sc_nearest_hint(name, names, table->count, hint));
}

int sc_option_table_get(const sc_option_table *table, const void *options, const char *name, char *text, size_t size,
                        sc_error *err)
{
    const sc_option *o = find(table, name);
    if (!o)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "there is no option '%.80s'", name);
    bool real = o->kind == NUMBER || o->kind == AUTOMATIC || o->kind == DURATION;
    int64_t whole = o->kind == TEXT || o->kind == WORD || real ? 0 : load_int(options, o);
    int used = 0;
    if (o->kind == TEXT || o->kind == WORD)
        used = snprintf(text, size, "%s", (const char *)options + o->offset);
    else if (real) {
        double value;
        memcpy(&value, (const char *)options + o->offset, sizeof value);
        char digits[G_ASCII_DTOSTR_BUF_SIZE];
        g_ascii_formatd(digits, sizeof digits, "%.9g", value);
        if (g_ascii_strtod(digits, NULL) != value)
            g_ascii_dtostr(digits, sizeof digits, value);
        used = snprintf(text, size, "%s", o->kind == AUTOMATIC && value == -1 ? "auto" : digits);
    } else if (o->kind == CHOICE || o->kind == SWITCH) {
        char **choices = g_strsplit(o->choices, "|", -1);
        bool known = whole >= 0 && whole < (int64_t)g_strv_length(choices);
        used = known ? snprintf(text, size, "%s", choices[whole]) : snprintf(text, size, "%lld", (long long)whole);
        g_strfreev(choices);
    } else if (o->kind == SIZE && whole <= 0)
        used = snprintf(text, size, whole < 0 ? "full" : "auto");
    else if (o->kind == SEED)
        used = snprintf(text, size, "%llu", (unsigned long long)whole);
    else
        used = snprintf(text, size, "%lld", (long long)whole);
    if (used < 0 || (size_t)used >= size)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "the value of '%s' does not fit %zu bytes", name, size);
    return SCUMBLE_OK;
}

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
        const char *name = table->rows[i].name;
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
    return find_choice(find(table, name), value, &err) >= 0;
}

int sc_option_table_check(const sc_option_table *table, const void *options, void *copy, sc_error *err)
{
    char text[2048];
    int code = SCUMBLE_OK;
    for (int i = 0; i < table->count && !code; i++) {
        const sc_option *o = &table->rows[i];
        if ((o->kind == TEXT || o->kind == WORD) && !memchr((const char *)options + o->offset, 0, o->capacity))
            return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "the option '%s' is not terminated", o->name);
        code = sc_option_table_get(table, options, o->name, text, sizeof text, err);
        if (!code)
            code = set(o, copy, text, err);
    }
    return code;
}
