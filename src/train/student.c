/* SPDX-License-Identifier: MIT */
/* Building, folding and factoring. See student.h. */
#include "train/student.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rng.h"

static const float epsilon = 1e-5f; /* of the norms */
static const float tap_gain =
    0.1f; /* of the taps' first weights: they begin near what is best without features, the teacher's means */

/* ---- building -------------------------------------------------------------------------------------------------- */

/* A network that is being built. */
typedef struct builder {
    sc_student *student;
    bool normed;
    uint64_t seed;
} builder;

static sc_operand add_parameter(const builder *b, const char *layer, const char *number, const char *what,
                                sc_shape shape)
{
    char name[SC_PARAMETER_NAME];
    snprintf(name, sizeof name, "%s%s.%s", layer, number, what);
    return sc_program_parameter(b->student->program, name, shape, NULL);
}

static sc_tensor *student_value_of(const sc_student *student, sc_operand parameter)
{
    return &student->program->parameters[sc_operand_parameter(parameter)].value;
}

/* He et al. 2015, times a gain. */
static void fill_random(const builder *b, sc_operand parameter, float gain)
{
    if (b->student->program->error.code)
        return;
    sc_tensor *value = student_value_of(b->student, parameter);
    uint64_t seed = sc_random_bits(b->seed, (uint64_t)sc_operand_parameter(parameter));
    float deviation = gain * sqrtf(2.0f / (float)(value->shape.c * value->shape.h * value->shape.w));
    for (size_t i = 0; i < sc_shape_count(value->shape); i++)
        value->data[i] = deviation * sc_random_normal(seed, i);
}

static sc_operand student_add_conv(const builder *b, const char *layer, const char *number, sc_operand x,
                                   sc_shape shape, bool biased, float gain)
{
    int border = shape.h / 2;
    sc_operand inputs[3] = { x, add_parameter(b, layer, number, "weight", shape) };
    fill_random(b, inputs[1], gain);
    if (biased)
        inputs[2] = add_parameter(b, layer, number, "bias", (sc_shape){ 1, shape.n, 1, 1 });
    sc_conv2d_attrs attrs = { .padding = { border, border, border, border, border ? SC_PAD_REPLICATE : SC_PAD_ZERO } };
    return sc_program_op(b->student->program, &sc_op_conv2d, &attrs, inputs, biased ? 3 : 2);
}

static sc_operand student_add_norm(const builder *b, const char *number, sc_operand x, int channels)
{
    sc_shape shape = { 1, channels, 1, 1 };
    sc_operand inputs[3] = { x, add_parameter(b, "norm", number, "weight", shape),
                             add_parameter(b, "norm", number, "bias", shape) };
    for (int i = 0; i < channels && !b->student->program->error.code; i++)
        student_value_of(b->student, inputs[1])->data[i] = 1;
    return sc_program_op(b->student->program, &sc_op_instance_norm,
                         &(sc_norm_attrs){ .epsilon = epsilon, .batch = true }, inputs, 3);
}

/* Convolution, norm, ReLU, and the tap where the layer has one. Returns the ReLU. */
static sc_operand add_layer(const builder *b, const char *number, sc_operand x, int in, int out, const int *teacher)
{
    sc_student *s = b->student;
    x = student_add_conv(b, "conv", number, x, (sc_shape){ out, in, 3, 3 }, !b->normed, 1);
    s->convs[s->conv_count] = x;
    s->channels[s->conv_count++] = out;
    if (b->normed)
        x = student_add_norm(b, number, x, out);
    x = sc_program_op(s->program, &sc_op_relu, NULL, &x, 1);
    if (!strcmp(number, sc_lite_number(s->layer_count))) {
        s->taps[s->layer_count] =
            student_add_conv(b, "tap", number, x, (sc_shape){ teacher[s->layer_count], out, 1, 1 }, true, tap_gain);
        s->layer_count++;
    }
    return x;
}

static int build_student(const builder *b, const int *teacher, int layer_count, sc_error *err)
{
    sc_student *s = b->student;
    *s = (sc_student){ .program = sc_program_create(3) };
    if (!s->program)
        return sc_fail_memory(err, sizeof *s->program);
    sc_operand x = SC_PROGRAM_INPUT;
    int in = 3;
    for (int block = 0; s->layer_count < layer_count; block++) {
        if (block)
            x = sc_program_op(s->program, &sc_op_max_pool2d,
                              &(sc_pool2d_attrs){ .size_h = 2, .size_w = 2, .stride_h = 2, .stride_w = 2 }, &x, 1);
        for (int k = 0; k < sc_lite_convs[block] && s->layer_count < layer_count; k++) {
            char number[16];
            snprintf(number, sizeof number, "%d_%d", block + 1, k + 1);
            x = add_layer(b, number, x, in, sc_lite_channels[block], teacher);
            in = sc_lite_channels[block];
        }
    }
    return sc_program_check(s->program, 1 << SC_LITE_BLOCKS, NULL, err);
}

int sc_student_create(sc_student *student, const int *teacher, int layer_count, uint64_t seed, sc_error *err)
{
    return build_student(&(builder){ student, true, seed }, teacher, layer_count, err);
}

void sc_student_free(sc_student *student)
{
    sc_program_free(student->program);
    *student = (sc_student){ 0 };
}

/* ---- folding --------------------------------------------------------------------------------------------------- */

/* Parameter `input` of an operation. */
static const sc_tensor *parameter_of(const sc_student *s, int operation, int input)
{
    return student_value_of(s, s->program->operations[operation].inputs[input]);
}

static void copy_parameter(const sc_student *from, sc_student *to, int tap, int input)
{
    const sc_tensor *source = parameter_of(from, from->taps[tap], input);
    memcpy(student_value_of(to, to->program->operations[to->taps[tap]].inputs[input])->data, source->data,
           sc_shape_bytes(source->shape));
}

/* gamma (W x - mean) / sqrt(variance + epsilon) + beta as one convolution. */
static void fold_conv(const sc_student *s, int conv, const sc_student_statistics *statistics, sc_student *folded)
{
    const sc_tensor *weight = parameter_of(s, s->convs[conv], 1), *gamma = parameter_of(s, s->convs[conv] + 1, 1),
                    *beta = parameter_of(s, s->convs[conv] + 1, 2);
    const sc_operation *to = &folded->program->operations[folded->convs[conv]];
    float *own = student_value_of(folded, to->inputs[1])->data, *bias = student_value_of(folded, to->inputs[2])->data;
    size_t each = sc_shape_count(weight->shape) / (size_t)weight->shape.n;
    for (int c = 0; c < weight->shape.n; c++) {
        double factor = (double)gamma->data[c] / sqrt(statistics[conv].variance[c] + (double)epsilon);
        for (size_t i = (size_t)c * each; i < (size_t)(c + 1) * each; i++)
            own[i] = (float)(factor * (double)weight->data[i]);
        bias[c] = (float)((double)beta->data[c] - factor * statistics[conv].mean[c]);
    }
}

int sc_student_fold(const sc_student *student, const sc_student_statistics *statistics, sc_student *folded,
                    sc_error *err)
{
    int teacher[SC_LITE_TAPPED];
    for (int i = 0; i < student->layer_count; i++)
        teacher[i] = parameter_of(student, student->taps[i], 1)->shape.n;
    int code = build_student(&(builder){ folded, false, 0 }, teacher, student->layer_count, err);
    for (int i = 0; i < student->conv_count && !code; i++)
        fold_conv(student, i, statistics, folded);
    for (int i = 0; i < student->layer_count && !code; i++)
        for (int input = 1; input <= 2; input++)
            copy_parameter(student, folded, i, input);
    return code;
}

/* ---- the encoder's tensors ------------------------------------------------------------------------------------- */

static void student_reflect(const double *v, double length, double *x, size_t count)
{
    double product = 0;
    for (size_t i = 0; i < count; i++)
        product += v[i] * x[i];
    for (size_t i = 0; i < count; i++)
        x[i] -= 2 * product / length * v[i];
}

void sc_triangulate(double *a, double *b, size_t rows, size_t columns)
{
    for (size_t k = 0; k < columns; k++) {
        double *v = a + k * rows + k, sum = 0, length = 0;
        for (size_t i = 0; i < rows - k; i++)
            sum += v[i] * v[i];
        double end = v[0] > 0 ? -sqrt(sum) : sqrt(sum);
        v[0] -= end;
        for (size_t i = 0; i < rows - k; i++)
            length += v[i] * v[i];
        for (size_t j = k + 1; j < columns && length > 0; j++)
            student_reflect(v, length, a + j * rows + k, rows - k);
        if (length > 0)
            student_reflect(v, length, b + k, rows - k);
        memset(v, 0, (rows - k) * sizeof *v);
        v[0] = end;
    }
}

/* R and Q^T a of a tap, as tensors of the encoder. */
static int student_add_tap(const sc_student *s, int layer, sc_weights *weights, sc_error *err)
{
    const sc_tensor *weight = parameter_of(s, s->taps[layer], 1), *bias = parameter_of(s, s->taps[layer], 2);
    size_t given = (size_t)weight->shape.n, columns = (size_t)weight->shape.c,
           rows = given > columns ? given : columns; /* filled up with zeros */
    double *a = calloc(rows * columns, sizeof *a), *b = calloc(rows, sizeof *b);
    float *r, *moved;
    char name[48];
    int code = a && b ? SCUMBLE_OK : sc_fail_memory(err, rows * columns * sizeof *a);
    snprintf(name, sizeof name, "tap%s.weight", sc_lite_number(layer));
    if (!code)
        code = sc_weights_add(weights, name, (int64_t[]){ (int64_t)columns, (int64_t)columns, 1, 1 }, 4, &r, err);
    snprintf(name, sizeof name, "tap%s.bias", sc_lite_number(layer));
    if (!code)
        code = sc_weights_add(weights, name, &(int64_t){ (int64_t)columns }, 1, &moved, err);
    if (!code) {
        for (size_t i = 0; i < given * columns; i++)
            a[i % columns * rows + i / columns] = (double)weight->data[i];
        for (size_t i = 0; i < given; i++)
            b[i] = (double)bias->data[i];
        sc_triangulate(a, b, rows, columns);
        for (size_t i = 0; i < columns * columns; i++)
            r[i] = (float)a[i % columns * rows + i / columns];
        for (size_t i = 0; i < columns; i++)
            moved[i] = (float)b[i];
    }
    free(a);
    free(b);
    return code;
}

static int add_folded_conv(const sc_student *s, int conv, sc_weights *weights, sc_error *err)
{
    const sc_operation *o = &s->program->operations[s->convs[conv]];
    int code = SCUMBLE_OK;
    for (int input = 1; input <= 2 && !code; input++) {
        const struct sc_parameter *p = &s->program->parameters[sc_operand_parameter(o->inputs[input])];
        sc_shape shape = p->value.shape;
        const int64_t kernel[4] = { shape.n, shape.c, shape.h, shape.w }, vector = shape.c;
        float *values;
        code = sc_weights_add(weights, p->name, input == 1 ? kernel : &vector, input == 1 ? 4 : 1, &values, err);
        if (!code)
            sc_tensor_to_nchw(&p->value, values);
    }
    return code;
}

int sc_student_to_weights(const sc_student *folded, sc_weights **weights, sc_error *err)
{
    int code = sc_weights_create(weights, err);
    if (code)
        return code;
    for (int i = 0; i < folded->conv_count && !code; i++)
        code = add_folded_conv(folded, i, *weights, err);
    for (int i = 0; i < folded->layer_count && !code; i++)
        code = student_add_tap(folded, i, *weights, err);
    if (!code)
        code = sc_weights_sort(*weights, err);
    if (code) {
        sc_weights_free(*weights);
        *weights = NULL;
    }
    return code;
}
