/* SPDX-License-Identifier: MIT */
/* Which photo and which painting a result was made from: as the command line says, by its name where that gives a
 * choice, else by its recipe. */
#ifndef CLI_PAIRING_H
#define CLI_PAIRING_H

#include "text.h"
#include "scumble/scumble.h"

/* What --content or --style stands for: one picture, which goes with every result; several, of which that one goes with
 * a result whose name is in the result's name, as in photo.jpg and photo-painting.png; or none. */
typedef struct pairing {
    scumble *s;
    text_list contents, styles, look_in; /* look_in: folders for what only recipes name */
} pairing;

/* Returns 0, or an exit code after a message. Caller frees *photo and *painting. */
int pairing_find(const pairing *p, const char *result, char **photo, char **painting);

#endif
