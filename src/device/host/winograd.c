/* SPDX-License-Identifier: MIT */
/* 3 x 3 convolution of stride 1 by Winograd's F(4 x 4, 3 x 3) (Lavin and Gray 2016), forward and gradient with respect
 * to the input, which is the same with the kernel turned by 180 degrees and its channels exchanged:
 *
 *     V = B^T d B    36 x tiles x C     6 x 6 input values become 36 (isa->wino_input); padding happens here
 *     U = G g G^T    36 x C x K         isa->wino_weights
 *     M = V U        36 products        isa->multiply
 *     Y = A^T M A    4 x 4 results      isa->wino_output; bias, ReLU, sign bits and accumulation happen here
 *
 * A part is about PART_TILES tiles x at most BLOCK_OUT output channels. What a tile gives does not depend on its part,
 * so the number of threads may have a say in how many there are. A part transforms its weights first, then goes through
 * its tiles in blocks whose V and M stay in the second-level cache while U streams through. The transformed weights are
 * never kept: making them costs as much as about 5 of a part's 256 tiles (2%), they are four times as large as the
 * weights, and reading them back from memory is no faster than making them. */
#include "device/host/winograd_tiles.h"
#include "device/host/border.h"
#include "device/host/conv_engines.h"
#include "device/host/parts.h"

#include <string.h>

/* V and M of a block, 36 x 24 x (128 + 128) values, are 0.9 MB. Per tile the U that streams through is 144 C K /
 * BLOCK_TILES bytes, the input is transformed K / BLOCK_OUT times, and M is read and written C / BLOCK_IN times.
 * Smaller channel blocks were slower by 10 to 20%, larger ones no faster (Zen 5, 1 MB of second-level cache); so was
 * laying V and M tile by tile. */
enum {
    PART_TILES = 256, /* fewer: more of the time goes to the weights; more: fewer parts */
    FEW_PARTS = 2,    /* a thread: if they are fewer, they are made smaller, */
    LEAST_TILES = 64, /* but not below this */
    BLOCK_TILES = 24, /* a multiple of SC_MICRO_ROWS */
    BLOCK_IN = SC_WINO_BLOCK,
    BLOCK_OUT = 128,
    LEAST_OUT = 64,  /* of a block that is halved, as threads would be without a part: each half transforms all input */
    MOST_PANEL = 64, /* the widest of any instruction set */
};

/* One direction of a convolution, as a convolution of `source` that gives oh x ow pixels: result pixel (y, x) reads
 * source pixels (y + first_y + 0..2, x + first_x + 0..2). */
typedef struct problem {
    const sc_cpu_isa *isa;
    const sc_conv_shape *shape;
    int n, h, w, c, oh, ow, k;
    int first_y, first_x;
    sc_padding padding; /* of source */
    const float *source;
    const uint16_t *source_bits; /* NULL = all values count */
    const float *weights;        /* (co, 3, 3, ci) */
    bool turned;                 /* input gradient */
    const float *bias;
    bool relu, accumulate;
    float pool; /* of the results, or of source; see conv_shape.h and winograd_tiles.h */
    uint16_t *bits;
    float *result; /* inside pixels: (n, inner_h, inner_w, k), at (inner_y, inner_x) of the results */
    int inner_y, inner_x, inner_h, inner_w;
    float *border; /* the other pixels; see border.h */
    /* cuts */
    size_t tiles_h, tiles_w, tiles, tile_parts, block_tiles;
    size_t in_blocks, block_in, out_blocks, block_out;
    size_t u_plane, v_plane, m_plane;
    /* one thread's scratch, in floats */
    size_t u_floats, v_floats, m_floats, thread_floats;
} problem;

static size_t winograd_divide_up(size_t a, size_t b)
{
    return (a + b - 1) / b;
}

static void winograd_cut(problem *p, int threads)
{
    size_t few = FEW_PARTS * (size_t)threads;
    p->tiles_h = winograd_divide_up((size_t)p->oh, SC_WINO_TILE);
    p->tiles_w = winograd_divide_up((size_t)p->ow, SC_WINO_TILE);
    p->tiles = (size_t)p->n * p->tiles_h * p->tiles_w;
    p->tile_parts = (p->tiles + PART_TILES / 2) / PART_TILES;
    p->out_blocks = winograd_divide_up((size_t)p->k, BLOCK_OUT);
    if (p->tile_parts * p->out_blocks < few)
        p->tile_parts = winograd_divide_up(few, p->out_blocks);
    if (p->tile_parts > p->tiles / LEAST_TILES)
        p->tile_parts = p->tiles < LEAST_TILES ? 1 : p->tiles / LEAST_TILES;
    size_t part_tiles = winograd_divide_up(p->tiles, p->tile_parts);
    p->block_tiles = winograd_divide_up(part_tiles, winograd_divide_up(part_tiles, BLOCK_TILES));
    p->block_tiles = winograd_divide_up(p->block_tiles, SC_MICRO_ROWS) * SC_MICRO_ROWS;
    p->in_blocks = winograd_divide_up((size_t)p->c, BLOCK_IN);
    p->block_in = sc_round_group(winograd_divide_up((size_t)p->c, p->in_blocks));
    p->in_blocks = winograd_divide_up((size_t)p->c, p->block_in);
    if (p->tile_parts * p->out_blocks < (size_t)threads && p->k >= 2 * LEAST_OUT * (int)p->out_blocks)
        p->out_blocks *= 2;
    p->block_out = sc_round_group(winograd_divide_up((size_t)p->k, p->out_blocks));
    p->out_blocks = winograd_divide_up((size_t)p->k, p->block_out);
    /* one group more than needed: planes a power of two apart would meet in one cache set (5%) */
    p->u_plane = p->block_in * p->block_out + SC_GROUP;
    p->v_plane = p->block_tiles * p->block_in + SC_GROUP;
    p->m_plane = p->block_tiles * p->block_out + SC_GROUP;
    p->u_floats = SC_WINO_POINTS * p->in_blocks * p->u_plane;
    p->v_floats = SC_WINO_POINTS * p->v_plane;
    p->m_floats = SC_WINO_POINTS * p->m_plane;
    size_t tile = SC_WINO_SCRATCH * (p->block_in > p->block_out ? p->block_in : p->block_out);
    p->thread_floats = p->u_floats + p->v_floats + p->m_floats + tile;
}

static problem forward_problem(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    const sc_conv_shape *s = &state->shape;
    problem p = { .isa = state->isa,
                  .shape = s,
                  .n = s->n,
                  .h = s->h,
                  .w = s->w,
                  .c = s->ci,
                  .oh = s->oh,
                  .ow = s->ow,
                  .k = s->co,
                  .first_y = -s->padding.top,
                  .first_x = -s->padding.left,
                  .padding = s->padding,
                  .source = call->in[0]->data,
                  .weights = call->in[1]->data,
                  .bias = s->bias ? call->in[2]->data : NULL,
                  .relu = s->relu,
                  .pool = s->pool,
                  .bits = call->saved,
                  .result = call->out->data,
                  .inner_h = s->oh,
                  .inner_w = s->ow };
    winograd_cut(&p, call->thread_count);
    return p;
}

static problem input_problem(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    const sc_conv_shape *s = &state->shape;
    problem p = { .isa = state->isa,
                  .shape = s,
                  .n = s->n,
                  .h = s->oh,
                  .w = s->ow,
                  .c = s->co,
                  .oh = s->h,
                  .ow = s->w,
                  .k = s->ci,
                  .first_y = s->padding.top - 2,
                  .first_x = s->padding.left - 2,
                  .source = call->out_gradient->data,
                  .source_bits = s->relu || s->pool ? call->saved : NULL,
                  .pool = s->pool,
                  .weights = call->in[1]->data,
                  .turned = true,
                  .accumulate = call->accumulate[0],
                  .result = call->in_gradient[0]->data,
                  .inner_h = s->h,
                  .inner_w = s->w };
    if (s->padding.mode != SC_PAD_ZERO) { /* the whole padded picture */
        p.oh += s->padding.top + s->padding.bottom;
        p.ow += s->padding.left + s->padding.right;
        p.first_y = p.first_x = -2;
        p.inner_y = s->padding.top;
        p.inner_x = s->padding.left;
        p.border = call->scratch;
    }
    winograd_cut(&p, call->thread_count);
    return p;
}

/* Nine taps of 16 x 16 channels from (c, k) on: [tap][c][k], zeros beyond the channels. */
static void collect_taps(const problem *p, size_t c, size_t k, float taps[9][SC_GROUP][SC_GROUP])
{
    const size_t c_count = (size_t)p->c, k_count = (size_t)p->k;
    if (!p->turned) {
        sc_wino_taps(p->isa, p->weights, c_count, k_count, c, k, taps);
        return;
    }
    size_t cs = c >= c_count ? 0 : c_count - c < SC_GROUP ? c_count - c : SC_GROUP;
    size_t ks = k >= k_count ? 0 : k_count - k < SC_GROUP ? k_count - k : SC_GROUP;
    memset(taps, 0, 9 * sizeof *taps);
    for (size_t t = 0; t < 9; t++)
        for (size_t i = 0; i < cs; i++)
            memcpy(taps[t][i], p->weights + ((c + i) * 9 + 8 - t) * k_count + k, ks * sizeof(float));
}

/* U of all input channels x output channels [k0, k0 + block_out): [in block][36][panels of block_in rows]. Line after
 * line of a panel, for there are 36 streams to write. */
static void transform_weights(const problem *p, size_t k0, float *u)
{
    float taps[MOST_PANEL / SC_GROUP][9][SC_GROUP][SC_GROUP];
    for (size_t panel = 0; panel < p->block_out; panel += p->isa->panel) {
        size_t width = p->block_out - panel < p->isa->panel ? p->block_out - panel : p->isa->panel;
        for (size_t c = 0; c < p->in_blocks * p->block_in; c += SC_GROUP) {
            bool direct = p->turned && c + SC_GROUP <= (size_t)p->c &&
                          k0 + panel + width <= (size_t)p->k; /* taps lie as they are wanted, the last one first */
            for (size_t k = 0; k < width && !direct; k += SC_GROUP)
                collect_taps(p, c, k0 + panel + k, taps[k / SC_GROUP]);
            float *to =
                u + c / p->block_in * SC_WINO_POINTS * p->u_plane + panel * p->block_in + c % p->block_in * width;
            for (size_t i = 0; i < SC_GROUP; i++)
                for (size_t k = 0; k < width; k += SC_GROUP, to += SC_GROUP)
                    if (direct)
                        p->isa->wino_weights(p->weights + ((c + i) * 9 + 8) * (size_t)p->k + k0 + panel + k,
                                             -(ptrdiff_t)p->k, to, p->u_plane);
                    else
                        p->isa->wino_weights(taps[k / SC_GROUP][0][i], SC_GROUP * SC_GROUP, to, p->u_plane);
        }
    }
}

static sc_wino_source winograd_source_of(const problem *p)
{
    return (sc_wino_source){ .isa = p->isa,
                             .n = p->n,
                             .h = p->h,
                             .w = p->w,
                             .c = p->c,
                             .data = p->source,
                             .bits = p->source_bits,
                             .pool = p->turned ? p->pool : 0,
                             .padding = p->padding,
                             .window = SC_WINO_INPUT,
                             .step = SC_WINO_TILE,
                             .first_y = p->first_y,
                             .first_x = p->first_x,
                             .tiles_h = p->tiles_h,
                             .tiles_w = p->tiles_w,
                             .block = p->block_in,
                             .plane = p->v_plane };
}

/* Of a tile's worth of columns, while the tile before is worked on. */
static inline __attribute__((always_inline)) void results_prefetch(const float *from, ptrdiff_t row, ptrdiff_t column,
                                                                   size_t groups)
{
    for (int y = 0; y < SC_WINO_TILE; y++, from += row)
        for (int x = 0; x < SC_WINO_TILE; x++)
            SC_PREFETCH(from + x * column, groups * SC_GROUP, 1);
}

/* Results of a tile that is not wholly inside, from `tile` [16][block_out]. */
static void scatter(const problem *p, sc_wino_place at, size_t k0, size_t count, const float *tile,
                    const uint16_t *bits)
{
    size_t groups = p->block_out / SC_GROUP, k_groups = sc_groups((size_t)p->k);
    for (int i = 0; i < SC_WINO_TILE * SC_WINO_TILE; i++) {
        int y = at.y + i / 4, x = at.x + i % 4;
        if (y >= p->oh || x >= p->ow)
            continue;
        const float *from = tile + (size_t)i * p->block_out;
        y -= p->inner_y;
        x -= p->inner_x;
        if (y < 0 || x < 0 || y >= p->inner_h || x >= p->inner_w) {
            memcpy(p->border + sc_border_offset(p->shape, at.n, y, x) + k0, from, count * sizeof(float));
            continue;
        }
        size_t pixel = ((size_t)at.n * (size_t)p->inner_h + (size_t)y) * (size_t)p->inner_w + (size_t)x;
        float *to = p->result + pixel * (size_t)p->k + k0;
        if (p->accumulate)
            for (size_t c = 0; c < count; c++)
                to[c] += from[c];
        else
            memcpy(to, from, count * sizeof(float));
        if (p->bits)
            memcpy(p->bits + pixel * k_groups + k0 / SC_GROUP, bits + (size_t)i * groups,
                   sc_groups(count) * sizeof *bits);
    }
}

/* The maxima of a tile's 2 x 2 quarters, from tile[16][block_out], and what is saved of them. */
static void pool_tile(const problem *p, sc_wino_place at, size_t k0, size_t count, const float *tile)
{
    size_t groups = p->block_out / SC_GROUP, all = sc_groups((size_t)p->k), used = sc_groups(count);
    for (int i = 0; i < 4; i++) {
        int y = at.y / 2 + i / 2, x = at.x / 2 + i % 2;
        if (2 * y >= p->oh || 2 * x >= p->ow)
            continue;
        float most[BLOCK_OUT];
        uint16_t winners[2 * BLOCK_OUT / SC_GROUP], positive[BLOCK_OUT / SC_GROUP];
        size_t pixel = ((size_t)at.n * (size_t)(p->oh / 2) + (size_t)y) * (size_t)(p->ow / 2) + (size_t)x;
        p->isa->max_pool(tile + (size_t)(i / 2 * 8 + i % 2 * 2) * p->block_out, (ptrdiff_t)(4 * p->block_out), groups,
                         p->pool, most, winners);
        p->isa->activate(most, 1, count, NULL, true, positive);
        memcpy(p->result + pixel * (size_t)p->k + k0, most, count * sizeof *most);
        if (!p->bits)
            continue;
        memcpy(p->bits + 3 * pixel * all + 2 * k0 / SC_GROUP, winners, 2 * used * sizeof *winners);
        memcpy(p->bits + 3 * pixel * all + 2 * all + k0 / SC_GROUP, positive, used * sizeof *positive);
    }
}

static void transform_output(const problem *p, const sc_wino_source *source, sc_range tiles, size_t k0, const float *m,
                             float *tile)
{
    size_t groups = p->block_out / SC_GROUP;
    size_t count = (size_t)p->k - k0 < p->block_out ? (size_t)p->k - k0 : p->block_out;
    ptrdiff_t k_groups = (ptrdiff_t)sc_groups((size_t)p->k);
    bool pools = p->pool != 0 && !p->turned;
    float bias[BLOCK_OUT] = { 0 };
    uint16_t bits[SC_WINO_TILE * SC_WINO_TILE * BLOCK_OUT / SC_GROUP];
    if (p->bias)
        memcpy(bias, p->bias + k0, count * sizeof(float));
    sc_wino_target direct = { .row = (ptrdiff_t)p->inner_w * p->k,
                              .column = p->k,
                              .bit_row = p->inner_w * k_groups,
                              .bit_column = k_groups,
                              .bias = bias,
                              .relu = p->relu,
                              .accumulate = p->accumulate };
    sc_wino_target aside = { .data = tile,
                             .row = (ptrdiff_t)(4 * p->block_out),
                             .column = (ptrdiff_t)p->block_out,
                             .bits = p->bits && !pools ? bits : NULL,
                             .bit_row = (ptrdiff_t)(4 * groups),
                             .bit_column = (ptrdiff_t)groups,
                             .bias = bias,
                             .relu = p->relu };
    sc_wino_place at = sc_wino_tile(source, tiles.begin);
    for (size_t t = tiles.begin; t < tiles.end; t++, m += p->block_out, sc_wino_advance(source, &at)) {
        int y = at.y - p->inner_y, x = at.x - p->inner_x;
        if (pools) {
            p->isa->wino_output(m, p->m_plane, groups, &aside);
            pool_tile(p, at, k0, count, tile);
        } else if (count == p->block_out && y >= 0 && x >= 0 && y + SC_WINO_TILE <= p->inner_h &&
                   x + SC_WINO_TILE <= p->inner_w) {
            size_t pixel = ((size_t)at.n * (size_t)p->inner_h + (size_t)y) * (size_t)p->inner_w + (size_t)x;
            direct.data = p->result + pixel * (size_t)p->k + k0;
            direct.bits = p->bits ? p->bits + pixel * (size_t)k_groups + k0 / SC_GROUP : NULL;
            results_prefetch(direct.data + SC_WINO_TILE * direct.column, direct.row, direct.column, groups);
            p->isa->wino_output(m, p->m_plane, groups, &direct);
        } else {
            p->isa->wino_output(m, p->m_plane, groups, &aside);
            scatter(p, at, k0, count, tile, bits);
        }
    }
}

static void winograd_run_part(const problem *p, size_t part, float *scratch)
{
    float *u = scratch, *v = u + p->u_floats, *m = v + p->v_floats, *tile = m + p->m_floats;
    sc_range all = sc_cut(p->tiles, p->tile_parts, part / p->out_blocks);
    size_t k0 = part % p->out_blocks * p->block_out;
    sc_wino_source source = winograd_source_of(p);
    transform_weights(p, k0, u);
    for (size_t t = all.begin; t < all.end; t += p->block_tiles) {
        sc_range tiles = { t, t + p->block_tiles < all.end ? t + p->block_tiles : all.end };
        size_t count = tiles.end - tiles.begin, rows = winograd_divide_up(count, SC_MICRO_ROWS) * SC_MICRO_ROWS;
        for (size_t b = 0; b < p->in_blocks; b++) {
            sc_wino_transform(&source, tiles, b * p->block_in, v, tile);
            for (size_t i = 0; i < SC_WINO_POINTS; i++) {
                float *plane = v + i * p->v_plane;
                memset(plane + count * p->block_in, 0, (rows - count) * p->block_in * sizeof(float));
                p->isa->multiply(plane, p->block_in, u + (b * SC_WINO_POINTS + i) * p->u_plane, m + i * p->m_plane,
                                 p->block_out, rows, p->block_in, p->block_out, b > 0);
            }
        }
        transform_output(p, &source, tiles, k0, m, tile);
    }
}

bool sc_winograd_fits(const sc_conv_shape *s)
{
    return s->kh == 3 && s->kw == 3 && s->stride_h == 1 && s->stride_w == 1 && s->dilation_h == 1 &&
           s->dilation_w == 1 && s->groups == 1;
}

/* A thread's scratch is large for deep layers, which have few parts: with more threads than parts each part has its
 * own. */
static size_t slot_bytes(const problem *p)
{
    return sc_align64(p->thread_floats * sizeof(float));
}

static size_t slots_bytes(const problem *p, int thread_count)
{
    size_t parts = p->tile_parts * p->out_blocks;
    return slot_bytes(p) * (parts < (size_t)thread_count ? parts : (size_t)thread_count);
}

static float *slot(const problem *p, const sc_call *call, int part, int thread)
{
    size_t parts = p->tile_parts * p->out_blocks, index = (size_t)(parts < (size_t)call->thread_count ? part : thread);
    size_t border = p->border ? sc_border_bytes(p->shape) : 0;
    return (float *)((char *)call->scratch + border + index * slot_bytes(p));
}

static int winograd_forward_parts(const sc_call *call)
{
    problem p = forward_problem(call);
    return (int)(p.tile_parts * p.out_blocks);
}

static size_t winograd_forward_scratch(const sc_call *call)
{
    problem p = forward_problem(call);
    return slots_bytes(&p, call->thread_count);
}

static int winograd_forward_run(const sc_call *call, int part, int thread)
{
    problem p = forward_problem(call);
    winograd_run_part(&p, (size_t)part, slot(&p, call, part, thread));
    return SCUMBLE_OK;
}

static int winograd_input_parts(const sc_call *call)
{
    problem p = input_problem(call);
    return (int)(p.tile_parts * p.out_blocks);
}

static size_t winograd_input_scratch(const sc_call *call)
{
    problem p = input_problem(call);
    return sc_border_bytes(p.shape) + slots_bytes(&p, call->thread_count);
}

static int winograd_input_run(const sc_call *call, int part, int thread)
{
    problem p = input_problem(call);
    winograd_run_part(&p, (size_t)part, slot(&p, call, part, thread));
    return SCUMBLE_OK;
}

static int winograd_input_finish(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    sc_border_fold(&state->shape, call->scratch, call->in_gradient[0]->data);
    return SCUMBLE_OK;
}

const sc_kernel sc_winograd_forward = { winograd_forward_parts, winograd_forward_run, NULL, winograd_forward_scratch };
const sc_kernel sc_winograd_input = { winograd_input_parts, winograd_input_run, winograd_input_finish,
                                      winograd_input_scratch };
