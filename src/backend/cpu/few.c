/* SPDX-License-Identifier: MIT */
/* Convolution of at most 4 output channels, stride 1: a net's last layer, forward. On their own so few channels would leave most lanes of a vector empty;
 * here a kernel's rows lie side by side in it. For each row of the padded input ("line")
 *     Z [pixels][kh co] = line [pixels][kw ci] x W [kw ci][kh co]
 * whose left rows overlap (they are ci floats apart), and the co columns of kernel row ky are added to the output row that is ky rows further up.
 * A part is a band of output rows; neighbouring bands compute kh - 1 lines twice. */
#include "backend/cpu/conv.h"

#include <string.h>

enum { BLOCK = 48, MAX_CO = 4, MAX_DEPTH = 4096 };

typedef float quad __attribute__((vector_size(16), aligned(4), may_alias));

bool sc_few_fits(const sc_conv_shape *s)
{
    bool plain = s->groups == 1 && s->stride_h == 1 && s->stride_w == 1 && s->dilation_h == 1 && s->dilation_w == 1;
    return plain && s->co <= MAX_CO && s->kh * s->kw > 1 && (long)s->kw * s->ci <= MAX_DEPTH;
}

typedef struct cut {
    size_t band, bands;                                 /* output rows of a part, parts of a picture */
    size_t depth, columns, width;                       /* of the product; pixels of a line */
    size_t right, line, z, sums, thread_floats;         /* floats */
} cut;

static cut cut_of(const sc_conv_shape *s)
{
    cut f = { .depth = (size_t)s->kw * (size_t)s->ci, .width = (size_t)(s->ow + s->kw - 1) };
    size_t reach = (size_t)s->kh - 1, oh = (size_t)s->oh;
    f.band = 8 * reach > 16 ? 8 * reach : 16;
    f.bands = (oh + f.band - 1) / f.band;
    f.columns = sc_round_group((size_t)s->kh * (size_t)s->co + MAX_CO - (size_t)s->co); /* a quad is read at the last kernel row */
    f.right = f.depth * f.columns;
    f.line = sc_round_group((f.width + BLOCK) * (size_t)s->ci); /* the products read up to BLOCK pixels past the row's end */
    f.z = BLOCK * f.columns;
    f.sums = sc_round_group(f.band * (size_t)s->ow * 4);
    f.thread_floats = f.right + f.line + f.z + f.sums;
    return f;
}

static int parts(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    return (int)cut_of(&state->shape).bands * state->shape.n;
}

static size_t scratch(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    return (size_t)call->thread_count * cut_of(&state->shape).thread_floats * sizeof(float);
}

/* right[panels of [kw ci][their columns]], column ky co + o. */
static void pack(const sc_cpu_isa *isa, const sc_conv_shape *s, const cut *f, const float *w, float *right)
{
    size_t taps = (size_t)s->kh * f->depth, co = (size_t)s->co, used = (size_t)s->kh * co;
    for (size_t p = 0; p < f->columns; p += isa->panel) {
        size_t end = p + isa->panel < f->columns ? p + isa->panel : f->columns;
        for (size_t d = 0; d < f->depth; d++)
            for (size_t c = p; c < end; c++)
                *right++ = c < used ? w[c % co * taps + c / co * f->depth + d] : 0.0f;
    }
}

/* Adds what line y gives to the band's rows from `first` on: sums[row][pixel] of 4 channels. */
static void add_line(const sc_conv_state *state, const cut *f, const float *line, const float *right, float *z, int y, int first, int rows, quad *sums)
{
    const sc_conv_shape *s = &state->shape;
    size_t ow = (size_t)s->ow, ci = (size_t)s->ci, co = (size_t)s->co;
    for (size_t x = 0; x < ow; x += BLOCK) {
        size_t count = ow - x < BLOCK ? ow - x : BLOCK, padded = (count + SC_MICRO_ROWS - 1) / SC_MICRO_ROWS * SC_MICRO_ROWS;
        state->isa->multiply(line + x * ci, ci, right, z, f->columns, padded, f->depth, f->columns, false);
        for (int ky = 0; ky < s->kh; ky++) {
            int row = y + s->padding.top - ky - first;
            if (row < 0 || row >= rows)
                continue;
            const float *from = z + (size_t)ky * co;
            quad *to = sums + (size_t)row * ow + x;
            for (size_t i = 0; i < count; i++, from += f->columns)
                to[i] += *(const quad *)from;
        }
    }
}

static int run(const sc_call *call, int part, int thread)
{
    const sc_conv_state *state = call->state;
    const sc_conv_shape *s = &state->shape;
    cut f = cut_of(s);
    float *right = (float *)call->scratch + (size_t)thread * f.thread_floats, *line = right + f.right, *z = line + f.line, *sums = z + f.z;
    int n = part / (int)f.bands, first = part % (int)f.bands * (int)f.band, rows = s->oh - first < (int)f.band ? s->oh - first : (int)f.band;
    size_t ow = (size_t)s->ow, co = (size_t)s->co, pixel = ((size_t)n * (size_t)s->oh + (size_t)first) * ow, pixels = (size_t)rows * ow;
    const float *picture = call->in[0]->data + (size_t)n * (size_t)s->h * (size_t)s->w * (size_t)s->ci;
    float *out = call->out->data + pixel * co;
    pack(state->isa, s, &f, call->in[1]->data, right);
    memset(line, 0, f.line * sizeof *line);
    float bias[MAX_CO] = { 0 };
    if (s->bias)
        memcpy(bias, call->in[2]->data, co * sizeof *bias);
    for (size_t i = 0; i < pixels; i++)
        memcpy(sums + 4 * i, bias, sizeof bias);
    for (int y = first - s->padding.top; y < first - s->padding.top + rows + s->kh - 1; y++) {
        sc_pad_line(s, picture, y, line);
        add_line(state, &f, line, right, z, y, first, rows, (quad *)sums);
    }
    size_t i = 0;
    for (; i + MAX_CO <= pixels; i++) /* what is too much is written over by the next ones */
        *(quad *)(out + i * co) = *(const quad *)(sums + 4 * i);
    for (; i < pixels; i++)
        memcpy(out + i * co, sums + 4 * i, co * sizeof *out);
    if (s->relu)
        state->isa->activate(out, pixels, co, NULL, true, call->saved ? (uint16_t *)call->saved + pixel * sc_groups(co) : NULL);
    return SCUMBLE_OK;
}

const sc_kernel sc_few_forward = { parts, run, NULL, scratch };
