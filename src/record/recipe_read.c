/* SPDX-License-Identifier: MIT */
/* Recipes found in files, and read. See recipe.h. */
#include "record/recipe.h"

#include <stdlib.h>
#include <string.h>

#include "core/file.h"

enum { MAX_TEXT = 1 << 20 };

/* ---- finding --------------------------------------------------------------------------------------------------- */

static int recipe_of_checkpoint(const sc_mapped_file *file, char **json, sc_error *err)
{
    int code = sc_safetensors_text(json, file->data, file->size_bytes, "recipe", err);
    return code || *json ? code : sc_fail(err, SCUMBLE_ERR_NOT_FOUND, "there is no recipe in it");
}

static int recipe_of_json(const uint8_t *data, size_t size, char **json, sc_error *err)
{
    if (size > MAX_TEXT)
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "a recipe of more than 1 MiB is refused");
    *json = strndup((const char *)data, size);
    return *json ? SCUMBLE_OK : sc_fail_memory(err, size);
}

/* Beside a picture that has no room for it. */
static int recipe_beside(const char *path, char **json, sc_error *err)
{
    char *sidecar = sc_image_sidecar(path);
    sc_mapped_file file = { 0 };
    sc_error none = { 0 };
    int code = sidecar ? sc_file_map(&file, sidecar, &none) : sc_fail_memory(err, strlen(path));
    free(sidecar);
    if (code == SCUMBLE_ERR_MEMORY)
        return code;
    if (code || !file.size_bytes || *file.data != '{')
        code = sc_fail(err, SCUMBLE_ERR_NOT_FOUND,
                       "there is no recipe in its metadata, nor beside it; only pictures that scumble wrote have one");
    else
        code = recipe_of_json(file.data, file.size_bytes, json, err);
    sc_file_unmap(&file);
    return code;
}

static int recipe_of_picture(const char *path, char **json, sc_error *err)
{
    sc_rights rights;
    int code = sc_image_read_rights(path, &rights, json, err);
    return code || *json ? code : recipe_beside(path, json, err);
}

static int find_recipe(const char *path, const sc_mapped_file *file, char **json, sc_error *err)
{
    const uint8_t *data = file->data;
    size_t size = file->size_bytes, start = 0;
    while (start < size && strchr(" \t\r\n", data[start]) && data[start])
        start++;
    if (start < size && data[start] == '{')
        return recipe_of_json(data, size, json, err);
    if (size > 8 && data[8] == '{')
        return recipe_of_checkpoint(file, json, err);
    return recipe_of_picture(path, json, err);
}

int sc_recipe_find(const char *path, char **json, sc_error *err)
{
    sc_mapped_file file;
    int code = sc_file_map(&file, path, err);
    if (code)
        return code;
    code = find_recipe(path, &file, json, err);
    if (code && !strstr(err->text, path)) /* a picture that cannot be read is named already */
        sc_error_prefix(err, "no recipe can be taken from '%s'", path);
    sc_file_unmap(&file);
    return code;
}

/* Nothing that could be painted has more styles; and whoever asks for one after the other has the text parsed for each.
 */
static int check(const json_t *recipe, sc_error *err)
{
    size_t styles = json_array_size(json_object_get(recipe, "styles")),
           masks = json_array_size(json_object_get(recipe, "masks"));
    if (json_object_get(recipe, "painting"))
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "this is the recipe of a painter's picture (scumble apply), which only that painter repeats");
    if (json_integer_value(json_object_get(recipe, "recipe")) != 1)
        return sc_fail(err, SCUMBLE_ERR_FORMAT,
                       "this JSON is not a recipe of scumble, or of a newer version (\"recipe\": 1 is expected)");
    if (styles > SC_MOST_STYLES || masks > SC_MOST_STYLES)
        return sc_fail(err, SCUMBLE_ERR_LIMIT,
                       "the recipe names %zu styles and %zu masks, but a picture has at most %d of each", styles, masks,
                       SC_MOST_STYLES);
    return SCUMBLE_OK;
}

int sc_recipe_parse(const char *json, json_t **recipe, sc_error *err)
{
    json_error_t where;
    *recipe = json_loads(json, JSON_REJECT_DUPLICATES, &where);
    if (!*recipe)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the recipe is not valid JSON: %s in line %d", where.text, where.line);
    int code = check(*recipe, err);
    if (code)
        json_decref(*recipe);
    return code;
}

int sc_recipe_read_options(const json_t *recipe, sc_style_options *named, sc_error *err)
{
    const sc_option_table *table = &sc_style_option_table;
    const char *name;
    json_t *value, *all = json_object_get(recipe, "options");
    if (json_object_get(recipe, "scumble")) /* else nobody's version wrote it */
        sc_option_table_set_past(table, all, named);
    json_object_foreach(all, name, value)
    {
        const char *text = json_string_value(value);
        bool torus =
            text && strcmp(name, "padding") == 0 && strcmp(text, "circular") == 0; /* how tileable was called once */
        int code = torus ? sc_option_table_set(table, named, "tileable", "yes", err) :
                   text  ? sc_option_table_set(table, named, name, text, err) :
                           sc_fail(err, SCUMBLE_ERR_FORMAT, "option '%.60s' is not a text", name);
        if (code)
            return sc_error_prefix(err, "the recipe is wrong");
    }
    return SCUMBLE_OK;
}
