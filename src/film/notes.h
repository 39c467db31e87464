/* SPDX-License-Identifier: MIT */
/* Sentences for the user, one a line. */
#ifndef SC_FILM_NOTES_H
#define SC_FILM_NOTES_H

/* Appends a sentence to *notes, which is owned and may be NULL, unless it is there already. Without memory it is
 * missing. */
void sc_notes_add(char **notes, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
