/* SPDX-License-Identifier: MIT */
/* Gram matrices by matrix products; formulas in ops/gram.c. With F the positions x channels matrix, N positions, s the shift:
 *   forward   G = (F + s)^T (F + s) / N: at most MOST_PARTIALS fixed blocks of positions, of each the upper triangle in
 *             bands of BAND rows, combined in order
 *   backward  dF = (F + s) S, S = (dG + dG^T) / N, which each part makes anew */
#include "backend/cpu/gram.h"
#include "backend/cpu/conv.h"
#include "backend/cpu/onednn.h"

#include <string.h>

enum { MOST_PARTIALS = 16, BAND = 128, CHUNK_VALUES = 131072, LEAST_POSITIONS = 128 };

static size_t channels(const sc_call *call)
{
    return (size_t)call->in[0]->shape.c;
}

static size_t positions(const sc_call *call)
{
    return (size_t)call->in[0]->shape.h * (size_t)call->in[0]->shape.w;
}

static float shift(const sc_call *call)
{
    const sc_gram_attrs *a = call->attrs;
    return a->shift;
}

/* Positions that are handled at once: they stay in the cache. */
static size_t chunk(const sc_call *call)
{
    return CHUNK_VALUES / channels(call) + 16;
}

static size_t shifted_bytes(const sc_call *call)
{
    return shift(call) == 0 ? 0 : sc_align64(chunk(call) * channels(call) * sizeof(float));
}

static const float *shifted(const sc_call *call, size_t begin, size_t count, float *buffer)
{
    const float *from = call->in[0]->data + begin * channels(call);
    if (shift(call) == 0)
        return from;
    for (size_t i = 0; i < count * channels(call); i++)
        buffer[i] = from[i] + shift(call);
    return buffer;
}

static size_t count_parts(const sc_call *call, size_t most)
{
    size_t parts = positions(call) / LEAST_POSITIONS;
    return parts < 1 ? 1 : parts > most ? most : parts;
}

/* --- forward; scratch: partial sums (parts, c, c), then a buffer for each thread --- */

static int forward_parts(const sc_call *call)
{
    return (int)count_parts(call, MOST_PARTIALS);
}

static size_t partial_bytes(const sc_call *call)
{
    return sc_align64(channels(call) * channels(call) * sizeof(float));
}

static size_t forward_scratch(const sc_call *call)
{
    return (size_t)forward_parts(call) * partial_bytes(call) + (size_t)call->thread_count * shifted_bytes(call);
}

static int forward_run(const sc_call *call, int part, int thread)
{
    size_t c = channels(call), parts = (size_t)forward_parts(call);
    float *sum = (float *)((char *)call->scratch + (size_t)part * partial_bytes(call));
    float *buffer = (float *)((char *)call->scratch + parts * partial_bytes(call) + (size_t)thread * shifted_bytes(call));
    sc_range own = sc_cut(positions(call), parts, (size_t)part);
    for (size_t p = own.begin; p < own.end; p += chunk(call)) {
        size_t count = own.end - p < chunk(call) ? own.end - p : chunk(call);
        const float *f = shifted(call, p, count, buffer);
        for (size_t i = 0; i < c; i += BAND) {
            size_t rows = c - i < BAND ? c - i : BAND;
            int code = sc_cpu_gemm(true, false, rows, c - i, count, f + i, c, f + i, c, p > own.begin, sum + i * c + i, c, thread);
            if (code)
                return code;
        }
    }
    return SCUMBLE_OK;
}

static int forward_finish(const sc_call *call)
{
    size_t c = channels(call), parts = (size_t)forward_parts(call), stride = partial_bytes(call) / sizeof(float);
    float scale = (float)(1.0 / (double)positions(call)), *out = call->out->data;
    for (size_t i = 0; i < c; i++) {
        const float *row = (const float *)call->scratch + i * c;
        sc_combine_partials(row + i, stride, parts, c - i, out + i * c + i, false);
        for (size_t j = i; j < c; j++) {
            out[i * c + j] *= scale;
            out[j * c + i] = out[i * c + j];
        }
    }
    return SCUMBLE_OK;
}

const sc_kernel sc_cpu_gram_forward = { forward_parts, forward_run, forward_finish, forward_scratch };

/* --- backward; scratch: S and a buffer for each thread --- */

static int backward_parts(const sc_call *call)
{
    return (int)count_parts(call, 64);
}

static size_t backward_thread_bytes(const sc_call *call)
{
    return partial_bytes(call) + shifted_bytes(call);
}

static size_t backward_scratch(const sc_call *call)
{
    return (size_t)call->thread_count * backward_thread_bytes(call);
}

static void fill_symmetric(const sc_call *call, float *to)
{
    size_t c = channels(call);
    const float *g = call->out_gradient->data;
    float scale = (float)(1.0 / (double)positions(call));
    /* In 16 x 16 tiles: columns of a large matrix are slow to read. */
    float turned[SC_GROUP * SC_GROUP];
    const sc_cpu_isa *isa = sc_cpu_isa_best();
    for (size_t i = 0; i < c; i += SC_GROUP)
        for (size_t j = 0; j < c; j += SC_GROUP) {
            size_t rows = c - i < SC_GROUP ? c - i : SC_GROUP, columns = c - j < SC_GROUP ? c - j : SC_GROUP;
            if (rows == SC_GROUP && columns == SC_GROUP)
                isa->transpose(g + j * c + i, c, turned, SC_GROUP);
            else
                for (size_t y = 0; y < rows; y++)
                    for (size_t x = 0; x < columns; x++)
                        turned[y * SC_GROUP + x] = g[(j + x) * c + i + y];
            for (size_t y = 0; y < rows; y++)
                for (size_t x = 0; x < columns; x++)
                    to[(i + y) * c + j + x] = scale * (g[(i + y) * c + j + x] + turned[y * SC_GROUP + x]);
        }
}

static int backward_run(const sc_call *call, int part, int thread)
{
    size_t c = channels(call);
    float *symmetric = (float *)((char *)call->scratch + (size_t)thread * backward_thread_bytes(call));
    float *buffer = (float *)((char *)symmetric + partial_bytes(call));
    fill_symmetric(call, symmetric);
    sc_range own = sc_cut(positions(call), (size_t)backward_parts(call), (size_t)part);
    for (size_t p = own.begin; p < own.end; p += chunk(call)) {
        size_t count = own.end - p < chunk(call) ? own.end - p : chunk(call);
        int code = sc_cpu_gemm(false, false, count, c, c, shifted(call, p, count, buffer), c, symmetric, c, call->accumulate[0],
            call->in_gradient[0]->data + p * c, c, thread);
        if (code)
            return code;
    }
    return SCUMBLE_OK;
}

const sc_kernel sc_cpu_gram_backward = { backward_parts, backward_run, NULL, backward_scratch };
