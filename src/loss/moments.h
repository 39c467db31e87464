/* SPDX-License-Identifier: MIT */
/* Mean and variance of a map's channels, part by part. Sums are kept as (count, mean, squared deviations from it) in
 * double and joined by the rule of Chan, Golub and LeVeque 1979, "Updating Formulae and a Pairwise Algorithm for
 * Computing Sample Variances": nothing is lost where the mean is far from 0. */
#ifndef SC_LOSS_MOMENTS_H
#define SC_LOSS_MOMENTS_H

#include "core/threads.h"

typedef struct sc_moments {
    int channels;
    double count;  /* of positions so far */
    double *means; /* of each channel; then the sums of squared deviations; one allocation, owned */
} sc_moments;

int sc_moments_create(sc_moments *moments, int channels, sc_error *err);
void sc_moments_free(sc_moments *moments);
/* Adds rows x columns positions, whose rows begin row_values values after one another. Same bytes at any thread count.
 */
int sc_moments_add(sc_moments *moments, sc_threads *threads, const float *values, int rows, int columns,
                   size_t row_values, sc_error *err);
/* The means and the biased variances of the channels. */
void sc_moments_finish(const sc_moments *moments, float *mean, float *variance);

#endif
