/* SPDX-License-Identifier: MIT */
/* The source of isa.h's functions. Included once by each isa_*.c, which defines before it:
 *   LANES, ISA_NAME, ISA_SYMBOL, MICRO_VECTORS
 *   static unsigned positive_bits(vec x)       bit i: lane i is above 0, or not a number
 *   static unsigned exceeding_bits(vec a, vec b) bit i: a > b, or a is not a number
 *   static vec keep_bits(vec x, unsigned bits) lanes whose bit is 0 become 0
 *   static vec multiply_add(vec a, vec b, vec c) a b + c, rounded once where the processor has such an instruction
 *   static bool available(void)
 * Winograd's minimal filtering F(4x4, 3x3) (Lavin and Gray 2016) with the points 0, 1, -1, 1/2, -2, infinity: their
 * error is a third of that of 0, +-1, +-2 (Barabasz et al. 2020 study the choice; tests/unit/test_cpu_conv.c measures).
 * With p = d3 - d1, q = d4 - d2 the rows of B^T d cost 16 additions and multiplications in place of 30. */
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
enum { PARTS = SC_GROUP / LANES, PANEL = MICRO_VECTORS * LANES < SC_GROUP ? SC_GROUP : MICRO_VECTORS * LANES };

typedef vec loose_vec __attribute__((aligned(4), may_alias));

INLINE vec load(const float *p)
{
    return *(const loose_vec *)p;
}
INLINE void store(float *p, vec x)
{
    *(loose_vec *)p = x;
}
INLINE vec spread(float x)
{
    return x - (vec){ 0 };
}
enum {
    OUTER_SUMS = MICRO_VECTORS > 2 ? 16 : 8
}; /* vectors of sums that fit into the registers with what they are made of */

/* One block of 6 rows x `vectors` vectors, the flags and `vectors` known at compile time. ahead: asks for what follows
 * `right`. */
INLINE void micro(const float *left, size_t left_stride, const float *right, size_t right_stride, float *results,
                  size_t results_stride, size_t depth, bool accumulate, bool ahead, int vectors)
{
    vec sum[SC_MICRO_ROWS][MICRO_VECTORS];
#pragma GCC unroll 8
    for (int r = 0; r < SC_MICRO_ROWS; r++)
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++)
            sum[r][v] = accumulate ? load(results + (size_t)r * results_stride + (size_t)v * LANES) : (vec){ 0 };
    for (size_t k = 0; k < depth; k++) {
        vec b[MICRO_VECTORS];
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++)
            b[v] = load(right + (size_t)v * LANES);
#pragma GCC unroll 8
        for (int v = 0; v < vectors && ahead; v++)
            __builtin_prefetch(right + depth * right_stride + (size_t)v * LANES, 0, 2);
#pragma GCC unroll 8
        for (int r = 0; r < SC_MICRO_ROWS; r++) {
            vec a = spread(left[(size_t)r * left_stride + k]);
#pragma GCC unroll 8
            for (int v = 0; v < vectors; v++)
                sum[r][v] = multiply_add(a, b[v], sum[r][v]);
        }
        right += right_stride;
    }
#pragma GCC unroll 8
    for (int r = 0; r < SC_MICRO_ROWS; r++)
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++)
            store(results + (size_t)r * results_stride + (size_t)v * LANES, sum[r][v]);
}

/* The last rows ask for the panel that comes next in memory: early enough, and only once. */
#define MICRO(count)                                                                                                \
    static void micro_##count(const float *left, size_t left_stride, const float *right, size_t right_stride,       \
                              float *results, size_t results_stride, size_t rows, size_t depth, bool accumulate)    \
    {                                                                                                               \
        for (size_t r = 0; r < rows;                                                                                \
             r += SC_MICRO_ROWS, left += SC_MICRO_ROWS * left_stride, results += SC_MICRO_ROWS * results_stride)    \
            switch ((accumulate ? 2 : 0) + (r + SC_MICRO_ROWS == rows)) {                                           \
            case 0:                                                                                                 \
                micro(left, left_stride, right, right_stride, results, results_stride, depth, false, false, count); \
                break;                                                                                              \
            case 1:                                                                                                 \
                micro(left, left_stride, right, right_stride, results, results_stride, depth, false, true, count);  \
                break;                                                                                              \
            case 2:                                                                                                 \
                micro(left, left_stride, right, right_stride, results, results_stride, depth, true, false, count);  \
                break;                                                                                              \
            case 3:                                                                                                 \
                micro(left, left_stride, right, right_stride, results, results_stride, depth, true, true, count);   \
                break;                                                                                              \
            }                                                                                                       \
    }
MICRO(1)
MICRO(2)
#if MICRO_VECTORS > 2
MICRO(3)
MICRO(4)
#endif

static void multiply(const float *left, size_t left_stride, const float *right, float *results, size_t results_stride,
                     size_t rows, size_t depth, size_t columns, bool accumulate)
{
    for (size_t panel = 0; panel < columns; panel += PANEL, right += PANEL * depth) {
        size_t width = columns - panel < PANEL ? columns - panel : PANEL;
        for (size_t c = 0; c < width; c += MICRO_VECTORS * LANES) {
            size_t vectors = width - c < MICRO_VECTORS * LANES ? (width - c) / LANES : MICRO_VECTORS;
            float *to = results + panel + c;
            switch (vectors) {
            case 1: micro_1(left, left_stride, right + c, width, to, results_stride, rows, depth, accumulate); break;
            case 2: micro_2(left, left_stride, right + c, width, to, results_stride, rows, depth, accumulate); break;
#if MICRO_VECTORS > 2
            case 3: micro_3(left, left_stride, right + c, width, to, results_stride, rows, depth, accumulate); break;
            case 4: micro_4(left, left_stride, right + c, width, to, results_stride, rows, depth, accumulate); break;
#endif
            }
        }
    }
}

/* sum[GRAM_ROWS][vectors] += the sum over `count` rows of left[0 .. GRAM_ROWS) times right[0 .. vectors), all rows
 * lying c apart. Fewer rows than the microkernel's: they divide a group. */
enum { GRAM_ROWS = 4 };
INLINE void gram_block(const float *left, const float *right, size_t count, size_t c, float *sum, int vectors)
{
    vec own[GRAM_ROWS][MICRO_VECTORS];
#pragma GCC unroll 8
    for (int r = 0; r < GRAM_ROWS; r++)
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++)
            own[r][v] = (vec){ 0 };
    for (size_t p = 0; p < count; p++, left += c, right += c) {
        vec b[MICRO_VECTORS];
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++)
            b[v] = load(right + (size_t)v * LANES);
#pragma GCC unroll 8
        for (int r = 0; r < GRAM_ROWS; r++) {
            vec a = spread(left[r]);
#pragma GCC unroll 8
            for (int v = 0; v < vectors; v++)
                own[r][v] = multiply_add(a, b[v], own[r][v]);
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < GRAM_ROWS; r++)
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++) {
            float *to = sum + (size_t)r * c + (size_t)v * LANES;
            store(to, load(to) + own[r][v]);
        }
}

static void add_gram(const float *f, size_t count, size_t c, float *sum)
{
    for (size_t i = 0; i < c; i += GRAM_ROWS)
        for (size_t j = i / SC_GROUP * SC_GROUP; j < c; j += MICRO_VECTORS * LANES) {
            float *to = sum + i * c + j;
            switch (c - j < MICRO_VECTORS * LANES ? (c - j) / LANES : MICRO_VECTORS) {
            case 1: gram_block(f + i, f + j, count, c, to, 1); break;
            case 2: gram_block(f + i, f + j, count, c, to, 2); break;
#if MICRO_VECTORS > 2
            case 3: gram_block(f + i, f + j, count, c, to, 3); break;
            case 4: gram_block(f + i, f + j, count, c, to, 4); break;
#endif
            }
        }
}

/* sum[rows][vectors] = or += left^T right; rows and vectors are known at compile time, and so few that the sums stay in
 * registers. */
INLINE void outer_block(const float *left, size_t left_stride, const float *right, size_t right_stride, size_t count,
                        float *sum, size_t sum_stride, bool accumulate, int rows, int vectors)
{
    vec own[OUTER_SUMS][MICRO_VECTORS];
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++)
            own[r][v] = accumulate ? load(sum + (size_t)r * sum_stride + (size_t)v * LANES) : (vec){ 0 };
    for (size_t p = 0; p < count; p++, left += left_stride, right += right_stride) {
        vec b[MICRO_VECTORS];
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++)
            b[v] = load(right + (size_t)v * LANES);
#pragma GCC unroll 16
        for (int r = 0; r < rows; r++) {
            vec a = spread(left[r]);
#pragma GCC unroll 8
            for (int v = 0; v < vectors; v++)
                own[r][v] = multiply_add(a, b[v], own[r][v]);
        }
    }
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++)
            store(sum + (size_t)r * sum_stride + (size_t)v * LANES, own[r][v]);
}

#define OUTER(count_of_vectors, count_of_rows)                                                                        \
    static void outer_##count_of_vectors(const float *left, size_t left_stride, const float *right,                   \
                                         size_t right_stride, size_t count, size_t rows, bool accumulate, float *sum, \
                                         size_t sum_stride)                                                           \
    {                                                                                                                 \
        for (size_t r = 0; r < rows; r += count_of_rows, sum += count_of_rows * sum_stride)                           \
            if (accumulate)                                                                                           \
                outer_block(left + r, left_stride, right, right_stride, count, sum, sum_stride, true, count_of_rows,  \
                            count_of_vectors);                                                                        \
            else                                                                                                      \
                outer_block(left + r, left_stride, right, right_stride, count, sum, sum_stride, false, count_of_rows, \
                            count_of_vectors);                                                                        \
    }
OUTER(1, OUTER_SUMS)
OUTER(2, OUTER_SUMS / 2)
#if MICRO_VECTORS > 2
OUTER(3, OUTER_SUMS / 4)
OUTER(4, OUTER_SUMS / 4)
#endif

static void add_outer(const float *left, size_t left_stride, const float *right, size_t right_stride, size_t count,
                      size_t rows, size_t columns, bool accumulate, float *sum)
{
    for (size_t c = 0; c < columns; c += MICRO_VECTORS * LANES)
        switch (columns - c < MICRO_VECTORS * LANES ? (columns - c) / LANES : MICRO_VECTORS) {
        case 1: outer_1(left, left_stride, right + c, right_stride, count, rows, accumulate, sum + c, columns); break;
        case 2: outer_2(left, left_stride, right + c, right_stride, count, rows, accumulate, sum + c, columns); break;
#if MICRO_VECTORS > 2
        case 3: outer_3(left, left_stride, right + c, right_stride, count, rows, accumulate, sum + c, columns); break;
        case 4: outer_4(left, left_stride, right + c, right_stride, count, rows, accumulate, sum + c, columns); break;
#endif
        }
}

static void sum_rows(const float *f, size_t count, size_t c, float *sum)
{
    memset(sum, 0, c * sizeof *sum);
    for (size_t p = 0; p < count; p++, f += c)
        for (size_t i = 0; i < c; i += SC_GROUP) {
            SC_PREFETCH(f + i + SC_AHEAD, SC_GROUP, 0);
            for (size_t part = 0; part < PARTS; part++)
                store(sum + i + part * LANES, load(sum + i + part * LANES) + load(f + i + part * LANES));
        }
}

static void spread_row(const float *row, size_t count, size_t c, bool accumulate, float *to)
{
    for (size_t p = 0; p < count; p++, to += c)
        for (size_t i = 0; i < c; i += SC_GROUP) {
            SC_PREFETCH(to + i + SC_AHEAD, SC_GROUP, 1);
            for (size_t part = 0; part < PARTS; part++) {
                vec x = load(row + i + part * LANES);
                store(to + i + part * LANES, accumulate ? load(to + i + part * LANES) + x : x);
            }
        }
}

/* t = B^T d */
INLINE void input_1d(const vec d[6], vec t[6])
{
    vec p = d[3] - d[1], q = d[4] - d[2];
    t[0] = d[0] - d[2] + q + 1.5f * p;
    t[1] = q + p + 1.5f * (d[2] + d[3]);
    t[2] = q - p + 1.5f * (d[3] - d[2]);
    t[3] = q + 2.0f * p;
    t[4] = q - 0.5f * p;
    t[5] = d[5] - d[3] - p + 1.5f * q;
}

INLINE void wino_input_tile(const float *data, ptrdiff_t row, ptrdiff_t column, const uint16_t *bits, ptrdiff_t bit_row,
                            ptrdiff_t bit_column, size_t groups, float *v, size_t plane, bool masked)
{
    for (size_t part = 0; part < groups * PARTS; part++) {
        vec half[6][6]; /* d B: [row][point] */
        unsigned shift = part % PARTS * LANES;
#pragma GCC unroll 6
        for (int y = 0; y < 6; y++) {
            vec d[6];
#pragma GCC unroll 6
            for (int x = 0; x < 6; x++) {
                d[x] = load(data + y * row + x * column + part * LANES);
                if (masked)
                    d[x] = keep_bits(d[x],
                                     (unsigned)bits[y * bit_row + x * bit_column + (ptrdiff_t)(part / PARTS)] >> shift);
            }
            input_1d(d, half[y]);
        }
#pragma GCC unroll 6
        for (int x = 0; x < 6; x++) {
            vec d[6] = { half[0][x], half[1][x], half[2][x], half[3][x], half[4][x], half[5][x] }, t[6];
            input_1d(d, t);
#pragma GCC unroll 6
            for (int y = 0; y < 6; y++)
                store(v + (size_t)(y * 6 + x) * plane + part * LANES, t[y]);
        }
    }
}

static void wino_input(const float *data, ptrdiff_t row, ptrdiff_t column, const uint16_t *bits, ptrdiff_t bit_row,
                       ptrdiff_t bit_column, size_t groups, float *v, size_t plane)
{
    if (bits)
        wino_input_tile(data, row, column, bits, bit_row, bit_column, groups, v, plane, true);
    else
        wino_input_tile(data, row, column, NULL, 0, 0, groups, v, plane, false);
}

/* t = A d */
INLINE void gradient_1d(const vec d[4], vec t[6])
{
    vec even = d[0] + d[2], odd = d[1] + d[3];
    t[0] = d[0];
    t[1] = even + odd;
    t[2] = even - odd;
    t[3] = d[0] + 0.5f * d[1] + 0.25f * d[2] + 0.125f * d[3];
    t[4] = d[0] - 2.0f * d[1] + 4.0f * d[2] - 8.0f * d[3];
    t[5] = d[3];
}

static void wino_gradient(const float *data, ptrdiff_t row, ptrdiff_t column, const uint16_t *bits, ptrdiff_t bit_row,
                          ptrdiff_t bit_column, size_t groups, float *v, size_t plane)
{
    for (size_t part = 0; part < groups * PARTS; part++) {
        vec half[4][6]; /* d A^T: [row][point] */
#pragma GCC unroll 4
        for (int y = 0; y < 4; y++) {
            vec d[4];
#pragma GCC unroll 4
            for (int x = 0; x < 4; x++) {
                d[x] = load(data + y * row + x * column + part * LANES);
                if (bits)
                    d[x] = keep_bits(d[x], (unsigned)bits[y * bit_row + x * bit_column + (ptrdiff_t)(part / PARTS)] >>
                                               part % PARTS * LANES);
            }
            gradient_1d(d, half[y]);
        }
#pragma GCC unroll 6
        for (int x = 0; x < 6; x++) {
            vec d[4] = { half[0][x], half[1][x], half[2][x], half[3][x] }, t[6];
            gradient_1d(d, t);
#pragma GCC unroll 6
            for (int y = 0; y < 6; y++)
                store(v + (size_t)(y * 6 + x) * plane + part * LANES, t[y]);
        }
    }
}

/* g = G^T t */
INLINE void weight_gradient_1d(const vec t[6], vec g[3])
{
    vec even = (t[1] - t[2]) * (1.0f / 3.0f), half = t[3] * (-16.0f / 15.0f), two = t[4] * (1.0f / 15.0f);
    g[0] = t[0] + even + (half + two);
    g[1] = (t[1] + t[2]) * (1.0f / 3.0f) + 0.5f * half - 2.0f * two;
    g[2] = even + 0.25f * half + 4.0f * two + t[5];
}

static void wino_weight_gradient(const float *u, size_t plane, float *taps, ptrdiff_t tap_stride)
{
    for (int part = 0; part < PARTS; part++, taps += LANES, u += LANES) {
        vec half[3][6]; /* G^T U */
#pragma GCC unroll 6
        for (int x = 0; x < 6; x++) {
            vec t[6], g[3];
#pragma GCC unroll 6
            for (int y = 0; y < 6; y++)
                t[y] = load(u + (size_t)(y * 6 + x) * plane);
            weight_gradient_1d(t, g);
#pragma GCC unroll 3
            for (int y = 0; y < 3; y++)
                half[y][x] = g[y];
        }
#pragma GCC unroll 3
        for (int y = 0; y < 3; y++) {
            vec g[3];
            weight_gradient_1d(half[y], g);
#pragma GCC unroll 3
            for (int x = 0; x < 3; x++)
                store(taps + (y * 3 + x) * tap_stride, g[x]);
        }
    }
}

/* t = G g */
INLINE void weights_1d(vec g0, vec g1, vec g2, vec t[6])
{
    t[0] = g0;
    t[1] = (g0 + g1 + g2) * (1.0f / 3.0f);
    t[2] = (g1 - g0 - g2) * (1.0f / 3.0f);
    t[3] = (g0 + 0.5f * g1 + 0.25f * g2) * (-16.0f / 15.0f);
    t[4] = (g0 - 2.0f * g1 + 4.0f * g2) * (1.0f / 15.0f);
    t[5] = g2;
}

static void wino_weights(const float *taps, ptrdiff_t tap_stride, float *u, size_t plane)
{
    for (int part = 0; part < PARTS; part++, taps += LANES, u += LANES) {
        vec half[3][6]; /* columns of G g */
#pragma GCC unroll 3
        for (int x = 0; x < 3; x++)
            weights_1d(load(taps + x * tap_stride), load(taps + (3 + x) * tap_stride),
                       load(taps + (6 + x) * tap_stride), half[x]);
#pragma GCC unroll 6
        for (int y = 0; y < 6; y++) {
            vec t[6];
            weights_1d(half[0][y], half[1][y], half[2][y], t);
#pragma GCC unroll 6
            for (int x = 0; x < 6; x++)
                store(u + (size_t)(y * 6 + x) * plane, t[x]);
        }
    }
}

/* The same for kernels of two. */
INLINE void phase_weights_1d(vec g0, vec g1, vec t[6])
{
    t[0] = g0;
    t[1] = (g0 + g1) * (1.0f / 3.0f);
    t[2] = (g1 - g0) * (1.0f / 3.0f);
    t[3] = (g0 + 0.5f * g1) * (-16.0f / 15.0f);
    t[4] = (g0 - 2.0f * g1) * (1.0f / 15.0f);
    t[5] = g1;
}

static void wino_phase_weights(const float *taps, ptrdiff_t tap_stride, bool odd_row, bool odd_column, float *u,
                               size_t plane)
{
    for (int part = 0; part < PARTS; part++, taps += LANES, u += LANES) {
        vec half[2][6], row[2][3]; /* half: columns of the 2 x 2 kernel, transformed */
#pragma GCC unroll 3
        for (int x = 0; x < 3; x++) {
            vec g0 = load(taps + x * tap_stride), g1 = load(taps + (3 + x) * tap_stride),
                g2 = load(taps + (6 + x) * tap_stride);
            row[0][x] = odd_row ? g0 + g1 : g0;
            row[1][x] = odd_row ? g2 : g1 + g2;
        }
        phase_weights_1d(odd_column ? row[0][0] + row[0][1] : row[0][0], odd_column ? row[0][2] : row[0][1] + row[0][2],
                         half[0]);
        phase_weights_1d(odd_column ? row[1][0] + row[1][1] : row[1][0], odd_column ? row[1][2] : row[1][1] + row[1][2],
                         half[1]);
#pragma GCC unroll 6
        for (int x = 0; x < 6; x++) {
            vec t[6];
            phase_weights_1d(half[0][x], half[1][x], t);
#pragma GCC unroll 6
            for (int y = 0; y < 6; y++)
                store(u + (size_t)(y * 6 + x) * plane, t[y]);
        }
    }
}

/* y = A^T m, 4 or 5 results. */
INLINE void output_1d(const vec m[6], vec *y, int size)
{
    vec sum = m[1] + m[2], difference = m[1] - m[2];
    y[0] = m[0] + sum + (m[3] + m[4]);
    y[1] = difference + 0.5f * m[3] - 2.0f * m[4];
    y[2] = sum + 0.25f * m[3] + 4.0f * m[4];
    y[3] = difference + 0.125f * m[3] - 8.0f * m[4];
    if (size == SC_WINO_TILE)
        y[3] += m[5];
    else
        y[4] = sum + 0.0625f * m[3] + 16.0f * m[4] + m[5];
}

INLINE void wino_output_tile(const float *m, size_t plane, size_t groups, const sc_wino_target *to, bool accumulate,
                             int size)
{
    for (size_t group = 0; group < groups; group++) {
        unsigned signs[SC_WINO_PHASE * SC_WINO_PHASE] = { 0 };
        for (int part = 0; part < PARTS; part++) {
            size_t c = group * SC_GROUP + (size_t)part * LANES;
            vec half[SC_WINO_PHASE][6], bias = to->bias ? load(to->bias + c) : (vec){ 0 };
#pragma GCC unroll 6
            for (int x = 0; x < 6; x++) {
                vec d[6], y[SC_WINO_PHASE];
#pragma GCC unroll 6
                for (int i = 0; i < 6; i++)
                    d[i] = load(m + (size_t)(i * 6 + x) * plane + c);
                output_1d(d, y, size);
#pragma GCC unroll 5
                for (int i = 0; i < size; i++)
                    half[i][x] = y[i];
            }
#pragma GCC unroll 5
            for (int i = 0; i < size; i++) {
                vec y[SC_WINO_PHASE];
                float *row = to->data + i * to->row + c;
                output_1d(half[i], y, size);
#pragma GCC unroll 5
                for (int x = 0; x < size; x++) {
                    float *p = row + x * to->column;
                    vec value = y[x] + bias;
                    if (accumulate)
                        value += load(p);
                    if (to->relu) {
                        unsigned positive = positive_bits(value);
                        value = keep_bits(value, positive);
                        signs[i * size + x] |= positive << part * LANES;
                    }
                    store(p, value);
                }
            }
        }
        if (to->bits)
            for (int i = 0; i < size * size; i++)
                to->bits[i / size * to->bit_row + i % size * to->bit_column + (ptrdiff_t)group] = (uint16_t)signs[i];
    }
}

static void wino_output(const float *m, size_t plane, size_t groups, const sc_wino_target *to)
{
    if (to->accumulate)
        wino_output_tile(m, plane, groups, to, true, SC_WINO_TILE);
    else
        wino_output_tile(m, plane, groups, to, false, SC_WINO_TILE);
}

static void wino_phase_output(const float *m, size_t plane, size_t groups, const sc_wino_target *to)
{
    wino_output_tile(m, plane, groups, to, false, SC_WINO_PHASE);
}

#ifndef HAVE_TRANSPOSE
static void transpose(const float *source, size_t source_stride, float *destination, size_t destination_stride)
{
    typedef float quad __attribute__((vector_size(16), aligned(4), may_alias));
    for (size_t y = 0; y < 16; y += 4)
        for (size_t x = 0; x < 16; x += 4) {
            quad r[4], t[4], out[4];
            for (size_t i = 0; i < 4; i++)
                r[i] = *(const quad *)(source + (y + i) * source_stride + x);
            for (size_t i = 0; i < 2; i++) {
                t[2 * i] = __builtin_shufflevector(r[2 * i], r[2 * i + 1], 0, 4, 1, 5);
                t[2 * i + 1] = __builtin_shufflevector(r[2 * i], r[2 * i + 1], 2, 6, 3, 7);
            }
            for (size_t i = 0; i < 2; i++) {
                out[2 * i] = __builtin_shufflevector(t[i], t[i + 2], 0, 1, 4, 5);
                out[2 * i + 1] = __builtin_shufflevector(t[i], t[i + 2], 2, 3, 6, 7);
            }
            for (size_t i = 0; i < 4; i++)
                *(quad *)(destination + (x + i) * destination_stride + y) = out[i];
        }
}
#endif

/* The last, partly filled group of a pixel. */
static unsigned activate_rest(float *x, size_t c, const float *bias, bool relu)
{
    unsigned positive = 0;
    for (size_t i = 0; i < c; i++) {
        float value = bias ? x[i] + bias[i] : x[i];
        positive |= (unsigned)!(value <= 0.0f) << i;
        x[i] = relu && value <= 0.0f ? 0.0f : value;
    }
    return positive;
}

static void activate(float *x, size_t pixels, size_t c, const float *bias, bool relu, uint16_t *bits)
{
    for (size_t p = 0; p < pixels; p++) {
        size_t i = 0;
        for (; i + SC_GROUP <= c; i += SC_GROUP, x += SC_GROUP) {
            unsigned signs = 0;
            for (size_t part = 0; part < PARTS; part++) {
                vec value = load(x + part * LANES);
                if (bias)
                    value += load(bias + i + part * LANES);
                if (relu) {
                    unsigned positive = positive_bits(value);
                    value = keep_bits(value, positive);
                    signs |= positive << part * LANES;
                }
                store(x + part * LANES, value);
            }
            if (bits)
                *bits++ = (uint16_t)signs;
        }
        if (i < c) {
            unsigned signs = activate_rest(x, c - i, bias ? bias + i : NULL, relu);
            x += c - i;
            if (bits)
                *bits++ = (uint16_t)signs;
        }
    }
}

static void mask(float *destination, const float *source, const uint16_t *bits, size_t pixels, size_t c)
{
    for (size_t p = 0; p < pixels; p++) {
        size_t i = 0;
        for (; i + SC_GROUP <= c; i += SC_GROUP, source += SC_GROUP, destination += SC_GROUP, bits++) {
            SC_PREFETCH(source + SC_AHEAD, SC_GROUP, 0);
            for (size_t part = 0; part < PARTS; part++)
                store(destination + part * LANES,
                      keep_bits(load(source + part * LANES), (unsigned)*bits >> part * LANES));
        }
        if (i < c) {
            for (size_t r = 0; r < c - i; r++)
                *destination++ = *bits >> r & 1 ? *source : 0.0f, source++;
            bits++;
        }
    }
}

typedef double wide __attribute__((vector_size(LANES / 2 * sizeof(double))));
typedef float loose_half __attribute__((vector_size(LANES / 2 * sizeof(float)), aligned(4), may_alias));
typedef wide loose_wide __attribute__((aligned(8), may_alias));

INLINE void widen(vec x, wide halves[2])
{
    union {
        vec whole;
        loose_half halves[2];
    } u = { x };
    halves[0] = __builtin_convertvector(u.halves[0], wide);
    halves[1] = __builtin_convertvector(u.halves[1], wide);
}

/* Column by column: a few rows at once stay in the first-level cache. */
INLINE void add_products_of(const float *a, const uint16_t *bits, const float *b, size_t rows, size_t width,
                            double *sums, double *products, bool masked)
{
    enum { HALF = LANES / 2 };
    for (size_t i = 0; i < width; i += LANES) {
        wide sum[2] = { { 0 } }, product[2] = { { 0 } };
        for (size_t r = 0; r < rows; r++) {
            const float *p = a + r * width + i, *q = b + r * width + i;
            wide x[2], y[2];
            __builtin_prefetch(p + rows * width);
            __builtin_prefetch(q + rows * width);
            widen(masked ? keep_bits(load(p), (unsigned)bits[(r * width + i) / SC_GROUP] >> i % SC_GROUP) : load(p), x);
            widen(load(q), y);
#pragma GCC unroll 2
            for (int h = 0; h < 2; h++) {
                sum[h] += x[h];
                product[h] += x[h] * y[h];
            }
        }
#pragma GCC unroll 2
        for (int h = 0; h < 2; h++) {
            *(loose_wide *)(sums + i + h * HALF) += sum[h];
            *(loose_wide *)(products + i + h * HALF) += product[h];
        }
    }
}

static void add_products(const float *a, const uint16_t *bits, const float *b, size_t rows, size_t width, double *sums,
                         double *products)
{
    if (bits)
        add_products_of(a, bits, b, rows, width, sums, products, true);
    else
        add_products_of(a, NULL, b, rows, width, sums, products, false);
}

static void normalise(const float *x, size_t rows, size_t width, const float *factor, const float *centre,
                      const float *shift, bool relu, float *y, uint16_t *bits)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < width; i += SC_GROUP, x += SC_GROUP, y += SC_GROUP) {
            unsigned signs = 0;
            SC_PREFETCH(x + SC_AHEAD, SC_GROUP, 0);
            SC_PREFETCH(y + SC_AHEAD, SC_GROUP, 1);
            for (size_t part = 0; part < PARTS; part++) {
                size_t at = i + part * LANES;
                vec value = load(factor + at) * (load(x + part * LANES) - load(centre + at)) + load(shift + at);
                if (relu) {
                    unsigned positive = positive_bits(value);
                    value = keep_bits(value, positive);
                    signs |= positive << part * LANES;
                }
                store(y + part * LANES, value);
            }
            if (bits)
                *bits++ = (uint16_t)signs;
        }
}

static void normalise_gradient(const float *dy, const uint16_t *bits, const float *x, size_t rows, size_t width,
                               const float *factor, const float *centre, const float *slope, const float *shift,
                               bool accumulate, float *dx)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < width; i += SC_GROUP, dy += SC_GROUP, x += SC_GROUP, dx += SC_GROUP) {
            unsigned signs = bits ? *bits++ : ~0u;
            SC_PREFETCH(dy + SC_AHEAD, SC_GROUP, 0);
            SC_PREFETCH(x + SC_AHEAD, SC_GROUP, 0);
            SC_PREFETCH(dx + SC_AHEAD, SC_GROUP, 1);
            for (size_t part = 0; part < PARTS; part++) {
                size_t at = i + part * LANES;
                vec gradient = keep_bits(load(dy + part * LANES), signs >> part * LANES);
                vec value =
                    load(factor + at) *
                    (gradient - (load(slope + at) * (load(x + part * LANES) - load(centre + at)) + load(shift + at)));
                store(dx + part * LANES, accumulate ? load(dx + part * LANES) + value : value);
            }
        }
}

static void max_pool(const float *in, ptrdiff_t row, size_t groups, float scale, float *out, uint16_t *bits)
{
    const float *next = in + groups * SC_GROUP;
    for (size_t group = 0; group < groups; group++) {
        unsigned low = 0, high = 0;
        for (size_t part = 0; part < PARTS; part++, in += LANES, next += LANES, out += LANES) {
            vec a = load(in), b = load(next), c = load(in + row), d = load(next + row);
            unsigned right_above = exceeding_bits(b, a), right_below = exceeding_bits(d, c);
            vec above = keep_bits(a, ~right_above) + keep_bits(b, right_above);
            vec below = keep_bits(c, ~right_below) + keep_bits(d, right_below);
            unsigned lower = exceeding_bits(below, above);
            store(out, (keep_bits(above, ~lower) + keep_bits(below, lower)) * scale);
            low |= ((lower & right_below) | (~lower & right_above & ((1u << LANES) - 1))) << part * LANES;
            high |= lower << part * LANES;
        }
        if (bits) {
            bits[2 * group] = (uint16_t)low;
            bits[2 * group + 1] = (uint16_t)high;
        }
    }
}

INLINE void put(float *p, vec x, bool accumulate)
{
    store(p, accumulate ? load(p) + x : x);
}

static void max_pool_gradient(const float *out, const uint16_t *bits, size_t groups, float scale, bool accumulate,
                              float *in, ptrdiff_t row)
{
    float *next = in + groups * SC_GROUP;
    for (size_t group = 0; group < groups; group++) {
        for (size_t part = 0; part < PARTS; part++, in += LANES, next += LANES, out += LANES) {
            unsigned low = (unsigned)bits[2 * group] >> part * LANES,
                     high = (unsigned)bits[2 * group + 1] >> part * LANES;
            vec x = load(out) * scale;
            put(in, keep_bits(x, ~low & ~high), accumulate);
            put(next, keep_bits(x, low & ~high), accumulate);
            put(in + row, keep_bits(x, ~low & high), accumulate);
            put(next + row, keep_bits(x, low & high), accumulate);
        }
    }
}

/* `a` where the mask, a comparison's result, is set, else b. */
#define SELECT(mask, a, b) ((vec)(((mask) & (__typeof__(mask))(a)) | (~(mask) & (__typeof__(mask))(b))))

static void largest(const float *scores, size_t stride, size_t rows, size_t columns, const float *bias, float first,
                    float *best, float *number)
{
    static const float lanes[SC_GROUP] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    for (size_t r = 0; r < rows; r++, scores += stride)
        for (size_t part = 0; part < PARTS; part++, best += LANES, number += LANES) {
            vec most = load(best), found = load(number), here = load(lanes + part * LANES) + first;
            for (size_t c = part * LANES; c < columns; c += SC_GROUP) {
                vec score = load(scores + c) + load(bias + c);
                __typeof__(score > most) larger = score > most;
                most = SELECT(larger, score, most);
                found = SELECT(larger, here, found);
                here += (float)SC_GROUP;
            }
            store(best, most);
            store(number, found);
        }
}

const sc_cpu_isa ISA_SYMBOL = { ISA_NAME,
                                available,
                                PANEL,
                                multiply,
                                add_gram,
                                add_outer,
                                sum_rows,
                                spread_row,
                                wino_input,
                                wino_gradient,
                                wino_weight_gradient,
                                wino_weights,
                                wino_output,
                                wino_phase_weights,
                                wino_phase_output,
                                transpose,
                                activate,
                                mask,
                                add_products,
                                normalise,
                                normalise_gradient,
                                max_pool,
                                max_pool_gradient,
                                largest };
