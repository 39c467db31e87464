/* SPDX-License-Identifier: MIT */
/* What public options are made of: one type, and for each kind a plain struct with its table. */
#ifndef SC_API_OPTIONS_H
#define SC_API_OPTIONS_H

#include <stdbool.h>

#include "api/option_table.h"
#include "loss/options.h"

/* Of painting with a painter; `size` 0 = the picture's own, `style_scale` 0 = strokes have their pixels of training. */
typedef struct sc_paint_settings {
    int size, tileable;
    double style_scale, strength;
    int colour; /* index in style|luminance */
    int64_t max_memory_bytes;
} sc_paint_settings;

/* Of training a painter. L_G = alpha L_content + beta L_style + gamma L_adversarial + tv L_tv; tv -1 = the weight that
 * suits the encoder. */
typedef struct sc_train_settings {
    char size[16]; /* small, medium, large */
    char encoder[1024];
    char content_layers[512], style_layers[512];
    char content_terms[128], style_terms[128];
    double alpha, beta, gamma, tv;
    int discriminator, each; /* 0 or 1 */
    char critic_layer[64];
    double photos; /* 0..1 */
    double learning_rate;
    int64_t steps;
    double time_s; /* 0 = no limit */
    int batch, crop, style_size;
    uint64_t seed;
    char name[64], licence[256];
} sc_train_settings;

/* Of distilling an encoder. */
typedef struct sc_distil_settings {
    int64_t steps;
    double time_s; /* 0 = no limit */
    int batch, crop;
    double learning_rate;
    uint64_t seed;
    char name[64], licence[256];
} sc_distil_settings;

struct scumble_options {
    scumble_options_kind kind;
    union {
        sc_style_options style;
        sc_paint_settings paint;
        sc_train_settings train;
        sc_distil_settings distil;
    };
};

extern const sc_option_table sc_style_option_table, sc_paint_option_table, sc_train_option_table,
    sc_distil_option_table;

/* The defaults of a kind. */
scumble_options sc_options_default(scumble_options_kind kind);
sc_style_options sc_style_options_default(void);
/* A copy of what a program gave for this kind; NULL: defaults. SCUMBLE_ERR_ARGUMENT when they are of another kind. */
int sc_options_take(scumble_options *own, const scumble_options *given, scumble_options_kind kind, sc_error *err);

/* Of a style's options: the word is one of the option's choices, not the name of a file. */
bool sc_option_is_choice(const char *name, const char *value);
/* The value is certainly the name of a file: one with a folder in it, of an option that takes files. */
bool sc_option_names_file(const char *name, const char *value);

#endif
