/* SPDX-License-Identifier: MIT */
/* What names in /dev stand for: descriptors of this process, and pipes that streams.h has read into memory. */
#ifndef CLI_STREAM_NAMES_H
#define CLI_STREAM_NAMES_H

#include <stdbool.h>

/* The N of a name for a descriptor of this process: /dev/stdin, /dev/stdout, /dev/stderr, /dev/fd/N, /proc/self/fd/N;
 * -1 for other names. */
int streams_descriptor(const char *path);
/* The path is one that streams_input made. */
bool streams_is_input(const char *path);
/* The text, which is of malloc and is taken over, with the names in /dev replaced by what people call them. Caller
 * frees. */
char *streams_shown(char *text);

/* For streams.c: a pipe was read, is had under this path from now on, and has this name for people; and whether
 * /dev/stdout is where a picture goes. */
void streams_note_input(const char *path, const char *name);
void streams_note_output(bool standard_output);

#endif
