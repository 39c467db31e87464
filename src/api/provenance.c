/* SPDX-License-Identifier: MIT */
/* Rights and provenance of the public API: rights of inputs, in recipes and out of them; what a recipe says for the
 * metadata; files compared with what was recorded. See scumble/provenance.h. Recipes come from anywhere, so every
 * value's type is checked. */
#include "api/provenance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/context.h"
#include "api/rights_json.h"
#include "core/file.h"
#include "scumble/provenance.h"

enum { PERMISSION_MOST = 2000 };

/* ---- rights and JSON ------------------------------------------------------------------------------------------- */

/* "XMP, EXIF" */
static json_t *places_json(unsigned places)
{
    static const char *const names[] = { "XMP", "IPTC", "EXIF", "PNG text" };
    char text[40] = "";
    for (int i = 0; i < 4; i++)
        if (places & 1u << i) {
            size_t length = strlen(text);
            snprintf(text + length, sizeof text - length, "%s%s", length ? ", " : "", names[i]);
        }
    return json_string(text);
}

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

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* The file of a source that a recipe names: its path, as recipes had it before 0.2, its name, or, of a network, its
 * file. "" where it has none. */
static const char *file_of(const json_t *file, bool network)
{
    const char *path = text_of(file, "path");
    return *path ? path : text_of(file, network ? "file" : "name");
}

static void add_source(json_t *list, const char *role, const json_t *file)
{
    static const char *const kept[] = { "sha256", "weight", "rights" };
    if (!json_is_object(file))
        return;
    bool network = !strcmp(role, "painter") || !strcmp(role, "encoder");
    const char *path = file_of(file, network);
    json_t *source = json_pack("{s:s, s:s}", "role", role, "name", *path ? sc_file_name(path) : text_of(file, "name"));
    if (*path)
        json_object_set_new(source, "path", json_string(path));
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (json_object_get(file, kept[i]))
            json_object_set(source, kept[i], json_object_get(file, kept[i]));
    json_array_append_new(list, source);
}

json_t *sc_recipe_sources(const json_t *recipe)
{
    json_t *list = json_array(), *entry;
    size_t i;
    add_source(list, "content", json_object_get(recipe, "content"));
    json_array_foreach(json_object_get(recipe, "styles"), i, entry)
    {
        add_source(list, json_object_get(recipe, "training") ? "painting" : "style", entry);
        add_source(list, "style mask", json_object_get(entry, "mask"));
    }
    json_array_foreach(json_object_get(recipe, "paintings"), i, entry) add_source(list, "painting", entry);
    json_array_foreach(json_object_get(recipe, "masks"), i, entry) add_source(list, "mask", entry);
    static const char *const others[] = { "protect", "palette", "start" };
    for (size_t k = 0; k < sizeof others / sizeof *others; k++)
        add_source(list, others[k], json_object_get(recipe, others[k]));
    return list;
}

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
        s->rights_name = strdup(sc_file_name(file_of(style, false)));
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

/* ---- for the metadata ------------------------------------------------------------------------------------------ */

static bool is_recipe(const json_t *recipe)
{
    return json_object_get(recipe, "recipe") || json_object_get(recipe, "painting") ||
           json_object_get(recipe, "training");
}

/* "encoder" or "painter", whichever the recipe names; NULL for neither. */
static const char *network_kind(const json_t *recipe)
{
    return json_is_object(json_object_get(recipe, "painter")) ? "painter" :
           json_is_object(json_object_get(recipe, "encoder")) ? "encoder" :
                                                                NULL;
}

bool sc_said_read(sc_said *said, const char *recipe)
{
    *said = (sc_said){ .recipe = json_loads(recipe, 0, NULL) };
    if (is_recipe(said->recipe))
        said->sources = sc_recipe_sources(said->recipe);
    size_t count = json_array_size(said->sources);
    said->origins = said->sources ? calloc(count + 1, sizeof *said->origins) : NULL;
    if (!said->origins) {
        sc_said_free(said);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *source = json_array_get(said->sources, i);
        said->origins[i] = (sc_origin){ .role = text_of(source, "role"),
                                        .name = text_of(source, "name"),
                                        .sha256 = text_of(source, "sha256") };
        sc_rights_from_json(&said->origins[i].rights, json_object_get(source, "rights"));
    }
    snprintf(said->tool, sizeof said->tool, "scumble %.64s", text_of(said->recipe, "scumble"));
    const char *kind = network_kind(said->recipe);
    const json_t *network = kind ? json_object_get(said->recipe, kind) : NULL;
    said->provenance = (sc_provenance){ .tool = said->tool,
                                        .network_kind = kind,
                                        .network = text_of(network, "name"),
                                        .network_licence = text_of(network, "licence"),
                                        .network_source = text_of(network, "source"),
                                        .network_sha256 = text_of(network, "sha256"),
                                        .permission = text_of(said->recipe, "permission"),
                                        .origins = said->origins,
                                        .origin_count = (int)count };
    return true;
}

void sc_said_free(sc_said *said)
{
    json_decref(said->recipe);
    json_decref(said->sources);
    free(said->origins);
    *said = (sc_said){ 0 };
}

int scumble_image_keeps_metadata(const char *path)
{
    return path && sc_image_keeps_recipe(path);
}

/* ---- comparing ------------------------------------------------------------------------------------------------- */

/* A file to compare with. */
typedef struct given {
    const char *path;
    char sha256[65];
    bool known; /* it is one of the sources */
} given;

static void set_status(json_t *source, const char *status, const char *file)
{
    json_object_set_new(source, "status", json_string(status));
    if (file)
        json_object_set_new(source, "file", json_string(file)); /* left out where the name is no UTF-8 */
}

static bool same_hash(const json_t *source, const char *sha256)
{
    return !strcmp(text_of(source, "sha256"), sha256);
}

/* By content; where none fits, by name. False when it differs. */
static bool compare_given(json_t *source, given *files, int count)
{
    given *named = NULL;
    for (int i = 0; i < count; i++)
        if (same_hash(source, files[i].sha256)) {
            files[i].known = true;
            set_status(source, "matches", files[i].path);
            return true;
        }
    const char *path = text_of(source, "path");
    for (int i = 0; *path && i < count && !named; i++)
        if (!strcmp(sc_file_name(files[i].path), sc_file_name(path)))
            named = &files[i];
    set_status(source, named ? "differs" : "not given", named ? named->path : NULL);
    if (named)
        named->known = true;
    return !named;
}

/* At the recorded path, from the working folder or beside the file. */
static bool compare_recorded(const sc_threads *threads, json_t *source, const char *beside)
{
    const char *path = text_of(source, "path"), *slash = strrchr(beside, '/');
    char *places[2] = { strdup(path),
                        slash && *path != '/' ? sc_format("%.*s/%s", (int)(slash - beside), beside, path) : NULL };
    const char *status = "not given";
    int at = -1;
    for (int i = 0; *path && i < 2 && strcmp(status, "matches"); i++) {
        sc_error err = { 0 };
        char sha256[65];
        if (!places[i] || access(places[i], R_OK) || sc_file_sha256(threads, places[i], sha256, &err))
            continue;
        bool same = same_hash(source, sha256);
        if (same || at < 0)
            at = i;
        status = same ? "matches" : "differs";
    }
    set_status(source, status, at < 0 ? NULL : places[at]);
    free(places[0]);
    free(places[1]);
    return strcmp(status, "differs") != 0;
}

static int hash_files(const sc_threads *threads, given *files, const char *const *paths, int count, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int i = 0; i < count && !code; i++) {
        files[i].path = paths[i];
        code = sc_file_sha256(threads, paths[i], files[i].sha256, err);
    }
    return code;
}

/* Adds a status to every source. Returns whether all is well. */
static bool compare(const sc_threads *threads, json_t *report, given *files, int count, const char *path)
{
    bool well = true;
    json_t *sources = json_object_get(report, "sources"), *source, *unknown = json_array();
    size_t k;
    json_array_foreach(sources, k, source)
    {
        bool same = count ? compare_given(source, files, count) : compare_recorded(threads, source, path);
        well = well && same;
    }
    for (int i = 0; i < count; i++)
        if (!files[i].known)
            json_array_append_new(unknown, json_string(files[i].path));
    for (int i = 0; i < count; i++)
        well = well && files[i].known;
    if (json_array_size(unknown))
        json_object_set(report, "unknown", unknown);
    json_decref(unknown);
    return well;
}

/* ---- the report ------------------------------------------------------------------------------------------------ */

static void add_rights(json_t *report, const sc_rights *rights)
{
    json_t *object = sc_rights_to_json(rights), *places = json_object();
    for (sc_right i = 0; object && i < SC_RIGHT_COUNT; i++)
        if (*rights->text[i])
            json_object_set_new(places, sc_right_name(i), places_json(rights->places[i]));
    if (object) {
        json_object_set(object, "places", places);
        json_object_set_new(report, "rights", object);
    }
    json_decref(places);
}

static void add_network(json_t *report, const json_t *recipe)
{
    static const char *const kept[] = { "name", "licence", "source", "sha256" };
    const char *kind = network_kind(recipe);
    if (!kind)
        return;
    const json_t *network = json_object_get(recipe, kind);
    json_t *object = json_object();
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (*text_of(network, kept[i]))
            json_object_set_new(object, kept[i], json_string(text_of(network, kept[i])));
    json_object_set_new(report, kind, object);
    add_source(json_object_get(report, "sources"), kind, network);
}

static json_t *make_report(const char *path, const sc_rights *rights, const char *text)
{
    json_t *report = json_object(), *recipe = text ? json_loads(text, 0, NULL) : NULL;
    json_object_set_new(report, "file", json_string(path));
    add_rights(report, rights);
    if (is_recipe(recipe)) {
        char tool[80];
        snprintf(tool, sizeof tool, "scumble %.64s", text_of(recipe, "scumble"));
        json_object_set_new(report, "tool", json_string(tool));
        if (*text_of(recipe, "permission"))
            json_object_set_new(report, "permission", json_string(text_of(recipe, "permission")));
        json_object_set_new(report, "sources", sc_recipe_sources(recipe));
        add_network(report, recipe);
        json_object_set(report, "recipe", recipe);
    }
    json_decref(recipe);
    return report;
}

/* The picture's own rights, and the recipe in it or beside it; a file that is no picture must have a recipe. */
static int read_file(scumble *s, const char *path, sc_rights *rights, char **recipe, sc_error *err)
{
    sc_error picture = { 0 };
    bool is_picture = !sc_image_read_rights(path, rights, NULL, &picture);
    int code = scumble_recipe_load(s, path, recipe);
    if (!code || (is_picture && code == SCUMBLE_ERR_NOT_FOUND))
        return SCUMBLE_OK;
    *err = is_picture || picture.code == SCUMBLE_ERR_FORMAT ? s->error : picture;
    return err->code;
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
    sc_rights rights;
    char *recipe = NULL;
    given *compared = calloc((size_t)count + 1, sizeof *compared);
    int code =
        compared ? read_file(s, path, &rights, &recipe, &err) : sc_fail_memory(&err, (size_t)count * sizeof *compared);
    if (!code)
        code = hash_files(s->threads, compared, files, count, &err);
    if (!code) {
        json_t *report = make_report(path, &rights, recipe);
        bool well = compare(s->threads, report, compared, count, path);
        *json = sc_threads_check(s->threads, &err) ? NULL : json_dumps(report, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
        json_decref(report);
        if (!*json && !err.code)
            sc_fail_memory(&err, 1);
        else if (*json && verified)
            *verified = well;
    }
    free(recipe);
    free(compared);
    return sc_report(s, &err);
}

int scumble_image_made_here(scumble *s, const char *path)
{
    if (!sc_is_open(s) || !path)
        return 0;
    sc_error err = { 0 };
    sc_rights rights = { 0 };
    char *text = NULL;
    if (sc_image_read_rights(path, &rights, NULL, &err))
        return 0;
    if (!rights.made_here &&
        !scumble_recipe_load(s, path, &text)) { /* of a format without metadata; another program's JSON may lie there */
        json_t *recipe = json_loads(text, 0, NULL);
        rights.made_here = is_recipe(recipe);
        json_decref(recipe);
        free(text);
    }
    return rights.made_here;
}
