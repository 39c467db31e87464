/* SPDX-License-Identifier: MIT */
/* The network that is distilled from an encoder: lite's (nets/encoder/lite.h) with, while it learns, batch
 * normalisation (Ioffe and Szegedy 2015) behind every convolution, and for each tapped layer a linear map to the
 * teacher's features, A f + a. In the end the normalisations, with statistics that were measured, are folded into the
 * convolutions, and A = Q R leaves as its triangle: since Q's columns are orthonormal, distances between R f + Q^T a
 * are those between A f + a.
 */
#ifndef SC_TRAIN_STUDENT_H
#define SC_TRAIN_STUDENT_H

#include "nets/encoder/lite.h"
#include "nets/program/program.h"

enum { SC_STUDENT_CONVS = 13 };

typedef struct sc_student {
    sc_program *program;
    int layer_count, taps[SC_LITE_TAPPED];   /* tapped layers, and the operation that gives A f + a of each */
    int conv_count, convs[SC_STUDENT_CONVS]; /* convolutions, and the operation of each, before its norm */
    int channels[SC_STUDENT_CONVS];          /* of each convolution */
} sc_student;

/* Random weights. teacher: the channels of each tapped layer's teacher; the network ends with the last of the
 * layer_count (1 to SC_LITE_TAPPED) layers. Free with sc_student_free, on failure too. */
int sc_student_create(sc_student *student, const int *teacher, int layer_count, uint64_t seed, sc_error *err);
void sc_student_free(sc_student *student);

/* Of the values before a norm, one for each channel: mean and biased variance. */
typedef struct sc_student_statistics {
    double *mean, *variance;
} sc_student_statistics;
/* The same network without norms, for those statistics (of each convolution). Free with sc_student_free, on failure
 * too. */
int sc_student_fold(const sc_student *student, const sc_student_statistics *statistics, sc_student *folded,
                    sc_error *err);

/* The tensors of an encoder (nets/encoder/encoder.h) of architecture lite, from a folded network; without metadata.
 * Caller frees. */
int sc_student_to_weights(const sc_student *folded, sc_weights **weights, sc_error *err);

/* A, rows x columns, column after column, becomes the triangle R of A = Q R, in its first `columns` rows, and b (rows)
 * Q^T b, by Householder's reflections (Golub and Van Loan, algorithm 5.2.1). rows >= columns. */
void sc_triangulate(double *a, double *b, size_t rows, size_t columns);

#endif
