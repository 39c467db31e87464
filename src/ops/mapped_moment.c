/* SPDX-License-Identifier: MIT */
/* The second moment of y = W x + b, of the second moment G and the mean mu of x:
 *   E[y y^T] = W G W^T + s b^T + b s^T + b b^T,   s = W mu
 *   dG = W^T D W,   dmu = W^T (D + D^T) b,   D the gradient of the result.
 * W and b are constants. Parts own rows: of the result, or of dG; the last part of the backward pass is for dmu. A
 * node's state may be sc_products. */
#include "ops/helpers.h"
#include "ops/matmul.h"

enum { MOMENT, MEAN, WEIGHT, BIAS };
enum { PART_ROWS = 32 }; /* fewer are slow to multiply */

static size_t mapped_moment_channels(const sc_call *call)
{
    return (size_t)call->in[WEIGHT]->shape.c;
}

static size_t results(const sc_call *call)
{
    return (size_t)call->in[WEIGHT]->shape.n;
}

static int mapped_moment_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    sc_shape g = call->in[MOMENT]->shape, w = call->in[WEIGHT]->shape;
    if (!sc_shape_equal(g, (sc_shape){ g.c, g.c, 1, 1 }) || !sc_shape_equal(w, (sc_shape){ w.n, g.c, 1, 1 }))
        return sc_fail(
            err, SCUMBLE_ERR_ARGUMENT,
            "mapped_moment: takes a second moment of c x c and a weight of k x c, but they are %d x %d x %d x %d and "
            "%d x %d x %d x %d",
            g.n, g.c, g.h, g.w, w.n, w.c, w.h, w.w);
    int code = sc_check_vector(call, MEAN, "mapped_moment", "mean", g.c, err);
    if (!code)
        code = sc_check_vector(call, BIAS, "mapped_moment", "bias", w.n, err);
    return code ? code : sc_infer_result("mapped_moment", (sc_shape){ w.n, w.n, 1, 1 }, out, err);
}

/* to (count x outer) += rows [rows.begin, rows.end) of W (or of W^T: turned) times a square matrix times W^T (or W).
 * `beside` has room for count x inner. */
static void add_congruent(const sc_call *call, bool turned, sc_range rows, const float *square, float *beside,
                          float *to)
{
    const sc_products *products = call->state;
    size_t c = mapped_moment_channels(call), inner = turned ? results(call) : c, outer = turned ? c : results(call),
           count = rows.end - rows.begin;
    const float *w = call->in[WEIGHT]->data, *own = w + (turned ? rows.begin : rows.begin * c);
    if (products) {
        products->multiply(products->with, turned, false, count, inner, inner, own, c, square, inner, false, beside,
                           inner);
        products->multiply(products->with, false, !turned, count, outer, inner, beside, inner, w, c, true, to, outer);
        return;
    }
    size_t row = turned ? 1 : c, column = turned ? c : 1;
    memset(beside, 0, count * inner * sizeof *beside);
    sc_matmul_add((int)count, (int)inner, (int)inner, (sc_matrix){ own, row, column }, (sc_matrix){ square, inner, 1 },
                  beside, inner);
    sc_matmul_add((int)count, (int)outer, (int)inner, (sc_matrix){ beside, inner, 1 }, (sc_matrix){ w, column, row },
                  to, outer);
}

/* --- forward; each thread has s, and rows of W G --- */

static int mapped_moment_forward_parts(const sc_call *call)
{
    return (int)((results(call) + PART_ROWS - 1) / PART_ROWS);
}

static size_t forward_bytes(const sc_call *call)
{
    return (results(call) + results(call) * mapped_moment_channels(call)) * sizeof(float);
}

static size_t mapped_moment_forward_scratch(const sc_call *call)
{
    return sc_threads_bytes(call, forward_bytes(call));
}

static int mapped_moment_forward(const sc_call *call, int part, int thread)
{
    size_t c = mapped_moment_channels(call), k = results(call);
    const float *mean = call->in[MEAN]->data, *w = call->in[WEIGHT]->data, *b = call->in[BIAS]->data;
    float *s = sc_thread_scratch(call, thread, forward_bytes(call)), *beside = s + k;
    sc_range rows = sc_part_range(k, mapped_moment_forward_parts(call), part);
    for (size_t j = 0; j < k; j++) {
        double sum = 0;
        for (size_t i = 0; i < c; i++)
            sum += (double)w[j * c + i] * (double)mean[i];
        s[j] = (float)sum;
    }
    float *to = call->out->data + rows.begin * k;
    for (size_t i = rows.begin; i < rows.end; i++)
        for (size_t j = 0; j < k; j++)
            to[(i - rows.begin) * k + j] = s[i] * b[j] + b[i] * s[j] + b[i] * b[j];
    add_congruent(call, false, rows, call->in[MOMENT]->data, beside, to);
    return SCUMBLE_OK;
}

/* --- backward --- */

static int moment_parts(const sc_call *call)
{
    return call->in_gradient[MOMENT] ? (int)((mapped_moment_channels(call) + PART_ROWS - 1) / PART_ROWS) : 0;
}

static int mapped_moment_backward_parts(const sc_call *call)
{
    return moment_parts(call) + 1;
}

static size_t backward_bytes(const sc_call *call)
{
    return mapped_moment_channels(call) * results(call) * sizeof(float);
}

static size_t mapped_moment_backward_scratch(const sc_call *call)
{
    return sc_threads_bytes(call, backward_bytes(call));
}

static void mean_gradient(const sc_call *call)
{
    size_t c = mapped_moment_channels(call), k = results(call);
    const float *d = call->out_gradient->data, *w = call->in[WEIGHT]->data, *b = call->in[BIAS]->data;
    float *to = call->in_gradient[MEAN]->data;
    if (!call->accumulate[MEAN])
        memset(to, 0, c * sizeof *to);
    for (size_t j = 0; j < k; j++) {
        double sum = 0; /* ((D + D^T) b)_j */
        for (size_t i = 0; i < k; i++)
            sum += ((double)d[j * k + i] + (double)d[i * k + j]) * (double)b[i];
        for (size_t i = 0; i < c; i++)
            to[i] += (float)sum * w[j * c + i];
    }
}

static int mapped_moment_backward(const sc_call *call, int part, int thread)
{
    size_t c = mapped_moment_channels(call);
    int for_moment = moment_parts(call);
    if (part == for_moment) {
        if (call->in_gradient[MEAN])
            mean_gradient(call);
        return SCUMBLE_OK;
    }
    sc_range rows = sc_part_range(c, for_moment, part);
    float *to = call->in_gradient[MOMENT]->data + rows.begin * c;
    if (!call->accumulate[MOMENT])
        memset(to, 0, (rows.end - rows.begin) * c * sizeof *to);
    add_congruent(call, true, rows, call->out_gradient->data, sc_thread_scratch(call, thread, backward_bytes(call)),
                  to);
    return SCUMBLE_OK;
}

static unsigned mapped_moment_reads(const sc_call *call, unsigned wanted)
{
    (void)call;
    return wanted ? SC_READS_INPUT_0 << WEIGHT | SC_READS_INPUT_0 << BIAS : 0u;
}

const sc_op sc_op_mapped_moment = {
    .name = "mapped_moment",
    .min_inputs = 4,
    .max_inputs = 4,
    .infer = mapped_moment_infer,
    .forward = { mapped_moment_forward_parts, mapped_moment_forward, NULL, mapped_moment_forward_scratch },
    .backward = { mapped_moment_backward_parts, mapped_moment_backward, NULL, mapped_moment_backward_scratch },
    .reads = mapped_moment_reads,
    .constants = 1u << WEIGHT | 1u << BIAS,
};
