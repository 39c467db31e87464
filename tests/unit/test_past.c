/* SPDX-License-Identifier: MIT */
/* Records of version 0.1.0: an option that they do not name had the value of then. A new option without a line in the
 * table of past values (src/record/style_options.c) is found here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "record/option_table.h"
#include "record/recipe.h"

#include "options_fixture.h"

/* A recipe of then; the options are all that it had. */
static const char recipe[] = "{\"computed_with\": \"AVX-512, oneDNN 2.6.3\","
                             " \"content\": {\"path\": \"photo.ppm\", \"sha256\": "
                             "\"e9ad7fd12049be46ae190743b48523c56f507f75ae426d529e9522d651085db8\"},"
                             " \"encoder\": {\"architecture\": \"lite\", \"licence\": \"MIT (distilled from VGG-19, CC "
                             "BY 4.0)\", \"name\": \"lite\","
                             "  \"sha256\": \"35c163cb9badae0fc79340fd891b62a7c02980ded9df6b4079f4657862a0df19\"},"
                             " \"options\": {\"alpha\": \"1\", \"beta\": \"6\", \"colour\": \"style\", "
                             "\"content-layers\": \"\", \"content-terms\": \"feature:0.5,structure:1.5\","
                             "  \"encoder\": \"lite\", \"init\": \"content\", \"iterations\": \"26\", "
                             "\"learning-rate\": \"0\", \"optimizer\": \"adam\", \"padding\": \"replicate\","
                             "  \"pooling\": \"model\", \"preserve\": \"0.25\", \"rotations\": \"no\", "
                             "\"scale-factor\": \"2\", \"scales\": \"1\", \"seed\": \"0\", \"size\": \"auto\","
                             "  \"style-layers\": \"\", \"style-scale\": \"1\", \"style-terms\": \"w2:4,nnfm\", "
                             "\"tileable\": \"no\", \"tv\": \"auto\", \"variable\": \"pixels\"},"
                             " \"recipe\": 1, \"scumble\": \"0.1.0\","
                             " \"styles\": [{\"path\": \"painting.ppm\", \"sha256\": "
                             "\"b7d3b2ce1802b93968288e7a5be40b5667c55f0b7594b2dda2d7be3699764552\", \"weight\": 1.0}]}";

static scumble *s;

static int open_context(void **state)
{
    (void)state;
    return scumble_open(&s, NULL);
}

static int close_context(void **state)
{
    (void)state;
    scumble_close(&s);
    return 0;
}

static json_t *named_then(void)
{
    json_t *json = json_loads(recipe, 0, NULL), *options = json_incref(json_object_get(json, "options"));
    json_decref(json);
    assert_non_null(options);
    return options;
}

static void all_are_old_or_have_a_past(void **state)
{
    (void)state;
    json_t *then = named_then();
    scumble_options *options = STYLE_OPTIONS(NULL);
    for (int i = 0; i < sc_style_option_table.count; i++) {
        const char *name = sc_style_option_table.infos[i].name,
                   *past = sc_option_table_past(&sc_style_option_table, name);
        if (strcmp(name, "max-memory") && !json_object_get(then, name) == !past)
            fail_msg("the option '%s' came after 0.1.0: say in src/record/style_options.c what it was before", name);
        if (past && scumble_options_set(s, options, name, past))
            fail_msg("the past of '%s': %s", name, scumble_error_text(s));
    }
    json_decref(then);
}

static void recipes_take_the_past(void **state)
{
    (void)state;
    scumble_options *options = STYLE_OPTIONS("stop-after", "5");
    assert_string_equal(text_of(options, "grid"), "even");
    assert_int_equal(scumble_recipe_options(s, recipe, options), 0);
    assert_string_equal(text_of(options, "grid"), "still");
    assert_true(value_of(options, "stop-after") == 0);
    assert_true(value_of(options, "iterations") == 26);
    /* One that names it; and one that people wrote. */
    assert_int_equal(scumble_recipe_options(
                         s, "{\"recipe\": 1, \"scumble\": \"0.2.0\", \"options\": {\"grid\": \"even\"}}", options),
                     0);
    assert_string_equal(text_of(options, "grid"), "even");
    assert_int_equal(scumble_recipe_options(s, "{\"recipe\": 1, \"options\": {\"beta\": \"3\"}}", options), 0);
    assert_string_equal(text_of(options, "grid"), "even");
    assert_true(value_of(options, "beta") == 3);
}

/* Styles and masks are asked for one after the other, so that their number must not be anyone's choice. */
static void most_styles(void **state)
{
    (void)state;
    static const int counts[] = { 64, 65, 20000 };
    static const char *const kinds[] = { "styles", "masks" };
    for (int i = 0; i < 6; i++) {
        json_t *json = json_loads(recipe, 0, NULL), *list = json_array(),
               *style = json_array_get(json_object_get(json, "styles"), 0);
        for (int k = 0; k < counts[i / 2]; k++)
            json_array_append(list, style);
        json_object_set_new(json, kinds[i % 2], list);
        char *text = json_dumps(json, JSON_COMPACT);
        scumble_recipe_file file;
        int expected = i < 2 ? 0 : SCUMBLE_ERR_LIMIT;
        assert_int_equal(scumble_recipe_input(s, text, 1, &file), expected);
        assert_int_equal(scumble_recipe_guide(s, text, SCUMBLE_GUIDE_MASK, 0, &file), i == 1   ? 0 :
                                                                                      expected ? expected :
                                                                                                 SCUMBLE_ERR_NOT_FOUND);
        free(text);
        json_decref(json);
    }
}

/* As the options of this version say it now, over the recipe of then. */
static char *said_now(const char *grid)
{
    json_t *json = json_loads(recipe, 0, NULL);
    json_object_set_new(json_object_get(json, "options"), "grid", json_string(grid));
    char *text = json_dumps(json, 0);
    json_decref(json);
    return text;
}

static void differences_know_the_past(void **state)
{
    (void)state;
    char *still = said_now("still"), *even = said_now("even"), *difference = sc_recipe_difference(recipe, even, true);
    assert_null(sc_recipe_difference(recipe, still, true));
    assert_string_equal(difference, "`grid` was still and is even");
    free(difference);
    free(still);
    free(even);
}

static void tables_take_the_past(void **state)
{
    (void)state;
    typedef struct {
        int old, young;
    } fields;
    static const scumble_option_info infos[] = { SC_OPTION_INFO("old", "", "N", WHOLE, old, 0, 9, "1", NULL, "", "")
                                                     SC_OPTION_INFO("young", "", "N", WHOLE, young, 0, 9, "2", NULL, "",
                                                                    "") };
    static const sc_option_field of[] = { SC_OPTION_FIELD(fields, old) SC_OPTION_FIELD(fields, young) };
    static const sc_past_option past[] = { { "young", "7" }, { NULL, NULL } };
    static const sc_option_table table = { infos, of, 2, sizeof(fields), past, NULL };
    sc_error err = { 0 };
    fields f;
    json_t *then = json_pack("{s:s}", "old", "3"), *now = json_pack("{s:s, s:s}", "old", "3", "young", "4");
    sc_option_table_default(&table, &f);
    assert_int_equal(f.young, 2);
    assert_int_equal(sc_option_table_from_json(&table, then, &f, &err), 0);
    assert_true(f.old == 3 && f.young == 7);
    assert_int_equal(sc_option_table_from_json(&table, now, &f, &err), 0);
    assert_true(f.old == 3 && f.young == 4);
    json_decref(then);
    json_decref(now);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_old_or_have_a_past), cmocka_unit_test(recipes_take_the_past),
        cmocka_unit_test(differences_know_the_past),  cmocka_unit_test(most_styles),
        cmocka_unit_test(tables_take_the_past),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
