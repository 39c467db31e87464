/* SPDX-License-Identifier: MIT */
/* Values of the library's options: as the command line gave them, and what came of them. */
#ifndef CLI_VALUES_H
#define CLI_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"
#include "scumble/scumble.h"

/* Sets what the command line gave ("name, value, name, value, ..."). Returns 0, or an exit code after a message. */
int values_set(scumble *s, scumble_options *options, const text_list *given);
/* The command line gives this option. */
bool values_given(const text_list *given, const char *name);

/* An option that there is, as text (caller frees), a number, or a whole one of 64 bits. */
char *values_text(const scumble_options *options, const char *name);
double values_number(const scumble_options *options, const char *name);
uint64_t values_seed(const scumble_options *options, const char *name);
/* Sets such an option to a whole number in its range. */
void values_put(scumble_options *options, const char *name, uint64_t value);

#endif
