/* SPDX-License-Identifier: MIT */
/* Resizing, with the sampling rules of PyTorch's interpolate. Each axis is a filter: for every output position the first input
 * position, and a few weights from there on. A row of the output combines rows of the input vertically, then horizontally;
 * backward does the transpose, gathering per row of the input.
 *   nearest    input floor(i in / out)
 *   bilinear   centre (i + 1/2) in / out - 1/2, clamped at 0, or with align_corners i (in - 1) / (out - 1); two neighbours
 *   antialias  when shrinking, a triangle as wide as 2 in / out pixels around the centre, weights normalised
 *   wrap       bilinear of a picture that repeats: what lies beyond an edge is what lies within the opposite one (not PyTorch's) */
#include "ops/helpers.h"

typedef enum kind { NEAREST, BILINEAR } kind;

/* One axis. Weights of position i: weights[i * most .. + counts[i]), for inputs firsts[i] and following. firsts ascend, and so
 * do the last inputs; so the outputs that use an input are neighbours. With wrap they lie within -in .. 2 in, and are taken modulo in. */
typedef struct filter {
    int in, out, most;
    bool wrap;
    int *firsts, *counts;
    float *weights;
} filter;

static int resize_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    const sc_resize_attrs *a = call->attrs;
    sc_shape x = call->in[0]->shape;
    if (a->height < 1 || a->width < 1)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "resize: height and width must be at least 1, not %d x %d", a->height, a->width);
    if (a->antialias && a->align_corners)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "resize: antialias and align_corners exclude each other");
    if (a->wrap && a->align_corners)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "resize: wrap and align_corners exclude each other");
    return sc_infer_result("resize", (sc_shape){ x.n, x.c, a->height, a->width }, out, err);
}

/* --- filters --- */

static bool widens(const sc_resize_attrs *a, kind how, int in, int out)
{
    return how == BILINEAR && a->antialias && in > out;
}

/* The most weights that a position can have. */
static int most_weights(const sc_resize_attrs *a, kind how, int in, int out)
{
    if (how == NEAREST)
        return 1;
    int widest = (int)(2 * (int64_t)in / out) + 3;
    return !widens(a, how, in, out) ? 2 : a->wrap ? widest : sc_min_int(in, widest);
}

static void nearest_position(filter *f, int i)
{
    float scale = (float)f->in / (float)f->out; /* in single precision, as PyTorch rounds it */
    int source = f->in == f->out ? i : f->out == 2 * (int64_t)f->in ? i / 2 : (int)floorf((float)i * scale);
    f->firsts[i] = sc_min_int(source, f->in - 1);
    f->counts[i] = 1;
    f->weights[i] = 1;
}

static void bilinear_position(filter *f, int i, bool align_corners)
{
    double at = align_corners ? (f->out > 1 ? (double)i * (f->in - 1) / (f->out - 1) : 0) : (i + 0.5) * f->in / f->out - 0.5;
    at = at < 0 && !f->wrap ? 0 : at;
    int first = f->wrap ? (int)floor(at) : sc_min_int((int)at, f->in - 1);
    float fraction = (float)(at - first);
    bool second = (first + 1 < f->in || f->wrap) && fraction > 0;
    f->firsts[i] = first;
    f->counts[i] = second ? 2 : 1;
    f->weights[2 * i] = second ? 1 - fraction : 1;
    f->weights[2 * i + 1] = second ? fraction : 0;
}

static void triangle_position(filter *f, int i)
{
    double scale = (double)f->in / f->out, centre = scale * (i + 0.5), sum = 0;
    int first = (int)floor(centre - scale + 0.5), end = (int)(centre + scale + 0.5);
    if (!f->wrap) {
        first = sc_max_int(first, 0);
        end = sc_min_int(end, f->in);
    }
    float *weights = f->weights + (size_t)i * (size_t)f->most;
    for (int j = first; j < end; j++) {
        double distance = fabs((j - centre + 0.5) / scale), weight = distance < 1 ? 1 - distance : 0;
        weights[j - first] = (float)weight;
        sum += weight;
    }
    for (int j = first; j < end; j++)
        weights[j - first] = (float)((double)weights[j - first] / sum);
    f->firsts[i] = first;
    f->counts[i] = end - first;
}

static size_t filter_bytes(const sc_resize_attrs *a, kind how, int in, int out)
{
    return sc_thread_stride((size_t)out * (2 * sizeof(int) + (size_t)most_weights(a, how, in, out) * sizeof(float)));
}

static filter make_filter(const sc_resize_attrs *a, kind how, int in, int out, void *memory)
{
    filter f = { .in = in, .out = out, .most = most_weights(a, how, in, out), .wrap = a->wrap && how == BILINEAR, .firsts = memory };
    f.counts = f.firsts + out;
    f.weights = (float *)(f.counts + out);
    for (int i = 0; i < out; i++) {
        if (how == NEAREST)
            nearest_position(&f, i);
        else if (widens(a, how, in, out))
            triangle_position(&f, i);
        else
            bilinear_position(&f, i, a->align_corners);
    }
    return f;
}

/* Both axes, and a row to combine in. `width` values are in that row's pixels. */
typedef struct work {
    filter vertical, horizontal;
    float *row;
} work;

static size_t work_bytes(const sc_call *call, kind how, int width)
{
    const sc_resize_attrs *a = call->attrs;
    sc_shape s = call->in[0]->shape;
    return filter_bytes(a, how, s.h, a->height) + filter_bytes(a, how, s.w, a->width) +
           sc_thread_stride((size_t)width * (size_t)s.c * sizeof(float));
}

static work make_work(const sc_call *call, kind how, int width, int thread)
{
    const sc_resize_attrs *a = call->attrs;
    sc_shape s = call->in[0]->shape;
    char *memory = sc_thread_scratch(call, thread, work_bytes(call, how, width));
    char *second = memory + filter_bytes(a, how, s.h, a->height);
    return (work){ make_filter(a, how, s.h, a->height, memory), make_filter(a, how, s.w, a->width, second),
                   (float *)(second + filter_bytes(a, how, s.w, a->width)) };
}

static size_t wrapped(const filter *f, int i)
{
    return (size_t)(i < 0 ? i + f->in : i >= f->in ? i - f->in : i);
}

/* to = weight from, or += */
static void add_scaled(float *restrict to, const float *restrict from, size_t count, float weight, bool add)
{
    if (add)
        for (size_t i = 0; i < count; i++)
            to[i] += weight * from[i];
    else
        for (size_t i = 0; i < count; i++)
            to[i] = weight * from[i];
}

/* --- forward --- */

static void forward_row(const sc_call *call, const work *k, size_t r)
{
    sc_shape s = call->in[0]->shape, o = call->out->shape;
    size_t c = (size_t)s.c, picture = r / (size_t)o.h, y = r % (size_t)o.h;
    const filter *v = &k->vertical, *h = &k->horizontal;
    for (int j = 0; j < v->counts[y]; j++)
        add_scaled(k->row, sc_row(call->in[0], picture * (size_t)s.h + wrapped(v, v->firsts[y] + j)), sc_row_values(s),
                   v->weights[y * (size_t)v->most + (size_t)j], j > 0);
    float *to = sc_row(call->out, r);
    for (int x = 0; x < o.w; x++)
        for (int j = 0; j < h->counts[x]; j++)
            add_scaled(to + (size_t)x * c, k->row + wrapped(h, h->firsts[x] + j) * c, c, h->weights[(size_t)x * (size_t)h->most + (size_t)j], j > 0);
}

static int forward(const sc_call *call, kind how, int part, int thread)
{
    sc_shape o = call->out->shape;
    work k = make_work(call, how, call->in[0]->shape.w, thread);
    sc_range rows = sc_part_range(sc_row_count(o), sc_row_parts(o), part);
    for (size_t r = rows.begin; r < rows.end; r++)
        forward_row(call, &k, r);
    return SCUMBLE_OK;
}

/* --- backward --- */

/* The outputs [begin, end) that use input `source`, not taken modulo. */
static sc_range users(const filter *f, int source)
{
    size_t begin = 0, end, high = (size_t)f->out;
    while (begin < high) { /* the first whose last input is not before source */
        size_t middle = (begin + high) / 2;
        if (f->firsts[middle] + f->counts[middle] <= source)
            begin = middle + 1;
        else
            high = middle;
    }
    for (end = begin; end < (size_t)f->out && f->firsts[end] <= source; end++)
        ;
    return (sc_range){ begin, end };
}

static void backward_row(const sc_call *call, const work *k, size_t r)
{
    sc_shape s = call->in[0]->shape, o = call->out->shape;
    size_t c = (size_t)s.c, picture = r / (size_t)s.h;
    const filter *v = &k->vertical, *h = &k->horizontal;
    float *to = sc_row(call->in_gradient[0], r);
    int row = (int)(r % (size_t)s.h);
    bool used = false;
    if (!call->accumulate[0])
        memset(to, 0, sc_row_values(s) * sizeof *to);
    for (int y = v->wrap ? row - s.h : row; y <= (v->wrap ? row + s.h : row); y += s.h) {
        sc_range from = users(v, y);
        for (size_t i = from.begin; i < from.end; i++, used = true)
            add_scaled(k->row, sc_row(call->out_gradient, picture * (size_t)o.h + i), sc_row_values(o),
                       v->weights[i * (size_t)v->most + (size_t)(y - v->firsts[i])], used);
    }
    if (!used)
        return;
    for (int x = 0; x < o.w; x++)
        for (int j = 0; j < h->counts[x]; j++)
            add_scaled(to + wrapped(h, h->firsts[x] + j) * c, k->row + (size_t)x * c, c, h->weights[(size_t)x * (size_t)h->most + (size_t)j], true);
}

static int backward(const sc_call *call, kind how, int part, int thread)
{
    sc_shape s = call->in[0]->shape;
    work k = make_work(call, how, call->out->shape.w, thread);
    sc_range rows = sc_part_range(sc_row_count(s), sc_row_parts(s), part);
    for (size_t r = rows.begin; call->in_gradient[0] && r < rows.end; r++)
        backward_row(call, &k, r);
    return SCUMBLE_OK;
}

/* --- the two operators --- */

static size_t nearest_forward_scratch(const sc_call *call)
{
    return sc_threads_bytes(call, work_bytes(call, NEAREST, call->in[0]->shape.w));
}

static size_t nearest_backward_scratch(const sc_call *call)
{
    return sc_threads_bytes(call, work_bytes(call, NEAREST, call->out->shape.w));
}

static int nearest_forward(const sc_call *call, int part, int thread)
{
    return forward(call, NEAREST, part, thread);
}

static int nearest_backward(const sc_call *call, int part, int thread)
{
    return backward(call, NEAREST, part, thread);
}

static size_t bilinear_forward_scratch(const sc_call *call)
{
    return sc_threads_bytes(call, work_bytes(call, BILINEAR, call->in[0]->shape.w));
}

static size_t bilinear_backward_scratch(const sc_call *call)
{
    return sc_threads_bytes(call, work_bytes(call, BILINEAR, call->out->shape.w));
}

static int bilinear_forward(const sc_call *call, int part, int thread)
{
    return forward(call, BILINEAR, part, thread);
}

static int bilinear_backward(const sc_call *call, int part, int thread)
{
    return backward(call, BILINEAR, part, thread);
}

const sc_op sc_op_resize_nearest = {
    .name = "resize_nearest", .min_inputs = 1, .max_inputs = 1, .attrs_bytes = sizeof(sc_resize_attrs), .infer = resize_infer,
    .forward = { sc_output_row_parts, nearest_forward, NULL, nearest_forward_scratch },
    .backward = { sc_input_row_parts, nearest_backward, NULL, nearest_backward_scratch },
};

const sc_op sc_op_resize_bilinear = {
    .name = "resize_bilinear", .min_inputs = 1, .max_inputs = 1, .attrs_bytes = sizeof(sc_resize_attrs), .infer = resize_infer,
    .forward = { sc_output_row_parts, bilinear_forward, NULL, bilinear_forward_scratch },
    .backward = { sc_input_row_parts, bilinear_backward, NULL, bilinear_backward_scratch },
};
