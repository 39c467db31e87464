/* SPDX-License-Identifier: MIT */
/* Pictures side by side in one, all of the same height, with a white gap, and captions below them where they are
 * wanted. */
#ifndef CLI_CONTACT_SHEET_H
#define CLI_CONTACT_SHEET_H

#include <stdbool.h>
#include <stdint.h>

#include "scumble/scumble.h"

typedef struct sheet_picture {
    const char *path, *caption; /* caption NULL: none; any bytes */
} sheet_picture;

typedef struct contact_sheet {
    const char *output;
    const sheet_picture *pictures;
    int count;
    int64_t height, columns, gap, quality; /* in pixels; columns 0: all in one row; quality 0: the usual */
    bool silent;
    const char *format; /* of an output that is a stream; NULL = the name's */
} contact_sheet;

/* Writes the sheet and, unless silent, says so. Returns 0, or an exit code after a message. Where captions cannot be
 * drawn a note says so. */
int contact_sheet_write(scumble *s, const contact_sheet *sheet);

#endif
