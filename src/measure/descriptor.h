/* SPDX-License-Identifier: MIT */
/* What is kept of a picture to tell how it would go with others (compatibility.h): a fixed number of values, so that
 * thousands of pictures can be compared without looking at them again. Plain data; the same bytes at any number of
 * threads. */
#ifndef SC_MEASURE_DESCRIPTOR_H
#define SC_MEASURE_DESCRIPTOR_H

#include "measure/features.h"

enum {
    SC_DESCRIPTOR_EDGE = 256, /* pixels: usual long edge of the pictures that are looked at */
    SC_DESCRIPTOR_LEAST = 32, /* and the least of the short edge, to which smaller ones are enlarged */
    SC_DESCRIPTOR_LAYERS = 4,
    SC_DESCRIPTOR_DIRECTIONS = 64,
    SC_DESCRIPTOR_QUANTILES = 16,
    SC_DESCRIPTOR_GRID = 16,
    SC_DESCRIPTOR_POINTS = SC_DESCRIPTOR_GRID * SC_DESCRIPTOR_GRID,
    SC_DESCRIPTOR_COLUMN = 64,
    SC_DESCRIPTOR_LEVELS = 5,
    SC_DESCRIPTOR_ORIENTATIONS = 8,
    SC_DESCRIPTOR_VERSION = 3, /* of what the values mean */
};

/* A distribution: quantiles (k + 1/2) / SC_DESCRIPTOR_QUANTILES of its projections on fixed random directions. */
typedef struct sc_quantiles {
    float values[SC_DESCRIPTOR_DIRECTIONS][SC_DESCRIPTOR_QUANTILES];
    float variance; /* of the projections, mean over directions */
} sc_quantiles;

typedef struct sc_descriptor {
    sc_quantiles layers[SC_DESCRIPTOR_LAYERS]; /* of the features of relu1_1, relu2_1, relu3_1, relu4_1 */
    float energy[SC_DESCRIPTOR_LAYERS];        /* root mean square of them */
    sc_quantiles palette;                      /* of colours in OKLab */
    float lightness_spread, chroma;            /* standard deviation of L, mean chroma: OKLab's units */
    float columns[SC_DESCRIPTOR_POINTS][SC_DESCRIPTOR_COLUMN]; /* hypercolumns on a regular grid, each layer without its
                                                                  mean and over its deviation, projected at random
                                                                  (Johnson and Lindenstrauss 1984), of length 1 */
    float gradient[SC_DESCRIPTOR_LEVELS]; /* root mean square gradient of L, halved in size from level to level */
    float orientations[SC_DESCRIPTOR_LEVELS]
                      [SC_DESCRIPTOR_ORIENTATIONS]; /* of the gradient, weighted by its square; sum 1. The k-th is
                                                       around k * 22.5 degrees */
    float unevenness; /* sliced Wasserstein distance of the picture's quarters to the whole, at relu3_1, over its
                         variance */
} sc_descriptor;

/* The layers, by name. */
extern const char *const sc_descriptor_layers[SC_DESCRIPTOR_LAYERS];

/* Makes descriptors; one picture at a time. */
typedef struct sc_describer sc_describer;
/* encoder and threads are borrowed. SCUMBLE_ERR_UNSUPPORTED for an encoder that lacks a layer. */
int sc_describer_create(sc_describer **describer, const sc_encoder *encoder, sc_threads *threads, sc_error *err);
void sc_describer_free(sc_describer *describer);
/* The picture is looked at with this long edge, but never enlarged (below SC_DESCRIPTOR_LEAST pixels it is); where it
 * is transparent, as over white. */
int sc_describe(sc_describer *describer, const sc_image *image, int long_edge, sc_descriptor *descriptor,
                sc_error *err);

#endif
