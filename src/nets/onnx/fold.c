/* SPDX-License-Identifier: MIT */
/* Computing with the constants of ONNX networks. See fold.h. Attributes and rules are those of the public operator
 * descriptions, of all versions: what was an attribute once is an input later, and is looked for in both places. */
#include "nets/onnx/fold.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- constants ------------------------------------------------------------------------------------------------- */

sc_onnx_constant *sc_onnx_constant_create(bool integer, const int64_t *dimensions, int dimension_count, sc_error *err)
{
    size_t count = 1;
    bool fits = dimension_count >= 0 && dimension_count <= SC_MAX_DIMENSIONS;
    for (int i = 0; i < dimension_count && fits; i++)
        fits = dimensions[i] >= 0 && sc_mul_size(count, (size_t)dimensions[i], &count);
    sc_onnx_constant *c = NULL;
    if (!fits || count > SC_ONNX_MOST_FOLDED)
        sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "it computes with constants of more than %d values or %d dimensions",
                SC_ONNX_MOST_FOLDED, SC_MAX_DIMENSIONS);
    else if (!(c = calloc(1, sizeof *c + count * sizeof *c->values)))
        sc_fail_memory(err, count * sizeof *c->values);
    if (!c)
        return NULL;
    c->integer = integer;
    c->count = count;
    c->dimension_count = dimension_count;
    for (int i = 0; i < dimension_count; i++)
        c->dimensions[i] = dimensions[i];
    return c;
}

sc_onnx_constant *sc_onnx_constant_from_tensor(const sc_onnx_tensor *tensor, sc_error *err)
{
    sc_onnx_constant *c =
        sc_onnx_constant_create(sc_onnx_tensor_is_integer(tensor), tensor->dims, (int)tensor->n_dims, err);
    for (size_t i = 0; c && i < c->count; i++)
        c->values[i] = sc_onnx_tensor_value(tensor, i);
    return c;
}

static int64_t whole(double value)
{
    return value >= 0x1p62  ? INT64_C(1) << 62 :
           value <= -0x1p62 ? -(INT64_C(1) << 62) :
           isnan(value)     ? 0 :
                              (int64_t)value;
}

int64_t sc_onnx_constant_int(const sc_onnx_constant *constant, size_t index)
{
    return whole(constant->values[index]);
}

bool sc_onnx_list(const sc_onnx_node *node, const char *name, const sc_onnx_constant *input, int64_t *values, int most,
                  int *count)
{
    const sc_onnx_attribute *a = sc_onnx_attribute_find(node, name);
    size_t found = a ? a->n_ints : input ? input->count : 0;
    *count = 0;
    if ((!a && !input) || found > (size_t)most)
        return false;
    for (size_t i = 0; i < found; i++)
        values[i] = a ? whole((double)a->ints[i]) : sc_onnx_constant_int(input, i);
    *count = (int)found;
    return true;
}

/* ---- what one operator needs ----------------------------------------------------------------------------------- */

typedef struct fold {
    const sc_onnx_node *node;
    const sc_onnx_constant *in[5];
    double (*compute)(double a, double b, bool integer); /* unary and binary ones, value by value */
    sc_error *err;
} fold;

static sc_onnx_constant *fold_wrong(const fold *f, const char *what)
{
    sc_fail(f->err, SCUMBLE_ERR_FORMAT, "%s", what);
    return NULL;
}

static sc_onnx_constant *make(const fold *f, bool integer, const int64_t *dimensions, int dimension_count)
{
    return sc_onnx_constant_create(integer, dimensions, dimension_count, f->err);
}

/* -1 is the last one. False: there is no such dimension. */
static bool find_axis(int64_t axis, int dimension_count, int *found)
{
    *found = (int)(axis < 0 ? axis + dimension_count : axis);
    return axis >= -dimension_count && axis < dimension_count;
}

/* The product of the dimensions from first to last - 1. */
static int64_t fold_span(const sc_onnx_constant *c, int first, int last)
{
    int64_t product = 1;
    for (int i = first; i < last; i++)
        product *= c->dimensions[i];
    return product;
}

/* To the next position in a constant of these dimensions. */
static void advance(int64_t *index, const sc_onnx_constant *c)
{
    for (int d = c->dimension_count - 1; d >= 0 && ++index[d] == c->dimensions[d]; d--)
        index[d] = 0;
}

static int64_t offset_of(const int64_t *index, const int64_t *strides, int count)
{
    int64_t offset = 0;
    for (int d = 0; d < count; d++)
        offset += index[d] * strides[d];
    return offset;
}

/* to[index] = from[first + index . strides] */
static void copy_strided(sc_onnx_constant *to, const sc_onnx_constant *from, int64_t first, const int64_t *strides)
{
    int64_t index[SC_MAX_DIMENSIONS] = { 0 };
    for (size_t i = 0; i < to->count; i++, advance(index, to))
        to->values[i] = from->values[first + offset_of(index, strides, to->dimension_count)];
}

/* The same values with other dimensions. */
static sc_onnx_constant *reshaped(const fold *f, const int64_t *dimensions, int dimension_count)
{
    const sc_onnx_constant *x = f->in[0];
    sc_onnx_constant *c = make(f, x->integer, dimensions, dimension_count);
    if (c && c->count != x->count) {
        free(c);
        return fold_wrong(f, "its new dimensions are for another number of values");
    }
    if (c)
        memcpy(c->values, x->values, x->count * sizeof *x->values);
    return c;
}

/* ---- shapes ---------------------------------------------------------------------------------------------------- */

static sc_onnx_constant *fold_shape(const fold *f)
{
    int64_t count = f->in[0]->dimension_count;
    sc_onnx_constant *c = make(f, true, &count, 1);
    for (int i = 0; c && i < count; i++)
        c->values[i] = (double)f->in[0]->dimensions[i];
    return c;
}

static sc_onnx_constant *fold_constant_of_shape(const fold *f)
{
    int64_t dimensions[SC_MAX_DIMENSIONS];
    int count;
    const sc_onnx_attribute *a = sc_onnx_attribute_find(f->node, "value");
    if (!sc_onnx_list(f->node, "shape", f->in[0], dimensions, SC_MAX_DIMENSIONS, &count) ||
        (a && (!a->t || sc_onnx_tensor_count(a->t) != 1)))
        return fold_wrong(f, "its dimensions or its value are wrong");
    sc_onnx_constant *c = make(f, a && sc_onnx_tensor_is_integer(a->t), dimensions, count);
    for (size_t i = 0; c && a && i < c->count; i++)
        c->values[i] = sc_onnx_tensor_value(a->t, 0);
    return c;
}

static sc_onnx_constant *fold_reshape(const fold *f)
{
    int64_t dimensions[SC_MAX_DIMENSIONS], known = 1;
    int count, open = -1;
    const sc_onnx_constant *x = f->in[0];
    if (!sc_onnx_list(f->node, "shape", f->in[1], dimensions, SC_MAX_DIMENSIONS, &count))
        return fold_wrong(f, "its new dimensions are missing or too many");
    for (int i = 0; i < count; i++) {
        if (dimensions[i] == 0 && i < x->dimension_count && !sc_onnx_attribute_int(f->node, "allowzero", 0))
            dimensions[i] = x->dimensions[i];
        if (dimensions[i] == -1)
            open = i;
        else if (dimensions[i] < 0 || dimensions[i] > SC_ONNX_MOST_FOLDED ||
                 (known *= dimensions[i]) > SC_ONNX_MOST_FOLDED)
            return fold_wrong(f, "its new dimensions are impossible");
    }
    if (open >= 0)
        dimensions[open] = known ? (int64_t)x->count / known : 0;
    return reshaped(f, dimensions, count);
}

/* A bit for each axis that the node names, of dimension_count dimensions, or as many more as it names. */
static bool read_axes(const fold *f, int dimension_count, bool adds, int *count, unsigned *axes)
{
    int64_t list[SC_MAX_DIMENSIONS];
    int axis;
    *axes = 0;
    bool fits = sc_onnx_list(f->node, "axes", f->in[1], list, SC_MAX_DIMENSIONS, count);
    for (int i = 0; i < *count && fits; i++) {
        fits = find_axis(list[i], dimension_count + (adds ? *count : 0), &axis) && axis < SC_MAX_DIMENSIONS;
        *axes |= fits ? 1u << axis : 0;
    }
    return fits;
}

static sc_onnx_constant *fold_unsqueeze(const fold *f)
{
    const sc_onnx_constant *x = f->in[0];
    int64_t dimensions[2 * SC_MAX_DIMENSIONS];
    unsigned axes;
    int added, from = 0;
    if (!read_axes(f, x->dimension_count, true, &added, &axes))
        return fold_wrong(f, "its axes are wrong");
    for (int i = 0; i < x->dimension_count + added; i++)
        dimensions[i] = axes >> i & 1 || from >= x->dimension_count ? 1 : x->dimensions[from++];
    return reshaped(f, dimensions, x->dimension_count + added);
}

static sc_onnx_constant *fold_squeeze(const fold *f)
{
    const sc_onnx_constant *x = f->in[0];
    int64_t dimensions[SC_MAX_DIMENSIONS];
    unsigned axes;
    int count = 0, listed;
    bool all = !sc_onnx_attribute_find(f->node, "axes") && !f->in[1]; /* that are 1 */
    if (!all && !read_axes(f, x->dimension_count, false, &listed, &axes))
        return fold_wrong(f, "its axes are wrong");
    for (int i = 0; i < x->dimension_count; i++)
        if (all ? x->dimensions[i] != 1 : !(axes >> i & 1))
            dimensions[count++] = x->dimensions[i];
    return reshaped(f, dimensions, count);
}

/* ---- parts and orders ------------------------------------------------------------------------------------------ */

static sc_onnx_constant *fold_transpose(const fold *f)
{
    const sc_onnx_constant *x = f->in[0];
    int64_t order[SC_MAX_DIMENSIONS], dimensions[SC_MAX_DIMENSIONS], strides[SC_MAX_DIMENSIONS];
    int n = x->dimension_count, count, axis;
    unsigned seen = 0;
    bool given = sc_onnx_list(f->node, "perm", NULL, order, SC_MAX_DIMENSIONS, &count);
    for (int i = 0; i < n; i++) {
        if ((given && count != n) || !find_axis(given ? order[i] : n - 1 - i, n, &axis) || seen >> axis & 1)
            return fold_wrong(f, "its order of dimensions is wrong");
        seen |= 1u << axis;
        dimensions[i] = x->dimensions[axis];
        strides[i] = fold_span(x, axis + 1, n);
    }
    sc_onnx_constant *c = make(f, x->integer, dimensions, n);
    if (c)
        copy_strided(c, x, 0, strides);
    return c;
}

static int64_t fold_clamp(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

/* How many positions of an extent lie from start (moved inside) to before end. */
static int64_t slice_count(int64_t *start, int64_t end, int64_t step, int64_t extent)
{
    if (extent < 1)
        return 0;
    *start += *start < 0 ? extent : 0;
    end += end < 0 ? extent : 0;
    if (step > 0) {
        *start = fold_clamp(*start, 0, extent);
        end = fold_clamp(end, 0, extent);
        return end > *start ? (end - *start + step - 1) / step : 0;
    }
    *start = fold_clamp(*start, 0, extent - 1);
    end = fold_clamp(end, -1, extent - 1);
    return *start > end ? (*start - end - step - 1) / -step : 0;
}

static sc_onnx_constant *fold_slice(const fold *f)
{
    const sc_onnx_constant *x = f->in[0];
    int64_t starts[SC_MAX_DIMENSIONS], ends[SC_MAX_DIMENSIONS], axes[SC_MAX_DIMENSIONS], steps[SC_MAX_DIMENSIONS];
    int n = x->dimension_count, count, end_count, axis_count, step_count, axis;
    bool fits = sc_onnx_list(f->node, "starts", f->in[1], starts, SC_MAX_DIMENSIONS, &count) &&
                sc_onnx_list(f->node, "ends", f->in[2], ends, SC_MAX_DIMENSIONS, &end_count) && count == end_count;
    bool has_axes = sc_onnx_list(f->node, "axes", f->in[3], axes, SC_MAX_DIMENSIONS, &axis_count);
    bool has_steps = sc_onnx_list(f->node, "steps", f->in[4], steps, SC_MAX_DIMENSIONS, &step_count);
    int64_t dimensions[SC_MAX_DIMENSIONS], strides[SC_MAX_DIMENSIONS], first = 0;
    for (int i = 0; i < n; i++) {
        dimensions[i] = x->dimensions[i];
        strides[i] = fold_span(x, i + 1, n);
    }
    fits = fits && (!has_axes || axis_count == count) && (!has_steps || step_count == count);
    for (int i = 0; i < count && fits; i++) {
        int64_t step = has_steps ? steps[i] : 1;
        fits = step && find_axis(has_axes ? axes[i] : i, n, &axis) && dimensions[axis] == x->dimensions[axis];
        if (!fits)
            break;
        dimensions[axis] = slice_count(&starts[i], ends[i], step, x->dimensions[axis]);
        first += dimensions[axis] ? starts[i] * strides[axis] : 0;
        strides[axis] *= dimensions[axis] > 1 ? step : 0;
    }
    if (!fits)
        return fold_wrong(f, "its starts, ends, axes or steps are wrong");
    sc_onnx_constant *c = make(f, x->integer, dimensions, n);
    if (c)
        copy_strided(c, x, first, strides);
    return c;
}

static sc_onnx_constant *fold_gather(const fold *f)
{
    const sc_onnx_constant *x = f->in[0], *at = f->in[1];
    int64_t dimensions[2 * SC_MAX_DIMENSIONS];
    int axis, count = 0;
    if (!at || !find_axis(sc_onnx_attribute_int(f->node, "axis", 0), x->dimension_count, &axis) ||
        x->dimension_count + at->dimension_count > SC_MAX_DIMENSIONS)
        return fold_wrong(f, "its axis or its indices are wrong");
    for (int i = 0; i < x->dimension_count; i++)
        if (i != axis)
            dimensions[count++] = x->dimensions[i];
        else
            for (int k = 0; k < at->dimension_count; k++)
                dimensions[count++] = at->dimensions[k];
    int64_t extent = x->dimensions[axis], inner = fold_span(x, axis + 1, x->dimension_count);
    sc_onnx_constant *c = make(f, x->integer, dimensions, count);
    for (size_t i = 0; c && i < c->count; i++) {
        int64_t outer = (int64_t)i / inner / (int64_t)at->count,
                index = sc_onnx_constant_int(at, i / (size_t)inner % at->count);
        index += index < 0 ? extent : 0;
        if (index < 0 || index >= extent) {
            free(c);
            return fold_wrong(f, "an index is beyond the end");
        }
        c->values[i] = x->values[(outer * extent + index) * inner + (int64_t)i % inner];
    }
    return c;
}

/* ---- arithmetic ------------------------------------------------------------------------------------------------ */

static double fold_add(double a, double b, bool integer)
{
    (void)integer;
    return a + b;
}
static double subtract(double a, double b, bool integer)
{
    (void)integer;
    return a - b;
}
static double multiply(double a, double b, bool integer)
{
    (void)integer;
    return a * b;
}
static double fold_divide(double a, double b, bool integer)
{
    return integer ? trunc(a / b) : a / b;
}
static double modulo(double a, double b, bool integer)
{
    (void)integer;
    return a - floor(a / b) * b;
} /* with the divisor's sign */
static double down(double a, double b, bool integer)
{
    (void)b, (void)integer;
    return floor(a);
}
static double up(double a, double b, bool integer)
{
    (void)b, (void)integer;
    return ceil(a);
}
static double negate(double a, double b, bool integer)
{
    (void)b, (void)integer;
    return -a;
}
static double equal(double a, double b, bool integer)
{
    (void)integer;
    return a == b;
}
static double larger(double a, double b, bool integer)
{
    (void)integer;
    return fmax(a, b);
}
static double smaller(double a, double b, bool integer)
{
    (void)integer;
    return fmin(a, b);
}
static double root(double a, double b, bool integer)
{
    (void)b, (void)integer;
    return sqrt(a);
}
static double fold_same(double a, double b, bool integer)
{
    (void)b, (void)integer;
    return a;
}

static sc_onnx_constant *fold_unary(const fold *f)
{
    sc_onnx_constant *c = reshaped(f, f->in[0]->dimensions, f->in[0]->dimension_count);
    for (size_t i = 0; c && i < c->count; i++)
        c->values[i] = f->compute(c->values[i], 0, c->integer);
    return c;
}

static sc_onnx_constant *fold_cast(const fold *f)
{
    sc_onnx_constant *c = reshaped(f, f->in[0]->dimensions, f->in[0]->dimension_count);
    int64_t to = sc_onnx_attribute_int(f->node, "to", SC_ONNX_FLOAT);
    bool integer = to != SC_ONNX_FLOAT && to != SC_ONNX_FLOAT16 && to != SC_ONNX_BFLOAT16 && to != SC_ONNX_DOUBLE;
    for (size_t i = 0; c && i < c->count && integer; i++)
        c->values[i] = to == SC_ONNX_BOOL ? c->values[i] != 0 : trunc(c->values[i]);
    if (c)
        c->integer = integer;
    return c;
}

/* The strides of x where it is spread over dimensions of the result (count of them); false where it does not fit. */
static bool spread(const sc_onnx_constant *x, const int64_t *dimensions, int count, int64_t *strides)
{
    for (int i = 0; i < count; i++) {
        int own = i - (count - x->dimension_count);
        bool one = own < 0 || x->dimensions[own] == 1;
        if (!one && x->dimensions[own] != dimensions[i])
            return false;
        strides[i] = one ? 0 : fold_span(x, own + 1, x->dimension_count);
    }
    return true;
}

static sc_onnx_constant *fold_binary(const fold *f)
{
    const sc_onnx_constant *a = f->in[0], *b = f->in[1];
    if (!b || f->in[2])
        return fold_wrong(f, b ? "it has more than two inputs" : "its second input is missing");
    const sc_onnx_constant *longer = a->dimension_count >= b->dimension_count ? a : b, *other = longer == a ? b : a;
    int n = longer->dimension_count, behind = n - other->dimension_count;
    int64_t dimensions[SC_MAX_DIMENSIONS], a_strides[SC_MAX_DIMENSIONS], b_strides[SC_MAX_DIMENSIONS],
        index[SC_MAX_DIMENSIONS] = { 0 };
    for (int i = 0; i < n; i++)
        dimensions[i] =
            i >= behind && longer->dimensions[i] == 1 ? other->dimensions[i - behind] : longer->dimensions[i];
    if (!spread(a, dimensions, n, a_strides) || !spread(b, dimensions, n, b_strides))
        return fold_wrong(f, "the dimensions of its inputs do not fit each other");
    bool divides = f->compute == fold_divide || f->compute == modulo;
    if (sc_onnx_attribute_int(f->node, "fmod", 0))
        return fold_wrong(f, "the remainder with the dividend's sign is not computed here");
    sc_onnx_constant *c = make(f, a->integer && b->integer, dimensions, n);
    for (size_t i = 0; c && i < c->count; i++, advance(index, c)) {
        double divisor = b->values[offset_of(index, b_strides, n)];
        if (divides && divisor == 0) {
            free(c);
            return fold_wrong(f, "it divides by zero");
        }
        c->values[i] = f->compute(a->values[offset_of(index, a_strides, n)], divisor, c->integer);
    }
    return c;
}

/* One of two, of the same dimensions as the choice, or one value for all. */
static sc_onnx_constant *fold_where(const fold *f)
{
    const sc_onnx_constant *choice = f->in[0], *a = f->in[1], *b = f->in[2];
    if (!a || !b || (a->count != choice->count && a->count != 1) || (b->count != choice->count && b->count != 1))
        return fold_wrong(f, "the dimensions of its inputs do not fit each other");
    sc_onnx_constant *c = make(f, a->integer && b->integer, choice->dimensions, choice->dimension_count);
    for (size_t i = 0; c && i < c->count; i++)
        c->values[i] = choice->values[i] != 0 ? a->values[a->count == 1 ? 0 : i] : b->values[b->count == 1 ? 0 : i];
    return c;
}

/* ---- all of them ----------------------------------------------------------------------------------------------- */

/* Any number of inputs. */
static sc_onnx_constant *fold_concat(const sc_onnx_node *node, const sc_onnx_constant *const *inputs, int input_count,
                                     sc_error *err)
{
    const sc_onnx_constant *first = inputs[0];
    int axis;
    bool fits = find_axis(sc_onnx_attribute_int(node, "axis", 0), first->dimension_count, &axis);
    int64_t dimensions[SC_MAX_DIMENSIONS], length = 0;
    for (int k = 0; k < input_count && fits; k++) {
        const sc_onnx_constant *x = inputs[k];
        fits = x && x->dimension_count == first->dimension_count;
        for (int i = 0; fits && i < x->dimension_count; i++)
            fits = i == axis || x->dimensions[i] == first->dimensions[i];
        length += fits ? x->dimensions[axis] : 0;
    }
    if (!fits) {
        sc_fail(err, SCUMBLE_ERR_FORMAT, "the dimensions of its inputs do not fit each other");
        return NULL;
    }
    memcpy(dimensions, first->dimensions, sizeof dimensions);
    dimensions[axis] = length;
    sc_onnx_constant *c = sc_onnx_constant_create(first->integer, dimensions, first->dimension_count, err);
    int64_t outer = c ? fold_span(c, 0, axis) : 0, inner = c ? fold_span(c, axis + 1, c->dimension_count) : 0, at = 0;
    for (int64_t o = 0; o < outer && c->count; o++)
        for (int k = 0; k < input_count; k++) {
            int64_t count = inputs[k]->dimensions[axis] * inner;
            memcpy(c->values + at, inputs[k]->values + o * count, (size_t)count * sizeof *c->values);
            at += count;
        }
    return c;
}

sc_onnx_constant *sc_onnx_fold(const sc_onnx_node *node, const sc_onnx_constant *const *inputs, int input_count,
                               sc_error *err)
{
    static const struct {
        const char *name;
        sc_onnx_constant *(*fold)(const fold *f);
        double (*compute)(double a, double b, bool integer);
    } known[] = {
        { "Shape", fold_shape, NULL },        { "ConstantOfShape", fold_constant_of_shape, NULL },
        { "Reshape", fold_reshape, NULL },    { "Unsqueeze", fold_unsqueeze, NULL },
        { "Squeeze", fold_squeeze, NULL },    { "Transpose", fold_transpose, NULL },
        { "Slice", fold_slice, NULL },        { "Gather", fold_gather, NULL },
        { "Cast", fold_cast, NULL },          { "Identity", fold_unary, fold_same },
        { "Dropout", fold_unary, fold_same }, { "Floor", fold_unary, down },
        { "Ceil", fold_unary, up },           { "Neg", fold_unary, negate },
        { "Add", fold_binary, fold_add },     { "Sub", fold_binary, subtract },
        { "Mul", fold_binary, multiply },     { "Div", fold_binary, fold_divide },
        { "Mod", fold_binary, modulo },       { "Equal", fold_binary, equal },
        { "Max", fold_binary, larger },       { "Min", fold_binary, smaller },
        { "Sqrt", fold_unary, root },         { "Where", fold_where, NULL },
    };
    fold f = { .node = node, .err = err };
    if (input_count < 1 || !inputs[0]) {
        sc_fail(err, SCUMBLE_ERR_FORMAT, "its input is missing");
        return NULL;
    }
    if (!strcmp(node->op_type, "Concat"))
        return fold_concat(node, inputs, input_count, err);
    for (int i = 0; i < input_count && i < (int)(sizeof f.in / sizeof *f.in); i++)
        f.in[i] = inputs[i];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(known[i].name, node->op_type)) {
            f.compute = known[i].compute;
            return known[i].fold(&f);
        }
    sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "scumble does not compute it from constants");
    return NULL;
}
