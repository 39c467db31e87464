/* SPDX-License-Identifier: MIT */
/* The options of a painter by name. See option_table.h. */
#include "record/options.h"

/* name, group, argument, kind, field, lowest, highest, default, choices, help, manual */
#define OPTIONS(X)                                                                                                     \
    X("size", "Picture", "PX|full", WHOLE, size, 1, 65535, "full", "full", "long edge of the result in pixels",        \
      "'full' is the picture's own size.")                                                                             \
    X("style-scale", "Picture", "X|learnt", NUMBER, style_scale, 0.05, 8, "1", "learnt", "how large strokes are",      \
      "1 gives strokes the share of the picture that they had in training, and larger numbers give larger strokes. "   \
      "For that a large picture is painted first at the size that the painter learnt at (512 pixels when its file "    \
      "does not say), and then larger and larger up to its own; a message says so. 'learnt' gives strokes as many "    \
      "pixels as they had in training, which makes hairlines of them in a large picture.")                             \
    X("tileable", "Picture", NULL, SWITCH, tileable, 0, 1, "no", "no|yes", "make a result that repeats without seams", \
      "")                                                                                                              \
    X("strength", "Picture", "X", NUMBER, strength, 0, 1, "1", NULL, "from the photo (0) to what is painted (1)", "")  \
    X("colour", "Picture", "style|luminance", CHOICE, colour, 0, 1, "style", "style|luminance",                        \
      "whose colours the result has",                                                                                  \
      "'style' paints with the painter's colours; 'luminance' paints lightness only and takes the colours from the "   \
      "photo.")                                                                                                        \
    X("max-memory", "Picture", "BYTES", BYTES, max_memory_bytes, 0, 1e15, "0", NULL,                                   \
      "memory to take, such as 2G; 0: what is free",                                                                   \
      "A picture that needs more is painted tile by tile, with the statistics of the whole picture: the result is "    \
      "the "                                                                                                           \
      "same but for rounding, and has no seams. What is kept between the passes over the tiles, about 200 bytes a "    \
      "pixel, is in temporary files when memory cannot hold it.")

static const scumble_option_info infos[] = { OPTIONS(SC_OPTION_INFO) };
#define FIELD(name, group, argument, kind, field, ...) SC_OPTION_FIELD(sc_paint_settings, field)
static const sc_option_field fields[] = { OPTIONS(FIELD) };
static const sc_former_word former[] = { { "colour", "photo", "luminance" }, { NULL, NULL, NULL } };
const sc_option_table sc_paint_option_table = { infos, fields, SC_OPTION_COUNT(infos), sizeof(sc_paint_settings),
                                                NULL,  former };
