/* SPDX-License-Identifier: MIT */
/* The files of a film's work folder by their names, and no more: what they are is said in film_work.h. */
#ifndef CLI_FILM_FOLDER_H
#define CLI_FILM_FOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

typedef struct film_span {
    int64_t first, last; /* numbers of frames */
} film_span;

/* Paths of files in a folder, there or not; the caller frees them.
 * kind: "state", "frame", and so on; "part", while it is in work. */
char *film_folder_file(const char *folder, const char *kind, int64_t number);
/* A part that is finished. */
char *film_folder_part(const char *folder, film_span span);

/* The names that are there, sorted. Caller frees. */
text_list film_folder_names(const char *folder);
/* A name is of this kind, and whole. last: of a part, else -1. */
bool film_folder_parse(const char *name, const char *kind, int64_t *number, int64_t *last);
/* It is the name of a file that we write, whole or half written. */
bool film_folder_is_ours(const char *name);
void film_folder_unlink(const char *folder, const char *name);

#endif
