/* SPDX-License-Identifier: MIT */
/* The options of a transfer by name: one table for flags, recipes, defaults, ranges and help. */
#include <errno.h>
#include <glib.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/context.h"
#include "core/nearest.h"

/* AUTOMATIC: a number, or "auto" = -1. WORD: a choice that is kept as text, or the name of a file. SIZE: whole, or "auto" = 0, or "full" = -1. SWITCH: "no" = 0 or "yes" = 1. */
typedef enum kind { TEXT, WORD, NUMBER, AUTOMATIC, WHOLE, SEED, CHOICE, SWITCH, SIZE, BYTES } kind;

/* name, group, argument, help, kind, field, lowest, highest, default, choices ("a|b|c": the values of an enum, in order) */
#define OPTIONS(X) \
    X("size", "Picture", "PX|auto|full", "long edge (auto: the photo's, at most 512)", \
      SIZE, size, 1, 65535, "auto", NULL) \
    X("iterations", "Picture", "N", "over all scales together (200)", \
      WHOLE, iterations, 1, 100000, "200", NULL) \
    X("scales", "Picture", "N", "coarse to fine; 0 = as many as fit, 1 = one (0)", \
      WHOLE, scales, 0, 16, "0", NULL) \
    X("scale-factor", "Picture", "X", "from scale to scale: 2, or 1.414 for smaller steps (2)", \
      NUMBER, scale_factor, 1.1, 4, "2", NULL) \
    X("init", "Picture", "content|noise|style|FILE", "what to start from (content)", \
      WORD, init, 0, 0, "content", "content|noise|style") \
    X("seed", "Picture", "N", "another number, other strokes (0)", \
      SEED, seed, 0, 0, "0", NULL) \
    X("tileable", "Picture", NULL, "the result repeats without seams", \
      SWITCH, tileable, 0, 1, "no", "no|yes") \
    X("max-memory", "Picture", "BYTES", "as 900M or 2G: for more, tiles are painted", \
      BYTES, max_memory_bytes, 0, 1e15, "0", NULL) \
    X("alpha", "Weights", "X", "weight of the content (1)", \
      NUMBER, alpha, 0, 1e9, "1", NULL) \
    X("beta", "Weights", "X", "weight of the style (6)", \
      NUMBER, beta, 0, 1e9, "6", NULL) \
    X("tv", "Weights", "X", "weight of the total variation (auto)", \
      AUTOMATIC, tv, 0, 1e9, "auto", NULL) \
    X("content-terms", "Weights", "TERMS", "feature, structure, detail (feature:0.5,structure:1.5)", \
      TEXT, content_terms, 0, 0, "feature:0.5,structure:1.5", NULL) \
    X("style-terms", "Weights", "TERMS", "gram, w2, sliced, neighbour, nnfm, ... (w2:4,nnfm)", \
      TEXT, style_terms, 0, 0, "w2:4,nnfm", NULL) \
    X("preserve", "Weights", "X", "neighbours of the photo (1) or the picture (0) (0.25)", \
      NUMBER, preserve, 0, 1, "0.25", NULL) \
    X("content-layers", "Weights", "LAYERS", "as relu4_1 or relu3_1:0.5,relu4_1", \
      TEXT, content_layers, 0, 0, "", NULL) \
    X("style-layers", "Weights", "LAYERS", "likewise", \
      TEXT, style_layers, 0, 0, "", NULL) \
    X("style-scale", "Style", "X", "size of the painting relative to the result (1)", \
      NUMBER, style_scale, 0.05, 8, "1", NULL) \
    X("rotations", "Style", NULL, "neighbours also from the painting turned", \
      SWITCH, rotations, 0, 1, "no", "no|yes") \
    X("colour", "Style", "style|photo|luminance|match|FILE", "whose colours; FILE: a palette (style)", \
      WORD, colour, 0, 0, "style", "style|photo|luminance|match") \
    X("encoder", "Network", "NAME|FILE", "lite, vgg19, vgg16, inception_v3 or a file (lite)", \
      TEXT, encoder, 0, 0, "lite", NULL) \
    X("pooling", "Network", "model|max|average", "of the encoder (model)", \
      CHOICE, pooling, 0, 2, "model", "model|max|average") \
    X("padding", "Network", "replicate|zero|reflect", "at the border (replicate)", \
      CHOICE, padding, 0, 2, "replicate", "replicate|zero|reflect") \
    X("optimizer", "Optimiser", "lbfgs|adam", "how to descend (lbfgs)", \
      CHOICE, optimizer, 0, 1, "lbfgs", "lbfgs|adam") \
    X("variable", "Optimiser", "pixels|pyramid", "what is optimised (pixels)", \
      CHOICE, variable, 0, 1, "pixels", "pixels|pyramid") \
    X("learning-rate", "Optimiser", "X", "Adam's step in colour units; 0 = 0.02", \
      NUMBER, learning_rate, 0, 10, "0", NULL)

typedef struct option {
    const char *name;
    kind kind;
    size_t offset, capacity; /* of the field */
    double lowest, highest;
    const char *default_text, *choices;
} option;

#define INFO(name, group, argument, help, ...) { name, group, argument, help },
#define ROW(name, group, argument, help, kind, field, lowest, highest, default_text, choices) \
    { name, kind, offsetof(scumble_options, field), sizeof((scumble_options *)NULL)->field, lowest, highest, default_text, choices },
static const scumble_option_info infos[] = { OPTIONS(INFO) };
static const option table[] = { OPTIONS(ROW) };
enum { OPTION_COUNT = sizeof table / sizeof *table };

const scumble_option_info *scumble_option_list(int *count)
{
    if (count)
        *count = OPTION_COUNT;
    return infos;
}

static const option *find(const char *name)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

static void store_int(scumble_options *options, const option *o, int64_t value)
{
    char *field = (char *)options + o->offset;
    if (o->capacity == sizeof(int))
        memcpy(field, &(int){ (int)value }, sizeof(int));
    else
        memcpy(field, &value, sizeof value);
}

static int64_t load_int(const scumble_options *options, const option *o)
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

static int wrong(sc_error *err, const option *o, const char *value, const char *right)
{
    return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "--%s: '%.80s' is not %s", o->name, value, right);
}

static int set_number(const option *o, scumble_options *options, const char *text, sc_error *err)
{
    char *end, right[96];
    double value = g_ascii_strtod(text, &end);
    snprintf(right, sizeof right, "a%s number from %.10g to %.10g", o->kind == WHOLE ? " whole" : "", o->lowest, o->highest);
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

static int set_bytes(const option *o, scumble_options *options, const char *text, sc_error *err)
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

/* The number of a choice; a negative code, with the choices and the nearest of them, when there is none of that name. */
static int find_choice(const option *o, const char *text, sc_error *err)
{
    char **choices = g_strsplit(o->choices, "|", -1), hint[SC_HINT_BYTES];
    int found = -1, count = 0;
    for (; choices[count]; count++)
        if (strcmp(choices[count], text) == 0)
            found = count;
    sc_nearest_hint(text, (const char *const *)choices, count, hint);
    g_strfreev(choices);
    if (found < 0)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "--%s: '%.80s' is not one of %s%s%s", o->name, text, o->choices, o->kind == WORD ? " or a file's name" : "", hint);
    return found;
}

static int set_choice(const option *o, scumble_options *options, const char *text, sc_error *err)
{
    int found = find_choice(o, text, err);
    if (found < 0)
        return found;
    store_int(options, o, found);
    return SCUMBLE_OK;
}

static int set_text(const option *o, scumble_options *options, const char *text, sc_error *err)
{
    if (strlen(text) >= o->capacity)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "--%s: the value is longer than %zu characters", o->name, o->capacity - 1);
    memset((char *)options + o->offset, 0, o->capacity);
    memcpy((char *)options + o->offset, text, strlen(text));
    return SCUMBLE_OK;
}

/* What has neither a dot nor a slash is no file but a choice misspelt. */
static int set_word(const option *o, scumble_options *options, const char *text, sc_error *err)
{
    return strpbrk(text, "./") || find_choice(o, text, err) >= 0 ? set_text(o, options, text, err) : SCUMBLE_ERR_ARGUMENT;
}

static int set(const option *o, scumble_options *options, const char *text, sc_error *err)
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
            return wrong(err, o, text, "a number of pixels from 1 to 65535, 'auto', or 'full' for the photo's own size");
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
    }
    return SCUMBLE_OK;
}

scumble_options scumble_options_default(void)
{
    scumble_options options;
    memset(&options, 0, sizeof options);
    sc_error err;
    for (int i = 0; i < OPTION_COUNT; i++)
        set(&table[i], &options, table[i].default_text, &err);
    return options;
}

int sc_options_set(scumble_options *options, const char *name, const char *value, sc_error *err)
{
    const option *o = find(name);
    if (o)
        return set(o, options, value, err);
    const char *names[OPTION_COUNT];
    for (int i = 0; i < OPTION_COUNT; i++)
        names[i] = table[i].name;
    char hint[SC_HINT_BYTES];
    return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "there is no option '%.80s'%s", name, sc_nearest_hint(name, names, OPTION_COUNT, hint));
}

int sc_options_get(const scumble_options *options, const char *name, char *text, size_t size, sc_error *err)
{
    const option *o = find(name);
    if (!o)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "there is no option '%.80s'", name);
    bool real = o->kind == NUMBER || o->kind == AUTOMATIC;
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

bool sc_option_is_choice(const char *name, const char *value)
{
    sc_error err;
    return find_choice(find(name), value, &err) >= 0;
}

/* A struct filled by hand is checked by the same rules as text. */
int sc_options_check(const scumble_options *options, sc_error *err)
{
    scumble_options copy = *options;
    char text[2048];
    int code = SCUMBLE_OK;
    for (int i = 0; i < OPTION_COUNT && !code; i++) {
        const option *o = &table[i];
        if ((o->kind == TEXT || o->kind == WORD) && !memchr((const char *)options + o->offset, 0, o->capacity))
            return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "the option '%s' is not terminated", o->name);
        code = sc_options_get(options, o->name, text, sizeof text, err);
        if (!code)
            code = set(o, &copy, text, err);
    }
    return code;
}
