/* SPDX-License-Identifier: MIT */
/* The tables of options: what they say of each option is true and whole, as help, manual and other languages need it.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "scumble/distil.h"
#include "scumble/painter.h"
#include "scumble/train.h"

typedef union values {
    scumble_options transfer;
    scumble_train_options train;
    scumble_distil_options distil;
    scumble_paint_options paint;
} values;

static int set_transfer(scumble *s, values *v, const char *name, const char *value)
{
    return scumble_options_set(s, &v->transfer, name, value);
}

static int set_train(scumble *s, values *v, const char *name, const char *value)
{
    return scumble_train_options_set(s, &v->train, name, value);
}

static int set_distil(scumble *s, values *v, const char *name, const char *value)
{
    return scumble_distil_options_set(s, &v->distil, name, value);
}

static int set_paint(scumble *s, values *v, const char *name, const char *value)
{
    return scumble_paint_options_set(s, &v->paint, name, value);
}

static const struct {
    const scumble_option_info *(*list)(int *count);
    int (*set)(scumble *s, values *v, const char *name, const char *value);
} tables[] = { { scumble_option_list, set_transfer },
               { scumble_train_option_list, set_train },
               { scumble_distil_option_list, set_distil },
               { scumble_paint_option_list, set_paint } };
enum { TABLES = sizeof tables / sizeof *tables };

typedef void check_fn(scumble *s, int table, const scumble_option_info *info);

static void each_option(check_fn *check)
{
    scumble *s = NULL;
    assert_int_equal(scumble_open(&s, NULL), 0);
    for (int i = 0; i < TABLES; i++) {
        int count;
        const scumble_option_info *infos = tables[i].list(&count);
        for (int k = 0; k < count; k++)
            check(s, i, &infos[k]);
    }
    scumble_close(&s);
}

static bool is_number(const scumble_option_info *info)
{
    return info->kind == SCUMBLE_OPTION_NUMBER || info->kind == SCUMBLE_OPTION_AUTOMATIC ||
           info->kind == SCUMBLE_OPTION_WHOLE;
}

static void check_whole(scumble *s, int table, const scumble_option_info *info)
{
    (void)s, (void)table;
    assert_true(*info->name && *info->group && *info->help);
    assert_non_null(info->manual);
    assert_non_null(info->default_text);
    assert_true(!info->argument == (info->kind == SCUMBLE_OPTION_SWITCH));
    assert_true(!is_number(info) || info->lowest < info->highest);
    bool chosen = info->kind == SCUMBLE_OPTION_CHOICE || info->kind == SCUMBLE_OPTION_WORD ||
                  info->kind == SCUMBLE_OPTION_SWITCH || info->kind == SCUMBLE_OPTION_TERMS;
    assert_true(!chosen || info->choices);
    /* Of a line of help: one line, the start of no sentence; of the manual: sentences. */
    assert_true(!strchr(info->help, '\n') && info->help[strlen(info->help) - 1] != '.' && strlen(info->help) <= 90);
    assert_true(!*info->manual || info->manual[strlen(info->manual) - 1] == '.');
    assert_true(!strstr(info->help, "--") && !strstr(info->manual, "--"));
}

static void rows_are_whole(void **state)
{
    (void)state;
    each_option(check_whole);
}

static void check_range(scumble *s, int table, const scumble_option_info *info)
{
    values v = { 0 };
    char text[64];
    if (!*info->default_text || !tables[table].set(s, &v, info->name, info->default_text))
        ;
    else
        fail_msg("%s: the default: %s", info->name, scumble_error_text(s));
    if (!is_number(info))
        return;
    const double ends[] = { info->lowest, info->highest };
    for (int i = 0; i < 2; i++) {
        snprintf(text, sizeof text, "%.17g", ends[i]);
        assert_int_equal(tables[table].set(s, &v, info->name, text), 0);
        snprintf(text, sizeof text, "%.17g",
                 ends[i] + (i ? 1 : -1) * (info->kind == SCUMBLE_OPTION_WHOLE ? 1 : fabs(ends[i]) / 1000 + 1e-9));
        assert_int_equal(tables[table].set(s, &v, info->name, text), SCUMBLE_ERR_ARGUMENT);
    }
}

static void ranges_and_defaults_hold(void **state)
{
    (void)state;
    each_option(check_range);
}

static void check_choices(scumble *s, int table, const scumble_option_info *info)
{
    values v = { 0 };
    char *words = strdup(info->choices ? info->choices : ""), *rest = NULL;
    for (char *word = strtok_r(words, "|", &rest); word; word = strtok_r(NULL, "|", &rest))
        assert_int_equal(tables[table].set(s, &v, info->name, word), 0);
    free(words);
}

static void choices_are_taken(void **state)
{
    (void)state;
    each_option(check_choices);
}

/* "max_memory" as "max-memory"; and so it is named in the sentence when it is wrong, at its beginning. */
static void check_name(scumble *s, int table, const scumble_option_info *info)
{
    values v = { 0 };
    char name[64], quoted[80];
    snprintf(name, sizeof name, "%s", info->name);
    for (char *p = name; *p; p++)
        *p = *p == '-' ? '_' : *p;
    assert_true(!*info->default_text || !tables[table].set(s, &v, name, info->default_text));
    char *longest = calloc(5000, 1);
    memset(longest, '@', 4999);
    snprintf(quoted, sizeof quoted, "`%s`: ", name);
    assert_int_equal(tables[table].set(s, &v, info->name, longest), SCUMBLE_ERR_ARGUMENT);
    free(longest);
    assert_memory_equal(scumble_error_text(s), quoted, strlen(quoted));
}

static void names_take_underscores(void **state)
{
    (void)state;
    each_option(check_name);
}

/* The names of terms in the table are those that there are, in the order in which a mistake lists them. */
static void check_terms(scumble *s, int table, const scumble_option_info *info)
{
    if (table || info->kind != SCUMBLE_OPTION_TERMS)
        return;
    const float grey[3] = { 0.5f, 0.5f, 0.5f };
    scumble_image *image = NULL;
    scumble_options options = scumble_options_default();
    assert_int_equal(scumble_image_create(s, 1, 1, grey, NULL, &image), 0);
    assert_int_equal(scumble_options_set(s, &options, info->name, "xyzzy"), 0);
    scumble_transfer *transfer = NULL;
    assert_int_equal(scumble_transfer_open(s, &(scumble_style){ image, 1, NULL }, 1, &options, &transfer),
                     SCUMBLE_ERR_ARGUMENT);
    scumble_image_free(&image);
    char expected[256] = "", *out = expected, *words = strdup(info->choices), *rest = NULL;
    for (char *word = strtok_r(words, "|", &rest); word; word = strtok_r(NULL, "|", &rest))
        out += sprintf(out, "%s%s", out == expected ? "there are " : ", ", word);
    free(words);
    const char *found = strstr(scumble_error_text(s), expected);
    if (!found || found[strlen(expected)])
        fail_msg("'%s' does not end with '%s'", scumble_error_text(s), expected);
}

static void terms_are_those_there_are(void **state)
{
    (void)state;
    each_option(check_terms);
}

/* A word for 0, both ways; and an older name of a choice. */
static void painters_words(void **state)
{
    (void)state;
    scumble_paint_options options = scumble_paint_options_default();
    char text[32];
    assert_true(options.size == 0 && options.style_scale == 1 && options.strength == 1);
    assert_int_equal(scumble_paint_options_get(NULL, &options, "size", text, sizeof text), 0);
    assert_string_equal(text, "full");
    assert_int_equal(scumble_paint_options_set(NULL, &options, "style_scale", "learnt"), 0);
    assert_true(options.style_scale == 0);
    assert_int_equal(scumble_paint_options_get(NULL, &options, "style_scale", text, sizeof text), 0);
    assert_string_equal(text, "learnt");
    assert_int_equal(scumble_paint_options_set(NULL, &options, "size", "0"), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_paint_options_set(NULL, &options, "color", "photo"), 0);
    assert_int_equal(options.colour, SCUMBLE_PAINT_PHOTO);
    assert_int_equal(scumble_paint_options_get(NULL, &options, "colour", text, sizeof text), 0);
    assert_string_equal(text, "luminance");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_whole),
        cmocka_unit_test(ranges_and_defaults_hold),
        cmocka_unit_test(choices_are_taken),
        cmocka_unit_test(names_take_underscores),
        cmocka_unit_test(terms_are_those_there_are),
        cmocka_unit_test(painters_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
