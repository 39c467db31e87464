/* SPDX-License-Identifier: MIT */
/* Gaussians that are fitted to features, and distances of two of them. In double precision; the same numbers at any
 * number of threads. */
#ifndef SC_MEASURE_GAUSSIAN_H
#define SC_MEASURE_GAUSSIAN_H

#include "core/threads.h"
#include "tensor/tensor.h"

/* mean (size), covariance (size, size). Free with sc_gaussian_free; a zeroed one is empty. */
typedef struct sc_gaussian {
    int size;
    double *mean, *covariance;
} sc_gaussian;
void sc_gaussian_free(sc_gaussian *g);

/* The following leave *g or *basis empty on failure. */

/* Of the positions of features (1, C, h, w), whose G = F^T F / N (C, C) is there already: covariance G - mean mean^T.
 */
int sc_gaussian_fit(const sc_threads *threads, const sc_tensor *features, const double *gram, sc_gaussian *g,
                    sc_error *err);
/* The directions in which two Gaussians together vary most: the first `rows` unit eigenvectors of the mean of their
 * covariances, basis (rows, size). Caller frees *basis. */
int sc_gaussian_basis(const sc_gaussian *a, const sc_gaussian *b, int rows, double **basis, sc_error *err);
/* As it is seen along the basis: mean B m, covariance B S B^T. */
int sc_gaussian_project(const sc_gaussian *from, const double *basis, int rows, sc_gaussian *g, sc_error *err);

/* KL(a || b) = 1/2 (tr(S_b^-1 S_a) + (m_b - m_a)^T S_b^-1 (m_b - m_a) - k + ln(det S_b / det S_a)), 0 or more. Both
 * covariances get SC_GAUSSIAN_FLOOR of the mean variance of b on their diagonal first, so that directions in which
 * neither varies count for nothing. */
#define SC_GAUSSIAN_FLOOR 1e-4
int sc_gaussian_divergence(const sc_gaussian *a, const sc_gaussian *b, double *divergence, sc_error *err);
/* Frechet distance, squared (Dowson and Landau 1982): |m_a - m_b|^2 + tr(S_a + S_b - 2 (S_a S_b)^(1/2)). */
int sc_gaussian_frechet(const sc_gaussian *a, const sc_gaussian *b, double *distance, sc_error *err);

#endif
