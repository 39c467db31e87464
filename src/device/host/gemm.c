/* SPDX-License-Identifier: MIT */
/* Matrix products: see gemm.h. A panel of the right-hand matrix is packed once for all rows of the left one, which is
 * read where it lies, but for rows that are too few for the microkernel, and where it is transposed. No memory is
 * allocated: oneDNN's product, which was here, allocates what it packs into at each call, and where the program has
 * blocks of that size mapped (cli/main.c), new pages took several times as long as the arithmetic of small matrices. */
#include "device/host/gemm.h"

#include <stdlib.h>
#include <string.h>

#include "device/host/choices.h"
#include "ops/matmul.h"

enum {
    DEPTH = 128,              /* of a panel, which stays in the first-level cache */
    ROWS = 8 * SC_MICRO_ROWS, /* that are laid aside at once */
    MOST_PANEL = 64,          /* the widest of any instruction set */
};

/* SC_GROUP columns, of which `columns` exist: destination[k * row + j] = b[j * ldb + k]. */
static void turn_group(const sc_cpu_isa *isa, size_t depth, size_t columns, const float *b, size_t ldb,
                       float *destination, size_t row)
{
    size_t k = 0;
    for (; columns == SC_GROUP && k + SC_GROUP <= depth; k += SC_GROUP)
        isa->transpose(b + k, ldb, destination + k * row, row);
    for (; k < depth; k++)
        for (size_t j = 0; j < SC_GROUP; j++)
            destination[k * row + j] = j < columns ? b[j * ldb + k] : 0;
}

static void copy_group(size_t depth, size_t columns, const float *b, size_t ldb, float *destination, size_t row)
{
    for (size_t k = 0; k < depth; k++, b += ldb, destination += row) {
        memcpy(destination, b, columns * sizeof *b);
        memset(destination + columns, 0, (SC_GROUP - columns) * sizeof *b);
    }
}

void sc_cpu_pack_right(const sc_cpu_isa *isa, bool transpose, size_t depth, size_t columns, size_t filled,
                       const float *b, size_t ldb, float *panels)
{
    for (size_t j = 0; j < filled; j += SC_GROUP) {
        size_t panel = j / isa->panel * isa->panel, width = filled - panel < isa->panel ? filled - panel : isa->panel;
        size_t exist = j >= columns ? 0 : columns - j < SC_GROUP ? columns - j : SC_GROUP, first = exist ? j : 0;
        float *to = panels + panel * depth + j - panel;
        if (transpose)
            turn_group(isa, depth, exist, b + first * ldb, ldb, to, width);
        else
            copy_group(depth, exist, b + first, ldb, to, width);
    }
}

/* Rows [0, rows) of op(a), zeros up to a multiple of SC_MICRO_ROWS: aside (ROWS, DEPTH). */
static void lay_aside(const sc_cpu_isa *isa, bool transpose, size_t rows, size_t depth, const float *a, size_t lda,
                      float *aside)
{
    for (size_t r = 0; r < rows; r += transpose ? SC_GROUP : 1) {
        size_t count = rows - r < SC_GROUP ? rows - r : SC_GROUP, k = 0;
        if (!transpose) {
            memcpy(aside + r * DEPTH, a + r * lda, depth * sizeof *a);
            continue;
        }
        for (; count == SC_GROUP && k + SC_GROUP <= depth; k += SC_GROUP)
            isa->transpose(a + k * lda + r, lda, aside + r * DEPTH + k, DEPTH);
        for (; k < depth; k++)
            for (size_t i = 0; i < count; i++)
                aside[(r + i) * DEPTH + k] = a[k * lda + r + i];
    }
    for (size_t r = rows; r % SC_MICRO_ROWS; r++)
        memset(aside + r * DEPTH, 0, depth * sizeof *a);
}

static void copy_block(const float *from, size_t from_row, size_t rows, size_t columns, float *to, size_t to_row)
{
    for (size_t r = 0; r < rows; r++)
        memcpy(to + r * to_row, from + r * from_row, columns * sizeof *to);
}

/* `columns` results of each row, at most a panel of them. What a row gives does not depend on whether it is laid aside.
 */
static void gemm_panel(const sc_cpu_isa *isa, bool transpose_a, size_t m, size_t columns, size_t depth, const float *a,
                       size_t lda, const float *panel, bool accumulate, float *c, size_t ldc)
{
    float aside[ROWS * DEPTH], results[ROWS * MOST_PANEL] = { 0 };
    size_t filled = sc_round_group(columns), direct = 0;
    if (!transpose_a && filled == columns) {
        direct = m / SC_MICRO_ROWS * SC_MICRO_ROWS;
        isa->multiply(a, lda, panel, c, ldc, direct, depth, filled, accumulate);
    }
    for (size_t r = direct, rows; r < m; r += rows) {
        rows = m - r < ROWS ? m - r : ROWS;
        lay_aside(isa, transpose_a, rows, depth, a + (transpose_a ? r : r * lda), lda, aside);
        if (accumulate)
            copy_block(c + r * ldc, ldc, rows, columns, results, MOST_PANEL);
        isa->multiply(aside, DEPTH, panel, results, MOST_PANEL,
                      (rows + SC_MICRO_ROWS - 1) / SC_MICRO_ROWS * SC_MICRO_ROWS, depth, filled, accumulate);
        copy_block(results, MOST_PANEL, rows, columns, c + r * ldc, ldc);
    }
}

void sc_cpu_gemm(const sc_cpu_isa *isa, bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k,
                 const float *a, size_t lda, const float *b, size_t ldb, bool accumulate, float *c, size_t ldc)
{
    float panel[DEPTH * MOST_PANEL];
    for (size_t j = 0; j < n; j += isa->panel)
        for (size_t from = 0; from < k; from += DEPTH) {
            size_t columns = n - j < isa->panel ? n - j : isa->panel, depth = k - from < DEPTH ? k - from : DEPTH;
            sc_cpu_pack_right(isa, transpose_b, depth, columns, sc_round_group(columns),
                              b + (transpose_b ? j * ldb + from : from * ldb + j), ldb, panel);
            gemm_panel(isa, transpose_a, m, columns, depth, a + (transpose_a ? from * lda : from), lda, panel,
                       accumulate || from, c + j, ldc);
        }
}

/* --- for an operator of src/ops --- */

static void multiply_with(const void *isa, bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k,
                          const float *a, size_t lda, const float *b, size_t ldb, bool accumulate, float *c, size_t ldc)
{
    sc_cpu_gemm(isa, transpose_a, transpose_b, m, n, k, a, lda, b, ldb, accumulate, c, ldc);
}

int sc_host_choose_mapped_moment(const sc_node_info *node, const sc_cpu_isa *isa, sc_choice *choice, sc_error *err)
{
    (void)node;
    sc_products *products = malloc(sizeof *products);
    if (!products)
        return sc_fail_memory(err, sizeof *products);
    *products = (sc_products){ multiply_with, isa };
    *choice = (sc_choice){ .state = products, .destroy = free, .state_bytes = sizeof *products };
    return SCUMBLE_OK;
}
