/* SPDX-License-Identifier: MIT */
/* The values of an ONNX graph that is read, and the operations that they become. See import.h. */
#include "nets/onnx/import.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- values ---------------------------------------------------------------------------------------------------- */

static int onnx_values_by_name(const void *a, const void *b)
{
    return strcmp(((const sc_onnx_value *)a)->name, ((const sc_onnx_value *)b)->name);
}

sc_onnx_value *sc_onnx_find(sc_onnx_value *values, size_t count, const char *name)
{
    return count ? bsearch(&(sc_onnx_value){ .name = name }, values, count, sizeof *values, onnx_values_by_name) : NULL;
}

void sc_onnx_sort(sc_onnx_value *values, size_t count)
{
    qsort(values, count, sizeof *values, onnx_values_by_name);
}

bool sc_onnx_is_constant(const sc_onnx_value *v)
{
    return v->kind == SC_ONNX_CONSTANT || v->kind == SC_ONNX_STORED;
}

size_t sc_onnx_count(const sc_onnx_value *v)
{
    return v->kind == SC_ONNX_STORED ? sc_onnx_tensor_count(v->stored) : v->constant->count;
}

double sc_onnx_at(const sc_onnx_value *v, size_t i)
{
    return v->kind == SC_ONNX_STORED ? sc_onnx_tensor_value(v->stored, i) : v->constant->values[i];
}

const int64_t *sc_onnx_dimensions(const sc_onnx_value *v, int *count)
{
    *count = v->kind == SC_ONNX_STORED ? (int)v->stored->n_dims : v->constant->dimension_count;
    return v->kind == SC_ONNX_STORED ? v->stored->dims : v->constant->dimensions;
}

const sc_onnx_constant *sc_onnx_small(sc_onnx_importer *im, sc_onnx_value *v)
{
    if (!v)
        return NULL;
    if (v->kind == SC_ONNX_MAP)
        sc_fail(im->err, SCUMBLE_ERR_UNSUPPORTED, "it computes with values of a map where scumble needs a constant");
    else if (!v->constant)
        v->constant = sc_onnx_constant_from_tensor(v->stored, im->err);
    return v->kind == SC_ONNX_MAP ? NULL : v->constant;
}

sc_onnx_value *sc_onnx_input(const sc_onnx_call *c, int index)
{
    return index >= 0 && index < c->in_count ? c->in[index] : NULL;
}

int sc_onnx_numbers(const sc_onnx_call *c, const char *name, int index, int64_t *values, int most, int *count)
{
    const sc_onnx_constant *constant = sc_onnx_small(c->im, sc_onnx_input(c, index));
    *count = 0;
    if (c->im->err->code)
        return c->im->err->code;
    bool there = sc_onnx_attribute_find(c->node, name) || constant;
    if (there && !sc_onnx_list(c->node, name, constant, values, most, count))
        return sc_fail(c->im->err, SCUMBLE_ERR_FORMAT, "its '%s' has too many values", name);
    return SCUMBLE_OK;
}

int sc_onnx_limit(const sc_onnx_call *c, const char *name, int index, double usual, double *limit)
{
    const sc_onnx_constant *constant = sc_onnx_small(c->im, sc_onnx_input(c, index));
    if (c->im->err->code)
        return c->im->err->code;
    if (constant && constant->count != 1)
        return sc_fail(c->im->err, SCUMBLE_ERR_FORMAT, "its '%s' is not one value", name);
    *limit = constant ? constant->values[0] : sc_onnx_attribute_float(c->node, name, usual);
    *limit = fabs(*limit) < 3e38 ? *limit : usual; /* the largest float stands for no limit */
    return SCUMBLE_OK;
}

/* ---- operations ------------------------------------------------------------------------------------------------ */

sc_shape sc_onnx_operand_shape(const sc_onnx_importer *im, sc_operand operand)
{
    if (operand == SC_PROGRAM_INPUT)
        return im->picture;
    return sc_operand_is_parameter(operand) ? im->program->parameters[sc_operand_parameter(operand)].value.shape :
                                              im->shapes[operand];
}

static int infer(const sc_onnx_importer *im, const sc_operation *o, sc_shape *result)
{
    sc_operation_attrs attrs = o->attrs;
    sc_tensor tensors[SC_MAX_INPUTS];
    sc_call call = { .attrs = &attrs, .input_count = o->input_count };
    for (int i = 0; i < o->input_count; i++) {
        tensors[i] = (sc_tensor){ .shape = sc_onnx_operand_shape(im, o->inputs[i]) };
        call.in[i] = &tensors[i];
    }
    if (o->factor) {
        attrs.resize.height = tensors[0].shape.h * o->factor; /* both far from overflow */
        attrs.resize.width = tensors[0].shape.w * o->factor;
    }
    return o->op->infer(&call, result, im->err);
}

int sc_onnx_emit(sc_onnx_importer *im, const sc_operation *o, sc_onnx_value *out)
{
    enum { MOST_MAP = 1 << 20 };
    sc_shape shape;
    int code = infer(im, o, &shape);
    if (!code && (shape.h > MOST_MAP || shape.w > MOST_MAP))
        code = sc_fail(im->err, SCUMBLE_ERR_LIMIT, "it makes a map of %d x %d of a picture of %d x %d", shape.w,
                       shape.h, im->picture.w, im->picture.h);
    if (code)
        return code;
    sc_operand operand = sc_program_add(im->program, o);
    if (im->program->error.code) {
        *im->err = im->program->error;
        return im->err->code;
    }
    im->shapes[operand] = shape;
    out->kind = SC_ONNX_MAP;
    out->operand = operand;
    return SCUMBLE_OK;
}

/* A name for a parameter: the file's own where it is plain and free. */
static void name_parameter(const sc_onnx_importer *im, const char *wanted, char name[SC_PARAMETER_NAME])
{
    size_t length = strlen(wanted);
    bool plain = length && length < SC_PARAMETER_NAME;
    for (size_t i = 0; i < length && plain; i++)
        plain = wanted[i] > ' ' && wanted[i] < 127;
    snprintf(name, SC_PARAMETER_NAME, "%s", plain ? wanted : "constant");
    for (int i = im->program->parameter_count; !plain || sc_program_find(im->program, name) >= 0; i++, plain = true)
        snprintf(name, SC_PARAMETER_NAME, "constant%d", i);
}

static bool find_parameter(const sc_onnx_importer *im, const sc_onnx_value *v, sc_shape shape, bool inverse,
                           sc_operand *operand)
{
    for (int i = 0; i < im->program->parameter_count; i++)
        if (im->parameters[i].from == v && im->parameters[i].inverse == inverse &&
            sc_shape_equal(im->program->parameters[i].value.shape, shape)) {
            *operand = sc_parameter_operand(i);
            return true;
        }
    return false;
}

int sc_onnx_made_parameter(sc_onnx_importer *im, const char *wanted, sc_shape shape, const float *values,
                           sc_operand *operand)
{
    char name[SC_PARAMETER_NAME];
    name_parameter(im, wanted, name);
    *operand = sc_program_parameter(im->program, name, shape, NULL);
    if (!im->program->error.code)
        sc_tensor_from_nchw(&im->program->parameters[sc_operand_parameter(*operand)].value, values);
    *im->err = im->program->error;
    return im->err->code;
}

int sc_onnx_parameter(sc_onnx_importer *im, const sc_onnx_value *v, sc_shape shape, bool inverse, sc_operand *operand)
{
    v = v && v->origin ? v->origin : v;
    if (!v || !sc_onnx_is_constant(v))
        return sc_fail(im->err, SCUMBLE_ERR_UNSUPPORTED, "its weights are %s",
                       v ? "computed from the picture" : "missing");
    size_t count = sc_onnx_count(v);
    if (!sc_shape_valid(shape) || count != sc_shape_count(shape))
        return sc_fail(im->err, SCUMBLE_ERR_FORMAT, "'%.*s' has %zu values, which does not fit", (int)SC_ONNX_SHOWN,
                       v->name, count);
    if (find_parameter(im, v, shape, inverse, operand))
        return SCUMBLE_OK;
    float *nchw = malloc(count * sizeof *nchw);
    if (!nchw)
        return sc_fail_memory(im->err, count * sizeof *nchw);
    for (size_t i = 0; i < count; i++)
        nchw[i] = (float)(inverse ? 1 / sc_onnx_at(v, i) : sc_onnx_at(v, i));
    int code = sc_onnx_made_parameter(im, v->name, shape, nchw, operand);
    free(nchw);
    if (!code) {
        im->parameters[sc_operand_parameter(*operand)].from = v;
        im->parameters[sc_operand_parameter(*operand)].inverse = inverse;
    }
    return code;
}

int sc_onnx_scale(sc_onnx_importer *im, sc_onnx_value *x, double factor, double constant)
{
    if (factor == 1 && constant == 0)
        return SCUMBLE_OK;
    float number = (float)constant;
    sc_operand p;
    int code = sc_onnx_made_parameter(im, "", (sc_shape){ 1, 1, 1, 1 }, &number, &p);
    return code ? code :
                  sc_onnx_emit(im,
                               &(sc_operation){ .op = &sc_op_add,
                                                .attrs.add = { (float)factor, 1 },
                                                .inputs = { x->operand, p },
                                                .input_count = 2 },
                               x);
}

static int relu(sc_onnx_importer *im, sc_onnx_value *x)
{
    return sc_onnx_emit(im, &(sc_operation){ .op = &sc_op_relu, .inputs = { x->operand }, .input_count = 1 }, x);
}

/* max(low, min(high, x)) = high - relu(high - low - relu(x - low)) */
static int clip(sc_onnx_importer *im, sc_onnx_value *x)
{
    bool below = isfinite(x->low), above = isfinite(x->high);
    double low = below ? x->low : 0, high = above ? x->high : 0;
    int code = below ? sc_onnx_scale(im, x, 1, -low) : SCUMBLE_OK;
    x->clipped = false;
    if (!code && below)
        code = relu(im, x);
    if (!code && above)
        code = sc_onnx_scale(im, x, -1, high - low);
    if (!code && above)
        code = relu(im, x);
    if (!code && above)
        code = sc_onnx_scale(im, x, -1, high - low);
    return code ? code : sc_onnx_scale(im, x, 1, low);
}

static bool is_padded(const sc_onnx_value *x)
{
    return x->padding.top || x->padding.bottom || x->padding.left || x->padding.right;
}

int sc_onnx_settle(sc_onnx_importer *im, sc_onnx_value *x)
{
    if (x->clipped)
        return clip(im, x);
    if (!is_padded(x))
        return SCUMBLE_OK;
    sc_operation pad = { .op = &sc_op_pad, .attrs.pad = x->padding, .inputs = { x->operand }, .input_count = 1 };
    x->padding = (sc_padding){ 0 };
    return sc_onnx_emit(im, &pad, x);
}

int sc_onnx_any_input(const sc_onnx_call *c, int index, sc_onnx_value **x)
{
    *x = sc_onnx_input(c, index);
    if (!*x || (*x)->kind != SC_ONNX_MAP)
        return sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED,
                       "its input %d is %s; scumble expects what was made of the picture", index + 1,
                       *x ? "a constant" : "missing");
    return SCUMBLE_OK;
}

int sc_onnx_any_settled(const sc_onnx_call *c, int index, sc_onnx_value **x)
{
    int code = sc_onnx_any_input(c, index, x);
    return code ? code : sc_onnx_settle(c->im, *x);
}

int sc_onnx_map_input(const sc_onnx_call *c, int index, sc_onnx_value **x)
{
    int code = sc_onnx_any_input(c, index, x);
    return code ? code : sc_onnx_plain(c->im, *x);
}

int sc_onnx_settled_input(const sc_onnx_call *c, int index, sc_onnx_value **x)
{
    int code = sc_onnx_map_input(c, index, x);
    return code ? code : sc_onnx_settle(c->im, *x);
}

sc_shape sc_onnx_map_shape(const sc_onnx_importer *im, const sc_onnx_value *x)
{
    sc_shape s = sc_onnx_operand_shape(im, x->operand);
    s.h += x->padding.top + x->padding.bottom;
    s.w += x->padding.left + x->padding.right;
    return s;
}

int sc_onnx_pass(const sc_onnx_call *c, const sc_onnx_value *x)
{
    sc_onnx_value *out = c->out;
    *out = (sc_onnx_value){ .name = out->name,
                            .needed = out->needed,
                            .last = out->last,
                            .kind = x->kind,
                            .operand = x->operand,
                            .layout = x->layout,
                            .padding = x->padding,
                            .clipped = x->clipped,
                            .low = x->low,
                            .high = x->high,
                            .stored = x->stored,
                            .origin = x->origin ? x->origin : x };
    return SCUMBLE_OK;
}
