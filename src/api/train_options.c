/* SPDX-License-Identifier: MIT */
/* The options of a training by name. See option_table.h. */
#include <string.h>

#include "api/train.h"

/* name, group, argument, help, kind, field, lowest, highest, default, choices */
#define OPTIONS(X)                                                                                                     \
    X("size", "Network", "small|medium|large", "of the generator: speed against finesse (small)", WORD, size, 0, 0,    \
      "small", "small|medium|large")                                                                                   \
    X("encoder", "Network", "NAME|FILE", "that measures content and style (lite)", TEXT, encoder, 0, 0, "lite", NULL)  \
    X("steps", "Length", "N", "of learning (2000)", WHOLE, steps, 1, 1e9, "2000", NULL)                                \
    X("time", "Length", "20m|2h", "end by then, whatever --steps", DURATION, time_s, 0, 1e9, "0", NULL)                \
    X("batch", "Length", "N", "photos in a step (4)", WHOLE, batch, 1, 64, "4", NULL)                                  \
    X("crop", "Pictures", "PX", "edge of the patches of photos, a multiple of 16 (256)", WHOLE, crop, 64, 1024, "256", \
      NULL)                                                                                                            \
    X("style-size", "Pictures", "PX", "long edge of the paintings: size of the strokes (512)", WHOLE, style_size, 64,  \
      4096, "512", NULL)                                                                                               \
    X("each", "Pictures", NULL, "compare a photo with one painting, not their average", SWITCH, each, 0, 1, "no",      \
      "no|yes")                                                                                                        \
    X("alpha", "Weights", "X", "weight of the content (1)", NUMBER, alpha, 0, 1e9, "1", NULL)                          \
    X("beta", "Weights", "X", "weight of the style (10)", NUMBER, beta, 0, 1e9, "10", NULL)                            \
    X("gamma", "Weights", "X", "weight of the discriminator's judgement (1)", NUMBER, gamma, 0, 1e9, "1", NULL)        \
    X("tv", "Weights", "X", "weight of the total variation (auto)", AUTOMATIC, tv, 0, 1e9, "auto", NULL)               \
    X("content-terms", "Weights", "TERMS", "feature, structure, detail (feature)", TEXT, content_terms, 0, 0,          \
      "feature", NULL)                                                                                                 \
    X("style-terms", "Weights", "TERMS", "gram, cross-gram, w2, sliced, histogram (gram)", TEXT, style_terms, 0, 0,    \
      "gram", NULL)                                                                                                    \
    X("content-layers", "Weights", "LAYERS", "as relu4_1 or relu3_1:0.5,relu4_1", TEXT, content_layers, 0, 0, "",      \
      NULL)                                                                                                            \
    X("style-layers", "Weights", "LAYERS", "likewise", TEXT, style_layers, 0, 0, "", NULL)                             \
    X("discriminator", "Adversary", "yes|no", "is there one? (yes)", CHOICE, discriminator, 0, 1, "yes", "no|yes")     \
    X("critic-layer", "Adversary", "LAYER", "whose features it judges (relu2_1)", TEXT, critic_layer, 0, 0, "relu2_1", \
      NULL)                                                                                                            \
    X("photos", "Adversary", "X", "share of photos in what it rejects (0.5)", NUMBER, photos, 0, 1, "0.5", NULL)       \
    X("learning-rate", "Learning", "X", "Adam's, at its highest (0.001)", NUMBER, learning_rate, 1e-6, 1, "0.001",     \
      NULL)                                                                                                            \
    X("seed", "Learning", "N", "another number, another training (0)", SEED, seed, 0, 0, "0", NULL)                    \
    X("name", "File", "NAME", "the painter's; default: the output's", TEXT, name, 0, 0, "", NULL)                      \
    X("licence", "File", "TEXT", "of the painter, kept in the file", TEXT, licence, 0, 0, "", NULL)

#define ROW(name, group, argument, help, kind, field, lowest, highest, default_text, choices) \
    SC_OPTION_ROW(scumble_train_options, name, kind, field, lowest, highest, default_text, choices)
static const scumble_option_info infos[] = { OPTIONS(SC_OPTION_INFO) };
static const sc_option rows[] = { OPTIONS(ROW) };
const sc_option_table sc_train_option_table = { rows, sizeof rows / sizeof *rows };

const scumble_option_info *scumble_train_option_list(int *count)
{
    if (count)
        *count = sc_train_option_table.count;
    return infos;
}

scumble_train_options scumble_train_options_default(void)
{
    scumble_train_options options;
    memset(&options, 0, sizeof options);
    sc_option_table_default(&sc_train_option_table, &options);
    return options;
}

int scumble_train_options_set(scumble *s, scumble_train_options *options, const char *name, const char *value)
{
    sc_error err = { 0 };
    if (!options || !name || !value)
        return sc_null(s, __func__);
    sc_option_table_set(&sc_train_option_table, options, name, value, &err);
    return sc_report(s, &err);
}

int scumble_train_options_get(scumble *s, const scumble_train_options *options, const char *name, char *text,
                              size_t size)
{
    sc_error err = { 0 };
    if (!options || !name || !text)
        return sc_null(s, __func__);
    sc_option_table_get(&sc_train_option_table, options, name, text, size, &err);
    return sc_report(s, &err);
}
