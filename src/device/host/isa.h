/* SPDX-License-Identifier: MIT */
/* The parts of the CPU kernels that depend on the instruction set, as one table of functions per set. The algorithms
 * (winograd.c, narrow.c, gemm.c) are written once above it. isa_body.h has the functions' source over a vector of
 * LANES floats; isa_*.c give the vector and the few operations that the compilers' vector extensions do not have.
 * Channels are handled in groups of 16 (SC_GROUP) whatever the vector: a ReLU's signs are 16 bits a group. */
#ifndef SC_DEVICE_HOST_ISA_H
#define SC_DEVICE_HOST_ISA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SC_GROUP = 16,      /* channels of a group */
    SC_MICRO_ROWS = 6,  /* rows of the matrix microkernel's block of results */
    SC_WINO_TILE = 4,   /* results of a Winograd tile, each way */
    SC_WINO_INPUT = 6,  /* values it reads, each way */
    SC_WINO_PHASE = 5,  /* results of resize_conv.c's tiles, each way */
    SC_WINO_POINTS = 36 /* products */
};

static inline size_t sc_groups(size_t channels)
{
    return (channels + SC_GROUP - 1) / SC_GROUP;
}
static inline size_t sc_round_group(size_t channels)
{
    return sc_groups(channels) * SC_GROUP;
}

/* Asks for `count` floats ahead of their use: a virtual processor's own foresight is poor, and without this streams of
 * features wait for memory. A macro, for GCC takes a function that only prefetches for one without effects, and drops
 * its calls. */
#define SC_PREFETCH(from, count, write)                                 \
    do                                                                  \
        for (size_t sc_i = 0; sc_i < (size_t)(count); sc_i += SC_GROUP) \
            __builtin_prefetch((from) + sc_i, write);                   \
    while (0)
enum { SC_AHEAD = 1024 }; /* floats: far enough for a pass that does little with each */

/* Where the results of Winograd tiles go: pixel (y, x) of a tile is at data + y * row + x * column. */
typedef struct sc_wino_target {
    float *data;
    ptrdiff_t row, column;         /* floats */
    uint16_t *bits;                /* NULL = not wanted; bit set: the result is above 0 */
    ptrdiff_t bit_row, bit_column; /* words */
    const float *bias;             /* 16 values a group, or NULL */
    bool relu, accumulate;
} sc_wino_target;

typedef struct sc_cpu_isa {
    const char *name;
    bool (*available)(void);
    size_t panel; /* columns of a packed panel of the right-hand matrix of `multiply`: a multiple of SC_GROUP */

    /* results[rows][columns] (+)= left[rows][depth] right; rows a multiple of SC_MICRO_ROWS, columns of SC_GROUP;
     * right is packed: panels of `panel` columns (the last one narrower), each [depth][its columns]. */
    void (*multiply)(const float *left, size_t left_stride, const float *right, float *results, size_t results_stride,
                     size_t rows, size_t depth, size_t columns, bool accumulate);
    /* sum[c][c] += f^T f for f[count][c], c a multiple of SC_GROUP; below the diagonal anything. The count products are
     * added to each other first. */
    void (*add_gram)(const float *f, size_t count, size_t c, float *sum);
    /* sum[rows][columns] = or += left^T right, left[count][left_stride], right[count][right_stride]; rows and columns
     * multiples of SC_GROUP. */
    void (*add_outer)(const float *left, size_t left_stride, const float *right, size_t right_stride, size_t count,
                      size_t rows, size_t columns, bool accumulate, float *sum);
    /* sum[c] = the rows of f[count][c] added up; to[count][c] = or += row[c]. c is a multiple of SC_GROUP. */
    void (*sum_rows)(const float *f, size_t count, size_t c, float *sum);
    void (*spread_row)(const float *row, size_t count, size_t c, bool accumulate, float *to);
    /* V[36 planes] = B^T d B of a 6 x 6 tile: pixel (y, x) at data + y * row + x * column, `groups` of channels each.
     * bits: values whose bit is 0 are read as 0; NULL = all are read. */
    void (*wino_input)(const float *data, ptrdiff_t row, ptrdiff_t column, const uint16_t *bits, ptrdiff_t bit_row,
                       ptrdiff_t bit_column, size_t groups, float *v, size_t plane);
    /* The same for V = A d A^T of a 4 x 4 tile. */
    void (*wino_gradient)(const float *data, ptrdiff_t row, ptrdiff_t column, const uint16_t *bits, ptrdiff_t bit_row,
                          ptrdiff_t bit_column, size_t groups, float *v, size_t plane);
    /* taps[9][tap_stride] = G^T U G, 16 values each. */
    void (*wino_weight_gradient)(const float *u, size_t plane, float *taps, ptrdiff_t tap_stride);
    /* U[36 planes] = G g G^T for 16 output channels of one input channel: taps[9][tap_stride], u[plane][16]. */
    void (*wino_weights)(const float *taps, ptrdiff_t tap_stride, float *u, size_t plane);
    /* target = act(A^T m A + bias), m[36 planes][16 groups]. */
    void (*wino_output)(const float *m, size_t plane, size_t groups, const sc_wino_target *target);
    /* The same for resize_conv.c: U of the 2 x 2 kernel that gives the results in odd (or even) rows and columns, and
     * the 5 x 5 results of a tile. */
    void (*wino_phase_weights)(const float *taps, ptrdiff_t tap_stride, bool odd_row, bool odd_column, float *u,
                               size_t plane);
    void (*wino_phase_output)(const float *m, size_t plane, size_t groups, const sc_wino_target *target);
    /* destination[i * stride] = source[i], a 16 x 16 transposition: rows source_stride apart become columns. */
    void (*transpose)(const float *source, size_t source_stride, float *destination, size_t destination_stride);
    /* In place: x = act(x + bias) for `pixels` pixels of c channels, and its bits, sc_groups(c) words a pixel. */
    void (*activate)(float *x, size_t pixels, size_t c, const float *bias, bool relu, uint16_t *bits);
    /* destination = bit ? source : 0. */
    void (*mask)(float *destination, const float *source, const uint16_t *bits, size_t pixels, size_t c);
    /* For rows of `width` values, a multiple of SC_GROUP, in every row the same coefficients:
     * sums[width] += a[rows][width] added up, products[width] += a b added up, all in double precision; a counts where
     * its bit is set, or everywhere without bits; */
    void (*add_products)(const float *a, const uint16_t *bits, const float *b, size_t rows, size_t width, double *sums,
                         double *products);
    /* y = factor (x - centre) + shift, with relu not below 0; a bit a value, or NULL: y is above 0; */
    void (*normalise)(const float *x, size_t rows, size_t width, const float *factor, const float *centre,
                      const float *shift, bool relu, float *y, uint16_t *bits);
    /* dx = or += factor (dy - slope (x - centre) - shift); dy counts where its bit is set, or everywhere without bits.
     */
    void (*normalise_gradient)(const float *dy, const uint16_t *bits, const float *x, size_t rows, size_t width,
                               const float *factor, const float *centre, const float *slope, const float *shift,
                               bool accumulate, float *dx);
    /* The maximum of 2 x 2 pixels of `groups` groups (the next row is `row` floats on), times scale. bits (or NULL):
     * two words a group, the bits of the winner's number in its window; the first of equals wins. And its gradient. */
    void (*max_pool)(const float *in, ptrdiff_t row, size_t groups, float scale, float *out, uint16_t *bits);
    void (*max_pool_gradient)(const float *out, const uint16_t *bits, size_t groups, float scale, bool accumulate,
                              float *in, ptrdiff_t row);
    /* The running maximum of score + bias in each of `rows` rows of `columns` scores (a multiple of SC_GROUP), stride
     * apart. Lane i of a row's SC_GROUP lanes of `best` is for columns i, i + SC_GROUP, ...; `number` is where it was
     * met, columns being numbered from `first`. The first of equals stays; NaN never wins. */
    void (*largest)(const float *scores, size_t stride, size_t rows, size_t columns, const float *bias, float first,
                    float *best, float *number);
} sc_cpu_isa;

/* Best first; ended by NULL. */
extern const sc_cpu_isa *const sc_cpu_isas[];
/* The best one that this processor has. */
const sc_cpu_isa *sc_cpu_isa_best(void);

#endif
