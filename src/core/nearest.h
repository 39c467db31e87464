/* SPDX-License-Identifier: MIT */
/* The nearest name to a mistyped one. */
#ifndef SC_CORE_NEAREST_H
#define SC_CORE_NEAREST_H

/* By edit distance (insert, delete, replace, swap of neighbours); NULL when nothing is near (more than a third of the letters wrong, at least 2). */
const char *sc_nearest(const char *name, const char *const *names, int count);

#endif
