/* SPDX-License-Identifier: MIT */
/* Gram matrix of a picture's features. With F the positions x channels matrix (which the tensor is, in memory), N = h
 * w, and shift s:  G = (F + s)^T (F + s) / N,  dF = (F + s) (dG + dG^T) / N.   (Gatys, Ecker, Bethge 2016, eq. 3, with
 * 1 / N; Novak and Nikulin 2016 for the shift.) Forward cuts the positions into at most 16 parts, whose c x c sums are
 * combined in finish(). */
#include "ops/helpers.h"
#include "ops/matmul.h"

enum { BLOCK = 256, PANEL = 64, MOST_PARTIALS = 16 };

static size_t gram_position_count(const sc_call *call)
{
    return (size_t)call->in[0]->shape.h * (size_t)call->in[0]->shape.w;
}

static size_t gram_block_count(const sc_call *call, size_t block)
{
    return (gram_position_count(call) + block - 1) / block;
}

static int gram_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    sc_shape x = call->in[0]->shape;
    const sc_gram_attrs *a = call->attrs;
    if (x.n != 1)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "gram: takes the features of one picture, but the input holds %d",
                       x.n);
    if (!isfinite(a->shift))
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "gram: the shift must be a finite number");
    return sc_infer_result("gram", (sc_shape){ x.c, x.c, 1, 1 }, out, err);
}

/* Features [begin, begin + count) with the shift added: in place when there is none, else in `buffer` (BLOCK, c). */
static const float *shifted(const sc_call *call, size_t begin, size_t count, float *buffer)
{
    const sc_gram_attrs *a = call->attrs;
    size_t c = (size_t)call->in[0]->shape.c;
    const float *from = call->in[0]->data + begin * c;
    if (a->shift == 0)
        return from;
    for (size_t i = 0; i < count * c; i++)
        buffer[i] = from[i] + a->shift;
    return buffer;
}

static size_t shifted_bytes(const sc_call *call)
{
    const sc_gram_attrs *a = call->attrs;
    return a->shift == 0 ? 0 : BLOCK * (size_t)call->in[0]->shape.c * sizeof(float);
}

/* --- forward: partial (parts, c, c) in scratch, then a buffer for each thread --- */

static int gram_forward_parts(const sc_call *call)
{
    size_t c = (size_t)call->in[0]->shape.c;
    return sc_min_int(MOST_PARTIALS, sc_part_count(gram_block_count(call, PANEL), PANEL * c * (c / 16 + 1)));
}

static size_t gram_partials_bytes(const sc_call *call)
{
    return sc_thread_stride((size_t)gram_forward_parts(call) * sc_shape_bytes(call->out->shape));
}

static size_t gram_forward_scratch(const sc_call *call)
{
    return gram_partials_bytes(call) + sc_threads_bytes(call, shifted_bytes(call));
}

/* The upper triangle of sum += f^T f, f being count x c, in bands of PANEL rows. */
static void gram_add_products(const float *f, int count, int c, float *sum)
{
    size_t row = (size_t)c;
    for (int i = 0; i < c; i += PANEL) {
        sc_matrix left = { f + i, 1, row }, right = { f + i, row, 1 };
        sc_matmul_add(sc_min_int(PANEL, c - i), c - i, count, left, right, sum + (size_t)i * row + (size_t)i, row);
    }
}

static int gram_forward(const sc_call *call, int part, int thread)
{
    int c = call->in[0]->shape.c;
    size_t positions = gram_position_count(call), matrix = (size_t)c * (size_t)c;
    float *sum = (float *)call->scratch + (size_t)part * matrix;
    float *buffer = sc_thread_scratch_behind(call, gram_partials_bytes(call), thread, shifted_bytes(call));
    sc_range blocks = sc_part_range(gram_block_count(call, PANEL), gram_forward_parts(call), part);
    size_t end = blocks.end * PANEL < positions ? blocks.end * PANEL : positions;
    memset(sum, 0, matrix * sizeof *sum);
    for (size_t p = blocks.begin * PANEL; p < end; p += BLOCK) {
        size_t count = end - p < BLOCK ? end - p : BLOCK;
        gram_add_products(shifted(call, p, count, buffer), (int)count, c, sum);
    }
    return SCUMBLE_OK;
}

static int gram_forward_finish(const sc_call *call)
{
    size_t c = (size_t)call->in[0]->shape.c;
    double scale = 1 / (double)gram_position_count(call);
    int parts = gram_forward_parts(call);
    for (size_t i = 0; i < c; i++)
        for (size_t j = i; j < c; j++) {
            double sum = 0;
            for (int p = 0; p < parts; p++)
                sum += (double)((const float *)call->scratch)[(size_t)p * c * c + i * c + j];
            call->out->data[i * c + j] = call->out->data[j * c + i] = (float)(sum * scale);
        }
    return SCUMBLE_OK;
}

/* --- backward: each thread has (dG + dG^T) / N and a buffer --- */

static int gram_backward_parts(const sc_call *call)
{
    size_t c = (size_t)call->in[0]->shape.c;
    return sc_part_count(gram_block_count(call, BLOCK), BLOCK * c * (c / 8 + 1));
}

static size_t symmetric_bytes(const sc_call *call)
{
    return sc_thread_stride(sc_shape_bytes(call->out->shape));
}

static size_t gram_backward_thread_bytes(const sc_call *call)
{
    return symmetric_bytes(call) + shifted_bytes(call);
}

static size_t gram_backward_scratch(const sc_call *call)
{
    return sc_threads_bytes(call, gram_backward_thread_bytes(call));
}

static void fill_symmetric(const sc_call *call, float *to)
{
    size_t c = (size_t)call->in[0]->shape.c;
    const float *g = call->out_gradient->data;
    float scale = (float)(1 / (double)gram_position_count(call));
    for (size_t i = 0; i < c; i++)
        for (size_t j = i; j < c; j++)
            to[i * c + j] = to[j * c + i] = scale * (g[i * c + j] + g[j * c + i]);
}

static int gram_backward(const sc_call *call, int part, int thread)
{
    int c = call->in[0]->shape.c;
    size_t positions = gram_position_count(call), row = (size_t)c;
    float *symmetric = sc_thread_scratch(call, thread, gram_backward_thread_bytes(call));
    float *buffer = (float *)((char *)symmetric + symmetric_bytes(call));
    if (!call->in_gradient[0])
        return SCUMBLE_OK;
    fill_symmetric(call, symmetric);
    sc_range blocks = sc_part_range(gram_block_count(call, BLOCK), gram_backward_parts(call), part);
    for (size_t b = blocks.begin; b < blocks.end; b++) {
        size_t p = b * BLOCK, count = positions - p < BLOCK ? positions - p : BLOCK;
        float *to = call->in_gradient[0]->data + p * row;
        if (!call->accumulate[0])
            memset(to, 0, count * row * sizeof *to);
        sc_matrix features = { shifted(call, p, count, buffer), row, 1 };
        sc_matmul_add((int)count, c, c, features, (sc_matrix){ symmetric, row, 1 }, to, row);
    }
    return SCUMBLE_OK;
}

static unsigned gram_reads(const sc_call *call, unsigned wanted)
{
    (void)call;
    return wanted & 1 ? SC_READS_INPUT_0 : 0u;
}

static double gram_flops(const sc_call *call)
{
    sc_shape x = call->in[0]->shape;
    return 2.0 * (double)sc_shape_count(call->out->shape) * x.h * x.w;
}

const sc_op sc_op_gram = {
    .name = "gram",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs_bytes = sizeof(sc_gram_attrs),
    .infer = gram_infer,
    .forward = { gram_forward_parts, gram_forward, gram_forward_finish, gram_forward_scratch },
    .backward = { gram_backward_parts, gram_backward, NULL, gram_backward_scratch },
    .reads = gram_reads,
    .flops = gram_flops,
};
