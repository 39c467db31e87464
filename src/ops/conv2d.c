/* SPDX-License-Identifier: MIT */
/* Convolution by gathering patches: for a run of output positions the kh * kw * ci input values under the kernel are
 * laid next to each other (borders included), and multiplied with the weights, which lie (co, kh, kw, ci).
 *   forward   out(p, co)  = bias(co) + sum_k patch(p, k) weight(co, k), then relu
 *   data      dx(q, ci)   = sum over taps and co of dout(p, co) weight(co, tap, ci), gathered per input row
 *   weights   dw(co, k)   = sum_p dout(p, co) patch(p, k);   bias  db(co) = sum_p dout(p, co)
 * With relu, dout is dout where the saved bit is set, else 0. Saved: n * h' rows of sc_sign_bytes(w' * co) bytes. */
#include "ops/helpers.h"
#include "ops/matmul.h"

enum { WEIGHT_TILE = 32, WEIGHT_CHANNELS = 16 };

/* All extents of one call. ci and co are channels of one group. */
typedef struct geometry {
    sc_shape x, out;
    int groups, ci, co, kh, kw, stride_h, stride_w, dilation_h, dilation_w;
    int patch; /* kh * kw * ci */
    sc_padding padding;
    bool relu;
} geometry;

static int conv2d_one_if_zero(int value)
{
    return value ? value : 1;
}

static geometry geometry_of(const sc_call *call)
{
    const sc_conv2d_attrs *a = call->attrs;
    sc_shape x = call->in[0]->shape, w = call->in[1]->shape;
    int groups = conv2d_one_if_zero(a->groups);
    return (geometry){ .x = x,
                       .out = call->out->shape,
                       .groups = groups,
                       .ci = w.c,
                       .co = w.n / groups,
                       .kh = w.h,
                       .kw = w.w,
                       .stride_h = conv2d_one_if_zero(a->stride_h),
                       .stride_w = conv2d_one_if_zero(a->stride_w),
                       .dilation_h = conv2d_one_if_zero(a->dilation_h),
                       .dilation_w = conv2d_one_if_zero(a->dilation_w),
                       .patch = w.h * w.w * w.c,
                       .padding = a->padding,
                       .relu = a->relu };
}

static int conv2d_check_attrs(const sc_conv2d_attrs *a, sc_error *err)
{
    if (a->stride_h < 0 || a->stride_w < 0)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "conv2d: strides must be at least 1, not %d x %d", a->stride_h,
                       a->stride_w);
    if (a->dilation_h < 0 || a->dilation_w < 0)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "conv2d: dilations must be at least 1, not %d x %d", a->dilation_h,
                       a->dilation_w);
    if (a->groups < 0)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "conv2d: there must be at least 1 group, not %d", a->groups);
    return SCUMBLE_OK;
}

static int check_channels(const sc_call *call, int groups, sc_error *err)
{
    sc_shape x = call->in[0]->shape, w = call->in[1]->shape;
    if ((int64_t)w.c * groups != x.c)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "conv2d: the weight takes %d channels in each of %d groups, but the input has %d channels", w.c,
                       groups, x.c);
    if (w.n % groups)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "conv2d: the weight's %d output channels cannot be divided into %d groups", w.n, groups);
    enum { MOST = 1 << 24 };
    int64_t window = (int64_t)w.h * w.w;
    if (window > MOST || window * w.c > MOST)
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "conv2d: a kernel of %d x %d x %d values is too large", w.c, w.h, w.w);
    return call->input_count < 3 ? SCUMBLE_OK : sc_check_vector(call, 2, "conv2d", "bias", w.n, err);
}

static int conv2d_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    const sc_conv2d_attrs *a = call->attrs;
    sc_shape x = call->in[0]->shape, w = call->in[1]->shape;
    int code = conv2d_check_attrs(a, err);
    if (!code)
        code = sc_check_padding("conv2d", a->padding, x, err);
    if (!code)
        code = check_channels(call, conv2d_one_if_zero(a->groups), err);
    if (code)
        return code;
    int64_t kernel_h = (int64_t)conv2d_one_if_zero(a->dilation_h) * (w.h - 1) + 1,
            kernel_w = (int64_t)conv2d_one_if_zero(a->dilation_w) * (w.w - 1) + 1;
    int64_t padded_h = (int64_t)x.h + a->padding.top + a->padding.bottom,
            padded_w = (int64_t)x.w + a->padding.left + a->padding.right;
    if (padded_h > INT_MAX || padded_w > INT_MAX)
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "conv2d: a padded input of %lld x %lld pixels is too large",
                       (long long)padded_h, (long long)padded_w);
    if (padded_h < kernel_h || padded_w < kernel_w)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "conv2d: the kernel spans %lld x %lld pixels, more than the padded input of %lld x %lld",
                       (long long)kernel_h, (long long)kernel_w, (long long)padded_h, (long long)padded_w);
    return sc_infer_extents("conv2d", x.n, w.n, (padded_h - kernel_h) / conv2d_one_if_zero(a->stride_h) + 1,
                            (padded_w - kernel_w) / conv2d_one_if_zero(a->stride_w) + 1, out, err);
}

/* Copies what kernel row ky sees at output column ox into to[0 .. kw * ci). `row` is the source row, NULL for zeros. */
static void gather_kernel_row(const geometry *g, const float *row, int group, int ox, float *to)
{
    size_t ci = (size_t)g->ci, all = (size_t)g->x.c;
    int first = ox * g->stride_w - g->padding.left;
    bool inside = first >= 0 && first + g->kw <= g->x.w;
    if (!row) {
        memset(to, 0, (size_t)g->kw * ci * sizeof *to);
    } else if (inside && g->dilation_w == 1 && g->groups == 1) {
        memcpy(to, row + (size_t)first * all, (size_t)g->kw * ci * sizeof *to);
    } else {
        for (int kx = 0; kx < g->kw; kx++, to += ci) {
            int source = sc_border_source(first + kx * g->dilation_w, g->x.w, g->padding.mode);
            if (source < 0)
                memset(to, 0, ci * sizeof *to);
            else
                memcpy(to, row + (size_t)source * all + (size_t)group * ci, ci * sizeof *to);
        }
    }
}

/* The row of x under kernel row ky at output row oy of picture n; NULL in a border of zeros. */
static const float *source_row(const geometry *g, const sc_tensor *x, int n, int oy, int ky)
{
    int y = sc_border_source(oy * g->stride_h - g->padding.top + ky * g->dilation_h, g->x.h, g->padding.mode);
    return y < 0 ? NULL : sc_row(x, (size_t)n * (size_t)g->x.h + (size_t)y);
}

/* Cost of one output row, in values that an element-wise kernel would handle in the time. */
static size_t row_cost(const geometry *g)
{
    return sc_row_values(g->out) * ((size_t)g->patch / 8 + 1);
}

/* --- forward --- */

/* Output positions that are gathered at once: about 128 Ki values of patches. */
static int forward_tile(const geometry *g)
{
    return sc_min_int(g->out.w, sc_min_int(64, sc_max_int(16, 131072 / g->patch)));
}

static size_t conv2d_forward_thread_bytes(const geometry *g)
{
    return (size_t)forward_tile(g) * (size_t)g->patch * sizeof(float);
}

static size_t conv2d_forward_scratch(const sc_call *call)
{
    geometry g = geometry_of(call);
    return sc_threads_bytes(call, conv2d_forward_thread_bytes(&g));
}

static int conv2d_forward_parts(const sc_call *call)
{
    geometry g = geometry_of(call);
    return sc_part_count(sc_row_count(g.out), row_cost(&g));
}

static void conv2d_fill_bias(const sc_call *call, float *row)
{
    sc_shape out = call->out->shape;
    if (call->input_count < 3) {
        memset(row, 0, sc_row_values(out) * sizeof *row);
        return;
    }
    for (int x = 0; x < out.w; x++)
        memcpy(row + (size_t)x * (size_t)out.c, call->in[2]->data, (size_t)out.c * sizeof *row);
}

/* Positions [x0, x0 + tile) of output row (n, oy), channels of one group. */
static void forward_positions(const sc_call *call, const geometry *g, int n, int oy, int x0, int tile, int group,
                              float *patches)
{
    size_t span = (size_t)g->kw * (size_t)g->ci, patch = (size_t)g->patch, channels = (size_t)g->out.c;
    for (int ky = 0; ky < g->kh; ky++) {
        const float *row = source_row(g, call->in[0], n, oy, ky);
        for (int x = 0; x < tile; x++)
            gather_kernel_row(g, row, group, x0 + x, patches + (size_t)x * patch + (size_t)ky * span);
    }
    const float *weight = call->in[1]->data + (size_t)group * (size_t)g->co * patch;
    float *to = sc_row(call->out, (size_t)n * (size_t)g->out.h + (size_t)oy) + (size_t)x0 * channels +
                (size_t)group * (size_t)g->co;
    sc_matmul_add(tile, g->co, g->patch, (sc_matrix){ patches, patch, 1 }, (sc_matrix){ weight, 1, patch }, to,
                  channels);
}

static int conv2d_forward(const sc_call *call, int part, int thread)
{
    geometry g = geometry_of(call);
    float *patches = sc_thread_scratch(call, thread, conv2d_forward_thread_bytes(&g));
    int tile = forward_tile(&g);
    size_t values = sc_row_values(g.out);
    sc_range rows = sc_part_range(sc_row_count(g.out), conv2d_forward_parts(call), part);
    for (size_t r = rows.begin; r < rows.end; r++) {
        float *out = sc_row(call->out, r);
        conv2d_fill_bias(call, out);
        for (int x = 0; x < g.out.w; x += tile)
            for (int group = 0; group < g.groups; group++)
                forward_positions(call, &g, (int)(r / (size_t)g.out.h), (int)(r % (size_t)g.out.h), x,
                                  sc_min_int(tile, g.out.w - x), group, patches);
        if (g.relu)
            sc_relu_row(out, out, values, 0, call->saved ? (uint8_t *)call->saved + r * sc_sign_bytes(values) : NULL);
    }
    return SCUMBLE_OK;
}

/* --- backward: first the parts of the data gradient, then those of weights and bias --- */

static int conv2d_data_parts(const sc_call *call, const geometry *g)
{
    return call->in_gradient[0] ?
               sc_part_count(sc_row_count(g->x),
                             sc_row_values(g->x) * ((size_t)g->kh * (size_t)g->kw * (size_t)g->co / 8 + 1)) :
               0;
}

static bool conv2d_weights_wanted(const sc_call *call)
{
    return call->in_gradient[1] || (call->input_count > 2 && call->in_gradient[2]);
}

/* A unit of the weight gradient: up to 16 output channels of one group, one row of the kernel. */
static int channel_blocks(const geometry *g)
{
    return (g->co + WEIGHT_CHANNELS - 1) / WEIGHT_CHANNELS;
}

static int weight_parts(const sc_call *call, const geometry *g)
{
    if (!conv2d_weights_wanted(call))
        return 0;
    size_t units = (size_t)g->groups * (size_t)channel_blocks(g) * (size_t)g->kh;
    return sc_part_count(units, sc_row_count(g->out) * row_cost(g) / units + 1);
}

static int conv2d_backward_parts(const sc_call *call)
{
    geometry g = geometry_of(call);
    return sc_max_int(1, conv2d_data_parts(call, &g) + weight_parts(call, &g));
}

/* Scratch of a thread: a gradient row (relu applied); patches, one product and the sums of a unit of weights. */
typedef struct weight_scratch {
    double *sums;    /* (16, kw * ci), then 16 for the bias */
    float *product;  /* (16, kw * ci) */
    float *patches;  /* (32, kw * ci) */
    float *gradient; /* (32, 16) */
} weight_scratch;

static size_t weight_thread_bytes(const geometry *g)
{
    size_t span = (size_t)g->kw * (size_t)g->ci;
    return WEIGHT_CHANNELS * (span + 1) * sizeof(double) + (WEIGHT_CHANNELS + WEIGHT_TILE) * span * sizeof(float) +
           WEIGHT_TILE * WEIGHT_CHANNELS * sizeof(float);
}

static size_t conv2d_backward_thread_bytes(const sc_call *call, const geometry *g)
{
    size_t data = call->in_gradient[0] && g->relu ? sc_row_values(g->out) * sizeof(float) : 0;
    size_t weights = conv2d_weights_wanted(call) ? weight_thread_bytes(g) : 0;
    return data > weights ? data : weights;
}

static size_t conv2d_backward_scratch(const sc_call *call)
{
    geometry g = geometry_of(call);
    return sc_threads_bytes(call, conv2d_backward_thread_bytes(call, &g));
}

static const uint8_t *row_signs(const sc_call *call, size_t row)
{
    return (const uint8_t *)call->saved + row * sc_sign_bytes(sc_row_values(call->out->shape));
}

/* Row `row` of the gradient before relu; `buffer` holds it when there is a relu. */
static const float *gradient_row(const sc_call *call, const geometry *g, size_t row, float *buffer)
{
    const float *gradient = sc_row(call->out_gradient, row);
    if (!g->relu)
        return gradient;
    sc_relu_row_backward(gradient, row_signs(call, row), buffer, sc_row_values(g->out), 0, false);
    return buffer;
}

/* dx(columns of tap kx) += gradient(positions) weight(tap): runs of positions without a border in one product, others
 * one by one. */
static void scatter_tap(const sc_call *call, const geometry *g, const float *gradient, int group, int ky, int kx,
                        float *dx)
{
    size_t patch = (size_t)g->patch, ci = (size_t)g->ci, all = (size_t)g->x.c, channels = (size_t)g->out.c;
    const float *tap =
        call->in[1]->data + (size_t)group * (size_t)g->co * patch + ((size_t)ky * (size_t)g->kw + (size_t)kx) * ci;
    sc_matrix weight = { tap, patch, 1 };
    int offset = kx * g->dilation_w - g->padding.left;
    for (int ox = 0, run; ox < g->out.w; ox += run) {
        int column = ox * g->stride_w + offset, source = sc_border_source(column, g->x.w, g->padding.mode);
        bool inside = column >= 0 && column < g->x.w;
        run = inside ? sc_min_int((g->x.w - 1 - column) / g->stride_w + 1, g->out.w - ox) : 1;
        if (source < 0)
            continue;
        sc_matrix from = { gradient + (size_t)ox * channels + (size_t)group * (size_t)g->co, channels, 1 };
        sc_matmul_add(run, g->ci, g->co, from, weight, dx + (size_t)source * all + (size_t)group * ci,
                      all * (size_t)g->stride_w);
    }
}

/* What padded row `padded` (0 = first row of x) receives, added to dx. */
static void data_from_padded_row(const sc_call *call, const geometry *g, int n, int padded, float *dx, float *buffer)
{
    for (int ky = 0; ky < g->kh; ky++) {
        int top = padded + g->padding.top - ky * g->dilation_h;
        if (top < 0 || top % g->stride_h || top / g->stride_h >= g->out.h)
            continue;
        size_t row = (size_t)n * (size_t)g->out.h + (size_t)(top / g->stride_h);
        const float *gradient = gradient_row(call, g, row, buffer);
        for (int kx = 0; kx < g->kw; kx++)
            for (int group = 0; group < g->groups; group++)
                scatter_tap(call, g, gradient, group, ky, kx, dx);
    }
}

static void conv2d_backward_data(const sc_call *call, const geometry *g, int parts, int part, float *buffer)
{
    sc_range rows = sc_part_range(sc_row_count(g->x), parts, part);
    for (size_t r = rows.begin; r < rows.end; r++) {
        float *dx = sc_row(call->in_gradient[0], r);
        int n = (int)(r / (size_t)g->x.h), y = (int)(r % (size_t)g->x.h);
        if (!call->accumulate[0])
            memset(dx, 0, sc_row_values(g->x) * sizeof *dx);
        data_from_padded_row(call, g, n, y, dx, buffer);
        if (g->padding.mode == SC_PAD_ZERO)
            continue;
        for (int p = -g->padding.top; p < 0; p++)
            if (sc_border_source(p, g->x.h, g->padding.mode) == y)
                data_from_padded_row(call, g, n, p, dx, buffer);
        for (int p = g->x.h; p < g->x.h + g->padding.bottom; p++)
            if (sc_border_source(p, g->x.h, g->padding.mode) == y)
                data_from_padded_row(call, g, n, p, dx, buffer);
    }
}

/* The gradient of `tile` positions from x0 of output row `row` in `channels` channels from `first`, relu applied:
 * (tile, channels). */
static void gradient_tile(const sc_call *call, const geometry *g, size_t row, int x0, int tile, int first, int channels,
                          float *to)
{
    const float *gradient = sc_row(call->out_gradient, row);
    for (int x = 0; x < tile; x++)
        for (int c = 0; c < channels; c++, to++) {
            size_t i = (size_t)(x0 + x) * (size_t)g->out.c + (size_t)(first + c);
            *to = !g->relu || row_signs(call, row)[i / 8] >> (i % 8) & 1 ? gradient[i] : 0;
        }
}

/* Adds a tile's share to the sums of a unit. first: first output channel; ky: kernel row. */
static void weight_tile(const sc_call *call, const geometry *g, size_t row, int x0, int first, int channels, int ky,
                        const weight_scratch *s)
{
    int n = (int)(row / (size_t)g->out.h), oy = (int)(row % (size_t)g->out.h), span = g->kw * g->ci;
    int tile = sc_min_int(WEIGHT_TILE, g->out.w - x0);
    gradient_tile(call, g, row, x0, tile, first, channels, s->gradient);
    for (int x = 0; x < tile; x++)
        for (int c = 0; c < channels; c++)
            s->sums[WEIGHT_CHANNELS * span + c] += (double)s->gradient[x * channels + c];
    const float *source = call->in_gradient[1] ? source_row(g, call->in[0], n, oy, ky) : NULL;
    if (!source)
        return;
    for (int x = 0; x < tile; x++)
        gather_kernel_row(g, source, first / g->co, x0 + x, s->patches + (size_t)x * (size_t)span);
    memset(s->product, 0, (size_t)channels * (size_t)span * sizeof(float));
    sc_matmul_add(channels, span, tile, (sc_matrix){ s->gradient, 1, (size_t)channels },
                  (sc_matrix){ s->patches, (size_t)span, 1 }, s->product, (size_t)span);
    for (int i = 0; i < channels * span; i++)
        s->sums[i] += (double)s->product[i];
}

static weight_scratch weight_scratch_at(const geometry *g, void *memory)
{
    size_t span = (size_t)g->kw * (size_t)g->ci;
    weight_scratch s = { .sums = memory };
    s.product = (float *)(s.sums + WEIGHT_CHANNELS * (span + 1));
    s.patches = s.product + WEIGHT_CHANNELS * span;
    s.gradient = s.patches + WEIGHT_TILE * span;
    return s;
}

static void backward_weight_unit(const sc_call *call, const geometry *g, size_t unit, const weight_scratch *s)
{
    int ky = (int)(unit % (size_t)g->kh), block = (int)(unit / (size_t)g->kh);
    int group = block / channel_blocks(g), in_group = block % channel_blocks(g) * WEIGHT_CHANNELS;
    int first = group * g->co + in_group, channels = sc_min_int(WEIGHT_CHANNELS, g->co - in_group),
        span = g->kw * g->ci;
    memset(s->sums, 0, (size_t)WEIGHT_CHANNELS * (size_t)(span + 1) * sizeof(double));
    for (size_t row = 0; row < sc_row_count(g->out); row++)
        for (int x = 0; x < g->out.w; x += WEIGHT_TILE)
            weight_tile(call, g, row, x, first, channels, ky, s);
    for (int c = 0; call->in_gradient[1] && c < channels; c++) {
        float *dw = call->in_gradient[1]->data + (size_t)(first + c) * (size_t)g->patch + (size_t)ky * (size_t)span;
        for (int i = 0; i < span; i++)
            sc_write(dw + i, (float)s->sums[c * span + i], call->accumulate[1]);
    }
    for (int c = 0; ky == 0 && call->input_count > 2 && call->in_gradient[2] && c < channels; c++)
        sc_write(call->in_gradient[2]->data + first + c, (float)s->sums[WEIGHT_CHANNELS * span + c],
                 call->accumulate[2]);
}

static int conv2d_backward(const sc_call *call, int part, int thread)
{
    geometry g = geometry_of(call);
    void *memory = sc_thread_scratch(call, thread, conv2d_backward_thread_bytes(call, &g));
    int for_data = conv2d_data_parts(call, &g), for_weights = weight_parts(call, &g);
    if (part < for_data) {
        conv2d_backward_data(call, &g, for_data, part, memory);
    } else if (for_weights) {
        weight_scratch s = weight_scratch_at(&g, memory);
        sc_range units =
            sc_part_range((size_t)g.groups * (size_t)channel_blocks(&g) * (size_t)g.kh, for_weights, part - for_data);
        for (size_t u = units.begin; u < units.end; u++)
            backward_weight_unit(call, &g, u, &s);
    }
    return SCUMBLE_OK;
}

static unsigned conv2d_reads(const sc_call *call, unsigned wanted)
{
    (void)call;
    return (wanted & 2 ? SC_READS_INPUT_0 : 0u) | (wanted & 1 ? SC_READS_INPUT_0 << 1 : 0u);
}

static size_t conv2d_saved(const sc_call *call, unsigned wanted)
{
    const sc_conv2d_attrs *a = call->attrs;
    sc_shape out = call->out->shape;
    return a->relu && wanted ? sc_row_count(out) * sc_sign_bytes(sc_row_values(out)) : 0;
}

static double conv2d_flops(const sc_call *call)
{
    sc_shape weight = call->in[1]->shape;
    return 2.0 * (double)sc_shape_count(call->out->shape) * weight.c * weight.h * weight.w;
}

static const sc_field conv2d_fields[] = {
    { "stride", SC_FIELD_INT, offsetof(sc_conv2d_attrs, stride_h), 2 },
    { "dilation", SC_FIELD_INT, offsetof(sc_conv2d_attrs, dilation_h), 2 },
    { "groups", SC_FIELD_INT, offsetof(sc_conv2d_attrs, groups), 1 },
    { "padding", SC_FIELD_INT, offsetof(sc_conv2d_attrs, padding.top), 4 },
    { "mode", SC_FIELD_PADDING, offsetof(sc_conv2d_attrs, padding.mode), 1 },
    { "relu", SC_FIELD_FLAG, offsetof(sc_conv2d_attrs, relu), 1 },
    { 0 },
};

static sc_reach conv2d_reach(const sc_call *call, bool vertical)
{
    const sc_conv2d_attrs *a = call->attrs;
    int stride = vertical ? a->stride_h : a->stride_w, dilation = vertical ? a->dilation_h : a->dilation_w;
    int taps = !call->in[1] ? 1 : vertical ? call->in[1]->shape.h : call->in[1]->shape.w;
    return (sc_reach){ .stride = stride ? stride : 1,
                       .before = vertical ? a->padding.top : a->padding.left,
                       .size = (dilation ? dilation : 1) * (taps - 1) + 1,
                       .mode = a->padding.mode };
}

static void conv2d_fit(void *attrs, const sc_op_part *part)
{
    ((sc_conv2d_attrs *)attrs)->padding = part->border;
}

const sc_op sc_op_conv2d = {
    .name = "conv2d",
    .min_inputs = 2,
    .max_inputs = 3,
    .attrs_bytes = sizeof(sc_conv2d_attrs),
    .infer = conv2d_infer,
    .forward = { conv2d_forward_parts, conv2d_forward, NULL, conv2d_forward_scratch },
    .backward = { conv2d_backward_parts, conv2d_backward, NULL, conv2d_backward_scratch },
    .reads = conv2d_reads,
    .saved_bytes = conv2d_saved,
    .flops = conv2d_flops,
    .fields = conv2d_fields,
    .locality = SC_LOOKS_AROUND,
    .reach = conv2d_reach,
    .fit = conv2d_fit,
    .again = true,
};
