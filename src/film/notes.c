/* SPDX-License-Identifier: MIT */
/* Notes. See notes.h. */
#define _GNU_SOURCE
#include "film/notes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"

void sc_notes_add(char **notes, const char *format, ...)
{
    char *line, *all;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&line, format, args);
    va_end(args);
    if (length < 0)
        return;
    for (char *c = line; *c; c++) /* of hostile names */
        *c = (unsigned char)*c < 32 || *c == 127 ? '?' : *c;
    if (*notes && strstr(*notes, line)) {
        free(line);
        return;
    }
    all = *notes ? sc_format("%s\n%s", *notes, line) : line;
    if (all != line)
        free(line);
    if (all) {
        if (all != line)
            free(*notes);
        *notes = all;
    }
}
