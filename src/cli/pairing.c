/* SPDX-License-Identifier: MIT */
/* Photos and paintings of results. See pairing.h. */
#include "pairing.h"

#include <ctype.h>
#include <string.h>
#include <stdlib.h>

#include "console.h"
#include "paths.h"
#include "recipe.h"

/* ---- by name --------------------------------------------------------------------------------------------------- */

/* `word` stands in `text`, with no letter or digit before or after it. */
static bool has_word(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = text; length && (at = strstr(at, word)); at++)
        if ((at == text || !isalnum((unsigned char)at[-1])) && !isalnum((unsigned char)at[length]))
            return true;
    return false;
}

/* The picture with the longest name that is in the result's. */
static int find_by_name(const text_list *pictures, const char *flag, const char *result, char **found)
{
    const char *best = NULL, *rival = NULL;
    size_t longest = 0;
    char *text = paths_name(result);
    for (int i = 0; i < pictures->count; i++) {
        char *word = paths_name(pictures->items[i]);
        size_t length = strlen(word);
        if (length >= longest && has_word(text, word)) {
            rival = length == longest ? best : NULL;
            best = pictures->items[i];
            longest = length;
        }
        free(word);
    }
    free(text);
    if (best && !rival) {
        *found = text_copy(best);
        return 0;
    }
    if (rival)
        console_error("'%s' may go with '%s' and with '%s'; name one with %s", result, rival, best, flag);
    else
        console_error(
            "none of the %d pictures of %s has a name that is in that of '%s', as photo is in photo-painting.png",
            pictures->count, flag, result);
    return EXIT_FAILED;
}

/* ---- by recipe ------------------------------------------------------------------------------------------------- */

/* Style of the most weight. Returns its index from 1. */
static int heaviest_style(const pairing *p, const char *json, const char *result)
{
    scumble_recipe_file file;
    double most = 0;
    int best = 1, count = 0;
    for (; !scumble_recipe_input(p->s, json, 1 + count, &file) || file.sha256; count++)
        if (file.weight > most) {
            most = file.weight;
            best = 1 + count;
        }
    if (count > 1)
        console_warning(
            "'%s' mixes %d paintings; it is compared with the one of the most weight; --style names another", result,
            count);
    return best;
}

static int take_from_recipe(const pairing *p, const char *json, const char *result, int index, char **found)
{
    const char *what = index ? "painting" : "photo", *flag = index ? "--style" : "--content";
    scumble_recipe_file file;
    int width, height;
    bool changed = false;
    if (!index && !scumble_recipe_texture(p->s, json, &width, &height)) {
        console_error("'%s' is a texture, which has no photo to be compared with", result);
        return EXIT_FAILED;
    }
    bool named = !scumble_recipe_input(p->s, json, index, &file) && file.path && *file.path;
    *found = named ? recipe_find_file(p->s, result, &p->look_in, &file, &changed) : NULL;
    if (!*found) {
        console_error(
            "'%s' was made from the %s '%s', which is not here; name it with %s, or its folder with --look-in", result,
            what, named ? file.path : "(a picture without a file)", flag);
        return EXIT_FAILED;
    }
    if (changed)
        console_warning("'%s' has changed since '%s' was made from it", *found, result);
    return 0;
}

static int find_by_recipe(const pairing *p, const char *result, char **photo, char **painting)
{
    char *json = NULL;
    int code = scumble_recipe_load(p->s, result, &json), status = 0;
    scumble_recipe_file file = { 0 };
    if (code && code != SCUMBLE_ERR_NOT_FOUND)
        return console_failure(p->s, code, NULL);
    if (!code && (code = scumble_recipe_input(p->s, json, 1, &file)) == SCUMBLE_ERR_UNSUPPORTED)
        code = SCUMBLE_ERR_NOT_FOUND; /* a painter's */
    if (code && !file.sha256) {
        console_error("'%s' has no recipe that names its photo and painting; name %s", result,
                      photo && painting ? "them with --content and --style" :
                      photo             ? "the photo with --content" :
                                          "the painting with --style");
        status = EXIT_FAILED;
    }
    if (!status && photo)
        status = take_from_recipe(p, json, result, 0, photo);
    if (!status && painting)
        status = take_from_recipe(p, json, result, heaviest_style(p, json, result), painting);
    scumble_text_free(&json);
    return status;
}

/* ---- both ------------------------------------------------------------------------------------------------------ */

static int find_given(const text_list *pictures, const char *flag, const char *result, char **found)
{
    if (pictures->count > 1)
        return find_by_name(pictures, flag, result, found);
    if (pictures->count)
        *found = text_copy(pictures->items[0]);
    return 0;
}

int pairing_find(const pairing *p, const char *result, char **photo, char **painting)
{
    *photo = *painting = NULL;
    int status = find_given(&p->contents, "--content", result, photo);
    if (!status)
        status = find_given(&p->styles, "--style", result, painting);
    if (!status && !(*photo && *painting))
        status = find_by_recipe(p, result, *photo ? NULL : photo, *painting ? NULL : painting);
    if (status) {
        free(*photo);
        free(*painting);
        *photo = *painting = NULL;
    }
    return status;
}
