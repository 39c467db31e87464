/* SPDX-License-Identifier: MIT */
/* The key with the largest score, for each query (ops/nearest.c), as a product of matrices whose results are looked at
 * while they lie in the cache: a part multiplies a block of queries by KEYS keys at a time, packed for the matrix
 * microkernel, and keeps the running best of each query in SC_GROUP lanes. Parts are blocks of queries x ranges of
 * keys; finish() joins the ranges in order. Packing costs a 1/QUERIES of the product, looking two operations a score.
 * oneDNN's product in blocks of this size was slower by a tenth (it packs both sides anew at each call). */
#include "device/host/choices.h"
#include "device/host/gemm.h"
#include "device/host/parts.h"

#include <math.h>
#include <string.h>

enum {
    QUERIES = 85 * SC_MICRO_ROWS, /* at most, in a block */
    KEYS = 64,
    RANGE = 128 * KEYS, /* keys of a part */
    DEPTH = 512         /* channels that are packed at once */
};

static size_t host_nearest_channels(const sc_call *call)
{
    return (size_t)call->in[0]->shape.c;
}

static size_t host_nearest_query_count(const sc_call *call)
{
    return (size_t)call->in[0]->shape.h * (size_t)call->in[0]->shape.w;
}

static size_t host_nearest_key_count(const sc_call *call)
{
    return (size_t)call->in[1]->shape.h * (size_t)call->in[1]->shape.w;
}

static size_t host_nearest_block_count(const sc_call *call)
{
    return (host_nearest_query_count(call) + QUERIES - 1) / QUERIES;
}

static size_t range_count(const sc_call *call)
{
    return (host_nearest_key_count(call) + RANGE - 1) / RANGE;
}

static int host_nearest_parts(const sc_call *call)
{
    return (int)(host_nearest_block_count(call) * range_count(call));
}

/* --- scratch: pairs (number, score), (ranges, queries, 2); then for each thread a workspace --- */

typedef struct workspace {
    float *panel;         /* packed keys: DEPTH x KEYS */
    float *scores;        /* (QUERIES, KEYS) */
    float *best, *number; /* (QUERIES, SC_GROUP) each */
    float *rest;          /* (SC_MICRO_ROWS, c): the last queries, filled up with zeros */
} workspace;

enum { FIXED_VALUES = DEPTH * KEYS + QUERIES * (KEYS + 2 * SC_GROUP) };

static size_t pairs_bytes(const sc_call *call)
{
    return sc_align64(range_count(call) * host_nearest_query_count(call) * 2 * sizeof(float));
}

static size_t host_nearest_thread_bytes(const sc_call *call)
{
    return sc_align64((FIXED_VALUES + SC_MICRO_ROWS * host_nearest_channels(call)) * sizeof(float));
}

static size_t host_nearest_scratch(const sc_call *call)
{
    return pairs_bytes(call) + (size_t)call->thread_count * host_nearest_thread_bytes(call);
}

static workspace workspace_of(const sc_call *call, int thread)
{
    workspace w = { .panel = (float *)(void *)((char *)call->scratch + pairs_bytes(call) +
                                               (size_t)thread * host_nearest_thread_bytes(call)) };
    w.scores = w.panel + DEPTH * KEYS;
    w.best = w.scores + QUERIES * KEYS;
    w.number = w.best + QUERIES * SC_GROUP;
    w.rest = w.number + QUERIES * SC_GROUP;
    return w;
}

/* --- a block of queries x KEYS keys --- */

/* scores = queries [begin, begin + count) times `keys` keys from `key` on. */
static void host_nearest_multiply(const sc_cpu_isa *isa, const sc_call *call, sc_range queries, size_t key, size_t keys,
                                  const workspace *w)
{
    size_t c = host_nearest_channels(call), count = queries.end - queries.begin,
           whole = count / SC_MICRO_ROWS * SC_MICRO_ROWS;
    const float *left = call->in[0]->data + queries.begin * c;
    for (size_t from = 0; from < c; from += DEPTH) {
        size_t depth = c - from < DEPTH ? c - from : DEPTH;
        sc_cpu_pack_right(isa, true, depth, keys, KEYS, call->in[1]->data + key * c + from, c, w->panel);
        if (whole)
            isa->multiply(left + from, c, w->panel, w->scores, KEYS, whole, depth, KEYS, from > 0);
        if (whole < count)
            isa->multiply(w->rest + from, c, w->panel, w->scores + whole * KEYS, KEYS, SC_MICRO_ROWS, depth, KEYS,
                          from > 0);
    }
}

/* The biases of KEYS keys; those that do not exist never win. */
static void host_nearest_fill_bias(const sc_call *call, size_t key, size_t keys, float *bias)
{
    for (size_t k = 0; k < KEYS; k++)
        bias[k] = k >= keys ? -INFINITY : call->input_count > 2 ? call->in[2]->data[key + k] : 0;
}

/* Joins a query's lanes: the largest score, of equal ones the first key. */
static void join_lanes(const float *best, const float *number, float *pair)
{
    pair[0] = number[0];
    pair[1] = best[0];
    for (size_t i = 1; i < SC_GROUP; i++)
        if (best[i] > pair[1] || (best[i] == pair[1] && number[i] < pair[0])) {
            pair[0] = number[i];
            pair[1] = best[i];
        }
}

static int host_nearest_run(const sc_call *call, int part, int thread)
{
    const sc_cpu_isa *isa = call->state;
    size_t c = host_nearest_channels(call), range = (size_t)part % range_count(call),
           block = (size_t)part / range_count(call);
    sc_range queries = sc_cut(host_nearest_query_count(call), host_nearest_block_count(call), block);
    size_t count = queries.end - queries.begin, rest = count % SC_MICRO_ROWS;
    size_t end =
        (range + 1) * RANGE < host_nearest_key_count(call) ? (range + 1) * RANGE : host_nearest_key_count(call);
    workspace w = workspace_of(call, thread);
    memset(w.rest, 0, SC_MICRO_ROWS * c * sizeof(float));
    memcpy(w.rest, call->in[0]->data + (queries.end - rest) * c, rest * c * sizeof(float));
    for (size_t i = 0; i < count * SC_GROUP; i++) {
        w.best[i] = -INFINITY;
        w.number[i] = 0;
    }
    for (size_t key = range * RANGE; key < end; key += KEYS) {
        size_t keys = end - key < KEYS ? end - key : KEYS;
        float bias[KEYS];
        host_nearest_fill_bias(call, key, keys, bias);
        host_nearest_multiply(isa, call, queries, key, keys, &w);
        isa->largest(w.scores, KEYS, count, KEYS, bias, (float)key, w.best, w.number);
    }
    float *pairs = (float *)call->scratch + 2 * (range * host_nearest_query_count(call) + queries.begin);
    for (size_t q = 0; q < count; q++)
        join_lanes(w.best + q * SC_GROUP, w.number + q * SC_GROUP, pairs + 2 * q);
    return SCUMBLE_OK;
}

static int host_nearest_finish(const sc_call *call)
{
    size_t queries = host_nearest_query_count(call), ranges = range_count(call);
    const float *pairs = call->scratch;
    for (size_t q = 0; q < queries; q++) {
        const float *best = pairs + 2 * q;
        for (size_t r = 1; r < ranges; r++)
            if (pairs[2 * (r * queries + q) + 1] > best[1])
                best = pairs + 2 * (r * queries + q);
        call->out->data[2 * q] = best[0];
        call->out->data[2 * q + 1] = best[1];
    }
    return SCUMBLE_OK;
}

static const sc_kernel forward = { host_nearest_parts, host_nearest_run, host_nearest_finish, host_nearest_scratch };

int sc_host_choose_nearest(const sc_node_info *node, const sc_cpu_isa *isa, sc_choice *choice, sc_error *err)
{
    (void)node, (void)err;
    *choice = (sc_choice){ .forward = &forward, .state = (void *)isa };
    return SCUMBLE_OK;
}
