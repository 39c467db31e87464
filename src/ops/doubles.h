/* SPDX-License-Identifier: MIT */
/* Loops over rows of doubles, for what floats are too coarse for (moments, roots of matrices). They are compiled for
 * every width of vectors of x86-64, and chosen when the program runs; all give the same bytes, for each sum has eight
 * lanes whatever the width, and no product and sum are rounded as one. */
#ifndef SC_OPS_DOUBLES_H
#define SC_OPS_DOUBLES_H

#include <stdbool.h>
#include <stddef.h>

typedef struct sc_doubles {
    const char *name;
    bool (*available)(void);
    double (*dot)(const double *x, const double *y, size_t count);
    /* to += factor x; to and x do not overlap. */
    void (*add_scaled)(double *to, double factor, const double *x, size_t count);
    /* to -= a x + b y; to overlaps neither. */
    void (*subtract_two)(double *to, double a, const double *x, double b, const double *y, size_t count);
    /* x and y, which do not overlap, become c x + s y and c y - s x. */
    void (*rotate)(double *x, double *y, double c, double s, size_t count);
    /* to (rows x n) = a (rows x depth) b (depth x n). */
    void (*multiply)(const double *a, size_t rows, size_t depth, const float *b, size_t n, double *to);
} sc_doubles;

/* Widest first; ended by NULL. */
extern const sc_doubles *const sc_doubles_all[];
/* The widest that this processor has. */
const sc_doubles *sc_doubles_best(void);

#endif
