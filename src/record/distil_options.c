/* SPDX-License-Identifier: MIT */
/* The options of distilling by name. See option_table.h. */
#include "record/options.h"

/* name, group, argument, kind, field, lowest, highest, default, choices, help, manual */
#define OPTIONS(X)                                                                                    \
    X("steps", "Length", "N", WHOLE, steps, 1, 1e9, "2750", NULL, "steps of learning", "")            \
    X("time", "Length", "20m|2h", DURATION, time_s, 0, 1e9, "0", NULL,                                \
      "stop then, whatever `steps` says; 0: no limit",                                                \
      "The learning rate then follows the clock in place of the steps.")                              \
    X("batch", "Length", "N", WHOLE, batch, 2, 64, "8", NULL, "patches in each step",                 \
      "The patches of a step are normalised together.")                                               \
    X("crop", "Pictures", "PX", WHOLE, crop, 32, 1024, "128", NULL,                                   \
      "edge of the patches of pictures, a multiple of 16", "")                                        \
    X("learning-rate", "Learning", "X", NUMBER, learning_rate, 1e-6, 1, "0.002", NULL,                \
      "learning rate of Adam at its highest", "")                                                     \
    X("seed", "Learning", "N", SEED, seed, 0, 18446744073709551615.0, "0", NULL,                      \
      "another number gives another training", "")                                                    \
    X("name", "File", "NAME", TEXT, name, 0, 0, "", NULL,                                             \
      "name kept in the encoder's file; without it, that of the file", "")                            \
    X("licence", "File", "TEXT", TEXT, licence, 0, 0, "", NULL, "licence kept in the encoder's file", \
      "Without it the file says that the encoder was distilled from its teachers, and gives their licences.")

static const scumble_option_info infos[] = { OPTIONS(SC_OPTION_INFO) };
#define FIELD(name, group, argument, kind, field, ...) SC_OPTION_FIELD(sc_distil_settings, field)
static const sc_option_field fields[] = { OPTIONS(FIELD) };
const sc_option_table sc_distil_option_table = { infos, fields, SC_OPTION_COUNT(infos), sizeof(sc_distil_settings),
                                                 NULL,  NULL };
