/* SPDX-License-Identifier: MIT */
/* Programs as JSON, for files: {"channels": 3, "operations": [{"op": "conv2d", "inputs": [-1, "conv1.weight",
 * "conv1.bias"], "stride": [2, 2], "padding": [1, 1, 1, 1], "mode": "reflect"}, ...]}. An input is the index of an
 * earlier operation, -1 for the program's own input, or the name of a parameter. Attributes that are what they usually
 * are (zero in the struct) are left out. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nets/program/program.h"

/* ---- attributes ------------------------------------------------------------------------------------------------ */

/* What programs may be made of: NULL for others. */
static const sc_op *find_op(const char *name)
{
    for (int i = 0; sc_ops[i] && name; i++)
        if (sc_ops[i]->fields && !strcmp(sc_ops[i]->name, name))
            return sc_ops[i];
    return NULL;
}

static const char *const modes[] = { "zero", "replicate", "reflect", "circular" };
enum { MODES = sizeof modes / sizeof *modes };

static json_t *field_to_json(const sc_field *f, const void *at, int i, bool *usual)
{
    switch (f->kind) {
    case SC_FIELD_INT: {
        int value = ((const int *)at)[i];
        *usual = value == 0;
        return json_integer(value);
    }
    case SC_FIELD_FLOAT: {
        float value = ((const float *)at)[i];
        *usual = value == 0;
        return json_real((double)value);
    }
    case SC_FIELD_FLAG: *usual = !*(const bool *)at; return json_boolean(!*usual);
    default:
        *usual = *(const sc_padding_mode *)at == SC_PAD_ZERO;
        return json_string(modes[*(const sc_padding_mode *)at]);
    }
}

static void put_field(json_t *object, const sc_field *f, const sc_operation_attrs *attrs)
{
    const void *at = (const char *)attrs + f->offset;
    json_t *list = json_array();
    bool all_usual = true;
    for (int i = 0; i < f->count; i++) {
        bool usual;
        json_array_append_new(list, field_to_json(f, at, i, &usual));
        all_usual = all_usual && usual;
    }
    if (!all_usual)
        json_object_set(object, f->name, f->count == 1 ? json_array_get(list, 0) : list);
    json_decref(list);
}

static bool field_from_json(const sc_field *f, const json_t *value, void *at, int i)
{
    enum { MOST = 1 << 16 };
    switch (f->kind) {
    case SC_FIELD_INT: {
        json_int_t number = json_integer_value(value);
        if (!json_is_integer(value) || number < 0 || number > MOST)
            return false;
        ((int *)at)[i] = (int)number;
        return true;
    }
    case SC_FIELD_FLOAT:
        ((float *)at)[i] = (float)json_number_value(value);
        return json_is_number(value) && isfinite(((float *)at)[i]);
    case SC_FIELD_FLAG: *(bool *)at = json_is_true(value); return json_is_boolean(value);
    default:
        for (int m = 0; m < MODES && json_is_string(value); m++)
            if (!strcmp(modes[m], json_string_value(value))) {
                *(sc_padding_mode *)at = (sc_padding_mode)m;
                return true;
            }
        return false;
    }
}

static int get_field(const json_t *object, const sc_field *f, sc_operation_attrs *attrs, sc_error *err)
{
    const json_t *value = json_object_get(object, f->name);
    void *at = (char *)attrs + f->offset;
    bool fits = !value || f->count == 1 || (json_is_array(value) && json_array_size(value) == (size_t)f->count);
    for (int i = 0; i < f->count && value && fits; i++)
        fits = field_from_json(f, f->count == 1 ? value : json_array_get(value, (size_t)i), at, i);
    return fits ? SCUMBLE_OK : sc_fail(err, SCUMBLE_ERR_FORMAT, "the network's description has a wrong '%s'", f->name);
}

/* ---- writing --------------------------------------------------------------------------------------------------- */

static json_t *operation_to_json(const sc_program *program, const sc_operation *o)
{
    json_t *object = json_object(), *inputs = json_array();
    json_object_set_new(object, "op", json_string(o->op->name));
    for (int i = 0; i < o->input_count; i++) {
        sc_operand in = o->inputs[i];
        json_array_append_new(inputs, sc_operand_is_parameter(in) ?
                                          json_string(program->parameters[sc_operand_parameter(in)].name) :
                                          json_integer(in));
    }
    json_object_set_new(object, "inputs", inputs);
    if (o->factor)
        json_object_set_new(object, "factor", json_integer(o->factor));
    for (const sc_field *f = o->op->fields; f && f->name; f++)
        put_field(object, f, &o->attrs);
    return object;
}

char *sc_program_to_json(const sc_program *program)
{
    json_t *root = json_object(), *operations = json_array();
    json_object_set_new(root, "channels", json_integer(program->channels));
    for (int i = 0; i < program->operation_count; i++)
        json_array_append_new(operations, operation_to_json(program, &program->operations[i]));
    json_object_set_new(root, "operations", operations);
    char *text = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(9));
    json_decref(root);
    return text;
}

/* The file's order of dimensions: vectors as vectors, everything else as (n, c, h, w). */
static int file_dimensions(sc_shape shape, int64_t dimensions[4])
{
    bool vector = shape.n == 1 && shape.h == 1 && shape.w == 1;
    const int64_t all[4] = { shape.n, shape.c, shape.h, shape.w };
    memcpy(dimensions, vector ? all + 1 : all, (vector ? 1 : 4) * sizeof *all);
    return vector ? 1 : 4;
}

int sc_program_to_weights(const sc_program *program, const char *prefix, const float *values, sc_weights *weights,
                          sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int i = 0; i < program->parameter_count && !code; i++) {
        sc_tensor own = program->parameters[i].value;
        char name[2 * SC_PARAMETER_NAME];
        int64_t dimensions[4];
        float *to;
        if (values) {
            own.data = (float *)(uintptr_t)values;
            values += sc_shape_count(own.shape);
        }
        snprintf(name, sizeof name, "%s%s", prefix, program->parameters[i].name);
        int count = file_dimensions(own.shape, dimensions);
        code = sc_weights_add(weights, name, dimensions, count, &to, err);
        if (!code)
            sc_tensor_to_nchw(&own, to);
    }
    return code;
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

/* A parameter's shape from a file's dimensions: vectors belong to channels, matrices are 1 x 1 convolutions. */
static bool engine_shape(const sc_weight *w, sc_shape *shape)
{
    int64_t d[4] = { 1, 1, 1, 1 };
    if (w->dimension_count < 1 || (w->dimension_count == 3) || w->dimension_count > 4)
        return false;
    for (int i = 0; i < w->dimension_count; i++)
        d[w->dimension_count == 1 ? 1 : i] = w->dimensions[i];
    for (int i = 0; i < 4; i++)
        if (d[i] < 1 || d[i] > 1 << 20)
            return false;
    *shape = (sc_shape){ (int)d[0], (int)d[1], (int)d[2], (int)d[3] };
    return sc_shape_valid(*shape);
}

static sc_operand read_parameter(sc_program *program, const char *name, const sc_weights *weights, const char *prefix,
                                 sc_error *err)
{
    char full[2 * SC_PARAMETER_NAME];
    int known = sc_program_find(program, name);
    if (known >= 0)
        return sc_parameter_operand(known);
    int length = snprintf(full, sizeof full, "%s%s", prefix, name);
    const sc_weight *w = length < (int)sizeof full ? sc_weights_find(weights, full) : NULL;
    sc_shape shape;
    if (!w || !engine_shape(w, &shape)) {
        sc_fail(err, SCUMBLE_ERR_FORMAT, "the network's parameter '%.80s' is %s", name,
                w ? "of a wrong shape" : "missing");
        return SC_PROGRAM_INPUT;
    }
    sc_operand operand = sc_program_parameter(program, name, shape, NULL);
    if (program->error.code)
        *err = program->error;
    else
        sc_tensor_from_nchw(&program->parameters[sc_operand_parameter(operand)].value, w->values);
    sc_weights_use(weights, w);
    return operand;
}

static int read_operation(sc_program *program, const json_t *object, const sc_weights *weights, const char *prefix,
                          sc_error *err)
{
    const char *name = json_string_value(json_object_get(object, "op"));
    const json_t *inputs = json_object_get(object, "inputs"), *factor = json_object_get(object, "factor");
    const sc_op *op = find_op(name);
    sc_operation o = { .input_count = (int)json_array_size(inputs) };
    if (!op)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "the network's description names an operation '%.40s', which scumble does not know",
                       name ? name : "");
    if (o.input_count < op->min_inputs || o.input_count > op->max_inputs)
        return sc_fail(err, SCUMBLE_ERR_FORMAT, "an operation '%s' of the network has %d inputs, not %d to %d", name,
                       o.input_count, op->min_inputs, op->max_inputs);
    o.op = op;
    *err = (sc_error){ 0 };
    for (int i = 0; i < o.input_count && !err->code; i++) {
        const json_t *in = json_array_get(inputs, (size_t)i);
        if (json_is_string(in))
            o.inputs[i] = read_parameter(program, json_string_value(in), weights, prefix, err);
        else if (json_is_integer(in) && json_integer_value(in) >= SC_PROGRAM_INPUT &&
                 json_integer_value(in) < program->operation_count)
            o.inputs[i] = (int)json_integer_value(in);
        else
            sc_fail(err, SCUMBLE_ERR_FORMAT, "an operation of the network reads what does not come before it");
    }
    bool resizes = o.op->locality == SC_LOOKS_SMALLER;
    json_int_t times = json_integer_value(factor);
    if (!err->code && (resizes ? times < 1 || times > 64 : factor != NULL))
        sc_fail(err, SCUMBLE_ERR_FORMAT, "the network's description has a wrong 'factor'");
    o.factor = resizes ? (int)times : 0;
    int code = err->code;
    for (const sc_field *f = op->fields; f->name && !code; f++)
        code = get_field(object, f, &o.attrs, err);
    if (!code) {
        sc_program_add(program, &o);
        *err = program->error;
        code = err->code;
    }
    return code;
}

int sc_program_from_json(sc_program **program, const char *json, const sc_weights *weights, const char *prefix,
                         sc_error *err)
{
    *program = NULL;
    json_t *root = json_loads(json, 0, NULL);
    const json_t *operations = json_object_get(root, "operations");
    json_int_t channels = json_integer_value(json_object_get(root, "channels"));
    int code = json_is_array(operations) && channels > 0 && channels < 65536 ?
                   SCUMBLE_OK :
                   sc_fail(err, SCUMBLE_ERR_FORMAT, "the network's description is damaged");
    sc_program *p = code ? NULL : sc_program_create((int)channels);
    if (!code && !p)
        code = sc_fail_memory(err, sizeof *p);
    for (size_t i = 0; i < json_array_size(operations) && !code; i++)
        code = read_operation(p, json_array_get(operations, i), weights, prefix, err);
    json_decref(root);
    if (!code && !p->operation_count)
        code = sc_fail(err, SCUMBLE_ERR_FORMAT, "the network has no operations");
    if (code)
        sc_program_free(p);
    else
        *program = p;
    return code;
}
