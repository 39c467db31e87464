/* SPDX-License-Identifier: MIT */
/* Resizing, with the sampling rules of PyTorch's interpolate. Each axis is a filter: for every output position the
 * first input position, and a few weights from there on. A row of the output combines rows of the input vertically,
 * then horizontally; backward does the transpose, gathering per row of the input.
 *   nearest    input floor(i in / out)
 *   bilinear   centre (i + 1/2) in / out - 1/2, clamped at 0, or with align_corners i (in - 1) / (out - 1); two
 * neighbours
 *   antialias  when shrinking, a triangle as wide as 2 in / out pixels around the centre, weights normalised
 *   wrap       bilinear of a picture that repeats: what lies beyond an edge is what lies within the opposite one (not
 * PyTorch's) The tensors may hold parts of the input and of the output: filters are those of the whole, for the outputs
 * held, and inputs that are not held are left out. */
#include "ops/helpers.h"

enum { MOST_EXTENT = 1 << 24 }; /* of inputs of which a part is held, so that sums of positions are integers */

typedef enum kind { NEAREST, BILINEAR } kind;

/* One axis: the extents of what is mapped, and the stretches of both that the tensors hold. */
typedef struct axis {
    int in, in_first, in_held;
    int out, out_first, out_held;
} axis;

/* Weights of the output held at i: weights[i * most .. + counts[i]), for positions firsts[i] and following of the whole
 * input. firsts ascend, and so do the last inputs; so the outputs that use an input are neighbours. With wrap they lie
 * within -in .. 2 in. */
typedef struct filter {
    axis axis;
    int most;
    bool wrap;
    int *firsts, *counts;
    float *weights;
} filter;

static axis vertical_axis(const sc_resize_attrs *a, sc_shape x)
{
    return (axis){ .in = a->full_height ? a->full_height : x.h,
                   .in_first = a->in_top,
                   .in_held = x.h,
                   .out = a->height,
                   .out_first = a->out_top,
                   .out_held = a->part_height ? a->part_height : a->height };
}

static axis horizontal_axis(const sc_resize_attrs *a, sc_shape x)
{
    return (axis){ .in = a->full_width ? a->full_width : x.w,
                   .in_first = a->in_left,
                   .in_held = x.w,
                   .out = a->width,
                   .out_first = a->out_left,
                   .out_held = a->part_width ? a->part_width : a->width };
}

static bool input_fits(axis k)
{
    bool whole = k.in_first == 0 && k.in_held == k.in;
    return whole || (k.in >= 1 && sc_max_int(k.in, k.in_held) <= MOST_EXTENT && k.in_first >= -MOST_EXTENT &&
                     k.in_first <= MOST_EXTENT);
}

static bool output_fits(axis k)
{
    return k.out_first >= 0 && k.out_held >= 1 && k.out_held <= k.out - k.out_first;
}

static int resize_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    const sc_resize_attrs *a = call->attrs;
    sc_shape x = call->in[0]->shape;
    axis v = vertical_axis(a, x), h = horizontal_axis(a, x);
    if (a->height < 1 || a->width < 1)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "resize: height and width must be at least 1, not %d x %d", a->height,
                       a->width);
    if (a->antialias && a->align_corners)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "resize: antialias and align_corners exclude each other");
    if (a->wrap && a->align_corners)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "resize: wrap and align_corners exclude each other");
    if (!input_fits(v) || !input_fits(h))
        return sc_fail(
            err, SCUMBLE_ERR_ARGUMENT,
            "resize: the input cannot be the part at row %d, column %d of %d x %d: extents must be at least 1, "
            "and nothing more than 2^24",
            v.in_first, h.in_first, v.in, h.in);
    if (!output_fits(v) || !output_fits(h))
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "resize: the part of %d x %d at row %d, column %d must lie within the whole of %d x %d",
                       v.out_held, h.out_held, v.out_first, h.out_first, v.out, h.out);
    return sc_infer_result("resize", (sc_shape){ x.n, x.c, v.out_held, h.out_held }, out, err);
}

/* --- filters --- */

static bool widens(const sc_resize_attrs *a, kind how, axis k)
{
    return how == BILINEAR && a->antialias && k.in > k.out;
}

/* The most weights that a position can have. */
static int most_weights(const sc_resize_attrs *a, kind how, axis k)
{
    if (how == NEAREST)
        return 1;
    int widest = (int)(2 * (int64_t)k.in / k.out) + 3;
    return !widens(a, how, k) ? 2 : a->wrap ? widest : sc_min_int(k.in, widest);
}

static void nearest_position(filter *f, int i)
{
    int in = f->axis.in, out = f->axis.out, position = f->axis.out_first + i;
    float scale = (float)in / (float)out; /* in single precision, as PyTorch rounds it */
    int source = in == out ? position : out == 2 * (int64_t)in ? position / 2 : (int)floorf((float)position * scale);
    f->firsts[i] = sc_min_int(source, in - 1);
    f->counts[i] = 1;
    f->weights[i] = 1;
}

static void bilinear_position(filter *f, int i, bool align_corners)
{
    int in = f->axis.in, out = f->axis.out, position = f->axis.out_first + i;
    double at =
        align_corners ? (out > 1 ? (double)position * (in - 1) / (out - 1) : 0) : (position + 0.5) * in / out - 0.5;
    at = at < 0 && !f->wrap ? 0 : at;
    int first = f->wrap ? (int)floor(at) : sc_min_int((int)at, in - 1);
    float fraction = (float)(at - first);
    bool second = (first + 1 < in || f->wrap) && fraction > 0;
    f->firsts[i] = first;
    f->counts[i] = second ? 2 : 1;
    f->weights[2 * i] = second ? 1 - fraction : 1;
    f->weights[2 * i + 1] = second ? fraction : 0;
}

static void triangle_position(filter *f, int i)
{
    double scale = (double)f->axis.in / f->axis.out, centre = scale * (f->axis.out_first + i + 0.5), sum = 0;
    int first = (int)floor(centre - scale + 0.5), end = (int)(centre + scale + 0.5);
    if (!f->wrap) {
        first = sc_max_int(first, 0);
        end = sc_min_int(end, f->axis.in);
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

static size_t filter_bytes(const sc_resize_attrs *a, kind how, axis k)
{
    return sc_thread_stride((size_t)k.out_held * (2 * sizeof(int) + (size_t)most_weights(a, how, k) * sizeof(float)));
}

static filter make_filter(const sc_resize_attrs *a, kind how, axis k, void *memory)
{
    filter f = { .axis = k, .most = most_weights(a, how, k), .wrap = a->wrap && how == BILINEAR, .firsts = memory };
    f.counts = f.firsts + k.out_held;
    f.weights = (float *)(f.counts + k.out_held);
    for (int i = 0; i < k.out_held; i++) {
        if (how == NEAREST)
            nearest_position(&f, i);
        else if (widens(a, how, k))
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
    return filter_bytes(a, how, vertical_axis(a, s)) + filter_bytes(a, how, horizontal_axis(a, s)) +
           sc_thread_stride((size_t)width * (size_t)s.c * sizeof(float));
}

static work make_work(const sc_call *call, kind how, int width, int thread)
{
    const sc_resize_attrs *a = call->attrs;
    axis v = vertical_axis(a, call->in[0]->shape), h = horizontal_axis(a, call->in[0]->shape);
    char *memory = sc_thread_scratch(call, thread, work_bytes(call, how, width));
    char *second = memory + filter_bytes(a, how, v);
    return (work){ make_filter(a, how, v, memory), make_filter(a, how, h, second),
                   (float *)(second + filter_bytes(a, how, h)) };
}

static int resize_modulo(int i, int extent)
{
    i %= extent;
    return i < 0 ? i + extent : i;
}

/* Where the tensor holds a position of the whole input; -1 where it does not. */
static int resize_place_of(const filter *f, int position)
{
    int place = position - f->axis.in_first;
    if (f->wrap)
        place = resize_modulo(place, f->axis.in);
    return place < f->axis.in_held ? sc_max_int(place, -1) : -1;
}

/* The position of the whole input whose place is `place`; -1 when there is none. */
static int position_at(const filter *f, int place)
{
    if (f->wrap)
        return place < f->axis.in ? resize_modulo(f->axis.in_first + place, f->axis.in) : -1;
    int position = f->axis.in_first + place;
    return position < f->axis.in ? sc_max_int(position, -1) : -1;
}

/* to = weight from, or += */
static void resize_add_scaled(float *restrict to, const float *restrict from, size_t count, float weight, bool add)
{
    if (add)
        for (size_t i = 0; i < count; i++)
            to[i] += weight * from[i];
    else
        for (size_t i = 0; i < count; i++)
            to[i] = weight * from[i];
}

/* --- forward --- */

/* to = the sum of what the filter weighs for output i; from holds the input's positions, `count` values each. False:
 * none is held, to is left alone. */
static bool resize_weigh(const filter *f, int i, const float *from, size_t count, float *to)
{
    const float *weights = f->weights + (size_t)i * (size_t)f->most;
    bool any = false;
    for (int j = 0; j < f->counts[i]; j++) {
        int place = resize_place_of(f, f->firsts[i] + j);
        if (place >= 0)
            resize_add_scaled(to, from + (size_t)place * count, count, weights[j], any);
        any = any || place >= 0;
    }
    return any;
}

static void resize_forward_row(const sc_call *call, const work *k, size_t r)
{
    sc_shape s = call->in[0]->shape, o = call->out->shape;
    size_t c = (size_t)s.c, picture = r / (size_t)o.h;
    float *to = sc_row(call->out, r);
    bool any = resize_weigh(&k->vertical, (int)(r % (size_t)o.h), sc_row(call->in[0], picture * (size_t)s.h),
                            sc_row_values(s), k->row);
    for (int x = 0; x < o.w; x++, to += c)
        if (!any || !resize_weigh(&k->horizontal, x, k->row, c, to))
            memset(to, 0, c * sizeof *to);
}

static int forward(const sc_call *call, kind how, int part, int thread)
{
    sc_shape o = call->out->shape;
    work k = make_work(call, how, call->in[0]->shape.w, thread);
    sc_range rows = sc_part_range(sc_row_count(o), sc_row_parts(o), part);
    for (size_t r = rows.begin; r < rows.end; r++)
        resize_forward_row(call, &k, r);
    return SCUMBLE_OK;
}

/* --- backward --- */

/* The outputs held, [begin, end), that use input `source`, not taken modulo. */
static sc_range users(const filter *f, int source)
{
    size_t begin = 0, end, count = (size_t)f->axis.out_held, high = count;
    while (begin < high) { /* the first whose last input is not before source */
        size_t middle = (begin + high) / 2;
        if (f->firsts[middle] + f->counts[middle] <= source)
            begin = middle + 1;
        else
            high = middle;
    }
    for (end = begin; end < count && f->firsts[end] <= source; end++)
        ;
    return (sc_range){ begin, end };
}

static void backward_row(const sc_call *call, const work *k, size_t r)
{
    sc_shape s = call->in[0]->shape, o = call->out->shape;
    size_t c = (size_t)s.c, picture = r / (size_t)s.h;
    const filter *v = &k->vertical, *h = &k->horizontal;
    float *to = sc_row(call->in_gradient[0], r);
    int row = position_at(v, (int)(r % (size_t)s.h)), period = v->axis.in;
    bool used = false;
    if (!call->accumulate[0])
        memset(to, 0, sc_row_values(s) * sizeof *to);
    if (row < 0)
        return;
    for (int y = v->wrap ? row - period : row; y <= (v->wrap ? row + period : row); y += period) {
        sc_range from = users(v, y);
        for (size_t i = from.begin; i < from.end; i++, used = true)
            resize_add_scaled(k->row, sc_row(call->out_gradient, picture * (size_t)o.h + i), sc_row_values(o),
                              v->weights[i * (size_t)v->most + (size_t)(y - v->firsts[i])], used);
    }
    if (!used)
        return;
    for (int x = 0; x < o.w; x++)
        for (int j = 0; j < h->counts[x]; j++) {
            int place = resize_place_of(h, h->firsts[x] + j);
            if (place >= 0)
                resize_add_scaled(to + (size_t)place * c, k->row + (size_t)x * c, c,
                                  h->weights[(size_t)x * (size_t)h->most + (size_t)j], true);
        }
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

static int resize_nearest_forward(const sc_call *call, int part, int thread)
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

static const sc_field resize_fields[] = {
    { "align_corners", SC_FIELD_FLAG, offsetof(sc_resize_attrs, align_corners), 1 },
    { 0 },
};

/* i / by, rounded down. */
static int whole_times(int i, int by)
{
    return i >= 0 ? i / by : -((by - 1 - i) / by);
}

/* Along one axis a part of a picture that repeats, [begin, begin + count), and of its result, as parts of so many
 * periods that nothing of them lies before the first; positions stay what they are but for whole periods. */
static void lay_out(int begin, int count, int extent, int out_begin, int out_count, int out_extent, int *periods,
                    int *shift)
{
    int first = whole_times(begin, extent), other = whole_times(out_begin, out_extent),
        last = whole_times(begin + count - 1, extent), beyond = whole_times(out_begin + out_count - 1, out_extent);
    *shift = first < other ? -first : -other;
    *periods = (last > beyond ? last : beyond) + 1 + *shift;
}

static void resize_fit(void *attrs, const sc_op_part *part)
{
    sc_resize_attrs *a = attrs;
    int down = 1, right = 1, shift_down = 0, shift_right = 0;
    if (part->wrap) {
        lay_out(part->in_top, part->in_height, part->in.h, part->top, part->height, part->out.h, &down, &shift_down);
        lay_out(part->in_left, part->in_width, part->in.w, part->left, part->width, part->out.w, &right, &shift_right);
    }
    *a = (sc_resize_attrs){ .height = down * part->out.h,
                            .width = right * part->out.w,
                            .align_corners = !part->wrap && a->align_corners,
                            .antialias = a->antialias,
                            .full_height = down * part->in.h,
                            .full_width = right * part->in.w,
                            .in_top = part->in_top + shift_down * part->in.h,
                            .in_left = part->in_left + shift_right * part->in.w,
                            .part_height = part->height,
                            .part_width = part->width,
                            .out_top = part->top + shift_down * part->out.h,
                            .out_left = part->left + shift_right * part->out.w };
}

const sc_op sc_op_resize_nearest = {
    .name = "resize_nearest",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs_bytes = sizeof(sc_resize_attrs),
    .infer = resize_infer,
    .forward = { sc_output_row_parts, resize_nearest_forward, NULL, nearest_forward_scratch },
    .backward = { sc_input_row_parts, nearest_backward, NULL, nearest_backward_scratch },
    .fields = resize_fields,
    .locality = SC_LOOKS_SMALLER,
    .fit = resize_fit,
};

const sc_op sc_op_resize_bilinear = {
    .name = "resize_bilinear",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs_bytes = sizeof(sc_resize_attrs),
    .infer = resize_infer,
    .forward = { sc_output_row_parts, bilinear_forward, NULL, bilinear_forward_scratch },
    .backward = { sc_input_row_parts, bilinear_backward, NULL, bilinear_backward_scratch },
    .fields = resize_fields,
    .locality = SC_LOOKS_SMALLER,
    .fit = resize_fit,
};
