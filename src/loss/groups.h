/* SPDX-License-Identifier: MIT */
/* The rows that an objective can have, in one table: what their losses are called, what they are compared with, and
 * which option is their weight. A new row is a line in groups.c; nothing else knows the names. */
#ifndef SC_LOSS_GROUPS_H
#define SC_LOSS_GROUPS_H

#include "loss/config.h"
#include "loss/options.h"

/* All rows of a run, with weights and terms as the options say, once config->encoder is there. The wrong option is
 * named in the sentence. */
int sc_groups_of_options(sc_objective_config *config, const sc_style_options *options, sc_error *err);
/* Adds the row of that name, which must be in the table; terms NULL: its own. Rows are to be added in the table's
 * order. */
void sc_groups_add(sc_objective_config *config, const char *name, double weight, const sc_terms *terms);
/* A run has such a row: its weight may be set. */
bool sc_group_settable(const char *name);
/* The group of that name, or whose weight is the option of that name; -1 = there is none. */
int sc_group_named(const sc_objective_config *config, const char *name);

#endif
