/* SPDX-License-Identifier: MIT */
/* Building AnimeGANv2's generator from its tensors. See animegan.h. */
#include "nets/program/animegan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nets/program/generator.h"

static const char title[] = "AnimeGANv2";
static const char *const anchors[] = { "block_a.0.1.weight", "out_layer.0.weight" };
enum { ANCHORS = sizeof anchors / sizeof *anchors, MOST_CHANNELS = 1024 };

bool sc_animegan_recognise(const sc_weights *weights)
{
    for (int i = 0; i < weights->tensor_count; i++)
        for (int k = 0; k < ANCHORS; k++) {
            size_t length = strlen(weights->tensors[i].name), own = strlen(anchors[k]);
            if (length >= own && !strcmp(weights->tensors[i].name + length - own, anchors[k]))
                return true;
        }
    return false;
}

/* Where the network is being built: x is the last result, of so many channels. The first error is the program's. */
typedef struct builder {
    sc_program *program;
    const sc_weights *weights;
    sc_operand x;
    int channels;
} builder;

static sc_operand animegan_refuse(builder *b, const char *name, const char *what)
{
    if (!b->program->error.code)
        sc_fail(&b->program->error, SCUMBLE_ERR_UNSUPPORTED, "this looks like a generator of %s, but '%s' is %s", title,
                name, what);
    return SC_PROGRAM_INPUT;
}

/* The tensor LAYER.WHAT of this shape; of a convolution s.n may be 0: as many as the file has, told in it. */
static sc_operand animegan_take(builder *b, const char *layer, const char *what, sc_shape *s)
{
    char name[SC_PARAMETER_NAME];
    snprintf(name, sizeof name, "%s.%s", layer, what);
    const sc_weight *w = sc_weights_find(b->weights, name);
    bool vector = s->n == 1 && s->h == 1 && s->w == 1;
    if (b->program->error.code)
        return SC_PROGRAM_INPUT;
    if (!w)
        return animegan_refuse(b, name, "missing");
    if (!s->n && w->dimension_count == 4 && w->dimensions[0] >= 1 && w->dimensions[0] <= MOST_CHANNELS)
        s->n = (int)w->dimensions[0];
    const int64_t wanted[4] = { s->n, s->c, s->h, s->w };
    if (vector ? w->dimension_count != 1 || w->count != (size_t)s->c :
                 !s->n || w->dimension_count != 4 || memcmp(w->dimensions, wanted, sizeof wanted))
        return animegan_refuse(b, name, "of another shape");
    for (size_t i = 0; i < w->count; i++)
        if (!isfinite(w->values[i]))
            return animegan_refuse(b, name, "not all numbers");
    sc_operand operand = sc_program_parameter(b->program, name, *s, NULL);
    if (!b->program->error.code)
        sc_tensor_from_nchw(&b->program->parameters[sc_operand_parameter(operand)].value, w->values);
    sc_weights_use(b->weights, w);
    return operand;
}

static sc_operand animegan_emit(builder *b, const sc_op *op, const void *attrs, sc_operand second)
{
    bool alone = second == SC_PROGRAM_INPUT;
    return b->x = sc_program_op(b->program, op, attrs, (sc_operand[]){ b->x, second }, alone ? 1 : 2);
}

/* factor x + constant */
static void animegan_add_scale(builder *b, const char *name, float factor, float constant)
{
    sc_operand p = sc_program_parameter(b->program, name, (sc_shape){ 1, 1, 1, 1 }, &constant);
    animegan_emit(b, &sc_op_add, &(sc_add_attrs){ factor, 1 }, p);
}

typedef struct conv {
    int out, size, stride, groups; /* out 0: as the file has it */
    bool biased;
} conv;

/* With the border of the port: all around, but at stride 2 right and below alone. */
static void animegan_add_conv(builder *b, const char *layer, conv c)
{
    int edge = c.size / 2, first = c.stride == 2 ? 0 : edge;
    sc_shape shape = { c.out, b->channels / c.groups, c.size, c.size };
    sc_operand inputs[3] = { b->x, animegan_take(b, layer, "weight", &shape) };
    if (c.biased)
        inputs[2] = animegan_take(b, layer, "bias", &(sc_shape){ 1, shape.n, 1, 1 });
    sc_conv2d_attrs attrs = { .stride_h = c.stride,
                              .stride_w = c.stride,
                              .groups = c.groups > 1 ? c.groups : 0,
                              .padding = { first, edge, first, edge, edge ? SC_PAD_REFLECT : SC_PAD_ZERO } };
    b->x = sc_program_op(b->program, &sc_op_conv2d, &attrs, inputs, c.biased ? 3 : 2);
    b->channels = shape.n;
}

/* The mean over positions and channels, (1, 1, 1, 1). */
static sc_operand mean_of_all(builder *b, sc_operand x, const char *name)
{
    sc_operand mean = sc_program_op(b->program, &sc_op_channel_mean, NULL, &x, 1),
               share = sc_program_parameter(b->program, name, (sc_shape){ 1, b->channels, 1, 1 }, NULL);
    for (int i = 0; i < b->channels && !b->program->error.code; i++)
        b->program->parameters[sc_operand_parameter(share)].value.data[i] = 1 / (float)b->channels;
    return sc_program_op(b->program, &sc_op_conv2d, NULL, (sc_operand[]){ mean, share }, 2);
}

/* A group norm of one group (Wu and He 2018): gamma (x - mean) / sqrt(variance + epsilon) + beta, statistics over
 * positions and channels. */
static void animegan_add_norm(builder *b, const char *layer)
{
    char names[2][SC_PARAMETER_NAME];
    sc_shape vector = { 1, b->channels, 1, 1 };
    sc_operand gamma = animegan_take(b, layer, "weight", &vector), beta = animegan_take(b, layer, "bias", &vector);
    snprintf(names[0], sizeof names[0], "%.60s.mean", layer);
    snprintf(names[1], sizeof names[1], "%.60s.variance", layer);
    sc_operand centred = animegan_emit(b, &sc_op_add, &(sc_add_attrs){ 1, -1 }, mean_of_all(b, b->x, names[0]));
    sc_operand square = sc_program_op(b->program, &sc_op_multiply, NULL, (sc_operand[]){ centred, centred }, 2);
    b->x = mean_of_all(b, square, names[1]);
    snprintf(names[0], sizeof names[0], "%.60s.epsilon", layer);
    animegan_add_scale(b, names[0], 1, 1e-5f);
    animegan_emit(b, &sc_op_square_root, NULL, SC_PROGRAM_INPUT);
    sc_operand rate = animegan_emit(b, &sc_op_reciprocal, NULL, SC_PROGRAM_INPUT);
    b->x = centred;
    animegan_emit(b, &sc_op_multiply, NULL, rate);
    animegan_emit(b, &sc_op_multiply, NULL, gamma);
    animegan_emit(b, &sc_op_add, &(sc_add_attrs){ 1, 1 }, beta);
}

/* Border (LAYER.0, without values), convolution, norm, leaky ReLU. */
static void animegan_add_conv_norm(builder *b, const char *layer, conv c)
{
    char name[SC_PARAMETER_NAME];
    snprintf(name, sizeof name, "%.60s.1", layer);
    animegan_add_conv(b, name, c);
    snprintf(name, sizeof name, "%.60s.2", layer);
    animegan_add_norm(b, name);
    animegan_emit(b, &sc_op_leaky_relu, &(sc_leaky_relu_attrs){ 0.2f }, SC_PROGRAM_INPUT);
}

/* To twice the channels, each convolved alone, and back; added to x where the numbers of channels agree. */
static void add_inverted(builder *b, const char *layer)
{
    char name[SC_PARAMETER_NAME];
    sc_operand x = b->x;
    int channels = b->channels;
    snprintf(name, sizeof name, "%.60s.layers.0", layer);
    animegan_add_conv_norm(b, name, (conv){ 2 * channels, 1, 1, 1, false });
    snprintf(name, sizeof name, "%.60s.layers.1", layer);
    animegan_add_conv_norm(b, name, (conv){ b->channels, 3, 1, b->channels, true });
    snprintf(name, sizeof name, "%.60s.layers.2", layer);
    animegan_add_conv(b, name, (conv){ 0, 1, 1, 1, false });
    snprintf(name, sizeof name, "%.60s.layers.3", layer);
    animegan_add_norm(b, name);
    if (b->channels == channels)
        animegan_emit(b, &sc_op_add, &(sc_add_attrs){ 1, 1 }, x);
}

static void animegan_add_enlarging(builder *b)
{
    sc_operation o = { .op = &sc_op_resize_bilinear,
                       .attrs.resize.align_corners = true,
                       .factor = 2,
                       .inputs = { b->x },
                       .input_count = 1 };
    b->x = sc_program_add(b->program, &o);
}

static void add_all(builder *b)
{
    static const struct {
        const char *layer;
        int size, stride; /* size 0: an inverted residual block */
        bool enlarged;    /* before it */
    } layers[] = {
        { "block_a.0", 7, 1, false }, { "block_a.1", 3, 2, false }, { "block_a.2", 3, 1, false },
        { "block_b.0", 3, 2, false }, { "block_b.1", 3, 1, false }, { "block_c.0", 3, 1, false },
        { "block_c.1", 0, 1, false }, { "block_c.2", 0, 1, false }, { "block_c.3", 0, 1, false },
        { "block_c.4", 0, 1, false }, { "block_c.5", 3, 1, false }, { "block_d.0", 3, 1, true },
        { "block_d.1", 3, 1, false }, { "block_e.0", 3, 1, true },  { "block_e.1", 3, 1, false },
        { "block_e.2", 7, 1, false },
    };
    animegan_add_scale(b, "picture.offset", 2, -1);
    for (size_t i = 0; i < sizeof layers / sizeof *layers && !b->program->error.code; i++) {
        if (layers[i].enlarged)
            animegan_add_enlarging(b);
        if (layers[i].size)
            animegan_add_conv_norm(b, layers[i].layer, (conv){ 0, layers[i].size, layers[i].stride, 1, false });
        else
            add_inverted(b, layers[i].layer);
    }
    animegan_add_conv(b, "out_layer.0", (conv){ 3, 1, 1, 1, false });
    animegan_emit(b, &sc_op_tanh, NULL, SC_PROGRAM_INPUT);
    animegan_add_scale(b, "result.offset", 0.5f, 0.5f);
}

static int animegan_from_part(sc_program **program, const sc_weights *weights, sc_error *err)
{
    enum { EDGE = 32 };
    builder b = { sc_program_create(3), weights, SC_PROGRAM_INPUT, 3 };
    if (!b.program)
        return sc_fail_memory(err, sizeof *b.program);
    add_all(&b);
    int code = sc_program_check(b.program, EDGE, NULL, err);
    if (!code)
        code = sc_generator_refuse_rest(weights, title, err);
    if (code)
        sc_program_free(b.program);
    else
        *program = b.program;
    return code;
}

int sc_animegan_from_weights(sc_program **program, const sc_weights *weights, sc_error *err)
{
    sc_weights *part = NULL;
    *program = NULL;
    int code = SCUMBLE_OK;
    for (int k = 0; k < ANCHORS && !part && !code; k++)
        code = sc_weights_unwrap(&part, weights, anchors[k], err);
    if (!code)
        code = animegan_from_part(program, part ? part : weights, err);
    sc_weights_free(part);
    return code;
}
