/* SPDX-License-Identifier: MIT */
/* Rights and provenance of the public API: rights of inputs, in recipes and out of them; what a recipe says for the
 * metadata; files compared with what was recorded. See scumble/provenance.h. Recipes come from anywhere, so every
 * value's type is checked. */
#include "record/provenance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/context.h"
#include "record/recipe.h"
#include "record/rights_json.h"
#include "core/file.h"
#include "scumble/provenance.h"

enum { PERMISSION_MOST = 2000 };

/* ---- rights and JSON ------------------------------------------------------------------------------------------- */

/* The public form; the texts stay in the context. */
static void show(scumble *s, const scumble_rights **out)
{
    const sc_rights *r = &s->rights;
    sc_rights_summary(r, s->rights_summary);
    s->shown_rights = (scumble_rights){ .creator = r->text[SC_RIGHT_CREATOR],
                                        .notice = r->text[SC_RIGHT_NOTICE],
                                        .licence = r->text[SC_RIGHT_LICENCE],
                                        .statement = r->text[SC_RIGHT_STATEMENT],
                                        .credit = r->text[SC_RIGHT_CREDIT],
                                        .marked = r->text[SC_RIGHT_MARKED],
                                        .data_mining = r->text[SC_RIGHT_DATA_MINING],
                                        .source_type = r->text[SC_RIGHT_SOURCE_TYPE],
                                        .summary = s->rights_summary,
                                        .reserved = sc_rights_reserved(r) };
    *out = &s->shown_rights;
}

int scumble_rights_read(scumble *s, const char *path, const scumble_rights **rights)
{
    if (rights)
        *rights = NULL;
    if (!sc_is_open(s) || !path || !rights)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    sc_image_read_rights(path, &s->rights, NULL, &err);
    show(s, rights);
    return sc_report(s, &err);
}

/* ---- recipes --------------------------------------------------------------------------------------------------- */

/* Parsed once, for whoever asks for one style after the other. NULL: it is no JSON. */
static const json_t *recipe_of(scumble *s, const char *json, sc_error *err)
{
    if (s->rights_text && !strcmp(s->rights_text, json))
        return s->rights_recipe;
    json_decref(s->rights_recipe);
    free(s->rights_text);
    s->rights_recipe = json_loads(json, 0, NULL);
    s->rights_text = strdup(json);
    if (!s->rights_text)
        sc_fail_memory(err, strlen(json));
    return s->rights_recipe;
}

int scumble_rights_of_style(scumble *s, const char *json, int index, const char **name, const scumble_rights **rights)
{
    if (rights)
        *rights = NULL;
    if (name)
        *name = NULL;
    if (!sc_is_open(s) || !json || !rights)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    s->rights = (sc_rights){ 0 };
    const json_t *recipe = recipe_of(s, json, &err);
    const json_t *styles = json_object_get(recipe, "styles"),
                 *paintings = json_object_get(recipe, "paintings"); /* a painter's, in its pictures */
    const json_t *style = index < 0 ? NULL : json_array_get(styles ? styles : paintings, (size_t)index);
    if (style) {
        sc_rights_from_json(&s->rights, json_object_get(style, "rights"));
        free(s->rights_name);
        s->rights_name = strdup(sc_file_name(sc_recipe_file(style, false)));
        if (!s->rights_name)
            sc_fail_memory(&err, 1);
        if (name)
            *name = s->rights_name;
    } else
        sc_fail(&err, SCUMBLE_ERR_NOT_FOUND, "the recipe has no style %d", index);
    show(s, rights);
    return sc_report(s, &err);
}

/* The rest of the recipe stays as it is written, so that no number changes. */
static char *with_permission(const char *json, const json_t *permission, bool alone)
{
    const char *inside = strchr(json, '{') + 1;
    char *value = json_dumps(permission, JSON_ENCODE_ANY);
    char *text = value ? sc_format("{\n \"permission\": %s%s%s", value, alone ? "" : ",", inside) : NULL;
    free(value);
    return text;
}

int scumble_recipe_permit(scumble *s, const char *json, const char *permission, char **permitted)
{
    if (permitted)
        *permitted = NULL;
    if (!json || !permission || !permitted)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    json_t *recipe = json_loads(json, JSON_REJECT_DUPLICATES, NULL), *text = json_string(permission);
    if (!json_is_object(recipe) || json_object_get(recipe, "permission"))
        sc_fail(&err, SCUMBLE_ERR_FORMAT, "the recipe is not valid JSON, or has a permission already");
    else if (!text || !*permission || strlen(permission) > PERMISSION_MOST)
        sc_fail(&err, SCUMBLE_ERR_ARGUMENT, "the permission must be a text of 1 to %d bytes of UTF-8", PERMISSION_MOST);
    else if (!(*permitted = with_permission(json, text, json_object_size(recipe) == 0)))
        sc_fail_memory(&err, strlen(json));
    json_decref(text);
    json_decref(recipe);
    return sc_report(s, &err);
}

/* ---- files ------------------------------------------------------------------------------------------------------ */

int scumble_image_keeps_metadata(const char *path)
{
    return path && sc_image_keeps_recipe(path);
}

int scumble_provenance_read(scumble *s, const char *path, const char *const *files, int count, char **json,
                            int *verified)
{
    if (json)
        *json = NULL;
    if (verified)
        *verified = 0;
    if (!sc_is_open(s) || !path || !json || count < 0 || (count && !files) || !sc_texts_all_there(files, count))
        return sc_null(s, __func__);
    sc_error err = { 0 };
    bool well = false;
    sc_provenance_report(s->threads, path, files, count, json, &well, &err);
    if (verified)
        *verified = well;
    return sc_report(s, &err);
}

int scumble_image_made_here(scumble *s, const char *path)
{
    if (!sc_is_open(s) || !path)
        return 0;
    sc_error err = { 0 }, none = { 0 };
    sc_rights rights = { 0 };
    char *text = NULL;
    if (sc_image_read_rights(path, &rights, NULL, &err))
        return 0;
    if (!rights.made_here &&
        !sc_recipe_find(path, &text, &none)) { /* of a format without metadata; another program's JSON may lie there */
        json_t *recipe = json_loads(text, 0, NULL);
        rights.made_here = sc_recipe_is_any(recipe);
        json_decref(recipe);
        free(text);
    }
    return rights.made_here;
}
