/* SPDX-License-Identifier: MIT */
/* The options of a painter by name. See option_table.h. */
#include <string.h>

#include "api/context.h"
#include "api/painter.h"
#include "core/spelling.h"

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
#define FIELD(name, group, argument, kind, field, ...) SC_OPTION_FIELD(scumble_paint_options, field)
static const sc_option_field fields[] = { OPTIONS(FIELD) };
const sc_option_table sc_paint_option_table = { infos, fields, sizeof infos / sizeof *infos, NULL };

const scumble_option_info *scumble_paint_option_list(int *count)
{
    if (count)
        *count = sc_paint_option_table.count;
    return infos;
}

scumble_paint_options scumble_paint_options_default(void)
{
    scumble_paint_options options;
    memset(&options, 0, sizeof options);
    sc_option_table_default(&sc_paint_option_table, &options);
    return options;
}

int scumble_paint_options_set(scumble *s, scumble_paint_options *options, const char *name, const char *value)
{
    sc_error err = { 0 };
    if (!options || !name || !value)
        return sc_null(s, __func__);
    if (sc_same_spelling(name, "colour") && !strcmp(value, "photo")) /* what version 0.1.0 called it */
        value = "luminance";
    sc_option_table_set(&sc_paint_option_table, options, name, value, &err);
    return sc_report(s, &err);
}

int scumble_paint_options_get(scumble *s, const scumble_paint_options *options, const char *name, char *text,
                              size_t size)
{
    sc_error err = { 0 };
    if (!options || !name || !text)
        return sc_null(s, __func__);
    sc_option_table_get(&sc_paint_option_table, options, name, text, size, &err);
    return sc_report(s, &err);
}
