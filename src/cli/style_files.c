/* SPDX-License-Identifier: MIT */
/* Paintings from the command line to a style. See style_files.h. */
#include "style_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "console.h"
#include "paths.h"
#include "streams.h"

void style_list_add(style_list *styles, style_file style)
{
    styles->items = must(realloc(styles->items, sizeof *styles->items * ((size_t)styles->count + 1)));
    styles->items[styles->count++] = style;
}

void style_list_free(style_list *styles)
{
    for (int i = 0; i < styles->count; i++) {
        free(styles->items[i].path);
        free(styles->items[i].mask);
    }
    free(styles->items);
    *styles = (style_list){ 0 };
}

int style_files_add(style_list *styles, const char *what, const char *text)
{
    const char *colon = strrchr(text, ':');
    double weight = 1;
    char *path;
    if (!colon || paths_exists(text)) {
        path = text_copy(text);
    } else {
        path = text_part(text, (size_t)(colon - text));
        bool number = text_number(colon + 1, &weight);
        if (!*path || (!number && paths_exists(path)) || (number && !(weight > 0))) {
            free(path);
            return console_usage("%s is '%s'; it must be a picture, or PICTURE:WEIGHT with a weight above 0", what,
                                 text);
        }
        if (!number) { /* a name with a colon in it that is not there */
            free(path);
            path = text_copy(text);
            weight = 1;
        }
    }
    int status = streams_input(&path);
    style_list_add(styles, (style_file){ path, weight, NULL });
    return status;
}

int style_files_check(const style_list *styles)
{
    for (int i = 0; i < styles->count; i++) {
        const char *path = styles->items[i].path;
        if (paths_is_folder(path))
            console_error("--style is '%s', which is a folder; give a picture", path);
        else if (access(path, R_OK))
            console_error("cannot read the style '%s': %s", path, strerror(errno));
        else
            continue;
        return EXIT_FAILED;
    }
    return 0;
}

char *style_files_name(const style_list *styles)
{
    char *joined = text_copy("");
    for (int i = 0; i < styles->count; i++) {
        char *name = paths_name(styles->items[i].path);
        char *longer = text_format("%s%s%s", joined, i ? "+" : "", name);
        free(name);
        free(joined);
        joined = longer;
    }
    return joined;
}

int style_files_open(scumble *s, const style_list *styles, int first, int count, const scumble_options *options,
                     scumble_style **style)
{
    int code = 0;
    scumble_painting *paintings = must(calloc((size_t)count, sizeof *paintings));
    scumble_image **pictures = must(calloc((size_t)count * 2, sizeof *pictures)), **masks = pictures + count;
    for (int i = 0; !code && i < count; i++) {
        const style_file *file = &styles->items[first + i];
        code = console_picture(s, file->path, &pictures[i]);
        if (!code && file->mask)
            code = console_picture(s, file->mask, &masks[i]);
        paintings[i] = (scumble_painting){ pictures[i], file->weight, masks[i] };
    }
    if (!code)
        code = scumble_style_open(s, paintings, count, options, style);
    for (int i = 0; i < 2 * count; i++)
        scumble_image_free(&pictures[i]);
    free(pictures);
    free(paintings);
    return code;
}
