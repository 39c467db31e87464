/* SPDX-License-Identifier: MIT */
/* Convolution of at most 4 input channels, any kernel size, stride, dilation and padding: a net's first layer.
 * A part is a band of rows.
 *
 * Forward: the rows that an output row reads are laid out with their padding ("lines"), and a kernel row over them is a
 * matrix product [pixels][kw ci] x [kw ci][co] whose left rows overlap: they are stride ci floats apart.
 * Input gradient: Z [pixels][kh kw ci] = dY [pixels][co] x W [co][kh kw ci], whose columns are then added to the pixels
 * that they belong to. Neighbouring bands compute kh - 1 rows of Z twice, so that no two parts write the same row. */
#include "device/host/border.h"
#include "device/host/conv_engines.h"
#include "device/host/parts.h"

#include <string.h>

enum { BLOCK = 48, MAX_CI = 4, MAX_TAPS = 1024 };

typedef float quad __attribute__((vector_size(16), aligned(4), may_alias));

bool sc_narrow_fits(const sc_conv_shape *s)
{
    return s->groups == 1 && s->ci <= MAX_CI && (long)s->kh * s->kw * s->ci <= MAX_TAPS;
}

static size_t narrow_padded_width(const sc_conv_shape *s)
{
    return (size_t)(s->padding.left + s->w + s->padding.right);
}

/* right[panels of [depth][their columns]] from w: element (d, c) is w[d * depth_step + c * column_step], c < count,
 * else 0. */
static void narrow_pack(const sc_cpu_isa *isa, float *right, size_t columns, const float *w, size_t depth, size_t count,
                        size_t depth_step, size_t column_step)
{
    for (size_t p = 0; p < columns; p += isa->panel) {
        size_t width = columns - p < isa->panel ? columns - p : isa->panel;
        for (size_t d = 0; d < depth; d++)
            for (size_t c = p; c < p + width; c++)
                *right++ = c < count ? w[d * depth_step + c * column_step] : 0.0f;
    }
}

/* --- forward --- */

typedef struct forward_cut {
    size_t bands, runs, depth, columns; /* runs: matrix products an output pixel; depth: of each */
    size_t line, right, lines, rest, thread_floats;
} forward_cut;

static forward_cut cut_forward(const sc_conv_shape *s)
{
    forward_cut f = { .columns = sc_round_group((size_t)s->co) };
    bool whole_rows = s->dilation_w == 1;
    f.runs = (size_t)s->kh * (whole_rows ? 1 : (size_t)s->kw);
    f.depth = (size_t)s->ci * (whole_rows ? (size_t)s->kw : 1);
    f.bands = (size_t)s->n * (size_t)s->oh;
    size_t cost = (size_t)s->ow * f.columns, rows = 1 + 262144 / (cost + 1);
    f.bands = (f.bands + rows - 1) / rows;
    /* the products read up to BLOCK pixels past the row's end */
    f.line = (narrow_padded_width(s) + (size_t)BLOCK * (size_t)s->stride_w + (size_t)s->kw * (size_t)s->dilation_w) *
             (size_t)s->ci;
    f.right = f.runs * f.depth * f.columns;
    f.lines = (size_t)s->kh * f.line;
    f.rest = SC_MICRO_ROWS * f.columns;
    f.thread_floats = (f.right + f.lines + f.rest + 15) & ~(size_t)15;
    return f;
}

static int narrow_forward_parts(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    return (int)cut_forward(&state->shape).bands;
}

static size_t narrow_forward_scratch(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    return (size_t)call->thread_count * cut_forward(&state->shape).thread_floats * sizeof(float);
}

/* One row of the output. */
static void narrow_forward_row(const sc_conv_state *state, const forward_cut *f, const float *lines, const float *right,
                               float *rest, float *out)
{
    const sc_conv_shape *s = &state->shape;
    size_t co = (size_t)s->co, ow = (size_t)s->ow, step = (size_t)s->stride_w * (size_t)s->ci;
    for (size_t x = 0; x < ow;) {
        size_t count = ow - x < BLOCK ? ow - x : BLOCK;
        bool direct = count >= SC_MICRO_ROWS && co == f->columns;
        count = direct ? count - count % SC_MICRO_ROWS : count < SC_MICRO_ROWS ? count : SC_MICRO_ROWS;
        float *to = direct ? out + x * co : rest;
        size_t rows = direct ? count : SC_MICRO_ROWS;
        SC_PREFETCH(out + (x + BLOCK) * co, BLOCK * co, 1);
        for (size_t r = 0; r < f->runs; r++) {
            size_t y = s->dilation_w == 1 ? r : r / (size_t)s->kw, tap = s->dilation_w == 1 ? 0 : r % (size_t)s->kw;
            const float *left = lines + y * f->line + x * step + tap * (size_t)s->dilation_w * (size_t)s->ci;
            state->isa->multiply(left, step, right + r * f->depth * f->columns, to, f->columns, rows, f->depth,
                                 f->columns, r > 0);
        }
        if (!direct)
            for (size_t i = 0; i < count; i++)
                memcpy(out + (x + i) * co, rest + i * f->columns, co * sizeof(float));
        x += count;
    }
}

static int narrow_forward_run(const sc_call *call, int part, int thread)
{
    const sc_conv_state *state = call->state;
    const sc_conv_shape *s = &state->shape;
    forward_cut f = cut_forward(s);
    float *right = (float *)call->scratch + (size_t)thread * f.thread_floats, *lines = right + f.right,
          *rest = lines + f.lines;
    size_t taps = (size_t)s->kh * (size_t)s->kw * (size_t)s->ci, row_floats = (size_t)s->ow * (size_t)s->co;
    for (size_t r = 0; r < f.runs; r++)
        narrow_pack(state->isa, right + r * f.depth * f.columns, f.columns, call->in[1]->data + r * f.depth, f.depth,
                    (size_t)s->co, 1, taps);
    memset(lines, 0, f.lines * sizeof(float));
    sc_range rows = sc_cut((size_t)s->n * (size_t)s->oh, f.bands, (size_t)part);
    size_t row_bits = (size_t)s->ow * sc_groups((size_t)s->co);
    for (size_t i = rows.begin; i < rows.end; i++) {
        size_t n = i / (size_t)s->oh;
        int y = (int)(i % (size_t)s->oh);
        const float *picture = call->in[0]->data + n * (size_t)s->h * (size_t)s->w * (size_t)s->ci;
        for (int ky = 0; ky < s->kh; ky++)
            sc_pad_line(s, picture, y * s->stride_h - s->padding.top + ky * s->dilation_h, lines + (size_t)ky * f.line);
        float *out = call->out->data + i * row_floats;
        narrow_forward_row(state, &f, lines, right, rest, out);
        if (s->bias || s->relu)
            state->isa->activate(out, (size_t)s->ow, (size_t)s->co, s->bias ? call->in[2]->data : NULL, s->relu,
                                 call->saved && s->relu ? (uint16_t *)call->saved + i * row_bits : NULL);
    }
    return SCUMBLE_OK;
}

const sc_kernel sc_narrow_forward = { narrow_forward_parts, narrow_forward_run, NULL, narrow_forward_scratch };

/* --- gradient of the input --- */

typedef struct input_cut {
    int first, rows;    /* rows that are computed: of the picture, or of the padded one */
    size_t bands, band; /* of a picture; rows of each */
    size_t taps, columns, right, z, sums, masked, thread_floats;
} input_cut;

static input_cut narrow_cut_input(const sc_conv_shape *s)
{
    input_cut f = { .first = 0, .rows = s->h };
    if (s->padding.mode != SC_PAD_ZERO) {
        f.first = -s->padding.top;
        f.rows = s->padding.top + s->h + s->padding.bottom;
    }
    size_t reach = (size_t)(s->kh - 1) * (size_t)s->dilation_h;
    f.band = 8 * reach > 16 ? 8 * reach : 16;
    if (f.band > (size_t)f.rows)
        f.band = (size_t)f.rows;
    f.bands = ((size_t)f.rows + f.band - 1) / f.band;
    f.taps = (size_t)s->kh * (size_t)s->kw * (size_t)s->ci;
    f.columns = sc_round_group(f.taps + MAX_CI); /* a quad is read at the last tap */
    f.right = (size_t)s->co * f.columns;
    f.z = BLOCK * f.columns;
    f.sums = f.band * narrow_padded_width(s) * 4;
    f.masked = BLOCK * (size_t)s->co;
    f.thread_floats = (f.right + f.z + f.sums + f.masked + 15) & ~(size_t)15;
    return f;
}

static int narrow_input_parts(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    return (int)narrow_cut_input(&state->shape).bands * state->shape.n;
}

static size_t narrow_input_scratch(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    return sc_border_bytes(&state->shape) +
           (size_t)call->thread_count * narrow_cut_input(&state->shape).thread_floats * sizeof(float);
}

/* Adds what `count` output pixels from (y, x) on give to rows [begin, end): sums[row][padded column] of 4 channels. */
static void add_taps(const sc_conv_shape *s, const input_cut *f, int y, int x, int count, const float *z, int begin,
                     int end, quad *sums)
{
    size_t width = narrow_padded_width(s);
    for (int ky = 0; ky < s->kh; ky++) {
        int row = y * s->stride_h - s->padding.top + ky * s->dilation_h;
        if (row < begin || row >= end)
            continue;
        for (int kx = 0; kx < s->kw; kx++) {
            quad *to = sums + (size_t)(row - begin) * width + (size_t)(x * s->stride_w + kx * s->dilation_w);
            const float *from = z + (size_t)(ky * s->kw + kx) * (size_t)s->ci;
            for (int i = 0; i < count; i++, to += s->stride_w, from += f->columns)
                *to += *(const quad *)from;
        }
    }
}

static void narrow_store_row(const sc_call *call, const sc_conv_shape *s, int n, int y, const quad *sums)
{
    float *border = call->scratch;
    bool keep_outside = s->padding.mode != SC_PAD_ZERO;
    for (int x = -s->padding.left; x < s->w + s->padding.right; x++, sums++) {
        bool inside = x >= 0 && x < s->w && y >= 0 && y < s->h;
        if (inside) {
            float *to = call->in_gradient[0]->data +
                        (((size_t)n * (size_t)s->h + (size_t)y) * (size_t)s->w + (size_t)x) * (size_t)s->ci;
            for (int c = 0; c < s->ci; c++)
                to[c] = call->accumulate[0] ? to[c] + (*sums)[c] : (*sums)[c];
        } else if (keep_outside) {
            float *to = border + sc_border_offset(s, n, y, x);
            for (int c = 0; c < s->ci; c++)
                to[c] = (*sums)[c];
        }
    }
}

static int narrow_input_run(const sc_call *call, int part, int thread)
{
    const sc_conv_state *state = call->state;
    const sc_conv_shape *s = &state->shape;
    input_cut f = narrow_cut_input(s);
    float *base = (float *)((char *)call->scratch + sc_border_bytes(s));
    float *right = base + (size_t)thread * f.thread_floats, *sums = right + f.right, *z = sums + f.sums,
          *masked = z + f.z;
    int n = part / (int)f.bands, begin = f.first + part % (int)f.bands * (int)f.band;
    int end = begin + (int)f.band < f.first + f.rows ? begin + (int)f.band : f.first + f.rows;
    size_t co = (size_t)s->co, groups = sc_groups(co), ow = (size_t)s->ow;
    narrow_pack(state->isa, right, f.columns, call->in[1]->data, co, f.taps, f.taps, 1);
    memset(sums, 0, f.sums * sizeof(float));
    memset(masked, 0, f.masked * sizeof(float));
    for (int y = 0; y < s->oh; y++) {
        int top = y * s->stride_h - s->padding.top;
        if (top + (s->kh - 1) * s->dilation_h < begin || top >= end)
            continue;
        for (size_t x = 0; x < ow; x += BLOCK) {
            size_t count = ow - x < BLOCK ? ow - x : BLOCK, pixel = ((size_t)n * (size_t)s->oh + (size_t)y) * ow + x;
            size_t rows = (count + SC_MICRO_ROWS - 1) / SC_MICRO_ROWS * SC_MICRO_ROWS;
            const float *left = call->out_gradient->data + pixel * co;
            if (s->relu)
                state->isa->mask(masked, left, (const uint16_t *)call->saved + pixel * groups, count, co);
            else if (rows > count)
                memcpy(masked, left, count * co * sizeof(float));
            if (s->relu || rows > count)
                left = masked;
            state->isa->multiply(left, co, right, z, f.columns, rows, co, f.columns, false);
            add_taps(s, &f, y, (int)x, (int)count, z, begin, end, (quad *)sums);
        }
    }
    for (int y = begin; y < end; y++)
        narrow_store_row(call, s, n, y, (const quad *)sums + (size_t)(y - begin) * narrow_padded_width(s));
    return SCUMBLE_OK;
}

static int narrow_input_finish(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    sc_border_fold(&state->shape, call->scratch, call->in_gradient[0]->data);
    return SCUMBLE_OK;
}

const sc_kernel sc_narrow_input = { narrow_input_parts, narrow_input_run, narrow_input_finish, narrow_input_scratch };
