/* SPDX-License-Identifier: MIT */
/* Rows and columns cut off at the edges, whatever the extents: y_rc = x_(r + top)(c + left). Backward is zero in what
 * was cut off. */
#include "ops/helpers.h"

static int crop_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    const sc_crop_attrs *a = call->attrs;
    sc_shape x = call->in[0]->shape;
    bool fits = a->top >= 0 && a->bottom >= 0 && a->left >= 0 && a->right >= 0 && (int64_t)a->top + a->bottom < x.h &&
                (int64_t)a->left + a->right < x.w;
    if (!fits)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "crop: nothing is left of %d x %d positions without %d, %d rows and %d, %d columns", x.w, x.h,
                       a->top, a->bottom, a->left, a->right);
    *out = (sc_shape){ x.n, x.c, x.h - a->top - a->bottom, x.w - a->left - a->right };
    return SCUMBLE_OK;
}

static int crop_forward(const sc_call *call, int part, int thread)
{
    (void)thread;
    const sc_crop_attrs *a = call->attrs;
    sc_shape s = call->in[0]->shape, o = call->out->shape;
    sc_range rows = sc_part_range(sc_row_count(o), sc_row_parts(o), part);
    for (size_t r = rows.begin; r < rows.end; r++)
        memcpy(sc_row(call->out, r),
               call->in[0]->data + sc_offset(s, (int)(r / (size_t)o.h), 0, a->top + (int)(r % (size_t)o.h), a->left),
               sc_row_values(o) * sizeof(float));
    return SCUMBLE_OK;
}

static int crop_backward(const sc_call *call, int part, int thread)
{
    (void)thread;
    const sc_crop_attrs *a = call->attrs;
    sc_shape s = call->in[0]->shape, o = call->out->shape;
    sc_range rows = sc_part_range(sc_row_count(s), sc_row_parts(s), part);
    for (size_t r = rows.begin; call->in_gradient[0] && r < rows.end; r++) {
        int n = (int)(r / (size_t)s.h), y = (int)(r % (size_t)s.h) - a->top;
        if (!call->accumulate[0])
            memset(sc_row(call->in_gradient[0], r), 0, sc_row_values(s) * sizeof(float));
        if (y >= 0 && y < o.h)
            sc_write_values(call->in_gradient[0]->data + sc_offset(s, n, 0, y + a->top, a->left),
                            sc_row(call->out_gradient, (size_t)n * (size_t)o.h + (size_t)y), sc_row_values(o), true);
    }
    return SCUMBLE_OK;
}

static const sc_field crop_fields[] = {
    { "cut", SC_FIELD_INT, offsetof(sc_crop_attrs, top), 4 },
    { 0 },
};

static sc_reach crop_reach(const sc_call *call, bool vertical)
{
    const sc_crop_attrs *a = call->attrs;
    return (sc_reach){ .stride = 1, .before = -(vertical ? a->top : a->left), .size = 1 };
}

/* The part of the input is cut already. */
static void crop_fit(void *attrs, const sc_op_part *part)
{
    (void)part;
    *(sc_crop_attrs *)attrs = (sc_crop_attrs){ 0 };
}

const sc_op sc_op_crop = {
    .name = "crop",
    .min_inputs = 1,
    .max_inputs = 1,
    .attrs_bytes = sizeof(sc_crop_attrs),
    .infer = crop_infer,
    .forward = { sc_output_row_parts, crop_forward, NULL, NULL },
    .backward = { sc_input_row_parts, crop_backward, NULL, NULL },
    .fields = crop_fields,
    .locality = SC_LOOKS_AROUND,
    .reach = crop_reach,
    .fit = crop_fit,
};
