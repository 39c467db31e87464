/* SPDX-License-Identifier: MIT */
/* Small text helpers of the program: formatted strings, lists, sizes and times for people.
 * The program (unlike the library) may end when memory is short: must() does so with a sentence. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns p, or ends the program with a sentence when it is NULL. */
void *must(void *p);
/* printf into a new string; caller frees. */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *text_copy(const char *text);
/* The first `length` bytes of text. */
char *text_part(const char *text, size_t length);
/* text with every `what` replaced by `with`; caller frees. */
char *text_replace(const char *text, const char *what, const char *with);
/* Valid UTF-8 made from any bytes: what is not becomes U+FFFD. Caller frees. */
char *text_utf8(const char *bytes);
/* The library names options as in `max_memory`; the program, here, as in --max-memory. Takes `text` over; caller frees
 * the result. */
char *text_flags(char *text);
/* As one word of a POSIX shell: quoted where that is needed. Caller frees. */
char *text_quoted(const char *word);

/* A growing list of strings that it owns. Start from {0}. */
typedef struct text_list {
    char **items;
    int count;
} text_list;
/* Takes over `item`. */
void text_list_add(text_list *list, char *item);
void text_list_free(text_list *list);

/* " (did you mean 'x'?)" or ""; the result lies in `out`. */
const char *text_did_you_mean(const char *word, const char *const *names, int count, char out[128]);

/* The whole text is a number: decimal digits with an optional sign; for text_count also a factor k, M or G. */
bool text_integer(const char *text, int64_t *value);
bool text_count(const char *text, int64_t *value);
/* The whole text is a finite decimal number (no hexadecimal, no "nan", no "inf"). */
bool text_number(const char *text, double *value);

/* "1.2 GiB" */
const char *text_size(int64_t bytes, char out[32]);
/* "8.2 s", "3 min 20 s", "1 h 05 min"; "?" for what is not a time. */
const char *text_time(double seconds, char out[32]);
/* "0:04", "1:02:33"; "-:--" for what is not a time. */
const char *text_clock(double seconds, char out[32]);

#endif
