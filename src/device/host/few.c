/* SPDX-License-Identifier: MIT */
/* Convolution of at most 4 output channels, stride 1: a net's last layer. On their own so few channels would leave most
 * lanes of a vector empty; here the rows of a kernel lie side by side in it, kh co values ("a column" of dY or of
 * results). Forward: for each row of the padded input ("line") Z [pixels][kh co] = line [pixels][kw ci] x W [kw ci][kh
 * co], whose left rows overlap (they are ci floats apart), and the co columns of kernel row ky are added to the output
 * row that is ky rows further up. A part is a band of output rows; neighbouring bands compute kh - 1 lines twice.
 * Gradients: for each line the pixels of dY that it had a part in are laid out as D [pixels][kh co], with kw - 1
 * columns of zeros at both ends. Then
 *     d line [pixels][ci] = D [pixels][kw kh co] x W turned [kw kh co][ci],
 *     dW [kh co][kw ci] += D^T [kh co][pixels] x line [pixels][kw ci]
 * where the rows of D in the first product, and those of line in the second, overlap again. */
#include "device/host/border.h"
#include "device/host/conv_engines.h"
#include "device/host/parts.h"

#include <string.h>

enum { BLOCK = 48, MAX_CO = 4, MAX_KH = 32, MAX_DEPTH = 4096, INPUT_BAND = 16, MOST_STRETCHES = 8 };

typedef float quad __attribute__((vector_size(16), aligned(4), may_alias));

bool sc_few_fits(const sc_conv_shape *s)
{
    bool plain = s->groups == 1 && s->stride_h == 1 && s->stride_w == 1 && s->dilation_h == 1 && s->dilation_w == 1;
    return plain && s->co <= MAX_CO && s->kh * s->kw > 1 && s->kh <= MAX_KH && (long)s->kw * s->ci <= MAX_DEPTH;
}

/* Columns of D and Z: a quad is read and written at the last kernel row. */
static size_t column_floats(const sc_conv_shape *s)
{
    return sc_round_group((size_t)s->kh * (size_t)s->co + MAX_CO - (size_t)s->co);
}

/* --- forward --- */

typedef struct cut {
    size_t band, bands;                         /* output rows of a part, parts of a picture */
    size_t depth, columns, width;               /* of the product; pixels of a line */
    size_t right, line, z, sums, thread_floats; /* floats */
} cut;

static cut few_cut_of(const sc_conv_shape *s)
{
    cut f = { .depth = (size_t)s->kw * (size_t)s->ci, .width = (size_t)(s->ow + s->kw - 1) };
    size_t reach = (size_t)s->kh - 1, oh = (size_t)s->oh;
    f.band = 8 * reach > 16 ? 8 * reach : 16;
    f.bands = (oh + f.band - 1) / f.band;
    f.columns = column_floats(s);
    f.right = f.depth * f.columns;
    f.line =
        sc_round_group((f.width + BLOCK) * (size_t)s->ci); /* the products read up to BLOCK pixels past the row's end */
    f.z = BLOCK * f.columns;
    f.sums = sc_round_group(f.band * (size_t)s->ow * 4);
    f.thread_floats = f.right + f.line + f.z + f.sums;
    return f;
}

static int few_forward_parts(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    return (int)few_cut_of(&state->shape).bands * state->shape.n;
}

static size_t few_forward_scratch(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    return (size_t)call->thread_count * few_cut_of(&state->shape).thread_floats * sizeof(float);
}

/* right[panels of [kw ci][their columns]], column ky co + o. */
static void few_pack(const sc_cpu_isa *isa, const sc_conv_shape *s, const cut *f, const float *w, float *right)
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
static void add_line(const sc_conv_state *state, const cut *f, const float *line, const float *right, float *z, int y,
                     int first, int rows, quad *sums)
{
    const sc_conv_shape *s = &state->shape;
    size_t ow = (size_t)s->ow, ci = (size_t)s->ci, co = (size_t)s->co;
    for (size_t x = 0; x < ow; x += BLOCK) {
        size_t count = ow - x < BLOCK ? ow - x : BLOCK,
               padded = (count + SC_MICRO_ROWS - 1) / SC_MICRO_ROWS * SC_MICRO_ROWS;
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

static int few_forward_run(const sc_call *call, int part, int thread)
{
    const sc_conv_state *state = call->state;
    const sc_conv_shape *s = &state->shape;
    cut f = few_cut_of(s);
    float *right = (float *)call->scratch + (size_t)thread * f.thread_floats, *line = right + f.right,
          *z = line + f.line, *sums = z + f.z;
    int n = part / (int)f.bands, first = part % (int)f.bands * (int)f.band,
        rows = s->oh - first < (int)f.band ? s->oh - first : (int)f.band;
    size_t ow = (size_t)s->ow, co = (size_t)s->co, pixel = ((size_t)n * (size_t)s->oh + (size_t)first) * ow,
           pixels = (size_t)rows * ow;
    const float *picture = call->in[0]->data + (size_t)n * (size_t)s->h * (size_t)s->w * (size_t)s->ci;
    float *out = call->out->data + pixel * co;
    few_pack(state->isa, s, &f, call->in[1]->data, right);
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
        state->isa->activate(out, pixels, co, NULL, true,
                             call->saved ? (uint16_t *)call->saved + pixel * sc_groups(co) : NULL);
    return SCUMBLE_OK;
}

const sc_kernel sc_few_forward = { few_forward_parts, few_forward_run, NULL, few_forward_scratch };

/* --- gradients --- */

/* dY's rows that a line needs, and D. Rows outside of [begin, end) count as zeros. */
typedef struct spread_gradient {
    float *rows; /* [kh][ow + 2 pixels][co], row y at y mod kh, masked */
    float *d;    /* [kw - 1 + ow + kw - 1 and BLOCK more][columns] */
    int next;    /* the next row to be read */
} spread_gradient;

static size_t row_floats(const sc_conv_shape *s)
{
    return sc_round_group(((size_t)s->ow + MAX_CO) * (size_t)s->co); /* the last pixel is read as a quad */
}

static size_t d_floats(const sc_conv_shape *s)
{
    return ((size_t)s->ow + 2 * ((size_t)s->kw - 1) + BLOCK) * column_floats(s);
}

static size_t spread_floats(const sc_conv_shape *s)
{
    return (size_t)s->kh * row_floats(s) + d_floats(s);
}

/* memory: spread_floats(s). The first line is that of output row `begin` and kernel row 0. */
static spread_gradient spread_begin(const sc_conv_shape *s, int begin, float *memory)
{
    memset(memory, 0, spread_floats(s) * sizeof *memory);
    return (spread_gradient){ .rows = memory, .d = memory + (size_t)s->kh * row_floats(s), .next = begin };
}

static void few_read_row(const sc_call *call, int n, int y, float *to)
{
    const sc_conv_state *state = call->state;
    const sc_conv_shape *s = &state->shape;
    size_t co = (size_t)s->co, ow = (size_t)s->ow, pixel = ((size_t)n * (size_t)s->oh + (size_t)y) * ow;
    if (s->relu)
        state->isa->mask(to, call->out_gradient->data + pixel * co,
                         (const uint16_t *)call->saved + pixel * sc_groups(co), ow, co);
    else
        memcpy(to, call->out_gradient->data + pixel * co, ow * co * sizeof *to);
}

/* D of a line, numbered so that line y + ky is read by output row y; lines ascend. */
static void spread_line(const sc_call *call, spread_gradient *g, int n, int line, int end)
{
    const sc_conv_state *state = call->state;
    const sc_conv_shape *s = &state->shape;
    size_t columns = column_floats(s), co = (size_t)s->co;
    for (; g->next <= line; g->next++) {
        float *row = g->rows + (size_t)(g->next % s->kh) * row_floats(s);
        if (g->next < end)
            few_read_row(call, n, g->next, row);
        else
            memset(row, 0, row_floats(s) * sizeof *row);
    }
    const float *rows[MAX_KH];
    for (int ky = 0; ky < s->kh; ky++)
        rows[ky] = g->rows + (size_t)((line - ky + s->kh) % s->kh) * row_floats(s);
    float *to = g->d + ((size_t)s->kw - 1) * columns;
    for (size_t x = 0; x < (size_t)s->ow; x++, to += columns)
        for (size_t ky = 0; ky < (size_t)s->kh; ky++) /* each writes over what the one before it had too much */
            *(quad *)(to + ky * co) = *(const quad *)(rows[ky] + x * co);
}

/* --- gradient of the input; a part is a band of rows, with their padding where it is not zeros --- */

typedef struct input_cut {
    int first, rows;
    size_t bands, depth, columns, right, result, thread_floats;
} input_cut;

static input_cut few_cut_input(const sc_conv_shape *s)
{
    input_cut f = { .first = s->padding.top,
                    .rows = s->h,
                    .depth = (size_t)s->kw * column_floats(s),
                    .columns = sc_round_group((size_t)s->ci) };
    if (s->padding.mode != SC_PAD_ZERO) {
        f.first = 0;
        f.rows = s->padding.top + s->h + s->padding.bottom;
    }
    f.bands = ((size_t)f.rows + INPUT_BAND - 1) / INPUT_BAND;
    f.right = f.depth * f.columns;
    f.result = ((size_t)s->ow + (size_t)s->kw - 1 + BLOCK) * f.columns;
    f.thread_floats = sc_round_group(f.right + f.result + spread_floats(s));
    return f;
}

static int few_input_parts(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    return (int)few_cut_input(&state->shape).bands * state->shape.n;
}

static size_t few_input_scratch(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    return sc_border_bytes(&state->shape) +
           (size_t)call->thread_count * few_cut_input(&state->shape).thread_floats * sizeof(float);
}

/* right[panels of [kw columns][their channels]]: row j columns + ky co + o has the taps (ky, kw - 1 - j) of output
 * channel o, zeros between. */
static void pack_turned(const sc_cpu_isa *isa, const sc_conv_shape *s, const input_cut *f, const float *w, float *right)
{
    size_t ci = (size_t)s->ci, co = (size_t)s->co, kw = (size_t)s->kw, columns = column_floats(s),
           taps = (size_t)s->kh * kw * ci;
    for (size_t p = 0; p < f->columns; p += isa->panel) {
        size_t end = p + isa->panel < f->columns ? p + isa->panel : f->columns;
        for (size_t d = 0; d < f->depth; d++)
            for (size_t c = p, own = d % columns; c < end; c++)
                *right++ = c < ci && own < (size_t)s->kh * co ?
                               w[own % co * taps + (own / co * kw + kw - 1 - d / columns) * ci + c] :
                               0.0f;
    }
}

static int few_input_run(const sc_call *call, int part, int thread)
{
    const sc_conv_state *state = call->state;
    const sc_conv_shape *s = &state->shape;
    input_cut f = few_cut_input(s);
    float *right = (float *)((char *)call->scratch + sc_border_bytes(s)) + (size_t)thread * f.thread_floats,
          *result = right + f.right;
    int n = part / (int)f.bands, begin = part % (int)f.bands * INPUT_BAND,
        end = begin + INPUT_BAND < f.rows ? begin + INPUT_BAND : f.rows;
    begin += f.first;
    end += f.first;
    size_t columns = column_floats(s), width = (size_t)s->ow + (size_t)s->kw - 1, ci = (size_t)s->ci;
    pack_turned(state->isa, s, &f, call->in[1]->data, right);
    spread_gradient g = spread_begin(s, begin < s->kh - 1 ? 0 : begin - (s->kh - 1), result + f.result);
    for (int line = begin; line < end; line++) {
        spread_line(call, &g, n, line, s->oh);
        for (size_t x = 0; x < width; x += BLOCK) {
            size_t count = width - x < BLOCK ? width - x : BLOCK,
                   rows = (count + SC_MICRO_ROWS - 1) / SC_MICRO_ROWS * SC_MICRO_ROWS;
            state->isa->multiply(g.d + x * columns, columns, right, result + x * f.columns, f.columns, rows, f.depth,
                                 f.columns, false);
        }
        for (size_t x = 0; x < width && f.columns > ci; x++)
            memmove(result + x * ci, result + x * f.columns, ci * sizeof *result);
        sc_border_store_row(call, s, n, line - s->padding.top, result, (int)width);
    }
    return SCUMBLE_OK;
}

static int few_input_finish(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    sc_border_fold(&state->shape, call->scratch, call->in_gradient[0]->data);
    return SCUMBLE_OK;
}

const sc_kernel sc_few_input = { few_input_parts, few_input_run, few_input_finish, few_input_scratch };

/* --- gradient of the weights; a part is a stretch of output rows, whose sums are combined in order --- */

typedef struct weights_cut {
    size_t stretches, columns, width; /* dW^T [columns = kh co][width = kw ci], each filled up to groups */
    size_t line, sums, partial, thread_floats;
} weights_cut;

static weights_cut cut_weights(const sc_conv_shape *s)
{
    weights_cut f = { .columns = column_floats(s), .width = sc_round_group((size_t)s->kw * (size_t)s->ci) };
    size_t rows = (size_t)s->n * (size_t)s->oh, least = 4 * (size_t)s->kh;
    f.stretches = rows / least < 1 ? 1 : rows / least < MOST_STRETCHES ? rows / least : MOST_STRETCHES;
    f.line =
        sc_round_group(((size_t)s->padding.left + (size_t)s->w + (size_t)s->padding.right + BLOCK) * (size_t)s->ci);
    f.sums = f.columns * f.width;
    f.partial = f.sums + SC_GROUP; /* and db */
    f.thread_floats = sc_round_group(f.line + spread_floats(s));
    return f;
}

static int few_weights_parts(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    return (int)cut_weights(&state->shape).stretches;
}

static size_t few_weights_scratch(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    weights_cut f = cut_weights(&state->shape);
    return (f.stretches * f.partial + (size_t)call->thread_count * f.thread_floats) * sizeof(float);
}

/* Adds the sums of output rows [begin, end) of picture n. */
static void add_rows(const sc_call *call, const weights_cut *f, int n, int begin, int end, float *line, float *memory,
                     float *partial)
{
    const sc_conv_state *state = call->state;
    const sc_conv_shape *s = &state->shape;
    const float *picture =
        call->in[0]->data ? call->in[0]->data + (size_t)n * (size_t)s->h * (size_t)s->w * (size_t)s->ci : NULL;
    spread_gradient g = spread_begin(s, begin, memory);
    for (int y = begin; y < end + s->kh - 1 && call->in_gradient[1]; y++) {
        spread_line(call, &g, n, y, end);
        sc_pad_line(s, picture, y - s->padding.top, line);
        state->isa->add_outer(g.d + ((size_t)s->kw - 1) * f->columns, f->columns, line, (size_t)s->ci, (size_t)s->ow,
                              f->columns, f->width, true, partial);
    }
    for (int y = begin; y < end && call->in_gradient[2]; y++) {
        float *row = g.rows, sums[MAX_CO] = { 0 };
        few_read_row(call, n, y, row);
        for (size_t i = 0; i < (size_t)s->ow * (size_t)s->co; i++)
            sums[i % (size_t)s->co] += row[i];
        for (int o = 0; o < s->co; o++)
            partial[f->sums + (size_t)o] += sums[o];
    }
}

static int few_weights_run(const sc_call *call, int part, int thread)
{
    const sc_conv_state *state = call->state;
    const sc_conv_shape *s = &state->shape;
    weights_cut f = cut_weights(s);
    float *partial = (float *)call->scratch + (size_t)part * f.partial;
    float *line = (float *)call->scratch + f.stretches * f.partial + (size_t)thread * f.thread_floats;
    sc_range own = sc_cut((size_t)s->n * (size_t)s->oh, f.stretches, (size_t)part);
    memset(partial, 0, f.partial * sizeof *partial);
    memset(line, 0, f.line * sizeof *line);
    for (size_t row = own.begin; row < own.end;) { /* a stretch may reach into several pictures */
        size_t n = row / (size_t)s->oh, end = (n + 1) * (size_t)s->oh < own.end ? (n + 1) * (size_t)s->oh : own.end;
        add_rows(call, &f, (int)n, (int)(row - n * (size_t)s->oh), (int)(end - n * (size_t)s->oh), line, line + f.line,
                 partial);
        row = end;
    }
    return SCUMBLE_OK;
}

static int few_weights_finish(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    const sc_conv_shape *s = &state->shape;
    weights_cut f = cut_weights(s);
    const float *partials = call->scratch;
    size_t run = (size_t)s->kw * (size_t)s->ci;
    for (size_t i = 0; call->in_gradient[1] && i < (size_t)s->kh * (size_t)s->co; i++) {
        float *to = call->in_gradient[1]->data + (i % (size_t)s->co * (size_t)s->kh + i / (size_t)s->co) * run;
        sc_combine_partials(partials + i * f.width, f.partial, f.stretches, run, to, call->accumulate[1]);
    }
    if (call->in_gradient[2])
        sc_combine_partials(partials + f.sums, f.partial, f.stretches, (size_t)s->co, call->in_gradient[2]->data,
                            call->accumulate[2]);
    return SCUMBLE_OK;
}

const sc_kernel sc_few_weights = { few_weights_parts, few_weights_run, few_weights_finish, few_weights_scratch };
