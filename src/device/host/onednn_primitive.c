/* SPDX-License-Identifier: MIT */
/* oneDNN's descriptors and convolutions, for oneDNN 2.6 and 3: the first part has all that differs between them. See
 * onednn_primitive.h. */
#include "device/host/onednn_primitive.h"

#include <stdlib.h>
#include <string.h>

#include "device/host/onednn_thread.h"
#include "device/host/conv_shape.h"
#include "device/host/parts.h"

/* What is said of a convolution: one set of names for its three directions. */
typedef struct description {
    const sc_onednn_desc *x, *w, *y;
    dnnl_dims_t strides, dilates;
} description;

static const dnnl_dims_t no_padding = { 0, 0 };

/* How a tensor lies in memory: index i of dimension d is digits of the inner blocks of d, the last block first, and
 * what is left of it counts strides[d]. */
typedef struct blocking {
    int rank, block_count;
    const dnnl_dim_t *extents, *strides, *blocks, *block_dimensions;
} blocking;

#if DNNL_VERSION_MAJOR >= 3

/* A descriptor is oneDNN's pointer. */
static dnnl_memory_desc_t handle_of(sc_onednn_desc *d)
{
    return (dnnl_memory_desc_t)d;
}
static const_dnnl_memory_desc_t view_of(const sc_onednn_desc *d)
{
    return (const_dnnl_memory_desc_t)d;
}

void sc_onednn_desc_destroy(sc_onednn_desc *desc)
{
    if (desc)
        dnnl_memory_desc_destroy(handle_of(desc));
}

static sc_onednn_desc *create_desc(int rank, const dnnl_dims_t dims, dnnl_format_tag_t tag)
{
    dnnl_memory_desc_t d = NULL;
    return dnnl_memory_desc_create_with_tag(&d, rank, dims, dnnl_f32, tag) ? NULL : (sc_onednn_desc *)d;
}

static sc_onednn_desc *copy_desc(const_dnnl_memory_desc_t desc)
{
    dnnl_memory_desc_t d = NULL;
    return dnnl_memory_desc_clone(&d, desc) ? NULL : (sc_onednn_desc *)d;
}

static dnnl_status_t onednn_primitive_describe(dnnl_primitive_desc_t *pd, dnnl_engine_t engine,
                                               sc_onednn_direction direction, const description *c,
                                               dnnl_primitive_desc_t hint, dnnl_primitive_attr_t attr)
{
    const_dnnl_memory_desc_t x = view_of(c->x), w = view_of(c->w), y = view_of(c->y);
    if (direction == SC_ONEDNN_FORWARD)
        return dnnl_convolution_forward_primitive_desc_create(pd, engine, dnnl_forward_training,
                                                              dnnl_convolution_direct, x, w, NULL, y, c->strides,
                                                              c->dilates, no_padding, no_padding, attr);
    if (direction == SC_ONEDNN_INPUT)
        return dnnl_convolution_backward_data_primitive_desc_create(
            pd, engine, dnnl_convolution_direct, x, w, y, c->strides, c->dilates, no_padding, no_padding, hint, attr);
    return dnnl_convolution_backward_weights_primitive_desc_create(
        pd, engine, dnnl_convolution_direct, x, w, NULL, y, c->strides, c->dilates, no_padding, no_padding, hint, attr);
}

static bool blocking_of(const sc_onednn_desc *desc, blocking *b)
{
    const_dnnl_memory_desc_t d = view_of(desc);
    dnnl_format_kind_t kind;
    const dnnl_dims_t *extents, *strides, *blocks, *dimensions;
    if (dnnl_memory_desc_query(d, dnnl_query_format_kind, &kind) || kind != dnnl_blocked ||
        dnnl_memory_desc_query(d, dnnl_query_ndims_s32, &b->rank) ||
        dnnl_memory_desc_query(d, dnnl_query_dims, &extents) ||
        dnnl_memory_desc_query(d, dnnl_query_strides, &strides) ||
        dnnl_memory_desc_query(d, dnnl_query_inner_nblks_s32, &b->block_count) ||
        dnnl_memory_desc_query(d, dnnl_query_inner_blks, &blocks) ||
        dnnl_memory_desc_query(d, dnnl_query_inner_idxs, &dimensions))
        return false;
    b->extents = *extents, b->strides = *strides, b->blocks = *blocks, b->block_dimensions = *dimensions;
    return true;
}

#else

/* A descriptor is a copy of oneDNN's struct, allocated. */
static const dnnl_memory_desc_t *view_of(const sc_onednn_desc *d)
{
    return (const dnnl_memory_desc_t *)d;
}

void sc_onednn_desc_destroy(sc_onednn_desc *desc)
{
    free(desc);
}

static sc_onednn_desc *create_desc(int rank, const dnnl_dims_t dims, dnnl_format_tag_t tag)
{
    dnnl_memory_desc_t *d = malloc(sizeof *d);
    if (d && dnnl_memory_desc_init_by_tag(d, rank, dims, dnnl_f32, tag)) {
        free(d);
        d = NULL;
    }
    return (sc_onednn_desc *)d;
}

static sc_onednn_desc *copy_desc(const dnnl_memory_desc_t *desc)
{
    dnnl_memory_desc_t *d = malloc(sizeof *d);
    if (d)
        *d = *desc;
    return (sc_onednn_desc *)d;
}

static dnnl_status_t onednn_primitive_describe(dnnl_primitive_desc_t *pd, dnnl_engine_t engine,
                                               sc_onednn_direction direction, const description *c,
                                               dnnl_primitive_desc_t hint, dnnl_primitive_attr_t attr)
{
    const dnnl_memory_desc_t *x = view_of(c->x), *w = view_of(c->w), *y = view_of(c->y);
    dnnl_convolution_desc_t d;
    dnnl_status_t status;
    if (direction == SC_ONEDNN_FORWARD)
        status = dnnl_dilated_convolution_forward_desc_init(&d, dnnl_forward_training, dnnl_convolution_direct, x, w,
                                                            NULL, y, c->strides, c->dilates, no_padding, no_padding);
    else if (direction == SC_ONEDNN_INPUT)
        status = dnnl_dilated_convolution_backward_data_desc_init(&d, dnnl_convolution_direct, x, w, y, c->strides,
                                                                  c->dilates, no_padding, no_padding);
    else
        status = dnnl_dilated_convolution_backward_weights_desc_init(&d, dnnl_convolution_direct, x, w, NULL, y,
                                                                     c->strides, c->dilates, no_padding, no_padding);
    return status ? status : dnnl_primitive_desc_create(pd, &d, attr, engine, hint);
}

static bool blocking_of(const sc_onednn_desc *desc, blocking *b)
{
    const dnnl_memory_desc_t *d = view_of(desc);
    const dnnl_blocking_desc_t *blocks = &d->format_desc.blocking;
    *b = (blocking){ d->ndims, blocks->inner_nblks, d->dims, blocks->strides, blocks->inner_blks, blocks->inner_idxs };
    return d->format_kind == dnnl_blocked;
}

#endif

/* --- the same for both --- */

int sc_onednn_status(int status)
{
    return status == dnnl_success       ? SCUMBLE_OK :
           status == dnnl_out_of_memory ? SCUMBLE_ERR_MEMORY :
                                          SCUMBLE_ERR_INTERNAL;
}

size_t sc_onednn_desc_bytes(const sc_onednn_desc *desc)
{
    return dnnl_memory_desc_get_size(view_of(desc));
}

static void *copy_layout(const void *layout)
{
    return copy_desc(view_of(layout));
}

static void release_layout(void *layout)
{
    sc_onednn_desc_destroy(layout);
}

static bool same_layout(const void *a, const void *b)
{
    return dnnl_memory_desc_equal(view_of(a), view_of(b));
}

const sc_layout_kind sc_onednn_layouts = { copy_layout, release_layout, same_layout };

static sc_onednn_desc *picture_desc(int c, size_t rows, size_t columns)
{
    return create_desc(4, (dnnl_dims_t){ 1, c, (dnnl_dim_t)rows, (dnnl_dim_t)columns }, dnnl_nhwc);
}

static sc_onednn_desc *weights_desc(const sc_conv_shape *s, bool any)
{
    int o = s->co / s->groups, i = s->ci / s->groups;
    if (s->groups > 1)
        return create_desc(5, (dnnl_dims_t){ s->groups, o, i, s->kh, s->kw }, any ? dnnl_format_tag_any : dnnl_abdec);
    return create_desc(4, (dnnl_dims_t){ o, i, s->kh, s->kw }, any ? dnnl_format_tag_any : dnnl_acdb);
}

sc_onednn_desc *sc_onednn_weights_desc(const sc_conv_shape *shape)
{
    return weights_desc(shape, false);
}

/* oneDNN's own plain loops are slower than ours. */
static bool onednn_primitive_is_plain(dnnl_primitive_desc_t pd)
{
    const char *name = NULL;
    return dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &name) || !name || !strncmp(name, "ref", 3);
}

/* From the description: the weights' layout, where that was free, the scratchpad, and the primitive itself. */
static dnnl_status_t onednn_primitive_finish(sc_onednn_primitive *p, dnnl_primitive_desc_t pd,
                                             sc_onednn_direction direction)
{
    if (onednn_primitive_is_plain(pd))
        return dnnl_unimplemented;
    sc_onednn_desc_destroy(p->w);
    p->w = copy_desc(dnnl_primitive_desc_query_md(
        pd, direction == SC_ONEDNN_WEIGHTS ? dnnl_query_diff_weights_md : dnnl_query_weights_md, 0));
    p->pad = copy_desc(dnnl_primitive_desc_query_md(pd, dnnl_query_scratchpad_md, 0));
    if (!p->w || !p->pad)
        return dnnl_out_of_memory;
    blocking known;
    if (!blocking_of(p->w, &known))
        return dnnl_unimplemented;
    p->pad_bytes = sc_align64(sc_onednn_desc_bytes(p->pad));
    return dnnl_primitive_create(&p->handle, pd);
}

dnnl_status_t sc_onednn_primitive_create(sc_onednn_primitive *p, dnnl_engine_t engine, const sc_conv_shape *s,
                                         sc_onednn_direction direction, size_t input_rows, size_t input_columns,
                                         size_t output_rows, const sc_onednn_desc *weights)
{
    *p = (sc_onednn_primitive){ .x = picture_desc(s->ci, input_rows, input_columns),
                                .y = picture_desc(s->co, output_rows, (size_t)s->ow),
                                .w = weights ? copy_desc(view_of(weights)) : weights_desc(s, true) };
    sc_onednn_desc *any = weights_desc(s, true); /* of the forward convolution that a gradient belongs to */
    description c = { .x = p->x,
                      .w = any,
                      .y = p->y,
                      .strides = { s->stride_h, s->stride_w },
                      .dilates = { s->dilation_h - 1, s->dilation_w - 1 } };
    dnnl_primitive_desc_t hint = NULL, pd = NULL;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_status_t status = p->x && p->y && p->w && any ? dnnl_primitive_attr_create(&attr) : dnnl_out_of_memory;
    if (!status)
        status = dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user);
    if (!status && direction != SC_ONEDNN_FORWARD)
        status = onednn_primitive_describe(&hint, engine, SC_ONEDNN_FORWARD, &c, NULL, attr);
    c.w = p->w;
    if (!status)
        status = onednn_primitive_describe(&pd, engine, direction, &c, hint, attr);
    if (!status)
        status = onednn_primitive_finish(p, pd, direction);
    dnnl_primitive_desc_destroy(pd);
    dnnl_primitive_desc_destroy(hint);
    dnnl_primitive_attr_destroy(attr);
    sc_onednn_desc_destroy(any);
    if (status)
        sc_onednn_primitive_destroy(p);
    return status;
}

void sc_onednn_primitive_destroy(sc_onednn_primitive *p)
{
    dnnl_primitive_destroy(p->handle);
    sc_onednn_desc_destroy(p->x);
    sc_onednn_desc_destroy(p->w);
    sc_onednn_desc_destroy(p->y);
    sc_onednn_desc_destroy(p->pad);
    *p = (sc_onednn_primitive){ 0 };
}

int sc_onednn_execute(dnnl_engine_t engine, dnnl_primitive_t handle, const sc_onednn_argument *arguments, int count)
{
    dnnl_exec_arg_t list[4] = { { 0 } };
    dnnl_stream_t stream = NULL;
    dnnl_status_t status = dnnl_stream_create(&stream, engine, dnnl_stream_default_flags);
    int made = 0;
    for (; made < count && !status; made += !status) {
        union {
            const void *in;
            void *out;
        } data = { arguments[made].data };
        list[made].arg = arguments[made].name;
        status = dnnl_memory_create(&list[made].memory, view_of(arguments[made].desc), engine, data.out);
    }
    if (!status)
        status = dnnl_primitive_execute(handle, stream, count, list);
    if (!status)
        status = dnnl_stream_wait(stream);
    for (int i = 0; i < made; i++)
        dnnl_memory_destroy(list[i].memory);
    dnnl_stream_destroy(stream);
    return sc_onednn_status((int)status);
}

/* --- from layout to layout --- */

enum { MOST_RANK = 5 };

/* Where index i of dimension d lies, of all i; behind the dimensions before it. */
static void find_offsets(const blocking *b, size_t *offsets)
{
    for (int d = 0; d < b->rank; d++)
        for (dnnl_dim_t i = 0; i < b->extents[d]; i++) {
            dnnl_dim_t left = i, step = 1, offset = 0;
            for (int k = b->block_count - 1; k >= 0; step *= b->blocks[k--])
                if (b->block_dimensions[k] == d) {
                    offset += left % b->blocks[k] * step;
                    left /= b->blocks[k];
                }
            *offsets++ = (size_t)(offset + left * b->strides[d]);
        }
}

/* All values, by what their indices add to where they lie. */
static void copy_weights(const blocking *b, const size_t *from_offsets, const size_t *to_offsets, const float *from,
                         float *to)
{
    dnnl_dim_t extents[MOST_RANK];
    static const size_t nowhere;
    const int missing = MOST_RANK - b->rank; /* the groups, where there is one */
    const size_t *f[MOST_RANK], *t[MOST_RANK];
    for (int d = 0; d < MOST_RANK; d++) {
        extents[d] = d < missing ? 1 : b->extents[d - missing];
        f[d] = d < missing ? &nowhere : from_offsets;
        t[d] = d < missing ? &nowhere : to_offsets;
        from_offsets += d < missing ? 0 : extents[d];
        to_offsets += d < missing ? 0 : extents[d];
    }
    for (dnnl_dim_t g = 0; g < extents[0]; g++)
        for (dnnl_dim_t o = 0; o < extents[1]; o++)
            for (dnnl_dim_t y = 0; y < extents[3]; y++)
                for (dnnl_dim_t x = 0; x < extents[4]; x++) {
                    const float *in = from + f[0][g] + f[1][o] + f[3][y] + f[4][x];
                    float *out = to + t[0][g] + t[1][o] + t[3][y] + t[4][x];
                    for (dnnl_dim_t i = 0; i < extents[2]; i++)
                        out[t[2][i]] = in[f[2][i]];
                }
}

int sc_onednn_reorder(const sc_onednn_desc *from_desc, const float *from, const sc_onednn_desc *to_desc, float *to)
{
    blocking source, target;
    if (!blocking_of(from_desc, &source) || !blocking_of(to_desc, &target))
        return SCUMBLE_ERR_INTERNAL;
    size_t count = 0;
    for (int d = 0; d < source.rank; d++)
        count += (size_t)source.extents[d];
    size_t *offsets = malloc(2 * count * sizeof *offsets);
    if (!offsets)
        return SCUMBLE_ERR_MEMORY;
    find_offsets(&source, offsets);
    find_offsets(&target, offsets + count);
    memset(to, 0, sc_onednn_desc_bytes(to_desc)); /* blocks that are not full end in zeros */
    copy_weights(&source, offsets, offsets + count, from, to);
    free(offsets);
    return SCUMBLE_OK;
}
