/* SPDX-License-Identifier: MIT */
/* Rights of inputs on the command line. See rights.h. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "rights.h"
#include "text.h"

int rights_check_settings(const rights_settings *set)
{
    char *recorded = NULL;
    int code = set->permission ? scumble_recipe_permit(NULL, "{}", set->permission, &recorded) : 0;
    scumble_text_free(&recorded);
    return code ? console_usage("--i-have-permission must be a text of up to 2000 bytes of UTF-8: who permits what") :
                  0;
}

/* `what` and `name`: "style" and its file, for the message. */
static int judge_rights(const rights_settings *set, const char *what, const char *name, const scumble_rights *rights)
{
    if (set->mode == RIGHTS_STRICT && rights->reserved && !set->permission) {
        console_error(
            "the %s '%s' %s (%s); with --rights strict it needs --i-have-permission \"TEXT\", which is recorded", what,
            name, rights->reserved, rights->summary);
        return EXIT_FAILED;
    }
    if (*rights->summary)
        console_info("rights of %s: %s", name, rights->summary);
    return 0;
}

/* All styles that a recipe names. */
static int judge_recipe(scumble *s, const rights_settings *set, const char *what, const char *recipe)
{
    const scumble_rights *rights;
    const char *name;
    int status = 0;
    for (int i = 0; !status && !scumble_rights_of_style(s, recipe, i, &name, &rights); i++)
        status = judge_rights(set, what, *name ? name : "(without a file)", rights);
    return status;
}

int rights_check(scumble *s, const rights_settings *set, const char *path, bool is_style)
{
    const scumble_rights *rights;
    char *recipe = NULL;
    if (!path || set->mode == RIGHTS_IGNORE || scumble_rights_read(s, path, &rights))
        return 0;
    scumble_rights said = *rights;
    if (!is_style)
        said.reserved = NULL;
    int status = judge_rights(set, "style", path, &said);
    if (!status && is_style && !scumble_recipe_load(s, path, &recipe)) /* a result as the next style */
        status = judge_recipe(s, set, "style's own style", recipe);
    scumble_text_free(&recipe);
    return status;
}

int rights_check_training(scumble *s, const rights_settings *set, const char *training)
{
    return set->mode == RIGHTS_IGNORE ? 0 : judge_recipe(s, set, "painter's painting", training);
}

char *rights_recipe(const rights_settings *set, const char *recipe)
{
    char *permitted = NULL;
    if (set->permission && *recipe)
        scumble_recipe_permit(NULL, recipe, set->permission, &permitted);
    return permitted ? permitted : text_copy(recipe);
}
