/* SPDX-License-Identifier: MIT */
/* What a recipe says for a picture's metadata. See provenance.h. Recipes come from anywhere, so every value's type is
 * checked. */
#include "record/provenance.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "record/recipe.h"
#include "record/rights_json.h"

const char *sc_recipe_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

const char *sc_recipe_file(const json_t *file, bool network)
{
    const char *path = sc_recipe_text(file, "path");
    return *path ? path : sc_recipe_text(file, network ? "file" : "name");
}

static void add_source(json_t *list, const char *role, const json_t *file)
{
    static const char *const kept[] = { "sha256", "weight", "rights" };
    if (!json_is_object(file))
        return;
    bool network = !strcmp(role, "painter") || !strcmp(role, "encoder");
    const char *path = sc_recipe_file(file, network);
    json_t *source =
        json_pack("{s:s, s:s}", "role", role, "name", *path ? sc_file_name(path) : sc_recipe_text(file, "name"));
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

bool sc_recipe_is_any(const json_t *recipe)
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
    if (sc_recipe_is_any(said->recipe))
        said->sources = sc_recipe_sources(said->recipe);
    size_t count = json_array_size(said->sources);
    said->origins = said->sources ? calloc(count + 1, sizeof *said->origins) : NULL;
    if (!said->origins) {
        sc_said_free(said);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *source = json_array_get(said->sources, i);
        said->origins[i] = (sc_origin){ .role = sc_recipe_text(source, "role"),
                                        .name = sc_recipe_text(source, "name"),
                                        .sha256 = sc_recipe_text(source, "sha256") };
        sc_rights_from_json(&said->origins[i].rights, json_object_get(source, "rights"));
    }
    snprintf(said->tool, sizeof said->tool, "scumble %.64s", sc_recipe_text(said->recipe, "scumble"));
    const char *kind = network_kind(said->recipe);
    const json_t *network = kind ? json_object_get(said->recipe, kind) : NULL;
    said->provenance = (sc_provenance){ .tool = said->tool,
                                        .network_kind = kind,
                                        .network = sc_recipe_text(network, "name"),
                                        .network_licence = sc_recipe_text(network, "licence"),
                                        .network_source = sc_recipe_text(network, "source"),
                                        .network_sha256 = sc_recipe_text(network, "sha256"),
                                        .permission = sc_recipe_text(said->recipe, "permission"),
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

char *sc_said_sentence(const char *recipe)
{
    sc_said said;
    if (!sc_said_read(&said, recipe))
        return NULL;
    const sc_provenance *p = &said.provenance;
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "Made by %s (" SC_SOURCE_TYPE ")", p->tool);
    for (int i = 0; i < p->origin_count; i++) {
        const sc_origin *origin = &p->origins[i];
        char rights[SC_SUMMARY_BYTES];
        sc_rights_summary(&origin->rights, rights);
        g_string_append_printf(text, "%s %s '%s'", i ? "," : " from the", origin->role, origin->name);
        if (*rights)
            g_string_append_printf(text, " (%s)", rights);
    }
    if (p->network_kind && *p->network)
        g_string_append_printf(text, "; %s %s (%s)", p->network_kind, p->network,
                               *p->network_licence ? p->network_licence : "licence unknown");
    if (*p->permission)
        g_string_append_printf(text, "; permission: %s", p->permission);
    g_string_append(text, ".");
    sc_said_free(&said);
    char *copy = strdup(text->str);
    g_string_free(text, TRUE);
    return copy;
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

static bool record_provenance_same_hash(const json_t *source, const char *sha256)
{
    return !strcmp(sc_recipe_text(source, "sha256"), sha256);
}

/* By content; where none fits, by name. False when it differs. */
static bool compare_given(json_t *source, given *files, int count)
{
    given *named = NULL;
    for (int i = 0; i < count; i++)
        if (record_provenance_same_hash(source, files[i].sha256)) {
            files[i].known = true;
            set_status(source, "matches", files[i].path);
            return true;
        }
    const char *path = sc_recipe_text(source, "path");
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
    const char *path = sc_recipe_text(source, "path"), *slash = strrchr(beside, '/');
    char *places[2] = { strdup(path),
                        slash && *path != '/' ? sc_format("%.*s/%s", (int)(slash - beside), beside, path) : NULL };
    const char *status = "not given";
    int at = -1;
    for (int i = 0; *path && i < 2 && strcmp(status, "matches"); i++) {
        sc_error err = { 0 };
        char sha256[65];
        if (!places[i] || access(places[i], R_OK) || sc_file_sha256(threads, places[i], sha256, &err))
            continue;
        bool same = record_provenance_same_hash(source, sha256);
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
static bool record_provenance_compare(const sc_threads *threads, json_t *report, given *files, int count,
                                      const char *path)
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

/* "XMP, EXIF" */
static json_t *places_json(unsigned places)
{
    static const char *const names[] = { "XMP", "IPTC", "EXIF", "PNG text", "OpenEXR" };
    char text[48] = "";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (places & 1u << i) {
            size_t length = strlen(text);
            snprintf(text + length, sizeof text - length, "%s%s", length ? ", " : "", names[i]);
        }
    return json_string(text);
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
        if (*sc_recipe_text(network, kept[i]))
            json_object_set_new(object, kept[i], json_string(sc_recipe_text(network, kept[i])));
    json_object_set_new(report, kind, object);
    add_source(json_object_get(report, "sources"), kind, network);
}

static json_t *make_report(const char *path, const sc_rights *rights, const char *text)
{
    json_t *report = json_object(), *recipe = text ? json_loads(text, 0, NULL) : NULL;
    json_object_set_new(report, "file", json_string(path));
    add_rights(report, rights);
    if (sc_recipe_is_any(recipe)) {
        char tool[80];
        snprintf(tool, sizeof tool, "scumble %.64s", sc_recipe_text(recipe, "scumble"));
        json_object_set_new(report, "tool", json_string(tool));
        if (*sc_recipe_text(recipe, "permission"))
            json_object_set_new(report, "permission", json_string(sc_recipe_text(recipe, "permission")));
        json_object_set_new(report, "sources", sc_recipe_sources(recipe));
        add_network(report, recipe);
        json_object_set(report, "recipe", recipe);
    }
    json_decref(recipe);
    return report;
}

/* The picture's own rights, and the recipe in it or beside it; a file that is no picture must have a recipe. */
static int record_provenance_read_file(const char *path, sc_rights *rights, char **recipe, sc_error *err)
{
    sc_error picture = { 0 }, none = { 0 };
    bool is_picture = !sc_image_read_rights(path, rights, NULL, &picture);
    int code = sc_recipe_find(path, recipe, &none);
    if (!code || (is_picture && code == SCUMBLE_ERR_NOT_FOUND))
        return SCUMBLE_OK;
    *err = is_picture || picture.code == SCUMBLE_ERR_FORMAT ? none : picture;
    return err->code;
}

int sc_provenance_report(const sc_threads *threads, const char *path, const char *const *files, int count, char **json,
                         bool *well, sc_error *err)
{
    sc_rights rights;
    char *recipe = NULL;
    *json = NULL;
    *well = false;
    given *compared = calloc((size_t)count + 1, sizeof *compared);
    int code = compared ? record_provenance_read_file(path, &rights, &recipe, err) :
                          sc_fail_memory(err, (size_t)count * sizeof *compared);
    if (!code)
        code = hash_files(threads, compared, files, count, err);
    if (!code) {
        json_t *report = make_report(path, &rights, recipe);
        bool same = record_provenance_compare(threads, report, compared, count, path);
        code = sc_threads_check(threads, err);
        if (!code && !(*json = json_dumps(report, JSON_INDENT(1) | JSON_REAL_PRECISION(9))))
            code = sc_fail_memory(err, 1);
        json_decref(report);
        *well = !code && same;
    }
    free(recipe);
    free(compared);
    return code;
}
