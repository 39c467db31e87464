/* SPDX-License-Identifier: MIT */
/* Messages and the transient line. See console.h. */
#define _GNU_SOURCE
#include "console.h"

#include <errno.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "events.h"
#include "stream_names.h"
#include "text.h"

static struct {
    bool quiet;
    char last_error[1024];
    int line_columns; /* of the transient line on display; 0 = none */
} console;

void console_set_quiet(bool quiet)
{
    console.quiet = quiet;
}

bool console_is_quiet(void)
{
    return console.quiet;
}

/* C0 and C1 controls become '?'. */
static void console_blank_controls(char *text)
{
    for (unsigned char *p = (unsigned char *)text; *p; p++) {
        if (*p < 0x20 || *p == 0x7f)
            *p = '?';
        else if (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f)
            p[0] = p[1] = '?';
    }
}

char *console_safe(const char *text)
{
    char *copy = streams_shown(text_copy(text));
    console_blank_controls(copy);
    return copy;
}

static const char error_prefix[] = "scumble: ";

/* Caller frees. */
static char *formatted(const char *format, va_list args)
{
    char *text = NULL;
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    return must(text);
}

static void say(const char *prefix, const char *format, va_list args)
{
    char *text = streams_shown(text_flags(formatted(format, args)));
    console_blank_controls(text);
    console_line_clear();
    fprintf(stderr, "%s%s\n", prefix, text);
    if (prefix == error_prefix)
        snprintf(console.last_error, sizeof console.last_error, "%s", text);
    free(text);
}

void console_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(error_prefix, format, args);
    va_end(args);
}

int console_usage(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(error_prefix, format, args);
    va_end(args);
    return EXIT_USAGE;
}

const char *console_last_error(void)
{
    return console.last_error;
}

void console_warning(const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    char *text = formatted(format, args);
    events_note(text);
    if (!console.quiet)
        say("scumble: note: ", format, again);
    free(text);
    va_end(again);
    va_end(args);
}

void console_info(const char *format, ...)
{
    if (console.quiet)
        return;
    va_list args;
    va_start(args, format);
    say("", format, args);
    va_end(args);
}

void console_info_lines(const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        console_info("  %.*s", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

int console_exit_code(int code)
{
    return !code ? EXIT_DONE : code == SCUMBLE_ERR_ARGUMENT ? EXIT_USAGE : EXIT_FAILED;
}

int console_failure(const scumble *s, int code, const char *prefix)
{
    const char *text = scumble_error_text(s);
    console_error("%s%s%s", prefix ? prefix : "", prefix ? ": " : "", *text ? text : scumble_error_name(code));
    return console_exit_code(code);
}

bool console_is_terminal(void)
{
    return isatty(STDERR_FILENO);
}

int console_width(void)
{
    struct winsize size;
    if (!ioctl(STDERR_FILENO, TIOCGWINSZ, &size) && size.ws_col > 0)
        return size.ws_col;
    const char *columns = getenv("COLUMNS");
    int64_t number;
    return columns && text_integer(columns, &number) && number >= 20 && number <= 1000 ? (int)number : 80;
}

bool console_is_utf8(void)
{
    return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

/* Columns that UTF-8 text takes, every character counted as one. */
static int console_columns_of(const char *text)
{
    int columns = 0;
    for (; *text; text++)
        columns += ((unsigned char)*text & 0xc0) != 0x80;
    return columns;
}

void console_line(const char *text)
{
    int columns = console_columns_of(text), rest = console.line_columns > columns ? console.line_columns - columns : 0;
    fprintf(stderr, "\r%s%*s", text, rest, "");
    fflush(stderr);
    console.line_columns = columns;
}

void console_line_clear(void)
{
    if (console.line_columns)
        fprintf(stderr, "\r%*s\r", console.line_columns, "");
    console.line_columns = 0;
}

int console_end(int exit_code)
{
    if (exit_code && exit_code < EXIT_SIGNAL && *console.last_error)
        events_failed(console.last_error);
    if (!fflush(stdout) && !ferror(stdout))
        return exit_code;
    if (errno != EPIPE)
        console_error("cannot write to standard output: %s", strerror(errno));
    return exit_code ? exit_code : EXIT_FAILED;
}

int console_picture(scumble *s, const char *path, scumble_image **image)
{
    int code = scumble_image_load(s, path, image);
    if (!code && scumble_image_note(*image))
        console_warning("%s", scumble_image_note(*image));
    return code;
}
