/* SPDX-License-Identifier: MIT */
/* --from and --resume: the recipe in a picture, a JSON file or a checkpoint gives the options, and the photo and styles
 * that the command line does not name. It has their names and hashes: they are looked for in the working folder, beside
 * the recipe and where --look-in says. */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "paths.h"
#include "recipe.h"
#include "stylize.h" /* circle: stylize.c, whose job this fills from a recipe */

int recipe_check_folders(const text_list *look_in)
{
    for (int i = 0; i < look_in->count; i++)
        if (!paths_is_folder(look_in->items[i]))
            return console_usage("--look-in is '%s', which is no folder", look_in->items[i]);
    return 0;
}

static bool has_hash(scumble *s, const char *path, const scumble_recipe_file *file)
{
    char hex[65];
    return file->sha256 && !scumble_file_sha256(s, path, hex) && !strcasecmp(hex, file->sha256);
}

/* A picture of any name. Caller frees; NULL when there is none. */
static char *find_by_hash(scumble *s, const char *folder, const scumble_recipe_file *file)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    char *found = NULL;
    for (int i = 0; i < count; i++) {
        char *path = paths_join(folder, entries[i]->d_name);
        if (!found && scumble_image_readable_name(path) && !paths_is_special(path) && has_hash(s, path, file))
            found = path;
        else
            free(path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return found;
}

/* The recorded path, and its name beside the recipe and in the folders to look in. */
static void list_places(text_list *places, const char *recipe, const text_list *look_in, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    char *beside = paths_folder(recipe);
    text_list_add(places, text_copy(path));
    if (*path != '/')
        text_list_add(places, paths_join(beside, path));
    if (slash)
        text_list_add(places, paths_join(beside, name));
    for (int i = 0; i < look_in->count; i++)
        text_list_add(places, paths_join(look_in->items[i], name));
    free(beside);
}

char *recipe_find_file(scumble *s, const char *recipe, const text_list *look_in, const scumble_recipe_file *file,
                       bool *changed)
{
    text_list places = { 0 };
    char *named = NULL, *found = NULL, *beside = paths_folder(recipe);
    list_places(&places, recipe, look_in, file->path);
    for (int i = 0; i < places.count && !found; i++) {
        if (!paths_exists(places.items[i]) || paths_is_special(places.items[i]))
            continue;
        if (has_hash(s, places.items[i], file))
            found = text_copy(places.items[i]);
        else if (!named)
            named = text_copy(places.items[i]);
    }
    for (int i = -1; i < look_in->count && !found; i++)
        found = find_by_hash(s, i < 0 ? beside : look_in->items[i], file);
    *changed = !found;
    free(beside);
    text_list_free(&places);
    if (!found)
        return named;
    free(named);
    return found;
}

/* The file that the library found in the recipe, with this code, in *path; `what` is what it is for messages.
 * SCUMBLE_ERR_NOT_FOUND without a message when there is none; other failures say what is wrong. */
static int take_file(const job *j, const char *recipe, int code, const scumble_recipe_file *file, const char *what,
                     char **path)
{
    *path = NULL;
    if (code == SCUMBLE_ERR_NOT_FOUND && !file->path && !file->sha256)
        return code;
    if (code && code != SCUMBLE_ERR_NOT_FOUND) {
        console_failure(j->s, code, NULL);
        return code;
    }
    bool changed = false, named = file->path && *file->path;
    *path = named ? recipe_find_file(j->s, recipe, &j->set.look_in, file, &changed) : NULL;
    if (!*path) {
        console_error(
            "'%s' was made from %s '%s', which is not here; name it on the command line, or its folder with --look-in",
            recipe, what, named ? file->path : "(a picture without a file)");
        return SCUMBLE_ERR_IO;
    }
    if (changed && file->sha256 && *file->sha256)
        console_warning("'%s' has changed since '%s' was made; the result will differ", *path, recipe);
    return 0;
}

/* Input `index` of the recipe, as take_file. */
static int take_input(const job *j, const char *recipe, int index, char **path, double *weight)
{
    scumble_recipe_file file;
    int code = scumble_recipe_input(j->s, j->json, index, &file);
    *weight = file.weight;
    return take_file(j, recipe, code, &file, index ? "the style" : "the photo", path);
}

/* A mask, palette or start of the recipe, as take_file. */
static int take_guide(const job *j, const char *recipe, scumble_guide_role role, int index, char **path)
{
    static const char *const what[] = { [SCUMBLE_GUIDE_STYLE_MASK] = "the style mask",
                                        [SCUMBLE_GUIDE_MASK] = "the mask",
                                        [SCUMBLE_GUIDE_PROTECT] = "the mask of protected areas",
                                        [SCUMBLE_GUIDE_PALETTE] = "the palette",
                                        [SCUMBLE_GUIDE_START] = "the picture to start from" };
    scumble_recipe_file file;
    int code = scumble_recipe_guide(j->s, j->json, role, index, &file);
    return take_file(j, recipe, code, &file, what[role], path);
}

static int take_photo(job *j, const char *recipe)
{
    char *path;
    double weight;
    int code = take_input(j, recipe, 0, &path, &weight);
    int width, height;
    if (code == SCUMBLE_ERR_NOT_FOUND && !scumble_recipe_texture(j->s, j->json, &width, &height))
        console_error("'%s' is a texture without a photo; to repeat it: scumble texture --%s %s", recipe,
                      j->set.from ? "from" : "resume", recipe);
    else if (code == SCUMBLE_ERR_NOT_FOUND)
        console_error("the recipe in '%s' names no photo; give one on the command line", recipe);
    if (!code)
        text_list_add(&j->photos, path);
    return code ? EXIT_FAILED : 0;
}

static int take_styles(job *j, const char *recipe)
{
    char *path, *mask;
    double weight = 1;
    int code;
    while (!(code = take_input(j, recipe, 1 + j->styles.count, &path, &weight))) {
        int found = j->style_masks.count ? SCUMBLE_ERR_NOT_FOUND :
                                           take_guide(j, recipe, SCUMBLE_GUIDE_STYLE_MASK, j->styles.count, &mask);
        style_list_add(&j->styles, (style_file){ path, weight > 0 ? weight : 1, found ? NULL : mask });
        if (found && found != SCUMBLE_ERR_NOT_FOUND)
            return EXIT_FAILED;
    }
    if (code == SCUMBLE_ERR_NOT_FOUND && j->styles.count)
        return 0;
    if (code == SCUMBLE_ERR_NOT_FOUND)
        console_error("the recipe in '%s' names no style; give one with --style", recipe);
    return EXIT_FAILED;
}

/* What the command line does not say of where the styles go and of what is protected. */
static int cli_recipe_take_guides(job *j, const char *recipe)
{
    char *path;
    int code = 0;
    for (int i = 0, given = j->masks.count; !code && !given; i++) {
        code = take_guide(j, recipe, SCUMBLE_GUIDE_MASK, i, &path);
        if (!code)
            text_list_add(&j->masks, path);
    }
    if ((!code || code == SCUMBLE_ERR_NOT_FOUND) && !j->protect)
        code = take_guide(j, recipe, SCUMBLE_GUIDE_PROTECT, 0, &j->protect);
    j->faces |= scumble_recipe_faces(j->json) != 0;
    return code && code != SCUMBLE_ERR_NOT_FOUND ? EXIT_FAILED : 0;
}

static int cli_recipe_take_size(job *j, const char *recipe)
{
    int width, height, code = scumble_recipe_texture(j->s, j->json, &width, &height);
    if (code == SCUMBLE_ERR_NOT_FOUND && j->set.resume) {
        console_error("'%s' is of a photo; to go on with it: scumble stylize --resume %s", recipe, recipe);
        return EXIT_FAILED;
    }
    if (code && code != SCUMBLE_ERR_NOT_FOUND)
        return console_failure(j->s, code, recipe) ? EXIT_FAILED : 0;
    if (!code && !j->width) {
        j->width = width;
        j->height = height;
    }
    return 0;
}

/* The file of an option that the command line does not give. */
static int take_option_file(job *j, const char *recipe, const char *option, scumble_guide_role role)
{
    char *path;
    if (values_given(&j->options, option))
        return 0;
    int code = take_guide(j, recipe, role, 0, &path);
    if (code)
        return code == SCUMBLE_ERR_NOT_FOUND ? 0 : EXIT_FAILED;
    code = scumble_options_set(j->s, j->resolved, option, path);
    free(path);
    return code && console_failure(j->s, code, NULL) ? EXIT_FAILED : 0;
}

/* An encoder that came from a file, unless the command line names one. It is known by its name alone: its hash is one
 * of values. */
static int take_encoder(job *j, const char *recipe)
{
    const char *path;
    if (values_given(&j->options, "encoder") || scumble_recipe_encoder(j->s, j->json, &path))
        return 0;
    char *found = NULL;
    text_list places = { 0 };
    list_places(&places, recipe, &j->set.look_in, path);
    for (int i = 0; i < places.count && !found; i++)
        if (paths_exists(places.items[i]) && !paths_is_special(places.items[i]))
            found = text_format("%s%s", strchr(places.items[i], '/') ? "" : "./", places.items[i]);
    text_list_free(&places);
    if (!found) {
        console_error("'%s' was made with the encoder '%s', which is not here; name it with --encoder, or its folder "
                      "with --look-in",
                      recipe, path);
        return EXIT_FAILED;
    }
    int code = scumble_options_set(j->s, j->resolved, "encoder", found);
    free(found);
    return code && console_failure(j->s, code, NULL) ? EXIT_FAILED : 0;
}

/* Where the recipe's run ended. */
static void take_end(job *j, const char *recipe)
{
    double end = values_number(j->resolved, "stop-after"), all = values_number(j->resolved, "iterations");
    if (end <= all && j->set.resume)
        values_put(j->resolved, "stop-after", 0); /* going on is what --resume is for */
    else if (end > 0 && end < all && !values_given(&j->options, "stop-after"))
        console_info("'%s' ends after %.0f of %.0f iterations, and so will this; --stop-after 0 paints them all",
                     recipe, end, all);
}

int recipe_load(job *j)
{
    const char *recipe = j->set.from ? j->set.from : j->set.resume;
    int code = scumble_recipe_load(j->s, recipe, &j->json), status = 0;
    if (code)
        return console_failure(j->s, code, j->set.from ? "--from" : "--resume") ? EXIT_FAILED : 0;
    if (j->texture)
        status = cli_recipe_take_size(j, recipe);
    else if (!j->photos.count)
        status = take_photo(j, recipe);
    if (!status && !j->styles.count)
        status = take_styles(j, recipe);
    if (!status && !j->texture)
        status = cli_recipe_take_guides(j, recipe);
    code = status ? 0 : scumble_recipe_options(j->s, j->json, j->resolved);
    if (code)
        return console_failure(j->s, code, recipe) ? EXIT_FAILED : 0;
    take_end(j, recipe);
    if (!status && j->set.from)
        status = steer_take_recipe(&j->steering, j->s, j->json, recipe);
    if (!status)
        status = take_encoder(j, recipe);
    if (!status)
        status = take_option_file(j, recipe, "colour", SCUMBLE_GUIDE_PALETTE);
    return status ? status : take_option_file(j, recipe, "init", SCUMBLE_GUIDE_START);
}
