/* SPDX-License-Identifier: MIT */
/* Broadcasting of the second input. See broadcast.h. */
#include "ops/broadcast.h"

int sc_broadcast_infer(const char *op, const sc_call *call, sc_shape *out, sc_error *err)
{
    sc_shape a = call->in[0]->shape, b = call->in[1]->shape;
    if ((b.n != a.n && b.n != 1) || (b.c != a.c && b.c != 1) || (b.h != a.h && b.h != 1) || (b.w != a.w && b.w != 1))
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "%s: the second input is %d x %d x %d x %d; each extent must be 1 or that of the first, which "
                       "is %d x %d x %d x %d",
                       op, b.n, b.c, b.h, b.w, a.n, a.c, a.h, a.w);
    *out = a;
    return SCUMBLE_OK;
}

bool sc_broadcast_needed(const sc_call *call)
{
    return !sc_shape_equal(call->in[0]->shape, call->in[1]->shape);
}

size_t sc_broadcast_row_bytes(const sc_call *call)
{
    return sc_row_values(call->in[0]->shape) * sizeof(float);
}

const float *sc_broadcast_row(const sc_call *call, size_t row, float *buffer)
{
    sc_shape a = call->in[0]->shape, b = call->in[1]->shape;
    size_t n = b.n == 1 ? 0 : row / (size_t)a.h, y = b.h == 1 ? 0 : row % (size_t)a.h, c = (size_t)a.c;
    const float *from = sc_row(call->in[1], n * (size_t)b.h + y);
    if (b.w == a.w && b.c == a.c)
        return from;
    for (int x = 0; x < a.w; x++) {
        const float *pixel = from + (b.w == 1 ? 0 : (size_t)x * (size_t)b.c);
        float *to = buffer + (size_t)x * c;
        if (b.c == 1)
            for (size_t i = 0; i < c; i++)
                to[i] = pixel[0];
        else
            memcpy(to, pixel, c * sizeof *to);
    }
    return buffer;
}

/* --- sums --- */

/* A unit is one row of b and one of `chunks` shares of the rows that it was spread to. */
static size_t rows_per_b_row(const sc_call *call)
{
    return sc_row_count(call->in[0]->shape) / sc_row_count(call->in[1]->shape);
}

static int chunk_count(const sc_call *call)
{
    enum { MOST = 16 };
    size_t rows = rows_per_b_row(call);
    return sc_row_count(call->in[1]->shape) >= MOST ? 1 : rows < MOST ? (int)rows : (int)MOST;
}

static size_t broadcast_unit_count(const sc_call *call)
{
    return sc_row_count(call->in[1]->shape) * (size_t)chunk_count(call);
}

int sc_broadcast_sum_parts(const sc_call *call)
{
    size_t units = broadcast_unit_count(call);
    return sc_part_count(units, sc_shape_count(call->in[0]->shape) / units + 1);
}

size_t sc_broadcast_sum_bytes(const sc_call *call)
{
    return sc_thread_stride(broadcast_unit_count(call) * sc_row_values(call->in[1]->shape) * sizeof(double));
}

/* The k-th row of a that row b_row of b is spread to. */
static size_t row_of_a(const sc_call *call, size_t b_row, size_t k)
{
    sc_shape a = call->in[0]->shape, b = call->in[1]->shape;
    size_t repeats = b.h == 1 ? (size_t)a.h : 1;
    size_t n = b.n == 1 ? k / repeats : b_row / (size_t)b.h, y = b.h == 1 ? k % repeats : b_row % (size_t)b.h;
    return n * (size_t)a.h + y;
}

/* sums (b.w, b.c) += values (a.w, a.c) */
static void broadcast_add_row(const sc_call *call, const float *values, double *sums)
{
    sc_shape a = call->in[0]->shape, b = call->in[1]->shape;
    for (int x = 0; x < a.w; x++, values += a.c) {
        double *to = sums + (b.w == 1 ? 0 : (size_t)x * (size_t)b.c);
        if (b.c == 1)
            *to += sc_sum(values, (size_t)a.c);
        else
            for (int c = 0; c < a.c; c++)
                to[c] += (double)values[c];
    }
}

void sc_broadcast_sum(const sc_call *call, int part, sc_broadcast_row_fn row_values, float *buffer, double *partials)
{
    size_t width = sc_row_values(call->in[1]->shape), rows = rows_per_b_row(call);
    int chunks = chunk_count(call);
    sc_range units = sc_part_range(broadcast_unit_count(call), sc_broadcast_sum_parts(call), part);
    for (size_t u = units.begin; u < units.end; u++) {
        double *sums = partials + u * width;
        sc_range share = sc_part_range(rows, chunks, (int)(u % (size_t)chunks));
        memset(sums, 0, width * sizeof *sums);
        for (size_t k = share.begin; k < share.end; k++)
            broadcast_add_row(call, row_values(call, row_of_a(call, u / (size_t)chunks, k), buffer), sums);
    }
}

void sc_broadcast_sum_finish(const sc_call *call, const double *partials)
{
    sc_shape b = call->in[1]->shape;
    size_t width = sc_row_values(b);
    int chunks = chunk_count(call);
    for (size_t row = 0; row < sc_row_count(b); row++)
        sc_combine_rows(partials + row * (size_t)chunks * width, chunks, width, sc_row(call->in_gradient[1], row),
                        call->accumulate[1]);
}
