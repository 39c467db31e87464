/* SPDX-License-Identifier: MIT */
/* What the program says to people: messages on stderr, one transient line on a terminal, and the exit codes.
 * File names and other texts from outside may hold control characters; they are blanked here, so a name cannot
 * drive the terminal. This is the only place that writes to stderr (but for must() and the signal handler). */
#ifndef CLI_CONSOLE_H
#define CLI_CONSOLE_H

#include <stdbool.h>

#include "scumble/scumble.h"

/* 128 + signal is added when a run was interrupted. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_SIGNAL = 128 };

/* With `quiet`, console_info and console_warning say nothing. */
void console_set_quiet(bool quiet);
bool console_is_quiet(void);

/* A copy that cannot drive a terminal: controls are '?'. Caller frees. */
char *console_safe(const char *text);

/* "scumble: ..." */
void console_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* What console_error said last, without the prefix; "" before it did. */
const char *console_last_error(void);
/* console_error; returns EXIT_USAGE. */
int console_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* "scumble: note: ...", and an event (events.h), quiet or not. */
void console_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* scumble_image_load, and a warning of what is unusual about the file. */
int console_picture(scumble *s, const char *path, scumble_image **image);
void console_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Several lines, each indented by two spaces. */
void console_info_lines(const char *text);

/* Says the context's last error (or the code's general text) after an optional prefix, and returns the exit code for
 * it. */
int console_failure(const scumble *s, int code, const char *prefix);
int console_exit_code(int code);

/* stderr is a terminal that can redraw a line. */
bool console_is_terminal(void);
/* Columns of the terminal (80 when unknown). */
int console_width(void);
/* The locale's characters are UTF-8. */
bool console_is_utf8(void);
/* Draws the transient line over the last one; other messages clear it first. Uses no escape sequences. */
void console_line(const char *text);
void console_line_clear(void);

/* Tells the error of a command that failed, where events are printed (events.h). Flushes stdout; says so and returns
 * EXIT_FAILED when what was asked for could not be written there. */
int console_end(int exit_code);

#endif
