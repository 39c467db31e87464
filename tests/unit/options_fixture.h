/* SPDX-License-Identifier: MIT */
/* Options in one line, for tests that see what an application sees. Include after cmocka.h. */
#ifndef TESTS_OPTIONS_FIXTURE_H
#define TESTS_OPTIONS_FIXTURE_H

#include <stdio.h>
#include <string.h>

#include <scumble/scumble.h>

/* Sets one of them to a number; and what it is as one. */
static inline void put(scumble_options *options, const char *name, double value)
{
    if (scumble_options_set_number(NULL, options, name, value))
        fail_msg("%s cannot be %g", name, value);
}

static inline double value_of(const scumble_options *options, const char *name)
{
    double value;
    assert_int_equal(scumble_options_get_number(NULL, options, name, &value), 0);
    return value;
}

static inline void put_text(scumble_options *options, const char *name, const char *value)
{
    if (scumble_options_set(NULL, options, name, value))
        fail_msg("%s cannot be '%s'", name, value);
}

/* The value as text; good until the next call. */
static inline const char *text_of(const scumble_options *options, const char *name)
{
    static char text[1024];
    assert_int_equal(scumble_options_get(NULL, options, name, text, sizeof text), 0);
    return text;
}

static inline void assert_same_options(const scumble_options *a, const scumble_options *b, scumble_options_kind kind)
{
    const scumble_option_info *info;
    char text[1024];
    for (int i = 0; (info = scumble_option_at(kind, i)); i++) {
        snprintf(text, sizeof text, "%s", text_of(a, info->name));
        if (strcmp(text, text_of(b, info->name)))
            fail_msg("%s: '%s' and '%s'", info->name, text, text_of(b, info->name));
    }
}

/* Options of a kind, with "name, value, ..." up to NULL. They belong to the fixture, for one thread, until 32 more were
 * made. */
static inline scumble_options *options_of(scumble_options_kind kind, const char *const *values)
{
    static scumble_options *made[32];
    static int next;
    scumble_options **options = &made[next++ % 32];
    scumble_options_free(options);
    *options = scumble_options_create(kind);
    assert_non_null(*options);
    for (; *values; values += 2)
        put_text(*options, values[0], values[1]);
    return *options;
}
/* STYLE_OPTIONS("size", "64", "beta", "3"), or (NULL) for defaults. */
#define OPTIONS_OF(kind, ...) options_of(kind, (const char *const[]){ __VA_ARGS__, NULL })
#define STYLE_OPTIONS(...) OPTIONS_OF(SCUMBLE_OPTIONS_STYLE, __VA_ARGS__)
#define PAINT_OPTIONS(...) OPTIONS_OF(SCUMBLE_OPTIONS_PAINT, __VA_ARGS__)
#define TRAIN_OPTIONS(...) OPTIONS_OF(SCUMBLE_OPTIONS_TRAIN, __VA_ARGS__)
#define DISTIL_OPTIONS(...) OPTIONS_OF(SCUMBLE_OPTIONS_DISTIL, __VA_ARGS__)

#endif
