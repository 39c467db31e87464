/* SPDX-License-Identifier: MIT */
/* Resize convolution (ops/resize_conv2d.c) on the small picture. Where x is repeated, the results in even rows and
 * those in odd ones are each a convolution of x's rows with a kernel of two, (g0, g1 + g2) of rows i - 1, i and (g0 +
 * g1, g2) of rows i, i + 1; columns likewise. So there are four phases, and each is one of Winograd's F(5 x 5, 2 x 2),
 * with the points of F(4 x 4, 3 x 3) (isa_body.h) and thus its input transformation. Even results i .. i + 4 and odd
 * ones i - 1 .. i + 3 read the same six rows: one transformed input serves all four phases, and a tile gives 10 x 10
 * results.
 *     V = B^T d B    36 x tiles x C     isa->wino_input
 *     U = G g G^T    36 x C x 4 K       isa->wino_phase_weights, before, once for all parts
 *     M = V U        36 products        isa->multiply: 1.44 C multiplications a result,
 *                                       in place of 2.25 on the enlarged picture
 *     Y = A^T M A    5 x 5 results      isa->wino_phase_output, a phase's being two rows and columns apart
 * A border of the enlarged picture is one of x: reflected or repeated edges repeat x's own edge. A part is a block of
 * tiles. */
#include "device/host/choices.h"

#include <string.h>

#include "device/host/winograd_tiles.h"
#include "device/host/parts.h"

enum {
    BLOCK_TILES = 24,
    BLOCK_IN = SC_WINO_BLOCK,
    BLOCK_OUT = 128,
    PHASES = 4,
    STEP = SC_WINO_PHASE
}; /* as in winograd.c */

typedef struct problem {
    const sc_cpu_isa *isa;
    int n, h, w, c, k;
    sc_padding padding; /* of x */
    bool relu;
    const float *x, *weights, *bias;
    float *out;
    size_t k_padded, columns; /* channels of a phase, of all four */
    size_t tiles_h, tiles_w, tiles, parts;
    size_t in_blocks, block_in, out_blocks, block_out;
    size_t u_plane, v_plane, m_plane, u_floats, thread_floats;
} problem;

static size_t resize_conv_divide_up(size_t a, size_t b)
{
    return (a + b - 1) / b;
}

static problem resize_conv_problem_of(const sc_call *call)
{
    const sc_resize_conv2d_attrs *a = call->attrs;
    sc_shape x = call->in[0]->shape;
    problem p = { .isa = call->state,
                  .n = x.n,
                  .h = x.h,
                  .w = x.w,
                  .c = x.c,
                  .k = call->out->shape.c,
                  .relu = a->relu,
                  .x = call->in[0]->data,
                  .weights = call->in[1]->data,
                  .bias = call->input_count > 2 ? call->in[2]->data : NULL,
                  .out = call->out->data,
                  .padding = { 1, 1, 1, 1, a->padding == SC_PAD_REFLECT ? SC_PAD_REPLICATE : a->padding } };
    p.k_padded = sc_round_group((size_t)p.k);
    p.columns = PHASES * p.k_padded;
    p.tiles_h = resize_conv_divide_up((size_t)p.h + 1, STEP); /* odd results are one behind */
    p.tiles_w = resize_conv_divide_up((size_t)p.w + 1, STEP);
    p.tiles = (size_t)p.n * p.tiles_h * p.tiles_w;
    p.parts = resize_conv_divide_up(p.tiles, BLOCK_TILES);
    p.in_blocks = resize_conv_divide_up((size_t)p.c, BLOCK_IN);
    p.block_in = sc_round_group(resize_conv_divide_up((size_t)p.c, p.in_blocks));
    p.in_blocks = resize_conv_divide_up((size_t)p.c, p.block_in);
    p.block_out = p.columns < BLOCK_OUT ? p.columns : BLOCK_OUT;
    p.out_blocks = resize_conv_divide_up(p.columns, p.block_out);
    p.u_plane = p.block_in * p.block_out + SC_GROUP; /* a group more than needed: see winograd.c */
    p.v_plane = BLOCK_TILES * p.block_in + SC_GROUP;
    p.m_plane = BLOCK_TILES * p.block_out + SC_GROUP;
    p.u_floats = p.in_blocks * p.out_blocks * SC_WINO_POINTS * p.u_plane;
    p.thread_floats = SC_WINO_POINTS * (p.v_plane + p.m_plane + p.block_in) + STEP * STEP * SC_GROUP;
    return p;
}

/* Columns of a block; the last one may be narrower. */
static size_t block_columns(const problem *p, size_t out_block)
{
    size_t rest = p->columns - out_block * p->block_out;
    return rest < p->block_out ? rest : p->block_out;
}

static float *block_weights(const problem *p, void *scratch, size_t in_block, size_t out_block)
{
    return (float *)scratch + (out_block * p->in_blocks + in_block) * SC_WINO_POINTS * p->u_plane;
}

static size_t resize_conv_scratch(const sc_call *call)
{
    problem p = resize_conv_problem_of(call);
    return (p.u_floats + (size_t)call->thread_count * p.thread_floats) * sizeof(float);
}

/* --- U: a part for each group of input channels --- */

static int resize_conv_weights_parts(const sc_call *call)
{
    problem p = resize_conv_problem_of(call);
    return (int)(p.in_blocks * p.block_in / SC_GROUP);
}

/* Where row c of U begins for columns [column, column + 16), in panels of isa->panel columns. */
static float *resize_conv_place_of(const problem *p, void *scratch, size_t c, size_t column, size_t *row_floats)
{
    size_t out_block = column / p->block_out, own = column % p->block_out, width = block_columns(p, out_block),
           panel = own / p->isa->panel * p->isa->panel;
    *row_floats = width - panel < p->isa->panel ? width - panel : p->isa->panel;
    return block_weights(p, scratch, c / p->block_in, out_block) + panel * p->block_in + c % p->block_in * *row_floats +
           own - panel;
}

static int resize_conv_weights_run(const sc_call *call, int part, int thread)
{
    (void)thread;
    problem p = resize_conv_problem_of(call);
    float taps[9][SC_GROUP][SC_GROUP]; /* [tap][c][k] */
    size_t c = (size_t)part * SC_GROUP;
    for (size_t k = 0; k < p.k_padded; k += SC_GROUP) {
        sc_wino_taps(p.isa, p.weights, (size_t)p.c, (size_t)p.k, c, k, taps);
        for (size_t phase = 0; phase < PHASES; phase++) {
            size_t row;
            float *to = resize_conv_place_of(&p, call->scratch, c, phase * p.k_padded + k, &row);
            for (size_t i = 0; i < SC_GROUP; i++)
                p.isa->wino_phase_weights(taps[0][i], SC_GROUP * SC_GROUP, phase / 2, phase % 2, to + i * row,
                                          p.u_plane);
        }
    }
    return SCUMBLE_OK;
}

/* --- the rest --- */

static sc_wino_source resize_conv_source_of(const problem *p)
{
    return (sc_wino_source){ .isa = p->isa,
                             .n = p->n,
                             .h = p->h,
                             .w = p->w,
                             .c = p->c,
                             .data = p->x,
                             .padding = p->padding,
                             .window = SC_WINO_INPUT,
                             .step = STEP,
                             .first_y = -1,
                             .first_x = -1,
                             .tiles_h = p->tiles_h,
                             .tiles_w = p->tiles_w,
                             .block = p->block_in,
                             .plane = p->v_plane };
}

/* Group `k` of one phase's results of a tile; `aside` holds those of a tile that is not wholly inside. */
static void store_group(const problem *p, sc_wino_place at, size_t phase, size_t k, const float *m, float *aside)
{
    int odd_y = (int)phase / 2, odd_x = (int)phase % 2, y = at.y - odd_y, x = at.x - odd_x; /* of the small picture */
    size_t count = (size_t)p->k - k < SC_GROUP ? (size_t)p->k - k : SC_GROUP, ow = 2 * (size_t)p->w;
    ptrdiff_t column = 2 * p->k, row = column * 2 * p->w;
    float bias[SC_GROUP] = { 0 };
    if (p->bias)
        memcpy(bias, p->bias + k, count * sizeof *bias);
    sc_wino_target to = { .data = aside, .row = STEP * SC_GROUP, .column = SC_GROUP, .bias = bias, .relu = p->relu };
    bool inside = count == SC_GROUP && y >= 0 && x >= 0 && y + STEP <= p->h && x + STEP <= p->w;
    float *out = p->out + (size_t)at.n * 2 * (size_t)p->h * ow * (size_t)p->k + k;
    if (inside) {
        to.data = out + ((size_t)(2 * y + odd_y) * ow + (size_t)(2 * x + odd_x)) * (size_t)p->k;
        to.row = row;
        to.column = column;
        for (int i = 0; i < STEP * STEP; i++) /* the next tile's */
            __builtin_prefetch(to.data + i / STEP * row + (i % STEP + STEP) * column, 1);
    }
    p->isa->wino_phase_output(m, p->m_plane, 1, &to);
    for (int i = 0; i < STEP * STEP && !inside; i++) {
        int own_y = y + i / STEP, own_x = x + i % STEP;
        if (own_y >= 0 && own_x >= 0 && own_y < p->h && own_x < p->w)
            memcpy(out + ((size_t)(2 * own_y + odd_y) * ow + (size_t)(2 * own_x + odd_x)) * (size_t)p->k,
                   aside + i * SC_GROUP, count * sizeof *out);
    }
}

static int resize_conv_parts(const sc_call *call)
{
    return (int)resize_conv_problem_of(call).parts;
}

static int resize_conv_run(const sc_call *call, int part, int thread)
{
    problem p = resize_conv_problem_of(call);
    sc_wino_source source = resize_conv_source_of(&p);
    float *v = (float *)call->scratch + p.u_floats + (size_t)thread * p.thread_floats,
          *m = v + SC_WINO_POINTS * p.v_plane;
    float *tile = m + SC_WINO_POINTS * p.m_plane, *aside = tile + SC_WINO_POINTS * p.block_in;
    sc_range tiles = sc_cut(p.tiles, p.parts, (size_t)part);
    size_t count = tiles.end - tiles.begin, rows = resize_conv_divide_up(count, SC_MICRO_ROWS) * SC_MICRO_ROWS;
    for (size_t i = 0; i < SC_WINO_POINTS; i++)
        memset(v + i * p.v_plane + count * p.block_in, 0, (rows - count) * p.block_in * sizeof *v);
    for (size_t o = 0; o < p.out_blocks; o++) {
        size_t columns = block_columns(&p, o);
        for (size_t b = 0; b < p.in_blocks; b++) {
            if (o == 0 || p.in_blocks > 1)
                sc_wino_transform(&source, tiles, b * p.block_in, v, tile);
            const float *u = block_weights(&p, call->scratch, b, o);
            for (size_t i = 0; i < SC_WINO_POINTS; i++)
                p.isa->multiply(v + i * p.v_plane, p.block_in, u + i * p.u_plane, m + i * p.m_plane, p.block_out, rows,
                                p.block_in, columns, b > 0);
        }
        for (size_t t = 0; t < count; t++)
            for (size_t c = 0; c < columns; c += SC_GROUP) {
                size_t column = o * p.block_out + c;
                store_group(&p, sc_wino_tile(&source, tiles.begin + t), column / p.k_padded, column % p.k_padded,
                            m + t * p.block_out + c, aside);
            }
    }
    return SCUMBLE_OK;
}

static const sc_kernel weights = { resize_conv_weights_parts, resize_conv_weights_run, NULL, NULL },
                       forward = { resize_conv_parts, resize_conv_run, NULL, resize_conv_scratch };

int sc_host_choose_resize_conv2d(const sc_node_info *node, const sc_cpu_isa *isa, sc_choice *choice, sc_error *err)
{
    (void)node, (void)err;
    *choice = (sc_choice){ .before_forward = &weights, .forward = &forward, .state = (void *)isa };
    return SCUMBLE_OK;
}
