/* SPDX-License-Identifier: MIT */
/* Max and average pooling. Every window holds at least one pixel of the input (a padding is smaller than the window,
 * and with ceil_mode no window starts in the bottom or right padding).
 *   max      ignores what lies outside; among equals the first in scan order counts, as in PyTorch. Saved: the winner's
 *            index in its window, 2 bits a value for windows of up to 4 pixels, else a byte; a row begins
 *            with its own byte.
 *   average  divides by the pixels inside the input, or with include_padding by those inside the padded input.
 * Backward gathers: a row of the input belongs to one part, which visits the windows above it. */
#include "core/half.h"
#include "ops/helpers.h"

enum { MAX_WINDOW = 256 };

static float pool2d_scale_of(const sc_pool2d_attrs *a)
{
    return a->scale == 0 ? 1 : a->scale;
}

/* --- shape --- */

static int64_t pooled_extent(int64_t extent, int size, int stride, int before, int after, bool ceil_mode)
{
    int64_t room = extent + before + after - size;
    int64_t count = (room + (ceil_mode ? stride - 1 : 0)) / stride + 1;
    return ceil_mode && (count - 1) * stride >= extent + before ? count - 1 : count;
}

static int pool2d_check_attrs(const char *op, const sc_pool2d_attrs *a, sc_error *err)
{
    if (a->size_h < 1 || a->size_w < 1)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "%s: the window must be at least 1 x 1, not %d x %d", op, a->size_h,
                       a->size_w);
    if (a->stride_h < 1 || a->stride_w < 1)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "%s: strides must be at least 1, not %d x %d", op, a->stride_h,
                       a->stride_w);
    if (!isfinite(a->scale))
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "%s: the scale must be a number, not %g", op, (double)a->scale);
    if (a->top < 0 || a->bottom < 0 || a->left < 0 || a->right < 0)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "%s: padding must not be negative (top %d, bottom %d, left %d, right %d)", op, a->top, a->bottom,
                       a->left, a->right);
    if (a->top >= a->size_h || a->bottom >= a->size_h || a->left >= a->size_w || a->right >= a->size_w)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "%s: padding (top %d, bottom %d, left %d, right %d) must be smaller than the window of %d x %d",
                       op, a->top, a->bottom, a->left, a->right, a->size_h, a->size_w);
    return SCUMBLE_OK;
}

static int pool_infer(const char *op, const sc_call *call, sc_shape *out, sc_error *err)
{
    const sc_pool2d_attrs *a = call->attrs;
    sc_shape x = call->in[0]->shape;
    int code = pool2d_check_attrs(op, a, err);
    if (code)
        return code;
    int64_t padded_h = (int64_t)x.h + a->top + a->bottom, padded_w = (int64_t)x.w + a->left + a->right;
    if (padded_h < a->size_h || padded_w < a->size_w)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "%s: the window of %d x %d does not fit into the padded input of %lld x %lld", op, a->size_h,
                       a->size_w, (long long)padded_h, (long long)padded_w);
    if (padded_h > INT_MAX / 2 || padded_w > INT_MAX / 2)
        return sc_fail(err, SCUMBLE_ERR_LIMIT, "%s: a padded input of %lld x %lld is too large", op,
                       (long long)padded_h, (long long)padded_w);
    return sc_infer_extents(op, x.n, x.c, pooled_extent(x.h, a->size_h, a->stride_h, a->top, a->bottom, a->ceil_mode),
                            pooled_extent(x.w, a->size_w, a->stride_w, a->left, a->right, a->ceil_mode), out, err);
}

static int max_pool_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    const sc_pool2d_attrs *a = call->attrs;
    int code = pool_infer("max_pool2d", call, out, err);
    if (!code && (int64_t)a->size_h * a->size_w > MAX_WINDOW)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "max_pool2d: a window may hold at most %d pixels, not %d x %d",
                       (int)MAX_WINDOW, a->size_h, a->size_w);
    return code;
}

static int average_pool_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    return pool_infer("average_pool2d", call, out, err);
}

/* --- windows --- */

/* The input pixels [begin, end) under window `index` of one axis; start may lie before 0. */
typedef struct window {
    int start, begin, end;
} window;

static window window_at(int index, int stride, int before, int size, int extent)
{
    int start = index * stride - before;
    return (window){ start, sc_max_int(start, 0), sc_min_int(start + size, extent) };
}

/* The windows of one axis that contain a pixel: [first, last]; empty when first > last. */
typedef struct span {
    int first, last;
} span;

static span windows_over(int pixel, int stride, int before, int size, int count)
{
    int first = pixel + before - size + 1;
    return (span){ first <= 0 ? 0 : (first - 1) / stride + 1, sc_min_int((pixel + before) / stride, count - 1) };
}

/* --- the winners of a row, in memory --- */

static bool two_bits(const sc_pool2d_attrs *a)
{
    return a->size_h * a->size_w <= 4;
}

static size_t winner_row_bytes(const sc_call *call)
{
    size_t values = sc_row_values(call->out->shape);
    return two_bits(call->attrs) ? (values + 3) / 4 : values;
}

static size_t pool2d_max_pool_saved(const sc_call *call, unsigned wanted)
{
    return wanted & 1 ? sc_row_count(call->out->shape) * winner_row_bytes(call) : 0;
}

/* winners holds a multiple of 4, the rest zeros. */
static void save_winners(const sc_call *call, size_t row, const uint8_t *winners)
{
    size_t values = sc_row_values(call->out->shape);
    uint8_t *to = (uint8_t *)call->saved + row * winner_row_bytes(call);
    if (!two_bits(call->attrs)) {
        memcpy(to, winners, values);
        return;
    }
    for (size_t i = 0; i < values; i += 4)
        to[i / 4] = (uint8_t)(winners[i] | winners[i + 1] << 2 | winners[i + 2] << 4 | winners[i + 3] << 6);
}

/* The winners of a row, one byte each; `buffer` is used when they have to be unpacked. */
static const uint8_t *load_winners(const sc_call *call, size_t row, uint8_t *buffer)
{
    const uint8_t *from = (const uint8_t *)call->saved + row * winner_row_bytes(call);
    if (!two_bits(call->attrs))
        return from;
    size_t values = sc_row_values(call->out->shape);
    for (size_t i = 0; i < values; i += 4)
        for (size_t j = 0; j < 4; j++)
            buffer[i + j] = from[i / 4] >> (2 * j) & 3;
    return buffer;
}

/* Scratch of a thread: the winners of a row, up to a multiple of 4; then, for forward, those of one window as integers.
 */
static size_t winner_bytes(const sc_call *call)
{
    return (sc_row_values(call->out->shape) + 3) / 4 * 4;
}

static size_t max_pool_thread_bytes(const sc_call *call)
{
    return winner_bytes(call) + (size_t)call->out->shape.c * sizeof(int32_t);
}

static size_t max_pool_scratch(const sc_call *call)
{
    return sc_threads_bytes(call, max_pool_thread_bytes(call));
}

/* --- max --- */

/* The winners' indices are as wide as the values while they are sought, which lets compilers vectorise the search. */
static void max_window(const sc_call *call, const float *picture, window v, window h, float *restrict out,
                       int32_t *restrict winners)
{
    const sc_pool2d_attrs *a = call->attrs;
    sc_shape s = call->in[0]->shape;
    for (int c = 0; c < s.c; c++) {
        out[c] = -INFINITY;
        winners[c] = (v.begin - v.start) * a->size_w + h.begin - h.start;
    }
    for (int y = v.begin; y < v.end; y++)
        for (int x = h.begin; x < h.end; x++) {
            const float *restrict in = picture + ((size_t)y * (size_t)s.w + (size_t)x) * (size_t)s.c;
            int32_t index = (y - v.start) * a->size_w + x - h.start;
            for (int c = 0; c < s.c; c++) {
                bool wins = (in[c] > out[c]) | (in[c] != in[c]);
                out[c] = wins ? in[c] : out[c];
                winners[c] = wins ? index : winners[c];
            }
        }
}

static int max_pool_forward(const sc_call *call, int part, int thread)
{
    const sc_pool2d_attrs *a = call->attrs;
    sc_shape s = call->in[0]->shape, o = call->out->shape;
    uint8_t *winners = sc_thread_scratch(call, thread, max_pool_thread_bytes(call));
    int32_t *of_window = (int32_t *)(void *)(winners + winner_bytes(call));
    float scale = pool2d_scale_of(a);
    memset(winners, 0, winner_bytes(call));
    sc_range rows = sc_part_range(sc_row_count(o), sc_row_parts(o), part);
    for (size_t r = rows.begin; r < rows.end; r++) {
        const float *picture = sc_row(call->in[0], r / (size_t)o.h * (size_t)s.h);
        window v = window_at((int)(r % (size_t)o.h), a->stride_h, a->top, a->size_h, s.h);
        float *out = sc_row(call->out, r);
        for (int x = 0; x < o.w; x++) {
            max_window(call, picture, v, window_at(x, a->stride_w, a->left, a->size_w, s.w),
                       out + (size_t)x * (size_t)s.c, of_window);
            for (int c = 0; c < s.c; c++)
                winners[(size_t)x * (size_t)s.c + (size_t)c] = (uint8_t)of_window[c];
        }
        for (size_t i = 0; scale != 1 && i < sc_row_values(o); i++)
            out[i] *= scale;
        if (call->saved)
            save_winners(call, r, winners);
    }
    return SCUMBLE_OK;
}

/* dx += scale dy where the winner is the pixel in question: row `in_window` of the window, column by column. */
static void max_row_backward(const sc_call *call, const float *dy, const uint8_t *winners, int in_window, float *dx)
{
    const sc_pool2d_attrs *a = call->attrs;
    sc_shape s = call->in[0]->shape;
    float scale = pool2d_scale_of(a);
    for (int ox = 0; ox < call->out->shape.w; ox++) {
        window h = window_at(ox, a->stride_w, a->left, a->size_w, s.w);
        const float *restrict from = dy + (size_t)ox * (size_t)s.c;
        const uint8_t *restrict won = winners + (size_t)ox * (size_t)s.c;
        for (int x = h.begin; x < h.end; x++) {
            float *restrict to = dx + (size_t)x * (size_t)s.c;
            int index = in_window * a->size_w + x - h.start;
            for (int c = 0; c < s.c; c++) { /* a mask in place of a branch, which would often be mispredicted */
                uint32_t mask = 0u - (uint32_t)((int32_t)won[c] == index);
                to[c] += sc_bits_float(sc_float_bits(scale * from[c]) & mask);
            }
        }
    }
}

static int max_pool_backward(const sc_call *call, int part, int thread)
{
    const sc_pool2d_attrs *a = call->attrs;
    sc_shape s = call->in[0]->shape, o = call->out->shape;
    uint8_t *buffer = sc_thread_scratch(call, thread, max_pool_thread_bytes(call));
    sc_range rows = sc_part_range(sc_row_count(s), sc_row_parts(s), part);
    for (size_t r = rows.begin; call->in_gradient[0] && r < rows.end; r++) {
        float *dx = sc_row(call->in_gradient[0], r);
        int y = (int)(r % (size_t)s.h);
        span over = windows_over(y, a->stride_h, a->top, a->size_h, o.h);
        if (!call->accumulate[0])
            memset(dx, 0, sc_row_values(s) * sizeof *dx);
        for (int oy = over.first; oy <= over.last; oy++) {
            size_t row = r / (size_t)s.h * (size_t)o.h + (size_t)oy;
            max_row_backward(call, sc_row(call->out_gradient, row), load_winners(call, row, buffer),
                             y + a->top - oy * a->stride_h, dx);
        }
    }
    return SCUMBLE_OK;
}

/* --- average --- */

/* What a window divides by on one axis. */
static int pool2d_divisor(window w, int size, int extent, int after, bool include_padding)
{
    return include_padding ? sc_min_int(w.start + size, extent + after) - w.start : w.end - w.begin;
}

static float factor_at(const sc_call *call, window v, window h)
{
    const sc_pool2d_attrs *a = call->attrs;
    sc_shape s = call->in[0]->shape;
    return pool2d_scale_of(a) / ((float)pool2d_divisor(v, a->size_h, s.h, a->bottom, a->include_padding) *
                                 (float)pool2d_divisor(h, a->size_w, s.w, a->right, a->include_padding));
}

static void average_window(const sc_call *call, const float *picture, window v, window h, float *restrict out)
{
    sc_shape s = call->in[0]->shape;
    float factor = factor_at(call, v, h);
    for (int c = 0; c < s.c; c++)
        out[c] = 0;
    for (int y = v.begin; y < v.end; y++)
        for (int x = h.begin; x < h.end; x++) {
            const float *restrict in = picture + ((size_t)y * (size_t)s.w + (size_t)x) * (size_t)s.c;
            for (int c = 0; c < s.c; c++)
                out[c] += in[c];
        }
    for (int c = 0; c < s.c; c++)
        out[c] *= factor;
}

static int average_pool_forward(const sc_call *call, int part, int thread)
{
    (void)thread;
    const sc_pool2d_attrs *a = call->attrs;
    sc_shape s = call->in[0]->shape, o = call->out->shape;
    sc_range rows = sc_part_range(sc_row_count(o), sc_row_parts(o), part);
    for (size_t r = rows.begin; r < rows.end; r++) {
        const float *picture = sc_row(call->in[0], r / (size_t)o.h * (size_t)s.h);
        window v = window_at((int)(r % (size_t)o.h), a->stride_h, a->top, a->size_h, s.h);
        for (int x = 0; x < o.w; x++)
            average_window(call, picture, v, window_at(x, a->stride_w, a->left, a->size_w, s.w),
                           sc_row(call->out, r) + (size_t)x * (size_t)s.c);
    }
    return SCUMBLE_OK;
}

static void average_row_backward(const sc_call *call, const float *dy, window v, float *dx)
{
    const sc_pool2d_attrs *a = call->attrs;
    sc_shape s = call->in[0]->shape;
    for (int ox = 0; ox < call->out->shape.w; ox++) {
        window h = window_at(ox, a->stride_w, a->left, a->size_w, s.w);
        float factor = factor_at(call, v, h);
        const float *restrict from = dy + (size_t)ox * (size_t)s.c;
        for (int x = h.begin; x < h.end; x++) {
            float *restrict to = dx + (size_t)x * (size_t)s.c;
            for (int c = 0; c < s.c; c++)
                to[c] += factor * from[c];
        }
    }
}

static int average_pool_backward(const sc_call *call, int part, int thread)
{
    (void)thread;
    const sc_pool2d_attrs *a = call->attrs;
    sc_shape s = call->in[0]->shape, o = call->out->shape;
    sc_range rows = sc_part_range(sc_row_count(s), sc_row_parts(s), part);
    for (size_t r = rows.begin; call->in_gradient[0] && r < rows.end; r++) {
        float *dx = sc_row(call->in_gradient[0], r);
        span over = windows_over((int)(r % (size_t)s.h), a->stride_h, a->top, a->size_h, o.h);
        if (!call->accumulate[0])
            memset(dx, 0, sc_row_values(s) * sizeof *dx);
        for (int oy = over.first; oy <= over.last; oy++)
            average_row_backward(call, sc_row(call->out_gradient, r / (size_t)s.h * (size_t)o.h + (size_t)oy),
                                 window_at(oy, a->stride_h, a->top, a->size_h, s.h), dx);
    }
    return SCUMBLE_OK;
}

static const sc_field pool_fields[] = {
    { "size", SC_FIELD_INT, offsetof(sc_pool2d_attrs, size_h), 2 },
    { "stride", SC_FIELD_INT, offsetof(sc_pool2d_attrs, stride_h), 2 },
    { "padding", SC_FIELD_INT, offsetof(sc_pool2d_attrs, top), 4 },
    { "include_padding", SC_FIELD_FLAG, offsetof(sc_pool2d_attrs, include_padding), 1 },
    { "ceil_mode", SC_FIELD_FLAG, offsetof(sc_pool2d_attrs, ceil_mode), 1 },
    { 0 },
};

static sc_reach pool_reach(const sc_call *call, bool vertical)
{
    const sc_pool2d_attrs *a = call->attrs;
    return (sc_reach){ .stride = vertical ? a->stride_h : a->stride_w,
                       .before = vertical ? a->top : a->left,
                       .size = vertical ? a->size_h : a->size_w };
}

static int at_most(int value, int most)
{
    return value < most ? value : most;
}

static void pool_fit(void *attrs, const sc_op_part *part)
{
    sc_pool2d_attrs *a = attrs;
    a->top = part->border.top;
    a->left = part->border.left;
    a->bottom = at_most(part->border.bottom, a->bottom); /* ceil_mode reaches beyond the padding too */
    a->right = at_most(part->border.right, a->right);
}

const sc_op sc_op_max_pool2d = {
    .name = "max_pool2d",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs_bytes = sizeof(sc_pool2d_attrs),
    .infer = max_pool_infer,
    .forward = { sc_output_row_parts, max_pool_forward, NULL, max_pool_scratch },
    .backward = { sc_input_row_parts, max_pool_backward, NULL, max_pool_scratch },
    .saved_bytes = pool2d_max_pool_saved,
    .fields = pool_fields,
    .locality = SC_LOOKS_AROUND,
    .reach = pool_reach,
    .fit = pool_fit,
};

const sc_op sc_op_average_pool2d = {
    .name = "average_pool2d",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs_bytes = sizeof(sc_pool2d_attrs),
    .infer = average_pool_infer,
    .forward = { sc_output_row_parts, average_pool_forward, NULL, NULL },
    .backward = { sc_input_row_parts, average_pool_backward, NULL, NULL },
    .fields = pool_fields,
    .locality = SC_LOOKS_AROUND,
    .reach = pool_reach,
    .fit = pool_fit,
};
