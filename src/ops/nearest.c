/* SPDX-License-Identifier: MIT */
/* For each query the key with the largest score, q . k (+ the key's bias): on unit vectors the nearest one by cosine
 * (the matching of CNNMRF, Li and Wand 2016, and of nearest-neighbour losses, Kolkin et al. 2022). With bias -|k|^2 / 2
 * it is the nearest by Euclidean distance. out (1, 2, h, w): the key's number y w2 + x, as a float, and its score. Of
 * equal scores the first key wins. A score that is not a number never wins, nor does minus infinity: where there is
 * nothing else, the result is key 0 and minus infinity. Scores are products of matrices, block by block, of which only
 * the running best is kept. Forward only. */
#include "ops/helpers.h"
#include "ops/matmul.h"

enum { MOST_KEYS = 1 << 24, QUERIES = 64, KEYS = 256 }; /* floats tell whole numbers apart up to 2^24 */

static int check_bias(const sc_call *call, sc_error *err)
{
    sc_shape k = call->in[1]->shape, b = call->input_count > 2 ? call->in[2]->shape : (sc_shape){ 1, 1, k.h, k.w };
    if (sc_shape_equal(b, (sc_shape){ 1, 1, k.h, k.w }))
        return SCUMBLE_OK;
    return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                   "nearest: the bias must be 1 x 1 x %d x %d, one value a key, but it is %d x %d x %d x %d", k.h, k.w,
                   b.n, b.c, b.h, b.w);
}

static int nearest_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    sc_shape q = call->in[0]->shape, k = call->in[1]->shape;
    if (q.n != 1 || k.n != 1)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "nearest: takes the features of one picture each, but the inputs hold %d and %d", q.n, k.n);
    if (q.c != k.c)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "nearest: the queries have %d channels, but the keys have %d", q.c,
                       k.c);
    if ((size_t)k.h * (size_t)k.w > MOST_KEYS)
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "nearest: %zu keys are more than the limit of %d",
                       (size_t)k.h * (size_t)k.w, (int)MOST_KEYS);
    int code = check_bias(call, err);
    return code ? code : sc_infer_result("nearest", (sc_shape){ 1, 2, q.h, q.w }, out, err);
}

static size_t nearest_query_count(const sc_call *call)
{
    return (size_t)call->in[0]->shape.h * (size_t)call->in[0]->shape.w;
}

static size_t nearest_key_count(const sc_call *call)
{
    return (size_t)call->in[1]->shape.h * (size_t)call->in[1]->shape.w;
}

static size_t nearest_block_count(const sc_call *call)
{
    return (nearest_query_count(call) + QUERIES - 1) / QUERIES;
}

static int nearest_parts(const sc_call *call)
{
    return sc_part_count(nearest_block_count(call), QUERIES * nearest_key_count(call));
}

static size_t scores_bytes(const sc_call *call)
{
    (void)call;
    return QUERIES * KEYS * sizeof(float);
}

static size_t nearest_scratch(const sc_call *call)
{
    return sc_threads_bytes(call, scores_bytes(call));
}

/* best = (number, score) of a query: whether one of the keys first .. first + count has a larger score. */
static void take_best(const float *scores, const float *bias, size_t first, size_t count, float *best)
{
    for (size_t k = 0; k < count; k++) {
        float score = bias ? scores[k] + bias[k] : scores[k];
        if (score > best[1]) {
            best[0] = (float)(first + k);
            best[1] = score;
        }
    }
}

/* Queries [begin, begin + count), at most QUERIES of them, against all keys. */
static void nearest_search(const sc_call *call, size_t begin, size_t count, float *scores)
{
    size_t c = (size_t)call->in[0]->shape.c, keys = nearest_key_count(call);
    float *best = call->out->data + 2 * begin;
    for (size_t q = 0; q < count; q++) {
        best[2 * q] = 0;
        best[2 * q + 1] = -INFINITY;
    }
    for (size_t k = 0; k < keys; k += KEYS) {
        size_t columns = keys - k < KEYS ? keys - k : KEYS;
        sc_matrix left = { call->in[0]->data + begin * c, c, 1 }, right = { call->in[1]->data + k * c, 1, c };
        memset(scores, 0, count * KEYS * sizeof *scores);
        sc_matmul_add((int)count, (int)columns, (int)c, left, right, scores, KEYS);
        const float *bias = call->input_count > 2 ? call->in[2]->data + k : NULL;
        for (size_t q = 0; q < count; q++)
            take_best(scores + q * KEYS, bias, k, columns, best + 2 * q);
    }
}

static int nearest_forward(const sc_call *call, int part, int thread)
{
    float *scores = sc_thread_scratch(call, thread, scores_bytes(call));
    sc_range blocks = sc_part_range(nearest_block_count(call), nearest_parts(call), part);
    for (size_t b = blocks.begin; b < blocks.end; b++) {
        size_t begin = b * QUERIES, rest = nearest_query_count(call) - begin;
        nearest_search(call, begin, rest < QUERIES ? rest : QUERIES, scores);
    }
    return SCUMBLE_OK;
}

static double nearest_flops(const sc_call *call)
{
    sc_shape x = call->in[0]->shape, keys = call->in[1]->shape;
    return 2.0 * x.h * x.w * keys.h * keys.w * x.c;
}

const sc_op sc_op_nearest = {
    .name = "nearest",
    .min_inputs = 2,
    .max_inputs = 3,
    .infer = nearest_infer,
    .forward = { nearest_parts, nearest_forward, NULL, nearest_scratch },
    .flops = nearest_flops,
};
