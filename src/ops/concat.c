/* SPDX-License-Identifier: MIT */
/* Concatenation along channels. Part after part copies the same rows of all inputs. */
#include "ops/helpers.h"

static int concat_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    sc_shape first = call->in[0]->shape;
    int64_t channels = first.c;
    for (int i = 1; i < call->input_count; i++) {
        sc_shape s = call->in[i]->shape;
        if (s.n != first.n || s.h != first.h || s.w != first.w)
            return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                           "concat: input %d has %d pictures of %d x %d pixels, but the first has %d of %d x %d; only "
                           "channels may differ",
                           i + 1, s.n, s.h, s.w, first.n, first.h, first.w);
        channels += s.c;
    }
    return sc_infer_extents("concat", first.n, channels, first.h, first.w, out, err);
}

static int concat_forward(const sc_call *call, int part, int thread)
{
    (void)thread;
    sc_shape o = call->out->shape;
    size_t all = (size_t)o.c, first = 0;
    sc_range rows = sc_part_range(sc_row_count(o), sc_row_parts(o), part);
    for (int i = 0; i < call->input_count; i++) {
        size_t c = (size_t)call->in[i]->shape.c;
        for (size_t p = rows.begin * (size_t)o.w; p < rows.end * (size_t)o.w; p++)
            memcpy(call->out->data + p * all + first, call->in[i]->data + p * c, c * sizeof(float));
        first += c;
    }
    return SCUMBLE_OK;
}

static int concat_backward(const sc_call *call, int part, int thread)
{
    (void)thread;
    sc_shape o = call->out->shape;
    size_t all = (size_t)o.c, first = 0;
    sc_range rows = sc_part_range(sc_row_count(o), sc_row_parts(o), part);
    for (int i = 0; i < call->input_count; i++) {
        size_t c = (size_t)call->in[i]->shape.c;
        for (size_t p = rows.begin * (size_t)o.w; call->in_gradient[i] && p < rows.end * (size_t)o.w; p++)
            sc_write_values(call->in_gradient[i]->data + p * c, call->out_gradient->data + p * all + first, c,
                            call->accumulate[i]);
        first += c;
    }
    return SCUMBLE_OK;
}

const sc_op sc_op_concat = {
    .name = "concat",
    .min_inputs = 1,
    .max_inputs = SC_MAX_INPUTS,
    .infer = concat_infer,
    .forward = { sc_output_row_parts, concat_forward, NULL, NULL },
    .backward = { sc_output_row_parts, concat_backward, NULL, NULL },
    .fields = sc_no_fields,
    .locality = SC_LOOKS_AT_ITSELF,
};
