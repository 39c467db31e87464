/* SPDX-License-Identifier: MIT */
/* British and American spelling. Both words are read at once, and where they part, a pair may stand, or a hyphen and an
 * underscore. See spelling.h. */
#include "core/spelling.h"

#include <string.h>

static const char *const pairs[][2] = {
    { "colour", "color" },       { "grey", "gray" },       { "licence", "license" },
    { "neighbour", "neighbor" }, { "centre", "center" },   { "optimiser", "optimizer" },
    { "artefact", "artifact" },  { "stylise", "stylize" }, { "normalise", "normalize" },
};
enum { PAIRS = sizeof pairs / sizeof *pairs };

/* Which pair has its spelling `side` at the beginning of the text; PAIRS when none. */
static int pair_at(const char *text, int *side)
{
    for (int i = 0; i < PAIRS; i++)
        for (*side = 0; *side < 2; ++*side)
            if (!strncmp(text, pairs[i][*side], strlen(pairs[i][*side])))
                return i;
    return PAIRS;
}

bool sc_same_spelling(const char *a, const char *b)
{
    while (*a || *b) {
        int side_a, side_b, pair = pair_at(a, &side_a);
        if (pair < PAIRS && pair == pair_at(b, &side_b)) {
            a += strlen(pairs[pair][side_a]);
            b += strlen(pairs[pair][side_b]);
        } else if (*a == *b || (*a == '-' && *b == '_') || (*a == '_' && *b == '-')) {
            a++;
            b++;
        } else
            return false;
    }
    return true;
}
