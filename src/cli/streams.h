/* SPDX-License-Identifier: MIT */
/* Pictures through pipes: "-", named pipes, process substitution (/dev/fd/63), /dev/stdin, /dev/stdout. What comes
 * through one can be read once only, and not from the middle, so it is read whole into memory first; from then on it is
 * a file like any other, under a name in /dev. Nothing else need know. */
#ifndef CLI_STREAMS_H
#define CLI_STREAMS_H

#include "stream_names.h"

/* *path is text of malloc. When it names standard input ("-"), a pipe or a device, that is read to its end and *path
 * becomes the name of the file in memory; other names stay as they are, also those of folders and of what is not there.
 * Returns 0, or an exit code after a message. */
int streams_input(char **path);

/* What -o and --format say (NULL = not given). "-" becomes /dev/stdout. *format becomes what a stream is to be written
 * in, and NULL when *output is none. writes: there will be a picture, so that a terminal is refused. Returns 0, or an
 * exit code after a message. */
int streams_output(const char **output, const char **format, bool writes);

#endif
