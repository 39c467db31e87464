/* SPDX-License-Identifier: MIT */
/* See inputs.h. */
#include "inputs.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "paths.h"
#include "streams.h"
#include "scumble/provenance.h"

static int expand_folder(const char *path, text_list *photos)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, NULL, alphasort), before = photos->count;
    if (count < 0) {
        console_error("cannot read the folder '%s': %s", path, strerror(errno));
        return EXIT_FAILED;
    }
    for (int i = 0; i < count; i++) {
        char *file = paths_join(path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && scumble_image_readable_name(file) && !paths_is_folder(file))
            text_list_add(photos, file);
        else
            free(file);
        free(entries[i]);
    }
    free(entries);
    if (photos->count > before)
        return 0;
    console_error("the folder '%s' has no pictures in it (its subfolders are not searched)", path);
    return EXIT_FAILED;
}

static int expand_pattern(const char *pattern, text_list *photos)
{
    glob_t found;
    int status = glob(pattern, 0, NULL, &found), before = photos->count;
    for (size_t i = 0; !status && i < found.gl_pathc; i++)
        if (!paths_is_folder(found.gl_pathv[i]))
            text_list_add(photos, text_copy(found.gl_pathv[i]));
    globfree(&found);
    if (photos->count > before)
        return 0;
    console_error("no file matches the pattern '%s'", pattern);
    return EXIT_FAILED;
}

int inputs_expand(const char *argument, text_list *photos)
{
    if (paths_is_folder(argument))
        return expand_folder(argument, photos);
    if (strpbrk(argument, "*?[") && !paths_exists(argument))
        return expand_pattern(argument, photos);
    char *path = text_copy(argument);
    int status = streams_input(&path);
    text_list_add(photos, path);
    return status;
}

int inputs_expand_sources(scumble *s, const char *argument, text_list *photos)
{
    text_list all = { 0 };
    int status = inputs_expand(argument, &all), left_out = 0;
    bool named = all.count == 1 && (!strcmp(all.items[0], argument) || streams_is_input(all.items[0]));
    for (int i = 0; i < all.count && !status; i++)
        if (!named && scumble_image_made_here(s, all.items[i]))
            left_out++;
        else
            text_list_add(photos, text_copy(all.items[i]));
    if (!status && left_out && left_out == all.count) {
        console_error("all %d pictures of '%s' were made by scumble; to use them all the same, name them one by one",
                      left_out, argument);
        status = EXIT_FAILED;
    } else if (left_out) {
        console_warning(
            "%d of the %d pictures of '%s' were made by scumble and are left out; to use one all the same, name it",
            left_out, all.count, argument);
    }
    text_list_free(&all);
    return status;
}
