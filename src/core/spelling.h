/* SPDX-License-Identifier: MIT */
/* Words that are the same in British and in American spelling, and names with hyphens or underscores. */
#ifndef SC_CORE_SPELLING_H
#define SC_CORE_SPELLING_H

#include <stdbool.h>

/* Equal, or equal but for spelling: "colour" and "color", "style-neighbours" and "style-neighbors", "optimizer" and
 * "optimiser"; or but for hyphens: "max-memory" and "max_memory". The pairs are one table, in spelling.c. */
bool sc_same_spelling(const char *a, const char *b);

#endif
