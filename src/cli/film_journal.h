/* SPDX-License-Identifier: MIT */
/* The journal of a work folder: a line for each frame whose result is there. */
#ifndef CLI_FILM_JOURNAL_H
#define CLI_FILM_JOURNAL_H

#include "film_work.h"

/* From the file "frames": all lines that are whole. */
void film_journal_read(film_work *w);
/* In memory; entries of this number and later ones go. */
void film_journal_add(film_work *w, const film_entry *entry);
bool film_journal_print(FILE *file, const film_entry *e);
bool film_journal_knows(const film_work *w, int64_t number);
/* As it is in memory, in a new file, open for what comes, with a keeper. 0, or an exit code after a message. */
int film_journal_rewrite(film_work *w);
/* Says that it cannot be written; an exit code. */
int film_journal_fail(const film_work *w);

#endif
