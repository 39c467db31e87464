/* SPDX-License-Identifier: MIT */
/* The options of each kind of job: a plain struct, and its table. */
#ifndef SC_RECORD_OPTIONS_H
#define SC_RECORD_OPTIONS_H

#include "loss/options.h"
#include "record/option_table.h"

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
    double alpha, beta, gamma, tv, steady;
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

/* Of a film's shots. */
typedef struct sc_film_settings {
    double steady;
    int frame_iterations;
} sc_film_settings;

extern const sc_option_table sc_style_option_table, sc_paint_option_table, sc_train_option_table,
    sc_distil_option_table, sc_film_option_table;

sc_style_options sc_style_options_default(void);
/* Of a style's options: the word is one of the option's choices, not the name of a file. */
bool sc_option_is_choice(const char *name, const char *value);
/* The value is certainly the name of a file: one with a folder in it, of an option that takes files. */
bool sc_option_names_file(const char *name, const char *value);

#endif
