/* SPDX-License-Identifier: MIT */
/* Patterns of numbered pictures. See sequence.h. */
#include "film/sequence.h"

#include <stdlib.h>
#include <string.h>

#include "core/file.h"

/* Where the number stands in a name, and how long it is there: a run of #, or %d or %04d. NULL: none, or several. */
static const char *find_number(const char *name, size_t *length, int *digits)
{
    const char *found = NULL;
    for (const char *at = name; *at;) {
        size_t used = strspn(at, "#");
        int wanted = used < SC_SEQUENCE_DIGITS ? (int)used : SC_SEQUENCE_DIGITS;
        if (*at == '%') {
            const char *end = at + 1;
            for (wanted = 0; *end >= '0' && *end <= '9' && wanted <= SC_SEQUENCE_DIGITS; end++)
                wanted = 10 * wanted + *end - '0';
            used = *end == 'd' && wanted <= SC_SEQUENCE_DIGITS ? (size_t)(end + 1 - at) : 0;
        }
        if (used && found)
            return NULL;
        if (used) {
            found = at;
            *length = used;
            *digits = wanted ? wanted : 1;
        }
        at += used ? used : 1;
    }
    return found;
}

bool sc_sequence_find(const char *path, size_t *begin, size_t *length)
{
    int digits;
    const char *at = find_number(sc_file_name(path), length, &digits);
    *begin = at ? (size_t)(at - path) : 0;
    return at && sc_image_known_name(path);
}

bool sc_sequence_parse(sc_sequence_pattern *pattern, const char *path)
{
    size_t length = 0;
    const char *at = find_number(sc_file_name(path), &length, &pattern->digits);
    if (!at || !sc_image_known_name(path))
        return false;
    pattern->before = strndup(path, (size_t)(at - path));
    pattern->after = strdup(at + length);
    if (pattern->before && pattern->after)
        return true;
    sc_sequence_free(pattern);
    return false;
}

void sc_sequence_free(sc_sequence_pattern *pattern)
{
    free(pattern->before);
    free(pattern->after);
    *pattern = (sc_sequence_pattern){ 0 };
}

char *sc_sequence_path(const sc_sequence_pattern *pattern, int64_t number)
{
    return sc_format("%s%0*lld%s", pattern->before, pattern->digits, (long long)number, pattern->after);
}

int64_t sc_sequence_number(const sc_film *film, int64_t frame)
{
    int64_t first, end;
    sc_film_range(film, &first, &end);
    return frame + (sc_film_about(film)->sequence ? first : 1);
}

int sc_sequence_frame_path(const sc_film *film, const char *path, int64_t frame, char **file, sc_error *err)
{
    sc_sequence_pattern pattern;
    *file = NULL;
    if (!sc_sequence_parse(&pattern, path))
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "'%s' is no pattern of numbered pictures, such as 'frames.####.png' or 'frames.%%04d.exr'",
                       path);
    *file = sc_sequence_path(&pattern, sc_sequence_number(film, frame));
    sc_sequence_free(&pattern);
    return *file ? SCUMBLE_OK : sc_fail_memory(err, strlen(path));
}
