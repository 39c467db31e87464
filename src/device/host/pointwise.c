/* SPDX-License-Identifier: MIT */
/* 1 x 1 convolution of stride 1 without padding: pixels x channels matrices, cut into blocks of pixels.
 *     Y = X W^T    dX = dY W    dW = dY^T X, db = column sums of dY
 * where dY is masked by the ReLU's bits. The sums of dW are made in at most MOST_PARTIALS blocks, combined in order. */
#include "device/host/conv_engines.h"
#include "device/host/parts.h"
#include "device/host/gemm.h"

#include <string.h>

enum { MOST_PARTIALS = 16, CHUNK = 256 };

bool sc_pointwise_fits(const sc_conv_shape *s)
{
    const sc_padding *p = &s->padding;
    return s->kh == 1 && s->kw == 1 && s->stride_h == 1 && s->stride_w == 1 && s->groups == 1 && !p->top &&
           !p->bottom && !p->left && !p->right;
}

static size_t pixels(const sc_conv_shape *s)
{
    return (size_t)s->n * (size_t)s->h * (size_t)s->w;
}

/* Blocks of pixels: some 8 million multiplications each, and at least 48 pixels. An even number, for two threads. */
static int block_parts(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    const sc_conv_shape *s = &state->shape;
    size_t block = 8000000 / ((size_t)s->ci * (size_t)s->co) + 48, parts = (pixels(s) + block - 1) / block;
    parts += parts % 2 && pixels(s) >= 48 * (parts + 1);
    return (int)(parts < 256 ? parts : 256);
}

static size_t no_scratch(const sc_call *call)
{
    (void)call;
    return 0;
}

static int pointwise_forward_run(const sc_call *call, int part, int thread)
{
    (void)thread;
    const sc_conv_state *state = call->state;
    const sc_conv_shape *s = &state->shape;
    size_t ci = (size_t)s->ci, co = (size_t)s->co;
    sc_range r = sc_cut(pixels(s), (size_t)block_parts(call), (size_t)part);
    float *out = call->out->data + r.begin * co;
    sc_cpu_gemm(state->isa, false, true, r.end - r.begin, co, ci, call->in[0]->data + r.begin * ci, ci,
                call->in[1]->data, ci, false, out, co);
    if (s->bias || s->relu)
        state->isa->activate(out, r.end - r.begin, co, s->bias ? call->in[2]->data : NULL, s->relu,
                             call->saved && s->relu ? (uint16_t *)call->saved + r.begin * sc_groups(co) : NULL);
    return SCUMBLE_OK;
}

const sc_kernel sc_pointwise_forward = { block_parts, pointwise_forward_run, NULL, no_scratch };

/* A chunk of dY, masked into `buffer` where there is a ReLU. */
static const float *masked(const sc_call *call, size_t begin, size_t count, float *buffer)
{
    const sc_conv_state *state = call->state;
    size_t co = (size_t)state->shape.co;
    const float *from = call->out_gradient->data + begin * co;
    if (!state->shape.relu)
        return from;
    state->isa->mask(buffer, from, (const uint16_t *)call->saved + begin * sc_groups(co), count, co);
    return buffer;
}

static size_t chunk_bytes(const sc_conv_shape *s)
{
    return s->relu ? CHUNK * sc_round_group((size_t)s->co) * sizeof(float) : 0;
}

static size_t pointwise_input_scratch(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    return (size_t)call->thread_count * chunk_bytes(&state->shape);
}

static int pointwise_input_run(const sc_call *call, int part, int thread)
{
    const sc_conv_state *state = call->state;
    const sc_conv_shape *s = &state->shape;
    size_t ci = (size_t)s->ci, co = (size_t)s->co;
    sc_range r = sc_cut(pixels(s), (size_t)block_parts(call), (size_t)part);
    float *buffer = s->relu ? (float *)((char *)call->scratch + (size_t)thread * chunk_bytes(s)) : NULL;
    for (size_t p = r.begin; p < r.end; p += CHUNK) {
        size_t count = r.end - p < CHUNK ? r.end - p : CHUNK;
        sc_cpu_gemm(state->isa, false, false, count, ci, co, masked(call, p, count, buffer), co, call->in[1]->data, ci,
                    call->accumulate[0], call->in_gradient[0]->data + p * ci, ci);
    }
    return SCUMBLE_OK;
}

const sc_kernel sc_pointwise_input = { block_parts, pointwise_input_run, NULL, pointwise_input_scratch };

/* --- weights --- */

static int pointwise_weights_parts(const sc_call *call)
{
    int parts = block_parts(call);
    return parts < MOST_PARTIALS ? parts : MOST_PARTIALS;
}

/* One partial sum: dW, then db. */
static size_t partial_floats(const sc_conv_shape *s)
{
    return sc_round_group((size_t)s->co * (size_t)s->ci + (size_t)s->co);
}

static size_t pointwise_weights_scratch(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    return (size_t)pointwise_weights_parts(call) * partial_floats(&state->shape) * sizeof(float) +
           (size_t)call->thread_count * chunk_bytes(&state->shape);
}

static int pointwise_weights_run(const sc_call *call, int part, int thread)
{
    const sc_conv_state *state = call->state;
    const sc_conv_shape *s = &state->shape;
    size_t ci = (size_t)s->ci, co = (size_t)s->co, parts = (size_t)pointwise_weights_parts(call);
    float *partial = (float *)call->scratch + (size_t)part * partial_floats(s), *bias = partial + co * ci;
    float *buffer = (float *)call->scratch + parts * partial_floats(s);
    buffer = (float *)((char *)buffer + (size_t)thread * chunk_bytes(s));
    memset(partial, 0, partial_floats(s) * sizeof(float));
    sc_range r = sc_cut(pixels(s), parts, (size_t)part);
    for (size_t p = r.begin; p < r.end; p += CHUNK) {
        size_t count = r.end - p < CHUNK ? r.end - p : CHUNK;
        const float *dy = masked(call, p, count, buffer);
        if (call->in_gradient[2])
            for (size_t i = 0; i < count; i++)
                for (size_t c = 0; c < co; c++)
                    bias[c] += dy[i * co + c];
        if (call->in_gradient[1])
            sc_cpu_gemm(state->isa, true, false, co, ci, count, dy, co, call->in[0]->data + p * ci, ci, true, partial,
                        ci);
    }
    return SCUMBLE_OK;
}

static int pointwise_weights_finish(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    const sc_conv_shape *s = &state->shape;
    size_t parts = (size_t)pointwise_weights_parts(call), stride = partial_floats(s),
           count = (size_t)s->co * (size_t)s->ci;
    const float *partials = call->scratch;
    if (call->in_gradient[1])
        sc_combine_partials(partials, stride, parts, count, call->in_gradient[1]->data, call->accumulate[1]);
    if (call->in_gradient[2])
        sc_combine_partials(partials + count, stride, parts, (size_t)s->co, call->in_gradient[2]->data,
                            call->accumulate[2]);
    return SCUMBLE_OK;
}

const sc_kernel sc_pointwise_weights = { pointwise_weights_parts, pointwise_weights_run, pointwise_weights_finish,
                                         pointwise_weights_scratch };
