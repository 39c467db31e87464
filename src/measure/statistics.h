/* SPDX-License-Identifier: MIT */
/* Statistics of an encoder's features, and distances of them. Own loops, in double precision, nothing of src/loss: a
 * mistake in a loss must not be able to hide in its measure. The same numbers at any number of threads.
 *
 * Features of a layer are a tensor (1, C, h, w), so the matrix F of N = h w positions x C channels. */
#ifndef SC_MEASURE_STATISTICS_H
#define SC_MEASURE_STATISTICS_H

#include "core/threads.h"
#include "tensor/tensor.h"

enum { SC_MEASURE_DIRECTIONS = 128, SC_MEASURE_GRID = 32, SC_MEASURE_POINTS = SC_MEASURE_GRID * SC_MEASURE_GRID };

/* G = F^T F / N (C, C) (Gatys et al. 2016). Caller frees *gram, after a failure too. */
int sc_measure_gram(sc_threads *threads, const sc_tensor *features, double **gram, sc_error *err);
/* |G - other|_F^2 / |other|_F^2. */
double sc_measure_gram_distance(const double *gram, const double *other, int channels);

/* Random unit vectors, in an order of its own: the same for the same seed. Caller frees *directions. */
int sc_measure_directions(int channels, int seed, double **directions, sc_error *err);
/* A layer's distribution in the first of these directions. */
typedef struct sc_measure_slices {
    float *sorted; /* (directions, positions): projections, each row sorted */
    int directions;
    size_t positions;
    double variance; /* of the projections, mean over directions */
} sc_measure_slices;
/* count: how many directions, up to SC_MEASURE_DIRECTIONS, a multiple of 8. On failure *slices is zeroed. Free with
 * sc_measure_slices_free. */
int sc_measure_slices_keep(sc_threads *threads, const sc_tensor *features, const double *directions, int count,
                           sc_measure_slices *slices, sc_error *err);
void sc_measure_slices_free(sc_measure_slices *slices);
/* Sliced Wasserstein-2 distance, squared (Heitz et al. 2021): mean over directions of the squared distance of the
 * sorted projections, matched by quantile (exact for any two numbers of positions), over other->variance. */
int sc_measure_slices_distance(sc_threads *threads, const sc_tensor *features, const double *directions,
                               const sc_measure_slices *other, double *distance, sc_error *err);

/* columns (C, grid * grid) = scale times the features at the points of a regular grid over the picture, read
 * bilinearly. */
void sc_measure_sample(const sc_tensor *features, int grid, double scale, double *columns);
/* Self-similarity (STROTSS, Kolkin et al. 2019): cosine distances D (SC_MEASURE_POINTS, SC_MEASURE_POINTS) between the
 * hypercolumns at the points of a regular grid over the picture, columns normalised to sum 1. A hypercolumn is the
 * features of `count` layers, read bilinearly, times scales[i]. */
int sc_measure_self_similarity(sc_threads *threads, const sc_tensor *features, const double *scales, int count,
                               double *distances, sc_error *err);
/* (1/n) sum_ij |D_ij - other_ij|: 0 .. 2. */
double sc_measure_self_similarity_distance(const double *distances, const double *other);

/* These two are of no use once the threads are cancelled. */
double sc_measure_mean_square(const sc_threads *threads, const sc_tensor *features);
/* Mean squared difference of features of the same shape. */
double sc_measure_difference(const sc_threads *threads, const sc_tensor *features, const sc_tensor *other);

#endif
