/* SPDX-License-Identifier: MIT */
/* The paintings that --style names. */
#ifndef CLI_STYLE_FILES_H
#define CLI_STYLE_FILES_H

#include "scumble/scumble.h"

typedef struct style_file {
    char *path;
    double weight;
    char *mask; /* what of it counts; NULL = all */
} style_file;

/* A growing list. Start from {0}. */
typedef struct style_list {
    style_file *items;
    int count;
} style_list;
void style_list_add(style_list *styles, style_file style);
void style_list_free(style_list *styles);

/* Adds "PAINTING" or "PAINTING:WEIGHT", given as `what`. This and the next return 0, or an exit code after a message.
 */
int style_files_add(style_list *styles, const char *what, const char *text);
/* All can be read. */
int style_files_check(const style_list *styles);
/* "scream" or "scream+wave"; caller frees. */
char *style_files_name(const style_list *styles);
/* Loads `count` of them, from `first` on, and opens their style; returns a code of the library. */
int style_files_open(scumble *s, const style_list *styles, int first, int count, const scumble_options *options,
                     scumble_style **style);

#endif
