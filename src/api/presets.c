/* SPDX-License-Identifier: MIT */
/* Presets: named sets of option values, in one table. A preset sets the options that it names and leaves the others.
 * Recipes hold the values, not the name, so a picture can be repeated after a preset has changed. */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "api/context.h"
#include "api/options.h"
#include "core/nearest.h"

/* name, help, values */
static const scumble_preset_info presets[] = {
    { "painterly", "the default: the painting's strokes and colours, the photo's structure",
      "content-terms=feature:0.5,structure:1.5 style-terms=w2:4,nnfm beta=6 preserve=0.25 legible=0.5 iterations=120 "
      "style-objects=avoid recolour=1 variable=subsampled" },
    { "faithful", "the photo stays readable: shapes and lines are held, the paint is lighter",
      "content-terms=feature,structure,detail:0.1 style-terms=w2:4,nnfm beta=3 preserve=0.6 legible=1 iterations=120 "
      "style-objects=avoid recolour=1 variable=subsampled" },
    { "full", "all paint: the painting's forms overrun the photo's",
      "content-terms=feature:0.3,structure:0.7 style-terms=w2:4,neighbour beta=30 preserve=0 legible=0.25 "
      "iterations=200 style-objects=keep recolour=1 variable=subsampled" },
    { "classic", "Gram matrices and L-BFGS, as Gatys et al. published them",
      "content-terms=feature style-terms=gram beta=20 legible=0 iterations=250 optimizer=lbfgs "
      "style-objects=keep recolour=0 variable=pixels" },
    { "draft", "a quick small look at the default",
      "content-terms=feature:0.5,structure:1.5 style-terms=w2:4,nnfm beta=6 preserve=0.25 legible=0.5 iterations=80 "
      "size=256 style-objects=avoid recolour=1 variable=subsampled" },
};
enum { PRESET_COUNT = sizeof presets / sizeof *presets };

const scumble_preset_info *scumble_preset_at(int index)
{
    return index >= 0 && index < PRESET_COUNT ? &presets[index] : NULL;
}

static const scumble_preset_info *api_presets_find(const char *name)
{
    for (int i = 0; i < PRESET_COUNT; i++)
        if (strcmp(presets[i].name, name) == 0)
            return &presets[i];
    return NULL;
}

static int unknown(const char *name, sc_error *err)
{
    const char *names[PRESET_COUNT];
    char hint[SC_HINT_BYTES];
    GString *list = g_string_new(NULL);
    for (int i = 0; i < PRESET_COUNT; i++) {
        names[i] = presets[i].name;
        g_string_append_printf(list, "%s%s", i ? i == PRESET_COUNT - 1 ? " and " : ", " : "", presets[i].name);
    }
    int code = sc_fail(err, SCUMBLE_ERR_ARGUMENT, "there is no preset '%.80s'%s; there are %s", name,
                       sc_nearest_hint(name, names, PRESET_COUNT, hint), list->str);
    g_string_free(list, TRUE);
    return code;
}

/* A preset's size is a limit: what is smaller already stays. */
static bool stays(const sc_style_options *options, const char *name, const char *value)
{
    return strcmp(name, "size") == 0 && options->size > 0 && options->size < atoi(value);
}

int scumble_options_preset(scumble *s, scumble_options *options, const char *name)
{
    if (!options || !name)
        return sc_null(s, __func__);
    sc_error err = { 0 };
    scumble_options changed;
    const scumble_preset_info *preset = api_presets_find(name);
    int code = sc_options_take(&changed, options, SCUMBLE_OPTIONS_STYLE, &err);
    if (!code && !preset)
        code = unknown(name, &err);
    char **words = g_strsplit(preset ? preset->options : "", " ", -1); /* "beta=6", ... */
    for (int i = 0; !code && words[i]; i++) {
        char *value = strchr(words[i], '=');
        *value++ = 0;
        if (!stays(&options->style, words[i], value))
            code = sc_option_table_set(&sc_style_option_table, &changed.style, words[i], value, &err);
    }
    g_strfreev(words);
    if (!code)
        *options = changed;
    return sc_report(s, &err);
}
