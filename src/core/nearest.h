/* SPDX-License-Identifier: MIT */
/* The nearest name to a mistyped one. */
#ifndef SC_CORE_NEAREST_H
#define SC_CORE_NEAREST_H

/* By edit distance (insert, delete, replace, swap of neighbours), ignoring case; a name that begins with the word is
 * near. NULL when nothing is near: more than 1 edit for short words, 1 + length / 4 for longer ones. */
const char *sc_nearest(const char *word, const char *const *names, int count);

/* " (did you mean 'NAME'?)", or "" when nothing is near, in `out`, which is returned. */
enum { SC_HINT_BYTES = 128 };
const char *sc_nearest_hint(const char *word, const char *const *names, int count, char out[SC_HINT_BYTES]);

#endif
