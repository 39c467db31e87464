/* SPDX-License-Identifier: MIT */
/* What is written from the table of commands (cli/options.h) when scumble is built: manual pages, completions for three
 * shells, and doc/options.md. Each function prints one file on standard output. */
#ifndef CLI_REFERENCE_H
#define CLI_REFERENCE_H

#include "cli/options.h"

/* The manual page of a command. */
void man_page(const command_about *command);
/* scumble.1: its template (it lies in doc) with lists of the commands and of the options that all have. Returns 0, or
 * 1 when it cannot be read. */
int man_overview(const char *template_path);
void markdown_document(void);
void bash_completion(void);
void zsh_completion(void);
void fish_completion(void);

/* Called for each word of "a|b|c". */
typedef void word_fn(const char *word, int length, void *user);
void each_word(const char *words, word_fn *act, void *user);

/* " (1 to 100; default: 92)", or "": the range of a number, and what it is without the option. Caller frees. */
char *option_facts(const command_option *option);
/* The name of a page or function: "train encoder" as "train-encoder" with `between` '-'. Caller frees. */
char *command_word(const command_about *command, const char *between);

#endif
