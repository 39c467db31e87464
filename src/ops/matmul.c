/* SPDX-License-Identifier: MIT */
/* c += a b: eight columns of b are packed next to each other, then blocks of 4 x 8 values of c are summed in registers.
 * It is written so that compilers vectorise it without being allowed to reorder sums. */
#include "ops/matmul.h"

enum { ROWS = 4, COLUMNS = 8, DEPTH = 256 };

static void pack_columns(int columns, int depth, sc_matrix b, float *restrict panel)
{
    if (columns == COLUMNS && b.column == 1) {
        for (int p = 0; p < depth; p++)
            for (int j = 0; j < COLUMNS; j++)
                panel[p * COLUMNS + j] = b.data[(size_t)p * b.row + (size_t)j];
        return;
    }
    for (int p = 0; p < depth; p++)
        for (int j = 0; j < COLUMNS; j++)
            panel[p * COLUMNS + j] = j < columns ? b.data[(size_t)p * b.row + (size_t)j * b.column] : 0;
}

/* c (rows x columns) += a (rows x depth) panel (depth x 8). */
static inline void matmul_multiply_block(int rows, int columns, int depth, sc_matrix a, const float *restrict panel,
                                         float *restrict c, size_t c_row)
{
    float sum[ROWS][COLUMNS] = { { 0 } };
    for (int p = 0; p < depth; p++)
        for (int i = 0; i < rows; i++) {
            float factor = a.data[(size_t)i * a.row + (size_t)p * a.column];
            for (int j = 0; j < COLUMNS; j++)
                sum[i][j] += factor * panel[p * COLUMNS + j];
        }
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++)
            c[(size_t)i * c_row + (size_t)j] += sum[i][j];
}

static void multiply_panel(int m, int columns, int depth, sc_matrix a, const float *panel, float *c, size_t c_row)
{
    int i = 0;
    for (; i + ROWS <= m; i += ROWS) {
        sc_matrix rows = { a.data + (size_t)i * a.row, a.row, a.column };
        matmul_multiply_block(ROWS, columns, depth, rows, panel, c + (size_t)i * c_row, c_row);
    }
    for (; i < m; i++) {
        sc_matrix row = { a.data + (size_t)i * a.row, a.row, a.column };
        matmul_multiply_block(1, columns, depth, row, panel, c + (size_t)i * c_row, c_row);
    }
}

void sc_matmul_add(int m, int n, int k, sc_matrix a, sc_matrix b, float *c, size_t c_row)
{
    float panel[DEPTH * COLUMNS];
    for (int p = 0; p < k; p += DEPTH) {
        int depth = k - p < DEPTH ? k - p : DEPTH;
        sc_matrix a_block = { a.data + (size_t)p * a.column, a.row, a.column };
        for (int j = 0; j < n; j += COLUMNS) {
            int columns = n - j < COLUMNS ? n - j : COLUMNS;
            sc_matrix b_block = { b.data + (size_t)p * b.row + (size_t)j * b.column, b.row, b.column };
            pack_columns(columns, depth, b_block, panel);
            multiply_panel(m, columns, depth, a_block, panel, c + j, c_row);
        }
    }
}
