/* SPDX-License-Identifier: MIT */
/* Names of files. See paths.h. */
#define _GNU_SOURCE
#include "paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console.h"
#include "stream_names.h"
#include "scumble/provenance.h"

bool paths_is_folder(const char *path)
{
    struct stat info;
    return !stat(path, &info) && S_ISDIR(info.st_mode);
}

bool paths_exists(const char *path)
{
    struct stat info;
    return !stat(path, &info);
}

char *paths_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    return !slash ? text_copy(".") : slash == path ? text_copy("/") : text_part(path, (size_t)(slash - path));
}

char *paths_join(const char *folder, const char *name)
{
    if (!strcmp(folder, "."))
        return text_copy(name);
    return text_format("%s%s%s", folder, folder[strlen(folder) - 1] == '/' ? "" : "/", name);
}

bool paths_is_special(const char *path)
{
    struct stat info;
    return streams_descriptor(path) >= 0 || (!stat(path, &info) && !S_ISREG(info.st_mode));
}

char *paths_unfinished(const char *path)
{
    const char *extension = paths_extension(path);
    size_t length = strlen(path) - strlen(extension) - (*extension != 0);
    return paths_is_special(path) ? text_copy(path) :
                                    text_format("%.*s.unfinished%s", (int)length, path, path + length);
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

const char *paths_extension(const char *path)
{
    const char *base = base_of(path), *dot = strrchr(base, '.');
    return dot && dot != base ? dot + 1 : "";
}

char *paths_name(const char *path)
{
    char *shown = streams_shown(text_copy(path));
    const char *base = base_of(shown), *dot = strrchr(base, '.');
    char *name = dot && dot != base ? text_part(base, (size_t)(dot - base)) : text_copy(base);
    for (char *p = name; *p && streams_is_input(path); p++)
        *p = *p == ' ' ? '-' : *p; /* standard-input */
    free(shown);
    return name;
}

char *paths_key(const char *path)
{
    struct stat info;
    if (!stat(path, &info))
        return text_format("inode %llu %llu", (unsigned long long)info.st_dev, (unsigned long long)info.st_ino);
    char *folder = paths_folder(path), *real = realpath(folder, NULL);
    char *key = text_format("path %s/%s", real ? real : folder, base_of(path));
    free(real);
    free(folder);
    return key;
}

bool paths_same_file(const char *path, const char *other)
{
    char *key = paths_key(path), *other_key = paths_key(other);
    bool same = !strcmp(key, other_key);
    free(other_key);
    free(key);
    return same;
}

/* ---- templates ---- */

static const char *const template_words[] = { "name", "style", "variation", "n", "ext" };
enum { TEMPLATE_WORDS = sizeof template_words / sizeof *template_words };

bool paths_is_template(const char *text)
{
    return strchr(text, '{') != NULL;
}

/* The word in braces that stands at `open`, or -1. */
static int template_word(const char *open)
{
    size_t length = strcspn(open + 1, "{}");
    for (int i = 0; i < TEMPLATE_WORDS && open[1 + length] == '}'; i++)
        if (strlen(template_words[i]) == length && !strncmp(open + 1, template_words[i], length))
            return i;
    return -1;
}

int paths_check_template(const char *flag, const char *text)
{
    for (const char *open; (open = strchr(text, '{')); text = open + 1) {
        size_t length = strcspn(open + 1, "{}");
        if (open[1 + length] != '}')
            return console_usage("%s is '%s', where a '{' has no '}'", flag, text);
        if (template_word(open) < 0)
            return console_usage("%s holds '{%.*s}'; it may hold {name}, {style}, {variation}, {n} and {ext}", flag,
                                 (int)length, open + 1);
    }
    return 0;
}

/* Once from left to right: what is filled in may hold braces itself. */
char *paths_fill(const char *text, const template_values *values)
{
    char number[32], digits[32];
    int width = snprintf(digits, sizeof digits, "%d", values->total);
    snprintf(number, sizeof number, "%0*d", width, values->number);
    const char *const with[TEMPLATE_WORDS] = { values->name, values->style, values->variation, number,
                                               values->extension };
    char *filled = text_copy("");
    while (*text) {
        int word = *text == '{' ? template_word(text) : -1;
        size_t plain = word < 0 ? 1 + strcspn(text + 1, "{") : 0;
        char *longer =
            word < 0 ? text_format("%s%.*s", filled, (int)plain, text) : text_format("%s%s", filled, with[word]);
        free(filled);
        filled = longer;
        text += word < 0 ? plain : strlen(template_words[word]) + 2;
    }
    return filled;
}

/* ---- outputs ---- */

static bool no_clobber;

void paths_set_no_clobber(bool keep)
{
    no_clobber = keep;
}

bool paths_no_clobber(void)
{
    return no_clobber;
}

int paths_check_output(const char *flag, const char *path)
{
    int status = EXIT_FAILED;
    char *folder = paths_folder(path);
    if (!strcmp(path, "-"))
        console_error("%s is '-', but scumble does not write this to standard output; give a file name", flag);
    else if (!*base_of(path) || paths_is_folder(path))
        console_error("%s is '%s', which names a folder; give a file name", flag, path);
    else if (paths_is_special(path)) /* its folder need not be writable */
        status = 0;
    else if (!paths_exists(folder))
        console_error("%s is '%s', but there is no folder '%s'; make it first (mkdir -p)", flag, path, folder);
    else if (!paths_is_folder(folder))
        console_error("%s is '%s', but '%s' is not a folder", flag, path, folder);
    else if (access(folder, W_OK | X_OK))
        console_error("%s is '%s', but the folder '%s' cannot be written: %s", flag, path, folder, strerror(errno));
    else if (no_clobber && paths_exists(path))
        console_error(
            "%s is '%s', which is there already and stays, because --no-clobber is given; choose another name", flag,
            path);
    else
        status = 0;
    free(folder);
    return status;
}

static bool write_and_close(FILE *file, const char *text, bool sync)
{
    bool good = fputs(text, file) >= 0 && !fflush(file) && (!sync || !fsync(fileno(file)));
    int saved = errno;
    good = !fclose(file) && good;
    if (saved)
        errno = saved;
    return good;
}

/* Through a temporary file in the same folder. */
static bool write_atomically(const char *path, const char *text)
{
    char *folder = paths_folder(path), *temporary = text_format("%s/.%s.XXXXXX", folder, base_of(path));
    int fd = mkstemp(temporary);
    mode_t mask = umask(0);
    umask(mask);
    FILE *file = fd < 0 || fchmod(fd, 0666 & ~mask) ? NULL : fdopen(fd, "w");
    bool good = file && write_and_close(file, text, true) && !rename(temporary, path);
    int saved = errno;
    if (!file && fd >= 0)
        close(fd);
    if (!good && fd >= 0)
        unlink(temporary);
    free(temporary);
    free(folder);
    errno = saved;
    return good;
}

bool paths_sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && (!fsync(fd) || errno == EINVAL); /* not all file systems sync folders */
    if (fd >= 0)
        close(fd);
    return good || errno == EACCES; /* of one that may not be listed */
}

int paths_write(const char *path, const char *text)
{
    errno = 0;
    bool special = paths_is_special(path);
    FILE *device = special ? fopen(path, "w") : NULL;
    if (special ? device && write_and_close(device, text, false) : write_atomically(path, text))
        return 0;
    console_error("cannot write '%s': %s", path, strerror(errno ? errno : EIO));
    return EXIT_FAILED;
}
