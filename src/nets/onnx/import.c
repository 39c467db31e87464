/* SPDX-License-Identifier: MIT */
/* ONNX graphs as programs. See onnx.h, and import.h for how. */
#include "nets/onnx/import.h"

#include <stdlib.h>
#include <string.h>

/* ---- nodes ----------------------------------------------------------------------------------------------------- */

enum { MOST_FOLDED = 1 << 22 }; /* values, in all */

static sc_onnx_value *import_find(const sc_onnx_importer *im, const char *name)
{
    return sc_onnx_find(im->values, im->value_count, name);
}

static const sc_onnx_operator *find_operator(const sc_onnx_operator *list, const char *name)
{
    while (list->name && strcmp(list->name, name))
        list++;
    return list->name ? list : NULL;
}

/* Those that read maps. */
static int import_operator(const sc_onnx_call *c)
{
    const char *name = c->node->op_type;
    static const sc_onnx_operator *const lists[] = {
        sc_onnx_operators,        sc_onnx_window_operators,     sc_onnx_extent_operators,
        sc_onnx_layout_operators, sc_onnx_arithmetic_operators, sc_onnx_reduce_operators,
        sc_onnx_select_operators
    };
    const sc_onnx_operator *found = NULL;
    for (size_t i = 0; i < sizeof lists / sizeof *lists && !found; i++)
        found = find_operator(lists[i], name);
    return found ? found->import(c) :
                   sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED, "scumble does not know this operator");
}

/* A list of numbers in the node itself. */
static int import_constant(const sc_onnx_call *c)
{
    const sc_onnx_attribute *tensor = sc_onnx_attribute_find(c->node, "value");
    if (tensor && tensor->t) {
        c->out->kind = SC_ONNX_STORED;
        c->out->stored = tensor->t;
        return SCUMBLE_OK;
    }
    static const char *const names[] = { "value_float", "value_int", "value_floats", "value_ints" };
    int which = 0;
    while (which < 4 && !sc_onnx_attribute_find(c->node, names[which]))
        which++;
    if (which == 4)
        return sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED, "it holds no numbers that scumble reads");
    const sc_onnx_attribute *a = sc_onnx_attribute_find(c->node, names[which]);
    size_t count = which == 2 ? a->n_floats : which == 3 ? a->n_ints : 1;
    c->out->kind = SC_ONNX_CONSTANT;
    c->out->constant = sc_onnx_constant_create(which & 1, (const int64_t[]){ (int64_t)count }, which >= 2, c->im->err);
    for (size_t i = 0; i < count && c->out->constant; i++)
        c->out->constant->values[i] = which == 0 ? (double)a->f :
                                      which == 1 ? (double)a->i :
                                      which == 2 ? (double)a->floats[i] :
                                                   (double)a->ints[i];
    return c->im->err->code;
}

static int import_fold(const sc_onnx_call *c)
{
    sc_onnx_importer *im = c->im;
    const sc_onnx_constant *inputs[SC_ONNX_MOST_INPUTS];
    const char *op = c->node->op_type;
    bool passes = !strcmp(op, "Identity") || !strcmp(op, "Cast") || !strcmp(op, "Dropout");
    if (passes && c->in[0] && c->in[0]->kind == SC_ONNX_STORED &&
        sc_onnx_count(c->in[0]) > SC_ONNX_MOST_FOLDED) /* weights in half floats, usually */
        return sc_onnx_pass(c, c->in[0]);
    for (int i = 0; i < c->in_count; i++)
        inputs[i] = sc_onnx_small(im, c->in[i]);
    if (im->err->code)
        return im->err->code;
    c->out->kind = SC_ONNX_CONSTANT;
    c->out->constant = sc_onnx_fold(c->node, inputs, c->in_count, im->err);
    im->folded += c->out->constant ? c->out->constant->count : 0;
    if (im->folded > MOST_FOLDED)
        return sc_fail(im->err, SCUMBLE_ERR_LIMIT, "the network computes more than %d values from constants",
                       (int)MOST_FOLDED);
    return im->err->code;
}

/* All inputs that are named, made by nodes before. */
static int gather_inputs(sc_onnx_call *c, bool *constant)
{
    const sc_onnx_node *node = c->node;
    if (node->n_input > SC_ONNX_MOST_INPUTS)
        return sc_fail(c->im->err, SCUMBLE_ERR_LIMIT, "it has more than %d inputs", (int)SC_ONNX_MOST_INPUTS);
    *constant = true;
    for (size_t i = 0; i < node->n_input; i++) {
        if (!*node->input[i])
            continue;
        c->in[i] = import_find(c->im, node->input[i]);
        if (!c->in[i] || c->in[i]->kind == SC_ONNX_UNMADE)
            return sc_fail(c->im->err, SCUMBLE_ERR_FORMAT, "it reads '%.*s', which nothing before it makes",
                           (int)SC_ONNX_SHOWN, node->input[i]);
        *constant = *constant && sc_onnx_is_constant(c->in[i]);
    }
    c->in_count = (int)node->n_input;
    return SCUMBLE_OK;
}

static int import_node(sc_onnx_importer *im, const sc_onnx_node *node)
{
    sc_onnx_call c = { .im = im, .node = node };
    bool constant = true, standard = !node->domain || !*node->domain || !strcmp(node->domain, "ai.onnx");
    int code = gather_inputs(&c, &constant);
    for (size_t i = 0; i < node->n_output && !code; i++) {
        sc_onnx_value *out = *node->output[i] ? import_find(im, node->output[i]) : NULL;
        if (i == 0)
            c.out = out;
        else if (out && out->needed)
            code = sc_fail(im->err, SCUMBLE_ERR_UNSUPPORTED, "scumble knows only its first result");
    }
    if (!code && !standard)
        code = sc_fail(im->err, SCUMBLE_ERR_UNSUPPORTED, "the operator is not one of the standard's, but of '%.*s'",
                       (int)SC_ONNX_SHOWN, node->domain);
    if (!code && !c.out)
        code = sc_fail(im->err, SCUMBLE_ERR_FORMAT, "its result has no name");
    if (!code && !strcmp(node->op_type, "Constant"))
        code = import_constant(&c);
    else if (!code && constant)
        code = import_fold(&c);
    else if (!code && !c.in[0])
        code = sc_fail(im->err, SCUMBLE_ERR_FORMAT, "its first input is missing");
    else if (!code)
        code = import_operator(&c);
    if (code && node->name && *node->name)
        return sc_error_prefix(im->err, "ONNX operator %.*s ('%.*s')", (int)SC_ONNX_SHOWN, node->op_type,
                               (int)SC_ONNX_SHOWN, node->name);
    return code ? sc_error_prefix(im->err, "ONNX operator %.*s", (int)SC_ONNX_SHOWN, node->op_type) : SCUMBLE_OK;
}

/* ---- the graph ------------------------------------------------------------------------------------------------- */

/* What is given and not stored in the file: the picture. */
static int find_picture(const sc_onnx_importer *im, size_t stored, const ScOnnx__Value **picture)
{
    *picture = NULL;
    for (size_t i = 0; i < im->graph->n_input; i++) {
        const ScOnnx__Value *input = im->graph->input[i];
        if (sc_onnx_find(im->values, stored, input->name))
            continue;
        if (*picture)
            return sc_fail(
                im->err, SCUMBLE_ERR_UNSUPPORTED,
                "the network has more than one input: scumble runs networks from one picture to one picture");
        *picture = input;
    }
    return *picture ? SCUMBLE_OK : sc_fail(im->err, SCUMBLE_ERR_UNSUPPORTED, "the network has no input");
}

/* All names of the graph, sorted. */
static int list_values(sc_onnx_importer *im, const ScOnnx__Value **picture)
{
    const ScOnnx__Graph *g = im->graph;
    size_t count = g->n_initializer + 1;
    for (size_t i = 0; i < g->n_node; i++)
        count += g->node[i]->n_output;
    im->values = calloc(count, sizeof *im->values);
    if (!im->values)
        return sc_fail_memory(im->err, count * sizeof *im->values);
    for (size_t i = 0; i < g->n_initializer; i++)
        im->values[im->value_count++] =
            (sc_onnx_value){ .name = g->initializer[i]->name, .kind = SC_ONNX_STORED, .stored = g->initializer[i] };
    sc_onnx_sort(im->values, im->value_count);
    if (find_picture(im, im->value_count, picture))
        return im->err->code;
    im->values[im->value_count++] =
        (sc_onnx_value){ .name = (*picture)->name, .kind = SC_ONNX_MAP, .operand = SC_PROGRAM_INPUT };
    for (size_t i = 0; i < g->n_node; i++)
        for (size_t k = 0; k < g->node[i]->n_output; k++)
            if (*g->node[i]->output[k])
                im->values[im->value_count++] = (sc_onnx_value){ .name = g->node[i]->output[k] };
    sc_onnx_sort(im->values, im->value_count);
    for (size_t i = 1; i < im->value_count; i++)
        if (!strcmp(im->values[i - 1].name, im->values[i].name))
            return sc_fail(im->err, SCUMBLE_ERR_FORMAT, "two tensors of the network are named '%.*s'",
                           (int)SC_ONNX_SHOWN, im->values[i].name);
    return SCUMBLE_OK;
}

/* The nodes that the result needs; they come after those that they read, so one look from the last to the first is
 * enough. */
static void import_mark_needed(sc_onnx_importer *im, sc_onnx_value *result)
{
    const ScOnnx__Graph *g = im->graph;
    result->needed = true;
    for (size_t i = g->n_node; i-- > 0;) {
        bool needed = false;
        for (size_t k = 0; k < g->node[i]->n_output && !needed; k++) {
            const sc_onnx_value *out = import_find(im, g->node[i]->output[k]);
            needed = out && out->needed;
        }
        for (size_t k = 0; k < g->node[i]->n_input && needed; k++) {
            sc_onnx_value *in = import_find(im, g->node[i]->input[k]);
            if (in)
                in->needed = true;
        }
    }
}

/* It gives the values that it gets, but for an order, a limit, or rounding. */
static bool passes(const sc_onnx_node *node, bool limits)
{
    static const char *const names[] = { "Identity",  "Cast",    "Dropout",   "Round",  "Floor",
                                         "Transpose", "Squeeze", "Unsqueeze", "Reshape" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(node->op_type, names[i]))
            return node->n_input && node->n_output;
    return limits && node->n_input && node->n_output && !strcmp(node->op_type, "Clip");
}

/* The values behind which nothing is computed. */
static void mark_last(const sc_onnx_importer *im, sc_onnx_value *result)
{
    result->last = true;
    for (size_t i = im->graph->n_node; i-- > 0;) {
        const sc_onnx_node *node = im->graph->node[i];
        const sc_onnx_value *out = passes(node, true) ? import_find(im, node->output[0]) : NULL;
        sc_onnx_value *in = out && out->last ? import_find(im, node->input[0]) : NULL;
        if (in)
            in->last = true;
    }
}

static bool is_needed(const sc_onnx_importer *im, const sc_onnx_node *node)
{
    for (size_t k = 0; k < node->n_output; k++) {
        const sc_onnx_value *out = import_find(im, node->output[k]);
        if (out && out->needed)
            return true;
    }
    return false;
}

/* Whether the graph's result comes from this operator; those that pass it on do not count. */
static bool import_ends_with(const ScOnnx__Graph *g, const char *op_type)
{
    const char *name = g->n_output ? g->output[0]->name : "";
    for (size_t i = g->n_node; i-- > 0;) { /* a node reads what those before it make */
        const sc_onnx_node *node = g->node[i];
        if (!node->n_output || strcmp(node->output[0], name))
            continue;
        if (!passes(node, false))
            return !strcmp(node->op_type, op_type);
        name = node->input[0];
    }
    return false;
}

bool sc_onnx_is_signed(const sc_onnx_model *model)
{
    return import_ends_with(model->graph, "Tanh");
}

/* The result as a plain map: dimensions of 1 in front may be missing, and channels may come last. */
static int settle_result(sc_onnx_importer *im, sc_onnx_value *result)
{
    sc_onnx_layout l = sc_onnx_layout_of(im, result);
    sc_shape s = sc_onnx_operand_shape(im, result->operand);
    int rest = l.dimension_count - 3;
    bool ones = rest >= 0;
    for (int d = 0; d < rest; d++)
        ones = ones && !l.counts[d];
    if (ones && sc_onnx_is_axis(&l, rest, SC_ONNX_H, s.h) && sc_onnx_is_axis(&l, rest + 1, SC_ONNX_W, s.w) &&
        sc_onnx_is_axis(&l, rest + 2, SC_ONNX_C, s.c))
        result->layout = (sc_onnx_layout){ 0 };
    if (ones && sc_onnx_is_axis(&l, rest, SC_ONNX_C, s.c) && sc_onnx_is_axis(&l, rest + 1, SC_ONNX_H, s.h) &&
        sc_onnx_is_axis(&l, rest + 2, SC_ONNX_W, s.w))
        result->layout = (sc_onnx_layout){ 0 };
    return sc_onnx_plain(im, result);
}

/* A clip or a curve at the end says the range. */
static int finish_import(sc_onnx_importer *im, sc_onnx_value *result, double *range)
{
    bool is_signed = import_ends_with(im->graph, "Tanh");
    if (result->kind != SC_ONNX_MAP)
        return sc_fail(im->err, SCUMBLE_ERR_UNSUPPORTED, "the network's result does not depend on a picture");
    if (settle_result(im, result))
        return im->err->code;
    *range = result->clipped && result->low == 0 && (result->high == 1 || result->high == 255) ? result->high : 0;
    if (*range == 0 && sc_onnx_settle(im, result))
        return im->err->code;
    if (is_signed && sc_onnx_scale(im, result, 0.5, 0.5))
        return im->err->code;
    if (is_signed || import_ends_with(im->graph, "Sigmoid"))
        *range = 1;
    if (result->operand == SC_PROGRAM_INPUT)
        return sc_fail(im->err, SCUMBLE_ERR_UNSUPPORTED, "the network leaves the picture as it is");
    im->program->operation_count = result->operand + 1;
    return SCUMBLE_OK;
}

/* What gives -1..1 in the end also sees that, as generators are trained: scaled at both ends it is a network of 0..1.
 */
static int import_graph(sc_onnx_importer *im, sc_onnx_value *picture, double *range)
{
    const ScOnnx__Graph *g = im->graph;
    sc_onnx_value *result = g->n_output ? import_find(im, g->output[0]->name) : NULL;
    if (!result)
        return sc_fail(im->err, SCUMBLE_ERR_FORMAT, "nothing makes the network's result");
    import_mark_needed(im, result);
    mark_last(im, result);
    int code = import_ends_with(im->graph, "Tanh") ? sc_onnx_scale(im, picture, 2, -1) : SCUMBLE_OK;
    for (size_t i = 0; i < g->n_node && !code; i++)
        if (is_needed(im, g->node[i]))
            code = import_node(im, g->node[i]);
    return code ? code : finish_import(im, result, range);
}

/* ---- the picture ----------------------------------------------------------------------------------------------- */

/* What the file says of the picture: extents, 0 where they are free, and whether channels come last, and no batch
 * before. */
typedef struct given {
    int extents[2];
    int64_t batch;
    bool last, alone;
} given;

static int import_refuse_shape(size_t count, const int64_t *d, sc_error *err)
{
    return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                   "the network takes %zu dimensions (%lld, %lld, %lld, %lld); scumble gives one picture as (1, 3, "
                   "height, width) or (1, height, width, 3)",
                   count, (long long)d[0], (long long)d[1], (long long)d[2], (long long)d[3]);
}

static int read_extents(const ScOnnx__Value *picture, given *g, sc_error *err)
{
    const ScOnnx__TensorType *type = picture->type ? picture->type->tensor_type : NULL;
    const ScOnnx__Shape *shape = type ? type->shape : NULL;
    int64_t d[4] = { 0 };
    *g = (given){ .batch = 1 };
    if (type && type->elem_type != SC_ONNX_FLOAT && type->elem_type != SC_ONNX_FLOAT16 &&
        type->elem_type != SC_ONNX_DOUBLE && type->elem_type != SC_ONNX_UINT8)
        return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED, "the network takes pictures of type %d; scumble gives floats",
                       type->elem_type);
    if (!shape)
        return SCUMBLE_OK;
    g->alone = shape->n_dim == 3;
    for (size_t i = 0; i < shape->n_dim && i + g->alone < 4; i++)
        d[i + g->alone] = shape->dim[i]->has_value && shape->dim[i]->value > 0 ? shape->dim[i]->value : 0;
    g->last = d[3] == 3 && d[1] != 3;
    int64_t channels = g->last ? d[3] : d[1], height = g->last ? d[1] : d[2], width = g->last ? d[2] : d[3];
    if ((shape->n_dim != 4 && !g->alone) || d[0] > 256 || (channels && channels != 3) || height > SC_ONNX_MOST_EXTENT ||
        width > SC_ONNX_MOST_EXTENT)
        return import_refuse_shape(shape->n_dim, d, err);
    g->batch = d[0] > 1 ? d[0] : 1;
    g->extents[0] = (int)height;
    g->extents[1] = (int)width;
    return SCUMBLE_OK;
}

/* The picture's dimensions as the network counts them. */
static sc_onnx_layout picture_layout(const sc_onnx_importer *im, const given *g)
{
    static const int last[4] = { 0, 2, 3, 1 }, usual[4] = { 0, 1, 2, 3 };
    sc_onnx_layout plain = sc_onnx_layout_of(im, &(sc_onnx_value){ .kind = SC_ONNX_MAP, .operand = SC_PROGRAM_INPUT }),
                   l = plain;
    if (!g->last && !g->alone)
        return (sc_onnx_layout){ 0 };
    sc_onnx_layout_transpose(&plain, g->last ? last : usual, &l);
    for (int i = 0; i < 3 && g->alone; i++)
        l.counts[i] = l.counts[i + 1];
    l.dimension_count -= g->alone;
    return l;
}

/* The program for a picture of one size; free extents are replaced by those given, and *any_free says whether there are
 * any. */
static int import_for(const sc_onnx_model *model, int height, int width, sc_program **program, double *range,
                      bool *any_free, sc_error *err)
{
    given g = { { 0 }, 1, false, false };
    const ScOnnx__Value *picture = NULL;
    sc_onnx_importer *im = calloc(1, sizeof *im);
    *program = im ? sc_program_create(3) : NULL;
    if (!*program) {
        free(im);
        return sc_fail_memory(err, sizeof *im);
    }
    *err = (sc_error){ 0 };
    im->graph = model->graph;
    im->program = *program;
    im->err = err;
    int code = list_values(im, &picture);
    if (!code)
        code = read_extents(picture, &g, err);
    im->batch = g.batch;
    im->picture = (sc_shape){ 1, 3, g.extents[0] ? g.extents[0] : height, g.extents[1] ? g.extents[1] : width };
    *any_free = !g.extents[0] || !g.extents[1];
    if (!code)
        import_find(im, picture->name)->layout = picture_layout(im, &g);
    if (!code)
        code = import_graph(im, import_find(im, picture->name), range);
    for (size_t i = 0; i < im->value_count; i++)
        free(im->values[i].constant);
    free(im->values);
    free(im);
    if (code) {
        sc_program_free(*program);
        *program = NULL;
    }
    return code;
}

static int check_same(const sc_program *a, const sc_program *b, sc_error *err)
{
    char *texts[2] = { sc_program_to_json(a), sc_program_to_json(b) };
    int code = texts[0] && texts[1] ? SCUMBLE_OK : sc_fail_memory(err, sizeof *a);
    bool same = !code && !strcmp(texts[0], texts[1]) && a->parameter_count == b->parameter_count;
    for (int i = 0; i < a->parameter_count && same; i++)
        same = sc_shape_equal(a->parameters[i].value.shape, b->parameters[i].value.shape) &&
               !memcmp(a->parameters[i].value.data, b->parameters[i].value.data,
                       sc_shape_bytes(a->parameters[i].value.shape));
    if (!code && !same)
        code = sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                       "what the network does depends on the picture's size; scumble reads networks that do the same "
                       "at all sizes");
    free(texts[0]);
    free(texts[1]);
    return code;
}

int sc_program_from_onnx(sc_program **program, double *range, const sc_onnx_model *model, sc_error *err)
{
    static const int sizes[2][2] = { { 7 * 64, 9 * 64 }, { 9 * 64, 11 * 64 } };
    sc_program *other = NULL;
    double other_range;
    bool any_free;
    int code = import_for(model, sizes[0][0], sizes[0][1], program, range, &any_free, err);
    if (!code && any_free)
        code = import_for(model, sizes[1][0], sizes[1][1], &other, &other_range, &any_free, err);
    if (!code && other)
        code = check_same(*program, other, err);
    sc_program_free(other);
    if (code) {
        sc_program_free(*program);
        *program = NULL;
    }
    return code;
}
