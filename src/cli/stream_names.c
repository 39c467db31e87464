/* SPDX-License-Identifier: MIT */
/* See stream_names.h. */
#include "stream_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static struct {
    text_list paths, names; /* in /dev, and for people */
    bool standard_output;
} streams;

void streams_note_input(const char *path, const char *name)
{
    text_list_add(&streams.paths, text_copy(path));
    text_list_add(&streams.names, text_copy(name));
}

void streams_note_output(bool standard_output)
{
    streams.standard_output = standard_output;
}

int streams_descriptor(const char *path)
{
    static const char *const standard[] = { "/dev/stdin", "/dev/stdout", "/dev/stderr" };
    int number = -1, used = 0;
    for (int i = 0; i < 3; i++)
        if (!strcmp(path, standard[i]))
            return i;
    if (sscanf(path, "/dev/fd/%8d%n", &number, &used) != 1 && sscanf(path, "/proc/self/fd/%8d%n", &number, &used) != 1)
        return -1;
    return path[used] ? -1 : number;
}

bool streams_is_input(const char *path)
{
    for (int i = 0; i < streams.paths.count; i++)
        if (!strcmp(streams.paths.items[i], path))
            return true;
    return false;
}

static char *replaced(char *text, const char *path, const char *name)
{
    char *shown = text_replace(text, path, name);
    free(text);
    return shown;
}

char *streams_shown(char *text)
{
    if (streams.standard_output)
        text = replaced(text, "/dev/stdout", "standard output");
    for (int i = streams.paths.count - 1; i >= 0; i--) /* /dev/fd/12 comes after /dev/fd/1 */
        text = replaced(text, streams.paths.items[i], streams.names.items[i]);
    return text;
}
