/* SPDX-License-Identifier: MIT */
/* What a film is painted with: options, style or painter, their rights, and the recipe. */
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "film_job.h"
#include "values.h"

/* ---- the style or the painter ---------------------------------------------------------------------------------- */

static bool film_kind_has(scumble_options_kind kind, const char *name)
{
    const scumble_option_info *info;
    for (int i = 0; (info = scumble_option_at(kind, i)); i++)
        if (scumble_same_name(info->name, name))
            return true;
    return false;
}

/* The options of the command line go to the kinds that have them. */
static int film_set_options(film_job *j)
{
    scumble_options_kind kind = j->set.painter ? SCUMBLE_OPTIONS_PAINT : SCUMBLE_OPTIONS_STYLE;
    j->paint = must(scumble_options_create(kind));
    j->steady = must(scumble_options_create(SCUMBLE_OPTIONS_FILM));
    int code = j->set.only_steady ? 0 : scumble_options_set(j->s, j->paint, "size", "full");
    if (!code && j->set.preset)
        code = scumble_options_preset(j->s, j->paint, j->set.preset);
    for (int i = 0; i < j->options.count && !code; i += 2) {
        const char *name = j->options.items[i], *value = j->options.items[i + 1];
        bool own = film_kind_has(SCUMBLE_OPTIONS_FILM, name);
        if (j->set.only_steady && strcmp(name, "steady"))
            return console_usage("--%s is for painting; --only-steady takes --steady alone", name);
        if (!own && !film_kind_has(kind, name))
            return console_usage("--%s is an option of %s, and goes with --%s", name,
                                 j->set.painter ? "a style" : "a painter", j->set.painter ? "style" : "painter");
        code = scumble_options_set(j->s, own ? j->steady : j->paint, name, value);
    }
    return code ? film_fail(j, code) : 0;
}

static int film_check_rights(const film_job *j)
{
    const rights_settings *set = &j->set.rights;
    int status = 0;
    if (strcmp(j->words.items[0], "-"))
        rights_check(j->s, set, j->words.items[0], false);
    for (int i = 0; i < j->styles.count && !status; i++)
        status = rights_check(j->s, set, j->styles.items[i].path, true);
    for (int i = 0; i < j->masks.count; i++)
        rights_check(j->s, set, j->masks.items[i], false);
    for (int i = 0; i < j->key_count; i++)
        rights_check(j->s, set, j->keys[i].path, false);
    rights_check(j->s, set, j->set.protect, false);
    rights_check(j->s, set, j->set.like, false);
    if (!status && j->painter)
        status = rights_check_training(j->s, set, scumble_painter_about(j->painter)->training);
    return status;
}

/* ---- paintings over time --------------------------------------------------------------------------------------- */

/* PAINTING@MOMENT for all of them, in the order of time. */
static int film_read_keys(film_job *j)
{
    int count = j->style_moments.count, status = 0;
    if (count <= 0)
        return 0;
    if (count != j->styles.count)
        return console_usage(
            "--style has a moment (PAINTING@120) for %d of %d paintings; give one for each, or for none", count,
            j->styles.count);
    for (int i = 0; i < count; i++)
        if (j->styles.items[i].weight != 1)
            return console_usage("--style '%s:%g@%s' has a weight and a moment; from its moment on a painting counts "
                                 "alone, so leave the weight out",
                                 j->styles.items[i].path, j->styles.items[i].weight, j->style_moments.items[i]);
    j->style_keys = must(calloc((size_t)count, sizeof *j->style_keys));
    status = film_read_moments(j, &j->style_moments, "--style: what stands behind the @", j->style_keys);
    for (int i = 1; i < count && !status; i++)
        if (j->style_keys[i] <= j->style_keys[i - 1])
            status =
                console_usage("--style: the paintings' moments must be in the order of time, but @%s comes after @%s",
                              j->style_moments.items[i], j->style_moments.items[i - 1]);
    return status;
}

int film_weigh(film_job *j, int64_t number)
{
    int count = j->style_moments.count, next = 0;
    if (count <= 0)
        return 0;
    double *weights = must(calloc((size_t)count, sizeof *weights));
    while (next < count && j->style_keys[next] <= number)
        next++;
    if (!next || next == count)
        weights[next ? next - 1 : 0] = 1;
    else {
        const int64_t *keys = j->style_keys + next - 1;
        weights[next] = (double)(number - keys[0]) / (double)(keys[1] - keys[0]);
        weights[next - 1] = 1 - weights[next];
    }
    int code = scumble_shot_weigh(j->shot, weights, count);
    free(weights);
    return code ? film_fail(j, code) : 0;
}

/* ---- the shot -------------------------------------------------------------------------------------------------- */

int film_shot_begin(film_job *j, const scumble_image *const *samples, int count)
{
    return j->steadier ? scumble_steadier_begin(j->steadier) : scumble_shot_begin(j->shot, samples, count);
}

int film_shot_next(film_job *j, const scumble_image *image, const scumble_guides *guides, const scumble_image *like,
                   scumble_event_fn progress, void *user, scumble_image **result)
{
    return j->steadier ? scumble_steadier_next(j->steadier, image, like, result) :
                         scumble_shot_paint(j->shot, image, guides, progress, user, result);
}

int film_shot_save(film_job *j, const char *path)
{
    return j->steadier ? scumble_steadier_save(j->steadier, path) : scumble_shot_save(j->shot, path);
}

int film_shot_restore(film_job *j, const char *path)
{
    return j->steadier ? scumble_steadier_restore(j->steadier, path) : scumble_shot_restore(j->shot, path);
}

int film_shot_cut(const film_job *j)
{
    const char *tiles = j->plan.tiles;
    return j->shot && tiles && *tiles ? scumble_shot_set_tiles(j->shot, tiles) : 0;
}

int film_note_cuts(film_job *j)
{
    const char *tiles = j->shot && j->place ? scumble_shot_tiles(j->shot) : "";
    if (!*tiles || (j->plan.tiles && !strcmp(tiles, j->plan.tiles)))
        return 0;
    free(j->plan.tiles);
    j->plan.tiles = text_copy(tiles);
    json_t *plan = film_plan_json(&j->plan, false);
    int status = film_work_write_plan(&j->work, plan);
    json_decref(plan);
    return status;
}

json_t *film_shot_recipe(const film_job *j)
{
    if (j->steadier)
        return must(json_pack("{s:s, s:{s:f}, s:b}", "scumble", scumble_version(), "film", "steady",
                              values_number(j->steady, "steady"), "only_steady", true));
    json_t *recipe = json_loads(scumble_shot_recipe(j->shot), 0, NULL);
    return recipe ? recipe : must(json_object());
}

static int film_open_shot(film_job *j)
{
    int code;
    if (j->set.only_steady) {
        code = scumble_steadier_open(j->s, j->steady, &j->steadier);
    } else if (j->set.painter) {
        code = scumble_painter_open(j->s, j->set.painter, &j->painter);
        if (!code)
            code = scumble_shot_open_painter(j->painter, j->paint, j->steady, &j->shot);
    } else {
        code = style_files_open(j->s, &j->styles, 0, j->styles.count, j->paint, &j->style);
        if (!code)
            code = scumble_shot_open(j->style, j->steady, &j->shot);
    }
    if (code)
        return film_fail(j, code);
    if (j->set.verbose)
        console_info_lines(scumble_describe(j->s));
    if (j->set.verbose && j->style)
        console_info_lines(scumble_style_describe(j->style));
    return 0;
}

int film_open_painting(film_job *j)
{
    int count = j->masks.count, status = style_files_check(&j->styles);
    if (!status && count && count != j->styles.count)
        status = console_usage("--mask is given %d time%s for %d style%s; give one mask for each style", count,
                               count == 1 ? "" : "s", j->styles.count, j->styles.count == 1 ? "" : "s");
    if (!status)
        status = film_read_keys(j);
    if (!status)
        status = film_keyframes_open(j);
    if (!status)
        status = film_set_options(j);
    if (!status)
        status = film_open_shot(j);
    return status ? status : film_check_rights(j);
}

/* ---- the recipe ------------------------------------------------------------------------------------------------ */

/* The shot's recipe, with the film that is painted and what its user may. */
int film_make_recipe(film_job *j)
{
    const char *source = j->words.items[0];
    json_t *recipe = film_shot_recipe(j), *identity = film_source_identity(j);
    char hash[65] = "";
    if (json_object_get(identity, "size_bytes")) {
        int code = scumble_file_sha256(j->s, source, hash);
        if (code)
            return film_fail(j, code);
    }
    json_t *content = must(json_pack("{s:O}", "name", json_object_get(identity, "name")));
    if (*hash)
        json_object_set_new(content, "sha256", json_string(hash));
    json_object_set_new(recipe, "content", content);
    static const char *const cut[] = { "from", "to", "rate" };
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++)
        if (json_is_string(json_object_get(identity, cut[i])))
            json_object_set(content, cut[i], json_object_get(identity, cut[i]));
    if (j->style_keys)
        json_object_set_new(recipe, "styles_at", film_keys_identity(j));
    if (j->key_count)
        json_object_set_new(recipe, "keyframes", film_keyframes_identity(j));
    char *text = must(json_dumps(recipe, JSON_SORT_KEYS | JSON_REAL_PRECISION(9) | JSON_COMPACT));
    j->plan.recipe = rights_recipe(&j->set.rights, text);
    free(text);
    json_decref(identity);
    json_decref(recipe);
    return 0;
}
