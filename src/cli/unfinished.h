/* SPDX-License-Identifier: MIT */
/* What an earlier run left when it was stopped, and the run in hand has finished. */
#ifndef CLI_UNFINISHED_H
#define CLI_UNFINISHED_H

#include "stylize.h"

/* After the task's picture was written: removes its unfinished one, and that one's recipe beside it, where they say
 * that they are of this run: the same inputs and options, ended earlier. Losses and plots do not say whose they are,
 * and stay. recipe: of the picture that was written. */
void unfinished_remove(const job *j, const task *t, const char *recipe);

#endif
