/* SPDX-License-Identifier: MIT */
/* Convolutions by oneDNN: strided, dilated, grouped, and of any kernel size. See onednn.h.
 *
 * The work is cut into bands of rows, each a small convolution without padding on the calling thread: where there is
 * padding, of any mode, the band is first copied with it into the thread's scratch. So a node needs few primitives:
 *   forward          a whole band, and the last band where it has fewer rows
 *   input gradient   one: each band of (padded) input rows takes the same number of output-gradient rows, those that
 *                    reach it and, at the ends, some more; what they give to other rows is dropped
 *   weight gradient  as forward; bands are summed in at most MOST_PARTIALS fixed groups, combined in order
 * Bias, ReLU and its bits follow on the band while it is in the cache. */
#include "device/host/onednn.h"

#include <stdlib.h>
#include <string.h>

#include "device/host/onednn_primitive.h"
#include "device/host/onednn_thread.h"
#include "device/host/border.h"
#include "device/host/parts.h"

enum { MOST_PARTIALS = 8, BAND_PRODUCTS = 8000000, BAND_VALUES = 131072, PARTIALS_BYTES = 32 << 20 };

typedef sc_onednn_primitive primitive;

struct sc_onednn_conv {
    dnnl_engine_t engine;
    sc_onednn_desc *weights;                    /* as the graph holds them */
    size_t band, bands;                         /* output rows of a band, bands of a picture */
    size_t width;                               /* columns of a band of the input, padding included */
    size_t input_band, input_bands, input_rows; /* padded input rows of a band; output rows that it takes */
    primitive forward[2], weight[2], input;     /* [1]: the last band */
    int forward_prepared, input_prepared; /* 1 + which of the call's prepared inputs are the weights in the primitive's
                                             layout; 0: none, each part makes it for itself */
};

/* --- creating --- */

static size_t band_input_rows(const sc_conv_shape *s, size_t out_rows)
{
    return (out_rows - 1) * (size_t)s->stride_h + (size_t)(s->kh - 1) * (size_t)s->dilation_h + 1;
}

/* For `rows` output rows; weights in the layout of *layout unless that is NULL. */
static dnnl_status_t create_primitive(primitive *p, const sc_onednn_conv *conv, const sc_conv_shape *s,
                                      sc_onednn_direction what, size_t rows, const sc_onednn_desc *layout)
{
    return sc_onednn_primitive_create(p, conv->engine, s, what, band_input_rows(s, rows), conv->width, rows, layout);
}

/* The two primitives of forward or of the weights' gradient. */
static dnnl_status_t create_pair(primitive pair[2], const sc_onednn_conv *conv, const sc_conv_shape *s,
                                 sc_onednn_direction what)
{
    size_t rest = (size_t)s->oh % conv->band;
    dnnl_status_t status = create_primitive(&pair[0], conv, s, what, conv->band, NULL);
    if (!status && rest)
        status = create_primitive(&pair[1], conv, s, what, rest, pair[0].w);
    if (status) {
        sc_onednn_primitive_destroy(&pair[0]);
        sc_onednn_primitive_destroy(&pair[1]);
    }
    return status;
}

static void onednn_conv_cut(sc_onednn_conv *conv, const sc_conv_shape *s)
{
    size_t row_values = (size_t)s->ow * (size_t)s->co, stride = (size_t)s->stride_h,
           reach = (size_t)(s->kh - 1) * (size_t)s->dilation_h;
    size_t row_products = row_values * (size_t)s->kh * (size_t)s->kw * (size_t)(s->ci / s->groups);
    size_t most = BAND_PRODUCTS / row_products + 1, fit = BAND_VALUES / row_values + 1, rows = most < fit ? most : fit;
    conv->band = rows < (size_t)s->oh ? rows : (size_t)s->oh;
    conv->bands = ((size_t)s->oh + conv->band - 1) / conv->band;
    conv->width = (size_t)(s->ow - 1) * (size_t)s->stride_w + (size_t)(s->kw - 1) * (size_t)s->dilation_w + 1;
    rows = conv->band > 4 * reach / stride ? conv->band : 4 * reach / stride + 1;
    conv->input_band = rows * stride;
    size_t padded = (size_t)(s->padding.top + s->h + s->padding.bottom);
    conv->input_bands = (padded + conv->input_band - 1) / conv->input_band;
    conv->input_rows = rows + (reach + stride - 1) / stride;
    if (conv->input_rows > (size_t)s->oh)
        conv->input_rows = (size_t)s->oh;
}

/* --- running --- */

static size_t desc_bytes(const sc_onednn_desc *d)
{
    return sc_align64(sc_onednn_desc_bytes(d));
}

static size_t pair_pad_bytes(const primitive pair[2])
{
    return pair[0].pad_bytes > pair[1].pad_bytes ? pair[0].pad_bytes : pair[1].pad_bytes;
}

/* One thread's scratch. Members that are not needed have no bytes. */
typedef struct layout {
    size_t weights, x, y, pad, sum, total; /* bytes */
} layout;

typedef struct buffers {
    float *weights, *x, *y, *sum;
    void *pad;
} buffers;

static bool copies_input(const sc_onednn_conv *conv, const sc_conv_shape *s)
{
    const sc_padding *p = &s->padding;
    return p->top || p->bottom || p->left || p->right || conv->width != (size_t)s->w;
}

static layout layout_of(const sc_call *call, sc_onednn_direction what)
{
    const sc_conv_state *state = call->state;
    const sc_conv_shape *s = &state->shape;
    const sc_onednn_conv *conv = state->onednn;
    const primitive *p = what == SC_ONEDNN_FORWARD ? &conv->forward[0] :
                         what == SC_ONEDNN_INPUT   ? &conv->input :
                                                     &conv->weight[0];
    layout l = { .pad = what == SC_ONEDNN_INPUT ? p->pad_bytes : pair_pad_bytes(p) };
    if (what == SC_ONEDNN_INPUT || copies_input(conv, s))
        l.x = desc_bytes(p->x);
    if (what != SC_ONEDNN_FORWARD && s->relu)
        l.y = desc_bytes(p->y);
    if (what == SC_ONEDNN_FORWARD ? !conv->forward_prepared : what == SC_ONEDNN_INPUT ? !conv->input_prepared : false)
        l.weights = desc_bytes(p->w);
    if (what == SC_ONEDNN_WEIGHTS)
        l.sum = desc_bytes(p->w);
    l.total = l.weights + l.x + l.y + l.pad + l.sum;
    return l;
}

/* A thread's, behind what all share. Where nothing is needed there is no scratch memory to point into. */
static buffers buffers_of(const layout *l, const sc_call *call, size_t shared_bytes, int thread)
{
    if (!call->scratch)
        return (buffers){ 0 };
    char *at = (char *)call->scratch + shared_bytes + (size_t)thread * l->total;
    buffers b = { .weights = (float *)at };
    b.x = (float *)(at += l->weights);
    b.y = (float *)(at += l->x);
    b.pad = at += l->y;
    b.sum = (float *)(at + l->pad);
    return b;
}

/* The input rows of output rows [first, first + rows), with their padding. */
static const float *band_input(const sc_call *call, size_t n, size_t first, size_t rows, float *buffer)
{
    const sc_conv_state *state = call->state;
    const sc_conv_shape *s = &state->shape;
    const sc_padding *p = &s->padding;
    size_t ci = (size_t)s->ci, width = state->onednn->width;
    const float *picture = call->in[0]->data + n * (size_t)s->h * (size_t)s->w * ci;
    int y = (int)first * s->stride_h - p->top, end = y + (int)band_input_rows(s, rows);
    if (!copies_input(state->onednn, s))
        return picture + (size_t)y * (size_t)s->w * ci;
    for (float *to = buffer; y < end; y++, to += width * ci) {
        int row = sc_pad_source(y, s->h, p->top, p->bottom, p->mode);
        if (row < 0) {
            memset(to, 0, width * ci * sizeof(float));
            continue;
        }
        const float *from = picture + (size_t)row * (size_t)s->w * ci;
        for (size_t i = 0; i < width; i++) {
            int x = sc_pad_source((int)i - p->left, s->w, p->left, p->right, p->mode);
            if (x < 0)
                memset(to + i * ci, 0, ci * sizeof(float));
            else
                memcpy(to + i * ci, from + (size_t)x * ci, ci * sizeof(float));
        }
    }
    return buffer;
}

/* Rows [first, first + rows) of the output's gradient, masked where there is a ReLU. */
static const float *band_gradient(const sc_call *call, size_t n, size_t first, size_t rows, float *buffer)
{
    const sc_conv_state *state = call->state;
    const sc_conv_shape *s = &state->shape;
    size_t pixel = (n * (size_t)s->oh + first) * (size_t)s->ow;
    const float *from = call->out_gradient->data + pixel * (size_t)s->co;
    if (!s->relu)
        return from;
    state->isa->mask(buffer, from, (const uint16_t *)call->saved + pixel * sc_groups((size_t)s->co),
                     rows * (size_t)s->ow, (size_t)s->co);
    return buffer;
}

static int ready_weights(const sc_call *call, const primitive *p, int prepared, const buffers *b, const float **weights)
{
    const sc_conv_state *state = call->state;
    *weights = prepared ? call->prepared[prepared - 1] : b->weights;
    return prepared ? SCUMBLE_OK : sc_onednn_reorder(state->onednn->weights, call->in[1]->data, p->w, b->weights);
}

/* --- forward --- */

static int onednn_conv_forward_parts(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    return (int)state->onednn->bands * state->shape.n;
}

static size_t onednn_conv_forward_scratch(const sc_call *call)
{
    return (size_t)call->thread_count * layout_of(call, SC_ONEDNN_FORWARD).total;
}

static int forward_band(const sc_call *call, size_t part, int thread)
{
    const sc_conv_state *state = call->state;
    const sc_conv_shape *s = &state->shape;
    const sc_onednn_conv *conv = state->onednn;
    layout l = layout_of(call, SC_ONEDNN_FORWARD);
    buffers b = buffers_of(&l, call, 0, thread);
    size_t n = part / conv->bands, first = part % conv->bands * conv->band;
    size_t rows = (size_t)s->oh - first < conv->band ? (size_t)s->oh - first : conv->band;
    const primitive *p = &conv->forward[rows < conv->band];
    const float *weights;
    int code = ready_weights(call, p, conv->forward_prepared, &b, &weights);
    if (code)
        return code;
    size_t pixel = (n * (size_t)s->oh + first) * (size_t)s->ow, pixels = rows * (size_t)s->ow, co = (size_t)s->co;
    float *out = call->out->data + pixel * co;
    const sc_onednn_argument arguments[] = { { DNNL_ARG_SRC, p->x, band_input(call, n, first, rows, b.x) },
                                             { DNNL_ARG_WEIGHTS, p->w, weights },
                                             { DNNL_ARG_DST, p->y, out },
                                             { DNNL_ARG_SCRATCHPAD, p->pad, b.pad } };
    code = sc_onednn_execute(conv->engine, p->handle, arguments, 4);
    if (!code && (s->bias || s->relu))
        state->isa->activate(out, pixels, co, s->bias ? call->in[2]->data : NULL, s->relu,
                             call->saved && s->relu ? (uint16_t *)call->saved + pixel * sc_groups(co) : NULL);
    return code;
}

static int onednn_conv_forward_run(const sc_call *call, int part, int thread)
{
    int before = sc_onednn_enter(), code = forward_band(call, (size_t)part, thread);
    sc_onednn_leave(before, thread);
    return code;
}

static const sc_kernel forward_kernel = { onednn_conv_forward_parts, onednn_conv_forward_run, NULL,
                                          onednn_conv_forward_scratch };

/* --- input gradient --- */

static int onednn_conv_input_parts(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    return (int)state->onednn->input_bands * state->shape.n;
}

static size_t onednn_conv_input_scratch(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    return sc_border_bytes(&state->shape) + (size_t)call->thread_count * layout_of(call, SC_ONEDNN_INPUT).total;
}

static int input_band(const sc_call *call, size_t part, int thread)
{
    const sc_conv_state *state = call->state;
    const sc_conv_shape *s = &state->shape;
    const sc_onednn_conv *conv = state->onednn;
    const primitive *p = &conv->input;
    layout l = layout_of(call, SC_ONEDNN_INPUT);
    buffers b = buffers_of(&l, call, sc_border_bytes(s), thread);
    size_t n = part / conv->input_bands, reach = (size_t)(s->kh - 1) * (size_t)s->dilation_h,
           stride = (size_t)s->stride_h;
    /* rows of the padded picture, and the output rows that they take */
    size_t begin = part % conv->input_bands * conv->input_band, end = begin + conv->input_band;
    size_t padded = (size_t)(s->padding.top + s->h + s->padding.bottom);
    end = end < padded ? end : padded;
    size_t first = begin > reach ? (begin - reach + stride - 1) / stride : 0;
    if (first + conv->input_rows > (size_t)s->oh)
        first = (size_t)s->oh - conv->input_rows;
    const float *weights;
    int code = ready_weights(call, p, conv->input_prepared, &b, &weights);
    if (code)
        return code;
    const sc_onednn_argument arguments[] = { { DNNL_ARG_DIFF_DST, p->y,
                                               band_gradient(call, n, first, conv->input_rows, b.y) },
                                             { DNNL_ARG_WEIGHTS, p->w, weights },
                                             { DNNL_ARG_DIFF_SRC, p->x, b.x },
                                             { DNNL_ARG_SCRATCHPAD, p->pad, b.pad } };
    code = sc_onednn_execute(conv->engine, p->handle, arguments, 4);
    size_t top = first * stride, rows = band_input_rows(s, conv->input_rows);
    for (size_t y = begin; y < end && !code; y++) {
        bool reached = y >= top && y - top < rows;
        sc_border_store_row(call, s, (int)n, (int)y - s->padding.top,
                            reached ? b.x + (y - top) * conv->width * (size_t)s->ci : NULL, (int)conv->width);
    }
    return code;
}

static int onednn_conv_input_run(const sc_call *call, int part, int thread)
{
    int before = sc_onednn_enter(), code = input_band(call, (size_t)part, thread);
    sc_onednn_leave(before, thread);
    return code;
}

static int onednn_conv_input_finish(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    sc_border_fold(&state->shape, call->scratch, call->in_gradient[0]->data);
    return SCUMBLE_OK;
}

static const sc_kernel input_kernel = { onednn_conv_input_parts, onednn_conv_input_run, onednn_conv_input_finish,
                                        onednn_conv_input_scratch };

/* --- weight gradient; scratch: a partial sum per part (weights in the primitive's layout, then bias), then buffers ---
 */

static size_t weights_bands(const sc_conv_state *state)
{
    return state->onednn->bands * (size_t)state->shape.n;
}

static size_t partial_bytes(const sc_conv_state *state)
{
    return desc_bytes(state->onednn->weight[0].w) + sc_align64((size_t)state->shape.co * sizeof(float));
}

static int onednn_conv_weights_parts(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    size_t bands = weights_bands(state), most = PARTIALS_BYTES / partial_bytes(state);
    most = most < 2 ? 2 : most > MOST_PARTIALS ? MOST_PARTIALS : most;
    return (int)(bands < most ? bands : most);
}

/* The final order's weights lie behind the partial sums. */
static size_t onednn_conv_partials_bytes(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    return (size_t)onednn_conv_weights_parts(call) * partial_bytes(state) + desc_bytes(state->onednn->weights);
}

static size_t onednn_conv_weights_scratch(const sc_call *call)
{
    return onednn_conv_partials_bytes(call) + (size_t)call->thread_count * layout_of(call, SC_ONEDNN_WEIGHTS).total;
}

static int add_band(const sc_call *call, size_t band, const buffers *b, float *partial, float *bias, bool first_of_part)
{
    const sc_conv_state *state = call->state;
    const sc_conv_shape *s = &state->shape;
    const sc_onednn_conv *conv = state->onednn;
    size_t n = band / conv->bands, first = band % conv->bands * conv->band, co = (size_t)s->co;
    size_t rows = (size_t)s->oh - first < conv->band ? (size_t)s->oh - first : conv->band;
    const float *dy = band_gradient(call, n, first, rows, b->y);
    for (size_t i = 0; call->in_gradient[2] && i < rows * (size_t)s->ow; i++)
        for (size_t c = 0; c < co; c++)
            bias[c] += dy[i * co + c];
    if (!call->in_gradient[1])
        return SCUMBLE_OK;
    const primitive *p = &conv->weight[rows < conv->band];
    float *to = first_of_part ? partial : b->sum;
    const sc_onednn_argument arguments[] = { { DNNL_ARG_SRC, p->x, band_input(call, n, first, rows, b->x) },
                                             { DNNL_ARG_DIFF_DST, p->y, dy },
                                             { DNNL_ARG_DIFF_WEIGHTS, p->w, to },
                                             { DNNL_ARG_SCRATCHPAD, p->pad, b->pad } };
    int code = sc_onednn_execute(conv->engine, p->handle, arguments, 4);
    if (!code && !first_of_part)
        sc_combine_partials(b->sum, 0, 1, sc_onednn_desc_bytes(p->w) / sizeof(float), partial, true);
    return code;
}

static int onednn_conv_weights_run(const sc_call *call, int part, int thread)
{
    const sc_conv_state *state = call->state;
    layout l = layout_of(call, SC_ONEDNN_WEIGHTS);
    buffers b = buffers_of(&l, call, onednn_conv_partials_bytes(call), thread);
    float *partial = (float *)((char *)call->scratch + (size_t)part * partial_bytes(state));
    float *bias = partial + desc_bytes(state->onednn->weight[0].w) / sizeof(float);
    memset(bias, 0, (size_t)state->shape.co * sizeof(float));
    sc_range bands = sc_cut(weights_bands(state), (size_t)onednn_conv_weights_parts(call), (size_t)part);
    int before = sc_onednn_enter(), code = SCUMBLE_OK;
    for (size_t i = bands.begin; i < bands.end && !code; i++)
        code = add_band(call, i, &b, partial, bias, i == bands.begin);
    sc_onednn_leave(before, thread);
    return code;
}

static int onednn_conv_weights_finish(const sc_call *call)
{
    const sc_conv_state *state = call->state;
    const sc_onednn_conv *conv = state->onednn;
    size_t parts = (size_t)onednn_conv_weights_parts(call), stride = partial_bytes(state) / sizeof(float);
    float *partials = call->scratch, *plain = partials + parts * stride;
    size_t bias = desc_bytes(conv->weight[0].w) / sizeof(float);
    if (call->in_gradient[2])
        sc_combine_partials(partials + bias, stride, parts, (size_t)state->shape.co, call->in_gradient[2]->data,
                            call->accumulate[2]);
    if (!call->in_gradient[1])
        return SCUMBLE_OK;
    sc_combine_partials(partials + stride, stride, parts - 1, sc_onednn_desc_bytes(conv->weight[0].w) / sizeof(float),
                        partials, true);
    int code = sc_onednn_reorder(conv->weight[0].w, partials, conv->weights, plain);
    if (!code)
        sc_combine_partials(plain, 0, 1, sc_shape_count(call->in[1]->shape), call->in_gradient[1]->data,
                            call->accumulate[1]);
    return code;
}

static const sc_kernel weights_kernel = { onednn_conv_weights_parts, onednn_conv_weights_run,
                                          onednn_conv_weights_finish, onednn_conv_weights_scratch };

/* --- choosing --- */

void sc_onednn_conv_destroy(sc_onednn_conv *conv)
{
    if (!conv)
        return;
    for (int i = 0; i < 2; i++) {
        sc_onednn_primitive_destroy(&conv->forward[i]);
        sc_onednn_primitive_destroy(&conv->weight[i]);
    }
    sc_onednn_primitive_destroy(&conv->input);
    sc_onednn_desc_destroy(conv->weights);
    dnnl_engine_destroy(conv->engine);
    free(conv);
}

static dnnl_status_t create_engines(sc_onednn_conv *conv, sc_conv_state *state, unsigned wanted)
{
    const sc_conv_shape *s = &state->shape;
    dnnl_status_t status = dnnl_engine_create(&conv->engine, dnnl_cpu, 0);
    if (!status && !state->forward) {
        status = create_pair(conv->forward, conv, s, SC_ONEDNN_FORWARD);
        state->forward = status ? NULL : &forward_kernel;
    }
    if (!status && wanted & 1 && !state->input) {
        status = create_primitive(&conv->input, conv, s, SC_ONEDNN_INPUT, conv->input_rows, NULL);
        state->input = status ? NULL : &input_kernel;
    }
    if (!status && wanted & 6 && !state->weights) {
        status = create_pair(conv->weight, conv, s, SC_ONEDNN_WEIGHTS);
        state->weights = status ? NULL : &weights_kernel;
    }
    return status;
}

/* Weights that never change, in the layout of forward or of the input's gradient. */
static int reorder(const sc_call *call, const primitive *p, int prepared)
{
    const sc_conv_state *state = call->state;
    return sc_onednn_reorder(state->onednn->weights, call->in[1]->data, p->w, call->prepared[prepared - 1]);
}

static int reorder_forward(const sc_call *call, int part, int thread)
{
    (void)part, (void)thread;
    const sc_onednn_conv *conv = ((const sc_conv_state *)call->state)->onednn;
    return reorder(call, &conv->forward[0], conv->forward_prepared);
}

static int reorder_input(const sc_call *call, int part, int thread)
{
    (void)part, (void)thread;
    const sc_onednn_conv *conv = ((const sc_conv_state *)call->state)->onednn;
    return reorder(call, &conv->input, conv->input_prepared);
}

static const sc_kernel forward_preparation = { .run = reorder_forward }, input_preparation = { .run = reorder_input };

/* Returns 1 + its number. */
static int want(sc_choice *choice, const sc_kernel *kernel, const primitive *p)
{
    if (!p->handle)
        return 0;
    choice->preparations[choice->preparation_count++] =
        (sc_preparation){ 1, kernel, desc_bytes(p->w), p->w, &sc_onednn_layouts };
    return choice->preparation_count;
}

int sc_onednn_conv_create(const sc_node_info *node, sc_conv_state *state, sc_choice *choice, sc_error *err)
{
    sc_onednn_conv *conv = calloc(1, sizeof *conv);
    if (!conv)
        return sc_fail_memory(err, sizeof *conv);
    choice->state_bytes += sizeof *conv;
    state->onednn = conv;
    conv->weights = sc_onednn_weights_desc(&state->shape);
    if (!conv->weights)
        return sc_fail_memory(err, sizeof *conv);
    onednn_conv_cut(conv, &state->shape);
    int before = sc_onednn_enter();
    int code = sc_onednn_status((int)create_engines(conv, state, node->wanted));
    sc_onednn_leave(before, 0);
    if (!code && node->frozen & 2) {
        conv->forward_prepared = want(choice, &forward_preparation, &conv->forward[0]);
        conv->input_prepared = want(choice, &input_preparation, &conv->input);
    }
    return code == SCUMBLE_ERR_MEMORY ? sc_fail_memory(err, sizeof *conv) : SCUMBLE_OK; /* else the reference serves */
}
