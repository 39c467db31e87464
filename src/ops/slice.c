/* SPDX-License-Identifier: MIT */
/* A block of channels, rows and columns. Backward is zero outside it. */
#include "ops/helpers.h"

static int check_range(const char *what, int first, int count, int extent, sc_error *err)
{
    if (first >= 0 && count >= 1 && first < extent && count <= extent - first)
        return SCUMBLE_OK;
    return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "slice: %d %s from %d on do not lie within the input's %d", count, what,
                   first, extent);
}

static int slice_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    const sc_slice_attrs *a = call->attrs;
    sc_shape x = call->in[0]->shape;
    int code = check_range("channels", a->channel, a->channels, x.c, err);
    if (!code)
        code = check_range("rows", a->top, a->height, x.h, err);
    if (!code)
        code = check_range("columns", a->left, a->width, x.w, err);
    if (!code)
        *out = (sc_shape){ x.n, a->channels, a->height, a->width };
    return code;
}

/* The first value of the slice in row y of picture n. */
static size_t slice_begin(const sc_call *call, int n, int y)
{
    const sc_slice_attrs *a = call->attrs;
    return sc_offset(call->in[0]->shape, n, a->channel, y, a->left);
}

static int slice_forward(const sc_call *call, int part, int thread)
{
    (void)thread;
    const sc_slice_attrs *a = call->attrs;
    sc_shape s = call->in[0]->shape, o = call->out->shape;
    sc_range rows = sc_part_range(sc_row_count(o), sc_row_parts(o), part);
    for (size_t r = rows.begin; r < rows.end; r++) {
        float *to = sc_row(call->out, r);
        const float *from =
            call->in[0]->data + slice_begin(call, (int)(r / (size_t)o.h), a->top + (int)(r % (size_t)o.h));
        for (int x = 0; x < o.w; x++)
            memcpy(to + (size_t)x * (size_t)o.c, from + (size_t)x * (size_t)s.c, (size_t)o.c * sizeof *to);
    }
    return SCUMBLE_OK;
}

static int slice_backward(const sc_call *call, int part, int thread)
{
    (void)thread;
    const sc_slice_attrs *a = call->attrs;
    sc_shape s = call->in[0]->shape, o = call->out->shape;
    sc_range rows = sc_part_range(sc_row_count(s), sc_row_parts(s), part);
    for (size_t r = rows.begin; call->in_gradient[0] && r < rows.end; r++) {
        int n = (int)(r / (size_t)s.h), y = (int)(r % (size_t)s.h) - a->top;
        if (!call->accumulate[0])
            memset(sc_row(call->in_gradient[0], r), 0, sc_row_values(s) * sizeof(float));
        if (y < 0 || y >= o.h)
            continue;
        float *to = call->in_gradient[0]->data + slice_begin(call, n, y + a->top);
        const float *from = sc_row(call->out_gradient, (size_t)n * (size_t)o.h + (size_t)y);
        for (int x = 0; x < o.w; x++)
            sc_write_values(to + (size_t)x * (size_t)s.c, from + (size_t)x * (size_t)o.c, (size_t)o.c, true);
    }
    return SCUMBLE_OK;
}

static sc_reach slice_reach(const sc_call *call, bool vertical)
{
    const sc_slice_attrs *a = call->attrs;
    return (sc_reach){ .stride = 1, .before = -(vertical ? a->top : a->left), .size = 1 };
}

/* The part of the input is cut already. */
static void slice_fit(void *attrs, const sc_op_part *part)
{
    sc_slice_attrs *a = attrs;
    *a = (sc_slice_attrs){ a->channel, a->channels, 0, part->height, 0, part->width };
}

const sc_op sc_op_slice = {
    .name = "slice",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs_bytes = sizeof(sc_slice_attrs),
    .infer = slice_infer,
    .forward = { sc_output_row_parts, slice_forward, NULL, NULL },
    .backward = { sc_input_row_parts, slice_backward, NULL, NULL },
    .locality = SC_LOOKS_AROUND,
    .reach = slice_reach,
    .fit = slice_fit,
};
