/* SPDX-License-Identifier: MIT */
/* The files of a work folder by their names. See film_folder.h. */
#define _GNU_SOURCE
#include "film_folder.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "paths.h"

#define NUMBER "%012lld"

char *film_folder_file(const char *folder, const char *kind, int64_t number)
{
    char *name = text_format("%s-" NUMBER, kind, (long long)number), *path = paths_join(folder, name);
    free(name);
    return path;
}

char *film_folder_part(const char *folder, film_span span)
{
    char *name = text_format("part-" NUMBER "-" NUMBER, (long long)span.first, (long long)span.last),
         *path = paths_join(folder, name);
    free(name);
    return path;
}

bool film_folder_parse(const char *name, const char *kind, int64_t *number, int64_t *last)
{
    long long first, second = -1;
    size_t length = strlen(kind);
    if (strncmp(name, kind, length) || name[length] != '-')
        return false;
    int count = sscanf(name + length, "-%lld-%lld", &first, &second);
    *number = first;
    *last = second;
    return count == (strcmp(kind, "part") ? 1 : 2) && !strchr(name, '.');
}

/* The files that have a number, or two. */
static const char *const film_folder_kinds[] = { "state", "frame", "part", "back", "backstate" };

/* What is left of a name behind that of one of our files; NULL: it is none. */
static const char *film_folder_rest(const char *name)
{
    static const char *const whole[] = { "plan.json", "frames", "lock", "film" };
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (!strncmp(name, whole[i], strlen(whole[i])))
            return name + strlen(whole[i]);
    for (size_t i = 0; i < sizeof film_folder_kinds / sizeof *film_folder_kinds; i++) {
        size_t length = strlen(film_folder_kinds[i]);
        if (strncmp(name, film_folder_kinds[i], length) || name[length] != '-')
            continue;
        size_t digits = strspn(name + length + 1, "0123456789");
        const char *rest = name + length + 1 + digits;
        if (digits && *rest == '-')
            rest += 1 + strspn(rest + 1, "0123456789");
        return digits ? rest : NULL;
    }
    return NULL;
}

/* Of what was being written, names begin with dots, and may go on after one. */
bool film_folder_is_ours(const char *name)
{
    size_t dots = strspn(name, ".");
    const char *rest = film_folder_rest(name + dots);
    return rest && (!*rest || (dots && *rest == '.'));
}

text_list film_folder_names(const char *folder)
{
    text_list names = { 0 };
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        if (strcmp(name, ".") && strcmp(name, ".."))
            text_list_add(&names, text_copy(name));
        free(entries[i]);
    }
    free(entries);
    return names;
}

void film_folder_unlink(const char *folder, const char *name)
{
    char *path = paths_join(folder, name);
    unlink(path);
    free(path);
}
