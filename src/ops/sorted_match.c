/* SPDX-License-Identifier: MIT */
/* The distance of x's values, channel by channel, to a sorted target: with n = h w positions, m channels and t_c the
 * target's quantile function,   L = mean over channels c and ranks r of (sort(x_c)_r - t_c((r + 1/2) / n))^2. k samples
 * (1, m, 1, k), ascending, give t_c: sample j stands at (j + 1/2) / k, linear in between, constant beyond the ends; k
 * == n reads the samples themselves. On projections of features this is sliced optimal transport (Heitz et al. 2021, "A
 * Sliced Wasserstein Loss for Neural Texture Synthesis"); on the features, exact histogram matching (Zhang et al. 2022,
 * EFDM). Backward: dx = 2 g / (m n) (x - its matched value). Forward saves these differences.
 *
 * Equal values keep the order of their positions (sort.h). NaN makes the loss NaN. */
#include "ops/helpers.h"
#include "ops/sort.h"

enum { MOST_GROUP = 8 };

static size_t sorted_match_value_count(const sc_call *call)
{
    return (size_t)call->in[0]->shape.h * (size_t)call->in[0]->shape.w;
}

static int sorted_match_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    sc_shape x = call->in[0]->shape, t = call->in[1]->shape;
    if (x.n != 1)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "sorted_match: takes the features of one picture, but the input holds %d", x.n);
    if (sorted_match_value_count(call) > INT_MAX)
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "sorted_match: %zu positions are more than the limit of %d",
                       sorted_match_value_count(call), INT_MAX);
    if (t.n != 1 || t.c != x.c || t.h != 1)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "sorted_match: the target must be 1 x %d x 1 x k, the input's channels, each sorted, but it is "
                       "%d x %d x %d x %d",
                       x.c, t.n, t.c, t.h, t.w);
    *out = (sc_shape){ 1, 1, 1, 1 };
    return SCUMBLE_OK;
}

/* --- cuts: a part takes the columns of a few channels that lie next to each other in memory --- */

static size_t group_size(const sc_call *call)
{
    int group = call->in[0]->shape.c / 16;
    return (size_t)sc_max_int(1, sc_min_int(group, MOST_GROUP));
}

static int sorted_match_forward_parts(const sc_call *call)
{
    return (int)(((size_t)call->in[0]->shape.c + group_size(call) - 1) / group_size(call));
}

/* Scratch: a sum for each channel; then for each thread the pairs, twice, the columns of x and of the matched values,
 * (group, n). */
static size_t sorted_match_sums_bytes(const sc_call *call)
{
    return sc_thread_stride((size_t)call->in[0]->shape.c * sizeof(double));
}

static size_t sorted_match_thread_bytes(const sc_call *call)
{
    return sorted_match_value_count(call) * (2 * sizeof(uint64_t) + 2 * group_size(call) * sizeof(float));
}

static size_t sorted_match_forward_scratch(const sc_call *call)
{
    return sorted_match_sums_bytes(call) + sc_threads_bytes(call, sorted_match_thread_bytes(call));
}

/* --- forward --- */

/* Columns [first, first + count) of `rows` rows become rows of to. */
static void take_columns(const float *from, size_t row, size_t rows, size_t first, size_t count, float *restrict to)
{
    for (size_t p = 0; p < rows; p++)
        for (size_t i = 0; i < count; i++)
            to[i * rows + p] = from[p * row + first + i];
}

static void put_columns(const float *restrict from, size_t row, size_t rows, size_t first, size_t count, float *to)
{
    for (size_t p = 0; p < rows; p++)
        for (size_t i = 0; i < count; i++)
            to[p * row + first + i] = from[i * rows + p];
}

/* to[count][n] = t((r + 1/2) / n) of the group's channels. Rank r reads the target at ((2 r + 1) k - n) / (2 n), whose
 * whole part j and rest are kept in integers, so that k == n is exact. */
static void read_quantiles(const sc_call *call, size_t first, size_t count, size_t n, float *restrict to)
{
    size_t m = (size_t)call->in[1]->shape.c, k = (size_t)call->in[1]->shape.w;
    int64_t unit = 2 * (int64_t)n, j = ((int64_t)k - (int64_t)n) / unit, rest = ((int64_t)k - (int64_t)n) % unit;
    for (size_t r = 0; r < n; r++) {
        bool below = rest < 0; /* then j is 0: k - n is above -n */
        size_t low = below ? 0 : j < (int64_t)k - 1 ? (size_t)j : k - 1, high = low + 1 < k ? low + 1 : low;
        float share = below || low == high ? 0 : (float)((double)rest / (double)unit);
        const float *a = call->in[1]->data + low * m + first, *b = call->in[1]->data + high * m + first;
        for (size_t i = 0; i < count; i++)
            to[i * n + r] = share == 0 ? a[i] : a[i] + share * (b[i] - a[i]);
        j += 2 * (int64_t)k / unit;
        rest += 2 * (int64_t)k % unit;
        if (rest >= unit) {
            rest -= unit;
            j++;
        }
    }
}

/* values -= their matched values; the sum of the squares. */
static double subtract_matched(float *values, const float *matched, const uint64_t *sorted, size_t n)
{
    double sum = 0;
    for (size_t r = 0; r < n; r++) {
        float *value = values + (uint32_t)sorted[r];
        *value -= matched[r];
        sum += (double)*value * (double)*value;
    }
    return sum;
}

static int sorted_match_forward(const sc_call *call, int part, int thread)
{
    size_t n = sorted_match_value_count(call), m = (size_t)call->in[0]->shape.c;
    sc_range own = sc_part_range(m, sorted_match_forward_parts(call), part);
    size_t count = own.end - own.begin;
    double *sums = call->scratch;
    uint64_t *pairs =
        sc_thread_scratch_behind(call, sorted_match_sums_bytes(call), thread, sorted_match_thread_bytes(call));
    float *values = (float *)(void *)(pairs + 2 * n), *matched = values + group_size(call) * n;
    take_columns(call->in[0]->data, m, n, own.begin, count, values);
    read_quantiles(call, own.begin, count, n, matched);
    for (size_t i = 0; i < count; i++) {
        const uint64_t *sorted = sc_sort(values + i * n, n, pairs, pairs + n);
        sums[own.begin + i] = subtract_matched(values + i * n, matched + i * n, sorted, n);
    }
    if (call->saved)
        put_columns(values, m, n, own.begin, count, call->saved);
    return SCUMBLE_OK;
}

static int sorted_match_finish(const sc_call *call)
{
    sc_shape x = call->in[0]->shape;
    call->out->data[0] = (float)(sc_sum_partials(call->scratch, x.c) / (double)sc_shape_count(x));
    return SCUMBLE_OK;
}

static size_t sorted_match_saved(const sc_call *call, unsigned wanted)
{
    return wanted & 1 ? sc_shape_bytes(call->in[0]->shape) : 0;
}

/* --- backward --- */

static int sorted_match_backward(const sc_call *call, int part, int thread)
{
    (void)thread;
    if (!call->in_gradient[0])
        return SCUMBLE_OK;
    sc_shape x = call->in[0]->shape;
    float factor = (float)(2 * (double)call->out_gradient->data[0] / (double)sc_shape_count(x));
    sc_range rows = sc_part_range(sc_row_count(x), sc_row_parts(x), part);
    size_t begin = rows.begin * sc_row_values(x), count = (rows.end - rows.begin) * sc_row_values(x);
    const float *from = (const float *)call->saved + begin;
    float *to = call->in_gradient[0]->data + begin;
    if (call->accumulate[0])
        for (size_t i = 0; i < count; i++)
            to[i] += factor * from[i];
    else
        for (size_t i = 0; i < count; i++)
            to[i] = factor * from[i];
    return SCUMBLE_OK;
}

const sc_op sc_op_sorted_match = {
    .name = "sorted_match",
    .min_inputs = 2,
    .max_inputs = 2,
    .infer = sorted_match_infer,
    .forward = { sorted_match_forward_parts, sorted_match_forward, sorted_match_finish, sorted_match_forward_scratch },
    .backward = { sc_input_row_parts, sorted_match_backward, NULL, NULL },
    .saved_bytes = sorted_match_saved,
    .constants = 2,
};
