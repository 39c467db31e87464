/* SPDX-License-Identifier: MIT */
/* Windows of a program's maps, and graphs for them. See canvas.h. */
#include "paint/canvas.h"

#include <stdlib.h>
#include <string.h>

/* ---- what operations look at ----------------------------------------------------------------------------------- */

static bool is_elementwise(const sc_op *op)
{
    return op->locality == SC_LOOKS_AT_ITSELF;
}

static bool is_resize(const sc_op *op)
{
    return op->locality == SC_LOOKS_SMALLER;
}

static int make_norms(sc_canvas *canvas, sc_error *err)
{
    int code = SCUMBLE_OK;
    for (int i = 0; i < canvas->program->operation_count && !code; i++) {
        const sc_operation *o = &canvas->program->operations[i];
        if (!sc_canvas_measures(o) || sc_operand_is_parameter(o->inputs[0]))
            continue;
        int map = sc_map_of(o->inputs[0]);
        sc_canvas_norm *norm = &canvas->norms[map];
        sc_shape shape = { 1, canvas->shapes[map].c, 1, 1 };
        if (!norm->mean.data)
            code = sc_tensor_create(&norm->mean, shape, err);
        if (!code && !norm->variance.data)
            code = sc_tensor_create(&norm->variance, shape, err);
        if (!code && !norm->zero.data)
            code = sc_tensor_create(&norm->zero, shape, err);
    }
    return code;
}

/* ---- maps of a picture that repeats ---------------------------------------------------------------------------- */

/* The extent of one period after an operation, of `extent` before it; borders and cuts only shift what repeats. */
static int64_t next_period(const sc_program *program, const sc_operation *o, int64_t extent, bool vertical)
{
    sc_reach reach = sc_operation_reach(program, o, vertical);
    int growth = is_resize(o->op) ? o->factor : reach.block;
    return growth ? extent * growth : reach.stride > 1 ? extent / reach.stride : extent;
}

/* The same everywhere: a mean, or what is made of such alone. */
static bool is_still(const sc_canvas *canvas, const sc_operation *o)
{
    bool still = true;
    for (int k = 0; k < o->input_count; k++)
        still = still && (sc_operand_is_parameter(o->inputs[k]) || canvas->still[sc_map_of(o->inputs[k])]);
    return still || o->op->locality == SC_LOOKS_FOR_A_MEAN;
}

/* Shapes become those of one period. What networks cut off again may be large. */
static int make_periods(sc_canvas *canvas, sc_error *err)
{
    enum { MOST = 1 << 24 };
    canvas->still = calloc((size_t)canvas->count, sizeof *canvas->still);
    if (!canvas->still)
        return sc_fail_memory(err, (size_t)canvas->count * sizeof *canvas->still);
    for (int i = 0; i < canvas->program->operation_count; i++) {
        const sc_operation *o = &canvas->program->operations[i];
        if (sc_operand_is_parameter(o->inputs[0]))
            continue;
        sc_shape in = canvas->shapes[sc_map_of(o->inputs[0])], *own = &canvas->shapes[i + 1];
        canvas->still[i + 1] = is_still(canvas, o);
        if (canvas->still[i + 1])
            continue;
        int64_t height = next_period(canvas->program, o, in.h, true),
                width = next_period(canvas->program, o, in.w, false);
        if (height < 1 || width < 1 || height > MOST || width > MOST)
            return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                           "the network's maps do not repeat as a picture does, so it cannot paint one that repeats");
        *own = (sc_shape){ 1, own->c, (int)height, (int)width };
    }
    return SCUMBLE_OK;
}

int sc_canvas_create(sc_canvas *canvas, const sc_program *program, int height, int width, bool wrap, sc_error *err)
{
    size_t count = (size_t)program->operation_count + 1;
    *canvas = (sc_canvas){ .program = program,
                           .wrap = wrap,
                           .count = (int)count,
                           .shapes = calloc(count, sizeof *canvas->shapes),
                           .norms = calloc(count, sizeof *canvas->norms) };
    int code = canvas->shapes && canvas->norms ? SCUMBLE_OK : sc_fail_memory(err, count * sizeof *canvas->norms);
    if (!code) {
        canvas->shapes[0] = (sc_shape){ 1, program->channels, height, width };
        code = sc_program_shapes(program, height, width, canvas->shapes + 1, err);
    }
    if (!code && wrap)
        code = make_periods(canvas, err);
    if (!code)
        code = make_norms(canvas, err);
    if (code)
        sc_canvas_free(canvas);
    return code;
}

void sc_canvas_free(sc_canvas *canvas)
{
    for (int v = 0; v < canvas->count && canvas->norms; v++) {
        sc_tensor_free(&canvas->norms[v].mean);
        sc_tensor_free(&canvas->norms[v].variance);
        sc_tensor_free(&canvas->norms[v].zero);
    }
    free(canvas->shapes);
    free(canvas->still);
    free(canvas->norms);
    *canvas = (sc_canvas){ 0 };
}

/* ---- what can be painted by parts ------------------------------------------------------------------------------ */

static int canvas_refuse(const sc_canvas *canvas, const sc_operation *o, const char *why, sc_error *err)
{
    return sc_fail(err, SCUMBLE_ERR_UNSUPPORTED,
                   "the network has an operation '%s' that %s, so it cannot paint a picture %s", o->op->name, why,
                   canvas->wrap ? "that repeats" : "part by part");
}

int sc_canvas_check(const sc_canvas *canvas, sc_error *err)
{
    for (int i = 0; i < canvas->program->operation_count; i++) {
        const sc_operation *o = &canvas->program->operations[i];
        if (o->op->locality == SC_LOOKS_EVERYWHERE)
            return canvas_refuse(canvas, o, "looks at the whole picture at once", err);
        if (sc_operation_reach(canvas->program, o, true).mode == SC_PAD_CIRCULAR && !canvas->wrap)
            return canvas_refuse(canvas, o, "looks from one edge of the picture to the other", err);
        if (sc_operand_is_parameter(o->inputs[0]))
            return canvas_refuse(canvas, o, "does not look at the picture", err);
        if (o->op == &sc_op_conv2d && !sc_operand_is_parameter(o->inputs[1]))
            return canvas_refuse(canvas, o, "makes its weights from the picture", err);
    }
    return SCUMBLE_OK;
}

/* ---- along one axis -------------------------------------------------------------------------------------------- */

/* Of rows or columns: begin <= i < end. */
typedef struct stretch {
    int begin, end;
} stretch;

/* What an operation's result at o looks at, of one operand: stride o - before and the `size - 1` next ones; or what is
 * around o / factor; or o / block. */
typedef struct axis {
    int in, out; /* extents of the operand and of the result, whole */
    int stride, before, size, factor, block;
    sc_padding_mode mode;
    bool spread; /* the operand's only row stands for all rows */
    bool wrap;   /* the maps repeat: nothing lies beyond an edge */
} axis;

static axis axis_of(const sc_canvas *canvas, int operation, int canvas_operand, bool vertical)
{
    const sc_operation *o = &canvas->program->operations[operation];
    sc_shape in = canvas->shapes[sc_map_of(o->inputs[canvas_operand])], out = canvas->shapes[operation + 1];
    sc_reach reach = sc_operation_reach(canvas->program, o, vertical);
    axis a = { .in = vertical ? in.h : in.w,
               .out = vertical ? out.h : out.w,
               .stride = reach.stride,
               .before = reach.before,
               .size = reach.size,
               .block = reach.block,
               .factor = o->factor,
               .mode = reach.mode,
               .wrap = canvas->wrap };
    a.spread = is_elementwise(o->op) && a.in == 1;
    if (a.wrap && a.out == 1) /* a single period is no single value */
        a.spread = a.spread && canvas->still[sc_map_of(o->inputs[canvas_operand])] && !canvas->still[operation + 1];
    return a;
}

/* Rounded down. */
static int canvas_divide(int value, int by)
{
    return value >= 0 ? value / by : -((by - 1 - value) / by);
}

/* Of the operand, what a stretch of the result looks at; it may reach beyond the edges. */
static stretch reach_of(const axis *a, stretch out)
{
    if (a->spread)
        return (stretch){ 0, 1 };
    if (a->factor) /* half-pixel centres, aligned corners and rounding all stay within one position of o / factor */
        return (stretch){ canvas_divide(out.begin, a->factor) - 1, canvas_divide(out.end - 1, a->factor) + 2 };
    if (a->block)
        return (stretch){ canvas_divide(out.begin, a->block), canvas_divide(out.end - 1, a->block) + 1 };
    int first = a->stride * out.begin - a->before;
    return (stretch){ first, first + a->stride * (out.end - out.begin - 1) + a->size };
}

/* What of that lies within the operand. */
static stretch canvas_within(const axis *a, stretch reach)
{
    if (a->wrap)
        return reach;
    return (stretch){ reach.begin < 0 ? 0 : reach.begin, reach.end > a->in ? a->in : reach.end };
}

/* How much of it lies beyond the edges. */
static stretch beyond(const axis *a, stretch reach)
{
    if (a->wrap)
        return (stretch){ 0, 0 };
    return (stretch){ reach.begin < 0 ? -reach.begin : 0, reach.end > a->in ? reach.end - a->in : 0 };
}

/* Makes a stretch of the result longer until it consists of whole blocks, and what it looks at has something in it, and
 * all that is reflected at an edge. */
static void settle(const axis *a, stretch *out)
{
    if (a->block) {
        out->begin = a->block * canvas_divide(out->begin, a->block);
        out->end = -a->block * canvas_divide(-out->end, a->block);
    }
    if (a->wrap)
        return;
    for (;;) {
        stretch reach = reach_of(a, *out), in = canvas_within(a, reach), border = beyond(a, reach);
        int most = border.begin > border.end ? border.begin : border.end,
            least = a->mode == SC_PAD_REFLECT ? most + 1 : 1;
        if (in.end - in.begin >= least)
            return;
        if (border.begin && out->end < a->out)
            out->end++;
        else if (out->begin > 0)
            out->begin--;
        else
            return; /* the whole; the program's shapes have been checked */
    }
}

/* ---- windows --------------------------------------------------------------------------------------------------- */

static stretch rows_of(const sc_window *w)
{
    return (stretch){ w->top, w->top + w->height };
}

static stretch canvas_columns_of(const sc_window *w)
{
    return (stretch){ w->left, w->left + w->width };
}

static sc_window canvas_window_of(stretch rows, stretch columns)
{
    return (sc_window){
        .top = rows.begin, .left = columns.begin, .height = rows.end - rows.begin, .width = columns.end - columns.begin
    };
}

static bool is_empty(const sc_window *w)
{
    return w->height <= 0 || w->width <= 0;
}

static stretch canvas_join(stretch a, stretch b)
{
    return (stretch){ a.begin < b.begin ? a.begin : b.begin, a.end > b.end ? a.end : b.end };
}

void sc_window_join(sc_window *window, const sc_window *needed)
{
    if (is_empty(needed))
        return;
    *window = is_empty(window) ? *needed :
                                 canvas_window_of(canvas_join(rows_of(window), rows_of(needed)),
                                                  canvas_join(canvas_columns_of(window), canvas_columns_of(needed)));
}

static stretch share(int extent, int whole, int begin, int length)
{
    return (stretch){ (int)((int64_t)begin * extent / whole), (int)((int64_t)(begin + length) * extent / whole) };
}

sc_window sc_canvas_part(const sc_canvas *canvas, int map, sc_rect part)
{
    sc_shape picture = canvas->shapes[0], own = canvas->shapes[map];
    sc_window w = canvas_window_of(share(own.h, picture.h, part.top, part.height),
                                   share(own.w, picture.w, part.left, part.width));
    return is_empty(&w) ? (sc_window){ 0 } : w;
}

/* What a window of an operation's result looks at of an operand, within it. */
static sc_window seen(const sc_canvas *canvas, int operation, int canvas_operand, const sc_window *result)
{
    axis v = axis_of(canvas, operation, canvas_operand, true), h = axis_of(canvas, operation, canvas_operand, false);
    return canvas_window_of(canvas_within(&v, reach_of(&v, rows_of(result))),
                            canvas_within(&h, reach_of(&h, canvas_columns_of(result))));
}

static int count_users(const sc_program *program, sc_operand result)
{
    int users = 0;
    for (int i = 0; i < program->operation_count; i++)
        for (int k = 0; k < program->operations[i].input_count; k++)
            users += program->operations[i].inputs[k] == result;
    return users;
}

/* A 3 x 3 convolution with a border of one, of a map that is enlarged twice for it alone: there are kernels that do
 * both at once, on whole maps. So both are done on a small map of their own, and what its edges spoil lies outside of
 * what is wanted. */
static bool is_resize_conv(const sc_canvas *canvas, int operation, const bool *given, const sc_window *windows)
{
    const sc_operation *conv = &canvas->program->operations[operation];
    if (conv->op != &sc_op_conv2d || conv->inputs[0] < 0 || given[sc_map_of(conv->inputs[0])] ||
        !is_empty(&windows[sc_map_of(conv->inputs[0])]))
        return false;
    const sc_operation *resize = &canvas->program->operations[conv->inputs[0]];
    const sc_conv2d_attrs *a = &conv->attrs.conv2d;
    const sc_padding *p = &a->padding;
    sc_shape w = canvas->program->parameters[sc_operand_parameter(conv->inputs[1])].value.shape;
    return resize->op == &sc_op_resize_nearest && resize->factor == 2 &&
           count_users(canvas->program, conv->inputs[0]) == 1 && w.h == 3 && w.w == 3 && a->stride_h <= 1 &&
           a->stride_w <= 1 && a->dilation_h <= 1 && a->dilation_w <= 1 && p->top == 1 && p->bottom == 1 &&
           p->left == 1 && p->right == 1;
}

/* What of the small map a stretch of such a convolution's result looks at. */
static stretch canvas_halved(stretch out, int extent, bool wrap)
{
    if (wrap)
        return (stretch){ canvas_divide(out.begin - 1, 2), canvas_divide(out.end + 2, 2) };
    stretch reach = { out.begin - 1 > 0 ? out.begin - 1 : 0, out.end + 1 < extent ? out.end + 1 : extent };
    return (stretch){ reach.begin / 2, (reach.end + 1) / 2 };
}

static stretch doubled(stretch in)
{
    return (stretch){ 2 * in.begin, 2 * in.end };
}

/* Returns the window of the small map, of which the convolution's becomes twice as large. */
static sc_window follow_resize_conv(const sc_canvas *canvas, int operation, sc_window *own)
{
    sc_shape whole = canvas->shapes[operation + 1];
    stretch rows = canvas_halved(rows_of(own), whole.h, canvas->wrap),
            columns = canvas_halved(canvas_columns_of(own), whole.w, canvas->wrap);
    *own = canvas_window_of(doubled(rows), doubled(columns));
    return canvas_window_of(rows, columns);
}

void sc_canvas_follow(const sc_canvas *canvas, const bool *given, sc_window *windows)
{
    for (int i = canvas->program->operation_count - 1; i >= 0; i--) {
        const sc_operation *o = &canvas->program->operations[i];
        sc_window *own = &windows[i + 1];
        if (given[i + 1] || is_empty(own) || o->op->locality == SC_LOOKS_FOR_A_MEAN) /* a mean is known */
            continue;
        if (is_resize_conv(canvas, i, given, windows)) {
            sc_window small = follow_resize_conv(canvas, i, own);
            sc_window_join(&windows[sc_map_of(canvas->program->operations[o->inputs[0]].inputs[0])], &small);
            continue;
        }
        axis v = axis_of(canvas, i, 0, true), h = axis_of(canvas, i, 0, false);
        stretch rows = rows_of(own), columns = canvas_columns_of(own);
        settle(&v, &rows);
        settle(&h, &columns);
        *own = canvas_window_of(rows, columns);
        for (int k = 0; k < o->input_count; k++) {
            if (sc_operand_is_parameter(o->inputs[k]))
                continue;
            sc_window needed = seen(canvas, i, k, own);
            sc_window_join(&windows[sc_map_of(o->inputs[k])], &needed);
        }
    }
}

/* ---- into a graph ---------------------------------------------------------------------------------------------- */

typedef struct builder {
    const sc_canvas *canvas;
    const sc_window *windows;
    sc_graph *graph;
    sc_value *values;
    sc_value *parameters; /* SC_NO_VALUE: not yet in the graph */
} builder;

static sc_value canvas_parameter(const builder *b, int index)
{
    const struct sc_parameter *p = &b->canvas->program->parameters[index];
    if (b->parameters[index] == SC_NO_VALUE)
        b->parameters[index] = sc_graph_parameter(b->graph, p->name, &p->value, NULL);
    return b->parameters[index];
}

/* A part of a map whose window may be larger. */
static sc_value part_of(const builder *b, int map, const sc_window *part)
{
    const sc_window *there = &b->windows[map];
    if (!memcmp(part, there, sizeof *part))
        return b->values[map];
    return sc_graph_slice(b->graph, b->values[map],
                          (sc_slice_attrs){ 0, b->canvas->shapes[map].c, part->top - there->top, part->height,
                                            part->left - there->left, part->width });
}

/* An operand of which more may be there than is looked at. */
static sc_value canvas_operand(const builder *b, int operation, int k)
{
    sc_operand from = b->canvas->program->operations[operation].inputs[k];
    if (sc_operand_is_parameter(from))
        return canvas_parameter(b, sc_operand_parameter(from));
    sc_window part = seen(b->canvas, operation, k, &b->windows[operation + 1]);
    return part_of(b, sc_map_of(from), &part);
}

/* The borders that a window has: none where it ends within the picture. */
static sc_padding borders(const sc_canvas *canvas, int operation, const sc_window *result)
{
    axis v = axis_of(canvas, operation, 0, true), h = axis_of(canvas, operation, 0, false);
    stretch rows = beyond(&v, reach_of(&v, rows_of(result))),
            columns = beyond(&h, reach_of(&h, canvas_columns_of(result)));
    bool any = rows.begin || rows.end || columns.begin || columns.end;
    return (sc_padding){ rows.begin, rows.end, columns.begin, columns.end, any ? v.mode : SC_PAD_ZERO };
}

/* The attributes for a window. */
static sc_operation_attrs canvas_fit(const builder *b, int operation)
{
    const sc_canvas *canvas = b->canvas;
    const sc_operation *o = &canvas->program->operations[operation];
    const sc_window *own = &b->windows[operation + 1];
    sc_operation_attrs attrs = o->attrs;
    if (!o->op->fit)
        return attrs;
    sc_window part = seen(canvas, operation, 0, own);
    o->op->fit(&attrs, &(sc_op_part){ .in = canvas->shapes[sc_map_of(o->inputs[0])],
                                      .out = canvas->shapes[operation + 1],
                                      .in_top = part.top,
                                      .in_left = part.left,
                                      .in_height = part.height,
                                      .in_width = part.width,
                                      .top = own->top,
                                      .left = own->left,
                                      .height = own->height,
                                      .width = own->width,
                                      .border = borders(canvas, operation, own),
                                      .wrap = canvas->wrap });
    return attrs;
}

/* An instance norm whose statistics are known is the same map everywhere. The mean is taken away first, as
 * instance_norm does: where it is large, and the variance small, factor x - factor mean would be all rounding. */
static sc_value known_norm(const builder *b, const sc_operation *o, const sc_value *inputs)
{
    const sc_canvas_norm *norm = &b->canvas->norms[sc_map_of(o->inputs[0])];
    sc_value mean = sc_graph_parameter(b->graph, "mean", &norm->mean, NULL),
             variance = sc_graph_parameter(b->graph, "variance", &norm->variance, NULL);
    sc_value zero = sc_graph_parameter(b->graph, "zero", &norm->zero, NULL),
             centred = sc_graph_add(b->graph, 1, inputs[0], -1, mean);
    return sc_graph_batch_norm(b->graph, centred, zero, variance, inputs[1], inputs[2], o->attrs.norm.epsilon);
}

/* The means of a map's channels, which are known; or their sums over all positions. */
static sc_value known_mean(const builder *b, const sc_operation *o)
{
    sc_shape s = b->canvas->shapes[sc_map_of(o->inputs[0])];
    sc_value mean = sc_graph_parameter(b->graph, "mean", &b->canvas->norms[sc_map_of(o->inputs[0])].mean, NULL);
    return sc_graph_add(b->graph, o->attrs.channel_mean.sum ? (float)s.h * (float)s.w : 1, mean, 0, mean);
}

/* On the whole of a small map: at its edges there is a border, whether they are the picture's or not. */
static sc_value resize_conv(const builder *b, int index)
{
    const sc_operation *conv = &b->canvas->program->operations[index],
                       *resize = &b->canvas->program->operations[conv->inputs[0]];
    const sc_window *own = &b->windows[index + 1];
    sc_window small = { canvas_divide(own->top, 2), canvas_divide(own->left, 2), own->height / 2, own->width / 2 };
    sc_value x = part_of(b, sc_map_of(resize->inputs[0]), &small);
    sc_resize_attrs twice = { .height = own->height, .width = own->width };
    sc_value inputs[3] = { sc_graph_op(b->graph, resize->op, &twice, &x, 1) };
    for (int k = 1; k < conv->input_count; k++)
        inputs[k] = canvas_operand(b, index, k);
    return sc_graph_op(b->graph, conv->op, &conv->attrs, inputs, conv->input_count);
}

static sc_value operation(const builder *b, int index)
{
    const sc_operation *o = &b->canvas->program->operations[index];
    sc_value inputs[SC_MAX_INPUTS];
    if (o->op->locality == SC_LOOKS_FOR_A_MEAN)
        return known_mean(b, o);
    for (int k = 0; k < o->input_count; k++)
        inputs[k] = canvas_operand(b, index, k);
    if (o->op == &sc_op_instance_norm)
        return known_norm(b, o, inputs);
    sc_operation_attrs attrs = canvas_fit(b, index);
    return sc_graph_op(b->graph, o->op, o->op->attrs_bytes ? &attrs : NULL, inputs, o->input_count);
}

int sc_canvas_build(const sc_canvas *canvas, const bool *given, const sc_window *windows, sc_graph *graph,
                    sc_value *values, sc_error *err)
{
    const sc_program *program = canvas->program;
    size_t count = (size_t)program->parameter_count + 1;
    builder b = { canvas, windows, graph, values, malloc(count * sizeof *b.parameters) };
    if (!b.parameters)
        return sc_fail_memory(err, count * sizeof *b.parameters);
    for (int i = 0; i < program->parameter_count; i++)
        b.parameters[i] = SC_NO_VALUE;
    for (int i = 0; i < program->operation_count; i++)
        if (!given[i + 1])
            values[i + 1] = is_empty(&windows[i + 1])                 ? SC_NO_VALUE :
                            is_resize_conv(canvas, i, given, windows) ? resize_conv(&b, i) :
                                                                        operation(&b, i);
    free(b.parameters);
    return sc_graph_check(graph, err);
}
