/* SPDX-License-Identifier: MIT */
/* Self-similarity by matrix products; formulas in ops/self_similarity.c. X is the positions x channels matrix.
 *   forward   parts of COLUMNS columns: X times these positions' features, transposed; then distances and their sums
 *   backward  at most MOST_PARTS blocks of positions: P = B X, B_ij = (h_ij + h_ji) r_j, in bands of ROWS rows
 * Norms (forward) and q (backward) are made anew by each part, which costs little beside the products. Saved: s (n), r
 * (n). */
#include "device/host/choices.h"

#include <math.h>
#include <string.h>

#include "device/host/parts.h"
#include "device/host/gemm.h"
#include "ops/self_similarity.h"

enum { COLUMNS = 64, MOST_PARTS = 8, ROWS = 64, LANES = 16 };

static size_t host_self_similarity_channels(const sc_call *call)
{
    return (size_t)call->in[0]->shape.c;
}

static size_t host_self_similarity_position_count(const sc_call *call)
{
    return (size_t)call->in[0]->shape.h * (size_t)call->in[0]->shape.w;
}

/* x.y: LANES sums in single precision, which compilers turn into vectors, then one in double. */
static double host_self_similarity_dot(const float *restrict x, const float *restrict y, size_t count)
{
    float lanes[LANES] = { 0 };
    double sum = 0;
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (size_t j = 0; j < LANES; j++)
            lanes[j] += x[i + j] * y[i + j];
    for (; i < count; i++)
        sum += (double)x[i] * (double)y[i];
    for (int j = 0; j < LANES; j++)
        sum += (double)lanes[j];
    return sum;
}

/* --- forward; scratch of a thread: r (n), sums (COLUMNS doubles) --- */

static size_t host_self_similarity_blocks(const sc_call *call)
{
    return (host_self_similarity_position_count(call) + COLUMNS - 1) / COLUMNS;
}

static int host_self_similarity_forward_parts(const sc_call *call)
{
    size_t blocks = host_self_similarity_blocks(call);
    return (int)(blocks < 256 ? blocks : 256);
}

static size_t host_self_similarity_forward_thread_bytes(const sc_call *call)
{
    return COLUMNS * sizeof(double) + sc_align64(host_self_similarity_position_count(call) * sizeof(float));
}

static size_t host_self_similarity_forward_scratch(const sc_call *call)
{
    return (size_t)call->thread_count * host_self_similarity_forward_thread_bytes(call);
}

static void host_self_similarity_fill_reciprocal_norms(const sc_call *call, float *r)
{
    for (size_t i = 0, c = host_self_similarity_channels(call); i < host_self_similarity_position_count(call); i++) {
        double square = host_self_similarity_dot(call->in[0]->data + i * c, call->in[0]->data + i * c, c);
        r[i] = square > SC_SELF_SIMILARITY_LEAST ? (float)(1 / sqrt(square)) : 0;
    }
}

/* Columns [begin, begin + count) of products become distances, divided by their sums, which are left in `sums`. */
static void normalise_columns(const sc_call *call, size_t begin, size_t count, const float *r, double *sums)
{
    size_t n = host_self_similarity_position_count(call);
    float reciprocal[COLUMNS];
    for (size_t j = 0; j < count; j++)
        sums[j] = (double)n * SC_SELF_SIMILARITY_FLOOR;
    for (size_t i = 0; i < n; i++) {
        float *restrict row = call->out->data + i * n + begin;
        for (size_t j = 0; j < count; j++)
            row[j] = 1 - row[j] * (r[i] * r[begin + j]);
        if (i >= begin && i < begin + count)
            row[i - begin] = 0;
        for (size_t j = 0; j < count; j++)
            sums[j] += (double)row[j];
    }
    for (size_t j = 0; j < count; j++)
        reciprocal[j] = (float)(1 / sums[j]);
    for (size_t i = 0; i < n; i++) {
        float *restrict row = call->out->data + i * n + begin;
        for (size_t j = 0; j < count; j++)
            row[j] *= reciprocal[j];
    }
}

static int host_self_similarity_forward_run(const sc_call *call, int part, int thread)
{
    size_t n = host_self_similarity_position_count(call), c = host_self_similarity_channels(call);
    const float *x = call->in[0]->data;
    float *saved = call->saved;
    double *sums =
        (double *)(void *)((char *)call->scratch + (size_t)thread * host_self_similarity_forward_thread_bytes(call));
    float *r = (float *)(void *)(sums + COLUMNS);
    host_self_similarity_fill_reciprocal_norms(call, r);
    sc_range own =
        sc_cut(host_self_similarity_blocks(call), (size_t)host_self_similarity_forward_parts(call), (size_t)part);
    for (size_t j = own.begin * COLUMNS; j < own.end * COLUMNS && j < n; j += COLUMNS) {
        size_t count = n - j < COLUMNS ? n - j : COLUMNS;
        sc_cpu_gemm(call->state, false, true, n, count, c, x, c, x + j * c, c, false, call->out->data + j, n);
        normalise_columns(call, j, count, r, sums);
        for (size_t k = 0; saved && k < count; k++) {
            saved[j + k] = (float)sums[k];
            saved[n + j + k] = r[j + k];
        }
    }
    return SCUMBLE_OK;
}

static const sc_kernel forward_kernel = { host_self_similarity_forward_parts, host_self_similarity_forward_run, NULL,
                                          host_self_similarity_forward_scratch };

/* --- backward; scratch of a thread: q (n doubles), B (ROWS, n), P (ROWS, c) --- */

static int host_self_similarity_backward_parts(const sc_call *call)
{
    size_t parts = (host_self_similarity_position_count(call) + ROWS - 1) / ROWS;
    return (int)(parts < MOST_PARTS ? parts : MOST_PARTS);
}

static size_t q_bytes(const sc_call *call)
{
    return sc_align64(host_self_similarity_position_count(call) * sizeof(double));
}

static size_t host_self_similarity_backward_thread_bytes(const sc_call *call)
{
    return q_bytes(call) +
           sc_align64(ROWS * (host_self_similarity_position_count(call) + host_self_similarity_channels(call)) *
                      sizeof(float));
}

static size_t host_self_similarity_backward_scratch(const sc_call *call)
{
    return (size_t)call->thread_count * host_self_similarity_backward_thread_bytes(call);
}

static void host_self_similarity_fill_column_products(const sc_call *call, double *restrict q)
{
    size_t n = host_self_similarity_position_count(call);
    memset(q, 0, n * sizeof *q);
    for (size_t k = 0; k < n; k++) {
        const float *restrict g = call->out_gradient->data + k * n, *restrict y = call->out->data + k * n;
        for (size_t j = 0; j < n; j++)
            q[j] += (double)(g[j] * y[j]);
    }
}

/* turned (rows x columns) = the transpose of g's block that begins at row `column`, column `row`; a tile of at most
 * SC_GROUP each way. */
static void turn_tile(const sc_cpu_isa *isa, const float *g, size_t n, size_t row, size_t column, size_t rows,
                      size_t columns, float *turned)
{
    if (rows == SC_GROUP && columns == SC_GROUP) {
        isa->transpose(g + column * n + row, n, turned, SC_GROUP);
        return;
    }
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            turned[i * SC_GROUP + j] = g[(column + j) * n + row + i];
}

/* Rows [begin, begin + count) of B. */
static void fill_slopes(const sc_call *call, size_t begin, size_t count, const double *q, float *b)
{
    size_t n = host_self_similarity_position_count(call);
    const float *g = call->out_gradient->data, *s = call->saved, *r = s + n;
    float turned[SC_GROUP * SC_GROUP], column_q[SC_GROUP], column_s[SC_GROUP];
    for (size_t j = 0; j < n; j += SC_GROUP) {
        size_t columns = n - j < SC_GROUP ? n - j : SC_GROUP;
        for (size_t k = 0; k < columns; k++) {
            column_q[k] = (float)q[j + k];
            column_s[k] = 1 / s[j + k];
        }
        for (size_t i = 0; i < count; i += SC_GROUP) {
            size_t rows = count - i < SC_GROUP ? count - i : SC_GROUP;
            turn_tile(call->state, g, n, begin + i, j, rows, columns, turned);
            for (size_t y = 0; y < rows; y++) {
                size_t own = begin + i + y;
                float own_q = (float)q[own], own_s = 1 / s[own];
                for (size_t k = 0; k < columns; k++)
                    b[(i + y) * n + j + k] = r[j + k] * ((g[own * n + j + k] - column_q[k]) * column_s[k] +
                                                         (turned[y * SC_GROUP + k] - own_q) * own_s);
            }
        }
    }
    for (size_t i = 0; i < count; i++)
        b[i * n + begin + i] = 0;
}

/* dx = -r (p - x r^2 (x.p)) of one position. */
static void write_gradient(const float *restrict x, const float *restrict p, float r, size_t c, bool accumulate,
                           float *restrict to)
{
    float along = (float)(host_self_similarity_dot(x, p, c) * (double)r * (double)r);
    if (accumulate)
        for (size_t k = 0; k < c; k++)
            to[k] += r * (x[k] * along - p[k]);
    else
        for (size_t k = 0; k < c; k++)
            to[k] = r * (x[k] * along - p[k]);
}

static int host_self_similarity_backward_run(const sc_call *call, int part, int thread)
{
    size_t n = host_self_similarity_position_count(call), c = host_self_similarity_channels(call);
    const float *x = call->in[0]->data, *r = (const float *)call->saved + n;
    double *q =
        (double *)(void *)((char *)call->scratch + (size_t)thread * host_self_similarity_backward_thread_bytes(call));
    float *b = (float *)(void *)((char *)q + q_bytes(call)), *p = b + ROWS * n;
    host_self_similarity_fill_column_products(call, q);
    sc_range own = sc_cut(n, (size_t)host_self_similarity_backward_parts(call), (size_t)part);
    for (size_t i = own.begin; i < own.end; i += ROWS) {
        size_t count = own.end - i < ROWS ? own.end - i : ROWS;
        fill_slopes(call, i, count, q, b);
        sc_cpu_gemm(call->state, false, false, count, c, n, b, n, x, c, false, p, c);
        for (size_t k = 0; k < count; k++)
            write_gradient(x + (i + k) * c, p + k * c, r[i + k], c, call->accumulate[0],
                           call->in_gradient[0]->data + (i + k) * c);
    }
    return SCUMBLE_OK;
}

static const sc_kernel backward_kernel = { host_self_similarity_backward_parts, host_self_similarity_backward_run, NULL,
                                           host_self_similarity_backward_scratch };

int sc_host_choose_self_similarity(const sc_node_info *node, const sc_cpu_isa *isa, sc_choice *choice, sc_error *err)
{
    (void)node, (void)err;
    *choice = (sc_choice){ .forward = &forward_kernel, .backward = &backward_kernel, .state = (void *)isa };
    return SCUMBLE_OK;
}
