/* SPDX-License-Identifier: MIT */
/* See doubles.h. The source is vectors of eight, which compilers cut into what there is. */
#include "ops/doubles.h"

#include <string.h>

#define INLINE static inline __attribute__((always_inline))
enum { LANES = 8, ROWS = 4 }; /* results of a block: ROWS x LANES, which stay in registers */

typedef double wide __attribute__((vector_size(64)));
typedef double loose_wide __attribute__((vector_size(64), aligned(8), may_alias));
typedef float loose_floats __attribute__((vector_size(32), aligned(4), may_alias));

#define LOAD(from) (*(const loose_wide *)(from))
#define STORE(to, value) (*(loose_wide *)(to) = (value))

INLINE double dot(const double *x, const double *y, size_t count)
{
    wide lanes = { 0 };
    double sum = 0;
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        lanes += LOAD(x + i) * LOAD(y + i);
    for (; i < count; i++)
        sum += x[i] * y[i];
    for (int j = 0; j < LANES; j++)
        sum += lanes[j];
    return sum;
}

INLINE void add_scaled(double *to, double factor, const double *x, size_t count)
{
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        STORE(to + i, LOAD(to + i) + factor * LOAD(x + i));
    for (; i < count; i++)
        to[i] += factor * x[i];
}

INLINE void subtract_two(double *to, double a, const double *x, double b, const double *y, size_t count)
{
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        STORE(to + i, LOAD(to + i) - (a * LOAD(x + i) + b * LOAD(y + i)));
    for (; i < count; i++)
        to[i] -= a * x[i] + b * y[i];
}

INLINE void rotate(double *x, double *y, double c, double s, size_t count)
{
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        wide u = LOAD(x + i), v = LOAD(y + i);
        STORE(x + i, c * u + s * v);
        STORE(y + i, c * v - s * u);
    }
    for (; i < count; i++) {
        double u = x[i], v = y[i];
        x[i] = c * u + s * v;
        y[i] = c * v - s * u;
    }
}

/* LANES columns from j on, of ROWS rows. */
INLINE void multiply_block(const double *const a[ROWS], size_t depth, const float *b, size_t n, double *const to[ROWS])
{
    wide sum[ROWS] = { { 0 } };
    for (size_t i = 0; i < depth; i++) {
        wide right = __builtin_convertvector(*(const loose_floats *)(b + i * n), wide);
#pragma GCC unroll 8
        for (size_t r = 0; r < ROWS; r++)
            sum[r] += a[r][i] * right;
    }
#pragma GCC unroll 8
    for (size_t r = 0; r < ROWS; r++)
        STORE(to[r], sum[r]);
}

/* Beyond the last row the last one is made again, and so are the last columns where they are not a whole block. */
INLINE void multiply_rows(const double *a, size_t rows, size_t depth, const float *b, size_t n, double *to)
{
    for (size_t first = 0; first < rows; first += ROWS) {
        const double *row[ROWS];
        double *target[ROWS];
        size_t number[ROWS];
        for (size_t r = 0; r < ROWS; r++) {
            number[r] = first + r < rows ? first + r : rows - 1;
            row[r] = a + number[r] * depth;
        }
        for (size_t j = 0; n >= LANES && j < n; j += LANES) {
            size_t column = j + LANES <= n ? j : n - LANES;
            for (size_t r = 0; r < ROWS; r++)
                target[r] = to + number[r] * n + column;
            multiply_block(row, depth, b + column, n, target);
        }
        for (size_t r = 0; n < LANES && r < ROWS; r++)
            for (size_t j = 0; j < n; j++) {
                double sum = 0;
                for (size_t i = 0; i < depth; i++)
                    sum += row[r][i] * (double)b[i * n + j];
                to[number[r] * n + j] = sum;
            }
    }
}

#define VARIANT(variant, attribute, condition)                                                                     \
    static bool variant##_available(void)                                                                          \
    {                                                                                                              \
        return condition;                                                                                          \
    }                                                                                                              \
    attribute static double variant##_dot(const double *x, const double *y, size_t count)                          \
    {                                                                                                              \
        return dot(x, y, count);                                                                                   \
    }                                                                                                              \
    attribute static void variant##_add_scaled(double *to, double factor, const double *x, size_t count)           \
    {                                                                                                              \
        add_scaled(to, factor, x, count);                                                                          \
    }                                                                                                              \
    attribute static void variant##_subtract_two(double *to, double a, const double *x, double b, const double *y, \
                                                 size_t count)                                                     \
    {                                                                                                              \
        subtract_two(to, a, x, b, y, count);                                                                       \
    }                                                                                                              \
    attribute static void variant##_rotate(double *x, double *y, double c, double s, size_t count)                 \
    {                                                                                                              \
        rotate(x, y, c, s, count);                                                                                 \
    }                                                                                                              \
    attribute static void variant##_multiply(const double *a, size_t rows, size_t depth, const float *b, size_t n, \
                                             double *to)                                                           \
    {                                                                                                              \
        multiply_rows(a, rows, depth, b, n, to);                                                                   \
    }                                                                                                              \
    static const sc_doubles variant = {                                                                            \
        #variant,         variant##_available, variant##_dot, variant##_add_scaled, variant##_subtract_two,        \
        variant##_rotate, variant##_multiply                                                                       \
    };

#if defined __x86_64__
VARIANT(avx512, __attribute__((target("avx512f"))), __builtin_cpu_supports("avx512f"))
VARIANT(avx2, __attribute__((target("avx2"))), __builtin_cpu_supports("avx2"))
#endif
VARIANT(plain, , true)

const sc_doubles *const sc_doubles_all[] = {
#if defined __x86_64__
    &avx512,
    &avx2,
#endif
    &plain,
    NULL,
};

const sc_doubles *sc_doubles_best(void)
{
    int i = 0;
    while (!sc_doubles_all[i]->available())
        i++;
    return sc_doubles_all[i];
}
