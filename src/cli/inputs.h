/* SPDX-License-Identifier: MIT */
/* What a photo argument stands for. */
#ifndef CLI_INPUTS_H
#define CLI_INPUTS_H

#include "text.h"
#include "scumble/scumble.h"

/* Adds the pictures that an argument stands for: a file (there or not), a stream (see streams.h), the pictures in a
 * folder (sorted; not its subfolders, no hidden ones) or those that match a pattern. Returns 0, or an exit code after a
 * message. */
int inputs_expand(const char *argument, text_list *photos);
/* The same for what is to be painted or learnt from: of a folder or a pattern, what scumble made itself is left out,
 * and that is said. A picture that is named is taken, whoever made it. */
int inputs_expand_sources(scumble *s, const char *argument, text_list *photos);

#endif
