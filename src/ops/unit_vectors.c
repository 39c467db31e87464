/* SPDX-License-Identifier: MIT */
/* Features as directions: (x - mean) / |x - mean|, for each position the vector over the channels; a zero vector stays
 * zero. Cosine distances are then products (ops/nearest.c). The mean, one value a channel, centres features that are
 * all positive, whose directions would else be alike. Forward only: what is searched for is a constant to the loss. */
#include "ops/helpers.h"

static int unit_vectors_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    sc_shape x = call->in[0]->shape;
    if (x.n != 1)
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT,
                       "unit_vectors: takes the features of one picture, but the input holds %d", x.n);
    int code = sc_check_vector(call, 1, "unit_vectors", "mean", x.c, err);
    return code ? code : sc_infer_same(call, out, err);
}

static size_t unit_vectors_position_count(const sc_call *call)
{
    return (size_t)call->out->shape.h * (size_t)call->out->shape.w;
}

static int unit_vectors_parts(const sc_call *call)
{
    return sc_part_count(unit_vectors_position_count(call), (size_t)call->out->shape.c);
}

static void unit_vector(const float *restrict x, const float *restrict mean, size_t c, float *restrict out)
{
    for (size_t i = 0; i < c; i++)
        out[i] = x[i] - mean[i];
    double square = sc_sum_products(out, out, c);
    if (square == 0)
        return;
    double scale = 1 / sqrt(square);
    if (scale < 1e30)
        for (size_t i = 0; i < c; i++)
            out[i] *= (float)scale;
    else /* beyond a float's range */
        for (size_t i = 0; i < c; i++)
            out[i] = (float)((double)out[i] * scale);
}

static int unit_vectors_forward(const sc_call *call, int part, int thread)
{
    (void)thread;
    size_t c = (size_t)call->out->shape.c;
    sc_range own = sc_part_range(unit_vectors_position_count(call), unit_vectors_parts(call), part);
    for (size_t p = own.begin; p < own.end; p++)
        unit_vector(call->in[0]->data + p * c, call->in[1]->data, c, call->out->data + p * c);
    return SCUMBLE_OK;
}

const sc_op sc_op_unit_vectors = {
    .name = "unit_vectors",
    .min_inputs = 2,
    .max_inputs = 2,
    .infer = unit_vectors_infer,
    .forward = { unit_vectors_parts, unit_vectors_forward, NULL, NULL },
};
