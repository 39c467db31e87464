/* SPDX-License-Identifier: MIT */
/* Building the generator and the discriminator, and finding a generator in a public file. See generator.h. */
#include "nets/program/generator.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/rng.h"

const char *const sc_generator_sizes[] = { "small", "medium", "large", NULL };

bool sc_generator_size(const char *name, sc_generator_shape *shape)
{
    static const sc_generator_shape shapes[] = { { 16, 4, 5, false }, { 24, 5, 5, false }, { 32, 5, 9, false } };
    for (int i = 0; sc_generator_sizes[i]; i++)
        if (!strcmp(name, sc_generator_sizes[i])) {
            *shape = shapes[i];
            return true;
        }
    return false;
}

/* ---- layers ---------------------------------------------------------------------------------------------------- */

/* Where a network is being built. */
typedef struct builder {
    sc_program *program;
    uint64_t seed;
    bool biases;
} builder;

static void fill_normal(sc_program *program, sc_operand parameter, float deviation, uint64_t seed)
{
    if (program->error.code)
        return;
    int index = sc_operand_parameter(parameter);
    sc_tensor *value = &program->parameters[index].value;
    for (size_t i = 0; i < sc_shape_count(value->shape); i++)
        value->data[i] = deviation * sc_random_normal(seed + (uint64_t)index, i);
}

static sc_operand vector(sc_program *program, const char *layer, const char *what, int count, float value)
{
    char name[SC_PARAMETER_NAME];
    snprintf(name, sizeof name, "%s.%s", layer, what);
    sc_operand operand = sc_program_parameter(program, name, (sc_shape){ 1, count, 1, 1 }, NULL);
    for (int i = 0; i < count && !program->error.code; i++)
        program->parameters[sc_operand_parameter(operand)].value.data[i] = value;
    return operand;
}

typedef struct convolution {
    int in, out, size, stride;
    float gain; /* of the weights' deviation: 0 stands for 1 */
    bool biased;
    float bias;
    sc_padding_mode mode;
} convolution;

static sc_operand generator_add_conv(const builder *b, const char *layer, sc_operand x, const convolution *c)
{
    char name[SC_PARAMETER_NAME];
    int padding = c->size / 2;
    snprintf(name, sizeof name, "%s.weight", layer);
    sc_operand inputs[3] = { x, sc_program_parameter(b->program, name, (sc_shape){ c->out, c->in, c->size, c->size },
                                                     NULL) };
    fill_normal(b->program, inputs[1], (c->gain > 0 ? c->gain : 1) * sqrtf(2.0f / (float)(c->in * c->size * c->size)),
                b->seed);
    if (c->biased)
        inputs[2] = vector(b->program, layer, "bias", c->out, c->bias);
    sc_conv2d_attrs attrs = { .stride_h = c->stride,
                              .stride_w = c->stride,
                              .padding = { padding, padding, padding, padding, padding ? c->mode : SC_PAD_ZERO } };
    return sc_program_op(b->program, &sc_op_conv2d, &attrs, inputs, c->biased ? 3 : 2);
}

static sc_operand generator_add_norm(const builder *b, const char *layer, sc_operand x, int channels)
{
    sc_operand inputs[3] = { x, vector(b->program, layer, "weight", channels, 1),
                             vector(b->program, layer, "bias", channels, 0) };
    return sc_program_op(b->program, &sc_op_instance_norm, &(sc_norm_attrs){ .epsilon = 1e-5f }, inputs, 3);
}

static sc_operand add_relu(const builder *b, sc_operand x)
{
    return sc_program_op(b->program, &sc_op_relu, NULL, &x, 1);
}

/* ---- the generator --------------------------------------------------------------------------------------------- */

static sc_operand generator_add_conv_norm(const builder *b, const char *conv, const char *norm, sc_operand x, int in,
                                          int out, int size, int stride)
{
    char layer[SC_PARAMETER_NAME];
    snprintf(layer, sizeof layer, "%s.conv2d", conv);
    x = generator_add_conv(b, layer, x,
                           &(convolution){ in, out, size, stride, .biased = b->biases, .mode = SC_PAD_REFLECT });
    return generator_add_norm(b, norm, x, out);
}

static sc_operand add_block(const builder *b, int number, sc_operand x, int channels)
{
    char conv[40], norm[40];
    snprintf(conv, sizeof conv, "res%d.conv1", number);
    snprintf(norm, sizeof norm, "res%d.in1", number);
    sc_operand y = add_relu(b, generator_add_conv_norm(b, conv, norm, x, channels, channels, 3, 1));
    snprintf(conv, sizeof conv, "res%d.conv2", number);
    snprintf(norm, sizeof norm, "res%d.in2", number);
    y = generator_add_conv_norm(b, conv, norm, y, channels, channels, 3, 1);
    return sc_program_op(b->program, &sc_op_add, &(sc_add_attrs){ 1, 1 }, (sc_operand[]){ y, x }, 2);
}

static sc_operand generator_add_enlarging(const builder *b, const char *conv, const char *norm, sc_operand x, int in,
                                          int out)
{
    x = sc_program_enlarge(b->program, &sc_op_resize_nearest, x, 2);
    return add_relu(b, generator_add_conv_norm(b, conv, norm, x, in, out, 3, 1));
}

/* What is in memory or not, the shapes are right: that is for sc_program_check. */
static int finish_generator(sc_program **program, sc_program *made, int edge, sc_error *err)
{
    int code = made ? sc_program_check(made, edge, NULL, err) : sc_fail_memory(err, sizeof *made);
    if (code)
        sc_program_free(made);
    *program = code ? NULL : made;
    return code;
}

int sc_generator_create(sc_program **program, const sc_generator_shape *shape, uint64_t seed, sc_error *err)
{
    enum { EDGE = 32 };
    const float last_gain = 0.1f;
    int c = shape->channels;
    builder b = { sc_program_create(3), seed, shape->biases };
    if (b.program) {
        sc_operand x = add_relu(&b, generator_add_conv_norm(&b, "conv1", "in1", SC_PROGRAM_INPUT, 3, c, shape->end, 1));
        x = add_relu(&b, generator_add_conv_norm(&b, "conv2", "in2", x, c, 2 * c, 3, 2));
        x = add_relu(&b, generator_add_conv_norm(&b, "conv3", "in3", x, 2 * c, 4 * c, 3, 2));
        for (int i = 1; i <= shape->blocks; i++)
            x = add_block(&b, i, x, 4 * c);
        x = generator_add_enlarging(&b, "deconv1", "in4", x, 4 * c, 2 * c);
        x = generator_add_enlarging(&b, "deconv2", "in5", x, 2 * c, c);
        generator_add_conv(&b, "deconv3.conv2d", x,
                           &(convolution){ c, 3, shape->end, 1, .gain = last_gain, .biased = true, .bias = 0.5f,
                                           .mode = SC_PAD_REFLECT });
    }
    return finish_generator(program, b.program, EDGE, err);
}

/* ---- public files ---------------------------------------------------------------------------------------------- */

static const char first_tensor[] = "conv1.conv2d.weight";
enum { BLOCKS = 5, MOST_BLOCKS = 16 };

bool sc_generator_recognise(const sc_weights *weights)
{
    for (int i = 0; i < weights->tensor_count; i++) {
        size_t length = strlen(weights->tensors[i].name), own = sizeof "deconv3.conv2d.weight" - 1;
        if (length >= own && !strcmp(weights->tensors[i].name + length - own, "deconv3.conv2d.weight"))
            return true;
    }
    return false;
}

/* As many blocks as the highest number says, and five at least: the example has five, and a file with fewer would be
 * painted with what is left. */
static sc_generator_shape generator_shape_of(const sc_weights *weights)
{
    const sc_weight *first = sc_weights_find(weights, first_tensor);
    sc_generator_shape shape = { .blocks = BLOCKS, .biases = sc_weights_find(weights, "conv1.conv2d.bias") != NULL };
    if (first->dimension_count == 4 && first->dimensions[0] <= 256 && first->dimensions[2] <= 9) {
        shape.channels = (int)first->dimensions[0];
        shape.end = (int)first->dimensions[2];
    }
    for (int i = 0; i < weights->tensor_count; i++) {
        int block;
        if (sscanf(weights->tensors[i].name, "res%2d.", &block) == 1 && block > shape.blocks)
            shape.blocks = block < MOST_BLOCKS ? block : MOST_BLOCKS;
    }
    return shape;
}

static int generator_fill(struct sc_parameter *p, const sc_weights *weights, sc_error *err)
{
    const sc_weight *w = sc_weights_find(weights, p->name);
    sc_shape s = p->value.shape;
    const int64_t wanted[4] = { s.n, s.c, s.h, s.w };
    bool vector = s.n == 1 && s.h == 1;
    bool fits = w && (vector ? w->count == (size_t)s.c :
                               w->dimension_count == 4 && !memcmp(w->dimensions, wanted, sizeof wanted));
    for (size_t i = 0; fits && i < w->count; i++)
        if (!isfinite(w->values[i]))
            return sc_fail(err, SCUMBLE_ERR_FORMAT, "'%s' holds a value that is not a number", p->name);
    if (!fits)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "this looks like a generator of PyTorch's fast-neural-style, but '%s' is %s", p->name,
                       w ? "of another shape" : "missing");
    sc_weights_use(weights, w);
    sc_tensor_from_nchw(&p->value, w->values);
    return SCUMBLE_OK;
}

/* Statistics that early versions of PyTorch kept beside an instance norm, which has no use for them. */
static bool is_left_over(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot &&
           (!strcmp(dot, ".running_mean") || !strcmp(dot, ".running_var") || !strcmp(dot, ".num_batches_tracked"));
}

/* A tensor that has no place in the network belongs to another one, which would paint something else. */
int sc_generator_refuse_rest(const sc_weights *weights, const char *title, sc_error *err)
{
    for (int i = sc_weights_next_unused(weights, 0); i >= 0; i = sc_weights_next_unused(weights, i + 1)) {
        if (!is_left_over(weights->tensors[i].name))
            return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "this looks like a generator of %s, but that has no '%.80s'",
                           title, weights->tensors[i].name);
        sc_weights_use(weights, &weights->tensors[i]);
    }
    return SCUMBLE_OK;
}

static int generator_from_part(sc_program **program, const sc_weights *weights, sc_error *err)
{
    sc_generator_shape shape = generator_shape_of(weights);
    if (shape.channels < 1 || shape.end % 2 == 0)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "this looks like a generator of PyTorch's fast-neural-style, but '%s' is of another shape",
                       first_tensor);
    sc_program *p;
    int code = sc_generator_create(&p, &shape, 0, err);
    for (int i = 0; !code && i < p->parameter_count && !code; i++)
        code = generator_fill(&p->parameters[i], weights, err);
    if (!code)
        code = sc_generator_refuse_rest(weights, "PyTorch's fast-neural-style", err);
    if (code)
        sc_program_free(p);
    else
        *program = p;
    return code;
}

int sc_generator_from_weights(sc_program **program, const sc_weights *weights, sc_error *err)
{
    sc_weights *part = NULL;
    *program = NULL;
    int code =
        sc_generator_recognise(weights) ? sc_weights_unwrap(&part, weights, "deconv3.conv2d.weight", err) : SCUMBLE_OK;
    if (!code && !part)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "this is no generator: names such as 'conv1.conv2d.weight' and 'in1.weight' (PyTorch's "
                       "fast-neural-style) are missing");
    if (!code && !sc_weights_find(part, first_tensor))
        code = sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "this looks like a generator of PyTorch's fast-neural-style, but '%s' is missing", first_tensor);
    if (!code)
        code = generator_from_part(program, part, err);
    sc_weights_free(part);
    return code;
}

/* ---- the discriminator ----------------------------------------------------------------------------------------- */

static sc_operand add_leaky(const builder *b, sc_operand x)
{
    return sc_program_op(b->program, &sc_op_leaky_relu, &(sc_leaky_relu_attrs){ 0.2f }, &x, 1);
}

int sc_discriminator_create(sc_program **program, int channels, double rms, uint64_t seed, sc_error *err)
{
    enum { EDGE = 32, FIRST = 48, WIDTH = 64 };
    builder b = { sc_program_create(channels), seed, true };
    if (b.program) {
        const convolution layers[] = {
            { channels, FIRST, 3, 1, .biased = true, .mode = SC_PAD_REPLICATE },
            { FIRST, WIDTH, 3, 2, .biased = true, .mode = SC_PAD_REPLICATE },
            { WIDTH, WIDTH, 3, 2, .biased = true, .mode = SC_PAD_REPLICATE },
            { WIDTH, WIDTH, 3, 1, .biased = true, .mode = SC_PAD_REPLICATE },
        };
        sc_add_attrs scale = { (float)(1 / (rms > 0 ? rms : 1)), 0 };
        sc_operand x =
            sc_program_op(b.program, &sc_op_add, &scale, (sc_operand[]){ SC_PROGRAM_INPUT, SC_PROGRAM_INPUT }, 2);
        for (int i = 0; i < (int)(sizeof layers / sizeof *layers); i++) {
            char name[16];
            snprintf(name, sizeof name, "conv%d", i + 1);
            x = add_leaky(&b, generator_add_conv(&b, name, x, &layers[i]));
        }
        generator_add_conv(&b, "score", x, &(convolution){ WIDTH, 1, 1, 1, .biased = true });
    }
    return finish_generator(program, b.program, EDGE, err);
}
