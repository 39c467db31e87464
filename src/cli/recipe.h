/* SPDX-License-Identifier: MIT */
/* Where the files are now that a recipe names. */
#ifndef CLI_RECIPE_H
#define CLI_RECIPE_H

#include <stdbool.h>

#include "scumble/scumble.h"

/* From the working folder, then beside the recipe (the name of a file); or NULL. Of two candidates the one with the recorded hash counts. *changed: it
 * has another hash. Caller frees. */
char *recipe_find_file(scumble *s, const char *recipe, const scumble_recipe_file *file, bool *changed);

#endif
