/* SPDX-License-Identifier: MIT */
/* Small text helpers. See text.h. */
#define _GNU_SOURCE
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <scumble/scumble.h>

void *must(void *p)
{
    if (!p) {
        fputs("scumble: not enough memory\n", stderr);
        exit(1);
    }
    return p;
}

char *text_format(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&text, format, args);
    va_end(args);
    return must(length < 0 ? NULL : text);
}

char *text_copy(const char *text)
{
    return must(strdup(text));
}

char *text_part(const char *text, size_t length)
{
    return must(strndup(text, length));
}

char *text_replace(const char *text, const char *what, const char *with)
{
    char *result = text_copy("");
    size_t step = strlen(what);
    for (const char *hit; step && (hit = strstr(text, what)); text = hit + step) {
        char *longer = text_format("%s%.*s%s", result, (int)(hit - text), text, with);
        free(result);
        result = longer;
    }
    char *whole = text_format("%s%s", result, text);
    free(result);
    return whole;
}

/* Length of the valid UTF-8 sequence at p (1..4), or 0. Overlong forms and surrogates are not valid. */
static int utf8_length(const unsigned char *p)
{
    if (p[0] < 0x80)
        return 1;
    int length = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4)
        return 0;
    for (int i = 1; i < length; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool beyond = (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf4 && p[1] > 0x8f);
    return overlong || beyond ? 0 : length;
}

char *text_utf8(const char *bytes)
{
    const unsigned char *p = (const unsigned char *)bytes;
    char *text = must(malloc(3 * strlen(bytes) + 1)), *out = text;
    while (*p) {
        int length = utf8_length(p);
        memcpy(out, length ? (const char *)p : "\xef\xbf\xbd", (size_t)(length ? length : 3));
        out += length ? length : 3;
        p += length ? length : 1;
    }
    *out = 0;
    return text;
}

/* Length of the name at p, which begins and ends with a backtick; 0: there is none. */
static size_t option_length(const char *p)
{
    size_t length = *p == '`' ? strspn(p + 1, "abcdefghijklmnopqrstuvwxyz_") : 0;
    return length && p[1] >= 'a' && p[1 + length] == '`' ? length : 0;
}

char *text_flags(char *text)
{
    char *flags = must(malloc(strlen(text) + 1)), *out = flags; /* a flag is as long as a name in backticks */
    for (const char *p = text; *p;) {
        size_t length = option_length(p);
        if (!length) {
            *out++ = *p++;
            continue;
        }
        memcpy(out, "--", 2);
        for (size_t i = 0; i < length; i++)
            out[2 + i] = p[1 + i] == '_' ? '-' : p[1 + i];
        out += length + 2;
        p += length + 2;
    }
    *out = 0;
    free(text);
    return flags;
}

char *text_quoted(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=+,@%";
    if (*word && word[strspn(word, plain)] == 0)
        return text_copy(word);
    char *inside = text_replace(word, "'", "'\\''");
    char *quoted = text_format("'%s'", inside);
    free(inside);
    return quoted;
}

void text_list_add(text_list *list, char *item)
{
    list->items = must(realloc(list->items, sizeof *list->items * ((size_t)list->count + 1)));
    list->items[list->count++] = item;
}

void text_list_free(text_list *list)
{
    for (int i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (text_list){ 0 };
}

const char *text_did_you_mean(const char *word, const char *const *names, int count, char out[128])
{
    const char *nearest = scumble_nearest(word, names, count);
    out[0] = 0;
    if (nearest)
        snprintf(out, 128, " (did you mean '%s'?)", nearest);
    return out;
}

bool text_integer(const char *text, int64_t *value)
{
    char *end = NULL;
    if (!isdigit((unsigned char)text[*text == '-' || *text == '+']))
        return false;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    *value = number;
    return !errno && !*end;
}

bool text_count(const char *text, int64_t *value)
{
    static const char letters[] = "kKmMgG";
    size_t length = strlen(text);
    const char *factor = length ? strchr(letters, text[length - 1]) : NULL;
    if (!length || !factor)
        return text_integer(text, value);
    char digits[32];
    if (length > sizeof digits)
        return false;
    memcpy(digits, text, length - 1);
    digits[length - 1] = 0;
    const int64_t factors[] = { 1000, 1000000, 1000000000 };
    return text_integer(digits, value) && !__builtin_mul_overflow(*value, factors[(factor - letters) / 2], value);
}

bool text_number(const char *text, double *value)
{
    char *end = NULL;
    if (!*text || text[strspn(text, "0123456789+-.eE")])
        return false;
    *value = strtod(text, &end);
    return !*end && isfinite(*value);
}

const char *text_size(int64_t bytes, char out[32])
{
    static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
    double value = (double)bytes;
    int unit = 0;
    for (; value >= 1023.5 && unit < 4; unit++)
        value /= 1024;
    snprintf(out, 32, unit && value < 9.95 ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return out;
}

const char *text_time(double seconds, char out[32])
{
    if (!(seconds >= 0 && seconds < 1e9))
        snprintf(out, 32, "?");
    else if (seconds < 59.95)
        snprintf(out, 32, seconds < 9.95 ? "%.1f s" : "%.0f s", seconds);
    else if (seconds < 3599.5)
        snprintf(out, 32, "%d min %02d s", (int)(seconds + 0.5) / 60, (int)(seconds + 0.5) % 60);
    else
        snprintf(out, 32, "%ld h %02ld min", (long)(seconds + 30) / 3600, (long)(seconds + 30) / 60 % 60);
    return out;
}

const char *text_clock(double seconds, char out[32])
{
    long whole = seconds >= 0 && seconds < 1e9 ? (long)(seconds + 0.5) : -1;
    if (whole < 0)
        snprintf(out, 32, "-:--");
    else if (whole < 3600)
        snprintf(out, 32, "%ld:%02ld", whole / 60, whole % 60);
    else
        snprintf(out, 32, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
    return out;
}
