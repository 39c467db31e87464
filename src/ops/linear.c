/* SPDX-License-Identifier: MIT */
/* A fully connected layer: y (n, k) = x (n, d) W^T + b, d = h w c in x's own memory order (rows, columns, channels
 * fastest).
 *   dx = dy W,  dW = dy^T x,  db = sum of dy over pictures. */
#include "ops/helpers.h"
#include "ops/matmul.h"

static size_t depth(const sc_call *call)
{
    return sc_shape_count(call->in[0]->shape) / (size_t)call->in[0]->shape.n;
}

static int linear_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    sc_shape x = call->in[0]->shape, w = call->in[1]->shape;
    if ((size_t)w.c != depth(call) || w.h != 1 || w.w != 1)
        return sc_fail(
            err, SCUMBLE_ERR_ARGUMENT,
            "linear: the weight is %d x %d x %d x %d, but for an input of %d x %d x %d it must be k x %zu x 1 x 1", w.n,
            w.c, w.h, w.w, x.c, x.h, x.w, depth(call));
    int code = call->input_count > 2 ? sc_check_vector(call, 2, "linear", "bias", w.n, err) : SCUMBLE_OK;
    return code ? code : sc_infer_result("linear", (sc_shape){ x.n, w.n, 1, 1 }, out, err);
}

/* Cut by outputs k: each reads its own rows of the weight. */
static int output_parts(const sc_call *call)
{
    return sc_part_count((size_t)call->out->shape.c, depth(call) * ((size_t)call->out->shape.n / 4 + 1));
}

static int linear_forward(const sc_call *call, int part, int thread)
{
    (void)thread;
    size_t d = depth(call), k = (size_t)call->out->shape.c;
    sc_range outputs = sc_part_range(k, output_parts(call), part);
    int n = call->out->shape.n, count = (int)(outputs.end - outputs.begin);
    float *to = call->out->data + outputs.begin;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < count; j++)
            to[(size_t)i * k + (size_t)j] = call->input_count > 2 ? call->in[2]->data[outputs.begin + (size_t)j] : 0;
    sc_matmul_add(n, count, (int)d, (sc_matrix){ call->in[0]->data, d, 1 },
                  (sc_matrix){ call->in[1]->data + outputs.begin * d, 1, d }, to, k);
    return SCUMBLE_OK;
}

/* --- backward: parts of dx by columns, then parts of dW and db by outputs --- */

static int linear_data_parts(const sc_call *call)
{
    return call->in_gradient[0] ?
               sc_part_count(depth(call), (size_t)call->out->shape.c * ((size_t)call->out->shape.n / 4 + 1)) :
               0;
}

static bool linear_weights_wanted(const sc_call *call)
{
    return call->in_gradient[1] || (call->input_count > 2 && call->in_gradient[2]);
}

static int linear_backward_parts(const sc_call *call)
{
    return sc_max_int(1, linear_data_parts(call) + (linear_weights_wanted(call) ? output_parts(call) : 0));
}

static void linear_clear(float *to, size_t rows, size_t columns, size_t row)
{
    for (size_t i = 0; i < rows; i++)
        memset(to + i * row, 0, columns * sizeof *to);
}

static void linear_backward_data(const sc_call *call, int part)
{
    size_t d = depth(call), k = (size_t)call->out->shape.c;
    sc_range columns = sc_part_range(d, linear_data_parts(call), part);
    int n = call->out->shape.n, count = (int)(columns.end - columns.begin);
    float *to = call->in_gradient[0]->data + columns.begin;
    if (!call->accumulate[0])
        linear_clear(to, (size_t)n, (size_t)count, d);
    sc_matmul_add(n, count, (int)k, (sc_matrix){ call->out_gradient->data, k, 1 },
                  (sc_matrix){ call->in[1]->data + columns.begin, d, 1 }, to, d);
}

static void backward_bias(const sc_call *call, sc_range outputs)
{
    size_t k = (size_t)call->out->shape.c;
    for (size_t j = outputs.begin; j < outputs.end; j++) {
        double sum = 0;
        for (size_t i = 0; i < (size_t)call->out->shape.n; i++)
            sum += (double)call->out_gradient->data[i * k + j];
        sc_write(call->in_gradient[2]->data + j, (float)sum, call->accumulate[2]);
    }
}

static void backward_weights(const sc_call *call, int part)
{
    size_t d = depth(call), k = (size_t)call->out->shape.c;
    sc_range outputs = sc_part_range(k, output_parts(call), part);
    if (call->input_count > 2 && call->in_gradient[2])
        backward_bias(call, outputs);
    if (!call->in_gradient[1])
        return;
    int n = call->out->shape.n, count = (int)(outputs.end - outputs.begin);
    float *to = call->in_gradient[1]->data + outputs.begin * d;
    if (!call->accumulate[1])
        linear_clear(to, (size_t)count, d, d);
    sc_matmul_add(count, (int)d, n, (sc_matrix){ call->out_gradient->data + outputs.begin, 1, k },
                  (sc_matrix){ call->in[0]->data, d, 1 }, to, d);
}

static int linear_backward(const sc_call *call, int part, int thread)
{
    (void)thread;
    int for_data = linear_data_parts(call);
    if (part < for_data)
        linear_backward_data(call, part);
    else if (linear_weights_wanted(call))
        backward_weights(call, part - for_data);
    return SCUMBLE_OK;
}

static unsigned linear_reads(const sc_call *call, unsigned wanted)
{
    (void)call;
    return (wanted & 1 ? SC_READS_INPUT_0 << 1 : 0u) | (wanted & 2 ? SC_READS_INPUT_0 : 0u);
}

static double linear_flops(const sc_call *call)
{
    sc_shape x = call->in[0]->shape;
    return 2.0 * (double)sc_shape_count(call->out->shape) * (double)sc_shape_count(x) / x.n;
}

const sc_op sc_op_linear = {
    .name = "linear",
    .min_inputs = 2,
    .max_inputs = 3,
    .infer = linear_infer,
    .forward = { output_parts, linear_forward, NULL, NULL },
    .backward = { linear_backward_parts, linear_backward, NULL, NULL },
    .reads = linear_reads,
    .flops = linear_flops,
};
