/* SPDX-License-Identifier: MIT */
/* The gradient of a 3 x 3 convolution's weights by Winograd: that of the forward pass (winograd.c) turned round, F(3 x
 * 3, 4 x 4).
 *     V = B^T d B          36 x tiles x C     as forward
 *     Z = A dY A^T         36 x tiles x K     isa->wino_gradient, of 4 x 4 values masked by the ReLU's bits
 *     dU = sum Z^T V       36 x K x C         isa->add_outer, over the tiles:
 *                                             a quarter of the multiplications on the pixels themselves
 *     dW = G^T dU G        K x 3 x 3 x C      isa->wino_weight_gradient
 * The plane of Z that belongs to the point 1 both ways is the sum of dY over the tile, which makes the bias' gradient.
 * A part is a stretch of tiles and a block of channels each way; dU of a block stays in the second-level cache. The
 * stretches' sums are added up in order. */
#include <string.h>

#include "device/host/winograd_tiles.h"
#include "device/host/conv_engines.h"
#include "device/host/parts.h"

enum {
    BLOCK = 64, /* channels */
    BLOCK_TILES = 24,
    PART_TILES = 64, /* at least, for making and transforming dU takes as long as some 20 */
    MOST_STRETCHES = 8,
    SUM_PLANE = 7, /* row 1, column 1 of 6 x 6 */
};

typedef struct problem {
    sc_wino_source x, dy;
    size_t tiles, stretches, in_blocks, out_blocks, u_plane;
    size_t partial,
        thread_floats; /* floats of a stretch's sums, dW and db, and of a thread's scratch: dU, V, Z, a tile */
} problem;

static size_t winograd_weights_divide_up(size_t a, size_t b)
{
    return (a + b - 1) / b;
}

/* Channels of a block when `channels` are cut into equal ones. */
static size_t block_of(int channels)
{
    return sc_round_group(
        winograd_weights_divide_up((size_t)channels, winograd_weights_divide_up((size_t)channels, BLOCK)));
}

static problem winograd_weights_problem_of(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    const sc_conv_shape *s = &state->shape;
    problem p = {
        .x = { .isa = state->isa,
               .n = s->n,
               .h = s->h,
               .w = s->w,
               .c = s->ci,
               .data = call->in[0]->data,
               .padding = s->padding,
               .window = SC_WINO_INPUT,
               .step = SC_WINO_TILE,
               .first_y = -s->padding.top,
               .first_x = -s->padding.left,
               .block = block_of(s->ci) },
        .dy = { .isa = state->isa,
                .n = s->n,
                .h = s->oh,
                .w = s->ow,
                .c = s->co,
                .data = call->out_gradient->data,
                .bits = s->relu ? call->saved : NULL,
                .window = SC_WINO_TILE,
                .step = SC_WINO_TILE,
                .block = block_of(s->co) },
    };
    p.x.tiles_h = p.dy.tiles_h = winograd_weights_divide_up((size_t)s->oh, SC_WINO_TILE);
    p.x.tiles_w = p.dy.tiles_w = winograd_weights_divide_up((size_t)s->ow, SC_WINO_TILE);
    p.tiles = (size_t)s->n * p.x.tiles_h * p.x.tiles_w;
    p.stretches = p.tiles / PART_TILES < 1              ? 1 :
                  p.tiles / PART_TILES < MOST_STRETCHES ? p.tiles / PART_TILES :
                                                          MOST_STRETCHES;
    p.in_blocks = winograd_weights_divide_up((size_t)s->ci, p.x.block);
    p.out_blocks = winograd_weights_divide_up((size_t)s->co, p.dy.block);
    p.x.plane = BLOCK_TILES * p.x.block + SC_GROUP; /* a group more than needed: see winograd.c */
    p.dy.plane = BLOCK_TILES * p.dy.block + SC_GROUP;
    p.u_plane = p.x.block * p.dy.block + SC_GROUP;
    p.partial = sc_round_group((size_t)s->co * 9 * (size_t)s->ci) + sc_round_group((size_t)s->co);
    p.thread_floats =
        SC_WINO_POINTS * (p.u_plane + p.x.plane + p.dy.plane + (p.x.block > p.dy.block ? p.x.block : p.dy.block));
    return p;
}

static int winograd_weights_parts(const sc_call *call)
{
    problem p = winograd_weights_problem_of(call);
    return (int)(p.stretches * p.in_blocks * p.out_blocks);
}

static size_t winograd_weights_scratch(const sc_call *call)
{
    problem p = winograd_weights_problem_of(call);
    return (p.stretches * p.partial + (size_t)call->thread_count * p.thread_floats) * sizeof(float);
}

/* bias += the tiles' sums, from Z's plane of them. */
static void add_bias(const problem *p, const float *z, size_t count, size_t channels, float *bias)
{
    for (size_t t = 0; t < count; t++)
        for (size_t k = 0; k < channels; k++)
            bias[k] += z[SUM_PLANE * p->dy.plane + t * p->dy.block + k];
}

/* dW of output channels [k0, k0 + ks) and input channels [c0, c0 + cs) from dU. */
static void transform_back(const problem *p, const float *u, size_t k0, size_t ks, size_t c0, size_t cs, float *weights)
{
    size_t ci = (size_t)p->x.c;
    for (size_t k = 0; k < ks; k++)
        for (size_t c = 0; c < cs; c += SC_GROUP) {
            float *to = weights + (k0 + k) * 9 * ci + c0 + c, aside[9 * SC_GROUP];
            const float *from = u + k * p->x.block + c;
            if (cs - c >= SC_GROUP) {
                p->x.isa->wino_weight_gradient(from, p->u_plane, to, (ptrdiff_t)ci);
                continue;
            }
            p->x.isa->wino_weight_gradient(from, p->u_plane, aside, SC_GROUP);
            for (size_t t = 0; t < 9; t++)
                memcpy(to + t * ci, aside + t * SC_GROUP, (cs - c) * sizeof *to);
        }
}

static int winograd_weights_run(const sc_call *call, int part, int thread)
{
    problem p = winograd_weights_problem_of(call);
    size_t blocks = p.in_blocks * p.out_blocks, stretch = (size_t)part / blocks;
    size_t k0 = (size_t)part % blocks / p.in_blocks * p.dy.block, c0 = (size_t)part % p.in_blocks * p.x.block;
    size_t ks = (size_t)p.dy.c - k0 < p.dy.block ? (size_t)p.dy.c - k0 : p.dy.block,
           cs = (size_t)p.x.c - c0 < p.x.block ? (size_t)p.x.c - c0 : p.x.block;
    float *weights = (float *)call->scratch + stretch * p.partial,
          *bias = weights + p.partial - sc_round_group((size_t)p.dy.c) + k0;
    float *u = (float *)call->scratch + p.stretches * p.partial + (size_t)thread * p.thread_floats;
    float *v = u + SC_WINO_POINTS * p.u_plane, *z = v + SC_WINO_POINTS * p.x.plane,
          *tile = z + SC_WINO_POINTS * p.dy.plane;
    bool bias_wanted = call->in_gradient[2] && c0 == 0;
    sc_range own = sc_cut(p.tiles, p.stretches, stretch);
    size_t rounds = winograd_weights_divide_up(own.end - own.begin, BLOCK_TILES);
    if (bias_wanted)
        memset(bias, 0, ks * sizeof *bias);
    for (size_t r = 0; r < rounds; r++) {
        sc_range tiles = sc_cut(own.end - own.begin, rounds, r);
        size_t count = tiles.end - tiles.begin;
        tiles.begin += own.begin;
        tiles.end += own.begin;
        sc_wino_transform(&p.dy, tiles, k0, z, tile);
        if (bias_wanted)
            add_bias(&p, z, count, ks, bias);
        if (!call->in_gradient[1])
            continue;
        sc_wino_transform(&p.x, tiles, c0, v, tile);
        for (size_t i = 0; i < SC_WINO_POINTS; i++)
            p.x.isa->add_outer(z + i * p.dy.plane, p.dy.block, v + i * p.x.plane, p.x.block, count, p.dy.block,
                               p.x.block, r > 0, u + i * p.u_plane);
    }
    if (call->in_gradient[1])
        transform_back(&p, u, k0, ks, c0, cs, weights);
    return SCUMBLE_OK;
}

static int winograd_weights_finish(const sc_call *call)
{
    problem p = winograd_weights_problem_of(call);
    const float *partials = call->scratch;
    if (call->in_gradient[1])
        sc_combine_partials(partials, p.partial, p.stretches, sc_shape_count(call->in[1]->shape),
                            call->in_gradient[1]->data, call->accumulate[1]);
    if (call->in_gradient[2])
        sc_combine_partials(partials + p.partial - sc_round_group((size_t)p.dy.c), p.partial, p.stretches,
                            (size_t)p.dy.c, call->in_gradient[2]->data, call->accumulate[2]);
    return SCUMBLE_OK;
}

const sc_kernel sc_winograd_weights = { winograd_weights_parts, winograd_weights_run, winograd_weights_finish,
                                        winograd_weights_scratch };
