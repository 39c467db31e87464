/* SPDX-License-Identifier: MIT */
/* Padding with zeros, the border's values, their reflection, or the opposite side. Backward gathers, for a row of the
 * input, the rows of the output that were copied from it. */
#include "ops/helpers.h"

static int pad_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    const sc_padding *p = call->attrs;
    sc_shape x = call->in[0]->shape;
    int code = sc_check_padding("pad", *p, x, err);
    if (code)
        return code;
    return sc_infer_extents("pad", x.n, x.c, (int64_t)x.h + p->top + p->bottom, (int64_t)x.w + p->left + p->right, out,
                            err);
}

static int pad_forward(const sc_call *call, int part, int thread)
{
    (void)thread;
    const sc_padding *p = call->attrs;
    sc_shape s = call->in[0]->shape, o = call->out->shape;
    size_t c = (size_t)s.c;
    sc_range rows = sc_part_range(sc_row_count(o), sc_row_parts(o), part);
    for (size_t r = rows.begin; r < rows.end; r++) {
        float *to = sc_row(call->out, r);
        int y = sc_border_source((int)(r % (size_t)o.h) - p->top, s.h, p->mode);
        if (y < 0) {
            memset(to, 0, sc_row_values(o) * sizeof *to);
            continue;
        }
        const float *from = sc_row(call->in[0], r / (size_t)o.h * (size_t)s.h + (size_t)y);
        for (int x = 0; x < o.w; x++, to += c) {
            int source = sc_border_source(x - p->left, s.w, p->mode);
            if (source < 0)
                memset(to, 0, c * sizeof *to);
            else
                memcpy(to, from + (size_t)source * c, c * sizeof *to);
        }
    }
    return SCUMBLE_OK;
}

/* dx += the row of dy that lies `padded` rows below the input's first row. */
static void pad_add_row(const sc_call *call, size_t picture, int padded, float *dx)
{
    const sc_padding *p = call->attrs;
    sc_shape s = call->in[0]->shape, o = call->out->shape;
    size_t c = (size_t)s.c;
    const float *dy = sc_row(call->out_gradient, picture * (size_t)o.h + (size_t)(padded + p->top));
    for (int x = 0; x < o.w; x++) {
        int source = sc_border_source(x - p->left, s.w, p->mode);
        if (source >= 0)
            sc_write_values(dx + (size_t)source * c, dy + (size_t)x * c, c, true);
    }
}

static int pad_backward(const sc_call *call, int part, int thread)
{
    (void)thread;
    const sc_padding *p = call->attrs;
    sc_shape s = call->in[0]->shape;
    sc_range rows = sc_part_range(sc_row_count(s), sc_row_parts(s), part);
    for (size_t r = rows.begin; call->in_gradient[0] && r < rows.end; r++) {
        float *dx = sc_row(call->in_gradient[0], r);
        size_t picture = r / (size_t)s.h;
        int y = (int)(r % (size_t)s.h);
        if (!call->accumulate[0])
            memset(dx, 0, sc_row_values(s) * sizeof *dx);
        for (int padded = -p->top; padded < 0; padded++)
            if (sc_border_source(padded, s.h, p->mode) == y)
                pad_add_row(call, picture, padded, dx);
        pad_add_row(call, picture, y, dx);
        for (int padded = s.h; padded < s.h + p->bottom; padded++)
            if (sc_border_source(padded, s.h, p->mode) == y)
                pad_add_row(call, picture, padded, dx);
    }
    return SCUMBLE_OK;
}

static const sc_field pad_fields[] = {
    { "padding", SC_FIELD_INT, offsetof(sc_padding, top), 4 },
    { "mode", SC_FIELD_PADDING, offsetof(sc_padding, mode), 1 },
    { 0 },
};

static sc_reach pad_reach(const sc_call *call, bool vertical)
{
    const sc_padding *a = call->attrs;
    return (sc_reach){ .stride = 1, .before = vertical ? a->top : a->left, .size = 1, .mode = a->mode };
}

static void pad_fit(void *attrs, const sc_op_part *part)
{
    *(sc_padding *)attrs = part->border;
}

const sc_op sc_op_pad = {
    .name = "pad",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs_bytes = sizeof(sc_padding),
    .infer = pad_infer,
    .forward = { sc_output_row_parts, pad_forward, NULL, NULL },
    .backward = { sc_input_row_parts, pad_backward, NULL, NULL },
    .fields = pad_fields,
    .locality = SC_LOOKS_AROUND,
    .reach = pad_reach,
    .fit = pad_fit,
};
