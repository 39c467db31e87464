/* SPDX-License-Identifier: MIT */
/* Where the files are now that a recipe names. */
#ifndef CLI_RECIPE_H
#define CLI_RECIPE_H

#include <stdbool.h>

#include "text.h"
#include "scumble/scumble.h"

/* They are folders; returns 0, or EXIT_USAGE after a message. */
int recipe_check_folders(const text_list *look_in);

/* The file under the recorded name in the working folder, beside the recipe (the name of a file), or in the folders
 * look_in; of several the one with the recorded hash. Without one: a picture of another name with this hash, beside the
 * recipe or in the folders. Else one of that name, *changed; or NULL. Caller frees. */
char *recipe_find_file(scumble *s, const char *recipe, const text_list *look_in, const scumble_recipe_file *file,
                       bool *changed);

#endif
