/* SPDX-License-Identifier: MIT */
/* Rights and provenance as an application sees them: what a file says, what recipes keep, permissions, comparing, and
 * wrong arguments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "scumble/provenance.h"

static scumble *s;
static char folder[256];

static int open_all(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/scumble-test-XXXXXX", base ? base : "/tmp");
    return !mkdtemp(folder) || scumble_open(&s, NULL);
}

static int close_all(void **state)
{
    (void)state;
    scumble_close(&s);
    return rmdir(folder);
}

/* A recipe whose content says this of its rights (JSON), saved with a small picture. */
static void save(const char *path, const char *rights, const char *sha256)
{
    float rgb[8 * 8 * 3] = { 0 };
    char recipe[1000];
    scumble_image *image = NULL;
    snprintf(recipe, sizeof recipe,
             "{\"recipe\": 1, \"content\": {\"path\": \"dir/photo.jpg\", \"sha256\": \"%s\", \"rights\": %s}, "
             "\"styles\": [{\"path\": \"s.jpg\", \"rights\": "
             "{\"notice\": \"all rights reserved\"}}]}",
             sha256, rights);
    scumble_save_options options = { .size = sizeof options, .recipe = recipe };
    assert_int_equal(scumble_image_create(s, 8, 8, rgb, NULL, &image), 0);
    assert_int_equal(scumble_image_save(s, image, path, &options), 0);
    scumble_image_free(&image);
}

static void test_rights(void **state)
{
    (void)state;
    char path[300], *json = NULL;
    const scumble_rights *rights;
    const char *name;
    snprintf(path, sizeof path, "%s/a.png", folder);
    save(path, "{\"notice\": \"\xc2\xa9 B\", \"creator\": 5, \"marked\": \"True\"}", "00");
    assert_int_equal(scumble_rights_read(s, path, &rights), 0);
    assert_string_equal(rights->notice, "\xc2\xa9 B");
    assert_string_equal(rights->creator, "");
    assert_string_equal(rights->summary, "\xc2\xa9 B; marked as under copyright");
    assert_non_null(rights->reserved);
    assert_int_equal(scumble_recipe_load(s, path, &json), 0);
    assert_int_equal(scumble_rights_of_style(s, json, 0, &name, &rights), 0);
    assert_string_equal(name, "s.jpg");
    assert_string_equal(rights->reserved, "reserves all rights");
    assert_int_equal(scumble_rights_of_style(s, json, 1, &name, &rights), SCUMBLE_ERR_NOT_FOUND);
    assert_null(name);
    assert_string_equal(rights->notice, "");
    assert_int_equal(scumble_rights_of_style(s, json, -1, NULL, &rights), SCUMBLE_ERR_NOT_FOUND);
    assert_int_equal(scumble_rights_of_style(s, "no JSON", 0, NULL, &rights), SCUMBLE_ERR_NOT_FOUND);
    scumble_text_free(&json);
    unlink(path);
    assert_int_equal(scumble_rights_read(s, path, &rights), SCUMBLE_ERR_NOT_FOUND);
    assert_string_equal(rights->summary, "");
    assert_null(rights->reserved);
}

static void test_permit(void **state)
{
    (void)state;
    char *permitted = NULL, *twice = NULL, lengthy[2100];
    assert_int_equal(scumble_recipe_permit(s, " {\"x\": 0.1}", "say \"yes\"\n", &permitted), 0);
    assert_non_null(strstr(permitted, "\"x\": 0.1}")); /* numbers stay as they were */
    json_t *recipe = json_loads(permitted, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(recipe, "permission")), "say \"yes\"\n");
    json_decref(recipe);
    assert_int_equal(scumble_recipe_permit(s, permitted, "again", &twice), SCUMBLE_ERR_FORMAT);
    assert_null(twice);
    scumble_text_free(&permitted);
    assert_int_equal(scumble_recipe_permit(NULL, "{ }", "a", &permitted), 0);
    recipe = json_loads(permitted, 0, NULL);
    assert_int_equal(json_object_size(recipe), 1);
    json_decref(recipe);
    scumble_text_free(&permitted);
    memset(lengthy, 'x', sizeof lengthy);
    lengthy[2001] = 0;
    assert_int_equal(scumble_recipe_permit(s, "{}", lengthy, &permitted), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_recipe_permit(s, "{}", "", &permitted), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_recipe_permit(s, "{}", "\xff", &permitted), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_recipe_permit(s, "[]", "a", &permitted), SCUMBLE_ERR_FORMAT);
    assert_int_equal(scumble_recipe_permit(s, "", "a", &permitted), SCUMBLE_ERR_FORMAT);
}

/* The status of the first source. */
static void assert_status(const char *path, const char *const *files, int count, const char *status, int well)
{
    char *json = NULL;
    int verified = -1;
    assert_int_equal(scumble_provenance_read(s, path, files, count, &json, &verified), 0);
    json_t *report = json_loads(json, 0, NULL), *source = json_array_get(json_object_get(report, "sources"), 0);
    assert_string_equal(json_string_value(json_object_get(source, "status")), status);
    assert_string_equal(json_string_value(json_object_get(source, "name")), "photo.jpg");
    assert_int_equal(verified, well);
    json_decref(report);
    scumble_text_free(&json);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void test_compare(void **state)
{
    (void)state;
    char path[300], photo[300], other[310], hex[65], *json = NULL;
    const char *const files[] = { photo, other };
    snprintf(path, sizeof path, "%s/a.ppm", folder); /* the recipe lies beside it */
    snprintf(photo, sizeof photo, "%s/photo.jpg", folder);
    snprintf(other, sizeof other, "%s/other.jpg", folder);
    write_file(photo, "the photo");
    write_file(other, "another");
    assert_int_equal(scumble_file_sha256(s, photo, hex), 0);
    save(path, "{}", hex);
    assert_status(path, NULL, 0, "not given", 1); /* recorded as dir/photo.jpg */
    assert_status(path, files, 1, "matches", 1);
    assert_status(path, files, 2, "matches", 0); /* the other is no source */
    write_file(photo, "changed");
    assert_status(path, files, 1, "differs", 0);
    unlink(photo);
    assert_int_equal(scumble_provenance_read(s, path, files, 1, &json, NULL), SCUMBLE_ERR_NOT_FOUND);
    assert_null(json);
    unlink(other);
    snprintf(other, sizeof other, "%s.json", path);
    unlink(other);
    assert_int_equal(scumble_provenance_read(s, path, NULL, 0, &json, NULL), 0); /* now it is any picture */
    assert_null(strstr(json, "sources"));
    scumble_text_free(&json);
    unlink(path);
}

static void test_arguments(void **state)
{
    (void)state;
    const scumble_rights *rights;
    char *json;
    assert_int_equal(scumble_rights_read(NULL, "x", &rights), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_rights_read(s, NULL, &rights), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_rights_read(s, "x", NULL), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_rights_of_style(s, NULL, 0, NULL, &rights), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_recipe_permit(s, NULL, "a", &json), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_recipe_permit(s, "{}", "a", NULL), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_provenance_read(s, NULL, NULL, 0, &json, NULL), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_provenance_read(s, "x", NULL, 1, &json, NULL), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_provenance_read(s, "x", (const char *[]){ NULL }, 1, &json, NULL), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_provenance_read(s, "x", NULL, 0, NULL, NULL), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(scumble_image_keeps_metadata(NULL), 0);
    assert_int_equal(scumble_image_keeps_metadata("a.ppm"), 0);
    assert_int_equal(scumble_image_keeps_metadata("a.png"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rights),
        cmocka_unit_test(test_permit),
        cmocka_unit_test(test_compare),
        cmocka_unit_test(test_arguments),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
