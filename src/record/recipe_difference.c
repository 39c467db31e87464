/* SPDX-License-Identifier: MIT */
/* In what two recipes differ, in words. See recipe.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/option_table.h"
#include "record/recipe.h"

enum { MOST_NAMED = 3 };

/* The differences found so far, as the end of a sentence. */
typedef struct list {
    FILE *out;
    int count;
} list;

static void recipe_difference_add(list *l, const char *what, const char *then, const char *now)
{
    if (l->count++ >= MOST_NAMED)
        return;
    fprintf(l->out, "%s%s", l->count > 1 ? ", " : "", what);
    if (then)
        fprintf(l->out, " was %s and is %s", then, now);
    else
        fputs(now ? now : " is another one", l->out);
}

/* The files that options name, in recipes. */
static const struct {
    const char *option, *name, *words;
} files[] = {
    { "encoder", "encoder", "the encoder" },
    { "colour", "palette", "the palette" },
    { "init", "start", "the start picture" },
};
enum { FILES = sizeof files / sizeof *files };

static bool recipe_difference_same_hash(const json_t *a, const json_t *b)
{
    const char *then = json_string_value(json_object_get(a, "sha256")),
               *now = json_string_value(json_object_get(b, "sha256"));
    return !then || !now ? then == now : !strcmp(then, now);
}

/* Whatever the file was called, and wherever it lay. */
static bool names_same_file(const char *option, const json_t *then, const json_t *now)
{
    for (int i = 0; i < FILES; i++)
        if (!strcmp(option, files[i].option)) {
            const json_t *was = json_object_get(then, files[i].name), *is = json_object_get(now, files[i].name);
            return was && is && recipe_difference_same_hash(was, is);
        }
    return false;
}

/* An option that is gone says nothing of what was meant; one that came later was what was done before it. */
static void compare_options(list *l, const json_t *then, const json_t *now)
{
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(now, "options"), name, value)
    {
        const char *was = json_string_value(json_object_get(json_object_get(then, "options"), name)),
                   *is = json_string_value(value);
        if (!was)
            was = sc_option_table_past(&sc_style_option_table, name);
        char option[SC_OPTION_BYTES];
        if (was && is && strcmp(was, is) && !sc_recipe_is_of_run(name) && !names_same_file(name, then, now))
            recipe_difference_add(l, sc_option_quoted(name, option), *was ? was : "empty", *is ? is : "empty");
    }
}

static void compare_paintings(list *l, const json_t *then, const json_t *now)
{
    char was[32], is[32], what[64];
    size_t count = json_array_size(then);
    snprintf(was, sizeof was, "%zu", count);
    snprintf(is, sizeof is, "%zu", json_array_size(now));
    if (strcmp(was, is)) {
        recipe_difference_add(l, "the number of paintings", was, is);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *a = json_array_get(then, i), *b = json_array_get(now, i);
        double weights[2] = { json_number_value(json_object_get(a, "weight")),
                              json_number_value(json_object_get(b, "weight")) };
        snprintf(what, sizeof what, "painting %zu", i + 1);
        if (!recipe_difference_same_hash(a, b))
            recipe_difference_add(l, what, NULL, NULL);
        snprintf(what, sizeof what, "the mask of painting %zu", i + 1);
        if (!recipe_difference_same_hash(json_object_get(a, "mask"), json_object_get(b, "mask")))
            recipe_difference_add(l, what, NULL, NULL);
        snprintf(was, sizeof was, "%g", weights[0]);
        snprintf(is, sizeof is, "%g", weights[1]);
        snprintf(what, sizeof what, "the weight of painting %zu", i + 1);
        if (strcmp(was, is))
            recipe_difference_add(l, what, was, is);
    }
}

static void compare_masks(list *l, const json_t *then, const json_t *now)
{
    bool same = json_array_size(then) == json_array_size(now);
    for (size_t i = 0; i < json_array_size(then) && same; i++)
        same = recipe_difference_same_hash(json_array_get(then, i), json_array_get(now, i));
    if (!same)
        recipe_difference_add(l, "the masks", NULL, " are others");
}

static void recipe_difference_compare(list *l, const json_t *then, const json_t *now, bool subject)
{
    compare_options(l, then, now);
    for (int i = 0; i < FILES; i++)
        if (!recipe_difference_same_hash(json_object_get(then, files[i].name), json_object_get(now, files[i].name)))
            recipe_difference_add(l, files[i].words, NULL, NULL);
    compare_paintings(l, json_object_get(then, "styles"), json_object_get(now, "styles"));
    if (!subject)
        return;
    if (!recipe_difference_same_hash(json_object_get(then, "content"), json_object_get(now, "content")))
        recipe_difference_add(l, "the photo", NULL, NULL);
    compare_masks(l, json_object_get(then, "masks"), json_object_get(now, "masks"));
    if (!recipe_difference_same_hash(json_object_get(then, "protect"), json_object_get(now, "protect")))
        recipe_difference_add(l, "the mask of what is protected", NULL, NULL);
}

char *sc_recipe_difference(const char *then, const char *now, bool subject)
{
    json_t *a = then ? json_loads(then, 0, NULL) : NULL, *b = now ? json_loads(now, 0, NULL) : NULL;
    char *text = NULL;
    size_t size;
    list l = { .out = a && b ? open_memstream(&text, &size) : NULL };
    if (l.out) {
        recipe_difference_compare(&l, a, b, subject);
        if (l.count > MOST_NAMED)
            fprintf(l.out, " and %d more", l.count - MOST_NAMED);
        fclose(l.out);
    }
    json_decref(a);
    json_decref(b);
    if (!l.count) {
        free(text);
        text = NULL;
    }
    return text;
}
