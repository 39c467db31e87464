/* SPDX-License-Identifier: MIT */
/* Recipes written. See recipe.h. */
#include "record/recipe.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/rights_json.h"
#include "core/file.h"

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
    json_t *inputs = json_pack("{s:o, s:{s:s, s:s, s:s, s:s}, s:o}", "options", options_json(facts->options, in_words),
                               "encoder", "name", sc_encoder_name(facts->encoder), "architecture",
                               sc_encoder_architecture(facts->encoder), "licence", sc_encoder_licence(facts->encoder),
                               "sha256", sc_encoder_sha256(facts->encoder), "styles", styles);
    if (facts->texture_width > 0)
        json_object_set_new(inputs, "texture",
                            json_pack("{s:i, s:i}", "width", facts->texture_width, "height", facts->texture_height));
    else if (*facts->content.sha256)
        json_object_set_new(inputs, "content", source_json(&facts->content, in_words));
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
    json_object_set_new(recipe, "scumble", json_string(SCUMBLE_VERSION));
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
