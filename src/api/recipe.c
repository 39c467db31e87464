/* SPDX-License-Identifier: MIT */
/* The public functions of recipes. See record/recipe.h. */
#include "record/recipe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/context.h"
#include "api/options.h"
#include "core/file.h"
#include "scumble/run.h"

int scumble_file_sha256(scumble *s, const char *path, char hex[65])
{
    if (hex)
        hex[0] = 0;
    if (!path || !hex)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    sc_file_sha256(s ? s->threads : NULL, path, hex, &err);
    return sc_report(s, &err);
}

int scumble_recipe_load(scumble *s, const char *path, char **json)
{
    if (json)
        *json = NULL;
    if (!sc_is_open(s) || !path || !json)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    sc_recipe_find(path, json, &err);
    return sc_report(s, &err);
}

int scumble_recipe_options(scumble *s, const char *json, scumble_options *options)
{
    if (!json || !options)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    json_t *recipe;
    scumble_options named;
    if (!sc_options_take(&named, options, SCUMBLE_OPTIONS_STYLE, &err) && !sc_recipe_parse(json, &recipe, &err)) {
        if (!sc_recipe_read_options(recipe, &named.style, &err))
            *options = named;
        json_decref(recipe);
    }
    return sc_report(s, &err);
}

int scumble_recipe_texture(scumble *s, const char *json, int *width, int *height)
{
    if (!json || !width || !height)
        return sc_null(s, __func__);
    *width = *height = 0;
    sc_error err = { 0 };
    json_t *recipe;
    if (sc_recipe_parse(json, &recipe, &err))
        return sc_report(s, &err);
    json_t *texture = json_object_get(recipe, "texture");
    json_int_t w = json_integer_value(json_object_get(texture, "width")),
               h = json_integer_value(json_object_get(texture, "height"));
    if (!texture)
        sc_fail(&err, SCUMBLE_ERR_NOT_FOUND, "the recipe is not of a texture");
    else if (w < 1 || w > SC_MAX_EDGE || h < 1 || h > SC_MAX_EDGE)
        sc_fail(&err, SCUMBLE_ERR_FORMAT, "the recipe is wrong: a texture's width and height must be from 1 to %d",
                SC_MAX_EDGE);
    else {
        *width = (int)w;
        *height = (int)h;
    }
    json_decref(recipe);
    return sc_report(s, &err);
}

/* Fills *file from a file's object in the recipe (NULL: it is not there); `name` is what messages call it. Recipes
 * before 0.2 have paths. */
static int describe_file(scumble *s, const json_t *input, const char *name, scumble_recipe_file *file, sc_error *err)
{
    const char *path = json_string_value(json_object_get(input, "path")),
               *sha256 = json_string_value(json_object_get(input, "sha256"));
    if (!path)
        path = json_string_value(json_object_get(input, "name"));
    free(s->recipe_path);
    free(s->recipe_hash);
    s->recipe_path = path ? strdup(path) : NULL;
    s->recipe_hash = sha256 ? strdup(sha256) : NULL;
    *file = (scumble_recipe_file){ .path = s->recipe_path,
                                   .sha256 = s->recipe_hash,
                                   .weight = json_number_value(json_object_get(input, "weight")) };
    if (!input)
        return sc_fail(err, SCUMBLE_ERR_NOT_FOUND, "the recipe has no %s", name);
    if ((path && !s->recipe_path) || (sha256 && !s->recipe_hash))
        return sc_fail_memory(err, 4096);
    if (!path || !sha256)
        return sc_fail(err, SCUMBLE_ERR_NOT_FOUND, "the recipe's %s did not come from a file", name);
    return SCUMBLE_OK;
}

static const json_t *api_recipe_item(const json_t *array, int index)
{
    return index < 0 ? NULL : json_array_get(array, (size_t)index);
}

/* What asking for a file begins with: *file is cleared, the recipe parsed. Caller frees it with json_decref. */
static int open_recipe(scumble *s, const char *json, scumble_recipe_file *file, const char *function, json_t **recipe)
{
    if (file)
        *file = (scumble_recipe_file){ 0 };
    if (!sc_is_open(s) || !json || !file)
        return sc_null(s, function);
    sc_error err = { 0 };
    sc_recipe_parse(json, recipe, &err);
    return sc_report(s, &err);
}

int scumble_recipe_input(scumble *s, const char *json, int index, scumble_recipe_file *file)
{
    json_t *recipe;
    int code = open_recipe(s, json, file, __func__, &recipe);
    if (code)
        return code;
    sc_error err = { 0 };
    char name[32];
    snprintf(name, sizeof name, "input %d", index);
    describe_file(s,
                  index == 0 ? json_object_get(recipe, "content") :
                               api_recipe_item(json_object_get(recipe, "styles"), index - 1),
                  name, file, &err);
    json_decref(recipe);
    return sc_report(s, &err);
}

int scumble_recipe_guide(scumble *s, const char *json, scumble_guide_role role, int index, scumble_recipe_file *file)
{
    json_t *recipe;
    int code = open_recipe(s, json, file, __func__, &recipe);
    if (code)
        return code;
    sc_error err = { 0 };
    char name[32];
    const json_t *object = NULL;
    if (role == SCUMBLE_GUIDE_PROTECT || role == SCUMBLE_GUIDE_PALETTE || role == SCUMBLE_GUIDE_START) {
        snprintf(name, sizeof name, "%s",
                 role == SCUMBLE_GUIDE_PROTECT ? "protect" :
                 role == SCUMBLE_GUIDE_PALETTE ? "palette" :
                                                 "start");
        object = json_object_get(recipe, name);
    } else if (role == SCUMBLE_GUIDE_MASK) {
        snprintf(name, sizeof name, "mask %d", index);
        object = api_recipe_item(json_object_get(recipe, "masks"), index);
    } else {
        snprintf(name, sizeof name, "style mask %d", index);
        object = json_object_get(api_recipe_item(json_object_get(recipe, "styles"), index), "mask");
    }
    describe_file(s, object, name, file, &err);
    json_decref(recipe);
    return sc_report(s, &err);
}

int scumble_recipe_encoder(scumble *s, const char *json, const char **file)
{
    if (file)
        *file = NULL;
    if (!sc_is_open(s) || !json || !file)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    json_t *recipe;
    if (sc_recipe_parse(json, &recipe, &err))
        return sc_report(s, &err);
    const char *name = json_string_value(json_object_get(json_object_get(recipe, "encoder"), "file"));
    const char *option = json_string_value(json_object_get(json_object_get(recipe, "options"), "encoder"));
    if (!name && option && sc_option_names_file("encoder", option))
        name = option;
    free(s->recipe_path);
    s->recipe_path = name ? strdup(name) : NULL;
    if (name && !s->recipe_path)
        sc_fail_memory(&err, strlen(name));
    else if (!name)
        sc_fail(&err, SCUMBLE_ERR_NOT_FOUND, "the recipe's encoder did not come from a file of its own");
    *file = s->recipe_path;
    json_decref(recipe);
    return sc_report(s, &err);
}

int scumble_recipe_event(scumble *s, const char *json, int index, int *iteration, const char **name, const char **value)
{
    if (!sc_is_open(s) || !json || !iteration || !name || !value)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    json_t *recipe;
    *iteration = 0;
    *name = *value = NULL;
    if (sc_recipe_parse(json, &recipe, &err))
        return sc_report(s, &err);
    const json_t *event = api_recipe_item(json_object_get(recipe, "events"), index), *to = json_object_get(event, "to");
    const char *set = json_string_value(json_object_get(event, "set"));
    free(s->recipe_path);
    free(s->recipe_hash);
    s->recipe_path = set ? strdup(set) : NULL;
    s->recipe_hash = json_is_string(to) ? strdup(json_string_value(to)) : to ? json_dumps(to, JSON_ENCODE_ANY) : NULL;
    if (!event)
        sc_fail(&err, SCUMBLE_ERR_NOT_FOUND, "the recipe has no event %d", index);
    else if (!set || !to || !json_is_integer(json_object_get(event, "iteration")))
        sc_fail(&err, SCUMBLE_ERR_FORMAT, "the recipe's event %d is damaged", index);
    else if (!s->recipe_path || !s->recipe_hash)
        sc_fail_memory(&err, 256);
    else if (json_is_object(to))
        sc_fail(&err, SCUMBLE_ERR_UNSUPPORTED,
                "the recipe's run was given other pictures on its way (%s after %lld iterations), which only a program "
                "that has them can repeat",
                set, (long long)json_integer_value(json_object_get(event, "iteration")));
    *iteration = (int)json_integer_value(json_object_get(event, "iteration"));
    *name = s->recipe_path;
    *value = s->recipe_hash;
    json_decref(recipe);
    return sc_report(s, &err);
}

int scumble_recipe_faces(const char *json)
{
    json_t *recipe = json ? json_loads(json, JSON_REJECT_DUPLICATES, NULL) : NULL;
    int faces = json_is_true(json_object_get(recipe, "faces"));
    json_decref(recipe);
    return faces;
}
