/* SPDX-License-Identifier: MIT */
/* JavaScript literals: the subset that JSON texts become when a minifier has passed over them. See javascript.h. */
#define _GNU_SOURCE
#include "weights/javascript.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 64 };

typedef struct source {
    const char *text;
    size_t length, at;
    char *json;
    size_t used, capacity;
    sc_error *err;
} source;

static int unexpected(source *s, const char *expected)
{
    return sc_fail(s->err, SCUMBLE_ERR_FORMAT,
                   "the JavaScript file is damaged or is no plain literal: %s expected at byte %zu of %zu", expected,
                   s->at, s->length);
}

static int peek(const source *s)
{
    return s->at < s->length ? (unsigned char)s->text[s->at] : -1;
}

static void skip_space(source *s)
{
    while (peek(s) == ' ' || peek(s) == '\t' || peek(s) == '\n' || peek(s) == '\r')
        s->at++;
}

static int javascript_emit(source *s, const char *text, size_t length)
{
    if (length > s->capacity - s->used) {
        size_t larger = 2 * s->capacity + length + 256;
        char *moved = realloc(s->json, larger);
        if (!moved)
            return sc_fail_memory(s->err, larger);
        s->json = moved;
        s->capacity = larger;
    }
    memcpy(s->json + s->used, text, length);
    s->used += length;
    return SCUMBLE_OK;
}

/* Goes to the character after "exports=" or "export default" that opens the literal. */
static int find_literal(source *s, const char *openings)
{
    static const char *const marks[] = { "exports", "export default" };
    for (size_t k = 0; k < 2; k++) {
        size_t length = strlen(marks[k]);
        for (s->at = 0; s->at < s->length;) {
            const char *hit = memmem(s->text + s->at, s->length - s->at, marks[k], length);
            if (!hit)
                break;
            s->at = (size_t)(hit - s->text) + length;
            skip_space(s);
            if (k == 0) {
                if (peek(s) != '=')
                    continue;
                s->at++;
                skip_space(s);
            }
            if (peek(s) > 0 && strchr(openings, peek(s)))
                return SCUMBLE_OK;
        }
    }
    return sc_fail(s->err, SCUMBLE_ERR_FORMAT, "the JavaScript file exports no literal of the expected kind");
}

static bool is_letter(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static int hex_digits(source *s, int count, char *digits)
{
    for (int i = 0; i < count; i++) {
        int c = peek(s);
        if (!is_digit(c) && !(c >= 'a' && c <= 'f') && !(c >= 'A' && c <= 'F'))
            return unexpected(s, "a hexadecimal digit");
        digits[i] = (char)c;
        s->at++;
    }
    return SCUMBLE_OK;
}

/* After the backslash. */
static int convert_escape(source *s)
{
    char unicode[6] = { '\\', 'u', '0', '0', '0', '0' };
    int c = peek(s), code;
    if (c < 0)
        return unexpected(s, "an escape");
    s->at++;
    switch (c) {
    case '\'': return javascript_emit(s, "'", 1);
    case '"': return javascript_emit(s, "\\\"", 2);
    case '\\': return javascript_emit(s, "\\\\", 2);
    case '/': return javascript_emit(s, "/", 1);
    case 'b': return javascript_emit(s, "\\b", 2);
    case 'f': return javascript_emit(s, "\\f", 2);
    case 'n': return javascript_emit(s, "\\n", 2);
    case 'r': return javascript_emit(s, "\\r", 2);
    case 't': return javascript_emit(s, "\\t", 2);
    case 'x': code = hex_digits(s, 2, unicode + 4); return code ? code : javascript_emit(s, unicode, 6);
    case 'u': code = hex_digits(s, 4, unicode + 2); return code ? code : javascript_emit(s, unicode, 6);
    default: s->at--; return unexpected(s, "a known escape");
    }
}

static int convert_string(source *s)
{
    int quote = peek(s), code = javascript_emit(s, "\"", 1);
    for (s->at++; !code;) {
        int c = peek(s);
        if (c < 0x20)
            return unexpected(s, "the end of a string");
        s->at++;
        if (c == quote)
            return javascript_emit(s, "\"", 1);
        if (c == '\\')
            code = convert_escape(s);
        else if (c == '"')
            code = javascript_emit(s, "\\\"", 2);
        else
            code = javascript_emit(s, &s->text[s->at - 1], 1);
    }
    return code;
}

static int convert_digits(source *s, size_t *count)
{
    size_t first = s->at;
    while (is_digit(peek(s)))
        s->at++;
    *count = s->at - first;
    return javascript_emit(s, s->text + first, *count);
}

/* -.5, 5., 1e-7, 12 -> JSON numbers. */
static int convert_number(source *s)
{
    size_t whole, fraction = 0, exponent;
    int code = SCUMBLE_OK;
    if (peek(s) == '-') {
        s->at++;
        code = javascript_emit(s, "-", 1);
    }
    if (!code)
        code = convert_digits(s, &whole);
    if (!code && !whole)
        code = javascript_emit(s, "0", 1);
    if (!code && peek(s) == '.') {
        s->at++;
        code = javascript_emit(s, ".", 1);
        if (!code)
            code = convert_digits(s, &fraction);
        if (!code && !fraction)
            code = javascript_emit(s, "0", 1);
    }
    if (!code && !whole && !fraction)
        return unexpected(s, "a number");
    if (!code && (peek(s) == 'e' || peek(s) == 'E')) {
        s->at++;
        code = javascript_emit(s, "e", 1);
        if (!code && (peek(s) == '-' || peek(s) == '+'))
            code = javascript_emit(s, &s->text[s->at++], 1);
        if (!code)
            code = convert_digits(s, &exponent);
        if (!code && !exponent)
            return unexpected(s, "an exponent");
    }
    return code;
}

static bool accept(source *s, const char *word)
{
    size_t length = strlen(word);
    if (s->length - s->at < length || memcmp(s->text + s->at, word, length))
        return false;
    int next = s->at + length < s->length ? (unsigned char)s->text[s->at + length] : -1;
    if (is_letter(next) || is_digit(next))
        return false;
    s->at += length;
    return true;
}

static int convert_word(source *s)
{
    static const char *const words[][2] = {
        { "!0", "true" },   { "!1", "false" },    { "true", "true" },      { "false", "false" },
        { "null", "null" }, { "void 0", "null" }, { "undefined", "null" }, { "NaN", "null" },
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (accept(s, words[i][0]))
            return javascript_emit(s, words[i][1], strlen(words[i][1]));
    return unexpected(s, "a value");
}

static int convert_key(source *s)
{
    int c = peek(s);
    if (c == '"' || c == '\'')
        return convert_string(s);
    size_t first = s->at;
    while (is_letter(peek(s)) || is_digit(peek(s)))
        s->at++;
    if (s->at == first)
        return unexpected(s, "a key");
    int code = javascript_emit(s, "\"", 1);
    if (!code)
        code = javascript_emit(s, s->text + first, s->at - first);
    return code ? code : javascript_emit(s, "\"", 1);
}

static int convert_value(source *s, int depth);

/* An object or an array, from its opening bracket on. */
static int convert_members(source *s, int depth)
{
    bool object = peek(s) == '{';
    int close = object ? '}' : ']';
    int code = javascript_emit(s, object ? "{" : "[", 1);
    s->at++;
    skip_space(s);
    for (bool first = true; !code; first = false) {
        if (first && peek(s) == close)
            break;
        if (object)
            code = convert_key(s);
        skip_space(s);
        if (!code && object) {
            if (peek(s) != ':')
                return unexpected(s, "':'");
            s->at++;
            code = javascript_emit(s, ":", 1);
        }
        if (!code)
            code = convert_value(s, depth + 1);
        skip_space(s);
        if (!code && peek(s) == close)
            break;
        if (!code && peek(s) != ',')
            return unexpected(s, "',' or a closing bracket");
        s->at++;
        if (!code)
            code = javascript_emit(s, ",", 1);
        skip_space(s);
    }
    s->at++;
    return code ? code : javascript_emit(s, object ? "}" : "]", 1);
}

static int convert_value(source *s, int depth)
{
    if (depth > MAX_DEPTH)
        return sc_fail(s->err, SCUMBLE_ERR_LIMIT, "the JavaScript literal is nested more than %d deep", MAX_DEPTH);
    skip_space(s);
    int c = peek(s);
    if (c == '{' || c == '[')
        return convert_members(s, depth);
    if (c == '"' || c == '\'')
        return convert_string(s);
    if (is_digit(c) || c == '.' || c == '-')
        return convert_number(s);
    return convert_word(s);
}

int sc_javascript_object(char **json, size_t *length, const char *text, size_t text_length, sc_error *err)
{
    source s = { .text = text, .length = text_length, .err = err };
    *json = NULL;
    *length = 0;
    int code = find_literal(&s, "{");
    if (!code)
        code = convert_value(&s, 0);
    if (code) {
        free(s.json);
        return code;
    }
    *json = s.json;
    *length = s.used;
    return SCUMBLE_OK;
}

static int base64_digit(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (is_digit(c))
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int sc_javascript_base64(uint8_t **bytes, size_t *size, const char *text, size_t text_length, sc_error *err)
{
    source s = { .text = text, .length = text_length, .err = err };
    *bytes = NULL;
    *size = 0;
    int code = find_literal(&s, "\"'");
    if (code)
        return code;
    const char *first = text + s.at + 1, *end = memchr(first, text[s.at], text_length - s.at - 1);
    if (!end)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the base64 text has no end: the file is incomplete");
    size_t count = (size_t)(end - first);
    while (count && first[count - 1] == '=' && (size_t)(end - first) - count < 2)
        count--;
    if ((size_t)(end - first) % 4 || count % 4 == 1)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "the base64 text has %zu characters, which is not a multiple of 4",
                       (size_t)(end - first));
    uint8_t *out = malloc(count / 4 * 3 + 3);
    if (!out)
        return sc_fail_memory(err, count / 4 * 3);
    uint32_t bits = 0;
    for (size_t i = 0; i < count; i++) {
        int digit = base64_digit((unsigned char)first[i]);
        if (digit < 0) {
            free(out);
            return sc_fail(err, SCUMBLE_ERR_FORMAT, "byte %zu of the base64 text is not a base64 character", i);
        }
        bits = bits << 6 | (uint32_t)digit;
        if (i % 4)
            out[(*size)++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
    }
    *bytes = out;
    return SCUMBLE_OK;
}
