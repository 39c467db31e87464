/* SPDX-License-Identifier: MIT */
/* Gram matrices by matrix products; formulas in ops/gram.c. With F the positions x channels matrix, N positions, s the
 * shift:
 *   forward   G = (F + s)^T (F + s) / N: at most MOST_PARTIALS fixed blocks of positions, of each the upper triangle
 *             (isa->add_gram), combined in order
 *   backward  dF = (F + s) S, S = (dG + dG^T) / N (isa->multiply), which each part packs anew
 * Channels that fill no group, and features that are shifted, are copied aside, zeros filling the group. */
#include "device/host/choices.h"
#include "device/host/parts.h"

#include <string.h>

/* CHUNK_VALUES of F stay in the first-level cache while they are multiplied with each other. */
enum { MOST_PARTIALS = 16, CHUNK_VALUES = 8192, LEAST_CHUNK = 64, CHUNK = 96, LEAST_POSITIONS = 128 };

static size_t host_gram_channels(const sc_call *call)
{
    return (size_t)call->in[0]->shape.c;
}

static size_t padded(const sc_call *call)
{
    return sc_round_group(host_gram_channels(call));
}

static size_t host_gram_positions(const sc_call *call)
{
    return (size_t)call->in[0]->shape.h * (size_t)call->in[0]->shape.w;
}

static float host_gram_shift(const sc_call *call)
{
    const sc_gram_attrs *a = call->attrs;
    return a->shift;
}

static bool is_aside(const sc_call *call)
{
    return host_gram_shift(call) != 0 || padded(call) != host_gram_channels(call);
}

/* Features [begin, begin + count), padded(call) values each: in place or in `buffer`. */
static const float *features(const sc_call *call, size_t begin, size_t count, float *buffer)
{
    size_t c = host_gram_channels(call), row = padded(call);
    const float *from = call->in[0]->data + begin * c;
    if (!is_aside(call))
        return from;
    for (size_t p = 0; p < count; p++, from += c) {
        for (size_t i = 0; i < c; i++)
            buffer[p * row + i] = from[i] + host_gram_shift(call);
        memset(buffer + p * row + c, 0, (row - c) * sizeof *buffer);
    }
    return buffer;
}

static size_t count_parts(const sc_call *call, size_t least_positions, size_t most)
{
    size_t parts = host_gram_positions(call) / least_positions;
    return parts < 1 ? 1 : parts > most ? most : parts;
}

/* --- forward; scratch: partial sums (parts, padded c, padded c), then a buffer for each thread --- */

static size_t chunk_positions(const sc_call *call)
{
    size_t fitting = CHUNK_VALUES / padded(call);
    return fitting < LEAST_CHUNK ? LEAST_CHUNK : fitting;
}

static int host_gram_forward_parts(const sc_call *call)
{
    return (int)count_parts(call, LEAST_POSITIONS, MOST_PARTIALS);
}

static size_t matrix_bytes(const sc_call *call)
{
    return padded(call) * padded(call) * sizeof(float);
}

static size_t forward_buffer_bytes(const sc_call *call)
{
    return is_aside(call) ? chunk_positions(call) * padded(call) * sizeof(float) : 0;
}

static size_t host_gram_forward_scratch(const sc_call *call)
{
    return (size_t)host_gram_forward_parts(call) * matrix_bytes(call) +
           (size_t)call->thread_count * forward_buffer_bytes(call);
}

static int host_gram_forward_run(const sc_call *call, int part, int thread)
{
    const sc_cpu_isa *isa = call->state;
    size_t parts = (size_t)host_gram_forward_parts(call), chunk = chunk_positions(call);
    float *sum = (float *)((char *)call->scratch + (size_t)part * matrix_bytes(call));
    float *buffer =
        (float *)((char *)call->scratch + parts * matrix_bytes(call) + (size_t)thread * forward_buffer_bytes(call));
    sc_range own = sc_cut(host_gram_positions(call), parts, (size_t)part);
    memset(sum, 0, matrix_bytes(call));
    for (size_t p = own.begin; p < own.end; p += chunk) {
        size_t count = own.end - p < chunk ? own.end - p : chunk;
        SC_PREFETCH(call->in[0]->data + (p + count) * host_gram_channels(call), chunk * host_gram_channels(call), 0);
        isa->add_gram(features(call, p, count, buffer), count, padded(call), sum);
    }
    return SCUMBLE_OK;
}

static int host_gram_forward_finish(const sc_call *call)
{
    size_t c = host_gram_channels(call), row = padded(call), parts = (size_t)host_gram_forward_parts(call);
    float scale = (float)(1.0 / (double)host_gram_positions(call)), *out = call->out->data;
    for (size_t i = 0; i < c; i++) {
        sc_combine_partials((const float *)call->scratch + i * row + i, row * row, parts, c - i, out + i * c + i,
                            false);
        for (size_t j = i; j < c; j++) {
            out[i * c + j] *= scale;
            out[j * c + i] = out[i * c + j];
        }
    }
    return SCUMBLE_OK;
}

static const sc_kernel forward = { host_gram_forward_parts, host_gram_forward_run, host_gram_forward_finish,
                                   host_gram_forward_scratch };

/* --- backward; scratch of each thread: S packed for isa->multiply, features and results aside --- */

static int host_gram_backward_parts(const sc_call *call)
{
    return (int)count_parts(call, LEAST_POSITIONS + 2 * host_gram_channels(call),
                            64); /* packing takes as long as a few hundred positions */
}

static size_t host_gram_backward_thread_bytes(const sc_call *call)
{
    return matrix_bytes(call) + 2 * CHUNK * padded(call) * sizeof(float);
}

static size_t host_gram_backward_scratch(const sc_call *call)
{
    return (size_t)call->thread_count * host_gram_backward_thread_bytes(call);
}

/* (dG + dG^T) / N in panels of isa->panel columns, zeros beyond the channels. */
static void pack_symmetric(const sc_call *call, float *to)
{
    const sc_cpu_isa *isa = call->state;
    size_t c = host_gram_channels(call), row = padded(call);
    const float *g = call->out_gradient->data;
    float scale = (float)(1.0 / (double)host_gram_positions(call)), turned[SC_GROUP * SC_GROUP];
    for (size_t j = 0; j < row; j += SC_GROUP) { /* in 16 x 16 tiles: columns of a large matrix are slow to read */
        size_t panel = j / isa->panel * isa->panel, width = row - panel < isa->panel ? row - panel : isa->panel;
        size_t columns = c - j < SC_GROUP ? c - j : SC_GROUP;
        for (size_t i = 0; i < row; i += SC_GROUP) {
            size_t rows = c - i < SC_GROUP ? c - i : SC_GROUP;
            if (rows == SC_GROUP && columns == SC_GROUP)
                isa->transpose(g + j * c + i, c, turned, SC_GROUP);
            else
                for (size_t y = 0; y < rows; y++)
                    for (size_t x = 0; x < columns; x++)
                        turned[y * SC_GROUP + x] = g[(j + x) * c + i + y];
            for (size_t y = 0; y < SC_GROUP; y++) {
                float *line = to + panel * row + (i + y) * width + j - panel;
                for (size_t x = 0; x < SC_GROUP; x++)
                    line[x] = y < rows && x < columns ? scale * (g[(i + y) * c + j + x] + turned[y * SC_GROUP + x]) : 0;
            }
        }
    }
}

/* Results that were made aside go to their place. */
static void host_gram_put(const sc_call *call, const float *from, size_t begin, size_t count)
{
    size_t c = host_gram_channels(call), row = padded(call);
    float *to = call->in_gradient[0]->data + begin * c;
    for (size_t p = 0; p < count; p++, to += c, from += row)
        if (call->accumulate[0])
            for (size_t i = 0; i < c; i++)
                to[i] += from[i];
        else
            memcpy(to, from, c * sizeof *to);
}

static int host_gram_backward_run(const sc_call *call, int part, int thread)
{
    const sc_cpu_isa *isa = call->state;
    size_t row = padded(call);
    float *symmetric = (float *)((char *)call->scratch + (size_t)thread * host_gram_backward_thread_bytes(call));
    float *buffer = symmetric + row * row, *results = buffer + CHUNK * row;
    pack_symmetric(call, symmetric);
    sc_range own = sc_cut(host_gram_positions(call), (size_t)host_gram_backward_parts(call), (size_t)part);
    for (size_t p = own.begin, count; p < own.end; p += count) {
        count = own.end - p < CHUNK ? own.end - p : CHUNK;
        size_t whole = count / SC_MICRO_ROWS * SC_MICRO_ROWS;
        bool direct = !is_aside(call) && whole;
        SC_PREFETCH(call->in[0]->data + (p + count) * host_gram_channels(call), CHUNK * host_gram_channels(call), 0);
        SC_PREFETCH(call->in_gradient[0]->data + (p + count) * host_gram_channels(call),
                    CHUNK * host_gram_channels(call), 1);
        if (direct) {
            count = whole;
            isa->multiply(call->in[0]->data + p * row, row, symmetric, call->in_gradient[0]->data + p * row, row, count,
                          row, row, call->accumulate[0]);
            continue;
        }
        const float *f = features(call, p, count, buffer);
        if (f != buffer)
            memcpy(buffer, f, count * row * sizeof *buffer);
        size_t rows = (count + SC_MICRO_ROWS - 1) / SC_MICRO_ROWS * SC_MICRO_ROWS;
        memset(buffer + count * row, 0, (rows - count) * row * sizeof *buffer);
        isa->multiply(buffer, row, symmetric, results, row, rows, row, row, false);
        host_gram_put(call, results, p, count);
    }
    return SCUMBLE_OK;
}

static const sc_kernel backward = { host_gram_backward_parts, host_gram_backward_run, NULL,
                                    host_gram_backward_scratch };

int sc_host_choose_gram(const sc_node_info *node, const sc_cpu_isa *isa, sc_choice *choice, sc_error *err)
{
    (void)node, (void)err;
    *choice = (sc_choice){ .forward = &forward, .backward = &backward, .state = (void *)isa };
    return SCUMBLE_OK;
}
