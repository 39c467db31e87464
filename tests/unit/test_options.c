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

#include "options_fixture.h"

enum { KINDS = SCUMBLE_OPTIONS_FILM + 1 };

/* of: options of the kind, with defaults. */
typedef void check_fn(scumble *s, scumble_options *of, const scumble_option_info *info);

static void each_option(check_fn *check)
{
    scumble *s = NULL;
    assert_int_equal(scumble_open(&s, NULL), 0);
    const scumble_option_info *info;
    for (int kind = 0; kind < KINDS; kind++) {
        for (int i = 0; (info = scumble_option_at((scumble_options_kind)kind, i)); i++)
            check(s, options_of((scumble_options_kind)kind, (const char *const[]){ NULL }), info);
        assert_null(scumble_option_at((scumble_options_kind)kind, -1));
    }
    assert_null(scumble_option_at((scumble_options_kind)KINDS, 0));
    assert_null(scumble_options_create((scumble_options_kind)KINDS));
    scumble_close(&s);
}

static bool is_number(const scumble_option_info *info)
{
    return info->kind == SCUMBLE_OPTION_NUMBER || info->kind == SCUMBLE_OPTION_AUTOMATIC ||
           info->kind == SCUMBLE_OPTION_WHOLE;
}

static void check_whole(scumble *s, scumble_options *of, const scumble_option_info *info)
{
    (void)s, (void)of;
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

static void check_range(scumble *s, scumble_options *of, const scumble_option_info *info)
{
    char text[64];
    if (!*info->default_text || !scumble_options_set(s, of, info->name, info->default_text))
        ;
    else
        fail_msg("%s: the default: %s", info->name, scumble_error_text(s));
    if (!is_number(info))
        return;
    const double ends[] = { info->lowest, info->highest };
    for (int i = 0; i < 2; i++) {
        snprintf(text, sizeof text, "%.17g", ends[i]);
        assert_int_equal(scumble_options_set(s, of, info->name, text), 0);
        snprintf(text, sizeof text, "%.17g",
                 ends[i] + (i ? 1 : -1) * (info->kind == SCUMBLE_OPTION_WHOLE ? 1 : fabs(ends[i]) / 1000 + 1e-9));
        assert_int_equal(scumble_options_set(s, of, info->name, text), SCUMBLE_ERR_ARGUMENT);
    }
}

static void ranges_and_defaults_hold(void **state)
{
    (void)state;
    each_option(check_range);
}

static void check_choices(scumble *s, scumble_options *of, const scumble_option_info *info)
{
    char *words = strdup(info->choices ? info->choices : ""), *rest = NULL;
    for (char *word = strtok_r(words, "|", &rest); word; word = strtok_r(NULL, "|", &rest))
        assert_int_equal(scumble_options_set(s, of, info->name, word), 0);
    free(words);
}

static void choices_are_taken(void **state)
{
    (void)state;
    each_option(check_choices);
}

/* "max_memory" as "max-memory"; and so it is named in the sentence when it is wrong, at its beginning. */
static void check_name(scumble *s, scumble_options *of, const scumble_option_info *info)
{
    char name[64], quoted[80];
    snprintf(name, sizeof name, "%s", info->name);
    for (char *p = name; *p; p++)
        *p = *p == '-' ? '_' : *p;
    assert_true(!*info->default_text || !scumble_options_set(s, of, name, info->default_text));
    char *longest = calloc(5000, 1);
    memset(longest, '@', 4999);
    snprintf(quoted, sizeof quoted, "`%s`: ", name);
    assert_int_equal(scumble_options_set(s, of, info->name, longest), SCUMBLE_ERR_ARGUMENT);
    free(longest);
    assert_memory_equal(scumble_error_text(s), quoted, strlen(quoted));
}

static void names_take_underscores(void **state)
{
    (void)state;
    each_option(check_name);
}

/* The names of terms in the table are those that there are, in the order in which a mistake lists them. */
static void check_terms(scumble *s, scumble_options *of, const scumble_option_info *info)
{
    char text[8];
    if (info->kind != SCUMBLE_OPTION_TERMS || !scumble_options_get(s, of, "steps", text, sizeof text))
        return; /* of a training, which has steps: fewer */
    const float grey[3] = { 0.5f, 0.5f, 0.5f };
    scumble_image *image = NULL;
    assert_int_equal(scumble_image_create(s, 1, 1, grey, NULL, &image), 0);
    assert_int_equal(scumble_options_set(s, of, info->name, "xyzzy"), 0);
    scumble_style *style = NULL;
    assert_int_equal(scumble_style_open(s, &(scumble_painting){ image, 1, NULL }, 1, of, &style), SCUMBLE_ERR_ARGUMENT);
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
    scumble_options *options = PAINT_OPTIONS(NULL);
    assert_true(value_of(options, "size") == 0 && value_of(options, "style-scale") == 1);
    assert_string_equal(text_of(options, "size"), "full");
    put_text(options, "style_scale", "learnt");
    assert_true(value_of(options, "style_scale") == 0);
    assert_string_equal(text_of(options, "style_scale"), "learnt");
    assert_int_equal(scumble_options_set(NULL, options, "size", "0"), SCUMBLE_ERR_ARGUMENT);
    put_text(options, "color", "photo");
    assert_true(value_of(options, "colour") == 1);
    assert_string_equal(text_of(options, "colour"), "luminance");
}

/* What is set by a number reads as that number, and as the text that means it. */
static void check_number(scumble *s, scumble_options *of, const scumble_option_info *info)
{
    double value, back;
    int code = scumble_options_get_number(s, of, info->name, &value);
    bool text =
        info->kind == SCUMBLE_OPTION_TEXT || info->kind == SCUMBLE_OPTION_TERMS || info->kind == SCUMBLE_OPTION_WORD;
    if (text) {
        assert_int_equal(code, SCUMBLE_ERR_ARGUMENT);
        assert_non_null(strstr(scumble_error_text(s), "its value is a text, not a number"));
        assert_int_equal(scumble_options_set_number(s, of, info->name, 1), SCUMBLE_ERR_ARGUMENT);
        return;
    }
    assert_int_equal(code, 0);
    bool counted = info->kind == SCUMBLE_OPTION_CHOICE || info->kind == SCUMBLE_OPTION_SWITCH;
    const double tries[] = { counted ? 1 : info->highest, info->kind == SCUMBLE_OPTION_SEED ? 9007199254740991.0 : 1 };
    for (int i = 0; i < 2; i++) {
        if (i && tries[1] < info->lowest)
            continue;
        double wanted = i || info->kind != SCUMBLE_OPTION_SEED ? fmin(tries[i], info->highest) : tries[1];
        if (scumble_options_set_number(s, of, info->name, wanted))
            fail_msg("%s: %s", info->name, scumble_error_text(s));
        assert_int_equal(scumble_options_get_number(s, of, info->name, &back), 0);
        assert_true(back == wanted);
        char before[1024];
        snprintf(before, sizeof before, "%s", text_of(of, info->name));
        put_text(of, info->name, before);
        assert_int_equal(scumble_options_get_number(s, of, info->name, &back), 0);
        assert_true(back == wanted);
    }
    const double wrong[] = { NAN, INFINITY, -INFINITY, -2, 1e30 };
    for (int i = 0; i < 5; i++)
        assert_int_equal(scumble_options_set_number(s, of, info->name, wrong[i]), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_options_set_number(s, of, info->name, counted ? 0.5 : -0.5), SCUMBLE_ERR_ARGUMENT);
}

static void numbers(void **state)
{
    (void)state;
    each_option(check_number);
}

static void objects(void **state)
{
    (void)state;
    scumble_options *one = scumble_options_create(SCUMBLE_OPTIONS_STYLE), *copy = scumble_options_copy(one);
    double value = 7;
    put(one, "beta", 3);
    assert_true(value_of(one, "beta") == 3 && value_of(copy, "beta") == 6);
    put_text(one, "tv", "auto");
    put_text(one, "size", "full");
    assert_true(value_of(one, "tv") == -1 && value_of(one, "size") == -1);
    assert_int_equal(scumble_options_preset(NULL, TRAIN_OPTIONS(NULL), "draft"), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_options_get_number(NULL, one, "bety", &value), SCUMBLE_ERR_ARGUMENT);
    assert_true(value == 0);
    assert_int_equal(scumble_options_get_number(NULL, NULL, "beta", &value), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_options_get_number(NULL, one, "beta", NULL), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_options_set_number(NULL, NULL, "beta", 1), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_options_set_number(NULL, one, NULL, 1), SCUMBLE_ERR_ARGUMENT);
    assert_null(scumble_options_copy(NULL));
    scumble_options_free(&one);
    scumble_options_free(&copy);
    assert_null(one);
    scumble_options_free(&one);
    scumble_options_free(NULL);
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
        cmocka_unit_test(numbers),
        cmocka_unit_test(objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
