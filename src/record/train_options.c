/* SPDX-License-Identifier: MIT */
/* The options of a training by name. See option_table.h. */
#include "record/options.h"

/* name, group, argument, kind, field, lowest, highest, default, choices, help, manual */
#define OPTIONS(X)                                                                                                     \
    X("size", "Network", "small|medium|large", WORD, size, 0, 0, "small", "small|medium|large",                        \
      "size of the generator",                                                                                         \
      "It has 16, 24 or 32 channels at full size: 'small' is the fastest, 'large' the finest.")                        \
    X("encoder", "Network", "NAME|FILE", TEXT, encoder, 0, 0, "lite", "lite|vgg19|vgg16|inception_v3",                 \
      "the network that measures content and style", "")                                                               \
    X("steps", "Length", "N", WHOLE, steps, 1, 1e9, "2000", NULL, "steps of learning", "")                             \
    X("time", "Length", "20m|2h", DURATION, time_s, 0, 1e9, "0", NULL,                                                 \
      "stop then, whatever `steps` says; 0: no limit",                                                                 \
      "The learning rate then follows the clock in place of the steps.")                                               \
    X("batch", "Length", "N", WHOLE, batch, 1, 64, "4", NULL, "photos in each step", "")                               \
    X("crop", "Pictures", "PX", WHOLE, crop, 64, 1024, "256", NULL, "edge of the patches of photos, a multiple of 16", \
      "")                                                                                                              \
    X("style-size", "Pictures", "PX", WHOLE, style_size, 64, 4096, "512", NULL,                                        \
      "long edge of the paintings in training", "It decides how large the strokes become.")                            \
    X("each", "Pictures", NULL, SWITCH, each, 0, 1, "no", "no|yes",                                                    \
      "compare every photo with one painting, not with all", "")                                                       \
    X("alpha", "Weights", "X", NUMBER, alpha, 0, 1e9, "1", NULL, "weight of the content: more gives more photo", "")   \
    X("beta", "Weights", "X", NUMBER, beta, 0, 1e9, "10", NULL, "weight of the style: more gives more paint", "")      \
    X("gamma", "Weights", "X", NUMBER, gamma, 0, 1e9, "1", NULL, "weight of the discriminator's judgement",            \
      "With 0 the discriminator learns but does not teach: it can still judge pictures afterwards.")                   \
    X("tv", "Weights", "X", AUTOMATIC, tv, 0, 1e9, "auto", NULL, "weight of the total variation: more is smoother",    \
      "The total variation measures how much neighbouring pixels differ. 'auto' is the weight that suits the "         \
      "encoder.")                                                                                                      \
    X("steady", "Weights", "X", NUMBER, steady, 0, 1e9, "0", NULL, "weight of steadiness, for films: try 20",          \
      "Of every photo a second frame is made, moved and with a little noise, and the painter learns to paint both "    \
      "alike. Some photos are darkened or flattened besides. 0: none of this.")                                        \
    X("content-terms", "Weights", "TERMS", TERMS, content_terms, 0, 0, "feature", SC_CONTENT_TERMS,                    \
      "how the photo is kept: feature, structure, detail", "As for the command stylize.")                              \
    X("style-terms", "Weights", "TERMS", TERMS, style_terms, 0, 0, "gram", SC_TRAINING_TERMS,                          \
      "how the style is measured: gram, cross-gram, w2, sliced, histogram",                                            \
      "As for the command stylize, but without neighbour and nnfm, which cannot be used in training.")                 \
    X("content-layers", "Weights", "LAYERS", TEXT, content_layers, 0, 0, "", NULL,                                     \
      "layers that compare the content: relu3_1:0.5,relu4_1", "Without this option the encoder's own choice is used.") \
    X("style-layers", "Weights", "LAYERS", TEXT, style_layers, 0, 0, "", NULL,                                         \
      "layers that compare the style, written in the same way", "")                                                    \
    X("discriminator", "Adversary", "yes|no", CHOICE, discriminator, 0, 1, "yes", "no|yes",                            \
      "whether there is a discriminator",                                                                              \
      "It learns to tell patches of the paintings from generated ones, and the generator learns to deceive it.")       \
    X("critic-layer", "Adversary", "LAYER", TEXT, critic_layer, 0, 0, "relu2_1", NULL,                                 \
      "layer whose features the discriminator sees", "")                                                               \
    X("photos", "Adversary", "X", NUMBER, photos, 0, 1, "0.5", NULL, "share of photos in what it learns to reject",    \
      "The rest are generated pictures.")                                                                              \
    X("learning-rate", "Learning", "X", NUMBER, learning_rate, 1e-6, 1, "0.001", NULL,                                 \
      "learning rate of Adam at its highest", "")                                                                      \
    X("seed", "Learning", "N", SEED, seed, 0, 18446744073709551615.0, "0", NULL,                                       \
      "another number gives another training", "")                                                                     \
    X("name", "File", "NAME", TEXT, name, 0, 0, "", NULL,                                                              \
      "name kept in the painter's file; without it, that of the file", "")                                             \
    X("licence", "File", "TEXT", TEXT, licence, 0, 0, "", NULL, "licence kept in the painter's file", "")

static const scumble_option_info infos[] = { OPTIONS(SC_OPTION_INFO) };
#define FIELD(name, group, argument, kind, field, ...) SC_OPTION_FIELD(sc_train_settings, field)
static const sc_option_field fields[] = { OPTIONS(FIELD) };
const sc_option_table sc_train_option_table = { infos, fields, SC_OPTION_COUNT(infos), sizeof(sc_train_settings),
                                                NULL,  NULL };
