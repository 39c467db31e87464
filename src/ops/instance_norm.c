/* SPDX-License-Identifier: MIT */
/* Instance normalisation (Ulyanov, Vedaldi, Lempitsky 2016): y = gamma x^ + beta, x^ = (x - m) r, m and r = 1 / sqrt(v
 * + epsilon) over the N = h w positions of each picture and channel, v biased. With S = sum dy and T = sum dy x^ over
 * those positions:
 *   dx = gamma r (dy - S / N - x^ T / N),   dgamma = sum of T over pictures,   dbeta = sum of S over pictures.
 * With batch, the N = n h w positions of all pictures count as those of one, which they are in memory.
 * A part owns up to 16 channels of a picture, since it needs their statistics first. Saved: (m, r) of each (n, c), as
 * float pairs; then, with relu, which makes 0 of dy where y is not above 0, for each position and block of 16 channels
 * a word of 16 sign bits. */
#include "ops/helpers.h"

enum { LANES = 16 };

/* The functions of a block are compiled twice, once for full ones, whose loops over channels then become vector code.
 */
#define SPECIALISED static inline __attribute__((always_inline)) void

static int instance_norm_infer(const sc_call *call, sc_shape *out, sc_error *err)
{
    const sc_norm_attrs *a = call->attrs;
    *out = call->in[0]->shape;
    if (!(a->epsilon >= 0) || isinf(a->epsilon))
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "instance_norm: epsilon must be a number from 0 up, not %g",
                       (double)a->epsilon);
    int code = sc_check_vector(call, 1, "instance_norm", "gamma", out->c, err);
    return code ? code : sc_check_vector(call, 2, "instance_norm", "beta", out->c, err);
}

/* What counts as one picture has statistics of its own. */
static size_t picture_count(const sc_call *call)
{
    const sc_norm_attrs *attrs = call->attrs;
    return attrs->batch ? 1 : (size_t)call->in[0]->shape.n;
}

static size_t instance_norm_positions(const sc_call *call)
{
    sc_shape s = call->in[0]->shape;
    return (size_t)s.n * (size_t)s.h * (size_t)s.w / picture_count(call);
}

static size_t blocks_per_picture(const sc_call *call)
{
    return ((size_t)call->in[0]->shape.c + LANES - 1) / LANES;
}

static size_t instance_norm_unit_count(const sc_call *call)
{
    return picture_count(call) * blocks_per_picture(call);
}

static int unit_parts(const sc_call *call)
{
    return sc_part_count(instance_norm_unit_count(call), instance_norm_positions(call) * LANES * 2);
}

/* Up to 16 channels of one picture. */
typedef struct block {
    size_t n, first, begin; /* picture, first channel, offset of its first value */
    int channels;
} block;

static block block_at(const sc_call *call, size_t unit)
{
    size_t c = (size_t)call->in[0]->shape.c, n = unit / blocks_per_picture(call),
           first = unit % blocks_per_picture(call) * LANES;
    return (block){ n, first, n * instance_norm_positions(call) * c + first,
                    (int)(c - first < LANES ? c - first : LANES) };
}

/* Mean and biased variance of each channel, in two passes. */
SPECIALISED statistics(const sc_call *call, const block *b, int channels, double *mean, double *variance)
{
    size_t c = (size_t)call->in[0]->shape.c, count = instance_norm_positions(call);
    const float *x = call->in[0]->data + b->begin;
    for (int i = 0; i < LANES; i++)
        mean[i] = variance[i] = 0;
    for (size_t p = 0; p < count; p++)
        for (int i = 0; i < channels; i++)
            mean[i] += (double)x[p * c + (size_t)i];
    for (int i = 0; i < LANES; i++)
        mean[i] /= (double)count;
    for (size_t p = 0; p < count; p++)
        for (int i = 0; i < channels; i++) {
            double difference = (double)x[p * c + (size_t)i] - mean[i];
            variance[i] += difference * difference;
        }
    for (int i = 0; i < LANES; i++)
        variance[i] /= (double)count;
}

static float *instance_norm_saved_pair(const sc_call *call, const block *b, int i)
{
    return (float *)call->saved + 2 * (b->n * (size_t)call->in[0]->shape.c + b->first + (size_t)i);
}

/* Words of sign bits of a block, blocks_per_picture apart; NULL without relu. */
static uint16_t *saved_signs(const sc_call *call, const block *b)
{
    const sc_norm_attrs *attrs = call->attrs;
    if (!attrs->relu || !call->saved)
        return NULL;
    uint16_t *all = (uint16_t *)((float *)call->saved + 2 * picture_count(call) * (size_t)call->in[0]->shape.c);
    return all + b->n * instance_norm_positions(call) * blocks_per_picture(call) + b->first / LANES;
}

/* y = max(0, y) of a block, and its signs; NaN passes. */
SPECIALISED relu_block(const sc_call *call, const block *b, int channels)
{
    size_t c = (size_t)call->in[0]->shape.c, count = instance_norm_positions(call), row = blocks_per_picture(call);
    float *y = call->out->data + b->begin;
    uint16_t *signs = saved_signs(call, b);
    for (size_t p = 0; p < count; p++, y += c) {
        unsigned word = 0;
        for (int i = 0; i < channels; i++) {
            bool passes = !(y[i] <= 0);
            y[i] = passes ? y[i] : 0;
            word |= (unsigned)passes << i;
        }
        if (signs)
            signs[p * row] = (uint16_t)word;
    }
}

SPECIALISED normalise_block(const sc_call *call, const block *b, int channels)
{
    const sc_norm_attrs *attrs = call->attrs;
    size_t c = (size_t)call->in[0]->shape.c, count = instance_norm_positions(call);
    double mean[LANES], variance[LANES];
    float factor[LANES], centre[LANES], beta[LANES];
    statistics(call, b, channels, mean, variance);
    for (int i = 0; i < channels; i++) {
        double r = 1 / sqrt(variance[i] + (double)attrs->epsilon);
        factor[i] = (float)((double)call->in[1]->data[b->first + (size_t)i] * r);
        centre[i] = (float)mean[i];
        beta[i] = call->in[2]->data[b->first + (size_t)i];
        if (call->saved) {
            instance_norm_saved_pair(call, b, i)[0] = (float)mean[i];
            instance_norm_saved_pair(call, b, i)[1] = (float)r;
        }
    }
    const float *restrict x = call->in[0]->data + b->begin;
    float *restrict y = call->out->data + b->begin;
    for (size_t p = 0; p < count; p++)
        for (int i = 0; i < channels; i++)
            y[p * c + (size_t)i] = factor[i] * (x[p * c + (size_t)i] - centre[i]) + beta[i];
    if (attrs->relu)
        relu_block(call, b, channels);
}

static int instance_norm_forward(const sc_call *call, int part, int thread)
{
    (void)thread;
    sc_range units = sc_part_range(instance_norm_unit_count(call), unit_parts(call), part);
    for (size_t u = units.begin; u < units.end; u++) {
        block b = block_at(call, u);
        if (b.channels == LANES)
            normalise_block(call, &b, LANES);
        else
            normalise_block(call, &b, b.channels);
    }
    return SCUMBLE_OK;
}

/* --- backward: S (n, c), then T (n, c) in scratch --- */

static size_t channel_count(const sc_call *call)
{
    return picture_count(call) * (size_t)call->in[0]->shape.c;
}

static size_t instance_norm_backward_scratch(const sc_call *call)
{
    return 2 * channel_count(call) * sizeof(double);
}

static bool instance_norm_products_wanted(const sc_call *call)
{
    return call->in_gradient[0] || call->in_gradient[1];
}

/* dy of position p and channel i of a block, behind the relu. */
static inline float gradient_at(const float *dy, size_t at, const uint16_t *signs, size_t word, int i)
{
    return !signs || signs[word] >> i & 1 ? dy[at] : 0;
}

/* S and T of a block; T is 0 unless it is wanted. */
SPECIALISED block_sums(const sc_call *call, const block *b, int channels, double *sum, double *product)
{
    size_t c = (size_t)call->in[0]->shape.c, count = instance_norm_positions(call);
    const float *dy = call->out_gradient->data + b->begin;
    const uint16_t *signs = saved_signs(call, b);
    size_t row = blocks_per_picture(call);
    for (int i = 0; i < LANES; i++)
        sum[i] = product[i] = 0;
    for (size_t p = 0; p < count; p++)
        for (int i = 0; i < channels; i++)
            sum[i] += (double)gradient_at(dy, p * c + (size_t)i, signs, p * row, i);
    if (!instance_norm_products_wanted(call))
        return;
    const float *x = call->in[0]->data + b->begin;
    double centre[LANES] = { 0 };
    for (int i = 0; i < channels; i++)
        centre[i] = (double)instance_norm_saved_pair(call, b, i)[0];
    for (size_t p = 0; p < count; p++)
        for (int i = 0; i < channels; i++)
            product[i] += (double)gradient_at(dy, p * c + (size_t)i, signs, p * row, i) *
                          ((double)x[p * c + (size_t)i] - centre[i]);
    for (int i = 0; i < channels; i++)
        product[i] *= (double)instance_norm_saved_pair(call, b, i)[1];
}

SPECIALISED data_block(const sc_call *call, const block *b, int channels, const double *sum, const double *product)
{
    size_t c = (size_t)call->in[0]->shape.c, count = instance_norm_positions(call);
    float factor[LANES], centre[LANES], mean_dy[LANES], slope[LANES];
    for (int i = 0; i < channels; i++) {
        float r = instance_norm_saved_pair(call, b, i)[1];
        factor[i] = call->in[1]->data[b->first + (size_t)i] * r;
        centre[i] = instance_norm_saved_pair(call, b, i)[0];
        mean_dy[i] = (float)(sum[i] / (double)count);
        slope[i] = (float)(product[i] * (double)r / (double)count);
    }
    const float *restrict x = call->in[0]->data + b->begin, *restrict dy = call->out_gradient->data + b->begin;
    float *restrict dx = call->in_gradient[0]->data + b->begin;
    const uint16_t *signs = saved_signs(call, b);
    size_t row = blocks_per_picture(call);
    bool accumulate = call->accumulate[0];
    for (size_t p = 0; p < count; p++)
        for (int i = 0; i < channels; i++) {
            size_t at = p * c + (size_t)i;
            sc_write(dx + at,
                     factor[i] * (gradient_at(dy, at, signs, p * row, i) - mean_dy[i] - (x[at] - centre[i]) * slope[i]),
                     accumulate);
        }
}

SPECIALISED backward_block(const sc_call *call, const block *b, int channels)
{
    double *sums = (double *)call->scratch + b->n * (size_t)call->in[0]->shape.c + b->first,
           *products = sums + channel_count(call);
    double sum[LANES], product[LANES];
    block_sums(call, b, channels, sum, product);
    memcpy(sums, sum, (size_t)channels * sizeof *sum);
    memcpy(products, product, (size_t)channels * sizeof *product);
    if (call->in_gradient[0])
        data_block(call, b, channels, sum, product);
}

static int instance_norm_backward(const sc_call *call, int part, int thread)
{
    (void)thread;
    sc_range units = sc_part_range(instance_norm_unit_count(call), unit_parts(call), part);
    for (size_t u = units.begin; u < units.end; u++) {
        block b = block_at(call, u);
        if (b.channels == LANES)
            backward_block(call, &b, LANES);
        else
            backward_block(call, &b, b.channels);
    }
    return SCUMBLE_OK;
}

static int instance_norm_finish(const sc_call *call)
{
    int n = (int)picture_count(call);
    size_t c = (size_t)call->in[0]->shape.c;
    const double *sums = call->scratch, *products = sums + channel_count(call);
    if (call->in_gradient[1])
        sc_combine_rows(products, n, c, call->in_gradient[1]->data, call->accumulate[1]);
    if (call->in_gradient[2])
        sc_combine_rows(sums, n, c, call->in_gradient[2]->data, call->accumulate[2]);
    return SCUMBLE_OK;
}

static unsigned instance_norm_reads(const sc_call *call, unsigned wanted)
{
    (void)call;
    return (wanted & 3 ? SC_READS_INPUT_0 : 0u) | (wanted & 1 ? SC_READS_INPUT_0 << 1 : 0u);
}

static size_t instance_norm_saved(const sc_call *call, unsigned wanted)
{
    const sc_norm_attrs *attrs = call->attrs;
    size_t words = attrs->relu ? instance_norm_unit_count(call) * instance_norm_positions(call) : 0;
    return wanted & 3 || (wanted && attrs->relu) ? channel_count(call) * 2 * sizeof(float) + words * sizeof(uint16_t) :
                                                   0;
}

static const sc_field instance_norm_fields[] = {
    { "epsilon", SC_FIELD_FLOAT, offsetof(sc_norm_attrs, epsilon), 1 },
    { 0 },
};

const sc_op sc_op_instance_norm = {
    .name = "instance_norm",
    .min_inputs = 3,
    .max_inputs = 3,
    .attrs_bytes = sizeof(sc_norm_attrs),
    .infer = instance_norm_infer,
    .forward = { unit_parts, instance_norm_forward, NULL, NULL },
    .backward = { unit_parts, instance_norm_backward, instance_norm_finish, instance_norm_backward_scratch },
    .reads = instance_norm_reads,
    .saved_bytes = instance_norm_saved,
    .fields = instance_norm_fields,
    .locality = SC_LOOKS_AT_ITSELF,
};
