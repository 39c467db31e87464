/* SPDX-License-Identifier: MIT */
/* The options of a transfer by name: one table for flags, recipes, defaults, ranges and help. */
#include <string.h>

#include "api/context.h"
#include "api/option_table.h"

/* name, group, argument, help, kind, field, lowest, highest, default, choices ("a|b|c": the values of an enum, in
 * order) */
#define OPTIONS(X)                                                                                                     \
    X("size", "Picture", "PX|auto|full", "long edge (auto: the photo's, at most 512)", SIZE, size, 1, 65535, "auto",   \
      NULL)                                                                                                            \
    X("iterations", "Picture", "N", "over all scales together (200)", WHOLE, iterations, 1, 100000, "200", NULL)       \
    X("stop-after", "Picture", "N", "end after N iterations, or go on until N; 0 = as planned (0)", WHOLE, stop_after, \
      0, 100000, "0", NULL)                                                                                            \
    X("scales", "Picture", "N", "coarse to fine; 0 = as many as fit, 1 = one (0)", WHOLE, scales, 0, 16, "0", NULL)    \
    X("scale-factor", "Picture", "X", "from scale to scale: 2, or 1.414 for smaller steps (2)", NUMBER, scale_factor,  \
      1.1, 4, "2", NULL)                                                                                               \
    X("init", "Picture", "content|noise|style|FILE", "what to start from (content)", WORD, init, 0, 0, "content",      \
      "content|noise|style")                                                                                           \
    X("seed", "Picture", "N", "another number, other strokes (0)", SEED, seed, 0, 0, "0", NULL)                        \
    X("tileable", "Picture", NULL, "the result repeats without seams", SWITCH, tileable, 0, 1, "no", "no|yes")         \
    X("max-memory", "Picture", "BYTES", "as 900M or 2G: for more, tiles are painted", BYTES, max_memory_bytes, 0,      \
      1e15, "0", NULL)                                                                                                 \
    X("alpha", "Weights", "X", "weight of the content (1)", NUMBER, alpha, 0, 1e9, "1", NULL)                          \
    X("beta", "Weights", "X", "weight of the style (6)", NUMBER, beta, 0, 1e9, "6", NULL)                              \
    X("tv", "Weights", "X", "weight of the total variation (auto)", AUTOMATIC, tv, 0, 1e9, "auto", NULL)               \
    X("content-terms", "Weights", "TERMS", "feature, structure, detail (feature:0.5,structure:1.5)", TEXT,             \
      content_terms, 0, 0, "feature:0.5,structure:1.5", NULL)                                                          \
    X("style-terms", "Weights", "TERMS", "gram, w2, sliced, neighbour, nnfm, ... (w2:4,nnfm)", TEXT, style_terms, 0,   \
      0, "w2:4,nnfm", NULL)                                                                                            \
    X("preserve", "Weights", "X", "neighbours of the photo (1) or the picture (0) (0.25)", NUMBER, preserve, 0, 1,     \
      "0.25", NULL)                                                                                                    \
    X("content-layers", "Weights", "LAYERS", "as relu4_1 or relu3_1:0.5,relu4_1", TEXT, content_layers, 0, 0, "",      \
      NULL)                                                                                                            \
    X("style-layers", "Weights", "LAYERS", "likewise", TEXT, style_layers, 0, 0, "", NULL)                             \
    X("style-scale", "Style", "X", "size of the painting relative to the result (1)", NUMBER, style_scale, 0.05, 8,    \
      "1", NULL)                                                                                                       \
    X("rotations", "Style", NULL, "neighbours also from the painting turned", SWITCH, rotations, 0, 1, "no", "no|yes") \
    X("colour", "Style", "style|photo|luminance|match|FILE", "whose colours; FILE: a palette (style)", WORD, colour,   \
      0, 0, "style", "style|photo|luminance|match")                                                                    \
    X("encoder", "Network", "NAME|FILE", "lite, vgg19, vgg16, inception_v3 or a file (lite)", TEXT, encoder, 0, 0,     \
      "lite", NULL)                                                                                                    \
    X("pooling", "Network", "model|max|average", "of the encoder (model)", CHOICE, pooling, 0, 2, "model",             \
      "model|max|average")                                                                                             \
    X("grid", "Network", "even|still", "still: poolings leave a weave, as in 0.1.0 (even)", CHOICE, grid, 0, 1,        \
      "even", "even|still")                                                                                            \
    X("padding", "Network", "replicate|zero|reflect", "at the border (replicate)", CHOICE, padding, 0, 2, "replicate", \
      "replicate|zero|reflect")                                                                                        \
    X("optimizer", "Optimiser", "lbfgs|adam", "how to descend (lbfgs)", CHOICE, optimizer, 0, 1, "lbfgs",              \
      "lbfgs|adam")                                                                                                    \
    X("variable", "Optimiser", "pixels|pyramid", "what is optimised (pixels)", CHOICE, variable, 0, 1, "pixels",       \
      "pixels|pyramid")                                                                                                \
    X("learning-rate", "Optimiser", "X", "Adam's step in colour units; 0 = 0.02", NUMBER, learning_rate, 0, 10, "0",   \
      NULL)

#define ROW(name, group, argument, help, kind, field, lowest, highest, default_text, choices) \
    SC_OPTION_ROW(scumble_options, name, kind, field, lowest, highest, default_text, choices)
static const scumble_option_info infos[] = { OPTIONS(SC_OPTION_INFO) };
static const sc_option rows[] = { OPTIONS(ROW) };
/* A line here for every option that comes later: pictures of before are repeated as they were (tests/unit/test_past.c
 * finds what is missing). */
static const sc_past_option past[] = { { "stop-after", "0" }, { "grid", "still" }, { NULL, NULL } };
static const sc_option_table table = { rows, sizeof rows / sizeof *rows, past };

const scumble_option_info *scumble_option_list(int *count)
{
    if (count)
        *count = table.count;
    return infos;
}

scumble_options scumble_options_default(void)
{
    scumble_options options;
    memset(&options, 0, sizeof options);
    sc_option_table_default(&table, &options);
    return options;
}

int sc_options_set(scumble_options *options, const char *name, const char *value, sc_error *err)
{
    return sc_option_table_set(&table, options, name, value, err);
}

int sc_options_get(const scumble_options *options, const char *name, char *text, size_t size, sc_error *err)
{
    return sc_option_table_get(&table, options, name, text, size, err);
}

bool sc_option_is_choice(const char *name, const char *value)
{
    return sc_option_table_is_choice(&table, name, value);
}

bool sc_option_names_file(const char *name, const char *value)
{
    bool takes_files = !strcmp(name, "init") || !strcmp(name, "colour") || !strcmp(name, "encoder");
    return takes_files && strchr(value, '/');
}

const char *sc_option_past(const char *name)
{
    return sc_option_table_past(&table, name);
}

void sc_options_set_past(scumble_options *options, const json_t *record)
{
    sc_option_table_set_past(&table, record, options);
}

int sc_options_check(const scumble_options *options, sc_error *err)
{
    scumble_options copy = *options;
    return sc_option_table_check(&table, options, &copy, err);
}
