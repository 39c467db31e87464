/* SPDX-License-Identifier: MIT */
/* Names of files: their parts, what an output is called, and whether it can be written. */
#ifndef CLI_PATHS_H
#define CLI_PATHS_H

#include "scumble/scumble.h"
#include "text.h"

/* "dir/photo.v2.jpg": name "photo.v2", extension "jpg". Caller frees. */
char *paths_name(const char *path);
const char *paths_extension(const char *path);
/* "dir" of "dir/x"; "." of "x"; "/" of "/x". Caller frees. */
char *paths_folder(const char *path);
/* folder/name, without "./" in front. Caller frees. */
char *paths_join(const char *folder, const char *name);

/* "dir/photo.unfinished.png" for "dir/photo.png": where what was stopped goes, so that what was finished before stays.
 * A device's own name. Caller frees. */
char *paths_unfinished(const char *path);

bool paths_is_folder(const char *path);
bool paths_exists(const char *path);
/* There, but no regular file: a device, a pipe, a folder; and /dev/stdout and its like, whatever they lead to. */
bool paths_is_special(const char *path);
/* Equal texts for two names of one file (that need not exist yet). Caller frees. */
char *paths_key(const char *path);
/* Both name one file: their keys are the same. */
bool paths_same_file(const char *path, const char *other);

/* What stands for {name}, {style}, {variation}, {n} and {ext} in a template. */
typedef struct template_values {
    const char *name, *style, *variation, *extension;
    int number, total; /* number is padded with zeros to the digits of total */
} template_values;
/* Is there anything in braces? */
bool paths_is_template(const char *text);
/* Checks the words in braces; returns 0, or EXIT_USAGE after a message that names the flag. */
int paths_check_template(const char *flag, const char *text);
/* Fills in; caller frees. */
char *paths_fill(const char *text, const template_values *values);

/* --no-clobber: from now on paths_check_output refuses a file that is there. */
void paths_set_no_clobber(bool keep);
bool paths_no_clobber(void);

/* A file that is to be written: its folder is there and may be written, and the name is not a folder's.
 * Returns 0, or an exit code after a message that names the flag. */
int paths_check_output(const char *flag, const char *path);

/* Writes a text whole or not at all (straight, where the name is a device or a pipe). Returns 0, or EXIT_FAILED after a
 * message. */
int paths_write(const char *path, const char *text);
/* The names of the files in a folder are on the disk. False: errno says why not. */
bool paths_sync_folder(const char *folder);

#endif
