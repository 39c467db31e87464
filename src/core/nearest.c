/* SPDX-License-Identifier: MIT */
/* Optimal string alignment distance over short names. See nearest.h. */
#include "core/nearest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { LIMIT = 64 };

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int core_nearest_same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Edits from a to b; names longer than LIMIT - 1 count as far away. Three rows of the table are kept. */
static int core_nearest_distance(const char *a, const char *b)
{
    int m = (int)strlen(a), n = (int)strlen(b), d[3][LIMIT];
    if (m >= LIMIT || n >= LIMIT)
        return LIMIT;
    for (int j = 0; j <= n; j++)
        d[0][j] = j;
    for (int i = 1; i <= m; i++) {
        int *row = d[i % 3];
        const int *above = d[(i + 2) % 3], *above2 = d[(i + 1) % 3];
        row[0] = i;
        for (int j = 1; j <= n; j++) {
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + !core_nearest_same(a[i - 1], b[j - 1]));
            if (i > 1 && j > 1 && core_nearest_same(a[i - 1], b[j - 2]) && core_nearest_same(a[i - 2], b[j - 1]))
                row[j] = least(row[j], above2[j - 2] + 1);
        }
    }
    return d[m % 3][n];
}

const char *sc_nearest(const char *word, const char *const *names, int count)
{
    const char *best = NULL;
    size_t length = strnlen(word, LIMIT);
    int best_distance = length < 3 ? 2 : 2 + (int)length / 4;
    for (int i = 0; i < count; i++) {
        int d = length >= 2 && !strncasecmp(word, names[i], length) ? 1 : core_nearest_distance(word, names[i]);
        if (d < best_distance && d < (int)strlen(names[i])) {
            best_distance = d;
            best = names[i];
        }
    }
    return best;
}

const char *sc_nearest_hint(const char *word, const char *const *names, int count, char out[SC_HINT_BYTES])
{
    const char *nearest = sc_nearest(word, names, count);
    out[0] = 0;
    if (nearest)
        snprintf(out, SC_HINT_BYTES, " (did you mean '%s'?)", nearest);
    return out;
}
