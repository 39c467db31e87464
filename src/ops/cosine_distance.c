/* SPDX-License-Identifier: MIT */
/* The mean over positions of the cosine distance between features x and their targets t (NNST, Kolkin et al. 2022,
 * arXiv 2203.13215):
 *   L = mean over p of 1 - cos_p,   cos = x.t / (|x| |t|),   dL/dx_p = -(g / N) (a t - b x),   a = 1 / (|x| |t|),   b =
 * cos / |x|^2. Where x or t is zero, cos is 0 and so is the gradient. t is a constant. Saved: (a, b) of each position,
 * as float pairs. */
#include "ops/helpers.h"

enum { LANES = 16 };
static const double least_square = 1e-30; /* |x|^2 up to which x counts as zero: 1 / |x|^2 is still a float */

static size_t cosine_distance_position_count(const sc_call *call)
{
    return sc_shape_count(call->in[0]->shape) / (size_t)call->in[0]->shape.c;
}

static int cosine_distance_position_parts(const sc_call *call)
{
    return sc_part_count(cosine_distance_position_count(call), (size_t)call->in[0]->shape.c);
}

static int cosine_distance_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    *out = (sc_shape){ 1, 1, 1, 1 };
    return sc_check_target(call, "cosine_distance", err);
}

static size_t cosine_distance_partials_scratch(const sc_call *call)
{
    return (size_t)cosine_distance_position_parts(call) * sizeof(double);
}

/* x.x, t.t and x.t of one position: 16 sums of each in single precision, which compilers turn into vectors, then one in
 * double. */
typedef struct products {
    double xx, tt, xt;
} products;

static products cosine_distance_multiply(const float *restrict x, const float *restrict t, size_t channels)
{
    float xx[LANES] = { 0 }, tt[LANES] = { 0 }, xt[LANES] = { 0 };
    products sum = { 0 };
    size_t c = 0;
    for (; c + LANES <= channels; c += LANES)
        for (size_t j = 0; j < LANES; j++) {
            xx[j] += x[c + j] * x[c + j];
            tt[j] += t[c + j] * t[c + j];
            xt[j] += x[c + j] * t[c + j];
        }
    for (size_t j = 0; c + j < channels; j++) {
        xx[j] += x[c + j] * x[c + j];
        tt[j] += t[c + j] * t[c + j];
        xt[j] += x[c + j] * t[c + j];
    }
    for (int j = 0; j < LANES; j++) {
        sum.xx += (double)xx[j];
        sum.tt += (double)tt[j];
        sum.xt += (double)xt[j];
    }
    return sum;
}

static int cosine_distance_forward(const sc_call *call, int part, int thread)
{
    (void)thread;
    size_t channels = (size_t)call->in[0]->shape.c;
    sc_range positions =
        sc_part_range(cosine_distance_position_count(call), cosine_distance_position_parts(call), part);
    float *saved = call->saved;
    double sum = 0;
    for (size_t p = positions.begin; p < positions.end; p++) {
        products s =
            cosine_distance_multiply(call->in[0]->data + p * channels, call->in[1]->data + p * channels, channels);
        bool defined = s.xx > least_square && s.tt > least_square;
        double norms = sqrt(s.xx) * sqrt(s.tt), cosine = defined ? s.xt / norms : 0;
        sum += 1 - cosine;
        if (saved) {
            saved[2 * p] = defined ? (float)(1 / norms) : 0;
            saved[2 * p + 1] = defined ? (float)(cosine / s.xx) : 0;
        }
    }
    ((double *)call->scratch)[part] = sum;
    return SCUMBLE_OK;
}

static int cosine_distance_finish(const sc_call *call)
{
    double sum = sc_sum_partials(call->scratch, cosine_distance_position_parts(call));
    call->out->data[0] = (float)(sum / (double)cosine_distance_position_count(call));
    return SCUMBLE_OK;
}

static int cosine_distance_backward(const sc_call *call, int part, int thread)
{
    (void)thread;
    size_t channels = (size_t)call->in[0]->shape.c;
    const float *saved = call->saved;
    float factor = (float)((double)call->out_gradient->data[0] / (double)cosine_distance_position_count(call));
    sc_range positions =
        sc_part_range(cosine_distance_position_count(call), cosine_distance_position_parts(call), part);
    for (size_t p = positions.begin; call->in_gradient[0] && p < positions.end; p++) {
        const float *restrict x = call->in[0]->data + p * channels, *restrict t = call->in[1]->data + p * channels;
        float *restrict to = call->in_gradient[0]->data + p * channels;
        float a = factor * saved[2 * p], b = factor * saved[2 * p + 1];
        if (call->accumulate[0])
            for (size_t c = 0; c < channels; c++)
                to[c] += b * x[c] - a * t[c];
        else
            for (size_t c = 0; c < channels; c++)
                to[c] = b * x[c] - a * t[c];
    }
    return SCUMBLE_OK;
}

static unsigned cosine_distance_reads(const sc_call *call, unsigned wanted)
{
    (void)call;
    return wanted & 1 ? SC_READS_INPUT_0 | SC_READS_INPUT_0 << 1 : 0u;
}

static size_t cosine_distance_saved(const sc_call *call, unsigned wanted)
{
    return wanted & 1 ? cosine_distance_position_count(call) * 2 * sizeof(float) : 0;
}

const sc_op sc_op_cosine_distance = {
    .name = "cosine_distance",
    .min_inputs = 2,
    .max_inputs = 2,
    .infer = cosine_distance_infer,
    .forward = { cosine_distance_position_parts, cosine_distance_forward, cosine_distance_finish,
                 cosine_distance_partials_scratch },
    .backward = { cosine_distance_position_parts, cosine_distance_backward, NULL, NULL },
    .reads = cosine_distance_reads,
    .saved_bytes = cosine_distance_saved,
    .constants = 1u << 1,
};
