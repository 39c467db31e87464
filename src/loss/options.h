/* SPDX-License-Identifier: MIT */
/* The options of a style as plain values. Programs set them by name (scumble_options_set), and the table of names,
 * ranges and defaults is api/style_options.c; what is here has been checked by it. */
#ifndef SC_LOSS_OPTIONS_H
#define SC_LOSS_OPTIONS_H

#include <stdint.h>

/* Words to choose from, in the table's order. */
enum { SC_CHOSE_LBFGS, SC_CHOSE_ADAM };
enum { SC_CHOSE_PIXELS, SC_CHOSE_PYRAMID, SC_CHOSE_SUBSAMPLED };
enum { SC_CHOSE_POOL_MODEL, SC_CHOSE_POOL_MAX, SC_CHOSE_POOL_AVERAGE };
enum { SC_CHOSE_EVEN, SC_CHOSE_STILL };
enum { SC_CHOSE_AVOID, SC_CHOSE_KEEP };
enum { SC_CHOSE_REPLICATE, SC_CHOSE_ZERO, SC_CHOSE_REFLECT };

typedef struct sc_style_options {
    char encoder[1024]; /* a model's name, or a file */
    /* "relu4_1:1,relu3_1:0.5", weights up to 1e9; "" = those that suit the encoder or the term */
    char content_layers[512], style_layers[512];
    char content_terms[128], style_terms[128]; /* "structure:1,detail:0.2", in the same way */
    /* L_total = alpha L_content + beta L_style + tv L_tv (Gatys et al. 2016, eq. 7, and total variation); tv -1 = the
     * weight that suits the encoder */
    double alpha, beta, tv;
    double legible;      /* 0..1: how closely fine structure that stands out in the photo is held */
    double preserve;     /* 0..1: the share of the photo in what neighbour and nnfm look for */
    int rotations;       /* 0 or 1 */
    int size;            /* long edge of the result; 0 = that of the photo, but at most 512; -1 = that of the photo */
    int iterations;      /* over all scales together */
    int stop_after;      /* 0 = when all are done; fewer: stop there; more: the last scale goes on */
    int scales;          /* 0 = as many as there are down to about 96 pixels */
    double scale_factor; /* how much larger each scale is than the one before */
    int optimizer, variable;
    double learning_rate; /* of Adam, in units of colours 0..1; 0 = 0.02 */
    char init[1024];      /* content, noise, style, or a file */
    uint64_t seed;
    int objects;        /* whether the painting's things may appear */
    double style_scale; /* long edge of the paintings relative to that of the result */
    double recolour;    /* 0..1: how far the photo's colours are moved to the paintings' before it is painted */
    char colour[1024];  /* style, photo, luminance, match, or a file */
    int pooling, grid, padding;
    int tileable;             /* 0 or 1 */
    int64_t max_memory_bytes; /* 0 = what is free */
    char tiles[512];          /* "auto", or as run/tiling.h says */
} sc_style_options;

#endif
