/* SPDX-License-Identifier: MIT */
/* How the dimensions of an ONNX map lie on the rows, columns and channels of what scumble computes. Networks turn maps
 * into channels-last order, split channels into groups, repeat positions and lay them out anew; none of that moves a
 * value here: a layout says which dimension is made of which parts ("atoms") of the map's own axes, and only what needs
 * the usual order again makes an operation of it. See import.h. */
#include "nets/onnx/import.h"

#include <string.h>

enum { MOST_FACTOR = 64 };

static void layout_push(sc_onnx_layout *l, int dimension, sc_onnx_axis axis, int64_t extent, int64_t stride)
{
    if (extent == 1)
        return;
    l->atoms[l->atom_count++] = (sc_onnx_atom){ axis, extent, stride };
    l->counts[dimension]++;
}

sc_onnx_layout sc_onnx_layout_of(const sc_onnx_importer *im, const sc_onnx_value *x)
{
    if (x->layout.dimension_count)
        return x->layout;
    sc_shape s = sc_onnx_map_shape(im, x);
    sc_onnx_layout l = { .dimension_count = 4 };
    layout_push(&l, 1, SC_ONNX_C, s.c, 1);
    layout_push(&l, 2, SC_ONNX_H, s.h, 1);
    layout_push(&l, 3, SC_ONNX_W, s.w, 1);
    return l;
}

const sc_onnx_atom *sc_onnx_atoms(const sc_onnx_layout *l, int dimension)
{
    int first = 0;
    for (int d = 0; d < dimension; d++)
        first += l->counts[d];
    return l->atoms + first;
}

int64_t sc_onnx_extent(const sc_onnx_layout *l, int dimension)
{
    const sc_onnx_atom *a = sc_onnx_atoms(l, dimension);
    int64_t extent = 1;
    for (int i = 0; i < l->counts[dimension]; i++)
        extent *= a[i].extent; /* of a map in memory: far from overflow, but for repeats, which are bounded */
    return extent;
}

/* Neighbours within a dimension that are one stretch of an axis become one. */
static sc_onnx_layout merged(const sc_onnx_layout *l)
{
    sc_onnx_layout m = { .dimension_count = l->dimension_count };
    const sc_onnx_atom *a = l->atoms;
    for (int d = 0; d < l->dimension_count; d++)
        for (int i = 0; i < l->counts[d]; i++, a++) {
            sc_onnx_atom *last = m.counts[d] ? &m.atoms[m.atom_count - 1] : NULL;
            if (last && last->axis == a->axis && a->axis != SC_ONNX_REPEAT && last->stride == a->stride * a->extent) {
                last->extent *= a->extent;
                last->stride = a->stride;
            } else {
                m.atoms[m.atom_count++] = *a;
                m.counts[d]++;
            }
        }
    return m;
}

bool sc_onnx_layout_reshape(const sc_onnx_layout *l, const int64_t *extents, int count, sc_onnx_layout *result)
{
    sc_onnx_layout r = { .dimension_count = count };
    int from = 0;
    sc_onnx_atom atom = l->atom_count ? l->atoms[0] : (sc_onnx_atom){ 0 };
    for (int d = 0; d < count; d++) {
        int64_t left = extents[d];
        while (left > 1) {
            if (from == l->atom_count || r.atom_count == SC_ONNX_MOST_ATOMS)
                return false;
            int64_t taken = left % atom.extent == 0 ? atom.extent : atom.extent % left == 0 ? left : 0;
            if (!taken)
                return false;
            int64_t inner = atom.extent / taken;
            layout_push(&r, d, atom.axis, taken, atom.stride * inner);
            left /= taken;
            atom.extent = inner;
            if (inner == 1 && ++from < l->atom_count)
                atom = l->atoms[from];
        }
        if (left < 1)
            return false;
    }
    *result = merged(&r);
    return from == l->atom_count;
}

void sc_onnx_layout_transpose(const sc_onnx_layout *l, const int *order, sc_onnx_layout *result)
{
    sc_onnx_layout r = { .dimension_count = l->dimension_count };
    for (int d = 0; d < l->dimension_count; d++) {
        const sc_onnx_atom *a = sc_onnx_atoms(l, order[d]);
        for (int i = 0; i < l->counts[order[d]]; i++)
            layout_push(&r, d, a[i].axis, a[i].extent, a[i].stride);
    }
    *result = r;
}

bool sc_onnx_layout_repeat(sc_onnx_layout *l, int dimension, int64_t extent)
{
    if (extent == 1)
        return true;
    if (l->counts[dimension] || l->atom_count == SC_ONNX_MOST_ATOMS || extent < 1 || extent > MOST_FACTOR)
        return false;
    int at = (int)(sc_onnx_atoms(l, dimension) - l->atoms);
    memmove(l->atoms + at + 1, l->atoms + at, (size_t)(l->atom_count - at) * sizeof *l->atoms);
    l->atoms[at] = (sc_onnx_atom){ SC_ONNX_REPEAT, extent, 1 };
    l->atom_count++;
    l->counts[dimension] = 1;
    return true;
}

/* The dimension is the whole of the axis, in order; an axis of extent 1 has no atoms. */
bool sc_onnx_is_axis(const sc_onnx_layout *l, int dimension, sc_onnx_axis axis, int64_t extent)
{
    const sc_onnx_atom *a = sc_onnx_atoms(l, dimension);
    return extent == 1 ? !l->counts[dimension] :
                         l->counts[dimension] == 1 && a->axis == axis && a->extent == extent && a->stride == 1;
}

static bool layout_is_plain(const sc_onnx_layout *l, sc_shape s)
{
    return l->dimension_count == 4 && !l->counts[0] && sc_onnx_is_axis(l, 1, SC_ONNX_C, s.c) &&
           sc_onnx_is_axis(l, 2, SC_ONNX_H, s.h) && sc_onnx_is_axis(l, 3, SC_ONNX_W, s.w);
}

/* Positions along a dimension: each of the axis, and each of them `inner` times: of an atom of the kind. */
static bool is_enlarged(const sc_onnx_layout *l, int dimension, sc_onnx_axis axis, int64_t extent, sc_onnx_axis inner,
                        sc_onnx_atom *block)
{
    const sc_onnx_atom *a = sc_onnx_atoms(l, dimension);
    int count = l->counts[dimension];
    if (count != (extent > 1) + 1 || (extent > 1 && (a->axis != axis || a->extent != extent)) ||
        a[count - 1].axis != inner)
        return false;
    *block = a[count - 1];
    return true;
}

/* (c), (h, repeated k times), (w, repeated k times): each position k x k times. */
static bool enlarges(const sc_onnx_layout *l, sc_shape s, int *factor)
{
    sc_onnx_atom rows, columns;
    if (l->dimension_count != 4 || l->counts[0] || !sc_onnx_is_axis(l, 1, SC_ONNX_C, s.c) ||
        !is_enlarged(l, 2, SC_ONNX_H, s.h, SC_ONNX_REPEAT, &rows) ||
        !is_enlarged(l, 3, SC_ONNX_W, s.w, SC_ONNX_REPEAT, &columns) || rows.extent != columns.extent)
        return false;
    *factor = (int)rows.extent;
    return true;
}

/* (c), (h, b channels), (w, b channels): channels become positions of blocks. */
static bool lays_out(const sc_onnx_layout *l, sc_shape s, sc_depth_to_space_attrs *attrs)
{
    sc_onnx_atom rows, columns;
    if (l->dimension_count != 4 || l->counts[0] || l->counts[1] > 1 ||
        !is_enlarged(l, 2, SC_ONNX_H, s.h, SC_ONNX_C, &rows) ||
        !is_enlarged(l, 3, SC_ONNX_W, s.w, SC_ONNX_C, &columns) || rows.extent != columns.extent ||
        rows.extent > MOST_FACTOR)
        return false;
    int64_t b = rows.extent, channels = s.c / (b * b), own = l->counts[1] ? sc_onnx_atoms(l, 1)->stride : 1;
    bool by_channel = columns.stride == 1 && rows.stride == b && (channels == 1 || own == b * b);
    bool by_position = columns.stride == channels && rows.stride == b * channels && (channels == 1 || own == 1);
    *attrs = (sc_depth_to_space_attrs){ (int)b, by_channel };
    return channels * b * b == s.c && (by_channel || by_position);
}

int sc_onnx_plain(sc_onnx_importer *im, sc_onnx_value *x)
{
    if (!x->layout.dimension_count)
        return SCUMBLE_OK;
    sc_onnx_layout l = x->layout;
    sc_shape s = sc_onnx_operand_shape(im, x->operand);
    sc_operation o = { .inputs = { x->operand }, .input_count = 1 };
    if (layout_is_plain(&l, s)) {
        x->layout = (sc_onnx_layout){ 0 };
        return SCUMBLE_OK;
    }
    if (enlarges(&l, s, &o.factor))
        o.op = &sc_op_resize_nearest;
    else if (lays_out(&l, s, &o.attrs.depth_to_space))
        o.op = &sc_op_depth_to_space;
    else
        return sc_fail(im->err, SCUMBLE_ERR_UNSUPPORTED,
                       "the dimensions of its input are in an order that scumble does not follow here; it expects (1, "
                       "channels, height, width)");
    int code = sc_onnx_settle(im, x);
    o.inputs[0] = x->operand;
    x->layout = (sc_onnx_layout){ 0 };
    return code ? code : sc_onnx_emit(im, &o, x);
}

/* ---- operators that only lay out ------------------------------------------------------------------------------- */

/* A batch that is fixed at more than one picture counts as one. */
static int64_t own_extent(const sc_onnx_importer *im, const sc_onnx_layout *l, int dimension)
{
    return dimension == 0 && !l->counts[0] ? im->batch : sc_onnx_extent(l, dimension);
}

static int layout_give(const sc_onnx_call *c, const sc_onnx_value *x, const sc_onnx_layout *l)
{
    sc_onnx_pass(c, x);
    c->out->layout = *l;
    return SCUMBLE_OK;
}

static int import_shape(const sc_onnx_call *c)
{
    sc_onnx_value *x;
    if (sc_onnx_any_input(c, 0, &x))
        return c->im->err->code;
    sc_onnx_layout l = sc_onnx_layout_of(c->im, x);
    int64_t n = l.dimension_count, start = sc_onnx_attribute_int(c->node, "start", 0),
            end = sc_onnx_attribute_int(c->node, "end", n);
    start += start < 0 ? n : 0;
    end += end < 0 ? n : 0;
    start = start < 0 ? 0 : start < n ? start : n;
    end = end < start ? start : end < n ? end : n;
    c->out->constant = sc_onnx_constant_create(true, (const int64_t[]){ end - start }, 1, c->im->err);
    for (int64_t i = start; i < end && c->out->constant; i++)
        c->out->constant->values[i - start] = (double)own_extent(c->im, &l, (int)i);
    c->out->kind = SC_ONNX_CONSTANT;
    return c->im->err->code;
}

static int import_reshape(const sc_onnx_call *c)
{
    sc_onnx_value *x;
    int64_t wanted[SC_MAX_DIMENSIONS], known = 1, all = 1;
    int count = 0, open = -1, code = sc_onnx_any_settled(c, 0, &x);
    if (!code)
        code = sc_onnx_numbers(c, "shape", 1, wanted, SC_MAX_DIMENSIONS, &count);
    if (code)
        return code;
    sc_onnx_layout l = sc_onnx_layout_of(c->im, x), result;
    bool fits = count > 0, copies = !sc_onnx_attribute_int(c->node, "allowzero", 0);
    for (int d = 0; d < l.dimension_count; d++)
        all *= sc_onnx_extent(&l, d);
    for (int i = 0; i < count && fits; i++) {
        if (wanted[i] == 0 && copies && i < l.dimension_count)
            wanted[i] = sc_onnx_extent(&l, i);
        else if (i == 0 && wanted[i] == c->im->batch)
            wanted[i] = 1;
        fits = wanted[i] == -1 ? open < 0 : wanted[i] > 0 && wanted[i] <= all / known;
        open = wanted[i] == -1 ? i : open;
        known *= fits && wanted[i] > 0 ? wanted[i] : 1;
    }
    if (fits && open >= 0)
        wanted[open] = all / known;
    if (!fits || !sc_onnx_layout_reshape(&l, wanted, count, &result))
        return sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED,
                       "it lays a map out in dimensions that scumble does not follow");
    return layout_give(c, x, &result);
}

static int import_transpose(const sc_onnx_call *c)
{
    sc_onnx_value *x;
    int64_t given[SC_MAX_DIMENSIONS];
    int count, order[SC_MAX_DIMENSIONS], code = sc_onnx_any_settled(c, 0, &x);
    unsigned seen = 0;
    if (!code)
        code = sc_onnx_numbers(c, "perm", -1, given, SC_MAX_DIMENSIONS, &count);
    if (code)
        return code;
    sc_onnx_layout l = sc_onnx_layout_of(c->im, x), result;
    for (int i = 0; i < l.dimension_count; i++) {
        int64_t axis = count ? given[i] : l.dimension_count - 1 - i;
        axis += axis < 0 ? l.dimension_count : 0;
        if ((count && count != l.dimension_count) || axis < 0 || axis >= l.dimension_count || seen >> axis & 1)
            return sc_fail(c->im->err, SCUMBLE_ERR_FORMAT, "its order of dimensions is wrong");
        seen |= 1u << axis;
        order[i] = (int)axis;
    }
    sc_onnx_layout_transpose(&l, order, &result);
    return layout_give(c, x, &result);
}

/* Dimensions of extent 1 that come or go. */
static int import_squeeze(const sc_onnx_call *c)
{
    sc_onnx_value *x;
    int64_t list[SC_MAX_DIMENSIONS];
    int count, code = sc_onnx_any_settled(c, 0, &x);
    bool adds = !strcmp(c->node->op_type, "Unsqueeze");
    unsigned axes = 0;
    if (!code)
        code = sc_onnx_numbers(c, "axes", 1, list, SC_MAX_DIMENSIONS, &count);
    if (code)
        return code;
    sc_onnx_layout l = sc_onnx_layout_of(c->im, x), r = { 0 };
    int total = l.dimension_count + (adds ? count : 0), from = 0;
    for (int i = 0; i < count; i++) {
        int64_t axis = list[i] + (list[i] < 0 ? total : 0);
        if (axis < 0 || axis >= total || total > SC_MAX_DIMENSIONS || axes >> axis & 1)
            return sc_fail(c->im->err, SCUMBLE_ERR_FORMAT, "its axes are wrong");
        axes |= 1u << axis;
    }
    memcpy(r.atoms, l.atoms, sizeof r.atoms);
    r.atom_count = l.atom_count;
    for (int i = 0; i < total; i++) {
        bool named = count ? axes >> i & 1 : !l.counts[i];
        if (!adds && named && l.counts[from])
            return sc_fail(c->im->err, SCUMBLE_ERR_FORMAT, "it leaves a dimension of more than one value out");
        if (adds || !named)
            r.counts[r.dimension_count++] = adds && named ? 0 : l.counts[from];
        from += !(adds && named);
    }
    return r.dimension_count ? layout_give(c, x, &r) :
                               sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED, "it leaves no dimension");
}

static int import_expand(const sc_onnx_call *c)
{
    sc_onnx_value *x;
    int64_t wanted[SC_MAX_DIMENSIONS];
    int count, code = sc_onnx_any_settled(c, 0, &x);
    if (!code)
        code = sc_onnx_numbers(c, strcmp(c->node->op_type, "Tile") ? "shape" : "repeats", 1, wanted, SC_MAX_DIMENSIONS,
                               &count);
    if (code)
        return code;
    sc_onnx_layout l = sc_onnx_layout_of(c->im, x);
    bool fits = count == l.dimension_count;
    for (int d = 0; d < count && fits; d++) {
        int64_t own = sc_onnx_extent(&l, d);
        bool same = wanted[d] == 1 ||
                    (strcmp(c->node->op_type, "Tile") && (wanted[d] == own || (d == 0 && wanted[d] == c->im->batch)));
        fits = same || sc_onnx_layout_repeat(&l, d, wanted[d]);
    }
    return fits ?
               layout_give(c, x, &l) :
               sc_fail(c->im->err, SCUMBLE_ERR_UNSUPPORTED, "it repeats a map in a way that scumble does not follow");
}

const sc_onnx_operator sc_onnx_layout_operators[] = {
    { "Shape", import_shape },         { "Reshape", import_reshape },
    { "Transpose", import_transpose }, { "Squeeze", import_squeeze },
    { "Unsqueeze", import_squeeze },   { "Expand", import_expand },
    { "Tile", import_expand },         { NULL, NULL },
};
