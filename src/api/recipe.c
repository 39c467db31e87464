/* SPDX-License-Identifier: MIT */
/* Recipes written, found in files, and read back. See recipe.h. */
#include "api/recipe.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/rights_json.h"
#include "core/file.h"
#include "scumble/run.h"

enum { MAX_TEXT = 1 << 20 };

/* ---- writing --------------------------------------------------------------------------------------------------- */

/* A text, or the name of a file. */
static void set_name(json_t *object, const char *key, const char *text, bool is_file)
{
    char *name = is_file ? sc_file_shown_name(text) : NULL;
    json_object_set_new(object, key, json_string(name ? name : text));
    free(name);
}

bool sc_recipe_is_of_run(const char *option)
{
    return !strcmp(option, "max-memory") || !strcmp(option, "tiles") || !strcmp(option, "stop-after");
}

/* In an identity an option at what was done before it existed leaves no trace, so that older checkpoints fit. */
static bool belongs(const char *option, const char *value, bool in_words)
{
    const char *past = sc_option_table_past(&sc_style_option_table, option);
    if (sc_recipe_is_of_run(option))
        return false;
    return in_words || !past || strcmp(past, value);
}

/* Of files that options name only the names; where else they lie is nobody's business. */
static json_t *options_json(const sc_style_options *options, bool in_words)
{
    json_t *object = json_object();
    for (int i = 0; i < sc_style_option_table.count; i++) {
        const char *name = sc_style_option_table.infos[i].name;
        char text[2048];
        sc_error err;
        if (!sc_option_table_get(&sc_style_option_table, options, name, text, sizeof text, &err) &&
            belongs(name, text, in_words))
            set_name(object, name, text, sc_option_names_file(name, text));
    }
    return object;
}

/* The hash alone identifies; the name, without folders, is what to look for again, and what the file says of rights is
 * for people. */
static json_t *source_json(const sc_recipe_source *source, bool in_words)
{
    json_t *object = json_pack("{s:s}", "sha256", source->sha256),
           *rights = in_words ? sc_rights_to_json(source->rights) : NULL;
    if (source->path && in_words)
        set_name(object, "name", source->path, true);
    if (rights)
        json_object_set_new(object, "rights", rights);
    return object;
}

/* Nothing is added where there is nothing, so that recipes and identities without guides are as they were before there
 * were any. */
static void add_guides(json_t *inputs, const sc_recipe_facts *facts, bool in_words)
{
    if (facts->mask_count) {
        json_t *masks = json_array();
        for (int i = 0; i < facts->mask_count; i++)
            json_array_append_new(masks, source_json(&facts->masks[i], in_words));
        json_object_set_new(inputs, "masks", masks);
    }
    if (*facts->protect.sha256)
        json_object_set_new(inputs, "protect", source_json(&facts->protect, in_words));
    if (facts->faces)
        json_object_set_new(inputs, "faces", json_true());
    if (*facts->reference.sha256)
        json_object_set_new(inputs, "reference", source_json(&facts->reference, in_words));
    if (*facts->reference_mask.sha256)
        json_object_set_new(inputs, "reference_mask", source_json(&facts->reference_mask, in_words));
}

json_t *sc_recipe_guides(const sc_recipe_facts *facts)
{
    json_t *guides = json_object();
    if (guides)
        add_guides(guides, facts, true);
    return guides;
}

/* The file that an option names. In an identity its hash stands for it, so that a file may move. */
static void add_option_file(json_t *inputs, const char *option, const char *name, const sc_recipe_source *file,
                            bool in_words)
{
    if (!*file->sha256)
        return;
    json_object_set_new(inputs, name, source_json(file, in_words));
    if (!in_words)
        json_object_del(json_object_get(inputs, "options"), option);
}

/* An encoder from a file: what to look for again. In an identity the hash of its values stands for it. */
static void add_encoder_file(json_t *inputs, const char *encoder, bool in_words)
{
    if (!sc_option_names_file("encoder", encoder))
        return;
    if (in_words)
        json_object_set_new(json_object_get(inputs, "encoder"), "file", json_string(sc_file_name(encoder)));
    else
        json_object_del(json_object_get(inputs, "options"), "encoder");
}

static json_t *inputs_json(const sc_recipe_facts *facts, bool in_words)
{
    json_t *styles = json_array();
    for (int i = 0; i < facts->style_count; i++) {
        json_t *style = source_json(&facts->styles[i], in_words);
        json_object_set_new(style, "weight", json_real(facts->styles[i].weight));
        if (*facts->style_masks[i].sha256)
            json_object_set_new(style, "mask", source_json(&facts->style_masks[i], in_words));
        json_array_append_new(styles, style);
    }
    bool texture = facts->texture_width > 0;
    json_t *subject = texture ?
                          json_pack("{s:i, s:i}", "width", facts->texture_width, "height", facts->texture_height) :
                          source_json(&facts->content, in_words);
    json_t *inputs =
        json_pack("{s:o, s:{s:s, s:s, s:s, s:s}, s:o, s:o}", "options", options_json(facts->options, in_words),
                  "encoder", "name", sc_encoder_name(facts->encoder), "architecture",
                  sc_encoder_architecture(facts->encoder), "licence", sc_encoder_licence(facts->encoder), "sha256",
                  sc_encoder_sha256(facts->encoder), texture ? "texture" : "content", subject, "styles", styles);
    add_guides(inputs, facts, in_words);
    add_option_file(inputs, "colour", "palette", &facts->palette, in_words);
    add_option_file(inputs, "init", "start", &facts->start, in_words);
    add_encoder_file(inputs, facts->options->encoder, in_words);
    return inputs;
}

/* 9 digits read well; 17, where a weight needs them to be the same number again. */
static size_t digits_needed(const sc_recipe_facts *facts)
{
    for (int i = 0; i < facts->style_count; i++) {
        char text[G_ASCII_DTOSTR_BUF_SIZE];
        g_ascii_formatd(text, sizeof text, "%.9g", facts->styles[i].weight);
        if (g_ascii_strtod(text, NULL) != facts->styles[i].weight)
            return 17;
    }
    return 9;
}

/* Where to stop is no part of an identity: a checkpoint fits a run that goes on, or further. */
static void add_stop(json_t *recipe, const sc_recipe_facts *facts)
{
    const sc_position *at = &facts->stopped;
    int after = at->iterations_done ? at->iterations_done : facts->options->stop_after;
    if (after) {
        char text[32];
        snprintf(text, sizeof text, "%d", after);
        json_object_set_new(json_object_get(recipe, "options"), "stop-after", json_string(text));
    }
    if (at->iterations_done)
        json_object_set_new(recipe, "stopped",
                            json_pack("{s:i, s:i, s:i, s:i}", "scale", at->scale + 1, "iteration_of_scale",
                                      at->iteration, "iterations", at->iterations_done, "planned",
                                      facts->options->iterations));
}

/* Those that were taken. */
static void add_tiles(json_t *recipe, const sc_recipe_facts *facts)
{
    char text[SC_TILING_TEXT];
    sc_tiling_write(&facts->tiling, text);
    if (facts->tiling.count)
        json_object_set_new(json_object_get(recipe, "options"), "tiles", json_string(text));
}

static json_t *losses_json(const sc_losses *losses)
{
    json_t *object = json_object();
    for (int i = 0; i < losses->count; i++)
        json_object_set_new(object, losses->of[i].name, json_real(losses->of[i].value));
    return object;
}

char *sc_recipe_write(const sc_recipe_facts *facts)
{
    json_t *recipe = inputs_json(facts, true);
    json_object_set_new(recipe, "recipe", json_integer(1));
    json_object_set_new(recipe, "scumble", json_string(scumble_version()));
    json_object_set_new(recipe, "computed_with", json_string(facts->computed_with));
    add_stop(recipe, facts);
    add_tiles(recipe, facts);
    if (facts->events && json_array_size(facts->events))
        json_object_set_new(recipe, "events", json_deep_copy(facts->events));
    if (facts->width)
        json_object_set_new(recipe, "result",
                            json_pack("{s:i, s:i, s:o}", "width", facts->width, "height", facts->height, "losses",
                                      losses_json(&facts->losses)));
    char *text = json_dumps(recipe, JSON_INDENT(1) | JSON_SORT_KEYS | JSON_REAL_PRECISION(digits_needed(facts)));
    json_decref(recipe);
    return text;
}

/* Version 0.1.0 had the path of an encoder's file in identities, and the licence of its architecture: an encoder of the
 * same values is called as it was then. */
static void call_encoder_as(json_t *inputs, const json_t *then)
{
    const char *was = json_string_value(json_object_get(json_object_get(then, "options"), "encoder"));
    json_t *encoder = json_copy(json_object_get(then, "encoder")), *options = json_object_get(inputs, "options");
    if (json_equal(json_object_get(encoder, "sha256"), json_object_get(json_object_get(inputs, "encoder"), "sha256"))) {
        if (was && !json_object_get(encoder, "file"))
            json_object_set_new(options, "encoder", json_string(was));
        json_object_del(encoder, "file");
        json_object_set(inputs, "encoder", encoder);
    }
    json_decref(encoder);
}

static char *hash_inputs(const json_t *inputs)
{
    char *text = json_dumps(inputs, JSON_COMPACT | JSON_SORT_KEYS), hex[65];
    if (text)
        sc_sha256(NULL, text, strlen(text), hex);
    char *identity = text ? strdup(hex) : NULL;
    free(text);
    return identity;
}

char *sc_recipe_identity(const sc_recipe_facts *facts)
{
    json_t *inputs = inputs_json(facts, false);
    char *identity = hash_inputs(inputs);
    json_decref(inputs);
    return identity;
}

char *sc_recipe_identity_then(const sc_recipe_facts *facts)
{
    json_t *inputs = inputs_json(facts, false), *then = facts->resumed ? json_loads(facts->resumed, 0, NULL) : NULL;
    call_encoder_as(inputs, then);
    char *identity = hash_inputs(inputs);
    json_decref(then);
    json_decref(inputs);
    return identity;
}

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
    sc_mapped_file file;
    if (sc_file_map(&file, path, &err))
        return sc_report(s, &err);
    if (find_recipe(path, &file, json, &err) &&
        !strstr(err.text, path)) /* a picture that cannot be read is named already */
        sc_error_prefix(&err, "no recipe can be taken from '%s'", path);
    sc_file_unmap(&file);
    return sc_report(s, &err);
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

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

static int parse(const char *json, json_t **recipe, sc_error *err)
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

/* What a recipe says of options, over those that there are. */
static int read_options(const json_t *recipe, sc_style_options *named, sc_error *err)
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

int scumble_recipe_options(scumble *s, const char *json, scumble_options *options)
{
    if (!json || !options)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    json_t *recipe;
    scumble_options named;
    if (!sc_options_take(&named, options, SCUMBLE_OPTIONS_STYLE, &err) && !parse(json, &recipe, &err)) {
        if (!read_options(recipe, &named.style, &err))
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
    if (parse(json, &recipe, &err))
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

static const json_t *item(const json_t *array, int index)
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
    parse(json, recipe, &err);
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
                  index == 0 ? json_object_get(recipe, "content") : item(json_object_get(recipe, "styles"), index - 1),
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
        object = item(json_object_get(recipe, "masks"), index);
    } else {
        snprintf(name, sizeof name, "style mask %d", index);
        object = json_object_get(item(json_object_get(recipe, "styles"), index), "mask");
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
    if (parse(json, &recipe, &err))
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
    if (parse(json, &recipe, &err))
        return sc_report(s, &err);
    const json_t *event = item(json_object_get(recipe, "events"), index), *to = json_object_get(event, "to");
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
