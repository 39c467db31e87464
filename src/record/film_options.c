/* SPDX-License-Identifier: MIT */
/* The options of a film's shots by name. See option_table.h. */
#include "record/options.h"

/* name, group, argument, kind, field, lowest, highest, default, choices, help, manual */
#define OPTIONS(X)                                                                                                     \
    X("steady", "Film", "X", NUMBER, steady, 0, 1, "0.7", NULL, "how closely a frame follows the ones before",         \
      "0 paints each frame by itself, which flickers. Higher numbers hold a frame closer to what was painted before, " \
      "moved along with what is seen; where nothing moves or changes the paint stays as it is with any number above "  \
      "0.")                                                                                                            \
    X("frame-iterations", "Film", "N", WHOLE, frame_iterations, 1, 100000, "16", NULL,                                 \
      "iterations of each frame after a shot's first",                                                                 \
      "They are at the final size and at half of it, because a frame begins as the one before. The first frame of a "  \
      "shot has as "                                                                                                   \
      "many as a picture has. With a painter there are none.")

static const scumble_option_info infos[] = { OPTIONS(SC_OPTION_INFO) };
#define FIELD(name, group, argument, kind, field, ...) SC_OPTION_FIELD(sc_film_settings, field)
static const sc_option_field fields[] = { OPTIONS(FIELD) };
const sc_option_table sc_film_option_table = { infos, fields, SC_OPTION_COUNT(infos), sizeof(sc_film_settings),
                                               NULL,  NULL };
